/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What create and exec share on the parent's side: turning a struct spec into a
 * namespace request, handing descriptors to init, serving init's messages until
 * it runs.
 */
#ifndef OCIRUN_RUNTIME_PROCESS_H
#define OCIRUN_RUNTIME_PROCESS_H

#include "base/err.h"
#include "base/fd.h"
#include "config/spec.h"
#include "hook/hook.h"
#include "libnsexec/nsexec.h"
#include "plan/plan.h"
#include "runtime/opts.h"
#include "runtime/seccomp_build.h"

#include <stdbool.h>

/* Descriptors prepared for init, by slot; owned until process_fds_clear(). */
struct process_fds {
	int fifo;     /* O_PATH of exec.fifo */
	int console;  /* init's end: where the pty master is sent */
	int pidfd;    /* where init's pidfd is sent */
	int tty;      /* legacy --console slave */
	int root;     /* exec, mounts: O_PATH of init's root */
	int mnt;      /* mounts: init's mount namespace */
	const int *stdio; /* 0, 1, 2 of init, -1 = the caller's; borrowed, or NULL */
	struct hook_io hooks; /* where hooks write */
	int master;   /* our end of the console pair for a foreground terminal */
	struct fdvec ns;     /* joined namespaces */
	struct seccomp_program seccomp; /* the compiled filter */
};
#define PROCESS_FDS_INIT                                                      \
	{                                                                     \
		-1, -1, -1, -1, -1, -1, NULL, HOOK_IO_INIT, -1, { 0 },            \
			SECCOMP_PROGRAM_INIT                                  \
	}

/*
 * Connect the sockets and open the files that the options name; pidfd_socket may
 * also be the config's. A foreground terminal gets a socket pair.
 */
int process_fds_prepare(struct process_fds *fds, const struct process_opts *o,
			const char *pidfd_socket, bool terminal, struct err *e);
/*
 * Compile the filter of the config, if there is one, and tell the plan. Before
 * anything is made: what the profile has wrong costs nothing then.
 */
int process_fds_seccomp(struct process_fds *fds, const struct spec_seccomp *s,
			struct plan_request *req, struct err *e);
/* Does init get pipes? plan_request.stdio. */
bool process_fds_piped(const struct process_fds *fds);
/* Fill plan->fds from what was prepared. */
void process_fds_assign(const struct process_fds *fds, struct plan *plan);
void process_fds_clear(struct process_fds *fds);

/*
 * Begin the process that is to become init, before it is known what it will need:
 * it gets ready beside us. The descriptors that the caller passes on are its
 * already.
 */
int process_begin(struct nsx_zygote *z, const struct process_opts *o,
		  struct err *e);
/*
 * Fixed part of a request: zygote, kept descriptors, payload = encoded plan.
 * `keep` and `payload` must outlive nsx_spawn().
 */
void process_request(struct nsx_request *req, struct nsx_zygote *z,
		     struct fdvec *keep, struct str *payload,
		     const struct plan *plan);

struct mount_sources; /* runtime/mount_source.h */

/* Serving init until it runs (I6: its payloads are not trusted). */
struct process_service {
	struct nsx_child *child;
	const struct spec_process *process; /* its rlimits are set at NEED_LIMITS */
	int64_t wait_ms;                    /* for each message; < 0: no deadline */
	/* Called at ROOTFS_READY; NULL where the plan has none. */
	int (*rootfs_ready)(void *arg, struct err *e);
	/* Called with the listener of the filter, borrowed; it notifies an agent. */
	int (*listener)(void *arg, int fd, struct err *e);
	/* Called at READY, before init may go on. */
	int (*ready)(void *arg, struct err *e);
	void *arg;
	/* To say what a filter has to do with a failure. */
	const struct seccomp_program *seccomp;
	const struct plan *plan;
	/* Where sources come from that init asks for; NULL where it mounts nothing. */
	struct mount_sources *mounts;
};
int process_serve(const struct process_service *s, struct err *e);

/*
 * After RUN of an exec plan: the channel stays open, CLOEXEC, until execve.
 * End-of-file is success, an ERROR message the reason (exit code 255).
 */
int process_await_exec(struct nsx_child *child, deadline_t deadline,
		       struct err *e);

/*
 * -ETIMEDOUT: "container init WHAT", with what keeps process `pid` from it. WHAT is
 * a verb phrase.
 */
int process_stuck(pid_t pid, const char *what, struct err *e);
/* Reset the CPU affinity of a process to all CPUs its cpuset allows. */
void process_reset_affinity(pid_t pid);
/*
 * Set the oom_score_adj of a process that serves no user yet; nothing if `oom` is not set,
 * or the process has died: its last words are in the channel.
 */
int process_set_oom(pid_t pid, const struct opt_i32 *oom, struct err *e);
/* sched_setaffinity(2) from a CPU list ("0-3,7"). */
int process_set_affinity(pid_t pid, const char *list, struct err *e);

/*
 * Write PATH with the decimal pid, no newline, atomically. PATH is absolute. A
 * file or symbolic link there is replaced; a FIFO or device is written to.
 * `statedir` is for a temporary name.
 */
int pidfile_write(const char *path, pid_t pid, int statedir, struct err *e);

static inline void auto_process_fds(struct process_fds *f)
{
	process_fds_clear(f);
}
static inline void auto_nsx_zygote(struct nsx_zygote *z)
{
	nsx_zygote_end(z);
}
static inline void auto_nsx_child(struct nsx_child *c)
{
	nsx_child_kill(c);
}

#endif
