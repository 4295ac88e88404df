/* SPDX-License-Identifier: Apache-2.0 */
/* Growable strings, escapes, strict numbers. */
#include "config.h"

#include "base/str.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/tap.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void test_grow(void)
{
	struct str s = { 0 };
	char *p;
	int i;

	is_str(str_text(&s), "", "an empty string has a text");
	str_reset(&s);
	str_add(&s, "ab");
	str_addn(&s, "cdef", 2);
	str_addc(&s, 'e');
	str_addf(&s, "-%d-%s", 12, "x");
	is_str(str_text(&s), "abcde-12-x", "the adders");
	is_int(s.len, 10, "the length");
	str_reset(&s);
	is_str(str_text(&s), "", "str_reset()");
	for (i = 0; i < 10000; i++)
		str_addf(&s, "%d", i % 10);
	is_int(s.len, 10000, "grows");
	is_int(strlen(s.p), 10000, "stays terminated");
	p = str_take(&s);
	is_int(strlen(p), 10000, "str_take() hands over");
	ok(!s.p && !s.len, "and leaves nothing");
	free(p);
	p = str_take(&s);
	is_str(p, "", "str_take() of nothing is no NULL");
	free(p);
	str_addn(&s, NULL, 0);
	is_str(str_text(&s), "", "adding nothing");
	str_free(&s);
	str_free(&s);
}

static const struct {
	const char *in, *json, *html, *quoted;
} escapes[] = {
	{ "", "\"\"", "\"\"", "\"\"" },
	{ "plain", "\"plain\"", "\"plain\"", "\"plain\"" },
	{ "a\"b\\c", "\"a\\\"b\\\\c\"", "\"a\\\"b\\\\c\"", "\"a\\\"b\\\\c\"" },
	{ "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"", "\"\\b\\f\\n\\r\\t\"",
	  "\"\\b\\f\\n\\r\\t\"" },
	{ "\a\v", "\"\\u0007\\u000b\"", "\"\\u0007\\u000b\"", "\"\\a\\v\"" },
	{ "\x01\x1f\x7f", "\"\\u0001\\u001f\x7f\"", "\"\\u0001\\u001f\x7f\"",
	  "\"\\x01\\x1f\\x7f\"" },
	{ "<a>&'", "\"<a>&'\"", "\"\\u003ca\\u003e\\u0026'\"", "\"<a>&'\"" },
	{ "gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"",
	  "\"gr\xc3\xbc\xc3\x9f\"", "\"gr\xc3\xbc\xc3\x9f\"" },
	{ "\xe2\x80\xa8", "\"\xe2\x80\xa8\"", "\"\\u2028\"", "\"\\u2028\"" },
	{ "\xf0\x9f\x90\xa7", "\"\xf0\x9f\x90\xa7\"", "\"\xf0\x9f\x90\xa7\"",
	  "\"\xf0\x9f\x90\xa7\"" },
	{ "a\xff"
	  "b",
	  "\"a\\ufffdb\"", "\"a\\ufffdb\"", "\"a\\xffb\"" },
	/* cut short, overlong, surrogate, beyond the last plane */
	{ "\xe2\x80", "\"\\ufffd\\ufffd\"", "\"\\ufffd\\ufffd\"",
	  "\"\\xe2\\x80\"" },
	{ "\xc0\xaf", "\"\\ufffd\\ufffd\"", "\"\\ufffd\\ufffd\"",
	  "\"\\xc0\\xaf\"" },
	{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"",
	  "\"\\ufffd\\ufffd\\ufffd\"", "\"\\xed\\xa0\\x80\"" },
	{ "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"",
	  "\"\\ufffd\\ufffd\\ufffd\\ufffd\"", "\"\\xf4\\x90\\x80\\x80\"" },
	/* C1 control, no-break space, bidi override, private plane */
	{ "\xc2\x9b", "\"\xc2\x9b\"", "\"\xc2\x9b\"", "\"\\u009b\"" },
	{ "\xc2\xa0", "\"\xc2\xa0\"", "\"\xc2\xa0\"", "\"\\u00a0\"" },
	{ "\xe2\x80\xae", "\"\xe2\x80\xae\"", "\"\xe2\x80\xae\"",
	  "\"\\u202e\"" },
	{ "\xf3\xb0\x80\x80", "\"\xf3\xb0\x80\x80\"", "\"\xf3\xb0\x80\x80\"",
	  "\"\\U000f0000\"" },
};

