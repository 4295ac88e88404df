/* SPDX-License-Identifier: Apache-2.0 */
/* json.c and json_scan.c: trees, positions, numbers, bounds. */
#include "config/json.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "tests/tap.h"

static struct json *parse(struct arena *a, const char *text)
{
	struct err e = ERR_INIT;
	struct json *j = NULL;

	if (json_parse(&j, a, text, strlen(text), "f", &e) < 0)
		return NULL;
	return j;
}

static void test_tree(void)
{
	AUTO(arena) struct arena a = { 0 };
	const struct json *j = parse(&a, "{\"a\": [1, \"x\\ty\", null],\n  \"b\":{\"c\" :true} }");
	const struct json *list = json_get(j, "a"), *c;

	ok(j && j->type == JSON_OBJECT && j->n_children == 2, "an object of two");
	ok(list && list->type == JSON_ARRAY && list->n_children == 3, "an array of three");
	if (!list)
		return;
	is_str(list->child->text, "1", "a number keeps its text");
	is_str(list->child->next->text, "x\ty", "a string is unescaped");
	is_int(list->child->next->len, 3, "its length");
	is_int(list->child->next->next->type, JSON_NULL, "null");
	c = json_get(json_get(j, "b"), "c");
	ok(c && c->boolean && c->type == JSON_BOOL, "true");
	is_str(c ? c->key : NULL, "c", "a member knows its name");
	ok(!json_get(j, "z") && !json_get(NULL, "a") && !json_get(list, "a"),
	   "no such member");
}

/* Every value prints as TYPE@LINE:COLUMN. */
static void print(const struct json *j, struct str *out)
{
	for (; j; j = j->next) {
		str_addf(out, "%s%c%d:%d", out->len ? " " : "",
			 json_type_name(j->type)[0], j->line, j->column);
		print(j->child, out);
	}
}

