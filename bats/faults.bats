#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A runtime killed at any moment: `list` shows what is left and one
# `delete --force` removes it: process, cgroup, mounts, state.

load helpers

setup() {
	setup_bundle
}

teardown() {
	teardown_bundle
}

# Everything that carries this test's id or directory.
leftovers() {
	find /sys/fs/cgroup -type d -name "*$ID*" 2>/dev/null
	grep -F "$TESTDIR" /proc/self/mountinfo
	[ ! -d "$ROOT" ] || ls "$ROOT"
}


@test "create killed at random moments leaves nothing after delete --force" {
	config '.process.args = ["sleep", "1000"]'
	rounds=${OCIRUN_KILL_ROUNDS:-60}
	seen=0
	for i in $(seq "$rounds"); do
		"$OCIRUN" --root "$ROOT" create "$ID" >/dev/null 2>&1 &
		pid=$!
		# 0 to 12 ms: the life of a create
		perl -e 'select(undef, undef, undef, rand(0.012))'
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
		if [ -e "$ROOT/$ID" ]; then
			seen=$((seen + 1))
			[ "$(oci list -q)" = "$ID" ]
		fi
		oci delete --force "$ID"
		left=$(leftovers || true)
		[ -z "$left" ] || {
			echo "round $i left: $left"
			return 1
		}
	done
	wait_for 5 sh -c '[ -z "$(pgrep -f "^'"$OCIRUN"' init" -d " " | xargs -r -n1 sh -c "readlink /proc/\$0/cwd" | grep -F "'"$BUNDLE"'")" ]'
	echo "# $seen of $rounds were killed half-way" >&3
	[ "$seen" -gt 0 ]
}

@test "a directory without a record is seen and removed" {
	mkdir -p "$ROOT/$ID"
	[ "$(oci list -q)" = "$ID" ]
	run oci state "$ID"
	[ "$status" -eq 1 ]
	oci delete --force "$ID"
	[ ! -e "$ROOT/$ID" ]
}

@test "an unreadable record does not hide the other containers" {
	config '.process.args = ["sleep", "1000"]'
	oci create "$ID"
	mkdir "$ROOT/broken"
	echo '{' >"$ROOT/broken/state.json"
	run oci list -q
	[ "$status" -eq 0 ]
	[[ "$output" == *"$ID"* ]]
	[[ "$output" == *broken* ]]
	oci delete --force "$ID"
	oci delete --force broken
	[ -z "$(ls -A "$ROOT")" ]
}

@test "init killed while it waits for start" {
	config '.process.args = ["sleep", "1000"]'
	oci create --pid-file "$TESTDIR/pid" "$ID"
	kill -KILL "$(cat "$TESTDIR/pid")"
	wait_for 5 is_status "$ID" stopped
	run oci start "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"cannot start a container that has stopped"* ]]
	oci delete "$ID"
}
