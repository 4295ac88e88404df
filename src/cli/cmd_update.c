/* SPDX-License-Identifier: Apache-2.0 */
/*
 * update: the options as linux.resources. An empty value is "not given", as for
 * runc; with --resources the others are not looked at.
 */
#include "config.h"
#include "cli/commands.h"

#include "base/str.h"
#include "cli/paths.h"
#include "cli/values.h"
#include "runtime/update.h"

#include <errno.h>

#include "base/banned.h"

struct update_flags {
	const char *resources, *l3_cache_schema, *mem_bw_schema;
	const char *blkio_weight, *cpu_period, *cpu_quota, *cpu_burst,
		*cpu_share, *cpu_rt_period, *cpu_rt_runtime, *cpu_idle,
		*cpuset_cpus, *cpuset_mems, *memory, *memory_reservation,
		*memory_swap, *kernel_memory, *kernel_memory_tcp, *pids_limit;
};

#define O(field) offsetof(struct update_flags, field)
static const struct cli_opt update_opts[] = {
	{ "resources", 'r', CLI_STRING, O(resources),
	  "path to the file containing the resources to update (linux.resources of config.json, what is left out stays), or '-' to read from the standard input; all other options are ignored" },
	{ "blkio-weight", 0, CLI_STRING, O(blkio_weight),
	  "per cgroup weight, range is from 10 to 1000" },
	{ "cpu-period", 0, CLI_STRING, O(cpu_period),
	  "CPU CFS period to be used for hardcapping (in usecs)" },
	{ "cpu-quota", 0, CLI_STRING, O(cpu_quota),
	  "CPU CFS hardcap limit (in usecs): allowed cpu time in a given period" },
	{ "cpu-burst", 0, CLI_STRING, O(cpu_burst),
	  "CPU CFS hardcap burst limit (in usecs): allowed accumulated cpu time additionally for burst in a given period" },
	{ "cpu-share", 0, CLI_STRING, O(cpu_share),
	  "CPU shares (relative weight vs. other containers)" },
	{ "cpu-rt-period", 0, CLI_STRING, O(cpu_rt_period),
	  "CPU realtime period to be used for hardcapping (in usecs)" },
	{ "cpu-rt-runtime", 0, CLI_STRING, O(cpu_rt_runtime),
	  "CPU realtime hardcap limit (in usecs): allowed cpu time in a given period" },
	{ "cpuset-cpus", 0, CLI_STRING, O(cpuset_cpus), "CPU(s) to use" },
	{ "cpuset-mems", 0, CLI_STRING, O(cpuset_mems), "memory node(s) to use" },
	{ "kernel-memory", 0, CLI_STRING, O(kernel_memory), NULL },
	{ "kernel-memory-tcp", 0, CLI_STRING, O(kernel_memory_tcp), NULL },
	{ "memory", 0, CLI_STRING, O(memory), "memory limit (in bytes)" },
	{ "cpu-idle", 0, CLI_STRING, O(cpu_idle),
	  "set cgroup SCHED_IDLE or not, 0: default behavior, 1: SCHED_IDLE" },
	{ "memory-reservation", 0, CLI_STRING, O(memory_reservation),
	  "memory reservation or soft_limit (in bytes)" },
	{ "memory-swap", 0, CLI_STRING, O(memory_swap),
	  "total memory usage (memory + swap); set '-1' to enable unlimited swap" },
	{ "pids-limit", 0, CLI_STRING, O(pids_limit),
	  "maximum number of pids allowed in the container" },
	{ "l3-cache-schema", 0, CLI_STRING, O(l3_cache_schema),
	  "the string of Intel RDT/CAT L3 cache schema" },
	{ "mem-bw-schema", 0, CLI_STRING, O(mem_bw_schema),
	  "the string of Intel RDT/MBA memory bandwidth schema" },
	{ 0 },
};
#undef O

static int bad(struct err *e, const char *name, const char *value,
	       const char *why)
{
	return err_set(e, EINVAL, "invalid value for %s: %s: '%s'", name, why,
		       value);
}

