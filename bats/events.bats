#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# events: statistics, the notice of being out of memory, and the end.

load helpers

setup() {
	setup_bundle
	config '.process.args = ["sleep", "1000"]'
}

teardown() {
	teardown_bundle
}

# The cgroup directory of a controller, or the cgroup2 one.
cgdir() {
	jq -r --arg c "$1" '.cgroup_paths | .[$c] // .[""]' "$ROOT/$ID/state.json"
}

has_lines() {
	[ "$(wc -l <"$1")" -ge "$2" ]
}

# events_in_background ARG...: until it watches the container. Its pid is $pid.
events_in_background() {
	"$OCIRUN" --root "$ROOT" events "$@" "$ID" >"$TESTDIR/log" 3>&- &
	pid=$!
	wait_for 10 is_watching "$pid"
}

# The timer is the last that it opens.
is_watching() {
	# shellcheck disable=SC2010 # names of descriptors
	ls -l "/proc/$1/fd" | grep -q timerfd
}

has_used_cpu() {
	oci events --stats "$ID" | jq -e '.data.cpu.usage.total > 0' >/dev/null
}

# Is a memory limit possible in this view?
needs_memory() {
	[ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ] ||
		grep -qw memory /sys/fs/cgroup/cgroup.controllers ||
		skip "requires the memory controller"
}

@test "events --stats is one line of JSON with the members of runc" {
	# a kernel may count CPU time in hundredths of a second
	config '.process.args = ["sh", "-c", "seq 99999 >/dev/null; exec sleep 1000"]'
	oci run -d "$ID"
	wait_for 10 has_used_cpu
	run oci events --stats "$ID"
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == "{\"type\":\"stats\",\"id\":\"$ID\",\"data\":{\"cpu\":{"* ]]
	[ "$(jq -r '.data | keys_unsorted | join(" ")' <<<"$output")" = \
		"cpu cpuset memory pids blkio hugetlb intel_rdt network_interfaces" ]
	[ "$(jq .data.network_interfaces <<<"$output")" = null ]
	[ "$(jq .data.pids.current <<<"$output")" -ge 1 ]
	[ "$(jq '.data.cpu.usage.total > 0' <<<"$output")" = true ]
	# who waits for "oom" in the stream must not find it here
	[[ "$output" != *oom* ]]
}

@test "the numbers are the kernel's" {
	oci run -d "$ID"
	oci pause "$ID"
	out=$(oci events --stats "$ID")
	oci resume "$ID"
	dir=$(cgdir pids)
	if [ -e "$dir/pids.current" ]; then
		[ "$(jq .data.pids.current <<<"$out")" = "$(cat "$dir/pids.current")" ]
	fi
	dir=$(cgdir memory)
	if [ -e "$dir/memory.stat" ]; then
		key=$(head -1 "$dir/memory.stat" | cut -d' ' -f1)
		[ "$(jq --arg k "$key" '.data.memory.raw[$k]' <<<"$out")" != null ]
		[ "$(jq .data.memory.usage.usage <<<"$out")" -gt 0 ]
	fi
}

# Pressure files as `events` prints them.
pressure() {
	local name
	for name in cpu memory io; do
		cat "$1/$name.pressure"
	done
}

# Not the texts: 0.10 and 0.1 are the same.
numbers() {
	awk '{ gsub(/[a-z0-9]*=/, ""); print $1, $2 + 0, $3 + 0, $4 + 0, $5 + 0 }'
}

