/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.seccomp to a program (seccomp_build.h). The only file that includes
 * seccomp.h, and all it takes from libseccomp is the numbers of names: compiling
 * with it costs 10 to 20 ms for the profile of a container engine, most of it in
 * its optimiser, and filter_compile() does without it in well under one. Hence
 * no compiled form is kept on disk.
 *
 * Follows runtime-spec config-linux.md, "Seccomp"; where that is silent, what
 * runc and libseccomp do, since profiles are written against them: a rule whose
 * action is the default one is left out, two conditions on one argument are two
 * rules, unknown names are ignored, the native architecture is always in.
 *
 * Upholds I9; fails closed: what the library or the kernel does not know is an
 * error that names the property.
 */
#include "config.h"
#include "runtime/seccomp_build.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/names.h"
#include "runtime/seccomp_mux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#ifdef HAVE_SECCOMP
#include <seccomp.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/banned.h"

/* Headers before Linux 5.19 and 6.3 lack the names. */
#define FLAG_WAIT_KILLABLE_RECV (1U << 5)
#define MFD_NOEXEC_SEAL_BIT 0x0008U

/* ---- what the kernel can do ------------------------------------------------- */

/* A call that cannot succeed: EFAULT means that the flag was accepted. */
static int probe_flag(uint32_t flag)
{
	if (flag == FLAG_WAIT_KILLABLE_RECV)
		flag |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	(void)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flag, NULL);
	return errno;
}

bool seccomp_flag_supported(uint32_t flag)
{
	return probe_flag(flag) == EFAULT;
}

static int probe_action(uint32_t action)
{
	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0 ?
		       0 : errno;
}

bool seccomp_action_supported(uint32_t action)
{
	return probe_action(action) == 0;
}

static bool uses_action(const struct spec_seccomp *s, enum seccomp_action action)
{
	if (s->default_action == action)
		return true;
	for (size_t i = 0; i < s->n_rules; i++)
		if (s->rules[i].action == action)
			return true;
	return false;
}

/*
 * Only a definite no is an error: where an outer filter forbids to ask, loading
 * will tell.
 */
static int check_actions(const struct spec_seccomp *s, struct err *e)
{
	static const struct { enum seccomp_action action; uint32_t ret; } later[] = {
		{ SCMP_LOG, SECCOMP_RET_LOG },
		{ SCMP_KILL_PROCESS, SECCOMP_RET_KILL_PROCESS },
		{ SCMP_NOTIFY, SECCOMP_RET_USER_NOTIF },
	};

	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		if (!uses_action(s, later[i].action) ||
		    probe_action(later[i].ret) != EOPNOTSUPP)
			continue;
		(void)err_set(e, ENOTSUP, "%s%s is not supported by this kernel",
			      later[i].action == SCMP_NOTIFY ?
				      "seccomp notify unsupported: " : "",
			      name_of(names_seccomp_action, later[i].action));
		return err_at(e, "/linux/seccomp");
	}
	return 0;
}

static int check_flags(struct seccomp_program *p, const struct spec_seccomp *s,
		       struct err *e)
{
	if (!s->flags_set) { /* then SPEC_ALLOW is on where there is such a thing */
		if (probe_flag(SECCOMP_FILTER_FLAG_SPEC_ALLOW) == EINVAL)
			p->lacks = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
		return 0;
	}
	for (size_t i = 0; i < s->flags.n; i++) {
		const char *name = name_of(names_seccomp_flag, s->flags.v[i]);
		int r = 0;

		if (s->flags.v[i] == SECCOMP_FILTER_FLAG_TSYNC)
			continue; /* there is one thread */
		if (probe_flag(s->flags.v[i]) == EINVAL)
			r = err_set(e, ENOTSUP, "%s is not supported by this kernel",
				    name);
		else if (s->flags.v[i] == FLAG_WAIT_KILLABLE_RECV &&
			 !uses_action(s, SCMP_NOTIFY))
			r = err_set(e, EINVAL, "%s needs a rule with SCMP_ACT_NOTIFY",
				    name);
		if (r < 0)
			return err_at(e, "/linux/seccomp/flags/%zu", i);
	}
	return 0;
}

/* ---- names to numbers --------------------------------------------------------- */

#ifdef HAVE_SECCOMP

