/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The filter compiler against tables of (architecture, number, arguments) ->
 * answer and, for random rules, against a second reading of the same rules that
 * shares nothing with it. No library, no kernel, no root.
 */
#include "runtime/seccomp_filter.h"

#include "base/mem.h"
#include "tests/tap.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>

#define ALLOW SECCOMP_RET_ALLOW
#define KILL SECCOMP_RET_KILL_PROCESS
#define FOREIGN SECCOMP_RET_KILL_THREAD
#define E(n) (SECCOMP_RET_ERRNO | (n))
#define NOSYS E(ENOSYS)

#define X64 AUDIT_ARCH_X86_64
#define X86 AUDIT_ARCH_I386
#define X32 (AUDIT_ARCH_X86_64 & ~(uint32_t)__AUDIT_ARCH_64BIT)
#define BIT FILTER_X32_BIT
#define LEN(v) (sizeof(v) / sizeof((v)[0]))

static uint32_t ask(const struct sock_filter *p, size_t n, uint32_t arch,
		    uint32_t nr, const uint64_t *args)
{
	struct seccomp_data d = { .arch = arch, .nr = (int)nr };

	for (size_t i = 0; args && i < 6; i++)
		d.args[i] = args[i];
	return filter_run(p, n, &d);
}

static struct sock_filter *compile(const struct filter_spec *s, size_t *n)
{
	struct sock_filter *p = NULL;
	struct err e = ERR_INIT;

	if (filter_compile(s, &p, n, &e) < 0)
		diag("%s", e.msg);
	return p;
}

/* ---- numbers ------------------------------------------------------------- */

static const struct filter_rule x64_rules[] = {
	{ 0, ALLOW, NULL, 0, 0 },   { 1, ALLOW, NULL, 0, 0 },
	{ 2, ALLOW, NULL, 0, 0 },   { 7, ALLOW, NULL, 0, 0 },
	{ 59, KILL, NULL, 0, 0 },   { 60, ALLOW, NULL, 0, 0 },
	{ 231, E(0), NULL, 0, 0 },
};
static const struct filter_rule x32_rules[] = { { BIT | 5, ALLOW, NULL, 0, 0 } };
static const struct filter_rule x86_rules[] = { { 4, ALLOW, NULL, 0, 0 } };

/* The table owns its rules; the compiler does not write to them. */
#define RULES(v) ((struct filter_rule *)(uintptr_t)(v))

static void test_numbers(void)
{
	const struct filter_arch archs[] = {
		{ X64, RULES(x64_rules), LEN(x64_rules), 300 },
		{ X86, RULES(x86_rules), LEN(x86_rules), 10 },
		{ X32, RULES(x32_rules), LEN(x32_rules), BIT | 9 },
	};
	static const struct { uint32_t arch, nr, all, no_x32, no_enosys; } t[] = {
		{ X64, 0, ALLOW, ALLOW, ALLOW },
		{ X64, 2, ALLOW, ALLOW, ALLOW },
		{ X64, 3, E(1), E(1), E(1) },
		{ X64, 6, E(1), E(1), E(1) },
		{ X64, 7, ALLOW, ALLOW, ALLOW },
		{ X64, 8, E(1), E(1), E(1) },
		{ X64, 59, KILL, KILL, KILL },
		{ X64, 60, ALLOW, ALLOW, ALLOW },
		{ X64, 230, E(1), E(1), E(1) },
		{ X64, 231, E(0), E(0), E(0) },
		{ X64, 300, E(1), E(1), E(1) },
		{ X64, 301, NOSYS, NOSYS, E(1) },
		{ X64, 1000, NOSYS, NOSYS, E(1) },
		{ X64, BIT - 1, NOSYS, NOSYS, E(1) },
		{ X64, BIT, E(1), FOREIGN, E(1) },
		{ X64, BIT | 5, ALLOW, FOREIGN, ALLOW },
		{ X64, BIT | 9, E(1), FOREIGN, E(1) },
		{ X64, BIT | 10, NOSYS, FOREIGN, E(1) },
		{ X64, UINT32_MAX - 1, NOSYS, FOREIGN, E(1) },
		/* a tracer's way to skip a call is no call of x32 */
		{ X64, UINT32_MAX, NOSYS, E(1), E(1) },
		{ X86, 4, ALLOW, ALLOW, ALLOW },
		{ X86, 0, E(1), E(1), E(1) },
		{ X86, 11, NOSYS, NOSYS, E(1) },
		{ X86, UINT32_MAX, NOSYS, NOSYS, E(1) },
		{ AUDIT_ARCH_AARCH64, 1, FOREIGN, FOREIGN, FOREIGN },
		{ X32, 5, FOREIGN, FOREIGN, FOREIGN },
		{ 0, 0, FOREIGN, FOREIGN, FOREIGN },
	};
	struct filter_spec s = { E(1), FOREIGN, true, archs, 3 };
	size_t n1 = 0, n2 = 0, n3 = 0;
	struct sock_filter *all = compile(&s, &n1), *no_x32, *plain;

	s.n_archs = 2;
	no_x32 = compile(&s, &n2);
	s.n_archs = 3;
	s.enosys = false;
	plain = compile(&s, &n3);
	for (size_t i = 0; i < LEN(t); i++) {
		is_int(ask(all, n1, t[i].arch, t[i].nr, NULL), t[i].all,
		       "arch %x nr %x", t[i].arch, t[i].nr);
		is_int(ask(no_x32, n2, t[i].arch, t[i].nr, NULL), t[i].no_x32,
		       "arch %x nr %x, without x32", t[i].arch, t[i].nr);
		is_int(ask(plain, n3, t[i].arch, t[i].nr, NULL), t[i].no_enosys,
		       "arch %x nr %x, without ENOSYS", t[i].arch, t[i].nr);
	}
	ok(n1 < 50, "seven runs and two small ones take %zu instructions", n1);
	free(all);
	free(no_x32);
	free(plain);
}

