/* SPDX-License-Identifier: Apache-2.0 */
/* From a running container to images, and back. The work is criu's. */
#ifndef OCIRUN_RUNTIME_CHECKPOINT_H
#define OCIRUN_RUNTIME_CHECKPOINT_H

#include "base/err.h"
#include "criu/criu.h"
#include "runtime/opts.h"

/*
 * Write the images of a running (or paused) container, which is deleted
 * afterwards, with its poststop hooks, unless the flags say otherwise. After a
 * failure it is as it was.
 */
int container_checkpoint(const struct runtime *rt, const char *id,
			 const struct criu_flags *flags, struct err *e);

/*
 * Make a container of the bundle and the images. Its record, pid file, hooks
 * (prestart, createRuntime) and limits are as with run; what is in it is as it
 * was. *ret_status and failures as with container_run().
 */
int container_restore(const struct create_opts *opts,
		      const struct criu_flags *flags, int *ret_status,
		      struct err *e);

#endif
