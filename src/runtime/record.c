/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record as JSON (record.h). Written by hand because the order and the
 * names of the keys are the interface; read through the common parser.
 */
#include "config.h"
#include "runtime/record.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "config/json.h"
#include "config/names.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/banned.h"

#define RECORD_MAX (4U << 20)

static const char *const driver_names[] = {
	[CGROUP_FS] = "cgroupfs",
	[CGROUP_SYSTEMD] = "systemd",
	[CGROUP_DISABLED] = "disabled",
};

/* runc's names of namespaces: "NEWPID"; the mount namespace is "NEWNS". */
static const char *const runc_ns_names[_NS_KIND_MAX] = {
	[NS_USER] = "NEWUSER", [NS_IPC] = "NEWIPC", [NS_UTS] = "NEWUTS",
	[NS_NET] = "NEWNET",   [NS_PID] = "NEWPID", [NS_MNT] = "NEWNS",
	[NS_CGROUP] = "NEWCGROUP", [NS_TIME] = "NEWTIME",
};

static void add_member(struct str *out, const char *key, const char *value)
{
	str_add_json(out, key);
	str_addc(out, ':');
	str_add_json(out, value);
}

static void print_config(const struct record *rec, struct str *out)
{
	const char *sep = "";

	str_add(out, ",\"config\":{");
	add_member(out, "rootfs", rec->rootfs);
	str_add(out, ",\"namespaces\":[");
	for (unsigned int k = 0; k < _NS_KIND_MAX; k++) {
		if (!(rec->ns_listed & (1U << k)))
			continue;
		str_add(out, sep);
		sep = ",";
		str_addc(out, '{');
		add_member(out, "type", runc_ns_names[k]);
		str_addc(out, ',');
		add_member(out, "path", rec->ns_paths[k] ? rec->ns_paths[k] : "");
		str_addc(out, '}');
	}
	str_add(out, "],\"labels\":[");
	for (size_t i = 0; i < rec->annotations.n; i++) {
		AUTO(str) char *label =
			xasprintf("%s=%s", rec->annotations.v[i].key,
				  rec->annotations.v[i].value);

		str_add_json(out, label);
		str_addc(out, ',');
	}
	AUTO(str) char *bundle = xasprintf("bundle=%s", rec->bundle);

	str_add_json(out, bundle);
	/* runc, listing a directory that it shares with us, needs some limit to be there */
	str_add(out, "],\"version\":\"1.3.0\",\"cgroups\":{\"memory\":0}}");
}

static void print_namespace_paths(const struct record *rec, struct str *out)
{
	const char *sep = "";

	str_add(out, ",\"namespace_paths\":{");
	for (unsigned int k = 0; rec->init.pid > 0 && k < _NS_KIND_MAX; k++) {
		str_addf(out, "%s\"%s\":\"/proc/%d/ns/%s\"", sep,
			 runc_ns_names[k], rec->init.pid,
			 ns_proc_name((enum ns_kind)k));
		sep = ",";
	}
	str_addc(out, '}');
}

static void print_rdt_paths(const struct record *rec, struct str *out)
{
	AUTO(arena) struct arena arena = { 0 };
	const char *path = rdt_path(&rec->rdt, &arena);
	const char *mon = rdt_mon_path(&rec->rdt, &arena);

	if (path) {
		str_addc(out, ',');
		add_member(out, "intel_rdt_path", path);
	}
	if (mon) {
		str_addc(out, ',');
		add_member(out, "intel_rdt_mon_path", mon);
	}
}

static void print_rdt(const struct rdt_place *p, struct str *out)
{
	str_add(out, ",\"rdt\":{");
	add_member(out, "root", p->root);
	str_addc(out, ',');
	add_member(out, "clos", p->clos);
	if (p->mon) {
		str_addc(out, ',');
		add_member(out, "mon", p->mon);
	}
	str_addc(out, ',');
	add_member(out, "mark", p->mark);
	str_addf(out, ",\"shared\":%s,\"made\":%s}", p->shared ? "true" : "false",
		 p->made ? "true" : "false");
}

