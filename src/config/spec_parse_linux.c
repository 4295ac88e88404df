/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec_parse_linux.c - owns the tables of the "linux" object except its
 * resources (runtime-spec config-linux.md). Only types and names here;
 * spec_check_linux.c has the rules. Pure, no state.
 */
#include "base/str.h"
#include "config/spec_tables.h"
#include "base/banned.h"

/* ---- namespaces and id mappings ---------------------------------------- */

struct ns_entry {
	uint32_t kind;
	const char *path;
};

static const struct field ns_fields[] = {
	F_NAME(FK_ENUM, struct ns_entry, kind, "type", names_ns,
	       "namespace \"", "\" does not exist", .flags = FIELD_REQUIRED),
	F(FK_STR, struct ns_entry, path, "path", .flags = FIELD_NO_EMPTY),
	F_END,
};
static const struct object ns_object = { .fields = ns_fields,
					 .size = sizeof(struct ns_entry) };

static void convert_namespaces(struct walk *w, const struct json *j, void *outer)
{
	struct spec_linux *l = outer;
	struct frame frame = { 0 };

	if (!walk_expect(w, j, JSON_ARRAY))
		return;
	walk_enter(w, &frame);
	for (const struct json *c = j->child; c; c = c->next, frame.index++) {
		struct ns_entry entry = { _NS_KIND_MAX, NULL };
		struct spec_ns *ns;

		walk_object(w, c, &ns_object, &entry);
		if (entry.kind >= _NS_KIND_MAX)
			continue;
		ns = &l->ns[entry.kind];
		if (ns->listed) {
			walk_error(w, c, NULL,
				   "malformed spec file: duplicated ns {\"%s\" \"%s\"}, first listed at /linux/namespaces/%u",
				   ns_config_name((enum ns_kind)entry.kind),
				   entry.path ? entry.path : "", ns->index);
			continue;
		}
		ns->listed = true;
		ns->path = entry.path;
		ns->index = (uint32_t)frame.index;
	}
	walk_leave(w, &frame);
}

static const struct field idmap_fields[] = {
	F_REQ(FK_U32, struct spec_idmap, container_id, "containerID"),
	F_REQ(FK_U32, struct spec_idmap, host_id, "hostID"),
	F_REQ(FK_U32, struct spec_idmap, size, "size"),
	F_END,
};
const struct object schema_idmap = { .fields = idmap_fields,
				     .size = sizeof(struct spec_idmap) };

static const struct field time_offset_fields[] = {
	F(FK_I64, struct spec_time_offset, secs, "secs"),
	F(FK_U32, struct spec_time_offset, nanosecs, "nanosecs",
	  .flags = FIELD_RANGE, RANGE(0, 999999999)),
	F_END,
};
static const struct object time_offset_object = { .fields = time_offset_fields };

static const struct field time_offsets_fields[] = {
	F_PRESENT(FK_OBJECT, struct spec_linux, monotonic, monotonic.set,
		  "monotonic", .object = &time_offset_object),
	F_PRESENT(FK_OBJECT, struct spec_linux, boottime, boottime.set,
		  "boottime", .object = &time_offset_object),
	F_END,
};
/* the kernel refuses any other clock: no reason to tolerate one here */
static const struct object time_offsets_object = {
	.fields = time_offsets_fields,
	.closed = "unknown clock, expected 'monotonic' or 'boottime'"
};

/* ---- devices ----------------------------------------------------------- */

static void convert_device_type(struct walk *w, const struct json *j, void *outer)
{
	struct spec_device *d = outer;

	if (!walk_expect(w, j, JSON_STRING))
		return;
	if (j->len == 1 && (j->text[0] == 'c' || j->text[0] == 'u'))
		d->type = 'c';
	else if (j->len == 1 && (j->text[0] == 'b' || j->text[0] == 'p'))
		d->type = j->text[0];
	else
		walk_error(w, j, NULL, "invalid device type \"%.40s\", expected c, b, u or p",
			   j->text);
}

/* Numbers that only make sense if somebody wrote octal into decimal JSON. */
static bool looks_octal(uint32_t mode)
{
	static const uint32_t modes[] = { 600, 620, 640, 644, 660, 664, 666,
					  700, 750, 755, 775, 777 };

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (modes[i] == mode)
			return true;
	return false;
}

static uint32_t as_octal(uint32_t mode)
{
	return mode / 100 * 64 + mode / 10 % 10 * 8 + mode % 10;
}

static void finish_device(struct walk *w, const struct json *j, void *outer)
{
	static const char *const numbers[] = { "major", "minor" };
	struct spec_device *d = outer;

	for (size_t i = 0; i < 2; i++)
		if (d->type && d->type != 'p' && !walk_member(j, numbers[i]))
			walk_error(w, j, numbers[i], "required property is missing (device type '%c')",
				   d->type);
	if (!d->file_mode.set)
		return;
	if (looks_octal(d->file_mode.v))
		walk_warn(w, j, "fileMode", "JSON numbers are decimal: octal 0%u would be %u",
			  d->file_mode.v, as_octal(d->file_mode.v));
	/* engines pass st_mode as it is: the type bits say nothing new */
	d->file_mode.v &= 07777;
}

