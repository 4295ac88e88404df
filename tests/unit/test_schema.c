/* SPDX-License-Identifier: Apache-2.0 */
/* schema.c: pointers, the walker on tables of its own, and completeness. */
#include "config/schema.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "config/spec_tables.h"
#include "tests/tap.h"

struct thing {
	const char *name;
	bool flag;
	struct opt_bool opt;
	uint16_t u16;
	int32_t i32;
	uint64_t u64;
	struct opt_i64 i64;
	uint32_t kind;
	uint64_t bits;
	struct str_list strings;
	struct u32_list numbers;
	struct kv_list kv;
	struct thing *things;
	size_t n_things;
	bool inner_set;
	struct { uint32_t x; } inner;
};

static const struct name kinds[] = { { "red", 1 }, { "green", 2 }, { NULL, 0 } };

static const struct field inner_fields[] = {
	F_REQ(FK_U32, struct thing, inner.x, "x"),
	F_END,
};
static const struct object inner_object = { .fields = inner_fields };

static const struct field leaf_fields[] = {
	F(FK_STR, struct thing, name, "name"),
	F_END,
};
static const struct object leaf_object = { .fields = leaf_fields,
					   .size = sizeof(struct thing) };

static const struct field thing_fields[] = {
	F_REQ(FK_STR, struct thing, name, "name"),
	F(FK_BOOL, struct thing, flag, "flag"),
	F_OPT(FK_BOOL, struct thing, opt, "opt"),
	F(FK_U16, struct thing, u16, "u16"),
	F(FK_I32, struct thing, i32, "i32"),
	F(FK_U64, struct thing, u64, "u64", .flags = FIELD_RANGE, RANGE(3, 9)),
	F_OPT(FK_I64, struct thing, i64, "i64"),
	F_NAME(FK_ENUM, struct thing, kind, "kind", kinds, "bad kind '", "'"),
	F_NAME(FK_BITS, struct thing, bits, "bits", kinds, "bad bit '", "'"),
	F(FK_STR_LIST, struct thing, strings, "strings"),
	F(FK_U32_LIST, struct thing, numbers, "numbers"),
	F(FK_KV, struct thing, kv, "kv"),
	F_LIST(struct thing, things, n_things, "things", &leaf_object),
	{ .name = "inner", .kind = FK_OBJECT, .offset2 = offsetof(struct thing, inner_set),
	  .object = &inner_object },
	F_END,
};
static const struct object thing_object = { .fields = thing_fields };

/* All findings, one per line. */
static void walk(const char *text, struct thing *t, struct arena *a, struct str *out)
{
	struct findings f = { 0 };
	struct walk w = { .arena = a, .f = &f };
	struct err e = ERR_INIT;
	struct json *j = NULL;

	memset(t, 0, sizeof(*t));
	if (json_parse(&j, a, text, strlen(text), "f", &e) < 0) {
		str_add(out, e.msg);
		return;
	}
	walk_object(&w, j, &thing_object, t);
	for (size_t i = 0; i < f.n; i++) {
		if (i)
			str_addc(out, '\n');
		finding_format(&f.v[i], f.v[i].is_error ? "E" : "W", out);
	}
	findings_free(&f);
}

static void test_values(void)
{
	AUTO(arena) struct arena a = { 0 };
	AUTO(strbuf) struct str out = { 0 };
	struct thing t;

	walk("{\"name\":\"n\",\"flag\":true,\"opt\":false,\"u16\":65535,\"i32\":-2147483648,"
	     "\"u64\":9,\"i64\":-1,\"kind\":\"green\",\"bits\":[\"red\",\"green\"],"
	     "\"strings\":[\"a\",\"b\"],\"numbers\":[1,4294967295],\"kv\":{\"k\":\"v\"},"
	     "\"things\":[{\"name\":\"x\"},{}],\"inner\":{\"x\":7}}", &t, &a, &out);
	is_str(str_text(&out), "", "no findings");
	is_str(t.name, "n", "string");
	ok(t.flag && t.opt.set && !t.opt.v, "booleans");
	ok(t.u16 == 65535 && t.i32 == INT32_MIN && t.u64 == 9, "integers");
	ok(t.i64.set && t.i64.v == -1, "optional integer");
	ok(t.kind == 2 && t.bits == 3, "names");
	ok(t.strings.n == 2 && !t.strings.v[2], "a string list ends with NULL");
	ok(t.numbers.n == 2 && t.numbers.v[1] == UINT32_MAX, "a number list");
	ok(t.kv.n == 1 && streq(t.kv.v[0].value, "v"), "a map");
	ok(t.n_things == 2 && !t.things[1].name, "a list of objects");
	ok(t.inner_set && t.inner.x == 7, "an inner object");
	str_reset(&out);
	walk("{\"name\":\"n\",\"opt\":null,\"i64\":null,\"kind\":null,\"strings\":null,"
	     "\"things\":null,\"inner\":null,\"kv\":{\"a\":null}}", &t, &a, &out);
	is_str(str_text(&out), "", "null counts as absent");
	ok(!t.opt.set && !t.i64.set && !t.things && !t.inner_set && t.kv.n == 0,
	   "and leaves everything unset");
}

