/* SPDX-License-Identifier: Apache-2.0 */
/* run (run.h): the commands create, start and delete in one process. */
#include "config.h"
#include "runtime/run.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "runtime/create.h"
#include "runtime/delete.h"
#include "runtime/foreground.h"
#include "runtime/start.h"

#include <errno.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/banned.h"

#define LOCK_DEADLINE_MS (10 * 1000)

void container_abandon(struct creation *cr)
{
	struct err e = ERR_INIT;
	char line[2200];

	nsx_child_kill(&cr->child);
	if (cr->opts->keep)
		return;
	if (container_destroy(&cr->c, &cr->spec, &e) < 0)
		log_warn("cannot clean up after the failure: %s",
			 err_format(&e, line, sizeof(line)));
}

/* delete from elsewhere must be able to take the lock. */
static void unlock(struct creation *cr)
{
	(void)flock(cr->c.dirfd, LOCK_UN);
	cr->c.locked = false;
}

static int leave(struct creation *cr, struct foreground *fg, int *ret_status,
		 struct err *e)
{
	*ret_status = 0;
	if (fg->notify.fd < 0)
		return 0;
	unlock(cr);
	return notify_wait(&fg->notify, cr->child.pid, cr->child.pidfd, e);
}

static int take_away(struct creation *cr, struct err *e)
{
	if (cr->opts->keep)
		return 0;
	if (state_lock(&cr->c, deadline_in_ms(LOCK_DEADLINE_MS), e) < 0) {
		/* somebody deleted it meanwhile: that is what was wanted */
		if (e->code != ENOENT)
			return -e->code;
		err_clear(e);
		return 0;
	}
	return container_destroy(&cr->c, &cr->spec, e);
}

int container_stay(struct creation *cr, struct foreground *fg, int *ret_status,
		   struct err *e)
{
	int r;

	unlock(cr);
	r = foreground_wait(fg, cr->child.pid, cr->child.pidfd, ret_status, e);
	if (r < 0) {
		container_abandon(cr);
		return r;
	}
	cr->child.pid = 0; /* reaped */
	r = take_away(cr, e);
	/* what init left behind has ended with the container */
	foreground_drain(fg);
	return r;
}

/* The terminal's modes and the notify socket are there before the program is. */
static int before_run(struct creation *cr, void *arg, struct err *e)
{
	struct foreground *fg = arg;

	if (foreground_attach(fg, cr->fds.master, e) < 0)
		return -e->code;
	return notify_bind(&fg->notify, &cr->c, e);
}

/* From READY to the user's program. A failure leaves nothing behind. */
static int let_run(struct creation *cr, struct err *e)
{
	int r = container_release_child(&cr->c, &cr->child, &cr->spec, e);

	if (r < 0) {
		interrupt_take(&cr->in, e);
		container_abandon(cr);
	}
	creation_settled(cr);
	return r;
}

/* In the foreground, where there is no terminal to relay. */
static int give_stdio(struct creation *cr, struct foreground *fg, struct err *e)
{
	if (cr->opts->p.detach || cr->spec.process.terminal)
		return 0;
	cr->fds.stdio = fg->stdio.theirs;
	return stdio_make(&fg->stdio, false, e);
}

int container_run(const struct create_opts *opts, int *ret_status,
		  struct err *e)
{
	AUTO(creation) struct creation cr = CREATION_INIT;
	struct foreground fg = FOREGROUND_INIT;
	int r;

	cr.before_run = before_run;
	cr.before_run_arg = &fg;
	if (creation_begin(&cr, opts, e) < 0 || container_load(&cr, opts, e) < 0)
		return -e->code;
	if (!opts->p.detach) {
		foreground_block_signals(&fg);
		if (!opts->no_subreaper)
			(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	}
	r = give_stdio(&cr, &fg, e);
	if (r == 0)
		r = container_create(&cr, VERB_RUN, e);
	if (r == 0)
		r = let_run(&cr, e);
	if (r == 0)
		r = opts->p.detach ? leave(&cr, &fg, ret_status, e) :
				     container_stay(&cr, &fg, ret_status, e);
	foreground_end(&fg);
	return r;
}
