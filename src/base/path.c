/* SPDX-License-Identifier: Apache-2.0 */
/*
 * path.c - the one resolver for names below a root file system (I1), and
 * lexical path handling.
 *
 * Everything starts at a descriptor the caller holds. The kernel resolves
 * (openat2(2), RESOLVE_IN_ROOT) where it can; the walker below does the same by
 * hand: it opens one component at a time with O_PATH | O_NOFOLLOW, expands
 * symlinks as text, and answers ".." from its own stack of held directories.
 * It therefore never asks the kernel to follow a link or to climb, and nothing
 * another process renames meanwhile can lead it out of the root.
 *
 * Must not: use a path string twice (check, then use), open a component in a
 * way that blocks or has side effects (FIFO, device), create through a symlink
 * (mkdirat(2) and O_EXCL never follow).
 */
#include "config.h"

#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/protect.h"
#include "base/str.h"
#include "base/sys.h"

#include "base/banned.h"

/* As the kernel's MAXSYMLINKS. */
#define LINKS_MAX	   40
/* How often a lost race is run again before it is taken for an attack. */
#define RACES_MAX	   128
/* statfs(2) f_flags, younger than some headers. */
#define ST_NOSYMFOLLOW_BIT 0x2000
/* What may be made by mkdir(2) and open(2). */
#define MODE_BITS	   07777U

enum walk_make { MAKE_NOTHING, MAKE_DIRS, MAKE_FILE };

struct walk {
	int rootfd;
	unsigned int how;
	uint64_t mnt; /* ROOT_NO_XDEV: the mount of rootfd, */
	dev_t dev;    /* or its device where mounts have no number */
	bool mnt_known;
	enum walk_make make;
	mode_t dir_mode, file_mode;
	int flags; /* of the last component */

	struct fdvec dirs; /* directories below rootfd, innermost last */
	char *rest;	   /* what is still to be walked, owns pos */
	const char *pos;
	unsigned int links;
};

static bool force_fallback;

void path_force_fallback(bool on)
{
	force_fallback = on;
}

static void auto_walk(struct walk *w)
{
	int saved = errno;

	fdvec_clear(&w->dirs);
	free(w->rest);
	errno = saved;
}

static int walk_dir(const struct walk *w)
{
	return w->dirs.n ? w->dirs.v[w->dirs.n - 1] : w->rootfd;
}

static void walk_pop(struct walk *w)
{
	if (w->dirs.n == 0)
		return;
	(void)close(w->dirs.v[--w->dirs.n]);
}

/*
 * Takes the next component off the path. Returns 1 and fills name, 0 at the
 * end. *ret_last: nothing follows; *ret_slash: at least one '/' does, which
 * asks for a directory.
 */
static int walk_next(struct walk *w, char *name, bool *ret_last,
		     bool *ret_slash)
{
	size_t n;

	w->pos += strspn(w->pos, "/");
	n = strcspn(w->pos, "/");
	if (n == 0)
		return 0;
	if (n > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, w->pos, n);
	name[n] = '\0';
	w->pos += n;
	*ret_slash = *w->pos == '/';
	*ret_last = w->pos[strspn(w->pos, "/")] == '\0';
	return 1;
}

static int walk_mount_check(const struct walk *w, int fd)
{
	struct stat st;
	uint64_t mnt;

	if (!(w->how & ROOT_NO_XDEV))
		return 0;
	if (w->mnt_known) {
		int r = sys_mnt_id(fd, &mnt);

		if (r < 0)
			return r;
		return mnt == w->mnt ? 0 : -EXDEV;
	}
	/* Misses bind mounts within one device; these kernels tell no more. */
	if (fstat(fd, &st) < 0)
		return -errno;
	return st.st_dev == w->dev ? 0 : -EXDEV;
}

/*
 * Magic links of procfs lead to objects, not to names; their text may name
 * something else. The walker would only ever use that text, but the answer has
 * to be the kernel's.
 */
static int link_check(int linkfd, const char *name)
{
	struct statfs fs;

	if (fstatfs(linkfd, &fs) < 0)
		return -errno;
	if ((unsigned long)fs.f_flags & ST_NOSYMFOLLOW_BIT)
		return -ELOOP;
	if (fs.f_type == PROC_SUPER_MAGIC && !streq(name, "self") &&
	    !streq(name, "thread-self") && !streq(name, "mounts") &&
	    !streq(name, "net"))
		return -ELOOP;
	return 0;
}

