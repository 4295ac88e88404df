/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans: golden files (config + invented host -> printed plan) under
 * tests/data/plan, and the rules that a printed plan does not show.
 * OCIRUN_UPDATE_GOLDEN=1 rewrites the golden files; look at the diff then.
 */
#include "config.h"
#include "plan/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mount.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "config/config.h"
#include "config/names.h"
#include "tests/tap.h"

static const struct host plain_host = {
	.has_kcore = true,
	.cap_last = 40,
};
static const struct host nested_host = {
	.has_kcore = true,
	.cap_last = 40,
	.in_userns = true,
};
static const struct host rootless_host = {
	.euid = 1000,
	.egid = 1000,
	.cap_last = 40,
};

static const char *cpu_links[] = { "cpu", "cpuacct" };
static struct cgroup_mount v1_mounts[] = {
	{ "cpu,cpuacct", "cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct/box",
	  cpu_links, 2 },
	{ "memory", "memory", "/sys/fs/cgroup/memory/user/box", NULL, 0 },
	{ "systemd", "none,name=systemd", "/sys/fs/cgroup/systemd/box", NULL,
	  0 },
};
static const struct cgroup_view v1_view = {
	.mounts = v1_mounts,
	.n_mounts = 3,
	.v2_mount = "/sys/fs/cgroup/unified",
	.v2_host_dir = "/sys/fs/cgroup/unified/box",
};
static const struct cgroup_view v2_view = {
	.v2 = true,
	.v2_mount = "/sys/fs/cgroup",
	.v2_host_dir = "/sys/fs/cgroup/box",
};

struct golden {
	const char *name; /* NAME.plan */
	const char *spec; /* SPEC.json */
	const struct host *host;
	struct plan_request req;
	const char *process; /* exec: PROCESS.json */
};

static const struct golden goldens[] = {
	{ "default", "default", &plain_host, { .cgroup = &v1_view }, NULL },
	{ "default-v2", "default", &plain_host, { .cgroup = &v2_view }, NULL },
	{ "default-rootless-v2",
	  "default",
	  &rootless_host,
	  { .cgroup = &v2_view, .verb = VERB_RUN },
	  NULL },
	{ "default-exec",
	  "default",
	  &plain_host,
	  { .verb = VERB_EXEC, .console_socket = true, .pidfd_socket = true },
	  "exec-process" },
	{ "userns", "userns", &plain_host, { 0 }, NULL },
	{ "no-mount-ns", "no-mount-ns", &plain_host, { 0 }, NULL },
	{ "no-pivot", "no-pivot", &plain_host, { .no_pivot = true }, NULL },
	{ "readonly", "readonly", &plain_host, { 0 }, NULL },
	{ "terminal",
	  "terminal",
	  &plain_host,
	  { .console_socket = true,
	    .pidfd_socket = true,
	    .no_new_keyring = true },
	  NULL },
	{ "terminal-legacy",
	  "terminal",
	  &plain_host,
	  { .legacy_console = true },
	  NULL },
	{ "host-network", "host-network", &plain_host, { 0 }, NULL },
	{ "cgroup-v1", "cgroup", &plain_host, { .cgroup = &v1_view }, NULL },
	{ "cgroup-v1-ns",
	  "cgroup-ns",
	  &plain_host,
	  { .cgroup = &v1_view },
	  NULL },
	{ "net-devices", "net-devices", &plain_host, { 0 }, NULL },
	{ "cgroup2-hybrid", "cgroup2", &plain_host, { .cgroup = &v1_view }, NULL },
	{ "cgroup2-hybrid-ns",
	  "cgroup2-ns",
	  &plain_host,
	  { .cgroup = &v1_view },
	  NULL },
	{ "cgroup-v2", "cgroup", &plain_host, { .cgroup = &v2_view }, NULL },
	{ "cgroup-v2-ns",
	  "cgroup-ns",
	  &plain_host,
	  { .cgroup = &v2_view },
	  NULL },
	{ "cgroup-v2-ns-host",
	  "cgroup-ns",
	  &plain_host,
	  { .cgroup = &v2_view, .cgroup_ns_host = true },
	  NULL },
	{ "hooks", "hooks", &plain_host, { 0 }, NULL },
	{ "devices", "devices", &plain_host, { 0 }, NULL },
	{ "devices-nested", "devices", &nested_host, { 0 }, NULL },
	{ "covered", "covered", &plain_host, { .cgroup = &v1_view }, NULL },
	{ "bind-dev", "bind-dev", &plain_host, { 0 }, NULL },
	{ "mounts-add", "cgroup-ns", &plain_host,
	  { .verb = VERB_MOUNTS, .cgroup = &v1_view }, NULL },
	{ "mounts-remove", "default", &plain_host,
	  { .verb = VERB_MOUNTS, .unmount = true }, NULL },
	{ "process",
	  "process",
	  &plain_host,
	  { .listen_fds = 2, .preserve_fds = 1 },
	  NULL },
};

