/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of units and slices, and the directories that systemd makes of them
 * (sd.h). Pure. Names are checked here, before anything is recorded: what systemd
 * would refuse later, and what would lead elsewhere ("/", "..").
 *
 * Sources: systemd.unit(5), "Unit names"; systemd.slice(5).
 */
#include "config.h"

#include "cgroup/sd.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

#include "base/banned.h"

#define UNIT_NAME_MAX 255
#define PTR	      "/linux/cgroupsPath"

int sd_expand_slice(const char *slice, struct arena *a, const char **ret)
{
	AUTO(strbuf) struct str path = { 0 };
	size_t n = strlen(slice);

	if (!str_ends(slice, ".slice") || strchr(slice, '/'))
		return -EINVAL;
	n -= strlen(".slice");
	if (n == 0)
		return -EINVAL;
	if (n == 1 && *slice == '-') {
		*ret = "";
		return 0;
	}
	/* "a-b" is in "a". */
	for (size_t i = 0, start = 0; i <= n; i++) {
		if (i < n && slice[i] != '-')
			continue;
		if (i == start)
			return -EINVAL;
		str_addf(&path, "/%.*s.slice", (int)i, slice);
		start = i + 1;
	}
	*ret = arena_strdup(a, str_text(&path));
	return 0;
}

static bool name_ok(const char *s)
{
	for (const char *p = s; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr(":-_.\\@", *p))
			return false;
	return *s && *s != '.' && strlen(s) <= UNIT_NAME_MAX;
}

/* An id may have "+", a unit may not: as systemd-escape(1) has it. */
static const char *escape(struct arena *a, const char *id)
{
	AUTO(strbuf) struct str s = { 0 };

	for (; *id; id++) {
		if (*id == '+')
			str_add(&s, "\\x2b");
		else
			str_addc(&s, *id);
	}
	return arena_strdup(a, str_text(&s));
}

/*
 * "slice:prefix:name" is prefix-name.scope in the slice. crun takes fewer and more
 * parts, too ("name", "slice:name", "slice:a:b:c"); called by the name runc they are
 * the error that runc's callers know, and so are paths, which are for the other
 * driver.
 */
static int split(const char *path, bool strict, struct arena *a, struct sd_unit *u,
		 const char **ret_name, struct err *e)
{
	const char *first = strchr(path, ':'), *last = strrchr(path, ':');
	char *name = arena_strdup(a, first ? first + 1 : path);
	size_t parts = 1;

	for (const char *p = path; *p; p++)
		parts += *p == ':';
	if (parts != 3 && (strict || strchr(path, '/'))) {
		(void)err_set(e, EINVAL, "expected cgroupsPath to be of format "
			      "\"slice:prefix:name\" for systemd cgroups, got "
			      "\"%s\" instead", path);
		return err_at(e, PTR);
	}
	for (char *p = name; (p = strchr(p, ':'));)
		*p = '-';
	u->slice = first ? arena_strndup(a, path, (size_t)(first - path)) : "";
	u->label = arena_strdup(a, last ? last + 1 : path);
	*ret_name = name;
	return 0;
}

int sd_unit_names(struct sd_unit *ret, struct arena *a, const char *cgroups_path,
		  const char *prefix, const char *id, bool user, struct err *e)
{
	struct sd_unit u = { .slice = "" };
	const char *slice_dir, *name = NULL;

	if (cgroups_path && *cgroups_path) {
		if (split(cgroups_path, streq(prefix, "runc"), a, &u, &name, e) < 0)
			return -e->code;
	} else {
		u.label = escape(a, id);
		name = arena_printf(a, "%s-%s", prefix, u.label);
	}
	if (!*u.slice)
		u.slice = user ? "user.slice" : "system.slice";
	if (sd_expand_slice(u.slice, a, &slice_dir) < 0 || !name_ok(u.slice)) {
		(void)err_set(e, EINVAL, "invalid slice name '%s'", u.slice);
		(void)err_hint(e, "a slice looks like 'machine.slice' or "
			       "'machine-sub.slice'");
		return err_at(e, PTR);
	}
	if (str_ends(u.label, ".slice")) {
		(void)err_set(e, EINVAL, "'%s' is a slice, which holds units and "
			      "no processes", u.label);
		(void)err_hint(e, "the part before the first ':' is the slice to "
			       "put the container into");
		return err_at(e, PTR);
	}
	u.name = arena_printf(a, "%s.scope", name);
	if (!name_ok(u.name) || !*u.label) {
		(void)err_set(e, EINVAL, "'%s' cannot be the name of a systemd "
			      "unit", u.name);
		(void)err_hint(e, "letters, digits and :-_.\\@ are allowed, 255 "
			       "characters at most");
		return err_at(e, PTR);
	}
	u.dir = arena_printf(a, "%s/%s", slice_dir, u.name);
	*ret = u;
	return 0;
}

bool sd_user_slice(const char *cgroups)
{
	static const char slice[] = "/user-";

	for (const char *p = cgroups; (p = strstr(p, slice)); p++) {
		const char *id = p + strlen(slice);
		size_t n = strspn(id, "0123456789");

		if (n && str_starts(id + n, ".slice") &&
		    (id[n + 6] == '/' || id[n + 6] == '\n' || !id[n + 6]) &&
		    !(n == 1 && *id == '0'))
			return true;
	}
	return false;
}
