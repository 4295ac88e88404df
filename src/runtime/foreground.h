/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Staying with a process: forwarding signals to it, relaying its terminal,
 * reaping it. For `run` and `exec` without --detach.
 */
#ifndef OCIRUN_RUNTIME_FOREGROUND_H
#define OCIRUN_RUNTIME_FOREGROUND_H

#include "base/err.h"
#include "runtime/notify.h"
#include "runtime/stdio.h"
#include "runtime/tty.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct foreground {
	int sigfd;       /* signalfd of everything that is forwarded */
	bool blocked;
	sigset_t saved;  /* mask to restore */
	struct tty tty;
	struct stdio stdio;   /* without a terminal */
	struct notify notify; /* READY= is passed on as long as we stay */
};
#define FOREGROUND_INIT                                          \
	{                                                        \
		.sigfd = -1, .tty = TTY_INIT, .stdio = STDIO_INIT, \
		.notify = NOTIFY_INIT                            \
	}

/*
 * Block all forwardable signals, so that none is lost between the start of the
 * process and foreground_wait(). Children made by libnsexec and proc_run() start
 * with an empty mask again.
 */
void foreground_block_signals(struct foreground *fg);

/*
 * Take the terminal: `console` is the socket on which init sent the pty master,
 * or -1; and begin to relay what stdio_make() made. After init's READY and before the
 * program may start, so that its first line finds the modes and the size.
 */
int foreground_attach(struct foreground *fg, int console, struct err *e);

/*
 * Wait for `pid` (a child of ours) to end, relaying its terminal or stdio. All
 * signals but SIGCHLD, SIGWINCH and SIGURG are forwarded. *ret_status is the
 * shell's exit code.
 */
int foreground_wait(struct foreground *fg, pid_t pid, int pidfd,
		    int *ret_status, struct err *e);
/*
 * After the end: relay stdio until whoever still has it, a process that the ended
 * one left behind, closes it, or a signal wants us to end.
 */
void foreground_drain(struct foreground *fg);
/* Restore the caller's terminal and signal mask; on every way out. */
void foreground_end(struct foreground *fg);

#endif