static uint32_t ret_of(uint32_t action, const struct opt_u32 *errno_ret)
{
	uint32_t code = errno_ret->set ? errno_ret->v : EPERM;

	switch ((enum seccomp_action)action) {
	case SCMP_KILL_THREAD:
		return SECCOMP_RET_KILL_THREAD;
	case SCMP_KILL_PROCESS:
		return SECCOMP_RET_KILL_PROCESS;
	case SCMP_TRAP:
		return SECCOMP_RET_TRAP;
	case SCMP_ERRNO:
		return SECCOMP_RET_ERRNO | (code & SECCOMP_RET_DATA);
	case SCMP_TRACE:
		return SECCOMP_RET_TRACE | (code & SECCOMP_RET_DATA);
	case SCMP_ALLOW:
		return SECCOMP_RET_ALLOW;
	case SCMP_LOG:
		return SECCOMP_RET_LOG;
	case SCMP_NOTIFY:
		return SECCOMP_RET_USER_NOTIF;
	}
	return SECCOMP_RET_KILL_PROCESS;
}

/*
 * A program that meets a system call it may not use must be told so; one that
 * tries a system call newer than the profile must take it for a kernel without
 * it, and fall back. A tracer or a log, like a general permission, is no refusal.
 */
static bool answers_enosys(uint32_t default_action)
{
	return default_action != SCMP_ALLOW && default_action != SCMP_LOG &&
	       default_action != SCMP_TRACE;
}

/* A profile under translation; everything lives in the arena. */
struct build {
	struct arena arena;
	const struct spec_seccomp *s;
	struct filter_spec spec;
	struct filter_arch *archs;
	size_t max_rules; /* of one architecture */
	const char *unknown; /* the first name that must be known and is not */
};

const char *seccomp_library(char *buf, size_t size)
{
	const struct scmp_version *v = seccomp_version();

	(void)snprintf(buf, size, "%u.%u.%u", v->major, v->minor, v->micro);
	return buf;
}

static bool has_arch(const struct build *b, uint32_t token)
{
	for (size_t i = 0; i < b->spec.n_archs; i++)
		if (b->archs[i].token == token)
			return true;
	return false;
}

static void add_arch(struct build *b, uint32_t token)
{
	struct filter_arch *a = &b->archs[b->spec.n_archs++];

	a->token = token;
	a->rules = arena_array(&b->arena, b->max_rules, sizeof(*a->rules));
}

static int add_archs(struct build *b, struct err *e)
{
	const struct u32_list *list = &b->s->architectures;
	uint32_t native = seccomp_arch_native();
	char version[32];

	b->archs = arena_array(&b->arena, list->n + 1, sizeof(*b->archs));
	b->spec.archs = b->archs;
	/* first, since most system calls are its */
	add_arch(b, native);
	for (size_t i = 0; i < list->n; i++) {
		uint32_t token = list->v[i];
		const char *name = name_of(names_seccomp_arch, token);
		int r = 0;

		if (has_arch(b, token))
			continue;
		if (seccomp_syscall_resolve_name_arch(token, "read") ==
		    __NR_SCMP_ERROR)
			r = err_set(e, ENOTSUP,
				    "%s is not known to libseccomp %s, with which ocirun was built",
				    name, seccomp_library(version, sizeof(version)));
		else if ((token ^ native) & __AUDIT_ARCH_LE)
			r = err_set(e, EINVAL,
				    "%s has another byte order than this machine",
				    name);
		if (r < 0)
			return err_at(e, "/linux/seccomp/architectures/%zu", i);
		add_arch(b, token);
	}
	return 0;
}

/* More than one condition on one argument? */
static bool repeats_arg(const struct spec_seccomp_rule *r)
{
	uint32_t seen = 0;

	for (size_t i = 0; i < r->n_args; i++) {
		if (seen & (1U << r->args[i].index))
			return true;
		seen |= 1U << r->args[i].index;
	}
	return false;
}

/* A number that the profile names, and its rule unless it is the default. */
static void add_number(struct build *b, struct filter_arch *a,
		       const struct filter_rule *rule, uint32_t nr)
{
	if (nr > a->newest)
		a->newest = nr;
	if (rule->ret == b->spec.default_ret)
		return;
	a->rules[a->n_rules] = *rule;
	a->rules[a->n_rules++].nr = nr;
}

/*
 * The operation is the first argument of socketcall(2) and ipc(2), the next one
 * a pointer to the rest: conditions on the first argument cannot be kept.
 */
static void add_mux_rule(struct build *b, struct filter_arch *a,
			 const struct filter_rule *rule,
			 const struct mux_call *call)
{
	struct filter_rule r = *rule;
	struct spec_seccomp_arg *args =
		arena_array(&b->arena, rule->n_args + 1, sizeof(*args));
	int via = seccomp_syscall_resolve_name_arch(a->token, call->via);

	if (via < 0)
		return;
	args[0] = (struct spec_seccomp_arg){ .op = FILTER_EQ, .value = call->op };
	r.args = args;
	r.n_args = 1;
	for (size_t i = 0; i < rule->n_args; i++)
		if (rule->args[i].index != 0)
			args[r.n_args++] = rule->args[i];
	add_number(b, a, &r, (uint32_t)via);
}

