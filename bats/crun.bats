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

# ---- annotations ---------------------------------------------------------------------

annotate() {
	config --arg k "run.oci.$1" --arg v "$2" '.annotations[$k] = $v'
}

@test "keep_original_groups: the caller's groups, not the config's" {
	config '.process.user.additionalGids = [77]'
	annotate keep_original_groups 1
	args id -G
	run setpriv --groups 11,12 "$OCIRUN" --root "$ROOT" run "$ID"
	code 0
	says "0 11 12"
	annotate keep_original_groups 0
	run setpriv --groups 11,12 "$OCIRUN" --root "$ROOT" run "$ID"
	says "0 77"
	# also for exec, where the config says so
	annotate keep_original_groups 1
	args sleep 1000
	oci run -d "$ID" >/dev/null 2>&1
	run setpriv --groups 13 "$OCIRUN" --root "$ROOT" exec "$ID" id -G
	says "0 13"
}

@test "hooks.stdout, hooks.stderr: files that hooks of every kind append to" {
	annotate hooks.stdout "$TESTDIR/hooks.out"
	annotate hooks.stderr "$TESTDIR/hooks.err"
	config '.hooks = ([["createRuntime", "/bin/sh"], ["createContainer", "/bin/sh"],
		["startContainer", "/bin/sh"], ["poststart", "/bin/sh"], ["poststop", "/bin/sh"]] |
		map({key: .[0], value: [{path: .[1], args: ["sh", "-c", "echo out-\(.[0]); echo err-\(.[0]) >&2"]}]}) |
		from_entries)'
	run oci run "$ID"
	code 0
	says ""
	says "$output" # nothing of the hooks in ours
	[ "$(flat "$TESTDIR/hooks.out")" = "out-createRuntime out-createContainer out-startContainer out-poststart out-poststop" ]
	[ "$(flat "$TESTDIR/hooks.err")" = "err-createRuntime err-createContainer err-startContainer err-poststart err-poststop" ]
	annotate hooks.stdout relative
	run oci run "$ID"
	code 1
	last /annotations/run.oci.hooks.stdout "absolute path"
	annotate hooks.stdout /no/such/file
	run oci run "$ID"
	code 1
	last /no/such/file "no such file or directory"
}

@test "pidfd_receiver: as --pidfd-socket" {
	find_ptytool
	annotate pidfd_receiver "$TESTDIR/sock"
	args sleep 1000
	"$PTYTOOL" recv "$TESTDIR/sock" >"$TESTDIR/got" 2>&1 3>&- &
	wait_for 5 test -S "$TESTDIR/sock"
	oci create --pid-file "$TESTDIR/pid" "$ID" >/dev/null 2>&1
	wait $!
	grep -q "pid=$(cat "$TESTDIR/pid")" "$TESTDIR/got"
}

# getcwd(2) is refused with errno 1, all else allowed: BPF of the architecture.
bpf() {
	[ "$(uname -m)" = x86_64 ] || skip "requires x86_64"
	python3 - <<-'PY'
		import base64, struct
		i = lambda code, jt, jf, k: struct.pack("<HBBI", code, jt, jf, k)
		print(base64.b64encode(i(0x20, 0, 0, 0) + i(0x15, 0, 1, 79) +
		    i(0x06, 0, 0, 0x50001) + i(0x06, 0, 0, 0x7fff0000)).decode())
	PY
}

@test "seccomp_bpf_data: the filter itself, in the place of the config's" {
	requires python3
	annotate seccomp_bpf_data "$(bpf)"
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO"}'
	args sh -c 'grep Seccomp: /proc/self/status; cd /tmp; unset PWD; exec pwd -P'
	run oci run "$ID"
	[ "$status" -ne 0 ]
	[[ "$output" == *Seccomp:*2* ]]
	[[ "$output" == *"Operation not permitted"* ]]
	annotate seccomp_bpf_data '!'
	run oci run "$ID"
	code 1
	last run.oci.seccomp_bpf_data base64
	annotate seccomp_bpf_data AAAA
	run oci run "$ID"
	last "a multiple of 8 bytes"
}

@test "seccomp_fail_unknown_syscall" {
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["nosuchcall"], action: "SCMP_ACT_ERRNO"}]}'
	run oci run "$ID"
	code 0
	annotate seccomp_fail_unknown_syscall 1
	run oci run "$ID"
	code 1
	last nosuchcall /linux/seccomp/syscalls
}

