/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time: deadlines on the monotonic clock and RFC 3339 stamps. No wait in this
 * program is unbounded and none is a sleep loop: poll(2) with a deadline.
 */
#ifndef OCIRUN_BASE_CLOCK_H
#define OCIRUN_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* A point in time, CLOCK_MONOTONIC nanoseconds. */
typedef int64_t deadline_t;

/* Never expires: only for waiting for the user's own process. */
#define DEADLINE_NEVER INT64_MAX

int64_t clock_now_ns(void);
deadline_t deadline_in_ms(int64_t ms);
/* Milliseconds left, rounded up, for poll(2): 0 if expired, -1 for NEVER. */
int deadline_poll_ms(deadline_t d);

/*
 * UTC with nanoseconds and without trailing zeros, as Go's RFC3339Nano:
 * "2026-11-22T07:50:00.123456789Z". buf needs 40 bytes. Returns buf.
 */
char *time_rfc3339nano(const struct timespec *ts, char *buf, size_t size);
/* Local zone, whole seconds: "2026-11-22T07:56:56Z" or "…+01:00". */
char *time_rfc3339_local(time_t t, char *buf, size_t size);

#endif
