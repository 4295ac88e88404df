/* SPDX-License-Identifier: Apache-2.0 */
/* Writing and reading messages (msg.h). Pure; no input or output. */
#include "config.h"

#include "dbus/msg.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

#include "base/banned.h"

#define ENDIAN (__BYTE_ORDER == __LITTLE_ENDIAN ? 'l' : 'B')

/* Codes of header fields. */
enum { F_PATH = 1, F_IFACE, F_MEMBER, F_ERROR, F_REPLY, F_DEST, F_SENDER, F_SIG };

/* ---- writing ---- */

struct fields {
	struct arena a;
	struct dval v; /* a(yv) */
};

static void add_field(struct fields *f, uint8_t code, struct dval value)
{
	struct dval *field = &f->v.kids[f->v.n++];

	*field = dval_struct(&f->a, 2);
	field->kids[0] = (struct dval){ .type = 'y', .u = code };
	field->kids[1] = dval_variant(&f->a, &value);
}

static void add_text(struct fields *f, uint8_t code, char type, const char *s)
{
	struct dval v = dval_str(s);

	v.type = type;
	if (s && *s)
		add_field(f, code, v);
}

static void put(struct fields *f, enum dmsg_type type, uint32_t serial,
		const struct dval *args, size_t n_args, struct str *out)
{
	AUTO(strbuf) struct str body = { 0 };
	AUTO(strbuf) struct str sig = { 0 };

	for (size_t i = 0; i < n_args; i++) {
		dval_signature(&args[i], &sig);
		dval_marshal(&args[i], &body);
	}
	add_text(f, F_SIG, 'g', str_text(&sig));
	str_addc(out, ENDIAN);
	str_addc(out, (char)type);
	str_addc(out, '\0');
	str_addc(out, 1); /* version of the protocol */
	struct dval len = dval_u32((uint32_t)body.len);
	struct dval number = dval_u32(serial);

	dval_marshal(&len, out);
	dval_marshal(&number, out);
	dval_marshal(&f->v, out);
	while (out->len % 8)
		str_addc(out, '\0');
	if (body.len)
		str_addn(out, body.p, body.len);
	arena_free(&f->a);
}

static void fields_init(struct fields *f)
{
	*f = (struct fields){ .a = { 0 } };
	f->v = dval_array(&f->a, "(yv)", 8);
	f->v.n = 0;
}

void dmsg_put_call(const struct dbus_call *call, uint32_t serial,
		   struct str *out)
{
	struct fields f;

	fields_init(&f);
	add_text(&f, F_PATH, 'o', call->path);
	add_text(&f, F_IFACE, 's', call->iface);
	add_text(&f, F_MEMBER, 's', call->member);
	add_text(&f, F_DEST, 's', call->dest);
	put(&f, DMSG_CALL, serial, call->args, call->n_args, out);
}

void dmsg_put_answer(const struct dmsg_answer *m, uint32_t serial,
		     struct str *out)
{
	struct fields f;

	fields_init(&f);
	add_text(&f, F_PATH, 'o', m->path);
	add_text(&f, F_IFACE, 's', m->iface);
	add_text(&f, F_MEMBER, 's', m->member);
	add_text(&f, F_ERROR, 's', m->error);
	if (m->reply_to)
		add_field(&f, F_REPLY, dval_u32(m->reply_to));
	put(&f, m->type, serial, m->args, m->n_args, out);
}

/* ---- reading ---- */

static bool skip_to(struct dmsg_reader *r, size_t align)
{
	size_t rest = r->pos % align;

	if (rest)
		r->pos += align - rest;
	if (r->failed || r->pos > r->len)
		r->failed = true;
	return !r->failed;
}

static const char *take(struct dmsg_reader *r, size_t align, size_t n)
{
	const char *p;

	if (!skip_to(r, align) || r->len - r->pos < n) {
		r->failed = true;
		return NULL;
	}
	p = r->p + r->pos;
	r->pos += n;
	return p;
}

static uint32_t raw_u32(struct dmsg_reader *r)
{
	const char *p = take(r, 4, 4);
	uint32_t v = 0;

	if (p)
		memcpy(&v, p, sizeof(v));
	return v;
}

static uint8_t raw_u8(struct dmsg_reader *r)
{
	const char *p = take(r, 1, 1);

	return p ? (uint8_t)*p : 0;
}

