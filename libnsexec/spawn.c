/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent's side of nsx_spawn(): the request, the few services a new process
 * needs of its parent, and killing everything when one fails. Must not decide about
 * namespaces (nsplan.c) and must not know what a cgroup is beyond a descriptor given
 * to clone3.
 *
 * Upholds I2 and I6. A failure in the child is reported in the child's words:
 * before any error of ours is returned, the channel is asked for an ERROR.
 */
#include "config.h"
#include "libnsexec/nsexec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/sys.h"
#include "libnsexec/program.h"

#include "base/banned.h"

#define DEFAULT_DEADLINE_MS 10000
/* SIGKILL takes effect at once unless the process hangs in the kernel. */
#define KILL_MS		    10000

/* Not in the headers of all C libraries; the kernel's value. */
#define MEMFD_NOEXEC_SEAL 8U

/* One attempt to make the process. Owned by nsx_spawn(). */
struct spawn {
	const struct nsx_request *req;
	struct nsx_zygote *z;
	struct nsx_plan plan;
	pid_t pid; /* first process, later the second; unreaped; 0 = none */
	int pidfd;
	int home;  /* network namespace to return to, or -1 */
	int netfd; /* the new one that we made, or -1 */
};

static deadline_t wait_end(const struct nsx_request *req)
{
	return deadline_in_ms(req->deadline_ms > 0 ? req->deadline_ms
						   : DEFAULT_DEADLINE_MS);
}

/* ---- killing ---- */

/* Kill and reap one child. It stays a zombie only if the kernel holds on to it.
 */
static void kill_child(pid_t pid, int pidfd)
{
	(void)pidfd_signal(pidfd, SIGKILL);
	/* One that a debugger has not let go of yet is reaped by init one day. */
	if (pidfd_wait(pidfd, deadline_in_ms(KILL_MS)) == 0)
		(void)waitpid(pid, NULL, __WALL | WNOHANG);
}

/* The pid behind a pidfd; -ESRCH, -errno. */
static pid_t pid_of(int pidfd)
{
	AUTO(str) char *text = NULL;
	char path[64];
	const char *line;
	int pid, r = sys_pidfd_pid(pidfd);

	if (r > 0 || r == -ESRCH)
		return r;
	/* compat: remove when the baseline is Linux 6.13 (PIDFD_GET_INFO) */
	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	r = file_read_at(AT_FDCWD, path, 4096, &text, NULL);
	if (r < 0)
		return r;
	line = strstr(text, "\nPid:");
	if (!line)
		return -EINVAL;
	line += strspn(line, "\nPid:\t ");
	text[strcspn(line, "\n") + (size_t)(line - text)] = '\0';
	if (parse_int(line, &pid) < 0)
		return -EINVAL;
	return pid > 0 ? pid : -ESRCH;
}

/* An INIT_PID that is still in the channel names a process to kill, too. */
static void kill_announced(struct chan *c)
{
	struct chan_msg msg;
	struct err ignored = ERR_INIT;

	c->cancel_fd = 0;
	while (c->fd >= 0 &&
	       chan_recv(c, CHAN_ANY, &msg, deadline_in_ms(0), NULL, &ignored) == 0) {
		pid_t pid = msg.type == CHAN_INIT_PID ? pid_of(msg.fds[0]) : 0;

		if (pid > 0)
			kill_child(pid, msg.fds[0]);
		chan_msg_close(&msg);
	}
}

/*
 * The zygote and what it made, of which we may not know yet. All are in the process
 * group of the zygote, whose number cannot be taken by others as long as it is
 * unreaped; a process leaves the group only after it was announced. The channel
 * hangs up when the last of them is dead.
 */
static void undo(struct spawn *s)
{
	struct nsx_zygote *z = s->z;
	struct pollfd p = { .fd = z->chan.fd, .events = 0 };
	deadline_t end = deadline_in_ms(KILL_MS);
	siginfo_t si;
	int r;

	(void)kill(-z->pid, SIGKILL);
	/* One that has not made its group yet. */
	(void)pidfd_signal(z->pidfd, SIGKILL);
	if (s->pid > 0)
		kill_child(s->pid, s->pidfd);
	if (s->pidfd >= 0)
		(void)close(s->pidfd);
	s->pid = 0;
	s->pidfd = -1;
	kill_announced(&z->chan);
	do
		r = poll(&p, 1, deadline_poll_ms(end));
	while (r < 0 && errno == EINTR);
	/* Dead, but perhaps not yet to be reaped: there is no event for that. */
	while (r > 0) {
		si.si_pid = 0;
		r = waitid(P_PGID, (id_t)z->pid, &si,
			   WEXITED | WNOHANG | __WALL);
		if (r < 0 && errno != EINTR)
			break;
		if (r == 0 && si.si_pid == 0) {
			if (deadline_poll_ms(end) == 0)
				break;
			(void)poll(NULL, 0, 1);
		}
		r = 1;
	}
	nsx_zygote_end(z);
}

