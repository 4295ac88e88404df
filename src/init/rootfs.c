/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root of the container: propagation of the namespace's mounts, the root
 * file system as a mount of its own, its working directory, and the remounts that
 * close it. in->rootfd, opened here once, is where every later path starts (I1).
 *
 * Must not read mountinfo: a start costs the same on a host with a thousand
 * mounts. Sources: mount_namespaces(7), pivot_root(2), runtime-spec
 * config-linux.md "Rootfs Mount Propagation".
 */
#include "config.h"
#include "init/steps_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "init/mnt.h"

#include "base/banned.h"

static const char *propagation_name(uint64_t flags)
{
	return flags & MS_SHARED ? "shared" : flags & MS_SLAVE ? "slave" :
	       flags & MS_PRIVATE ? "private" : "unbindable";
}

static int propagate(const struct arg_propagation *a, const char *where,
		     struct err *e)
{
	int code;

	if (mount(NULL, "/", NULL, (unsigned long)a->flags, NULL) == 0)
		return 0;
	code = errno;
	(void)err_errno(e, code, "cannot make the mounts of %s %s%s", where,
			a->flags & MS_REC ? "r" : "", propagation_name(a->flags));
	if (code == EINVAL)
		return err_hint(e, "'/' is not a mount point: run inside a mount "
				"namespace whose root is a mount (chroot is not enough)");
	if (code == EPERM)
		return err_hint(e, "the mount namespace belongs to another user "
				"namespace: add a user or a mount namespace");
	return -code;
}

int step_propagation(struct init *in, const union step_arg *u, struct err *e)
{
	(void)in;
	return propagate(&u->propagation, "the new mount namespace", e);
}

int step_root_propagation(struct init *in, const union step_arg *u,
			  struct err *e)
{
	int r;

	(void)in;
	r = propagate(&u->propagation, "the container's root", e);
	return r < 0 ? err_at(e, "/linux/rootfsPropagation") : 0;
}

/* ---- ROOTFS -------------------------------------------------------------- */

static int open_dir(const char *path, int *ret, struct err *e)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), code;

	if (fd >= 0) {
		*ret = fd;
		return 0;
	}
	code = errno;
	(void)err_errno(e, code, "cannot open root file system '%s'", path);
	if (code == EACCES)
		(void)err_hint(e, "each directory above it must be searchable for "
			       "the user that is root in the container");
	return err_at(e, "/root/path");
}

/*
 * Make the mount that holds dirfd private or a slave: walk up to its root, which
 * is the first directory that takes a propagation. A shared one would send our
 * mounts to its peers on the host, and pivot_root(2) refuses it.
 */
static int demote_holder(struct init *in, int dirfd, uint64_t flags,
			 struct err *e)
{
	AUTO(fd) int held = -1;
	int fd = dirfd;

	for (;;) {
		struct stat here, above;
		int up, r = mnt_propagation(in, fd, flags, e);

		if (r != -EINVAL)
			return r;
		err_clear(e); /* not the root of its mount */
		up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (up < 0)
			return err_errno(e, errno, "cannot open '..'");
		if (fstat(fd, &here) < 0 || fstat(up, &above) < 0 ||
		    (here.st_dev == above.st_dev && here.st_ino == above.st_ino)) {
			(void)close(up);
			(void)err_set(e, EINVAL, "'/' is not a mount point");
			return err_hint(e, "run inside a mount namespace whose root "
					"is a mount (chroot is not enough)");
		}
		auto_fd(&held);
		held = fd = up;
	}
}

static int bind_error(const char *path, int r, struct err *e)
{
	if (r == -EPERM)
		(void)err_hint(e, "no CAP_SYS_ADMIN in the user namespace that owns "
			       "the mount namespace");
	else if (r == -EINVAL)
		(void)err_hint(e, "it lies on an unbindable mount, or holds mounts "
			       "locked by a more privileged user namespace");
	(void)err_wrap(e, "cannot make root file system '%s' a mount", path);
	return err_at(e, "/root/path");
}

/*
 * A recursive copy of the root file system on top of itself: now it is a mount,
 * as pivot_root(2) wants it, and what is mounted in it from here on is ours.
 */
