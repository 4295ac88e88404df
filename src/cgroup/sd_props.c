/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.resources to properties of a unit: pure (I7). They tell systemd what we
 * write to cgroupfs anyway, so that it does not put its own values back when it
 * looks at the unit again. So a resource that systemd has no property for (or
 * this version has none) is no error here: cg_resources.c has it.
 *
 * Sources: systemd.resource-control(5), org.freedesktop.systemd1(5).
 */
#include "config.h"

#include "cgroup/sd.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cgroup/cg_internal.h"

#include "base/banned.h"

#define PTR "/linux/resources/"

/* The first versions that know … */
#define HAS_BLOCK_MAJOR 240 /* DeviceAllow=char-5 by number */
#define HAS_PERIOD	242 /* CPUQuotaPeriodUSec */
#define HAS_CPUSET	244 /* AllowedCPUs, AllowedMemoryNodes */
#define HAS_IDLE	252 /* CPUWeight 0 as cpu.idle */
#define HAS_OOM_POLICY	253 /* OOMPolicy of scopes */

#define DEFAULT_PERIOD 100000U
#define PERCENT_USEC   10000U /* of a second */

void sd_add(struct sd_props *p, const char *name, struct dval value)
{
	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 16;
		struct sd_prop *v = arena_array(p->arena, cap, sizeof(*v));

		if (p->n)
			memcpy(v, p->v, p->n * sizeof(*v));
		p->v = v;
		p->cap = cap;
	}
	p->v[p->n++] = (struct sd_prop){ name, value };
}

void sd_props_print(const struct sd_props *p, struct str *out)
{
	for (size_t i = 0; i < p->n; i++) {
		str_addf(out, "%s%s=", i ? " " : "", p->v[i].name);
		dval_print(&p->v[i].value, out);
	}
}

static int value_error(const char *key, const char *value, struct err *e)
{
	(void)err_set(e, EINVAL, "unified resource '%s' value conversion error: "
		      "'%s'", key, value);
	return err_at(e, PTR "unified/%s", key);
}

static const char *unified_get(const struct spec_resources *res,
			       const char *key)
{
	for (size_t i = res->unified.n; i-- > 0;)
		if (streq(res->unified.v[i].key, key))
			return res->unified.v[i].value;
	return NULL;
}

/* The kernel takes blanks around a value. In the arena. */
static const char *trim(struct arena *a, const char *s)
{
	size_t n;

	while (isspace((unsigned char)*s))
		s++;
	n = strlen(s);
	while (n && isspace((unsigned char)s[n - 1]))
		n--;
	return arena_strndup(a, s, n);
}

/* ---- the unit ---- */

/* A limit of the kernel that can only be said when the unit is made. */
static int add_oom_policy(struct sd_props *p, const struct spec_resources *res,
			  const struct sd_host *host, struct err *e)
{
	const char *key = "memory.oom.group";
	const char *v = res ? unified_get(res, key) : NULL;
	uint64_t n;

	if (!v || !host->v2 || host->version < HAS_OOM_POLICY)
		return 0;
	if (parse_u64(trim(p->arena, v), &n) < 0)
		return value_error(key, v, e);
	if (n <= 1)
		sd_add(p, "OOMPolicy", dval_str(n ? "kill" : "continue"));
	return 0;
}

int sd_props_start(struct sd_props *p, const struct sd_unit *u, pid_t pid,
		   const struct spec_resources *res, const struct sd_host *host,
		   struct err *e)
{
	struct dval pids = dval_array(p->arena, "u", 1);

	pids.kids[0] = dval_u32((uint32_t)pid);
	sd_add(p, "Description",
	       dval_str(arena_printf(p->arena, "ocirun container %s", u->label)));
	sd_add(p, "Slice", dval_str(u->slice));
	sd_add(p, "Delegate", dval_bool(true));
	sd_add(p, "PIDs", pids);
	sd_add(p, "MemoryAccounting", dval_bool(true));
	sd_add(p, "CPUAccounting", dval_bool(true));
	sd_add(p, host->v2 ? "IOAccounting" : "BlockIOAccounting",
	       dval_bool(true));
	sd_add(p, "TasksAccounting", dval_bool(true));
	sd_add(p, "DefaultDependencies", dval_bool(false));
	return add_oom_policy(p, res, host, e);
}

/* ---- numbers ---- */

