/* SPDX-License-Identifier: Apache-2.0 */
/* Relaying between the caller's stdio and the master of a container's pty. */
#ifndef OCIRUN_RUNTIME_TTY_H
#define OCIRUN_RUNTIME_TTY_H

#include "base/err.h"
#include "runtime/relay.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#define TTY_POLLFDS (2 * RELAY_POLLFDS)

struct tty {
	int master;       /* owned; -1 = no terminal */
	int host;         /* a descriptor of the caller's terminal, -1 = none */
	bool raw;         /* host was put into raw mode: restore `saved` */
	struct termios saved;
	struct relay in, out;
};
#define TTY_INIT                                             \
	{                                                    \
		.master = -1, .host = -1, .in = RELAY_INIT,  \
		.out = RELAY_INIT                            \
	}

/*
 * Take the master: clear ONLCR on it (lines end as the program wrote them), put
 * the caller's terminal, if there is one on stdin, stdout or stderr, into raw
 * mode and give the pty its size.
 */
int tty_attach(struct tty *t, int master, struct err *e);
/* Fill exactly TTY_POLLFDS entries; fd -1 where there is nothing to wait for. */
void tty_pollfds(const struct tty *t, struct pollfd *p);
/* Move what can be moved without blocking. */
void tty_relay(struct tty *t, const struct pollfd *p);
/* The process has ended: copy what the pty still holds. */
void tty_drain(struct tty *t);
/* Pass the size of the caller's terminal on (SIGWINCH). */
void tty_resize(struct tty *t);
/* Restore the caller's terminal and close the master. Idempotent. */
void tty_detach(struct tty *t);

#endif
