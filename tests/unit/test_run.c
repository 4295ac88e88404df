/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The executor on hand-made plans: the handshake, the delivery of errors before
 * and after RUN over channel, fifo and stderr, and what the program inherits.
 */
#include "config.h"

#include "init/init.h"
#include "init/steps_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/proc.h"
#include "base/mem.h"
#include "libnsexec/chan.h"
#include "tests/tap.h"

#define WAIT_MS 20000

/* A plan under construction. */
struct maker {
	struct step steps[32];
	size_t n;
	int32_t fds[_SLOT_MAX];
	const char *argv[8];
	const char *envp[8];
	uint32_t preserve;
	uint32_t fail_at;
	bool debug;
};

static void maker_init(struct maker *m)
{
	memset(m, 0, sizeof(*m));
	for (size_t i = 0; i < _SLOT_MAX; i++)
		m->fds[i] = -1;
	m->envp[0] = "PATH=/usr/bin:/bin";
	m->envp[1] = "MARK=here";
}

static union step_arg *add(struct maker *m, enum step_id id)
{
	m->steps[m->n].id = id;
	return &m->steps[m->n++].u;
}

static void add_exec(struct maker *m, enum step_id id)
{
	struct arg_exec *x = &add(m, id)->exec;

	x->argv = m->argv;
	while (m->argv[x->n_argv])
		x->n_argv++;
	x->envp = m->envp;
	while (m->envp[x->n_envp])
		x->n_envp++;
	x->cwd = "/";
	x->preserve_fds = m->preserve;
}

/* What `exec` plans look like. */
static void add_exec_plan(struct maker *m)
{
	(void)add(m, STEP_SESSION);
	(void)add(m, STEP_NO_NEW_PRIVS);
	add(m, STEP_CHDIR)->path.text = "/";
	add(m, STEP_CHDIR_USER)->path.text = "/";
	add_exec(m, STEP_LOOKUP);
	(void)add(m, STEP_READY);
}

/* The child of a test: its channel and its output. */
struct run {
	pid_t pid;
	struct chan chan;
	int outfd, errfd;
	int status;
	char out[4096], err[4096];
};

static void be_init(struct maker *m, int chanfd)
{
	struct init in = { .rootfd = -1, .procfd = -1, .nullfd = -1, .targetfd = -1, .homefd = -1,
			   .maskfd = -1, .fifofd = -1 };

	in.plan.steps = m->steps;
	in.plan.n_steps = m->n;
	in.plan.fds = m->fds;
	in.plan.n_slots = _SLOT_MAX;
	in.plan.id = "test";
	in.plan.verb = "exec";
	in.plan.debug = m->debug;
	in.plan.fail_at = m->fail_at;
	in.chan = (struct chan){ .fd = chanfd, .self = "init",
				 .peer = "parent", .peer_pidfd = -1 };
	proc_default_signals(); /* as libnsexec/stage.c */
	_exit(init_run(&in));
}

static void run_start(struct run *r, struct maker *m)
{
	int chan[2], out[2], err[2];

	if (chan_pair(&chan[0], &chan[1]) < 0 || pipe2(out, O_CLOEXEC) < 0 ||
	    pipe2(err, O_CLOEXEC) < 0)
		bail("no descriptors");
	(void)fflush(stdout);
	r->pid = fork();
	if (r->pid < 0)
		bail("cannot fork");
	if (r->pid == 0) {
		if (dup2(out[1], 1) < 0 || dup2(err[1], 2) < 0)
			_exit(99);
		(void)close(chan[0]);
		(void)close(out[0]);
		(void)close(err[0]);
		be_init(m, chan[1]);
	}
	(void)close(chan[1]);
	(void)close(out[1]);
	(void)close(err[1]);
	r->chan = (struct chan){ .fd = chan[0], .self = "parent",
				 .peer = "init", .peer_pidfd = -1 };
	r->outfd = out[0];
	r->errfd = err[0];
}

static void slurp(int fd, char *buf, size_t size)
{
	size_t n = 0;
	ssize_t got;

	while (n + 1 < size && (got = read(fd, buf + n, size - 1 - n)) > 0)
		n += (size_t)got;
	buf[n] = '\0';
	(void)close(fd);
}

