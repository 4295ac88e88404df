/* SPDX-License-Identifier: Apache-2.0 */
/* The pure part of id maps: text for the kernel, and what it would refuse. */
#include "config.h"
#include "libnsexec/nsexec.h"

#include <errno.h>

#include "libnsexec/program.h"
#include "tests/tap.h"

static void text_is(const struct nsx_idmap *map, size_t n, size_t size,
		    const char *want)
{
	char buf[128];

	is_str(nsx_idmap_text(map, n, "\n", buf, size), want,
	       "text of %zu entries in %zu bytes", n, size);
}

static void check_is(const struct nsx_idmap *map, size_t n, const char *want)
{
	struct err e = ERR_INIT;
	int r = nsx_idmap_check(map, n, "gid", &e);

	is_int(r, want ? -EINVAL : 0, "check: %s", want ? want : "good");
	is_str(e.msg, want ? want : "", "its message");
}

int main(void)
{
	static const struct nsx_idmap two[] = { { 0, 1000, 1 },
						{ 1, 100000, 65535 } };
	static const struct nsx_idmap touching[] = { { 0, 0, 10 },
						     { 10, 10, 10 } };
	static const struct nsx_idmap inside[] = { { 0, 0, 10 },
						   { 9, 100, 1 } };
	static const struct nsx_idmap outside[] = { { 0, 100, 10 },
						    { 20, 91, 10 } };
	static const struct nsx_idmap all[] = { { 0, 0, 4294967295U } };
	static const struct nsx_idmap high[] = { { 4294967295U, 0, 1 } };
	static struct nsx_idmap many[341];

	text_is(two, 2, 128, "0 1000 1\n1 100000 65535");
	text_is(two, 1, 128, "0 1000 1");
	text_is(two, 0, 128, "");
	text_is(two, 2, 20, "0 1000 1");
	text_is(two, 2, 5, "");
	check_is(two, 2, NULL);
	check_is(touching, 2, NULL);
	check_is(all, 1, NULL);
	check_is(high, 1,
		 "gid mapping '4294967295 0 1' is beyond the largest id");
	check_is(inside, 2, "gid mappings '0 0 10' and '9 100 1' overlap");
	check_is(outside, 2, "gid mappings '0 100 10' and '20 91 10' overlap");
	for (uint32_t i = 0; i < 341; i++)
		many[i] = (struct nsx_idmap){ i, i, 1 };
	check_is(many, 340, NULL);
	check_is(many, 341, "341 gid mappings are more than the kernel's 340");
	return done();
}
