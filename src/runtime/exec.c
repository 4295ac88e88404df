/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec: the parent's sequence for a further process. The same services and the
 * same executor as create, with a shorter plan; namespaces are joined, never
 * made. The process object comes from --process, or from the container's own
 * (as it was at create) with the command line's changes.
 */
#include "config.h"
#include "runtime/exec.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/path.h"
#include "base/protect.h"
#include "base/str.h"
#include "config/config.h"
#include "config/names.h"
#include "runtime/foreground.h"
#include "runtime/interrupt.h"
#include "runtime/process.h"
#include "runtime/seccomp_notify.h"
#include "runtime/start.h"
#include "runtime/state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

#define PROCESS_MAX (16U << 20)
#define STEP_DEADLINE_MS (60 * 1000)

struct execution {
	const struct exec_opts *opts;
	struct container c;
	struct spec spec;
	struct spec_process process;
	struct host host;
	struct plan plan;
	struct cgroup *cg;
	struct process_fds fds;
	struct nsx_zygote zygote;
	struct nsx_child child;
	enum status status;
	bool paused;
	bool beside; /* the process does not wait until it has been entered */
	struct foreground fg;
	struct interrupt in;
};

static int check_status(struct execution *x, struct err *e)
{
	enum status s = state_status(&x->c, &x->cg);

	if (s == STATUS_STOPPED || s == STATUS_CREATING)
		return err_set(e, EINVAL,
			       "cannot exec in a stopped container");
	x->status = s;
	/* clone3(2) into a frozen cgroup would not return before the thaw */
	x->paused = s == STATUS_PAUSED || cgroup_stops(x->cg);
	if (!x->paused || x->opts->ignore_paused)
		return 0;
	if (s == STATUS_PAUSED)
		return err_set(e, EINVAL,
			       "cannot exec in a paused container (use --ignore-paused to override)");
	(void)err_set(e, EINVAL,
		      "cannot exec in a frozen container: a cgroup above its own is frozen");
	return err_hint(e, "thaw that, or use --ignore-paused to wait for it");
}

/* The largest number means "no change" to the kernel and is nobody's id. */
static int parse_id(const char *text, uint32_t *ret)
{
	int r = parse_u32(text, ret);

	return r == 0 && *ret == UINT32_MAX ? -ERANGE : r;
}

#ifdef OCIRUN_FAULTS
/* What others did: names first, even those of digits, then as much of a number. */
static uint32_t naive_id(const struct execution *x, const char *text)
{
	AUTO(str) char *path = xasprintf("/proc/%d/root/etc/passwd",
					 x->c.rec.init.pid);
	AUTO(str) char *passwd = NULL;
	AUTO(str) char *entry = xasprintf("\n%s:x:", text);
	const char *s = text;
	uint32_t v = 0;

	if (file_read_at(AT_FDCWD, path, PROCESS_MAX, &passwd, NULL) == 0 &&
	    strstr(passwd, entry))
		s = strstr(passwd, entry) + strlen(entry);
	for (; *s >= '0' && *s <= '9'; s++)
		v = v * 10 + (uint32_t)(*s - '0');
	return v;
}
#else
#define naive_id(x, text) ((void)(x), 0U)
#endif

static int parse_user(const struct execution *x, struct spec_user *u,
		      const char *text, struct err *e)
{
	const char *colon = strchr(text, ':');
	AUTO(str) char *uid = colon ? xstrndup(text, (size_t)(colon - text)) :
				      xstrdup(text);
	uint32_t v;

	if (!PROTECTED(NUMERIC_USER)) {
		u->uid = naive_id(x, uid);
		u->gid = colon ? naive_id(x, colon + 1) : 0;
		return 0;
	}
	/* Numbers only: a name must never be looked up (CVE-2016-3697 class). */
	if (parse_id(uid, &v) < 0)
		return err_set(e, EINVAL,
			       "bad uid: '%s' is not a number below 4294967295 (names are not looked up)",
			       uid);
	u->uid = v;
	if (!colon)
		return 0;
	if (parse_id(colon + 1, &v) < 0)
		return err_set(e, EINVAL,
			       "bad gid: '%s' is not a number below 4294967295 (names are not looked up)",
			       colon + 1);
	u->gid = v;
	return 0;
}

