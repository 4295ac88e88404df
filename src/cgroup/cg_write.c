/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writes to cgroupfs and the reasons when the kernel says no: an error here
 * names the property, the file, the value and, as far as it can be found out,
 * why. Reading for an explanation only happens on the error path.
 */
#include "config.h"

#include "cgroup/cg_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

#include "base/banned.h"

const char *cg_read(struct arena *a, const char *dir, const char *name)
{
	AUTO(str) char *path = xasprintf("%s/%s", dir, name);
	AUTO(str) char *text = NULL;
	size_t len;

	if (file_read_at(AT_FDCWD, path, CG_FILE_MAX, &text, &len) < 0)
		return "";
	while (len && text[len - 1] == '\n')
		len--;
	return arena_strndup(a, text, len);
}

int cg_put(const char *dir, const char *name, const char *value)
{
	AUTO(str) char *path = xasprintf("%s/%s", dir, name);

	return file_write_at(AT_FDCWD, path, value);
}

static uint64_t read_u64(const char *dir, const char *name)
{
	AUTO(arena) struct arena a = { 0 };
	uint64_t ret;

	return parse_u64(cg_read(&a, dir, name), &ret) < 0 ? 0 : ret;
}

/* ---- reasons ---- */

/* Does its value begin with a device number? */
static bool is_per_device(const char *file)
{
	return str_ends(file, "_device") || str_starts(file, "io.");
}

static void hint_einval(const struct cg_write *w, const char *dir,
			struct err *e)
{
	AUTO(arena) struct arena a = { 0 };
	char *slash, *parent = arena_strdup(&a, dir);

	slash = strrchr(parent, '/');
	if (slash)
		*slash = '\0';
	if (str_ends(w->file, "cpus") || str_ends(w->file, "mems")) {
		const char *have = cg_read(&a, parent, w->file);

		if (!*have)
			have = cg_read(&a, parent,
				       arena_printf(&a, "%s.effective", w->file));
		(void)err_hint(e, "must be a list such as 0-3,7 within the "
			       "parent's '%s'", have);
	} else if (str_starts(w->file, "cpu.rt_")) {
		(void)err_hint(e, "the parent grants %" PRIu64 " us of real-time "
			       "(cpu.rt_runtime_us)",
			       read_u64(parent, "cpu.rt_runtime_us"));
	} else if ((streq(w->file, "cpu.weight") ||
		    streq(w->file, "cpu.shares")) &&
		   read_u64(dir, "cpu.idle")) {
		(void)err_hint(e, "an idle group (cpu.idle 1) has no weight");
	} else if (str_starts(w->file, "cpu.cfs_") ||
		   str_starts(w->file, "cpu.max")) {
		(void)err_hint(e, "a period is 1000 to 1000000 us, a quota at "
			       "least 1000 us and within the parent's, a burst "
			       "at most the quota");
	} else if (str_starts(w->file, "memory.memsw")) {
		(void)err_hint(e, "memory and swap together cannot be less than "
			       "the memory limit (now %" PRIu64 ")",
			       read_u64(dir, "memory.limit_in_bytes"));
	} else if (str_starts(w->file, "memory.oom")) {
		(void)err_hint(e, "not possible in a hierarchical memory cgroup "
			       "that has children");
	}
}

static void hint_missing(const struct cg_write *w, const char *dir,
			 struct err *e)
{
	AUTO(arena) struct arena a = { 0 };

	if (str_starts(w->file, "hugetlb."))
		(void)err_hint(e, "the kernel has no huge pages of this size "
			       "(see /sys/kernel/mm/hugepages)");
	else if (strstr(w->file, "memsw") || strstr(w->file, "swap"))
		(void)err_hint(e, "the kernel does not count swap (boot "
			       "parameter swapaccount=1)");
	else if (strstr(w->file, "weight"))
		(void)err_hint(e, "no I/O scheduler with weights (bfq, or "
			       "iocost) is in use");
	else if (w->v2 && *w->ctrl &&
		 !cg_has_word(cg_read(&a, dir, "cgroup.controllers"), w->ctrl,
			      ' '))
		(void)err_hint(e, "controller '%s' is not enabled for '%s'",
			       w->ctrl, dir);
	else
		(void)err_hint(e, "this kernel has no such file");
}

