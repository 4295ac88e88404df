/* SPDX-License-Identifier: Apache-2.0 */
/*
 * create: the parent's sequence (ARCHITECTURE.md, "create"). Reads top-down:
 * container_create() is the order, each function above it one line of it.
 *
 * Owns what a half-made container has and undoes it in reverse; must not do
 * anything inside the container. Upholds I5: the record comes before the first
 * side effect.
 */
#include "config.h"
#include "runtime/create.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/path.h"
#include "base/protect.h"
#include "config/annotations.h"
#include "config/config.h"
#include "config/names.h"
#include "runtime/create_cgroup.h"
#include "runtime/delete.h"
#include "runtime/hooks.h"
#include "runtime/mount_source.h"
#include "runtime/netdev.h"
#include "runtime/notify.h"
#include "runtime/seccomp_notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

/* A step of init other than a hook takes milliseconds; this is for loads. */
#define STEP_DEADLINE_MS (60 * 1000)
#define UNDO_DEADLINE_MS (10 * 1000)
/* nsfs's inode of the first cgroup namespace (the kernel's linux/proc_ns.h). */
#define CGROUP_NS_FIRST_INO 0xEFFFFFFBU

/* As runc they mean nothing: who passes them on may rely on that. */
static bool takes_annotations(const struct create_opts *o)
{
	return !runtime_is_runc(o->p.rt);
}

static int load_config(struct creation *cr, struct err *e)
{
	if (spec_load_at(&cr->spec, AT_FDCWD, cr->opts->config,
			 &cr->config_text, e) < 0) {
		if (e->code != ENOENT)
			return -e->code;
		return err_hint(e, "the bundle is '%s'; --bundle names another one",
				cr->opts->bundle);
	}
	if (!cr->spec.process_set)
		return err_set(e, EINVAL, "process property must not be empty");
	return takes_annotations(cr->opts) ? spec_apply_annotations(&cr->spec, e) : 0;
}

static int check_terminal(const struct creation *cr, struct err *e)
{
	const struct process_opts *o = &cr->opts->p;
	bool terminal = cr->spec.process.terminal;
	bool console = o->console && *o->console;

	if (terminal && o->detach && !o->console_socket && !console) {
		(void)err_set(e, EINVAL,
			      "cannot allocate tty if runc will detach without setting console socket");
		(void)err_at(e, "/process/terminal");
		return err_hint(e, "pass --console-socket, or set process.terminal to false");
	}
	if (o->console_socket && !(terminal && o->detach)) {
		(void)err_set(e, EINVAL,
			      "cannot use console socket if runc will not detach or allocate tty");
		(void)err_at(e, "/process/terminal");
		return err_hint(e, "--console-socket needs process.terminal true and a detached start");
	}
	if (o->preserve_fds > 0 && PROTECTED(PRESERVE_FDS) &&
	    o->rt->inherited_fds < o->listen_fds + o->preserve_fds) {
		uint32_t missing = o->rt->inherited_fds > o->listen_fds ?
					   o->rt->inherited_fds - o->listen_fds :
					   0;

		return err_errno(e, EBADF,
				 "unable to stat preserved-fd %u (of %u): fd %u",
				 missing, o->preserve_fds,
				 3 + o->listen_fds + missing);
	}
	return 0;
}

static int check_rootfs(struct creation *cr, struct err *e)
{
	struct stat st;
	char *path = path_join(cr->opts->bundle, cr->spec.root.path);

	cr->rootfs = arena_strdup(&cr->spec.arena, path);
	free(path);
	if (stat(cr->rootfs, &st) < 0) {
		(void)err_errno(e, errno, "invalid rootfs: stat %s", cr->rootfs);
		if (cr->spec.root.path[0] != '/')
			(void)err_hint(e, "'%.200s' is relative to the bundle",
				       cr->spec.root.path);
		return err_at(e, "/root/path");
	}
	if (!S_ISDIR(st.st_mode)) {
		(void)err_errno(e, ENOTDIR, "invalid rootfs: '%s'", cr->rootfs);
		(void)err_hint(e, "an archive or a disk image has to be unpacked or mounted first");
		return err_at(e, "/root/path");
	}
	if (streq(cr->rootfs, "/")) {
		(void)err_set(e, EINVAL, "invalid rootfs: it is the host's '/'");
		return err_at(e, "/root/path");
	}
	return 0;
}

