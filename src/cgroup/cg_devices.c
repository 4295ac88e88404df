/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device rules. The ordered list of the config is first played through as the
 * v1 device controller would (cg_devices_policy: a default and exceptions to
 * it); from that come the writes to devices.allow and devices.deny on v1, and a
 * BPF_PROG_TYPE_CGROUP_DEVICE program on v2. All of that is pure (I7); only
 * the two apply functions at the end touch the kernel.
 *
 * One exception must cover an access completely to allow it, and touch it to
 * deny it, as in the kernel's security/device_cgroup.c.
 *
 * Sources: the kernel's cgroup-v1/devices.rst, bpf(2), uapi/linux/bpf.h.
 */
#include "config.h"

#include "cgroup/cg_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"

#include "base/banned.h"

/* What every container may use; the same set as runc's. */
static const struct cg_dev default_devs[] = {
	{ 'c', -1, -1, CG_ACC_M, true },
	{ 'b', -1, -1, CG_ACC_M, true },
	{ 'c', 1, 3, CG_ACC_ALL, true },    /* null */
	{ 'c', 1, 8, CG_ACC_ALL, true },    /* random */
	{ 'c', 1, 7, CG_ACC_ALL, true },    /* full */
	{ 'c', 5, 0, CG_ACC_ALL, true },    /* tty */
	{ 'c', 1, 5, CG_ACC_ALL, true },    /* zero */
	{ 'c', 1, 9, CG_ACC_ALL, true },    /* urandom */
	{ 'c', 136, -1, CG_ACC_ALL, true }, /* pts */
	{ 'c', 5, 2, CG_ACC_ALL, true },    /* ptmx */
	{ 'c', 10, 200, CG_ACC_ALL, true }, /* net/tun */
};

/* The jumps of a program have 16 bits; six instructions are one exception. */
#define MAX_EXCEPTIONS 4000

/* ---- the policy ---- */

static bool same_node(const struct cg_dev *a, const struct cg_dev *b)
{
	return a->type == b->type && a->major == b->major &&
	       a->minor == b->minor;
}

static void except_add(struct cg_dev_policy *p, const struct cg_dev *d)
{
	for (size_t i = 0; i < p->n; i++) {
		if (!same_node(&p->v[i], d))
			continue;
		p->v[i].access |= d->access;
		p->v[i].dflt = p->v[i].dflt && d->dflt;
		return;
	}
	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 16;
		struct cg_dev *v = arena_array(p->arena, cap, sizeof(*v));

		if (p->n)
			memcpy(v, p->v, p->n * sizeof(*v));
		p->v = v;
		p->cap = cap;
	}
	p->v[p->n++] = *d;
}

/*
 * A wider exception that shares accesses with d: v1 cannot take a part out of
 * it, and silently would not.
 */
static const struct cg_dev *wider(const struct cg_dev_policy *p,
				  const struct cg_dev *d)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct cg_dev *x = &p->v[i];

		if (x->type == d->type && !same_node(x, d) &&
		    (x->major == -1 || x->major == d->major) &&
		    (x->minor == -1 || x->minor == d->minor) &&
		    (x->access & d->access))
			return x;
	}
	return NULL;
}

static void except_remove(struct cg_dev_policy *p, const struct cg_dev *d)
{
	for (size_t i = 0; i < p->n; i++) {
		if (!same_node(&p->v[i], d))
			continue;
		p->v[i].access &= ~d->access;
		if (p->v[i].access)
			return;
		p->n--;
		memmove(&p->v[i], &p->v[i + 1], (p->n - i) * sizeof(*p->v));
		return;
	}
}

static const char *num_text(int64_t v, char buf[24])
{
	if (v < 0)
		return "*";
	(void)snprintf(buf, 24, "%" PRId64, v);
	return buf;
}

static const char *dev_text(struct arena *a, const struct cg_dev *d)
{
	char maj[24], min[24];

	return arena_printf(a, "%c %s:%s %s%s%s", d->type,
			    num_text(d->major, maj), num_text(d->minor, min),
			    d->access & CG_ACC_R ? "r" : "",
			    d->access & CG_ACC_W ? "w" : "",
			    d->access & CG_ACC_M ? "m" : "");
}

