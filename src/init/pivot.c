/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PIVOT: the container's root becomes the root of the process, by pivot_root(2),
 * by moving the mount over "/" (--no-pivot), or by chroot(2) alone where the
 * container has no mount namespace. For exec: proof that joining the mount namespace
 * has led there, or chroot(2) to where init is.
 *
 * The last moment at which host paths mean anything: what later steps still
 * need from there is fetched first (the trusted procfs, a legacy console).
 * Reads mountinfo only for --no-pivot and to explain a failure.
 */
#include "config.h"
#include "init/steps_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "init/mnt.h"

#include "base/banned.h"

#define MOUNTINFO_MAX (64U << 20)

/* ---- mountinfo, proc_pid_mountinfo(5) ------------------------------------ */

struct mount_line {
	uint64_t id, parent;
	const char *root, *where, *type; /* unescaped, in the line */
	bool shared;
};

/* "\040" and the like, in place. */
static char *unescape(char *s)
{
	char *to = s;

	for (const char *p = s; *p; p++) {
		if (p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] && p[3]) {
			*to++ = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 |
				       (p[3] - '0'));
			p += 3;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
	return s;
}

/* The next field of *pos, cut off at the space. NULL at the end. */
static char *next_field(char **pos)
{
	char *start = *pos, *end;

	if (!start || !*start)
		return NULL;
	end = strchr(start, ' ');
	*pos = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	return start;
}

/* Take one line (written over) apart. */
static bool parse_line(char *line, struct mount_line *ret)
{
	struct mount_line m = { 0 };
	char *f[6], *more;

	for (size_t i = 0; i < 6; i++) {
		f[i] = next_field(&line);
		if (!f[i])
			return false;
	}
	if (parse_u64(f[0], &m.id) < 0 || parse_u64(f[1], &m.parent) < 0)
		return false;
	m.root = unescape(f[3]);
	m.where = unescape(f[4]);
	while ((more = next_field(&line)) && !streq(more, "-"))
		if (str_starts(more, "shared:"))
			m.shared = true;
	m.type = next_field(&line);
	*ret = m;
	return m.type != NULL;
}

/* All of our mountinfo; malloc'ed. 0 or -errno. */
static int read_mountinfo(struct init *in, char **ret)
{
	AUTO(fd) int fd = init_proc_open(in, "self/mountinfo", O_RDONLY);

	return fd < 0 ? fd : fd_read_all(fd, MOUNTINFO_MAX, ret, NULL);
}

/* The next line of *pos, cut off. */
static char *next_line(char **pos)
{
	char *start = *pos, *end;

	if (!start || !*start)
		return NULL;
	end = strchr(start, '\n');
	*pos = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	return start;
}

/* ---- pivot_root ---------------------------------------------------------- */

/* The line of mount `id`; its strings are no longer good, but for "/". */
static bool find_mount(const char *text, uint64_t id, struct mount_line *ret)
{
	AUTO(str) char *copy = xstrdup(text);
	char *pos = copy, *line;

	while ((line = next_line(&pos)))
		if (parse_line(line, ret) && ret->id == id) {
			ret->where = streq(ret->where, "/") ? "/" : "";
			ret->root = ret->type = "";
			return true;
		}
	return false;
}

/*
 * EINVAL of pivot_root(2) has half a dozen causes; say which one it is. "/" is
 * still the old root.
 */
static const char *why_invalid(struct init *in)
{
	AUTO(str) char *text = NULL;
	AUTO(fd) int oldfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct mount_line root, old, above;
	uint64_t old_id, root_id;

	if (read_mountinfo(in, &text) < 0 || sys_mnt_id(oldfd, &old_id) < 0 ||
	    sys_mnt_id(in->rootfd, &root_id) < 0)
		return NULL;
	if (!find_mount(text, old_id, &old) || !streq(old.where, "/"))
		return "'/' is not a mount point: run inside a mount namespace whose "
		       "root is a mount (chroot is not enough)";
	if (old.parent == old.id)
		return "the host's '/' is its initramfs, which cannot be pivoted: "
		       "use --no-pivot";
	if (!find_mount(text, root_id, &root))
		return "the root file system is not below '/' any more";
	if (root.shared)
		return "the mount of the root file system is shared";
	if (find_mount(text, root.parent, &above) && above.shared)
		return "the parent mount of the root file system is shared";
	return NULL;
}

static int enter_root(struct init *in, struct err *e)
{
	if (fchdir(in->rootfd) < 0)
		return err_errno(e, errno, "cannot enter the root file system");
	return 0;
}

static int pivot(struct init *in, struct err *e)
{
	AUTO(fd) int oldfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *why;
	int r;

	if (oldfd < 0)
		return err_errno(e, errno, "cannot open '/'");
	r = enter_root(in, e);
	if (r < 0)
		return r;
	/* "." twice: the old root ends up on top of the new one, no directory
	 * of the container is needed for it (pivot_root(2), NOTES) */
	r = sys_pivot_root(".", ".");
	if (r < 0) {
		why = r == -EINVAL ? why_invalid(in) : NULL;
		(void)err_errno(e, -r, "pivot_root");
		return why ? err_hint(e, "%s", why) : r;
	}
	if (fchdir(oldfd) < 0)
		return err_errno(e, errno, "cannot enter the old root");
	/* a shared mount would carry the umount to the host */
	if (mount(NULL, ".", NULL, MS_SLAVE | MS_REC, NULL) < 0)
		return err_errno(e, errno, "cannot make the old root a slave");
	if (umount2(".", MNT_DETACH) < 0)
		return err_errno(e, errno, "cannot detach the old root");
	return 0;
}

/* ---- --no-pivot ---------------------------------------------------------- */

