/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules that need more than one value: one small named function each, listed
 * in tables, all of them run. Pure: what depends on the host (kernel features,
 * LSMs, euid, files) is not decided here.
 */
#ifndef OCIRUN_CONFIG_SPEC_CHECK_H
#define OCIRUN_CONFIG_SPEC_CHECK_H

#include "config/config.h"

/* Append what is wrong with a parsed spec, or a part of one at `base`. */
void spec_check(const struct spec *spec, struct findings *f);
/* The mounts alone. */
void spec_check_mounts(const struct spec *spec, struct findings *f);
void spec_check_process(const struct spec_process *process, const char *base,
			struct findings *f);
void spec_check_resources(const struct spec_resources *resources,
			  const char *base, struct findings *f);

/* ---- for the rules ----------------------------------------------------- */

struct check {
	struct findings *f;
	const char *base;          /* pointer of the object that is checked */
	const struct spec *spec;   /* NULL if a part stands alone */
	const struct spec_process *process;
	const struct spec_resources *resources;
};

struct rule {
	const char *name;
	/* what it reads: keys below `base`, separated by blanks; "" = all */
	const char *reads;
	void (*check)(struct check *c);
};
/*
 * Run every rule whose input the parser accepted: what is wrong elsewhere hides
 * nothing, and no rule sees a half-parsed value.
 */
void run_rules(const struct rule *rules, struct check *c);
extern const struct rule linux_rules[]; /* spec_check_linux.c */

/* "BASE/…", in the arena of the findings. */
const char *at(struct check *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The same with an escaped key at the end. */
const char *at_key(struct check *c, const char *map, const char *key);
void bad(struct check *c, const char *pointer, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void odd(struct check *c, const char *pointer, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Number of different members of a list such as "0-3,7" (blanks and empty
 * elements are allowed). -EINVAL, or -ERANGE for a member of LIST_MAX or more.
 */
#define LIST_MAX 8192U
int list_count(const char *text, size_t *ret);

/* Ranges of an id map: sizes, overlaps, number; `which` is "…/uidMappings". */
void check_idmap(struct check *c, const char *which, const struct idmap_list *map);

#endif
