/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rtnetlink (rtnl.h). Owns the form of the messages, nothing about containers.
 * What the kernel sends is trusted, but every length is checked all the same.
 * Sources: netlink(7), rtnetlink(7), linux/rtnetlink.h, linux/if_addr.h.
 */
#include "config.h"
#include "runtime/rtnl.h"

#include "base/cleanup.h"
#include "base/mem.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/banned.h"

#define WAIT_SECONDS 10
/* The kernel makes the parts of a dump no larger. */
#define REPLY_MAX ((size_t)32 * 1024)

/* What of an address is the configuration's, not the kernel's own state. */
#define ADDR_FLAGS                                                         \
	((uint32_t)(IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | \
		    IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN))

/* Called for each message of an answer. */
typedef void (*reply_fn)(void *arg, const struct nlmsghdr *h);

int rtnl_open(void)
{
	const struct timeval wait = { .tv_sec = WAIT_SECONDS };
	const int on = 1;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return -errno;
	/* words and filtered dumps are a courtesy of newer kernels */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	return fd;
}

/* ---- requests -------------------------------------------------------------- */

static void msg_begin(struct rtnl_msg *m, uint16_t type, uint16_t flags,
		      const void *body, size_t size)
{
	struct nlmsghdr h = { .nlmsg_type = type,
			      .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
			      .nlmsg_seq = 1 };

	memset(m, 0, sizeof(*m));
	memcpy(m->buf, &h, sizeof(h));
	memcpy(m->buf + NLMSG_HDRLEN, body, size);
	m->len = NLMSG_HDRLEN + NLMSG_ALIGN(size);
}

/* False if there is no room left. */
static bool msg_attr(struct rtnl_msg *m, uint16_t type, const void *data, size_t n)
{
	const struct rtattr a = { .rta_len = (uint16_t)RTA_LENGTH(n), .rta_type = type };

	if (n > sizeof(m->buf) || m->len + RTA_SPACE(n) > sizeof(m->buf))
		return false;
	memcpy(m->buf + m->len, &a, sizeof(a));
	memcpy(m->buf + m->len + RTA_LENGTH(0), data, n);
	m->len += RTA_SPACE(n);
	return true;
}

/* ---- answers --------------------------------------------------------------- */

/* Find an attribute; its data and length, or NULL. */
static const void *find_attr(const void *first, size_t len, uint16_t type,
			     size_t *ret_len)
{
	const uint8_t *p = first;
	struct rtattr a;

	while (len >= sizeof(a)) {
		memcpy(&a, p, sizeof(a));
		if (a.rta_len < sizeof(a) || a.rta_len > len)
			return NULL;
		if ((a.rta_type & NLA_TYPE_MASK) == type) {
			*ret_len = a.rta_len - RTA_LENGTH(0);
			return p + RTA_LENGTH(0);
		}
		if (RTA_ALIGN(a.rta_len) >= len)
			return NULL;
		p += RTA_ALIGN(a.rta_len);
		len -= RTA_ALIGN(a.rta_len);
	}
	return NULL;
}

/* NLMSG_DATA() without losing const. */
static const void *body_of(const struct nlmsghdr *h)
{
	return (const uint8_t *)h + NLMSG_HDRLEN;
}

/* The attributes behind a body of `size` bytes. */
static const void *attrs_of(const struct nlmsghdr *h, size_t size, size_t *ret_len)
{
	size_t head = NLMSG_HDRLEN + NLMSG_ALIGN(size);

	*ret_len = h->nlmsg_len > head ? h->nlmsg_len - head : 0;
	return (const uint8_t *)h + head;
}

/* NLMSG_ERROR, which is also the acknowledgement (0). */
static int ack(const struct nlmsghdr *h, char *words)
{
	size_t size = sizeof(struct nlmsgerr), len, n;
	const void *attrs, *text;
	int code;

	if (h->nlmsg_len < NLMSG_HDRLEN + size)
		return -EPROTO;
	memcpy(&code, body_of(h), sizeof(code));
	if (words && h->nlmsg_flags & NLM_F_ACK_TLVS && h->nlmsg_flags & NLM_F_CAPPED) {
		attrs = attrs_of(h, size, &len);
		text = find_attr(attrs, len, NLMSGERR_ATTR_MSG, &n);
		if (text)
			(void)snprintf(words, RTNL_WORDS, "%.*s", (int)n,
				       (const char *)text);
	}
	return code > 0 ? -EPROTO : code;
}

