/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The filter compiler (seccomp_filter.h). Owns the shape of the program:
 *
 *	load arch; one comparison per architecture; foreign: return
 *	per architecture: load nr; balanced tree over the runs of numbers with
 *	one answer; leaves return, or test the arguments first
 *
 * Compiling so takes some tens of microseconds for the profiles of container
 * engines, a few hundredths of what the general-purpose optimiser of libseccomp
 * needs for them, so that there is no compiled form to keep on disk and to
 * protect there. Must not make a system call, nor call libseccomp.
 */
#include "config.h"
#include "runtime/seccomp_filter.h"

#include "base/mem.h"
#include "config/names.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

#define SIZE_32 (__AUDIT_ARCH_CONVENTION_MIPS64_N32)
#define RET_ENOSYS (SECCOMP_RET_ERRNO | ENOSYS)
#define TOKEN_X32 (AUDIT_ARCH_X86_64 & ~(uint32_t)__AUDIT_ARCH_64BIT)

/* ---- the program so far ------------------------------------------------- */

struct prog {
	struct sock_filter *v;
	size_t n, cap;
};

static void reserve(struct prog *p, size_t n)
{
	if (p->n + n <= p->cap)
		return;
	p->cap = (p->n + n) * 2;
	p->v = xreallocarray(p->v, p->cap, sizeof(*p->v));
}

static size_t emit_jump(struct prog *p, int code, uint32_t k, size_t jt,
			size_t jf)
{
	reserve(p, 1);
	p->v[p->n] = (struct sock_filter){ (uint16_t)code, (uint8_t)jt,
					   (uint8_t)jf, k };
	return p->n++;
}

static size_t emit(struct prog *p, int code, uint32_t k)
{
	return emit_jump(p, code, k, 0, 0);
}

static void emit_ret(struct prog *p, uint32_t ret)
{
	(void)emit(p, BPF_RET | BPF_K, ret);
}

static void emit_load(struct prog *p, size_t offset)
{
	(void)emit(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset);
}

/*
 * `at` is a comparison with jt 0 and jf 0, followed by a block of code: make it
 * skip the block if the comparison says `skip_if`. Conditional jumps reach 255
 * instructions; over a larger block leads an unconditional one, put in between.
 */
static void skip_block(struct prog *p, size_t at, bool skip_if)
{
	size_t len = p->n - at - 1;

	if (len <= UINT8_MAX) {
		if (skip_if)
			p->v[at].jt = (uint8_t)len;
		else
			p->v[at].jf = (uint8_t)len;
		return;
	}
	reserve(p, 1);
	memmove(&p->v[at + 2], &p->v[at + 1], len * sizeof(*p->v));
	p->v[at + 1] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA,
						    (uint32_t)len);
	p->n++;
	if (skip_if)
		p->v[at].jf = 1;
	else
		p->v[at].jt = 1;
}

/* ---- conditions ------------------------------------------------------------ */

/* 32-bit system calls have their arguments in the low half. */
static bool is_64bit(uint32_t token)
{
	return (token & __AUDIT_ARCH_64BIT) && !(token & SIZE_32);
}

static size_t arg_offset(uint32_t index, bool high)
{
	size_t at = offsetof(struct seccomp_data, args) +
		    index * sizeof(uint64_t);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return at + (high ? sizeof(uint32_t) : 0);
#else
	return at + (high ? 0 : sizeof(uint32_t));
#endif
}

/* Jumps to the end of the rule, known only when it has been emitted. */
struct fixups {
	struct { size_t at; bool jt; } v[32];
	size_t n;
};

static void fail_on(struct fixups *f, size_t at, bool jt)
{
	f->v[f->n].at = at;
	f->v[f->n++].jt = jt;
}

/*
 * The low half alone. Every comparison is one of the three that BPF has; the
 * rule goes on at the next instruction or fails.
 */
