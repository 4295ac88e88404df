/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growable strings and strict number parsing. No other file turns text into
 * numbers; none calls the strto* family.
 */
#ifndef OCIRUN_BASE_STR_H
#define OCIRUN_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Growable, NUL-terminated once non-empty. { 0 } is a valid empty one. */
struct str {
	char *p; /* NULL while empty */
	size_t len;
	size_t cap;
};

/* Room for n more bytes and the NUL, for who fills it himself. */
void str_reserve(struct str *s, size_t n);
void str_add(struct str *s, const char *text);
void str_addn(struct str *s, const char *text, size_t n);
void str_addc(struct str *s, char c);
void str_addf(struct str *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Append `text` as a JSON string with quotes and escapes (RFC 8259). */
void str_add_json(struct str *s, const char *text);
/* As str_add_json(), with <, > and & as \u003c … (Go's encoding/json). */
void str_add_json_html(struct str *s, const char *text);
/* Append `text` quoted and escaped as Go's %q does, for log lines. */
void str_add_quoted(struct str *s, const char *text);
/* Drop the content, keep the memory. */
void str_reset(struct str *s);
void str_free(struct str *s);
/* The text, "" if empty; valid until the next change. */
const char *str_text(const struct str *s);
/* Hand the buffer (malloc'ed, never NULL) to the caller; *s becomes empty. */
char *str_take(struct str *s);

static inline void auto_strbuf(struct str *s)
{
	str_free(s);
}

/*
 * Strict decimal numbers: the whole string, no spaces, no "0x", no empty
 * string; '-' only for signed types. Return 0, -EINVAL (not a number) or
 * -ERANGE (does not fit). *ret is untouched on failure.
 */
int parse_u64(const char *s, uint64_t *ret);
int parse_i64(const char *s, int64_t *ret);
int parse_u32(const char *s, uint32_t *ret);
int parse_int(const char *s, int *ret);
/* Octal file mode, at most 07777. */
int parse_mode(const char *s, uint32_t *ret);

/* a-z to A-Z, whatever the locale. */
static inline char ascii_upper(char c)
{
	if (c >= 'a' && c <= 'z')
		return (char)(c - 'a' + 'A');
	return c;
}

static inline bool streq(const char *a, const char *b)
{
	/* most of what is compared differs at once: no call for that */
	return *a == *b && strcmp(a, b) == 0;
}

/* Both may be NULL; NULL equals only NULL. */
bool streq0(const char *a, const char *b);
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
/* Case-insensitive ASCII comparison, independent of the locale. */
bool streq_nocase(const char *a, const char *b);

/*
 * Edit distance (Levenshtein with adjacent transposition), cut off at
 * `max`: returns max + 1 for anything further apart. For "did you mean".
 */
unsigned int str_distance(const char *a, const char *b, unsigned int max);

/*
 * Decode one UTF-8 character of a NUL-terminated text. Returns its length in
 * bytes (1 for the NUL itself), or 0 if the bytes there are not valid UTF-8.
 */
size_t utf8_decode(const char *text, uint32_t *ret);

/* NULL-terminated string vectors. Length without the NULL; v may be NULL. */
size_t strv_len(char *const *v);

#endif
