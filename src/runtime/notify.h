/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readiness of a service in a container (sd_notify(3)). The caller's socket,
 * $NOTIFY_SOCKET, cannot be used from inside: it may be out of reach, and systemd
 * takes no message from a process outside the unit's main process. So the
 * container gets a socket of its own, /run/notify/notify.sock, and what it says
 * there is passed on with MAINPID= by the process that waits for it: start, run.
 *
 * ROOT/ID/notify is the directory; it is made with the container and goes with it.
 */
#ifndef OCIRUN_RUNTIME_NOTIFY_H
#define OCIRUN_RUNTIME_NOTIFY_H

#include "base/err.h"
#include "config/spec.h"
#include "runtime/state.h"

#include <stdbool.h>
#include <sys/types.h>

struct notify {
	int fd;           /* the container's end, -1 = nobody asked for it */
	const char *host; /* $NOTIFY_SOCKET */
	bool ready;       /* READY=1 was passed on */
};
#define NOTIFY_INIT { -1, NULL, false }

/* $NOTIFY_SOCKET, NULL if unset or empty. */
const char *notify_socket(void);

/* Add the mount and the variable to the config; `dir` is ROOT/ID/notify. */
void notify_edit_spec(struct spec *spec, const char *dir);
/* Make ROOT/ID/notify. */
int notify_make_dir(const struct container *c, struct err *e);

/*
 * Bind the container's socket, before its program runs. Without $NOTIFY_SOCKET,
 * or if the container was created without it, n->fd stays -1.
 */
int notify_bind(struct notify *n, const struct container *c, struct err *e);

/*
 * Something can be read: pass READY= on, with MAINPID= of `main_pid` the first
 * time, and wait until the other side has taken it (at most 30 s). What goes
 * wrong is only warned of: the container runs.
 */
void notify_relay(struct notify *n, pid_t main_pid);

/* Until READY= was passed on or the process behind pidfd has ended. */
int notify_wait(struct notify *n, pid_t main_pid, int pidfd, struct err *e);
void notify_close(struct notify *n);

static inline void auto_notify(struct notify *n)
{
	notify_close(n);
}

#endif
