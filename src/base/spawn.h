/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting a program and staying in touch with it: descriptors of our choice, no
 * wait for its end. For a program that only has to run to its end there is
 * proc_run() (base/proc.h). base returns 0 or -errno.
 */
#ifndef OCIRUN_BASE_SPAWN_H
#define OCIRUN_BASE_SPAWN_H

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct spawn {
	const char *path;   /* executed by execve(2), no PATH search */
	char *const *argv;
	char *const *envp;
	const int *fds;     /* fds[i] becomes descriptor i; -1: /dev/null. Borrowed */
	size_t n_fds;       /* at least 3 */
	bool own_group;     /* a process group of its own: not struck by our ^C */
	bool own_mounts;    /* a mount namespace of its own, a slave of ours */
	/*
	 * Called in the child, in the namespace, before the descriptors are put in
	 * place; anything but 0 ends it. It has all our descriptors and a copy of
	 * our memory. NULL: nothing.
	 */
	int (*prepare)(void *arg);
	void *arg;
};

/*
 * Returns when the program was executed (the caller must reap it: spawn_end()),
 * or -errno: of prepare(), execve(2) or what came before. No descriptor but those
 * of `fds` reaches it; signals have their defaults. It outlives us.
 */
int spawn_start(const struct spawn *s, pid_t *ret_pid, int *ret_pidfd);

/*
 * Reap it: wait until the deadline, then kill it. *ret_status is what waitpid(2)
 * gave. -ETIMEDOUT if it had to be killed, and -EBUSY if not even that helped.
 */
int spawn_end(pid_t pid, int pidfd, deadline_t deadline, int *ret_status);

/*
 * A socket for interface ioctls in the network namespace of process `pid`; ours
 * is not left. Returns the descriptor or -errno.
 */
int socket_in_netns(pid_t pid);

#endif
