/* SPDX-License-Identifier: Apache-2.0 */
/* See stdio.h. Our ends do not block, theirs do: each end has flags of its own. */
#include "config.h"
#include "runtime/stdio.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/banned.h"

static bool is_null(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
	       st.st_rdev == makedev(1, 3);
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

int stdio_make(struct stdio *s, bool outlived, struct err *e)
{
	for (int i = 0; i < STDIO_N; i++) {
		int *ours = &s->ours[i], *theirs = &s->theirs[i], r;

		if ((i == STDIN_FILENO || !outlived) && is_null(i))
			continue;
		r = i == STDIN_FILENO ? fd_pipe(theirs, ours) :
					fd_pipe(ours, theirs);
		if (r < 0)
			return err_errno(e, -r, "cannot make a pipe");
		r = fd_nonblock(*ours, true);
		if (r < 0)
			return err_errno(e, -r, "cannot use a pipe");
	}
	return 0;
}

void stdio_begin(struct stdio *s)
{
	for (int i = 0; i < STDIO_N; i++) {
		close_one(&s->theirs[i]);
		if (s->ours[i] < 0)
			continue;
		if (i == STDIN_FILENO)
			relay_begin(&s->relay[i], i, s->ours[i], false);
		else
			relay_begin(&s->relay[i], s->ours[i], i, false);
	}
}

void stdio_pollfds(const struct stdio *s, struct pollfd *p)
{
	for (int i = 0; i < STDIO_N; i++)
		relay_pollfds(&s->relay[i], p + (ptrdiff_t)i * RELAY_POLLFDS);
}

/*
 * End of our input is end of theirs; who writes to output that nobody reads gets
 * SIGPIPE or EPIPE, as if he had it himself.
 */
static void pass_end(struct stdio *s)
{
	for (int i = 0; i < STDIO_N; i++)
		if (s->ours[i] >= 0 && !relay_active(&s->relay[i]))
			close_one(&s->ours[i]);
}

void stdio_relay(struct stdio *s, const struct pollfd *p)
{
	for (int i = 0; i < STDIO_N; i++)
		relay_move(&s->relay[i], p + (ptrdiff_t)i * RELAY_POLLFDS);
	pass_end(s);
}

void stdio_ended(struct stdio *s)
{
	struct relay *in = &s->relay[STDIN_FILENO];

	in->from = -1;
	in->start = in->end;
	pass_end(s);
}

bool stdio_active(const struct stdio *s)
{
	return s->ours[STDOUT_FILENO] >= 0 || s->ours[STDERR_FILENO] >= 0;
}

void stdio_close(struct stdio *s)
{
	for (int i = 0; i < STDIO_N; i++) {
		close_one(&s->theirs[i]);
		close_one(&s->ours[i]);
		relay_end(&s->relay[i]);
	}
}
