/* SPDX-License-Identifier: Apache-2.0 */
/* The file-system steps of init in their order, and on hostile root file systems. */
#include "config.h"

#include "tests/unit/fsenv.h"

#include <linux/magic.h>
#include <sys/ioctl.h>
#include <termios.h>

static void mount_step(struct init *in, enum mount_kind kind, const char *type,
		       const char *dest, uint64_t flags, const char *data)
{
	union step_arg u = { .mount = {
		.index = 0, .kind = kind, .dest = dest, .type = type, .source = type,
		.data = data, .flags = flags,
	} };

	step_ok(step_mount, in, &u, dest);
}

static union step_arg device(const char *path, char type, uint32_t major_nr,
			     uint32_t minor_nr, uint32_t index)
{
	return (union step_arg){ .device = {
		.index = index, .path = path, .type = (uint32_t)type,
		.major = major_nr, .minor = minor_nr, .mode = 0666,
	} };
}

static void pivot(struct init *in, enum pivot_how how)
{
	union step_arg u = { .pivot = { how, 0, 0 } };

	step_ok(step_pivot, in, &u, "pivot");
}

static void dev_mounts(struct init *in)
{
	mount_step(in, MOUNT_PROC, "proc", "/proc", 0, NULL);
	mount_step(in, MOUNT_TMPFS, "tmpfs", "/dev", MS_NOSUID, "mode=755");
	mount_step(in, MOUNT_FS, "devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC,
		   "newinstance,ptmxmode=0666,mode=0620,gid=5");
}

static void default_devices(struct init *in)
{
	static const struct { const char *path; uint32_t major, minor; } nodes[] = {
		{ "/dev/null", 1, 3 }, { "/dev/zero", 1, 5 }, { "/dev/full", 1, 7 },
	};

	for (size_t i = 0; i < sizeof(nodes) / sizeof(*nodes); i++) {
		union step_arg u = device(nodes[i].path, 'c', nodes[i].major,
					  nodes[i].minor, UINT32_MAX);

		step_ok(step_device, in, &u, nodes[i].path);
	}
}

/* ---- a whole start ------------------------------------------------------- */

static void check_console(int sock, uid_t uid, gid_t gid)
{
	char name[64] = "";
	union { struct cmsghdr h; char buf[CMSG_SPACE(sizeof(int))]; } c;
	struct iovec iov = { name, sizeof(name) - 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = c.buf,
			      .msg_controllen = sizeof(c.buf) };
	struct winsize ws = { 0 };
	struct stat st, con;
	int master = -1;

	is_int(recvmsg(sock, &msg, MSG_CMSG_CLOEXEC), 10, "one message");
	is_str(name, "/dev/pts/0", "its payload names the slave");
	if (CMSG_FIRSTHDR(&msg))
		memcpy(&master, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(master));
	ok(ioctl(master, TIOCGWINSZ, &ws) == 0 && ws.ws_row == 33 && ws.ws_col == 99,
	   "a master with the size");
	ok(stat("/dev/pts/0", &st) == 0 && st.st_uid == uid && st.st_gid == gid, "owner");
	ok(stat("/dev/console", &con) == 0 && con.st_ino == st.st_ino &&
	   con.st_dev == st.st_dev, "/dev/console is the slave");
	close(master);
}

