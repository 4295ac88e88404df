/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec_check_linux.c - owns the rules of the "linux" object except resources
 * and seccomp, and those that need it together with the rest (runtime-spec
 * config-linux.md). The phrases that engines know from runc are kept. Pure:
 * whether a namespace path leads to the host's own is for whoever opens it.
 */
#include <errno.h>
#include <stdio.h>

#include "base/path.h"
#include "base/protect.h"
#include "base/str.h"
#include "config/names.h"
#include "config/config.h"
#include "config/schema.h"
#include "config/spec_check.h"
#include "base/banned.h"

/* user_namespaces(7): lines of uid_map and gid_map */
#define IDMAP_MAX 340

/* ---- lists of numbers -------------------------------------------------- */

static int list_number(const char **p, uint32_t *ret)
{
	uint64_t v = 0;
	const char *s = *p;

	if (*s < '0' || *s > '9')
		return -EINVAL;
	for (; *s >= '0' && *s <= '9'; s++) {
		v = v * 10 + (uint64_t)(*s - '0');
		if (v >= LIST_MAX)
			return -ERANGE;
	}
	*p = s;
	*ret = (uint32_t)v;
	return 0;
}

/* One element "3" or "0-7" up to the next comma. */
static int list_element(const char **p, uint64_t *bits, size_t *n)
{
	uint32_t from, to;
	int r = list_number(p, &from);

	if (r < 0)
		return r;
	to = from;
	*p += strspn(*p, " ");
	if (**p == '-') {
		++*p;
		*p += strspn(*p, " ");
		r = list_number(p, &to);
		if (r < 0)
			return r;
		*p += strspn(*p, " ");
	}
	if (to < from || (**p && **p != ','))
		return -EINVAL;
	for (; from <= to; from++) {
		uint64_t bit = 1ULL << (from & 63);

		if (!(bits[from / 64] & bit))
			++*n;
		bits[from / 64] |= bit;
	}
	return 0;
}

int list_count(const char *text, size_t *ret)
{
	uint64_t bits[LIST_MAX / 64] = { 0 };
	size_t n = 0;
	int r;

	for (;;) {
		text += strspn(text, " ,");
		if (!*text)
			break;
		r = list_element(&text, bits, &n);
		if (r < 0)
			return r;
	}
	*ret = n;
	return 0;
}

/* ---- namespaces and id maps -------------------------------------------- */

static void rule_ns_paths(struct check *c)
{
	for (unsigned int k = 0; k < _NS_KIND_MAX; k++) {
		const struct spec_ns *ns = &c->spec->linux_.ns[k];

		if (ns->path && ns->path[0] != '/')
			bad(c, at(c, "/linux/namespaces/%u/path", ns->index),
			    "namespace path must be absolute, got '%.200s'", ns->path);
	}
}

static bool overlap(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return (uint64_t)a < (uint64_t)b + b_size && (uint64_t)b < (uint64_t)a + a_size;
}

void check_idmap(struct check *c, const char *which, const struct idmap_list *map)
{
	if (map->n > IDMAP_MAX) {
		bad(c, which, "the kernel takes at most %d mappings, got %zu", IDMAP_MAX,
		    map->n);
		return;
	}
	for (size_t i = 0; i < map->n; i++) {
		const struct spec_idmap *m = &map->v[i];
		const char *here;

		if (m->size == 0 ||
		    (uint64_t)m->container_id + m->size > UINT32_MAX ||
		    (uint64_t)m->host_id + m->size > UINT32_MAX) {
			here = arena_printf(&c->f->arena, "%s/%zu/size", which, i);
			bad(c, here, m->size ? "the range goes beyond the last id" :
					       "size must be at least 1");
			continue;
		}
		for (size_t k = 0; k < i; k++) {
			const struct spec_idmap *o = &map->v[k];
			bool inside = overlap(m->container_id, m->size,
					      o->container_id, o->size);

			if (!inside && !overlap(m->host_id, m->size, o->host_id, o->size))
				continue;
			here = arena_printf(&c->f->arena, "%s/%zu", which, i);
			bad(c, here, "%s ids overlap those of mapping %zu",
			    inside ? "container" : "host", k);
			break;
		}
	}
}

