/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events (events.h): the loop. It waits for whatever comes first: the timer, the
 * cgroup's own notice, the end of init. A container whose processes outlive init
 * goes on having events; where the layout cannot tell that the last one has gone
 * (cgroup v1 alone), the timer finds out.
 */
#include "config.h"
#include "runtime/events.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "runtime/state.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/banned.h"

struct events {
	const struct events_opts *opts;
	struct cgroup *cg;
	const struct rdt_place *rdt;
	struct cgroup_watch watch;
	int timer;
	int pidfd; /* of init, -1 once it has ended */
	bool ended;
};

static int emit(const struct events *ev, const struct str *line, struct err *e)
{
	int r = fd_write_full(ev->opts->out_fd, str_text(line), line->len);

	return r < 0 ? err_errno(e, -r, "cannot write an event") : 0;
}

static int emit_oom(const struct events *ev, struct err *e)
{
	AUTO(strbuf) struct str line = { 0 };

	str_add(&line, "{\"type\":\"oom\",\"id\":");
	str_add_json_html(&line, ev->opts->id);
	str_add(&line, "}\n");
	return emit(ev, &line, e);
}

/* Without init: is anybody left? */
static bool is_empty(const struct events *ev)
{
	struct pid_list pids = { 0 };
	struct err ignored = ERR_INIT;
	bool empty = cgroup_pids(ev->cg, &pids, &ignored) < 0 || pids.n == 0;

	free(pids.v);
	return empty;
}

static int on_cgroup(struct events *ev, struct err *e)
{
	int what = cgroup_watch_read(&ev->watch);

	if (what & CGROUP_EV_END)
		ev->ended = true;
	return what & CGROUP_EV_OOM ? emit_oom(ev, e) : 0;
}

static int emit_stats(struct events *ev, struct err *e)
{
	AUTO(cgroup_stats) struct cgroup_stats stats = { 0 };
	AUTO(rdt_stats) struct rdt_stats rdt = { 0 };
	AUTO(strbuf) struct str line = { 0 };

	if (cgroup_stats(ev->cg, &stats, e) < 0 ||
	    rdt_stats(&rdt, ev->rdt, e) < 0)
		return -e->code;
	events_print_stats(&line, ev->opts->id, &stats, &rdt);
	/* The event is told before numbers that have it in them. */
	return on_cgroup(ev, e) < 0 ? -e->code : emit(ev, &line, e);
}

static int on_timer(struct events *ev, struct err *e)
{
	uint64_t n;

	if (read(ev->timer, &n, sizeof(n)) != sizeof(n))
		return 0;
	if (ev->pidfd < 0 && is_empty(ev)) {
		ev->ended = true;
		return 0;
	}
	if (emit_stats(ev, e) == 0)
		return 0;
	if (e->code != ENOENT)
		return -e->code;
	/* Removed between two events. */
	err_clear(e);
	ev->ended = true;
	return 0;
}

static int wait_once(struct events *ev, struct err *e)
{
	struct pollfd p[] = {
		{ .fd = ev->timer, .events = POLLIN },
		{ .fd = ev->watch.fd, .events = POLLIN },
		{ .fd = ev->pidfd, .events = POLLIN },
	};
	int r = 0;

	if (poll(p, 3, -1) < 0)
		return errno == EINTR ? 0 : err_errno(e, errno,
						      "cannot wait for events");
	if (p[2].revents) {
		(void)close(TAKE_FD(ev->pidfd));
		/* the kernel took it for out of memory before it ended */
		ev->ended = is_empty(ev);
		p[1].revents = POLLIN;
	}
	if (p[1].revents)
		r = on_cgroup(ev, e);
	if (r == 0 && !ev->ended && p[0].revents)
		r = on_timer(ev, e);
	return r;
}

static int start_timer(struct events *ev, struct err *e)
{
	const int64_t s = 1000000000;
	struct timespec every = { .tv_sec = (time_t)(ev->opts->interval_ns / s),
				  .tv_nsec = (long)(ev->opts->interval_ns % s) };
	struct itimerspec it = { .it_interval = every, .it_value = every };

	ev->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (ev->timer < 0 || timerfd_settime(ev->timer, 0, &it, NULL) < 0)
		return err_errno(e, errno, "cannot make a timer");
	return 0;
}

static int follow(struct events *ev, const struct container *c, struct err *e)
{
	if (cgroup_watch_open(&ev->watch, ev->cg, e) < 0)
		return -e->code;
	if (*ev->watch.why)
		log_warn("no notice of the container being out of memory: %s",
			 ev->watch.why);
	ev->pidfd = proc_open(&c->rec.init);
	if (start_timer(ev, e) < 0)
		return -e->code;
	/* It may have ended before there was anything to wait for. */
	if (ev->pidfd < 0)
		ev->ended = is_empty(ev);
	while (!ev->ended)
		if (wait_once(ev, e) < 0)
			return -e->code;
	return 0;
}

int container_events(const struct runtime *rt, const struct events_opts *opts,
		     struct err *e)
{
	AUTO(container) struct container c = CONTAINER_INIT;
	AUTO(cgroup) struct cgroup *cg = NULL;
	struct events ev = { .opts = opts, .watch = CGROUP_WATCH_INIT,
			     .timer = -1, .pidfd = -1 };
	enum status s;
	int r;

	if (state_open(&c, rt->root, opts->id, e) < 0)
		return -e->code;
	if (opts->interval_ns <= 0)
		return err_set(e, EINVAL, "duration interval must be greater than 0");
	s = state_status(&c, &cg);
	if (s == STATUS_STOPPED || s == STATUS_CREATING)
		return err_set(e, ESRCH, "container with id %s is not running",
			       opts->id);
	if (!cg)
		return err_set(e, EIO, "the cgroup of '%s' cannot be opened",
			       opts->id);
	ev.cg = cg;
	ev.rdt = &c.rec.rdt;
	r = opts->stats ? emit_stats(&ev, e) : follow(&ev, &c, e);
	if (ev.pidfd >= 0)
		(void)close(ev.pidfd);
	if (ev.timer >= 0)
		(void)close(ev.timer);
	cgroup_watch_close(&ev.watch);
	return r;
}
