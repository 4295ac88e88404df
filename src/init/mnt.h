/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mount primitives on descriptors. A mount is made detached, given its
 * attributes while nobody can see it, attached to an open target, and then looked
 * up again: what the path leads to afterwards must be the mount just made.
 *
 *     struct mnt m = MNT_INIT;   AUTO(mnt) where it is declared
 *     mnt_new() or mnt_clone()
 *     mnt_setattr()
 *     mnt_attach()
 *     mnt_propagation()
 *
 * The calls of Linux 5.2 and 5.12 are used where they exist. mnt.c is the only
 * file that knows about the classic mount(2) way; the choice falls on ENOSYS, or
 * on an EPERM that a probe shows to come from a seccomp filter, never on other
 * errors. In the classic way nothing exists before mnt_attach(): the request is
 * kept in struct mnt until then. Sources: mount(2), open_tree(2), fsopen(2),
 * mount_setattr(2), move_mount(2).
 */
#ifndef OCIRUN_INIT_MNT_H
#define OCIRUN_INIT_MNT_H

#include "init/init.h"

#include <stdbool.h>
#include <stdint.h>

/* A file system to be mounted. */
struct mnt_fs {
	const char *type;
	const char *source; /* NULL or "" = none */
	const char *data;   /* options of the file system "a=b,c", NULL = none */
	uint64_t flags;     /* MS_* */
};

struct mnt {
	int fd; /* root of the mount (O_PATH); classic: source of a bind, or -1 */
	bool attached;
	uint64_t id; /* of the mount, as statx(2) tells it; 0 = not known */
	/* compat: what the classic way does at the target */
	bool classic, rec;
	struct mnt_fs fs; /* type NULL: a bind of fd */
	uint64_t attr_set, attr_clr;
};
#define MNT_INIT { .fd = -1 }

/* A place for a mount. */
struct mnt_at {
	int fd;           /* O_PATH of the target as it is now */
	int rootfd;       /* for the second look; -1 = none is wanted */
	const char *path; /* below rootfd */
	int flags;        /* O_NOFOLLOW or 0: how path is opened */
};

/* mnt_clone() */
#define MNT_REC      (1U << 0) /* with all mounts below */
#define MNT_NOFOLLOW (1U << 1) /* the symlink itself */

/*
 * A mount whose options ended with linux.mountLabel (NULL: they did not) failed with
 * r: name the property, or the policy, if that is why. Returns r.
 */
int mnt_blame_label(const char *label, int r, struct err *e);

/* Pretend that the kernel lacks the new calls. For tests. */
void mnt_force_classic(bool on);

/*
 * A new file system. Strings of *fs must live until mnt_attach(). An option
 * that the file system refuses is named, with the kernel's own words beside it.
 */
int mnt_new(struct mnt *ret, const struct mnt_fs *fs, struct err *e);
/*
 * A copy of the mount at `path` relative to dirfd; path "" = dirfd itself.
 * -ENOENT and the like name the path.
 */
int mnt_clone(struct mnt *ret, int dirfd, const char *path, unsigned int how,
	      struct err *e);

/* What m->fd is (st_mode). Remembers its id for mnt_attach(). */
int mnt_mode(struct mnt *m, mode_t *ret, struct err *e);

/*
 * Set and clear SYS_ATTR_* (clear SYS_ATTR_ATIME to change the atime mode), all
 * others stay. -EPERM names the flags that are locked. `rec` (with all mounts
 * below) only after mnt_attach().
 */
int mnt_setattr(struct init *in, struct mnt *m, uint64_t set, uint64_t clr,
		bool rec, struct err *e);
/*
 * As mnt_setattr() for the mount that fd (O_PATH of its root) belongs to;
 * not recursive.
 */
int mnt_setattr_fd(struct init *in, int fd, uint64_t set, uint64_t clr,
		   struct err *e);
/* MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE, with or without MS_REC. */
int mnt_propagation(struct init *in, int fd, uint64_t flags, struct err *e);

/*
 * The second look by itself: at->path leads to the mount with this id, else -ESTALE.
 * at->fd does not matter.
 */
int mnt_look(const struct mnt_at *at, uint64_t id, struct err *e);
/* Attach and look again. m->fd is the root of the attached mount afterwards. */
int mnt_attach(struct init *in, struct mnt *m, const struct mnt_at *at,
	       struct err *e);
/* mount(2) MS_REMOUNT of the super block of the mount with root `fd`. */
int mnt_remount(struct init *in, int fd, const struct mnt_fs *fs,
		struct err *e);

/* A detached procfs for init_procfd(); descriptor or -errno. */
int mnt_private_proc(void);
/* A detached copy of the mount of fd alone, without those below, or -errno. */
int mnt_clone_fd(int fd);

/* The SYS_ATTR_* now in force at fd. */
int mnt_attrs(int fd, uint64_t *ret);
/* True if both descriptors are on the same mount. */
bool mnt_same(int a, int b);
void mnt_close(struct mnt *m);

static inline void auto_mnt(struct mnt *m)
{
	mnt_close(m);
}

#endif
