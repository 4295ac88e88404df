/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strikes one process of a command at its k-th system call, for the tests of
 * "killed at any moment" (bats/faults.bats, bats/hang.bats).
 *
 *	killat [OPTION…] -- COMMAND [ARG…]
 *
 *	-p N      the process: 0 is COMMAND itself (default), 1 the first process
 *	          that COMMAND or a descendant made, 2 the second …
 *	-k K      strike at its K-th system call; 0 only counts (default)
 *	-s NAMES  count only calls of these names, "openat,mkdirat"
 *	-a        strike after the call instead of before it
 *	-e ERRNO  the call does nothing and fails with ERRNO, e.g. EIO; else SIGKILL
 *	-S        SIGSTOP instead of SIGKILL
 *	-x SCRIPT run SCRIPT with sh(1) while the call waits, then let it go on
 *	-l        list the calls: "K NAME" a line
 *	-o FILE   the report is appended to it (default: stderr)
 *
 * The report's last line is "struck PID K NAME" or "count K". All other
 * processes run at full speed; after the strike nothing is traced any more. The
 * exit status is COMMAND's (128 + N for signal N).
 */
#include "config.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* linux/ptrace.h cannot be included beside sys/ptrace.h everywhere. */
#define GET_SYSCALL_INFO 0x420e
struct call_info {
	uint8_t op; /* 1 entry, 2 exit */
	uint8_t pad[3];
	uint32_t arch;
	uint64_t ip, sp;
	uint64_t nr_or_rval;
	uint64_t rest[8];
};

#define MAX_TRACEES 64

struct killat {
	int which, k;
	const char *name;   /* -s */
	const char *script; /* -x */
	bool after, stop, list;
	int inject;	  /* errno, 0 = signal */
	FILE *report;
	pid_t main, target;
	pid_t seen[MAX_TRACEES]; /* in the order of their making */
	int n_seen;
	int count;
	bool injecting; /* between entry and exit of the struck call */
	bool begun; /* COMMAND was executed */
	bool struck;
};

static const struct {
	long nr;
	const char *name;
} names[] = {
#define CALL(n) { SYS_##n, #n },
	CALL(read) CALL(write) CALL(close) CALL(fstat) CALL(mmap) CALL(mprotect)
	CALL(munmap) CALL(brk) CALL(rt_sigaction) CALL(rt_sigprocmask)
	CALL(ioctl) CALL(pread64) CALL(sendfile) CALL(socket) CALL(connect)
	CALL(sendto) CALL(recvfrom) CALL(sendmsg) CALL(recvmsg)
	CALL(socketpair) CALL(clone) CALL(execve) CALL(execveat) CALL(wait4)
	CALL(waitid) CALL(kill) CALL(uname) CALL(fcntl) CALL(flock)
	CALL(getcwd) CALL(fchdir) CALL(chdir) CALL(fchmod) CALL(fchmodat)
	CALL(fchownat) CALL(umask) CALL(getpid) CALL(getppid) CALL(setpgid)
	CALL(setsid) CALL(prctl) CALL(openat) CALL(mkdirat) CALL(mknodat)
	CALL(unlinkat) CALL(renameat) CALL(linkat) CALL(symlinkat)
	CALL(readlinkat) CALL(faccessat) CALL(statfs)
	CALL(fstatfs) CALL(getdents64) CALL(lseek) CALL(pipe2) CALL(dup3)
	CALL(memfd_create) CALL(clone3) CALL(pidfd_open) CALL(close_range)
	CALL(pidfd_send_signal) CALL(ppoll) CALL(prlimit64) CALL(mount)
	CALL(umount2) CALL(pivot_root) CALL(fsopen) CALL(fsconfig)
	CALL(fsmount) CALL(move_mount) CALL(open_tree) CALL(mount_setattr)
	CALL(openat2) CALL(setns) CALL(unshare) CALL(capget) CALL(capset)
	CALL(setgroups) CALL(setresuid) CALL(setresgid) CALL(sethostname)
	CALL(keyctl) CALL(setxattr) CALL(getxattr) CALL(fsetxattr)
	CALL(fgetxattr) CALL(getrandom) CALL(sched_setaffinity) CALL(bpf)
	CALL(seccomp) CALL(setitimer) CALL(exit_group) CALL(futex)
	CALL(clock_gettime) CALL(signalfd4) CALL(set_robust_list)
	CALL(set_tid_address) CALL(rseq) CALL(getuid) CALL(geteuid)
	CALL(getgid) CALL(getegid) CALL(epoll_ctl) CALL(getsockopt)
#ifdef SYS_newfstatat
	CALL(newfstatat)
#endif
#ifdef SYS_fstatat64
	CALL(fstatat64)
#endif
#ifdef SYS_open
	CALL(open) CALL(access) CALL(stat) CALL(lstat) CALL(poll) CALL(mkdir)
	CALL(rmdir) CALL(unlink) CALL(readlink) CALL(dup2) CALL(fork)
	CALL(vfork) CALL(mknod) CALL(chmod) CALL(rename)
#endif
#ifdef SYS_arch_prctl
	CALL(arch_prctl)
#endif
#ifdef SYS_faccessat2
	CALL(faccessat2)
#endif
#undef CALL
};

