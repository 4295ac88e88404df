/* SPDX-License-Identifier: Apache-2.0 */
/* names.c: tables, nearest names, signals, capabilities, namespaces. */
#include "config/names.h"

#include <errno.h>
#include <limits.h>
#include <linux/audit.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "base/str.h"
#include "tests/tap.h"

static void test_tables(void)
{
	static const struct { const char *label; const struct name *table; size_t n; } tables[] = {
		{ "ns", names_ns, 8 },
		{ "rlimit", names_rlimit, 16 },
		{ "sched policy", names_sched_policy, 7 },
		{ "sched flag", names_sched_flag, 7 },
		{ "io class", names_io_class, 3 },
		{ "propagation", names_propagation, 8 },
		{ "personality", names_personality, 2 },
		{ "mpol mode", names_mpol_mode, 7 },
		{ "mpol flag", names_mpol_flag, 3 },
		{ "seccomp action", names_seccomp_action, 9 },
		{ "seccomp arch", names_seccomp_arch, 23 },
		{ "seccomp op", names_seccomp_op, 7 },
		{ "seccomp flag", names_seccomp_flag, 4 },
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		const struct name *t = tables[i].table;
		size_t n = 0, wrong = 0;

		for (; t[n].name; n++) {
			uint64_t v = ~0ULL;

			wrong += name_find(t, t[n].name, &v) != 0 || v != t[n].value;
		}
		is_int(n, tables[i].n, "rows of %s", tables[i].label);
		is_int(wrong, 0, "%s: every name is found, none is there twice", tables[i].label);
	}
}

static void test_find(void)
{
	uint64_t v = 77;

	is_int(name_find(names_ns, "Pid", &v), -ENOENT, "exact case only");
	is_int(v, 77, "ret is untouched on failure");
	is_str(name_of(names_rlimit, RLIMIT_NOFILE), "RLIMIT_NOFILE", "name of a number");
	is_str(name_of(names_rlimit, 99), NULL, "name of no number");
	is_str(name_of(names_signal, SIGABRT), "ABRT", "the first name counts, not the alias");
	is_int(name_find(names_seccomp_arch, "SCMP_ARCH_X86_64", &v), 0, "x86_64");
	ok(v == AUDIT_ARCH_X86_64, "is the kernel's number");
	(void)name_find(names_seccomp_arch, "SCMP_ARCH_AARCH64", &v);
	ok(v == AUDIT_ARCH_AARCH64, "aarch64 too");
	(void)name_find(names_seccomp_arch, "SCMP_ARCH_S390X", &v);
	ok(v == AUDIT_ARCH_S390X, "s390x too");
	(void)name_find(names_propagation, "rslave", &v);
	ok(v == (MS_SLAVE | MS_REC), "rslave");
}

static void test_nearest(void)
{
	static const struct { const struct name *table; const char *name, *want; } rows[] = {
		{ names_ns, "PID", "pid" },
		{ names_ns, "net", "network" },
		{ names_ns, "netwrok", "network" },
		{ names_ns, "mnt", NULL },
		{ names_ns, "bogus", NULL },
		{ names_ns, "", NULL },
		{ names_rlimit, "RLIMIT_NOFILES", "RLIMIT_NOFILE" },
		{ names_rlimit, "NOFILE", "RLIMIT_NOFILE" },
		{ names_rlimit, "RLIMIT_FOO", NULL },
		{ names_seccomp_action, "SCMP_ALLOW", "SCMP_ACT_ALLOW" },
		{ names_seccomp_action, "allow", "SCMP_ACT_ALLOW" },
		{ names_mpol_mode, "INTERLEAVE", "MPOL_INTERLEAVE" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		is_str(name_nearest(rows[i].table, rows[i].name), rows[i].want,
		       "nearest to '%s'", rows[i].name);
	is_int(name_distance("args", "ARGS"), 0, "case only");
	ok(name_distance("args", "zzzz") == UINT_MAX, "nothing in common");
}

static void test_signals(void)
{
	const struct { const char *text; int r, want; } rows[] = {
		{ "TERM", 0, SIGTERM }, { "SIGTERM", 0, SIGTERM }, { "sigterm", 0, SIGTERM },
		{ "15", 0, 15 }, { "0", 0, 0 }, { "-9", 0, -9 }, { "123456", 0, 123456 },
		{ "SIGCLD", 0, SIGCHLD }, { "poll", 0, SIGIO }, { "IOT", 0, SIGABRT },
		{ "RTMIN", 0, SIGRTMIN }, { "SIGRTMIN+3", 0, SIGRTMIN + 3 },
		{ "rtmax-1", 0, SIGRTMAX - 1 }, { "RTMAX", 0, SIGRTMAX },
		{ "RTMIN+99", -EINVAL, 0 }, { "RTMIN-1", -EINVAL, 0 },
		{ "RTMAX+1", -EINVAL, 0 }, { "RTMIN+-1", -EINVAL, 0 },
		{ "RTMIN+", -EINVAL, 0 }, { "RTMINX", -EINVAL, 0 },
		{ "", -EINVAL, 0 }, { "SIG", -EINVAL, 0 }, { "SIGSIGTERM", -EINVAL, 0 },
		{ "TERM ", -EINVAL, 0 }, { "0x9", -EINVAL, 0 }, { "9.0", -EINVAL, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int sig = 0;

		is_int(signal_number(rows[i].text, &sig), rows[i].r, "result of '%s'",
		       rows[i].text);
		is_int(sig, rows[i].want, "signal of '%s'", rows[i].text);
	}
}

static void test_caps(void)
{
	is_int(cap_number("CAP_CHOWN"), 0, "CAP_CHOWN");
	is_int(cap_number("CAP_SYS_ADMIN"), 21, "CAP_SYS_ADMIN");
	is_int(cap_number("CAP_CHECKPOINT_RESTORE"), 40, "CAP_CHECKPOINT_RESTORE");
	is_int(cap_number("cap_chown"), -1, "lower case is unknown");
	is_int(cap_number("CHOWN"), -1, "the prefix belongs to it");
	is_int(cap_number("CAP_FOO"), -1, "CAP_FOO");
	is_int(cap_number("CAP_"), -1, "only the prefix");
	is_int(cap_number("5"), -1, "a number is no name");
	is_int(cap_number(""), -1, "the empty string");
	is_int(cap_number("CAP_CHOWN "), -1, "blanks are no part of it");
}

static void test_ns(void)
{
	is_str(ns_config_name(NS_MNT), "mount", "config name");
	is_str(ns_proc_name(NS_MNT), "mnt", "name in /proc");
	is_str(ns_proc_name(NS_NET), "net", "net in /proc");
	is_int(ns_clone_flag(NS_USER), CLONE_NEWUSER, "clone flag");
	is_int(ns_clone_flag(NS_TIME), 0x80, "clone flag of time");
	for (unsigned int k = 0; k < _NS_KIND_MAX; k++)
		ok(ns_clone_flag((enum ns_kind)k) && ns_config_name((enum ns_kind)k),
		   "kind %u is complete", k);
}

int main(void)
{
	test_tables();
	test_find();
	test_nearest();
	test_signals();
	test_caps();
	test_ns();
	return done();
}
