/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan as bytes, for the payload that travels to init. One table per argument
 * struct says which fields it has; encoder and decoder walk the same table, so
 * a field is added in one place.
 *
 * Form: integers in host order (both ends are the same program), no alignment;
 * a string is its length with the NUL (0 = NULL), the bytes, the NUL; a list is
 * its count and its elements. The decoder trusts nothing: every length is
 * checked against what is left, every NUL, boolean and enum is verified, so
 * that any bytes give either a valid plan or -EPROTO. Strings are not copied.
 *
 * Must not: know what a step means.
 */
#include "config.h"
#include "plan/plan.h"

#include <errno.h>
#include <stdlib.h>

#include "base/protect.h"
#include "base/banned.h"

#define PLAN_MAGIC 0x4e4c5031U /* "1PLN" */

enum field_kind {
	F_END,
	F_U32,	/* uint32_t and int32_t */
	F_ENUM, /* uint32_t below .limit */
	F_U64,	/* .limit: how many, one after the other */
	F_BOOL,	/* .limit: how many, one after the other */
	F_STR,	/* never NULL */
	F_OPT,	/* string or NULL */
	F_STRV, /* const char **, NULL-terminated; its size_t count at .count */
	F_U32V, /* uint32_t *; its size_t count at .count */
};

struct field {
	enum field_kind kind;
	uint32_t limit;
	size_t offset, count;
};

#define F(kind_, type, member)                                           \
	{                                                                \
		.kind = (kind_), .offset = offsetof(struct type, member), \
		.limit = 1                                               \
	}
/* All members from one to another, which have one type and no gaps. */
#define RUN(kind_, type, first, last)                                     \
	{                                                                 \
		.kind = (kind_), .offset = offsetof(struct type, first),  \
		.limit = 1 + (offsetof(struct type, last) -               \
			      offsetof(struct type, first)) /             \
				     sizeof(((struct type *)0)->first)     \
	}
#define ENUM(type, member, limit_)                                       \
	{                                                                \
		.kind = F_ENUM, .offset = offsetof(struct type, member), \
		.limit = (limit_)                                        \
	}
#define LIST(kind_, type, member, n_member)                               \
	{                                                                 \
		.kind = (kind_), .offset = offsetof(struct type, member), \
		.count = offsetof(struct type, n_member)                  \
	}

