/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes of the process and of its private namespaces that one system call
 * sets: session, loopback, names, scheduling, i/o priority, personality, memory
 * policy, limits. oom_score_adj and CPU affinity are the parent's work, since it
 * has the privileges for them. Decides nothing: numbers were checked by config/
 * and planned by plan/. Sources: the man page of each call, section 2.
 */
#include "config.h"

#include "init/steps_proc.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/net.h"
#include "base/protect.h"
#include "base/str.h"
#include "base/sys.h"

#include "base/banned.h"

int step_session(struct init *in, const union step_arg *u, struct err *e)
{
	(void)in;
	(void)u;
	if (!PROTECTED(OWN_SESSION))
		return 0;
	if (setsid() >= 0)
		return 0;
	/* EPERM is what a session leader gets, too: then it is done already */
	if (errno == EPERM && getsid(0) == getpid())
		return 0;
	return err_errno(e, errno, "cannot make a new session");
}

int step_stdio(struct init *in, const union step_arg *u, struct err *e)
{
	(void)u;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		int *slot = &in->plan.fds[SLOT_STDIN + fd];
		int r = *slot < 0 ? 0 : fd_dup_to(*slot, fd, false);

		if (r < 0)
			return err_errno(e, -r, "cannot make descriptor %d a pipe",
					 fd);
		if (*slot >= 0)
			(void)close(*slot);
		*slot = -1;
	}
	return 0;
}

/* ---- limits ------------------------------------------------------------ */

int rlimit_set(pid_t pid, const struct arg_rlimit *l, struct err *e)
{
	unsigned int res = (unsigned int)l->resource;
	struct sys_rlimit want = { l->soft, l->hard }, have = { 0, 0 };
	int code = -sys_prlimit(pid, res, &want, NULL);

	if (code == 0)
		return 0;

	(void)err_errno(e, code,
			"cannot set resource limit to soft %llu, hard %llu",
			(unsigned long long)l->soft,
			(unsigned long long)l->hard);
	(void)err_at(e, "/process/rlimits/%u", l->index);
	if (code == EPERM && sys_prlimit(pid, res, NULL, &have) == 0)
		(void)err_hint(e,
			       "the hard limit allowed here is %llu; raising it needs CAP_SYS_RESOURCE",
			       (unsigned long long)have.hard);
	return -code;
}

int step_rlimit(struct init *in, const union step_arg *u, struct err *e)
{
	(void)in;
	return rlimit_set(0, &u->rlimit, e);
}

/* ---- loopback ---------------------------------------------------------- */

static int lo_error(struct err *e, int code)
{
	(void)err_errno(e, code, "cannot bring up the loopback interface 'lo'");
	if (code == EPERM)
		return err_hint(e, "it needs CAP_NET_ADMIN in the user namespace "
				   "that owns the network namespace");
	if (code == ENODEV)
		return err_hint(e, "this network namespace has no 'lo'");
	return -code;
}

int step_loopback(struct init *in, const union step_arg *u, struct err *e)
{
	(void)u;
	if (init_join_net(in, e) < 0)
		return -e->code;
	AUTO(fd) int fd = net_socket();
	int r = fd < 0 ? fd : net_loopback_up(fd);

	return r < 0 ? lo_error(e, -r) : 0;
}

/* ---- names ------------------------------------------------------------- */

static int name_error(struct err *e, int code, const char *what,
		      const char *name)
{
	(void)err_errno(e, code, "cannot set %s '%s'", what, name);
	(void)err_at(e, "/%s", what);
	if (code == EPERM)
		return err_hint(e, "it needs CAP_SYS_ADMIN in the user namespace "
				   "that owns the UTS namespace");
	if (code == EINVAL)
		return err_hint(e, "the kernel takes at most 64 characters, "
				   "this has %zu", strlen(name));
	return -code;
}

int step_hostname(struct init *in, const union step_arg *u, struct err *e)
{
	const char *name = u->path.text;

	(void)in;
	if (sethostname(name, strlen(name)) < 0)
		return name_error(e, errno, "hostname", name);
	return 0;
}

int step_domainname(struct init *in, const union step_arg *u, struct err *e)
{
	const char *name = u->path.text;

	(void)in;
	if (setdomainname(name, strlen(name)) < 0)
		return name_error(e, errno, "domainname", name);
	return 0;
}

/* ---- scheduling -------------------------------------------------------- */

/* sched_setattr(2), first published size (the C library has no such struct) */
struct sched_args {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

#define POLICY_FIFO     1U
#define POLICY_RR       2U
#define POLICY_DEADLINE 6U

/* Is this capability effective right now? */
static bool have_cap(unsigned int cap)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	if (syscall(SYS_capget, &head, data) < 0)
		return false;
	return data[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap);
}

