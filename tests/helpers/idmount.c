/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An id-mapped bind mount of the tests' own, as an engine prepares one for a
 * root file system (mount(8) can do it only since util-linux 2.39).
 *
 *	idmount SOURCE TARGET FIRST HOST-FIRST COUNT
 *
 * Ids FIRST … of the file system appear as HOST-FIRST … at TARGET.
 */
#include "config.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The same numbers everywhere but on alpha, for headers older than the calls. */
#define NR_OPEN_TREE	 428
#define NR_MOVE_MOUNT	 429
#define NR_MOUNT_SETATTR 442
#define ATTR_IDMAP	 0x00100000ULL

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

static void write_map(pid_t pid, const char *file, char *const argv[])
{
	char path[64], text[100];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	int n = snprintf(text, sizeof(text), "%s %s %s", argv[3], argv[4], argv[5]);
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, (size_t)n) != n)
		die(path);
	(void)close(fd);
}

static int userns(char *const argv[])
{
	char path[64];
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		for (;;)
			(void)pause();
	if (pid < 0)
		die("clone");
	write_map(pid, "uid_map", argv);
	write_map(pid, "gid_map", argv);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	if (fd < 0)
		die(path);
	return fd;
}

int main(int argc, char *argv[])
{
	struct {
		uint64_t set, clr, propagation, userns_fd;
	} attr = { ATTR_IDMAP, 0, 0, 0 };

	if (argc != 6)
		return 2;
	attr.userns_fd = (uint64_t)userns(argv);
	long tree = syscall(NR_OPEN_TREE, AT_FDCWD, argv[1], 1U | O_CLOEXEC);

	if (tree < 0)
		die(argv[1]);
	if (syscall(NR_MOUNT_SETATTR, tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		die("mount_setattr");
	if (syscall(NR_MOVE_MOUNT, tree, "", AT_FDCWD, argv[2], 4U) < 0)
		die(argv[2]);
	return 0;
}
