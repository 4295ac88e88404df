/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protect.h: the debug build's side. Nothing is left of this file in a normal
 * build.
 */
#include "config.h"

#include "base/protect.h"

#ifdef OCIRUN_FAULTS
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

#define PROTECT(id, name, what) [PROTECT_##id] = name,
static const char *const names[_PROTECT_MAX] = {
#include "base/protect.def"
};
#undef PROTECT

static bool is_word(const char *word, size_t n, const char *name)
{
	return strlen(name) == n && memcmp(word, name, n) == 0;
}

bool protection_is_on(enum protection p)
{
	const char *s = getenv(PROTECT_ENV);
	size_t n;

	for (; s && *s; s += n + (s[n] == ',')) {
		n = strcspn(s, ",");
		if (is_word(s, n, names[p]))
			return false;
	}
	return true;
}

const char *protection_unknown(size_t *ret_len)
{
	const char *s = getenv(PROTECT_ENV);
	size_t n, i;

	for (; s && *s; s += n + (s[n] == ',')) {
		n = strcspn(s, ",");
		for (i = 0; i < _PROTECT_MAX; i++)
			if (is_word(s, n, names[i]))
				break;
		if (i == _PROTECT_MAX) {
			*ret_len = n;
			return s;
		}
	}
	return NULL;
}
#endif
