/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that notices if it was not brought back exactly as it was: counts,
 * and carries each number through everything that a checkpoint has to keep. One
 * value is always on its way in the pipe, the connection and the terminal, and the
 * file is never opened again, so that nothing can be made anew unnoticed.
 *
 *	counter FILE          writes a line for each number, "BAD what …" and ends
 *	                      if something is not what it has to be
 *
 * The same lines go to stdout. SIGTERM ends it with status 7. Static: it runs in a
 * root file system without libraries.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#define CELLS 65536 /* half a megabyte of memory */
#define STEP_MS 10

static int out;
static uint64_t cells[CELLS];

__attribute__((noreturn, format(printf, 1, 2))) static void bad(const char *fmt, ...)
{
	char line[200];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(line, sizeof(line), fmt, ap);

	va_end(ap);
	(void)dprintf(out, "BAD %.*s: %s\n", n, line, strerror(errno));
	_exit(1);
}

static void on_term(int sig)
{
	(void)sig;
	_exit(7);
}

/* What goes in here comes out there. */
struct way {
	const char *name;
	int in, out;
};

static void way_pipe(struct way *w)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		bad("pipe");
	*w = (struct way){ "pipe", fds[1], fds[0] };
}

static void way_tcp(struct way *w)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int c = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (l < 0 || c < 0 || bind(l, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(l, 1) < 0 || getsockname(l, (struct sockaddr *)&a, &len) < 0 ||
	    connect(c, (struct sockaddr *)&a, sizeof(a)) < 0)
		bad("tcp");
	int s = accept4(l, NULL, NULL, SOCK_CLOEXEC);

	if (s < 0)
		bad("accept");
	*w = (struct way){ "tcp", c, s };
}

static void way_pty(struct way *w)
{
	int m = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios t;

	if (m < 0 || grantpt(m) < 0 || unlockpt(m) < 0)
		bad("pty");
	int s = open(ptsname(m), O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (s < 0 || tcgetattr(s, &t) < 0)
		bad("pty slave");
	cfmakeraw(&t);
	if (tcsetattr(s, TCSANOW, &t) < 0)
		bad("pty raw");
	*w = (struct way){ "pty", s, m };
}

static void put(const struct way *w, uint64_t n)
{
	if (write(w->in, &n, sizeof(n)) != (ssize_t)sizeof(n))
		bad("write %s", w->name);
}

static void take(const struct way *w, uint64_t want)
{
	struct pollfd p = { .fd = w->out, .events = POLLIN };
	uint64_t got = 0;

	if (poll(&p, 1, 5000) <= 0)
		bad("nothing comes through %s", w->name);
	if (read(w->out, &got, sizeof(got)) != (ssize_t)sizeof(got))
		bad("read %s", w->name);
	if (got != want)
		bad("%s has %llu, not %llu", w->name, (unsigned long long)got,
		    (unsigned long long)want);
}

/* Every cell has been written n / CELLS times, those before n % CELLS once more. */
static void memory(uint64_t n)
{
	for (int i = 0; i < 64; i++) {
		uint64_t at = (n * 64 + (uint64_t)i) % CELLS;
		uint64_t want = (n * 64 + (uint64_t)i) / CELLS;

		if (cells[at] != want)
			bad("cell %llu is %llu", (unsigned long long)at,
			    (unsigned long long)cells[at]);
		cells[at]++;
	}
}

int main(int argc, char **argv)
{
	const struct sigaction term = { .sa_handler = on_term };
	struct way ways[3];

	if (argc != 2)
		return 2;
	out = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out < 0)
		return 3;
	(void)sigaction(SIGTERM, &term, NULL);
	way_pipe(&ways[0]);
	way_tcp(&ways[1]);
	way_pty(&ways[2]);
	for (size_t i = 0; i < 3; i++)
		put(&ways[i], 0);
	for (uint64_t n = 0;; n++) {
		memory(n);
		for (size_t i = 0; i < 3; i++) {
			put(&ways[i], n + 1);
			take(&ways[i], n);
		}
		/* no O_APPEND: the position is part of what is kept */
		if (dprintf(out, "%llu\n", (unsigned long long)n) < 0)
			return 4;
		(void)dprintf(STDOUT_FILENO, "%llu\n", (unsigned long long)n);
		(void)poll(NULL, 0, STEP_MS);
	}
}
