#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# run: create, start and delete in one; exit codes, stdio, signals.

load helpers

setup() {
	setup_bundle
}

teardown() {
	teardown_bundle
}

@test "run passes the exit code on and leaves nothing" {
	for code in 0 1 5 255; do
		config --arg c "exit $code" '.process.args = ["sh", "-c", $c]'
		run oci run "$ID"
		[ "$status" -eq "$code" ]
		[ -z "$output" ]
		[ ! -e "$ROOT/$ID" ]
	done
}

@test "run answers 128 plus the signal that killed the program" {
	config '.process.args = ["sh", "-c", "kill -KILL $$"] |
		.linux.namespaces |= map(select(.type != "pid"))'
	run oci run "$ID"
	[ "$status" -eq 137 ]
}

@test "stdin, stdout and stderr reach the caller's" {
	config '.process.args = ["sh", "-c", "cat; echo err >&2"]'
	out=$(printf 'a\nb' | oci run "$ID" 2>"$TESTDIR/err")
	[ "$out" = $'a\nb' ]
	[ "$(cat "$TESTDIR/err")" = err ]
}

@test "a megabyte goes through a pipe unharmed" {
	head -c 1000000 /dev/urandom >"$TESTDIR/in"
	config '.process.args = ["cat"]'
	oci run "$ID" <"$TESTDIR/in" | cmp - "$TESTDIR/in"
}

@test "signals are forwarded to the program" {
	config '.process.args = ["sh", "-c", "trap \"exit 9\" TERM; echo ready; while :; do sleep 0.05; done"]'
	"$OCIRUN" --root "$ROOT" run "$ID" >"$TESTDIR/out" &
	pid=$!
	wait_for 5 grep -q ready "$TESTDIR/out"
	kill -TERM "$pid"
	rc=0
	wait "$pid" || rc=$?
	[ "$rc" -eq 9 ]
}

@test "run --detach returns at once, the container goes on" {
	config '.process.args = ["sleep", "1000"]'
	oci run --detach --pid-file "$TESTDIR/pid" "$ID"
	[ "$(status_of "$ID")" = running ]
	[ -d "/proc/$(cat "$TESTDIR/pid")" ]
	oci delete -f "$ID"
}

@test "run --keep leaves a stopped container" {
	oci run --keep "$ID"
	[ "$(status_of "$ID")" = stopped ]
	oci delete "$ID"
}

@test "closed descriptors 0-2 of the caller are no descriptor of ours" {
	config '.process.args = ["ls", "-l", "/proc/self/fd"]'
	oci run "$ID" <&- >"$TESTDIR/out" 2>&-
	run cat "$TESTDIR/out"
	[[ "$output" == *"0 -> /dev/null"* ]]
	[[ "$output" == *"2 -> /dev/null"* ]]
}

@test "no descriptor of the caller or the runtime reaches the program" {
	config '.process.args = ["ls", "/proc/self/fd"]'
	exec 9<"$TESTDIR" 17</
	run oci run "$ID"
	exec 9<&- 17<&-
	[ "$status" -eq 0 ]
	# ls itself opens the directory it lists: descriptor 3
	[ "$(echo $output)" = "0 1 2 3" ]
}

@test "--preserve-fds passes what is there and refuses what is not" {
	config '.process.args = ["sh", "-c", "cat <&3"]'
	echo hello >"$TESTDIR/f"
	run oci run --preserve-fds 1 "$ID" 3<"$TESTDIR/f"
	[ "$status" -eq 0 ]
	[ "$output" = hello ]
	run oci run --preserve-fds 2 "$ID" 3<"$TESTDIR/f" 4<&-
	[ "$status" -eq 1 ]
	[[ "$output" == *"unable to stat preserved-fd 1 (of 2)"* ]]
}

@test "the program has no controlling terminal and leads its session" {
	config '.process.args = ["cat", "/proc/self/stat"]'
	run oci run "$ID"
	# fields after the command name: state ppid pgrp session tty_nr
	set -- ${output##*) }
	[ "$4" -eq 1 ]
	[ "$5" -eq 0 ]
}

@test "a killed runtime in the foreground leaves the container running" {
	config '.process.args = ["sleep", "1000"]'
	"$OCIRUN" --root "$ROOT" run "$ID" &
	pid=$!
	wait_for 5 is_status "$ID" running
	kill -KILL "$pid"
	wait "$pid" || true
	[ "$(status_of "$ID")" = running ]
	oci delete --force "$ID"
}
