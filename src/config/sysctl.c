/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sysctl.c - owns the spelling of sysctl keys: sysctl(8) takes "a.b.c" and
 * "a/b/c"; in the first form a '/' stands for a dot inside a name, in the
 * second a dot is a dot. The first separator tells which form it is. Pure.
 */
#include "config/config.h"

#include "base/str.h"
#include "base/banned.h"

char *sysctl_key_path(struct arena *arena, const char *key)
{
	char *path = arena_strdup(arena, key);
	const char *sep = strpbrk(key, "./");
	const char *start;

	if (sep && *sep == '.') {
		for (char *p = path; *p; p++) {
			if (*p == '.')
				*p = '/';
			else if (*p == '/')
				*p = '.';
		}
	}
	for (start = path;; start = sep + 1) {
		size_t n;

		sep = strchr(start, '/');
		n = sep ? (size_t)(sep - start) : strlen(start);
		if (n == 0 || (n == 1 && start[0] == '.') ||
		    (n == 2 && start[0] == '.' && start[1] == '.'))
			return NULL;
		if (!sep)
			return path;
	}
}
