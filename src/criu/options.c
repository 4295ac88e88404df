/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From flags to criu's options: what dump and restore have in common. The names
 * of modes and methods are criu's command line's.
 */
#include "config.h"
#include "criu/internal.h"

#include "base/cleanup.h"
#include "base/path.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/banned.h"

#define LOG_LEVEL 4
#define CONF_DIR "/etc/criu/"
#define CONF_KEY "org.criu.config"

struct number { const char *name; int v; };

/* criu_cg_mode of criu's rpc.proto */
static const struct number cgroup_modes[] = {
	{ "ignore", 0 }, { "soft", 3 }, { "full", 4 }, { "strict", 5 }, { 0 },
};
#define CGROUP_MODE_DEFAULT 6

/* criu_network_lock_method of criu's rpc.proto */
static const struct number lock_methods[] = {
	{ "iptables", 1 }, { "nftables", 2 }, { "skip", 3 }, { 0 },
};

/* -1: no such name. */
static int find(const struct number *table, const char *name)
{
	for (; table->name; table++)
		if (streq(table->name, name))
			return table->v;
	return -1;
}

/* "ADDRESS:PORT", "[ADDRESS]:PORT": where the port begins, and its number. */
static const char *split_server(const char *text, uint32_t *ret_port)
{
	const char *colon = strrchr(text, ':');

	if (!colon || colon == text || parse_u32(colon + 1, ret_port) < 0 ||
	    *ret_port == 0 || *ret_port > 65535)
		return NULL;
	/* an IPv6 address has its brackets */
	if (memchr(text, ':', (size_t)(colon - text)) &&
	    (text[0] != '[' || colon[-1] != ']'))
		return NULL;
	return colon;
}

int criu_check_flags(const struct criu_flags *f, struct err *e)
{
	uint32_t port;

	if (f->cgroups_mode && find(cgroup_modes, f->cgroups_mode) < 0) {
		(void)err_set(e, EINVAL, "invalid manage-cgroups-mode value: '%s'",
			      f->cgroups_mode);
		return err_hint(e, "it is one of soft, full, strict, ignore");
	}
	if (f->network_lock && find(lock_methods, f->network_lock) < 0) {
		(void)err_set(e, EINVAL, "unknown network lock method specified: '%s'",
			      f->network_lock);
		return err_hint(e, "it is one of iptables, nftables, skip");
	}
	if (f->page_server && !split_server(f->page_server, &port))
		return err_set(e, EINVAL,
			       "Use --page-server ADDRESS:PORT to specify page server: '%s'",
			       f->page_server);
	for (size_t i = 0; i < f->empty_ns.n; i++)
		if (!streq(f->empty_ns.v[i], "network"))
			return err_set(e, EINVAL,
				       "namespace \"%s\" is not supported (--empty-ns takes 'network')",
				       f->empty_ns.v[i]);
	if (f->parent_path && f->parent_path[0] == '/')
		return err_set(e, EINVAL, "--parent-path must be relative: '%s'",
			       f->parent_path);
	if (f->status_fd < 0)
		return 0;
	int flags = fcntl(f->status_fd, F_GETFL);

	if (flags < 0)
		return err_errno(e, errno, "invalid --status-fd argument %d",
				 f->status_fd);
	if ((flags & O_ACCMODE) == O_RDONLY)
		return err_set(e, EINVAL,
			       "invalid --status-fd argument %d: not writable",
			       f->status_fd);
	return 0;
}

/* Open a directory, made with its parents if it does not exist. */
static int open_dir(const char *path, bool make, const char *what, int *ret,
		    struct err *e)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	AUTO(fd) int fd = open(path, flags);

	if (fd < 0 && errno == ENOENT && make) {
		AUTO(fd) int slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		AUTO(fd) int made = slash < 0 ? -errno :
					       root_mkdirs(slash, path, 0700);

		if (made < 0)
			return err_errno(e, -made, "cannot make %s '%s'", what,
					 path);
		fd = open(path, flags);
	}
	if (fd < 0)
		return err_errno(e, errno, "cannot open %s '%s'", what, path);
	*ret = TAKE_FD(fd);
	return 0;
}

static int directories(struct criu_job *job, bool make, struct err *e)
{
	const struct criu_flags *f = job->s->flags;

	if (open_dir(f->image_path, make, "--image-path", &job->imagefd, e) < 0)
		return -e->code;
	job->opts.images_dir_fd = job->imagefd;
	job->log_dir = f->image_path;
	if (!f->work_path)
		return 0;
	if (open_dir(f->work_path, true, "--work-path", &job->workfd, e) < 0)
		return -e->code;
	job->opts.has_work_dir_fd = true;
	job->opts.work_dir_fd = job->workfd;
	job->log_dir = f->work_path;
	return 0;
}

/*
 * Settings of the administrator, which go over ours: the container's own file if
 * the annotation names one (an empty name: none), else the first that exists.
 */
static const char *config_file(const struct criu_subject *s)
{
	static const char *const files[] = { CONF_DIR "ocirun.conf",
					     CONF_DIR "crun.conf" };
	const struct kv_list *a = &s->spec->annotations;

	for (size_t i = 0; i < a->n; i++)
		if (streq(a->v[i].key, CONF_KEY))
			return *a->v[i].value ? a->v[i].value : NULL;
	for (size_t i = 0; !s->runc_words && i < 2; i++)
		if (access(files[i], F_OK) == 0)
			return files[i];
	return CONF_DIR "runc.conf";
}