/* Relative bind sources are relative to the bundle (config.md, "Mounts"). */
static void absolute_sources(struct creation *cr)
{
	for (size_t i = 0; i < cr->spec.n_mounts; i++) {
		struct spec_mount *m = &cr->spec.mounts[i];

		if (m->kind != MOUNT_BIND || m->source[0] == '/' || !*m->source)
			continue;
		m->source = arena_printf(&cr->spec.arena, "%s/%s",
					 cr->opts->bundle, m->source);
	}
}

/*
 * A destination that begins with the path of the root file system means the rest:
 * old generators write it so, and runc takes it. Resolution stays below the root
 * as with any other destination.
 */
static void relative_destinations(struct creation *cr)
{
	size_t len = strlen(cr->rootfs);

	for (size_t i = 0; i < cr->spec.n_mounts; i++) {
		struct spec_mount *m = &cr->spec.mounts[i];

		if (path_below(m->destination, cr->rootfs))
			m->destination = m->destination[len] ?
						 m->destination + len : "/";
	}
}

/* Once as planned, once as it turned out: one may have been given up. */
static void record_cgroups(struct creation *cr)
{
	struct record *rec = &cr->c.rec;
	const struct cgroup_path *paths = NULL;

	rec->n_cgroups = cgroup_paths(cr->cg, &paths);
	rec->cgroups = arena_memdup(&rec->arena, paths,
				    rec->n_cgroups * sizeof(*paths));
}

static void fill_record(struct creation *cr)
{
	struct record *rec = &cr->c.rec;
	struct proc_stat self;
	char boot[40];

	rec->id = cr->opts->id;
	rec->bundle = cr->opts->bundle;
	rec->rootfs = cr->rootfs;
	rec->created = "";
	state_boot_id(boot);
	rec->boot_id = arena_strdup(&rec->arena, boot);
	rec->this_boot = true;
	rec->creator.pid = getpid();
	if (proc_read_stat(getpid(), &self) == 0)
		rec->creator.start = self.start;
	rec->driver = cr->opts->p.rt->driver;
	rec->annotations = cr->spec.annotations;
	rec->run_oci = takes_annotations(cr->opts);
	record_cgroups(cr);
	/* a process has one pid and one moment */
	rec->mark = arena_printf(&rec->arena, "%d-%lld", getpid(),
				 (long long)clock_now_ns());
	cgroup_mark(cr->cg, rec->mark);
	rec->unit = cgroup_unit(cr->cg);
	for (unsigned int k = 0; k < _NS_KIND_MAX; k++) {
		const struct spec_ns *ns = &cr->spec.linux_.ns[k];

		if (ns->listed)
			rec->ns_listed |= 1U << k;
		rec->ns_paths[k] = ns->path;
	}
	for (unsigned int k = 0; k < _HOOK_KIND_MAX; k++)
		if (cr->spec.hooks[k].n > 0)
			rec->hooks |= 1U << k;
	rec->pid_ns_private = cr->spec.linux_.ns[NS_PID].listed &&
			      !cr->spec.linux_.ns[NS_PID].path;
}

/* Then nothing but its pid is known of the container. */
static void warn_unkillable(const struct creation *cr)
{
	const struct record *rec = &cr->c.rec;

	if (rec->n_cgroups > 0 || rec->pid_ns_private ||
	    rec->driver == CGROUP_DISABLED)
		return;
	log_warn(
		"container '%s' has neither a cgroup nor a pid namespace of its own: what its init leaves behind cannot be found and killed. Such configuration is strongly discouraged",
		 rec->id);
}

