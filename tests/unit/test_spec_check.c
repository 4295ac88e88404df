/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec_check*.c and unsupported.c: every rule, with a config that breaks it and
 * one beside it that does not. A row is what stands between root and the end.
 */
#include "config/spec_check.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "tests/tap.h"

/* `want`: "POINTER: text" of every finding, joined by '\n'; "" = no finding. */
struct row {
	const char *text, *want;
};

static void findings_text(const struct findings *f, struct str *out)
{
	for (size_t i = 0; i < f->n; i++)
		str_addf(out, "%s%s%s: %s", i ? "\n" : "", f->v[i].is_error ? "" : "warning ",
			 f->v[i].pointer, f->v[i].text);
}

static void run(const struct row *rows, const char *before, const char *after)
{
	for (; rows->text; rows++) {
		AUTO(findings) struct findings f = { 0 };
		AUTO(strbuf) struct str text = { 0 }, got = { 0 };
		AUTO(spec) struct spec s;
		struct err e = ERR_INIT;
		int r;

		str_addf(&text, "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},%s%s%s}", before,
			 rows->text, after);
		r = spec_parse(&s, text.p, text.len, "f", &f, &e);
		if (r < 0 && f.n == 0)
			str_add(&got, e.msg);
		findings_text(&f, &got);
		is_str(str_text(&got), rows->want, "%s", rows->text);
		ok((r < 0) == (f.n_errors > 0), "fails if and only if there is an error");
	}
}

