/* SPDX-License-Identifier: Apache-2.0 */
/* linux.resources to writes: every property, on both versions, no kernel. */
#include "config.h"

#include "cgroup/cg_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/tap.h"

static const struct cg_facts on_v1 = {
	.v1 = "name=systemd,cpu,cpuacct,cpuset,memory,blkio,pids,hugetlb,rdma,"
	      "net_cls,net_prio,devices,freezer",
	.v2 = "", .why = "test",
};
static const struct cg_facts on_v2 = {
	.v1 = "", .v2 = "cpuset cpu io memory hugetlb pids rdma misc",
	.unified = true, .why = "test",
};
/* Controllers on v1, hugetlb left to cgroup2. */
static const struct cg_facts on_hybrid = {
	.v1 = "cpu,memory,pids", .v2 = "hugetlb", .why = "test",
};
static const struct cg_facts on_none = { .v1 = "", .v2 = "", .why = "no mount" };

static void print_writes(const struct cg_writes *w, struct str *out)
{
	static const char *const marks = "?~=|!<s";

	for (size_t i = 0; i < w->n; i++) {
		str_addf(out, "%s%s=%s", i ? "; " : "", w->v[i].file,
			 w->v[i].value);
		if (w->v[i].flags)
			str_addc(out, ' ');
		for (size_t b = 0; marks[b]; b++)
			if (w->v[i].flags & (1U << b))
				str_addc(out, marks[b]);
	}
}

/* want: the writes, or "error POINTER: part of the message". */
static void check(const char *name, const struct spec_resources *res,
		  const struct cg_facts *facts, const char *want)
{
	struct arena a = { 0 };
	struct cg_writes w = { .arena = &a };
	struct err e = ERR_INIT;
	struct str got = { 0 };
	int r = cg_resources(&w, res, facts, &e);

	if (r < 0 && str_starts(want, "error ")) {
		str_addf(&got, "error %s: %s", e.pointer, e.msg);
		/* The wanted text is a prefix. */
		if (!ok(str_starts(str_text(&got), want), "%s", name))
			diag("got: %s", str_text(&got));
		is_int(r, -e.code, "%s: result is the code", name);
	} else {
		if (r < 0)
			str_addf(&got, "error %s: %s", e.pointer, e.msg);
		else
			print_writes(&w, &got);
		is_str(str_text(&got), want, "%s", name);
	}
	str_free(&got);
	arena_free(&a);
}

#define I64(x) { true, (x) }

static void test_weights(void)
{
	static const uint64_t shares[][2] = {
		{ 0, 0 }, { 1, 1 }, { 2, 1 }, { 3, 2 }, { 10, 4 }, { 100, 17 },
		{ 256, 35 }, { 512, 59 }, { 1000, 99 }, { 1024, 100 },
		{ 2000, 170 }, { 2048, 174 }, { 4096, 303 }, { 8192, 532 },
		{ 10240, 639 }, { 16384, 942 }, { 22000, 1204 },
		{ 65536, 3023 }, { 100000, 4340 }, { 262143, 10000 },
		{ 262144, 10000 }, { 500000, 10000 }, { UINT64_MAX, 10000 },
	};
	static const uint16_t io[][2] = {
		{ 0, 0 }, { 10, 1 }, { 100, 910 }, { 500, 4950 },
		{ 1000, 10000 },
	};
	uint64_t last = 0;
	bool rising = true;

	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
		is_int(cg_shares_to_weight(shares[i][0]), shares[i][1],
		       "shares %" PRIu64, shares[i][0]);
	for (uint64_t s = 1; s <= 262144; s++) {
		uint64_t w = cg_shares_to_weight(s);

		rising = rising && w >= last && w <= 10000;
		last = w;
	}
	ok(rising, "weight never falls with shares");
	for (size_t i = 0; i < sizeof(io) / sizeof(io[0]); i++)
		is_int(cg_blkio_to_io_weight(io[i][0]), io[i][1],
		       "blockIO weight %u", io[i][0]);
}