static int explain(const struct cg_write *w, const char *dir, int code,
		   struct err *e)
{
	if (code == EBUSY && str_ends(w->file, "limit_in_bytes"))
		(void)err_errno(e, code, "unable to set memory limit to %s "
				"(current usage: %" PRIu64 ", peak usage: %"
				PRIu64 ")", w->value,
				read_u64(dir, "memory.usage_in_bytes"),
				read_u64(dir, "memory.max_usage_in_bytes"));
	else
		(void)err_errno(e, code, "cannot write '%s' to '%s/%s'",
				w->value, dir, w->file);
	switch (code) {
	case EBUSY:
		if (str_ends(w->file, "limit_in_bytes"))
			(void)err_hint(e, "a limit must leave room for what is "
				       "in use already");
		break;
	case EINVAL:
	case ERANGE:
	case ENOSPC: /* cpuset: would become empty or leave the parent's */
	case EACCES:
		hint_einval(w, dir, e);
		break;
	case ENOENT:
		hint_missing(w, dir, e);
		break;
	case ENODEV:
	case ENXIO:
		if (is_per_device(w->file))
			(void)err_hint(e, "there is no whole block device with "
				       "this number (partitions have no limits)");
		break;
	case EOPNOTSUPP:
		(void)err_hint(e, "this kernel does not support it any more, or "
			       "not for this device");
		break;
	case EROFS:
		(void)err_hint(e, "the cgroup file system is read-only here");
		break;
	default:
		break;
	}
	return err_at(e, "%s", w->pointer);
}

/* ---- writing ---- */

const char *cg_write_dir(struct cgroup *cg, const struct cg_write *w)
{
	const struct cg_dir *d = w->v2 ? cg->d2 : cg_find_v1(cg, w->ctrl);

	return d && !d->dropped ? d->dir : NULL;
}

static int check_usage(const struct cg_write *w, const char *dir, struct err *e)
{
	uint64_t usage = read_u64(dir, "memory.current");
	bool swap = w->flags & CGW_SWAP;

	if (swap)
		usage += read_u64(dir, "memory.swap.current");
	if (usage == 0 || w->check > usage)
		return 0;
	(void)err_set(e, EBUSY, "rejecting memory%s limit %" PRIu64 " <= usage %"
		      PRIu64, swap ? "+swap" : "", w->check, usage);
	(void)err_hint(e, "memory.checkBeforeUpdate is set");
	return err_at(e, "%s", w->pointer);
}

static int check_clamped(const struct cg_write *w, const char *dir,
			 struct err *e)
{
	uint64_t want, got = read_u64(dir, w->file);

	if (parse_u64(w->value, &want) < 0 || want == got)
		return 0;
	(void)err_set(e, EINVAL, "the %s allowed cpu-shares is %" PRIu64 " (%"
		      PRIu64 " was asked for)",
		      want > got ? "maximum" : "minimum", got, want);
	return err_at(e, "%s", w->pointer);
}

/*
 * One entry. Returns 1 if it has to be tried again after the others, 2 if the
 * next entry is its alternative and is to be used.
 */
static int write_one(struct cgroup *cg, const struct cg_write *w, bool again,
		     struct err *e)
{
	const char *dir = cg_write_dir(cg, w);

	if (!dir) {
		(void)err_set(e, ENOENT, "cannot set %s limit: container could "
			      "not join or create cgroup",
			      *w->ctrl ? w->ctrl : w->file);
		return err_at(e, "%s", w->pointer);
	}
	int r = w->v2 && cg->fd2 >= 0
		? file_write_at(cg->fd2, w->file, w->value)
		: cg_put(dir, w->file, w->value);

	if (r >= 0)
		return w->flags & CGW_READBACK ? check_clamped(w, dir, e) : 0;
	if (r == -EINVAL && (w->flags & CGW_DEFER) && !again)
		return 1;
	if (r == -ENOENT && (w->flags & CGW_ELSE))
		return 2;
	if (r == -ENOENT && (w->flags & CGW_OPTIONAL))
		return 0;
	return explain(w, dir, -r, e);
}

/*
 * Everything of one controller, with a second try for what depends on order.
 * `early`: only the entries that come before the first process.
 */
static int write_group(struct cgroup *cg, const struct cg_write *v, size_t n,
		       bool early, struct err *e)
{
	const struct cg_write *deferred[8];
	size_t n_deferred = 0;
	bool skip = false;

	for (size_t i = 0; i < n; i++) {
		bool is_early = v[i].flags & CGW_EARLY;
		bool done = early ? !is_early : is_early && cg->early_done;

		if (skip || done) {
			skip = false;
			continue;
		}
		int r = write_one(cg, &v[i], n_deferred == 8, e);

		if (r < 0)
			return r;
		if (r == 1)
			deferred[n_deferred++] = &v[i];
		/* Written, so its alternative is not wanted. */
		skip = r != 2 && (v[i].flags & CGW_ELSE);
	}
	for (size_t i = 0; i < n_deferred; i++) {
		int r = write_one(cg, deferred[i], true, e);

		if (r < 0)
			return r;
	}
	return 0;
}