#define P "\"process\":{\"cwd\":\"/\",\"args\":[\"a\"],"
static const struct row process_rows[] = {
	{ P "\"env\":[\"A=\",\"B=c=d\"]}", "" },
	{ P "\"env\":[\"A\",\"=b\",\"\"]}",
	  "/process/env/0: invalid environment variable: missing '=' in 'A'\n"
	  "/process/env/1: invalid environment variable: name cannot be empty\n"
	  "/process/env/2: invalid environment variable: missing '=' in ''" },
	{ P "\"terminal\":true,\"consoleSize\":{\"height\":1,\"width\":65536}}",
	  "/process/consoleSize: a terminal has at most 65535 rows and columns" },
	{ P "\"terminal\":false,\"consoleSize\":{\"height\":1,\"width\":65536}}", "" },
	{ P "\"rlimits\":[{\"type\":\"RLIMIT_AS\",\"soft\":1,\"hard\":1}]}", "" },
	{ P "\"rlimits\":[{\"type\":\"RLIMIT_AS\",\"soft\":1,\"hard\":1},"
	  "{\"type\":\"RLIMIT_AS\",\"soft\":2,\"hard\":1}]}",
	  "/process/rlimits/1/type: duplicated rlimit RLIMIT_AS\n"
	  "/process/rlimits/1/soft: soft limit 2 of RLIMIT_AS is above its hard limit 1" },
	{ P "\"scheduler\":{}}", "/process/scheduler/policy: scheduler policy is required" },
	{ P "\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"nice\":-20}}", "" },
	{ P "\"scheduler\":{\"policy\":\"SCHED_BATCH\",\"nice\":20}}",
	  "/process/scheduler/nice: invalid scheduler.nice: 20 when scheduler.policy is SCHED_BATCH "
	  "(expected -20 to 19)" },
	{ P "\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"priority\":1}}",
	  "/process/scheduler/priority: scheduler.priority can only be specified for SchedFIFO or "
	  "SchedRR policy" },
	{ P "\"scheduler\":{\"policy\":\"SCHED_FIFO\",\"priority\":99}}", "" },
	{ P "\"scheduler\":{\"policy\":\"SCHED_RR\"}}",
	  "/process/scheduler/priority: SCHED_RR needs a priority from 1 to 99, got 0" },
	{ P "\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"runtime\":1}}",
	  "/process/scheduler: scheduler runtime/deadline/period can only be specified for "
	  "SchedDeadline policy" },
	{ P "\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"deadline\":2000}}",
	  "/process/scheduler: sched_setattr: `SCHED_DEADLINE` requires `runtime`" },
	{ P "\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":2000}}",
	  "/process/scheduler: sched_setattr: `SCHED_DEADLINE` requires `deadline`" },
	{ P "\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":0,\"deadline\":2000}}",
	  "/process/scheduler/runtime: sched_setattr: `SCHED_DEADLINE` runtime must be greater than 0" },
	{ P "\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":1023,\"deadline\":2000}}",
	  "/process/scheduler/runtime: sched_setattr: `SCHED_DEADLINE` runtime 1023 must "
	  "be between 1024 and 9223372036854775807" },
	{ P "\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":9223372036854775809,"
	  "\"deadline\":9223372036854775810}}",
	  "/process/scheduler/runtime: sched_setattr: `SCHED_DEADLINE` runtime "
	  "9223372036854775809 must be between 1024 and 9223372036854775807" },
	{ P "\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":3000,"
	  "\"deadline\":2000,\"period\":1999}}",
	  "/process/scheduler/runtime: sched_setattr: `SCHED_DEADLINE` runtime 3000 "
	  "must be <= deadline 2000\n"
	  "/process/scheduler/deadline: sched_setattr: `SCHED_DEADLINE` deadline 2000 "
	  "must be <= period 1999" },
	{ P "\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":1024,\"deadline\":1024}}",
	  "" },
	{ P "\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":1024,"
	  "\"deadline\":1024,\"period\":1024}}",
	  "" },
	{ P "\"scheduler\":{\"policy\":\"FIFO\",\"flags\":[\"RECLAIM\"]}}",
	  "/process/scheduler/policy: invalid scheduler policy 'FIFO', did you mean 'SCHED_FIFO'?\n"
	  "/process/scheduler/flags/0: invalid scheduler flag 'RECLAIM', did you mean "
	  "'SCHED_FLAG_RECLAIM'?" },
	{ P "\"ioPriority\":{\"class\":\"IOPRIO_CLASS_IDLE\"}}", "" },
	{ P "\"ioPriority\":{\"class\":\"IOPRIO_CLASS_RT\",\"priority\":8}}",
	  "/process/ioPriority/priority: invalid ioPriority.Priority: 8 (expected 0 to 7)" },
	{ P "\"ioPriority\":{\"class\":\"best\"}}",
	  "/process/ioPriority/class: invalid ioPriority.Class: 'best', expected IOPRIO_CLASS_RT, "
	  "IOPRIO_CLASS_BE or IOPRIO_CLASS_IDLE" },
	{ P "\"execCPUAffinity\":{\"initial\":\" 0-3,, 7 ,9 - 10\",\"final\":\"\"}}", "" },
	{ P "\"execCPUAffinity\":{\"initial\":\"3-1\",\"final\":\"a\"}}",
	  "/process/execCPUAffinity/initial: bad CPUAffinity.Initial: '3-1' is no list of CPUs such "
	  "as 0-3,7\n"
	  "/process/execCPUAffinity/final: bad CPUAffinity.Final: 'a' is no list of CPUs such as "
	  "0-3,7" },
	{ P "\"user\":{\"uid\":0,\"gid\":0,\"umask\":512}}",
	  "/process/user/umask: expected integer between 0 and 511, got 512" },
	{ NULL, NULL },
};