int container_reserve(struct creation *cr, struct err *e)
{
	int r;

	if (state_reserve(&cr->c, cr->opts->p.rt->root, cr->opts->id, e) < 0)
		return -e->code;
	cr->reserved = true;
	cr->c.rec.id = cr->opts->id;
	if (creation_plan_cgroup(cr, e) < 0)
		return -e->code;
	fill_record(cr);
	if (creation_plan_rdt(cr, e) < 0)
		return -e->code;
	warn_unkillable(cr);
	if (state_write(&cr->c, e) < 0)
		return -e->code;
	r = file_replace_at(cr->c.dirfd, STATE_CONFIG, cr->config_text,
			    strlen(cr->config_text), 0600);
	if (r < 0)
		return err_errno(e, -r, "cannot save the config of '%s'",
				 cr->opts->id);
	return notify_socket() ? notify_make_dir(&cr->c, e) : 0;
}

/* Host id of the container's id 0; 0 without a new user namespace. */
static uint32_t mapped_root(const struct creation *cr,
			    const struct idmap_list *map)
{
	const struct spec_ns *user = &cr->spec.linux_.ns[NS_USER];

	if (!user->listed || user->path)
		return 0;
	for (size_t i = 0; i < map->n; i++)
		if (map->v[i].container_id == 0)
			return map->v[i].host_id;
	return 0;
}

