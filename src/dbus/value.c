/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building, printing and marshalling values (value.h). Pure; native byte order,
 * which a message names in its first byte.
 */
#include "config.h"

#include "dbus/value.h"

#include <inttypes.h>
#include <string.h>

#include "base/banned.h"

/* ---- building ---- */

struct dval dval_bool(bool v)
{
	return (struct dval){ .type = 'b', .u = v };
}

struct dval dval_u32(uint32_t v)
{
	return (struct dval){ .type = 'u', .u = v };
}

struct dval dval_u64(uint64_t v)
{
	return (struct dval){ .type = 't', .u = v };
}

struct dval dval_str(const char *s)
{
	return (struct dval){ .type = 's', .s = s };
}

struct dval dval_array(struct arena *a, const char *element, size_t n)
{
	return (struct dval){ .type = 'a', .s = element, .n = n,
			      .kids = arena_array(a, n, sizeof(struct dval)) };
}

struct dval dval_struct(struct arena *a, size_t n)
{
	return (struct dval){ .type = '(', .n = n,
			      .kids = arena_array(a, n, sizeof(struct dval)) };
}

struct dval dval_variant(struct arena *a, const struct dval *inside)
{
	return (struct dval){ .type = 'v', .n = 1,
			      .kids = arena_memdup(a, inside, sizeof(*inside)) };
}

struct dval dval_strv(struct arena *a, const char *const *v, size_t n)
{
	struct dval ret = dval_array(a, "s", n);

	for (size_t i = 0; i < n; i++)
		ret.kids[i] = dval_str(v[i]);
	return ret;
}

struct dval dval_bytes(struct arena *a, const uint8_t *v, size_t n)
{
	struct dval ret = dval_array(a, "y", n);

	for (size_t i = 0; i < n; i++)
		ret.kids[i] = (struct dval){ .type = 'y', .u = v[i] };
	return ret;
}

void dval_signature(const struct dval *v, struct str *out)
{
	str_addc(out, v->type);
	if (v->type == 'a')
		str_add(out, v->s);
	for (size_t i = 0; v->type == '(' && i < v->n; i++)
		dval_signature(&v->kids[i], out);
	if (v->type == '(')
		str_addc(out, ')');
}

/* ---- printing ---- */

static void print_string(const char *s, struct str *out)
{
	str_addc(out, '\'');
	for (; *s; s++) {
		if (*s == '\'' || *s == '\\')
			str_addc(out, '\\');
		str_addc(out, *s);
	}
	str_addc(out, '\'');
}

static void print_list(const struct dval *v, const char *ends, struct str *out)
{
	str_addc(out, ends[0]);
	for (size_t i = 0; i < v->n; i++) {
		if (i)
			str_add(out, ", ");
		dval_print(&v->kids[i], out);
	}
	str_addc(out, ends[1]);
}

void dval_print(const struct dval *v, struct str *out)
{
	double d;

	switch (v->type) {
	case 'b':
		str_add(out, v->u ? "true" : "false");
		break;
	case 'y':
		str_addf(out, "0x%02" PRIx64, v->u);
		break;
	case 'i':
		str_addf(out, "%" PRId64, (int64_t)v->u);
		break;
	case 'n':
	case 'x':
		str_addf(out, "%s %" PRId64, v->type == 'n' ? "int16" : "int64",
			 (int64_t)v->u);
		break;
	case 'q':
	case 'u':
	case 't':
		str_addf(out, "%s %" PRIu64, v->type == 'q' ? "uint16"
					     : v->type == 'u' ? "uint32"
							      : "uint64", v->u);
		break;
	case 'd':
		memcpy(&d, &v->u, sizeof(d));
		str_addf(out, "%f", d);
		break;
	case 'o':
	case 'g':
		str_add(out, v->type == 'o' ? "objectpath " : "signature ");
		print_string(v->s, out);
		break;
	case 'a':
		if (v->n == 0)
			str_addf(out, "@a%s ", v->s);
		print_list(v, "[]", out);
		break;
	case '(':
		print_list(v, "()", out);
		break;
	case 'v':
		print_list(v, "<>", out);
		break;
	default:
		print_string(v->s, out);
		break;
	}
}

/* ---- marshalling ---- */

static size_t size_of(char type)
{
	switch (type) {
	case 'y':
		return 1;
	case 'n':
	case 'q':
		return 2;
	case 'x':
	case 't':
	case 'd':
		return 8;
	default: /* b, i, u, h; the length of s, o, a */
		return 4;
	}
}

static size_t align_of(char type)
{
	return type == '(' || type == '{' ? 8
	       : type == 'g' || type == 'v' ? 1 : size_of(type);
}

static void pad(struct str *out, size_t align)
{
	while (out->len % align)
		str_addc(out, '\0');
}

static void put_fixed(struct str *out, uint64_t v, size_t size)
{
	uint8_t b = (uint8_t)v;
	uint16_t h = (uint16_t)v;
	uint32_t w = (uint32_t)v;
	const void *p = size == 1 ? (const void *)&b
			: size == 2 ? (const void *)&h
			: size == 4 ? (const void *)&w : (const void *)&v;

	pad(out, size);
	str_addn(out, p, size);
}

static void put_text(struct str *out, const char *s, size_t size_of_len)
{
	put_fixed(out, strlen(s), size_of_len);
	str_addn(out, s, strlen(s) + 1);
}

static void put_array(struct str *out, const struct dval *v)
{
	put_fixed(out, 0, 4);
	size_t at = out->len - 4;

	/* The padding before the first element is not part of the length. */
	pad(out, align_of(v->s[0]));
	size_t start = out->len;

	for (size_t i = 0; i < v->n; i++)
		dval_marshal(&v->kids[i], out);
	uint32_t len = (uint32_t)(out->len - start);

	memcpy(out->p + at, &len, sizeof(len));
}

void dval_marshal(const struct dval *v, struct str *out)
{
	struct str sig = { 0 };

	switch (v->type) {
	case 's':
	case 'o':
		put_text(out, v->s, 4);
		break;
	case 'g':
		put_text(out, v->s, 1);
		break;
	case 'a':
		put_array(out, v);
		break;
	case '(':
		pad(out, 8);
		for (size_t i = 0; i < v->n; i++)
			dval_marshal(&v->kids[i], out);
		break;
	case 'v':
		dval_signature(v->kids, &sig);
		put_text(out, str_text(&sig), 1);
		str_free(&sig);
		dval_marshal(v->kids, out);
		break;
	default:
		put_fixed(out, v->u, size_of(v->type));
		break;
	}
}
