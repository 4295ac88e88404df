/* SPDX-License-Identifier: Apache-2.0 */
/* Unix sockets of the callers: console and pidfd receivers. */
#ifndef OCIRUN_RUNTIME_SOCK_H
#define OCIRUN_RUNTIME_SOCK_H

#include "base/clock.h"
#include "base/err.h"

#include <stddef.h>

/*
 * Connect to an AF_UNIX stream socket. Paths longer than sun_path go through
 * /proc/self/fd. `what` names the option in messages ("--console-socket").
 * CLOEXEC descriptor, owned by the caller.
 */
int sock_connect(const char *path, const char *what, int *ret_fd,
		 struct err *e);

/*
 * Receive one message with one descriptor. *ret_fd is CLOEXEC and owned by the
 * caller; the payload (a name, at most size - 1 bytes) is NUL-terminated.
 */
int sock_recv_fd(int sock, char *buf, size_t size, deadline_t deadline,
		 int *ret_fd, struct err *e);

#endif
