/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The executor: decodes the plan and walks it, one function per step. Owns the
 * mapping from steps.def to functions, the wording of "which step failed", and
 * the delivery of an error to whoever still listens (init.h, "Who hears of a
 * failure"). Decides no order: that is steps.def (I8). Parses no config (I7).
 *
 * This process is alone and single-threaded (I10), runs from the sealed copy of
 * the program, and has all its namespaces (but perhaps the network's: init_join_net());
 * nothing of the container's own code has run yet.
 */
#include "config.h"

#include "init/init.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sys.h"
#include "init/steps_fs.h"
#include "init/steps_proc.h"
#include "libnsexec/chan.h"

#include "base/banned.h"

/* The kernel makes one in a millisecond; a loaded one may take turns. */
#define NET_WAIT_MS INT64_C(60000)

static const step_fn step_fns[_STEP_MAX] = {
	[STEP_SESSION] = step_session,
	[STEP_STDIO] = step_stdio,
	[STEP_KEYRING] = step_keyring,
	[STEP_LOOPBACK] = step_loopback,
	[STEP_PROPAGATION] = step_propagation,
	[STEP_ROOTFS] = step_rootfs,
	[STEP_TARGET] = step_target,
	[STEP_MOUNT] = step_mount,
	[STEP_SYMLINK] = step_symlink,
	[STEP_UNMOUNT] = step_unmount,
	[STEP_DEVICE] = step_device,
	[STEP_DEV_LINKS] = step_dev_links,
	[STEP_ROOTFS_READY] = step_rootfs_ready,
	[STEP_HOOK] = step_hook,
	[STEP_PIVOT] = step_pivot,
	[STEP_ROOT_PROPAGATION] = step_root_propagation,
	[STEP_STDIO_NULL] = step_stdio_null,
	[STEP_CWD_CREATE] = step_cwd_create,
	[STEP_CONSOLE] = step_console,
	[STEP_PIDFD_SEND] = step_pidfd_send,
	[STEP_REMOUNT_RO] = step_remount_ro,
	[STEP_ROOT_RO] = step_root_ro,
	[STEP_UMASK] = step_umask,
	[STEP_HOSTNAME] = step_hostname,
	[STEP_DOMAINNAME] = step_domainname,
	[STEP_APPARMOR] = step_apparmor,
	[STEP_SYSCTL] = step_sysctl,
	[STEP_READONLY_PATH] = step_readonly_path,
	[STEP_MASK_PATH] = step_mask_path,
	[STEP_NO_NEW_PRIVS] = step_no_new_privs,
	[STEP_SCHEDULER] = step_scheduler,
	[STEP_IO_PRIORITY] = step_io_priority,
	[STEP_PERSONALITY] = step_personality,
	[STEP_MEMORY_POLICY] = step_memory_policy,
	[STEP_RLIMIT] = step_rlimit,
	[STEP_RLIMITS] = step_rlimits,
	[STEP_SELINUX] = step_selinux,
	[STEP_SECCOMP_EARLY] = step_seccomp,
	[STEP_CHDIR] = step_chdir,
	[STEP_BOUNDING] = step_bounding,
	[STEP_STDIO_OWNER] = step_stdio_owner,
	[STEP_IDS] = step_ids,
	[STEP_CHDIR_USER] = step_chdir_user,
	[STEP_CAPS] = step_caps,
	[STEP_LOOKUP] = step_lookup,
	[STEP_SECCOMP_LATE] = step_seccomp,
	[STEP_READY] = step_ready,
	[STEP_WAIT_START] = step_wait_start,
	[STEP_HOOK_START] = step_hook,
	[STEP_DONE] = step_done,
	[STEP_EXEC] = step_exec,
};

const struct step *init_find_step(const struct init *in, enum step_id id)
{
	for (size_t i = 0; i < in->plan.n_steps; i++)
		if (in->plan.steps[i].id == id)
			return &in->plan.steps[i];
	return NULL;
}

/* What the step is about, " /proc" style, or "". */
static const char *step_object(const struct step *s)
{
	switch ((int)s->id) {
	case STEP_MOUNT:
		return s->u.mount.dest;
	case STEP_SYMLINK:
		return s->u.symlink.path;
	case STEP_DEVICE:
		return s->u.device.path;
	case STEP_REMOUNT_RO:
		return s->u.remount.path;
	case STEP_SYSCTL:
		return s->u.sysctl.key;
	case STEP_UNMOUNT:
	case STEP_READONLY_PATH:
	case STEP_MASK_PATH:
		return s->u.path_at.path;
	case STEP_HOOK:
	case STEP_HOOK_START:
		return s->u.hook.path;
	default:
		return NULL;
	}
}

static const char *step_title(const struct step *s, char *buf, size_t size)
{
	const char *object = step_object(s);

	(void)snprintf(buf, size, "%s%s%s", step_infos[s->id].name,
		       object ? " " : "", object ? object : "");
	return buf;
}

static void log_to_parent(enum log_level level, const char *text, void *arg)
{
	struct init *in = arg;

	if (in->chan.fd >= 0)
		chan_send_log(&in->chan, level, text);
}

#ifdef OCIRUN_FAULTS
/* Fail or die at the step asked for. */
static int inject_fault(const struct init *in, struct err *e)
{
	if (!in->plan.fail_at ||
	    (in->plan.fail_at & ~INIT_FAIL_KILL) != in->step)
		return 0;
	if (in->plan.fail_at & INIT_FAIL_KILL) {
		(void)kill(getpid(), SIGKILL);
		/* PID 1 of a pid namespace cannot kill itself */
		_exit(128 + SIGKILL);
	}
	return err_set(e, EIO, "injected fault");
}
#else
static int inject_fault(const struct init *in, struct err *e)
{
	(void)in;
	(void)e;
	return 0;
}
#endif

static int run_step(struct init *in, const struct step *s, struct err *e)
{
	int64_t begin = in->plan.debug ? clock_now_ns() : 0;
	char title[256];
	int r;

	if (s->id <= STEP_NONE || s->id >= _STEP_MAX || !step_fns[s->id])
		return err_set(e, EPROTO, "the plan has an unknown step %d",
			       (int)s->id);
	r = inject_fault(in, e);
	if (r == 0 && s->id != STEP_MOUNT)
		r = init_mounts_done(in, e);
	if (r == 0)
		r = step_fns[s->id](in, &s->u, e);
	if (r < 0) {
		/* "exec PATH: text" stands alone: callers match the line */
		if (s->id == STEP_EXEC)
			return r;
		if (in->plan.runc_words)
			return err_wrap(e, "error during container init");
		s = &in->plan.steps[in->step - 1]; /* may be an earlier one's fault */
		return err_wrap(e, "init step %u/%zu (%s)", in->step,
				in->plan.n_steps,
				step_title(s, title, sizeof(title)));
	}
	if (in->plan.debug)
		log_debug("init step %u/%zu %s: %lld us", in->step,
			  in->plan.n_steps,
			  step_title(s, title, sizeof(title)),
			  (long long)((clock_now_ns() - begin) / 1000));
	return 0;
}

/* A write to a dead parent or start is an error, not a signal. */
static void ignore_sigpipe(void)
{
	const struct sigaction ign = { .sa_handler = SIG_IGN };

	(void)sigaction(SIGPIPE, &ign, NULL);
}

int init_join_net(struct init *in, struct err *e)
{
	if (!in->net_pending)
		return 0;
	in->net_pending = false;
	return nsx_join_net(&in->chan, deadline_in_ms(NET_WAIT_MS), e);
}

/* init.h, "Who hears of a failure". */
static void deliver(struct init *in, const struct err *e)
{
	uint8_t record[INIT_FIFO_RECORD_SIZE] = { INIT_FIFO_ERROR };
	char line[2200];
	size_t len;

	ignore_sigpipe();
	if (in->chan.fd >= 0) {
		chan_send_err(&in->chan, e, in->step);
		return;
	}
	if (in->fifofd >= 0) {
		/* less than PIPE_BUF: it arrives in one piece */
		memcpy(record + 1, e, sizeof(*e));
		if (fd_write_full(in->fifofd, record, sizeof(record)) == 0)
			return;
	}
	err_format(e, line, sizeof(line) - 1);
	len = strlen(line);
	line[len] = '\n';
	(void)fd_write_full(STDERR_FILENO, line, len + 1); /* the last resort */
}

int init_fifo_parse(const void *buf, size_t len, struct err *ret)
{
	const uint8_t *b = buf;

	if (len != INIT_FIFO_RECORD_SIZE || b[0] != INIT_FIFO_ERROR)
		return -EPROTO;
	memcpy(ret, b + 1, sizeof(*ret));
	ret->pointer[sizeof(ret->pointer) - 1] = '\0';
	ret->msg[sizeof(ret->msg) - 1] = '\0';
	ret->hint[sizeof(ret->hint) - 1] = '\0';
	if (ret->code <= 0 || ret->code > 4095)
		ret->code = EPROTO;
	ret->exit_code = INIT_EXIT_FAILED;
	return 0;
}

int init_run(struct init *in)
{
	const struct log_config log = {
		.level = in->plan.debug ? LOGL_DEBUG : LOGL_INFO,
		.fd = -1,
	};
	struct err e = ERR_INIT;

	ignore_sigpipe();
	log_setup(&log);
	log_redirect(log_to_parent, in);
	log_debug("child process in init()");

	for (size_t i = 0; i < in->plan.n_steps; i++) {
		in->step = (uint32_t)i + 1;
		if (run_step(in, &in->plan.steps[i], &e) < 0) {
			init_attach_undo(in);
			deliver(in, &e);
			return INIT_EXIT_FAILED;
		}
	}
	(void)err_set(&e, EPROTO, "the plan of '%s' ends without exec",
		      in->plan.verb ? in->plan.verb : "?");
	deliver(in, &e);
	return INIT_EXIT_FAILED;
}

/* The plan's slots say which descriptors there are; nsx has them in that order. */
static int take_fds(struct init *in, const struct nsx_init *nsx, struct err *e)
{
	size_t next = 0;

	for (size_t i = 0; i < in->plan.n_slots; i++) {
		if (in->plan.fds[i] < 0)
			continue;
		if (next == nsx->n_fds)
			return err_set(e, EPROTO, "a descriptor is missing");
		in->plan.fds[i] = nsx->fds[next++];
	}
	return 0;
}

int init_main(const struct nsx_init *nsx)
{
	struct init in = {
		.chan = nsx->chan, .dumpable = nsx->dumpable,
		.net_pending = nsx->net_pending,
		.rootfd = -1, .procfd = -1, .nullfd = -1, .maskfd = -1,
		.fifofd = -1, .targetfd = -1, .homefd = -1, .selffd = -1,
	};
	struct err e = ERR_INIT;

	if (plan_decode(&in.plan, nsx->payload, nsx->payload_len, &e) < 0 ||
	    take_fds(&in, nsx, &e) < 0) {
		(void)err_wrap(&e, "init cannot read its plan");
		deliver(&in, &e);
		return INIT_EXIT_FAILED;
	}
	int code = init_run(&in);

	if (in.chan.plain) /* a seccomp filter is in force */
		sys_exit(code);
	free(in.looks.v);
	free(in.exe);
	free(in.envp);
	plan_free(&in.plan);
	return code;
}
