/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The systemd driver in the life of a struct cgroup (cg_internal.h). A scope cannot
 * be made without a process, so it is made when the first one enters, not by
 * cgroup_create(), which only makes sure that systemd can be reached. From then on
 * its cgroup is delegated to us: limits, freezing and killing go through cgroupfs as
 * with the other driver, and systemd is told the limits it knows.
 *
 * The record names the unit before any of that (I5), so a wreck can be removed. A
 * unit is stopped only if its directory has our mark, or is gone.
 */
#include "config.h"

#include "cgroup/cg_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/path.h"
#include "cgroup/sd.h"

#include "base/banned.h"

struct cg_sd {
	bool user;    /* the user's manager, not the system's */
	bool pending; /* planned, the unit has not been made */
	struct sd_unit unit;
	const char *subgroup; /* below the scope, where the container is; or NULL */
	struct sd_props annotations;
	const struct spec_resources *res;
	struct sd_manager *manager; /* once it was needed */
	struct sd_host host;
};

static int reach(struct cgroup *cg, deadline_t deadline, struct err *e)
{
	struct cg_sd *sd = cg->sd;

	if (sd->manager)
		return 0;
	return sd_connect(&sd->manager, sd->user, deadline, e);
}

static int know_host(struct cgroup *cg, deadline_t deadline, struct err *e)
{
	struct cg_sd *sd = cg->sd;

	sd->host.v2 = cg->unified;
	if (reach(cg, deadline, e) < 0)
		return -e->code;
	return sd->host.version ? 0 : sd_version(sd->manager, deadline,
						 &sd->host.version, e);
}

/* ---- plan ---- */

int cg_sd_plan(struct cgroup *cg, const struct cgroup_req *req,
	       const char **ret_inner, struct err *e)
{
	struct cg_sd *sd = ARENA_NEW(&cg->arena, struct cg_sd);
	deadline_t deadline = deadline_in_ms(SD_DEADLINE_MS);
	const char *top = "";

	sd->user = req->rootless;
	sd->res = req->resources;
	sd->subgroup = req->subgroup;
	sd->pending = true;
	sd->annotations.arena = &cg->arena;
	if (sd_unit_names(&sd->unit, &cg->arena, req->cgroups_path,
			  req->prefix ? req->prefix : "ocirun", req->id,
			  sd->user, e) < 0 ||
	    sd_props_annotations(&sd->annotations, req->annotations, e) < 0)
		return -e->code;
	cg->sd = sd;
	if (reach(cg, deadline, e) < 0)
		return -e->code;
	/* A user's manager has a cgroup somewhere below; PID 1 has the root. */
	if (sd->user &&
	    sd_control_group(sd->manager, &cg->arena, &top, deadline, e) < 0)
		return -e->code;
	*ret_inner = arena_printf(&cg->arena, "%s%s%s%s", top, sd->unit.dir,
				  sd->subgroup ? "/" : "",
				  sd->subgroup ? sd->subgroup : "");
	if (path_has_dotdot(*ret_inner) || **ret_inner != '/')
		return err_set(e, EINVAL, "systemd's cgroup '%s' is no path", top);
	return 0;
}

int cg_sd_check(const struct cgroup *cg, struct err *e)
{
	if (cg->unified || !cg->sd->user)
		return 0;
	return err_set(e, ENOTSUP, "cannot use rootless systemd cgroups manager "
		       "on cgroup v1");
}

/* Is there a cgroup of ours that may be idle? A new one is not. */
static bool may_be_idle(const struct cgroup *cg)
{
	AUTO(arena) struct arena a = { 0 };

	return cg->unified && cg->d2 &&
	       streq(cg_read(&a, cg->d2->dir, "cpu.idle"), "1");
}

const struct spec_resources *cg_sd_limits(struct cgroup *cg,
					  const struct spec_resources *res)
{
	struct spec_resources *r;

	if (!cg->sd || !res)
		return res;
	r = arena_memdup(&cg->arena, res, sizeof(*res));
	r->cpu.quota.v = sd_round_quota(r->cpu.quota.v, r->cpu.period.v);
	sd_resolve_idle(r, &cg->arena, cg->unified, may_be_idle(cg));
	return r;
}

/* ---- record ---- */

#define USER   "user:"
#define SYSTEM "system:"

const char *cgroup_unit(const struct cgroup *cg)
{
	return cg->sd ? arena_printf((struct arena *)(uintptr_t)&cg->arena,
				     "%s%s", cg->sd->user ? USER : SYSTEM,
				     cg->sd->unit.name)
		      : "";
}

