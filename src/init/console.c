/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONSOLE and PIDFD_SEND. The pseudo-terminal is made from the container's own
 * devpts, proven by file system and device number; its slave comes from the
 * master itself (TIOCGPTPEER), never from a path that a container could point
 * elsewhere (CVE-2025-52565). /dev/console is never followed and never opened
 * for I/O (CVE-2026-88264): a FIFO there cannot block, a symlink cannot lead out.
 * Sources: pty(7), ioctl_tty(2), unix(7).
 */
#include "config.h"
#include "init/steps_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/protect.h"
#include "base/sys.h"
#include "init/mnt.h"

#include "base/banned.h"

static const char console[] = "dev/console";

/* ---- the pair ------------------------------------------------------------ */

static int no_ptmx(int r, struct err *e)
{
	(void)err_errno(e, -r, "cannot open '/dev/pts/ptmx'");
	(void)err_at(e, "/process/terminal");
	if (r == -ENOENT || r == -ENOTDIR)
		return err_hint(e, "a terminal needs a devpts mount on /dev/pts "
				"(options newinstance,ptmxmode=0666)");
	return r;
}

static int open_ptmx(struct init *in, int *ret, struct err *e)
{
	int root = init_root(in, e), procfd = init_procfd(in), fd;
	AUTO(fd) int pathfd = -1;
	struct statfs fs;
	struct stat st;

	if (root < 0)
		return root;
	if (procfd < 0)
		return err_errno(e, -procfd, "no trusted procfs");
	pathfd = root_open(root, "dev/pts/ptmx",
			   O_PATH | (PROTECTED(CONSOLE_PTY) ? O_NOFOLLOW : 0), 0);
	if (pathfd < 0)
		return no_ptmx(pathfd, e);
	if (fstatfs(pathfd, &fs) < 0 || fstat(pathfd, &st) < 0)
		return err_errno(e, errno, "cannot stat '/dev/pts/ptmx'");
	if (PROTECTED(CONSOLE_PTY) && (fs.f_type != DEVPTS_SUPER_MAGIC || !S_ISCHR(st.st_mode) ||
	    st.st_rdev != makedev(5, 2))) {
		(void)err_set(e, ENODEV, "'/dev/pts/ptmx' is not the one of a devpts");
		(void)err_hint(e, "a terminal needs a devpts mount on /dev/pts "
			       "(options newinstance,ptmxmode=0666)");
		return err_at(e, "/process/terminal");
	}
	fd = fd_reopen(procfd, pathfd, O_RDWR | O_NOCTTY);
	if (fd < 0)
		return no_ptmx(fd, e);
	*ret = fd;
	return 0;
}

/* A devpts that was mounted with a label gives it to all that it has. */
static int label_slave(int slave, const char *label, struct err *e)
{
	if (!label || !*label ||
	    fsetxattr(slave, "security.selinux", label, strlen(label), 0) == 0 ||
	    errno == EOPNOTSUPP)
		return 0;
	(void)err_errno(e, errno, "cannot set the SELinux label '%s' of the terminal",
			label);
	return err_at(e, "/linux/mountLabel");
}

static int open_pair(struct init *in, const struct arg_console *a,
		     int *ret_master, int *ret_slave, unsigned int *ret_number,
		     struct err *e)
{
	AUTO(fd) int master = -1;
	AUTO(fd) int slave = -1;
	struct winsize size = {
		.ws_row = (unsigned short)a->height, .ws_col = (unsigned short)a->width,
	};
	int unlock = 0, r = open_ptmx(in, &master, e);

	if (r < 0)
		return r;
	r = sys_ioctl(master, TIOCGPTN, ret_number);
	if (r == 0)
		r = sys_ioctl(master, TIOCSPTLCK, &unlock);
	if (r < 0)
		return err_errno(e, -r, "cannot unlock the new pseudo-terminal");
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return err_errno(e, errno, "cannot open the slave of the new "
				 "pseudo-terminal");
	if (a->height && a->width && ioctl(master, TIOCSWINSZ, &size) < 0)
		return err_errno(e, errno, "cannot set the size of the terminal");
	/* the group stays what the devpts mount says (option gid=) */
	if (a->uid != 0 && fchown(slave, a->uid, (gid_t)-1) < 0)
		return err_errno(e, errno, "cannot give the terminal to user %u", a->uid);
	if (label_slave(slave, a->label, e) < 0)
		return -e->code;
	*ret_master = TAKE_FD(master);
	*ret_slave = TAKE_FD(slave);
	return 0;
}