#define BIND "\"source\":\"/s\",\"options\":[\"bind\""
static const struct row mount_rows[] = {
	{ "{\"destination\":\"/x\"," BIND "]}", "" },
	{ "{\"destination\":\"/x\",\"type\":\"bind\"," BIND "]}", "" },
	{ "{\"destination\":\"/x\",\"options\":[\"rbind\"]}",
	  "/mounts/0/source: a bind mount needs a source" },
	{ "{\"destination\":\"/x\",\"source\":\"/s\"}",
	  "/mounts/0/type: neither a file system type nor the option 'bind' or 'rbind'" },
	{ "{\"destination\":\"/x\",\"type\":\"none\",\"source\":\"/s\",\"options\":[\"ro\"]}",
	  "/mounts/0/type: neither a file system type nor the option 'bind' or 'rbind'" },
	{ "{\"destination\":\"/x\",\"options\":[\"remount\",\"ro\"]}", "" },
	{ "{\"destination\":\"\",\"type\":\"tmpfs\"}",
	  "/mounts/0/destination: mount destination must not be empty" },
	{ "{\"destination\":\".\",\"type\":\"tmpfs\"}",
	  "warning /mounts/0/destination: mount destination . is not absolute, which is deprecated: "
	  "using it as relative to /\n"
	  "/mounts/0/destination: mountpoint \"/.\" is on the top of rootfs, which only \"root\" "
	  "describes" },
	{ "{\"destination\":\"/x\"," BIND ",\"idmap\"]}",
	  "/mounts/0/options: id-mapped mounts must have both uid and gid mappings specified, here or "
	  "by a user namespace" },
	{ "{\"destination\":\"/x\"," BIND ",\"idmap=uids=0-1-2;gids=0-1-2\"]}", "" },
	{ "{\"destination\":\"/x\"," BIND ",\"idmap=uids=0-1-2\"]}",
	  "/mounts/0/uidMappings: id-mapped mounts must have both uid and gid mappings specified" },
	{ "{\"destination\":\"/x\"," BIND ",\"ridmap=uids=@0-1-2;gids=0-0-1\"]}",
	  "/mounts/0/options: mount option 'idmap=': '@0-1-2' has ids after '@' that no single "
	  "mapping of the user namespace holds" },
	{ "{\"destination\":\"/x\"," BIND ",\"idmap=uids=0-1-0;gids=0-0-1\"]}",
	  "/mounts/0/uidMappings/0/size: size must be at least 1" },
	{ "{\"destination\":\"/x\"," BIND "],\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]}",
	  "/mounts/0/uidMappings: id-mapped mounts must have both uid and gid mappings specified" },
	{ "{\"destination\":\"/x\"," BIND "],\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":0}],"
	  "\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":5},{\"containerID\":4,\"hostID\":9,"
	  "\"size\":1}]}",
	  "/mounts/0/uidMappings/0/size: size must be at least 1\n"
	  "/mounts/0/gidMappings/1: container ids overlap those of mapping 0" },
	{ "{\"destination\":\"/x\"," BIND ",\"tmpcopyup\"]}",
	  "warning /mounts/0/options: option 'tmpcopyup' is for tmpfs only, ignored" },
	{ NULL, NULL },
};

static const struct row top_rows[] = {
	{ "\"hostname\":\"h\",\"domainname\":\"d\",\"linux\":{\"namespaces\":[{\"type\":\"uts\"}]}", "" },
	{ "\"hostname\":\"0123456789012345678901234567890123456789012345678901234567890123x\","
	  "\"linux\":{\"namespaces\":[{\"type\":\"uts\"}]}",
	  "/hostname: longer than 64 bytes" },
	{ "\"hostname\":\"h\"",
	  "/hostname: unable to set hostname without a private UTS namespace: add { \"type\": \"uts\" "
	  "} to linux.namespaces" },
	{ "\"annotations\":{\"\":\"x\"}", "/annotations/: annotation keys must not be empty" },
	{ "\"hooks\":{\"poststart\":[{\"path\":\"/a\"},{\"path\":\"a\"},{\"path\":\"\"}]}",
	  "/hooks/poststart/1/path: hook path must be absolute, got 'a'\n"
	  "/hooks/poststart/2/path: hook path must be absolute, got ''" },
	{ NULL, NULL },
};

#define ONE "[{\"containerID\":0,\"hostID\":5,\"size\":1}]"
#define USERNS "\"namespaces\":[{\"type\":\"user\"}],"
static const struct row ns_rows[] = {
	{ USERNS "\"uidMappings\":" ONE ",\"gidMappings\":" ONE, "" },
	{ USERNS "\"uidMappings\":" ONE,
	  "/linux/gidMappings: user namespaces enabled, but no mapping found for gid 0" },
	{ USERNS "\"uidMappings\":[{\"containerID\":1,\"hostID\":5,\"size\":1}],\"gidMappings\":" ONE,
	  "/linux/uidMappings: user namespaces enabled, but no mapping found for uid 0" },
	{ USERNS "\"uidMappings\":[{\"containerID\":0,\"hostID\":4294967295,\"size\":1}],\"gidMappings\":"
	  ONE, "/linux/uidMappings/0/size: the range goes beyond the last id" },
	{ USERNS "\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":10},{\"containerID\":10,"
	  "\"hostID\":9,\"size\":1}],\"gidMappings\":" ONE,
	  "/linux/uidMappings/1: host ids overlap those of mapping 0" },
	{ "\"gidMappings\":" ONE,
	  "/linux/gidMappings: user namespace mappings specified, but user namespace isn't enabled in "
	  "the config" },
	{ "\"namespaces\":[{\"type\":\"user\",\"path\":\"/p\"}]", "" },
	{ "\"namespaces\":[{\"type\":\"uts\",\"path\":\"p\"},{\"path\":\"/p\"}]",
	  "/linux/namespaces/1/type: required property is missing" },
	{ "\"namespaces\":[{\"type\":\"time\"}],\"timeOffsets\":{\"boottime\":{\"secs\":1}}", "" },
	{ "\"timeOffsets\":{\"boottime\":{\"secs\":1}}",
	  "/linux/timeOffsets: time namespace offsets specified, but time namespace isn't enabled in "
	  "the config" },
	{ "\"namespaces\":[{\"type\":\"time\",\"path\":\"/p\"}],\"timeOffsets\":{\"monotonic\":{}}",
	  "/linux/timeOffsets: time namespace enabled, but both namespace path and time offsets "
	  "specified -- you may only provide one" },
	{ "\"namespaces\":[{\"type\":\"time\"}],\"timeOffsets\":{\"monotonic\":{\"nanosecs\":1000000000}}",
	  "/linux/timeOffsets/monotonic/nanosecs: expected integer between 0 and 999999999, got "
	  "1000000000" },
	{ NULL, NULL },
};

