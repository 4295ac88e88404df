/* SPDX-License-Identifier: Apache-2.0 */
/*
 * values.h: exact integer arithmetic where Go's libraries use floating point; the
 * difference is below one unit of the result. What is not representable is an
 * error, never a wrapped or clamped number.
 */
#include "config.h"
#include "cli/values.h"

#include "base/str.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/banned.h"

#define DIGITS "0123456789"

/* "12.34" = whole + frac / scale. */
struct decimal {
	uint64_t whole, frac, scale;
};

/* Digits of a fraction that count: more would overflow and change nothing. */
#define FRAC_DIGITS 9

/* Read a decimal number; *s is moved behind it. */
static int read_decimal(const char **s, struct decimal *ret)
{
	struct decimal d = { 0, 0, 1 };
	const char *p = *s;
	size_t whole = strspn(p, DIGITS), n = 0;

	for (; n < whole; n++, p++) {
		if (d.whole > (UINT64_MAX - 9) / 10)
			return -ERANGE;
		d.whole = d.whole * 10 + (uint64_t)(*p - '0');
	}
	if (*p == '.') {
		n = strspn(++p, DIGITS);
		if (n + whole == 0)
			return -EINVAL;
		for (size_t i = 0; i < n; i++, p++) {
			if (i >= FRAC_DIGITS)
				continue;
			d.frac = d.frac * 10 + (uint64_t)(*p - '0');
			d.scale *= 10;
		}
	} else if (whole == 0) {
		return -EINVAL;
	}
	*s = p;
	*ret = d;
	return 0;
}

/* d * unit, without the fraction of the result; at most INT64_MAX. */
static int scale(const struct decimal *d, uint64_t unit, uint64_t *ret)
{
	uint64_t v, part;

	if (__builtin_mul_overflow(d->whole, unit, &v) || v > INT64_MAX)
		return -ERANGE;
	/* frac < 10^9; unit * frac may exceed 64 bits */
	part = unit / d->scale * d->frac +
	       unit % d->scale * d->frac / d->scale;
	if (part > (uint64_t)INT64_MAX - v)
		return -ERANGE;
	*ret = v + part;
	return 0;
}

/* The unit that the text begins with; its length, 0 if there is none. */
static size_t read_unit(const char *s, uint64_t *ret)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{ "ns", 1 },
		{ "us", 1000 },
		{ "\xc2\xb5s", 1000 }, /* micro sign */
		{ "\xce\xbcs", 1000 }, /* Greek mu */
		{ "ms", 1000000 },
		{ "s", 1000000000 },
		{ "m", UINT64_C(60) * 1000000000 },
		{ "h", UINT64_C(3600) * 1000000000 },
	};
	size_t n = strcspn(s, "." DIGITS);

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strlen(units[i].name) == n &&
		    memcmp(units[i].name, s, n) == 0) {
			*ret = units[i].ns;
			return n;
		}
	}
	return 0;
}

int cli_parse_duration(const char *s, int64_t *ret)
{
	bool negative = *s == '-';
	uint64_t sum = 0;

	if (*s == '-' || *s == '+')
		s++;
	if (streq(s, "0")) {
		*ret = 0;
		return 0;
	}
	do {
		struct decimal d;
		uint64_t unit = 0, v;
		int r = read_decimal(&s, &d);
		size_t n = r == 0 ? read_unit(s, &unit) : 0;

		if (r < 0 || n == 0)
			return r < 0 ? r : -EINVAL;
		r = scale(&d, unit, &v);
		if (r < 0)
			return r;
		if (v > (uint64_t)INT64_MAX - sum)
			return -ERANGE;
		sum += v;
		s += n;
	} while (*s);
	*ret = negative ? -(int64_t)sum : (int64_t)sum;
	return 0;
}

/* "", "b", "k", "kb", "kib" … "pib". 0 if it is none of them. */
static uint64_t size_unit(const char *s)
{
	static const char letters[] = "kmgtp";
	uint64_t unit = 1;

	if (!*s || streq_nocase(s, "b"))
		return 1;
	for (const char *p = letters; *p; p++) {
		unit *= 1024;
		if (*s != *p && *s != *p - 'a' + 'A')
			continue;
		if (!s[1] || streq_nocase(s + 1, "b") ||
		    streq_nocase(s + 1, "ib"))
			return unit;
	}
	return 0;
}

int cli_parse_size(const char *s, int64_t *ret)
{
	struct decimal d;
	uint64_t unit, v;
	int r;

	if (streq(s, "-1")) {
		*ret = -1;
		return 0;
	}
	r = read_decimal(&s, &d);
	if (r < 0)
		return r;
	if (*s == ' ')
		s++;
	unit = size_unit(s);
	if (!unit)
		return -ENOTSUP;
	r = scale(&d, unit, &v);
	if (r < 0)
		return r;
	*ret = (int64_t)v;
	return 0;
}
