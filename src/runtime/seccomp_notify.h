/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SCMP_ACT_NOTIFY: giving the listener of a filter to the agent that answers the
 * notifications. One connection for each process of a container: a message of
 * JSON (the container process state of runtime-spec config-linux.md, "Seccomp")
 * with the descriptor attached, then the end of the stream.
 */
#ifndef OCIRUN_RUNTIME_SECCOMP_NOTIFY_H
#define OCIRUN_RUNTIME_SECCOMP_NOTIFY_H

#include "base/err.h"
#include "base/str.h"
#include "config/spec.h"

#include <sys/types.h>

/* Which process of which container, and who wants to know. */
struct seccomp_agent {
	const struct spec_seccomp *seccomp; /* listenerPath, listenerMetadata */
	const char *id, *bundle;
	const char *status;   /* of the container: "creating", "running" */
	pid_t container_pid;  /* its init */
	pid_t pid;            /* the process that has the filter */
	const struct kv_list *annotations;
};

/* Append the document to *out. Pure. */
void seccomp_notify_json(const struct seccomp_agent *a, struct str *out);

/*
 * Connect and hand over. The words "failed to connect with seccomp agent" are
 * those of runc.
 */
int seccomp_notify_send(const struct seccomp_agent *a, int listener,
			struct err *e);

/*
 * Descriptor `number` of the process behind pidfd, for a process that may not
 * send it: its filter is in the way (I6: whatever it says, only the listener of
 * a filter is taken). CLOEXEC, owned by the caller.
 */
int seccomp_notify_fetch(int pidfd, uint32_t number, int *ret_fd, struct err *e);

/* True if fd is the listener of a filter. */
bool seccomp_is_listener(int fd);

#endif
