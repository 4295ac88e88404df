/* SPDX-License-Identifier: Apache-2.0 */
/* state.json: what is written is read back; damage is an error, not a crash. */
#include "runtime/record.h"

#include <errno.h>

#include "config/json.h"
#include "tests/tap.h"

static void fill(struct record *r)
{
	static struct cgroup_path paths[] = {
		{ "memory", "/sys/fs/cgroup/memory/x" },
		{ "name=systemd", "/sys/fs/cgroup/systemd/x" },
	};
	static struct kv notes[] = { { "a\"b", "c\nd" }, { "e", "" } };

	r->id = "web1";
	r->bundle = "/b/\xc3\xa4";
	r->rootfs = "/b/rootfs";
	r->created = "2026-11-22T07:50:00.5Z";
	r->boot_id = "0f0f";
	r->complete = true;
	r->restored = true;
	r->pid_ns_private = true;
	r->hooks = 1U << HOOK_POSTSTOP;
	r->init = (struct proc_id){ 42, 1234567890123ULL };
	r->creator = (struct proc_id){ 41, 99 };
	r->driver = CGROUP_DISABLED;
	r->cgroups = paths;
	r->n_cgroups = 2;
	r->annotations = (struct kv_list){ notes, 2 };
	r->ns_listed = 1U << NS_PID | 1U << NS_MNT | 1U << NS_NET;
	r->ns_paths[NS_NET] = "/run/netns/a";
	r->stdio[0] = "pipe:[1]";
	r->stdio[2] = "/a\"b";
	r->rdt = (struct rdt_place){ .root = "/sys/fs/resctrl", .clos = "gold", .mon = "web1",
				     .mark = "41-7", .shared = true, .made = true };
}

static void test_round_trip(void)
{
	struct record in = { 0 }, out;
	struct str s = { 0 };
	struct err e = ERR_INIT;

	fill(&in);
	record_print(&in, &s);
	is_int(record_parse(&out, s.p, s.len, "web1", &e), 0, "parses: %s",
	       e.msg);
	is_str(out.id, "web1", "id");
	is_str(out.bundle, in.bundle, "bundle");
	is_str(out.rootfs, in.rootfs, "rootfs");
	is_str(out.created, in.created, "created");
	is_str(out.boot_id, in.boot_id, "boot id");
	ok(out.complete && out.restored && out.pid_ns_private, "flags");
	is_int(out.hooks, in.hooks, "hooks");
	is_str(out.stdio[0], "pipe:[1]", "stdin");
	is_str(out.stdio[1], "", "stdout was unknown");
	is_str(out.stdio[2], "/a\"b", "stderr");
	is_str(out.rdt.root, "/sys/fs/resctrl", "resctrl");
	is_str(out.rdt.clos, "gold", "its group");
	is_str(out.rdt.mon, "web1", "its monitoring group");
	is_str(out.rdt.mark, "41-7", "their mark");
	ok(out.rdt.shared && out.rdt.made, "whose it is");
	ok(strstr(s.p, "\"intel_rdt_path\":\"/sys/fs/resctrl/gold\",\"intel_rdt_mon_path\":"
		       "\"/sys/fs/resctrl/gold/mon_groups/web1\"") != NULL, "paths for other programs");
	is_int(out.init.pid, 42, "init pid");
	ok(out.init.start == in.init.start, "init start");
	is_int(out.creator.pid, 41, "creator pid");
	is_int(out.driver, CGROUP_DISABLED, "driver");
	is_int((long)out.n_cgroups, 2, "cgroups");
	is_str(out.cgroups[1].dir, in.cgroups[1].dir, "cgroup dir");
	is_int((long)out.annotations.n, 2, "annotations");
	is_str(out.annotations.v[0].key, "a\"b", "annotation key");
	is_str(out.annotations.v[0].value, "c\nd", "annotation value");
	is_int(out.ns_listed, in.ns_listed, "namespaces");
	is_str(out.ns_paths[NS_NET], "/run/netns/a", "namespace path");
	ok(out.ns_paths[NS_PID] == NULL, "no path");
	arena_free(&out.arena);
	str_free(&s);
}

static void test_keys_of_others(void)
{
	struct record in = { 0 };
	struct arena arena = { 0 };
	struct str s = { 0 };
	struct err e = ERR_INIT;
	struct json *doc = NULL;

	fill(&in);
	record_print(&in, &s);
	is_int(json_parse(&doc, &arena, s.p, s.len, "x", &e), 0, "is JSON");
	is_int((long)json_get_i64(doc, "init_process_pid", 0), 42,
	       "init_process_pid");
	is_str(json_get_str(json_get(doc, "namespace_paths"), "NEWNS", ""),
	       "/proc/42/ns/mnt", "namespace_paths");
	is_str(json_get_str(json_get(doc, "cgroup_paths"), "memory", ""),
	       "/sys/fs/cgroup/memory/x", "cgroup_paths");
	is_str(json_get_str(json_get(doc, "config"), "rootfs", ""),
	       "/b/rootfs", "config.rootfs");
	arena_free(&arena);
	str_free(&s);
}

static void test_damage(void)
{
	static const char *const bad[] = { "", "{", "[1,2", "\xff", "{\"id\":" };
	struct record in = { 0 }, out;
	struct str s = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err e = ERR_INIT;

		ok(record_parse(&out, bad[i], strlen(bad[i]), "x", &e) < 0,
		   "refuses '%s'", bad[i]);
		ok(strstr(e.msg, "unreadable record") != NULL, "says so");
	}
	/* every prefix either parses or fails cleanly */
	fill(&in);
	record_print(&in, &s);
	for (size_t n = 0; n < s.len; n++) {
		struct err e = ERR_INIT;

		if (record_parse(&out, s.p, n, "x", &e) == 0)
			arena_free(&out.arena);
	}
	ok(true, "survives truncation");
	str_free(&s);
}

static void test_foreign(void)
{
	struct record out;
	struct err e = ERR_INIT;
	const char *text = "{\"id\":5,\"cgroup_paths\":[1],\"config\":7,"
			   "\"ocirun\":\"x\",\"init_process_pid\":\"1\"}";

	is_int(record_parse(&out, text, strlen(text), "x", &e), 0,
	       "wrong types count as absent");
	is_int((long)out.n_cgroups, 0, "no cgroups");
	is_int(out.init.pid, 0, "no pid");
	ok(!out.complete, "not complete");
	arena_free(&out.arena);
	text = "{\"id\":\"x\",\"init_process_pid\":41,\"config\":{\"rootfs\":\"/r\"}}";
	is_int(record_parse(&out, text, strlen(text), "x", &e), -EMEDIUMTYPE,
	       "another runtime's record");
	is_str(e.msg, "container 'x' was made by another runtime", "is called that");
}

int main(void)
{
	test_round_trip();
	test_keys_of_others();
	test_damage();
	test_foreign();
	return done();
}
