/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mount sources for init (mount_source.h). With our permissions, but in init's
 * mount namespace: there the copies of the host's mounts are slaves, and their
 * flags are locked (mount_namespaces(7)); a tree taken from our own namespace
 * would be neither. A descriptor gets us the source; a copy of its mount can
 * only be made by who is in that namespace, so that we enter it for three
 * system calls.
 *
 * Must not act for any mount that the plan does not name; process.c sees to it.
 * Sources: open_tree(2), mount_setattr(2) "ID-mapped mounts", setns(2).
 */
#include "config.h"
#include "runtime/mount_source.h"

#include "base/cleanup.h"
#include "base/path.h"
#include "base/sys.h"
#include "libnsexec/nsexec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/banned.h"

static int open_path(const struct arg_mount *m, pid_t pid, int *ret_fd,
		     struct err *e)
{
	char path[40];

	(void)snprintf(path, sizeof(path), "/proc/%d/root", pid);
	AUTO(fd) int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = root < 0 ? -errno :
		 root_open(root, m->source,
			   O_PATH | (m->src_nofollow ? O_NOFOLLOW : 0), 0);

	if (fd >= 0) {
		*ret_fd = fd;
		return 0;
	}
	(void)err_errno(e, -fd, "cannot open mount source '%s'", m->source);
	if (root < 0)
		(void)err_hint(e,
			       "the root of the container may not reach it, and to do it in its place needs CAP_SYS_PTRACE");
	return err_at(e, "/mounts/%u/source", m->index);
}

/* ---- the user namespace of the mapping ----------------------------------- */

static bool same_map(const struct idmap_list *a, const struct idmap_list *b)
{
	return a->n == b->n &&
	       (a->n == 0 || memcmp(a->v, b->v, a->n * sizeof(*a->v)) == 0);
}

static struct nsx_idmap *nsx_map(const struct idmap_list *list)
{
	struct nsx_idmap *map = xcalloc(list->n, sizeof(*map));

	for (size_t i = 0; i < list->n; i++)
		map[i] = (struct nsx_idmap){ list->v[i].container_id,
					     list->v[i].host_id,
					     list->v[i].size };
	return map;
}

static int make_userns(struct mount_sources *s, const struct spec_mount *m,
		       struct err *e)
{
	struct nsx_idmap *uid = nsx_map(&m->uid_mappings);
	struct nsx_idmap *gid = nsx_map(&m->gid_mappings);
	const struct nsx_maps maps = { uid, gid, m->uid_mappings.n,
				       m->gid_mappings.n };
	int r = nsx_userns(&maps, &s->userns, e);

	free(uid);
	free(gid);
	return r;
}

/* Into s->userns: the container's own where its mapping is the one asked for. */
static int find_userns(struct mount_sources *s, const struct spec_mount *m,
		       pid_t pid, struct err *e)
{
	const struct spec_linux *l = &s->spec->linux_;
	const struct spec_ns *user = &l->ns[NS_USER];
	bool own = m->uid_mappings.n == 0 ||
		   (user->listed && !user->path &&
		    same_map(&m->uid_mappings, &l->uid_mappings) &&
		    same_map(&m->gid_mappings, &l->gid_mappings));
	int r;

	if (s->mapped && same_map(&m->uid_mappings, &s->mapped->uid_mappings) &&
	    same_map(&m->gid_mappings, &s->mapped->gid_mappings))
		return 0;
	mount_sources_clear(s);
	r = own ? nsx_open_ns_of(NSX_USER, pid, &s->userns, e) :
		  make_userns(s, m, e);
	if (r == 0)
		s->mapped = m;
	return r;
}

/* ---- the tree ------------------------------------------------------------ */

/* What to copy and how, and what became of it. */
struct tree {
	int fd, userns;
	bool rec, rec_map;
	int made;         /* the tree, or -1 */
	const char *what; /* the call that failed */
};

/* In the mount namespace of tree->fd. */
static int make_tree(void *arg)
{
	struct tree *t = arg;
	const struct sys_mount_attr attr = {
		.attr_set = SYS_ATTR_IDMAP, .userns_fd = (uint64_t)t->userns,
	};

	t->what = "copy the mount of";
	t->made = sys_open_tree(t->fd, "", AT_EMPTY_PATH | SYS_OPEN_TREE_CLONE |
				O_CLOEXEC | (t->rec ? SYS_AT_RECURSIVE : 0));
	if (t->made < 0)
		return t->made;
	t->what = "set MOUNT_ATTR_IDMAP on";
	return sys_mount_setattr(t->made, "", AT_EMPTY_PATH |
				 (t->rec_map ? SYS_AT_RECURSIVE : 0), &attr);
}

static int map_error(const struct arg_mount *m, const struct spec_mount *sm,
		     const char *what, int r, struct err *e)
{
	bool mapping = str_starts(what, "set");

	(void)err_errno(e, -r, "failed to %s '%s'", what, m->source);
	if (r == -ENOSYS)
		(void)err_hint(e, "id-mapped mounts need mount_setattr(2), Linux 5.12");
	else if (r == -EINVAL && mapping)
		(void)err_hint(e,
			       "maybe the file system, or one mounted below it, does not support id-mapped mounts on this kernel");
	else if (r == -EINVAL && str_starts(what, "copy"))
		(void)err_hint(e,
			       "it lies on an unbindable mount, or holds mounts locked by a more privileged user namespace: try rbind");
	else if (r == -EPERM && mapping)
		(void)err_hint(e,
			       "the mount is id-mapped already, or its file system belongs to a user namespace in which we are not privileged");
	return err_at(e, "/mounts/%u/%s", m->index,
		      sm->o.idmap || sm->o.ridmap ? "options" : "uidMappings");
}

static int map_ids(struct mount_sources *s, const struct arg_mount *m, int fd,
		   pid_t pid, int *ret_fd, struct err *e)
{
	const struct spec_mount *sm = &s->spec->mounts[m->index];
	struct tree t = { .fd = fd, .rec = m->flags & MS_REC,
			  .rec_map = sm->o.ridmap, .made = -1, .what = NULL };
	AUTO(fd) int ns = -1;
	AUTO(fd) int tree = -1;
	int r;

	if (find_userns(s, sm, pid, e) < 0) {
		(void)err_wrap(e, "user namespace for the id-mapping of '%s'", m->source);
		return err_at(e, "/mounts/%u", m->index);
	}
	if (nsx_open_ns_of(NSX_MNT, pid, &ns, e) < 0)
		return -e->code;
	t.userns = s->userns;
	r = nsx_visit(NSX_MNT, ns, make_tree, &t, e);
	tree = t.made;
	if (r < 0 && t.what) {
		err_clear(e);
		r = map_error(m, sm, t.what, r, e);
	} else if (r < 0) {
		(void)err_wrap(e, "id-mapping of '%s'", m->source);
		r = err_at(e, "/mounts/%u", m->index);
	}
	if (r == 0)
		*ret_fd = TAKE_FD(tree);
	return r;
}

int mount_source_open(struct mount_sources *s, const struct arg_mount *m,
		      pid_t pid, int *ret_fd, struct err *e)
{
	AUTO(fd) int fd = -1;

	if (open_path(m, pid, &fd, e) < 0)
		return -e->code;
	if (m->idmap)
		return map_ids(s, m, fd, pid, ret_fd, e);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

void mount_sources_clear(struct mount_sources *s)
{
	auto_fd(&s->userns);
	s->userns = -1;
	s->mapped = NULL;
}
