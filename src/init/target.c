/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TARGET, UNMOUNT and DONE: mounts that a running container gets or loses. This
 * process has a mount namespace of its own, a copy of the host's as create has one,
 * from which it takes sources and makes file systems; it enters the container's
 * only to attach, with everything it needs as descriptors.
 *
 * All of the container is hostile here, also its root: what its processes do to
 * their files meanwhile must never lead out of it (I1). Sources: setns(2),
 * umount(2), move_mount(2).
 *
 * All mounts or none: those made are kept as descriptors until DONE, and whatever
 * fails before, also the death of the parent, takes them away again.
 */
#include "config.h"
#include "init/steps_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/path.h"
#include "base/proc.h"

#include "base/banned.h"

/*
 * To undo must not be cut short: a signal of the terminal is the parent's to act
 * on, and its death shows as the end of the channel, at READY at the latest.
 */
static void outlive_parent(void)
{
	sigset_t all;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	(void)prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
}

int step_target(struct init *in, const union step_arg *u, struct err *e)
{
	int *fds = in->plan.fds;

	(void)u;
	if (in->plan.n_slots <= SLOT_MNT || fds[SLOT_ROOT] < 0 ||
	    fds[SLOT_MNT] < 0)
		return err_set(e, EPROTO, "no root of init was handed over");
	in->rootfd = TAKE_FD(fds[SLOT_ROOT]);
	in->targetfd = TAKE_FD(fds[SLOT_MNT]);
	/* /proc is still the host's */
	in->homefd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (in->homefd < 0)
		return err_errno(e, errno, "cannot open '/proc/self/ns/mnt'");
	in->selffd = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (in->selffd < 0)
		return err_errno(e, errno, "cannot open '/proc/self/fd'");
	outlive_parent();
	return 0;
}

int init_attach_begin(struct init *in, struct err *e)
{
	if (in->targetfd < 0 || in->away)
		return 0;
	int r = proc_enter_mnt(in->targetfd);

	if (r < 0)
		return err_errno(e, -r,
				 "cannot enter the container's mount namespace");
	in->away = true;
	return 0;
}

int init_attach_end(struct init *in, struct err *e)
{
	if (!in->away)
		return 0;
	int r = proc_enter_mnt(in->homefd);

	if (r < 0)
		return err_errno(e, -r,
				 "cannot leave the container's mount namespace");
	in->away = false;
	return 0;
}

int init_attach_note(struct init *in, int mountfd, struct err *e)
{
	if (in->targetfd < 0)
		return 0;
	int fd = fcntl(mountfd, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return err_errno(e, errno, "cannot keep a mount to be undone");
	(void)fdvec_push(&in->attached, fd);
	return 0;
}

/*
 * By descriptor, through the host's procfs: wherever the container has moved a
 * mount, it is that one and no other. umount(2) takes what lies on top of it first,
 * one at a time, and ends with EINVAL once it is not attached (any more). Whoever
 * covers it over and over does not keep us.
 */
#define MAX_COVERS 64

static int detach(int mountfd)
{
	char name[16];

	(void)snprintf(name, sizeof(name), "%d", mountfd);
	for (int i = 0; i < MAX_COVERS; i++)
		if (umount2(name, MNT_DETACH) < 0)
			return errno == EINVAL ? 0 : -errno;
	return -EBUSY;
}

void init_attach_undo(struct init *in)
{
	struct err e = ERR_INIT;

	if (in->attached.n == 0)
		return;
	if (init_attach_begin(in, &e) < 0 || fchdir(in->selffd) < 0) {
		log_warn("mounts made before a failure may be left in the container: %s",
			 e.code ? e.msg : errno_text(errno));
		return;
	}
	for (size_t i = in->attached.n; i-- > 0;) {
		int r = detach(in->attached.v[i]);

		if (r < 0)
			log_warn("a mount made before a failure may be left in the container: %s",
				 errno_text(-r));
	}
}

/* ---- UNMOUNT ------------------------------------------------------------- */

static int explain(const struct arg_path_at *a, int code, struct err *e)
{
	(void)err_errno(e, code, "cannot unmount '%s'", a->path);
	switch (code) {
	case EINVAL:
		(void)err_hint(e, "nothing is mounted there, or it is locked "
			       "because a more privileged user namespace has "
			       "mounted it");
		break;
	case ELOOP:
		(void)err_hint(e, "it leads through a symbolic link, by which the "
			       "container could mean another mount: give the path "
			       "that the link leads to");
		break;
	default:
		break;
	}
	return err_at(e, "/mounts/%u/destination", a->index);
}

/*
 * No symbolic link anywhere: the container's processes could otherwise have us
 * remove a mount that protects something, such as a mask. A mount point itself
 * cannot be exchanged by who may not unmount it.
 */
static int unmount(struct init *in, const struct arg_path_at *a, struct err *e)
{
	const char *slash = strrchr(a->path, '/');
	const char *name = slash ? slash + 1 : a->path;
	AUTO(str) char *parent = xstrndup(a->path, (size_t)(name - a->path));
	AUTO(fd) int dirfd = root_open(in->rootfd, *parent ? parent : "/",
				       O_PATH | O_DIRECTORY, ROOT_NO_SYMLINKS);

	if (dirfd < 0)
		return explain(a, -dirfd, e);
	if (!*name) {
		(void)err_set(e, EINVAL, "the root of a container cannot be unmounted");
		return err_at(e, "/mounts/%u/destination", a->index);
	}
	if (init_attach_begin(in, e) < 0)
		return -e->code;
	if (fchdir(dirfd) < 0)
		return err_errno(e, errno, "cannot enter '%s'", parent);
	if (umount2(name, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		return explain(a, errno, e);
	return 0;
}

int step_unmount(struct init *in, const union step_arg *u, struct err *e)
{
	int r = unmount(in, &u->path_at, e);

	return r < 0 ? r : init_attach_end(in, e);
}

int step_done(struct init *in, const union step_arg *u, struct err *e)
{
	(void)u;
	(void)e;
	chan_close(&in->chan);
	_exit(0);
}