static void start_console(struct init *in, uid_t uid, gid_t gid)
{
	union step_arg u = { .console = { .height = 33, .width = 99, .bind = true,
					  .label = "", .uid = uid, .gid = uid } };
	struct err e = ERR_INIT;
	int pair[2], saved[3], r;
	pid_t pid;
	struct stat st, con;
	int status;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		bail("socketpair");
	in->plan.fds[SLOT_CONSOLE] = pair[1];
	for (int i = 0; i < 3; i++)
		saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
	fflush(stdout);
	/* a session of its own: the terminal must become its controlling one */
	pid = fork();
	if (pid == 0) {
		setsid();
		r = step_console(in, &u, &e);
		if (r < 0)
			dprintf(saved[1], "# %s\n", line(&e));
		_exit(r == 0 && isatty(0) && isatty(2) && tcgetsid(0) == getpid() &&
		      fstat(1, &st) == 0 &&
		      stat("/dev/console", &con) == 0 && st.st_rdev == con.st_rdev ? 0 : 1);
	}
	close(pair[1]);
	in->plan.fds[SLOT_CONSOLE] = -1;
	ok(waitpid(pid, &status, 0) == pid && status == 0, "console: stdio, controlling");
	check_console(pair[0], uid, gid);
	for (int i = 0; i < 3; i++)
		close(saved[i]);
	close(pair[0]);
}

static void masks_and_sysctl(struct init *in)
{
	union step_arg u = { .sysctl = { "net/ipv4/ip_forward", "1" } };
	struct statfs fs;
	struct stat st;

	step_ok(step_sysctl, in, &u, "sysctl");
	is_str(get("/proc/sys/net/ipv4/ip_forward"), "1", "has the value");
	u.sysctl.key = "net/ipv4/no.pe";
	step_fails(step_sysctl, in, &u, ENOENT,
		   "/linux/sysctl/net.ipv4.no~1pe|'net.ipv4.no/pe' to '1'|no such sysctl",
		   "an unknown one");
	u = (union step_arg){ .sysctl = { "net/ipv4/ip_forward", "many" } };
	step_fails(step_sysctl, in, &u, EINVAL, "does not accept the value 'many'", "a bad value");

	u = (union step_arg){ .path_at = { 1, "/proc/sys", NULL, NULL } };
	step_ok(step_readonly_path, in, &u, "readonly path");
	ok(has(mounted(in, "/proc/sys"), "ro,relatime|proc|rw", NULL), "is read-only");
	u.path_at.path = "/proc/none/none";
	step_ok(step_readonly_path, in, &u, "a missing one");
	u.path_at.path = "/proc/keys";
	step_ok(step_mask_path, in, &u, "mask of a file");
	ok(stat("/proc/keys", &st) == 0 && st.st_rdev == makedev(1, 3), "is null");
	u.path_at.path = "/proc/irq";
	step_ok(step_mask_path, in, &u, "mask of a directory");
	u.path_at.path = "/proc/bus";
	step_ok(step_mask_path, in, &u, "and another");
	ok(has(mounted(in, "/proc/irq"), "ro,relatime|tmpfs|ro", "nr_inodes=", NULL), "tmpfs");
	ok(statfs("/proc/bus", &fs) == 0 && fs.f_type == TMPFS_MAGIC && fs.f_files <= 2 &&
	   mkdir("/proc/bus/x", 0755) < 0 && errno == EROFS, "nothing can be made there");
	u.path_at.path = "/proc/none";
	step_ok(step_mask_path, in, &u, "a missing one");
	u.path_at.path = "/proc/self/exe";
	step_fails(step_mask_path, in, &u, ELOOP,
		   "/linux/maskedPaths/1|can't mask|'/proc/self/exe'",
		   "a magic link is an error");
}

