#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# NOTIFY_SOCKET: a service in the container says that it is ready, systemd is told
# so by the runtime (sd_notify(3)).

# shellcheck disable=SC2030,SC2031 # each test exports its own

bats_require_minimum_version 1.5.0
load helpers
load container

setup() {
	requires python3
	setup_bundle
	HOST=$TESTDIR/host.sock
	SEEN=$TESTDIR/seen
	write_listener
	# the host's python3 serves as the container's sd_notify(3)
	mkdir -p rootfs/usr
	for lib in /lib /lib64; do
		[ ! -L "$lib" ] || ln -s "usr$lib" "rootfs$lib"
	done
	add_bind /usr /usr rbind,ro
}

teardown() {
	[ -z "${LISTENER-}" ] || kill "$LISTENER" 2>/dev/null || true
	teardown_bundle
}

# What systemd is to us: prints each datagram on a line, lets barriers pass.
write_listener() {
	cat >"$TESTDIR/listener.py" <<-'PY'
		import array, os, socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.bind(sys.argv[1])
		print("listening", flush=True)
		while True:
		    data, control, _, _ = s.recvmsg(4096, 1024)
		    print(repr(data.decode()), flush=True)
		    for level, kind, fds in control:
		        for fd in array.array("i", fds):
		            os.close(fd)
	PY
}

listen() {
	python3 "$TESTDIR/listener.py" "$HOST" >"$SEEN" 2>&1 3>&- &
	LISTENER=$!
	wait_for 5 grep -q listening "$SEEN"
	export NOTIFY_SOCKET=$HOST
}

# notifies TEXT [THEN]: the container's program sends TEXT, then runs THEN.
notifies() {
	cat >"rootfs/notify.py" <<-'PY'
		import os, socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.connect(os.environ["NOTIFY_SOCKET"])
		for text in sys.argv[1:]:
		    s.send(text.encode())
	PY
	config --arg t "$1" --arg s "${2-exec sleep 1000}" '.process.args =
		["sh", "-c", "/usr/bin/python3 /notify.py \"$0\"; \($s)", $t]'
}

saw() {
	grep -qxF -- "$1" "$SEEN" || {
		echo "no $1 in:"
		cat "$SEEN"
		return 1
	}
}

@test "start returns when the container is ready, and tells systemd its pid" {
	listen
	notifies 'READY=1'
	oci create "$ID" >/dev/null 2>&1
	[ "$(wc -l <"$SEEN")" -eq 1 ]
	timeout 20 "$OCIRUN" --root "$ROOT" start "$ID"
	saw "'READY=1\n'"
	saw "'MAINPID=$(oci state "$ID" | jq .pid)\n'"
	saw "'BARRIER=1'"
}

@test "start waits: what is not READY= is not passed on" {
	listen
	notifies 'STATUS=loading' 'sleep 1; /usr/bin/python3 /notify.py READY=1; exec sleep 1000'
	oci create "$ID" >/dev/null 2>&1
	begin=$(date +%s%N)
	timeout 20 "$OCIRUN" --root "$ROOT" start "$ID"
	[ $(($(date +%s%N) - begin)) -ge 900000000 ]
	saw "'READY=1\n'"
	run ! grep -q STATUS "$SEEN"
}

@test "start: READY= behind another line of its datagram counts" {
	listen
	notifies $'STATUS=up\nREADY=1\nMAINPID=1'
	oci create "$ID" >/dev/null 2>&1
	timeout 20 "$OCIRUN" --root "$ROOT" start "$ID"
	saw "'READY=1\n'"
	run ! grep -q "MAINPID=1\\\\n" "$SEEN"
}

@test "start returns when the container ends without being ready" {
	listen
	config '.process.args = ["true"]'
	oci create "$ID" >/dev/null 2>&1
	timeout 20 "$OCIRUN" --root "$ROOT" start "$ID"
	run ! grep -q READY "$SEEN"
}

@test "start that waits does not keep the container from being deleted" {
	listen
	config '.process.args = ["sleep", "1000"]'
	oci create "$ID" >/dev/null 2>&1
	timeout 20 "$OCIRUN" --root "$ROOT" start "$ID" >/dev/null 2>&1 3>&- &
	wait_for 5 is_status "$ID" running
	oci delete --force "$ID"
	wait $!
}

@test "run -d waits as start does" {
	listen
	notifies 'READY=1'
	timeout 20 "$OCIRUN" --root "$ROOT" run -d "$ID" >/dev/null 2>&1
	saw "'READY=1\n'"
	saw "'MAINPID=$(oci state "$ID" | jq .pid)\n'"
}

@test "run in the foreground is the main process itself" {
	listen
	notifies 'READY=1' 'sleep 0.3; exit 4'
	rc=0
	timeout 20 sh -c 'echo $$ >"$0"; exec "$@"' "$TESTDIR/pid" \
		"$OCIRUN" --root "$ROOT" run "$ID" || rc=$?
	[ "$rc" -eq 4 ]
	saw "'READY=1\n'"
	saw "'MAINPID=$(cat "$TESTDIR/pid")\n'"
}

@test "a systemd that does not listen is warned of" {
	export NOTIFY_SOCKET=$TESTDIR/nobody
	notifies 'READY=1'
	oci create "$ID" >/dev/null 2>&1
	run timeout 20 "$OCIRUN" --root "$ROOT" start "$ID"
	[ "$status" -eq 0 ]
	[[ "$output" == *"$TESTDIR/nobody"* ]]
}

@test "the container's socket: in a directory of its own, read-only there" {
	export NOTIFY_SOCKET=$HOST
	prints '/run/notify/notify.sock 777 ro' 'printf "%s " "$NOTIFY_SOCKET"
		stat -c %a "$NOTIFY_SOCKET" | tr "\n" " "
		grep -q " /run/notify ro" /proc/self/mountinfo && echo ro'
}

@test "exec has no NOTIFY_SOCKET, the caller's never" {
	listen
	notifies 'READY=1'
	timeout 20 "$OCIRUN" --root "$ROOT" run -d "$ID" >/dev/null 2>&1
	run oci exec "$ID" env
	[ "$status" -eq 0 ]
	[[ "$output" != *NOTIFY_SOCKET* ]]
}

@test "without NOTIFY_SOCKET there is nothing of it" {
	unset NOTIFY_SOCKET
	prints none 'test -e /run/notify || echo none; env | grep NOTIFY_ || true'
}

@test "created without NOTIFY_SOCKET, started with it: start does not wait" {
	config '.process.args = ["sleep", "1000"]'
	oci create "$ID" >/dev/null 2>&1
	listen
	timeout 10 "$OCIRUN" --root "$ROOT" start "$ID"
	is_status "$ID" running
}
