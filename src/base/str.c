/* SPDX-License-Identifier: Apache-2.0 */
/*
 * str.c - growable strings, escapes, strict numbers, comparisons.
 *
 * Owns every conversion from text to number of the program; there is no other
 * place where a digit gets a value. Must not depend on the locale: what a
 * config means does not change with LC_ALL.
 */
#include "config.h"

#include "base/str.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "base/banned.h"

void str_reserve(struct str *s, size_t n)
{
	size_t need, cap;

	if (__builtin_add_overflow(s->len, n, &need) || need > SIZE_MAX / 4)
		need = SIZE_MAX - 1; /* xrealloc() ends the process */
	if (need < s->cap)
		return;
	cap = s->cap ? s->cap : 64;
	while (cap <= need && cap < SIZE_MAX / 2)
		cap *= 2;
	if (cap <= need)
		cap = need + 1;
	s->p = xrealloc(s->p, cap);
	s->cap = cap;
}

void str_addn(struct str *s, const char *text, size_t n)
{
	str_reserve(s, n);
	if (n)
		memcpy(s->p + s->len, text, n);
	s->len += n;
	s->p[s->len] = '\0';
}

void str_add(struct str *s, const char *text)
{
	str_addn(s, text, strlen(text));
}

void str_addc(struct str *s, char c)
{
	str_addn(s, &c, 1);
}

void str_addf(struct str *s, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		n = 0;
	str_reserve(s, (size_t)n);
	va_start(ap, fmt);
	(void)vsnprintf(s->p + s->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	s->len += (size_t)n;
	s->p[s->len] = '\0';
}

size_t utf8_decode(const char *text, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)text;
	size_t n, i;
	uint32_t c;

	if (p[0] < 0x80) {
		*ret = p[0];
		return 1;
	}
	if (p[0] >= 0xf8 || p[0] < 0xc0)
		return 0;
	n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	c = p[0] & (0x7fU >> n);
	/* A NUL is no continuation byte, so this never reads past the end. */
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fU);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return n;
}

static char short_escape(uint32_t c)
{
	switch (c) {
	case '"':
		return '"';
	case '\\':
		return '\\';
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	default:
		return '\0';
	}
}

static void add_json(struct str *s, const char *text, bool html)
{
	str_addc(s, '"');
	while (*text) {
		uint32_t c;
		size_t n = utf8_decode(text, &c);

		if (n == 0) {
			/* JSON is UTF-8; Go does the same to a stray byte. */
			str_add(s, "\\ufffd");
			text++;
			continue;
		}
		if (short_escape(c))
			str_addf(s, "\\%c", short_escape(c));
		else if (c < 0x20 ||
			 (html && (c == '<' || c == '>' || c == '&' ||
				   c == 0x2028 || c == 0x2029)))
			str_addf(s, "\\u%04x", (unsigned int)c);
		else
			str_addn(s, text, n);
		text += n;
	}
	str_addc(s, '"');
}

void str_add_json(struct str *s, const char *text)
{
	add_json(s, text, false);
}

void str_add_json_html(struct str *s, const char *text)
{
	add_json(s, text, true);
}

/*
 * The code points a terminal or a log reader must not see raw: controls,
 * separators other than the ASCII space, formatting and bidirectional marks,
 * private use, noncharacters. The printable rest of Unicode passes.
 */
static bool rune_prints(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} hidden[] = {
		{ 0x00, 0x1f },	      { 0x7f, 0xa0 },	     { 0xad, 0xad },
		{ 0x600, 0x605 },     { 0x61c, 0x61c },	     { 0x6dd, 0x6dd },
		{ 0x70f, 0x70f },     { 0x1680, 0x1680 },    { 0x180e, 0x180e },
		{ 0x2000, 0x200f },   { 0x2028, 0x202f },    { 0x205f, 0x206f },
		{ 0x3000, 0x3000 },   { 0xd800, 0xf8ff },    { 0xfdd0, 0xfdef },
		{ 0xfeff, 0xfeff },   { 0xfff0, 0xfffb },    { 0xfffe, 0xffff },
		{ 0xe0000, 0xe00ff }, { 0xe01f0, 0x10ffff },
	};
	size_t i;

	for (i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (c >= hidden[i].first && c <= hidden[i].last)
			return false;
	return (c & 0xfffe) != 0xfffe;
}