static int apply_rule(struct cg_dev_policy *p, const struct spec_device_rule *r,
		      size_t index, struct err *e)
{
	struct cg_dev d = {
		.type = r->type, .major = r->major, .minor = r->minor,
		.access = (r->r ? CG_ACC_R : 0) | (r->w ? CG_ACC_W : 0) |
			  (r->m ? CG_ACC_M : 0),
	};

	if (r->type == 'a') { /* everything: major, minor, access do not count */
		p->allow = r->allow;
		p->n = 0;
		return 0;
	}
	if (!d.access) {
		(void)err_set(e, EINVAL,
			      "device access at %zu field cannot be empty", index);
		return err_at(e, "/linux/resources/devices/%zu/access", index);
	}
	if (r->allow != p->allow) {
		except_add(p, &d);
		return 0;
	}
	const struct cg_dev *x = wider(p, &d);

	if (x) {
		(void)err_set(e, EINVAL, "device rule '%s' (%s) cannot punch "
			      "hole in existing wildcard rule '%s' (%s)",
			      dev_text(p->arena, &d),
			      r->allow ? "allow" : "deny",
			      dev_text(p->arena, x), p->allow ? "deny" : "allow");
		(void)err_hint(e, "name the wanted devices one by one instead "
				  "of by a wildcard");
		return err_at(e, "/linux/resources/devices/%zu", index);
	}
	except_remove(p, &d);
	return 0;
}

int cg_devices_policy(struct cg_dev_policy *ret, struct arena *a,
		      const struct spec_device_rule *rules, size_t n,
		      bool defaults, struct err *e)
{
	struct cg_dev_policy p = { .arena = a };

	for (size_t i = 0; i < n; i++) {
		int r = apply_rule(&p, &rules[i], i, e);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; defaults && i < sizeof(default_devs) /
					       sizeof(default_devs[0]); i++) {
		const struct cg_dev *d = &default_devs[i];

		/* What the user denies by a wildcard stays denied. */
		if (!p.allow)
			except_add(&p, d);
		else if (!wider(&p, d))
			except_remove(&p, d);
	}
	if (p.n > MAX_EXCEPTIONS) {
		(void)err_set(e, E2BIG, "%zu device rules are too many (at most "
			      "%d)", p.n, MAX_EXCEPTIONS);
		return err_at(e, "/linux/resources/devices");
	}
	*ret = p;
	return 0;
}

/* ---- v1 ---- */

static bool parse_num(const char *s, int64_t *ret)
{
	if (streq(s, "*")) {
		*ret = -1;
		return true;
	}
	return parse_i64(s, ret) == 0 && *ret >= 0;
}

/* "c 1:3 rwm" in place. */
static bool parse_dev(char *line, struct cg_dev *ret)
{
	char *colon = strchr(line, ':');
	char *access = colon ? strchr(colon, ' ') : NULL;

	if (!access || line[0] == '\0' || line[1] != ' ')
		return false;
	*colon = '\0';
	*access++ = '\0';
	*ret = (struct cg_dev){ .type = line[0] };
	for (; *access; access++)
		ret->access |= *access == 'r' ? CG_ACC_R
			       : *access == 'w' ? CG_ACC_W
			       : *access == 'm' ? CG_ACC_M : 0;
	return parse_num(line + 2, &ret->major) &&
	       parse_num(colon + 1, &ret->minor);
}

/* devices.list as a policy; with "a" it is an allow-all, its exceptions unknown. */
static bool parse_list(struct cg_dev_policy *ret, const char *list,
		       struct arena *a)
{
	char *p = arena_strdup(a, list);

	*ret = (struct cg_dev_policy){ .arena = a };
	while (p && *p) {
		char *nl = strchr(p, '\n');
		struct cg_dev d;

		if (nl)
			*nl = '\0';
		if (*p == 'a')
			ret->allow = true;
		else if (parse_dev(p, &d))
			except_add(ret, &d);
		else
			return false;
		p = nl ? nl + 1 : NULL;
	}
	return true;
}

