/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dval_parse(): GVariant text, as annotations have it. What somebody typed into
 * a config: every byte is checked, the depth is bounded, and a value that does
 * not fit its type is refused.
 *
 * Source: GVariant's "text format" (docs.gtk.org/glib/gvariant-text-format.html).
 */
#include "config.h"

#include "dbus/value.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

#include "base/banned.h"

struct input {
	struct arena *a;
	const char *p;
	const char *why;
	unsigned int depth;
};

static int bad(struct input *in, const char *why)
{
	in->why = why;
	return -EINVAL;
}

static void skip_space(struct input *in)
{
	while (isspace((unsigned char)*in->p))
		in->p++;
}

static bool eat(struct input *in, char c)
{
	skip_space(in);
	if (*in->p != c)
		return false;
	in->p++;
	return true;
}

/* ---- types ---- */

static const struct {
	const char *name;
	char type;
} type_names[] = {
	{ "boolean", 'b' }, { "byte", 'y' },	   { "int16", 'n' },
	{ "uint16", 'q' },  { "int32", 'i' },	   { "uint32", 'u' },
	{ "int64", 'x' },   { "uint64", 't' },	   { "double", 'd' },
	{ "string", 's' },  { "objectpath", 'o' }, { "signature", 'g' },
};

/* Length of one complete type at the start of `sig`, 0 if there is none. */
static size_t type_len(const char *sig, unsigned int depth)
{
	size_t n = 1;

	if (*sig && strchr("bynqiuxtdsogv", *sig))
		return 1;
	if (depth == 0)
		return 0;
	if (*sig == 'a') {
		n = type_len(sig + 1, depth - 1);
		return n ? n + 1 : 0;
	}
	if (*sig != '(' || sig[1] == ')')
		return 0;
	while (sig[n] != ')') {
		size_t k = type_len(sig + n, depth - 1);

		if (k == 0)
			return 0;
		n += k;
	}
	return n + 1;
}

static int parse_value(struct input *in, const char *want, struct dval *ret);

/* "@t 5" */
static int parse_typed(struct input *in, const char *want, struct dval *ret)
{
	size_t n = type_len(++in->p, DVAL_DEPTH);

	if (n == 0)
		return bad(in, "there is no known type after '@'");
	const char *sig = arena_strndup(in->a, in->p, n);

	in->p += n;
	if (want && !streq(want, sig))
		return bad(in, "the members of an array have one type");
	return parse_value(in, sig, ret);
}

/* ---- numbers ---- */

static bool is_signed_type(char type)
{
	return type == 'n' || type == 'i' || type == 'x';
}

static int fit(struct input *in, char type, bool neg, uint64_t v,
	       struct dval *ret)
{
	static const struct {
		char type;
		uint64_t max;
	} top[] = { { 'y', UINT8_MAX },	 { 'n', INT16_MAX },  { 'q', UINT16_MAX },
		    { 'i', INT32_MAX },	 { 'u', UINT32_MAX }, { 'x', INT64_MAX },
		    { 't', UINT64_MAX } };
	uint64_t max = 0;

