/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_scan.c - owns the judgement whether a text is JSON and the wording of
 * what is wrong with it, and the positions of values.
 *
 * It builds nothing and decodes nothing: json.c does that with the library,
 * which therefore never sees text that is malformed, too deep, too long or no
 * UTF-8, and whose vague messages nobody has to read. Pure; knows no OCI word.
 */
#include "config/json_scan.h"

#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/json.h"
#include "base/banned.h"

enum want {
	WANT_VALUE,        /* start of the document, after ':' or ',' in [ */
	WANT_VALUE_OR_END, /* after '[' */
	WANT_KEY,          /* after ',' in { */
	WANT_KEY_OR_END,   /* after '{' */
	WANT_COLON,
	WANT_NEXT,         /* after a value: ',' or the closing bracket */
	WANT_EOF,
};

struct level {
	char open;
	struct json_pos pos;
};

struct scan {
	const char *file;
	const unsigned char *p, *end, *line_start;
	uint32_t line;
	char last; /* structural character before p, 0 at the start */
	struct level stack[JSON_MAX_DEPTH];
	unsigned int depth;
	struct json_positions *out;
	struct err *e;
};

static struct json_pos pos_of(const struct scan *s, const unsigned char *at)
{
	struct json_pos pos = { s->line, (uint32_t)(at - s->line_start) + 1 };

	return pos;
}