static int make_fifo(struct creation *cr, struct err *e)
{
	uint32_t uid = mapped_root(cr, &cr->spec.linux_.uid_mappings);
	uint32_t gid = mapped_root(cr, &cr->spec.linux_.gid_mappings);
	int dirfd = cr->c.dirfd;

	if (mkfifoat(dirfd, STATE_FIFO, 0622) < 0 ||
	    fchmodat(dirfd, STATE_FIFO, 0622, 0) < 0 ||
	    ((uid || gid) && fchownat(dirfd, STATE_FIFO, uid, gid,
				      AT_SYMLINK_NOFOLLOW) < 0))
		return err_errno(e, errno, "cannot make %s", STATE_FIFO);
	cr->fds.fifo = openat(dirfd, STATE_FIFO,
			      O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (cr->fds.fifo < 0)
		return err_errno(e, errno, "cannot open %s", STATE_FIFO);
	return 0;
}

/* Is it the namespace that this process is in? */
static bool is_own_ns(enum nsx_kind kind, const struct stat *st)
{
	AUTO(str) char *path = xasprintf("/proc/self/ns/%s",
					 nsx_kind_name(kind));
	struct stat own;

	return stat(path, &own) == 0 && st->st_dev == own.st_dev &&
	       st->st_ino == own.st_ino;
}

/*
 * A cgroup2 mount made in the first of all cgroup namespaces changes the host's
 * options (nsdelegate and the like): who joins that one, or ours, gets what a
 * container without one gets. What cannot be looked at fails later.
 */
static bool joins_host_cgroup_ns(const struct creation *cr)
{
	const char *path = cr->spec.linux_.ns[NS_CGROUP].path;
	struct stat st;

	return path && stat(path, &st) == 0 &&
	       (st.st_ino == CGROUP_NS_FIRST_INO || is_own_ns(NSX_CGROUP, &st));
}

static int build_plan(struct creation *cr, enum verb verb, struct err *e)
{
	const struct create_opts *o = cr->opts;
	struct plan_request req = {
		.verb = verb,
		.id = o->id,
		.bundle = o->bundle,
		.rootfs = cr->rootfs,
		.no_pivot = o->no_pivot,
		.no_new_keyring = o->no_new_keyring,
		.detached = o->p.detach,
		.console_socket = cr->fds.console >= 0,
		.legacy_console = cr->fds.tty >= 0,
		.pidfd_socket = cr->fds.pidfd >= 0,
		.stdio = process_fds_piped(&cr->fds),
		.listen_fds = o->p.listen_fds,
		.preserve_fds = o->p.preserve_fds,
		.debug = o->p.rt->debug,
		.runc_words = runtime_is_runc(o->p.rt),
		.cgroup = cgroup_view(cr->cg),
		.cgroup_ns_host = joins_host_cgroup_ns(cr),
	};

	if (process_fds_seccomp(&cr->fds, &cr->spec.linux_.seccomp, &req, e) < 0 ||
	    plan_build(&cr->plan, &cr->spec, &cr->host, &req, e) < 0)
		return -e->code;
#ifdef OCIRUN_FAULTS
	const char *at = getenv("OCIRUN_FAIL_AT");

	if (at)
		(void)parse_u32(at, &cr->plan.fail_at);
#endif
	return 0;
}

static int namespaces(struct creation *cr, struct nsx_request *req,
		      struct err *e)
{
	uint32_t own = 0;

	_Static_assert((int)NS_TIME == (int)NSX_TIME &&
			       (int)NS_CGROUP == (int)NSX_CGROUP &&
			       (int)NS_MNT == (int)NSX_MNT,
		       "the kinds of config/ and libnsexec have one order");
	for (unsigned int k = 0; k < _NS_KIND_MAX; k++) {
		const struct spec_ns *ns = &cr->spec.linux_.ns[k];

		if (!ns->listed)
			continue;
		req->ns[k].mode = ns->path ? NSX_JOIN : NSX_NEW;
		req->ns[k].pointer = arena_printf(&cr->spec.arena,
						  "/linux/namespaces/%u%s", ns->index,
						  ns->path ? "/path" : "");
		if (!ns->path)
			continue;
		if (nsx_open_ns((enum nsx_kind)k, ns->path, &req->ns[k].fd,
				e) < 0)
			return err_at(e, "/linux/namespaces/%u/path", ns->index);
		(void)fdvec_push(&cr->fds.ns, req->ns[k].fd);
		struct stat st;

		if (fstat(req->ns[k].fd, &st) == 0 &&
		    is_own_ns((enum nsx_kind)k, &st))
			own |= 1U << k;
	}
	return own ? spec_check_sysctl_own(&cr->spec, own, e) : 0;
}

static struct nsx_idmap *idmaps(struct creation *cr,
				const struct idmap_list *list)
{
	struct nsx_idmap *m =
		arena_array(&cr->spec.arena, list->n, sizeof(*m));

	for (size_t i = 0; i < list->n; i++)
		m[i] = (struct nsx_idmap){ list->v[i].container_id,
					   list->v[i].host_id,
					   list->v[i].size };
	return m;
}

/* A helper program in PATH, absolute, or NULL. */
static const char *find_helper(struct creation *cr, const char *name)
{
	AUTO(str) char *path = NULL;

	return proc_find(name, &path) == 0 ?
		       arena_strdup(&cr->spec.arena, path) :
		       NULL;
}

static void user_namespace(struct creation *cr, struct nsx_request *req)
{
	const struct spec_linux *l = &cr->spec.linux_;

	req->uid_map = idmaps(cr, &l->uid_mappings);
	req->n_uid_map = l->uid_mappings.n;
	req->gid_map = idmaps(cr, &l->gid_mappings);
	req->n_gid_map = l->gid_mappings.n;
	req->deny_setgroups = cr->host.euid != 0 && l->gid_mappings.n == 1 &&
			      l->gid_mappings.v[0].size == 1 &&
			      l->gid_mappings.v[0].host_id == cr->host.egid;
	if (cr->host.euid != 0 || cr->host.in_userns) {
		req->newuidmap = find_helper(cr, "newuidmap");
		req->newgidmap = find_helper(cr, "newgidmap");
	}
}

/* In the parent, as soon as the first process exists and before it acts. */
static int on_enter(void *arg, pid_t pid, bool in_cgroup, struct err *e)
{
	struct creation *cr = arg;

	if (cgroup_enter(cr->cg, pid, in_cgroup, e) < 0 ||
	    creation_delegate_cgroup(cr, e) < 0 ||
	    rdt_enter(&cr->c.rec.rdt, &cr->spec.linux_.intel_rdt, pid, e) < 0)
		return -e->code;
	/* else in serve() */
	return cr->beside ? 0 : process_set_oom(pid, &cr->spec.process.oom_score_adj, e);
}

static int spawn(struct creation *cr, struct err *e)
{
	const struct spec_linux *l = &cr->spec.linux_;
	AUTO(fdvec) struct fdvec keep = { 0 };
	AUTO(strbuf) struct str payload = { 0 };
	struct nsx_request req = { 0 };
	int r;

	process_request(&req, &cr->zygote, &keep, &payload, &cr->plan);
	r = namespaces(cr, &req, e);
	if (r == 0 && req.ns[NSX_USER].mode == NSX_NEW)
		user_namespace(cr, &req);
	req.monotonic = (struct nsx_time_offset){
		l->monotonic.set, l->monotonic.secs, l->monotonic.nanosecs };
	req.boottime = (struct nsx_time_offset){
		l->boottime.set, l->boottime.secs, l->boottime.nanosecs };
	req.cgroup_fd = cgroup_clone_fd(cr->cg);
	req.cancel_fd = cr->in.fd;
	req.net_later = true;
	req.enter = on_enter;
	req.enter_arg = cr;
	cr->beside = cgroup_born(cr->cg) && cr->host.euid == 0 && !cr->c.rec.rdt.root;
	req.enter_beside = cr->beside;
	if (r == 0)
		r = nsx_spawn(&cr->child, &req, e);
	/* nothing else is out of range there */
	if (r == -ERANGE && (l->monotonic.set || l->boottime.set))
		(void)err_at(e, "/linux/timeOffsets");
	keep.n = 0; /* borrowed numbers, not ours to close */
	return r;
}

static struct hook_ctx hook_ctx(const struct creation *cr)
{
	return (struct hook_ctx){ .spec = &cr->spec, .id = cr->opts->id,
				  .bundle = cr->opts->bundle,
				  .pid = cr->child.pid,
				  .cancel_fd = cr->in.fd };
}

static int apply_limits(struct creation *cr, struct err *e)
{
	cr->limited = true;
	return cgroup_apply(cr->cg, &cr->spec.linux_.resources, e);
}

int container_limits_and_hooks(struct creation *cr, struct err *e)
{
	struct hook_ctx ctx = hook_ctx(cr);

	/* at a restore they are in the namespace, or criu has made them again */
	if (!cr->c.rec.restored &&
	    netdev_move_all(&cr->spec.linux_, cr->child.pid, e) < 0)
		return -e->code;
	if (apply_limits(cr, e) < 0)
		return -e->code;
	/*
	 * runtime.md, "State": "created" is what follows step 2 of the lifecycle,
	 * prestart hooks are step 3. They were part of start when hooks were first
	 * written for them (1.0), and nothing but "created" was possible then.
	 */
	if (hooks_run(&ctx, HOOK_PRESTART, "created", e) < 0)
		return -e->code;
	return hooks_run(&ctx, HOOK_CREATE_RUNTIME, "creating", e);
}

/*
 * Namespaces and mounts are there, pivot_root has not happened. Not in every plan.
 */
static int on_rootfs_ready(void *arg, struct err *e)
{
	struct creation *cr = arg;

	if (container_limits_and_hooks(cr, e) == 0)
		return 0;
	/* runc's frame: init waits for this */
	if (runtime_is_runc(cr->opts->p.rt))
		(void)err_wrap(e, "error during container init");
	return -e->code;
}

static int on_listener(void *arg, int fd, struct err *e)
{
	const struct creation *cr = arg;
	const struct seccomp_agent agent = {
		.seccomp = &cr->spec.linux_.seccomp,
		.id = cr->opts->id,
		.bundle = cr->opts->bundle,
		.status = "creating",
		.container_pid = cr->child.pid,
		.pid = cr->child.pid,
		.annotations = &cr->spec.annotations,
	};

	return seccomp_notify_send(&agent, fd, e);
}

/* By which exec knows that it has arrived. */
static void record_root(struct record *rec, pid_t pid)
{
	AUTO(str) char *path = xasprintf("/proc/%d/root", pid);
	struct stat st;

	if (stat(path, &st) < 0)
		return;
	rec->root_dev = st.st_dev;
	rec->root_ino = st.st_ino;
}

/* What its pipes are called, for a restore that gives it others. */
static void record_stdio(struct record *rec, pid_t pid)
{
	char path[40], link[4096];

	for (int i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, i);
		ssize_t n = readlink(path, link, sizeof(link) - 1);

		rec->stdio[i] = n > 0 ? arena_strndup(&rec->arena, link, (size_t)n) :
					"";
	}
}

