/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics read from invented directories; no cgroup is needed. */
#include "config.h"

#include "cgroup/stats.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/str.h"
#include "tests/tap.h"

static char top[] = "/tmp/ocirun-test-stats-XXXXXX";

static void put(const char *dir, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", top, dir);
	char *file = xasprintf("%s/%s", path, name);

	(void)mkdir(path, 0700);
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || fd_write_full(fd, text, strlen(text)) < 0)
		abort();
	(void)close(fd);
	free(file);
	free(path);
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Open directories of `top` as a recorded cgroup: "ctrl dir" pairs. */
static struct cgroup *open_cg(const char *const *pairs, size_t n)
{
	struct cgroup_path paths[16] = { 0 };
	struct cgroup *cg = NULL;
	struct err e = ERR_INIT;

	for (size_t i = 0; i < n; i++)
		paths[i] = (struct cgroup_path){
			pairs[2 * i], xasprintf("%s/%s", top, pairs[2 * i + 1]),
		};
	if (cgroup_open(&cg, paths, n, CGROUP_FS, &e) < 0)
		diag("cgroup_open: %s", e.msg);
	for (size_t i = 0; i < n; i++)
		free((char *)(uintptr_t)paths[i].dir);
	return cg;
}

static const char *list_text(const struct u64_list *l, struct str *s)
{
	str_reset(s);
	for (size_t i = 0; i < l->n; i++)
		str_addf(s, "%s%" PRIu64, i ? " " : "", l->v[i]);
	return str_text(s);
}

static const char *io_text(const struct cgroup_io_list *l, struct str *s)
{
	str_reset(s);
	for (size_t i = 0; i < l->n; i++)
		str_addf(s, "%s%" PRIu64 ":%" PRIu64 " %s=%" PRIu64,
			 i ? ", " : "", l->v[i].major, l->v[i].minor,
			 l->v[i].op, l->v[i].value);
	return str_text(s);
}

static const char *raw_text(const struct cgroup_memory *m, struct str *s)
{
	str_reset(s);
	for (size_t i = 0; i < m->n_raw; i++)
		str_addf(s, "%s%s=%" PRIu64, i ? " " : "", m->raw[i].key,
			 m->raw[i].value);
	return str_text(s);
}

static void make_v1(void)
{
	put("cpu", "cpu.stat", "nr_periods 7\nnr_throttled 3\n"
			       "throttled_time 123456\n");
	put("cpu", "cpuacct.usage", "5000000000\n");
	put("cpu", "cpuacct.stat", "user 150\nsystem 2\n");
	put("cpu", "cpuacct.usage_percpu", "10 20 0 \n");
	put("cpu", "cpuacct.usage_all", "cpu user system\n0 1 2\n1 3 4\n");
	put("cpuset", "cpuset.cpus", "0-2,5\n");
	put("cpuset", "cpuset.mems", "0\n");
	put("cpuset", "cpuset.cpu_exclusive", "0\n");
	put("cpuset", "cpuset.sched_load_balance", "1\n");
	put("cpuset", "cpuset.sched_relax_domain_level", "-1\n");
	put("memory", "memory.stat", "rss 4096\ncache 8192\ninactive_file 1\n");
	put("memory", "memory.usage_in_bytes", "1000\n");
	put("memory", "memory.max_usage_in_bytes", "2000\n");
	put("memory", "memory.failcnt", "3\n");
	put("memory", "memory.limit_in_bytes", "9223372036854771712\n");
	put("memory", "memory.kmem.usage_in_bytes", "-4096\n");
	put("memory", "memory.kmem.max_usage_in_bytes", "77\n");
	put("pids", "pids.current", "4\n");
	put("pids", "pids.max", "max\n");
	put("blkio", "blkio.throttle.io_serviced_recursive", "Total 0\n");
	put("blkio", "blkio.throttle.io_serviced",
	    "8:0 Read 2\n8:0 Write 3\n8:0 Total 5\nTotal 5\n");
	put("blkio", "blkio.throttle.io_service_bytes",
	    "8:16 Read 8192\nTotal 8192\n");
	put("hugetlb", "hugetlb.2MB.usage_in_bytes", "11\n");
	put("hugetlb", "hugetlb.2MB.max_usage_in_bytes", "12\n");
	put("hugetlb", "hugetlb.2MB.failcnt", "13\n");
	put("hugetlb", "hugetlb.1GB.usage_in_bytes", "1\n");
	put("hugetlb", "hugetlb.1GB.rsvd.usage_in_bytes", "21\n");
	put("hugetlb", "hugetlb.1GB.rsvd.max_usage_in_bytes", "22\n");
	put("hugetlb", "hugetlb.1GB.rsvd.failcnt", "23\n");
}

