/* SPDX-License-Identifier: Apache-2.0 */
/* Layouts and directories, from invented texts of /proc. */
#include "config.h"

#include "cgroup/cg_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/tap.h"

#define V2_MOUNTS                                                             \
	"22 1 0:20 / / rw - ext4 /dev/vda rw\n"                               \
	"31 23 0:28 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
#define V1_MOUNTS                                                             \
	"31 23 0:28 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755\n"          \
	"32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup "\
	"rw,cpu,cpuacct\n"                                                    \
	"35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"   \
	"40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,"    \
	"release_agent=/x,name=systemd\n"
#define UNIFIED                                                               \
	"41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
#define V1_SELF                                                               \
	"4:memory:/process_api/1\n3:cpu,cpuacct:/\n2:name=systemd:/u/s\n"     \
	"1:net_cls:/\n"

static void show_layout(struct arena *a, const struct cg_layout *l,
			const char *inner, struct str *out)
{
	str_add(out, l->unified ? "v2:" : "v1:");
	for (size_t i = 0; i < l->n; i++)
		str_addf(out, " [%s]%s%s", l->v[i].names,
			 cg_path_dir(a, l, &l->v[i], inner),
			 l->v[i].rdonly ? "(ro)" : "");
}

static void test_layouts(void)
{
	static const struct {
		const char *name, *mounts, *self, *inner, *want;
	} t[] = {
		{ "v2 absolute", V2_MOUNTS, "0::/user.slice/x\n", "/a/b",
		  "v2: []/sys/fs/cgroup/a/b" },
		{ "v2 relative: beside our own cgroup", V2_MOUNTS,
		  "0::/user.slice/x.scope\n", "c1",
		  "v2: []/sys/fs/cgroup/user.slice/c1" },
		{ "v2 relative from the root", V2_MOUNTS, "0::/\n", "c1",
		  "v2: []/sys/fs/cgroup/c1" },
		{ "v2 outside of our namespace", V2_MOUNTS, "0::/../x\n", "c1",
		  "v2: []/sys/fs/cgroup/c1" },
		{ "v2 bind of a part",
		  "31 23 0:28 /docker/1 /sys/fs/cgroup rw - cgroup2 c rw\n",
		  "0::/docker/1/me\n", "c1", "v2: []/sys/fs/cgroup/c1" },
		{ "v2 bind of another part",
		  "31 23 0:28 /docker/1 /sys/fs/cgroup rw - cgroup2 c rw\n",
		  "0::/docker/12/me\n", "c1", "v2: []/sys/fs/cgroup/c1" },
		{ "v1 absolute", V1_MOUNTS, V1_SELF, "/a/b",
		  "v1: [memory]/sys/fs/cgroup/memory/a/b "
		  "[cpu,cpuacct]/sys/fs/cgroup/cpu,cpuacct/a/b "
		  "[name=systemd]/sys/fs/cgroup/systemd/a/b" },
		{ "v1 relative: below our own cgroups", V1_MOUNTS, V1_SELF, "c1",
		  "v1: [memory]/sys/fs/cgroup/memory/process_api/1/c1 "
		  "[cpu,cpuacct]/sys/fs/cgroup/cpu,cpuacct/c1 "
		  "[name=systemd]/sys/fs/cgroup/systemd/u/s/c1" },
		{ "hybrid: the cgroup2 tree as the v1 ones",
		  V1_MOUNTS UNIFIED, V1_SELF "0::/w\n", "c1",
		  "v1: [memory]/sys/fs/cgroup/memory/process_api/1/c1 "
		  "[cpu,cpuacct]/sys/fs/cgroup/cpu,cpuacct/c1 "
		  "[name=systemd]/sys/fs/cgroup/systemd/u/s/c1 "
		  "[]/sys/fs/cgroup/unified/w/c1" },
		{ "none", "22 1 0:20 / / rw - ext4 /dev/vda rw\n",
		  "0::/\n1:memory:/\n", "/a", "v1:" },
		{ "nothing at all", "", "", "/a", "v1:" },
		{ "read-only",
		  "31 23 0:28 / /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n",
		  "0::/\n", "/a", "v2: []/sys/fs/cgroup/a(ro)" },
		{ "a container's bind does not win",
		  "99 1 0:32 /c /run/c/rootfs/sys/fs/cgroup/memory rw - cgroup "
		  "cgroup rw,memory\n" V1_MOUNTS, "4:memory:/\n", "/a",
		  "v1: [memory]/sys/fs/cgroup/memory/a" },
		{ "unusual place, escaped",
		  "9 1 0:9 / /dev/my\\040cg/memory rw - cgroup none rw,memory\n",
		  "4:memory:/\n", "/a", "v1: [memory]/dev/my cg/memory/a" },
		{ "cgroup2 alone, elsewhere",
		  "9 1 0:9 / /mnt/cg rw - cgroup2 none rw\n", "0::/\n", "/a",
		  "v1: []/mnt/cg/a" },
		{ "a path with colons", V2_MOUNTS, "0::/a:b/c\n", "d",
		  "v2: []/sys/fs/cgroup/a:b/d" },
		{ "malformed lines are passed over",
		  "x\n - cgroup\n1 2 3\n" V2_MOUNTS, "junk\n0::/\n:\n", "/a",
		  "v2: []/sys/fs/cgroup/a" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct arena a = { 0 };
		struct cg_layout l;
		struct str got = { 0 };

		cg_layout_parse(&l, &a, t[i].mounts, t[i].self);
		show_layout(&a, &l, t[i].inner, &got);
		is_str(str_text(&got), t[i].want, "%s", t[i].name);
		str_free(&got);
		arena_free(&a);
	}
}

static void test_inner(void)
{
	static const struct { const char *path, *want; } t[] = {
		{ NULL, "id" }, { "", "id" }, { "/a//b/./c/", "/a/b/c" },
		{ "a/b", "a/b" }, { "slice:p:name", "slice:p:name" },
		{ "/a..b", "/a..b" },
		{ "..", NULL }, { "/a/../b", NULL }, { "../x", NULL },
		{ "/", NULL }, { ".", NULL }, { "//", NULL }, { "/a\nb", NULL },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct arena a = { 0 };
		struct err e = ERR_INIT;
		const char *got = NULL;
		int r = cg_path_inner(&a, t[i].path, "id", &got, &e);

		is_str(got, t[i].want, "cgroupsPath %zu", i);
		is_int(r, t[i].want ? 0 : -EINVAL, "… result");
		if (r < 0)
			is_str(e.pointer, "/linux/cgroupsPath", "… pointer");
		arena_free(&a);
	}
}

static void test_words(void)
{
	ok(cg_has_word("cpu,cpuacct", "cpu", ','), "first word");
	ok(cg_has_word("cpu,cpuacct", "cpuacct", ','), "last word");
	ok(!cg_has_word("cpuset,cpuacct", "cpu", ','), "no prefix");
	ok(!cg_has_word("", "cpu", ',') && !cg_has_word(NULL, "cpu", ','),
	   "empty list");
	ok(!cg_has_word("a,,b", "", ','), "no empty word");
}

static void test_open(void)
{
	static const struct cgroup_path rec[] = {
		{ "cpu", "/nowhere/cpu,cpuacct/x" },
		{ "cpuacct", "/nowhere/cpu,cpuacct/x" },
		{ "name=systemd", "/nowhere/systemd/x" },
		{ "", "/nowhere/unified/x" },
	};
	static const struct cgroup_path bad[] = { { "", "/a/../b" } };
	struct err e = ERR_INIT;
	struct cgroup *cg = NULL;
	const struct cgroup_path *p;
	struct pid_list pids;

	is_int(cgroup_open(&cg, rec, 4, CGROUP_FS, &e), 0, "open a record");
	is_int(cg->n_dirs, 3, "co-mounted controllers are one directory");
	is_int(cgroup_paths(cg, &p), 4, "the record comes back");
	for (size_t i = 0; i < 4; i++)
		ok(streq(p[i].controller, rec[i].controller) &&
		   streq(p[i].dir, rec[i].dir), "entry %zu", i);
	is_int(cgroup_pids(cg, &pids, &e), 0, "gone is empty");
	is_int(pids.n, 0, "… no pids");
	is_int(cgroup_kill(cg, 9, &e), 0, "killing nobody");
	ok(!cgroup_frozen(cg), "not frozen");
	is_int(cgroup_oom_kills(cg), 0, "no oom kills");
	is_int(cgroup_clone_fd(cg), -1, "no descriptor");
	is_int(cgroup_destroy(cg, deadline_in_ms(1000), &e), 0, "destroy");
	cgroup_close(cg);
	is_int(cgroup_open(&cg, bad, 1, CGROUP_FS, &e), -EINVAL, "bad record");
	is_int(cgroup_open(&cg, NULL, 0, CGROUP_FS, &e), 0, "empty record");
	is_int(cgroup_freeze(cg, true, deadline_in_ms(10), &e), -EOPNOTSUPP,
	       "nothing to freeze");
	cgroup_close(cg);
	cgroup_close(NULL);
}

static void test_drivers(void)
{
	struct spec_resources res = { .pids_limit = { true, 5 } };
	struct cgroup_req req = { .driver = CGROUP_SYSTEMD, .id = "x" };
	struct err e = ERR_INIT;
	struct cgroup *cg = NULL;

	if (access("/run/systemd/system", F_OK) < 0) {
		is_int(cgroup_plan(&cg, &req, &e), -ENOTSUP, "no systemd here");
		ok(cg == NULL, "… nothing returned");
		is_str(e.msg, cgroup_driver_known(CGROUP_SYSTEMD) ?
		       "systemd not running on this host, cannot use systemd "
		       "cgroups manager" :
		       "the systemd cgroup driver is not part of this build "
		       "(--without-systemd)", "… says so");
	} else {
		skip(3, "systemd is running");
	}
	err_clear(&e);
	req.driver = CGROUP_DISABLED;
	is_int(cgroup_plan(&cg, &req, &e), 0, "disabled");
	const struct cgroup_path *p;

	is_int(cgroup_paths(cg, &p), 0, "… has no directories");
	is_int(cgroup_create(cg, &e), 0, "… create");
	is_int(cgroup_enter(cg, 1, false, &e), 0, "… enter");
	/* cgroup mounts show what the caller is in */
	const struct cgroup_view *v = cgroup_view(cg);
	char *info = NULL;

	(void)file_read_at(AT_FDCWD, "/proc/self/mountinfo", CG_FILE_MAX, &info, NULL);
	ok((v->n_mounts || v->v2_mount) == (info && strstr(info, " - cgroup")),
	   "… what there is to see");
	free(info);
	cgroup_close(cg);
	req.resources = &res;
	is_int(cgroup_plan(&cg, &req, &e), -ENOTSUP, "disabled with a limit");
	is_str(e.pointer, "/linux/resources/pids/limit", "… names it");
}

int main(void)
{
	test_layouts();
	test_inner();
	test_words();
	test_open();
	test_drivers();
	return done();
}
