/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MOUNT and SYMLINK: one entry of config.json's mounts each, in their order.
 *
 * A mount is made detached, its target is opened (or made) below in->rootfd
 * (I1), checked on that descriptor, and the mount is attached to it. Nothing is
 * ever looked up by a path that a container could exchange between a check and
 * its use. What may not be mounted: procfs and sysfs on anything but a real
 * directory (CVE-2019-19921, CVE-2023-27561), anything inside a procfs but the
 * few files that are emulated in practice, anything but a procfs on /proc.
 * Sources: runtime-spec config.md "Mounts", mount(2), mount_setattr(2).
 */
#include "config.h"
#include "init/steps_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/protect.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/mount_opts.h"
#include "init/mnt.h"
#include "libnsexec/chan.h"

#include "base/banned.h"

/* Bits of arg_mount.flags that are no flags of a new mount. */
#define MS_VERBS ((uint64_t)(MS_BIND | MS_REC | MS_REMOUNT | MS_MOVE))
#define MS_ATIMES \
	((uint64_t)(MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME))
#define ATTR_ATIMES (SYS_ATTR_ATIME | SYS_ATTR_NODIRATIME)
/* The parent opens a file meanwhile; its death is EOF. */
#define PARENT_WAIT_MS INT64_C(60000)

/* Where a mount goes. */
struct target {
	int fd;          /* O_PATH */
	bool existed;
	bool direct;     /* on the root's own mount, with no symlink on the way */
	struct stat st;
};
#define TARGET_INIT { .fd = -1 }

static void auto_target(struct target *t)
{
	auto_fd(&t->fd);
}

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR: return "a directory";
	case S_IFREG: return "a regular file";
	case S_IFLNK: return "a symbolic link";
	case S_IFCHR: return "a character device";
	case S_IFBLK: return "a block device";
	case S_IFIFO: return "a FIFO";
	case S_IFSOCK: return "a socket";
	default: return "of an unknown type";
	}
}

/* The part of the config an error is about; mounts of our own have none. */
static int at_part(struct err *e, const struct arg_mount *a, const char *part)
{
	char pointer[64] = "";

	if (a->index != UINT32_MAX)
		(void)snprintf(pointer, sizeof(pointer), "/mounts/%u%s%s", a->index,
			       *part ? "/" : "", part);
	return err_at(e, "%s", pointer);
}

/* ---- targets ------------------------------------------------------------- */

/* Files of procfs that are overlaid in practice (lxcfs and the like). */
static bool proc_file_allowed(const char *path)
{
	static const char *const allowed[] = {
		"/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo",
		"/proc/stat", "/proc/swaps", "/proc/uptime", "/proc/loadavg",
		"/proc/slabinfo", "/proc/sys/kernel/ns_last_pid",
		"/proc/sys/crypto/fips_enabled",
	};

	for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++)
		if (streq(path, allowed[i]))
			return true;
	return false;
}