static void emit_low(struct prog *p, struct fixups *f,
		     const struct spec_seccomp_arg *a)
{
	static const struct { int code; bool fail_if; } how[] = {
		[FILTER_NE] = { BPF_JEQ, true },  [FILTER_EQ] = { BPF_JEQ, false },
		[FILTER_LT] = { BPF_JGE, true },  [FILTER_GE] = { BPF_JGE, false },
		[FILTER_LE] = { BPF_JGT, true },  [FILTER_GT] = { BPF_JGT, false },
		[FILTER_MASKED_EQ] = { BPF_JEQ, false },
	};
	bool masked = a->op == FILTER_MASKED_EQ;
	uint32_t mask = masked ? (uint32_t)a->value : UINT32_MAX;
	uint32_t k = (uint32_t)(masked ? a->value_two : a->value) & mask;

	emit_load(p, arg_offset(a->index, false));
	if (mask != UINT32_MAX)
		(void)emit(p, BPF_ALU | BPF_AND | BPF_K, mask);
	fail_on(f, emit(p, BPF_JMP | how[a->op].code | BPF_K, k),
		how[a->op].fail_if);
}

/* How many instructions emit_low() makes without a mask. */
#define LOW_LEN 2

/* The high half, in front of the low one. */
static void emit_high(struct prog *p, struct fixups *f,
		      const struct spec_seccomp_arg *a)
{
	uint32_t k = (uint32_t)(a->value >> 32);
	size_t at;

	emit_load(p, arg_offset(a->index, true));
	switch ((enum filter_op)a->op) {
	case FILTER_EQ:
		fail_on(f, emit(p, BPF_JMP | BPF_JEQ | BPF_K, k), false);
		return;
	case FILTER_NE: /* a difference here is enough */
		(void)emit_jump(p, BPF_JMP | BPF_JEQ | BPF_K, k, 0, LOW_LEN);
		return;
	case FILTER_GT:
	case FILTER_GE:
		(void)emit_jump(p, BPF_JMP | BPF_JGT | BPF_K, k, LOW_LEN + 1, 0);
		fail_on(f, emit(p, BPF_JMP | BPF_JEQ | BPF_K, k), false);
		return;
	case FILTER_LT:
	case FILTER_LE:
		fail_on(f, emit(p, BPF_JMP | BPF_JGT | BPF_K, k), true);
		(void)emit_jump(p, BPF_JMP | BPF_JEQ | BPF_K, k, 0, LOW_LEN);
		return;
	case FILTER_MASKED_EQ:
		k = (uint32_t)(a->value >> 32);
		if (k != UINT32_MAX)
			(void)emit(p, BPF_ALU | BPF_AND | BPF_K, k);
		at = emit(p, BPF_JMP | BPF_JEQ | BPF_K,
			  (uint32_t)(a->value_two >> 32) & k);
		fail_on(f, at, false);
		return;
	}
}

/* A masked comparison of no bits always holds. */
static bool needs_low(const struct spec_seccomp_arg *a)
{
	return a->op != FILTER_MASKED_EQ || (uint32_t)a->value != 0;
}

static bool needs_high(const struct spec_seccomp_arg *a, bool wide)
{
	return wide && (a->op != FILTER_MASKED_EQ || a->value >> 32 != 0);
}

static bool always_holds(const struct filter_rule *r, bool wide)
{
	for (size_t i = 0; i < r->n_args; i++)
		if (needs_low(&r->args[i]) || needs_high(&r->args[i], wide))
			return false;
	return true;
}

/* Return r->ret if all conditions hold, go on behind it otherwise. */
static void emit_rule(struct prog *p, const struct filter_rule *r, bool wide)
{
	struct fixups f = { .n = 0 };

	for (size_t i = 0; i < r->n_args; i++) {
		if (needs_high(&r->args[i], wide))
			emit_high(p, &f, &r->args[i]);
		if (needs_low(&r->args[i]))
			emit_low(p, &f, &r->args[i]);
	}
	emit_ret(p, r->ret);
	for (size_t i = 0; i < f.n; i++) {
		uint8_t len = (uint8_t)(p->n - f.v[i].at - 1);

		if (f.v[i].jt)
			p->v[f.v[i].at].jt = len;
		else
			p->v[f.v[i].at].jf = len;
	}
}

/* ---- sets of values ------------------------------------------------------------ */

