/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The planner, as a table: a request in a small notation, the printed plan on
 * one line. "net+" is new, "net=" joined, absent inherited; further words set
 * the rest of the request.
 */
#include "config.h"
#include "libnsexec/nsplan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/sys.h"
#include "libnsexec/program.h"
#include "tests/tap.h"

static int enter(void *arg, pid_t pid, bool in_cgroup, struct err *e)
{
	(void)arg;
	(void)pid;
	(void)in_cgroup;
	(void)e;
	return 0;
}

static const struct nsx_idmap map0[] = { { 0, 100000, 65536 } };
static const struct nsx_idmap map1[] = { { 1, 100000, 65536 } };
static const struct nsx_idmap map_twice[] = { { 0, 1000, 10 },
					      { 5, 5000, 10 } };
static const struct nsx_idmap map_empty[] = { { 0, 1000, 0 } };
static const struct nsx_idmap map_end[] = { { 0, 4294967290U, 10 } };

static void use_map(struct nsx_request *req, const struct nsx_idmap *map,
		    size_t n)
{
	req->uid_map = map;
	req->n_uid_map = n;
	req->gid_map = map0;
	req->n_gid_map = 1;
}

static void word(struct nsx_request *req, struct nsx_caps *caps, const char *w)
{
	size_t len = strlen(w);

	for (unsigned int k = 0; k < _NSX_KIND_MAX; k++) {
		const char *name = nsx_kind_name((enum nsx_kind)k);

		if (strlen(name) != len - 1 || memcmp(name, w, len - 1) != 0)
			continue;
		req->ns[k].mode = w[len - 1] == '+' ? NSX_NEW : NSX_JOIN;
		req->ns[k].fd = w[len - 1] == '=' ? 10 + (int)k : -1;
		if (k == NSX_USER && w[len - 1] == '+' && !req->uid_map)
			use_map(req, map0, 1);
		return;
	}
	if (streq(w, "enter"))
		req->enter = enter;
	else if (streq(w, "beside"))
		req->enter_beside = true;
	else if (streq(w, "later"))
		req->net_later = true;
	else if (streq(w, "no-return"))
		caps->net_by_parent = false;
	else if (streq(w, "cgroup-fd"))
		req->cgroup_fd = 9;
	else if (streq(w, "old"))
		caps->clone_into_cgroup = false;
	else if (streq(w, "uid1000"))
		caps->euid = 1000;
	else if (streq(w, "monotonic"))
		req->monotonic = (struct nsx_time_offset){ true, 5, 0 };
	else if (streq(w, "boottime"))
		req->boottime = (struct nsx_time_offset){ true, -5, 1 };
	else if (streq(w, "nanos"))
		req->boottime = (struct nsx_time_offset){ true, 0, 1000000000 };
	else if (streq(w, "nomap"))
		req->n_uid_map = 0, req->n_gid_map = 0;
	else if (streq(w, "nogid"))
		req->n_gid_map = 0;
	else if (streq(w, "map"))
		use_map(req, map0, 1);
	else if (streq(w, "map1"))
		use_map(req, map1, 1);
	else if (streq(w, "map-twice"))
		use_map(req, map_twice, 2);
	else if (streq(w, "map-empty"))
		use_map(req, map_empty, 1);
	else if (streq(w, "map-end"))
		use_map(req, map_end, 1);
	else if (streq(w, "nofd"))
		req->ns[NSX_NET].mode = NSX_JOIN, req->ns[NSX_NET].fd = -1;
	else
		ok(false, "unknown word '%s'", w);
}

static void parse(struct nsx_request *req, struct nsx_caps *caps,
		  const char *text)
{
	char buf[32];

	*req = (struct nsx_request){ .cgroup_fd = -1 };
	*caps = (struct nsx_caps){ true, true, 0, 0 };
	for (unsigned int k = 0; k < _NSX_KIND_MAX; k++)
		req->ns[k].fd = -1;
	while (*text) {
		size_t len = strcspn(text, " ");

		(void)snprintf(buf, sizeof(buf), "%.*s", (int)len, text);
		word(req, caps, buf);
		text += len;
		text += strspn(text, " ");
	}
}

