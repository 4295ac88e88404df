/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cgroup code against the running kernel: on the layout of the host, and
 * once more in a private mount namespace with nothing but cgroup2. Needs root.
 * Everything is made below "ocirun-test-PID"; a parent process removes that
 * whatever happens to the tests.
 */
#include "config.h"

#include "cgroup/cg_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/proc.h"
#include "base/sys.h"
#include "tests/tap.h"

static char top[64];     /* "/ocirun-test-PID" */
static char scratch[64]; /* directory for device nodes */

/* ---- helpers ---------------------------------------------------------------- */

/* A process that does what is asked for by single letters. */
struct puppet { pid_t pid; int to, from; };

static void puppet_main(int from, int to)
{
	char c, path[100];

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(from, &c, 1) == 1) {
		int fd = -1, r = 0;

		switch (c) {
		case 'n': fd = open("/dev/null", O_RDWR | O_CLOEXEC); break;
		case 'k':
			snprintf(path, sizeof(path), "%s/node", scratch);
			fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
			break;
		case 'f': /* hit the limit of processes */
			for (int i = 0; i < 8 && r == 0; i++) {
				pid_t p = fork();

				if (p == 0)
					for (;;)
						(void)pause();
				r = p < 0 ? errno : 0;
			}
			fd = r ? -1 : 0;
			errno = r;
			break;
		default: fd = 0; break;
		}
		c = (char)(fd < 0 ? errno : 0);
		if (write(to, &c, 1) != 1)
			_exit(1);
	}
	_exit(0);
}

static struct puppet puppet_new(int cgroup_fd)
{
	struct puppet p = { -1, -1, -1 };
	struct sys_clone_args args = { .exit_signal = SIGCHLD };
	int to[2], from[2];

	if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0)
		bail("no pipes");
	if (cgroup_fd >= 0) {
		args.flags = SYS_CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup_fd;
	}
	p.pid = sys_clone3(&args);
	if (p.pid == 0) {
		(void)close(to[1]);
		(void)close(from[0]);
		puppet_main(to[0], from[1]);
	}
	(void)close(to[0]);
	(void)close(from[1]);
	p.to = to[1];
	p.from = from[0];
	return p;
}

/* The errno of what it did; -1 if there is no answer within ms. */
static int puppet_ask(const struct puppet *p, char c, int ms)
{
	struct pollfd pfd = { .fd = p->from, .events = POLLIN };

	if (write(p->to, &c, 1) != 1)
		return -1;
	if (poll(&pfd, 1, ms) != 1 || read(p->from, &c, 1) != 1)
		return -1;
	return c;
}

static void puppet_end(struct puppet *p)
{
	(void)close(p->to);
	(void)close(p->from);
	if (p->pid > 0) {
		(void)kill(p->pid, SIGKILL);
		(void)waitpid(p->pid, NULL, 0);
	}
}

static int make(struct cgroup **ret, const char *name,
		const struct spec_resources *res, struct err *e)
{
	char *path = xasprintf("%s/%s", top, name);
	struct cgroup_req req = { .id = "x", .cgroups_path = path,
				  .resources = res };
	int r = cgroup_plan(ret, &req, e);

	if (r == 0)
		r = cgroup_create(*ret, e);
	free(path);
	return r;
}

static void say(int r, const struct err *e)
{
	char buf[2000];

	if (r < 0)
		diag("%s", err_format(e, buf, sizeof(buf)));
}

/* Every line of /proc/PID/cgroup of a mounted hierarchy ends in `suffix`. */
static bool is_in(pid_t pid, const struct cgroup *cg, const char *suffix)
{
	struct arena a = { 0 };
	char *proc = arena_printf(&a, "/proc/%d", pid);
	const char *text = cg_read(&a, proc, "cgroup");
	bool all = true;

	for (size_t i = 0; i < cg->n_dirs; i++) {
		const char *p = cg_self_path(&a, text, cg->dirs[i].names);

		all = all && p && str_ends(p, suffix);
	}
	arena_free(&a);
	return all;
}

static size_t dirs_left(const struct cgroup *cg)
{
	size_t n = 0;

	for (size_t i = 0; i < cg->n_dirs; i++)
		n += access(cg->dirs[i].dir, F_OK) == 0;
	return n;
}

static const struct spec_device_rule deny_all[] = {
	{ false, 'a', -1, -1, true, true, true },
};

/* ---- the tests ------------------------------------------------------------------ */

