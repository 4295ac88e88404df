/* SPDX-License-Identifier: Apache-2.0 */
/*
 * update (update.h): merge, apply, store. The config that the container was made
 * with stays as it is; what updates have changed is a document of its own in the
 * state directory, replaced atomically after the kernel has taken the values.
 * The container's lock is held from reading the old limits to storing the new
 * ones, so that two updates cannot lose each other's.
 */
#include "config.h"
#include "runtime/update.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "config/config.h"
#include "config/resources_print.h"
#include "rdt/rdt.h"
#include "runtime/start.h"
#include "runtime/state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"

#define RESOURCES_MAX	 (16U << 20)
#define LOCK_DEADLINE_MS (10 * 1000)

/* ---- merging ----------------------------------------------------------- */

/* `to` and `also` take the value if it is given. */
#define TAKE(from, to, also)                    \
	do {                                    \
		if ((from).set)                 \
			(to) = (also) = (from); \
	} while (0)

static void merge_memory(struct spec_memory *m, struct spec_memory *apply,
			 const struct spec_memory *ask)
{
	struct opt_i64 swap = ask->swap;
	bool any = ask->limit.set || ask->swap.set;

	/* No limit on memory cannot go with one on memory and swap. */
	if (ask->limit.set && ask->limit.v == -1 && !swap.set)
		swap = (struct opt_i64){ true, 0 };
	TAKE(ask->limit, m->limit, apply->limit);
	TAKE(swap, m->swap, apply->swap);
	TAKE(ask->reservation, m->reservation, apply->reservation);
	/* It is about this update; the next one has to ask again. */
	m->check_before_update = apply->check_before_update =
		ask->check_before_update;
	if (any) {
		apply->limit = m->limit;
		apply->swap = m->swap;
	}
}

static void merge_cpu(struct spec_cpu *c, struct spec_cpu *apply,
		      const struct spec_cpu *ask)
{
	bool quota = ask->quota.v != 0, period = ask->period.v != 0;

	TAKE(ask->shares, c->shares, apply->shares);
	/* An idle group has no weight: what it had does not come back. */
	if (ask->idle.set && !ask->shares.set)
		c->shares = (struct opt_u64){ false, 0 };
	if (quota)
		c->quota = ask->quota;
	if (period)
		c->period = ask->period;
	if (quota || period) {
		apply->quota = c->quota;
		apply->period = c->period;
	}
	TAKE(ask->burst, c->burst, apply->burst);
	TAKE(ask->idle, c->idle, apply->idle);
	TAKE(ask->realtime_period, c->realtime_period, apply->realtime_period);
	TAKE(ask->realtime_runtime, c->realtime_runtime,
	     apply->realtime_runtime);
	if (ask->cpus && *ask->cpus)
		c->cpus = apply->cpus = ask->cpus;
	if (ask->mems && *ask->mems)
		c->mems = apply->mems = ask->mems;
}

/* The last entry of the device, which is the one that counts, or a new one. */
static struct spec_weight_device *
upsert_weight(struct spec_block_io *b, struct arena *arena,
	      const struct spec_weight_device *ask)
{
	struct spec_weight_device *v;
	size_t n = b->n_weight_devices;

	for (size_t i = n; i-- > 0;)
		if (b->weight_devices[i].major == ask->major &&
		    b->weight_devices[i].minor == ask->minor)
			return &b->weight_devices[i];
	v = arena_array(arena, n + 1, sizeof(*v));
	if (n)
		memcpy(v, b->weight_devices, n * sizeof(*v));
	v[n] = (struct spec_weight_device){ .major = ask->major,
					    .minor = ask->minor };
	b->weight_devices = v;
	b->n_weight_devices = n + 1;
	return &v[n];
}

static void merge_weights(struct spec_block_io *b, struct spec_block_io *apply,
			  const struct spec_block_io *ask, struct arena *arena)
{
	size_t n = ask->n_weight_devices;

	if (n == 0)
		return;
	/* A copy to change: the old list belongs to somebody else. */
	if (b->n_weight_devices)
		b->weight_devices = arena_memdup(
			arena, b->weight_devices,
			b->n_weight_devices * sizeof(*b->weight_devices));
	apply->weight_devices = arena_array(arena, n,
					    sizeof(*apply->weight_devices));
	apply->n_weight_devices = n;
	for (size_t i = 0; i < n; i++) {
		const struct spec_weight_device *a = &ask->weight_devices[i];
		struct spec_weight_device *d = upsert_weight(b, arena, a);

		if (a->weight.set)
			d->weight = a->weight;
		if (a->leaf_weight.set)
			d->leaf_weight = a->leaf_weight;
		apply->weight_devices[i] = *d;
	}
}

