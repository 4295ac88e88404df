/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.c - deadlines and time stamps.
 *
 * Deadlines are points on CLOCK_MONOTONIC, so that setting the wall clock
 * neither shortens nor lengthens a wait. Time stamps are for people and for
 * state files only; nothing is decided by them.
 */
#include "config.h"

#include "base/clock.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

int64_t clock_now_ns(void)
{
	struct timespec ts = { 0 };

	/* Cannot fail: the clock exists and the pointer is valid. */
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

deadline_t deadline_in_ms(int64_t ms)
{
	int64_t ns, d;

	if (ms < 0)
		ms = 0;
	if (__builtin_mul_overflow(ms, (int64_t)1000000, &ns) ||
	    __builtin_add_overflow(clock_now_ns(), ns, &d))
		return DEADLINE_NEVER;
	return d;
}

int deadline_poll_ms(deadline_t d)
{
	int64_t left;

	if (d == DEADLINE_NEVER)
		return -1;
	if (d <= 0 || __builtin_sub_overflow(d, clock_now_ns(), &left) ||
	    left <= 0)
		return 0;
	/* Rounded up, or the last millisecond would be a busy loop. */
	left = left / 1000000 + (left % 1000000 ? 1 : 0);
	return left > INT_MAX ? INT_MAX : (int)left;
}

char *time_rfc3339nano(const struct timespec *ts, char *buf, size_t size)
{
	struct tm tm = { 0 };
	char frac[16] = "";
	size_t n;

	(void)gmtime_r(&ts->tv_sec, &tm);
	if (ts->tv_nsec > 0 && ts->tv_nsec < 1000000000) {
		n = (size_t)snprintf(frac, sizeof(frac), ".%09ld", ts->tv_nsec);
		while (n > 0 && frac[n - 1] == '0')
			frac[--n] = '\0';
	}
	(void)snprintf(buf, size, "%04d-%02d-%02dT%02d:%02d:%02d%sZ",
		       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		       tm.tm_min, tm.tm_sec, frac);
	return buf;
}

char *time_rfc3339_local(time_t t, char *buf, size_t size)
{
	struct tm tm = { 0 };
	char zone[32] = "Z";
	long off;

	tzset();
	(void)localtime_r(&t, &tm);
	off = tm.tm_gmtoff / 60;
	if (off)
		(void)snprintf(zone, sizeof(zone), "%c%02ld:%02ld",
			       off < 0 ? '-' : '+', labs(off) / 60,
			       labs(off) % 60);
	(void)snprintf(buf, size, "%04d-%02d-%02dT%02d:%02d:%02d%s",
		       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		       tm.tm_min, tm.tm_sec, zone);
	return buf;
}
