/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tap.h - a small producer of the Test Anything Protocol for unit tests.
 *
 * Header only, one test program per translation unit.  The plan is printed
 * by done(), so a program that dies early is seen as a failure by every
 * harness.  A test program ends with `return done();`.
 */
#ifndef OCIRUN_TESTS_TAP_H
#define OCIRUN_TESTS_TAP_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static unsigned int tap_count;
static unsigned int tap_failed;

/* Prints text as a diagnostic: every line starts with "# ". */
__attribute__((unused)) static void tap_quote(const char *label,
					      const char *text)
{
	printf("#   %s: ", label);
	if (!text) {
		puts("(null)");
		return;
	}
	putchar('"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '\n')
			fputs("\\n", stdout);
		else if (c < 0x20 || c == 0x7f)
			printf("\\x%02x", (unsigned int)c);
		else
			putchar(c);
	}
	puts("\"");
}

__attribute__((unused, format(printf, 1, 2))) static void diag(const char *fmt,
							       ...)
{
	va_list ap;

	fputs("# ", stdout);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

__attribute__((format(printf, 4, 0))) static inline bool
tap_result(bool good, const char *file, int line, const char *fmt, va_list ap)
{
	char name[512];

	vsnprintf(name, sizeof(name), fmt, ap);
	/* '#' starts a directive and a newline ends the record. */
	for (char *p = name; *p; p++)
		if (*p == '#' || (unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '_';
	tap_count++;
	if (!good)
		tap_failed++;
	printf("%s %u - %s\n", good ? "ok" : "not ok", tap_count, name);
	if (!good)
		printf("#   failed at %s:%d\n", file, line);
	fflush(stdout);
	return good;
}

__attribute__((unused, format(printf, 4, 5))) static bool
tap_ok(bool good, const char *file, int line, const char *fmt, ...)
{
	va_list ap;
	bool res;

	va_start(ap, fmt);
	res = tap_result(good, file, line, fmt, ap);
	va_end(ap);
	return res;
}

__attribute__((unused, format(printf, 5, 6))) static bool
tap_int(intmax_t got, intmax_t want, const char *file, int line,
	const char *fmt, ...)
{
	va_list ap;
	bool res;

	va_start(ap, fmt);
	res = tap_result(got == want, file, line, fmt, ap);
	va_end(ap);
	if (!res) {
		printf("#   got:  %" PRIdMAX "\n#   want: %" PRIdMAX "\n", got,
		       want);
		fflush(stdout);
	}
	return res;
}

__attribute__((unused, format(printf, 5, 6))) static bool
tap_str(const char *got, const char *want, const char *file, int line,
	const char *fmt, ...)
{
	bool good = got == want || (got && want && strcmp(got, want) == 0);
	va_list ap;
	bool res;

	va_start(ap, fmt);
	res = tap_result(good, file, line, fmt, ap);
	va_end(ap);
	if (!res) {
		tap_quote("got ", got);
		tap_quote("want", want);
		fflush(stdout);
	}
	return res;
}

/* Records n tests as skipped, with the reason. */
__attribute__((unused)) static void skip(unsigned int n, const char *reason)
{
	while (n--)
		printf("ok %u # SKIP %s\n", ++tap_count, reason);
	fflush(stdout);
}

/* Stops a test program that cannot go on, e.g. no scratch directory. */
#define bail(reason)                                \
	do {                                        \
		printf("Bail out! %s\n", (reason)); \
		fflush(stdout);                     \
		_exit(99);                          \
	} while (0)

#define ok(cond, ...) tap_ok(!!(cond), __FILE__, __LINE__, __VA_ARGS__)
#define is_int(got, want, ...)                                         \
	tap_int((intmax_t)(got), (intmax_t)(want), __FILE__, __LINE__, \
		__VA_ARGS__)
#define is_str(got, want, ...) \
	tap_str((got), (want), __FILE__, __LINE__, __VA_ARGS__)

/* Prints the plan and returns the exit status of the program. */
__attribute__((unused)) static int done(void)
{
	printf("1..%u\n", tap_count);
	if (tap_failed)
		printf("# %u of %u failed\n", tap_failed, tap_count);
	fflush(stdout);
	return tap_failed ? 1 : 0;
}

#endif
