/* SPDX-License-Identifier: Apache-2.0 */
/* What a container uses and what happens to it, as lines of JSON. */
#ifndef OCIRUN_RUNTIME_EVENTS_H
#define OCIRUN_RUNTIME_EVENTS_H

#include "base/err.h"
#include "base/str.h"
#include "cgroup/stats.h"
#include "rdt/stats.h"
#include "runtime/opts.h"

#include <stdbool.h>
#include <stdint.h>

struct events_opts {
	const char *id;
	int64_t interval_ns;
	bool stats; /* one line of statistics, no waiting */
	int out_fd; /* written line by line */
};

/*
 * Statistics once an interval, and a line whenever the container runs out of
 * memory, until its cgroup is empty or gone. The interval must be positive, the
 * container alive.
 */
int container_events(const struct runtime *rt, const struct events_opts *opts,
		     struct err *e);

/* {"type":"stats","id":…,"data":{…}} with a newline. Pure. */
void events_print_stats(struct str *out, const char *id,
			const struct cgroup_stats *stats,
			const struct rdt_stats *rdt);

#endif
