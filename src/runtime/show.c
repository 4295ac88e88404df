/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state and list (show.h). The formats are read by programs: key order, indent
 * and column widths are fixed.
 */
#include "config.h"
#include "runtime/show.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/mem.h"
#include "runtime/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/banned.h"

#define STATE_VERSION "1.3.0"
#define COL_MIN 12
#define COL_PAD 3

/* Indented when `nl` is "\n", compact when it is "". */
struct style {
	const char *nl, *in, *colon;
};
static const struct style pretty = { "\n", "  ", ": " };
static const struct style compact = { "", "", ":" };

static void member(struct str *out, const struct style *st, const char *key,
		   const char *value, bool first)
{
	str_addf(out, "%s%s%s\"%s\"%s", first ? "" : ",", st->nl, st->in, key,
		 st->colon);
	str_add_json_html(out, value);
}

static int by_key(const void *a, const void *b)
{
	const struct kv *ka = a, *kb = b;

	return strcmp(ka->key, kb->key);
}

/* Sorted, as runc has them; without "bundle", which is not the user's there. */
static void add_annotations(struct str *out, const struct style *st,
			    const struct kv_list *annotations)
{
	const struct kv_list *list = annotations;
	struct kv *sorted = xcalloc(list->n + 1, sizeof(*sorted));
	const char *sep = "";

	if (list->n > 0)
		memcpy(sorted, list->v, list->n * sizeof(*sorted));
	qsort(sorted, list->n, sizeof(*sorted), by_key);
	for (size_t i = 0; i < list->n; i++) {
		if (streq(sorted[i].key, "bundle"))
			continue;
		if (!*sep)
			str_addf(out, ",%s%s\"annotations\"%s{", st->nl, st->in,
				 st->colon);
		str_addf(out, "%s%s%s%s", sep, st->nl, st->in, st->in);
		str_add_json_html(out, sorted[i].key);
		str_add(out, st->colon);
		str_add_json_html(out, sorted[i].value);
		sep = ",";
	}
	if (*sep)
		str_addf(out, "%s%s}", st->nl, st->in);
	free(sorted);
}

static void add_state(struct str *out, const struct style *st,
		      const struct record *rec, enum status status,
		      const char *owner)
{
	int pid = status == STATUS_STOPPED ? 0 : rec->init.pid;

	str_addc(out, '{');
	member(out, st, "ociVersion", STATE_VERSION, true);
	member(out, st, "id", rec->id, false);
	str_addf(out, ",%s%s\"pid\"%s%d", st->nl, st->in, st->colon, pid);
	member(out, st, "status", status_name(status), false);
	member(out, st, "bundle", rec->bundle, false);
	member(out, st, "rootfs", rec->rootfs, false);
	member(out, st, "created",
	       *rec->created ? rec->created : "0001-01-01T00:00:00Z", false);
	add_annotations(out, st, &rec->annotations);
	member(out, st, "owner", owner, false);
	str_addf(out, "%s}", st->nl);
}

int container_show(const struct runtime *rt, const char *id, struct str *out,
		   struct err *e)
{
	AUTO(container) struct container c = CONTAINER_INIT;

	if (state_open(&c, rt->root, id, e) < 0)
		return -e->code;
	add_state(out, &pretty, &c.rec, state_status(&c, NULL), "");
	return 0;
}

struct row {
	struct container c;
	enum status status;
	char owner[64];
};
struct rows {
	struct row *v;
	size_t n, cap;
};

/* /etc/passwd only: name services would load plugins into us. */
static void find_owner(int dirfd, char *buf, size_t size)
{
	const struct passwd *pw = NULL;
	struct stat st;
	FILE *f;

	buf[0] = '\0';
	if (fstat(dirfd, &st) < 0)
		return;
	(void)snprintf(buf, size, "#%u", st.st_uid);
	f = fopen("/etc/passwd", "re");
	if (!f)
		return;
	while ((pw = fgetpwent(f)) && pw->pw_uid != st.st_uid)
		continue;
	if (pw)
		(void)snprintf(buf, size, "%s", pw->pw_name);
	(void)fclose(f);
}