/* The messages of one datagram. 1: the answer is complete. */
static int take(const void *buf, size_t len, reply_fn fn, void *arg, char *words)
{
	const uint8_t *p = buf;

	while (len >= NLMSG_HDRLEN) {
		const struct nlmsghdr *h = (const void *)p;
		size_t step = NLMSG_ALIGN(h->nlmsg_len);

		if (h->nlmsg_len < NLMSG_HDRLEN || h->nlmsg_len > len)
			return -EPROTO;
		if (h->nlmsg_type == NLMSG_ERROR) {
			int r = ack(h, words);

			return r < 0 ? r : 1;
		}
		if (h->nlmsg_type == NLMSG_DONE)
			return 1;
		if (fn)
			fn(arg, h);
		if (step >= len)
			break;
		p += step;
		len -= step;
	}
	return 0;
}

static int call(int fd, struct rtnl_msg *m, reply_fn fn, void *arg, char *words)
{
	struct nlmsghdr *h = (void *)m->buf;
	AUTO(str) char *buf = xmalloc(REPLY_MAX);
	int r = 0;

	if (words)
		words[0] = '\0';
	h->nlmsg_len = (uint32_t)m->len;
	if (send(fd, m->buf, m->len, 0) < 0)
		return -errno;
	while (r == 0) {
		ssize_t n = recv(fd, buf, REPLY_MAX, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		r = take(buf, (size_t)n, fn, arg, words);
	}
	return r < 0 ? r : 0;
}

/* ---- links ----------------------------------------------------------------- */

struct link_list {
	struct rtnl_link *v;
	size_t n, cap;
};

static void on_link(void *arg, const struct nlmsghdr *h)
{
	struct link_list *list = arg;
	struct ifinfomsg info;
	size_t len, n;
	const void *attrs, *name;

	if (h->nlmsg_type != RTM_NEWLINK || h->nlmsg_len < NLMSG_LENGTH(sizeof(info)))
		return;
	memcpy(&info, body_of(h), sizeof(info));
	attrs = attrs_of(h, sizeof(info), &len);
	name = find_attr(attrs, len, IFLA_IFNAME, &n);
	if (!name || n == 0)
		return;
	if (list->n == list->cap) {
		list->cap = list->cap ? list->cap * 2 : 8;
		list->v = xreallocarray(list->v, list->cap, sizeof(*list->v));
	}
	struct rtnl_link *l = &list->v[list->n++];

	l->index = info.ifi_index;
	l->flags = info.ifi_flags;
	(void)snprintf(l->name, sizeof(l->name), "%.*s", (int)n, (const char *)name);
}

int rtnl_link_get(int fd, const char *name, struct rtnl_link *ret, char *words)
{
	const struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	struct link_list list = { NULL, 0, 0 };
	struct rtnl_msg m;
	int r;

	/* with an acknowledgement, as all requests: the end of the answer */
	msg_begin(&m, RTM_GETLINK, NLM_F_ACK, &info, sizeof(info));
	(void)msg_attr(&m, IFLA_IFNAME, name, strlen(name) + 1);
	r = call(fd, &m, on_link, &list, words);
	if (r == 0 && list.n == 0)
		r = -ENODEV;
	if (r == 0)
		*ret = list.v[0];
	free(list.v);
	return r;
}

int rtnl_link_list(int fd, struct rtnl_link **ret, size_t *ret_n)
{
	const struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	struct link_list list = { NULL, 0, 0 };
	struct rtnl_msg m;
	int r;

	msg_begin(&m, RTM_GETLINK, NLM_F_DUMP, &info, sizeof(info));
	r = call(fd, &m, on_link, &list, NULL);
	if (r < 0) {
		free(list.v);
		return r;
	}
	*ret = list.v;
	*ret_n = list.n;
	return 0;
}

int rtnl_link_up(int fd, int index, bool up, char *words)
{
	const struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = index,
					.ifi_flags = up ? IFF_UP : 0,
					.ifi_change = IFF_UP };
	struct rtnl_msg m;

	msg_begin(&m, RTM_NEWLINK, NLM_F_ACK, &info, sizeof(info));
	return call(fd, &m, NULL, NULL, words);
}

