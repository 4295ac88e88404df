/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DEVICE, DEV_LINKS and STDIO_NULL. Nodes and links are made in a directory that
 * was resolved below the root (I1): a /dev that is a symlink leads nowhere else
 * (CVE-2026-41579). A node is proven by type and number on a descriptor that
 * never followed a link, before its mode or owner is touched and before it
 * becomes anybody's stdin (CVE-2026-88265).
 * Sources: runtime-spec config-linux.md "Devices", "Default Devices"; mknod(2).
 */
#include "config.h"
#include "init/steps_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/protect.h"
#include "base/str.h"
#include "base/sys.h"
#include "init/mnt.h"

#include "base/banned.h"

static mode_t device_type(const struct arg_device *a)
{
	return a->type == 'b' ? S_IFBLK : a->type == 'p' ? S_IFIFO : S_IFCHR;
}

static bool is_device(const struct stat *st, mode_t type, unsigned int major_nr,
		      unsigned int minor_nr)
{
	return (st->st_mode & S_IFMT) == type &&
	       (type == S_IFIFO || st->st_rdev == makedev(major_nr, minor_nr));
}

static int at_device(struct err *e, const struct arg_device *a)
{
	if (a->index == UINT32_MAX)
		return -e->code;
	return err_at(e, "/linux/devices/%u", a->index);
}

static int wrong_node(const struct arg_device *a, const struct stat *st,
		      struct err *e)
{
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		(void)err_set(e, EEXIST, "'%s' exists and is the device %c %u:%u, not "
			      "%c %u:%u", a->path, S_ISCHR(st->st_mode) ? 'c' : 'b',
			      major(st->st_rdev), minor(st->st_rdev), (int)a->type,
			      a->major, a->minor);
	else
		(void)err_set(e, EEXIST, "'%s' exists and is no device %c %u:%u",
			      a->path, (int)a->type, a->major, a->minor);
	(void)err_hint(e, "remove it from the root file system, or mount a tmpfs on "
		       "/dev");
	return at_device(e, a);
}

/* ---- DEVICE -------------------------------------------------------------- */

/* Exact mode and owner of the new node behind fd (O_PATH). 0 or -errno. */
static int set_mode(struct init *in, int fd, const struct arg_device *a,
		    const struct stat *st)
{
	char name[40];
	int r, procfd;

	if ((st->st_uid != a->uid || st->st_gid != a->gid) &&
	    fchownat(fd, "", a->uid, a->gid, AT_EMPTY_PATH) < 0)
		return -errno;
	if ((st->st_mode & 07777) == a->mode)
		return 0;
	r = sys_fchmodat2(fd, "", a->mode, AT_EMPTY_PATH);
	if (r != -ENOSYS && r != -EPERM)
		return r;
	/* compat: remove when the baseline is Linux 6.6 (fchmodat2) */
	procfd = init_procfd(in);
	if (procfd < 0)
		return procfd;
	(void)snprintf(name, sizeof(name), "self/fd/%d", fd);
	return fchmodat(procfd, name, a->mode, 0) < 0 ? -errno : 0;
}

static int device_error(const struct arg_device *a, int r, const char *what,
			struct err *e)
{
	(void)err_errno(e, -r, "cannot %s device '%s' (%c %u:%u)", what, a->path,
			(int)a->type, a->major, a->minor);
	if (r == -EROFS)
		(void)err_hint(e, "the file system it would be made in is read-only: "
			       "mount a tmpfs on /dev");
	else if (r == -ENOTDIR)
		(void)err_hint(e, "a component of the path is not a directory");
	return at_device(e, a);
}

/* The host's node of the same path, if it is the same device. */
static int host_node(const struct arg_device *a, struct mnt *ret, struct err *e)
{
	struct stat st;
	int r = mnt_clone(ret, AT_FDCWD, a->path, 0, e);

	if (r < 0) {
		(void)err_hint(e, "in a user namespace devices are taken from the "
			       "host, which lacks this one");
		return at_device(e, a);
	}
	if (fstat(ret->fd, &st) < 0)
		return device_error(a, -errno, "stat the host's", e);
	if (is_device(&st, device_type(a), a->major, a->minor))
		return 0;
	(void)err_set(e, ENODEV, "the host's '%s' is no device %c %u:%u", a->path,
		      (int)a->type, a->major, a->minor);
	(void)err_hint(e, "in a user namespace devices are taken from the host");
	return at_device(e, a);
}

