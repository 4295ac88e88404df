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
#include "base/log.h"
#include "base/str.h"
#include "config/annotations.h"
#include "config/config.h"
#include "init/init.h"
#include "runtime/delete.h"
#include "runtime/hooks.h"
#include "runtime/process.h"
#include "runtime/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/banned.h"

#define LOCK_DEADLINE_MS (10 * 1000)
#define KILL_DEADLINE_MS (10 * 1000)
/* Init waits in open(2) of the fifo: to answer is a matter of microseconds. */
#define ANSWER_DEADLINE_MS (10 * 1000)
/* From the answer to execve(2), which may load from a slow file system. */
#define EXEC_DEADLINE_MS (60 * 1000)

int container_spec(const struct container *c, struct spec *ret, struct err *e)
{
	if (spec_reload_at(ret, c->dirfd, STATE_CONFIG, e) < 0)
		return err_wrap(e, "stored config of '%s'", c->rec.id);
	return c->rec.run_oci ? spec_apply_annotations(ret, e) : 0;
}

/* What came through the fifo so far. */
struct fifo_in {
	char buf[1 + INIT_FIFO_RECORD_SIZE + 1];
	size_t n;
	bool opened; /* init has the other end open */
};

static int already_dead(struct err *e)
{
	(void)err_set(e, ESRCH, "container process is already dead");
	return err_hint(e, "it was killed while it waited for start; delete and create it again");
}

/*
 * Returns 1 at end-of-file, 0 for "more to come", negative on error. `hup`:
 * there was a writer, and it is gone. A start that was killed may have taken
 * the first byte, so that nothing need come before the end.
 */
static int read_fifo(int fd, bool hup, struct fifo_in *in)
{
	ssize_t r = read(fd, in->buf + in->n, sizeof(in->buf) - in->n);

	if (r < 0 && errno == EINTR)
		return 0;
	if (r < 0 && errno != EAGAIN)
		return -errno;
	if (r < 0)
		in->opened = true; /* or it would be the end of the file */
	if (r <= 0)
		return r == 0 && (in->n > 0 || hup);
	in->opened = true;
	in->n += (size_t)r;
	return in->n == sizeof(in->buf) ? -EPROTO : 0;
}

/*
 * A startContainer hook may take its time: that is the user's own wait, bounded
 * by init's life. Everything else has a deadline.
 */
static int await_exec(const struct container *c, int fifo, int pidfd,
		      struct fifo_in *in, struct err *e)
{
	struct pollfd p[2] = { { .fd = fifo, .events = POLLIN },
			       { .fd = pidfd, .events = POLLIN } };
	bool hooks = c->rec.hooks & (1U << HOOK_START_CONTAINER);
	deadline_t answer = deadline_in_ms(ANSWER_DEADLINE_MS);
	deadline_t end = hooks ? DEADLINE_NEVER :
				 deadline_in_ms(EXEC_DEADLINE_MS);

	for (;;) {
		deadline_t d = in->opened ? end : answer;
		int n = poll(p, 2, deadline_poll_ms(d));

		if (n < 0 && errno != EINTR)
			return err_errno(e, errno, "cannot wait for the container");
		if (n < 0)
			continue;
		int r = read_fifo(fifo, p[0].revents & POLLHUP, in);

		if (r < 0)
			return err_errno(e, -r, "cannot read %s", STATE_FIFO);
		if (p[1].revents & POLLIN && in->n == 0)
			return already_dead(e);
		if (r > 0 || p[1].revents & POLLIN)
			return 0;
		if (deadline_poll_ms(in->opened ? end : answer) == 0)
			return process_stuck(c->rec.init.pid,
					     in->opened ? "does not execute its program" :
							  "does not react to start",
					     e);
	}
}

/* After the byte that says "going on": nothing, or init's own error. */
static int fifo_result(const struct fifo_in *in, struct err *e)
{
	size_t at = in->n > 0 && in->buf[0] == INIT_FIFO_RUNS;
	struct err from_init;

	if (in->n == at)
		return 0;
	if (init_fifo_parse(in->buf + at, in->n - at, &from_init) < 0)
		return err_set(e, EPROTO, "init wrote garbage into %s",
			       STATE_FIFO);
	*e = from_init;
	return -e->code;
}

