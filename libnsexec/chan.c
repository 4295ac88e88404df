/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The channel between the processes of one start (chan.h). Owns the wire form,
 * the one table of lengths and descriptor counts, and the wording of "the peer
 * died". Must not act on a message: that is the caller's business.
 *
 * Upholds I2 (MSG_CMSG_CLOEXEC) and I6: nothing of a received packet is used
 * before it has been checked against its row, and a packet that fails the check
 * leaves no descriptor behind.
 */
#include "config.h"
#include "libnsexec/chan.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/proc.h"
#include "base/sys.h"
#include "libnsexec/program.h"

#include "base/banned.h"

/* glibc before 2.36 lacks the name; the value is the kernel's. */
#define WAIT_PIDFD ((idtype_t)3)

/* A dead peer closes its descriptors before it can be waited for. */
#define DEATH_MS 1000

struct wire_head {
	uint32_t type;
	uint32_t len;
};

struct wire_error {
	struct err err;
	uint32_t step;
};

_Static_assert(sizeof(struct wire_error) <= CHAN_MAX_PAYLOAD,
	       "an error must fit in one message");

struct row {
	const char *name;
	uint32_t min, max; /* bytes of payload */
	int fds;	   /* exactly, or one of these */
};

/* of struct row */
#define FDS_SOME    (-1) /* one or more */
#define FDS_PERHAPS (-2) /* one or none */

/* The message table of chan.h. */
static const struct row rows[_CHAN_TYPE_MAX] = {
	[CHAN_REQUEST] = { "REQUEST", 0, 0, FDS_SOME },
	[CHAN_UNBORN] = { "UNBORN", 8, 8, 0 },
	[CHAN_BORN] = { "BORN", 0, 0, 0 },
	[CHAN_NEED_IDMAP] = { "NEED_IDMAP", 0, 0, 0 },
	[CHAN_IDMAP_DONE] = { "IDMAP_DONE", 0, 0, 0 },
	[CHAN_INIT_PID] = { "INIT_PID", 0, 0, 1 },
	[CHAN_NETNS] = { "NETNS", 0, 0, 1 },
	[CHAN_ROOTFS_READY] = { "ROOTFS_READY", 0, 0, 0 },
	[CHAN_HOOKS_DONE] = { "HOOKS_DONE", 0, 0, 0 },
	[CHAN_NEED_LIMITS] = { "NEED_LIMITS", 0, 0, 0 },
	[CHAN_LIMITS_DONE] = { "LIMITS_DONE", 0, 0, 0 },
	[CHAN_SECCOMP_FD] = { "SECCOMP_FD", 0, 0, 1 },
	[CHAN_SECCOMP_NR] = { "SECCOMP_NR", 4, 4, 0 },
	[CHAN_SECCOMP_DONE] = { "SECCOMP_DONE", 0, 0, 0 },
	[CHAN_NEED_MOUNT_FD] = { "NEED_MOUNT_FD", 4, 4, 0 },
	[CHAN_MOUNT_FD] = { "MOUNT_FD", 0, 0, 1 },
	[CHAN_READY] = { "READY", 0, 0, FDS_PERHAPS },
	[CHAN_RUN] = { "RUN", 0, 0, 0 },
	[CHAN_LOG] = { "LOG", 1, CHAN_MAX_PAYLOAD, 0 },
	[CHAN_ERROR] = { "ERROR", sizeof(struct wire_error),
			 sizeof(struct wire_error), 0 },
};

const char *chan_type_name(enum chan_type type)
{
	unsigned int t = (unsigned int)type;

	return t < _CHAN_TYPE_MAX && rows[t].name ? rows[t].name : "?";
}

int chan_pair(int *ret_a, int *ret_b)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	*ret_a = pair[0];
	*ret_b = pair[1];
	return 0;
}

static bool fds_fit(const struct row *row, int n)
{
	if (row->fds == FDS_SOME)
		return n >= 1 && n <= CHAN_MAX_FDS;
	return row->fds == FDS_PERHAPS ? n <= 1 : n == row->fds;
}

/* What this end is waiting for, in the words of a message. */
static const char *awaited(enum chan_type want)
{
	return want ? chan_type_name(want) : "a message";
}

/*
 * How the peer ended: "died (signal 9 …)", or that it lives and has closed the
 * channel. Never reaps (WNOWAIT): the status belongs to whoever owns the child.
 */
