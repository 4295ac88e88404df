/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A visit to another namespace and back, for the few things that only count from
 * inside: a copy of a mount, a socket of a network. Nothing but the caller's
 * function runs there.
 *
 * Only for the kinds that a process can leave again: not user, pid or time. The
 * process must be single-threaded (I10).
 */
#include "config.h"
#include "libnsexec/nsexec.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "libnsexec/program.h"

#include "base/banned.h"

/* Where we come from; root and cwd only for a mount namespace. */
struct home {
	int ns, root, cwd;
};

static void auto_home(struct home *h)
{
	auto_fd(&h->ns);
	auto_fd(&h->root);
	auto_fd(&h->cwd);
}

static int open_home(struct home *h, enum nsx_kind kind, struct err *e)
{
	if (nsx_open_ns_of(kind, getpid(), &h->ns, e) < 0)
		return -e->code;
	if (kind != NSX_MNT)
		return 0;
	h->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	h->cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (h->root < 0 || h->cwd < 0)
		return err_errno(e, errno, "cannot open the own root or cwd");
	return 0;
}

/* setns(2) into a mount namespace has set root and cwd to its top. */
static void go_home(const struct home *h, uint32_t flag)
{
	if (setns(h->ns, (int)flag) == 0 &&
	    (h->root < 0 || (fchdir(h->root) == 0 && chroot(".") == 0 &&
			     fchdir(h->cwd) == 0)))
		return;
	/* no path means what it did: whatever was made is found by its record */
	log_error("cannot return to the own namespace: %s", errno_text(errno));
	abort();
}

int nsx_visit(enum nsx_kind kind, int fd, int (*visit)(void *arg), void *arg,
	      struct err *e)
{
	AUTO(home) struct home home = { -1, -1, -1 };
	uint32_t flag = nsx_kind_flag(kind);
	int r;

	if (open_home(&home, kind, e) < 0)
		return -e->code;
	if (setns(fd, (int)flag) < 0) {
		(void)err_errno(e, errno, "cannot enter the %s namespace",
				nsx_kind_name(kind));
		if (e->code == EPERM)
			(void)err_hint(e, "this needs CAP_SYS_ADMIN%s on the host",
				       kind == NSX_MNT ? " and CAP_SYS_CHROOT" : "");
		return -e->code;
	}
	r = visit(arg);
	go_home(&home, flag);
	return r < 0 ? err_errno(e, -r, "in the %s namespace", nsx_kind_name(kind)) : 0;
}
