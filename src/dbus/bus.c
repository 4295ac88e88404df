/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection (bus.h): one socket, one call at a time. Signals that come in
 * while a reply is awaited are queued. Nothing is sent that is not waited for, so
 * what is written always fits the socket or waits for the deadline.
 */
#include "config.h"

#include "dbus/bus.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"

#include "base/banned.h"

/* A line of the authentication; the longest one sent to us is an "OK GUID". */
#define LINE_MAX_BYTES 1024
/* Kept signals: more than jobs can be under way for us. */
#define QUEUE_MAX 1024

struct queued {
	struct queued *next;
	struct dmsg m;
};
struct dbus {
	int fd;
	char *name; /* of the peer, for messages: "unix:path=…" */
	uint32_t serial;
	const char *keep;
	char error[128];
	struct queued *queue;
	size_t n_queued;
	struct err broken; /* code 0: usable */
};

/* ---- the socket ---- */

static int awaited(struct dbus *b, int code, const char *what, struct err *e)
{
	if (code == ETIMEDOUT) {
		(void)err_set(e, ETIMEDOUT, "no answer from '%s': waited for %s",
			      b->name, what);
		(void)err_hint(e, "is the bus, or systemd, stopped or overloaded?");
	} else if (code == EPIPE || code == ECONNRESET) {
		(void)err_set(e, code, "'%s' closed the connection: waited for %s",
			      b->name, what);
	} else {
		(void)err_errno(e, code, "cannot talk to '%s' (%s)", b->name,
				what);
	}
	b->broken = *e;
	return -e->code;
}

