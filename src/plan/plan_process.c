/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of steps.def that concern the process: session, hooks, console,
 * names, labels, attributes, credentials, environment and the final execve.
 * Pure (I7); the places in the start are those of steps.def (I8).
 *
 * `exec` takes what its process object lacks from the container's own process.
 * What the config asks for and the host cannot do is an error, never left out.
 * Sources: runtime-spec config.md "Process", "POSIX-platform Hooks";
 * capabilities(7), credentials(7), environ(7), seccomp(2).
 */
#include "config.h"
#include "plan/build.h"

#include <errno.h>
#include <linux/seccomp.h>

#include "base/cleanup.h"
#include "base/protect.h"
#include "config/names.h"
#include "base/banned.h"

static bool given(const char *s)
{
	return s && *s;
}

/* The process's own string, else the container's, else NULL. */
static const char *own_or(const char *own, const char *container)
{
	if (given(own))
		return own;
	return given(container) ? container : NULL;
}

/* ---- surroundings ----------------------------------------------------- */

int plan_fill_SESSION(struct builder *b, struct err *e)
{
	(void)e;
	(void)plan_add(b);
	return 0;
}

int plan_fill_STDIO(struct builder *b, struct err *e)
{
	(void)e;
	if (b->req->stdio)
		(void)plan_add(b);
	return 0;
}

/*
 * Possession is lost with the first setns into the container's user namespace,
 * so `others` need the search permission there; otherwise the owner does.
 */
#define KEY_OTH_SEARCH_BIT 0x00000008U
#define KEY_USR_SEARCH_BIT 0x00080000U

int plan_fill_KEYRING(struct builder *b, struct err *e)
{
	(void)e;
	if (b->req->no_new_keyring)
		return 0;
	plan_add(b)->keyring = (struct arg_keyring){
		.name = arena_printf(&b->plan->arena, "_ses.%s", b->req->id),
		.perm_or = b->exec	? 0
			   : b->user_ns ? KEY_OTH_SEARCH_BIT
					: KEY_USR_SEARCH_BIT,
		.label = own_or(b->proc->selinux_label,
				b->spec->process.selinux_label),
	};
	return 0;
}

int plan_fill_LOOPBACK(struct builder *b, struct err *e)
{
	const struct spec_ns *net = &b->spec->linux_.ns[NS_NET];

	(void)e;
	if (!b->exec && net->listed && !net->path)
		(void)plan_add(b);
	return 0;
}

/*
 * Who needs the parent to act between the mounts and the rest: network devices
 * that sysctls may name, its hooks, hooks that are to run within the limits, and
 * what the cgroup has to allow first (real-time bandwidth, memory nodes).
 * Otherwise the limits are applied at READY, and init need not stop twice.
 */
static bool rootfs_awaited(const struct spec *spec)
{
	return spec->linux_.n_net_devices > 0 ||
	       spec->hooks[HOOK_PRESTART].n > 0 ||
	       spec->hooks[HOOK_CREATE_RUNTIME].n > 0 ||
	       spec->hooks[HOOK_CREATE_CONTAINER].n > 0 ||
	       spec->process.scheduler.set || spec->linux_.memory_policy.set;
}

int plan_fill_ROOTFS_READY(struct builder *b, struct err *e)
{
	(void)e;
	if (!b->exec && rootfs_awaited(b->spec))
		(void)plan_add(b);
	return 0;
}

static int fill_name(struct builder *b, const char *name)
{
	if (!b->exec && given(name))
		plan_add(b)->path.text = name;
	return 0;
}

int plan_fill_HOSTNAME(struct builder *b, struct err *e)
{
	(void)e;
	return fill_name(b, b->spec->hostname);
}

int plan_fill_DOMAINNAME(struct builder *b, struct err *e)
{
	(void)e;
	return fill_name(b, b->spec->domainname);
}

