/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hand-over of a listener (seccomp_notify.h). Parent only. Upholds I2, and
 * I6: what arrives from init is a listener or it goes nowhere. The agent is the
 * user's program: every wait for it has a bound.
 */
#include "config.h"
#include "runtime/seccomp_notify.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/sys.h"
#include "hook/hook.h"
#include "runtime/sock.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/banned.h"

#define AGENT_WAIT_S 10

void seccomp_notify_json(const struct seccomp_agent *a, struct str *out)
{
	AUTO(str) char *state = hook_state_json(a->id, a->status, a->container_pid,
						a->bundle, a->annotations);

	/* "seccompFd": the name that the specification gives the descriptor */
	str_addf(out, "{\"ociVersion\":\"1.3.0\",\"fds\":[\"seccompFd\"],\"pid\":%d",
		 (int)a->pid);
	if (a->seccomp->listener_metadata) {
		str_add(out, ",\"metadata\":");
		str_add_json(out, a->seccomp->listener_metadata);
	}
	str_add(out, ",\"state\":");
	str_add(out, state);
	str_addc(out, '}');
}

/* The descriptor goes with the first byte, the rest of the text may follow. */
static int send_state(int sock, const struct str *text, int listener)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} ctl = { .space = { 0 } };
	struct iovec iov = { text->p, text->len };
	struct msghdr mh = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &ctl, .msg_controllen = sizeof(ctl),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&mh);
	ssize_t n;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &listener, sizeof(listener));
	do
		n = sendmsg(sock, &mh, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return fd_write_full(sock, text->p + n, text->len - (size_t)n);
}

int seccomp_notify_send(const struct seccomp_agent *a, int listener,
			struct err *e)
{
	const struct timeval wait = { .tv_sec = AGENT_WAIT_S };
	const char *path = a->seccomp->listener_path;
	AUTO(strbuf) struct str text = { 0 };
	AUTO(fd) int sock = -1;
	int r;

	if (sock_connect(path, "listenerPath", &sock, e) < 0) {
		(void)err_wrap(e, "failed to connect with seccomp agent");
		return err_at(e, "/linux/seccomp/listenerPath");
	}
	(void)setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	seccomp_notify_json(a, &text);
	r = send_state(sock, &text, listener);
	if (r == 0)
		return 0;
	(void)err_errno(e, -r, "cannot send the listener to the seccomp agent '%s'",
			path);
	if (r == -EAGAIN)
		(void)err_hint(e, "it has not read for %d seconds", AGENT_WAIT_S);
	return err_at(e, "/linux/seccomp/listenerPath");
}

bool seccomp_is_listener(int fd)
{
	uint64_t id = 0;

	/* no notification has the id 0; other files do not know the question */
	return ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) < 0 && errno == ENOENT;
}

int seccomp_notify_fetch(int pidfd, uint32_t number, int *ret_fd, struct err *e)
{
	AUTO(fd) int fd = number > INT32_MAX ?
				  -EBADF : sys_pidfd_getfd(pidfd, (int)number);

	if (fd < 0) {
		(void)err_errno(e, -fd, "cannot take the seccomp listener from init");
		if (fd == -EPERM)
			(void)err_hint(e,
				       "the filter refuses sendmsg(2), and without it this needs the right to ptrace init (CAP_SYS_PTRACE, kernel.yama.ptrace_scope)");
		return err_at(e, "/linux/seccomp");
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}
