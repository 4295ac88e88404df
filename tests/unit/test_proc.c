/* SPDX-License-Identifier: Apache-2.0 */
/* Process identity, pidfds, running helpers. */
#include "config.h"

#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/sys.h"
#include "tests/tap.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define REST	 " 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 "

static const struct {
	const char *text;
	int want;
	char state;
	pid_t ppid;
	uint64_t start;
	const char *comm;
} stats[] = {
	{ "1 (init) S 0" REST "42 23 24\n", 0, 'S', 0, 42, "init" },
	{ "7 (a b) R 3) R 2" REST "9\n", 0, 'R', 2, 9, "a b) R 3" },
	{ "7 () Z 2" REST "18446744073709551615 1\n", 0, 'Z', 2, UINT64_MAX,
	  "" },
	{ "7 (abcdefghijklmnopqrst) R 2" REST "9\n", 0, 'R', 2, 9,
	  "abcdefghijklmnop" },
	{ "7 (x) R 2 5 6\n", -EINVAL, 0, 0, 0, "" },
	{ "7 (x) R y" REST "9\n", -EINVAL, 0, 0, 0, "" },
	{ "7 (x) R 2" REST "-9\n", -EINVAL, 0, 0, 0, "" },
	{ "7 (x)", -EINVAL, 0, 0, 0, "" },
	{ "7 )x( R 2" REST "9\n", -EINVAL, 0, 0, 0, "" },
	{ "", -EINVAL, 0, 0, 0, "" },
};

static void test_parse(void)
{
	size_t i;

	for (i = 0; i < COUNT(stats); i++) {
		struct proc_stat st = { 0 };

		is_int(proc_parse_stat(stats[i].text, &st), stats[i].want,
		       "stat %zu", i);
		ok(st.state == stats[i].state && st.ppid == stats[i].ppid &&
			   st.start == stats[i].start,
		   "its numbers");
		is_str(st.comm, stats[i].comm, "its name");
	}
}

/* A child that waits to be killed. */
static pid_t make_child(struct proc_id *ret)
{
	struct proc_stat st = { 0 };
	pid_t pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void)pause();
	}
	is_int(proc_read_stat(pid, &st), 0, "a child can be read");
	is_int(st.ppid, getpid(), "it is ours");
	*ret = (struct proc_id){ .pid = pid, .start = st.start };
	return pid;
}

