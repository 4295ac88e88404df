/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is special to cgroup2: controllers must be enabled in every ancestor's
 * cgroup.subtree_control, a cgroup can be threaded or invalid, and
 * cgroup.events can be waited for.
 *
 * Enabling: what the config needs must be there, or it is an error. Beyond
 * that, all controllers on offer are enabled, so that statistics and later
 * updates find them; that is only tried, and not above a delegation boundary
 * (the xattr by which systemd marks one), since the cgroups above it have
 * another manager.
 *
 * Source: the kernel's admin-guide/cgroup-v2.rst; cgroups(7).
 */
#include "config.h"

#include "cgroup/cg_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

#include "base/banned.h"

/* ---- cgroup.events ---- */

/* "key N" lines: the value of `key` is `value`. */
static bool event_is(const char *text, const char *key, char value)
{
	size_t n = strlen(key);

	for (const char *p = text; p && *p;) {
		if (strncmp(p, key, n) == 0 && p[n] == ' ')
			return p[n + 1] == value;
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	return false;
}

/*
 * Wait until `key` has `value`. 0, -ETIMEDOUT, or -errno; a cgroup that is gone
 * is -ENOENT or -ENODEV. POLLPRI comes with every change after the last read.
 */
static int wait_event(const char *dir, const char *key, char value,
		      deadline_t deadline)
{
	AUTO(str) char *path = xasprintf("%s/cgroup.events", dir);
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLPRI };
		char text[256];
		ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

		if (n < 0)
			return -errno;
		text[n] = '\0';
		if (event_is(text, key, value))
			return 0;
		int ms = deadline_poll_ms(deadline);

		if (ms == 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, ms) < 0 && errno != EINTR)
			return -errno;
	}
}

static bool is_gone(int r)
{
	return r == -ENOENT || r == -ENODEV;
}

/* ---- checks ---- */

static int refuse_populated(const struct cg_dir *d, struct err *e)
{
	struct pid_list list = { 0 };
	size_t hidden = 0;
	char text[400];

	(void)cg_tree_pids(d->dir, &list, &hidden);
	if (list.n + hidden == 0)
		(void)cg_tree_threads(d->dir, &list, &hidden);
	cg_pids_sort(&list);
	(void)err_set(e, EBUSY, "container's cgroup is not empty: %zu process(es)"
		      " found in '%s': %s", list.n + hidden, d->dir,
		      cg_pids_text(&list, text, sizeof(text)));
	(void)err_hint(e, "choose another cgroupsPath, or stop them");
	free(list.v);
	return err_at(e, "/linux/cgroupsPath");
}

int cg2_check(const struct cg_dir *d, struct err *e)
{
	AUTO(arena) struct arena a = { 0 };
	const char *events = cg_read(&a, d->dir, "cgroup.events");

	if (event_is(events, "populated", '1'))
		return refuse_populated(d, e);
	if (event_is(events, "frozen", '1')) {
		(void)err_set(e, EBUSY, "container's cgroup unexpectedly frozen "
			      "('%s'%s)", d->dir,
			      cg2_frozen(d->dir) ? "" : ", by a cgroup above it");
		return err_at(e, "/linux/cgroupsPath");
	}
	return 0;
}

/* Nor is a cgroup below a threaded one usable by a container. */
int cg2_check_type(const struct cg_dir *d, struct err *e)
{
	AUTO(arena) struct arena a = { 0 };
	const char *type = cg_read(&a, d->dir, "cgroup.type");
	const char *mode = "in an invalid state";

	if (!*type || streq(type, "domain"))
		return 0;
	if (!streq(type, "domain invalid"))
		mode = streq(type, "threaded") ? "in threaded mode"
					       : "in domain threaded mode";
	(void)err_set(e, ENOTSUP, "cannot enter cgroupv2 '%s' with domain "
		      "controllers -- it is %s", d->dir, mode);
	char *path = arena_strdup(&a, d->dir);
	size_t base = d->mount ? strlen(d->mount) : 0;

	/* Name the ancestor that has made it so. */
	for (char *s; (s = strrchr(path, '/')) && s > path + base;) {
		*s = '\0';
		const char *t = cg_read(&a, path, "cgroup.type");

		if (streq(t, "domain threaded")) {
			(void)err_hint(e, "'%s' is the root of a threaded "
				       "subtree; use a cgroupsPath elsewhere",
				       path);
			break;
		}
	}
	return err_at(e, "/linux/cgroupsPath");
}

/* ---- controllers ---- */

/* Why a controller could not be enabled: the first refusal. */
struct refusal {
	const char *dir, *ctrl;
	int code;
};

