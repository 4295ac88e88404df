/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Id maps of a new user namespace, written by the parent into the files of the
 * child's /proc/PID (user_namespaces(7)), or by newuidmap(1) and newgidmap(1)
 * where only these set-uid helpers may. Must not decide which ids to map.
 *
 * The pid belongs to an unreaped child of ours, so /proc/PID is that child.
 */
#include "config.h"
#include "libnsexec/nsexec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/str.h"
#include "libnsexec/program.h"

#include "base/banned.h"

/* The kernel's UID_GID_MAP_MAX_EXTENTS. */
#define MAX_EXTENTS 340
/* "4294967295 4294967295 4294967295\n" */
#define EXTENT_TEXT 34

struct side {
	const char *what;   /* "uid" */
	const char *file;   /* "uid_map" */
	const char *ranges; /* "/etc/subuid" */
	const struct nsx_idmap *map;
	size_t n;
	const char *helper; /* path of newuidmap, NULL = none */
	uint32_t own;	    /* our effective id */
};

const char *nsx_idmap_text(const struct nsx_idmap *map, size_t n,
			   const char *sep, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		int w = snprintf(buf + len, size - len, "%s%u %u %u",
				 i ? sep : "", map[i].inside, map[i].outside,
				 map[i].count);

		if (w < 0 || (size_t)w >= size - len) {
			buf[len] = '\0'; /* whole entries only */
			break;
		}
		len += (size_t)w;
	}
	return buf;
}

static bool overlap(uint32_t a, uint32_t a_count, uint32_t b, uint32_t b_count)
{
	return a < (uint64_t)b + b_count && b < (uint64_t)a + a_count;
}

static int check_extent(const struct nsx_idmap *m, const char *what,
			struct err *e)
{
	/* id 4294967295 is "no id" */
	if (m->count > 0 && (uint64_t)m->inside + m->count <= UINT32_MAX &&
	    (uint64_t)m->outside + m->count <= UINT32_MAX)
		return 0;
	return err_set(e, EINVAL, "%s mapping '%u %u %u' is %s", what,
		       m->inside, m->outside, m->count,
		       m->count ? "beyond the largest id" : "empty");
}

int nsx_idmap_check(const struct nsx_idmap *map, size_t n, const char *what,
		    struct err *e)
{
	if (n > MAX_EXTENTS)
		return err_set(e, EINVAL,
			       "%zu %s mappings are more than the kernel's %d",
			       n, what, MAX_EXTENTS);
	for (size_t i = 0; i < n; i++) {
		if (check_extent(&map[i], what, e) < 0)
			return -e->code;
		for (size_t j = 0; j < i; j++) {
			const struct nsx_idmap *a = &map[j], *b = &map[i];

			if (!overlap(a->inside, a->count, b->inside,
				     b->count) &&
			    !overlap(a->outside, a->count, b->outside,
				     b->count))
				continue;
			return err_set(
				e, EINVAL,
				"%s mappings '%u %u %u' and '%u %u %u' overlap",
				what, a->inside, a->outside, a->count,
				b->inside, b->outside, b->count);
		}
	}
	return 0;
}

/* ---- why not ---- */

/* First line of `text`, at most n bytes, for a message. */
static int line_len(const char *text, size_t n)
{
	size_t len = strcspn(text, "\n");

	return (int)(len < n ? len : n);
}

/* The login name of a uid, from the file: no NSS in this program. */
static char *login_of(uint32_t uid)
{
	AUTO(str) char *text = NULL;

	if (file_read_at(AT_FDCWD, "/etc/passwd", 1 << 20, &text, NULL) < 0)
		return NULL;
	for (char *p = text; *p;) {
		char *end = strchrnul(p, '\n'), *name_end = strchr(p, ':');
		char *id = name_end ? strchr(name_end + 1, ':') : NULL;
		char *id_end = id ? strchr(id + 1, ':') : NULL;
		uint32_t value;

		if (id_end && id_end < end) {
			*id_end = '\0';
			if (parse_u32(id + 1, &value) == 0 && value == uid)
				return xstrndup(p, (size_t)(name_end - p));
		}
		p = *end ? end + 1 : end;
	}
	return NULL;
}

/* What FILE grants to `uid`: "100000:65536 …", or "" for nothing. */
static void granted(const char *file, uint32_t uid, struct str *out)
{
	AUTO(str) char *login = login_of(uid);
	AUTO(str) char *text = NULL;
	char number[16];

	(void)snprintf(number, sizeof(number), "%u", uid);
	if (file_read_at(AT_FDCWD, file, 1 << 20, &text, NULL) < 0)
		return;
	for (char *p = text; *p;) {
		char *end = strchrnul(p, '\n'), *colon = strchr(p, ':');
		char *next = *end ? end + 1 : end;

		*end = '\0';
		if (colon && colon < end) {
			*colon = '\0';
			if (streq(p, number) || (login && streq(p, login)))
				str_addf(out, "%s%s", out->len ? ", " : "",
					 colon + 1);
		}
		p = next;
	}
}

