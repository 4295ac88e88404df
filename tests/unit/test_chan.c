/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The channel: every row of its table in both directions, every way to break
 * it, and no descriptor left behind by a packet that is refused.
 */
#include "config.h"
#include "libnsexec/chan.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"
#include "tests/tap.h"

#define ERROR_SIZE (sizeof(struct err) + sizeof(uint32_t))

static const struct {
	enum chan_type type;
	uint32_t len;
	int fds;
} rows[] = {
	{ CHAN_BORN, 0, 0 },	      { CHAN_NEED_IDMAP, 0, 0 },
	{ CHAN_IDMAP_DONE, 0, 0 },    { CHAN_INIT_PID, 0, 1 },
	{ CHAN_UNBORN, 8, 0 },
	{ CHAN_NETNS, 0, 1 },
	{ CHAN_ROOTFS_READY, 0, 0 },  { CHAN_HOOKS_DONE, 0, 0 },
	{ CHAN_SECCOMP_FD, 0, 1 },    { CHAN_SECCOMP_DONE, 0, 0 },
	{ CHAN_SECCOMP_NR, 4, 0 },
	{ CHAN_NEED_MOUNT_FD, 4, 0 }, { CHAN_MOUNT_FD, 0, 1 },
	{ CHAN_READY, 0, 1 },	      { CHAN_RUN, 0, 0 },
};

struct pair {
	struct chan a, b;
};

static struct pair make_pair(void)
{
	struct pair p = { CHAN_INIT, CHAN_INIT };

	if (chan_pair(&p.a.fd, &p.b.fd) < 0)
		bail("chan_pair");
	p.a.self = p.b.peer = "parent";
	p.a.peer = p.b.self = "init";
	return p;
}

static void close_pair(struct pair *p)
{
	chan_close(&p->a);
	chan_close(&p->b);
}

static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fd_valid(fd);
	return n;
}

static void test_rows(void)
{
	struct pair p = make_pair();
	struct chan_msg msg;
	struct err e = ERR_INIT;
	const int null[] = { 2, 2 };
	int before = open_fds();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *name = chan_type_name(rows[i].type);

		is_int(chan_send(&p.b, rows[i].type, "abcdefgh", rows[i].len,
				 null, rows[i].fds, &e),
		       0, "send %s", name);
		is_int(chan_recv(&p.a, rows[i].type, &msg, deadline_in_ms(1000),
				 NULL, &e),
		       0, "receive %s", name);
		ok(msg.type == rows[i].type && msg.len == rows[i].len &&
			   msg.n_fds == rows[i].fds &&
			   memcmp(msg.payload, "abcdefgh", msg.len) == 0,
		   "%s arrives as it was", name);
		if (msg.n_fds)
			is_int(fcntl(msg.fds[0], F_GETFD), FD_CLOEXEC,
			       "%s: its descriptor is CLOEXEC", name);
		chan_msg_close(&msg);
		is_int(chan_send(&p.b, rows[i].type, "abcdefghi",
				 rows[i].len + 1, null, rows[i].fds, &e),
		       -EINVAL, "%s: a wrong length is not sent", name);
		is_int(chan_send(&p.b, rows[i].type, "abcd", rows[i].len, null,
				 rows[i].fds + 1, &e),
		       -EINVAL, "%s: a wrong number of descriptors neither",
		       name);
	}
	is_int(open_fds(), before, "no descriptor is left");
	is_str(chan_type_name((enum chan_type)77), "?", "name of no type");
	is_str(chan_type_name((enum chan_type)0), "?", "name of type 0");
	close_pair(&p);
}

/* With write(2) and read(2) alone, as under a filter. */
static void test_plain(void)
{
	struct pair p = make_pair();
	struct chan_msg msg;
	struct err e = ERR_INIT;
	const struct sigaction ign = { .sa_handler = SIG_IGN };
	uint32_t step = 0;

	(void)sigaction(SIGPIPE, &ign, NULL);
	p.b.plain = true;
	is_int(chan_send(&p.b, CHAN_SECCOMP_NR, "abcd", 4, NULL, 0, &e), 0,
	       "plain: send");
	is_int(chan_recv(&p.a, CHAN_SECCOMP_NR, &msg, deadline_in_ms(1000), NULL,
			 &e), 0, "plain: the other end reads it");
	ok(msg.len == 4 && memcmp(msg.payload, "abcd", 4) == 0, "plain: whole");
	is_int(chan_send(&p.a, CHAN_SECCOMP_DONE, NULL, 0, NULL, 0, &e), 0, "answer");
	is_int(chan_expect(&p.b, CHAN_SECCOMP_DONE, deadline_in_ms(1000), &e), 0,
	       "plain: receive: %s", e.msg);
	is_int(write(p.a.fd, "abc", 3), 3, "a short packet");
	is_int(chan_expect(&p.b, CHAN_RUN, deadline_in_ms(1000), &e), -EPROTO,
	       "plain: is malformed");
	(void)err_set(&e, ENOENT, "no such thing");
	chan_send_err(&p.b, &e, 7);
	err_clear(&e);
	is_int(chan_recv(&p.a, CHAN_READY, &msg, deadline_in_ms(1000), &step, &e),
	       -ENOENT, "plain: an error");
	is_int(step, 7, "plain: ... with its step");
	chan_close(&p.a);
	is_int(chan_expect(&p.b, CHAN_RUN, deadline_in_ms(1000), &e), -EPIPE,
	       "plain: the end");
	is_int(chan_send(&p.b, CHAN_READY, NULL, 0, NULL, 0, &e), -EPIPE,
	       "plain: nobody there");
	close_pair(&p);
}

