/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network devices on their way into a container (netdev.h).
 *
 * A device changes its namespace and its name in one request, so that neither
 * name can be taken meanwhile. The kernel takes its addresses away on the way
 * (those of IPv6 as soon as it is down): they are read before and set again.
 * Moving it back is the kernel's part, when the namespace dies, for devices that
 * exist outside of it, too; virtual ones end with it.
 * Source: runtime-spec config-linux.md "Network Devices".
 */
#include "config.h"
#include "runtime/netdev.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "config/schema.h"
#include "libnsexec/nsexec.h"
#include "runtime/rtnl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

/* Both ends of the move. */
struct ends {
	int here, there; /* rtnetlink sockets */
	int ns;          /* the container's network namespace */
};

static void auto_ends(struct ends *x)
{
	auto_fd(&x->here);
	auto_fd(&x->there);
	auto_fd(&x->ns);
}

static int open_there(void *arg)
{
	struct ends *x = arg;

	x->there = rtnl_open();
	return x->there < 0 ? x->there : 0;
}

static int open_ends(struct ends *x, pid_t pid, struct err *e)
{
	x->here = rtnl_open();
	if (x->here < 0)
		return err_errno(e, -x->here, "cannot open an rtnetlink socket");
	if (nsx_open_ns_of(NSX_NET, pid, &x->ns, e) < 0)
		return -e->code;
	return nsx_visit(NSX_NET, x->ns, open_there, x, e);
}

static int error_at(const struct spec_net_device *d, struct err *e)
{
	AUTO(strbuf) struct str pointer = { 0 };

	str_add(&pointer, "/linux/netDevices");
	pointer_add(&pointer, d->host_name);
	return err_at(e, "%s", str_text(&pointer));
}

static int failed(const struct spec_net_device *d, const char *what, int r,
		  const char *words, struct err *e)
{
	(void)err_errno(e, -r, "cannot %s network device '%s'%s%s%s", what,
			d->host_name, *words ? " (" : "", words, *words ? ")" : "");
	if (r == -EPERM)
		(void)err_hint(e, "this needs CAP_NET_ADMIN in both network namespaces");
	return error_at(d, e);
}

static int find(const struct ends *x, const struct spec_net_device *d,
		struct rtnl_link *ret, struct err *e)
{
	char words[RTNL_WORDS];
	int r = rtnl_link_get(x->here, d->host_name, ret, words);

	if (r == 0)
		return 0;
	if (r != -ENODEV)
		return failed(d, "look at", r, words, e);
	(void)err_errno(e, ENODEV, "link not found for interface '%s' on runtime namespace",
			d->host_name);
	(void)err_hint(e, "the device must be in the network namespace of the runtime");
	return error_at(d, e);
}

static int move_error(const struct spec_net_device *d, int r, const char *words,
		      struct err *e)
{
	(void)failed(d, "move", r, words, e);
	if (r == -EINVAL)
		(void)err_hint(e, "a device of this kind cannot leave its network namespace");
	return r;
}

/* Its name in the container. */
static const char *new_name(const struct spec_net_device *d)
{
	return d->name && *d->name ? d->name : d->host_name;
}

/*
 * The kernel moves a device before it renames it: a name that is taken would be
 * found out too late.
 */
static int check_name(const struct ends *x, const struct spec_linux *l, size_t i,
		      struct err *e)
{
	const struct spec_net_device *d = &l->net_devices[i];
	const char *name = new_name(d);
	bool taken = false;
	struct rtnl_link link;
	char words[RTNL_WORDS];

	if (strchr(name, '%'))
		return 0;
	for (size_t k = 0; k < i; k++)
		taken |= streq(new_name(&l->net_devices[k]), name);
	if (!taken && rtnl_link_get(x->there, name, &link, words) < 0)
		return 0;
	(void)failed(d, "move", -EEXIST, "", e);
	return err_hint(e, "there is a device '%s' in the container's network namespace",
			name);
}

/*
 * To the other side, down; a failure leaves it as it was. `addrs` are those it
 * had.
 */
static int move(const struct ends *x, const struct spec_net_device *d,
		const struct rtnl_link *link, const char *name,
		struct rtnl_addrs *addrs, struct err *e)
{
	char words[RTNL_WORDS] = "", ignored[RTNL_WORDS];
	const char *what = "take down";
	int r = rtnl_link_up(x->here, link->index, false, words);

	if (r == 0) {
		what = NULL;
		r = rtnl_link_move(x->here, link->index, name, x->ns, words);
	}
	if (r == 0)
		return 0;
	if (link->flags & IFF_UP)
		(void)rtnl_link_up(x->here, link->index, true, ignored);
	(void)rtnl_addrs_add(x->here, link->index, addrs, ignored);
	return what ? failed(d, what, r, words, e) : move_error(d, r, words, e);
}

static bool was_there(const struct rtnl_link *v, size_t n, int index)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].index == index)
			return true;
	return false;
}

/* The device by its name there, or the one that is new if it is a template. */
static int find_there(const struct ends *x, const char *name,
		      const struct rtnl_link *before, size_t n_before,
		      struct rtnl_link *ret)
{
	struct rtnl_link *now = NULL;
	size_t n = 0;
	char words[RTNL_WORDS];
	int r;

	if (!strchr(name, '%'))
		return rtnl_link_get(x->there, name, ret, words);
	r = rtnl_link_list(x->there, &now, &n);
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (was_there(before, n_before, now[i].index))
			continue;
		*ret = now[i];
		free(now);
		return 0;
	}
	free(now);
	return r < 0 ? r : -ENODEV;
}

static int move_one(const struct ends *x, const struct spec_net_device *d,
		    struct err *e)
{
	const char *name = new_name(d);
	AUTO(rtnl_addrs) struct rtnl_addrs addrs = { NULL, 0, 0 };
	struct rtnl_link link, there = { 0, 0, "" }, *before = NULL;
	char words[RTNL_WORDS] = "";
	size_t n_before = 0;
	int r;

	if (find(x, d, &link, e) < 0)
		return -e->code;
	r = rtnl_addrs_get(x->here, link.index, &addrs);
	if (r == 0 && strchr(name, '%'))
		r = rtnl_link_list(x->there, &before, &n_before);
	if (r < 0)
		return failed(d, "read the addresses of", r, words, e);
	r = move(x, d, &link, name, &addrs, e);
	if (r == 0) {
		r = find_there(x, name, before, n_before, &there);
		if (r == 0)
			r = rtnl_addrs_add(x->there, there.index, &addrs, words);
		if (r < 0)
			(void)failed(d, "set the addresses of", r, words, e);
	}
	free(before);
	if (r < 0)
		return r;
	log_debug("network device %s is '%s' in the container, %zu addresses",
		  d->host_name, there.name, addrs.n);
	r = rtnl_link_up(x->there, there.index, true, words);
	return r < 0 ? failed(d, "set up", r, words, e) : 0;
}

int netdev_move_all(const struct spec_linux *l, pid_t pid, struct err *e)
{
	AUTO(ends) struct ends x = { -1, -1, -1 };
	struct rtnl_link link;

	if (l->n_net_devices == 0)
		return 0;
	if (open_ends(&x, pid, e) < 0)
		return err_at(e, "/linux/netDevices");
	for (size_t i = 0; i < l->n_net_devices; i++)
		if (find(&x, &l->net_devices[i], &link, e) < 0 ||
		    check_name(&x, l, i, e) < 0)
			return -e->code;
	for (size_t i = 0; i < l->n_net_devices; i++)
		if (move_one(&x, &l->net_devices[i], e) < 0)
			return -e->code;
	return 0;
}
