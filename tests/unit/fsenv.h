/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A place to try mounts in: each scenario runs in a process of its own with new
 * mount, pid, ipc and network namespaces, on a fresh tmpfs that holds a root file
 * system ("rootfs") and files of the host ("host"). Nothing of it outlives the
 * process. The counters of tap.h travel back through shared memory.
 */
#ifndef OCIRUN_TESTS_FSENV_H
#define OCIRUN_TESTS_FSENV_H

#include "tests/tap.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/spec.h"
#include "init/mnt.h"
#include "init/steps_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>

/* The scratch directory; the working directory of every scenario. */
static char env_dir[64];
static char env_rootfs[80];
/* A relay of fds that the scenario's struct init starts with. */
static int32_t env_fds[_SLOT_MAX];

struct env_shared { unsigned int count, failed; bool finished; };
static struct env_shared *env_shared;

__attribute__((unused, format(printf, 1, 2))) static char *fmt(const char *f, ...)
{
	static char buf[8][512];
	static unsigned int turn;
	char *p = buf[turn++ % 8];
	va_list ap;

	va_start(ap, f);
	vsnprintf(p, sizeof(buf[0]), f, ap);
	va_end(ap);
	return p;
}

__attribute__((unused)) static void put(const char *path, const char *text)
{
	AUTO(fd) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		bail(fmt("cannot write %s", path));
}

__attribute__((unused)) static const char *get(const char *path)
{
	static char buf[256];
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	if (n < 0)
		return NULL;
	while (n > 0 && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return buf;
}

/*
 * "per-mount options|type|super options" of the topmost mount at `where`
 * (relative to the root of the process), "" if nothing is mounted there.
 */
__attribute__((unused)) static const char *mounted(struct init *in, const char *where)
{
	static char found[640];
	AUTO(fd) int fd = in ? init_proc_open(in, "self/mountinfo", O_RDONLY) :
			       open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	AUTO(str) char *text = NULL;
	char *save = NULL;

	found[0] = '\0';
	if (fd < 0 || fd_read_all(fd, 1 << 20, &text, NULL) < 0)
		return "cannot read mountinfo";
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		char at[256], opts[128], tags[128], type[64], super[256];
		const char *dash = strstr(l, " - ");

		tags[0] = '\0';
		if (!dash || sscanf(l, "%*s %*s %*s %*s %255s %127s %127[^-]", at, opts,
				    tags) < 2 ||
		    sscanf(dash, " - %63s %*s %255s", type, super) != 2)
			continue;
		if (strcmp(at, where) == 0)
			snprintf(found, sizeof(found), "%s|%s|%s|%s", opts, type, super,
				 tags);
	}
	return found;
}

/* True if all of the NULL-terminated words occur in text. */
__attribute__((unused, sentinel)) static bool has(const char *text, ...)
{
	const char *w;
	bool all = true;
	va_list ap;

	va_start(ap, text);
	while ((w = va_arg(ap, const char *)))
		all = all && strstr(text, w);
	va_end(ap);
	if (!all)
		diag("text: %s", text);
	return all;
}

__attribute__((unused)) static const char *line(const struct err *e)
{
	static char buf[2300];

	return err_format(e, buf, sizeof(buf));
}

__attribute__((unused)) static struct init env_init(void)
{
	struct init in = {
		.rootfd = -1, .procfd = -1, .nullfd = -1, .maskfd = -1, .fifofd = -1,
		.targetfd = -1, .homefd = -1,
	};

	for (size_t i = 0; i < sizeof(env_fds) / sizeof(*env_fds); i++)
		env_fds[i] = -1;
	in.plan.fds = env_fds;
	in.plan.n_slots = sizeof(env_fds) / sizeof(*env_fds);
	return in;
}

__attribute__((unused)) static void env_close(struct init *in)
{
	auto_fd(&in->rootfd);
	auto_fd(&in->procfd);
	auto_fd(&in->nullfd);
	auto_fd(&in->maskfd);
	in->rootfd = in->procfd = in->nullfd = in->maskfd = -1;
}

/* Run a step; the message goes to the log if it fails unexpectedly. */
__attribute__((unused)) static bool step_ok(step_fn fn, struct init *in,
					    const union step_arg *u, const char *what)
{
	struct err e = ERR_INIT;
	int r = fn(in, u, &e);

	if (r < 0)
		diag("%s", line(&e));
	return ok(r == 0 && e.code == 0, "%s", what);
}

