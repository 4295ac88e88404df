/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc.c - identity, state and waiting for processes; running helpers.
 *
 * A pid alone names nothing: it may be reused between two looks. What decides
 * is (pid, start time), and a pidfd once it has been opened and verified.
 *
 * Must not wait without a deadline, must not wait by sleeping, and must not
 * leave a helper behind: at the deadline its whole process group is killed.
 * Upholds I2 (everything made here is CLOEXEC) and I10 (no threads: memory may
 * be allocated between fork and exec).
 */
#include "config.h"

#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/sys.h"

#include "base/banned.h"

/* What is kept of each output stream of a helper. */
#define OUTPUT_MAX ((size_t)64 * 1024)
/* How long output is read after the helper is dead. */
#define GRACE_MS   100
/* How long a killed helper may take to die. */
#define KILL_MS	   10000

/* Reads /proc/PID/NAME; -ESRCH only if there is really no such process. */
static int proc_file(pid_t pid, const char *name, size_t max, char **ret)
{
	char path[64];
	int r;

	if (pid <= 0)
		return -ESRCH;
	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	r = file_read_at(AT_FDCWD, path, max, ret, NULL);
	if (r != -ENOENT)
		return r;
	/* No procfs, or one that hides others' processes (hidepid). */
	if (kill(pid, 0) == 0 || errno != ESRCH)
		return -EACCES;
	return -ESRCH;
}

/*
 * Fields 4 (ppid), 14 to 17 (times) and 22 (start time) of the text that begins
 * with field 4.
 */
static int stat_fields(const char *text, struct proc_stat *st)
{
	char word[24];
	uint64_t cpu;
	unsigned int field;
	size_t n;

	for (field = 4; field <= 22; field++, text += n) {
		text += strspn(text, " \n");
		n = strcspn(text, " \n");
		if (n == 0 || n >= sizeof(word))
			return -EINVAL;
		memcpy(word, text, n);
		word[n] = '\0';
		if (field == 4 && parse_int(word, &st->ppid) < 0)
			return -EINVAL;
		if (field == 22 && parse_u64(word, &st->start) < 0)
			return -EINVAL;
		if (field >= 14 && field <= 17 && parse_u64(word, &cpu) == 0)
			st->cpu += cpu;
	}
	return 0;
}

int proc_parse_stat(const char *text, struct proc_stat *ret)
{
	const char *open = strchr(text, '('), *close = strrchr(text, ')');
	struct proc_stat st = { 0 };
	size_t n;
	int r;

	/* The name may hold anything, ") R 1" too: the last ')' ends it. */
	if (!open || !close || close < open || close[1] != ' ' || !close[2] ||
	    close[3] != ' ')
		return -EINVAL;
	n = (size_t)(close - open) - 1;
	if (n >= sizeof(st.comm))
		n = sizeof(st.comm) - 1;
	memcpy(st.comm, open + 1, n);
	st.state = close[2];
	r = stat_fields(close + 4, &st);
	if (r < 0)
		return r;
	*ret = st;
	return 0;
}

int proc_read_stat(pid_t pid, struct proc_stat *ret)
{
	AUTO(str) char *text = NULL;
	int r = proc_file(pid, "stat", 4096, &text);

	return r < 0 ? r : proc_parse_stat(text, ret);
}

bool proc_alive(const struct proc_id *id)
{
	struct proc_stat st;
	int r = proc_read_stat(id->pid, &st);

	if (r < 0) /* it is there, but cannot be looked at */
		return r != -ESRCH;
	if (id->start && st.start != id->start)
		return false;
	return st.state != 'Z' && st.state != 'X' && st.state != 'x';
}

int proc_open(const struct proc_id *id)
{
	AUTO(fd) int fd = -1;
	struct proc_stat st;
	int r;

	if (id->pid <= 0)
		return -ESRCH;
	fd = sys_pidfd_open(id->pid, 0);
	if (fd < 0)
		return fd;
	if (!id->start)
		return TAKE_FD(fd);
	/*
	 * Read after opening: if the start time is the wanted one now, the pid
	 * had not been reused when the pidfd was made.
	 */
	r = proc_read_stat(id->pid, &st);
	if (r < 0)
		return r;
	return st.start == id->start ? TAKE_FD(fd) : -ESRCH;
}

int pidfd_signal(int pidfd, int sig)
{
	return sys_pidfd_send_signal(pidfd, sig);
}

