/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conversation with one `criu swrk` over a SOCK_SEQPACKET pair: a request,
 * notifications that want an answer, a reply. Packs and unpacks; must not know
 * what the options mean. What criu sends is not trusted to be well-formed.
 */
#include "config.h"
#include "criu/internal.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/spawn.h"
#include "base/str.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/banned.h"

#define SOCK_NUMBER 3 /* behind 0, 1 and 2 of criu */
/* Questions about itself are a matter of milliseconds. */
#define ASK_MS (30 * 1000)
/* A dump may take as long as its memory is large; but something must move. */
#define LOOK_MS (5 * 1000)
#define IDLE_MS (120 * 1000)
#define END_MS (30 * 1000)
#define REPLY_MAX 65536
#define MAX_FDS 64

const char *criu_type_name(int type)
{
	switch (type) {
	case CRIU_DUMP:
		return "DUMP";
	case CRIU_RESTORE:
		return "RESTORE";
	case CRIU_PRE_DUMP:
		return "PRE_DUMP";
	case CRIU_NOTIFY:
		return "NOTIFY";
	case CRIU_FEATURES:
		return "FEATURE_CHECK";
	case CRIU_VERSION:
		return "VERSION";
	default:
		return "EMPTY";
	}
}

int criu_conv_start(struct criu_conv *c, const struct criu_start *s,
		    struct err *e)
{
	char number[] = { '0' + SOCK_NUMBER, '\0' };
	char name[] = "criu", mode[] = "swrk";
	char *argv[] = { name, mode, number, NULL };
	int all[MAX_FDS] = { -1, -1, -1 }, pair[2];
	struct spawn spawn = {
		.path = s->program, .argv = argv, .envp = environ,
		.fds = all, .n_fds = s->n_fds + 1,
		.own_group = s->own_group, .own_mounts = s->own_mounts,
		.prepare = s->prepare, .arg = s->arg,
	};

	if (s->n_fds < 3 || spawn.n_fds > MAX_FDS)
		return err_set(e, E2BIG, "too many descriptors for criu: %zu",
			       s->n_fds);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(e, errno, "cannot make a socket pair for criu");
	c->sock = pair[0];
	AUTO(fd) int theirs = pair[1];

	memcpy(all, s->fds, 3 * sizeof(*all));
	all[SOCK_NUMBER] = theirs;
	memcpy(all + SOCK_NUMBER + 1, s->fds + 3, (s->n_fds - 3) * sizeof(*all));
	int r = spawn_start(&spawn, &c->pid, &c->pidfd);

	if (r < 0)
		return err_errno(e, -r, "cannot start '%s'", s->program);
	return 0;
}

void criu_conv_end(struct criu_conv *c)
{
	int status = 0;

	/* end-of-file: criu that wants to say something undoes what it did */
	if (c->sock >= 0)
		(void)close(c->sock);
	c->sock = -1;
	if (c->pid > 0) {
		int r = spawn_end(c->pid, c->pidfd, deadline_in_ms(END_MS),
				  &status);

		if (r < 0)
			log_warn("criu (pid %d) did not end by itself", c->pid);
		else
			log_debug("criu (pid %d) ended with status %d", c->pid,
				  proc_exit_code(status));
	}
	c->pid = 0;
	if (c->pidfd >= 0)
		(void)close(c->pidfd);
	c->pidfd = -1;
}

static int died(const struct criu_conv *c, struct err *e)
{
	return err_set(e, EPIPE, "criu (pid %d) died without a reply", c->pid);
}

static int conv_send(const struct criu_conv *c, const CriuRpc__Request *req,
		     struct err *e)
{
	size_t n = criu_rpc__request__get_packed_size(req);
	AUTO(str) char *buf = xmalloc(n + 1);

	(void)criu_rpc__request__pack(req, (uint8_t *)buf);
	/* a SOCK_SEQPACKET takes all or nothing */
	if (send(c->sock, buf, n, MSG_NOSIGNAL) >= 0)
		return 0;
	if (errno == EPIPE)
		return died(c, e);
	return err_errno(e, errno, "cannot talk to criu (pid %d)", c->pid);
}

/* The descriptor that came with a message, or -1; CLOEXEC. */
static int take_fd_of(struct msghdr *mh)
{
	struct cmsghdr *cm = CMSG_FIRSTHDR(mh);
	int fd = -1;

	if (cm && cm->cmsg_level == SOL_SOCKET && cm->cmsg_type == SCM_RIGHTS &&
	    cm->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(cm), sizeof(fd));
	return fd;
}

static int conv_recv(const struct criu_conv *c, CriuRpc__Reply **ret,
		     int *ret_fd, struct err *e)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} ctl;
	AUTO(str) char *buf = xmalloc(REPLY_MAX);
	struct iovec iov = { buf, REPLY_MAX };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1,
			     .msg_control = &ctl, .msg_controllen = sizeof(ctl) };
	ssize_t n = recvmsg(c->sock, &mh, MSG_CMSG_CLOEXEC);

	if (n < 0 && errno != ECONNRESET)
		return err_errno(e, errno, "cannot hear criu (pid %d)", c->pid);
	if (n <= 0)
		return died(c, e);
	AUTO(fd) int fd = take_fd_of(&mh);

	*ret = mh.msg_flags & MSG_TRUNC ? NULL :
		criu_rpc__reply__unpack(NULL, (size_t)n, (uint8_t *)buf);
	if (!*ret)
		return err_set(e, EPROTO, "criu sent what is no reply (%zd bytes)", n);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/*
 * CPU time of criu so far: a process that does anything uses some. At a restore
 * the processes that it makes do the work, and they are no children of it.
 */