static void add_row(struct rows *rows, const struct runtime *rt, const char *id)
{
	struct container c = CONTAINER_INIT;
	struct err e = ERR_INIT, other = ERR_INIT;
	char line[2200];

	if (state_open(&c, rt->root, id, &e) < 0) {
		/* also crun keeps a hidden directory here */
		if (c.dirfd < 0 || e.code == EMEDIUMTYPE ||
		    (e.code == ENOENT && (id[0] == '.' ||
					  state_check_ours(&c, id, &other) < 0))) {
			if (c.dirfd >= 0)
				log_info("%s", other.code ? other.msg : e.msg);
			state_close(&c);
			return;
		}
		if (e.code != ENOENT)
			log_warn("%s", err_format(&e, line, sizeof(line)));
		/* a start died before its record: show that something is there */
		arena_free(&c.rec.arena);
		c.rec = (struct record){ 0 };
		c.rec.id = arena_strdup(&c.rec.arena, id);
		c.rec.bundle = c.rec.rootfs = c.rec.created = c.rec.boot_id = "";
	}
	if (rows->n == rows->cap) {
		rows->cap = rows->cap ? 2 * rows->cap : 16;
		rows->v = xreallocarray(rows->v, rows->cap, sizeof(*rows->v));
	}
	struct row *row = &rows->v[rows->n++];

	row->c = c;
	row->status = state_status(&c, NULL);
	find_owner(c.dirfd, row->owner, sizeof(row->owner));
	/* thousands of containers: keep no descriptors */
	(void)close(row->c.dirfd);
	(void)close(row->c.rootfd);
	row->c.dirfd = row->c.rootfd = -1;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->c.rec.id,
		      ((const struct row *)b)->c.rec.id);
}

static int collect(struct rows *rows, const struct runtime *rt, struct err *e)
{
	AUTO(dir) DIR *d = NULL;
	struct dirent *de;
	int fd;

	if (state_open_root(rt->root, false, &fd, e) < 0)
		return e->code == ENOENT && !rt->root_given ? 0 : -e->code;
	d = fdopendir(fd);
	if (!d) {
		(void)close(fd);
		return err_errno(e, errno, "cannot read '%s'", rt->root);
	}
	while ((de = readdir(d)))
		if (!streq(de->d_name, ".") && !streq(de->d_name, "..") &&
		    (de->d_type == DT_DIR || de->d_type == DT_UNKNOWN))
			add_row(rows, rt, de->d_name);
	if (rows->n > 1)
		qsort(rows->v, rows->n, sizeof(*rows->v), by_id);
	return 0;
}

enum { COLS = 6 };

static void row_cells(const struct row *r, const char *cell[COLS], char pid[16])
{
	(void)snprintf(pid, 16, "%d",
		       r->status == STATUS_STOPPED ? 0 : r->c.rec.init.pid);
	cell[0] = r->c.rec.id;
	cell[1] = pid;
	cell[2] = status_name(r->status);
	cell[3] = r->c.rec.bundle;
	cell[4] = *r->c.rec.created ? r->c.rec.created : "0001-01-01T00:00:00Z";
	cell[5] = r->owner;
}

static void print_table(const struct rows *rows, struct str *out)
{
	static const char *const head[COLS] = { "ID",	  "PID",     "STATUS",
						"BUNDLE", "CREATED", "OWNER" };
	size_t width[COLS];
	const char *cell[COLS];
	char pid[16];

	for (int c = 0; c < COLS; c++)
		width[c] = strlen(head[c]);
	for (size_t i = 0; i < rows->n; i++) {
		row_cells(&rows->v[i], cell, pid);
		for (int c = 0; c < COLS; c++)
			if (strlen(cell[c]) > width[c])
				width[c] = strlen(cell[c]);
	}
	for (int c = 0; c < COLS; c++)
		width[c] = width[c] + COL_PAD < COL_MIN ? COL_MIN :
							  width[c] + COL_PAD;
	for (size_t i = 0; i <= rows->n; i++) {
		const char *const *line = head;

		if (i > 0) {
			row_cells(&rows->v[i - 1], cell, pid);
			line = cell;
		}
		for (int c = 0; c < COLS - 1; c++)
			str_addf(out, "%-*s", (int)width[c], line[c]);
		str_addf(out, "%s\n", line[COLS - 1]);
	}
}

static void print_json(const struct rows *rows, struct str *out)
{
	if (rows->n == 0) {
		str_add(out, "null\n");
		return;
	}
	for (size_t i = 0; i < rows->n; i++) {
		str_addc(out, i ? ',' : '[');
		add_state(out, &compact, &rows->v[i].c.rec, rows->v[i].status,
			  rows->v[i].owner);
	}
	str_add(out, "]\n");
}

int containers_list(const struct runtime *rt, enum list_format format,
		    struct str *out, struct err *e)
{
	struct rows rows = { 0 };
	int r = collect(&rows, rt, e);

	if (r == 0 && format == LIST_JSON)
		print_json(&rows, out);
	if (r == 0 && format == LIST_TABLE)
		print_table(&rows, out);
	for (size_t i = 0; i < rows.n; i++) {
		if (r == 0 && format == LIST_QUIET)
			str_addf(out, "%s\n", rows.v[i].c.rec.id);
		state_close(&rows.v[i].c);
	}
	free(rows.v);
	return r;
}