static void test_life(void)
{
	struct spec_resources res = {
		.set = true,
		.devices = (struct spec_device_rule *)(uintptr_t)deny_all,
		.n_devices = 1,
	};
	struct cgroup *cg = NULL, *other = NULL;
	const struct cgroup_path *paths;
	struct pid_list pids;
	struct err e = ERR_INIT;
	bool has_pids = access(CG_ROOT "/pids", F_OK) == 0;

	if (has_pids)
		res.pids_limit = (struct opt_i64){ true, 4 };
	int r = make(&cg, "life", &res, &e);

	is_int(r, 0, "create");
	say(r, &e);
	if (r < 0)
		return;
	ok(cgroup_paths(cg, &paths) > 0, "has paths");
	is_int(dirs_left(cg), cg->n_dirs, "all directories exist");
	is_int(cgroup_create(cg, &e), 0, "create is idempotent");
	ok(!cg->d2 || cgroup_clone_fd(cg) >= 0, "a descriptor to be born in");

	struct puppet p = puppet_new(cgroup_clone_fd(cg));

	ok(p.pid > 0, "born");
	r = cgroup_enter(cg, p.pid, cg->d2 != NULL, &e);
	is_int(r, 0, "enter");
	say(r, &e);
	ok(is_in(p.pid, cg, "/life"), "it is in every hierarchy");
	is_int(puppet_ask(&p, 'k', 5000), 0, "device allowed before");
	r = cgroup_apply(cg, &res, &e);
	is_int(r, 0, "apply");
	say(r, &e);
	is_int(puppet_ask(&p, 'n', 5000), 0, "/dev/null still opens");
	is_int(puppet_ask(&p, 'k', 5000), EPERM, "the forbidden device does not");
	if (has_pids) {
		struct arena a = { 0 };
		struct cg_dir *d = cg_find_v1(cg, "pids");

		is_str(cg_read(&a, d->dir, "pids.max"), "4", "limit read back");
		is_int(puppet_ask(&p, 'f', 5000), EAGAIN, "and felt");
		arena_free(&a);
	} else {
		skip(2, "no pids controller");
	}
	is_int(cgroup_pids(cg, &pids, &e), 0, "list");
	is_int(pids.n, has_pids ? 4 : 1, "the processes");
	free(pids.v);

	r = make(&other, "life", NULL, &e);
	is_int(r, -EBUSY, "a second container in it");
	ok(strstr(e.msg, "container's cgroup is not empty: ") &&
	   strstr(e.msg, "process(es) found") && strstr(e.msg, "test_cg_live"),
	   "… is told who is there: %s", e.msg);
	err_clear(&e);

	r = cgroup_destroy(cg, deadline_in_ms(50), &e);
	is_int(r, -EBUSY, "not removed while in use");
	ok(strstr(e.msg, "left: pid"), "… names the process: %s", e.msg);
	err_clear(&e);
	is_int(puppet_ask(&p, 'n', 5000), 0, "and unharmed");
	is_int(cgroup_oom_kills(cg), 0, "no oom kills");

	/* From the record, as `delete` does it; children and a paused process. */
	const char *deep_path = "/sub/deep";
	const struct str_list deep_sub = { &deep_path, 1 };
	is_int(cgroup_open(&other, paths, cg->n_paths, CGROUP_FS, &e), 0, "open");
	for (size_t i = 0; i < cg->n_dirs; i++) {
		char *sub = xasprintf("%s/sub", cg->dirs[i].dir);
		char *deep = xasprintf("%s/sub/deep", cg->dirs[i].dir);

		(void)mkdir(sub, 0755);
		(void)mkdir(deep, 0755);
		free(sub);
		free(deep);
	}
	if (cg->unified && cgroup_choose(other, &deep_sub, &e) == 0)
		is_int(cgroup_enter(other, p.pid, false, &e), 0,
		       "move to a child");
	else
		skip(1, "cpuset children have no cpus");
	r = cgroup_freeze(other, true, deadline_in_ms(5000), &e);
	is_int(r, 0, "freeze");
	say(r, &e);
	ok(cgroup_frozen(other), "is frozen");
	is_int(puppet_ask(&p, 'n', 100), -1, "does not answer");
	is_int(cgroup_freeze(other, false, deadline_in_ms(5000), &e), 0, "thaw");
	ok(!cgroup_frozen(other), "is not frozen");
	struct pollfd pfd = { .fd = p.from, .events = POLLIN };

	is_int(poll(&pfd, 1, 5000), 1, "answers again");
	is_int(cgroup_freeze(other, true, deadline_in_ms(5000), &e), 0, "freeze");
	is_int(cgroup_kill(other, SIGKILL, &e), 0, "kill the frozen");
	int status = 0;
	int pidfd = sys_pidfd_open(p.pid, 0);

	is_int(pidfd_wait(pidfd, deadline_in_ms(5000)), 0, "it dies");
	(void)close(pidfd);
	(void)waitpid(p.pid, &status, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "by SIGKILL");
	p.pid = -1;
	r = cgroup_destroy(other, deadline_in_ms(5000), &e);
	is_int(r, 0, "destroy, children included");
	say(r, &e);
	is_int(dirs_left(cg), 0, "nothing is left");
	is_int(cgroup_destroy(cg, deadline_in_ms(50), &e), 0, "destroy again");
	puppet_end(&p);
	cgroup_close(cg);
	cgroup_close(other);
}

