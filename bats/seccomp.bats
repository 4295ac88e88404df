#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# linux.seccomp: what the config forbids is forbidden inside, for run and exec,
# with and without noNewPrivileges; the agent of SCMP_ACT_NOTIFY; mistakes.

load helpers
load process

setup() {
	requires jq
	setup_bundle
	find_probe
	AGENT_PID=
}

teardown() {
	[ -z "${AGENT_PID-}" ] || kill "$AGENT_PID" || true
	teardown_bundle
}

# tests/helpers/seccomp_agent.c: in the container "probe", outside the agent.
find_probe() {
	PROBE=$BATS_RUN_TMPDIR/seccomp_agent
	if [ ! -x "$PROBE" ]; then
		: >"$BATS_RUN_TMPDIR/config.h"
		"${CC:-cc}" -static -std=gnu17 -D_GNU_SOURCE -I"$BATS_RUN_TMPDIR" \
			-o "$PROBE" \
			"$BATS_TEST_DIRNAME/../tests/helpers/seccomp_agent.c" ||
			skip "requires a C compiler and a static C library"
	fi
	cp "$PROBE" rootfs/bin/probe
}

# seccomp FILTER [JQ-OPTION…]: set linux.seccomp; no core files.
seccomp() {
	local filter=$1
	shift
	config "$@" ".linux.seccomp = ($filter) |
		.process.rlimits = [{type: \"RLIMIT_CORE\", soft: 0, hard: 0}]"
}

# list WORD…: a JSON array
list() {
	local IFS=,
	set -- "${@/#/\"}"
	echo "[${*/%/\"}]"
}

# refuse ACTION NAME… : everything else is allowed.
refuse() {
	local action=$1
	shift
	seccomp "{defaultAction: \"SCMP_ACT_ALLOW\",
		syscalls: [{names: $(list "$@"), action: \"$action\"}]}"
}

# answers WANT CALL…: what the probe inside says about a system call.
answers() {
	local want=$1
	shift
	args probe "$@"
	run oci run "$ID"
	echo "$*: $output, want $want"
	[ "$status" -eq 0 ] && [ "$output" = "$want" ]
}

x86_64() {
	[ "$(uname -m)" = x86_64 ] || skip "requires x86_64 (numbers)"
}

allow_list() {
	seccomp '$list[0]' --slurpfile list \
		"$BATS_TEST_DIRNAME/../tests/data/seccomp/allow-list.json"
}

EPERM=1 EINVAL=22 ENOSYS=38

# ---- actions ----------------------------------------------------------------

@test "an errno is felt inside, with noNewPrivileges and without" {
	args mkdir /tmp/x
	for nnp in true false; do
		config ".process.noNewPrivileges = $nnp"
		refuse SCMP_ACT_ERRNO mkdir mkdirat
		run oci run "$ID"
		echo "$output"
		[ "$status" -eq 1 ]
		[[ "$output" == *"Operation not permitted"* ]]
		config '.linux.seccomp.syscalls[0].errnoRet = 100'
		run oci run "$ID"
		[[ "$output" == *"Network is down"* ]]
	done
}

@test "the kernel says that a filter is in force" {
	args grep Seccomp: /proc/self/status
	run oci run "$ID"
	[[ "$output" == *0 ]]
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW"}'
	run oci run "$ID"
	[[ "$output" == *2 ]]
	seccomp '{}'
	run oci run "$ID"
	[[ "$output" == *0 ]]
}

@test "KILL, KILL_PROCESS, KILL_THREAD and TRAP end with SIGSYS" {
	args mkdir /tmp/x
	for action in KILL KILL_PROCESS KILL_THREAD TRAP; do
		refuse SCMP_ACT_$action mkdir mkdirat
		run oci run "$ID"
		echo "$action: $status $output"
		[ "$status" -eq 159 ]
	done
}

@test "LOG lets it pass" {
	args mkdir /tmp/x
	config '.root.readonly = false'
	refuse SCMP_ACT_LOG mkdir mkdirat
	oci run "$ID"
	[ -d rootfs/tmp/x ]
}

@test "TRACE without a tracer is ENOSYS" {
	x86_64
	refuse SCMP_ACT_TRACE getppid
	answers $ENOSYS call 110
}

@test "defaultErrnoRet and errnoRet, each for its own" {
	x86_64
	allow_list
	config '.linux.seccomp.defaultErrnoRet = 6 |
		.linux.seccomp.syscalls += [{names: ["reboot"], action: "SCMP_ACT_ERRNO",
			errnoRet: 7}]'
	answers 6 call 165
	answers 7 call 169
}

# ---- an engine's profile ---------------------------------------------------------

@test "a long allow list runs a shell" {
	allow_list
	args sh -c 'mkdir /tmp/a && ls / | wc -l && (sleep 0.01; echo done) && id -u'
	config '.root.readonly = false'
	for nnp in true false; do
		config ".process.noNewPrivileges = $nnp"
		run oci run "$ID"
		echo "$output"
		[ "$status" -eq 0 ]
		[[ "$output" == *done*0 ]]
		rmdir rootfs/tmp/a
	done
}

@test "system calls newer than the profile answer ENOSYS" {
	x86_64
	allow_list
	answers $ENOSYS call 1000
	answers $ENOSYS call 2000000
	answers $ENOSYS call 0x4000fff0
	answers $EPERM call 165
	# a permissive default leaves them to the kernel
	refuse SCMP_ACT_ERRNO reboot
	answers $ENOSYS call 1000
}

@test "conditions on arguments" {
	x86_64
	allow_list
	answers $EPERM call 41 40 1 0
	answers 0 call 41 1 1 0
	# all 64 bits are compared
	answers 0 call 41 0x100000001 1 0
	answers 0 call 135 0xffffffff
	answers 0 call 135 8
	answers $EPERM call 135 7
	answers $ENOSYS call 435 0 0
}

@test "two conditions on one argument are alternatives" {
	x86_64
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		{"names": ["getpgid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 100, "args": [
			{"index": 0, "value": 5, "op": "SCMP_CMP_EQ"},
			{"index": 0, "value": 7, "op": "SCMP_CMP_EQ"}]},
		{"names": ["getsid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 100, "args": [
			{"index": 0, "value": 5, "op": "SCMP_CMP_EQ"},
			{"index": 1, "value": 7, "op": "SCMP_CMP_GE"}]}]}'
	answers 100 call 121 5
	answers 100 call 121 7
	answers 0 call 121 0
	answers 100 call 124 5 8
	answers 3 call 124 5 6
}

@test "the 32-bit system calls have a filter of their own" {
	x86_64
	args probe call32 20
	run oci run "$ID"
	# user-mode Linux takes them for those of 64 bits
	[ "$output" = 0 ] || skip "requires 32-bit system calls in the kernel"
	allow_list
	answers 0 call32 20
	answers $EPERM call32 21
	answers $ENOSYS call32 999
	# socketcall(2) with the operation socket(2)
	answers $EPERM call32 359 40 1 0
	# without them in the list they kill
	config 'del(.linux.seccomp.architectures)'
	args probe call32 20
	run oci run "$ID"
	[ "$status" -eq 159 ]
}

@test "exec has the same filter" {
	x86_64
	allow_list
	sleeper
	run oci exec "$ID" probe call 165
	[ "$output" = $EPERM ]
	run oci exec "$ID" probe call 1000
	[ "$output" = $ENOSYS ]
	run oci exec "$ID" probe call 39
	[ "$output" = 0 ]
	run oci exec --no-new-privs "$ID" grep Seccomp: /proc/self/status
	[[ "$output" == *2 ]]
}

@test "hooks in the container run under the filter" {
	refuse SCMP_ACT_KILL mkdir mkdirat
	config '.process.args = ["true"] | .hooks.startContainer =
		[{path: "/bin/sh", args: ["sh", "-c", "mkdir /tmp/foo"]}]'
	run oci run "$ID"
	echo "$output"
	[ "$status" -ne 0 ]
	[[ "$output" == *"error running startContainer hook"* ]]
	[[ "$output" == *"bad system call"* ]]
}

@test "no descriptor of the filter reaches the program" {
	allow_list
	args ls /proc/self/fd
	run oci run "$ID"
	[ "$(echo $output)" = "0 1 2 3" ]
}

# ---- what init needs ------------------------------------------------------------------

@test "with noNewPrivileges a profile need not allow the setup" {
	seccomp '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"action": "SCMP_ACT_ALLOW",
		"names": ["write", "read", "openat", "execve", "brk", "arch_prctl",
			"set_tid_address", "set_robust_list", "rseq", "prlimit64",
			"readlink", "readlinkat", "getrandom", "mprotect", "getuid",
			"exit", "exit_group"]}]}'
	args true
	oci run "$ID"
	# nothing that sends init's messages another way may be needed
	refuse SCMP_ACT_KILL sendmsg recvmsg sendto recvfrom poll ppoll fcntl getcwd
	oci run "$ID"
	refuse SCMP_ACT_ERRNO close_range prctl close rt_sigaction rt_sigprocmask
	oci run "$ID"
}

