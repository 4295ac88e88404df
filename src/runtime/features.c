/* SPDX-License-Identifier: Apache-2.0 */
/*
 * features (features.h). Names come from the tables of the parser, which refuses
 * what it does not know: every property of the specification is implemented. What
 * the build or the library can lack is asked for. Key order and indent are runc's.
 */
#include "config.h"
#include "runtime/features.h"

#include "base/cleanup.h"
#include "base/mem.h"
#include "cgroup/cgroup.h"
#include "config/annotations.h"
#include "config/config.h"
#include "config/mount_opts.h"
#include "config/names.h"
#include "criu/criu.h"
#include "runtime/seccomp_build.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

#define OCI_VERSION_MIN "1.0.0"
#define OCI_VERSION_MAX "1.3.0"

/* ---- writing ----------------------------------------------------------- */

struct print {
	struct str *out;
	int depth;
	bool first;
};

/* A new line of the enclosing object or array. */
static void line(struct print *p)
{
	if (!p->first)
		str_addc(p->out, ',');
	str_addf(p->out, "\n%*s", 4 * p->depth, "");
	p->first = false;
}

static void key(struct print *p, const char *name)
{
	line(p);
	str_add_json(p->out, name);
	str_add(p->out, ": ");
}

static void open_(struct print *p, const char *name, char c)
{
	if (name)
		key(p, name);
	str_addc(p->out, c);
	p->depth++;
	p->first = true;
}

static void close_(struct print *p, char c)
{
	p->depth--;
	str_addf(p->out, "\n%*s%c", 4 * p->depth, "", c);
	p->first = false;
}

static void text(struct print *p, const char *name, const char *value)
{
	key(p, name);
	str_add_json(p->out, value);
}

static void flag(struct print *p, const char *name, bool value)
{
	key(p, name);
	str_add(p->out, value ? "true" : "false");
}

/* {"enabled": true} */
static void enabled(struct print *p, const char *name, bool value)
{
	open_(p, name, '{');
	flag(p, "enabled", value);
	close_(p, '}');
}

struct names {
	const char *v[256];
	size_t n;
};

static void push(struct names *l, const char *name)
{
	if (l->n < sizeof(l->v) / sizeof(l->v[0]))
		l->v[l->n++] = name;
}

static void push_table(struct names *l, const struct name *table)
{
	for (; table->name; table++)
		push(l, table->name);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* An empty list would mean "none": it is left out, which means "unknown". */
static void list(struct print *p, const char *name, struct names *l, bool sort)
{
	if (l->n == 0)
		return;
	if (sort)
		qsort(l->v, l->n, sizeof(l->v[0]), by_name);
	open_(p, name, '[');
	for (size_t i = 0; i < l->n; i++) {
		line(p);
		str_add_json(p->out, l->v[i]);
	}
	close_(p, ']');
}

static void sorted_table(struct print *p, const char *name,
			 const struct name *table)
{
	struct names l = { .n = 0 };

	push_table(&l, table);
	list(p, name, &l, true);
}

/* ---- the sections ------------------------------------------------------ */

static void add_hooks(struct print *p)
{
	struct names l = { .n = 0 };

	for (int i = 0; i < _HOOK_KIND_MAX; i++)
		push(&l, hook_kind_names[i]);
	list(p, "hooks", &l, false);
}

static void add_mount_options(struct print *p)
{
	struct names l = { .n = 0 };

	for (const struct mount_opt_name *o = mount_opt_names; o->name; o++)
		push(&l, o->name);
	list(p, "mountOptions", &l, true);
}

static void add_capabilities(struct print *p)
{
	struct names l = { .n = 0 };
	char names[64][40];

	for (int i = 0; i < 64 && cap_name(i, names[i], sizeof(names[i])); i++)
		push(&l, names[i]);
	list(p, "capabilities", &l, false);
}

static void add_cgroup(struct print *p)
{
	bool systemd = cgroup_driver_known(CGROUP_SYSTEMD);

	open_(p, "cgroup", '{');
	flag(p, "v1", true);
	flag(p, "v2", true);
	flag(p, "systemd", systemd);
	flag(p, "systemdUser", systemd);
	flag(p, "rdma", true);
	close_(p, '}');
}

static void add_seccomp(struct print *p)
{
	struct names known = { .n = 0 }, able = { .n = 0 };

	push_table(&known, names_seccomp_flag);
	for (const struct name *n = names_seccomp_flag; n->name; n++)
		if (seccomp_flag_supported((uint32_t)n->value))
			push(&able, n->name);
	open_(p, "seccomp", '{');
	flag(p, "enabled", true);
	sorted_table(p, "actions", names_seccomp_action);
	sorted_table(p, "operators", names_seccomp_op);
	sorted_table(p, "archs", names_seccomp_arch);
	list(p, "knownFlags", &known, false);
	list(p, "supportedFlags", &able, false);
	close_(p, '}');
}

static void add_linux(struct print *p)
{
	char version[32];

	open_(p, "linux", '{');
	sorted_table(p, "namespaces", names_ns);
	add_capabilities(p);
	add_cgroup(p);
	if (seccomp_library(version, sizeof(version)))
		add_seccomp(p);
	else
		enabled(p, "seccomp", false);
	enabled(p, "apparmor", true);
	enabled(p, "selinux", true);
	open_(p, "intelRdt", '{');
	flag(p, "enabled", true);
	flag(p, "schemata", true);
	flag(p, "monitoring", true);
	close_(p, '}');
	open_(p, "memoryPolicy", '{');
	sorted_table(p, "modes", names_mpol_mode);
	sorted_table(p, "flags", names_mpol_flag);
	close_(p, '}');
	open_(p, "mountExtensions", '{');
	enabled(p, "idmap", true);
	close_(p, '}');
	enabled(p, "netDevices", true);
	close_(p, '}');
}

/* Part of this build, and the program that does the work is there. */
static bool checkpoint_works(void)
{
	struct err ignored = ERR_INIT;
	AUTO(str) char *path = NULL;

	return criu_find(NULL, &path, &ignored) == 0;
}

static void add_annotations(struct print *p)
{
	char version[32];
	const char *library = seccomp_library(version, sizeof(version));

	open_(p, "annotations", '{');
	if (library)
		text(p, "io.github.seccomp.libseccomp.version", library);
	/* the names under which engines look, whoever answers */
	text(p, "org.opencontainers.runc.checkpoint.enabled",
	     checkpoint_works() ? "true" : "false");
	text(p, "org.opencontainers.runc.commit", GIT_COMMIT);
	text(p, "org.opencontainers.runc.version", PACKAGE_VERSION);
	close_(p, '}');
}

void features_print(struct str *out, bool annotations)
{
	struct print p = { .out = out, .first = true };
	struct names unsafe = { .v = { "bundle", "org.systemd.property.",
				       "org.criu.config", ANNOTATIONS_PREFIX },
				.n = annotations ? 4 : 3 };

	open_(&p, NULL, '{');
	text(&p, "ociVersionMin", OCI_VERSION_MIN);
	text(&p, "ociVersionMax", OCI_VERSION_MAX);
	add_hooks(&p);
	add_mount_options(&p);
	add_linux(&p);
	add_annotations(&p);
	list(&p, "potentiallyUnsafeConfigAnnotations", &unsafe, false);
	close_(&p, '}');
	str_addc(out, '\n');
}
