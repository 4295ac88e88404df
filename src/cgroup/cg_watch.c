/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Being told of OOM and of the end of a container (stats.h): one epoll
 * descriptor over what the layout has. v1 registers an eventfd with
 * memory.oom_control through cgroup.event_control and gets a last event when
 * the cgroup is removed; cgroup2 makes memory.events and cgroup.events
 * pollable (POLLPRI). On a hybrid host it is the one for OOM and the other for
 * the end.
 *
 * Every read looks at all sources: an OOM kill of the last process is told
 * before the end that it brings, whichever event came first.
 *
 * Sources: the kernel's cgroup-v1/memory.rst, "OOM Control";
 * admin-guide/cgroup-v2.rst.
 */
#include "config.h"

#include "cgroup/stats.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "cgroup/cg_internal.h"

#include "base/banned.h"

/* The value of `key` in an open file of "key N" lines; -errno if it is gone. */
static int64_t read_key(int fd, const char *key)
{
	char text[512], *rest = text, *line;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	size_t len = strlen(key);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	while ((line = strsep(&rest, "\n"))) {
		uint64_t v;

		if (strncmp(line, key, len) == 0 && line[len] == ' ' &&
		    parse_u64(line + len + 1, &v) == 0 && v <= INT64_MAX)
			return (int64_t)v;
	}
	return 0;
}

static int add(struct cgroup_watch *w, int fd, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data = { .fd = fd } };

	return epoll_ctl(w->fd, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

static int open_in(const char *dir, const char *name)
{
	AUTO(str) char *path = xasprintf("%s/%s", dir, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Register with the kernel; the eventfd keeps the registration. */
static int watch_oom_v1(struct cgroup_watch *w, const char *dir)
{
	AUTO(fd) int control = open_in(dir, "memory.oom_control");
	AUTO(fd) int efd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	char line[40];

	if (control < 0)
		return control;
	if (efd < 0)
		return -errno;
	(void)snprintf(line, sizeof(line), "%d %d", efd, control);
	int r = cg_put(dir, "cgroup.event_control", line);

	if (r < 0)
		return r;
	w->control = xasprintf("%s/cgroup.event_control", dir);
	w->eventfd = TAKE_FD(efd);
	return add(w, w->eventfd, EPOLLIN);
}

static int watch_oom_v2(struct cgroup_watch *w, const char *dir)
{
	int fd = open_in(dir, "memory.events");

	if (fd < 0)
		return fd;
	w->memory_fd = fd;
	int64_t kills = read_key(fd, "oom_kill");

	/* Only what happens from now on is news. */
	w->kills = kills > 0 ? (uint64_t)kills : 0;
	return add(w, fd, EPOLLPRI);
}

static void watch_oom(struct cgroup_watch *w, const struct cgroup *cg)
{
	const struct cg_dir *d = cg_find_v1(cg, "memory");
	int r = -ENOENT;

	if (d && !d->dropped)
		r = watch_oom_v1(w, d->dir);
	else if (!d && cg->d2 && !cg->d2->dropped)
		r = watch_oom_v2(w, (d = cg->d2)->dir);
	if (r < 0)
		(void)snprintf(w->why, sizeof(w->why), "%s: %s",
			       d ? d->dir : "no memory controller",
			       errno_text(-r));
}

int cgroup_watch_open(struct cgroup_watch *ret, struct cgroup *cg,
		      struct err *e)
{
	struct cgroup_watch w = CGROUP_WATCH_INIT;

	w.fd = epoll_create1(EPOLL_CLOEXEC);
	if (w.fd < 0)
		return err_errno(e, errno, "cannot watch a cgroup");
	watch_oom(&w, cg);
	if (cg->d2 && !cg->d2->dropped)
		w.events_fd = open_in(cg->d2->dir, "cgroup.events");
	if (w.events_fd >= 0) {
		int r = add(&w, w.events_fd, EPOLLPRI);

		if (r < 0) {
			cgroup_watch_close(&w);
			return err_errno(e, -r, "cannot watch '%s'",
					 cg->d2->dir);
		}
	}
	*ret = w;
	return 0;
}

int cgroup_watch_read(struct cgroup_watch *w)
{
	int64_t n;
	int ret = 0;

	/* The end first: what happened before it is seen below. */
	if (w->events_fd >= 0 && read_key(w->events_fd, "populated") <= 0)
		ret |= CGROUP_EV_END;
	if (w->memory_fd >= 0) {
		n = read_key(w->memory_fd, "oom_kill");
		if (n > 0 && (uint64_t)n > w->kills) {
			w->kills = (uint64_t)n;
			ret |= CGROUP_EV_OOM;
		}
	}
	uint64_t count;

	if (w->eventfd >= 0 &&
	    read(w->eventfd, &count, sizeof(count)) == sizeof(count)) {
		/* Removal is an event, too. */
		if (access(w->control, F_OK) == 0)
			ret |= CGROUP_EV_OOM;
		else
			ret |= CGROUP_EV_END;
	}
	return ret;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

void cgroup_watch_close(struct cgroup_watch *w)
{
	close_one(&w->fd);
	close_one(&w->eventfd);
	close_one(&w->events_fd);
	close_one(&w->memory_fd);
	free(w->control);
	w->control = NULL;
}