#define DEV "{\"type\":\"c\",\"major\":1,\"minor\":3,\"path\":"
static const struct row linux_rows_[] = {
	{ "\"devices\":[" DEV "\"/dev/a\"}," DEV "\"/dev/a\"}]", "" },
	{ "\"devices\":[" DEV "\"dev/a\"}," DEV "\"/\"}," DEV "\"/dev/../..\"}]",
	  "/linux/devices/0/path: device path must be absolute, got 'dev/a'\n"
	  "/linux/devices/1/path: '/' names no device\n"
	  "/linux/devices/2/path: '/dev/../..' names no device" },
	{ "\"devices\":[" DEV "\"/dev/a\"},{\"type\":\"b\",\"major\":1,\"minor\":3,\"path\":\"/dev/a\"}]",
	  "/linux/devices/1/path: '/dev/a' is a different device in /linux/devices/0" },
	{ "\"devices\":[{\"type\":\"b\",\"path\":\"/dev/a\",\"major\":1}]",
	  "/linux/devices/0/minor: required property is missing (device type 'b')" },
	{ "\"devices\":[{\"type\":\"p\",\"path\":\"/dev/a\"}]", "" },
	{ "\"devices\":[{\"type\":\"c\",\"path\":\"/dev/a\",\"major\":4096,\"minor\":1048576}]",
	  "/linux/devices/0/major: expected integer between 0 and 4095, got 4096\n"
	  "/linux/devices/0/minor: expected integer between 0 and 1048575, got 1048576" },
	{ "\"netDevices\":{\"eth0\":{}}",
	  "/linux/netDevices: unable to move network devices without a NET namespace" },
	{ "\"namespaces\":[{\"type\":\"network\"}],\"netDevices\":{\"eth0\":{\"name\":\"a/b\"},\"..\":{},"
	  "\"0123456789abcdef\":{}}",
	  "/linux/netDevices/eth0: invalid network device name \"a/b\"\n"
	  "/linux/netDevices/..: invalid network device name \"..\"\n"
	  "/linux/netDevices/0123456789abcdef: invalid network device name \"0123456789abcdef\"" },
	{ "\"maskedPaths\":[\"/a\"]",
	  "/linux/maskedPaths: unable to restrict sys entries without a private MNT namespace" },
	{ "\"namespaces\":[{\"type\":\"mount\"}],\"readonlyPaths\":[\"/a\",\"b\",\"\"]",
	  "/linux/readonlyPaths/1: must be an absolute path, got 'b'\n"
	  "/linux/readonlyPaths/2: must be an absolute path, got ''" },
	{ "\"rootfsPropagation\":\"rshared\"", "" },
	{ "\"rootfsPropagation\":\"share\"",
	  "/linux/rootfsPropagation: rootfsPropagation=share is not supported, did you mean 'shared'?" },
	{ "\"cgroupsPath\":\"system.slice:ocirun:x..y\"", "" },
	{ "\"cgroupsPath\":\"a/..\"", "/linux/cgroupsPath: 'a/..' must not have a '..' component" },
	{ "\"personality\":{}", "/linux/personality/domain: required property is missing" },
	{ "\"personality\":{\"domain\":\"LINUX64\"}",
	  "/linux/personality/domain: invalid personality domain LINUX64, did you mean 'LINUX'?" },
	{ "\"intelRdt\":{\"closID\":\"a/b\",\"l3CacheSchema\":\"a\\n\",\"memBwSchema\":\"L3:\","
	  "\"schemata\":[\"a\",\"b\\nc\"]}",
	  "/linux/intelRdt/closID: invalid intelRdt.ClosID \"a/b\"\n"
	  "warning /linux/intelRdt/l3CacheSchema: should not contain newlines\n"
	  "/linux/intelRdt/memBwSchema: must be one line that starts with MB:\n"
	  "/linux/intelRdt/schemata/1: must not contain newlines" },
	{ "\"memoryPolicy\":{\"mode\":\"MPOL_PREFERRED\"}", "" },
	{ "\"memoryPolicy\":{\"mode\":\"MPOL_LOCAL\",\"nodes\":\"1,1\"}",
	  "/linux/memoryPolicy/nodes: invalid memory policy: mode requires 0 nodes but got 1 "
	  "(MPOL_LOCAL)" },
	{ "\"memoryPolicy\":{\"mode\":\"MPOL_BIND\"}",
	  "/linux/memoryPolicy/nodes: invalid memory policy: mode requires at least one node but got 0 "
	  "(MPOL_BIND)" },
	{ "\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0-1024\"}",
	  "/linux/memoryPolicy/nodes: invalid memory policy nodes '0-1024', expected a list of numbers "
	  "below 1024 such as 0-3,7" },
	{ NULL, NULL },
};

