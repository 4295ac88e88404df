#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Terminals: process.terminal, --tty, --console-socket, --console.

load helpers
load process

setup() {
	setup_bundle
	config '.process.terminal = true'
	SOCK=$TESTDIR/sock
	find_ptytool
}

teardown() {
	[ -z "${RECEIVER-}" ] || kill "$RECEIVER" 2>/dev/null || true
	teardown_bundle
}

# on_pty [ACTION...] -- OCI-ARG...: ocirun on a fresh pty of its own
on_pty() {
	local actions=()
	while [ "$1" != -- ]; do
		actions+=("$1")
		shift
	done
	shift
	"$PTYTOOL" run "${actions[@]}" -- "$OCIRUN" --root "$ROOT" "$@"
}

# receive [ACTION...]: a console socket, in the background; what it got goes to
# $TESTDIR/got
receive() {
	"$PTYTOOL" recv "$SOCK" "$@" >"$TESTDIR/got" 2>&1 3>&- &
	RECEIVER=$!
	wait_for 5 test -S "$SOCK"
}

received() {
	local rc=0
	wait "$RECEIVER" || rc=$?
	RECEIVER=
	run cat "$TESTDIR/got"
	code 0
	[ "$rc" -eq 0 ] || {
		cat "$TESTDIR/got"
		return 1
	}
}

sh_args() {
	args sh -c "$1"
}

# ---- in the foreground ------------------------------------------------------------

@test "run: all three descriptors are one terminal, the controlling one" {
	sh_args 'test -t 0 && test -t 1 && test -t 2 && tty; cat /proc/self/stat; exit 5'
	run on_pty -- run "$ID"
	code 5
	[ "${lines[0]}" = /dev/pts/0 ]
	# fields after the command name: state ppid pgrp session tty_nr; 136:0
	read -r _ _ _ session tty _ <<<"${lines[1]##*) }"
	[ "$session" -eq 1 ]
	[ "$tty" -eq $((136 << 8)) ]
}

@test "run: a pty of its own, not the caller's" {
	sh_args 'echo hello >/dev/tty; stat -c %t:%T /proc/self/fd/0 -L'
	run on_pty -- run "$ID"
	code 0
	[ "${lines[0]}" = hello ]
	[ "${lines[1]}" = 88:0 ]
	# the devpts is the container's: the host's stays as it is
	sh_args 'ls /dev/pts'
	run on_pty -- run "$ID"
	[ "$(flat <<<"$output")" = "0 ptmx" ]
}

@test "run: /dev/console is the same pty" {
	sh_args '[ "$(stat -c %t:%T /dev/console)" = "$(stat -c %t:%T /dev/pts/0)" ] && echo x >/dev/console'
	run on_pty -- run "$ID"
	code 0
	says x
}

@test "without a terminal there is no /dev/console and no tty" {
	config '.process.terminal = false'
	sh_args 'test -e /dev/console; echo $?; tty; test -t 0 || test -t 1 || test -t 2 || echo none'
	run on_pty -- run "$ID" </dev/null
	# stdio is the caller's terminal, but not this session's
	[ "${lines[0]//$'\r'/}" = 1 ]
	run oci run "$ID" </dev/null
	[ "${lines[2]}" = none ]
}

@test "run: the terminal belongs to the container's user" {
	config '.process.user = {"uid": 1000, "gid": 1000}'
	sh_args 'stat -c "%u %a" /dev/pts/0; echo x >/dev/pts/0'
	run on_pty -- run "$ID"
	code 0
	[ "${lines[0]}" = "1000 620" ]
	[ "${lines[1]}" = x ]
}

@test "run: the size is the caller's from the program's first moment" {
	args stty size
	for size in 31x97 3x5 500x1000; do
		run on_pty size=$size -- run "$ID"
		code 0
		says "${size/x/ }"
	done
}