/*
 * "net.ipv4.ip_forward" and "net/ipv4/ip_forward" name the same file. As in
 * sysctl.d(5), the first separator decides; the other one stands for itself
 * swapped, so that "net.ipv4.conf.eth0/1.forwarding" reaches "eth0.1".
 */
static const char *sysctl_path(struct arena *arena, const char *key)
{
	char *path = arena_strdup(arena, key);
	size_t first = strcspn(path, "./");

	if (path[first] == '/')
		return path;
	for (char *p = path; *p; p++) {
		if (*p == '.')
			*p = '/';
		else if (*p == '/')
			*p = '.';
	}
	return path;
}

int plan_fill_SYSCTL(struct builder *b, struct err *e)
{
	const struct kv_list *list = &b->spec->linux_.sysctl;

	(void)e;
	if (b->exec)
		return 0;
	for (size_t i = 0; i < list->n; i++)
		plan_add(b)->sysctl = (struct arg_sysctl){
			.key = sysctl_path(&b->plan->arena, list->v[i].key),
			.value = list->v[i].value,
		};
	return 0;
}

/* ---- hooks ------------------------------------------------------------ */

void plan_hook(struct arg_hook *ret, struct arena *arena,
	       const struct spec_hook *hook, enum hook_kind kind, size_t index)
{
	*ret = (struct arg_hook){
		.kind = kind,
		.index = (uint32_t)index,
		.path = hook->path,
		.argv = hook->args.v,
		.n_argv = hook->args.n,
		.envp = hook->env.v,
		.n_envp = hook->env.n,
		.env_set = hook->env_set,
		.timeout = hook->timeout.set ? hook->timeout.v : 0,
	};
	if (ret->n_argv == 0) {
		ret->argv = arena_array(arena, 2, sizeof(*ret->argv));
		ret->argv[0] = hook->path;
		ret->n_argv = 1;
	}
}

static int fill_hooks(struct builder *b, enum hook_kind kind,
		      const char *status)
{
	const struct hook_list *list = &b->spec->hooks[kind];
	AUTO(strbuf) struct str head = { 0 };
	AUTO(strbuf) struct str tail = { 0 };
	const char *shared_head, *shared_tail;

	if (b->exec || list->n == 0)
		return 0;
	plan_state_head(&head, b->req->id, status);
	plan_state_tail(&tail, b->req->bundle, &b->spec->annotations);
	shared_head = arena_strdup(&b->plan->arena, str_text(&head));
	shared_tail = arena_strdup(&b->plan->arena, str_text(&tail));
	for (size_t i = 0; i < list->n; i++) {
		struct arg_hook *a = &plan_add(b)->hook;

		plan_hook(a, &b->plan->arena, &list->v[i], kind, i);
		a->state_head = shared_head;
		a->state_tail = shared_tail;
	}
	return 0;
}

int plan_fill_HOOK(struct builder *b, struct err *e)
{
	(void)e;
	return fill_hooks(b, HOOK_CREATE_CONTAINER, "creating");
}

int plan_fill_HOOK_START(struct builder *b, struct err *e)
{
	(void)e;
	return fill_hooks(b, HOOK_START_CONTAINER, "created");
}

/* ---- terminal --------------------------------------------------------- */

int plan_fill_CONSOLE(struct builder *b, struct err *e)
{
	const struct spec_process *p = b->proc;
	bool sized = p->console_height && p->console_width;

	(void)e;
	if (!p->terminal)
		return 0;
	plan_add(b)->console = (struct arg_console){
		.height = sized ? p->console_height : 0,
		.width = sized ? p->console_width : 0,
		.bind = !b->exec && b->own_mounts,
		.legacy = b->req->legacy_console,
		.label = own_or(b->spec->linux_.mount_label, NULL),
		.uid = p->user.uid,
		.gid = p->user.gid,
	};
	return 0;
}

int plan_fill_PIDFD_SEND(struct builder *b, struct err *e)
{
	(void)e;
	if (b->req->pidfd_socket)
		plan_add(b)->pidfd.payload = b->exec ? "setns" : "standard";
	return 0;
}