#define ALLNS "\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"}],"
static const struct row personality_rows[] = {
	{ "\"linux\":{\"personality\":{\"domain\":\"LINUX\",\"flags\":[]}}", "" },
	{ "\"linux\":{\"personality\":{\"domain\":\"LINUX\",\"flags\":[\"X\",\"Y\"]}}",
	  "/linux/personality/flags/0: unknown personality flag 'X': the specification "
	  "defines none\n"
	  "/linux/personality/flags/1: unknown personality flag 'Y': the specification "
	  "defines none" },
	{ NULL, NULL },
};

static const struct row sysctl_rows[] = {
	{ ALLNS "\"sysctl\":{\"kernel.sem\":\"1\",\"fs.mqueue.msg_max\":\"1\",\"net.core.somaxconn\":\"1\","
	  "\"kernel/domainname\":\"d\",\"net/ipv4/conf/eno2.100/rp_filter\":\"1\"}", "" },
	{ "\"sysctl\":{\"kernel.sem\":\"1\",\"net/core/x\":\"1\",\"kernel.domainname\":\"d\"}",
	  "/linux/sysctl/kernel.sem: sysctl \"kernel.sem\" is not allowed in the hosts ipc namespace "
	  "(\"ipc\" is missing in linux.namespaces)\n"
	  "/linux/sysctl/net~1core~1x: sysctl \"net/core/x\" not allowed in host network namespace "
	  "(\"network\" is missing in linux.namespaces)\n"
	  "/linux/sysctl/kernel.domainname: sysctl \"kernel.domainname\" is not in a separate kernel "
	  "namespace (\"uts\" is missing in linux.namespaces)" },
	{ ALLNS "\"sysctl\":{\"kernel.hostname\":\"h\",\"user.max_user_namespaces\":\"1\",\"vm/swappiness\":"
	  "\"1\",\"kernel.shm_rmid_forced2\":\"1\"}",
	  "/linux/sysctl/kernel.hostname: sysctl \"kernel.hostname\" is not allowed as it conflicts with "
	  "the OCI \"hostname\" field\n"
	  "/linux/sysctl/user.max_user_namespaces: sysctl \"user.max_user_namespaces\" not allowed "
	  "without a user namespace\n"
	  "/linux/sysctl/vm~1swappiness: sysctl \"vm/swappiness\" is not in a separate kernel namespace "
	  "(it would change the whole host: set it there)\n"
	  "/linux/sysctl/kernel.shm_rmid_forced2: sysctl \"kernel.shm_rmid_forced2\" is not in a "
	  "separate kernel namespace (it would change the whole host: set it there)" },
	{ ALLNS "\"sysctl\":{\"net/../kernel/panic\":\"1\",\"net.//.kernel.panic\":\"1\",\"net..x\":\"1\","
	  "\"\":\"1\",\"net/\":\"1\"}",
	  "/linux/sysctl/net~1..~1kernel~1panic: sysctl \"net/../kernel/panic\" is no path below "
	  "/proc/sys\n"
	  "/linux/sysctl/net.~1~1.kernel.panic: sysctl \"net.//.kernel.panic\" is no path below "
	  "/proc/sys\n"
	  "/linux/sysctl/net..x: sysctl \"net..x\" is no path below /proc/sys\n"
	  "/linux/sysctl/: sysctl \"\" is no path below /proc/sys\n"
	  "/linux/sysctl/net~1: sysctl \"net/\" is no path below /proc/sys" },
	{ NULL, NULL },
};