static void test_identity(void)
{
	struct proc_id id, other;
	struct proc_stat st;
	char buf[128], want[64];
	int64_t start;
	int fd, status;
	pid_t pid, r;

	pid = make_child(&id);
	ok(id.start > 0, "it has a start time");
	ok(proc_alive(&id), "it is alive");
	other = (struct proc_id){ .pid = pid, .start = id.start + 1 };
	ok(!proc_alive(&other), "another start time is another process");
	is_int(proc_open(&other), -ESRCH, "which cannot be opened");
	other.start = 0;
	ok(proc_alive(&other), "an unknown start time matches");
	fd = proc_open(&other);
	ok(fd >= 0, "and opens");
	(void)close(fd);
	(void)snprintf(want, sizeof(want), "pid %d (", pid);
	(void)proc_describe(pid, buf, sizeof(buf));
	ok(str_starts(buf, want) && strstr(buf, "), state "), "described: %s",
	   buf);

	fd = proc_open(&id);
	ok(fd >= 0, "proc_open()");
	ok(fcntl(fd, F_GETFD) & FD_CLOEXEC, "CLOEXEC");
	is_int(pidfd_wait(fd, 0), -ETIMEDOUT, "not dead: expired deadline");
	start = clock_now_ns();
	is_int(pidfd_wait(fd, deadline_in_ms(30)), -ETIMEDOUT,
	       "not dead after 30 ms");
	ok(clock_now_ns() - start >= 30000000, "which have passed");
	r = sys_pidfd_pid(fd);
	ok(r == pid || r == -ENOTTY || r == -EINVAL, "its pid (%d)", r);
	is_int(pidfd_signal(fd, 0), 0, "signal 0");
	is_int(pidfd_signal(fd, SIGKILL), 0, "SIGKILL");
	is_int(pidfd_wait(fd, deadline_in_ms(10000)), 0, "dead");
	is_int(proc_read_stat(pid, &st), 0, "a zombie can be read");
	is_int(st.state, 'Z', "as one");
	ok(!proc_alive(&id), "and is not alive");
	(void)waitpid(pid, &status, 0);
	is_int(proc_exit_code(status), 137, "exit code of a killed process");
	is_str(proc_status_text(status, buf, sizeof(buf)), "signal 9 (killed)",
	       "its text");
	is_int(pidfd_signal(fd, SIGKILL), -ESRCH, "gone");
	is_int(pidfd_wait(fd, 0), 0, "still dead");
	if (r > 0)
		is_int(sys_pidfd_pid(fd), -ESRCH, "and has no pid any more");
	(void)close(fd);
	is_int(proc_read_stat(pid, &st), -ESRCH, "no such process");
	ok(!proc_alive(&id), "not alive");
	is_int(proc_open(&id), -ESRCH, "not to be opened");
	(void)snprintf(want, sizeof(want), "pid %d (gone)", pid);
	is_str(proc_describe(pid, buf, sizeof(buf)), want, "described as gone");
	is_int(pidfd_wait(-1, 0), -EBADF, "no pidfd");
	is_int(pidfd_signal(-1, 0), -EBADF, "no pidfd");
	is_int(proc_read_stat(0, &st), -ESRCH, "pid 0");
	is_int(proc_read_stat(-1, &st), -ESRCH, "pid -1");
	other.pid = 0;
	is_int(proc_open(&other), -ESRCH, "pid 0 cannot be opened");
}

static void test_status(void)
{
	char buf[64];

	is_str(proc_status_text(3 << 8, buf, sizeof(buf)), "exit status 3",
	       "exit status");
	is_int(proc_exit_code(3 << 8), 3, "exit code");
	is_str(proc_status_text(SIGSEGV | 0x80, buf, sizeof(buf)),
	       "signal 11 (segmentation fault, core dumped)", "core dump");
	is_int(proc_exit_code(SIGSEGV | 0x80), 139, "its code");
	is_str(proc_status_text(0x137f, buf, sizeof(buf)), "wait status 0x137f",
	       "stopped");
}

static char *const no_env[] = { NULL };

static struct proc_run sh(char **argv, const char *script)
{
	argv[0] = xstrdup("sh");
	argv[1] = xstrdup("-c");
	argv[2] = xstrdup(script);
	argv[3] = NULL;
	return (struct proc_run){
		.path = "/bin/sh",
		.argv = argv,
		.envp = no_env,
		.cwd_fd = -1,
		.out_fd = -1,
		.err_fd = -1,
		.deadline = deadline_in_ms(20000),
	};
}

static void sh_free(char **argv)
{
	free(argv[0]);
	free(argv[1]);
	free(argv[2]);
}

static const struct {
	const char *script, *in, *out, *err;
	int code;
} scripts[] = {
	{ "exit 0", NULL, "", "", 0 },
	{ "exit 3", NULL, "", "", 3 },
	{ "echo o; echo e >&2", NULL, "o\n", "e\n", 0 },
	{ "cat", "some input", "some input", "", 0 },
	{ "cat", NULL, "", "", 0 },
	{ "cat >&2; exit 1", "x", "", "x", 1 },
	{ "kill -TERM $$", NULL, "", "", 143 },
	{ "echo ${HOME-unset}", NULL, "unset\n", "", 0 },
	/* a grandchild that holds the pipes does not hold us */
	{ "echo first; sleep 30 &", NULL, "first\n", "", 0 },
	/* default dispositions: the shell's own SIGPIPE is not ignored */
	{ "trap", NULL, "", "", 0 },
	{ "sed -n 's/^SigBlk:.//p; s/^SigIgn:.//p' /proc/self/status", NULL,
	  "0000000000000000\n0000000000000000\n", "", 0 },
	{ "set -- $(cut -d' ' -f5 /proc/self/stat); test $1 = $$ && echo group",
	  NULL, "group\n", "", 0 },
	{ "ls /proc/self/fd | wc -l | tr -d ' '", NULL, "4\n", "", 0 },
};

