#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# runtime-spec config.md, "Process" and the names: what has no file of its own.
# shellcheck disable=SC2030,SC2031 # each test has its own last `run`

load helpers
load process

setup() {
	setup_bundle
}

teardown() {
	teardown_bundle
}

@test "process is required" {
	config 'del(.process)'
	run oci run "$ID"
	code 1
	last "process property must not be empty"
	config '.process = null'
	run oci run "$ID"
	code 1
	last "process"
}

# ---- cwd, umask ---------------------------------------------------------------------

@test "cwd: entered, made where it is missing, also below a read-only root" {
	args sh -c 'pwd; stat -c "%a %u" .'
	config '.process.cwd = "/usr/bin"'
	run oci run "$ID"
	code 0
	[ "${lines[0]}" = /usr/bin ]
	config '.process.cwd = "/a/b/c" | .root.readonly = true |
		.process.user = {"uid": 1000, "gid": 1000}'
	run oci run "$ID"
	code 0
	[ "${lines[0]}" = /a/b/c ]
	[ "${lines[1]}" = "755 0" ]
}

@test "cwd through a symbolic link stays in the container" {
	mkdir "$TESTDIR/outside"
	ln -s "$TESTDIR/outside" rootfs/link
	config ".process.cwd = \"/link\" | .root.readonly = false"
	args sh -c 'pwd -P; touch here'
	run oci run "$ID"
	[ -z "$(ls "$TESTDIR/outside")" ]
	rm -rf "rootfs${TESTDIR:?}"
	ln -sfn /usr rootfs/link
	run oci run "$ID"
	code 0
	says /usr
}

@test "cwd that only the user, or only root, may enter" {
	mkdir -m 0700 rootfs/home rootfs/secret
	chown 1000:1000 rootfs/home
	config '.process.user = {"uid": 1000, "gid": 1000} | .process.capabilities = {} |
		.process.cwd = "/home"'
	args pwd
	run oci run "$ID"
	code 0
	says /home
	config '.process.cwd = "/secret"'
	run oci run "$ID"
	code 0
	says /secret
}

@test "cwd that is none" {
	config '.process.cwd = "relative"'
	run oci run "$ID"
	code 1
	last /process/cwd "Cwd must be an absolute path"
	config '.process.cwd = ""'
	run oci run "$ID"
	code 1
	last /process/cwd "must not be empty"
	config 'del(.process.cwd)'
	run oci run "$ID"
	code 1
	last /process/cwd
	config '.process.cwd = "/etc/passwd/x"'
	run oci run "$ID"
	code 1
	last "/etc/passwd/x" "not a directory"
	# a descriptor of the runtime is no way out of the container
	for n in 3 5 7 8 9; do
		config ".process.cwd = \"/proc/self/fd/$n\""
		run oci run "$ID"
		[ "$status" -ne 0 ]
	done
}

@test "umask: 0022, or the configured one; of exec the caller's" {
	args sh -c umask
	umask 077
	run oci run "$ID"
	says 0022
	config '.process.user.umask = 23'
	run oci run "$ID"
	says 0027
	config '.process.user.umask = 0'
	run oci run "$ID"
	says 0000
	for bad in 512 -1 1.5 '"022"'; do
		config ".process.user.umask = $bad"
		run oci run "$ID"
		code 1
		last /process/user/umask
	done
	config 'del(.process.user.umask)'
	sleeper
	umask 037
	run oci exec "$ID" sh -c umask
	says 0037
	oci delete -f "$ID"
	config '.process.user.umask = 63'
	sleeper
	run oci exec "$ID" sh -c umask
	says 0077
}

# ---- session, signals, descriptors -----------------------------------------------------

@test "the program starts with no signal blocked or ignored" {
	args grep ^Sig /proc/self/status
	run sh -c "trap '' HUP USR1 PIPE; exec '$OCIRUN' --root '$ROOT' run '$ID'"
	code 0
	is_field SigBlk 0000000000000000
	is_field SigIgn 0000000000000000
	is_field SigCgt 0000000000000000
}

