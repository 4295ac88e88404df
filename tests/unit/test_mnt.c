/* SPDX-License-Identifier: Apache-2.0 */
/* init/mounts.c and init/mnt.c: every kind of mount, both ways, hostile roots. */
#include "config.h"

#include "tests/unit/fsenv.h"

#include <sys/un.h>

static union step_arg arg(enum mount_kind kind, const char *type, const char *source,
			  const char *dest, uint64_t flags, const char *data)
{
	return (union step_arg){ .mount = {
		.index = 3, .kind = kind, .dest = dest, .type = type, .source = source,
		.data = data, .flags = flags,
	} };
}

static union step_arg bind_arg(const char *source, const char *dest, uint64_t flags)
{
	return arg(MOUNT_BIND, "bind", source, dest, MS_BIND | flags, NULL);
}

static const char *in_root(const char *path)
{
	return mounted(NULL, fmt("%s%s", env_rootfs, path));
}

static const char *host(const char *name)
{
	return fmt("%s/host/%s", env_dir, name);
}

static void file_systems(void)
{
	struct init in = env_rootfs_step();
	union step_arg u;
	struct stat st;

	u = arg(MOUNT_PROC, "proc", "proc", "/proc", 0, NULL);
	step_ok(step_mount, &in, &u, "proc");
	ok(has(in_root("/proc"), "rw,relatime|proc|rw", NULL), "proc is there");
	ok(in.procfd >= 0 && init_is_proc_root(in.procfd), "and is the trusted procfs");
	ok(fstatat(in.procfd, "1", &st, 0) == 0, "of this pid namespace");

	chmod("rootfs/dev", 0751);
	u = arg(MOUNT_TMPFS, "tmpfs", "tmpfs", "/dev", MS_NOSUID | MS_STRICTATIME,
		"size=65536k");
	u.mount.mode_inherit = true;
	step_ok(step_mount, &in, &u, "tmpfs");
	ok(has(in_root("/dev"), "rw,nosuid|tmpfs|", "size=65536k", "mode=751", NULL),
	   "its flags, size, and the mode of the target");
	chmod("rootfs/dev", 0755);

	u = arg(MOUNT_FS, "devpts", "devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC,
		"newinstance,ptmxmode=0666,mode=0620,gid=5");
	step_ok(step_mount, &in, &u, "devpts");
	ok(has(in_root("/dev/pts"), "nosuid,noexec", "devpts", "gid=5,mode=620,ptmxmode=666",
	       NULL), "its options");
	ok(stat("rootfs/dev/pts", &st) == 0 && (st.st_mode & 0777) == 0755, "target made 0755");

	u = arg(MOUNT_TMPFS, "tmpfs", "shm", "/dev/shm", MS_NOSUID | MS_NOEXEC | MS_NODEV,
		"mode=1777,size=65536k");
	u.mount.mode_inherit = true;
	step_ok(step_mount, &in, &u, "shm");
	ok(stat("rootfs/dev/shm", &st) == 0 && (st.st_mode & 07777) == 01777, "mode 1777");
	u = arg(MOUNT_MQUEUE, "mqueue", "mqueue", "/dev/mqueue", MS_NODEV, NULL);
	step_ok(step_mount, &in, &u, "mqueue");
	ok(has(in_root("/dev/mqueue"), "nodev", "mqueue", NULL), "is there");
	u = arg(MOUNT_SYSFS, "sysfs", "sysfs", "/sys", MS_RDONLY | MS_NOSUID, NULL);
	step_ok(step_mount, &in, &u, "sysfs");
	ok(has(in_root("/sys"), "ro,nosuid,relatime|sysfs", NULL), "is read-only");
	u = arg(MOUNT_TMPFS, "tmpfs", "tmpfs", "/tmp", MS_SYNCHRONOUS, "mpol=prefer:0,size=1m");
	step_ok(step_mount, &in, &u, "a comma in a value, a flag of the super block");
	ok(has(in_root("/tmp"), "sync", "size=1024k", NULL), "both kept");
	env_close(&in);
}