/*
 * With chroot(2) alone the host's procfs and sysfs stay in the namespace, and
 * with a full one there the kernel would allow fresh unmasked ones to the
 * container: unmount them, or cover what cannot be unmounted.
 */
static int hide_mount(const char *where, struct err *e)
{
	if (mount(NULL, where, NULL, MS_SLAVE | MS_REC, NULL) < 0) {
		if (errno == ENOENT) /* a parent has just been unmounted */
			return 0;
		return err_errno(e, errno, "cannot make '%s' a slave", where);
	}
	if (umount2(where, MNT_DETACH) == 0)
		return 0;
	if (errno != EINVAL && errno != EPERM)
		return err_errno(e, errno, "cannot unmount '%s'", where);
	if (mount("tmpfs", where, "tmpfs", 0, NULL) < 0)
		return err_errno(e, errno, "cannot cover '%s'", where);
	return 0;
}

static int root_path(struct init *in, char *buf, size_t size)
{
	char name[40];
	ssize_t n;
	int procfd = init_procfd(in);

	if (procfd < 0)
		return procfd;
	(void)snprintf(name, sizeof(name), "self/fd/%d", in->rootfd);
	n = readlinkat(procfd, name, buf, size);
	if (n < 0)
		return -errno;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	buf[n] = '\0';
	return 0;
}

static int hide_host_mounts(struct init *in, struct err *e)
{
	AUTO(str) char *text = NULL;
	char path[4096], *pos, *line;
	struct mount_line m;
	int r = root_path(in, path, sizeof(path));

	if (r == 0)
		r = read_mountinfo(in, &text);
	if (r < 0)
		return err_errno(e, -r, "cannot read the mounts of the host");
	pos = text;
	while ((line = next_line(&pos))) {
		if (!parse_line(line, &m) || !streq(m.root, "/") ||
		    !(streq(m.type, "proc") || streq(m.type, "sysfs")) ||
		    path_below(m.where, path))
			continue;
		r = hide_mount(m.where, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int move_root(struct init *in, struct err *e)
{
	int r = hide_host_mounts(in, e);

	if (r == 0)
		r = enter_root(in, e);
	if (r < 0)
		return r;
	if (mount(".", "/", NULL, MS_MOVE, NULL) < 0) {
		(void)err_errno(e, errno, "cannot move the root file system to '/'");
		if (e->code == EINVAL)
			(void)err_hint(e, "the mount that holds it is shared");
		return -e->code;
	}
	return 0;
}

static int change_root(struct init *in, bool move, struct err *e)
{
	int r = move ? move_root(in, e) : enter_root(in, e);

	if (r < 0)
		return r;
	if (chroot(".") < 0)
		return err_errno(e, errno, "chroot");
	return 0;
}

/* ---- exec ---------------------------------------------------------------- */

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool as_recorded(const struct arg_pivot *a, const struct stat *st)
{
	return a->ino && st->st_dev == (dev_t)a->dev && st->st_ino == a->ino;
}

/*
 * A mount namespace is entered at its root, which need not be the container's: where
 * the runtime itself was in a chroot(2), it is what lies below that, the host's. It
 * is ours if init has it, or had it at create (it may have changed its own since);
 * otherwise *ret_enter: where init is, if that is the root of create.
 */
static int check_joined(const struct arg_pivot *a, const struct stat *init,
			bool *ret_enter, struct err *e)
{
	struct stat here;

	if (stat("/", &here) < 0)
		return err_errno(e, errno, "cannot look at '/'");
	*ret_enter = !same_file(&here, init) && !as_recorded(a, &here);
	if (!*ret_enter || as_recorded(a, init))
		return 0;
	(void)err_set(e, EPERM, "the root of the container's mount namespace is not "
				"the container's root");
	return err_hint(e, "to join it would be to leave the container");
}

/*
 * PIVOT_JOINED: we should be in the container's root, by joining its mount namespace.
 * PIVOT_ENTER: there is no such namespace, chroot(2) to where init is.
 */
static int enter_joined(struct init *in, const struct arg_pivot *a, struct err *e)
{
	int *rootfd = &in->plan.fds[SLOT_ROOT];
	bool enter = a->how == PIVOT_ENTER;
	struct stat init;
	int r = 0;

	if (in->plan.n_slots <= SLOT_ROOT || *rootfd < 0)
		return err_set(e, EPROTO, "no root of init was handed over");
	if (fstat(*rootfd, &init) < 0)
		return err_errno(e, errno, "cannot look at the root of init");
	if (!enter)
		r = check_joined(a, &init, &enter, e);
	if (r == 0 && enter) {
		/* the host's procfs, as long as it can be reached */
		r = init_procfd(in);
		if (r < 0)
			return err_errno(e, -r, "no trusted procfs");
		r = fchdir(*rootfd) < 0 || chroot(".") < 0 || chdir("/") < 0 ?
			    err_errno(e, errno, "cannot enter the root of init") :
			    0;
	}
	(void)close(*rootfd);
	*rootfd = -1;
	return r < 0 ? r : 0;
}

int step_pivot(struct init *in, const union step_arg *u, struct err *e)
{
	if (u->pivot.how >= PIVOT_JOINED)
		return enter_joined(in, &u->pivot, e);
	int r = init_procfd(in);

	if (r < 0) {
		(void)err_errno(e, -r, "no trusted procfs");
		return err_hint(e, "the kernel refuses a new procfs and '/proc' is none");
	}
	r = init_console_before_pivot(in, e);
	if (r < 0)
		return r;
	r = u->pivot.how == PIVOT_ROOT ? pivot(in, e) :
		change_root(in, u->pivot.how == PIVOT_MOVE, e);
	if (r < 0)
		return r;
	if (chdir("/") < 0)
		return err_errno(e, errno, "cannot enter the new root");
	in->pivoted = true;
	return 0;
}
