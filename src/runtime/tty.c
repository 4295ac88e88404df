/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Terminal relay (tty.h). Only the master is non-blocking: the caller's stdio is
 * shared with other programs and keeps its flags (relay.h).
 */
#include "config.h"
#include "runtime/tty.h"

#include "base/fd.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/banned.h"

#define DRAIN_POLL_MS 100

static int find_host_tty(void)
{
	static const int fds[] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO };

	for (size_t i = 0; i < 3; i++)
		if (isatty(fds[i]))
			return fds[i];
	return -1;
}

static int set_raw(struct tty *t, struct err *e)
{
	struct termios raw;

	if (t->host < 0)
		return 0;
	if (tcgetattr(t->host, &t->saved) < 0)
		return err_errno(e, errno, "cannot read the terminal's settings");
	raw = t->saved;
	cfmakeraw(&raw);
	if (tcsetattr(t->host, TCSANOW, &raw) < 0)
		return err_errno(e, errno, "cannot set the terminal to raw mode");
	t->raw = true;
	return 0;
}

int tty_attach(struct tty *t, int master, struct err *e)
{
	struct termios mt;

	t->master = master;
	if (tcgetattr(master, &mt) < 0)
		return err_errno(e, errno,
				 "what the container sent is no terminal");
	mt.c_oflag &= ~(tcflag_t)ONLCR;
	(void)tcsetattr(master, TCSANOW, &mt);
	int r = fd_nonblock(master, true);

	if (r < 0)
		return err_errno(e, -r, "cannot use the container's terminal");
	t->host = find_host_tty();
	/* output that nobody reads must not stop the program */
	relay_begin(&t->in, STDIN_FILENO, master, true);
	relay_begin(&t->out, master, STDOUT_FILENO, true);
	tty_resize(t);
	return set_raw(t, e);
}

void tty_resize(struct tty *t)
{
	struct winsize ws;

	if (t->master >= 0 && t->host >= 0 &&
	    ioctl(t->host, TIOCGWINSZ, &ws) == 0 && ws.ws_row && ws.ws_col)
		(void)ioctl(t->master, TIOCSWINSZ, &ws);
}

void tty_pollfds(const struct tty *t, struct pollfd *p)
{
	relay_pollfds(&t->in, p);
	relay_pollfds(&t->out, p + RELAY_POLLFDS);
}

void tty_relay(struct tty *t, const struct pollfd *p)
{
	relay_move(&t->in, p);
	relay_move(&t->out, p + RELAY_POLLFDS);
}

void tty_drain(struct tty *t)
{
	struct pollfd p[TTY_POLLFDS];

	t->in.from = -1;
	t->in.start = t->in.end;
	while (t->master >= 0 && (t->out.from >= 0 || relay_has_data(&t->out))) {
		tty_pollfds(t, p);
		/*
		 * A background process of the container may keep the slave open
		 * and silent: what was written before the end is readable now.
		 */
		int timeout = relay_has_data(&t->out) ? -1 : DRAIN_POLL_MS;
		int r = poll(p, TTY_POLLFDS, timeout);

		if (r == 0 || (r < 0 && errno != EINTR))
			return;
		if (r > 0)
			tty_relay(t, p);
	}
}

void tty_detach(struct tty *t)
{
	if (t->raw)
		(void)tcsetattr(t->host, TCSANOW, &t->saved);
	t->raw = false;
	if (t->master >= 0)
		(void)close(t->master);
	t->master = -1;
	relay_end(&t->in);
	relay_end(&t->out);
}