@test "run: the size follows the caller's" {
	sh_args 'trap "stty size" WINCH; echo ready; while :; do sleep 0.05; done'
	run on_pty size=10x20 expect=ready size=50x60 expect='50 60' size=7x8 \
		expect='7 8' signal=9 -- run "$ID"
	code 137
	oci delete --force "$ID"
}

@test "consoleSize is for who has no terminal" {
	config '.process.consoleSize = {"height": 40, "width": 120}'
	args stty size
	run oci run "$ID" </dev/null
	code 0
	says "40 120"
	run on_pty size=31x97 -- run "$ID"
	says "31 97"
}

@test "lines end as the program wrote them, from the first one on" {
	sh_args 'i=0; while [ $i -lt 20 ]; do echo line; i=$((i + 1)); done; stty -a'
	for _ in 1 2 3 4 5; do
		oci run "$ID" </dev/null >"$TESTDIR/out"
		[ "$(grep -c $'\r' "$TESTDIR/out")" -eq 0 ]
		[ "$(grep -c '^line$' "$TESTDIR/out")" -eq 20 ]
		grep -q -e '-onlcr' "$TESTDIR/out"
	done
}

@test "the caller's terminal is raw meanwhile and restored afterwards" {
	sh_args 'echo ready; read line; exit 3'
	run on_pty modes="$TESTDIR/before" expect=ready modes="$TESTDIR/during" \
		send='x\r' after:modes="$TESTDIR/after" -- run "$ID"
	code 3
	[ "$(cat "$TESTDIR/before")" = "icanon echo isig opost onlcr" ]
	[ "$(cat "$TESTDIR/during")" = "-icanon -echo -isig -opost -onlcr" ] ||
		[ "$(cat "$TESTDIR/during")" = "-icanon -echo -isig -opost onlcr" ]
	cmp "$TESTDIR/before" "$TESTDIR/after"
}

@test "the caller's terminal is restored when the start fails" {
	args nothere
	run on_pty after:modes="$TESTDIR/after" -- run "$ID"
	code 1
	grep -q '^icanon echo isig opost' "$TESTDIR/after"
	echo 'no interpreter' >rootfs/plain
	chmod +x rootfs/plain
	args /plain
	run on_pty after:modes="$TESTDIR/after" -- run "$ID"
	code 255
	# the message comes after the terminal was restored: it begins its own line
	[[ "${lines[-1]//$'\r'/}" == "exec /plain: exec format error"* ]]
	grep -q '^icanon echo isig opost' "$TESTDIR/after"
}

@test "the caller's terminal is restored when a poststart hook fails" {
	args sleep 1000
	config '.hooks = {"poststart": [{"path": "/bin/false"}]}'
	run on_pty after:modes="$TESTDIR/after" -- run "$ID"
	code 1
	grep -q '^icanon echo isig opost' "$TESTDIR/after"
}

@test "the caller's terminal is restored after a signal to the runtime" {
	sh_args 'trap "echo got; exit 7" TERM; echo ready; while :; do sleep 0.05; done'
	run on_pty expect=ready signal=15 after:modes="$TESTDIR/after" -- run "$ID"
	code 7
	[[ "$output" == *got* ]]
	grep -q '^icanon echo isig opost' "$TESTDIR/after"
	# deadly to the program, too
	args sh -c 'echo ready; exec sleep 1000'
	config '.linux.namespaces |= map(select(.type != "pid"))'
	run on_pty expect=ready signal=15 after:modes="$TESTDIR/after" -- run "$ID"
	code 143
	grep -q '^icanon echo isig opost' "$TESTDIR/after"
}

@test "keys become signals in the container" {
	sh_args 'trap "echo int; exit 4" INT; echo ready; while :; do sleep 0.05; done'
	run on_pty expect=ready send='\x03' -- run "$ID"
	code 4
	[[ "$output" == *int* ]]
	sh_args 'echo ready; cat; echo rest'
	run on_pty expect=ready send='hello\r\x04' -- run "$ID"
	code 0
	[[ "$output" == *$'hello\n'*rest* ]]
}

