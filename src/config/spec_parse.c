/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec_parse.c - owns the way from the text of a config.json to a checked
 * struct spec: the tables of the top level (runtime-spec config.md), the list
 * of findings, and the order parse, types, rules.
 *
 * Only spec_load_at() touches the file system, and only it logs. After this
 * module nobody reads JSON of the spec (I7: planning parses nothing).
 */
#include "config/config.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "config/mount_opts.h"
#include "config/spec_check.h"
#include "config/spec_tables.h"
#include "base/banned.h"

/* Beyond these numbers findings are only counted; errors have the last word. */
#define WARNINGS_MAX 900U
#define FINDINGS_MAX 1000U

/* ---- mounts ------------------------------------------------------------ */

static enum mount_kind mount_kind(const struct spec_mount *m)
{
	static const struct {
		const char *type;
		enum mount_kind kind;
	} kinds[] = {
		{ "proc", MOUNT_PROC },     { "sysfs", MOUNT_SYSFS },
		{ "mqueue", MOUNT_MQUEUE }, { "tmpfs", MOUNT_TMPFS },
		{ "cgroup", MOUNT_CGROUP }, { "cgroup2", MOUNT_CGROUP },
	};

	if (m->o.flags & MS_REMOUNT)
		return MOUNT_REMOUNT;
	if (m->o.flags & MS_BIND)
		return MOUNT_BIND;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (streq(m->type, kinds[i].type))
			return kinds[i].kind;
	return MOUNT_FS;
}

/* The mount option one slip away from this word; NULL if it is one, or none. */
static const char *nearest_option(const char *word)
{
	const struct mount_opt_name *n;

	for (n = mount_opt_names; n->name; n++)
		if (streq(n->name, word))
			return NULL;
	for (n = mount_opt_names; n->name; n++)
		if (str_distance(n->name, word, 1) <= 1)
			return n->name;
	return NULL;
}

/*
 * File systems whose own options are all known and none of which looks like a
 * mount flag: an unknown word there is a typo that ends as a bare EINVAL.
 */
static void warn_typos(struct walk *w, const struct json *j,
		       const struct spec_mount *m)
{
	bool known_fs = (m->kind >= MOUNT_PROC && m->kind <= MOUNT_CGROUP) ||
			streq(m->type, "devpts");

	if (!known_fs || !m->o.data)
		return;
	for (size_t i = 0; i < m->options.n; i++) {
		const char *option = m->options.v[i], *near = NULL;

		if (*option && !strchr(option, '='))
			near = nearest_option(option);
		if (near)
			walk_warn(w, j, "options", "unknown mount option '%.64s': did you mean '%s'?",
				  option, near);
	}
}

static void finish_mount(struct walk *w, const struct json *j, void *outer)
{
	struct spec_mount *m = outer;
	const char *dest = m->destination;

	if (!m->type)
		m->type = "";
	if (!m->source)
		m->source = "";
	for (size_t i = 0; i < m->options.n; i++)
		if (!m->options.v[i]) /* wrong type, already reported */
			m->options.v[i] = "";
	mount_opts_parse(&m->o, w->arena, &m->options);
	m->kind = mount_kind(m);
	warn_typos(w, j, m);
	if (!dest)
		return;
	if (*dest == '\0') {
		walk_error(w, j, "destination", "mount destination must not be empty");
	} else if (*dest != '/') {
		walk_warn(w, j, "destination",
			  "mount destination %.200s is not absolute, which is deprecated: using it as relative to /",
			  dest);
		m->destination = arena_printf(w->arena, "/%s", dest);
	}
}

static const struct field mount_fields[] = {
	F_REQ(FK_STR, struct spec_mount, destination, "destination"),
	F(FK_STR, struct spec_mount, type, "type"),
	F(FK_STR, struct spec_mount, source, "source"),
	F(FK_STR_LIST, struct spec_mount, options, "options"),
	F_LIST(struct spec_mount, uid_mappings.v, uid_mappings.n, "uidMappings",
	       &schema_idmap),
	F_LIST(struct spec_mount, gid_mappings.v, gid_mappings.n, "gidMappings",
	       &schema_idmap),
	F_END,
};
static const struct object mount_object = { .fields = mount_fields,
					    .size = sizeof(struct spec_mount),
					    .finish = finish_mount };

/*
 * Option idmap=… is another way to write the mappings of a mount; it may refer
 * to those of the container, so that it waits for the end of the document.
 */