static void explain_direct(struct err *e, int code, const struct side *s)
{
	AUTO(str) char *outer = NULL;
	char path[32];

	if (code == EINVAL) {
		(void)err_hint(e, "more than %d entries or overlapping ranges",
			       MAX_EXTENTS);
		return;
	}
	if (code != EPERM && code != EACCES)
		return;
	if (geteuid() != 0) {
		(void)err_hint(
			e,
			"an ordinary user may map only the own %s %u, one entry of size 1%s; more needs new%smap (package uidmap) and a range in %s",
			s->what, s->own,
			s->what[0] == 'g' ? ", with setgroups denied" : "",
			s->what, s->ranges);
		return;
	}
	(void)snprintf(path, sizeof(path), "/proc/self/%s", s->file);
	if (file_read_at(AT_FDCWD, path, 1 << 16, &outer, NULL) < 0)
		outer = xstrdup("?");
	(void)err_hint(
		e,
		"the outer ids must be mapped in our own user namespace (its map begins '%.*s'), and we need CAP_SET%sID there",
		line_len(outer, 80), outer, s->what[0] == 'u' ? "U" : "G");
}

static int explain_helper(struct err *e, const struct side *s,
			  const struct proc_result *res)
{
	AUTO(strbuf) struct str have = { 0 };
	char wanted[300], status[64];
	const char *said = res->err ? res->err : "";

	(void)nsx_idmap_text(s->map, s->n, ",", wanted, sizeof(wanted));
	if (res->exec_errno)
		return err_errno(e, res->exec_errno, "cannot execute '%s'",
				 s->helper);
	if (res->timed_out)
		return err_set(e, ETIMEDOUT,
			       "'%s' did not finish in time and was killed",
			       s->helper);
	(void)err_set(e, EPERM, "'%s' failed to map %ss '%s' (%s)%s%.*s",
		      s->helper, s->what, wanted,
		      proc_status_text(res->status, status, sizeof(status)),
		      *said ? ": " : "", line_len(said, 300), said);
	granted(s->ranges, getuid(), &have);
	return err_hint(
		e,
		"%s grants %s to uid %u; the helper must be set-uid root or have cap_set%s, and works only in the user namespace it was set up in",
		s->ranges, have.len ? str_text(&have) : "nothing",
		(unsigned int)getuid(), s->what);
}

/* ---- writing ---- */

static int run_helper(const struct side *s, pid_t pid, deadline_t deadline,
		      int cancel_fd, struct err *e)
{
	size_t n = 2 + s->n * 3;
	char **argv = xcalloc(n + 1, sizeof(*argv));
	char *const envp[] = { NULL };
	struct proc_run run = {
		.path = s->helper,
		.argv = argv,
		.envp = envp,
		.cwd_fd = -1,
		.out_fd = -1,
		.err_fd = -1,
		.deadline = deadline,
		.cancel_fd = cancel_fd,
	};
	struct proc_result res = { 0 };
	int r;

	argv[0] = xstrdup(s->helper);
	argv[1] = xasprintf("%d", pid);
	for (size_t i = 0; i < s->n; i++) {
		argv[2 + i * 3] = xasprintf("%u", s->map[i].inside);
		argv[3 + i * 3] = xasprintf("%u", s->map[i].outside);
		argv[4 + i * 3] = xasprintf("%u", s->map[i].count);
	}
	r = proc_run(&run, &res);
	if (r < 0)
		r = err_errno(e, -r, "cannot run '%s'", s->helper);
	else if (res.canceled)
		r = err_set(e, EINTR, "'%s' was killed", s->helper);
	else if (res.status != 0 || res.exec_errno || res.timed_out)
		r = explain_helper(e, s, &res);
	proc_result_free(&res);
	for (size_t i = 0; i < n; i++)
		free(argv[i]);
	free(argv);
	return r;
}

static int write_side(int procdir, pid_t pid, const struct side *s,
		      deadline_t deadline, int cancel_fd, struct err *e)
{
	size_t size = s->n * EXTENT_TEXT + 1;
	AUTO(str) char *text = xmalloc(size);
	char shown[300];
	int r;

	(void)nsx_idmap_text(s->map, s->n, "\n", text, size);
	r = file_write_at(procdir, s->file, text);
	if (r == 0)
		return 0;
	if ((r == -EPERM || r == -EACCES) && s->helper)
		return run_helper(s, pid, deadline, cancel_fd, e);
	(void)nsx_idmap_text(s->map, s->n, ",", shown, sizeof(shown));
	(void)err_errno(e, -r, "cannot write %s map '%s' of process %d",
			s->what, shown, pid);
	explain_direct(e, -r, s);
	return r;
}

static int deny_setgroups(int procdir, struct err *e)
{
	int r = file_write_at(procdir, "setgroups", "deny");

	/* compat: remove when baseline >= 3.19 */
	if (r == 0 || r == -ENOENT)
		return 0;
	return err_errno(e, -r, "cannot deny setgroups in the user namespace");
}

int nsx_idmap_write(pid_t pid, const struct nsx_request *req,
		    deadline_t deadline, struct err *e)
{
	const struct side uid = {
		"uid",		"uid_map",	"/etc/subuid", req->uid_map,
		req->n_uid_map, req->newuidmap, geteuid(),
	};
	const struct side gid = {
		"gid",		"gid_map",	"/etc/subgid", req->gid_map,
		req->n_gid_map, req->newgidmap, getegid(),
	};
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d", pid);
	AUTO(fd) int procdir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (procdir < 0)
		return err_errno(e, errno, "cannot open '%s'", path);
	/* setgroups can be denied only before gid_map is written. */
	if (req->deny_setgroups && deny_setgroups(procdir, e) < 0)
		return -e->code;
	if (write_side(procdir, pid, &gid, deadline, req->cancel_fd, e) < 0)
		return -e->code;
	return write_side(procdir, pid, &uid, deadline, req->cancel_fd, e);
}