static int bind_device(struct init *in, const struct arg_device *a,
		       struct err *e)
{
	AUTO(mnt) struct mnt m = MNT_INIT;
	AUTO(fd) int fd = -1;
	struct mnt_at at = { .rootfd = in->rootfd, .path = a->path,
			     .flags = O_NOFOLLOW };
	struct stat st;
	int r = host_node(a, &m, e);

	if (r < 0)
		return r;
	fd = root_open(in->rootfd, a->path, O_PATH | O_NOFOLLOW, 0);
	if (fd == -ENOENT)
		fd = root_mkfile(in->rootfd, a->path, 0);
	if (fd < 0)
		return device_error(a, fd, "make a mount point for", e);
	if (fstat(fd, &st) < 0)
		return device_error(a, -errno, "stat", e);
	if (!S_ISREG(st.st_mode) &&
	    !is_device(&st, device_type(a), a->major, a->minor))
		return wrong_node(a, &st, e);
	at.fd = fd;
	r = mnt_attach(in, &m, &at, e);
	if (r < 0) {
		(void)err_wrap(e, "cannot bind device '%s'", a->path);
		return at_device(e, a);
	}
	return 0;
}

/* Something has the name already; what it is decides. */
static int existing_node(struct init *in, const struct arg_device *a,
			 const struct stat *st, struct err *e)
{
	if (is_device(st, device_type(a), a->major, a->minor) ||
	    !PROTECTED(DEVICE_NODE))
		return 0;
	/*
	 * Exported images hold empty files in place of the default nodes. The
	 * image is not changed: the device is mounted over the file.
	 */
	if (a->index == UINT32_MAX && S_ISREG(st->st_mode))
		return bind_device(in, a, e);
	return wrong_node(a, st, e);
}

static int make_device(struct init *in, const struct arg_device *a,
		       struct err *e)
{
	AUTO(str) char *name = NULL;
	AUTO(fd) int dirfd = root_parent(in->rootfd, a->path, true, &name);
	AUTO(fd) int fd = -1;
	mode_t type = device_type(a);
	struct stat st;
	bool existed = false;
	int r;

	if (dirfd < 0)
		return device_error(a, dirfd, "make the directory of", e);
	if (mknodat(dirfd, name, type | a->mode, makedev(a->major, a->minor)) < 0) {
		/* no CAP_MKNOD for the host, although no user namespace is known */
		if (errno == EPERM && type != S_IFIFO)
			return bind_device(in, a, e);
		if (errno != EEXIST)
			return device_error(a, -errno, "make", e);
		existed = true;
	}
	fd = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return device_error(a, -errno, "open", e);
	if (existed)
		return existing_node(in, a, &st, e);
	if (!is_device(&st, type, a->major, a->minor))
		return wrong_node(a, &st, e);
	r = set_mode(in, fd, a, &st);
	return r < 0 ? device_error(a, r, "set mode and owner of", e) : 0;
}

int step_device(struct init *in, const union step_arg *u, struct err *e)
{
	const struct arg_device *a = &u->device;

	return a->bind ? bind_device(in, a, e) : make_device(in, a, e);
}

/* ---- DEV_LINKS ----------------------------------------------------------- */

static int link_error(const char *name, int code, struct err *e)
{
	(void)err_errno(e, code, "cannot make symbolic link '/dev/%s'", name);
	if (code == EROFS)
		(void)err_hint(e, "/dev is on a read-only file system: mount a tmpfs "
			       "on it");
	return -code;
}

/* A link that the image or a mount brings along stays. */
static int make_link(int devfd, const char *name, const char *target,
		     struct err *e)
{
	if (symlinkat(target, devfd, name) < 0 && errno != EEXIST)
		return link_error(name, errno, e);
	return 0;
}

