/* SPDX-License-Identifier: Apache-2.0 */
/* One directory of resctrl, by descriptor: reading, writing, marking. */
#ifndef OCIRUN_RDT_GROUP_H
#define OCIRUN_RDT_GROUP_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

/* resctrl's own limit is a page; a file with the tasks may be longer. */
#define RDT_FILE_MAX (4U << 20)

/* Open `path` and lock it, waiting 10 s at most. */
int rdt_lock(const char *path, int *ret_fd, struct err *e);
/*
 * Open group `name` ("" = dirfd itself). -ENOENT: there is none; -ENOTDIR: what
 * is there is no group.
 */
int rdt_open(int dirfd, const char *name);
/* Make it if it is missing. 1 = made, 0 = it was there, or -errno. */
int rdt_make(int dirfd, const char *name);

/* Whose is it: 1 has the mark, 0 has none, negative another's. */
int rdt_owner(int dirfd, const char *name, const char *mark);
/* False if it cannot be marked. */
bool rdt_mark(int dirfd, const char *name, const char *mark);
/* Has it no processes? */
bool rdt_is_empty(int dirfd, const char *name);
/* Missing is success. */
int rdt_remove(int dirfd, const char *name);

/* Move a process into the group behind the descriptor. 0 or -errno. */
int rdt_put_task(int groupfd, pid_t pid);
/* Append what the kernel says about the failed call, as the hint. */
int rdt_explain(int rootfd, struct err *e);

#endif
