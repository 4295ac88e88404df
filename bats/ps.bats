#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ps: the container's processes, as ps(1) shows them or as a list.

load helpers

setup() {
	setup_bundle
	config '.process.args = ["sh", "-c", "sleep 1000 & exec sleep 1001"]'
}

teardown() {
	teardown_bundle
}

has_two() {
	[ "$(oci ps -f json "$ID" | jq length)" -eq 2 ]
}

@test "ps prints the lines of ps -ef that are the container's" {
	oci run -d "$ID"
	wait_for 5 has_two
	run oci ps "$ID"
	[ "$status" -eq 0 ]
	[[ "${lines[0]}" =~ UID\ +PID\ +PPID\ +C\ +STIME\ +TTY\ +TIME\ +CMD ]]
	[ "${#lines[@]}" -eq 3 ]
	[[ "$output" == *"sleep 1000"*"sleep 1001"* ||
		"$output" == *"sleep 1001"*"sleep 1000"* ]]
}

@test "ps --format json prints pids of the host" {
	oci run -d "$ID"
	wait_for 5 has_two
	for form in "-f json" "--format json" "--format=json" "-format json"; do
		run oci ps $form "$ID"
		[ "$status" -eq 0 ]
		[[ "$output" =~ ^\[[0-9]+,[0-9]+\]$ ]]
	done
	[ "$(jq --argjson p "$(oci state "$ID" | jq .pid)" \
		'index($p) != null' <<<"$output")" = true ]
}

@test "what follows the id is for ps(1)" {
	oci run -d "$ID"
	run oci ps "$ID" -e -x
	[ "$status" -eq 0 ]
	[[ "${lines[0]}" =~ \ +PID\ +TTY\ +STAT\ +TIME\ +COMMAND ]]
	[[ "$output" == *"sleep 1001"* ]]
	run oci ps "$ID" -e -o user,pid,comm
	[ "$status" -eq 0 ]
	[[ "${lines[0]}" =~ ^USER\ +PID\ +COMMAND$ ]]
}

@test "options of ps that hide the pid, or that it does not have" {
	oci run -d "$ID"
	run oci ps "$ID" -e -o user
	[ "$status" -eq 1 ]
	[[ "$output" == *"couldn't find PID field in ps output"* ]]
	run oci ps "$ID" --no-such-option
	[ "$status" -eq 1 ]
	[[ "$output" == *"exit status 1: "* ]]
}

@test "ps of a stopped container is empty" {
	config '.process.args = ["true"]'
	oci run --keep "$ID"
	run oci ps "$ID"
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 1 ]
	run oci ps --format json "$ID"
	[ "$status" -eq 0 ]
	[ "$output" = null ]
}

@test "ps without ps(1), with a bad format, without a container" {
	oci run -d "$ID"
	run env PATH=/nonexistent "$OCIRUN" --root "$ROOT" ps "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"executable file not found in \$PATH"* ]]
	run oci ps --format yaml "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"invalid format option"* ]]
	run oci ps nosuch
	[ "$status" -eq 1 ]
	[[ "$output" == *"container does not exist"* ]]
	run oci ps
	[ "$status" -eq 1 ]
	[[ "$output" == *"requires a minimum of 1 argument"* ]]
}

@test "processes of sub-cgroups are listed" {
	oci run -d "$ID"
	dir=$(jq -r '.cgroup_paths | .memory // .[""]' "$ROOT/$ID/state.json")
	mkdir "$dir/sub"
	pid=$(oci state "$ID" | jq .pid)
	echo "$pid" >"$dir/sub/cgroup.procs"
	[ "$(oci ps -f json "$ID" | jq --argjson p "$pid" 'index($p) != null')" = true ]
}
