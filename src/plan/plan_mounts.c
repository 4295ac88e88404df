/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of steps.def that concern the file system: root, mounts, devices,
 * pivot, read-only and masked paths. Pure (I7); the places in the start are
 * those of steps.def (I8).
 *
 * A cgroup mount of the config is expanded here from the facts in
 * plan_request.cgroup, so that init mounts without knowing what a controller
 * is. Sources: runtime-spec config.md "Mounts", config-linux.md "Devices" and
 * "Default Devices"; cgroups(7); mount(2), pivot_root(2).
 */
#include "config.h"
#include "plan/build.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/protect.h"
#include "base/sys.h"

#include "base/banned.h"

int plan_fill_PROPAGATION(struct builder *b, struct err *e)
{
	uint64_t flags = b->spec->linux_.rootfs_propagation;

	if (b->exec)
		return 0;
	/* a copy of the host's namespace, to take sources from */
	if (b->req->verb == VERB_MOUNTS) {
		plan_add(b)->propagation.flags = MS_SLAVE | MS_REC;
		return 0;
	}
	if (!b->own_mounts) {
		if (flags == 0)
			return 0;
		(void)err_set(e, EINVAL,
			      "rootfsPropagation needs a mount namespace");
		(void)err_hint(e,
			       "add {\"type\": \"mount\"} to linux.namespaces");
		return err_at(e, "/linux/rootfsPropagation");
	}
	if (b->req->no_pivot && (flags & MS_PRIVATE)) {
		(void)err_set(e, EINVAL,
			      "rootfsPropagation of [r]private is not safe "
			      "without pivot_root");
		return err_at(e, "/linux/rootfsPropagation");
	}
	/* unbindable now would refuse the binds to come: not yet */
	if (flags == 0 || (flags & MS_UNBINDABLE))
		flags = MS_SLAVE | MS_REC;
	plan_add(b)->propagation.flags = flags;
	return 0;
}

int plan_fill_ROOTFS(struct builder *b, struct err *e)
{
	uint64_t flags = b->spec->linux_.rootfs_propagation;

	(void)e;
	if (b->exec)
		return 0;
	plan_add(b)->rootfs = (struct arg_rootfs){
		.path = b->req->rootfs,
		.own_ns = b->own_mounts,
		.private_parent = b->own_mounts && !(flags & MS_SLAVE),
	};
	return 0;
}

int plan_fill_TARGET(struct builder *b, struct err *e)
{
	(void)e;
	(void)plan_add(b);
	return 0;
}

/* ---- mounts ----------------------------------------------------------- */

static bool is_dev(const char *dest)
{
	AUTO(str) char *clean = path_clean(dest);

	return streq(clean, "/dev");
}

/* Of a new file system "rro" says the same as "ro": nothing is below it yet. */
static bool wants_ro(const struct spec_mount *m)
{
	return m->o.flags & MS_RDONLY ||
	       (m->o.rec_set & SYS_ATTR_RDONLY && m->kind != MOUNT_BIND &&
		m->kind != MOUNT_REMOUNT);
}

/*
 * Files are still to be made in /dev and, for tmpfs, modes to be set: such
 * mounts turn read-only at the end.
 */
static bool ro_is_late(const struct spec_mount *m)
{
	if (!wants_ro(m))
		return false;
	if (m->kind == MOUNT_REMOUNT)
		return streq(m->type, "tmpfs") && !(m->o.flags & MS_BIND);
	return m->kind == MOUNT_TMPFS || is_dev(m->destination);
}

static bool has_mode(const char *data)
{
	return data && (str_starts(data, "mode=") || strstr(data, ",mode="));
}

/* The label goes into the mount data, which these do not take. */
static bool takes_label(enum mount_kind kind)
{
	return kind != MOUNT_PROC && kind != MOUNT_SYSFS &&
	       kind != MOUNT_CGROUP;
}

static void set_label(struct builder *b, struct arg_mount *a)
{
	const char *label = b->spec->linux_.mount_label;

	if (label && *label && takes_label((enum mount_kind)a->kind)) {
		a->label_set = true;
		a->label = label;
		a->label_option = b->spec->run_oci.mount_context;
	}
}

