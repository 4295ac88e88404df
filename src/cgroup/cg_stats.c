/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics of a container (stats.h). Only reads. Each group of values is
 * looked for on v1 first and in the cgroup2 directory else, so that a hybrid
 * host shows what each hierarchy has; pressure is always cgroup2's.
 *
 * A counter that is missing is zero, as is one that the kernel shows as
 * negative: reading statistics never fails for the sake of a single file.
 *
 * Sources: the kernel's cgroup-v1/ (cpuacct, memory, blkio-controller, hugetlb,
 * cpusets) and admin-guide/cgroup-v2.rst, accounting/psi.rst.
 */
#include "config.h"

#include "cgroup/stats.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cgroup/cg_internal.h"

#include "base/banned.h"

/* ---- text to numbers ---- */

/* The number that `text` begins with; "max" is the largest. */
static uint64_t number(const char *text)
{
	char digits[24];
	size_t n = strspn(text, "0123456789");
	uint64_t ret;

	if (str_starts(text, "max"))
		return UINT64_MAX;
	if (n == 0 || n >= sizeof(digits))
		return 0;
	memcpy(digits, text, n);
	digits[n] = '\0';
	return parse_u64(digits, &ret) < 0 ? 0 : ret;
}

static uint64_t saturated(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* Reader of one directory. */
struct dir {
	struct arena *a;
	const char *path;
};

static char *slurp(const struct dir *d, const char *name)
{
	return arena_strdup(d->a, cg_read(d->a, d->path, name));
}

static bool has(const struct dir *d, const char *name)
{
	AUTO(str) char *path = xasprintf("%s/%s", d->path, name);

	return access(path, F_OK) == 0;
}

static uint64_t read_num(const struct dir *d, const char *name)
{
	return number(cg_read(d->a, d->path, name));
}

static void push_u64(struct arena *a, struct u64_list *l, uint64_t v)
{
	if ((l->n & (l->n - 1)) == 0) { /* grow at powers of two */
		uint64_t *p = arena_array(a, l->n ? 2 * l->n : 1, sizeof(*p));

		if (l->n)
			memcpy(p, l->v, l->n * sizeof(*p));
		l->v = p;
	}
	l->v[l->n++] = v;
}

/* Words of a line, cut in place. */
#define WORDS 64
static size_t split(char *line, char *words[WORDS])
{
	size_t n = 0;

	for (char *w; n < WORDS && (w = strsep(&line, " \t"));)
		if (*w)
			words[n++] = w;
	return n;
}

/* "key N" lines into counters; keys get the prefix. */
static size_t read_counters(const struct dir *d, const char *name,
			    const char *prefix, struct cgroup_counter **ret,
			    size_t n)
{
	char *text = slurp(d, name), *line;
	size_t lines = 1;

	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	struct cgroup_counter *v = arena_array(d->a, n + lines, sizeof(*v));

	if (n)
		memcpy(v, *ret, n * sizeof(*v));
	while ((line = strsep(&text, "\n"))) {
		char *sp = strchr(line, ' ');

		if (!sp || sp == line)
			continue;
		*sp = '\0';
		uint64_t value = number(sp + 1);

		/* Events that have not happened are not told, "oom" least of all. */
		if (*prefix && value == 0)
			continue;
		v[n++] = (struct cgroup_counter){
			*prefix ? arena_printf(d->a, "%s%s", prefix, line) : line,
			value,
		};
	}
	*ret = v;
	return n;
}

static uint64_t counter(const struct cgroup_counter *v, size_t n,
			const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (streq(v[i].key, key))
			return v[i].value;
	return 0;
}

/* "12.34" in hundredths. */
static uint64_t hundredths(const char *text)
{
	const char *dot = text + strspn(text, "0123456789");
	uint64_t ret = number(text) * 100;

	if (*dot != '.' || dot[1] < '0' || dot[1] > '9')
		return ret;
	ret += (uint64_t)(dot[1] - '0') * 10;
	if (dot[2] >= '0' && dot[2] <= '9')
		ret += (uint64_t)(dot[2] - '0');
	return ret;
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0" */
static void read_psi(const struct dir *d, const char *name,
		     struct cgroup_psi *ret)
{
	char *text = slurp(d, name), *line, *words[WORDS];

	while ((line = strsep(&text, "\n"))) {
		size_t n = split(line, words);
		struct cgroup_stall *s = NULL;

		if (n && streq(words[0], "some"))
			s = &ret->some;
		else if (n && streq(words[0], "full"))
			s = &ret->full;
		if (!s)
			continue;
		ret->set = true;
		for (size_t i = 1; i < n; i++) {
			const char *w = words[i];

			if (str_starts(w, "avg10="))
				s->avg10 = hundredths(w + 6);
			else if (str_starts(w, "avg60="))
				s->avg60 = hundredths(w + 6);
			else if (str_starts(w, "avg300="))
				s->avg300 = hundredths(w + 7);
			else if (str_starts(w, "total="))
				s->total = number(w + 6);
		}
	}
}

/* ---- cpu ---- */

/* cpuacct.stat counts in USER_HZ. */
static uint64_t ticks_to_ns(uint64_t ticks)
{
	long hz = sysconf(_SC_CLK_TCK);

	return ticks * (UINT64_C(1000000000) / (hz > 0 ? (uint64_t)hz : 100));
}

static void cpuacct_v1(const struct dir *d, struct cgroup_cpu *ret)
{
	struct cgroup_counter *v = NULL;
	size_t n = read_counters(d, "cpuacct.stat", "", &v, 0);
	char *text = slurp(d, "cpuacct.usage_percpu"), *line, *words[WORDS];

	ret->user = ticks_to_ns(counter(v, n, "user"));
	ret->kernel = ticks_to_ns(counter(v, n, "system"));
	ret->total = read_num(d, "cpuacct.usage");
	while ((line = strsep(&text, " ")))
		if (*line)
			push_u64(d->a, &ret->percpu, number(line));
	/* "cpu user system", then a line a CPU */
	text = slurp(d, "cpuacct.usage_all");
	(void)strsep(&text, "\n");
	while ((line = strsep(&text, "\n"))) {
		if (split(line, words) < 3)
			continue;
		push_u64(d->a, &ret->percpu_user, number(words[1]));
		push_u64(d->a, &ret->percpu_kernel, number(words[2]));
	}
}

static void cpu_v1(const struct dir *d, struct cgroup_cpu *ret)
{
	struct cgroup_counter *v = NULL;
	size_t n = read_counters(d, "cpu.stat", "", &v, 0);

	ret->periods = counter(v, n, "nr_periods");
	ret->throttled_periods = counter(v, n, "nr_throttled");
	ret->throttled_time = counter(v, n, "throttled_time");
}

static void cpu_v2(const struct dir *d, struct cgroup_cpu *ret)
{
	struct cgroup_counter *v = NULL;
	size_t n = read_counters(d, "cpu.stat", "", &v, 0);

	ret->total = counter(v, n, "usage_usec") * 1000;
	ret->user = counter(v, n, "user_usec") * 1000;
	ret->kernel = counter(v, n, "system_usec") * 1000;
	ret->periods = counter(v, n, "nr_periods");
	ret->throttled_periods = counter(v, n, "nr_throttled");
	ret->throttled_time = counter(v, n, "throttled_usec") * 1000;
}

/* ---- cpuset ---- */

/* Members that a list such as "0-3,7" may have at most (as the kernel). */
#define LIST_LIMIT 65536

static void read_list(const struct dir *d, const char *name,
		      struct u64_list *ret)
{
	char *text = slurp(d, name), *part;

	while ((part = strsep(&text, ","))) {
		const char *dash = strchr(part, '-');
		uint64_t from = number(part), to = dash ? number(dash + 1) : from;

		if (!*part || to >= LIST_LIMIT)
			continue;
		for (uint64_t i = from; i <= to; i++)
			push_u64(d->a, ret, i);
	}
}

static void cpuset_v1(const struct dir *d, struct cgroup_cpuset *ret)
{
	/* The mount option noprefix leaves "cpuset." out. */
	const char *pre = has(d, "cpuset.cpus") ? "cpuset." : "";
	const struct {
		const char *name;
		uint64_t *to;
	} t[] = {
		{ "cpu_exclusive", &ret->cpu_exclusive },
		{ "mem_hardwall", &ret->mem_hardwall },
		{ "mem_exclusive", &ret->mem_exclusive },
		{ "memory_migrate", &ret->memory_migrate },
		{ "memory_spread_page", &ret->memory_spread_page },
		{ "memory_spread_slab", &ret->memory_spread_slab },
		{ "memory_pressure", &ret->memory_pressure },
		{ "sched_load_balance", &ret->sched_load_balance },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		*t[i].to = read_num(d, arena_printf(d->a, "%s%s", pre, t[i].name));
	read_list(d, arena_printf(d->a, "%scpus", pre), &ret->cpus);
	read_list(d, arena_printf(d->a, "%smems", pre), &ret->mems);
	(void)parse_i64(cg_read(d->a, d->path,
				arena_printf(d->a, "%ssched_relax_domain_level",
					     pre)),
			&ret->sched_relax_domain_level);
}

/* ---- memory ---- */

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct cgroup_counter *)a)->key,
		      ((const struct cgroup_counter *)b)->key);
}

