/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every name <-> number table of the field in one place: the parser, `kill`,
 * `features` and the completions read the same rows.
 */
#ifndef OCIRUN_CONFIG_NAMES_H
#define OCIRUN_CONFIG_NAMES_H

#include "config/spec.h"

#include <stddef.h>
#include <stdint.h>

struct name { const char *name; uint64_t value; };

/* Tables end with { NULL, 0 }. */
extern const struct name names_ns[];          /* "pid" -> NS_PID … */
extern const struct name names_rlimit[];      /* "RLIMIT_CPU" -> RLIMIT_CPU */
extern const struct name names_signal[];      /* "HUP" -> 1 …, no SIG prefix */
extern const struct name names_sched_policy[];
extern const struct name names_sched_flag[];
extern const struct name names_io_class[];
extern const struct name names_propagation[]; /* "rshared" -> MS_SHARED|MS_REC */
extern const struct name names_personality[];
extern const struct name names_mpol_mode[];
extern const struct name names_mpol_flag[];
extern const struct name names_seccomp_action[];
extern const struct name names_seccomp_arch[];
extern const struct name names_seccomp_op[];
extern const struct name names_seccomp_flag[];

/*
 * Values of the seccomp tables: actions are enum seccomp_action; operators are
 * those of libseccomp (NE 1 … MASKED_EQ 7); architectures are the kernel's
 * AUDIT_ARCH_* (x32: without the 64-bit bit, as libseccomp has it); flags are
 * SECCOMP_FILTER_FLAG_* of seccomp(2).
 */
enum seccomp_action { SCMP_KILL_THREAD = 1, SCMP_KILL_PROCESS, SCMP_TRAP,
	SCMP_ERRNO, SCMP_TRACE, SCMP_ALLOW, SCMP_LOG, SCMP_NOTIFY };

/* Value of `name`, or -ENOENT. */
int name_find(const struct name *table, const char *name, uint64_t *ret);
/* First name with this value, or NULL. */
const char *name_of(const struct name *table, uint64_t value);
/*
 * The row that was probably meant by `name`, or NULL: "did you mean".
 */
const char *name_nearest(const struct name *table, const char *name);
/*
 * How far `name` is from the known one: 0 if only case differs, UINT_MAX if
 * nobody could have meant it. Edit distance (at most a third of the length),
 * a missing prefix ("KILL" for "CAP_KILL") and a missing end count as near.
 */
unsigned int name_distance(const char *known, const char *name);

/* CLONE_NEW* flag, /proc/PID/ns name ("mnt") and config name ("mount"). */
int ns_clone_flag(enum ns_kind kind);
const char *ns_proc_name(enum ns_kind kind);
const char *ns_config_name(enum ns_kind kind);

/* Capability number of "CAP_…" (exact case), or -1 (through libcap). */
int cap_number(const char *name);
/*
 * The other way: "CAP_CHOWN" for 0, in buf (40 bytes are enough), or NULL for a
 * number that libcap has no name for.
 */
const char *cap_name(int number, char *buf, size_t size);

/*
 * Signal number of "TERM", "SIGTERM", "sigterm", "15", "RTMIN+3", "RTMAX-1".
 * Any decimal integer is taken as it is. -EINVAL for anything else.
 */
int signal_number(const char *text, int *ret);

/* Mount option table, for the parser and `features`. */
enum mount_opt_class { MO_FLAG, MO_PROPAGATION, MO_REC, MO_EXTRA };
enum mount_opt_extra { /* `set` of MO_EXTRA rows */
	MOX_DEFAULTS, MOX_IDMAP, MOX_RIDMAP, MOX_TMPCOPYUP, MOX_COPY_SYMLINK,
	MOX_SRC_NOFOLLOW, MOX_DEST_NOFOLLOW,
};
struct mount_opt_name {
	const char *name;
	enum mount_opt_class class_;
	uint64_t set, clear; /* MS_* or SYS_ATTR_* by class; extra id for MO_EXTRA */
};
extern const struct mount_opt_name mount_opt_names[]; /* ends with NULL name */

#endif
