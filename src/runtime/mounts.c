/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mounts: the parent's sequence (mounts.h). The same services and the same executor
 * as create and exec, with a plan of mounts only. The process that walks it joins
 * the namespaces that decide what a file system shows (user, pid, network, ipc,
 * cgroup), but has a mount namespace of its own, and enters none of the container's
 * cgroups: it is ours, and a frozen container is no obstacle.
 */
#include "config.h"
#include "runtime/mounts.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "config/config.h"
#include "runtime/interrupt.h"
#include "runtime/mount_source.h"
#include "runtime/process.h"
#include "runtime/start.h"
#include "runtime/state.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/banned.h"

#define FILE_MAX_BYTES (16U << 20)
#define STEP_DEADLINE_MS (60 * 1000)
#define UNDO_DEADLINE_MS (10 * 1000)

struct job {
	const struct runtime *rt;
	const char *id, *file;
	bool remove;
	char cwd[4096];
	struct container c;
	struct cgroup *cg;
	struct spec spec;
	struct host host;
	struct plan plan;
	struct process_fds fds;
	struct nsx_zygote zygote;
	struct nsx_child child;
	struct interrupt in;
};

static int not_running(struct err *e)
{
	return err_set(e, ESRCH, "container not running");
}

static int check_container(struct job *j, struct err *e)
{
	enum status s = state_status(&j->c, &j->cg);

	if (s == STATUS_STOPPED || s == STATUS_CREATING)
		return not_running(e);
	if (j->c.rec.ns_listed & (1U << NS_MNT))
		return 0;
	(void)err_set(e, ENOTSUP, "container '%s' has no mount namespace of its own",
		      j->id);
	return err_hint(e, "its mounts are those of the host: use mount(8)");
}

static int check_mounts(const struct job *j, struct err *e)
{
	for (size_t i = 0; i < j->spec.n_mounts && !j->remove; i++) {
		if (j->spec.mounts[i].kind != MOUNT_REMOUNT)
			continue;
		(void)err_set(e, ENOTSUP, "option 'remount' is not for a running container");
		(void)err_hint(e, "remove the mount and add it with other options");
		return err_at(e, "/mounts/%zu/options", i);
	}
	return 0;
}

static int read_mounts(struct job *j, struct err *e)
{
	AUTO(findings) struct findings f = { 0 };
	AUTO(str) char *text = NULL;
	size_t len;

	if (config_read_at(AT_FDCWD, j->file, NULL, true, FILE_MAX_BYTES, &text,
			   &len, e) < 0)
		return -e->code;
	int r = spec_parse_mounts(&j->spec, text, len, j->file, j->remove, &f,
				  e);

	findings_log(&f, j->file);
	return r < 0 ? r : check_mounts(j, e);
}

static int load(struct job *j, struct err *e)
{
	if (!getcwd(j->cwd, sizeof(j->cwd)))
		j->cwd[0] = '\0';
	if (state_open(&j->c, j->rt->root, j->id, e) < 0 ||
	    check_container(j, e) < 0 || container_spec(&j->c, &j->spec, e) < 0)
		return -e->code;
	host_probe(&j->host);
	return read_mounts(j, e);
}

static int build_plan(struct job *j, struct err *e)
{
	const struct plan_request req = {
		.verb = VERB_MOUNTS,
		.unmount = j->remove,
		.id = j->id,
		.bundle = *j->cwd ? j->cwd : "/",
		.rootfs = j->c.rec.rootfs,
		.debug = j->rt->debug,
		.runc_words = runtime_is_runc(j->rt),
		.cgroup = cgroup_view(j->cg),
	};

	return plan_build(&j->plan, &j->spec, &j->host, &req, e);
}

