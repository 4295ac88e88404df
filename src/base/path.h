/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths. root_open() is the one resolver for everything below a root
 * filesystem (I1): resolution starts at a held descriptor, ".." and absolute
 * symlinks stay below it (openat2(2) RESOLVE_IN_ROOT), magic links are refused.
 * Where openat2 is missing (ENOSYS, or EPERM from an old seccomp profile) a
 * component-by-component walker gives the same answers.
 */
#ifndef OCIRUN_BASE_PATH_H
#define OCIRUN_BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Extra restrictions for root_open(); 0 is the normal case. */
#define ROOT_NO_SYMLINKS (1U << 0) /* no symlink in any component (-ELOOP) */
#define ROOT_NO_XDEV	 (1U << 1) /* do not cross mount points (-EXDEV) */

/*
 * Open `path` (taken relative to rootfd, a leading '/' is ignored) with open(2)
 * flags; O_CLOEXEC is added. Returns the descriptor or -errno; -ELOOP for magic
 * links and symlink loops, never a descriptor outside rootfd. O_CREAT and
 * O_TMPFILE are -EINVAL: use root_mkfile(). Without O_PATH the last component
 * is opened as open(2) does, so that a FIFO may block: look first (O_PATH,
 * fstat(2)), then fd_reopen().
 */
int root_open(int rootfd, const char *path, int flags, unsigned int how);

/*
 * For tests: true makes every function here behave as on a kernel without
 * openat2(2).
 */
void path_force_fallback(bool on);

/*
 * Make a directory and its missing parents below rootfd (mode & ~umask is NOT
 * applied: the mode is exact for the directories made here, but for the
 * set-group-ID bit, which they inherit as with mkdir(2)). Existing
 * components may be symlinks that stay inside; a dangling symlink's target is
 * created inside the root. Returns an O_PATH|O_DIRECTORY descriptor of the last
 * component or -errno (-ENOTDIR if a component is no directory).
 */
int root_mkdirs(int rootfd, const char *path, mode_t mode);

/*
 * Make an empty regular file (and missing parents 0755) unless something exists
 * there. Returns an O_PATH descriptor of what is there now, or -errno.
 */
int root_mkfile(int rootfd, const char *path, mode_t mode);

/*
 * Split off the last component: opens the parent of `path` below rootfd (making
 * missing parents 0755 if make is true) and stores the final name in *ret_name
 * (malloc'ed, free with free()). Returns the O_PATH|O_DIRECTORY descriptor of
 * the parent. For mknodat, symlinkat,
 * unlinkat. The name is never "", "." or "..", for which -EINVAL is returned.
 */
int root_parent(int rootfd, const char *path, bool make, char **ret_name);

/*
 * Open the inode behind an O_PATH descriptor for I/O, through `procfd` (a
 * trusted procfs, I4). Returns a new descriptor or -errno. O_NOFOLLOW has no
 * effect; O_CREAT is -EINVAL.
 */
int fd_reopen(int procfd, int pathfd, int flags);

/*
 * Lexical clean-up of a path: "//", "." and ".." are resolved without touching
 * the file system; an absolute path never climbs above "/". malloc'ed, never
 * empty ("." or "/").
 */
char *path_clean(const char *path);
/* dir + "/" + name, cleaned; an absolute name stands alone. malloc'ed. */
char *path_join(const char *dir, const char *name);
/* True if path has a ".." component. */
bool path_has_dotdot(const char *path);
/* True if `path` equals `dir` or lies below it (both clean and absolute). */
bool path_below(const char *path, const char *dir);

#endif
