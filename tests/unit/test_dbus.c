/* SPDX-License-Identifier: Apache-2.0 */
/* D-Bus values, their text and their bytes; messages. */
#include "config.h"

#include "dbus/msg.h"

#include <errno.h>

#include "base/cleanup.h"
#include "tests/tap.h"

static struct arena mem;

static const char *printed(const struct dval *v)
{
	AUTO(strbuf) struct str s = { 0 };

	dval_signature(v, &s);
	str_addc(&s, ' ');
	dval_print(v, &s);
	return arena_strdup(&mem, str_text(&s));
}

static void test_text(void)
{
	static const struct {
		const char *text, *want;
	} good[] = {
		{ "true", "b true" },
		{ " false ", "b false" },
		{ "5", "i 5" },
		{ "-5", "i -5" },
		{ "uint32 7", "u uint32 7" },
		{ "@t 5", "t uint64 5" },
		{ "uint64 18446744073709551615", "t uint64 18446744073709551615" },
		{ "int64 -9223372036854775808", "x int64 -9223372036854775808" },
		{ "byte 0xff", "y 0xff" },
		{ "0x1F", "i 31" },
		{ "017", "i 15" },
		{ "1.5", "d 1.500000" },
		{ "double 2", "d 2.000000" },
		{ "'it''s'", NULL },
		{ "'a b'", "s 'a b'" },
		{ "\"it's\"", "s 'it\\'s'" },
		{ "'a\\nb'", "s 'a\nb'" },
		{ "['a', 'b']", "as ['a', 'b']" },
		{ "@as []", "as @as []" },
		{ "[[1], [2, 3]]", "aai [[1], [2, 3]]" },
		{ "[uint32 1, 2]", "au [uint32 1, uint32 2]" },
		{ "(1, 'x')", "(is) (1, 'x')" },
		{ "(1,)", "(i) (1)" },
		{ "@(ts) (1, 'x')", "(ts) (uint64 1, 'x')" },
		{ "<uint32 3>", "v <uint32 3>" },
		{ "b'hi'", "ay [0x68, 0x69, 0x00]" },
		{ "objectpath '/a/b_1'", "o objectpath '/a/b_1'" },
		{ "signature 'a(sv)'", "g signature 'a(sv)'" },
	};
	static const char *const bad[] = {
		"", " ", "5 6", "abc", "'open", "'a\\", "[1, 'a']", "[]", "[1",
		"[1 2]", "(", "()", "(1, 2", "@q", "@q 70000", "byte 256",
		"uint32 -1", "2147483648", "18446744073709551616", "@i 1.5",
		"1x", "0x", "-", "@a 1", "@(s 1", "<1", "uint32 'a'", "@s 5",
		"objectpath 'a'", "objectpath '/a/'", "signature 'a'", "{}",
		"[uint32 1, uint64 2]", "@(s) ('a', 'b')", "@(ss) ('a')", "1.2.3",
		"'\xff'", "'\\u1234'", "true 1",
	};
	char deep[200];
	const char *why = NULL;
	struct dval v;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		int r = dval_parse(&v, &mem, good[i].text, &why);

		if (!good[i].want)
			is_int(r, -EINVAL, "%s", good[i].text);
		else
			is_str(r == 0 ? printed(&v) : why, good[i].want, "%s",
			       good[i].text);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why = NULL;
		is_int(dval_parse(&v, &mem, bad[i], &why), -EINVAL,
		       "no value: %s",
		       bad[i][0] && bad[i][1] == '\xff' ? "(bytes)" : bad[i]);
		ok(why && *why, "… with a reason");
	}
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	is_int(dval_parse(&v, &mem, deep, &why), -EINVAL, "depth is bounded");
}

static const char *hex(const struct str *s)
{
	struct str out = { 0 };

	for (size_t i = 0; i < s->len; i++)
		str_addf(&out, "%02x", (unsigned char)s->p[i]);
	const char *ret = arena_strdup(&mem, str_text(&out));

	str_free(&out);
	return ret;
}