static void run_end(struct run *r)
{
	slurp(r->outfd, r->out, sizeof(r->out));
	slurp(r->errfd, r->err, sizeof(r->err));
	chan_close(&r->chan);
	if (waitpid(r->pid, &r->status, 0) != r->pid)
		bail("cannot wait");
}

static int expect(struct run *r, enum chan_type want, struct err *e)
{
	err_clear(e);
	return chan_expect(&r->chan, want, deadline_in_ms(WAIT_MS), e);
}

static int send_run(struct run *r, struct err *e)
{
	return chan_send(&r->chan, CHAN_RUN, NULL, 0, NULL, 0, e);
}

/* Exit status, or -signal. */
static int outcome(const struct run *r)
{
	return WIFEXITED(r->status) ? WEXITSTATUS(r->status)
				    : -WTERMSIG(r->status);
}

/* ---- tests ---------------------------------------------------------------- */

static void test_good(void)
{
	struct err e = ERR_INIT;
	struct maker m;
	struct run r;

	maker_init(&m);
	m.argv[0] = "sh";
	m.argv[1] = "-c";
	m.argv[2] = "echo $0 $MARK $HOME; ls /proc/self/fd | wc -l; "
		    "grep -E 'SigIgn|SigBlk' /proc/self/status";
	m.envp[2] = "HOME=/h";
	add_exec_plan(&m);
	add_exec(&m, STEP_EXEC);
	run_start(&r, &m);
	is_int(expect(&r, CHAN_READY, &e), 0, "READY comes: %s", e.msg);
	is_int(send_run(&r, &e), 0, "RUN is sent");
	is_int(expect(&r, CHAN_HOOKS_DONE, &e), -EPIPE, "execve is the end of file");
	run_end(&r);
	is_int(outcome(&r), 0, "the program ran");
	/* 0, 1, 2 and the directory that ls reads */
	is_str(r.out, "sh here /h\n4\nSigBlk:\t0000000000000000\n"
		      "SigIgn:\t0000000000000000\n",
	       "environment, descriptors and signals are clean");
	is_str(r.err, "", "nothing on stderr");
}

static void test_lookup_error(void)
{
	struct err e = ERR_INIT;
	struct chan_msg msg;
	uint32_t step = 0;
	struct maker m;
	struct run r;

	maker_init(&m);
	m.argv[0] = "no-such-program";
	add_exec_plan(&m);
	add_exec(&m, STEP_EXEC);
	run_start(&r, &m);
	is_int(chan_recv(&r.chan, CHAN_READY, &msg, deadline_in_ms(WAIT_MS),
			 &step, &e), -ENOENT, "lookup fails before READY");
	is_str(e.msg, "init step 5/7 (lookup): exec: \"no-such-program\": "
	       "executable file not found in $PATH", "... naming the step");
	is_str(e.pointer, "/process/args/0", "... and the property");
	is_int(step, 5, "... and its number");
	run_end(&r);
	is_int(outcome(&r), INIT_EXIT_FAILED, "exit status");
	is_str(r.err, "", "nothing on stderr");
}

/* A script whose interpreter is missing passes lookup and fails in execve. */
static const char script[] = "/tmp/ocirun-run-script";