static bool is_mapped(const struct idmap_list *map, uint32_t id)
{
	for (size_t i = 0; i < map->n; i++)
		if (id >= map->v[i].container_id &&
		    id - map->v[i].container_id < map->v[i].size)
			return true;
	return false;
}

static void rule_user_ns(struct check *c)
{
	const struct spec_linux *l = &c->spec->linux_;
	const struct spec_ns *ns = &l->ns[NS_USER];
	const char *here = l->uid_mappings.n ? "/linux/uidMappings" : "/linux/gidMappings";
	bool any = l->uid_mappings.n || l->gid_mappings.n;

	if (any) {
		check_idmap(c, "/linux/uidMappings", &l->uid_mappings);
		check_idmap(c, "/linux/gidMappings", &l->gid_mappings);
	}
	if (!ns->listed && any)
		bad(c, here, "user namespace mappings specified, but user namespace isn't enabled in the config");
	if (!ns->listed || ns->path)
		return;
	if (!any) {
		bad(c, at(c, "/linux/namespaces/%u", ns->index),
		    "user namespaces enabled, but no namespace path to join nor mappings to apply specified (add linux.uidMappings and linux.gidMappings)");
		return;
	}
	if (!is_mapped(&l->uid_mappings, 0))
		bad(c, "/linux/uidMappings", "user namespaces enabled, but no mapping found for uid 0");
	if (!is_mapped(&l->gid_mappings, 0))
		bad(c, "/linux/gidMappings", "user namespaces enabled, but no mapping found for gid 0");
}

/* Only for maps of this config: those of a joined namespace are not known. */
static void rule_mapped_user(struct check *c)
{
	const struct spec_linux *l = &c->spec->linux_;
	const struct spec_user *u = &c->spec->process.user;

	if (!c->spec->process_set || !l->ns[NS_USER].listed || l->ns[NS_USER].path ||
	    !l->uid_mappings.n || !l->gid_mappings.n)
		return;
	if (u->uid && !is_mapped(&l->uid_mappings, u->uid))
		bad(c, "/process/user/uid", "cannot setuid to unmapped uid %u in user namespace",
		    u->uid);
	if (u->gid && !is_mapped(&l->gid_mappings, u->gid))
		bad(c, "/process/user/gid", "cannot setgid to unmapped gid %u in user namespace",
		    u->gid);
	for (size_t i = 0; i < u->additional_gids.n; i++)
		if (!is_mapped(&l->gid_mappings, u->additional_gids.v[i]))
			bad(c, at(c, "/process/user/additionalGids/%zu", i),
			    "cannot set unmapped additional gid %u in user namespace",
			    u->additional_gids.v[i]);
}

static void rule_time_offsets(struct check *c)
{
	const struct spec_linux *l = &c->spec->linux_;

	if (!l->monotonic.set && !l->boottime.set)
		return;
	if (!l->ns[NS_TIME].listed)
		bad(c, "/linux/timeOffsets",
		    "time namespace offsets specified, but time namespace isn't enabled in the config");
	else if (l->ns[NS_TIME].path)
		bad(c, "/linux/timeOffsets",
		    "time namespace enabled, but both namespace path and time offsets specified -- you may only provide one");
}

/* ---- devices ----------------------------------------------------------- */

static bool same_node(const struct spec_device *a, const struct spec_device *b)
{
	return a->type == b->type && a->major == b->major && a->minor == b->minor;
}

/*
 * Engines list a device twice when the user did; only two different nodes at
 * one path cannot both be made.
 */
static void check_device_twice(struct check *c, size_t i)
{
	const struct spec_device *v = c->spec->linux_.devices;

	for (size_t k = 0; k < i; k++) {
		if (streq(v[k].path, v[i].path) && !same_node(&v[k], &v[i])) {
			bad(c, at(c, "/linux/devices/%zu/path", i),
			    "'%.200s' is a different device in /linux/devices/%zu",
			    v[i].path, k);
			return;
		}
	}
}

static void rule_devices(struct check *c)
{
	const struct spec_linux *l = &c->spec->linux_;

	for (size_t i = 0; i < l->n_devices; i++) {
		const char *path = l->devices[i].path;

		if (path[0] != '/')
			bad(c, at(c, "/linux/devices/%zu/path", i),
			    "device path must be absolute, got '%.200s'", path);
		else if (path_has_dotdot(path) || path[strspn(path, "/.")] == '\0')
			bad(c, at(c, "/linux/devices/%zu/path", i),
			    "'%.200s' names no device", path);
		if (l->n_devices <= 4096) /* a bound for hostile input */
			check_device_twice(c, i);
	}
}