static void sort_raw(struct cgroup_memory *m)
{
	if (m->n_raw > 1)
		qsort(m->raw, m->n_raw, sizeof(*m->raw), by_key);
}

static void mem_entry_v1(const struct dir *d, const char *part,
			 struct cgroup_mem_entry *ret)
{
	const struct {
		const char *name;
		uint64_t *to;
	} t[] = {
		{ "usage_in_bytes", &ret->usage },
		{ "max_usage_in_bytes", &ret->max },
		{ "failcnt", &ret->failcnt },
		{ "limit_in_bytes", &ret->limit },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		*t[i].to = read_num(d, arena_printf(d->a, "memory.%s%s", part,
						    t[i].name));
}

static void memory_v1(const struct dir *d, struct cgroup_memory *ret)
{
	ret->n_raw = read_counters(d, "memory.stat", "", &ret->raw, 0);
	ret->cache = counter(ret->raw, ret->n_raw, "cache");
	mem_entry_v1(d, "", &ret->usage);
	mem_entry_v1(d, "memsw.", &ret->swap);
	mem_entry_v1(d, "kmem.", &ret->kernel);
	mem_entry_v1(d, "kmem.tcp.", &ret->kernel_tcp);
	sort_raw(ret);
}

static void mem_entry_v2(const struct dir *d, const char *part,
			 struct cgroup_mem_entry *ret)
{
	if (!has(d, arena_printf(d->a, "memory.%scurrent", part)))
		return;
	ret->usage = read_num(d, arena_printf(d->a, "memory.%scurrent", part));
	ret->limit = read_num(d, arena_printf(d->a, "memory.%smax", part));
	ret->max = read_num(d, arena_printf(d->a, "memory.%speak", part));
}

static void memory_v2(const struct dir *d, struct cgroup_memory *ret)
{
	if (!has(d, "memory.stat"))
		return;
	ret->n_raw = read_counters(d, "memory.stat", "", &ret->raw, 0);
	ret->cache = counter(ret->raw, ret->n_raw, "file");
	mem_entry_v2(d, "", &ret->usage);
	mem_entry_v2(d, "swap.", &ret->swap);
	/* As on v1 the sum; its peak is not the sum of the peaks. */
	ret->swap.max = 0;
	ret->swap.usage = saturated(ret->swap.usage, ret->usage.usage);
	ret->swap.limit = saturated(ret->swap.limit, ret->usage.limit);
	/* v2 has no failcnt: what has happened is told by name. */
	ret->n_raw = read_counters(d, "memory.events", "memory.events.",
				   &ret->raw, ret->n_raw);
	sort_raw(ret);
}

/* ---- pids ---- */

static void read_pids(const struct dir *d, struct cgroup_stats *ret)
{
	if (has(d, "pids.current")) {
		uint64_t max = read_num(d, "pids.max");

		ret->pids = read_num(d, "pids.current");
		ret->pids_limit = max == UINT64_MAX ? 0 : max;
		return;
	}
	/* Without the controller (cgroup2 only): count. */
	const char *text = cg_read(d->a, d->path, "cgroup.procs");

	if (!*text)
		text = cg_read(d->a, d->path, "cgroup.threads");
	ret->pids = *text != '\0';
	for (; *text; text++)
		ret->pids += *text == '\n';
}

/* ---- block io ---- */

static void push_io(struct arena *a, struct cgroup_io_list *l,
		    const struct cgroup_io_entry *entry)
{
	if ((l->n & (l->n - 1)) == 0) {
		struct cgroup_io_entry *p =
			arena_array(a, l->n ? 2 * l->n : 1, sizeof(*p));

		if (l->n)
			memcpy(p, l->v, l->n * sizeof(*p));
		l->v = p;
	}
	l->v[l->n++] = *entry;
}

static bool device(const char *word, struct cgroup_io_entry *ret)
{
	const char *colon = strchr(word, ':');

	if (!colon || colon == word)
		return false;
	ret->major = number(word);
	ret->minor = number(colon + 1);
	return true;
}

/* "8:0 Read 4096" or "8:0 4096"; the line "Total 4096" is left out. */
static void read_io_v1(const struct dir *d, const char *name,
		       struct cgroup_io_list *ret)
{
	char *text = slurp(d, name), *line, *words[WORDS];

