/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.seccomp to a filter, against the filter that libseccomp makes of the
 * same profile (with the rules of runc for what to tell it): both programs are
 * interpreted for all numbers, all architectures and the argument values of the
 * rules. Nothing is loaded; no root.
 */
#include "runtime/seccomp_build.h"

#include "base/mem.h"
#include "base/str.h"
#include "config/names.h"
#include "runtime/seccomp_mux.h"
#include "tests/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef HAVE_SECCOMP

int main(void)
{
	struct seccomp_program p = SECCOMP_PROGRAM_INIT;
	struct spec_seccomp s = { .set = true, .default_action = SCMP_ALLOW };
	struct err e = ERR_INIT;

	is_int(seccomp_build(&p, &s, &e), -ENOTSUP, "a build without libseccomp");
	is_str(e.pointer, "/linux/seccomp", "names the property");
	is_str(e.msg, "config provided but seccomp not supported", "says so");
	ok(strstr(e.hint, "--without-seccomp") != NULL, "and what to do");
	s.set = false;
	is_int(seccomp_build(&p, &s, &e), 0, "no filter asked for");
	return done();
}

#else

#include <seccomp.h>

#define LEN(v) (sizeof(v) / sizeof((v)[0]))
#define X64 SCMP_ARCH_X86_64
#define BIT FILTER_X32_BIT

static uint64_t seed = 88172645463325252ULL;

static uint32_t rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % n;
}

/* ---- the other compiler ------------------------------------------------------ */

static uint32_t their_action(uint32_t action, const struct opt_u32 *code)
{
	uint32_t v = code->set ? code->v : EPERM;

	switch ((enum seccomp_action)action) {
	case SCMP_KILL_THREAD:
		return SCMP_ACT_KILL_THREAD;
	case SCMP_KILL_PROCESS:
		return SCMP_ACT_KILL_PROCESS;
	case SCMP_TRAP:
		return SCMP_ACT_TRAP;
	case SCMP_ERRNO:
		return SCMP_ACT_ERRNO(v);
	case SCMP_TRACE:
		return SCMP_ACT_TRACE(v);
	case SCMP_ALLOW:
		return SCMP_ACT_ALLOW;
	case SCMP_LOG:
		return SCMP_ACT_LOG;
	case SCMP_NOTIFY:
		return SCMP_ACT_NOTIFY;
	}
	return 0;
}

static int their_rule(scmp_filter_ctx ctx, int nr, uint32_t action,
		      const struct spec_seccomp_rule *r)
{
	struct scmp_arg_cmp cmp[6];
	bool twice = false;
	int rc = 0;

	for (size_t i = 0; i < r->n_args; i++) {
		cmp[i] = (struct scmp_arg_cmp){ r->args[i].index,
						(enum scmp_compare)r->args[i].op,
						r->args[i].value,
						r->args[i].value_two };
		for (size_t k = 0; k < i; k++)
			twice = twice || r->args[k].index == r->args[i].index;
	}
	if (!twice)
		return seccomp_rule_add_array(ctx, action, nr,
					      (unsigned int)r->n_args, cmp);
	for (size_t i = 0; rc == 0 && i < r->n_args; i++)
		rc = seccomp_rule_add_array(ctx, action, nr, 1, &cmp[i]);
	return rc;
}

static struct sock_filter *export_bpf(scmp_filter_ctx ctx, size_t *n)
{
	int fd = memfd_create("bpf", MFD_CLOEXEC);
	struct sock_filter *p;
	struct stat st;

	if (fd < 0 || seccomp_export_bpf(ctx, fd) < 0 || fstat(fd, &st) < 0)
		bail("libseccomp cannot export");
	p = xmalloc((size_t)st.st_size + 1);
	if (pread(fd, p, (size_t)st.st_size, 0) != st.st_size)
		bail("cannot read the exported filter");
	(void)close(fd);
	*n = (size_t)st.st_size / sizeof(*p);
	return p;
}

