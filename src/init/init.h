/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Init: what runs inside. run.c walks the plan; each step is a function
 * step_NAME(struct init *, const union step_arg *, struct err *) in the file of
 * its subject. May not include cgroup/, runtime/ or cli/: code that runs inside
 * the container cannot even name host-side code. Nothing here uses yajl,
 * libseccomp or NSS (I9).
 *
 * Who hears of a failure
 *  1. Up to RUN: the parent, by an ERROR message with the number of the step.
 *  2. After RUN, in a plan without WAIT_START (exec, run): the channel stays
 *     open, CLOEXEC, until execve(2). EOF = the program runs, ERROR = it does not.
 *  3. After RUN, in a plan with WAIT_START (create): the channel is closed at
 *     RUN, for create's parent leaves. From then on it is whoever reads the fifo:
 *     one byte INIT_FIFO_RUNS when it was opened, then EOF = the program
 *     runs, or one record, INIT_FIFO_ERROR and the bytes of a struct err (less
 *     than PIPE_BUF, therefore whole) = it does not. The reader must not trust
 *     them: init_fifo_parse().
 *  4. Nobody there any more: one line on descriptor 2.
 * In every case init then exits with INIT_EXIT_FAILED.
 */
#ifndef OCIRUN_INIT_INIT_H
#define OCIRUN_INIT_INIT_H

#include "base/err.h"
#include "base/fd.h"
#include "libnsexec/nsexec.h"
#include "plan/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Exit status of an init that failed, runc's. */
#define INIT_EXIT_FAILED 255

/* Debug builds: plan.fail_at = number of a step [| INIT_FAIL_KILL]. */
#define INIT_FAIL_KILL 0x80000000U

/* First byte on the fifo, and the byte before a struct err. */
#define INIT_FIFO_RUNS '0'
#define INIT_FIFO_ERROR 'E'
#define INIT_FIFO_RECORD_SIZE (1 + sizeof(struct err))

/* Mounts at which init will look again: looks.c */
struct looks {
	struct look {
		const struct arg_mount *mount; /* of the plan; its destination is clean */
		size_t len;    /* of the destination */
		uint64_t id;   /* of the mount */
		uint32_t step;
	} *v;
	size_t n, cap;
	size_t longest;  /* of the destinations */
	const struct arg_mount *wrong; /* of which the last error speaks */
};

/* The state of one walk. Descriptors are owned and CLOEXEC. */
struct init {
	struct plan plan;
	struct chan chan;
	int rootfd;     /* O_PATH of the container's root; -1 before ROOTFS and in exec */
	bool root_looked_at, root_is_proc; /* rootfd is on a procfs, once looked at */
	struct looks looks;
	int targetfd;   /* mount namespace for attaching (init_attach_begin()), or -1 */
	int homefd;     /* with targetfd: our own */
	int selffd;     /* with targetfd: our /proc/self/fd, in homefd's */
	bool away;      /* in targetfd's */
	struct fdvec attached; /* with targetfd: the mounts made so far */
	int procfd;     /* trusted procfs root (I4), -1 until first used: init_procfd() */
	int nullfd;     /* verified /dev/null (1:3) for masks, -1 until first used */
	int maskfd;     /* shared empty read-only tmpfs for masked dirs, -1 … */
	int fifofd;     /* write end while WAIT_START … EXEC, -1 otherwise */
	bool dumpable;  /* nsx_init.dumpable */
	bool net_pending; /* nsx_init.net_pending, until init_join_net() */
	bool pivoted;
	bool cwd_pending; /* CHDIR met EACCES: CHDIR_USER tries once more */
	bool cwd_checked; /* CHDIR has verified where the cwd is */
	const char *label; /* that execve(2) is to change to, after SELINUX; of the plan */
	char *exe;      /* resolved program, after LOOKUP */
	char **envp;    /* final environment, after LOOKUP */
	uint32_t step;  /* 1-based number of the current step */
};

/*
 * Decode the plan and walk it. Returns only on failure, after the error was
 * delivered: the exit status of the process.
 */
int init_main(const struct nsx_init *nsx);

/* The same for a plan that is already in *in. */
int init_run(struct init *in);

/*
 * What followed INIT_FIFO_RUNS: 0 and *ret filled, or -EPROTO. The bytes may
 * come from a hostile container (I6): every string of *ret is terminated, the
 * code is positive, exit_code is INIT_EXIT_FAILED.
 */
int init_fifo_parse(const void *buf, size_t len, struct err *ret);

/*
 * Set a limit of a process, 0 = the caller: by init itself, or by the parent for
 * an init in a user namespace, where CAP_SYS_RESOURCE does not count. EPERM: the
 * hint says what would have been allowed (setrlimit(2)).
 */
int rlimit_set(pid_t pid, const struct arg_rlimit *limit, struct err *e);

/*
 * A procfs that the container cannot have tampered with (I4): fsopen("proc"),
 * or a clone of the host's /proc before pivot. Borrowed descriptor or -errno.
 */
int init_procfd(struct init *in);

/*
 * The network namespace is the container's from here on. Called before anything that
 * depends on it or waits for the parent (nsx_request.net_later).
 */
int init_join_net(struct init *in, struct err *e);

/*
 * The step functions, by file. run.c maps each row of steps.def to one of them;
 * several rows may share a function. Return 0 or negative with *e set; never
 * exit, never print.
 */
typedef int (*step_fn)(struct init *in, const union step_arg *u, struct err *e);

#endif
