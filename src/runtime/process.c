/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent's side of one container process (process.h). Owns the descriptors
 * handed to init and the answers to its messages; must not know whether a
 * container is being made or joined. Upholds I2 and I6.
 */
#include "config.h"
#include "runtime/process.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/protect.h"
#include "base/sys.h"
#include "init/init.h"
#include "runtime/mount_source.h"
#include "runtime/seccomp_notify.h"
#include "runtime/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

static int open_console(struct process_fds *fds, const struct process_opts *o,
			struct err *e)
{
	int pair[2];

	if (o->console && *o->console) {
		fds->tty = open(o->console, O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (fds->tty < 0)
			return err_errno(e, errno, "cannot open --console '%s'",
					 o->console);
		return 0;
	}
	if (o->console_socket)
		return sock_connect(o->console_socket, "--console-socket",
				    &fds->console, e);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(e, errno,
				 "cannot make a socket pair for the terminal");
	fds->master = pair[0];
	fds->console = pair[1];
	return 0;
}

int process_fds_prepare(struct process_fds *fds, const struct process_opts *o,
			const char *pidfd_socket, bool terminal, struct err *e)
{
	if (terminal && open_console(fds, o, e) < 0)
		return -e->code;
	if (pidfd_socket &&
	    sock_connect(pidfd_socket, "--pidfd-socket", &fds->pidfd, e) < 0)
		return -e->code;
	return 0;
}

int process_fds_seccomp(struct process_fds *fds, const struct spec_seccomp *s,
			struct plan_request *req, struct err *e)
{
	if (seccomp_build(&fds->seccomp, s, e) < 0)
		return -e->code;
	req->seccomp = fds->seccomp.fd >= 0;
	req->seccomp_by_number = fds->seccomp.by_number;
	req->seccomp_lacks = fds->seccomp.lacks;
	return 0;
}

bool process_fds_piped(const struct process_fds *fds)
{
	for (int i = 0; fds->stdio && i < 3; i++)
		if (fds->stdio[i] >= 0)
			return true;
	return false;
}

void process_fds_assign(const struct process_fds *fds, struct plan *plan)
{
	plan->fds[SLOT_FIFO] = fds->fifo;
	plan->fds[SLOT_CONSOLE] = fds->console;
	plan->fds[SLOT_PIDFD] = fds->pidfd;
	plan->fds[SLOT_TTY] = fds->tty;
	plan->fds[SLOT_SECCOMP] = fds->seccomp.fd;
	plan->fds[SLOT_HOOK_OUT] = fds->hooks.out;
	plan->fds[SLOT_HOOK_ERR] = fds->hooks.err;
	plan->fds[SLOT_ROOT] = fds->root;
	plan->fds[SLOT_MNT] = fds->mnt;
	for (int i = 0; fds->stdio && i < 3; i++)
		plan->fds[SLOT_STDIN + i] = fds->stdio[i];
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

void process_fds_clear(struct process_fds *fds)
{
	int saved = errno;

	close_one(&fds->fifo);
	close_one(&fds->console);
	close_one(&fds->pidfd);
	close_one(&fds->tty);
	close_one(&fds->root);
	close_one(&fds->mnt);
	hook_io_close(&fds->hooks);
	close_one(&fds->master);
	fdvec_clear(&fds->ns);
	seccomp_program_clear(&fds->seccomp);
	errno = saved;
}

/*
 * Called by the name runc: the debug lines by which tests of callers see that the
 * program was sealed (I3).
 */
static void say_sealed(const struct runtime *rt)
{
	if (!runtime_is_runc(rt))
		return;
	log_debug("runc exeseal: using /proc/self/exe clone");
	log_debug("a sealed memfd, in the place of %s",
		  "runc exeseal: using overlayfs for sealed /proc/self/exe");
}

void process_reset_affinity(pid_t pid)
{
	cpu_set_t all;

	/* Denied or not: the mask is a courtesy, cpusets are the limit. */
	memset(&all, 0xff, sizeof(all));
	(void)sched_setaffinity(pid, sizeof(all), &all);
}

int process_begin(struct nsx_zygote *z, const struct process_opts *o,
		  struct err *e)
{
	uint32_t n = o->listen_fds + o->preserve_fds;

	/* those beyond are ours; check_terminal() complains of them */
	if (n > o->rt->inherited_fds && PROTECTED(PRESERVE_FDS))
		n = o->rt->inherited_fds;
	const struct nsx_birth birth = {
		.argv0 = o->rt->argv0, .n_inherit = n, .image = o->rt->init_image,
		.image_size = o->rt->init_image_size };

	if (nsx_zygote_begin(z, &birth, e) < 0)
		return -e->code;
	say_sealed(o->rt);
	process_reset_affinity(z->pid);
	return 0;
}

void process_request(struct nsx_request *req, struct nsx_zygote *z,
		     struct fdvec *keep, struct str *payload,
		     const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_slots; i++)
		if (plan->fds[i] >= 0)
			(void)fdvec_push(keep, plan->fds[i]);
	plan_encode(plan, payload);
	req->zygote = z;
	req->keep_fds = keep->v;
	req->n_keep_fds = keep->n;
	req->payload = payload->p;
	req->payload_len = payload->len;
	req->cgroup_fd = -1;
	req->deadline_ms = 30 * 1000;
	for (unsigned int k = 0; k < _NSX_KIND_MAX; k++)
		req->ns[k].fd = -1;
}

static int set_rlimits(const struct process_service *s, struct err *e)
{
	for (size_t i = 0; i < s->process->n_rlimits; i++) {
		const struct spec_rlimit *l = &s->process->rlimits[i];
		const struct arg_rlimit limit = { (uint32_t)i,
						  (uint32_t)l->resource,
						  l->soft, l->hard };

		if (rlimit_set(s->child->pid, &limit, e) < 0)
			return -e->code;
	}
	return 0;
}

static const struct step *seccomp_step(const struct process_service *s)
{
	for (size_t i = 0; s->plan && i < s->plan->n_steps; i++) {
		enum step_id id = s->plan->steps[i].id;

		if (id == STEP_SECCOMP_EARLY || id == STEP_SECCOMP_LATE)
			return &s->plan->steps[i];
	}
	return NULL;
}

static bool expects_listener(const struct process_service *s)
{
	const struct step *step = seccomp_step(s);

	return s->listener && step && step->u.seccomp.has_listener;
}

/* SECCOMP_FD or SECCOMP_NR: the listener on its way to the agent. */
static int on_listener(const struct process_service *s, struct chan_msg *msg,
		       struct err *e)
{
	AUTO(fd) int fd = -1;
	uint32_t number;