/* A limit with -1 for none; systemd says UINT64_MAX. */
static void add_limit(struct sd_props *p, const char *name, int64_t v)
{
	sd_add(p, name, dval_u64(v < 0 ? UINT64_MAX : (uint64_t)v));
}

static void add_tasks(struct sd_props *p, int64_t v)
{
	/* systemd has no 0. */
	add_limit(p, "TasksMax", v == 0 ? 1 : v);
}

/* Microseconds of CPU in a second. */
static uint64_t per_second(int64_t quota, uint64_t period)
{
	uint64_t v;

	if (period == 0)
		period = DEFAULT_PERIOD;
	if (__builtin_mul_overflow((uint64_t)quota, 1000000U, &v))
		return UINT64_MAX;
	v /= period;
	return v % PERCENT_USEC ? (v / PERCENT_USEC + 1) * PERCENT_USEC : v;
}

int64_t sd_round_quota(int64_t quota, uint64_t period)
{
	uint64_t usec, v;

	if (quota <= 0)
		return quota;
	if (period == 0)
		period = DEFAULT_PERIOD;
	/* What is whole already stays; so does what the kernel will refuse. */
	if (__builtin_mul_overflow((uint64_t)quota, 1000000U, &usec) ||
	    usec / period % PERCENT_USEC == 0 ||
	    __builtin_mul_overflow(per_second(quota, period), period, &v))
		return quota;
	return (int64_t)(v / 1000000U);
}

/* Without the keys `drop`; with room for one more. */
static void copy_unified(struct spec_resources *res, struct arena *a,
			 const char *drop)
{
	struct kv *v = arena_array(a, res->unified.n + 1, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < res->unified.n; i++)
		if (!streq(res->unified.v[i].key, drop))
			v[n++] = res->unified.v[i];
	res->unified = (struct kv_list){ v, n };
}

void sd_resolve_idle(struct spec_resources *res, struct arena *a, bool v2,
		     bool idle)
{
	const char *wish = unified_get(res, "cpu.idle");
	bool weight = unified_get(res, "cpu.weight") != NULL;

	if (!v2)
		return;
	if (res->cpu.idle.v == 1)
		res->cpu.shares = (struct opt_u64){ false, 0 };
	else if (idle && res->cpu.shares.v && !res->cpu.idle.set)
		res->cpu.idle = (struct opt_i64){ true, 0 };
	if (!weight)
		return;
	if (wish && streq(trim(a, wish), "1")) {
		copy_unified(res, a, "cpu.weight");
	} else if (!wish && idle) {
		copy_unified(res, a, "");
		for (size_t i = res->unified.n++; i > 0; i--)
			res->unified.v[i] = res->unified.v[i - 1];
		res->unified.v[0] = (struct kv){ "cpu.idle", "0" };
	}
}

static void add_quota(struct sd_props *p, const struct sd_host *host,
		      int64_t quota, uint64_t period)
{
	if (period && host->version >= HAS_PERIOD)
		sd_add(p, "CPUQuotaPeriodUSec", dval_u64(period));
	if (quota || period)
		sd_add(p, "CPUQuotaPerSecUSec",
		       dval_u64(quota > 0 ? per_second(quota, period)
					  : UINT64_MAX));
}

/* More CPUs than any kernel has, and few enough to be a message. */
#define CPU_MAX 65536U

static int parse_cpu(struct arena *a, const char *s, size_t n, uint32_t *ret)
{
	int r = parse_u32(trim(a, arena_strndup(a, s, n)), ret);

	return r == 0 && *ret >= CPU_MAX ? -ERANGE : r;
}

int sd_cpu_bytes(const char *list, struct arena *a, struct dval *ret)
{
	uint8_t *bits = arena_array(a, CPU_MAX / 8, 1);
	size_t used = 0;

	for (const char *p = list; *p;) {
		const char *one = trim(a, arena_strndup(a, p, strcspn(p, ",")));
		size_t dash = strcspn(one, "-");
		uint32_t first, last;

		p += strcspn(p, ",");
		p += *p == ',';
		if (!*one)
			continue;
		if (parse_cpu(a, one, dash, &first) < 0)
			return -EINVAL;
		last = first;
		if (one[dash] &&
		    (parse_cpu(a, one + dash + 1, strlen(one + dash + 1),
			       &last) < 0 || last < first))
			return -EINVAL;
		for (uint32_t i = first; i <= last; i++)
			bits[i / 8] |= (uint8_t)(1U << (i % 8));
		if (last / 8 + 1 > used)
			used = last / 8 + 1;
	}
	if (used == 0)
		return -EINVAL;
	*ret = dval_bytes(a, bits, used);
	return 0;
}