static void whole_start(void)
{
	struct init in = env_init();
	union step_arg u = { .propagation = { MS_SLAVE | MS_REC } };
	struct stat st;
	char text[64];
	ssize_t n;

	step_ok(step_propagation, &in, &u, "propagation");
	in = env_rootfs_step();
	ok(has(mounted(NULL, env_rootfs), "tmpfs", NULL), "rootfs is a mount");
	dev_mounts(&in);
	default_devices(&in);
	ok(fstatat(in.rootfd, "dev/null", &st, 0) == 0, "node, looked up from rootfd");
	u = (union step_arg){ .dev_links = { .ptmx = true, .kcore = true } };
	step_ok(step_dev_links, &in, &u, "links");
	step_ok(step_dev_links, &in, &u, "links again");
	pivot(&in, PIVOT_ROOT);
	ok(in.pivoted && access("/host", F_OK) < 0 && access("/etc", F_OK) == 0, "new root");
	ok(stat("/dev/null", &st) == 0 && st.st_rdev == makedev(1, 3) &&
	   (st.st_mode & 07777) == 0666, "exact mode despite the umask");
	n = readlink("/dev/ptmx", text, sizeof(text));
	ok(n == 8 && memcmp(text, "pts/ptmx", 8) == 0, "ptmx");
	n = readlink("/dev/core", text, sizeof(text));
	ok(n == 11 && access("/dev/stdin", F_OK) == 0, "core, stdin");

	u = (union step_arg){ .propagation = { MS_SHARED | MS_REC } };
	step_ok(step_root_propagation, &in, &u, "root propagation");
	ok(has(mounted(&in, "/"), "shared:", NULL), "is shared");
	u = (union step_arg){ .path = { "/new/cwd" } };
	step_ok(step_cwd_create, &in, &u, "cwd");
	ok(stat("/new/cwd", &st) == 0 && (st.st_mode & 07777) == 0755, "made 0755");
	put("/etc/file", "");
	u.path.text = "/etc/file";
	step_fails(step_cwd_create, &in, &u, ENOTDIR, "/process/cwd|'/etc/file'|is a file",
		   "a file");
	u.path.text = "/proc/self/fd/3";
	step_fails(step_cwd_create, &in, &u, ELOOP, "lead out of the container", "a magic link");
	start_console(&in, 7, 5);
	u = (union step_arg){ .remount = { "/dev", MS_NOSUID | MS_RDONLY } };
	step_ok(step_remount_ro, &in, &u, "remount /dev");
	ok(has(mounted(&in, "/dev"), "ro,nosuid", NULL), "read-only, other flags kept");
	step_ok(step_root_ro, &in, NULL, "root");
	ok(has(mounted(&in, "/"), "ro,", NULL), "read-only");
	u = (union step_arg){ .path = { "/missing" } };
	step_fails(step_cwd_create, &in, &u, EROFS, "read-only", "cwd on a read-only root");
	masks_and_sysctl(&in);
	env_close(&in);
}

/* ---- root and pivot ------------------------------------------------------ */

static void rootfs_errors(void)
{
	struct init in = env_init();
	union step_arg u = { .rootfs = { .path = fmt("%s/none", env_dir), .own_ns = true } };

	step_fails(step_rootfs, &in, &u, ENOENT, "/root/path|/none'|no such file", "missing");
	u.rootfs.path = fmt("%s/host/file", env_dir);
	step_fails(step_rootfs, &in, &u, ENOTDIR, "/root/path|not a directory", "a file");
	u.rootfs = (struct arg_rootfs){ .path = env_rootfs };
	step_ok(step_rootfs, &in, &u, "in the caller's mount namespace");
	ok(*mounted(NULL, env_rootfs) && !strstr(mounted(NULL, env_rootfs), "shared:"),
	   "a private mount");
	pivot(&in, PIVOT_CHROOT);
	ok(access("/etc", F_OK) == 0 && access("/host", F_OK) < 0, "chroot");
	ok(chroot("/etc") == 0 && chdir("/") == 0, "a root that is no mount");
	u = (union step_arg){ .propagation = { MS_SLAVE | MS_REC } };
	step_fails(step_propagation, &in, &u, EINVAL, "chroot is not enough", "inside a chroot");
	env_close(&in);
}

static void shared_parent(void)
{
	struct init in = env_init();
	union step_arg u = { .propagation = { MS_SHARED | MS_REC } };

	step_ok(step_propagation, &in, &u, "rshared");
	u = (union step_arg){ .rootfs = { env_rootfs, true, true } };
	step_ok(step_rootfs, &in, &u, "rootfs");
	ok(!strstr(mounted(NULL, env_dir), "shared:"), "its holder is private now");
	ok(!strstr(mounted(NULL, env_rootfs), "shared:"), "so is the root");
	pivot(&in, PIVOT_ROOT);
	ok(access("/etc", F_OK) == 0, "pivot_root works");
	env_close(&in);
}

