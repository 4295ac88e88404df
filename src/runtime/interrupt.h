/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SIGINT, SIGTERM, SIGHUP and SIGQUIT while something is half-made: they end the
 * wait that is under way, what was made is taken away again, and then they end us
 * as they would have. Who waits is given interrupt.fd, which can be read as soon
 * as one has arrived. Signals that the caller ignores stay ignored.
 */
#ifndef OCIRUN_RUNTIME_INTERRUPT_H
#define OCIRUN_RUNTIME_INTERRUPT_H

#include "base/err.h"

#include <signal.h>
#include <stdbool.h>

struct interrupt {
	int fd; /* 0 = none: nothing can be interrupted */
	bool taken;
	sigset_t saved;
};
#define INTERRUPT_INIT { .fd = 0 }

/* Hold the signals back. Without a descriptor to be had they act as ever. */
void interrupt_begin(struct interrupt *in);
/*
 * If `e` is a wait that was interrupted (EINTR): take the signal, so that the
 * next one interrupts what is done about it, name it in the message, and ask for
 * the exit code 128 + its number, by which main() knows how to end.
 */
void interrupt_take(struct interrupt *in, struct err *e);
/*
 * Let the signals through again. One that has arrived since acts now, unless one
 * was taken: then we end anyway, and have something to say first.
 */
void interrupt_end(struct interrupt *in);

#endif
