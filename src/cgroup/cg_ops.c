/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is done to the processes of a container through its cgroups: freeze,
 * signal, list, and the removal in the end. Works on a cgroup from cgroup_plan()
 * or from a record alike; directories that are gone are empty.
 */
#include "config.h"

#include "cgroup/cgroup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/proc.h"
#include "base/sys.h"
#include "cgroup/cg_internal.h"

#include "base/banned.h"

/* The directory to freeze: v1 has a hierarchy for it, cgroup2 does it itself. */
static const struct cg_dir *freezer_of(const struct cgroup *cg)
{
	const struct cg_dir *d = cg_find_v1(cg, "freezer");

	if (!d)
		d = cg->d2;
	return d && !d->dropped ? d : NULL;
}

/* ---- freeze, kill, list ---- */

int cgroup_freeze(struct cgroup *cg, bool on, deadline_t deadline,
		  struct err *e)
{
	const struct cg_dir *d = freezer_of(cg);

	if (!d)
		return err_set(e, EOPNOTSUPP, "cannot toggle freezer: the "
			       "container has no freezer cgroup");
	return d->v2 ? cg2_freeze(d->dir, on, deadline, e)
		     : cg1_freeze(d->dir, on, deadline, e);
}

bool cgroup_frozen(struct cgroup *cg)
{
	const struct cg_dir *d = freezer_of(cg);

	if (!d)
		return false;
	return d->v2 ? cg2_frozen(d->dir) : cg1_frozen(d->dir);
}

bool cgroup_stops(struct cgroup *cg)
{
	const struct cg_dir *d = freezer_of(cg);

	if (!d)
		return false;
	return d->v2 ? cg2_stops(d->dir) : cg1_stops(d->dir);
}

int cgroup_pids(struct cgroup *cg, struct pid_list *ret, struct err *e)
{
	struct pid_list list = { 0 };

	/* On v1 a process can be in some of the hierarchies only. */
	for (size_t i = 0; i < cg->n_dirs && !cg->foreign; i++) {
		const struct cg_dir *d = &cg->dirs[i];
		int r = d->dropped ? 0 : cg_tree_pids(d->dir, &list, NULL);

		if (r < 0) {
			free(list.v);
			return err_errno(e, -r, "cannot list the processes of "
					 "cgroup '%s'", d->dir);
		}
	}
	cg_pids_sort(&list);
	*ret = list;
	return 0;
}

