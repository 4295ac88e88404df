/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors, small files, locks. */
#include "config.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/tap.h"
#include "tests/unit/deny.h"

static char top[] = "/tmp/ocirun-test-fd.XXXXXX";
static int topfd;

static void test_full(void)
{
	size_t n = 300000, i, bad = 0;
	char *a = malloc(n), *b = malloc(n);
	int fds[2], status = 0;
	pid_t pid;

	if (!a || !b || pipe2(fds, O_CLOEXEC) < 0)
		bail("pipe");
	for (i = 0; i < n; i++)
		a[i] = (char)(i * 31);
	pid = fork();
	if (pid == 0) /* larger than a pipe: many short writes */
		_exit(fd_write_full(fds[1], a, n) == 0 ? 0 : 1);
	(void)close(fds[1]);
	is_int(fd_read_full(fds[0], b, n), 0, "fd_read_full()");
	for (i = 0; i < n; i++)
		bad += a[i] != b[i];
	is_int(bad, 0, "all bytes arrived");
	(void)waitpid(pid, &status, 0);
	is_int(status, 0, "fd_write_full()");
	is_int(fd_read_full(fds[0], b, 1), -EPIPE, "the stream has ended");
	is_int(fd_read_full(fds[0], b, 0), 0, "nothing can always be read");
	(void)close(fds[0]);
	is_int(fd_read_full(-1, b, 1), -EBADF, "no descriptor");
	is_int(fd_write_full(-1, b, 1), -EBADF, "no descriptor");

	if (pipe2(fds, O_CLOEXEC) < 0)
		bail("pipe");
	(void)close(fds[0]);
	is_int(fd_write_full(fds[1], a, 1), -EPIPE, "nobody reads");
	(void)close(fds[1]);
	free(a);
	free(b);
}

static void test_read_all(void)
{
	char *text = NULL, *big = calloc(1, 5001);
	size_t len = 99;
	int fds[2];

	if (!big || pipe2(fds, O_CLOEXEC) < 0)
		bail("pipe");
	memset(big, 'b', 5000);
	(void)fd_write_full(fds[1], big, 5000);
	(void)close(fds[1]);
	is_int(fd_read_all(fds[0], 5000, &text, &len), 0,
	       "fd_read_all() of a pipe");
	is_int(len, 5000, "its length, exactly the limit");
	is_str(text, big, "its content");
	free(text);
	text = NULL;
	is_int(fd_read_all(fds[0], 10, &text, &len), 0, "at the end");
	is_int(len, 0, "is nothing");
	is_str(text, "", "but terminated");
	free(text);
	text = NULL;
	(void)close(fds[0]);

	is_int(file_replace_at(topfd, "five", "12345", 5, 0640), 0,
	       "a file of five bytes");
	is_int(file_read_at(topfd, "five", 4, &text, &len), -EFBIG,
	       "is too big for four");
	ok(!text && len == 0, "the result is untouched");
	is_int(file_read_at(topfd, "five", 5, &text, NULL), 0, "fits in five");
	is_str(text, "12345", "its content");
	free(text);
	text = NULL;
	is_int(file_read_at(topfd, "none", 5, &text, NULL), -ENOENT,
	       "no such file");
	is_int(file_read_at(topfd, ".", 5, &text, NULL), -EISDIR,
	       "a directory");
	is_int(file_read_at(AT_FDCWD, "/proc/self/comm", 100, &text, NULL), 0,
	       "procfs");
	ok(text && strlen(text) > 1, "whose files have no size");
	free(text);
	free(big);
}

