/* SPDX-License-Identifier: Apache-2.0 */
/* New limits for a container that exists. */
#ifndef OCIRUN_RUNTIME_UPDATE_H
#define OCIRUN_RUNTIME_UPDATE_H

#include "base/err.h"
#include "base/mem.h"
#include "config/spec.h"
#include "runtime/opts.h"

struct update_opts {
	const char *id;
	const char *file; /* --resources: FILE or "-"; NULL: `res` counts */
	struct spec_resources res;
	const char *l3_cache_schema, *mem_bw_schema; /* NULL = untouched */
};

/*
 * Apply what is asked for on top of what the container has, and store the
 * result for the next update. On failure the container has its old limits. A
 * stopped container is "container not running".
 */
int container_update(const struct runtime *rt, const struct update_opts *opts,
		     struct err *e);

/*
 * `old` with `ask` laid over it: *ret_store is all of it, *ret_apply what has to
 * be written: what is asked for and what the kernel needs with it (quota and
 * period are one value, memory and swap are compared). Device rules are never
 * touched. Strings and lists are shared or in `arena`. Pure.
 */
void update_merge(const struct spec_resources *old,
		  const struct spec_resources *ask, struct arena *arena,
		  struct spec_resources *ret_store,
		  struct spec_resources *ret_apply);

#endif
