/* SPDX-License-Identifier: Apache-2.0 */
/* What a cgroup allows, on the running kernel: devices, and limits of v1 and v2. */
#include "config.h"

#include "tests/unit/cgenv.h"

static int n_programs(int dirfd)
{
	union bpf_attr attr;
	uint32_t ids[64];

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)dirfd;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uint64_t)(uintptr_t)ids;
	attr.query.prog_cnt = 64;
	return syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof(attr)) < 0
		? -errno : (int)attr.query.prog_cnt;
}

/* The kernel's verifier takes whatever shape the generator makes. */
static void test_verifier(int dirfd)
{
	static const struct {
		struct spec_device_rule v[5];
		size_t n;
	} t[] = {
		{ { { true, 'a', -1, -1, true, true, true } }, 1 },
		{ { { true, 'c', -1, -1, true, true, true },
		    { true, 'b', -1, -1, true, true, true },
		    { true, 'c', 1, 3, true, false, false },
		    { true, 'c', 1, -1, true, true, true } }, 4 },
		{ { { true, 'a', -1, -1, true, true, true },
		    { false, 'c', -1, -1, true, true, true },
		    { false, 'c', 1, 3, true, false, false },
		    { false, 'b', 8, -1, false, true, false },
		    { false, 'b', -1, 7, false, true, false } }, 5 },
		{ { { true, 'b', -1, 5, true, false, false },
		    { true, 'b', -1, 6, true, false, false },
		    { true, 'b', -1, -1, true, false, false },
		    { true, 'b', 9, 1, true, true, false } }, 4 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		for (int defaults = 0; defaults < 2; defaults++) {
			struct arena a = { 0 };
			struct err e = ERR_INIT;
			struct cg_dev_policy p;
			int r = cg_devices_policy(&p, &a, t[i].v, t[i].n,
						  defaults, &e);

			r = r < 0 ? r : cg_devices_apply_v2(dirfd, &p, false, &e);
			is_int(r, 0, "list %zu is accepted", i);
			say(r, &e);
			arena_free(&a);
		}
	}
}

static void test_programs(void)
{
	struct spec_device_rule rules[] = {
		{ false, 'a', -1, -1, true, true, true },
		{ true, 'c', 1, 11, true, false, false },
	};
	struct spec_resources res = { .devices = rules, .n_devices = 1 };
	struct cgroup *cg = NULL;
	struct err e = ERR_INIT;

	is_int(make(&cg, "programs", &res, &e), 0, "create");
	struct puppet p = puppet_new(-1);

	is_int(cgroup_enter(cg, p.pid, false, &e), 0, "enter");
	is_int(cgroup_apply(cg, &res, &e), 0, "apply");
	is_int(puppet_ask(&p, 'k', 5000), EPERM, "denied");
	res.n_devices = 2;
	for (int i = 0; i < 3; i++)
		is_int(cgroup_apply(cg, &res, &e), 0, "update %d", i);
	is_int(puppet_ask(&p, 'k', 5000), 0, "allowed now");
	if (cg->unified) {
		test_verifier(cg->fd2);
		is_int(n_programs(cg->fd2), 1, "programs do not pile up");
	} else {
		skip(1, "no programs on v1");
	}
	puppet_end(&p);
	res.n_devices = 0;
	is_int(cgroup_destroy(cg, deadline_in_ms(5000), &e), 0, "destroy");
	cgroup_close(cg);
}

static void test_limits_v1(void)
{
	struct spec_hugepage hp[] = { { "2MB", 4194304 } };
	struct spec_resources res = {
		.memory = { .limit = { true, 64 << 20 },
			    .swap = { true, 128 << 20 },
			    .reservation = { true, 32 << 20 } },
		.cpu = { .shares = { true, 512 }, .quota = { true, 50000 },
			 .period = { true, 100000 }, .cpus = "0", .mems = "0" },
		.pids_limit = { true, 0 },
		.hugepages = hp, .n_hugepages = 1,
	};
	static const struct { const char *ctrl, *file, *want; } t[] = {
		{ "memory", "memory.limit_in_bytes", "67108864" },
		{ "memory", "memory.memsw.limit_in_bytes", "134217728" },
		{ "memory", "memory.soft_limit_in_bytes", "33554432" },
		{ "cpu", "cpu.shares", "512" },
		{ "cpu", "cpu.cfs_quota_us", "50000" },
		{ "cpuset", "cpuset.cpus", "0" }, { "cpuset", "cpuset.mems", "0" },
		{ "pids", "pids.max", "1" },
		{ "hugetlb", "hugetlb.2MB.max", "4194304" },
	};
	const size_t n = sizeof(t) / sizeof(t[0]);
	struct cgroup *cg = NULL;
	struct err e = ERR_INIT;

	if (access(CG_ROOT "/hugetlb", F_OK) < 0 &&
	    access("/sys/kernel/mm/hugepages/hugepages-2048kB", F_OK) < 0)
		res.n_hugepages = 0;
	int r = make(&cg, "limits", &res, &e);

	say(r, &e);
	if (r == -ENOTSUP) {
		skip((unsigned int)n + 7, "this host lacks a controller");
		return;
	}
	is_int(r, 0, "create");
	r = cgroup_apply(cg, &res, &e);
	is_int(r, 0, "apply");
	say(r, &e);
	for (size_t i = 0; i < n; i++) {
		struct arena a = { 0 };
		const struct cg_dir *d = cg_find_v1(cg, t[i].ctrl);

		d = d ? d : cg->d2;
		is_str(d ? cg_read(&a, d->dir, t[i].file) : "", t[i].want, "%s",
		       t[i].file);
		arena_free(&a);
	}
	/* Raise, then cut: each needs another order of the two writes. */
	struct spec_resources up = { .memory = { .limit = { true, 256 << 20 },
						 .swap = { true, 512 << 20 } } };

	is_int(cgroup_apply(cg, &up, &e), 0, "raise memory and swap");
	up.memory.limit.v = 16 << 20;
	up.memory.swap.v = 16 << 20;
	is_int(cgroup_apply(cg, &up, &e), 0, "cut memory and swap");
	struct spec_resources bad = { .cpu = { .cpus = "4000" } };

	r = cgroup_apply(cg, &bad, &e);
	ok(r < 0 && streq(e.pointer, "/linux/resources/cpu/cpus"),
	   "bad cpus: %s (%s)", e.msg, e.hint);
	err_clear(&e);
	bad = (struct spec_resources){ .cpu = { .shares = { true, 1 } } };
	r = cgroup_apply(cg, &bad, &e);
	ok(r < 0 && strstr(e.msg, "the minimum allowed cpu-shares is 2"),
	   "clamped: %s", e.msg);
	err_clear(&e);
	is_int(cgroup_destroy(cg, deadline_in_ms(5000), &e), 0, "destroy");
	cgroup_close(cg);
}

static void test_limits_v2(void)
{
	struct kv kv[] = { { "cgroup.max.descendants", "7" } };
	struct spec_resources res = { .unified = { kv, 1 } };
	struct spec_resources bad = { .memory = { .limit = { true, 1 << 20 } } };
	struct arena a = { 0 };
	struct cgroup *cg = NULL;
	struct err e = ERR_INIT;
	int r = make(&cg, "limits2", &res, &e);

	is_int(r, 0, "create");
	say(r, &e);
	is_int(cgroup_apply(cg, &res, &e), 0, "apply");
	is_str(cg_read(&a, cg->d2->dir, "cgroup.max.descendants"), "7",
	       "unified key");
	is_str(cg_read(&a, cg->d2->dir, "cgroup.controllers"), cg->avail,
	       "every controller on offer is enabled");
	if (cg_has_word(cg->avail, "memory", ' ')) {
		is_int(cgroup_apply(cg, &bad, &e), 0, "memory");
		skip(1, "memory is available");
	} else {
		struct cgroup *no = NULL;

		r = make(&no, "limits3", &bad, &e);
		is_int(r, -ENOTSUP, "a missing controller is an error");
		ok(streq(e.pointer, "/linux/resources/memory/limit") &&
		   strstr(e.msg, "'memory' is not available"), "%s", e.msg);
		err_clear(&e);
	}
	is_int(cgroup_destroy(cg, deadline_in_ms(5000), &e), 0, "destroy");
	cgroup_close(cg);
	arena_free(&a);
}

static void tests(const struct cg_layout *l)
{
	test_programs();
	if (l->unified)
		test_limits_v2();
	else
		test_limits_v1();
}

int main(void)
{
	return cgenv_main(tests, NULL);
}