	while ((line = strsep(&text, "\n"))) {
		size_t n = split(line, words);
		struct cgroup_io_entry entry = { .op = "" };

		if (n < 2 || !device(words[0], &entry))
			continue;
		if (n > 2)
			entry.op = words[1];
		entry.value = number(words[n - 1]);
		push_io(d->a, ret, &entry);
	}
}

/*
 * Where an elevator keeps statistics of its own they are the more detailed
 * ones: bfq (with its debug files or without), cfq of old kernels, and then
 * what the throttling layer counts.
 */
static void io_v1(const struct dir *d, struct cgroup_io_list *ret)
{
	static const struct {
		const char *name;
		enum cgroup_io_kind kind;
	} files[] = {
		{ "sectors", CGROUP_IO_SECTORS },
		{ "io_service_time", CGROUP_IO_SERVICE_TIME },
		{ "io_wait_time", CGROUP_IO_WAIT_TIME },
		{ "io_merged", CGROUP_IO_MERGED },
		{ "io_queued", CGROUP_IO_QUEUED },
		{ "time", CGROUP_IO_TIME },
		{ "io_serviced", CGROUP_IO_SERVICED },
		{ "io_service_bytes", CGROUP_IO_SERVICE_BYTES },
	};
	static const struct {
		const char *pre, *post;
		size_t first; /* of files[] */
	} groups[] = {
		{ "blkio.bfq.", "_recursive", 0 },
		{ "blkio.bfq.", "_recursive", 6 },
		{ "blkio.", "_recursive", 0 },
		{ "blkio.throttle.", "_recursive", 6 },
		{ "blkio.throttle.", "", 6 },
	};

	for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
		for (size_t i = groups[g].first;
		     i < sizeof(files) / sizeof(files[0]); i++) {
			struct cgroup_io_list *l = &ret[files[i].kind];

			read_io_v1(d, arena_printf(d->a, "%s%s%s", groups[g].pre,
						   files[i].name, groups[g].post),
				   l);
			if (i == groups[g].first && l->n == 0)
				break; /* the group is not there */
			if (i + 1 == sizeof(files) / sizeof(files[0]))
				return;
		}
	}
}