/* the kernel has 12 bits for the major and 20 for the minor number */
static const struct field device_fields[] = {
	F_CUSTOM("type", convert_device_type, .flags = FIELD_REQUIRED),
	F_REQ(FK_STR, struct spec_device, path, "path"),
	F(FK_U32, struct spec_device, major, "major", .flags = FIELD_RANGE, RANGE(0, 4095)),
	F(FK_U32, struct spec_device, minor, "minor", .flags = FIELD_RANGE, RANGE(0, 1048575)),
	F_OPT(FK_U32, struct spec_device, file_mode, "fileMode"),
	F_OPT(FK_U32, struct spec_device, uid, "uid"),
	F_OPT(FK_U32, struct spec_device, gid, "gid"),
	F_END,
};
static const struct object device_object = { .fields = device_fields,
					     .size = sizeof(struct spec_device),
					     .finish = finish_device };

static const struct field net_device_fields[] = {
	F(FK_STR, struct spec_net_device, name, "name", .flags = FIELD_NO_EMPTY),
	F_END,
};
static const struct object net_device_object = {
	.fields = net_device_fields, .size = sizeof(struct spec_net_device),
	.key_offset = offsetof(struct spec_net_device, host_name)
};

/* ---- seccomp ----------------------------------------------------------- */

static const struct field seccomp_arg_fields[] = {
	F(FK_U32, struct spec_seccomp_arg, index, "index",
	  .flags = FIELD_REQUIRED | FIELD_RANGE, RANGE(0, 5)),
	F_REQ(FK_U64, struct spec_seccomp_arg, value, "value"),
	F(FK_U64, struct spec_seccomp_arg, value_two, "valueTwo"),
	F_NAME(FK_ENUM, struct spec_seccomp_arg, op, "op", names_seccomp_op,
	       "string ", " is not a valid operator for seccomp",
	       .flags = FIELD_REQUIRED),
	F_END,
};
static const struct object seccomp_arg_object = {
	.fields = seccomp_arg_fields, .size = sizeof(struct spec_seccomp_arg)
};

#define F_ACTION(type, member, name_, flags_)                            \
	F_NAME(FK_ENUM, type, member, name_, names_seccomp_action,       \
	       "string ", " is not a valid action for seccomp", .flags = (flags_))

/* Until 1.0.0-rc6 of the runtime-spec each rule had one "name". */
static void convert_name(struct walk *w, const struct json *j, void *outer)
{
	struct spec_seccomp_rule *rule = outer;
	const char *name = walk_string(w, j);
	const char **v = arena_array(w->arena, 2, sizeof(*v));

	if (!name || rule->names.n > 0)
		return;
	v[0] = name;
	rule->names = (struct str_list){ v, 1 };
}

static void finish_rule(struct walk *w, const struct json *j, void *outer)
{
	(void)outer;
	if (!walk_member(j, "names") && !walk_member(j, "name"))
		walk_error(w, j, "names", "required property is missing");
}

static const struct field seccomp_rule_fields[] = {
	F(FK_STR_LIST, struct spec_seccomp_rule, names, "names"),
	F_CUSTOM("name", convert_name),
	F_ACTION(struct spec_seccomp_rule, action, "action", FIELD_REQUIRED),
	F_OPT(FK_U32, struct spec_seccomp_rule, errno_ret, "errnoRet"),
	F_LIST(struct spec_seccomp_rule, args, n_args, "args", &seccomp_arg_object),
	F_END,
};
static const struct object seccomp_rule_object = {
	.fields = seccomp_rule_fields, .size = sizeof(struct spec_seccomp_rule),
	.finish = finish_rule
};

/* No default action and no rules: as if the object were not there. */
static void finish_seccomp(struct walk *w, const struct json *j, void *outer)
{
	struct spec_seccomp *s = outer;
	const struct json *action = walk_member(j, "defaultAction");

	if (s->default_action)
		return;
	if (s->n_rules == 0)
		s->set = false;
	if (s->n_rules && (!action || (action->type == JSON_STRING && !action->len)))
		walk_error(w, j, "defaultAction", "required property is missing");
}

