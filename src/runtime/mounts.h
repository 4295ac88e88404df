/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mounts: give mounts to a container that runs, or take them away. They are made
 * as create makes them, by a process like its init (init/target.c); the container
 * is not stopped meanwhile, and trusted with nothing.
 */
#ifndef OCIRUN_RUNTIME_MOUNTS_H
#define OCIRUN_RUNTIME_MOUNTS_H

#include "base/err.h"
#include "runtime/opts.h"

/*
 * `file`: an array of mounts as in a config; relative sources are below the working
 * directory. In its order, all or none (mount points that were made stay). `remove`:
 * only the destinations count, the last first; what went before a failure is gone.
 */
int container_mounts(const struct runtime *rt, const char *id, const char *file,
		     bool remove, struct err *e);

#endif