static void merge_throttle(struct throttle_list *l, struct throttle_list *apply,
			   const struct throttle_list *ask, struct arena *arena)
{
	struct spec_throttle_device *v;

	if (ask->n == 0)
		return;
	*apply = *ask;
	v = arena_array(arena, l->n + ask->n, sizeof(*v));
	if (l->n)
		memcpy(v, l->v, l->n * sizeof(*v));
	l->v = v;
	for (size_t i = 0; i < ask->n; i++) {
		size_t k = l->n;

		while (k > 0 && (v[k - 1].major != ask->v[i].major ||
				 v[k - 1].minor != ask->v[i].minor))
			k--;
		if (k > 0)
			v[k - 1].rate = ask->v[i].rate;
		else
			v[l->n++] = ask->v[i];
	}
}

static void merge_block_io(struct spec_block_io *b, struct spec_block_io *apply,
			   const struct spec_block_io *ask, struct arena *arena)
{
	TAKE(ask->weight, b->weight, apply->weight);
	TAKE(ask->leaf_weight, b->leaf_weight, apply->leaf_weight);
	merge_weights(b, apply, ask, arena);
	merge_throttle(&b->read_bps, &apply->read_bps, &ask->read_bps, arena);
	merge_throttle(&b->write_bps, &apply->write_bps, &ask->write_bps, arena);
	merge_throttle(&b->read_iops, &apply->read_iops, &ask->read_iops, arena);
	merge_throttle(&b->write_iops, &apply->write_iops, &ask->write_iops,
		       arena);
}

static void merge_unified(struct kv_list *l, const struct kv_list *ask,
			  struct arena *arena)
{
	struct kv *v;

	if (ask->n == 0)
		return;
	v = arena_array(arena, l->n + ask->n, sizeof(*v));
	if (l->n)
		memcpy(v, l->v, l->n * sizeof(*v));
	l->v = v;
	for (size_t i = 0; i < ask->n; i++) {
		size_t k = 0;

		while (k < l->n && !streq(v[k].key, ask->v[i].key))
			k++;
		v[k] = ask->v[i];
		if (k == l->n)
			l->n++;
	}
}

void update_merge(const struct spec_resources *old,
		  const struct spec_resources *ask, struct arena *arena,
		  struct spec_resources *ret_store,
		  struct spec_resources *ret_apply)
{
	struct spec_resources store = *old, apply = { .set = true };

	store.set = true;
	merge_memory(&store.memory, &apply.memory, &ask->memory);
	merge_cpu(&store.cpu, &apply.cpu, &ask->cpu);
	merge_block_io(&store.block_io, &apply.block_io, &ask->block_io, arena);
	TAKE(ask->pids_limit, store.pids_limit, apply.pids_limit);
	merge_unified(&store.unified, &ask->unified, arena);
	apply.unified = ask->unified;
	*ret_store = store;
	*ret_apply = apply;
}

/* ---- reading and storing ----------------------------------------------- */

/* Documents and what was parsed from them. */
struct update {
	const struct update_opts *opts;
	struct container c;
	struct cgroup *cg;
	struct spec spec; /* as at create; used until the first update */
	struct arena arena;
	struct spec_resources old, ask;
};

static int read_ask(struct update *u, struct err *e)
{
	AUTO(findings) struct findings f = { 0 };
	AUTO(str) char *text = NULL;
	const char *file = u->opts->file;
	size_t len;
	int r;

	if (!file) {
		u->ask = u->opts->res;
		return 0;
	}
	if (streq(file, "-")) {
		file = "standard input";
		r = fd_read_all(STDIN_FILENO, RESOURCES_MAX, &text, &len);
		if (r < 0)
			return err_errno(e, -r, "cannot read --resources from the standard input");
	} else if (config_read_at(AT_FDCWD, file, "--resources", true,
				  RESOURCES_MAX, &text, &len, e) < 0) {
		return -e->code;
	}
	r = spec_parse_resources(&u->ask, &u->arena, text, len, file, &f, e);
	findings_log(&f, file);
	return r;
}