void str_add_quoted(struct str *s, const char *text)
{
	str_addc(s, '"');
	while (*text) {
		uint32_t c;
		size_t n = utf8_decode(text, &c);

		if (n == 0) {
			str_addf(s, "\\x%02x",
				 (unsigned int)(unsigned char)*text);
			text++;
			continue;
		}
		if (short_escape(c))
			str_addf(s, "\\%c", short_escape(c));
		else if (c == '\a' || c == '\v')
			str_add(s, c == '\a' ? "\\a" : "\\v");
		else if (c < 0x20 || c == 0x7f)
			str_addf(s, "\\x%02x", (unsigned int)c);
		else if (rune_prints(c))
			str_addn(s, text, n);
		else
			str_addf(s, c < 0x10000 ? "\\u%04x" : "\\U%08x",
				 (unsigned int)c);
		text += n;
	}
	str_addc(s, '"');
}

void str_reset(struct str *s)
{
	s->len = 0;
	if (s->p)
		s->p[0] = '\0';
}

void str_free(struct str *s)
{
	int saved = errno;

	free(s->p);
	errno = saved;
	*s = (struct str){ 0 };
}

const char *str_text(const struct str *s)
{
	return s->p ? s->p : "";
}

char *str_take(struct str *s)
{
	char *p = s->p ? s->p : xstrdup("");

	*s = (struct str){ 0 };
	return p;
}

/* Digits of `base` up to the end of the string, at least one. */
static int parse_digits(const char *s, unsigned int base, uint64_t *ret)
{
	bool range = false;
	uint64_t v = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		/* Wraps to a large number for anything below '0'. */
		unsigned int d = (unsigned int)(unsigned char)*s - '0';

		if (d >= base)
			return -EINVAL;
		if (__builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, d, &v))
			range = true;
	}
	if (range)
		return -ERANGE;
	*ret = v;
	return 0;
}

int parse_u64(const char *s, uint64_t *ret)
{
	return parse_digits(s, 10, ret);
}

int parse_i64(const char *s, int64_t *ret)
{
	bool neg = *s == '-';
	uint64_t v;
	int r;

	r = parse_digits(neg ? s + 1 : s, 10, &v);
	if (r < 0)
		return r;
	if (v > (uint64_t)INT64_MAX + (neg ? 1 : 0))
		return -ERANGE;
	if (!neg)
		*ret = (int64_t)v;
	else
		*ret = v ? -(int64_t)(v - 1) - 1 : 0;
	return 0;
}

int parse_u32(const char *s, uint32_t *ret)
{
	uint64_t v;
	int r = parse_digits(s, 10, &v);

	if (r < 0)
		return r;
	if (v > UINT32_MAX)
		return -ERANGE;
	*ret = (uint32_t)v;
	return 0;
}

int parse_int(const char *s, int *ret)
{
	int64_t v;
	int r = parse_i64(s, &v);

	if (r < 0)
		return r;
	if (v < INT_MIN || v > INT_MAX)
		return -ERANGE;
	*ret = (int)v;
	return 0;
}

int parse_mode(const char *s, uint32_t *ret)
{
	uint64_t v;
	int r = parse_digits(s, 8, &v);

	if (r < 0)
		return r;
	if (v > 07777)
		return -ERANGE;
	*ret = (uint32_t)v;
	return 0;
}

bool streq0(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	return strcmp(a, b) == 0;
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return m <= n && memcmp(s + n - m, suffix, m) == 0;
}

static char ascii_lower(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c;
}

bool streq_nocase(const char *a, const char *b)
{
	while (*a && ascii_lower(*a) == ascii_lower(*b)) {
		a++;
		b++;
	}
	return ascii_lower(*a) == ascii_lower(*b);
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Three rows of the edit matrix are alive at a time: i - 2, i - 1 and i. */
unsigned int str_distance(const char *a, const char *b, unsigned int max)
{
	size_t n = strlen(a), m = strlen(b), i, j, best;
	size_t *row[3], *block, *t;

	if ((n > m ? n - m : m - n) > max)
		return max + 1;
	block = xcalloc(3 * (m + 1), sizeof(*block));
	for (i = 0; i < 3; i++)
		row[i] = block + i * (m + 1);
	for (j = 0; j <= m; j++)
		row[1][j] = j;
	best = n ? 0 : m;
	for (i = 1; i <= n; i++) {
		row[2][0] = best = i;
		for (j = 1; j <= m; j++) {
			size_t same = a[i - 1] == b[j - 1] ? 0 : 1;
			size_t d = min3(row[1][j] + 1, row[2][j - 1] + 1,
					row[1][j - 1] + same);

			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && row[0][j - 2] + 1 < d)
				d = row[0][j - 2] + 1;
			row[2][j] = d;
			best = d < best ? d : best;
		}
		if (best > max)
			break;
		t = row[0];
		row[0] = row[1];
		row[1] = row[2];
		row[2] = t;
	}
	if (best <= max)
		best = row[1][m];
	free(block);
	return best > max ? max + 1 : (unsigned int)best;
}

size_t strv_len(char *const *v)
{
	size_t n = 0;

	while (v && v[n])
		n++;
	return n;
}
