/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent's side of nsx_spawn(): payload, birth, the few services a new
 * process needs of its parent, and killing everything when one fails. Must not
 * decide about namespaces (nsplan.c) and must not know what a cgroup is beyond
 * a descriptor given to clone3.
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

/* One attempt to make the process. Owned by spawn(). */
struct spawn {
	const struct nsx_request *req;
	struct nsx_plan plan;
	pid_t pid; /* first process, unreaped; 0 = none */
	int pidfd;
	struct chan chan;
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

/* The pid behind a pidfd, as our own procfs tells it; -ESRCH, -errno. */
static pid_t pid_of(int pidfd)
{
	AUTO(str) char *text = NULL;
	char path[64];
	const char *line;
	int pid, r;

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
 * A stage and perhaps the process it made, whose pidfd we do not have yet. Both
 * are in the process group of the stage, whose number cannot be taken by others
 * as long as the stage is unreaped; a second process leaves the group only
 * after it was announced. The channel hangs up when the last of them is dead.
 */
static void kill_stage(struct spawn *s)
{
	struct pollfd p = { .fd = s->chan.fd, .events = 0 };
	deadline_t end = deadline_in_ms(KILL_MS);
	siginfo_t si;
	int r;

	(void)kill(-s->pid, SIGKILL);
	/* A stage that has not made its group yet. */
	(void)pidfd_signal(s->pidfd, SIGKILL);
	kill_announced(&s->chan);
	do
		r = poll(&p, 1, deadline_poll_ms(end));
	while (r < 0 && errno == EINTR);
	/* Dead, but perhaps not yet to be reaped: there is no event for that. */
	while (r > 0) {
		si.si_pid = 0;
		r = waitid(P_PGID, (id_t)s->pid, &si,
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
	kill_child(s->pid, s->pidfd);
}

/* Nothing is left of the attempt afterwards. */
static void undo(struct spawn *s)
{
	if (s->pid > 0 && nsx_plan_clones(&s->plan))
		kill_stage(s);
	else if (s->pid > 0)
		kill_child(s->pid, s->pidfd);
	if (s->pidfd >= 0)
		(void)close(s->pidfd);
	s->pid = 0;
	s->pidfd = -1;
	chan_close(&s->chan);
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
	memcpy(prog->ops, plan->ops, sizeof(prog->ops));
	for (unsigned int k = 0; k < _NSX_KIND_MAX; k++)
		prog->ns_fd[k] =
			req->ns[k].mode == NSX_JOIN ? req->ns[k].fd : -1;
	prog->monotonic = req->monotonic;
	prog->boottime = req->boottime;
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

/* Plan, pack and clone. -EAGAIN: again without the cgroup. */
static int give_birth(struct spawn *s, const struct nsx_caps *caps,
		      struct err *e)
{
	AUTO(fd) int program_fd = -1;
	AUTO(fd) int child_end = -1;
	int r;

	if (nsx_plan(&s->plan, s->req, caps, e) < 0 ||
	    make_memfd(s->req, &s->plan, &program_fd, e) < 0)
		return -e->code;
	log_plan(&s->plan);
	r = chan_pair(&s->chan.fd, &child_end);
	if (r < 0)
		return err_errno(e, -r, "cannot make a channel to init");
	struct nsx_birth b = { s->req, &s->plan, child_end, program_fd };

	r = nsx_birth(&b, &s->pidfd);
	if (r < 0) {
		chan_close(&s->chan);
		if (s->plan.into_cgroup && enter_instead(-r))
			return -EAGAIN;
		return explain_birth(&s->plan, -r, e);
	}
	s->pid = r;
	s->chan.self = "parent";
	s->chan.peer = nsx_plan_clones(&s->plan) ? "stage" : "init";
	s->chan.peer_pidfd = s->pidfd;
	s->chan.peer_pid = s->pid;
	s->chan.cancel_fd = s->req->cancel_fd;
	return 0;
}

/* ---- services ---- */

static bool has_op(const struct nsx_plan *plan, enum nsx_op_type type)
{
	for (size_t i = 0; i < plan->n_ops; i++)
		if (plan->ops[i].type == type)
			return true;
	return false;
}

/* The stage's last message; the second process becomes ours. */
static int take_init(struct spawn *s, struct err *e)
{
	struct chan_msg msg;
	pid_t pid;
	int r;

	if (chan_recv(&s->chan, CHAN_INIT_PID, &msg, wait_end(s->req), NULL,
		      e) < 0)
		return -e->code;
	AUTO(fd) int pidfd = msg.fds[0];

	pid = pid_of(pidfd);
	if (pid < 0)
		return err_errno(
			e, -pid,
			"cannot identify the init that the stage made");
	r = pidfd_wait(s->pidfd, wait_end(s->req));
	if (r < 0) {
		kill_child(pid, pidfd);
		return err_errno(e, -r, "cannot wait for the end of the stage");
	}
	(void)waitpid(s->pid, NULL, __WALL | WNOHANG);
	(void)close(s->pidfd);
	s->pid = pid;
	s->pidfd = TAKE_FD(pidfd);
	s->chan.peer = "init";
	s->chan.peer_pidfd = s->pidfd;
	s->chan.peer_pid = pid;
	/* From here undo() has one process to kill, and knows it. */
	s->plan.n_ops = 0;
	return 0;
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
	    chan_send(&s->chan, CHAN_BORN, NULL, 0, NULL, 0, e) < 0)
		return -e->code;
	if (has_op(&s->plan, NSX_OP_IDMAP) &&
	    (chan_expect(&s->chan, CHAN_NEED_IDMAP, wait_end(req), e) < 0 ||
	     nsx_idmap_write(s->pid, req, wait_end(req), e) < 0 ||
	     chan_send(&s->chan, CHAN_IDMAP_DONE, NULL, 0, NULL, 0, e) < 0))
		return -e->code;
	if (nsx_plan_clones(&s->plan))
		return take_init(s, e);
	return 0;
}

void nsx_caps_probe(struct nsx_caps *ret)
{
	/* The only probe of CLONE_INTO_CGROUP is to use it (enter_instead()).
	 */
	*ret = (struct nsx_caps){ true, geteuid(), getegid() };
}

int nsx_spawn(struct nsx_child *ret, const struct nsx_request *req,
	      struct err *e)
{
	struct spawn s = { .req = req, .pidfd = -1, .chan = CHAN_INIT };
	struct nsx_caps caps;
	int r;

	nsx_caps_probe(&caps);
	r = give_birth(&s, &caps, e);
	if (r == -EAGAIN && s.pid == 0 && s.plan.into_cgroup) {
		log_debug(
			"nsexec: no clone3 into this cgroup, entering it afterwards");
		err_clear(e);
		caps.clone_into_cgroup = false;
		r = give_birth(&s, &caps, e);
	}
	if (r == 0 && serve(&s, e) < 0) {
		/* Why the child failed is the cause; ours is the effect. */
		(void)chan_pending_error(&s.chan, e);
		r = -e->code;
	}
	if (r < 0) {
		undo(&s);
		return r;
	}
	*ret = (struct nsx_child){ s.pid, s.pidfd, s.chan };
	return 0;
}