static bool needed(const struct cg_writes *w, const char *ctrl)
{
	for (size_t i = 0; w && i < w->n; i++)
		if (w->v[i].v2 && streq(w->v[i].ctrl, ctrl))
			return true;
	return false;
}

/* Does every word of `list` occur in `in`? */
static bool all_in(const char *list, const char *in)
{
	while (*list) {
		size_t n = strcspn(list, " ");
		char word[64];

		if (n && n < sizeof(word)) {
			memcpy(word, list, n);
			word[n] = '\0';
			if (!cg_has_word(in, word, ' '))
				return false;
		}
		list += n + (list[n] != '\0');
	}
	return true;
}

/* Is everything that is needed there? */
static bool all_needed_in(const struct cg_writes *w, const char *have)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i].v2 && *w->v[i].ctrl &&
		    !cg_has_word(have, w->v[i].ctrl, ' '))
			return false;
	return true;
}

/*
 * Is a process in `dir` itself? The root of the hierarchy, which alone has no
 * type, may hold some.
 */
static bool holds_processes(struct arena *a, const char *dir)
{
	return *cg_read(a, dir, "cgroup.procs") && *cg_read(a, dir, "cgroup.type");
}

/*
 * Enable for the children of `dir`: at once, else one by one. `wish`: what is
 * on offer, not only what is needed. Not where processes are: the kernel refuses
 * that for most controllers, but for cpu, cpuset and pids it makes the cgroup the
 * root of a threaded subtree instead, which no container can be in.
 */
static void enable_in(struct arena *a, const char *dir,
		      const struct cg_writes *w, bool wish,
		      struct refusal *refusal)
{
	const char *file = "cgroup.subtree_control";
	const char *on = cg_read(a, dir, file);
	char *p = arena_strdup(a, cg_read(a, dir, "cgroup.controllers"));
	AUTO(strbuf) struct str all = { 0 };
	const char *lack[32];
	size_t n = 0;

	while (p && *p && n < 32) {
		char *end = strchr(p, ' ');

		if (end)
			*end = '\0';
		if (*p && !cg_has_word(on, p, ' ') && (wish || needed(w, p))) {
			str_addf(&all, "%s+%s", n ? " " : "", p);
			lack[n++] = p;
		}
		p = end ? end + 1 : NULL;
	}
	if (n == 0)
		return;
	bool held = holds_processes(a, dir);

	if (!held && cg_put(dir, file, str_text(&all)) >= 0)
		return;
	for (size_t i = 0; i < n; i++) {
		int r = held ? -EBUSY :
			       cg_put(dir, file, arena_printf(a, "+%s", lack[i]));

		if (r < 0 && !refusal->code && needed(w, lack[i]))
			*refusal = (struct refusal){ dir, lack[i], -r };
	}
}

static void hint_refusal(const struct refusal *r, struct err *e)
{
	AUTO(arena) struct arena a = { 0 };
	struct pid_list list = { 0 };
	struct stat st;
	char text[300];

	switch (r->code) {
	case EBUSY:
		(void)cg_tree_pids(r->dir, &list, NULL);
		cg_pids_sort(&list);
		(void)err_hint(e, "'%s' holds processes itself (of the tree: %s);"
			       " move them to a child, a cgroup with "
			       "controllers for children must be empty", r->dir,
			       cg_pids_text(&list, text, sizeof(text)));
		free(list.v);
		break;
	case EACCES:
	case EPERM:
		if (stat(r->dir, &st) == 0)
			(void)err_hint(e, "'%s' belongs to uid %u, who must "
				       "enable it in cgroup.subtree_control",
				       r->dir, st.st_uid);
		break;
	case EINVAL:
		if (streq(r->ctrl, "cpu"))
			(void)err_hint(e, "real-time processes outside the root "
				       "cgroup forbid it");
		break;
	case EOPNOTSUPP:
		(void)err_hint(e, "'%s' is %s", r->dir,
			       cg_read(&a, r->dir, "cgroup.type"));
		break;
	default:
		break;
	}
}

/* Everything that is needed and still missing is an error. */
static int check_enabled(const char *dir, const char *boundary,
			 const struct cg_writes *w, const struct refusal *refusal,
			 struct err *e)
{
	AUTO(arena) struct arena a = { 0 };
	const char *have = cg_read(&a, dir, "cgroup.controllers");

