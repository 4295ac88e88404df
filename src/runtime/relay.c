/* SPDX-License-Identifier: Apache-2.0 */
/* See relay.h. Knows nothing of terminals or containers. */
#include "config.h"
#include "runtime/relay.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#include "base/banned.h"

/* Bytes a terminal or socket that polls writable accepts without blocking. */
#define SMALL_PIECE 512

void relay_begin(struct relay *r, int from, int to, bool drops)
{
	struct stat st;

	r->from = from;
	r->to = to;
	r->drops = drops;
	r->broken = false;
	r->start = r->end = 0;
	r->piece = SMALL_PIECE;
	if (fstat(to, &st) < 0)
		return;
	if (S_ISFIFO(st.st_mode))
		r->piece = PIPE_BUF; /* one free page is what POLLOUT means there */
	else if (S_ISREG(st.st_mode))
		r->piece = RELAY_BUF;
}

bool relay_has_data(const struct relay *r)
{
	return r->start < r->end;
}

bool relay_active(const struct relay *r)
{
	return r->from >= 0 || relay_has_data(r);
}

void relay_pollfds(const struct relay *r, struct pollfd *p)
{
	bool full = relay_has_data(r);

	p[0] = (struct pollfd){ .fd = full ? -1 : r->from, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = full ? r->to : -1, .events = POLLOUT };
}

static void fill(struct relay *r)
{
	ssize_t n;

	if (!r->buf)
		r->buf = xmalloc(RELAY_BUF);
	n = read(r->from, r->buf, RELAY_BUF);

	if (n > 0) {
		r->start = 0;
		r->end = (size_t)n;
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		r->from = -1; /* EIO of a pty's master: no slave is open any more */
	}
}

static void flush(struct relay *r)
{
	size_t n = r->end - r->start;
	ssize_t w = write(r->to, r->buf + r->start, n < r->piece ? n : r->piece);

	if (w > 0) {
		r->start += (size_t)w;
	} else if (w < 0 && errno != EAGAIN && errno != EINTR) {
		r->start = r->end;
		if (!r->drops) {
			r->from = -1;
			r->broken = true;
		}
	}
}

void relay_move(struct relay *r, const struct pollfd *p)
{
	if (p[0].fd >= 0 && p[0].revents)
		fill(r);
	if (p[1].fd >= 0 && p[1].revents)
		flush(r);
}

void relay_end(struct relay *r)
{
	free(r->buf);
	*r = (struct relay)RELAY_INIT;
}