static int wait_fd(const struct dbus *b, short events, deadline_t deadline)
{
	for (;;) {
		struct pollfd p = { .fd = b->fd, .events = events };
		int ms = deadline_poll_ms(deadline);
		int n = ms == 0 ? 0 : poll(&p, 1, ms);

		if (n > 0)
			return 0;
		if (n == 0 && deadline_poll_ms(deadline) == 0)
			return -ETIMEDOUT;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

static int send_all(struct dbus *b, const void *data, size_t n,
		    const char *what, deadline_t deadline, struct err *e)
{
	const char *p = data;

	while (n) {
		ssize_t k = send(b->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		int r = 0;

		if (k > 0) {
			p += k;
			n -= (size_t)k;
		} else if (errno == EAGAIN) {
			r = wait_fd(b, POLLOUT, deadline);
		} else if (errno != EINTR) {
			r = -errno;
		}
		if (r < 0)
			return awaited(b, -r, what, e);
	}
	return 0;
}

static int recv_all(struct dbus *b, char *p, size_t n, const char *what,
		    deadline_t deadline, struct err *e)
{
	while (n) {
		ssize_t k = recv(b->fd, p, n, MSG_DONTWAIT);
		int r = 0;

		if (k > 0) {
			p += k;
			n -= (size_t)k;
		} else if (k == 0) {
			r = -EPIPE;
		} else if (errno == EAGAIN) {
			r = wait_fd(b, POLLIN, deadline);
		} else if (errno != EINTR) {
			r = -errno;
		}
		if (r < 0)
			return awaited(b, -r, what, e);
	}
	return 0;
}

/* ---- addresses ---- */

static int hex_of(char c)
{
	return c >= '0' && c <= '9' ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Value of `key` in "unix:path=/a%20b,guid=…" up to `end`; malloc'ed or NULL. */
static char *address_value(const char *p, const char *end, const char *key)
{
	size_t n = strlen(key);
	struct str s = { 0 };

	p = strchr(p, ':');
	while (p && p < end) {
		p++;
		if (strncmp(p, key, n) == 0 && p[n] == '=')
			break;
		p = memchr(p, ',', (size_t)(end - p));
	}
	if (!p || p >= end)
		return NULL;
	for (p += n + 1; p < end && *p != ','; p++) {
		if (*p != '%') {
			str_addc(&s, *p);
			continue;
		}
		int hi = p + 2 < end ? hex_of(p[1]) : -1;
		int lo = hi >= 0 ? hex_of(p[2]) : -1;

		if (lo < 0 || (hi == 0 && lo == 0)) {
			str_free(&s);
			return NULL;
		}
		str_addc(&s, (char)(hi * 16 + lo));
		p += 2;
	}
	return str_take(&s);
}

/* One address up to `end`. -EINVAL if it is of a kind that we do not know. */
static int sockaddr_of(const char *p, const char *end, struct sockaddr_un *sa,
		       socklen_t *len)
{
	AUTO(str) char *path = NULL;
	AUTO(str) char *abstract = NULL;

	if (!str_starts(p, "unix:"))
		return -EINVAL;
	path = address_value(p, end, "path");
	abstract = path ? NULL : address_value(p, end, "abstract");
	const char *name = path ? path : abstract;
	size_t skip = path ? 0 : 1, n = name ? strlen(name) : 0;

	if (n == 0)
		return -EINVAL;
	if (n + skip >= sizeof(sa->sun_path))
		return -ENAMETOOLONG;
	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(sa->sun_path + skip, name, n);
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + skip + n +
			   (path ? 1 : 0));
	return 0;
}

/* Where there is nothing to poll(2) for: false after the deadline. */
#define STEP_MS 20

static bool may_step(deadline_t deadline)
{
	int left = deadline_poll_ms(deadline);

	if (left == 0)
		return false;
	(void)poll(NULL, 0, left > 0 && left < STEP_MS ? left : STEP_MS);
	return true;
}

static int connect_one(struct dbus *b, const char *p, const char *end,
		       deadline_t deadline)
{
	struct sockaddr_un sa;
	socklen_t len = 0;
	int r = sockaddr_of(p, end, &sa, &len);

	if (r < 0)
		return r;
	AUTO(fd) int fd = socket(AF_UNIX,
				 SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	while (connect(fd, (const struct sockaddr *)&sa, len) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		/* EAGAIN: the backlog of a busy bus can be full for a moment. */
		if (!may_step(deadline))
			return -ETIMEDOUT;
	}
	b->fd = TAKE_FD(fd);
	return 0;
}

static int connect_any(struct dbus *b, const char *address, deadline_t deadline,
		       struct err *e)
{
	int r = -EINVAL;

	for (const char *p = address; *p;) {
		const char *end = p + strcspn(p, ";");

		r = connect_one(b, p, end, deadline);
		if (r == 0)
			return 0;
		p = end + (*end == ';');
	}
	if (r == -EINVAL)
		return err_set(e, EINVAL, "no address that can be used in '%s': "
			       "unix:path=… is needed", address);
	return err_errno(e, -r, "cannot connect to '%s'", address);
}

/* ---- authentication ---- */

/*
 * One line without its "\r\n". Looked at before it is taken, because messages may
 * follow it at once.
 */
static int read_line(struct dbus *b, char line[LINE_MAX_BYTES],
		     deadline_t deadline, struct err *e)
{
	const char *what = "the end of the authentication";

	for (;;) {
		ssize_t n = recv(b->fd, line, LINE_MAX_BYTES,
				 MSG_PEEK | MSG_DONTWAIT);
		const char *nl = n > 0 ? memchr(line, '\n', (size_t)n) : NULL;
		int r = 0;

		if (nl) {
			size_t len = (size_t)(nl - line);

			if (recv_all(b, line, len + 1, what, deadline, e) < 0)
				return -e->code;
			line[len && line[len - 1] == '\r' ? len - 1 : len] = '\0';
			return 0;
		}
		if (n == LINE_MAX_BYTES)
			r = -EBADMSG;
		else if (n == 0)
			r = -EPIPE;
		else if (n < 0 && errno != EAGAIN && errno != EINTR)
			r = -errno;
		else if (n < 0)
			r = wait_fd(b, POLLIN, deadline);
		else if (!may_step(deadline)) /* half a line stays readable */
			r = -ETIMEDOUT;
		if (r < 0)
			return awaited(b, -r, what, e);
	}
}

static int refused(struct dbus *b, const char *line, struct err *e)
{
	(void)err_set(e, EACCES, "'%s' refuses the connection: %.200s", b->name,
		      line);
	(void)err_hint(e, "uid %u is not allowed on this bus", geteuid());
	b->broken = *e;
	return -e->code;
}

/*
 * EXTERNAL without a name: the kernel tells the other side who we are, which asks
 * for the name (DATA) and gets an empty one. An old systemd says OK at once, and
 * finds fault with our DATA then. All is sent in one piece: systemd does not look
 * at a message that it has received together with BEGIN before more comes, so no
 * message may be near it.
 */
static int authenticate(struct dbus *b, deadline_t deadline, struct err *e)
{
	static const char hello[] = "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n";
	char first[LINE_MAX_BYTES], second[LINE_MAX_BYTES];

	if (send_all(b, hello, sizeof(hello) - 1, "the authentication", deadline,
		     e) < 0 || read_line(b, first, deadline, e) < 0)
		return -e->code;
	if (!str_starts(first, "DATA") && !str_starts(first, "OK"))
		return refused(b, first, e);
	if (read_line(b, second, deadline, e) < 0)
		return -e->code;
	return str_starts(first, "OK") || str_starts(second, "OK")
		? 0 : refused(b, second, e);
}

/* ---- messages ---- */

static int receive(struct dbus *b, const char *what, struct dmsg *ret,
		   deadline_t deadline, struct err *e)
{
	char head[DMSG_HEAD];

	if (recv_all(b, head, sizeof(head), what, deadline, e) < 0)
		return -e->code;
	int64_t n = dmsg_length(head);

	if (n < 0)
		return awaited(b, EBADMSG, what, e);
	char *data = xmalloc((size_t)n);

	memcpy(data, head, sizeof(head));
	if (recv_all(b, data + sizeof(head), (size_t)n - sizeof(head), what,
		     deadline, e) < 0) {
		free(data);
		return -e->code;
	}
	int r = dmsg_parse(ret, data, (size_t)n);

	return r < 0 ? awaited(b, -r, what, e) : 0;
}

/* Keep it, or drop it. */
static void enqueue(struct dbus *b, struct dmsg *m)
{
	struct queued **end = &b->queue;

	if (m->type != DMSG_SIGNAL || !b->keep || !streq(m->member, b->keep) ||
	    b->n_queued == QUEUE_MAX) {
		dmsg_free(m);
		return;
	}
	while (*end)
		end = &(*end)->next;
	*end = xcalloc(1, sizeof(**end));
	(*end)->m = *m;
	b->n_queued++;
}

static int error_code(const char *name)
{
	static const struct {
		const char *end;
		int code;
	} codes[] = {
		{ ".AccessDenied", EACCES },
		{ ".InteractiveAuthorizationRequired", EACCES },
		{ ".NoSuchUnit", ENOENT }, { ".UnitExists", EEXIST },
		{ ".ServiceUnknown", ESRCH }, { ".NoReply", ETIMEDOUT },
		{ ".InvalidArgs", EINVAL }, { ".UnknownProperty", EINVAL },
		{ ".PropertyReadOnly", EINVAL },
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (str_ends(name, codes[i].end))
			return codes[i].code;
	return EREMOTEIO;
}

static int error_reply(struct dbus *b, const struct dbus_call *call,
		       const struct dmsg *m, struct err *e)
{
	struct dmsg_reader r;

	dmsg_read(&r, m);
	const char *text = dmsg_str(&r);

	(void)snprintf(b->error, sizeof(b->error), "%s", m->error);
	return err_set(e, error_code(m->error), "%s: %.800s (%.120s)",
		       call->member, *text ? text : "refused", m->error);
}

const char *dbus_error(const struct dbus *b)
{
	return b->error;
}

int dbus_call(struct dbus *b, const struct dbus_call *call, struct dmsg *ret,
	      deadline_t deadline, struct err *e)
{
	AUTO(strbuf) struct str out = { 0 };
	AUTO(str) char *what = xasprintf("the reply to %s", call->member);
	uint32_t serial = ++b->serial;
	struct dmsg m = { 0 };

	b->error[0] = '\0';
	if (b->broken.code) {
		*e = b->broken;
		return -e->code;
	}
	dmsg_put_call(call, serial, &out);
	if (send_all(b, out.p, out.len, what, deadline, e) < 0)
		return -e->code;
	for (;;) {
		if (receive(b, what, &m, deadline, e) < 0)
			return -e->code;
		if (m.reply_to == serial && m.type == DMSG_REPLY) {
			*ret = m;
			return 0;
		}
		if (m.reply_to == serial && m.type == DMSG_ERROR) {
			(void)error_reply(b, call, &m, e);
			dmsg_free(&m);
			return -e->code;
		}
		enqueue(b, &m);
	}
}

void dbus_keep(struct dbus *b, const char *member)
{
	b->keep = member;
}

int dbus_signal(struct dbus *b, const char *what, struct dmsg *ret,
		deadline_t deadline, struct err *e)
{
	struct queued *q;

	if (!b->queue && b->broken.code) {
		*e = b->broken;
		return -e->code;
	}
	while (!(q = b->queue)) {
		struct dmsg m;

		if (receive(b, what, &m, deadline, e) < 0)
			return -e->code;
		enqueue(b, &m);
	}
	b->queue = q->next;
	b->n_queued--;
	*ret = q->m;
	free(q);
	return 0;
}

/* ---- life ---- */

static int hello(struct dbus *b, deadline_t deadline, struct err *e)
{
	const struct dbus_call call = {
		.dest = "org.freedesktop.DBus", .path = "/org/freedesktop/DBus",
		.iface = "org.freedesktop.DBus", .member = "Hello",
	};
	AUTO(dmsg) struct dmsg m = DMSG_INIT;

	return dbus_call(b, &call, &m, deadline, e);
}

int dbus_open(struct dbus **ret, const char *address, bool direct,
	      deadline_t deadline, struct err *e)
{
	AUTO(dbus) struct dbus *b = xcalloc(1, sizeof(*b));

	b->fd = -1;
	b->name = xstrdup(address);
	if (connect_any(b, address, deadline, e) < 0 ||
	    authenticate(b, deadline, e) < 0 ||
	    (!direct && hello(b, deadline, e) < 0))
		return -e->code;
	log_debug("connected to '%s'", address);
	*ret = TAKE_PTR(b);
	return 0;
}

void dbus_close(struct dbus *b)
{
	if (!b)
		return;
	while (b->queue) {
		struct queued *q = b->queue;

		b->queue = q->next;
		dmsg_free(&q->m);
		free(q);
	}
	if (b->fd >= 0)
		(void)close(b->fd);
	free(b->name);
	free(b);
}
