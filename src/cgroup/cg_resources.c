/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.resources to a list of writes: pure (I7). Each controller has two
 * functions, one per dialect; which one is used is decided per controller, so
 * that a hybrid host uses what each hierarchy has. Nothing that is asked for is
 * dropped: what a dialect cannot say is an error with the property's pointer.
 *
 * In the spec's heritage 0 means "not set" for memory, swap, shares, quota,
 * period and weights; -1 means "no limit".
 *
 * Sources: runtime-spec config-linux.md, the kernel's cgroup-v1/ and
 * admin-guide/cgroup-v2.rst.
 */
#include "config.h"

#include "cgroup/cg_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"

#include "base/banned.h"

#define PTR "/linux/resources/"

/* ---- building the list ---- */

struct build {
	struct cg_writes *out;
	const struct cg_facts *facts;
	const char *ctrl; /* of the entries being added */
	bool v2;
	struct err *e;
};

static struct cg_write *add(struct build *b, const char *pointer,
			    const char *file, uint32_t flags, const char *value)
{
	struct cg_writes *w = b->out;

	if (w->n == w->cap) {
		size_t cap = w->cap ? w->cap * 2 : 16;
		struct cg_write *v = arena_array(w->arena, cap, sizeof(*v));

		if (w->n)
			memcpy(v, w->v, w->n * sizeof(*v));
		w->v = v;
		w->cap = cap;
	}
	w->v[w->n] = (struct cg_write){
		.ctrl = b->ctrl, .v2 = b->v2, .file = file, .value = value,
		.pointer = pointer, .flags = flags,
	};
	return &w->v[w->n++];
}

static struct cg_write *add_u64(struct build *b, const char *pointer,
				const char *file, uint32_t flags, uint64_t v)
{
	return add(b, pointer, file, flags,
		   arena_printf(b->out->arena, "%" PRIu64, v));
}

static struct cg_write *add_i64(struct build *b, const char *pointer,
				const char *file, uint32_t flags, int64_t v)
{
	return add(b, pointer, file, flags,
		   arena_printf(b->out->arena, "%" PRId64, v));
}

/* cgroup2 says "max" where v1 says -1. */
static struct cg_write *add_max(struct build *b, const char *pointer,
				const char *file, uint32_t flags, int64_t v)
{
	return v == -1 ? add(b, pointer, file, flags, "max")
		       : add_i64(b, pointer, file, flags, v);
}

static int refuse(struct build *b, const char *pointer, const char *text)
{
	(void)err_set(b->e, EINVAL, "%s", text);
	return err_at(b->e, "%s", pointer);
}

/* Only v1 has the property; `instead`: why, or what cgroup v2 offers. */
static int v1_only(struct build *b, const char *pointer, const char *what,
		   const char *controller, const char *instead)
{
	(void)err_set(b->e, ENOTSUP, "%s cannot be set: the controller '%s' of "
		      "cgroup v2 has no equivalent", what, controller);
	(void)err_hint(b->e, "%s", instead);
	return err_at(b->e, "%s", pointer);
}

/* Choose where the controller is. v2: its name there, NULL = same. */
static int use(struct build *b, const char *pointer, const char *v1,
	       const char *v2)
{
	if (!v2)
		v2 = v1;
	b->v2 = false;
	b->ctrl = v1;
	if (cg_has_word(b->facts->v1, v1, ','))
		return 0;
	b->v2 = true;
	b->ctrl = v2;
	if (cg_has_word(b->facts->v2, v2, ' '))
		return 0;
	(void)err_set(b->e, ENOTSUP,
		      "the cgroup controller '%s' is not available: %s",
		      b->facts->unified ? v2 : v1, b->facts->why);
	return err_at(b->e, "%s", pointer);
}

/* ---- memory ---- */

static int check_limit(struct build *b, const char *pointer, int64_t v)
{
	return v < -1 ? refuse(b, pointer, "a memory limit is a number of bytes,"
					   " or -1 for no limit") : 0;
}

static bool memory_asked(const struct spec_memory *m)
{
	return m->limit.v || m->reservation.v || m->swap.v || m->kernel.v > 0 ||
	       m->kernel_tcp.v > 0 || m->disable_oom_killer.v ||
	       (m->use_hierarchy.set && !m->use_hierarchy.v) ||
	       (m->swappiness.set && m->swappiness.v != UINT64_MAX);
}