static const struct field seccomp_fields[] = {
	F_ACTION(struct spec_seccomp, default_action, "defaultAction", FIELD_NO_EMPTY),
	F_OPT(FK_U32, struct spec_seccomp, default_errno_ret, "defaultErrnoRet"),
	F_NAME(FK_ENUM_LIST, struct spec_seccomp, architectures, "architectures",
	       names_seccomp_arch, "string ", " is not a valid arch for seccomp"),
	F_PRESENT(FK_ENUM_LIST, struct spec_seccomp, flags, flags_set, "flags",
		  .names = names_seccomp_flag, .bad_pre = "seccomp flag ",
		  .bad_post = " is not known to ocirun"),
	F(FK_STR, struct spec_seccomp, listener_path, "listenerPath",
	  .flags = FIELD_NO_EMPTY),
	F(FK_STR, struct spec_seccomp, listener_metadata, "listenerMetadata",
	  .flags = FIELD_NO_EMPTY),
	F_LIST(struct spec_seccomp, rules, n_rules, "syscalls", &seccomp_rule_object),
	F_END,
};
static const struct object seccomp_object = { .fields = seccomp_fields,
					      .finish = finish_seccomp };

/* ---- small ones -------------------------------------------------------- */

static const struct field personality_fields[] = {
	F_NAME(FK_ENUM, struct spec_personality, domain, "domain", names_personality,
	       "invalid personality domain ", "", .flags = FIELD_REQUIRED),
	F(FK_STR_LIST, struct spec_personality, flags, "flags"),
	F_END,
};
static const struct object personality_object = { .fields = personality_fields };

static const struct field memory_policy_fields[] = {
	F_NAME(FK_ENUM, struct spec_memory_policy, mode, "mode", names_mpol_mode,
	       "invalid memory policy mode '", "'", .flags = FIELD_REQUIRED,
	       .missing = "invalid memory policy mode: required property is missing"),
	F(FK_STR, struct spec_memory_policy, nodes, "nodes", .flags = FIELD_NO_EMPTY),
	F_NAME(FK_BITS, struct spec_memory_policy, flags, "flags", names_mpol_flag,
	       "invalid memory policy flag '", "'"),
	F_END,
};
static const struct object memory_policy_object = { .fields = memory_policy_fields };

static const struct field intel_rdt_fields[] = {
	F(FK_STR, struct spec_intel_rdt, clos_id, "closID", .flags = FIELD_NO_EMPTY),
	F(FK_STR_LIST, struct spec_intel_rdt, schemata, "schemata"),
	F(FK_STR, struct spec_intel_rdt, l3_cache_schema, "l3CacheSchema",
	  .flags = FIELD_NO_EMPTY),
	F(FK_STR, struct spec_intel_rdt, mem_bw_schema, "memBwSchema",
	  .flags = FIELD_NO_EMPTY),
	F(FK_BOOL, struct spec_intel_rdt, enable_monitoring, "enableMonitoring"),
	F_IGNORE("enableCMT", .flags = FIELD_OBSOLETE),
	F_IGNORE("enableMBM", .flags = FIELD_OBSOLETE),
	F_END,
};
static const struct object intel_rdt_object = { .fields = intel_rdt_fields };

/* ---- linux ------------------------------------------------------------- */

static const struct field linux_fields[] = {
	F_CUSTOM("namespaces", convert_namespaces, .object = &ns_object),
	F_LIST(struct spec_linux, uid_mappings.v, uid_mappings.n, "uidMappings",
	       &schema_idmap),
	F_LIST(struct spec_linux, gid_mappings.v, gid_mappings.n, "gidMappings",
	       &schema_idmap),
	F_FLAT("timeOffsets", &time_offsets_object),
	F_LIST(struct spec_linux, devices, n_devices, "devices", &device_object),
	F_MAP(struct spec_linux, net_devices, n_net_devices, "netDevices",
	      &net_device_object),
	F(FK_STR, struct spec_linux, cgroups_path, "cgroupsPath", .flags = FIELD_NO_EMPTY),
	F_PRESENT(FK_OBJECT, struct spec_linux, resources, resources.set, "resources",
		  .object = &schema_resources),
	F_NAME(FK_ENUM, struct spec_linux, rootfs_propagation, "rootfsPropagation",
	       names_propagation, "rootfsPropagation=", " is not supported",
	       .flags = FIELD_NO_EMPTY),
	F(FK_STR_LIST, struct spec_linux, masked_paths, "maskedPaths"),
	F(FK_STR_LIST, struct spec_linux, readonly_paths, "readonlyPaths"),
	F(FK_STR, struct spec_linux, mount_label, "mountLabel", .flags = FIELD_NO_EMPTY),
	F_PRESENT(FK_OBJECT, struct spec_linux, personality, personality.set,
		  "personality", .object = &personality_object),
	F_PRESENT(FK_OBJECT, struct spec_linux, memory_policy, memory_policy.set,
		  "memoryPolicy", .object = &memory_policy_object),
	F_PRESENT(FK_OBJECT, struct spec_linux, intel_rdt, intel_rdt.set, "intelRdt",
		  .object = &intel_rdt_object),
	F(FK_KV, struct spec_linux, sysctl, "sysctl"),
	F_PRESENT(FK_OBJECT, struct spec_linux, seccomp, seccomp.set, "seccomp",
		  .object = &seccomp_object),
	F_END,
};
const struct object schema_linux = { .fields = linux_fields };
