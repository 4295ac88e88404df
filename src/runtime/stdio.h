/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standard input, output and error of a foreground process without a terminal. It
 * gets pipes: what the caller has there, a terminal or a file of the host, is not
 * handed into the container, where it could be chowned, reopened and read.
 * /dev/null is handed in as it is, where nothing can be told from a pipe by it.
 */
#ifndef OCIRUN_RUNTIME_STDIO_H
#define OCIRUN_RUNTIME_STDIO_H

#include "base/err.h"
#include "runtime/relay.h"

#define STDIO_N 3
#define STDIO_POLLFDS (STDIO_N * RELAY_POLLFDS)

struct stdio {
	int theirs[STDIO_N]; /* for init, by number; -1 = the caller's */
	int ours[STDIO_N];
	struct relay relay[STDIO_N];
};
#define STDIO_INIT                                              \
	{                                                       \
		{ -1, -1, -1 }, { -1, -1, -1 },                 \
			{ RELAY_INIT, RELAY_INIT, RELAY_INIT }  \
	}

/*
 * Make the pipes. `outlived`: whoever inherits the output may live on when the
 * process has ended, and is waited for, also if the output is /dev/null.
 */
int stdio_make(struct stdio *s, bool outlived, struct err *e);
/* Init has its ends: relay from now on. */
void stdio_begin(struct stdio *s);
/* Fill exactly STDIO_POLLFDS entries. */
void stdio_pollfds(const struct stdio *s, struct pollfd *p);
/* Move what can be moved; what one side closed is closed on the other. */
void stdio_relay(struct stdio *s, const struct pollfd *p);
/* The process has ended: nobody reads any more. */
void stdio_ended(struct stdio *s);
/* Output may still come, or is held. */
bool stdio_active(const struct stdio *s);
void stdio_close(struct stdio *s);

#endif
