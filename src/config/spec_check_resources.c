/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec_check_resources.c - owns the rules of linux.resources, in a config.json
 * and alone (`update --resources`). A limit that update leaves out keeps its
 * value, so rules that miss the other half of a pair stay silent here; the
 * cgroup layer has both halves. Whether the host has a controller is its
 * question too. Pure.
 */
#include <stdio.h>

#include "base/str.h"
#include "base/protect.h"
#include "config/spec_check.h"
#include "base/banned.h"

static void rule_memory(struct check *c)
{
	const struct spec_memory *m = &c->resources->memory;
	const struct { const char *name; const struct opt_i64 *v; } limits[] = {
		{ "limit", &m->limit }, { "reservation", &m->reservation },
		{ "swap", &m->swap }, { "kernel", &m->kernel },
		{ "kernelTCP", &m->kernel_tcp },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (limits[i].v->set && limits[i].v->v < -1)
			bad(c, at(c, "/memory/%s", limits[i].name),
			    "%lld is no limit (-1 means unlimited)",
			    (long long)limits[i].v->v);
	if (m->limit.set && m->swap.set && m->limit.v > 0 && m->swap.v > 0 &&
	    m->swap.v < m->limit.v)
		bad(c, at(c, "/memory/swap"),
		    "memory+swap limit should be >= memory limit: %lld < %lld",
		    (long long)m->swap.v, (long long)m->limit.v);
}

/* kernel/sched: CFS bandwidth wants 1 ms … 1 s and refuses the rest as EINVAL */
#define CFS_MIN_US 1000
#define CFS_MAX_US 1000000

static void rule_cpu_bandwidth(struct check *c)
{
	const struct spec_cpu *cpu = &c->resources->cpu;

	if (cpu->period.set && cpu->period.v != 0 &&
	    (cpu->period.v < CFS_MIN_US || cpu->period.v > CFS_MAX_US))
		bad(c, at(c, "/cpu/period"),
		    "the kernel takes periods from %d to %d microseconds, got %llu",
		    CFS_MIN_US, CFS_MAX_US, (unsigned long long)cpu->period.v);
	if (!cpu->quota.set || cpu->quota.v <= 0)
		return;
	if (cpu->quota.v < CFS_MIN_US)
		bad(c, at(c, "/cpu/quota"),
		    "the kernel takes quotas of at least %d microseconds, got %lld",
		    CFS_MIN_US, (long long)cpu->quota.v);
	if (cpu->burst.set && cpu->burst.v > (uint64_t)cpu->quota.v)
		bad(c, at(c, "/cpu/burst"), "burst %llu is larger than quota %lld",
		    (unsigned long long)cpu->burst.v, (long long)cpu->quota.v);
}

static void rule_cpu_idle(struct check *c)
{
	const struct opt_i64 *idle = &c->resources->cpu.idle;

	if (idle->set && idle->v != 0 && idle->v != 1)
		bad(c, at(c, "/cpu/idle"), "expected 0 or 1, got %lld", (long long)idle->v);
}

/* The kernel's list syntax also has strides ("0-31:2/16"), N and "all". */
static void check_list(struct check *c, const char *key, const char *list)
{
	if (list && list[strspn(list, "0123456789,-:/ Nal")] != '\0')
		bad(c, at(c, "/cpu/%s", key), "'%.100s' is no list such as 0-3,7", list);
}

static void rule_cpusets(struct check *c)
{
	check_list(c, "cpus", c->resources->cpu.cpus);
	check_list(c, "mems", c->resources->cpu.mems);
}

static bool bad_weight(const struct opt_u16 *weight)
{
	return weight->set && weight->v != 0 && (weight->v < 10 || weight->v > 1000);
}

static void check_weights(struct check *c, const char *where,
			  const struct opt_u16 *weight, const struct opt_u16 *leaf)
{
	if (bad_weight(weight))
		bad(c, at(c, "%s/weight", where), "weight must be from 10 to 1000, got %u",
		    weight->v);
	if (bad_weight(leaf))
		bad(c, at(c, "%s/leafWeight", where), "weight must be from 10 to 1000, got %u",
		    leaf->v);
}

static void rule_block_io(struct check *c)
{
	const struct spec_block_io *b = &c->resources->block_io;

	check_weights(c, "/blockIO", &b->weight, &b->leaf_weight);
	for (size_t i = 0; i < b->n_weight_devices; i++) {
		const struct spec_weight_device *d = &b->weight_devices[i];
		char where[64];

		(void)snprintf(where, sizeof(where), "/blockIO/weightDevice/%zu", i);
		check_weights(c, where, &d->weight, &d->leaf_weight);
		if (!d->weight.set && !d->leaf_weight.set)
			bad(c, at(c, "%s", where),
			    "needs at least one of weight and leafWeight");
	}
}

/* ^[1-9][0-9]*[KMG]B$: the size becomes part of a file name */
static bool is_page_size(const char *s)
{
	size_t n = strspn(s, "0123456789");

	if (!PROTECTED(CGROUP_NAMES))
		return true;
	return n > 0 && s[0] != '0' && s[n] && strchr("KMG", s[n]) &&
	       streq(s + n + 1, "B");
}

static void rule_hugepages(struct check *c)
{
	for (size_t i = 0; i < c->resources->n_hugepages; i++)
		if (!is_page_size(c->resources->hugepages[i].page_size))
			bad(c, at(c, "/hugepageLimits/%zu/pageSize", i),
			    "'%.100s' is no page size such as 2MB or 1GB",
			    c->resources->hugepages[i].page_size);
}

static void rule_network(struct check *c)
{
	for (size_t i = 0; i < c->resources->n_net_prios; i++)
		if (c->resources->net_prios[i].name[0] == '\0')
			bad(c, at(c, "/network/priorities/%zu/name", i),
			    "interface name must not be empty");
}

static void rule_rdma(struct check *c)
{
	for (size_t i = 0; i < c->resources->n_rdma; i++) {
		const struct spec_rdma *r = &c->resources->rdma[i];

		if (!r->hca_handles.set && !r->hca_objects.set)
			bad(c, at_key(c, "/rdma", r->device),
			    "needs at least one of hcaHandles and hcaObjects");
	}
}

/* The key becomes a file name in the cgroup: it must stay there. */
static void rule_unified(struct check *c)
{
	for (size_t i = 0; i < c->resources->unified.n; i++) {
		const char *key = c->resources->unified.v[i].key;

		if (strchr(key, '/') && PROTECTED(CGROUP_NAMES))
			bad(c, at_key(c, "/unified", key),
			    "unified resource \"%.100s\" must be a file name (no slashes)", key);
		else if ((key[0] == '.' && PROTECTED(CGROUP_NAMES)) || !strchr(key, '.'))
			bad(c, at_key(c, "/unified", key),
			    "unified resource \"%.100s\" must be in the form CONTROLLER.PARAMETER",
			    key);
	}
}

static const struct rule resource_rules[] = {
	{ "memory", "", rule_memory },
	{ "cpu-bandwidth", "", rule_cpu_bandwidth },
	{ "cpu-idle", "", rule_cpu_idle },
	{ "cpusets", "", rule_cpusets },
	{ "block-io", "", rule_block_io },
	{ "hugepages", "", rule_hugepages },
	{ "network", "", rule_network },
	{ "rdma", "", rule_rdma },
	{ "unified", "", rule_unified },
	{ NULL, NULL, NULL },
};

void spec_check_resources(const struct spec_resources *resources,
			  const char *base, struct findings *f)
{
	struct check c = { .f = f, .base = base, .resources = resources };

	run_rules(resource_rules, &c);
}
