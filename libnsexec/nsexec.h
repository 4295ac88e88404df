/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libnsexec: "give me a process in these namespaces".
 *
 * nsx_zygote_begin() re-executes the program from a sealed copy of itself, before
 * it is known what for; a constructor in that process, the zygote, waits for a
 * request. The caller describes namespaces; a pure planner (nsplan.c) decides
 * which of them clone3(2) makes at birth, which are joined, in which order, and
 * whether a second process is needed; nsx_spawn() sends that to the zygote, which
 * clones the first process and goes; that one carries the plan out before main()
 * and returns into main() as the container's init, where nsx_init_get() hands out
 * the channel and the caller's payload.
 *
 * Knows Linux namespaces, nothing of OCI, JSON or cgroup controllers.
 * Sources: namespaces(7), user_namespaces(7), pid_namespaces(7),
 * time_namespaces(7), clone(2), setns(2).
 */
#ifndef OCIRUN_LIBNSEXEC_NSEXEC_H
#define OCIRUN_LIBNSEXEC_NSEXEC_H

#include "base/err.h"
#include "libnsexec/chan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Same order as the spec's bootstrap list; index of every per-kind array. */
enum nsx_kind {
	NSX_USER,
	NSX_IPC,
	NSX_UTS,
	NSX_NET,
	NSX_PID,
	NSX_MNT,
	NSX_CGROUP,
	NSX_TIME,
	_NSX_KIND_MAX,
};

/* How the name of an init ends (proc_pid_comm(5)) until it executes a program. */
#define NSX_INIT_COMM ":[2:INIT]"

/* Its name in /proc/PID/ns: "user", "ipc", "mnt", … */
const char *nsx_kind_name(enum nsx_kind kind);

enum nsx_mode { NSX_INHERIT, NSX_NEW, NSX_JOIN };

struct nsx_ns {
	enum nsx_mode mode;
	int fd; /* NSX_JOIN: verified namespace descriptor; else -1. Borrowed */
	const char *pointer; /* what an error about it is at (err_at()), or NULL */
};

struct nsx_idmap {
	uint32_t inside, outside, count;
};

struct nsx_time_offset {
	bool set;
	int64_t secs;
	uint32_t nanosecs;
};

/* A process that waits to be told what to become. Owned by the caller. */
struct nsx_zygote {
	pid_t pid; /* unreaped; 0 = none */
	int pidfd;
	struct chan chan;
	void *area; /* the memory that it has of ours until it executes */
};
#define NSX_ZYGOTE_INIT                                        \
	{                                                      \
		0, -1, { -1, "parent", "stage", -1, 0, false, 0 }, \
			NULL                                   \
	}

struct nsx_request {
	struct nsx_zygote *zygote; /* one that has begun */
	struct nsx_ns ns[_NSX_KIND_MAX];

	/* new user namespace only */
	const struct nsx_idmap *uid_map, *gid_map;
	size_t n_uid_map, n_gid_map;
	bool deny_setgroups;		   /* write "deny" before gid_map */
	const char *newuidmap, *newgidmap; /* absolute paths, NULL = none */

	struct nsx_time_offset monotonic, boottime; /* new time ns only */

	/*
	 * cgroup2 directory to be born in; -1 = none. Where the kernel cannot
	 * (no CLONE_INTO_CGROUP, threaded cgroup) `enter` is called with
	 * in_cgroup false; every other failure is the caller's to classify
	 * (-EBUSY: the cgroup may hold no processes). It must not be frozen:
	 * clone3 would return only when it is thawed.
	 */
	int cgroup_fd;
	/*
	 * Called in the parent as soon as the first child exists (cgroup.procs
	 * of v1 hierarchies, oom_score_adj, …). `in_cgroup`: clone3 already put
	 * it into cgroup_fd. May be NULL. The child goes on when enter has returned;
	 * with `enter_beside`, if it was put into cgroup_fd, at once: what enter
	 * does may come after it has made further processes.
	 */
	bool enter_beside;
	int (*enter)(void *arg, pid_t pid, bool in_cgroup, struct err *e);
	void *enter_arg;
	/*
	 * Init calls nsx_join_net() if nsx_init.net_pending says so, before it uses the
	 * network and before it waits for any other message: a new network namespace
	 * may then be made meanwhile, by the parent.
	 */
	bool net_later;

	/* For init: in this order in nsx_init.fds, with other numbers, CLOEXEC (I2).
	 */
	const int *keep_fds;
	size_t n_keep_fds;

	const void *payload; /* handed to init's main(), any size */
	size_t payload_len;

