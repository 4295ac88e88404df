#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Standard input, output and error of run and exec in the foreground, without a
# terminal: pipes, relayed to the end. tests/differential has the same against runc.
# shellcheck disable=SC2154,SC2016,SC2031 # status and output are of `run`

load helpers
load container

setup() {
	setup_bundle
	config '.root.readonly = false'
}

teardown() {
	teardown_bundle
}

program() {
	config --arg s "$1" '.process.args = ["sh", "-c", $s]'
}

start() {
	config '.process.args = ["sleep", "1000"]'
	oci run -d "$ID" >"$TESTDIR/start" 2>&1 </dev/null
}

# quick SECONDS COMMAND...: in less than that.
quick() {
	local begin=$SECONDS max=$1
	shift
	"$@" || return
	[ $((SECONDS - begin)) -lt "$max" ]
}

@test "the caller's terminal is no terminal for a program that asked for none" {
	requires script
	program 'for i in 0 1 2; do test -t $i && echo tty $i; readlink /proc/self/fd/$i; done'
	script -qec "'$OCIRUN' --root '$ROOT' run $ID" "$TESTDIR/log" </dev/null >/dev/null
	cat "$TESTDIR/log"
	[ "$(grep -c 'pipe:' "$TESTDIR/log")" = 3 ]
	! grep -q tty "$TESTDIR/log"
}

@test "a file of the host is written to, but not given away or read" {
	echo secret >"$TESTDIR/out"
	chmod 644 "$TESTDIR/out"
	program 'echo mine; timeout 1 cat /proc/self/fd/1 | grep -q secret && echo leaked'
	ln -s busybox "$BUNDLE/rootfs/bin/timeout"
	config '.process.user = {uid: 1000, gid: 1000}'
	oci run "$ID" </dev/null >>"$TESTDIR/out" 2>/dev/null || true
	[ "$(cat "$TESTDIR/out")" = $'secret\nmine' ]
	[ "$(stat -c %u "$TESTDIR/out")" = 0 ]
}

@test "input: end of file, and more than a pipe holds" {
	program 'md5sum; echo after'
	want=$(head -c 1000000 /dev/zero | md5sum)
	run sh -c 'head -c 1000000 /dev/zero | "$@"' sh "$OCIRUN" --root "$ROOT" run "$ID"
	echo "$output"
	[ "$output" = "$want"$'\nafter' ]
	run sh -c 'head -c 1000000 /dev/zero >"$0"; "$@" <"$0"' "$TESTDIR/in" \
		"$OCIRUN" --root "$ROOT" run "$ID"
	[ "$output" = "$want"$'\nafter' ]
}

@test "input that nobody reads, and that does not end, keeps nobody" {
	program 'exec true'
	mkfifo "$TESTDIR/fifo"
	exec 7<>"$TESTDIR/fifo"
	quick 9 oci run "$ID" <&7
	head -c 60000 /dev/zero >&7
	quick 9 oci run "$ID" <&7
	exec 7>&-
}

@test "both outputs, to a slow reader, unharmed" {
	program 'head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2'
	run sh -c '"$@" 2>"$0" </dev/null | (sleep 0.5; wc -c)' "$TESTDIR/err" \
		"$OCIRUN" --root "$ROOT" run "$ID"
	[ "$output" = 3000000 ]
	[ "$(wc -c <"$TESTDIR/err")" = 3000000 ]
}

@test "a reader that goes away: the program gets SIGPIPE, or an error" {
	program 'while :; do echo y || exit 9; done'
	run bash -c '"$@" </dev/null 2>/dev/null | head -n 1; echo ${PIPESTATUS[0]}' sh \
		"$OCIRUN" --root "$ROOT" run "$ID"
	echo "$output"
	[ "$output" = $'y\n9' ] || [ "$output" = $'y\n141' ]
}

@test "a program that closes its output does not end the run" {
	program 'exec >&- 2>&-; sleep 1; exit 7'
	run oci run "$ID"
	[ "$status" -eq 7 ]
}

@test "/dev/null is handed in" {
	program 'a=$(readlink /proc/1/fd/0; readlink /proc/1/fd/1); echo "$a" >&2'
	run sh -c '"$@" 2>&1 >/dev/null </dev/null' sh "$OCIRUN" --root "$ROOT" run "$ID"
	echo "$output"
	[ "$(grep -c '/dev/null' <<<"$output")" = 2 ]
}

@test "exec waits for the output of what it leaves behind, with the program's status" {
	start
	run sh -c '"$@" >"$0" </dev/null 2>/dev/null' "$TESTDIR/out" "$OCIRUN" --root "$ROOT" \
		exec "$ID" sh -c '(sleep 1; echo late) & echo early; exit 3'
	[ "$status" -eq 3 ]
	[ "$(cat "$TESTDIR/out")" = $'early\nlate' ]
}

@test "exec waits for what it leaves behind also where its output goes to /dev/null" {
	start
	local to begin
	for to in '>/dev/null 2>&1' '>&- 2>&-'; do
		begin=${EPOCHREALTIME/./}
		code=0
		sh -c '"$@" </dev/null '"$to" sh "$OCIRUN" --root "$ROOT" \
			exec "$ID" sh -c 'sleep 1 & exit 3' || code=$?
		[ "$code" -eq 3 ]
		[ $((${EPOCHREALTIME/./} - begin)) -ge 900000 ]
		# one that has let go of it is not waited for
		quick 9 sh -c '"$@" </dev/null '"$to" sh "$OCIRUN" --root "$ROOT" \
			exec "$ID" sh -c 'sleep 1000 >/dev/null 2>&1 &'
	done
}

@test "exec that waits so ends by a signal" {
	start
	"$OCIRUN" --root "$ROOT" exec "$ID" sh -c 'sleep 1000 & echo begun; exit 4' \
		</dev/null >"$TESTDIR/out" 2>/dev/null &
	pid=$!
	wait_for 10 grep -q begun "$TESTDIR/out"
	wait_for 5 sh -c '[ "$(pgrep -c -P '"$pid"')" = 0 ]'
	sleep 0.3
	kill -0 "$pid"
	kill -TERM "$pid"
	code=0
	wait "$pid" || code=$?
	[ "$code" = 4 ]
}

@test "run in the host's pid namespace: what init left is gone, its output is not" {
	del_ns pid
	program 'sh -c "trap \"\" HUP; echo child; sleep 1000" & sleep 0.5; echo init'
	quick 10 sh -c '"$@" >"$0" </dev/null' "$TESTDIR/out" "$OCIRUN" --root "$ROOT" run "$ID"
	[ "$(sort "$TESTDIR/out")" = $'child\ninit' ]
	! pgrep -f "$ID" >/dev/null
}
