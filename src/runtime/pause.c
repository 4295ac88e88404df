/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pause and resume (pause.h). The state is the freezer's: nothing is recorded
 * here, so that a container frozen or thawed by others is seen as it is. No lock:
 * a pause that meets a delete is undone by it (cgroup_kill() thaws).
 */
#include "config.h"
#include "runtime/pause.h"

#include "base/cleanup.h"
#include "runtime/state.h"

#include <errno.h>

#include "base/banned.h"

#define FREEZE_DEADLINE_MS (10 * 1000)

static int toggle(const struct container *c, struct cgroup *cg, bool on,
		  struct err *e)
{
	const char *what = on ? "pause" : "resume";

	if (!cg)
		return err_set(e, EOPNOTSUPP, "cannot %s '%s': its cgroup cannot be opened",
			       what, c->rec.id);
	if (cgroup_freeze(cg, on, deadline_in_ms(FREEZE_DEADLINE_MS), e) == 0)
		return 0;
	if (e->code == EACCES || e->code == EPERM)
		(void)err_hint(e, "%s may fail without full access to cgroups",
			       what);
	return err_wrap(e, "cannot %s '%s'", what, c->rec.id);
}

int container_pause(const struct runtime *rt, const char *id, struct err *e)
{
	AUTO(container) struct container c = CONTAINER_INIT;
	AUTO(cgroup) struct cgroup *cg = NULL;
	enum status s;

	if (state_open(&c, rt->root, id, e) < 0)
		return -e->code;
	s = state_status(&c, &cg);
	if (s != STATUS_RUNNING && s != STATUS_CREATED)
		return err_set(e, EINVAL, "container not running: '%s' is %s",
			       id, status_name(s));
	return toggle(&c, cg, true, e);
}

int container_resume(const struct runtime *rt, const char *id, struct err *e)
{
	AUTO(container) struct container c = CONTAINER_INIT;
	AUTO(cgroup) struct cgroup *cg = NULL;
	enum status s;

	if (state_open(&c, rt->root, id, e) < 0)
		return -e->code;
	s = state_status(&c, &cg);
	if (s != STATUS_PAUSED)
		return err_set(e, EINVAL, "container not paused: '%s' is %s", id,
			       status_name(s));
	return toggle(&c, cg, false, e);
}