/* A raw packet: n bytes with n_fds descriptors. */
static void raw_send(int fd, const void *data, size_t n, int n_fds)
{
	struct iovec iov = { (void *)(uintptr_t)data, n };
	union {
		struct cmsghdr align;
		uint8_t buf[CMSG_SPACE(sizeof(int) * 16)];
	} control = { .buf = { 0 } };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n_fds) {
		size_t size = sizeof(int) * (size_t)n_fds;

		mh.msg_control = control.buf;
		mh.msg_controllen = (__typeof__(mh.msg_controllen))CMSG_SPACE(size);
		struct cmsghdr *cmsg = &control.align;

		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = (__typeof__(cmsg->cmsg_len))CMSG_LEN(size);
		for (int i = 0; i < n_fds; i++) {
			int two = 2;

			memcpy(CMSG_DATA(cmsg) + (size_t)i * sizeof(int), &two,
			       sizeof(two));
		}
	}
	if (sendmsg(fd, &mh, 0) < 0)
		diag("sendmsg: errno %d", errno);
}

static void broken(uint32_t type, uint32_t len, size_t real, int n_fds,
		   const char *want)
{
	struct pair p = make_pair();
	struct chan_msg msg;
	struct err e = ERR_INIT;
	uint32_t head[2] = { type, len };
	int before = open_fds();
	AUTO(str) char *buf = calloc(1, sizeof(head) + real);

	memcpy(buf, head, sizeof(head));
	raw_send(p.b.fd, buf, sizeof(head) + real, n_fds);
	is_int(chan_recv(&p.a, 0, &msg, deadline_in_ms(1000), NULL, &e),
	       -EPROTO, "type %u, length %u of %zu, %d descriptors", type, len,
	       real, n_fds);
	ok(strstr(e.msg, want) &&
		   str_starts(e.msg, "init sent a malformed message"),
	   "%s", e.msg);
	is_int(open_fds(), before, "no descriptor is left");
	close_pair(&p);
}

static void test_broken(void)
{
	broken(0, 0, 0, 0, "unknown type");
	broken(_CHAN_TYPE_MAX, 0, 0, 0, "unknown type");
	broken(0xffffffffU, 0, 0, 3, "unknown type");
	broken(CHAN_READY, 1, 0, 0, "wrong length");
	broken(CHAN_READY, 0, 1, 0, "wrong length");
	broken(CHAN_READY, 1, 1, 0, "wrong length for its type");
	broken(CHAN_READY, 0xffffffffU, 4, 0, "wrong length");
	broken(CHAN_INIT_PID, 0, 0, 0, "wrong number of descriptors");
	broken(CHAN_INIT_PID, 0, 0, 2, "wrong number of descriptors");
	broken(CHAN_INIT_PID, 3, 3, 1, "wrong length for its type");
	broken(CHAN_REQUEST, 0, 0, 0, "wrong number of descriptors");
	broken(CHAN_UNBORN, 8, 8, 1, "wrong number of descriptors");
	broken(CHAN_READY, 0, 0, 2, "wrong number of descriptors");
	broken(CHAN_NETNS, 0, 0, 0, "wrong number of descriptors");
	broken(CHAN_READY, 0, 0, 16, "wrong number of descriptors");
	broken(CHAN_MOUNT_FD, 0, 0, 16, "wrong number of descriptors");
	broken(CHAN_LOG, CHAN_MAX_PAYLOAD + 1, CHAN_MAX_PAYLOAD + 1, 0,
	       "wrong length");
	broken(CHAN_LOG, 0, 0, 0, "wrong length for its type");
	broken(CHAN_ERROR, 8, 8, 0, "wrong length for its type");

	/* shorter than a header, and a packet of nothing but descriptors */
	struct pair p = make_pair();
	struct chan_msg msg;
	struct err e = ERR_INIT;
	int before = open_fds();

	raw_send(p.b.fd, "abc", 3, 1);
	is_int(chan_recv(&p.a, 0, &msg, deadline_in_ms(1000), NULL, &e),
	       -EPROTO, "three bytes");
	raw_send(p.b.fd, "", 0, 1);
	is_int(chan_recv(&p.a, 0, &msg, deadline_in_ms(1000), NULL, &e), -EPIPE,
	       "nothing but a descriptor");
	is_int(open_fds(), before, "no descriptor is left");
	close_pair(&p);
}