static void test_edges(void)
{
	struct filter_arch a = { X64, NULL, 0, 0 };
	struct filter_spec s = { E(1), FOREIGN, true, &a, 1 };
	struct filter_rule setup = { 0, ALLOW, NULL, 0, 0 };
	size_t n = 0;
	struct sock_filter *p = compile(&s, &n);

	is_int(ask(p, n, X64, 5000, NULL), E(1),
	       "no name known: nothing is newer, the default answers");
	free(p);
	s.default_ret = ALLOW;
	s.enosys = false;
	p = compile(&s, &n);
	is_int(ask(p, n, X64, 5, NULL), ALLOW, "no rules, default allow");
	is_int(ask(p, n, X86, 5, NULL), FOREIGN, "... for this architecture");
	free(p);
	/* x32 alone, as in a 32-bit build */
	a = (struct filter_arch){ X32, RULES(x32_rules), 1, BIT | 9 };
	s.default_ret = E(1);
	p = compile(&s, &n);
	is_int(ask(p, n, X64, BIT | 5, NULL), ALLOW, "x32 alone: its number");
	is_int(ask(p, n, X64, 5, NULL), FOREIGN, "x32 alone: not of x86_64");
	free(p);
	/* s390: number 0 stands for one that the kernel does not know */
	a = (struct filter_arch){ AUDIT_ARCH_S390X, &setup, 1, 450 };
	s.enosys = true;
	p = compile(&s, &n);
	is_int(ask(p, n, AUDIT_ARCH_S390X, 0, NULL), NOSYS, "s390x: 0");
	is_int(ask(p, n, AUDIT_ARCH_S390X, 1, NULL), E(1), "s390x: 1");
	is_int(ask(p, n, AUDIT_ARCH_S390X, 451, NULL), NOSYS, "s390x: 451");
	free(p);
	s.enosys = false;
	p = compile(&s, &n);
	is_int(ask(p, n, AUDIT_ARCH_S390X, 0, NULL), ALLOW,
	       "s390x: 0 under a permissive default");
	free(p);
}

/* ---- conditions ------------------------------------------------------------ */

#define HI (UINT64_C(1) << 32)

