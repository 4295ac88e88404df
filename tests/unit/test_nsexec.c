/* SPDX-License-Identifier: Apache-2.0 */
/* libnsexec with real namespaces: what is made, joined and handed over. */
#include "config.h"
#include "tests/unit/nsenv.h"

/* Every combination here: what differs from us is exactly what was asked. */
static void test_new(const char *text, unsigned int same, bool maps)
{
	struct nsx_child c = NSX_CHILD_INIT;
	struct fdvec fds = { 0 };
	struct nsx_request req;
	int before = open_fds();

	request(&req, text, 0, &fds, "wait");
	if (maps)
		use_big_map(&req);
	ok(spawn(&c, &req) && ready(&c), "new: %s", text);
	is_int(count_same(getpid(), c.pid), same, "%s: the others are ours",
	       text);
	finish(&c, &fds, before, text);
}

/* A container with these namespaces, then a process that joins some of them. */
static void test_join(const char *made, const char *joined, unsigned int same,
		      bool maps)
{
	struct nsx_child a = NSX_CHILD_INIT, b = NSX_CHILD_INIT;
	struct fdvec fds = { 0 };
	struct nsx_request req;
	int before = open_fds();
	char name[200];

	(void)snprintf(name, sizeof(name), "join %s of %s", joined, made);
	request(&req, made, 0, &fds, "wait");
	if (maps)
		use_big_map(&req);
	ok(spawn(&a, &req) && ready(&a), "%s: the first container", name);
	request(&req, joined, a.pid, &fds, "wait");
	if (req.ns[NSX_USER].mode == NSX_NEW)
		use_big_map(&req);
	ok(spawn(&b, &req) && ready(&b), "%s", name);
	is_int(count_same(a.pid, b.pid), same, "%s: shared namespaces", name);
	nsx_child_kill(&b);
	finish(&a, &fds, before, name);
}

static void test_report(const char *text, bool maps, const char *want_ids)
{
	struct nsx_child c = NSX_CHILD_INIT;
	struct fdvec fds = { 0 };
	int keep[2] = { -1, -1 }, before = open_fds();
	struct nsx_request req;
	char buf[600];

	keep[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	keep[1] = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	request(&req, text, 0, &fds, "report");
	req.keep_fds = keep;
	req.n_keep_fds = 2;
	if (maps)
		use_big_map(&req);
	(void)sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN },
			NULL);
	ok(spawn(&c, &req), "report of %s", text);
	said(&c, buf, sizeof(buf));
	diag("%s", buf);
	ok(strstr(buf, "comm=ocirun:[2:INIT]"), "%s: process name", text);
	ok(strstr(buf, want_ids), "%s: ids are %s", text, want_ids);
	ok(strstr(buf, "dumpable=0 death=9"), "%s: hardened", text);
	ok(strstr(buf, "signals=0,0 env=0"), "%s: signals and environment",
	   text);
	ok(strstr(buf, "ambient=0"), "%s: no ambient capability is left", text);
	ok(strstr(buf, "kept=1:3,1:5, "), "%s: the kept ones are there, in order",
	   text);
	ok(!strchr(strstr(buf, "fds="), '!'), "%s: all CLOEXEC", text);
	/* the channel and the kept ones */
	int n = 0;

	for (const char *p = strstr(buf, "fds="); *p; p++)
		n += *p == ' ';
	is_int(n, 3, "%s: nothing else is open", text);
	(void)close(keep[0]);
	(void)close(keep[1]);
	finish(&c, &fds, before, text);
}

static void test_time(const char *text, bool maps)
{
	struct nsx_child c = NSX_CHILD_INIT;
	struct fdvec fds = { 0 };
	struct nsx_request req;
	struct timespec ts;
	char buf[600];
	int before = open_fds();
	long long secs = 0;

	request(&req, text, 0, &fds, "clocks");
	if (maps)
		use_big_map(&req);
	req.monotonic = (struct nsx_time_offset){ true, 1000000, 5 };
	req.boottime = (struct nsx_time_offset){ true, 2000000, 0 };
	ok(spawn(&c, &req), "time namespace: %s", text);
	said(&c, buf, sizeof(buf));
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	secs = (long long)ts.tv_sec + 1000000;
	ok(sscanf(buf, "%lld", &secs) == 1 &&
		   secs - 1000000 - (long long)ts.tv_sec <= 0 &&
		   secs - 1000000 - (long long)ts.tv_sec >= -5,
	   "%s: the clock is a million seconds ahead", text);
	ok(strstr(buf, "monotonic") && strstr(buf, "1000000         5") &&
		   strstr(buf, "2000000         0"),
	   "%s: offsets: %s", text, buf);
	finish(&c, &fds, before, text);
}

