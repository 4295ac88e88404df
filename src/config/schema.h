/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table walker: JSON tree in, structs out, driven by arrays of `struct
 * field`. It checks types, ranges, names and what is required, reports every
 * violation with its JSON pointer and position, and never stops at the first.
 *
 * Policy: a null value counts as absent (encoders of the field write null for
 * empty lists); an unknown key is a warning with the nearest known name; a
 * string with a NUL character is an error, since it would be cut in C.
 */
#ifndef OCIRUN_CONFIG_SCHEMA_H
#define OCIRUN_CONFIG_SCHEMA_H

#include "base/mem.h"
#include "base/str.h"
#include "config/config.h"
#include "config/json.h"
#include "config/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_kind {      /* target in the struct */
	FK_STR,        /* const char * */
	FK_BOOL,       /* bool */
	FK_U16, FK_U32, FK_I32, FK_U64, FK_I64, /* the integer type */
	FK_ENUM,       /* integer of `size` bytes, through `names` */
	FK_BITS,       /* list of names, OR of their values, `size` bytes */
	FK_ENUM_LIST,  /* struct u32_list, through `names` */
	FK_STR_LIST,   /* struct str_list */
	FK_U32_LIST,   /* struct u32_list */
	FK_KV,         /* map of strings: struct kv_list */
	FK_OBJECT,     /* a struct, or offset 0: members of the outer struct */
	FK_LIST,       /* pointer at offset, size_t count at offset2 */
	FK_MAP,        /* as FK_LIST, from an object; key at object->key_offset */
	FK_CUSTOM,     /* whatever convert() does with the outer struct */
	FK_IGNORE,     /* another platform's: known, not looked at */
};

#define FIELD_REQUIRED (1U << 0)
#define FIELD_OPT      (1U << 1) /* bool and integers: target is struct opt_* */
#define FIELD_RANGE    (1U << 2) /* min … max hold */
#define FIELD_NO_EMPTY (1U << 3) /* FK_STR, FK_ENUM: "" counts as absent */
#define FIELD_OBSOLETE (1U << 4) /* FK_IGNORE: warn that it is gone */

#define NO_OFFSET SIZE_MAX

struct walk;
struct object;

struct field {
	const char *name;
	enum field_kind kind;
	unsigned int flags;
	size_t offset;
	size_t offset2; /* FK_LIST, FK_MAP: count; others: a bool "present" */
	size_t size;
	const struct object *object;
	const struct name *names;
	const char *bad_pre, *bad_post; /* around a value not in `names` */
	const char *missing;            /* text if required and absent */
	int64_t min;
	uint64_t max;
	void (*convert)(struct walk *w, const struct json *j, void *outer);
};

struct object {
	const struct field *fields; /* ends with a NULL name */
	size_t size;                /* of an element, for lists and maps */
	size_t key_offset;          /* FK_MAP: const char * for the key */
	const char *closed;         /* unknown keys are errors with this text */
	/* after the members, also when some were wrong */
	void (*finish)(struct walk *w, const struct json *j, void *outer);
};

/* Where the walker is; frames live on the C stack. */
struct frame {
	const struct frame *up;
	const char *key; /* NULL: index counts */
	size_t index;
};

struct walk {
	struct arena *arena;      /* of the structs */
	struct findings *f;
	const struct frame *top;
};

/* Go one level down; `frame` is linked until walk_leave(). */
void walk_enter(struct walk *w, struct frame *frame);
/* Back to the level that *frame was entered from. */
void walk_leave(struct walk *w, const struct frame *frame);

/* Fill the struct at `out` (zeroed by the caller) from the tree. */
void walk_object(struct walk *w, const struct json *j,
		 const struct object *object, void *out);
/* Convert one value as `field` says; for converters. */
void walk_field(struct walk *w, const struct json *j, const struct field *field,
		void *outer);
/* True if j is of that type; otherwise an error has been added. */
bool walk_expect(struct walk *w, const struct json *j, enum json_type type);
/* A string without NUL, or NULL after an error. */
const char *walk_string(struct walk *w, const struct json *j);
/* The member, NULL if it is absent or null. */
const struct json *walk_member(const struct json *j, const char *key);

/* Findings at the walker's place (and `key` below it, if not NULL). */
void walk_error(struct walk *w, const struct json *j, const char *key,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void walk_warn(struct walk *w, const struct json *j, const char *key,
	       const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * True if the tables know this property: a pointer with "*" for the index of a
 * list and for the key of a map, such as "/linux/resources/devices/" "*" "/type".
 */
bool schema_has(const struct object *object, const char *pattern);

/* Add `token` to a JSON pointer with the escapes of RFC 6901. */
void pointer_add(struct str *pointer, const char *token);
/*
 * Position of what the pointer names, or of its nearest existing ancestor.
 */
void pointer_position(const struct json *root, const char *pointer, int *ret_line,
		      int *ret_column);

/* The roots: spec_parse.c */
extern const struct object schema_spec, schema_process, schema_resources;

#endif