static int data_dir(void)
{
	const char *top = getenv("top_srcdir");
	AUTO(str) char *path = xasprintf("%s/tests/data/plan", top ? top : ".");

	return open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
}

static char *slurp(int dirfd, const char *name, const char *suffix)
{
	AUTO(str) char *file = xasprintf("%s%s", name, suffix);
	char *text = NULL;

	if (file_read_at(dirfd, file, 1 << 20, &text, NULL) < 0)
		return NULL;
	return text;
}

static bool load_spec(int dirfd, const char *name, struct spec *ret)
{
	AUTO(findings) struct findings f = { 0 };
	AUTO(str) char *text = slurp(dirfd, name, ".json");
	struct err e = ERR_INIT;
	char line[2200];

	if (text && spec_parse(ret, text, strlen(text), name, &f, &e) == 0)
		return true;
	diag("%s.json: %s", name,
	     text ? err_format(&e, line, sizeof(line)) : "missing");
	return false;
}

static bool load_process(int dirfd, const char *name, struct spec_process *ret,
			 struct arena *arena)
{
	AUTO(findings) struct findings f = { 0 };
	AUTO(str) char *text = slurp(dirfd, name, ".json");
	struct err e = ERR_INIT;

	return text && spec_parse_process(ret, arena, text, strlen(text), name,
					  &f, &e) == 0;
}

static void write_golden(int dirfd, const char *name, const char *text)
{
	AUTO(str) char *file = xasprintf("%s.plan", name);

	if (file_replace_at(dirfd, file, text, strlen(text), 0644) < 0)
		diag("cannot write %s", file);
}

/* The first line in which two texts differ. */
static void show_difference(const char *got, const char *want)
{
	while (*got && *want) {
		size_t ng = strcspn(got, "\n"), nw = strcspn(want, "\n");

		if (ng != nw || memcmp(got, want, ng) != 0)
			break;
		got += ng + (got[ng] == '\n');
		want += nw + (want[nw] == '\n');
	}
	diag("got:  %.*s", (int)strcspn(got, "\n"), got);
	diag("want: %.*s", (int)strcspn(want, "\n"), want);
}

/* What was built, sent and received prints alike. */
static void check_codec(const char *name, const struct plan *plan,
			const char *want)
{
	AUTO(strbuf) struct str flat = { 0 };
	AUTO(strbuf) struct str text = { 0 };
	AUTO(plan) struct plan copy = { 0 };
	struct err e = ERR_INIT;

	plan_encode(plan, &flat);
	ok(plan_decode(&copy, flat.p, flat.len, &e) == 0, "%s: decoded", name);
	plan_print(&copy, &text);
	ok(streq(str_text(&text), want), "%s: survives the codec", name);
}

static void check_golden(int dirfd, const struct golden *g)
{
	AUTO(spec) struct spec spec = { 0 };
	AUTO(arena) struct arena arena = { 0 };
	AUTO(plan) struct plan plan = { 0 };
	AUTO(strbuf) struct str text = { 0 };
	AUTO(str) char *want = slurp(dirfd, g->name, ".plan");
	struct spec_process process = { 0 };
	struct plan_request req = g->req;
	struct err e = ERR_INIT;
	char line[2200];
	bool same;

	if (!ok(load_spec(dirfd, g->spec, &spec), "%s: parsed", g->name))
		return;
	if (g->process) {
		if (!ok(load_process(dirfd, g->process, &process, &arena),
			"%s: process parsed", g->name))
			return;
		req.process = &process;
	}
	req.id = "box";
	req.bundle = "/bundle";
	req.rootfs = "/bundle/rootfs";
	if (!ok(plan_build(&plan, &spec, g->host, &req, &e) == 0, "%s: built",
		g->name)) {
		diag("%s", err_format(&e, line, sizeof(line)));
		return;
	}
	plan_print(&plan, &text);
	if (getenv("OCIRUN_UPDATE_GOLDEN")) {
		write_golden(dirfd, g->name, str_text(&text));
		free(want);
		want = xstrdup(str_text(&text));
	}
	same = streq0(str_text(&text), want);
	ok(same, "%s: as %s.plan", g->name, g->name);
	if (!same)
		show_difference(str_text(&text), want ? want : "");
	check_codec(g->name, &plan, str_text(&text));
}