static void test_operators(void)
{
	static const struct {
		uint32_t op;
		uint64_t value, two, arg;
		bool wide, narrow; /* holds on 64-bit, 32-bit */
	} t[] = {
		{ FILTER_EQ, 5, 0, 5, true, true },
		{ FILTER_EQ, 5, 0, 6, false, false },
		{ FILTER_EQ, 5, 0, HI + 5, false, true },
		{ FILTER_EQ, HI + 5, 0, HI + 5, true, true },
		{ FILTER_EQ, UINT64_MAX, 0, UINT32_MAX, false, true },
		{ FILTER_NE, 5, 0, 5, false, false },
		{ FILTER_NE, 5, 0, 4, true, true },
		{ FILTER_NE, 5, 0, HI + 5, true, false },
		{ FILTER_NE, HI + 5, 0, HI + 4, true, true },
		{ FILTER_GT, 5, 0, 5, false, false },
		{ FILTER_GT, 5, 0, 6, true, true },
		{ FILTER_GT, 5, 0, HI, true, false },
		{ FILTER_GT, HI + 5, 0, 9, false, true },
		{ FILTER_GT, HI + 5, 0, HI + 6, true, true },
		{ FILTER_GT, HI + 5, 0, 2 * HI, true, false },
		{ FILTER_GE, 5, 0, 5, true, true },
		{ FILTER_GE, 5, 0, 4, false, false },
		{ FILTER_GE, HI, 0, HI - 1, false, true },
		{ FILTER_GE, HI, 0, HI, true, true },
		{ FILTER_GE, 0, 0, 0, true, true },
		{ FILTER_LT, 5, 0, 5, false, false },
		{ FILTER_LT, 5, 0, 4, true, true },
		{ FILTER_LT, 5, 0, HI, false, true },
		{ FILTER_LT, HI, 0, 7, true, false },
		{ FILTER_LT, 0, 0, 0, false, false },
		{ FILTER_LE, 5, 0, 5, true, true },
		{ FILTER_LE, 5, 0, 6, false, false },
		{ FILTER_LE, HI + 5, 0, HI + 6, false, false },
		{ FILTER_LE, HI + 5, 0, 6, true, false },
		{ FILTER_LE, UINT64_MAX, 0, UINT64_MAX, true, true },
		{ FILTER_MASKED_EQ, 0xf0, 0x50, 0x5f, true, true },
		{ FILTER_MASKED_EQ, 0xf0, 0x50, 0x6f, false, false },
		{ FILTER_MASKED_EQ, 0xf0, 0x50, HI + 0x50, true, true },
		{ FILTER_MASKED_EQ, 0xf0, 0x5f, 0x50, true, true },
		{ FILTER_MASKED_EQ, HI, HI, HI + 3, true, true },
		{ FILTER_MASKED_EQ, HI, HI, 3, false, true },
		{ FILTER_MASKED_EQ, HI + 1, HI + 1, HI + 3, true, true },
		{ FILTER_MASKED_EQ, HI + 1, HI + 1, HI + 2, false, false },
		{ FILTER_MASKED_EQ, 0, 7, 9, true, true },
		{ FILTER_MASKED_EQ, UINT64_MAX, 7, 7, true, true },
		{ FILTER_MASKED_EQ, UINT64_MAX, 7, HI + 7, false, true },
	};

	for (size_t i = 0; i < LEN(t); i++) {
		struct spec_seccomp_arg arg = { 3, t[i].value, t[i].two, t[i].op };
		struct filter_rule r[3] = { { 10, ALLOW, &arg, 1, 0 },
					    { 10, ALLOW, &arg, 1, 0 },
					    { BIT | 10, ALLOW, &arg, 1, 0 } };
		const struct filter_arch archs[] = { { X64, &r[0], 1, 10 },
						     { X86, &r[1], 1, 10 },
						     { X32, &r[2], 1, BIT | 10 } };
		const struct filter_spec s = { E(1), FOREIGN, true, archs, 3 };
		const uint64_t args[6] = { 1, 2, 3, t[i].arg, 4, 5 };
		size_t n = 0;
		struct sock_filter *p = compile(&s, &n);
		bool wide = ask(p, n, X64, 10, args) == ALLOW;
		bool narrow = ask(p, n, X86, 10, args) == ALLOW;
		bool x32 = ask(p, n, X64, BIT | 10, args) == ALLOW;

		ok(wide == t[i].wide && narrow == t[i].narrow && x32 == narrow,
		   "op %u value %llx/%llx arg %llx", t[i].op,
		   (unsigned long long)t[i].value, (unsigned long long)t[i].two,
		   (unsigned long long)t[i].arg);
		free(p);
	}
}

