/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One direction of a relay between descriptors, in pieces that do not block: what is
 * the caller's is shared with other programs and keeps its flags, so it is read and
 * written only after poll(2) said so.
 */
#ifndef OCIRUN_RUNTIME_RELAY_H
#define OCIRUN_RUNTIME_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#define RELAY_BUF 16384
#define RELAY_POLLFDS 2

struct relay {
	int from, to;     /* -1 = closed; not owned */
	size_t piece;     /* that `to` takes at once when it polls writable */
	bool drops;       /* nobody reads: go on reading, for nobody */
	bool broken;      /* nobody reads, and `from` is given up */
	char *buf;        /* RELAY_BUF bytes, from the first byte on; owned */
	size_t start, end;
};
#define RELAY_INIT { .from = -1, .to = -1 }

/* Take the two descriptors; `drops` as above. */
void relay_begin(struct relay *r, int from, int to, bool drops);
bool relay_has_data(const struct relay *r);
/* More may come, or is held. */
bool relay_active(const struct relay *r);
/* Fill exactly RELAY_POLLFDS entries; fd -1 where there is nothing to wait for. */
void relay_pollfds(const struct relay *r, struct pollfd *p);
/* Move what can be moved without blocking. */
void relay_move(struct relay *r, const struct pollfd *p);
/* Give up both descriptors and what is held. Idempotent. */
void relay_end(struct relay *r);

#endif
