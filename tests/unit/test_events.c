/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of `events` and `ps`, byte for byte. */
#include "runtime/events.h"
#include "runtime/ps.h"

#include "base/cleanup.h"
#include "base/mem.h"
#include "tests/tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CPUSET(cpus, level)                                             \
	"\"cpuset\":{" cpus "\"cpu_exclusive\":0,\"mem_hardwall\":0,"      \
	"\"mem_exclusive\":0,\"memory_migrate\":0,"                       \
	"\"memory_spread_page\":0,\"memory_spread_slab\":0,"              \
	"\"memory_pressure\":0,\"sched_load_balance\":0,"                 \
	"\"sched_relax_domain_level\":" level "}"

static void test_zero(void)
{
	const struct cgroup_stats s = { 0 };
	AUTO(strbuf) struct str out = { 0 };

	events_print_stats(&out, "a\"b", &s, &(struct rdt_stats){ 0 });
	is_str(str_text(&out),
	       "{\"type\":\"stats\",\"id\":\"a\\\"b\",\"data\":{\"cpu\":{},"
	       CPUSET("", "0") ",\"memory\":{},\"pids\":{},\"blkio\":{},"
	       "\"hugetlb\":{},\"intel_rdt\":{},\"network_interfaces\":null}}\n",
	       "zero members are left out");
}

static void test_full(void)
{
	uint64_t two[] = { 3, 0 };
	struct cgroup_counter raw[] = { { "cache", 5 }, { "rss", 0 } };
	struct cgroup_io_entry io[] = { { 8, 0, "Read", 4096 },
					{ 8, 16, "", 0 } };
	struct cgroup_hugetlb huge[] = { { "1GB", 0, 0, 0 },
					 { "2MB", 1, 2, 3 } };
	const struct cgroup_stats s = {
		.cpu = { .total = 1, .user = 2, .percpu = { two, 2 },
			 .throttled_time = 4,
			 .psi = { .set = true,
				  .some = { 150, 7, 1234, 99 },
				  .full = { 0, 0, 10000, 0 } } },
		.cpuset = { .cpus = { two, 2 }, .sched_relax_domain_level = -1 },
		.memory = { .cache = 5, .usage = { 0, 1, 2, 0 },
			    .swap = { UINT64_MAX, 0, 0, 0 },
			    .raw = raw, .n_raw = 2 },
		.pids = 4, .pids_limit = 10,
		.io = { [CGROUP_IO_SERVICE_BYTES] = { io, 2 } },
		.hugetlb = huge, .n_hugetlb = 2,
	};
	const char *lines[] = { "L3:0=f" };
	struct rdt_node nodes[] = { { 5, 0, 7 } };
	const struct rdt_stats rdt = {
		.cache = true, .cbm_mask = "fff", .min_cbm_bits = 1,
		.cache_closids = 16, .cache_root = "L3:0=fff", .cache_own = "L3:0=f",
		.bandwidth = true, .bandwidth_gran = 10, .min_bandwidth = 10,
		.bandwidth_root = "MB:0=100", .schemata = { lines, 1 },
		.has_traffic = true, .has_occupancy = true,
		.nodes = nodes, .n_nodes = 1,
	};
	AUTO(strbuf) struct str out = { 0 };

	events_print_stats(&out, "x", &s, &rdt);
	is_str(str_text(&out),
	       "{\"type\":\"stats\",\"id\":\"x\",\"data\":{\"cpu\":{\"usage\":"
	       "{\"total\":1,\"percpu\":[3,0],\"kernel\":0,\"user\":2},"
	       "\"throttling\":{\"throttledTime\":4},\"psi\":{\"some\":"
	       "{\"avg10\":1.5,\"avg60\":0.07,\"avg300\":12.34,\"total\":99},"
	       "\"full\":{\"avg10\":0,\"avg60\":0,\"avg300\":100,\"total\":0}}},"
	       CPUSET("\"cpus\":[3,0],", "-1")
	       ",\"memory\":{\"cache\":5,\"usage\":{\"limit\":0,\"usage\":1,"
	       "\"max\":2,\"failcnt\":0},\"swap\":{\"limit\":"
	       "18446744073709551615,\"failcnt\":0},\"raw\":{\"cache\":5,"
	       "\"rss\":0}},\"pids\":{\"current\":4,\"limit\":10},\"blkio\":"
	       "{\"ioServiceBytesRecursive\":[{\"major\":8,\"op\":\"Read\","
	       "\"value\":4096},{\"major\":8,\"minor\":16}]},\"hugetlb\":"
	       "{\"1GB\":{\"failcnt\":0},\"2MB\":{\"usage\":1,\"max\":2,"
	       "\"failcnt\":3}},\"intel_rdt\":{\"l3_cache_info\":{\"cbm_mask\":\"fff\","
	       "\"min_cbm_bits\":1,\"num_closids\":16},"
	       "\"l3_cache_schema_root\":\"L3:0=fff\",\"l3_cache_schema\":\"L3:0=f\","
	       "\"mem_bw_info\":{\"bandwidth_gran\":10,\"min_bandwidth\":10},"
	       "\"mem_bw_schema_root\":\"MB:0=100\",\"schemata\":[\"L3:0=f\"],"
	       "\"mbm_stats\":[{\"mbm_total_bytes\":5,\"mbm_local_bytes\":0}],"
	       "\"cmt_stats\":[{\"llc_occupancy\":7}]},\"network_interfaces\":null}}"
	       "\n", "everything");
}

static void test_ps(void)
{
	pid_t v[] = { 7, 12, 130 };
	const struct pid_list pids = { v, 3 };
	static const struct {
		const char *name, *in, *out;
		int r;
	} t[] = {
		{ "chosen lines", "UID  PID CMD\nroot  7 a\nroot 70 b\nx 130 c d\n",
		  "UID  PID CMD\nroot  7 a\nx 130 c d\n", 0 },
		{ "PID first", "  PID TTY\n   12 ?\n    1 ?\n",
		  "  PID TTY\n   12 ?\n", 0 },
		{ "only the heading", "PID\n", "PID\n", 0 },
		{ "PPID is not PID", "PPID LPID\n7 7\n", "", -EINVAL },
		{ "no output", "", "", -EINVAL },
		{ "no number", "A PID\nx y\n", "A PID\n", -EINVAL },
		{ "short line", "A PID\nx\n", "A PID\n", -EINVAL },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char *text = xstrdup(t[i].in);
		struct str out = { 0 };
		struct err e = ERR_INIT;

		is_int(ps_filter(text, &pids, &out, &e), t[i].r, "ps: %s %s",
		       t[i].name, e.msg);
		is_str(str_text(&out), t[i].out, "ps: %s", t[i].name);
		str_free(&out);
		free(text);
	}
}

int main(void)
{
	test_zero();
	test_full();
	test_ps();
	return done();
}
