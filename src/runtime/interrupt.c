/* SPDX-License-Identifier: Apache-2.0 */
/* Signals that end a wait instead of the program (interrupt.h). */
#include "config.h"
#include "runtime/interrupt.h"

#include <errno.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/banned.h"

static const struct {
	int sig;
	const char *name;
} ends[] = {
	{ SIGINT, "SIGINT" },
	{ SIGTERM, "SIGTERM" },
	{ SIGHUP, "SIGHUP" },
	{ SIGQUIT, "SIGQUIT" },
};
#define N_ENDS (sizeof(ends) / sizeof(ends[0]))

void interrupt_begin(struct interrupt *in)
{
	struct sigaction act;
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < N_ENDS; i++)
		if (sigaction(ends[i].sig, NULL, &act) == 0 &&
		    act.sa_handler != SIG_IGN)
			(void)sigaddset(&set, ends[i].sig);
	/* 0 to 2 are open (cli/main.c), so it is never 0 */
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd <= 0)
		return;
	(void)sigprocmask(SIG_BLOCK, &set, &in->saved);
	in->fd = fd;
}

void interrupt_take(struct interrupt *in, struct err *e)
{
	struct signalfd_siginfo si;
	const char *name = "a signal";

	if (e->code != EINTR || in->fd <= 0 ||
	    read(in->fd, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return;
	for (size_t i = 0; i < N_ENDS; i++)
		if (ends[i].sig == (int)si.ssi_signo)
			name = ends[i].name;
	in->taken = true;
	(void)err_wrap(e, "interrupted by %s", name);
	e->exit_code = 128 + (int)si.ssi_signo;
}

void interrupt_end(struct interrupt *in)
{
	struct signalfd_siginfo si;

	if (in->fd <= 0)
		return;
	while (in->taken && read(in->fd, &si, sizeof(si)) > 0)
		;
	(void)close(in->fd);
	in->fd = 0;
	(void)sigprocmask(SIG_SETMASK, &in->saved, NULL);
}