@test "getcwd may be refused without noNewPrivileges" {
	config '.process.noNewPrivileges = false'
	refuse SCMP_ACT_ERRNO getcwd
	args true
	oci run "$ID"
}

@test "a program that the filter does not let run" {
	args true
	refuse SCMP_ACT_ERRNO execve
	run oci run "$ID"
	echo "$output"
	[ "$status" -eq 255 ]
	last "exec /bin/true: operation not permitted" "seccomp"
}

@test "an init that the filter kills: which system call it was" {
	args true
	refuse SCMP_ACT_KILL_PROCESS write
	run oci run "$ID"
	last "init died (signal 31 (bad system call))" "answers write(2) with kill"
	refuse SCMP_ACT_ERRNO openat
	run oci run "$ID"
	last "/linux/seccomp: " "answers openat(2) with errno 1 (EPERM)" \
		"could never be started"
	config '.process.noNewPrivileges = false'
	refuse SCMP_ACT_ERRNO capset
	run oci run "$ID"
	last "/process/capabilities: " "answers capset(2) with errno 1 (EPERM)" \
		"without noNewPrivileges"
}

@test "an init that the filter allows nothing, not even exit" {
	# a sanitizer catches the signal that ends it and would wait for its exit
	requires no_sanitizers
	args true
	seccomp '{"defaultAction": "SCMP_ACT_ERRNO"}'
	run oci run "$ID"
	last "init died" "the seccomp filter answers"
}

