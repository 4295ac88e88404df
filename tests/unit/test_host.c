/* SPDX-License-Identifier: Apache-2.0 */
/* The probe of the host: agrees with what the system says, and is cheap. */
#include "config.h"
#include "plan/host.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "tests/tap.h"

static void test_facts(void)
{
	AUTO(str) char *cap = NULL;
	AUTO(str) char *map = NULL;
	struct host h;
	struct stat st;

	memset(&h, 0xff, sizeof(h));
	host_probe(&h);
	is_int(h.euid, geteuid(), "effective uid");
	is_int(h.egid, getegid(), "effective gid");
	is_int(h.has_kcore, stat("/proc/kcore", &st) == 0, "kcore");
	is_int(host_has_time_ns(), stat("/proc/self/ns/time", &st) == 0,
	       "time namespace");
	is_int(h.selinux, stat("/sys/fs/selinux/enforce", &st) == 0, "selinux");
	if (file_read_at(AT_FDCWD, "/proc/sys/kernel/cap_last_cap", 64, &cap,
			 NULL) < 0) {
		skip(1, "no /proc/sys/kernel/cap_last_cap");
	} else {
		int want = -1;

		cap[strcspn(cap, "\n")] = '\0';
		(void)parse_int(cap, &want);
		is_int(h.cap_last, want, "last capability");
	}
	if (file_read_at(AT_FDCWD, "/proc/self/uid_map", 4096, &map, NULL) < 0)
		skip(1, "no /proc/self/uid_map");
	else
		is_int(h.in_userns, !strstr(map, "4294967295"),
		       "user namespace");
}

/* A bound far above the aim (60 microseconds), for slow and busy machines. */
static void test_cost(void)
{
	int64_t best = INT64_MAX;
	struct host h;

	for (int i = 0; i < 50; i++) {
		int64_t start = clock_now_ns(), took;

		host_probe(&h);
		took = clock_now_ns() - start;
		if (took < best)
			best = took;
	}
	diag("host_probe: %lld ns", (long long)best);
	ok(best < 2000000, "the probe is cheap");
}

int main(void)
{
	test_facts();
	test_cost();
	return done();
}
