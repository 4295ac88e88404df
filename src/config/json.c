/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.c - owns the JSON tree; the only file that includes the library.
 *
 * json_scan() judges the text first and notes where every value starts; yajl
 * then delivers the same values in the same order through its callbacks, and
 * the n-th callback takes the n-th position. A disagreement between the two is
 * an error, never a guess. It knows no OCI word and runs in the parent only
 * (I9): init receives a finished plan.
 */
#include "config/json.h"

#include <stdlib.h>
#include <yajl/yajl_parse.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "config/json_scan.h"
#include "base/banned.h"

struct open_value {
	struct json *node, *tail;
};

struct build {
	struct arena *arena, *texts;
	const struct json_positions *pos;
	size_t next;
	struct json *root;
	struct open_value stack[JSON_MAX_DEPTH];
	unsigned int depth;
	const char *key; /* of the value to come */
	const char *file;
	struct err *e;
	bool failed; /* e is set */
};

static struct json *add(struct build *b, enum json_type type)
{
	struct json *j;

	if (b->next == b->pos->n) /* more values than the scan has seen */
		return NULL;
	j = ARENA_NEW(b->arena, struct json);
	j->type = type;
	j->line = (int)b->pos->v[b->next].line;
	j->column = (int)b->pos->v[b->next].column;
	b->next++;
	j->key = b->key;
	b->key = NULL;
	if (b->depth) {
		struct open_value *top = &b->stack[b->depth - 1];

		if (top->tail)
			top->tail->next = j;
		else
			top->node->child = j;
		top->tail = j;
		top->node->n_children++;
	} else {
		b->root = j;
	}
	return j;
}

static int on_null(void *ctx)
{
	return add(ctx, JSON_NULL) != NULL;
}

static int on_boolean(void *ctx, int value)
{
	struct json *j = add(ctx, JSON_BOOL);

	if (!j)
		return 0;
	j->boolean = value != 0;
	return 1;
}

