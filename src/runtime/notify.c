/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sd_notify(3) relay (notify.h). Protocol: systemd.exec(5) NOTIFY_SOCKET,
 * sd_notify(3) READY=, MAINPID=, BARRIER=. Upholds I2 and I6: of what the container
 * writes only a line that begins with READY= goes on, nothing of its descriptors.
 */
#include "config.h"
#include "runtime/notify.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "config/mount_opts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/banned.h"

#define DIR_INSIDE "/run/notify"
#define SOCKET_NAME "notify.sock"
#define DATAGRAM_MAX 4096
#define BARRIER_MS (30 * 1000)

const char *notify_socket(void)
{
	const char *path = getenv("NOTIFY_SOCKET");

	return path && *path ? path : NULL;
}

void notify_edit_spec(struct spec *spec, const char *dir)
{
	static const char *const options[] = { "bind", "nosuid", "noexec",
					       "nodev", "ro", NULL };
	struct arena *a = &spec->arena;
	struct str_list *env = &spec->process.env;
	const char **vars = arena_array(a, env->n + 2, sizeof(*vars));
	struct spec_mount *mounts =
		arena_array(a, spec->n_mounts + 1, sizeof(*mounts));
	struct spec_mount *m = &mounts[spec->n_mounts];

	if (spec->n_mounts > 0)
		memcpy(mounts, spec->mounts, spec->n_mounts * sizeof(*mounts));
	*m = (struct spec_mount){ .destination = DIR_INSIDE,
				  .type = "bind",
				  .source = dir,
				  .kind = MOUNT_BIND };
	m->options.v = arena_memdup(a, options, sizeof(options));
	m->options.n = sizeof(options) / sizeof(*options) - 1;
	mount_opts_parse(&m->o, a, &m->options);
	spec->mounts = mounts;
	spec->n_mounts++;
	if (env->n > 0)
		memcpy(vars, env->v, env->n * sizeof(*vars));
	vars[env->n++] = "NOTIFY_SOCKET=" DIR_INSIDE "/" SOCKET_NAME;
	env->v = vars;
}

int notify_make_dir(const struct container *c, struct err *e)
{
	if (mkdirat(c->dirfd, STATE_NOTIFY, 0755) < 0 ||
	    fchmodat(c->dirfd, STATE_NOTIFY, 0755, 0) < 0)
		return err_errno(e, errno, "cannot make the directory of the notify socket");
	return 0;
}

int notify_bind(struct notify *n, const struct container *c, struct err *e)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	AUTO(fd) int dir = -1;
	AUTO(fd) int fd = -1;

	n->host = notify_socket();
	if (!n->host)
		return 0;
	dir = openat(c->dirfd, STATE_NOTIFY,
		     O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0 && errno == ENOENT) {
		log_debug("created without NOTIFY_SOCKET: not waiting for READY=1");
		return 0;
	}
	if (dir < 0)
		return err_errno(e, errno, "cannot open the directory of the notify socket");
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	(void)snprintf(sa.sun_path, sizeof(sa.sun_path),
		       "/proc/self/fd/%d/" SOCKET_NAME, dir);
	/* of a start that failed */
	(void)unlinkat(dir, SOCKET_NAME, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    fchmodat(dir, SOCKET_NAME, 0777, 0) < 0)
		return err_errno(e, errno, "cannot make the container's notify socket");
	n->fd = TAKE_FD(fd);
	return 0;
}

/* "@name" is an abstract address (unix(7)). */
static int host_address(const char *path, struct sockaddr_un *ret, socklen_t *ret_len)
{
	size_t n = strlen(path);

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (n >= sizeof(ret->sun_path))
		return -ENAMETOOLONG;
	memcpy(ret->sun_path, path, n);
	*ret_len = sizeof(*ret);
	if (path[0] == '@') {
		ret->sun_path[0] = '\0';
		*ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	}
	return 0;
}

static int send_text(int sock, const char *text)
{
	ssize_t r = send(sock, text, strlen(text), MSG_NOSIGNAL);

	return r < 0 ? -errno : 0;
}

/* The other side closes its copy of the pipe when it has come that far. */
static int barrier(int sock)
{
	char text[] = "BARRIER=1";
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} ctl = { .space = { 0 } };
	struct iovec iov = { text, sizeof(text) - 1 };
	struct msghdr mh = { .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = &ctl,
			     .msg_controllen = sizeof(ctl) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&mh);
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	AUTO(fd) int mine = fds[0];
	AUTO(fd) int theirs = fds[1];

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &theirs, sizeof(int));
	if (sendmsg(sock, &mh, MSG_NOSIGNAL) < 0)
		return -errno;
	(void)close(theirs);
	theirs = -1;
	struct pollfd p = { .fd = mine, .events = POLLIN };
	int r = poll(&p, 1, BARRIER_MS);

	return r < 0 ? -errno : r == 0 ? -ETIMEDOUT : 0;
}

/* The line of the datagram that says READY=, NUL-terminated, or NULL. */
static char *ready_line(char *text)
{
	for (char *line = text; line && *line;) {
		char *end = strchr(line, '\n');

		if (end)
			*end = '\0';
		if (str_starts(line, "READY="))
			return line;
		line = end ? end + 1 : NULL;
	}
	return NULL;
}

static int pass_on(const struct notify *n, const char *line, pid_t main_pid)
{
	AUTO(fd) int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const struct timeval wait = { .tv_sec = BARRIER_MS / 1000 };
	AUTO(str) char *ready = xasprintf("%s\n", line);
	AUTO(str) char *pid = xasprintf("MAINPID=%d\n", main_pid);
	struct sockaddr_un sa;
	socklen_t len;
	int r = host_address(n->host, &sa, &len);

	if (r < 0 || sock < 0)
		return r < 0 ? r : -errno;
	(void)setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (connect(sock, (struct sockaddr *)&sa, len) < 0)
		return -errno;
	r = send_text(sock, ready);
	if (r == 0 && !n->ready)
		r = send_text(sock, pid);
	return r < 0 ? r : barrier(sock);
}

void notify_relay(struct notify *n, pid_t main_pid)
{
	char buf[DATAGRAM_MAX + 1];
	ssize_t got;

	while ((got = recv(n->fd, buf, DATAGRAM_MAX, MSG_DONTWAIT)) >= 0) {
		buf[got] = '\0';
		const char *line = ready_line(buf);

		if (!line)
			continue;
		int r = pass_on(n, line, main_pid);

		if (r < 0)
			log_warn("cannot tell '%s' that the container is ready: %s, ignoring",
				 n->host, errno_text(-r));
		n->ready = true;
	}
}

int notify_wait(struct notify *n, pid_t main_pid, int pidfd, struct err *e)
{
	struct pollfd p[2] = { { .fd = n->fd, .events = POLLIN },
			       { .fd = pidfd, .events = POLLIN } };

	/* the user's own wait, as long as the program takes; it ends with it */
	while (n->fd >= 0 && !n->ready) {
		int r = poll(p, 2, -1);

		if (r < 0 && errno != EINTR)
			return err_errno(e, errno,
					 "cannot wait for the container to be ready");
		if (r > 0 && p[0].revents & POLLIN)
			notify_relay(n, main_pid);
		else if (r > 0 && p[1].revents)
			return 0;
	}
	return 0;
}

void notify_close(struct notify *n)
{
	if (n->fd >= 0)
		(void)close(n->fd);
	n->fd = -1;
}