static int memory_v1(struct build *b, const struct spec_memory *m)
{
	int64_t swap = m->swap.v;
	uint32_t swap_flags = 0;

	/* Unlimited memory with limited memory+swap cannot be. */
	if (m->limit.v == -1 && swap == 0) {
		swap = -1;
		swap_flags = CGW_OPTIONAL;
	}
	if (swap > 0 && m->limit.v > 0 && swap < m->limit.v)
		return cg_swap_v2(m->limit.v, swap, &swap, b->e);
	/*
	 * The kernel keeps limit <= memory+swap at every moment, so a raise
	 * must set the sum first and a cut the limit first. Trying the limit
	 * first and again (DEFER) is right for both.
	 */
	if (m->limit.v)
		(void)add_i64(b, PTR "memory/limit", "memory.limit_in_bytes",
			      CGW_DEFER, m->limit.v);
	if (swap)
		(void)add_i64(b, PTR "memory/swap", "memory.memsw.limit_in_bytes",
			      swap_flags, swap);
	if (m->reservation.v)
		(void)add_i64(b, PTR "memory/reservation",
			      "memory.soft_limit_in_bytes", 0, m->reservation.v);
	if (m->kernel.v > 0)
		(void)add_i64(b, PTR "memory/kernel",
			      "memory.kmem.limit_in_bytes", 0, m->kernel.v);
	if (m->kernel_tcp.v > 0)
		(void)add_i64(b, PTR "memory/kernelTCP",
			      "memory.kmem.tcp.limit_in_bytes", 0,
			      m->kernel_tcp.v);
	if (m->use_hierarchy.set)
		(void)add(b, PTR "memory/useHierarchy", "memory.use_hierarchy",
			  CGW_OPTIONAL, m->use_hierarchy.v ? "1" : "0");
	if (m->disable_oom_killer.v)
		(void)add(b, PTR "memory/disableOOMKiller", "memory.oom_control",
			  0, "1");
	if (m->swappiness.set && m->swappiness.v != UINT64_MAX)
		(void)add_u64(b, PTR "memory/swappiness", "memory.swappiness", 0,
			      m->swappiness.v);
	return 0;
}

static int memory_v2(struct build *b, const struct spec_memory *m)
{
	int64_t swap = CG_SWAP_UNSET;
	uint32_t check = m->check_before_update.v ? CGW_CHECK : 0;
	static const char kernel[] = "kernel memory is part of memory, and of its limit";

	if (m->kernel.v > 0)
		return v1_only(b, PTR "memory/kernel", "kernel memory", "memory",
			       kernel);
	if (m->kernel_tcp.v > 0)
		return v1_only(b, PTR "memory/kernelTCP", "kernel TCP memory",
			       "memory", kernel);
	if (m->disable_oom_killer.v)
		return v1_only(b, PTR "memory/disableOOMKiller",
			       "disableOOMKiller", "memory",
			       "'memory.high' in 'unified' slows down before "
			       "memory.limit kills");
	if (m->use_hierarchy.set && !m->use_hierarchy.v)
		return v1_only(b, PTR "memory/useHierarchy",
			       "memory without hierarchy", "memory",
			       "it always counts what is below as well");
	if (m->swappiness.set && m->swappiness.v != UINT64_MAX)
		return v1_only(b, PTR "memory/swappiness", "swappiness", "memory",
			       "memory.swap limits the use of swap; how readily "
			       "it is used is a setting of the host");
	int r = cg_swap_v2(m->limit.v, m->swap.v, &swap, b->e);

	if (r < 0)
		return r;
	/* Both checks come before both writes: all or nothing. */
	if (swap != CG_SWAP_UNSET) {
		struct cg_write *w = add_max(b, PTR "memory/swap",
					     "memory.swap.max", 0, swap);

		/* Without swap, no swap and any swap are the same. */
		if (swap <= 0)
			w->flags |= CGW_OPTIONAL;
		if (check && m->swap.v > 0) {
			w->flags |= CGW_CHECK | CGW_SWAP;
			w->check = (uint64_t)m->swap.v;
		}
	}
	if (m->limit.v) {
		struct cg_write *w = add_max(b, PTR "memory/limit",
					     "memory.max", 0, m->limit.v);

		if (check && m->limit.v > 0) {
			w->flags |= CGW_CHECK;
			w->check = (uint64_t)m->limit.v;
		}
	}
	if (m->reservation.v)
		(void)add_max(b, PTR "memory/reservation", "memory.low", 0,
			      m->reservation.v);
	return 0;
}