/* ---- attributes ------------------------------------------------------- */

int plan_fill_UMASK(struct builder *b, struct err *e)
{
	struct opt_u32 mask = b->proc->user.umask;

	(void)e;
	if (!mask.set)
		mask = b->spec->process.user.umask;
	if (!mask.set && !b->exec)
		mask = (struct opt_u32){ true, 0022 };
	if (mask.set)
		plan_add(b)->umask.mask = mask.v & 0777;
	return 0;
}

int plan_fill_APPARMOR(struct builder *b, struct err *e)
{
	const char *profile = own_or(b->proc->apparmor_profile,
				     b->spec->process.apparmor_profile);

	if (!profile)
		return 0;
	if (!b->host->apparmor) {
		(void)err_set(e, ENOTSUP,
			      "cannot apply profile '%s': apparmor: config "
			      "provided but apparmor not supported",
			      profile);
		(void)err_hint(e, "AppArmor is not enabled on this host");
		return err_at(e, "/process/apparmorProfile");
	}
	plan_add(b)->path.text = profile;
	return 0;
}

int plan_fill_SELINUX(struct builder *b, struct err *e)
{
	const char *label =
		own_or(b->proc->selinux_label, b->spec->process.selinux_label);

	if (!label)
		return 0;
	if (!b->host->selinux) {
		(void)err_set(e, ENOTSUP,
			      "selinux label is specified in config, but "
			      "selinux is disabled or not supported");
		return err_at(e, "/process/selinuxLabel");
	}
	plan_add(b)->path.text = label;
	return 0;
}

int plan_fill_NO_NEW_PRIVS(struct builder *b, struct err *e)
{
	(void)e;
	if (b->nnp)
		(void)plan_add(b);
	return 0;
}

int plan_fill_SCHEDULER(struct builder *b, struct err *e)
{
	const struct spec_scheduler *s = &b->proc->scheduler;

	(void)e;
	if (!s->set)
		s = &b->spec->process.scheduler;
	if (s->set)
		plan_add(b)->scheduler = (struct arg_scheduler){
			.policy = s->policy,
			.nice = s->nice,
			.priority = (uint32_t)s->priority,
			.flags = s->flags,
			.runtime = s->runtime.v,
			.deadline = s->deadline.v,
			.period = s->period,
		};
	return 0;
}

int plan_fill_IO_PRIORITY(struct builder *b, struct err *e)
{
	const struct spec_io_priority *p = &b->proc->io_priority;

	(void)e;
	if (!p->set)
		p = &b->spec->process.io_priority;
	if (p->set)
		plan_add(b)->io_priority = (struct arg_io_priority){
			.class_ = p->class_,
			.priority = (uint32_t)p->priority,
		};
	return 0;
}

int plan_fill_PERSONALITY(struct builder *b, struct err *e)
{
	const struct spec_personality *p = &b->spec->linux_.personality;

	(void)e;
	if (p->set)
		plan_add(b)->personality.persona = p->domain;
	return 0;
}

int plan_fill_MEMORY_POLICY(struct builder *b, struct err *e)
{
	const struct spec_memory_policy *p = &b->spec->linux_.memory_policy;

	(void)e;
	if (p->set)
		plan_add(b)->memory_policy = (struct arg_memory_policy){
			.mode = p->mode | p->flags,
			.nodes = p->nodes,
		};
	return 0;
}

/* ---- seccomp ---------------------------------------------------------- */

static bool notifies(const struct spec_seccomp *s)
{
	if (s->listener_always)
		return true;
	for (size_t i = 0; i < s->n_rules; i++)
		if (s->rules[i].action == SCMP_NOTIFY)
			return true;
	return false;
}