/* ---- rules ------------------------------------------------------------ */

/* The smallest valid spec. */
struct fixture {
	struct spec spec;
	struct plan_request req;
	struct host host;
};
static const char *args_true[] = { "true", NULL };

static struct fixture fixture(void)
{
	struct fixture f = { .host = plain_host };

	f.spec.root.path = "rootfs";
	f.spec.process.args = (struct str_list){ args_true, 1 };
	f.spec.process.cwd = "/";
	f.spec.linux_.ns[NS_MNT].listed = true;
	f.req = (struct plan_request){
		.id = "c",
		.bundle = "/b",
		.rootfs = "/b/r",
	};
	return f;
}

static const struct step *find(const struct plan *p, enum step_id id)
{
	for (size_t i = 0; i < p->n_steps; i++)
		if (p->steps[i].id == id)
			return &p->steps[i];
	return NULL;
}

/* The argument of the first step `id`; zeros, and a failed test, if none. */
static const union step_arg *arg_of(const struct plan *p, enum step_id id)
{
	static const union step_arg none;
	const struct step *s = find(p, id);

	if (!s)
		ok(false, "there is a step %s", step_infos[id].name);
	return s ? &s->u : &none;
}

static bool build(struct fixture *f, struct plan *p)
{
	struct err e = ERR_INIT;
	char line[2200];

	if (plan_build(p, &f->spec, &f->host, &f->req, &e) == 0)
		return true;
	diag("%s", err_format(&e, line, sizeof(line)));
	return false;
}

static void refused(struct fixture *f, const char *pointer, const char *words)
{
	AUTO(plan) struct plan p = { 0 };
	struct err e = ERR_INIT;

	ok(plan_build(&p, &f->spec, &f->host, &f->req, &e) < 0, "%s: refused",
	   pointer);
	is_str(e.pointer, pointer, "%s: pointer", pointer);
	ok(strstr(e.msg, words), "%s: '%s' says '%s'", pointer, e.msg, words);
	ok(p.steps == NULL, "%s: plan untouched", pointer);
}

static void test_env(void)
{
	static const char *env[] = { "A=1", "B=1", "A=2", "C",
				     "A=3", "B",   "AB=", NULL };
	AUTO(plan) struct plan p = { 0 };
	struct fixture f = fixture();
	const struct arg_exec *x;

	f.spec.process.env = (struct str_list){ env, 7 };
	f.req.listen_fds = 2;
	f.req.preserve_fds = 3;
	if (!ok(build(&f, &p), "env: built"))
		return;
	x = &arg_of(&p, STEP_LOOKUP)->exec;
	if (!is_int(x->n_envp, 6, "env: duplicates are gone"))
		return;
	is_str(x->envp[0], "C", "env: first");
	is_str(x->envp[1], "A=3", "env: the last one wins, in its place");
	is_str(x->envp[2], "B", "env: a name without value replaces, too");
	is_str(x->envp[3], "AB=", "env: a name is compared whole");
	is_str(x->envp[4], "LISTEN_FDS=2", "env: LISTEN_FDS");
	is_str(x->envp[5], "LISTEN_PID=1", "env: LISTEN_PID");
	ok(!x->envp[6], "env: terminated");
	is_int(x->preserve_fds, 5, "descriptors: listen and preserved");
}

static void test_large_env(void)
{
	AUTO(arena) struct arena arena = { 0 };
	AUTO(plan) struct plan p = { 0 };
	struct fixture f = fixture();
	size_t n = 20000;
	const char **env = arena_array(&arena, n, sizeof(*env));
	const struct arg_exec *x;

	for (size_t i = 0; i < n; i++)
		env[i] = arena_printf(&arena, "V%zu=%zu", i % 5000, i);
	f.spec.process.env = (struct str_list){ env, n };
	if (!ok(build(&f, &p), "large env: built"))
		return;
	x = &arg_of(&p, STEP_EXEC)->exec;
	if (is_int(x->n_envp, 5000, "large env: unique"))
		is_str(x->envp[0], "V0=15000", "large env: last wins");
}