static void test_signal(void)
{
	struct cgroup *cg = NULL;
	struct err e = ERR_INIT;
	struct puppet p[3];
	int status;

	is_int(make(&cg, "signal", NULL, &e), 0, "create");
	for (int i = 0; i < 3; i++) {
		p[i] = puppet_new(-1);
		is_int(cgroup_enter(cg, p[i].pid, false, &e), 0, "enter");
	}
	is_int(cgroup_kill(cg, SIGTERM, &e), 0, "SIGTERM to all");
	for (int i = 0; i < 3; i++) {
		(void)waitpid(p[i].pid, &status, 0);
		ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "got it");
		p[i].pid = -1;
		puppet_end(&p[i]);
	}
	int r = cgroup_destroy(cg, deadline_in_ms(5000), &e);

	is_int(r, 0, "destroy");
	say(r, &e);
	cgroup_close(cg);
}

/* destroy waits for what dies meanwhile, without polling. */
static void test_wait(void)
{
	struct cgroup *cg = NULL;
	struct err e = ERR_INIT;
	struct puppet p = puppet_new(-1);

	is_int(make(&cg, "wait", NULL, &e), 0, "create");
	is_int(cgroup_enter(cg, p.pid, false, &e), 0, "enter");
	int64_t before = clock_now_ns();
	pid_t killer = fork();

	if (killer == 0) {
		(void)poll(NULL, 0, 100);
		(void)kill(p.pid, SIGKILL);
		_exit(0);
	}
	int r = cgroup_destroy(cg, deadline_in_ms(5000), &e);
	int64_t ms = (clock_now_ns() - before) / 1000000;

	is_int(r, 0, "destroy waits");
	say(r, &e);
	ok(ms >= 90, "… until it is empty (%d ms)", (int)ms);
	(void)waitpid(killer, NULL, 0);
	puppet_end(&p);
	cgroup_close(cg);
}

static void test_frozen_target(void)
{
	struct cgroup *cg = NULL, *other = NULL;
	struct err e = ERR_INIT;

	struct cgroup_req req = { .id = "x", .cgroups_path = xasprintf(
				  "%s/frozen", top) };

	is_int(make(&cg, "frozen", NULL, &e), 0, "create");
	is_int(cgroup_plan(&other, &req, &e), 0, "plan again");
	is_int(cgroup_destroy(other, deadline_in_ms(10), &e), 0,
	       "a plan destroys nothing");
	is_int(dirs_left(cg), cg->n_dirs, "all directories are still there");
	cgroup_close(other);
	is_int(make(&other, "frozen", NULL, &e), cg->d2 ? -EBUSY : 0,
	       "an empty directory is taken, unless another start holds it");
	err_clear(&e);
	is_int(cgroup_freeze(cg, true, deadline_in_ms(1000), &e), 0, "freeze");
	other = NULL;
	is_int(make(&other, "frozen", NULL, &e), -EBUSY, "frozen target");
	ok(strstr(e.msg, "container's cgroup unexpectedly frozen"), "%s", e.msg);
	err_clear(&e);
	is_int(make(&other, "frozen/below", NULL, &e), -EBUSY, "below frozen");
	ok(strstr(e.msg, "by a cgroup above it"), "%s", e.msg);
	err_clear(&e);
	is_int(cgroup_destroy(cg, deadline_in_ms(1000), &e), 0, "destroy");
	cgroup_close(cg);
}