void nsx_child_kill(struct nsx_child *c)
{
	int saved = errno;

	if (c->pid > 0 && c->pidfd >= 0)
		kill_child(c->pid, c->pidfd);
	if (c->pidfd >= 0)
		(void)close(c->pidfd);
	chan_close(&c->chan);
	*c = (struct nsx_child)NSX_CHILD_INIT;
	errno = saved;
}

/* ---- birth ---- */

static void fill_program(struct nsx_program *prog,
			 const struct nsx_request *req,
			 const struct nsx_plan *plan)
{
	memset(prog, 0, sizeof(*prog));
	prog->magic = NSX_MAGIC;
	prog->size = sizeof(*prog);
	prog->has_cgroup = plan->into_cgroup;
	for (unsigned int k = 0; k < _NSX_KIND_MAX; k++) {
		const char *pointer = req->ns[k].pointer;

		if (req->ns[k].mode == NSX_JOIN)
			prog->joined |= 1U << k;
		(void)snprintf(prog->pointer[k], sizeof(prog->pointer[k]), "%s",
			       pointer ? pointer : "");
	}
	prog->n_keep = (uint32_t)req->n_keep_fds;
	prog->clone_flags = plan->clone_flags;
	memcpy(prog->ops, plan->ops, sizeof(prog->ops));
	prog->monotonic = req->monotonic;
	prog->boottime = req->boottime;
	prog->dumpable = plan->clone_flags & CLONE_NEWUSER && !prog->joined &&
			 geteuid() != 0;
	prog->net_pending = plan->net_by_parent;
	prog->debug = log_level_get() >= LOGL_DEBUG;
	prog->payload_len = req->payload_len;
}

