/* SPDX-License-Identifier: Apache-2.0 */
/*
 * start: the reading end of exec.fifo (the writing end is init/final.c). Owns
 * the protocol on the fifo as the parent sees it: one byte says that init goes
 * on, end-of-file that execve took place, a record that it failed.
 */
#include "config.h"
#include "runtime/start.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "config/config.h"
#include "init/init.h"
#include "runtime/delete.h"
#include "runtime/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"

#define LOCK_DEADLINE_MS (10 * 1000)
#define KILL_DEADLINE_MS (10 * 1000)

int container_spec(const struct container *c, struct spec *ret, struct err *e)
{
	if (spec_reload_at(ret, c->dirfd, STATE_CONFIG, e) < 0)
		return err_wrap(e, "stored config of '%s'", c->rec.id);
	return 0;
}

/* What came through the fifo so far. */
struct fifo_in {
	char buf[1 + INIT_FIFO_RECORD_SIZE + 1];
	size_t n;
};

static int already_dead(struct err *e)
{
	(void)err_set(e, ESRCH, "container process is already dead");
	return err_hint(e, "it was killed while it waited for start; delete and create it again");
}

/* Returns 1 at end-of-file, 0 for "more to come", negative on error. */
static int read_fifo(int fd, struct fifo_in *in)
{
	ssize_t r = read(fd, in->buf + in->n, sizeof(in->buf) - in->n);

	if (r < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	in->n += (size_t)r;
	if (in->n == sizeof(in->buf))
		return -EPROTO;
	return r == 0 && in->n > 0;
}

/* A startContainer hook may take its time: bounded by init's life, not ours. */
static int await_exec(int fifo, int pidfd, struct fifo_in *in, struct err *e)
{
	struct pollfd p[2] = { { .fd = fifo, .events = POLLIN },
			       { .fd = pidfd, .events = POLLIN } };

	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return err_errno(e, errno, "cannot wait for the container");
		int r = read_fifo(fifo, in);

		if (r < 0)
			return err_errno(e, -r, "cannot read %s", STATE_FIFO);
		if (r > 0)
			return 0;
		if (p[1].revents & POLLIN)
			return in->n > 0 ? 0 : already_dead(e);
	}
}

/* After the byte that says "going on": nothing, or init's own error. */
static int fifo_result(const struct fifo_in *in, struct err *e)
{
	struct err from_init;

	if (in->n <= 1)
		return 0;
	if (init_fifo_parse(in->buf + 1, in->n - 1, &from_init) < 0)
		return err_set(e, EPROTO, "init wrote garbage into %s",
			       STATE_FIFO);
	*e = from_init;
	return -e->code;
}

static int run_poststart(struct container *c, const struct spec *spec, int pidfd,
			 struct err *e)
{
	AUTO(spec) struct spec own = { 0 };
	struct hook_ctx ctx = { .spec = spec, .id = c->rec.id,
				.bundle = c->rec.bundle,
				.pid = c->rec.init.pid };

	if (!(c->rec.hooks & (1U << HOOK_POSTSTART)))
		return 0;
	if (!spec) {
		if (container_spec(c, &own, e) < 0)
			return -e->code;
		ctx.spec = &own;
	}
	if (hooks_run(&ctx, HOOK_POSTSTART, "running", e) == 0)
		return 0;
	/* runtime-spec runtime.md, lifecycle step 9: stop the container */
	(void)pidfd_signal(pidfd, SIGKILL);
	(void)pidfd_wait(pidfd, deadline_in_ms(KILL_DEADLINE_MS));
	return -e->code;
}

int container_release(struct container *c, const struct spec *spec,
		      struct err *e)
{
	struct fifo_in in = { .n = 0 };
	AUTO(fd) int pidfd = proc_open(&c->rec.init);

	if (pidfd < 0)
		return already_dead(e);
	AUTO(fd) int fifo = openat(c->dirfd, STATE_FIFO,
				   O_RDONLY | O_NONBLOCK | O_NOFOLLOW |
					   O_CLOEXEC);

	if (fifo < 0)
		return err_errno(e, errno, "cannot open %s", STATE_FIFO);
	if (await_exec(fifo, pidfd, &in, e) < 0)
		return -e->code;
	if (unlinkat(c->dirfd, STATE_FIFO, 0) < 0 && errno != ENOENT)
		return err_errno(e, errno, "cannot remove %s", STATE_FIFO);
	if (fifo_result(&in, e) < 0)
		return -e->code;
	return run_poststart(c, spec, pidfd, e);
}

static int check_created(const struct container *c, struct err *e)
{
	enum status s = state_status(c, NULL);

	if (s == STATUS_CREATED)
		return 0;
	if (s == STATUS_STOPPED)
		return err_set(e, EINVAL,
			       "cannot start a container that has stopped");
	if (s == STATUS_RUNNING)
		return err_set(e, EINVAL,
			       "cannot start an already running container");
	return err_set(e, EINVAL, "cannot start a container in the %s state",
		       status_name(s));
}

int container_start(const struct runtime *rt, const char *id, struct err *e)
{
	AUTO(container) struct container c = CONTAINER_INIT;

	if (state_open(&c, rt->root, id, e) < 0 ||
	    state_lock(&c, deadline_in_ms(LOCK_DEADLINE_MS), e) < 0 ||
	    check_created(&c, e) < 0)
		return -e->code;
	return container_release(&c, NULL, e);
}
