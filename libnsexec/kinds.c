/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The eight kinds of namespaces: names and flags, opening them as verified
 * descriptors, and why the kernel refuses to make one. Must not change any
 * namespace (walk.c does). Upholds I2; I4 in that a path is believed to be a
 * namespace only after nsfs itself has said so about the open descriptor.
 */
#include "config.h"
#include "libnsexec/nsexec.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"
#include "libnsexec/program.h"

#include "base/banned.h"

#ifndef NSFS_MAGIC
#define NSFS_MAGIC 0x6e736673
#endif

static const struct {
	const char *name; /* in /proc/PID/ns */
	uint32_t flag;
	const char *limit; /* in /proc/sys/user */
} kinds[_NSX_KIND_MAX] = {
	[NSX_USER] = { "user", CLONE_NEWUSER, "max_user_namespaces" },
	[NSX_IPC] = { "ipc", CLONE_NEWIPC, "max_ipc_namespaces" },
	[NSX_UTS] = { "uts", CLONE_NEWUTS, "max_uts_namespaces" },
	[NSX_NET] = { "net", CLONE_NEWNET, "max_net_namespaces" },
	[NSX_PID] = { "pid", CLONE_NEWPID, "max_pid_namespaces" },
	[NSX_MNT] = { "mnt", CLONE_NEWNS, "max_mnt_namespaces" },
	[NSX_CGROUP] = { "cgroup", CLONE_NEWCGROUP, "max_cgroup_namespaces" },
	[NSX_TIME] = { "time", CLONE_NEWTIME, "max_time_namespaces" },
};

const char *nsx_kind_name(enum nsx_kind kind)
{
	return (unsigned int)kind < _NSX_KIND_MAX ? kinds[kind].name : "?";
}

uint32_t nsx_kind_flag(enum nsx_kind kind)
{
	return kinds[kind].flag;
}

static const char *name_of_flag(int flag)
{
	for (unsigned int k = 0; k < _NSX_KIND_MAX; k++)
		if (kinds[k].flag == (uint32_t)flag)
			return kinds[k].name;
	return "unknown";
}

const char *nsx_flags_text(uint64_t flags, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned int k = 0; k < _NSX_KIND_MAX; k++) {
		int n;

		if (!(flags & kinds[k].flag))
			continue;
		n = snprintf(buf + len, size - len, "%s%s", len ? " " : "",
			     kinds[k].name);
		if (n < 0 || (size_t)n >= size - len)
			break;
		len += (size_t)n;
	}
	return buf;
}

/* ---- opening ---- */

static void explain_open(struct err *e, int code, const char *path)
{
	if (code == ENOENT)
		(void)err_hint(
			e,
			str_starts(path, "/proc/")
				? "the process is gone, or the kernel lacks this kind of namespace"
				: "whoever made the namespace must bind-mount it there before, and for as long as, it is used");
	else if (code == EACCES || code == EPERM)
		(void)err_hint(
			e,
			"/proc/PID/ns may be opened only by who may trace the process");
}

/* Is the open file a namespace of this kind? */
static int verify(int fd, enum nsx_kind kind, const char *path, struct err *e)
{
	struct statfs fs;
	int type;

	if (fstatfs(fd, &fs) < 0)
		return err_errno(e, errno, "cannot examine '%s'", path);
	if (fs.f_type != NSFS_MAGIC) {
		(void)err_set(e, EINVAL, "'%s' is not a namespace", path);
		return err_hint(
			e,
			"a %s namespace is expected: /proc/PID/ns/%s, or a file on which one is bind-mounted; the bind mount may be gone",
			kinds[kind].name, kinds[kind].name);
	}
	type = ioctl(fd, NS_GET_NSTYPE);
	/* compat: remove when baseline >= 4.11; setns(2) checks the type too */
	if (type < 0 && errno == ENOTTY)
		return 0;
	if (type < 0)
		return err_errno(e, errno, "cannot examine '%s'", path);
	if ((uint32_t)type == kinds[kind].flag)
		return 0;
	return err_set(e, EINVAL, "'%s' is a namespace of kind %s, not %s",
		       path, name_of_flag(type), kinds[kind].name);
}

