/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of D-Bus as data: built, printed, read from text, marshalled. Pure.
 * Everything hangs on an arena.
 *
 * Sources: the D-Bus Specification, "Type System" and "Marshaling"; GVariant's
 * text format for dval_print() and dval_parse().
 */
#ifndef OCIRUN_DBUS_VALUE_H
#define OCIRUN_DBUS_VALUE_H

#include "base/mem.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Containers in containers, as deep as the specification allows. */
#define DVAL_DEPTH 32

struct dval {
	char type; /* a type code of D-Bus; '(' is a struct */
	uint64_t u; /* numbers and booleans: their bits, sign-extended */
	const char *s; /* s, o, g; 'a': the signature of an element */
	struct dval *kids; /* 'a' and '(': members, 'v': the one inside */
	size_t n;
};

struct dval dval_bool(bool v);
struct dval dval_u32(uint32_t v);
struct dval dval_u64(uint64_t v);
struct dval dval_str(const char *s); /* borrows s */
/* An array of strings; borrows them. */
struct dval dval_strv(struct arena *a, const char *const *v, size_t n);
/* An array of bytes. */
struct dval dval_bytes(struct arena *a, const uint8_t *v, size_t n);
/* A container with room for n members, all zero: fill kids[]. */
struct dval dval_array(struct arena *a, const char *element, size_t n);
struct dval dval_struct(struct arena *a, size_t n);
/* A variant around a copy of `inside`. */
struct dval dval_variant(struct arena *a, const struct dval *inside);

/* Append the signature, "a(sv)". */
void dval_signature(const struct dval *v, struct str *out);
/* Append GVariant text with the types that are not obvious: "uint64 5". */
void dval_print(const struct dval *v, struct str *out);
/* Append the bytes. Alignment counts from the beginning of `out`. */
void dval_marshal(const struct dval *v, struct str *out);

/*
 * GVariant text to a value: booleans, numbers ("5", "uint64 5", "@t 5", "0x1f",
 * "1.5"), strings, b'…', [...], (...), <...>. Dictionaries and maybe types are not
 * known. Returns 0 or -EINVAL with the reason in *why.
 */
int dval_parse(struct dval *ret, struct arena *a, const char *text,
	       const char **why);

#endif
