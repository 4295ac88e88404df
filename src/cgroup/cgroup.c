/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interface of cgroup.h: which directories a container gets, what its
 * config needs of them, and the walk over them. What is special to a version
 * is in cg_v1.c and cg_v2.c.
 *
 * Nothing is made before cgroup_create(); what can be refused is refused by
 * cgroup_plan(), so that the record written in between never names somebody
 * else's cgroup (I5). What the config does not ask for never fails: a
 * directory that cannot be made is dropped when nothing needs it.
 */
#include "config.h"

#include "cgroup/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/path.h"
#include "cgroup/cg_internal.h"

#include "base/banned.h"

#define ROOTLESS_TEXT                                             \
	"rootless needs no limits + no cgrouppath when no permission is " \
	"granted for cgroups"

#define APPLY_TEXT "unable to apply cgroup configuration"

/* ---- small questions ---- */

struct cg_dir *cg_find_v1(const struct cgroup *cg, const char *name)
{
	for (size_t i = 0; i < cg->n_dirs; i++)
		if (!cg->dirs[i].v2 && cg_has_word(cg->dirs[i].names, name, ','))
			return &cg->dirs[i];
	return NULL;
}

bool cg_in_userns(void)
{
	AUTO(str) char *text = NULL;
	const char *p;

	if (file_read_at(AT_FDCWD, "/proc/self/uid_map", 65536, &text, NULL) < 0)
		return false;
	/* The initial namespace maps everything to itself in one line. */
	p = text + strspn(text, " \n");
	if (strncmp(p, "0 ", 2) != 0)
		return true;
	p += 1 + strspn(p + 1, " ");
	if (strncmp(p, "0 ", 2) != 0)
		return true;
	p += 1 + strspn(p + 1, " ");
	return strncmp(p, "4294967295\n", 11) != 0;
}

/* ---- plan ---- */

static void set_paths(struct cgroup *cg)
{
	size_t n = 0;

	for (size_t i = 0; i < cg->n_dirs; i++) {
		n++;
		for (const char *p = cg->dirs[i].names; *p; p++)
			n += *p == ',';
	}
	cg->n_paths = 0;
	cg->paths = arena_array(&cg->arena, n, sizeof(*cg->paths));
	for (size_t i = 0; i < cg->n_dirs; i++) {
		char *p = arena_strdup(&cg->arena, cg->dirs[i].names);

		if (cg->dirs[i].dropped)
			continue;

		while (p) {
			char *end = strchr(p, ',');

			if (end)
				*end = '\0';
			cg->paths[cg->n_paths++] =
				(struct cgroup_path){ p, cg->dirs[i].dir };
			p = end ? end + 1 : NULL;
		}
	}
}

static void set_dirs(struct cgroup *cg, const struct cg_layout *l,
		     const char *inner)
{
	cg->dirs = arena_array(&cg->arena, l->n, sizeof(*cg->dirs));
	for (size_t i = 0; i < l->n; i++) {
		const struct cg_hier *h = &l->v[i];
		struct cg_dir *d = &cg->dirs[cg->n_dirs++];

		*d = (struct cg_dir){
			.names = h->names, .mount = h->mount, .v2 = h->v2,
			.rdonly = h->rdonly,
			.dir = cg_path_dir(&cg->arena, l, h, inner),
		};
		if (h->v2)
			cg->d2 = d;
	}
	cg->unified = l->unified;
}

