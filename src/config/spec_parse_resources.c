/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec_parse_resources.c - owns the tables of "linux.resources" (runtime-spec
 * config-linux.md, "Control groups"), which `update` reads alone as well. Only
 * types here; spec_check_resources.c has the rules. Pure, no state.
 */
#include "base/str.h"
#include "config/spec_tables.h"
#include "base/banned.h"

/* ---- devices ----------------------------------------------------------- */

static void convert_rule_type(struct walk *w, const struct json *j, void *outer)
{
	struct spec_device_rule *rule = outer;

	if (!walk_expect(w, j, JSON_STRING) || j->len == 0)
		return;
	if (j->len == 1 && strchr("abc", j->text[0]) && j->text[0])
		rule->type = j->text[0];
	else
		walk_error(w, j, NULL, "invalid cgroup device type \"%.40s\", expected a, b or c",
			   j->text);
}

static void convert_access(struct walk *w, const struct json *j, void *outer)
{
	struct spec_device_rule *rule = outer;

	if (!walk_expect(w, j, JSON_STRING))
		return;
	size_t known = 0;

	for (size_t i = 0; i < j->len; i++) {
		rule->r |= j->text[i] == 'r';
		rule->w |= j->text[i] == 'w';
		rule->m |= j->text[i] == 'm';
		known += j->text[i] == 'r' || j->text[i] == 'w' ||
			 j->text[i] == 'm';
	}
	/* Others let such letters pass, so there are configs that have them. */
	if (known == 0 && j->len > 0)
		walk_error(w, j, NULL, "invalid device access '%.40s', expected letters of 'rwm'",
			   j->text);
	else if (known < j->len)
		walk_warn(w, j, NULL, "device access '%.40s': letters other than r, w and m are ignored",
			  j->text);
}

static void finish_rule(struct walk *w, const struct json *j, void *outer)
{
	struct spec_device_rule *rule = outer;
	const struct json *access = walk_member(j, "access");

	if (!rule->type)
		rule->type = 'a';
	if (!walk_member(j, "major"))
		rule->major = -1;
	if (!walk_member(j, "minor"))
		rule->minor = -1;
	if (!access || (access->type == JSON_STRING && access->len == 0))
		walk_error(w, j, "access", "device access at %zu field cannot be empty",
			   w->top ? w->top->index : 0);
}

#define DEV_RANGE RANGE(-1, UINT32_MAX)

static const struct field rule_fields[] = {
	F_REQ(FK_BOOL, struct spec_device_rule, allow, "allow"),
	F_CUSTOM("type", convert_rule_type),
	F(FK_I64, struct spec_device_rule, major, "major", .flags = FIELD_RANGE, DEV_RANGE),
	F(FK_I64, struct spec_device_rule, minor, "minor", .flags = FIELD_RANGE, DEV_RANGE),
	F_CUSTOM("access", convert_access),
	F_END,
};
static const struct object rule_object = { .fields = rule_fields,
					   .size = sizeof(struct spec_device_rule),
					   .finish = finish_rule };

/* ---- memory, cpu, pids ------------------------------------------------- */

static const struct field memory_fields[] = {
	F_OPT(FK_I64, struct spec_memory, limit, "limit"),
	F_OPT(FK_I64, struct spec_memory, reservation, "reservation"),
	F_OPT(FK_I64, struct spec_memory, swap, "swap"),
	F_OPT(FK_I64, struct spec_memory, kernel, "kernel"),
	F_OPT(FK_I64, struct spec_memory, kernel_tcp, "kernelTCP"),
	F(FK_U64, struct spec_memory, swappiness, "swappiness",
	  .flags = FIELD_OPT | FIELD_RANGE, RANGE(0, 100)),
	F_OPT(FK_BOOL, struct spec_memory, disable_oom_killer, "disableOOMKiller"),
	F_OPT(FK_BOOL, struct spec_memory, use_hierarchy, "useHierarchy"),
	F_OPT(FK_BOOL, struct spec_memory, check_before_update, "checkBeforeUpdate"),
	F_END,
};
static const struct object memory_object = { .fields = memory_fields };

static const struct field cpu_fields[] = {
	F_OPT(FK_U64, struct spec_cpu, shares, "shares"),
	F_OPT(FK_I64, struct spec_cpu, quota, "quota"),
	F_OPT(FK_U64, struct spec_cpu, burst, "burst"),
	F_OPT(FK_U64, struct spec_cpu, period, "period"),
	F_OPT(FK_I64, struct spec_cpu, realtime_runtime, "realtimeRuntime"),
	F_OPT(FK_U64, struct spec_cpu, realtime_period, "realtimePeriod"),
	F(FK_STR, struct spec_cpu, cpus, "cpus", .flags = FIELD_NO_EMPTY),
	F(FK_STR, struct spec_cpu, mems, "mems", .flags = FIELD_NO_EMPTY),
	F_OPT(FK_I64, struct spec_cpu, idle, "idle"),
	F_END,
};
static const struct object cpu_object = { .fields = cpu_fields };

static const struct field pids_fields[] = {
	F_OPT(FK_I64, struct spec_resources, pids_limit, "limit"),
	F_END,
};
static const struct object pids_object = { .fields = pids_fields };

/* ---- block I/O --------------------------------------------------------- */