static void test_defaults(void)
{
	AUTO(plan) struct plan p = { 0 };
	struct fixture f = fixture();

	if (!ok(build(&f, &p), "defaults: built"))
		return;
	is_int(arg_of(&p, STEP_PROPAGATION)->propagation.flags,
	       MS_SLAVE | MS_REC, "defaults: propagation");
	ok(arg_of(&p, STEP_ROOTFS)->rootfs.private_parent,
	   "defaults: private parent");
	is_int(arg_of(&p, STEP_UMASK)->umask.mask, 022, "defaults: umask");
	ok(!find(&p, STEP_BOUNDING),
	   "no capabilities object: bounding set untouched");
	ok(!arg_of(&p, STEP_CAPS)->caps.set,
	   "no capabilities object: sets untouched");
	ok(!find(&p, STEP_CWD_CREATE), "'/' needs no directory");
	ok(!find(&p, STEP_LOOPBACK), "no loopback without a network namespace");
	is_int(arg_of(&p, STEP_KEYRING)->keyring.perm_or, 0x80000,
	       "keyring permission");
	is_int(p.n_slots, _SLOT_MAX, "slots");
	is_int(p.fds[SLOT_FIFO], -1, "slots are empty");
	is_str(p.verb, "create", "verb");
	is_str(p.id, "c", "id");
}

static void test_unbindable(void)
{
	AUTO(plan) struct plan p = { 0 };
	struct fixture f = fixture();

	f.spec.linux_.rootfs_propagation = MS_UNBINDABLE;
	if (!ok(build(&f, &p), "unbindable: built"))
		return;
	is_int(arg_of(&p, STEP_PROPAGATION)->propagation.flags,
	       MS_SLAVE | MS_REC, "unbindable: not before the binds");
	is_int(arg_of(&p, STEP_ROOT_PROPAGATION)->propagation.flags,
	       MS_UNBINDABLE, "unbindable: on the new root");
}

static void test_caps(void)
{
	AUTO(plan) struct plan p = { 0 };
	struct fixture f = fixture();
	const struct arg_caps *c;

	f.spec.process.caps = (struct spec_capabilities){
		.set = true,
		.bounding = UINT64_MAX,
		.effective = 1,
		.permitted = 3,
		.ambient = UINT64_C(1) << 41,
	};
	if (!ok(build(&f, &p), "caps: built"))
		return;
	c = &arg_of(&p, STEP_CAPS)->caps;
	is_int(c->bounding, 0x1ffffffffff,
	       "caps: what the kernel does not know is out");
	is_int(c->ambient, 0, "caps: ambient as well");
	is_int(c->permitted, 3, "caps: permitted");
}

static void test_attributes(void)
{
	AUTO(plan) struct plan p = { 0 };
	struct fixture f = fixture();
	const struct arg_scheduler *s;

	f.spec.process.scheduler = (struct spec_scheduler){
		.set = true,
		.policy = SPEC_SCHED_RR,
		.priority = 7,
		.flags = 1,
		.nice = -3,
		.runtime = { true, 1 },
		.deadline = { true, 2 },
		.period = 3,
	};
	f.spec.process.io_priority = (struct spec_io_priority){ true, 2, 4 };
	f.spec.linux_.personality =
		(struct spec_personality){ .set = true, .domain = 8 };
	f.spec.linux_.memory_policy =
		(struct spec_memory_policy){ true, 2, "0-1", 1 << 15 };
	f.spec.process.apparmor_profile = "prof";
	f.spec.process.selinux_label = "u:r:t:s0";
	f.spec.linux_.mount_label = "u:o:f:s0";
	f.spec.linux_.ns[NS_USER].listed = true;
	f.host.apparmor = true;
	f.host.selinux = true;
	if (!ok(build(&f, &p), "attributes: built"))
		return;
	s = &arg_of(&p, STEP_SCHEDULER)->scheduler;
	is_int(s->policy, 2, "scheduler policy");
	is_int(s->priority, 7, "scheduler priority");
	is_int(s->nice, -3, "scheduler nice");
	is_int(arg_of(&p, STEP_IO_PRIORITY)->io_priority.priority, 4,
	       "io priority");
	is_int(arg_of(&p, STEP_PERSONALITY)->personality.persona, 8,
	       "personality");
	is_int(arg_of(&p, STEP_MEMORY_POLICY)->memory_policy.mode, 0x8002,
	       "memory policy with its flags");
	is_str(arg_of(&p, STEP_APPARMOR)->path.text, "prof",
	       "apparmor profile");
	is_str(arg_of(&p, STEP_SELINUX)->path.text, "u:r:t:s0",
	       "selinux label");
	is_str(arg_of(&p, STEP_KEYRING)->keyring.label, "u:r:t:s0",
	       "keyring label");
	is_int(arg_of(&p, STEP_KEYRING)->keyring.perm_or, 0x8,
	       "keyring permission with a user namespace");
}