static void test_precedence(void)
{
	static const struct spec_seccomp_arg is5 = { 0, 5, 0, FILTER_EQ },
					     ge5 = { 0, 5, 0, FILTER_GE },
					     any = { 0, 0, 0, FILTER_MASKED_EQ },
					     both[] = { { 0, 5, 0, FILTER_EQ },
							{ 2, 9, 0, FILTER_NE } };
	struct filter_rule r[] = {
		{ 1, E(5), &is5, 1, 0 },  { 1, E(6), &ge5, 1, 1 },
		{ 2, E(5), &is5, 1, 2 },  { 2, E(7), NULL, 0, 3 },
		{ 2, E(8), NULL, 0, 4 },  { 3, E(9), both, 2, 5 },
		{ 4, E(5), &is5, 1, 6 },  { 4, E(6), &any, 1, 7 },
	};
	const struct filter_arch a = { X64, r, LEN(r), 4 };
	const struct filter_spec s = { ALLOW, FOREIGN, false, &a, 1 };
	static const struct { uint32_t nr; uint64_t a0, a2; uint32_t want; } t[] = {
		{ 1, 5, 0, E(5) }, { 1, 6, 0, E(6) }, { 1, 4, 0, ALLOW },
		{ 2, 5, 0, E(7) }, { 2, 1, 0, E(7) },
		{ 3, 5, 8, E(9) }, { 3, 5, 9, ALLOW }, { 3, 6, 8, ALLOW },
		{ 4, 5, 0, E(6) }, { 5, 5, 0, ALLOW },
	};
	size_t n = 0;
	struct sock_filter *p = compile(&s, &n);

	for (size_t i = 0; i < LEN(t); i++) {
		const uint64_t args[6] = { t[i].a0, 0, t[i].a2 };

		is_int(ask(p, n, X64, t[i].nr, args), t[i].want,
		       "nr %u (%llu, %llu)", t[i].nr,
		       (unsigned long long)t[i].a0, (unsigned long long)t[i].a2);
	}
	free(p);
}

/* Many rules that differ in a value only. */
static void test_values(void)
{
	static const size_t sizes[] = { 1, 2, 4, 5, 9, 100, 700, 1500 };
	static struct spec_seccomp_arg args[1500];
	static struct filter_rule r[2][1500];

	for (size_t t = 0; t < LEN(sizes); t++) {
		const struct filter_arch archs[] = { { X64, r[0], sizes[t], 9 },
						     { X86, r[1], sizes[t], 9 } };
		const struct filter_spec s = { E(1), FOREIGN, true, archs,
					       t < 7 ? 2 : 1 };
		struct sock_filter *p;
		unsigned int bad = 0;
		size_t n = 0;

		/* three high halves, each number of them with gaps */
		for (uint32_t i = 0; i < sizes[t]; i++) {
			args[i] = (struct spec_seccomp_arg){
				2, (uint64_t)(i % 3) << 40 | i * 7, 0, FILTER_EQ };
			r[0][i] = (struct filter_rule){ 5, ALLOW, &args[i], 1, i };
			r[1][i] = r[0][i];
		}
		p = compile(&s, &n);
		for (uint32_t i = 0; i < sizes[t] * 7; i++) {
			bool in = i % 7 == 0;

			for (uint64_t high = 0; high < 4; high++) {
				const uint64_t a[6] = { i, i, high << 40 | i, i, i, i };

				bad += ask(p, n, X64, 5, a) !=
				       (in && i / 7 % 3 == high ? ALLOW : E(1));
				if (s.n_archs == 2)
					bad += ask(p, n, X86, 5, a) !=
					       (in ? ALLOW : E(1));
			}
		}
		is_int(bad, 0, "%zu values: %zu instructions", sizes[t], n);
		free(p);
	}
}

/* ---- refusals --------------------------------------------------------------- */

