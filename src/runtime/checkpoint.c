/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checkpoint (checkpoint.h): who may be checkpointed, what criu has to know about
 * it, and what becomes of it. The container's lock is held all the time.
 */
#include "config.h"
#include "runtime/checkpoint.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "config/config.h"
#include "runtime/delete.h"
#include "runtime/start.h"
#include "runtime/state.h"

#include <errno.h>
#include <unistd.h>

#include "base/banned.h"

#define LOCK_DEADLINE_MS (10 * 1000)
/* criu has killed what it dumped; that takes as long as memory is freed. */
#define END_DEADLINE_MS (60 * 1000)

static int check_status(const struct container *c, enum status s, struct err *e)
{
	if (s == STATUS_RUNNING || s == STATUS_PAUSED)
		return 0;
	(void)err_set(e, EINVAL, "Container cannot be checkpointed in %s state",
		      status_name(s));
	if (s == STATUS_CREATED)
		return err_hint(e, "'%s' does not run its program yet: start it first",
				c->rec.id);
	return -e->code;
}

/* The directory by which criu can stop all processes at once, or NULL. */
static const char *freezer(const struct container *c)
{
	for (size_t i = 0; i < c->rec.n_cgroups; i++) {
		const struct cgroup_path *p = &c->rec.cgroups[i];

		if ((streq(p->controller, "freezer") || !*p->controller) &&
		    access(p->dir, F_OK) == 0)
			return p->dir;
	}
	return NULL;
}

/*
 * A criu that died may have left it frozen: nobody would ever let it go on.
 */
static void thaw(struct cgroup *cg)
{
	struct err e = ERR_INIT;
	char line[2200];

	if (!cg || !cgroup_frozen(cg))
		return;
	if (cgroup_freeze(cg, false, deadline_in_ms(LOCK_DEADLINE_MS), &e) < 0)
		log_warn("the container is still frozen: %s",
			 err_format(&e, line, sizeof(line)));
}

static int dump(const struct container *c, const struct runtime *rt,
		const struct spec *spec, struct cgroup *cg,
		const struct criu_flags *flags, struct err *e)
{
	AUTO(str) char *program = NULL;
	struct criu_subject s = {
		.flags = flags, .spec = spec, .rootfs = c->rec.rootfs,
		.view = cg ? cgroup_view(cg) : NULL,
		.runc_words = runtime_is_runc(rt),
	};

	if (criu_find(rt->criu, &program, e) < 0)
		return -e->code;
	s.program = program;
	return criu_dump(&s, c->rec.init.pid, freezer(c), c->rec.stdio, e);
}

/* The images hold it now: what is left of it here goes. */
static int finish(struct container *c, const struct spec *spec, int pidfd,
		  struct err *e)
{
	char what[256];

	if (pidfd_wait(pidfd, deadline_in_ms(END_DEADLINE_MS)) < 0) {
		(void)err_set(e, ETIMEDOUT, "the checkpoint is complete, but init has not ended: %s",
			      proc_describe(c->rec.init.pid, what, sizeof(what)));
		return err_hint(e, "delete --force removes it");
	}
	return container_destroy(c, spec, e);
}

int container_checkpoint(const struct runtime *rt, const char *id,
			 const struct criu_flags *flags, struct err *e)
{
	AUTO(container) struct container c = CONTAINER_INIT;
	AUTO(cgroup) struct cgroup *cg = NULL;
	AUTO(spec) struct spec spec = { 0 };
	enum status s;

	if (state_open(&c, rt->root, id, e) < 0 ||
	    state_lock(&c, deadline_in_ms(LOCK_DEADLINE_MS), e) < 0)
		return -e->code;
	s = state_status(&c, &cg);
	if (check_status(&c, s, e) < 0 || criu_check_flags(flags, e) < 0 ||
	    container_spec(&c, &spec, e) < 0)
		return -e->code;
	if (geteuid() != 0)
		log_warn("checkpoint of a container without root may fail");
	AUTO(fd) int pidfd = proc_open(&c.rec.init);

	if (pidfd < 0)
		return err_errno(e, -pidfd, "cannot get a pidfd of init (pid %d)",
				 c.rec.init.pid);
	if (dump(&c, rt, &spec, cg, flags, e) < 0) {
		if (s != STATUS_PAUSED)
			thaw(cg);
		return -e->code;
	}
	if (flags->leave_running || flags->pre_dump)
		return 0;
	return finish(&c, &spec, pidfd, e);
}
