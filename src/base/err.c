/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err.c - the error type: assembling, wrapping and printing one line.
 *
 * Must not allocate (an error may be "out of descriptors" or travel out of a
 * half-built process) and must not look at errno: the caller passes the code.
 * Where a text does not fit, the outer part is cut, since the innermost words
 * and the errno text are the ones that explain.
 */
#include "config.h"

#define OCIRUN_ERR_C
#include "base/err.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"

/* What is left to the outer words when the message is full. */
#define WRAP_MIN 200

#define E(name, text) [name] = { #name, text }

/*
 * The C library's words in the C locale. A table of our own, because glibc and
 * musl differ and because a message must not depend on the locale.
 */
static const struct {
	const char *name;
	const char *text;
} errnos[] = {
	E(EPERM, "operation not permitted"),
	E(ENOENT, "no such file or directory"),
	E(ESRCH, "no such process"),
	E(EINTR, "interrupted system call"),
	E(EIO, "input/output error"),
	E(ENXIO, "no such device or address"),
	E(E2BIG, "argument list too long"),
	E(ENOEXEC, "exec format error"),
	E(EBADF, "bad file descriptor"),
	E(ECHILD, "no child processes"),
	E(EAGAIN, "resource temporarily unavailable"),
	E(ENOMEM, "cannot allocate memory"),
	E(EACCES, "permission denied"),
	E(EFAULT, "bad address"),
	E(ENOTBLK, "block device required"),
	E(EBUSY, "device or resource busy"),
	E(EEXIST, "file exists"),
	E(EXDEV, "invalid cross-device link"),
	E(ENODEV, "no such device"),
	E(ENOTDIR, "not a directory"),
	E(EISDIR, "is a directory"),
	E(EINVAL, "invalid argument"),
	E(ENFILE, "too many open files in system"),
	E(EMFILE, "too many open files"),
	E(ENOTTY, "inappropriate ioctl for device"),
	E(ETXTBSY, "text file busy"),
	E(EFBIG, "file too large"),
	E(ENOSPC, "no space left on device"),
	E(ESPIPE, "illegal seek"),
	E(EROFS, "read-only file system"),
	E(EMLINK, "too many links"),
	E(EPIPE, "broken pipe"),
	E(EDOM, "numerical argument out of domain"),
	E(ERANGE, "numerical result out of range"),
	E(EDEADLK, "resource deadlock avoided"),
	E(ENAMETOOLONG, "file name too long"),
	E(ENOLCK, "no locks available"),
	E(ENOSYS, "function not implemented"),
	E(ENOTEMPTY, "directory not empty"),
	E(ELOOP, "too many levels of symbolic links"),
	E(ENOMSG, "no message of desired type"),
	E(EIDRM, "identifier removed"),
	E(ECHRNG, "channel number out of range"),
	E(EL2NSYNC, "level 2 not synchronized"),
	E(EL3HLT, "level 3 halted"),
	E(EL3RST, "level 3 reset"),
	E(ELNRNG, "link number out of range"),
	E(EUNATCH, "protocol driver not attached"),
	E(ENOCSI, "no CSI structure available"),
	E(EL2HLT, "level 2 halted"),
	E(EBADE, "invalid exchange"),
	E(EBADR, "invalid request descriptor"),
	E(EXFULL, "exchange full"),
	E(ENOANO, "no anode"),
	E(EBADRQC, "invalid request code"),
	E(EBADSLT, "invalid slot"),
	E(EBFONT, "bad font file format"),
	E(ENOSTR, "device not a stream"),
	E(ENODATA, "no data available"),
	E(ETIME, "timer expired"),
	E(ENOSR, "out of streams resources"),
	E(ENONET, "machine is not on the network"),
	E(ENOPKG, "package not installed"),
	E(EREMOTE, "object is remote"),
	E(ENOLINK, "link has been severed"),
	E(EADV, "advertise error"),
	E(ESRMNT, "srmount error"),
	E(ECOMM, "communication error on send"),
	E(EPROTO, "protocol error"),
	E(EMULTIHOP, "multihop attempted"),
	E(EDOTDOT, "RFS specific error"),
	E(EBADMSG, "bad message"),
	E(EOVERFLOW, "value too large for defined data type"),
	E(ENOTUNIQ, "name not unique on network"),
	E(EBADFD, "file descriptor in bad state"),
	E(EREMCHG, "remote address changed"),
	E(ELIBACC, "can not access a needed shared library"),
	E(ELIBBAD, "accessing a corrupted shared library"),
	E(ELIBSCN, ".lib section in a.out corrupted"),
	E(ELIBMAX, "attempting to link in too many shared libraries"),
	E(ELIBEXEC, "cannot exec a shared library directly"),
	E(EILSEQ, "invalid or incomplete multibyte or wide character"),
	E(ERESTART, "interrupted system call should be restarted"),
	E(ESTRPIPE, "streams pipe error"),
	E(EUSERS, "too many users"),
	E(ENOTSOCK, "socket operation on non-socket"),
	E(EDESTADDRREQ, "destination address required"),
	E(EMSGSIZE, "message too long"),
	E(EPROTOTYPE, "protocol wrong type for socket"),
	E(ENOPROTOOPT, "protocol not available"),
	E(EPROTONOSUPPORT, "protocol not supported"),
	E(ESOCKTNOSUPPORT, "socket type not supported"),
	E(EOPNOTSUPP, "operation not supported"),
	E(EPFNOSUPPORT, "protocol family not supported"),
	E(EAFNOSUPPORT, "address family not supported by protocol"),
	E(EADDRINUSE, "address already in use"),
	E(EADDRNOTAVAIL, "cannot assign requested address"),
	E(ENETDOWN, "network is down"),
	E(ENETUNREACH, "network is unreachable"),
	E(ENETRESET, "network dropped connection on reset"),
	E(ECONNABORTED, "software caused connection abort"),
	E(ECONNRESET, "connection reset by peer"),
	E(ENOBUFS, "no buffer space available"),
	E(EISCONN, "transport endpoint is already connected"),
	E(ENOTCONN, "transport endpoint is not connected"),
	E(ESHUTDOWN, "cannot send after transport endpoint shutdown"),
	E(ETOOMANYREFS, "too many references: cannot splice"),
	E(ETIMEDOUT, "connection timed out"),
	E(ECONNREFUSED, "connection refused"),
	E(EHOSTDOWN, "host is down"),
	E(EHOSTUNREACH, "no route to host"),
	E(EALREADY, "operation already in progress"),
	E(EINPROGRESS, "operation now in progress"),
	E(ESTALE, "stale file handle"),
	E(EUCLEAN, "structure needs cleaning"),
	E(ENOTNAM, "not a XENIX named type file"),
	E(ENAVAIL, "no XENIX semaphores available"),
	E(EISNAM, "is a named type file"),
	E(EREMOTEIO, "remote I/O error"),
	E(EDQUOT, "disk quota exceeded"),
	E(ENOMEDIUM, "no medium found"),
	E(EMEDIUMTYPE, "wrong medium type"),
	E(ECANCELED, "operation canceled"),
	E(ENOKEY, "required key not available"),
	E(EKEYEXPIRED, "key has expired"),
	E(EKEYREVOKED, "key has been revoked"),
	E(EKEYREJECTED, "key was rejected by service"),
	E(EOWNERDEAD, "owner died"),
	E(ENOTRECOVERABLE, "state not recoverable"),
	E(ERFKILL, "operation not possible due to RF-kill"),
	E(EHWPOISON, "memory page has hardware error"),
};