/* What each side offers, and a sentence for what neither does. */
static void facts_of(struct cgroup *cg, struct cg_facts *ret)
{
	AUTO(strbuf) struct str v1 = { 0 };
	struct arena *a = &cg->arena;

	for (size_t i = 0; i < cg->n_dirs; i++)
		if (!cg->dirs[i].v2)
			str_addf(&v1, "%s%s", v1.len ? "," : "",
				 cg->dirs[i].names);
	if (!cg->avail)
		cg->avail = cg->d2 && cg->d2->mount
			? cg_read(a, cg->d2->mount, "cgroup.controllers") : "";
	if (cg->driver == CGROUP_DISABLED)
		cg->why = "cgroups are disabled on the command line";
	else if (cg->n_dirs == 0)
		cg->why = "no cgroup hierarchy is mounted (" CG_ROOT ")";
	else if (cg->unified)
		cg->why = arena_printf(a, CG_ROOT "/cgroup.controllers has: %s",
				       *cg->avail ? cg->avail : "none");
	else
		cg->why = arena_printf(a, "v1 hierarchies: %s; cgroup2 has: %s",
				       *str_text(&v1) ? str_text(&v1) : "none",
				       *cg->avail ? cg->avail : "none");
	*ret = (struct cg_facts){
		.v1 = arena_strdup(a, str_text(&v1)), .v2 = cg->avail,
		.unified = cg->unified, .why = cg->why,
	};
}

static int plan_writes(struct cgroup *cg, const struct spec_resources *res,
		       struct cg_writes *ret, struct err *e)
{
	struct cg_facts facts;

	res = cg_sd_limits(cg, res);
	*ret = (struct cg_writes){ .arena = &cg->arena };
	facts_of(cg, &facts);
	int r = cg_resources(ret, res, &facts, e);

	if (r < 0 && e->code == ENOTSUP && cg->unified)
		(void)err_hint(e, "a controller that is mounted as cgroup v1, or "
			       "disabled at boot, is not in cgroup2 (see "
			       "/proc/cgroups)");
	return r;
}

static bool devices_skippable(const struct spec_resources *res)
{
	for (size_t i = 0; i < res->n_devices; i++) {
		const struct spec_device_rule *r = &res->devices[i];

		if (!r->allow)
			return false;
	}
	return true;
}

/* Device rules need somewhere to be put; in a user namespace they cannot be. */
static int check_devices(struct cgroup *cg, const struct spec_resources *res,
			 struct err *e)
{
	struct cg_dev_policy policy;

	if (!res || res->n_devices == 0)
		return 0;
	int r = cg_devices_policy(&policy, &cg->arena, res->devices,
				  res->n_devices, true, e);

	if (r < 0)
		return r;
	if (cg_find_v1(cg, "devices") || cg->d2 || devices_skippable(res) ||
	    cg->driver == CGROUP_DISABLED || cg->rootless || cg_in_userns())
		return 0;
	(void)err_set(e, ENOTSUP, "device rules cannot be enforced: %s",
		      cg->n_dirs ? "no v1 hierarchy 'devices' is mounted, and no"
				   " cgroup2"
				 : cg->why);
	(void)err_hint(e, "mount cgroup2 on " CG_ROOT);
	return err_at(e, "/linux/resources/devices");
}

/*
 * The property that needs the directory, or NULL: then it can be done without.
 * Device rules count only where they can be enforced at all.
 */
static const char *needed_by(const struct cgroup *cg, const struct cg_dir *d)
{
	const struct spec_resources *res = cg->planned;
	bool devices = d->v2 ? !cg_find_v1(cg, "devices")
			     : cg_has_word(d->names, "devices", ',');

	for (size_t i = 0; i < cg->writes.n; i++) {
		const struct cg_write *w = &cg->writes.v[i];

		if (w->v2 ? d->v2 : !d->v2 && cg_has_word(d->names, w->ctrl, ','))
			return w->pointer;
	}
	/* on a hybrid host the path is about the controllers */
	if (cg->path_asked && !(d->v2 && !cg->unified && cg->n_dirs > 1))
		return "/linux/cgroupsPath";
	if (devices && res && res->n_devices && !devices_skippable(res) &&
	    !cg->rootless && !cg_in_userns())
		return "/linux/resources/devices";
	return NULL;
}

static bool no_permission(int r)
{
	return r == -EACCES || r == -EPERM || r == -EROFS;
}