static void finish_idmaps(struct walk *w, const struct json *j, struct spec *spec)
{
	const struct spec_linux *l = &spec->linux_;
	const struct json *mount = walk_member(j, "mounts");

	mount = mount && spec->n_mounts ? mount->child : NULL;
	for (size_t i = 0; mount && i < spec->n_mounts; i++, mount = mount->next) {
		struct spec_mount *m = &spec->mounts[i];
		struct frame list = { w->top, "mounts", 0 };
		struct frame item = { &list, NULL, i };
		const char *why;

		if (!m->o.idmap_spec || m->uid_mappings.n || m->gid_mappings.n)
			continue;
		if (mount_idmap_parse(m->o.idmap_spec, &l->uid_mappings,
				      &l->gid_mappings, w->arena, &m->uid_mappings,
				      &m->gid_mappings, &why) == 0)
			continue;
		w->top = &item;
		walk_error(w, mount, "options", "mount option 'idmap=': %s", why);
		w->top = list.up;
	}
}

/* ---- hooks, root ------------------------------------------------------- */

static const struct field hook_fields[] = {
	F_REQ(FK_STR, struct spec_hook, path, "path"),
	F(FK_STR_LIST, struct spec_hook, args, "args"),
	F_PRESENT(FK_STR_LIST, struct spec_hook, env, env_set, "env"),
	F(FK_I32, struct spec_hook, timeout, "timeout",
	  .flags = FIELD_OPT | FIELD_RANGE, RANGE(1, INT32_MAX)),
	F_END,
};
static const struct object hook_object = { .fields = hook_fields,
					   .size = sizeof(struct spec_hook) };

#define F_HOOKS(kind_, name_) \
	F_LIST(struct spec, hooks[kind_].v, hooks[kind_].n, name_, &hook_object)

static const struct field hooks_fields[] = {
	F_HOOKS(HOOK_PRESTART, "prestart"),
	F_HOOKS(HOOK_CREATE_RUNTIME, "createRuntime"),
	F_HOOKS(HOOK_CREATE_CONTAINER, "createContainer"),
	F_HOOKS(HOOK_START_CONTAINER, "startContainer"),
	F_HOOKS(HOOK_POSTSTART, "poststart"),
	F_HOOKS(HOOK_POSTSTOP, "poststop"),
	F_END,
};
static const struct object hooks_object = { .fields = hooks_fields };

static const struct field root_fields[] = {
	F_REQ(FK_STR, struct spec_root, path, "path"),
	F(FK_BOOL, struct spec_root, readonly, "readonly"),
	F_END,
};
static const struct object root_object = { .fields = root_fields };

/*
 * Configs of engines from before runtime-spec 1.0.0: the score is among the
 * resources, and they write a pids limit of 0 where there is none.
 */
static void finish_old(struct spec *spec)
{
	struct spec_resources *r = &spec->linux_.resources;
	const char *v = spec->oci_version;

	if (!spec->process.oom_score_adj.set)
		spec->process.oom_score_adj = r->old_oom_score_adj;
	if (v && (str_starts(v, "0.") || str_starts(v, "1.0.0-")) &&
	    r->pids_limit.set && r->pids_limit.v == 0)
		r->pids_limit.set = false;
}

static void finish_spec(struct walk *w, const struct json *j, void *outer)
{
	finish_idmaps(w, j, outer);
	finish_old(outer);
}

static const struct field spec_fields[] = {
	F_REQ(FK_STR, struct spec, oci_version, "ociVersion"),
	F_PRESENT(FK_OBJECT, struct spec, process, process_set, "process",
		  .object = &schema_process),
	F_PRESENT(FK_OBJECT, struct spec, root, root_set, "root",
		  .object = &root_object, .flags = FIELD_REQUIRED,
		  .missing = "root must be specified"),
	F(FK_STR, struct spec, hostname, "hostname", .flags = FIELD_NO_EMPTY),
	F(FK_STR, struct spec, domainname, "domainname", .flags = FIELD_NO_EMPTY),
	F_LIST(struct spec, mounts, n_mounts, "mounts", &mount_object),
	F_FLAT("hooks", &hooks_object),
	F(FK_KV, struct spec, annotations, "annotations"),
	F_PRESENT(FK_OBJECT, struct spec, linux_, linux_.set, "linux",
		  .object = &schema_linux),
	F_IGNORE("solaris"),
	F_IGNORE("windows"),
	F_IGNORE("vm"),
	F_IGNORE("zos"),
	F_IGNORE("freebsd"),
	F_IGNORE("platform"), /* before 1.0.0 */
	F_END,
};
const struct object schema_spec = { .fields = spec_fields,
				    .size = sizeof(struct spec),
				    .finish = finish_spec };

