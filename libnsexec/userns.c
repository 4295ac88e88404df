/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A user namespace for its mappings alone. One cannot be made without a process
 * in it: a child that does nothing but wait until the mappings are written and
 * the namespace is held by a descriptor. Must not decide which ids to map.
 *
 * The child is a copy of us with everything we have open; it makes two system
 * calls and sees no input but the end of a pipe, so that it dies with us, too.
 */
#include "config.h"
#include "libnsexec/nsexec.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/proc.h"
#include "base/sys.h"
#include "libnsexec/program.h"

#include "base/banned.h"

/* Writing two files and dying take microseconds; this is for loads. */
#define WAIT_MS 10000

/* The child: until the parent closes its end, or dies. */
static _Noreturn void wait_for_end(int end, int other)
{
	char byte;

	(void)close(other);
	while (read(end, &byte, 1) < 0 && errno == EINTR)
		;
	_exit(0);
}

static int make_child(int *ret_pidfd, int *ret_pipe, struct err *e)
{
	int pidfd = -1, end[2];
	struct sys_clone_args args = {
		.flags = CLONE_NEWUSER | CLONE_PIDFD,
		.pidfd = (uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	sigset_t all, old;
	pid_t pid;

	if (pipe2(end, O_CLOEXEC) < 0)
		return err_errno(e, errno, "cannot make a pipe");
	/* no handler of ours may run in the copy */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &old);
	pid = nsx_clone(&args);
	if (pid == 0)
		wait_for_end(end[0], end[1]);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	(void)close(end[0]);
	if (pid < 0) {
		(void)close(end[1]);
		return nsx_explain_create(e, -pid, CLONE_NEWUSER, -1);
	}
	*ret_pidfd = pidfd;
	*ret_pipe = end[1];
	return pid;
}

int nsx_userns(const struct nsx_maps *maps, int *ret_fd, struct err *e)
{
	const struct nsx_request req = {
		.uid_map = maps->uid, .n_uid_map = maps->n_uid,
		.gid_map = maps->gid, .n_gid_map = maps->n_gid,
	};
	AUTO(fd) int pidfd = -1;
	AUTO(fd) int end = -1;
	AUTO(fd) int ns = -1;
	pid_t pid = make_child(&pidfd, &end, e);
	int r, reaped;

	if (pid < 0)
		return -e->code;
	r = nsx_idmap_write(pid, &req, deadline_in_ms(WAIT_MS), e);
	if (r == 0)
		r = nsx_open_ns_of(NSX_USER, pid, &ns, e);
	(void)close(take_fd(&end));
	reaped = pidfd_wait(pidfd, deadline_in_ms(WAIT_MS));
	(void)waitpid(pid, NULL, __WALL | WNOHANG);
	if (r == 0 && reaped < 0)
		r = err_errno(e, -reaped,
			      "waiting for the end of the maker of a user namespace");
	if (r == 0)
		*ret_fd = TAKE_FD(ns);
	return r;
}