static void test_escapes(void)
{
	struct str s = { 0 };
	size_t i;

	for (i = 0; i < COUNT(escapes); i++) {
		str_reset(&s);
		str_add_json(&s, escapes[i].in);
		is_str(str_text(&s), escapes[i].json, "json %zu", i);
		str_reset(&s);
		str_add_json_html(&s, escapes[i].in);
		is_str(str_text(&s), escapes[i].html, "json html %zu", i);
		str_reset(&s);
		str_add_quoted(&s, escapes[i].in);
		is_str(str_text(&s), escapes[i].quoted, "quoted %zu", i);
	}
	str_free(&s);
}

static void test_utf8(void)
{
	uint32_t c = 0;

	is_int(utf8_decode("A", &c), 1, "one byte");
	is_int(c, 'A', "its value");
	is_int(utf8_decode("\xf0\x9f\x90\xa7", &c), 4, "four bytes");
	is_int(c, 0x1f427, "its value");
	is_int(utf8_decode("", &c), 1, "the NUL");
	is_int(c, 0, "its value");
	is_int(utf8_decode("\x80", &c), 0, "a lone continuation byte");
	is_int(utf8_decode("\xf8\x88\x80\x80\x80", &c), 0,
	       "five bytes are none");
}

static const struct {
	const char *in;
	int r;
	uint64_t v;
} u64s[] = {
	{ "0", 0, 0 },
	{ "7", 0, 7 },
	{ "007", 0, 7 },
	{ "18446744073709551615", 0, UINT64_MAX },
	{ "18446744073709551616", -ERANGE, 0 },
	{ "99999999999999999999999", -ERANGE, 0 },
	{ "99999999999999999999999x", -EINVAL, 0 },
	{ "", -EINVAL, 0 },
	{ " 1", -EINVAL, 0 },
	{ "1 ", -EINVAL, 0 },
	{ "+1", -EINVAL, 0 },
	{ "-1", -EINVAL, 0 },
	{ "0x10", -EINVAL, 0 },
	{ "1e3", -EINVAL, 0 },
	{ "1.0", -EINVAL, 0 },
	{ "1\n", -EINVAL, 0 },
	{ "\xd9\xa1", -EINVAL, 0 },
};

static const struct {
	const char *in;
	int r;
	int64_t v;
} i64s[] = {
	{ "0", 0, 0 },
	{ "-0", 0, 0 },
	{ "-1", 0, -1 },
	{ "9223372036854775807", 0, INT64_MAX },
	{ "9223372036854775808", -ERANGE, 0 },
	{ "-9223372036854775808", 0, INT64_MIN },
	{ "-9223372036854775809", -ERANGE, 0 },
	{ "-", -EINVAL, 0 },
	{ "--1", -EINVAL, 0 },
	{ "- 1", -EINVAL, 0 },
	{ "", -EINVAL, 0 },
};

static const struct {
	const char *in;
	int r32, rint;
	int64_t v;
} small[] = {
	{ "0", 0, 0, 0 },
	{ "2147483647", 0, 0, 2147483647 },
	{ "2147483648", 0, -ERANGE, 2147483648 },
	{ "4294967295", 0, -ERANGE, 4294967295 },
	{ "4294967296", -ERANGE, -ERANGE, 0 },
	{ "-1", -EINVAL, 0, -1 },
	{ "-2147483648", -EINVAL, 0, -2147483648LL },
	{ "-2147483649", -EINVAL, -ERANGE, 0 },
	{ "x", -EINVAL, -EINVAL, 0 },
};

static const struct {
	const char *in;
	int r;
	uint32_t v;
} modes[] = {
	{ "0", 0, 0 },	      { "755", 0, 0755 },      { "0755", 0, 0755 },
	{ "7777", 0, 07777 }, { "10000", -ERANGE, 0 }, { "8", -EINVAL, 0 },
	{ "", -EINVAL, 0 },   { "-1", -EINVAL, 0 },    { "0o755", -EINVAL, 0 },
};