static void test_run(void)
{
	struct proc_result res;
	struct proc_run run;
	sigset_t block, old;
	char *argv[4];
	size_t i;
	int leak = open("/dev/null", O_RDONLY);

	/* What the helper must not inherit. */
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	sigaddset(&block, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &block, &old);
	for (i = 0; i < COUNT(scripts); i++) {
		run = sh(argv, scripts[i].script);
		run.stdin_data = scripts[i].in;
		run.stdin_len = scripts[i].in ? strlen(scripts[i].in) : 0;
		is_int(proc_run(&run, &res), 0, "run: %s", scripts[i].script);
		is_int(proc_exit_code(res.status), scripts[i].code, "its code");
		is_str(res.out, scripts[i].out, "its output");
		is_str(res.err, scripts[i].err, "its errors");
		ok(!res.timed_out && !res.exec_errno, "nothing else");
		proc_result_free(&res);
		ok(!res.out && !res.err, "freed");
		sh_free(argv);
	}
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	(void)close(leak);
}

static void test_run_big(void)
{
	size_t len = 1000000;
	char *in = malloc(len), *argv[4];
	struct proc_result res;
	struct proc_run run;

	if (!in)
		bail("malloc");
	memset(in, 'i', len);
	run = sh(argv, "cat; echo end >&2");
	run.stdin_data = in;
	run.stdin_len = len;
	is_int(proc_run(&run, &res), 0, "a megabyte through cat");
	is_int(res.status, 0, "all of it was read");
	is_int(strlen(res.out), 65536, "64 KiB of it are kept");
	is_str(res.err, "end\n", "the other stream is whole");
	proc_result_free(&res);
	sh_free(argv);

	run = sh(argv, "exec 0<&-; echo closed");
	run.stdin_data = in;
	run.stdin_len = len;
	is_int(proc_run(&run, &res), 0, "a program that does not read");
	is_int(res.status, 0, "is not to blame");
	is_str(res.out, "closed\n", "its output");
	proc_result_free(&res);
	sh_free(argv);
	free(in);
}

static void test_timeout(void)
{
	static const char *const hangs[] = {
		"echo before; sleep 60",
		"trap '' TERM INT; sleep 60 & sleep 60 & wait",
		"while :; do echo noise; done",
		"(trap '' HUP; sleep 60) & exec sleep 60",
	};
	struct proc_result res;
	struct proc_run run;
	int64_t start, took;
	char *argv[4], buf[64];
	size_t i;

	for (i = 0; i < COUNT(hangs); i++) {
		run = sh(argv, hangs[i]);
		/* the first must come to its words, also where much else runs */
		run.deadline = deadline_in_ms(i == 0 ? 1000 : 100);
		start = clock_now_ns();
		is_int(proc_run(&run, &res), 0, "timeout: %s", hangs[i]);
		took = (clock_now_ns() - start) / 1000000;
		ok(res.timed_out, "timed out");
		is_str(proc_status_text(res.status, buf, sizeof(buf)),
		       "signal 9 (killed)", "killed");
		ok(took >= 100 && took < 8000, "in time (%lld ms)",
		   (long long)took);
		if (i == 0)
			is_str(res.out, "before\n", "what it said is kept");
		proc_result_free(&res);
		sh_free(argv);
	}
}

