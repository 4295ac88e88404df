/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libnsexec with real namespaces. The program executes itself: with a request
 * in place it is the container's init and does what the payload says (child()).
 */
#include "config.h"
#include "libnsexec/nsexec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/sys.h"
#include "tests/tap.h"

/* ---- the re-executed side ---- */

/* Text for the parent, carried by an ERROR. */
static void say(struct nsx_init *in, const char *text)
{
	struct err e = ERR_INIT;

	(void)err_set(&e, ECANCELED, "%s", text);
	chan_send_err(&in->chan, &e, 0);
	_exit(0);
}

/* Open descriptors, with '!' where CLOEXEC is missing. */
static void list_fds(struct str *out)
{
	for (int fd = 3; fd < 256; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (flags >= 0)
			str_addf(out, " %d%s", fd,
				 flags & FD_CLOEXEC ? "" : "!");
	}
}

static void report(struct nsx_init *in)
{
	AUTO(strbuf) struct str s = { 0 };
	struct sigaction act;
	sigset_t mask;
	char comm[17] = "";
	int death = 0, ignored = 0, blocked = 0;

	(void)prctl(PR_GET_NAME, comm, 0, 0, 0);
	(void)prctl(PR_GET_PDEATHSIG, &death, 0, 0, 0);
	(void)sigprocmask(SIG_BLOCK, NULL, &mask);
	for (int sig = 1; sig < 65; sig++) {
		if (sigaction(sig, NULL, &act) == 0 &&
		    act.sa_handler != SIG_DFL)
			ignored++;
		blocked += sigismember(&mask, sig) == 1;
	}
	str_addf(&s, "comm=%s uid=%u,%u gid=%u,%u dumpable=%d death=%d ", comm,
		 getuid(), geteuid(), getgid(), getegid(),
		 prctl(PR_GET_DUMPABLE), death);
	str_add(&s, "kept=");
	for (size_t i = 0; i < in->n_fds; i++) {
		struct stat st = { 0 };

		(void)fstat(in->fds[i], &st);
		str_addf(&s, "%u:%u,", major(st.st_rdev), minor(st.st_rdev));
	}
	str_addf(&s, " signals=%d,%d env=%zu caps=%d ambient=%d fds=", ignored,
		 blocked, strv_len(environ), access("/", W_OK) == 0,
		 prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 21, 0, 0));
	list_fds(&s);
	say(in, str_text(&s));
}

static void clocks(struct nsx_init *in)
{
	AUTO(str) char *text = NULL;
	AUTO(strbuf) struct str s = { 0 };
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	(void)file_read_at(AT_FDCWD, "/proc/self/timens_offsets", 4096, &text,
			   NULL);
	str_addf(&s, "%lld %s", (long long)ts.tv_sec, text ? text : "?");
	for (char *p = s.p; *p; p++)
		if (*p == '\n')
			*p = ' ';
	say(in, str_text(&s));
}

/* Who owns what a new ipc and net namespace bring with them? */
static void owners(struct nsx_init *in)
{
	struct stat mq = { 0 }, lo = { 0 };
	char text[64];

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("mqueue", "/tmp", "mqueue", 0, NULL) < 0 ||
	    stat("/tmp", &mq) < 0 ||
	    mount("sysfs", "/tmp", "sysfs", 0, NULL) < 0 ||
	    stat("/tmp/class/net/lo/mtu", &lo) < 0)
		(void)snprintf(text, sizeof(text), "errno %d", errno);
	else
		(void)snprintf(text, sizeof(text), "mqueue=%u lo=%u", mq.st_uid,
			       lo.st_uid);
	say(in, text);
}

static const char *kinds_text(const char *who, char *buf, size_t size)
{
	size_t len = 0;

	for (unsigned int k = 0; k < _NSX_KIND_MAX; k++) {
		struct stat st = { 0 };
		char path[64];

		(void)snprintf(path, sizeof(path), "/proc/%s/ns/%s", who,
			       nsx_kind_name((enum nsx_kind)k));
		if (stat(path, &st) < 0)
			st.st_ino = 0;
		len += (size_t)snprintf(buf + len, size - len, "%lu ",
					(unsigned long)st.st_ino);
	}
	return buf;
}

