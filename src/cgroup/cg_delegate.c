/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Giving a container's cgroup to its user, so that an init inside can make cgroups
 * of its own: the directory and exactly the files that the kernel names. The limits
 * of the directory itself stay root's.
 *
 * Sources: cgroups(7), "Cgroups delegation"; runtime-spec config-linux.md, "Cgroup
 * ownership".
 */
#include "config.h"

#include "cgroup/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "cgroup/cg_internal.h"

#include "base/banned.h"

#define FILES "/sys/kernel/cgroup/delegate"

static int give(int dirfd, const char *dir, const char *name, uint32_t uid,
		struct err *e)
{
	if (fchownat(dirfd, name, uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno == ENOENT)
		return 0;
	return err_errno(e, errno, "cannot give '%s/%s' to uid %u", dir, name,
			 uid);
}

static int give_all(int fd, const char *dir, uint32_t uid, struct err *e)
{
	AUTO(str) char *text = NULL;

	if (file_read_at(AT_FDCWD, FILES, CG_FILE_MAX, &text, NULL) < 0)
		text = xstrdup("cgroup.procs\ncgroup.subtree_control\n"
			       "cgroup.threads\n");
	if (fchown(fd, uid, (gid_t)-1) < 0)
		return err_errno(e, errno, "cannot give '%s' to uid %u", dir, uid);
	for (char *p = text; *p;) {
		size_t n = strcspn(p, "\n");
		bool more = p[n] == '\n';

		p[n] = '\0';
		if (*p && !strchr(p, '/') &&
		    give(fd, dir, p, uid, e) < 0)
			return -e->code;
		p += n + more;
	}
	return 0;
}

int cgroup_delegate(struct cgroup *cg, uint32_t uid, struct err *e)
{
	if (!cg->unified || !cg->d2 || cg->d2->dropped || cg->fd2 < 0)
		return 0;
	return give_all(cg->fd2, cg->d2->dir, uid, e);
}

int cgroup_descend_check(const struct cgroup *cg, struct err *e)
{
	if (cg->unified && cg->d2 && !cg->d2->dropped)
		return 0;
	(void)err_set(e, ENOTSUP, "no cgroup can be delegated: %s",
		      cg->driver == CGROUP_DISABLED ?
			      "cgroups are disabled on the command line" :
		      cg->unified ? "there is no permission to make one" :
				    "that is safe with cgroup v2 alone");
	return -e->code;
}

int cgroup_descend(struct cgroup *cg, const char *sub, pid_t pid, uint32_t uid,
		   struct err *e)
{
	AUTO(str) char *dir = xasprintf("%s/%s", cg->d2->dir, sub);
	struct cg_dir leaf = { .names = "", .dir = dir, .v2 = true,
			       .mount = cg->d2->dir };
	char text[24];
	int r = cgroup_descend_check(cg, e);

	if (r < 0 || cg_mkdirs(&leaf, e) < 0)
		return -e->code;
	AUTO(fd) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return err_errno(e, errno, "cannot open cgroup '%s'", dir);
	(void)snprintf(text, sizeof(text), "%d", pid);
	r = file_write_at(fd, "cgroup.procs", text);
	if (r < 0)
		return err_errno(e, -r, "cannot move process %d to '%s'", pid, dir);
	/* Nobody is in the directories above any more. */
	cg2_pass_on(cg->d2->dir, dir);
	/* The kernel lets no one else give anything away. */
	return geteuid() == 0 ? give_all(fd, dir, uid, e) : 0;
}
