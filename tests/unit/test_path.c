/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The in-root resolver against a hostile tree. Every case is run twice: by the
 * kernel's resolver and by the walker; both have to give the same answer, and
 * nothing outside the root may change.
 *
 *   TOP/secret        the sentinel, outside
 *   TOP/outdir/       the sentinel directory, outside
 *   TOP/root/         the root given to the functions
 */
#include "config.h"

#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/sys.h"
#include "tests/tap.h"
#include "tests/unit/deny.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static char top[] = "/tmp/ocirun-test-path.XXXXXX";
static int topfd, rootfd;

static void must(int r, const char *what)
{
	if (r < 0) {
		diag("%s: %s", what, errno_text(errno));
		bail("cannot prepare the test tree");
	}
}

static void put_file(int dirfd, const char *name, const char *text)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			0644);

	must(fd, name);
	must(fd_write_full(fd, text, strlen(text)), name);
	(void)close(fd);
}

static const struct {
	const char *name, *target;
} links[] = {
	{ "abs", "/etc" },
	{ "absfile", "/etc/passwd" },
	{ "rel", "etc/passwd" },
	{ "up", "../../../../etc" },
	{ "etc/up", "../../../../../../secret" },
	{ "outabs", NULL }, /* TOP/outdir, as seen from the host */
	{ "outrel", "../outdir" },
	{ "loop", "loop" },
	{ "loop1", "loop2" },
	{ "loop2", "loop1" },
	{ "tofifo", "fifo" },
	{ "chain", "abs/../rel" },
	{ "slash", "etc/" },
	{ "rootlink", "/" },
	{ "dangling", "made/by/link" },
	{ "danglingabs", "/abs-made/x" },
	{ "danglingup", "../../../up-made/x" },
	{ "danglingfile", "../../outfile" },
	{ "tofile", "/etc/passwd/" },
};

static void make_tree(void)
{
	char target[PATH_MAX], name[16];
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t i;
	int fd;

	if (!mkdtemp(top))
		bail("mkdtemp");
	topfd = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	must(topfd, "open");
	put_file(topfd, "secret", "secret\n");
	must(mkdirat(topfd, "outdir", 0700), "outdir");
	must(mkdirat(topfd, "root", 0755), "root");
	rootfd = openat(topfd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	must(rootfd, "root");
	must(mkdirat(rootfd, "etc", 0755), "etc");
	must(mkdirat(rootfd, "etc/deep", 0755), "deep");
	put_file(rootfd, "etc/passwd", "inside\n");
	put_file(rootfd, "etc/deep/file", "deep\n");
	put_file(rootfd, "secret", "root's own\n");
	must(mkfifoat(rootfd, "fifo", 0600), "fifo");
	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/root/sock", top);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), "sock");
	(void)close(fd);
	for (i = 0; i < COUNT(links); i++) {
		(void)snprintf(target, sizeof(target), "%s/outdir", top);
		must(symlinkat(links[i].target ? links[i].target : target,
			       rootfd, links[i].name),
		     links[i].name);
	}
	/* A chain of 41 links: l40 -> l39 -> … -> l0 -> etc */
	must(symlinkat("etc", rootfd, "l0"), "l0");
	for (i = 1; i < 42; i++) {
		(void)snprintf(name, sizeof(name), "l%zu", i);
		(void)snprintf(target, sizeof(target), "l%zu", i - 1);
		must(symlinkat(target, rootfd, name), name);
	}
}

static void remove_tree(void)
{
	char *argv[] = { (char[]){ "rm" }, (char[]){ "-rf" }, top, NULL };
	char *envp[] = { NULL };
	struct proc_run run = {
		.path = "/bin/rm",
		.argv = argv,
		.envp = envp,
		.cwd_fd = -1,
		.out_fd = -1,
		.err_fd = -1,
		.deadline = deadline_in_ms(10000),
	};
	struct proc_result res;

	if (proc_run(&run, &res) == 0)
		proc_result_free(&res);
}

static int count_entries(int dirfd)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), n = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir)
		return -1;
	while (readdir(dir))
		n++;
	(void)closedir(dir);
	return n - 2;
}

