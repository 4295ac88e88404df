/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One process takes the place of another: the zygote's is taken by what it is asked
 * for, the stage's by init. The parent learns of it by INIT_PID, before anything else
 * is heard of it. Must not know what comes then.
 */
#include "config.h"
#include "libnsexec/program.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/sys.h"

#include "base/banned.h"

/* "I exist". A number would say nothing outside of a pid namespace. */
static int announce(struct chan *c, int pidfd, struct err *e)
{
	return chan_send(c, CHAN_INIT_PID, NULL, 0, &pidfd, 1, e);
}

static int announce_self(struct chan *c, struct err *e)
{
	AUTO(fd) int pidfd = sys_pidfd_open(getpid(), 0);

	if (pidfd < 0)
		return err_errno(e, -pidfd, "cannot open a pidfd");
	return announce(c, pidfd, e);
}

/* In the child: false if the one before us died and nobody knows us. */
static bool pass_gate(const int gate[2])
{
	char byte;
	ssize_t n;

	(void)close(gate[1]);
	do
		n = read(gate[0], &byte, 1);
	while (n < 0 && errno == EINTR);
	(void)close(gate[0]);
	return n == 1;
}

/* The one that leaves announces the one that comes, which waits for that. */
static pid_t clone_gated(struct chan *c, const struct sys_clone_args *args)
{
	struct sys_clone_args gated = *args;
	struct err e = ERR_INIT;
	int pidfd = -1, gate[2];

	if (pipe2(gate, O_CLOEXEC) < 0)
		return -errno;
	gated.flags |= CLONE_PIDFD;
	gated.pidfd = (uintptr_t)&pidfd;
	pid_t pid = nsx_clone(&gated);

	if (pid > 0)
		/* failing, it leaves the gate shut: the other one ends, too */
		_exit(announce(c, pidfd, &e) < 0 ||
		      fd_write_full(gate[1], "", 1) < 0);
	if (pid == 0 && !pass_gate(gate))
		_exit(1);
	if (pid < 0) {
		(void)close(gate[0]);
		(void)close(gate[1]);
	}
	return pid;
}

bool nsx_pidfd_works(void)
{
	AUTO(fd) int pidfd = sys_pidfd_open(getpid(), 0);

	return pidfd >= 0;
}

pid_t nsx_succeed(const struct nsx_succession *s, struct sys_clone_args *args)
{
	struct err e = ERR_INIT;
	pid_t pid;

	/* compat: remove when baseline >= 5.3 and no filter denies pidfd_open(2) */
	if (s->pidfd_works)
		pid = nsx_clone_heir(args, s->share);
	else
		pid = clone_gated(s->chan, args);
	if (pid < 0)
		return pid;
	s->chan->self = s->self;
	nsx_die_with_parent(s->chan);
	if (s->pidfd_works && announce_self(s->chan, &e) < 0) {
		chan_send_err(s->chan, &e, 0);
		_exit(1);
	}
	return 0;
}