/* Replaces the link just opened by its text in front of what follows. */
static int walk_link(struct walk *w, int linkfd, const char *name)
{
	char target[PATH_MAX];
	char *rest;
	ssize_t n;
	int r;

	if ((w->how & ROOT_NO_SYMLINKS) || ++w->links > LINKS_MAX)
		return -ELOOP;
	r = link_check(linkfd, name);
	if (r < 0)
		return r;
	n = readlinkat(linkfd, "", target, sizeof(target));
	if (n < 0)
		return -errno;
	if (n == 0)
		return -ENOENT;
	if ((size_t)n >= sizeof(target))
		return -ENAMETOOLONG;
	target[n] = '\0';
	if (target[0] == '/')
		while (w->dirs.n)
			walk_pop(w);
	/* pos is at the '/' that ended the component, or at the end. */
	rest = xasprintf("%s%s", target, w->pos);
	free(w->rest);
	w->rest = rest;
	w->pos = rest;
	return 0;
}

/*
 * The mode of what we just made: the umask was out of the way, so it can differ
 * only by a set-group-ID bit inherited from the parent or by a default ACL. If
 * the object is not ours any more (exchanged meanwhile), it is left alone.
 */
static int mode_fix(int fd, mode_t mode)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if ((st.st_mode & MODE_BITS) == mode || st.st_uid != geteuid())
		return 0;
	return fchmod(fd, mode) < 0 ? -errno : 0;
}

static int make_dir(int dirfd, const char *name, mode_t mode)
{
	mode_t mask = umask(0);
	AUTO(fd) int fd = -1;
	struct stat st;
	int r;

	r = mkdirat(dirfd, name, mode) < 0 ? -errno : 0;
	(void)umask(mask);
	if (r < 0)
		return r;
	/* The usual case costs one call: nothing to fix. */
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		/* a directory below a set-group-ID one inherits the bit */
		mode |= st.st_mode & S_ISGID;
		if (!S_ISDIR(st.st_mode) || (st.st_mode & MODE_BITS) == mode)
			return 0;
	}
	fd = openat(dirfd, name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* Exchanged, or not readable by us: the next look-up will tell. */
	return fd < 0 ? 0 : mode_fix(fd, mode);
}

static int make_file(int dirfd, const char *name, mode_t mode)
{
	const int flags = O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
			  O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	mode_t mask = umask(0);
	AUTO(fd) int fd = -1;
	int r;

	fd = openat(dirfd, name, flags, mode);
	r = fd < 0 ? -errno : 0;
	(void)umask(mask);
	return fd < 0 ? r : mode_fix(fd, mode);
}

/* Makes what is missing at `name`; somebody else having done it is as good. */
static int walk_create(const struct walk *w, const char *name, bool last,
		       bool slash)
{
	int r;

	if (w->make == MAKE_FILE && last)
		r = slash ? -EISDIR
			  : make_file(walk_dir(w), name, w->file_mode);
	else
		r = make_dir(walk_dir(w), name, w->dir_mode);
	return r == -EEXIST ? 0 : r;
}

/* Opens component `name` as it is, making it if that is asked for. */
static int walk_open(const struct walk *w, const char *name, bool last,
		     bool slash)
{
	unsigned int races;
	int fd, r;

	for (races = 0; races < RACES_MAX; races++) {
		fd = openat(walk_dir(w), name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)
			return fd;
		if (errno != ENOENT || w->make == MAKE_NOTHING)
			return -errno;
		r = walk_create(w, name, last, slash);
		if (r < 0)
			return r;
	}
	return -EAGAIN;
}

/*
 * The last component, not to be followed any further: pathfd is it, opened
 * O_PATH. -EAGAIN if it became a symlink meanwhile.
 */
