/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resources_print.c - owns the way back from the typed linux.resources to JSON,
 * in the names of runtime-spec config-linux.md. Every member that
 * spec_parse_resources.c reads is written here; a round trip changes nothing.
 * Pure, no state.
 */
#include "config/resources_print.h"

#include <inttypes.h>

#include "base/banned.h"

/* Commas: a member or element is preceded by one unless it is the first. */
struct print {
	struct str *out;
	bool first;
};

static void sep(struct print *p)
{
	if (!p->first)
		str_addc(p->out, ',');
	p->first = false;
}

static void key(struct print *p, const char *name)
{
	sep(p);
	str_add_json(p->out, name);
	str_addc(p->out, ':');
}

static void open_(struct print *p, char c)
{
	str_addc(p->out, c);
	p->first = true;
}

static void close_(struct print *p, char c)
{
	str_addc(p->out, c);
	p->first = false;
}

static void add_u64(struct print *p, const char *name, bool set, uint64_t v)
{
	if (!set)
		return;
	key(p, name);
	str_addf(p->out, "%" PRIu64, v);
}

static void add_i64(struct print *p, const char *name, bool set, int64_t v)
{
	if (!set)
		return;
	key(p, name);
	str_addf(p->out, "%" PRId64, v);
}

static void add_bool(struct print *p, const char *name, bool set, bool v)
{
	if (!set)
		return;
	key(p, name);
	str_add(p->out, v ? "true" : "false");
}

static void add_str(struct print *p, const char *name, const char *v)
{
	if (!v)
		return;
	key(p, name);
	str_add_json(p->out, v);
}

/* ---- the objects ------------------------------------------------------- */

static void add_devices(struct print *p, const struct spec_resources *r)
{
	if (r->n_devices == 0)
		return;
	key(p, "devices");
	open_(p, '[');
	for (size_t i = 0; i < r->n_devices; i++) {
		const struct spec_device_rule *d = &r->devices[i];
		const char type[2] = { d->type, '\0' };

		sep(p);
		open_(p, '{');
		add_bool(p, "allow", true, d->allow);
		add_str(p, "type", type);
		add_i64(p, "major", d->major >= 0, d->major);
		add_i64(p, "minor", d->minor >= 0, d->minor);
		key(p, "access");
		str_addf(p->out, "\"%s%s%s\"", d->r ? "r" : "", d->w ? "w" : "",
			 d->m ? "m" : "");
		close_(p, '}');
	}
	close_(p, ']');
}

static void add_memory(struct print *p, const struct spec_memory *m)
{
	key(p, "memory");
	open_(p, '{');
	add_i64(p, "limit", m->limit.set, m->limit.v);
	add_i64(p, "reservation", m->reservation.set, m->reservation.v);
	add_i64(p, "swap", m->swap.set, m->swap.v);
	add_i64(p, "kernel", m->kernel.set, m->kernel.v);
	add_i64(p, "kernelTCP", m->kernel_tcp.set, m->kernel_tcp.v);
	add_u64(p, "swappiness", m->swappiness.set, m->swappiness.v);
	add_bool(p, "disableOOMKiller", m->disable_oom_killer.set,
		 m->disable_oom_killer.v);
	add_bool(p, "useHierarchy", m->use_hierarchy.set, m->use_hierarchy.v);
	add_bool(p, "checkBeforeUpdate", m->check_before_update.set,
		 m->check_before_update.v);
	close_(p, '}');
}

static void add_cpu(struct print *p, const struct spec_cpu *c)
{
	key(p, "cpu");
	open_(p, '{');
	add_u64(p, "shares", c->shares.set, c->shares.v);
	add_i64(p, "quota", c->quota.set, c->quota.v);
	add_u64(p, "burst", c->burst.set, c->burst.v);
	add_u64(p, "period", c->period.set, c->period.v);
	add_i64(p, "realtimeRuntime", c->realtime_runtime.set,
		c->realtime_runtime.v);
	add_u64(p, "realtimePeriod", c->realtime_period.set,
		c->realtime_period.v);
	add_str(p, "cpus", c->cpus);
	add_str(p, "mems", c->mems);
	add_i64(p, "idle", c->idle.set, c->idle.v);
	close_(p, '}');
}