static void unbindable_parent(void)
{
	struct init in = env_init();
	union step_arg u = { .propagation = { MS_UNBINDABLE | MS_REC } };

	step_ok(step_propagation, &in, &u, "runbindable");
	u = (union step_arg){ .rootfs = { env_rootfs, true, false } };
	step_fails(step_rootfs, &in, &u, EINVAL, "/root/path|unbindable", "cannot be copied");
	u.rootfs.private_parent = true;
	step_ok(step_rootfs, &in, &u, "made private first");
	env_close(&in);
}

static void pivot_shared(void)
{
	struct init in = env_rootfs_step();
	union step_arg u = { .pivot = { .how = PIVOT_ROOT } };
	struct err e = ERR_INIT;

	mnt_propagation(&in, in.rootfd, MS_SHARED, &e);
	step_fails(step_pivot, &in, &u, EINVAL, "pivot_root|root file system is shared",
		   "the cause of EINVAL");
	env_close(&in);
}

static void pivot_move(void)
{
	struct init in = env_rootfs_step();

	mount_step(&in, MOUNT_PROC, "proc", "/proc", 0, NULL);
	pivot(&in, PIVOT_MOVE);
	ok(access("/etc", F_OK) == 0 && access("/host", F_OK) < 0, "new root");
	ok(has(mounted(&in, "/proc"), "proc", NULL), "the container's procfs");
	ok(has(mounted(&in, "/"), "tmpfs", NULL), "is the root mount");
	env_close(&in);
}

/* ---- the trusted procfs -------------------------------------------------- */

static void trusted_procfs(void)
{
	struct init in = env_rootfs_step();

	mount_step(&in, MOUNT_PROC, "proc", "/proc", 0, NULL);
	pivot(&in, PIVOT_ROOT);
	/* what a hostile mount could do to the container's /proc */
	put("/etc/fake", "fake");
	mkdir("/etc/sys", 0755);
	ok(mount("/etc/fake", "/proc/self/comm", NULL, MS_BIND, NULL) == 0 &&
	   mount("/etc", "/proc/sys", NULL, MS_BIND, NULL) == 0, "fakes over procfs");
	is_int(init_proc_write(&in, "self/comm", "genuine"), 0, "a write");
	is_str(get("/etc/fake"), "fake", "misses the fake");
	is_int(init_proc_write(&in, "sys/net/ipv4/ip_forward", "1"), 0, "a sysctl");
	ok(init_proc_open(&in, "self/exe", O_RDONLY) == -ELOOP, "no magic links");
	ok(init_proc_open(&in, "self/nope", O_RDONLY) == -ENOENT, "no such file");
	env_close(&in);
}

/* ---- devices ------------------------------------------------------------- */