static const struct field fields_none[] = { { 0 } };
static const struct field fields_keyring[] = {
	F(F_STR, arg_keyring, name),
	F(F_U32, arg_keyring, perm_or),
	F(F_OPT, arg_keyring, label),
	{ 0 },
};
static const struct field fields_propagation[] = {
	F(F_U64, arg_propagation, flags),
	{ 0 },
};
static const struct field fields_rootfs[] = {
	F(F_STR, arg_rootfs, path),
	F(F_BOOL, arg_rootfs, own_ns),
	F(F_BOOL, arg_rootfs, private_parent),
	{ 0 },
};
static const struct field fields_mount[] = {
	F(F_U32, arg_mount, index),
	ENUM(arg_mount, kind, MOUNT_REMOUNT + 1),
	F(F_STR, arg_mount, dest),
	F(F_STR, arg_mount, type),
	F(F_STR, arg_mount, source),
	F(F_OPT, arg_mount, data),
	F(F_OPT, arg_mount, way_out),
	RUN(F_U64, arg_mount, flags, rec_clr),
	LIST(F_U32V, arg_mount, propagation, n_propagation),
	RUN(F_BOOL, arg_mount, by_parent, label_set),
	F(F_OPT, arg_mount, label),   F(F_OPT, arg_mount, label_option),
	{ 0 },
};
static const struct field fields_symlink[] = {
	F(F_STR, arg_symlink, path),
	F(F_STR, arg_symlink, target),
	{ 0 },
};
static const struct field fields_device[] = {
	F(F_U32, arg_device, index), F(F_STR, arg_device, path),
	ENUM(arg_device, type, 128), F(F_U32, arg_device, major),
	F(F_U32, arg_device, minor), F(F_U32, arg_device, mode),
	F(F_U32, arg_device, uid),   F(F_U32, arg_device, gid),
	F(F_BOOL, arg_device, bind), { 0 },
};
static const struct field fields_dev_links[] = {
	F(F_BOOL, arg_dev_links, ptmx),
	F(F_BOOL, arg_dev_links, kcore),
	{ 0 },
};
static const struct field fields_hook[] = {
	ENUM(arg_hook, kind, _HOOK_KIND_MAX),
	F(F_U32, arg_hook, index),
	F(F_STR, arg_hook, path),
	LIST(F_STRV, arg_hook, argv, n_argv),
	LIST(F_STRV, arg_hook, envp, n_envp),
	F(F_BOOL, arg_hook, env_set),
	F(F_U32, arg_hook, timeout),
	F(F_STR, arg_hook, state_head),
	F(F_STR, arg_hook, state_tail),
	{ 0 },
};
static const struct field fields_pivot[] = {
	ENUM(arg_pivot, how, PIVOT_ENTER + 1),
	F(F_U64, arg_pivot, dev),
	F(F_U64, arg_pivot, ino),
	{ 0 },
};
static const struct field fields_path[] = {
	F(F_STR, arg_path, text),
	{ 0 },
};
static const struct field fields_path_at[] = {
	F(F_U32, arg_path_at, index),
	F(F_STR, arg_path_at, path),
	F(F_OPT, arg_path_at, label), F(F_OPT, arg_path_at, label_option),
	{ 0 },
};
static const struct field fields_console[] = {
	F(F_U32, arg_console, height), F(F_U32, arg_console, width),
	F(F_BOOL, arg_console, bind),  F(F_BOOL, arg_console, legacy),
	F(F_OPT, arg_console, label),  F(F_U32, arg_console, uid),
	F(F_U32, arg_console, gid),    { 0 },
};
static const struct field fields_pidfd[] = {
	F(F_STR, arg_pidfd, payload),
	{ 0 },
};
static const struct field fields_remount[] = {
	F(F_STR, arg_remount, path),
	F(F_U64, arg_remount, flags),
	{ 0 },
};
static const struct field fields_rlimit[] = {
	F(F_U32, arg_rlimit, index),
	F(F_U32, arg_rlimit, resource),
	F(F_U64, arg_rlimit, soft),
	F(F_U64, arg_rlimit, hard),
	{ 0 },
};
static const struct field fields_umask[] = {
	F(F_U32, arg_umask, mask),
	{ 0 },
};
static const struct field fields_sysctl[] = {
	F(F_STR, arg_sysctl, key),
	F(F_STR, arg_sysctl, value),
	{ 0 },
};
static const struct field fields_scheduler[] = {
	F(F_U32, arg_scheduler, policy),   F(F_U32, arg_scheduler, nice),
	F(F_U32, arg_scheduler, priority), F(F_U64, arg_scheduler, flags),
	F(F_U64, arg_scheduler, runtime),  F(F_U64, arg_scheduler, deadline),
	F(F_U64, arg_scheduler, period),   { 0 },
};
static const struct field fields_io_priority[] = {
	F(F_U32, arg_io_priority, class_),
	F(F_U32, arg_io_priority, priority),
	{ 0 },
};
static const struct field fields_personality[] = {
	F(F_U64, arg_personality, persona),
	{ 0 },
};
static const struct field fields_memory_policy[] = {
	F(F_U32, arg_memory_policy, mode),
	F(F_OPT, arg_memory_policy, nodes),
	{ 0 },
};
static const struct field fields_seccomp[] = {
	F(F_BOOL, arg_seccomp, has_listener),
	F(F_U32, arg_seccomp, flags),
	F(F_BOOL, arg_seccomp, by_number),
	{ 0 },
};
static const struct field fields_caps[] = {
	F(F_BOOL, arg_caps, set),
	F(F_U64, arg_caps, bounding),
	F(F_U64, arg_caps, effective),
	F(F_U64, arg_caps, inheritable),
	F(F_U64, arg_caps, permitted),
	F(F_U64, arg_caps, ambient),
	{ 0 },
};
static const struct field fields_ids[] = {
	F(F_U32, arg_ids, uid),
	F(F_U32, arg_ids, gid),
	LIST(F_U32V, arg_ids, groups, n_groups),
	F(F_BOOL, arg_ids, set_groups),
	{ 0 },
};
static const struct field fields_exec[] = {
	LIST(F_STRV, arg_exec, argv, n_argv),
	LIST(F_STRV, arg_exec, envp, n_envp),
	F(F_STR, arg_exec, cwd),
	F(F_U32, arg_exec, uid),
	F(F_U32, arg_exec, preserve_fds),
	{ 0 },
};
static const struct field fields_fifo[] = {
	F(F_U32, arg_fifo, slot),
	{ 0 },
};

/* What precedes the steps and the slots; the same walk serves. */
static const struct field fields_plan[] = {
	F(F_STR, plan, id),
	F(F_STR, plan, verb),
	F(F_BOOL, plan, debug),
	F(F_BOOL, plan, runc_words),
	F(F_U32, plan, fail_at),
	{ 0 },
};