static void exe(struct nsx_init *in)
{
	const int all = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	AUTO(fd) int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	AUTO(fd) int rw = open("/proc/self/exe", O_RDWR | O_CLOEXEC);
	char link[256] = "", text[400];

	if (readlink("/proc/self/exe", link, sizeof(link) - 1) < 0)
		link[0] = '\0';
	(void)snprintf(text, sizeof(text), "%s seals=%d write=%d", link,
		       fcntl(fd, F_GET_SEALS) & all, rw);
	say(in, text);
}

static void kinds(struct nsx_init *in)
{
	char buf[200];

	say(in, kinds_text("self", buf, sizeof(buf)));
}

/* Our place in the cgroup2 tree. */
static void own_cgroup(struct nsx_init *in)
{
	AUTO(str) char *text = NULL;
	char *line;

	(void)file_read_at(AT_FDCWD, "/proc/self/cgroup", 1 << 16, &text, NULL);
	line = text ? strstr(text, "0::") : NULL;
	if (line)
		line[strcspn(line, "\n")] = '\0';
	say(in, line ? line : "?");
}

static int child(struct nsx_init *in)
{
	struct err e = ERR_INIT;
	const char *cmd = in->payload;

	if (in->payload_len == 0)
		say(in, "no payload");
	if (streq(cmd, "report"))
		report(in);
	if (streq(cmd, "clocks"))
		clocks(in);
	if (streq(cmd, "owners"))
		owners(in);
	if (streq(cmd, "size")) {
		char text[64];
		size_t good = 0;

		for (size_t i = 5; i < in->payload_len; i++)
			good += cmd[i] == (char)(i % 251);
		(void)snprintf(text, sizeof(text), "%zu good", good);
		say(in, text);
	}
	if (streq(cmd, "exe"))
		exe(in);
	if (streq(cmd, "kinds"))
		kinds(in);
	if (streq(cmd, "cgroup"))
		own_cgroup(in);
	/* not abort(): musl remembers the pid of before the clone */
	if (streq(cmd, "crash"))
		(void)kill(getpid(), SIGABRT);
	if (streq(cmd, "hang"))
		(void)pause();
	/* "wait" */
	if (chan_send(&in->chan, CHAN_READY, NULL, 0, NULL, 0, &e) < 0 ||
	    chan_expect(&in->chan, CHAN_RUN, DEADLINE_NEVER, &e) < 0)
		return 1;
	return 0;
}

/* ---- the parent ---- */

struct enter_arg {
	int calls, fail, kill;
	pid_t pid;
	bool in_cgroup;
	int cgroup_fd; /* move it there, slowly; 0 = no */
};

static int enter(void *arg, pid_t pid, bool in_cgroup, struct err *e)
{
	struct enter_arg *a = arg;

	a->in_cgroup = in_cgroup;
	a->calls++;
	if (a->cgroup_fd > 0) {
		char text[16];
		int r;

		(void)poll(NULL, 0, 30);
		(void)snprintf(text, sizeof(text), "%d", pid);
		r = file_write_at(a->cgroup_fd, "cgroup.procs", text);
		if (r < 0)
			return err_errno(e, -r, "cgroup.procs");
	}
	a->pid = pid;
	if (a->kill)
		(void)kill(pid, a->kill);
	if (a->fail)
		return err_set(e, a->fail, "no entry");
	return 0;
}

/* "net+ user=": as in test_nsplan.c; joined ones are those of `of`. */
static void request(struct nsx_request *req, const char *text, pid_t of,
		    struct fdvec *fds, const char *payload)
{
	struct err e = ERR_INIT;

