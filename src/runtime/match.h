/* SPDX-License-Identifier: Apache-2.0 */
/* Commands for several containers at once: those whose id fits a pattern. */
#ifndef OCIRUN_RUNTIME_MATCH_H
#define OCIRUN_RUNTIME_MATCH_H

#include "base/err.h"
#include "base/mem.h"
#include "config/spec.h"
#include "runtime/opts.h"

/*
 * The ids in ROOT that `pattern`, an extended regular expression (regex(7)),
 * matches anywhere; sorted, in `arena`. No match is an empty list.
 */
int containers_match(const struct runtime *rt, const char *pattern,
		     struct arena *arena, struct str_list *ret, struct err *e);

/*
 * Call `fn` for each; all get their turn. The errors before the last one are
 * logged, the last one is returned.
 */
int containers_each(const struct str_list *ids,
		    int (*fn)(void *arg, const char *id, struct err *e),
		    void *arg, struct err *e);

#endif
