/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.c - owns every table of names that the runtime-spec, the kernel's
 * interfaces and the command line share with numbers. One row per name; nobody
 * else compares such strings.
 *
 * Numbers are written out where they are the kernel's ABI but missing from the
 * oldest supported headers. Pure, no state.
 */
#include "config/names.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "base/str.h"
#include "base/sys.h"
#include "config/spec.h"
#include "base/banned.h"

#define MS_NOSYMFOLLOW_BIT 256UL /* MS_NOSYMFOLLOW, Linux 5.10 */
#define MS_LAZYTIME_BIT    (1UL << 25)

const char *const hook_kind_names[_HOOK_KIND_MAX] = {
	[HOOK_PRESTART] = "prestart",
	[HOOK_CREATE_RUNTIME] = "createRuntime",
	[HOOK_CREATE_CONTAINER] = "createContainer",
	[HOOK_START_CONTAINER] = "startContainer",
	[HOOK_POSTSTART] = "poststart",
	[HOOK_POSTSTOP] = "poststop",
};

const struct name names_ns[] = {
	{ "user", NS_USER },
	{ "ipc", NS_IPC },
	{ "uts", NS_UTS },
	{ "network", NS_NET },
	{ "pid", NS_PID },
	{ "mount", NS_MNT },
	{ "cgroup", NS_CGROUP },
	{ "time", NS_TIME },
	{ NULL, 0 },
};

static const struct {
	int flag;
	const char *proc;
} ns_table[_NS_KIND_MAX] = {
	[NS_USER] = { CLONE_NEWUSER, "user" },
	[NS_IPC] = { CLONE_NEWIPC, "ipc" },
	[NS_UTS] = { CLONE_NEWUTS, "uts" },
	[NS_NET] = { CLONE_NEWNET, "net" },
	[NS_PID] = { CLONE_NEWPID, "pid" },
	[NS_MNT] = { CLONE_NEWNS, "mnt" },
	[NS_CGROUP] = { CLONE_NEWCGROUP, "cgroup" },
	[NS_TIME] = { CLONE_NEWTIME, "time" },
};

int ns_clone_flag(enum ns_kind kind)
{
	return ns_table[kind].flag;
}

const char *ns_proc_name(enum ns_kind kind)
{
	return ns_table[kind].proc;
}

const char *ns_config_name(enum ns_kind kind)
{
	return name_of(names_ns, kind);
}

