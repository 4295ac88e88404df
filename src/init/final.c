/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The points where init meets the parent, `start` and the user's hooks, and the
 * end: execve(2). Owns the last word on descriptors: EXEC is the one place where
 * CLOEXEC is taken off the kept ones (I2), and everything else is really closed
 * there, since a descriptor that only waits for CLOEXEC can still be reached as
 * /proc/self/fd/N while the kernel looks up the program (CVE-2024-21626).
 *
 * Uses nothing of the container's file system but the program itself; the fifo
 * is reached through the trusted procfs (I4).
 */
#include "config.h"

#include "init/steps_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/protect.h"
#include "base/str.h"
#include "base/sys.h"
#include "hook/hook.h"
#include "libnsexec/chan.h"

#include "base/banned.h"

/* The parent sets limits and writes a record meanwhile; its death is EOF. */
#define RUN_WAIT_MS INT64_C(600000)

int step_rootfs_ready(struct init *in, const union step_arg *u, struct err *e)
{
	int r;

	(void)u;
	r = chan_send(&in->chan, CHAN_ROOTFS_READY, NULL, 0, NULL, 0, e);
	if (r < 0)
		return r;
	/* the user's hooks run now, with the timeouts that the user gave them */
	return chan_expect(&in->chan, CHAN_HOOKS_DONE, DEADLINE_NEVER, e);
}

int step_rlimits(struct init *in, const union step_arg *u, struct err *e)
{
	int r;

	(void)u;
	r = chan_send(&in->chan, CHAN_NEED_LIMITS, NULL, 0, NULL, 0, e);
	if (r < 0)
		return r;
	return chan_expect(&in->chan, CHAN_LIMITS_DONE,
			   deadline_in_ms(RUN_WAIT_MS), e);
}