static int add_gids(struct execution *x, struct err *e)
{
	const struct str_list *add = &x->opts->additional_gids;
	struct u32_list *l = &x->process.user.additional_gids;
	uint32_t *v = arena_array(&x->spec.arena, l->n + add->n, sizeof(*v));

	if (l->n > 0)
		memcpy(v, l->v, l->n * sizeof(*v));
	for (size_t i = 0; i < add->n; i++)
		if (parse_id(add->v[i], &v[l->n + i]) < 0)
			return err_set(e, EINVAL,
				       "--additional-gids: '%s' is not a group id (a number)",
				       add->v[i]);
	l->v = v;
	l->n += add->n;
	return 0;
}

static int add_env(struct execution *x, struct err *e)
{
	const struct str_list *add = &x->opts->env;
	struct str_list *l = &x->process.env;
	const char **v =
		arena_array(&x->spec.arena, l->n + add->n + 1, sizeof(*v));

	if (l->n > 0)
		memcpy(v, l->v, l->n * sizeof(*v));
	for (size_t i = 0; i < add->n; i++) {
		const char *eq = strchr(add->v[i], '=');

		if (!eq || eq == add->v[i])
			return err_set(e, EINVAL,
				       "--env: invalid environment variable '%s': missing %s",
				       add->v[i], eq ? "name" : "'='");
		v[l->n + i] = add->v[i];
	}
	l->v = v;
	l->n += add->n;
	return 0;
}

/*
 * --cap adds to bounding, effective and permitted, never to inheritable
 * (CVE-2022-29162); to ambient only if the config has an inheritable set.
 */
static void add_caps(struct execution *x)
{
	struct spec_capabilities *c = &x->process.caps;
	AUTO(strbuf) struct str unknown = { 0 };

	for (size_t i = 0; i < x->opts->caps.n; i++) {
		int n = cap_number(x->opts->caps.v[i]);

		if (n < 0) {
			str_addf(&unknown, "%s%s", unknown.len ? " " : "",
				 x->opts->caps.v[i]);
			continue;
		}
		uint64_t bit = UINT64_C(1) << n;

		c->set = true;
		c->bounding |= bit;
		c->effective |= bit;
		c->permitted |= bit;
		if (!PROTECTED(EXEC_INHERITABLE))
			c->inheritable |= bit;
		if (c->inheritable_set)
			c->ambient |= bit & c->inheritable;
	}
	/* as for unknown names in the config */
	if (unknown.len)
		log_warn("ignoring unknown or unavailable capabilities: [%s] (a name is like CAP_NET_RAW)",
			 unknown.p);
}

static int process_from_flags(struct execution *x, struct err *e)
{
	const struct exec_opts *o = x->opts;
	struct spec_process *p = &x->process;

	if (o->args.n == 0)
		return err_set(e, EINVAL, "exec args cannot be empty");
	*p = x->spec.process;
	p->args = o->args;
	p->terminal = o->tty;
	p->console_height = p->console_width = 0;
	if (o->cwd)
		p->cwd = o->cwd;
	if (p->cwd[0] != '/')
		return err_set(e, EINVAL,
			       "--cwd: Cwd must be an absolute path: '%s'",
			       p->cwd);
	if (o->no_new_privs.set)
		p->no_new_privileges = o->no_new_privs;
	if (o->process_label)
		p->selinux_label = o->process_label;
	if (o->apparmor)
		p->apparmor_profile = o->apparmor;
	if (o->user && parse_user(x, &p->user, o->user, e) < 0)
		return -e->code;
	if (add_gids(x, e) < 0 || add_env(x, e) < 0)
		return -e->code;
	add_caps(x);
	return 0;
}

static int process_from_file(struct execution *x, struct err *e)
{
	AUTO(findings) struct findings f = { 0 };
	AUTO(str) char *text = NULL;
	const char *file = x->opts->process;
	size_t len;
	int r = config_read_at(AT_FDCWD, file, "--process", true, PROCESS_MAX,
			       &text, &len, e);

	if (r < 0)
		return r;
	r = spec_parse_process(&x->process, &x->spec.arena, text, len, file, &f,
			       e);
	findings_log(&f, file);
	if (r < 0)
		return r;
	/* what the file leaves out and the plan does not take from the config */
	if (x->process.n_rlimits == 0) {
		x->process.rlimits = x->spec.process.rlimits;
		x->process.n_rlimits = x->spec.process.n_rlimits;
	}
	return 0;
}