	for (size_t i = 0; i < sizeof(top) / sizeof(top[0]); i++)
		if (top[i].type == type)
			max = top[i].max;
	if (neg && is_signed_type(type))
		max++;
	else if (neg && v)
		return bad(in, "a number does not fit its type");
	if (v > max)
		return bad(in, "a number does not fit its type");
	*ret = (struct dval){ .type = type, .u = neg ? 0 - v : v };
	return 0;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

static int parse_double(struct input *in, bool neg, struct dval *ret)
{
	double v = 0, part = 1;
	const char *p = in->p;
	bool digits = false;

	for (; isdigit((unsigned char)*p); p++, digits = true)
		v = v * 10 + (*p - '0');
	if (*p == '.')
		for (p++; isdigit((unsigned char)*p); p++, digits = true)
			v += (*p - '0') * (part /= 10);
	if (!digits || isalnum((unsigned char)*p) || *p == '.')
		return bad(in, "this is not a number");
	in->p = p;
	if (neg)
		v = -v;
	*ret = (struct dval){ .type = 'd' };
	memcpy(&ret->u, &v, sizeof(v));
	return 0;
}

static int parse_number(struct input *in, const char *want, struct dval *ret)
{
	bool neg = *in->p == '-';
	uint64_t v = 0;
	char type = 'i';
	int base = 10;

	if (want && (want[1] || !strchr("ynqiuxtd", *want)))
		return bad(in, "a number is of another type than this");
	in->p += neg || *in->p == '+';
	const char *p = in->p + strspn(in->p, "0123456789");

	if ((want && *want == 'd') || (!want && *p == '.'))
		return parse_double(in, neg, ret);
	if (in->p[0] == '0' && (in->p[1] == 'x' || in->p[1] == 'X')) {
		base = 16;
		in->p += 2;
	} else if (in->p[0] == '0' && isdigit((unsigned char)in->p[1])) {
		base = 8;
		in->p++;
	}
	if (digit_of(*in->p) >= base)
		return bad(in, "this is not a number");
	for (; digit_of(*in->p) < base; in->p++)
		if (__builtin_mul_overflow(v, (uint64_t)base, &v) ||
		    __builtin_add_overflow(v, (uint64_t)digit_of(*in->p), &v))
			return bad(in, "a number does not fit its type");
	if (isalnum((unsigned char)*in->p) || *in->p == '.')
		return bad(in, "this is not a number");
	if (want)
		type = *want;
	return fit(in, type, neg, v, ret);
}

/* ---- strings ---- */

static int parse_escape(struct input *in, struct str *out)
{
	static const char from[] = "abfnrtv", to[] = "\a\b\f\n\r\t\v";
	char c = *in->p;
	const char *f = c ? strchr(from, c) : NULL;

	if (c == '\0')
		return bad(in, "a string does not end");
	in->p++;
	if (c == 'u' || c == 'U')
		return bad(in, "\\u is not known here: write the character");
	if (f)
		c = to[f - from];
	str_addc(out, c);
	return 0;
}

/* The text between quotes. */
static int parse_quoted(struct input *in, const char **ret)
{
	AUTO(strbuf) struct str s = { 0 };
	char quote = *in->p++;

	while (*in->p != quote) {
		if (*in->p == '\0')
			return bad(in, "a string does not end");
		if (*in->p != '\\') {
			str_addc(&s, *in->p++);
			continue;
		}
		in->p++;
		if (parse_escape(in, &s) < 0)
			return -EINVAL;
	}
	in->p++;
	*ret = arena_strdup(in->a, str_text(&s));
	return 0;
}

static bool path_ok(const char *s)
{
	if (*s != '/' || (s[1] && str_ends(s, "/")) || strstr(s, "//"))
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '_' && *s != '/')
			return false;
	return true;
}

static bool signature_ok(const char *s)
{
	for (size_t n; *s; s += n) {
		n = type_len(s, DVAL_DEPTH);
		if (n == 0)
			return false;
	}
	return true;
}

static int parse_string(struct input *in, const char *want, struct dval *ret)
{
	const char *s;

	if (want && (want[1] || !strchr("sog", *want)))
		return bad(in, "a string is of another type than this");
	if (parse_quoted(in, &s) < 0)
		return -EINVAL;
	for (const char *p = s; *p;) {
		uint32_t c;
		size_t n = utf8_decode(p, &c);

		if (n == 0)
			return bad(in, "a string is not UTF-8");
		p += n;
	}
	*ret = dval_str(s);
	if (want)
		ret->type = *want;
	if (ret->type == 'o' && !path_ok(s))
		return bad(in, "this is no object path");
	if (ret->type == 'g' && (!signature_ok(s) || strlen(s) > 255))
		return bad(in, "this is no signature");
	return 0;
}

/* b'text': an array of bytes with a zero at its end. */
static int parse_bytes(struct input *in, const char *want, struct dval *ret)
{
	const char *s;

	in->p++;
	if (want && !streq(want, "ay"))
		return bad(in, "b'…' is an array of bytes");
	if (parse_quoted(in, &s) < 0)
		return -EINVAL;
	*ret = dval_bytes(in->a, (const uint8_t *)s, strlen(s) + 1);
	return 0;
}

/* ---- containers ---- */

struct list {
	struct dval *v;
	size_t n, cap;
};

static struct dval *list_add(struct input *in, struct list *l)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 4;
		struct dval *v = arena_array(in->a, cap, sizeof(*v));

		if (l->n)
			memcpy(v, l->v, l->n * sizeof(*v));
		l->v = v;
		l->cap = cap;
	}
	return &l->v[l->n++];
}

