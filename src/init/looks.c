/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Second looks that wait: at all bind mounts of a row at once.
 *
 * mnt_attach() looks at once, with three system calls, a third of what the mount
 * itself takes. From inside the root one call is enough: statx(2) of the path says
 * which mount is there. To go in and out takes nine, so it is for many.
 *
 * It may wait only where waiting changes nothing: for a target on the root's own
 * mount that was reached without a symbolic link. Then whether another such mount
 * covers it is told by the two paths (init_look_covers()), and whatever is not such a
 * mount is preceded by the looks. Sources: statx(2), chroot(2).
 */
#include "config.h"
#include "init/steps_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/sys.h"
#include "init/mnt.h"

#include "base/banned.h"

/* From here on going in and out is worth it. */
#define MANY 8

void init_look_later(struct init *in, const struct arg_mount *a, uint64_t id)
{
	struct looks *l = &in->looks;
	size_t len = strlen(a->dest);

	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 128;
		l->v = xreallocarray(l->v, l->cap, sizeof(*l->v));
	}
	l->v[l->n++] = (struct look){ .mount = a, .len = len, .id = id,
				      .step = in->step };
	if (len > l->longest)
		l->longest = len;
}

bool init_look_covers(const struct init *in, const char *path)
{
	const struct looks *l = &in->looks;
	size_t len = strlen(path);

	if (len >= l->longest)
		return false;
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].len > len && l->v[i].mount->dest[len] == '/' &&
		    memcmp(l->v[i].mount->dest, path, len) == 0)
			return true;
	return false;
}

/* How many of the first are where they belong. Cannot fail: then it is 0. */
static size_t count_right(const struct looks *l)
{
	uint64_t id;
	size_t i = 0;

	while (i < l->n && sys_mnt_id_at(l->v[i].mount->dest, &id) == 0 &&
	       id == l->v[i].id)
		i++;
	return i;
}

/*
 * The same with the container's root as ours. *ret is 0 if we may not go there (no
 * CAP_SYS_CHROOT, a directory that nobody may enter).
 */
static int count_from_inside(struct init *in, size_t *ret, struct err *e)
{
	AUTO(fd) int home = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO(fd) int cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	*ret = 0;
	if (home < 0 || cwd < 0 || fchdir(in->rootfd) < 0)
		return 0;
	if (chroot(".") == 0) {
		*ret = count_right(&in->looks);
		if (fchdir(home) < 0 || chroot(".") < 0)
			return err_errno(e, errno, "cannot leave the root file system");
	}
	if (fchdir(cwd) < 0)
		return err_errno(e, errno, "cannot go back to the working directory");
	return 0;
}

int init_look_again(struct init *in, struct err *e)
{
	struct looks *l = &in->looks;
	size_t i = 0;
	int r;

	l->wrong = NULL;
	r = l->n >= MANY ? count_from_inside(in, &i, e) : 0;

	/* the others, or the first that is wrong: opened as its target was */
	for (; r == 0 && i < l->n; i++) {
		const struct look *k = &l->v[i];
		struct mnt_at at = { .fd = -1, .rootfd = in->rootfd,
				     .path = k->mount->dest };

		r = mnt_look(&at, k->id, e);
		if (r == 0)
			continue;
		l->wrong = k->mount;
		in->step = k->step;
	}
	l->n = l->longest = 0;
	return r;
}
