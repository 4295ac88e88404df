/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state directory: reserve, open, lock, status, remove (state.h).
 *
 * Must not: decide what to do with a container (create.c, delete.c), or know
 * the layout of cgroups (cgroup.h). Upholds I5 (the record exists before the
 * first thing that needs cleaning up) and I2.
 */
#include "config.h"
#include "runtime/state.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "libnsexec/nsexec.h"
#include "runtime/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/banned.h"

#define ID_MAX_LEN 1024
#define LOCKS_MAX  (64U << 20)

static const char *const status_names[] = {
	[STATUS_CREATING] = "creating", [STATUS_CREATED] = "created",
	[STATUS_RUNNING] = "running",   [STATUS_PAUSED] = "paused",
	[STATUS_STOPPED] = "stopped",
};

const char *status_name(enum status s)
{
	return status_names[s];
}

int state_check_id(const char *id, struct err *e)
{
	size_t n = strlen(id);

	if (n == 0)
		return err_set(e, EINVAL, "container id cannot be empty");
	if (n > ID_MAX_LEN)
		return err_set(e, EINVAL,
			       "invalid container ID format: %zu characters, at most %d",
			       n, ID_MAX_LEN);
	if (streq(id, ".") || streq(id, ".."))
		return err_set(e, EINVAL, "invalid container ID format: '%s'",
			       id);
	for (size_t i = 0; i < n; i++) {
		char ch = id[i];

		if ((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
		    (ch >= '0' && ch <= '9') || ch == '_' || ch == '+' ||
		    ch == '-' || ch == '.')
			continue;
		(void)err_set(e, EINVAL, "invalid container ID format: '%s'", id);
		return err_hint(e, "invalid character: a container ID consists of "
				"letters, digits and _+-.");
	}
	return 0;
}

/* mkdir -p with the mode for every component made here. */
static int mkdirs(const char *path, mode_t mode)
{
	AUTO(str) char *p = path_clean(path);

	for (char *s = p + 1;; s++) {
		bool end = *s == '\0';

		if (*s != '/' && !end)
			continue;
		*s = '\0';
		if (mkdir(p, mode) < 0 && errno != EEXIST)
			return -errno;
		if (end)
			return 0;
		*s = '/';
	}
}

/* The default root is root's; -code. */
static int hint_user(struct err *e)
{
	if (e->code == EACCES && geteuid() != 0)
		(void)err_hint(e, "an ordinary user needs XDG_RUNTIME_DIR in the environment, or --root");
	return -e->code;
}

int state_open_root(const char *root, bool make, int *ret_fd, struct err *e)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	int fd = open(root, flags);

	if (fd < 0 && errno == ENOENT && make) {
		int r = mkdirs(root, 0700);

		if (r < 0)
			return err_errno(e, -r,
					 "cannot make the state directory '%s'",
					 root);
		fd = open(root, flags);
	}
	if (fd < 0) {
		(void)err_errno(e, errno, "cannot open state directory '%s'",
				root);
		return hint_user(e);
	}
	*ret_fd = fd;
	return 0;
}

/* 1 if it still has a name, 0 if it was removed, or -errno. */
static int still_linked(int dirfd)
{
	struct stat st;

	return fstat(dirfd, &st) < 0 ? -errno : st.st_nlink > 0;
}

/* Open and lock the directory that was just made. */
static int take(struct container *c, const char *root, const char *id,
		struct err *e)
{
	int r;

