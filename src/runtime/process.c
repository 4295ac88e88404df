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
#include "base/sys.h"
#include "runtime/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
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
			bool terminal, struct err *e)
{
	if (terminal && open_console(fds, o, e) < 0)
		return -e->code;
	if (o->pidfd_socket &&
	    sock_connect(o->pidfd_socket, "--pidfd-socket", &fds->pidfd, e) < 0)
		return -e->code;
	return 0;
}

int process_fds_mounts(struct process_fds *fds, const struct plan *plan,
		       struct err *e)
{
	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct arg_mount *m = &plan->steps[i].u.mount;
		unsigned int flags = SYS_OPEN_TREE_CLONE | O_CLOEXEC;

		if (plan->steps[i].id != STEP_MOUNT || m->fd_slot < 0)
			continue;
		if (m->flags & MS_REC)
			flags |= SYS_AT_RECURSIVE;
		int fd = sys_open_tree(AT_FDCWD, m->source, flags);

		/*
		 * A source that does not exist on the host may be made by an
		 * earlier mount inside the rootfs: init opens it itself then.
		 */
		if (fd < 0 && fd != -ENOENT && fd != -ENOSYS && fd != -EINVAL) {
			(void)err_errno(e, -fd, "cannot open mount source '%s'",
					m->source);
			return err_at(e, "/mounts/%u/source", m->index);
		}
		(void)fdvec_push(&fds->mounts, fd < 0 ? -1 : fd);
	}
	return 0;
}

void process_fds_assign(const struct process_fds *fds, struct plan *plan)
{
	plan->fds[SLOT_FIFO] = fds->fifo;
	plan->fds[SLOT_CONSOLE] = fds->console;
	plan->fds[SLOT_PIDFD] = fds->pidfd;
	plan->fds[SLOT_TTY] = fds->tty;
	for (size_t i = 0; i < fds->mounts.n; i++)
		plan->fds[SLOT_MOUNT0 + i] = fds->mounts.v[i];
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

	close_one(&fds->exe);
	close_one(&fds->fifo);
	close_one(&fds->console);
	close_one(&fds->pidfd);
	close_one(&fds->tty);
	close_one(&fds->master);
	fdvec_clear(&fds->mounts);
	fdvec_clear(&fds->ns);
	errno = saved;
}

void process_request(struct nsx_request *req, const struct process_fds *fds,
		     const struct process_opts *o, struct fdvec *keep,
		     struct str *payload, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_slots; i++)
		if (plan->fds[i] >= 0)
			(void)fdvec_push(keep, plan->fds[i]);
	for (uint32_t i = 0; i < o->listen_fds + o->preserve_fds; i++)
		(void)fdvec_push(keep, (int)(3 + i));
	plan_encode(plan, payload);
	req->exe_fd = fds->exe;
	req->argv0 = o->rt->argv0;
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
		struct rlimit64 want = { l->soft, l->hard }, have = { 0, 0 };

		if (prlimit64(s->child->pid, (__rlimit_resource_t)l->resource,
			      &want, NULL) == 0)
			continue;
		int code = errno;

		(void)err_errno(e, code,
				"cannot set resource limit to soft %llu, hard %llu",
				(unsigned long long)l->soft,
				(unsigned long long)l->hard);
		(void)err_at(e, "/process/rlimits/%zu", i);
		if (prlimit64(s->child->pid, (__rlimit_resource_t)l->resource,
			      NULL, &have) == 0 && code == EPERM)
			(void)err_hint(e,
				       "the hard limit allowed here is %llu; raising it needs CAP_SYS_RESOURCE",
				       (unsigned long long)have.rlim_max);
		return -code;
	}
	return 0;
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
	if (msg->type == CHAN_READY) {
		if (s->ready && s->ready(s->arg, e) < 0)
			return -e->code;
		*ret_done = true;
		return chan_send(c, CHAN_RUN, NULL, 0, NULL, 0, e);
	}
	chan_msg_close(msg);
	return err_set(e, EPROTO, "unexpected message %s from init",
		       chan_type_name(msg->type));
}

int process_serve(const struct process_service *s, struct err *e)
{
	struct chan_msg msg;
	bool done = false;

	while (!done) {
		if (chan_recv(&s->child->chan, 0, &msg, s->deadline, NULL,
			      e) < 0 ||
		    on_message(s, &msg, &done, e) < 0)
			return -e->code;
	}
	return 0;
}

void process_reset_affinity(pid_t pid)
{
	cpu_set_t all;

	/* Denied or not: the mask is a courtesy, cpusets are the limit. */
	memset(&all, 0xff, sizeof(all));
	(void)sched_setaffinity(pid, sizeof(all), &all);
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

int process_set_affinity(pid_t pid, const char *list, struct err *e)
{
	cpu_set_t set;

	if (parse_cpu_list(list, &set) < 0)
		return err_set(e, ERANGE, "cpu number in '%s' is too large", list);
	if (sched_setaffinity(pid, sizeof(set), &set) < 0)
		return err_errno(e, errno, "cannot set CPU affinity to '%s'", list);
	return 0;
}

int pidfile_write(const char *path, pid_t pid, struct err *e)
{
	char text[24];
	const char *slash = strrchr(path, '/');
	AUTO(str) char *dir = xstrndup(path, slash == path ?
						     1 :
						     (size_t)(slash - path));
	AUTO(fd) int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dirfd < 0)
		return err_errno(e, errno, "cannot write pid file '%s'", path);
	int n = snprintf(text, sizeof(text), "%d", pid);
	mode_t mask = umask(0);
	int r = file_replace_at(dirfd, slash + 1, text, (size_t)n,
				0666 & ~mask);

	(void)umask(mask);
	if (r < 0)
		return err_errno(e, -r, "cannot write pid file '%s'", path);
	return 0;
}

int process_await_exec(struct nsx_child *child, deadline_t deadline,
		       struct err *e)
{
	struct pollfd p = { .fd = child->chan.fd, .events = POLLIN };
	struct chan_msg msg;
	char byte;
	int r = poll(&p, 1, deadline_poll_ms(deadline));

	if (r == 0)
		return err_set(e, ETIMEDOUT,
			       "process %d did not execute its program in time",
			       child->pid);
	/* end-of-file: execve closed the CLOEXEC channel */
	if (r > 0 && recv(child->chan.fd, &byte, 1, MSG_PEEK) == 0)
		return 0;
	r = chan_recv(&child->chan, CHAN_ERROR, &msg, deadline, NULL, e);
	if (r >= 0)
		r = err_set(e, EPROTO, "unexpected message from init");
	e->exit_code = 255;
	return r;
}
