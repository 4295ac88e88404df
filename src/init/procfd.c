/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trusted procfs (I4): what init writes to, and how it reaches the inode
 * behind a descriptor. Whatever is mounted on or inside the container's /proc
 * cannot redirect it (CVE-2019-16884, CVE-2025-52881).
 *
 * Where it comes from, first that works:
 *  1. a copy, without anything mounted below, of the procfs that init has just
 *     mounted for the container (init_procfd_offer(), one call);
 *  2. an instance of our own that nobody else ever sees (fsopen(2));
 *  3. the procfs of the mount namespace's /proc, before PIVOT the host's:
 *     nested user namespaces may not mount a procfs (mount_too_revealing).
 * In each case it is proven to be the root of a procfs. The descriptor is
 * CLOEXEC like all others, so nothing of it reaches the container's program.
 */
#include "config.h"
#include "init/steps_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/protect.h"
#include "init/mnt.h"

#include "base/banned.h"

/* Inode of the root of every procfs (include/linux/proc_fs.h). */
#define PROC_ROOT_INODE 1

bool init_is_proc_root(int fd)
{
	struct statfs fs;
	struct stat st;

	return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC &&
	       fstat(fd, &st) == 0 && st.st_ino == PROC_ROOT_INODE;
}

/* The /proc that is there. */
static int existing_proc(void)
{
	AUTO(fd) int fd = open("/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int copy;

	if (fd < 0)
		return -errno;
	if (!init_is_proc_root(fd))
		return -ENODEV;
	/*
	 * A copy leaves the mounts inside behind. Where those are locked the
	 * kernel makes none; then init_proc_open() refuses to cross them.
	 */
	copy = mnt_clone_fd(fd);
	return copy >= 0 ? copy : TAKE_FD(fd);
}

int init_procfd(struct init *in)
{
	int fd;

	if (!PROTECTED(PRIVATE_PROC)) {
		auto_fd(&in->procfd);
		in->procfd = -1;
	}
	if (in->procfd >= 0)
		return in->procfd;
	if (PROTECTED(PRIVATE_PROC))
		fd = mnt_private_proc();
	else
		fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fd = existing_proc();
	if (fd < 0)
		return fd;
	in->procfd = fd;
	return fd;
}

void init_procfd_offer(struct init *in, int mountfd)
{
	AUTO(fd) int fd = -1;

	if (in->procfd >= 0 || !init_is_proc_root(mountfd) ||
	    !PROTECTED(PRIVATE_PROC))
		return;
	fd = mnt_clone_fd(mountfd);
	if (fd >= 0)
		in->procfd = TAKE_FD(fd);
}

int init_proc_open(struct init *in, const char *path, int flags)
{
	int procfd = init_procfd(in);

	if (procfd < 0)
		return procfd;
	if (!PROTECTED(PRIVATE_PROC))
		return root_open(procfd, path, flags, 0);
	return root_open(procfd, path, flags | O_NOFOLLOW, ROOT_NO_XDEV);
}

int init_proc_write(struct init *in, const char *path, const char *text)
{
	AUTO(fd) int fd = init_proc_open(in, path, O_WRONLY);
	size_t len = strlen(text);
	ssize_t n;

	if (fd < 0)
		return fd;
	/* procfs takes a value in one write(2) or not at all */
	n = write(fd, text, len);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}
