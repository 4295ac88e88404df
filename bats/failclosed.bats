#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A host that lacks what a security property needs (tests/helpers/nosys: the
# system call is missing, or a filter around us refuses it): the start fails and
# names the property. It never goes on with less than the config asks for.
# Labels: lsm.bats; control groups: cgroups.bats; seccomp actions: seccomp.bats.

load helpers
load container
load process

setup() {
	setup_bundle
	find_helper nosys
	NOSYS=$HELPER
	"$NOSYS" statx true || skip "requires CAP_SYS_ADMIN for seccomp"
	args sh -c 'echo the program runs'
}

teardown() {
	teardown_bundle
}

# without CALLS TEXT...: fails where CALLS are missing, and where they are
# refused; TEXTs are in the last line, the program never ran, nothing is left.
without() {
	local calls=$1 how text
	shift
	for how in "" -p; do
		run timeout -k 5 20 "$NOSYS" $how "$calls" "$OCIRUN" --root "$ROOT" run "$ID" \
			</dev/null
		echo "without $calls $how: $status $output"
		[ "$status" -ne 0 ] && [ "$status" -lt 124 ] || return 1
		[[ "$output" != *"the program runs"* ]] || return 1
		for text; do
			[[ "${lines[-1]}" == *"$text"* ]] || {
				echo "no '$text' in the last line"
				return 1
			}
		done
		[ ! -e "$ROOT/$ID" ] || return 1
	done
}

# exec_without CALLS TEXT...: the same for a joining process
exec_without() {
	local calls=$1 how text
	shift
	for how in "" -p; do
		run timeout -k 5 20 "$NOSYS" $how "$calls" "$OCIRUN" --root "$ROOT" exec "$ID" \
			echo the program runs </dev/null
		echo "exec without $calls $how: $status $output"
		code 255 || return 1
		[[ "$output" != *"the program runs"* ]] || return 1
		last "$@" || return 1
	done
}

@test "noNewPrivileges" {
	config '.process.noNewPrivileges = true'
	without prctl:38 /process/noNewPrivileges
	sleeper
	exec_without prctl:38 /process/noNewPrivileges
}

@test "capabilities: bounding, the three sets, ambient" {
	config '.process.capabilities = {bounding: ["CAP_KILL"], permitted: ["CAP_KILL"],
		effective: ["CAP_KILL"], inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"]}'
	without prctl:24 /process/capabilities/bounding
	without capset /process/capabilities
	# clearing what we have ourselves
	without prctl:47 /process/capabilities/ambient
	# a program that would become root again keeps nothing by accident
	without prctl:8 "keep"
	sleeper
	exec_without prctl:24 /process/capabilities/bounding
	exec_without capset /process/capabilities
}

@test "user, group and additional groups" {
	config '.process.user = {uid: 1000, gid: 1001, additionalGids: [5]}'
	without setresuid /process/user/uid
	without setresgid /process/user/gid
	without setgroups "groups"
	sleeper
	exec_without setresuid /process/user/uid
	exec_without setgroups "groups"
}

@test "not being dumpable" {
	without prctl:4 dumpable
	sleeper
	exec_without prctl:4 dumpable
}

@test "seccomp, with noNewPrivileges and without" {
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["chmod"], action: "SCMP_ACT_ERRNO"}]}'
	without seccomp /linux/seccomp
	config '.process.noNewPrivileges = false'
	without seccomp /linux/seccomp
	sleeper
	exec_without seccomp /linux/seccomp
}

@test "scheduler, ioPriority, personality, memoryPolicy" {
	config '.process.scheduler = {policy: "SCHED_BATCH"}'
	without sched_setattr /process/scheduler
	config 'del(.process.scheduler) | .process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 3}'
	without ioprio_set /process/ioPriority
	config 'del(.process.ioPriority) | .linux.personality = {domain: "LINUX32"}'
	without personality /linux/personality
	config 'del(.linux.personality) | .linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0"}'
	without set_mempolicy /linux/memoryPolicy
}

@test "rlimits" {
	requires no_sanitizers # they look at the size of their stack, and give up
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}]'
	without prlimit64 /process/rlimits/0
}

@test "execCPUAffinity" {
	config '.process.execCPUAffinity = {final: "0"}'
	sleeper
	exec_without sched_setaffinity /process/execCPUAffinity
}

@test "hostname and domainname" {
	config '.domainname = "d"'
	without sethostname hostname
	without setdomainname domainname
}

@test "the session: no terminal of the caller's" {
	without setsid session
}

@test "the session keyring, where the kernel has one" {
	run "$NOSYS" -p keyctl "$OCIRUN" --root "$ROOT" run "$ID" </dev/null
	echo "$output"
	[ "$status" -ne 0 ]
	[[ "${lines[-1]}" == *keyring* ]]
	[[ "$output" != *"the program runs"* ]]
}

@test "the root file system: no fallback to chroot" {
	without pivot_root pivot_root
}

@test "the sealed copy: no fallback to the file" {
	without memfd_create memfd
	sleeper
	run "$NOSYS" memfd_create "$OCIRUN" --root "$ROOT" exec "$ID" true
	code 255
	last memfd
}

@test "joining a namespace" {
	unshare -n sleep 100 3>&- &
	sleeper=$!
	add_ns network "/proc/$sleeper/ns/net"
	wait_for 5 test "$(readlink "/proc/$sleeper/ns/net")" != "$(readlink /proc/self/ns/net)"
	without setns "net namespace"
	kill "$sleeper"
}

@test "masked and read-only paths: neither mount call" {
	without open_tree,move_mount,fsopen,mount_setattr,pivot_root ""
}
