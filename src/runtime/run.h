/* SPDX-License-Identifier: Apache-2.0 */
/* run = create + release + stay + delete; no path of its own. */
#ifndef OCIRUN_RUNTIME_RUN_H
#define OCIRUN_RUNTIME_RUN_H

#include "base/err.h"
#include "runtime/create.h"
#include "runtime/foreground.h"
#include "runtime/opts.h"

/*
 * *ret_status: exit code of the container's process, or 0 when detached. On
 * failure nothing is left behind unless opts->keep.
 */
int container_run(const struct create_opts *opts, int *ret_status,
		  struct err *e);

/* Parts of it that restore shares: the container runs, we are its parent. */

/* Wait for its end and delete it, unless opts->keep. */
int container_stay(struct creation *cr, struct foreground *fg, int *ret_status,
		   struct err *e);
/* What failed after create: the container goes, its error stays. */
void container_abandon(struct creation *cr);

#endif