static void fs_errors(void)
{
	struct init in = env_rootfs_step();
	union step_arg u = arg(MOUNT_TMPFS, "tmpfs", "tmpfs", "/x", 0, "mode=0755,nosuidd");

	step_fails(step_mount, &in, &u, EINVAL,
		   "/mounts/3|'tmpfs' to rootfs at '/x'|nosuidd|invalid argument",
		   "an unknown option is named");
	u = arg(MOUNT_FS, "nopefs", "x", "/x", 0, NULL);
	step_fails(step_mount, &in, &u, ENODEV,
		   "/mounts/3/type|'nopefs'|no such device|unknown filesystem type",
		   "an unknown type");
	u = arg(MOUNT_FS, "bind", host("dir"), "/x", 0, NULL);
	step_fails(step_mount, &in, &u, ENODEV, "needs option \"bind\" or \"rbind\"|no such device",
		   "type bind without the option");
	u = arg(MOUNT_TMPFS, "tmpfs", "tmpfs", "/", 0, NULL);
	step_fails(step_mount, &in, &u, EINVAL, "on the top of rootfs|/destination", "on the root");
	put("rootfs/etc/passwd", "x");
	u = arg(MOUNT_TMPFS, "tmpfs", "tmpfs", "/etc/passwd", 0, NULL);
	step_fails(step_mount, &in, &u, ENOTDIR,
		   "'/etc/passwd' is a regular file|needs a directory",
		   "a file system on a file");
	u = arg(MOUNT_TMPFS, "tmpfs", "tmpfs", "/etc/passwd/x", 0, NULL);
	step_fails(step_mount, &in, &u, ENOTDIR, "component", "below a file");
	mnt_force_classic(false);
	u = arg(MOUNT_FS, "tmpfs", "", "/long", 0, fmt("size=1m,mpol=%s", "default"));
	step_ok(step_mount, &in, &u, "no source");
	env_close(&in);
}

static int bind_socket(int fd, const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	return bind(fd, (const struct sockaddr *)&sa, sizeof(sa));
}

static void binds(void)
{
	struct init in = env_rootfs_step();
	union step_arg u;
	struct stat st;
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	u = bind_arg(host("dir"), "/data/a/b", 0);
	step_ok(step_mount, &in, &u, "a directory on a missing target");
	is_str(get("rootfs/data/a/b/inside"), "inside", "shows the source");
	u = bind_arg(host("file"), "/data/file", 0);
	step_ok(step_mount, &in, &u, "a file on a missing target");
	is_str(get("rootfs/data/file"), "host file", "shows the source");
	ok(mkfifo("host/fifo", 0600) == 0 &&
	   bind_socket(s, "host/sock") == 0, "a fifo and a socket");
	u = bind_arg(host("fifo"), "/data/fifo", 0);
	step_ok(step_mount, &in, &u, "a fifo does not block");
	ok(stat("rootfs/data/fifo", &st) == 0 && S_ISFIFO(st.st_mode), "is a fifo");
	u = bind_arg(host("sock"), "/data/sock", 0);
	step_ok(step_mount, &in, &u, "a socket");
	u = bind_arg("/dev/full", "/data/full", 0);
	step_ok(step_mount, &in, &u, "a device");
	ok(stat("rootfs/data/full", &st) == 0 && st.st_rdev == makedev(1, 7), "is 1:7");
	close(s);

	u = bind_arg(host("none"), "/x", 0);
	step_fails(step_mount, &in, &u, ENOENT, "/mounts/3/source|host/none|no such file",
		   "a missing source");
	u = bind_arg(host("dir"), "/data/file", 0);
	step_fails(step_mount, &in, &u, ENOTDIR,
		   "host/dir' (a directory)|'/data/file' (a regular file)|not a directory",
		   "a directory on a file");
	u = bind_arg(host("file"), "/etc", 0);
	step_fails(step_mount, &in, &u, ENOTDIR, "(a regular file)|'/etc' (a directory)",
		   "a file on a directory");
	env_close(&in);
}