static void print_own(const struct record *rec, struct str *out)
{
	str_add(out, ",\"ocirun\":{");
	add_member(out, "bundle", rec->bundle);
	str_addf(out, ",\"complete\":%s", rec->complete ? "true" : "false");
	str_addf(out, ",\"run_oci\":%s", rec->run_oci ? "true" : "false");
	str_addf(out, ",\"pid_ns_private\":%s",
		 rec->pid_ns_private ? "true" : "false");
	if (rec->restored)
		str_add(out, ",\"restored\":true");
	str_addf(out, ",\"hooks\":%" PRIu32, rec->hooks);
	str_addf(out, ",\"root_dev\":%" PRIu64 ",\"root_ino\":%" PRIu64,
		 rec->root_dev, rec->root_ino);
	str_addf(out, ",\"creator_pid\":%d,\"creator_start\":%" PRIu64 ",",
		 rec->creator.pid, rec->creator.start);
	add_member(out, "boot_id", rec->boot_id);
	str_addc(out, ',');
	add_member(out, "cgroup_driver", driver_names[rec->driver]);
	str_addc(out, ',');
	add_member(out, "cgroup_mark", rec->mark ? rec->mark : "");
	if (rec->unit && *rec->unit) {
		str_addc(out, ',');
		add_member(out, "cgroup_unit", rec->unit);
	}
	if (rec->rdt.root)
		print_rdt(&rec->rdt, out);
	str_add(out, ",\"annotations\":{");
	for (size_t i = 0; i < rec->annotations.n; i++) {
		if (i)
			str_addc(out, ',');
		add_member(out, rec->annotations.v[i].key,
			   rec->annotations.v[i].value);
	}
	str_add(out, "}}");
}

void record_print(const struct record *rec, struct str *out)
{
	str_addc(out, '{');
	add_member(out, "id", rec->id);
	str_addf(out,
		 ",\"init_process_pid\":%d,\"init_process_start\":%" PRIu64 ",",
		 rec->init.pid, rec->init.start);
	add_member(out, "created", rec->created);
	print_config(rec, out);
	str_add(out, ",\"cgroup_paths\":{");
	for (size_t i = 0; i < rec->n_cgroups; i++) {
		if (i)
			str_addc(out, ',');
		add_member(out, rec->cgroups[i].controller, rec->cgroups[i].dir);
	}
	str_addc(out, '}');
	print_namespace_paths(rec, out);
	str_add(out, ",\"external_descriptors\":[");
	for (size_t i = 0; i < 3; i++) {
		str_add(out, i ? "," : "");
		str_add_json(out, rec->stdio[i] ? rec->stdio[i] : "");
	}
	str_addc(out, ']');
	print_rdt_paths(rec, out);
	print_own(rec, out);
	str_add(out, "}\n");
}

static enum cgroup_driver parse_driver(const char *name)
{
	for (int d = CGROUP_FS; d <= CGROUP_DISABLED; d++)
		if (streq(name, driver_names[d]))
			return (enum cgroup_driver)d;
	return CGROUP_FS;
}

static void parse_namespaces(struct record *ret, const struct json *list)
{
	for (const struct json *j = list ? list->child : NULL; j; j = j->next) {
		const char *type = json_get_str(j, "type", "");
		const char *path = json_get_str(j, "path", "");

		for (unsigned int k = 0; k < _NS_KIND_MAX; k++) {
			if (!streq(type, runc_ns_names[k]))
				continue;
			ret->ns_listed |= 1U << k;
			if (*path)
				ret->ns_paths[k] = path;
		}
	}
}

static void parse_cgroups(struct record *ret, const struct json *map)
{
	size_t n = map ? map->n_children : 0;

	ret->cgroups = arena_array(&ret->arena, n, sizeof(*ret->cgroups));
	for (const struct json *j = map ? map->child : NULL; j; j = j->next) {
		if (j->type != JSON_STRING)
			continue;
		ret->cgroups[ret->n_cgroups++] =
			(struct cgroup_path){ j->key, j->text };
	}
}

static void parse_stdio(struct record *ret, const struct json *list)
{
	const struct json *j = list ? list->child : NULL;

	for (size_t i = 0; i < 3; i++, j = j ? j->next : NULL)
		ret->stdio[i] = j && j->type == JSON_STRING ? j->text : "";
}

