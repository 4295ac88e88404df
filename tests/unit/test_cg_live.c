/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a cgroup on the running kernel: made, entered, signalled, removed. */
#include "config.h"

#include "tests/unit/cgenv.h"

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

static void tests(const struct cg_layout *l)
{
	test_life();
	test_signal();
	test_wait();
	test_frozen_target();
	test_deep();
	test_view();
	test_unprivileged();
	if (l->unified) {
		test_follow();
		test_threaded();
	}
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

static void test_nothing(void)
{
	if (read_only())
		test_cannot("read-only", "read-only");
	if (no_cgroup())
		test_cannot("none", "no cgroup hierarchy");
}

int main(void)
{
	return cgenv_main(tests, test_nothing);
}