static void add_throttle(struct print *p, const char *name,
			 const struct throttle_list *list)
{
	if (list->n == 0)
		return;
	key(p, name);
	open_(p, '[');
	for (size_t i = 0; i < list->n; i++) {
		const struct spec_throttle_device *d = &list->v[i];

		sep(p);
		open_(p, '{');
		add_i64(p, "major", true, d->major);
		add_i64(p, "minor", true, d->minor);
		add_u64(p, "rate", true, d->rate);
		close_(p, '}');
	}
	close_(p, ']');
}

static void add_block_io(struct print *p, const struct spec_block_io *b)
{
	key(p, "blockIO");
	open_(p, '{');
	add_u64(p, "weight", b->weight.set, b->weight.v);
	add_u64(p, "leafWeight", b->leaf_weight.set, b->leaf_weight.v);
	if (b->n_weight_devices) {
		key(p, "weightDevice");
		open_(p, '[');
	}
	for (size_t i = 0; i < b->n_weight_devices; i++) {
		const struct spec_weight_device *d = &b->weight_devices[i];

		sep(p);
		open_(p, '{');
		add_i64(p, "major", true, d->major);
		add_i64(p, "minor", true, d->minor);
		add_u64(p, "weight", d->weight.set, d->weight.v);
		add_u64(p, "leafWeight", d->leaf_weight.set, d->leaf_weight.v);
		close_(p, '}');
	}
	if (b->n_weight_devices)
		close_(p, ']');
	add_throttle(p, "throttleReadBpsDevice", &b->read_bps);
	add_throttle(p, "throttleWriteBpsDevice", &b->write_bps);
	add_throttle(p, "throttleReadIOPSDevice", &b->read_iops);
	add_throttle(p, "throttleWriteIOPSDevice", &b->write_iops);
	close_(p, '}');
}

static void add_hugepages(struct print *p, const struct spec_resources *r)
{
	if (r->n_hugepages == 0)
		return;
	key(p, "hugepageLimits");
	open_(p, '[');
	for (size_t i = 0; i < r->n_hugepages; i++) {
		sep(p);
		open_(p, '{');
		add_str(p, "pageSize", r->hugepages[i].page_size);
		add_u64(p, "limit", true, r->hugepages[i].limit);
		close_(p, '}');
	}
	close_(p, ']');
}

static void add_network(struct print *p, const struct spec_resources *r)
{
	if (!r->net_class_id.set && r->n_net_prios == 0)
		return;
	key(p, "network");
	open_(p, '{');
	add_u64(p, "classID", r->net_class_id.set, r->net_class_id.v);
	if (r->n_net_prios) {
		key(p, "priorities");
		open_(p, '[');
	}
	for (size_t i = 0; i < r->n_net_prios; i++) {
		sep(p);
		open_(p, '{');
		add_str(p, "name", r->net_prios[i].name);
		add_u64(p, "priority", true, r->net_prios[i].priority);
		close_(p, '}');
	}
	if (r->n_net_prios)
		close_(p, ']');
	close_(p, '}');
}

static void add_rdma(struct print *p, const struct spec_resources *r)
{
	if (r->n_rdma == 0)
		return;
	key(p, "rdma");
	open_(p, '{');
	for (size_t i = 0; i < r->n_rdma; i++) {
		const struct spec_rdma *d = &r->rdma[i];

		key(p, d->device);
		open_(p, '{');
		add_u64(p, "hcaHandles", d->hca_handles.set, d->hca_handles.v);
		add_u64(p, "hcaObjects", d->hca_objects.set, d->hca_objects.v);
		close_(p, '}');
	}
	close_(p, '}');
}

void resources_print(const struct spec_resources *res, struct str *out)
{
	struct print p = { .out = out, .first = true };

	open_(&p, '{');
	add_devices(&p, res);
	add_memory(&p, &res->memory);
	add_cpu(&p, &res->cpu);
	if (res->pids_limit.set) {
		key(&p, "pids");
		open_(&p, '{');
		add_i64(&p, "limit", true, res->pids_limit.v);
		close_(&p, '}');
	}
	add_block_io(&p, &res->block_io);
	add_hugepages(&p, res);
	add_network(&p, res);
	add_rdma(&p, res);
	if (res->unified.n) {
		key(&p, "unified");
		open_(&p, '{');
		for (size_t i = 0; i < res->unified.n; i++)
			add_str(&p, res->unified.v[i].key,
				res->unified.v[i].value);
		close_(&p, '}');
	}
	close_(&p, '}');
}