/* No permission for what nobody asked for: go on without. */
static bool droppable(const struct cgroup *cg, const struct cg_dir *d, int r)
{
	return (no_permission(r) || r == -ENOENT) && !cg->strict &&
	       !needed_by(cg, d);
}

/*
 * What cannot be made is known before anything is made, so that neither the
 * record nor the mounts name it: read-only trees, and for unprivileged users
 * those that nobody delegated.
 */
static int check_permission(struct cgroup *cg, struct err *e)
{
	for (size_t i = 0; i < cg->n_dirs; i++) {
		struct cg_dir *d = &cg->dirs[i];
		/* with systemd it is systemd that makes them */
		int r = !cg->sd && (d->rdonly || cg->rootless) ? cg_may_make(d) : 0;

		if (!no_permission(r))
			continue;
		const char *by = needed_by(cg, d);

		if (by || cg->strict) {
			(void)cg_explain_mkdir(d, d->dir, -r, e);
			if (by)
				(void)err_at(e, "%s", by);
			return err_wrap(e, APPLY_TEXT);
		}
		log_debug("going on without cgroup '%s': %s", d->dir,
			  errno_text(-r));
		d->dropped = true;
	}
	set_paths(cg);
	return 0;
}

/* A cgroup that others use is refused before anything is recorded or made. */
static int check_targets(struct cgroup *cg, struct err *e)
{
	for (size_t i = 0; i < cg->n_dirs; i++) {
		const struct cg_dir *d = &cg->dirs[i];
		int r;

		if (d->dropped || access(d->dir, F_OK) < 0)
			continue;
		r = d->v2 ? cg2_check(d, e) : cg1_check(d, e);
		if (r == 0 && d->v2)
			r = cg2_check_type(d, e);
		if (r < 0) {
			cg->foreign = true;
			return r;
		}
	}
	return 0;
}

static int plan_dirs(struct cgroup *cg, const struct cgroup_req *req,
		     struct err *e)
{
	struct cg_layout layout;
	const char *inner;
	int r = req->driver == CGROUP_SYSTEMD ?
			cg_sd_plan(cg, req, &inner, e) :
			cg_path_inner(&cg->arena, req->cgroups_path, req->id,
				      &inner, e);

	if (r < 0)
		return r;
	r = cg_layout_probe(&layout, &cg->arena, inner[0] != '/', e);
	if (r < 0)
		return r;
	set_dirs(cg, &layout, inner);
	if (cg->path_asked && cg->n_dirs == 0) {
		(void)err_set(e, ENOTSUP, "cannot create cgroup '%s': no cgroup "
			      "mount found in mountinfo", req->cgroups_path);
		return err_at(e, "/linux/cgroupsPath");
	}
	return cg->sd ? cg_sd_check(cg, e) : 0;
}

bool cgroup_driver_known(enum cgroup_driver driver)
{
#ifdef HAVE_SYSTEMD
	(void)driver;
	return true;
#else
	return driver != CGROUP_SYSTEMD;
#endif
}

int cgroup_plan(struct cgroup **ret, const struct cgroup_req *req,
		struct err *e)
{
	AUTO(cgroup) struct cgroup *cg = xcalloc(1, sizeof(*cg));
	int r = 0;

	cg->fd2 = cg->lock1 = -1;
	cg->only_planned = true;
	cg->driver = req->driver;
	cg->rootless = req->rootless;
	cg->strict = req->strict;
	cg->path_asked = req->cgroups_path && *req->cgroups_path;
	cg->planned = req->resources;
	if (req->driver != CGROUP_DISABLED)
		r = plan_dirs(cg, req, e);
	if (r == 0)
		r = plan_writes(cg, req->resources, &cg->writes, e);
	if (r == 0)
		r = check_devices(cg, req->resources, e);
	if (r == 0)
		r = check_permission(cg, e);
	if (r == 0)
		r = check_targets(cg, e);
	if (r < 0) {
		if (cg->rootless && !cg->path_asked &&
		    (r == -ENOTSUP || no_permission(r)))
			(void)err_wrap(e, ROOTLESS_TEXT);
		return r;
	}
	*ret = TAKE_PTR(cg);
	return 0;
}