/*
 * Many rules that differ in a value only (requests of ioctl(2), domains of
 * personality(2)) become a tree of the values' low halves for each high half,
 * instead of a test of both halves for each. So long lists fit.
 */
#define SET_LEAF 4

/* Instructions that emit_values() makes of n values. */
static size_t values_len(size_t n)
{
	size_t left;

	if (n <= SET_LEAF)
		return n + 2;
	left = values_len(n / 2);
	return 1 + (left > UINT8_MAX ? 1U : 0U) + left + values_len(n - n / 2);
}

/* Sorted; the low half of the argument is loaded. Return `ret` or go to `end`. */
static void emit_values(struct prog *p, const uint64_t *v, size_t n, uint32_t ret,
			size_t end)
{
	size_t half = n / 2, left;

	if (n <= SET_LEAF) {
		for (size_t i = 0; i < n; i++)
			(void)emit_jump(p, BPF_JMP | BPF_JEQ | BPF_K,
					(uint32_t)v[i], n - i, 0);
		(void)emit(p, BPF_JMP | BPF_JA, (uint32_t)(end - p->n - 1));
		emit_ret(p, ret);
		return;
	}
	left = values_len(half);
	if (left <= UINT8_MAX) {
		(void)emit_jump(p, BPF_JMP | BPF_JGE | BPF_K, (uint32_t)v[half],
				left, 0);
	} else {
		(void)emit_jump(p, BPF_JMP | BPF_JGE | BPF_K, (uint32_t)v[half], 0, 1);
		(void)emit(p, BPF_JMP | BPF_JA, (uint32_t)left);
	}
	emit_values(p, v, half, ret, end);
	emit_values(p, v + half, n - half, ret, end);
}

/* How many values from the first have its high half. */
static size_t same_high(const uint64_t *v, size_t n)
{
	size_t k = 1;

	while (k < n && v[k] >> 32 == v[0] >> 32)
		k++;
	return k;
}

/* Return `ret` if the argument is one of the values, go on behind otherwise. */
static void emit_set(struct prog *p, uint32_t index, const uint64_t *v, size_t n,
		     uint32_t ret, bool wide)
{
	size_t end = p->n + 1, body;

	if (!wide) {
		emit_load(p, arg_offset(index, false));
		emit_values(p, v, n, ret, end + values_len(n));
		return;
	}
	for (size_t i = 0, k; i < n; i += k) {
		k = same_high(v + i, n - i);
		body = 1 + values_len(k);
		end += 1 + (body > UINT8_MAX ? 1U : 0U) + body;
	}
	emit_load(p, arg_offset(index, true));
	for (size_t i = 0, k; i < n; i += k) {
		uint32_t high = (uint32_t)(v[i] >> 32);

		k = same_high(v + i, n - i);
		body = 1 + values_len(k);
		if (body <= UINT8_MAX) {
			(void)emit_jump(p, BPF_JMP | BPF_JEQ | BPF_K, high, 0, body);
		} else {
			(void)emit_jump(p, BPF_JMP | BPF_JEQ | BPF_K, high, 1, 0);
			(void)emit(p, BPF_JMP | BPF_JA, (uint32_t)body);
		}
		emit_load(p, arg_offset(index, false));
		emit_values(p, v + i, k, ret, end);
	}
}

static bool is_value(const struct filter_rule *r, uint32_t index)
{
	return r->n_args == 1 && r->args[0].op == FILTER_EQ &&
	       r->args[0].index == index;
}