static int memory(struct build *b, const struct spec_resources *res)
{
	const struct spec_memory *m = &res->memory;
	const char *at = m->limit.v ? PTR "memory/limit"
			 : m->swap.v ? PTR "memory/swap"
			 : m->reservation.v ? PTR "memory/reservation"
			 : m->kernel.v > 0 ? PTR "memory/kernel"
			 : m->kernel_tcp.v > 0 ? PTR "memory/kernelTCP"
			 : m->disable_oom_killer.v ? PTR "memory/disableOOMKiller"
			 : m->swappiness.set ? PTR "memory/swappiness"
					     : PTR "memory/useHierarchy";

	if (check_limit(b, PTR "memory/limit", m->limit.v) < 0 ||
	    check_limit(b, PTR "memory/swap", m->swap.v) < 0 ||
	    check_limit(b, PTR "memory/reservation", m->reservation.v) < 0)
		return -b->e->code;
	if (m->swappiness.set && m->swappiness.v != UINT64_MAX &&
	    m->swappiness.v > 100)
		return refuse(b, PTR "memory/swappiness",
			      "swappiness is a percentage from 0 to 100");
	if (!memory_asked(m))
		return 0;
	int r = use(b, at, "memory", NULL);

	if (r < 0)
		return r;
	return b->v2 ? memory_v2(b, m) : memory_v1(b, m);
}

/* ---- cpu, cpuset ---- */

static void cpu_v1(struct build *b, const struct spec_cpu *c)
{
	if (c->shares.v)
		(void)add_u64(b, PTR "cpu/shares", "cpu.shares", CGW_READBACK,
			      c->shares.v);
	/* The ratio quota/period may not exceed the parent's: either order. */
	if (c->period.v)
		(void)add_u64(b, PTR "cpu/period", "cpu.cfs_period_us",
			      CGW_DEFER, c->period.v);
	if (c->burst.set)
		(void)add_u64(b, PTR "cpu/burst", "cpu.cfs_burst_us",
			      CGW_DEFER | (c->burst.v ? 0 : CGW_OPTIONAL),
			      c->burst.v);
	if (c->quota.v)
		(void)add_i64(b, PTR "cpu/quota", "cpu.cfs_quota_us", 0,
			      c->quota.v);
	if (c->idle.set)
		(void)add_i64(b, PTR "cpu/idle", "cpu.idle",
			      c->idle.v ? 0 : CGW_OPTIONAL, c->idle.v);
	/* A real-time process can only enter where there is a budget. */
	if (c->realtime_period.v)
		(void)add_u64(b, PTR "cpu/realtimePeriod", "cpu.rt_period_us",
			      CGW_DEFER | CGW_EARLY, c->realtime_period.v);
	if (c->realtime_runtime.v)
		(void)add_i64(b, PTR "cpu/realtimeRuntime", "cpu.rt_runtime_us",
			      CGW_EARLY, c->realtime_runtime.v);
}

