/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network namespace that the parent makes while init is at its mounts (nsplan.c,
 * R7): both ends. The parent goes into a new one, hands it on and comes back; init
 * joins it when it needs one.
 *
 * Sources: network_namespaces(7), setns(2), unshare(2).
 */
#include "config.h"
#include "libnsexec/nsexec.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/net.h"
#include "libnsexec/program.h"

#include "base/banned.h"

/* ---- parent side ---- */

int nsx_net_home(void)
{
	struct err ignored = ERR_INIT;
	AUTO(fd) int own = -1;

	if (nsx_open_ns_of(NSX_NET, getpid(), &own, &ignored) < 0 ||
	    setns(own, CLONE_NEWNET) < 0)
		return -1;
	return TAKE_FD(own);
}

/* Best effort with the interface: init looks again, and can say why. */
static int loopback_and_fd(int *ret_fd, struct err *e)
{
	AUTO(fd) int sock = net_socket();
	int fd = -1;

	if (sock >= 0) {
		(void)net_loopback_up(sock);
		fd = net_namespace_of(sock);
	}
	if (fd < 0)
		return nsx_open_ns_of(NSX_NET, getpid(), ret_fd, e);
	*ret_fd = fd;
	return 0;
}

int nsx_net_make(int home, int *ret_fd, struct err *e)
{
	int r;

	if (unshare(CLONE_NEWNET) < 0)
		return nsx_explain_create(e, errno, CLONE_NEWNET, -1);
	r = loopback_and_fd(ret_fd, e);
	if (setns(home, CLONE_NEWNET) < 0) {
		/* tried before; hooks and D-Bus of the host are out of reach now */
		log_error("cannot return to the own network namespace: %s",
			  errno_text(errno));
		abort();
	}
	return r;
}

/* ---- init ---- */

int nsx_join_net(struct chan *c, deadline_t deadline, struct err *e)
{
	struct chan_msg msg;
	int r;

	if (chan_recv(c, CHAN_NETNS, &msg, deadline, NULL, e) < 0)
		return -e->code;
	r = setns(msg.fds[0], CLONE_NEWNET) < 0 ? -errno : 0;
	chan_msg_close(&msg);
	return r < 0 ? err_errno(e, -r, "cannot join the new network namespace") : 0;
}