static int parse_array(struct input *in, const char *want, struct dval *ret)
{
	const char *element = want ? want + 1 : NULL;
	struct list l = { 0 };

	in->p++;
	if (want && *want != 'a')
		return bad(in, "an array is of another type than this");
	while (!eat(in, ']')) {
		if (l.n && !eat(in, ','))
			return bad(in, "',' or ']' is missing in an array");
		struct dval *v = list_add(in, &l);

		if (parse_value(in, element, v) < 0)
			return -EINVAL;
		if (!element) {
			AUTO(strbuf) struct str sig = { 0 };

			dval_signature(v, &sig);
			element = arena_strdup(in->a, str_text(&sig));
		}
	}
	if (!element)
		return bad(in, "an empty array needs its type: @as []");
	*ret = (struct dval){ .type = 'a', .s = element, .kids = l.v, .n = l.n };
	return 0;
}

static int parse_struct(struct input *in, const char *want, struct dval *ret)
{
	const char *sig = want ? want + 1 : NULL;
	struct list l = { 0 };

	in->p++;
	if (want && *want != '(')
		return bad(in, "(...) is of another type than this");
	while (!eat(in, ')')) {
		size_t n = sig ? type_len(sig, DVAL_DEPTH) : 0;
		const char *one = sig ? arena_strndup(in->a, sig, n) : NULL;

		if (sig && n == 0)
			return bad(in, "(...) has more members than its type");
		if (l.n && !eat(in, ','))
			return bad(in, "',' or ')' is missing");
		if (eat(in, ')') && l.n)
			break;
		if (parse_value(in, one, list_add(in, &l)) < 0)
			return -EINVAL;
		sig = sig ? sig + n : NULL;
	}
	if (l.n == 0 || (sig && *sig != ')'))
		return bad(in, "(...) has fewer members than its type");
	*ret = (struct dval){ .type = '(', .kids = l.v, .n = l.n };
	return 0;
}

static int parse_variant(struct input *in, const char *want, struct dval *ret)
{
	struct dval v;

	in->p++;
	if (want && !streq(want, "v"))
		return bad(in, "<...> is of another type than this");
	if (parse_value(in, NULL, &v) < 0)
		return -EINVAL;
	if (!eat(in, '>'))
		return bad(in, "'>' is missing");
	*ret = dval_variant(in->a, &v);
	return 0;
}

static int parse_word(struct input *in, const char *want, struct dval *ret)
{
	size_t n = strspn(in->p, "abcdefghijklmnopqrstuvwxyz0123456789");
	const char *word = arena_strndup(in->a, in->p, n);

	if (streq(word, "true") || streq(word, "false")) {
		if (want && !streq(want, "b"))
			return bad(in, "a boolean is of another type than this");
		in->p += n;
		*ret = dval_bool(*word == 't');
		return 0;
	}
	for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++) {
		const char sig[] = { type_names[i].type, '\0' };

		if (!streq(word, type_names[i].name))
			continue;
		if (want && !streq(want, sig))
			return bad(in, "the members of an array have one type");
		in->p += n;
		return parse_value(in, sig, ret);
	}
	return bad(in, "strings are written in quotes: 'text'");
}

static int parse_value(struct input *in, const char *want, struct dval *ret)
{
	int r;

	if (in->depth == DVAL_DEPTH)
		return bad(in, "too many levels");
	in->depth++;
	skip_space(in);
	if (*in->p == '@')
		r = parse_typed(in, want, ret);
	else if (*in->p == '\'' || *in->p == '"')
		r = parse_string(in, want, ret);
	else if (*in->p == 'b' && (in->p[1] == '\'' || in->p[1] == '"'))
		r = parse_bytes(in, want, ret);
	else if (*in->p == '[')
		r = parse_array(in, want, ret);
	else if (*in->p == '(')
		r = parse_struct(in, want, ret);
	else if (*in->p == '<')
		r = parse_variant(in, want, ret);
	else if (*in->p && strchr("+-.0123456789", *in->p))
		r = parse_number(in, want, ret);
	else if (islower((unsigned char)*in->p))
		r = parse_word(in, want, ret);
	else
		r = bad(in, *in->p ? "this is no value" : "a value is missing");
	in->depth--;
	return r;
}

int dval_parse(struct dval *ret, struct arena *a, const char *text,
	       const char **why)
{
	struct input in = { .a = a, .p = text };
	struct dval v;
	int r = parse_value(&in, NULL, &v);

	skip_space(&in);
	if (r == 0 && *in.p)
		r = bad(&in, "there is more after the value");
	if (r < 0)
		*why = in.why;
	else
		*ret = v;
	return r;
}
