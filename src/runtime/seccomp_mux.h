/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls that some architectures reach in two ways: socketcall(2) and
 * ipc(2) take the number of the operation as first argument, and later kernels
 * gave most of the operations a number of their own. A rule for "socket" is a
 * rule for both.
 */
#ifndef OCIRUN_RUNTIME_SECCOMP_MUX_H
#define OCIRUN_RUNTIME_SECCOMP_MUX_H

#include <stdbool.h>
#include <stdint.h>

struct mux_call {
	const char *via;  /* "socketcall" or "ipc" */
	uint32_t op;      /* its first argument */
	int32_t direct;   /* number of its own, -1 = none */
};

/*
 * How architecture `token` (AUDIT_ARCH_*) reaches `name`; false if it has only
 * the one way that every other system call has. Pure.
 */
bool seccomp_mux(uint32_t token, const char *name, struct mux_call *ret);

/* Call fn for every pair of the table, for tests. */
void seccomp_mux_each(void (*fn)(uint32_t token, const char *name,
				 const struct mux_call *call, void *arg),
		      void *arg);

#endif