static int add_cpuset(struct sd_props *p, const char *name, const char *list,
		      const char *pointer, const struct sd_host *host,
		      struct err *e)
{
	struct dval v;

	if (!list || !*list || host->version < HAS_CPUSET)
		return 0;
	if (sd_cpu_bytes(list, p->arena, &v) < 0) {
		(void)err_set(e, EINVAL, "'%s' is no list of numbers", list);
		(void)err_hint(e, "it looks like 0-3,7");
		return err_at(e, PTR "%s", pointer);
	}
	sd_add(p, name, v);
	return 0;
}

/* ---- resources ---- */

static void cpu_v2(struct sd_props *p, const struct spec_cpu *c,
		   const struct sd_host *host)
{
	bool idle = c->idle.v == 1 && host->version >= HAS_IDLE;

	if (idle)
		sd_add(p, "CPUWeight", dval_u64(0));
	if (c->shares.v && idle)
		log_warn("unable to apply both CPUWeight and CpuIdle to systemd, "
			 "ignoring CPUWeight");
	else if (c->shares.v)
		sd_add(p, "CPUWeight",
		       dval_u64(cg_shares_to_weight(c->shares.v)));
}

static int memory_v2(struct sd_props *p, const struct spec_memory *m,
		     struct err *e)
{
	int64_t swap;

	if (m->limit.v)
		add_limit(p, "MemoryMax", m->limit.v);
	if (m->reservation.v)
		add_limit(p, "MemoryLow", m->reservation.v);
	if (cg_swap_v2(m->limit.v, m->swap.v, &swap, e) < 0)
		return -e->code;
	if (swap != CG_SWAP_UNSET)
		add_limit(p, "MemorySwapMax", swap);
	return 0;
}

static void resources_v1(struct sd_props *p, const struct spec_resources *res)
{
	if (res->memory.limit.v)
		add_limit(p, "MemoryLimit", res->memory.limit.v);
	if (res->cpu.shares.v)
		sd_add(p, "CPUShares", dval_u64(res->cpu.shares.v));
	if (res->block_io.weight.v)
		sd_add(p, "BlockIOWeight", dval_u64(res->block_io.weight.v));
}

/* ---- unified ---- */

static int unified_quota(struct sd_props *p, const char *value,
			 const struct sd_host *host, struct err *e)
{
	size_t n = strcspn(value, " \t");
	const char *first = arena_strndup(p->arena, value, n);
	const char *second = trim(p->arena, value + n);
	uint64_t period = DEFAULT_PERIOD;
	int64_t quota = 0;

	if ((!streq(first, "max") && parse_i64(first, &quota) < 0) ||
	    (*second && parse_u64(second, &period) < 0) || !period)
		return value_error("cpu.max", value, e);
	add_quota(p, host, quota, period);
	return 0;
}

static int unified_limit(struct sd_props *p, const char *name, const char *key,
			 const char *value, struct err *e)
{
	uint64_t v = UINT64_MAX;

	if (!streq(value, "max") && parse_u64(value, &v) < 0)
		return value_error(key, value, e);
	if (v == 0 && streq(name, "TasksMax"))
		v = 1;
	sd_add(p, name, dval_u64(v));
	return 0;
}

static int unified_cpu(struct sd_props *p, const struct spec_resources *res,
		       const char *key, const char *value,
		       const struct sd_host *host, struct err *e)
{
	const char *idle = unified_get(res, "cpu.idle");
	bool set = idle && streq(trim(p->arena, idle), "1") &&
		   host->version >= HAS_IDLE;
	uint64_t v;

	if (streq(key, "cpu.idle")) {
		if (set)
			sd_add(p, "CPUWeight", dval_u64(0));
		return 0;
	}
	if (set) {
		log_warn("unable to apply both cpu.weight and cpu.idle to systemd, "
			 "ignoring cpu.weight");
		return 0;
	}
	if (parse_u64(value, &v) < 0)
		return value_error(key, value, e);
	sd_add(p, "CPUWeight", dval_u64(v));
	return 0;
}

