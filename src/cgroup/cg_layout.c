/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which hierarchies are mounted and where in them the container will be. The
 * parsers take text, so that tests can invent hosts; cg_layout_probe() reads
 * the running one: a statfs(2) settles the cgroup2-only case, everything else
 * (v1, hybrid, v1 in unusual places, nothing) is read from mountinfo once.
 *
 * Formats: proc_pid_mountinfo(5), cgroups(7) "/proc/pid/cgroup".
 */
#include "config.h"

#include "cgroup/cg_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/protect.h"

#include "base/banned.h"

bool cg_has_word(const char *list, const char *word, char sep)
{
	size_t n = strlen(word);

	for (const char *p = list; n && p && *p;) {
		const char *end = strchr(p, sep);
		size_t len = end ? (size_t)(end - p) : strlen(p);

		if (len == n && memcmp(p, word, n) == 0)
			return true;
		p = end ? end + 1 : NULL;
	}
	return false;
}

/* Cut the next field off *p (NULL at the end). Modifies the text. */
static char *next_field(char **p, char sep)
{
	char *field = *p;

	if (!field)
		return NULL;
	char *end = strchr(field, sep);

	if (end)
		*end = '\0';
	*p = end ? end + 1 : NULL;
	return field;
}

/* Mount points are written with \040 and the like. In place. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' &&
		    s[2] >= '0' && s[2] <= '7' && s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 +
				       (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

struct cg_mountline {
	char *root, *point, *opts, *type, *super;
};

/* One line of mountinfo, split in place. False if it is no cgroup mount. */
static bool split_mountline(char *line, struct cg_mountline *ret)
{
	char *sep = strstr(line, " - ");
	char *p = line;

	if (!sep || !str_starts(sep + 3, "cgroup"))
		return false;
	*sep = '\0';
	(void)next_field(&p, ' '); /* mount id */
	(void)next_field(&p, ' '); /* parent id */
	(void)next_field(&p, ' '); /* device */
	ret->root = next_field(&p, ' ');
	ret->point = next_field(&p, ' ');
	ret->opts = next_field(&p, ' ');
	p = sep + 3;
	ret->type = next_field(&p, ' ');
	(void)next_field(&p, ' '); /* source */
	ret->super = next_field(&p, ' ');
	if (!ret->opts || !ret->super)
		return false;
	unescape(ret->root);
	unescape(ret->point);
	return streq(ret->type, "cgroup") || streq(ret->type, "cgroup2");
}

/* All controllers of the list "a,b" among the super block's options. */
static bool has_all(const char *super, const char *names, struct arena *a)
{
	char *p = arena_strdup(a, names);

	for (char *name; (name = next_field(&p, ','));)
		if (!cg_has_word(super, name, ','))
			return false;
	return true;
}

/*
 * Take the mount for the hierarchy unless a better one is known: below
 * /sys/fs/cgroup before elsewhere (containers bind cgroup trees all over), the
 * first before later ones.
 */
static void offer_mount(struct cg_hier *h, const struct cg_mountline *m,
			struct arena *a)
{
	if (h->mount && (path_below(h->mount, CG_ROOT) ||
			 !path_below(m->point, CG_ROOT)))
		return;
	h->mount = arena_strdup(a, m->point);
	h->root = arena_strdup(a, m->root);
	h->rdonly = cg_has_word(m->opts, "ro", ',') ||
		    cg_has_word(m->super, "ro", ',');
}

static void parse_mounts(struct cg_layout *l, struct arena *a,
			 const char *mountinfo)
{
	char *p = arena_strdup(a, mountinfo);

	for (char *line; (line = next_field(&p, '\n'));) {
		struct cg_mountline m;

		if (!split_mountline(line, &m))
			continue;
		for (size_t i = 0; i < l->n; i++) {
			struct cg_hier *h = &l->v[i];
			bool v2 = streq(m.type, "cgroup2");

			if (h->v2 == v2 &&
			    (v2 || has_all(m.super, h->names, a)))
				offer_mount(h, &m, a);
		}
	}
}

