/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads the filter that the parent compiled: a sealed memfd with the classic BPF
 * program, as struct sock_filter after struct sock_filter. libseccomp never runs
 * here (I9). The listener of SCMP_ACT_NOTIFY goes to the parent, which answers
 * when the agent has it; until then nothing here may make a system call that the
 * filter sends to the agent. Source: seccomp(2), seccomp_unotify(2).
 */
#include "config.h"

#include "init/steps_proc.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "libnsexec/chan.h"

#include "base/banned.h"

/* The parent connects to an agent meanwhile; it has deadlines of its own. */
#define LISTENER_WAIT_MS INT64_C(120000)

/* The whole program of the memfd; *ret_insns is malloc'ed. */
static int read_filter(int fd, struct sock_filter **ret_insns, size_t *ret_n,
		       struct err *e)
{
	struct stat st;
	size_t size, n;
	void *insns;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(e, EBADF, "the compiled seccomp filter is missing");
	size = (size_t)st.st_size;
	n = size / sizeof(**ret_insns);
	if (st.st_size <= 0 || size % sizeof(**ret_insns) != 0 ||
	    n > BPF_MAXINSNS)
		return err_set(e, EINVAL, "the compiled seccomp filter has an "
					  "impossible size of %zu bytes (at most "
					  "%d instructions of %zu bytes)",
			       size, BPF_MAXINSNS, sizeof(**ret_insns));
	insns = xmalloc(size);
	if (pread(fd, insns, size, 0) != (ssize_t)size) {
		free(insns);
		return err_set(e, EIO, "cannot read the compiled seccomp filter");
	}
	*ret_insns = insns;
	*ret_n = n;
	return 0;
}

static int load_error(struct err *e, int code, unsigned int flags)
{
	(void)err_errno(e, code, "cannot load the seccomp filter");
	(void)err_at(e, "/linux/seccomp");
	switch (code) {
	case EACCES:
		return err_hint(e, "without process.noNewPrivileges it needs "
				   "CAP_SYS_ADMIN");
	case EINVAL:
		return err_hint(e, "this kernel does not take the flags 0x%x, or "
				   "has no seccomp filters", flags);
	case ENOMEM:
		return err_hint(e, "all filters of a process together may have "
				   "32768 instructions: how many outer containers "
				   "are there?");
	case EBUSY:
		return err_hint(e, "a filter with a listener (SCMP_ACT_NOTIFY) "
				   "is already in force");
	case ENOSYS:
		return err_hint(e, "this kernel has no seccomp(2)");
	default:
		return -code;
	}
}

static int hand_over(struct init *in, int listener, struct err *e)
{
	int r = chan_send(&in->chan, CHAN_SECCOMP_FD, NULL, 0, &listener, 1, e);

	if (r == 0)
		r = chan_expect(&in->chan, CHAN_SECCOMP_DONE,
				deadline_in_ms(LISTENER_WAIT_MS), e);
	if (r < 0)
		(void)err_at(e, "/linux/seccomp/listenerPath");
	return r;
}

int step_seccomp(struct init *in, const union step_arg *u, struct err *e)
{
	const struct arg_seccomp *a = &u->seccomp;
	unsigned int flags = a->flags;
	struct sock_filter *insns = NULL;
	struct sock_fprog prog = { 0, NULL };
	AUTO(fd) int listener = -1;
	size_t n = 0;
	long r;

	r = read_filter(in->plan.n_slots > SLOT_SECCOMP
				? in->plan.fds[SLOT_SECCOMP] : -1,
			&insns, &n, e);
	if (r < 0)
		return err_at(e, "/linux/seccomp");
	if (a->has_listener)
		flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	log_debug("seccomp filter flags: %u", flags);
	prog.len = (unsigned short)n;
	prog.filter = insns;
	r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
	if (r < 0)
		r = -errno;
	free(insns);
	if (r < 0)
		return load_error(e, (int)-r, flags);
	if (!a->has_listener)
		return 0;
	listener = (int)r;
	return hand_over(in, listener, e);
}