static int cpu_v2(struct build *b, const struct spec_cpu *c)
{
	static const char realtime[] = "the kernel divides real-time budgets on cgroup v1 only";

	if (c->realtime_period.v)
		return v1_only(b, PTR "cpu/realtimePeriod", "realtimePeriod",
			       "cpu", realtime);
	if (c->realtime_runtime.v)
		return v1_only(b, PTR "cpu/realtimeRuntime", "realtimeRuntime",
			       "cpu", realtime);
	/* An idle group takes no weight: again after cpu.idle has changed. */
	if (c->shares.v)
		(void)add_u64(b, PTR "cpu/shares", "cpu.weight", CGW_DEFER,
			      cg_shares_to_weight(c->shares.v));
	if (c->idle.set)
		(void)add_i64(b, PTR "cpu/idle", "cpu.idle",
			      c->idle.v ? 0 : CGW_OPTIONAL, c->idle.v);
	if (c->burst.set)
		(void)add_u64(b, PTR "cpu/burst", "cpu.max.burst",
			      CGW_DEFER | (c->burst.v ? 0 : CGW_OPTIONAL),
			      c->burst.v);
	if (!c->quota.v && !c->period.v)
		return 0;
	struct arena *a = b->out->arena;
	const char *quota = c->quota.v <= 0
		? "max" : arena_printf(a, "%" PRId64, c->quota.v);
	/* The quota alone leaves the period as it is (at first 100000). */
	const char *value = !c->period.v
		? quota
		: arena_printf(a, "%s %" PRIu64, quota, c->period.v);

	(void)add(b, c->quota.v ? PTR "cpu/quota" : PTR "cpu/period", "cpu.max",
		  0, value);
	return 0;
}

static int cpu(struct build *b, const struct spec_resources *res)
{
	const struct spec_cpu *c = &res->cpu;
	const char *at = c->shares.v ? PTR "cpu/shares"
			 : c->quota.v ? PTR "cpu/quota"
			 : c->period.v ? PTR "cpu/period"
			 : c->burst.v ? PTR "cpu/burst"
			 : c->realtime_period.v ? PTR "cpu/realtimePeriod"
			 : c->realtime_runtime.v ? PTR "cpu/realtimeRuntime"
						 : PTR "cpu/idle";

	if (!c->shares.v && !c->quota.v && !c->period.v && !c->burst.v &&
	    !c->idle.v && !c->realtime_period.v && !c->realtime_runtime.v) {
		/* Explicit zeros are asked for only where they can be said. */
		if ((!c->burst.set && !c->idle.set) ||
		    (!cg_has_word(b->facts->v1, "cpu", ',') &&
		     !cg_has_word(b->facts->v2, "cpu", ' ')))
			return 0;
	}
	int r = use(b, at, "cpu", NULL);

	if (r < 0)
		return r;
	if (b->v2)
		return cpu_v2(b, c);
	cpu_v1(b, c);
	return 0;
}

static void cpuset_one(struct build *b, const char *pointer, const char *name,
		       const char *value)
{
	struct arena *a = b->out->arena;

	/*
	 * v1: nobody can enter before both are set, hence early; with the
	 * mount option noprefix (Android) the files have no "cpuset.".
	 */
	(void)add(b, pointer, arena_printf(a, "cpuset.%s", name),
		  b->v2 ? 0 : CGW_EARLY | CGW_ELSE, value);
	if (!b->v2)
		(void)add(b, pointer, name, CGW_EARLY, value);
}

static int cpuset(struct build *b, const struct spec_resources *res)
{
	const struct spec_cpu *c = &res->cpu;
	bool cpus = c->cpus && *c->cpus, mems = c->mems && *c->mems;

	if (!cpus && !mems)
		return 0;
	int r = use(b, cpus ? PTR "cpu/cpus" : PTR "cpu/mems", "cpuset", NULL);

	if (r < 0)
		return r;
	if (cpus)
		cpuset_one(b, PTR "cpu/cpus", "cpus", c->cpus);
	if (mems)
		cpuset_one(b, PTR "cpu/mems", "mems", c->mems);
	return 0;
}

static int pids(struct build *b, const struct spec_resources *res)
{
	const char *at = PTR "pids/limit";

	if (!res->pids_limit.set)
		return 0;
	int r = use(b, at, "pids", NULL);

	if (r < 0)
		return r;
	/* 0 would forbid the container itself: 1, as systemd has it. */
	if (res->pids_limit.v < 0)
		(void)add(b, at, "pids.max", 0, "max");
	else
		(void)add_i64(b, at, "pids.max", 0,
			      res->pids_limit.v ? res->pids_limit.v : 1);
	return 0;
}

/* ---- block io ---- */

static int check_weight(struct build *b, const char *pointer, uint16_t w)
{
	return w && (w < 10 || w > 1000)
		? refuse(b, pointer, "a blockIO weight is from 10 to 1000") : 0;
}

