/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cgroup with all its children: listing processes, removing. A container may
 * nest cgroups as deep as it likes, so the walk holds one descriptor, not one
 * per level, and no path longer than a name: down by name, up by "..". cgroupfs
 * knows neither symlinks nor renames to another parent, so that is safe.
 */
#include "config.h"

#include "cgroup/cg_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/proc.h"

#include "base/banned.h"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
/* Beyond any use; a bound for the memory of the walk. */
#define DEPTH_MAX 16384

/* One level: the children still to visit. */
struct level {
	char **names;
	size_t n, i;
};
struct walk {
	struct level *v;
	size_t depth, cap;
};

static void level_free(struct level *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->names[i]);
	free(l->names);
	*l = (struct level){ 0 };
}

static void walk_free(struct walk *w)
{
	while (w->depth)
		level_free(&w->v[--w->depth]);
	free(w->v);
}

/* Names of the directories in dirfd. */
static int read_level(int dirfd, struct level *ret)
{
	struct level l = { 0 };
	size_t cap = 0;
	int fd = openat(dirfd, ".", DIR_FLAGS);

	if (fd < 0)
		return -errno;
	AUTO(dir) DIR *d = fdopendir(fd);

	if (!d) {
		int r = -errno;

		(void)close(fd);
		return r;
	}
	for (struct dirent *de; (de = readdir(d));) {
		if (de->d_type != DT_DIR || streq(de->d_name, ".") ||
		    streq(de->d_name, ".."))
			continue;
		if (l.n == cap) {
			cap = cap ? cap * 2 : 8;
			l.names = xreallocarray(l.names, cap, sizeof(*l.names));
		}
		l.names[l.n++] = xstrdup(de->d_name);
	}
	*ret = l;
	return 0;
}

/* Enter *fd: read its children and push them. */
static int push(struct walk *w, int fd)
{
	if (w->depth == DEPTH_MAX)
		return -ELOOP;
	if (w->depth == w->cap) {
		w->cap = w->cap ? w->cap * 2 : 8;
		w->v = xreallocarray(w->v, w->cap, sizeof(*w->v));
	}
	int r = read_level(fd, &w->v[w->depth]);

	if (r == 0)
		w->depth++;
	return r;
}

static int move_fd(int *fd, const char *name)
{
	int next = openat(*fd, name, DIR_FLAGS);

	if (next < 0)
		return -errno;
	(void)close(*fd);
	*fd = next;
	return 0;
}

/*
 * visit(dirfd) on every cgroup, parents first; leave(parentfd, name) when a
 * child is done, deepest first. Cgroups that vanish meanwhile are skipped.
 */
static int walk_tree(const char *dir, int (*visit)(int dirfd, void *arg),
		     int (*leave)(int parentfd, const char *name), void *arg)
{
	struct walk w = { 0 };
	AUTO(fd) int fd = open(dir, DIR_FLAGS);
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = visit ? visit(fd, arg) : 0;
	if (r == 0)
		r = push(&w, fd);
	while (r == 0 && w.depth) {
		struct level *l = &w.v[w.depth - 1];

		if (l->i < l->n) {
			r = move_fd(&fd, l->names[l->i]);
			if (r == -ENOENT) {
				l->i++;
				r = 0;
				continue;
			}
			if (r == 0 && visit)
				r = visit(fd, arg);
			if (r == 0)
				r = push(&w, fd);
			continue;
		}
		level_free(l);
		if (--w.depth == 0)
			break;
		r = move_fd(&fd, "..");
		l = &w.v[w.depth - 1];
		if (r == 0 && leave)
			r = leave(fd, l->names[l->i]);
		l->i++;
	}
	walk_free(&w);
	return r == -ENOENT || r == -ENODEV ? 0 : r;
}

/* ---- processes ---- */

struct pids_arg {
	struct pid_list *list;
	size_t cap, *hidden;
	const char *file;
};