static void bind_flags(void)
{
	struct init in = env_rootfs_step();
	uint32_t prop[] = { MS_PRIVATE, MS_SHARED };
	union step_arg u;

	mount("t", "host/decoy", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOATIME, NULL);
	mkdir("host/decoy/sub", 0755);
	mount("t", "host/decoy/sub", "tmpfs", 0, NULL);
	u = bind_arg(host("decoy"), "/ro", MS_REC | MS_RDONLY | MS_NOEXEC);
	step_ok(step_mount, &in, &u, "rbind,ro,noexec");
	ok(has(in_root("/ro"), "ro,noexec,noatime", NULL),
	   "exactly the flags asked for, the atime mode of the source");
	ok(has(in_root("/ro/sub"), "rw,relatime", NULL), "mounts below are untouched");
	u = bind_arg(host("decoy"), "/clear", 0);
	u.mount.cleared = MS_NOSUID | MS_NOATIME;
	step_ok(step_mount, &in, &u, "bind,suid,atime");
	ok(has(in_root("/clear"), "rw,noatime", NULL), "an option that clears is an option");
	u = bind_arg(host("decoy"), "/keep", 0);
	u.mount.cleared = MS_RDONLY | MS_STRICTATIME;
	step_ok(step_mount, &in, &u, "bind,rw,nostrictatime");
	ok(has(in_root("/keep"), "rw,noatime", NULL), "so is one that changes nothing");
	u = bind_arg(host("decoy"), "/same", 0);
	step_ok(step_mount, &in, &u, "bind");
	ok(has(in_root("/same"), "rw,nosuid,nodev,noatime", NULL), "keeps everything");
	u = bind_arg(host("decoy"), "/strict", MS_STRICTATIME | MS_NODIRATIME);
	step_ok(step_mount, &in, &u, "bind,strictatime,nodiratime");
	ok(has(in_root("/strict"), "rw,nodiratime|", NULL), "no relatime");
	u = bind_arg(host("dir"), "/shared", 0);
	u.mount.propagation = prop;
	u.mount.n_propagation = 2;
	step_ok(step_mount, &in, &u, "private,shared");
	ok(has(in_root("/shared"), "shared:", NULL), "the last one stays");
	u = arg(MOUNT_REMOUNT, "none", "", "/ro", MS_REMOUNT | MS_BIND | MS_NODIRATIME, NULL);
	u.mount.cleared = MS_RDONLY;
	step_ok(step_mount, &in, &u, "remount,bind,rw");
	ok(has(in_root("/ro"), "rw,nodiratime", NULL), "changes what it says");
	u = arg(MOUNT_TMPFS, "tmpfs", "tmpfs", "/re", 0, "size=1m");
	step_ok(step_mount, &in, &u, "tmpfs");
	u = arg(MOUNT_REMOUNT, "tmpfs", "tmpfs", "/re", MS_REMOUNT | MS_NOSUID, "size=2m");
	step_ok(step_mount, &in, &u, "remount");
	ok(has(in_root("/re"), "rw,nosuid", "size=2048k", NULL), "changes the super block");
	u = arg(MOUNT_REMOUNT, "tmpfs", "tmpfs", "/etc", MS_REMOUNT, "size=2m");
	step_fails(step_mount, &in, &u, EINVAL, "'/etc'|remount|nothing is mounted there",
		   "remount of no mount");
	env_close(&in);
}

static void recursive_attrs(void)
{
	struct init in = env_rootfs_step();
	union step_arg u;

	mount("t", "host/decoy", "tmpfs", 0, NULL);
	mkdir("host/decoy/sub", 0755);
	mount("t", "host/decoy/sub", "tmpfs", MS_NOEXEC, NULL);
	u = bind_arg(host("decoy"), "/r", MS_REC);
	u.mount.rec_set = SYS_ATTR_RDONLY | SYS_ATTR_NODEV;
	u.mount.rec_clr = SYS_ATTR_NOEXEC;
	step_ok(step_mount, &in, &u, "rbind,rro,rnodev,rexec");
	ok(has(in_root("/r"), "ro,nodev,relatime", NULL), "the mount");
	ok(has(in_root("/r/sub"), "ro,nodev,relatime", NULL), "the one below");
	ok(has(mounted(NULL, fmt("%s/host/decoy/sub", env_dir)), "rw,noexec", NULL),
	   "the source is untouched");
	mnt_force_classic(true);
	u.mount.dest = "/r2";
	step_fails(step_mount, &in, &u, ENOSYS, "/mounts/3/options|recursive|mount_setattr(2)",
		   "an error without mount_setattr");
	env_close(&in);
}