static int scheduler_hint(struct err *e, int code,
			  const struct arg_scheduler *a)
{
	if (code == EPERM && !have_cap(CAP_SYS_NICE))
		return err_hint(e, "it needs CAP_SYS_NICE, which the runtime "
				   "does not have here");
	if (code == EPERM && a->policy == POLICY_DEADLINE)
		return err_hint(e, "process scheduler can't be used together "
				   "with AllowedCPUs: SCHED_DEADLINE needs all "
				   "CPUs, see linux.resources.cpu.cpus");
	if (code == EPERM &&
	    (a->policy == POLICY_FIFO || a->policy == POLICY_RR))
		return err_hint(e, "the cgroup has no realtime budget: set "
				   "linux.resources.cpu.realtimeRuntime");
	if (code == EBUSY)
		return err_hint(e, "the CPUs cannot guarantee runtime %llu of "
				   "period %llu to one more process",
				(unsigned long long)a->runtime,
				(unsigned long long)a->period);
	if (code == EINVAL && a->policy == POLICY_DEADLINE)
		return err_hint(e, "the period, or else the deadline, must be between "
				   "kernel.sched_deadline_period_min_us and _max_us "
				   "(sysctl)");
	if (code == EINVAL)
		return err_hint(e, "this kernel refuses policy %u with priority "
				   "%u and flags 0x%llx", a->policy, a->priority,
				(unsigned long long)a->flags);
	return -code;
}

int step_scheduler(struct init *in, const union step_arg *u, struct err *e)
{
	const struct arg_scheduler *a = &u->scheduler;
	struct sched_args args = {
		.size = sizeof(args),
		.policy = a->policy,
		.flags = a->flags,
		.nice = a->nice,
		.priority = a->priority,
		.runtime = a->runtime,
		.deadline = a->deadline,
		.period = a->period,
	};
	int code;

	(void)in;
	if (syscall(SYS_sched_setattr, 0, &args, 0U) == 0)
		return 0;
	code = errno;
	(void)err_errno(e, code, "cannot set the process scheduler");
	(void)err_at(e, "/process/scheduler");
	return scheduler_hint(e, code, a);
}

int step_io_priority(struct init *in, const union step_arg *u, struct err *e)
{
	const struct arg_io_priority *a = &u->io_priority;
	const int who_process = 1;
	int code;

	(void)in;
	/* ioprio_set(2): class in the bits from 13, level below */
	if (syscall(SYS_ioprio_set, who_process, 0,
		    (int)(a->class_ << 13 | a->priority)) == 0)
		return 0;
	code = errno;
	(void)err_errno(e, code, "cannot set i/o priority class %u level %u",
			a->class_, a->priority);
	(void)err_at(e, "/process/ioPriority");
	if (code == EPERM)
		return err_hint(e, "the realtime class needs CAP_SYS_ADMIN or "
				   "CAP_SYS_NICE");
	return -code;
}

int step_personality(struct init *in, const union step_arg *u, struct err *e)
{
	unsigned long persona = (unsigned long)u->personality.persona;

	(void)in;
	if (personality(persona) >= 0)
		return 0;
	(void)err_errno(e, errno, "cannot set personality 0x%lx", persona);
	return err_at(e, "/linux/personality");
}

/* ---- memory policy ----------------------------------------------------- */

#define MAX_NODES 1024U
#define WORD_BITS (sizeof(unsigned long) * CHAR_BIT)
#define NODE_WORDS (MAX_NODES / WORD_BITS)

/* One number at *s; moves *s behind it. */
static int take_number(const char **s, size_t *ret)
{
	size_t v = 0;

	if (**s < '0' || **s > '9')
		return -EINVAL;
	for (; **s >= '0' && **s <= '9'; (*s)++) {
		v = v * 10 + (size_t)(**s - '0');
		if (v > INT_MAX)
			return -ERANGE;
	}
	*ret = v;
	return 0;
}

int attrs_parse_nodes(const char *list, unsigned long *mask, size_t n_words)
{
	memset(mask, 0, n_words * sizeof(*mask));
	for (const char *s = list;; s++) {
		size_t first = 0, last;
		int r = take_number(&s, &first);

		if (r < 0)
			return r;
		last = first;
		if (*s == '-') {
			s++;
			r = take_number(&s, &last);
			if (r < 0)
				return r;
		}
		if (last < first)
			return -EINVAL;
		if (last >= n_words * WORD_BITS)
			return -ERANGE;
		for (size_t n = first; n <= last; n++)
			mask[n / WORD_BITS] |= 1UL << n % WORD_BITS;
		if (*s == '\0')
			return 0;
		if (*s != ',')
			return -EINVAL;
	}
}

int step_memory_policy(struct init *in, const union step_arg *u, struct err *e)
{
	const struct arg_memory_policy *a = &u->memory_policy;
	unsigned long mask[NODE_WORDS] = { 0 };
	bool have = a->nodes && a->nodes[0];
	int code, r;

	(void)in;
	if (have) {
		r = attrs_parse_nodes(a->nodes, mask, NODE_WORDS);
		if (r < 0) {
			(void)err_errno(e, -r, "invalid memory policy node "
					       "list '%s'", a->nodes);
			return err_at(e, "/linux/memoryPolicy/nodes");
		}
	}
	/* the kernel looks at one bit less than it is told */
	if (syscall(SYS_set_mempolicy, (int)a->mode, have ? mask : NULL,
		    have ? (unsigned long)MAX_NODES + 1 : 0UL) == 0)
		return 0;
	code = errno;
	(void)err_errno(e, code, "cannot set memory policy 0x%x with nodes '%s'",
			a->mode, have ? a->nodes : "");
	(void)err_at(e, "/linux/memoryPolicy");
	if (code == EINVAL)
		return err_hint(e, "a node is not there or not allowed by the "
				   "cpuset (linux.resources.cpu.mems), or this "
				   "kernel lacks the mode");
	if (code == ENOSYS)
		return err_hint(e, "this kernel has no NUMA support");
	return -code;
}