@test "the program is PID 1 and alone" {
	args sh -c 'echo $$; set -- /proc/[0-9]*; echo $#'
	run oci run "$ID"
	code 0
	says $'1\n1'
}

@test "orphans of the container are reaped by nobody but its init" {
	config '.linux.namespaces |= map(select(.type != "pid"))'
	# without a pid namespace the runtime is the subreaper
	args sh -c '(sleep 0.2 &) ; sleep 0.5; exit 4'
	run oci run "$ID"
	code 4
}

@test "all that is left in a shared pid namespace dies with the container" {
	config '.linux.namespaces |= map(select(.type != "pid"))'
	args sh -c 'setsid sleep 1234 & echo $!; exit 0'
	run oci run "$ID"
	code 0
	is_gone "${lines[0]}"
}

@test "a session keyring of its own, unless told otherwise" {
	[ -e /proc/keys ] || skip "requires /proc/keys"
	config '.linux.maskedPaths = []'
	args cat /proc/keys
	run oci run "$ID"
	code 0
	grep -q "_ses.$ID" <<<"$output"
	# the kernel takes its time to forget the first one
	run oci run --no-new-keyring "$ID-2"
	code 0
	[ "$(grep -c "_ses.$ID-2" <<<"$output")" -eq 0 ]
}

# ---- names ---------------------------------------------------------------------------

@test "hostname and domainname" {
	args sh -c 'hostname; cat /proc/sys/kernel/domainname'
	config '.hostname = "my-host" | .domainname = "example.org"'
	before=$(hostname)
	run oci run "$ID"
	code 0
	says $'my-host\nexample.org'
	[ "$(hostname)" = "$before" ]
	config '.hostname = ("h" * 64)'
	run oci run "$ID"
	code 0
	config '.hostname = ("h" * 65)'
	run oci run "$ID"
	code 1
	last /hostname "64"
}

@test "no hostname without a UTS namespace" {
	config '.linux.namespaces |= map(select(.type != "uts"))'
	run oci run "$ID"
	code 1
	last /hostname "unable to set hostname without a private UTS namespace"
	config 'del(.hostname) | .domainname = "x"'
	run oci run "$ID"
	code 1
	last /domainname "without a private UTS namespace"
	config 'del(.domainname)'
	args hostname
	run oci run "$ID"
	code 0
	says "$(hostname)"
}

# ---- scheduling ------------------------------------------------------------------------

# nice and policy: fields 19 and 41 of /proc/PID/stat
schedule() {
	local stat
	read -r -a stat <<<"${output##*) }"
	echo "${stat[16]} ${stat[38]}"
}

@test "scheduler" {
	args cat /proc/self/stat
	config '.process.scheduler = {"policy": "SCHED_BATCH", "nice": 5}'
	run oci run "$ID"
	code 0
	[ "$(schedule)" = "5 3" ]
	config '.process.scheduler = {"policy": "SCHED_IDLE"}'
	run oci run "$ID"
	code 0
	[ "$(schedule)" = "$(nice) 5" ] # which this policy leaves alone
	config '.process.scheduler = {"policy": "SCHED_OTHER", "nice": 19}'
	run oci run "$ID"
	code 0
	[ "$(schedule)" = "19 0" ]
	sleeper
	run oci exec "$ID" cat /proc/self/stat
	[ "$(schedule)" = "19 0" ]
}

@test "scheduler: mistakes" {
	config '.process.scheduler = {"policy": "SCHED_FAST"}'
	run oci run "$ID"
	code 1
	last /process/scheduler/policy SCHED_FAST
	config '.process.scheduler = {"nice": 1}'
	run oci run "$ID"
	code 1
	last /process/scheduler policy
	config '.process.scheduler = {"policy": "SCHED_OTHER", "nice": 20}'
	run oci run "$ID"
	code 1
	last /process/scheduler nice
	config '.process.scheduler = {"policy": "SCHED_OTHER", "priority": 1}'
	run oci run "$ID"
	code 1
	last /process/scheduler priority
}