static const struct {
	const char *name;
	int code;
} errnos[] = {
	{ "EIO", EIO },	      { "ENOMEM", ENOMEM }, { "EINTR", EINTR },
	{ "ENOSPC", ENOSPC }, { "EPERM", EPERM },   { "EACCES", EACCES },
	{ "ENOSYS", ENOSYS }, { "EAGAIN", EAGAIN }, { "EMFILE", EMFILE },
	{ "EINVAL", EINVAL }, { "EBUSY", EBUSY },   { "ENOENT", ENOENT },
	{ "ELOOP", ELOOP },   { "E2BIG", E2BIG },   { "EOPNOTSUPP", EOPNOTSUPP },
};

static void die(const char *fmt, ...)
	__attribute__((noreturn, format(printf, 1, 2)));
static void die(const char *fmt, ...)
{
	va_list ap;

	(void)fputs("killat: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	exit(125);
}

static const char *call_name(long nr, char buf[32])
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].nr == nr)
			return names[i].name;
	(void)snprintf(buf, 32, "syscall_%ld", nr);
	return buf;
}

static long pt(int request, pid_t pid, unsigned long addr, unsigned long data)
{
	/* the C library declares the request as an enum of its own */
	return syscall(SYS_ptrace, (long)request, (long)pid, addr, data);
}

/* ---- the struck call ---- */

/* Replace the number of the call that is just being entered: it does nothing. */
static int skip_call(pid_t pid)
{
#if defined(__x86_64__)
	return pt(PTRACE_POKEUSER, pid,
		  offsetof(struct user_regs_struct, orig_rax),
		  (unsigned long)-1L) < 0 ? -1 : 0;
#elif defined(__aarch64__)
	int nr = -1;
	struct iovec iov = { &nr, sizeof(nr) };

	return pt(PTRACE_SETREGSET, pid, 0x404, (unsigned long)&iov) < 0 ? -1 :
									   0;
#else
	(void)pid;
	errno = ENOSYS;
	return -1;
#endif
}

static int set_result(pid_t pid, long value)
{
#if defined(__x86_64__)
	return pt(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rax),
		  (unsigned long)value) < 0 ? -1 : 0;
#elif defined(__aarch64__)
	struct user_regs_struct regs;
	struct iovec iov = { &regs, sizeof(regs) };

	if (pt(PTRACE_GETREGSET, pid, NT_PRSTATUS, (unsigned long)&iov) < 0)
		return -1;
	regs.regs[0] = (unsigned long long)value;
	return pt(PTRACE_SETREGSET, pid, NT_PRSTATUS, (unsigned long)&iov) < 0 ?
		       -1 :
		       0;
#else
	(void)pid;
	(void)value;
	errno = ENOSYS;
	return -1;
#endif
}