@test "a terminal that hangs up" {
	sh_args 'trap "touch /tmp/hup; exit 6" HUP; echo ready; while :; do sleep 0.05; done'
	config '.root.readonly = false'
	run on_pty expect=ready hangup -- run "$ID"
	code 6
	[ -e rootfs/tmp/hup ]
}

@test "stdin that is no terminal: its text is typed" {
	sh_args 'stty -echo; echo ready; read a; read b; echo "<$a><$b>"'
	out=$( (sleep 0.3; printf 'one\ntwo\n'; sleep 1) | oci run "$ID")
	[[ "$out" == *"<one><two>"* ]]
}

@test "stdin that is no terminal: its end does not end the program" {
	sh_args 'sleep 0.3; echo still here'
	run oci run "$ID" </dev/null
	code 0
	says "still here"
}

@test "much output is complete, however slow the reader" {
	args seq 1 100000
	seq 1 100000 >"$TESTDIR/want"
	oci run "$ID" </dev/null | cmp - "$TESTDIR/want"
	oci run "$ID" </dev/null | (sleep 1; cmp - "$TESTDIR/want")
	on_pty -- run "$ID" | cmp - "$TESTDIR/want"
}

@test "a reader that goes away does not hang the run" {
	args seq 1 100000
	oci run "$ID" </dev/null | head -n 1 >"$TESTDIR/out"
	[ "$(cat "$TESTDIR/out")" = 1 ]
	[ ! -e "$ROOT/$ID" ]
}

@test "a background process that keeps the terminal does not keep the run" {
	sh_args 'setsid sleep 100 & echo bye'
	config '.linux.namespaces |= map(select(.type != "pid"))'
	SECONDS=0
	run oci run "$ID" </dev/null
	code 0
	says bye
	[ "$SECONDS" -lt 10 ]
}

# ---- exec ----------------------------------------------------------------------------

@test "exec --tty: a further pty, with the caller's size and modes" {
	config '.process.terminal = false'
	sleeper
	run on_pty size=22x33 after:modes="$TESTDIR/after" -- exec -t "$ID" \
		sh -c 'tty; stty size; echo x >/dev/tty; exit 3'
	code 3
	says $'/dev/pts/0\n22 33\nx'
	grep -q '^icanon echo isig opost' "$TESTDIR/after"
	# the config's terminal says nothing about exec
	run oci exec "$ID" tty </dev/null
	code 1
	says "not a tty"
}

@test "exec --tty: resizing, keys, the end of the program" {
	config '.process.terminal = false'
	sleeper
	run on_pty size=10x20 expect=ready size=50x60 expect='50 60' send='\x03' -- \
		exec -t "$ID" sh -c 'trap "stty size" WINCH; trap "exit 9" INT; echo ready; while :; do sleep 0.05; done'
	code 9
	run oci exec -t "$ID" seq 1 50000 </dev/null
	[ "${#lines[@]}" -eq 50000 ]
}

@test "exec --tty leaves /dev/console alone" {
	config '.process.terminal = false'
	sleeper
	run on_pty -- exec -t "$ID" sh -c 'test -e /dev/console; echo $?'
	says 1
}

@test "exec --tty restores the terminal when the program cannot be executed" {
	config '.process.terminal = false'
	sleeper
	run on_pty after:modes="$TESTDIR/after" -- exec -t "$ID" nothere
	code 255
	grep -q '^icanon echo isig opost' "$TESTDIR/after"
	echo x >rootfs/plain
	chmod +x rootfs/plain
	run on_pty after:modes="$TESTDIR/after" -- exec -t "$ID" /plain
	code 255
	grep -q '^icanon echo isig opost' "$TESTDIR/after"
}