const struct name names_rlimit[] = {
	{ "RLIMIT_CPU", RLIMIT_CPU },
	{ "RLIMIT_FSIZE", RLIMIT_FSIZE },
	{ "RLIMIT_DATA", RLIMIT_DATA },
	{ "RLIMIT_STACK", RLIMIT_STACK },
	{ "RLIMIT_CORE", RLIMIT_CORE },
	{ "RLIMIT_RSS", RLIMIT_RSS },
	{ "RLIMIT_NPROC", RLIMIT_NPROC },
	{ "RLIMIT_NOFILE", RLIMIT_NOFILE },
	{ "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK },
	{ "RLIMIT_AS", RLIMIT_AS },
	{ "RLIMIT_LOCKS", RLIMIT_LOCKS },
	{ "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING },
	{ "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE },
	{ "RLIMIT_NICE", RLIMIT_NICE },
	{ "RLIMIT_RTPRIO", RLIMIT_RTPRIO },
	{ "RLIMIT_RTTIME", RLIMIT_RTTIME },
	{ NULL, 0 },
};

const struct name names_signal[] = {
	{ "HUP", SIGHUP },
	{ "INT", SIGINT },
	{ "QUIT", SIGQUIT },
	{ "ILL", SIGILL },
	{ "TRAP", SIGTRAP },
	{ "ABRT", SIGABRT },
	{ "BUS", SIGBUS },
	{ "FPE", SIGFPE },
	{ "KILL", SIGKILL },
	{ "USR1", SIGUSR1 },
	{ "SEGV", SIGSEGV },
	{ "USR2", SIGUSR2 },
	{ "PIPE", SIGPIPE },
	{ "ALRM", SIGALRM },
	{ "TERM", SIGTERM },
#ifdef SIGSTKFLT /* not on every architecture */
	{ "STKFLT", SIGSTKFLT },
#endif
	{ "CHLD", SIGCHLD },
	{ "CONT", SIGCONT },
	{ "STOP", SIGSTOP },
	{ "TSTP", SIGTSTP },
	{ "TTIN", SIGTTIN },
	{ "TTOU", SIGTTOU },
	{ "URG", SIGURG },
	{ "XCPU", SIGXCPU },
	{ "XFSZ", SIGXFSZ },
	{ "VTALRM", SIGVTALRM },
	{ "PROF", SIGPROF },
	{ "WINCH", SIGWINCH },
	{ "IO", SIGIO },
	{ "PWR", SIGPWR },
	{ "SYS", SIGSYS },
	{ "IOT", SIGABRT }, /* aliases come last: name_of() takes the first */
	{ "CLD", SIGCHLD },
	{ "POLL", SIGIO },
	{ NULL, 0 },
};

const struct name names_sched_policy[] = {
	{ "SCHED_OTHER", SPEC_SCHED_OTHER },
	{ "SCHED_FIFO", SPEC_SCHED_FIFO },
	{ "SCHED_RR", SPEC_SCHED_RR },
	{ "SCHED_BATCH", SPEC_SCHED_BATCH },
	{ "SCHED_ISO", SPEC_SCHED_ISO },
	{ "SCHED_IDLE", SPEC_SCHED_IDLE },
	{ "SCHED_DEADLINE", SPEC_SCHED_DEADLINE },
	{ NULL, 0 },
};

const struct name names_sched_flag[] = {
	{ "SCHED_FLAG_RESET_ON_FORK", 0x01 },
	{ "SCHED_FLAG_RECLAIM", 0x02 },
	{ "SCHED_FLAG_DL_OVERRUN", 0x04 },
	{ "SCHED_FLAG_KEEP_POLICY", 0x08 },
	{ "SCHED_FLAG_KEEP_PARAMS", 0x10 },
	{ "SCHED_FLAG_UTIL_CLAMP_MIN", 0x20 },
	{ "SCHED_FLAG_UTIL_CLAMP_MAX", 0x40 },
	{ NULL, 0 },
};

const struct name names_io_class[] = {
	{ "IOPRIO_CLASS_RT", 1 },
	{ "IOPRIO_CLASS_BE", 2 },
	{ "IOPRIO_CLASS_IDLE", 3 },
	{ NULL, 0 },
};

const struct name names_propagation[] = {
	{ "private", MS_PRIVATE },
	{ "rprivate", MS_PRIVATE | MS_REC },
	{ "slave", MS_SLAVE },
	{ "rslave", MS_SLAVE | MS_REC },
	{ "shared", MS_SHARED },
	{ "rshared", MS_SHARED | MS_REC },
	{ "unbindable", MS_UNBINDABLE },
	{ "runbindable", MS_UNBINDABLE | MS_REC },
	{ NULL, 0 },
};

const struct name names_personality[] = {
	{ "LINUX", 0 },
	{ "LINUX32", 8 },
	{ NULL, 0 },
};

/* set_mempolicy(2) */
const struct name names_mpol_mode[] = {
	{ "MPOL_DEFAULT", 0 },
	{ "MPOL_PREFERRED", 1 },
	{ "MPOL_BIND", 2 },
	{ "MPOL_INTERLEAVE", 3 },
	{ "MPOL_LOCAL", 4 },
	{ "MPOL_PREFERRED_MANY", 5 },
	{ "MPOL_WEIGHTED_INTERLEAVE", 6 },
	{ NULL, 0 },
};

const struct name names_mpol_flag[] = {
	{ "MPOL_F_NUMA_BALANCING", 1U << 13 },
	{ "MPOL_F_RELATIVE_NODES", 1U << 14 },
	{ "MPOL_F_STATIC_NODES", 1U << 15 },
	{ NULL, 0 },
};

const struct name names_seccomp_action[] = {
	{ "SCMP_ACT_KILL", SCMP_KILL_THREAD },
	{ "SCMP_ACT_KILL_THREAD", SCMP_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", SCMP_KILL_PROCESS },
	{ "SCMP_ACT_TRAP", SCMP_TRAP },
	{ "SCMP_ACT_ERRNO", SCMP_ERRNO },
	{ "SCMP_ACT_TRACE", SCMP_TRACE },
	{ "SCMP_ACT_ALLOW", SCMP_ALLOW },
	{ "SCMP_ACT_LOG", SCMP_LOG },
	{ "SCMP_ACT_NOTIFY", SCMP_NOTIFY },
	{ NULL, 0 },
};

/* AUDIT_ARCH_*: ELF machine, plus word size, byte order, MIPS N32 */
#define A_64  0x80000000U
#define A_LE  0x40000000U
#define A_N32 0x20000000U

const struct name names_seccomp_arch[] = {
	{ "SCMP_ARCH_X86", 3 | A_LE },
	{ "SCMP_ARCH_X86_64", 62 | A_64 | A_LE },
	{ "SCMP_ARCH_X32", 62 | A_LE },
	{ "SCMP_ARCH_ARM", 40 | A_LE },
	{ "SCMP_ARCH_AARCH64", 183 | A_64 | A_LE },
	{ "SCMP_ARCH_LOONGARCH64", 258 | A_64 | A_LE },
	{ "SCMP_ARCH_M68K", 4 },
	{ "SCMP_ARCH_MIPS", 8 },
	{ "SCMP_ARCH_MIPS64", 8 | A_64 },
	{ "SCMP_ARCH_MIPS64N32", 8 | A_64 | A_N32 },
	{ "SCMP_ARCH_MIPSEL", 8 | A_LE },
	{ "SCMP_ARCH_MIPSEL64", 8 | A_64 | A_LE },
	{ "SCMP_ARCH_MIPSEL64N32", 8 | A_64 | A_LE | A_N32 },
	{ "SCMP_ARCH_PPC", 20 },
	{ "SCMP_ARCH_PPC64", 21 | A_64 },
	{ "SCMP_ARCH_PPC64LE", 21 | A_64 | A_LE },
	{ "SCMP_ARCH_S390", 22 },
	{ "SCMP_ARCH_S390X", 22 | A_64 },
	{ "SCMP_ARCH_SH", 42 | A_LE },
	{ "SCMP_ARCH_SHEB", 42 },
	{ "SCMP_ARCH_PARISC", 15 },
	{ "SCMP_ARCH_PARISC64", 15 | A_64 },
	{ "SCMP_ARCH_RISCV64", 243 | A_64 | A_LE },
	{ NULL, 0 },
};

const struct name names_seccomp_op[] = {
	{ "SCMP_CMP_NE", 1 },
	{ "SCMP_CMP_LT", 2 },
	{ "SCMP_CMP_LE", 3 },
	{ "SCMP_CMP_EQ", 4 },
	{ "SCMP_CMP_GE", 5 },
	{ "SCMP_CMP_GT", 6 },
	{ "SCMP_CMP_MASKED_EQ", 7 },
	{ NULL, 0 },
};

const struct name names_seccomp_flag[] = {
	{ "SECCOMP_FILTER_FLAG_TSYNC", 1U << 0 },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", 1U << 2 },
	{ "SECCOMP_FILTER_FLAG_LOG", 1U << 1 },
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 1U << 5 },
	{ NULL, 0 },
};

#define SET(name, bits)   { name, MO_FLAG, bits, 0 }
#define CLEAR(name, bits) { name, MO_FLAG, 0, bits }
#define RSET(name, bits)  { name, MO_REC, bits, 0 }
#define RCLR(name, bits)  { name, MO_REC, 0, bits }
#define PROP(name, bits)  { name, MO_PROPAGATION, bits, 0 }
#define EXTRA(name, id)   { name, MO_EXTRA, id, 0 }

const struct mount_opt_name mount_opt_names[] = {
	CLEAR("async", MS_SYNCHRONOUS),
	CLEAR("atime", MS_NOATIME),
	SET("bind", MS_BIND),
	EXTRA("copy-symlink", MOX_COPY_SYMLINK),
	EXTRA("defaults", MOX_DEFAULTS),
	EXTRA("dest-nofollow", MOX_DEST_NOFOLLOW),
	CLEAR("dev", MS_NODEV),
	CLEAR("diratime", MS_NODIRATIME),
	SET("dirsync", MS_DIRSYNC),
	CLEAR("exec", MS_NOEXEC),
	EXTRA("idmap", MOX_IDMAP),
	SET("iversion", MS_I_VERSION),
	SET("lazytime", MS_LAZYTIME_BIT),
	CLEAR("loud", MS_SILENT),
	SET("mand", MS_MANDLOCK),
	SET("noatime", MS_NOATIME),
	SET("nodev", MS_NODEV),
	SET("nodiratime", MS_NODIRATIME),
	SET("noexec", MS_NOEXEC),
	CLEAR("noiversion", MS_I_VERSION),
	CLEAR("nolazytime", MS_LAZYTIME_BIT),
	CLEAR("nomand", MS_MANDLOCK),
	CLEAR("norelatime", MS_RELATIME),
	CLEAR("nostrictatime", MS_STRICTATIME),
	SET("nosuid", MS_NOSUID),
	SET("nosymfollow", MS_NOSYMFOLLOW_BIT),
	PROP("private", MS_PRIVATE),
	RCLR("ratime", SYS_ATTR_NOATIME),
	SET("rbind", MS_BIND | MS_REC),
	RCLR("rdev", SYS_ATTR_NODEV),
	RCLR("rdiratime", SYS_ATTR_NODIRATIME),
	SET("relatime", MS_RELATIME),
	SET("remount", MS_REMOUNT),
	RCLR("rexec", SYS_ATTR_NOEXEC),
	EXTRA("ridmap", MOX_RIDMAP),
	RSET("rnoatime", SYS_ATTR_NOATIME),
	RSET("rnodev", SYS_ATTR_NODEV),
	RSET("rnodiratime", SYS_ATTR_NODIRATIME),
	RSET("rnoexec", SYS_ATTR_NOEXEC),
	RCLR("rnorelatime", SYS_ATTR_RELATIME),
	RCLR("rnostrictatime", SYS_ATTR_STRICTATIME),
	RSET("rnosuid", SYS_ATTR_NOSUID),
	RSET("rnosymfollow", SYS_ATTR_NOSYMFOLLOW),
	SET("ro", MS_RDONLY),
	PROP("rprivate", MS_PRIVATE | MS_REC),
	RSET("rrelatime", SYS_ATTR_RELATIME),
	RSET("rro", SYS_ATTR_RDONLY),
	RCLR("rrw", SYS_ATTR_RDONLY),
	PROP("rshared", MS_SHARED | MS_REC),
	PROP("rslave", MS_SLAVE | MS_REC),
	RSET("rstrictatime", SYS_ATTR_STRICTATIME),
	RCLR("rsuid", SYS_ATTR_NOSUID),
	RCLR("rsymfollow", SYS_ATTR_NOSYMFOLLOW),
	PROP("runbindable", MS_UNBINDABLE | MS_REC),
	CLEAR("rw", MS_RDONLY),
	PROP("shared", MS_SHARED),
	SET("silent", MS_SILENT),
	PROP("slave", MS_SLAVE),
	EXTRA("src-nofollow", MOX_SRC_NOFOLLOW),
	SET("strictatime", MS_STRICTATIME),
	CLEAR("suid", MS_NOSUID),
	CLEAR("symfollow", MS_NOSYMFOLLOW_BIT),
	SET("sync", MS_SYNCHRONOUS),
	EXTRA("tmpcopyup", MOX_TMPCOPYUP),
	PROP("unbindable", MS_UNBINDABLE),
	{ NULL, MO_FLAG, 0, 0 },
};

int name_find(const struct name *table, const char *name, uint64_t *ret)
{
	for (; table->name; table++) {
		if (streq(table->name, name)) {
			*ret = table->value;
			return 0;
		}
	}
	return -ENOENT;
}

const char *name_of(const struct name *table, uint64_t value)
{
	for (; table->name; table++)
		if (table->value == value)
			return table->name;
	return NULL;
}

/* Behind the last '_', where the names of one table differ. */
static const char *last_part(const char *name)
{
	const char *p = strrchr(name, '_');

	return p ? p + 1 : name;
}

unsigned int name_distance(const char *known, const char *name)
{
	const char *part = last_part(name), *known_part = last_part(known);
	size_t len = strlen(part);
	unsigned int limit = len <= 3 ? 1 : len < 9 ? 2 : (unsigned int)len / 3;
	unsigned int d;

	if (len == 0 || len > 64) /* no table has such names */
		return UINT_MAX;
	if (streq_nocase(known, name))
		return 0;
	/* "allow" or "SCMP_ALLOW" for SCMP_ACT_ALLOW, "net" for "network" */
	if (known_part != known && streq_nocase(known_part, part))
		return 1;
	d = str_distance(known, name, limit);
	if ((d > limit || d > 2) && len >= 3 && part == name && str_starts(known, name))
		return 2;
	return d <= limit ? d : UINT_MAX;
}

const char *name_nearest(const struct name *table, const char *name)
{
	unsigned int best = UINT_MAX;
	const char *found = NULL;

	for (; table->name; table++) {
		unsigned int d = name_distance(table->name, name);

		if (d < best) {
			best = d;
			found = table->name;
		}
	}
	return found;
}

int cap_number(const char *name)
{
	cap_value_t cap;

	/* libcap takes any case, and numbers: the spec does not */
	if (!str_starts(name, "CAP_"))
		return -1;
	for (const char *p = name; *p; p++)
		if (*p != '_' && (*p < 'A' || *p > 'Z'))
			return -1;
	if (cap_from_name(name, &cap) < 0 || cap < 0 || cap > 63)
		return -1;
	return cap;
}

const char *cap_name(int number, char *buf, size_t size)
{
	char *name = cap_to_name((cap_value_t)number);
	size_t n = 0;

	/* a number where there is no name */
	if (name && str_starts(name, "cap_"))
		for (; name[n] && n + 1 < size; n++)
			buf[n] = ascii_upper(name[n]);
	if (name)
		(void)cap_free(name);
	if (n == 0)
		return NULL;
	buf[n] = '\0';
	return buf;
}

/* "RTMIN", "RTMIN+3", "RTMAX-1" within the range of the C library. */
static int rt_signal_number(const char *text, int *ret)
{
	bool from_min = strncasecmp(text, "RTMIN", 5) == 0;
	int n = 0, sig;

	if (!from_min && strncasecmp(text, "RTMAX", 5) != 0)
		return -EINVAL;
	text += 5;
	if (*text) {
		if (*text != (from_min ? '+' : '-') || text[1] == '-' ||
		    parse_int(text + 1, &n) < 0 || n > 64)
			return -EINVAL;
	}
	sig = from_min ? SIGRTMIN + n : SIGRTMAX - n;
	if (sig < SIGRTMIN || sig > SIGRTMAX)
		return -EINVAL;
	*ret = sig;
	return 0;
}

int signal_number(const char *text, int *ret)
{
	if (parse_int(text, ret) == 0)
		return 0;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (const struct name *n = names_signal; n->name; n++) {
		if (streq_nocase(n->name, text)) {
			*ret = (int)n->value;
			return 0;
		}
	}
	return rt_signal_number(text, ret);
}