static void finish_mounts(struct walk *w, const struct json *j, void *outer)
{
	finish_idmaps(w, j, outer);
}

/* spec_parse_mounts(): only these of a struct spec. */
static const struct field mounts_fields[] = {
	F_LIST(struct spec, mounts, n_mounts, "mounts", &mount_object),
	F_END,
};
static const struct object mounts_document = { .fields = mounts_fields,
					       .size = sizeof(struct spec),
					       .finish = finish_mounts };

/* ---- findings ---------------------------------------------------------- */

void findings_add(struct findings *f, bool is_error, int line, int column,
		  const char *pointer, const char *fmt, ...)
{
	char text[1024];
	struct finding *v;
	va_list ap;

	f->n_errors += is_error;
	if (f->n >= (is_error ? FINDINGS_MAX : WARNINGS_MAX))
		return;
	if (f->n == f->cap) {
		f->cap = f->cap ? f->cap * 2 : 16;
		f->v = xreallocarray(f->v, f->cap, sizeof(*f->v));
	}
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	v = &f->v[f->n++];
	v->is_error = is_error;
	v->line = line;
	v->column = column;
	v->pointer = arena_strdup(&f->arena, pointer);
	v->text = arena_strdup(&f->arena, text);
}

void findings_free(struct findings *f)
{
	free(f->v);
	arena_free(&f->arena);
	memset(f, 0, sizeof(*f));
}

void finding_format(const struct finding *finding, const char *file,
		    struct str *out)
{
	str_add(out, file);
	if (finding->line)
		str_addf(out, ":%d:%d", finding->line, finding->column);
	str_add(out, ": ");
	if (*finding->pointer)
		str_addf(out, "%s: ", finding->pointer);
	str_add(out, finding->text);
}

int findings_error(const struct findings *f, size_t from, int code,
		   const char *file, struct err *e)
{
	const struct finding *first = NULL;
	size_t n = 0;

	for (size_t i = from; i < f->n; i++) {
		if (f->v[i].is_error && n++ == 0)
			first = &f->v[i];
	}
	if (!first) /* `f` was full before */
		return err_set(e, code, "%s: more errors than can be listed", file);
	if (first->line)
		(void)err_set(e, code, "%s:%d:%d: %s", file, first->line,
			      first->column, first->text);
	else
		(void)err_set(e, code, "%s: %s", file, first->text);
	if (*first->pointer)
		(void)err_at(e, "%s", first->pointer);
	if (n > 1)
		(void)err_hint(e, "and %zu more error%s in this file", n - 1,
			       n > 2 ? "s" : "");
	return -code;
}

/* ---- entry points ------------------------------------------------------ */

struct document {
	const struct object *object;
	void (*check)(const void *object, struct findings *f);
	const char *file;
	const char *member; /* not NULL: the text is only this member's value */
};

/* Rules report in the order of the rules: restore that of the document. */
static void sort_findings(struct findings *f, size_t from)
{
	for (size_t i = from + 1; i < f->n; i++) {
		struct finding v = f->v[i];
		size_t k = i;

		while (k > from && (f->v[k - 1].line > v.line ||
				    (f->v[k - 1].line == v.line &&
				     f->v[k - 1].column > v.column))) {
			f->v[k] = f->v[k - 1];
			k--;
		}
		f->v[k] = v;
	}
}

static int parse_document(const struct document *doc, void *out,
			  struct arena *arena, const char *text, size_t len,
			  struct findings *f, struct err *e)
{
	AUTO(arena) struct arena tree_arena = { 0 };
	struct walk w = { .arena = arena, .f = f };
	struct json *tree = NULL;
	size_t errors = f->n_errors, from = f->n;
	int r;

	/* strings of the result are those of the tree */
	r = json_parse_texts(&tree, &tree_arena, arena, text, len, doc->file, e);
	if (r < 0)
		return r;
	if (doc->member) {
		struct json *top = ARENA_NEW(&tree_arena, struct json);

		*top = (struct json){ .type = JSON_OBJECT, .line = 1, .column = 1,
				      .child = tree, .n_children = 1 };
		tree->key = doc->member;
		tree = top;
	}
	walk_object(&w, tree, doc->object, out);
	f->n_parsed = f->n;
	doc->check(out, f);
	for (size_t i = f->n_parsed; i < f->n; i++)
		pointer_position(tree, f->v[i].pointer, &f->v[i].line,
				 &f->v[i].column);
	sort_findings(f, f->n_parsed);
	if (f->n_errors == errors)
		return 0;
	return findings_error(f, from, EINVAL, doc->file, e);
}

static void check_spec(const void *object, struct findings *f)
{
	spec_check(object, f);
}

