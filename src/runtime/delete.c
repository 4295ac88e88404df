/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delete. The order is process, cgroup, group of resctrl, state directory, hooks:
 * whatever fails leaves the record, so that delete can be repeated (I5). Must not
 * trust pids or cgroups of a record from another boot.
 */
#include "config.h"
#include "runtime/delete.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/config.h"
#include "runtime/hooks.h"
#include "runtime/start.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/banned.h"

#define DEADLINE_MS (10 * 1000)
/* An init that is killed takes its namespace along, as fast as memory is freed. */
#define ALONE_MS 2000
/* Longer than any command needs that does not wait for something. */
#define GRACE_MS 3000

static int open_cgroup(const struct container *c, struct cgroup **ret,
		       struct err *e)
{
	if (cgroup_open(ret, c->rec.cgroups, c->rec.n_cgroups, c->rec.driver,
			e) < 0)
		return -e->code;
	cgroup_set_unit(*ret, c->rec.unit);
	cgroup_claim(*ret, c->rec.mark);
	return 0;
}

/* SIGKILL init and wait for its end; thaw what is frozen on the way. */
static int kill_init(const struct container *c, struct cgroup *cg,
		     struct err *e)
{
	AUTO(fd) int pidfd = -1;
	char what[256];

	if (c->rec.init.pid <= 0)
		return 0;
	pidfd = proc_open(&c->rec.init);
	if (pidfd == -ESRCH)
		return 0;
	if (pidfd < 0)
		return err_errno(e, -pidfd, "cannot get a pidfd of init (pid %d)",
				 c->rec.init.pid);
	int r = pidfd_signal(pidfd, SIGKILL);

	if (r < 0 && r != -ESRCH)
		return err_errno(e, -r, "cannot kill init of '%s' (pid %d)",
				 c->rec.id, c->rec.init.pid);
	cgroup_let_die(cg);
	if (pidfd_wait(pidfd, deadline_in_ms(ALONE_MS)) == 0)
		return 0;
	/*
	 * It waits for processes of its pid namespace that somebody traces, such as
	 * a criu whose restore was killed: the tracer is in the cgroup, too.
	 */
	struct err w = ERR_INIT;

	(void)cgroup_kill(cg, SIGKILL, &w);
	if (pidfd_wait(pidfd, deadline_in_ms(DEADLINE_MS)) == 0)
		return 0;
	(void)err_set(e, ETIMEDOUT, "container init still running: %s",
		      proc_describe(c->rec.init.pid, what, sizeof(what)));
	return err_hint(e,
			"killed, but in the kernel: a device or file system that does not answer, or a frozen cgroup above its own");
}

static int remove_cgroup(struct container *c, struct err *e)
{
	AUTO(cgroup) struct cgroup *cg = NULL;

	/* Another boot: nothing of ours can exist, what does is another's. */
	if (!state_this_boot(&c->rec))
		return 0;
	if (open_cgroup(c, &cg, e) < 0)
		return -e->code;
	/*
	 * With a private pid namespace the kernel has killed everything with
	 * init, but the death of a start may have come before that, and a criu that
	 * lost its caller may wait for processes that are no more.
	 */
	if ((!c->rec.pid_ns_private || !c->rec.complete || c->rec.restored) &&
	    cgroup_kill(cg, SIGKILL, e) < 0)
		return -e->code;
	return cgroup_destroy(cg, deadline_in_ms(DEADLINE_MS), e);
}

int container_destroy(struct container *c, const struct spec *spec,
		      struct err *e)
{
	AUTO(spec) struct spec own = { 0 };
	struct hook_ctx ctx = { .spec = spec, .id = c->rec.id,
				.bundle = c->rec.bundle };
	bool hooks = c->rec.hooks & (1U << HOOK_POSTSTOP);

	if (remove_cgroup(c, e) < 0)
		return -e->code;
	if (state_this_boot(&c->rec) &&
	    rdt_destroy(&c->rec.rdt, c->rec.complete, e) < 0)
		return -e->code;
	if (hooks && !spec) {
		struct err w = ERR_INIT;
		char line[2200];

		if (container_spec(c, &own, &w) < 0) {
			log_warn("%s, ignoring",
				 err_format(&w, line, sizeof(line)));
			hooks = false;
		}
		ctx.spec = &own;
	}
	if (state_remove(c, e) < 0)
		return -e->code;
	if (hooks)
		hooks_run_poststop(&ctx);
	return 0;
}

