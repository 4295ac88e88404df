/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device rules: the policy, the writes for v1 and the program for v2. The
 * program is run by a small interpreter and compared, access by access, with a
 * naive model of the kernel's v1 controller, also for random rule lists.
 */
#include "config.h"

#include "cgroup/cg_internal.h"

#include <errno.h>
#include <string.h>

#include "tests/tap.h"

/* ---- the model: security/device_cgroup.c, naively ------------------------- */

struct model {
	bool allow;
	struct cg_dev v[64];
	size_t n;
};

static void model_rule(struct model *m, bool allow, const struct cg_dev *d)
{
	size_t i = 0;

	if (d->type == 'a') {
		*m = (struct model){ .allow = allow };
		return;
	}
	while (i < m->n && (m->v[i].type != d->type ||
			    m->v[i].major != d->major ||
			    m->v[i].minor != d->minor))
		i++;
	if (allow == m->allow) { /* takes an exception back */
		if (i < m->n)
			m->v[i].access &= ~d->access;
		return;
	}
	if (i == m->n)
		m->v[m->n++] = (struct cg_dev){ .type = d->type,
						.major = d->major,
						.minor = d->minor };
	m->v[i].access |= d->access;
}

static bool model_verdict(const struct model *m, char type, uint32_t access,
			  int64_t major, int64_t minor)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct cg_dev *x = &m->v[i];

		if (!x->access || x->type != type ||
		    (x->major != -1 && x->major != major) ||
		    (x->minor != -1 && x->minor != minor))
			continue;
		if (m->allow ? (access & x->access) != 0
			     : (access & ~x->access) == 0)
			return !m->allow;
	}
	return m->allow;
}

/* ---- the interpreter ----------------------------------------------------------- */

/* As the kernel's check_cfg(): every instruction can be reached. */
static bool all_reachable(const struct bpf_insn *v, size_t n)
{
	bool reached[1024] = { true };

	if (n > 1024)
		return false;
	for (size_t i = 0; i < n; i++) {
		int op = BPF_OP(v[i].code);
		bool jump = BPF_CLASS(v[i].code) == BPF_JMP && op != BPF_EXIT;
		bool falls = BPF_CLASS(v[i].code) != BPF_JMP ||
			     (op != BPF_EXIT && op != BPF_JA);
		size_t to = i + 1 + (size_t)(uint16_t)v[i].off;

		if (!reached[i] || (jump && to >= n) || (falls && i + 1 >= n))
			return false;
		if (jump)
			reached[to] = true;
		if (falls)
			reached[i + 1] = true;
	}
	return true;
}

/* 0 or 1, or -1 for a program that is not right. */
static int run(const struct bpf_insn *v, size_t n, uint32_t access_type,
	       uint32_t major, uint32_t minor)
{
	const uint32_t ctx[3] = { access_type, major, minor };
	uint64_t reg[11] = { 0 };
	bool known[11] = { false };

	for (size_t pc = 0; pc < n; pc++) {
		const struct bpf_insn *i = &v[pc];
		uint64_t imm = (uint64_t)(int64_t)i->imm;

		switch (i->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			if (i->src_reg != 1 || known[1] || i->off < 0 ||
			    i->off > 8 || i->off % 4)
				return -1;
			reg[i->dst_reg] = ctx[i->off / 4];
			break;
		case BPF_ALU64 | BPF_MOV | BPF_X:
			if (!known[i->src_reg])
				return -1;
			reg[i->dst_reg] = reg[i->src_reg];
			break;
		case BPF_ALU64 | BPF_MOV | BPF_K:
			reg[i->dst_reg] = imm;
			break;
		case BPF_ALU64 | BPF_AND | BPF_K:
			reg[i->dst_reg] &= imm;
			break;
		case BPF_ALU64 | BPF_RSH | BPF_K:
			reg[i->dst_reg] >>= imm;
			break;
		case BPF_JMP | BPF_JNE | BPF_K:
		case BPF_JMP | BPF_JEQ | BPF_K:
			if (!known[i->dst_reg] || i->off < 0)
				return -1;
			if ((reg[i->dst_reg] == imm) ==
			    (BPF_OP(i->code) == BPF_JEQ))
				pc += (size_t)(uint16_t)i->off;
			continue;
		case BPF_JMP | BPF_JA:
			if (i->off < 0)
				return -1;
			pc += (size_t)(uint16_t)i->off;
			continue;
		case BPF_JMP | BPF_EXIT:
			return known[0] && reg[0] <= 1 ? (int)reg[0] : -1;
		default:
			return -1;
		}
		known[i->dst_reg] = true;
	}
	return -1;
}

