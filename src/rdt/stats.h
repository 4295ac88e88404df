/* SPDX-License-Identifier: Apache-2.0 */
/* What resctrl knows of a container. */
#ifndef OCIRUN_RDT_STATS_H
#define OCIRUN_RDT_STATS_H

#include "base/err.h"
#include "base/mem.h"
#include "config/spec.h"
#include "rdt/rdt.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rdt_node { uint64_t total, local, occupancy; }; /* bytes */

struct rdt_stats {
	struct arena arena;
	/* each with the schema of the default group and of the container's */
	bool cache;
	const char *cbm_mask;
	uint64_t min_cbm_bits, cache_closids;
	const char *cache_root, *cache_own;
	bool bandwidth;
	uint64_t bandwidth_gran, delay_linear, min_bandwidth, bandwidth_closids;
	const char *bandwidth_root, *bandwidth_own;
	struct str_list schemata;
	bool has_traffic, has_occupancy;
	struct rdt_node *nodes; /* by their names in mon_data */
	size_t n_nodes;
};

/*
 * Read what there is; *ret is zeroed first, free it with rdt_stats_free() in any
 * case. Without a monitoring group of its own the counters are the group's.
 */
int rdt_stats(struct rdt_stats *ret, const struct rdt_place *p, struct err *e);
void rdt_stats_free(struct rdt_stats *stats);

static inline void auto_rdt_stats(struct rdt_stats *s)
{
	rdt_stats_free(s);
}

#endif
