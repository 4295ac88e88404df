/* SPDX-License-Identifier: Apache-2.0 */
/* Signals to a container. */
#ifndef OCIRUN_RUNTIME_KILL_H
#define OCIRUN_RUNTIME_KILL_H

#include "base/err.h"
#include "runtime/opts.h"

#include <stdbool.h>

/*
 * Send `signame` (name or number as names.h signal_number() takes it) to init.
 * SIGKILL for a container without a pid namespace of its own goes to every
 * process of its cgroup. A stopped container is "container not running".
 *
 * `all`: every signal goes to every process of the cgroup, as with crun and
 * runc before 1.2; called by the name runc it goes to init, as with runc since.
 * A stopped container is success with it.
 */
int container_kill(const struct runtime *rt, const char *id, const char *signame,
		   bool all, struct err *e);

#endif
