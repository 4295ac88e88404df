/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What cgroup mounts in the container need (struct cgroup_view): the mount points
 * of the hierarchies and the container's directories in them. Makes nothing.
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

static void view_links(struct cgroup *cg, struct cgroup_mount *m,
		       const char *names)
{
	char *p = arena_strdup(&cg->arena, names);

	m->links = arena_array(&cg->arena, strlen(names), sizeof(*m->links));
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
static const char *view_dir(struct cgroup *cg, const struct cg_dir *d)
{
	const char *slash = strrchr(d->dir, '/');

	if (!d->dropped || !slash)
		return d->dir;
	return arena_printf(&cg->arena, "%.*s", (int)(slash - d->dir), d->dir);
}

const struct cgroup_view *cgroup_view(struct cgroup *cg)
{
	struct cgroup_view *v = &cg->view;
	struct arena *a = &cg->arena;

	v->v2 = cg->unified;
	v->v2_mount = cg->d2 ? cg->d2->mount : NULL;
	v->v2_host_dir = cg->d2 ? view_dir(cg, cg->d2) : NULL;
	v->n_mounts = 0;
	if (cg->unified)
		return v;
	if (cg->n_dirs > 0 && !cg->dirs[0].mount) {
		struct err ignored = ERR_INIT; /* no mounts: an empty view */

		(void)cg_find_mounts(cg, &ignored);
	}
	v->mounts = arena_array(a, cg->n_dirs, sizeof(*v->mounts));
	for (size_t i = 0; i < cg->n_dirs; i++) {
		const struct cg_dir *d = &cg->dirs[i];

		if (d->v2 || !d->mount)
			continue;
		struct cgroup_mount *m = &v->mounts[v->n_mounts++];
		const char *slash = strrchr(d->mount, '/');
		bool named = str_starts(d->names, "name=");

		*m = (struct cgroup_mount){
			.subdir = slash ? slash + 1 : d->mount,
			.data = named ? arena_printf(a, "none,%s", d->names)
				      : d->names,
			.host_dir = view_dir(cg, d),
		};
		if (!named && strchr(d->names, ','))
			view_links(cg, m, d->names);
	}
	return v;
}