size_t cgroup_paths(const struct cgroup *cg, const struct cgroup_path **ret)
{
	*ret = cg->paths;
	return cg->n_paths;
}

/* ---- from a record ---- */

/* Controllers with the same directory are one hierarchy ("cpu,cpuacct"). */
static void add_recorded(struct cgroup *cg, const struct cgroup_path *p)
{
	struct arena *a = &cg->arena;

	for (size_t i = 0; i < cg->n_dirs; i++) {
		struct cg_dir *d = &cg->dirs[i];

		if (!d->v2 && *p->controller && streq(d->dir, p->dir)) {
			d->names = arena_printf(a, "%s,%s", d->names,
						p->controller);
			return;
		}
	}
	cg->dirs[cg->n_dirs++] = (struct cg_dir){
		.names = arena_strdup(a, p->controller),
		.dir = arena_strdup(a, p->dir), .v2 = !*p->controller,
	};
}

int cgroup_open(struct cgroup **ret, const struct cgroup_path *paths, size_t n,
		enum cgroup_driver driver, struct err *e)
{
	AUTO(cgroup) struct cgroup *cg = xcalloc(1, sizeof(*cg));

	cg->fd2 = cg->lock1 = -1;
	cg->driver = driver;
	cg->dirs = arena_array(&cg->arena, n, sizeof(*cg->dirs));
	for (size_t i = 0; i < n; i++) {
		if (paths[i].dir[0] != '/' || path_has_dotdot(paths[i].dir))
			return err_set(e, EINVAL, "the record has a bad cgroup "
				       "directory '%s'", paths[i].dir);
		add_recorded(cg, &paths[i]);
	}
	for (size_t i = 0; i < cg->n_dirs; i++)
		if (cg->dirs[i].v2)
			cg->d2 = &cg->dirs[i];
	cg->unified = cg->n_dirs == 1 && cg->d2;
	set_paths(cg);
	if (cg->d2)
		cg->fd2 = open(cg->d2->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC |
						    O_NOFOLLOW);
	*ret = TAKE_PTR(cg);
	return 0;
}

void cgroup_close(struct cgroup *cg)
{
	if (!cg)
		return;
	if (cg->fd2 >= 0)
		(void)close(cg->fd2);
	if (cg->lock1 >= 0)
		(void)close(cg->lock1);
	cg_sd_close(cg);
	arena_free(&cg->arena);
	free(cg);
}

/* ---- create, enter, apply ---- */

static int create_one(struct cgroup *cg, struct cg_dir *d, struct err *e)
{
	int r = d->v2 ? cg2_create(cg, d, e) : cg1_create(cg, d, e);

	if (r == 0)
		return 0;
	if (droppable(cg, d, r)) {
		char buf[600];

		log_debug("going on without cgroup '%s': %s", d->dir,
			  err_format(e, buf, sizeof(buf)));
		err_clear(e);
		d->dropped = true;
		set_paths(cg);
		if (d->v2 && cg->fd2 >= 0) {
			(void)close(cg->fd2);
			cg->fd2 = -1;
		}
		return 0;
	}
	const char *by = needed_by(cg, d);

	if (by)
		(void)err_at(e, "%s", by);
	if (cg->rootless && !cg->path_asked && no_permission(r))
		(void)err_wrap(e, ROOTLESS_TEXT);
	return err_wrap(e, APPLY_TEXT);
}

/* They are new and empty; those that were there are not ours. */
static void remove_made(const struct cgroup *cg)
{
	for (size_t i = 0; i < cg->n_dirs; i++)
		if (cg->dirs[i].made)
			(void)rmdir(cg->dirs[i].dir);
}

