/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The planner of libnsexec: which namespaces are made at birth, which are
 * joined, in which order, and by how many processes. Pure (I7): it looks at
 * nothing but its arguments. It is the one place where these rules live:
 *
 * R1  Only what has to be there at birth is in the zygote's clone3: a user and a
 *     pid namespace. The process itself unshares the rest, after it has
 * become root of its user namespace: what a new namespace captures of its maker
 *     (owner of the mqueue file system and of lo's files in sysfs, the root of
 *     a cgroup namespace) is then right, and the parent is free earlier.
 * R2  A user namespace owns what is made after it was entered, so it comes
 *     before UNSHARE. A namespace that exists may belong to the host: it is
 *     joined with the parent's privileges, before a new user namespace. With a
 *     joined user namespace it may belong to either: joined before where that
 *     is allowed (NSX_TRY), after otherwise.
 * R3  A cgroup namespace is unshared after the process is in its cgroups (BORN,
 *     or born there): clone3 with CLONE_INTO_CGROUP would root it at the
 *     parent's.
 * R4  The mount namespace is joined last: root and cwd change with it.
 * R5  A second process (CLONE) only if the namespace applies to children: a
 *     joined pid namespace, a new time namespace (its offsets are written
 *     between unshare and the first process in it), a new pid namespace that a
 *     user namespace entered after birth must own. It is the last op: until
 *     then nobody inside the joined namespaces can see the process, afterwards
 *     nothing of the host is left open in it.
 * R6  BORN where something of the parent has to come first: id maps, or `enter`
 *     (also for who was born in the cgroup: v1 hierarchies beside it, attributes
 *     that a second process inherits) unless the request says that it may be done
 *     while the process acts: it would wait for the parent to wake up and answer.
 * R7  A new network namespace takes the kernel four times as long as all the others.
 *     The parent, which would only wait, makes it while the process is born and at its
 *     mounts (netns.c), if the process says that it does without until then. Not with a user
 *     namespace, which has to own it. Its memory is charged to the cgroup of the
 *     caller, as that of a namespace which an engine makes and gives by path.
 *
 * Sources: user_namespaces(7), pid_namespaces(7), time_namespaces(7), setns(2).
 */
#include "config.h"
#include "libnsexec/nsplan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "libnsexec/program.h"

#include "base/banned.h"

/* Joined in this order, before or after the user namespace. R4: mnt last. */
static const enum nsx_kind join_order[] = {
	NSX_IPC, NSX_UTS, NSX_NET, NSX_PID, NSX_CGROUP, NSX_TIME, NSX_MNT,
};
#define N_JOIN (sizeof(join_order) / sizeof(join_order[0]))

static bool is(const struct nsx_request *req, enum nsx_kind kind,
	       enum nsx_mode mode)
{
	return req->ns[kind].mode == mode;
}

static bool has_root(const struct nsx_idmap *map, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (map[i].inside == 0 && map[i].count > 0)
			return true;
	return false;
}

static int check_maps(const struct nsx_request *req, struct err *e)
{
	if (!is(req, NSX_USER, NSX_NEW)) {
		if (req->n_uid_map || req->n_gid_map)
			return err_set(e, EINVAL,
				       "id mappings need a new user namespace");
		return 0;
	}
	if (!req->n_uid_map || !req->n_gid_map)
		return err_set(e, EINVAL,
			       "a new user namespace needs %s mappings",
			       req->n_uid_map ? "gid" : "uid");
	if (nsx_idmap_check(req->uid_map, req->n_uid_map, "uid", e) < 0 ||
	    nsx_idmap_check(req->gid_map, req->n_gid_map, "gid", e) < 0)
		return -e->code;
	if (!has_root(req->uid_map, req->n_uid_map))
		return err_set(
			e, EINVAL,
			"no mapping found for uid 0 of the user namespace");
	if (!has_root(req->gid_map, req->n_gid_map))
		return err_set(
			e, EINVAL,
			"no mapping found for gid 0 of the user namespace");
	return 0;
}

static int check(const struct nsx_request *req, struct err *e)
{
	for (unsigned int k = 0; k < _NSX_KIND_MAX; k++)
		if (req->ns[k].mode == NSX_JOIN && req->ns[k].fd < 0)
			return err_set(
				e, EINVAL,
				"no descriptor of the %s namespace to join",
				nsx_kind_name((enum nsx_kind)k));
	if ((req->monotonic.set || req->boottime.set) &&
	    !is(req, NSX_TIME, NSX_NEW))
		return err_set(e, EINVAL,
			       "clock offsets need a new time namespace");
	if (req->monotonic.nanosecs > 999999999 ||
	    req->boottime.nanosecs > 999999999)
		return err_set(
			e, EINVAL,
			"nanoseconds of a clock offset are below 1000000000");
	return check_maps(req, e);
}

static void push(struct nsx_plan *p, enum nsx_op_type type, uint32_t arg)
{
	p->ops[p->n_ops++] = (struct nsx_op){ type, arg };
}

static void push_joins(struct nsx_plan *p, const struct nsx_request *req,
		       uint32_t flags)
{
	for (size_t i = 0; i < N_JOIN; i++)
		if (is(req, join_order[i], NSX_JOIN))
			push(p, NSX_OP_SETNS, (uint32_t)join_order[i] | flags);
}