static void test_owners(void)
{
	struct nsx_child c = NSX_CHILD_INIT;
	struct fdvec fds = { 0 };
	struct nsx_request req;
	int before = open_fds();
	char buf[600];

	request(&req, "user+ ipc+ net+ mnt+ pid+", 0, &fds, "owners");
	use_big_map(&req);
	ok(spawn(&c, &req), "owners");
	is_str(said(&c, buf, sizeof(buf)), "mqueue=0 lo=0",
	       "new namespaces belong to the root of the user namespace");
	finish(&c, &fds, before, "owners");
}

static void test_payload(void)
{
	struct nsx_child c = NSX_CHILD_INIT;
	struct fdvec fds = { 0 };
	struct nsx_request req;
	const size_t size = 3 * 1024 * 1024 + 7;
	AUTO(str) char *big = malloc(size);
	char buf[600], want[64];
	int before = open_fds();

	for (size_t i = 0; i < size; i++)
		big[i] = (char)(i % 251);
	memcpy(big, "size", 5);
	request(&req, "", 0, &fds, "");
	req.payload = big;
	req.payload_len = size;
	ok(spawn(&c, &req), "a payload of %zu bytes", size);
	(void)snprintf(want, sizeof(want), "%zu good", size - 5);
	is_str(said(&c, buf, sizeof(buf)), want, "the payload arrives whole");
	finish(&c, &fds, before, "payload");

	request(&req, "", 0, &fds, "");
	req.payload = NULL;
	req.payload_len = 0;
	ok(spawn(&c, &req), "no payload at all");
	is_str(said(&c, buf, sizeof(buf)), "no payload",
	       "an empty payload is empty");
	finish(&c, &fds, before, "no payload");
}

/* One that is never asked, at any moment of its youth. */
static void test_unused(void)
{
	int before = open_fds();

	for (int ms = 0; ms < 6; ms++) {
		struct nsx_zygote z = NSX_ZYGOTE_INIT;
		struct err e = ERR_INIT;

		if (begin(&z, 0, &e) < 0)
			diag("%s", e.msg);
		(void)poll(NULL, 0, ms);
		nsx_zygote_end(&z);
		nsx_zygote_end(&z);
	}
	ok(no_children(), "zygotes that nobody used: no process is left");
	is_int(open_fds(), before, "no descriptor is left");
}

/* Descriptors of the caller keep their numbers; the copy is what we run from. */
static void test_inherited(void)
{
	struct nsx_child c = NSX_CHILD_INIT;
	struct nsx_zygote z = NSX_ZYGOTE_INIT;
	struct fdvec fds = { 0 };
	struct nsx_request req;
	struct err e = ERR_INIT;
	int before = open_fds(), low = fcntl(1, F_DUPFD_CLOEXEC, 3);
	char buf[600], want[32];

	is_int(begin(&z, low - 2, &e), 0,
	       "descriptors up to %d are inherited", low);
	/* made later: not for the zygote */
	AUTO(fd) int later = fcntl(1, F_DUPFD_CLOEXEC, 60);

	request(&req, "pid+", 0, &fds, "report");
	req.zygote = &z;
	is_int(nsx_spawn(&c, &req, &e), 0, "spawn: %s", e.msg);
	is_int(z.pid, 0, "the zygote is gone");
	said(&c, buf, sizeof(buf));
	(void)snprintf(want, sizeof(want), " %d ", low);
	ok(strstr(buf, want), "%d is there: %s", low, buf);
	ok(later >= 60 && !strstr(buf, " 60"), "60 is not");
	(void)close(low);
	finish(&c, &fds, before + 1, "inherited");
}

static void test_sealed(void)
{
	struct nsx_child c = NSX_CHILD_INIT;
	struct fdvec fds = { 0 };
	struct nsx_request req;
	int before = open_fds();
	char buf[600];

	request(&req, "", 0, &fds, "exe");
	ok(spawn(&c, &req), "spawn");
	is_str(said(&c, buf, sizeof(buf)),
	       "/memfd:runc_cloned:/proc/self/exe (deleted) seals=15 write=-1",
	       "init runs from a sealed copy");
	finish(&c, &fds, before, "sealed");
}