/* A text of `n` bytes with its zero, and no other zero in it. */
static const char *raw_text(struct dmsg_reader *r, size_t n)
{
	const char *p = n < DMSG_MAX ? take(r, 1, n + 1) : NULL;

	if (!p || p[n] || strlen(p) != n) {
		r->failed = true;
		return "";
	}
	return p;
}

/* Is the next argument of one of these types? Then go on to it. */
static bool next_is(struct dmsg_reader *r, const char *types)
{
	if (r->failed || !*r->sig || !strchr(types, *r->sig)) {
		r->failed = true;
		return false;
	}
	r->sig++;
	return true;
}

void dmsg_read(struct dmsg_reader *r, const struct dmsg *m)
{
	*r = (struct dmsg_reader){ .p = m->body, .len = m->body_len,
				   .sig = m->signature };
}

uint32_t dmsg_u32(struct dmsg_reader *r)
{
	return next_is(r, "u") ? raw_u32(r) : 0;
}

const char *dmsg_str(struct dmsg_reader *r)
{
	return next_is(r, "so") ? raw_text(r, raw_u32(r)) : "";
}

const char *dmsg_variant_str(struct dmsg_reader *r)
{
	if (!next_is(r, "v"))
		return "";
	const char *sig = raw_text(r, raw_u8(r));

	if (!streq(sig, "s") && !streq(sig, "o")) {
		r->failed = true;
		return "";
	}
	return raw_text(r, raw_u32(r));
}

int64_t dmsg_length(const char *head)
{
	uint32_t body, fields;

	memcpy(&body, head + 4, sizeof(body));
	memcpy(&fields, head + 12, sizeof(fields));
	if (head[0] != ENDIAN || head[3] != 1 || body > DMSG_MAX ||
	    fields > DMSG_MAX)
		return -EBADMSG;
	return DMSG_HEAD + ((int64_t)fields + 7) / 8 * 8 + body;
}

/* One (yv) of the header. Types other than text and u32 do not occur there. */
static void parse_field(struct dmsg *m, struct dmsg_reader *r)
{
	if (!skip_to(r, 8))
		return;
	uint8_t code = raw_u8(r);
	const char *sig = raw_text(r, raw_u8(r));
	const char *text = "";
	uint32_t number = 0;

	if (streq(sig, "s") || streq(sig, "o"))
		text = raw_text(r, raw_u32(r));
	else if (streq(sig, "g"))
		text = raw_text(r, raw_u8(r));
	else if (streq(sig, "u"))
		number = raw_u32(r);
	else
		r->failed = true;
	if (code == F_PATH)
		m->path = text;
	else if (code == F_IFACE)
		m->iface = text;
	else if (code == F_MEMBER)
		m->member = text;
	else if (code == F_ERROR)
		m->error = text;
	else if (code == F_REPLY)
		m->reply_to = number;
	else if (code == F_SENDER)
		m->sender = text;
	else if (code == F_SIG)
		m->signature = text;
}

int dmsg_parse(struct dmsg *ret, char *data, size_t len)
{
	struct dmsg m = { .data = data, .path = "", .iface = "", .member = "",
			  .error = "", .signature = "", .sender = "" };
	struct dmsg_reader r = { .p = data, .sig = "", .pos = DMSG_HEAD };
	uint32_t fields, body;

	if (len < DMSG_HEAD || dmsg_length(data) != (int64_t)len) {
		free(data);
		return -EBADMSG;
	}
	memcpy(&body, data + 4, sizeof(body));
	memcpy(&m.serial, data + 8, sizeof(m.serial));
	memcpy(&fields, data + 12, sizeof(fields));
	m.type = (enum dmsg_type)data[1];
	m.body = data + len - body;
	m.body_len = body;
	r.len = DMSG_HEAD + fields;
	while (!r.failed && r.pos < r.len)
		parse_field(&m, &r);
	if (r.failed || m.type < DMSG_CALL || m.type > DMSG_SIGNAL) {
		free(data);
		return -EBADMSG;
	}
	*ret = m;
	return 0;
}

void dmsg_free(struct dmsg *m)
{
	free(m->data);
	*m = (struct dmsg)DMSG_INIT;
}