static const char *peer_fate(const struct chan *c, char *buf, size_t size)
{
	siginfo_t si = { 0 };
	char text[64];
	int status;

	if (c->peer_pidfd < 0)
		return "died";
	if (pidfd_wait(c->peer_pidfd, deadline_in_ms(DEATH_MS)) == -ETIMEDOUT)
		return "closed the channel";
	if (waitid(WAIT_PIDFD, (id_t)c->peer_pidfd, &si,
		   WEXITED | WNOHANG | WNOWAIT) < 0 ||
	    si.si_pid == 0)
		return "died";
	status = si.si_code == CLD_EXITED ? (si.si_status & 0xff) << 8
					  : si.si_status & 0x7f;
	(void)snprintf(buf, size, "died (%s)",
		       proc_status_text(status, text, sizeof(text)));
	return buf;
}

static int error_eof(const struct chan *c, enum chan_type want, struct err *e)
{
	char fate[96];

	return err_set(e, EPIPE, "%s %s while %s waited for %s", c->peer,
		       peer_fate(c, fate, sizeof(fate)), c->self,
		       awaited(want));
}

/* A wait that ended before its message came: the deadline, or cancel_fd. */
static int error_waiting(const struct chan *c, int code, enum chan_type want,
			 struct err *e)
{
	const char *how = code == EINTR ? "" : "timed out: ";
	char what[160];

	if (c->peer_pid <= 0)
		return err_set(e, code, "%s%s waited for %s from %s", how,
			       c->self, awaited(want), c->peer);
	return err_set(e, code, "%s%s waited for %s from %s (%s)", how, c->self,
		       awaited(want), c->peer,
		       proc_describe(c->peer_pid, what, sizeof(what)));
}

/* Room for more descriptors than any row takes, so that too many are seen. */
union control {
	struct cmsghdr align;
	uint8_t buf[CMSG_SPACE(sizeof(int) * CHAN_MAX_FDS)];
};