static void test_errors(void)
{
	static const struct spec_seccomp_arg is5 = { 0, 5, 0, FILTER_EQ };
	struct filter_rule r[] = { { 1, E(5), &is5, 1, 3 }, { 1, E(6), &is5, 1, 8 } };
	struct filter_arch a = { X64, r, LEN(r), 4 };
	const struct filter_spec s = { ALLOW, FOREIGN, false, &a, 1 };
	struct filter_rule *many = xcalloc(3000, sizeof(*many));
	struct sock_filter *p = NULL;
	struct err e = ERR_INIT;
	size_t n = 0;

	is_int(filter_compile(&s, &p, &n, &e), -EINVAL, "contradiction");
	is_str(e.pointer, "/linux/seccomp/syscalls/8", "... names the rule");
	is_str(e.msg, "contradicts /linux/seccomp/syscalls/3: the same system call and conditions, another action",
	       "... and the other one");
	r[1].ret = E(5);
	is_int(filter_compile(&s, &p, &n, &e), 0, "said twice");
	free(p);
	/* 2 * n - 1 instructions for n runs */
	for (uint32_t i = 0; i < 3000; i++)
		many[i] = (struct filter_rule){ i, E(i % 7), NULL, 0, 0 };
	a.rules = many;
	a.n_rules = 2000;
	is_int(filter_compile(&s, &p, &n, &e), 0, "2000 runs fit");
	/* what is more than the tree are its long jumps */
	ok(n >= 4 + 2 * 2003 - 1 && n < 4 + 2 * 2003 + 20, "... as a tree: %zu", n);
	for (uint32_t i = 0; i < 2000; i++)
		if (ask(p, n, X64, i, NULL) != E(i % 7))
			ok(false, "long jumps: number %u", i);
	ok(ask(p, n, X64, 2000, NULL) == ALLOW, "behind the last");
	free(p);
	a.n_rules = 3000;
	err_clear(&e);
	is_int(filter_compile(&s, &p, &n, &e), -E2BIG, "3000 runs do not");
	is_str(e.pointer, "/linux/seccomp/syscalls", "... says where");
	ok(strstr(e.msg, "the kernel takes at most 4096"), "... and why: %s", e.msg);
	free(many);
}

static void test_interpreter(void)
{
	static const struct sock_filter odd[][2] = {
		{ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), BPF_STMT(BPF_RET | BPF_K, 1) },
		{ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), BPF_STMT(BPF_RET | BPF_K, 1) },
		{ BPF_STMT(BPF_JMP | BPF_JA, 1), BPF_STMT(BPF_RET | BPF_K, 1) },
		{ BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX), BPF_STMT(BPF_RET | BPF_K, 1) },
		{ BPF_STMT(BPF_RET | BPF_A, 0), BPF_STMT(BPF_RET | BPF_K, 1) },
		{ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 0), BPF_STMT(BPF_RET | BPF_K, 1) },
	};
	const struct seccomp_data d = { .nr = 1 };

	for (size_t i = 0; i < LEN(odd); i++)
		is_int(filter_run(odd[i], 2, &d), KILL, "odd program %zu", i);
	is_int(filter_run(NULL, 0, &d), KILL, "no program");
}

static void test_text(void)
{
	static const struct { uint32_t ret; const char *text; } t[] = {
		{ E(1), "errno 1 (EPERM)" }, { ALLOW, "allow" }, { KILL, "kill" },
		{ FOREIGN, "kill" }, { SECCOMP_RET_LOG, "log" },
		{ SECCOMP_RET_TRAP, "SIGSYS" }, { SECCOMP_RET_USER_NOTIF, "notify" },
		{ SECCOMP_RET_TRACE | 7, "trace" }, { 0x12340000, "?" },
	};
	char buf[40];

	for (size_t i = 0; i < LEN(t); i++)
		is_str(filter_ret_text(t[i].ret, buf, sizeof(buf)), t[i].text, "text");
	ok(filter_passes(ALLOW) && filter_passes(SECCOMP_RET_LOG), "passes");
	ok(!filter_passes(E(0)) && !filter_passes(SECCOMP_RET_USER_NOTIF) &&
		   !filter_passes(SECCOMP_RET_TRACE), "does not pass");
}

/* ---- random rules, read a second time ------------------------------------------ */

static uint64_t seed = 0x9e3779b97f4a7c15;

static uint32_t rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % n;
}

static const uint64_t values[] = {
	0, 1, 5, 6, 0x7fffffff, 0xffffffff, HI, HI + 5, 5 * HI, 5 * HI + 5,
	UINT64_MAX, UINT64_MAX - 1,
};

static bool holds(const struct spec_seccomp_arg *c, uint64_t arg, bool wide)
{
	uint64_t a = wide ? arg : (uint32_t)arg;
	uint64_t v = wide ? c->value : (uint32_t)c->value;
	uint64_t w = wide ? c->value_two : (uint32_t)c->value_two;

	switch ((enum filter_op)c->op) {
	case FILTER_NE:
		return a != v;
	case FILTER_LT:
		return a < v;
	case FILTER_LE:
		return a <= v;
	case FILTER_EQ:
		return a == v;
	case FILTER_GE:
		return a >= v;
	case FILTER_GT:
		return a > v;
	case FILTER_MASKED_EQ:
		return (a & v) == (w & v);
	}
	return false;
}