static void test_write(void)
{
	char *text = NULL;
	size_t len = 0;
	struct stat st;

	is_int(file_write_at(topfd, "five", "abc"), 0, "file_write_at()");
	(void)file_read_at(topfd, "five", 10, &text, NULL);
	is_str(text, "abc45", "does not truncate");
	free(text);
	is_int(file_writen_at(topfd, "five", "x\0y", 3), 0, "file_writen_at()");
	(void)file_read_at(topfd, "five", 10, &text, &len);
	ok(len == 5 && memcmp(text, "x\0y45", 5) == 0, "takes a NUL");
	free(text);
	is_int(file_write_at(topfd, "none", "abc"), -ENOENT, "does not create");
	is_int(file_write_at(AT_FDCWD, "/dev/full", "abc"), -ENOSPC,
	       "reports the kernel's answer");

	(void)umask(077);
	is_int(file_replace_at(topfd, "new", "one", 3, 0644), 0,
	       "file_replace_at() creates");
	is_int(fstatat(topfd, "new", &st, 0), 0, "it is there");
	is_int(st.st_mode, S_IFREG | 0644, "its mode is exact");
	(void)umask(022);
	is_int(file_replace_at(topfd, "new", "", 0, 0600), 0, "and replaces");
	is_int(fstatat(topfd, "new", &st, 0), 0, "it is there");
	ok(st.st_size == 0 && st.st_mode == (S_IFREG | 0600),
	   "content and mode are new");
	if (symlinkat("five", topfd, "link") < 0)
		bail("symlink");
	is_int(file_replace_at(topfd, "link", "L", 1, 0600), 0, "a symlink");
	is_int(fstatat(topfd, "link", &st, AT_SYMLINK_NOFOLLOW), 0, "is there");
	ok(S_ISREG(st.st_mode), "is replaced, not followed");
	is_int(file_replace_at(topfd, "", "x", 1, 0600), -EINVAL,
	       "an empty name");
	is_int(file_replace_at(topfd, "a/b", "x", 1, 0600), -EINVAL, "a path");
	is_int(file_replace_at(topfd, "..", "x", 1, 0600), -EINVAL, "dot dot");
	is_int(file_replace_at(-1, "x", "x", 1, 0600), -EBADF, "no directory");
	if (mkdirat(topfd, "dir", 0755) < 0)
		bail("mkdir");
	is_int(file_replace_at(topfd, "dir", "x", 1, 0600), -EISDIR,
	       "a directory is in the way");
}

static void test_no_temp_left(void)
{
	DIR *dir = opendir(top);
	const struct dirent *ent;
	int hidden = 0;

	while (dir && (ent = readdir(dir)))
		if (ent->d_name[0] == '.' && strcmp(ent->d_name, ".") != 0 &&
		    strcmp(ent->d_name, "..") != 0)
			hidden++;
	if (dir)
		(void)closedir(dir);
	is_int(hidden, 0, "no temporary file is left");
}

