/* SPDX-License-Identifier: Apache-2.0 */
/* create, the control groups and resctrl (create_cgroup.h). */
#include "config.h"
#include "runtime/create_cgroup.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <errno.h>
#include <sys/mount.h>

#include "base/banned.h"

#define DELEGATE_PTR "/annotations/run.oci.delegate-cgroup"

/*
 * Who has no right to the whole tree. Root of a user namespace may be root of a
 * nested system, with a manager of its own, or a user who made the namespace.
 */
static bool is_rootless(const struct creation *cr)
{
	const struct runtime *rt = cr->opts->p.rt;

	if (rt->rootless.set)
		return rt->rootless.v;
	return cr->host.euid != 0 ||
	       (cr->host.in_userns &&
		(rt->driver != CGROUP_SYSTEMD || cgroup_of_user()));
}

int creation_plan_cgroup(struct creation *cr, struct err *e)
{
	const struct opt_bool *asked = &cr->opts->p.rt->rootless;
	struct cgroup_req req = {
		.driver = cr->opts->p.rt->driver,
		.id = cr->opts->id,
		.cgroups_path = cr->spec.linux_.cgroups_path,
		.resources = &cr->spec.linux_.resources,
		.annotations = &cr->spec.annotations,
		.prefix = cr->opts->p.rt->name,
		.subgroup = cr->spec.run_oci.subgroup,
		.rootless = is_rootless(cr),
		.strict = asked->set && !asked->v,
	};

	if (cgroup_plan(&cr->cg, &req, e) < 0)
		return -e->code;
	if (!cr->spec.run_oci.delegate_cgroup ||
	    cgroup_descend_check(cr->cg, e) == 0)
		return 0;
	return err_at(e, DELEGATE_PTR);
}

static bool writable_mount(const struct spec *spec)
{
	for (size_t i = 0; i < spec->n_mounts; i++) {
		const struct spec_mount *m = &spec->mounts[i];

		if (m->kind == MOUNT_CGROUP &&
		    streq(m->destination, "/sys/fs/cgroup") &&
		    !(m->o.flags & MS_RDONLY))
			return true;
	}
	return false;
}

/* Host id of the container's `uid`. False: it has none, or we cannot know. */
static bool host_uid(const struct spec *spec, uint32_t uid, uint32_t *ret)
{
	const struct spec_ns *user = &spec->linux_.ns[NS_USER];
	const struct idmap_list *map = &spec->linux_.uid_mappings;

	*ret = uid;
	if (!user->listed)
		return true;
	for (size_t i = 0; i < map->n; i++) {
		const struct spec_idmap *m = &map->v[i];

		if (uid >= m->container_id && uid - m->container_id < m->size) {
			*ret = m->host_id + (uid - m->container_id);
			return true;
		}
	}
	return false;
}

int creation_delegate_cgroup(struct creation *cr, struct err *e)
{
	const struct spec_ns *ns = &cr->spec.linux_.ns[NS_CGROUP];
	uint32_t uid;

	if (!ns->listed || ns->path || !writable_mount(&cr->spec) ||
	    !host_uid(&cr->spec, cr->spec.process.user.uid, &uid))
		return 0;
	/* It is ours already, and who is not root cannot give anything away. */
	if (uid == cr->host.euid || cr->host.euid != 0)
		return 0;
	return cgroup_delegate(cr->cg, uid, e);
}

int creation_descend_cgroup(struct creation *cr, struct err *e)
{
	const char *sub = cr->spec.run_oci.delegate_cgroup;
	uint32_t uid;

	if (!sub)
		return 0;
	if (!host_uid(&cr->spec, 0, &uid))
		uid = cr->host.euid;
	if (cgroup_descend(cr->cg, sub, cr->child.pid, uid, e) == 0)
		return 0;
	return err_at(e, DELEGATE_PTR);
}

int creation_plan_rdt(struct creation *cr, struct err *e)
{
	const struct spec_intel_rdt *rdt = &cr->spec.linux_.intel_rdt;
	struct record *rec = &cr->c.rec;

	if (!rdt->set)
		return 0;
	AUTO(str) char *root = rdt_find_root();

	return rdt_plan(&rec->rdt, &rec->arena, root, rdt, cr->opts->id,
			rec->mark, e);
}
