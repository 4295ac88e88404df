/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container's life in resctrl (rdt.h): where it will be, making that, leaving no
 * trace. Must not touch a group that somebody else made, but for what the config
 * asks to be written there.
 */
#include "config.h"
#include "rdt/rdt.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "rdt/group.h"
#include "rdt/schema.h"

#include "base/banned.h"

#define RESCTRL	      "/sys/fs/resctrl"
#define MOUNTINFO_MAX (64U << 20)

/* ---- where ------------------------------------------------------------- */

/* The rest after N blanks, or NULL. */
static const char *skip_fields(const char *line, unsigned int n)
{
	while (n-- && line) {
		line = strchr(line, ' ');
		line = line ? line + 1 : NULL;
	}
	return line;
}

/* A mount point as mountinfo has it, \040 being a blank and so on. */
static char *unescape(const char *p, size_t n)
{
	AUTO(strbuf) struct str s = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\\' && i + 3 < n) {
			str_addc(&s, (char)((p[i + 1] - '0') * 64 +
					    (p[i + 2] - '0') * 8 + p[i + 3] - '0'));
			i += 3;
		} else {
			str_addc(&s, p[i]);
		}
	}
	return str_take(&s);
}

char *rdt_parse_mountinfo(const char *text)
{
	size_t len;

	for (const char *p; (p = rdt_schema_line(&text, &len));) {
		AUTO(str) char *line = xstrndup(p, len);
		const char *type = strstr(line, " - ");
		const char *root = skip_fields(line, 3);

		if (!type || !str_starts(type, " - resctrl ") || !root ||
		    !str_starts(root, "/ "))
			continue;
		return unescape(root + 2, strcspn(root + 2, " "));
	}
	return NULL;
}

char *rdt_find_root(void)
{
	struct statfs fs;

#ifdef OCIRUN_FAULTS
	if (getenv("OCIRUN_RESCTRL"))
		return xstrdup(getenv("OCIRUN_RESCTRL"));
#endif
	/* the kernel makes the directory if it has resctrl, wherever that is mounted */
	if (statfs(RESCTRL, &fs) < 0)
		return NULL;
	if ((uint32_t)fs.f_type == RDTGROUP_SUPER_MAGIC)
		return xstrdup(RESCTRL);
	AUTO(str) char *text = NULL;

	if (file_read_at(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, &text,
			 NULL) < 0)
		return NULL;
	return rdt_parse_mountinfo(text);
}

const char *rdt_no_root_hint(void)
{
	if (access(RESCTRL, F_OK) == 0)
		return "mount -t resctrl resctrl " RESCTRL;
	return "there is no " RESCTRL ": this processor or kernel has no resctrl";
}

static bool exists(const char *root, const char *name)
{
	AUTO(str) char *path = xasprintf("%s/%s", root, name);

	return access(path, F_OK) == 0;
}

bool rdt_has(const char *root, enum rdt_kind kind)
{
	switch (kind) {
	case RDT_CACHE: /* with -o cdp there is one schema for each use */
		return exists(root, "info/L3") || exists(root, "info/L3CODE");
	case RDT_BANDWIDTH:
		return exists(root, "info/MB");
	case RDT_MONITORING:
		return exists(root, "mon_groups");
	}
	return false;
}

const char *rdt_path(const struct rdt_place *p, struct arena *arena)
{
	if (!p->root)
		return NULL;
	return *p->clos ? arena_printf(arena, "%s/%s", p->root, p->clos) :
			  p->root;
}

const char *rdt_mon_path(const struct rdt_place *p, struct arena *arena)
{
	if (!p->root || !p->mon)
		return NULL;
	return arena_printf(arena, "%s/mon_groups/%s", rdt_path(p, arena),
			    p->mon);
}

static bool has_schema(const struct spec_intel_rdt *rdt)
{
	return rdt->l3_cache_schema || rdt->mem_bw_schema || rdt->schemata.n;
}

static int no_such_group(const struct rdt_place *p, int code, struct err *e)
{
	(void)err_errno(e, code,
			"clos dir not accessible (must be pre-created when schemata, l3CacheSchema and memBwSchema are empty): '%s/%s'",
			p->root, p->clos);
	return err_at(e, "/linux/intelRdt/closID");
}

