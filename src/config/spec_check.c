/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec_check.c - owns the rules of the top level (runtime-spec config.md:
 * version, root, mounts, hooks, annotations, host names) and the machinery of
 * all rules. The phrases that engines know from runc are kept in the texts.
 *
 * A rule never stops another one: every violation of a config is reported in
 * one go. Pure.
 */
#include "config/spec_check.h"

#include <stdio.h>
#include <sys/mount.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "config/names.h"
#include "config/schema.h"
#include "base/banned.h"

#define HOST_NAME_LIMIT 64 /* __NEW_UTS_LEN of the kernel */

const char *at(struct check *c, const char *fmt, ...)
{
	char rest[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(rest, sizeof(rest), fmt, ap);
	va_end(ap);
	return arena_printf(&c->f->arena, "%s%s", c->base, rest);
}

const char *at_key(struct check *c, const char *map, const char *key)
{
	struct str pointer = { 0 };
	const char *copy;

	str_add(&pointer, c->base);
	str_add(&pointer, map);
	pointer_add(&pointer, key);
	copy = arena_strdup(&c->f->arena, str_text(&pointer));
	str_free(&pointer);
	return copy;
}

void bad(struct check *c, const char *pointer, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	findings_add(c->f, true, 0, 0, pointer, "%s", text);
}

void odd(struct check *c, const char *pointer, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	findings_add(c->f, false, 0, 0, pointer, "%s", text);
}

/* True if one of the two pointers lies at or below the other. */
static bool related(const char *a, const char *base, const char *key, size_t len)
{
	size_t n = strlen(base);
	AUTO(str) char *b = len ? xasprintf("%s/%.*s", base, (int)len, key) :
				  xstrndup(base, n);
	const char *p = a, *q = b;

	while (*p && *p == *q) {
		p++;
		q++;
	}
	return (*p == '\0' && (*q == '\0' || *q == '/')) ||
	       (*q == '\0' && *p == '/');
}

static bool parser_refused(const struct check *c, const char *reads)
{
	do {
		size_t len = strcspn(reads, " ");

		for (size_t i = 0; i < c->f->n_parsed; i++)
			if (c->f->v[i].is_error &&
			    related(c->f->v[i].pointer, c->base, reads, len))
				return true;
		reads += len;
	} while (*reads++ == ' ');
	return false;
}

void run_rules(const struct rule *rules, struct check *c)
{
	for (; rules->name; rules++)
		if (!c->f->n_errors || !parser_refused(c, rules->reads))
			rules->check(c);
}

/* ---- version and root -------------------------------------------------- */

/* One number of a semantic version: digits without leading zero. */
static const char *skip_number(const char *p)
{
	const char *start = p;

	while (*p >= '0' && *p <= '9')
		p++;
	if (p == start || (*start == '0' && p - start > 1))
		return NULL;
	return p;
}

/* Dot-separated identifiers of a pre-release or build part. */
static const char *skip_identifiers(const char *p)
{
	static const char allowed[] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";

	for (;;) {
		size_t n = strspn(p, allowed);

		if (n == 0)
			return NULL;
		p += n;
		if (*p != '.')
			return p;
		p++;
	}
}

static bool is_semver(const char *p)
{
	for (int i = 0; i < 3; i++) {
		p = skip_number(p);
		if (!p || (i < 2 && *p++ != '.'))
			return false;
	}
	if (*p == '-' && !(p = skip_identifiers(p + 1)))
		return false;
	if (*p == '+' && !(p = skip_identifiers(p + 1)))
		return false;
	return *p == '\0';
}

static void rule_oci_version(struct check *c)
{
	const char *v = c->spec->oci_version;

	if (!is_semver(v))
		bad(c, "/ociVersion", "'%.64s' is not a semantic version such as 1.3.0", v);
	/* 0.x: engines of 2016; what differs is known to the parser */
	else if (!str_starts(v, "1.") && !str_starts(v, "0."))
		bad(c, "/ociVersion", "unsupported version %.64s of the runtime-spec, expected 1.x", v);
}

static void rule_root_path(struct check *c)
{
	if (c->spec->root.path[0] == '\0')
		bad(c, "/root/path", "rootfs path must not be empty");
}

/* ---- host names -------------------------------------------------------- */

static void check_host_name(struct check *c, const char *field, const char *name)
{
	if (!name)
		return;
	if (!c->spec->linux_.ns[NS_UTS].listed)
		bad(c, at(c, "/%s", field),
		    "unable to set %s without a private UTS namespace: add { \"type\": \"uts\" } to linux.namespaces",
		    field);
	if (strlen(name) > HOST_NAME_LIMIT)
		bad(c, at(c, "/%s", field), "longer than %d bytes", HOST_NAME_LIMIT);
}

static void rule_host_names(struct check *c)
{
	check_host_name(c, "hostname", c->spec->hostname);
	check_host_name(c, "domainname", c->spec->domainname);
}

/* ---- mounts ------------------------------------------------------------ */

static void check_destination(struct check *c, size_t i, const struct spec_mount *m)
{
	char *clean = path_clean(m->destination);

	if (streq(clean, "/"))
		bad(c, at(c, "/mounts/%zu/destination", i),
		    "mountpoint \"%.200s\" is on the top of rootfs, which only \"root\" describes",
		    m->destination);
	free(clean);
}

static void check_bind(struct check *c, size_t i, const struct spec_mount *m)
{
	if (m->o.data)
		bad(c, at(c, "/mounts/%zu/options", i),
		    "bind mounts cannot have any filesystem-specific options applied: '%.200s'",
		    m->o.data);
	if (m->source[0] == '\0')
		bad(c, at(c, "/mounts/%zu/source", i), "a bind mount needs a source");
}

static void check_type(struct check *c, size_t i, const struct spec_mount *m)
{
	if (streq(m->type, "bind"))
		bad(c, at(c, "/mounts/%zu/options", i),
		    "type \"bind\" needs the option 'bind' or 'rbind' (the kernel ignores the type of a bind mount)");
	else if (m->type[0] == '\0' || streq(m->type, "none"))
		bad(c, at(c, "/mounts/%zu/type", i),
		    "neither a file system type nor the option 'bind' or 'rbind'");
}

static void check_mount_idmap(struct check *c, size_t i, const struct spec_mount *m)
{
	bool uids = m->uid_mappings.n, gids = m->gid_mappings.n;
	bool userns = c->spec->linux_.ns[NS_USER].listed;

	if (!uids && !gids && !m->o.idmap && !m->o.ridmap)
		return;
	if (m->kind != MOUNT_BIND)
		bad(c, at(c, "/mounts/%zu", i),
		    "id-mapped mounts are only supported for bind-mounts");
	if (uids != gids)
		bad(c, at(c, "/mounts/%zu/%s", i, uids ? "uidMappings" : "gidMappings"),
		    "id-mapped mounts must have both uid and gid mappings specified");
	else if (!uids && !userns)
		bad(c, at(c, "/mounts/%zu/options", i),
		    "id-mapped mounts must have both uid and gid mappings specified, here or by a user namespace");
	check_idmap(c, at(c, "/mounts/%zu/uidMappings", i), &m->uid_mappings);
	check_idmap(c, at(c, "/mounts/%zu/gidMappings", i), &m->gid_mappings);
}

static void rule_mounts(struct check *c)
{
	for (size_t i = 0; i < c->spec->n_mounts; i++) {
		const struct spec_mount *m = &c->spec->mounts[i];

		check_destination(c, i, m);
		if (m->kind == MOUNT_BIND)
			check_bind(c, i, m);
		else if (m->kind == MOUNT_FS)
			check_type(c, i, m);
		if (m->o.tmpcopyup && m->kind != MOUNT_TMPFS)
			odd(c, at(c, "/mounts/%zu/options", i),
			    "option 'tmpcopyup' is for tmpfs only, ignored");
		check_mount_idmap(c, i, m);
	}
}

/* ---- hooks and annotations --------------------------------------------- */

static void rule_hook_paths(struct check *c)
{
	for (unsigned int k = 0; k < _HOOK_KIND_MAX; k++) {
		const struct hook_list *list = &c->spec->hooks[k];

		for (size_t i = 0; i < list->n; i++)
			if (list->v[i].path[0] != '/')
				bad(c, at(c, "/hooks/%s/%zu/path", hook_kind_names[k], i),
				    "hook path must be absolute, got '%.200s'",
				    list->v[i].path);
	}
}

static void rule_annotation_keys(struct check *c)
{
	for (size_t i = 0; i < c->spec->annotations.n; i++)
		if (c->spec->annotations.v[i].key[0] == '\0')
			bad(c, "/annotations/", "annotation keys must not be empty");
}

static const struct rule spec_rules[] = {
	{ "oci-version", "ociVersion", rule_oci_version },
	{ "root-path", "root", rule_root_path },
	{ "host-names", "hostname domainname linux", rule_host_names },
	{ "mounts", "mounts linux", rule_mounts },
	{ "hook-paths", "hooks", rule_hook_paths },
	{ "annotation-keys", "annotations", rule_annotation_keys },
	{ NULL, NULL, NULL },
};

void spec_check(const struct spec *spec, struct findings *f)
{
	struct check c = { .f = f, .base = "", .spec = spec };

	run_rules(spec_rules, &c);
	run_rules(linux_rules, &c);
	if (spec->process_set)
		spec_check_process(&spec->process, "/process", f);
	if (spec->linux_.resources.set)
		spec_check_resources(&spec->linux_.resources, "/linux/resources", f);
}

void spec_check_mounts(const struct spec *spec, struct findings *f)
{
	static const struct rule rules[] = {
		{ "mounts", "mounts", rule_mounts }, { NULL, NULL, NULL },
	};
	struct check c = { .f = f, .base = "", .spec = spec };

	run_rules(rules, &c);
}