	int64_t deadline_ms; /* for each single wait of the handshake; 0 = 10 s
			      */
	int cancel_fd; /* readable: give up, also later on ret->chan; 0 = none */
};

/* The process made: owned by the caller. */
struct nsx_child {
	pid_t pid; /* as seen by the parent */
	int pidfd;
	struct chan chan;
};
#define NSX_CHILD_INIT                                     \
	{                                                  \
		0, -1,                                     \
		{                                          \
			-1, "parent", "init", -1, 0, false, 0 \
		}                                          \
	}

/* ---- parent side ---- */

/* CLOEXEC descriptor of a namespace by path, verified to be of `kind` by
 * ioctl_ns(2) NS_GET_NSTYPE on an nsfs file. -EINVAL names the kind found. */
int nsx_open_ns(enum nsx_kind kind, const char *path, int *ret_fd,
		struct err *e);
/* Namespace `kind` of a process, through its /proc/PID/ns. */
int nsx_open_ns_of(enum nsx_kind kind, pid_t pid, int *ret_fd, struct err *e);

/* How a zygote begins; borrowed. */
struct nsx_birth {
	const char *argv0;  /* argv[0] of all that comes of it ("ocirun") */
	uint32_t n_inherit; /* descriptors 3 … 3+n_inherit-1 keep their numbers in them,
			     * no others stay open */
	/*
	 * The program, an ELF file with this constructor among the constants of our
	 * own; NULL: our own.
	 */
	const char *image;
	size_t image_size;
};

/* Begin a zygote. It dies with us, and needs nothing but to be ended or used. */
int nsx_zygote_begin(struct nsx_zygote *ret, const struct nsx_birth *birth,
		     struct err *e);
/* SIGKILL, reap, close. Safe on NSX_ZYGOTE_INIT and on one that was used. */
void nsx_zygote_end(struct nsx_zygote *z);

/*
 * Make the process. On return ret->pid is the init-to-be for good, its cgroups,
 * id maps and payload are delivered, and it needs nothing more of the parent to
 * reach main(). It may still be on its way there (executing, unsharing): if
 * that fails, the first chan_recv() tells as ERROR. By the first message it
 * sends, all its namespaces are in place (with net_later: by the first that it
 * waits for an answer to). Until it sends READY it dies with the parent.
 *
 * On failure nothing is left: every process made is killed and reaped. *ret is
 * set only on success. The zygote is used up by then, but where the kernel refused
 * the clone: then it can be asked again, for another cgroup (-EBUSY).
 */
int nsx_spawn(struct nsx_child *ret, const struct nsx_request *req,
	      struct err *e);

/*
 * A user namespace with these mappings and nobody in it, as id-mapped mounts
 * want it (mount_setattr(2)): the process that it is made for is gone on return.
 * *ret_fd is CLOEXEC.
 */
struct nsx_maps {
	const struct nsx_idmap *uid, *gid;
	size_t n_uid, n_gid;
};
int nsx_userns(const struct nsx_maps *maps, int *ret_fd, struct err *e);

/*
 * Call visit(arg), which returns 0 or -errno, in the namespace (NSX_MNT, NSX_NET
 * …) behind fd, and come back. It must not use paths and not wait. There is no
 * way on without the own namespace: if it cannot be entered again, the process
 * aborts.
 */
int nsx_visit(enum nsx_kind kind, int fd, int (*visit)(void *arg), void *arg,
	      struct err *e);

/* SIGKILL, reap, close. Safe on NSX_CHILD_INIT. */
void nsx_child_kill(struct nsx_child *c);

/* ---- child side ---- */

struct nsx_init {
	struct chan chan;    /* self "init", peer "parent" */
	const void *payload; /* read-only mapping, until exec */
	size_t payload_len;
	const int *fds; /* request's keep_fds: ours now */
	size_t n_fds;
	/*
	 * Stay dumpable until the exec: our memory belongs to the user namespace that
	 * the zygote was executed in, so an ordinary user, who rules only the new one,
	 * could not look into /proc/PID otherwise. Only where all namespaces are new:
	 * then there is nobody to hide from but processes of that user.
	 */
	bool dumpable;
	bool net_pending; /* it is still in its parent's network namespace */
};

/* Wait for the parent's new network namespace and join it; once. */
int nsx_join_net(struct chan *c, deadline_t deadline, struct err *e);

/*
 * In main(): true if this process is a re-executed init, with *ret filled. The
 * constructor has done everything before: namespaces joined and made, signal
 * dispositions and mask reset, (not) dumpable, environment empty; only 0, 1, 2, the
 * inherited ones, the channel and fds are open, the latter two CLOEXEC.
 */
bool nsx_init_get(struct nsx_init *ret);

#endif
