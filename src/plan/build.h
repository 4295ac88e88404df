/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of plan_build(), shared by plan.c, plan_mounts.c and plan_process.c;
 * nobody else includes it. For each row of steps.def there is one function
 * plan_fill_ID() that adds the steps of that row, in the order in which they
 * are to run: none, one or many.
 */
#ifndef OCIRUN_PLAN_BUILD_H
#define OCIRUN_PLAN_BUILD_H

#include "plan/plan.h"

struct builder {
	struct plan *plan;
	const struct spec *spec;
	const struct host *host;
	const struct plan_request *req;
	const struct spec_process *proc; /* the process to run */
	enum step_id row;		 /* row being filled */
	bool exec;	 /* VERB_EXEC: only the rows of a process */
	bool own_mounts; /* the container has a mount namespace */
	bool user_ns, cgroup_ns;
	bool own_dev; /* /dev is ours to populate, no bind of the config */
	bool nnp;     /* no_new_privileges will be set */
	bool seccomp; /* SLOT_SECCOMP will be filled */
	struct arg_exec program; /* for LOOKUP and EXEC, made once */
};

#define STEP(id, arg, name, why) \
	int plan_fill_##id(struct builder *b, struct err *e);
#include "plan/steps.def"
#undef STEP

/* Add a step of the current row. The pointer is good until the next call. */
union step_arg *plan_add(struct builder *b);
/* Lexically clean copy of a path in the plan's arena. */
const char *plan_clean(struct builder *b, const char *path);
/* A set of strings (not copied) with constant-time lookup. */
struct strset {
	struct {
		const char *p;
		size_t len;
	} * slot;
	size_t mask;
};
/* Room for n strings, in the arena. */
void strset_init(struct strset *set, struct arena *arena, size_t n);
/* False if the string was in the set already. */
bool strset_add(struct strset *set, const char *p, size_t len);
bool strset_has(const struct strset *set, const char *p);

#endif