	*req = (struct nsx_request){
		.cgroup_fd = -1,
		.payload = payload,
		.payload_len = strlen(payload) + 1,
		.deadline_ms = 5000,
	};
	for (unsigned int k = 0; k < _NSX_KIND_MAX; k++)
		req->ns[k].fd = -1;
	while (*text) {
		size_t len = strcspn(text, " ");

		for (unsigned int k = 0; k < _NSX_KIND_MAX; k++) {
			const char *name = nsx_kind_name((enum nsx_kind)k);

			if (strlen(name) != len - 1 ||
			    memcmp(name, text, len - 1) != 0)
				continue;
			req->ns[k].mode =
				text[len - 1] == '+' ? NSX_NEW : NSX_JOIN;
			if (req->ns[k].mode != NSX_JOIN)
				continue;
			if (nsx_open_ns_of((enum nsx_kind)k, of, &req->ns[k].fd,
					   &e) < 0)
				diag("%s", e.msg);
			(void)fdvec_push(fds, req->ns[k].fd);
		}
		text += len;
		text += strspn(text, " ");
	}
}

static const struct nsx_idmap big_map[] = { { 0, 100000, 1000 },
					    { 1000, 200000, 1 } };

static void use_big_map(struct nsx_request *req)
{
	req->uid_map = req->gid_map = big_map;
	req->n_uid_map = req->n_gid_map = 2;
}

static ino_t ns_ino(pid_t pid, unsigned int kind)
{
	char path[64];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid,
		       nsx_kind_name((enum nsx_kind)kind));
	return stat(path, &st) < 0 ? 0 : st.st_ino;
}

/* Compare the namespaces of a with those of b for the kinds in `text`. */
static unsigned int count_same(pid_t a, pid_t b)
{
	unsigned int same = 0;

	for (unsigned int k = 0; k < _NSX_KIND_MAX; k++)
		same += ns_ino(a, k) == ns_ino(b, k) && ns_ino(a, k) != 0;
	return same;
}

/* Wait for READY; then all namespaces are in place. */
static bool ready(struct nsx_child *c)
{
	struct err e = ERR_INIT;

	if (chan_expect(&c->chan, CHAN_READY, deadline_in_ms(5000), &e) == 0)
		return true;
	diag("%s (%s)", e.msg, e.hint);
	return false;
}

/* What the child says; "" if it fails otherwise. */
static const char *said(struct nsx_child *c, char *buf, size_t size)
{
	struct err e = ERR_INIT;
	struct chan_msg msg;

	(void)chan_recv(&c->chan, CHAN_RUN, &msg, deadline_in_ms(5000), NULL,
			&e);
	if (e.code != ECANCELED)
		diag("%s (%s)", e.msg, e.hint);
	(void)snprintf(buf, size, "%.500s", e.msg);
	return buf;
}

static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fd_valid(fd);
	return n;
}

static bool no_children(void)
{
	return waitpid(-1, NULL, __WALL | WNOHANG) < 0 && errno == ECHILD;
}

static int begin(struct nsx_zygote *z, int n_inherit, struct err *e)
{
	const struct nsx_birth birth = { .argv0 = "ocirun",
					 .n_inherit = (uint32_t)n_inherit };

	return nsx_zygote_begin(z, &birth, e);
}

/* With a zygote of its own. */
static int try_spawn(struct nsx_child *c, struct nsx_request *req, struct err *e)
{
	struct nsx_zygote z = NSX_ZYGOTE_INIT;
	int r = begin(&z, 0, e);

	req->zygote = &z;
	if (r == 0)
		r = nsx_spawn(c, req, e);
	nsx_zygote_end(&z);
	req->zygote = NULL;
	return r;
}

static bool spawn(struct nsx_child *c, struct nsx_request *req)
{
	struct err e = ERR_INIT;

	if (try_spawn(c, req, &e) == 0)
		return true;
	diag("%s (%s)", e.msg, e.hint);
	return false;
}

/* Kill, and nothing is left. */
static void finish(struct nsx_child *c, struct fdvec *fds, int before,
		   const char *name)
{
	nsx_child_kill(c);
	fdvec_clear(fds);
	ok(no_children(), "%s: no process is left", name);
	is_int(open_fds(), before, "%s: no descriptor is left", name);
}

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

/* ---- failures ---- */

