/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of libnsexec with real namespaces: the program executes itself. With a request
 * in place it is the container's init and does what the payload says (child()).
 */
#ifndef OCIRUN_TESTS_NSENV_H
#define OCIRUN_TESTS_NSENV_H

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
__attribute__((unused)) static void say(struct nsx_init *in, const char *text)
{
	struct err e = ERR_INIT;

	(void)err_set(&e, ECANCELED, "%s", text);
	chan_send_err(&in->chan, &e, 0);
	_exit(0);
}

/* Open descriptors, with '!' where CLOEXEC is missing. */
__attribute__((unused)) static void list_fds(struct str *out)
{
	for (int fd = 3; fd < 256; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (flags >= 0)
			str_addf(out, " %d%s", fd,
				 flags & FD_CLOEXEC ? "" : "!");
	}
}

__attribute__((unused)) static void report(struct nsx_init *in)
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

__attribute__((unused)) static void clocks(struct nsx_init *in)
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
__attribute__((unused)) static void owners(struct nsx_init *in)
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

__attribute__((unused)) static const char *kinds_text(const char *who, char *buf, size_t size)
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

__attribute__((unused)) static void exe(struct nsx_init *in)
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

__attribute__((unused)) static void kinds(struct nsx_init *in)
{
	char buf[200];

	say(in, kinds_text("self", buf, sizeof(buf)));
}

/* Our place in the cgroup2 tree. */
__attribute__((unused)) static void own_cgroup(struct nsx_init *in)
{
	AUTO(str) char *text = NULL;
	char *line;

	(void)file_read_at(AT_FDCWD, "/proc/self/cgroup", 1 << 16, &text, NULL);
	line = text ? strstr(text, "0::") : NULL;
	if (line)
		line[strcspn(line, "\n")] = '\0';
	say(in, line ? line : "?");
}

__attribute__((unused)) static int child(struct nsx_init *in)
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

__attribute__((unused)) static int enter(void *arg, pid_t pid, bool in_cgroup, struct err *e)
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
__attribute__((unused)) static void request(struct nsx_request *req, const char *text, pid_t of,
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

__attribute__((unused)) static const struct nsx_idmap big_map[] = { { 0, 100000, 1000 },
					    { 1000, 200000, 1 } };

__attribute__((unused)) static void use_big_map(struct nsx_request *req)
{
	req->uid_map = req->gid_map = big_map;
	req->n_uid_map = req->n_gid_map = 2;
}

__attribute__((unused)) static ino_t ns_ino(pid_t pid, unsigned int kind)
{
	char path[64];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid,
		       nsx_kind_name((enum nsx_kind)kind));
	return stat(path, &st) < 0 ? 0 : st.st_ino;
}

/* Compare the namespaces of a with those of b for the kinds in `text`. */
__attribute__((unused)) static unsigned int count_same(pid_t a, pid_t b)
{
	unsigned int same = 0;

	for (unsigned int k = 0; k < _NSX_KIND_MAX; k++)
		same += ns_ino(a, k) == ns_ino(b, k) && ns_ino(a, k) != 0;
	return same;
}

/* Wait for READY; then all namespaces are in place. */
__attribute__((unused)) static bool ready(struct nsx_child *c)
{
	struct err e = ERR_INIT;

	if (chan_expect(&c->chan, CHAN_READY, deadline_in_ms(5000), &e) == 0)
		return true;
	diag("%s (%s)", e.msg, e.hint);
	return false;
}

/* What the child says; "" if it fails otherwise. */
__attribute__((unused)) static const char *said(struct nsx_child *c, char *buf, size_t size)
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

__attribute__((unused)) static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fd_valid(fd);
	return n;
}

__attribute__((unused)) static bool no_children(void)
{
	return waitpid(-1, NULL, __WALL | WNOHANG) < 0 && errno == ECHILD;
}

__attribute__((unused)) static int begin(struct nsx_zygote *z, int n_inherit, struct err *e)
{
	const struct nsx_birth birth = { .argv0 = "ocirun",
					 .n_inherit = (uint32_t)n_inherit };

	return nsx_zygote_begin(z, &birth, e);
}

/* With a zygote of its own. */
__attribute__((unused)) static int try_spawn(struct nsx_child *c, struct nsx_request *req, struct err *e)
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

__attribute__((unused)) static bool spawn(struct nsx_child *c, struct nsx_request *req)
{
	struct err e = ERR_INIT;

	if (try_spawn(c, req, &e) == 0)
		return true;
	diag("%s (%s)", e.msg, e.hint);
	return false;
}

/* Kill, and nothing is left. */
__attribute__((unused)) static void finish(struct nsx_child *c, struct fdvec *fds, int before,
		   const char *name)
{
	nsx_child_kill(c);
	fdvec_clear(fds);
	ok(no_children(), "%s: no process is left", name);
	is_int(open_fds(), before, "%s: no descriptor is left", name);
}

/* Every combination here: what differs from us is exactly what was asked. */

/* False if we can make no namespaces; the reason was printed. */
__attribute__((unused)) static bool can_make(void)
{
	struct nsx_request req;
	struct nsx_child c = NSX_CHILD_INIT;
	struct fdvec fds = { 0 };
	struct err e = ERR_INIT;
	bool can;

	if (geteuid() != 0) {
		skip(1, "needs root");
		return false;
	}
	request(&req, "uts+", 0, &fds, "wait");
	can = try_spawn(&c, &req, &e) == 0 &&
	      chan_expect(&c.chan, CHAN_READY, deadline_in_ms(5000), &e) == 0;
	nsx_child_kill(&c);
	if (!can)
		skip(1, "root without CAP_SYS_ADMIN cannot make namespaces");
	return can;
}

#endif
