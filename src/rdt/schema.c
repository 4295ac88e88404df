/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparing schemata (schema.h). A value is written in one way and read back in
 * another: blanks before the resource, another order of domains, zeros in front,
 * domains that were not named, bandwidth rounded up to what the hardware can do.
 */
#include "config.h"
#include "rdt/schema.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"

#include "base/banned.h"

struct piece { const char *p; size_t n; };

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct piece trim(struct piece s)
{
	while (s.n && is_blank(*s.p)) {
		s.p++;
		s.n--;
	}
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* Cut off what stands before `sep`, or all of it. False if nothing is left. */
static bool cut(struct piece *rest, char sep, struct piece *ret)
{
	if (!rest->p)
		return false;
	const char *end = rest->n ? memchr(rest->p, sep, rest->n) : NULL;
	size_t n = end ? (size_t)(end - rest->p) : rest->n;

	*ret = trim((struct piece){ rest->p, n });
	*rest = end ? (struct piece){ end + 1, rest->n - n - 1 } :
		      (struct piece){ NULL, 0 };
	return true;
}

/* A number without what does not change it: "0x", zeros in front. */
static struct piece number(struct piece s)
{
	if (s.n > 2 && s.p[0] == '0' && ascii_upper(s.p[1]) == 'X') {
		s.p += 2;
		s.n -= 2;
	}
	while (s.n > 1 && *s.p == '0') {
		s.p++;
		s.n--;
	}
	return s;
}

static bool equal(struct piece a, struct piece b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (ascii_upper(a.p[i]) != ascii_upper(b.p[i]))
			return false;
	return true;
}

static bool is_word(struct piece s, const char *word)
{
	return equal(s, (struct piece){ word, strlen(word) });
}

const char *rdt_schema_line(const char **text, size_t *ret_len)
{
	while (*text && **text) {
		const char *end = strchr(*text, '\n');
		size_t n = end ? (size_t)(end - *text) : strlen(*text);
		struct piece line = trim((struct piece){ *text, n });

		*text = end ? end + 1 : *text + n;
		if (line.n == 0)
			continue;
		*ret_len = line.n;
		return line.p;
	}
	return NULL;
}

/* The line of `have` about the resource; its part behind the colon is *ret. */
static bool find_resource(const char *have, struct piece resource,
			  struct piece *ret_line, struct piece *ret)
{
	size_t n;

	for (const char *p; (p = rdt_schema_line(&have, &n));) {
		struct piece rest = { p, n }, name;

		if (!cut(&rest, ':', &name) || !equal(name, resource))
			continue;
		*ret_line = (struct piece){ p, n };
		*ret = rest;
		return rest.p != NULL;
	}
	return false;
}

static bool find_domain(struct piece list, struct piece domain,
			struct piece *ret)
{
	struct piece entry, id;

	while (cut(&list, ';', &entry)) {
		if (!cut(&entry, '=', &id) || !entry.p ||
		    !equal(number(id), number(domain)))
			continue;
		*ret = trim(entry);
		return true;
	}
	return false;
}

/* What the kernel makes of a percentage that is no multiple of its step. */
static bool rounds_to(struct piece want, struct piece have, uint64_t gran)
{
	AUTO(str) char *a = xstrndup(want.p, want.n);
	AUTO(str) char *b = xstrndup(have.p, have.n);
	uint64_t w, h;

	if (gran == 0 || parse_u64(a, &w) < 0 || parse_u64(b, &h) < 0 ||
	    w > UINT64_MAX - gran)
		return false;
	return (w + gran - 1) / gran * gran == h;
}

static int check_line(struct piece line, const char *have,
		      const struct rdt_units *units, struct err *e)
{
	struct piece rest = line, resource, found_line, list, entry, domain;

	(void)cut(&rest, ':', &resource);
	if (!find_resource(have, resource, &found_line, &list))
		return err_set(e, EEXIST, "the group that exists has no '%.*s:', but '%.*s' is asked for",
			       (int)resource.n, resource.p, (int)line.n, line.p);
	while (cut(&rest, ';', &entry)) {
		struct piece value, got;

		if (entry.n == 0)
			continue;
		if (!cut(&entry, '=', &domain) || !entry.p)
			return err_set(e, EINVAL, "'%.*s' is no schema such as L3:0=ff;1=c0",
				       (int)line.n, line.p);
		value = trim(entry);
		if (find_domain(list, domain, &got) &&
		    (equal(number(got), number(value)) ||
		     (is_word(resource, "MB") &&
		      rounds_to(value, got, units->mb_gran))))
			continue;
		return err_set(e, EEXIST, "the group that exists has '%.*s', but '%.*s' is asked for",
			       (int)found_line.n, found_line.p, (int)line.n,
			       line.p);
	}
	return 0;
}

int rdt_schema_check(const char *want, const char *have,
		     const struct rdt_units *units, struct err *e)
{
	size_t n;

	for (const char *p; (p = rdt_schema_line(&want, &n));)
		if (check_line((struct piece){ p, n }, have, units, e) < 0)
			return -e->code;
	return 0;
}

void rdt_schema_old(struct str *out, const char *want, const char *have)
{
	size_t n;

	for (const char *p; (p = rdt_schema_line(&want, &n));) {
		struct piece rest = { p, n }, name, line, list;

		if (!cut(&rest, ':', &name) ||
		    !find_resource(have, name, &line, &list))
			continue;
		str_addn(out, line.p, line.n);
		str_addc(out, '\n');
	}
}