static void test_enter_fails(const char *text, int signo)
{
	struct nsx_child c = NSX_CHILD_INIT;
	struct enter_arg arg = { .fail = EBUSY, .kill = signo };
	struct fdvec fds = { 0 };
	struct nsx_request req;
	struct err e = ERR_INIT;
	int before = open_fds();

	request(&req, text, getpid(), &fds, "wait");
	req.enter = enter;
	req.enter_arg = &arg;
	is_int(try_spawn(&c, &req, &e), -EBUSY, "enter fails: '%s'", text);
	is_str(e.msg, "no entry", "its error is the error");
	is_int(c.pid, 0, "nothing is returned");
	finish(&c, &fds, before, "enter fails");
}

static void test_killed(const char *text, const char *want)
{
	struct nsx_child c = NSX_CHILD_INIT;
	struct enter_arg arg = { .kill = SIGKILL };
	struct fdvec fds = { 0 };
	struct nsx_request req;
	struct err e = ERR_INIT;
	int before = open_fds(), r;

	request(&req, text, getpid(), &fds, "wait");
	req.enter = enter;
	req.enter_arg = &arg;
	r = try_spawn(&c, &req, &e);
	/* without a stage the parent may be through before the death shows */
	if (r == 0)
		r = chan_expect(&c.chan, CHAN_READY, deadline_in_ms(5000), &e);
	is_int(r, -EPIPE, "killed: '%s'", text);
	ok(strstr(e.msg, want), "says so: %s", e.msg);
	finish(&c, &fds, before, "killed");
}

static void test_deadline(void)
{
	struct nsx_child c = NSX_CHILD_INIT;
	struct enter_arg arg = { .kill = SIGSTOP };
	struct fdvec fds = { 0 };
	struct nsx_request req;
	struct err e = ERR_INIT;
	int before = open_fds();
	int64_t t = clock_now_ns();

	request(&req, "time+ pid+", 0, &fds, "wait");
	req.enter = enter;
	req.enter_arg = &arg;
	req.deadline_ms = 1000;
	is_int(try_spawn(&c, &req, &e), -ETIMEDOUT, "a stopped stage");
	t = (clock_now_ns() - t) / 1000000;
	ok(t >= 990 && t < 9000, "after the deadline: %lld ms", (long long)t);
	ok(strstr(e.msg,
		  "timed out: parent waited for INIT_PID from stage (") &&
		   strstr(e.msg, "state T"),
	   "says who does what: %s", e.msg);
	finish(&c, &fds, before, "deadline");
}

/* The limit is the zygote's, too: it fails while we go on. */
static void test_no_room(void)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	const struct rlimit few = { 8192, RLIM_INFINITY };
	struct nsx_child c = NSX_CHILD_INIT;
	struct fdvec fds = { 0 };
	struct nsx_request req;
	struct err e = ERR_INIT;
	int before = open_fds();

	for (int late = 0; late < 2; late++) {
		struct nsx_zygote z = NSX_ZYGOTE_INIT;

		request(&req, "pid+", 0, &fds, "wait");
		req.zygote = &z;
		e = (struct err)ERR_INIT;
		(void)setrlimit(RLIMIT_FSIZE, &few);
		is_int(begin(&z, 0, &e), 0, "begun");
		/* dead by the time it is asked */
		if (late)
			(void)poll(NULL, 0, 100);
		int r = nsx_spawn(&c, &req, &e);

		(void)setrlimit(RLIMIT_FSIZE, &all);
		is_int(r, -EFBIG, "no room for the copy");
		is_str(e.msg,
		       "cannot copy the program of init into a memfd: file too large",
		       "says so");
		finish(&c, &fds, before, "no room");
	}
}

