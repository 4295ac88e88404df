/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups behind one small interface. Nobody outside src/cgroup/ learns
 * which version, layout or manager is at work. Sources: cgroups(7), the kernel's
 * admin-guide/cgroup-v2.rst and cgroup-v1/, runtime-spec config-linux.md.
 *
 * Life: cgroup_plan() computes the directories (nothing is made), the caller
 * records them, cgroup_create() makes them, nsx_spawn() is born in
 * cgroup_clone_fd() or cgroup_enter() moves it, cgroup_apply() sets limits,
 * cgroup_destroy() removes everything; each is idempotent.
 */
#ifndef OCIRUN_CGROUP_CGROUP_H
#define OCIRUN_CGROUP_CGROUP_H

#include "base/clock.h"
#include "base/err.h"
#include "config/spec.h"
#include "plan/host.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct cgroup; /* opaque */

enum cgroup_driver { CGROUP_FS, CGROUP_SYSTEMD, CGROUP_DISABLED };

/* Can this build act with the driver (whatever the host has)? */
bool cgroup_driver_known(enum cgroup_driver driver);

struct cgroup_req {
	enum cgroup_driver driver;
	const char *id;           /* container id */
	const char *cgroups_path; /* linux.cgroupsPath or NULL */
	const struct spec_resources *resources;
	/* for the systemd driver: "org.systemd.property.*" or NULL */
	const struct kv_list *annotations;
	const char *prefix;       /* of default unit names; NULL = "ocirun" */
	const char *subgroup;     /* below the scope: the container's; or NULL */
	/*
	 * Without permission for cgroups a container that asks for none goes on
	 * without; the user's manager is asked, not PID 1. `strict`: never.
	 */
	bool rootless, strict;
};

/* Are we part of a user's session or service, root's excepted (systemd)? */
bool cgroup_of_user(void);

/*
 * Where the container's processes will be. Only reads. Errors: ".." in the
 * path, a controller that the config needs and the host lacks (pointer set).
 */
int cgroup_plan(struct cgroup **ret, const struct cgroup_req *req,
		struct err *e);

/*
 * The record kept in state.json: list of "controller" -> absolute directory,
 * as runc writes it: v1 {"memory": "/sys/fs/cgroup/memory/x", …},
 * v2 {"": "/sys/fs/cgroup/x"}. Keys and paths live as long as the cgroup.
 */
struct cgroup_path { const char *controller; const char *dir; };
size_t cgroup_paths(const struct cgroup *cg, const struct cgroup_path **ret);
/* From a record. Missing directories are fine: they are gone already. */
int cgroup_open(struct cgroup **ret, const struct cgroup_path *paths, size_t n,
		enum cgroup_driver driver, struct err *e);
void cgroup_close(struct cgroup *cg);

/*
 * For the record: by which the manager knows the container ("system:NAME" or
 * "user:NAME"), "" with the other drivers. After cgroup_open() it is given back.
 */
const char *cgroup_unit(const struct cgroup *cg);
void cgroup_set_unit(struct cgroup *cg, const char *unit);

/*
 * The container's mark: text that no other container of this boot has, at most
 * 100 bytes. cgroup_create() puts it on the directories that it makes or takes
 * over; cgroup_marked() is false if it could not.
 */
void cgroup_mark(struct cgroup *cg, const char *mark);
bool cgroup_marked(const struct cgroup *cg);
/*
 * After cgroup_open(): leave out directories that do not have the mark (""
 * leaves out none): somebody else made them where the record says ours were to
 * be. One without any mark is at most removed, if it is empty.
 */
void cgroup_claim(struct cgroup *cg, const char *mark);

/*
 * Make the directories. An existing one that holds processes is
 * "container's cgroup is not empty: N process(es) found" with their pids
 * (-EBUSY), a frozen one "container's cgroup unexpectedly frozen".
 */
int cgroup_create(struct cgroup *cg, struct err *e);
/* Directory for CLONE_INTO_CGROUP (cgroup2 only), or -1. Borrowed. */
int cgroup_clone_fd(const struct cgroup *cg);
/* Who is born there need not be entered anywhere by cgroup_enter(). */
bool cgroup_born(const struct cgroup *cg);
/*
 * For exec when the container's own directory refuses processes (EBUSY from
 * clone or cgroup_enter(): it gives controllers to its children): from here on
 * cgroup_clone_fd() and cgroup_enter() mean the cgroup2 directory in which
 * process `pid`, the container's init, is now.
 */
