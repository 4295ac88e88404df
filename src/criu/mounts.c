/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounts whose content is not the container's: binds, cgroup v1 directories,
 * masks, device nodes. At dump each gets a name, which is its place in the
 * container ("/dev/null" for all masks); at restore the name stands for a source
 * on this host. Names are runc's. criu ignores names that it does not meet.
 */
#include "config.h"
#include "criu/internal.h"

#include "base/cleanup.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/banned.h"

#define MASK "/dev/null" /* one of the devices */

/*
 * Where a path of the config really is: as the kernel writes it, without symbolic
 * links. NULL if nothing is there. `rootfd` is the container's root, so that the
 * path begins there.
 */
static const char *resolve(struct criu_job *job, int rootfd, const char *path,
			   bool *ret_dir)
{
	AUTO(fd) int fd = root_open(rootfd, path, O_PATH, 0);
	char link[40], buf[4096];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return NULL;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, buf, sizeof(buf) - 1);

	if (n <= 0)
		return NULL;
	buf[n] = '\0';
	*ret_dir = S_ISDIR(st.st_mode);
	return arena_strdup(&job->arena, buf);
}

/* Without a cgroup namespace each v1 hierarchy is bound into the container. */
static bool binds_cgroups(const struct criu_job *job, const struct spec_mount *m)
{
	const struct cgroup_view *v = job->s->view;

	return m->kind == MOUNT_CGROUP && v && !v->v2 &&
	       !job->s->spec->linux_.ns[NS_CGROUP].listed;
}

static const char *below(struct criu_job *job, const char *dir, const char *name)
{
	AUTO(str) char *path = path_join(dir, name);

	return arena_strdup(&job->arena, path);
}

static void dump_mount(struct criu_job *job, int rootfd,
		       const struct spec_mount *m)
{
	const struct cgroup_view *v = job->s->view;
	const char *path;
	bool dir;

	if (m->kind == MOUNT_BIND) {
		path = resolve(job, rootfd, m->destination, &dir);
		if (path)
			criu_add_external(job, "mnt", path, path);
	}
	for (size_t i = 0; binds_cgroups(job, m) && i < v->n_mounts; i++) {
		path = below(job, m->destination, v->mounts[i].subdir);
		criu_add_external(job, "mnt", path, path);
	}
}

/*
 * Where a container may not make device nodes (in a user namespace), they are
 * binds of the host's.
 */
static void devices(struct criu_job *job)
{
	/* runtime-spec config-linux.md, "Default Devices" */
	static const char *const usual[] = { "/dev/null", "/dev/zero", "/dev/full",
					     "/dev/random", "/dev/urandom",
					     "/dev/tty" };
	const struct spec_linux *l = &job->s->spec->linux_;

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		criu_add_external(job, "mnt", usual[i], usual[i]);
	for (size_t i = 0; i < l->n_devices; i++)
		criu_add_external(job, "mnt", l->devices[i].path,
				  l->devices[i].path);
}

int criu_dump_mounts(struct criu_job *job, pid_t init, struct err *e)
{
	const struct spec *spec = job->s->spec;
	const struct str_list *masked = &spec->linux_.masked_paths;
	char path[40];

	(void)snprintf(path, sizeof(path), "/proc/%d/root", init);
	AUTO(fd) int rootfd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (rootfd < 0)
		return err_errno(e, errno, "cannot open the root of process %d",
				 init);
	for (size_t i = 0; i < spec->n_mounts; i++)
		dump_mount(job, rootfd, &spec->mounts[i]);
	for (size_t i = 0; i < masked->n; i++) {
		bool dir = false;
		const char *mask = resolve(job, rootfd, masked->v[i], &dir);

		/* a masked directory is a tmpfs of the container's own */
		if (mask && !dir)
			criu_add_external(job, "mnt", mask, MASK);
	}
	devices(job);
	return 0;
}

/*
 * The source without "." and symbolic links: criu looks for the mount that it is
 * on by comparing names.
 */
static const char *real_source(struct criu_job *job, const char *source)
{
	AUTO(str) char *real = realpath(source, NULL);

	return real ? arena_strdup(&job->arena, real) : source;
}

void criu_restore_mounts(struct criu_job *job, const char *const *dest)
{
	const struct spec *spec = job->s->spec;
	const struct cgroup_view *v = job->s->view;

	for (size_t i = 0; i < spec->n_mounts; i++) {
		const struct spec_mount *m = &spec->mounts[i];

		if (m->kind == MOUNT_BIND)
			criu_add_external(job, "mnt",
					  dest[i] ? dest[i] : m->destination,
					  real_source(job, m->source));
		for (size_t k = 0; binds_cgroups(job, m) && k < v->n_mounts; k++)
			criu_add_external(job, "mnt",
					  below(job, m->destination,
						v->mounts[k].subdir),
					  v->mounts[k].host_dir);
	}
	devices(job);
}