static int code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The struck process gets its signal. */
static void release_target(const struct killat *ka)
{
	pid_t pid = ka->target;
	int status;

	if (!ka->inject && !ka->stop && !ka->script)
		(void)kill(pid, SIGKILL);
	/*
	 * One that is dying already has to be reaped here, or its parent never
	 * hears of its death.
	 */
	if (pt(PTRACE_DETACH, pid, 0, ka->stop && !ka->inject ? SIGSTOP : 0) <
		    0 &&
	    pid != ka->main)
		(void)waitpid(pid, &status, __WALL);
}

/* A stopped tracee goes on by itself, with the signal that it stopped for. */
static void let_go(pid_t pid, int status)
{
	int sig = WSTOPSIG(status) & 0x7f;
	bool event = status >> 16 != 0 || sig == SIGTRAP;

	(void)pt(PTRACE_DETACH, pid, 0, event ? 0 : (unsigned long)sig);
}

/* A running tracee cannot be detached: stop it first. */
static void release_other(const struct killat *ka, pid_t pid)
{
	int status;

	if (pt(PTRACE_INTERRUPT, pid, 0, 0) < 0 ||
	    waitpid(pid, &status, __WALL) != pid)
		return;
	if (WIFSTOPPED(status))
		let_go(pid, status);
	else if (pid == ka->main)
		exit(code_of(status));
}

/*
 * The target first: its parent may be waiting for it in vfork(2). The others in the
 * opposite order of their making, for the same reason. Who was made just now and is
 * not known yet, is traced all the same: follow() lets it go.
 */
static void release_all(struct killat *ka)
{
	release_target(ka);
	for (int i = ka->n_seen - 1; i >= 0; i--)
		if (ka->seen[i] != 0 && ka->seen[i] != ka->target)
			release_other(ka, ka->seen[i]);
	ka->struck = true;
}

/* -x: what an enemy does at this moment. */
static void run_script(const char *script)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (pid == 0) {
		(void)execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		die("'%s' failed", script);
}

static bool listed(const char *list, const char *name)
{
	size_t n = strlen(name), len;

	for (; *list; list += len + (list[len] == ',')) {
		len = strcspn(list, ",");
		if (len == n && memcmp(list, name, n) == 0)
			return true;
	}
	return false;
}

/* True when this is the call to strike. */
static bool chosen(struct killat *ka, long nr)
{
	char buf[32];
	const char *name = call_name(nr, buf);

	if (ka->name && !listed(ka->name, name))
		return false;
	ka->count++;
	if (ka->list)
		(void)fprintf(ka->report, "%d %s\n", ka->count, name);
	if (ka->k == 0 || ka->count != ka->k)
		return false;
	(void)fprintf(ka->report, "struck %d %d %s\n", ka->target, ka->count,
		      name);
	(void)fflush(ka->report);
	return true;
}

/* A stop at the entry or the exit of a call of the target. */
static void on_call(struct killat *ka, pid_t pid)
{
	static bool armed; /* -a: the call that is under way */
	struct call_info info = { 0 };

	if (pt(GET_SYSCALL_INFO, pid, sizeof(info), (unsigned long)&info) < 0)
		return; /* it is dying */
	if (info.op == 1) {
		if (!ka->begun || !chosen(ka, (long)info.nr_or_rval)) {
			return;
		} else if (ka->inject) {
			if (skip_call(pid) < 0)
				die("cannot skip a call: %s", strerror(errno));
			ka->injecting = true;
		} else if (ka->after) {
			armed = true;
		} else {
			if (ka->script)
				run_script(ka->script);
			release_all(ka);
		}
		return;
	}
	if (info.op != 2)
		return;
	if (ka->injecting) {
		if (set_result(pid, -ka->inject) < 0)
			die("cannot set a result: %s", strerror(errno));
		release_all(ka);
	} else if (armed) {
		release_all(ka);
	}
}

/* ---- following ---- */

static void add(struct killat *ka, pid_t pid)
{
	for (int i = 0; i < ka->n_seen; i++)
		if (ka->seen[i] == pid)
			return;
	if (ka->n_seen == MAX_TRACEES)
		die("too many processes");
	if (ka->n_seen == ka->which)
		ka->target = pid;
	ka->seen[ka->n_seen++] = pid;
}

static void forget(struct killat *ka, pid_t pid)
{
	for (int i = 0; i < ka->n_seen; i++)
		if (ka->seen[i] == pid)
			ka->seen[i] = 0;
}