static void test_keep_fails(void)
{
	const int keep[] = { 200 };
	struct nsx_child c = NSX_CHILD_INIT;
	struct fdvec fds = { 0 };
	struct nsx_request req;
	struct err e = ERR_INIT;
	int before = open_fds();

	request(&req, "user+ pid+", 0, &fds, "wait");
	use_big_map(&req);
	req.keep_fds = keep;
	req.n_keep_fds = 1;
	is_int(try_spawn(&c, &req, &e), -EBADF,
	       "a descriptor to keep that is not open");
	ok(strstr(e.msg, "cannot send REQUEST"), "says so: %s", e.msg);
	finish(&c, &fds, before, "keep fails");
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

/* It goes with us, also if we go without a word. */
static void test_zygote_orphan(void)
{
	int pipefd[2];
	char byte;
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC) < 0)
		bail("pipe");
	/* the lowest numbers: what a caller passes on */
	int inherited = fcntl(pipefd[1], F_DUPFD_CLOEXEC, 3);

	pid = fork();
	if (pid == 0) {
		struct nsx_zygote z = NSX_ZYGOTE_INIT;
		struct err e = ERR_INIT;

		_exit(begin(&z, inherited - 2, &e) < 0);
	}
	(void)close(pipefd[1]);
	(void)close(inherited);
	(void)waitpid(pid, NULL, 0);
	struct pollfd p = { .fd = pipefd[0], .events = POLLIN };

	ok(poll(&p, 1, 3000) == 1 && read(pipefd[0], &byte, 1) == 0,
	   "a zygote dies with its parent");
	(void)close(pipefd[0]);
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

static void test_crash(void)
{
	const struct rlimit none = { 0, 0 };
	struct nsx_child c = NSX_CHILD_INIT;
	struct fdvec fds = { 0 };
	struct nsx_request req;
	struct err e = ERR_INIT;
	int before = open_fds();

	(void)setrlimit(RLIMIT_CORE, &none);
	request(&req, "", 0, &fds, "crash");
	ok(spawn(&c, &req), "an init that crashes");
	is_int(chan_expect(&c.chan, CHAN_READY, deadline_in_ms(5000), &e),
	       -EPIPE, "end of file");
	ok(strstr(e.msg, "init died (signal 6") &&
		   strstr(e.msg, "while parent waited for READY"),
	   "says how: %s", e.msg);
	finish(&c, &fds, before, "crash");
}

/* Init dies with the parent that has not let it go yet. */
static void test_orphan(const char *text)
{
	int pipefd[2];
	char byte;
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC) < 0)
		bail("pipe");
	pid = fork();
	if (pid == 0) {
		struct nsx_child c = NSX_CHILD_INIT;
		struct fdvec fds = { 0 };
		struct nsx_request req;

		request(&req, text, 0, &fds, "hang");
		req.keep_fds = &pipefd[1];
		req.n_keep_fds = 1;
		if (!spawn(&c, &req))
			_exit(1);
		_exit(0);
	}
	(void)close(pipefd[1]);
	(void)waitpid(pid, NULL, 0);
	/* the write end is held by the hanging init alone */
	struct pollfd p = { .fd = pipefd[0], .events = POLLIN };

	ok(poll(&p, 1, 3000) == 1 && read(pipefd[0], &byte, 1) == 0,
	   "'%s': init dies with its parent", text);
	(void)close(pipefd[0]);
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
	test_enter_fails("pid+", 0);
	test_enter_fails("pid+", SIGKILL);
	test_enter_fails("time+", 0);
	test_killed("pid+", "init died (signal 9");
	test_killed("time+ pid+", "stage died (signal 9");
	test_killed("pid=", "stage died (signal 9");
	test_deadline();
	test_no_room();
	test_keep_fails();
	test_unused();
	test_zygote_orphan();
	test_inherited();
	test_sealed();
	test_crash();
	test_orphan("pid+");
	test_orphan("time+ pid+");
	test_cgroup();
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
	struct nsx_request req;
	struct nsx_child c = NSX_CHILD_INIT;
	struct fdvec fds = { 0 };
	struct err e = ERR_INIT;

	request(&req, "uts+", 0, &fds, "wait");
	if (try_spawn(&c, &req, &e) < 0 ||
	    chan_expect(&c.chan, CHAN_READY, deadline_in_ms(5000), &e) < 0) {
		nsx_child_kill(&c);
		skip(1, "root without CAP_SYS_ADMIN cannot make namespaces");
		return done();
	}
	nsx_child_kill(&c);
	as_root();
	return done();
}