static const struct {
	const char *in, *out;
} plans[] = {
	{ "", "clone" },
	{ "mnt+", "clone;unshare mnt" },
	{ "pid+", "clone pid" },
	{ "user+", "clone user;born;root-ids" },
	{ "uts+ ipc+ net+ pid+ mnt+", "clone pid;unshare ipc uts net mnt" },
	/* R7: by the parent, where init and the kernel allow it */
	{ "net+ later", "clone net-by-parent" },
	{ "uts+ ipc+ net+ pid+ mnt+ later",
	  "clone pid net-by-parent;unshare ipc uts mnt" },
	{ "net+ pid= later", "clone net-by-parent;setns pid;clone" },
	{ "net+ later no-return", "clone;unshare net" },
	{ "net= later", "clone;setns net" },
	{ "uts+ later", "clone;unshare uts" },
	{ "user+ net+ later", "clone user;born;root-ids;unshare net" },
	{ "user= net+ later",
	  "clone;setns user;root-ids;unshare net" },
	{ "uts+ ipc+ net+ pid+ mnt+ cgroup+",
	  "clone pid;unshare ipc uts net mnt cgroup" },
	{ "uts+ ipc+ net+ pid+ mnt+ cgroup+ enter",
	  "clone pid;born;unshare ipc uts net mnt cgroup" },
	{ "uts+ ipc+ net+ pid+ mnt+ cgroup+ enter cgroup-fd",
	  "clone pid into-cgroup;born;unshare ipc uts net mnt cgroup" },
	{ "uts+ ipc+ net+ pid+ mnt+ cgroup+ enter cgroup-fd old",
	  "clone pid;born;unshare ipc uts net mnt cgroup" },
	{ "uts+ ipc+ net+ pid+ mnt+ cgroup+ cgroup-fd",
	  "clone pid into-cgroup;unshare ipc uts net mnt cgroup" },
	{ "user+ uts+ ipc+ net+ pid+ mnt+ cgroup+",
	  "clone user pid;born;root-ids;unshare ipc uts net mnt cgroup" },
	{ "user+ uts+ ipc+ net+ pid+ mnt+ cgroup+ enter",
	  "clone user pid;born;root-ids;unshare ipc uts net mnt cgroup" },
	{ "user+ uts+ ipc+ net+ pid+ mnt+ cgroup+ enter cgroup-fd uid1000",
	  "clone user pid into-cgroup;born;root-ids;unshare ipc uts net mnt cgroup" },
	{ "user+ uts+ ipc+ net+ mnt+",
	  "clone user;born;root-ids;unshare ipc uts net mnt" },
	{ "user+ pid+", "clone user pid;born;root-ids" },
	{ "user+ pid=", "clone;setns pid;unshare user;idmap;root-ids;clone" },
	{ "user+ net=", "clone;setns net;unshare user;idmap;root-ids" },
	{ "user+ net= uid1000",
	  "clone;setns net;unshare user;idmap dumpable;root-ids" },
	{ "user+ net= pid+ mnt+",
	  "clone;setns net;unshare user;idmap;root-ids;unshare mnt;"
	  "clone pid" },
	{ "user+ net= pid+ mnt+ ipc+ uts+ cgroup+ enter cgroup-fd",
	  "clone into-cgroup;born;setns net;unshare user;idmap;"
	  "root-ids;unshare ipc uts mnt cgroup;clone pid" },
	{ "user+ net= ipc= uts= pid+ mnt+",
	  "clone;setns ipc;setns uts;setns net;unshare user;"
	  "idmap;root-ids;unshare mnt;clone pid" },
	{ "user+ mnt= pid+",
	  "clone;setns mnt;unshare user;idmap;root-ids;clone pid" },
	{ "user+ time+", "clone user;born;root-ids;unshare time;clone" },
	{ "user+ time+ monotonic pid+ mnt+",
	  "clone user;born;root-ids;unshare mnt time;timens;"
	  "clone pid" },
	{ "user+ net= time+ boottime pid+",
	  "clone;setns net;unshare user;idmap;root-ids;unshare time;"
	  "timens;clone pid" },
	{ "user=", "clone;setns user;root-ids" },
	{ "user= mnt+", "clone;setns user;root-ids;unshare mnt" },
	{ "user= pid+ mnt+",
	  "clone;setns user;root-ids;unshare mnt;clone pid" },
	{ "user= pid+ mnt+ net+ ipc+ uts+ cgroup+",
	  "clone;setns user;root-ids;unshare ipc uts net mnt cgroup;"
	  "clone pid" },
	{ "user= net= pid+ mnt+",
	  "clone;setns net or later;setns user;root-ids;setns net;"
	  "unshare mnt;clone pid" },
	{ "user= net= ipc= uts= pid= mnt= cgroup= time=",
	  "clone;setns ipc or later;setns uts or later;setns net or later;"
	  "setns pid or later;setns cgroup or later;setns time or later;"
	  "setns mnt or later;setns user;root-ids;setns ipc;"
	  "setns uts;setns net;setns pid;setns cgroup;setns time;"
	  "setns mnt;clone" },
	{ "user= net= ipc= uts= pid= mnt= cgroup= enter",
	  "clone;born;setns ipc or later;setns uts or later;"
	  "setns net or later;setns pid or later;setns cgroup or later;"
	  "setns mnt or later;setns user;root-ids;setns ipc;"
	  "setns uts;setns net;setns pid;setns cgroup;setns mnt;clone" },
	{ "user= net= ipc= uts= pid= mnt= cgroup= enter cgroup-fd",
	  "clone into-cgroup;born;setns ipc or later;setns uts or later;"
	  "setns net or later;setns pid or later;setns cgroup or later;"
	  "setns mnt or later;setns user;root-ids;setns ipc;"
	  "setns uts;setns net;setns pid;setns cgroup;setns mnt;clone" },
	{ "user= time+ boottime mnt=",
	  "clone;setns mnt or later;setns user;root-ids;setns mnt;"
	  "unshare time;timens;clone" },
	{ "net=", "clone;setns net" },
	{ "net= enter", "clone;born;setns net" },
	{ "net= pid+ mnt+ ipc+ uts+",
	  "clone pid;setns net;unshare ipc uts mnt" },
	{ "net= ipc= uts= pid+ mnt+ cgroup+ enter",
	  "clone pid;born;setns ipc;setns uts;setns net;unshare mnt cgroup" },
	{ "net= ipc= uts= mnt= cgroup= time=",
	  "clone;setns ipc;setns uts;setns net;setns cgroup;"
	  "setns time;setns mnt" },
	{ "pid=", "clone;setns pid;clone" },
	{ "pid= net+ mnt+ ipc+ uts+",
	  "clone;setns pid;unshare ipc uts net mnt;clone" },
	{ "pid= net= ipc= uts= mnt=",
	  "clone;setns ipc;setns uts;setns net;setns pid;setns mnt;clone" },
	{ "pid= net= ipc= uts= mnt= cgroup= enter cgroup-fd",
	  "clone into-cgroup;born;setns ipc;setns uts;setns net;"
	  "setns pid;setns cgroup;setns mnt;clone" },
	{ "pid= time+ monotonic boottime",
	  "clone;setns pid;unshare time;timens;clone" },
	{ "mnt=", "clone;setns mnt" },
	{ "mnt= pid+", "clone pid;setns mnt" },
	{ "mnt= net+ cgroup+", "clone;setns mnt;unshare net cgroup" },
	{ "cgroup+ enter", "clone;born;unshare cgroup" },
	{ "cgroup= mnt+", "clone;setns cgroup;unshare mnt" },
	{ "time+", "clone;unshare time;clone" },
	{ "time+ monotonic", "clone;unshare time;timens;clone" },
	{ "time+ monotonic boottime pid+ mnt+",
	  "clone;unshare mnt time;timens;clone pid" },
	{ "time+ pid+ enter cgroup-fd",
	  "clone into-cgroup;born;unshare time;clone pid" },
	{ "time= pid+", "clone pid;setns time" },
	{ "time= mnt= pid=", "clone;setns pid;setns time;setns mnt;clone" },
	{ "enter", "clone;born" },
	{ "cgroup-fd", "clone into-cgroup" },
	{ "enter cgroup-fd", "clone into-cgroup;born" },
	{ "enter beside cgroup-fd", "clone into-cgroup" },
	{ "enter beside cgroup-fd pid= time+",
	  "clone into-cgroup;setns pid;unshare time;clone" },
	/* nobody is born in it, so it has to be entered first */
	{ "enter beside", "clone;born" },
	{ "enter beside cgroup-fd old", "clone;born" },
	{ "enter beside cgroup-fd user+", "clone user into-cgroup;born;root-ids" },
};