/*
 * `nr` is what libseccomp knows of a name in one architecture: a number, that it
 * is not there, or (-100 … -224) that socketcall(2) or ipc(2) has it.
 */
static void add_name(struct build *b, struct filter_arch *a, const char *name,
		     int nr, const struct filter_rule *rule)
{
	struct mux_call call;

	if (nr >= 0) {
		add_number(b, a, rule, (uint32_t)nr);
		return;
	}
	if (nr > -100 || nr < -224 || !seccomp_mux(a->token, name, &call))
		return;
	add_mux_rule(b, a, rule, &call);
	if (call.direct >= 0)
		add_number(b, a, rule, (uint32_t)call.direct);
}

static void add_spec_rule(struct build *b, size_t index)
{
	const struct spec_seccomp_rule *r = &b->s->rules[index];
	struct filter_rule rule = {
		.ret = ret_of(r->action, &r->errno_ret),
		.args = r->args,
		.n_args = r->n_args,
		.index = (uint32_t)index,
	};
	size_t pieces = repeats_arg(r) ? r->n_args : 1;

	if (pieces > 1)
		rule.n_args = 1;
	for (size_t n = 0; n < r->names.n; n++) {
		const char *name = r->names.v[n];

		for (size_t a = 0; a < b->spec.n_archs; a++) {
			int nr = seccomp_syscall_resolve_name_arch(
				b->archs[a].token, name);

			if (nr == __NR_SCMP_ERROR) { /* in no architecture */
				if (b->s->fail_unknown && !b->unknown)
					b->unknown = name;
				log_debug("unknown seccomp syscall \"%.200s\" ignored",
					  name);
				break;
			}
			for (size_t i = 0; i < pieces; i++) {
				rule.args = r->n_args ? &r->args[i] : NULL;
				add_name(b, &b->archs[a], name, nr, &rule);
			}
		}
	}
}

static int compile(struct seccomp_program *p, const struct spec_seccomp *s,
		   struct err *e)
{
	struct build b = {
		.s = s,
		.spec = {
			.default_ret = ret_of(s->default_action,
					      &s->default_errno_ret),
			.foreign_ret = SECCOMP_RET_KILL_THREAD,
			.enosys = answers_enosys(s->default_action),
		},
	};
	int r;

	/* a multiplexed name makes two rules, repeated arguments one each */
	for (size_t i = 0; i < s->n_rules; i++)
		b.max_rules += 2 * s->rules[i].names.n *
			       (s->rules[i].n_args ? s->rules[i].n_args : 1);
	r = add_archs(&b, e);
	for (size_t i = 0; r == 0 && i < s->n_rules; i++)
		add_spec_rule(&b, i);
	if (b.unknown) {
		(void)err_set(e, EINVAL, "invalid seccomp syscall '%s'", b.unknown);
		r = err_at(e, "/linux/seccomp/syscalls");
	}
	if (r == 0)
		r = filter_compile(&b.spec, &p->insns, &p->n, e);
	arena_free(&b.arena);
	return r;
}

static uint32_t native_arch(void)
{
	return seccomp_arch_native();
}

#else

const char *seccomp_library(char *buf, size_t size)
{
	(void)buf;
	(void)size;
	return NULL;
}

static int compile(struct seccomp_program *p, const struct spec_seccomp *s,
		   struct err *e)
{
	(void)p;
	(void)s;
	(void)err_set(e, ENOTSUP, "config provided but seccomp not supported");
	(void)err_hint(e,
		       "this ocirun was built without libseccomp: install its headers and configure without --without-seccomp");
	return err_at(e, "/linux/seccomp");
}

static uint32_t native_arch(void)
{
	return 0;
}

#endif

/* ---- the program ------------------------------------------------------------------ */

static int make_memfd(struct seccomp_program *p, struct err *e)
{
	const unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = sys_memfd_create("seccomp", flags | MFD_NOEXEC_SEAL_BIT);
	int r;

	/* compat: kernels before 6.3 */
	if (fd == -EINVAL)
		fd = sys_memfd_create("seccomp", flags);
	if (fd < 0)
		return err_errno(e, -fd, "cannot make a memfd for the seccomp filter");
	p->fd = fd;
	r = fd_write_full(fd, p->insns, p->n * sizeof(*p->insns));
	if (r == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK |
						     F_SEAL_GROW | F_SEAL_WRITE) < 0)
		r = -errno;
	if (r < 0)
		return err_errno(e, -r, "cannot write the seccomp filter to a memfd");
	return 0;
}

