#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# pause, resume: what stops, what does not, and who may be paused.

load helpers

setup() {
	setup_bundle
	config '.process.args = ["sh", "-c", "while :; do date +%s%N >/tmp/now; sleep 0.02; done"] |
		.root.readonly = false'
}

teardown() {
	teardown_bundle
}

now() {
	cat "$BUNDLE/rootfs/tmp/now" 2>/dev/null
}

has_changed() {
	[ "$(now)" != "$1" ] && [ -n "$(now)" ]
}

@test "pause stops every process, resume lets them go on" {
	oci run -d "$ID"
	wait_for 5 has_changed ""
	oci pause "$ID"
	[ "$(status_of "$ID")" = paused ]
	before=$(now)
	sleep 0.2
	[ "$(now)" = "$before" ]
	run oci list
	[[ "$output" == *paused* ]]
	oci resume "$ID"
	[ "$(status_of "$ID")" = running ]
	wait_for 5 has_changed "$before"
}

@test "a paused container is not paused again, a running one not resumed" {
	oci run -d "$ID"
	run oci resume "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"container not paused"* ]]
	oci pause "$ID"
	run oci pause "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"container not running"* ]]
	oci resume "$ID"
}

@test "a created container can be paused, and is created afterwards" {
	oci create "$ID"
	oci pause "$ID"
	[ "$(status_of "$ID")" = paused ]
	oci resume "$ID"
	[ "$(status_of "$ID")" = created ]
	oci start "$ID"
	[ "$(status_of "$ID")" = running ]
}

@test "a stopped container is not running, an unknown one does not exist" {
	config '.process.args = ["true"]'
	oci run --keep "$ID"
	for cmd in pause resume; do
		run oci "$cmd" "$ID"
		[ "$status" -eq 1 ]
		[[ "$output" == *"container not "* ]]
		run oci "$cmd" nosuch
		[ "$status" -eq 1 ]
		[[ "$output" == *"container does not exist"* ]]
		run oci "$cmd"
		[ "$status" -eq 1 ]
		[[ "$output" == *"requires exactly 1 argument"* ]]
	done
}

@test "a paused container is killed and deleted by force" {
	oci run -d "$ID"
	pid=$(oci state "$ID" | jq .pid)
	oci pause "$ID"
	oci delete --force "$ID"
	is_gone "$pid"
	[ ! -e "$ROOT/$ID" ]
}

@test "a forking container is frozen as a whole" {
	config '.process.args = ["sh", "-c", "while :; do (sleep 0.01 &); done"]
		| .linux.resources.pids.limit = 60'
	oci run -d "$ID" 2>/dev/null || skip "no pids controller here"
	oci pause "$ID"
	for pid in $(oci ps -f json "$ID" | jq '.[]'); do
		# frozen on v1 is D, on v2 it is S
		[[ "$(sed 's/.*) //; s/ .*//' "/proc/$pid/stat")" == [DS] ]]
	done
	oci resume "$ID"
}

# The directory that pause freezes, and a child of it with a process, frozen by the
# container itself.
frozen_child() {
	dir=$(jq -r '.cgroup_paths | .freezer // .[""]' "$ROOT/$ID/state.json")
	oci exec -d --pid-file "$TESTDIR/child" "$ID" sleep 1000 >/dev/null 2>&1 3>&-
	mkdir "$dir/child"
	cat "$TESTDIR/child" >"$dir/child/cgroup.procs"
	if [ -e "$dir/child/freezer.state" ]; then
		echo FROZEN >"$dir/child/freezer.state"
		wait_for 5 grep -qx FROZEN "$dir/child/freezer.state"
	else
		echo 1 >"$dir/child/cgroup.freeze"
		wait_for 5 grep -qx 'frozen 1' "$dir/child/cgroup.events"
	fi
}

child_is() {
	if [ -e "$dir/child/freezer.state" ]; then
		[ "$(cat "$dir/child/freezer.self_freezing")" = "$1" ]
	else
		[ "$(cat "$dir/child/cgroup.freeze")" = "$1" ]
	fi
}

@test "a child cgroup that is frozen by itself stays so through pause and resume" {
	oci run -d "$ID"
	frozen_child
	[ "$(status_of "$ID")" = running ]
	timeout 10 "$OCIRUN" --root "$ROOT" pause "$ID"
	[ "$(status_of "$ID")" = paused ]
	child_is 1
	timeout 10 "$OCIRUN" --root "$ROOT" resume "$ID"
	[ "$(status_of "$ID")" = running ]
	child_is 1
	wait_for 5 has_changed "$(now)"
	run timeout 30 "$OCIRUN" --root "$ROOT" delete --force "$ID"
	echo "$output"
	[ "$status" -eq 0 ]
	is_gone "$(cat "$TESTDIR/child")"
}

@test "a paused container with a frozen child cgroup is killed" {
	oci run -d "$ID"
	frozen_child
	oci pause "$ID"
	timeout 10 "$OCIRUN" --root "$ROOT" kill "$ID" KILL
	wait_for 5 is_status "$ID" stopped
	wait_for 5 is_gone "$(cat "$TESTDIR/child")"
	timeout 10 "$OCIRUN" --root "$ROOT" delete "$ID"
}
