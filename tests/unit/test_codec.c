/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flat form of a plan: every field of every argument struct survives, and
 * no bytes whatever make the decoder do worse than return -EPROTO (run under
 * AddressSanitizer to believe it).
 */
#include "config.h"
#include "plan/plan.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "tests/tap.h"

static const char *argv[] = { "/bin/x", "", "with space" };
static const char *envp[] = { "A=1", "B=" };
static uint32_t numbers[] = { 7, 0, UINT32_MAX };
static int32_t fds[_SLOT_MAX] = { 3, -1, 5, -1, 9, 10, -1, 11, 12, 13, -1, 14 };

/* One step of each kind, no field at zero. */
static const struct step steps[] = {
	{ STEP_SESSION, { .umask = { 0 } } },
	{ STEP_KEYRING, { .keyring = { "_ses.x", 0x80000, "label" } } },
	{ STEP_PROPAGATION, { .propagation = { UINT64_MAX } } },
	{ STEP_ROOTFS, { .rootfs = { "/r", true, true } } },
	{ STEP_MOUNT,
	  { .mount = { .index = 4,
		       .kind = MOUNT_REMOUNT,
		       .dest = "/d",
		       .type = "t",
		       .source = "s",
		       .data = "k=v",
		       .way_out = "/w",
		       .flags = 1ULL << 40,
		       .cleared = 2,
		       .rec_set = 3,
		       .rec_clr = 4,
		       .propagation = numbers,
		       .n_propagation = 3,
		       .by_parent = true,
		       .idmap = true,
		       .ro_late = true,
		       .mode_inherit = true,
		       .tmpcopyup = true,
		       .copy_symlink = true,
		       .src_nofollow = true,
		       .dest_nofollow = true,
		       .label_set = true, .label_option = "fscontext",
		       .label = "l" } } },
	{ STEP_SYMLINK, { .symlink = { "/p", "target" } } },
	{ STEP_DEVICE,
	  { .device = { 1, "/dev/x", 'c', 2, 3, 0600, 4, 5, true } } },
	{ STEP_DEV_LINKS, { .dev_links = { true, true } } },
	{ STEP_HOOK,
	  { .hook = { 2, 1, "/h", argv, 3, envp, 2, true, 30, "head",
		      "tail" } } },
	{ STEP_PIVOT, { .pivot = { PIVOT_CHROOT, 0, 0 } } },
	{ STEP_CWD_CREATE, { .path = { "/cwd" } } },
	{ STEP_CONSOLE,
	  { .console = { 24, 80, true, true, "label", 33, 34 } } },
	{ STEP_PIDFD_SEND, { .pidfd = { "standard" } } },
	{ STEP_REMOUNT_RO, { .remount = { "/dev", 0x21 } } },
	{ STEP_UMASK, { .umask = { 022 } } },
	{ STEP_RLIMIT, { .rlimit = { 1, 7, 1024, UINT64_MAX } } },
	{ STEP_SYSCTL, { .sysctl = { "net/x", "1\n" } } },
	{ STEP_MASK_PATH, { .path_at = { 5, "/proc/kcore", "label", "fscontext" } } },
	{ STEP_SCHEDULER, { .scheduler = { 6, -5, 7, 8, 9, 10, 11 } } },
	{ STEP_IO_PRIORITY, { .io_priority = { 2, 4 } } },
	{ STEP_PERSONALITY, { .personality = { 8 } } },
	{ STEP_MEMORY_POLICY, { .memory_policy = { 2, "0-3" } } },
	{ STEP_SECCOMP_LATE, { .seccomp = { true, 4, true } } },
	{ STEP_CAPS, { .caps = { true, 1, 2, 3, 4, 5 } } },
	{ STEP_IDS, { .ids = { 1, 2, numbers, 3, true } } },
	{ STEP_LOOKUP, { .exec = { argv, 3, envp, 2, "/w", 1000, 2 } } },
	{ STEP_WAIT_START, { .fifo = { SLOT_FIFO } } },
	{ STEP_EXEC, { .exec = { argv, 1, NULL, 0, "/", 0, 0 } } },
};
#define N_STEPS (sizeof(steps) / sizeof(*steps))

static void make_flat(struct str *out)
{
	struct plan p = {
		.n_steps = N_STEPS,
		.fds = fds,
		.n_slots = _SLOT_MAX,
		.id = "ctr",
		.verb = "create",
		.debug = true,
		.fail_at = 12,
	};

	p.steps = xcalloc(N_STEPS, sizeof(*p.steps));
	memcpy(p.steps, steps, sizeof(steps));
	plan_encode(&p, out);
	free(p.steps);
}

