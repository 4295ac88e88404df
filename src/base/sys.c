/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sys.c - system calls without a wrapper in the oldest C libraries we build
 * with. Each function is one call; -1/errno becomes -errno.
 *
 * Must not contain policy: whether a call exists on this kernel is seen by its
 * -ENOSYS, and what to do then is the caller's business.
 */
#include "config.h"

#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/banned.h"

/*
 * Numbers that old headers lack. All calls since Linux 5.1 have the same number
 * on every architecture but those with an offset of their own; there a missing
 * number is -1, which the kernel answers with ENOSYS.
 */
#if defined(__alpha__) || defined(__mips__)
#define NR(n) (-1)
#else
#define NR(n) (n)
#endif

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal NR(424)
#endif
#ifndef SYS_open_tree
#define SYS_open_tree NR(428)
#endif
#ifndef SYS_move_mount
#define SYS_move_mount NR(429)
#endif
#ifndef SYS_fsopen
#define SYS_fsopen NR(430)
#endif
#ifndef SYS_fsconfig
#define SYS_fsconfig NR(431)
#endif
#ifndef SYS_fsmount
#define SYS_fsmount NR(432)
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open NR(434)
#endif
#ifndef SYS_clone3
#define SYS_clone3 NR(435)
#endif
#ifndef SYS_close_range
#define SYS_close_range NR(436)
#endif
#ifndef SYS_openat2
#define SYS_openat2 NR(437)
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd NR(438)
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr NR(442)
#endif
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 NR(452)
#endif

static int result(long r)
{
	return r < 0 ? -errno : (int)r;
}

int sys_clone3(struct sys_clone_args *args)
{
	return result(syscall(SYS_clone3, args, sizeof(*args)));
}

int sys_pidfd_open(pid_t pid, unsigned int flags)
{
	return result(syscall(SYS_pidfd_open, pid, flags));
}

int sys_pidfd_send_signal(int pidfd, int sig)
{
	return result(syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0));
}

int sys_pidfd_getfd(int pidfd, int fd)
{
	return result(syscall(SYS_pidfd_getfd, pidfd, fd, 0));
}

int sys_openat2(int dirfd, const char *path, const struct open_how *how)
{
	return result(syscall(SYS_openat2, dirfd, path, how, sizeof(*how)));
}

int sys_open_tree(int dirfd, const char *path, unsigned int flags)
{
	return result(syscall(SYS_open_tree, dirfd, path, flags));
}

int sys_move_mount(int from_dirfd, const char *from, int to_dirfd,
		   const char *to, unsigned int flags)
{
	return result(
		syscall(SYS_move_mount, from_dirfd, from, to_dirfd, to, flags));
}

int sys_fsopen(const char *fstype, unsigned int flags)
{
	return result(syscall(SYS_fsopen, fstype, flags));
}

int sys_fsconfig(int fd, unsigned int cmd, const char *key, const void *value,
		 int aux)
{
	return result(syscall(SYS_fsconfig, fd, cmd, key, value, aux));
}

int sys_fsmount(int fd, unsigned int flags, unsigned int attrs)
{
	return result(syscall(SYS_fsmount, fd, flags, attrs));
}

int sys_mount_setattr(int dirfd, const char *path, unsigned int flags,
		      const struct sys_mount_attr *attr)
{
	return result(syscall(SYS_mount_setattr, dirfd, path, flags, attr,
			      sizeof(*attr)));
}

int sys_close_range(unsigned int first, unsigned int last, unsigned int flags)
{
	return result(syscall(SYS_close_range, first, last, flags));
}

int sys_pivot_root(const char *new_root, const char *put_old)
{
	return result(syscall(SYS_pivot_root, new_root, put_old));
}

int sys_memfd_create(const char *name, unsigned int flags)
{
	return result(syscall(SYS_memfd_create, name, flags));
}

int sys_execveat(int dirfd, const char *path, char *const argv[],
		 char *const envp[], int flags)
{
	return result(syscall(SYS_execveat, dirfd, path, argv, envp, flags));
}

int sys_fchmodat2(int dirfd, const char *path, mode_t mode, int flags)
{
	return result(syscall(SYS_fchmodat2, dirfd, path, mode, flags));
}

int sys_signal_default(int sig)
{
	/* struct sigaction of the kernel: SIG_DFL, no flags, empty mask */
	static const uint64_t dfl[8];
	long r = syscall(SYS_rt_sigaction, sig, dfl, NULL, (size_t)8);

	return r < 0 ? -errno : 0;
}

long sys_keyctl(int op, unsigned long a, unsigned long b, unsigned long c,
		unsigned long d)
{
	long r = syscall(SYS_keyctl, op, a, b, c, d);

	return r < 0 ? -(long)errno : r;
}

pid_t sys_pidfd_pid(int pidfd)
{
	/* struct pidfd_info of uapi/linux/pidfd.h, its first version */
	struct {
		uint64_t mask, cgroupid;
		uint32_t pid, others[11];
	} info = { .mask = 1 /* PIDFD_INFO_PID */ };
	int r = sys_ioctl(pidfd, _IOWR(0xffU, 11, __typeof__(info)), &info);

	if (r < 0)
		return r;
	return info.pid > 0 ? (pid_t)info.pid : -ESRCH;
}

/*
 * struct statx of the kernel, whose stx_mnt_id some C libraries' struct lacks.
 * compat: remove when the baseline has it (Linux 5.8, glibc 2.33, musl 1.2.5).
 */
static int mnt_stat(int fd, const char *path, int flags, mode_t *ret_mode,
		    uint64_t *ret_id)
{
	enum {
		WANT_MODE = 0x3, /* type and permissions */
		WANT_MNT_ID = 0x1000,
		WANT = WANT_MODE | WANT_MNT_ID,
		MASK_AT = 0,
		MODE_AT = 0x1c,
		MNT_ID_AT = 0x90
	};
	unsigned char st[256] = { 0 };
	uint32_t mask;
	uint16_t mode;
	int r;

	r = result(syscall(SYS_statx, fd, path, flags, WANT, st));
	if (r < 0)
		return r;
	memcpy(&mask, st + MASK_AT, sizeof(mask));
	if ((mask & WANT) != WANT)
		return -EOPNOTSUPP;
	memcpy(&mode, st + MODE_AT, sizeof(mode));
	memcpy(ret_id, st + MNT_ID_AT, sizeof(*ret_id));
	*ret_mode = mode;
	return 0;
}

int sys_mnt_stat(int fd, mode_t *ret_mode, uint64_t *ret_id)
{
	enum { EMPTY_PATH = 0x1000 };

	return mnt_stat(fd, "", EMPTY_PATH, ret_mode, ret_id);
}

int sys_mnt_id(int fd, uint64_t *ret)
{
	mode_t mode;

	return sys_mnt_stat(fd, &mode, ret);
}

int sys_mnt_id_at(const char *path, uint64_t *ret)
{
	enum { NO_AUTOMOUNT = 0x800, DONT_SYNC = 0x4000 };
	mode_t mode;

	return mnt_stat(AT_FDCWD, path, NO_AUTOMOUNT | DONT_SYNC, &mode, ret);
}

int sys_prlimit(pid_t pid, unsigned int resource, const struct sys_rlimit *set,
		struct sys_rlimit *ret)
{
	return result(syscall(SYS_prlimit64, pid, resource, set, ret));
}

int sys_ioctl(int fd, unsigned long request, void *arg)
{
	return result(syscall(SYS_ioctl, fd, request, arg));
}

_Noreturn void sys_exit(int code)
{
	(void)syscall(SYS_exit_group, code);
	__builtin_trap();
}
