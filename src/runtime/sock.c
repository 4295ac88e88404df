/* SPDX-License-Identifier: Apache-2.0 */
/* Unix sockets of the callers (sock.h). Upholds I2. */
#include "config.h"
#include "runtime/sock.h"

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/banned.h"

#define CONNECT_SECONDS 10

/* /proc/self/fd/N/NAME reaches a socket whose path does not fit sun_path. */
static int short_path(const char *path, struct sockaddr_un *sa, int *ret_dirfd)
{
	const char *slash = strrchr(path, '/');
	AUTO(str) char *dir = slash ? xstrndup(path, (size_t)(slash - path) + 1) :
				      xstrdup(".");
	AUTO(fd) int dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dirfd < 0)
		return -errno;
	int n = snprintf(sa->sun_path, sizeof(sa->sun_path),
			 "/proc/self/fd/%d/%s", dirfd, slash ? slash + 1 : path);

	if (n < 0 || (size_t)n >= sizeof(sa->sun_path))
		return -ENAMETOOLONG;
	*ret_dirfd = TAKE_FD(dirfd);
	return 0;
}

int sock_connect(const char *path, const char *what, int *ret_fd, struct err *e)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	AUTO(fd) int dirfd = -1;
	AUTO(fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct timeval wait = { .tv_sec = CONNECT_SECONDS };
	size_t n = strlen(path);
	int r;

	if (fd < 0)
		return err_errno(e, errno, "cannot make a socket for %s", what);
	if (n < sizeof(sa.sun_path)) {
		memcpy(sa.sun_path, path, n + 1);
	} else {
		r = short_path(path, &sa, &dirfd);
		if (r < 0)
			return err_errno(e, -r, "cannot reach %s '%s'", what,
					 path);
	}
	/* connect(2) waits as long as nobody accepts and the backlog is full */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	do
		r = connect(fd, (struct sockaddr *)&sa, sizeof(sa));
	while (r < 0 && errno == EINTR);
	if (r < 0) {
		int code = errno == EAGAIN ? ETIMEDOUT : errno;

		(void)err_errno(e, code, "cannot connect to %s '%s'", what, path);
		if (code == ETIMEDOUT)
			(void)err_hint(e, "its owner does not accept connections");
		if (code == ECONNREFUSED)
			(void)err_hint(e, "nobody listens on this socket");
		if (code == EPROTOTYPE)
			(void)err_hint(e, "a stream socket is needed");
		return -code;
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int sock_recv_fd(int sock, char *buf, size_t size, deadline_t deadline,
		 int *ret_fd, struct err *e)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} ctl;
	struct iovec iov = { buf, size - 1 };
	struct msghdr mh = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &ctl, .msg_controllen = sizeof(ctl),
	};
	struct pollfd pfd = { .fd = sock, .events = POLLIN };
	int r = poll(&pfd, 1, deadline_poll_ms(deadline));

	if (r <= 0)
		return err_errno(e, r == 0 ? ETIMEDOUT : errno,
				 "no terminal received from the container");
	ssize_t n = recvmsg(sock, &mh, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&mh);

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len != CMSG_LEN(sizeof(int)))
		return err_set(e, EPROTO,
			       "the container sent no terminal descriptor");
	buf[n] = '\0';
	memcpy(ret_fd, CMSG_DATA(c), sizeof(int));
	return 0;
}