static void open_case(enum nsx_kind kind, const char *path, int want,
		      const char *msg)
{
	struct err e = ERR_INIT;
	int fd = -1, r = nsx_open_ns(kind, path, &fd, &e);

	is_int(r, want, "open %s '%s'", nsx_kind_name(kind), path);
	if (r == 0) {
		is_int(fcntl(fd, F_GETFD), FD_CLOEXEC, "CLOEXEC");
		(void)close(fd);
	} else {
		is_str(e.msg, msg, "%s", e.msg);
	}
}

static void test_open(void)
{
	char path[64];

	open_case(NSX_NET, "/proc/self/ns/net", 0, NULL);
	open_case(NSX_PID, "/proc/self/ns/pid_for_children", 0, NULL);
	open_case(NSX_NET, "/proc/self/ns/uts", -EINVAL,
		  "'/proc/self/ns/uts' is a namespace of kind uts, not net");
	open_case(NSX_NET, "/etc/passwd", -EINVAL,
		  "'/etc/passwd' is not a namespace");
	open_case(
		NSX_NET, "/run/netns/not there", -ENOENT,
		"cannot open net namespace '/run/netns/not there': no such file or directory");
	(void)snprintf(path, sizeof(path), "/tmp/nsexec-fifo.%d", getpid());
	if (mkfifo(path, 0600) == 0) {
		char msg[128];

		(void)snprintf(msg, sizeof(msg), "'%s' is not a namespace",
			       path);
		open_case(NSX_IPC, path, -EINVAL, msg);
		(void)unlink(path);
	}
}

/* As an ordinary user: one id, no helper. */
static int rootless(void)
{
	static const struct nsx_idmap two[] = { { 0, 65534, 2 } };
	struct nsx_child a = NSX_CHILD_INIT, b = NSX_CHILD_INIT;
	struct nsx_request req;
	struct fdvec fds = { 0 };
	struct err e = ERR_INIT;
	struct nsx_idmap mine[] = { { 0, getuid(), 1 } };
	struct nsx_idmap group[] = { { 0, getgid(), 1 } };
	char pid[16], got[600], want[200];
	int before = open_fds();

	request(&req, "user+ ipc+ uts+ net+ pid+ mnt+ cgroup+ time+", 0, &fds,
		"wait");
	req.uid_map = mine;
	req.gid_map = group;
	req.n_uid_map = req.n_gid_map = 1;
	req.deny_setgroups = true;
	req.boottime = (struct nsx_time_offset){ true, 100, 0 };
	if (try_spawn(&a, &req, &e) < 0) {
		diag("%s (%s)", e.msg, e.hint);
		skip(1, "unprivileged user namespaces are not allowed here");
		return done();
	}
	ok(ready(&a), "an ordinary user makes all eight kinds");
	is_int(count_same(getpid(), a.pid), 0, "none is ours");
	request(&req, "user= ipc= uts= net= pid= mnt= cgroup= time=", a.pid,
		&fds, "kinds");
	ok(spawn(&b, &req), "and joins all eight");
	(void)snprintf(pid, sizeof(pid), "%d", a.pid);
	is_str(said(&b, got, sizeof(got)), kinds_text(pid, want, sizeof(want)),
	       "all are shared");
	nsx_child_kill(&b);
	finish(&a, &fds, before, "rootless");

	request(&req, "user+ pid+", 0, &fds, "wait");
	req.uid_map = two;
	req.gid_map = two;
	req.n_uid_map = req.n_gid_map = 1;
	is_int(try_spawn(&a, &req, &e), -EPERM,
	       "more ids than an ordinary user may map");
	diag("%s (%s)", e.msg, e.hint);
	ok(strstr(e.msg, "cannot write gid map '0 65534 2' of process "),
	   "says which: %s", e.msg);
	ok(strstr(e.hint, "newgidmap"), "and what to do");
	finish(&a, &fds, before, "bad map");

	req.newuidmap = req.newgidmap = "/bin/false";
	e = (struct err)ERR_INIT;
	is_int(try_spawn(&a, &req, &e), -EPERM, "helpers that refuse");
	is_str(e.msg,
	       "'/bin/false' failed to map gids '0 65534 2' (exit status 1)",
	       "names helper, ranges and status");
	ok(strstr(e.hint, "/etc/subgid grants "), "and what is granted: %s",
	   e.hint);
	finish(&a, &fds, before, "helper refuses");

	req.newuidmap = req.newgidmap = "/bin/true";
	e = (struct err)ERR_INIT;
	int r = try_spawn(&a, &req, &e);

	if (r == 0)
		r = chan_expect(&a.chan, CHAN_READY, deadline_in_ms(5000), &e);
	is_int(r, -EINVAL, "helpers that do nothing");
	is_str(e.msg,
	       "cannot become root in the user namespace: invalid argument",
	       "the stage notices (%s)", e.hint);
	finish(&a, &fds, before, "helper does nothing");

	request(&req, "user+ net=", getpid(), &fds, "wait");
	req.uid_map = mine;
	req.gid_map = group;
	req.n_uid_map = req.n_gid_map = 1;
	e = (struct err)ERR_INIT;
	req.ns[NSX_NET].pointer = "/linux/namespaces/7/path";
	is_int(try_spawn(&a, &req, &e), -EPERM, "joining the host's network");
	is_str(e.pointer, "/linux/namespaces/7/path", "at its place");
	is_str(e.msg, "cannot join net namespace: operation not permitted",
	       "names the namespace");
	finish(&a, &fds, before, "join denied");

	request(&req, "uts+", 0, &fds, "wait");
	e = (struct err)ERR_INIT;
	r = try_spawn(&a, &req, &e);
	if (r == 0)
		r = chan_expect(&a.chan, CHAN_READY, deadline_in_ms(5000), &e);
	is_int(r, -EPERM, "no uts namespace without privilege");
	is_str(e.msg, "cannot create uts namespace: operation not permitted",
	       "names the namespace");
	finish(&a, &fds, before, "unshare denied");
	return done();
}

