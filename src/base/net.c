/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interface ioctls; see net.h. Must not know who wants what.
 */
#include "config.h"
#include "base/net.h"

#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/banned.h"

int net_socket(void)
{
	static const int families[] = { AF_INET, AF_INET6, AF_UNIX };
	int r = -EAFNOSUPPORT;

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		int fd = socket(families[i], SOCK_DGRAM | SOCK_CLOEXEC, 0);

		if (fd >= 0)
			return fd;
		r = -errno;
	}
	return r;
}

int net_loopback_up(int sock)
{
	struct ifreq req = { .ifr_name = "lo" };

	if (ioctl(sock, SIOCGIFFLAGS, &req) < 0)
		return -errno;
	if (req.ifr_flags & IFF_UP)
		return 0;
	req.ifr_flags = (short)(req.ifr_flags | IFF_UP);
	return ioctl(sock, SIOCSIFFLAGS, &req) < 0 ? -errno : 0;
}

int net_namespace_of(int sock)
{
	int fd = ioctl(sock, SIOCGSKNS);

	return fd < 0 ? -errno : fd;
}