/* NULL if libseccomp refuses a rule. */
static struct sock_filter *theirs(const struct spec_seccomp *s, size_t *n)
{
	uint32_t def = their_action(s->default_action, &s->default_errno_ret);
	scmp_filter_ctx ctx = seccomp_init(def);
	struct sock_filter *p = NULL;
	int rc = 0;

	for (size_t i = 0; i < s->architectures.n; i++)
		(void)seccomp_arch_add(ctx, s->architectures.v[i]);
	for (size_t i = 0; rc == 0 && i < s->n_rules; i++) {
		const struct spec_seccomp_rule *r = &s->rules[i];
		uint32_t act = their_action(r->action, &r->errno_ret);

		for (size_t k = 0; rc == 0 && act != def && k < r->names.n; k++) {
			int nr = seccomp_syscall_resolve_name(r->names.v[k]);

			if (nr != __NR_SCMP_ERROR)
				rc = their_rule(ctx, nr, act, r);
		}
	}
	if (rc == 0)
		p = export_bpf(ctx, n);
	seccomp_release(ctx);
	return p;
}

/* ---- the comparison ------------------------------------------------------------- */

/* The largest number that the profile names in one architecture; 0 = none. */
static uint32_t newest(const struct spec_seccomp *s, uint32_t token)
{
	uint32_t max = 0;

	for (size_t i = 0; i < s->n_rules; i++) {
		for (size_t k = 0; k < s->rules[i].names.n; k++) {
			const char *name = s->rules[i].names.v[k];
			int nr = seccomp_syscall_resolve_name_arch(token, name);
			struct mux_call call;

			if (nr < 0 && seccomp_mux(token, name, &call))
				nr = call.direct;
			if (nr < 0 && seccomp_mux(token, name, &call))
				nr = seccomp_syscall_resolve_name_arch(token, call.via);
			if (nr > 0 && (uint32_t)nr > max)
				max = (uint32_t)nr;
		}
	}
	return max;
}

static bool lists(const struct spec_seccomp *s, uint32_t token)
{
	for (size_t i = 0; i < s->architectures.n; i++)
		if (s->architectures.v[i] == token)
			return true;
	return token == seccomp_arch_native();
}

struct oracle {
	const struct spec_seccomp *s;
	const struct sock_filter *prog;
	size_t n;
	uint32_t new64, new32, newx;
	bool enosys;
};

/* libseccomp's filter behind the rule for unknown numbers. */
static uint32_t oracle_ask(const struct oracle *o, const struct seccomp_data *d)
{
	uint32_t nr = (uint32_t)d->nr, max = 0;

	if (d->arch == AUDIT_ARCH_I386 && lists(o->s, AUDIT_ARCH_I386))
		max = o->new32;
	else if (d->arch == AUDIT_ARCH_X86_64)
		max = nr >= BIT ? (lists(o->s, SCMP_ARCH_X32) ? o->newx : 0) : o->new64;
	if (o->enosys && max && nr > max)
		return SECCOMP_RET_ERRNO | ENOSYS;
	return filter_run(o->prog, o->n, d);
}

static const uint64_t *values; /* of arguments, for this profile */
static uint32_t n_values;

static unsigned int compare_one(const struct oracle *o,
				const struct seccomp_program *p, uint32_t arch,
				uint32_t nr, unsigned int tries)
{
	struct seccomp_data d = { .arch = arch, .nr = (int)nr };

	for (unsigned int i = 0; i < tries; i++) {
		uint32_t got, want;

		for (size_t k = 0; k < 6; k++)
			d.args[k] = values[rnd(n_values)];
		got = filter_run(p->insns, p->n, &d);
		want = oracle_ask(o, &d);
		if (got == want)
			continue;
		diag("arch %x nr %u (%llx %llx %llx): %x, libseccomp says %x", arch,
		     nr, (unsigned long long)d.args[0], (unsigned long long)d.args[1],
		     (unsigned long long)d.args[2], got, want);
		return 1;
	}
	return 0;
}

