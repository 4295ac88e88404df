/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources of bind mounts that init cannot get by itself: behind directories that
 * the root of its user namespace may not enter, or with ids to be mapped, which
 * takes privileges over the file system. Made by the parent, but as init sees
 * the host (see the .c), and sent with MOUNT_FD.
 */
#ifndef OCIRUN_RUNTIME_MOUNT_SOURCE_H
#define OCIRUN_RUNTIME_MOUNT_SOURCE_H

#include "base/err.h"
#include "config/spec.h"
#include "plan/plan.h"

#include <sys/types.h>

/* The mounts of one start. Begins as { spec, NULL, -1 }. */
struct mount_sources {
	const struct spec *spec;
	/* the last namespace made, for the next mount with the same mappings */
	const struct spec_mount *mapped;
	int userns;
};

/*
 * The source of a mount of the plan, for init (pid): O_PATH, or with m->idmap a
 * detached tree. *ret_fd is owned by the caller.
 */
int mount_source_open(struct mount_sources *s, const struct arg_mount *m,
		      pid_t pid, int *ret_fd, struct err *e);
void mount_sources_clear(struct mount_sources *s);

static inline void auto_mount_sources(struct mount_sources *s)
{
	mount_sources_clear(s);
}

#endif
