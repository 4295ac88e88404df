/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan as text: the names of the steps (from steps.def) and one line for each
 * step, for error messages, --dry-run and golden tests. Two lengths: `brief`
 * names the object, the long form shows every argument.
 *
 * Values of environment variables are never printed: they may be secrets, and
 * this text goes into logs.
 */
#include "config.h"
#include "plan/plan.h"

#include <sys/mount.h>

#include "config/names.h"
#include "base/banned.h"

#define STEP(id, arg_, name_, why_) \
	[STEP_##id] = { .name = (name_), .arg = #arg_, .why = (why_) },
const struct step_info step_infos[_STEP_MAX] = {
	[STEP_NONE] = { .name = "none", .arg = "none", .why = "" },
#include "plan/steps.def"
};
#undef STEP

static void add_opt(struct str *out, const char *key, const char *value)
{
	if (value)
		str_addf(out, " %s='%s'", key, value);
}

static void add_word(struct str *out, bool on, const char *word)
{
	if (on)
		str_addf(out, " %s", word);
}

static void add_index(struct str *out, const char *list, uint32_t index)
{
	if (index != UINT32_MAX)
		str_addf(out, " [%s/%u]", list, index);
}

/* ---- flags ------------------------------------------------------------ */

static void add_flag(struct str *out, bool *first, const char *name)
{
	str_addf(out, "%s%s", *first ? "" : ",", name);
	*first = false;
}

/* MS_* bits by the names of the mount options that set them. */
static void add_flags(struct str *out, const char *key, uint64_t flags)
{
	const struct mount_opt_name *row;
	bool first = true;

	if (flags == 0)
		return;
	str_addf(out, " %s ", key);
	for (row = mount_opt_names; row->name; row++) {
		/* one bit, and not two as rbind */
		if (row->class_ != MO_FLAG || row->set == 0 ||
		    (row->set & (row->set - 1)) || !(flags & row->set))
			continue;
		add_flag(out, &first, row->name);
		flags &= ~row->set;
	}
	if (flags & MS_REC)
		add_flag(out, &first, "rec");
	flags &= ~(uint64_t)MS_REC;
	if (flags)
		str_addf(out, "%s0x%llx", first ? "" : ",",
			 (unsigned long long)flags);
}

static void add_propagation(struct str *out, uint64_t flags)
{
	const char *name = name_of(names_propagation, flags);

	if (name)
		str_addf(out, " %s", name);
	else
		str_addf(out, " 0x%llx", (unsigned long long)flags);
}

/* ---- one function for each argument struct ---------------------------- */

typedef void (*print_fn)(const union step_arg *u, bool brief, struct str *out);

static void print_none(const union step_arg *u, bool brief, struct str *out)
{
	(void)u;
	(void)brief;
	(void)out;
}

static void print_keyring(const union step_arg *u, bool brief, struct str *out)
{
	str_addf(out, " '%s'", u->keyring.name);
	if (brief)
		return;
	if (u->keyring.perm_or)
		str_addf(out, " perm |= 0x%x", u->keyring.perm_or);
	add_opt(out, "label", u->keyring.label);
}

static void print_propagation(const union step_arg *u, bool brief,
			      struct str *out)
{
	(void)brief;
	add_propagation(out, u->propagation.flags);
}

static void print_rootfs(const union step_arg *u, bool brief, struct str *out)
{
	const struct arg_rootfs *a = &u->rootfs;

	str_addf(out, " %s", a->path);
	if (!brief && a->own_ns)
		str_addf(out, " bind, parent %s",
			 a->private_parent ? "private" : "slave");
	else if (!brief)
		str_add(out, " bind, private");
}

static const char *mount_type(const struct arg_mount *a)
{
	if (a->kind == MOUNT_BIND)
		return "bind";
	if (a->kind == MOUNT_REMOUNT)
		return "remount";
	return *a->type ? a->type : "none";
}

static void print_mount(const union step_arg *u, bool brief, struct str *out)
{
	const struct arg_mount *a = &u->mount;

	str_addf(out, " %s (%s)", a->dest, mount_type(a));
	if (brief)
		return;
	str_addf(out, " from '%s'", a->source);
	add_flags(out, "set", a->flags & ~(uint64_t)MS_BIND);
	add_flags(out, "clear", a->cleared);
	if (a->rec_set || a->rec_clr)
		str_addf(out, " recursive +0x%llx -0x%llx",
			 (unsigned long long)a->rec_set,
			 (unsigned long long)a->rec_clr);
	for (size_t i = 0; i < a->n_propagation; i++)
		add_propagation(out, a->propagation[i]);
	add_opt(out, "data", a->data);
	add_opt(out, "way-out", a->way_out);
	add_word(out, a->by_parent, "by-parent");
	add_word(out, a->idmap, "idmap");
	add_word(out, a->ro_late, "ro-late");
	add_word(out, a->mode_inherit, "mode-inherit");
	add_word(out, a->tmpcopyup, "tmpcopyup");
	add_word(out, a->copy_symlink, "copy-symlink");
	add_word(out, a->src_nofollow, "src-nofollow");
	add_word(out, a->dest_nofollow, "dest-nofollow");
	if (a->label_set)
		add_opt(out, a->label_option ? a->label_option : "label", a->label);
	add_index(out, "/mounts", a->index);
}

static void print_symlink(const union step_arg *u, bool brief, struct str *out)
{
	(void)brief;
	str_addf(out, " %s -> %s", u->symlink.path, u->symlink.target);
}

static void print_device(const union step_arg *u, bool brief, struct str *out)
{
	const struct arg_device *a = &u->device;

	str_addf(out, " %s", a->path);
	if (brief)
		return;
	str_addf(out, " %c %u:%u mode %04o owner %u:%u",
		 a->type ? (int)a->type : '?', a->major, a->minor, a->mode,
		 a->uid, a->gid);
	add_word(out, a->bind, "bind");
	add_index(out, "/linux/devices", a->index);
}

static void print_dev_links(const union step_arg *u, bool brief,
			    struct str *out)
{
	(void)brief;
	add_word(out, u->dev_links.ptmx, "ptmx");
	add_word(out, u->dev_links.kcore, "core");
}

static void add_strv(struct str *out, const char *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		str_addf(out, " '%s'", v[i]);
}

/* Names only. */
static void add_env(struct str *out, const char *const *v, size_t n)
{
	str_add(out, " env");
	if (n == 0)
		str_add(out, " none");
	for (size_t i = 0; i < n; i++) {
		str_addc(out, i == 0 ? ' ' : ',');
		str_addn(out, v[i], strcspn(v[i], "="));
	}
}

static void print_hook(const union step_arg *u, bool brief, struct str *out)
{
	const struct arg_hook *a = &u->hook;

	str_addf(out, " #%u %s", a->index, a->path);
	if (brief)
		return;
	str_add(out, " argv");
	add_strv(out, a->argv, a->n_argv);
	if (a->env_set)
		add_env(out, a->envp, a->n_envp);
	else
		str_add(out, " env inherited");
	if (a->timeout > 0)
		str_addf(out, " timeout %ds", a->timeout);
	str_addf(out, " state %s\"pid\":N,%s", a->state_head, a->state_tail);
}

static void print_pivot(const union step_arg *u, bool brief, struct str *out)
{
	static const char *const how[] = {
		[PIVOT_ROOT] = "pivot_root",
		[PIVOT_MOVE] = "move and chroot",
		[PIVOT_CHROOT] = "chroot",
		[PIVOT_JOINED] = "joined",
		[PIVOT_ENTER] = "chroot to the root of init",
	};

	(void)brief;
	str_addf(out, " %s",
		 u->pivot.how <= PIVOT_ENTER ? how[u->pivot.how] : "?");
}

static void print_path(const union step_arg *u, bool brief, struct str *out)
{
	(void)brief;
	str_addf(out, " '%s'", u->path.text);
}

static void print_path_at(const union step_arg *u, bool brief, struct str *out)
{
	str_addf(out, " %s", u->path_at.path);
	if (!brief)
		add_opt(out, u->path_at.label_option ? u->path_at.label_option :
			     "label", u->path_at.label);
}

static void print_console(const union step_arg *u, bool brief, struct str *out)
{
	const struct arg_console *a = &u->console;

	str_add(out, a->legacy ? " inherited pty" : " new pty");
	if (brief)
		return;
	if (a->height && a->width)
		str_addf(out, " %ux%u", a->width, a->height);
	str_addf(out, " owner %u:%u", a->uid, a->gid);
	add_word(out, a->bind, "on /dev/console");
	add_opt(out, "label", a->label);
}

static void print_pidfd(const union step_arg *u, bool brief, struct str *out)
{
	(void)brief;
	str_addf(out, " '%s'", u->pidfd.payload);
}

static void print_remount(const union step_arg *u, bool brief, struct str *out)
{
	str_addf(out, " %s", u->remount.path);
	if (!brief)
		add_flags(out, "set", u->remount.flags);
}

static void print_umask(const union step_arg *u, bool brief, struct str *out)
{
	(void)brief;
	str_addf(out, " %04o", u->umask.mask);
}

static void print_rlimit(const union step_arg *u, bool brief, struct str *out)
{
	const struct arg_rlimit *l = &u->rlimit;
	const char *name = name_of(names_rlimit, l->resource);

	(void)brief;
	str_addf(out, " %s", name ? name : "?");
	if (l->soft == UINT64_MAX)
		str_add(out, " soft unlimited");
	else
		str_addf(out, " soft %llu", (unsigned long long)l->soft);
	if (l->hard == UINT64_MAX)
		str_add(out, " hard unlimited");
	else
		str_addf(out, " hard %llu", (unsigned long long)l->hard);
}

static void print_sysctl(const union step_arg *u, bool brief, struct str *out)
{
	str_addf(out, " %s", u->sysctl.key);
	if (!brief)
		str_addf(out, " = '%s'", u->sysctl.value);
}

static void print_scheduler(const union step_arg *u, bool brief,
			    struct str *out)
{
	const struct arg_scheduler *a = &u->scheduler;

	str_addf(out, " policy %u", a->policy);
	if (!brief)
		str_addf(out,
			 " nice %d priority %u flags 0x%llx "
			 "runtime %llu deadline %llu period %llu",
			 a->nice, a->priority, (unsigned long long)a->flags,
			 (unsigned long long)a->runtime,
			 (unsigned long long)a->deadline,
			 (unsigned long long)a->period);
}

static void print_io_priority(const union step_arg *u, bool brief,
			      struct str *out)
{
	(void)brief;
	str_addf(out, " class %u priority %u", u->io_priority.class_,
		 u->io_priority.priority);
}

static void print_personality(const union step_arg *u, bool brief,
			      struct str *out)
{
	(void)brief;
	str_addf(out, " 0x%llx", (unsigned long long)u->personality.persona);
}

static void print_memory_policy(const union step_arg *u, bool brief,
				struct str *out)
{
	str_addf(out, " mode 0x%x", u->memory_policy.mode);
	if (!brief)
		add_opt(out, "nodes", u->memory_policy.nodes);
}

static void print_seccomp(const union step_arg *u, bool brief, struct str *out)
{
	if (brief)
		return;
	str_addf(out, " flags 0x%x", u->seccomp.flags);
	add_word(out, u->seccomp.has_listener, "listener");
	add_word(out, u->seccomp.by_number, "by-number");
}

static void print_caps(const union step_arg *u, bool brief, struct str *out)
{
	const struct arg_caps *a = &u->caps;

	if (!a->set)
		str_add(out, " unchanged");
	else if (!brief)
		str_addf(out, " b=%llx e=%llx i=%llx p=%llx a=%llx",
			 (unsigned long long)a->bounding,
			 (unsigned long long)a->effective,
			 (unsigned long long)a->inheritable,
			 (unsigned long long)a->permitted,
			 (unsigned long long)a->ambient);
}

static void print_ids(const union step_arg *u, bool brief, struct str *out)
{
	const struct arg_ids *a = &u->ids;

	str_addf(out, " %u:%u", a->uid, a->gid);
	if (brief)
		return;
	if (!a->set_groups) {
		str_add(out, " groups unchanged");
		return;
	}
	str_add(out, a->n_groups ? " groups" : " groups none");
	for (size_t i = 0; i < a->n_groups; i++)
		str_addf(out, "%c%u", i == 0 ? ' ' : ',', a->groups[i]);
}

static void print_exec(const union step_arg *u, bool brief, struct str *out)
{
	const struct arg_exec *a = &u->exec;

	if (brief) {
		add_strv(out, a->argv, a->n_argv > 0 ? 1 : 0);
		return;
	}
	add_strv(out, a->argv, a->n_argv);
	str_addf(out, " cwd '%s' uid %u fds %u", a->cwd, a->uid,
		 a->preserve_fds);
	add_env(out, a->envp, a->n_envp);
}

static void print_fifo(const union step_arg *u, bool brief, struct str *out)
{
	(void)u;
	(void)brief;
	(void)out;
}

#define STEP(id, arg, name, why) [STEP_##id] = print_##arg,
static const print_fn printers[_STEP_MAX] = {
	[STEP_NONE] = print_none,
#include "plan/steps.def"
};
#undef STEP

/* A name from the config cannot start a line of its own. */
static void one_line(struct str *out, size_t start)
{
	for (size_t i = start; i < out->len; i++)
		if ((unsigned char)out->p[i] < 0x20 || out->p[i] == 0x7f)
			out->p[i] = '?';
}

void step_print(const struct step *step, struct str *out)
{
	size_t start = out->len;

	str_add(out, step_infos[step->id].name);
	printers[step->id](&step->u, true, out);
	one_line(out, start);
}

void plan_print(const struct plan *plan, struct str *out)
{
	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct step *s = &plan->steps[i];
		size_t start;

		str_addf(out, "%zu", i + 1);
		str_addf(out, "%*s", i + 1 < 10 ? 3 : i + 1 < 100 ? 2 : 1, "");
		start = out->len;
		str_addf(out, "%-21s", step_infos[s->id].name);
		printers[s->id](&s->u, false, out);
		one_line(out, start);
		/* the padding of a step without arguments */
		while (out->len > start && out->p[out->len - 1] == ' ')
			out->p[--out->len] = '\0';
		str_addc(out, '\n');
	}
}