static int io_weights(struct build *b, const struct spec_block_io *io)
{
	static const char leaf[] = "there only cgroups without children hold processes";
	struct arena *a = b->out->arena;
	const char *at = PTR "blockIO/weight";

	if (check_weight(b, at, io->weight.v) < 0 ||
	    check_weight(b, PTR "blockIO/leafWeight", io->leaf_weight.v) < 0)
		return -b->e->code;
	if (io->weight.v && b->v2) {
		(void)add_u64(b, at, "io.bfq.weight", CGW_ELSE, io->weight.v);
		(void)add_u64(b, at, "io.weight", 0,
			      cg_blkio_to_io_weight(io->weight.v));
	} else if (io->weight.v) {
		(void)add_u64(b, at, "blkio.weight", CGW_ELSE, io->weight.v);
		(void)add_u64(b, at, "blkio.bfq.weight", 0, io->weight.v);
	}
	if (io->leaf_weight.v && b->v2)
		return v1_only(b, PTR "blockIO/leafWeight", "leafWeight", "io", leaf);
	if (io->leaf_weight.v)
		(void)add_u64(b, PTR "blockIO/leafWeight", "blkio.leaf_weight",
			      0, io->leaf_weight.v);
	for (size_t i = 0; i < io->n_weight_devices; i++) {
		const struct spec_weight_device *d = &io->weight_devices[i];

		at = arena_printf(a, PTR "blockIO/weightDevice/%zu", i);
		if (check_weight(b, at, d->weight.v) < 0 ||
		    check_weight(b, at, d->leaf_weight.v) < 0)
			return -b->e->code;
		const char *dev = arena_printf(a, "%" PRId64 ":%" PRId64,
					       d->major, d->minor);
		const char *v = arena_printf(a, "%s %u", dev, d->weight.v);

		if (!d->weight.v && !d->leaf_weight.v)
			return refuse(b, at, "a weightDevice needs 'weight' or "
					     "'leafWeight'");
		if (d->leaf_weight.v && b->v2)
			return v1_only(b, at, "leafWeight", "io", leaf);
		if (d->weight.v && b->v2) {
			(void)add(b, at, "io.bfq.weight", CGW_ELSE, v);
			(void)add(b, at, "io.weight", 0,
				  arena_printf(a, "%s %" PRIu64, dev,
					       cg_blkio_to_io_weight(
						       d->weight.v)));
		} else if (d->weight.v) {
			(void)add(b, at, "blkio.weight_device", CGW_ELSE, v);
			(void)add(b, at, "blkio.bfq.weight_device", 0, v);
		}
		if (d->leaf_weight.v)
			(void)add(b, at, "blkio.leaf_weight_device", 0,
				  arena_printf(a, "%s %u", dev,
					       d->leaf_weight.v));
	}
	return 0;
}

static void throttles(struct build *b, const struct throttle_list *list,
		      const char *name, const char *v1_file, const char *v2_key)
{
	struct arena *a = b->out->arena;

	for (size_t i = 0; i < list->n; i++) {
		const struct spec_throttle_device *d = &list->v[i];
		const char *at = arena_printf(a, PTR "blockIO/%s/%zu", name, i);
		const char *dev = arena_printf(a, "%" PRId64 ":%" PRId64,
					       d->major, d->minor);

		/* 0 lifts a limit on v1, and is not allowed on v2. */
		if (!b->v2)
			(void)add(b, at, v1_file, 0,
				  arena_printf(a, "%s %" PRIu64, dev, d->rate));
		else if (!d->rate)
			(void)add(b, at, "io.max", 0,
				  arena_printf(a, "%s %s=max", dev, v2_key));
		else
			(void)add(b, at, "io.max", 0,
				  arena_printf(a, "%s %s=%" PRIu64, dev, v2_key,
					       d->rate));
	}
}