/* exec takes from the container what its process lacks, but not everything. */
static void test_exec(void)
{
	AUTO(plan) struct plan p = { 0 };
	struct fixture f = fixture();
	struct spec_process proc = {
		.args = { args_true, 1 },
		.cwd = "/tmp",
		.user = { .uid = 7 },
	};

	f.req.verb = VERB_EXEC;
	f.req.process = &proc;
	f.host.apparmor = true;
	f.spec.process.no_new_privileges = (struct opt_bool){ true, true };
	f.spec.process.terminal = true;
	f.spec.process.apparmor_profile = "prof";
	f.spec.process.caps =
		(struct spec_capabilities){ .set = true, .bounding = 1 };
	f.spec.process.user.umask = (struct opt_u32){ true, 077 };
	if (!ok(build(&f, &p), "exec: built"))
		return;
	is_str(arg_of(&p, STEP_APPARMOR)->path.text, "prof",
	       "exec: profile inherited");
	is_int(arg_of(&p, STEP_BOUNDING)->caps.bounding, 1,
	       "exec: capabilities inherited");
	is_int(arg_of(&p, STEP_UMASK)->umask.mask, 077,
	       "exec: umask inherited");
	ok(!find(&p, STEP_NO_NEW_PRIVS),
	   "exec: no_new_privs is the process's own");
	ok(!find(&p, STEP_CONSOLE), "exec: terminal is the process's own");
	is_int(arg_of(&p, STEP_KEYRING)->keyring.perm_or, 0,
	       "exec: keyring as it is");
	is_int(arg_of(&p, STEP_PIVOT)->pivot.how, PIVOT_JOINED,
	       "exec: in the container's root");
	for (enum step_id id = STEP_LOOPBACK; id <= STEP_CWD_CREATE; id++)
		ok(id == STEP_PIVOT || !find(&p, id), "exec: no %s", step_infos[id].name);
	ok(!find(&p, STEP_WAIT_START), "exec: does not wait");
}

static void test_seccomp(void)
{
	struct fixture f = fixture();
	struct spec_seccomp_rule rule = { .action = SCMP_NOTIFY };
	uint32_t flags[] = { 1, 2 };

	f.spec.linux_.seccomp = (struct spec_seccomp){
		.set = true,
		.default_action = SCMP_ERRNO,
	};
	refused(&f, "/linux/seccomp", "no compiled one");
	f.req.seccomp = true;
	f.req.seccomp_by_number = true;
	for (int late = 0; late <= 1; late++) {
		AUTO(plan) struct plan p = { 0 };
		enum step_id there =
			late ? STEP_SECCOMP_LATE : STEP_SECCOMP_EARLY;
		enum step_id not =
			late ? STEP_SECCOMP_EARLY : STEP_SECCOMP_LATE;

		f.spec.process.no_new_privileges =
			(struct opt_bool){ true, late };
		if (late) {
			f.spec.linux_.seccomp.rules = &rule;
			f.spec.linux_.seccomp.n_rules = 1;
			f.spec.linux_.seccomp.flags_set = true;
			f.spec.linux_.seccomp.flags =
				(struct u32_list){ flags, 2 };
		}
		if (!ok(build(&f, &p), "seccomp: built"))
			return;
		ok(!find(&p, not ), "seccomp: once (%d)", late);
		if (!ok(find(&p, there), "seccomp: in its place (%d)", late))
			return;
		is_int(arg_of(&p, there)->seccomp.flags, late ? 2 : 4,
		       "seccomp: flags (%d)", late);
		is_int(arg_of(&p, there)->seccomp.has_listener, late,
		       "seccomp: listener (%d)", late);
		ok(arg_of(&p, there)->seccomp.by_number,
		   "seccomp: by number (%d)", late);
	}
}