int rtnl_link_move(int fd, int index, const char *name, int nsfd, char *words)
{
	const struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = index };
	uint32_t ns = (uint32_t)nsfd;
	struct rtnl_msg m;

	msg_begin(&m, RTM_NEWLINK, NLM_F_ACK, &info, sizeof(info));
	(void)msg_attr(&m, IFLA_IFNAME, name, strlen(name) + 1);
	(void)msg_attr(&m, IFLA_NET_NS_FD, &ns, sizeof(ns));
	return call(fd, &m, NULL, NULL, words);
}

/* ---- addresses ------------------------------------------------------------- */

struct addr_filter {
	struct rtnl_addrs *addrs;
	int index;
};

static bool copy_addr(struct rtnl_msg *m, const struct ifaddrmsg *addr,
		      uint32_t flags, const void *attrs, size_t len)
{
	static const uint16_t kept[] = { IFA_LOCAL, IFA_ADDRESS, IFA_BROADCAST,
					 IFA_RT_PRIORITY };
	const struct ifaddrmsg body = { .ifa_family = addr->ifa_family,
					.ifa_prefixlen = addr->ifa_prefixlen,
					.ifa_scope = addr->ifa_scope };

	msg_begin(m, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &body,
		  sizeof(body));
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		size_t n;
		const void *data = find_attr(attrs, len, kept[i], &n);

		if (data && !msg_attr(m, kept[i], data, n))
			return false;
	}
	flags &= ADDR_FLAGS;
	return flags == 0 || msg_attr(m, IFA_FLAGS, &flags, sizeof(flags));
}

static void on_addr(void *arg, const struct nlmsghdr *h)
{
	const struct addr_filter *f = arg;
	struct rtnl_addrs *list = f->addrs;
	struct ifaddrmsg addr;
	size_t len, n;
	const void *attrs, *more;
	uint32_t flags;

	if (h->nlmsg_type != RTM_NEWADDR || h->nlmsg_len < NLMSG_LENGTH(sizeof(addr)))
		return;
	memcpy(&addr, body_of(h), sizeof(addr));
	attrs = attrs_of(h, sizeof(addr), &len);
	flags = addr.ifa_flags;
	more = find_attr(attrs, len, IFA_FLAGS, &n);
	if (more && n == sizeof(flags))
		memcpy(&flags, more, sizeof(flags));
	if ((int)addr.ifa_index != f->index || !(flags & IFA_F_PERMANENT) ||
	    addr.ifa_scope != RT_SCOPE_UNIVERSE)
		return;
	if (list->n == list->cap) {
		list->cap = list->cap ? list->cap * 2 : 8;
		list->v = xreallocarray(list->v, list->cap, sizeof(*list->v));
	}
	if (copy_addr(&list->v[list->n], &addr, flags, attrs, len))
		list->n++;
}

int rtnl_addrs_get(int fd, int index, struct rtnl_addrs *ret)
{
	const struct ifaddrmsg addr = { .ifa_family = AF_UNSPEC };
	struct addr_filter f = { ret, index };
	struct rtnl_msg m;

	msg_begin(&m, RTM_GETADDR, NLM_F_DUMP, &addr, sizeof(addr));
	return call(fd, &m, on_addr, &f, NULL);
}

int rtnl_addrs_add(int fd, int index, struct rtnl_addrs *addrs, char *words)
{
	for (size_t i = 0; i < addrs->n; i++) {
		struct rtnl_msg *m = &addrs->v[i];
		struct ifaddrmsg *addr = (void *)(m->buf + NLMSG_HDRLEN);
		int r;

		addr->ifa_index = (uint32_t)index;
		r = call(fd, m, NULL, NULL, words);
		if (r < 0 && r != -EEXIST)
			return r;
	}
	return 0;
}

void rtnl_addrs_free(struct rtnl_addrs *addrs)
{
	free(addrs->v);
	*addrs = (struct rtnl_addrs){ NULL, 0, 0 };
}