int nsx_open_ns(enum nsx_kind kind, const char *path, int *ret_fd,
		struct err *e)
{
	/* O_NONBLOCK: the path may turn out to be a FIFO or a terminal. */
	AUTO(fd)
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0) {
		int code = errno;

		(void)err_errno(e, code, "cannot open %s namespace '%s'",
				kinds[kind].name, path);
		explain_open(e, code, path);
		return -code;
	}
	if (verify(fd, kind, path, e) < 0)
		return -e->code;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int nsx_open_ns_of(enum nsx_kind kind, pid_t pid, int *ret_fd, struct err *e)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid,
		       kinds[kind].name);
	return nsx_open_ns(kind, path, ret_fd, e);
}

/* ---- why not ---- */

/* The limit's value, "" if it cannot be read. */
static const char *read_limit(unsigned int kind, int procfd, char *buf,
			      size_t size)
{
	AUTO(str) char *text = NULL;
	char path[64];

	buf[0] = '\0';
	(void)snprintf(path, sizeof(path), "%ssys/user/%s",
		       procfd < 0 ? "/proc/" : "", kinds[kind].limit);
	if (file_read_at(procfd < 0 ? AT_FDCWD : procfd, path, 64, &text,
			 NULL) == 0)
		(void)snprintf(buf, size, " = %.*s", (int)strcspn(text, "\n"),
			       text);
	return buf;
}

static void explain_nospc(struct err *e, uint64_t flags, int procfd)
{
	char all[400] = "", limit[80];
	size_t len = 0;

	for (unsigned int k = 0; k < _NSX_KIND_MAX; k++) {
		int n;

		if (!(flags & kinds[k].flag))
			continue;
		n = snprintf(all + len, sizeof(all) - len, "%suser.%s%s",
			     len ? ", " : "", kinds[k].limit,
			     read_limit(k, procfd, limit, sizeof(limit)));
		if (n < 0 || (size_t)n >= sizeof(all) - len)
			break;
		len += (size_t)n;
	}
	(void)err_hint(
		e, "limit reached: %s, here or in an outer user namespace%s",
		all,
		flags & (CLONE_NEWUSER | CLONE_NEWPID)
			? ", or more than 32 levels deep"
			: "");
}

static void explain_perm(struct err *e, uint64_t flags)
{
	if (flags & CLONE_NEWUSER)
		(void)err_hint(
			e,
			"unprivileged user namespaces are forbidden here (sysctl kernel.unprivileged_userns_clone or kernel.apparmor_restrict_unprivileged_userns, a seccomp filter), or we run in a chroot, or our own uid or gid is not mapped");
	else
		(void)err_hint(
			e,
			"needs CAP_SYS_ADMIN, or a new user namespace beside it");
}

int nsx_explain_create(struct err *e, int code, uint64_t flags, int procfd)
{
	char text[80];

	flags &= NSX_ALL_FLAGS;
	(void)nsx_flags_text(flags, text, sizeof(text));
	for (char *p = strchr(text, ' '); p; p = strchr(p, ' '))
		*p = '+';
	if (flags)
		(void)err_errno(e, code, "cannot create %s namespace%s", text,
				flags & (flags - 1) ? "s" : "");
	else
		(void)err_errno(e, code, "cannot create a process");
	if (flags && (code == ENOSPC || code == EUSERS))
		explain_nospc(e, flags, procfd);
	else if (code == EPERM)
		explain_perm(e, flags);
	else if (flags && code == EINVAL)
		(void)err_hint(e, "the kernel was built without it");
	else if (code == EAGAIN)
		(void)err_hint(
			e,
			"too many processes: ulimit -u (RLIMIT_NPROC), or pids.max of the cgroup");
	else if (code == ENOMEM)
		(void)err_hint(
			e,
			"out of memory, or the init of the pid namespace joined is dead");
	else if (code == ENOSYS)
		(void)err_hint(
			e, "forbidden by a seccomp filter, or an old kernel");
	return -code;
}
