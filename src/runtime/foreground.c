/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop of `run` and `exec` in the foreground (foreground.h): one
 * poll(2) over the signals and the terminal. The wait for the user's process is
 * the one wait without a deadline.
 */
#include "config.h"
#include "runtime/foreground.h"

#include "base/cleanup.h"
#include "base/proc.h"
#include "base/log.h"
#include "runtime/sock.h"

#include <errno.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/banned.h"

#define CONSOLE_DEADLINE_MS (10 * 1000)

void foreground_block_signals(struct foreground *fg)
{
	static const int own[] = { SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE,
				   SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGPIPE };
	sigset_t set;

	(void)sigfillset(&set);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		(void)sigdelset(&set, own[i]);
	if (sigprocmask(SIG_BLOCK, &set, &fg->saved) == 0)
		fg->blocked = true;
	fg->sigfd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Reap everything that ended; true if `pid` was among it. */
static bool reap(pid_t pid, int *ret_status)
{
	bool found = false;
	int status;
	pid_t p;

	while ((p = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
		if (p != pid)
			continue;
		*ret_status = proc_exit_code(status);
		found = true;
	}
	return found;
}

/* Handle what arrived on the signalfd; true when the process has ended. */
static bool on_signals(struct foreground *fg, pid_t pid, int pidfd,
		       int *ret_status)
{
	struct signalfd_siginfo si;
	bool ended = false;

	while (read(fg->sigfd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		int sig = (int)si.ssi_signo;

		if (sig == SIGCHLD)
			ended = reap(pid, ret_status) || ended;
		else if (sig == SIGWINCH)
			tty_resize(&fg->tty);
		else if (sig != SIGURG && !ended)
			(void)pidfd_signal(pidfd, sig);
	}
	return ended;
}

int foreground_attach(struct foreground *fg, int console, struct err *e)
{
	char name[256];
	int master = -1;

	stdio_begin(&fg->stdio);
	if (console < 0)
		return 0;
	if (sock_recv_fd(console, name, sizeof(name),
			 deadline_in_ms(CONSOLE_DEADLINE_MS), &master, e) < 0)
		return -e->code;
	log_debug("terminal '%s'", name);
	return tty_attach(&fg->tty, master, e);
}

int foreground_wait(struct foreground *fg, pid_t pid, int pidfd,
		    int *ret_status, struct err *e)
{
	struct pollfd p[2 + TTY_POLLFDS + STDIO_POLLFDS];
	struct pollfd *pt = p + 2, *ps = pt + TTY_POLLFDS;
	bool ended;

	if (fg->sigfd < 0)
		return err_set(e, EIO, "cannot watch for signals");
	/* It may have ended before the loop: SIGCHLD is pending then. */
	ended = on_signals(fg, pid, pidfd, ret_status);
	while (!ended) {
		p[0] = (struct pollfd){ .fd = fg->sigfd, .events = POLLIN };
		p[1] = (struct pollfd){ .fd = fg->notify.fd, .events = POLLIN };
		tty_pollfds(&fg->tty, pt);
		stdio_pollfds(&fg->stdio, ps);
		if (poll(p, sizeof(p) / sizeof(*p), -1) < 0) {
			if (errno == EINTR)
				continue;
			return err_errno(e, errno, "cannot wait for the process");
		}
		tty_relay(&fg->tty, pt);
		stdio_relay(&fg->stdio, ps);
		if (p[1].revents & POLLIN) /* the main process of the unit is us */
			notify_relay(&fg->notify, getpid());
		if (p[0].revents & POLLIN)
			ended = on_signals(fg, pid, pidfd, ret_status);
	}
	tty_drain(&fg->tty);
	stdio_ended(&fg->stdio);
	return 0;
}

/* Something that ends programs is waiting for us. */
static bool told_to_end(struct foreground *fg)
{
	struct signalfd_siginfo si;

	while (read(fg->sigfd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		int sig = (int)si.ssi_signo;

		if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP ||
		    sig == SIGQUIT)
			return true;
	}
	return false;
}

void foreground_drain(struct foreground *fg)
{
	struct pollfd p[1 + STDIO_POLLFDS];

	while (stdio_active(&fg->stdio)) {
		p[0] = (struct pollfd){ .fd = fg->sigfd, .events = POLLIN };
		stdio_pollfds(&fg->stdio, p + 1);
		if (poll(p, sizeof(p) / sizeof(*p), -1) < 0 && errno != EINTR)
			return;
		stdio_relay(&fg->stdio, p + 1);
		if ((p[0].revents & POLLIN) && told_to_end(fg))
			return;
	}
}

void foreground_end(struct foreground *fg)
{
	tty_detach(&fg->tty);
	stdio_close(&fg->stdio);
	notify_close(&fg->notify);
	if (fg->sigfd >= 0)
		(void)close(fg->sigfd);
	fg->sigfd = -1;
	if (fg->blocked)
		(void)sigprocmask(SIG_SETMASK, &fg->saved, NULL);
	fg->blocked = false;
}