/* What can be known of init before it is ready; it does not wait for this. */
static int note_init(struct creation *cr)
{
	struct record *rec = &cr->c.rec;
	struct proc_stat st;
	int r = proc_read_stat(cr->child.pid, &st);

	if (r < 0)
		return r;
	rec->init = (struct proc_id){ cr->child.pid, st.start };
	/* a terminal takes their place */
	if (!cr->spec.process.terminal)
		record_stdio(rec, cr->child.pid);
	return 0;
}

int container_complete(struct creation *cr, struct err *e)
{
	struct record *rec = &cr->c.rec;
	struct timespec now;
	char text[48];
	int r = rec->init.pid == cr->child.pid ? 0 : note_init(cr);

	if (r < 0)
		return err_errno(e, -r, "init (pid %d) is gone", cr->child.pid);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	rec->created = arena_strdup(&rec->arena,
				    time_rfc3339nano(&now, text, sizeof(text)));
	rec->complete = true;
	record_root(rec, cr->child.pid);
	if (cr->spec.process.terminal)
		record_stdio(rec, cr->child.pid);
	record_cgroups(cr);
	if (!cgroup_marked(cr->cg))
		rec->mark = "";
	if (state_write(&cr->c, e) < 0)
		return -e->code;
	if (cr->opts->p.pid_file)
		return pidfile_write(cr->opts->p.pid_file, cr->child.pid,
				     cr->c.dirfd, e);
	return 0;
}