static uint32_t filter_flags(const struct spec_seccomp *s, uint32_t lacks)
{
	uint32_t flags = 0;

	if (!s->flags_set)
		return SECCOMP_FILTER_FLAG_SPEC_ALLOW & ~lacks;
	for (size_t i = 0; i < s->flags.n; i++)
		flags |= s->flags.v[i];
	/* there is but one thread, and a listener excludes it */
	return flags & ~(uint32_t)SECCOMP_FILTER_FLAG_TSYNC;
}

static int fill_seccomp(struct builder *b, bool late)
{
	const struct spec_seccomp *s = &b->spec->linux_.seccomp;

	if (b->seccomp && b->nnp == late)
		plan_add(b)->seccomp = (struct arg_seccomp){
			.has_listener = notifies(s),
			.flags = filter_flags(s, b->req->seccomp_lacks),
			.by_number = b->req->seccomp_by_number,
		};
	return 0;
}

int plan_fill_RLIMIT(struct builder *b, struct err *e)
{
	(void)e;
	if (b->spec->linux_.ns[NS_USER].listed)
		return 0; /* RLIMITS */
	for (size_t i = 0; i < b->proc->n_rlimits; i++) {
		const struct spec_rlimit *l = &b->proc->rlimits[i];

		plan_add(b)->rlimit = (struct arg_rlimit){
			.index = (uint32_t)i,
			.resource = (uint32_t)l->resource,
			.soft = l->soft,
			.hard = l->hard,
		};
	}
	return 0;
}

int plan_fill_RLIMITS(struct builder *b, struct err *e)
{
	(void)e;
	if (b->proc->n_rlimits > 0 && b->spec->linux_.ns[NS_USER].listed)
		(void)plan_add(b);
	return 0;
}

int plan_fill_SECCOMP_EARLY(struct builder *b, struct err *e)
{
	const struct spec_seccomp *s = &b->spec->linux_.seccomp;

	/* An object without action and rules asks for nothing. */
	if (s->set && (s->default_action || s->n_rules) && !b->seccomp) {
		(void)err_set(e, ENOTSUP,
			      "a seccomp filter is asked for, but there is "
			      "no compiled one");
		(void)err_hint(e, "this build may lack seccomp");
		return err_at(e, "/linux/seccomp");
	}
	return fill_seccomp(b, false);
}

int plan_fill_SECCOMP_LATE(struct builder *b, struct err *e)
{
	(void)e;
	return fill_seccomp(b, true);
}

/* ---- credentials ------------------------------------------------------ */

static struct arg_ids ids_of(const struct builder *b)
{
	const struct spec_user *u = &b->proc->user;

	return (struct arg_ids){
		.uid = u->uid,
		.gid = u->gid,
		.groups = u->additional_gids.v,
		.n_groups = u->additional_gids.n,
		/* without privileges the kernel demands setgroups to be denied
		 * (user_namespaces(7)): the caller's groups stay */
		.set_groups = b->host->euid == 0 && !b->spec->run_oci.keep_groups,
	};
}

int plan_fill_STDIO_OWNER(struct builder *b, struct err *e)
{
	(void)e;
	plan_add(b)->ids = ids_of(b);
	return 0;
}

int plan_fill_IDS(struct builder *b, struct err *e)
{
	struct arg_ids ids = ids_of(b);

	if (b->spec->run_oci.keep_groups)
		ids.n_groups = 0; /* as asked for: the caller's, whatever is listed */
	if (!ids.set_groups && ids.n_groups > 0) {
		(void)err_set(e, EPERM,
			      "cannot set any additional groups in a "
			      "rootless container");
		(void)err_hint(e,
			       "remove them, or start the container as root");
		return err_at(e, "/process/user/additionalGids");
	}
	plan_add(b)->ids = ids;
	return 0;
}

static struct arg_caps caps_of(const struct builder *b)
{
	const struct spec_capabilities *c = &b->proc->caps;
	int last = b->host->cap_last;
	/* capset(2) and prctl(2) refuse what the kernel does not know */
	uint64_t known = last < 0 || last >= 63
				 ? UINT64_MAX
				 : (UINT64_C(1) << (last + 1)) - 1;

