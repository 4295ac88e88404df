/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.intelRdt: groups of resctrl, which share out caches and memory bandwidth.
 * Nobody outside src/rdt/ knows its files. Sources: the kernel's
 * filesystems/resctrl.rst, runtime-spec config-linux.md ("IntelRdt").
 *
 * Life: rdt_plan() finds out where the container will be (only reads), the caller
 * records it, rdt_enter() makes the group and moves the first process there,
 * rdt_join() for exec, rdt_destroy() removes what rdt_enter() made; each is
 * idempotent.
 *
 * Removing a group moves its processes to another, silently: a group that is not
 * surely ours stays. The mark, an extended attribute with a value that no other
 * container of this boot has, is put on a group right after mkdir(2). Everything
 * that makes, compares or removes has the exclusive lock of the file system's root,
 * as the kernel's documentation asks for.
 */
#ifndef OCIRUN_RDT_RDT_H
#define OCIRUN_RDT_RDT_H

#include "base/err.h"
#include "base/mem.h"
#include "config/spec.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * Where a container is: what its record keeps. Zeroed: nowhere, the config has no
 * intelRdt, and every function here does nothing.
 */
struct rdt_place {
	const char *root; /* where resctrl is mounted; NULL = nowhere */
	const char *clos; /* name of the group below it; "" = the default group */
	const char *mon;  /* name of its monitoring group there; NULL = none */
	const char *mark; /* "" = groups could not be marked */
	bool shared;      /* closID: others may be in the group, it outlives us */
	bool made;        /* the group was made for this container */
};

/* What a property needs of the host. */
enum rdt_kind { RDT_CACHE, RDT_BANDWIDTH, RDT_MONITORING };
bool rdt_has(const char *root, enum rdt_kind kind);
/* Where resctrl is mounted (malloc'ed), or NULL. */
char *rdt_find_root(void);
/* The same from the text of mountinfo: the first mount of the whole of it. Pure. */
char *rdt_parse_mountinfo(const char *text);
/* What to do about NULL: a sentence for a hint. */
const char *rdt_no_root_hint(void);

/*
 * `root` may be NULL: "intelRdt is specified in config, but Intel RDT is not
 * enabled". Errors carry the pointer of the property. Strings are in the arena.
 */
int rdt_plan(struct rdt_place *ret, struct arena *arena, const char *root,
	     const struct spec_intel_rdt *rdt, const char *id, const char *mark,
	     struct err *e);
/*
 * Make the groups, write the schemata, move process `pid`. Before it has
 * children: those are where their parents are.
 */
int rdt_enter(struct rdt_place *p, const struct spec_intel_rdt *rdt, pid_t pid,
	      struct err *e);
/*
 * Move a further process where the container's are. A group that is gone is none:
 * the kernel has moved those to the default group.
 */
int rdt_join(const struct rdt_place *p, pid_t pid, struct err *e);
/*
 * Write lines to the group's schemata. *ret_old (may be NULL) receives, malloc'ed,
 * the lines that undo it.
 */
int rdt_update(const struct rdt_place *p, const char *lines, char **ret_old,
	       struct err *e);
/*
 * Remove the monitoring group, and the group if it was made for this container
 * alone. `complete`: the container had been made, so that `made` is known.
 */
int rdt_destroy(const struct rdt_place *p, bool complete, struct err *e);

/* Paths of the groups, in the arena; NULL where there is none. */
const char *rdt_path(const struct rdt_place *p, struct arena *arena);
const char *rdt_mon_path(const struct rdt_place *p, struct arena *arena);

#endif