/* The specification's rules of alignment; numbers in little endian. */
static void test_bytes(void)
{
	static const struct {
		const char *text, *want;
	} t[] = {
		{ "byte 5", "05" },
		{ "true", "01000000" },
		{ "uint16 258", "0201" },
		{ "@x -2", "feffffffffffffff" },
		{ "'ab'", "02000000616200" },
		{ "signature 'as'", "02617300" },
		{ "@as []", "00000000" },
		{ "@at []", "0000000000000000" },
		{ "['a', 'b']",
		  "0e000000" "010000006100" "0000" "010000006200" },
		{ "(byte 1, uint32 2)", "0100000002000000" },
		{ "[(byte 1, uint32 2)]",
		  "08000000" "00000000" "0100000002000000" },
		{ "<uint64 1>", "01740000" "00000000" "0100000000000000" },
		{ "double 1", "000000000000f03f" },
	};
	const char *why;
	struct dval v;

	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__) {
		skip(sizeof(t) / sizeof(t[0]), "big endian");
		return;
	}
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		AUTO(strbuf) struct str s = { 0 };

		(void)dval_parse(&v, &mem, t[i].text, &why);
		dval_marshal(&v, &s);
		is_str(hex(&s), t[i].want, "%s", t[i].text);
	}
}

static char *copy(const struct str *s)
{
	char *p = xmalloc(s->len);

	memcpy(p, s->p, s->len);
	return p;
}

static void test_messages(void)
{
	const struct dval args[] = { dval_u32(9), dval_str("x.scope"),
				     dval_u64(1) };
	const struct dmsg_answer out = {
		.type = DMSG_SIGNAL, .path = "/a", .iface = "b.c",
		.member = "Done", .args = args, .n_args = 3,
	};
	AUTO(strbuf) struct str s = { 0 };
	AUTO(dmsg) struct dmsg m = DMSG_INIT;
	struct dmsg_reader r;

	dmsg_put_answer(&out, 77, &s);
	is_int(dmsg_length(s.p), s.len, "the head knows the length");
	is_int(dmsg_parse(&m, copy(&s), s.len), 0, "a signal");
	is_int(m.type, DMSG_SIGNAL, "… type");
	is_int(m.serial, 77, "… serial");
	is_str(m.path, "/a", "… path");
	is_str(m.iface, "b.c", "… interface");
	is_str(m.member, "Done", "… member");
	is_str(m.signature, "ust", "… signature");
	dmsg_read(&r, &m);
	is_int(dmsg_u32(&r), 9, "… number");
	is_str(dmsg_str(&r), "x.scope", "… text");
	ok(!r.failed, "… so far");
	is_str(dmsg_str(&r), "", "… no text where a number is");
	ok(r.failed, "… and that is known");
	dmsg_free(&m);

	/* Damage: every prefix, and every byte changed. Never a crash. */
	for (size_t n = 0; n < s.len; n++) {
		struct dmsg d = DMSG_INIT;

		if (dmsg_parse(&d, copy(&s), n) == 0)
			ok(false, "a prefix of %zu bytes", n);
		dmsg_free(&d);
	}
	for (size_t i = 0; i < s.len; i++) {
		struct dmsg d = DMSG_INIT;
		char *p = copy(&s);

		p[i] = (char)(p[i] ^ 0x55);
		if (dmsg_parse(&d, p, s.len) == 0) {
			dmsg_read(&r, &d);
			(void)dmsg_u32(&r);
			(void)dmsg_str(&r);
			(void)dmsg_variant_str(&r);
		}
		dmsg_free(&d);
	}
	ok(true, "damaged messages");
	s.p[3] = 2;
	is_int(dmsg_length(s.p), -EBADMSG, "another protocol");
}

int main(void)
{
	test_text();
	test_bytes();
	test_messages();
	arena_free(&mem);
	return done();
}