void cgroup_set_unit(struct cgroup *cg, const char *unit)
{
	bool user = unit && str_starts(unit, USER);

	if (!unit || cg->driver != CGROUP_SYSTEMD ||
	    (!user && !str_starts(unit, SYSTEM)))
		return;
	cg->sd = ARENA_NEW(&cg->arena, struct cg_sd);
	cg->sd->user = user;
	cg->sd->unit.name = arena_strdup(&cg->arena, strchr(unit, ':') + 1);
}

/* How much of the container's directory is the scope. */
static size_t scope_len(const struct cgroup *cg, const char *dir)
{
	const char *name = cg->sd->unit.name;
	size_t n = strlen(name);

	for (const char *p = dir; (p = strstr(p, name)); p++)
		if (p > dir && p[-1] == '/' && (p[n] == '/' || !p[n]))
			return (size_t)(p - dir) + n;
	return strlen(dir);
}

const char *cg_sd_scope(struct cgroup *cg, const struct cg_dir *d)
{
	size_t n = cg->sd ? scope_len(cg, d->dir) : 0;

	return cg->sd && d->dir[n] ? arena_strndup(&cg->arena, d->dir, n) : NULL;
}

bool cg_sd_user(const struct cgroup *cg)
{
	return cg->sd && cg->sd->user;
}

void cg_sd_close(struct cgroup *cg)
{
	if (cg->sd)
		sd_disconnect(cg->sd->manager);
}

/* ---- the unit ---- */

int cg_sd_begin(struct cgroup *cg, struct err *e)
{
	return know_host(cg, deadline_in_ms(SD_DEADLINE_MS), e);
}

bool cg_sd_pending(const struct cgroup *cg)
{
	return cg->sd && cg->sd->pending;
}

/*
 * The process has to be where the record says. It is elsewhere if systemd does not
 * manage this hierarchy, or sees other processes by these numbers than we do.
 */
static int check_place(struct cgroup *cg, pid_t pid, struct err *e)
{
	AUTO(arena) struct arena a = { 0 };
	AUTO(str) char *text = NULL;
	const char *proc = arena_printf(&a, "/proc/%d/cgroup", pid);
	int r = file_read_at(AT_FDCWD, proc, CG_FILE_MAX, &text, NULL);

	if (r < 0)
		return err_errno(e, -r, "cannot read '%s'", proc);
	const char *self = cg_self_path(&a, text, "");

	const char *scope = cg_sd_scope(cg, cg->d2);

	if (!scope)
		scope = cg->d2->dir;
	if (self && streq(arena_printf(&a, "%s%s", cg->d2->mount, self), scope))
		return 0;
	(void)err_set(e, EREMOTEIO, "systemd has made '%s', but process %d is in "
		      "cgroup '%s', not in '%s'", cg->sd->unit.name, pid,
		      self ? self : "?", scope);
	return err_hint(e, "is this a container that shares systemd's socket, but "
			"not its pid and cgroup namespace?");
}

/*
 * A subgroup is made, and entered, before anything else: a cgroup2 directory with
 * processes gives no controllers to its children.
 */
static int enter_subgroup(struct cgroup *cg, pid_t pid, struct err *e)
{
	AUTO(arena) struct arena a = { 0 };
	struct cg_dir scope = { 0 };

	if (!cg->sd->subgroup)
		return 0;
	for (size_t i = 0; i < cg->n_dirs; i++) {
		scope.dir = cg_sd_scope(cg, &cg->dirs[i]);
		if (scope.dir && access(scope.dir, F_OK) == 0)
			cg_mark_put(cg, &scope);
	}
	if (!cg->unified)
		return 0; /* cgroup_enter() goes through all hierarchies */
	if (cg_mkdirs(cg->d2, e) < 0)
		return -e->code;
	int r = cg_put(cg->d2->dir, "cgroup.procs",
		       arena_printf(&a, "%d", pid));

	if (r >= 0)
		return 0;
	(void)err_errno(e, -r, "cannot move process %d to '%s'", pid, cg->d2->dir);
	return err_at(e, "/annotations/run.oci.systemd.subgroup");
}

/* With its scope, which systemd makes only where it knows the hierarchy. */
static int take_dir1(struct cgroup *cg, struct cg_dir *d, struct err *e)
{
	struct cg_dir scope = *d;

	scope.dir = cg_sd_scope(cg, d);
	if (scope.dir) {
		if (cg_mkdirs(&scope, e) < 0)
			return -e->code;
		cg_mark_put(cg, &scope);
	}
	return cg1_create(cg, d, e);
}