/* dev_valid_name() of the kernel, with room for the NUL in IFNAMSIZ */
static bool is_net_name(const char *name)
{
	return name[0] && strlen(name) < 16 && !streq(name, ".") &&
	       !streq(name, "..") && !strpbrk(name, "/: \t\n");
}

static void rule_net_devices(struct check *c)
{
	const struct spec_linux *l = &c->spec->linux_;

	if (l->n_net_devices && !l->ns[NS_NET].listed)
		bad(c, "/linux/netDevices",
		    "unable to move network devices without a NET namespace");
	for (size_t i = 0; i < l->n_net_devices; i++) {
		const struct spec_net_device *d = &l->net_devices[i];
		const char *wrong = !is_net_name(d->host_name) ? d->host_name
				  : d->name && !is_net_name(d->name) ? d->name : NULL;

		if (wrong)
			bad(c, at_key(c, "/linux/netDevices", d->host_name),
			    "invalid network device name \"%.64s\"", wrong);
	}
}

/* ---- paths ------------------------------------------------------------- */

static void check_paths(struct check *c, const char *key, const struct str_list *list)
{
	if (list->n && !c->spec->linux_.ns[NS_MNT].listed)
		bad(c, at(c, "/linux/%s", key),
		    "unable to restrict sys entries without a private MNT namespace");
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i][0] != '/')
			bad(c, at(c, "/linux/%s/%zu", key, i),
			    "must be an absolute path, got '%.200s'", list->v[i]);
}

static void rule_restricted_paths(struct check *c)
{
	check_paths(c, "maskedPaths", &c->spec->linux_.masked_paths);
	check_paths(c, "readonlyPaths", &c->spec->linux_.readonly_paths);
}

static void rule_cgroups_path(struct check *c)
{
	const char *path = c->spec->linux_.cgroups_path;

	if (path && path_has_dotdot(path) && PROTECTED(CGROUP_NAMES))
		bad(c, "/linux/cgroupsPath", "'%.200s' must not have a '..' component", path);
}

/* ---- sysctl ------------------------------------------------------------ */

