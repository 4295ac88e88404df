/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec_parse*.c on the files of tests/data/spec: what is good parses (its
 * warnings are in NAME.warn), what is bad gives exactly the lines of NAME.err.
 * With OCIRUN_UPDATE=1 the expectations are written anew: read the diff.
 */
#include "config/annotations.h"
#include "config/config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "config/json.h"
#include "config/names.h"
#include "tests/tap.h"

static char data_dir[PATH_MAX];

/* One result of a parse, as text: "ok" or the error, then the findings. */
static void report(int r, const struct err *e, const struct findings *f, struct str *out)
{
	char line[2200];

	if (r < 0 && f->n_errors == 0)
		str_addf(out, "fatal %s\n", err_format(e, line, sizeof(line)));
	for (size_t i = 0; i < f->n; i++) {
		str_add(out, f->v[i].is_error ? "error " : "warning ");
		finding_format(&f->v[i], "config.json", out);
		str_addc(out, '\n');
	}
}

static int parse_any(const char *name, const char *text, size_t len, struct findings *f,
		     struct err *e)
{
	AUTO(arena) struct arena a = { 0 };
	struct spec_process process;
	struct spec_resources resources;
	struct spec spec = { 0 };
	int r;

	if (str_starts(name, "mounts-")) {
		r = spec_parse_mounts(&spec, text, len, "config.json",
				      str_starts(name, "mounts-places"), f, e);
		spec_free(&spec);
		return r;
	}
	if (str_starts(name, "process-"))
		return spec_parse_process(&process, &a, text, len, "config.json", f, e);
	if (str_starts(name, "resources-"))
		return spec_parse_resources(&resources, &a, text, len, "config.json", f, e);
	r = spec_parse(&spec, text, len, "config.json", f, e);
	spec_free(&spec);
	return r;
}

static void expect(int dirfd, const char *name, const char *got)
{
	AUTO(str) char *want = NULL;
	AUTO(fd) int fd = -1;

	if (getenv("OCIRUN_UPDATE") && *got) {
		fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		if (fd < 0 || fd_write_full(fd, got, strlen(got)) < 0)
			bail("cannot write expectations");
	}
	(void)file_read_at(dirfd, name, 1 << 20, &want, NULL);
	is_str(got, want ? want : "", "%s", name);
}