	for (size_t i = 0; w && i < w->n; i++) {
		const struct cg_write *x = &w->v[i];

		if (!x->v2 || !*x->ctrl || cg_has_word(have, x->ctrl, ' '))
			continue;
		if (refusal->code) {
			(void)err_errno(e, refusal->code, "controller '%s' "
					"cannot be enabled for the children of "
					"'%s'", refusal->ctrl, refusal->dir);
			hint_refusal(refusal, e);
		} else {
			(void)err_set(e, ENOTSUP, "controller '%s' is not "
				      "available in '%s' (it has: %s)", x->ctrl,
				      dir, *have ? have : "none");
			if (boundary)
				(void)err_hint(e, "'%s' was delegated without it: "
					       "Delegate= of its unit names the "
					       "controllers", boundary);
			(void)err_hint(e, "a cgroup above it does not pass the "
				       "controller on (cgroup.subtree_control)");
		}
		return err_at(e, "%s", x->pointer);
	}
	return 0;
}

static bool is_boundary(const char *dir)
{
	char v[4];

	return getxattr(dir, "trusted.delegate", v, sizeof(v)) > 0 ||
	       getxattr(dir, "user.delegate", v, sizeof(v)) > 0;
}

static int enable_chain(const struct cgroup *cg, const struct cg_dir *d,
			const struct cg_writes *w, struct err *e)
{
	AUTO(arena) struct arena a = { 0 };
	struct refusal refusal = { 0 };
	const char *boundary = NULL;
	char *p = arena_strdup(&a, d->dir);
	size_t base = strlen(d->mount);

	/* The innermost boundary counts; nothing above it is ours to arrange. */
	for (size_t n = strlen(p); !boundary && n > base + 1;) {
		if (p[--n] != '/')
			continue;
		p[n] = '\0';
		if (is_boundary(p))
			boundary = p;
	}
	for (const char *s = d->dir + base; s; s = strchr(s + 1, '/')) {
		const char *dir = arena_strndup(&a, d->dir,
						(size_t)(s - d->dir));

		if (boundary && strlen(dir) < strlen(boundary))
			continue;
		/* A hybrid host's cgroup2 tree belongs to others: needs only. */
		enable_in(&a, dir, w, cg->unified, &refusal);
	}
	return check_enabled(d->dir, boundary, w, &refusal, e);
}

void cg2_pass_on(const char *from, const char *to)
{
	AUTO(arena) struct arena a = { 0 };
	struct refusal ignored = { 0 };

	for (const char *s = to + strlen(from); s; s = strchr(s + 1, '/'))
		enable_in(&a, arena_strndup(&a, to, (size_t)(s - to)), NULL, true,
			  &ignored);
}

int cg2_ensure(const struct cgroup *cg, const struct cg_dir *d,
	       const struct cg_writes *w, struct err *e)
{
	AUTO(arena) struct arena a = { 0 };

	if (all_needed_in(w, cg_read(&a, d->dir, "cgroup.controllers")))
		return 0;
	return enable_chain(cg, d, w, e);
}

/* ---- create ---- */

int cg_open_locked(struct cgroup *cg, const struct cg_dir *d, int *ret_fd,
		   struct err *e)
{
	AUTO(fd) int fd = open(d->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC |
					       O_NOFOLLOW);

