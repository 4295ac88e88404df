/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads the filter that the parent compiled: a sealed memfd with the classic BPF
 * program, as struct sock_filter after struct sock_filter. libseccomp never runs
 * here (I9). The listener of SCMP_ACT_NOTIFY goes to the parent, which answers
 * when the agent has it; until then nothing here may make a system call that the
 * filter sends to the agent.
 *
 * What a filter must allow, so that this program can go on: write(2), to hand
 * over the listener and to say READY (hence no SCMP_ACT_NOTIFY for it); read(2),
 * openat(2) of the fifo, execve(2), which the agent may also be asked for. All
 * else that init does after a late load (close, close_range, rt_sigaction) may
 * be refused with an errno. A filter loaded early, without no_new_privs, must allow what sets the
 * working directory, the user and the capabilities, too.
 * Source: seccomp(2), seccomp_unotify(2).
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

static int hand_over(struct init *in, int listener, bool by_number,
		     struct err *e)
{
	const uint32_t number = (uint32_t)listener;
	int r = by_number ? chan_send(&in->chan, CHAN_SECCOMP_NR, &number,
				      sizeof(number), NULL, 0, e) :
			    chan_send(&in->chan, CHAN_SECCOMP_FD, NULL, 0,
				      &listener, 1, e);

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
	/*
	 * READY would do it, but then the filter may refuse it, and init would
	 * die with the parent. A dead parent is the end of the channel, too.
	 */
	(void)prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	prog.len = (unsigned short)n;
	prog.filter = insns;
	r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
	if (r < 0) {
		r = load_error(e, errno, flags);
		free(insns);
		return (int)r;
	}
	in->chan.plain = true;
	if (a->has_listener) {
		listener = (int)r;
		r = hand_over(in, listener, a->by_number, e);
	} else {
		r = 0;
	}
	/* not before the agent is there: it may hear of munmap(2) and close(2) */
	free(insns);
	return (int)r;
}