/* ---- /dev/console -------------------------------------------------------- */

static int console_error(int r, const char *what, struct err *e)
{
	(void)err_errno(e, -r, "cannot %s '/dev/console'", what);
	if (r == -EROFS)
		return err_hint(e, "it does not exist, and /dev is on a read-only "
				"file system");
	return r;
}

/* What is there, or a new empty file; never through a symlink. */
static int open_target(int root, int *ret, struct err *e)
{
	AUTO(str) char *name = NULL;
	AUTO(fd) int dirfd = root_parent(root, console, true, &name);
	AUTO(fd) int fd = -1;
	struct stat st;

	if (dirfd < 0)
		return console_error(dirfd, "make the directory of", e);
	if (!PROTECTED(CONSOLE_TARGET)) {
		*ret = root_mkfile(root, console, 0600);
		return *ret < 0 ? console_error(*ret, "open", e) : 0;
	}
	/* mknod(2) of a file is O_CREAT | O_EXCL without opening anything */
	if (mknodat(dirfd, name, S_IFREG | 0600, 0) < 0 && errno != EEXIST &&
	    errno != EROFS)
		return console_error(-errno, "make", e);
	fd = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return console_error(errno == ENOENT ? -EROFS : -errno, "open", e);
	if (fstat(fd, &st) < 0)
		return console_error(-errno, "stat", e);
	if (S_ISLNK(st.st_mode)) {
		(void)err_errno(e, ELOOP, "'/dev/console' is a symbolic link");
		return err_hint(e, "the root file system has it; it is not followed, "
				"remove it");
	}
	if (S_ISDIR(st.st_mode)) {
		(void)err_errno(e, EISDIR, "'/dev/console'");
		return err_hint(e, "the root file system has a directory there, "
				"remove it");
	}
	*ret = TAKE_FD(fd);
	return 0;
}

static int bind_console(struct init *in, int slave, struct err *e)
{
	AUTO(mnt) struct mnt m = MNT_INIT;
	AUTO(fd) int fd = -1;
	struct mnt_at at = {
		.path = console,
		.flags = PROTECTED(CONSOLE_TARGET) ? O_NOFOLLOW : 0,
	};
	int r, root = init_root(in, e);

	if (root < 0)
		return root;
	r = open_target(root, &fd, e);
	if (r == 0)
		r = mnt_clone(&m, slave, "", 0, e);
	at.fd = fd;
	at.rootfd = root;
	if (r == 0)
		r = mnt_attach(in, &m, &at, e);
	return r < 0 ? err_wrap(e, "cannot mount the terminal on '/dev/console'") : 0;
}

/*
 * The slave was opened by the parent, in the host's mount namespace: the kernel
 * copies a mount of its own namespace only. The same name leads to the same
 * device in ours as long as we see the host's root, and that is proven.
 */