	if (msg->type == CHAN_SECCOMP_FD) {
		fd = TAKE_FD(msg->fds[0]);
	} else {
		memcpy(&number, msg->payload, sizeof(number));
		if (seccomp_notify_fetch(s->child->pidfd, number, &fd, e) < 0)
			return -e->code;
	}
	if (!seccomp_is_listener(fd))
		return err_set(e, EPROTO,
			       "init sent a descriptor that is no seccomp listener");
	if (s->listener(s->arg, fd, e) < 0)
		return -e->code;
	return chan_send(&s->child->chan, CHAN_SECCOMP_DONE, NULL, 0, NULL, 0, e);
}

/* NEED_MOUNT_FD: init may ask only for what its plan says. */
static int on_need_mount(const struct process_service *s,
			 const struct chan_msg *msg, struct err *e)
{
	const struct arg_mount *m = NULL;
	uint32_t index;

	memcpy(&index, msg->payload, sizeof(index));
	for (size_t i = 0; s->mounts && i < s->plan->n_steps; i++) {
		const struct step *step = &s->plan->steps[i];

		if (step->id == STEP_MOUNT && step->u.mount.index == index &&
		    (step->u.mount.by_parent || step->u.mount.idmap))
			m = &step->u.mount;
	}
	if (!m)
		return err_set(e, EPROTO, "init asked for mount %u", index);
	AUTO(fd) int fd = -1;

	if (mount_source_open(s->mounts, m, s->child->pid, &fd, e) < 0)
		return -e->code;
	return chan_send(&s->child->chan, CHAN_MOUNT_FD, NULL, 0, &fd, 1, e);
}

static int on_message(const struct process_service *s, struct chan_msg *msg,
		      bool *ret_done, struct err *e)
{
	struct chan *c = &s->child->chan;

	*ret_done = false;
	if (msg->type == CHAN_ROOTFS_READY) {
		if (s->rootfs_ready && s->rootfs_ready(s->arg, e) < 0)
			return -e->code;
		return chan_send(c, CHAN_HOOKS_DONE, NULL, 0, NULL, 0, e);
	}
	if (msg->type == CHAN_NEED_LIMITS) {
		if (set_rlimits(s, e) < 0)
			return -e->code;
		return chan_send(c, CHAN_LIMITS_DONE, NULL, 0, NULL, 0, e);
	}
	if ((msg->type == CHAN_SECCOMP_FD || msg->type == CHAN_SECCOMP_NR) &&
	    expects_listener(s))
		return on_listener(s, msg, e);
	if (msg->type == CHAN_NEED_MOUNT_FD)
		return on_need_mount(s, msg, e);
	if (msg->type == CHAN_READY) {
		if (s->ready && s->ready(s->arg, e) < 0)
			return -e->code;
		*ret_done = true;
		if (chan_send(c, CHAN_RUN, NULL, 0, NULL, 0, e) < 0)
			return -e->code;
		chan_msg_close(msg); /* see chan.h */
		return 0;
	}
	chan_msg_close(msg);
	return err_set(e, EPROTO, "unexpected message %s from init",
		       chan_type_name(msg->type));
}

/*
 * A failure of init after it had loaded the filter, or its death at an unknown
 * step (0), may be the filter's doing.
 */
static void explain_filter(const struct process_service *s, uint32_t step,
			   struct err *e)
{
	const struct step *load = seccomp_step(s);

