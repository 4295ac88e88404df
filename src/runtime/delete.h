/* SPDX-License-Identifier: Apache-2.0 */
/* Removing a container, whole or wrecked. Every action is idempotent. */
#ifndef OCIRUN_RUNTIME_DELETE_H
#define OCIRUN_RUNTIME_DELETE_H

#include "base/err.h"
#include "config/spec.h"
#include "runtime/opts.h"
#include "runtime/state.h"

#include <stdbool.h>

/*
 * The delete command. Without force: a stopped container, or one that was never started
 * unless rt->strict (runtime.md, "Delete"; runc kills that one); an unknown one is an
 * error. With force: any state, also the wreck of a start that died;
 * an unknown id is success.
 */
int container_delete(const struct runtime *rt, const char *id, bool force,
		     struct err *e);

/*
 * What delete does once the processes may go: kill what is left in the cgroup,
 * remove the cgroup, the state directory, run the poststop hooks. `spec` may be
 * NULL (read when there are hooks).
 */
int container_destroy(struct container *c, const struct spec *spec,
		      struct err *e);

#endif