static int compare_values(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The values of one argument, sorted, each once. */
static size_t collect_values(uint64_t *v, const struct filter_rule **r, size_t n,
			     uint32_t index, bool wide)
{
	size_t many = 0, k = 0;

	for (size_t i = 0; i < n; i++)
		if (is_value(r[i], index))
			v[many++] = wide ? r[i]->args[0].value :
					   (uint32_t)r[i]->args[0].value;
	qsort(v, many, sizeof(*v), compare_values);
	for (size_t i = 0; i < many; i++)
		if (k == 0 || v[k - 1] != v[i])
			v[k++] = v[i];
	return k;
}

/* Rules of one number with one action: their order does not matter. */
static void emit_rules(struct prog *p, const struct filter_rule **r, size_t n,
		       bool wide)
{
	uint64_t *v = xcalloc(n, sizeof(*v));
	uint32_t in_set = 0; /* arguments */

	for (uint32_t index = 0; n > 1 && index < 6; index++) {
		size_t k = collect_values(v, r, n, index, wide);

		if (k < 2)
			continue;
		in_set |= 1U << index;
		emit_set(p, index, v, k, r[0]->ret, wide);
	}
	for (size_t i = 0; i < n; i++)
		if (!(r[i]->n_args == 1 && is_value(r[i], r[i]->args[0].index) &&
		      in_set & (1U << r[i]->args[0].index)))
			emit_rule(p, r[i], wide);
	free(v);
}

/* ---- numbers ------------------------------------------------------------------ */

/* From `first` to the next run: one answer, or the rules of one number. */
struct run {
	uint32_t first;
	uint32_t ret;
	const struct filter_rule **rules; /* NULL: `ret` alone */
	size_t n_rules;
};

struct runs {
	struct run *v;
	size_t n;
	bool wide;
};

static void add_plain(struct runs *runs, uint64_t first, uint32_t ret)
{
	if (runs->n) {
		const struct run *last = &runs->v[runs->n - 1];

		if (!last->rules && last->ret == ret)
			return;
	}
	runs->v[runs->n++] = (struct run){ .first = (uint32_t)first, .ret = ret };
}

static bool same_args(const struct filter_rule *a, const struct filter_rule *b)
{
	if (a->n_args != b->n_args)
		return false;
	for (size_t i = 0; i < a->n_args; i++) {
		const struct spec_seccomp_arg *x = &a->args[i], *y = &b->args[i];

		if (x->index != y->index || x->op != y->op ||
		    x->value != y->value || x->value_two != y->value_two)
			return false;
	}
	return true;
}

/*
 * Profiles overlap on purpose only where one rule has no conditions. Two that
 * contradict each other are a mistake of whoever wrote them: libseccomp refuses
 * them too.
 */
static int check_rules(const struct filter_rule **r, size_t n, struct err *e)
{
	/* each takes an instruction or more: it will not fit anyway */
	if (n > BPF_MAXINSNS)
		return 0;
	for (size_t i = 1; i < n; i++) {
		for (size_t k = 0; k < i; k++) {
			if (r[i]->ret == r[k]->ret || !same_args(r[i], r[k]))
				continue;
			(void)err_set(e, EINVAL,
				      "contradicts /linux/seccomp/syscalls/%u: the same "
				      "system call and conditions, another action",
				      r[k]->index);
			return err_at(e, "/linux/seccomp/syscalls/%u",
				      r[i]->index);
		}
	}
	return 0;
}

static int add_rules(struct runs *runs, const struct filter_rule **r, size_t n,
		     const struct filter_spec *spec, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (!always_holds(r[i], runs->wide))
			continue;
		add_plain(runs, r[i]->nr, r[i]->ret);
		return 0;
	}
	runs->v[runs->n++] = (struct run){ .first = r[0]->nr,
					   .ret = spec->default_ret,
					   .rules = r, .n_rules = n };
	return check_rules(r, n, e);
}

static int compare_rules(const void *a, const void *b)
{
	const struct filter_rule *x = *(const struct filter_rule *const *)a;
	const struct filter_rule *y = *(const struct filter_rule *const *)b;

	if (x->nr != y->nr)
		return x->nr < y->nr ? -1 : 1;
	/* elements of one array: the order of the config */
	return x < y ? -1 : x > y;
}