@test "seccomp.receiver: is given the listener, with or without a rule for it" {
	requires python3
	annotate seccomp.receiver "$TESTDIR/agent"
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW"}'
	python3 - "$TESTDIR/agent" >"$TESTDIR/got" 3>&- <<-'PY' &
		import socket, sys, array, os
		s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
		s.bind(sys.argv[1] + ".new")
		s.listen()
		os.rename(sys.argv[1] + ".new", sys.argv[1]) # who sees it can connect
		s.settimeout(10)
		c, _ = s.accept()
		data, fds, _, _ = socket.recv_fds(c, 65536, 1)
		print(len(fds), os.readlink("/proc/self/fd/%d" % fds[0]))
	PY
	DAEMON=$!
	wait_for 5 test -S "$TESTDIR/agent"
	run oci run "$ID"
	code 0
	wait "$DAEMON"
	DAEMON=
	[[ "$(cat "$TESTDIR/got")" == "1 anon_inode:"*seccomp* ]]
}

# ---- cgroups ------------------------------------------------------------------------

@test "delegate-cgroup: init begins below the container's, in a cgroup of its root" {
	requires cgroupfs cgroup2
	config --arg p "/$ID" '.annotations."run.oci.delegate-cgroup" = "below/it"
		| .linux.cgroupsPath = $p | .process.args = ["sleep", "1000"]
		| .linux.namespaces |= (map(select(.type | IN("cgroup", "user") | not))
			+ [{type: "cgroup"}, {type: "user"}])
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}]
		| .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 1000}]'
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod 755 "$TESTDIR"
	oci run -d "$ID" >"$TESTDIR/out" 2>&1 || { cat "$TESTDIR/out"; false; }
	pid=$(oci state "$ID" | jq .pid)
	top=/sys/fs/cgroup/$ID
	[ "$(cat "$top/below/it/cgroup.procs")" = "$pid" ]
	[ "$(stat -c %u "$top" "$top/below" "$top/below/it" "$top/below/it/cgroup.procs" | xargs)" = "0 0 100000 100000" ]
	[ "$(cat "$top/below/it/cgroup.controllers")" = "$(cat "$top/cgroup.controllers")" ]
	run oci exec "$ID" cat /proc/self/cgroup
	echo "$output"
	[[ "$output" == *"0::/below/it" || "$output" == *"0::/" ]]
	oci exec --cap CAP_SYS_ADMIN "$ID" sh -ec 'mount -t cgroup2 none /tmp
		mkdir /tmp/below/it/mine
		! mkdir /tmp/below/mine 2>/dev/null'
	oci delete -f "$ID"
	[ ! -e "$top" ]
}

@test "delegate-cgroup: what is no path below, and where it is not safe" {
	for path in .. ../x a/../b / .; do
		config --arg p "$path" '.annotations."run.oci.delegate-cgroup" = $p'
		run oci run "$ID"
		echo "$path: $output"
		code 1
		last /annotations/run.oci.delegate-cgroup
	done
	config '.annotations."run.oci.delegate-cgroup" = "x"'
	run oci --cgroup-manager disabled run "$ID"
	code 1
	last /annotations/run.oci.delegate-cgroup disabled
	[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] || {
		run oci run "$ID"
		echo "$output"
		code 1
		last /annotations/run.oci.delegate-cgroup "cgroup v2"
	}
	config '.annotations."run.oci.delegate-cgroup" = ""'
	oci run "$ID"
}

@test "handlers that ocirun has not are errors that say so" {
	annotate handler wasm
	run oci run "$ID"
	code 1
	last run.oci.handler "needs crun"
	# the pause container of a pod runs without, as with crun
	config '.annotations["io.kubernetes.cri.container-type"] = "sandbox"'
	run oci run "$ID"
	code 0
	config 'del(.annotations)'
	annotate seccomp.plugins libfoo.so
	run oci run "$ID"
	code 1
	last "plugins are not supported"
}

@test "as runc, annotations of crun mean nothing" {
	ln -s "$OCIRUN" "$TESTDIR/runc"
	annotate handler wasm
	annotate hooks.stdout "$TESTDIR/hooks.out"
	config '.hooks.createRuntime = [{path: "/bin/true"}]'
	run "$TESTDIR/runc" --root "$ROOT" run "$ID"
	code 0
	[ ! -e "$TESTDIR/hooks.out" ]
	run "$TESTDIR/runc" features
	[[ "$output" != *run.oci.* ]]
	oci features | jq -e '.potentiallyUnsafeConfigAnnotations | index("run.oci.")'
}
