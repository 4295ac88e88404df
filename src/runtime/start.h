/* SPDX-License-Identifier: Apache-2.0 */
/* From "created" to "running". */
#ifndef OCIRUN_RUNTIME_START_H
#define OCIRUN_RUNTIME_START_H

#include "base/err.h"
#include "config/spec.h"
#include "libnsexec/nsexec.h"
#include "runtime/opts.h"
#include "runtime/state.h"

/*
 * Let init go on: open the fifo, wait until the user's program was executed (or
 * could not be: *e is init's own error then, with e->exit_code 255), then run
 * the poststart hooks; a failing one kills the container. The container must be
 * locked and its status "created". `spec` may be NULL: it is read from the state
 * directory when there are hooks to run.
 */
int container_release(struct container *c, const struct spec *spec,
		      struct err *e);

/* The same for a container that was made with VERB_RUN: `child` is its init. */
int container_release_child(struct container *c, struct nsx_child *child,
			    const struct spec *spec, struct err *e);
/* The start command: open, lock, check the status, release. */
int container_start(const struct runtime *rt, const char *id, struct err *e);

/* Read the config that the container was created with. */
int container_spec(const struct container *c, struct spec *ret, struct err *e);

#endif