#define NOTIFY "\"syscalls\":[{\"names\":[\"open\"],\"action\":\"SCMP_ACT_NOTIFY\"}]"
static const struct row seccomp_rows[] = {
	{ "", "" },
	{ "\"defaultAction\":\"\"", "" },
	{ "\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[]", "" },
	{ "\"syscalls\":[{\"names\":[\"a\"],\"action\":\"SCMP_ACT_ALLOW\"}]",
	  "/linux/seccomp/defaultAction: required property is missing" },
	{ "\"defaultAction\":\"SCMP_ACT_NOTIFY\"",
	  "/linux/seccomp/defaultAction: SCMP_ACT_NOTIFY cannot be used as default action" },
	{ "\"defaultAction\":\"SCMP_ACT_KILL\",\"defaultErrnoRet\":1",
	  "/linux/seccomp/defaultErrnoRet: action SCMP_ACT_KILL has no errno" },
	{ "\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":4096",
	  "/linux/seccomp/defaultErrnoRet: errno must be at most 4095, got 4096" },
	{ "\"defaultAction\":\"SCMP_ACT_TRACE\",\"defaultErrnoRet\":65535", "" },
	{ "\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerPath\":\"/s\"," NOTIFY, "" },
	{ "\"defaultAction\":\"SCMP_ACT_ALLOW\"," NOTIFY,
	  "/linux/seccomp/syscalls/0/action: seccomp listenerPath is not set" },
	{ "\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerMetadata\":\"m\"",
	  "/linux/seccomp/listenerMetadata: listenerMetadata must not be set without listenerPath" },
	{ "\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerPath\":\"s\"",
	  "/linux/seccomp/listenerPath: must be an absolute path, got 's'" },
	{ "\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerPath\":\"/s\",\"syscalls\":[{\"names\":[\"read\","
	  "\"write\"],\"action\":\"SCMP_ACT_NOTIFY\"}]",
	  "/linux/seccomp/syscalls/0/names: SCMP_ACT_NOTIFY cannot be used for the write syscall" },
	{ "\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[],\"action\":\"SCMP_ACT_LOG\"},"
	  "{\"names\":[\"a\",\"\"],\"action\":\"SCMP_ACT_KILL_PROCESS\",\"errnoRet\":1}]",
	  "/linux/seccomp/syscalls/0/names: names must have at least one entry\n"
	  "/linux/seccomp/syscalls/1/names: empty string is not a valid syscall\n"
	  "/linux/seccomp/syscalls/1/errnoRet: action SCMP_ACT_KILL_PROCESS has no errno" },
	{ NULL, NULL },
};