static bool on_procfs(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

static int inside_proc(const struct arg_mount *a, const char *path, struct err *e)
{
	(void)err_set(e, EINVAL, "\"%s\" cannot be mounted because it is inside "
		      "/proc", path);
	if (!path_below(path, "/proc"))
		(void)err_hint(e, "a symbolic link in the root file system leads "
			       "there");
	return at_part(e, a, "destination");
}

/*
 * The rules for /proc, on what the path says and on where it leads: a symlink of
 * the image may lead into a procfs from anywhere. `m` is the mount to be
 * attached.
 */
static int check_proc(const struct arg_mount *a, const char *path,
		      const struct target *t, const struct mnt *m, struct err *e)
{
	int fd = t->fd;
	/* a procfs has no device of its own: major number 0 */
	bool inside = major(t->st.st_dev) == 0 && on_procfs(fd);
	bool root = inside ? init_is_proc_root(fd) : streq(path, "/proc");

	if ((!inside && !path_below(path, "/proc")) || !PROTECTED(PROC_RULES))
		return 0;
	if (root) {
		if (a->kind == MOUNT_PROC ||
		    (a->kind == MOUNT_BIND && on_procfs(m->fd)))
			return 0;
		(void)err_set(e, EINVAL, "\"%s\" cannot be mounted because it is not "
			      "of type proc", path);
		(void)err_hint(e, "only a procfs, or a bind mount of one, may be "
			       "on /proc");
		return at_part(e, a, "destination");
	}
	if (proc_file_allowed(path) && a->kind != MOUNT_PROC)
		return 0;
	return inside_proc(a, path, e);
}

/*
 * procfs and sysfs: no symlink in any component, and a directory at the end. What
 * is missing is made; -ENOENT proves that what is there has no symlink in it.
 */
static int open_strict(struct init *in, const struct arg_mount *a,
		       const char *path, struct target *t, struct err *e)
{
	const int flags = O_PATH | O_DIRECTORY;

	t->fd = root_open(in->rootfd, path, flags, ROOT_NO_SYMLINKS);
	t->existed = t->fd >= 0;
	if (t->fd == -ENOENT) {
		AUTO(fd) int made = root_mkdirs(in->rootfd, path, 0755);

		t->fd = made < 0 ? made :
			root_open(in->rootfd, path, flags, ROOT_NO_SYMLINKS);
	}
	if (t->fd >= 0)
		return 0;
	if (t->fd != -ELOOP && t->fd != -ENOTDIR) {
		(void)err_errno(e, -t->fd, "cannot make the directory '%s'", path);
		return at_part(e, a, "destination");
	}
	(void)err_errno(e, -t->fd, "filesystem \"%s\" must be mounted on ordinary "
			"directory", a->type);
	(void)err_hint(e, "'%s' in the root file system is %s", path,
		       t->fd == -ELOOP ? "or contains a symbolic link" :
		       "or contains something else");
	return at_part(e, a, "destination");
}

static int target_error(const struct arg_mount *a, const char *path, int r,
			const char *what, struct err *e)
{
	(void)err_errno(e, -r, "cannot %s mount point '%s'", what, path);
	switch (-r) {
	case EROFS:
		(void)err_hint(e, "it does not exist, and the file system it would "
			       "be made in is read-only");
		break;
	case ENOTDIR:
		(void)err_hint(e, "a component of it is not a directory");
		break;
	case ELOOP:
		(void)err_hint(e, "it leads through a link of procfs or too many "
			       "symbolic links");
		break;
	default:
		break;
	}
	return at_part(e, a, "destination");
}

/* Open the target, making a directory or an empty file where nothing is. */
static int open_target(struct init *in, const struct arg_mount *a,
		       const char *path, bool dir, struct target *t,
		       struct err *e)
{
	const int nofollow = a->dest_nofollow ? O_NOFOLLOW : 0;

	t->fd = root_open(in->rootfd, path, O_PATH | nofollow, 0);
	t->existed = t->fd >= 0;
	if (t->fd == -ENOENT) {
		t->fd = dir ? root_mkdirs(in->rootfd, path, 0755) :
			root_mkfile(in->rootfd, path, 0644);
		/* nothing can be made in a procfs: the rule is the cause */
		if (t->fd == -ENOENT && path_below(path, "/proc") &&
		    !proc_file_allowed(path))
			return inside_proc(a, path, e);
		if (t->fd < 0)
			return target_error(a, path, t->fd, "make", e);
	}
	if (t->fd < 0)
		return target_error(a, path, t->fd, "open", e);
	return 0;
}

static int check_types(const struct arg_mount *a, const char *path,
		       mode_t source, mode_t dest, struct err *e)
{
	if (S_ISDIR(source) == S_ISDIR(dest))
		return 0;
	if (a->kind == MOUNT_BIND) {
		/* engines take "is a directory" for a program that is one */
		(void)err_errno(e, ENOTDIR, "source '%s' (%s), destination '%s' (%s)",
				a->source, type_name(source), path, type_name(dest));
		(void)err_hint(e, "a directory can only be mounted on a directory, "
			       "a file on a file");
	} else {
		(void)err_errno(e, ENOTDIR, "'%s' is %s", path, type_name(dest));
		(void)err_hint(e, "a file system needs a directory as mount point");
	}
	return at_part(e, a, "destination");
}

/* Target, type rules and /proc rules. `m` as for check_proc(). */
static int find_target(struct init *in, const struct arg_mount *a,
		       const char *path, mode_t type, const struct mnt *m,
		       struct target *t, struct err *e)
{
	bool strict = (a->kind == MOUNT_PROC || a->kind == MOUNT_SYSFS) &&
		      PROTECTED(STRICT_TARGET);
	int r;

	if (streq(path, "/") && a->kind != MOUNT_REMOUNT) {
		(void)err_set(e, EINVAL, "mountpoint '%s' is on the top of rootfs",
			      a->dest);
		return at_part(e, a, "destination");
	}
	r = strict ? open_strict(in, a, path, t, e) :
		open_target(in, a, path, S_ISDIR(type), t, e);
	if (t->fd < 0)
		return r;
	if (fstat(t->fd, &t->st) < 0)
		return err_errno(e, errno, "cannot stat mount point '%s'", path);
	r = check_proc(a, path, t, m, e);
	return r < 0 ? r : check_types(a, path, type, t->st.st_mode, e);
}

/*
 * The common target of a bind, with fewer system calls than find_target(): it exists,
 * on the mount of the root itself, which is no procfs, and the path is not below /proc
 * either. That is all that check_proc() asks; of the types the kernel judges, and
 * blame_types() says it in words.
 */
static bool find_plain(struct init *in, const struct arg_mount *a,
		       const char *path, struct target *t)
{
	const int flags = O_PATH | (a->dest_nofollow ? O_NOFOLLOW : 0);

	if (path_below(path, "/proc") || streq(path, "/"))
		return false;
	if (!in->root_looked_at) {
		in->root_looked_at = true;
		in->root_is_proc = on_procfs(in->rootfd);
	}
	if (in->root_is_proc)
		return false;
	t->fd = root_open(in->rootfd, path, flags, ROOT_NO_XDEV | ROOT_NO_SYMLINKS);
	t->direct = t->fd >= 0 && !a->dest_nofollow;
	if (t->fd == -ELOOP)
		t->fd = root_open(in->rootfd, path, flags, ROOT_NO_XDEV);
	t->existed = t->fd >= 0;
	return t->existed;
}

/* looks.c says when the second look may wait. */
static bool may_wait(const struct init *in, const struct arg_mount *a,
		     const char *path, const struct mnt *m, const struct target *t)
{
	/* the proof without that protection is of what nobody looks at */
	if (!PROTECTED(MOUNT_ERRORS))
		return false;
	return t->direct && m->id && in->targetfd < 0 && streq(path, a->dest) &&
	       !init_look_covers(in, path);
}

/* A mount did not go on what find_plain() has found. */
static int blame_types(const struct arg_mount *a, const char *path, mode_t type,
		       struct target *t, struct err *e)
{
	if (fstat(t->fd, &t->st) < 0 || S_ISDIR(type) == S_ISDIR(t->st.st_mode))
		return -e->code;
	err_clear(e);
	return check_types(a, path, type, t->st.st_mode, e);
}

/* ---- common to all kinds ------------------------------------------------- */

static int attach(struct init *in, const struct arg_mount *a, const char *path,
		  struct mnt *m, const struct target *t, struct err *e)
{
	bool later = may_wait(in, a, path, m, t);
	struct mnt_at at = {
		.fd = t->fd, .rootfd = later ? -1 : in->rootfd, .path = path,
		.flags = a->dest_nofollow ? O_NOFOLLOW : 0,
	};
	int r;

	/* compat: a classic bind has no descriptor that could go there */
	if (m->classic && in->targetfd >= 0)
		return err_set(e, ENOSYS, "mounts for a running container need "
			       "open_tree(2) and fsopen(2), Linux 5.2");
	if (init_attach_begin(in, e) < 0 || init_attach_note(in, m->fd, e) < 0)
		return -e->code;
	/* it could cover one of those */
	r = later ? 0 : init_look_again(in, e);
	if (r == 0)
		r = mnt_attach(in, m, &at, e);
	if (r == 0 && later)
		init_look_later(in, a, m->id);
	return r;
}

/* What the options ask for once the mount is in place, in runc's order. */
static int finish(struct init *in, const struct arg_mount *a, struct mnt *m,
		  struct err *e)
{
	int r = mnt_setattr(in, m, a->rec_set, a->rec_clr, true, e);

	for (size_t i = 0; r == 0 && i < a->n_propagation; i++)
		r = mnt_propagation(in, m->fd, a->propagation[i], e);
	return r < 0 ? at_part(e, a, "options") : 0;
}

/*
 * Any option at all makes the flags exactly those asked for, the others go: what
 * mount(8) makes of "--bind -o". No option keeps those of the source. The atime
 * mode changes only if one is asked for; options that take one back count as
 * options, and that is all.
 */
static void bind_attrs(const struct arg_mount *a, uint64_t *ret_set,
		       uint64_t *ret_clr)
{
	*ret_set = *ret_clr = 0;
	if (!(a->flags & ~MS_VERBS) && !a->cleared)
		return;
	*ret_set = mount_flags_to_attr((unsigned long)a->flags);
	*ret_clr = SYS_ATTR_RDONLY | SYS_ATTR_NOSUID | SYS_ATTR_NODEV |
		   SYS_ATTR_NOEXEC | SYS_ATTR_NOSYMFOLLOW;
	if (a->flags & MS_ATIMES)
		*ret_clr |= ATTR_ATIMES;
}

/*
 * A more privileged user namespace has locked some flags of the source: they
 * stay, unless an option says that they must not.
 */
static int set_unlocked(struct init *in, const struct arg_mount *a,
			struct mnt *m, struct err *e)
{
	uint64_t set, clr, keep;

	if (mnt_attrs(m->fd, &keep) < 0)
		return -e->code;
	keep &= SYS_ATTR_RDONLY | SYS_ATTR_NOSUID | SYS_ATTR_NODEV |
		SYS_ATTR_NOEXEC;
	keep &= ~mount_flags_to_attr((unsigned long)a->cleared);
	bind_attrs(a, &set, &clr);
	err_clear(e);
	return mnt_setattr(in, m, set | keep, clr & ~keep, false, e);
}

static int set_bind_attrs(struct init *in, const struct arg_mount *a,
			  struct mnt *m, struct err *e)
{
	uint64_t set, clr;
	int r;

	bind_attrs(a, &set, &clr);
	r = mnt_setattr(in, m, set, clr, false, e);
	if (r == -EPERM)
		r = set_unlocked(in, a, m, e);
	return r < 0 ? at_part(e, a, "options") : 0;
}

/* ---- bind mounts --------------------------------------------------------- */

static int source_error(const struct arg_mount *a, int r, struct err *e)
{
	if (r == -ENOENT)
		(void)err_hint(e, "the source of a bind mount must exist on the host");
	else if (r == -EACCES)
		(void)err_hint(e, "the user that is root in the container cannot "
			       "reach it");
	else if (r == -EINVAL)
		(void)err_hint(e, "it lies on an unbindable mount, or holds mounts "
			       "locked by a more privileged user namespace: try rbind");
	return at_part(e, a, "source");
}

/*
 * The parent reaches it: O_PATH, of the mount as it is in our namespace; with
 * idmap a detached copy of it that is id-mapped already, since only who is
 * privileged over the file system may do that.
 */
static int ask_parent(struct init *in, const struct arg_mount *a, int *ret,
		      struct err *e)
{
	struct chan_msg msg;

	if (init_join_net(in, e) < 0)
		return -e->code;
	int r = chan_send(&in->chan, CHAN_NEED_MOUNT_FD, &a->index,
			  sizeof(a->index), NULL, 0, e);

	if (r == 0)
		r = chan_recv(&in->chan, CHAN_MOUNT_FD, &msg,
			      deadline_in_ms(PARENT_WAIT_MS), NULL, e);
	if (r == 0)
		*ret = take_fd(&msg.fds[0]);
	return r;
}

static int open_source(struct init *in, const struct arg_mount *a,
		       struct mnt *m, struct err *e)
{
	AUTO(fd) int fd = -1;
	unsigned int how = a->flags & MS_REC ? MNT_REC : 0;
	int r;

	/* never in the container's namespace, whatever failed before */
	if (init_attach_end(in, e) < 0)
		return -e->code;
	if (a->idmap)
		return ask_parent(in, a, &m->fd, e);
	if (a->src_nofollow)
		how |= MNT_NOFOLLOW;
	r = mnt_clone(m, AT_FDCWD, a->source, how, e);
	if (r == -EACCES && a->by_parent) {
		err_clear(e);
		r = ask_parent(in, a, &fd, e);
		if (r == 0)
			r = mnt_clone(m, fd, "", how, e);
	}
	return r < 0 ? source_error(a, r, e) : 0;
}

static int mount_bind(struct init *in, const struct arg_mount *a,
		      const char *path, struct err *e)
{
	AUTO(mnt) struct mnt m = MNT_INIT;
	AUTO(target) struct target t = TARGET_INIT;
	mode_t mode;
	bool plain;
	int r = open_source(in, a, &m, e);

	if (r < 0)
		return r;
	r = mnt_mode(&m, &mode, e);
	if (r < 0)
		return r;
	plain = !m.classic && find_plain(in, a, path, &t);
	if (!plain)
		r = find_target(in, a, path, mode, &m, &t, e);
	/* compat: the classic way has no mount to set flags on before */
	if (r == 0 && !m.classic)
		r = set_bind_attrs(in, a, &m, e);
	if (r == 0)
		r = attach(in, a, path, &m, &t, e);
	if (r < 0 && plain && !in->looks.wrong)
		return blame_types(a, path, mode, &t, e);
	if (r == 0 && m.classic)
		r = set_bind_attrs(in, a, &m, e);
	return r < 0 ? r : finish(in, a, &m, e);
}

/* A symlink with this target at `path`; one that is there already is fine. */
static int make_symlink(struct init *in, const char *path, const char *text,
			struct err *e)
{
	AUTO(str) char *name = NULL;
	AUTO(fd) int dirfd = root_parent(in->rootfd, path, true, &name);
	char there[PATH_MAX];
	ssize_t n;

	if (dirfd < 0)
		return err_errno(e, -dirfd, "cannot make the parent of '%s'", path);
	if (symlinkat(text, dirfd, name) == 0)
		return 0;
	if (errno != EEXIST)
		return err_errno(e, errno, "cannot make symbolic link '%s'", path);
	n = readlinkat(dirfd, name, there, sizeof(there) - 1);
	if (n >= 0) {
		there[n] = '\0';
		if (streq(there, text))
			return 0;
	}
	return err_errno(e, EEXIST, "cannot make symbolic link '%s' to '%s'", path,
			 text);
}

/* Option copy-symlink: 1 if the source was a symlink and is now copied. */
static int copy_symlink(struct init *in, const struct arg_mount *a,
			const char *path, struct err *e)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(AT_FDCWD, a->source, text, sizeof(text));
	int r;

	if (n < 0)
		return 0; /* no symlink, or an error that the mount will meet too */
	if ((size_t)n >= sizeof(text))
		return err_errno(e, ENAMETOOLONG, "source '%s'", a->source);
	text[n] = '\0';
	r = make_symlink(in, path, text, e);
	return r < 0 ? at_part(e, a, "destination") : 1;
}

