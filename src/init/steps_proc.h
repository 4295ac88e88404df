/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process side of init: identity, credentials, attributes, labels, the
 * filter, and the way from "ready" to execve(2). The step functions follow
 * step_fn of init.h; the helpers below them are exported for the tests.
 */
#ifndef OCIRUN_INIT_STEPS_PROC_H
#define OCIRUN_INIT_STEPS_PROC_H

#include "base/err.h"
#include "init/init.h"
#include "plan/plan.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define INIT_STEP_FN(name) \
	int name(struct init *in, const union step_arg *u, struct err *e)

/* attrs.c */
INIT_STEP_FN(step_session);
INIT_STEP_FN(step_loopback);
INIT_STEP_FN(step_hostname);
INIT_STEP_FN(step_domainname);
INIT_STEP_FN(step_rlimit);
INIT_STEP_FN(step_scheduler);
INIT_STEP_FN(step_io_priority);
INIT_STEP_FN(step_personality);
INIT_STEP_FN(step_memory_policy);

/* keyring.c */
INIT_STEP_FN(step_stdio);
INIT_STEP_FN(step_keyring);

/* lsm.c */
INIT_STEP_FN(step_apparmor);
INIT_STEP_FN(step_selinux);

/* seccomp_load.c */
INIT_STEP_FN(step_seccomp);

/* creds.c */
INIT_STEP_FN(step_umask);
INIT_STEP_FN(step_no_new_privs);
INIT_STEP_FN(step_chdir);
INIT_STEP_FN(step_bounding);
INIT_STEP_FN(step_stdio_owner);
INIT_STEP_FN(step_ids);
INIT_STEP_FN(step_chdir_user);
INIT_STEP_FN(step_caps);

/* lookup.c */
INIT_STEP_FN(step_lookup);

/* final.c */
INIT_STEP_FN(step_rootfs_ready);
INIT_STEP_FN(step_rlimits);
INIT_STEP_FN(step_hook);
INIT_STEP_FN(step_ready);
INIT_STEP_FN(step_wait_start);
INIT_STEP_FN(step_exec);

/* A step with this id, or NULL. */
const struct step *init_find_step(const struct init *in, enum step_id id);

/* ---- helpers -------------------------------------------------------------- */

/*
 * A list such as "0-3,7" into a bit mask of n_words unsigned longs. -EINVAL for
 * anything malformed, -ERANGE for a number that does not fit the mask.
 */
int attrs_parse_nodes(const char *list, unsigned long *mask, size_t n_words);

/*
 * "CAP_NET_RAW", or the number of one without a name. A table of our own: libcap is
 * not part of the program of init.
 */
const char *cap_text(unsigned int cap, char *buf, size_t size);
/* "CAP_CHOWN, CAP_KILL" for the bits of `set`; buf is always terminated. */
const char *caps_names(uint64_t set, char *buf, size_t size);

/*
 * The program `name` as execvp(3) finds it, with `path` (value of the
 * container's PATH, NULL = none). *ret is malloc'ed. The messages keep the words
 * of Go's os/exec, which engines match on.
 */
int lookup_program(const char *name, const char *path, char **ret,
		   struct err *e);
/*
 * The environment of the program: env (names are unique already), with HOME
 * from `passwd` if it is unset or empty. The vector is malloc'ed, with a HOME of its own
 * behind it; the other strings are those of env.
 */
char **lookup_env(const char *const *env, size_t n, const char *passwd,
		  uint32_t uid);
/* The value of NAME in a NULL-terminated vector, or NULL. */
const char *lookup_getenv(char *const *env, const char *name);
/* Home of uid from a passwd(5) file, "/" if there is none. malloc'ed. */
char *lookup_home(const char *passwd, uint32_t uid);

/*
 * Why execve(2) of `path` failed with `code`: sets *e to "exec PATH: text" and
 * looks at the file for the true cause, which becomes the hint, after the property.
 * `label` is the SELinux label that it was to change to, or NULL. Reads only regular
 * files, a bounded number of bytes. Returns -code.
 */
int exec_explain(const char *path, const char *label, int code, struct err *e);

/* *e, from writing process.selinuxLabel to procfs: add what -errno r means there. */
int selinux_error(struct err *e, int r);

#endif
