/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of the cgroup code against the running kernel: on the layout of the host,
 * and once more in a private mount namespace with nothing but cgroup2. Needs root.
 * Everything is made below "ocirun-test-PID"; a parent process removes that whatever
 * happens to the tests.
 */
#ifndef OCIRUN_TESTS_CGENV_H
#define OCIRUN_TESTS_CGENV_H

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
__attribute__((unused)) static bool is_in(pid_t pid, const struct cgroup *cg, const char *suffix)
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

__attribute__((unused)) static size_t dirs_left(const struct cgroup *cg)
{
	size_t n = 0;

	for (size_t i = 0; i < cg->n_dirs; i++)
		n += access(cg->dirs[i].dir, F_OK) == 0;
	return n;
}

__attribute__((unused)) static const struct spec_device_rule deny_all[] = {
	{ false, 'a', -1, -1, true, true, true },
};

static bool only_cgroup2(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       umount2(CG_ROOT, MNT_DETACH) == 0 &&
	       mount("none", CG_ROOT, "cgroup2", 0, NULL) == 0;
}

__attribute__((unused)) static bool read_only(void)
{
	return mount(NULL, CG_ROOT, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY,
		     NULL) == 0;
}

__attribute__((unused)) static bool no_cgroup(void)
{
	return umount2(CG_ROOT, MNT_DETACH) == 0;
}

/* The tests on one layout; a layout without a hierarchy is skipped. */
typedef void (*cg_tests)(const struct cg_layout *l);

static void on_layout(const char *name, cg_tests tests)
{
	struct cg_layout l;
	struct arena a = { 0 };
	struct err e = ERR_INIT;

	diag("layout: %s", name);
	is_int(cg_layout_probe(&l, &a, true, &e), 0, "probe");
	if (l.n == 0)
		skip(1, "no cgroup hierarchy is mounted");
	else
		tests(&l);
	arena_free(&a);
}

/*
 * The tests on the host's layout, then with nothing but cgroup2, and there,
 * when not NULL, `last`.
 */
static int on_layouts(cg_tests tests, void (*last)(void))
{
	char node[100];

	snprintf(node, sizeof(node), "%s/node", scratch);
	if (mknod(node, S_IFCHR | 0666, makedev(1, 11)) < 0)
		bail("cannot make a device node");
	on_layout("as it is", tests);
	if (!only_cgroup2()) {
		skip(1, "cannot make a private view of cgroup2");
		return done();
	}
	on_layout("cgroup2 only", tests);
	if (last)
		last();
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

/* What main() returns. */
static int cgenv_main(cg_tests tests, void (*last)(void))
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
		_exit(on_layouts(tests, last));
	(void)waitpid(pid, &status, 0);
	clean_up();
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	bail("the tests were killed");
}

#endif
