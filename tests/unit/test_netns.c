/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network namespace made by the parent while init is at its mounts (netns.c): who
 * gets one this way, that init ends up in it and the parent where it was, and what a
 * refusal says.
 */
#include "config.h"
#include "libnsexec/nsexec.h"

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/net.h"
#include "base/sys.h"
#include "libnsexec/program.h"
#include "tests/tap.h"

#define WAIT_MS 5000

static unsigned long net_ino(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) < 0 ? 0 : (unsigned long)st.st_ino;
}

static bool lo_is_up(void)
{
	struct ifreq req = { .ifr_name = "lo" };
	AUTO(fd) int fd = net_socket();

	return fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &req) == 0 &&
	       req.ifr_flags & IFF_UP;
}

/* ---- the re-executed side ---- */

/* "pending before after up", carried by an ERROR. */
static int child(struct nsx_init *in)
{
	unsigned long before = net_ino();
	bool pending = in->net_pending;
	struct err e = ERR_INIT;

	if (!pending ||
	    nsx_join_net(&in->chan, deadline_in_ms(WAIT_MS), &e) == 0)
		(void)err_set(&e, ECANCELED, "%d %lu %lu %d", pending, before,
			      net_ino(), lo_is_up());
	chan_send_err(&in->chan, &e, 0);
	return 0;
}

/* ---- the parent ---- */

static const struct nsx_idmap map[] = { { 0, 100000, 65536 } };

static int run(struct nsx_child *c, bool later, bool user, struct err *e)
{
	const struct nsx_birth birth = { .argv0 = "ocirun" };
	struct nsx_zygote z = NSX_ZYGOTE_INIT;
	struct nsx_request req = { .zygote = &z, .cgroup_fd = -1, .payload = "",
				   .payload_len = 1, .deadline_ms = WAIT_MS,
				   .net_later = later };
	int r;

	for (unsigned int k = 0; k < _NSX_KIND_MAX; k++)
		req.ns[k].fd = -1;
	req.ns[NSX_NET] = (struct nsx_ns){ NSX_NEW, -1, "/linux/namespaces/3" };
	if (user) {
		req.ns[NSX_USER].mode = NSX_NEW;
		req.uid_map = req.gid_map = map;
		req.n_uid_map = req.n_gid_map = 1;
	}
	r = nsx_zygote_begin(&z, &birth, e);
	if (r == 0)
		r = nsx_spawn(c, &req, e);
	nsx_zygote_end(&z);
	return r;
}

static void test_made(bool later, bool user, bool want, const char *name)
{
	struct nsx_child c = NSX_CHILD_INIT;
	unsigned long home = net_ino(), before = 0, after = 0;
	struct err e = ERR_INIT;
	struct chan_msg msg;
	int pending = -1, up = -1;

	is_int(run(&c, later, user, &e), 0, "%s: spawned %s", name, e.msg);
	ok(net_ino() == home, "%s: the parent is where it was", name);
	(void)chan_recv(&c.chan, CHAN_RUN, &msg, deadline_in_ms(WAIT_MS), NULL, &e);
	is_int(sscanf(e.msg, "%d %lu %lu %d", &pending, &before, &after, &up), 4,
	       "%s: init says '%s'", name, e.msg);
	is_int(pending, want, "%s: made by the parent or not", name);
	ok(after != home && after != 0, "%s: init has its own", name);
	ok((before == home) == want, "%s: when", name);
	if (want)
		is_int(up, 1, "%s: lo is up", name);
	nsx_child_kill(&c);
	ok(waitpid(-1, NULL, __WALL | WNOHANG) < 0 && errno == ECHILD,
	   "%s: no process is left", name);
}

/* In a child: the limit of network namespaces of a user namespace of its own is 0. */
static void test_refused(void)
{
	struct nsx_child c = NSX_CHILD_INIT;
	struct err e = ERR_INIT;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		FILE *f;

		if (unshare(CLONE_NEWUSER) < 0)
			_exit(77);
		/* its own namespace first: it may return there */
		if (unshare(CLONE_NEWNET) < 0 || nsx_net_home() < 0)
			_exit(77);
		f = fopen("/proc/sys/user/max_net_namespaces", "w");
		if (!f || fputs("0", f) < 0 || fclose(f) != 0)
			_exit(77);
		if (run(&c, true, false, &e) == 0)
			_exit(1);
		if (strcmp(e.pointer, "/linux/namespaces/3") != 0 ||
		    !strstr(e.msg, "net"))
			_exit(2);
		_exit(waitpid(-1, NULL, __WALL | WNOHANG) < 0 && errno == ECHILD ?
			      0 : 3);
	}
	(void)waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip(1, "no limit of one's own can be set here");
	else
		is_int(status, 0, "the limit is reached: said, and nothing left");
}

/* A network namespace of somebody else: no way back, so the process makes its own. */
static void test_no_return(void)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER) < 0 ? 77 : nsx_net_home() >= 0);
	(void)waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip(1, "no user namespace can be made here");
	else
		is_int(status, 0, "no return to another's network namespace");
}

int main(void)
{
	struct nsx_init in;

	if (nsx_init_get(&in))
		_exit(child(&in));
	test_no_return();
	test_refused();
	if (geteuid() != 0 || nsx_net_home() < 0) {
		skip(1, "making a network namespace needs root");
		return done();
	}
	test_made(true, false, true, "later");
	test_made(false, false, false, "at once");
	test_made(true, true, false, "in a user namespace");
	return done();
}