@test "ioPriority" {
	command -v busybox >/dev/null && busybox ionice >/dev/null 2>&1 || skip "requires busybox ionice"
	ln -s busybox rootfs/bin/ionice
	args ionice
	config '.process.ioPriority = {"class": "IOPRIO_CLASS_BE", "priority": 7}'
	run oci run "$ID"
	code 0
	[[ "$output" == *"prio 7"* ]]
	config '.process.ioPriority = {"class": "IOPRIO_CLASS_IDLE"}'
	run oci run "$ID"
	code 0
	[[ "$output" == *idle* ]]
	sleeper
	run oci exec "$ID" ionice
	[[ "$output" == *idle* ]]
	oci delete -f "$ID"
	config '.process.ioPriority = {"class": "IOPRIO_CLASS_BE", "priority": 8}'
	run oci run "$ID"
	code 1
	last /process/ioPriority
	config '.process.ioPriority = {"class": "BE"}'
	run oci run "$ID"
	code 1
	last /process/ioPriority/class "'BE'"
}

@test "personality" {
	[ "$(uname -m)" = x86_64 ] || skip "requires x86_64"
	[ "$(setarch linux32 uname -m)" = i686 ] ||
		skip "requires a kernel whose uname(2) heeds PER_LINUX32 (user-mode Linux does not)"
	ln -s busybox rootfs/bin/uname
	args sh -c 'uname -m; cat /proc/self/personality'
	run oci run "$ID"
	says $'x86_64\n00000000'
	config '.linux.personality = {"domain": "LINUX32"}'
	run oci run "$ID"
	code 0
	says $'i686\n00000008'
	sleeper
	run oci exec "$ID" uname -m
	says i686
	oci delete -f "$ID"
	config '.linux.personality = {"domain": "LINUX"}'
	args uname -m
	run oci run "$ID"
	says x86_64
	config '.linux.personality = {"domain": "LINUX16"}'
	run oci run "$ID"
	code 1
	last /linux/personality/domain LINUX16
	config '.linux.personality = {"domain": "LINUX", "flags": ["ADDR_NO_RANDOMIZE"]}'
	run oci run "$ID"
	code 1
	last /linux/personality/flags/0 ADDR_NO_RANDOMIZE
}

@test "the runtime's CPU affinity is not the container's" {
	[ "$(nproc)" -gt 1 ] || skip "requires two CPUs"
	args grep Cpus_allowed_list /proc/self/status
	run oci run "$ID"
	want=$(field Cpus_allowed_list)
	run taskset -c 0 "$OCIRUN" --root "$ROOT" run "$ID"
	code 0
	is_field Cpus_allowed_list "$want"
	sleeper
	run taskset -c 0 "$OCIRUN" --root "$ROOT" exec "$ID" grep Cpus_allowed_list /proc/self/status
	is_field Cpus_allowed_list "$want"
}

@test "execCPUAffinity: the final one stays" {
	[ "$(nproc)" -gt 1 ] || skip "requires two CPUs"
	config '.process.execCPUAffinity = {"initial": "0", "final": "1"}'
	sleeper
	run oci exec "$ID" grep Cpus_allowed_list /proc/self/status
	code 0
	is_field Cpus_allowed_list 1
	# not of init
	run cat "/proc/$(oci state "$ID" | jq -r .pid)/status"
	[ "$(field Cpus_allowed_list)" != 1 ]
	oci delete -f "$ID"
	config '.process.execCPUAffinity = {"initial": "0"}'
	sleeper
	run oci exec "$ID" grep Cpus_allowed_list /proc/self/status
	is_field Cpus_allowed_list 0
	oci delete -f "$ID"
	args true
	for bad in x 0-x 3-1 0--1 ,-; do
		config --arg b "$bad" '.process.execCPUAffinity = {"initial": $b}'
		run oci run "$ID"
		code 1
		last /process/execCPUAffinity/initial "bad CPUAffinity.Initial"
	done
	config '.process.execCPUAffinity = {"final": "5000"}'
	oci create "$ID"
	run oci exec "$ID" true
	code 255
	last 5000
}
