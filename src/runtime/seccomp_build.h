/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From linux.seccomp of the config to the compiled filter that init loads: names
 * to numbers (libseccomp), defaults of runtime-spec config-linux.md, "Seccomp",
 * and what this kernel can do. Parent only: the library never runs in init (I9).
 */
#ifndef OCIRUN_RUNTIME_SECCOMP_BUILD_H
#define OCIRUN_RUNTIME_SECCOMP_BUILD_H

#include "base/err.h"
#include "config/spec.h"
#include "runtime/seccomp_filter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A compiled filter; release with seccomp_program_clear(). */
struct seccomp_program {
	struct sock_filter *insns; /* NULL: the config has no filter */
	size_t n;
	int fd;           /* the same in a sealed memfd for init, -1 = none */
	uint32_t lacks;   /* SECCOMP_FILTER_FLAG_* that this kernel ignores */
	bool by_number;   /* init may not use sendmsg(2) under it */
	bool raw;         /* not of our making: nothing is known about it */
};
#define SECCOMP_PROGRAM_INIT { NULL, 0, -1, 0, false, false }

/*
 * Compile `s`; a filter that is not asked for leaves *ret empty. Errors have the
 * pointer of the property: unknown to the library (architecture), to the kernel
 * (action, flag), too large, or this build has no libseccomp.
 */
int seccomp_build(struct seccomp_program *ret, const struct spec_seccomp *s,
		  struct err *e);
void seccomp_program_clear(struct seccomp_program *p);

/*
 * Init failed while this filter was in force: name in the hint the first system
 * call that init needs from there on and that the filter does not let through.
 * `late`: it was loaded under no_new_privileges, right before READY. A hint that
 * is there already stays.
 */
void seccomp_explain(const struct seccomp_program *p, bool late, struct err *e);

/*
 * Init is ready and waits for start: could it then go on? -EPERM if the filter
 * refuses what it must do first, which nobody would be there to report.
 */
int seccomp_check_start(const struct seccomp_program *p, struct err *e);

/* For `features`: "2.5.4" in buf, or NULL without the library. */
const char *seccomp_library(char *buf, size_t size);
/* True if the kernel takes SECCOMP_FILTER_FLAG_* `flag` (seccomp(2)). */
bool seccomp_flag_supported(uint32_t flag);
/* True if the kernel knows this SECCOMP_RET_* action. */
bool seccomp_action_supported(uint32_t action);

static inline void auto_seccomp_program(struct seccomp_program *p)
{
	seccomp_program_clear(p);
}

#endif