static unsigned int compare(const struct spec_seccomp *s,
			    const struct seccomp_program *p,
			    const struct sock_filter *prog, size_t n,
			    unsigned int tries)
{
	static const uint32_t odd[] = { 1000, 0x3fffffff, BIT, BIT | 1000,
					0x7fffffff, 0x80000000, 0xfffffffe,
					0xffffffff };
	const struct oracle o = {
		.s = s, .prog = prog, .n = n,
		.new64 = newest(s, X64), .new32 = newest(s, AUDIT_ARCH_I386),
		.newx = newest(s, SCMP_ARCH_X32),
		.enosys = s->default_action != SCMP_ALLOW &&
			  s->default_action != SCMP_LOG &&
			  s->default_action != SCMP_TRACE,
	};
	unsigned int bad = 0;

	for (uint32_t nr = 0; nr < 600; nr++) {
		bad += compare_one(&o, p, AUDIT_ARCH_X86_64, nr, tries);
		bad += compare_one(&o, p, AUDIT_ARCH_X86_64, BIT | nr, tries);
		bad += compare_one(&o, p, AUDIT_ARCH_I386, nr, tries);
	}
	for (size_t i = 0; i < LEN(odd); i++) {
		bad += compare_one(&o, p, AUDIT_ARCH_X86_64, odd[i], 1);
		bad += compare_one(&o, p, AUDIT_ARCH_I386, odd[i], 1);
		bad += compare_one(&o, p, AUDIT_ARCH_AARCH64, odd[i], 1);
	}
	return bad;
}

/* ---- profiles --------------------------------------------------------------------- */

/* All names of a table of the library, but some. */
static struct str_list all_names(struct arena *a, const char *const *but)
{
	const char **v = arena_array(a, 2000, sizeof(*v));
	size_t n = 0;

	for (int nr = 0; nr < 600; nr++) {
		static const uint32_t tokens[] = { X64, AUDIT_ARCH_I386 };

		for (size_t t = 0; t < 2; t++) {
			char *name = seccomp_syscall_resolve_num_arch(tokens[t], nr);
			bool skip_it = !name;

			for (size_t k = 0; name && but[k]; k++)
				skip_it = skip_it || streq(but[k], name);
			for (size_t k = 0; name && k < n; k++)
				skip_it = skip_it || streq(v[k], name);
			if (!skip_it)
				v[n++] = arena_strdup(a, name);
			free(name);
		}
	}
	return (struct str_list){ v, n };
}

static const uint64_t engine_values[] = {
	0, 8, 0x20000, 0x20008, 0xffffffff, 16, 9, 40, 2114060288, 1 << 28, 17, 1, 2,
	UINT64_C(1) << 32, (UINT64_C(1) << 32) + 16, 3, 5, 20,
};