static int check_options(const struct execution *x, struct err *e)
{
	const struct process_opts *o = &x->opts->p;
	bool terminal = x->process.terminal;
	bool console = o->console && *o->console;

	if (terminal && o->detach && !o->console_socket && !console) {
		(void)err_set(e, EINVAL,
			      "cannot allocate tty if runc will detach without setting console socket");
		return err_hint(e, "pass --console-socket, or only one of --tty and --detach");
	}
	if (o->console_socket && !(terminal && o->detach)) {
		(void)err_set(e, EINVAL,
			      "cannot use console socket if runc will not detach or allocate tty");
		return err_hint(e, "--console-socket needs --tty and --detach");
	}
	if (o->preserve_fds > o->rt->inherited_fds && PROTECTED(PRESERVE_FDS))
		return err_errno(e, EBADF,
				 "unable to stat preserved-fd %u (of %u): fd %u",
				 o->rt->inherited_fds, o->preserve_fds,
				 3 + o->rt->inherited_fds);
	return 0;
}

static int sub_cgroups(struct execution *x, struct err *e)
{
	if (cgroup_choose(x->cg, &x->opts->cgroups, e) < 0)
		return err_wrap(e, "--cgroup");
	return 0;
}

static int open_namespaces(struct execution *x, struct nsx_request *req,
			   struct err *e)
{
	const struct record *rec = &x->c.rec;
	AUTO(fd) int pidfd = proc_open(&rec->init);

	for (unsigned int k = 0; k < _NS_KIND_MAX; k++) {
		if (!(rec->ns_listed & (1U << k)))
			continue;
		req->ns[k].mode = NSX_JOIN;
		if (nsx_open_ns_of((enum nsx_kind)k, rec->init.pid,
				   &req->ns[k].fd, e) < 0)
			return -e->code;
		(void)fdvec_push(&x->fds.ns, req->ns[k].fd);
	}
	/* The pid was init's all the time, not a recycled one's. */
	if (pidfd < 0 && pidfd != -ESRCH)
		return err_errno(e, -pidfd, "cannot get a pidfd of init (pid %d)",
				 rec->init.pid);
	if (pidfd < 0 || !proc_alive(&rec->init))
		return err_set(e, ESRCH, "cannot exec in a stopped container");
	return 0;
}

/* Before open_namespaces(), which proves that the pid was init's. */
static int open_root(struct execution *x, struct err *e)
{
	AUTO(str) char *path = xasprintf("/proc/%d/root", x->c.rec.init.pid);

	x->fds.root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (x->fds.root >= 0)
		return 0;
	if (errno == ENOENT || errno == ESRCH)
		return err_set(e, ESRCH, "cannot exec in a stopped container");
	(void)err_errno(e, errno, "cannot open the root of init (pid %d)",
			x->c.rec.init.pid);
	return err_hint(e, "needs CAP_SYS_PTRACE in its user namespace");
}

static int on_enter(void *arg, pid_t pid, bool in_cgroup, struct err *e)
{
	struct execution *x = arg;
	const struct spec_cpu_affinity *a = &x->process.exec_cpu_affinity;

	if (a->initial && process_set_affinity(pid, a->initial, e) < 0)
		return err_at(e, "/process/execCPUAffinity/initial");
	if (cgroup_enter(x->cg, pid, in_cgroup, e) < 0 ||
	    rdt_join(&x->c.rec.rdt, pid, e) < 0)
		return -e->code;
	if (a->final_ && process_set_affinity(pid, a->final_, e) < 0)
		return err_at(e, "/process/execCPUAffinity/final");
	/* else when the last process is there */
	return x->beside ? 0 : process_set_oom(pid, &x->spec.process.oom_score_adj, e);
}