static int visit_pids(int dirfd, void *arg)
{
	struct pids_arg *p = arg;
	AUTO(str) char *text = NULL;
	int r = file_read_at(dirfd, p->file, CG_FILE_MAX, &text, NULL);

	/* Gone meanwhile; or threaded: its processes are listed above it. */
	if (r == -ENOENT || r == -ENODEV || r == -EOPNOTSUPP)
		return 0;
	if (r < 0)
		return r;
	for (char *s = text; *s;) {
		char *nl = strchr(s, '\n');
		int pid;

		if (nl)
			*nl = '\0';
		if (parse_int(s, &pid) == 0 && pid > 0) {
			struct pid_list *l = p->list;

			if (l->n == p->cap) {
				p->cap = p->cap ? p->cap * 2 : 32;
				l->v = xreallocarray(l->v, p->cap,
						     sizeof(*l->v));
			}
			l->v[l->n++] = pid;
		} else if (p->hidden) {
			(*p->hidden)++;
		}
		if (!nl)
			break;
		s = nl + 1;
	}
	return 0;
}

int cg_tree_pids(const char *dir, struct pid_list *list, size_t *hidden)
{
	struct pids_arg arg = { list, list->n, hidden, "cgroup.procs" };

	return walk_tree(dir, visit_pids, NULL, &arg);
}

int cg_tree_threads(const char *dir, struct pid_list *list, size_t *hidden)
{
	struct pids_arg arg = { list, list->n, hidden, "cgroup.threads" };

	return walk_tree(dir, visit_pids, NULL, &arg);
}

static int by_number(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

void cg_pids_sort(struct pid_list *list)
{
	size_t n = 0;

	if (list->n < 2)
		return;
	qsort(list->v, list->n, sizeof(*list->v), by_number);
	for (size_t i = 0; i < list->n; i++)
		if (i == 0 || list->v[i] != list->v[i - 1])
			list->v[n++] = list->v[i];
	list->n = n;
}

const char *cg_pids_text(const struct pid_list *list, char *buf, size_t size)
{
	AUTO(strbuf) struct str s = { 0 };
	size_t shown = list->n < 8 ? list->n : 8;

	for (size_t i = 0; i < shown; i++) {
		struct proc_stat st;

		str_addf(&s, "%s%d", i ? ", " : "", list->v[i]);
		if (proc_read_stat(list->v[i], &st) == 0)
			str_addf(&s, " (%s)", st.comm);
	}
	if (shown < list->n)
		str_addf(&s, " and %zu more", list->n - shown);
	(void)snprintf(buf, size, "%s", str_text(&s));
	return buf;
}

const char *cg_pids_stuck(const struct pid_list *list, char *buf, size_t size)
{
	AUTO(strbuf) struct str s = { 0 };
	size_t shown = list->n < 3 ? list->n : 3;
	char one[160];

	for (size_t i = 0; i < shown; i++)
		str_addf(&s, "%s%s", i ? "; " : "",
			 proc_describe(list->v[i], one, sizeof(one)));
	if (shown < list->n)
		str_addf(&s, "; and %zu more", list->n - shown);
	(void)snprintf(buf, size, "%s", str_text(&s));
	return buf;
}

/* ---- a file in every cgroup ---- */

struct put_arg {
	const char *file, *value;
};

static int visit_put(int dirfd, void *arg)
{
	const struct put_arg *p = arg;

	(void)file_write_at(dirfd, p->file, p->value);
	return 0;
}

void cg_tree_put(const char *dir, const char *file, const char *value)
{
	struct put_arg arg = { file, value };

	(void)walk_tree(dir, visit_put, NULL, &arg);
}

/* ---- removal ---- */

static int leave_remove(int parentfd, const char *name)
{
	/* EBUSY: has processes. The rest of the tree can still go. */
	if (unlinkat(parentfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT &&
	    errno != EBUSY)
		return -errno;
	return 0;
}

#define STEP_MS 5

bool cg_step(deadline_t deadline)
{
	int left = deadline_poll_ms(deadline);

	if (left == 0)
		return false;
	(void)poll(NULL, 0, left < 0 || left > STEP_MS ? STEP_MS : left);
	return true;
}

int cg_tree_remove(const char *dir)
{
	if (rmdir(dir) == 0 || errno == ENOENT)
		return 0;
	/* On a read-only mount the kernel does not look whether it exists. */
	if (errno == EROFS)
		return access(dir, F_OK) < 0 && errno == ENOENT ? 0 : -EROFS;
	if (errno != EBUSY)
		return -errno;
	int r = walk_tree(dir, NULL, leave_remove, NULL);

	if (r < 0)
		return r;
	return rmdir(dir) == 0 || errno == ENOENT ? 0 : -errno;
}