static bool empty(const struct spec_seccomp_arg *c, bool wide)
{
	return c->op == FILTER_MASKED_EQ &&
	       (wide ? c->value : (uint32_t)c->value) == 0;
}

static uint32_t read_rules(const struct filter_spec *s,
			   const struct filter_arch *a, uint32_t nr,
			   const uint64_t *args, bool wide)
{
	for (size_t i = 0; i < a->n_rules; i++) {
		bool always = true;

		for (size_t k = 0; k < a->rules[i].n_args; k++)
			always = always && empty(&a->rules[i].args[k], wide);
		if (a->rules[i].nr == nr && always)
			return a->rules[i].ret;
	}
	for (size_t i = 0; i < a->n_rules; i++) {
		const struct filter_rule *r = &a->rules[i];
		bool all = r->nr == nr;

		for (size_t k = 0; all && k < r->n_args; k++)
			all = holds(&r->args[k], args[r->args[k].index], wide);
		if (all)
			return r->ret;
	}
	return s->enosys && a->newest && nr > a->newest ? NOSYS : s->default_ret;
}

struct profile {
	struct filter_rule rules[2][80];
	struct spec_seccomp_arg args[2][80][6];
	struct filter_arch archs[2];
	struct filter_spec spec;
};

static void random_profile(struct profile *p)
{
	static const uint32_t rets[] = { ALLOW, KILL, E(1), E(2), E(22),
					 SECCOMP_RET_LOG, SECCOMP_RET_TRAP };
	uint32_t tokens[2] = { X64, X86 };

	p->spec = (struct filter_spec){ rets[rnd(LEN(rets))], FOREIGN, rnd(2),
					p->archs, 2 };
	for (size_t a = 0; a < 2; a++) {
		uint32_t many = rnd(80), range = 1 + rnd(300);

		p->archs[a] = (struct filter_arch){ tokens[a], p->rules[a], many, 0 };
		for (uint32_t i = 0; i < many; i++) {
			struct filter_rule *r = &p->rules[a][i];
			uint32_t first = rnd(6);

			*r = (struct filter_rule){ rnd(range), rets[rnd(LEN(rets))],
						   p->args[a][i], 0, i };
			if (r->nr > p->archs[a].newest)
				p->archs[a].newest = r->nr;
			r->n_args = rnd(3) ? 0 : 1 + rnd(6 - first);
			for (uint32_t k = 0; k < r->n_args; k++)
				p->args[a][i][k] = (struct spec_seccomp_arg){
					first + k, values[rnd(LEN(values))],
					values[rnd(LEN(values))], 1 + rnd(7) };
		}
	}
}

/* Returns the number of questions that got different answers. */
static unsigned int compare(const struct profile *p,
			    const struct sock_filter *prog, size_t n)
{
	unsigned int bad = 0;

	for (size_t a = 0; a < 2; a++) {
		for (uint32_t q = 0; q < 320 * 6; q++) {
			uint64_t args[6];
			uint32_t nr = q / 6, got, want;

			for (size_t k = 0; k < 6; k++)
				args[k] = values[rnd(LEN(values))];
			got = ask(prog, n, p->archs[a].token, nr, args);
			want = read_rules(&p->spec, &p->archs[a], nr, args, a == 0);
			if (got != want && bad++ == 0)
				diag("arch %zu nr %u: %x, not %x", a, nr, got, want);
		}
	}
	return bad;
}

static void test_random(void)
{
	static struct profile p;
	unsigned int refused = 0, bad = 0;

	for (int i = 0; i < 300; i++) {
		struct sock_filter *prog = NULL;
		struct err e = ERR_INIT;
		size_t n = 0;

		random_profile(&p);
		if (filter_compile(&p.spec, &prog, &n, &e) < 0) {
			refused++; /* rules that contradict each other */
			continue;
		}
		bad += compare(&p, prog, n);
		free(prog);
	}
	is_int(bad, 0, "300 random profiles, a million answers");
	ok(refused < 60, "%u of them contradicted themselves", refused);
}

int main(void)
{
	test_numbers();
	test_edges();
	test_operators();
	test_precedence();
	test_values();
	test_errors();
	test_interpreter();
	test_text();
	test_random();
	return done();
}
