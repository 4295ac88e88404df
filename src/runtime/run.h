/* SPDX-License-Identifier: Apache-2.0 */
/* run = create + release + stay + delete; no path of its own. */
#ifndef OCIRUN_RUNTIME_RUN_H
#define OCIRUN_RUNTIME_RUN_H

#include "base/err.h"
#include "runtime/opts.h"

/*
 * *ret_status: exit code of the container's process, or 0 when detached. On
 * failure nothing is left behind unless opts->keep.
 */
int container_run(const struct create_opts *opts, int *ret_status,
		  struct err *e);

#endif