/* What is known of the numbers first … last of one architecture. */
static int add_arch(struct runs *runs, struct arena *arena,
		    const struct filter_spec *spec, const struct filter_arch *a,
		    uint32_t first, uint32_t last, struct err *e)
{
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): it is pointers that are sorted */
	const size_t one = sizeof(struct filter_rule *);
	const struct filter_rule **r = arena_array(arena, a->n_rules, one);
	bool enosys = spec->enosys && a->newest;
	uint64_t next = first;

	for (size_t i = 0; i < a->n_rules; i++)
		r[i] = &a->rules[i];
	qsort(r, a->n_rules, one, compare_rules);
	/*
	 * The kernel of s390 leaves number 0 where it does not know the one
	 * that the program asked for.
	 */
	if (enosys && (a->token & ~__AUDIT_ARCH_64BIT) == EM_S390) {
		add_plain(runs, 0, RET_ENOSYS);
		next = 1;
	}
	for (size_t i = 0, n; i < a->n_rules; i += n) {
		uint32_t nr = r[i]->nr;

		for (n = 1; i + n < a->n_rules && r[i + n]->nr == nr; n++)
			;
		if (nr < next || nr > last)
			continue;
		if (nr > next)
			add_plain(runs, next, spec->default_ret);
		if (add_rules(runs, &r[i], n, spec, e) < 0)
			return -e->code;
		next = (uint64_t)nr + 1;
	}
	if (next <= last && (!enosys || next <= a->newest)) {
		add_plain(runs, next, spec->default_ret);
		next = enosys ? (uint64_t)a->newest + 1 : (uint64_t)last + 1;
	}
	if (next <= last)
		add_plain(runs, next, RET_ENOSYS);
	return 0;
}

/*
 * The two halves of AUDIT_ARCH_X86_64; either may be NULL. A tracer skips a
 * system call by making its number -1: that is no call of x32.
 */
static int add_x86_64(struct runs *runs, struct arena *arena,
		      const struct filter_spec *spec,
		      const struct filter_arch *x64,
		      const struct filter_arch *x32, struct err *e)
{
	if (!x64)
		add_plain(runs, 0, spec->foreign_ret);
	else if (add_arch(runs, arena, spec, x64, 0, FILTER_X32_BIT - 1, e) < 0)
		return -e->code;
	if (x32) {
		runs->wide = false;
		return add_arch(runs, arena, spec, x32, FILTER_X32_BIT,
				UINT32_MAX, e);
	}
	add_plain(runs, FILTER_X32_BIT, spec->foreign_ret);
	add_plain(runs, UINT32_MAX, spec->default_ret);
	return 0;
}

/* ---- the tree ------------------------------------------------------------------- */

static void emit_run(struct prog *p, const struct run *r, bool wide)
{
	for (size_t i = 0, n; i < r->n_rules; i += n) {
		for (n = 1; i + n < r->n_rules; n++)
			if (r->rules[i + n]->ret != r->rules[i]->ret)
				break;
		emit_rules(p, &r->rules[i], n, wide);
	}
	emit_ret(p, r->ret);
}

/* Depth: the logarithm of n. */
static void emit_tree(struct prog *p, const struct run *r, size_t n,
		      uint32_t token)
{
	size_t half = n / 2, at;

	if (n == 1) {
		emit_run(p, r, token == AUDIT_ARCH_X86_64 ?
				       r->first < FILTER_X32_BIT :
				       is_64bit(token));
		return;
	}
	at = emit(p, BPF_JMP | BPF_JGE | BPF_K, r[half].first);
	emit_tree(p, r, half, token);
	skip_block(p, at, true);
	emit_tree(p, r + half, n - half, token);
}

static const struct filter_arch *find_arch(const struct filter_spec *spec,
					   uint32_t token)
{
	for (size_t i = 0; i < spec->n_archs; i++)
		if (spec->archs[i].token == token)
			return &spec->archs[i];
	return NULL;
}

static int emit_arch(struct prog *p, const struct filter_spec *spec,
		     const struct filter_arch *a, struct err *e)
{
	const struct filter_arch *x32 = find_arch(spec, TOKEN_X32);
	uint32_t token = a->token == TOKEN_X32 ? AUDIT_ARCH_X86_64 : a->token;
	struct arena arena = { 0 };
	struct runs runs = { .wide = is_64bit(token) };
	size_t at, n = a->n_rules + (x32 ? x32->n_rules : 0);
	int r;

	/* a rule starts a run and may leave one behind it */
	runs.v = arena_array(&arena, 2 * n + 8, sizeof(*runs.v));
	r = token == AUDIT_ARCH_X86_64 ?
		    add_x86_64(&runs, &arena, spec, find_arch(spec, token), x32, e) :
		    add_arch(&runs, &arena, spec, a, 0, UINT32_MAX, e);
	if (r == 0) {
		at = emit(p, BPF_JMP | BPF_JEQ | BPF_K, token);
		emit_load(p, offsetof(struct seccomp_data, nr));
		emit_tree(p, runs.v, runs.n, token);
		skip_block(p, at, false);
	}
	arena_free(&arena);
	return r;
}

