/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics as JSON. The names, their order and which of them are left out when
 * zero are those of runc's "types.Stats", which the engines decode: whatever is
 * added here must be a member that their decoders ignore. Pure.
 */
#include "config.h"
#include "runtime/events.h"

#include <inttypes.h>

#include "base/banned.h"

/* Commas: every member but the first of its object is preceded by one. */
struct print {
	struct str *out;
	bool first;
};

static void key(struct print *p, const char *name)
{
	str_addf(p->out, "%s\"%s\":", p->first ? "" : ",", name);
	p->first = false;
}

static void open_(struct print *p, const char *name)
{
	key(p, name);
	str_addc(p->out, '{');
	p->first = true;
}

static void close_(struct print *p)
{
	str_addc(p->out, '}');
	p->first = false;
}

static void num(struct print *p, const char *name, uint64_t v)
{
	key(p, name);
	str_addf(p->out, "%" PRIu64, v);
}

/* Left out when zero. */
static void num_o(struct print *p, const char *name, uint64_t v)
{
	if (v)
		num(p, name, v);
}

static void list_o(struct print *p, const char *name, const struct u64_list *l)
{
	if (l->n == 0)
		return;
	key(p, name);
	for (size_t i = 0; i < l->n; i++)
		str_addf(p->out, "%c%" PRIu64, i ? ',' : '[', l->v[i]);
	str_addc(p->out, ']');
}

/* Hundredths as the shortest decimal number: 0, 1.5, 12.34. */
static void percent(struct print *p, const char *name, uint64_t v)
{
	key(p, name);
	str_addf(p->out, "%" PRIu64, v / 100);
	if (v % 100)
		str_addf(p->out, v % 10 ? ".%02u" : ".%01u",
			 (unsigned int)(v % 10 ? v % 100 : v % 100 / 10));
}

static void stall(struct print *p, const char *name,
		  const struct cgroup_stall *s)
{
	open_(p, name);
	percent(p, "avg10", s->avg10);
	percent(p, "avg60", s->avg60);
	percent(p, "avg300", s->avg300);
	num(p, "total", s->total);
	close_(p);
}

static void psi_o(struct print *p, const struct cgroup_psi *psi)
{
	if (!psi->set)
		return;
	open_(p, "psi");
	stall(p, "some", &psi->some);
	stall(p, "full", &psi->full);
	close_(p);
}

static void cpu(struct print *p, const struct cgroup_cpu *c)
{
	open_(p, "cpu");
	if (c->total || c->kernel || c->user || c->percpu.n ||
	    c->percpu_kernel.n || c->percpu_user.n) {
		open_(p, "usage");
		num_o(p, "total", c->total);
		list_o(p, "percpu", &c->percpu);
		list_o(p, "percpu_kernel", &c->percpu_kernel);
		list_o(p, "percpu_user", &c->percpu_user);
		num(p, "kernel", c->kernel);
		num(p, "user", c->user);
		close_(p);
	}
	if (c->periods || c->throttled_periods || c->throttled_time) {
		open_(p, "throttling");
		num_o(p, "periods", c->periods);
		num_o(p, "throttledPeriods", c->throttled_periods);
		num_o(p, "throttledTime", c->throttled_time);
		close_(p);
	}
	psi_o(p, &c->psi);
	close_(p);
}

static void cpuset(struct print *p, const struct cgroup_cpuset *c)
{
	open_(p, "cpuset");
	list_o(p, "cpus", &c->cpus);
	num(p, "cpu_exclusive", c->cpu_exclusive);
	list_o(p, "mems", &c->mems);
	num(p, "mem_hardwall", c->mem_hardwall);
	num(p, "mem_exclusive", c->mem_exclusive);
	num(p, "memory_migrate", c->memory_migrate);
	num(p, "memory_spread_page", c->memory_spread_page);
	num(p, "memory_spread_slab", c->memory_spread_slab);
	num(p, "memory_pressure", c->memory_pressure);
	num(p, "sched_load_balance", c->sched_load_balance);
	key(p, "sched_relax_domain_level");
	str_addf(p->out, "%" PRId64, c->sched_relax_domain_level);
	close_(p);
}

static void mem_entry_o(struct print *p, const char *name,
			const struct cgroup_mem_entry *m)
{
	if (!m->limit && !m->usage && !m->max && !m->failcnt)
		return;
	open_(p, name);
	num(p, "limit", m->limit);
	num_o(p, "usage", m->usage);
	num_o(p, "max", m->max);
	num(p, "failcnt", m->failcnt);
	close_(p);
}

static void memory(struct print *p, const struct cgroup_memory *m)
{
	open_(p, "memory");
	num_o(p, "cache", m->cache);
	mem_entry_o(p, "usage", &m->usage);
	mem_entry_o(p, "swap", &m->swap);
	mem_entry_o(p, "kernel", &m->kernel);
	mem_entry_o(p, "kernelTCP", &m->kernel_tcp);
	if (m->n_raw) {
		open_(p, "raw");
		for (size_t i = 0; i < m->n_raw; i++)
			num(p, m->raw[i].key, m->raw[i].value);
		close_(p);
	}
	psi_o(p, &m->psi);
	close_(p);
}