static void symlinks(void)
{
	struct init in = env_rootfs_step();
	union step_arg u;
	char text[64];
	ssize_t n;

	ok(symlink("file", "host/link") == 0, "source symlink");
	u = bind_arg(host("link"), "/copied", 0);
	u.mount.copy_symlink = true;
	step_ok(step_mount, &in, &u, "copy-symlink");
	n = readlink("rootfs/copied", text, sizeof(text));
	ok(n == 4 && memcmp(text, "file", 4) == 0, "is the same symlink");
	step_ok(step_mount, &in, &u, "twice is fine");
	put("rootfs/taken", "");
	u.mount.dest = "/taken";
	step_fails(step_mount, &in, &u, EEXIST, "/mounts/3/destination|'/taken'",
		   "not over a file");
	u = bind_arg(host("link"), "/followed", 0);
	step_ok(step_mount, &in, &u, "followed otherwise");
	is_str(get("rootfs/followed"), "host file", "shows its target");
	ok(symlink("/nowhere", "rootfs/dl") == 0, "dest symlink");
	u = bind_arg(host("link"), "/dl", 0);
	u.mount.src_nofollow = u.mount.dest_nofollow = true;
	step_ok(step_mount, &in, &u, "src-nofollow,dest-nofollow");
	n = readlink("rootfs/dl", text, sizeof(text));
	ok(n == 4 && memcmp(text, "file", 4) == 0, "the symlink itself is mounted");
	u = (union step_arg){ .symlink = { "/cg/cpu", "cpu,cpuacct" } };
	step_ok(step_symlink, &in, &u, "symlink step");
	step_ok(step_symlink, &in, &u, "again");
	u.symlink.target = "other";
	step_fails(step_symlink, &in, &u, EEXIST, "'/cg/cpu'", "another target is an error");
	env_close(&in);
}

static void strict_kinds(void)
{
	static const struct { const char *what; const char *target; } cases[] = {
		{ "absolute symlink", "/etc" },
		{ "relative symlink", "etc" },
		{ "dangling symlink", "/none" },
		{ "symlink out", "../../host/decoy" },
		{ "loop", "proc" },
		{ "magic link", "/proc/self/cwd" },
	};
	struct init in = env_rootfs_step();
	union step_arg u = arg(MOUNT_PROC, "proc", "proc", "/proc", 0, NULL);

	rmdir("rootfs/proc");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ok(symlink(cases[i].target, "rootfs/proc") == 0, "%s", cases[i].what);
		step_fails(step_mount, &in, &u, ELOOP,
			   "filesystem \"proc\" must be mounted on ordinary directory|"
			   "/mounts/3/destination",
			   cases[i].what);
		unlink("rootfs/proc");
	}
	put("rootfs/proc", "");
	step_fails(step_mount, &in, &u, ENOTDIR, "must be mounted on ordinary directory", "a file");
	unlink("rootfs/proc");
	mkfifo("rootfs/proc", 0600);
	step_fails(step_mount, &in, &u, ENOTDIR, "must be mounted on ordinary directory", "a fifo");
	unlink("rootfs/proc");
	rmdir("rootfs/sys");
	ok(symlink("/etc", "rootfs/sys") == 0, "sys");
	u = arg(MOUNT_SYSFS, "sysfs", "sysfs", "/sys", 0, NULL);
	step_fails(step_mount, &in, &u, ELOOP,
		   "filesystem \"sysfs\" must be mounted on ordinary directory", "sysfs too");
	u.mount.dest = "/new/deep/sys";
	step_ok(step_mount, &in, &u, "a missing directory is made");
	env_close(&in);
}