/* The hierarchies of /proc/self/cgroup, not yet with their mounts. */
static void parse_self(struct cg_layout *l, struct arena *a, const char *self)
{
	size_t lines = 1;

	for (const char *s = self; *s; s++)
		lines += *s == '\n';
	l->v = arena_array(a, lines, sizeof(*l->v));
	char *p = arena_strdup(a, self);

	for (char *line; (line = next_field(&p, '\n'));) {
		char *q = line;
		char *id = next_field(&q, ':');
		char *names = next_field(&q, ':');

		if (!q) /* the rest is the path, which may contain ':' */
			continue;
		l->v[l->n].v2 = streq(id, "0") && !*names;
		l->v[l->n].names = names;
		l->v[l->n++].self = q;
	}
}

/* What is mounted nowhere does not count. */
static void finish(struct cg_layout *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].mount)
			l->v[n++] = l->v[i];
	l->n = n;
	const char *only = n == 1 && l->v[0].v2 ? l->v[0].mount : NULL;

	l->unified = only && streq(only, CG_ROOT);
}

void cg_layout_parse(struct cg_layout *ret, struct arena *a,
		     const char *mountinfo, const char *self)
{
	struct cg_layout l = { 0 };

	parse_self(&l, a, self);
	parse_mounts(&l, a, mountinfo);
	finish(&l);
	*ret = l;
}

const char *cg_self_path(struct arena *a, const char *text, const char *names)
{
	char *p = arena_strdup(a, text);

	for (char *line; (line = next_field(&p, '\n'));) {
		char *q = line;

		(void)next_field(&q, ':');
		char *found = next_field(&q, ':');

		if (q && streq(found, names))
			return q;
	}
	return NULL;
}

static int read_proc(const char *path, char **ret, struct err *e)
{
	int r = file_read_at(AT_FDCWD, path, CG_FILE_MAX, ret, NULL);

	if (r == 0)
		return 0;
	(void)err_errno(e, -r, "cannot read '%s'", path);
	if (r == -ENOENT)
		(void)err_hint(e, "is procfs mounted on /proc?");
	return r;
}

/* No further line can change what offer_mount() has taken. */
static bool all_found(const struct cg_layout *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (!l->v[i].mount || !path_below(l->v[i].mount, CG_ROOT))
			return false;
	return true;
}

/*
 * mountinfo piece by piece, as the kernel writes it, and no further than needed:
 * the hierarchies are among the first mounts of a host, of which there may be
 * thousands.
 */
static int read_mounts(struct cg_layout *l, struct arena *a, struct err *e)
{
	static const char path[] = "/proc/self/mountinfo";
	AUTO(fd) int fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	AUTO(strbuf) struct str text = { 0 };
	char piece[4096];
	ssize_t n;

	if (fd < 0)
		return err_errno(e, errno, "cannot read '%s'", path);
	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(e, errno, "cannot read '%s'", path);
		str_addn(&text, piece, (size_t)n);
		char *end = memrchr(text.p, '\n', text.len);

		if (!end)
			continue;
		*end = '\0';
		parse_mounts(l, a, text.p);
		if (all_found(l))
			return 0;
		text.len -= (size_t)(end + 1 - text.p);
		memmove(text.p, end + 1, text.len + 1);
	}
	return 0;
}

/*
 * cgroup2 at /sys/fs/cgroup: known without reading a list of all mounts.
 * Returns 1 if that does not suffice: our own cgroup is not there, so some
 * other directory than the root of the hierarchy is mounted.
 */
static int probe_unified(struct cg_layout *ret, struct arena *a, bool self,
			 bool rdonly, struct err *e)
{
	struct cg_hier *h = ARENA_NEW(a, struct cg_hier);

	*h = (struct cg_hier){ .names = "", .v2 = true, .rdonly = rdonly,
			       .mount = CG_ROOT, .root = "/" };
	if (self) {
		AUTO(str) char *text = NULL;
		int r = read_proc("/proc/self/cgroup", &text, e);

		if (r < 0)
			return r;
		h->self = cg_self_path(a, text, "");
		if (h->self && !path_has_dotdot(h->self) &&
		    access(arena_printf(a, CG_ROOT "%s", h->self), F_OK) < 0)
			return 1;
	}
	*ret = (struct cg_layout){ .unified = true, .v = h, .n = 1 };
	return 0;
}

