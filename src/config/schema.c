/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.c - owns the walk over the tables and everything that can be said
 * about a single value: type, range, name, presence, unknown keys.
 *
 * It knows no property by name; those are in the tables of spec_parse*.c.
 * What needs two properties is spec_check*.c. Pure, no state.
 */
#include "config/schema.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/str.h"
#include "base/banned.h"

void walk_enter(struct walk *w, struct frame *frame)
{
	frame->up = w->top;
	w->top = frame;
}

void walk_leave(struct walk *w, const struct frame *frame)
{
	w->top = frame->up;
}

static void add_frames(struct str *s, const struct frame *frame)
{
	char index[24];

	if (!frame)
		return;
	add_frames(s, frame->up);
	if (frame->key) {
		pointer_add(s, frame->key);
		return;
	}
	(void)snprintf(index, sizeof(index), "%zu", frame->index);
	pointer_add(s, index);
}

/* "process.args", "mounts[3].type": the spelling of suggestions. */
static void add_dotted(struct str *s, const struct frame *frame)
{
	if (!frame)
		return;
	add_dotted(s, frame->up);
	if (frame->key)
		str_addf(s, "%s%s", s->len ? "." : "", frame->key);
	else
		str_addf(s, "[%zu]", frame->index);
}

static void add_finding(struct walk *w, bool is_error, const struct json *j,
			const char *key, const char *text)
{
	struct str pointer = { 0 };

	add_frames(&pointer, w->top);
	if (key)
		pointer_add(&pointer, key);
	findings_add(w->f, is_error, j->line, j->column, str_text(&pointer),
		     "%s", text);
	str_free(&pointer);
}

void walk_error(struct walk *w, const struct json *j, const char *key,
		const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	add_finding(w, true, j, key, text);
}

void walk_warn(struct walk *w, const struct json *j, const char *key,
	       const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	add_finding(w, false, j, key, text);
}

const struct json *walk_member(const struct json *j, const char *key)
{
	const struct json *m = json_get(j, key);

	return m && m->type != JSON_NULL ? m : NULL;
}

bool walk_expect(struct walk *w, const struct json *j, enum json_type type)
{
	if (j->type == type)
		return true;
	walk_error(w, j, NULL, "expected %s, got %s", json_type_name(type),
		   json_type_name(j->type));
	return false;
}

const char *walk_string(struct walk *w, const struct json *j)
{
	if (!walk_expect(w, j, JSON_STRING))
		return NULL;
	if (memchr(j->text, 0, j->len)) {
		walk_error(w, j, NULL, "string contains a NUL character (null byte)");
		return NULL;
	}
	return j->text;
}

/* ---- integers ---------------------------------------------------------- */

static void limits(const struct field *field, int64_t *ret_min, uint64_t *ret_max)
{
	*ret_min = 0;
	*ret_max = UINT64_MAX;
	if (field->flags & FIELD_RANGE) {
		*ret_min = field->min;
		*ret_max = field->max;
	} else if (field->kind == FK_U16) {
		*ret_max = UINT16_MAX;
	} else if (field->kind == FK_U32 || field->kind == FK_U32_LIST) {
		*ret_max = UINT32_MAX;
	} else if (field->kind == FK_I32) {
		*ret_min = INT32_MIN;
		*ret_max = INT32_MAX;
	} else if (field->kind == FK_I64) {
		*ret_min = INT64_MIN;
		*ret_max = INT64_MAX;
	}
}

/* The value as two's complement of 64 bits. False after an error. */
static bool get_integer(struct walk *w, const struct json *j,
			const struct field *field, uint64_t *ret)
{
	bool fits = false;
	int64_t min, i = 0;
	uint64_t max, u = 0;
	int r = -EINVAL;

	if (j->type != JSON_NUMBER) {
		walk_error(w, j, NULL, "expected integer, got %s",
			   json_type_name(j->type));
		return false;
	}
	limits(field, &min, &max);
	if (j->text[0] == '-') {
		r = json_number_i64(j, &i);
		fits = r == 0 && i >= min;
		u = (uint64_t)i;
	} else {
		r = json_number_u64(j, &u);
		fits = r == 0 && u <= max && (min <= 0 || u >= (uint64_t)min);
	}
	if (r == -EINVAL) {
		walk_error(w, j, NULL, "expected integer, got %.40s", j->text);
		return false;
	}
	if (!fits) {
		walk_error(w, j, NULL,
			   "expected integer between %lld and %llu, got %.40s",
			   (long long)min, (unsigned long long)max, j->text);
		return false;
	}
	*ret = u;
	return true;
}

