/* SPDX-License-Identifier: Apache-2.0 */
/* From a running container to images (criu.h, criu_dump()). */
#include "config.h"
#include "criu/internal.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"

#include <errno.h>

#include "base/banned.h"

#define LOG_FILE "dump.log"

#define SET(field, value)                      \
	do {                                   \
		job->opts.has_##field = true;  \
		job->opts.field = (value);     \
	} while (0)

static int options(struct criu_job *job, pid_t init, const char *freezer,
		   struct err *e)
{
	const struct criu_flags *f = job->s->flags;
	const struct cgroup_view *v = job->s->view;

	SET(pid, init);
	SET(leave_running, f->leave_running);
	SET(link_remap, f->link_remap);
	SET(tcp_skip_in_flight, f->tcp_skip_in_flight);
	job->opts.root = arena_strdup(&job->arena, job->s->rootfs);
	/* without it criu stops one process after the other by ptrace(2) */
	if (freezer && (!v || !v->v2 || job->version >= CRIU_CGROUP2_FREEZER))
		job->opts.freeze_cgroup = arena_strdup(&job->arena, freezer);
	if (f->lazy_pages && f->status_fd >= 0 &&
	    job->version < CRIU_STATUS_READY)
		SET(status_fd, f->status_fd);
	return criu_dump_namespaces(job, e);
}

/* criu serves the pages of a lazy dump from here on. */
static int on_notify(void *arg, const char *script, pid_t pid, int fd,
		     struct err *e)
{
	int *status_fd = arg;
	const char zero = '\0';

	(void)pid;
	(void)fd;
	(void)e;
	if (!streq(script, "status-ready") || *status_fd < 0)
		return 0;
	int r = fd_write_full(*status_fd, &zero, 1);

	if (r < 0)
		log_warn("cannot write to --status-fd %d: %s, ignoring",
			 *status_fd, errno_text(-r));
	(void)close(*status_fd);
	*status_fd = -1;
	return 0;
}

static int converse(struct criu_job *job, struct err *e)
{
	AUTO(criu_conv) struct criu_conv c = CRIU_CONV_INIT;
	const struct criu_flags *f = job->s->flags;
	CriuRpc__Request req = CRIU_RPC__REQUEST__INIT;
	const int fds[] = { -1, -1, -1 };
	const struct criu_start start = { .program = job->s->program, .fds = fds,
					  .n_fds = 3, .own_group = true };
	int status_fd = f->lazy_pages ? f->status_fd : -1;
	struct criu_listener l = { .notify = on_notify, .arg = &status_fd,
				   .patient = f->lazy_pages };

	if (job->opts.has_status_fd)
		l.status_fd = &status_fd;
	req.type = f->pre_dump ? CRIU_PRE_DUMP : CRIU_DUMP;
	req.opts = &job->opts;
	if (criu_conv_start(&c, &start, e) < 0)
		return -e->code;
	if (criu_conv_run(&c, &req, &l, e) == 0)
		return 0;
	/* its log is complete once it has ended */
	criu_conv_end(&c);
	criu_explain(job, e);
	criu_explain_host(job->s->program, e);
	return -e->code;
}

int criu_dump(const struct criu_subject *s, pid_t init, const char *freezer,
	      const char *const stdio[CRIU_N_STDIO], struct err *e)
{
	AUTO(criu_job) struct criu_job job = { .imagefd = -1, .workfd = -1 };
	const struct criu_flags *f = s->flags;
	int version;

	if (criu_version(s->program, &version, e) < 0 ||
	    ((f->pre_dump || f->lazy_pages) &&
	     criu_needs_features(s->program, f->pre_dump, f->lazy_pages, e) < 0) ||
	    criu_job_init(&job, s, true, LOG_FILE, e) < 0)
		return -e->code;
	job.version = version;
	if (options(&job, init, freezer, e) < 0)
		return -e->code;
	if (!f->pre_dump && (criu_dump_mounts(&job, init, e) < 0 ||
			     criu_stdio_save(job.imagefd, stdio, e) < 0))
		return -e->code;
	return converse(&job, e);
}