/* All of init's, proven to be its own in the end. */
static int open_container(struct job *j, struct nsx_request *req, struct err *e)
{
	static const enum nsx_kind join[] = { NSX_USER, NSX_PID, NSX_NET, NSX_IPC,
					      NSX_CGROUP };
	const struct record *rec = &j->c.rec;
	AUTO(fd) int pidfd = proc_open(&rec->init);
	AUTO(str) char *path = xasprintf("/proc/%d/root", rec->init.pid);

	j->fds.root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (j->fds.root < 0 && errno != ENOENT && errno != ESRCH) {
		(void)err_errno(e, errno, "cannot open the root of init (pid %d)",
				rec->init.pid);
		return err_hint(e, "needs CAP_SYS_PTRACE in its user namespace");
	}
	if (j->fds.root < 0)
		return not_running(e);
	if (nsx_open_ns_of(NSX_MNT, rec->init.pid, &j->fds.mnt, e) < 0)
		return -e->code;
	for (size_t i = 0; i < sizeof(join) / sizeof(*join); i++) {
		enum nsx_kind k = join[i];

		if (!(rec->ns_listed & (1U << k)))
			continue;
		req->ns[k].mode = NSX_JOIN;
		if (nsx_open_ns_of(k, rec->init.pid, &req->ns[k].fd, e) < 0)
			return -e->code;
		(void)fdvec_push(&j->fds.ns, req->ns[k].fd);
	}
	req->ns[NSX_MNT].mode = NSX_NEW;
	if (pidfd < 0 && pidfd != -ESRCH)
		return err_errno(e, -pidfd, "cannot get a pidfd of init (pid %d)",
				 rec->init.pid);
	/* The pid was init's all the time, not a recycled one's. */
	return pidfd < 0 || !proc_alive(&rec->init) ? not_running(e) : 0;
}

static int spawn(struct job *j, struct err *e)
{
	AUTO(fdvec) struct fdvec keep = { 0 };
	AUTO(strbuf) struct str payload = { 0 };
	struct nsx_request ns = { 0 }, req = { 0 };

	if (open_container(j, &ns, e) < 0)
		return -e->code;
	process_fds_assign(&j->fds, &j->plan);
	process_request(&req, &j->zygote, &keep, &payload, &j->plan);
	for (unsigned int k = 0; k < _NSX_KIND_MAX; k++)
		if (ns.ns[k].mode != NSX_INHERIT)
			req.ns[k] = ns.ns[k];
	int r = nsx_spawn(&j->child, &req, e);

	/*
	 * Not before: a birth that is given up kills what it has made, and that may
	 * have made its mounts already.
	 */
	if (r == 0)
		j->child.chan.cancel_fd = j->in.fd;
	keep.n = 0; /* borrowed numbers, not ours to close */
	return r;
}

static int act(struct job *j, struct err *e)
{
	AUTO(mount_sources) struct mount_sources sources = { &j->spec, NULL, -1 };
	const struct process_service s = {
		.child = &j->child,
		.process = &j->spec.process,
		.wait_ms = STEP_DEADLINE_MS,
		.plan = &j->plan,
		.mounts = &sources,
	};

	if (build_plan(j, e) < 0 || spawn(j, e) < 0)
		return -e->code;
	return process_serve(&s, e);
}

/* It takes away what it has made as soon as it finds itself alone (init/target.c). */
static void let_undo(struct job *j)
{
	if (j->child.pidfd < 0)
		return;
	chan_close(&j->child.chan);
	if (pidfd_wait(j->child.pidfd, deadline_in_ms(UNDO_DEADLINE_MS)) < 0)
		log_warn("what was mounted before the failure may be left in container "
			 "'%s': the process that mounts does not end", j->id);
}

static void job_free(struct job *j)
{
	nsx_child_kill(&j->child);
	nsx_zygote_end(&j->zygote);
	process_fds_clear(&j->fds);
	plan_free(&j->plan);
	cgroup_close(j->cg);
	state_close(&j->c);
	spec_free(&j->spec);
}

int container_mounts(const struct runtime *rt, const char *id, const char *file,
		     bool remove, struct err *e)
{
	struct job j = { .rt = rt, .id = id, .file = file, .remove = remove,
			 .c = CONTAINER_INIT, .fds = PROCESS_FDS_INIT,
			 .zygote = NSX_ZYGOTE_INIT, .child = NSX_CHILD_INIT };
	const struct process_opts none = { .rt = rt };
	int r = process_begin(&j.zygote, &none, e);

	if (r == 0)
		r = load(&j, e);

	interrupt_begin(&j.in);
	if (r == 0)
		r = act(&j, e);
	if (r < 0)
		interrupt_take(&j.in, e);
	if (r < 0)
		let_undo(&j);
	job_free(&j);
	interrupt_end(&j.in);
	return r;
}