/* As engines write them: a long list allowed, some with conditions. */
static void engine_profile(struct arena *a, struct spec_seccomp *s)
{
	static const char *const but[] = {
		"personality", "clone", "clone3", "socket", "mount", "umount2",
		"reboot", "swapon", "swapoff", "init_module", "finit_module",
		"delete_module", "bpf", "perf_event_open", "setns", "unshare",
		"kexec_load", "kexec_file_load", "open_by_handle_at", "iopl",
		"ioperm", "acct", "ptrace", "userfaultfd", "keyctl", "add_key",
		"request_key", "move_pages", "mbind", "nfsservctl", NULL,
	};
	static struct spec_seccomp_arg pers[5] = {
		{ 0, 0, 0, FILTER_EQ }, { 0, 8, 0, FILTER_EQ },
		{ 0, 0x20000, 0, FILTER_EQ }, { 0, 0x20008, 0, FILTER_EQ },
		{ 0, 0xffffffff, 0, FILTER_EQ },
	};
	static struct spec_seccomp_arg clone_[] = { { 0, 2114060288, 0, FILTER_MASKED_EQ } };
	static struct spec_seccomp_arg audit[] = { { 0, 16, 0, FILTER_EQ },
						   { 2, 9, 0, FILTER_EQ } };
	static struct spec_seccomp_arg netlink[] = { { 0, 16, 0, FILTER_EQ },
						     { 2, 9, 0, FILTER_NE } };
	static struct spec_seccomp_arg other[] = { { 0, 16, 0, FILTER_NE } };
	static const char *n_pers[] = { "personality", NULL };
	static const char *n_clone[] = { "clone", NULL };
	static const char *n_clone3[] = { "clone3", NULL };
	static const char *n_socket[] = { "socket", NULL };
	static const char *n_odd[] = { "no_such_system_call", "vm86", NULL };
	struct spec_seccomp_rule *r = arena_array(a, 12, sizeof(*r));
	static uint32_t archs[] = { X64, SCMP_ARCH_X86, SCMP_ARCH_X32 };
	size_t n = 0;

	r[n++] = (struct spec_seccomp_rule){ .names = all_names(a, but),
					     .action = SCMP_ALLOW };
	for (size_t i = 0; i < 5; i++)
		r[n++] = (struct spec_seccomp_rule){ { n_pers, 1 }, SCMP_ALLOW,
						     { 0 }, &pers[i], 1 };
	r[n++] = (struct spec_seccomp_rule){ { n_clone, 1 }, SCMP_ALLOW, { 0 },
					     clone_, 1 };
	r[n++] = (struct spec_seccomp_rule){ { n_clone3, 1 }, SCMP_ERRNO,
					     { true, ENOSYS }, NULL, 0 };
	r[n++] = (struct spec_seccomp_rule){ { n_socket, 1 }, SCMP_ERRNO,
					     { true, EINVAL }, audit, 2 };
	r[n++] = (struct spec_seccomp_rule){ { n_socket, 1 }, SCMP_ALLOW, { 0 },
					     netlink, 2 };
	r[n++] = (struct spec_seccomp_rule){ { n_socket, 1 }, SCMP_ALLOW, { 0 },
					     other, 1 };
	r[n++] = (struct spec_seccomp_rule){ { n_odd, 2 }, SCMP_ERRNO, { 0 },
					     NULL, 0 };
	*s = (struct spec_seccomp){ .set = true, .default_action = SCMP_ERRNO,
				    .architectures = { archs, 3 }, .rules = r,
				    .n_rules = n };
}

static double now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void test_engine(void)
{
	struct arena a = { 0 };
	struct spec_seccomp s;
	static const uint32_t defaults[] = { SCMP_ERRNO, SCMP_KILL_PROCESS, SCMP_LOG };

	engine_profile(&a, &s);
	values = engine_values;
	n_values = LEN(engine_values);
	for (size_t i = 0; i < 6; i++) {
		struct seccomp_program p = SECCOMP_PROGRAM_INIT;
		struct err e = ERR_INIT;
		double t0 = now_ms(), t1, t2;
		struct sock_filter *prog;
		size_t n = 0;

		s.default_action = defaults[i % 3];
		s.architectures.n = i < 3 ? 3 : 1;
		is_int(seccomp_build(&p, &s, &e), 0, "engine %zu: %s", i, e.msg);
		t1 = now_ms();
		prog = theirs(&s, &n);
		t2 = now_ms();
		is_int(compare(&s, &p, prog, n, 40), 0, "engine %zu: the same answers", i);
		diag("%zu names: %zu instructions in %.3f ms; libseccomp %zu in %.3f ms",
		     s.rules[0].names.n, p.n, t1 - t0, n, t2 - t1);
		ok(p.n < n, "shorter");
		ok(!p.by_number, "sendmsg is free");
		seccomp_program_clear(&p);
		free(prog);
	}
	arena_free(&a);
}