static bool is_ipc_sysctl(const char *path)
{
	static const char *const names[] = {
		"kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem",
		"kernel/shmall", "kernel/shmmax", "kernel/shmmni",
		"kernel/shm_rmid_forced",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (streq(path, names[i]))
			return true;
	return str_starts(path, "fs/mqueue/");
}

/* Why this sysctl would change the host, or NULL. */
static const char *sysctl_refusal(const struct spec_ns *ns, const char *path)
{
	if (is_ipc_sysctl(path))
		return ns[NS_IPC].listed ? NULL :
		       "is not allowed in the hosts ipc namespace (\"ipc\" is missing in linux.namespaces)";
	if (str_starts(path, "net/"))
		return ns[NS_NET].listed ? NULL :
		       "not allowed in host network namespace (\"network\" is missing in linux.namespaces)";
	if (streq(path, "kernel/hostname"))
		return "is not allowed as it conflicts with the OCI \"hostname\" field";
	if (streq(path, "kernel/domainname"))
		return ns[NS_UTS].listed ? NULL :
		       "is not in a separate kernel namespace (\"uts\" is missing in linux.namespaces)";
	if (str_starts(path, "user/"))
		return ns[NS_USER].listed ? NULL : "not allowed without a user namespace";
	return "is not in a separate kernel namespace (it would change the whole host: set it there)";
}

static void rule_sysctl(struct check *c)
{
	const struct spec_linux *l = &c->spec->linux_;

	for (size_t i = 0; i < l->sysctl.n; i++) {
		const struct kv *kv = &l->sysctl.v[i];
		const char *path = sysctl_key_path(&c->f->arena, kv->key), *why;

		why = path ? sysctl_refusal(l->ns, path) : "is no path below /proc/sys";
		if (why)
			bad(c, at_key(c, "/linux/sysctl", kv->key),
			    "sysctl \"%.100s\" %s", kv->key, why);
		else if (streq(path, "kernel/domainname") && c->spec->domainname &&
			 !streq(c->spec->domainname, kv->value))
			bad(c, at_key(c, "/linux/sysctl", kv->key),
			    "sysctl \"%.100s\" differs from the \"domainname\" field",
			    kv->key);
	}
}

int spec_check_sysctl_own(const struct spec *spec, uint32_t own, struct err *e)
{
	const struct kv_list *list = &spec->linux_.sysctl;
	struct spec_ns ns[_NS_KIND_MAX];
	struct arena arena = { 0 };
	int r = 0;

	memcpy(ns, spec->linux_.ns, sizeof(ns));
	for (unsigned int k = 0; k < _NS_KIND_MAX; k++)
		if (own & 1U << k)
			ns[k].listed = false;
	for (size_t i = 0; r == 0 && i < list->n; i++) {
		const char *key = list->v[i].key;
		const char *path = sysctl_key_path(&arena, key), *why;
		struct str pointer = { 0 };

		why = path ? sysctl_refusal(ns, path) : NULL;
		if (!why)
			continue;
		(void)err_set(e, EINVAL, "sysctl \"%.100s\" %s", key, why);
		(void)err_hint(e, "the namespace to join is the runtime's own");
		str_add(&pointer, "/linux/sysctl");
		pointer_add(&pointer, key);
		r = err_at(e, "%s", str_text(&pointer));
		str_free(&pointer);
	}
	arena_free(&arena);
	return r;
}

/* ---- memory policy, intelRdt, swap ------------------------------------- */

#define NODES_MAX 1024 /* the largest MAX_NUMNODES of any kernel */

static bool has_node_beyond(const char *list)
{
	for (; *list; list += strspn(list, " ,-")) {
		uint32_t v = 0;

		if (list_number(&list, &v) < 0)
			return false;
		if (v >= NODES_MAX)
			return true;
	}
	return false;
}

static void rule_memory_policy(struct check *c)
{
	const struct spec_memory_policy *m = &c->spec->linux_.memory_policy;
	const char *mode = name_of(names_mpol_mode, m->mode);
	bool none = streq(mode, "MPOL_DEFAULT") || streq(mode, "MPOL_LOCAL");
	size_t n = 0;

	if (!m->set)
		return;
	if (m->nodes && (list_count(m->nodes, &n) < 0 || has_node_beyond(m->nodes))) {
		bad(c, "/linux/memoryPolicy/nodes",
		    "invalid memory policy nodes '%.100s', expected a list of numbers below %d such as 0-3,7",
		    m->nodes, NODES_MAX);
		return;
	}
	if (none && n)
		bad(c, "/linux/memoryPolicy/nodes",
		    "invalid memory policy: mode requires 0 nodes but got %zu (%s)", n, mode);
	else if (!none && !streq(mode, "MPOL_PREFERRED") && !n)
		bad(c, "/linux/memoryPolicy/nodes",
		    "invalid memory policy: mode requires at least one node but got 0 (%s)",
		    mode);
}

/* Not silently without them: the config means something else then. */
static void rule_personality(struct check *c)
{
	const struct str_list *flags = &c->spec->linux_.personality.flags;

	for (size_t i = 0; i < flags->n; i++)
		bad(c, at(c, "/linux/personality/flags/%zu", i),
		    "unknown personality flag '%.100s': the specification defines none",
		    flags->v[i]);
}

static void rule_intel_rdt(struct check *c)
{
	const struct spec_intel_rdt *r = &c->spec->linux_.intel_rdt;
	const char *id = r->clos_id;

	if (id && (streq(id, ".") || streq(id, "..") || strchr(id, '\n') ||
		   (strchr(id, '/') && !streq(id, "/"))))
		bad(c, "/linux/intelRdt/closID", "invalid intelRdt.ClosID \"%.100s\"", id);
	if (r->l3_cache_schema && strchr(r->l3_cache_schema, '\n'))
		odd(c, "/linux/intelRdt/l3CacheSchema", "should not contain newlines");
	if (r->mem_bw_schema && (!str_starts(r->mem_bw_schema, "MB:") ||
				 strchr(r->mem_bw_schema, '\n')))
		bad(c, "/linux/intelRdt/memBwSchema", "must be one line that starts with MB:");
	for (size_t i = 0; i < r->schemata.n; i++)
		if (strchr(r->schemata.v[i], '\n'))
			bad(c, at(c, "/linux/intelRdt/schemata/%zu", i),
			    "must not contain newlines");
}

/* `update` may give swap alone; at create there is nothing to add it to. */
static void rule_swap_needs_limit(struct check *c)
{
	const struct spec_memory *m = &c->spec->linux_.resources.memory;

	if (m->swap.set && m->swap.v > 0 && (!m->limit.set || m->limit.v == 0))
		bad(c, "/linux/resources/memory/swap",
		    "unable to set swap limit without memory limit");
}

/* ---- seccomp ----------------------------------------------------------- */

static void check_errno(struct check *c, const char *pointer, uint32_t action,
			const struct opt_u32 *ret)
{
	uint32_t max = action == SCMP_TRACE ? UINT16_MAX : 4095; /* MAX_ERRNO */

	if (!ret->set)
		return;
	if (action != SCMP_ERRNO && action != SCMP_TRACE)
		bad(c, pointer, "action %s has no errno",
		    name_of(names_seccomp_action, action));
	else if (ret->v > max)
		bad(c, pointer, "errno must be at most %u, got %u", max, ret->v);
}

static bool has_name(const struct str_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (streq(list->v[i], name))
			return true;
	return false;
}

static void check_seccomp_rule(struct check *c, size_t i)
{
	const struct spec_seccomp *s = &c->spec->linux_.seccomp;
	const struct spec_seccomp_rule *r = &s->rules[i];

	if (r->names.n == 0)
		bad(c, at(c, "/linux/seccomp/syscalls/%zu/names", i),
		    "names must have at least one entry");
	else if (has_name(&r->names, ""))
		bad(c, at(c, "/linux/seccomp/syscalls/%zu/names", i),
		    "empty string is not a valid syscall");
	if (r->errno_ret.set)
		check_errno(c, at(c, "/linux/seccomp/syscalls/%zu/errnoRet", i), r->action,
			    &r->errno_ret);
	if (r->action != SCMP_NOTIFY)
		return;
	/* the number of the notify descriptor is sent with write(2) */
	if (has_name(&r->names, "write"))
		bad(c, at(c, "/linux/seccomp/syscalls/%zu/names", i),
		    "SCMP_ACT_NOTIFY cannot be used for the write syscall");
	if (!s->listener_path)
		bad(c, at(c, "/linux/seccomp/syscalls/%zu/action", i),
		    "seccomp listenerPath is not set");
}

static void rule_seccomp(struct check *c)
{
	const struct spec_seccomp *s = &c->spec->linux_.seccomp;

	if (!s->set)
		return;
	if (s->default_action == SCMP_NOTIFY)
		bad(c, "/linux/seccomp/defaultAction",
		    "SCMP_ACT_NOTIFY cannot be used as default action");
	check_errno(c, "/linux/seccomp/defaultErrnoRet", s->default_action,
		    &s->default_errno_ret);
	if (s->listener_metadata && !s->listener_path)
		bad(c, "/linux/seccomp/listenerMetadata",
		    "listenerMetadata must not be set without listenerPath");
	if (s->listener_path && s->listener_path[0] != '/')
		bad(c, "/linux/seccomp/listenerPath", "must be an absolute path, got '%.200s'",
		    s->listener_path);
	for (size_t i = 0; i < s->n_rules; i++)
		check_seccomp_rule(c, i);
}

const struct rule linux_rules[] = {
	{ "namespace-paths", "linux", rule_ns_paths },
	{ "user-namespace", "linux", rule_user_ns },
	{ "mapped-user", "linux process", rule_mapped_user },
	{ "time-offsets", "linux", rule_time_offsets },
	{ "devices", "linux", rule_devices },
	{ "net-devices", "linux", rule_net_devices },
	{ "restricted-paths", "linux", rule_restricted_paths },
	{ "cgroups-path", "linux", rule_cgroups_path },
	{ "sysctl", "linux hostname domainname", rule_sysctl },
	{ "memory-policy", "linux", rule_memory_policy },
	{ "personality", "linux", rule_personality },
	{ "intel-rdt", "linux", rule_intel_rdt },
	{ "swap-needs-limit", "linux", rule_swap_needs_limit },
	{ "seccomp", "linux", rule_seccomp },
	{ NULL, NULL, NULL },
};