static int parent(struct criu_job *job, struct err *e)
{
	const char *path = job->s->flags->parent_path;
	struct stat st;

	if (!path)
		return 0;
	if (fstatat(job->imagefd, path, &st, 0) < 0 ||
	    (!S_ISDIR(st.st_mode) && (errno = ENOTDIR)))
		return err_errno(e, errno, "invalid --parent-path: '%s/%s'",
				 job->s->flags->image_path, path);
	job->opts.parent_img = arena_strdup(&job->arena, path);
	job->opts.has_track_mem = job->opts.track_mem = true;
	return 0;
}

static void page_server(struct criu_job *job)
{
	const char *text = job->s->flags->page_server, *colon;
	CriuRpc__PageServer *ps;
	uint32_t port = 0;

	if (!text)
		return;
	colon = split_server(text, &port);
	ps = ARENA_NEW(&job->arena, CriuRpc__PageServer);
	criu_rpc__page_server__init(ps);
	if (*text == '[') {
		text++;
		colon--;
	}
	ps->address = arena_strndup(&job->arena, text, (size_t)(colon - text));
	ps->has_port = true;
	ps->port = (int32_t)port;
	job->opts.ps = ps;
}

/* An optional field: protobuf-c keeps "there is a value" beside the value. */
#define SET(field, value)                      \
	do {                                   \
		job->opts.has_##field = true;  \
		job->opts.field = (value);     \
	} while (0)

static void switches(struct criu_job *job)
{
	const struct criu_flags *f = job->s->flags;

	SET(log_level, LOG_LEVEL);
	SET(notify_scripts, true);
	SET(orphan_pts_master, true);
	SET(shell_job, f->shell_job);
	SET(ext_unix_sk, f->ext_unix_sk);
	SET(file_locks, f->file_locks);
	SET(tcp_established, f->tcp_established);
	SET(auto_dedup, f->auto_dedup);
	SET(lazy_pages, f->lazy_pages);
	/* the devices of the network are not ours to make again */
	SET(empty_ns, CLONE_NEWNET);
	SET(manage_cgroups, true); /* for criu before 2.0, which has no modes */
	SET(manage_cgroups_mode,
	    f->cgroups_mode ? find(cgroup_modes, f->cgroups_mode) :
			      CGROUP_MODE_DEFAULT);
	if (f->network_lock)
		SET(network_lock, find(lock_methods, f->network_lock));
}

int criu_job_init(struct criu_job *job, const struct criu_subject *s, bool make,
		  const char *log_file, struct err *e)
{
	const char *conf = config_file(s);

	*job = (struct criu_job){ .s = s, .imagefd = -1, .workfd = -1,
				  .log_file = log_file };
	criu_rpc__options__init(&job->opts);
	if (directories(job, make, e) < 0 || parent(job, e) < 0)
		return -e->code;
	job->opts.log_file = arena_strdup(&job->arena, log_file);
	if (conf)
		job->opts.config_file = arena_strdup(&job->arena, conf);
	switches(job);
	page_server(job);
	return 0;
}

void criu_job_free(struct criu_job *job)
{
	if (job->imagefd >= 0)
		(void)close(job->imagefd);
	if (job->workfd >= 0)
		(void)close(job->workfd);
	fdvec_clear(&job->fds);
	arena_free(&job->arena);
}

static int open_as(pid_t pid, int *fd, struct err *e)
{
	char link[40], path[4096];

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", *fd);
	int n = snprintf(path, sizeof(path), "/proc/%d/root", pid);
	ssize_t len = readlink(link, path + n, sizeof(path) - (size_t)n - 1);

	if (len < 0)
		return err_errno(e, errno, "cannot find the images again");
	path[n + len] = '\0';
	AUTO(fd) int again = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (again < 0)
		return err_errno(e, errno, "cannot open '%s' for criu", path + n);
	(void)close(*fd);
	*fd = TAKE_FD(again);
	return 0;
}

int criu_job_move(struct criu_job *job, pid_t pid, struct err *e)
{
	if (open_as(pid, &job->imagefd, e) < 0 ||
	    (job->workfd >= 0 && open_as(pid, &job->workfd, e) < 0))
		return -e->code;
	job->opts.images_dir_fd = job->imagefd;
	job->opts.work_dir_fd = job->workfd;
	return 0;
}

void criu_add_external(struct criu_job *job, const char *kind, const char *name,
		       const char *value)
{
	CriuRpc__Options *o = &job->opts;

	if (o->n_external == job->external_cap) {
		char **old = o->external;

		job->external_cap = 2 * o->n_external + 16;
		o->external = arena_array(&job->arena, job->external_cap,
					  sizeof(*old));
		if (old)
			memcpy(o->external, old, o->n_external * sizeof(*old));
	}
	o->external[o->n_external++] =
		arena_printf(&job->arena, "%s[%s]:%s", kind, name, value);
}

void criu_add_inherit(struct criu_job *job, const char *key, int fd)
{
	CriuRpc__Options *o = &job->opts;
	CriuRpc__Inherit *in = ARENA_NEW(&job->arena, CriuRpc__Inherit);

	if (o->n_inherit_fd == job->inherit_cap) {
		CriuRpc__Inherit **old = o->inherit_fd;
		/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
		const size_t size = sizeof(*old);

		job->inherit_cap = 2 * o->n_inherit_fd + 8;
		o->inherit_fd = arena_array(&job->arena, job->inherit_cap, size);
		if (old)
			memcpy(o->inherit_fd, old, o->n_inherit_fd * size);
	}
	criu_rpc__inherit__init(in);
	in->key = arena_strdup(&job->arena, key);
	in->fd = fd;
	o->inherit_fd[o->n_inherit_fd++] = in;
}