static const uint64_t random_values[] = {
	0, 1, 2, 7, 8, 0x7fffffff, 0x80000000, 0xffffffff, UINT64_C(1) << 32,
	(UINT64_C(1) << 32) + 7, (UINT64_C(7) << 32) + 7, UINT64_MAX,
};

/*
 * What libseccomp is known to get wrong is left out: a comparison of order on a
 * 64-bit argument followed by a condition on another one can lose the latter
 * (GHSA-4q85-33p6-j5g6; test_seccomp_filter has these cases).
 */
static void random_profile(struct arena *a, struct spec_seccomp *s,
			   const struct str_list *pool)
{
	static const uint32_t actions[] = { SCMP_ALLOW, SCMP_ERRNO, SCMP_KILL_PROCESS,
					    SCMP_TRAP, SCMP_LOG, SCMP_KILL_THREAD,
					    SCMP_TRACE };
	static uint32_t archs[] = { SCMP_ARCH_X32, SCMP_ARCH_X86, X64 };
	static const uint32_t exact_ops[] = { FILTER_EQ, FILTER_NE, FILTER_MASKED_EQ };
	bool exact;
	uint32_t many = 1 + rnd(12);
	struct spec_seccomp_rule *r = arena_array(a, many, sizeof(*r));
	size_t at = rnd((uint32_t)pool->n);

	for (uint32_t i = 0; i < many; i++) {
		uint32_t names = 1 + rnd(8);

		r[i].action = actions[rnd(LEN(actions))];
		if (r[i].action == SCMP_ERRNO || r[i].action == SCMP_TRACE)
			r[i].errno_ret = (struct opt_u32){ rnd(2), rnd(100) };
		r[i].names.v = arena_array(a, names + 1, sizeof(*r[i].names.v));
		for (uint32_t k = 0; k < names; k++, at++)
			r[i].names.v[r[i].names.n++] = pool->v[at % pool->n];
		if (rnd(2))
			continue;
		r[i].n_args = 1 + rnd(3);
		exact = r[i].n_args > 1;
		r[i].args = arena_array(a, r[i].n_args, sizeof(*r[i].args));
		for (uint32_t k = 0; k < r[i].n_args; k++)
			r[i].args[k] = (struct spec_seccomp_arg){
				k, random_values[rnd(LEN(random_values))],
				random_values[rnd(LEN(random_values))],
				exact ? exact_ops[rnd(3)] : 1 + rnd(7) };
	}
	*s = (struct spec_seccomp){
		.set = true,
		.default_action = actions[rnd(LEN(actions))],
		.default_errno_ret = { false, 0 },
		.architectures = { archs, rnd(4) },
		.rules = r, .n_rules = many,
	};
}

/*
 * With x32 beside x86_64 some profiles make libseccomp 2.5 forget to load the
 * number: every comparison is then with the architecture.
 */
static bool loads_number(const struct sock_filter *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i].code == (BPF_JMP | BPF_JEQ | BPF_K) &&
		    p[i].k == AUDIT_ARCH_X86_64)
			return i + 1 + p[i].jt < n &&
			       p[i + 1 + p[i].jt].code == (BPF_LD | BPF_W | BPF_ABS);
	return false;
}

/* Known to libseccomp, but by a placeholder where there is no number. */
static bool plain_name(const char *name)
{
	struct mux_call call;

	return !seccomp_mux(AUDIT_ARCH_I386, name, &call) || call.direct >= 0;
}