int cgroup_create(struct cgroup *cg, struct err *e)
{
	int r = 0;

	cg->only_planned = false;
	if (cg->sd)
		return cg_sd_begin(cg, e);
	/* cgroup2 first: its lock is for all of them. */
	if (cg->d2 && !cg->d2->dropped)
		r = create_one(cg, cg->d2, e);
	for (size_t i = 0; r == 0 && i < cg->n_dirs; i++)
		if (!cg->dirs[i].v2 && !cg->dirs[i].dropped)
			r = create_one(cg, &cg->dirs[i], e);
	if (r < 0)
		remove_made(cg);
	else
		cg->early_done = true;
	return r;
}

int cgroup_clone_fd(const struct cgroup *cg)
{
	/* The kernel refuses a user who is in another part of the tree. */
	return cg_sd_user(cg) ? -1 : cg->fd2;
}

/* The one that birth into cgroup_clone_fd() is not enough for. */
static bool needs_entering(const struct cg_dir *d, bool born)
{
	return !d->dropped && !(d->v2 && born && !(d->sub && *d->sub));
}

bool cgroup_born(const struct cgroup *cg)
{
	if (cg_sd_pending(cg) || cgroup_clone_fd(cg) < 0)
		return false;
	for (size_t i = 0; i < cg->n_dirs; i++)
		if (needs_entering(&cg->dirs[i], true))
			return false;
	return true;
}

int cgroup_follow(struct cgroup *cg, pid_t pid, struct err *e)
{
	AUTO(arena) struct arena a = { 0 };
	AUTO(str) char *text = NULL;
	const char *proc = arena_printf(&a, "/proc/%d/cgroup", pid);

	if (!cg->d2)
		return 0;
	int r = file_read_at(AT_FDCWD, proc, CG_FILE_MAX, &text, NULL);

	if (r < 0)
		return err_errno(e, -r, "cannot read '%s'", proc);
	const char *self = cg_self_path(&a, text, "");
	struct cg_layout layout;

	if (!self)
		return 0;
	r = cg_layout_probe(&layout, &cg->arena, true, e);
	if (r < 0)
		return r;
	layout.unified = false; /* "." is then the cgroup itself */
	for (size_t i = 0; i < layout.n; i++) {
		struct cg_hier h = layout.v[i];

		if (!h.v2)
			continue;
		h.self = self;
		const char *dir = cg_path_dir(&cg->arena, &layout, &h, ".");
		int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			return err_errno(e, errno, "cannot open cgroup '%s'", dir);
		if (cg->fd2 >= 0)
			(void)close(cg->fd2);
		cg->fd2 = fd;
		cg->follow = dir;
	}
	return 0;
}

/* The kernel says EINVAL for a moment to tasks that are not yet complete. */
#define ENTER_TRIES 5

static int enter_one(struct cgroup *cg, const struct cg_dir *d, pid_t pid,
		     struct err *e)
{
	const char *top = d->v2 && cg->follow ? cg->follow : d->dir;
	AUTO(str) char *dir = path_join(top, d->sub ? d->sub : ".");
	char text[24];
	int r = -EINVAL;

	(void)snprintf(text, sizeof(text), "%d", pid);
	if (!path_below(dir, top))
		return err_set(e, EINVAL, "bad sub cgroup path '%s'", d->sub);
	for (int i = 0; r == -EINVAL && i < ENTER_TRIES; i++) {
		if (i)
			(void)cg_step(deadline_in_ms(1000));
		r = cg_put(dir, "cgroup.procs", text);
	}
	if (r >= 0)
		return 0;
	/* What we may not do, the manager may. */
	if (no_permission(r) && cg->sd && cg->unified)
		return cg_sd_attach(cg, d->sub, pid, e);
	(void)err_errno(e, -r, "error adding pid %d to cgroups: cannot write "
			"'%s/cgroup.procs'", pid, dir);
	if (d->v2)
		cg2_enter_hint(dir, pid, -r, e);
	else if (r == -EINVAL && cg_has_word(d->names, "cpu", ','))
		(void)err_hint(e, "a real-time process cannot enter a cpu cgroup"
			       " without cpu.rt_runtime_us");
	return r;
}