/* Nested deeper than any path or descriptor limit. */
static void test_deep(void)
{
	enum { DEPTH = 1200 };
	struct cgroup *cg = NULL;
	struct err e = ERR_INIT;
	int depth = 0;

	is_int(make(&cg, "deep", NULL, &e), 0, "create");
	const char *dir = cg->n_dirs ? cg->dirs[cg->n_dirs - 1].dir : "/";
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (; depth < DEPTH; depth++) {
		if (mkdirat(fd, "child", 0755) < 0)
			break;
		int next = openat(fd, "child", O_RDONLY | O_DIRECTORY |
					       O_CLOEXEC);

		(void)close(fd);
		fd = next;
	}
	ok(depth > 20, "nested %d deep", depth);
	struct puppet p = puppet_new(-1);
	char text[24];

	snprintf(text, sizeof(text), "%d", p.pid);
	if (file_write_at(fd, "cgroup.procs", text) == 0) {
		struct pid_list pids;

		is_int(cgroup_pids(cg, &pids, &e), 0, "list");
		is_int(pids.n, 1, "found at the bottom");
		free(pids.v);
		is_int(cgroup_kill(cg, SIGKILL, &e), 0, "killed there");
	} else {
		skip(3, "cannot enter the bottom");
	}
	(void)close(fd);
	puppet_end(&p);
	int r = cgroup_destroy(cg, deadline_in_ms(10000), &e);

	is_int(r, 0, "destroy");
	say(r, &e);
	cgroup_close(cg);
}

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

/* A cgroup that passes controllers on holds no processes: follow the init. */
static void test_follow(void)
{
	struct cgroup *cg = NULL;
	struct err e = ERR_INIT;
	struct arena a = { 0 };

	is_int(make(&cg, "follow", NULL, &e), 0, "create");
	struct puppet p = puppet_new(cgroup_clone_fd(cg));
	struct puppet q = puppet_new(-1);
	const char *sub = arena_printf(&a, "%s/init", cg->d2->dir);
	const char *first = arena_strndup(&a, cg->avail,
					  strcspn(cg->avail, " "));
	char pid[24];

	snprintf(pid, sizeof(pid), "%d", p.pid);
	(void)mkdir(sub, 0755);
	is_int(cg_put(sub, "cgroup.procs", pid), 0, "init moves down");
	if (*first && cg_put(cg->d2->dir, "cgroup.subtree_control",
			     arena_printf(&a, "+%s", first)) == 0) {
		is_int(cgroup_enter(cg, q.pid, false, &e), -EBUSY,
		       "the container's cgroup refuses");
		ok(strstr(e.msg, "adding pid") && strstr(e.msg, "to cgroups") &&
		   strstr(e.hint, "gives controllers"), "%s (%s)", e.msg,
		   e.hint);
		err_clear(&e);
	} else {
		skip(2, "no controller to enable");
	}
	is_int(cgroup_follow(cg, p.pid, &e), 0, "follow");
	is_int(cgroup_enter(cg, q.pid, false, &e), 0, "enter there");
	struct puppet b = puppet_new(cgroup_clone_fd(cg));

	ok(b.pid > 0 && is_in(b.pid, cg, "/follow/init"), "born there");
	puppet_end(&p);
	puppet_end(&q);
	puppet_end(&b);
	is_int(cgroup_destroy(cg, deadline_in_ms(5000), &e), 0, "destroy");
	cgroup_close(cg);
	arena_free(&a);
}

static void test_threaded(void)
{
	struct cgroup *cg = NULL, *below = NULL;
	struct err e = ERR_INIT;
	struct arena a = { 0 };

	is_int(make(&cg, "threads", NULL, &e), 0, "create");
	const char *t = arena_printf(&a, "%s/t", cg->d2->dir);

	(void)mkdir(t, 0755);
	if (cg_put(t, "cgroup.type", "threaded") == 0) {
		int r = make(&below, "threads/below", NULL, &e);

		is_int(r, -ENOTSUP, "below a threaded domain");
		ok(strstr(e.msg, "invalid state") && strstr(e.hint, "threads"),
		   "%s (%s)", e.msg, e.hint);
		err_clear(&e);
		ok(access(arena_printf(&a, "%s/below", cg->d2->dir), F_OK) < 0,
		   "a refused create leaves nothing");
		cgroup_close(below);
	} else {
		skip(3, "no threaded cgroups");
	}
	is_int(cgroup_destroy(cg, deadline_in_ms(5000), &e), 0, "destroy");
	cgroup_close(cg);
	arena_free(&a);
}

