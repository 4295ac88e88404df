/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that we talk with while they run (spawn.h). Upholds I2. */
#include "config.h"
#include "base/spawn.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/banned.h"

#define KILL_MS 10000

/* Ours is private or shared, the child's changes stay with it either way. */
static int own_mounts(void)
{
	if (unshare(CLONE_NEWNS) < 0)
		return -errno;
	if (mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) < 0)
		return -errno;
	return 0;
}

/* A copy of fd, or /dev/null for -1, with a number of at least `min`. */
static int copy_above(int fd, int min)
{
	AUTO(fd) int null_fd = -1;

	if (fd < 0) {
		null_fd = open("/dev/null", O_RDWR | O_CLOEXEC | O_NOCTTY);
		fd = null_fd;
	}
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, min);

	return copy < 0 ? -errno : copy;
}

/*
 * Copies above all numbers to be filled come first, so that filling one cannot
 * overwrite another that is still needed.
 */
static int place_fds(const struct spawn *s)
{
	AUTO(fdvec) struct fdvec high = { 0 };

	for (size_t i = 0; i < s->n_fds; i++) {
		int copy = copy_above(s->fds[i], (int)s->n_fds);

		if (copy < 0)
			return copy;
		(void)fdvec_push(&high, copy);
	}
	for (size_t i = 0; i < s->n_fds; i++) {
		int r = fd_dup_to(high.v[i], (int)i, true);

		if (r < 0)
			return r;
	}
	/* the caller's other descriptors are CLOEXEC, the inherited ones not */
	int r = fd_cloexec_from((int)s->n_fds);

	for (int i = 0; r == 0 && i < (int)s->n_fds; i++)
		r = fd_cloexec(i, false);
	return r;
}

__attribute__((noreturn)) static void child_main(const struct spawn *s, int tell)
{
	int code = 0;

	if (s->own_group)
		(void)setpgid(0, 0);
	proc_default_signals();
	if (s->own_mounts)
		code = -own_mounts();
	if (!code && s->prepare)
		code = -s->prepare(s->arg);
	if (!code)
		code = -place_fds(s);
	if (!code) {
		(void)execve(s->path, s->argv, s->envp);
		code = errno;
	}
	/* If this fails, exit status 127 has to tell. */
	(void)fd_write_full(tell, &code, sizeof(code));
	_exit(127);
}

/* End-of-file: execve(2) closed it. A code: why not. */
static int await_exec(int fd)
{
	int code = 0;
	int r = fd_read_full(fd, &code, sizeof(code));

	return r == 0 ? -code : r == -EPIPE ? 0 : r;
}

int spawn_start(const struct spawn *s, pid_t *ret_pid, int *ret_pidfd)
{
	AUTO(fd) int listen_fd = -1;
	AUTO(fd) int tell_low = -1;
	AUTO(fd) int tell = -1;
	int status, r;

	r = fd_pipe(&listen_fd, &tell_low);
	if (r < 0)
		return r;
	/* out of the way of the numbers that the child fills */
	tell = fcntl(tell_low, F_DUPFD_CLOEXEC, (int)s->n_fds);
	(void)close(TAKE_FD(tell_low));
	if (tell < 0)
		return -errno;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		child_main(s, tell);
	(void)close(TAKE_FD(tell));
	AUTO(fd) int pidfd = sys_pidfd_open(pid, 0);

	r = pidfd < 0 ? pidfd : await_exec(listen_fd);
	if (r < 0) {
		(void)spawn_end(pid, pidfd, deadline_in_ms(0), &status);
		return r;
	}
	*ret_pid = pid;
	*ret_pidfd = TAKE_FD(pidfd);
	return 0;
}

int spawn_end(pid_t pid, int pidfd, deadline_t deadline, int *ret_status)
{
	int r = pidfd_wait(pidfd, deadline);

	if (r < 0) {
		(void)kill(pid, SIGKILL);
		if (pidfd_wait(pidfd, deadline_in_ms(KILL_MS)) == -ETIMEDOUT)
			return -EBUSY;
	}
	while (waitpid(pid, ret_status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return r;
}

int socket_in_netns(pid_t pid)
{
	char path[40];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	AUTO(fd) int theirs = open(path, O_RDONLY | O_CLOEXEC);
	AUTO(fd) int ours = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	if (theirs < 0 || ours < 0 || setns(theirs, CLONE_NEWNET) < 0)
		return -errno;
	/* a socket stays in the namespace that it was made in */
	AUTO(fd) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int r = fd < 0 ? -errno : 0;

	if (setns(ours, CLONE_NEWNET) < 0)
		return -errno;
	return r < 0 ? r : TAKE_FD(fd);
}