static void test_findings(void)
{
	static const struct { const char *text, *want; } rows[] = {
		{ "[]", "E:1:1: expected object, got array" },
		{ "{}", "E:1:1: /name: required property is missing" },
		{ "{\"name\":null}", "E:1:1: /name: required property is missing" },
		{ "{\"name\":1}", "E:1:9: /name: expected string, got number" },
		{ "{\"name\":\"a\\u0000\"}",
		  "E:1:9: /name: string contains a NUL character (null byte)" },
		{ "{\"name\":\"\",\"flag\":\"true\",\n\"u16\":65536,\"i32\":2147483648}",
		  "E:1:19: /flag: expected boolean, got string\n"
		  "E:2:7: /u16: expected integer between 0 and 65535, got 65536\n"
		  "E:2:19: /i32: expected integer between -2147483648 and 2147483647, got 2147483648" },
		{ "{\"name\":\"\",\"u64\":2}", "E:1:18: /u64: expected integer between 3 and 9, got 2" },
		{ "{\"name\":\"\",\"u64\":-4}", "E:1:18: /u64: expected integer between 3 and 9, got -4" },
		{ "{\"name\":\"\",\"u64\":4.5}", "E:1:18: /u64: expected integer, got 4.5" },
		{ "{\"name\":\"\",\"u64\":[]}", "E:1:18: /u64: expected integer, got array" },
		{ "{\"name\":\"\",\"kind\":\"Red\"}", "E:1:19: /kind: bad kind 'Red', did you mean 'red'?" },
		{ "{\"name\":\"\",\"kind\":\"blue\"}",
		  "E:1:19: /kind: bad kind 'blue', expected red or green" },
		{ "{\"name\":\"\",\"kind\":\"red\\u0000\"}",
		  "E:1:19: /kind: bad kind 'red', did you mean 'red'?" },
		{ "{\"name\":\"\",\"bits\":[\"red\",5]}", "E:1:26: /bits/1: expected string, got number" },
		{ "{\"name\":\"\",\"strings\":\"a\"}",
		  "E:1:22: /strings: expected array of strings, got string" },
		{ "{\"name\":\"\",\"numbers\":[0,-1]}",
		  "E:1:25: /numbers/1: expected integer between 0 and 4294967295, got -1" },
		{ "{\"name\":\"\",\"kv\":{\"a/b~c\":1}}", "E:1:26: /kv/a~1b~0c: expected string, got number" },
		{ "{\"name\":\"\",\"things\":[{},{\"nam\":1}]}",
		  "W:1:32: /things/1/nam: unknown property, ignored: did you mean 'things[1].name'?" },
		{ "{\"name\":\"\",\"inner\":{}}", "E:1:20: /inner/x: required property is missing" },
		{ "{\"name\":\"\",\"Flag\":1,\"qqqqqq\":1}",
		  "W:1:19: /Flag: unknown property, ignored: did you mean 'flag'?\n"
		  "W:1:30: /qqqqqq: unknown property, ignored" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(arena) struct arena a = { 0 };
		AUTO(strbuf) struct str out = { 0 };
		struct thing t;

		walk(rows[i].text, &t, &a, &out);
		is_str(str_text(&out), rows[i].want, "findings in %s", rows[i].text);
	}
}

static void test_pointers(void)
{
	AUTO(arena) struct arena a = { 0 };
	AUTO(strbuf) struct str p = { 0 };
	static const char text[] = "{\"a/b\":{\"~1\":[0,\n1]}}";
	struct err e = ERR_INIT;
	struct json *j = NULL;
	int line, column;

	pointer_add(&p, "a/b");
	pointer_add(&p, "~1");
	pointer_add(&p, "");
	is_str(str_text(&p), "/a~1b/~01/", "escapes of RFC 6901");
	if (json_parse(&j, &a, text, strlen(text), "f", &e) < 0)
		bail("cannot parse");
	pointer_position(j, "/a~1b/~01/1", &line, &column);
	ok(line == 2 && column == 1, "a pointer leads to its value");
	pointer_position(j, "/a~1b/~01/7/x", &line, &column);
	ok(line == 1 && column == 14, "or to what exists of it");
	pointer_position(j, "", &line, &column);
	ok(line == 1 && column == 1, "the empty pointer is the document");
}

static void test_properties(void)
{
	const char *dir = getenv("top_srcdir");
	AUTO(strbuf) struct str path = { 0 };
	AUTO(str) char *text = NULL;
	int n = 0;

	str_addf(&path, "%s/tests/data/spec/properties.txt", dir ? dir : ".");
	if (file_read_at(AT_FDCWD, path.p, 1 << 20, &text, NULL) < 0)
		bail("cannot read properties.txt");
	for (char *line = text, *end; *line; line = end + 1) {
		end = line + strcspn(line, "\n");
		if (*line == '/') {
			char saved = *end;

			*end = '\0';
			ok(schema_has(&schema_spec, line), "tables have %s", line);
			*end = saved;
			n++;
		}
		if (!*end)
			break;
	}
	ok(n > 200, "the list is there");
	ok(!schema_has(&schema_spec, "/nope") && !schema_has(&schema_spec, "/root/nope") &&
	   !schema_has(&schema_spec, "") && !schema_has(&schema_spec, "/hostname/x"),
	   "tables do not have everything");
}

int main(void)
{
	test_values();
	test_findings();
	test_pointers();
	test_properties();
	return done();
}
