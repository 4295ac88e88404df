/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file-system side of init: one function per row of plan/steps.def that
 * concerns the root, mounts, devices, the console and procfs, and the two ways
 * to reach the trusted procfs. Every path below the root goes through base/path.h
 * on held descriptors (I1); after PIVOT no host path is used.
 */
#ifndef OCIRUN_INIT_STEPS_FS_H
#define OCIRUN_INIT_STEPS_FS_H

#include "init/init.h"

/* rootfs.c */
int step_propagation(struct init *in, const union step_arg *u, struct err *e);
int step_rootfs(struct init *in, const union step_arg *u, struct err *e);
int step_root_propagation(struct init *in, const union step_arg *u,
			  struct err *e);
int step_cwd_create(struct init *in, const union step_arg *u, struct err *e);
int step_remount_ro(struct init *in, const union step_arg *u, struct err *e);
int step_root_ro(struct init *in, const union step_arg *u, struct err *e);
/*
 * The root of every lookup: in->rootfd, in exec the process's own root (opened
 * at the first call). Borrowed descriptor or negative.
 */
int init_root(struct init *in, struct err *e);

/* target.c: mounts of a container that runs already */
int step_target(struct init *in, const union step_arg *u, struct err *e);
int step_unmount(struct init *in, const union step_arg *u, struct err *e);
int step_done(struct init *in, const union step_arg *u, struct err *e);
/*
 * Mounts can be attached and changed only by who is in their namespace: go there,
 * and come back. Until then paths of the host mean nothing. Does nothing where the
 * container's mount namespace is our own.
 */
int init_attach_begin(struct init *in, struct err *e);
int init_attach_end(struct init *in, struct err *e);
/* Right before a mount (O_PATH, not attached yet) is attached: it is to be undone. */
int init_attach_note(struct init *in, int mountfd, struct err *e);
/* A step failed: what was attached until now goes again, the last first. */
void init_attach_undo(struct init *in);

/* pivot.c */
int step_pivot(struct init *in, const union step_arg *u, struct err *e);

/* mounts.c */
int step_mount(struct init *in, const union step_arg *u, struct err *e);
int step_symlink(struct init *in, const union step_arg *u, struct err *e);

/* Before any step but MOUNT: the second looks that have waited. */
int init_mounts_done(struct init *in, struct err *e);

/* looks.c */
/* The mount with this id has been attached at a->dest, a clean path; look later. */
void init_look_later(struct init *in, const struct arg_mount *a, uint64_t id);
/* True if a mount at `path` would cover one that is yet to be looked at. */
bool init_look_covers(const struct init *in, const char *path);
/* Look now at all. -ESTALE and the like: in->looks.wrong, in->step say which one. */
int init_look_again(struct init *in, struct err *e);

/* copyup.c: option tmpcopyup; contents of fromfd (O_PATH) into the empty tofd */
int init_copy_tree(struct init *in, int fromfd, int tofd, struct err *e);

/* devices.c */
int step_device(struct init *in, const union step_arg *u, struct err *e);
int step_dev_links(struct init *in, const union step_arg *u, struct err *e);
int step_stdio_null(struct init *in, const union step_arg *u, struct err *e);
/*
 * The container's /dev/null, proven to be the character device 1:3; kept in
 * in->nullfd. Borrowed O_PATH descriptor or negative.
 */
int init_nullfd(struct init *in, struct err *e);

/* console.c */
int step_console(struct init *in, const union step_arg *u, struct err *e);
int step_pidfd_send(struct init *in, const union step_arg *u, struct err *e);
/*
 * Bind a legacy console (SLOT_TTY) on /dev/console. Its mount belongs to the old
 * root, so PIVOT calls this while that can still be cloned.
 */
int init_console_before_pivot(struct init *in, struct err *e);

/* masks.c */
int step_readonly_path(struct init *in, const union step_arg *u, struct err *e);
int step_mask_path(struct init *in, const union step_arg *u, struct err *e);
struct mnt_at;
/* Mask what at->fd refers to; `dir`: it is a directory. Of `a` only the label. */
int init_mask(struct init *in, const struct mnt_at *at, bool dir,
	      const struct arg_path_at *a, struct err *e);

/* sysctl.c */
int step_sysctl(struct init *in, const union step_arg *u, struct err *e);

/* procfd.c; init_procfd() itself is declared in init/init.h */

/*
 * Open `path` ("self/attr/exec", "sys/net/…") in the trusted procfs without
 * crossing a mount or a link of the kernel's magic kind (I4). O_CLOEXEC and
 * O_NOFOLLOW are added. Returns a descriptor or -errno.
 */
int init_proc_open(struct init *in, const char *path, int flags);
/* One write(2) of `text` to such a file. 0 or -errno. */
int init_proc_write(struct init *in, const char *path, const char *text);
/* Offer a freshly mounted procfs (its root, attached) as the trusted one. */
void init_procfd_offer(struct init *in, int mountfd);
/* True if fd is the root directory of a procfs. */
bool init_is_proc_root(int fd);

#endif