static void test_flags(void)
{
	int fd = open("/dev/null", O_RDONLY), other = fcntl(fd, F_DUPFD, 200);
	struct fdvec vec = { 0 };
	int i, wrong = 0, fds[20];

	is_int(fd_cloexec(fd, true), 0, "fd_cloexec()");
	is_int(fcntl(fd, F_GETFD), FD_CLOEXEC, "is set");
	is_int(fd_cloexec(fd, false), 0, "fd_cloexec()");
	is_int(fcntl(fd, F_GETFD), 0, "is cleared");
	int out = -1, in = -1;
	char c = 0;

	is_int(fd_pipe(&out, &in), 0, "fd_pipe()");
	ok(write(in, "x", 1) == 1 && read(out, &c, 1) == 1 && c == 'x', "in to out");
	ok(fcntl(in, F_GETFD) == FD_CLOEXEC && fcntl(out, F_GETFD) == FD_CLOEXEC, "CLOEXEC");
	(void)close(in);
	(void)close(out);
	is_int(fd_dup_to(fd, 201, true), 201, "fd_dup_to()");
	is_int(fcntl(201, F_GETFD), FD_CLOEXEC, "marks it");
	is_int(fd_dup_to(fd, 201, false), 201, "over an open one");
	is_int(fcntl(201, F_GETFD), 0, "does not mark it");
	is_int(fd_dup_to(-1, 201, true), -EBADF, "no descriptor");
	ok(fd_valid(201), "and the old one stays");
	(void)close(201);
	is_int(fd_nonblock(fd, true), 0, "fd_nonblock()");
	ok(fcntl(fd, F_GETFL) & O_NONBLOCK, "is set");
	is_int(fd_nonblock(fd, false), 0, "fd_nonblock()");
	ok(!(fcntl(fd, F_GETFL) & O_NONBLOCK), "is cleared");
	is_int(fd_cloexec(-1, true), -EBADF, "no descriptor");
	is_int(fd_nonblock(-1, true), -EBADF, "no descriptor");
	is_int(fd_cloexec_from(fd + 1), 0, "fd_cloexec_from()");
	is_int(fcntl(fd, F_GETFD), 0, "leaves the lower ones");
	is_int(fcntl(other, F_GETFD), FD_CLOEXEC, "marks the higher ones");
	ok(fd_valid(fd) && !fd_valid(-1) && !fd_valid(9999), "fd_valid()");
	(void)close(other);

	for (i = 0; i < 20; i++) {
		fds[i] = i == 7 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
		wrong += fdvec_push(&vec, fds[i]) != (size_t)i;
	}
	is_int(wrong, 0, "fdvec_push() counts");
	fdvec_clear(&vec);
	for (i = 0; i < 20; i++)
		wrong += fd_valid(fds[i]);
	is_int(wrong, 0, "fdvec_clear() closes all");
	ok(!vec.v && !vec.n && !vec.cap, "and is empty");
	fdvec_clear(&vec);
	(void)close(fd);
}

/* close_range(2) as before Linux 5.9, before 5.11, under a strict profile. */
static void test_cloexec_fallback(void)
{
#ifdef SYS_close_range
	static const unsigned int codes[] = { ENOSYS, EINVAL, EPERM };
	int low = open("/dev/null", O_RDONLY), high = fcntl(low, F_DUPFD, 200),
	    status;
	size_t i;
	pid_t pid;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		status = -1;
		pid = fork();
		if (pid == 0) {
			if (!deny_syscall(SYS_close_range, codes[i]))
				_exit(77);
			_exit(fd_cloexec_from(low + 1) < 0 ||
			      fcntl(low, F_GETFD) != 0 ||
			      fcntl(high, F_GETFD) != FD_CLOEXEC);
		}
		(void)waitpid(pid, &status, 0);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
			skip(1, "no seccomp filters here");
		else
			is_int(status, 0,
			       "fd_cloexec_from() without close_range (%u)",
			       codes[i]);
	}
	(void)close(low);
	(void)close(high);
#else
	skip(1, "no number for close_range(2)");
#endif
}

static void test_cleanup(void)
{
	int kept = -1, closed = -1;

	{
		AUTO(fd) int a = open("/dev/null", O_RDONLY | O_CLOEXEC);
		AUTO(fd) int b = open("/dev/null", O_RDONLY | O_CLOEXEC);
		AUTO(str) char *s = strdup("x");
		AUTO(dir) DIR *d = NULL;

		closed = a;
		kept = TAKE_FD(b);
		is_int(b, -1, "TAKE_FD() leaves -1");
		free(TAKE_PTR(s));
		ok(!s, "TAKE_PTR() leaves NULL");
		errno = ENOTTY;
		(void)d;
	}
	is_int(errno, ENOTTY, "cleanups preserve errno");
	ok(!fd_valid(closed) && fd_valid(kept),
	   "AUTO(fd) closes, TAKE_FD() keeps");
	(void)close(kept);
}