/* ---- file systems -------------------------------------------------------- */

static bool has_label(const struct arg_mount *a)
{
	return a->label_set && a->label && *a->label;
}

/* Order: the mode of the target, the user's options, the label (the last wins). */
static char *fs_data(const struct arg_mount *a, const struct target *t)
{
	bool label = has_label(a) && a->kind != MOUNT_MQUEUE;
	struct str s = { 0 };

	if (a->kind == MOUNT_TMPFS && a->mode_inherit && t->existed)
		str_addf(&s, "mode=%04o", t->st.st_mode & 07777);
	if (a->data && *a->data)
		str_addf(&s, "%s%s", s.len ? "," : "", a->data);
	if (label)
		str_addf(&s, "%s%s=\"%s\"", s.len ? "," : "",
			 a->label_option ? a->label_option : "context", a->label);
	return str_take(&s);
}

static int fs_error(const struct arg_mount *a, const char *data, int r,
		    struct err *e)
{
	if (has_label(a))
		(void)mnt_blame_label(a->label, r, e);
	if (r == -EPERM && a->kind == MOUNT_PROC)
		(void)err_hint(e, "a fresh procfs needs a pid namespace of the "
			       "container's own and an outer /proc without masked "
			       "entries: add one, or bind mount /proc");
	else if (r == -EPERM && a->kind == MOUNT_SYSFS)
		(void)err_hint(e, "a fresh sysfs needs a network namespace of the "
			       "container's own: add one, or bind mount /sys");
	else if (r == -EPERM && a->kind == MOUNT_MQUEUE)
		(void)err_hint(e, "a fresh mqueue needs an ipc namespace of the "
			       "container's own: add one, or bind mount /dev/mqueue");
	else if (r == -EPERM)
		(void)err_hint(e, "no CAP_SYS_ADMIN in the user namespace, or '%s' "
			       "may not be mounted in one", a->type);
	else if (r == -EINVAL && (strstr(data, "gid=") || strstr(data, "uid=")))
		(void)err_hint(e, "each uid and gid of '%s' must be mapped in the "
			       "container's user namespace", data);
	else if (r == -EINVAL && *data)
		(void)err_hint(e, "one of the options '%s' is not known to '%s', or "
			       "wrong", data, a->type);
	return at_part(e, a, r == -ENODEV ? "type" : r == -EINVAL ? "options" : "");
}

