/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor: what the kernel has to do for a container with the default config
 * of `ocirun spec`, and nothing else. No JSON, no state, no second exec, no
 * checks. The distance of a runtime to this program is the runtime's own cost.
 *
 *	bare ROOTFS CGROUP_DIR[:CGROUP_DIR…] PROGRAM [SOURCE N]
 *
 * Makes a cgroup below each directory (one cgroup2 directory: born in it), a
 * process with the namespaces, the mounts, devices, masks and limits of that
 * config (the filter of devices among them, and a loopback that is up, as with
 * every runtime), runs PROGRAM in it, waits, removes the cgroups. With N the
 * directories SOURCE/1 … SOURCE/N are bound on mnt/1 … mnt/N besides.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_CGROUPS 16

#define NEED(call)                                                        \
	do {                                                              \
		if ((call) < 0)                                           \
			die(#call);                                       \
	} while (0)

static char dirs[MAX_CGROUPS][4096];
static int n_dirs;

/* Also the child: a directory that somebody is in stays. */
static int remove_cgroups(void)
{
	int r = 0;

	for (int i = 0; i < n_dirs; i++)
		if (rmdir(dirs[i]) < 0)
			r = -1;
	return r;
}

_Noreturn static void die(const char *what)
{
	(void)fprintf(stderr, "bare: %s: %s\n", what, strerror(errno));
	(void)remove_cgroups();
	_exit(1);
}

static const struct {
	const char *type, *source, *target;
	unsigned long flags;
	const char *data;
} mounts[] = {
	{ "proc", "proc", "proc", 0, NULL },
	{ "tmpfs", "tmpfs", "dev", MS_NOSUID | MS_STRICTATIME,
	  "mode=755,size=65536k" },
	{ "devpts", "devpts", "dev/pts", MS_NOSUID | MS_NOEXEC,
	  "newinstance,ptmxmode=0666,mode=0620,gid=5" },
	{ "tmpfs", "shm", "dev/shm", MS_NOSUID | MS_NOEXEC | MS_NODEV,
	  "mode=1777,size=65536k" },
	{ "mqueue", "mqueue", "dev/mqueue", MS_NOSUID | MS_NOEXEC | MS_NODEV,
	  NULL },
	{ "sysfs", "sysfs", "sys",
	  MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY, NULL },
	{ "cgroup2", "cgroup", "sys/fs/cgroup",
	  MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RELATIME | MS_RDONLY, NULL },
};

static const struct {
	const char *path;
	unsigned int minor;
} devices[] = {
	{ "dev/null", 3 }, { "dev/zero", 5 },	 { "dev/full", 7 },
	{ "dev/random", 8 }, { "dev/urandom", 9 },
};

static const char *const links[][2] = {
	{ "pts/ptmx", "dev/ptmx" },	    { "/proc/self/fd", "dev/fd" },
	{ "/proc/self/fd/0", "dev/stdin" }, { "/proc/self/fd/1", "dev/stdout" },
	{ "/proc/self/fd/2", "dev/stderr" }, { "/proc/kcore", "dev/core" },
};

static const char *const masked[] = {
	"/proc/acpi",	    "/proc/asound",	"/proc/kcore",
	"/proc/keys",	    "/proc/latency_stats", "/proc/timer_list",
	"/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
};

static const char *const readonly_paths[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

/* More mounts: SOURCE/1 … SOURCE/n. */
struct binds {
	const char *source;
	int n;
};

/*
 * What a bind into a hostile root file system takes at the least: the source's
 * mount is copied, the target is looked up in the root, one goes on the other.
 * mount(2) with its paths would follow every symlink of the image.
 */
static void make_binds(const struct binds *b)
{
	struct open_how in_root = { .flags = O_PATH | O_CLOEXEC,
				    .resolve = RESOLVE_IN_ROOT |
					       RESOLVE_NO_MAGICLINKS };
	char source[4096], target[32];
	int root = open(".", O_PATH | O_CLOEXEC);

	NEED(root);
	for (int i = 1; i <= b->n; i++) {
		(void)snprintf(source, sizeof(source), "%s/%d", b->source, i);
		(void)snprintf(target, sizeof(target), "mnt/%d", i);
		long tree = syscall(SYS_open_tree, AT_FDCWD, source,
				    1 /* OPEN_TREE_CLONE */ | O_CLOEXEC);
		long at = syscall(SYS_openat2, root, target, &in_root,
				  sizeof(in_root));

		NEED(tree);
		NEED(at);
		/* MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH */
		NEED(syscall(SYS_move_mount, tree, "", at, "", 0x44));
		(void)close((int)at);
		(void)close((int)tree);
	}
	(void)close(root);
}

static void make_rootfs(const char *rootfs, int cgroup2, const struct binds *b)
{
	size_t i;

	NEED(mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL));
	NEED(mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL));
	NEED(chdir(rootfs));
	for (i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		const char *type = mounts[i].type;

		/* without one cgroup2 tree: at least the same number of mounts */
		if (!cgroup2 && strcmp(type, "cgroup2") == 0)
			type = "tmpfs";
		if (mkdir(mounts[i].target, 0755) < 0 && errno != EEXIST)
			die(mounts[i].target);
		if (mount(mounts[i].source, mounts[i].target, type,
			  mounts[i].flags, mounts[i].data) < 0)
			die(mounts[i].target);
	}
	for (i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		NEED(mknod(devices[i].path, S_IFCHR | 0666,
			   makedev(1, devices[i].minor)));
	make_binds(b);
	NEED(mknod("dev/tty", S_IFCHR | 0666, makedev(5, 0)));
	for (i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		NEED(symlink(links[i][0], links[i][1]));

	NEED(syscall(SYS_pivot_root, ".", "."));
	NEED(umount2(".", MNT_DETACH));
	NEED(chdir("/"));
	NEED(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
}

static void make_masks(void)
{
	struct stat st;
	size_t i;

	for (i = 0; i < sizeof(readonly_paths) / sizeof(readonly_paths[0]); i++) {
		const char *p = readonly_paths[i];

		if (mount(p, p, NULL, MS_BIND | MS_REC, NULL) < 0)
			continue; /* not on this kernel */
		NEED(mount(NULL, p, NULL,
			   MS_REMOUNT | MS_BIND | MS_RDONLY | MS_REC, NULL));
	}
	for (i = 0; i < sizeof(masked) / sizeof(masked[0]); i++) {
		if (stat(masked[i], &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode))
			NEED(mount("tmpfs", masked[i], "tmpfs", MS_RDONLY,
				   "nr_blocks=1,nr_inodes=1"));
		else
			NEED(mount("/dev/null", masked[i], NULL, MS_BIND,
				   NULL));
	}
}

static void loopback(void)
{
	struct ifreq lo = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	NEED(fd);
	NEED(ioctl(fd, SIOCGIFFLAGS, &lo));
	lo.ifr_flags |= IFF_UP;
	NEED(ioctl(fd, SIOCSIFFLAGS, &lo));
	(void)close(fd);
}

static void drop_privileges(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3,
						 0 };
	struct __user_cap_data_struct data[2];
	struct rlimit nofile = { 1024, 1024 };
	const uint32_t keep = 1U << CAP_AUDIT_WRITE | 1U << CAP_KILL |
			      1U << CAP_NET_BIND_SERVICE;
	unsigned long cap;

	NEED(sethostname("bare", 4));
	NEED(setrlimit(RLIMIT_NOFILE, &nofile));
	NEED(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	for (cap = 0; cap < 64; cap++)
		if ((cap >= 32 || !(keep & 1U << cap)) &&
		    prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			break;
	memset(data, 0, sizeof(data));
	data[0].effective = keep;
	data[0].permitted = keep;
	NEED(syscall(SYS_capset, &head, data));
}

_Noreturn static void child(const char *rootfs, const char *program,
			    int cgroup2, const int go[2], const struct binds *b)
{
	char *argv[] = { (char *)(uintptr_t)program, NULL };
	char *envp[] = {
		(char *)(uintptr_t) "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL
	};
	char c;

	/* without the other end, the parent's death is the end */
	if (go[1] >= 0)
		(void)close(go[1]);
	if (go[0] >= 0 && read(go[0], &c, 1) != 1)
		_exit(1);
	NEED(setsid());
	loopback();
	if (cgroup2)
		NEED(unshare(CLONE_NEWCGROUP));
	make_rootfs(rootfs, cgroup2, b);
	make_masks();
	drop_privileges();
	(void)execve(program, argv, envp);
	die(program);
}

static int write_file(const char *dir, const char *name, const char *text)
{
	char path[4200];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	NEED(write(fd, text, strlen(text)));
	return close(fd);
}

static void write_pid(const char *dir, pid_t pid)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%d", (int)pid);
	NEED(write_file(dir, "cgroup.procs", text));
}

/* cgroup v1: nobody may enter a cpuset that has no processors and memory yet. */
static void inherit_cpuset(const char *dir)
{
	static const char *const names[] = { "cpuset.cpus", "cpuset.mems" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[4200], text[4096];
		ssize_t got;
		int fd;

		(void)snprintf(path, sizeof(path), "%s/../%s", dir, names[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return; /* another controller's directory */
		got = read(fd, text, sizeof(text) - 1);
		NEED(got);
		(void)close(fd);
		text[got] = '\0';
		NEED(write_file(dir, names[i], text));
	}
}

/* The devices that a container may use by default, with cgroup v1. */
static void allow_devices(const char *dir)
{
	static const char *const rules[] = {
		"c *:* m", "b *:* m", "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm",
		"c 1:8 rwm", "c 1:9 rwm", "c 5:0 rwm", "c 5:2 rwm", "c 136:* rwm",
	};

	if (write_file(dir, "devices.deny", "a") < 0)
		return; /* another controller's directory */
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		NEED(write_file(dir, "devices.allow", rules[i]));
}

#define INSN(c, d, s, o, i) \
	{ .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) }
#define LOAD(d, o)  INSN(BPF_LDX | BPF_MEM | BPF_W, d, 1, o, 0)
#define ALU(op, d, i) INSN(BPF_ALU64 | (op) | BPF_K, d, 0, 0, i)
#define JUMP(op, d, i, o) INSN(BPF_JMP | (op) | BPF_K, d, 0, o, i)

/* The same with cgroup2: r2 type, r3 access, r4 major, r5 minor. */
static void filter_devices(int cgroupfd)
{
	static const struct bpf_insn insns[] = {
		LOAD(2, 0),
		LOAD(3, 0),
		ALU(BPF_AND, 2, 0xffff),
		ALU(BPF_RSH, 3, 16),
		LOAD(4, 4),
		LOAD(5, 8),
		JUMP(BPF_JEQ, 3, BPF_DEVCG_ACC_MKNOD, 14),
		JUMP(BPF_JNE, 2, BPF_DEVCG_DEV_CHAR, 11),
		JUMP(BPF_JEQ, 4, 136, 12),
		JUMP(BPF_JNE, 4, 5, 3),
		JUMP(BPF_JEQ, 5, 0, 10),
		JUMP(BPF_JEQ, 5, 2, 9),
		JUMP(BPF_JA, 0, 0, 6),
		JUMP(BPF_JNE, 4, 1, 5),
		JUMP(BPF_JEQ, 5, 3, 6),
		JUMP(BPF_JEQ, 5, 5, 5),
		JUMP(BPF_JEQ, 5, 7, 4),
		JUMP(BPF_JEQ, 5, 8, 3),
		JUMP(BPF_JEQ, 5, 9, 2),
		ALU(BPF_MOV, 0, 0),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
		ALU(BPF_MOV, 0, 1),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = sizeof(insns) / sizeof(insns[0]);
	attr.license = (uintptr_t)"Apache-2.0";
	fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	NEED(fd);
	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (unsigned int)cgroupfd;
	attr.attach_bpf_fd = (unsigned int)fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	NEED(syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)));
	(void)close(fd);
}

int main(int argc, char **argv)
{
	struct clone_args args;
	int go[2] = { -1, -1 };
	int cgroupfd = -1, n, i, status;
	char *list, *dir;
	pid_t pid;

	struct binds binds = { NULL, 0 };

	if (argc != 4 && argc != 6) {
		(void)fprintf(stderr,
			      "usage: bare ROOTFS CGROUP_DIR[:…] PROGRAM [SOURCE N]\n");
		return 2;
	}
	if (argc == 6)
		binds = (struct binds){ argv[4], atoi(argv[5]) };
	list = argv[2];
	while (n_dirs < MAX_CGROUPS && (dir = strsep(&list, ":")) != NULL) {
		(void)snprintf(dirs[n_dirs], sizeof(dirs[n_dirs]), "%s/bare-%d",
			       dir, (int)getpid());
		NEED(mkdir(dirs[n_dirs], 0755));
		n_dirs++;
	}
	n = n_dirs;

	memset(&args, 0, sizeof(args));
	args.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
		     CLONE_NEWUTS;
	args.exit_signal = SIGCHLD;
	if (n == 1) {
		cgroupfd = open(dirs[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		NEED(cgroupfd);
		filter_devices(cgroupfd);
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (unsigned int)cgroupfd;
	} else {
		NEED(pipe2(go, O_CLOEXEC));
		for (i = 0; i < n; i++) {
			inherit_cpuset(dirs[i]);
			allow_devices(dirs[i]);
		}
	}

	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	NEED(pid);
	if (pid == 0)
		child(argv[1], argv[3], n == 1, go, &binds);
	if (n != 1) {
		for (i = 0; i < n; i++)
			write_pid(dirs[i], pid);
		NEED(write(go[1], "", 1));
	}
	NEED(waitpid(pid, &status, 0));
	NEED(remove_cgroups());
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