static int run_poststart(struct container *c, const struct spec *spec, int pidfd,
			 int cancel_fd, struct err *e)
{
	AUTO(spec) struct spec own = { 0 };
	struct hook_ctx ctx = { .spec = spec, .id = c->rec.id,
				.bundle = c->rec.bundle,
				.pid = c->rec.init.pid,
				.cancel_fd = cancel_fd };

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

	if (pidfd == -ESRCH)
		return already_dead(e);
	if (pidfd < 0)
		return err_errno(e, -pidfd, "cannot get a pidfd of init (pid %d)",
				 c->rec.init.pid);
	AUTO(fd) int fifo = openat(c->dirfd, STATE_FIFO,
				   O_RDONLY | O_NONBLOCK | O_NOFOLLOW |
					   O_CLOEXEC);

	if (fifo < 0)
		return err_errno(e, errno, "cannot open %s", STATE_FIFO);
	if (await_exec(c, fifo, pidfd, &in, e) < 0)
		return -e->code;
	if (unlinkat(c->dirfd, STATE_FIFO, 0) < 0 && errno != ENOENT)
		return err_errno(e, errno, "cannot remove %s", STATE_FIFO);
	if (fifo_result(&in, e) < 0)
		return -e->code;
	return run_poststart(c, spec, pidfd, 0, e);
}

int container_release_child(struct container *c, struct nsx_child *child,
			    const struct spec *spec, struct err *e)
{
	bool hooks = c->rec.hooks & (1U << HOOK_START_CONTAINER);

	if (process_await_exec(child,
			       hooks ? DEADLINE_NEVER :
				       deadline_in_ms(EXEC_DEADLINE_MS),
			       e) < 0)
		return -e->code;
	return run_poststart(c, spec, child->pidfd, child->chan.cancel_fd, e);
}

static int check_created(const struct container *c, struct err *e)
{
	enum status s = state_status(c, NULL);

	if (s == STATUS_CREATED)
		return 0;
	if (s == STATUS_STOPPED)
		return err_set(e, EINVAL,
			       "cannot start a container that has stopped");
	if (s == STATUS_RUNNING) {
		(void)err_set(e, EINVAL,
			      "cannot start an already running container");
		if (state_init_waits(c))
			(void)err_hint(e, "it still waits for start, but its %s was removed: delete and create it again",
				       STATE_FIFO);
		return -e->code;
	}
	return err_set(e, EINVAL, "cannot start a container in the %s state",
		       status_name(s));
}

/* The service in it says when it is ready: until then start has not succeeded. */
static int await_ready(struct container *c, struct notify *n, struct err *e)
{
	AUTO(fd) int pidfd = -1;

	if (n->fd < 0)
		return 0;
	pidfd = proc_open(&c->rec.init);
	if (pidfd < 0) /* it has ended already */
		return 0;
	/* meanwhile it may be deleted */
	(void)flock(c->dirfd, LOCK_UN);
	c->locked = false;
	return notify_wait(n, c->rec.init.pid, pidfd, e);
}

/*
 * A poststart hook failed: runtime-spec runtime.md, lifecycle, goes on from there
 * with the container's destruction (steps 9, 12, 13). The error stays the hook's.
 */
static void destroy_after(struct container *c, const struct err *why)
{
	struct err e = ERR_INIT;
	char line[2200];

	if (str_starts(why->pointer, "/hooks/poststart") &&
	    container_destroy(c, NULL, &e) < 0)
		log_warn("cannot clean up after the failure: %s",
			 err_format(&e, line, sizeof(line)));
}

int container_start(const struct runtime *rt, const char *id, struct err *e)
{
	AUTO(container) struct container c = CONTAINER_INIT;
	AUTO(notify) struct notify n = NOTIFY_INIT;

	if (state_open(&c, rt->root, id, e) < 0 ||
	    state_lock(&c, deadline_in_ms(LOCK_DEADLINE_MS), e) < 0 ||
	    check_created(&c, e) < 0 || notify_bind(&n, &c, e) < 0)
		return -e->code;
	if (container_release(&c, NULL, e) < 0) {
		destroy_after(&c, e);
		return -e->code;
	}
	return await_ready(&c, &n, e);
}
