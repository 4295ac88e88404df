/* SPDX-License-Identifier: Apache-2.0 */
/* libnsexec with real namespaces: birth into a cgroup, and the ways around it. */
#include "config.h"
#include "tests/unit/nsenv.h"

static void cgroup_case(const char *text, int cgroup_fd, int enter_fd,
			bool in_cgroup, const char *want)
{
	struct nsx_child c = NSX_CHILD_INIT;
	struct enter_arg arg = { .cgroup_fd = enter_fd };
	struct fdvec fds = { 0 };
	struct nsx_request req;
	int before = open_fds();
	char buf[600];

	request(&req, text, 0, &fds, "cgroup");
	req.enter = enter;
	req.enter_arg = &arg;
	req.cgroup_fd = cgroup_fd;
	ok(spawn(&c, &req), "%s in a cgroup", text);
	is_int(arg.in_cgroup, in_cgroup, "born there: %d", in_cgroup);
	is_int(arg.calls, 1, "enter is called once");
	is_str(said(&c, buf, sizeof(buf)), want, "the process sees %s", want);
	finish(&c, &fds, before, "cgroup");
}

static void test_cgroup_gone(int cgroup_fd)
{
	struct nsx_child c = NSX_CHILD_INIT;
	struct fdvec fds = { 0 };
	struct nsx_request req;
	struct err e = ERR_INIT;
	int before = open_fds();

	struct nsx_zygote z = NSX_ZYGOTE_INIT;

	is_int(begin(&z, 0, &e), 0, "a zygote");
	request(&req, "pid+", 0, &fds, "wait");
	req.zygote = &z;
	req.cgroup_fd = cgroup_fd;
	int r = nsx_spawn(&c, &req, &e);

	ok(r == -ENODEV || r == -ENOENT, "a removed cgroup: %d", r);
	is_str(e.hint, "the cgroup was removed meanwhile", "says so: %s",
	       e.msg);
	ok(z.pid > 0, "the zygote can be asked again");
	req.cgroup_fd = -1;
	e = (struct err)ERR_INIT;
	is_int(nsx_spawn(&c, &req, &e), 0, "and does it: %s", e.msg);
	ok(ready(&c), "init is there");
	is_int(z.pid, 0, "the zygote is gone");
	finish(&c, &fds, before, "removed cgroup");
}

static void test_cgroup(void)
{
	static const char *const roots[] = { "/sys/fs/cgroup",
					     "/sys/fs/cgroup/unified" };
	AUTO(fd) int root = -1;
	char name[64];

	for (size_t i = 0; i < 2 && root < 0; i++) {
		root = open(roots[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (root >= 0 && faccessat(root, "cgroup.procs", W_OK, 0) == 0)
			break;
		if (root >= 0)
			(void)close(root);
		root = -1;
	}
	(void)snprintf(name, sizeof(name), "test-nsexec-%d", getpid());
	if (root < 0 || mkdirat(root, name, 0755) < 0) {
		skip(1, "no writable cgroup2 hierarchy");
		return;
	}
	AUTO(fd) int dir = openat(root, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *here = "0::/";

	struct sys_clone_args probe = { .flags = ~0ULL };
	bool clone3 = sys_clone3(&probe) != -ENOSYS;

	if (clone3) {
		cgroup_case("cgroup+", dir, 0, true, here);
		cgroup_case("cgroup+ pid+ mnt+", dir, 0, true, here);
		cgroup_case("cgroup+ time+", dir, dir, true, here);
	} else {
		skip(12,
		     "clone3 is missing or filtered: nothing is born in a cgroup");
		cgroup_case("cgroup+", dir, dir, false, here);
	}
	cgroup_case("cgroup+", -1, dir, false, here);
	cgroup_case("cgroup+ time+", -1, dir, false, here);
	/* a domain below a threaded one can take nobody: entered instead */
	if (mkdirat(dir, "threads", 0755) == 0 &&
	    file_write_at(dir, "threads/cgroup.type", "threaded") < 0)
		skip(1, "no threaded cgroups");
	else if (mkdirat(dir, "invalid", 0755) == 0) {
		AUTO(fd)
		int invalid = openat(dir, "invalid",
				     O_PATH | O_DIRECTORY | O_CLOEXEC);

		cgroup_case("cgroup+", invalid, dir, false, here);
		cgroup_case("cgroup+ time+", invalid, dir, false, here);
		(void)unlinkat(dir, "invalid", AT_REMOVEDIR);
	}
	(void)unlinkat(dir, "threads", AT_REMOVEDIR);
	is_int(unlinkat(root, name, AT_REMOVEDIR), 0,
	       "the cgroup is empty again");
	if (clone3)
		test_cgroup_gone(dir);
}

int main(void)
{
	struct nsx_init in;

	if (nsx_init_get(&in))
		_exit(child(&in));
	if (!can_make())
		return done();
	test_cgroup();
	return done();
}