static bool listed(const struct pid_list *list, pid_t pid)
{
	size_t lo = 0, hi = list->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (list->v[mid] == pid)
			return true;
		if (list->v[mid] < pid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

/*
 * Signal those of `now` that are not in `before`. A pid may be reused between
 * reading the list and the signal; so the handle is taken first and the list
 * read again: what is still (or again) in the cgroup may be signalled.
 */
static int signal_new(struct cgroup *cg, const struct pid_list *now,
		      const struct pid_list *before, int sig, struct err *e)
{
	struct fdvec fds = { 0 };
	struct pid_list again = { 0 };
	int r = 0;

	for (size_t done = 0; done < now->n && r == 0;) {
		/* In portions: descriptors are limited. */
		size_t n = now->n - done < 256 ? now->n - done : 256;
		const pid_t *v = now->v + done;

		for (size_t i = 0; i < n; i++)
			(void)fdvec_push(&fds, listed(before, v[i])
					 ? -1 : sys_pidfd_open(v[i], 0));
		r = cgroup_pids(cg, &again, e);
		for (size_t i = 0; r == 0 && i < n; i++) {
			int s = fds.v[i] >= 0 && listed(&again, v[i])
				? pidfd_signal(fds.v[i], sig) : 0;

			if (s < 0 && s != -ESRCH)
				r = err_errno(e, -s, "cannot send signal %d to "
					      "pid %d", sig, v[i]);
		}
		free(again.v);
		again = (struct pid_list){ 0 };
		fdvec_clear(&fds);
		done += n;
	}
	return r;
}

/* Until a round finds nobody new; a fork bomb is bounded by the rounds. */
#define KILL_ROUNDS 64

static int signal_all(struct cgroup *cg, int sig, struct err *e)
{
	struct pid_list before = { 0 }, now = { 0 };
	bool more = true;
	int r = 0;

	for (int round = 0; more && r == 0 && round < KILL_ROUNDS; round++) {
		r = cgroup_pids(cg, &now, e);
		if (r < 0)
			break;
		more = false;
		for (size_t i = 0; i < now.n && !more; i++)
			more = !listed(&before, now.v[i]);
		if (more)
			r = signal_new(cg, &now, &before, sig, e);
		free(before.v);
		before = now;
		now = (struct pid_list){ 0 };
	}
	free(before.v);
	return r;
}

/*
 * Stop the forking while the processes are signalled. Not waited for: what has
 * not stopped yet is caught by the next round of signal_all().
 */
static void hold(const struct cg_dir *freezer, bool on)
{
	if (!freezer)
		return;
	if (freezer->v2)
		(void)cg_put(freezer->dir, "cgroup.freeze", on ? "1" : "0");
	else
		(void)cg_put(freezer->dir, "freezer.state",
			     on ? "FROZEN" : "THAWED");
}

void cgroup_let_die(struct cgroup *cg)
{
	const struct cg_dir *freezer = freezer_of(cg);

	if (!freezer || cg->foreign)
		return;
	if (freezer->v2)
		hold(freezer, false);
	else
		cg_tree_put(freezer->dir, "freezer.state", "THAWED");
}

int cgroup_kill(struct cgroup *cg, int sig, struct err *e)
{
	const struct cg_dir *freezer = freezer_of(cg);
	bool killed = false;

	if (cg->foreign)
		return 0;
	if (sig != SIGKILL)
		return signal_all(cg, sig, e);
	if (cg->d2 && !cg->d2->dropped) {
		int r = cg_put(cg->d2->dir, "cgroup.kill", "1");

		killed = r >= 0 || r == -ENODEV ||
			 (r == -ENOENT && access(cg->d2->dir, F_OK) < 0);
		/* Frozen or not, children too: nothing is left to do. */
		if (killed && cg->unified)
			return 0;
	}
	if (!killed) {
		hold(freezer, true);
		int r = signal_all(cg, sig, e);

		if (r < 0) {
			hold(freezer, false);
			return r;
		}
	}
	cgroup_let_die(cg);
	return signal_all(cg, sig, e);
}

static uint64_t count_of(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *p = text; p && *p;) {
		if (strncmp(p, key, n) == 0 && p[n] == ' ') {
			AUTO(str) char *num =
				xstrndup(p + n + 1, strcspn(p + n + 1, "\n"));
			uint64_t ret;

			return parse_u64(num, &ret) < 0 ? 0 : ret;
		}
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	return 0;
}

uint64_t cgroup_oom_kills(struct cgroup *cg)
{
	AUTO(arena) struct arena a = { 0 };
	const struct cg_dir *d = cg_find_v1(cg, "memory");

	if (d)
		return count_of(cg_read(&a, d->dir, "memory.oom_control"),
				"oom_kill");
	return cg->d2 ? count_of(cg_read(&a, cg->d2->dir, "memory.events"),
				 "oom_kill") : 0;
}

bool cgroup_is_gone(const struct cgroup *cg)
{
	return cg->d2 && !cg->d2->dropped && access(cg->d2->dir, F_OK) < 0 &&
	       errno == ENOENT;
}

/* ---- destroy ---- */

int cgroup_destroy(struct cgroup *cg, deadline_t deadline, struct err *e)
{
	struct err other = ERR_INIT;
	int r = 0;

	if (cg->foreign || cg->only_planned || cg_sd_pending(cg))
		return 0;
	for (size_t i = 0; i < cg->n_dirs; i++)
		if (cg->dirs[i].nobodys)
			(void)rmdir(cg->dirs[i].dir);
	/* cgroup2 first: its event says when the v1 ones are empty as well. */
	if (cg->d2 && !cg->d2->dropped)
		r = cg2_destroy(cg->d2, deadline, e);
	for (size_t i = 0; i < cg->n_dirs; i++) {
		const struct cg_dir *d = &cg->dirs[i];

		if (d->v2 || d->dropped)
			continue;
		/* All are tried; the first error is told. */
		int s = cg1_destroy(d, deadline, r < 0 ? &other : e);

		r = r < 0 ? r : s;
	}
	/* Empty, so that systemd has nothing to wait for. */
	return r == 0 && cg->sd ? cg_sd_destroy(cg, e) : r;
}