static int check_host(const char *root, const struct spec_intel_rdt *rdt,
		      struct err *e)
{
	if (rdt->l3_cache_schema && !rdt_has(root, RDT_CACHE)) {
		(void)err_set(e, ENOTSUP,
			      "intelRdt.l3CacheSchema is specified in config, but Intel RDT/CAT is not enabled");
		(void)err_hint(e, "there is no '%s/info/L3'", root);
		return err_at(e, "/linux/intelRdt/l3CacheSchema");
	}
	if (rdt->mem_bw_schema && !rdt_has(root, RDT_BANDWIDTH)) {
		(void)err_set(e, ENOTSUP,
			      "intelRdt.memBwSchema is specified in config, but Intel RDT/MBA is not enabled");
		(void)err_hint(e, "there is no '%s/info/MB'", root);
		return err_at(e, "/linux/intelRdt/memBwSchema");
	}
	if (rdt->enable_monitoring && !rdt_has(root, RDT_MONITORING)) {
		(void)err_set(e, ENOTSUP,
			      "intelRdt.enableMonitoring is specified in config, but resctrl has no monitoring groups here");
		(void)err_hint(e, "there is no '%s/mon_groups'", root);
		return err_at(e, "/linux/intelRdt/enableMonitoring");
	}
	return 0;
}

int rdt_plan(struct rdt_place *ret, struct arena *arena, const char *root,
	     const struct spec_intel_rdt *rdt, const char *id, const char *mark,
	     struct err *e)
{
	struct rdt_place p = { 0 };

	if (!rdt->set) {
		*ret = p;
		return 0;
	}
	if (!root) {
		(void)err_set(e, ENOTSUP, "intelRdt is specified in config, but Intel RDT is not enabled");
		(void)err_hint(e, "%s", rdt_no_root_hint());
		return err_at(e, "/linux/intelRdt");
	}
	p.root = arena_strdup(arena, root);
	p.shared = rdt->clos_id != NULL;
	p.clos = arena_strdup(arena, p.shared ? rdt->clos_id : id);
	if (streq(p.clos, "/"))
		p.clos = "";
	p.mon = rdt->enable_monitoring ? arena_strdup(arena, id) : NULL;
	p.mark = arena_strdup(arena, mark);
	if (check_host(root, rdt, e) < 0)
		return -e->code;
	if (p.shared && !has_schema(rdt) && !exists(root, p.clos))
		return no_such_group(&p, ENOENT, e);
	*ret = p;
	return 0;
}

/* ---- making ------------------------------------------------------------ */

static void add_line(struct str *s, const char *line)
{
	if (!line)
		return;
	str_add(s, line);
	str_addc(s, '\n');
}

static int read_schemata(const struct rdt_place *p, int group, char **ret,
			 struct err *e)
{
	int r = file_read_at(group, "schemata", RDT_FILE_MAX, ret, NULL);

	return r < 0 ? err_errno(e, -r, "cannot read '%s/%s/schemata'", p->root,
				 p->clos) :
		       0;
}

/*
 * A group that was there before has to grant what l3CacheSchema and memBwSchema say
 * (runtime-spec); `schemata` is written to it in any case.
 */
static int check_existing(const struct rdt_place *p, int root, int group,
			  const struct spec_intel_rdt *rdt, struct err *e)
{
	struct rdt_units units = { 0 };
	AUTO(str) char *have = NULL, *gran = NULL;
	size_t len;

	if (!rdt->l3_cache_schema && !rdt->mem_bw_schema)
		return 0;
	if (file_read_at(root, "info/MB/bandwidth_gran", RDT_FILE_MAX, &gran,
			 &len) == 0 && len && gran[len - 1] == '\n') {
		gran[len - 1] = '\0';
		(void)parse_u64(gran, &units.mb_gran); /* unknown without */
	}
	if (read_schemata(p, group, &have, e) < 0)
		return -e->code;
	const char *wrong = NULL;

	if (rdt->l3_cache_schema &&
	    rdt_schema_check(rdt->l3_cache_schema, have, &units, e) < 0)
		wrong = "l3CacheSchema";
	else if (rdt->mem_bw_schema &&
		 rdt_schema_check(rdt->mem_bw_schema, have, &units, e) < 0)
		wrong = "memBwSchema";
	if (!wrong)
		return 0;
	(void)err_wrap(e, "resctrl group '%s/%s'", p->root, p->clos);
	(void)err_hint(e,
		       "a closID that exists must have the schema already: leave the property out to use the group as it is");
	return err_at(e, "/linux/intelRdt/%s", wrong);
}

static void mark(struct rdt_place *p, int dirfd, const char *name)
{
	if (!rdt_mark(dirfd, name, p->mark))
		p->mark = "";
}

/*
 * A directory with the container's name that is there already. The administrator's
 * is used as it is (0), an empty one of another container is ours now (1), and one
 * with processes is none that we may have.
 */
