/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clone3(2) and what stands in for it: with a copy of our memory (nsx_clone), in our
 * memory on a stack of its own (nsx_clone_shared), or with all of our memory because
 * we need it no more (nsx_clone_heir). Must not know what the new process is for.
 */
#include "config.h"
#include "libnsexec/program.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sys.h"
#include "libnsexec/rawcall.h"

#include "base/banned.h"

/*
 * Shared memory needs a clone3 that switches stacks and never returns in the
 * child, which C cannot express. Sanitizers keep shadow state per stack.
 */
#if !RAWCALL || defined(__SANITIZE_ADDRESS__) || defined(OCIRUN_NO_SHARED_CLONE)
#define SHARED_CLONE 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SHARED_CLONE 0
#endif
#endif
#ifndef SHARED_CLONE
#define SHARED_CLONE 1
#endif

/*
 * An old kernel, or a filter, which cannot look at the arguments of clone3 and so
 * denies it as a whole. EPERM may be the answer to the flags as well; then clone(2)
 * says it again.
 */
bool nsx_clone3_denied(pid_t r)
{
	return r == -ENOSYS || r == -EPERM;
}

pid_t nsx_clone(struct sys_clone_args *args)
{
	const uint64_t beyond = SYS_CLONE_INTO_CGROUP | CLONE_NEWTIME;
	int r = sys_clone3(args);

	if (!nsx_clone3_denied(r) || args->flags & beyond)
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
static long clone_on_stack(struct sys_clone_args *args, nsx_shared_fn fn,
			   void *arg)
{
#if defined(__x86_64__)
	register long nr __asm__("rax");
	register void *a0 __asm__("rdi");
	register size_t a1 __asm__("rsi");
	register nsx_shared_fn f __asm__("r8");
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
	register nsx_shared_fn f __asm__("x2");
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
#endif

pid_t nsx_clone_shared(struct sys_clone_args *args, void *stack, size_t size,
		       nsx_shared_fn fn, void *arg)
{
#if SHARED_CLONE
	struct sys_clone_args shared = *args;

	shared.flags |= CLONE_VM;
	shared.stack = (uintptr_t)stack;
	shared.stack_size = size;
	return (pid_t)clone_on_stack(&shared, fn, arg);
#else
	(void)args;
	(void)stack;
	(void)size;
	(void)fn;
	(void)arg;
	return -ENOSYS;
#endif
}

/*
 * The child goes on where we were, on our stack; we leave at once, without a stack.
 * Registers but the result survive the system call in both processes.
 */
#if SHARED_CLONE && defined(__x86_64__)
static long clone_and_exit(struct sys_clone_args *args)
{
	register long nr __asm__("rax") = SYS_clone3;
	register void *a0 __asm__("rdi") = args;
	register size_t a1 __asm__("rsi") = sizeof(*args);

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jle 1f\n\t"
			 "mov %[exit], %%eax\n\t"
			 "xor %%edi, %%edi\n\t"
			 "syscall\n\t"
			 "hlt\n"
			 "1:"
			 : "+r"(nr), "+r"(a0)
			 : "r"(a1), [exit] "i"(SYS_exit_group)
			 : "rcx", "r11", "memory", "cc");
	return nr;
}

/* The child would have a new shadow stack, and could not return on the old one. */
static bool has_shadow_stack(void)
{
	uint64_t ssp = 0;

	/* rdsspq; does nothing where there is none */
	__asm__ volatile(".byte 0xf3, 0x48, 0x0f, 0x1e, 0xc8" : "+a"(ssp));
	return ssp != 0;
}

static long heir(const struct sys_clone_args *args)
{
	struct sys_clone_args shared = *args;

	shared.flags |= CLONE_VM;
	return has_shadow_stack() ? -ENOSYS : clone_and_exit(&shared);
}
#else
static long heir(const struct sys_clone_args *args)
{
	(void)args;
	return -ENOSYS;
}
#endif

pid_t nsx_clone_heir(struct sys_clone_args *args, bool share)
{
	long r = share ? heir(args) : -ENOSYS;
	pid_t pid;

	/* EINVAL: of what the flags want, something cannot be had in shared memory */
	if (!nsx_clone3_denied((pid_t)r) && r != -EINVAL)
		return (pid_t)r;
	pid = nsx_clone(args);
	if (pid > 0)
		_exit(0);
	return pid;
}
