/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protections by name (protect.def). Code that upholds one says
 * `if (PROTECTED(CWD_CHECK) && …)`: constant true in a normal build, a question
 * to the environment in a debug build.
 */
#ifndef OCIRUN_BASE_PROTECT_H
#define OCIRUN_BASE_PROTECT_H

#include <stdbool.h>
#include <stddef.h>

#define PROTECT(id, name, what) PROTECT_##id,
enum protection {
#include "base/protect.def"
	_PROTECT_MAX,
};
#undef PROTECT

/* Names init is given the list by; parents read it, too. */
#define PROTECT_ENV "OCIRUN_UNPROTECT"

#ifdef OCIRUN_FAULTS
bool protection_is_on(enum protection p);
/* The first word of the list that is no name, or NULL. */
const char *protection_unknown(size_t *ret_len);
#define PROTECTED(id) protection_is_on(PROTECT_##id)
#else
#define PROTECTED(id) true
#endif

#endif