	/* steps count from 1 */
	if (load && (step == 0 ? e->code == EPIPE :
				 step > (size_t)(load - s->plan->steps) + 1))
		seccomp_explain(s->seccomp, load->id == STEP_SECCOMP_LATE, e);
}

int process_serve(const struct process_service *s, struct err *e)
{
	struct chan_msg msg;
	bool done = false;

	while (!done) {
		uint32_t step = 0;
		/* hooks of the user may have run since the last one */
		deadline_t d = s->wait_ms < 0 ? DEADLINE_NEVER :
						deadline_in_ms(s->wait_ms);

		if (chan_recv(&s->child->chan, CHAN_ANY, &msg, d, &step,
			      e) < 0) {
			explain_filter(s, step, e);
			return -e->code;
		}
		if (on_message(s, &msg, &done, e) < 0)
			return -e->code;
	}
	return 0;
}

/* "0-3,7": the parser has checked the syntax (spec_check.c). */
static int parse_cpu_list(const char *list, cpu_set_t *ret)
{
	unsigned int n = 0, first = 0;
	bool in_number = false, range = false;

	CPU_ZERO(ret);
	for (const char *p = list;; p++) {
		if (*p >= '0' && *p <= '9') {
			n = (in_number ? n : 0) * 10 + (unsigned int)(*p - '0');
			in_number = true;
			if (n >= CPU_SETSIZE)
				return -ERANGE;
			continue;
		}
		if (*p == '-') {
			first = n;
			range = true;
			in_number = false;
			continue;
		}
		if (*p == ' ' || *p == '\t')
			continue;
		for (unsigned int i = range ? first : n; in_number && i <= n; i++)
			CPU_SET(i, ret);
		in_number = range = false;
		if (*p == '\0')
			return 0;
	}
}

/* One hexadecimal number, as scripts for runc look for it in a debug log. */
static void log_affinity(pid_t pid, const cpu_set_t *set)
{
	char hex[CPU_SETSIZE / 4 + 1];
	size_t n = 0;

	for (size_t digit = CPU_SETSIZE / 4; digit-- > 0;) {
		unsigned int v = 0;

		for (size_t bit = 4; bit-- > 0;)
			v = v << 1 | !!CPU_ISSET(4 * digit + bit, set);
		if (v || n || digit == 0)
			hex[n++] = "0123456789abcdef"[v];
	}
	hex[n] = '\0';
	log_debug("nsexec[%d]: affinity: 0x%s", pid, hex);
}

int process_set_oom(pid_t pid, const struct opt_i32 *oom, struct err *e)
{
	char path[40], text[16];
	int r;

	if (!oom->set)
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", pid);
	(void)snprintf(text, sizeof(text), "%d", oom->v);
	r = file_write_at(AT_FDCWD, path, text);
	if (r == 0 || r == -ENOENT || r == -ESRCH)
		return 0;
	(void)err_errno(e, -r, "cannot set oom_score_adj to %d", oom->v);
	if (r == -EACCES || r == -EPERM)
		(void)err_hint(e, "going below the caller's value needs CAP_SYS_RESOURCE");
	return err_at(e, "/process/oomScoreAdj");
}

int process_set_affinity(pid_t pid, const char *list, struct err *e)
{
	cpu_set_t set;

	if (parse_cpu_list(list, &set) < 0)
		return err_set(e, ERANGE, "cpu number in '%s' is too large", list);
	if (sched_setaffinity(pid, sizeof(set), &set) < 0)
		return err_errno(e, errno, "cannot set CPU affinity to '%s'", list);
	if (log_level_get() >= LOGL_DEBUG)
		log_affinity(pid, &set);
	return 0;
}

/* Give the nameless file `fd` a name that is free. 0 or -errno. */
static int link_fd(int fd, int dirfd, const char *name)
{
	char path[40];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, dirfd, name, AT_SYMLINK_FOLLOW) < 0 ?
		       -errno :
		       0;
}