static int send_packet(int fd, enum chan_type type, const void *payload,
		       size_t len, const int *fds, int n_fds, int flags)
{
	struct wire_head head = { (uint32_t)type, (uint32_t)len };
	struct iovec iov[2] = {
		{ &head, sizeof(head) },
		/* sendmsg(2) only reads it */
		{ (void *)(uintptr_t)payload, len },
	};
	union control control = { .buf = { 0 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = len ? 2 : 1 };
	ssize_t n;

	if (n_fds > 0) {
		size_t size = sizeof(int) * (size_t)n_fds;
		struct cmsghdr *cmsg = &control.align;

		/* these are size_t in glibc, socklen_t in musl */
		msg.msg_control = control.buf;
		msg.msg_controllen = (__typeof__(msg.msg_controllen))CMSG_SPACE(size);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = (__typeof__(cmsg->cmsg_len))CMSG_LEN(size);
		memcpy(CMSG_DATA(cmsg), fds, size);
	}
	do
		n = sendmsg(fd, &msg, MSG_NOSIGNAL | flags);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/* chan.plain: one packet is one write(2). The sender ignores SIGPIPE. */
static int write_packet(int fd, enum chan_type type, const void *payload,
			size_t len)
{
	const struct wire_head head = { (uint32_t)type, (uint32_t)len };
	uint8_t buf[sizeof(head) + CHAN_MAX_PAYLOAD];
	ssize_t n;

	memcpy(buf, &head, sizeof(head));
	if (len > 0)
		memcpy(buf + sizeof(head), payload, len);
	do
		n = write(fd, buf, sizeof(head) + len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static int send_any(struct chan *c, enum chan_type type, const void *payload,
		    size_t len, const int *fds, int n_fds)
{
	if (c->plain && n_fds == 0)
		return write_packet(c->fd, type, payload, len);
	return send_packet(c->fd, type, payload, len, fds, n_fds, 0);
}

int chan_send(struct chan *c, enum chan_type type, const void *payload,
	      size_t len, const int *fds, int n_fds, struct err *e)
{
	unsigned int t = (unsigned int)type;
	char fate[96];
	int r;

	if (t >= _CHAN_TYPE_MAX || !rows[t].name || len < rows[t].min ||
	    len > rows[t].max || !fds_fit(&rows[t], n_fds))
		return err_set(
			e, EINVAL,
			"message %s with %zu bytes and %d descriptors is not in the protocol",
			chan_type_name(type), len, n_fds);
	/* Before the send: the parent may exit as soon as it has answered. */
	if (type == CHAN_READY && !c->plain) /* then done already */
		(void)prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	r = send_any(c, type, payload, len, fds, n_fds);
	if (r == 0)
		return 0;
	if (r != -EPIPE && r != -ECONNRESET)
		return err_errno(e, -r, "cannot send %s to %s",
				 chan_type_name(type), c->peer);
	if (!c->plain && chan_pending_error(c, e))
		return -e->code;
	return err_set(e, EPIPE, "cannot send %s: %s %s", chan_type_name(type),
		       c->peer, peer_fate(c, fate, sizeof(fate)));
}

static struct cmsghdr *next_cmsg(struct msghdr *mh, struct cmsghdr *cmsg)
{
	/* musl's macro mixes signs */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
	return CMSG_NXTHDR(mh, cmsg);
#pragma GCC diagnostic pop
}

/* Move the descriptors of a packet into msg; false if there are too many. */
static bool take_fds(struct msghdr *mh, struct chan_msg *msg)
{
	struct cmsghdr *cmsg;
	bool good = true;

	for (cmsg = CMSG_FIRSTHDR(mh); cmsg; cmsg = next_cmsg(mh, cmsg)) {
		size_t n;

		if (cmsg->cmsg_level != SOL_SOCKET ||
		    cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int),
			       sizeof(fd));
			if (msg->n_fds < CHAN_MAX_FDS) {
				msg->fds[msg->n_fds++] = fd;
			} else {
				(void)close(fd);
				good = false;
			}
		}
	}
	return good && !(mh->msg_flags & MSG_CTRUNC);
}

/* Why a packet of n bytes breaks the protocol; NULL if it is good. */
static const char *check(const struct wire_head *head, size_t n, int msg_flags,
			 const struct chan_msg *msg)
{
	const struct row *row;

	if (msg_flags & MSG_TRUNC || n < sizeof(*head) ||
	    head->len != n - sizeof(*head))
		return "wrong length";
	if (head->type >= _CHAN_TYPE_MAX || !rows[head->type].name)
		return "unknown type";
	row = &rows[head->type];
	if (head->len < row->min || head->len > row->max)
		return "wrong length for its type";
	if (!fds_fit(row, msg->n_fds))
		return "wrong number of descriptors";
	return NULL;
}

/* chan.plain: one packet is one read(2), which waits for it. */
static ssize_t read_packet(int fd, struct wire_head *head, uint8_t *payload)
{
	uint8_t buf[sizeof(*head) + CHAN_MAX_PAYLOAD];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n < (ssize_t)sizeof(*head))
		return n;
	memcpy(head, buf, sizeof(*head));
	memcpy(payload, buf + sizeof(*head), (size_t)n - sizeof(*head));
	return n;
}

/*
 * One packet, checked. 0, -EAGAIN (only with MSG_DONTWAIT), -EPIPE without *e
 * at the end of file, or another error with *e set.
 */
static int recv_packet(struct chan *c, struct chan_msg *msg, int flags,
		       struct err *e)
{
	struct wire_head head = { 0, 0 };
	struct iovec iov[2] = {
		{ &head, sizeof(head) },
		{ msg->payload, sizeof(msg->payload) },
	};
	union control control;
	struct msghdr mh = {
		.msg_iov = iov,
		.msg_iovlen = 2,
		.msg_control = control.buf,
		.msg_controllen = c->plain ? 0 : sizeof(control.buf),
	};
	const char *why;
	bool fds_good;
	ssize_t n;

	msg->n_fds = 0;
	/*
	 * A peer that closes before it has read everything of ours makes the
	 * next call fail with ECONNRESET, once; what it sent is still there.
	 */
	do
		n = c->plain ? read_packet(c->fd, &head, msg->payload) :
			       recvmsg(c->fd, &mh, MSG_CMSG_CLOEXEC | flags);
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0 && errno == EAGAIN)
		return -EAGAIN;
	if (n < 0)
		return err_errno(e, errno, "cannot receive from %s", c->peer);
	/* An empty packet with descriptors is possible: they go first. */
	fds_good = take_fds(&mh, msg);
	if (n == 0) {
		chan_msg_close(msg);
		return -EPIPE;
	}
	why = check(&head, (size_t)n, mh.msg_flags, msg);
	if (!why && !fds_good)
		why = "too many descriptors";
	if (why) {
		chan_msg_close(msg);
		return err_set(e, EPROTO,
			       "%s sent a malformed message (type %u): %s",
			       c->peer, head.type, why);
	}
	msg->type = (enum chan_type)head.type;
	msg->len = head.len;
	return 0;
}

/* Re-emit a LOG line with the sender's level. */
static void emit_log(const struct chan_msg *msg)
{
	if (msg->payload[0] > LOGL_DEBUG || msg->payload[0] > log_level_get())
		return;
	log_msg((enum log_level)msg->payload[0], "%.*s", (int)msg->len - 1,
		(const char *)msg->payload + 1);
}