static int label_dir(const struct mnt *m, const char *label, struct err *e)
{
	AUTO(fd) int fd = openat(m->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && fsetxattr(fd, "security.selinux", label, strlen(label), 0) == 0)
		return 0;
	(void)err_errno(e, errno, "cannot set the SELinux label '%s'", label);
	return err_at(e, "/linux/mountLabel");
}

/* What some kinds need after their mount. */
static int after_fs(struct init *in, const struct arg_mount *a, struct mnt *m,
		    const struct target *t, struct err *e)
{
	if (a->kind == MOUNT_MQUEUE && has_label(a))
		return label_dir(m, a->label, e);
	if (a->tmpcopyup && t->existed)
		return init_copy_tree(in, t->fd, m->fd, e);
	/* a restricted or read-only instance is of no use to init */
	if (a->kind == MOUNT_PROC && !(a->data && *a->data) &&
	    !(a->flags & MS_RDONLY))
		init_procfd_offer(in, m->fd);
	return 0;
}

/* A sysfs shows the network namespace; who knows what another file system asks for. */
static bool needs_net(const struct arg_mount *a)
{
	return a->kind == MOUNT_SYSFS ||
	       (a->kind == MOUNT_FS && !streq(a->type, "devpts") &&
		!streq(a->type, "cgroup"));
}