static int check_status(const struct container *c, bool strict, bool force,
			struct err *e)
{
	enum status s = state_status(c, NULL);
	bool unstarted = s == STATUS_CREATED || s == STATUS_CREATING;

	if (force || s == STATUS_STOPPED || (unstarted && !strict))
		return 0;
	(void)err_set(e, EBUSY,
		      "cannot delete container %s that is not stopped: %s",
		      c->rec.id, status_name(s));
	return err_hint(e, "kill it first, or use --force");
}

/* SIGKILL who holds the lock; -ESRCH if that is not known or has changed. */
static int kill_holder(const struct container *c)
{
	pid_t pid = state_lock_holder(c);
	AUTO(fd) int pidfd = pid > 0 ? sys_pidfd_open(pid, 0) : -1;
	char what[256];

	/* it still has the lock, so the number was not another's meanwhile */
	if (pid > 0 && (pidfd < 0 || state_lock_holder(c) != pid))
		return -ESRCH;
	/* not in the kernel's list: as long as it is made, its maker has it */
	if (pid <= 0 && c->rec.boot_id && !c->rec.complete) {
		pid = c->rec.creator.pid;
		pidfd = proc_open(&c->rec.creator);
	}
	if (pidfd < 0)
		return -ESRCH;
	log_warn("container '%s' is locked by %s: killing it", c->rec.id,
		 proc_describe(pid, what, sizeof(what)));
	return pidfd_signal(pidfd, SIGKILL);
}

/*
 * A start that waits for a hook of the user, or anything else that does not end,
 * has the lock: force ends it. What it leaves is a wreck as any other.
 */
static int lock(struct container *c, bool force, struct err *e)
{
	int r = state_lock(c, deadline_in_ms(force ? GRACE_MS : DEADLINE_MS), e);

	if (r != -ETIMEDOUT || !force || kill_holder(c) < 0)
		return r;
	err_clear(e);
	return state_lock(c, deadline_in_ms(DEADLINE_MS), e);
}

/*
 * A directory without record: nothing was made yet when its start died. A
 * damaged record is none of ours (they are replaced atomically): what it spoke
 * of is unknown, and said so. `e` says which. Returns 1 if the start was alive
 * and has written the record while we waited: go on with that.
 */
static int remove_leftover(struct container *c, const char *id, bool force,
			   struct err *e)
{
	struct err w = ERR_INIT;
	char line[2200];

	if (e->code == ENOENT && state_check_ours(c, id, &w) < 0) {
		*e = w;
		return -e->code;
	}
	if (lock(c, force, &w) < 0) {
		if (w.code != ENOENT)
			*e = w;
		return force && e->code == ENOENT ? 0 : -e->code;
	}
	if (state_reread(c, &w) == 0)
		return 1;
	if (e->code != ENOENT)
		log_warn("%s: removing it; a cgroup or process that it named is left alone",
			 err_format(e, line, sizeof(line)));
	if (state_remove(c, &w) < 0) {
		*e = w;
		return -e->code;
	}
	return force ? 0 : -e->code;
}

static int open_and_lock(struct container *c, const struct runtime *rt,
			 const char *id, bool force, struct err *e)
{
	if (state_open(c, rt->root, id, e) < 0) {
		if (c->dirfd < 0 || e->code == EMEDIUMTYPE ||
		    (e->code != ENOENT && !force))
			return -e->code;
		int r = remove_leftover(c, id, force, e);

		if (r <= 0)
			return r < 0 ? r : -ENOENT;
		err_clear(e);
		return 0;
	}
	/* A start that waits for a hook holds the lock: end its wait first. */
	if (force && c->rec.complete && state_this_boot(&c->rec)) {
		AUTO(fd) int pidfd = proc_open(&c->rec.init);

		if (pidfd >= 0)
			(void)pidfd_signal(pidfd, SIGKILL);
	}
	return lock(c, force, e);
}

int container_delete(const struct runtime *rt, const char *id, bool force,
		     struct err *e)
{
	AUTO(container) struct container c = CONTAINER_INIT;
	AUTO(cgroup) struct cgroup *cg = NULL;
	int r = open_and_lock(&c, rt, id, force, e);

	if (r < 0)
		return force && r == -ENOENT ? 0 : r;
	if (check_status(&c, rt->strict, force, e) < 0)
		return -e->code;
	if (state_this_boot(&c.rec) && (open_cgroup(&c, &cg, e) < 0 ||
			      kill_init(&c, cg, e) < 0))
		return -e->code;
	return container_destroy(&c, NULL, e);
}