/* Nothing that a process must have before it makes another. */
static bool enter_may_wait(const struct execution *x)
{
	const struct spec_cpu_affinity *a = &x->process.exec_cpu_affinity;

	return cgroup_born(x->cg) && x->host.euid == 0 && !a->initial &&
	       !a->final_ && !x->c.rec.rdt.root;
}

static int spawn(struct execution *x, struct err *e)
{
	AUTO(fdvec) struct fdvec keep = { 0 };
	AUTO(strbuf) struct str payload = { 0 };
	struct nsx_request req = { 0 };
	int r;

	if (open_root(x, e) < 0)
		return -e->code;
	process_fds_assign(&x->fds, &x->plan);
	process_request(&req, &x->zygote, &keep, &payload, &x->plan);
	/*
	 * A process is not born in a sub-cgroup, it is moved there; nor in a
	 * frozen one, where clone3(2) would wait for the thaw.
	 */
	bool chosen = x->opts->cgroups.n > 0;
	bool born = !chosen && !x->paused;

	if (born)
		req.cgroup_fd = cgroup_clone_fd(x->cg);
	req.cancel_fd = x->in.fd;
	req.enter = on_enter;
	req.enter_arg = x;
	req.enter_beside = x->beside = enter_may_wait(x);
	r = open_namespaces(x, &req, e);
	bool tried = r == 0;

	if (tried)
		r = nsx_spawn(&x->child, &req, e);
	/*
	 * init gave its cgroup's controllers to children and left it, or it left it
	 * and somebody, systemd for one, has removed it
	 */
	if (tried && !chosen && (r == -EBUSY || r == -ENOENT || r == -ENODEV)) {
		err_clear(e);
		r = cgroup_follow(x->cg, x->c.rec.init.pid, e);
		if (born)
			req.cgroup_fd = cgroup_clone_fd(x->cg);
		/* it may have been enter that failed, rather than the birth */
		if (r == 0 && x->zygote.pid == 0)
			r = process_begin(&x->zygote, &x->opts->p, e);
		if (r == 0)
			r = nsx_spawn(&x->child, &req, e);
	}
	keep.n = 0; /* borrowed numbers, not ours to close */
	return r;
}

static int serve(struct execution *x, const struct process_service *s, struct err *e)
{
	if (x->beside &&
	    process_set_oom(x->child.pid, &x->spec.process.oom_score_adj, e) < 0)
		return -e->code;
	return process_serve(s, e);
}

static int on_ready(void *arg, struct err *e)
{
	struct execution *x = arg;

	if (foreground_attach(&x->fg, x->fds.master, e) < 0)
		return -e->code;
	if (!x->opts->p.pid_file)
		return 0;
	return pidfile_write(x->opts->p.pid_file, x->child.pid, x->c.dirfd, e);
}

static int on_listener(void *arg, int fd, struct err *e)
{
	const struct execution *x = arg;
	const struct record *rec = &x->c.rec;
	const struct seccomp_agent agent = {
		.seccomp = &x->spec.linux_.seccomp,
		.id = x->opts->id,
		.bundle = rec->bundle,
		.status = status_name(x->status),
		.container_pid = rec->init.pid,
		.pid = x->child.pid,
		.annotations = &rec->annotations,
	};

	return seccomp_notify_send(&agent, fd, e);
}

static int build_plan(struct execution *x, struct err *e)
{
	const struct process_opts *o = &x->opts->p;
	struct plan_request req = {
		.verb = VERB_EXEC,
		.id = x->opts->id,
		.bundle = x->c.rec.bundle,
		.rootfs = x->c.rec.rootfs,
		.detached = o->detach,
		.console_socket = x->fds.console >= 0,
		.legacy_console = x->fds.tty >= 0,
		.pidfd_socket = x->fds.pidfd >= 0,
		.stdio = process_fds_piped(&x->fds),
		.preserve_fds = o->preserve_fds,
		.debug = o->rt->debug,
		.runc_words = runtime_is_runc(o->rt),
		.process = &x->process,
		.root_dev = x->c.rec.root_dev,
		.root_ino = x->c.rec.root_ino,
	};

	host_probe(&x->host);
	if (process_fds_seccomp(&x->fds, &x->spec.linux_.seccomp, &req, e) < 0)
		return -e->code;
	return plan_build(&x->plan, &x->spec, &x->host, &req, e);
}

