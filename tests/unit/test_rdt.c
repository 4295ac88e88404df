/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resctrl without the hardware: a directory in which mkdirat(2) makes the files of
 * a group and unlinkat(2) removes them, as the kernel's file system does. Writing
 * to "schemata" and "tasks" replaces what was there.
 */
#include "rdt/group.h"
#include "rdt/rdt.h"
#include "rdt/schema.h"
#include "rdt/stats.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/str.h"
#include "tests/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

int __real_mkdirat(int dirfd, const char *name, mode_t mode);
int __real_unlinkat(int dirfd, const char *name, int flags);
int __wrap_mkdirat(int dirfd, const char *name, mode_t mode);
int __wrap_unlinkat(int dirfd, const char *name, int flags);

static char tmp[] = "/tmp/test_rdt.XXXXXX";
static char root[64];
static int mkdir_errno; /* to fail with */
static bool marks;      /* this file system has extended attributes for us */

static char *at_path(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static char *at_path(const char *fmt, ...)
{
	va_list ap;
	char name[200];

	va_start(ap, fmt);
	(void)vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	return xasprintf("%s/%s", root, name);
}

static void put(const char *name, const char *text)
{
	AUTO(str) char *path = at_path("%s", name);
	AUTO(fd) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || fd_write_full(fd, text, strlen(text)) < 0)
		bail("cannot write");
}

static const char *get(const char *name)
{
	static char text[4096];
	AUTO(str) char *path = at_path("%s", name);
	AUTO(str) char *all = NULL;

	if (file_read_at(AT_FDCWD, path, sizeof(text) - 1, &all, NULL) < 0)
		return "(none)";
	(void)snprintf(text, sizeof(text), "%s", all);
	return text;
}

static bool exists(const char *name)
{
	AUTO(str) char *path = at_path("%s", name);

	return access(path, F_OK) == 0;
}