static int unified_one(struct sd_props *p, const struct spec_resources *res,
		       const char *key, const char *value,
		       const struct sd_host *host, struct err *e)
{
	static const struct { const char *key, *name; } limits[] = {
		{ "memory.high", "MemoryHigh" },
		{ "memory.low", "MemoryLow" },
		{ "memory.max", "MemoryMax" },
		{ "memory.min", "MemoryMin" },
		{ "memory.swap.max", "MemorySwapMax" },
		{ "pids.max", "TasksMax" },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (streq(key, limits[i].key))
			return unified_limit(p, limits[i].name, key, value, e);
	if (streq(key, "cpu.max"))
		return unified_quota(p, value, host, e);
	if (streq(key, "cpu.weight") || streq(key, "cpu.idle"))
		return unified_cpu(p, res, key, value, host, e);
	if (streq(key, "cpuset.cpus"))
		return add_cpuset(p, "AllowedCPUs", value,
				  "unified/cpuset.cpus", host, e);
	if (streq(key, "cpuset.mems"))
		return add_cpuset(p, "AllowedMemoryNodes", value,
				  "unified/cpuset.mems", host, e);
	if (!streq(key, "memory.oom.group"))
		log_debug("systemd has no property for '%s'", key);
	return 0;
}

int sd_props_resources(struct sd_props *p, const struct spec_resources *res,
		       const struct sd_host *host, struct err *e)
{
	const struct spec_cpu *c = &res->cpu;

	if (!host->v2)
		resources_v1(p, res);
	else if (memory_v2(p, &res->memory, e) < 0)
		return -e->code;
	if (host->v2)
		cpu_v2(p, c, host);
	add_quota(p, host, c->quota.v, c->period.v);
	if (res->pids_limit.set)
		add_tasks(p, res->pids_limit.v);
	if (add_cpuset(p, "AllowedCPUs", c->cpus, "cpu/cpus", host, e) < 0 ||
	    add_cpuset(p, "AllowedMemoryNodes", c->mems, "cpu/mems", host,
		       e) < 0)
		return -e->code;
	for (size_t i = 0; host->v2 && i < res->unified.n; i++) {
		const struct kv *kv = &res->unified.v[i];
		int r = unified_one(p, res, kv->key, trim(p->arena, kv->value),
				    host, e);

		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- devices ---- */

static void add_device(struct arena *a, struct dval *list, const char *path,
		       uint32_t access)
{
	struct dval *d = &list->kids[list->n++];

	*d = dval_struct(a, 2);
	d->kids[0] = dval_str(path);
	d->kids[1] = dval_str(arena_printf(a, "%s%s%s",
					   access & CG_ACC_R ? "r" : "",
					   access & CG_ACC_W ? "w" : "",
					   access & CG_ACC_M ? "m" : ""));
}

/* How systemd names the device, NULL if it cannot. */
static const char *device_path(struct arena *a, const struct cg_dev *d,
			       const struct sd_host *host)
{
	const char *type = d->type == 'b' ? "block" : "char";

	if (d->major < 0)
		return d->minor < 0 ? arena_printf(a, "%s-*", type) : NULL;
	if (d->minor < 0)
		return host->version >= HAS_BLOCK_MAJOR
			? arena_printf(a, "%s-%" PRId64, type, d->major) : NULL;
	return arena_printf(a, "/dev/%s/%" PRId64 ":%" PRId64, type, d->major,
			    d->minor);
}

/*
 * systemd's program (v2) and ours are and-ed, so where it cannot say exactly
 * what is allowed it must allow everything: ours decides. On v1 both write the same
 * file, so there it denies until ours is written.
 */
void sd_props_devices(struct sd_props *p, const struct cg_dev_policy *policy,
		      const struct sd_host *host)
{
	struct arena *a = p->arena;
	struct dval list = dval_array(a, "(ss)", policy->n);
	struct dval none = dval_array(a, "(ss)", 0);
	bool exact = !policy->allow;

	list.n = 0;
	for (size_t i = 0; !policy->allow && i < policy->n; i++) {
		const char *path = device_path(a, &policy->v[i], host);

		if (path)
			add_device(a, &list, path, policy->v[i].access);
		else
			exact = false;
	}
	bool strict = exact || (!host->v2 && !(policy->allow && policy->n == 0));

	/* An empty list clears what was there; then the order counts. */
	sd_add(p, "DeviceAllow", none);
	sd_add(p, "DevicePolicy", dval_str(strict ? "strict" : "auto"));
	if (strict && list.n)
		sd_add(p, "DeviceAllow", list);
}