int cg_layout_probe(struct cg_layout *ret, struct arena *a, bool self,
		    struct err *e)
{
	AUTO(str) char *text = NULL;
	struct cg_layout l = { 0 };
	struct statfs fs;

	int r = 1;

	if (statfs(CG_ROOT, &fs) == 0 &&
	    (uint32_t)fs.f_type == CGROUP2_SUPER_MAGIC)
		r = probe_unified(ret, a, self,
				  ((uint64_t)fs.f_flags & ST_RDONLY) != 0, e);
	if (r <= 0)
		return r;
	r = read_proc("/proc/self/cgroup", &text, e);

	/* A kernel without cgroups has no such file: the layout "none". */
	if (r == -ENOENT && access("/proc/self", F_OK) == 0) {
		err_clear(e);
		*ret = (struct cg_layout){ 0 };
		return 0;
	}
	if (r < 0)
		return r;
	parse_self(&l, a, text);
	r = read_mounts(&l, a, e);
	if (r < 0)
		return r;
	finish(&l);
	*ret = l;
	return 0;
}

static const char *clean(struct arena *a, const char *path)
{
	AUTO(str) char *c = path_clean(path);

	return arena_strdup(a, c);
}

int cg_path_inner(struct arena *a, const char *cgroups_path, const char *id,
		  const char **ret, struct err *e)
{
	const char *p = cgroups_path;

	if (!p || !*p) {
		*ret = arena_strdup(a, id);
		return 0;
	}
	if (path_has_dotdot(p) && PROTECTED(CGROUP_NAMES)) {
		(void)err_set(e, EINVAL, "cgroupsPath '%s' contains '..'", p);
		return err_at(e, "/linux/cgroupsPath");
	}
	if (strchr(p, '\n')) {
		(void)err_set(e, EINVAL, "cgroupsPath contains a newline");
		return err_at(e, "/linux/cgroupsPath");
	}
	p = clean(a, p);
	if (streq(p, "/") || streq(p, ".")) {
		(void)err_set(e, EINVAL,
			      "cgroupsPath '%s' names no cgroup of its own",
			      cgroups_path);
		(void)err_hint(e, "a container needs a directory that nothing "
				  "else uses, such as '/%s'", id);
		return err_at(e, "/linux/cgroupsPath");
	}
	*ret = p;
	return 0;
}

/*
 * Our own cgroup as a path below the mount point. Inside a container without a
 * cgroup namespace /proc/self/cgroup shows host paths while only `root` of the
 * hierarchy is mounted; outside of that nothing can be expressed: the top.
 */
static const char *own_below_mount(const struct cg_hier *h)
{
	const char *self = h->self ? h->self : "/";

	if (path_has_dotdot(self))
		return "/";
	if (streq(h->root, "/"))
		return self;
	if (!path_below(self, h->root))
		return "/";
	return self + strlen(h->root);
}

/*
 * An absolute cgroupsPath counts from the mount point. A relative one counts
 * from our own cgroup on v1 (and in the cgroup2 tree of a hybrid layout), but
 * from its parent on v2: our own holds at least us, and a cgroup2 directory
 * with processes cannot give controllers to children.
 */
const char *cg_path_dir(struct arena *a, const struct cg_layout *layout,
			const struct cg_hier *h, const char *inner)
{
	const char *base = "/";

	if (inner[0] != '/') {
		base = own_below_mount(h);
		if (layout->unified) {
			const char *slash = strrchr(base, '/');

			base = slash ? arena_strndup(a, base,
						     (size_t)(slash - base))
				     : "/";
		}
	}
	return clean(a, arena_printf(a, "%s/%s/%s", h->mount, base, inner));
}
