/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restore (checkpoint.h): as run, but criu makes the processes. It is started
 * inside the container's cgroups, so that whatever becomes of it and of us,
 * delete --force finds everything there. Upholds I5.
 */
#include "config.h"
#include "runtime/checkpoint.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/net.h"
#include "base/spawn.h"
#include "base/str.h"
#include "base/sys.h"
#include "runtime/create.h"
#include "runtime/create_cgroup.h"
#include "runtime/foreground.h"
#include "runtime/hooks.h"
#include "runtime/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

static int on_started(void *arg, pid_t criu, struct err *e)
{
	struct creation *cr = arg;

	if (cgroup_enter(cr->cg, criu, false, e) < 0 ||
	    rdt_enter(&cr->c.rec.rdt, &cr->spec.linux_.intel_rdt, criu, e) < 0)
		return -e->code;
	return creation_delegate_cgroup(cr, e);
}

/*
 * criu makes the network namespace again, not what is in it. A start brings up
 * the loopback interface, so a restore does, before connections come back.
 */
static void loopback(const struct creation *cr, pid_t init)
{
	const struct spec_ns *net = &cr->spec.linux_.ns[NS_NET];

	if (!net->listed || net->path)
		return;
	AUTO(fd) int fd = socket_in_netns(init);
	int r = fd < 0 ? fd : net_loopback_up(fd);

	if (r < 0)
		log_warn("cannot bring up the loopback interface of the restored container: %s, ignoring",
			 errno_text(-r));
}

static int on_namespaces(void *arg, pid_t init, struct err *e)
{
	struct creation *cr = arg;

	cr->child.pid = init;
	loopback(cr, init);
	return container_limits_and_hooks(cr, e);
}

/* To the console socket, or to our own relay. */
static int on_terminal(void *arg, int fd, struct err *e)
{
	struct creation *cr = arg;
	char name[] = "orphan-pts-master";
	struct iovec iov = { name, sizeof(name) - 1 };
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} ctl = { .space = { 0 } };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1,
			     .msg_control = &ctl, .msg_controllen = sizeof(ctl) };
	struct cmsghdr *cm = CMSG_FIRSTHDR(&mh);

	if (cr->fds.console < 0) {
		log_debug("a terminal came back that the config does not know");
		return 0;
	}
	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(cm), &fd, sizeof(fd));
	if (sendmsg(cr->fds.console, &mh, MSG_NOSIGNAL) < 0)
		return err_errno(e, errno, "cannot hand the container's terminal on");
	return 0;
}

static uint64_t on_activity(void *arg)
{
	const struct creation *cr = arg;
	struct pid_list pids = { 0 };
	struct err ignored = ERR_INIT;
	struct proc_stat st;
	uint64_t sum = 0;

	if (cgroup_pids(cr->cg, &pids, &ignored) < 0)
		return 0;
	for (size_t i = 0; i < pids.n; i++)
		if (proc_read_stat(pids.v[i], &st) == 0)
			sum += st.cpu;
	free(pids.v);
	return sum;
}

static int on_restored(void *arg, pid_t init, bool time_ns, struct err *e)
{
	struct creation *cr = arg;
	int fd = sys_pidfd_open(init, 0);

	if (fd < 0)
		return err_errno(e, -fd, "init (pid %d) is gone", init);
	cr->child.pid = init;
	cr->child.pidfd = fd;
	/* criu puts processes into a time namespace: exec has to join it */
	if (time_ns && host_has_time_ns())
		cr->c.rec.ns_listed |= 1U << NS_TIME;
	return container_complete(cr, e);
}

