#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# runtime-spec runtime.md, "Lifecycle" and "Operations".

load helpers

setup() {
	setup_bundle
}

teardown() {
	teardown_bundle
}

@test "create, start, kill and delete walk through the statuses" {
	config '.process.args = ["sleep", "1000"]'
	oci create "$ID"
	[ "$(status_of "$ID")" = created ]
	oci start "$ID"
	[ "$(status_of "$ID")" = running ]
	oci kill "$ID" KILL
	wait_for 5 is_status "$ID" stopped
	oci delete "$ID"
	run oci state "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"container does not exist"* ]]
}

@test "create does not run the program, start does" {
	config '.process.args = ["touch", "/ran"] | .root.readonly = false'
	oci create "$ID"
	[ ! -e rootfs/ran ]
	oci start "$ID"
	wait_for 5 is_status "$ID" stopped
	[ -e rootfs/ran ]
	oci delete "$ID"
}

@test "state has the members of the specification" {
	config '.annotations = {"a.b": "c <d>"} | .process.args = ["sleep", "1000"]'
	oci create "$ID"
	run oci state "$ID"
	[ "$status" -eq 0 ]
	[ "$(jq -r .ociVersion <<<"$output")" = 1.3.0 ]
	[ "$(jq -r .id <<<"$output")" = "$ID" ]
	[ "$(jq -r .bundle <<<"$output")" = "$BUNDLE" ]
	[ "$(jq -r .rootfs <<<"$output")" = "$BUNDLE/rootfs" ]
	[ "$(jq -r '.annotations["a.b"]' <<<"$output")" = "c <d>" ]
	[ "$(jq -r 'keys_unsorted | join(" ")' <<<"$output")" = \
		"ociVersion id pid status bundle rootfs created annotations owner" ]
	pid=$(jq -r .pid <<<"$output")
	[ -d "/proc/$pid" ]
	oci delete --force "$ID"
	is_gone "$pid"
}

@test "--pid-file holds the pid without newline and is relative to the caller" {
	config '.process.args = ["sleep", "1000"]'
	mkdir "$TESTDIR/cwd"
	cd "$TESTDIR/cwd"
	oci create --bundle "$BUNDLE" --pid-file pid "$ID"
	[ "$(cat pid)" = "$(oci state "$ID" | jq -r .pid)" ]
	[ "$(wc -l <pid)" -eq 0 ]
	[ ! -e "$BUNDLE/pid" ]
	oci delete --force "$ID"
}

@test "a second container with the same id is refused and harms nothing" {
	config '.process.args = ["sleep", "1000"]'
	oci create "$ID"
	run oci create "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"container with given ID already exists"* ]]
	[ "$(status_of "$ID")" = created ]
	oci delete --force "$ID"
}

@test "invalid ids are refused" {
	for id in a/b .. . "" "a b" "ä"; do
		run oci create "$id"
		[ "$status" -eq 1 ]
		[[ "$output" == *"container ID format"* || "$output" == *"id cannot be empty"* ]]
	done
	[ ! -e "$ROOT" ] || [ -z "$(ls -A "$ROOT")" ]
}

@test "unknown containers" {
	for cmd in state start kill delete; do
		run oci "$cmd" nosuch
		[ "$status" -eq 1 ]
		[[ "$output" == *"container does not exist"* ]]
	done
	run oci delete --force nosuch
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run oci exec nosuch true
	[ "$status" -eq 255 ]
}

@test "start twice, start after the end" {
	config '.process.args = ["sleep", "1000"]'
	oci create "$ID"
	oci start "$ID"
	run oci start "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"cannot start an already running container"* ]]
	oci kill "$ID" KILL
	wait_for 5 is_status "$ID" stopped
	run oci start "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"cannot start a container that has stopped"* ]]
	oci delete "$ID"
}

@test "delete refuses a running container, --force does not" {
	config '.process.args = ["sleep", "1000"]'
	oci run -d "$ID"
	run oci delete "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"cannot delete container $ID that is not stopped: running"* ]]
	oci delete "$ID" --force
}

@test "delete removes a created container" {
	oci create "$ID"
	oci delete "$ID"
	[ ! -e "$ROOT/$ID" ]
}

@test "--strict: delete refuses what has not stopped, also if it was never started" {
	oci create "$ID"
	state=$(oci state "$ID")
	run oci --strict delete "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"cannot delete container $ID that is not stopped: created"* ]]
	[ "$(oci state "$ID")" = "$state" ]
	oci start "$ID"
	wait_for 5 is_status "$ID" stopped
	oci --strict delete "$ID"
	oci create "$ID"
	oci --strict delete --force "$ID"
	[ ! -e "$ROOT/$ID" ]
}

@test "kill of a stopped container says so, signal names and numbers work" {
	config '.process.args = ["sh", "-c", "trap \"exit 7\" USR1; while :; do sleep 0.1; done"]'
	oci run -d "$ID"
	oci kill "$ID" 0
	run oci kill "$ID" NOSUCH
	[ "$status" -eq 1 ]
	[[ "$output" == *'unknown signal'* ]]
	oci kill "$ID" sigusr1
	wait_for 5 is_status "$ID" stopped
	run oci kill "$ID" TERM
	[ "$status" -eq 1 ]
	[[ "$output" == *"container not running"* ]]
	oci delete "$ID"
}

@test "list shows all formats, sorted, and null when empty" {
	config '.process.args = ["sleep", "1000"]'
	mkdir -p "$ROOT"
	[ "$(oci list -f json)" = null ]
	oci create "$ID-b"
	oci create "$ID-a"
	[ "$(oci list -q)" = "$ID-a"$'\n'"$ID-b" ]
	[ "$(oci list -f json | jq -r '.[0].id')" = "$ID-a" ]
	run oci list
	[[ "${lines[0]}" =~ ^ID\ +PID\ +STATUS\ +BUNDLE\ +CREATED\ +OWNER$ ]]
	[[ "${lines[1]}" == "$ID-a"*created*"$BUNDLE"*root ]]
	run oci list -f xml
	[ "$status" -eq 1 ]
	[[ "$output" == *"invalid format option"* ]]
	oci delete -f "$ID-a"
	oci delete -f "$ID-b"
}

@test "config.json may change or vanish after create" {
	config '.process.args = ["true"]'
	oci create "$ID"
	rm config.json
	oci start "$ID"
	wait_for 5 is_status "$ID" stopped
	oci delete "$ID"
}

@test "these tests look for leftovers while directories of others come and go" {
	oci run "$ID"
	# as find(1) does then
	find() {
		command find "$@"
		return 1
	}
	(set -e && assert_clean)
	mkdir "$ROOT/$ID"
	run assert_clean
	[ "$status" -ne 0 ]
	rmdir "$ROOT/$ID"
}
