/* SPDX-License-Identifier: Apache-2.0 */
/* state and list: what is there, as text. */
#ifndef OCIRUN_RUNTIME_SHOW_H
#define OCIRUN_RUNTIME_SHOW_H

#include "base/err.h"
#include "base/str.h"
#include "runtime/opts.h"

#include <stdbool.h>

/* JSON of one container, two-space indent, no newline at the end. */
int container_show(const struct runtime *rt, const char *id, struct str *out,
		   struct err *e);

enum list_format { LIST_TABLE, LIST_JSON, LIST_QUIET };
/*
 * All containers of the root, sorted by id, wrecks included (status "stopped",
 * or "creating" while their runtime lives). Records that cannot be read are
 * warned of and listed as stopped.
 */
int containers_list(const struct runtime *rt, enum list_format format,
		    struct str *out, struct err *e);

#endif
