/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection to a message bus, or directly to one program, for calls one after
 * another: enough to ask systemd for something and to hear when it is done.
 *
 * Every wait has a deadline and an error says what was awaited from whom. An
 * expired or broken connection answers every later call with the same error.
 *
 * Sources: the D-Bus Specification, "Server Addresses", "Authentication Protocol",
 * "Message Bus".
 */
#ifndef OCIRUN_DBUS_BUS_H
#define OCIRUN_DBUS_BUS_H

#include "base/clock.h"
#include "base/err.h"
#include "dbus/msg.h"

#include <stdbool.h>

struct dbus; /* opaque */

/*
 * Connect to the first address of the list that answers: "unix:path=…" and
 * "unix:abstract=…". We are who the socket says (SASL EXTERNAL without a name), so
 * that it works in user namespaces as well. `direct`: there is no bus behind it, so
 * no name is asked for.
 */
int dbus_open(struct dbus **ret, const char *address, bool direct,
	      deadline_t deadline, struct err *e);
void dbus_close(struct dbus *b);

/*
 * Call and wait for the reply. An error reply is -EACCES, -ENOENT, -EEXIST or
 * -EREMOTEIO with its text, and dbus_error() has its name.
 */
int dbus_call(struct dbus *b, const struct dbus_call *call, struct dmsg *ret,
	      deadline_t deadline, struct err *e);
/* Name of the last error reply, "" if the last call failed in another way. */
const char *dbus_error(const struct dbus *b);

/* Keep signals of this name (static text) from here on; others are dropped. */
void dbus_keep(struct dbus *b, const char *member);
/* The next kept signal; `what` is what it is awaited for. */
int dbus_signal(struct dbus *b, const char *what, struct dmsg *ret,
		deadline_t deadline, struct err *e);

static inline void auto_dbus(struct dbus **b)
{
	dbus_close(*b);
}

#endif
