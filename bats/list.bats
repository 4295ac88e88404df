#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# list: what programs and people read.

load helpers
load process

setup() {
	setup_bundle
	mkdir "$ROOT"
}

teardown() {
	teardown_bundle
}

@test "an empty root" {
	run oci list
	code 0
	[[ "$output" =~ ^ID\ +PID\ +STATUS\ +BUNDLE\ +CREATED\ +OWNER$ ]]
	run oci list -q
	says ""
	run oci list --format json
	says null
}

@test "the table: columns as wide as their longest cell and three blanks, at least 12" {
	sleeper
	long=$ID-a-long-name-that-widens-the-column
	oci create "$long"
	run oci list
	code 0
	[ "${#lines[@]}" -eq 3 ]
	head=${lines[0]}
	pid=${head%%PID*}
	status=${head%%STATUS*}
	at=${head%%BUNDLE*}
	[ "${#pid}" -eq $((${#long} + 3)) ]
	[ $((${#status} - ${#pid})) -eq 12 ]
	[ $((${#at} - ${#status})) -eq 12 ]
	for line in "${lines[1]}" "${lines[2]}"; do
		[[ "${line:${#at}}" == "$BUNDLE   "* ]]
		[ "${line##* }" = root ]
	done
	[[ "${lines[1]:${#status}}" == running* ]]
	[[ "${lines[2]:${#status}}" == created* ]]
	[[ "${lines[1]:${#pid}}" == "$(oci state "$ID" | jq -r .pid) "* ]]
	oci delete -f "$long"
}

@test "json: the objects of state, with the owner" {
	config '.annotations = {"a": "<b>"}'
	sleeper
	oci state "$ID" | jq -cS 'del(.owner)' >"$TESTDIR/state"
	run oci list -f json
	code 0
	[ "${#lines[@]}" -eq 1 ]
	[ "$(jq -cS '.[0] | del(.owner)' <<<"$output")" = "$(cat "$TESTDIR/state")" ]
	[ "$(jq -r '.[0].owner' <<<"$output")" = root ]
	[ "$(jq -r '.[0] | keys_unsorted | join(" ")' <<<"$output")" = \
		"ociVersion id pid status bundle rootfs created annotations owner" ]
	[ "$(oci state "$ID" | jq -r .owner)" = "" ]
}

@test "times are RFC 3339 in UTC with fractions and now" {
	sleeper
	created=$(oci state "$ID" | jq -r .created)
	[[ "$created" =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{1,9}Z$ ]]
	age=$(($(date +%s) - $(date -d "$created" +%s)))
	[ "$age" -ge 0 ]
	[ "$age" -lt 60 ]
}

@test "--quiet goes before --format; options are checked" {
	sleeper
	run oci list -q -f json
	says "$ID"
	run oci list --format table
	[[ "${lines[1]}" == "$ID "* ]]
	run oci list --format=
	[[ "${lines[1]}" == "$ID "* ]]
	for f in xml JSON yaml; do
		run oci list --format "$f"
		code 1
		last "invalid format option" "$f"
	done
}

@test "an owner without a name is a number" {
	sleeper
	chown 54321 "$ROOT/$ID"
	[ "$(oci list -f json | jq -r '.[0].owner')" = "#54321" ]
}

@test "a stopped container has no pid" {
	sleeper
	oci kill "$ID" KILL
	wait_for 5 is_status "$ID" stopped
	[ "$(oci list -f json | jq -r '.[0].pid')" = 0 ]
	[ "$(oci state "$ID" | jq .pid)" = 0 ]
}

@test "files in the root are none of ours; an id may begin with a dot" {
	touch "$ROOT/file"
	run oci list -q
	says ""
	rm "$ROOT/file"
	args true
	oci create ".$ID"
	run oci list -q
	says ".$ID"
	oci delete ".$ID"
}

@test "state of a container whose bundle is gone" {
	sleeper
	mv "$BUNDLE" "$BUNDLE.gone"
	run oci state "$ID"
	code 0
	[ "$(jq -r .status <<<"$output")" = running ]
	[ "$(jq -r .bundle <<<"$output")" = "$BUNDLE" ]
	run oci list
	code 0
	[ "${#lines[@]}" -eq 2 ]
	mv "$BUNDLE.gone" "$BUNDLE"
}

@test "many containers, sorted" {
	args true
	for n in 10 9 1 a B _x; do
		oci create "$ID.$n"
	done
	run oci list -q
	says "$(for n in 1 10 9 B _x a; do echo "$ID.$n"; done)"
	for n in 10 9 1 a B _x; do
		oci delete "$ID.$n"
	done
}