#undef E

static bool errno_known(int code)
{
	return code > 0 && (size_t)code < sizeof(errnos) / sizeof(errnos[0]) &&
	       errnos[code].name;
}

static const char *errno_number(int code)
{
	static char buf[24];

	(void)snprintf(buf, sizeof(buf), "errno %d", code);
	return buf;
}

/* The kernel's own number for "not supported"; some drivers let it escape. */
#define KERNEL_ENOTSUPP 524

const char *errno_text(int code)
{
	if (code == KERNEL_ENOTSUPP)
		return errnos[EOPNOTSUPP].text;
	return errno_known(code) ? errnos[code].text : errno_number(code);
}

const char *errno_name(int code)
{
	if (code == KERNEL_ENOTSUPP)
		return "ENOTSUPP";
	return errno_known(code) ? errnos[code].name : errno_number(code);
}

/* Shortens text to fit in `room` bytes, NUL included, on a UTF-8 boundary. */
static void text_cut(char *text, size_t room)
{
	size_t n = room > 4 ? room - 4 : 0;

	if (strlen(text) < room)
		return;
	while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	memcpy(text + n, "...", 4);
}

/* vsnprintf() whose cut is visible as "..."; room is at least 5. */
__attribute__((format(printf, 3, 0))) static void
text_format(char *buf, size_t room, const char *fmt, va_list ap)
{
	int n = vsnprintf(buf, room, fmt, ap);

	if (n < 0) {
		buf[0] = '\0';
		return;
	}
	if ((size_t)n < room)
		return;
	/* As full as it gets: let text_cut() see one byte too much. */
	text_cut(buf, room - 1);
}