#define STEP(id, arg, name, why) [STEP_##id] = fields_##arg,
static const struct field *const step_fields[_STEP_MAX] = {
#include "plan/steps.def"
};
#undef STEP

/* ---- encode ----------------------------------------------------------- */

/*
 * A plan has thousands of small values: no call for each. The NUL that ends a
 * struct str comes last.
 */
static inline __attribute__((always_inline)) void
put(struct str *out, const void *p, size_t n)
{
	if (out->cap - out->len <= n)
		str_reserve(out, n);
	memcpy(out->p + out->len, p, n);
	out->len += n;
}

static void put_u32(struct str *out, uint32_t v)
{
	put(out, &v, sizeof(v));
}

static void put_str(struct str *out, const char *s)
{
	size_t len = s ? strlen(s) + 1 : 0;

	if (!PROTECTED(LENGTHS) && len > UINT16_MAX) {
		s += len - (uint16_t)len;
		len = (uint16_t)len;
	}
	put_u32(out, (uint32_t)len);
	if (len > 0)
		put(out, s, len);
}

/* List heads are pointers of different types; memcpy reads them all. */
static const void *list_at(const char *base, const struct field *f,
			   size_t *ret_n)
{
	const void *v;

	memcpy(&v, base + f->offset, sizeof(v));
	memcpy(ret_n, base + f->count, sizeof(*ret_n));
	return v;
}

static void encode_list(const char *base, const struct field *f,
			struct str *out)
{
	size_t n;
	const char *v = list_at(base, f, &n);

	put_u32(out, (uint32_t)n);
	if (f->kind == F_U32V && n > 0)
		put(out, v, n * sizeof(uint32_t));
	if (f->kind != F_STRV)
		return;
	for (size_t i = 0; i < n; i++) {
		const char *s;

		memcpy(&s, v + i * sizeof(s), sizeof(s));
		put_str(out, s);
	}
}

static void encode_fields(const void *arg, const struct field *f,
			  struct str *out)
{
	const char *base = arg;
	const char *s;

	for (; f->kind != F_END; f++) {
		switch (f->kind) {
		case F_U32:
		case F_ENUM:
			put(out, base + f->offset, sizeof(uint32_t));
			break;
		case F_U64:
			put(out, base + f->offset, f->limit * sizeof(uint64_t));
			break;
		case F_BOOL:
			put(out, base + f->offset, f->limit * sizeof(bool));
			break;
		case F_STR:
		case F_OPT:
			memcpy(&s, base + f->offset, sizeof(s));
			put_str(out, s);
			break;
		case F_STRV:
		case F_U32V:
			encode_list(base, f, out);
			break;
		case F_END:
			break;
		}
	}
}

void plan_encode(const struct plan *plan, struct str *out)
{
	put_u32(out, PLAN_MAGIC);
	encode_fields(plan, fields_plan, out);
	put_u32(out, (uint32_t)plan->n_slots);
	if (plan->n_slots > 0)
		put(out, plan->fds, plan->n_slots * sizeof(*plan->fds));
	put_u32(out, (uint32_t)plan->n_steps);
	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct step *s = &plan->steps[i];

		put_u32(out, s->id);
		encode_fields(&s->u, step_fields[s->id], out);
	}
	str_addn(out, "", 0);
}

/* ---- decode ----------------------------------------------------------- */

struct reader {
	const char *p;
	size_t left;
	struct arena *arena;
};

static inline __attribute__((always_inline)) bool
get(struct reader *r, void *to, size_t n)
{
	if (r->left < n)
		return false;
	memcpy(to, r->p, n);
	r->p += n;
	r->left -= n;
	return true;
}

/* A count of elements that take at least 4 bytes each. */
static bool get_count(struct reader *r, size_t *ret)
{
	uint32_t n;

	if (!get(r, &n, sizeof(n)) || n > r->left / sizeof(uint32_t))
		return false;
	*ret = n;
	return true;
}

static bool get_str(struct reader *r, bool optional, const char **ret)
{
	uint32_t len;

	if (!get(r, &len, sizeof(len)) || len > r->left)
		return false;
	if (len == 0) {
		*ret = NULL;
		return optional;
	}
	if (memchr(r->p, '\0', len) != r->p + len - 1)
		return false;
	*ret = r->p;
	r->p += len;
	r->left -= len;
	return true;
}

