/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON documents as a small tree with positions. json.c is the only file that
 * includes the JSON library (yajl's callback parser: its tree parser leaks and
 * has no positions). Numbers are kept as text and converted exactly.
 * Bounds: JSON_MAX_TEXT bytes, JSON_MAX_DEPTH levels; a duplicate key in an
 * object is an error.
 */
#ifndef OCIRUN_CONFIG_JSON_H
#define OCIRUN_CONFIG_JSON_H

#include "base/err.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_MAX_TEXT  (16U << 20)
#define JSON_MAX_DEPTH 64

enum json_type {
	JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT,
};

struct json {
	const char *key;   /* name if this is an object member, else NULL */
	const char *text;  /* JSON_STRING: unescaped; JSON_NUMBER: as written */
	struct json *child; /* first element or member */
	struct json *next;  /* next sibling */
	uint32_t len;      /* bytes in text: a string may contain NUL */
	uint32_t n_children;
	int line, column;  /* 1-based, of the value's first character */
	enum json_type type;
	bool boolean;
};

/*
 * Parse one document. The tree lives in `arena`. On a syntax error *e is
 * "FILE:LINE:COLUMN: what" and -EINVAL is returned.
 */
int json_parse(struct json **ret, struct arena *arena, const char *text,
	       size_t len, const char *file, struct err *e);
/* The same; all that `key` and `text` point to lives in `texts`, and may outlive the tree. */
int json_parse_texts(struct json **ret, struct arena *arena, struct arena *texts,
		     const char *text, size_t len, const char *file,
		     struct err *e);

/* Member `key` of an object, or NULL (also if obj is NULL or no object). */
const struct json *json_get(const struct json *obj, const char *key);
/* String member, or `dflt` if it is missing or no string. */
const char *json_get_str(const struct json *obj, const char *key,
			 const char *dflt);
bool json_get_bool(const struct json *obj, const char *key, bool dflt);
/* Integer member, or `dflt` if it is missing or no integer in range. */
int64_t json_get_i64(const struct json *obj, const char *key, int64_t dflt);
uint64_t json_get_u64(const struct json *obj, const char *key, uint64_t dflt);

/*
 * Exact conversion of a JSON_NUMBER. 0, -EINVAL (not a number, or a fraction)
 * or -ERANGE. "1e3" and "1.0" are not integers.
 */
int json_number_u64(const struct json *j, uint64_t *ret);
int json_number_i64(const struct json *j, int64_t *ret);

const char *json_type_name(enum json_type type); /* "object", … */

#endif