/* A child holds the lock until its stdin-like pipe is closed. */
static void test_lock(void)
{
	int a = openat(topfd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int b = openat(topfd, "lock", O_RDWR | O_CLOEXEC), c, up[2], down[2];
	struct itimerval timer = { .it_value = { .tv_sec = 1000 } }, now;
	struct sigaction act;
	sigset_t set, got;
	int64_t start, took;
	char byte = 0;
	pid_t pid;

	is_int(fd_lock(a, true, 0), 0, "a free lock, expired deadline");
	is_int(fd_lock(a, true, 0), 0, "again by the same open file");
	is_int(fd_lock(b, true, 0), -ETIMEDOUT, "held: expired deadline");
	start = clock_now_ns();
	is_int(fd_lock(b, true, deadline_in_ms(60)), -ETIMEDOUT, "held: 60 ms");
	took = (clock_now_ns() - start) / 1000000;
	ok(took >= 60 && took < 5000, "waited for it (%lld ms)",
	   (long long)took);
	is_int(fd_lock(b, false, deadline_in_ms(20)), -ETIMEDOUT,
	       "held: shared");
	is_int(flock(a, LOCK_UN), 0, "unlock");
	is_int(fd_lock(a, false, 0), 0, "shared");
	is_int(fd_lock(b, false, 0), 0, "shared twice");
	is_int(fd_lock(-1, true, 0), -EBADF, "no descriptor");
	(void)close(a);
	(void)close(b);

	if (pipe2(up, O_CLOEXEC) < 0 || pipe2(down, O_CLOEXEC) < 0)
		bail("pipe");
	pid = fork();
	if (pid == 0) {
		struct timespec nap = { .tv_nsec = 50000000 };

		c = openat(topfd, "lock", O_RDWR | O_CLOEXEC);
		byte = fd_lock(c, true, 0) == 0 ? 'y' : 'n';
		(void)fd_write_full(up[1], &byte, 1);
		(void)fd_read_full(down[0], &byte, 1);
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
		_exit(0);
	}
	(void)fd_read_full(up[0], &byte, 1);
	is_int(byte, 'y', "a child holds the lock");
	(void)setitimer(ITIMER_REAL, &timer, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	a = openat(topfd, "lock", O_RDWR | O_CLOEXEC);
	is_int(fd_lock(a, true, deadline_in_ms(30)), -ETIMEDOUT, "held by it");
	(void)fd_write_full(down[1], "x", 1);
	is_int(fd_lock(a, true, deadline_in_ms(10000)), 0,
	       "got when the child dies");
	(void)getitimer(ITIMER_REAL, &now);
	ok(now.it_value.tv_sec > 900, "the interval timer is as before");
	(void)sigprocmask(SIG_SETMASK, NULL, &got);
	ok(sigismember(&got, SIGALRM) == 1, "so is the signal mask");
	(void)sigaction(SIGALRM, NULL, &act);
	ok(act.sa_handler == SIG_DFL, "so is the handler");
	timer.it_value.tv_sec = 0;
	(void)setitimer(ITIMER_REAL, &timer, NULL);
	(void)waitpid(pid, NULL, 0);
	b = openat(topfd, "lock", O_RDWR | O_CLOEXEC);
	(void)flock(a, LOCK_UN);
	is_int(fd_lock(b, true, DEADLINE_NEVER), 0, "without deadline");
	(void)close(a);
	(void)close(b);
}

int main(void)
{
	static const char *const names[] = { "five", "new", "link", "lock" };
	struct sigaction ign = { .sa_handler = SIG_IGN };
	size_t i;

	(void)sigaction(SIGPIPE, &ign, NULL);
	if (!mkdtemp(top))
		bail("mkdtemp");
	topfd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	test_full();
	test_read_all();
	test_write();
	test_no_temp_left();
	test_flags();
	test_cloexec_fallback();
	test_cleanup();
	test_lock();
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)unlinkat(topfd, names[i], 0);
	(void)unlinkat(topfd, "dir", AT_REMOVEDIR);
	(void)close(topfd);
	is_int(rmdir(top), 0, "nothing else was left");
	return done();
}