# ---- flags ------------------------------------------------------------------------------

# flags WANT JSON: the number in the debug log.
flags() {
	config ".linux.seccomp.flags = $2"
	run oci --debug run "$ID"
	echo "$2: $(grep 'filter flags' <<<"$output")"
	[ "$status" -eq 0 ]
	[[ "$output" == *"\"seccomp filter flags: $1\""* ]]
}

@test "flags" {
	args true
	refuse SCMP_ACT_ERRNO mkdir
	run oci --debug run "$ID"
	[[ "$output" == *'"seccomp filter flags: 4"'* ]]
	flags 0 '[]'
	flags 0 '["SECCOMP_FILTER_FLAG_TSYNC"]'
	flags 2 '["SECCOMP_FILTER_FLAG_LOG"]'
	flags 4 '["SECCOMP_FILTER_FLAG_SPEC_ALLOW"]'
	flags 6 '["SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_LOG",
		"SECCOMP_FILTER_FLAG_TSYNC"]'
}

# ---- the agent -----------------------------------------------------------------------------

# agent [NR=ERRNO…]
agent() {
	AGENT_SOCKET=$TESTDIR/agent.sock
	"$PROBE" listen "$AGENT_SOCKET" "$TESTDIR/states" "$@" 3>&- &
	AGENT_PID=$!
	wait_for 5 test -S "$AGENT_SOCKET"
}

# notify NAME…
notify() {
	refuse SCMP_ACT_NOTIFY "$@"
	config --arg path "$TESTDIR/agent.sock" \
		'.linux.seccomp += {listenerPath: $path, listenerMetadata: "a \"b\""}'
}

@test "the agent answers, and is told of which container" {
	x86_64
	agent 83=61 258=61
	notify mkdir mkdirat
	config '.annotations = {"k": "v"}'
	args mkdir /tmp/x
	for nnp in true false; do
		config ".process.noNewPrivileges = $nnp"
		run oci run "$ID"
		echo "$output"
		[ "$status" -eq 1 ]
		[[ "$output" == *"No data available"* ]]
	done
	[ "$(wc -l <"$TESTDIR/states")" -eq 2 ]
	jq -e --arg id "$ID" --arg bundle "$BUNDLE" '.fds == ["seccompFd"] and
		.metadata == "a \"b\"" and .pid == .state.pid and .pid > 1 and
		.state.id == $id and .state.status == "creating" and
		.state.bundle == $bundle and .state.annotations == {"k": "v"}' \
		"$TESTDIR/states"
}

@test "exec has a listener of its own" {
	x86_64
	agent 83=61 258=61
	notify mkdir mkdirat
	sleeper
	run oci exec "$ID" mkdir /tmp/x
	[[ "$output" == *"No data available"* ]]
	[ "$(wc -l <"$TESTDIR/states")" -eq 2 ]
	tail -1 "$TESTDIR/states" | jq -e --argjson init "$(oci state "$ID" | jq .pid)" \
		'.state.status == "running" and .state.pid == $init and .pid != $init'
}

@test "the agent may have every system call but write" {
	agent
	notify execve openat open read close fcntl sendmsg recvmsg poll ppoll prctl mmap \
		munmap brk close_range rt_sigaction rt_sigprocmask getcwd
	args true
	for nnp in true false; do
		config ".process.noNewPrivileges = $nnp"
		oci run "$ID"
	done
	notify write
	run oci run "$ID"
	last "/linux/seccomp/syscalls/0/names" \
		"SCMP_ACT_NOTIFY cannot be used for the write syscall"
}