static void proc_rules(void)
{
	struct init in = env_rootfs_step();
	union step_arg u = arg(MOUNT_TMPFS, "tmpfs", "tmpfs", "/proc", 0, NULL);

	step_fails(step_mount, &in, &u, EINVAL,
		   "\"/proc\" cannot be mounted because it is not of type proc", "tmpfs on /proc");
	u = bind_arg(host("dir"), "/proc", 0);
	step_fails(step_mount, &in, &u, EINVAL, "not of type proc", "a bind of anything");
	u = bind_arg(host("dir"), "/x/../proc/self", 0);
	step_fails(step_mount, &in, &u, EINVAL,
		   "\"/proc/self\" cannot be mounted because it is inside /proc",
		   "inside, before there is a procfs");
	u = bind_arg("/proc", "/proc", MS_REC);
	step_ok(step_mount, &in, &u, "a bind of a procfs");
	u = arg(MOUNT_PROC, "proc", "proc", "/proc", 0, NULL);
	step_ok(step_mount, &in, &u, "a procfs");
	u = bind_arg(host("file"), "/proc/uptime", 0);
	step_ok(step_mount, &in, &u, "an allowed name");
	is_str(get("rootfs/proc/uptime"), "host file", "is there");
	u = bind_arg(host("file"), "/proc/self/attr/exec", 0);
	step_fails(step_mount, &in, &u, EINVAL, "is inside /proc", "another name");
	ok(symlink("/proc/sys", "rootfs/way") == 0, "a symlink into procfs");
	u = bind_arg(host("dir"), "/way", 0);
	step_fails(step_mount, &in, &u, EINVAL,
		   "\"/way\" cannot be mounted because it is inside /proc|symbolic link",
		   "is no way round");
	u = bind_arg(host("dir"), "/way/../x", 0);
	step_ok(step_mount, &in, &u, "dots are lexical");
	env_close(&in);
}

/* The host's files must be as they were, whatever the root file system says. */
static void hostile_targets(void)
{
	static const char *const targets[] = { "/host/decoy", "../host/decoy",
					       "../../../../../../../tmp", "/proc/1/root" };
	struct init in = env_rootfs_step();
	union step_arg u;
	char abs[128];

	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		ok(symlink(targets[i], "rootfs/t") == 0, "target -> %s", targets[i]);
		u = bind_arg(host("dir"), "/t", 0);
		step_ok(step_mount, &in, &u, "stays inside");
		unlink("rootfs/t");
	}
	snprintf(abs, sizeof(abs), "%s/host/decoy/new", env_dir);
	ok(symlink(abs, "rootfs/t") == 0, "dangling, absolute");
	u = bind_arg(host("file"), "/t", 0);
	step_ok(step_mount, &in, &u, "made inside");
	ok(access("host/decoy/new", F_OK) < 0, "not on the host");
	is_str(get(fmt("rootfs%s", abs)), "host file", "but in the root");
	unlink("rootfs/t");
	ok(symlink("t", "rootfs/t") == 0, "loop");
	step_fails(step_mount, &in, &u, ELOOP, "'/t'|/mounts/3/destination", "is an error");
	unlink("rootfs/t");
	u = arg(MOUNT_PROC, "proc", "proc", "/proc", 0, NULL);
	step_ok(step_mount, &in, &u, "proc");
	ok(symlink("/proc/self/fd/1", "rootfs/t") == 0, "magic link");
	u = bind_arg(host("file"), "/t", 0);
	step_fails(step_mount, &in, &u, ELOOP, "link of procfs", "is an error");
	is_str(mounted(NULL, fmt("%s/host/decoy", env_dir)), "", "nothing on the decoy");
	is_str(get("host/decoy/ptmx"), "decoy", "the decoy is as it was");
	env_close(&in);
}

/* What the path leads to after the mount must be the mount just made. */
static void exchanged(void)
{
	struct init in = env_rootfs_step();
	AUTO(mnt) struct mnt m = MNT_INIT;
	AUTO(fd) int fd = root_open(in.rootfd, "etc", O_PATH, 0);
	struct mnt_fs fs = { .type = "tmpfs" };
	struct mnt_at at = { .fd = fd, .rootfd = in.rootfd, .path = "tmp" };
	struct err e = ERR_INIT;

	ok(mnt_new(&m, &fs, &e) == 0, "a new mount");
	is_int(mnt_attach(&in, &m, &at, &e), -ESTALE, "another place than the path");
	ok(has(line(&e), "'tmp' does not lead to the mount just made", NULL), "says so");
	mnt_close(&m);
	err_clear(&e);
	ok(mnt_clone(&m, AT_FDCWD, host("dir"), 0, &e) == 0, "a bind");
	is_int(mnt_attach(&in, &m, &at, &e), -ESTALE, "another place than the path");
	env_close(&in);
}