static int mount_fs(struct init *in, const struct arg_mount *a,
		    const char *path, struct err *e)
{
	AUTO(mnt) struct mnt m = MNT_INIT;
	AUTO(target) struct target t = TARGET_INIT;
	AUTO(str) char *data = NULL;
	struct mnt_fs fs = {
		.type = a->type, .source = a->source, .flags = a->flags & ~MS_VERBS,
	};
	int r = find_target(in, a, path, S_IFDIR, &m, &t, e);

	if (r == 0 && needs_net(a))
		r = init_join_net(in, e);
	if (r < 0)
		return r;
	fs.data = data = fs_data(a, &t);
	r = mnt_new(&m, &fs, e);
	if (r == 0)
		r = attach(in, a, path, &m, &t, e);
	if (r < 0)
		return fs_error(a, data, r, e);
	r = after_fs(in, a, &m, &t, e);
	return r < 0 ? r : finish(in, a, &m, e);
}

/*
 * A cgroup2 tree; where the kernel gives none (the user namespace does not own
 * the cgroup namespace) the container's directory of the host's tree, and where
 * even that is missing nothing but an empty directory: the tree of the user who
 * runs us must not be left writable below (CVE-2023-25809).
 */
static int mount_cgroup(struct init *in, const struct arg_mount *a,
			const char *path, struct err *e)
{
	static const struct arg_path_at no_label;
	struct arg_mount bind = *a;
	AUTO(target) struct target t = TARGET_INIT;
	struct mnt none = MNT_INIT;
	struct mnt_at at = { .rootfd = in->rootfd, .path = path };
	int r = mount_fs(in, a, path, e);

	if ((r != -EPERM && r != -EBUSY) || !a->way_out)
		return r;
	err_clear(e);
	bind.kind = MOUNT_BIND;
	bind.source = a->way_out;
	bind.flags |= MS_BIND | MS_REC;
	if (!PROTECTED(CGROUP_READONLY))
		bind.flags &= ~(uint64_t)MS_RDONLY;
	bind.data = NULL;
	r = mount_bind(in, &bind, path, e);
	if (r != -ENOENT)
		return r;
	err_clear(e);
	r = find_target(in, a, path, S_IFDIR, &none, &t, e);
	at.fd = t.fd;
	return r < 0 ? r : init_mask(in, &at, true, &no_label, e);
}