static uint32_t access_of(const struct cg_dev_policy *p, const struct cg_dev *d)
{
	for (size_t i = 0; i < p->n; i++)
		if (same_node(&p->v[i], d))
			return p->v[i].access;
	return 0;
}

static void emit(struct cg_dev_write *v, size_t *n, struct arena *a, bool allow,
		 const struct cg_dev *d, uint32_t access)
{
	struct cg_dev part = *d;

	part.access = access;
	if (access)
		v[(*n)++] = (struct cg_dev_write){ allow, d->dflt,
						   dev_text(a, &part) };
}

int cg_devices_v1(const struct cg_dev_policy *target, const char *list,
		  struct arena *a, struct cg_dev_write **ret, size_t *ret_n)
{
	struct cg_dev_policy now;
	size_t n = 0;

	if (!parse_list(&now, list, a))
		return -EINVAL;
	struct cg_dev_write *v = arena_array(a, now.n + target->n + 1,
					     sizeof(*v));
	/*
	 * A reset denies (or allows) everything for a moment, so it is only
	 * done when the default changes, or when the exceptions of an
	 * allow-all, which cannot be read, have to be known.
	 */
	if (now.allow || now.allow != target->allow) {
		v[n++] = (struct cg_dev_write){ target->allow, false, "a" };
		now.n = 0;
	}
	for (size_t i = 0; i < now.n; i++)
		emit(v, &n, a, target->allow, &now.v[i],
		     now.v[i].access & ~access_of(target, &now.v[i]));
	for (size_t i = 0; i < target->n; i++)
		emit(v, &n, a, !target->allow, &target->v[i],
		     target->v[i].access & ~access_of(&now, &target->v[i]));
	*ret = v;
	*ret_n = n;
	return 0;
}

bool cg_devices_v1_within(const struct cg_dev_policy *target, const char *list,
			  struct arena *a)
{
	struct cg_dev_policy now;

	if (!parse_list(&now, list, a))
		return false;
	if (target->allow || now.allow)
		return target->allow == now.allow;
	for (size_t i = 0; i < now.n; i++)
		if (now.v[i].access & ~access_of(target, &now.v[i]))
			return false;
	return true;
}

/* ---- v2: the program ---- */

/* uapi/linux/bpf_common.h and bpf.h, spelled as instructions. */
static struct bpf_insn insn(int code, int dst, int src, int off, int64_t imm)
{
	return (struct bpf_insn){
		.code = (uint8_t)code, .dst_reg = (uint8_t)(dst & 0xf),
		.src_reg = (uint8_t)(src & 0xf), .off = (int16_t)off,
		.imm = (int32_t)imm,
	};
}

#define LOAD32(dst, off)  insn(BPF_LDX | BPF_MEM | BPF_W, dst, 1, off, 0)
#define MOV_REG(dst, src) insn(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define MOV_IMM(dst, imm) insn(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define AND_IMM(dst, imm) insn(BPF_ALU64 | BPF_AND | BPF_K, dst, 0, 0, imm)
#define RSH_IMM(dst, imm) insn(BPF_ALU64 | BPF_RSH | BPF_K, dst, 0, 0, imm)
#define JNE_IMM(dst, imm) insn(BPF_JMP | BPF_JNE | BPF_K, dst, 0, 0, imm)
#define JEQ_IMM(dst, imm) insn(BPF_JMP | BPF_JEQ | BPF_K, dst, 0, 0, imm)
#define JUMP()            insn(BPF_JMP | BPF_JA, 0, 0, 0, 0)
#define EXIT()            insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

enum { TMP = 1, TYPE = 2, ACCESS = 3, MAJOR = 4, MINOR = 5 }; /* registers */

/*
 * Loading costs two to three microseconds an instruction, on the path of every
 * start. So the exceptions, whose order does not matter, are sorted and share
 * their tests: type, access, major. A match jumps to the common end.
 */
struct program {
	struct bpf_insn *v;
	size_t n;
	size_t *hits; /* jumps to the common end */
	size_t n_hits;
	bool deny;    /* exceptions deny */
};

static size_t emit_insn(struct program *p, struct bpf_insn i)
{
	p->v[p->n] = i;
	return p->n++;
}