/* Run rootless() in a process of an ordinary user; its TAP goes to a pipe. */
static void test_rootless(void)
{
	int status = 0;
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		tap_count = tap_failed = 0;
		(void)dup2(2, 1);
		if (setresgid(65534, 65534, 65534) < 0 ||
		    setresuid(65534, 65534, 65534) < 0)
			_exit(1);
		(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
		_exit(rootless());
	}
	(void)waitpid(pid, &status, 0);
	is_int(status, 0, "the tests of an ordinary user (on stderr)");
}

static void as_root(void)
{
	test_new("ipc+ uts+ net+ pid+ mnt+", 3, false);
	test_new("ipc+ uts+ net+ pid+ mnt+ cgroup+ time+", 1, false);
	test_new("user+ ipc+ uts+ net+ pid+ mnt+ cgroup+", 1, true);
	test_new("user+ ipc+ uts+ net+ pid+ mnt+ cgroup+ time+", 0, true);
	test_new("user+", 7, true);
	test_new("pid+", 7, false);
	test_new("cgroup+", 7, false);
	test_new("time+", 7, false);
	test_new("", 8, false);
	test_join("net+ pid+ mnt+", "net=", 6, false);
	test_join("pid+", "pid=", 8, false);
	test_join("net+ pid+ mnt+", "pid=", 6, false);
	test_join("net+ pid+", "net= pid+ mnt+ ipc+", 5, false);
	test_join("net+ pid+ mnt+ ipc+ uts+ cgroup+ time+",
		  "net= pid= mnt= ipc= uts= cgroup= time=", 8, false);
	test_join("user+ net+ pid+ mnt+ ipc+ uts+ cgroup+ time+",
		  "user= net= pid= mnt= ipc= uts= cgroup= time=", 8, true);
	test_join("user+ net+ pid+ mnt+", "user= net= mnt+ pid+", 6, true);
	test_join("net+", "user+ net= pid+ mnt+ uts+", 4, false);
	test_join("pid+", "user+ pid= mnt+", 6, false);
	test_join("mnt+ net+", "user+ mnt= net= time+ uts+ cgroup+", 4, false);
	test_report("pid+ mnt+ uts+", false, "uid=0,0 gid=0,0");
	test_report("user+ pid+ mnt+", true, "uid=0,0 gid=0,0");
	test_report("time+ pid+ mnt+", false, "uid=0,0 gid=0,0");
	test_time("time+", false);
	test_time("time+ pid+ mnt+", false);
	test_time("user+ time+ pid+ mnt+", true);
	test_owners();
	test_payload();
	test_unused();
	test_inherited();
	test_sealed();
	test_rootless();
}

int main(void)
{
	struct nsx_init in;

	if (nsx_init_get(&in))
		_exit(child(&in));
	test_open();
	if (geteuid() != 0) {
		skip(1, "everything but a user namespace of one id needs root");
		return rootless();
	}
	if (can_make())
		as_root();
	return done();
}