static void device_nodes(void)
{
	struct init in = env_rootfs_step();
	union step_arg u = device("/dev/x/fuse", 'c', 10, 229, 2);
	struct stat st;

	u.device.mode = 0640;
	u.device.uid = 11;
	u.device.gid = 12;
	step_ok(step_device, &in, &u, "a device in a missing directory");
	ok(lstat("rootfs/dev/x/fuse", &st) == 0 && S_ISCHR(st.st_mode) &&
	   st.st_rdev == makedev(10, 229) && (st.st_mode & 07777) == 0640 && st.st_uid == 11 &&
	   st.st_gid == 12, "exact mode and owner");
	u.device.mode = 0600;
	step_ok(step_device, &in, &u, "the same one exists");
	ok(lstat("rootfs/dev/x/fuse", &st) == 0 && (st.st_mode & 07777) == 0640, "untouched");
	u.device.minor = 1;
	step_fails(step_device, &in, &u, EEXIST, "/linux/devices/2|c 10:229, not c 10:1",
		   "another number");
	u.device.type = 'b';
	step_fails(step_device, &in, &u, EEXIST, "/linux/devices/2|not b 10:1", "another type");
	u = device("/dev/pipe", 'p', 0, 0, 1);
	step_ok(step_device, &in, &u, "a fifo");
	u = device("/dev/blk", 'b', 7, 0, 1);
	step_ok(step_device, &in, &u, "a block device");
	put("rootfs/dev/null", "");
	u = device("/dev/null", 'c', 1, 3, 0);
	step_fails(step_device, &in, &u, EEXIST, "/linux/devices/0|'/dev/null' exists",
		   "a file in the place of a listed device");
	u.device.index = UINT32_MAX;
	step_ok(step_device, &in, &u, "in the place of a default one");
	ok(lstat("rootfs/dev/null", &st) == 0 && st.st_rdev == makedev(1, 3), "is covered");
	ok(symlink("/etc/x", "rootfs/dev/zero") == 0, "a symlink");
	u = device("/dev/zero", 'c', 1, 5, UINT32_MAX);
	step_fails(step_device, &in, &u, EEXIST, "'/dev/zero' exists and is no device",
		   "is not followed");
	env_close(&in);
}

static void bound_devices(void)
{
	struct init in = env_rootfs_step();
	union step_arg u = device("/dev/full", 'c', 1, 7, UINT32_MAX);
	struct stat st;

	u.device.bind = true;
	step_ok(step_device, &in, &u, "a bind of the host's node");
	ok(stat("rootfs/dev/full", &st) == 0 && st.st_rdev == makedev(1, 7), "is 1:7");
	u.device.minor = 3;
	step_fails(step_device, &in, &u, ENODEV, "host's '/dev/full' is no device c 1:3",
		   "the wrong node of the host");
	u.device.path = "/dev/no-such-node";
	step_fails(step_device, &in, &u, ENOENT, "/dev/no-such-node|lacks this one",
		   "a missing one");
	ok(symlink("../etc/passwd", "rootfs/dev/zero") == 0, "a symlink");
	u = device("/dev/zero", 'c', 1, 5, UINT32_MAX);
	u.device.bind = true;
	step_fails(step_device, &in, &u, EEXIST, "'/dev/zero' exists", "is not followed");
	env_close(&in);
}

/* /dev of the image is a symlink to a directory of the host. */
static void hostile_dev(void)
{
	const char *targets[] = { NULL, "../../../../../../etc/decoy", "/proc/1/root" };
	struct stat before, after;

	targets[0] = fmt("%s/host/decoy", env_dir);
	if (stat("host/decoy", &before) < 0)
		bail("decoy");
	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		struct init in = env_rootfs_step();
		union step_arg u = device("/dev/null", 'c', 1, 3, UINT32_MAX);

		(void)unlink("rootfs/dev");
		(void)rmdir("rootfs/dev");
		ok(symlink(targets[i], "rootfs/dev") == 0, "/dev -> %s", targets[i]);
		step_ok(step_device, &in, &u, "device");
		u = (union step_arg){ .dev_links = { .ptmx = true } };
		step_ok(step_dev_links, &in, &u, "links");
		env_close(&in);
	}
	is_str(get("host/decoy/ptmx"), "decoy", "the decoy's ptmx is as it was");
	ok(stat("host/decoy", &after) == 0 && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec &&
	   access("host/decoy/null", F_OK) < 0, "nothing was made beside it");
	ok(access(fmt("rootfs%s/host/decoy/null", env_dir), F_OK) == 0, "but inside the root");
}

