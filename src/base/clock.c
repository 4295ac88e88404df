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

struct date {
	int year, month, day;
};

/*
 * Of the days since 1970-01-01, in the proleptic Gregorian calendar. Not gmtime(3):
 * it reads the time zone from a file first, at every start and for nothing.
 */
static struct date date_of(int64_t days)
{
	/* years begin in March, so that the leap day is the last of one */
	const int64_t era_days = 146097; /* of 400 years */
	int64_t z = days + 719468, era = (z >= 0 ? z : z - era_days + 1) / era_days;
	int64_t doe = z - era * era_days;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t march = (5 * doy + 2) / 153;
	int month = (int)(march < 10 ? march + 3 : march - 9);

	return (struct date){ (int)(yoe + era * 400 + (month <= 2)), month,
			      (int)(doy - (153 * march + 2) / 5 + 1) };
}

char *time_rfc3339nano(const struct timespec *ts, char *buf, size_t size)
{
	struct date d;
	char frac[16] = "";
	int64_t secs = ts->tv_sec, days = secs / 86400;
	size_t n;

	secs %= 86400;
	if (secs < 0) {
		secs += 86400;
		days--;
	}
	d = date_of(days);
	if (ts->tv_nsec > 0 && ts->tv_nsec < 1000000000) {
		n = (size_t)snprintf(frac, sizeof(frac), ".%09ld", ts->tv_nsec);
		while (n > 0 && frac[n - 1] == '0')
			frac[--n] = '\0';
	}
	(void)snprintf(buf, size, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", d.year,
		       d.month, d.day, (int)(secs / 3600),
		       (int)(secs / 60 % 60), (int)(secs % 60), frac);
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