static const struct {
	const char *in, *msg;
} bad[] = {
	{ "nofd", "no descriptor of the net namespace to join" },
	{ "user+ nomap", "a new user namespace needs uid mappings" },
	{ "user+ nogid", "a new user namespace needs gid mappings" },
	{ "map", "id mappings need a new user namespace" },
	{ "user= map", "id mappings need a new user namespace" },
	{ "map1 user+", "no mapping found for uid 0 of the user namespace" },
	{ "map-twice user+",
	  "uid mappings '0 1000 10' and '5 5000 10' overlap" },
	{ "map-empty user+", "uid mapping '0 1000 0' is empty" },
	{ "map-end user+",
	  "uid mapping '0 4294967290 10' is beyond the largest id" },
	{ "monotonic", "clock offsets need a new time namespace" },
	{ "time= boottime", "clock offsets need a new time namespace" },
	{ "time+ nanos", "nanoseconds of a clock offset are below 1000000000" },
};

static const char *plan_text(const char *in, char *buf, size_t size)
{
	struct nsx_request req;
	struct nsx_caps caps;
	struct nsx_plan plan;
	struct err e = ERR_INIT;

	parse(&req, &caps, in);
	if (nsx_plan(&plan, &req, &caps, &e) < 0)
		(void)snprintf(buf, size, "error: %.500s", e.msg);
	else
		nsx_plan_print(&plan, buf, size);
	for (char *p = buf; *p; p++)
		if (*p == '\n')
			*p = p[1] ? ';' : '\0';
	return buf;
}