/*
 * ptmx must be the one of the container's devpts, so what is there is replaced;
 * a mount on it is somebody's wish and stays.
 */
static int make_ptmx(int devfd, struct err *e)
{
	static const char target[] = "pts/ptmx";
	char there[sizeof(target)];
	ssize_t n;

	if (symlinkat(target, devfd, "ptmx") == 0)
		return 0;
	if (errno != EEXIST)
		return link_error("ptmx", errno, e);
	n = readlinkat(devfd, "ptmx", there, sizeof(there));
	if (n == sizeof(target) - 1 && memcmp(there, target, sizeof(target) - 1) == 0)
		return 0;
	if (unlinkat(devfd, "ptmx", 0) < 0 &&
	    (errno != EISDIR || unlinkat(devfd, "ptmx", AT_REMOVEDIR) < 0)) {
		if (errno == EBUSY)
			return 0;
		return err_errno(e, errno, "cannot replace '/dev/ptmx'");
	}
	if (symlinkat(target, devfd, "ptmx") < 0)
		return link_error("ptmx", errno, e);
	return 0;
}

int step_dev_links(struct init *in, const union step_arg *u, struct err *e)
{
	static const char *const links[][2] = {
		{ "fd", "/proc/self/fd" },
		{ "stdin", "/proc/self/fd/0" },
		{ "stdout", "/proc/self/fd/1" },
		{ "stderr", "/proc/self/fd/2" },
	};
	AUTO(fd) int devfd = root_mkdirs(in->rootfd, "dev", 0755);
	int r = 0;

	if (devfd < 0) {
		(void)err_errno(e, -devfd, "cannot open '/dev'");
		if (devfd == -ENOTDIR)
			(void)err_hint(e, "it is not a directory in the root file system");
		return devfd;
	}
	for (size_t i = 0; r == 0 && i < sizeof(links) / sizeof(*links); i++)
		r = make_link(devfd, links[i][0], links[i][1], e);
	if (r == 0 && u->dev_links.kcore)
		r = make_link(devfd, "core", "/proc/kcore", e);
	if (r == 0 && u->dev_links.ptmx)
		r = make_ptmx(devfd, e);
	return r;
}

/* ---- /dev/null ----------------------------------------------------------- */

int init_nullfd(struct init *in, struct err *e)
{
	AUTO(fd) int fd = -1;
	struct stat st;
	int root;

	if (in->nullfd >= 0)
		return in->nullfd;
	root = init_root(in, e);
	if (root < 0)
		return root;
	fd = root_open(root, "dev/null",
		       O_PATH | (PROTECTED(DEV_NULL) ? O_NOFOLLOW : 0), 0);
	if (fd < 0) {
		(void)err_errno(e, -fd, "container's /dev/null is invalid");
		return err_hint(e, "the container needs the device 1:3 there");
	}
	if (fstat(fd, &st) < 0)
		return err_errno(e, errno, "cannot stat '/dev/null'");
	if (!is_device(&st, S_IFCHR, 1, 3) && PROTECTED(DEV_NULL)) {
		(void)err_set(e, ENODEV, "container's /dev/null is invalid: it is not "
			      "the character device 1:3");
		return err_hint(e, "the root file system or a mount on /dev brings "
				"another file with this name");
	}
	in->nullfd = TAKE_FD(fd);
	return in->nullfd;
}

int step_stdio_null(struct init *in, const union step_arg *u, struct err *e)
{
	AUTO(fd) int null = -1;

	(void)u;
	for (int fd = 0; fd <= 2; fd++) {
		struct stat st;
		int r;

		if (fstat(fd, &st) < 0 || !is_device(&st, S_IFCHR, 1, 3))
			continue;
		if (null < 0) {
			r = init_nullfd(in, e);
			if (r < 0)
				return r;
			null = fd_reopen(init_procfd(in), r, O_RDWR);
			if (null < 0)
				return err_errno(e, -null, "cannot open '/dev/null'");
		}
		/* not CLOEXEC: they are the program's */
		r = fd_dup_to(null, fd, false);
		if (r < 0)
			return err_errno(e, -r, "cannot replace descriptor %d", fd);
	}
	return 0;
}