	if (fd < 0)
		return err_errno(e, errno, "cannot open cgroup '%s'", d->dir);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		cg->foreign = true;
		(void)err_set(e, EBUSY, "container's cgroup is not empty: another"
			      " container is just being made in '%s'", d->dir);
		return err_at(e, "/linux/cgroupsPath");
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* Does the list hold a controller that no threaded cgroup can have? */
static bool has_domain_controller(const char *list)
{
	return cg_has_word(list, "memory", ' ') || cg_has_word(list, "io", ' ') ||
	       cg_has_word(list, "hugetlb", ' ');
}

int cg2_create(struct cgroup *cg, struct cg_dir *d, struct err *e)
{
	if (cg->fd2 >= 0) /* done before */
		return 0;
	int r = cg_mkdirs(d, e);

	if (r < 0)
		return r;
	r = cg_open_locked(cg, d, &cg->fd2, e);
	if (r < 0)
		return r;
	/* systemd has made it, and our process is in it already */
	r = cg->sd ? 0 : cg2_check(d, e);
	const char *have = cg_read(&cg->arena, d->dir, "cgroup.controllers");
	bool complete = all_needed_in(&cg->writes, have) &&
			(!cg->unified || all_in(cg->avail, have));

	/* A domain controller inside proves that the type is "domain". */
	if (r == 0 && (!complete || !has_domain_controller(have)))
		r = cg2_check_type(d, e);
	if (r < 0) {
		cg->foreign = !d->made;
		return r;
	}
	cg_mark_put(cg, d);
	return complete ? 0 : enable_chain(cg, d, &cg->writes, e);
}

/* ---- freezer ---- */

bool cg2_frozen(const char *dir)
{
	AUTO(arena) struct arena a = { 0 };

	return streq(cg_read(&a, dir, "cgroup.freeze"), "1");
}

bool cg2_stops(const char *dir)
{
	AUTO(arena) struct arena a = { 0 };

	return cg2_frozen(dir) ||
	       event_is(cg_read(&a, dir, "cgroup.events"), "frozen", '1');
}

int cg2_freeze(const char *dir, bool on, deadline_t deadline, struct err *e)
{
	struct pid_list list = { 0 };
	char text[480];
	int r = cg_put(dir, "cgroup.freeze", on ? "1" : "0");

	if (r < 0 && !on && is_gone(r))
		return 0;
	if (r == -ENOENT && access(dir, F_OK) == 0)
		return err_set(e, EOPNOTSUPP, "freezer not supported: '%s' has "
			       "no cgroup.freeze", dir);
	if (r < 0)
		return err_errno(e, -r, "cannot %s '%s'", on ? "freeze" : "thaw",
				 dir);
	/* A frozen ancestor keeps it frozen: nothing to wait for then. */
	if (!on)
		return 0;
	r = wait_event(dir, "frozen", '1', deadline);
	if (r == 0)
		return 0;
	if (r != -ETIMEDOUT)
		return err_errno(e, -r, "cannot wait for '%s' to freeze", dir);
	(void)cg_tree_pids(dir, &list, NULL);
	cg_pids_sort(&list);
	(void)cg_put(dir, "cgroup.freeze", "0");
	(void)err_set(e, ETIMEDOUT, "unable to freeze '%s' in time: %s", dir,
		      cg_pids_stuck(&list, text, sizeof(text)));
	free(list.v);
	return -e->code;
}

/* ---- destroy ---- */

int cg2_destroy(const struct cg_dir *d, deadline_t deadline, struct err *e)
{
	struct pid_list list = { 0 };
	bool was_empty = false;
	char text[480];
	int r;

	while ((r = cg_tree_remove(d->dir)) == -EBUSY) {
		r = wait_event(d->dir, "populated", '0', deadline);
		if (r == -ETIMEDOUT) {
			r = -EBUSY;
			break;
		}
		/* A cgroup that is gone ends the loop above. */
		if (r < 0 && !is_gone(r))
			break;
		if (r == 0 && was_empty && !cg_step(deadline)) {
			r = -EBUSY;
			break;
		}
		was_empty = r == 0;
	}
	if (r == -EBUSY) {
		(void)cg_tree_pids(d->dir, &list, NULL);
		cg_pids_sort(&list);
		(void)err_set(e, EBUSY, "cannot remove cgroup '%s': %zu "
			      "process(es) left: %s", d->dir, list.n,
			      cg_pids_stuck(&list, text, sizeof(text)));
		free(list.v);
	} else if (r < 0) {
		(void)err_errno(e, -r, "cannot remove cgroup '%s'", d->dir);
	}
	return r;
}

/* ---- reasons of a refused entry ---- */

/* Both below the mount point: their common part, as a directory. */
static const char *common_dir(struct arena *a, const char *x, const char *y)
{
	size_t end = 0;

	for (size_t i = 0;; i++) {
		if ((!x[i] || x[i] == '/') && (!y[i] || y[i] == '/'))
			end = i;
		if (!x[i] || !y[i] || x[i] != y[i])
			break;
	}
	return arena_strndup(a, x, end);
}

static void hint_ancestor(const char *dir, pid_t pid, struct err *e)
{
	AUTO(arena) struct arena a = { 0 };
	AUTO(str) char *text = NULL;
	struct stat st;

	if (file_read_at(AT_FDCWD, arena_printf(&a, "/proc/%d/cgroup", pid),
			 CG_FILE_MAX, &text, NULL) < 0)
		return;
	const char *self = cg_self_path(&a, text, "");

	if (!self)
		return;
	const char *common = common_dir(&a, arena_printf(&a, CG_ROOT "%s", self),
					dir);

	if (stat(arena_printf(&a, "%s/cgroup.procs", common), &st) == 0)
		(void)err_hint(e, "moving a process from '%s' needs write access "
			       "to '%s/cgroup.procs', which belongs to uid %u",
			       self, common, st.st_uid);
}

void cg2_enter_hint(const char *dir, pid_t pid, int code, struct err *e)
{
	AUTO(arena) struct arena a = { 0 };

	switch (code) {
	case EBUSY:
		(void)err_hint(e, "'%s' gives controllers to its children (%s), "
			       "so it cannot hold processes itself", dir,
			       cg_read(&a, dir, "cgroup.subtree_control"));
		break;
	case EOPNOTSUPP:
		(void)err_hint(e, "its type is '%s'",
			       cg_read(&a, dir, "cgroup.type"));
		break;
	case EACCES:
	case EPERM:
		hint_ancestor(dir, pid, e);
		break;
	default:
		break;
	}
}
