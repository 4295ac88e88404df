/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fd.c - whole reads and writes, small files, CLOEXEC, locks.
 *
 * Upholds I2: nothing here makes a descriptor that survives an exec. Must not
 * log; must not resolve paths below a container's root (that is path.c, I1):
 * the names given here are names of the host or of a directory the caller
 * trusts.
 */
#include "config.h"

#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/protect.h"
#include "base/str.h"
#include "base/sys.h"

#include "base/banned.h"

int fd_write_full(int fd, const void *buf, size_t n)
{
	const unsigned char *p = buf;

	while (n > 0) {
		ssize_t w = write(fd, p, n);

		if (w < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (w == 0)
			return -EIO;
		p += w;
		n -= (size_t)w;
	}
	return 0;
}

int fd_read_full(int fd, void *buf, size_t n)
{
	unsigned char *p = buf;

	while (n > 0) {
		ssize_t r = read(fd, p, n);

		if (r < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (r == 0)
			return -EPIPE;
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

int fd_read_all(int fd, size_t max, char **ret, size_t *ret_len)
{
	size_t cap = 0, len = 0;
	AUTO(str) char *buf = NULL;
	struct stat st;
	ssize_t r;

	/* One byte more than the size lets the second read see the end. */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    (uint64_t)st.st_size <= max)
		cap = (size_t)st.st_size + 2;
	if (cap < 1024)
		cap = 1024;
	buf = xmalloc(cap);
	for (;;) {
		if (len + 1 == cap) {
			cap *= 2;
			buf = xrealloc(buf, cap);
		}
		r = read(fd, buf + len, cap - len - 1);
		if (r < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (r == 0)
			break;
		len += (size_t)r;
		if (len > max)
			return -EFBIG;
	}
	buf[len] = '\0';
	*ret = TAKE_PTR(buf);
	if (ret_len)
		*ret_len = len;
	return 0;
}

int file_read_at(int dirfd, const char *name, size_t max, char **ret,
		 size_t *ret_len)
{
	AUTO(fd) int fd = openat(dirfd, name, O_RDONLY | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return fd_read_all(fd, max, ret, ret_len);
}

static bool names_descriptor(const char *name)
{
	return streq(name, "/dev/stdin") || str_starts(name, "/dev/fd/") ||
	       str_starts(name, "/proc/self/fd/");
}

int file_read_given_at(int dirfd, const char *name, bool stream, size_t max,
		       char **ret, size_t *ret_len)
{
	bool any = stream && names_descriptor(name);
	/* a FIFO without writer would hold up open(2) itself */
	AUTO(fd) int fd = openat(dirfd, name, O_RDONLY | O_NOCTTY | O_CLOEXEC |
						      (any ? 0 : O_NONBLOCK));
	struct stat st;

	if (fd < 0) /* ENXIO: a socket */
		return errno == ENXIO ? -ESPIPE : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!any && !S_ISREG(st.st_mode))
		return -ESPIPE;
	return fd_read_all(fd, max, ret, ret_len);
}

int file_write_at(int dirfd, const char *name, const char *text)
{
	return file_writen_at(dirfd, name, text, strlen(text));
}

int file_writen_at(int dirfd, const char *name, const void *p, size_t n)
{
	AUTO(fd) int fd = openat(dirfd, name, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	ssize_t w;

	if (fd < 0)
		return -errno;
	do
		w = write(fd, p, n);
	while (w < 0 && errno == EINTR);
	if (w < 0)
		return -errno;
	/* Such files take a value whole; the rest would be a second value. */
	return (size_t)w == n ? 0 : -EIO;
}

/* Opens a new file beside `name`; its name goes to tmp. */
static int temp_open(int dirfd, const char *name, char *tmp, size_t size)
{
	unsigned int i;
	int fd, n;

	for (i = 0; i < 100; i++) {
		n = snprintf(tmp, size, ".%.200s.%x-%llx", name,
			     (unsigned int)getpid(),
			     (unsigned long long)clock_now_ns() + i);
		if (n < 0 || (size_t)n >= size)
			return -ENAMETOOLONG;
		/* 0600 until fchmod(): never wider than asked, whatever the
		 * umask. */
		fd = openat(dirfd, tmp,
			    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
				    O_CLOEXEC,
			    0600);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

int file_replace_at(int dirfd, const char *name, const void *p, size_t n,
		    mode_t mode)
{
	char tmp[256];
	int fd, r;

	if (!*name || strchr(name, '/') || streq(name, ".") ||
	    streq(name, ".."))
		return -EINVAL;
	if (strlen(name) > 255)
		return -ENAMETOOLONG;
	fd = temp_open(dirfd, name, tmp, sizeof(tmp));
	if (fd < 0)
		return fd;
	r = fd_write_full(fd, p, n);
	if (r == 0 && fchmod(fd, mode) < 0)
		r = -errno;
	/* A file system may report a failed write only here. */
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && renameat(dirfd, tmp, dirfd, name) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(dirfd, tmp, 0);
	return r;
}

static int fd_flag(int fd, int get, int set, int flag, bool on)
{
	int old = fcntl(fd, get), new;

	if (old < 0)
		return -errno;
	new = on ? old | flag : old & ~flag;
	if (new != old && fcntl(fd, set, new) < 0)
		return -errno;
	return 0;
}

int fd_dup_to(int fd, int to, bool cloexec)
{
	int flags = cloexec ? O_CLOEXEC : 0;
	int r;

	do
		r = dup3(fd, to, flags);
	while (r < 0 && (errno == EINTR || errno == EBUSY));
	return r < 0 ? -errno : r;
}

int fd_pipe(int *ret_out, int *ret_in)
{
	int pair[2];

	if (pipe2(pair, O_CLOEXEC) < 0)
		return -errno;
	*ret_out = pair[0];
	*ret_in = pair[1];
	return 0;
}

int fd_cloexec(int fd, bool on)
{
	return fd_flag(fd, F_GETFD, F_SETFD, FD_CLOEXEC, on);
}

int fd_nonblock(int fd, bool on)
{
	return fd_flag(fd, F_GETFL, F_SETFL, O_NONBLOCK, on);
}

/* Walks /proc/self/fd; -ENODEV if what is mounted there is no procfs. */
static int cloexec_walk(int first)
{
	AUTO(dir) DIR *dir = opendir("/proc/self/fd");
	const struct dirent *ent;
	struct statfs fs;
	int fd;

	if (!dir)
		return -errno;
	if (fstatfs(dirfd(dir), &fs) < 0)
		return -errno;
	if (fs.f_type != PROC_SUPER_MAGIC)
		return -ENODEV;
	for (;;) {
		errno = 0;
		ent = readdir(dir);
		if (!ent)
			return -errno;
		/* dirfd(dir) is CLOEXEC already; "." and ".." are no numbers */
		if (parse_int(ent->d_name, &fd) < 0 || fd < first)
			continue;
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 && errno != EBADF)
			return -errno;
	}
}

/*
 * Without procfs every possible number is tried. A descriptor above a limit
 * that was lowered later is missed; there is no way to find it.
 */
static int cloexec_count(int first)
{
	struct rlimit lim;
	int fd, last;

	if (getrlimit(RLIMIT_NOFILE, &lim) < 0)
		return -errno;
	last = lim.rlim_max > (1U << 20) ? 1 << 20 : (int)lim.rlim_max;
	for (fd = first; fd < last; fd++)
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 && errno != EBADF)
			return -errno;
	return 0;
}

int fd_cloexec_from(int first)
{
	int r;

	if (!PROTECTED(CLOSE_FDS))
		return 0;
	if (first < 0)
		first = 0;
	r = sys_close_range((unsigned int)first, UINT32_MAX, SYS_CLOSE_RANGE_CLOEXEC);
	if (r == 0)
		return 0;
	/* compat: remove when baseline >= 5.11 (CLOSE_RANGE_CLOEXEC) */
	if (r != -ENOSYS && r != -EINVAL && r != -EPERM)
		return r;
	if (cloexec_walk(first) == 0)
		return 0;
	return cloexec_count(first);
}

bool fd_valid(int fd)
{
	return fd >= 0 && fcntl(fd, F_GETFD) >= 0;
}

/* Only there so that the signal interrupts flock(2). */
static void on_alarm(int sig)
{
	(void)sig;
}

static int lock_until(int fd, int op, deadline_t deadline)
{
	int ms = deadline_poll_ms(deadline);
	struct itimerval timer = {
		.it_value = { .tv_sec = ms / 1000,
			      .tv_usec = ms % 1000 * 1000L },
		/*
		 * The first signal may come just before flock(2) sleeps and
		 * interrupt nothing; the next ones do.
		 */
		.it_interval = { .tv_usec = 10000 },
	};

	if (ms == 0)
		return -ETIMEDOUT;
	if (setitimer(ITIMER_REAL, &timer, NULL) < 0)
		return -errno;
	for (;;) {
		if (flock(fd, op) == 0)
			return 0;
		if (errno != EINTR)
			return -errno;
		if (deadline_poll_ms(deadline) == 0)
			return -ETIMEDOUT;
	}
}

int fd_lock(int fd, bool exclusive, deadline_t deadline)
{
	const struct itimerval off = { .it_value = { 0 } };
	struct sigaction act = { .sa_handler = on_alarm }, old_act;
	int op = exclusive ? LOCK_EX : LOCK_SH, r;
	struct itimerval old_timer;
	sigset_t alarm_set, old_set;

	do
		r = flock(fd, op | LOCK_NB);
	while (r < 0 && errno == EINTR);
	if (r == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return -errno;
	if (deadline == DEADLINE_NEVER) {
		do
			r = flock(fd, op) < 0 ? -errno : 0;
		while (r == -EINTR);
		return r;
	}
	sigemptyset(&act.sa_mask);
	sigemptyset(&alarm_set);
	sigaddset(&alarm_set, SIGALRM);
	if (getitimer(ITIMER_REAL, &old_timer) < 0 ||
	    sigaction(SIGALRM, &act, &old_act) < 0)
		return -errno;
	(void)sigprocmask(SIG_UNBLOCK, &alarm_set, &old_set);
	r = lock_until(fd, op, deadline);
	/* Timer off before the handler goes, or a late signal would kill us. */
	(void)setitimer(ITIMER_REAL, &off, NULL);
	(void)sigprocmask(SIG_SETMASK, &old_set, NULL);
	(void)sigaction(SIGALRM, &old_act, NULL);
	if (old_timer.it_value.tv_sec || old_timer.it_value.tv_usec)
		(void)setitimer(ITIMER_REAL, &old_timer, NULL);
	return r;
}

size_t fdvec_push(struct fdvec *vec, int fd)
{
	if (vec->n == vec->cap) {
		size_t cap = vec->cap ? vec->cap * 2 : 8;

		vec->v = xreallocarray(vec->v, cap, sizeof(*vec->v));
		vec->cap = cap;
	}
	vec->v[vec->n] = fd;
	return vec->n++;
}

void fdvec_clear(struct fdvec *vec)
{
	int saved = errno;
	size_t i;

	for (i = 0; i < vec->n; i++)
		if (vec->v[i] >= 0)
			(void)close(vec->v[i]);
	free(vec->v);
	*vec = (struct fdvec){ 0 };
	errno = saved;
}