int pidfd_wait(int pidfd, deadline_t deadline)
{
	struct pollfd pfd = { .fd = pidfd, .events = POLLIN };
	int n;

	if (pidfd < 0) /* poll(2) would wait for nothing */
		return -EBADF;
	for (;;) {
		n = poll(&pfd, 1, deadline_poll_ms(deadline));
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			return (pfd.revents & POLLNVAL) ? -EBADF : 0;
		if (n == 0 && deadline_poll_ms(deadline) == 0)
			return -ETIMEDOUT;
	}
}

const char *proc_describe(pid_t pid, char *buf, size_t size)
{
	AUTO(str) char *wchan = NULL;
	struct proc_stat st;
	bool waits;
	char *c;

	if (proc_read_stat(pid, &st) < 0) {
		(void)snprintf(buf, size, "pid %d (gone)", pid);
		return buf;
	}
	for (c = st.comm; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	/* "0" or nothing: it runs, or the kernel does not tell us. */
	waits = proc_file(pid, "wchan", 256, &wchan) == 0 && wchan[0] &&
		!streq(wchan, "0");
	(void)snprintf(buf, size, "pid %d (%s), state %c%s%s", pid, st.comm,
		       st.state, waits ? ", in " : "", waits ? wchan : "");
	return buf;
}

/*
 * One run of a helper. The child's ends of the pipes are moved above 2, so that
 * putting them in place cannot overwrite one another.
 */
struct runner {
	const struct proc_run *run;
	pid_t parent, pid;
	int pidfd;
	int in_w, out_r, err_r, exec_r; /* ours */
	int in_c, out_c, err_c, exec_w; /* the child's */
	struct str out, err;
	size_t fed; /* bytes of stdin_data written */
	int exec_errno;
	bool timed_out, canceled;
};

static void close_reset(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static void runner_close_child_ends(struct runner *r)
{
	close_reset(&r->in_c);
	close_reset(&r->out_c);
	close_reset(&r->err_c);
	close_reset(&r->exec_w);
}

static void auto_runner(struct runner *r)
{
	int saved = errno;

	runner_close_child_ends(r);
	close_reset(&r->pidfd);
	close_reset(&r->in_w);
	close_reset(&r->out_r);
	close_reset(&r->err_r);
	close_reset(&r->exec_r);
	str_free(&r->out);
	str_free(&r->err);
	errno = saved;
}

/* A copy of fd that is not 0, 1 or 2. */
static int fd_high(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	return high < 0 ? -errno : high;
}

/* A pipe; our end is non-blocking, the child's is above 2. */
static int pipe_make(int *ret_ours, int *ret_child, bool child_reads)
{
	AUTO(fd) int ours = -1;
	AUTO(fd) int theirs = -1;
	int child, r;

	r = child_reads ? fd_pipe(&theirs, &ours) : fd_pipe(&ours, &theirs);
	if (r < 0)
		return r;
	child = fd_high(theirs);
	if (child < 0)
		return child;
	r = fd_nonblock(ours, true);
	if (r < 0) {
		(void)close(child);
		return r;
	}
	*ret_ours = TAKE_FD(ours);
	*ret_child = child;
	return 0;
}

static int runner_stdin(struct runner *r)
{
	AUTO(fd) int null_fd = -1;

	if (r->run->stdin_data && r->run->stdin_len)
		return pipe_make(&r->in_w, &r->in_c, true);
	null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (null_fd < 0) {
		/* A pipe without writer is as empty. */
		int res = pipe_make(&r->in_w, &r->in_c, true);

		close_reset(&r->in_w);
		return res;
	}
	r->in_c = fd_high(null_fd);
	return r->in_c < 0 ? r->in_c : 0;
}

static int runner_output(int given, int *ours, int *child)
{
	if (given < 0)
		return pipe_make(ours, child, false);
	*child = fd_high(given);
	return *child < 0 ? *child : 0;
}

static int runner_pipes(struct runner *r)
{
	int res = runner_stdin(r);

	if (res == 0)
		res = runner_output(r->run->out_fd, &r->out_r, &r->out_c);
	if (res == 0)
		res = runner_output(r->run->err_fd, &r->err_r, &r->err_c);
	if (res == 0)
		res = pipe_make(&r->exec_r, &r->exec_w, false);
	return res;
}

void proc_default_signals(void)
{
	sigset_t none;

	/* SIGKILL and SIGSTOP refuse; rightly so */
	for (int sig = 1; sig <= SIGRTMAX; sig++)
		(void)sys_signal_default(sig);
	/* After the handlers are gone, or a pending signal would run one. */
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The helper between fork and exec: becomes the program or reports why not. */
__attribute__((noreturn)) static void child_main(const struct runner *r)
{
	const struct proc_run *run = r->run;
	char *argv[] = { NULL, NULL };
	int code = 0;

	/* A helper whose caller was killed has nobody to answer to. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != r->parent)
		_exit(127);
	/* The parent does the same: whoever is first, the group exists. */
	(void)setpgid(0, 0);
	proc_default_signals();
	if (dup2(r->in_c, STDIN_FILENO) < 0 ||
	    dup2(r->out_c, STDOUT_FILENO) < 0 ||
	    dup2(r->err_c, STDERR_FILENO) < 0)
		code = errno;
	/* Descriptors the caller of the program handed to it are not for
	 * helpers. */
	if (!code)
		code = -fd_cloexec_from(3);
	if (!code && run->cwd_fd >= 0 && fchdir(run->cwd_fd) < 0)
		code = errno;
	if (!code) {
		argv[0] = xstrdup(run->path);
		(void)execve(run->path, run->argv ? run->argv : argv,
			     run->envp);
		code = errno;
	}
	/* If this fails, exit status 127 has to tell. */
	(void)fd_write_full(r->exec_w, &code, sizeof(code));
	_exit(127);
}

/* Kills the group and reaps the child, for a run that cannot be watched. */
static void runner_abort(const struct runner *r)
{
	(void)kill(-r->pid, SIGKILL);
	(void)kill(r->pid, SIGKILL);
	if (r->pidfd < 0 || pidfd_wait(r->pidfd, deadline_in_ms(KILL_MS)) == 0)
		while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
			;
}

static int runner_fork(struct runner *r)
{
	r->parent = getpid();
	r->pid = fork();
	if (r->pid < 0)
		return -errno;
	if (r->pid == 0)
		child_main(r);
	(void)setpgid(r->pid, r->pid);
	runner_close_child_ends(r);
	r->pidfd = sys_pidfd_open(r->pid, 0);
	if (r->pidfd < 0) {
		runner_abort(r);
		return r->pidfd;
	}
	return 0;
}

static void feed_stdin(struct runner *r)
{
	const char *p = r->run->stdin_data;
	ssize_t n = write(r->in_w, p + r->fed, r->run->stdin_len - r->fed);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		r->fed += (size_t)n;
	/* EPIPE: it does not want the rest, which is its right. */
	if (n < 0 || r->fed == r->run->stdin_len)
		close_reset(&r->in_w);
}

/* Reads what is there; beyond OUTPUT_MAX only so that the writer can go on. */
static void drain(int *fd, struct str *s)
{
	char buf[16384];
	ssize_t n = read(*fd, buf, sizeof(buf));
	size_t room = OUTPUT_MAX - s->len;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close_reset(fd);
		return;
	}
	str_addn(s, buf, (size_t)n < room ? (size_t)n : room);
}

static void read_exec_errno(struct runner *r)
{
	int code;
	ssize_t n = read(r->exec_r, &code, sizeof(code));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == (ssize_t)sizeof(code))
		r->exec_errno = code;
	close_reset(&r->exec_r);
}

/*
 * One round of poll(2) over everything that is open; poll ignores negative
 * descriptors. Returns 1 when the child is dead, 0 to go on, -ETIMEDOUT,
 * -EINTR once.
 */
static int runner_poll(struct runner *r, int watch_fd, deadline_t deadline)
{
	int cancel_fd = r->run->cancel_fd;
	bool heed = cancel_fd > 0 && watch_fd >= 0 && !r->canceled;
	struct pollfd p[] = {
		{ .fd = watch_fd, .events = POLLIN },
		{ .fd = r->exec_r, .events = POLLIN },
		{ .fd = r->in_w, .events = POLLOUT },
		{ .fd = r->out_r, .events = POLLIN },
		{ .fd = r->err_r, .events = POLLIN },
		{ .fd = heed ? cancel_fd : -1, .events = POLLIN },
	};
	int n = poll(p, sizeof(p) / sizeof(p[0]), deadline_poll_ms(deadline));

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (p[1].revents)
		read_exec_errno(r);
	if (p[2].revents)
		feed_stdin(r);
	if (p[3].revents)
		drain(&r->out_r, &r->out);
	if (p[4].revents)
		drain(&r->err_r, &r->err);
	if (p[0].revents)
		return 1;
	if (p[5].revents)
		return -EINTR;
	/* Also when a stream never runs dry: the clock decides. */
	return deadline_poll_ms(deadline) == 0 ? -ETIMEDOUT : 0;
}

/* Serves the child until it is dead, killing it at the deadline. */
static int runner_watch(struct runner *r)
{
	deadline_t deadline = r->run->deadline;
	int res;

	for (;;) {
		res = runner_poll(r, r->pidfd, deadline);
		if (res > 0)
			return 0;
		bool first = !r->timed_out && !r->canceled;

		if ((res == -ETIMEDOUT && first) ||
		    (res == -EINTR && !r->timed_out)) {
			r->timed_out = res == -ETIMEDOUT;
			r->canceled = res == -EINTR;
			(void)kill(-r->pid, SIGKILL);
			deadline = deadline_in_ms(KILL_MS);
		} else if (res < 0) {
			return res;
		}
	}
}

/*
 * What the dead child left in the pipes. A grandchild may hold them open for
 * ever, which is why the end of file is not waited for beyond the grace.
 */
static void runner_drain_rest(struct runner *r)
{
	deadline_t grace = deadline_in_ms(GRACE_MS);

	close_reset(&r->in_w);
	while (r->out_r >= 0 || r->err_r >= 0 || r->exec_r >= 0)
		if (runner_poll(r, -1, grace) < 0)
			return;
}

static void runner_result(struct runner *r, int status, struct proc_result *ret)
{
	*ret = (struct proc_result){
		.status = status,
		.timed_out = r->timed_out,
		.canceled = r->canceled,
		.exec_errno = r->exec_errno,
	};
	if (r->run->out_fd < 0)
		ret->out = str_take(&r->out);
	if (r->run->err_fd < 0)
		ret->err = str_take(&r->err);
}

int proc_run(const struct proc_run *run, struct proc_result *ret)
{
	AUTO(runner)
	struct runner r = {
		.run = run,
		.pidfd = -1,
		.in_w = -1,
		.out_r = -1,
		.err_r = -1,
		.exec_r = -1,
		.in_c = -1,
		.out_c = -1,
		.err_c = -1,
		.exec_w = -1,
	};
	int res, status = 0;

	res = runner_pipes(&r);
	if (res == 0)
		res = runner_fork(&r);
	if (res < 0)
		return res;
	res = runner_watch(&r);
	if (res < 0) {
		runner_abort(&r);
		return res;
	}
	/* Dead by the pidfd's word: this does not block. */
	while (waitpid(r.pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	runner_drain_rest(&r);
	runner_result(&r, status, ret);
	return 0;
}

int proc_find(const char *name, char **ret)
{
	const char *dir = getenv("PATH");

	while (dir && *dir) {
		size_t n = strcspn(dir, ":");
		AUTO(str) char *path = xasprintf("%.*s/%s", (int)n, dir, name);

		if (*path == '/' && n > 0 && access(path, X_OK) == 0) {
			*ret = TAKE_PTR(path);
			return 0;
		}
		dir += n + (dir[n] == ':');
	}
	return -ENOENT;
}

void proc_result_free(struct proc_result *r)
{
	int saved = errno;

	free(r->out);
	free(r->err);
	r->out = NULL;
	r->err = NULL;
	errno = saved;
}

const char *proc_status_text(int status, char *buf, size_t size)
{
	const char *name;

	if (WIFEXITED(status)) {
		(void)snprintf(buf, size, "exit status %d",
			       WEXITSTATUS(status));
	} else if (WIFSIGNALED(status)) {
		name = strsignal(WTERMSIG(status));
		(void)snprintf(
			buf, size, "signal %d (%c%s%s)", WTERMSIG(status),
			name[0] >= 'A' && name[0] <= 'Z' ? name[0] + 32
							 : name[0],
			name + 1, WCOREDUMP(status) ? ", core dumped" : "");
	} else {
		(void)snprintf(buf, size, "wait status 0x%x",
			       (unsigned int)status);
	}
	return buf;
}

int proc_exit_code(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return 255;
}

int proc_enter_mnt(int fd)
{
	return setns(fd, CLONE_NEWNS) < 0 ? -errno : 0;
}
