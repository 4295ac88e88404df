/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container uses (cg_stats.c), and a descriptor that tells of its OOM
 * kills and its end (cg_watch.c). Values are those of the kernel's files in the
 * units of cgroup v1, whichever version they come from: nanoseconds, bytes.
 */
#ifndef OCIRUN_CGROUP_STATS_H
#define OCIRUN_CGROUP_STATS_H

#include "base/err.h"
#include "base/mem.h"
#include "cgroup/cgroup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Pressure stall information: averages in hundredths of a percent. */
struct cgroup_stall { uint64_t avg10, avg60, avg300, total; };
struct cgroup_psi {
	bool set;
	struct cgroup_stall some, full;
};

struct u64_list { uint64_t *v; size_t n; };

struct cgroup_cpu {
	uint64_t total, kernel, user; /* ns */
	struct u64_list percpu, percpu_kernel, percpu_user; /* v1 only */
	uint64_t periods, throttled_periods, throttled_time;
	struct cgroup_psi psi;
};

struct cgroup_cpuset { /* v1 only */
	struct u64_list cpus, mems;
	uint64_t cpu_exclusive, mem_hardwall, mem_exclusive, memory_migrate,
		memory_spread_page, memory_spread_slab, memory_pressure,
		sched_load_balance;
	int64_t sched_relax_domain_level;
};

struct cgroup_mem_entry { uint64_t limit, usage, max, failcnt; };
struct cgroup_counter { const char *key; uint64_t value; };
struct cgroup_memory {
	uint64_t cache;
	struct cgroup_mem_entry usage;
	struct cgroup_mem_entry swap; /* memory and swap together */
	struct cgroup_mem_entry kernel, kernel_tcp;
	/* memory.stat, and on v2 "memory.events.NAME" if any; sorted by key */
	struct cgroup_counter *raw;
	size_t n_raw;
	struct cgroup_psi psi;
};

enum cgroup_io_kind {
	CGROUP_IO_SERVICE_BYTES, CGROUP_IO_SERVICED, CGROUP_IO_QUEUED,
	CGROUP_IO_SERVICE_TIME, CGROUP_IO_WAIT_TIME, CGROUP_IO_MERGED,
	CGROUP_IO_TIME, CGROUP_IO_SECTORS, _CGROUP_IO_MAX,
};
struct cgroup_io_entry {
	uint64_t major, minor;
	const char *op; /* "Read", "" if there is one value a device */
	uint64_t value;
};
struct cgroup_io_list { struct cgroup_io_entry *v; size_t n; };

struct cgroup_hugetlb {
	const char *size; /* "2MB" */
	uint64_t usage, max, failcnt;
};

struct cgroup_stats {
	struct arena arena;
	struct cgroup_cpu cpu;
	struct cgroup_cpuset cpuset;
	struct cgroup_memory memory;
	uint64_t pids, pids_limit; /* 0 = no limit */
	struct cgroup_io_list io[_CGROUP_IO_MAX];
	struct cgroup_psi io_psi;
	struct cgroup_hugetlb *hugetlb; /* sorted by size as text */
	size_t n_hugetlb;
};

/*
 * Read everything there is; what the layout does not have is zero. *ret is
 * zeroed first; free it with cgroup_stats_free() in any case. -ENOENT if the
 * cgroup is gone.
 */
int cgroup_stats(struct cgroup *cg, struct cgroup_stats *ret, struct err *e);
void cgroup_stats_free(struct cgroup_stats *stats);

#define CGROUP_EV_OOM (1 << 0) /* out of memory, since the last time asked */
#define CGROUP_EV_END (1 << 1) /* empty or gone: nothing more will come */

struct cgroup_watch {
	int fd;          /* readable when cgroup_watch_read() has news */
	int eventfd;     /* v1: counts OOM */
	int events_fd;   /* v2: cgroup.events */
	int memory_fd;   /* v2: memory.events */
	uint64_t kills;  /* v2: already told */
	char *control;   /* v1: gone when the cgroup is */
	char why[200];   /* reason if OOM cannot be seen, else "" */
};
#define CGROUP_WATCH_INIT { .fd = -1, .eventfd = -1, .events_fd = -1, \
			    .memory_fd = -1 }

/*
 * Watch. An unwatchable OOM is no error (see why). Where the layout has no
 * event for emptiness (v1 alone), CGROUP_EV_END comes with the removal only.
 */
int cgroup_watch_open(struct cgroup_watch *ret, struct cgroup *cg,
		      struct err *e);
/* CGROUP_EV_* that are due; never blocks. */
int cgroup_watch_read(struct cgroup_watch *w);
void cgroup_watch_close(struct cgroup_watch *w);

static inline void auto_cgroup_stats(struct cgroup_stats *s)
{
	cgroup_stats_free(s);
}
static inline void auto_cgroup_watch(struct cgroup_watch *w)
{
	cgroup_watch_close(w);
}

#endif