int step_hook(struct init *in, const union step_arg *u, struct err *e)
{
	static char *const no_env[] = { NULL };
	const struct arg_hook *hook = &u->hook;
	AUTO(strbuf) struct str state = { 0 };
	bool start = hook->kind == HOOK_START_CONTAINER;
	const struct hook_io io = { in->plan.fds[SLOT_HOOK_OUT],
				    in->plan.fds[SLOT_HOOK_ERR], 0 };

	str_addf(&state, "%s\"pid\":%d,%s",
		 hook->state_head ? hook->state_head : "", getpid(),
		 hook->state_tail ? hook->state_tail : "");
	/* createContainer starts in the rootfs, startContainer in the cwd */
	return hook_run(hook, str_text(&state), start ? -1 : in->rootfd,
			start && in->envp ? in->envp : no_env, &io, e);
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

int step_ready(struct init *in, const union step_arg *u, struct err *e)
{
	bool last = init_find_step(in, STEP_WAIT_START) != NULL;
	bool joins = in->plan.verb && streq(in->plan.verb, "exec");
	bool done;
	int n, r;

	(void)u;
	/* what is in the channel would not be RUN */
	if (in->net_pending)
		return err_set(e, EPROTO, "the network namespace was not joined");
	/*
	 * The words that scripts for runc look for in a debug log; after READY
	 * create does not read ours any more.
	 */
	if (!joins)
		log_debug("init: closing the pipe to signal completion");
	/*
	 * A private mount goes with its last descriptor, and that waits for an RCU
	 * grace period: the last one is the parent's. Under a filter it has to be
	 * ours; then at least while the parent is busy, not between RUN and execve, by
	 * the call that EXEC makes anyway.
	 */
	done = !last && in->procfd >= 0;
	n = done && !in->chan.plain;
	/* the death of the parent takes us along until here: chan_send() */
	r = chan_send(&in->chan, CHAN_READY, NULL, 0, &in->procfd, n, e);
	if (done &&
	    sys_close_range((unsigned int)in->procfd, (unsigned int)in->procfd, 0) >= 0)
		in->procfd = -1;
	if (r == 0)
		r = chan_expect(&in->chan, CHAN_RUN, deadline_in_ms(RUN_WAIT_MS),
				e);
	if (r < 0)
		return r;
	if (!last)
		return 0;
	/* it may wait for days: what has done its work is not kept open */
	chan_close(&in->chan);
	close_one(&in->rootfd);
	close_one(&in->nullfd);
	close_one(&in->maskfd);
	return 0;
}

/* Blocks until somebody opens the fifo for reading. */
static int open_fifo(struct init *in, int pathfd, struct err *e)
{
	int procfd = init_procfd(in);
	int fd;

	if (procfd < 0)
		return err_errno(e, -procfd, "cannot open a trusted procfs");
	do
		fd = fd_reopen(procfd, pathfd, O_WRONLY | O_CLOEXEC);
	while (fd == -EINTR);
	if (fd < 0) {
		(void)err_errno(e, -fd, "cannot open exec.fifo");
		if (fd == -EACCES)
			(void)err_hint(e, "uid %u of the container may not "
					  "write to it", geteuid());
		return fd;
	}
	return fd;
}

static void on_end(int sig)
{
	sys_exit(128 + sig);
}

static const int end_sigs[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };

/*
 * PID 1 gets no signal that it has no handler for (pid_namespaces(7)), but a
 * container that nobody started yet must be possible to end. EXEC undoes it.
 */
static void end_on_signals(void)
{
	const struct sigaction act = { .sa_handler = on_end };

	for (size_t i = 0; i < sizeof(end_sigs) / sizeof(*end_sigs); i++)
		(void)sigaction(end_sigs[i], &act, NULL);
}

/*
 * What is ignored, and the mask, survive execve(2). All was as it is by default when
 * this process began (libnsexec/stage.c); these are the signals that init changes. The
 * mask last: a pending one must find no handler.
 */
static void undo_signals(void)
{
	sigset_t none;

	for (size_t i = 0; i < sizeof(end_sigs) / sizeof(*end_sigs); i++)
		(void)sys_signal_default(end_sigs[i]);
	(void)sys_signal_default(SIGPIPE);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

int step_wait_start(struct init *in, const union step_arg *u, struct err *e)
{
	const char go = INIT_FIFO_RUNS;
	uint32_t slot = u->fifo.slot;
	int r;

	if (slot >= in->plan.n_slots || in->plan.fds[slot] < 0)
		return err_set(e, EBADF, "exec.fifo was not handed over");
	if (getpid() == 1)
		end_on_signals();
	do {
		AUTO(fd) int fd = open_fifo(in, in->plan.fds[slot], e);

		if (fd < 0)
			return fd;
		r = fd_write_full(fd, &go, 1);
		if (r == 0)
			in->fifofd = TAKE_FD(fd);
		/* EPIPE: that `start` was killed; wait for the next one */
	} while (r == -EPIPE);
	if (r < 0)
		return err_errno(e, -r, "cannot write to exec.fifo");
	(void)close(in->plan.fds[slot]);
	in->plan.fds[slot] = -1;
	return 0;
}

/* ---- exec -------------------------------------------------------------- */

/* Out of the numbers that belong to the program. */
static int move_above(int *fd, int first)
{
	int moved;

	if (*fd < 0 || *fd >= first)
		return 0;
	moved = fcntl(*fd, F_DUPFD_CLOEXEC, first);
	if (moved < 0)
		return -errno;
	(void)close(*fd);
	*fd = moved;
	return 0;
}

/*
 * Best effort: LOOKUP has marked everything CLOEXEC, so that a filter which
 * refuses close_range(2) opens no hole.
 */
static void close_span(unsigned int first, unsigned int last)
{
	if (first > last || sys_close_range(first, last, 0) >= 0)
		return;
	for (unsigned int fd = first; fd <= last && fd < 1024; fd++)
		(void)close((int)fd);
}

/* Everything from `first` but the two ways to report a failing execve. */
static void close_others(struct init *in, unsigned int first)
{
	int low = in->chan.fd < in->fifofd ? in->chan.fd : in->fifofd;
	int high = in->chan.fd < in->fifofd ? in->fifofd : in->chan.fd;
	unsigned int from = first;

	if (!PROTECTED(CLOSE_FDS))
		return;
	if (low >= 0) {
		close_span(from, (unsigned int)low - 1);
		from = (unsigned int)low + 1;
	}
	if (high >= 0) {
		close_span(from, (unsigned int)high - 1);
		from = (unsigned int)high + 1;
	}
	close_span(from, ~0U);
	in->rootfd = in->procfd = in->nullfd = in->maskfd = -1;
}

/* A vector for execve(2): NULL-terminated, of the type it wants. */
static char **make_argv(const char *const *v, size_t n)
{
	char **argv = xcalloc(n + 1, sizeof(*argv));

	if (n > 0)
		memcpy(argv, v, n * sizeof(*argv));
	return argv;
}

int step_exec(struct init *in, const union step_arg *u, struct err *e)
{
	const struct arg_exec *x = &u->exec;
	char **argv;
	int first = 3;
	int code, r;

	if (!in->exe || !in->envp || x->preserve_fds > INT_MAX - 3)
		return err_set(e, EPROTO, "the plan has exec without lookup");
	first += (int)x->preserve_fds;
	r = move_above(&in->chan.fd, first);
	if (r == 0)
		r = move_above(&in->fifofd, first);
	if (r < 0)
		return err_errno(e, -r, "cannot move a descriptor above %d",
				 first - 1);
	/* a hole among the preserved ones is the caller's wish */
	for (int fd = 3; fd < first; fd++)
		if (fd_cloexec(fd, false) < 0 && !fd_valid(fd))
			continue;
	/* the words that scripts for runc look for in a debug log */
	log_debug("setns_init: about to exec");
	close_others(in, (unsigned int)first);
	undo_signals();
	argv = make_argv(x->argv, x->n_argv);
	(void)execve(in->exe, argv, in->envp);
	code = errno;
	free(argv);
	return exec_explain(in->exe, in->label, code, e);
}