/* What all mounts made for one entry of the config have in common. */
static struct arg_mount mount_base(const struct spec_mount *m, size_t index)
{
	return (struct arg_mount){
		.index = (uint32_t)index,
		.kind = m->kind,
		.dest = m->destination,
		.type = m->type,
		.source = m->source,
		.data = m->o.data,
		.flags = m->o.flags,
		.cleared = m->o.cleared,
		.rec_set = m->o.rec_set,
		.rec_clr = m->o.rec_clr,
		.propagation = m->o.propagation.v,
		.n_propagation = m->o.propagation.n,
	};
}

/* A REMOUNT_RO step follows. */
static void writable_for_now(struct arg_mount *a)
{
	a->ro_late = true;
	a->flags &= ~(uint64_t)MS_RDONLY;
	if (a->kind != MOUNT_BIND)
		a->rec_set &= ~SYS_ATTR_RDONLY;
}

static const char *bind_source(struct builder *b, const char *source)
{
	AUTO(str) char *abs = NULL;

	if (source[0] == '/')
		return source;
	abs = path_join(b->req->bundle, source);
	return arena_strdup(&b->plan->arena, abs);
}

/*
 * The root of a user namespace may be unable to reach the source. A parent
 * without privileges sees no more than init does.
 */
static bool by_parent(const struct builder *b, const struct spec_mount *m)
{
	return m->kind == MOUNT_BIND && b->user_ns && b->host->euid == 0 &&
	       !m->o.copy_symlink;
}

static void add_mount(struct builder *b, const struct spec_mount *m,
		      size_t index)
{
	struct arg_mount a = mount_base(m, index);

	a.tmpcopyup = m->o.tmpcopyup;
	a.copy_symlink = m->o.copy_symlink;
	a.src_nofollow = m->o.src_nofollow;
	a.dest_nofollow = m->o.dest_nofollow;
	if (m->kind == MOUNT_BIND)
		a.source = bind_source(b, m->source);
	a.by_parent = by_parent(b, m);
	a.idmap = spec_mount_idmapped(m);
	if (ro_is_late(m))
		writable_for_now(&a);
	a.mode_inherit = m->kind == MOUNT_TMPFS && !has_mode(a.data);
	set_label(b, &a);
	plan_add(b)->mount = a;
}

#define CGROUP_TMPFS_FLAGS ((uint64_t)(MS_NOSUID | MS_NODEV | MS_NOEXEC))

/* A cgroup2 tree, or the hierarchies of v1? */
static bool is_cgroup2(const struct spec_mount *m,
		       const struct cgroup_view *view)
{
	return view->v2 || streq(m->type, "cgroup2");
}

/*
 * In a cgroup namespace a mount of our own, whose root is the container's
 * cgroup; if the kernel refuses, the container's directory is bound. Without one
 * the host's mount is bound: another mount of the hierarchy would show the same,
 * but set the options of the host's (nsdelegate and the like) back to nothing.
 */
static void add_cgroup2(struct builder *b, const struct spec_mount *m,
			size_t index)
{
	const struct cgroup_view *view = b->req->cgroup;
	struct arg_mount a = mount_base(m, index);

	a.kind = MOUNT_CGROUP;
	a.type = "cgroup2";
	if (!b->cgroup_ns && view->v2_mount && !a.data) {
		a.kind = MOUNT_BIND;
		a.type = "bind";
		a.source = view->v2_mount;
		a.flags |= MS_BIND | MS_REC;
		if (!PROTECTED(CGROUP_READONLY))
			a.flags &= ~(uint64_t)MS_RDONLY;
	} else {
		a.way_out = b->cgroup_ns && view->v2_host_dir ?
				    view->v2_host_dir : view->v2_mount;
	}
	plan_add(b)->mount = a;
}