static void go_on(const struct killat *ka, pid_t pid, int sig)
{
	(void)pt(pid == ka->target ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0,
		 (unsigned long)sig);
}

static void on_stop(struct killat *ka, pid_t pid, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;
	unsigned long child = 0;

	if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
	    event == PTRACE_EVENT_CLONE) {
		if (pt(PTRACE_GETEVENTMSG, pid, 0, (unsigned long)&child) == 0)
			add(ka, (pid_t)child);
		go_on(ka, pid, 0);
	} else if (event == PTRACE_EVENT_STOP) {
		add(ka, pid);
		/* a stop signal: stay stopped, but notice what comes */
		if (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN ||
		    sig == SIGTTOU)
			(void)pt(PTRACE_LISTEN, pid, 0, 0);
		else
			go_on(ka, pid, 0);
	} else if (event) {
		if (event == PTRACE_EVENT_EXEC && pid == ka->main)
			ka->begun = true;
		go_on(ka, pid, 0);
	} else if (sig == (SIGTRAP | 0x80)) {
		on_call(ka, pid);
		if (!ka->struck)
			go_on(ka, pid, 0);
	} else {
		go_on(ka, pid, sig);
	}
}

static int follow(struct killat *ka)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			die("wait: %s", strerror(errno));
		if (WIFSTOPPED(status)) {
			if (ka->struck)
				let_go(pid, status);
			else
				on_stop(ka, pid, status);
			continue;
		}
		forget(ka, pid);
		if (pid != ka->main)
			continue;
		if (!ka->struck)
			(void)fprintf(ka->report, "count %d\n", ka->count);
		return code_of(status);
	}
}

static void launch(struct killat *ka, char **argv)
{
	unsigned long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC;
	int gate[2];
	char byte;

	if (pipe2(gate, O_CLOEXEC) < 0)
		die("pipe: %s", strerror(errno));
	ka->main = fork();
	if (ka->main < 0)
		die("fork: %s", strerror(errno));
	if (ka->main == 0) {
		(void)close(gate[1]);
		(void)!read(gate[0], &byte, 1);
		(void)execvp(argv[0], argv);
		die("cannot execute '%s': %s", argv[0], strerror(errno));
	}
	if (ka->which > 0)
		options |= PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			   PTRACE_O_TRACECLONE;
	if (pt(PTRACE_SEIZE, ka->main, 0, options) < 0) {
		(void)kill(ka->main, SIGKILL);
		die("ptrace: %s", strerror(errno));
	}
	add(ka, ka->main);
	/* from the next system call on: the end of its read(2) */
	(void)pt(PTRACE_INTERRUPT, ka->main, 0, 0);
	(void)close(gate[0]);
	(void)close(gate[1]);
}

static int errno_of(const char *name)
{
	for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++)
		if (strcmp(errnos[i].name, name) == 0)
			return errnos[i].code;
	die("unknown errno '%s'", name);
}

static int number(const char *text)
{
	char *end;
	long v = strtol(text, &end, 10);

	if (*end || end == text || v < 0 || v > 10000000)
		die("'%s' is no number", text);
	return (int)v;
}

int main(int argc, char **argv)
{
	struct killat ka = { .report = stderr };
	int c;

	while ((c = getopt(argc, argv, "+p:k:s:ae:Sx:lo:")) != -1) {
		switch (c) {
		case 'p': ka.which = number(optarg); break;
		case 'k': ka.k = number(optarg); break;
		case 's': ka.name = optarg; break;
		case 'a': ka.after = true; break;
		case 'e': ka.inject = errno_of(optarg); break;
		case 'S': ka.stop = true; break;
		case 'x': ka.script = optarg; break;
		case 'l': ka.list = true; break;
		case 'o':
			ka.report = fopen(optarg, "ae");
			if (!ka.report)
				die("cannot open '%s'", optarg);
			break;
		default: return 125;
		}
	}
	if (!argv[optind])
		die("no command");
	launch(&ka, argv + optind);
	c = follow(&ka);
	(void)fclose(ka.report);
	return c;
}
