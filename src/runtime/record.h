/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.json: reading and writing the record. The keys that other programs read
 * (id, init_process_pid, init_process_start, created, cgroup_paths,
 * namespace_paths, config.rootfs, config.labels, …) are named as runc names
 * them; what only ocirun needs is below "ocirun".
 */
#ifndef OCIRUN_RUNTIME_RECORD_H
#define OCIRUN_RUNTIME_RECORD_H

#include "base/str.h"
#include "runtime/state.h"

/* Append the document to *out. Pure. */
void record_print(const struct record *rec, struct str *out);
/*
 * Parse a document; *ret->arena owns the strings. -EMEDIUMTYPE: it is another runtime's
 * (which may share --root with us: two handlers of one containerd do). Pure.
 */
int record_parse(struct record *ret, const char *text, size_t len,
		 const char *id, struct err *e);
/* Say that the container is another runtime's; -EMEDIUMTYPE. */
int record_foreign(const char *id, struct err *e);
/* Read and parse DIR/state.json; -ENOENT if there is none. */
int record_read(struct record *ret, int dirfd, const char *id, struct err *e);

#endif
