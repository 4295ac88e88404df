/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sub-cgroups for exec: which directory below the container's own a process
 * enters, for all hierarchies ("PATH") or for those of some controllers
 * ("cpu,cpuacct:PATH"). Makes nothing: a sub-cgroup exists, or entering fails.
 * Must not let a path lead out of the container's cgroup.
 */
#include "config.h"

#include "cgroup/cg_internal.h"

#include <errno.h>
#include <string.h>

#include "base/path.h"
#include "base/str.h"

#include "base/banned.h"

/* "" is the container's own directory, and a choice as any other. */
static int relative(struct cgroup *cg, const char *path, const char **ret,
		    struct err *e)
{
	if (path_has_dotdot(path))
		return err_set(e, EINVAL, "bad sub cgroup path '%s'", path);
	*ret = arena_strdup(&cg->arena, path + strspn(path, "/"));
	return 0;
}

static int choose_one(struct cgroup *cg, const char *ctrl, const char *path,
		      struct err *e)
{
	struct cg_dir *d = cg_find_v1(cg, ctrl);

	if (!*ctrl)
		return err_set(e, EINVAL, "empty controller before ':%s'", path);
	if (!d) {
		(void)err_set(e, EINVAL, "unknown controller '%s'", ctrl);
		return err_hint(e, cg->unified ?
				"cgroup v2 has one directory for all controllers: give a plain path" :
				"the container is in no cgroup v1 hierarchy of that name");
	}
	if (d->sub && !streq(d->sub, path))
		return err_set(e, EINVAL,
			       "controller '%s' (hierarchy '%s') is given twice",
			       ctrl, d->names);
	d->sub = path;
	return 0;
}

/* "cpu,cpuacct:PATH" */
static int choose(struct cgroup *cg, const char *arg, const char *colon,
		  struct err *e)
{
	const char *path = "", *p = arg;

	if (relative(cg, colon + 1, &path, e) < 0)
		return -e->code;
	for (;;) {
		size_t n = strcspn(p, ",:");
		const char *ctrl = arena_strndup(&cg->arena, p, n);

		if (choose_one(cg, ctrl, path, e) < 0)
			return -e->code;
		if (p[n] == ':')
			return 0;
		p += n + 1;
	}
}

int cgroup_choose(struct cgroup *cg, const struct str_list *args, struct err *e)
{
	const char *path = "";

	for (size_t i = 0; i < args->n; i++) {
		const char *arg = args->v[i], *colon = strchr(arg, ':');

		if (colon && choose(cg, arg, colon, e) < 0)
			return -e->code;
		if (colon)
			continue;
		if (args->n > 1)
			return err_set(e, EINVAL,
				       "'%s' lacks a controller: several sub-cgroups need CONTROLLER:PATH each",
				       arg);
		if (relative(cg, arg, &path, e) < 0)
			return -e->code;
		for (size_t k = 0; k < cg->n_dirs; k++)
			cg->dirs[k].sub = path;
	}
	return 0;
}
