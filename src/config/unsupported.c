/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unsupported.c - owns the list of known properties that this version does not
 * act on yet. Using one is an error that names it: nothing in a config is ever
 * silently ignored. One row per property; implementing it deletes the row.
 */
#include <errno.h>

#include "base/str.h"
#include "config/spec_check.h"
#include "base/banned.h"

#define NOT_YET "not supported by this version of ocirun yet"

/* ---- linux ------------------------------------------------------------- */

static bool uses_intel_rdt(const struct spec_linux *l)
{
	return l->intel_rdt.set;
}

static const struct {
	const char *property;
	bool (*used)(const struct spec_linux *l);
} linux_rows[] = {
	{ "intelRdt", uses_intel_rdt },
};

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

int spec_check_supported(const struct spec *spec, struct findings *f)
{
	struct check c = { .f = f, .base = "" };
	size_t errors = f->n_errors;

	for (size_t i = 0; i < ROWS(linux_rows); i++)
		if (linux_rows[i].used(&spec->linux_))
			bad(&c, at(&c, "/linux/%s", linux_rows[i].property), NOT_YET);
	return f->n_errors > errors ? -ENOTSUP : 0;
}