static void store_opt(enum field_kind kind, void *p, uint64_t v)
{
	if (kind == FK_U16)
		*(struct opt_u16 *)p = (struct opt_u16){ true, (uint16_t)v };
	else if (kind == FK_U32)
		*(struct opt_u32 *)p = (struct opt_u32){ true, (uint32_t)v };
	else if (kind == FK_I32)
		*(struct opt_i32 *)p = (struct opt_i32){ true, (int32_t)v };
	else if (kind == FK_U64)
		*(struct opt_u64 *)p = (struct opt_u64){ true, v };
	else
		*(struct opt_i64 *)p = (struct opt_i64){ true, (int64_t)v };
}

static void store_plain(enum field_kind kind, void *p, uint64_t v)
{
	if (kind == FK_U16)
		*(uint16_t *)p = (uint16_t)v;
	else if (kind == FK_U32)
		*(uint32_t *)p = (uint32_t)v;
	else if (kind == FK_I32)
		*(int32_t *)p = (int32_t)v;
	else if (kind == FK_U64)
		*(uint64_t *)p = v;
	else
		*(int64_t *)p = (int64_t)v;
}

static void walk_integer(struct walk *w, const struct json *j,
			 const struct field *field, void *p)
{
	uint64_t v;

	if (!get_integer(w, j, field, &v))
		return;
	if (field->flags & FIELD_OPT)
		store_opt(field->kind, p, v);
	else
		store_plain(field->kind, p, v);
}

static void walk_bool(struct walk *w, const struct json *j,
		      const struct field *field, void *p)
{
	if (!walk_expect(w, j, JSON_BOOL))
		return;
	if (field->flags & FIELD_OPT)
		*(struct opt_bool *)p = (struct opt_bool){ true, j->boolean };
	else
		*(bool *)p = j->boolean;
}

/* ---- names ------------------------------------------------------------- */

/* longer tables (signals, system calls, capabilities) would fill the screen */
#define MAX_LISTED 16

/* What would have been right: the nearest name, or all of a short table. */
static void add_remedy(struct str *s, const struct name *names, const char *text)
{
	const char *near = name_nearest(names, text);
	size_t n = 0;

	if (near) {
		str_addf(s, ", did you mean '%s'?", near);
		return;
	}
	while (names[n].name)
		n++;
	if (n > MAX_LISTED)
		return;
	str_add(s, ", expected ");
	for (size_t i = 0; i < n; i++)
		str_addf(s, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " or ",
			 names[i].name);
}

static bool get_name(struct walk *w, const struct json *j,
		     const struct field *field, uint64_t *ret)
{
	struct str why = { 0 };

	if (!walk_expect(w, j, JSON_STRING))
		return false;
	if (strlen(j->text) == j->len && name_find(field->names, j->text, ret) == 0)
		return true;
	str_addf(&why, "%s%.80s%s", field->bad_pre, j->text, field->bad_post);
	add_remedy(&why, field->names, j->text);
	walk_error(w, j, NULL, "%s", str_text(&why));
	str_free(&why);
	return false;
}

static void store_sized(void *p, size_t size, uint64_t v)
{
	if (size == sizeof(uint32_t))
		*(uint32_t *)p = (uint32_t)v;
	else
		*(uint64_t *)p = v;
}

static void walk_enum(struct walk *w, const struct json *j,
		      const struct field *field, void *p)
{
	uint64_t v;

	if (j->type == JSON_STRING && j->len == 0 &&
	    (field->flags & FIELD_NO_EMPTY))
		return;
	if (get_name(w, j, field, &v))
		store_sized(p, field->size, v);
}

/* ---- lists and maps ---------------------------------------------------- */

static void mark_present(const struct field *field, char *outer)
{
	if (field->offset2 != NO_OFFSET)
		*(bool *)(void *)(outer + field->offset2) = true;
}

static void walk_strings(struct walk *w, const struct json *j, void *p)
{
	struct str_list *list = p;
	struct frame frame = { 0 };
	const char **v;

	if (j->type != JSON_ARRAY) {
		walk_error(w, j, NULL, "expected array of strings, got %s",
			   json_type_name(j->type));
		return;
	}
	if (j->n_children == 0)
		return;
	v = arena_array(w->arena, j->n_children + 1, sizeof(const char *));
	walk_enter(w, &frame);
	for (const struct json *c = j->child; c; c = c->next, frame.index++)
		v[frame.index] = walk_string(w, c);
	walk_leave(w, &frame);
	list->v = v;
	list->n = j->n_children;
}

