/* SPDX-License-Identifier: Apache-2.0 */
/* Host-side hooks: prestart, createRuntime, poststart, poststop. */
#ifndef OCIRUN_RUNTIME_HOOKS_H
#define OCIRUN_RUNTIME_HOOKS_H

#include "base/err.h"
#include "config/spec.h"
#include "hook/hook.h"

#include <sys/types.h>

struct hook_ctx {
	const struct spec *spec;
	const char *id, *bundle;
	pid_t pid; /* host pid of init; 0 = left out of the state */
	int cancel_fd; /* input ends the wait for a hook; 0 = none */
};

/*
 * Open the files that annotations name for the output of hooks: appended to, made
 * if missing. Without them both stay -1.
 */
int hooks_open_io(struct hook_io *io, const struct spec *spec, struct err *e);

/*
 * Run all hooks of a kind in order, with `status` in the state on stdin, in
 * the bundle directory. Stops at the first failure.
 */
int hooks_run(const struct hook_ctx *ctx, enum hook_kind kind,
	      const char *status, struct err *e);

/* poststop: every hook runs, failures are only warned of (runtime-spec
 * runtime.md, lifecycle step 13). */
void hooks_run_poststop(const struct hook_ctx *ctx);

#endif
