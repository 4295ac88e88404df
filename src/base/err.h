/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one error type. Fixed size, so that no error path allocates and so that
 * an error crosses the channel between processes as it is.
 *
 * Convention (HACKING.md): functions of src/base return 0 or -errno and have no
 * err parameter; everything above takes `struct err *e` last, returns 0 or a
 * negative errno, and sets *e if and only if it returns negative.
 *
 * A message is one line, lower-case, without full stop; it names the operation
 * and quotes the object in '…'. err_format() assembles
 *
 *     POINTER: message: errno text (hint)
 */
#ifndef OCIRUN_BASE_ERR_H
#define OCIRUN_BASE_ERR_H

#include <stdarg.h>
#include <stddef.h>

struct err {
	int code;      /* positive errno; 0 means "no error" */
	int exit_code; /* exit status asked for by the setter, 0 = default */
	char pointer[160]; /* JSON pointer into config.json, "" if none */
	char msg[1400];	   /* "outer: inner[: errno text]" */
	char hint[500];	   /* likely cause or remedy, "" if unknown */
};

#define ERR_INIT                 \
	{                        \
		0, 0, "", "", "" \
	}

/*
 * Set *e to `fmt` without an errno text. `code` is a positive errno that
 * classifies the failure. Returns -code.
 */
int err_set(struct err *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As err_set(), with ": <errno text of code>" appended. Returns -code. */
int err_errno(struct err *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Prefix the message: "fmt: old message". Returns -e->code. */
int err_wrap(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Name the config property the error is about (RFC 6901 pointer such as
 * "/mounts/3/source"). The innermost pointer wins: a pointer that is already
 * set stays. Returns -e->code.
 */
int err_at(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Add the likely cause or remedy; the first hint wins. Returns -e->code. */
int err_hint(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * The analyzers of clang and gcc look at one file at a time: they follow "returned
 * 0" after an error unless they are told that these never do.
 */
#if (defined __clang_analyzer__ || defined OCIRUN_ANALYZER) && !defined OCIRUN_ERR_C
#define err_set(...)   (err_set(__VA_ARGS__), -1)
#define err_errno(...) (err_errno(__VA_ARGS__), -1)
#define err_wrap(...)  (err_wrap(__VA_ARGS__), -1)
#define err_at(...)    (err_at(__VA_ARGS__), -1)
#define err_hint(...)  (err_hint(__VA_ARGS__), -1)
#endif

/* Back to ERR_INIT. */
void err_clear(struct err *e);

/*
 * Write the whole line (no newline) into buf, always NUL-terminated. Control
 * characters are replaced by '?', so that a hostile name cannot forge lines.
 * Returns buf.
 */
const char *err_format(const struct err *e, char *buf, size_t size);

/*
 * The text of a positive errno as the runtimes of this field print it: the C
 * library's, with a lower-case first letter ("no such file or directory").
 * Static storage for known numbers.
 */
const char *errno_text(int code);

/* The name of a positive errno ("ENOENT"), or "errno N" in static storage. */
const char *errno_name(int code);

#endif
