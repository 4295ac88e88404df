/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The systemd driver as the rest of src/cgroup/ sees it: cg_systemd.c, or
 * cg_nosystemd.c in a build without. All but the first two need cg->sd.
 */
#ifndef OCIRUN_CGROUP_CG_SYSTEMD_H
#define OCIRUN_CGROUP_CG_SYSTEMD_H

#include "base/err.h"
#include "cgroup/cgroup.h"

#include <stdbool.h>
#include <sys/types.h>

struct cg_dir;

/* Fill cg->sd; *ret_inner: the cgroup below the root of each hierarchy. */
int cg_sd_plan(struct cgroup *cg, const struct cgroup_req *req,
	       const char **ret_inner, struct err *e);
/* Can it work with the layout? */
int cg_sd_check(const struct cgroup *cg, struct err *e);
/* The limits as systemd can have them; `res` itself without cg->sd. */
const struct spec_resources *cg_sd_limits(struct cgroup *cg,
					  const struct spec_resources *res);
int cg_sd_begin(struct cgroup *cg, struct err *e);
/* Planned, and the unit is still to be made: false also without cg->sd. */
bool cg_sd_pending(const struct cgroup *cg);
/* Make the unit around its first process, and the directories ours. */
int cg_sd_start(struct cgroup *cg, pid_t pid, struct err *e);
/* Does the user's manager have it? false also without cg->sd. */
bool cg_sd_user(const struct cgroup *cg);
/* The scope's directory in the hierarchy of d, if d->dir is below; or NULL. */
const char *cg_sd_scope(struct cgroup *cg, const struct cg_dir *d);
/* Let systemd move a process into the unit, or a cgroup below it. */
int cg_sd_attach(struct cgroup *cg, const char *sub, pid_t pid, struct err *e);
int cg_sd_apply(struct cgroup *cg, const struct spec_resources *res,
		bool devices, struct err *e);
int cg_sd_destroy(struct cgroup *cg, struct err *e);
void cg_sd_close(struct cgroup *cg);

#endif