static void emit_hit(struct program *p, struct bpf_insn jump)
{
	p->hits[p->n_hits++] = emit_insn(p, jump);
}

/* Let the jump at `at` go to the next instruction. */
static void land(struct program *p, size_t at)
{
	p->v[at].off = (int16_t)(p->n - at - 1);
}

/* No device has such a number (the kernel has 12 and 20 bits). */
static bool never_matches(const struct cg_dev *d)
{
	return d->major > INT32_MAX || d->minor > INT32_MAX;
}

/* Wide before narrow: "rwm" first, "*" (-1) first. */
static int by_tests(const void *a, const void *b)
{
	const struct cg_dev *x = a, *y = b;

	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	if (x->access != y->access)
		return x->access > y->access ? -1 : 1;
	if (x->major != y->major)
		return x->major < y->major ? -1 : 1;
	return (x->minor > y->minor) - (x->minor < y->minor);
}

/* One major: returns the number of exceptions dealt with. */
static size_t emit_major(struct program *p, const struct cg_dev *d, size_t n)
{
	size_t i, count = 1;

	while (count < n && d[count].major == d->major)
		count++;
	if (d->minor == -1) { /* covers the others of this major */
		emit_hit(p, JEQ_IMM(MAJOR, d->major));
		return count;
	}
	size_t skip = d->major == -1 ? SIZE_MAX
				     : emit_insn(p, JNE_IMM(MAJOR, d->major));

	for (i = 0; i < count; i++)
		emit_hit(p, JEQ_IMM(MINOR, d[i].minor));
	if (skip != SIZE_MAX)
		land(p, skip);
	return count;
}

/*
 * One set of accesses. Sets *end if everything of the type matches, so that
 * what follows would be unreachable, which the verifier refuses.
 */
static size_t emit_access(struct program *p, const struct cg_dev *d, size_t n,
			  bool *end)
{
	size_t skip = SIZE_MAX, count = 1;
	bool any = d->major == -1 && d->minor == -1;

	while (count < n && d[count].access == d->access)
		count++;
	if (p->deny || d->access != CG_ACC_ALL) {
		/* Denied is what is touched, allowed what is covered. */
		(void)emit_insn(p, MOV_REG(TMP, ACCESS));
		(void)emit_insn(p, AND_IMM(TMP, p->deny ? d->access
						: CG_ACC_ALL & ~d->access));
		skip = emit_insn(p, p->deny ? JEQ_IMM(TMP, 0)
					    : JNE_IMM(TMP, 0));
	}
	if (any) {
		emit_hit(p, JUMP());
		*end = skip == SIZE_MAX;
	}
	for (size_t i = 0; !any && i < count;)
		i += emit_major(p, d + i, count - i);
	if (skip != SIZE_MAX)
		land(p, skip);
	return count;
}

static size_t emit_type(struct program *p, const struct cg_dev *d, size_t n)
{
	size_t skip, count = 1;
	bool end = false;

	while (count < n && d[count].type == d->type)
		count++;
	skip = emit_insn(p, JNE_IMM(TYPE, d->type == 'b' ? BPF_DEVCG_DEV_BLOCK
							 : BPF_DEVCG_DEV_CHAR));
	for (size_t i = 0; !end && i < count;)
		i += emit_access(p, d + i, count - i, &end);
	land(p, skip);
	return count;
}

void cg_devices_program(const struct cg_dev_policy *policy,
			struct bpf_insn **ret, size_t *ret_n)
{
	struct arena *a = policy->arena;
	struct cg_dev *d = arena_array(a, policy->n, sizeof(*d));
	/* Per exception at most its type, access (3), major and minor. */
	struct program p = {
		.v = arena_array(a, 10 + 6 * policy->n, sizeof(*p.v)),
		.hits = arena_array(a, policy->n, sizeof(*p.hits)),
		.deny = policy->allow,
	};
	size_t n = 0;