static int make_memfd(const struct nsx_request *req,
		      const struct nsx_plan *plan, int *ret_fd, struct err *e)
{
	const unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	struct nsx_program prog;
	int r = sys_memfd_create("ocirun-init", flags | MEMFD_NOEXEC_SEAL);

	/* compat: remove when baseline >= 6.3 (MFD_NOEXEC_SEAL) */
	if (r == -EINVAL)
		r = sys_memfd_create("ocirun-init", flags);
	AUTO(fd) int fd = r;

	if (fd < 0)
		return err_errno(e, -r, "cannot make a memfd for init");
	fill_program(&prog, req, plan);
	r = fd_write_full(fd, &prog, sizeof(prog));
	if (r == 0)
		r = fd_write_full(fd, req->payload, req->payload_len);
	if (r < 0)
		return err_errno(e, -r, "cannot write the request of init");
	if (fcntl(fd, F_ADD_SEALS,
		  F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return err_errno(e, errno, "cannot seal the request of init");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/*
 * This cgroup or kernel cannot be born into, but may be entered later. EINVAL
 * and E2BIG: clone3 does not know the flag or the longer argument block;
 * EOPNOTSUPP: a threaded cgroup. EPERM: a filter denies clone3, or it forbids the
 * namespaces, which clone(2) will say again. EACCES: `enter` knows whether the
 * container can do without this one. Anything else is an answer about this
 * cgroup (EBUSY, ENODEV: removed) that another way would only hide.
 */
static bool enter_instead(int code)
{
	return code == EOPNOTSUPP || code == EINVAL || code == E2BIG ||
	       code == ENOSYS || code == EPERM || code == EACCES;
}

static int explain_birth(const struct nsx_plan *plan, int code, struct err *e)
{
	if (!plan->into_cgroup || code == ENOSPC || code == EUSERS ||
	    code == EAGAIN || code == ENOMEM)
		return nsx_explain_create(e, code, plan->clone_flags, -1);
	(void)err_errno(e, code, "cannot create a process in its cgroup");
	if (code == EBUSY)
		(void)err_hint(
			e,
			"a cgroup with controllers enabled for its children (cgroup.subtree_control) may hold no processes itself");
	else if (code == ENODEV || code == ENOENT)
		(void)err_hint(e, "the cgroup was removed meanwhile");
	return -code;
}

static void log_plan(const struct nsx_plan *plan)
{
	char text[600];

	if (log_level_get() < LOGL_DEBUG)
		return;
	nsx_plan_print(plan, text, sizeof(text));
	for (char *p = text; *p; p++)
		if (*p == '\n')
			*p = p[1] ? ';' : '\0';
	log_debug("nsexec: %s", text);
}

/* REQUEST, with its descriptors in the order of struct nsx_program. */
static int send_request(struct spawn *s, int program_fd, struct err *e)
{
	const struct nsx_request *req = s->req;
	int fds[CHAN_MAX_FDS], n = 0;

	if (req->n_keep_fds > CHAN_MAX_FDS - 2 - _NSX_KIND_MAX)
		return err_set(e, E2BIG, "too many descriptors for init: %zu",
			       req->n_keep_fds);
	fds[n++] = program_fd;
	if (s->plan.into_cgroup)
		fds[n++] = req->cgroup_fd;
	for (unsigned int k = 0; k < _NSX_KIND_MAX; k++)
		if (req->ns[k].mode == NSX_JOIN)
			fds[n++] = req->ns[k].fd;
	for (size_t i = 0; i < req->n_keep_fds; i++)
		fds[n++] = req->keep_fds[i];
	return chan_send(&s->z->chan, CHAN_REQUEST, NULL, 0, fds, n, e);
}

/*
 * INIT_PID: a process that the zygote or the stage made, ours from now on. Or
 * UNBORN; with *ret_refused it was the kernel that refused the clone.
 */
static int take_process(struct spawn *s, bool *ret_refused, struct err *e)
{
	struct chan_msg msg;
	uint32_t why[2];
	pid_t pid;

	*ret_refused = false;
	if (chan_recv(&s->z->chan, CHAN_INIT_PID, &msg, wait_end(s->req), NULL,
		      e) < 0)
		return -e->code;
	AUTO(fd) int pidfd = msg.n_fds > 0 ? msg.fds[0] : -1;

	if (msg.type == CHAN_UNBORN) {
		if (nsx_zygote_why(msg.payload, e))
			return -e->code;
		memcpy(why, msg.payload, sizeof(why));
		*ret_refused = true;
		return -(int)why[1];
	}
	pid = pid_of(pidfd);
	if (pid < 0)
		return err_errno(
			e, -pid,
			"cannot identify the process that the stage made");
	s->pid = pid;
	s->pidfd = TAKE_FD(pidfd);
	return 0;
}

/* From here the channel is this one's. */
static void talk_to(struct spawn *s, const char *who)
{
	s->z->chan.peer = who;
	s->z->chan.peer_pidfd = s->pidfd;
	s->z->chan.peer_pid = s->pid;
}

static bool has_op(const struct nsx_plan *plan, enum nsx_op_type type)
{
	for (size_t i = 0; i < plan->n_ops; i++)
		if (plan->ops[i].type == type)
			return true;
	return false;
}

static int make_net(struct spawn *s, struct err *e)
{
	const char *pointer = s->req->ns[NSX_NET].pointer;

	if (!s->plan.net_by_parent || s->netfd >= 0 ||
	    nsx_net_make(s->home, &s->netfd, e) == 0)
		return 0;
	return pointer ? err_at(e, "%s", pointer) : -e->code;
}

/*
 * Plan, pack and ask. *ret_refused: the kernel has refused the clone, and the
 * zygote is there for another request; 1: for one without the cgroup.
 */
static int give_birth(struct spawn *s, const struct nsx_caps *caps,
		      bool *ret_refused, struct err *e)
{
	AUTO(fd) int program_fd = -1;
	struct err net = ERR_INIT;
	int r;

	*ret_refused = true;
	if (nsx_plan(&s->plan, s->req, caps, e) < 0 ||
	    make_memfd(s->req, &s->plan, &program_fd, e) < 0)
		return -e->code;
	log_plan(&s->plan);
	s->z->chan.cancel_fd = s->req->cancel_fd;
	*ret_refused = false;
	if (send_request(s, program_fd, e) < 0)
		return -e->code;
	/* meanwhile, unless somebody will wait for what comes then; an error waits too */
	if (!has_op(&s->plan, NSX_OP_BORN))
		(void)make_net(s, &net);
	r = take_process(s, ret_refused, e);
	if (r == 0) {
		talk_to(s, nsx_plan_clones(&s->plan) ? "stage" : "init");
		return 0;
	}
	if (!*ret_refused)
		return r;
	if (s->plan.into_cgroup && enter_instead(-r))
		return 1;
	return explain_birth(&s->plan, -r, e);
}

/* ---- services ---- */

/* The second process takes the place of the first. */
static int take_init(struct spawn *s, struct err *e)
{
	pid_t stage = s->pid;
	AUTO(fd) int stage_fd = s->pidfd;
	bool refused;
	int r = take_process(s, &refused, e);

	if (r < 0) {
		s->pidfd = TAKE_FD(stage_fd); /* for undo() */
		return r;
	}
	r = pidfd_wait(stage_fd, wait_end(s->req));
	if (r < 0) {
		kill_child(stage, stage_fd);
		return err_errno(e, -r, "cannot wait for the end of the stage");
	}
	(void)waitpid(stage, NULL, __WALL | WNOHANG);
	talk_to(s, "init");
	return 0;
}

/* NETNS. Nobody has to wait for it yet, so after everything that somebody waits for. */
static int give_net(struct spawn *s, struct err *e)
{
	if (make_net(s, e) < 0)
		return -e->code;
	return chan_send(&s->z->chan, CHAN_NETNS, NULL, 0, &s->netfd, 1, e);
}

static int serve(struct spawn *s, struct err *e)
{
	const struct nsx_request *req = s->req;

	if (req->enter &&
	    req->enter(req->enter_arg, s->pid, s->plan.into_cgroup, e) < 0)
		return -e->code;
	if (s->plan.clone_flags & CLONE_NEWUSER &&
	    nsx_idmap_write(s->pid, req, wait_end(req), e) < 0)
		return -e->code;
	if (has_op(&s->plan, NSX_OP_BORN) &&
	    chan_send(&s->z->chan, CHAN_BORN, NULL, 0, NULL, 0, e) < 0)
		return -e->code;
	if (has_op(&s->plan, NSX_OP_IDMAP) &&
	    (chan_expect(&s->z->chan, CHAN_NEED_IDMAP, wait_end(req), e) < 0 ||
	     nsx_idmap_write(s->pid, req, wait_end(req), e) < 0 ||
	     chan_send(&s->z->chan, CHAN_IDMAP_DONE, NULL, 0, NULL, 0, e) < 0))
		return -e->code;
	if (nsx_plan_clones(&s->plan) && take_init(s, e) < 0)
		return -e->code;
	return s->plan.net_by_parent ? give_net(s, e) : 0;
}

static void probe_caps(struct spawn *s, struct nsx_caps *ret)
{
	if (s->req->net_later && s->req->ns[NSX_NET].mode == NSX_NEW)
		s->home = nsx_net_home();
	/* The only probe of CLONE_INTO_CGROUP is to use it (enter_instead()).
	 */
	*ret = (struct nsx_caps){ true, s->home >= 0, geteuid(), getegid() };
}

/* The zygote has had its last request; its end may take a moment. */
static int hand_over(struct nsx_child *ret, struct spawn *s, struct err *e)
{
	struct chan chan = s->z->chan;
	int r;

	s->z->chan = (struct chan)CHAN_INIT;
	r = nsx_zygote_reap(s->z, wait_end(s->req));
	if (r < 0) {
		s->z->chan = chan;
		return err_errno(e, -r, "cannot wait for the end of the zygote");
	}
	*ret = (struct nsx_child){ s->pid, s->pidfd, chan };
	return 0;
}

int nsx_spawn(struct nsx_child *ret, const struct nsx_request *req,
	      struct err *e)
{
	struct spawn s = { .req = req, .z = req->zygote, .pidfd = -1, .home = -1,
			   .netfd = -1 };
	struct nsx_caps caps;
	bool refused;
	int r;

	probe_caps(&s, &caps);
	r = give_birth(&s, &caps, &refused, e);
	if (r > 0) {
		log_debug(
			"nsexec: no clone3 into this cgroup, entering it afterwards");
		caps.clone_into_cgroup = false;
		r = give_birth(&s, &caps, &refused, e);
	}
	if (r == 0 && (serve(&s, e) < 0 || hand_over(ret, &s, e) < 0)) {
		/* Why the child failed is the cause; ours is the effect. */
		(void)chan_pending_error(&s.z->chan, e);
		r = -e->code;
	}
	if (r < 0 && !refused)
		undo(&s);
	auto_fd(&s.home);
	auto_fd(&s.netfd);
	return r;
}