static int take_existing(struct rdt_place *p, int dirfd, const char *name,
			 bool admins, struct err *e)
{
	if (admins && rdt_owner(dirfd, name, p->mark) == 0)
		return 0;
	if (!rdt_is_empty(dirfd, name))
		return err_set(e, EBUSY, "resctrl group '%s' is in use by another container",
			       name);
	mark(p, dirfd, name);
	return 1;
}

/* The container's group; true in *ret_made if it was made for it. */
static int make_group(struct rdt_place *p, int root,
		      const struct spec_intel_rdt *rdt, struct err *e)
{
	int r;

	if (!*p->clos || (p->shared && !has_schema(rdt)))
		return 0;
	r = rdt_make(root, p->clos);
	if (r < 0) {
		(void)err_errno(e, -r, "cannot make resctrl group '%s/%s'",
				p->root, p->clos);
		(void)rdt_explain(root, e);
		return err_at(e, "/linux/intelRdt");
	}
	if (r > 0) {
		p->made = true;
		mark(p, root, p->clos);
	} else if (!p->shared) {
		r = take_existing(p, root, p->clos, true, e);
		p->made = r > 0;
		if (r < 0)
			return err_at(e, "/linux/intelRdt");
	}
	return 0;
}

static int open_group(const struct rdt_place *p, int root, int *ret_fd,
		      struct err *e)
{
	int fd = rdt_open(root, p->clos);

	if (fd == -ENOENT)
		return no_such_group(p, ENOENT, e);
	if (fd < 0) {
		(void)err_errno(e, -fd, "'%s/%s' is no resctrl group", p->root,
				p->clos);
		return err_at(e, p->shared ? "/linux/intelRdt/closID" :
					     "/linux/intelRdt");
	}
	*ret_fd = fd;
	return 0;
}

static int put_schemata(const struct rdt_place *p, int root, int group,
			const char *lines, struct err *e)
{
	int r = file_write_at(group, "schemata", lines);

	if (r == 0)
		return 0;
	AUTO(strbuf) struct str quoted = { 0 };

	str_add_quoted(&quoted, lines);
	(void)err_errno(e, -r, "intelrdt: unable to write %s to '%s%s%s/schemata'",
			str_text(&quoted), p->root, *p->clos ? "/" : "", p->clos);
	return rdt_explain(root, e);
}

static int write_schemata(const struct rdt_place *p, int root, int group,
			  const struct spec_intel_rdt *rdt, struct err *e)
{
	AUTO(strbuf) struct str lines = { 0 };

	add_line(&lines, rdt->l3_cache_schema);
	add_line(&lines, rdt->mem_bw_schema);
	for (size_t i = 0; i < rdt->schemata.n; i++)
		add_line(&lines, rdt->schemata.v[i]);
	if (lines.len == 0 ||
	    put_schemata(p, root, group, str_text(&lines), e) == 0)
		return 0;
	return err_at(e, "/linux/intelRdt%s",
		      !rdt->mem_bw_schema && !rdt->schemata.n ? "/l3CacheSchema" :
		      !rdt->l3_cache_schema && !rdt->schemata.n ? "/memBwSchema" :
		      !rdt->l3_cache_schema && !rdt->mem_bw_schema ? "/schemata" :
								     "");
}

static int put_task(const struct rdt_place *p, int root, int group, pid_t pid,
		    struct err *e)
{
	int r = rdt_put_task(group, pid);

	if (r == 0)
		return 0;
	(void)err_errno(e, -r, "intelrdt: unable to add pid %d to '%s%s%s'", pid,
			p->root, *p->clos ? "/" : "", p->clos);
	(void)rdt_explain(root, e);
	return err_at(e, "/linux/intelRdt");
}