static void parse_rdt(struct rdt_place *ret, const struct json *map)
{
	*ret = (struct rdt_place){ .root = json_get_str(map, "root", NULL) };
	if (!ret->root)
		return;
	ret->clos = json_get_str(map, "clos", "");
	ret->mon = json_get_str(map, "mon", NULL);
	ret->mark = json_get_str(map, "mark", "");
	ret->shared = json_get_bool(map, "shared", false);
	ret->made = json_get_bool(map, "made", false);
}

static void parse_annotations(struct record *ret, const struct json *map)
{
	size_t n = map ? map->n_children : 0;

	ret->annotations.v =
		arena_array(&ret->arena, n, sizeof(*ret->annotations.v));
	for (const struct json *j = map ? map->child : NULL; j; j = j->next)
		if (j->type == JSON_STRING)
			ret->annotations.v[ret->annotations.n++] =
				(struct kv){ j->key, j->text };
}

int record_foreign(const char *id, struct err *e)
{
	(void)err_set(e, EMEDIUMTYPE, "container '%s' was made by another runtime", id);
	return err_hint(e, "use that one, with the same --root");
}

int record_parse(struct record *ret, const char *text, size_t len,
		 const char *id, struct err *e)
{
	struct json *doc = NULL;
	const struct json *own, *config;

	*ret = (struct record){ 0 };
	if (json_parse(&doc, &ret->arena, text, len, STATE_RECORD, e) < 0) {
		int r = err_wrap(e, "container '%s' has an unreadable record",
				 id);

		arena_free(&ret->arena);
		return r;
	}
	own = json_get(doc, "ocirun");
	if (!own) {
		arena_free(&ret->arena);
		return record_foreign(id, e);
	}
	config = json_get(doc, "config");
	ret->id = arena_strdup(&ret->arena, id);
	ret->init.pid = (pid_t)json_get_i64(doc, "init_process_pid", 0);
	ret->init.start = json_get_u64(doc, "init_process_start", 0);
	ret->created = json_get_str(doc, "created", "");
	ret->rootfs = json_get_str(config, "rootfs", "");
	parse_namespaces(ret, json_get(config, "namespaces"));
	parse_cgroups(ret, json_get(doc, "cgroup_paths"));
	parse_stdio(ret, json_get(doc, "external_descriptors"));
	ret->bundle = json_get_str(own, "bundle", "");
	ret->complete = json_get_bool(own, "complete", false);
	ret->run_oci = json_get_bool(own, "run_oci", false);
	ret->restored = json_get_bool(own, "restored", false);
	ret->pid_ns_private = json_get_bool(own, "pid_ns_private", false);
	ret->root_dev = json_get_u64(own, "root_dev", 0);
	ret->root_ino = json_get_u64(own, "root_ino", 0);
	ret->hooks = (uint32_t)json_get_u64(own, "hooks", 0);
	ret->creator.pid = (pid_t)json_get_i64(own, "creator_pid", 0);
	ret->creator.start = json_get_u64(own, "creator_start", 0);
	ret->boot_id = json_get_str(own, "boot_id", "");
	ret->driver = parse_driver(json_get_str(own, "cgroup_driver", ""));
	ret->mark = json_get_str(own, "cgroup_mark", "");
	ret->unit = json_get_str(own, "cgroup_unit", "");
	parse_rdt(&ret->rdt, json_get(own, "rdt"));
	parse_annotations(ret, json_get(own, "annotations"));
	return 0;
}

int record_read(struct record *ret, int dirfd, const char *id, struct err *e)
{
	AUTO(str) char *text = NULL;
	size_t len;
	int r = file_read_at(dirfd, STATE_RECORD, RECORD_MAX, &text, &len);

	if (r == -ENOENT) {
		*ret = (struct record){ 0 };
		ret->id = arena_strdup(&ret->arena, id);
		return err_errno(e, ENOENT, "container '%s' has no record", id);
	}
	if (r < 0)
		return err_errno(e, -r, "cannot read the record of container '%s'",
				 id);
	return record_parse(ret, text, len, id, e);
}
