/* SPDX-License-Identifier: Apache-2.0 */
/* The error type: assembling, cutting, sanitising. */
#include "config.h"

#include "base/err.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/tap.h"

static const char *text(const struct err *e)
{
	static char buf[4096];

	return err_format(e, buf, sizeof(buf));
}

static void test_assemble(void)
{
	struct err e = ERR_INIT;

	is_str(text(&e), "", "no error has no text");
	is_int(err_set(&e, EINVAL, "cannot %s '%s'", "read", "x"), -EINVAL,
	       "err_set() returns");
	is_int(e.code, EINVAL, "and keeps the code");
	is_str(text(&e), "cannot read 'x'", "message alone");
	is_int(err_wrap(&e, "mount %d", 3), -EINVAL,
	       "err_wrap() returns the code");
	is_str(text(&e), "mount 3: cannot read 'x'", "wrapped");
	is_int(err_at(&e, "/mounts/%d", 3), -EINVAL,
	       "err_at() returns the code");
	is_int(err_at(&e, "/mounts"), -EINVAL, "a second pointer");
	is_str(text(&e), "/mounts/3: mount 3: cannot read 'x'",
	       "the innermost pointer wins");
	is_int(err_hint(&e, "is it %s?", "there"), -EINVAL,
	       "err_hint() returns the code");
	(void)err_hint(&e, "second");
	is_str(text(&e), "/mounts/3: mount 3: cannot read 'x' (is it there?)",
	       "first hint wins");

	is_int(err_errno(&e, ENOENT, "cannot open '%s'", "/x"), -ENOENT,
	       "err_errno() returns");
	is_str(text(&e), "cannot open '/x': no such file or directory",
	       "old parts are gone");
	(void)err_set(&e, EPERM, "again: %s", e.msg);
	is_str(text(&e), "again: cannot open '/x': no such file or directory",
	       "arguments may point into the error");

	err_clear(&e);
	is_int(e.code, 0, "err_clear()");
	is_str(text(&e), "", "clears the text");
	is_int(err_set(&e, 0, "x"), -EIO, "code 0 is not success");
	is_int(err_set(&e, -ENOENT, "x"), -ENOENT,
	       "a negative code is taken positive");
	err_clear(&e);
	is_int(err_wrap(&e, "lost"), -EIO, "wrapping nothing is an error");
	is_str(text(&e), "lost", "without a stray colon");
	err_clear(&e);
	e.code = ENOMEM;
	is_str(text(&e), "cannot allocate memory",
	       "no message: the errno text");
}

static void test_long(void)
{
	char big[3000], small[16];
	struct err e = ERR_INIT;
	size_t i, n;

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	(void)err_errno(&e, ENOENT, "cannot open '%s'", big);
	n = strlen(e.msg);
	ok(n < sizeof(e.msg) && n > sizeof(e.msg) - 10,
	   "a long message is cut (%zu)", n);
	is_str(e.msg + n - 31, "x...: no such file or directory",
	       "the errno text survives");

	(void)err_set(&e, ENOENT, "inner '%s'", "cause");
	(void)err_wrap(&e, "%s", big);
	n = strlen(e.msg);
	is_str(e.msg + n - 21, "xxx...: inner 'cause'",
	       "wrapping cuts the outer part");
	for (i = 0; i < 50; i++)
		(void)err_wrap(&e, "%s", big);
	ok(strlen(e.msg) < sizeof(e.msg), "stays in bounds");
	(void)err_at(&e, "%s", big);
	(void)err_hint(&e, "%s", big);
	ok(strlen(e.pointer) < sizeof(e.pointer),
	   "the pointer stays in bounds");
	ok(strlen(e.hint) < sizeof(e.hint), "the hint stays in bounds");

	is_str(err_format(&e, small, sizeof(small)), "xxxxxxxxxxx...",
	       "a small buffer");
	small[0] = 'q';
	(void)err_format(&e, small, 0);
	is_int(small[0], 'q', "no buffer at all");
	(void)err_format(&e, small, 1);
	is_int(small[0], '\0', "only the NUL");

	/* U+00FC does not end up cut in half, whatever the phase. */
	for (i = 0; i < 2; i++) {
		for (n = 0; n + 2 < sizeof(big); n += 2)
			memcpy(big + n, "\xc3\xbc", 2);
		big[n] = '\0';
		(void)err_set(&e, EINVAL, "%s%s", i ? "a" : "", big);
		n = strlen(e.msg);
		is_str(e.msg + n - 3, "...", "cut");
		is_int((unsigned char)e.msg[n - 4], 0xbc,
		       "on a character boundary");
	}
}

static void test_sanitise(void)
{
	struct err e = ERR_INIT;

	(void)err_set(&e, EINVAL,
		      "a\nb\tc\033[31m\x7f"
		      "d\xc2\x9b"
		      "e\xc3\xbc");
	is_str(text(&e), "a?b?c?[31m?d?e\xc3\xbc",
	       "controls become '?', letters stay");
	(void)err_at(&e, "/a\nb");
	(void)err_hint(&e, "x\ry");
	is_str(text(&e), "/a?b: a?b?c?[31m?d?e\xc3\xbc (x?y)", "in every part");
}

static void test_errno(void)
{
	unsigned int wrong = 0;
	int i;

	is_str(errno_text(ENOENT), "no such file or directory", "ENOENT");
	is_str(errno_text(EIO), "input/output error", "EIO");
	is_str(errno_text(ELIBBAD), "accessing a corrupted shared library",
	       "ELIBBAD");
	is_str(errno_name(EAGAIN), "EAGAIN", "the name of EAGAIN");
	is_str(errno_name(EOPNOTSUPP), "EOPNOTSUPP", "the name of EOPNOTSUPP");
	is_str(errno_text(9999), "errno 9999", "an unknown number");
	is_str(errno_name(-1), "errno -1", "a negative number");
	is_str(errno_name(0), "errno 0", "zero");
	is_str(errno_name(524), "ENOTSUPP", "the kernel's own 524");
	is_str(errno_text(524), errno_text(EOPNOTSUPP), "its text");
#ifdef __GLIBC__
	/* The C locale is in force: nobody called setlocale(). */
	for (i = 1; i < 134; i++) {
		const char *lib = strerror(i), *ours = errno_text(i);

		if (strncmp(lib, "Unknown", 7) == 0)
			continue;
		if (strcmp(lib + 1, ours + 1) != 0 ||
		    (lib[0] | 0x20) != (ours[0] | 0x20)) {
			diag("%d: '%s' '%s'", i, lib, ours);
			wrong++;
		}
	}
	is_int(wrong, 0, "the texts are the C library's");
#else
	(void)i;
	(void)wrong;
	skip(1, "the C library words its texts differently");
#endif
}

int main(void)
{
	test_assemble();
	test_long();
	test_sanitise();
	test_errno();
	return done();
}