/* One v1 hierarchy on a directory of the tmpfs. */
static void add_hierarchy(struct builder *b, const struct spec_mount *m,
			  size_t index, const struct cgroup_mount *cm)
{
	struct arg_mount a = mount_base(m, index);

	a.dest = arena_printf(&b->plan->arena, "%s/%s", m->destination,
			      cm->subdir);
	if (b->cgroup_ns) {
		a.kind = MOUNT_FS;
		a.type = "cgroup";
		a.source = "cgroup";
		a.data = cm->data;
		a.flags = CGROUP_TMPFS_FLAGS | (m->o.flags & MS_RDONLY);
		a.cleared = 0;
	} else {
		a.kind = MOUNT_BIND;
		a.type = "bind";
		a.source = cm->host_dir;
		a.data = NULL;
		a.flags |= MS_BIND | MS_REC;
		if (!PROTECTED(CGROUP_READONLY))
			a.flags &= ~(uint64_t)MS_RDONLY;
	}
	plan_add(b)->mount = a;
}

static int add_cgroups(struct builder *b, const struct spec_mount *m,
		       size_t index, struct err *e)
{
	const struct cgroup_view *view = b->req->cgroup;
	struct arg_mount a;

	if (!view || (!is_cgroup2(m, view) && view->n_mounts == 0)) {
		(void)err_set(e, ENODEV,
			      "cannot mount '%s': no cgroup hierarchy",
			      m->destination);
		(void)err_hint(e, "the host has none, or cgroups are disabled");
		return err_at(e, "/mounts/%zu", index);
	}
	if (is_cgroup2(m, view)) {
		add_cgroup2(b, m, index);
		return 0;
	}
	a = mount_base(m, index);
	a.kind = MOUNT_TMPFS;
	a.type = "tmpfs";
	a.source = "tmpfs";
	a.data = "mode=755";
	a.flags = CGROUP_TMPFS_FLAGS;
	a.cleared = 0;
	if (wants_ro(m))
		writable_for_now(&a);
	set_label(b, &a);
	plan_add(b)->mount = a;
	for (size_t i = 0; i < view->n_mounts; i++)
		add_hierarchy(b, m, index, &view->mounts[i]);
	return 0;
}

/* Whoever maps ids must be privileged over the file system. */
static int check_idmap(const struct builder *b, const struct spec_mount *m,
		       size_t index, struct err *e)
{
	if (!spec_mount_idmapped(m) || b->host->euid == 0)
		return 0;
	(void)err_set(e, EPERM,
		      "id-mapped mounts are not supported for rootless containers");
	(void)err_hint(e, "they need CAP_SYS_ADMIN on the host");
	return err_at(e, "/mounts/%zu", index);
}

int plan_fill_MOUNT(struct builder *b, struct err *e)
{
	const char *label = b->spec->linux_.mount_label;

	if (b->exec)
		return 0;
	if (label && *label && !b->host->selinux) {
		(void)err_set(e, ENOTSUP,
			      "mount label is specified in config, but "
			      "selinux is disabled or not supported");
		return err_at(e, "/linux/mountLabel");
	}
	for (size_t i = 0; i < b->spec->n_mounts; i++) {
		const struct spec_mount *m = &b->spec->mounts[i];

		if (check_idmap(b, m, i, e) < 0)
			return -e->code;
		if (m->kind != MOUNT_CGROUP)
			add_mount(b, m, i);
		else if (add_cgroups(b, m, i, e) < 0)
			return -e->code;
	}
	return 0;
}

int plan_fill_SYMLINK(struct builder *b, struct err *e)
{
	const struct cgroup_view *view = b->req->cgroup;

	(void)e;
	if (b->exec || !view || view->v2)
		return 0;
	for (size_t i = 0; i < b->spec->n_mounts; i++) {
		const struct spec_mount *m = &b->spec->mounts[i];

		if (m->kind != MOUNT_CGROUP || is_cgroup2(m, view))
			continue;
		for (size_t j = 0; j < view->n_mounts; j++) {
			const struct cgroup_mount *cm = &view->mounts[j];

			for (size_t k = 0; k < cm->n_links; k++)
				plan_add(b)->symlink = (struct arg_symlink){
					.path = arena_printf(
						&b->plan->arena, "%s/%s",
						m->destination, cm->links[k]),
					.target = cm->subdir,
				};
		}
	}
	return 0;
}

