#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What podman and others use of crun's command line and annotations.
# shellcheck disable=SC2154 # status, output and lines are of `run`

load helpers
load container
load process

setup() {
	setup_bundle
}

teardown() {
	[ -z "${DAEMON-}" ] || kill "$DAEMON" 2>/dev/null || true
	teardown_bundle
}

# ---- options ------------------------------------------------------------------------

@test "--log file:PATH is a file" {
	run oci --log "file:$TESTDIR/log" state nosuch
	code 1
	grep -q 'level=error msg="container does not exist' "$TESTDIR/log"
}

@test "--log syslog: and journald: without a daemon are errors that name its socket" {
	[ ! -S /dev/log ] || skip "requires a host without a syslog daemon"
	run oci --log syslog:me state nosuch
	code 1
	last "syslog:me" "/dev/log"
}

@test "--log journald:ID" {
	requires python3
	[ ! -e /run/systemd/journal/socket ] || skip "requires a host without journald"
	mkdir -p "$TESTDIR/run/systemd/journal"
	python3 - "$TESTDIR/run/systemd/journal/socket" >"$TESTDIR/journal" 3>&- <<-'PY' &
		import socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.bind(sys.argv[1])
		s.settimeout(10)
		print(s.recv(4096).decode())
	PY
	DAEMON=$!
	wait_for 5 test -S "$TESTDIR/run/systemd/journal/socket"
	run unshare -m sh -c 'mount --bind "$0" /run && exec "$@"' "$TESTDIR/run" \
		"$OCIRUN" --root "$ROOT" --log journald:me state nosuch
	code 1
	wait "$DAEMON"
	DAEMON=
	grep -qx PRIORITY=3 "$TESTDIR/journal"
	grep -qx SYSLOG_IDENTIFIER=me "$TESTDIR/journal"
	grep -qx "MESSAGE=container does not exist: 'nosuch'" "$TESTDIR/journal"
}

@test "delete --regex: all that match, and no other" {
	for n in a1 a2 b1; do
		oci create "$ID-$n" >/dev/null 2>&1
	done
	oci delete --regex "$ID-a[0-9]"
	[ "$(oci list -q)" = "$ID-b1" ]
	run oci delete -r 'none-.*'
	code 0
	run oci delete --regex '('
	code 1
	last "invalid regular expression '('"
}

@test "kill --regex: an error of one does not save the others" {
	args sleep 1000
	oci create "$ID-a" >/dev/null 2>&1
	oci kill "$ID-a" KILL
	wait_for 5 is_status "$ID-a" stopped
	oci run -d "$ID-b" >/dev/null 2>&1
	run oci kill --regex "$ID-.*" KILL
	code 1
	last "container not running: '$ID-a'"
	wait_for 5 is_status "$ID-b" stopped
}

@test "kill --all: every process, and a stopped container is no error" {
	args sh -c 'trap : TERM; sleep 1000 & sleep 1001 & while :; do wait; sleep 0.1; done'
	oci run -d "$ID" >/dev/null 2>&1
	wait_for 5 sh -c "[ \$('$OCIRUN' --root '$ROOT' ps -f json '$ID' | jq length) -ge 3 ]"
	oci exec -d "$ID" sleep 1002 >/dev/null 2>&1
	oci kill --all "$ID" TERM
	wait_for 5 sh -c "[ \$('$OCIRUN' --root '$ROOT' ps -f json '$ID' | jq length) -le 2 ]"
	is_status "$ID" running
	oci kill --all "$ID" KILL
	wait_for 5 is_status "$ID" stopped
	oci kill --all "$ID" TERM
	run oci kill "$ID" TERM
	code 1
}

@test "kill --all as runc: the init alone" {
	ln -s "$OCIRUN" "$TESTDIR/runc"
	args sh -c 'trap "exit 0" TERM; sleep 1000 & while :; do sleep 0.1; done'
	oci run -d "$ID" >/dev/null 2>&1
	oci exec -d "$ID" sh -c 'trap "touch /tmp/hit" TERM; while :; do sleep 0.1; done' \
		>/dev/null 2>&1
	mkdir -p rootfs/tmp
	"$TESTDIR/runc" --root "$ROOT" kill --all "$ID" TERM
	wait_for 5 is_status "$ID" stopped
	[ ! -e rootfs/tmp/hit ]
}

@test "kill without cgroups still finds init" {
	del_ns pid
	del_mount /sys/fs/cgroup
	args sleep 1000
	oci --cgroup-manager disabled run -d "$ID" >/dev/null 2>&1
	oci kill "$ID" KILL
	wait_for 5 is_status "$ID" stopped
}

@test "signals: names of real-time ones" {
	del_ns pid
	args sleep 1000
	for name in SIGRTMIN+3 rtmin+3 rtmax-27 37; do
		timeout 20 "$OCIRUN" --root "$ROOT" run "$ID" 3>&- &
		wait_for 5 is_status "$ID" running
		oci kill "$ID" "$name"
		rc=0
		wait $! || rc=$?
		[ "$rc" -eq $((128 + 37)) ]
	done
}
