/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose a directory is. A record is written before the directories it names are
 * made, so that the wreck of a killed start may name one that another container
 * has made since. The mark, an extended attribute with a value that no other
 * container of this boot has, is put on a directory right after mkdir(2), and
 * what comes from a record is acted upon only where its mark is found.
 *
 * "trusted.": out of reach of whoever owns the directory inside the container.
 * Who may not write those takes "user.". Where neither works (no extended
 * attributes in cgroupfs) there are no marks, and cgroup_marked() says so.
 *
 * Sources: xattr(7); the kernel's fs/kernfs/inode.c.
 */
#include "config.h"

#include "cgroup/cg_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"

#include "base/banned.h"

#define MARK_TRUSTED "trusted.ocirun"
#define MARK_USER    "user.ocirun"
#define MARK_MAX     128

void cgroup_mark(struct cgroup *cg, const char *mark)
{
	cg->mark = arena_strdup(&cg->arena, mark);
}

bool cgroup_marked(const struct cgroup *cg)
{
	return !cg->unmarked;
}

void cg_mark_put(struct cgroup *cg, const struct cg_dir *d)
{
	size_t n = cg->mark ? strlen(cg->mark) : 0;

	if (n == 0 || setxattr(d->dir, MARK_TRUSTED, cg->mark, n, 0) == 0)
		return;
	if (errno == EPERM && setxattr(d->dir, MARK_USER, cg->mark, n, 0) == 0)
		return;
	log_debug("cannot mark cgroup '%s': %s", d->dir, errno_text(errno));
	cg->unmarked = true;
}

/* 1 ours, 0 nobody's, negative another's. A missing directory is ours. */
static int owner(const char *dir, const char *mark)
{
	char have[MARK_MAX];
	ssize_t n = getxattr(dir, MARK_TRUSTED, have, sizeof(have));

	/* "trusted." looks absent to those who may not see it */
	if (n < 0 && errno != ENOENT && errno != ERANGE)
		n = getxattr(dir, MARK_USER, have, sizeof(have));
	if (n < 0)
		return errno == ENOENT ? 1 : errno == ERANGE ? -1 : 0;
	return (size_t)n == strlen(mark) && memcmp(have, mark, (size_t)n) == 0 ?
		       1 :
		       -1;
}

void cgroup_claim(struct cgroup *cg, const char *mark)
{
	if (!*mark)
		return;
	for (size_t i = 0; i < cg->n_dirs; i++) {
		struct cg_dir *d = &cg->dirs[i];
		const char *scope = cg_sd_scope(cg, d);
		int r = d->dropped ? 1 : owner(d->dir, mark);

		if (r > 0 && scope && !d->dropped)
			r = owner(scope, mark);
		if (r > 0)
			continue;
		log_debug("cgroup '%s' is %s", d->dir,
			  r < 0 ? "another container's" : "not marked as ours");
		d->dropped = true;
		/* mkdir(2) was the last thing its maker did: it is empty */
		d->nobodys = r == 0;
	}
}