static uint64_t activity(const struct criu_conv *c, const struct criu_listener *l)
{
	struct proc_stat st;
	uint64_t others = l && l->activity ? l->activity(l->arg) : 0;

	return others + (proc_read_stat(c->pid, &st) == 0 ? st.cpu : 0);
}

static int stuck(const struct criu_conv *c, const char *what, struct err *e)
{
	char text[256];

	(void)err_set(e, ETIMEDOUT, "criu does not answer to %s: %s", what,
		      proc_describe(c->pid, text, sizeof(text)));
	return err_hint(e, "it did nothing for %d s", IDLE_MS / 1000);
}

/*
 * Until there is something to read. With a listener the bound is for doing nothing:
 * criu may work as long as it has to. Its end is looked at, too: what it was making
 * holds its end of the socket, so that there is no end-of-file.
 */
static int await(const struct criu_conv *c, const struct criu_listener *l,
		 const char *what, int64_t limit_ms, struct err *e)
{
	struct pollfd p[] = { { .fd = c->sock, .events = POLLIN },
			      { .fd = c->pidfd, .events = POLLIN } };
	deadline_t end = deadline_in_ms(limit_ms);
	uint64_t seen = activity(c, l);

	for (;;) {
		int n = poll(p, 2, LOOK_MS);

		/* what it has said before comes first */
		if (n > 0 && (p[0].revents || poll(p, 1, 0) > 0))
			return 0;
		if (n > 0)
			return died(c, e);
		if (n < 0 && errno != EINTR)
			return err_errno(e, errno, "cannot wait for criu");
		uint64_t now = activity(c, l);

		if (l && (l->patient || now != seen))
			end = deadline_in_ms(limit_ms);
		seen = now;
		if (deadline_poll_ms(end) == 0)
			return stuck(c, what, e);
	}
}

static int failure(const CriuRpc__Reply *r, struct err *e)
{
	int code = r->has_cr_errno && r->cr_errno > 0 ? r->cr_errno : EIO;

	/* its words are in the log: what a reply has is the first of them only */
	return err_set(e, code, "criu failed: type %s errno %d",
		       criu_type_name(r->type),
		       r->has_cr_errno ? r->cr_errno : 0);
}

/*
 * Tell the listener, then criu. When the listener fails, criu is told so, undoes
 * what it did and says that it failed; ours is the error that counts.
 */
static int on_notify(const struct criu_conv *c, const struct criu_listener *l,
		     const CriuRpc__Reply *r, int fd, struct err *own,
		     struct err *e)
{
	CriuRpc__Request answer = CRIU_RPC__REQUEST__INIT;
	const char *script = r->notify && r->notify->script ? r->notify->script :
							      "";
	pid_t pid = r->notify && r->notify->has_pid ? r->notify->pid : 0;

	log_debug("criu notifies: %s", script);
	answer.type = CRIU_NOTIFY;
	answer.has_notify_success = true;
	answer.notify_success = true;
	if (!own->code && l && l->notify &&
	    l->notify(l->arg, script, pid, fd, own) < 0)
		answer.notify_success = false;
	return conv_send(c, &answer, e);
}

static void close_status(const struct criu_listener *l)
{
	if (!l || !l->status_fd || *l->status_fd < 0)
		return;
	(void)close(*l->status_fd);
	*l->status_fd = -1;
}

/* 1: go on, 0: the reply that was waited for. */
static int next(struct criu_conv *c, const CriuRpc__Request *req,
		const struct criu_listener *l, struct err *own, struct err *e)
{
	AUTO(criu_reply) CriuRpc__Reply *r = NULL;
	AUTO(fd) int fd = -1;

	if (await(c, l, criu_type_name(req->type), IDLE_MS, e) < 0 ||
	    conv_recv(c, &r, &fd, e) < 0)
		return -e->code;
	close_status(l);
	if (!r->success)
		return failure(r, e);
	if (r->type == CRIU_NOTIFY)
		return on_notify(c, l, r, fd, own, e) < 0 ? -e->code : 1;
	if (r->type != req->type)
		return err_set(e, EPROTO, "criu answers %s to %s",
			       criu_type_name(r->type),
			       criu_type_name(req->type));
	return 0;
}

int criu_conv_run(struct criu_conv *c, const CriuRpc__Request *req,
		  const struct criu_listener *l, struct err *e)
{
	struct err own = ERR_INIT;
	int r = conv_send(c, req, e);

	for (r = r < 0 ? r : 1; r > 0;)
		r = next(c, req, l, &own, e);
	if (own.code) {
		*e = own;
		c->refused = true;
		return -e->code;
	}
	return r;
}

int criu_ask(const char *program, CriuRpc__Request *req, CriuRpc__Reply **ret,
	     struct err *e)
{
	AUTO(criu_conv) struct criu_conv c = CRIU_CONV_INIT;
	AUTO(criu_reply) CriuRpc__Reply *r = NULL;
	AUTO(fd) int fd = -1;
	const int null_fds[] = { -1, -1, -1 };
	const struct criu_start start = { .program = program, .fds = null_fds,
					  .n_fds = 3, .own_group = true };

	if (criu_conv_start(&c, &start, e) < 0 || conv_send(&c, req, e) < 0 ||
	    await(&c, NULL, criu_type_name(req->type), ASK_MS, e) < 0 ||
	    conv_recv(&c, &r, &fd, e) < 0)
		return -e->code;
	if (!r->success)
		return failure(r, e);
	*ret = TAKE_PTR(r);
	return 0;
}