static void check_process(const void *object, struct findings *f)
{
	spec_check_process(object, "", f);
}

static void check_nothing(const void *object, struct findings *f)
{
	(void)object;
	(void)f;
}

static void check_mounts(const void *object, struct findings *f)
{
	spec_check_mounts(object, f);
}

static void check_resources(const void *object, struct findings *f)
{
	spec_check_resources(object, "", f);
}

int spec_parse(struct spec *ret, const char *text, size_t len,
	       const char *file, struct findings *f, struct err *e)
{
	const struct document doc = { &schema_spec, check_spec, file, NULL };

	memset(ret, 0, sizeof(*ret));
	return parse_document(&doc, ret, &ret->arena, text, len, f, e);
}

int spec_parse_process(struct spec_process *ret, struct arena *arena,
		       const char *text, size_t len, const char *file,
		       struct findings *f, struct err *e)
{
	const struct document doc = { &schema_process, check_process, file, NULL };

	memset(ret, 0, sizeof(*ret));
	return parse_document(&doc, ret, arena, text, len, f, e);
}

int spec_parse_mounts(struct spec *spec, const char *text, size_t len,
		      const char *file, bool places, struct findings *f,
		      struct err *e)
{
	const struct document doc = { &mounts_document,
				      places ? check_nothing : check_mounts, file,
				      "mounts" };

	spec->mounts = NULL;
	spec->n_mounts = 0;
	return parse_document(&doc, spec, &spec->arena, text, len, f, e);
}

int spec_parse_resources(struct spec_resources *ret, struct arena *arena,
			 const char *text, size_t len, const char *file,
			 struct findings *f, struct err *e)
{
	const struct document doc = { &schema_resources, check_resources, file,
				      NULL };
	int r;

	memset(ret, 0, sizeof(*ret));
	r = parse_document(&doc, ret, arena, text, len, f, e);
	ret->set = true;
	return r;
}

void findings_log(const struct findings *f, const char *file)
{
	struct str line = { 0 };

	for (size_t i = 0; i < f->n; i++) {
		/* a single error is in the final message already */
		if (f->v[i].is_error && f->n_errors == 1)
			continue;
		str_reset(&line);
		finding_format(&f->v[i], file, &line);
		if (f->v[i].is_error)
			log_error("%s", str_text(&line));
		else
			log_warn("%s", str_text(&line));
	}
	str_free(&line);
}

int config_read_at(int dirfd, const char *name, const char *what, bool stream,
		   size_t max, char **ret, size_t *ret_len, struct err *e)
{
	int r = file_read_given_at(dirfd, name, stream, max, ret, ret_len);

	if (r >= 0)
		return 0;
	if (r == -EFBIG)
		return err_set(e, EFBIG, "%s%s%s: larger than %zu MiB",
			       what ? what : "", what ? " " : "", name, max >> 20);
	if (r != -ESPIPE)
		return err_errno(e, -r, "cannot read %s%s'%s'", what ? what : "",
				 what ? " " : "", name);
	(void)err_set(e, ESPIPE, "cannot read %s%s'%s': not a regular file",
		      what ? what : "", what ? " " : "", name);
	return err_hint(e, stream ?
			"it is a FIFO, device or socket; pass a pipe as /dev/stdin or /dev/fd/N" :
			"it is a FIFO, device or socket, which might never end");
}

static int load(struct spec *ret, int dirfd, const char *name, char **ret_text,
		struct findings *f, struct err *e)
{
	AUTO(str) char *text = NULL;
	size_t len = 0;
	int r;

	memset(ret, 0, sizeof(*ret));
	r = config_read_at(dirfd, name, NULL, false, JSON_MAX_TEXT, &text, &len, e);
	if (r == -ENOENT)
		return err_set(e, ENOENT, "JSON specification file %s not found", name);
	if (r < 0)
		return r;
	r = spec_parse(ret, text, len, name, f, e);
	if (r < 0)
		return r;
	if (ret_text)
		*ret_text = TAKE_PTR(text);
	return 0;
}

int spec_load_at(struct spec *ret, int dirfd, const char *name,
		 char **ret_text, struct err *e)
{
	AUTO(findings) struct findings f = { 0 };
	int r = load(ret, dirfd, name, ret_text, &f, e);

	findings_log(&f, name);
	return r;
}

int spec_reload_at(struct spec *ret, int dirfd, const char *name, struct err *e)
{
	AUTO(findings) struct findings f = { 0 };

	return load(ret, dirfd, name, NULL, &f, e);
}

void spec_free(struct spec *spec)
{
	arena_free(&spec->arena);
}