#define R "/linux/resources/"
static const struct row resource_rows[] = {
	{ "\"memory\":{\"limit\":-1,\"swap\":-1,\"swappiness\":100}", "" },
	{ "\"memory\":{\"limit\":-2,\"kernelTCP\":-9,\"swap\":0}",
	  R "memory/limit: -2 is no limit (-1 means unlimited)\n"
	  R "memory/kernelTCP: -9 is no limit (-1 means unlimited)" },
	{ "\"memory\":{\"swappiness\":101}",
	  R "memory/swappiness: expected integer between 0 and 100, got 101" },
	{ "\"memory\":{\"limit\":200,\"swap\":100}",
	  R "memory/swap: memory+swap limit should be >= memory limit: 100 < 200" },
	{ "\"memory\":{\"limit\":-1,\"swap\":5}", "" },
	{ "\"memory\":{\"swap\":5}", R "memory/swap: unable to set swap limit without memory limit" },
	{ "\"cpu\":{\"period\":0,\"quota\":0,\"burst\":5,\"cpus\":\"0-31:2/16\",\"mems\":\"all\"}", "" },
	{ "\"cpu\":{\"period\":999,\"quota\":999}",
	  R "cpu/period: the kernel takes periods from 1000 to 1000000 microseconds, got 999\n"
	  R "cpu/quota: the kernel takes quotas of at least 1000 microseconds, got 999" },
	{ "\"cpu\":{\"quota\":1000,\"burst\":1001,\"idle\":2}",
	  R "cpu/burst: burst 1001 is larger than quota 1000\n" R "cpu/idle: expected 0 or 1, got 2" },
	{ "\"cpu\":{\"cpus\":\"0;1\",\"mems\":\"0\\n1\"}",
	  R "cpu/cpus: '0;1' is no list such as 0-3,7\n" R "cpu/mems: '0\n1' is no list such as 0-3,7" },
	{ "\"blockIO\":{\"weight\":1001,\"leafWeight\":9,\"weightDevice\":[{\"major\":1,\"minor\":1},"
	  "{\"major\":1,\"minor\":1,\"weight\":0},{\"major\":1,\"minor\":1,\"leafWeight\":5}]}",
	  R "blockIO/weight: weight must be from 10 to 1000, got 1001\n"
	  R "blockIO/leafWeight: weight must be from 10 to 1000, got 9\n"
	  R "blockIO/weightDevice/0: needs at least one of weight and leafWeight\n"
	  R "blockIO/weightDevice/2/leafWeight: weight must be from 10 to 1000, got 5" },
	{ "\"hugepageLimits\":[{\"pageSize\":\"64KB\",\"limit\":1},{\"pageSize\":\"2mB\",\"limit\":1},"
	  "{\"pageSize\":\"2MBs\",\"limit\":1},{\"pageSize\":\"\",\"limit\":1}]",
	  R "hugepageLimits/1/pageSize: '2mB' is no page size such as 2MB or 1GB\n"
	  R "hugepageLimits/2/pageSize: '2MBs' is no page size such as 2MB or 1GB\n"
	  R "hugepageLimits/3/pageSize: '' is no page size such as 2MB or 1GB" },
	{ "\"network\":{\"priorities\":[{\"name\":\"\",\"priority\":1}]}",
	  R "network/priorities/0/name: interface name must not be empty" },
	{ "\"rdma\":{\"a\":{\"hcaHandles\":1},\"b/c\":{}}",
	  R "rdma/b~1c: needs at least one of hcaHandles and hcaObjects" },
	{ "\"unified\":{\"memory.max\":\"1\",\"..\":\"1\",\"../x.y\":\"1\",\"procs\":\"1\"}",
	  R "unified/..: unified resource \"..\" must be in the form CONTROLLER.PARAMETER\n"
	  R "unified/..~1x.y: unified resource \"../x.y\" must be a file name (no slashes)\n"
	  R "unified/procs: unified resource \"procs\" must be in the form CONTROLLER.PARAMETER" },
	{ "\"devices\":[{\"allow\":true,\"type\":\"p\",\"access\":\"xa\"},{\"allow\":false},"
	  "{\"allow\":true,\"access\":\"\",\"major\":-2}]",
	  R "devices/0/type: invalid cgroup device type \"p\", expected a, b or c\n"
	  R "devices/0/access: invalid device access 'xa', expected letters of 'rwm'\n"
	  R "devices/1/access: device access at 1 field cannot be empty\n"
	  R "devices/2/major: expected integer between -1 and 4294967295, got -2\n"
	  R "devices/2/access: device access at 2 field cannot be empty" },
	{ "\"devices\":[{\"allow\":false,\"access\":\"rwa\"}]",
	  "warning " R "devices/0/access: device access 'rwa': letters other than "
	  "r, w and m are ignored" },
	{ NULL, NULL },
};

