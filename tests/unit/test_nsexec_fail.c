/* SPDX-License-Identifier: Apache-2.0 */
/* libnsexec with real namespaces: what fails, and who dies of it. */
#include "config.h"
#include "tests/unit/nsenv.h"

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

int main(void)
{
	struct nsx_init in;

	if (nsx_init_get(&in))
		_exit(child(&in));
	if (!can_make())
		return done();
	test_enter_fails("pid+", 0);
	test_enter_fails("pid+", SIGKILL);
	test_enter_fails("time+", 0);
	test_killed("pid+", "init died (signal 9");
	test_killed("time+ pid+", "stage died (signal 9");
	test_killed("pid=", "stage died (signal 9");
	test_deadline();
	test_no_room();
	test_keep_fails();
	test_zygote_orphan();
	test_crash();
	test_orphan("pid+");
	test_orphan("time+ pid+");
	return done();
}