static void test_positions(void)
{
	static const struct { const char *text, *want; } rows[] = {
		{ "1", "n1:1" },
		{ "\n\t\"a\"", "s2:2" },
		{ "[]", "a1:1" },
		{ "[1,2 , 3]", "a1:1 n1:2 n1:4 n1:8" },
		{ "{\n \"a\" : 1,\r\n\t\"b\":[true,\n\n{ }]}", "o1:1 n2:8 a3:6 b3:7 o5:1" },
		{ "[\"\\\"]\\\\\", \"\\u00e9\\ud83d\\ude00\", -1.5e+3]", "a1:1 s1:2 s1:11 n1:33" },
		{ "[\"\xc3\xa9\", null,\n [ [\"\"]] ]", "a1:1 s1:2 n1:8 a2:2 a2:4 s2:5" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(arena) struct arena a = { 0 };
		AUTO(strbuf) struct str out = { 0 };

		print(parse(&a, rows[i].text), &out);
		is_str(str_text(&out), rows[i].want, "positions in %s", rows[i].text);
	}
}

/* A long document: every line holds one value at a known place. */
static void test_many_positions(void)
{
	AUTO(arena) struct arena a = { 0 };
	AUTO(strbuf) struct str text = { 0 };
	const struct json *j;
	int line = 2, wrong = 0;

	str_add(&text, "{\n");
	for (int i = 0; i < 5000; i++)
		str_addf(&text, "%*s\"k%d\": \"%.*s\"%s\n", i % 7, "", i, i % 40,
			 "\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n", "");
	str_add(&text, "\"end\": 0}");
	j = parse(&a, str_text(&text));
	ok(!j, "members without commas are refused");
	str_reset(&text);
	str_add(&text, "{\n");
	for (int i = 0; i < 5000; i++)
		str_addf(&text, "%*s\"k%d\": %d,\n", i % 7, "", i, i);
	str_add(&text, "\"end\": 0}");
	j = parse(&a, str_text(&text));
	ok(j && j->n_children == 5001, "5001 members");
	for (j = j ? j->child : NULL; j && j->next; j = j->next, line++)
		wrong += j->line != line ||
			 j->column != (line - 2) % 7 + (int)strlen(j->key) + 5;
	is_int(wrong, 0, "every position is right");
}

/*
 * Each byte at each place of a short and of a long string, at the end of the text and
 * before more of it: what ends a string or does not belong in one is never passed over.
 */
static void test_string_bytes(void)
{
	int accepted = 0, wrong = 0;

	for (int c = 0; c < 256; c++) {
		for (int at = 0; at < 20; at++) {
			AUTO(arena) struct arena a = { 0 };
			AUTO(strbuf) struct str text = { 0 };
			struct err e = ERR_INIT;
			struct json *j = NULL;
			char place[24];

			str_addf(&text, "[\"%.*s", at, "abcdefghijklmnopqrst");
			str_addc(&text, (char)c);
			str_addf(&text, "%.*s\"]", at / 2, "zyxwvutsrq");
			int r = json_parse(&j, &a, text.p, text.len, "f", &e);
			bool plain = c >= ' ' && c < 0x80 && c != '"' && c != '\\';

			(void)snprintf(place, sizeof(place), "f:1:%d:",
				       c == '\n' ? 2 : 3 + at);
			if (plain)
				wrong += r != 0 ||
					 (int)j->child->len != at + 1 + at / 2 ||
					 j->child->text[at] != c;
			else if (c < ' ' || c > 0x7f)
				wrong += r != -EINVAL || !str_starts(e.msg, place);
			accepted += r == 0;
		}
	}
	is_int(wrong, 0, "every byte of a string is looked at");
	ok(accepted >= (0x80 - 0x20 - 2) * 20, "and the plain ones are taken");
}

static void test_numbers(void)
{
	static const struct { const char *text; int r_u, r_i; uint64_t u; int64_t i; } rows[] = {
		{ "0", 0, 0, 0, 0 },
		{ "-0", 0, 0, 0, 0 },
		{ "-1", -ERANGE, 0, 0, -1 },
		{ "18446744073709551615", 0, -ERANGE, UINT64_MAX, 0 },
		{ "18446744073709551616", -ERANGE, -ERANGE, 0, 0 },
		{ "9223372036854775807", 0, 0, INT64_MAX, INT64_MAX },
		{ "-9223372036854775808", -ERANGE, 0, 0, INT64_MIN },
		{ "-9223372036854775809", -ERANGE, -ERANGE, 0, 0 },
		{ "1.0", -EINVAL, -EINVAL, 0, 0 },
		{ "1e3", -EINVAL, -EINVAL, 0, 0 },
		{ "1E3", -EINVAL, -EINVAL, 0, 0 },
		{ "\"1\"", -EINVAL, -EINVAL, 0, 0 },
		{ "true", -EINVAL, -EINVAL, 0, 0 },
	};

	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		AUTO(arena) struct arena a = { 0 };
		const struct json *j = parse(&a, rows[k].text);
		uint64_t u = 0;
		int64_t i = 0;

		if (!j) {
			ok(false, "%s parses", rows[k].text);
			continue;
		}
		is_int(json_number_u64(j, &u), rows[k].r_u, "u64 of %s", rows[k].text);
		ok(u == rows[k].u, "value of %s", rows[k].text);
		is_int(json_number_i64(j, &i), rows[k].r_i, "i64 of %s", rows[k].text);
		ok(i == rows[k].i, "value of %s", rows[k].text);
	}
}

static void test_getters(void)
{
	AUTO(arena) struct arena a = { 0 };
	const struct json *j = parse(&a, "{\"s\":\"v\",\"b\":true,\"n\":-5,\"u\":18446744073709551615,\"f\":1.5}");

	is_str(json_get_str(j, "s", "d"), "v", "a string");
	is_str(json_get_str(j, "b", "d"), "d", "no string: the default");
	is_str(json_get_str(j, "zz", NULL), NULL, "missing: the default");
	ok(json_get_bool(j, "b", false) && json_get_bool(j, "s", true), "booleans");
	is_int(json_get_i64(j, "n", 1), -5, "a signed number");
	is_int(json_get_i64(j, "u", 1), 1, "too large: the default");
	ok(json_get_u64(j, "u", 1) == UINT64_MAX, "an unsigned number");
	is_int(json_get_u64(j, "n", 7), 7, "negative: the default");
	is_int(json_get_i64(j, "f", 7), 7, "a fraction: the default");
}

