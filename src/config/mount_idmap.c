/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mount_idmap.c - owns the syntax of crun's mount option idmap=…, which callers
 * write where the config's own uidMappings and gidMappings of a mount came too
 * late (crun(1), "idmap mount options"). Pure: text in, two lists out.
 *
 * Must not: judge the ranges against each other; the rules for all mappings do
 * (spec_check.c).
 */
#include "config/mount_opts.h"

#include <errno.h>

#include "base/str.h"
#include "base/banned.h"

/* Digits up to one of `ends` or the end of the text; NULL if there are none. */
static char *number(char *p, const char *ends, char *ret_end, uint32_t *ret)
{
	size_t len = strcspn(p, ends);

	*ret_end = p[len];
	p[len] = '\0';
	if (parse_u32(p, ret) < 0)
		return NULL;
	return *ret_end ? p + len + 1 : p + len;
}

/* The host's id of the first of `m->size` ids of the container. */
static bool to_host(const struct idmap_list *outer, struct spec_idmap *m)
{
	for (size_t i = 0; i < outer->n; i++) {
		const struct spec_idmap *o = &outer->v[i];
		uint32_t skip = m->host_id - o->container_id;

		if (m->host_id < o->container_id || skip >= o->size)
			continue;
		if (m->size > o->size - skip)
			return false;
		m->host_id = o->host_id + skip;
		return true;
	}
	return false;
}

/* One "[@]A-B-N"; the text is cut up. */
static const char *parse_triple(char *p, const struct idmap_list *outer,
				struct spec_idmap *ret)
{
	bool relative = *p == '@';
	char end;

	p += relative;
	p = number(p, "-", &end, &ret->container_id);
	if (p && end)
		p = number(p, "-", &end, &ret->host_id);
	if (p && end)
		p = number(p, "", &end, &ret->size);
	else
		p = NULL;
	if (!p)
		return "is not three numbers A-B-N";
	if (relative && !to_host(outer, ret))
		return "has ids after '@' that no single mapping of the user namespace holds";
	return NULL;
}

static int parse_list(char *text, const struct idmap_list *outer,
		      struct arena *arena, struct idmap_list *ret,
		      const char **ret_why)
{
	size_t n = 1;

	for (const char *p = text; *p; p++)
		n += *p == '#';
	*ret = (struct idmap_list){ arena_array(arena, n, sizeof(*ret->v)), 0 };
	for (char *p = text; p;) {
		char *next = strchr(p, '#');
		const char *shown, *why;

		if (next)
			*next++ = '\0';
		shown = arena_strdup(arena, p);
		why = parse_triple(p, outer, &ret->v[ret->n++]);
		if (why) {
			*ret_why = arena_printf(arena, "'%.64s' %s", shown, why);
			return -EINVAL;
		}
		p = next;
	}
	return 0;
}

int mount_idmap_parse(const char *text, const struct idmap_list *uids,
		      const struct idmap_list *gids, struct arena *arena,
		      struct idmap_list *ret_uids, struct idmap_list *ret_gids,
		      const char **ret_why)
{
	struct idmap_list found[2] = { { NULL, 0 }, { NULL, 0 } };

	for (char *p = arena_strdup(arena, text); p;) {
		char *next = strchr(p, ';');
		bool gid = str_starts(p, "gids=");
		int r;

		if (next)
			*next++ = '\0';
		if (!gid && !str_starts(p, "uids=")) {
			*ret_why = arena_printf(arena, "'%.64s' is neither uids=… nor gids=…", p);
			return -EINVAL;
		}
		if (found[gid].n) {
			*ret_why = arena_printf(arena, "%.4s is there twice", p);
			return -EINVAL;
		}
		r = parse_list(p + strlen("uids="), gid ? gids : uids, arena,
			       &found[gid], ret_why);
		if (r < 0)
			return r;
		p = next;
	}
	*ret_uids = found[0];
	*ret_gids = found[1];
	return 0;
}