@test "WAIT_KILLABLE_RECV" {
	agent
	notify mkdir
	args true
	flags 40 '["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]'
	refuse SCMP_ACT_ERRNO mkdir
	config '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]'
	run oci run "$ID"
	last "/linux/seccomp/flags/0: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs a rule"
}

@test "a killed agent leaves ENOSYS behind" {
	agent 83=61 258=61
	notify mkdir mkdirat
	args sh -c 'while [ ! -e /go ]; do sleep 0.05; done; mkdir /tmp/x'
	config '.process.terminal = false'
	oci run "$ID" >"$TESTDIR/out" 2>&1 3>&- &
	pid=$!
	wait_for 5 test -s "$TESTDIR/states"
	kill -KILL "$AGENT_PID"
	AGENT_PID=
	touch rootfs/go
	rc=0
	wait "$pid" || rc=$?
	cat "$TESTDIR/out"
	[ "$rc" -eq 1 ]
	grep "Function not implemented" "$TESTDIR/out"
}

@test "no agent" {
	notify mkdir
	args true
	run oci run "$ID"
	[ "$status" -eq 1 ]
	last "/linux/seccomp/listenerPath: failed to connect with seccomp agent" \
		"$TESTDIR/agent.sock" "no such file or directory"
	agent
	kill -KILL "$AGENT_PID"
	wait "$AGENT_PID" || true
	AGENT_PID=
	run oci run "$ID"
	last "failed to connect with seccomp agent" "nobody listens on this socket"
}

@test "listenerPath without a notify rule is ignored" {
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/no/such.sock",
		"listenerMetadata": "m"}'
	args true
	oci run "$ID"
}

@test "no listener reaches a startContainer hook" {
	agent
	notify mkdir
	config '.process.args = ["true"] | .hooks.startContainer = [{path: "/bin/sh",
		args: ["sh", "-c", "[ $(ls /proc/self/fd | wc -l) -eq 4 ]"]}]'
	oci run "$ID"
}

# ---- mistakes ----------------------------------------------------------------------------------

# bad TEXT…: the start fails with all of them in its last line.
bad() {
	args true
	run oci run "$ID"
	echo "$output"
	[ "$status" -eq 1 ]
	last "$@"
	[ ! -e "$ROOT/$ID" ]
}

@test "mistakes in the config name their place" {
	seccomp '{"defaultAction": "SCMP_ALLOW"}'
	bad /linux/seccomp/defaultAction "string SCMP_ALLOW is not a valid action for seccomp"
	seccomp '{"defaultAction": "SCMP_ACT_NOTIFY"}'
	bad "SCMP_ACT_NOTIFY cannot be used as default action"
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_Z80"]}'
	bad /linux/seccomp/architectures/0 "SCMP_ARCH_Z80 is not a valid arch for seccomp"
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["X"]}'
	bad /linux/seccomp/flags/0 "seccomp flag X is not known"
	refuse SCMP_ACT_NOTIFY mkdir
	bad /linux/seccomp/syscalls/0/action "seccomp listenerPath is not set"
	refuse SCMP_ACT_ERRNO mkdir
	config '.linux.seccomp.syscalls[0].args = [{index: 0, value: 1, op: "SCMP_CMP_X"}]'
	bad /linux/seccomp/syscalls/0/args/0/op "SCMP_CMP_X is not a valid operator for seccomp"
	config '.linux.seccomp.syscalls[0].args[0].op = "SCMP_CMP_EQ" |
		.linux.seccomp.syscalls += .linux.seccomp.syscalls |
		.linux.seccomp.syscalls[1].action = "SCMP_ACT_KILL"'
	bad "/linux/seccomp/syscalls/1: contradicts /linux/seccomp/syscalls/0"
}

@test "another byte order, and too long a filter" {
	x86_64
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_S390X"]}'
	bad /linux/seccomp/architectures/0 "SCMP_ARCH_S390X has another byte order"
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [range(5000) |
		{"names": ["getpgid"], "action": "SCMP_ACT_ERRNO",
		"args": [{"index": 0, "value": ., "op": "SCMP_CMP_EQ"}]}]}'
	bad /linux/seccomp/syscalls "instructions, the kernel takes at most 4096"
}

@test "unknown names are ignored" {
	refuse SCMP_ACT_ERRNO no_such_system_call mkdir
	args true
	run oci --debug run "$ID"
	[ "$status" -eq 0 ]
	[[ "$output" == *'unknown seccomp syscall \"no_such_system_call\" ignored'* ]]
}
