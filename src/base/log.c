/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.c - the log sink: one line per message, one write(2) per line, so that
 * lines of several processes on one file do not mix.
 *
 * Owns the only mutable state of the program. Must not change errno (a log line
 * never disturbs the error being handled), must not exit, must not write raw
 * control characters: every format escapes or replaces them.
 */
#include "config.h"

#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"

#include "base/banned.h"

static struct {
	struct log_config config;
	int64_t start; /* 0: log_setup() has not been called */
	void (*fn)(enum log_level level, const char *text, void *arg);
	void *arg;
} sink = { .config = { .level = LOGL_INFO, .fd = -1, .is_stderr = true } };

static const struct {
	const char *name;   /* in files */
	const char *abbrev; /* on a terminal */
	int colour;	    /* ECMA-48 SGR */
	int priority;	    /* of syslog(3) */
} levels[] = {
	[LOGL_ERROR] = { "error", "ERRO", 31, 3 },
	[LOGL_WARN] = { "warning", "WARN", 33, 4 },
	[LOGL_INFO] = { "info", "INFO", 36, 6 },
	[LOGL_DEBUG] = { "debug", "DEBU", 37, 7 },
};
#define FACILITY_DAEMON 3 /* times eight */

void log_setup(const struct log_config *config)
{
	sink.config = *config;
	if (config->fd < 0)
		sink.config.is_stderr = true;
	sink.start = clock_now_ns();
}

enum log_level log_level_get(void)
{
	return sink.config.level;
}

bool log_is_stderr(void)
{
	return sink.config.is_stderr;
}

void log_redirect(void (*fn)(enum log_level, const char *text, void *arg),
		  void *arg)
{
	sink.fn = fn;
	sink.arg = arg;
}

static void line_terminal(struct str *s, enum log_level level, const char *msg)
{
	int64_t secs =
		sink.start ? (clock_now_ns() - sink.start) / 1000000000 : 0;
	uint32_t c;
	size_t n;

	str_addf(s, "\033[%dm%s\033[0m[%04lld] ", levels[level].colour,
		 levels[level].abbrev, (long long)secs);
	/* As err_format(): what a terminal would obey becomes '?'. */
	for (; *msg; msg += n ? n : 1) {
		n = utf8_decode(msg, &c);
		if (n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0))
			str_addc(s, '?');
		else
			str_addn(s, msg, n);
	}
	str_addc(s, '\n');
}

static bool is_bare(const char *msg)
{
	return msg[strspn(msg,
			  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			  "0123456789._/@^+-")] == '\0';
}

static void line_text(struct str *s, enum log_level level, const char *msg)
{
	char stamp[40];

	str_addf(s, "time=\"%s\" level=%s",
		 time_rfc3339_local(time(NULL), stamp, sizeof(stamp)),
		 levels[level].name);
	if (*msg)
		str_add(s, " msg=");
	if (is_bare(msg))
		str_add(s, msg);
	else
		str_add_quoted(s, msg);
	str_addc(s, '\n');
}

static void line_json(struct str *s, enum log_level level, const char *msg)
{
	char stamp[40];

	str_addf(s, "{\"level\":\"%s\",\"msg\":", levels[level].name);
	str_add_json_html(s, msg);
	str_addf(s, ",\"time\":\"%s\"}\n",
		 time_rfc3339_local(time(NULL), stamp, sizeof(stamp)));
}

/* A value with a newline has its length in front (systemd's native protocol). */
static void journal_message(struct str *s, const char *msg)
{
	size_t len = strlen(msg);
	uint64_t n = len;

	if (!strchr(msg, '\n')) {
		str_addf(s, "MESSAGE=%s\n", msg);
		return;
	}
	str_add(s, "MESSAGE\n");
	for (unsigned int i = 0; i < 8; i++)
		str_addc(s, (char)(n >> 8 * i & 0xff)); /* little-endian */
	str_addn(s, msg, len);
	str_addc(s, '\n');
}

static void datagram(struct str *s, enum log_level level, const char *msg)
{
	const char *ident = sink.config.ident ? sink.config.ident : "";

	if (sink.config.sink == LOG_JOURNALD) {
		str_addf(s, "PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\nID=%s\n",
			 levels[level].priority, ident, ident);
		journal_message(s, msg);
		return;
	}
	str_addf(s, "<%d>%s[%d]: ", FACILITY_DAEMON * 8 + levels[level].priority,
		 ident, (int)getpid());
	for (; *msg; msg++) {
		char c = *msg;

		if ((unsigned char)c < 0x20)
			c = ' ';
		str_addc(s, c);
	}
}

static void log_emit(enum log_level level, const char *msg)
{
	int fd = sink.config.fd < 0 ? STDERR_FILENO : sink.config.fd;
	AUTO(strbuf) struct str s = { 0 };

	if (sink.config.sink != LOG_STREAM)
		datagram(&s, level, msg);
	else if (sink.config.json)
		line_json(&s, level, msg);
	else if (sink.config.fd < 0 && isatty(fd))
		line_terminal(&s, level, msg);
	else
		line_text(&s, level, msg);
	/* A log that cannot be written is nobody's error. */
	(void)fd_write_full(fd, s.p, s.len);
}

void log_msg(enum log_level level, const char *fmt, ...)
{
	int saved = errno;
	char *msg = NULL;
	va_list ap;

	if (level > sink.config.level)
		return;
	va_start(ap, fmt);
	if (vasprintf(&msg, fmt, ap) < 0)
		msg = NULL;
	va_end(ap);
	if (sink.fn)
		sink.fn(level, msg ? msg : fmt, sink.arg);
	else
		log_emit(level, msg ? msg : fmt);
	free(msg);
	errno = saved;
}