static size_t group_size(const struct cg_writes *w, size_t i)
{
	size_t n = 1;

	while (i + n < w->n && streq(w->v[i + n].ctrl, w->v[i].ctrl))
		n++;
	return n;
}

int cg_write_early(struct cgroup *cg, const char *ctrl, struct err *e)
{
	const struct cg_writes *w = &cg->writes;
	int r = 0;

	for (size_t i = 0, n; r == 0 && i < w->n; i += n) {
		n = group_size(w, i);
		if (streq(w->v[i].ctrl, ctrl))
			r = write_group(cg, &w->v[i], n, true, e);
	}
	return r;
}

int cg_write_all(struct cgroup *cg, const struct cg_writes *w, struct err *e)
{
	int r = 0;

	/* Checks first: a refused update must not be half done. */
	for (size_t i = 0; i < w->n; i++) {
		const char *dir = w->v[i].flags & CGW_CHECK
			? cg_write_dir(cg, &w->v[i]) : NULL;

		if (dir && check_usage(&w->v[i], dir, e) < 0)
			return -e->code;
	}
	for (size_t i = 0, n; r == 0 && i < w->n; i += n) {
		n = group_size(w, i);
		r = write_group(cg, &w->v[i], n, false, e);
	}
	return r;
}

/* ---- directories ---- */

int cg_explain_mkdir(const struct cg_dir *d, const char *path, int code,
		     struct err *e)
{
	AUTO(arena) struct arena a = { 0 };
	char *parent = arena_strdup(&a, path);
	struct stat st;

	/* The next directory up that exists is the one that refuses. */
	for (char *slash; (slash = strrchr(parent, '/')) && slash > parent;) {
		*slash = '\0';
		if (access(parent, F_OK) == 0)
			break;
	}
	(void)err_errno(e, code, "cannot create cgroup '%s'", path);
	switch (code) {
	case EACCES:
	case EPERM:
		if (stat(parent, &st) == 0)
			(void)err_hint(e, "'%s' belongs to uid %u, who must "
				       "delegate it to uid %u", parent,
				       st.st_uid, geteuid());
		break;
	case EROFS:
		(void)err_hint(e, "the cgroup file system at '%s' is mounted "
			       "read-only", d->mount ? d->mount : parent);
		break;
	case EAGAIN:
		(void)err_hint(e, "cgroup.max.descendants or cgroup.max.depth of "
			       "'%s' or above is reached", parent);
		break;
	case ENOSPC:
	case ENOMEM:
		(void)err_hint(e, "the kernel is out of cgroup ids: removed "
			       "cgroups may linger (num_cgroups in /proc/cgroups,"
			       " nr_dying_descendants in cgroup.stat)");
		break;
	case ENOTDIR:
	case EEXIST:
		(void)err_hint(e, "there is a file of this name");
		break;
	default:
		break;
	}
	return -code;
}

int cg_may_make(const struct cg_dir *d)
{
	AUTO(str) char *path = xstrdup(d->dir);
	size_t base = strlen(d->mount);

	if (d->rdonly)
		return -EROFS;
	/* The next directory up that exists decides. */
	while (access(path, F_OK) < 0) {
		char *slash = strrchr(path, '/');

		if (errno != ENOENT || !slash || slash < path + base)
			break;
		*slash = '\0';
	}
	return faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) < 0 ? -errno
								      : 0;
}

int cg_mkdirs(struct cg_dir *d, struct err *e)
{
	/* The parents are there in all but the first of their containers. */
	if (mkdir(d->dir, 0755) == 0) {
		d->made = true;
		return 0;
	}
	if (errno == EEXIST)
		return 0;
	if (errno != ENOENT)
		return cg_explain_mkdir(d, d->dir, errno, e);
	AUTO(str) char *path = xstrdup(d->dir);
	size_t base = d->mount ? strlen(d->mount) : 0;

	for (char *p = path + base + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return cg_explain_mkdir(d, path, errno, e);
		*p = '/';
	}
	if (mkdir(path, 0755) == 0)
		d->made = true;
	else if (errno != EEXIST)
		return cg_explain_mkdir(d, path, errno, e);
	return 0;
}
