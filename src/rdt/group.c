/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Directories of resctrl (group.h). Every name is a single component below a held
 * descriptor. A group is what has a file "tasks": "info" and "mon_groups" have
 * not, so no container can be called so.
 *
 * Sources: the kernel's filesystems/resctrl.rst, fs/kernfs/inode.c (extended
 * attributes); flock(2).
 */
#include "config.h"
#include "rdt/group.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#include "base/banned.h"

#define LOCK_DEADLINE_MS (10 * 1000)
#define MARK	 "trusted.ocirun"
#define MARK_MAX 128

int rdt_lock(const char *path, int *ret_fd, struct err *e)
{
	AUTO(fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return err_errno(e, errno, "cannot open resctrl at '%s'", path);
	r = fd_lock(fd, true, deadline_in_ms(LOCK_DEADLINE_MS));
	if (r == -ETIMEDOUT) {
		(void)err_set(e, ETIMEDOUT, "resctrl at '%s' is locked by another program",
			      path);
		return err_hint(e, "'fuser -v %s' names it", path);
	}
	if (r < 0)
		return err_errno(e, -r, "cannot lock resctrl at '%s'", path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int rdt_open(int dirfd, const char *name)
{
	AUTO(fd) int fd = openat(dirfd, *name ? name : ".",
				 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstatat(fd, "tasks", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -ENOTDIR;
	return TAKE_FD(fd);
}

/* Of the directory, not of what it might be replaced by. */
static int open_dir(int dirfd, const char *name)
{
	int fd = openat(dirfd, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

#ifdef OCIRUN_FAULTS
/*
 * Tests have no hardware: a directory appears with the files that the kernel would
 * make in it.
 */
static int make_dir(int dirfd, const char *name)
{
	static const char *const files[] = { "tasks", "schemata" };
	const char *root = getenv("OCIRUN_RESCTRL");

	if (!root)
		return mkdirat(dirfd, name, 0755);
	AUTO(str) char *tmp = xasprintf("%s/.new.%d.%s", root, getpid(), name);

	if (faccessat(dirfd, name, F_OK, 0) == 0) {
		errno = EEXIST;
		return -1;
	}
	(void)mkdirat(AT_FDCWD, tmp, 0755);
	AUTO(fd) int fd = open_dir(AT_FDCWD, tmp);

	for (size_t i = 0; i < 2; i++)
		(void)file_replace_at(fd, files[i], "", 0, 0644);
	(void)mkdirat(fd, "mon_groups", 0755);
	return renameat(AT_FDCWD, tmp, dirfd, name);
}

static void imitate_rmdir(int dirfd, const char *name)
{
	AUTO(fd) int fd = open_dir(dirfd, name);

	if (!getenv("OCIRUN_RESCTRL") || fd < 0)
		return;
	(void)unlinkat(fd, "tasks", 0);
	(void)unlinkat(fd, "schemata", 0);
	(void)unlinkat(fd, "mon_groups", AT_REMOVEDIR);
}
#else
#define make_dir(dirfd, name)	    mkdirat(dirfd, name, 0755)
#define imitate_rmdir(dirfd, name) ((void)0)
#endif

int rdt_make(int dirfd, const char *name)
{
	if (make_dir(dirfd, name) < 0)
		return errno == EEXIST ? 0 : -errno;
	return 1;
}

bool rdt_mark(int dirfd, const char *name, const char *mark)
{
	AUTO(fd) int fd = open_dir(dirfd, name);

	if (fd >= 0 && fsetxattr(fd, MARK, mark, strlen(mark), 0) == 0)
		return true;
	log_debug("cannot mark resctrl group '%s': %s", name, errno_text(errno));
	return false;
}

int rdt_owner(int dirfd, const char *name, const char *mark)
{
	AUTO(fd) int fd = open_dir(dirfd, name);
	char have[MARK_MAX];

	if (fd < 0)
		return 0;
	ssize_t n = fgetxattr(fd, MARK, have, sizeof(have));

	if (n < 0)
		return errno == ERANGE ? -1 : 0;
	return (size_t)n == strlen(mark) && memcmp(have, mark, (size_t)n) == 0 ?
		       1 :
		       -1;
}

bool rdt_is_empty(int dirfd, const char *name)
{
	AUTO(fd) int fd = rdt_open(dirfd, name);
	AUTO(str) char *tasks = NULL;
	size_t len;

	return fd >= 0 &&
	       file_read_at(fd, "tasks", RDT_FILE_MAX, &tasks, &len) == 0 &&
	       len == 0;
}

int rdt_remove(int dirfd, const char *name)
{
	imitate_rmdir(dirfd, name);
	if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

int rdt_put_task(int groupfd, pid_t pid)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%d", pid);
	return file_write_at(groupfd, "tasks", text);
}

int rdt_explain(int rootfd, struct err *e)
{
	AUTO(str) char *text = NULL;
	size_t len;

	if (file_read_at(rootfd, "info/last_cmd_status", RDT_FILE_MAX, &text,
			 &len) == 0) {
		while (len && text[len - 1] == '\n')
			text[--len] = '\0';
		if (len && !streq(text, "ok"))
			return err_hint(e, "last_cmd_status: %s", text);
	}
	if (e->code == ENOSPC)
		return err_hint(e, "the hardware has no more groups: see num_closids and num_rmids below info/");
	if (e->code == EACCES || e->code == EPERM)
		return err_hint(e, "resctrl belongs to root; a rootless container cannot have intelRdt");
	return -e->code;
}