static const struct field weight_device_fields[] = {
	F(FK_I64, struct spec_weight_device, major, "major",
	  .flags = FIELD_REQUIRED | FIELD_RANGE, RANGE(0, UINT32_MAX)),
	F(FK_I64, struct spec_weight_device, minor, "minor",
	  .flags = FIELD_REQUIRED | FIELD_RANGE, RANGE(0, UINT32_MAX)),
	F_OPT(FK_U16, struct spec_weight_device, weight, "weight"),
	F_OPT(FK_U16, struct spec_weight_device, leaf_weight, "leafWeight"),
	F_END,
};
static const struct object weight_device_object = {
	.fields = weight_device_fields, .size = sizeof(struct spec_weight_device)
};

static const struct field throttle_fields[] = {
	F(FK_I64, struct spec_throttle_device, major, "major",
	  .flags = FIELD_REQUIRED | FIELD_RANGE, RANGE(0, UINT32_MAX)),
	F(FK_I64, struct spec_throttle_device, minor, "minor",
	  .flags = FIELD_REQUIRED | FIELD_RANGE, RANGE(0, UINT32_MAX)),
	F_REQ(FK_U64, struct spec_throttle_device, rate, "rate"),
	F_END,
};
static const struct object throttle_object = {
	.fields = throttle_fields, .size = sizeof(struct spec_throttle_device)
};

#define F_THROTTLE(member, name_) \
	F_LIST(struct spec_block_io, member.v, member.n, name_, &throttle_object)

static const struct field block_io_fields[] = {
	F_OPT(FK_U16, struct spec_block_io, weight, "weight"),
	F_OPT(FK_U16, struct spec_block_io, leaf_weight, "leafWeight"),
	F_LIST(struct spec_block_io, weight_devices, n_weight_devices,
	       "weightDevice", &weight_device_object),
	F_THROTTLE(read_bps, "throttleReadBpsDevice"),
	F_THROTTLE(write_bps, "throttleWriteBpsDevice"),
	F_THROTTLE(read_iops, "throttleReadIOPSDevice"),
	F_THROTTLE(write_iops, "throttleWriteIOPSDevice"),
	/* their names until 1.0.0-rc6 of the runtime-spec */
	F_OPT(FK_U16, struct spec_block_io, weight, "blkioWeight"),
	F_OPT(FK_U16, struct spec_block_io, leaf_weight, "blkioLeafWeight"),
	F_LIST(struct spec_block_io, weight_devices, n_weight_devices,
	       "blkioWeightDevice", &weight_device_object),
	F_THROTTLE(read_bps, "blkioThrottleReadBpsDevice"),
	F_THROTTLE(write_bps, "blkioThrottleWriteBpsDevice"),
	F_THROTTLE(read_iops, "blkioThrottleReadIOPSDevice"),
	F_THROTTLE(write_iops, "blkioThrottleWriteIOPSDevice"),
	F_END,
};
static const struct object block_io_object = { .fields = block_io_fields };

/* ---- hugetlb, network, rdma -------------------------------------------- */

static const struct field hugepage_fields[] = {
	F_REQ(FK_STR, struct spec_hugepage, page_size, "pageSize"),
	F_REQ(FK_U64, struct spec_hugepage, limit, "limit"),
	F_END,
};
static const struct object hugepage_object = {
	.fields = hugepage_fields, .size = sizeof(struct spec_hugepage)
};

static const struct field net_prio_fields[] = {
	F_REQ(FK_STR, struct spec_net_prio, name, "name"),
	F_REQ(FK_U32, struct spec_net_prio, priority, "priority"),
	F_END,
};
static const struct object net_prio_object = {
	.fields = net_prio_fields, .size = sizeof(struct spec_net_prio)
};

static const struct field network_fields[] = {
	F_OPT(FK_U32, struct spec_resources, net_class_id, "classID"),
	F_LIST(struct spec_resources, net_prios, n_net_prios, "priorities",
	       &net_prio_object),
	F_END,
};
static const struct object network_object = { .fields = network_fields };

static const struct field rdma_fields[] = {
	F_OPT(FK_U32, struct spec_rdma, hca_handles, "hcaHandles"),
	F_OPT(FK_U32, struct spec_rdma, hca_objects, "hcaObjects"),
	F_END,
};
static const struct object rdma_object = {
	.fields = rdma_fields, .size = sizeof(struct spec_rdma),
	.key_offset = offsetof(struct spec_rdma, device)
};

/* ---- resources --------------------------------------------------------- */

static const struct field resources_fields[] = {
	F_LIST(struct spec_resources, devices, n_devices, "devices", &rule_object),
	F_OBJECT(struct spec_resources, memory, "memory", &memory_object),
	F_OBJECT(struct spec_resources, cpu, "cpu", &cpu_object),
	F_FLAT("pids", &pids_object),
	F_OBJECT(struct spec_resources, block_io, "blockIO", &block_io_object),
	F_LIST(struct spec_resources, hugepages, n_hugepages, "hugepageLimits",
	       &hugepage_object),
	F_FLAT("network", &network_object),
	F_MAP(struct spec_resources, rdma, n_rdma, "rdma", &rdma_object),
	F(FK_KV, struct spec_resources, unified, "unified"),
	/* where they were until 1.0.0-rc6 of the runtime-spec */
	F_OPT(FK_BOOL, struct spec_resources, memory.disable_oom_killer,
	      "disableOOMKiller"),
	F(FK_I32, struct spec_resources, old_oom_score_adj, "oomScoreAdj",
	  .flags = FIELD_OPT | FIELD_RANGE, RANGE(-1000, 1000)),
	F_END,
};
const struct object schema_resources = { .fields = resources_fields,
					 .size = sizeof(struct spec_resources) };
