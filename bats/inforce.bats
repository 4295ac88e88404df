#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Everything about the process at once, as the process itself sees it: ids,
# groups, capabilities, no_new_privs, filter, limits, scheduling, affinity, umask
# and the rest equal the config; for run and exec, as root and as another user,
# with a user namespace and without.

load helpers
load container
load process

setup() {
	setup_bundle
	applets ionice uname
	# CAP_KILL 5 (0x20), CAP_NET_BIND_SERVICE 10 (0x400), CAP_NET_RAW 13 (0x2000)
	config '.process.capabilities = {
			bounding: ["CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW"],
			permitted: ["CAP_KILL", "CAP_NET_RAW"], effective: ["CAP_KILL", "CAP_NET_RAW"],
			inheritable: ["CAP_NET_RAW"], ambient: ["CAP_NET_RAW"]} |
		.process.noNewPrivileges = true |
		.process.rlimits = [
			{type: "RLIMIT_NOFILE", soft: 111, hard: 222},
			{type: "RLIMIT_CORE", soft: 0, hard: 0},
			{type: "RLIMIT_STACK", soft: 4194304, hard: 8388608}] |
		.process.oomScoreAdj = 321 |
		.process.scheduler = {policy: "SCHED_BATCH", nice: 7} |
		.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6} |
		.process.execCPUAffinity = {initial: "0", final: "0"} |
		.process.user.umask = 63 |
		.linux.personality = {domain: "LINUX32"} |
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
			syscalls: [{names: ["swapon"], action: "SCMP_ACT_ERRNO"}]} |
		.hostname = "in-force" | .domainname = "domain"'
	[ ! -e /proc/self/numa_maps ] ||
		config '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0"}'
	[ ! -e /proc/self/ns/time ] ||
		config '.linux.namespaces += [{type: "time"}] |
			.linux.timeOffsets = {boottime: {secs: 4000}}'
	ALL_CPUS=$(sed -n 's/^Cpus_allowed_list:\t//p' /proc/self/status)
}

teardown() {
	teardown_bundle
}

# What the process prints about itself. Its status without a fork, during which newer C
# libraries block all signals.
facts='while IFS= read -r line; do echo "$line"; done </proc/self/status
	sed "s/  \+/|/g" /proc/$$/limits
	echo "oom: $(cat /proc/$$/oom_score_adj)"
	echo "personality: $(cat /proc/$$/personality)"
	echo "machine: $(uname -m)"
	echo "io: $(ionice)"
	echo "host: $(hostname) $(cat /proc/sys/kernel/domainname)"
	set -- $(sed "s/.*) //" /proc/$$/stat)
	echo "tty: $5"
	echo "sched: policy ${39} nice ${17}"
	[ ! -e /proc/$$/numa_maps ] || echo "numa: $(head -n 1 /proc/$$/numa_maps | cut -d " " -f 2)"
	[ ! -e /proc/$$/timens_offsets ] || echo "time: $(cat /proc/$$/timens_offsets | tr -s " \n" " ")"
	for n in $(seq 3 30); do [ ! -L /proc/$$/fd/$n ] || echo "open: $n"; done
	echo end'

# limit NAME SOFT HARD
limit() {
	[[ "$output" == *"$1|$2|$3|"* || "$output" == *"$1|$2|$3"* ]] || {
		echo "limit '$1' is not $2, $3"
		return 1
	}
}

# as_configured UID GID PRM CPUS: PRM is permitted and effective
as_configured() {
	echo "$output"
	code 0
	[[ "$output" == *end ]]
	is_field Uid "$1 $1 $1 $1"
	is_field Gid "$2 $2 $2 $2"
	is_field Groups "7 8"
	is_field CapBnd 0000000000002420
	is_field CapPrm "000000000000$3"
	is_field CapEff "000000000000$3"
	is_field CapInh 0000000000002000
	is_field CapAmb 0000000000002000
	is_field NoNewPrivs 1
	is_field Seccomp 2
	is_field Seccomp_filters 1
	is_field Umask 0077
	is_field Cpus_allowed_list "$4"
	is_field SigBlk 0000000000000000
	is_field Threads 1
	limit "Max open files" 111 222
	limit "Max core file size" 0 0
	limit "Max stack size" 4194304 8388608
	is_field oom 321
	is_field personality 00000008
	[ "$(uname -m)" != x86_64 ] || is_field machine "$(setarch linux32 uname -m)"
	is_field io "best-effort: prio 6"
	is_field host "in-force domain"
	is_field tty 0
	is_field sched "policy 3 nice 7"
	[ ! -e /proc/self/numa_maps ] || is_field numa "bind:0"
	[ ! -e /proc/self/ns/time ] || [[ "$(field time)" == *"boottime 4000 0"* ]]
	[ -z "$(field open)" ]
}

# ran UID GID PRM: run it as this user
ran() {
	config --argjson u "$1" --argjson g "$2" --arg s "$facts" '.process.user.uid = $u |
		.process.user.gid = $g | .process.user.additionalGids = [7, 8] |
		.process.args = ["sh", "-c", $s]'
	run timeout 20 "$OCIRUN" --root "$ROOT" run "$ID" </dev/null
	as_configured "$1" "$2" "$3" "$ALL_CPUS"
}

# joined: exec as the user of the config, and as the other one
joined() {
	config '.process.user = {uid: 0, gid: 0, additionalGids: [7, 8], umask: 63}'
	sleeper </dev/null >"$TESTDIR/out" 2>&1
	run timeout 20 "$OCIRUN" --root "$ROOT" exec "$ID" sh -c "$facts" </dev/null
	as_configured 0 0 2020 0
	run timeout 20 "$OCIRUN" --root "$ROOT" exec --user 1000:1001 "$ID" sh -c "$facts" </dev/null
	as_configured 1000 1001 2000 0
	# from a file
	jq --arg s "$facts" '.process | .args = ["sh", "-c", $s] |
		.user.uid = 1000 | .user.gid = 1001' config.json >"$TESTDIR/process.json"
	run timeout 20 "$OCIRUN" --root "$ROOT" exec --process "$TESTDIR/process.json" "$ID" </dev/null
	as_configured 1000 1001 2000 0
}

@test "run as root" {
	ran 0 0 2020
}

@test "run as another user" {
	ran 1000 1001 2000
}

@test "run as root in a user namespace" {
	requires userns
	map_users
	ran 0 0 2020
}

@test "run as another user in a user namespace" {
	requires userns
	map_users
	ran 1000 1001 2000
}

@test "exec as root and as another user" {
	joined
}

@test "exec as root and as another user, in a user namespace" {
	requires userns
	map_users
	joined
}

@test "SCHED_DEADLINE, and what it needs" {
	config 'del(.process.scheduler, .process.execCPUAffinity) | .process.scheduler = {
		policy: "SCHED_DEADLINE", runtime: 20000000, deadline: 50000000, period: 100000000}'
	# such a process cannot fork
	args cat /proc/self/stat
	run oci run "$ID"
	if [ "$status" -eq 0 ]; then
		read -r -a stat <<<"${output##*) }"
		[ "${stat[38]}" -eq 6 ]
	else
		# the machine has no deadline bandwidth, or not the right: it says which
		last /process/scheduler
	fi
	config '.process.scheduler.runtime = 60000000'
	run oci run "$ID"
	code 1
	last /process/scheduler
}