	if (!c->set)
		c = &b->spec->process.caps;
	if (!c->set || (b->exec && !PROTECTED(EXEC_CAPS)))
		return (struct arg_caps){ .set = false };
	if (!PROTECTED(AMBIENT))
		return (struct arg_caps){
			true, c->bounding & known, c->effective & known,
			c->permitted & known, c->permitted & known,
			c->permitted & known,
		};
	return (struct arg_caps){
		.set = true,
		.bounding = c->bounding & known,
		.effective = c->effective & known,
		.inheritable = c->inheritable & known,
		.permitted = c->permitted & known,
		.ambient = c->ambient & known,
	};
}

int plan_fill_BOUNDING(struct builder *b, struct err *e)
{
	struct arg_caps caps = caps_of(b);

	(void)e;
	if (caps.set)
		plan_add(b)->caps = caps;
	return 0;
}

int plan_fill_CAPS(struct builder *b, struct err *e)
{
	(void)e;
	/* also without sets: keep-caps, which IDS turned on, ends here */
	plan_add(b)->caps = caps_of(b);
	return 0;
}

int plan_fill_CHDIR(struct builder *b, struct err *e)
{
	(void)e;
	plan_add(b)->path.text = b->proc->cwd;
	return 0;
}

int plan_fill_CHDIR_USER(struct builder *b, struct err *e)
{
	return plan_fill_CHDIR(b, e);
}

/* ---- the program ------------------------------------------------------ */

/* Of duplicate names the last one wins and keeps its place. */
static void unique_env(struct arena *arena, const char **env, size_t *n)
{
	struct strset seen;
	size_t out = *n;

	strset_init(&seen, arena, *n);
	for (size_t i = *n; i-- > 0;)
		if (strset_add(&seen, env[i], strcspn(env[i], "=")))
			env[--out] = env[i];
	*n -= out;
	memmove(env, env + out, *n * sizeof(*env));
	env[*n] = NULL;
}

static struct arg_exec make_exec(struct builder *b)
{
	const struct spec_process *p = b->proc;
	struct arena *arena = &b->plan->arena;
	uint32_t listen = b->req->listen_fds;
	size_t n = p->env.n;
	const char **env = arena_array(arena, n + 3, sizeof(*env));

	for (size_t i = 0; i < n; i++)
		env[i] = p->env.v[i];
	if (listen > 0) {
		/* sd_listen_fds(3): for the container's own init */
		env[n++] = arena_printf(arena, "LISTEN_FDS=%u", listen);
		env[n++] = "LISTEN_PID=1";
	}
	unique_env(arena, env, &n);
	return (struct arg_exec){
		.argv = p->args.v,
		.n_argv = p->args.n,
		.envp = env,
		.n_envp = n,
		.cwd = p->cwd,
		.uid = p->user.uid,
		.preserve_fds = listen + b->req->preserve_fds,
	};
}

int plan_fill_LOOKUP(struct builder *b, struct err *e)
{
	(void)e;
	if (!b->program.argv)
		b->program = make_exec(b);
	plan_add(b)->exec = b->program;
	return 0;
}

int plan_fill_DONE(struct builder *b, struct err *e)
{
	(void)e;
	(void)plan_add(b);
	return 0;
}

int plan_fill_EXEC(struct builder *b, struct err *e)
{
	return plan_fill_LOOKUP(b, e);
}

int plan_fill_READY(struct builder *b, struct err *e)
{
	(void)e;
	(void)plan_add(b);
	return 0;
}

int plan_fill_WAIT_START(struct builder *b, struct err *e)
{
	(void)e;
	/* run starts what it creates: RUN is its go-ahead */
	if (!b->exec && b->req->verb != VERB_RUN)
		plan_add(b)->fifo.slot = SLOT_FIFO;
	return 0;
}