/* A step that must fail with `code` and all words of `words` ("a|b|c"). */
__attribute__((unused)) static bool step_fails(step_fn fn, struct init *in,
					       const union step_arg *u, int code,
					       const char *words, const char *what)
{
	struct err e = ERR_INIT;
	int r = fn(in, u, &e);
	char list[512], *save = NULL;
	const char *text = line(&e);
	bool good = r == -code && e.code == code;

	snprintf(list, sizeof(list), "%s", words);
	for (char *w = strtok_r(list, "|", &save); w; w = strtok_r(NULL, "|", &save))
		good = good && strstr(text, w);
	if (!good)
		diag("returned %d: %s", r, text);
	return ok(good, "%s", what);
}

static void env_prepare(void)
{
	static const char *const dirs[] = { "rootfs", "host", "host/dir", "host/decoy",
					    "rootfs/proc", "rootfs/sys", "rootfs/dev",
					    "rootfs/etc", "rootfs/tmp" };

	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
	    mount("tmpfs", env_dir, "tmpfs", 0, "mode=0755") < 0 || chdir(env_dir) < 0)
		bail("cannot prepare the scratch file system");
	umask(0);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		if (mkdir(dirs[i], 0755) < 0)
			bail("cannot make a directory");
	umask(022);
	put("host/file", "host file");
	put("host/dir/inside", "inside");
	put("host/decoy/ptmx", "decoy");
}

__attribute__((unused)) static struct init env_rootfs_step(void)
{
	struct init in = env_init();
	union step_arg u = { .rootfs = { .path = env_rootfs, .own_ns = true } };

	step_ok(step_rootfs, &in, &u, "rootfs");
	return in;
}

#define ENV_FLAGS (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNET)

static void env_child(void (*scenario)(void), bool classic, int flags)
{
	pid_t pid;
	int status = 0;

	if (unshare(flags) < 0)
		_exit(77);
	pid = fork(); /* the first one inside the pid namespace */
	if (pid == 0) {
		env_prepare();
		mnt_force_classic(classic);
		path_force_fallback(classic);
		scenario();
		fflush(stdout);
		*env_shared = (struct env_shared){ tap_count, tap_failed, true };
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		_exit(78);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 79);
}

/* Run a scenario; its failures count here. */
__attribute__((unused)) static void env_run(const char *name, void (*scenario)(void),
					    bool classic)
{
	int status = 0;
	pid_t pid;

	diag("%s, %s", name, classic ? "classic mount(2)" : "new mount calls");
	fflush(stdout);
	env_shared->finished = false;
	pid = fork();
	if (pid == 0)
		env_child(scenario, classic, ENV_FLAGS);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		bail("cannot fork");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		skip(1, "no permission to make namespaces");
		return;
	}
	if (env_shared->finished) {
		tap_count = env_shared->count;
		tap_failed = env_shared->failed;
	}
	ok(env_shared->finished && status == 0, "%s ran to its end", name);
}

/*
 * The rest of a scenario as root of a new user namespace that maps only root.
 * False if there is none.
 */
__attribute__((unused)) static bool env_userns(void (*scenario)(void))
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	env_shared->finished = false;
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWUSER | ENV_FLAGS) < 0)
			_exit(77);
		put("/proc/self/setgroups", "deny");
		put("/proc/self/gid_map", "0 0 1");
		put("/proc/self/uid_map", "0 0 1");
		pid = fork();
		if (pid == 0) {
			scenario();
			fflush(stdout);
			*env_shared = (struct env_shared){ tap_count, tap_failed, true };
			_exit(0);
		}
		_exit(waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 78);
	}
	if (waitpid(pid, &status, 0) < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 77))
		return false;
	if (env_shared->finished) {
		tap_count = env_shared->count;
		tap_failed = env_shared->failed;
	}
	ok(env_shared->finished && status == 0, "in the user namespace");
	return true;
}

/* False if nothing can be tested here; the reason was printed. */
__attribute__((unused)) static bool env_setup(void)
{
	char template[] = "/tmp/ocirun-test-XXXXXX";

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (geteuid() != 0) {
		skip(1, "needs root: mounts are made");
		return false;
	}
	env_shared = mmap(NULL, sizeof(*env_shared), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (env_shared == MAP_FAILED || !mkdtemp(template))
		bail("cannot set up");
	snprintf(env_dir, sizeof(env_dir), "%s", template);
	snprintf(env_rootfs, sizeof(env_rootfs), "%s/rootfs", template);
	return true;
}

__attribute__((unused)) static int env_done(void)
{
	if (env_dir[0])
		(void)rmdir(env_dir);
	return done();
}

#endif
