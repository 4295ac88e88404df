/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facts of the host that a plan depends on. This is on the path of every
 * start: a dozen cheap system calls, nothing that grows with the host (no
 * mountinfo, no directory listing).
 *
 * Must not: fail, or compare kernel versions. What cannot be read counts as
 * absent, so that a plan errs on the side of refusing (a label on a host whose
 * module cannot be seen is an error, never left out).
 * Sources: user_namespaces(7), prctl(2) PR_CAPBSET_READ, namespaces(7).
 */
#include "config.h"
#include "plan/host.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/banned.h"

static bool exists(const char *path)
{
	return faccessat(AT_FDCWD, path, F_OK, 0) == 0;
}

/* Start of a small file; "" if it cannot be read. */
static void read_start(const char *path, char *buf, size_t size)
{
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	buf[n > 0 ? n : 0] = '\0';
}

/* The kernel's own number for the first one: USER_NS_INIT_INO in linux/nsfs.h. */
static bool in_initial_userns(void)
{
	struct stat st;

	return stat("/proc/self/ns/user", &st) == 0 && st.st_ino == 0xEFFFFFFDU;
}

/* The initial user namespace maps every id to itself, in one line. */
bool host_in_userns(void)
{
	char buf[128];
	const char *p;

	if (in_initial_userns()) /* a third of the time of opening its map */
		return false;
	read_start("/proc/self/uid_map", buf, sizeof(buf));
	if (buf[0] == '\0') /* a kernel without user namespaces */
		return false;
	/* "         0          0 4294967295\n" */
	p = buf + strspn(buf, " ");
	if (*p++ != '0' || *p != ' ')
		return true;
	p += strspn(p, " ");
	if (*p++ != '0' || *p != ' ')
		return true;
	p += strspn(p, " ");
	return strcmp(p, "4294967295\n") != 0;
}

bool host_has_time_ns(void)
{
	return exists("/proc/self/ns/time");
}

/* The kernel answers EINVAL beyond its last capability. */
static int last_cap(void)
{
	int cap = CAP_LAST_CAP;

	while (cap > 0 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) < 0)
		cap--;
	while (cap < 63 && prctl(PR_CAPBSET_READ, cap + 1, 0, 0, 0) >= 0)
		cap++;
	return cap;
}

void host_probe(struct host *ret)
{
	char enabled[4];

	read_start("/sys/module/apparmor/parameters/enabled", enabled,
		   sizeof(enabled));
	*ret = (struct host){
		.euid = geteuid(),
		.egid = getegid(),
		.in_userns = host_in_userns(),
		.has_kcore = exists("/proc/kcore"),
		.apparmor = enabled[0] == 'Y',
		.selinux = exists("/sys/fs/selinux/enforce"),
		.cap_last = last_cap(),
	};
}