static void check_v1(struct cgroup_stats *s)
{
	AUTO(strbuf) struct str t = { 0 };

	is_int((int64_t)s->cpu.total, 5000000000, "cpuacct.usage");
	is_int((int64_t)s->cpu.user, 150 * (1000000000 / sysconf(_SC_CLK_TCK)),
	       "user time in ns");
	is_str(list_text(&s->cpu.percpu, &t), "10 20 0", "percpu");
	is_str(list_text(&s->cpu.percpu_user, &t), "1 3", "percpu user");
	is_str(list_text(&s->cpu.percpu_kernel, &t), "2 4", "percpu kernel");
	is_int((int64_t)s->cpu.periods, 7, "periods");
	is_int((int64_t)s->cpu.throttled_periods, 3, "throttled periods");
	is_int((int64_t)s->cpu.throttled_time, 123456, "throttled time");
	is_str(list_text(&s->cpuset.cpus, &t), "0 1 2 5", "cpuset.cpus");
	is_str(list_text(&s->cpuset.mems, &t), "0", "cpuset.mems");
	is_int((int64_t)s->cpuset.sched_load_balance, 1, "load balance");
	is_int(s->cpuset.sched_relax_domain_level, -1, "negative level");
	is_str(raw_text(&s->memory, &t), "cache=8192 inactive_file=1 rss=4096",
	       "memory.stat, sorted");
	is_int((int64_t)s->memory.cache, 8192, "cache");
	is_int((int64_t)s->memory.usage.max, 2000, "peak");
	is_int((int64_t)s->memory.usage.failcnt, 3, "failcnt");
	is_int((int64_t)s->memory.kernel.usage, 0, "a negative counter is 0");
	is_int((int64_t)s->memory.kernel.max, 77, "kernel peak");
	is_int((int64_t)s->memory.swap.limit, 0, "no memsw files");
	is_int((int64_t)s->pids, 4, "pids");
	is_int((int64_t)s->pids_limit, 0, "no limit is 0");
	is_str(io_text(&s->io[CGROUP_IO_SERVICED], &t),
	       "8:0 Read=2, 8:0 Write=3, 8:0 Total=5",
	       "an empty recursive file is skipped for the plain one");
	is_str(io_text(&s->io[CGROUP_IO_SERVICE_BYTES], &t), "8:16 Read=8192",
	       "bytes");
	is_int((int64_t)s->n_hugetlb, 2, "two page sizes");
	is_str(s->hugetlb[0].size, "1GB", "sorted by size as text");
	is_int((int64_t)s->hugetlb[0].failcnt, 23, "reservations are preferred");
	is_int((int64_t)s->hugetlb[1].max, 12, "no reservations");
}

static void test_v1(void)
{
	static const char *const pairs[] = {
		"cpu", "cpu", "cpuacct", "cpu", "cpuset", "cpuset", "memory",
		"memory", "pids", "pids", "blkio", "blkio", "hugetlb", "hugetlb",
	};
	struct cgroup_stats s;
	struct err e = ERR_INIT;
	struct cgroup *cg;

	make_v1();
	cg = open_cg(pairs, 7);
	is_int(cgroup_stats(cg, &s, &e), 0, "v1: %s", e.msg);
	check_v1(&s);
	cgroup_stats_free(&s);
	put("blkio", "blkio.bfq.io_serviced_recursive", "8:0 Read 9\n");
	put("blkio", "blkio.bfq.io_service_bytes_recursive", "8:0 Read 90\n");
	is_int(cgroup_stats(cg, &s, &e), 0, "again");
	is_int((int64_t)s.io[CGROUP_IO_SERVICED].v[0].value, 9,
	       "bfq counts before the throttling layer");
	cgroup_stats_free(&s);
	cgroup_close(cg);
}

static void make_v2(void)
{
	put("u", "cpu.stat", "usage_usec 1000\nuser_usec 600\nsystem_usec 400\n"
			     "nr_periods 5\nnr_throttled 2\nthrottled_usec 9\n");
	put("u", "cpu.pressure",
	    "some avg10=1.50 avg60=0.07 avg300=12.34 total=99\n"
	    "full avg10=0.00 avg60=0.00 avg300=100.00 total=7\n");
	put("u", "io.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 "
				"total=3\n");
	put("u", "memory.stat", "anon 10\nfile 20\n");
	put("u", "memory.current", "100\n");
	put("u", "memory.max", "max\n");
	put("u", "memory.peak", "150\n");
	put("u", "memory.swap.current", "7\n");
	put("u", "memory.swap.max", "1000\n");
	put("u", "memory.events", "low 0\nmax 4\noom_kill 1\n");
	put("u", "pids.current", "2\n");
	put("u", "pids.max", "20\n");
	put("u", "io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 "
			    "dios=6\n253:1 \n");
	put("u", "hugetlb.2MB.current", "0\n");
	put("u", "hugetlb.2MB.rsvd.current", "5\n");
	put("u", "hugetlb.2MB.events", "max 6\n");
}