/* In the foreground, where there is no terminal to relay. */
static int give_stdio(struct execution *x, struct err *e)
{
	if (x->opts->p.detach || x->process.terminal)
		return 0;
	x->fds.stdio = x->fg.stdio.theirs;
	return stdio_make(&x->fg.stdio, true, e);
}

static int execute(struct execution *x, struct err *e)
{
	struct process_service s = {
		.child = &x->child,
		.process = &x->process,
		.wait_ms = STEP_DEADLINE_MS,
		.listener = on_listener,
		.ready = on_ready,
		.arg = x,
		.seccomp = &x->fds.seccomp,
		.plan = &x->plan,
	};

	if (check_options(x, e) < 0 || sub_cgroups(x, e) < 0 ||
	    give_stdio(x, e) < 0 ||
	    process_fds_prepare(&x->fds, &x->opts->p,
				x->opts->p.pidfd_socket, x->process.terminal,
				e) < 0 ||
	    build_plan(x, e) < 0)
		return -e->code;
	if (spawn(x, e) == 0 && serve(x, &s, e) == 0) {
		int r = process_await_exec(&x->child,
					   deadline_in_ms(STEP_DEADLINE_MS), e);

		return r;
	}
	if (runtime_is_runc(x->opts->p.rt))
		(void)err_wrap(e, "unable to start container process");
	return -e->code;
}

static int load(struct execution *x, struct err *e)
{
	if (state_open(&x->c, x->opts->p.rt->root, x->opts->id, e) < 0 ||
	    check_status(x, e) < 0 || container_spec(&x->c, &x->spec, e) < 0)
		return -e->code;
	return x->opts->process ? process_from_file(x, e) :
				  process_from_flags(x, e);
}

static void execution_free(struct execution *x)
{
	nsx_child_kill(&x->child);
	nsx_zygote_end(&x->zygote);
	process_fds_clear(&x->fds);
	plan_free(&x->plan);
	cgroup_close(x->cg);
	state_close(&x->c);
	spec_free(&x->spec);
}

/* Disarm nsx_child_kill(): the process lives on. */
static void let_go(struct execution *x)
{
	if (x->child.pidfd >= 0)
		(void)close(x->child.pidfd);
	x->child.pidfd = -1;
	x->child.pid = 0;
	chan_close(&x->child.chan);
}

/* "exec ID -t sh": what looks like an option was taken for the program. */
static int explain_option(const struct exec_opts *opts, struct err *e)
{
	if (opts->process || opts->args.n == 0 || opts->args.v[0][0] != '-')
		return -e->code;
	e->hint[0] = '\0'; /* the search in PATH is of no interest */
	return err_hint(e,
			"'%s' stands behind the id, where the program is expected: options go before the id",
			opts->args.v[0]);
}

int container_exec(const struct exec_opts *opts, int *ret_status, struct err *e)
{
	struct execution x = { .opts = opts, .c = CONTAINER_INIT,
			       .fds = PROCESS_FDS_INIT,
			       .zygote = NSX_ZYGOTE_INIT,
			       .child = NSX_CHILD_INIT,
			       .fg = FOREGROUND_INIT };
	int r;

	r = process_begin(&x.zygote, &opts->p, e);
	if (r == 0)
		r = load(&x, e);
	if (r == 0 && !opts->p.detach)
		foreground_block_signals(&x.fg);
	interrupt_begin(&x.in);
	if (r == 0)
		r = execute(&x, e);
	if (r < 0) {
		interrupt_take(&x.in, e);
		nsx_child_kill(&x.child);
	}
	x.child.chan.cancel_fd = 0;
	interrupt_end(&x.in);
	if (r < 0) {
		(void)err_wrap(e, "exec failed");
		(void)explain_option(opts, e);
	} else if (opts->p.detach) {
		let_go(&x);
	} else {
		r = foreground_wait(&x.fg, x.child.pid, x.child.pidfd,
				    ret_status, e);
		let_go(&x);
		foreground_drain(&x.fg);
	}
	foreground_end(&x.fg);
	execution_free(&x);
	return r;
}