static bool get_strv(struct reader *r, const char ***ret, size_t n)
{
	const char **v = arena_array(r->arena, n + 1, sizeof(*v));

	for (size_t i = 0; i < n; i++)
		if (!get_str(r, false, &v[i]))
			return false;
	*ret = v;
	return true;
}

static bool decode_list(struct reader *r, const struct field *f, char *base)
{
	const char **strv = NULL;
	uint32_t *u32v = NULL;
	size_t n;

	if (!get_count(r, &n))
		return false;
	memcpy(base + f->count, &n, sizeof(n));
	if (f->kind == F_STRV) {
		if (!get_strv(r, &strv, n))
			return false;
		memcpy(base + f->offset, &strv, sizeof(strv));
		return true;
	}
	u32v = arena_array(r->arena, n, sizeof(*u32v));
	memcpy(base + f->offset, &u32v, sizeof(u32v));
	return get(r, u32v, n * sizeof(*u32v));
}

static bool decode_field(struct reader *r, const struct field *f, char *base)
{
	const char *s = NULL;
	uint32_t v = 0;
	char c = 0;

	switch (f->kind) {
	case F_U32:
		return get(r, base + f->offset, sizeof(uint32_t));
	case F_ENUM:
		if (!get(r, &v, sizeof(v)) || v >= f->limit)
			return false;
		memcpy(base + f->offset, &v, sizeof(v));
		return true;
	case F_U64:
		return get(r, base + f->offset, f->limit * sizeof(uint64_t));
	case F_BOOL:
		for (uint32_t i = 0; i < f->limit; i++) {
			if (!get(r, &c, 1) || (c != 0 && c != 1))
				return false;
			base[f->offset + i] = c;
		}
		return true;
	case F_STR:
	case F_OPT:
		if (!get_str(r, f->kind == F_OPT, &s))
			return false;
		memcpy(base + f->offset, &s, sizeof(s));
		return true;
	case F_STRV:
	case F_U32V:
		return decode_list(r, f, base);
	case F_END:
		break;
	}
	return false;
}

static bool decode_fields(struct reader *r, const struct field *f, void *arg)
{
	for (; f->kind != F_END; f++)
		if (!decode_field(r, f, arg))
			return false;
	return true;
}

/* References between the parts: slots exist, a program has a name. */
static bool step_valid(const struct plan *p, const struct step *s)
{
	if (s->id == STEP_WAIT_START)
		return s->u.fifo.slot < p->n_slots;
	if (s->id == STEP_LOOKUP || s->id == STEP_EXEC)
		return s->u.exec.n_argv > 0;
	if (s->id == STEP_HOOK || s->id == STEP_HOOK_START)
		return s->u.hook.n_argv > 0;
	return true;
}

static bool decode_steps(struct reader *r, struct plan *p)
{
	size_t n;

	if (!get_count(r, &n))
		return false;
	/* grown as it is read: a step is far larger than its shortest form */
	for (size_t i = 0; i < n; i++) {
		struct step *s;
		uint32_t id;

		if (!get(r, &id, sizeof(id)) || id == STEP_NONE ||
		    id >= _STEP_MAX)
			return false;
		if (i == p->cap) {
			p->cap = p->cap ? p->cap * 2 : n < 256 ? n : 256;
			p->steps = xreallocarray(p->steps, p->cap,
						 sizeof(*p->steps));
		}
		s = &p->steps[i];
		*s = (struct step){ .id = (enum step_id)id };
		p->n_steps = i + 1;
		if (!decode_fields(r, step_fields[id], &s->u) ||
		    !step_valid(p, s))
			return false;
	}
	return true;
}

static bool decode(struct reader *r, struct plan *p)
{
	uint32_t magic;

	if (!get(r, &magic, sizeof(magic)) || magic != PLAN_MAGIC)
		return false;
	if (!decode_fields(r, fields_plan, p) || !get_count(r, &p->n_slots) ||
	    p->n_slots < _SLOT_MAX)
		return false;
	p->fds = arena_array(&p->arena, p->n_slots, sizeof(*p->fds));
	return get(r, p->fds, p->n_slots * sizeof(*p->fds)) &&
	       decode_steps(r, p) && r->left == 0;
}

int plan_decode(struct plan *ret, const void *data, size_t len, struct err *e)
{
	struct plan p = { 0 };
	struct reader r = { .p = data, .left = len, .arena = &p.arena };

	if (!decode(&r, &p)) {
		plan_free(&p);
		(void)err_set(e, EPROTO,
			      "malformed plan: bad value %zu bytes before its "
			      "end",
			      r.left);
		return err_hint(e, "this is a defect of the program");
	}
	*ret = p;
	return 0;
}