@test "pressure is in the numbers of CPU, memory and block devices, and is the kernel's" {
	local dir before after got
	cat /sys/fs/cgroup/*/cpu.pressure >/dev/null 2>&1 &&
		grep -qsw cpu /sys/fs/cgroup/cgroup.controllers ||
		skip "requires the cpu controller and psi=1 with cgroup2"
	config '.process.args = ["sh", "-c", "while :; do :; done"] |
		.linux.resources.cpu = {quota: 10000, period: 100000}'
	oci run -d "$ID"
	dir=$(cgdir "")
	sleep 2
	oci pause "$ID"
	# the averages go on: the kernel's before and after must be the same
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		before=$(pressure "$dir")
		oci events --stats "$ID" >"$TESTDIR/stats"
		after=$(pressure "$dir")
		[ "$before" != "$after" ] || break
	done
	got=$(jq -r '.data | (.cpu, .memory, .blkio).psi | to_entries[] |
		"\(.key) \(.value | "\(.avg10) \(.avg60) \(.avg300) \(.total)")"' "$TESTDIR/stats")
	oci resume "$ID"
	echo "events:"; echo "$got"; echo "kernel:"; echo "$after"
	[ "$(numbers <<<"$got")" = "$(numbers <<<"$after")" ]
	[ "$(wc -l <<<"$got")" -eq 6 ]
	# the quota is felt
	[ "$(jq .data.cpu.psi.some.total "$TESTDIR/stats")" -gt 0 ]
}

@test "events prints statistics once an interval and ends with the container" {
	oci run -d "$ID"
	events_in_background --interval 100ms
	wait_for 5 has_lines "$TESTDIR/log" 3
	oci delete --force "$ID"
	wait "$pid"
	[ "$(jq -r .type <"$TESTDIR/log" | sort -u)" = stats ]
	[ "$(jq -r .id <"$TESTDIR/log" | sort -u)" = "$ID" ]
}

@test "events ends when the last process does, the container stays" {
	oci run -d "$ID"
	events_in_background --interval 1h
	oci kill "$ID" KILL
	wait "$pid"
	[ ! -s "$TESTDIR/log" ]
	[ "$(status_of "$ID")" = stopped ]
}

@test "an OOM kill is told, with the id and without data" {
	needs_memory
	config '.linux.resources.memory = {limit: 33554432, swap: 33554432}'
	oci run -d "$ID"
	events_in_background --interval 1000s
	run oci exec "$ID" sh -c 'x=$(dd if=/dev/zero bs=1M count=64 | tr "\0" a)'
	[ "$status" -ne 0 ]
	wait_for 5 has_lines "$TESTDIR/log" 1
	[ "$(head -1 "$TESTDIR/log")" = "{\"type\":\"oom\",\"id\":\"$ID\"}" ]
	oci delete --force "$ID"
	wait "$pid"
}

@test "an OOM kill of init is told before the end" {
	needs_memory
	config '.linux.resources.memory = {limit: 33554432, swap: 33554432} |
		.process.args = ["sh", "-c", "while [ ! -e /go ]; do sleep 0.05; done; x=$(dd if=/dev/zero bs=1M count=64 | tr \"\\0\" a)"]'
	oci run -d "$ID"
	events_in_background --interval 1000s
	touch rootfs/go
	wait "$pid"
	[ "$(head -n 1 "$TESTDIR/log")" = "{\"type\":\"oom\",\"id\":\"$ID\"}" ]
}

@test "wrong intervals, stopped and unknown containers" {
	oci run -d "$ID"
	for interval in 0 0s -1s; do
		run oci events --interval "$interval" "$ID"
		[ "$status" -eq 1 ]
		[[ "$output" == *"duration interval must be greater than 0"* ]]
	done
	run oci events --interval 5 "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *'invalid value'*'flag -interval'* ]]
	oci kill "$ID" KILL
	wait_for 5 is_status "$ID" stopped
	for opt in --stats --interval=1s; do
		run oci events "$opt" "$ID"
		[ "$status" -eq 1 ]
		[[ "$output" == *"container with id $ID is not running"* ]]
	done
	run oci events nosuch --interval 0s
	[ "$status" -eq 1 ]
	[[ "$output" == *"container does not exist"* ]]
}

@test "a reader that goes away ends events" {
	oci run -d "$ID"
	run timeout 30 bash -c '"$1" --root "$2" events --interval 10ms "$3" 2>/dev/null | head -1' \
		_ "$OCIRUN" "$ROOT" "$ID"
	[ "$status" -eq 0 ]
	[[ "${lines[0]}" == '{"type":"stats"'* ]]
}