static void walk_u32_list(struct walk *w, const struct json *j,
			  const struct field *field, void *p)
{
	struct u32_list *list = p;
	struct frame frame = { 0 };

	if (!walk_expect(w, j, JSON_ARRAY) || j->n_children == 0)
		return;
	list->v = arena_array(w->arena, j->n_children, sizeof(uint32_t));
	list->n = j->n_children;
	walk_enter(w, &frame);
	for (const struct json *c = j->child; c; c = c->next, frame.index++) {
		uint64_t v = 0;

		if (field->kind == FK_U32_LIST)
			(void)get_integer(w, c, field, &v);
		else
			(void)get_name(w, c, field, &v);
		list->v[frame.index] = (uint32_t)v;
	}
	walk_leave(w, &frame);
}

static void walk_bits(struct walk *w, const struct json *j,
		      const struct field *field, void *p)
{
	struct frame frame = { 0 };
	uint64_t bits = 0, v;

	if (!walk_expect(w, j, JSON_ARRAY))
		return;
	walk_enter(w, &frame);
	for (const struct json *c = j->child; c; c = c->next, frame.index++)
		if (get_name(w, c, field, &v))
			bits |= v;
	walk_leave(w, &frame);
	store_sized(p, field->size, bits);
}

static void walk_kv(struct walk *w, const struct json *j, void *p)
{
	struct kv_list *list = p;
	struct frame frame = { 0 };
	size_t i = 0;

	if (!walk_expect(w, j, JSON_OBJECT) || j->n_children == 0)
		return;
	list->v = arena_array(w->arena, j->n_children, sizeof(struct kv));
	walk_enter(w, &frame);
	for (const struct json *c = j->child; c; c = c->next) {
		frame.key = c->key;
		if (c->type == JSON_NULL)
			continue;
		list->v[i].key = c->key;
		list->v[i].value = walk_string(w, c);
		i++;
	}
	walk_leave(w, &frame);
	list->n = i;
}

static void walk_list(struct walk *w, const struct json *j,
		      const struct field *field, char *outer)
{
	bool map = field->kind == FK_MAP;
	struct frame frame = { 0 };
	const struct object *object = field->object;
	size_t n = 0;
	char *v;

	if (!walk_expect(w, j, map ? JSON_OBJECT : JSON_ARRAY) ||
	    j->n_children == 0)
		return;
	v = arena_array(w->arena, j->n_children, object->size);
	walk_enter(w, &frame);
	for (const struct json *c = j->child; c; c = c->next) {
		char *element = v + n * object->size;

		if (map) {
			frame.key = c->key;
			*(const char **)(void *)(element + object->key_offset) =
				c->key;
		}
		walk_object(w, c, object, element);
		frame.index = ++n;
	}
	walk_leave(w, &frame);
	*(void **)(void *)(outer + field->offset) = v;
	*(size_t *)(void *)(outer + field->offset2) = n;
}

/* ---- objects ----------------------------------------------------------- */

void walk_field(struct walk *w, const struct json *j, const struct field *field,
		void *outer)
{
	char *base = outer;
	void *p = base + field->offset;

	switch (field->kind) {
	case FK_STR:
		if (j->type != JSON_STRING || j->len ||
		    !(field->flags & FIELD_NO_EMPTY))
			*(const char **)p = walk_string(w, j);
		return;
	case FK_BOOL:
		walk_bool(w, j, field, p);
		return;
	case FK_U16:
	case FK_U32:
	case FK_I32:
	case FK_U64:
	case FK_I64:
		walk_integer(w, j, field, p);
		return;
	case FK_ENUM:
		walk_enum(w, j, field, p);
		return;
	case FK_BITS:
		walk_bits(w, j, field, p);
		return;
	case FK_ENUM_LIST:
	case FK_U32_LIST:
		mark_present(field, base);
		walk_u32_list(w, j, field, p);
		return;
	case FK_STR_LIST:
		mark_present(field, base);
		walk_strings(w, j, p);
		return;
	case FK_KV:
		walk_kv(w, j, p);
		return;
	case FK_OBJECT:
		mark_present(field, base);
		walk_object(w, j, field->object, p);
		return;
	case FK_LIST:
	case FK_MAP:
		walk_list(w, j, field, base);
		return;
	case FK_CUSTOM:
		field->convert(w, j, outer);
		return;
	case FK_IGNORE:
		if (field->flags & FIELD_OBSOLETE)
			walk_warn(w, j, NULL, "no longer part of the runtime-spec, ignored");
		return;
	}
}