static void test_random(void)
{
	struct arena names = { 0 };
	static const char *const none[] = { NULL };
	struct str_list all = all_names(&names, none), pool = { all.v, 0 };
	unsigned int bad = 0, refused = 0;

	for (size_t i = 0; i < all.n; i++)
		if (plain_name(all.v[i]))
			pool.v[pool.n++] = all.v[i];
	values = random_values;
	n_values = LEN(random_values);
	for (int i = 0; i < 150; i++) {
		struct seccomp_program p = SECCOMP_PROGRAM_INIT;
		struct arena a = { 0 };
		struct spec_seccomp s;
		struct err e = ERR_INIT;
		struct sock_filter *prog;
		size_t n = 0;

		random_profile(&a, &s, &pool);
		prog = theirs(&s, &n);
		if (!prog || !loads_number(prog, n)) {
			refused++;
		} else if (seccomp_build(&p, &s, &e) < 0) {
			diag("%s", e.msg);
			bad++;
		} else {
			bad += compare(&s, &p, prog, n, 12);
		}
		seccomp_program_clear(&p);
		free(prog);
		arena_free(&a);
	}
	is_int(bad, 0, "150 random profiles: the same answers");
	ok(refused < 50, "libseccomp refused or spoilt %u", refused);
	arena_free(&names);
}

/* ---- the table of multiplexed calls --------------------------------------------------- */

static void check_mux(uint32_t token, const char *name,
		      const struct mux_call *call, void *arg)
{
	unsigned int *counts = arg;
	int nr = seccomp_syscall_resolve_name_arch(token, name);
	int base = strcmp(call->via, "ipc") == 0 ? -200 : -100;
	char *back;

	if (nr == __NR_SCMP_ERROR || nr >= 0)
		return; /* the library lacks the architecture, or the other way */
	counts[0]++;
	if (nr != base - (int)call->op) {
		diag("%x %s: operation %u, library %d", token, name, call->op, nr);
		counts[1]++;
	}
	if (call->direct < 0)
		return;
	back = seccomp_syscall_resolve_num_arch(token, call->direct);
	if (!back || strcmp(back, name) != 0) {
		diag("%x %s: number %d is %s", token, name, call->direct,
		     back ? back : "unknown");
		counts[1]++;
	}
	free(back);
}

static void test_mux(void)
{
	unsigned int counts[2] = { 0, 0 };

	seccomp_mux_each(check_mux, counts);
	ok(counts[0] > 200, "%u multiplexed calls are known to the library", counts[0]);
	is_int(counts[1], 0, "... with these numbers");
}

/* ---- properties, errors ------------------------------------------------------------------ */

static int build(struct spec_seccomp *s, struct err *e)
{
	struct seccomp_program p = SECCOMP_PROGRAM_INIT;
	int r;

	err_clear(e);
	r = seccomp_build(&p, s, e);
	seccomp_program_clear(&p);
	return r;
}

static void test_errors(void)
{
	struct spec_seccomp s = { .set = true, .default_action = SCMP_ERRNO };
	static uint32_t flags[] = { 1U << 0, 1U << 5 };
	static uint32_t archs[] = { X64, AUDIT_ARCH_S390X, EM_M32 };
	struct err e = ERR_INIT;

	is_int(build(&s, &e), 0, "no rules at all");
	s.flags = (struct u32_list){ flags, 2 };
	s.flags_set = true;
	is_int(build(&s, &e), -EINVAL, "WAIT_KILLABLE_RECV without a notify rule");
	is_str(e.pointer, "/linux/seccomp/flags/1", "... where");
	s.flags.n = 1;
	is_int(build(&s, &e), 0, "TSYNC is accepted");
	flags[0] = 1U << 17;
	is_int(build(&s, &e), -ENOTSUP, "a flag that no kernel knows");
	is_str(e.pointer, "/linux/seccomp/flags/0", "... where");
	s.flags_set = false;
	s.architectures = (struct u32_list){ archs, 2 };
	is_int(build(&s, &e), -EINVAL, "another byte order");
	is_str(e.pointer, "/linux/seccomp/architectures/1", "... where");
	archs[1] = EM_M32;
	is_int(build(&s, &e), -ENOTSUP, "an architecture that the library lacks");
	is_str(e.pointer, "/linux/seccomp/architectures/1", "... where: %s", e.msg);
	s.set = false;
	is_int(build(&s, &e), 0, "not asked for");
}