/* Directories of our own, and those that systemd does not know. */
static int take_dirs(struct cgroup *cg, struct err *e)
{
	if (cg->d2 && cg2_create(cg, cg->d2, e) < 0)
		return err_at(e, "/linux/cgroupsPath");
	for (size_t i = 0; i < cg->n_dirs; i++)
		if (!cg->dirs[i].v2 && take_dir1(cg, &cg->dirs[i], e) < 0)
			return err_at(e, "/linux/cgroupsPath");
	cg->early_done = true;
	return 0;
}

int cg_sd_start(struct cgroup *cg, pid_t pid, struct err *e)
{
	struct cg_sd *sd = cg->sd;
	deadline_t deadline = deadline_in_ms(SD_DEADLINE_MS);
	struct sd_props p = { .arena = &cg->arena };
	bool refused;

	if (know_host(cg, deadline, e) < 0 ||
	    sd_props_start(&p, &sd->unit, pid, sd->res, &sd->host, e) < 0)
		return -e->code;
	for (size_t i = 0; i < sd->annotations.n; i++)
		sd_add(&p, sd->annotations.v[i].name, sd->annotations.v[i].value);
	/* From here on there may be a unit of ours, unless systemd says no. */
	int r = sd_start(sd->manager, sd->unit.name, &p, &refused, deadline, e);

	sd->pending = refused;
	if (r < 0)
		return r;
	if ((cg->unified && check_place(cg, pid, e) < 0) ||
	    enter_subgroup(cg, pid, e) < 0)
		return -e->code;
	return take_dirs(cg, e);
}

int cg_sd_attach(struct cgroup *cg, const char *sub, pid_t pid, struct err *e)
{
	const char *below = cg->d2->dir + scope_len(cg, cg->d2->dir);
	AUTO(str) char *path = xasprintf("%s/%s", below, sub ? sub : "");
	deadline_t deadline = deadline_in_ms(SD_DEADLINE_MS);

	if (reach(cg, deadline, e) < 0)
		return -e->code;
	return sd_attach(cg->sd->manager, cg->sd->unit.name, path, pid, deadline,
			 e);
}

/* ---- limits ---- */

int cg_sd_apply(struct cgroup *cg, const struct spec_resources *res,
		bool devices, struct err *e)
{
	AUTO(arena) struct arena a = { 0 };
	deadline_t deadline = deadline_in_ms(SD_DEADLINE_MS);
	struct sd_props p = { .arena = &a };
	struct cg_dev_policy policy;

	if (know_host(cg, deadline, e) < 0)
		return -e->code;
	if (devices) {
		if (cg_devices_policy(&policy, &a, res->devices, res->n_devices,
				      true, e) < 0)
			return -e->code;
		sd_props_devices(&p, &policy, &cg->sd->host);
	}
	if (sd_props_resources(&p, res, &cg->sd->host, e) < 0)
		return -e->code;
	return sd_set(cg->sd->manager, cg->sd->unit.name, &p, deadline, e);
}

/* ---- the end ---- */

/* What is left of the scope where systemd does not know the hierarchy. */
static void remove_scopes(struct cgroup *cg)
{
	for (size_t i = 0; i < cg->n_dirs; i++) {
		const struct cg_dir *d = &cg->dirs[i];
		AUTO(str) char *dir = xstrdup(d->dir);
		size_t n = scope_len(cg, dir);

		for (char *s; strlen(dir) > n && (s = strrchr(dir, '/'));) {
			*s = '\0';
			(void)rmdir(dir);
		}
	}
}

int cg_sd_destroy(struct cgroup *cg, struct err *e)
{
	deadline_t deadline = deadline_in_ms(SD_DEADLINE_MS);

	if (cg->sd->pending)
		return 0;
	/* Not ours, and so the unit is not either. */
	for (size_t i = 0; i < cg->n_dirs; i++)
		if (cg->dirs[i].dropped)
			return 0;
	if (!sd_running()) {
		log_debug("systemd is not running: no unit '%s' to stop",
			  cg->sd->unit.name);
		remove_scopes(cg);
		return 0;
	}
	if (reach(cg, deadline, e) < 0)
		return err_wrap(e, "cannot stop unit '%s'", cg->sd->unit.name);
	if (sd_stop(cg->sd->manager, cg->sd->unit.name, deadline, e) < 0)
		return -e->code;
	remove_scopes(cg);
	return 0;
}
