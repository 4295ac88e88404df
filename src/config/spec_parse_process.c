/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec_parse_process.c - owns the tables of the "process" object
 * (runtime-spec config.md, "Process"). What needs two properties is checked in
 * spec_check_process.c. Pure, no state.
 */
#include "base/str.h"
#include "config/spec_tables.h"
#include "base/banned.h"

/* ---- user -------------------------------------------------------------- */

static void finish_user(struct walk *w, const struct json *j, void *outer)
{
	static const char *const ids[] = { "uid", "gid" };

	(void)outer;
	for (size_t i = 0; i < 2; i++)
		if (!walk_member(j, ids[i]))
			walk_warn(w, j, ids[i], "required property is missing, 0 assumed");
}

/* (uid_t)-1 means "no change" to the kernel and is nobody's id */
#define ID_MAX (UINT32_MAX - 1ULL)

static const struct field user_fields[] = {
	F(FK_U32, struct spec_user, uid, "uid", .flags = FIELD_RANGE, RANGE(0, ID_MAX)),
	F(FK_U32, struct spec_user, gid, "gid", .flags = FIELD_RANGE, RANGE(0, ID_MAX)),
	F(FK_U32, struct spec_user, umask, "umask",
	  .flags = FIELD_OPT | FIELD_RANGE, RANGE(0, 0777)),
	F(FK_U32_LIST, struct spec_user, additional_gids, "additionalGids",
	  .flags = FIELD_RANGE, RANGE(0, ID_MAX)),
	F_IGNORE("username"),
	F_END,
};
static const struct object user_object = { .fields = user_fields,
					   .finish = finish_user };

/* ---- capabilities ------------------------------------------------------ */

static void remember_unknown(struct walk *w, struct spec_capabilities *caps,
			     const char *name)
{
	struct str_list *u = &caps->unknown;
	const char **v;

	for (size_t i = 0; i < u->n; i++)
		if (streq(u->v[i], name))
			return;
	v = arena_array(w->arena, u->n + 2, sizeof(const char *));
	for (size_t i = 0; i < u->n; i++)
		v[i] = u->v[i];
	v[u->n++] = name;
	u->v = v;
}

static uint64_t get_set(struct walk *w, const struct json *j,
			struct spec_capabilities *caps)
{
	struct frame frame = { 0 };
	uint64_t set = 0;

	if (!walk_expect(w, j, JSON_ARRAY))
		return 0;
	walk_enter(w, &frame);
	for (const struct json *c = j->child; c; c = c->next, frame.index++) {
		int n = c->type == JSON_STRING ? cap_number(c->text) : -1;
		const char *name;

		if (n >= 0) {
			set |= 1ULL << n;
			continue;
		}
		name = walk_string(w, c);
		if (name && caps->unknown.n < 64)
			remember_unknown(w, caps, name);
	}
	walk_leave(w, &frame);
	return set;
}

static void convert_bounding(struct walk *w, const struct json *j, void *outer)
{
	struct spec_capabilities *caps = outer;

	caps->bounding = get_set(w, j, caps);
}

static void convert_effective(struct walk *w, const struct json *j, void *outer)
{
	struct spec_capabilities *caps = outer;

	caps->effective = get_set(w, j, caps);
}

static void convert_inheritable(struct walk *w, const struct json *j, void *outer)
{
	struct spec_capabilities *caps = outer;

	caps->inheritable_set = true;
	caps->inheritable = get_set(w, j, caps);
}

static void convert_permitted(struct walk *w, const struct json *j, void *outer)
{
	struct spec_capabilities *caps = outer;

	caps->permitted = get_set(w, j, caps);
}

static void convert_ambient(struct walk *w, const struct json *j, void *outer)
{
	struct spec_capabilities *caps = outer;

	caps->ambient = get_set(w, j, caps);
}

static bool known_in_upper_case(const char *name)
{
	char upper[40];
	size_t i;

	for (i = 0; i < sizeof(upper) - 1 && name[i]; i++)
		upper[i] = ascii_upper(name[i]);
	upper[i] = '\0';
	return cap_number(upper) >= 0;
}

/* One warning for all, in the words that callers of runc know. */
static void finish_caps(struct walk *w, const struct json *j, void *outer)
{
	const struct spec_capabilities *caps = outer;
	struct str list = { 0 };
	bool wrong_case = false;

	if (caps->unknown.n == 0)
		return;
	for (size_t i = 0; i < caps->unknown.n; i++) {
		str_addf(&list, "%s%.64s", i ? " " : "", caps->unknown.v[i]);
		wrong_case |= known_in_upper_case(caps->unknown.v[i]);
	}
	walk_warn(w, j, NULL, "ignoring unknown or unavailable capabilities: [%s]%s",
		  str_text(&list),
		  wrong_case ? " (names are upper-case: CAP_…)" : "");
	str_free(&list);
}

static const struct field caps_fields[] = {
	F_CUSTOM("bounding", convert_bounding),
	F_CUSTOM("effective", convert_effective),
	F_CUSTOM("inheritable", convert_inheritable),
	F_CUSTOM("permitted", convert_permitted),
	F_CUSTOM("ambient", convert_ambient),
	F_END,
};
static const struct object caps_object = { .fields = caps_fields,
					   .finish = finish_caps };

