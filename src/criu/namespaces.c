/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Namespaces that were joined, not made: criu leaves them out of the images and
 * the container comes back into the one that the config names then. The keys
 * are runc's.
 */
#include "config.h"
#include "criu/internal.h"

#include "base/cleanup.h"
#include "config/names.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/banned.h"

/* Descriptors that criu gets begin behind stdio and its socket. */
#define FIRST_FD 4

/* Namespaces that can be left out as a whole; NULL: not that way. */
static const char *external_key(enum ns_kind k)
{
	return k == NS_NET ? "extRootNetNS" : k == NS_PID ? "extRootPidNS" : NULL;
}

static int check_version(const struct criu_job *job, enum ns_kind k,
			 struct err *e)
{
	int least = k == NS_PID ? CRIU_EXT_PID : CRIU_EXT_NET;

	if (job->version >= least)
		return 0;
	(void)err_set(e, EOPNOTSUPP,
		      "criu lacks support for an external %s namespace: its version is %d, %d is needed",
		      ns_proc_name(k), job->version, least);
	return err_at(e, "/linux/namespaces/%u/path",
		      job->s->spec->linux_.ns[k].index);
}

int criu_dump_namespaces(struct criu_job *job, struct err *e)
{
	static const enum ns_kind kinds[] = { NS_NET, NS_PID };

	for (size_t i = 0; i < 2; i++) {
		const struct spec_ns *ns = &job->s->spec->linux_.ns[kinds[i]];
		struct stat st;

		if (!ns->listed || !ns->path)
			continue;
		if (check_version(job, kinds[i], e) < 0)
			return -e->code;
		if (stat(ns->path, &st) < 0) {
			(void)err_errno(e, errno, "stat '%s'", ns->path);
			return err_at(e, "/linux/namespaces/%u/path", ns->index);
		}
		AUTO(str) char *inode = xasprintf("%llu",
						  (unsigned long long)st.st_ino);

		criu_add_external(job, ns_proc_name(kinds[i]), inode,
				  external_key(kinds[i]));
	}
	return 0;
}

static int give_namespace(struct criu_job *job, enum ns_kind k, struct err *e)
{
	const struct spec_ns *ns = &job->s->spec->linux_.ns[k];

	if (check_version(job, k, e) < 0)
		return -e->code;
	int fd = open(ns->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		(void)err_errno(e, errno, "cannot open namespace '%s'", ns->path);
		(void)err_at(e, "/linux/namespaces/%u/path", ns->index);
		return err_hint(e, "a namespace that the config names must exist when the container is restored");
	}
	criu_add_inherit(job, external_key(k),
			 FIRST_FD + (int)fdvec_push(&job->fds, fd));
	return 0;
}

static void join_namespace(struct criu_job *job, enum ns_kind k)
{
	CriuRpc__Options *o = &job->opts;
	CriuRpc__Join *j = ARENA_NEW(&job->arena, CriuRpc__Join);
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
	const size_t size = sizeof(j);

	if (!o->join_ns)
		o->join_ns = arena_array(&job->arena, _NS_KIND_MAX, size);
	criu_rpc__join__init(j);
	j->kind = arena_strdup(&job->arena, ns_proc_name(k));
	j->path = arena_strdup(&job->arena, job->s->spec->linux_.ns[k].path);
	o->join_ns[o->n_join_ns++] = j;
}

int criu_restore_namespaces(struct criu_job *job, struct err *e)
{
	for (unsigned int k = 0; k < _NS_KIND_MAX; k++) {
		const struct spec_ns *ns = &job->s->spec->linux_.ns[k];

		if (!ns->listed || !ns->path)
			continue;
		if (k == NS_CGROUP) {
			(void)err_set(e, EOPNOTSUPP,
				      "criu cannot restore into an existing cgroup namespace");
			return err_at(e, "/linux/namespaces/%u/path", ns->index);
		}
		if (!external_key((enum ns_kind)k))
			join_namespace(job, (enum ns_kind)k);
		else if (give_namespace(job, (enum ns_kind)k, e) < 0)
			return -e->code;
	}
	return 0;
}
