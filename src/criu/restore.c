/* SPDX-License-Identifier: Apache-2.0 */
/* From images to a running container (criu.h, criu_restore()). */
#include "config.h"
#include "criu/internal.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>

#include "base/banned.h"

#define LOG_FILE "restore.log"
#define MFD_CLOEXEC_FLAG 1U

#define SET(field, value)                      \
	do {                                   \
		job->opts.has_##field = true;  \
		job->opts.field = (value);     \
	} while (0)

struct restoring {
	struct criu_job *job;
	const struct criu_events *ev;
};

static int needs(const struct criu_job *job, const char *value, const char *name,
		 struct err *e)
{
	if (!value || job->version >= CRIU_LSM)
		return 0;
	return err_set(e, EOPNOTSUPP, "%s requires at least CRIU 3.16: it is %d",
		       name, job->version);
}

static int options(struct criu_job *job, const char *root, struct err *e)
{
	const struct criu_flags *f = job->s->flags;

	if (needs(job, f->lsm_profile, "--lsm-profile", e) < 0 ||
	    needs(job, f->lsm_mount_context, "--lsm-mount-context", e) < 0)
		return -e->code;
	SET(evasive_devices, true);
	SET(rst_sibling, true);
	SET(tcp_close, f->tcp_close);
	job->opts.root = arena_strdup(&job->arena, root);
	if (f->lsm_profile)
		job->opts.lsm_profile = arena_strdup(&job->arena, f->lsm_profile);
	if (f->lsm_mount_context)
		job->opts.lsm_mount_context =
			arena_strdup(&job->arena, f->lsm_mount_context);
	if (criu_restore_namespaces(job, e) < 0)
		return -e->code;
	return criu_stdio_load(job, e);
}

static uint64_t on_activity(void *arg)
{
	const struct restoring *r = arg;

	return r->ev->activity(r->ev->arg);
}

static int on_notify(void *arg, const char *script, pid_t pid, int fd,
		     struct err *e)
{
	const struct restoring *r = arg;
	const struct criu_events *ev = r->ev;

	if (streq(script, "setup-namespaces"))
		return ev->namespaces(ev->arg, pid, e);
	if (streq(script, "orphan-pts-master") && fd >= 0)
		return ev->terminal(ev->arg, fd, e);
	if (streq(script, "post-restore"))
		return ev->restored(ev->arg, pid,
				    r->job->version >= CRIU_TIME_NS, e);
	return 0;
}

/* The new names of the old cgroups: where criu itself is now. */
static void cgroup_roots(struct criu_job *job, pid_t criu)
{
	AUTO(str) char *path = xasprintf("/proc/%d/cgroup", criu);
	AUTO(str) char *text = NULL;
	CriuRpc__Options *o = &job->opts;
	size_t n = 0;

	if (file_read_at(AT_FDCWD, path, 1U << 20, &text, NULL) < 0)
		return;
	for (const char *p = text; *p; p++)
		n += *p == '\n';
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
	o->cg_root = arena_array(&job->arena, n, sizeof(*o->cg_root));
	/* "4:memory:/a/b", "1:name=systemd:/a", "0::/a" */
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
		char *names = strchr(line, ':');
		char *dir = names ? strchr(names + 1, ':') : NULL;

		*end = '\0';
		if (!dir)
			continue;
		*dir = '\0';
		CriuRpc__CgroupDir *d = ARENA_NEW(&job->arena, CriuRpc__CgroupDir);

		criu_rpc__cgroup_dir__init(d);
		d->controller = arena_strdup(&job->arena, names + 1);
		d->path = arena_strdup(&job->arena, dir + 1);
		o->cg_root[o->n_cg_root++] = d;
	}
}

static int start(struct criu_job *job, struct criu_conv *c,
		 struct criu_rootfs *fs, struct err *e)
{
	AUTO(fdvec) struct fdvec all = { 0 };
	struct criu_start s = {
		.program = job->s->program,
		/* a shell job comes back into the group that has the terminal */
		.own_group = !job->s->flags->shell_job,
		.own_mounts = true,
		.prepare = criu_rootfs_prepare,
		.arg = fs,
	};
	const char **dest = NULL;

	for (int i = 0; i < CRIU_N_STDIO; i++) {
		const int *stdio = job->s->stdio;

		(void)fdvec_push(&all, stdio && stdio[i] >= 0 ? stdio[i] : i);
	}
	for (size_t i = 0; i < job->fds.n; i++)
		(void)fdvec_push(&all, job->fds.v[i]);
	s.fds = all.v;
	s.n_fds = all.n;
	int r = criu_conv_start(c, &s, e);

	for (size_t i = 0; i < all.n; i++)
		all.v[i] = -1; /* borrowed */
	if (criu_rootfs_report(fs, r, &job->arena, &dest, e) < 0)
		return -e->code;
	criu_restore_mounts(job, dest);
	return criu_job_move(job, c->pid, e);
}

static int converse(struct criu_job *job, const char *root,
		    const struct criu_events *ev, struct err *e)
{
	AUTO(criu_conv) struct criu_conv c = CRIU_CONV_INIT;
	AUTO(fd) int report = sys_memfd_create("criu-mounts", MFD_CLOEXEC_FLAG);
	struct criu_rootfs fs = { .s = job->s, .root = root, .reportfd = report };
	struct restoring arg = { job, ev };
	const struct criu_listener l = { .notify = on_notify, .arg = &arg,
					.activity = on_activity };
	CriuRpc__Request req = CRIU_RPC__REQUEST__INIT;

	if (report < 0)
		return err_errno(e, -report, "cannot make a memfd");
	if (start(job, &c, &fs, e) < 0 || ev->started(ev->arg, c.pid, e) < 0)
		return -e->code;
	cgroup_roots(job, c.pid);
	req.type = CRIU_RESTORE;
	req.opts = &job->opts;
	if (criu_conv_run(&c, &req, &l, e) == 0)
		return 0;
	/* its log is complete once it has ended */
	criu_conv_end(&c);
	if (!c.refused) {
		criu_explain(job, e);
		criu_explain_host(job->s->program, e);
	}
	return -e->code;
}

int criu_restore(const struct criu_subject *s, const char *root,
		 const struct criu_events *events, struct err *e)
{
	AUTO(criu_job) struct criu_job job = { .imagefd = -1, .workfd = -1 };
	int version;

	if (criu_version(s->program, &version, e) < 0 ||
	    criu_job_init(&job, s, false, LOG_FILE, e) < 0)
		return -e->code;
	job.version = version;
	if (options(&job, root, e) < 0)
		return -e->code;
	return converse(&job, root, events, e);
}
