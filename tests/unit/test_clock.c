/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines and time stamps. */
#include "config.h"

#include "base/clock.h"
#include "base/str.h"

#include <limits.h>
#include <stdlib.h>

#include "tests/tap.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void test_deadline(void)
{
	int64_t now = clock_now_ns();
	int ms;

	ok(now > 0, "the clock runs");
	ok(clock_now_ns() >= now, "and not backwards");
	is_int(deadline_poll_ms(DEADLINE_NEVER), -1, "never");
	is_int(deadline_poll_ms(0), 0, "zero has passed");
	is_int(deadline_poll_ms(INT64_MIN), 0, "so has the beginning of time");
	is_int(deadline_poll_ms(now), 0, "now has passed");
	is_int(deadline_poll_ms(deadline_in_ms(-5)), 0,
	       "negative time has passed");
	ms = deadline_poll_ms(deadline_in_ms(60000));
	ok(ms > 50000 && ms <= 60000, "a minute ahead (%d)", ms);
	ms = deadline_poll_ms(clock_now_ns() + 900000);
	ok(ms == 1 || ms == 0, "less than a millisecond is rounded up");
	is_int(deadline_in_ms(INT64_MAX), DEADLINE_NEVER, "too far is never");
	is_int(deadline_poll_ms(INT64_MAX - 1), INT_MAX, "poll's limit");
}

static const struct {
	time_t sec;
	long nsec;
	const char *want;
} stamps[] = {
	{ 0, 0, "1970-01-01T00:00:00Z" },
	{ 1795334400, 0, "2026-11-22T08:00:00Z" },
	{ 1795334400, 123456789, "2026-11-22T08:00:00.123456789Z" },
	{ 1795334400, 120000000, "2026-11-22T08:00:00.12Z" },
	{ 1795334400, 1, "2026-11-22T08:00:00.000000001Z" },
	{ 951782399, 999999999, "2000-02-28T23:59:59.999999999Z" },
	{ 951782400, 500000000, "2000-02-29T00:00:00.5Z" },
	{ 4107542400, 0, "2100-03-01T00:00:00Z" },
	{ -1, 0, "1969-12-31T23:59:59Z" },
};

static const struct {
	const char *tz;
	const char *want;
} zones[] = {
	{ "UTC0", "2026-11-22T08:00:00Z" },
	{ "XST-1", "2026-11-22T09:00:00+01:00" },
	{ "XST5", "2026-11-22T03:00:00-05:00" },
	{ "XST-5:30", "2026-11-22T13:30:00+05:30" },
	{ "XST3:30", "2026-11-22T04:30:00-03:30" },
};

int main(void)
{
	char buf[40], want[40];
	int differ = 0;
	size_t i;

	test_deadline();
	for (i = 0; i < COUNT(stamps); i++) {
		struct timespec ts = { .tv_sec = stamps[i].sec,
				       .tv_nsec = stamps[i].nsec };

		is_str(time_rfc3339nano(&ts, buf, sizeof(buf)), stamps[i].want,
		       "stamp %zu", i);
	}
	for (int64_t day = -800000; day < 800000; day += 17) {
		struct timespec ts = { .tv_sec = day * 86400 + 43261 };
		struct tm tm;

		(void)gmtime_r(&ts.tv_sec, &tm);
		(void)snprintf(want, sizeof(want), "%04d-%02d-%02dT12:01:01Z",
			       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
		differ += !streq(time_rfc3339nano(&ts, buf, sizeof(buf)), want);
	}
	is_int(differ, 0, "the dates of gmtime(3), 4000 years of them");
	for (i = 0; i < COUNT(zones); i++) {
		(void)setenv("TZ", zones[i].tz, 1);
		is_str(time_rfc3339_local(1795334400, buf, sizeof(buf)),
		       zones[i].want, "zone %s", zones[i].tz);
	}
	return done();
}