static void test_numbers(void)
{
	size_t i;

	for (i = 0; i < COUNT(u64s); i++) {
		uint64_t v = 42;

		is_int(parse_u64(u64s[i].in, &v), u64s[i].r, "parse_u64 '%s'",
		       u64s[i].in);
		ok(v == (u64s[i].r ? 42 : u64s[i].v), "value of '%s'",
		   u64s[i].in);
	}
	for (i = 0; i < COUNT(i64s); i++) {
		int64_t v = 42;

		is_int(parse_i64(i64s[i].in, &v), i64s[i].r, "parse_i64 '%s'",
		       i64s[i].in);
		is_int(v, i64s[i].r ? 42 : i64s[i].v, "value of '%s'",
		       i64s[i].in);
	}
	for (i = 0; i < COUNT(small); i++) {
		uint32_t u = 42;
		int v = 42;

		is_int(parse_u32(small[i].in, &u), small[i].r32,
		       "parse_u32 '%s'", small[i].in);
		is_int(u, small[i].r32 ? 42 : small[i].v, "value of '%s'",
		       small[i].in);
		is_int(parse_int(small[i].in, &v), small[i].rint,
		       "parse_int '%s'", small[i].in);
		is_int(v, small[i].rint ? 42 : small[i].v, "value of '%s'",
		       small[i].in);
	}
	for (i = 0; i < COUNT(modes); i++) {
		uint32_t v = 42;

		is_int(parse_mode(modes[i].in, &v), modes[i].r,
		       "parse_mode '%s'", modes[i].in);
		is_int(v, modes[i].r ? 42 : modes[i].v, "value of '%s'",
		       modes[i].in);
	}
}

static void test_compare(void)
{
	char a[] = "x", b[] = "y";
	char *v[] = { a, b, NULL };

	ok(streq("a", "a") && !streq("a", "b"), "streq()");
	ok(streq0(NULL, NULL) && !streq0(NULL, "") && !streq0("", NULL) &&
		   streq0("a", "a"),
	   "streq0()");
	ok(str_starts("abc", "ab") && str_starts("abc", "") &&
		   !str_starts("ab", "abc"),
	   "str_starts()");
	ok(str_ends("abc", "bc") && str_ends("abc", "") &&
		   !str_ends("bc", "abc"),
	   "str_ends()");
	ok(streq_nocase("CAP_Kill", "cap_kILL") && !streq_nocase("a", "ab") &&
		   !streq_nocase("ab", "a") && streq_nocase("", ""),
	   "streq_nocase()");
	ok(!streq_nocase("[", "{") && !streq_nocase("@", "`"),
	   "streq_nocase() folds letters only");
	is_int(strv_len(NULL), 0, "strv_len(NULL)");
	is_int(strv_len(v), 2, "strv_len()");
}

static const struct {
	const char *a, *b;
	unsigned int max, want;
} distances[] = {
	{ "", "", 3, 0 },
	{ "args", "args", 3, 0 },
	{ "argz", "args", 3, 1 },
	{ "args", "arg", 3, 1 },
	{ "arg", "args", 3, 1 },
	{ "", "abc", 3, 3 },
	{ "abc", "", 3, 3 },
	{ "abcd", "", 3, 4 },
	{ "rags", "args", 3, 1 },
	{ "hsotname", "hostname", 1, 1 },
	{ "kitten", "sitting", 3, 3 },
	{ "kitten", "sitting", 2, 3 },
	{ "abcdef", "uvwxyz", 2, 3 },
	{ "a", "b", 0, 1 },
	{ "ca", "abc", 5, 3 },
};

static void test_distance(void)
{
	size_t i;

	for (i = 0; i < COUNT(distances); i++) {
		is_int(str_distance(distances[i].a, distances[i].b,
				    distances[i].max),
		       distances[i].want, "distance '%s' '%s'", distances[i].a,
		       distances[i].b);
		is_int(str_distance(distances[i].b, distances[i].a,
				    distances[i].max),
		       distances[i].want, "distance '%s' '%s'", distances[i].b,
		       distances[i].a);
	}
}

int main(void)
{
	test_grow();
	test_escapes();
	test_utf8();
	test_numbers();
	test_compare();
	test_distance();
	return done();
}