static void test_refusals(void)
{
	static uint32_t gids[] = { 5 };
	static const char *paths[] = { "/proc/kcore", NULL };
	static struct spec_mount mount = {
		.destination = "/x",
		.type = "",
		.source = "/y",
		.kind = MOUNT_BIND,
	};
	struct fixture f = fixture();

	f.spec.process.apparmor_profile = "prof";
	refused(&f, "/process/apparmorProfile", "apparmor");
	f = fixture();
	f.spec.process.selinux_label = "l";
	refused(&f, "/process/selinuxLabel",
		"selinux label is specified in config, but");
	f = fixture();
	f.spec.linux_.mount_label = "l";
	refused(&f, "/linux/mountLabel", "selinux");
	f = fixture();
	f.host.euid = 1000;
	f.spec.process.user.additional_gids = (struct u32_list){ gids, 1 };
	refused(&f, "/process/user/additionalGids",
		"cannot set any additional groups in a rootless container");
	f = fixture();
	f.req.no_pivot = true;
	f.spec.linux_.rootfs_propagation = MS_PRIVATE | MS_REC;
	refused(&f, "/linux/rootfsPropagation", "not safe without pivot_root");
	f = fixture();
	f.spec.linux_.ns[NS_MNT].listed = false;
	f.spec.linux_.rootfs_propagation = MS_SHARED;
	refused(&f, "/linux/rootfsPropagation", "mount namespace");
	f.spec.linux_.rootfs_propagation = 0;
	f.spec.linux_.masked_paths = (struct str_list){ paths, 1 };
	refused(&f, "/linux/maskedPaths",
		"unable to restrict sys entries without");
	f = fixture();
	f.spec.mounts = &mount;
	f.spec.n_mounts = 1;
	mount.o.idmap = true;
	f.host.euid = 1000;
	refused(&f, "/mounts/0", "not supported for rootless");
	f.host.euid = 0;
	mount.o.idmap = false;
	mount.kind = MOUNT_CGROUP;
	refused(&f, "/mounts/0", "no cgroup hierarchy");
}

static void test_state(void)
{
	static struct kv kv[] = { { "b", "2" }, { "a", "\"<\n" } };
	const struct kv_list two = { kv, 2 };
	AUTO(strbuf) struct str s = { 0 };

	plan_state_head(&s, "id", "creating");
	plan_state_tail(&s, "/b", &two);
	is_str(str_text(&s),
	       "{\"ociVersion\":\"1.3.0\",\"id\":\"id\","
	       "\"status\":\"creating\",\"bundle\":\"/b\",\"annotations\":"
	       "{\"a\":\"\\\"\\u003c\\n\",\"b\":\"2\"}}",
	       "state");
	is_str(kv[0].key, "b", "state: the list itself stays in its order");
}

static void test_step_print(void)
{
	struct step s = { .id = STEP_MOUNT };
	AUTO(strbuf) struct str out = { 0 };

	s.u.mount = (struct arg_mount){
		.kind = MOUNT_PROC,
		.dest = "/proc",
		.type = "proc",
		.source = "proc",
	};
	step_print(&s, &out);
	is_str(str_text(&out), "mount /proc (proc)", "one step in words");
	str_reset(&out);
	s.u.mount.dest = "/a\n99  forged";
	step_print(&s, &out);
	is_str(str_text(&out), "mount /a?99  forged (proc)",
	       "one step is one line");
	for (int id = STEP_NONE + 1; id < _STEP_MAX; id++)
		ok(*step_infos[id].name && *step_infos[id].why,
		   "row %d has name and reason", id);
}

int main(void)
{
	AUTO(fd) int dirfd = data_dir();

	if (dirfd < 0)
		bail("no tests/data/plan: set top_srcdir");
	for (size_t i = 0; i < sizeof(goldens) / sizeof(*goldens); i++)
		check_golden(dirfd, &goldens[i]);
	test_env();
	test_large_env();
	test_defaults();
	test_unbindable();
	test_caps();
	test_attributes();
	test_exec();
	test_seccomp();
	test_refusals();
	test_state();
	test_step_print();
	return done();
}