/* The nameless file `fd` in the place of `name`, by way of a second name. */
static int rename_fd(int fd, int dirfd, const char *name, int seconddir,
		     const char *second)
{
	if (unlinkat(seconddir, second, 0) < 0 && errno != ENOENT)
		return -errno;
	int r = link_fd(fd, seconddir, second);

	if (r == 0 && renameat(seconddir, second, dirfd, name) < 0) {
		r = -errno;
		(void)unlinkat(seconddir, second, 0);
	}
	return r;
}

/*
 * A file that appears complete or not at all, and nothing beside it, also if we
 * are killed meanwhile. One that exists is there all the time, old or new: only
 * then there is a second name for a moment, in the state directory, which a delete
 * removes, or where that is another file system, beside it, always the same. Fails
 * where the file system does not know O_TMPFILE.
 */
static int pidfile_new(int dirfd, const char *name, int statedir,
		       const char *text, size_t n)
{
	AUTO(fd) int fd = openat(dirfd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC,
				 0666);

	if (fd < 0)
		return -errno;
	int r = fd_write_full(fd, text, n);

	if (r == 0)
		r = link_fd(fd, dirfd, name);
	if (r != -EEXIST)
		return r;
	AUTO(str) char *own = xasprintf("pid.%d", getpid());
	AUTO(str) char *beside = xasprintf(".%s.%s", name, PACKAGE_NAME);

	r = rename_fd(fd, dirfd, name, statedir, own);
	return r == -EXDEV ? rename_fd(fd, dirfd, name, dirfd, beside) : r;
}

