/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_update(): new limits for processes that run. The kernel takes them one
 * file at a time, and any of them may be refused (memory below its usage, a
 * quota beyond the parent's, a CPU that is not there). So what the files hold is
 * read first and written back on failure: the container either has all its new
 * limits or all its old ones.
 */
#include "config.h"

#include "cgroup/cgroup.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "cgroup/cg_internal.h"

#include "base/banned.h"

struct old {
	const char *dir, *file;
	const char *text; /* to be written back; NULL = nothing to do */
	bool done;
};

/* Length of "MAJOR:MINOR" at the start of a value, 0 if it does not have one. */
static size_t device_len(const char *value)
{
	size_t major = strspn(value, "0123456789"), minor;

	if (major == 0 || value[major] != ':')
		return 0;
	minor = strspn(value + major + 1, "0123456789");
	return minor ? major + 1 + minor : 0;
}

/* The line of the device, or what stands for "no entry". */
static const char *device_line(struct arena *a, const char *file,
			       const char *text, const char *value, size_t len)
{
	for (const char *p = text; *p;) {
		size_t n = strcspn(p, "\n");

		if (strncmp(p, value, len) == 0 && p[len] == ' ')
			return arena_strndup(a, p, n);
		p += n + (p[n] == '\n');
	}
	if (streq(file, "io.max"))
		return arena_printf(a, "%.*s rbps=max wbps=max riops=max "
				    "wiops=max", (int)len, value);
	if (streq(file, "io.weight"))
		return arena_printf(a, "%.*s default", (int)len, value);
	return arena_printf(a, "%.*s 0", (int)len, value);
}

static void remember(struct cgroup *cg, struct arena *a,
		     const struct cg_write *w, struct old *ret)
{
	const char *dir = cg_write_dir(cg, w);
	size_t len = device_len(w->value);

	*ret = (struct old){ .dir = dir, .file = w->file };
	if (!dir)
		return;
	const char *text = cg_read(a, dir, w->file);

	if (len)
		ret->text = device_line(a, w->file, text, w->value, len);
	else if (*text)
		ret->text = arena_strndup(a, text, strcspn(text, "\n"));
	else if (str_starts(w->file, "cpuset."))
		ret->text = "\n"; /* v2: nothing set, as the parent has it */
}

/* Is it what is in the file now? Then there is nothing to write back. */
static bool unchanged(struct cgroup *cg, struct arena *a,
		      const struct cg_write *w, const struct old *old)
{
	struct old now;

	remember(cg, a, w, &now);
	return streq0(now.text, old->text);
}

/*
 * Last written first: the reverse of an allowed way is allowed, but for what
 * only a retry got through (see CGW_DEFER): hence the rounds.
 */
#define ROUNDS 3

static bool restore(struct cgroup *cg, struct arena *a,
		    const struct cg_writes *w, struct old *old)
{
	size_t left = w->n;

	for (int round = 0; round < ROUNDS && left; round++) {
		for (size_t i = w->n; i-- > 0;) {
			struct old *o = &old[i];

			if (o->done)
				continue;
			if (o->text && !unchanged(cg, a, &w->v[i], o) &&
			    cg_put(o->dir, o->file, o->text) < 0)
				continue;
			o->done = true;
			left--;
		}
	}
	return left == 0;
}

int cgroup_update(struct cgroup *cg, const struct spec_resources *res,
		  struct err *e)
{
	struct arena *a = &cg->arena;
	struct cg_writes w;
	int r = cg_plan_fresh(cg, res, &w, e);

	if (r < 0)
		return r;
	struct old *old = arena_array(a, w.n, sizeof(*old));

	for (size_t i = 0; i < w.n; i++)
		remember(cg, a, &w.v[i], &old[i]);
	r = cg_write_all(cg, &w, e);
	/*
	 * Then systemd, which takes what the kernel would refuse. It may write what
	 * it knows of the same controllers, so ours come once more.
	 */
	if (r == 0 && cg->sd)
		r = cg_sd_apply(cg, res, false, e);
	if (r == 0 && cg->sd)
		r = cg_write_all(cg, &w, e);
	if (r < 0 && !restore(cg, a, &w, old))
		(void)err_hint(e, "some limits could not be set back and have "
			       "their new values already");
	return r;
}