int plan_fill_UNMOUNT(struct builder *b, struct err *e)
{
	(void)e;
	for (size_t i = b->spec->n_mounts; i-- > 0;)
		plan_add(b)->path_at = (struct arg_path_at){
			.index = (uint32_t)i,
			.path = plan_clean(b, b->spec->mounts[i].destination),
		};
	return 0;
}

static void add_remount(struct builder *b, const char *path, uint64_t flags)
{
	flags &= ~(uint64_t)(MS_BIND | MS_REC | MS_REMOUNT);
	plan_add(b)->remount = (struct arg_remount){
		.path = path,
		.flags = flags | MS_RDONLY,
	};
}

int plan_fill_REMOUNT_RO(struct builder *b, struct err *e)
{
	const struct cgroup_view *view = b->req->cgroup;

	(void)e;
	if (b->exec)
		return 0;
	for (size_t i = 0; i < b->spec->n_mounts; i++) {
		const struct spec_mount *m = &b->spec->mounts[i];

		if (m->kind != MOUNT_CGROUP) {
			if (ro_is_late(m))
				add_remount(b, m->destination, m->o.flags);
		} else if (view && !is_cgroup2(m, view) && wants_ro(m)) {
			add_remount(b, m->destination, CGROUP_TMPFS_FLAGS);
		}
	}
	return 0;
}

/* ---- devices ---------------------------------------------------------- */

static const struct {
	const char *path;
	uint32_t major, minor;
} default_devices[] = {
	{ "/dev/null", 1, 3 },	  { "/dev/zero", 1, 5 },
	{ "/dev/full", 1, 7 },	  { "/dev/random", 1, 8 },
	{ "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 },
};

/*
 * The places of the config's mounts: each stays where a device would go, as with
 * runc, being the more particular wish. But /dev/null is a tool of init's own.
 */
static void find_covered(struct builder *b, struct strset *ret)
{
	strset_init(ret, &b->plan->arena, b->spec->n_mounts + 1);
	for (size_t i = 0; i < b->spec->n_mounts; i++) {
		const struct spec_mount *m = &b->spec->mounts[i];
		const char *path;

		/* the default devices are all in /dev */
		if (m->kind == MOUNT_REMOUNT ||
		    (b->spec->linux_.n_devices == 0 && !strstr(m->destination, "dev")))
			continue;
		path = plan_clean(b, m->destination);
		if (!streq(path, "/dev/null"))
			(void)strset_add(ret, path, strlen(path));
	}
}

static bool in_list(const char *const *paths, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++)
		if (streq(paths[i], path))
			return true;
	return false;
}

int plan_fill_DEVICE(struct builder *b, struct err *e)
{
	const struct spec_linux *l = &b->spec->linux_;
	/* mknod(2) of a device needs CAP_MKNOD in the initial user namespace */
	bool bind = b->host->in_userns || b->user_ns;
	struct strset covered;
	const char **paths;

	(void)e;
	if (b->exec || !b->own_dev)
		return 0;
	find_covered(b, &covered);
	paths = arena_array(&b->plan->arena, l->n_devices, sizeof(*paths));
	for (size_t i = 0; i < l->n_devices; i++)
		paths[i] = plan_clean(b, l->devices[i].path);
	for (size_t i = 0;
	     i < sizeof(default_devices) / sizeof(*default_devices); i++)
		if (!in_list(paths, l->n_devices, default_devices[i].path) &&
		    !strset_has(&covered, default_devices[i].path))
			plan_add(b)->device = (struct arg_device){
				.index = UINT32_MAX,
				.path = default_devices[i].path,
				.type = 'c',
				.major = default_devices[i].major,
				.minor = default_devices[i].minor,
				.mode = 0666,
				.bind = bind,
			};
	for (size_t i = 0; i < l->n_devices; i++) {
		const struct spec_device *d = &l->devices[i];

		/* /dev/ptmx is made by DEV_LINKS */
		if (streq(paths[i], "/dev/ptmx") || strset_has(&covered, paths[i]))
			continue;
		plan_add(b)->device = (struct arg_device){
			.index = (uint32_t)i,
			.path = paths[i],
			.type = (unsigned char)d->type,
			.major = d->major,
			.minor = d->minor,
			.mode = d->file_mode.set ? d->file_mode.v & 07777
						 : 0666,
			.uid = d->uid.set ? d->uid.v : 0,
			.gid = d->gid.set ? d->gid.v : 0,
			/* a fifo is no device: everybody may make one */
			.bind = bind && d->type != 'p',
		};
	}
	return 0;
}