	for (size_t i = 0; i < policy->n; i++)
		if (!never_matches(&policy->v[i]))
			d[n++] = policy->v[i];
	qsort(d, n, sizeof(*d), by_tests);
	/* struct bpf_cgroup_dev_ctx { access_type (access << 16 | type),
	 * major, minor } in r1. */
	(void)emit_insn(&p, LOAD32(TYPE, 0));
	(void)emit_insn(&p, MOV_REG(ACCESS, TYPE));
	(void)emit_insn(&p, AND_IMM(TYPE, 0xffff));
	(void)emit_insn(&p, RSH_IMM(ACCESS, 16));
	(void)emit_insn(&p, LOAD32(MAJOR, 4));
	(void)emit_insn(&p, LOAD32(MINOR, 8));
	for (size_t i = 0; i < n;)
		i += emit_type(&p, d + i, n - i);
	(void)emit_insn(&p, MOV_IMM(0, policy->allow ? 1 : 0));
	(void)emit_insn(&p, EXIT());
	for (size_t i = 0; i < p.n_hits; i++)
		land(&p, p.hits[i]);
	if (p.n_hits) {
		(void)emit_insn(&p, MOV_IMM(0, policy->allow ? 0 : 1));
		(void)emit_insn(&p, EXIT());
	}
	*ret = p.v;
	*ret_n = p.n;
}

/* ---- to the kernel ---- */

int cg_devices_apply_v1(const char *dir, const struct cg_dev_policy *policy,
			struct err *e)
{
	struct arena *a = policy->arena;
	struct cg_dev_write *w;
	AUTO(str) char *list = NULL;
	AUTO(str) char *after = NULL;
	const char *path = arena_printf(a, "%s/devices.list", dir);
	size_t n;

	int r = file_read_at(AT_FDCWD, path, CG_FILE_MAX, &list, NULL);

	if (r < 0)
		return err_errno(e, -r, "cannot read '%s'", path);
	if (cg_devices_v1(policy, list, a, &w, &n) < 0)
		return err_set(e, EINVAL, "cannot understand '%s'", path);
	for (size_t i = 0; i < n; i++) {
		const char *file = w[i].allow ? "devices.allow" : "devices.deny";

		r = cg_put(dir, file, w[i].rule);
		/* The parent denies a device that nobody asked for. */
		if (r == -EPERM && w[i].dflt)
			continue;
		if (r < 0) {
			(void)err_errno(e, -r, "cannot write '%s' to '%s/%s'",
					w[i].rule, dir, file);
			if (r == -EPERM)
				(void)err_hint(e, "the parent cgroup does not "
						  "allow it");
			return err_at(e, "/linux/resources/devices");
		}
	}
	if (n == 0)
		return 0;
	r = file_read_at(AT_FDCWD, path, CG_FILE_MAX, &after, NULL);
	if (r < 0)
		return err_errno(e, -r, "cannot read '%s'", path);
	if (!cg_devices_v1_within(policy, after, a)) {
		(void)err_set(e, EPERM, "'%s' allows more than was asked for",
			      path);
		return err_at(e, "/linux/resources/devices");
	}
	return 0;
}

static int sys_bpf(int cmd, union bpf_attr *attr)
{
	long r = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return r < 0 ? -errno : (int)r;
}

static uint64_t ptr_u64(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

/* The verifier gives up with EAGAIN when a signal is on its way to us. */
#define LOAD_TRIES 8

static int load_once(const struct bpf_insn *v, size_t n)
{
	union bpf_attr attr;
	int fd = -EAGAIN;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = ptr_u64(v);
	attr.insn_cnt = (uint32_t)n;
	attr.license = ptr_u64("Apache-2.0");
	for (int i = 0; fd == -EAGAIN && i < LOAD_TRIES; i++)
		fd = sys_bpf(BPF_PROG_LOAD, &attr);
	return fd;
}

/*
 * Kernels before 5.11 count programs against RLIMIT_MEMLOCK and say EPERM. The
 * limit is only raised then, and put back, since it would be inherited.
 */
static int load_program(const struct bpf_insn *v, size_t n)
{
	struct rlimit old, all = { RLIM_INFINITY, RLIM_INFINITY };
	int fd = load_once(v, n);

	if (fd != -EPERM || getrlimit(RLIMIT_MEMLOCK, &old) < 0)
		return fd;
	if (setrlimit(RLIMIT_MEMLOCK, &all) < 0) {
		all = (struct rlimit){ old.rlim_max, old.rlim_max };
		if (old.rlim_cur == old.rlim_max ||
		    setrlimit(RLIMIT_MEMLOCK, &all) < 0)
			return fd;
	}
	fd = load_once(v, n);
	(void)setrlimit(RLIMIT_MEMLOCK, &old); /* lowering always works */
	return fd;
}

#define MAX_OLD 64 /* the kernel's limit of programs per cgroup */

static int query(int dirfd, uint32_t ids[MAX_OLD], uint32_t *ret_n)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)dirfd;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = ptr_u64(ids);
	attr.query.prog_cnt = MAX_OLD;
	int r = sys_bpf(BPF_PROG_QUERY, &attr);

	if (r >= 0)
		*ret_n = attr.query.prog_cnt;
	return r;
}

