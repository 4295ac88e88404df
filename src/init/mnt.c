/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mount primitives of mnt.h, and the one place that decides between the new
 * mount calls and mount(2). Owns no descriptor beyond struct mnt.
 *
 * Must not resolve a path in the root file system except by root_open() for the
 * second look (I1), and must not name the mount of the config it works for: its
 * messages say what was done, the callers add for whom. The classic way reaches
 * descriptors as self/fd/N relative to the trusted procfs (I4), by a change of
 * directory, since a path through /proc is the container's after PIVOT.
 */
#include "config.h"
#include "init/mnt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/protect.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/mount_opts.h"

#include "base/banned.h"

/* Longest string fsconfig(2) takes, with its NUL. */
#define FSCONFIG_MAX 256
/* Set in statfs.f_flags by every kernel that fills it. */
#define STATFS_VALID 0x20UL
/* Flags of the super block that fsconfig(2) knows by name. */
static const struct {
	uint64_t ms;
	const char *name;
} sb_flags[] = {
	{ MS_RDONLY, "ro" },	    { MS_SYNCHRONOUS, "sync" },
	{ MS_DIRSYNC, "dirsync" },  { MS_MANDLOCK, "mand" },
	{ MS_LAZYTIME, "lazytime" },
};

static const struct {
	uint64_t attr;
	unsigned long ms;
	unsigned long st; /* in statfs.f_flags */
	const char *name;
} attr_names[] = {
	{ SYS_ATTR_RDONLY, MS_RDONLY, 0x1, "ro" },
	{ SYS_ATTR_NOSUID, MS_NOSUID, 0x2, "nosuid" },
	{ SYS_ATTR_NODEV, MS_NODEV, 0x4, "nodev" },
	{ SYS_ATTR_NOEXEC, MS_NOEXEC, 0x8, "noexec" },
	{ SYS_ATTR_NODIRATIME, MS_NODIRATIME, 0x800, "nodiratime" },
	{ SYS_ATTR_NOSYMFOLLOW, MS_NOSYMFOLLOW, 0x2000, "nosymfollow" },
};
#define ST_NOATIME_FLAG  0x400UL
#define ST_RELATIME_FLAG 0x1000UL

/*
 * What this kernel lacks. Learnt from the first refusal and then remembered, so
 * that no start asks twice; the process lives for one start.
 */
static struct {
	bool api;     /* open_tree, move_mount, fsopen … (Linux 5.2) */
	bool setattr; /* mount_setattr (Linux 5.12) */
} lacks;

void mnt_force_classic(bool on)
{
	lacks.api = on;
	lacks.setattr = on;
}

/*
 * Does -errno r of one of the calls of Linux 5.2 mean that they are missing? A
 * seccomp filter older than them answers EPERM before the kernel looks at the
 * arguments, the kernel itself says ENOENT to the empty path first.
 */
static bool api_missing(int r)
{
	if (r == -ENOSYS || (r == -EPERM && sys_open_tree(-1, "", 0) == -EPERM))
		lacks.api = true;
	return lacks.api;
}

static bool setattr_missing(int r)
{
	static const struct sys_mount_attr none;

	if (r == -ENOSYS ||
	    (r == -EPERM && sys_mount_setattr(-1, "", ~0U, &none) == -EPERM))
		lacks.setattr = true;
	return lacks.setattr;
}

void mnt_close(struct mnt *m)
{
	auto_fd(&m->fd);
	*m = (struct mnt)MNT_INIT;
}

/* ---- looking at mounts --------------------------------------------------- */

