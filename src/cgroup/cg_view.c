/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What cgroup mounts in the container need (struct cgroup_view): the mount points
 * of the hierarchies and the directories in them where the container is: its own,
 * or the caller's if it has none (--cgroup-manager disabled). Makes nothing.
 */
#include "config.h"

#include "cgroup/cgroup.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "cgroup/cg_internal.h"

#include "base/banned.h"

int cg_find_mounts(struct cgroup *cg, struct err *e)
{
	struct cg_layout layout;
	int r = cg_layout_probe(&layout, &cg->arena, false, e);

	for (size_t i = 0; r == 0 && i < layout.n * cg->n_dirs; i++) {
		const struct cg_hier *h = &layout.v[i / cg->n_dirs];
		struct cg_dir *d = &cg->dirs[i % cg->n_dirs];

		if (!d->mount && h->mount && h->v2 == d->v2 &&
		    path_below(d->dir, h->mount))
			d->mount = h->mount;
	}
	return r;
}

/* The directories to show. */
struct seen {
	const struct cg_dir *v, *d2;
	size_t n;
	bool unified;
};

static void view_links(struct arena *a, struct cgroup_mount *m,
		       const char *names)
{
	char *p = arena_strdup(a, names);

	m->links = arena_array(a, strlen(names), sizeof(*m->links));
	while (p) {
		char *end = strchr(p, ',');

		if (end)
			*end = '\0';
		if (!streq(p, m->subdir))
			m->links[m->n_links++] = p;
		p = end ? end + 1 : NULL;
	}
}

/*
 * Where the container's processes are: in the caller's cgroup, which is the one
 * above, if there was no permission to make theirs and nothing asked for it.
 */
static const char *view_dir(struct arena *a, const struct cg_dir *d)
{
	const char *slash = strrchr(d->dir, '/');

	if (!d->dropped || !slash)
		return d->dir;
	return arena_printf(a, "%.*s", (int)(slash - d->dir), d->dir);
}

static void fill(struct cgroup_view *v, const struct seen *s, struct arena *a)
{
	v->v2 = s->unified;
	v->v2_mount = s->d2 ? s->d2->mount : NULL;
	v->v2_host_dir = s->d2 ? view_dir(a, s->d2) : NULL;
	v->n_mounts = 0;
	if (s->unified)
		return;
	v->mounts = arena_array(a, s->n, sizeof(*v->mounts));
	for (size_t i = 0; i < s->n; i++) {
		const struct cg_dir *d = &s->v[i];

		if (d->v2 || !d->mount)
			continue;
		struct cgroup_mount *m = &v->mounts[v->n_mounts++];
		const char *slash = strrchr(d->mount, '/');
		bool named = str_starts(d->names, "name=");

		*m = (struct cgroup_mount){
			.subdir = slash ? slash + 1 : d->mount,
			.data = named ? arena_printf(a, "none,%s", d->names)
				      : d->names,
			.host_dir = view_dir(a, d),
		};
		if (!named && strchr(d->names, ','))
			view_links(a, m, d->names);
	}
}

/* The cgroups of this process; a host that cannot be read has none. */
static void find_own(struct seen *ret, struct arena *a)
{
	struct err ignored = ERR_INIT;
	struct cg_layout l;
	struct cg_dir *v;

	if (cg_layout_probe(&l, a, true, &ignored) < 0)
		return;
	ret->unified = l.unified;
	l.unified = false; /* "." is our own cgroup then, not the one above */
	v = arena_array(a, l.n, sizeof(*v));
	for (size_t i = 0; i < l.n; i++) {
		const struct cg_hier *h = &l.v[i];

		v[i] = (struct cg_dir){ .names = h->names, .mount = h->mount,
					.v2 = h->v2,
					.dir = cg_path_dir(a, &l, h, ".") };
		if (h->v2)
			ret->d2 = &v[i];
	}
	ret->v = v;
	ret->n = l.n;
}

const struct cgroup_view *cgroup_view(struct cgroup *cg)
{
	struct seen s = { cg->dirs, cg->d2, cg->n_dirs, cg->unified };
	struct err ignored = ERR_INIT; /* no mounts: an empty view */

	if (cg->driver == CGROUP_DISABLED)
		find_own(&s, &cg->arena);
	else if (!cg->unified && cg->n_dirs > 0 && !cg->dirs[0].mount)
		(void)cg_find_mounts(cg, &ignored);
	fill(&cg->view, &s, &cg->arena);
	return &cg->view;
}
