/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to libnsexec: what travels from nsx_spawn() to the zygote, and what the
 * files of this directory share.
 *
 * A sealed memfd holds struct nsx_program, then the caller's payload. The
 * environment of the zygote is one entry, "_OCIRUN_INIT=CHANNEL".
 */
#ifndef OCIRUN_LIBNSEXEC_PROGRAM_H
#define OCIRUN_LIBNSEXEC_PROGRAM_H

#include "base/err.h"
#include "libnsexec/chan.h"
#include "libnsexec/nsexec.h"
#include "libnsexec/nsplan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sys_clone_args; /* base/sys.h */

#define NSX_ENV	  "_OCIRUN_INIT"
/* Both sides are the same binary; this only catches a foreign descriptor. */
#define NSX_MAGIC 0x4f43494eU

struct nsx_program {
	uint32_t magic;
	uint32_t size; /* of this struct */
	/* REQUEST's descriptors: this, [cgroup,] namespaces to join, kept ones */
	bool has_cgroup;
	uint32_t joined; /* bit per kind */
	uint32_t n_keep;
	uint64_t clone_flags; /* of the first process */
	char pointer[_NSX_KIND_MAX][40]; /* nsx_ns.pointer, "" = none */
	struct nsx_op ops[NSX_MAX_OPS + 1];
	struct nsx_time_offset monotonic, boottime;
	bool debug;	      /* send LOG lines */
	bool dumpable;	      /* nsx_init.dumpable */
	bool net_pending;     /* nsx_init.net_pending */
	uint64_t payload_len; /* bytes after this struct */
} __attribute__((aligned(64)));

/* ---- kinds.c: what the kernel calls them, and why it refuses them ---- */

/* CLONE_NEW* flag of a kind, and all of them. */
uint32_t nsx_kind_flag(enum nsx_kind kind);
#define NSX_ALL_FLAGS                                                 \
	(CLONE_NEWUSER | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | \
	 CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWTIME)
/* "user pid net" for a set of CLONE_NEW* flags. Returns buf. */
const char *nsx_flags_text(uint64_t flags, char *buf, size_t size);
/*
 * Word the failure of making `flags` (0: just a process) with the likely cause.
 * procfd: a procfs to read limits from, -1 = "/proc". Returns -code.
 */
int nsx_explain_create(struct err *e, int code, uint64_t flags, int procfd);

/* ---- idmap.c: parent side ---- */

/*
 * Write setgroups, gid_map and uid_map of a process in a new user namespace,
 * through newuidmap/newgidmap where the kernel does not let us.
 */
int nsx_idmap_write(pid_t pid, const struct nsx_request *req,
		    deadline_t deadline, struct err *e);
/* "inside outside count" for each entry, as the kernel wants it; as many whole
 * entries as fit. Returns buf. */
const char *nsx_idmap_text(const struct nsx_idmap *map, size_t n,
			   const char *sep, char *buf, size_t size);
/* Reject what the kernel answers with a bare EINVAL. `what`: "uid" or "gid". */
int nsx_idmap_check(const struct nsx_idmap *map, size_t n, const char *what,
		    struct err *e);

/* ---- zygote.c ---- */

/*
 * Word the payload of an UNBORN whose zygote could not execute. False if it lives: the
 * kernel has refused its clone.
 */
bool nsx_zygote_why(const void *unborn, struct err *e);
/* The first word of UNBORN then; the second is the errno. */
#define NSX_UNBORN_CLONE 0U
/*
 * Wait for the end of one that has had its last request, and forget it: 0,
 * -ETIMEDOUT. Closes its channel, if that is still there.
 */
int nsx_zygote_reap(struct nsx_zygote *z, deadline_t deadline);

/* ---- netns.c: parent side ---- */

/*
 * Our own network namespace (CLOEXEC), if we may leave it and come back; else -1. We may
 * not where it belongs to a user namespace that we have no rights in.
 */
int nsx_net_home(void);
/*
 * A new one, with its loopback interface up and nobody in it. *ret_fd is CLOEXEC;
 * `home` is where to return to. Fails as nsx_explain_create(); aborts if there is no way
 * back.
 */
int nsx_net_make(int home, int *ret_fd, struct err *e);

/* ---- clone.c ---- */

/*
 * clone3(2) without a shared address space; clone(2) where a seccomp filter or
 * an old kernel denies it (ENOSYS, EPERM) and the arguments allow. As fork(2), or
 * -errno.
 */
pid_t nsx_clone(struct sys_clone_args *args);
/*
 * clone3(2) in our memory (CLONE_VM); the child calls fn(arg) on the stack of `size`
 * bytes at `stack` while we go on, and fn does not return. -ENOSYS where this cannot
 * be done, or -errno.
 */
typedef void (*nsx_shared_fn)(void *arg);
pid_t nsx_clone_shared(struct sys_clone_args *args, void *stack, size_t size,
		       nsx_shared_fn fn, void *arg);
/*
 * Clone and end: 0 in the child, which takes our place, or -errno. `share`: it may
 * take our memory, too, instead of a copy, which is cheaper. Then it is not alone in
 * it until we are gone.
 */
pid_t nsx_clone_heir(struct sys_clone_args *args, bool share);
/* It is denied as a whole: there may be another way. */
bool nsx_clone3_denied(pid_t r);

/* ---- succeed.c: one process takes the place of another ---- */

struct nsx_succession {
	struct chan *chan;
	const char *self; /* the role of the one that comes */
	bool share;	  /* nsx_may_share() */
	bool pidfd_works;
};
/* Can we open a pidfd of ourselves here? */
bool nsx_pidfd_works(void);
/*
 * Clone and end. 0 in the child, which the parent has been told of (INIT_PID) and
 * which dies with it; -errno of the clone.
 */
pid_t nsx_succeed(const struct nsx_succession *s, struct sys_clone_args *args);

/* ---- walk.c: child side ---- */

struct nsx_walker {
	const struct nsx_program *prog;
	struct chan *chan;
	int32_t ns_fd[_NSX_KIND_MAX]; /* owned; -1 once joined */
	int procfd;		      /* the host's, while needed; -1 */
	uint32_t joined;	      /* CLONE_NEW* flags done */
	bool pidfd_works;	      /* nsx_pidfd_works() */
};
/*
 * Run the program. Returns 0 in the process that is to become init; the process
 * that ran NSX_OP_CLONE does not return.
 */
int nsx_walk(struct nsx_walker *w, struct err *e);
/*
 * Do the processes of this program bear to be in shared memory for a moment? Not with
 * unshare(2) of a user and setns(2) to a time namespace, which want to be alone; nor
 * with a new time namespace, which a process in shared memory is not born into.
 */
bool nsx_may_share(const struct nsx_program *prog);
/* Die with the parent from here on, unless it is dead already: then die now. */
void nsx_die_with_parent(const struct chan *c);
/* Process name "NAME:[SUFFIX", NAME cut to fit 15 bytes. */
void nsx_set_comm(const char *argv0, const char *suffix);

#endif
