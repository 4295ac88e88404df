/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw system calls and the constants that the oldest supported headers lack.
 * All kernel-feature #ifdefs of the program are here. Thin: -1/errno is turned
 * into -errno, nothing else. Man pages: the call's own, section 2.
 */
#ifndef OCIRUN_BASE_SYS_H
#define OCIRUN_BASE_SYS_H

#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* clone3(2) arguments, as in linux/sched.h (which clashes with sched.h) */
struct sys_clone_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack,
		stack_size, tls, set_tid, set_tid_size, cgroup;
};
/* mount_setattr(2) argument block, as struct mount_attr */
struct sys_mount_attr {
	uint64_t attr_set, attr_clr, propagation, userns_fd;
};
struct sys_rlimit {
	uint64_t soft, hard;
};

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000
#endif
#define SYS_CLONE_INTO_CGROUP 0x200000000ULL
/* linux/close_range.h is younger than the call */
#define SYS_CLOSE_RANGE_CLOEXEC 4U

/* sendfile(2) with offsets of 64 bits, on every machine */
#ifdef SYS_sendfile64
#define SYS_SENDFILE SYS_sendfile64
#else
#define SYS_SENDFILE SYS_sendfile
#endif

#define SYS_OPEN_TREE_CLONE	 1U
#define SYS_AT_RECURSIVE	 0x8000U
#define SYS_MOVE_F_EMPTY_PATH	 0x00000004U /* MOVE_MOUNT_F_EMPTY_PATH */
#define SYS_MOVE_T_EMPTY_PATH	 0x00000040U /* MOVE_MOUNT_T_EMPTY_PATH */
#define SYS_FSOPEN_CLOEXEC	 1U
#define SYS_FSMOUNT_CLOEXEC	 1U
#define SYS_FSCONFIG_SET_FLAG	 0U
#define SYS_FSCONFIG_SET_STRING	 1U
#define SYS_FSCONFIG_CREATE	 6U
#define SYS_FSCONFIG_RECONFIGURE 7U

#define SYS_RENAME_EXCHANGE 2U

#define SYS_ATTR_RDONLY	     0x00000001ULL
#define SYS_ATTR_NOSUID	     0x00000002ULL
#define SYS_ATTR_NODEV	     0x00000004ULL
#define SYS_ATTR_NOEXEC	     0x00000008ULL
#define SYS_ATTR_ATIME	     0x00000070ULL /* mask */
#define SYS_ATTR_RELATIME    0x00000000ULL
#define SYS_ATTR_NOATIME     0x00000010ULL
#define SYS_ATTR_STRICTATIME 0x00000020ULL
#define SYS_ATTR_NODIRATIME  0x00000080ULL
#define SYS_ATTR_IDMAP	     0x00100000ULL
#define SYS_ATTR_NOSYMFOLLOW 0x00200000ULL

/* Every function returns a non-negative result or -errno. */
int sys_clone3(struct sys_clone_args *args);
int sys_pidfd_open(pid_t pid, unsigned int flags);
int sys_pidfd_send_signal(int pidfd, int sig);
int sys_pidfd_getfd(int pidfd, int fd);
int sys_openat2(int dirfd, const char *path, const struct open_how *how);
int sys_open_tree(int dirfd, const char *path, unsigned int flags);
int sys_move_mount(int from_dirfd, const char *from, int to_dirfd,
		   const char *to, unsigned int flags);
int sys_fsopen(const char *fstype, unsigned int flags);
int sys_fsconfig(int fd, unsigned int cmd, const char *key, const void *value,
		 int aux);
int sys_fsmount(int fd, unsigned int flags, unsigned int attrs);
int sys_mount_setattr(int dirfd, const char *path, unsigned int flags,
		      const struct sys_mount_attr *attr);
int sys_close_range(unsigned int first, unsigned int last, unsigned int flags);
int sys_pivot_root(const char *new_root, const char *put_old);
int sys_memfd_create(const char *name, unsigned int flags);
int sys_execveat(int dirfd, const char *path, char *const argv[],
		 char *const envp[], int flags);
int sys_fchmodat2(int dirfd, const char *path, mode_t mode, int flags);
/*
 * The pid behind a pidfd in our pid namespace: pidfd(2) PIDFD_GET_INFO. -ESRCH if there is
 * none (any more), -ENOTTY or -EINVAL before Linux 6.13.
 */
pid_t sys_pidfd_pid(int pidfd);
/* The id of the mount an fd is on (statx(2)); -EOPNOTSUPP before Linux 5.8. */
int sys_mnt_id(int fd, uint64_t *ret);
/* That and st_mode, in one call. */
int sys_mnt_stat(int fd, mode_t *ret_mode, uint64_t *ret_id);
/* sys_mnt_id() of what a path leads to. Opens and mounts nothing, asks no server. */
int sys_mnt_id_at(const char *path, uint64_t *ret);
/*
 * rt_sigaction(2) to SIG_DFL. The C library's sigaction(2) refuses the two
 * signals it keeps for itself, which a caller may have left ignored.
 */
int sys_signal_default(int sig);
/* keyctl(2); size_t arguments as the kernel's unsigned long. */
long sys_keyctl(int op, unsigned long a, unsigned long b, unsigned long c,
		unsigned long d);
/*
 * prlimit(2) with 64 bits everywhere; set and ret may be NULL. The C libraries do not
 * agree on a name for this.
 */
int sys_prlimit(pid_t pid, unsigned int resource, const struct sys_rlimit *set,
		struct sys_rlimit *ret);
/* ioctl(2) with the kernel's idea of a request: musl's is an int. */
int sys_ioctl(int fd, unsigned long request, void *arg);
/*
 * _exit(2) for where a seccomp filter may refuse even that: the process then dies of an
 * illegal instruction, where musl would call it again for ever.
 */
_Noreturn void sys_exit(int code);

#endif