static int take_u64(const char *name, const char *value, struct opt_u64 *ret,
		    struct err *e)
{
	if (!cli_given(value))
		return 0;
	if (parse_u64(value, &ret->v) < 0)
		return bad(e, name, value, "not a number");
	ret->set = true;
	return 0;
}

static int take_i64(const char *name, const char *value, struct opt_i64 *ret,
		    struct err *e)
{
	if (!cli_given(value))
		return 0;
	if (parse_i64(value, &ret->v) < 0)
		return bad(e, name, value, "not a number");
	ret->set = true;
	return 0;
}

static int take_size(const char *name, const char *value, struct opt_i64 *ret,
		     struct err *e)
{
	if (!cli_given(value))
		return 0;
	int r = cli_parse_size(value, &ret->v);

	if (r < 0)
		return bad(e, name, value,
			   r == -ENOTSUP ? "invalid suffix" :
			   r == -ERANGE	 ? "size out of range" :
					   "invalid size");
	ret->set = true;
	return 0;
}

static int take_cpu(const struct update_flags *f, struct spec_cpu *c,
		    struct err *e)
{
	if (take_i64("cpu-idle", f->cpu_idle, &c->idle, e) < 0 ||
	    take_u64("cpu-burst", f->cpu_burst, &c->burst, e) < 0 ||
	    take_u64("cpu-period", f->cpu_period, &c->period, e) < 0 ||
	    take_u64("cpu-rt-period", f->cpu_rt_period, &c->realtime_period,
		     e) < 0 ||
	    take_u64("cpu-share", f->cpu_share, &c->shares, e) < 0 ||
	    take_i64("cpu-quota", f->cpu_quota, &c->quota, e) < 0 ||
	    take_i64("cpu-rt-runtime", f->cpu_rt_runtime, &c->realtime_runtime,
		     e) < 0)
		return -e->code;
	c->cpus = cli_given(f->cpuset_cpus);
	c->mems = cli_given(f->cpuset_mems);
	return 0;
}

static int take_memory(const struct update_flags *f, struct spec_memory *m,
		       struct err *e)
{
	if (take_size("memory", f->memory, &m->limit, e) < 0 ||
	    take_size("memory-swap", f->memory_swap, &m->swap, e) < 0 ||
	    take_size("kernel-memory", f->kernel_memory, &m->kernel, e) < 0 ||
	    take_size("kernel-memory-tcp", f->kernel_memory_tcp, &m->kernel_tcp,
		      e) < 0 ||
	    take_size("memory-reservation", f->memory_reservation,
		      &m->reservation, e) < 0)
		return -e->code;
	return 0;
}

static int take_rest(const struct update_flags *f, struct spec_resources *res,
		     struct err *e)
{
	struct opt_i64 weight = { 0 };

	if (take_i64("blkio-weight", f->blkio_weight, &weight, e) < 0 ||
	    take_i64("pids-limit", f->pids_limit, &res->pids_limit, e) < 0)
		return -e->code;
	if (weight.v < 0 || weight.v > UINT16_MAX)
		return bad(e, "blkio-weight", f->blkio_weight,
			   "not from 10 to 1000");
	/* 0 has always been "not given" */
	if (weight.v)
		res->block_io.weight =
			(struct opt_u16){ true, (uint16_t)weight.v };
	return 0;
}

static int run_update(const struct cli *cli, void *opts,
		      const struct cli_args *args, struct err *e)
{
	const struct update_flags *f = opts;
	struct update_opts o = {
		.id = args->v[0],
		.file = cli_given(f->resources),
		.res = { .set = true },
		.l3_cache_schema = cli_given(f->l3_cache_schema),
		.mem_bw_schema = cli_given(f->mem_bw_schema),
	};

	if (!o.file && (take_cpu(f, &o.res.cpu, e) < 0 ||
			take_memory(f, &o.res.memory, e) < 0 ||
			take_rest(f, &o.res, e) < 0))
		return -e->code;
	return container_update(&cli->rt, &o, e);
}

const struct cli_cmd cmd_update = {
	"update", "<container-id>", "update container resource constraints",
	update_opts, sizeof(struct update_flags), 1, 1, false, 1, run_update,
};
