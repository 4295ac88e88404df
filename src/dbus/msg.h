/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of D-Bus: calls out, replies, errors and signals in. Pure. What comes
 * in is checked against its own lengths before anything of it is used.
 *
 * Source: the D-Bus Specification, "Message Protocol".
 */
#ifndef OCIRUN_DBUS_MSG_H
#define OCIRUN_DBUS_MSG_H

#include "base/str.h"
#include "dbus/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Larger ones are refused; the specification allows 128 MiB. */
#define DMSG_MAX ((size_t)16 << 20)
/* What is needed to know the length of a message. */
#define DMSG_HEAD 16

enum dmsg_type { DMSG_CALL = 1, DMSG_REPLY = 2, DMSG_ERROR = 3, DMSG_SIGNAL = 4 };

struct dbus_call {
	const char *dest, *path, *iface, *member;
	const struct dval *args;
	size_t n_args;
};
/* Append the bytes of the call. `out` must be empty (alignment). */
void dmsg_put_call(const struct dbus_call *call, uint32_t serial,
		   struct str *out);
/* A reply, an error (its name) or a signal (member): what a server sends. */
struct dmsg_answer {
	enum dmsg_type type;
	uint32_t reply_to;
	const char *path, *iface, *member, *error;
	const struct dval *args;
	size_t n_args;
};
void dmsg_put_answer(const struct dmsg_answer *m, uint32_t serial,
		     struct str *out);

/* A message that came in. Pointers lead into `data`; "" if a field is absent. */
struct dmsg {
	char *data; /* malloc'ed */
	enum dmsg_type type;
	uint32_t serial, reply_to;
	const char *path, *iface, *member, *error, *signature, *sender;
	const char *body;
	size_t body_len;
};
#define DMSG_INIT { .data = NULL }

/* Whole length by the first DMSG_HEAD bytes, or -EBADMSG. */
int64_t dmsg_length(const char *head);
/* Takes over `data` (also on failure). -EBADMSG: no valid message. */
int dmsg_parse(struct dmsg *ret, char *data, size_t len);
void dmsg_free(struct dmsg *m);

/* Reading the arguments in order. They become "" or 0 where the body ends. */
struct dmsg_reader {
	const char *p, *sig;
	size_t len, pos;
	bool failed; /* an argument was missing or of another type */
};
void dmsg_read(struct dmsg_reader *r, const struct dmsg *m);
uint32_t dmsg_u32(struct dmsg_reader *r);
/* s or o. */
const char *dmsg_str(struct dmsg_reader *r);
/* A variant with s or o in it. */
const char *dmsg_variant_str(struct dmsg_reader *r);

static inline void auto_dmsg(struct dmsg *m)
{
	dmsg_free(m);
}

#endif