static int remount(struct init *in, const struct arg_mount *a, const char *path,
		   struct err *e)
{
	AUTO(mnt) struct mnt m = MNT_INIT;
	struct mnt_fs fs = {
		.type = a->type, .source = a->source, .data = a->data,
		.flags = a->flags & ~MS_VERBS,
	};
	int r;

	m.fd = root_open(in->rootfd, path, O_PATH, 0);
	if (m.fd < 0)
		return target_error(a, path, m.fd, "open", e);
	m.attached = true;
	if (a->flags & MS_BIND)
		r = set_bind_attrs(in, a, &m, e);
	else
		r = mnt_remount(in, m.fd, &fs, e);
	if (r == -EINVAL && (a->flags & MS_BIND))
		(void)err_hint(e, "nothing is mounted there");
	return r < 0 ? at_part(e, a, "options") : finish(in, a, &m, e);
}

/* ---- steps --------------------------------------------------------------- */

static int mount_one(struct init *in, const struct arg_mount *a,
		     const char *path, struct err *e)
{
	int r = 0;

	if (a->kind != MOUNT_BIND || a->copy_symlink)
		r = init_look_again(in, e);
	if (r < 0)
		return r;
	switch ((enum mount_kind)a->kind) {
	case MOUNT_BIND:
		r = a->copy_symlink ? copy_symlink(in, a, path, e) : 0;
		return r < 0 ? r : r > 0 ? 0 : mount_bind(in, a, path, e);
	case MOUNT_CGROUP:
		return mount_cgroup(in, a, path, e);
	case MOUNT_REMOUNT:
		return remount(in, a, path, e);
	case MOUNT_FS:
		if (!streq(a->type, "bind") && !streq(a->type, "rbind"))
			return mount_fs(in, a, path, e);
		(void)err_errno(e, ENODEV, "file system type '%s'", a->type);
		(void)err_hint(e, "type \"bind\" needs option \"bind\" or \"rbind\" "
			       "(the kernel ignores the type)");
		return at_part(e, a, "options");
	case MOUNT_PROC:
	case MOUNT_SYSFS:
	case MOUNT_MQUEUE:
	case MOUNT_TMPFS:
		return mount_fs(in, a, path, e);
	}
	return err_set(e, EPROTO, "unknown kind of mount %u", a->kind);
}

static int mount_error(const struct arg_mount *a, struct err *e)
{
	(void)err_wrap(e, "error mounting '%s' to rootfs at '%s'",
		       *a->source ? a->source : a->type, a->dest);
	return at_part(e, a, "");
}

int init_mounts_done(struct init *in, struct err *e)
{
	if (init_look_again(in, e) == 0)
		return 0;
	return in->looks.wrong ? mount_error(in->looks.wrong, e) : -e->code;
}

int step_mount(struct init *in, const union step_arg *u, struct err *e)
{
	const struct arg_mount *a = &u->mount;
	AUTO(str) char *path = path_clean(a->dest);
	int r = mount_one(in, a, path, e);

	if (r >= 0)
		r = init_attach_end(in, e);
	if (r >= 0)
		return 0;
	return mount_error(in->looks.wrong ? in->looks.wrong : a, e);
}

int step_symlink(struct init *in, const union step_arg *u, struct err *e)
{
	return make_symlink(in, u->symlink.path, u->symlink.target, e);
}
