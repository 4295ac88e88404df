/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The planner of libnsexec: from a request to the flags of a clone and a program for
 * the process that it makes. Pure. Private to libnsexec and its tests.
 */
#ifndef OCIRUN_LIBNSEXEC_NSPLAN_H
#define OCIRUN_LIBNSEXEC_NSPLAN_H

#include "base/err.h"
#include "libnsexec/nsexec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Facts of the host that the planner needs. */
struct nsx_caps {
	bool clone_into_cgroup; /* cgroup_fd may be used */
	bool net_by_parent;	/* it can make a network namespace and return */
	uint32_t euid, egid;
};

/*
 * The plan is clone_flags for the zygote's clone3, then a program for the new
 * process.
 */
enum nsx_op_type {
	NSX_OP_END,
	NSX_OP_BORN,	 /* wait BORN: cgroups entered, ids mapped */
	NSX_OP_SETNS,	 /* setns(fd of kind arg); arg may have NSX_TRY */
	NSX_OP_ROOT_IDS, /* become uid and gid 0 of the user namespace */
	NSX_OP_UNSHARE,	 /* unshare(arg flags) */
	NSX_OP_IDMAP,	 /* NEED_IDMAP, wait IDMAP_DONE */
	NSX_OP_TIMENS,	 /* write the offsets of the new time namespace */
	NSX_OP_CLONE, /* clone3(CLONE_PARENT | arg flags); the child goes on */
};
struct nsx_op {
	uint32_t type;
	uint32_t arg;
};

/* NSX_OP_SETNS: on EPERM leave it to a later SETNS of the same kind. */
#define NSX_TRY 0x100U

#define NSX_MAX_OPS 24
struct nsx_plan {
	uint64_t clone_flags; /* CLONE_NEW* for the first clone3 */
	bool into_cgroup;     /* use cgroup_fd in that clone3 */
	bool net_by_parent;   /* NETNS follows */
	struct nsx_op ops[NSX_MAX_OPS + 1];
	size_t n_ops; /* without END */
};

/*
 * Decide. Pure; table-tested. Rules and reasons are in nsplan.c. Fails with
 * -EINVAL for combinations the kernel cannot do, naming them.
 */
int nsx_plan(struct nsx_plan *ret, const struct nsx_request *req,
	     const struct nsx_caps *caps, struct err *e);
/* One line per op ("clone newuser newpid …", "setns net"), for tests and logs.
 */
void nsx_plan_print(const struct nsx_plan *plan, char *buf, size_t size);
/* True if the plan makes a second process (NSX_OP_CLONE). */
bool nsx_plan_clones(const struct nsx_plan *plan);

#endif