/* Init has done everything that can fail: from here it is "created". */
static int on_ready(void *arg, struct err *e)
{
	struct creation *cr = arg;

	if (seccomp_check_start(&cr->fds.seccomp, e) < 0 ||
	    (!cr->limited && apply_limits(cr, e) < 0) ||
	    creation_descend_cgroup(cr, e) < 0 ||
	    container_complete(cr, e) < 0)
		return -e->code;
	return cr->before_run ? cr->before_run(cr, cr->before_run_arg, e) : 0;
}

/* A hook without timeout may take as long as it likes: the user's own wait. */
static int64_t serve_wait(const struct creation *cr)
{
	const struct hook_list *h = &cr->spec.hooks[HOOK_CREATE_CONTAINER];
	int64_t ms = STEP_DEADLINE_MS;

	for (size_t i = 0; i < h->n; i++) {
		if (!h->v[i].timeout.set)
			return -1;
		ms += (int64_t)h->v[i].timeout.v * 1000;
	}
	return ms;
}

static int serve(struct creation *cr, struct err *e)
{
	AUTO(mount_sources) struct mount_sources mounts = { &cr->spec, NULL, -1 };
	struct process_service s = {
		.child = &cr->child,
		.process = &cr->spec.process,
		.wait_ms = serve_wait(cr),
		.rootfs_ready = on_rootfs_ready,
		.listener = on_listener,
		.ready = on_ready,
		.arg = cr,
		.seccomp = &cr->fds.seccomp,
		.plan = &cr->plan,
		.mounts = &mounts,
	};

	if (cgroup_apply_devices(cr->cg, &cr->spec.linux_.resources, e) == 0 &&
	    (!cr->beside || process_set_oom(cr->child.pid,
					    &cr->spec.process.oom_score_adj, e) == 0)) {
		/* if it is dead, its last words are in the channel */
		(void)note_init(cr);
		if (process_serve(&s, e) == 0)
			return 0;
	}
	if (cgroup_oom_kills(cr->cg) > 0) {
		(void)err_wrap(e, "container init was OOM-killed (memory limit too low?)");
		(void)err_at(e, "/linux/resources/memory/limit");
	} else if (cr->spec.linux_.resources.memory.limit.set &&
		   cgroup_is_gone(cr->cg)) {
		(void)err_hint(e, "init was killed and its cgroup is gone, with the "
			       "count of OOM kills: is /linux/resources/memory/limit "
			       "too low?");
	}
	return -e->code;
}