static int bind_root(struct init *in, const struct arg_rootfs *a, int dirfd,
		     struct err *e)
{
	AUTO(mnt) struct mnt m = MNT_INIT;
	AUTO(fd) int hostfd = -1;
	struct mnt_at at = { .fd = dirfd, .rootfd = -1, .path = a->path };
	int r = mnt_clone(&m, dirfd, "", MNT_REC, e);

	if (r == 0 && m.classic) {
		/*
		 * No descriptor of a classic bind exists before it is looked up:
		 * the host's path once more, to be compared with dirfd.
		 */
		hostfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		at.rootfd = hostfd;
	}
	if (r == 0)
		r = mnt_attach(in, &m, &at, e);
	if (r == 0 && a->private_parent)
		r = mnt_propagation(in, m.fd, MS_PRIVATE, e);
	/* in the caller's namespace: no mount of ours for the peers of his */
	if (r == 0 && !a->own_ns)
		r = mnt_propagation(in, m.fd, MS_PRIVATE | MS_REC, e);
	if (r < 0)
		return bind_error(a->path, r, e);
	in->rootfd = TAKE_FD(m.fd);
	return 0;
}

int step_rootfs(struct init *in, const union step_arg *u, struct err *e)
{
	const struct arg_rootfs *a = &u->rootfs;
	AUTO(fd) int dirfd = -1;
	int r = open_dir(a->path, &dirfd, e);

	if (r < 0)
		return r;
	if (a->own_ns) {
		r = demote_holder(in, dirfd,
				  a->private_parent ? MS_PRIVATE : MS_SLAVE, e);
		if (r < 0) {
			(void)err_wrap(e, "cannot make the parent mount of '%s' %s",
				       a->path,
				       a->private_parent ? "private" : "a slave");
			return err_at(e, "/root/path");
		}
	}
	return bind_root(in, a, dirfd, e);
}

int init_root(struct init *in, struct err *e)
{
	int fd;

	if (in->rootfd >= 0)
		return in->rootfd;
	fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(e, errno, "cannot open the container's root");
	in->rootfd = fd;
	return fd;
}

/* ---- inside the new root ------------------------------------------------- */

static int cwd_error(const char *cwd, int r, struct err *e)
{
	(void)err_errno(e, -r, "cannot make the working directory '%s'", cwd);
	switch (-r) {
	case ENOTDIR:
		(void)err_hint(e, "it, or a component of it, is a file");
		break;
	case EROFS:
		(void)err_hint(e, "it does not exist and the file system is read-only");
		break;
	case ELOOP:
		(void)err_hint(e, "a link of procfs, or too many symbolic links: "
			       "such a path could lead out of the container");
		break;
	default:
		break;
	}
	return err_at(e, "/process/cwd");
}

int step_cwd_create(struct init *in, const union step_arg *u, struct err *e)
{
	AUTO(fd) int fd = -1;
	int root = init_root(in, e);

	if (root < 0)
		return root;
	fd = root_mkdirs(root, u->path.text, 0755);
	/* a directory that only the user may enter: CHDIR_USER decides */
	if (fd >= 0 || fd == -EACCES)
		return 0;
	return cwd_error(u->path.text, fd, e);
}

int step_remount_ro(struct init *in, const union step_arg *u, struct err *e)
{
	const char *path = u->remount.path;
	AUTO(fd) int fd = -1;
	int r;

	fd = root_open(in->rootfd, path, O_PATH, 0);
	if (fd < 0)
		return err_errno(e, -fd, "cannot open '%s' to make it read-only",
				 path);
	if (init_attach_begin(in, e) < 0)
		return -e->code;
	r = mnt_setattr_fd(in, fd, SYS_ATTR_RDONLY, 0, e);
	if (r == -EINVAL)
		(void)err_hint(e, "nothing is mounted there any more");
	return r < 0 ? err_wrap(e, "cannot make '%s' read-only", path) :
		       init_attach_end(in, e);
}

int step_root_ro(struct init *in, const union step_arg *u, struct err *e)
{
	int r;

	(void)u;
	r = mnt_setattr_fd(in, in->rootfd, SYS_ATTR_RDONLY, 0, e);
	if (r == 0)
		return 0;
	(void)err_wrap(e, "cannot make the root file system read-only");
	return err_at(e, "/root/readonly");
}