static const char *nearest_field(const struct object *object, const char *key)
{
	unsigned int best = UINT_MAX;
	const char *found = NULL;

	for (const struct field *f = object->fields; f->name; f++) {
		unsigned int d = name_distance(f->name, key);

		if (d < best) {
			best = d;
			found = f->name;
		}
	}
	return found;
}

/* The frame of the key is already on top. */
static void unknown_key(struct walk *w, const struct json *j,
			const struct object *object)
{
	const char *near = nearest_field(object, j->key);
	struct str text = { 0 };

	if (object->closed)
		str_add(&text, object->closed);
	else
		str_add(&text, "unknown property, ignored");
	if (near) {
		struct frame frame = { w->top->up, near, 0 };
		struct str dotted = { 0 };

		add_dotted(&dotted, &frame);
		str_addf(&text, ": did you mean '%s'?", str_text(&dotted));
		str_free(&dotted);
	}
	if (object->closed)
		walk_error(w, j, NULL, "%s", str_text(&text));
	else
		walk_warn(w, j, NULL, "%s", str_text(&text));
	str_free(&text);
}

static void check_required(struct walk *w, const struct json *j,
			   const struct object *object)
{
	for (const struct field *f = object->fields; f->name; f++) {
		if (!(f->flags & FIELD_REQUIRED) || walk_member(j, f->name))
			continue;
		if (f->missing)
			walk_error(w, j, f->name, "%s", f->missing);
		else
			walk_error(w, j, f->name, "required property is missing");
	}
}

void walk_object(struct walk *w, const struct json *j,
		 const struct object *object, void *out)
{
	struct frame frame = { 0 };

	if (!walk_expect(w, j, JSON_OBJECT))
		return;
	check_required(w, j, object);
	for (const struct json *m = j->child; m; m = m->next) {
		const struct field *f = object->fields;

		while (f->name && !streq(f->name, m->key))
			f++;
		frame.key = m->key;
		walk_enter(w, &frame);
		if (!f->name)
			unknown_key(w, m, object);
		else if (m->type != JSON_NULL)
			walk_field(w, m, f, out);
		walk_leave(w, &frame);
	}
	if (object->finish)
		object->finish(w, j, out);
}

/* ---- pointers ---------------------------------------------------------- */

void pointer_add(struct str *pointer, const char *token)
{
	str_addc(pointer, '/');
	for (; *token; token++) {
		if (*token == '~')
			str_add(pointer, "~0");
		else if (*token == '/')
			str_add(pointer, "~1");
		else
			str_addc(pointer, *token);
	}
}

/* The token at *p (which starts with '/') unescaped; *p moves behind it. */
static void next_token(const char **p, struct str *token)
{
	const char *s = *p + 1;

	str_reset(token);
	for (; *s && *s != '/'; s++) {
		if (*s == '~' && (s[1] == '0' || s[1] == '1'))
			str_addc(token, *++s == '0' ? '~' : '/');
		else
			str_addc(token, *s);
	}
	*p = s;
}

static const struct json *child_at(const struct json *array, const char *token)
{
	const struct json *j = array->child;
	uint64_t n;

	if (parse_u64(token, &n) < 0)
		return NULL;
	while (j && n--)
		j = j->next;
	return j;
}

void pointer_position(const struct json *root, const char *pointer, int *ret_line,
		      int *ret_column)
{
	const struct json *at = root, *next;
	struct str token = { 0 };

	while (*pointer == '/') {
		next_token(&pointer, &token);
		next = at->type == JSON_ARRAY ? child_at(at, str_text(&token))
					      : json_get(at, str_text(&token));
		if (!next)
			break;
		at = next;
	}
	str_free(&token);
	*ret_line = at->line;
	*ret_column = at->column;
}

bool schema_has(const struct object *object, const char *pattern)
{
	const struct field *f = object->fields;
	size_t n;

	if (*pattern != '/')
		return false;
	pattern++;
	n = strcspn(pattern, "/");
	while (f->name && (strlen(f->name) != n || memcmp(f->name, pattern, n) != 0))
		f++;
	if (!f->name)
		return false;
	pattern += n;
	if (str_starts(pattern, "/*"))
		pattern += 2;
	if (*pattern == '\0')
		return true;
	return f->object && schema_has(f->object, pattern);
}
