/* SPDX-License-Identifier: Apache-2.0 */
/* Stopping all processes of a container for a while, and letting them go on. */
#ifndef OCIRUN_RUNTIME_PAUSE_H
#define OCIRUN_RUNTIME_PAUSE_H

#include "base/err.h"
#include "runtime/opts.h"

/*
 * Freeze the cgroup and wait until everything in it has stopped. A container
 * that is neither running nor created is "container not running", a paused one
 * too. After a failure it is not frozen.
 */
int container_pause(const struct runtime *rt, const char *id, struct err *e);
/* Thaw; anything but a paused container is "container not paused". */
int container_resume(const struct runtime *rt, const char *id, struct err *e);

#endif