/* Written to, not replaced: a FIFO, a device, an open descriptor. */
static bool pidfile_is_stream(const char *path)
{
	struct stat st;

	if (streq(path, "/dev/stdout") || streq(path, "/dev/stderr") ||
	    str_starts(path, "/dev/fd/") || str_starts(path, "/proc/self/fd/"))
		return true;
	return stat(path, &st) == 0 && !S_ISREG(st.st_mode) &&
	       !S_ISDIR(st.st_mode);
}

static int pidfile_into(const char *path, const char *text, struct err *e)
{
	AUTO(fd) int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text))
		return 0;
	int code = errno;

	(void)err_errno(e, code, "cannot write pid file '%s'", path);
	return fd < 0 && code == ENXIO ?
		       err_hint(e, "it is a FIFO that nobody reads, or a socket") :
		       -code;
}

int pidfile_write(const char *path, pid_t pid, int statedir, struct err *e)
{
	char text[24];
	const char *slash = strrchr(path, '/');
	AUTO(str) char *dir = xstrndup(path, slash == path ?
						     1 :
						     (size_t)(slash - path));
	AUTO(fd) int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dirfd < 0)
		return err_errno(e, errno, "cannot write pid file '%s'", path);
	if (slash[1] == '\0')
		return err_errno(e, EISDIR, "cannot write pid file '%s'", path);
	int n = snprintf(text, sizeof(text), "%d", pid);

	if (pidfile_is_stream(path))
		return pidfile_into(path, text, e);
	if (pidfile_new(dirfd, slash + 1, statedir, text, (size_t)n) == 0)
		return 0;
	mode_t mask = umask(0);
	int r = file_replace_at(dirfd, slash + 1, text, (size_t)n,
				0666 & ~mask);

	(void)umask(mask);
	if (r < 0)
		return err_errno(e, -r, "cannot write pid file '%s'", path);
	return 0;
}

int process_stuck(pid_t pid, const char *what, struct err *e)
{
	char text[256];
	struct proc_stat st;

	(void)err_set(e, ETIMEDOUT, "container init %s: %s", what,
		      proc_describe(pid, text, sizeof(text)));
	if (proc_read_stat(pid, &st) < 0)
		return -e->code;
	if (st.state == 'T')
		return err_hint(e, "it was stopped by a signal: SIGCONT lets it go on");
	if (st.state == 't')
		return err_hint(e, "a debugger holds it");
	return err_hint(e, "its cgroup, or one above it, may be frozen");
}

int process_await_exec(struct nsx_child *child, deadline_t deadline,
		       struct err *e)
{
	int cancel_fd = child->chan.cancel_fd;
	struct pollfd p[2] = { { .fd = child->chan.fd, .events = POLLIN },
			       { .fd = cancel_fd > 0 ? cancel_fd : -1,
				 .events = POLLIN } };
	struct chan_msg msg;
	struct chan chan;
	uint32_t step = 0;
	char byte, what[256];
	int r = poll(p, 2, deadline_poll_ms(deadline));

	if (r > 0 && p[1].revents && !p[0].revents)
		return err_set(e, EINTR,
			       "waited for the program to be executed: %s",
			       proc_describe(child->pid, what, sizeof(what)));
	if (r == 0)
		return process_stuck(child->pid, "does not execute its program", e);
	/* end-of-file: execve closed the CLOEXEC channel */
	if (r > 0 && recv(child->chan.fd, &byte, 1, MSG_PEEK) == 0)
		return 0;
	/* log lines come first; end-of-file behind them is nobody's death */
	chan = child->chan;
	chan.peer_pidfd = -1;
	r = chan_recv(&chan, CHAN_ERROR, &msg, deadline, &step, e);
	if (r == -EPIPE && step == 0) {
		err_clear(e);
		return 0;
	}
	if (r >= 0)
		r = err_set(e, EPROTO, "unexpected message from init");
	e->exit_code = 255;
	return r;
}