static void make_script(void)
{
	static const char text[] = "#!/no/such/interpreter\n";
	int fd;

	(void)unlink(script);
	fd = open(script, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	if (fd < 0 || write(fd, text, sizeof(text) - 1) < 0 || close(fd) < 0)
		bail("cannot make a script");
}

static void test_exec_error(void)
{
	struct err e = ERR_INIT;
	struct maker m;
	struct run r;

	maker_init(&m);
	m.argv[0] = script;
	add_exec_plan(&m);
	add_exec(&m, STEP_EXEC);
	run_start(&r, &m);
	is_int(expect(&r, CHAN_READY, &e), 0, "READY comes: %s", e.msg);
	is_int(send_run(&r, &e), 0, "RUN is sent");
	is_int(expect(&r, CHAN_HOOKS_DONE, &e), -ENOENT, "a failing execve is told");
	is_str(e.msg, "exec /tmp/ocirun-run-script: no such file or directory",
	       "... in runc's words");
	is_str(e.hint, "/process/args/0: the file exists, but the interpreter "
	       "'/no/such/interpreter' of its '#!' line does not exist in the "
	       "container", "... with the cause");
	run_end(&r);
	is_int(outcome(&r), INIT_EXIT_FAILED, "exit status");
	is_str(r.err, "", "nothing on stderr");
}

static void test_dead_parent(void)
{
	struct maker m;
	struct run r;

	maker_init(&m);
	m.argv[0] = "true";
	add_exec_plan(&m);
	add_exec(&m, STEP_EXEC);
	run_start(&r, &m);
	chan_close(&r.chan);
	run_end(&r);
	is_int(outcome(&r), INIT_EXIT_FAILED, "without a parent nothing runs");
}

/* The fifo of a container that was created; O_PATH as init gets it. */
struct fifo { char dir[32], path[48]; int pathfd; };

static void fifo_make(struct fifo *f)
{
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/ocirun-run-XXXXXX");
	if (!mkdtemp(f->dir))
		bail("no scratch directory");
	(void)snprintf(f->path, sizeof(f->path), "%s/exec.fifo", f->dir);
	if (mkfifo(f->path, 0622) < 0)
		bail("no fifo");
	f->pathfd = open(f->path, O_PATH | O_CLOEXEC);
}

static void fifo_remove(struct fifo *f)
{
	(void)close(f->pathfd);
	(void)unlink(f->path);
	(void)rmdir(f->dir);
}

/* As `start` reads it: all bytes up to the end of file. */
static size_t fifo_read(const struct fifo *f, char *buf, size_t size)
{
	int fd = open(f->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	size_t n = 0;
	ssize_t got;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (poll(&p, 1, WAIT_MS) <= 0)
			break;
		got = read(fd, buf + n, size - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	(void)close(fd);
	return n;
}

static void add_create_plan(struct maker *m, const struct fifo *f)
{
	m->fds[SLOT_FIFO] = f->pathfd;
	add_exec_plan(m);
	add(m, STEP_WAIT_START)->fifo.slot = SLOT_FIFO;
	add_exec(m, STEP_EXEC);
}

static bool reach_created(struct run *r)
{
	struct err e = ERR_INIT;

	return ok(expect(r, CHAN_READY, &e) == 0 && send_run(r, &e) == 0 &&
			  expect(r, CHAN_HOOKS_DONE, &e) == -EPIPE,
		  "created: the channel ends with RUN: %s", e.msg);
}

static void test_fifo(void)
{
	char buf[INIT_FIFO_RECORD_SIZE + 8];
	struct err e = ERR_INIT;
	struct maker m;
	struct fifo f;
	struct run r;
	size_t n;

	fifo_make(&f);
	maker_init(&m);
	m.argv[0] = "echo";
	m.argv[1] = "started";
	add_create_plan(&m, &f);
	run_start(&r, &m);
	(void)reach_created(&r);
	n = fifo_read(&f, buf, sizeof(buf));
	is_int(n, 1, "one byte, then the end of file");
	is_int(buf[0], INIT_FIFO_RUNS, "... the right one");
	run_end(&r);
	is_int(outcome(&r), 0, "the program ran");
	is_str(r.out, "started\n", "... and wrote");

	maker_init(&m);
	m.argv[0] = script;
	add_create_plan(&m, &f);
	run_start(&r, &m);
	(void)reach_created(&r);
	n = fifo_read(&f, buf, sizeof(buf));
	is_int(n, 1 + INIT_FIFO_RECORD_SIZE, "a byte and a record");
	is_int(init_fifo_parse(buf + 1, n - 1, &e), 0, "... which is good");
	is_str(e.msg, "exec /tmp/ocirun-run-script: no such file or directory",
	       "... in runc's words");
	is_int(e.code, ENOENT, "... with the errno");
	run_end(&r);
	is_int(outcome(&r), INIT_EXIT_FAILED, "exit status");
	is_str(r.err, "", "nothing on stderr");
	fifo_remove(&f);
}

/* `start` dies after it let init go on: the last resort is stderr. */
static void test_fifo_alone(void)
{
	struct maker m;
	struct fifo f;
	struct run r;
	char byte;
	int fd;

	fifo_make(&f);
	maker_init(&m);
	m.fds[SLOT_FIFO] = f.pathfd;
	m.argv[0] = "true";
	add_exec_plan(&m);
	add(&m, STEP_WAIT_START)->fifo.slot = SLOT_FIFO;
	add(&m, STEP_CHDIR)->path.text = "/no/such/dir";
	run_start(&r, &m);
	(void)reach_created(&r);
	fd = open(f.path, O_RDONLY | O_CLOEXEC);
	/* kept open: the record goes into the pipe and is lost with it */
	ok(fd >= 0 && read(fd, &byte, 1) == 1, "init goes on");
	run_end(&r);
	is_int(outcome(&r), INIT_EXIT_FAILED, "exit status");
	(void)close(fd);

	maker_init(&m);
	m.argv[0] = "true";
	add_exec_plan(&m);
	add(&m, STEP_WAIT_START)->fifo.slot = SLOT_FIFO; /* not handed over */
	run_start(&r, &m);
	(void)reach_created(&r);
	run_end(&r);
	is_int(outcome(&r), INIT_EXIT_FAILED, "exit status");
	is_str(r.err, "init step 7/7 (wait-start): exec.fifo was not handed over\n",
	       "nobody listens: one line on stderr");
	fifo_remove(&f);
}

static void test_parse(void)
{
	uint8_t rec[INIT_FIFO_RECORD_SIZE];
	struct err e = ERR_INIT;

	memset(rec, 'x', sizeof(rec));
	is_int(init_fifo_parse(rec, sizeof(rec), &e), -EPROTO, "wrong tag");
	rec[0] = INIT_FIFO_ERROR;
	is_int(init_fifo_parse(rec, sizeof(rec) - 1, &e), -EPROTO, "too short");
	is_int(init_fifo_parse(rec, sizeof(rec), &e), 0, "hostile bytes");
	is_int(strlen(e.msg), sizeof(e.msg) - 1, "... message ends");
	is_int(strlen(e.hint), sizeof(e.hint) - 1, "... hint ends");
	is_int(strlen(e.pointer), sizeof(e.pointer) - 1, "... pointer ends");
	is_int(e.code, EPROTO, "... code is replaced");
	is_int(e.exit_code, INIT_EXIT_FAILED, "... exit code too");
}

static void test_preserve(void)
{
	struct err e = ERR_INIT;
	struct maker m;
	struct run r;
	int keep[3];

	/* 3, 4, 5 belong to the program, wherever the channel happens to be */
	for (int i = 0; i < 3; i++)
		keep[i] = dup(0);
	maker_init(&m);
	m.preserve = 3;
	m.argv[0] = "sh";
	m.argv[1] = "-c";
	m.argv[2] = "for i in 0 1 2 3 4 5 6 7 8 9; do "
		    "[ -e /proc/$$/fd/$i ] && printf '%s ' $i; done";
	add_exec_plan(&m);
	add_exec(&m, STEP_EXEC);
	run_start(&r, &m);
	is_int(expect(&r, CHAN_READY, &e), 0, "READY comes: %s", e.msg);
	is_int(send_run(&r, &e), 0, "RUN is sent");
	run_end(&r);
	is_str(r.out, "0 1 2 3 4 5 ", "exactly the preserved ones are open");
	for (int i = 0; i < 3; i++)
		(void)close(keep[i]);
}

/* A filter that refuses close_range(2): CLOEXEC and a walk must do. */
static int make_filter(void)
{
	const struct sock_filter prog[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 436, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	int fd = memfd_create("filter", MFD_CLOEXEC);

	if (fd < 0 || write(fd, prog, sizeof(prog)) != (ssize_t)sizeof(prog))
		bail("no memfd");
	return fd;
}

static void test_seccomp(void)
{
	struct err e = ERR_INIT;
	int fd = make_filter();
	struct maker m;
	struct run r;

	maker_init(&m);
	m.fds[SLOT_SECCOMP] = fd;
	m.argv[0] = "sh";
	m.argv[1] = "-c";
	m.argv[2] = "ls /proc/self/fd | wc -l; grep Seccomp: /proc/self/status";
	(void)add(&m, STEP_NO_NEW_PRIVS);
	add_exec(&m, STEP_LOOKUP);
	(void)add(&m, STEP_SECCOMP_LATE);
	(void)add(&m, STEP_READY);
	add_exec(&m, STEP_EXEC);
	run_start(&r, &m);
	is_int(expect(&r, CHAN_READY, &e), 0, "READY comes: %s", e.msg);
	is_int(send_run(&r, &e), 0, "RUN is sent");
	run_end(&r);
	is_str(r.out, "4\nSeccomp:\t2\n", "filtered, no descriptor left");
	(void)close(fd);

	maker_init(&m);
	m.argv[0] = "true";
	(void)add(&m, STEP_SECCOMP_EARLY);
	run_start(&r, &m);
	is_int(expect(&r, CHAN_READY, &e), -EBADF, "no filter handed over");
	is_str(e.pointer, "/linux/seccomp", "... names the property");
	run_end(&r);
}

static void test_hook(void)
{
	static const char check[] =
		"read s; [ \"$s\" = \"{\\\"pid\\\":$PPID,\\\"x\\\":1}\" ] "
		"&& [ \"$MARK\" = here ] && exit 3; exit 4";
	struct err e = ERR_INIT;
	const char *args[4] = { "sh", "-c", check, NULL };
	struct maker m;
	struct run r;

	maker_init(&m);
	m.argv[0] = "true";
	add_exec(&m, STEP_LOOKUP);
	add(&m, STEP_HOOK_START)->hook = (struct arg_hook){
		.kind = HOOK_START_CONTAINER, .index = 0, .path = "/bin/sh",
		.argv = args, .n_argv = 3, .state_head = "{",
		.state_tail = "\"x\":1}",
	};
	run_start(&r, &m);
	(void)expect(&r, CHAN_READY, &e);
	ok(strstr(e.msg, "error running startContainer hook #0: exit status 3"),
	   "state, pid and environment reach the hook: %s", e.msg);
	run_end(&r);
}

static void test_debug(void)
{
	struct err e = ERR_INIT;
	struct maker m;
	struct run r;

	/* a plan that ends without exec is caught */
	maker_init(&m);
	m.argv[0] = "true";
	(void)add(&m, STEP_SESSION);
	run_start(&r, &m);
	is_int(expect(&r, CHAN_READY, &e), -EPROTO, "no exec: %s", e.msg);
	run_end(&r);
	maker_init(&m);
	(void)add(&m, STEP_NONE);
	run_start(&r, &m);
	is_int(expect(&r, CHAN_READY, &e), -EPROTO, "no step: %s", e.msg);
	run_end(&r);
#ifdef OCIRUN_FAULTS
	maker_init(&m);
	m.fail_at = 2;
	(void)add(&m, STEP_SESSION);
	(void)add(&m, STEP_NO_NEW_PRIVS);
	run_start(&r, &m);
	is_int(expect(&r, CHAN_READY, &e), -EIO, "fault: %s", e.msg);
	run_end(&r);
	maker_init(&m);
	m.fail_at = 1 | INIT_FAIL_KILL;
	(void)add(&m, STEP_SESSION);
	run_start(&r, &m);
	is_int(expect(&r, CHAN_READY, &e), -EPIPE, "death: %s", e.msg);
	run_end(&r);
#endif
}

int main(void)
{
	const struct sigaction ign = { .sa_handler = SIG_IGN };

	/* what a caller such as nohup(1) leaves behind */
	(void)sigaction(SIGHUP, &ign, NULL);
	make_script();
	test_good();
	test_lookup_error();
	test_exec_error();
	test_dead_parent();
	test_fifo();
	test_fifo_alone();
	test_parse();
	test_preserve();
	test_seccomp();
	test_hook();
	test_debug();
	(void)unlink(script);
	return done();
}