int cgroup_follow(struct cgroup *cg, pid_t pid, struct err *e);
/*
 * Move a process into every directory (skipping the one it was born in). With
 * the systemd driver the first one makes the unit, so cgroup_create() has made
 * nothing and cgroup_clone_fd() is -1 until then.
 */
int cgroup_enter(struct cgroup *cg, pid_t pid, bool born, struct err *e);
/*
 * For exec --cgroup: from here on cgroup_enter() means existing sub-cgroups. One
 * argument "PATH" is for every directory, "CONTROLLER[,CONTROLLER]:PATH" (any
 * number, cgroup v1) for the hierarchies of those; "/" is the container's own
 * directory. Nobody is to be born in cgroup_clone_fd() then.
 */
int cgroup_choose(struct cgroup *cg, const struct str_list *args,
		  struct err *e);
/*
 * Attach the device program (cgroup2; nothing elsewhere), as cgroup_apply() does
 * if this was not called. While init makes the root file system: it takes the
 * kernel as long, and every program allows device nodes to be made. On v1 all is
 * denied first.
 */
int cgroup_apply_devices(struct cgroup *cg, const struct spec_resources *res,
			 struct err *e);
/*
 * Give the container's cgroup to `uid`, as the kernel wants it done (the files of
 * /sys/kernel/cgroup/delegate). Only cgroup2 alone, nothing otherwise.
 */
int cgroup_delegate(struct cgroup *cg, uint32_t uid, struct err *e);
/*
 * Make the cgroup `sub` (relative, clean) below the container's, with all
 * controllers that there are, give it to `uid`, and move process `pid` there. The
 * limits stay above it. Only cgroup2 alone; cgroup_descend_check() says so early.
 */
int cgroup_descend_check(const struct cgroup *cg, struct err *e);
int cgroup_descend(struct cgroup *cg, const char *sub, pid_t pid, uint32_t uid,
		   struct err *e);
/* Write the limits, devices included. Error: pointer, file, value, reason. */
int cgroup_apply(struct cgroup *cg, const struct spec_resources *res,
		 struct err *e);
/*
 * Change limits of a running container: only what `res` has, devices excepted.
 * All or nothing: after a failure the files have their old values again (if that
 * fails as well, the hint says so).
 */
int cgroup_update(struct cgroup *cg, const struct spec_resources *res,
		  struct err *e);
/* What cgroup mounts in the container need; lives as long as cg. */
const struct cgroup_view *cgroup_view(struct cgroup *cg);

/* -EOPNOTSUPP where the layout has no freezer. Waits for the state. */
int cgroup_freeze(struct cgroup *cg, bool on, deadline_t deadline,
		  struct err *e);
/* Frozen (itself, or freezing)? false where there is no freezer. */
bool cgroup_frozen(struct cgroup *cg);
/* As above, and by a cgroup above it: who enters it, or is born in it, stops. */
bool cgroup_stops(struct cgroup *cg);
/*
 * Signal every process of the cgroup and its children. SIGKILL uses cgroup.kill
 * where it exists and thaws what is frozen. No processes is success.
 */
int cgroup_kill(struct cgroup *cg, int sig, struct err *e);
/*
 * Thaw, children too, so that what was sent SIGKILL can die: on v1 a frozen
 * process does not, nor does the init of the pid namespace that it is in.
 */
void cgroup_let_die(struct cgroup *cg);

struct pid_list { pid_t *v; size_t n; }; /* sorted, unique; free(v) */
/* All processes, sub-cgroups included. */
int cgroup_pids(struct cgroup *cg, struct pid_list *ret, struct err *e);
/* Number of OOM kills so far, 0 if unknown. */
uint64_t cgroup_oom_kills(struct cgroup *cg);
/* Has systemd taken the cgroup away, as it does when the last process is dead? */
bool cgroup_is_gone(const struct cgroup *cg);

/*
 * Nothing if only cgroup_plan() was called. Else:
 * remove the directories and their sub-cgroups: waits (cgroup.events, no sleep
 * loop) until they are empty. At the deadline the error names the pids left.
 */
int cgroup_destroy(struct cgroup *cg, deadline_t deadline, struct err *e);

static inline void auto_cgroup(struct cgroup **cg)
{
	cgroup_close(*cg);
}

#endif