/* "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6" */
static void io_v2(const struct dir *d, struct cgroup_io_list *ret)
{
	static const struct {
		const char *key, *op;
		enum cgroup_io_kind kind;
	} keys[] = {
		{ "rbytes=", "Read", CGROUP_IO_SERVICE_BYTES },
		{ "wbytes=", "Write", CGROUP_IO_SERVICE_BYTES },
		{ "rios=", "Read", CGROUP_IO_SERVICED },
		{ "wios=", "Write", CGROUP_IO_SERVICED },
	};
	char *text = slurp(d, "io.stat"), *line, *words[WORDS];

	while ((line = strsep(&text, "\n"))) {
		size_t n = split(line, words);
		struct cgroup_io_entry entry = { .op = "" };

		if (n < 2 || !device(words[0], &entry))
			continue;
		for (size_t i = 1; i < n; i++) {
			for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]);
			     k++) {
				if (!str_starts(words[i], keys[k].key))
					continue;
				entry.op = keys[k].op;
				entry.value = number(words[i] +
						     strlen(keys[k].key));
				push_io(d->a, &ret[keys[k].kind], &entry);
			}
		}
	}
}

/* ---- hugetlb ---- */

static int by_size(const void *a, const void *b)
{
	return strcmp(((const struct cgroup_hugetlb *)a)->size,
		      ((const struct cgroup_hugetlb *)b)->size);
}

static void read_hugetlb(const struct dir *d, bool v2, const char *size,
			 struct cgroup_hugetlb *ret)
{
	struct arena *a = d->a;
	const char *usage = v2 ? "current" : "usage_in_bytes";
	const char *pre = arena_printf(a, "hugetlb.%s.rsvd", size);
	struct cgroup_counter *v = NULL;

	/* Reservations count faults that are still to come (Linux 5.7). */
	if (!has(d, arena_printf(a, "%s.%s", pre, usage)))
		pre = arena_printf(a, "hugetlb.%s", size);
	*ret = (struct cgroup_hugetlb){
		.size = size,
		.usage = read_num(d, arena_printf(a, "%s.%s", pre, usage)),
	};
	if (v2) {
		size_t n = read_counters(
			d, arena_printf(a, "hugetlb.%s.events", size), "", &v, 0);

		ret->failcnt = counter(v, n, "max");
		return;
	}
	ret->max = read_num(d, arena_printf(a, "%s.max_usage_in_bytes", pre));
	ret->failcnt = read_num(d, arena_printf(a, "%s.failcnt", pre));
}

