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

int cgroup_delegate(struct cgroup *cg, uint32_t uid, struct err *e)
{
	AUTO(str) char *text = NULL;

	if (!cg->unified || !cg->d2 || cg->d2->dropped || cg->fd2 < 0)
		return 0;
	if (file_read_at(AT_FDCWD, FILES, CG_FILE_MAX, &text, NULL) < 0)
		text = xstrdup("cgroup.procs\ncgroup.subtree_control\n"
			       "cgroup.threads\n");
	if (fchown(cg->fd2, uid, (gid_t)-1) < 0)
		return err_errno(e, errno, "cannot give '%s' to uid %u",
				 cg->d2->dir, uid);
	for (char *p = text; *p;) {
		size_t n = strcspn(p, "\n");
		bool more = p[n] == '\n';

		p[n] = '\0';
		if (*p && !strchr(p, '/') &&
		    give(cg->fd2, cg->d2->dir, p, uid, e) < 0)
			return -e->code;
		p += n + more;
	}
	return 0;
}
