/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The birth of the first process: clone3 and execveat of the sealed copy.
 *
 * Where the machine allows, the child shares the parent's memory until it
 * executes (CLONE_VM | CLONE_VFORK on a stack of its own): copying the page
 * tables of the parent and the write faults after it cost as much as the exec.
 * That is safe because all signals are blocked, so no handler can run in the
 * shared memory; because the parent sleeps until the exec; and because the
 * child only makes system calls and leaves every variable it did not make alone
 * (errno excepted, which the parent sets anew). Nothing in child() may wait.
 *
 * Upholds I2 (everything is CLOEXEC, then the few that stay lose it) and I9.
 */
#include "config.h"
#include "libnsexec/nsexec.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/protect.h"
#include "base/sys.h"
#include "libnsexec/program.h"

#include "base/banned.h"

/*
 * Shared memory needs a clone3 that switches stacks and never returns in the
 * child, which C cannot express. Sanitizers keep shadow state per stack.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(OCIRUN_NO_SHARED_CLONE)
#define SHARED_CLONE 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SHARED_CLONE 0
#endif
#endif
#ifndef SHARED_CLONE
#if (defined(__x86_64__) && defined(__LP64__)) || defined(__aarch64__)
#define SHARED_CLONE 1
#else
#define SHARED_CLONE 0
#endif
#endif

/* Room for several errors and channel packets, and the C library's frames. */
#define STACK_SIZE ((size_t)64 * 1024)
#define GUARD_SIZE ((size_t)64 * 1024)

/*
 * Keep the capabilities in the new user namespace over the exec: as long as no
 * ids are mapped we are not root in it, and only ambient ones survive then.
 * walk.c drops them when it has become root.
 */
static int keep_caps(struct err *e)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3,
						 0 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) < 0)
		return err_errno(e, errno, "cannot read capabilities");
	data[0].inheritable = data[0].permitted;
	data[1].inheritable = data[1].permitted;
	if (syscall(SYS_capset, &head, data) < 0)
		return err_errno(e, errno,
				 "cannot make capabilities inheritable");
	for (unsigned long cap = 0; cap < 64; cap++) {
		uint32_t have = data[cap / 32].permitted;

		if (!(have & (1U << (cap % 32))))
			continue;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return err_errno(e, errno,
					 "cannot keep capability %lu over exec",
					 cap);
	}
	return 0;
}

static int keep_fd(int fd, struct err *e)
{
	int r = fd_cloexec(fd, false);

	return r < 0 ? err_errno(e, -r, "cannot keep descriptor %d", fd) : 0;
}

static int prepare(const struct nsx_birth *b, struct err *e)
{
	int r = fd_cloexec_from(3);

	if (r < 0)
		return err_errno(e, -r,
				 "cannot mark descriptors close-on-exec");
	if (keep_fd(b->chan_fd, e) < 0 || keep_fd(b->program_fd, e) < 0)
		return -e->code;
	for (size_t i = 0; i < b->req->n_keep_fds; i++)
		if (b->req->keep_fds[i] > 2 &&
		    keep_fd(b->req->keep_fds[i], e) < 0)
			return -e->code;
	for (unsigned int k = 0; k < _NSX_KIND_MAX; k++)
		if (b->req->ns[k].mode == NSX_JOIN &&
		    keep_fd(b->req->ns[k].fd, e) < 0)
			return -e->code;
	/* A group of its own lets spawn.c find the second process by it. */
	if (nsx_plan_clones(b->plan) && setpgid(0, 0) < 0)
		return err_errno(e, errno, "cannot make a process group");
	if (b->plan->clone_flags & CLONE_NEWUSER)
		return keep_caps(e);
	return 0;
}

/* Execute the program anew, with what the constructor is to find in envp. */
static int execute(const struct nsx_birth *b, char *env)
{
	char second[] = "init";
	/* execve(2) only reads them */
	char *const argv[] = { (char *)(uintptr_t)b->req->argv0, second, NULL };
	char *envp[] = { env, NULL, NULL };

#ifdef OCIRUN_FAULTS
	char unprotect[256];

	(void)snprintf(unprotect, sizeof(unprotect), PROTECT_ENV "=%s",
		       getenv(PROTECT_ENV) ? getenv(PROTECT_ENV) : "");
	envp[1] = unprotect;
#endif
	if (!PROTECTED(SEALED_COPY))
		return sys_execveat(AT_FDCWD, "/proc/self/exe", argv, envp, 0);
	return sys_execveat(b->req->exe_fd, "", argv, envp, AT_EMPTY_PATH);
}