static uint32_t native(const struct seccomp_program *p, int nr)
{
	const struct seccomp_data d = { .arch = seccomp_arch_native(), .nr = nr };

	return filter_run(p->insns, p->n, &d);
}

static void test_program(void)
{
	static const char *names[] = { "sendmsg", "mkdir", NULL };
	struct spec_seccomp_rule r = { .names = { names, 2 }, .action = SCMP_NOTIFY };
	struct spec_seccomp s = { .set = true, .default_action = SCMP_ALLOW,
				  .rules = &r, .n_rules = 1 };
	struct seccomp_program p = SECCOMP_PROGRAM_INIT;
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	struct err e = ERR_INIT;
	char version[32];
	struct stat st;

	is_int(seccomp_build(&p, &s, &e), 0, "build: %s", e.msg);
	is_int(native(&p, SYS_sendmsg), SECCOMP_RET_USER_NOTIF, "sendmsg: notify");
	is_int(native(&p, SYS_write), SECCOMP_RET_ALLOW, "write: allow");
	ok(p.by_number, "the listener must go by its number then");
	is_int(p.lacks, 0, "SPEC_ALLOW is there");
	ok(fstat(p.fd, &st) == 0 && (size_t)st.st_size == p.n * sizeof(*p.insns),
	   "the same in a memfd");
	is_int(fcntl(p.fd, F_GET_SEALS) & seals, seals, "... sealed");
	ok(fcntl(p.fd, F_GETFD) & FD_CLOEXEC, "... CLOEXEC");
	seccomp_program_clear(&p);
	is_int(p.fd, -1, "released");
	ok(strchr(seccomp_library(version, sizeof(version)), '.') != NULL,
	   "library %s", version);
	ok(!seccomp_flag_supported(1U << 17), "an unknown flag");
	ok(seccomp_flag_supported(1U << 1), "LOG");
	ok(seccomp_action_supported(SECCOMP_RET_LOG), "the action LOG");
	ok(!seccomp_action_supported(0x12340000), "an unknown action");
}

static void explain(const char *name, uint32_t action, bool late, const char *want)
{
	const char *names[] = { name, NULL };
	struct spec_seccomp_rule r = { .names = { names, 1 }, .action = action };
	struct spec_seccomp s = { .set = true, .default_action = SCMP_ALLOW,
				  .rules = &r, .n_rules = 1 };
	struct seccomp_program p = SECCOMP_PROGRAM_INIT;
	struct err e = ERR_INIT;

	if (seccomp_build(&p, &s, &e) < 0)
		diag("%s", e.msg);
	(void)err_set(&e, EPIPE, "init died");
	seccomp_explain(&p, late, &e);
	ok(want ? strstr(e.hint, want) != NULL : !e.hint[0], "%s (%d): %s", name,
	   late, e.hint);
	seccomp_program_clear(&p);
}

static void test_explain(void)
{
	struct seccomp_program none = SECCOMP_PROGRAM_INIT;
	struct err e = ERR_INIT;

	explain("write", SCMP_ERRNO, true, "answers write(2) with errno 1 (EPERM)");
	explain("write", SCMP_KILL_PROCESS, true, "answers write(2) with kill");
	explain("execve", SCMP_TRAP, true, "answers execve(2) with SIGSYS");
	explain("capset", SCMP_ERRNO, false, "answers capset(2)");
	explain("capset", SCMP_ERRNO, true, NULL);
	explain("mkdir", SCMP_ERRNO, true, NULL);
	explain("read", SCMP_LOG, true, NULL);
	(void)err_set(&e, EPIPE, "init died");
	seccomp_explain(&none, true, &e);
	is_str(e.hint, "", "no filter, no hint");
}

int main(void)
{
	test_errors();
	test_program();
	test_explain();
	if (seccomp_arch_native() == SCMP_ARCH_X86_64) {
		test_engine();
		test_random();
	} else {
		skip(1, "the comparison with libseccomp is written for x86_64");
	}
	test_mux();
	return done();
}

#endif