static void test_v2(void)
{
	static const char *const pairs[] = { "", "u" };
	AUTO(strbuf) struct str t = { 0 };
	struct cgroup_stats s;
	struct err e = ERR_INIT;
	struct cgroup *cg;

	make_v2();
	cg = open_cg(pairs, 1);
	is_int(cgroup_stats(cg, &s, &e), 0, "v2: %s", e.msg);
	is_int((int64_t)s.cpu.total, 1000000, "usec to ns");
	is_int((int64_t)s.cpu.kernel, 400000, "system time");
	is_int((int64_t)s.cpu.throttled_time, 9000, "throttled");
	ok(s.cpu.psi.set && s.cpu.psi.some.avg10 == 150 &&
		   s.cpu.psi.some.avg60 == 7 && s.cpu.psi.some.avg300 == 1234 &&
		   s.cpu.psi.some.total == 99,
	   "pressure, some");
	ok(s.cpu.psi.full.avg300 == 10000 && s.cpu.psi.full.total == 7,
	   "pressure, full");
	ok(s.io_psi.set && !s.memory.psi.set, "only files that are there");
	is_int((int64_t)s.memory.cache, 20, "cache is 'file'");
	ok(s.memory.usage.limit == UINT64_MAX, "max");
	is_int((int64_t)s.memory.usage.max, 150, "peak");
	is_int((int64_t)s.memory.swap.usage, 107, "memory and swap");
	ok(s.memory.swap.limit == UINT64_MAX, "the sum saturates");
	is_str(raw_text(&s.memory, &t),
	       "anon=10 file=20 memory.events.max=4 "
	       "memory.events.oom_kill=1", "memory.stat, and of memory.events what has happened");
	is_int((int64_t)s.pids_limit, 20, "pids.max");
	is_str(io_text(&s.io[CGROUP_IO_SERVICE_BYTES], &t),
	       "8:0 Read=1, 8:0 Write=2", "io.stat bytes");
	is_str(io_text(&s.io[CGROUP_IO_SERVICED], &t), "8:0 Read=3, 8:0 Write=4",
	       "io.stat requests");
	is_int((int64_t)s.n_hugetlb, 1, "hugetlb");
	is_int((int64_t)s.hugetlb[0].usage, 5, "reservations");
	is_int((int64_t)s.hugetlb[0].failcnt, 6, "events");
	cgroup_stats_free(&s);
	cgroup_close(cg);
}

static void test_odd(void)
{
	static const char *const hybrid[] = { "memory", "memory", "", "bare" };
	static const char *const gone[] = { "", "nothing-here" };
	struct cgroup_stats s;
	struct err e = ERR_INIT;
	struct cgroup *cg;

	put("bare", "cgroup.procs", "12\n13\n14\n");
	put("bare", "cpu.stat", "usage_usec 5\n");
	put("bare", "memory.stat", "file 1\n");
	cg = open_cg(hybrid, 2);
	is_int(cgroup_stats(cg, &s, &e), 0, "hybrid");
	is_int((int64_t)s.memory.cache, 8192, "memory from v1");
	is_int((int64_t)s.cpu.total, 5000, "cpu from cgroup2");
	is_int((int64_t)s.pids, 3, "without pids controller: counted");
	cgroup_stats_free(&s);
	cgroup_close(cg);
	cg = open_cg(gone, 1);
	is_int(cgroup_stats(cg, &s, &e), -ENOENT, "gone");
	ok(strstr(e.msg, "nothing-here") != NULL, "named: %s", e.msg);
	cgroup_stats_free(&s);
	cgroup_close(cg);
	cg = open_cg(gone, 0);
	is_int(cgroup_stats(cg, &s, &e), 0, "no cgroup at all: zeros");
	is_int((int64_t)s.pids, 0, "zero");
	cgroup_stats_free(&s);
	cgroup_close(cg);
}

/* cgroup.events of an empty cgroup; a plain file cannot be polled, and fails. */
static void test_watch(void)
{
	static const char *const pairs[] = { "", "u" };
	struct cgroup_watch w = CGROUP_WATCH_INIT;
	struct err e = ERR_INIT;
	struct cgroup *cg = open_cg(pairs, 0);

	is_int(cgroup_watch_open(&w, cg, &e), 0, "nothing to watch: %s", e.msg);
	ok(*w.why != '\0', "says why there is no OOM: %s", w.why);
	is_int(cgroup_watch_read(&w), 0, "no news");
	cgroup_watch_close(&w);
	cgroup_close(cg);
	cg = open_cg(pairs, 1);
	is_int(cgroup_watch_open(&w, cg, &e), 0, "no cgroup.events");
	ok(*w.why != '\0', "memory.events cannot be polled: %s", w.why);
	cgroup_watch_close(&w);
	put("u", "cgroup.events", "populated 0\n");
	ok(cgroup_watch_open(&w, cg, &e) < 0, "a plain file: %s", e.msg);
	cgroup_watch_close(&w);
	cgroup_close(cg);
}

int main(void)
{
	if (!mkdtemp(top))
		return 99;
	test_v1();
	test_v2();
	test_odd();
	test_watch();
	(void)nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return done();
}
