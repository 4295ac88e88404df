/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root file system as criu wants it: a mount point, with all mount points of
 * the container in it. Runs in the child that becomes criu, in a mount namespace
 * of its own: whoever dies, the host never has a mount that must be cleaned up.
 * Upholds I1: what is made below the root goes through the resolver.
 */
#include "config.h"
#include "criu/internal.h"

#include "base/cleanup.h"
#include "base/path.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/banned.h"

#define REPORT_MAX (64U << 20)
#define REPORT_ERROR 'E'
#define REPORT_PATHS 'P'

static int bind_root(const struct criu_rootfs *fs, int *ret_fd, struct err *e)
{
	if (mount(fs->s->rootfs, fs->root, NULL, MS_BIND | MS_REC, NULL) < 0)
		return err_errno(e, errno, "cannot bind the root file system '%s'",
				 fs->s->rootfs);
	*ret_fd = open(fs->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*ret_fd < 0)
		return err_errno(e, errno, "cannot open '%s'", fs->root);
	return 0;
}

/* Below a file system that criu brings back with everything in it. */
static bool made_by_criu(const struct spec *spec, size_t index)
{
	const struct spec_mount *m = &spec->mounts[index];

	for (size_t i = 0; i < spec->n_mounts; i++) {
		const struct spec_mount *o = &spec->mounts[i];

		if (i != index && o->kind != MOUNT_BIND &&
		    o->kind != MOUNT_REMOUNT &&
		    !streq(o->destination, m->destination) &&
		    path_below(m->destination, o->destination))
			return true;
	}
	return m->kind == MOUNT_CGROUP || m->kind == MOUNT_REMOUNT;
}

/* A directory, or a file for a bind of something else. */
static int make_point(int rootfd, const struct spec_mount *m)
{
	struct stat st;

	if (m->kind == MOUNT_BIND && stat(m->source, &st) < 0)
		return -errno;
	if (m->kind == MOUNT_BIND && !S_ISDIR(st.st_mode))
		return root_mkfile(rootfd, m->destination, 0755);
	return root_mkdirs(rootfd, m->destination, 0755);
}

/* The place of `fd` below the root, as the kernel writes it. */
static int report_path(const struct criu_rootfs *fs, int fd, struct str *out)
{
	size_t skip = strlen(fs->root);
	char link[40], buf[4096];

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, buf, sizeof(buf) - 1);

	if (n < 0)
		return -errno;
	buf[n] = '\0';
	if (!path_below(buf, fs->root))
		return -EXDEV;
	str_add(out, buf[skip] ? buf + skip : "/");
	return 0;
}

/* Binds hold mount points of later mounts, so they are there while we look. */
static int one_mount(const struct criu_rootfs *fs, int rootfd, size_t i,
		     struct str *out, struct err *e)
{
	const struct spec_mount *m = &fs->s->spec->mounts[i];
	char link[40];

	if (made_by_criu(fs->s->spec, i))
		return 0;
	AUTO(fd) int fd = make_point(rootfd, m);
	int r = fd < 0 ? fd : report_path(fs, fd, out);

	if (r == 0 && m->kind == MOUNT_BIND) {
		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		if (mount(m->source, link, NULL, MS_BIND | MS_REC, NULL) < 0)
			r = -errno;
	}
	if (r == 0)
		return 0;
	(void)err_errno(e, -r, "cannot make the mount point '%s'%s%s%s",
			m->destination, m->kind == MOUNT_BIND ? " for '" : "",
			m->kind == MOUNT_BIND ? m->source : "",
			m->kind == MOUNT_BIND ? "'" : "");
	return err_at(e, "/mounts/%zu", i);
}

static int make_points(const struct criu_rootfs *fs, struct str *out,
		       struct err *e)
{
	AUTO(fd) int rootfd = -1;

	if (bind_root(fs, &rootfd, e) < 0)
		return -e->code;
	str_addc(out, REPORT_PATHS);
	for (size_t i = 0; i < fs->s->spec->n_mounts; i++) {
		if (one_mount(fs, rootfd, i, out, e) < 0)
			return -e->code;
		str_addn(out, "", 1);
	}
	/* criu makes the mounts of the container; it gets the bare tree */
	if (umount2(fs->root, MNT_DETACH) < 0)
		return err_errno(e, errno, "cannot unmount '%s'", fs->root);
	AUTO(fd) int again = -1;

	return bind_root(fs, &again, e);
}

int criu_rootfs_prepare(void *rootfs)
{
	const struct criu_rootfs *fs = rootfs;
	AUTO(strbuf) struct str out = { 0 };
	struct err e = ERR_INIT;
	int r = make_points(fs, &out, &e);

	if (r < 0) {
		str_reset(&out);
		str_addc(&out, REPORT_ERROR);
		str_addn(&out, (const char *)&e, sizeof(e));
	}
	int w = fd_write_full(fs->reportfd, out.p, out.len);

	return r < 0 ? r : w;
}

int criu_rootfs_report(const struct criu_rootfs *fs, int r, struct arena *arena,
		       const char ***ret, struct err *e)
{
	size_t n = fs->s->spec->n_mounts, len = 0, at = 1;
	const char **dest = arena_array(arena, n + 1, sizeof(*dest));
	AUTO(str) char *text = NULL;
	int failed = lseek(fs->reportfd, 0, SEEK_SET) < 0 ?
			     -errno :
			     fd_read_all(fs->reportfd, REPORT_MAX, &text, &len);

	if (failed < 0)
		return err_errno(e, -failed, "cannot read the list of mounts");
	if (r < 0) { /* *e says that criu was not started; the child knows why */
		if (text && len == 1 + sizeof(*e) && text[0] == REPORT_ERROR)
			memcpy(e, text + 1, sizeof(*e));
		return r;
	}
	for (size_t i = 0; i < n && at < len; i++) {
		size_t size = strlen(text + at);

		if (size > 0)
			dest[i] = arena_strndup(arena, text + at, size);
		at += size + 1;
	}
	*ret = dest;
	return 0;
}