static void ptmx_kinds(void)
{
	struct init in = env_rootfs_step();
	union step_arg u = { .dev_links = { .ptmx = true } };
	struct stat st;

	put("rootfs/dev/ptmx", "file");
	put("rootfs/dev/stdin", "file");
	step_ok(step_dev_links, &in, &u, "a file");
	ok(lstat("rootfs/dev/ptmx", &st) == 0 && S_ISLNK(st.st_mode), "ptmx is replaced");
	is_str(get("rootfs/dev/stdin"), "file", "others stay");
	unlink("rootfs/dev/ptmx");
	mkdir("rootfs/dev/ptmx", 0755);
	step_ok(step_dev_links, &in, &u, "an empty directory");
	ok(lstat("rootfs/dev/ptmx", &st) == 0 && S_ISLNK(st.st_mode), "is replaced");
	unlink("rootfs/dev/ptmx");
	mkdir("rootfs/dev/ptmx", 0755);
	put("rootfs/dev/ptmx/x", "");
	step_fails(step_dev_links, &in, &u, ENOTEMPTY, "cannot replace '/dev/ptmx'", "a full one");
	env_close(&in);
}

/* ---- /dev/null of a hostile image ---------------------------------------- */

static void hostile_null(void)
{
	struct init in = env_rootfs_step();
	union step_arg u = { .path_at = { 0, "/proc/keys", NULL, NULL } };
	int saved = fcntl(0, F_DUPFD_CLOEXEC, 10);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct stat st, own;

	mount_step(&in, MOUNT_PROC, "proc", "/proc", 0, NULL);
	pivot(&in, PIVOT_ROOT);
	put("/etc/secret", "secret");
	dup2(null, 0);
	step_fails(step_mask_path, &in, &u, ENOENT, "/linux/maskedPaths/0|/dev/null is invalid",
		   "none");
	ok(symlink("/proc/sys/kernel/core_pattern", "/dev/null") == 0, "a symlink");
	step_fails(step_mask_path, &in, &u, ENODEV, "not the character device 1:3", "mask");
	step_fails(step_stdio_null, &in, NULL, ENODEV, "not the character device 1:3", "stdio");
	unlink("/dev/null");
	put("/dev/null", "");
	step_fails(step_stdio_null, &in, NULL, ENODEV, "not the character device 1:3", "a file");
	unlink("/dev/null");
	ok(mknod("/dev/null", S_IFCHR | 0666, makedev(1, 5)) == 0, "another device");
	step_fails(step_mask_path, &in, &u, ENODEV, "not the character device 1:3", "mask");
	is_str(mounted(&in, "/proc/keys"), "", "nothing is masked by it");
	unlink("/dev/null");
	ok(mknod("/dev/null", S_IFCHR | 0600, makedev(1, 3)) == 0, "the right one");
	step_ok(step_stdio_null, &in, NULL, "stdio");
	ok(fstat(0, &st) == 0 && stat("/dev/null", &own) == 0 && st.st_ino == own.st_ino &&
	   st.st_dev == own.st_dev, "is the container's");
	dup2(saved, 0);
	env_close(&in);
}

/* ---- the console of a hostile image -------------------------------------- */

static void hostile_console(void)
{
	struct init in = env_rootfs_step();
	union step_arg u = { .console = { .bind = true, .label = "" } };
	struct stat st;

	/* no /dev mount: the image's own directory */
	mount_step(&in, MOUNT_PROC, "proc", "/proc", 0, NULL);
	pivot(&in, PIVOT_ROOT);
	put("/etc/victim", "victim");
	step_fails(step_console, &in, &u, ENOENT, "/dev/pts/ptmx|needs a devpts", "no devpts");
	mkdir("/dev/pts", 0755);
	put("/dev/pts/ptmx", "");
	step_fails(step_console, &in, &u, ENODEV, "not the one of a devpts", "a file");
	unlink("/dev/pts/ptmx");
	ok(mknod("/dev/pts/ptmx", S_IFCHR | 0666, makedev(5, 2)) == 0, "a bare node");
	step_fails(step_console, &in, &u, ENODEV, "not the one of a devpts", "outside devpts");
	mount_step(&in, MOUNT_FS, "devpts", "/dev/pts", 0, "newinstance,ptmxmode=0666");
	ok(symlink("/etc/victim", "/dev/console") == 0, "a symlink");
	step_fails(step_console, &in, &u, ELOOP, "'/dev/console' is a symbolic link", "console");
	is_str(get("/etc/victim"), "victim", "the victim is as it was");
	is_str(mounted(&in, "/etc/victim"), "", "and nothing is mounted on it");
	unlink("/dev/console");
	mkdir("/dev/console", 0755);
	step_fails(step_console, &in, &u, EISDIR, "directory", "a directory");
	rmdir("/dev/console");
	mkfifo("/dev/console", 0600);
	step_fails(step_console, &in, &u, EPROTO, "no socket for the terminal",
		   "a fifo does not block");
	ok(stat("/dev/console", &st) == 0 && S_ISCHR(st.st_mode), "and is covered");
	env_close(&in);
}