static void test_exec_errors(void)
{
	struct proc_run run = {
		.path = "/nonexistent/program",
		.envp = no_env,
		.cwd_fd = -1,
		.out_fd = -1,
		.err_fd = -1,
		.deadline = deadline_in_ms(20000),
	};
	struct proc_result res;

	is_int(proc_run(&run, &res), 0, "a missing program");
	is_int(res.exec_errno, ENOENT, "no such file");
	proc_result_free(&res);
	run.path = "/etc/passwd";
	is_int(proc_run(&run, &res), 0, "not executable");
	is_int(res.exec_errno, EACCES, "permission denied");
	proc_result_free(&res);
	run.path = "/bin/true";
	run.cwd_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	is_int(proc_run(&run, &res), 0, "a cwd that is none");
	is_int(res.exec_errno, ENOTDIR, "not a directory");
	proc_result_free(&res);
	(void)close(run.cwd_fd);
	run.cwd_fd = -1;
	is_int(proc_run(&run, &res), 0, "without argv");
	ok(res.exec_errno == 0 && res.status == 0, "argv[0] is the path");
	proc_result_free(&res);
}

static void test_redirections(void)
{
	struct proc_result res;
	struct proc_run run;
	char *argv[4], buf[64] = "";
	int fds[2], dirfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC),
		    saved[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		bail("pipe");
	run = sh(argv, "pwd; echo err >&2");
	run.out_fd = fds[1];
	run.err_fd = fds[1];
	run.cwd_fd = dirfd;
	is_int(proc_run(&run, &res), 0, "output to a descriptor");
	ok(!res.out && !res.err, "is not captured");
	ok(read(fds[0], buf, sizeof(buf) - 1) > 0, "but written there");
	is_str(buf, "/\nerr\n", "from the given directory");
	proc_result_free(&res);
	sh_free(argv);

	/* The given descriptors are the child's 1 and 2, exchanged. */
	saved[0] = fcntl(1, F_DUPFD_CLOEXEC, 10);
	saved[1] = fcntl(2, F_DUPFD_CLOEXEC, 10);
	(void)dup2(fds[1], 2);
	(void)dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), 1);
	run = sh(argv, "echo out; echo err >&2");
	run.out_fd = 2;
	run.err_fd = 1;
	(void)proc_run(&run, &res);
	(void)dup2(saved[0], 1);
	(void)dup2(saved[1], 2);
	memset(buf, 0, sizeof(buf));
	ok(read(fds[0], buf, sizeof(buf) - 1) > 0, "exchanged descriptors");
	is_str(buf, "out\n", "do not overwrite each other");
	proc_result_free(&res);
	sh_free(argv);
	(void)close(saved[0]);
	(void)close(saved[1]);
	(void)close(fds[0]);
	(void)close(fds[1]);
	(void)close(dirfd);
}

static int count_fds(void)
{
	int n = 0, i;

	for (i = 0; i < 256; i++)
		n += fd_valid(i);
	return n;
}

static void test_find(void)
{
	char *path = NULL;

	(void)setenv("PATH", "relative:/nonexistent::/bin:/usr/bin", 1);
	is_int(proc_find("sh", &path), 0, "sh is found");
	ok(path && (strcmp(path, "/bin/sh") == 0 ||
		    strcmp(path, "/usr/bin/sh") == 0), "absolute: %s", path);
	free(path);
	is_int(proc_find("no-such-program-here", &path), -ENOENT, "not found");
	(void)setenv("PATH", ".", 1);
	is_int(proc_find("sh", &path), -ENOENT, "relative directories are none");
	(void)setenv("PATH", "", 1);
	is_int(proc_find("sh", &path), -ENOENT, "empty PATH");
	(void)unsetenv("PATH");
	is_int(proc_find("sh", &path), -ENOENT, "no PATH");
}

int main(void)
{
	struct sigaction ign = { .sa_handler = SIG_IGN };
	int before;

	(void)sigaction(SIGPIPE, &ign, NULL);
	(void)sigaction(SIGUSR2, &ign, NULL);
	test_parse();
	test_identity();
	test_status();
	before = count_fds();
	test_run();
	test_run_big();
	test_timeout();
	test_exec_errors();
	is_int(count_fds(), before, "no descriptor is left open");
	test_redirections();
	test_find();
	ok(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD,
	   "no child is left");
	return done();
}