static bool same_strv(const char **a, size_t na, const char **b, size_t nb)
{
	if (na != nb || !b || b[nb])
		return false;
	for (size_t i = 0; i < na; i++)
		if (!streq(a[i], b[i]))
			return false;
	return true;
}

static bool same_mount(const struct arg_mount *a, const struct arg_mount *b)
{
	return a->index == b->index && a->kind == b->kind &&
	       streq(a->dest, b->dest) && streq(a->type, b->type) &&
	       streq(a->source, b->source) && streq0(a->data, b->data) &&
	       streq0(a->way_out, b->way_out) && a->flags == b->flags && a->cleared == b->cleared &&
	       a->rec_set == b->rec_set && a->rec_clr == b->rec_clr &&
	       a->n_propagation == b->n_propagation &&
	       memcmp(a->propagation, b->propagation, sizeof(numbers)) == 0 &&
	       a->by_parent == b->by_parent && a->idmap == b->idmap &&
	       a->ro_late == b->ro_late &&
	       a->mode_inherit == b->mode_inherit &&
	       a->tmpcopyup == b->tmpcopyup &&
	       a->copy_symlink == b->copy_symlink &&
	       a->src_nofollow == b->src_nofollow &&
	       a->dest_nofollow == b->dest_nofollow &&
	       a->label_set == b->label_set && streq0(a->label, b->label);
}

static bool same_hook(const struct arg_hook *a, const struct arg_hook *b)
{
	return a->kind == b->kind && a->index == b->index &&
	       streq(a->path, b->path) &&
	       same_strv(a->argv, a->n_argv, b->argv, b->n_argv) &&
	       same_strv(a->envp, a->n_envp, b->envp, b->n_envp) &&
	       a->env_set == b->env_set && a->timeout == b->timeout &&
	       streq(a->state_head, b->state_head) &&
	       streq(a->state_tail, b->state_tail);
}

static bool same_exec(const struct arg_exec *a, const struct arg_exec *b)
{
	return same_strv(a->argv, a->n_argv, b->argv, b->n_argv) &&
	       same_strv(a->envp, a->n_envp, b->envp, b->n_envp) &&
	       streq(a->cwd, b->cwd) && a->uid == b->uid &&
	       a->preserve_fds == b->preserve_fds;
}

static bool same_ids(const struct arg_ids *a, const struct arg_ids *b)
{
	return a->uid == b->uid && a->gid == b->gid &&
	       a->n_groups == b->n_groups &&
	       memcmp(a->groups, b->groups, sizeof(numbers)) == 0 &&
	       a->set_groups == b->set_groups;
}

static bool same_console(const struct arg_console *a,
			 const struct arg_console *b)
{
	return a->height == b->height && a->width == b->width &&
	       a->bind == b->bind && a->legacy == b->legacy &&
	       streq0(a->label, b->label) && a->uid == b->uid &&
	       a->gid == b->gid;
}

static bool same_device(const struct arg_device *a, const struct arg_device *b)
{
	return a->index == b->index && streq(a->path, b->path) &&
	       a->type == b->type && a->major == b->major &&
	       a->minor == b->minor && a->mode == b->mode && a->uid == b->uid &&
	       a->gid == b->gid && a->bind == b->bind;
}

/* The other kinds have no lists: what they print is all they are. */
static bool same_print(const struct step *a, const struct step *b)
{
	AUTO(strbuf) struct str ta = { 0 };
	AUTO(strbuf) struct str tb = { 0 };
	struct plan pa = { .n_steps = 1 }, pb = { .n_steps = 1 };
	struct step ca = *a, cb = *b;

	pa.steps = &ca;
	pb.steps = &cb;
	plan_print(&pa, &ta);
	plan_print(&pb, &tb);
	return streq(str_text(&ta), str_text(&tb));
}

static bool same_step(const struct step *a, const struct step *b)
{
	const char *kind = step_infos[a->id].arg;

	if (a->id != b->id || !same_print(a, b))
		return false;
	if (streq(kind, "mount"))
		return same_mount(&a->u.mount, &b->u.mount);
	if (streq(kind, "hook"))
		return same_hook(&a->u.hook, &b->u.hook);
	if (streq(kind, "exec"))
		return same_exec(&a->u.exec, &b->u.exec);
	if (streq(kind, "ids"))
		return same_ids(&a->u.ids, &b->u.ids);
	if (streq(kind, "console"))
		return same_console(&a->u.console, &b->u.console);
	if (streq(kind, "device"))
		return same_device(&a->u.device, &b->u.device);
	if (streq(kind, "path_at"))
		return a->u.path_at.index == b->u.path_at.index;
	return true;
}