/* The sentinels outside are as they were. */
static void check_outside(const char *when)
{
	int outfd = openat(topfd, "outdir", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *text = NULL;
	struct stat st;

	must(outfd, "outdir");
	must(fstat(outfd, &st), "outdir");
	is_int(count_entries(outfd), 0, "%s: nothing was made in outdir", when);
	is_int(st.st_mode & 07777, 0700, "%s: its mode stayed", when);
	is_int(count_entries(topfd), 3, "%s: nothing new beside the root",
	       when);
	(void)close(outfd);
	is_int(file_read_at(topfd, "secret", 100, &text, NULL), 0, "%s: secret",
	       when);
	is_str(text, "secret\n", "%s: secret is unchanged", when);
	free(text);
}

#define DIRPATH (O_PATH | O_DIRECTORY)

/* want: an errno, or 0 and the name (from the root) of the same inode. */
static const struct {
	const char *path;
	int flags;
	unsigned int how;
	int want;
	const char *same;
} opens[] = {
	{ "etc/passwd", O_RDONLY, 0, 0, "etc/passwd" },
	{ "/etc/passwd", O_RDONLY, 0, 0, "etc/passwd" },
	{ "///etc//./passwd", O_RDONLY, 0, 0, "etc/passwd" },
	{ "", O_PATH, 0, 0, "." },
	{ "/", O_PATH, 0, 0, "." },
	{ ".", DIRPATH, 0, 0, "." },
	{ "..", DIRPATH, 0, 0, "." },
	{ "../../..", O_RDONLY, 0, 0, "." },
	{ "../secret", O_RDONLY, 0, 0, "secret" },
	{ "etc/deep/../../../secret", O_RDONLY, 0, 0, "secret" },
	{ "etc/deep/..", DIRPATH, 0, 0, "etc" },
	{ "etc/", O_PATH, 0, 0, "etc" },
	{ "etc/.", O_PATH, 0, 0, "etc" },
	{ "etc/passwd/", O_PATH, 0, -ENOTDIR, NULL },
	{ "etc/passwd/.", O_PATH, 0, -ENOTDIR, NULL },
	{ "etc/passwd/..", O_PATH, 0, -ENOTDIR, NULL },
	{ "etc/passwd/x", O_PATH, 0, -ENOTDIR, NULL },
	{ "etc/passwd", DIRPATH, 0, -ENOTDIR, NULL },
	{ "nothing", O_PATH, 0, -ENOENT, NULL },
	{ "nothing/..", O_PATH, 0, -ENOENT, NULL },
	{ "etc/nothing/x", O_PATH, 0, -ENOENT, NULL },
	/* links stay inside */
	{ "abs", DIRPATH, 0, 0, "etc" },
	{ "abs/passwd", O_RDONLY, 0, 0, "etc/passwd" },
	{ "absfile", O_RDONLY, 0, 0, "etc/passwd" },
	{ "rel", O_RDONLY, 0, 0, "etc/passwd" },
	{ "up", DIRPATH, 0, 0, "etc" },
	{ "etc/up", O_RDONLY, 0, 0, "secret" },
	{ "outabs", O_PATH, 0, -ENOENT, NULL },
	{ "outrel", O_PATH, 0, -ENOENT, NULL },
	{ "chain", O_RDONLY, 0, 0, "etc/passwd" },
	{ "slash", O_PATH, 0, 0, "etc" },
	{ "slash/passwd", O_PATH, 0, 0, "etc/passwd" },
	{ "rootlink", O_PATH, 0, 0, "." },
	{ "etc/deep/../../rootlink/rel", O_PATH, 0, 0, "etc/passwd" },
	{ "dangling", O_PATH, 0, -ENOENT, NULL },
	{ "tofile", O_PATH, 0, -ENOTDIR, NULL },
	{ "absfile/", O_PATH, 0, -ENOTDIR, NULL },
	/* the last link itself */
	{ "rel", O_PATH | O_NOFOLLOW, 0, 0, "rel" },
	{ "abs/../rel", O_PATH | O_NOFOLLOW, 0, 0, "rel" },
	{ "dangling", O_PATH | O_NOFOLLOW, 0, 0, "dangling" },
	{ "loop", O_PATH | O_NOFOLLOW, 0, 0, "loop" },
	{ "rel", O_RDONLY | O_NOFOLLOW, 0, -ELOOP, NULL },
	{ "abs", DIRPATH | O_NOFOLLOW, 0, -ENOTDIR, NULL },
	{ "abs/", O_PATH | O_NOFOLLOW, 0, 0, "etc" },
	{ "abs/.", O_PATH | O_NOFOLLOW, 0, 0, "etc" },
	/* loops */
	{ "loop", O_PATH, 0, -ELOOP, NULL },
	{ "loop/x", O_PATH, 0, -ELOOP, NULL },
	{ "loop1", O_PATH, 0, -ELOOP, NULL },
	{ "l39", O_PATH, 0, 0, "etc" },
	{ "l40", O_PATH, 0, -ELOOP, NULL },
	/* no component blocks */
	{ "fifo", O_PATH, 0, 0, "fifo" },
	{ "tofifo", O_PATH, 0, 0, "fifo" },
	{ "fifo/x", O_PATH, 0, -ENOTDIR, NULL },
	{ "fifo/", O_PATH, 0, -ENOTDIR, NULL },
	{ "fifo", DIRPATH, 0, -ENOTDIR, NULL },
	{ "sock/x", O_RDONLY, 0, -ENOTDIR, NULL },
	{ "sock", O_PATH, 0, 0, "sock" },
	{ "sock", O_RDONLY, 0, -ENXIO, NULL },
	/* restrictions */
	{ "etc/passwd", O_RDONLY, ROOT_NO_SYMLINKS, 0, "etc/passwd" },
	{ "etc/../secret", O_RDONLY, ROOT_NO_SYMLINKS, 0, "secret" },
	{ "abs/passwd", O_PATH, ROOT_NO_SYMLINKS, -ELOOP, NULL },
	{ "rel", O_PATH, ROOT_NO_SYMLINKS, -ELOOP, NULL },
	{ "rel", O_PATH | O_NOFOLLOW, ROOT_NO_SYMLINKS, 0, "rel" },
	{ "etc/deep/file", O_RDONLY, ROOT_NO_XDEV, 0, "etc/deep/file" },
	{ "rel", O_RDONLY, ROOT_NO_XDEV, 0, "etc/passwd" },
	/* flags */
	{ "etc/new", O_RDWR | O_CREAT, 0, -EINVAL, NULL },
	{ "etc", O_RDWR | O_TMPFILE, 0, -EINVAL, NULL },
	{ "etc/passwd", O_PATH | O_RDWR | O_TRUNC, 0, 0, "etc/passwd" },
	{ "etc", O_WRONLY, 0, -EISDIR, NULL },
	{ "etc/..", O_WRONLY, 0, -EISDIR, NULL },
};

static bool same_inode(int fd, int dirfd, const char *name)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 &&
	       fstatat(dirfd, name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static void test_open(const char *mode)
{
	char *big = xmalloc(PATH_MAX + 2), name[300];
	size_t i;
	int fd;

	for (i = 0; i < COUNT(opens); i++) {
		fd = root_open(rootfd, opens[i].path, opens[i].flags,
			       opens[i].how);
		if (opens[i].want)
			is_int(fd, opens[i].want,
			       "%s: open '%s' flags 0x%x how %u", mode,
			       opens[i].path, (unsigned int)opens[i].flags,
			       opens[i].how);
		else
			ok(fd >= 0 && same_inode(fd, rootfd, opens[i].same),
			   "%s: open '%s' flags 0x%x how %u (%d)", mode,
			   opens[i].path, (unsigned int)opens[i].flags,
			   opens[i].how, fd);
		if (fd < 0)
			continue;
		ok(fcntl(fd, F_GETFD) & FD_CLOEXEC, "%s: CLOEXEC", mode);
		(void)close(fd);
	}
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	is_int(root_open(rootfd, name, O_PATH, 0), -ENAMETOOLONG,
	       "%s: a long name", mode);
	for (i = 0; i < PATH_MAX; i++)
		big[i] = i % 2 ? '/' : '.';
	big[PATH_MAX] = '\0';
	is_int(root_open(rootfd, big, O_PATH, 0), -ENAMETOOLONG,
	       "%s: a long path", mode);
	free(big);
	is_int(root_open(-1, "x", O_PATH, 0), -EBADF, "%s: no root", mode);
	check_outside(mode);
}

/* Links of procfs, whose text says nothing about where they lead. */
static const struct {
	const char *path;
	int want; /* 0: opens */
} magic[] = {
	{ "self/status", 0 },	   { "thread-self/stat", 0 },
	{ "mounts", 0 },	   { "net/dev", 0 },
	{ "self/root", -ELOOP },   { "self/root/etc", -ELOOP },
	{ "self/cwd", -ELOOP },	   { "self/exe", -ELOOP },
	{ "self/ns/mnt", -ELOOP }, { "self/fd/0", -ELOOP },
};

static void test_magic(const char *mode)
{
	int procfd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC), fd;
	char path[64];
	size_t i;

	must(procfd, "/proc");
	for (i = 0; i < COUNT(magic); i++) {
		fd = root_open(procfd, magic[i].path, O_PATH, 0);
		is_int(fd < 0 ? fd : 0, magic[i].want, "%s: procfs '%s'", mode,
		       magic[i].path);
		if (fd >= 0)
			(void)close(fd);
	}
	/* The way out of a root that a leaked directory descriptor offers. */
	(void)snprintf(path, sizeof(path), "self/fd/%d/secret", topfd);
	is_int(root_open(procfd, path, O_RDONLY, 0), -ELOOP,
	       "%s: through a held directory", mode);
	fd = root_open(procfd, "self/exe", O_PATH | O_NOFOLLOW, 0);
	ok(fd >= 0, "%s: the magic link itself can be held", mode);
	(void)close(fd);
	(void)close(procfd);
}

static const struct {
	const char *path;
	mode_t mode;
	int want;
	const char *same;
	mode_t got; /* 0: as mode */
} mkdirs[] = {
	{ "", 0755, 0, ".", 0 },
	{ "/", 0755, 0, ".", 0 },
	{ "etc", 0700, 0, "etc", 0755 },
	{ "d/a/b", 0711, 0, "d/a/b", 0 },
	{ "/d/a/c/", 0777, 0, "d/a/c", 0 },
	{ "d/a/t", 01777, 0, "d/a/t", 0 },
	{ "d/a/g", 02775, 0, "d/a/g", 0 },
	{ "d/a/s", 0007, 0, "d/a/s", 0 },
	{ "d/x/../y", 0755, 0, "d/y", 0 },
	{ "../../d/clamped", 0755, 0, "d/clamped", 0 },
	{ "setgid/sub/sub2", 0755, 0, "setgid/sub/sub2", 02755 },
	{ "abs/new", 0755, 0, "etc/new", 0 },
	{ "up/new2", 0755, 0, "etc/new2", 0 },
	{ "slash", 0755, 0, "etc", 0 },
	{ "dangling", 0755, 0, "made/by/link", 0 },
	{ "danglingabs/more", 0755, 0, "abs-made/x/more", 0 },
	{ "danglingup", 0755, 0, "up-made/x", 0 },
	{ "outrel/x", 0755, 0, "outdir/x", 0 },
	{ "etc/passwd", 0755, -ENOTDIR, NULL, 0 },
	{ "etc/passwd/x", 0755, -ENOTDIR, NULL, 0 },
	{ "absfile/x", 0755, -ENOTDIR, NULL, 0 },
	{ "fifo/x", 0755, -ENOTDIR, NULL, 0 },
	{ "fifo", 0755, -ENOTDIR, NULL, 0 },
	{ "sock", 0755, -ENOTDIR, NULL, 0 },
	{ "loop/x", 0755, -ELOOP, NULL, 0 },
	{ "l40/x", 0755, -ELOOP, NULL, 0 },
};

static void test_mkdirs(const char *mode)
{
	struct stat st;
	size_t i;
	int fd;

	(void)umask(027);
	must(mkdirat(rootfd, "setgid", 0755), "setgid");
	must(fchmodat(rootfd, "setgid", 02775, 0), "setgid");
	for (i = 0; i < COUNT(mkdirs); i++) {
		mode_t want = mkdirs[i].got ? mkdirs[i].got : mkdirs[i].mode;

		fd = root_mkdirs(rootfd, mkdirs[i].path, mkdirs[i].mode);
		is_int(fd < 0 ? fd : 0, mkdirs[i].want, "%s: mkdirs '%s'", mode,
		       mkdirs[i].path);
		if (fd < 0)
			continue;
		ok(same_inode(fd, rootfd, mkdirs[i].same), "%s: it is '%s'",
		   mode, mkdirs[i].same);
		ok(fstat(fd, &st) == 0 && S_ISDIR(st.st_mode),
		   "%s: a directory", mode);
		if (want != 0755 || i > 1)
			is_int(st.st_mode & 07777, want, "%s: mode of '%s'",
			       mode, mkdirs[i].path);
		ok((fcntl(fd, F_GETFL) & O_PATH) &&
			   (fcntl(fd, F_GETFD) & FD_CLOEXEC),
		   "%s: O_PATH and CLOEXEC", mode);
		(void)close(fd);
	}
	must(fstatat(rootfd, "setgid/sub", &st, 0), "setgid/sub");
	is_int(st.st_mode & 07777, 02755,
	       "%s: set-group-ID is inherited, as mkdir(2) does", mode);
	is_int(umask(022), 027, "%s: the umask is as it was", mode);
	check_outside(mode);
}

static const struct {
	const char *path;
	mode_t mode;
	int want;
	const char *same;
	mode_t type, got;
} mkfiles[] = {
	{ "f/new", 0644, 0, "f/new", S_IFREG, 0644 },
	{ "f/secret", 0000, 0, "f/secret", S_IFREG, 0000 },
	{ "f/wide", 0666, 0, "f/wide", S_IFREG, 0666 },
	{ "f/deep/er/file", 0600, 0, "f/deep/er/file", S_IFREG, 0600 },
	{ "setgid/file", 0644, 0, "setgid/file", S_IFREG, 0644 },
	{ "etc/passwd", 0600, 0, "etc/passwd", S_IFREG, 0644 },
	{ "absfile", 0600, 0, "etc/passwd", S_IFREG, 0644 },
	{ "etc", 0600, 0, "etc", S_IFDIR, 0755 },
	{ "fifo", 0644, 0, "fifo", S_IFIFO, 0600 },
	{ "danglingfile", 0640, 0, "outfile", S_IFREG, 0640 },
	{ "up/created", 0644, 0, "etc/created", S_IFREG, 0644 },
	{ "../../../clampfile", 0644, 0, "clampfile", S_IFREG, 0644 },
	{ "f/none/", 0644, -EISDIR, NULL, 0, 0 },
	{ "f/new/", 0644, -ENOTDIR, NULL, 0, 0 },
	{ "f/new/x", 0644, -ENOTDIR, NULL, 0, 0 },
	{ "fifo/x", 0644, -ENOTDIR, NULL, 0, 0 },
	{ "loop", 0644, -ELOOP, NULL, 0, 0 },
};

static void test_mkfile(const char *mode)
{
	struct stat st;
	char *text = NULL;
	size_t i;
	int fd;

	(void)umask(027);
	for (i = 0; i < COUNT(mkfiles); i++) {
		fd = root_mkfile(rootfd, mkfiles[i].path, mkfiles[i].mode);
		is_int(fd < 0 ? fd : 0, mkfiles[i].want, "%s: mkfile '%s'",
		       mode, mkfiles[i].path);
		if (fd < 0)
			continue;
		ok(same_inode(fd, rootfd, mkfiles[i].same), "%s: it is '%s'",
		   mode, mkfiles[i].same);
		must(fstat(fd, &st), "fstat");
		is_int(st.st_mode & S_IFMT, mkfiles[i].type, "%s: its type",
		       mode);
		is_int(st.st_mode & 07777, mkfiles[i].got, "%s: its mode",
		       mode);
		(void)close(fd);
	}
	must(fstatat(rootfd, "f/deep", &st, 0), "f/deep");
	is_int(st.st_mode & 07777, 0755, "%s: parents are 0755", mode);
	is_int(umask(022), 027, "%s: the umask is as it was", mode);
	(void)file_read_at(rootfd, "etc/passwd", 100, &text, NULL);
	is_str(text, "inside\n", "%s: an existing file keeps its content",
	       mode);
	free(text);
	check_outside(mode);
}

static const struct {
	const char *path;
	bool make;
	int want;
	const char *dir, *name;
} parents[] = {
	{ "etc/passwd", false, 0, "etc", "passwd" },
	{ "/etc//passwd//", false, 0, "etc", "passwd" },
	{ "x", false, 0, ".", "x" },
	{ "/x", false, 0, ".", "x" },
	{ "abs/x", false, 0, "etc", "x" },
	{ "../../x", false, 0, ".", "x" },
	{ "etc/rel", false, 0, "etc", "rel" },
	{ "p/q/r", true, 0, "p/q", "r" },
	{ "outrel", false, 0, ".", "outrel" },
	{ "no/such", false, -ENOENT, NULL, NULL },
	{ "etc/passwd/x", true, -ENOTDIR, NULL, NULL },
	{ "etc/..", false, -EINVAL, NULL, NULL },
	{ "etc/.", false, -EINVAL, NULL, NULL },
	{ "..", false, -EINVAL, NULL, NULL },
	{ ".", false, -EINVAL, NULL, NULL },
	{ "", false, -EINVAL, NULL, NULL },
	{ "///", false, -EINVAL, NULL, NULL },
};

static void test_parent(const char *mode)
{
	char *name;
	size_t i;
	int fd;

	for (i = 0; i < COUNT(parents); i++) {
		name = NULL;
		fd = root_parent(rootfd, parents[i].path, parents[i].make,
				 &name);
		is_int(fd < 0 ? fd : 0, parents[i].want, "%s: parent of '%s'",
		       mode, parents[i].path);
		is_str(name, parents[i].name, "%s: its name", mode);
		if (fd < 0)
			continue;
		ok(same_inode(fd, rootfd, parents[i].dir), "%s: is '%s'", mode,
		   parents[i].dir);
		free(name);
		(void)close(fd);
	}
	check_outside(mode);
}

/*
 * A child exchanges a directory for a link to the outside as fast as it can
 * while files and directories are made below that name.
 */
static void test_race(const char *mode)
{
	unsigned int i, escaped = 0, odd = 0;
	pid_t pid;
	int fd;

	must(mkdirat(rootfd, "race", 0755), "race");
	must(symlinkat("../outdir", rootfd, "race-link"), "race-link");
	pid = fork();
	must(pid, "fork");
	if (pid == 0) {
		for (;;)
			(void)syscall(SYS_renameat2, rootfd, "race", rootfd,
				      "race-link", SYS_RENAME_EXCHANGE);
	}
	for (i = 0; i < 400; i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "race/d%u/sub", i);
		fd = i % 2 ? root_mkdirs(rootfd, path, 0755)
			   : root_mkfile(rootfd, path, 0644);
		if (fd >= 0)
			(void)close(fd);
		else if (fd != -ENOENT && fd != -EAGAIN && fd != -ENOTDIR)
			odd++;
		fd = root_open(rootfd, "race/../../outdir", O_PATH, 0);
		if (fd >= 0 && same_inode(fd, topfd, "outdir"))
			escaped++;
		if (fd >= 0)
			(void)close(fd);
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	is_int(escaped, 0, "%s: no descriptor outside under a race", mode);
	is_int(odd, 0, "%s: no unexpected failure under a race", mode);
	check_outside(mode);
}

/* In a mount namespace of its own: crossing mounts. */
static void test_mounts(const char *mode)
{
	int status = 0, res[5] = { 0 }, fds[2];
	pid_t pid;

	must(pipe2(fds, O_CLOEXEC), "pipe");
	pid = fork();
	must(pid, "fork");
	if (pid == 0) {
		char path[128], target[128];
		int fd;

		if (unshare(CLONE_NEWNS) < 0 ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
			_exit(77);
		/* rootfd belongs to the mounts of the namespace left behind. */
		(void)snprintf(path, sizeof(path), "%s/root", top);
		fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		(void)snprintf(target, sizeof(target), "%s/root/etc/deep", top);
		(void)snprintf(path, sizeof(path), "%s/root/etc", top);
		if (mount("none", target, "tmpfs", 0, NULL) < 0)
			_exit(77);
		res[0] = root_open(fd, "etc/deep", O_PATH, ROOT_NO_XDEV);
		res[1] = root_open(fd, "etc/deep", O_PATH, 0);
		(void)umount(target);
		if (mount(path, target, NULL, MS_BIND, NULL) < 0)
			_exit(77);
		res[2] = root_open(fd, "etc/deep/passwd", O_RDONLY,
				   ROOT_NO_XDEV);
		res[3] = root_open(fd, "etc/deep/passwd", O_RDONLY, 0);
		res[4] = root_open(fd, "etc/../etc/passwd", O_RDONLY,
				   ROOT_NO_XDEV);
		(void)fd_write_full(fds[1], res, sizeof(res));
		_exit(0);
	}
	(void)close(fds[1]);
	(void)waitpid(pid, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status) == 77 ||
	    fd_read_full(fds[0], res, sizeof(res)) < 0) {
		skip(5, "needs to make mounts");
	} else {
		is_int(res[0], -EXDEV, "%s: another device is refused", mode);
		ok(res[1] >= 0, "%s: and allowed without the restriction",
		   mode);
		is_int(res[2], -EXDEV,
		       "%s: a bind mount of the same device is refused", mode);
		ok(res[3] >= 0, "%s: and allowed without the restriction",
		   mode);
		ok(res[4] >= 0,
		   "%s: below the mount of the root nothing is refused", mode);
	}
	(void)close(fds[0]);
}

/* The walker takes over by itself where openat2(2) is not to be had. */
static void test_denied(unsigned int code)
{
#ifdef SYS_openat2
	int status = -1, fd;
	pid_t pid = fork();

	must(pid, "fork");
	if (pid == 0) {
		if (!deny_syscall(SYS_openat2, code))
			_exit(77);
		fd = root_open(rootfd, "up/passwd", O_RDONLY, 0);
		if (fd < 0 || !same_inode(fd, rootfd, "etc/passwd"))
			_exit(1);
		fd = root_mkdirs(rootfd, "denied/a", 0700);
		if (fd < 0 || !same_inode(fd, rootfd, "denied/a"))
			_exit(2);
		_exit(root_open(rootfd, "self-made", O_PATH, 0) == -ENOENT ? 0
									   : 3);
	}
	(void)waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip(1, "no seccomp filters here");
	else
		is_int(status, 0, "openat2(2) gives %s", errno_name((int)code));
#else
	(void)code;
	skip(1, "no number for openat2(2)");
#endif
}

static void test_reopen(void)
{
	int procfd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int emptyfd = openat(rootfd, "etc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int pathfd, fd;
	char buf[8] = "";

	must(procfd, "/proc");
	pathfd = root_open(rootfd, "etc/passwd", O_PATH, 0);
	must(pathfd, "passwd");
	fd = fd_reopen(procfd, pathfd, O_RDONLY | O_NOFOLLOW);
	ok(fd >= 0, "fd_reopen() a file, O_NOFOLLOW does not harm");
	is_int(fd_read_full(fd, buf, 6), 0, "can be read");
	is_str(buf, "inside", "is the file");
	ok(fcntl(fd, F_GETFD) & FD_CLOEXEC, "CLOEXEC");
	(void)close(fd);
	is_int(fd_reopen(procfd, pathfd, O_RDWR | O_CREAT), -EINVAL,
	       "O_CREAT is refused");
	is_int(fd_reopen(procfd, pathfd, O_RDONLY | O_DIRECTORY), -ENOTDIR,
	       "a file is no directory");
	(void)close(pathfd);
	is_int(fd_reopen(procfd, pathfd, O_RDONLY), -EBADF,
	       "a closed descriptor");
	pathfd = root_open(rootfd, "etc", O_PATH, 0);
	fd = fd_reopen(procfd, pathfd, O_RDONLY | O_DIRECTORY);
	ok(fd >= 0 && same_inode(fd, rootfd, "etc"), "fd_reopen() a directory");
	(void)close(fd);
	is_int(fd_reopen(emptyfd, pathfd, O_RDONLY), -ENOENT,
	       "no procfs behind procfd");
	(void)close(pathfd);
	pathfd = root_open(rootfd, "rel", O_PATH | O_NOFOLLOW, 0);
	is_int(fd_reopen(procfd, pathfd, O_RDONLY), -ELOOP,
	       "a symlink cannot be opened");
	(void)close(pathfd);
	(void)close(emptyfd);
	(void)close(procfd);
}

static void run_all(const char *mode)
{
	test_open(mode);
	test_magic(mode);
	test_mounts(mode);
	test_mkdirs(mode);
	test_mkfile(mode);
	test_parent(mode);
	test_race(mode);
	(void)close(rootfd);
	(void)close(topfd);
	remove_tree();
}

int main(void)
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				      .resolve = RESOLVE_IN_ROOT };
	int fd;

	fd = sys_openat2(AT_FDCWD, ".", &how);
	if (fd >= 0) {
		(void)close(fd);
		make_tree();
		test_reopen();
		test_denied(ENOSYS);
		test_denied(EPERM);
		test_denied(EAGAIN);
		run_all("openat2");
	} else {
		skip(1,
		     "this kernel, or its seccomp profile, has no openat2(2)");
	}
	(void)snprintf(top + sizeof(top) - 7, 7, "XXXXXX");
	path_force_fallback(true);
	make_tree();
	run_all("walker");
	return done();
}