/* Undo in reverse; the first error is what the user needs, these are logged. */
void container_undo(struct creation *cr)
{
	struct err e = ERR_INIT;
	char line[2200];
	bool had_process = cr->child.pid > 0;
	struct hook_ctx ctx = hook_ctx(cr);

	nsx_zygote_end(&cr->zygote);
	if (!cr->reserved)
		return;
	nsx_child_kill(&cr->child);
	if ((cr->cg && cgroup_destroy(cr->cg, deadline_in_ms(UNDO_DEADLINE_MS),
				      &e) < 0) ||
	    rdt_destroy(&cr->c.rec.rdt, false, &e) < 0 || state_remove(&cr->c, &e) < 0) {
		log_warn("cannot clean up after the failure: %s",
			 err_format(&e, line, sizeof(line)));
		return;
	}
	ctx.pid = 0;
	if (had_process)
		hooks_run_poststop(&ctx);
}

static int make(struct creation *cr, enum verb verb, struct err *e)
{
	const char *pidfd = cr->opts->p.pidfd_socket;

	if (process_fds_prepare(&cr->fds, &cr->opts->p,
				pidfd ? pidfd : cr->spec.run_oci.pidfd_receiver,
				cr->spec.process.terminal, e) < 0 ||
	    hooks_open_io(&cr->fds.hooks, &cr->spec, e) < 0 ||
	    (verb != VERB_RUN && make_fifo(cr, e) < 0) ||
	    build_plan(cr, verb, e) < 0)
		return -e->code;
	process_fds_assign(&cr->fds, &cr->plan);
	if (cgroup_create(cr->cg, e) < 0)
		return -e->code;
	if (spawn(cr, e) == 0 && serve(cr, e) == 0)
		return 0;
	if (runtime_is_runc(cr->opts->p.rt))
		(void)err_wrap(e, "unable to start container process");
	return -e->code;
}

static int check_rootless(const struct creation *cr, struct err *e)
{
	if (cr->host.euid == 0 || cr->spec.linux_.ns[NS_USER].listed)
		return 0;
	(void)err_set(e, EPERM, "rootless container requires user namespaces");
	(void)err_at(e, "/linux/namespaces");
	return err_hint(e, "'spec --rootless' writes a config with one");
}

int creation_begin(struct creation *cr, const struct create_opts *opts,
		   struct err *e)
{
	return process_begin(&cr->zygote, &opts->p, e);
}

int container_load(struct creation *cr, const struct create_opts *opts,
		   struct err *e)
{
	cr->opts = opts;
	if (load_config(cr, e) < 0 || state_check_id(opts->id, e) < 0 ||
	    check_terminal(cr, e) < 0 || check_rootfs(cr, e) < 0)
		return -e->code;
	absolute_sources(cr);
	relative_destinations(cr);
	if (notify_socket())
		notify_edit_spec(&cr->spec,
				 arena_printf(&cr->spec.arena, "%s/%s/" STATE_NOTIFY,
					      opts->p.rt->root, opts->id));
	host_probe(&cr->host);
	return check_rootless(cr, e);
}

int container_create(struct creation *cr, enum verb verb, struct err *e)
{
	interrupt_begin(&cr->in);
	if (container_reserve(cr, e) < 0 || make(cr, verb, e) < 0) {
		interrupt_take(&cr->in, e);
		container_undo(cr);
		creation_settled(cr);
		return -e->code;
	}
	return 0;
}

void creation_settled(struct creation *cr)
{
	cr->child.chan.cancel_fd = 0;
	interrupt_end(&cr->in);
}

void creation_free(struct creation *cr)
{
	creation_settled(cr);
	nsx_zygote_end(&cr->zygote);
	/* A container that was made lives on: only our handles go. */
	if (cr->child.pidfd >= 0)
		(void)close(cr->child.pidfd);
	chan_close(&cr->child.chan);
	process_fds_clear(&cr->fds);
	plan_free(&cr->plan);
	cgroup_close(cr->cg);
	cr->cg = NULL;
	/* the record borrows strings from the spec: close it first */
	state_close(&cr->c);
	spec_free(&cr->spec);
	free(cr->config_text);
	cr->config_text = NULL;
}