static struct str logged;

static void on_log(enum log_level level, const char *text, void *arg)
{
	(void)arg;
	str_addf(&logged, "%d:%s;", (int)level, text);
}

static void test_log(void)
{
	struct pair p = make_pair();
	struct err e = ERR_INIT;
	const struct log_config config = { .level = LOGL_INFO, .fd = -1 };
	uint32_t head[2] = { CHAN_LOG, 3 };
	uint8_t odd[11] = { 0 };
	AUTO(str) char *big = calloc(1, 10000);

	log_setup(&config);
	log_redirect(on_log, NULL);
	chan_send_log(&p.b, LOGL_WARN, "careful");
	chan_send_log(&p.b, LOGL_DEBUG, "chatter");
	chan_send_log(&p.b, LOGL_INFO, "");
	memcpy(odd, head, sizeof(head));
	odd[8] = 200; /* no such level */
	raw_send(p.b.fd, odd, sizeof(odd), 0);
	memset(big, 'x', 9999);
	is_int(chan_send(&p.b, CHAN_READY, NULL, 0, NULL, 0, &e), 0, "READY");
	is_int(chan_expect(&p.a, CHAN_READY, deadline_in_ms(1000), &e), 0,
	       "log lines on the way do not disturb");
	is_str(str_text(&logged), "1:careful;2:;", "lines of our level appear");
	str_reset(&logged);
	chan_send_log(&p.b, LOGL_ERROR, big);
	(void)chan_send(&p.b, CHAN_READY, NULL, 0, NULL, 0, &e);
	is_int(chan_expect(&p.a, CHAN_READY, deadline_in_ms(1000), &e), 0,
	       "a line that is too long");
	ok(logged.len > 1000 && logged.len <= CHAN_MAX_PAYLOAD + 3,
	   "is cut: %zu", logged.len);
	log_redirect(NULL, NULL);
	str_free(&logged);
	close_pair(&p);
}

static void test_error(void)
{
	struct pair p = make_pair();
	struct chan_msg msg;
	struct err sent = ERR_INIT, e = ERR_INIT;
	struct {
		uint32_t head[2];
		struct err err;
		uint32_t step;
	} hostile;
	uint32_t step = 0;

	(void)err_errno(&sent, ENOENT, "cannot open '%s'", "/x");
	(void)err_at(&sent, "/mounts/3");
	(void)err_hint(&sent, "because");
	sent.exit_code = 7;
	chan_send_err(&p.b, &sent, 42);
	is_int(chan_recv(&p.a, CHAN_READY, &msg, deadline_in_ms(1000), &step,
			 &e),
	       -ENOENT, "an error arrives as the error");
	is_int(step, 42, "with its step");
	is_str(e.msg, "cannot open '/x': no such file or directory", "message");
	is_str(e.pointer, "/mounts/3", "pointer");
	is_str(e.hint, "because", "hint");
	is_int(e.exit_code, 7, "exit code");

	memset(&hostile, 'A', sizeof(hostile));
	hostile.head[0] = CHAN_ERROR;
	hostile.head[1] = ERROR_SIZE;
	raw_send(p.b.fd, &hostile, sizeof(hostile), 0);
	is_int(chan_recv(&p.a, 0, &msg, deadline_in_ms(1000), NULL, &e),
	       -EPROTO, "an impossible errno is a protocol error");
	ok(strlen(e.msg) < sizeof(e.msg) && strlen(e.hint) < sizeof(e.hint) &&
		   strlen(e.pointer) < sizeof(e.pointer) && e.exit_code == 0,
	   "unterminated texts are terminated");
	memset(&hostile.err, 0, sizeof(hostile.err));
	raw_send(p.b.fd, &hostile, sizeof(hostile), 0);
	is_int(chan_recv(&p.a, 0, &msg, deadline_in_ms(1000), NULL, &e),
	       -EPROTO, "an error that is none is one");
	is_str(e.msg, "init failed without a reason", "and has a text");

	/* a message the dying peer has not read does not hide its error */
	struct pair q = make_pair();

	(void)chan_send(&q.a, CHAN_BORN, NULL, 0, NULL, 0, &e);
	chan_send_err(&q.b, &sent, 0);
	chan_close(&q.b);
	is_int(chan_expect(&q.a, CHAN_READY, deadline_in_ms(1000), &e), -ENOENT,
	       "an error after an unread message");
	close_pair(&q);

	/* the reason comes before the broken pipe */
	err_clear(&e);
	ok(!chan_pending_error(&p.a, &e), "no pending error");
	chan_send_err(&p.b, &sent, 0);
	chan_close(&p.b);
	is_int(chan_send(&p.a, CHAN_BORN, NULL, 0, NULL, 0, &e), -ENOENT,
	       "sending to a dead peer reports its error");
	is_int(chan_send(&p.a, CHAN_BORN, NULL, 0, NULL, 0, &e), -EPIPE,
	       "and the pipe only without one");
	is_str(e.msg, "cannot send BORN: init died", "in words");
	close_pair(&p);
}