static void legacy_console(void)
{
	struct init in = env_rootfs_step();
	struct step step = { .id = STEP_CONSOLE };
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;
	struct stat st, con;
	struct err e = ERR_INIT;

	if (master < 0 || unlockpt(master) < 0 ||
	    (slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0) {
		skip(1, "no pseudo-terminals here");
		return;
	}
	step.u.console.legacy = step.u.console.bind = true;
	step.u.console.label = "";
	in.plan.steps = &step;
	in.plan.n_steps = 1;
	in.plan.fds[SLOT_TTY] = slave;
	mount_step(&in, MOUNT_PROC, "proc", "/proc", 0, NULL);
	pivot(&in, PIVOT_ROOT);
	ok(fstat(slave, &st) == 0 && stat("/dev/console", &con) == 0 &&
	   st.st_ino == con.st_ino && st.st_dev == con.st_dev, "the host's slave is there");
	in.plan.fds[SLOT_TTY] = -1;
	is_int(step_console(&in, &step.u, &e), -EPROTO, "no descriptor");
	close(slave);
	close(master);
	env_close(&in);
}

static void pidfd_send(void)
{
	struct init in = env_init();
	union step_arg u = { .pidfd = { "standard" } };
	int pair[2];
	char buf[32] = "";

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		bail("socketpair");
	in.plan.fds[SLOT_PIDFD] = pair[1];
	step_ok(step_pidfd_send, &in, &u, "pidfd");
	is_int(recv(pair[0], buf, sizeof(buf), 0), 8, "one message");
	is_str(buf, "standard", "its payload");
	is_int(recv(pair[0], buf, sizeof(buf), 0), 0, "then the end");
	step_fails(step_pidfd_send, &in, &u, EPROTO, "pidfd", "no socket");
	close(pair[0]);
}

/* ---- user namespaces ----------------------------------------------------- */

static void user_namespace_inside(void)
{
	struct init in = env_rootfs_step();
	union step_arg u = { .mount = {
		.index = 1, .kind = MOUNT_FS, .dest = "/pts", .type = "devpts",
		.source = "devpts", .data = "newinstance,gid=5",
	} };
	struct stat st;

	mount_step(&in, MOUNT_PROC, "proc", "/proc", 0, NULL);
	mount_step(&in, MOUNT_TMPFS, "tmpfs", "/dev", MS_NOSUID, "mode=755");
	mount_step(&in, MOUNT_FS, "devpts", "/dev/pts", 0, "newinstance,ptmxmode=0666");
	mount_step(&in, MOUNT_SYSFS, "sysfs", "/sys", MS_RDONLY, NULL);
	mount_step(&in, MOUNT_MQUEUE, "mqueue", "/dev/mqueue", 0, NULL);
	step_fails(step_mount, &in, &u, EINVAL, "/mounts/1/options|gid=5|must be mapped",
		   "an unmapped gid");
	u = device("/dev/full", 'c', 1, 7, UINT32_MAX);
	step_ok(step_device, &in, &u, "mknod is refused: bound");
	u = device("/dev/null", 'c', 1, 3, UINT32_MAX);
	u.device.bind = true;
	step_ok(step_device, &in, &u, "bound at once");
	pivot(&in, PIVOT_ROOT);
	ok(stat("/dev/full", &st) == 0 && st.st_rdev == makedev(1, 7), "is 1:7");
	u = (union step_arg){ .path_at = { 0, "/proc/keys", NULL, NULL } };
	step_ok(step_mask_path, &in, &u, "mask of a file");
	u.path_at.path = "/proc/irq";
	step_ok(step_mask_path, &in, &u, "mask of a directory");
	u.path_at.path = "/proc/bus";
	step_ok(step_mask_path, &in, &u, "and another");
	u.path_at.path = "/proc/sys";
	step_ok(step_readonly_path, &in, &u, "read-only path");
	u = (union step_arg){ .sysctl = { "net/ipv4/ip_forward", "1" } };
	step_ok(step_sysctl, &in, &u, "sysctl");
	step_ok(step_root_ro, &in, NULL, "read-only root");
	start_console(&in, 0, 0);
	env_close(&in);
}

static void user_namespace(void)
{
	if (!env_userns(user_namespace_inside))
		skip(1, "no user namespaces");
}

/* A procfs with masked entries outside forbids a fresh one inside. */
static void revealing_inside(void)
{
	struct init in = env_rootfs_step();
	union step_arg u = { .mount = {
		.index = 0, .kind = MOUNT_PROC, .dest = "/proc", .type = "proc",
		.source = "proc",
	} };

	step_fails(step_mount, &in, &u, EPERM, "/mounts/0|'proc' to rootfs at '/proc'|masked entries",
		   "procfs");
	ok(init_procfd(&in) >= 0 && init_is_proc_root(in.procfd), "the host's is used instead");
	is_int(init_proc_write(&in, "self/comm", "x"), 0, "and can be written");
	env_close(&in);
}

/*
 * The kernel compares with every procfs of the mount namespace: one that a chroot
 * somewhere on this machine has, without masks, would allow what is to be refused.
 */
static void only_procfs_at_proc(void)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char *text = NULL, *points[64];
	size_t size = 0, n = 0;

	while (f && n < 64 && getline(&text, &size, f) > 0) {
		char *at = text;

		if (!strstr(text, " - proc "))
			continue;
		for (int i = 0; i < 4; i++) /* ID PARENT DEV ROOT POINT */
			at += strcspn(at, " ") + 1;
		at[strcspn(at, " ")] = '\0';
		if (!streq(at, "/proc"))
			points[n++] = strdup(at);
	}
	free(text);
	if (f)
		fclose(f);
	while (n--) {
		(void)umount2(points[n], MNT_DETACH);
		free(points[n]);
	}
}

