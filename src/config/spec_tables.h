/* SPDX-License-Identifier: Apache-2.0 */
/* Macros for the tables of spec_parse*.c, and the objects they share. */
#ifndef OCIRUN_CONFIG_SPEC_TABLES_H
#define OCIRUN_CONFIG_SPEC_TABLES_H

#include "config/schema.h"

#include <stddef.h>

/* FK_STR, FK_BOOL, integers, FK_KV, FK_U32_LIST: F(FK_STR, S, member, "name") */
#define F(kind_, type, member, name_, ...)                       \
	{ .name = (name_), .kind = (kind_),                      \
	  .offset = offsetof(type, member), .offset2 = NO_OFFSET, \
	  __VA_ARGS__ }
#define F_REQ(kind_, type, member, name_) \
	F(kind_, type, member, name_, .flags = FIELD_REQUIRED)
#define F_OPT(kind_, type, member, name_) \
	F(kind_, type, member, name_, .flags = FIELD_OPT)
#define RANGE(min_, max_) .min = (min_), .max = (max_)
/* A value out of `names`; the text is PRE value POST. */
#define F_NAME(kind_, type, member, name_, names_, pre, post, ...)        \
	F(kind_, type, member, name_, .size = sizeof(((type *)0)->member), \
	  .names = (names_), .bad_pre = (pre), .bad_post = (post), __VA_ARGS__)
/* A struct member, or (with offset 0) members of the outer struct itself. */
#define F_OBJECT(type, member, name_, object_, ...) \
	F(FK_OBJECT, type, member, name_, .object = (object_), __VA_ARGS__)
#define F_FLAT(name_, object_)                                   \
	{ .name = (name_), .kind = FK_OBJECT, .offset = 0,       \
	  .offset2 = NO_OFFSET, .object = (object_) }
/* Sets the bool `present` too. */
#define F_PRESENT(kind_, type, member, present, name_, ...)      \
	{ .name = (name_), .kind = (kind_),                      \
	  .offset = offsetof(type, member),                      \
	  .offset2 = offsetof(type, present), __VA_ARGS__ }
#define F_LIST(type, list, count, name_, object_) \
	F_PRESENT(FK_LIST, type, list, count, name_, .object = (object_))
#define F_MAP(type, list, count, name_, object_) \
	F_PRESENT(FK_MAP, type, list, count, name_, .object = (object_))
#define F_CUSTOM(name_, convert_, ...)                           \
	{ .name = (name_), .kind = FK_CUSTOM, .offset2 = NO_OFFSET, \
	  .convert = (convert_), __VA_ARGS__ }
#define F_IGNORE(name_, ...) { .name = (name_), .kind = FK_IGNORE, __VA_ARGS__ }
#define F_END { .name = NULL }

extern const struct object schema_idmap, schema_linux;

#endif