static int verdict(const struct bpf_insn *v, size_t n, char type,
		   uint32_t access, int64_t major, int64_t minor)
{
	uint32_t t = type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;

	return run(v, n, access << 16 | t, (uint32_t)major, (uint32_t)minor);
}

/* ---- fixed cases ------------------------------------------------------------------ */

#define RULE(allow, type, maj, min, acc)                                     \
	{ allow, type, maj, min, ((acc) & CG_ACC_R) != 0,                    \
	  ((acc) & CG_ACC_W) != 0, ((acc) & CG_ACC_M) != 0 }
#define DENY_ALL RULE(false, 'a', -1, -1, CG_ACC_ALL)
#define ALLOW_ALL RULE(true, 'a', -1, -1, CG_ACC_ALL)
#define RW (CG_ACC_R | CG_ACC_W)

static void print_policy(const struct cg_dev_policy *p, struct str *out)
{
	str_add(out, p->allow ? "allow" : "deny");
	for (size_t i = 0; i < p->n; i++)
		str_addf(out, ", %c %" PRId64 ":%" PRId64 " %u", p->v[i].type,
			 p->v[i].major, p->v[i].minor, p->v[i].access);
}

static void test_policy(void)
{
	static const struct {
		const char *name;
		struct spec_device_rule rules[4];
		size_t n;
		const char *want;
	} t[] = {
		{ "empty", { DENY_ALL }, 0, "deny" },
		{ "deny all", { DENY_ALL }, 1, "deny" },
		{ "allow all", { ALLOW_ALL }, 1, "allow" },
		{ "one allowed", { DENY_ALL, RULE(true, 'c', 1, 3, RW) }, 2,
		  "deny, c 1:3 6" },
		{ "merged", { RULE(true, 'c', 1, 3, CG_ACC_R),
			      RULE(true, 'c', 1, 3, CG_ACC_M) }, 2,
		  "deny, c 1:3 3" },
		{ "taken back in part", { RULE(true, 'b', 8, 0, CG_ACC_ALL),
					  RULE(false, 'b', 8, 0, CG_ACC_W) }, 2,
		  "deny, b 8:0 3" },
		{ "taken back", { RULE(true, 'b', 8, 0, RW),
				  RULE(false, 'b', 8, 0, CG_ACC_ALL) }, 2,
		  "deny" },
		{ "reset forgets", { RULE(true, 'c', 1, 3, RW), ALLOW_ALL,
				     RULE(false, 'c', 1, 5, CG_ACC_W) }, 3,
		  "allow, c 1:5 4" },
		{ "other type is no wildcard", {
			RULE(true, 'b', -1, -1, CG_ACC_ALL),
			RULE(false, 'c', 1, 3, CG_ACC_ALL) }, 2,
		  "deny, b -1:-1 7" },
		{ "disjoint accesses make no hole", {
			RULE(true, 'c', -1, -1, CG_ACC_M),
			RULE(false, 'c', 1, 3, RW) }, 2, "deny, c -1:-1 1" },
		{ "hole", { RULE(true, 'c', -1, -1, CG_ACC_ALL),
			    RULE(false, 'c', 1, 3, CG_ACC_ALL) }, 2, "1" },
		{ "hole by major", { ALLOW_ALL, RULE(false, 'c', 1, -1, RW),
				     RULE(true, 'c', 1, 3, CG_ACC_R) }, 3, "2" },
		{ "no access", { RULE(true, 'c', 1, 3, 0) }, 1, "0" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct arena a = { 0 };
		struct err e = ERR_INIT;
		struct cg_dev_policy p;
		struct str got = { 0 };
		int r = cg_devices_policy(&p, &a, t[i].rules, t[i].n, false, &e);

		if (r < 0) { /* want: the index of the bad rule */
			ok(str_starts(e.pointer, "/linux/resources/devices/") &&
			   e.pointer[25] == t[i].want[0] && !t[i].want[1],
			   "%s: %s", t[i].name, e.msg);
		} else {
			print_policy(&p, &got);
			is_str(str_text(&got), t[i].want, "%s", t[i].name);
		}
		str_free(&got);
		arena_free(&a);
	}
}

static void test_defaults(void)
{
	static const struct spec_device_rule deny[] = { DENY_ALL };
	static const struct spec_device_rule holes[] = {
		ALLOW_ALL, RULE(false, 'c', 1, -1, CG_ACC_W),
		RULE(false, 'c', 5, 0, CG_ACC_ALL),
	};
	static const struct {
		char type; uint32_t access; int64_t major, minor;
		int deny, holes; /* verdicts under the two lists */
	} t[] = {
		{ 'c', RW, 1, 3, 1, 0 },       { 'c', CG_ACC_R, 1, 3, 1, 1 },
		{ 'c', RW, 1, 5, 1, 0 },       { 'c', RW, 5, 0, 1, 1 },
		{ 'c', RW, 5, 1, 0, 1 },       { 'c', RW, 5, 2, 1, 1 },
		{ 'c', RW, 136, 77, 1, 1 },    { 'c', RW, 10, 200, 1, 1 },
		{ 'c', CG_ACC_M, 9, 9, 1, 1 }, { 'b', CG_ACC_M, 8, 0, 1, 1 },
		{ 'b', CG_ACC_R, 8, 0, 0, 1 }, { 'c', CG_ACC_R, 1, 1, 0, 1 },
		{ 'b', RW, 1, 3, 0, 1 },       { 'c', CG_ACC_ALL, 1, 8, 1, 0 },
		{ 'c', CG_ACC_R | CG_ACC_M, 9, 9, 0, 1 },
	};
	struct arena a = { 0 };
	struct err e = ERR_INIT;
	struct cg_dev_policy p[2];
	struct bpf_insn *v[2];
	size_t n[2];

	is_int(cg_devices_policy(&p[0], &a, deny, 1, true, &e), 0, "default");
	is_int(cg_devices_policy(&p[1], &a, holes, 3, true, &e), 0,
	       "our defaults never conflict with a denial");
	for (int i = 0; i < 2; i++)
		cg_devices_program(&p[i], &v[i], &n[i]);
	ok(n[0] <= 32, "the usual program is small (%zu)", n[0]);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		is_int(verdict(v[0], n[0], t[i].type, t[i].access, t[i].major,
			       t[i].minor), t[i].deny, "deny-all row %zu", i);
		is_int(verdict(v[1], n[1], t[i].type, t[i].access, t[i].major,
			       t[i].minor), t[i].holes, "allow-all row %zu", i);
	}
	arena_free(&a);
}