static void fill(int dirfd, const char *name)
{
	static const char *const files[] = { "tasks", "schemata" };
	AUTO(fd) int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < 2; i++) {
		AUTO(fd) int f = openat(fd, files[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

		if (f < 0)
			bail("cannot make");
	}
	(void)__real_mkdirat(fd, "mon_groups", 0755);
}

int __wrap_mkdirat(int dirfd, const char *name, mode_t mode)
{
	if (mkdir_errno) {
		errno = mkdir_errno;
		return -1;
	}
	int r = __real_mkdirat(dirfd, name, mode);

	if (r == 0)
		fill(dirfd, name);
	return r;
}

/* Groups go with all that is in them. */
int __wrap_unlinkat(int dirfd, const char *name, int flags)
{
	if (flags & AT_REMOVEDIR) {
		AUTO(fd) int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		(void)__real_unlinkat(fd, "tasks", 0);
		(void)__real_unlinkat(fd, "schemata", 0);
		(void)__real_unlinkat(fd, "mon_groups", AT_REMOVEDIR);
	}
	return __real_unlinkat(dirfd, name, flags);
}

/* What the administrator does. */
static void admin_mkdir(const char *name)
{
	AUTO(str) char *path = at_path("%s", name);

	if (__wrap_mkdirat(AT_FDCWD, path, 0755) < 0)
		bail("cannot make");
}

static void admin_rmdir(const char *name)
{
	AUTO(str) char *path = at_path("%s", name);

	(void)__wrap_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

static void plain_dir(const char *name)
{
	AUTO(str) char *path = at_path("%s", name);

	if (__real_mkdirat(AT_FDCWD, path, 0755) < 0)
		bail("cannot make");
}

/* ---- schemata ----------------------------------------------------------- */

#define HAVE "    MB:0=100;1= 30\n    L3:0=00ff;1=c0\n  L2:0=f\n"

static void test_schema(void)
{
	static const struct { const char *want; int r; const char *why; } rows[] = {
		{ "L3:0=ff;1=c0", 0, "" },
		{ "L3:1=C0;0=0xff", 0, "" },
		{ "L3: 01=0c0 ; 0=ff;", 0, "" },
		{ "L3:1=c0", 0, "" },
		{ "L3:0=ff\nMB:1=30\n", 0, "" },
		{ "", 0, "" },
		{ "MB:1=30;0=100", 0, "" },
		{ "MB:1=25", 0, "" }, /* the kernel made 30 of it */
		{ "MB:1=20", -EEXIST, "has 'MB:0=100;1= 30', but 'MB:1=20' is asked for" },
		{ "L3:0=f", -EEXIST, "has 'L3:0=00ff;1=c0', but 'L3:0=f' is asked for" },
		{ "L3:0=ff;2=1", -EEXIST, "but 'L3:0=ff;2=1' is asked for" },
		{ "L3CODE:0=ff", -EEXIST, "has no 'L3CODE:'" },
		{ "L3:0=ff\nL2:0=1", -EEXIST, "has 'L2:0=f', but 'L2:0=1'" },
		{ "L3:0", -EINVAL, "'L3:0' is no schema" },
		{ "nonsense", -EEXIST, "has no 'nonsense:'" },
	};
	const struct rdt_units units = { .mb_gran = 10 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = ERR_INIT;

		is_int(rdt_schema_check(rows[i].want, HAVE, &units, &e), rows[i].r,
		       "'%s'", rows[i].want);
		ok(strstr(e.msg, rows[i].why) != NULL, "  %s", e.msg);
	}
	struct err e = ERR_INIT;

	is_int(rdt_schema_check("MB:1=25", HAVE, &(struct rdt_units){ 0 }, &e),
	       -EEXIST, "no rounding without knowing the step");
	AUTO(strbuf) struct str old = { 0 };

	rdt_schema_old(&old, "L3:0=1\nXX:0=1\nMB:1=10\n", HAVE);
	is_str(str_text(&old), "L3:0=00ff;1=c0\nMB:0=100;1= 30\n", "lines to go back to");
}

static void test_mountinfo(void)
{
	AUTO(str) char *p = rdt_parse_mountinfo(
		"22 1 8:1 / / rw - ext4 /dev/x rw\n"
		"30 22 0:20 /clos /srv rw,relatime shared:1 - resctrl resctrl rw\n"
		"31 22 0:20 / /mnt/res\\040ctrl rw,relatime - resctrl resctrl rw,cdp\n"
		"32 22 0:20 / /other rw - resctrl resctrl rw\n");

	is_str(p, "/mnt/res ctrl", "the first mount of the whole");
	ok(!rdt_parse_mountinfo("22 1 8:1 / / rw - ext4 /dev/x rw\n"), "no mount");
	ok(!rdt_parse_mountinfo("x - resctrl \n"), "a line that is none");
}

/* ---- the life of a container ------------------------------------------- */

static struct arena arena;

static int plan(struct rdt_place *p, const struct spec_intel_rdt *rdt, struct err *e)
{
	err_clear(e);
	return rdt_plan(p, &arena, root, rdt, "c1", "mark-1", e);
}

static void test_refusals(void)
{
	struct rdt_place p;
	struct err e = ERR_INIT;
	const char *line = "L3:0=ff";
	const struct {
		struct spec_intel_rdt rdt;
		const char *pointer, *msg;
	} rows[] = {
		{ { .set = true, .mem_bw_schema = "MB:0=10" }, "/linux/intelRdt/memBwSchema",
		  "intelRdt.memBwSchema is specified in config, but Intel RDT/MBA is not enabled" },
		{ { .set = true, .enable_monitoring = true }, "/linux/intelRdt/enableMonitoring",
		  "intelRdt.enableMonitoring is specified in config, but resctrl has no monitoring groups here" },
		{ { .set = true, .clos_id = "nosuch" }, "/linux/intelRdt/closID",
		  "clos dir not accessible (must be pre-created when schemata, l3CacheSchema and memBwSchema are empty): " },
		{ { .set = true, .l3_cache_schema = line }, "/linux/intelRdt/l3CacheSchema",
		  "intelRdt.l3CacheSchema is specified in config, but Intel RDT/CAT is not enabled" },
	};
	const struct spec_intel_rdt any = { .set = true }, none = { .set = false };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ok(plan(&p, &rows[i].rdt, &e) < 0, "refused");
		is_str(e.pointer, rows[i].pointer, "  at");
		ok(str_starts(e.msg, rows[i].msg), "  %s", e.msg);
	}
	err_clear(&e);
	is_int(rdt_plan(&p, &arena, NULL, &any, "c1", "m", &e), -ENOTSUP, "not mounted");
	is_str(e.pointer, "/linux/intelRdt", "  at");
	is_str(e.msg, "intelRdt is specified in config, but Intel RDT is not enabled", "  says so");
	ok(*e.hint != '\0', "  with a hint: %s", e.hint);
	is_int(rdt_plan(&p, &arena, NULL, &none, "c1", "m", &e), 0, "not in the config");
	ok(!p.root && rdt_enter(&p, &none, 1, &e) == 0 && rdt_join(&p, 1, &e) == 0 &&
	   rdt_destroy(&p, true, &e) == 0, "nothing is done then");
}

/* The machine that the rest of the tests have. */
static void full_machine(void)
{
	put("tasks", "1\n");
	put("schemata", "    MB:0=100\n    L3:0=fff\n");
	plain_dir("mon_groups");
	plain_dir("info/L3");
	plain_dir("info/MB");
	put("info/L3/cbm_mask", "fff\n");
	put("info/L3/min_cbm_bits", "2\n");
	put("info/L3/num_closids", "16\n");
	put("info/MB/bandwidth_gran", "10\n");
	put("info/MB/delay_linear", "1\n");
	put("info/MB/min_bandwidth", "10\n");
	put("info/MB/num_closids", "8\n");
	put("info/last_cmd_status", "ok\n");
}

static void test_own_group(void)
{
	const char *lines[] = { "L2:0=f", "L2:1=f" };
	const struct spec_intel_rdt rdt = {
		.set = true, .l3_cache_schema = "L3:0=f", .mem_bw_schema = "MB:0=20",
		.schemata = { lines, 2 }, .enable_monitoring = true };
	struct rdt_place p;
	struct err e = ERR_INIT;

	is_int(plan(&p, &rdt, &e), 0, "planned");
	ok(!exists("c1"), "  which makes nothing");
	is_str(rdt_path(&p, &arena) + strlen(root), "/c1", "the group");
	is_str(rdt_mon_path(&p, &arena) + strlen(root), "/c1/mon_groups/c1", "the monitoring group");
	is_int(rdt_enter(&p, &rdt, 4711, &e), 0, "entered %s", e.msg);
	is_str(get("c1/schemata"), "L3:0=f\nMB:0=20\nL2:0=f\nL2:1=f\n", "schemata in order");
	is_str(get("c1/tasks"), "4711", "the process is in the group");
	is_str(get("c1/mon_groups/c1/tasks"), "4711", "and in the monitoring group");
	ok(p.made && !p.shared, "made for this container");
	ok(!marks || strcmp(p.mark, "mark-1") == 0, "and known by its mark");
	is_int(rdt_join(&p, 4712, &e), 0, "exec");
	is_str(get("c1/tasks"), "4712", "  joins the group");
	is_str(get("c1/mon_groups/c1/tasks"), "4712", "  and the monitoring group");
	AUTO(str) char *old = NULL;

	put("c1/schemata", "MB:0=20\n L3:0=f\n");
	is_int(rdt_update(&p, "L3:0=3\n", &old, &e), 0, "update");
	ok(str_starts(get("c1/schemata"), "L3:0=3\n"), "  writes what is asked for");
	is_str(old, "L3:0=f\n", "  and remembers what was there");
	is_int(rdt_destroy(&p, true, &e), 0, "removed");
	ok(!exists("c1"), "  nothing is left");
	is_int(rdt_destroy(&p, true, &e), 0, "a second time");
	is_int(rdt_join(&p, 4713, &e), 0, "exec does without a group that is gone");
}

static void test_existing_own_name(void)
{
	const struct spec_intel_rdt rdt = { .set = true, .l3_cache_schema = "L3:0=f" };
	struct rdt_place p;
	struct err e = ERR_INIT;

	admin_mkdir("c1");
	put("c1/schemata", "L3:0=fff\n");
	put("c1/tasks", "99\n");
	is_int(plan(&p, &rdt, &e), 0, "planned");
	is_int(rdt_enter(&p, &rdt, 4711, &e), 0, "the administrator's group is used");
	ok(str_starts(get("c1/schemata"), "L3:0=f\n"), "  with the container's schema");
	ok(!p.made, "  and not ours");
	put("c1/tasks", "");
	is_int(rdt_destroy(&p, true, &e), 0, "delete");
	ok(exists("c1"), "  leaves it");
	is_int(rdt_destroy(&p, true, &e), 0, "again");
	ok(exists("c1"), "  leaves it");
	AUTO(str) char *path = at_path("c1");

	if (marks && setxattr(path, "trusted.ocirun", "other", 5, 0) == 0) {
		put("c1/tasks", "99\n");
		is_int(rdt_enter(&p, &rdt, 4711, &e), -EBUSY, "another container's is not");
		ok(strstr(e.msg, "in use by another container") != NULL, "  %s", e.msg);
		is_int(rdt_destroy(&p, false, &e), 0, "a wreck's delete");
		ok(exists("c1"), "  leaves that");
		put("c1/tasks", "");
		is_int(rdt_destroy(&p, false, &e), 0, "even if it is empty");
		ok(exists("c1"), "  leaves that");
		err_clear(&e);
		is_int(rdt_enter(&p, &rdt, 4711, &e), 0, "what it left is taken over");
		ok(p.made, "  and ours");
		is_int(rdt_destroy(&p, true, &e), 0, "delete");
		ok(!exists("c1"), "  removes it");
	}
	admin_rmdir("c1");
}

static void test_shared(void)
{
	const struct spec_intel_rdt rdt = { .set = true, .clos_id = "gold",
		.l3_cache_schema = "L3:0=f", .mem_bw_schema = "MB:0=15" };
	const struct spec_intel_rdt other = { .set = true, .clos_id = "gold",
		.l3_cache_schema = "L3:0=1" };
	const struct spec_intel_rdt plain = { .set = true, .clos_id = "gold" };
	struct rdt_place p, q;
	struct err e = ERR_INIT;

	is_int(plan(&p, &rdt, &e), 0, "planned");
	is_int(rdt_enter(&p, &rdt, 1, &e), 0, "a closID that does not exist is made");
	is_str(get("gold/schemata"), "L3:0=f\nMB:0=15\n", "  with its schemata");
	put("gold/tasks", "");
	is_int(rdt_destroy(&p, false, &e), 0, "a start that fails");
	ok(!exists("gold"), "  removes it again");
	is_int(plan(&p, &rdt, &e), 0, "planned");
	is_int(rdt_enter(&p, &rdt, 1, &e), 0, "made again");
	is_int(rdt_destroy(&p, false, &e), 0, "a start that fails");
	ok(exists("gold") == marks, "  leaves it if somebody else is in it");
	if (!exists("gold"))
		(void)rdt_enter(&p, &rdt, 1, &e);
	put("gold/schemata", "    MB:0=20\n    L3:0=00f\n");
	is_int(plan(&q, &rdt, &e), 0, "a second container");
	is_int(rdt_enter(&q, &rdt, 2, &e), 0, "  with the same schemata: %s", e.msg);
	ok(!q.made, "  shares the group");
	is_int(plan(&q, &other, &e), 0, "another");
	is_int(rdt_enter(&q, &other, 3, &e), -EEXIST, "  with other schemata is refused");
	is_str(e.pointer, "/linux/intelRdt/l3CacheSchema", "  at");
	ok(strstr(e.msg, "has 'L3:0=f', but 'L3:0=1'") != NULL, "  %s", e.msg);
	is_str(get("gold/tasks"), "2", "  before anything was done");
	err_clear(&e);
	is_int(plan(&q, &plain, &e), 0, "closID alone");
	put("gold/schemata", "untouched");
	is_int(rdt_enter(&q, &plain, 4, &e), 0, "  joins");
	is_str(get("gold/schemata"), "untouched", "  and writes no schemata");
	put("gold/tasks", "");
	is_int(rdt_destroy(&q, true, &e), 0, "delete");
	is_int(rdt_destroy(&p, true, &e), 0, "delete of its maker");
	ok(exists("gold"), "  leaves the group");
	admin_rmdir("gold");
	is_int(rdt_enter(&q, &plain, 4, &e), -ENOENT, "gone between plan and start");
	is_str(e.pointer, "/linux/intelRdt/closID", "  at");
}

static void test_default_group(void)
{
	const struct spec_intel_rdt rdt = { .set = true, .clos_id = "/",
		.enable_monitoring = true };
	struct rdt_place p;
	struct err e = ERR_INIT;

	is_int(plan(&p, &rdt, &e), 0, "the default group");
	is_str(rdt_path(&p, &arena), root, "  is the root");
	is_int(rdt_enter(&p, &rdt, 5, &e), 0, "entered %s", e.msg);
	is_str(get("tasks"), "5\n", "the process is there");
	is_str(get("mon_groups/c1/tasks"), "5", "with a monitoring group");
	is_int(rdt_destroy(&p, true, &e), 0, "delete");
	ok(!exists("mon_groups/c1") && exists("tasks"), "  removes only that");
	put("tasks", "1\n");
	admin_mkdir("mon_groups/c1");
	put("mon_groups/c1/tasks", "77\n");
	is_int(rdt_enter(&p, &rdt, 5, &e), -EBUSY, "a monitoring group in use");
	is_str(e.pointer, "/linux/intelRdt/enableMonitoring", "  at");
	is_int(rdt_destroy(&p, false, &e), 0, "delete");
	ok(exists("mon_groups/c1"), "  leaves that");
	admin_rmdir("mon_groups/c1");
}

static void test_no_group(void)
{
	const struct spec_intel_rdt rdt = { .set = true, .clos_id = "info" };
	struct rdt_place p;
	struct err e = ERR_INIT;

	is_int(plan(&p, &rdt, &e), 0, "planned");
	is_int(rdt_enter(&p, &rdt, 5, &e), -ENOTDIR, "'info' is no group");
	is_str(e.pointer, "/linux/intelRdt/closID", "  at");
}

static void test_failures(void)
{
	const struct spec_intel_rdt rdt = { .set = true, .l3_cache_schema = "L3:0=5" };
	struct rdt_place p;
	struct err e = ERR_INIT;

	is_int(plan(&p, &rdt, &e), 0, "planned");
	mkdir_errno = ENOSPC;
	put("info/last_cmd_status", "Out of CLOSIDs\n");
	is_int(rdt_enter(&p, &rdt, 5, &e), -ENOSPC, "no more groups");
	is_str(e.pointer, "/linux/intelRdt", "  at");
	is_str(e.hint, "last_cmd_status: Out of CLOSIDs", "  in the kernel's words");
	err_clear(&e);
	put("info/last_cmd_status", "ok\n");
	is_int(rdt_enter(&p, &rdt, 5, &e), -ENOSPC, "no more groups");
	ok(strstr(e.hint, "num_closids") != NULL, "  in ours: %s", e.hint);
	mkdir_errno = 0;
	err_clear(&e);
	AUTO(str) char *path = at_path("c1/schemata");

	admin_mkdir("c1");
	(void)unlink(path);
	(void)mkdir(path, 0755);
	is_int(rdt_enter(&p, &rdt, 5, &e), -EISDIR, "schemata cannot be written");
	is_str(e.pointer, "/linux/intelRdt/l3CacheSchema", "  at");
	ok(str_starts(e.msg, "intelrdt: unable to write \"L3:0=5\\n\" to '"), "  %s", e.msg);
	(void)rmdir(path);
	admin_rmdir("c1");
}

/* A runtime that was killed at any moment: what delete --force finds. */
static void test_wreck(void)
{
	const struct spec_intel_rdt rdt = { .set = true };
	struct rdt_place p;
	struct err e = ERR_INIT;

	is_int(plan(&p, &rdt, &e), 0, "planned");
	is_int(rdt_destroy(&p, false, &e), 0, "killed before mkdir");
	admin_mkdir("c1");
	is_int(rdt_destroy(&p, false, &e), 0, "killed right after it");
	ok(!exists("c1"), "  the empty group goes");
	admin_mkdir("c1");
	put("c1/tasks", "8\n");
	is_int(rdt_destroy(&p, false, &e), 0, "somebody made it since");
	ok(exists("c1"), "  one with processes stays");
	admin_rmdir("c1");
	is_int(rdt_enter(&p, &rdt, 5, &e), 0, "killed after the process entered");
	is_int(rdt_destroy(&p, false, &e), 0, "deleted");
	ok(exists("c1") == false, "  gone");
}

static void test_lock(void)
{
	const struct spec_intel_rdt rdt = { .set = true };
	struct rdt_place p;
	struct err e = ERR_INIT;
	AUTO(fd) int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	is_int(plan(&p, &rdt, &e), 0, "planned");
	is_int(rdt_enter(&p, &rdt, 5, &e), 0, "entered");
	ok(flock(fd, LOCK_EX | LOCK_NB) == 0, "the lock was given back");
	(void)flock(fd, LOCK_UN);
	is_int(rdt_destroy(&p, true, &e), 0, "removed");
}

static void test_stats(void)
{
	const struct spec_intel_rdt rdt = { .set = true, .clos_id = "/" };
	struct rdt_place p;
	struct err e = ERR_INIT;
	AUTO(rdt_stats) struct rdt_stats s = { 0 };

	is_int(plan(&p, &rdt, &e), 0, "planned");
	is_int(rdt_stats(&s, &p, &e), 0, "without monitoring");
	ok(s.cache && s.bandwidth && !s.has_traffic && !s.has_occupancy, "  has the rest");
	is_str(s.cbm_mask, "fff", "cbm_mask");
	ok(s.min_cbm_bits == 2 && s.cache_closids == 16 && s.bandwidth_gran == 10 &&
	   s.delay_linear == 1 && s.min_bandwidth == 10 && s.bandwidth_closids == 8, "numbers");
	is_str(s.cache_root, "L3:0=fff", "schema of the root");
	is_str(s.bandwidth_own, "MB:0=100", "schema of the group");
	is_int((int64_t)s.schemata.n, 2, "all lines");
	rdt_stats_free(&s);
	plain_dir("info/L3_MON");
	put("info/L3_MON/mon_features", "llc_occupancy\nmbm_total_bytes\nmbm_local_bytes\n");
	plain_dir("mon_data");
	plain_dir("mon_data/mon_L3_01");
	plain_dir("mon_data/mon_L3_00");
	put("mon_data/mon_L3_00/llc_occupancy", "123\n");
	put("mon_data/mon_L3_00/mbm_total_bytes", "Unavailable\n");
	put("mon_data/mon_L3_01/mbm_local_bytes", "7\n");
	is_int(rdt_stats(&s, &p, &e), 0, "with monitoring");
	ok(s.has_traffic && s.has_occupancy && s.n_nodes == 2, "both nodes");
	ok(s.nodes[0].occupancy == 123 && s.nodes[0].total == 0 && s.nodes[1].local == 7,
	   "by name; what cannot be counted now is zero");
}

int main(void)
{
	if (!mkdtemp(tmp))
		bail("mkdtemp");
	(void)snprintf(root, sizeof(root), "%s", tmp);
	marks = setxattr(root, "trusted.ocirun", "x", 1, 0) == 0;
	diag("extended attributes: %s", marks ? "yes" : "no");
	plain_dir("info");
	test_schema();
	test_mountinfo();
	test_refusals();
	full_machine();
	test_own_group();
	test_existing_own_name();
	test_shared();
	test_default_group();
	test_no_group();
	test_failures();
	test_wreck();
	test_lock();
	test_stats();
	arena_free(&arena);
	AUTO(str) char *rm = xasprintf("rm -rf '%s'", tmp);

	if (system(rm) != 0)
		diag("'%s' is left", tmp);
	return done();
}