/* Not arena_strndup(): the text may contain a NUL. len is below JSON_MAX_TEXT. */
static const char *copy_text(struct build *b, const void *text, size_t len)
{
	char *copy = arena_bytes(b->texts, len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

static int add_text(struct build *b, enum json_type type, const void *text,
		    size_t len)
{
	struct json *j = add(b, type);

	if (!j)
		return 0;
	j->text = copy_text(b, text, len);
	j->len = (uint32_t)len;
	return 1;
}

static int on_number(void *ctx, const char *text, size_t len)
{
	return add_text(ctx, JSON_NUMBER, text, len);
}

static int on_string(void *ctx, const unsigned char *text, size_t len)
{
	return add_text(ctx, JSON_STRING, text, len);
}

static int on_key(void *ctx, const unsigned char *text, size_t len)
{
	struct build *b = ctx;

	if (b->next == b->pos->n)
		return 0;
	if (memchr(text, 0, len)) {
		const struct json_pos *at = &b->pos->v[b->next];

		(void)err_set(b->e, EINVAL, "%s:%u:%u: key contains a NUL character",
			      b->file, at->line, at->column);
		b->failed = true;
		return 0;
	}
	b->key = copy_text(b, text, len);
	return 1;
}

static int open_container(struct build *b, enum json_type type)
{
	struct json *j = add(b, type);

	if (!j || b->depth == JSON_MAX_DEPTH)
		return 0;
	b->stack[b->depth].node = j;
	b->stack[b->depth].tail = NULL;
	b->depth++;
	return 1;
}

static int on_start_map(void *ctx)
{
	return open_container(ctx, JSON_OBJECT);
}

static int on_start_array(void *ctx)
{
	return open_container(ctx, JSON_ARRAY);
}

static int on_end_array(void *ctx)
{
	struct build *b = ctx;

	b->depth--;
	return 1;
}

static uint32_t hash_key(const char *key)
{
	uint32_t h = 2166136261U; /* FNV-1a */

	for (; *key; key++)
		h = (h ^ (unsigned char)*key) * 16777619U;
	return h;
}

/* The later of two members with one name, and the earlier in *ret_first. */
static const struct json *find_duplicate(const struct json *obj,
					 const struct json **ret_first)
{
	const struct json **table;
	const struct json *found = NULL;
	size_t size = 16;

	while (size < obj->n_children * 2)
		size *= 2;
	table = xcalloc(size, sizeof(struct json *));
	for (const struct json *j = obj->child; j && !found; j = j->next) {
		size_t i = hash_key(j->key) & (size - 1);

		while (table[i] && !streq(table[i]->key, j->key))
			i = (i + 1) & (size - 1);
		if (table[i]) {
			*ret_first = table[i];
			found = j;
		}
		table[i] = j;
	}
	free(table);
	return found;
}

/* As above without a table: quadratic, but most objects have a few members. */
static const struct json *find_duplicate_small(const struct json *obj,
					       const struct json **ret_first)
{
	for (const struct json *j = obj->child; j; j = j->next)
		for (const struct json *i = obj->child; i != j; i = i->next)
			if (streq(i->key, j->key)) {
				*ret_first = i;
				return j;
			}
	return NULL;
}

static int on_end_map(void *ctx)
{
	struct build *b = ctx;
	const struct json *obj = b->stack[--b->depth].node, *first = NULL, *dup;

	dup = obj->n_children <= 24 ? find_duplicate_small(obj, &first)
				    : find_duplicate(obj, &first);
	if (!dup)
		return 1;
	(void)err_set(b->e, EINVAL,
		      "%s:%d:%d: duplicate key '%s', first used at line %d, column %d",
		      b->file, dup->line, dup->column, dup->key, first->line,
		      first->column);
	b->failed = true;
	return 0;
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number, /* keeps the text: no rounding */
	.yajl_string = on_string,
	.yajl_start_map = on_start_map,
	.yajl_map_key = on_key,
	.yajl_end_map = on_end_map,
	.yajl_start_array = on_start_array,
	.yajl_end_array = on_end_array,
};

static int run_library(struct build *b, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	yajl_handle h = yajl_alloc(&callbacks, NULL, b);
	yajl_status st;
	unsigned char *why;

	if (!h)
		return err_errno(b->e, ENOMEM, "%s: cannot start the JSON parser",
				 b->file);
	/* the scan has verified UTF-8, more strictly */
	(void)yajl_config(h, yajl_dont_validate_strings, 1);
	st = yajl_parse(h, p, len);
	if (st == yajl_status_ok)
		st = yajl_complete_parse(h);
	if (st != yajl_status_ok && !b->failed) {
		why = yajl_get_error(h, 0, p, len);
		(void)err_set(b->e, EINVAL, "%s: the JSON library stopped at byte %zu: %.80s",
			      b->file, yajl_get_bytes_consumed(h), (char *)why);
		yajl_free_error(h, why);
		b->failed = true;
	}
	yajl_free(h);
	return b->failed ? -EINVAL : 0;
}

int json_parse_texts(struct json **ret, struct arena *arena, struct arena *texts,
		     const char *text, size_t len, const char *file,
		     struct err *e)
{
	struct json_positions pos = { 0 };
	struct build b = { .arena = arena, .texts = texts, .pos = &pos,
			   .file = file, .e = e };
	int r;

	r = json_scan(&pos, text, len, file, e);
	if (r == 0)
		r = run_library(&b, text, len);
	if (r == 0 && (b.next != pos.n || b.depth || !b.root))
		r = err_set(e, EINVAL, "%s: the JSON library returned %zu of %zu values",
			    file, b.next, pos.n);
	free(pos.v);
	if (r < 0)
		return r;
	*ret = b.root;
	return 0;
}

int json_parse(struct json **ret, struct arena *arena, const char *text,
	       size_t len, const char *file, struct err *e)
{
	return json_parse_texts(ret, arena, arena, text, len, file, e);
}

const struct json *json_get(const struct json *obj, const char *key)
{
	if (!obj || obj->type != JSON_OBJECT)
		return NULL;
	for (const struct json *j = obj->child; j; j = j->next)
		if (streq(j->key, key))
			return j;
	return NULL;
}

const char *json_get_str(const struct json *obj, const char *key,
			 const char *dflt)
{
	const struct json *j = json_get(obj, key);

	return j && j->type == JSON_STRING ? j->text : dflt;
}

bool json_get_bool(const struct json *obj, const char *key, bool dflt)
{
	const struct json *j = json_get(obj, key);

	return j && j->type == JSON_BOOL ? j->boolean : dflt;
}

int64_t json_get_i64(const struct json *obj, const char *key, int64_t dflt)
{
	const struct json *j = json_get(obj, key);
	int64_t v;

	return j && json_number_i64(j, &v) == 0 ? v : dflt;
}

uint64_t json_get_u64(const struct json *obj, const char *key, uint64_t dflt)
{
	const struct json *j = json_get(obj, key);
	uint64_t v;

	return j && json_number_u64(j, &v) == 0 ? v : dflt;
}

static bool is_integer(const struct json *j)
{
	return j->type == JSON_NUMBER && !strpbrk(j->text, ".eE");
}

int json_number_u64(const struct json *j, uint64_t *ret)
{
	if (!is_integer(j))
		return -EINVAL;
	if (j->text[0] != '-')
		return parse_u64(j->text, ret);
	if (!streq(j->text, "-0"))
		return -ERANGE;
	*ret = 0;
	return 0;
}

int json_number_i64(const struct json *j, int64_t *ret)
{
	if (!is_integer(j))
		return -EINVAL;
	return parse_i64(j->text, ret);
}

const char *json_type_name(enum json_type type)
{
	switch (type) {
	case JSON_NULL:
		return "null";
	case JSON_BOOL:
		return "boolean";
	case JSON_NUMBER:
		return "number";
	case JSON_STRING:
		return "string";
	case JSON_ARRAY:
		return "array";
	case JSON_OBJECT:
		return "object";
	}
	return "?";
}