static int block_io(struct build *b, const struct spec_resources *res)
{
	const struct spec_block_io *io = &res->block_io;
	const char *at = io->weight.v ? PTR "blockIO/weight"
			 : io->leaf_weight.v ? PTR "blockIO/leafWeight"
			 : io->n_weight_devices ? PTR "blockIO/weightDevice/0"
			 : io->read_bps.n ? PTR "blockIO/throttleReadBpsDevice/0"
			 : io->write_bps.n ? PTR "blockIO/throttleWriteBpsDevice/0"
			 : io->read_iops.n ? PTR "blockIO/throttleReadIOPSDevice/0"
					   : PTR "blockIO/throttleWriteIOPSDevice/0";

	if (!io->weight.v && !io->leaf_weight.v && !io->n_weight_devices &&
	    !io->read_bps.n && !io->write_bps.n && !io->read_iops.n &&
	    !io->write_iops.n)
		return 0;
	int r = use(b, at, "blkio", "io");

	if (r < 0)
		return r;
	r = io_weights(b, io);
	if (r < 0)
		return r;
	throttles(b, &io->read_bps, "throttleReadBpsDevice",
		  "blkio.throttle.read_bps_device", "rbps");
	throttles(b, &io->write_bps, "throttleWriteBpsDevice",
		  "blkio.throttle.write_bps_device", "wbps");
	throttles(b, &io->read_iops, "throttleReadIOPSDevice",
		  "blkio.throttle.read_iops_device", "riops");
	throttles(b, &io->write_iops, "throttleWriteIOPSDevice",
		  "blkio.throttle.write_iops_device", "wiops");
	return 0;
}

/* ---- the small ones ---- */

/* "2MB": it becomes part of a file name, so nothing else may be in it. */
static bool page_size_ok(const char *s)
{
	size_t digits = strspn(s, "0123456789");

	return !PROTECTED(CGROUP_NAMES) || (digits && digits <= 10 && s[digits] &&
	       strchr("KMG", s[digits]) && s[digits + 1] == 'B' && !s[digits + 2]);
}

static int hugetlb(struct build *b, const struct spec_resources *res)
{
	struct arena *a = b->out->arena;

	for (size_t i = 0; i < res->n_hugepages; i++) {
		const struct spec_hugepage *h = &res->hugepages[i];
		const char *at = arena_printf(a, PTR "hugepageLimits/%zu", i);

		if (!page_size_ok(h->page_size)) {
			(void)err_set(b->e, EINVAL, "bad huge page size '%s': a "
				      "size looks like 64KB, 2MB, 1GB",
				      h->page_size);
			return err_at(b->e, "%s/pageSize", at);
		}
		int r = use(b, at, "hugetlb", NULL);

		if (r < 0)
			return r;
		const char *end = b->v2 ? "max" : "limit_in_bytes";

		(void)add_u64(b, at, arena_printf(a, "hugetlb.%s.%s",
						  h->page_size, end),
			      0, h->limit);
		(void)add_u64(b, at, arena_printf(a, "hugetlb.%s.rsvd.%s",
						  h->page_size, end),
			      CGW_OPTIONAL, h->limit);
	}
	return 0;
}

static int network(struct build *b, const struct spec_resources *res)
{
	struct arena *a = b->out->arena;
	static const char instead[] =
		"filter by the path of the cgroup: nftables 'socket cgroupv2', or eBPF";
	const char *at = PTR "network/classID";
	int r;

	if (res->net_class_id.v) {
		if (b->facts->unified) {
			b->v2 = true;
			return v1_only(b, at, "a network class", "net_cls", instead);
		}
		r = use(b, at, "net_cls", NULL);
		if (r < 0)
			return r;
		(void)add_u64(b, at, "net_cls.classid", 0, res->net_class_id.v);
	}
	for (size_t i = 0; i < res->n_net_prios; i++) {
		const struct spec_net_prio *p = &res->net_prios[i];

		at = arena_printf(a, PTR "network/priorities/%zu", i);
		if (b->facts->unified) {
			b->v2 = true;
			return v1_only(b, at, "a network priority", "net_prio", instead);
		}
		r = use(b, at, "net_prio", NULL);
		if (r < 0)
			return r;
		(void)add(b, at, "net_prio.ifpriomap", 0,
			  arena_printf(a, "%s %" PRIu32, p->name, p->priority));
	}
	return 0;
}