/*
 * Until 1.0.0-rc5 of the runtime-spec it was one list (containerd 0.2, Docker
 * 1.12 to 17.03). Inheritable and ambient stay empty, as today's engines have
 * them (CVE-2022-24769).
 */
static void convert_caps(struct walk *w, const struct json *j, void *outer)
{
	struct spec_capabilities *caps = &((struct spec_process *)outer)->caps;

	caps->set = true;
	if (j->type != JSON_ARRAY) {
		walk_object(w, j, &caps_object, caps);
		return;
	}
	caps->bounding = get_set(w, j, caps);
	caps->effective = caps->permitted = caps->bounding;
	finish_caps(w, j, caps);
}

/* ---- small ones -------------------------------------------------------- */

static const struct field rlimit_fields[] = {
	F_NAME(FK_ENUM, struct spec_rlimit, resource, "type", names_rlimit,
	       "wrong rlimit value: ", "", .flags = FIELD_REQUIRED),
	F_REQ(FK_U64, struct spec_rlimit, soft, "soft"),
	F_REQ(FK_U64, struct spec_rlimit, hard, "hard"),
	F_END,
};
static const struct object rlimit_object = { .fields = rlimit_fields,
					     .size = sizeof(struct spec_rlimit) };

static const struct field console_size_fields[] = {
	F_REQ(FK_U32, struct spec_process, console_height, "height"),
	F_REQ(FK_U32, struct spec_process, console_width, "width"),
	F_END,
};
static const struct object console_size_object = { .fields = console_size_fields };

static const struct field scheduler_fields[] = {
	F_NAME(FK_ENUM, struct spec_scheduler, policy, "policy", names_sched_policy,
	       "invalid scheduler policy '", "'", .flags = FIELD_REQUIRED,
	       .missing = "scheduler policy is required"),
	F(FK_I32, struct spec_scheduler, nice, "nice"),
	F(FK_I32, struct spec_scheduler, priority, "priority"),
	F_NAME(FK_BITS, struct spec_scheduler, flags, "flags", names_sched_flag,
	       "invalid scheduler flag '", "'"),
	F_OPT(FK_U64, struct spec_scheduler, runtime, "runtime"),
	F_OPT(FK_U64, struct spec_scheduler, deadline, "deadline"),
	F(FK_U64, struct spec_scheduler, period, "period"),
	F_END,
};
static const struct object scheduler_object = { .fields = scheduler_fields };

static const struct field io_priority_fields[] = {
	F_NAME(FK_ENUM, struct spec_io_priority, class_, "class", names_io_class,
	       "invalid ioPriority.Class: '", "'", .flags = FIELD_REQUIRED),
	F(FK_I32, struct spec_io_priority, priority, "priority"),
	F_END,
};
static const struct object io_priority_object = { .fields = io_priority_fields };

static const struct field affinity_fields[] = {
	F(FK_STR, struct spec_cpu_affinity, initial, "initial", .flags = FIELD_NO_EMPTY),
	F(FK_STR, struct spec_cpu_affinity, final_, "final", .flags = FIELD_NO_EMPTY),
	F_END,
};
static const struct object affinity_object = { .fields = affinity_fields };

/* ---- process ----------------------------------------------------------- */

static const struct field process_fields[] = {
	F(FK_BOOL, struct spec_process, terminal, "terminal"),
	F_FLAT("consoleSize", &console_size_object),
	F_OBJECT(struct spec_process, user, "user", &user_object),
	F(FK_STR_LIST, struct spec_process, args, "args"),
	F(FK_STR_LIST, struct spec_process, env, "env"),
	F(FK_STR, struct spec_process, cwd, "cwd", .flags = FIELD_REQUIRED,
	  .missing = "Cwd property must not be empty"),
	F_CUSTOM("capabilities", convert_caps, .object = &caps_object),
	F_LIST(struct spec_process, rlimits, n_rlimits, "rlimits", &rlimit_object),
	F_OPT(FK_BOOL, struct spec_process, no_new_privileges, "noNewPrivileges"),
	F(FK_STR, struct spec_process, apparmor_profile, "apparmorProfile"),
	F(FK_I32, struct spec_process, oom_score_adj, "oomScoreAdj",
	  .flags = FIELD_OPT | FIELD_RANGE, RANGE(-1000, 1000)),
	F_PRESENT(FK_OBJECT, struct spec_process, scheduler, scheduler.set,
		  "scheduler", .object = &scheduler_object),
	F(FK_STR, struct spec_process, selinux_label, "selinuxLabel"),
	F_PRESENT(FK_OBJECT, struct spec_process, io_priority, io_priority.set,
		  "ioPriority", .object = &io_priority_object),
	F_OBJECT(struct spec_process, exec_cpu_affinity, "execCPUAffinity",
		 &affinity_object),
	F_IGNORE("commandLine"),
	F_END,
};
const struct object schema_process = { .fields = process_fields,
				       .size = sizeof(struct spec_process) };
