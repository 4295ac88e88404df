/* SPDX-License-Identifier: Apache-2.0 */
/* kill (kill.h). Signals go through a pidfd, never to a recycled pid. */
#include "config.h"
#include "runtime/kill.h"

#include "base/cleanup.h"
#include "config/names.h"
#include "runtime/state.h"

#include <errno.h>
#include <signal.h>

#include "base/banned.h"

static int signal_init(const struct container *c, int sig, struct err *e)
{
	AUTO(fd) int pidfd = proc_open(&c->rec.init);
	int r = pidfd < 0 ? pidfd : pidfd_signal(pidfd, sig);

	if (r == 0)
		return 0;
	if (r == -ESRCH)
		return err_set(e, ESRCH, "container not running: '%s'",
			       c->rec.id);
	(void)err_errno(e, -r, "cannot send signal %d to init of '%s' (pid %d)",
			sig, c->rec.id, c->rec.init.pid);
	return r == -EINVAL ? err_hint(e, "signals are 1 to 64, without a dash") :
			      r;
}

/* Without its own pid namespace nothing dies with init. */
static int kill_everything(const struct container *c, struct cgroup *cg,
			   enum status status, int sig, struct err *e)
{
	struct pid_list pids = { NULL, 0 };
	bool any;

	if (!cg || c->rec.n_cgroups == 0)
		return signal_init(c, sig, e);
	if (cgroup_pids(cg, &pids, e) < 0)
		return -e->code;
	any = pids.n > 0;
	free(pids.v);
	if (!any && status == STATUS_STOPPED)
		return err_set(e, ESRCH, "container not running: '%s'",
			       c->rec.id);
	return cgroup_kill(cg, sig, e);
}

int container_kill(const struct runtime *rt, const char *id, const char *signame,
		   bool all, struct err *e)
{
	AUTO(container) struct container c = CONTAINER_INIT;
	AUTO(cgroup) struct cgroup *cg = NULL;
	enum status status;
	int sig, r;

	if (state_open(&c, rt->root, id, e) < 0)
		return -e->code;
	if (signal_number(signame, &sig) < 0) {
		(void)err_set(e, EINVAL, "unknown signal \"%s\"", signame);
		return err_hint(e, "a number, or a name such as TERM, SIGKILL, RTMIN+1");
	}
	status = state_status(&c, &cg);
	if (cg)
		cgroup_claim(cg, c.rec.mark);
	if ((sig == SIGKILL && !c.rec.pid_ns_private) ||
	    (all && !runtime_is_runc(rt))) {
		r = kill_everything(&c, cg, status, sig, e);
	} else if (status == STATUS_STOPPED || status == STATUS_CREATING) {
		r = err_set(e, ESRCH, "container not running: '%s'", id);
	} else {
		r = signal_init(&c, sig, e);
		if (r == 0 && sig == SIGKILL && cg)
			cgroup_let_die(cg);
	}
	return all && r == -ESRCH ? 0 : r;
}