static void revealing(void)
{
	only_procfs_at_proc();
	if (mount("t", "/proc/irq", "tmpfs", 0, NULL) < 0 || !env_userns(revealing_inside))
		skip(1, "no user namespaces");
}

int main(void)
{
	static const struct { const char *name; void (*fn)(void); int ways; } all[] = {
		{ "whole start", whole_start, 2 },     { "rootfs", rootfs_errors, 2 },
		{ "shared parent", shared_parent, 2 }, { "unbindable", unbindable_parent, 2 },
		{ "shared root", pivot_shared, 2 },    { "no pivot", pivot_move, 2 },
		{ "procfs", trusted_procfs, 2 },       { "devices", device_nodes, 2 },
		{ "bound devices", bound_devices, 2 }, { "hostile /dev", hostile_dev, 2 },
		{ "ptmx", ptmx_kinds, 1 },	       { "hostile null", hostile_null, 2 },
		{ "hostile console", hostile_console, 2 }, { "legacy", legacy_console, 2 },
		{ "pidfd", pidfd_send, 1 },	       { "user namespace", user_namespace, 2 },
		{ "revealing", revealing, 2 },
	};

	if (!env_setup())
		return done();
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		for (int way = 0; way < all[i].ways; way++)
			env_run(all[i].name, all[i].fn, way);
	return env_done();
}