static void one_file(int dirfd, const char *file, bool good)
{
	AUTO(findings) struct findings f = { 0 };
	AUTO(strbuf) struct str got = { 0 };
	AUTO(str) char *text = NULL;
	struct err e = ERR_INIT;
	char name[NAME_MAX + 1];
	size_t len, n = strlen(file) - strlen(".json");
	int r;

	if (file_read_at(dirfd, file, 1 << 20, &text, &len) < 0)
		bail("cannot read test data");
	r = parse_any(file, text, len, &f, &e);
	if (good)
		is_int(r, 0, "%s is good", file);
	else
		is_int(r, -EINVAL, "%s is bad", file);
	ok((r < 0) == (e.code != 0), "%s: error set if and only if it failed", file);
	report(r, &e, &f, &got);
	(void)snprintf(name, sizeof(name), "%.*s.%s", (int)n, file, good ? "warn" : "err");
	expect(dirfd, name, str_text(&got));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_json(const struct dirent *d)
{
	return str_ends(d->d_name, ".json");
}

static void test_files(const char *sub, bool good, int at_least)
{
	char path[PATH_MAX + 64];
	struct dirent **names;
	AUTO(fd) int dirfd = -1;
	int n;

	(void)snprintf(path, sizeof(path), "%s/%s", data_dir, sub);
	dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	n = scandir(path, &names, is_json, by_name);
	if (dirfd < 0 || n < 0)
		bail("no tests/data/spec");
	ok(n >= at_least, "%d files in %s", n, sub);
	for (int i = 0; i < n; i++) {
		one_file(dirfd, names[i]->d_name, good);
		free(names[i]);
	}
	free(names);
}

/* True if the tree has something at "/a/ * /b". */
static bool tree_has(const struct json *j, const char *pattern)
{
	size_t n;

	if (*pattern == '\0')
		return true;
	n = strcspn(++pattern, "/");
	for (const struct json *c = j->child; c; c = c->next) {
		bool match = n == 1 && *pattern == '*';

		if (c->key && !match)
			match = strlen(c->key) == n && memcmp(c->key, pattern, n) == 0;
		if (match && tree_has(c, pattern + n))
			return true;
	}
	return false;
}

static char *read_data(const char *name, size_t *ret_len)
{
	AUTO(fd) int dirfd = open(data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *text = NULL;

	if (dirfd < 0 || file_read_at(dirfd, name, 1 << 20, &text, ret_len) < 0)
		bail("cannot read test data");
	return text;
}

static bool platform(const char *property)
{
	static const char *const others[] = { "/solaris", "/windows", "/vm", "/zos", "/freebsd" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (streq(property, others[i]))
			return true;
	return false;
}

static void test_complete_uses_everything(void)
{
	AUTO(arena) struct arena a = { 0 };
	size_t len;
	AUTO(str) char *text = read_data("good/complete.json", &len);
	AUTO(str) char *list = read_data("properties.txt", NULL);
	struct err e = ERR_INIT;
	struct json *j = NULL;

	if (json_parse(&j, &a, text, len, "complete.json", &e) < 0)
		bail("complete.json");
	for (char *line = list, *end; *line; line = end + 1) {
		bool last;

		end = line + strcspn(line, "\n");
		last = *end == '\0';
		*end = '\0';
		if (*line == '/' && !platform(line))
			ok(tree_has(j, line), "complete.json uses %s", line);
		if (last)
			break;
	}
}

/* ---- values of complete.json ------------------------------------------- */

static void check_process(const struct spec_process *p)
{
	ok(p->terminal && p->console_height == 25 && p->console_width == 80, "terminal");
	is_str(p->cwd, "/srv", "cwd");
	ok(p->args.n == 3 && streq(p->args.v[2], "true") && !p->args.v[3], "args");
	ok(p->env.n == 2 && streq(p->env.v[1], "TERM=xterm"), "env");
	ok(p->user.uid == 1 && p->user.gid == 2 && p->user.umask.set && p->user.umask.v == 022 &&
	   p->user.additional_gids.n == 2 && p->user.additional_gids.v[1] == 4, "user");
	ok(p->caps.set && p->caps.inheritable_set &&
	   p->caps.bounding == ((1ULL << CAP_KILL) | (1ULL << 40)) &&
	   p->caps.ambient == p->caps.bounding && p->caps.unknown.n == 0, "capabilities");
	ok(p->n_rlimits == 2 && p->rlimits[0].resource == RLIMIT_NOFILE &&
	   p->rlimits[0].soft == 1024 && p->rlimits[0].hard == UINT64_MAX, "rlimits");
	ok(p->no_new_privileges.set && p->no_new_privileges.v, "noNewPrivileges");
	ok(p->oom_score_adj.set && p->oom_score_adj.v == -500, "oomScoreAdj");
	ok(p->scheduler.set && p->scheduler.policy == SPEC_SCHED_DEADLINE &&
	   p->scheduler.nice == 19 && p->scheduler.flags == 3 &&
	   p->scheduler.period == UINT64_MAX, "scheduler");
	ok(p->io_priority.set && p->io_priority.class_ == 2 && p->io_priority.priority == 7,
	   "ioPriority");
	is_str(p->exec_cpu_affinity.initial, "0-3, 7", "initial affinity");
	is_str(p->exec_cpu_affinity.final_, "1", "final affinity");
	is_str(p->apparmor_profile, "p", "apparmorProfile");
	is_str(p->selinux_label, "l", "selinuxLabel");
}

static void check_mounts(const struct spec *s)
{
	static const enum mount_kind kinds[] = { MOUNT_PROC, MOUNT_SYSFS, MOUNT_MQUEUE,
						 MOUNT_CGROUP, MOUNT_TMPFS, MOUNT_BIND };

	is_int(s->n_mounts, 6, "mounts");
	for (size_t i = 0; i < s->n_mounts && i < 6; i++)
		is_int(s->mounts[i].kind, kinds[i], "kind of mount %zu", i);
	is_str(s->mounts[4].o.data, "mode=1777,size=64k", "data");
	ok(s->mounts[4].o.tmpcopyup && s->mounts[4].o.flags == (MS_NOSUID | MS_STRICTATIME),
	   "flags");
	ok(s->mounts[5].o.ridmap && s->mounts[5].uid_mappings.n == 1 &&
	   s->mounts[5].gid_mappings.v[0].host_id == 100000, "id-mapped mount");
}

static void check_linux(const struct spec_linux *l)
{
	const struct spec_seccomp *s = &l->seccomp;

	ok(l->ns[NS_PID].listed && !l->ns[NS_PID].path && l->ns[NS_PID].index == 0, "pid");
	ok(l->ns[NS_IPC].listed && l->ns[NS_IPC].index == 3, "ipc");
	is_str(l->ns[NS_IPC].path, "/proc/1/ns/ipc", "path of ipc");
	ok(l->uid_mappings.n == 1 && l->uid_mappings.v[0].size == 65536, "uidMappings");
	ok(l->monotonic.set && l->monotonic.secs == 604800 && l->boottime.secs == INT64_MIN &&
	   l->boottime.nanosecs == 999999999, "timeOffsets");
	ok(l->n_devices == 2 && l->devices[0].type == 'c' && l->devices[0].minor == 229 &&
	   l->devices[0].file_mode.v == 0666 && l->devices[1].type == 'p', "devices");
	ok(l->n_net_devices == 2 && streq(l->net_devices[0].host_name, "eth0") &&
	   streq(l->net_devices[0].name, "lan0") && !l->net_devices[1].name, "netDevices");
	is_str(l->cgroups_path, "/a/b", "cgroupsPath");
	is_int(l->rootfs_propagation, MS_SLAVE, "rootfsPropagation");
	ok(l->memory_policy.set && l->memory_policy.mode == 2 &&
	   l->memory_policy.flags == 1U << 15, "memoryPolicy");
	ok(l->personality.set && l->personality.domain == 8, "personality");
	ok(l->intel_rdt.set && l->intel_rdt.enable_monitoring && l->intel_rdt.schemata.n == 1,
	   "intelRdt");
	ok(l->sysctl.n == 2 && streq(l->sysctl.v[1].key, "kernel/msgmax"), "sysctl");
	ok(s->set && s->default_action == SCMP_ERRNO && s->default_errno_ret.v == 38 &&
	   s->flags_set && s->flags.n == 1 && s->architectures.n == 2 && s->n_rules == 2 &&
	   s->rules[0].args[0].value == UINT64_MAX && s->rules[0].args[0].op == 7 &&
	   s->rules[1].action == SCMP_NOTIFY, "seccomp");
}

static void check_resources(const struct spec_resources *r)
{
	ok(r->set && r->n_devices == 2, "device rules");
	ok(!r->devices[0].allow && r->devices[0].type == 'a' && r->devices[0].major == -1 &&
	   r->devices[0].minor == -1 && r->devices[0].r && r->devices[0].w && r->devices[0].m,
	   "deny everything");
	ok(r->devices[1].allow && r->devices[1].type == 'c' && r->devices[1].major == 10 &&
	   !r->devices[1].m, "allow one");
	ok(r->memory.limit.v == 536870912 && r->memory.swappiness.v == 60 &&
	   r->memory.disable_oom_killer.set && !r->memory.disable_oom_killer.v &&
	   r->memory.check_before_update.v, "memory");
	ok(r->cpu.shares.v == 1024 && r->cpu.quota.v == 50000 && r->cpu.idle.set, "cpu");
	is_str(r->cpu.cpus, "0-1", "cpus");
	ok(r->pids_limit.set && r->pids_limit.v == 100, "pids");
	ok(r->block_io.weight.v == 10 && r->block_io.write_bps.n == 1 &&
	   r->block_io.write_bps.v[0].minor == 16 && r->block_io.write_iops.v[0].rate == 900 &&
	   r->block_io.weight_devices[0].leaf_weight.v == 300, "blockIO");
	ok(r->n_hugepages == 1 && r->hugepages[0].limit == 209715200, "hugepageLimits");
	ok(r->net_class_id.v == 1048577 && r->net_prios[0].priority == 500, "network");
	ok(r->n_rdma == 1 && streq(r->rdma[0].device, "mlx5_1") && r->rdma[0].hca_handles.v == 3,
	   "rdma");
	is_str(r->unified.v[0].value, "1073741824", "unified");
}

static void test_complete_values(void)
{
	AUTO(findings) struct findings f = { 0 };
	AUTO(spec) struct spec s;
	size_t len;
	AUTO(str) char *text = read_data("good/complete.json", &len);
	struct err e = ERR_INIT;

	is_int(spec_parse(&s, text, len, "config.json", &f, &e), 0, "complete.json parses");
	ok(s.root_set && s.root.readonly && streq(s.root.path, "/rootfs"), "root");
	ok(streq(s.hostname, "h") && streq(s.domainname, "d"), "host names");
	for (unsigned int k = 0; k < _HOOK_KIND_MAX; k++)
		ok(s.hooks[k].n == 1 && s.hooks[k].v[0].env_set && s.hooks[k].v[0].timeout.v == 10 &&
		   s.hooks[k].v[0].args.n == 2, "hook %s", hook_kind_names[k]);
	ok(s.annotations.n == 1 && streq(s.annotations.v[0].key, "org.example/a~b"),
	   "annotations");
	check_process(&s.process);
	check_mounts(&s);
	check_linux(&s.linux_);
	check_resources(&s.linux_.resources);
}

static void test_empty_strings(void)
{
	AUTO(findings) struct findings f = { 0 };
	AUTO(spec) struct spec s;
	size_t len;
	AUTO(str) char *text = read_data("good/empty-strings.json", &len);
	struct err e = ERR_INIT;

	is_int(spec_parse(&s, text, len, "config.json", &f, &e), 0, "empty strings parse");
	ok(!s.hostname && !s.linux_.cgroups_path && !s.linux_.mount_label &&
	   !s.linux_.rootfs_propagation && !s.linux_.ns[NS_PID].path &&
	   !s.linux_.resources.cpu.cpus && !s.linux_.seccomp.set, "and count as absent");
}

/* ---- loading ----------------------------------------------------------- */

static unsigned int logged;

static void count_log(enum log_level level, const char *text, void *arg)
{
	(void)text;
	(void)arg;
	logged += level == LOGL_WARN || level == LOGL_ERROR;
}

static int load(const char *name, struct spec *s, char **text, struct err *e)
{
	char path[PATH_MAX + 64];
	AUTO(fd) int dirfd = -1;

	(void)snprintf(path, sizeof(path), "%s/good", data_dir);
	dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	logged = 0;
	return spec_load_at(s, dirfd, name, text, e);
}

static int reload(const char *name, struct spec *s, struct err *e)
{
	char path[PATH_MAX + 64];

	(void)snprintf(path, sizeof(path), "%s/good/%s", data_dir, name);
	logged = 0;
	return spec_reload_at(s, AT_FDCWD, path, e);
}

static void test_load(void)
{
	AUTO(str) char *text = NULL;
	struct err e = ERR_INIT;
	struct spec s;

	log_redirect(count_log, NULL);
	is_int(load("minimal.json", &s, &text, &e), 0, "minimal.json loads");
	ok(text && strstr(text, "ociVersion"), "and gives its text");
	ok(s.root_set && !s.process_set, "process is optional");
	spec_free(&s);
	is_int(logged, 0, "nothing is logged");
	is_int(load("unknown-keys.json", &s, NULL, &e), 0, "unknown keys load");
	spec_free(&s);
	is_int(logged, 5, "one line for each unknown key");
	is_int(reload("unknown-keys.json", &s, &e), 0, "and load again");
	spec_free(&s);
	is_int(logged, 0, "but quietly");
	is_int(load("nothing.json", &s, NULL, &e), -ENOENT, "a missing file");
	is_str(e.msg, "JSON specification file nothing.json not found", "says so");
	spec_free(&s);
	err_clear(&e);
	is_int(load("../bad", &s, NULL, &e), -EISDIR, "a directory");
	is_str(e.msg, "cannot read '../bad': is a directory", "says so");
	spec_free(&s);
	err_clear(&e);
	is_int(load("complete.json", &s, NULL, &e), 0, "every property there is");
	spec_free(&s);
	is_int(load("../bad/many.json", &s, NULL, &e), -EINVAL, "a bad file");
	is_str(e.msg, "../bad/many.json:8:11: args must not be empty", "the first error");
	is_str(e.hint, "and 8 more errors in this file", "and the number of the others");
	is_int(logged, 9, "all of them are logged");
	spec_free(&s);
	log_redirect(NULL, NULL);
}

/* As Docker 1.11 wrote it. */
static void test_old_form(void)
{
	AUTO(findings) struct findings f = { 0 };
	AUTO(spec) struct spec s;
	size_t len;
	AUTO(str) char *text = read_data("good/old-2016.json", &len);
	struct err e = ERR_INIT;

	is_int(spec_parse(&s, text, len, "config.json", &f, &e), 0, "it parses");
	is_int((long)f.n, 0, "without a warning");
	const struct spec_capabilities *c = &s.process.caps;
	const uint64_t both = 1U << CAP_CHOWN | 1U << CAP_KILL;

	ok(c->set && c->bounding == both && c->effective == both &&
	   c->permitted == both && !c->inheritable_set && !c->ambient,
	   "capabilities: one list for three sets");
	ok(s.linux_.seccomp.n_rules == 1 && s.linux_.seccomp.rules[0].names.n == 1 &&
	   streq(s.linux_.seccomp.rules[0].names.v[0], "acct"), "seccomp: name");
	const struct spec_resources *r = &s.linux_.resources;

	ok(!r->pids_limit.set, "a pids limit of 0 is none");
	ok(r->block_io.weight.set && r->block_io.weight.v == 100, "blkioWeight");
	ok(r->memory.disable_oom_killer.set, "disableOOMKiller");
	ok(s.process.oom_score_adj.set && s.process.oom_score_adj.v == 5, "oomScoreAdj");
}

static int annotated(struct spec *s, const char *key, const char *value, struct err *e)
{
	static struct kv kv;

	kv = (struct kv){ key, value };
	*s = (struct spec){ .annotations = { &kv, 1 } };
	err_clear(e);
	return spec_apply_annotations(s, e);
}

static void test_annotations(void)
{
	AUTO(spec) struct spec s = { 0 };
	struct err e = ERR_INIT;

	ok(annotated(&s, "run.oci.keep_original_groups", "1", &e) == 0 && s.run_oci.keep_groups,
	   "keep_original_groups");
	ok(annotated(&s, "run.oci.keep_original_groups", "0", &e) == 0 && !s.run_oci.keep_groups,
	   "and not");
	ok(annotated(&s, "run.oci.mount_context_type", "fscontext", &e) == 0 &&
	   streq(s.run_oci.mount_context, "fscontext"), "mount_context_type");
	is_int(annotated(&s, "run.oci.mount_context_type", "xcontext", &e), -EINVAL, "of four");
	is_str(e.pointer, "/annotations/run.oci.mount_context_type", "the pointer");
	ok(annotated(&s, "run.oci.seccomp_bpf_data", "AAECAwQFBgc=", &e) == 0 &&
	   s.linux_.seccomp.set && s.linux_.seccomp.raw_len == 8 &&
	   memcmp(s.linux_.seccomp.raw, "\0\1\2\3\4\5\6\7", 8) == 0, "base64");
	arena_free(&s.arena);
	ok(annotated(&s, "run.oci.seccomp_bpf_data", "AAECAwQFBg==", &e) < 0, "seven bytes");
	arena_free(&s.arena);
	ok(annotated(&s, "run.oci.seccomp_bpf_data", "AA=CAwQFBgc=", &e) < 0, "padding inside");
	arena_free(&s.arena);
	is_int(annotated(&s, "run.oci.handler", "krun", &e), -ENOTSUP, "a handler");
	ok(annotated(&s, "run.oci.unknown", "x", &e) == 0 && annotated(&s, "x", "y", &e) == 0,
	   "others mean nothing");
}

static void test_many_findings(void)
{
	AUTO(findings) struct findings f = { 0 };
	AUTO(strbuf) struct str text = { 0 };
	AUTO(spec) struct spec s;
	struct err e = ERR_INIT;

	str_add(&text, "{\"ociVersion\":\"1.0.0\",");
	for (int i = 0; i < 5000; i++)
		str_addf(&text, "\"x%d\":1,", i);
	str_add(&text, "\"root\":5}");
	is_int(spec_parse(&s, text.p, text.len, "config.json", &f, &e), -EINVAL,
	       "an error after thousands of warnings");
	ok(f.n <= 1000 && f.n_errors == 1, "the list is bounded, the count is right");
	ok(strstr(e.msg, "expected object, got number") != NULL, "the error is not lost");
}

int main(void)
{
	const char *dir = getenv("top_srcdir");

	(void)snprintf(data_dir, sizeof(data_dir), "%s/tests/data/spec", dir ? dir : ".");
	test_files("good", true, 20);
	test_files("bad", false, 80);
	test_complete_uses_everything();
	test_complete_values();
	test_empty_strings();
	test_load();
	test_old_form();
	test_annotations();
	test_many_findings();
	return done();
}
