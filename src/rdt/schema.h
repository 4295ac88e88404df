/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of a "schemata" file, "RESOURCE:DOMAIN=VALUE;DOMAIN=VALUE…". Pure.
 * Source: the kernel's filesystems/resctrl.rst, "Schemata files".
 */
#ifndef OCIRUN_RDT_SCHEMA_H
#define OCIRUN_RDT_SCHEMA_H

#include "base/err.h"
#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

/* What has to be known of the host to compare values. */
struct rdt_units {
	uint64_t mb_gran; /* the kernel rounds MB values up to multiples; 0 = unknown */
};

/*
 * Does the file's text `have` grant what the lines of `want` ask for? What `want`
 * does not name may be anything; numbers are compared, not how they are written.
 * -EEXIST: the error names the first value that differs.
 */
int rdt_schema_check(const char *want, const char *have,
		     const struct rdt_units *units, struct err *e);

/*
 * Append the lines of `have` whose resources `want` names: what brings the old
 * values back after `want` was written.
 */
void rdt_schema_old(struct str *out, const char *want, const char *have);

/* The next line without surrounding blanks, empty ones left out; NULL at the end. */
const char *rdt_schema_line(const char **text, size_t *ret_len);

#endif