/* The error of an ERROR message, made safe. Returns negative. */
static int take_error(const struct chan *c, const struct chan_msg *msg,
		      uint32_t *ret_step, struct err *e)
{
	struct wire_error w;

	memcpy(&w, msg->payload, sizeof(w));
	w.err.pointer[sizeof(w.err.pointer) - 1] = '\0';
	w.err.msg[sizeof(w.err.msg) - 1] = '\0';
	w.err.hint[sizeof(w.err.hint) - 1] = '\0';
	if (w.err.code < 1 || w.err.code > 4095)
		w.err.code = EPROTO;
	if (w.err.exit_code < 0 || w.err.exit_code > 255)
		w.err.exit_code = 0;
	if (!w.err.msg[0])
		(void)err_set(&w.err, w.err.code, "%s failed without a reason",
			      c->peer);
	if (ret_step)
		*ret_step = w.step;
	*e = w.err;
	return -e->code;
}

/* Wait until something can be read. 0, -ETIMEDOUT, -EINTR or -errno. */
static int wait_readable(const struct chan *c, deadline_t deadline)
{
	struct pollfd p[2] = {
		{ .fd = c->fd, .events = POLLIN },
		{ .fd = c->cancel_fd > 0 ? c->cancel_fd : -1, .events = POLLIN },
	};
	int r;

	do
		r = poll(p, 2, deadline_poll_ms(deadline));
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	if (p[1].revents)
		return -EINTR;
	return r == 0 ? -ETIMEDOUT : 0;
}

int chan_recv(struct chan *c, enum chan_type want, struct chan_msg *ret,
	      deadline_t deadline, uint32_t *ret_step, struct err *e)
{
	int r;

	for (;;) {
		r = c->plain ? 0 : wait_readable(c, deadline);
		if (r == -ETIMEDOUT || r == -EINTR)
			return error_waiting(c, -r, want, e);
		if (r < 0)
			return err_errno(e, -r, "cannot wait for %s", c->peer);
		r = recv_packet(c, ret, MSG_DONTWAIT, e);
		if (r == -EAGAIN)
			continue;
		if (r == -EPIPE)
			return error_eof(c, want, e);
		if (r < 0)
			return r;
		if (ret->type == CHAN_LOG) {
			emit_log(ret);
			continue;
		}
		if (ret->type == CHAN_ERROR)
			return take_error(c, ret, ret_step, e);
		if (!want || ret->type == want ||
		    (want == CHAN_INIT_PID && ret->type == CHAN_UNBORN))
			return 0;
		chan_msg_close(ret);
		return err_set(e, EPROTO, "%s sent %s while %s waited for %s",
			       c->peer, chan_type_name(ret->type), c->self,
			       awaited(want));
	}
}

int chan_expect(struct chan *c, enum chan_type want, deadline_t deadline,
		struct err *e)
{
	struct chan_msg msg;
	int r;

	msg.n_fds = 0;
	r = chan_recv(c, want, &msg, deadline, NULL, e);
	if (r == 0)
		chan_msg_close(&msg);
	return r;
}

bool chan_pending_error(struct chan *c, struct err *e)
{
	struct chan_msg msg;
	struct err ignored = ERR_INIT;

	while (c->fd >= 0 &&
	       recv_packet(c, &msg, MSG_DONTWAIT, &ignored) == 0) {
		if (msg.type == CHAN_LOG)
			emit_log(&msg);
		chan_msg_close(&msg);
		if (msg.type == CHAN_UNBORN && nsx_zygote_why(msg.payload, e))
			return true;
		if (msg.type != CHAN_ERROR)
			continue;
		(void)take_error(c, &msg, NULL, e);
		return true;
	}
	return false;
}

void chan_send_err(struct chan *c, const struct err *err, uint32_t step)
{
	struct wire_error w = { *err, step };

	if (c->fd >= 0)
		(void)send_any(c, CHAN_ERROR, &w, sizeof(w), NULL, 0);
}

void chan_send_log(struct chan *c, enum log_level level, const char *text)
{
	uint8_t payload[CHAN_MAX_PAYLOAD] = { (uint8_t)level };
	size_t len = strnlen(text, sizeof(payload) - 1);

	memcpy(payload + 1, text, len);
	if (c->fd >= 0)
		(void)send_any(c, CHAN_LOG, payload, len + 1, NULL, 0);
}

void chan_msg_close(struct chan_msg *msg)
{
	for (int i = 0; i < msg->n_fds; i++) {
		if (msg->fds[i] >= 0)
			(void)close(msg->fds[i]);
		msg->fds[i] = -1;
	}
	msg->n_fds = 0;
}

void chan_close(struct chan *c)
{
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
}