static void test_roundtrip(void)
{
	AUTO(strbuf) struct str flat = { 0 };
	AUTO(strbuf) struct str again = { 0 };
	AUTO(plan) struct plan p = { 0 };
	struct err e = ERR_INIT;
	const char *from, *to;

	make_flat(&flat);
	if (!ok(plan_decode(&p, flat.p, flat.len, &e) == 0, "decoded"))
		return;
	is_str(p.id, "ctr", "id");
	is_str(p.verb, "create", "verb");
	ok(p.debug, "debug");
	is_int(p.fail_at, 12, "fail_at");
	is_int(p.n_slots, _SLOT_MAX, "slots");
	ok(memcmp(p.fds, fds, sizeof(fds)) == 0, "descriptors");
	is_int(p.n_steps, N_STEPS, "number of steps");
	for (size_t i = 0; i < N_STEPS && i < p.n_steps; i++)
		ok(same_step(&steps[i], &p.steps[i]), "step %s",
		   step_infos[steps[i].id].name);
	from = flat.p;
	to = flat.p + flat.len;
	ok(p.id >= from && p.id < to, "strings are not copied");
	plan_encode(&p, &again);
	ok(again.len == flat.len && memcmp(again.p, flat.p, flat.len) == 0,
	   "encoded again: the same bytes");
}

/* Every kind of argument occurs above: a new one must be added to `steps`. */
static void test_complete(void)
{
	for (int id = STEP_NONE + 1; id < _STEP_MAX; id++) {
		bool found = false;

		for (size_t i = 0; i < N_STEPS; i++)
			found |= streq(step_infos[steps[i].id].arg,
				       step_infos[id].arg);
		ok(found, "argument %s is covered", step_infos[id].arg);
	}
}

/* Decode a copy of exact size, so that a read beyond it is seen. */
static int try(const char *bytes, size_t len)
{
	struct plan p = { 0 };
	struct err e = ERR_INIT;
	char *copy = xmalloc(len ? len : 1);
	AUTO(strbuf) struct str text = { 0 };
	int r;

	memcpy(copy, bytes, len);
	r = plan_decode(&p, copy, len, &e);
	if (r == 0)
		plan_print(&p, &text); /* whatever was accepted is usable */
	plan_free(&p);
	free(copy);
	return r == 0 || (r == -EPROTO && e.code == EPROTO) ? r : 1;
}

static void test_damage(void)
{
	static const unsigned char flips[] = { 0xff, 0x01, 0x80, 0x20 };
	AUTO(strbuf) struct str flat = { 0 };
	int bad = 0, refused = 0;

	make_flat(&flat);
	for (size_t i = 0; i < flat.len; i++) {
		for (size_t k = 0; k < sizeof(flips); k++) {
			int r;

			flat.p[i] = (char)((unsigned char)flat.p[i] ^ flips[k]);
			r = try(flat.p, flat.len);
			flat.p[i] = (char)((unsigned char)flat.p[i] ^ flips[k]);
			bad += r > 0;
			refused += r < 0;
		}
	}
	is_int(bad, 0, "every byte flipped: accepted or -EPROTO");
	ok(refused > 0, "%d damaged plans refused", refused);
	bad = 0;
	for (size_t len = 0; len < flat.len; len++)
		bad += try(flat.p, len) != -EPROTO;
	is_int(bad, 0, "every truncation is refused");
	str_addc(&flat, 'x');
	is_int(try(flat.p, flat.len), -EPROTO, "a trailing byte is refused");
}

/* Counts and lengths that promise more than there is, at every place. */
static void test_huge(void)
{
	static const uint32_t values[] = { UINT32_MAX, 0x7fffffff, 0x40000000,
					   0xffff };
	AUTO(strbuf) struct str flat = { 0 };
	int bad = 0;

	make_flat(&flat);
	for (size_t i = 0; i + 4 <= flat.len; i++) {
		for (size_t k = 0; k < 4; k++) {
			char saved[4];

			memcpy(saved, flat.p + i, 4);
			memcpy(flat.p + i, &values[k], 4);
			bad += try(flat.p, flat.len) > 0;
			memcpy(flat.p + i, saved, 4);
		}
	}
	is_int(bad, 0, "huge counts: accepted as values or -EPROTO");
}

static void test_error(void)
{
	struct plan p = { .id = "kept" };
	struct err e = ERR_INIT;

	is_int(plan_decode(&p, "junk", 4, &e), -EPROTO, "junk is refused");
	ok(strstr(e.msg, "malformed plan"), "and says so: %s", e.msg);
	is_str(p.id, "kept", "the plan is untouched");
}

int main(void)
{
	test_roundtrip();
	test_complete();
	test_damage();
	test_huge();
	test_error();
	return done();
}