int plan_fill_DEV_LINKS(struct builder *b, struct err *e)
{
	(void)e;
	if (!b->exec && b->own_dev)
		plan_add(b)->dev_links = (struct arg_dev_links){
			.ptmx = true,
			.kcore = b->host->has_kcore,
		};
	return 0;
}

int plan_fill_STDIO_NULL(struct builder *b, struct err *e)
{
	(void)e;
	if (!b->exec && b->own_dev)
		(void)plan_add(b);
	return 0;
}

/* ---- the new root ----------------------------------------------------- */

int plan_fill_PIVOT(struct builder *b, struct err *e)
{
	(void)e;
	if (b->exec)
		plan_add(b)->pivot = (struct arg_pivot){
			.how = b->own_mounts ? PIVOT_JOINED : PIVOT_ENTER,
			.dev = b->req->root_dev,
			.ino = b->req->root_ino,
		};
	else
		plan_add(b)->pivot.how = !b->own_mounts	    ? PIVOT_CHROOT
					 : b->req->no_pivot ? PIVOT_MOVE
							    : PIVOT_ROOT;
	return 0;
}

int plan_fill_ROOT_PROPAGATION(struct builder *b, struct err *e)
{
	uint64_t flags = b->spec->linux_.rootfs_propagation;

	(void)e;
	if (!b->exec && b->own_mounts && flags &&
	    !(flags & (MS_PRIVATE | MS_SLAVE)))
		plan_add(b)->propagation.flags = flags;
	return 0;
}

int plan_fill_CWD_CREATE(struct builder *b, struct err *e)
{
	(void)e;
	if (!b->exec && !streq(b->proc->cwd, "/"))
		plan_add(b)->path.text = b->proc->cwd;
	return 0;
}

static bool readonly_path_is_root(struct builder *b)
{
	const struct str_list *list = &b->spec->linux_.readonly_paths;

	for (size_t i = 0; i < list->n; i++)
		if (streq(plan_clean(b, list->v[i]), "/"))
			return true;
	return false;
}

int plan_fill_ROOT_RO(struct builder *b, struct err *e)
{
	(void)e;
	if (!b->exec && b->own_mounts &&
	    (b->spec->root.readonly || readonly_path_is_root(b)))
		(void)plan_add(b);
	return 0;
}

/* ---- masked and read-only paths --------------------------------------- */

static int fill_paths(struct builder *b, const struct str_list *list,
		      const char *key, const char *label, struct err *e)
{
	struct strset seen;

	if (b->exec || list->n == 0)
		return 0;
	if (!b->own_mounts) {
		(void)err_set(e, EINVAL,
			      "unable to restrict sys entries without a "
			      "private MNT namespace");
		(void)err_hint(e,
			       "add {\"type\": \"mount\"} to linux.namespaces");
		return err_at(e, "/linux/%s", key);
	}
	strset_init(&seen, &b->plan->arena, list->n + 1);
	if (list == &b->spec->linux_.readonly_paths)
		(void)strset_add(&seen, "/", 1); /* done by ROOT_RO */
	for (size_t i = 0; i < list->n; i++) {
		const char *path = plan_clean(b, list->v[i]);

		if (strset_add(&seen, path, strlen(path)))
			plan_add(b)->path_at = (struct arg_path_at){
				.index = (uint32_t)i,
				.path = path,
				.label = label,
				.label_option = label ? b->spec->run_oci.mount_context :
							NULL,
			};
	}
	return 0;
}

int plan_fill_READONLY_PATH(struct builder *b, struct err *e)
{
	return fill_paths(b, &b->spec->linux_.readonly_paths, "readonlyPaths",
			  NULL, e);
}

int plan_fill_MASK_PATH(struct builder *b, struct err *e)
{
	const char *label = b->spec->linux_.mount_label;

	return fill_paths(b, &b->spec->linux_.masked_paths, "maskedPaths",
			  label && *label ? label : NULL, e);
}
