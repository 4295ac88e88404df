/* SPDX-License-Identifier: Apache-2.0 */
/*
 * READONLY_PATH and MASK_PATH. A masked file becomes the container's /dev/null,
 * which is proven to be one (CVE-2025-31133: a /dev/null that is a symlink would
 * have mounted its target, writable); masked directories share one empty
 * read-only tmpfs. What does not exist needs no mask; any other failure to reach
 * a path fails the start.
 */
#include "config.h"
#include "init/steps_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"
#include "init/mnt.h"

#include "base/banned.h"

/* One empty tmpfs that can hold nothing. */
static int mask_tmpfs(struct init *in, const struct mnt_at *at,
		      const struct arg_path_at *a, unsigned int inodes, struct err *e)
{
	AUTO(mnt) struct mnt m = MNT_INIT;
	const char *option = a->label_option ? a->label_option : "context";
	AUTO(str) char *label =
		a->label ? xasprintf(",%s=\"%s\"", option, a->label) : NULL;
	AUTO(str) char *data = xasprintf("nr_blocks=1,nr_inodes=%u%s", inodes,
					 label ? label : "");
	struct mnt_fs fs = {
		.type = "tmpfs", .source = "tmpfs", .data = data, .flags = MS_RDONLY,
	};
	int r = mnt_new(&m, &fs, e);

	if (r == 0)
		r = mnt_attach(in, &m, at, e);
	if (r == 0)
		in->maskfd = TAKE_FD(m.fd);
	return r < 0 ? mnt_blame_label(a->label, r, e) : r;
}

static int mask_dir(struct init *in, const struct mnt_at *at,
		    const struct arg_path_at *a, struct err *e)
{
	AUTO(mnt) struct mnt m = MNT_INIT;
	int r;

	if (in->maskfd >= 0) {
		/* read-only like the mount it is copied from */
		r = mnt_clone(&m, in->maskfd, "", 0, e);
		return r < 0 ? r : mnt_attach(in, &m, at, e);
	}
	r = mask_tmpfs(in, at, a, 1, e);
	if (r == -EINVAL || r == -ENOSPC) {
		/* compat: kernels whose root inode counts twice */
		err_clear(e);
		r = mask_tmpfs(in, at, a, 2, e);
	}
	return r;
}

int init_mask(struct init *in, const struct mnt_at *at, bool dir,
	      const struct arg_path_at *a, struct err *e)
{
	AUTO(mnt) struct mnt m = MNT_INIT;
	int r;

	if (dir)
		return mask_dir(in, at, a, e);
	r = init_nullfd(in, e);
	if (r < 0)
		return r;
	r = mnt_clone(&m, r, "", 0, e);
	return r < 0 ? r : mnt_attach(in, &m, at, e);
}

/* Open a path of the list: 1, 0 if it does not exist, or negative. */
static int open_path(struct init *in, const char *path, int *ret, struct err *e)
{
	int fd, root = init_root(in, e);

	if (root < 0)
		return root;
	fd = root_open(root, path, O_PATH, 0);
	if (fd >= 0) {
		*ret = fd;
		return 1;
	}
	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	(void)err_errno(e, -fd, "cannot open '%s'", path);
	if (fd == -ELOOP)
		return err_hint(e, "it leads through a link of procfs or too many "
				"symbolic links");
	return fd;
}

static int mask_path(struct init *in, const struct arg_path_at *a, int fd,
		     struct err *e)
{
	struct mnt_at at = { .fd = fd, .rootfd = in->rootfd, .path = a->path };
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(e, errno, "stat");
	return init_mask(in, &at, S_ISDIR(st.st_mode), a, e);
}

int step_mask_path(struct init *in, const union step_arg *u, struct err *e)
{
	const struct arg_path_at *a = &u->path_at;
	AUTO(fd) int fd = -1;
	int r = open_path(in, a->path, &fd, e);

	if (r > 0)
		r = mask_path(in, a, fd, e);
	if (r >= 0)
		return 0;
	(void)err_wrap(e, "can't mask path '%s'", a->path);
	return err_at(e, "/linux/maskedPaths/%u", a->index);
}

/* The path on itself, read-only before anybody can see it. */
static int bind_readonly(struct init *in, const char *path, int fd,
			 struct err *e)
{
	AUTO(mnt) struct mnt m = MNT_INIT;
	struct mnt_at at = { .fd = fd, .rootfd = in->rootfd, .path = path };
	int r = mnt_clone(&m, fd, "", MNT_REC, e);

	if (r == 0)
		r = mnt_setattr(in, &m, SYS_ATTR_RDONLY, 0, false, e);
	return r < 0 ? r : mnt_attach(in, &m, &at, e);
}

int step_readonly_path(struct init *in, const union step_arg *u, struct err *e)
{
	const struct arg_path_at *a = &u->path_at;
	AUTO(fd) int fd = -1;
	int r = open_path(in, a->path, &fd, e);

	if (r > 0)
		r = bind_readonly(in, a->path, fd, e);
	if (r >= 0)
		return 0;
	(void)err_wrap(e, "can't make '%s' read-only", a->path);
	return err_at(e, "/linux/readonlyPaths/%u", a->index);
}