static void test_want(void)
{
	struct pair p = make_pair();
	struct err e = ERR_INIT;
	const int fd = 2;
	int before = open_fds();

	(void)chan_send(&p.b, CHAN_SECCOMP_FD, NULL, 0, &fd, 1, &e);
	is_int(chan_expect(&p.a, CHAN_READY, deadline_in_ms(1000), &e), -EPROTO,
	       "another message than expected");
	is_str(e.msg, "init sent SECCOMP_FD while parent waited for READY",
	       "says which");
	is_int(open_fds(), before, "its descriptor is closed");
	is_int(chan_expect(&p.a, CHAN_READY, deadline_in_ms(30), &e),
	       -ETIMEDOUT, "deadline");
	is_str(e.msg, "timed out: parent waited for READY from init",
	       "names the peer");
	p.a.peer_pid = getpid();
	is_int(chan_expect(&p.a, CHAN_READY, deadline_in_ms(0), &e), -ETIMEDOUT,
	       "deadline in the past");
	ok(strstr(e.msg, "from init (pid "), "names the process: %s", e.msg);
	close_pair(&p);
}

static void death(int how, const char *want)
{
	struct pair p = make_pair();
	struct err e = ERR_INIT;
	pid_t pid = fork();

	if (pid == 0) {
		if (how == SIGKILL)
			(void)kill(getpid(), SIGKILL);
		_exit(how);
	}
	chan_close(&p.b);
	p.a.peer_pidfd = sys_pidfd_open(pid, 0);
	if (p.a.peer_pidfd < 0) {
		skip(2, "no pidfd_open here");
	} else {
		is_int(chan_expect(&p.a, CHAN_READY, deadline_in_ms(3000), &e),
		       -EPIPE, "the peer is gone");
		is_str(e.msg, want, "%s", want);
		is_int(waitpid(pid, NULL, WNOHANG), pid,
		       "and still ours to reap");
		(void)close(p.a.peer_pidfd);
	}
	chan_close(&p.a);
}

static void test_ready(void)
{
	struct pair p = make_pair();
	struct err e = ERR_INIT;
	int sig = -1;

	(void)prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	(void)chan_send(&p.b, CHAN_ROOTFS_READY, NULL, 0, NULL, 0, &e);
	(void)prctl(PR_GET_PDEATHSIG, &sig, 0, 0, 0);
	is_int(sig, SIGTERM, "init dies with the parent");
	(void)chan_send(&p.b, CHAN_READY, NULL, 0, NULL, 0, &e);
	(void)prctl(PR_GET_PDEATHSIG, &sig, 0, 0, 0);
	is_int(sig, 0, "until it is READY");
	close_pair(&p);
}

int main(void)
{
	struct pair p = make_pair();
	struct err e = ERR_INIT;

	is_int(fcntl(p.a.fd, F_GETFD) & fcntl(p.b.fd, F_GETFD), FD_CLOEXEC,
	       "both ends are CLOEXEC");
	close_pair(&p);
	is_int(chan_send(&p.a, CHAN_RUN, NULL, 0, NULL, 0, &e), -EBADF,
	       "a closed channel");
	is_int(p.a.fd, -1, "closing forgets the descriptor");
	chan_send_err(&p.a, &e, 0);
	chan_send_log(&p.a, LOGL_INFO, "into the void");
	test_rows();
	test_plain();
	test_broken();
	test_log();
	test_error();
	test_want();
	death(3, "init died (exit status 3) while parent waited for READY");
	death(SIGKILL,
	      "init died (signal 9 (killed)) while parent waited for READY");
	test_ready();
	return done();
}
