/* SPDX-License-Identifier: Apache-2.0 */
/* What stands for cg_systemd.c in a build without it: nothing has a cg->sd. */
#include "config.h"

#include "cgroup/cg_internal.h"

#include <errno.h>

#include "base/banned.h"

static int refuse(struct err *e)
{
	return err_set(e, ENOTSUP, "the systemd cgroup driver is not part of this "
		       "build (--without-systemd)");
}

int cg_sd_plan(struct cgroup *cg, const struct cgroup_req *req,
	       const char **ret_inner, struct err *e)
{
	(void)cg;
	(void)req;
	(void)ret_inner;
	return refuse(e);
}

int cg_sd_check(const struct cgroup *cg, struct err *e)
{
	(void)cg;
	return refuse(e);
}

const struct spec_resources *cg_sd_limits(struct cgroup *cg,
					  const struct spec_resources *res)
{
	(void)cg;
	return res;
}

const char *cgroup_unit(const struct cgroup *cg)
{
	(void)cg;
	return "";
}

void cgroup_set_unit(struct cgroup *cg, const char *unit)
{
	(void)cg;
	(void)unit;
}

bool cg_sd_user(const struct cgroup *cg)
{
	(void)cg;
	return false;
}

const char *cg_sd_scope(struct cgroup *cg, const struct cg_dir *d)
{
	(void)cg;
	(void)d;
	return NULL;
}

void cg_sd_close(struct cgroup *cg)
{
	(void)cg;
}

int cg_sd_begin(struct cgroup *cg, struct err *e)
{
	(void)cg;
	return refuse(e);
}

bool cg_sd_pending(const struct cgroup *cg)
{
	(void)cg;
	return false;
}

int cg_sd_start(struct cgroup *cg, pid_t pid, struct err *e)
{
	(void)cg;
	(void)pid;
	return refuse(e);
}

int cg_sd_attach(struct cgroup *cg, const char *sub, pid_t pid, struct err *e)
{
	(void)cg;
	(void)sub;
	(void)pid;
	return refuse(e);
}

int cg_sd_apply(struct cgroup *cg, const struct spec_resources *res,
		bool devices, struct err *e)
{
	(void)cg;
	(void)res;
	(void)devices;
	return refuse(e);
}

int cg_sd_destroy(struct cgroup *cg, struct err *e)
{
	(void)cg;
	return refuse(e);
}