/* The sizes are those that the directory has files for. */
static void hugetlb(const struct dir *d, bool v2, struct cgroup_stats *ret)
{
	const char *end = v2 ? ".current" : ".usage_in_bytes";
	AUTO(dir) DIR *dir = opendir(d->path);
	struct dirent *de;

	while (dir && (de = readdir(dir))) {
		const char *name = de->d_name + strlen("hugetlb.");
		size_t n = strcspn(str_starts(de->d_name, "hugetlb.") ? name : "",
				   ".");

		/* not "hugetlb.2MB.rsvd.current", not "….max_usage_in_bytes" */
		if (n == 0 || !streq(name + n, end))
			continue;
		struct cgroup_hugetlb *v = arena_array(
			d->a, ret->n_hugetlb + 1, sizeof(*v));

		if (ret->n_hugetlb)
			memcpy(v, ret->hugetlb, ret->n_hugetlb * sizeof(*v));
		ret->hugetlb = v;
		read_hugetlb(d, v2, arena_strndup(d->a, name, n),
			     &v[ret->n_hugetlb++]);
	}
	if (ret->n_hugetlb > 1)
		qsort(ret->hugetlb, ret->n_hugetlb, sizeof(*ret->hugetlb),
		      by_size);
}

/* ---- all of it ---- */

static bool there(const struct cg_dir *d)
{
	return d && !d->dropped && access(d->dir, F_OK) == 0;
}

static bool find_v1(const struct cgroup *cg, const char *name, struct dir *ret)
{
	const struct cg_dir *d = cg_find_v1(cg, name);

	if (!there(d))
		return false;
	ret->path = d->dir;
	return true;
}

static void read_v1(const struct cgroup *cg, struct cgroup_stats *ret)
{
	struct dir d = { &ret->arena, NULL };

	if (find_v1(cg, "cpuacct", &d))
		cpuacct_v1(&d, &ret->cpu);
	if (find_v1(cg, "cpu", &d))
		cpu_v1(&d, &ret->cpu);
	if (find_v1(cg, "cpuset", &d))
		cpuset_v1(&d, &ret->cpuset);
	if (find_v1(cg, "memory", &d))
		memory_v1(&d, &ret->memory);
	if (find_v1(cg, "pids", &d))
		read_pids(&d, ret);
	if (find_v1(cg, "blkio", &d))
		io_v1(&d, ret->io);
	if (find_v1(cg, "hugetlb", &d))
		hugetlb(&d, false, ret);
}

static void read_v2(const struct cgroup *cg, struct cgroup_stats *ret)
{
	const struct dir d = { &ret->arena, cg->d2->dir };

	if (!cg_find_v1(cg, "cpuacct") && !cg_find_v1(cg, "cpu"))
		cpu_v2(&d, &ret->cpu);
	if (!cg_find_v1(cg, "memory"))
		memory_v2(&d, &ret->memory);
	if (!cg_find_v1(cg, "pids"))
		read_pids(&d, ret);
	if (!cg_find_v1(cg, "blkio"))
		io_v2(&d, ret->io);
	if (!cg_find_v1(cg, "hugetlb"))
		hugetlb(&d, true, ret);
	read_psi(&d, "cpu.pressure", &ret->cpu.psi);
	read_psi(&d, "memory.pressure", &ret->memory.psi);
	read_psi(&d, "io.pressure", &ret->io_psi);
}

int cgroup_stats(struct cgroup *cg, struct cgroup_stats *ret, struct err *e)
{
	bool any = cg->n_dirs == 0; /* nothing was ever made: zeros */

	*ret = (struct cgroup_stats){ 0 };
	for (size_t i = 0; !any && i < cg->n_dirs; i++)
		any = there(&cg->dirs[i]);
	if (!any)
		return err_set(e, ENOENT, "unable to get container cgroup stats:"
			       " '%s' is gone", cg->dirs[0].dir);
	read_v1(cg, ret);
	if (there(cg->d2))
		read_v2(cg, ret);
	return 0;
}

void cgroup_stats_free(struct cgroup_stats *stats)
{
	arena_free(&stats->arena);
	*stats = (struct cgroup_stats){ 0 };
}