static void test_strings(void)
{
	AUTO(arena) struct arena a = { 0 };
	const struct json *j = parse(&a, "\"a\\u0000b\"");

	ok(j && j->len == 3 && memcmp(j->text, "a\0b", 4) == 0,
	   "a string may hold a NUL, and says so by its length");
	j = parse(&a, "\"\\ud834\\udd1e\\u20ac\\/\"");
	is_str(j ? j->text : NULL, "\xf0\x9d\x84\x9e\xe2\x82\xac/", "surrogate pairs");
	ok(!parse(&a, "\"\\udd1e\\ud834\""), "pairs in the wrong order are refused");
	ok(!parse(&a, "\"\\ud834\\u0041\""), "half a pair is refused");
	ok(!parse(&a, "\"\xed\xa0\x80\""), "an encoded surrogate is no UTF-8");
	ok(!parse(&a, "\"\xf4\x90\x80\x80\""), "nothing above U+10FFFF");
	ok(!parse(&a, "\"\xe0\x80\x80\""), "no overlong forms");
	ok(!parse(&a, "\"\xc3\""), "a cut sequence is refused");
	ok(parse(&a, "\"\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80\"") != NULL,
	   "the edges of UTF-8 are accepted");
}

static void test_bounds(void)
{
	AUTO(arena) struct arena a = { 0 };
	AUTO(strbuf) struct str text = { 0 };
	struct err e = ERR_INIT;
	struct json *j = NULL;

	for (int i = 0; i < JSON_MAX_DEPTH; i++)
		str_addc(&text, '[');
	for (int i = 0; i < JSON_MAX_DEPTH; i++)
		str_addc(&text, ']');
	ok(parse(&a, str_text(&text)) != NULL, "%d levels", JSON_MAX_DEPTH);
	str_reset(&text);
	for (unsigned int i = 0; i < JSON_MAX_TEXT; i++)
		str_addc(&text, ' ');
	str_addc(&text, '1');
	is_int(json_parse(&j, &a, text.p, text.len, "f", &e), -EFBIG, "too long a text");
	is_str(e.msg, "f: larger than 16 MiB", "says so");
	str_reset(&text);
	str_addc(&text, '[');
	for (int i = 0; i < 1000001; i++)
		str_add(&text, "0,");
	err_clear(&e);
	ok(json_parse(&j, &a, text.p, text.len, "f", &e) < 0, "too many values");
	ok(strstr(e.msg, "more than 1000000 values") != NULL, "says so");
	ok(!j, "ret is untouched on failure");
}

static void test_duplicates(void)
{
	AUTO(arena) struct arena a = { 0 };
	AUTO(strbuf) struct str text = { 0 };
	struct err e = ERR_INIT;
	struct json *j = NULL;

	str_add(&text, "{\n");
	for (int i = 0; i < 20000; i++)
		str_addf(&text, "\"key%d\":%d,\n", i, i);
	str_add(&text, "\"key77\":1}");
	ok(json_parse(&j, &a, text.p, text.len, "f", &e) == -EINVAL, "a duplicate among many");
	is_str(e.msg, "f:20002:9: duplicate key 'key77', first used at line 79, column 9",
	       "names both places");
	ok(parse(&a, "{\"a\":{\"a\":1},\"b\":{\"a\":1}}") != NULL,
	   "the same name in different objects is none");
}

/* Whatever is cut off a valid document, there is an error with a position. */
static void test_prefixes(void)
{
	static const char text[] =
		"{\"a\":[1.5e3,\"x\\u00e9\",true,false,null,{}],\"b\":{\"c\":-0}}";
	int good = 0, silent = 0;

	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		AUTO(arena) struct arena a = { 0 };
		struct err e = ERR_INIT;
		struct json *j = NULL;
		AUTO(str) char *copy = malloc(n + 1); /* exact size, for ASAN */

		if (!copy)
			bail("no memory");
		memcpy(copy, text, n);
		if (json_parse(&j, &a, copy, n, "f", &e) == 0)
			good++;
		else if (!str_starts(e.msg, "f:1:"))
			silent++;
	}
	is_int(good, 0, "no prefix is a document");
	is_int(silent, 0, "every error has a position");
}

int main(void)
{
	test_tree();
	test_positions();
	test_many_positions();
	test_string_bytes();
	test_numbers();
	test_getters();
	test_strings();
	test_bounds();
	test_duplicates();
	test_prefixes();
	return done();
}
