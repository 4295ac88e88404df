/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the program and completes its environment, in the container and as the
 * container's user: what fails here fails `create`, not `start`. Reads
 * /etc/passwd itself (no NSS: that would load the container's libraries into
 * this process). Files of the container are opened without blocking and read to
 * a bound; after PIVOT plain resolution cannot leave the root.
 */
#include "config.h"

#include "init/steps_proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"

#include "base/banned.h"

#define PASSWD      "/etc/passwd"
#define PASSWD_MAX  (1U << 20)
#define SIMILAR_MAX 8192 /* directory entries looked at for "did you mean" */

/* ---- environment ------------------------------------------------------- */

const char *lookup_getenv(char *const *env, const char *name)
{
	size_t n = strlen(name);

	for (; *env; env++)
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
			return *env + n + 1;
	return NULL;
}

/* One line of passwd(5), uid in the third field: its home, or NULL. */
static const char *passwd_home(const char *line, uint32_t uid, size_t *ret_n)
{
	char number[16];
	uint32_t id;

	for (int field = 0; field < 2; field++) {
		line += strcspn(line, ":\n");
		if (*line++ != ':')
			return NULL;
	}
	(void)snprintf(number, sizeof(number), "%.*s",
		       (int)strcspn(line, ":\n"), line);
	if (parse_u32(number, &id) < 0 || id != uid)
		return NULL;
	for (int field = 2; field < 5; field++) {
		line += strcspn(line, ":\n");
		if (*line++ != ':')
			return NULL;
	}
	*ret_n = strcspn(line, ":\n");
	return line;
}

char *lookup_home(const char *passwd, uint32_t uid)
{
	AUTO(str) char *text = NULL;
	AUTO(fd) int fd = -1;
	struct stat st;

	/* a FIFO must not stop us; the file may well be missing or odd */
	fd = open(passwd, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    fd_read_all(fd, PASSWD_MAX, &text, NULL) < 0)
		return xstrdup("/");
	for (const char *line = text; line && *line;) {
		size_t n = 0;
		const char *home = passwd_home(line, uid, &n);

		if (home)
			return n > 0 ? xstrndup(home, n) : xstrdup("/");
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return xstrdup("/");
}

char **lookup_env(const char *const *env, size_t n, const char *passwd,
		  uint32_t uid)
{
	AUTO(str) char *home = NULL;
	size_t w = 0, room = 0;
	bool found = false;
	char **v;

	for (size_t i = 0; i < n; i++)
		found = found || (str_starts(env[i], "HOME=") &&
				  !streq(env[i], "HOME="));
	if (!found) {
		AUTO(str) char *dir = lookup_home(passwd, uid);

		home = xasprintf("HOME=%s", dir);
		room = strlen(home) + 1;
	}
	v = xcalloc(1, (n + 2) * sizeof(*v) + room);
	for (size_t i = 0; i < n; i++)
		if (!streq(env[i], "HOME="))
			memcpy(&v[w++], &env[i], sizeof(*v));
	if (home)
		v[w] = memcpy(v + n + 2, home, room);
	return v;
}

/* ---- the program ------------------------------------------------------- */

/* 0 if execve(2) would take it as far as permissions go, else -errno. */
static int executable(const char *path, struct stat *st)
{
	if (stat(path, st) < 0)
		return -errno;
	if (S_ISDIR(st->st_mode))
		return -EISDIR;
	if (!S_ISREG(st->st_mode))
		return -EACCES;
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0)
		return 0;
	if (errno == ENOSYS || errno == EPERM) /* an outer seccomp profile */
		return st->st_mode & 0111 ? 0 : -EACCES;
	return -errno;
}

struct similar { char name[NAME_MAX + 1]; unsigned int distance; };

/* The entry of `dir` most like `name`, if it is better than *best. */
static void look_for_similar(struct similar *best, const char *dir,
			     const char *name)
{
	size_t len = strlen(name);
	AUTO(dir) DIR *d = NULL;
	const struct dirent *de;

	/* a third of the letters, and never the whole of a short word */
	if (len < 2)
		return;
	if (best->distance > 1 + (unsigned int)(len > 5))
		best->distance = 1 + (unsigned int)(len > 5) + 1;
	d = opendir(*dir ? dir : ".");
	if (!d)
		return;
	for (int i = 0; i < SIMILAR_MAX && (de = readdir(d)) != NULL; i++) {
		unsigned int dist;

		if (de->d_name[0] == '.' || best->distance == 0)
			continue;
		dist = str_distance(name, de->d_name, best->distance);
		if (dist < best->distance) {
			best->distance = dist;
			(void)snprintf(best->name, sizeof(best->name), "%s",
				       de->d_name);
		}
	}
}

static const char *parent_of(const char *path, char *buf, size_t size)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		(void)snprintf(buf, size, ".");
	else
		(void)snprintf(buf, size, "%.*s",
			       slash == path ? 1 : (int)(slash - path), path);
	return buf;
}