	c->dirfd = openat(c->rootfd, id,
			  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (c->dirfd < 0)
		return err_errno(e, errno, "cannot open '%s/%s'", root, id);
	r = fd_lock(c->dirfd, true, deadline_in_ms(0));
	if (r == 0)
		r = still_linked(c->dirfd);
	if (r < 0 && r != -ETIMEDOUT)
		return err_errno(e, -r, "cannot lock '%s/%s'", root, id);
	/* A delete that came between mkdir and lock removes it again. */
	if (r <= 0)
		return err_set(e, EBUSY,
			       "container '%s' was deleted while being created",
			       id);
	c->locked = true;
	/* mkdir applied the umask; others must be able to search. */
	if (fchmod(c->dirfd, 0711) < 0)
		return err_errno(e, errno, "cannot set the mode of '%s/%s'",
				 root, id);
	return 0;
}

int state_reserve(struct container *c, const char *root, const char *id,
		  struct err *e)
{
	if (state_open_root(root, true, &c->rootfd, e) < 0)
		return -e->code;
	if (mkdirat(c->rootfd, id, 0711) < 0) {
		if (errno == EEXIST) {
			(void)err_set(e, EEXIST,
				      "container with given ID already exists: '%s'",
				      id);
			return err_hint(e, "delete it first, or choose another id");
		}
		(void)err_errno(e, errno, "cannot make '%s/%s'", root, id);
		return hint_user(e);
	}
	if (take(c, root, id, e) == 0)
		return 0;
	if (e->code != EBUSY)
		(void)unlinkat(c->rootfd, id, AT_REMOVEDIR);
	return -e->code;
}

static int no_container(struct err *e, const char *id)
{
	(void)err_set(e, ENOENT, "container does not exist: '%s'", id);
	return -ENOENT;
}

/* Without a record the id is all that is known. */
static int read_record(struct container *c, const char *id, struct err *e)
{
	int r = record_read(&c->rec, c->dirfd, id, e);

	if (r < 0)
		c->rec.id = arena_strdup(&c->rec.arena, id);
	return r;
}

int state_open(struct container *c, const char *root, const char *id,
	       struct err *e)
{
	if (state_check_id(id, e) < 0)
		return -e->code;
	if (state_open_root(root, false, &c->rootfd, e) < 0)
		return e->code == ENOENT ? no_container(e, id) : -e->code;
	c->dirfd = openat(c->rootfd, id,
			  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (c->dirfd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return no_container(e, id);
	if (c->dirfd < 0)
		return err_errno(e, errno, "cannot open '%s/%s'", root, id);
	int r = read_record(c, id, e);

	return r == -ENOENT ? no_container(e, id) : r;
}

/*
 * Who holds the lock: the kernel's list has device and inode of each locked
 * file. 0 if it is not there (another pid namespace, or a file system that shows
 * the list another device than stat(2)).
 */
pid_t state_lock_holder(const struct container *c)
{
	AUTO(str) char *text = NULL, *inode = NULL;
	struct stat st;

	if (fstat(c->dirfd, &st) < 0 ||
	    file_read_at(AT_FDCWD, "/proc/locks", LOCKS_MAX, &text, NULL) < 0)
		return 0;
	inode = xasprintf(" %02x:%02x:%llu ", major(st.st_dev),
			  minor(st.st_dev), (unsigned long long)st.st_ino);
	/* "1: FLOCK  ADVISORY  WRITE 708 00:19:1338 0 EOF"; "1: ->": a waiter */
	for (char *line = text, *end; (end = strchr(line, '\n'));
	     line = end + 1) {
		*end = '\0';
		char *at = strstr(line, inode), *pid;
		int ret;

		if (!at || !strstr(line, "FLOCK") || strstr(line, "->"))
			continue;
		*at = '\0';
		pid = strrchr(line, ' ');
		if (pid && parse_int(pid + 1, &ret) == 0 && ret > 0)
			return ret;
	}
	return 0;
}

/* What was read before the lock was ours may have been completed since. */
int state_reread(struct container *c, struct err *e)
{
	AUTO(str) char *id = xstrdup(c->rec.id);

	arena_free(&c->rec.arena);
	return read_record(c, id, e);
}

int state_lock(struct container *c, deadline_t deadline, struct err *e)
{
	const char *id = c->rec.id ? c->rec.id : "";

	if (c->locked)
		return 0;
	int r = fd_lock(c->dirfd, true, deadline);

	if (r == -ETIMEDOUT) {
		char what[256] = "another ocirun process";
		pid_t holder = state_lock_holder(c);

		if (holder == 0 && proc_alive(&c->rec.creator))
			holder = c->rec.creator.pid;
		if (holder > 0)
			(void)proc_describe(holder, what, sizeof(what));
		return err_set(e, ETIMEDOUT, "container '%s' is locked by %s",
			       id, what);
	}
	if (r < 0)
		return err_errno(e, -r, "cannot lock container '%s'", id);
	c->locked = true;
	r = still_linked(c->dirfd);
	if (r < 0)
		return err_errno(e, -r, "cannot lock container '%s'", id);
	if (r == 0)
		return no_container(e, id);
	return c->rec.boot_id && !c->rec.complete ? state_reread(c, e) : 0;
}

int state_write(struct container *c, struct err *e)
{
	AUTO(strbuf) struct str s = { 0 };

	record_print(&c->rec, &s);
	int r = file_replace_at(c->dirfd, STATE_RECORD, s.p, s.len, 0600);

	if (r < 0)
		return err_errno(e, -r, "cannot write %s of container '%s'",
				 STATE_RECORD, c->rec.id);
	return 0;
}

/* By the name that it has until execve(2); `unseen`: when it cannot be read. */
static bool is_our_init(const struct record *rec, bool unseen)
{
	struct proc_stat st;

	if (proc_read_stat(rec->init.pid, &st) < 0)
		return unseen;
	return str_ends(st.comm, NSX_INIT_COMM);
}

bool state_init_waits(const struct container *c)
{
	return is_our_init(&c->rec, false);
}

enum status state_status(const struct container *c, struct cgroup **ret_cg)
{
	const struct record *rec = &c->rec;
	AUTO(cgroup) struct cgroup *cg = NULL;
	struct err ignored = ERR_INIT;

	if (!state_this_boot(rec))
		return STATUS_STOPPED;
	/* An unreadable cgroup must not hide the container: treat as unfrozen. */
	(void)cgroup_open(&cg, rec->cgroups, rec->n_cgroups, rec->driver,
			  &ignored);
	if (cg)
		cgroup_set_unit(cg, rec->unit);
	bool frozen = cg && cgroup_frozen(cg);

	if (ret_cg)
		*ret_cg = TAKE_PTR(cg);
	if (!rec->complete)
		return proc_alive(&rec->creator) ? STATUS_CREATING :
						   STATUS_STOPPED;
	if (!proc_alive(&rec->init))
		return STATUS_STOPPED;
	if (frozen)
		return STATUS_PAUSED;
	if (faccessat(c->dirfd, STATE_FIFO, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return STATUS_RUNNING;
	return is_our_init(rec, true) ? STATUS_CREATED : STATUS_RUNNING;
}

int state_check_ours(const struct container *c, const char *id, struct err *e)
{
	static const char *const ours[] = { STATE_RECORD, STATE_CONFIG, STATE_FIFO,
					    STATE_RESOURCES, STATE_NOTIFY,
					    STATE_RESTORE };
	AUTO(fd) int copy = openat(c->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO(dir) DIR *d = NULL;
	struct dirent *de;

	d = copy < 0 ? NULL : fdopendir(copy);
	if (!d && errno == ENOENT)
		return 0;
	if (!d)
		return err_errno(e, errno, "cannot read the state directory of '%s'", id);
	(void)TAKE_FD(copy);
	while ((de = readdir(d))) {
		bool known = de->d_name[0] == '.'; /* state_write()'s, too */

		for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
			known = known || streq(de->d_name, ours[i]);
		if (!known)
			return record_foreign(id, e);
	}
	return 0;
}

/*
 * Remove what is in the directory. Two levels are enough: nothing of ours
 * nests deeper, and what is foreign and deeper is reported, not removed.
 */
static int remove_entries(int dirfd, int depth)
{
	AUTO(fd) int copy = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO(dir) DIR *d = NULL;
	struct dirent *de;

	if (copy < 0)
		return -errno;
	d = fdopendir(copy);
	if (!d)
		return -errno;
	(void)TAKE_FD(copy);
	while ((de = readdir(d))) {
		if (streq(de->d_name, ".") || streq(de->d_name, ".."))
			continue;
		if (unlinkat(dirfd, de->d_name, 0) == 0 || errno == ENOENT)
			continue;
		if (errno != EISDIR && errno != EPERM)
			return -errno;
		AUTO(fd) int sub = openat(dirfd, de->d_name,
					  O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
						  O_CLOEXEC);

		if (sub >= 0 && depth > 0)
			(void)remove_entries(sub, depth - 1);
		if (unlinkat(dirfd, de->d_name, AT_REMOVEDIR) < 0 &&
		    errno != ENOENT)
			return -errno;
	}
	return 0;
}

int state_remove(struct container *c, struct err *e)
{
	const char *id = c->rec.id ? c->rec.id : "";

	if (c->dirfd < 0)
		return 0;
	int r = remove_entries(c->dirfd, 2);

	if (r == 0 && unlinkat(c->rootfd, id, AT_REMOVEDIR) < 0 &&
	    errno != ENOENT)
		r = -errno;
	if (r < 0)
		return err_errno(e, -r, "cannot remove the state directory of '%s'",
				 id);
	/* Who waits for it need not wait for our hooks. */
	(void)flock(c->dirfd, LOCK_UN);
	return 0;
}

void state_close(struct container *c)
{
	if (c->dirfd >= 0)
		(void)close(c->dirfd);
	if (c->rootfd >= 0)
		(void)close(c->rootfd);
	c->dirfd = c->rootfd = -1;
	c->locked = false;
	arena_free(&c->rec.arena);
}

void state_boot_id(char buf[40])
{
	AUTO(fd) int fd = open("/proc/sys/kernel/random/boot_id",
			       O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fd_read_full(fd, buf, 36) < 0)
		buf[0] = '\0';
	buf[36] = '\0';
}

bool state_this_boot(const struct record *rec)
{
	char boot[40];

	if (rec->this_boot)
		return true;
	state_boot_id(boot);
	return !*boot || !*rec->boot_id || streq(boot, rec->boot_id);
}