static bool same_inode(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

bool mnt_same(int a, int b)
{
	uint64_t x, y;

	if (sys_mnt_id(a, &x) == 0 && sys_mnt_id(b, &y) == 0)
		return x == y;
	/* compat: remove when the baseline is Linux 5.8 (STATX_MNT_ID) */
	return same_inode(a, b);
}

int mnt_mode(struct mnt *m, mode_t *ret, struct err *e)
{
	struct stat st;

	if (sys_mnt_stat(m->fd, ret, &m->id) == 0)
		return 0;
	if (fstat(m->fd, &st) < 0)
		return err_errno(e, errno, "stat of a mount");
	*ret = st.st_mode;
	return 0;
}

/* As mnt_same() for a mount whose id may be known. */
static bool is_mount(int fd, const struct mnt *m)
{
	uint64_t id;

	if (m->id && sys_mnt_id(fd, &id) == 0)
		return id == m->id;
	return mnt_same(fd, m->fd);
}

int mnt_attrs(int fd, uint64_t *ret)
{
	struct statfs st;
	uint64_t attrs = 0;

	if (fstatfs(fd, &st) < 0)
		return -errno;
	unsigned long flags = (unsigned long)st.f_flags;

	if (!(flags & STATFS_VALID))
		return -ENODATA;
	for (size_t i = 0; i < sizeof(attr_names) / sizeof(*attr_names); i++)
		if (flags & attr_names[i].st)
			attrs |= attr_names[i].attr;
	if (flags & ST_NOATIME_FLAG)
		attrs |= SYS_ATTR_NOATIME;
	else if (!(flags & ST_RELATIME_FLAG))
		attrs |= SYS_ATTR_STRICTATIME;
	*ret = attrs;
	return 0;
}

static unsigned long attrs_to_ms(uint64_t attrs)
{
	unsigned long ms = 0;

	for (size_t i = 0; i < sizeof(attr_names) / sizeof(*attr_names); i++)
		if (attrs & attr_names[i].attr)
			ms |= attr_names[i].ms;
	switch (attrs & SYS_ATTR_ATIME) {
	case SYS_ATTR_NOATIME:
		return ms | MS_NOATIME;
	case SYS_ATTR_STRICTATIME:
		return ms | MS_STRICTATIME;
	default:
		return ms | MS_RELATIME;
	}
}

/* ---- the classic way ----------------------------------------------------- */

struct classic {
	int srcfd;          /* -1: `source` as it is */
	const char *source;
	int dstfd;
	const char *type;
	unsigned long flags;
	const char *data;
};

/* mount(2) from and to descriptors. 0 or -errno. */
static int classic_mount(struct init *in, const struct classic *c)
{
	char src[40], dst[40];
	AUTO(fd) int cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int procfd = init_procfd(in), r = 0;

	if (procfd < 0)
		return procfd;
	if (fchdir(procfd) < 0)
		return -errno;
	(void)snprintf(src, sizeof(src), "self/fd/%d", c->srcfd);
	(void)snprintf(dst, sizeof(dst), "self/fd/%d", c->dstfd);
	if (mount(c->srcfd >= 0 ? src : c->source, dst, c->type, c->flags,
		  c->data) < 0)
		r = -errno;
	/* a cwd that was removed is no reason to fail: CHDIR is still to come */
	if (cwd >= 0)
		(void)!fchdir(cwd);
	return r;
}

/* Attributes by a remount of the bind kind: it replaces all of them. */
static int classic_attrs(struct init *in, int fd, uint64_t set, uint64_t clr)
{
	uint64_t attrs = 0;
	struct classic c = { .srcfd = -1, .dstfd = fd };
	int r = mnt_attrs(fd, &attrs);

	if (r < 0)
		return r;
	c.flags = MS_REMOUNT | MS_BIND | attrs_to_ms((attrs & ~clr) | set);
	return classic_mount(in, &c);
}

/* ---- new file systems ---------------------------------------------------- */

/* The kernel's own words about the last failure at a context: " (…)" or "". */
static const char *kernel_words(int fsfd, char *buf, size_t size)
{
	char text[300];
	ssize_t n;

	buf[0] = '\0';
	while ((n = read(fsfd, text, sizeof(text) - 1)) > 0) {
		while (n > 0 && text[n - 1] == '\n')
			n--;
		text[n] = '\0';
		if (str_starts(text, "e "))
			(void)snprintf(buf, size, " (%s)", text + 2);
	}
	return buf;
}

static int option_error(int fsfd, const char *type, const char *key,
			const char *value, int r, struct err *e)
{
	char words[320];

	(void)err_errno(e, -r, "option '%s%s%s' of file system '%s'%s", key,
			value ? "=" : "", value ? value : "", type,
			kernel_words(fsfd, words, sizeof(words)));
	if (r != -EINVAL)
		return r;
	if (value && str_ends(key, "context"))
		return err_hint(e, "the SELinux policy does not know this label");
	if (value && (streq(key, "uid") || streq(key, "gid")))
		return err_hint(e, "%s %s must be mapped in the container's user "
				"namespace", key, value);
	return err_hint(e, "no such option, or a bad value");
}

int mnt_blame_label(const char *label, int r, struct err *e)
{
	if (!label || !*label)
		return r;
	if (strstr(e->msg, label))
		(void)err_at(e, "/linux/mountLabel");
	else if (r == -EACCES)
		(void)err_hint(e, "the SELinux policy may not let the runtime mount "
			       "with the label '%s' of linux.mountLabel", label);
	return r;
}

static int fs_failure(int fsfd, const char *type, int r, struct err *e)
{
	char words[320];

	return err_errno(e, -r, "file system '%s'%s", type,
			 kernel_words(fsfd, words, sizeof(words)));
}

/*
 * The next option of *pos, cut off in place. Commas within "…" and after a
 * backslash belong to the value (LSM contexts, overlay paths), and so does a
 * comma before a digit for tmpfs (node lists of mpol), as in the kernel.
 */
static char *next_option(char **pos, bool digits)
{
	char *start = *pos, *p = start;
	bool quoted = false;

	if (!start)
		return NULL;
	for (; *p; p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (*p == '\\' && p[1])
			p++;
		else if (*p == ',' && !quoted &&
			 !(digits && p[1] >= '0' && p[1] <= '9'))
			break;
	}
	*pos = *p ? p + 1 : NULL;
	*p = '\0';
	return start;
}

/* Split "key=value"; quotes around the whole value go. NULL: a flag. */
static char *option_value(char *option)
{
	char *value = strchr(option, '=');
	size_t len;

	if (!value)
		return NULL;
	*value++ = '\0';
	len = strlen(value);
	if (len >= 2 && value[0] == '"' && value[len - 1] == '"') {
		value[len - 1] = '\0';
		value++;
	}
	return value;
}

static int set_options(int fsfd, const struct mnt_fs *fs, struct err *e)
{
	AUTO(str) char *copy = NULL;
	char *pos, *key;
	int r;

	if (!fs->data || !*fs->data)
		return 0;
	copy = xstrdup(fs->data);
	pos = copy;
	while ((key = next_option(&pos, streq(fs->type, "tmpfs")))) {
		const char *value = option_value(key);

		if (!*key)
			continue;
		r = sys_fsconfig(fsfd, value ? SYS_FSCONFIG_SET_STRING :
				 SYS_FSCONFIG_SET_FLAG, key, value, 0);
		if (r < 0)
			return option_error(fsfd, fs->type, key, value, r, e);
	}
	return 0;
}

/* Options too long for fsconfig(2), or flags it has no name for? */
static bool fs_needs_classic(const struct mnt_fs *fs)
{
	AUTO(str) char *copy = NULL;
	char *pos, *key;

	if (fs->flags & MS_I_VERSION)
		return true;
	if (!fs->data || strlen(fs->data) < FSCONFIG_MAX)
		return false;
	copy = xstrdup(fs->data);
	pos = copy;
	while ((key = next_option(&pos, streq(fs->type, "tmpfs"))))
		if (strlen(key) >= FSCONFIG_MAX)
			return true;
	return false;
}

static int configure(int fsfd, const struct mnt_fs *fs, struct err *e)
{
	int r;

	if (fs->source && *fs->source) {
		r = sys_fsconfig(fsfd, SYS_FSCONFIG_SET_STRING, "source",
				 fs->source, 0);
		if (r < 0)
			return option_error(fsfd, fs->type, "source", fs->source,
					    r, e);
	}
	for (size_t i = 0; i < sizeof(sb_flags) / sizeof(*sb_flags); i++) {
		if (!(fs->flags & sb_flags[i].ms))
			continue;
		r = sys_fsconfig(fsfd, SYS_FSCONFIG_SET_FLAG, sb_flags[i].name,
				 NULL, 0);
		if (r < 0)
			return option_error(fsfd, fs->type, sb_flags[i].name,
					    NULL, r, e);
	}
	r = set_options(fsfd, fs, e);
	if (r < 0)
		return r;
	r = sys_fsconfig(fsfd, SYS_FSCONFIG_CREATE, NULL, NULL, 0);
	return r < 0 ? fs_failure(fsfd, fs->type, r, e) : 0;
}

static int type_error(const char *type, int r, struct err *e)
{
	(void)err_errno(e, -r, "file system type '%s'", type);
	if (r == -ENODEV)
		(void)err_hint(e, "unknown filesystem type or missing kernel support");
	return r;
}

int mnt_new(struct mnt *ret, const struct mnt_fs *fs, struct err *e)
{
	AUTO(fd) int fsfd = -1;
	struct mnt m = MNT_INIT;
	int r;

	m.fs = *fs;
	m.classic = lacks.api || fs_needs_classic(fs);
	if (!m.classic) {
		fsfd = sys_fsopen(fs->type, SYS_FSOPEN_CLOEXEC);
		if (fsfd < 0 && !api_missing(fsfd))
			return type_error(fs->type, fsfd, e);
		m.classic = fsfd < 0;
	}
	if (!m.classic) {
		r = configure(fsfd, fs, e);
		if (r < 0)
			return r;
		m.fd = sys_fsmount(fsfd, SYS_FSMOUNT_CLOEXEC, (unsigned int)
				   mount_flags_to_attr((unsigned long)fs->flags));
		if (m.fd < 0)
			return fs_failure(fsfd, fs->type, m.fd, e);
	}
	*ret = m;
	return 0;
}

int mnt_private_proc(void)
{
	AUTO(fd) int fsfd = -1;
	int r;

	if (lacks.api)
		return -ENOSYS;
	fsfd = sys_fsopen("proc", SYS_FSOPEN_CLOEXEC);
	if (fsfd < 0) {
		(void)api_missing(fsfd);
		return fsfd;
	}
	r = sys_fsconfig(fsfd, SYS_FSCONFIG_CREATE, NULL, NULL, 0);
	if (r < 0)
		return r;
	return sys_fsmount(fsfd, SYS_FSMOUNT_CLOEXEC,
			   (unsigned int)(SYS_ATTR_NOSUID | SYS_ATTR_NODEV |
					  SYS_ATTR_NOEXEC));
}

/* ---- copies -------------------------------------------------------------- */

static int clone_call(int dirfd, const char *path, unsigned int how)
{
	unsigned int flags = SYS_OPEN_TREE_CLONE | O_CLOEXEC;

	if (!*path)
		flags |= AT_EMPTY_PATH;
	if (how & MNT_REC)
		flags |= SYS_AT_RECURSIVE;
	if (how & MNT_NOFOLLOW)
		flags |= AT_SYMLINK_NOFOLLOW;
	return sys_open_tree(dirfd, path, flags);
}

int mnt_clone_fd(int fd)
{
	return lacks.api ? -ENOSYS : clone_call(fd, "", 0);
}

/* Classic: only the source is opened now. */
static int classic_source(int dirfd, const char *path, unsigned int how)
{
	int nofollow = how & MNT_NOFOLLOW ? O_NOFOLLOW : 0;
	int fd;

	if (*path)
		fd = openat(dirfd, path, O_PATH | O_CLOEXEC | nofollow);
	else
		fd = fcntl(dirfd, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? -errno : fd;
}

int mnt_clone(struct mnt *ret, int dirfd, const char *path, unsigned int how,
	      struct err *e)
{
	struct mnt m = MNT_INIT;

	m.rec = how & MNT_REC;
	m.classic = lacks.api;
	if (!m.classic) {
		m.fd = clone_call(dirfd, path, how);
		m.classic = m.fd < 0 && api_missing(m.fd);
	}
	if (m.classic)
		m.fd = classic_source(dirfd, path, how);
	if (m.fd < 0 && *path)
		return err_errno(e, -m.fd, "source '%s'", path);
	if (m.fd < 0)
		return err_errno(e, -m.fd, "copy of a mount");
	*ret = m;
	return 0;
}

/* ---- attributes ---------------------------------------------------------- */

static int attr_error(int fd, uint64_t set, uint64_t clr, int r, struct err *e)
{
	AUTO(strbuf) struct str names = { 0 };
	uint64_t now = 0, locked;

	if (r != -EPERM || mnt_attrs(fd, &now) < 0)
		return err_errno(e, -r, "mount attributes");
	locked = now & clr & ~set;
	for (size_t i = 0; i < sizeof(attr_names) / sizeof(*attr_names); i++)
		if (locked & attr_names[i].attr)
			str_addf(&names, "%s%s", names.len ? "," : "",
				 attr_names[i].name);
	if (names.len)
		(void)err_errno(e, EPERM, "cannot clear locked flags %s",
				str_text(&names));
	else if ((clr & SYS_ATTR_ATIME) &&
		 (now & SYS_ATTR_ATIME) != (set & SYS_ATTR_ATIME))
		(void)err_errno(e, EPERM, "cannot change locked atime flags");
	else
		return err_errno(e, EPERM, "mount attributes");
	return err_hint(e, "the source was mounted by a more privileged user "
			"namespace: leave the option out");
}

static int setattr_call(int fd, uint64_t set, uint64_t clr, bool rec)
{
	struct sys_mount_attr attr = { .attr_set = set, .attr_clr = clr };

	if (lacks.setattr)
		return -ENOSYS;
	return sys_mount_setattr(fd, "", AT_EMPTY_PATH |
				 (rec ? SYS_AT_RECURSIVE : 0), &attr);
}

int mnt_setattr(struct init *in, struct mnt *m, uint64_t set, uint64_t clr,
		bool rec, struct err *e)
{
	int r = -ENOSYS;

	if (!set && !clr)
		return 0;
	if (!m->classic || m->attached) {
		r = setattr_call(m->fd, set, clr, rec);
		if (r >= 0)
			return 0;
		if (!setattr_missing(r))
			return attr_error(m->fd, set, clr, r, e);
	}
	if (rec) {
		(void)err_errno(e, ENOSYS, "recursive mount attributes");
		return err_hint(e, "they need mount_setattr(2), Linux 5.12");
	}
	if (m->attached) {
		r = classic_attrs(in, m->fd, set, clr);
		return r < 0 ? attr_error(m->fd, set, clr, r, e) : 0;
	}
	m->attr_clr = (m->attr_clr | clr) & ~set;
	m->attr_set = (m->attr_set & ~clr) | set;
	/* keep the mask of the atime mode: it is replaced, not added to */
	m->attr_clr |= clr & SYS_ATTR_ATIME;
	return 0;
}

int mnt_setattr_fd(struct init *in, int fd, uint64_t set, uint64_t clr,
		   struct err *e)
{
	struct mnt m = MNT_INIT;

	m.fd = fd;
	m.attached = true;
	return mnt_setattr(in, &m, set, clr, false, e);
}

static const char *propagation_name(uint64_t flags)
{
	return flags & MS_SHARED ? "shared" : flags & MS_SLAVE ? "slave" :
	       flags & MS_PRIVATE ? "private" : "unbindable";
}

int mnt_propagation(struct init *in, int fd, uint64_t flags, struct err *e)
{
	struct sys_mount_attr attr = { .propagation = flags & ~(uint64_t)MS_REC };
	struct classic c = { .srcfd = -1, .dstfd = fd,
			     .flags = (unsigned long)flags };
	int r = -ENOSYS;

	if (!lacks.setattr) {
		r = sys_mount_setattr(fd, "", AT_EMPTY_PATH |
				      (flags & MS_REC ? SYS_AT_RECURSIVE : 0),
				      &attr);
		if (r >= 0)
			return 0;
	}
	if (setattr_missing(r))
		r = classic_mount(in, &c);
	return r < 0 ? err_errno(e, -r, "propagation '%s%s'",
				 flags & MS_REC ? "r" : "",
				 propagation_name(flags)) : 0;
}

int mnt_remount(struct init *in, int fd, const struct mnt_fs *fs,
		struct err *e)
{
	struct classic c = {
		.srcfd = -1, .source = fs->source, .dstfd = fd, .type = fs->type,
		.flags = (unsigned long)fs->flags | MS_REMOUNT,
		.data = fs->data,
	};
	int r = classic_mount(in, &c);

	if (r == -EINVAL) {
		(void)err_errno(e, EINVAL, "remount");
		return err_hint(e, "nothing is mounted there, or the file system "
				"does not take these options");
	}
	return r < 0 ? err_errno(e, -r, "remount") : 0;
}

/* ---- attaching ----------------------------------------------------------- */

static int replaced(const struct mnt_at *at, struct err *e)
{
	(void)err_set(e, ESTALE, "'%s' does not lead to the mount just made",
		      at->path);
	return err_hint(e, "the path is the root itself, or was exchanged during "
			"the start");
}

/* Open the target anew. -1 without error if no second look is wanted. */
static int look_again(const struct mnt_at *at, int *ret, struct err *e)
{
	int fd;

	*ret = -1;
	if (at->rootfd < 0)
		return 0;
	fd = root_open(at->rootfd, at->path, O_PATH | at->flags, 0);
	if (fd < 0)
		return err_errno(e, -fd, "cannot open '%s' again", at->path);
	*ret = fd;
	return 0;
}

static int classic_call(struct init *in, struct mnt *m, int target,
			struct err *e)
{
	struct classic c = { .srcfd = -1, .dstfd = target };
	int r;

	if (m->fs.type) {
		c.source = m->fs.source && *m->fs.source ? m->fs.source : "none";
		c.type = m->fs.type;
		c.flags = (unsigned long)m->fs.flags;
		c.data = m->fs.data;
	} else {
		c.srcfd = m->fd;
		c.flags = MS_BIND | (m->rec ? MS_REC : 0);
	}
	r = classic_mount(in, &c);
	if (r == -ENODEV && m->fs.type)
		return type_error(m->fs.type, r, e);
	if (r < 0 && m->fs.type)
		return err_errno(e, -r, "file system '%s'", m->fs.type);
	return r < 0 ? err_errno(e, -r, "bind mount") : 0;
}

static int classic_attach(struct init *in, struct mnt *m,
			  const struct mnt_at *at, struct err *e)
{
	AUTO(fd) int fd = -1;
	int r = classic_call(in, m, at->fd, e);

	if (r < 0)
		return r;
	r = look_again(at, &fd, e);
	if (r < 0)
		return r;
	/*
	 * There is no descriptor of the new mount to compare with. It must be
	 * another one than the target was, and a bind must show its source.
	 */
	if (fd >= 0 && (m->fs.type ? mnt_same(fd, at->fd) : !same_inode(fd, m->fd)))
		return replaced(at, e);
	auto_fd(&m->fd);
	m->fd = TAKE_FD(fd);
	return 0;
}

int mnt_look(const struct mnt_at *at, uint64_t id, struct err *e)
{
	AUTO(fd) int fd = -1;
	uint64_t now;
	int r = look_again(at, &fd, e);

	if (r < 0)
		return r;
	return sys_mnt_id(fd, &now) < 0 || now != id ? replaced(at, e) : 0;
}

static int tree_attach(struct mnt *m, const struct mnt_at *at, struct err *e)
{
	AUTO(fd) int fd = -1;
	int r = sys_move_mount(m->fd, "", at->fd, "", SYS_MOVE_F_EMPTY_PATH |
			       SYS_MOVE_T_EMPTY_PATH);

	if (r < 0 && !PROTECTED(MOUNT_ERRORS))
		return 0;
	if (r < 0)
		return err_errno(e, -r, "attaching the mount");
	r = look_again(at, &fd, e);
	if (r < 0)
		return r;
	return fd >= 0 && !is_mount(fd, m) ? replaced(at, e) : 0;
}

int mnt_attach(struct init *in, struct mnt *m, const struct mnt_at *at,
	       struct err *e)
{
	int r = m->classic ? classic_attach(in, m, at, e) :
		tree_attach(m, at, e);

	if (r < 0)
		return r;
	m->attached = true;
	if (m->attr_set || m->attr_clr)
		return mnt_setattr(in, m, m->attr_set, m->attr_clr, false, e);
	return 0;
}