int filter_compile(const struct filter_spec *spec, struct sock_filter **ret_insns,
		   size_t *ret_n, struct err *e)
{
	bool have_x86_64 = find_arch(spec, AUDIT_ARCH_X86_64) != NULL;
	struct prog p = { 0 };
	int r = 0;

	emit_load(&p, offsetof(struct seccomp_data, arch));
	for (size_t i = 0; r == 0 && i < spec->n_archs; i++)
		if (spec->archs[i].token != TOKEN_X32 || !have_x86_64)
			r = emit_arch(&p, spec, &spec->archs[i], e);
	emit_ret(&p, spec->foreign_ret);
	if (r == 0 && p.n > BPF_MAXINSNS) {
		r = err_set(e, E2BIG,
			    "the seccomp filter has %zu instructions, the kernel takes at most %d",
			    p.n, BPF_MAXINSNS);
		(void)err_at(e, "/linux/seccomp/syscalls");
		(void)err_hint(e,
			       "rules with args are the long ones, and each counts once for every architecture");
	}
	if (r < 0) {
		free(p.v);
		return r;
	}
	*ret_insns = p.v;
	*ret_n = p.n;
	return 0;
}

/* ---- the interpreter --------------------------------------------------------------- */

/* The next instruction after a jump, 0 if it is none that a filter has. */
static size_t jump(const struct sock_filter *i, size_t pc, uint32_t a)
{
	bool taken;

	switch (BPF_OP(i->code)) {
	case BPF_JA:
		return pc + 1 + i->k;
	case BPF_JEQ:
		taken = a == i->k;
		break;
	case BPF_JGT:
		taken = a > i->k;
		break;
	case BPF_JGE:
		taken = a >= i->k;
		break;
	case BPF_JSET:
		taken = (a & i->k) != 0;
		break;
	default:
		return 0;
	}
	return BPF_SRC(i->code) == BPF_K ? pc + 1 + (taken ? i->jt : i->jf) : 0;
}

uint32_t filter_run(const struct sock_filter *insns, size_t n,
		    const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < n;) {
		const struct sock_filter *i = &insns[pc];

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (i->k % sizeof(a) || i->k > sizeof(*data) - sizeof(a))
				return SECCOMP_RET_KILL_PROCESS;
			memcpy(&a, (const uint8_t *)data + i->k, sizeof(a));
			pc++;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			pc++;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			pc = BPF_CLASS(i->code) == BPF_JMP ? jump(i, pc, a) : 0;
			if (pc == 0)
				return SECCOMP_RET_KILL_PROCESS;
		}
	}
	return SECCOMP_RET_KILL_PROCESS;
}

const char *filter_ret_text(uint32_t ret, char *buf, size_t size)
{
	static const struct { uint32_t action; const char *text; } texts[] = {
		{ SECCOMP_RET_KILL_PROCESS, "kill" },
		{ SECCOMP_RET_KILL_THREAD, "kill" },
		{ SECCOMP_RET_TRAP, "SIGSYS" },
		{ SECCOMP_RET_USER_NOTIF, "notify" },
		{ SECCOMP_RET_TRACE, "trace" },
		{ SECCOMP_RET_LOG, "log" },
		{ SECCOMP_RET_ALLOW, "allow" },
	};
	const char *text = "?";

	if ((ret & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO) {
		int code = (int)(ret & SECCOMP_RET_DATA);

		(void)snprintf(buf, size, "errno %d (%s)", code, errno_name(code));
		return buf;
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].action == (ret & SECCOMP_RET_ACTION_FULL))
			text = texts[i].text;
	(void)snprintf(buf, size, "%s", text);
	return buf;
}