static void test_view(void)
{
	struct cgroup *cg = NULL;
	struct err e = ERR_INIT;

	is_int(make(&cg, "view", NULL, &e), 0, "create");
	const struct cgroup_view *v = cgroup_view(cg);

	is_int(v->v2, cg->unified, "version");
	if (v->v2)
		is_str(v->v2_host_dir, cg->d2->dir, "directory");
	else
		ok(v->n_mounts > 0 && v->mounts[0].host_dir[0] == '/', "mounts");
	for (size_t i = 0; i < v->n_mounts; i++)
		ok(!strchr(v->mounts[i].subdir, '/') && *v->mounts[i].data,
		   "%s: %s", v->mounts[i].subdir, v->mounts[i].data);
	is_int(cgroup_destroy(cg, deadline_in_ms(5000), &e), 0, "destroy");
	cgroup_close(cg);
}

/* A user to whom nothing is delegated. */
static void test_unprivileged(void)
{
	struct spec_resources res = {
		.devices = (struct spec_device_rule *)(uintptr_t)deny_all,
		.n_devices = 1,
	};
	struct cgroup_req req = { .id = "ocirun-test-nobody", .rootless = true,
				  .resources = &res };
	struct cgroup *cg = NULL;
	const struct cgroup_path *paths;
	struct err e = ERR_INIT;

	if (seteuid(65534) < 0) {
		skip(9, "cannot become somebody else");
		return;
	}
	is_int(cgroup_plan(&cg, &req, &e), 0, "plan without delegation");
	is_int(cgroup_paths(cg, &paths), 0, "nothing to record");
	is_int(cgroup_create(cg, &e), 0, "create nothing");
	is_int(cgroup_enter(cg, getpid(), false, &e), 0, "enter nothing");
	is_int(cgroup_apply(cg, &res, &e), 0, "apply nothing");
	is_int(cgroup_destroy(cg, deadline_in_ms(10), &e), 0, "destroy nothing");
	cgroup_close(cg);
	cg = NULL;
	req.cgroups_path = "/ocirun-test-nobody/x";
	int r = cgroup_plan(&cg, &req, &e);

	ok(r == -EACCES && strstr(e.msg, "permission denied") &&
	   strstr(e.msg, "unable to apply cgroup configuration") &&
	   strstr(e.hint, "must delegate"), "a path: %s (%s)", e.msg, e.hint);
	err_clear(&e);
	req.cgroups_path = NULL;
	/* Some controller that this layout has. */
	struct spec_hugepage hp[] = { { "2MB", 0 } };

	res = (struct spec_resources){ .hugepages = hp, .n_hugepages = 1 };
	r = cgroup_plan(&cg, &req, &e);
	ok(r < 0 && strstr(e.msg, "rootless needs no limits + no cgrouppath"),
	   "a limit: %s (%s)", e.msg, e.hint);
	ok(cg == NULL, "nothing is returned");
	if (seteuid(0) < 0)
		bail("cannot become root again");
}

static void run_all(const char *layout)
{
	struct cg_layout l;
	struct arena a = { 0 };
	struct err e = ERR_INIT;

	diag("layout: %s", layout);
	is_int(cg_layout_probe(&l, &a, true, &e), 0, "probe");
	if (l.n == 0) {
		skip(1, "no cgroup hierarchy is mounted");
		arena_free(&a);
		return;
	}
	test_life();
	test_signal();
	test_wait();
	test_frozen_target();
	test_deep();
	test_programs();
	test_view();
	test_unprivileged();
	if (l.unified) {
		test_limits_v2();
		test_follow();
		test_threaded();
	} else {
		test_limits_v1();
	}
	arena_free(&a);
}

static bool only_cgroup2(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       umount2(CG_ROOT, MNT_DETACH) == 0 &&
	       mount("none", CG_ROOT, "cgroup2", 0, NULL) == 0;
}

static bool read_only(void)
{
	return mount(NULL, CG_ROOT, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY,
		     NULL) == 0;
}

static bool no_cgroup(void)
{
	return umount2(CG_ROOT, MNT_DETACH) == 0;
}

