/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls that touch nothing but registers and what their arguments point
 * to: no errno. For a process that runs in the memory of another (zygote.c), where
 * errno is the other's. Elsewhere base/sys.h is the place.
 *
 * Source: syscall(2), "Architecture calling conventions".
 */
#ifndef OCIRUN_LIBNSEXEC_RAWCALL_H
#define OCIRUN_LIBNSEXEC_RAWCALL_H

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#if (defined(__x86_64__) && defined(__LP64__)) || defined(__aarch64__)
#define RAWCALL 1 /* keeps its promise */
#else
#define RAWCALL 0 /* sets errno: not for shared memory */
#endif

/* The result, or -errno. */
static inline long rawcall(long nr, long a, long b, long c, long d, long e)
{
#if defined(__x86_64__) && defined(__LP64__)
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return r;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory", "cc");
	return x0;
#else
	long r = syscall(nr, a, b, c, d, e);

	return r < 0 ? -errno : r;
#endif
}

#endif
