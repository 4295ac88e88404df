/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is special to a v1 hierarchy: cpuset directories are useless until cpus
 * and mems are copied down to them, the freezer has no event and may need
 * several attempts, and nothing tells when a cgroup becomes empty.
 *
 * Sources: the kernel's cgroup-v1/cgroups.rst, cpusets.rst,
 * freezer-subsystem.rst.
 */
#include "config.h"

#include "cgroup/cg_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/proc.h"
#include "base/sys.h"

#include "base/banned.h"

int cg1_check(const struct cg_dir *d, struct err *e)
{
	struct pid_list list = { 0 };
	size_t hidden = 0;
	char text[400];

	/* The usual case in one system call. */
	if (access(d->dir, F_OK) < 0)
		return 0;
	int r = cg_tree_pids(d->dir, &list, &hidden);

	if (r < 0) {
		free(list.v);
		return err_errno(e, -r, "cannot list the processes of cgroup "
				 "'%s'", d->dir);
	}
	if (list.n + hidden) {
		cg_pids_sort(&list);
		(void)err_set(e, EBUSY, "container's cgroup is not empty: %zu "
			      "process(es) found in '%s': %s",
			      list.n + hidden, d->dir,
			      cg_pids_text(&list, text, sizeof(text)));
		(void)err_hint(e, "choose another cgroupsPath, or stop them");
		free(list.v);
		return err_at(e, "/linux/cgroupsPath");
	}
	free(list.v);
	if (cg_has_word(d->names, "freezer", ',') && cg1_frozen(d->dir)) {
		(void)err_set(e, EBUSY, "container's cgroup unexpectedly frozen "
			      "('%s')", d->dir);
		(void)err_hint(e, "write THAWED to its freezer.state");
		return err_at(e, "/linux/cgroupsPath");
	}
	return 0;
}

/* ---- create ---- */

/* "cpuset.cpus", or "cpus" with the mount option noprefix. */
static const char *cpuset_file(struct arena *a, const char *dir,
			       const char *name)
{
	const char *full = arena_printf(a, "cpuset.%s", name);

	return access(arena_printf(a, "%s/%s", dir, full), F_OK) == 0
		? full : name;
}

/* Give `dir` the parent's value unless it has one. */
static int inherit_file(struct arena *a, const char *parent, const char *dir,
			const char *name, struct err *e)
{
	const char *file = cpuset_file(a, dir, name);

	if (*cg_read(a, dir, file))
		return 0;
	const char *value = cg_read(a, parent, file);
	int r = *value ? cg_put(dir, file, value) : 0;

	if (r < 0)
		return err_errno(e, -r, "cannot copy '%s' of the parent to "
				 "'%s/%s'", value, dir, file);
	return 0;
}

static int inherit(struct arena *a, const char *parent, const char *dir,
		   struct err *e)
{
	int r = inherit_file(a, parent, dir, "cpus", e);

	return r < 0 ? r : inherit_file(a, parent, dir, "mems", e);
}

/*
 * No process can enter a cpuset without cpus and mems. Every new directory
 * starts empty, so the values are passed down from the mount point; the last
 * directory takes the config's first, which may be all it is allowed to have
 * (cpu_exclusive).
 */
static int cpuset_down(struct cgroup *cg, const struct cg_dir *d,
		       struct err *e)
{
	AUTO(arena) struct arena a = { 0 };
	size_t base = strlen(d->mount);
	char *path = arena_strdup(&a, d->dir);
	char *parent = arena_strndup(&a, d->dir, base);

	for (char *p = path + base + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		int r = inherit(&a, parent, path, e);

		if (r < 0)
			return r;
		parent = arena_strdup(&a, path);
		*p = '/';
	}
	int r = cg_write_early(cg, "cpuset", e);

	return r < 0 ? r : inherit(&a, parent, d->dir, e);
}

/* A frozen parent would freeze the container's first process before it speaks. */
static int check_thawed(struct cgroup *cg, const struct cg_dir *d,
			struct err *e)
{
	const char *state = cg_read(&cg->arena, d->dir, "freezer.state");

	if (!*state || streq(state, "THAWED"))
		return 0;
	(void)err_set(e, EBUSY, "container's cgroup unexpectedly frozen ('%s', "
		      "by a cgroup above it)", d->dir);
	return err_at(e, "/linux/cgroupsPath");
}