/* A failure classified as "no error" would be taken for success. */
static int code_normal(int code)
{
	if (code == 0)
		return EIO;
	return code < 0 ? -code : code;
}

/*
 * The arguments may point into *e (a caller re-wording an error), so the text
 * is made beside it first.
 */
__attribute__((format(printf, 4, 0))) static int
err_vset(struct err *e, int code, bool with_errno, const char *fmt, va_list ap)
{
	char tail[120] = "";
	char msg[sizeof(e->msg)];
	size_t len;

	code = code_normal(code);
	if (with_errno)
		(void)snprintf(tail, sizeof(tail), ": %s", errno_text(code));
	text_format(msg, sizeof(msg) - strlen(tail), fmt, ap);
	len = strlen(msg);
	memcpy(msg + len, tail, strlen(tail) + 1);

	err_clear(e);
	e->code = code;
	memcpy(e->msg, msg, strlen(msg) + 1);
	return -code;
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = err_vset(e, code, false, fmt, ap);
	va_end(ap);
	return r;
}

int err_errno(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = err_vset(e, code, true, fmt, ap);
	va_end(ap);
	return r;
}

int err_wrap(struct err *e, const char *fmt, ...)
{
	char msg[sizeof(e->msg)], outer[sizeof(e->msg)];
	size_t old = strlen(e->msg), room;
	va_list ap;

	e->code = code_normal(e->code);
	/* ": " and the NUL come on top of the two texts. */
	room = old + 3 + WRAP_MIN < sizeof(msg) ? sizeof(msg) - old - 2
						: WRAP_MIN;
	va_start(ap, fmt);
	text_format(outer, room, fmt, ap);
	va_end(ap);
	if (old == 0) {
		memcpy(e->msg, outer, strlen(outer) + 1);
		return -e->code;
	}
	if (snprintf(msg, sizeof(msg), "%s: %s", outer, e->msg) >=
	    (int)sizeof(msg))
		text_cut(msg, sizeof(msg) - 1);
	memcpy(e->msg, msg, strlen(msg) + 1);
	return -e->code;
}

int err_at(struct err *e, const char *fmt, ...)
{
	char text[sizeof(e->pointer)];
	va_list ap;

	e->code = code_normal(e->code);
	if (e->pointer[0])
		return -e->code;
	va_start(ap, fmt);
	text_format(text, sizeof(text), fmt, ap);
	va_end(ap);
	memcpy(e->pointer, text, strlen(text) + 1);
	return -e->code;
}

int err_hint(struct err *e, const char *fmt, ...)
{
	char text[sizeof(e->hint)];
	va_list ap;

	e->code = code_normal(e->code);
	if (e->hint[0])
		return -e->code;
	va_start(ap, fmt);
	text_format(text, sizeof(text), fmt, ap);
	va_end(ap);
	memcpy(e->hint, text, strlen(text) + 1);
	return -e->code;
}

void err_clear(struct err *e)
{
	*e = (struct err)ERR_INIT;
}

/*
 * Controls of ASCII and of Latin-1 (U+0080 … U+009F, "\xc2\x80" and so on,
 * which terminals obey as well) become '?'.
 */
static void text_sanitise(char *text)
{
	unsigned char *to = (unsigned char *)text;
	const unsigned char *from = (const unsigned char *)text;

	for (; *from; from++) {
		if (from[0] == 0xc2 && from[1] >= 0x80 && from[1] < 0xa0) {
			*to++ = '?';
			from++;
		} else {
			*to++ = *from < 0x20 || *from == 0x7f ? '?' : *from;
		}
	}
	*to = '\0';
}

const char *err_format(const struct err *e, char *buf, size_t size)
{
	const char *msg = e->msg;
	int n;

	if (size == 0)
		return buf;
	if (!msg[0] && e->code)
		msg = errno_text(e->code);
	n = snprintf(buf, size, "%s%s%s%s%s%s", e->pointer,
		     e->pointer[0] ? ": " : "", msg, e->hint[0] ? " (" : "",
		     e->hint, e->hint[0] ? ")" : "");
	if (n < 0)
		buf[0] = '\0';
	else if ((size_t)n >= size && size > 5)
		text_cut(buf, size - 1);
	text_sanitise(buf);
	return buf;
}