static int rdma(struct build *b, const struct spec_resources *res)
{
	struct arena *a = b->out->arena;

	for (size_t i = 0; i < res->n_rdma; i++) {
		const struct spec_rdma *d = &res->rdma[i];
		const char *at = arena_printf(a, PTR "rdma/%s", d->device);
		const char *value = d->device;

		if (!d->hca_handles.set && !d->hca_objects.set)
			return refuse(b, at, "an rdma limit needs 'hcaHandles' "
					     "or 'hcaObjects'");
		if (d->device[strcspn(d->device, " \n")])
			return refuse(b, at, "bad rdma device name");
		int r = use(b, at, "rdma", NULL);

		if (r < 0)
			return r;
		if (d->hca_handles.set)
			value = arena_printf(a, "%s hca_handle=%" PRIu32, value,
					     d->hca_handles.v);
		if (d->hca_objects.set)
			value = arena_printf(a, "%s hca_object=%" PRIu32, value,
					     d->hca_objects.v);
		(void)add(b, at, "rdma.max", 0, value);
	}
	return 0;
}

/* RFC 6901: "~" and "/" of a key. */
static const char *pointer_of_key(struct arena *a, const char *key)
{
	AUTO(strbuf) struct str s = { 0 };

	for (const char *p = key; *p; p++) {
		if (*p == '~')
			str_add(&s, "~0");
		else if (*p == '/')
			str_add(&s, "~1");
		else
			str_addc(&s, *p);
	}
	return arena_printf(a, PTR "unified/%s", str_text(&s));
}

static int check_key(struct build *b, const char *at, const char *key)
{
	static const char *const acts[] = { "cgroup.procs", "cgroup.threads",
					    "cgroup.kill" };
	const char *dot = strchr(key, '.');

	if (strchr(key, '/') && PROTECTED(CGROUP_NAMES)) {
		(void)err_set(b->e, EINVAL, "unified resource '%s' must be a "
			      "file name (no slashes)", key);
		return err_at(b->e, "%s", at);
	}
	if ((!dot || dot == key || !dot[1] || strstr(key, "..")) && PROTECTED(CGROUP_NAMES)) {
		(void)err_set(b->e, EINVAL, "unified resource '%s' must be in "
			      "the form CONTROLLER.PARAMETER", key);
		return err_at(b->e, "%s", at);
	}
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (streq(key, acts[i]))
			return refuse(b, at, "this file acts on processes, it "
					     "is no resource");
	return 0;
}

static int unified(struct build *b, const struct spec_resources *res)
{
	struct arena *a = b->out->arena;

	for (size_t i = 0; i < res->unified.n; i++) {
		const struct kv *kv = &res->unified.v[i];
		const char *at = pointer_of_key(a, kv->key);

		if (!b->facts->unified) {
			(void)err_set(b->e, EINVAL, "invalid configuration: "
				      "cannot use unified on cgroup v1");
			return err_at(b->e, PTR "unified");
		}
		int r = check_key(b, at, kv->key);

		if (r < 0)
			return r;
		size_t n = strcspn(kv->key, ".");

		b->v2 = true;
		b->ctrl = arena_strndup(a, kv->key, n);
		if (streq(b->ctrl, "cgroup")) {
			b->ctrl = "";
		} else if (!cg_has_word(b->facts->v2, b->ctrl, ' ')) {
			(void)err_set(b->e, ENOTSUP, "unified resource '%s' "
				      "can't be set: controller '%s' not "
				      "available: %s", kv->key, b->ctrl,
				      b->facts->why);
			return err_at(b->e, "%s", at);
		}
		/* One line is one write(2), as the kernel wants it. */
		for (const char *p = kv->value; p;) {
			const char *nl = strchr(p, '\n');
			size_t len = nl ? (size_t)(nl - p) : strlen(p);

			if (len || (!nl && p == kv->value))
				(void)add(b, at, kv->key, 0,
					  arena_strndup(a, p, len));
			p = nl ? nl + 1 : NULL;
		}
	}
	return 0;
}

int cg_resources(struct cg_writes *ret, const struct spec_resources *res,
		 const struct cg_facts *facts, struct err *e)
{
	/* unified is last: it overrides what the other properties said. */
	static int (*const kinds[])(struct build *,
				    const struct spec_resources *) = {
		pids, memory, block_io, cpu, cpuset, hugetlb, rdma, network,
		unified,
	};
	struct build b = { .out = ret, .facts = facts, .e = e };

	for (size_t i = 0; res && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		int r = kinds[i](&b, res);

		if (r < 0)
			return r;
	}
	return 0;
}