static bool any_joined(const struct nsx_request *req)
{
	for (size_t i = 0; i < N_JOIN; i++)
		if (is(req, join_order[i], NSX_JOIN))
			return true;
	return false;
}

/* What the process unshares for itself (R1, R7). */
static uint32_t rest_flags(const struct nsx_request *req, bool net_by_parent)
{
	uint32_t flags = 0;

	for (unsigned int k = 0; k < _NSX_KIND_MAX; k++)
		if (k != NSX_USER && k != NSX_PID && req->ns[k].mode == NSX_NEW)
			flags |= nsx_kind_flag((enum nsx_kind)k);
	return net_by_parent ? flags & ~(uint32_t)CLONE_NEWNET : flags;
}

int nsx_plan(struct nsx_plan *ret, const struct nsx_request *req,
	     const struct nsx_caps *caps, struct err *e)
{
	bool user_new = is(req, NSX_USER, NSX_NEW);
	bool user_join = is(req, NSX_USER, NSX_JOIN);
	bool pid_new = is(req, NSX_PID, NSX_NEW);
	bool user_late = user_new && any_joined(req); /* R2 */
	bool second = is(req, NSX_PID, NSX_JOIN) ||
		      is(req, NSX_TIME, NSX_NEW) ||
		      (pid_new && (user_join || user_late)); /* R5 */
	struct nsx_plan p = { 0 };
	uint32_t rest;

	if (check(req, e) < 0)
		return -e->code;
	p.into_cgroup = req->cgroup_fd >= 0 && caps->clone_into_cgroup;
	if (user_new && !user_late)
		p.clone_flags |= CLONE_NEWUSER;
	if (pid_new && !second)
		p.clone_flags |= CLONE_NEWPID;

	if (p.clone_flags & CLONE_NEWUSER ||
	    (req->enter && !(req->enter_beside && p.into_cgroup)))
		push(&p, NSX_OP_BORN, 0); /* R6 */
	if (p.clone_flags & CLONE_NEWUSER)
		push(&p, NSX_OP_ROOT_IDS, 0);
	if (user_join) {
		push_joins(&p, req, NSX_TRY);
		push(&p, NSX_OP_SETNS, NSX_USER);
		push(&p, NSX_OP_ROOT_IDS, 0);
	}
	push_joins(&p, req, 0);
	if (user_late) {
		push(&p, NSX_OP_UNSHARE, CLONE_NEWUSER);
		/* An ordinary user may not write to a non-dumpable process. */
		push(&p, NSX_OP_IDMAP, caps->euid != 0);
		push(&p, NSX_OP_ROOT_IDS, 0);
	}
	p.net_by_parent = req->net_later && caps->net_by_parent &&
			  is(req, NSX_NET, NSX_NEW) &&
			  is(req, NSX_USER, NSX_INHERIT); /* R7 */
	rest = rest_flags(req, p.net_by_parent);
	if (rest)
		push(&p, NSX_OP_UNSHARE, rest); /* R1, R3 */
	if (req->monotonic.set || req->boottime.set)
		push(&p, NSX_OP_TIMENS, 0);
	if (second)
		push(&p, NSX_OP_CLONE, pid_new ? CLONE_NEWPID : 0);
	*ret = p;
	return 0;
}

bool nsx_plan_clones(const struct nsx_plan *plan)
{
	return plan->n_ops > 0 &&
	       plan->ops[plan->n_ops - 1].type == NSX_OP_CLONE;
}

static int print_op(const struct nsx_op *op, char *buf, size_t size)
{
	char text[80];

	switch ((enum nsx_op_type)op->type) {
	case NSX_OP_BORN:
		return snprintf(buf, size, "born\n");
	case NSX_OP_SETNS:
		return snprintf(
			buf, size, "setns %s%s\n",
			nsx_kind_name((enum nsx_kind)(op->arg & ~NSX_TRY)),
			op->arg & NSX_TRY ? " or later" : "");
	case NSX_OP_ROOT_IDS:
		return snprintf(buf, size, "root-ids\n");
	case NSX_OP_UNSHARE:
		return snprintf(buf, size, "unshare %s\n",
				nsx_flags_text(op->arg, text, sizeof(text)));
	case NSX_OP_IDMAP:
		return snprintf(buf, size, "idmap%s\n",
				op->arg ? " dumpable" : "");
	case NSX_OP_TIMENS:
		return snprintf(buf, size, "timens\n");
	case NSX_OP_CLONE:
		return snprintf(buf, size, "clone%s%s\n", op->arg ? " " : "",
				nsx_flags_text(op->arg, text, sizeof(text)));
	case NSX_OP_END:
		break;
	}
	return snprintf(buf, size, "?\n");
}

void nsx_plan_print(const struct nsx_plan *plan, char *buf, size_t size)
{
	char text[80];
	size_t len;
	int n = snprintf(buf, size, "clone%s%s%s%s\n",
			 plan->clone_flags ? " " : "",
			 nsx_flags_text(plan->clone_flags, text, sizeof(text)),
			 plan->into_cgroup ? " into-cgroup" : "",
			 plan->net_by_parent ? " net-by-parent" : "");

	for (size_t i = 0; i < plan->n_ops; i++) {
		len = strnlen(buf, size);
		if (n < 0 || len + 1 >= size)
			return;
		n = print_op(&plan->ops[i], buf + len, size - len);
	}
}
