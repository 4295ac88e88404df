/* SPDX-License-Identifier: Apache-2.0 */
/* Containers by pattern (match.h). */
#include "config.h"
#include "runtime/match.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "runtime/show.h"

#include <errno.h>
#include <regex.h>
#include <string.h>

#include "base/banned.h"

static int compile(regex_t *re, const char *pattern, struct err *e)
{
	int r = regcomp(re, pattern, REG_EXTENDED | REG_NOSUB);
	char text[128];

	if (r == 0)
		return 0;
	(void)regerror(r, re, text, sizeof(text));
	return err_set(e, EINVAL, "invalid regular expression '%s': %s", pattern,
		       text);
}

int containers_match(const struct runtime *rt, const char *pattern,
		     struct arena *arena, struct str_list *ret, struct err *e)
{
	AUTO(strbuf) struct str all = { 0 };
	struct str_list found = { 0 };
	size_t lines = 0;
	regex_t re;

	if (containers_list(rt, LIST_QUIET, &all, e) < 0 ||
	    compile(&re, pattern, e) < 0)
		return -e->code;
	for (const char *p = str_text(&all); *p; p++)
		lines += *p == '\n';
	found.v = arena_array(arena, lines + 1, sizeof(*found.v));
	for (const char *p = str_text(&all); *p;) {
		size_t n = strcspn(p, "\n");
		const char *id = arena_strndup(arena, p, n);

		if (regexec(&re, id, 0, NULL, 0) == 0)
			found.v[found.n++] = id;
		p += n + (p[n] == '\n');
	}
	regfree(&re);
	*ret = found;
	return 0;
}

int containers_each(const struct str_list *ids,
		    int (*fn)(void *arg, const char *id, struct err *e),
		    void *arg, struct err *e)
{
	char line[2400];
	int r = 0;

	for (size_t i = 0; i < ids->n; i++) {
		struct err one = ERR_INIT;

		if (fn(arg, ids->v[i], &one) >= 0)
			continue;
		if (r < 0)
			log_error("%s", err_format(e, line, sizeof(line)));
		*e = one;
		r = -one.code;
	}
	return r;
}
