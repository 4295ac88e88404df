/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logging. One process-wide sink (the only mutable global of the program).
 * Formats follow runc (which follows logrus), since engines decode them:
 *   text  time="RFC3339" level=error msg="…"
 *   json  {"level":"error","msg":"…","time":"RFC3339"}
 * Layers below cli/ and runtime/ log only at debug level.
 */
#ifndef OCIRUN_BASE_LOG_H
#define OCIRUN_BASE_LOG_H

#include <stdbool.h>

enum log_level { LOGL_ERROR, LOGL_WARN, LOGL_INFO, LOGL_DEBUG };

enum log_sink {
	LOG_STREAM,   /* lines in a file or on stderr */
	LOG_JOURNALD, /* datagrams of fields (systemd.journal-fields(7)) */
	LOG_SYSLOG,   /* datagrams "<PRI>ident[pid]: …" (syslog(3), RFC 3164) */
};

struct log_config {
	enum log_level level;
	bool json;	   /* of a stream */
	int fd;		   /* -1: stderr; connected socket of the other sinks */
	bool is_stderr;	   /* fatal errors are not repeated on stderr then */
	enum log_sink sink;
	const char *ident; /* of the other sinks; must outlive the log */
};

void log_setup(const struct log_config *config);
enum log_level log_level_get(void);
bool log_is_stderr(void);
/*
 * In a re-executed child there is no sink but the channel: all lines go to
 * `fn` (which sends a LOG message). NULL restores the sink.
 */
void log_redirect(void (*fn)(enum log_level, const char *text, void *arg),
		  void *arg);

void log_msg(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define log_error(...) log_msg(LOGL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_msg(LOGL_WARN, __VA_ARGS__)
#define log_info(...)  log_msg(LOGL_INFO, __VA_ARGS__)
#define log_debug(...)                                    \
	do {                                              \
		if (log_level_get() >= LOGL_DEBUG)        \
			log_msg(LOGL_DEBUG, __VA_ARGS__); \
	} while (0)

#endif