int cgroup_enter(struct cgroup *cg, pid_t pid, bool born, struct err *e)
{
	if (cg_sd_pending(cg)) {
		if (cg_sd_start(cg, pid, e) < 0)
			return err_wrap(e, APPLY_TEXT);
		born = cg->unified;
	}
	for (size_t i = 0; i < cg->n_dirs; i++) {
		struct cg_dir *d = &cg->dirs[i];

		if (!needs_entering(d, born))
			continue;
		int r = enter_one(cg, d, pid, e);

		if (r < 0 && droppable(cg, d, r) && cg->rootless) {
			err_clear(e);
			d->dropped = true;
			if (d->made)
				(void)rmdir(d->dir);
			set_paths(cg);
			r = 0;
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static int apply_devices(struct cgroup *cg, const struct spec_resources *res,
			 struct err *e)
{
	AUTO(arena) struct arena a = { 0 };
	struct cg_dev_policy policy;
	const struct cg_dir *d = cg_find_v1(cg, "devices");
	int r;

	/* No rules are no permission either: then the defaults are all. */
	r = cg_devices_policy(&policy, &a, res->devices, res->n_devices, true, e);
	if (r < 0)
		return r;
	if (d && !d->dropped)
		r = cg_devices_apply_v1(d->dir, &policy, e);
	else if (!d && cg->fd2 >= 0)
		r = cg_devices_apply_v2(cg->fd2, &policy, cg->d2->made, e);
	else
		return 0; /* allowed by check_devices() and droppable() */
	if (r == 0) {
		/* From now on there is a program to replace. */
		if (cg->d2)
			cg->d2->made = false;
		return 0;
	}
	/* Where device nodes cannot be made there is nothing to keep out. */
	if (cg->rootless || devices_skippable(res) || cg_in_userns()) {
		char buf[600];

		log_debug("going on without device rules: %s",
			  err_format(e, buf, sizeof(buf)));
		err_clear(e);
		return 0;
	}
	return r;
}

static int find_mount(struct cgroup *cg, struct err *e)
{
	return !cg->d2 || cg->d2->mount ? 0 : cg_find_mounts(cg, e);
}

int cg_plan_fresh(struct cgroup *cg, const struct spec_resources *res,
		  struct cg_writes *ret, struct err *e)
{
	int r = find_mount(cg, e);

	if (r == 0)
		r = plan_writes(cg, res, ret, e);
	if (r == 0 && cg->d2 && !cg->d2->dropped && cg->d2->mount)
		r = cg2_ensure(cg, cg->d2, ret, e);
	if (r == 0)
		cg->early_done = false;
	return r;
}

int cgroup_apply_devices(struct cgroup *cg, const struct spec_resources *res,
			 struct err *e)
{
	/* systemd comes first, which attaches a program of its own */
	if (!res || cg->foreign || !cg->unified || cg->sd)
		return 0;
	cg->devices_done = res;
	return apply_devices(cg, res, e);
}

int cgroup_apply(struct cgroup *cg, const struct spec_resources *res,
		 struct err *e)
{
	struct cg_writes fresh;
	const struct cg_writes *w = &cg->writes;
	int r = 0;

	if (!res || cg->foreign)
		return 0;
	if (res != cg->planned) {
		r = cg_plan_fresh(cg, res, &fresh, e);
		w = &fresh;
	}
	/* systemd first: it may write what our own values replace. */
	if (r == 0 && cg->sd)
		r = cg_sd_apply(cg, res, true, e);
	if (r == 0)
		r = cg_write_all(cg, w, e);
	if (r < 0 || res == cg->devices_done)
		return r;
	return apply_devices(cg, res, e);
}
