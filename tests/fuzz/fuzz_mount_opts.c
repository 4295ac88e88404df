/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: lines of any bytes as mount options. */
#include "config/mount_opts.h"

#include <stdlib.h>

#include "base/mem.h"

#define REPLAY_CORPUS "tests/fuzz/corpus/mount_opts"
#include "tests/fuzz/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = { 0 };
	struct mount_opts o;
	const char *v[64];
	struct str_list list = { v, 0 };
	char *text = arena_strndup(&a, (const char *)data, size);

	while (*text && list.n < 64) {
		char *end = text;

		while (*end && *end != '\n' && *end != ',')
			end++;
		v[list.n++] = text;
		text = end;
		if (*end) {
			*end = '\0';
			text = end + 1;
		}
	}
	mount_opts_parse(&o, &a, &list);
	if ((o.flags & o.cleared) || o.propagation.n > list.n || (o.idmap && o.ridmap) ||
	    (o.rec_set & o.rec_clr & ~0x70ULL))
		abort();
	(void)mount_flags_to_attr(o.flags);
	arena_free(&a);
	return 0;
}
