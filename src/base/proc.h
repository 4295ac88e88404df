/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes: identity that survives pid reuse, pidfds, bounded waits, and
 * running a helper program (hooks, newuidmap). base returns 0 or -errno.
 */
#ifndef OCIRUN_BASE_PROC_H
#define OCIRUN_BASE_PROC_H

#include "base/clock.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A process for ever: pid plus field 22 of /proc/PID/stat (clock ticks). */
struct proc_id {
	pid_t pid;
	uint64_t start; /* 0 = unknown */
};

struct proc_stat {
	char state; /* R S D Z T t X x I … (proc_pid_stat(5), field 3) */
	pid_t ppid;
	uint64_t start; /* field 22 */
	uint64_t cpu;   /* fields 14 to 17: time used so far, children too */
	char comm[17];
};

/*
 * Read /proc/PID/stat. -ESRCH if there is no such process; -EACCES if there is
 * but procfs is missing or hides it.
 */
int proc_read_stat(pid_t pid, struct proc_stat *ret);
/* The text of that file; -EINVAL if it is none. */
int proc_parse_stat(const char *text, struct proc_stat *ret);
/*
 * True if the very process `id` exists and is neither zombie nor dead. One that
 * exists but cannot be looked at counts as alive.
 */
bool proc_alive(const struct proc_id *id);

/*
 * A pidfd for the very process `id` (start time verified after opening).
 * Returns the descriptor, -ESRCH if it is gone, or -errno.
 */
int proc_open(const struct proc_id *id);
/* pidfd_send_signal(2); -ESRCH when the process is gone. */
int pidfd_signal(int pidfd, int sig);
/* Wait until the process behind pidfd is dead. -ETIMEDOUT at the deadline. */
int pidfd_wait(int pidfd, deadline_t deadline);

/*
 * What a process is doing, for "awaited X" messages: state letter, wchan,
 * command: "pid 42 (sleep), state D, in wait_on_page". Always fills buf.
 */
const char *proc_describe(pid_t pid, char *buf, size_t size);

/*
 * Absolute path (malloc'ed) of an executable in the directories of $PATH, of
 * which relative ones do not count. -ENOENT if there is none.
 */
int proc_find(const char *name, char **ret);

/*
 * Default disposition for every signal, and an empty mask: ignored signals and
 * the mask survive execve(2). Async-signal-safe.
 */
void proc_default_signals(void);

/* Run a program to its end. */
struct proc_run {
	const char *path;	/* executed by execve(2), no PATH search */
	char *const *argv;	/* NULL: { path, NULL } */
	char *const *envp;	/* never NULL */
	int cwd_fd;		/* fchdir there first; -1 = stay */
	const void *stdin_data; /* given on a pipe, then EOF; NULL: /dev/null */
	size_t stdin_len;
	int out_fd;	     /* where stdout goes; -1 = captured */
	int err_fd;	     /* where stderr goes; -1 = captured */
	deadline_t deadline; /* expiry kills the whole group; 0 is expired */
	int cancel_fd;	     /* so does input on this one; 0 = none */
};
struct proc_result {
	int status; /* waitpid(2) status */
	bool timed_out;
	bool canceled;
	int exec_errno; /* positive: execve(2) or fchdir(2) failed with it */
	char *out;	/* captured, NUL-terminated, malloc'ed or NULL */
	char *err;
};
/*
 * Run it in a process group of its own with default signal dispositions and
 * mask, reading its output (at most 64 KiB of each stream are kept) while
 * feeding stdin; EPIPE on its stdin is not an error (the caller ignores
 * SIGPIPE). It is killed when the caller dies. No descriptor but 0, 1 and 2
 * reaches the program. Output that comes later than 100 ms after its death,
 * from grandchildren, is not waited for.
 * Returns 0 when the child was reaped (look at *ret, free it with
 * proc_result_free()), or -errno if it could not be made; -ETIMEDOUT if even
 * SIGKILL did not end it within ten seconds.
 */
int proc_run(const struct proc_run *run, struct proc_result *ret);
void proc_result_free(struct proc_result *r);

/*
 * Move this process, which is single-threaded, into the mount namespace behind fd:
 * its root and working directory are that one's root then. 0 or -errno.
 */
int proc_enter_mnt(int fd);

/* "exit status 3", "signal 9 (killed)" …, as hooks and errors print it. */
const char *proc_status_text(int status, char *buf, size_t size);
/* Exit code of a shell for this waitpid status: code, or 128 + signal. */
int proc_exit_code(int status);

#endif