static uint32_t answer(const struct seccomp_program *p, int nr)
{
	const struct seccomp_data data = { .nr = nr, .arch = native_arch() };

	return filter_run(p->insns, p->n, &data);
}

/* Whatever the arguments are, as far as two kinds of them tell. */
static bool refuses(const struct seccomp_program *p, int nr)
{
	const struct seccomp_data ones = {
		.nr = nr, .arch = native_arch(),
		.args = { UINT64_MAX, UINT64_MAX, UINT64_MAX,
			  UINT64_MAX, UINT64_MAX, UINT64_MAX },
	};
	const uint32_t a = answer(p, nr), b = filter_run(p->insns, p->n, &ones);

	return !filter_passes(a) && !filter_passes(b) &&
	       (a & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_USER_NOTIF &&
	       (a & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_TRACE;
}

/* The config's own program; what it answers is not looked into. */
static void take_raw(struct seccomp_program *p, const struct spec_seccomp *s)
{
	p->raw = true;
	p->n = s->raw_len / sizeof(*p->insns);
	p->insns = xcalloc(p->n, sizeof(*p->insns));
	memcpy(p->insns, s->raw, p->n * sizeof(*p->insns));
}

int seccomp_build(struct seccomp_program *ret, const struct spec_seccomp *s,
		  struct err *e)
{
	struct seccomp_program p = SECCOMP_PROGRAM_INIT;

	if (!s->set)
		return 0;
	if (s->raw)
		take_raw(&p, s);
	if ((!s->raw && compile(&p, s, e) < 0) || check_actions(s, e) < 0 ||
	    check_flags(&p, s, e) < 0 || make_memfd(&p, e) < 0) {
		seccomp_program_clear(&p);
		return -e->code;
	}
	p.by_number = !p.raw && !filter_passes(answer(&p, SYS_sendmsg));
	log_debug("seccomp: %zu instructions", p.n);
	*ret = p;
	return 0;
}

void seccomp_program_clear(struct seccomp_program *p)
{
	free(p->insns);
	if (p->fd >= 0)
		(void)close(p->fd);
	*p = (struct seccomp_program)SECCOMP_PROGRAM_INIT;
}

/* ---- why init failed ---------------------------------------------------------------- */

int seccomp_check_start(const struct seccomp_program *p, struct err *e)
{
	static const struct { int nr; const char *name; } needs[] = {
		{ SYS_read, "read" }, { SYS_openat, "openat" },
	};
	char text[64];

	for (size_t i = 0; p->insns && !p->raw && i < sizeof(needs) / sizeof(needs[0]); i++) {
		if (!refuses(p, needs[i].nr))
			continue;
		(void)err_set(e, EPERM,
			      "the seccomp filter answers %s(2) with %s, so that the container could never be started",
			      needs[i].name,
			      filter_ret_text(answer(p, needs[i].nr), text,
					      sizeof(text)));
		return err_at(e, "/linux/seccomp");
	}
	return 0;
}

void seccomp_explain(const struct seccomp_program *p, bool late, struct err *e)
{
	/* in the order in which init comes to them */
	static const struct { int nr; const char *name; bool early; } needs[] = {
		{ SYS_capset, "capset", true },
		{ SYS_setgroups, "setgroups", true },
		{ SYS_setresgid, "setresgid", true },
		{ SYS_setresuid, "setresuid", true },
		{ SYS_prctl, "prctl", true },
		{ SYS_chdir, "chdir", true },
		{ SYS_getcwd, "getcwd", true },
		{ SYS_write, "write", false },
		{ SYS_read, "read", false },
		{ SYS_openat, "openat", false },
		{ SYS_execve, "execve", false },
	};
	char text[64];

	if (!p->insns || p->raw)
		return;
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		if ((late && needs[i].early) || !refuses(p, needs[i].nr))
			continue;
		(void)err_hint(e,
			       "the seccomp filter answers %s(2) with %s, and init needs it to execute the program%s",
			       needs[i].name, filter_ret_text(answer(p, needs[i].nr), text,
					       sizeof(text)),
			       late ? "" :
			       ": without noNewPrivileges the filter is in force before the user and the capabilities are set");
		(void)err_at(e, "/linux/seccomp");
		return;
	}
}