/* Layouts on which nothing can be made: what is not asked for does not fail. */
static void test_cannot(const char *what, const char *word)
{
	struct spec_resources res = {
		.devices = (struct spec_device_rule *)(uintptr_t)deny_all,
		.n_devices = 1,
	};
	struct cgroup_req req = { .id = "x" };
	struct cgroup *cg = NULL;
	struct err e = ERR_INIT;

	diag("layout: %s", what);
	int r = cgroup_plan(&cg, &req, &e);

	is_int(r, 0, "plan");
	is_int(cgroup_create(cg, &e), 0, "create");
	is_int(cgroup_clone_fd(cg), -1, "no cgroup to be born in");
	is_int(cgroup_enter(cg, getpid(), false, &e), 0, "enter");
	is_int(cgroup_apply(cg, NULL, &e), 0, "apply");
	is_int(cgroup_kill(cg, SIGKILL, &e), 0, "kill nobody");
	is_int(cgroup_destroy(cg, deadline_in_ms(50), &e), 0, "destroy");
	cgroup_close(cg);
	err_clear(&e);
	cg = NULL;
	req.resources = &res;
	req.rootless = true;
	r = cgroup_plan(&cg, &req, &e);
	r = r < 0 ? r : cgroup_create(cg, &e);
	r = r < 0 ? r : cgroup_apply(cg, &res, &e);
	is_int(r, 0, "rootless: device rules are given up");
	cgroup_close(cg);
	cg = NULL;
	req.rootless = false;
	r = cgroup_plan(&cg, &req, &e);
	r = r < 0 ? r : cgroup_create(cg, &e);
	ok(r < 0 && (strstr(e.msg, word) || strstr(e.hint, word)),
	   "device rules are asked for: %s (%s)", e.msg, e.hint);
	cgroup_close(cg);
	cg = NULL;
	err_clear(&e);
	req.resources = NULL;
	req.cgroups_path = "/ocirun-test/none";
	r = cgroup_plan(&cg, &req, &e);
	r = r < 0 ? r : cgroup_create(cg, &e);
	ok(r < 0, "a cgroupsPath is asked for: %s", e.msg);
	cgroup_close(cg);
	cg = NULL;
	err_clear(&e);
	res = (struct spec_resources){ .pids_limit = { true, 4 } };
	req.resources = &res;
	req.cgroups_path = NULL;
	req.rootless = true;
	r = cgroup_plan(&cg, &req, &e);
	r = r < 0 ? r : cgroup_create(cg, &e);
	ok(r < 0 && strstr(e.msg, "rootless needs no limits + no cgrouppath"),
	   "rootless with a limit: %s", e.msg);
	cgroup_close(cg);
}

static int tests(void)
{
	char node[100];

	snprintf(node, sizeof(node), "%s/node", scratch);
	if (mknod(node, S_IFCHR | 0666, makedev(1, 11)) < 0)
		bail("cannot make a device node");
	run_all("as it is");
	if (only_cgroup2()) {
		run_all("cgroup2 only");
		if (read_only())
			test_cannot("read-only", "read-only");
		if (no_cgroup())
			test_cannot("none", "no cgroup hierarchy");
	} else {
		skip(1, "cannot make a private view of cgroup2");
	}
	return done();
}

/* Whatever the tests left. The host's view reaches the private one's tree. */
static void clean_up(void)
{
	struct cg_layout l;
	struct arena a = { 0 };
	struct err e = ERR_INIT;
	char *node = xasprintf("%s/node", scratch);

	(void)unlink(node);
	(void)rmdir(scratch);
	free(node);
	for (size_t i = 0; cg_layout_probe(&l, &a, false, &e) == 0 && i < l.n;
	     i++) {
		struct cgroup_path p = {
			l.v[i].names, arena_printf(&a, "%s%s", l.v[i].mount, top)
		};
		struct cgroup *cg;

		if (cgroup_open(&cg, &p, 1, CGROUP_FS, &e) < 0)
			continue;
		(void)cgroup_kill(cg, SIGKILL, &e);
		(void)cgroup_destroy(cg, deadline_in_ms(5000), &e);
		cgroup_close(cg);
	}
	arena_free(&a);
}

int main(void)
{
	int status = 0;

	if (geteuid() != 0 || cg_in_userns()) {
		skip(1, "needs root in the initial user namespace");
		return done();
	}
	snprintf(top, sizeof(top), "/ocirun-test-%d", getpid());
	snprintf(scratch, sizeof(scratch), "/tmp/ocirun-test-%d", getpid());
	if (mkdir(scratch, 0700) < 0)
		bail("no scratch directory");
	pid_t pid = fork();

	if (pid == 0)
		_exit(tests());
	(void)waitpid(pid, &status, 0);
	clean_up();
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	bail("the tests were killed");
}