static int fd_of_id(uint32_t id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	return sys_bpf(BPF_PROG_GET_FD_BY_ID, &attr);
}

/* old: -1, or the descriptor of the one program to replace atomically. */
static int attach(int dirfd, int progfd, int old)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)dirfd;
	attr.attach_bpf_fd = (uint32_t)progfd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (old >= 0) {
		attr.attach_flags |= BPF_F_REPLACE;
		attr.replace_bpf_fd = (uint32_t)old;
	}
	return sys_bpf(BPF_PROG_ATTACH, &attr);
}

static int detach(int dirfd, int progfd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)dirfd;
	attr.attach_bpf_fd = (uint32_t)progfd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	return sys_bpf(BPF_PROG_DETACH, &attr);
}

/*
 * Programs of one cgroup are and-ed, so an old one must go: replaced in one
 * step where it is the only one (and the kernel can, 5.6), else after the new
 * one is in force. There is no moment without a program.
 */
static int attach_only(int dirfd, int progfd, struct err *e)
{
	uint32_t ids[MAX_OLD] = { 0 };
	uint32_t n = 0;
	int r = query(dirfd, ids, &n);

	if (r < 0)
		return err_errno(e, -r, "cannot list the device programs of the "
				 "cgroup (BPF_PROG_QUERY)");
	if (n == 1) {
		AUTO(fd) int old = fd_of_id(ids[0]);

		if (old >= 0 && attach(dirfd, progfd, old) >= 0)
			return 0;
	}
	r = attach(dirfd, progfd, -1);
	if (r < 0) {
		(void)err_errno(e, -r, "cannot attach the device program "
				"(BPF_PROG_ATTACH)");
		return err_hint(e, "%u programs are attached already", n);
	}
	for (uint32_t i = 0; i < n; i++) {
		AUTO(fd) int old = fd_of_id(ids[i]);

		r = old < 0 ? old : detach(dirfd, old);
		if (r < 0 && r != -ENOENT)
			return err_errno(e, -r, "cannot detach device program "
					 "%u (BPF_PROG_DETACH)", ids[i]);
		log_debug("removed device program %u from the cgroup", ids[i]);
	}
	return 0;
}

int cg_devices_apply_v2(int dirfd, const struct cg_dev_policy *policy,
			bool fresh, struct err *e)
{
	struct bpf_insn *v;
	size_t n;

	cg_devices_program(policy, &v, &n);
	AUTO(fd) int progfd = load_program(v, n);

	if (progfd < 0) {
		(void)err_errno(e, -progfd, "cannot load the device program "
				"(BPF_PROG_LOAD)");
		if (progfd == -EPERM)
			(void)err_hint(e, "needs CAP_BPF or CAP_SYS_ADMIN in the "
					  "initial user namespace");
		else if (progfd == -EINVAL || progfd == -ENOSYS)
			(void)err_hint(e, "needs a kernel with "
					  "CONFIG_CGROUP_BPF");
		return err_at(e, "/linux/resources/devices");
	}
	int r = fresh ? attach(dirfd, progfd, -1) : attach_only(dirfd, progfd, e);

	if (r < 0 && fresh)
		(void)err_errno(e, -r, "cannot attach the device program "
				"(BPF_PROG_ATTACH)");
	return r < 0 ? err_at(e, "/linux/resources/devices") : 0;
}