static void test_swap(void)
{
	enum { M = 1000000, FAIL = -3 };
	static const int64_t t[][3] = { /* limit, swap, result */
		{ 100 * M, 200 * M, 100 * M }, { 100 * M, 100 * M, 0 },
		{ -1, 0, -1 }, { 0, -1, -1 }, { 0, 0, CG_SWAP_UNSET },
		{ -1, 5, 5 }, { 200 * M, 100 * M, FAIL },
		{ 0, 100 * M, FAIL }, { 100 * M, -1, -1 },
		{ 100 * M, 0, CG_SWAP_UNSET }, { -1, -1, -1 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct err e = ERR_INIT;
		int64_t got = FAIL;
		int r = cg_swap_v2(t[i][0], t[i][1], &got, &e);

		is_int(got, t[i][2], "swap(%" PRId64 ", %" PRId64 ")", t[i][0],
		       t[i][1]);
		is_int(r, t[i][2] == FAIL ? -EINVAL : 0, "… result");
	}
}

static void test_memory(void)
{
	struct spec_resources r = { .set = true };

	check("nothing asked, v1", &r, &on_v1, "");
	check("nothing asked, none", &r, &on_none, "");
	r.memory.limit = (struct opt_i64)I64(0);
	r.memory.swap = (struct opt_i64)I64(0);
	check("zeros are unset", &r, &on_none, "");
	r.memory.limit.v = 1000;
	check("limit v1", &r, &on_v1, "memory.limit_in_bytes=1000 ~");
	check("limit v2", &r, &on_v2, "memory.max=1000");
	check("limit none", &r, &on_none,
	      "error /linux/resources/memory/limit: the cgroup controller "
	      "'memory' is not available: no mount");
	r.memory.swap.v = 3000;
	check("swap v1", &r, &on_v1, "memory.limit_in_bytes=1000 ~; "
	      "memory.memsw.limit_in_bytes=3000");
	check("swap v2", &r, &on_v2, "memory.swap.max=2000; memory.max=1000");
	r.memory.check_before_update = (struct opt_bool){ true, true };
	check("checkBeforeUpdate v2", &r, &on_v2,
	      "memory.swap.max=2000 <s; memory.max=1000 <");
	r.memory.check_before_update.v = false;
	r.memory.swap.v = 1000;
	check("no swap v2", &r, &on_v2, "memory.swap.max=0 ?; memory.max=1000");
	r.memory.swap.v = 999;
	check("swap too small v2", &r, &on_v2, "error /linux/resources/memory/"
	      "swap: memory+swap limit should be >= memory limit");
	check("swap too small v1", &r, &on_v1, "error /linux/resources/memory/"
	      "swap: memory+swap limit should be >= memory limit");
	r.memory.limit.v = 0;
	check("swap alone v2", &r, &on_v2, "error /linux/resources/memory/swap: "
	      "unable to set swap limit without memory limit");
	check("swap alone v1", &r, &on_v1, "memory.memsw.limit_in_bytes=999");
	r.memory.swap.v = 0;
	r.memory.limit.v = -1;
	check("unlimited v1", &r, &on_v1, "memory.limit_in_bytes=-1 ~; "
	      "memory.memsw.limit_in_bytes=-1 ?");
	check("unlimited v2", &r, &on_v2,
	      "memory.swap.max=max ?; memory.max=max");
	r.memory.limit.v = -2;
	check("negative limit", &r, &on_v2,
	      "error /linux/resources/memory/limit: a memory limit");
	r.memory = (struct spec_memory){ .reservation = I64(500) };
	check("reservation v1", &r, &on_v1, "memory.soft_limit_in_bytes=500");
	check("reservation v2", &r, &on_v2, "memory.low=500");
	r.memory = (struct spec_memory){ .swappiness = { true, 7 } };
	check("swappiness v1", &r, &on_v1, "memory.swappiness=7");
	check("swappiness v2", &r, &on_v2, "error /linux/resources/memory/"
	      "swappiness: swappiness cannot be set: the controller 'memory' of "
	      "cgroup v2 has no equivalent");
	r.memory.swappiness.v = 101;
	check("swappiness range", &r, &on_v1, "error /linux/resources/memory/"
	      "swappiness: swappiness is a percentage");
	r.memory.swappiness.v = UINT64_MAX;
	check("swappiness -1", &r, &on_v2, "");
	r.memory = (struct spec_memory){ .disable_oom_killer = { true, true } };
	check("oom killer v1", &r, &on_v1, "memory.oom_control=1");
	check("oom killer v2", &r, &on_v2,
	      "error /linux/resources/memory/disableOOMKiller: ");
	r.memory.disable_oom_killer.v = false;
	check("oom killer stays", &r, &on_v2, "");
	r.memory = (struct spec_memory){ .kernel = I64(9), .kernel_tcp = I64(8) };
	check("kernel memory v1", &r, &on_v1, "memory.kmem.limit_in_bytes=9; "
	      "memory.kmem.tcp.limit_in_bytes=8");
	check("kernel memory v2", &r, &on_v2,
	      "error /linux/resources/memory/kernel: ");
	r.memory = (struct spec_memory){ .use_hierarchy = { true, true } };
	check("hierarchy v2", &r, &on_v2, "");
	r.memory.use_hierarchy.v = false;
	check("no hierarchy v2", &r, &on_v2,
	      "error /linux/resources/memory/useHierarchy: ");
}

static void test_cpu(void)
{
	struct spec_resources r = { .set = true };

	r.cpu.shares = (struct opt_u64){ true, 1024 };
	r.cpu.quota = (struct opt_i64)I64(2000);
	r.cpu.period = (struct opt_u64){ true, 3000 };
	check("cpu v1", &r, &on_v1, "cpu.shares=1024 =; cpu.cfs_period_us=3000 "
	      "~; cpu.cfs_quota_us=2000");
	check("cpu v2", &r, &on_v2, "cpu.weight=100 ~; cpu.max=2000 3000");
	r.cpu.shares.v = 0;
	r.cpu.period.v = 0;
	check("quota alone keeps the period", &r, &on_v2, "cpu.max=2000");
	r.cpu.quota.v = -1;
	check("no quota v2", &r, &on_v2, "cpu.max=max");
	check("no quota v1", &r, &on_v1, "cpu.cfs_quota_us=-1");
	r.cpu.quota.v = 0;
	r.cpu.period.v = 5000;
	check("period alone", &r, &on_v2, "cpu.max=max 5000");
	r.cpu = (struct spec_cpu){ .burst = { true, 500 }, .quota = I64(1000) };
	check("burst v2", &r, &on_v2, "cpu.max.burst=500 ~; cpu.max=1000");
	check("burst v1", &r, &on_v1,
	      "cpu.cfs_burst_us=500 ~; cpu.cfs_quota_us=1000");
	r.cpu = (struct spec_cpu){ .idle = I64(1), .shares = { true, 2 } };
	check("idle v2", &r, &on_v2, "cpu.weight=1 ~; cpu.idle=1");
	check("idle v1", &r, &on_v1, "cpu.shares=2 =; cpu.idle=1");
	r.cpu = (struct spec_cpu){ .idle = I64(0), .burst = { true, 0 } };
	check("zeros, no controller", &r, &on_none, "");
	check("zeros v2", &r, &on_v2, "cpu.idle=0 ?; cpu.max.burst=0 ?~");
	r.cpu = (struct spec_cpu){ .realtime_period = { true, 1000000 },
				   .realtime_runtime = I64(5000) };
	check("real-time v1", &r, &on_v1, "cpu.rt_period_us=1000000 ~!; "
	      "cpu.rt_runtime_us=5000 !");
	check("real-time v2", &r, &on_v2,
	      "error /linux/resources/cpu/realtimePeriod: ");
	r.cpu = (struct spec_cpu){ .cpus = "0-3,7", .mems = "0" };
	check("cpuset v1", &r, &on_v1, "cpuset.cpus=0-3,7 |!; cpus=0-3,7 !; "
	      "cpuset.mems=0 |!; mems=0 !");
	check("cpuset v2", &r, &on_v2, "cpuset.cpus=0-3,7; cpuset.mems=0");
	check("cpuset absent", &r, &on_hybrid, "error /linux/resources/cpu/cpus:"
	      " the cgroup controller 'cpuset' is not available");
	r.cpu = (struct spec_cpu){ .cpus = "" };
	check("cpuset empty", &r, &on_none, "");
}

static void test_pids(void)
{
	static const struct { int64_t limit; const char *want; } t[] = {
		{ 50, "pids.max=50" }, { 0, "pids.max=1" }, { -1, "pids.max=max" },
		{ -7, "pids.max=max" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct spec_resources r = { .pids_limit = I64(t[i].limit) };

		check("pids v1", &r, &on_v1, t[i].want);
		check("pids v2", &r, &on_v2, t[i].want);
	}
	struct spec_resources r = { .pids_limit = I64(1) };

	check("pids none", &r, &on_none, "error /linux/resources/pids/limit: the"
	      " cgroup controller 'pids' is not available: no mount");
}

static void test_io(void)
{
	struct spec_weight_device wd[] = {
		{ 8, 0, { true, 100 }, { false, 0 } },
		{ 8, 16, { true, 10 }, { true, 20 } },
	};
	struct spec_throttle_device td[] = { { 8, 0, 1048576 }, { 8, 16, 0 } };
	struct spec_resources r = { .set = true };

	r.block_io.weight = (struct opt_u16){ true, 500 };
	check("weight v1", &r, &on_v1, "blkio.weight=500 |; blkio.bfq.weight=500");
	check("weight v2", &r, &on_v2, "io.bfq.weight=500 |; io.weight=4950");
	r.block_io.weight.v = 5;
	check("weight range", &r, &on_v2,
	      "error /linux/resources/blockIO/weight: ");
	r.block_io = (struct spec_block_io){ .weight_devices = wd,
					     .n_weight_devices = 1 };
	check("weight device v1", &r, &on_v1, "blkio.weight_device=8:0 100 |; "
	      "blkio.bfq.weight_device=8:0 100");
	check("weight device v2", &r, &on_v2,
	      "io.bfq.weight=8:0 100 |; io.weight=8:0 910");
	r.block_io.n_weight_devices = 2;
	check("leaf weight v2", &r, &on_v2,
	      "error /linux/resources/blockIO/weightDevice/1: ");
	r.block_io = (struct spec_block_io){ .read_bps = { td, 1 },
					     .write_iops = { td, 2 } };
	check("throttle v1", &r, &on_v1,
	      "blkio.throttle.read_bps_device=8:0 1048576; "
	      "blkio.throttle.write_iops_device=8:0 1048576; "
	      "blkio.throttle.write_iops_device=8:16 0");
	check("throttle v2", &r, &on_v2, "io.max=8:0 rbps=1048576; "
	      "io.max=8:0 wiops=1048576; io.max=8:16 wiops=max");
	r.block_io = (struct spec_block_io){ .write_bps = { td, 1 },
					     .read_iops = { td, 1 } };
	check("throttle v2, others", &r, &on_v2,
	      "io.max=8:0 wbps=1048576; io.max=8:0 riops=1048576");
}

static void test_others(void)
{
	struct spec_hugepage hp[] = { { "2MB", 4194304 } };
	struct spec_net_prio np[] = { { "eth0", 5 } };
	struct spec_rdma rd[] = { { "mlx5_1", { true, 3 }, { true, 10000 } } };
	struct spec_resources r = { .hugepages = hp, .n_hugepages = 1 };

	check("hugetlb v1", &r, &on_v1, "hugetlb.2MB.limit_in_bytes=4194304; "
	      "hugetlb.2MB.rsvd.limit_in_bytes=4194304 ?");
	check("hugetlb v2", &r, &on_v2,
	      "hugetlb.2MB.max=4194304; hugetlb.2MB.rsvd.max=4194304 ?");
	check("hugetlb hybrid", &r, &on_hybrid,
	      "hugetlb.2MB.max=4194304; hugetlb.2MB.rsvd.max=4194304 ?");
	static const char *const bad[] = { "../../x", "2", "MB", "2mb", "2MB/",
					   "3 MB", "2MiB", "" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		hp[0].page_size = bad[i];
		check("bad page size", &r, &on_v2, "error /linux/resources/"
		      "hugepageLimits/0/pageSize: bad huge page size");
	}
	r = (struct spec_resources){ .net_class_id = { true, 1048577 },
				     .net_prios = np, .n_net_prios = 1 };
	check("network v1", &r, &on_v1,
	      "net_cls.classid=1048577; net_prio.ifpriomap=eth0 5");
	check("network v2", &r, &on_v2,
	      "error /linux/resources/network/classID: ");
	check("network hybrid", &r, &on_hybrid, "error /linux/resources/network/"
	      "classID: the cgroup controller 'net_cls' is not available");
	r.net_class_id.v = 0;
	check("priority v2", &r, &on_v2,
	      "error /linux/resources/network/priorities/0: ");
	r = (struct spec_resources){ .rdma = rd, .n_rdma = 1 };
	check("rdma v2", &r, &on_v2,
	      "rdma.max=mlx5_1 hca_handle=3 hca_object=10000");
	rd[0].hca_objects.set = false;
	check("rdma v1", &r, &on_v1, "rdma.max=mlx5_1 hca_handle=3");
	rd[0].hca_handles.set = false;
	check("rdma empty", &r, &on_v1, "error /linux/resources/rdma/mlx5_1: ");
}

/* Each property alone, where its controller is missing, and where it is v2's. */
static void test_absent(void)
{
	static struct spec_weight_device wd = { 8, 0, { true, 100 }, { false, 0 } };
	static struct spec_throttle_device td = { 8, 0, 1 };
	static struct spec_hugepage hp = { "2MB", 1 };
	static struct spec_net_prio np = { "eth0", 5 };
	static struct spec_rdma rd = { "mlx5_1", { true, 3 }, { false, 0 } };
	static const struct {
		struct spec_resources res;
		const char *at, *ctrl;
		const char *what; /* only v1 has it */
	} t[] = {
		{ { .memory.limit = I64(9) }, "memory/limit", "memory", NULL },
		{ { .memory.swap = I64(-1) }, "memory/swap", "memory", NULL },
		{ { .memory.reservation = I64(9) }, "memory/reservation", "memory", NULL },
		{ { .memory.kernel = I64(9) }, "memory/kernel", "memory", "kernel memory" },
		{ { .memory.kernel_tcp = I64(9) }, "memory/kernelTCP", "memory", "kernel TCP memory" },
		{ { .memory.swappiness = { true, 0 } }, "memory/swappiness", "memory", "swappiness" },
		{ { .memory.disable_oom_killer = { true, true } },
		  "memory/disableOOMKiller", "memory", "disableOOMKiller" },
		{ { .memory.use_hierarchy = { true, false } }, "memory/useHierarchy",
		  "memory", "memory without hierarchy" },
		{ { .cpu.shares = { true, 9 } }, "cpu/shares", "cpu", NULL },
		{ { .cpu.quota = I64(9000) }, "cpu/quota", "cpu", NULL },
		{ { .cpu.period = { true, 9000 } }, "cpu/period", "cpu", NULL },
		{ { .cpu.burst = { true, 9 } }, "cpu/burst", "cpu", NULL },
		{ { .cpu.idle = I64(1) }, "cpu/idle", "cpu", NULL },
		{ { .cpu.realtime_period = { true, 9 } }, "cpu/realtimePeriod", "cpu", "realtimePeriod" },
		{ { .cpu.realtime_runtime = I64(9) }, "cpu/realtimeRuntime", "cpu", "realtimeRuntime" },
		{ { .cpu.cpus = "0" }, "cpu/cpus", "cpuset", NULL },
		{ { .cpu.mems = "0" }, "cpu/mems", "cpuset", NULL },
		{ { .pids_limit = I64(9) }, "pids/limit", "pids", NULL },
		{ { .block_io.weight = { true, 10 } }, "blockIO/weight", "blkio", NULL },
		{ { .block_io.leaf_weight = { true, 10 } }, "blockIO/leafWeight", "blkio", "leafWeight" },
		{ { .block_io = { .weight_devices = &wd, .n_weight_devices = 1 } },
		  "blockIO/weightDevice/0", "blkio", NULL },
		{ { .block_io.read_bps = { &td, 1 } },
		  "blockIO/throttleReadBpsDevice/0", "blkio", NULL },
		{ { .block_io.write_bps = { &td, 1 } },
		  "blockIO/throttleWriteBpsDevice/0", "blkio", NULL },
		{ { .block_io.read_iops = { &td, 1 } },
		  "blockIO/throttleReadIOPSDevice/0", "blkio", NULL },
		{ { .block_io.write_iops = { &td, 1 } },
		  "blockIO/throttleWriteIOPSDevice/0", "blkio", NULL },
		{ { .hugepages = &hp, .n_hugepages = 1 }, "hugepageLimits/0", "hugetlb", NULL },
		{ { .net_class_id = { true, 9 } }, "network/classID", "net_cls", "a network class" },
		{ { .net_prios = &np, .n_net_prios = 1 }, "network/priorities/0",
		  "net_prio", "a network priority" },
		{ { .rdma = &rd, .n_rdma = 1 }, "rdma/mlx5_1", "rdma", NULL },
	};
	struct cg_facts bare_v2 = { .v1 = "", .v2 = "", .unified = true, .why = "test" };

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const char *v2 = str_starts(t[i].at, "blockIO") ? "io" : t[i].ctrl;
		bool net = str_starts(t[i].at, "network/");
		char name[100], want[200];

		(void)snprintf(name, sizeof(name), "%s without its controller", t[i].at);
		(void)snprintf(want, sizeof(want), "error /linux/resources/%s: the cgroup "
			       "controller '%s' is not available: no mount", t[i].at,
			       t[i].ctrl);
		check(name, &t[i].res, &on_none, want);
		(void)snprintf(name, sizeof(name), "%s, not on v2", t[i].at);
		(void)snprintf(want, sizeof(want), "error /linux/resources/%s: the cgroup "
			       "controller '%s' is not available: test", t[i].at, v2);
		if (!net)
			check(name, &t[i].res, &bare_v2, want);
		if (!t[i].what)
			continue;
		(void)snprintf(name, sizeof(name), "%s on v2", t[i].at);
		(void)snprintf(want, sizeof(want), "error /linux/resources/%s: %s cannot "
			       "be set: the controller '%s' of cgroup v2 has no equivalent",
			       t[i].at, t[i].what, v2);
		check(name, &t[i].res, &on_v2, want);
	}
}

static void test_unified(void)
{
	struct kv kv[] = { { "memory.oom.group", "1" },
			   { "io.max", "8:0 rbps=1\n8:16 wbps=2\n" } };
	struct spec_resources r = { .unified = { kv, 2 } };

	check("unified v2", &r, &on_v2, "memory.oom.group=1; "
	      "io.max=8:0 rbps=1; io.max=8:16 wbps=2");
	check("unified v1", &r, &on_v1, "error /linux/resources/unified: invalid"
	      " configuration: cannot use unified on cgroup v1");
	r.pids_limit = (struct opt_i64)I64(9);
	r.unified.n = 1;
	kv[0] = (struct kv){ "pids.max", "5" };
	check("unified is last", &r, &on_v2, "pids.max=9; pids.max=5");
	r.pids_limit.set = false;
	kv[0] = (struct kv){ "cgroup.max.depth", "3" };
	check("core file", &r, &on_v2, "cgroup.max.depth=3");
	kv[0] = (struct kv){ "dmem.max", "3" };
	check("unknown controller", &r, &on_v2, "error /linux/resources/unified/"
	      "dmem.max: unified resource 'dmem.max' can't be set: controller "
	      "'dmem' not available");
	static const struct { const char *key, *want; } bad[] = {
		{ "../memory.max", "error /linux/resources/unified/..~1memory.max"
				   ": unified resource '../memory.max' must be a"
				   " file name (no slashes)" },
		{ "memory", "error /linux/resources/unified/memory: unified "
			    "resource 'memory' must be in the form" },
		{ ".x", "error /linux/resources/unified/.x: " },
		{ "a..b", "error /linux/resources/unified/a..b: " },
		{ "..", "error /linux/resources/unified/..: " },
		{ "cgroup.procs", "error /linux/resources/unified/cgroup.procs: "
				  "this file acts on processes" },
		{ "cgroup.kill", "error /linux/resources/unified/cgroup.kill: " },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		kv[0] = (struct kv){ bad[i].key, "1" };
		check(bad[i].key, &r, &on_v2, bad[i].want);
	}
}

int main(void)
{
	test_weights();
	test_swap();
	test_memory();
	test_cpu();
	test_pids();
	test_io();
	test_others();
	test_absent();
	test_unified();
	return done();
}