@test "exec --process with terminal and consoleSize" {
	config '.process.terminal = false'
	sleeper
	jq -n '{terminal: true, consoleSize: {height: 12, width: 34}, cwd: "/", env: ["PATH=/bin"],
		user: {uid: 1000, gid: 1000}, args: ["sh", "-c", "tty; stty size; stat -c %u /dev/pts/0"]}' \
		>"$TESTDIR/process.json"
	run oci exec --process "$TESTDIR/process.json" "$ID" </dev/null
	code 0
	says $'/dev/pts/0\n12 34\n1000'
	receive
	oci exec -d --process "$TESTDIR/process.json" --console-socket "$SOCK" "$ID"
	received
	says $'payload=/dev/pts/0 fds=1 type=tty\n/dev/pts/0\r\n12 34\r\n1000\r'
}

@test "exec: the errors of terminals" {
	config '.process.terminal = false'
	sleeper
	run oci exec -t -d "$ID" true
	code 255
	last "cannot allocate tty if runc will detach without setting console socket"
	run oci exec -d --console-socket "$SOCK" "$ID" true
	code 255
	last "cannot use console socket if runc will not detach or allocate tty"
	run oci exec -t --console-socket "$SOCK" "$ID" true
	code 255
	last "cannot use console socket if runc will not detach or allocate tty"
	run oci exec -t -d --console-socket "$SOCK" "$ID" true
	code 255
	last "--console-socket" "$SOCK" "no such file or directory"
}

# ---- --console-socket ---------------------------------------------------------------

@test "create --console-socket sends the master with the slave's name" {
	sh_args 'tty; read x; echo "<$x>"; exit 4'
	receive expect=/dev/pts/0 send='hi\n' expect='<hi>'
	oci create --console-socket "$SOCK" "$ID"
	wait_for 5 grep -qx "payload=/dev/pts/0 fds=1 type=tty" "$TESTDIR/got"
	oci start "$ID"
	received
	wait_for 5 is_status "$ID" stopped
	[ "$(wc -l <"$TESTDIR/got")" -ge 3 ]
}

@test "run -d --console-socket: modes are the receiver's, size is consoleSize" {
	config '.process.consoleSize = {"height": 40, "width": 120}'
	sh_args 'stty size; sleep 0.2'
	receive expect='40 120' modes="$TESTDIR/modes"
	oci run -d --console-socket "$SOCK" "$ID"
	received
	# nothing of it was changed: that is for whoever has the master
	[ "$(cat "$TESTDIR/modes")" = "icanon echo isig opost onlcr" ]
}

@test "a socket path longer than a socket address, and a relative one" {
	long=$TESTDIR/$(printf 'd%.0s' {1..100})/$(printf 'e%.0s' {1..20})
	mkdir -p "$long"
	args true
	receive
	ln -s "$SOCK" "$long/link"
	oci run -d --console-socket "$long/link" "$ID"
	received
	[[ "$output" == "payload=/dev/pts/0 "* ]]
	oci delete --force "$ID"
	rm "$SOCK"
	receive
	cd "$TESTDIR"
	oci run -d --bundle "$BUNDLE" --console-socket sock "$ID"
	received
	[[ "$output" == "payload=/dev/pts/0 "* ]]
}

@test "terminal, detached, no socket: runc's error; the other way round, too" {
	run oci run -d "$ID"
	code 1
	last "cannot allocate tty if runc will detach without setting console socket" /process/terminal
	run oci create "$ID"
	code 1
	last "cannot allocate tty if runc will detach without setting console socket"
	run oci run --console-socket "$SOCK" "$ID"
	code 1
	last "cannot use console socket if runc will not detach or allocate tty"
	config '.process.terminal = false'
	run oci create --console-socket "$SOCK" "$ID"
	code 1
	last "cannot use console socket if runc will not detach or allocate tty"
	[ ! -e "$ROOT/$ID" ]
}

@test "sockets that are none, that nobody listens on, that hang up" {
	run oci create --console-socket "$SOCK" "$ID"
	code 1
	last "--console-socket" "$SOCK" "no such file or directory"
	echo x >"$SOCK"
	run oci create --console-socket "$SOCK" "$ID"
	code 1
	last "--console-socket" "$SOCK" "connection refused"
	rm "$SOCK"
	# the receiver dies before the terminal comes
	receive
	kill -KILL "$RECEIVER"
	wait "$RECEIVER" || true
	RECEIVER=
	run oci create --console-socket "$SOCK" "$ID"
	code 1
	last "connection refused" "nobody listens"
	[ ! -e "$ROOT/$ID" ]
}

