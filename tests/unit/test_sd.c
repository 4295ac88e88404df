/* SPDX-License-Identifier: Apache-2.0 */
/* The systemd driver's pure part: names, properties, annotations. */
#include "config.h"

#include "cgroup/sd.h"

#include <errno.h>

#include "base/cleanup.h"
#include "tests/tap.h"

static struct arena mem;

static void test_slices(void)
{
	static const struct {
		const char *slice, *want;
	} t[] = {
		{ "system.slice", "/system.slice" },
		{ "a-b-c.slice", "/a.slice/a-b.slice/a-b-c.slice" },
		{ "-.slice", "" },
		{ "a--b.slice", NULL }, { "-a.slice", NULL },
		{ "a-.slice", NULL },	{ "a/b.slice", NULL },
		{ "foo", NULL },	{ ".slice", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const char *dir = NULL;
		int r = sd_expand_slice(t[i].slice, &mem, &dir);

		is_int(r, t[i].want ? 0 : -EINVAL, "slice '%s'", t[i].slice);
		is_str(dir, t[i].want, "… its directory");
	}
}

static void test_user_slice(void)
{
	static const struct { const char *text; bool want; } t[] = {
		{ "0::/user.slice/user-1000.slice/session-1.scope\n", true },
		{ "3:pids:/x\n1:name=systemd:/user.slice/user-7.slice\n", true },
		{ "0::/user.slice/user-0.slice/session-1.scope\n", false },
		{ "0::/user.slice/user-.slice/x\n", false },
		{ "0::/user.slice/user-12.slices/x\n", false },
		{ "0::/user.slice/user-a1.slice/x\n", false },
		{ "0::/system.slice/user-1000.service\n", false },
		{ "0::/user-0.slice/user-5.slice", true },
		{ "0::/\n", false }, { "", false },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		ok(sd_user_slice(t[i].text) == t[i].want, "user's: %s", t[i].text);
}

static void test_names(void)
{
	static const struct {
		const char *path, *id;
		bool user;
		const char *slice, *dir; /* dir NULL: refused, slice = text */
	} t[] = {
		{ NULL, "box", false, "system.slice",
		  "/system.slice/ocirun-box.scope" },
		{ "", "box", true, "user.slice", "/user.slice/ocirun-box.scope" },
		{ NULL, "a+b", false, "system.slice",
		  "/system.slice/ocirun-a\\x2bb.scope" },
		{ "machine.slice:libpod:1234", "x", true, "machine.slice",
		  "/machine.slice/libpod-1234.scope" },
		{ "a-b.slice:p:n", "x", false, "a-b.slice",
		  "/a.slice/a-b.slice/p-n.scope" },
		{ "-.slice:p:n", "x", false, "-.slice", "/p-n.scope" },
		{ ":cri:n", "x", false, "system.slice",
		  "/system.slice/cri-n.scope" },
		{ "system.slice::n", "x", false, "system.slice",
		  "/system.slice/-n.scope" },
		{ "/x", "x", false, "expected cgroupsPath to be of format "
		  "\"slice:prefix:name\" for systemd cgroups, got \"/x\" instead",
		  NULL },
		{ "foo:b:c", "x", false, "invalid slice name 'foo'", NULL },
		{ "../a.slice:b:c", "x", false, "invalid slice name", NULL },
		{ "a b.slice:b:c", "x", false, "invalid slice name", NULL },
		{ "a.slice:b:c/d", "x", false, "cannot be the name", NULL },
		{ "a.slice:..:c", "x", false, "cannot be the name", NULL },
		{ "a.slice:b:", "x", false, "cannot be the name", NULL },
		{ "a.slice:b:c d", "x", false, "cannot be the name", NULL },
		{ "a.slice:b:c.slice", "x", false, "is a slice", NULL },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct sd_unit u = { 0 };
		struct err e = ERR_INIT;
		int r = sd_unit_names(&u, &mem, t[i].path, "ocirun", t[i].id,
				      t[i].user, &e);

		if (!t[i].dir) {
			is_int(r, -EINVAL, "refused: %s", t[i].path);
			ok(strstr(e.msg, t[i].slice), "… says so: %s", e.msg);
			is_str(e.pointer, "/linux/cgroupsPath", "… and where");
			continue;
		}
		is_int(r, 0, "names of '%s'", t[i].path ? t[i].path : "(null)");
		is_str(u.slice, t[i].slice, "… slice");
		is_str(u.dir, t[i].dir, "… directory");
	}
	char longid[300];
	struct sd_unit u;
	struct err e = ERR_INIT;

	memset(longid, 'x', sizeof(longid) - 1);
	longid[sizeof(longid) - 1] = '\0';
	is_int(sd_unit_names(&u, &mem, NULL, "o", longid, false, &e), -EINVAL,
	       "a name that is too long");
}

/* Fewer and more parts than three: as crun, but not called by the name runc. */
static void test_parts(void)
{
	static const struct {
		const char *path, *dir, *why; /* dir NULL: refused */
	} t[] = {
		{ "name", "/system.slice/name.scope", NULL },
		{ ":name", "/system.slice/name.scope", NULL },
		{ "a.slice:name", "/a.slice/name.scope", NULL },
		{ "a.slice:b:c:d", "/a.slice/b-c-d.scope", NULL },
		{ "a:b", NULL, "invalid slice name 'a'" },
		{ "a.slice:", NULL, "cannot be the name" },
		{ "..", NULL, "cannot be the name" },
		{ "a.slice", NULL, "is a slice" },
		{ "a/b", NULL, "expected cgroupsPath to be of format" },
		{ "a.slice:b/c", NULL, "got \"a.slice:b/c\" instead" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct sd_unit u = { 0 };
		struct err e = ERR_INIT;
		int r = sd_unit_names(&u, &mem, t[i].path, "ocirun", "x", false, &e);

		is_int(r, t[i].dir ? 0 : -EINVAL, "parts of '%s'", t[i].path);
		if (t[i].dir)
			is_str(u.dir, t[i].dir, "… directory");
		else
			ok(strstr(e.msg, t[i].why), "… says why: %s", e.msg);
		err_clear(&e);
		is_int(sd_unit_names(&u, &mem, t[i].path, "runc", "x", false, &e),
		       -EINVAL, "… refused as runc");
		ok(strstr(e.msg, "expected cgroupsPath to be of format"), "… in its words");
	}
	struct sd_unit u = { 0 };
	struct err e = ERR_INIT;

	is_int(sd_unit_names(&u, &mem, "a.slice:b:c", "runc", "x", false, &e), 0,
	       "three parts are runc's");
	is_str(u.dir, "/a.slice/b-c.scope", "… directory");
}

static void test_rounding(void)
{
	static const struct {
		int64_t quota;
		uint64_t period;
		int64_t want;
	} t[] = {
		{ 2000, 3000, 2010 },	  { 50000, 100000, 50000 },
		{ 50000, 0, 50000 },	  { 12345, 100000, 13000 },
		{ 0, 1000, 0 },		  { -1, 1000, -1 },
		{ 100000, 500000, 100000 }, { 1, 1000000, 10000 },
		{ INT64_MAX, 1, INT64_MAX },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		is_int(sd_round_quota(t[i].quota, t[i].period), t[i].want,
		       "quota %lld of %llu", (long long)t[i].quota,
		       (unsigned long long)t[i].period);
}

static const char *idle_text(struct spec_resources res, bool v2, bool idle)
{
	AUTO(strbuf) struct str s = { 0 };

	sd_resolve_idle(&res, &mem, v2, idle);
	str_addf(&s, "shares %d idle %d,%d", (int)res.cpu.shares.v,
		 res.cpu.idle.set, (int)res.cpu.idle.v);
	for (size_t i = 0; i < res.unified.n; i++)
		str_addf(&s, " %s=%s", res.unified.v[i].key,
			 res.unified.v[i].value);
	return arena_strdup(&mem, str_text(&s));
}

static void test_idle(void)
{
	struct kv both[] = { { "cpu.weight", "8" }, { "cpu.idle", "1" } };
	struct kv weight[] = { { "memory.max", "9" }, { "cpu.weight", "8" } };
	struct spec_resources shares = { .cpu.shares = { true, 512 } };
	struct spec_resources idle = { .cpu = { .shares = { true, 512 },
						.idle = { true, 1 } } };

	is_str(idle_text(idle, true, false), "shares 0 idle 1,1",
	       "an idle group has no weight");
	is_str(idle_text(idle, false, false), "shares 512 idle 1,1",
	       "… but on v1, where systemd has no idle");
	is_str(idle_text(shares, true, false), "shares 512 idle 0,0",
	       "a weight");
	is_str(idle_text(shares, true, true), "shares 512 idle 1,0",
	       "… ends being idle");
	is_str(idle_text((struct spec_resources){ .unified = { both, 2 } }, true,
			 false), "shares 0 idle 0,0 cpu.idle=1",
	       "unified: an idle group has no weight");
	is_str(idle_text((struct spec_resources){ .unified = { weight, 2 } },
			 true, true),
	       "shares 0 idle 0,0 cpu.idle=0 memory.max=9 cpu.weight=8",
	       "unified: a weight ends being idle");
	is_str(idle_text((struct spec_resources){ .unified = { weight, 2 } },
			 true, false),
	       "shares 0 idle 0,0 memory.max=9 cpu.weight=8",
	       "unified: a weight");
	is_str(weight[0].key, "memory.max", "… what was given is unchanged");
}

static void test_cpus(void)
{
	static const struct {
		const char *list, *want;
	} t[] = {
		{ "0-3,7", "[0x8f]" }, { "8", "[0x00, 0x01]" },
		{ " 1 , 3 - 4 ,", "[0x1a]" }, { "0", "[0x01]" },
		{ "", NULL }, { ",", NULL }, { "3-1", NULL }, { "a", NULL },
		{ "1-", NULL }, { "-1", NULL }, { "65536", NULL },
		{ "0-4294967295", NULL },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		AUTO(strbuf) struct str s = { 0 };
		struct dval v;
		int r = sd_cpu_bytes(t[i].list, &mem, &v);

		is_int(r, t[i].want ? 0 : -EINVAL, "cpus '%s'", t[i].list);
		if (r == 0)
			dval_print(&v, &s);
		if (t[i].want)
			is_str(str_text(&s), t[i].want, "… as bytes");
	}
}

static void test_start(void)
{
	struct sd_unit u;
	struct sd_props p = { .arena = &mem };
	struct kv oom[] = { { "memory.oom.group", " 1 " } };
	struct spec_resources res = { .unified = { oom, 1 } };
	struct sd_host v1 = { false, 245 }, v2 = { true, 253 };
	AUTO(strbuf) struct str s = { 0 };
	struct err e = ERR_INIT;

	(void)sd_unit_names(&u, &mem, "m.slice:p:n", "", "n", false, &e);
	is_int(sd_props_start(&p, &u, 42, &res, &v2, &e), 0, "a new scope, v2");
	sd_props_print(&p, &s);
	is_str(str_text(&s),
	       "Description='ocirun container n' Slice='m.slice' Delegate=true "
	       "PIDs=[uint32 42] MemoryAccounting=true CPUAccounting=true "
	       "IOAccounting=true TasksAccounting=true DefaultDependencies=false "
	       "OOMPolicy='kill'", "… properties");
	p.n = 0;
	str_reset(&s);
	is_int(sd_props_start(&p, &u, 42, NULL, &v1, &e), 0, "a new scope, v1");
	sd_props_print(&p, &s);
	ok(strstr(str_text(&s), "BlockIOAccounting=true"), "… block io");
	oom[0].value = "x";
	is_int(sd_props_start(&p, &u, 42, &res, &v2, &e), -EINVAL,
	       "memory.oom.group that is no number");
	is_str(e.pointer, "/linux/resources/unified/memory.oom.group",
	       "… is named");
}

struct want {
	const char *name;
	struct spec_resources res;
	int version; /* negative: cgroup v1 */
	const char *want; /* NULL: refused */
};

static void check(const struct want *t)
{
	struct sd_host host = { t->version > 0,
				t->version < 0 ? -t->version : t->version };
	struct sd_props p = { .arena = &mem };
	AUTO(strbuf) struct str s = { 0 };
	struct err e = ERR_INIT;
	int r = sd_props_resources(&p, &t->res, &host, &e);

	sd_props_print(&p, &s);
	if (t->want)
		is_str(r == 0 ? str_text(&s) : e.msg, t->want, "%s", t->name);
	else
		is_int(r, -EINVAL, "%s", t->name);
}

#define SET(x) { true, x }

static void test_resources(void)
{
	const struct want t[] = {
		{ "nothing", { .set = true }, 252, "" },
		{ "memory", { .memory = { .limit = SET(100), .swap = SET(150),
					  .reservation = SET(50) } }, 252,
		  "MemoryMax=uint64 100 MemoryLow=uint64 50 "
		  "MemorySwapMax=uint64 50" },
		{ "memory without limit", { .memory = { .limit = SET(-1) } }, 252,
		  "MemoryMax=uint64 18446744073709551615 "
		  "MemorySwapMax=uint64 18446744073709551615" },
		{ "swap below memory", { .memory = { .limit = SET(100),
						     .swap = SET(50) } }, 252,
		  NULL },
		{ "memory, v1", { .memory = { .limit = SET(100), .swap = SET(150),
					      .reservation = SET(50) } }, -245,
		  "MemoryLimit=uint64 100" },
		{ "shares", { .cpu = { .shares = SET(512) } }, 252,
		  "CPUWeight=uint64 59" },
		{ "shares, v1", { .cpu = { .shares = SET(512) } }, -245,
		  "CPUShares=uint64 512" },
		{ "quota alone", { .cpu = { .quota = SET(50000) } }, 252,
		  "CPUQuotaPerSecUSec=uint64 500000" },
		{ "quota and period", { .cpu = { .quota = SET(2000),
						 .period = SET(3000) } }, 252,
		  "CPUQuotaPeriodUSec=uint64 3000 "
		  "CPUQuotaPerSecUSec=uint64 670000" },
		{ "old systemd has no period", { .cpu = { .quota = SET(2000),
							  .period = SET(2000) } },
		  241, "CPUQuotaPerSecUSec=uint64 1000000" },
		{ "period alone", { .cpu = { .period = SET(3000) } }, 252,
		  "CPUQuotaPeriodUSec=uint64 3000 "
		  "CPUQuotaPerSecUSec=uint64 18446744073709551615" },
		{ "quota lifted", { .cpu = { .quota = SET(-1) } }, 252,
		  "CPUQuotaPerSecUSec=uint64 18446744073709551615" },
		{ "idle", { .cpu = { .idle = SET(1), .shares = SET(512) } }, 252,
		  "CPUWeight=uint64 0" },
		{ "old systemd has no idle", { .cpu = { .idle = SET(1) } }, 251,
		  "" },
		{ "cpuset", { .cpu = { .cpus = "0-2", .mems = "0" } }, 252,
		  "AllowedCPUs=[0x07] AllowedMemoryNodes=[0x01]" },
		{ "old systemd has no cpuset", { .cpu = { .cpus = "0-2" } }, 243,
		  "" },
		{ "no list of cpus", { .cpu = { .cpus = "x" } }, 252, NULL },
		{ "pids", { .pids_limit = SET(20) }, 252, "TasksMax=uint64 20" },
		{ "pids 0", { .pids_limit = SET(0) }, 252, "TasksMax=uint64 1" },
		{ "pids without limit", { .pids_limit = SET(-1) }, 252,
		  "TasksMax=uint64 18446744073709551615" },
		{ "io weight, v1", { .block_io = { .weight = SET(500) } }, -245,
		  "BlockIOWeight=uint64 500" },
		{ "io weight, v2", { .block_io = { .weight = SET(500) } }, 252,
		  "" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		check(&t[i]);
}

static void test_unified(void)
{
	static const struct {
		const char *key, *value, *want;
	} t[] = {
		{ "memory.max", "100", "MemoryMax=uint64 100" },
		{ "memory.high", " max\n", "MemoryHigh=uint64 "
					   "18446744073709551615" },
		{ "memory.low", "1", "MemoryLow=uint64 1" },
		{ "memory.min", "2", "MemoryMin=uint64 2" },
		{ "memory.swap.max", "0", "MemorySwapMax=uint64 0" },
		{ "memory.max", "5x", NULL },
		{ "pids.max", "0", "TasksMax=uint64 1" },
		{ "pids.max", "max", "TasksMax=uint64 18446744073709551615" },
		{ "cpu.weight", "59", "CPUWeight=uint64 59" },
		{ "cpu.weight", "x", NULL },
		{ "cpu.idle", "1", "CPUWeight=uint64 0" },
		{ "cpu.idle", "0", "" },
		{ "cpu.max", "5000 10000", "CPUQuotaPeriodUSec=uint64 10000 "
					   "CPUQuotaPerSecUSec=uint64 500000" },
		{ "cpu.max", "max", "CPUQuotaPeriodUSec=uint64 100000 "
				    "CPUQuotaPerSecUSec=uint64 "
				    "18446744073709551615" },
		{ "cpu.max", "5000 1 2", NULL },
		{ "cpu.max", "x", NULL },
		{ "cpuset.cpus", "0-1", "AllowedCPUs=[0x03]" },
		{ "cpuset.mems", "0", "AllowedMemoryNodes=[0x01]" },
		{ "cpuset.mems", "", "" },
		{ "memory.oom.group", "1", "" },
		{ "hugetlb.2MB.max", "0", "" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct kv kv[] = { { t[i].key, t[i].value } };
		struct want w = { arena_printf(&mem, "%s '%s'", t[i].key,
					       t[i].value),
				  { .unified = { kv, 1 } }, 252, t[i].want };

		check(&w);
	}
	struct kv both[] = { { "cpu.weight", "10" }, { "cpu.idle", "1" } };
	struct want w = { "cpu.weight and cpu.idle", { .unified = { both, 2 } },
			  252, "CPUWeight=uint64 0" };

	check(&w);
}

#define RULE(a, t, maj, min, R, W, M) \
	{ .allow = a, .type = t, .major = maj, .minor = min, .r = R, .w = W, .m = M }

static void test_devices(void)
{
	static const struct spec_device_rule deny_all[] = {
		RULE(false, 'a', -1, -1, true, true, true),
		RULE(true, 'c', 10, 229, true, true, false),
		RULE(true, 'b', 8, -1, true, false, false),
		RULE(true, 'c', -1, -1, false, false, true),
	};
	static const struct spec_device_rule odd[] = {
		RULE(false, 'a', -1, -1, true, true, true),
		RULE(true, 'c', -1, 3, true, true, true),
	};
	static const struct spec_device_rule black[] = {
		RULE(true, 'a', -1, -1, true, true, true),
		RULE(false, 'c', 10, 229, true, true, true),
	};
	static const struct {
		const char *name;
		const struct spec_device_rule *v;
		size_t n;
		bool v2;
		int version;
		const char *want;
	} t[] = {
		{ "a list", deny_all, 4, true, 252,
		  "DeviceAllow=@a(ss) [] DevicePolicy='strict' "
		  "DeviceAllow=[('/dev/char/10:229', 'rw'), ('block-8', 'r'), "
		  "('char-*', 'm')]" },
		{ "majors of an old systemd: ours decides", deny_all, 4, true, 239,
		  "DeviceAllow=@a(ss) [] DevicePolicy='auto'" },
		{ "… but on v1 nothing more is allowed", deny_all, 4, false, 239,
		  "DeviceAllow=@a(ss) [] DevicePolicy='strict' "
		  "DeviceAllow=[('/dev/char/10:229', 'rw'), ('char-*', 'm')]" },
		{ "a minor of any major: ours decides", odd, 2, true, 252,
		  "DeviceAllow=@a(ss) [] DevicePolicy='auto'" },
		{ "all but some: ours decides", black, 2, true, 252,
		  "DeviceAllow=@a(ss) [] DevicePolicy='auto'" },
		{ "all but some on v1: nothing until ours is there", black, 2,
		  false, 252, "DeviceAllow=@a(ss) [] DevicePolicy='strict'" },
		{ "all", black, 1, false, 252,
		  "DeviceAllow=@a(ss) [] DevicePolicy='auto'" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct sd_host host = { t[i].v2, t[i].version };
		struct sd_props p = { .arena = &mem };
		struct cg_dev_policy policy;
		AUTO(strbuf) struct str s = { 0 };
		struct err e = ERR_INIT;

		(void)cg_devices_policy(&policy, &mem, t[i].v, t[i].n, false, &e);
		sd_props_devices(&p, &policy, &host);
		sd_props_print(&p, &s);
		is_str(str_text(&s), t[i].want, "devices: %s", t[i].name);
	}
}

static void test_annotations(void)
{
	static const struct {
		const char *name, *value, *want; /* want NULL: refused */
	} t[] = {
		{ "TimeoutStopSec", "7", "TimeoutStopUSec=uint64 7000000" },
		{ "TimeoutStopSec", "uint64 7", "TimeoutStopUSec=uint64 7000000" },
		{ "RuntimeMaxSec", "1.5", "RuntimeMaxUSec=uint64 1500000" },
		{ "RuntimeMaxUSec", "@t 5", "RuntimeMaxUSec=uint64 5" },
		{ "CollectMode", "'inactive-or-failed'",
		  "CollectMode='inactive-or-failed'" },
		{ "After", "['a.service']", "After=['a.service']" },
		{ "DefaultDependencies", "true", "DefaultDependencies=true" },
		{ "KillSignal", "int32 3", "KillSignal=3" },
		{ "TimeoutStopSec", "-1", NULL },
		{ "TimeoutStopSec", "'a'", NULL },
		{ "TimeoutStopSec", "uint64 18446744073709551615", NULL },
		{ "TimeoutStopSec", "", NULL },
		{ "AB", "true", NULL },
		{ "Memory1", "true", NULL },
		{ "Memory Max", "true", NULL },
		{ "", "true", NULL },
		{ "ExecStart", "true", NULL },
		{ "ExecStopPost", "true", NULL },
		{ "OnFailure", "['reboot.target']", NULL },
		{ "Wants", "['reboot.target']", NULL },
		{ "FailureAction", "'reboot'", NULL },
		{ "JobTimeoutAction", "'reboot'", NULL },
		{ "PIDs", "[uint32 1]", NULL },
		{ "Slice", "'other.slice'", NULL },
		{ "BPFProgram", "'x'", NULL },
		{ "DelegateSubgroup", "'x'", NULL },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct kv kv[] = {
			{ "org.example", "no value at all" },
			{ arena_printf(&mem, "org.systemd.property.%s",
				       t[i].name), t[i].value },
		};
		struct kv_list list = { kv, 2 };
		struct sd_props p = { .arena = &mem };
		AUTO(strbuf) struct str s = { 0 };
		struct err e = ERR_INIT;
		int r = sd_props_annotations(&p, &list, &e);

		sd_props_print(&p, &s);
		if (t[i].want) {
			is_str(r == 0 ? str_text(&s) : e.msg, t[i].want, "%s=%s",
			       t[i].name, t[i].value);
			continue;
		}
		ok(r < 0 && p.n == 0, "refused: %s=%s", t[i].name, t[i].value);
		is_str(e.pointer, arena_printf(&mem, "/annotations/%s",
					       kv[1].key), "… and named");
	}
}

static void test_version(void)
{
	is_int(sd_parse_version("v245.4-1.fc32"), 245, "a version");
	is_int(sd_parse_version("262.1-1"), 262, "… of Debian");
	is_int(sd_parse_version("249"), 249, "… bare");
	is_int(sd_parse_version("x"), 0, "no version");
	is_int(sd_parse_version("99999999999"), 0, "a number that is none");
}

int main(void)
{
	test_slices();
	test_user_slice();
	test_names();
	test_parts();
	test_rounding();
	test_idle();
	test_cpus();
	test_start();
	test_resources();
	test_unified();
	test_devices();
	test_annotations();
	test_version();
	arena_free(&mem);
	return done();
}
