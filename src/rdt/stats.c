/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics of resctrl (stats.h). A counter that cannot be read now
 * ("Unavailable" until the hardware has counted once) is zero.
 */
#include "config.h"
#include "rdt/stats.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/str.h"
#include "rdt/group.h"
#include "rdt/schema.h"

#include "base/banned.h"

/* Without the newline; NULL if it cannot be read. */
static const char *read_text(struct arena *a, const char *dir, const char *name)
{
	AUTO(str) char *path = xasprintf("%s/%s", dir, name);
	AUTO(str) char *text = NULL;
	size_t len;

	if (file_read_at(AT_FDCWD, path, RDT_FILE_MAX, &text, &len) < 0)
		return NULL;
	while (len && text[len - 1] == '\n')
		len--;
	return arena_strndup(a, text, len);
}

static uint64_t read_num(struct arena *a, const char *dir, const char *name)
{
	const char *text = read_text(a, dir, name);
	uint64_t v = 0;

	if (text)
		(void)parse_u64(text, &v); /* 0 if it is no number now */
	return v;
}

static void split(struct arena *a, const char *text, struct str_list *ret)
{
	size_t n, max = 1;

	for (const char *s = text; *s; s++)
		max += *s == '\n';
	const char **v = arena_array(a, max, sizeof(*v));

	for (const char *p; (p = rdt_schema_line(&text, &n));)
		v[ret->n++] = arena_strndup(a, p, n);
	ret->v = v;
}

static const char *find(const struct str_list *lines, const char *word)
{
	for (size_t i = 0; i < lines->n; i++)
		if (strstr(lines->v[i], word))
			return lines->v[i];
	return NULL;
}

static bool has_feature(const char *features, const char *name)
{
	size_t n;

	for (const char *p; (p = rdt_schema_line(&features, &n));)
		if (n == strlen(name) && memcmp(p, name, n) == 0)
			return true;
	return false;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_node(const struct dirent *d)
{
	return d->d_type == DT_DIR && d->d_name[0] != '.';
}

static void read_nodes(struct rdt_stats *s, const char *dir)
{
	struct arena *a = &s->arena;
	struct dirent **list = NULL;
	int n = scandir(dir, &list, is_node, by_name);

	if (n < 0)
		return;
	s->nodes = arena_array(a, (size_t)n, sizeof(*s->nodes));
	for (int i = 0; i < n; i++) {
		const char *node = arena_printf(a, "%s/%s", dir, list[i]->d_name);

		free(list[i]);
		s->nodes[s->n_nodes++] = (struct rdt_node){
			.total = read_num(a, node, "mbm_total_bytes"),
			.local = read_num(a, node, "mbm_local_bytes"),
			.occupancy = read_num(a, node, "llc_occupancy"),
		};
	}
	free(list);
}

static void read_monitoring(struct rdt_stats *s, const struct rdt_place *p)
{
	const char *features =
		read_text(&s->arena, p->root, "info/L3_MON/mon_features");

	if (!features)
		return;
	s->has_traffic = has_feature(features, "mbm_total_bytes") ||
			 has_feature(features, "mbm_local_bytes");
	s->has_occupancy = has_feature(features, "llc_occupancy");
	if (!s->has_traffic && !s->has_occupancy)
		return;
	const char *group = rdt_mon_path(p, &s->arena);

	read_nodes(s, arena_printf(&s->arena, "%s/mon_data",
				   group ? group : rdt_path(p, &s->arena)));
}

static void read_info(struct rdt_stats *s, const char *root,
		      const struct str_list *root_lines)
{
	struct arena *a = &s->arena;
	const char *l3 = arena_printf(a, "%s/info/L3", root);
	const char *mb = arena_printf(a, "%s/info/MB", root);

	s->cbm_mask = read_text(a, l3, "cbm_mask");
	s->cache = s->cbm_mask != NULL;
	if (s->cache) {
		s->min_cbm_bits = read_num(a, l3, "min_cbm_bits");
		s->cache_closids = read_num(a, l3, "num_closids");
		s->cache_root = find(root_lines, "L3");
		s->cache_own = find(&s->schemata, "L3");
	}
	s->bandwidth = rdt_has(root, RDT_BANDWIDTH);
	if (s->bandwidth) {
		s->bandwidth_gran = read_num(a, mb, "bandwidth_gran");
		s->delay_linear = read_num(a, mb, "delay_linear");
		s->min_bandwidth = read_num(a, mb, "min_bandwidth");
		s->bandwidth_closids = read_num(a, mb, "num_closids");
		s->bandwidth_root = find(root_lines, "MB");
		s->bandwidth_own = find(&s->schemata, "MB");
	}
}

int rdt_stats(struct rdt_stats *ret, const struct rdt_place *p, struct err *e)
{
	struct str_list root_lines = { 0 };

	*ret = (struct rdt_stats){ 0 };
	if (!p->root)
		return 0;
	const char *path = rdt_path(p, &ret->arena);
	const char *root = read_text(&ret->arena, p->root, "schemata");
	const char *own = read_text(&ret->arena, path, "schemata");

	if (!root || !own)
		return err_set(e, ENOENT,
			       "unable to get container Intel RDT stats: there is no '%s/schemata'",
			       root ? path : p->root);
	split(&ret->arena, root, &root_lines);
	split(&ret->arena, own, &ret->schemata);
	read_info(ret, p->root, &root_lines);
	read_monitoring(ret, p);
	return 0;
}

void rdt_stats_free(struct rdt_stats *stats)
{
	arena_free(&stats->arena);
}