@test "a terminal needs a devpts" {
	config '.mounts |= map(select(.destination != "/dev/pts"))'
	run oci run "$ID" </dev/null
	code 1
	last "/process/terminal" "/dev/pts/ptmx" "devpts"
}

@test "/dev/console that cannot be made safely" {
	config '.mounts |= map(select(.destination | startswith("/dev") | not)) +
		[{"destination": "/dev/pts", "type": "devpts", "source": "devpts",
		  "options": ["newinstance", "ptmxmode=0666"]}]'
	ln -s /etc/passwd rootfs/dev/console
	cp rootfs/etc/passwd "$TESTDIR/passwd"
	run oci run "$ID" </dev/null
	code 1
	last /dev/console "symbolic link"
	cmp rootfs/etc/passwd "$TESTDIR/passwd"
	rm rootfs/dev/console
	mkdir rootfs/dev/console
	run oci run "$ID" </dev/null
	code 1
	last /dev/console "is a directory"
}

# ---- --console, of old callers ----------------------------------------------------------

@test "create --console PATH: the caller's slave, as it is" {
	sh_args 'test -t 0 && stat -L -c %t:%T /proc/self/fd/0; stat -c %t:%T /dev/console; echo ready; read x; echo "<$x>"'
	"$PTYTOOL" slave "$TESTDIR/slave" expect=ready send='hi\n' expect='<hi>' >"$TESTDIR/got" 2>&1 3>&- &
	RECEIVER=$!
	wait_for 5 test -s "$TESTDIR/slave"
	slave=$(cat "$TESTDIR/slave")
	oci create --console "$slave" "$ID"
	oci start "$ID"
	wait_for 5 is_status "$ID" stopped
	oci delete "$ID"
	received
	want=$(stat -c %t:%T "$slave" 2>/dev/null || echo "88:$(printf %x "${slave##*/}")")
	[ "${lines[0]//$'\r'/}" = "$want" ]
	[ "${lines[1]//$'\r'/}" = "$want" ]
}

@test "exec --console PATH" {
	config '.process.terminal = false'
	sleeper
	"$PTYTOOL" slave "$TESTDIR/slave" expect=end >"$TESTDIR/got" 2>&1 3>&- &
	RECEIVER=$!
	wait_for 5 test -s "$TESTDIR/slave"
	oci exec -t -d --console "$(cat "$TESTDIR/slave")" "$ID" \
		sh -c 'test -t 0 && test -t 1 && echo tty >/dev/tty; echo end'
	received
	[ "${lines[0]//$'\r'/}" = tty ]
}

@test "--console that is none" {
	run oci create --console /no/tty "$ID"
	code 1
	last "--console" "/no/tty" "no such file or directory"
	run oci create --console "$BUNDLE/config.json" "$ID"
	code 1
	# an empty one is as none
	run oci create --console "" "$ID"
	code 1
	last "cannot allocate tty if runc will detach"
	[ ! -e "$ROOT/$ID" ]
}

# ---- --pidfd-socket ------------------------------------------------------------------------

@test "--pidfd-socket sends a pidfd of the process" {
	config '.process.terminal = false'
	args sleep 1000
	receive
	oci create --pidfd-socket "$SOCK" --pid-file "$TESTDIR/pid" "$ID"
	received
	says "payload=standard fds=1 type=anon_inode:[pidfd] pid=$(cat "$TESTDIR/pid")"
	rm "$SOCK"
	receive
	oci exec -d --pidfd-socket "$SOCK" --pid-file "$TESTDIR/pid" "$ID" sleep 1001 >/dev/null 2>&1
	received
	says "payload=setns fds=1 type=anon_inode:[pidfd] pid=$(cat "$TESTDIR/pid")"
}