static int find_here(struct init *in, int fd, int *ret, struct err *e)
{
	int procfd = init_procfd(in);
	AUTO(fd) int found = -1;
	char link[32], name[256];
	struct stat a, b;
	ssize_t n;

	if (procfd < 0)
		return err_errno(e, -procfd, "no trusted procfs");
	(void)snprintf(link, sizeof(link), "self/fd/%d", fd);
	n = readlinkat(procfd, link, name, sizeof(name) - 1);
	if (n < 0)
		return err_errno(e, errno, "cannot read the terminal's name");
	name[n] = '\0';
	found = open(name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (found < 0 || fstat(fd, &a) < 0 || fstat(found, &b) < 0)
		return err_errno(e, errno, "cannot find the terminal '%s'", name);
	if (a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		return err_set(e, ENODEV, "'%s' is not the terminal any more", name);
	*ret = TAKE_FD(found);
	return 0;
}

int init_console_before_pivot(struct init *in, struct err *e)
{
	AUTO(fd) int slave = -1;


	for (size_t i = 0; i < in->plan.n_steps; i++) {
		const struct step *s = &in->plan.steps[i];

		if (s->id != STEP_CONSOLE || !s->u.console.legacy ||
		    !s->u.console.bind || in->plan.n_slots <= SLOT_TTY ||
		    in->plan.fds[SLOT_TTY] < 0)
			continue;
		if (find_here(in, in->plan.fds[SLOT_TTY], &slave, e) < 0)
			return -e->code;
		return bind_console(in, slave, e);
	}
	return 0;
}

/* ---- sending ------------------------------------------------------------- */

static int slot_fd(struct init *in, enum fd_slot slot)
{
	return (size_t)slot < in->plan.n_slots ? in->plan.fds[slot] : -1;
}

/* One message: the text and the descriptor. The slot is closed afterwards. */
static int send_fd(struct init *in, enum fd_slot slot, const char *text, int fd,
		   const char *what, struct err *e)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_len = strlen(text) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.buf, .msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int sock = slot_fd(in, slot);
	ssize_t n;

	if (sock < 0)
		return err_set(e, EPROTO, "no socket for the %s was handed over", what);
	iov.iov_base = (void *)(uintptr_t)text; /* sendmsg(2) only reads it */
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	do
		n = sendmsg(sock, &msg, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		(void)err_errno(e, errno, "cannot send the %s", what);
		if (e->code == EPIPE || e->code == ECONNRESET)
			(void)err_hint(e, "whoever listens on the socket has closed it");
		return -e->code;
	}
	(void)close(sock);
	in->plan.fds[slot] = -1;
	return 0;
}

static int become_stdio(int slave, struct err *e)
{
	int r;

	for (int fd = 0; fd <= 2; fd++) {
		/* not CLOEXEC: they are the program's */
		r = fd_dup_to(slave, fd, false);
		if (r < 0)
			return err_errno(e, -r, "cannot make the terminal descriptor %d",
					 fd);
	}
	/* SESSION made us a session leader without a terminal */
	if (ioctl(0, TIOCSCTTY, 0) < 0) {
		(void)err_errno(e, errno, "cannot make it the controlling terminal");
		if (e->code == EPERM)
			(void)err_hint(e, "it controls another session already");
		return -e->code;
	}
	return 0;
}

static int legacy_console(struct init *in, struct err *e)
{
	AUTO(fd) int slave = -1;

	if (slot_fd(in, SLOT_TTY) < 0)
		return err_set(e, EPROTO, "no terminal was handed over");
	slave = take_fd(&in->plan.fds[SLOT_TTY]);
	return become_stdio(slave, e);
}

int step_console(struct init *in, const union step_arg *u, struct err *e)
{
	const struct arg_console *a = &u->console;
	AUTO(fd) int master = -1;
	AUTO(fd) int slave = -1;
	unsigned int number = 0;
	char name[40];
	int r;

	if (a->legacy)
		return legacy_console(in, e);
	r = open_pair(in, a, &master, &slave, &number, e);
	/* receivers take the payload for the name of the slave */
	(void)snprintf(name, sizeof(name), "/dev/pts/%u", number);
	if (r == 0 && a->bind && !PROTECTED(CONSOLE_PTY)) {
		AUTO(fd) int named = open(name, O_PATH | O_CLOEXEC);

		r = bind_console(in, named, e);
	} else if (r == 0 && a->bind) {
		r = bind_console(in, slave, e);
	}
	if (r < 0)
		return r;
	r = send_fd(in, SLOT_CONSOLE, name, master, "terminal", e);
	return r < 0 ? r : become_stdio(slave, e);
}

int step_pidfd_send(struct init *in, const union step_arg *u, struct err *e)
{
	AUTO(fd) int fd = sys_pidfd_open(getpid(), 0);

	if (fd < 0)
		return err_errno(e, -fd, "pidfd_open");
	return send_fd(in, SLOT_PIDFD, u->pidfd.payload, fd, "pidfd", e);
}