static int fail(struct scan *s, const unsigned char *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(struct scan *s, const unsigned char *at, const char *fmt, ...)
{
	struct json_pos pos = pos_of(s, at);
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(s->e, EINVAL, "%s:%u:%u: %s", s->file, pos.line,
		       pos.column, text);
}

/* "'x'", "byte 0x01" or "end of file", for messages. */
static const char *show(const struct scan *s, char *buf, size_t size)
{
	if (s->p == s->end)
		(void)snprintf(buf, size, "end of file");
	else if (*s->p > 0x20 && *s->p < 0x7f)
		(void)snprintf(buf, size, "'%c'", *s->p);
	else
		(void)snprintf(buf, size, "byte 0x%02x", *s->p);
	return buf;
}

static int fail_eof(struct scan *s)
{
	const struct level *top;

	if (s->depth == 0)
		return fail(s, s->p, "unexpected end of file, expected a value");
	top = &s->stack[s->depth - 1];
	return fail(s, s->p, "unexpected end of file, '%c' of line %u, column %u is not closed",
		    top->open, top->pos.line, top->pos.column);
}

static bool is_word(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

/* A word that is none of JSON's three. */
static int fail_word(struct scan *s)
{
	static const char *const known[] = { "true", "false", "null" };
	char word[24];
	size_t n = 0;

	while (s->p + n < s->end && is_word(s->p[n]) && n < sizeof(word) - 1) {
		word[n] = (char)s->p[n];
		n++;
	}
	word[n] = '\0';
	(void)fail(s, s->p, "unexpected word '%s', expected a value", word);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (streq_nocase(word, known[i]))
			return err_hint(s->e, "JSON writes it '%s'", known[i]);
	if (streq_nocase(word, "nan") || streq_nocase(word, "infinity"))
		return err_hint(s->e, "JSON has no such number");
	return err_hint(s->e, "strings need double quotes");
}

static int hint_for(struct scan *s)
{
	if (s->p == s->end)
		return -EINVAL;
	switch (*s->p) {
	case '\'':
		return err_hint(s->e, "strings need double quotes");
	case '/':
	case '#':
		return err_hint(s->e, "JSON has no comments");
	default:
		return -EINVAL;
	}
}

/* The character at p does not fit what is wanted. */
static int fail_unexpected(struct scan *s, enum want want)
{
	char close = s->depth && s->stack[s->depth - 1].open == '{' ? '}' : ']';
	char c[24];

	if (s->p == s->end)
		return fail_eof(s);
	(void)show(s, c, sizeof(c));
	if (want == WANT_VALUE && is_word(*s->p))
		return fail_word(s);
	if (s->last == ',' && (*s->p == '}' || *s->p == ']')) {
		(void)fail(s, s->p, "unexpected %s after ','", c);
		return err_hint(s->e, "remove the comma before it");
	}
	switch (want) {
	case WANT_VALUE:
	case WANT_VALUE_OR_END:
		(void)fail(s, s->p, "expected a value, got %s", c);
		break;
	case WANT_KEY:
		(void)fail(s, s->p, "expected a key in double quotes, got %s", c);
		break;
	case WANT_KEY_OR_END:
		(void)fail(s, s->p, "expected a key in double quotes or '}', got %s", c);
		break;
	case WANT_COLON:
		(void)fail(s, s->p, "expected ':' after the key, got %s", c);
		break;
	case WANT_NEXT:
		(void)fail(s, s->p, "expected ',' or '%c' after the value, got %s",
			   close, c);
		if (*s->p == '"' || *s->p == '{' || *s->p == '[')
			return err_hint(s->e, "is a comma missing before it?");
		break;
	case WANT_EOF:
		(void)fail(s, s->p, "unexpected %s after the end of the document", c);
		break;
	}
	return hint_for(s);
}

/*
 * Length of the UTF-8 sequence at p, 0 if it is none (RFC 3629: no overlong
 * forms, no surrogates, nothing above U+10FFFF).
 */
static size_t utf8_len(const unsigned char *p, const unsigned char *end)
{
	size_t left = (size_t)(end - p), n;
	unsigned char lo = 0x80, hi = 0xbf;

	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (left < n)
		return 0;
	if (p[0] == 0xe0)
		lo = 0xa0;
	else if (p[0] == 0xed)
		hi = 0x9f;
	else if (p[0] == 0xf0)
		lo = 0x90;
	else if (p[0] == 0xf4)
		hi = 0x8f;
	if (p[1] < lo || p[1] > hi)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static int hex4(const unsigned char *p, const unsigned char *end, uint32_t *ret)
{
	uint32_t v = 0;

	if (end - p < 4)
		return -EINVAL;
	for (int i = 0; i < 4; i++) {
		unsigned char c = p[i];

		if (c >= '0' && c <= '9')
			v = v * 16 + (c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			v = v * 16 + ((c | 0x20U) - 'a' + 10);
		else
			return -EINVAL;
	}
	*ret = v;
	return 0;
}

/* p is at a backslash; moves behind the escape (behind both of a pair). */
static int scan_escape(struct scan *s)
{
	const unsigned char *at = s->p;
	uint32_t c, low;

	if (s->end - s->p < 2)
		return fail(s, at, "string is not closed");
	if (s->p[1] != 'u') {
		if (s->p[1] == 0 || !strchr("\"\\/bfnrt", s->p[1]))
			return fail(s, at, "invalid escape in string");
		s->p += 2;
		return 0;
	}
	if (hex4(s->p + 2, s->end, &c) < 0)
		return fail(s, at, "\\u needs four hexadecimal digits");
	s->p += 6;
	if (c < 0xd800 || c > 0xdfff)
		return 0;
	if (c >= 0xdc00 || s->end - s->p < 6 || s->p[0] != '\\' ||
	    s->p[1] != 'u' || hex4(s->p + 2, s->end, &low) < 0 ||
	    low < 0xdc00 || low > 0xdfff)
		return fail(s, at, "half of a surrogate pair in string");
	s->p += 6;
	return 0;
}

/*
 * The first byte from p on that does not stand for itself in a string: a quote, a
 * backslash, a control character, the start of a UTF-8 sequence. Eight at a time:
 * nearly every byte of a config is passed over here. A byte b of the word has its
 * top bit set in (b - 0x20), in (b ^ c) - 1 or in b if it is below a space, is c, or
 * is not ASCII; a borrow goes only to bytes behind the first such one.
 */
static const unsigned char *skip_plain(const unsigned char *p,
				       const unsigned char *end)
{
	const uint64_t ones = UINT64_MAX / 0xff, high = ones << 7;
	uint64_t w;

	for (; (size_t)(end - p) >= sizeof(w); p += sizeof(w)) {
		memcpy(&w, p, sizeof(w));
		w = le64toh(w);
		w = ((w - ones * ' ') | ((w ^ ones * '"') - ones) |
		     ((w ^ ones * '\\') - ones) | w) & high;
		if (w)
			return p + __builtin_ctzll(w) / CHAR_BIT;
	}
	while (p < end && *p >= ' ' && *p < 0x80 && *p != '"' && *p != '\\')
		p++;
	return p;
}

/* p is at the opening quote; moves behind the closing one. */
static int scan_string(struct scan *s)
{
	const unsigned char *const end = s->end, *start = s->p++;
	size_t n;
	int r;

	for (;;) {
		s->p = skip_plain(s->p, end);
		if (s->p == end)
			break;
		unsigned char c = *s->p;

		if (c == '"') {
			s->p++;
			return 0;
		}
		if (c == '\\') {
			r = scan_escape(s);
			if (r < 0)
				return r;
		} else if (c == '\n') {
			return fail(s, start, "string is not closed at the end of its line");
		} else if (c < 0x20) {
			return fail(s, s->p, "control character 0x%02x in string must be escaped", c);
		} else {
			n = utf8_len(s->p, s->end);
			if (n == 0)
				return fail(s, s->p, "invalid UTF-8 in string (byte 0x%02x)", c);
			s->p += n;
		}
	}
	return fail(s, start, "string is not closed");
}

static size_t digits(struct scan *s)
{
	const unsigned char *start = s->p;

	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return (size_t)(s->p - start);
}

static int scan_number(struct scan *s)
{
	const unsigned char *start = s->p;
	bool good;

	if (*s->p == '-')
		s->p++;
	good = s->p < s->end && *s->p == '0' ? (s->p++, true) : digits(s) > 0;
	if (good && s->p < s->end && *s->p == '.') {
		s->p++;
		good = digits(s) > 0;
	}
	if (good && s->p < s->end && (*s->p | 0x20) == 'e') {
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		good = digits(s) > 0;
	}
	if (!good || (s->p < s->end && (is_word(*s->p) || *s->p == '.'))) {
		size_t n = 0;

		while (start + n < s->end && n < 40 &&
		       (is_word(start[n]) || (start[n] && strchr("+-.", start[n]))))
			n++;
		return fail(s, start, "malformed number '%.*s'", (int)n,
			    (const char *)start);
	}
	return 0;
}

static int note(struct scan *s)
{
	struct json_positions *out = s->out;

	if (out->n == JSON_MAX_VALUES)
		return fail(s, s->p, "more than %u values in one document",
			    JSON_MAX_VALUES);
	if (out->n == out->cap) {
		/* a config has some ten bytes for each value */
		out->cap = out->cap ? out->cap * 2 :
				      (size_t)(s->end - s->p) / 8 + 16;
		out->v = xreallocarray(out->v, out->cap, sizeof(*out->v));
	}
	out->v[out->n++] = pos_of(s, s->p);
	return 0;
}

static bool scan_word(struct scan *s, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0 ||
	    (s->p + n < s->end && is_word(s->p[n])))
		return false;
	s->p += n;
	return true;
}

static int scan_open(struct scan *s, enum want *want)
{
	if (s->depth == JSON_MAX_DEPTH)
		return fail(s, s->p, "nested deeper than %d levels", JSON_MAX_DEPTH);
	s->stack[s->depth].open = (char)*s->p;
	s->stack[s->depth].pos = pos_of(s, s->p);
	s->depth++;
	*want = *s->p == '{' ? WANT_KEY_OR_END : WANT_VALUE_OR_END;
	s->p++;
	return 0;
}

static enum want after_value(const struct scan *s)
{
	return s->depth ? WANT_NEXT : WANT_EOF;
}

static int scan_value(struct scan *s, enum want *want)
{
	int r = note(s);

	if (r < 0)
		return r;
	switch (*s->p) {
	case '{':
	case '[':
		return scan_open(s, want);
	case '"':
		r = scan_string(s);
		break;
	case '-':
	case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		r = scan_number(s);
		break;
	default:
		if (!scan_word(s, "true") && !scan_word(s, "false") &&
		    !scan_word(s, "null"))
			r = fail_unexpected(s, WANT_VALUE);
	}
	*want = after_value(s);
	return r;
}

/* Moves p to the next token; lines are counted here and nowhere else. */
static void skip_space(struct scan *s)
{
	const unsigned char *p = s->p, *const end = s->end;

	for (; p < end && *p <= ' '; p++) {
		if (*p == '\n') {
			s->line++;
			s->line_start = p + 1;
		} else if (*p != ' ' && *p != '\t' && *p != '\r') {
			break;
		}
	}
	s->p = p;
}

static int scan_step(struct scan *s, enum want *want)
{
	unsigned char c = *s->p;
	bool in_object = s->depth && s->stack[s->depth - 1].open == '{';
	int r;

	if ((*want == WANT_KEY_OR_END && c == '}') ||
	    (*want == WANT_VALUE_OR_END && c == ']') ||
	    (*want == WANT_NEXT && c == (in_object ? '}' : ']'))) {
		s->p++;
		s->depth--;
		s->last = (char)c;
		*want = after_value(s);
		return 0;
	}
	switch (*want) {
	case WANT_VALUE:
	case WANT_VALUE_OR_END:
		r = scan_value(s, want);
		s->last = (char)c;
		return r;
	case WANT_KEY:
	case WANT_KEY_OR_END:
		if (c != '"')
			return fail_unexpected(s, *want);
		*want = WANT_COLON;
		s->last = '"';
		return scan_string(s);
	case WANT_COLON:
		if (c != ':')
			return fail_unexpected(s, *want);
		*want = WANT_VALUE;
		break;
	case WANT_NEXT:
		if (c != ',')
			return fail_unexpected(s, *want);
		*want = in_object ? WANT_KEY : WANT_VALUE;
		break;
	case WANT_EOF:
		return fail_unexpected(s, *want);
	}
	s->last = (char)c;
	s->p++;
	return 0;
}

static int check_start(struct scan *s)
{
	size_t len = (size_t)(s->end - s->p);

	if (len > JSON_MAX_TEXT)
		return err_set(s->e, EFBIG, "%s: larger than %u MiB", s->file,
			       JSON_MAX_TEXT >> 20);
	if (len >= 3 && memcmp(s->p, "\xef\xbb\xbf", 3) == 0) {
		(void)fail(s, s->p, "file starts with a byte order mark");
		return err_hint(s->e, "save it as UTF-8 without BOM");
	}
	if (len >= 2 && (memcmp(s->p, "\xff\xfe", 2) == 0 ||
			 memcmp(s->p, "\xfe\xff", 2) == 0)) {
		(void)fail(s, s->p, "file is UTF-16");
		return err_hint(s->e, "save it as UTF-8");
	}
	skip_space(s);
	if (s->p == s->end)
		return fail(s, s->p, "file is empty, expected a JSON object");
	return 0;
}

int json_scan(struct json_positions *ret, const char *text, size_t len,
	      const char *file, struct err *e)
{
	struct scan s = { .file = file, .line = 1, .out = ret, .e = e };
	enum want want = WANT_VALUE;
	int r;

	s.p = (const unsigned char *)text;
	s.end = s.p + len;
	s.line_start = s.p;
	r = check_start(&s);
	while (r == 0 && s.p < s.end) {
		r = scan_step(&s, &want);
		if (r == 0)
			skip_space(&s);
	}
	if (r == 0 && want != WANT_EOF)
		r = fail_eof(&s);
	return r;
}