static int walk_final(const struct walk *w, const char *name, int *pathfd,
		      mode_t type)
{
	AUTO(fd) int fd = -1;
	int r;

	if (type == S_IFLNK && (w->flags & O_DIRECTORY))
		return -ENOTDIR;
	if (type == S_IFLNK && !(w->flags & O_PATH))
		return -ELOOP;
	if (type != S_IFDIR && (w->flags & O_DIRECTORY))
		return -ENOTDIR;
	if (w->flags & O_PATH)
		return TAKE_FD(*pathfd);
	fd = openat(walk_dir(w), name, w->flags | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ELOOP || errno == ENOENT ? -EAGAIN : -errno;
	r = walk_mount_check(w, fd);
	return r < 0 ? r : TAKE_FD(fd);
}

/*
 * One component. Returns 1 with *ret_fd set when the walk is over, 0 to go on,
 * -errno, or -EAGAIN to try this component again.
 */
static int walk_step(struct walk *w, const char *name, bool last, bool slash,
		     int *ret_fd)
{
	AUTO(fd) int fd = walk_open(w, name, last, slash);
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	r = walk_mount_check(w, fd);
	if (r < 0)
		return r;
	/* A trailing slash makes the kernel follow even with O_NOFOLLOW. */
	if (S_ISLNK(st.st_mode) && (!last || slash || !(w->flags & O_NOFOLLOW)))
		return walk_link(w, fd, name);
	if (!last || slash) {
		if (!S_ISDIR(st.st_mode))
			return -ENOTDIR;
		(void)fdvec_push(&w->dirs, TAKE_FD(fd));
		return 0;
	}
	r = walk_final(w, name, &fd, st.st_mode & S_IFMT);
	if (r < 0)
		return r;
	*ret_fd = r;
	return 1;
}

static int walk_run(struct walk *w)
{
	char name[NAME_MAX + 1];
	unsigned int races = 0;
	bool last, slash;
	int r, fd = -1;

	for (;;) {
		r = walk_next(w, name, &last, &slash);
		if (r < 0)
			return r;
		if (r == 0)
			break;
		if (streq(name, "."))
			continue;
		if (streq(name, "..")) {
			walk_pop(w);
			continue;
		}
		do
			r = walk_step(w, name, last, slash, &fd);
		while (r == -EAGAIN && ++races < RACES_MAX);
		if (r < 0)
			return r;
		if (r > 0)
			return fd;
	}
	/* The path ended in "/", "." or "..": the directory we stand in. */
	fd = openat(walk_dir(w), ".", (w->flags & ~O_NOFOLLOW) | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Walks `path` with the flags, modes and restrictions set in *w. */
static int walk_path(struct walk *w, const char *path)
{
	struct stat st;

	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	if (w->how & ROOT_NO_XDEV) {
		w->mnt_known = sys_mnt_id(w->rootfd, &w->mnt) == 0;
		if (fstat(w->rootfd, &st) < 0)
			return -errno;
		w->dev = st.st_dev;
	}
	w->rest = xstrdup(path);
	w->pos = w->rest;
	return walk_run(w);
}

/* -ENOSYS: not possible by openat2(2), the walker has to do it. */
static int open_by_kernel(int rootfd, const char *path, int flags,
			  unsigned int how)
{
	struct open_how oh = {
		.flags = (uint64_t)(unsigned int)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	unsigned int races;
	int fd;

	if (force_fallback)
		return -ENOSYS;
	if (how & ROOT_NO_SYMLINKS)
		oh.resolve |= RESOLVE_NO_SYMLINKS;
	if (how & ROOT_NO_XDEV)
		oh.resolve |= RESOLVE_NO_XDEV;
	for (races = 0; races < RACES_MAX; races++) {
		fd = sys_openat2(rootfd, path, &oh);
		if (fd != -EAGAIN && fd != -EINTR)
			break;
	}
	/*
	 * compat: remove when baseline >= 5.6. EPERM is what a seccomp profile
	 * older than the call gives; a true EPERM comes back from the walker.
	 * EAGAIN: somebody keeps renaming; the walker needs no second try then.
	 */
	return fd == -EPERM || fd == -EAGAIN || fd == -EINTR ? -ENOSYS : fd;
}

#ifdef OCIRUN_FAULTS
/* What a runtime without I1 does: the kernel follows whatever is there. */
static int naive_open(int rootfd, const char *path, int flags)
{
	int fd = openat(rootfd, *path ? path : ".", flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int naive_make(int rootfd, const char *path, bool file, mode_t mode)
{
	AUTO(str) char *copy = xstrdup(path + strspn(path, "/"));

	for (char *p = copy; (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		(void)mkdirat(rootfd, copy, 0755);
	}
	if (!file) {
		(void)mkdirat(rootfd, copy, mode);
	} else {
		AUTO(fd) int fd = openat(rootfd, copy, O_CREAT | O_RDONLY | O_CLOEXEC,
					 mode);
		(void)fd;
	}
	return naive_open(rootfd, copy, O_PATH);
}
#else
#define naive_open(rootfd, path, flags)	 (-ENOSYS)
#define naive_make(rootfd, path, file, mode) (-ENOSYS)
#endif

static int open_by_walk(int rootfd, const char *path, int flags, unsigned int how)
{
	AUTO(walk)
	struct walk w = {
		.rootfd = rootfd,
		.how = how,
		.flags = flags,
	};

	return walk_path(&w, path);
}

int root_open(int rootfd, const char *path, int flags, unsigned int how)
{
	int fd;

	if (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)))
		return -EINVAL;
	/* open(2) ignores the other flags beside O_PATH, openat2(2) refuses. */
	if (flags & O_PATH)
		flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	path += strspn(path, "/");
	if (!*path)
		path = ".";
	if (!PROTECTED(IN_ROOT))
		return naive_open(rootfd, path, flags);
	fd = open_by_kernel(rootfd, path, flags, how);
	return fd == -ENOSYS ? open_by_walk(rootfd, path, flags, how) : fd;
}

int root_mkdirs(int rootfd, const char *path, mode_t mode)
{
	AUTO(walk)
	struct walk w = {
		.rootfd = rootfd,
		.flags = O_PATH | O_DIRECTORY,
		.make = MAKE_DIRS,
		.dir_mode = mode & MODE_BITS,
	};
	int fd = root_open(rootfd, path, w.flags, 0);

	if (fd == -ENOENT && !PROTECTED(IN_ROOT))
		return naive_make(rootfd, path, false, mode);
	return fd == -ENOENT ? walk_path(&w, path) : fd;
}

int root_mkfile(int rootfd, const char *path, mode_t mode)
{
	AUTO(walk)
	struct walk w = {
		.rootfd = rootfd,
		.flags = O_PATH,
		.make = MAKE_FILE,
		.dir_mode = 0755,
		.file_mode = mode & MODE_BITS,
	};
	int fd = root_open(rootfd, path, w.flags, 0);

	if (fd == -ENOENT && !PROTECTED(IN_ROOT))
		return naive_make(rootfd, path, true, mode);
	return fd == -ENOENT ? walk_path(&w, path) : fd;
}

int root_parent(int rootfd, const char *path, bool make, char **ret_name)
{
	AUTO(str) char *dir = NULL;
	size_t end = strlen(path), start;
	char *name;
	int fd;

	while (end > 0 && path[end - 1] == '/')
		end--;
	start = end;
	while (start > 0 && path[start - 1] != '/')
		start--;
	name = xstrndup(path + start, end - start);
	if (!*name || streq(name, ".") || streq(name, "..")) {
		free(name);
		return -EINVAL;
	}
	dir = xstrndup(path, start);
	fd = make ? root_mkdirs(rootfd, dir, 0755)
		  : root_open(rootfd, dir, O_PATH | O_DIRECTORY, 0);
	if (fd < 0) {
		free(name);
		return fd;
	}
	*ret_name = name;
	return fd;
}

int fd_reopen(int procfd, int pathfd, int flags)
{
	char name[48];
	int r;

	if (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)))
		return -EINVAL;
	/* The entry itself is a link; what it leads to decides. */
	flags = (flags & ~O_NOFOLLOW) | O_CLOEXEC;
	(void)snprintf(name, sizeof(name), "thread-self/fd/%d", pathfd);
	r = openat(procfd, name, flags);
	if (r >= 0)
		return r;
	r = -errno;
	if (r != -ENOENT)
		return r;
	/* A link that is not there: no such descriptor, or no "thread-self". */
	if (!fd_valid(pathfd))
		return -EBADF;
	(void)snprintf(name, sizeof(name), "self/fd/%d", pathfd);
	r = openat(procfd, name, flags);
	return r < 0 ? -errno : r;
}

/* Most paths of a config are. "/.name" is not told apart: the long way does. */
static bool is_clean(const char *path)
{
	size_t len = strlen(path);

	return path[0] == '/' && len > 1 && path[len - 1] != '/' &&
	       !strstr(path, "//") && !strstr(path, "/.");
}

char *path_clean(const char *path)
{
	if (is_clean(path))
		return xstrdup(path);

	bool absolute = *path == '/';
	AUTO(strbuf) struct str s = { 0 };
	size_t n, base;

	str_add(&s, absolute ? "/" : "");
	base = s.len; /* ".." cuts back to here, or to behind leading ".."s */
	for (path += strspn(path, "/"); *path; path += strspn(path, "/")) {
		n = strcspn(path, "/");
		if (n == 1 && path[0] == '.') {
			path += n;
			continue;
		}
		if (n == 2 && path[0] == '.' && path[1] == '.') {
			path += n;
			if (s.len > base) {
				while (s.len > base && s.p[s.len - 1] != '/')
					s.len--;
				if (s.len > base)
					s.len--;
				s.p[s.len] = '\0';
			} else if (!absolute) {
				str_add(&s, s.len ? "/.." : "..");
				base = s.len;
			}
			continue;
		}
		if (s.len > 0 && s.p[s.len - 1] != '/')
			str_addc(&s, '/');
		str_addn(&s, path, n);
		path += n;
	}
	if (s.len == 0)
		str_addc(&s, '.');
	return str_take(&s);
}

char *path_join(const char *dir, const char *name)
{
	AUTO(str) char *both = NULL;

	if (*name == '/' || !*dir)
		return path_clean(name);
	both = xasprintf("%s/%s", dir, name);
	return path_clean(both);
}

bool path_has_dotdot(const char *path)
{
	for (path += strspn(path, "/"); *path; path += strspn(path, "/")) {
		size_t n = strcspn(path, "/");

		if (n == 2 && path[0] == '.' && path[1] == '.')
			return true;
		path += n;
	}
	return false;
}

bool path_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (streq(dir, "/"))
		return *path == '/';
	return strncmp(path, dir, n) == 0 &&
	       (path[n] == '\0' || path[n] == '/');
}