static void test_huge_numbers(void)
{
	static const struct spec_device_rule rules[] = {
		DENY_ALL, RULE(true, 'c', 4294967295, 3, CG_ACC_ALL),
		RULE(true, 'c', 2147483647, -1, CG_ACC_ALL),
	};
	struct arena a = { 0 };
	struct err e = ERR_INIT;
	struct cg_dev_policy p;
	struct bpf_insn *v;
	size_t n;

	is_int(cg_devices_policy(&p, &a, rules, 3, false, &e), 0, "numbers");
	cg_devices_program(&p, &v, &n);
	is_int(verdict(v, n, 'c', RW, 4294967295, 3), 0, "no such device");
	is_int(verdict(v, n, 'c', RW, 2147483647, 3), 1, "the largest");
	arena_free(&a);
}

/* ---- random lists ------------------------------------------------------------------- */

static uint32_t seed = 20240229;

static uint32_t rnd(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static struct spec_device_rule random_rule(void)
{
	static const int64_t majors[] = { -1, 1, 5, 8 };
	static const int64_t minors[] = { -1, 0, 3 };
	uint32_t acc = 1 + rnd(7), kind = rnd(12);
	char type = kind == 0 ? 'a' : kind < 8 ? 'c' : 'b';
	struct spec_device_rule r = RULE(rnd(2) != 0, type, majors[rnd(4)],
					 minors[rnd(3)], acc);

	return r;
}

static struct cg_dev as_dev(const struct spec_device_rule *r)
{
	return (struct cg_dev){
		.type = r->type, .major = r->major, .minor = r->minor,
		.access = (r->r ? CG_ACC_R : 0) | (r->w ? CG_ACC_W : 0) |
			  (r->m ? CG_ACC_M : 0),
	};
}

/* "c 1:3 rwm" or "a" into the model, as a write to devices.allow or .deny. */
static void model_write(struct model *m, bool allow, const char *rule)
{
	struct cg_dev d = { .type = rule[0] };
	char maj[16] = "", min[16] = "", acc[8] = "";

	if (d.type != 'a' &&
	    sscanf(rule + 1, " %15[^:]:%15s %7s", maj, min, acc) == 3) {
		d.major = d.minor = -1;
		(void)parse_i64(maj, &d.major);
		(void)parse_i64(min, &d.minor);
		for (const char *p = acc; *p; p++)
			d.access |= *p == 'r' ? CG_ACC_R
				    : *p == 'w' ? CG_ACC_W : CG_ACC_M;
	}
	model_rule(m, allow, &d);
}

/* What devices.list would show. */
static void model_list(const struct model *m, struct str *out)
{
	if (m->allow)
		str_add(out, "a *:* rwm\n");
	for (size_t i = 0; !m->allow && i < m->n; i++) {
		const struct cg_dev *d = &m->v[i];
		char maj[24] = "*", min[24] = "*";

		if (!d->access)
			continue;
		if (d->major >= 0)
			snprintf(maj, sizeof(maj), "%" PRId64, d->major);
		if (d->minor >= 0)
			snprintf(min, sizeof(min), "%" PRId64, d->minor);
		str_addf(out, "%c %s:%s %s%s%s\n", d->type, maj, min,
			 d->access & CG_ACC_R ? "r" : "",
			 d->access & CG_ACC_W ? "w" : "",
			 d->access & CG_ACC_M ? "m" : "");
	}
}

static const char types[] = { 'c', 'b' };
static const int64_t some_major[] = { 1, 5, 8, 9 };
static const int64_t some_minor[] = { 0, 3, 7 };

/* The first access on which program and model differ, -1 = none. */
static int differ(const struct bpf_insn *v, size_t n, const struct model *m)
{
	for (int i = 0; i < 2 * 8 * 4 * 3; i++) {
		char type = types[i & 1];
		uint32_t access = (uint32_t)(i >> 1) & 7;
		int64_t major = some_major[(i >> 4) & 3];
		int64_t minor = some_minor[i >> 6];

		if (verdict(v, n, type, access, major, minor) !=
		    model_verdict(m, type, access, major, minor))
			return i;
	}
	return -1;
}

/* Two models decide alike. */
static bool same(const struct model *x, const struct model *y)
{
	for (int i = 0; i < 2 * 8 * 4 * 3; i++)
		if (model_verdict(x, types[i & 1], (uint32_t)(i >> 1) & 7,
				  some_major[(i >> 4) & 3],
				  some_minor[i >> 6]) !=
		    model_verdict(y, types[i & 1], (uint32_t)(i >> 1) & 7,
				  some_major[(i >> 4) & 3], some_minor[i >> 6]))
			return false;
	return true;
}

static void test_random(void)
{
	struct model now = { .allow = true };
	int bad_program = 0, bad_writes = 0, beyond = 0, holes = 0;
	int unreachable = 0;

	for (int round = 0; round < 3000; round++) {
		struct arena a = { 0 };
		struct err e = ERR_INIT;
		struct spec_device_rule rules[10];
		struct cg_dev_policy p;
		struct model m = { 0 };
		size_t n = 1 + rnd(10), n_insn, n_w;

		for (size_t i = 0; i < n; i++)
			rules[i] = random_rule();
		if (cg_devices_policy(&p, &a, rules, n, false, &e) < 0) {
			holes++;
			arena_free(&a);
			continue;
		}
		for (size_t i = 0; i < n; i++) {
			struct cg_dev d = as_dev(&rules[i]);

			model_rule(&m, rules[i].allow, &d);
		}
		struct bpf_insn *v;

		cg_devices_program(&p, &v, &n_insn);
		bad_program += differ(v, n_insn, &m) >= 0;
		unreachable += !all_reachable(v, n_insn);

		/* v1: from whatever the last round left. */
		struct str list = { 0 }, after = { 0 };
		struct cg_dev_write *w = NULL;

		model_list(&now, &list);
		if (cg_devices_v1(&p, str_text(&list), &a, &w, &n_w) < 0)
			n_w = 0;
		for (size_t i = 0; i < n_w; i++)
			model_write(&now, w[i].allow, w[i].rule);
		bad_writes += !same(&now, &m);
		model_list(&now, &after);
		beyond += !cg_devices_v1_within(&p, str_text(&after), &a);
		str_free(&list);
		str_free(&after);
		arena_free(&a);
	}
	is_int(bad_program, 0, "programs decide as the model");
	is_int(unreachable, 0, "and have no dead code");
	is_int(bad_writes, 0, "v1 writes reach the wanted state");
	is_int(beyond, 0, "and nothing beyond it");
	ok(holes > 100 && holes < 2900, "both outcomes occur (%d refused)", holes);
}

static void test_v1(void)
{
	static const struct spec_device_rule rules[] = {
		DENY_ALL, RULE(true, 'c', 1, 3, CG_ACC_ALL),
		RULE(true, 'b', 8, -1, CG_ACC_R),
	};
	struct arena a = { 0 };
	struct err e = ERR_INIT;
	struct cg_dev_policy p;
	struct cg_dev_write *w;
	size_t n;

	is_int(cg_devices_policy(&p, &a, rules, 3, false, &e), 0, "policy");
	is_int(cg_devices_v1(&p, "a *:* rwm\n", &a, &w, &n), 0, "from allow-all");
	is_int(n, 3, "reset and two rules");
	ok(n == 3 && !w[0].allow && streq(w[0].rule, "a"), "reset first");
	ok(n == 3 && w[1].allow && streq(w[1].rule, "c 1:3 rwm"),
	   "in the order of the config");
	ok(n == 3 && w[2].allow && streq(w[2].rule, "b 8:* r"), "wildcard");
	is_int(cg_devices_v1(&p, "b 8:* r\nc 1:3 rwm\n", &a, &w, &n), 0, "same");
	is_int(n, 0, "nothing to write");
	is_int(cg_devices_v1(&p, "b 8:* rw\n", &a, &w, &n), 0, "difference");
	ok(n == 2 && !w[0].allow && streq(w[0].rule, "b 8:* w") && w[1].allow &&
	   streq(w[1].rule, "c 1:3 rwm"), "only the difference, no reset");
	is_int(cg_devices_v1(&p, "garbage\n", &a, &w, &n), -EINVAL, "garbage");
	ok(!cg_devices_v1_within(&p, "c 1:3 rwm\nc 1:5 r\n", &a), "too much");
	ok(!cg_devices_v1_within(&p, "a *:* rwm\n", &a), "everything");
	ok(cg_devices_v1_within(&p, "c 1:3 rw\n", &a), "less");
	arena_free(&a);
}

int main(void)
{
	test_policy();
	test_defaults();
	test_huge_numbers();
	test_v1();
	test_random();
	return done();
}