/* Where along `path` does it stop? */
static int missing_hint(const char *path, struct err *e)
{
	struct similar best = { "", UINT_MAX };
	char part[PATH_MAX], dir[PATH_MAX], target[256];
	const char *s = path;
	struct stat st;
	ssize_t n;

	do {
		s += strspn(s, "/");
		s += strcspn(s, "/");
		(void)snprintf(part, sizeof(part), "%.*s", (int)(s - path), path);
	} while (stat(part, &st) == 0 && *s);
	if (lstat(part, &st) == 0 && S_ISLNK(st.st_mode)) {
		n = readlink(part, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		return err_hint(e, "'%s' is a symlink to '%s', which does not "
				   "exist in the container", part, target);
	}
	(void)parent_of(part, dir, sizeof(dir));
	look_for_similar(&best, dir, part + (strrchr(part, '/')
				? strrchr(part, '/') + 1 - part : 0));
	if (best.name[0])
		return err_hint(e, "'%s' does not exist in the container: did "
				   "you mean '%s%s%s'?", part, dir,
				streq(dir, "/") ? "" : "/", best.name);
	if (strpbrk(path, " \t"))
		return err_hint(e, "every argument is an element of process.args "
				   "of its own");
	return err_hint(e, "'%s' does not exist in the container", part);
}

static int denied_hint(const char *path, const struct stat *st, struct err *e)
{
	struct statvfs fs;

	if (!S_ISREG(st->st_mode))
		return err_hint(e, "'%s' is no regular file", path);
	if (!(st->st_mode & 0111))
		return err_hint(e, "'%s' is not executable, its mode is %04o: "
				   "chmod +x", path, st->st_mode & 07777U);
	if (statvfs(path, &fs) == 0 && (fs.f_flag & ST_NOEXEC))
		return err_hint(e, "the file system of '%s' is mounted noexec",
				path);
	return err_hint(e, "'%s' has mode %04o and owner %u:%u, the process is "
			   "%u:%u", path, st->st_mode & 07777U, st->st_uid,
			st->st_gid, geteuid(), getegid());
}

/* A name with a slash: the file itself. */
static int lookup_path(const char *name, char **ret, struct err *e)
{
	struct stat st = { 0 };
	int r = executable(name, &st);

	switch (-r) {
	case 0:
		*ret = xstrdup(name);
		return 0;
	case EISDIR:
		(void)err_set(e, EISDIR, "exec: \"%s\": is a directory: permission denied",
			      name);
		return err_hint(e, "a program is a regular file");
	case EACCES:
		if (st.st_mode) {
			(void)err_set(e, EACCES, "exec: \"%s\": permission denied",
				      name);
			return denied_hint(name, &st, e);
		}
		(void)err_set(e, EACCES, "exec: \"%s\": stat %s: permission denied",
			      name, name);
		return err_hint(e, "uid %u may not enter one of its parents",
				geteuid());
	default:
		(void)err_set(e, -r, "exec: \"%s\": stat %s: %s", name, name,
			      errno_text(-r));
		return r == -ENOENT ? missing_hint(name, e) : r;
	}
}

static int not_in_path(const char *name, const char *path, const char *denied,
		       const struct similar *best, struct err *e)
{
	struct stat st;

	(void)err_set(e, ENOENT, "exec: \"%s\": executable file not found in $PATH",
		      name);
	if (!path || !*path)
		return err_hint(e, "process.env has no PATH");
	if (denied && stat(denied, &st) == 0)
		return denied_hint(denied, &st, e);
	if (best->name[0])
		return err_hint(e, "PATH is '%.200s', did you mean '%s'?", path,
				best->name);
	if (strpbrk(name, " \t"))
		return err_hint(e, "every argument is an element of process.args "
				   "of its own");
	return err_hint(e, "PATH is '%.300s'", path);
}

/* The next directory of PATH into buf; NULL at the end. "" means ".". */
static const char *next_dir(const char *path, char *buf, size_t size)
{
	size_t n = strcspn(path, ":");

	(void)snprintf(buf, size, "%.*s", (int)n, path);
	return path[n] == ':' ? path + n + 1 : NULL;
}

int lookup_program(const char *name, const char *path, char **ret,
		   struct err *e)
{
	struct similar best = { "", UINT_MAX };
	AUTO(str) char *denied = NULL;
	char dir[PATH_MAX];
	struct stat st;

	if (strchr(name, '/'))
		return lookup_path(name, ret, e);
	for (const char *p = path && *path && *name ? path : NULL; p;) {
		AUTO(str) char *full = NULL;

		p = next_dir(p, dir, sizeof(dir));
		full = xasprintf("%s%s%s", dir, *dir ? "/" : "./", name);
		switch (-executable(full, &st)) {
		case 0:
			*ret = TAKE_PTR(full);
			return 0;
		case EACCES:
			if (!denied)
				denied = TAKE_PTR(full);
			break;
		default:
			break;
		}
	}
	for (const char *p = path && *path ? path : NULL; p && !denied;) {
		p = next_dir(p, dir, sizeof(dir));
		look_for_similar(&best, dir, name);
	}
	return not_in_path(name, path, denied, &best, e);
}

int step_lookup(struct init *in, const union step_arg *u, struct err *e)
{
	const struct arg_exec *x = &u->exec;
	int r;

	/*
	 * I2, once more and while no filter can refuse it: whatever a step or a
	 * library opened, hooks and the program shall not inherit it.
	 */
	r = fd_cloexec_from(3);
	if (r < 0)
		return err_errno(e, -r, "cannot mark the descriptors close-on-exec");
	if (x->n_argv == 0 || !x->argv[0])
		return err_set(e, EINVAL, "args must not be empty");
	in->envp = lookup_env(x->envp, x->n_envp, PASSWD, x->uid);
	if (lookup_program(x->argv[0], lookup_getenv(in->envp, "PATH"),
			   &in->exe, e) < 0)
		return err_at(e, "/process/args/0");
	return 0;
}