static void io_o(struct print *p, const char *name,
		 const struct cgroup_io_list *l)
{
	if (l->n == 0)
		return;
	key(p, name);
	for (size_t i = 0; i < l->n; i++) {
		const struct cgroup_io_entry *entry = &l->v[i];

		str_add(p->out, i ? ",{" : "[{");
		p->first = true;
		num_o(p, "major", entry->major);
		num_o(p, "minor", entry->minor);
		if (*entry->op) {
			key(p, "op");
			str_add_json(p->out, entry->op);
		}
		num_o(p, "value", entry->value);
		close_(p);
	}
	str_addc(p->out, ']');
}

static void blkio(struct print *p, const struct cgroup_stats *s)
{
	static const char *const names[_CGROUP_IO_MAX] = {
		[CGROUP_IO_SERVICE_BYTES] = "ioServiceBytesRecursive",
		[CGROUP_IO_SERVICED] = "ioServicedRecursive",
		[CGROUP_IO_QUEUED] = "ioQueueRecursive",
		[CGROUP_IO_SERVICE_TIME] = "ioServiceTimeRecursive",
		[CGROUP_IO_WAIT_TIME] = "ioWaitTimeRecursive",
		[CGROUP_IO_MERGED] = "ioMergedRecursive",
		[CGROUP_IO_TIME] = "ioTimeRecursive",
		[CGROUP_IO_SECTORS] = "sectorsRecursive",
	};

	open_(p, "blkio");
	for (int i = 0; i < _CGROUP_IO_MAX; i++)
		io_o(p, names[i], &s->io[i]);
	psi_o(p, &s->io_psi);
	close_(p);
}

static void hugetlb(struct print *p, const struct cgroup_stats *s)
{
	open_(p, "hugetlb");
	for (size_t i = 0; i < s->n_hugetlb; i++) {
		open_(p, s->hugetlb[i].size);
		num_o(p, "usage", s->hugetlb[i].usage);
		num_o(p, "max", s->hugetlb[i].max);
		num(p, "failcnt", s->hugetlb[i].failcnt);
		close_(p);
	}
	close_(p);
}

static void text_o(struct print *p, const char *name, const char *v)
{
	if (!v || !*v)
		return;
	key(p, name);
	str_add_json_html(p->out, v);
}

static void rdt_nodes(struct print *p, const char *name,
		      const struct rdt_stats *s, bool traffic)
{
	key(p, name);
	str_addc(p->out, '[');
	for (size_t i = 0; i < s->n_nodes; i++) {
		str_add(p->out, i ? ",{" : "{");
		p->first = true;
		if (traffic) {
			num(p, "mbm_total_bytes", s->nodes[i].total);
			num(p, "mbm_local_bytes", s->nodes[i].local);
		} else {
			num(p, "llc_occupancy", s->nodes[i].occupancy);
		}
		close_(p);
	}
	str_addc(p->out, ']');
}

static void intel_rdt(struct print *p, const struct rdt_stats *s)
{
	open_(p, "intel_rdt");
	if (s->cache) {
		open_(p, "l3_cache_info");
		text_o(p, "cbm_mask", s->cbm_mask);
		num_o(p, "min_cbm_bits", s->min_cbm_bits);
		num_o(p, "num_closids", s->cache_closids);
		close_(p);
		text_o(p, "l3_cache_schema_root", s->cache_root);
		text_o(p, "l3_cache_schema", s->cache_own);
	}
	if (s->bandwidth) {
		open_(p, "mem_bw_info");
		num_o(p, "bandwidth_gran", s->bandwidth_gran);
		num_o(p, "delay_linear", s->delay_linear);
		num_o(p, "min_bandwidth", s->min_bandwidth);
		num_o(p, "num_closids", s->bandwidth_closids);
		close_(p);
		text_o(p, "mem_bw_schema_root", s->bandwidth_root);
		text_o(p, "mem_bw_schema", s->bandwidth_own);
	}
	if (s->schemata.n) {
		key(p, "schemata");
		for (size_t i = 0; i < s->schemata.n; i++) {
			str_addc(p->out, i ? ',' : '[');
			str_add_json_html(p->out, s->schemata.v[i]);
		}
		str_addc(p->out, ']');
	}
	if (s->has_traffic)
		rdt_nodes(p, "mbm_stats", s, true);
	if (s->has_occupancy)
		rdt_nodes(p, "cmt_stats", s, false);
	close_(p);
}

void events_print_stats(struct str *out, const char *id,
			const struct cgroup_stats *stats,
			const struct rdt_stats *rdt)
{
	struct print p = { .out = out, .first = true };

	str_add(out, "{\"type\":\"stats\",\"id\":");
	str_add_json_html(out, id);
	p.first = false;
	open_(&p, "data");
	cpu(&p, &stats->cpu);
	cpuset(&p, &stats->cpuset);
	memory(&p, &stats->memory);
	open_(&p, "pids");
	num_o(&p, "current", stats->pids);
	num_o(&p, "limit", stats->pids_limit);
	close_(&p);
	blkio(&p, stats);
	hugetlb(&p, stats);
	intel_rdt(&p, rdt);
	/* a member that nothing here fills, as decoders expect it */
	str_add(out, ",\"network_interfaces\":null");
	close_(&p);
	str_add(out, "}\n");
}
