/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network interfaces by ioctl(2), which needs neither netlink nor a C library that
 * knows it. Source: netdevice(7).
 */
#ifndef OCIRUN_BASE_NET_H
#define OCIRUN_BASE_NET_H

/*
 * A socket for such calls in the caller's network namespace, of any family that the
 * kernel has: no address is wanted. CLOEXEC descriptor, or -errno.
 */
int net_socket(void);

/*
 * Bring up the loopback interface of the namespace that `sock` was made in; nothing
 * to do where it is up. 0, -ENODEV (none there), -EPERM, …
 */
int net_loopback_up(int sock);

/*
 * The namespace that `sock` was made in, by SIOCGSKNS: CLOEXEC descriptor, or -errno
 * (-EPERM without CAP_NET_ADMIN there, -ENOTTY before Linux 4.9).
 */
int net_namespace_of(int sock);

#endif