static void copy_up(void)
{
	struct init in = env_rootfs_step();
	union step_arg u = arg(MOUNT_TMPFS, "tmpfs", "tmpfs", "/up", MS_NOSUID, "size=1m");
	struct stat st;

	mkdir("rootfs/up", 0750);
	mkdir("rootfs/up/d", 01777);
	chmod("rootfs/up/d", 01777);
	put("rootfs/up/d/f", "content");
	chmod("rootfs/up/d/f", 04711);
	ok(chown("rootfs/up/d/f", 12, 34) == 0 && chmod("rootfs/up/d/f", 04711) == 0, "owner");
	ok(symlink("/etc/shadow", "rootfs/up/l") == 0, "a symlink");
	ok(mkfifo("rootfs/up/p", 0622) == 0 && chmod("rootfs/up/p", 0622) == 0, "a fifo");
	u.mount.tmpcopyup = u.mount.mode_inherit = true;
	step_ok(step_mount, &in, &u, "tmpcopyup");
	ok(has(in_root("/up"), "tmpfs", "mode=750", NULL), "a tmpfs of the same mode");
	is_str(get("rootfs/up/d/f"), "content", "content");
	ok(stat("rootfs/up/d/f", &st) == 0 && (st.st_mode & 07777) == 04711 && st.st_uid == 12 &&
	   st.st_gid == 34, "mode and owner");
	ok(stat("rootfs/up/d", &st) == 0 && (st.st_mode & 07777) == 01777, "directory mode");
	ok(lstat("rootfs/up/l", &st) == 0 && S_ISLNK(st.st_mode), "symlink");
	ok(lstat("rootfs/up/p", &st) == 0 && S_ISFIFO(st.st_mode) && (st.st_mode & 0777) == 0622,
	   "fifo");
	put("rootfs/big", "");
	u.mount.dest = "/up2";
	u.mount.data = "size=4k";
	mkdir("rootfs/up2", 0755);
	put("rootfs/up2/a", fmt("%0500d", 1));
	put("rootfs/up2/b", fmt("%0500d", 1));
	step_fails(step_mount, &in, &u, ENOSPC, "tmpcopyup|size=", "too small");
	env_close(&in);
}

static void cgroup_fallback(void)
{
	struct init in = env_rootfs_step();
	union step_arg u = arg(MOUNT_CGROUP, "cgroup2", host("dir"), "/cg", MS_NOSUID, NULL);
	struct err e = ERR_INIT;
	int r = step_mount(&in, &u, &e);

	/* EBUSY where all controllers are on v1 hierarchies, else a cgroup2 */
	if (r < 0)
		diag("%s", line(&e));
	ok(r == 0, "cgroup2, or the directory in its place");
	ok(has(in_root("/cg"), "nosuid", NULL), "with its flags");
	env_close(&in);
}

/* Flags that a more privileged user namespace has set cannot be cleared. */
static void locked_flags(void)
{
	struct init in;
	union step_arg u;

	mount("t", "host/decoy", "tmpfs", MS_NOSUID | MS_NODEV, NULL);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) {
		skip(1, "no user namespaces");
		return;
	}
	in = env_rootfs_step();
	u = bind_arg(host("decoy"), "/l", MS_RDONLY | MS_NOEXEC);
	step_ok(step_mount, &in, &u, "more flags");
	ok(has(in_root("/l"), "ro,nosuid,nodev,noexec", NULL), "locked ones stay");
	u = bind_arg(host("decoy"), "/m", 0);
	u.mount.cleared = MS_NODEV;
	step_fails(step_mount, &in, &u, EPERM,
		   "/mounts/3|cannot clear locked flags|nodev|leave the option out",
		   "an explicit \"dev\"");
	env_close(&in);
}

int main(void)
{
	static const struct { const char *name; void (*fn)(void); int ways; } all[] = {
		{ "file systems", file_systems, 2 },   { "errors", fs_errors, 2 },
		{ "binds", binds, 2 },		       { "bind flags", bind_flags, 2 },
		{ "recursive", recursive_attrs, 1 },   { "symlinks", symlinks, 2 },
		{ "proc and sysfs", strict_kinds, 2 }, { "proc rules", proc_rules, 2 },
		{ "hostile targets", hostile_targets, 2 }, { "exchanged", exchanged, 2 },
		{ "tmpcopyup", copy_up, 2 },	       { "cgroup", cgroup_fallback, 2 },
		{ "locked flags", locked_flags, 2 },
	};

	if (!env_setup())
		return done();
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		for (int way = 0; way < all[i].ways; way++)
			env_run(all[i].name, all[i].fn, way);
	return env_done();
}