/* The child. Signals stay blocked: the constructor of the image resets them. */
static int child(void *arg)
{
	const struct nsx_birth *b = arg;
	struct chan chan = { b->chan_fd, "stage", "parent", -1, 0, false, 0 };
	struct err e = ERR_INIT;
	char env[64];

	nsx_die_with_parent(&chan);
	if (prepare(b, &e) == 0) {
		(void)snprintf(env, sizeof(env), NSX_ENV "=%d:%d", b->chan_fd,
			       b->program_fd);
		int r = execute(b, env);

		(void)err_errno(
			&e, -r,
			"cannot execute the sealed copy of this program");
		if (r == -ENOENT)
			(void)err_hint(
				&e,
				"its dynamic linker is missing, or execveat(2) is filtered");
	}
	chan_send_err(&chan, &e, 0);
	_exit(1);
}

/*
 * No clone3 here: an old kernel, or a filter, which cannot look at its arguments
 * and so denies it as a whole. EPERM may be the answer to the flags as well; then
 * clone(2) says it again.
 */
static bool denied(long r)
{
	return r == -ENOSYS || r == -EPERM;
}

pid_t nsx_clone(struct sys_clone_args *args)
{
	const uint64_t beyond = SYS_CLONE_INTO_CGROUP | CLONE_NEWTIME;
	int r = sys_clone3(args);

	if (!denied(r) || args->flags & beyond)
		return r;
	/* compat: remove when baseline >= 5.3 and no filter denies clone3 */
	unsigned long flags = (unsigned long)(args->flags | args->exit_signal);
	unsigned long pidfd = (unsigned long)args->pidfd;
#if defined(__s390__) || defined(__CRIS__)
	long p = syscall(SYS_clone, 0UL, flags, pidfd, 0UL, 0UL);
#else
	long p = syscall(SYS_clone, flags, 0UL, pidfd, 0UL, 0UL);
#endif
	return p < 0 ? -errno : (pid_t)p;
}

#if SHARED_CLONE
/*
 * clone3 with args->stack set; the child calls fn(arg) there, which must not
 * return. Registers but the result survive the system call in both processes.
 */
static long clone_on_stack(struct sys_clone_args *args, int (*fn)(void *),
			   void *arg)
{
#if defined(__x86_64__)
	register long nr __asm__("rax");
	register void *a0 __asm__("rdi");
	register size_t a1 __asm__("rsi");
	register int (*f)(void *) __asm__("r8");
	register void *x __asm__("r9");

	nr = SYS_clone3;
	a0 = args;
	a1 = sizeof(*args);
	f = fn;
	x = arg;
	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "mov %%r9, %%rdi\n\t"
			 "call *%%r8\n\t"
			 "hlt\n"
			 "1:"
			 : "+r"(nr)
			 : "r"(a0), "r"(a1), "r"(f), "r"(x)
			 : "rcx", "r11", "memory", "cc");
	return nr;
#else
	register long nr __asm__("x8");
	register void *a0 __asm__("x0");
	register size_t a1 __asm__("x1");
	register int (*f)(void *) __asm__("x2");
	register void *x __asm__("x3");

	nr = SYS_clone3;
	a0 = args;
	a1 = sizeof(*args);
	f = fn;
	x = arg;
	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, xzr\n\t"
			 "mov x0, x3\n\t"
			 "blr x2\n\t"
			 "brk #1\n"
			 "1:"
			 : "+r"(a0)
			 : "r"(nr), "r"(a1), "r"(f), "r"(x)
			 : "memory", "cc");
	return (long)(intptr_t)a0;
#endif
}

static pid_t clone_shared(const struct sys_clone_args *args,
			  struct nsx_birth *b)
{
	struct sys_clone_args shared = *args;
	uint8_t *area = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	long r;

	if (area == MAP_FAILED)
		return -errno;
	if (mprotect(area + GUARD_SIZE, STACK_SIZE, PROT_READ | PROT_WRITE) <
	    0) {
		r = -errno;
	} else {
		shared.flags |= CLONE_VM | CLONE_VFORK;
		shared.stack = (uintptr_t)(area + GUARD_SIZE);
		shared.stack_size = STACK_SIZE;
		r = clone_on_stack(&shared, child, b);
	}
	(void)munmap(area, GUARD_SIZE + STACK_SIZE);
	return (pid_t)r;
}
#endif

static pid_t clone_child(struct sys_clone_args *args, struct nsx_birth *b)
{
	pid_t pid;

#if SHARED_CLONE
	pid = clone_shared(args, b);
	if (!denied(pid))
		return pid;
#endif
	pid = nsx_clone(args);
	if (pid == 0)
		(void)child(b);
	return pid;
}

pid_t nsx_birth(const struct nsx_birth *b, int *ret_pidfd)
{
	struct nsx_birth copy = *b;
	int pidfd = -1;
	struct sys_clone_args args = {
		.flags = b->plan->clone_flags | CLONE_PIDFD,
		.pidfd = (uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	sigset_t all, old;
	pid_t pid;

	if (b->plan->into_cgroup) {
		args.flags |= SYS_CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)b->req->cgroup_fd;
	}
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &old);
	pid = clone_child(&args, &copy);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	if (pid > 0)
		*ret_pidfd = pidfd;
	return pid;
}
