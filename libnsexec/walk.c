/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child's side: runs the program that nsplan.c wrote, op by op. Must not
 * choose (the order is the plan's) and must not touch a file below any root but
 * the host's procfs, which it opens before a joined mount namespace hides it
 * (I4) and closes before the second process is made.
 *
 * No wait here has a deadline of its own: the parent has one for each, and its
 * death ends ours (end of file on the channel, PR_SET_PDEATHSIG).
 */
#include "config.h"
#include "libnsexec/nsexec.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/protect.h"
#include "base/str.h"
#include "base/sys.h"
#include "libnsexec/program.h"

#include "base/banned.h"

void nsx_die_with_parent(const struct chan *c)
{
	char byte;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* It may have died before; then nobody holds the other end. */
	if (recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		_exit(1);
}

void nsx_set_comm(const char *argv0, const char *suffix)
{
	const char *slash = strrchr(argv0, '/');
	const char *name = slash ? slash + 1 : argv0;
	size_t room = 15 - strlen(suffix);
	char comm[16];

	(void)snprintf(comm, sizeof(comm), "%.*s%s", (int)room, name, suffix);
	(void)prctl(PR_SET_NAME, comm, 0, 0, 0);
}

static void debug(const struct nsx_walker *w, const char *what, const char *arg)
{
	char text[120];

	if (!w->prog->debug)
		return;
	(void)snprintf(text, sizeof(text), "nsexec: stage: %s%s%s", what,
		       *arg ? " " : "", arg);
	chan_send_log(w->chan, LOGL_DEBUG, text);
}

static int open_procfd(struct nsx_walker *w, struct err *e)
{
	if (w->procfd >= 0)
		return 0;
	w->procfd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w->procfd < 0)
		return err_errno(e, errno, "cannot open '/proc'");
	return 0;
}

static void drop_fd(int32_t *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/*
 * Every change of credentials clears the parent-death signal, and a process
 * that is about to meet others must not be open to their ptrace(2).
 */
static void harden(const struct nsx_walker *w)
{
	bool closed = PROTECTED(DUMPABLE) && !w->prog->dumpable;

	(void)prctl(PR_SET_DUMPABLE, closed ? 0 : 1, 0, 0, 0);
	nsx_die_with_parent(w->chan);
}

static int op_born(struct nsx_walker *w, struct err *e)
{
	return chan_expect(w->chan, CHAN_BORN, DEADLINE_NEVER, e);
}

/* Say which of the request's namespaces the error is about. */
static int at_kind(const struct nsx_walker *w, unsigned int kind, struct err *e)
{
	const char *pointer = w->prog->pointer[kind];

	return *pointer ? err_at(e, "%s", pointer) : -e->code;
}

/* The same for one that could not be made: a CLONE_NEW* flag. */
static int at_flag(const struct nsx_walker *w, uint32_t flag, struct err *e)
{
	for (unsigned int k = 0; k < _NSX_KIND_MAX; k++)
		if (nsx_kind_flag((enum nsx_kind)k) == flag)
			return at_kind(w, k, e);
	return -e->code;
}

static int explain_setns(const struct nsx_walker *w, int code,
			 enum nsx_kind kind, struct err *e)
{
	const char *name = nsx_kind_name(kind);

	(void)err_errno(e, code, "cannot join %s namespace", name);
	(void)at_kind(w, (unsigned int)kind, e);
	if (code == EPERM)
		return err_hint(
			e,
			"needs CAP_SYS_ADMIN in the user namespace that owns it and in our own%s; see 'user' with a path to join the owner first",
			kind == NSX_MNT ? " (and CAP_SYS_CHROOT)" : "");
	if (code == EINVAL && kind == NSX_USER)
		return err_hint(e, "we are in this user namespace already");
	if (code == EINVAL && kind == NSX_PID)
		return err_hint(
			e, "only a pid namespace below our own can be joined");
	return -code;
}

static int op_setns(struct nsx_walker *w, uint32_t arg, struct err *e)
{
	enum nsx_kind kind = (enum nsx_kind)(arg & ~NSX_TRY);
	uint32_t flag;
	int code;

	if ((unsigned int)kind >= _NSX_KIND_MAX)
		return err_set(e, EPROTO, "unknown namespace kind %u", kind);
	flag = nsx_kind_flag(kind);
	if (w->joined & flag)
		return 0;
	/* Limits and clock offsets are in the host's procfs. */
	if (kind == NSX_MNT && open_procfd(w, e) < 0)
		return -e->code;
	debug(w, "setns", nsx_kind_name(kind));
	if (setns(w->ns_fd[kind], (int)flag) < 0) {
		code = errno;
		if (code == EPERM && arg & NSX_TRY)
			return 0;
		return explain_setns(w, code, kind, e);
	}
	w->joined |= flag;
	drop_fd(&w->ns_fd[kind]);
	if (kind == NSX_USER)
		harden(w);
	return 0;
}

static int op_root_ids(struct nsx_walker *w, struct err *e)
{
	int code;

	/*
	 * The caller's supplementary groups go where that is allowed. Where it
	 * is not (EPERM: setgroups denied) they stay, and are not mapped.
	 */
	if (setgroups(0, NULL) < 0 && errno != EPERM)
		return err_errno(e, errno, "cannot drop supplementary groups");
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) {
		code = errno;
		(void)err_errno(e, code,
				"cannot become root in the user namespace");
		if (code == EINVAL)
			(void)err_hint(e, "uid 0 or gid 0 is not mapped in it");
		return -code;
	}
	harden(w);
	return 0;
}

static int op_unshare(struct nsx_walker *w, uint32_t flags, struct err *e)
{
	char text[80];
	int code;

	debug(w, "unshare", nsx_flags_text(flags, text, sizeof(text)));
	if (unshare((int)flags) == 0) {
		if (flags & CLONE_NEWUSER)
			harden(w);
		return 0;
	}
	code = errno;
	/* One by one, to name the one that fails. We are about to exit. */
	for (uint32_t bit = 1; flags & (flags - 1) && bit; bit <<= 1) {
		if (!(flags & bit))
			continue;
		if (unshare((int)bit) < 0) {
			(void)nsx_explain_create(e, errno, bit, w->procfd);
			return at_flag(w, bit, e);
		}
	}
	(void)nsx_explain_create(e, code, flags, w->procfd);
	return at_flag(w, flags, e);
}

static int op_idmap(struct nsx_walker *w, uint32_t dumpable, struct err *e)
{
	if (dumpable)
		(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	if (chan_send(w->chan, CHAN_NEED_IDMAP, NULL, 0, NULL, 0, e) < 0 ||
	    chan_expect(w->chan, CHAN_IDMAP_DONE, DEADLINE_NEVER, e) < 0)
		return -e->code;
	harden(w);
	return 0;
}

static int set_offset(struct nsx_walker *w, const char *clock,
		      const struct nsx_time_offset *o, struct err *e)
{
	char text[80];
	int r;

	if (!o->set)
		return 0;
	(void)snprintf(text, sizeof(text), "%s %lld %u", clock,
		       (long long)o->secs, o->nanosecs);
	r = file_write_at(w->procfd, "self/timens_offsets", text);
	if (r == 0)
		return 0;
	(void)err_errno(e, -r,
			"cannot set clock offset '%s' of the time namespace",
			text);
	if (r == -ERANGE)
		(void)err_hint(
			e,
			"the clocks of the namespace must be neither negative nor beyond 146 years");
	return r;
}

/*
 * Offsets can be written until the first process enters. By ourselves: the
 * parent may lack the permission (its uid may differ from our root's).
 */
static int op_timens(struct nsx_walker *w, struct err *e)
{
	int r;

	if (open_procfd(w, e) < 0)
		return -e->code;
	/* The file belongs to the owner of our memory, or to us if dumpable. */
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	r = set_offset(w, "monotonic", &w->prog->monotonic, e);
	if (r == 0)
		r = set_offset(w, "boottime", &w->prog->boottime, e);
	harden(w);
	return r;
}

bool nsx_may_share(const struct nsx_program *prog)
{
	for (size_t i = 0; i < NSX_MAX_OPS; i++) {
		const struct nsx_op *op = &prog->ops[i];

		if (op->type == NSX_OP_UNSHARE &&
		    op->arg & (CLONE_NEWUSER | CLONE_NEWTIME))
			return false;
		if (op->type == NSX_OP_SETNS && (op->arg & ~NSX_TRY) == NSX_TIME)
			return false;
	}
	return true;
}

static int op_clone(struct nsx_walker *w, uint32_t flags, struct err *e)
{
	struct sys_clone_args args = { .flags = CLONE_PARENT | flags };
	const struct nsx_succession s = { w->chan, "init",
					  nsx_may_share(w->prog),
					  w->pidfd_works };
	pid_t pid = nsx_succeed(&s, &args);

	return pid < 0 ? nsx_explain_create(e, -pid, flags, -1) : 0;
}

static int run_op(struct nsx_walker *w, const struct nsx_op *op, struct err *e)
{
	switch ((enum nsx_op_type)op->type) {
	case NSX_OP_BORN:
		return op_born(w, e);
	case NSX_OP_SETNS:
		return op_setns(w, op->arg, e);
	case NSX_OP_ROOT_IDS:
		return op_root_ids(w, e);
	case NSX_OP_UNSHARE:
		return op_unshare(w, op->arg, e);
	case NSX_OP_IDMAP:
		return op_idmap(w, op->arg, e);
	case NSX_OP_TIMENS:
		return op_timens(w, e);
	case NSX_OP_CLONE:
		drop_fd(&w->procfd);
		return op_clone(w, op->arg, e);
	case NSX_OP_END:
		break;
	}
	return err_set(e, EPROTO, "unknown operation %u", op->type);
}

int nsx_walk(struct nsx_walker *w, struct err *e)
{
	const struct nsx_op *ops = w->prog->ops;
	size_t i = 0;

	/*
	 * Until BORN the parent writes files of our /proc/PID, which only root
	 * could if we were not dumpable; we have met nobody yet.
	 */
	if (ops[0].type == NSX_OP_BORN && op_born(w, e) < 0)
		return -e->code;
	if (ops[0].type == NSX_OP_BORN)
		i++;
	harden(w);
	/* the words that scripts for runc look for in a debug log */
	debug(w, "nsexec container setup", "");
	for (; i < NSX_MAX_OPS && ops[i].type != NSX_OP_END; i++)
		if (run_op(w, &ops[i], e) < 0)
			return -e->code;
	drop_fd(&w->procfd);
	return 0;
}