static int read_old(struct update *u, struct err *e)
{
	AUTO(findings) struct findings f = { 0 };
	AUTO(str) char *text = NULL;
	size_t len;
	int r = file_read_at(u->c.dirfd, STATE_RESOURCES, RESOURCES_MAX, &text,
			     &len);

	if (r == -ENOENT) {
		if (container_spec(&u->c, &u->spec, e) < 0)
			return -e->code;
		u->old = u->spec.linux_.resources;
		return 0;
	}
	if (r < 0)
		return err_errno(e, -r, "cannot read %s of container '%s'",
				 STATE_RESOURCES, u->opts->id);
	if (spec_parse_resources(&u->old, &u->arena, text, len, STATE_RESOURCES,
				 &f, e) < 0)
		return err_wrap(e, "stored limits of '%s'", u->opts->id);
	return 0;
}

static int store(const struct update *u, const struct spec_resources *res,
		 struct err *e)
{
	AUTO(strbuf) struct str text = { 0 };

	resources_print(res, &text);
	str_addc(&text, '\n');
	int r = file_replace_at(u->c.dirfd, STATE_RESOURCES, text.p, text.len,
				0600);

	if (r < 0)
		return err_errno(e, -r, "limits of '%s' are in force but cannot be stored in %s",
				 u->opts->id, STATE_RESOURCES);
	return 0;
}

/* ---- the command ------------------------------------------------------- */

/* What kernels no longer have, and what a config must have had from the start. */
static int check_ask(const struct update *u, struct err *e)
{
	const struct update_opts *o = u->opts;

	if (u->ask.memory.kernel.set || u->ask.memory.kernel_tcp.set)
		log_warn("Kernel memory settings are ignored and will be removed");
	if (!o->l3_cache_schema && !o->mem_bw_schema)
		return 0;
	AUTO(str) char *root = rdt_find_root();

	if (o->l3_cache_schema && (!root || !rdt_has(root, RDT_CACHE)))
		(void)err_set(e, ENOTSUP,
			      "--l3-cache-schema: Intel RDT/CAT: l3 cache schema is not enabled");
	else if (o->mem_bw_schema && (!root || !rdt_has(root, RDT_BANDWIDTH)))
		(void)err_set(e, ENOTSUP,
			      "--mem-bw-schema: Intel RDT/MBA: memory bandwidth schema is not enabled");
	else if (!u->c.rec.rdt.root)
		return err_set(e, ENOTSUP,
			       "updating a non-existent Intel RDT configuration is not supported");
	else
		return 0;
	return root ? -e->code : err_hint(e, "%s", rdt_no_root_hint());
}

/*
 * Limits and schemata, all or nothing. The schemata go first: their old lines are
 * known, and one call brings them back.
 */
static int apply(const struct update *u, const struct spec_resources *res,
		 struct err *e)
{
	const char *l3 = u->opts->l3_cache_schema, *mb = u->opts->mem_bw_schema;
	AUTO(strbuf) struct str lines = { 0 };
	AUTO(str) char *old = NULL;
	struct err w = ERR_INIT;
	char text[2200];

	if (l3)
		str_addf(&lines, "%s\n", l3);
	if (mb)
		str_addf(&lines, "%s\n", mb);
	if (lines.len &&
	    rdt_update(&u->c.rec.rdt, str_text(&lines), &old, e) < 0)
		return -e->code;
	if (cgroup_update(u->cg, res, e) == 0)
		return 0;
	if (old && *old && rdt_update(&u->c.rec.rdt, old, NULL, &w) < 0)
		log_warn("the schemata stay changed: %s",
			 err_format(&w, text, sizeof(text)));
	return -e->code;
}

static int update(struct update *u, struct err *e)
{
	struct spec_resources new, change;
	enum status s;

	if (read_ask(u, e) < 0 || check_ask(u, e) < 0 ||
	    state_lock(&u->c, deadline_in_ms(LOCK_DEADLINE_MS), e) < 0)
		return -e->code;
	s = state_status(&u->c, &u->cg);
	if (s == STATUS_STOPPED || s == STATUS_CREATING)
		return err_set(e, ESRCH, "container not running: '%s' is %s",
			       u->opts->id, status_name(s));
	if (!u->cg)
		return err_set(e, EIO, "the cgroup of '%s' cannot be opened",
			       u->opts->id);
	if (read_old(u, e) < 0)
		return -e->code;
	update_merge(&u->old, &u->ask, &u->arena, &new, &change);
	if (apply(u, &change, e) < 0)
		return -e->code;
	return store(u, &new, e);
}

int container_update(const struct runtime *rt, const struct update_opts *opts,
		     struct err *e)
{
	struct update u = { .opts = opts, .c = CONTAINER_INIT };
	int r = state_open(&u.c, rt->root, opts->id, e);

	if (r == 0)
		r = update(&u, e);
	cgroup_close(u.cg);
	spec_free(&u.spec);
	arena_free(&u.arena);
	state_close(&u.c);
	return r;
}