#define MAPPED "\"linux\":{" USERNS "\"uidMappings\":" ONE ",\"gidMappings\":" ONE "}"
static const struct row mapped_rows[] = {
	{ P "\"user\":{\"uid\":0,\"gid\":0}}," MAPPED, "" },
	{ P "\"user\":{\"uid\":1,\"gid\":2,\"additionalGids\":[0,3]}}," MAPPED,
	  "/process/user/uid: cannot setuid to unmapped uid 1 in user namespace\n"
	  "/process/user/gid: cannot setgid to unmapped gid 2 in user namespace\n"
	  "/process/user/additionalGids/1: cannot set unmapped additional gid 3 in user namespace" },
	{ "\"domainname\":\"d\",\"linux\":{" ALLNS "\"sysctl\":{\"kernel.domainname\":\"d\"}}", "" },
	{ "\"domainname\":\"d\",\"linux\":{" ALLNS "\"sysctl\":{\"kernel.domainname\":\"e\"}}",
	  "/linux/sysctl/kernel.domainname: sysctl \"kernel.domainname\" differs from the "
	  "\"domainname\" field" },
	{ NULL, NULL },
};

static void test_sysctl_path(void)
{
	static const struct { const char *key, *want; } rows[] = {
		{ "net.ipv4.ip_forward", "net/ipv4/ip_forward" },
		{ "net/ipv4/ip_forward", "net/ipv4/ip_forward" },
		{ "net.ipv4.conf.eno2/100.rp_filter", "net/ipv4/conf/eno2.100/rp_filter" },
		{ "net/ipv4/conf/eno2.100/rp_filter", "net/ipv4/conf/eno2.100/rp_filter" },
		{ "single", "single" },
		{ "", NULL }, { "/a", NULL }, { "a/", NULL }, { ".", NULL }, { "a..b", NULL },
		{ "a/./b", NULL }, { "a/../b", NULL }, { "a.//", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(arena) struct arena a = { 0 };

		is_str(sysctl_key_path(&a, rows[i].key), rows[i].want, "path of '%s'",
		       rows[i].key);
	}
}

static void test_list_count(void)
{
	static const struct { const char *list; int r; size_t n; } rows[] = {
		{ "", 0, 0 }, { " , ,", 0, 0 }, { "0", 0, 1 }, { "0-7", 0, 8 }, { "0-7,3,9", 0, 9 },
		{ "8191", 0, 1 }, { "8192", -ERANGE, 0 }, { "99999999999999999999", -ERANGE, 0 },
		{ "1-", -EINVAL, 0 }, { "-1", -EINVAL, 0 }, { "1 2", -EINVAL, 0 }, { "x", -EINVAL, 0 },
		{ "1--2", -EINVAL, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = 0;

		is_int(list_count(rows[i].list, &n), rows[i].r, "result of '%s'", rows[i].list);
		is_int(n, rows[i].n, "members of '%s'", rows[i].list);
	}
}

static void test_versions(void)
{
	static const struct { const char *version; bool good; } rows[] = {
		{ "1.0.0", true }, { "1.3.0", true }, { "1.0.0-rc5", true }, { "1.2.1+dev", true },
		{ "1.0.2-dev.1-x+a.b", true }, { "1.10.0", true }, { "0.6.0-dev", true },
		{ "", false }, { "1", false }, { "1.0", false }, { "1.0.0.0", false },
		{ "01.0.0", false }, { "1.00.0", false }, { "1.0.0-", false }, { "1.0.0+", false },
		{ "1.0.0-a..b", false }, { "v1.0.0", false }, { "1.0.0 ", false }, { "00.9.0", false },
		{ "2.0.0", false }, { "10.0.0", false }, { "1.0.x", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(findings) struct findings f = { 0 };
		AUTO(strbuf) struct str text = { 0 };
		AUTO(spec) struct spec s;
		struct err e = ERR_INIT;

		str_addf(&text, "{\"ociVersion\":\"%s\",\"root\":{\"path\":\"r\"}}", rows[i].version);
		ok((spec_parse(&s, text.p, text.len, "f", &f, &e) == 0) == rows[i].good,
		   "version '%s' is %s", rows[i].version, rows[i].good ? "good" : "bad");
	}
}

int main(void)
{
	run(process_rows, "", "");
	run(mount_rows, "\"mounts\":[", "]");
	run(top_rows, "", "");
	run(ns_rows, "\"linux\":{", "}");
	run(linux_rows_, "\"linux\":{", "}");
	run(sysctl_rows, "\"linux\":{", "}");
	run(personality_rows, "", "");
	run(seccomp_rows, "\"linux\":{\"seccomp\":{", "}}");
	run(resource_rows, "\"linux\":{\"resources\":{", "}}");
	run(mapped_rows, "", "");
	test_sysctl_path();
	test_list_count();
	test_versions();
	return done();
}
