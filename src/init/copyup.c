/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mount option tmpcopyup: what the image has at the mount point is copied into
 * the new tmpfs. Reads from the directory below the mount, on the descriptor
 * that was opened before, so source and destination need no path (I1).
 *
 * The image is hostile: no symlink is followed, nothing but regular files is
 * opened for reading, a file that changed its kind is an error, and the depth
 * is bounded. Hard links become separate files.
 */
#include "config.h"
#include "init/steps_fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/str.h"

#include "base/banned.h"

#define DEPTH_MAX 256U
#define CHUNK (1U << 20)

static int copy_error(const char *name, const char *what, int code,
		      struct err *e)
{
	(void)err_errno(e, code, "cannot %s '%s'", what, name);
	if (code == ENOSPC)
		(void)err_hint(e, "the tmpfs is smaller than what tmpcopyup copies "
			       "into it: see its options size= and nr_inodes=");
	return -code;
}

/* Extended attributes, as far as a tmpfs takes them. */
static int copy_xattrs(int from, int to, const char *name, struct err *e)
{
	char list[4096], value[4096];
	ssize_t n = flistxattr(from, list, sizeof(list)), len;

	for (char *p = list; n > 0 && p < list + n; p += strlen(p) + 1) {
		len = fgetxattr(from, p, value, sizeof(value));
		if (len < 0)
			continue;
		if (fsetxattr(to, p, value, (size_t)len, 0) < 0 &&
		    errno != EOPNOTSUPP && errno != EPERM && errno != EINVAL)
			return copy_error(name, "copy the attributes of", errno, e);
	}
	return 0;
}

/* Owner before mode: chown(2) clears set-id bits. */
static int copy_meta(int from, int to, const char *name, const struct stat *st,
		     struct err *e)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };

	if (fchown(to, st->st_uid, st->st_gid) < 0)
		return copy_error(name, "set the owner of", errno, e);
	if (fchmod(to, st->st_mode & 07777) < 0)
		return copy_error(name, "set the mode of", errno, e);
	if (copy_xattrs(from, to, name, e) < 0)
		return -e->code;
	(void)futimens(to, times); /* a time stamp is not worth a failure */
	return 0;
}

static int copy_file(int fromdir, int todir, const char *name, struct err *e)
{
	AUTO(fd) int from = openat(fromdir, name, O_RDONLY | O_NOFOLLOW |
				   O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	AUTO(fd) int to = -1;
	struct stat st;
	ssize_t n;

	if (from < 0 || fstat(from, &st) < 0)
		return copy_error(name, "open", errno, e);
	if (!S_ISREG(st.st_mode))
		return copy_error(name, "copy", ESTALE, e);
	to = openat(todir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
		    O_CLOEXEC, 0600);
	if (to < 0)
		return copy_error(name, "make", errno, e);
	while ((n = sendfile(to, from, NULL, CHUNK)) > 0)
		;
	if (n < 0)
		return copy_error(name, "copy", errno, e);
	return copy_meta(from, to, name, &st, e);
}

static int copy_link(int fromdir, int todir, const char *name,
		     const struct stat *st, struct err *e)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(fromdir, name, target, sizeof(target) - 1);

	if (n < 0)
		return copy_error(name, "read", errno, e);
	target[n] = '\0';
	if (symlinkat(target, todir, name) < 0 ||
	    fchownat(todir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return copy_error(name, "make", errno, e);
	return 0;
}

/* Devices, FIFOs and sockets. */
static int copy_node(int todir, const char *name, const struct stat *st,
		     struct err *e)
{
	if (mknodat(todir, name, st->st_mode & (S_IFMT | 0777), st->st_rdev) < 0 ||
	    fchownat(todir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(todir, name, st->st_mode & 07777, 0) < 0)
		return copy_error(name, "make", errno, e);
	return 0;
}

static int copy_dir(int fromfd, int tofd, unsigned int depth, struct err *e);

static int copy_subdir(int fromdir, int todir, const char *name,
		       unsigned int depth, struct err *e)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	AUTO(fd) int from = openat(fromdir, name, flags);
	AUTO(fd) int to = -1;
	struct stat st;
	int r;

	if (from < 0 || fstat(from, &st) < 0)
		return copy_error(name, "open", errno, e);
	if (mkdirat(todir, name, 0700) < 0)
		return copy_error(name, "make", errno, e);
	to = openat(todir, name, flags);
	if (to < 0)
		return copy_error(name, "open", errno, e);
	r = copy_dir(from, to, depth + 1, e);
	return r < 0 ? r : copy_meta(from, to, name, &st, e);
}

static int copy_entry(int fromdir, int todir, const char *name,
		      unsigned int depth, struct err *e)
{
	struct stat st;

	if (fstatat(fromdir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return copy_error(name, "stat", errno, e);
	switch (st.st_mode & S_IFMT) {
	case S_IFDIR:
		return copy_subdir(fromdir, todir, name, depth, e);
	case S_IFREG:
		return copy_file(fromdir, todir, name, e);
	case S_IFLNK:
		return copy_link(fromdir, todir, name, &st, e);
	default:
		return copy_node(todir, name, &st, e);
	}
}

static int copy_dir(int fromfd, int tofd, unsigned int depth, struct err *e)
{
	AUTO(fd) int fd = openat(fromfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO(dir) DIR *dir = NULL;
	const struct dirent *d;
	int r = 0;

	if (depth > DEPTH_MAX)
		return err_errno(e, ELOOP, "more than %u directories deep", DEPTH_MAX);
	if (fd >= 0)
		dir = fdopendir(fd);
	if (!dir)
		return err_errno(e, errno, "cannot read a directory");
	(void)take_fd(&fd); /* closed with dir */
	for (errno = 0; r == 0 && (d = readdir(dir)); errno = 0)
		if (!streq(d->d_name, ".") && !streq(d->d_name, ".."))
			r = copy_entry(fromfd, tofd, d->d_name, depth, e);
	if (r == 0 && errno)
		r = err_errno(e, errno, "cannot read a directory");
	return r;
}

int init_copy_tree(struct init *in, int fromfd, int tofd, struct err *e)
{
	struct stat st;
	int r;

	(void)in;
	if (fstat(fromfd, &st) < 0 ||
	    fchownat(tofd, "", st.st_uid, st.st_gid, AT_EMPTY_PATH) < 0)
		return err_errno(e, errno, "tmpcopyup: cannot set the owner");
	r = copy_dir(fromfd, tofd, 0, e);
	return r < 0 ? err_wrap(e, "tmpcopyup") : 0;
}