int cg1_create(struct cgroup *cg, struct cg_dir *d, struct err *e)
{
	int r = cg_mkdirs(d, e);

	if (r == 0 && !cg->d2 && cg->lock1 < 0)
		r = cg_open_locked(cg, d, &cg->lock1, e);
	if (r < 0)
		return r;
	if (!d->made && !cg->sd) {
		r = cg1_check(d, e);
		if (r < 0) {
			cg->foreign = r == -EBUSY;
			return r;
		}
	}
	cg_mark_put(cg, d);
	if (cg_has_word(d->names, "cpuset", ','))
		r = cpuset_down(cg, d, e);
	if (r == 0 && cg_has_word(d->names, "cpu", ','))
		r = cg_write_early(cg, "cpu", e);
	if (r == 0 && cg_has_word(d->names, "freezer", ','))
		r = check_thawed(cg, d, e);
	return r;
}

/* ---- freezer ---- */

bool cg1_frozen(const char *dir)
{
	AUTO(arena) struct arena a = { 0 };
	/* "Asked for here", as opposed to by an ancestor; FREEZING counts. */
	const char *self = cg_read(&a, dir, "freezer.self_freezing");

	if (*self)
		return streq(self, "1");
	self = cg_read(&a, dir, "freezer.state");
	return *self && !streq(self, "THAWED");
}

bool cg1_stops(const char *dir)
{
	AUTO(arena) struct arena a = { 0 };
	const char *state = cg_read(&a, dir, "freezer.state");

	return *state && !streq(state, "THAWED");
}

static int thaw(const char *dir, struct err *e)
{
	int r = cg_put(dir, "freezer.state", "THAWED");

	if (r < 0 && r != -ENOENT)
		return err_errno(e, -r, "cannot thaw '%s'", dir);
	return 0;
}

/*
 * The freezer misses processes that are just being forked; writing again
 * catches them. There is nothing to poll(2) for: short steps in the deadline,
 * with a thaw now and then so that what blocks can move on.
 */
int cg1_freeze(const char *dir, bool on, deadline_t deadline, struct err *e)
{
	char text[480];

	if (!on)
		return thaw(dir, e);
	for (unsigned int i = 1;; i++) {
		AUTO(arena) struct arena a = { 0 };
		int r = cg_put(dir, "freezer.state", "FROZEN");

		if (r < 0)
			return err_errno(e, -r, "cannot freeze '%s'", dir);
		if (streq(cg_read(&a, dir, "freezer.state"), "FROZEN"))
			return 0;
		if (i % 8 == 0) /* mostly it is only a matter of trying again */
			(void)cg_put(dir, "freezer.state", "THAWED");
		if (i > 8 && !cg_step(deadline))
			break;
	}
	struct pid_list list = { 0 };

	(void)cg_tree_pids(dir, &list, NULL);
	cg_pids_sort(&list);
	(void)cg_put(dir, "freezer.state", "THAWED");
	(void)err_set(e, ETIMEDOUT, "unable to freeze '%s' in time: %s", dir,
		      cg_pids_stuck(&list, text, sizeof(text)));
	free(list.v);
	return -e->code;
}

/* ---- destroy ---- */

/* Wait for the end of what is listed. A pid that is reused is not ours. */
static void wait_for(const struct pid_list *list, deadline_t deadline)
{
	for (size_t i = 0; i < list->n; i++) {
		AUTO(fd) int pidfd = sys_pidfd_open(list->v[i], 0);

		if (pidfd >= 0 && pidfd_wait(pidfd, deadline) == -ETIMEDOUT)
			return;
	}
}

int cg1_destroy(const struct cg_dir *d, deadline_t deadline, struct err *e)
{
	struct pid_list list = { 0 };
	char text[480];
	int r, i = 0;

	while ((r = cg_tree_remove(d->dir)) == -EBUSY) {
		/* A killed process that is frozen cannot die. */
		if (cg_has_word(d->names, "freezer", ','))
			cg_tree_put(d->dir, "freezer.state", "THAWED");
		list.n = 0;
		(void)cg_tree_pids(d->dir, &list, NULL);
		wait_for(&list, deadline);
		/* Dead, but not yet uncounted: the kernel gives no event. */
		if (i++ > 0 && !cg_step(deadline))
			break;
	}
	if (r == -EBUSY) {
		cg_pids_sort(&list);
		(void)err_set(e, EBUSY, "cannot remove cgroup '%s': %zu "
			      "process(es) left: %s", d->dir, list.n,
			      cg_pids_stuck(&list, text, sizeof(text)));
	} else if (r < 0) {
		(void)err_errno(e, -r, "cannot remove cgroup '%s'", d->dir);
	}
	free(list.v);
	return r;
}
