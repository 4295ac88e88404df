/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building a plan: walk the rows of steps.def in the order of that file and let
 * one function per row add its steps. The functions are in plan_mounts.c (what
 * concerns the file system) and plan_process.c (what concerns the process).
 *
 * Must not: open a file, make a system call, log (I7), or know an order of its
 * own: what comes after what is decided by steps.def alone (I8).
 */
#include "config.h"
#include "plan/plan.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "plan/build.h"
#include "base/banned.h"

typedef int (*fill_fn)(struct builder *b, struct err *e);

#define STEP(id, arg, name, why) [STEP_##id] = plan_fill_##id,
static const fill_fn fillers[_STEP_MAX] = {
#include "plan/steps.def"
};
#undef STEP

union step_arg *plan_add(struct builder *b)
{
	struct plan *p = b->plan;
	struct step *s;

	if (p->n_steps == p->cap) {
		/* each mount is a step, few of the others are more than one */
		p->cap = p->cap ? p->cap * 2 : b->spec->n_mounts + 96;
		p->steps = xreallocarray(p->steps, p->cap, sizeof(*p->steps));
	}
	s = &p->steps[p->n_steps++];
	*s = (struct step){ .id = b->row };
	return &s->u;
}

const char *plan_clean(struct builder *b, const char *path)
{
	AUTO(str) char *clean = path_clean(path);

	return arena_strdup(&b->plan->arena, clean);
}

void strset_init(struct strset *set, struct arena *arena, size_t n)
{
	size_t size = 16;

	while (size < 2 * n)
		size *= 2;
	set->slot = arena_array(arena, size, sizeof(*set->slot));
	set->mask = size - 1;
}

/* Where the string is, or where it would go. */
static size_t strset_find(const struct strset *set, const char *p, size_t len)
{
	uint64_t h = 0xcbf29ce484222325ULL; /* FNV-1a */
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ (unsigned char)p[i]) * 0x100000001b3ULL;
	for (i = (size_t)(h ^ (h >> 32)) & set->mask; set->slot[i].p;
	     i = (i + 1) & set->mask)
		if (set->slot[i].len == len &&
		    memcmp(set->slot[i].p, p, len) == 0)
			break;
	return i;
}

bool strset_add(struct strset *set, const char *p, size_t len)
{
	size_t i = strset_find(set, p, len);

	if (set->slot[i].p)
		return false;
	set->slot[i].p = p;
	set->slot[i].len = len;
	return true;
}

bool strset_has(const struct strset *set, const char *p)
{
	return set->slot[strset_find(set, p, strlen(p))].p;
}

void plan_state_head(struct str *out, const char *id, const char *status)
{
	str_add(out, "{\"ociVersion\":\"1.3.0\",\"id\":");
	str_add_json_html(out, id);
	str_add(out, ",\"status\":");
	str_add_json_html(out, status);
	str_addc(out, ',');
}

static int by_key(const void *a, const void *b)
{
	const struct kv *ka = a, *kb = b;

	return strcmp(ka->key, kb->key);
}

void plan_state_tail(struct str *out, const char *bundle,
		     const struct kv_list *annotations)
{
	size_t n = annotations ? annotations->n : 0;

	str_add(out, "\"bundle\":");
	str_add_json_html(out, bundle);
	if (n > 0) {
		struct kv *sorted = xcalloc(n, sizeof(*sorted));

		memcpy(sorted, annotations->v, n * sizeof(*sorted));
		qsort(sorted, n, sizeof(*sorted), by_key);
		str_add(out, ",\"annotations\":{");
		for (size_t i = 0; i < n; i++) {
			if (i > 0)
				str_addc(out, ',');
			str_add_json_html(out, sorted[i].key);
			str_addc(out, ':');
			str_add_json_html(out, sorted[i].value);
		}
		str_addc(out, '}');
		free(sorted);
	}
	str_addc(out, '}');
}

static const char *verb_name(enum verb verb)
{
	switch (verb) {
	case VERB_CREATE:
		return "create";
	case VERB_RUN:
		return "run";
	case VERB_EXEC:
		return "exec";
	case VERB_MOUNTS:
		return "mounts";
	}
	return "unknown";
}

/* A bind over the whole of /dev brings its own nodes and links. */
static bool populate_dev(const struct spec *spec)
{
	for (size_t i = 0; i < spec->n_mounts; i++) {
		AUTO(str) char *dest = NULL;

		if (spec->mounts[i].kind != MOUNT_BIND)
			continue;
		dest = path_clean(spec->mounts[i].destination);
		if (streq(dest, "/dev"))
			return false;
	}
	return true;
}

static void builder_init(struct builder *b, struct plan *plan,
			 const struct spec *spec, const struct host *host,
			 const struct plan_request *req)
{
	*b = (struct builder){
		.plan = plan,
		.spec = spec,
		.host = host,
		.req = req,
		.proc = req->process ? req->process : &spec->process,
		.exec = req->verb == VERB_EXEC,
		.own_mounts = spec->linux_.ns[NS_MNT].listed,
		.user_ns = spec->linux_.ns[NS_USER].listed,
		.cgroup_ns = spec->linux_.ns[NS_CGROUP].listed &&
			     !req->cgroup_ns_host,
		.own_dev = populate_dev(spec),
		.seccomp = req->seccomp,
	};
	b->nnp = b->proc->no_new_privileges.set && b->proc->no_new_privileges.v;
}

/* No program is run for `mounts`, and for nothing else a plan ends without one. */
static bool has_row(const struct plan_request *req, enum step_id row)
{
	bool mounts = req->verb == VERB_MOUNTS;

	switch ((int)row) {
	case STEP_TARGET:
	case STEP_DONE:
		return mounts;
	case STEP_UNMOUNT:
		return mounts && req->unmount;
	case STEP_MOUNT:
	case STEP_SYMLINK:
	case STEP_REMOUNT_RO:
		return !req->unmount;
	case STEP_PROPAGATION:
	case STEP_READY:
		return true;
	default:
		return !mounts;
	}
}

int plan_build(struct plan *ret, const struct spec *spec,
	       const struct host *host, const struct plan_request *req,
	       struct err *e)
{
	struct plan p = { .n_slots = _SLOT_MAX, .debug = req->debug,
			  .runc_words = req->runc_words };
	struct builder b;
	int r = 0;

	p.id = req->id;
	p.verb = verb_name(req->verb);
	builder_init(&b, &p, spec, host, req);
	for (int row = STEP_NONE + 1; row < _STEP_MAX && r == 0; row++) {
		b.row = (enum step_id)row;
		if (has_row(req, b.row))
			r = fillers[row](&b, e);
	}
	if (r < 0) {
		plan_free(&p);
		return r;
	}
	p.fds = arena_array(&p.arena, p.n_slots, sizeof(*p.fds));
	for (size_t i = 0; i < p.n_slots; i++)
		p.fds[i] = -1;
	*ret = p;
	return 0;
}

void plan_free(struct plan *plan)
{
	free(plan->steps);
	arena_free(&plan->arena);
	*plan = (struct plan){ 0 };
}
