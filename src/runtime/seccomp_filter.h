/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seccomp filters as classic BPF: from numbered rules to the program that the
 * kernel runs for every system call, and back (an interpreter, for messages and
 * tests). Pure: nothing here knows a name, a config or a library.
 * Source: seccomp(2), Documentation/userspace-api/seccomp_filter.rst,
 * Documentation/networking/filter.rst.
 */
#ifndef OCIRUN_RUNTIME_SECCOMP_FILTER_H
#define OCIRUN_RUNTIME_SECCOMP_FILTER_H

#include "base/err.h"
#include "config/spec.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Operators, as names_seccomp_op[] numbers them. */
enum filter_op {
	FILTER_NE = 1, FILTER_LT, FILTER_LE, FILTER_EQ, FILTER_GE, FILTER_GT,
	FILTER_MASKED_EQ, /* (argument & value) == value_two */
};

/* x32: the numbers of AUDIT_ARCH_X86_64 with this bit. */
#define FILTER_X32_BIT 0x40000000U

/* One rule for one system call number. */
struct filter_rule {
	uint32_t nr;
	uint32_t ret;   /* SECCOMP_RET_* with its data */
	/* all must hold, none: always; at most one for each argument */
	const struct spec_seccomp_arg *args;
	size_t n_args;
	uint32_t index; /* N of /linux/seccomp/syscalls/N */
};

/*
 * The rules of one architecture, in the order of the config. `token` is its
 * AUDIT_ARCH_*, that of x32 without the 64-bit flag (names_seccomp_arch[]).
 */
struct filter_arch {
	uint32_t token;
	struct filter_rule *rules;
	size_t n_rules;
	uint32_t newest; /* largest number that the profile names; 0 = unknown */
};

struct filter_spec {
	uint32_t default_ret; /* no rule matches */
	uint32_t foreign_ret; /* none of the architectures */
	bool enosys;          /* numbers above `newest` answer ENOSYS */
	const struct filter_arch *archs; /* most frequent first */
	size_t n_archs;
};

/*
 * Compile. *ret_insns is malloc'ed. Per architecture a balanced tree of
 * comparisons leads to the action: about log2(number of runs of equal action)
 * instructions for any number, only such ones as let the kernel see that the
 * answer does not depend on the arguments (it then never runs the filter).
 *
 * Several rules for one number: the first without conditions decides; else the
 * first whose conditions hold; else the default. -EINVAL with the pointer of
 * the rule if two have the same conditions and different actions. -E2BIG above
 * BPF_MAXINSNS instructions.
 */
int filter_compile(const struct filter_spec *spec, struct sock_filter **ret_insns,
		   size_t *ret_n, struct err *e);

/*
 * What the program answers: SECCOMP_RET_* with data. A program that the kernel
 * would not take, or an instruction that no seccomp filter needs, is
 * SECCOMP_RET_KILL_PROCESS.
 */
uint32_t filter_run(const struct sock_filter *insns, size_t n,
		    const struct seccomp_data *data);

/* "errno 1 (EPERM)", "kill", "allow" … for messages. Returns buf. */
const char *filter_ret_text(uint32_t ret, char *buf, size_t size);

/* True if a system call with this answer goes through at once. */
static inline bool filter_passes(uint32_t ret)
{
	uint32_t action = ret & SECCOMP_RET_ACTION_FULL;

	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

#endif
