/* SPDX-License-Identifier: Apache-2.0 */
/* Paths as text: cleaned, joined, compared. No file is looked at. */
#include "config.h"

#include "base/path.h"

#include <stdlib.h>

#include "tests/tap.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *in, *want;
} cleans[] = {
	{ "", "." },
	{ ".", "." },
	{ "./", "." },
	{ "/", "/" },
	{ "//", "/" },
	{ "/.", "/" },
	{ "/..", "/" },
	{ "/../..", "/" },
	{ "..", ".." },
	{ "../..", "../.." },
	{ "../a", "../a" },
	{ "a/..", "." },
	{ "a/../..", ".." },
	{ "a/../../b", "../b" },
	{ "a/b/../../..", ".." },
	{ "/a/b/../c", "/a/c" },
	{ "/a/./b//c/", "/a/b/c" },
	{ "/a/../../b", "/b" },
	{ "a//b", "a/b" },
	{ "...", "..." },
	{ "..a/.b", "..a/.b" },
	{ "/a/...", "/a/..." },
	{ "../a/..", ".." },
	{ "../a/../b", "../b" },
	{ "/a/b/..", "/a" },
	{ "/a/..", "/" },
	{ "a/b/..", "a" },
};

static const struct {
	const char *dir, *name, *want;
} joins[] = {
	{ "/a", "b", "/a/b" },	    { "/a", "../b", "/b" },
	{ "/a", "/b", "/b" },	    { "/a", "", "/a" },
	{ "", "b", "b" },	    { "", "", "." },
	{ "a", "./b/../c", "a/c" }, { "/", "b", "/b" },
	{ "/", "../..", "/" },
};

static const struct {
	const char *path, *dir;
	bool want;
} belows[] = {
	{ "/a", "/a", true },	 { "/a/b", "/a", true }, { "/ab", "/a", false },
	{ "/", "/a", false },	 { "/a", "/", true },	 { "/", "/", true },
	{ "/a", "/a/b", false },
};

int main(void)
{
	size_t i;
	char *p;

	for (i = 0; i < COUNT(cleans); i++) {
		p = path_clean(cleans[i].in);
		is_str(p, cleans[i].want, "path_clean '%s'", cleans[i].in);
		free(p);
	}
	for (i = 0; i < COUNT(joins); i++) {
		p = path_join(joins[i].dir, joins[i].name);
		is_str(p, joins[i].want, "path_join '%s' '%s'", joins[i].dir,
		       joins[i].name);
		free(p);
	}
	for (i = 0; i < COUNT(belows); i++)
		is_int(path_below(belows[i].path, belows[i].dir),
		       belows[i].want, "path_below '%s' '%s'", belows[i].path,
		       belows[i].dir);
	ok(path_has_dotdot("..") && path_has_dotdot("/a/../b") &&
		   path_has_dotdot("a/.."),
	   "path_has_dotdot()");
	ok(!path_has_dotdot("") && !path_has_dotdot("/a/..b/...") &&
		   !path_has_dotdot("."),
	   "path_has_dotdot() of none");
	return done();
}