/* Properties of every combination of new, joined and inherited kinds. */
static void check_all(void)
{
	unsigned int bad_owner = 0, bad_last = 0, bad_mnt = 0, missing = 0;
	unsigned int total = 1, early_born = 0;

	for (unsigned int k = 0; k < _NSX_KIND_MAX; k++)
		total *= 3;
	for (unsigned int n = 0; n < total; n++) {
		struct nsx_request req = { .cgroup_fd = -1, .enter = enter };
		struct nsx_caps caps = { true, true, 0, 0 };
		struct nsx_plan p;
		struct err e = ERR_INIT;
		uint64_t made, joined = 0, want_made = 0, want_joined = 0;
		bool user = false;

		for (unsigned int k = 0, v = n; k < _NSX_KIND_MAX;
		     k++, v /= 3) {
			req.ns[k].mode = (enum nsx_mode)(v % 3);
			req.ns[k].fd = v % 3 == NSX_JOIN ? 5 : -1;
			if (v % 3 == NSX_NEW)
				want_made |= nsx_kind_flag((enum nsx_kind)k);
			if (v % 3 == NSX_JOIN)
				want_joined |= nsx_kind_flag((enum nsx_kind)k);
		}
		if (req.ns[NSX_USER].mode == NSX_NEW)
			use_map(&req, map0, 1);
		if (nsx_plan(&p, &req, &caps, &e) < 0) {
			missing++;
			continue;
		}
		made = p.clone_flags;
		user = !(made & CLONE_NEWUSER) &&
		       req.ns[NSX_USER].mode == NSX_INHERIT;
		for (size_t i = 0; i < p.n_ops; i++) {
			const struct nsx_op *op = &p.ops[i];
			unsigned int kind = op->arg & ~NSX_TRY;

			if (op->type == NSX_OP_BORN && i != 0)
				early_born++;
			if (op->type == NSX_OP_ROOT_IDS)
				user = true;
			if (op->type == NSX_OP_UNSHARE)
				made |= op->arg;
			if (op->type == NSX_OP_UNSHARE &&
			    op->arg != CLONE_NEWUSER && !user)
				bad_owner++;
			if (op->type == NSX_OP_CLONE) {
				made |= op->arg;
				if (i + 1 != p.n_ops)
					bad_last++;
			}
			if (op->type != NSX_OP_SETNS)
				continue;
			/* nothing but user is joined after mnt, in each round
			 */
			if (kind == NSX_MNT && i + 1 < p.n_ops &&
			    p.ops[i + 1].type == NSX_OP_SETNS &&
			    p.ops[i + 1].arg != NSX_USER)
				bad_mnt++;
			if (!(op->arg & NSX_TRY))
				joined |= nsx_kind_flag((enum nsx_kind)kind);
		}
		if (made != want_made || joined != want_joined ||
		    p.n_ops > NSX_MAX_OPS)
			missing++;
	}
	is_int(missing, 0, "all %u combinations make and join what was asked",
	       total);
	is_int(bad_owner, 0,
	       "nothing is made before the user namespace is entered");
	is_int(bad_last, 0, "the second process is the last op");
	is_int(bad_mnt, 0, "the mount namespace is joined last");
	is_int(early_born, 0, "BORN comes first");
}

/* A row of the table above, broken into lines. */
static void print_row(const char *in, const char *out)
{
	printf("\t{ \"%s\",\n\t  \"", in);
	for (size_t col = 0; *out; out++, col++) {
		putchar(*out);
		if (*out == ';' && col >= 48 && strlen(out) > 6) {
			printf("\"\n\t  \"");
			col = 0;
		}
	}
	printf("\" },\n");
}

int main(int argc, char **argv)
{
	char buf[600];

	/* "print" writes the rows of the table anew, for review */
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		const char *got = plan_text(plans[i].in, buf, sizeof(buf));

		if (argc > 1 && streq(argv[1], "print"))
			print_row(plans[i].in, got);
		else
			is_str(got, plans[i].out, "plan of '%s'", plans[i].in);
	}
	if (argc > 1)
		return 0;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char want[300];

		(void)snprintf(want, sizeof(want), "error: %s", bad[i].msg);
		is_str(plan_text(bad[i].in, buf, sizeof(buf)), want,
		       "refused: '%s'", bad[i].in);
	}
	plan_text("user= pid= net= mnt= ipc= uts=", buf, 20);
	is_int(strlen(buf) < 20, 1,
	       "printing into a small buffer stays inside");
	check_all();
	return done();
}