static int open_mon_groups(int group)
{
	int fd = openat(group, "mon_groups",
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int make_mon(struct rdt_place *p, int root, int group, pid_t pid,
		    struct err *e)
{
	AUTO(fd) int dir = open_mon_groups(group);
	int r = dir < 0 ? dir : rdt_make(dir, p->mon);

	if (r < 0) {
		(void)err_errno(e, -r, "cannot make resctrl monitoring group '%s'",
				p->mon);
		return rdt_explain(root, e);
	}
	if (r > 0)
		mark(p, dir, p->mon);
	else if (take_existing(p, dir, p->mon, false, e) < 0)
		return -e->code;
	AUTO(fd) int fd = rdt_open(dir, p->mon);

	r = fd < 0 ? fd : rdt_put_task(fd, pid);
	if (r == 0)
		return 0;
	(void)err_errno(e, -r, "intelrdt: unable to add pid %d to monitoring group '%s'",
			pid, p->mon);
	return rdt_explain(root, e);
}

int rdt_enter(struct rdt_place *p, const struct spec_intel_rdt *rdt, pid_t pid,
	      struct err *e)
{
	AUTO(fd) int root = -1;
	AUTO(fd) int group = -1;

	if (!p->root)
		return 0;
	if (rdt_lock(p->root, &root, e) < 0)
		return err_at(e, "/linux/intelRdt");
	if (make_group(p, root, rdt, e) < 0 ||
	    open_group(p, root, &group, e) < 0 ||
	    (p->shared && !p->made &&
	     check_existing(p, root, group, rdt, e) < 0) ||
	    write_schemata(p, root, group, rdt, e) < 0 ||
	    put_task(p, root, group, pid, e) < 0)
		return -e->code;
	if (p->mon && make_mon(p, root, group, pid, e) < 0)
		return err_at(e, "/linux/intelRdt/enableMonitoring");
	return 0;
}

/* ---- afterwards -------------------------------------------------------- */

int rdt_join(const struct rdt_place *p, pid_t pid, struct err *e)
{
	if (!p->root)
		return 0;
	AUTO(fd) int root = open(p->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO(fd) int group = root < 0 ? -1 : rdt_open(root, p->clos);

	if (group < 0) {
		log_warn(
			"resctrl group '%s/%s' is gone: the process is in the default group, as the container's are",
			 p->root, p->clos);
		return 0;
	}
	if (put_task(p, root, group, pid, e) < 0)
		return -e->code;
	if (!p->mon)
		return 0;
	AUTO(fd) int dir = open_mon_groups(group);
	AUTO(fd) int mon = dir < 0 ? -1 : rdt_open(dir, p->mon);
	int r = mon < 0 ? 0 : rdt_put_task(mon, pid);

	if (mon < 0)
		log_warn("resctrl monitoring group '%s' is gone: the process is not counted",
			 p->mon);
	if (r == 0)
		return 0;
	(void)err_errno(e, -r, "intelrdt: unable to add pid %d to monitoring group '%s'",
			pid, p->mon);
	(void)rdt_explain(root, e);
	return err_at(e, "/linux/intelRdt/enableMonitoring");
}

int rdt_update(const struct rdt_place *p, const char *lines, char **ret_old,
	       struct err *e)
{
	AUTO(fd) int root = -1;
	AUTO(fd) int group = -1;
	AUTO(str) char *have = NULL;
	AUTO(strbuf) struct str old = { 0 };

	if (rdt_lock(p->root, &root, e) < 0 ||
	    open_group(p, root, &group, e) < 0 ||
	    read_schemata(p, group, &have, e) < 0)
		return -e->code;
	rdt_schema_old(&old, lines, have);
	if (put_schemata(p, root, group, lines, e) < 0)
		return -e->code;
	if (ret_old)
		*ret_old = str_take(&old);
	return 0;
}

static bool is_ours(const struct rdt_place *p, int dirfd, const char *name,
		    bool mon, bool complete)
{
	int owner;

	if (!mon && p->shared && complete)
		return false;
	owner = rdt_owner(dirfd, name, p->mark);
	/* closID: somebody else may be in it by now */
	if (owner > 0)
		return mon || !p->shared || rdt_is_empty(dirfd, name);
	if (owner < 0)
		return false;
	if (!*p->mark)
		return mon ? complete || rdt_is_empty(dirfd, name) : p->made;
	/* mkdir(2) may have been the last thing that its maker did */
	return !complete && (mon || !p->shared) && rdt_is_empty(dirfd, name);
}

static int remove_dir(const struct rdt_place *p, int dirfd, const char *name,
		      struct err *e)
{
	int r = rdt_remove(dirfd, name);

	return r < 0 ? err_errno(e, -r, "cannot remove resctrl group '%s' below '%s'",
				 name, p->root) :
		       0;
}

int rdt_destroy(const struct rdt_place *p, bool complete, struct err *e)
{
	AUTO(fd) int root = -1;

	/* unmounted: no group outlives that */
	if (!p->root || access(p->root, F_OK) < 0)
		return 0;
	if (rdt_lock(p->root, &root, e) < 0)
		return -e->code;
	AUTO(fd) int group = rdt_open(root, p->clos);
	AUTO(fd) int dir = group < 0 ? -1 : open_mon_groups(group);

	if (p->mon && dir >= 0 && is_ours(p, dir, p->mon, true, complete) &&
	    remove_dir(p, dir, p->mon, e) < 0)
		return -e->code;
	if (*p->clos && group >= 0 && is_ours(p, root, p->clos, false, complete))
		return remove_dir(p, root, p->clos, e);
	return 0;
}