/* An empty directory of ours, by the name that the kernel has for it. */
static int make_work_dir(struct creation *cr, char **ret, struct err *e)
{
	char link[40], path[4096];

	if (mkdirat(cr->c.dirfd, STATE_RESTORE, 0700) < 0 && errno != EEXIST)
		return err_errno(e, errno, "cannot make %s", STATE_RESTORE);
	AUTO(fd) int fd = openat(cr->c.dirfd, STATE_RESTORE,
				 O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = fd < 0 ? -1 : readlink(link, path, sizeof(path) - 1);

	if (n < 0)
		return err_errno(e, errno, "cannot open %s", STATE_RESTORE);
	*ret = xstrndup(path, (size_t)n);
	return 0;
}

static int make(struct creation *cr, const struct criu_flags *flags,
		const char *program, struct err *e)
{
	AUTO(str) char *root = NULL;
	const struct criu_subject s = {
		.program = program, .flags = flags, .spec = &cr->spec,
		.rootfs = cr->rootfs, .view = cgroup_view(cr->cg),
		.runc_words = runtime_is_runc(cr->opts->p.rt),
		.stdio = cr->fds.stdio,
	};
	const struct criu_events events = {
		.started = on_started, .namespaces = on_namespaces,
		.terminal = on_terminal, .restored = on_restored,
		.activity = on_activity, .arg = cr,
	};

	if (process_fds_prepare(&cr->fds, &cr->opts->p, NULL,
				cr->spec.process.terminal, e) < 0 ||
	    hooks_open_io(&cr->fds.hooks, &cr->spec, e) < 0 ||
	    make_work_dir(cr, &root, e) < 0 || cgroup_create(cr->cg, e) < 0)
		return -e->code;
	int r = criu_restore(&s, root, &events, e);

	(void)unlinkat(cr->c.dirfd, STATE_RESTORE, AT_REMOVEDIR);
	if (r < 0) {
		/* what criu did not undo itself is in the cgroup */
		struct err w = ERR_INIT;

		(void)cgroup_kill(cr->cg, SIGKILL, &w);
	}
	return r;
}

/* The processes live: what remains is to stay with them, or to go. */
static int go_on(struct creation *cr, struct foreground *fg, int *ret_status,
		 struct err *e)
{
	*ret_status = 0;
	if (cr->opts->p.detach)
		return 0;
	if (foreground_attach(fg, cr->fds.master, e) < 0) {
		container_abandon(cr);
		return -e->code;
	}
	return container_stay(cr, fg, ret_status, e);
}

/* As with run; a shell job has the caller's terminal, which it gets back. */
static int give_stdio(struct creation *cr, const struct criu_flags *flags,
		      struct foreground *fg, struct err *e)
{
	if (cr->opts->p.detach || cr->spec.process.terminal || flags->shell_job)
		return 0;
	cr->fds.stdio = fg->stdio.theirs;
	return stdio_make(&fg->stdio, false, e);
}

int container_restore(const struct create_opts *opts,
		      const struct criu_flags *flags, int *ret_status,
		      struct err *e)
{
	AUTO(creation) struct creation cr = CREATION_INIT;
	AUTO(str) char *program = NULL;
	struct foreground fg = FOREGROUND_INIT;
	int r;

	if (criu_check_flags(flags, e) < 0 ||
	    criu_find(opts->p.rt->criu, &program, e) < 0 ||
	    container_load(&cr, opts, e) < 0)
		return -e->code;
	/* criu puts processes back where it wants, which nobody has tried */
	if (cr.spec.run_oci.delegate_cgroup) {
		(void)err_set(e, ENOTSUP, "restore into a delegated cgroup is not supported");
		return err_at(e, "/annotations/run.oci.delegate-cgroup");
	}
	if (geteuid() != 0)
		log_warn("restore of a container without root may fail");
	if (!opts->p.detach) {
		foreground_block_signals(&fg);
		if (!opts->no_subreaper)
			(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	}
	cr.c.rec.restored = true;
	r = give_stdio(&cr, flags, &fg, e);
	if (r == 0)
		r = container_reserve(&cr, e);
	if (r == 0)
		r = make(&cr, flags, program, e);
	if (r < 0)
		container_undo(&cr);
	else
		r = go_on(&cr, &fg, ret_status, e);
	foreground_end(&fg);
	return r;
}
