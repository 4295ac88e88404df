#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# runtime-spec config-linux.md "Namespaces": each kind new, inherited, joined;
# exec sees what the container sees.

load helpers
load container

kinds='pid net ipc uts mnt cgroup user time'

setup() {
	setup_bundle
}

teardown() {
	teardown_bundle
	[ -z "${holder-}" ] || kill "$holder" 2>/dev/null || true
}

# oci_name KIND: its name in config.json.
oci_name() {
	case $1 in
	net) echo network ;;
	mnt) echo mount ;;
	*) echo "$1" ;;
	esac
}

# The namespaces of process PID as "kind:[inode]", one a line, sorted.
ns_of() {
	local kind
	for kind in $kinds; do
		[ ! -e "/proc/$1/ns/$kind" ] || readlink "/proc/$1/ns/$kind"
	done | sort
}

# A container ID that runs until it is killed; its pid in $pid.
start_sleeper() {
	config '.process.args = ["sleep", "1000"]'
	oci run -d "$1" >"$TESTDIR/sleeper" 2>&1 || {
		cat "$TESTDIR/sleeper"
		return 1
	}
	pid=$(oci state "$1" | jq .pid)
}

# same_ns KIND PID1 PID2
same_ns() {
	[ "$(readlink "/proc/$2/ns/$1")" = "$(readlink "/proc/$3/ns/$1")" ]
}

@test "the default config: pid, network, ipc, uts and mount are new" {
	start_sleeper "$ID"
	for kind in pid net ipc uts mnt; do
		! same_ns "$kind" "$pid" self || { echo "$kind is the host's"; return 1; }
	done
	same_ns user "$pid" self
	[ "$(cgroup_layout)" = v2 ] || same_ns cgroup "$pid" self
	[ ! -e /proc/self/ns/time ] || same_ns time "$pid" self
}

@test "all eight new, and a process of exec is in all of them" {
	requires userns timens
	add_ns cgroup
	add_ns time
	map_users
	start_sleeper "$ID"
	for kind in $kinds; do
		! same_ns "$kind" "$pid" self || { echo "$kind is the host's"; return 1; }
	done
	run oci exec "$ID" sh -c 'for k in pid net ipc uts mnt cgroup user time; do
		readlink /proc/self/ns/$k; done'
	echo "$output"
	[ "$(sort <<<"$output")" = "$(ns_of "$pid")" ]
}

@test "each kind left out of the list is inherited" {
	add_ns cgroup
	[ ! -e /proc/self/ns/time ] || add_ns time
	cp config.json full.json
	for kind in pid net ipc uts cgroup time; do
		[ -e "/proc/self/ns/$kind" ] || continue
		cp full.json config.json
		del_ns "$(oci_name "$kind")"
		[ "$kind" != uts ] || config 'del(.hostname)'
		start_sleeper "$ID"
		same_ns "$kind" "$pid" self || { echo "$kind is new"; return 1; }
		for other in pid net ipc uts mnt cgroup; do
			[ "$other" = "$kind" ] || ! same_ns "$other" "$pid" self
		done
		oci delete -f "$ID"
	done
}

@test "no namespace in the list but mount" {
	config '.linux.namespaces = [{type: "mount"}] | del(.hostname)'
	start_sleeper "$ID"
	for kind in pid net ipc uts cgroup user; do
		same_ns "$kind" "$pid" self || { echo "$kind is new"; return 1; }
	done
	run oci exec "$ID" sh -c 'echo $$'
	[ "$output" -gt 2 ]
}

@test "each kind joined by path" {
	add_ns cgroup
	[ ! -e /proc/self/ns/time ] || add_ns time
	start_sleeper "$ID"
	first=$pid
	cp config.json full.json
	for kind in pid net ipc uts cgroup time; do
		[ -e "/proc/self/ns/$kind" ] || continue
		cp full.json config.json
		add_ns "$(oci_name "$kind")" "/proc/$first/ns/$kind"
		[ "$kind" != uts ] || config 'del(.hostname)'
		start_sleeper "$ID-2"
		same_ns "$kind" "$pid" "$first" || { echo "$kind is not joined"; return 1; }
		for other in pid net ipc uts mnt cgroup; do
			[ "$other" = "$kind" ] || ! same_ns "$other" "$pid" "$first" || {
				echo "$other is joined with $kind"
				return 1
			}
		done
		oci delete -f "$ID-2"
	done
}

@test "all but the mount namespace joined: two containers that see each other" {
	add_ns cgroup
	[ ! -e /proc/self/ns/time ] || add_ns time
	start_sleeper "$ID"
	first=$pid
	for kind in pid net ipc uts cgroup time; do
		[ ! -e "/proc/self/ns/$kind" ] || add_ns "$(oci_name "$kind")" "/proc/$first/ns/$kind"
	done
	start_sleeper "$ID-2"
	for kind in pid net ipc uts cgroup time; do
		[ ! -e "/proc/self/ns/$kind" ] || same_ns "$kind" "$pid" "$first"
	done
	run oci exec "$ID" ps
	echo "$output"
	[ "$(grep -c 'sleep 1000' <<<"$output")" -eq 2 ]
	# the end of the second is not the end of the first
	oci delete -f "$ID-2"
	is_gone "$pid"
	[ "$(status_of "$ID")" = running ]
}

@test "killing the owner of a pid namespace ends who joined it" {
	start_sleeper "$ID"
	first=$pid
	add_ns pid "/proc/$first/ns/pid"
	start_sleeper "$ID-2"
	oci delete -f "$ID"
	wait_for 5 is_gone "$pid"
	[ "$(status_of "$ID-2")" = stopped ]
	oci delete "$ID-2"
}

@test "a pod: network, ipc and uts joined, pid and mounts of their own" {
	config '.hostname = "pod"'
	start_sleeper "$ID"
	first=$pid
	for kind in net ipc uts; do
		add_ns "$(oci_name "$kind")" "/proc/$first/ns/$kind"
	done
	config 'del(.hostname)'
	config '.process.args = ["sh", "-c", "hostname; echo $$; ls /dev/mqueue; ps | grep -c [s]leep; true"]'
	run oci run "$ID-2"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = "pod
1
0" ]
}

@test "a namespace kept by a bind mount" {
	holder=
	run unshare -m --propagation private sh -ec '
		touch "$2/netns"
		unshare --net="$2/netns" true
		exec timeout 20 "$0" --root "$1" run "$3"' "$OCIRUN" "$ROOT" "$TESTDIR" "$ID" 2>&1
	[ "$status" -eq 0 ]
	add_ns network "$TESTDIR/netns"
	config '.process.args = ["readlink", "/proc/self/ns/net"]'
	run unshare -m --propagation private sh -ec '
		unshare --net="$2/netns" readlink /proc/self/ns/net
		exec timeout 20 "$0" --root "$1" run "$3"' "$OCIRUN" "$ROOT" "$TESTDIR" "$ID"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "${lines[1]}" ]
}

@test "hostname and domainname are those of the config, the host keeps its own" {
	before=$(hostname)
	config '.hostname = "box" | .domainname = "example.org"'
	prints "box
example.org" 'hostname; cat /proc/sys/kernel/domainname'
	[ "$(hostname)" = "$before" ]
}

@test "hostname without a uts namespace" {
	del_ns uts
	refused /hostname "unable to set hostname without a private UTS namespace"
}

@test "lo is up in a new network namespace, and the only interface" {
	prints "lo
LOOPBACK,UP" 'ls /sys/class/net
		ip addr show lo | grep -o LOOPBACK,UP'
}

@test "the network is there for the first mount that shows it, wherever that is in the list" {
	config '.mounts |= (map(select(.type == "sysfs")) + map(select(.type != "sysfs")))'
	prints "lo" 'ls /sys/class/net'
	del_mount /sys
	prints "LOOPBACK,UP" 'ip addr show lo | grep -o LOOPBACK,UP'
}

@test "hooks of the host run in its network, and find the container's made" {
	cat >"$TESTDIR/hook" <<-END
		#!/bin/sh
		readlink /proc/self/ns/net >"$TESTDIR/host"
		readlink "/proc/\$(jq .pid)/ns/net" >"$TESTDIR/inside"
	END
	chmod +x "$TESTDIR/hook"
	config --arg h "$TESTDIR/hook" '.hooks.createRuntime = [{path: $h}]'
	prints "LOOPBACK,UP" 'ip addr show lo | grep -o LOOPBACK,UP'
	[ "$(cat "$TESTDIR/host")" = "$(readlink /proc/self/ns/net)" ]
	[ "$(cat "$TESTDIR/inside")" != "$(cat "$TESTDIR/host")" ]
}

@test "lo of a joined network namespace is left alone" {
	unshare -n sleep 100 &
	holder=$!
	wait_for 5 sh -c "[ \$(readlink /proc/$holder/ns/net) != $(readlink /proc/self/ns/net) ]"
	add_ns network "/proc/$holder/ns/net"
	prints "" 'ip addr show lo | grep -o LOOPBACK,UP; true'
}

@test "the container is pid 1 of its pid namespace and sees nobody else" {
	prints "1 /proc/1" 'echo $$ /proc/[0-9]*'
}

@test "sysfs shows the interfaces of the container's network namespace" {
	unshare -n sh -c 'ip link add dummy7 type dummy 2>/dev/null; exec sleep 100' &
	holder=$!
	wait_for 5 sh -c "[ \$(readlink /proc/$holder/ns/net) != $(readlink /proc/self/ns/net) ]"
	wait_for 5 sh -c "grep -q sleep /proc/$holder/comm"
	nsenter -t "$holder" -n ip link show dummy7 >/dev/null 2>&1 || skip "requires dummy interfaces"
	add_ns network "/proc/$holder/ns/net"
	prints "dummy7
lo" 'ls /sys/class/net'
}

@test "kinds that are unknown, doubled, of the wrong type, missing or relative" {
	cp config.json full.json
	config '.linux.namespaces += [{type: "pidd"}]'
	refused /linux/namespaces/ pidd
	cp full.json config.json
	config '.linux.namespaces += [{type: "ipc"}]'
	refused /linux/namespaces/ "duplicated ns"
	cp full.json config.json
	add_ns network /proc/self/ns/uts
	refused /linux/namespaces/ "/proc/self/ns/uts" net uts
	cp full.json config.json
	add_ns network /etc/passwd
	refused /linux/namespaces/ "/etc/passwd"
	cp full.json config.json
	add_ns network /dev/null
	refused /linux/namespaces/ "/dev/null"
	cp full.json config.json
	mkfifo "$TESTDIR/fifo"
	add_ns network "$TESTDIR/fifo"
	refused /linux/namespaces/ fifo
	cp full.json config.json
	add_ns network /proc/self/ns/nothing
	refused /linux/namespaces/ "no such file or directory"
	cp full.json config.json
	add_ns network netns/x
	refused /linux/namespaces/ "must be absolute"
}

@test "a config without the linux object: nothing new, the mounts are the caller's" {
	config 'del(.linux, .hostname) | .process.args = ["sh", "-c",
		"for k in pid net ipc uts mnt; do readlink /proc/self/ns/$k; done"]'
	run world private '
		for k in pid net ipc uts mnt; do readlink /proc/self/ns/$k; done
		oci run "$ID"'
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 10 ]
	[ "$(sort -u <<<"$output" | wc -l)" -eq 5 ]
}

@test "the runtime itself in namespaces of its own" {
	requires cgroupfs # systemd would take pids of the namespace for its own
	# timeout(1) outside: the one of coreutils 9.10 is no process 1
	run timeout 20 unshare -n -i -u -p -f --mount-proc --kill-child sh -c '
		readlink /proc/self/ns/net
		exec "$0" --root "$1" run "$2"' "$OCIRUN" "$ROOT" "$ID"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "exec without a mount namespace is where init is, not on the host" {
	del_ns mount
	config 'del(.linux.maskedPaths, .linux.readonlyPaths) | .root.readonly = false |
		.process.args = ["sleep", "1000"]'
	run world private '
		oci run -d "$ID" >/dev/null 2>&1
		touch "$BUNDLE/rootfs/only-here"
		oci exec "$ID" sh -c "ls -d /only-here /bin/busybox; cd /..; ls -d only-here
			[ -e /etc/debian_version ] && echo host; exit 0"
		oci delete --force "$ID"'
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = "$(printf '/bin/busybox\n/only-here\nonly-here')" ] ||
		[ "$output" = "$(printf '/only-here\n/bin/busybox\nonly-here')" ]
}

@test "exec follows the namespace when init has changed its own root" {
	config '.process.args = ["busybox", "chroot", "/tmp", "/busybox", "sleep", "1000"]'
	cp rootfs/bin/busybox rootfs/tmp/busybox
	add_caps SYS_CHROOT
	oci run -d "$ID" >/dev/null 2>&1
	wait_for 5 sh -c '[ "$(readlink /proc/$0/root)" != / ]' "$(oci state "$ID" | jq .pid)"
	run oci exec "$ID" sh -c 'ls -d /tmp/busybox'
	echo "$output"
	[ "$output" = /tmp/busybox ]
}

@test "exec follows init where the runtime was in a chroot of its own" {
	mkdir "$TESTDIR/new"
	config '.process.args = ["sleep", "1000"]'
	touch rootfs/only-here
	run timeout 60 unshare -m --propagation private sh -c '
		mount --rbind / "$1"
		chroot "$1" "$4" --root "$2" run -d --bundle "$5" "$3" >"$1$5/log" 2>&1 </dev/null
		chroot "$1" "$4" --root "$2" exec "$3" ls -d /only-here
		chroot "$1" "$4" --root "$2" delete --force "$3"' \
		sh "$TESTDIR/new" "$ROOT" "$ID" "$OCIRUN" "$BUNDLE"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = /only-here ]
}

@test "exec is refused where joining the mount namespace would lead to another root" {
	config '.process.args = ["busybox", "chroot", "/tmp", "/busybox", "sleep", "1000"]'
	cp rootfs/bin/busybox rootfs/tmp/busybox
	add_caps SYS_CHROOT
	oci run -d "$ID" >/dev/null 2>&1
	wait_for 5 sh -c '[ "$(readlink /proc/$0/root)" != / ]' "$(oci state "$ID" | jq .pid)"
	# as if the container had been made by chroot(2): not the root it was recorded with
	jq -c '.ocirun.root_ino = 1' "$ROOT/$ID/state.json" >"$TESTDIR/state.json"
	cp "$TESTDIR/state.json" "$ROOT/$ID/state.json"
	run oci exec "$ID" true
	echo "$output"
	[ "$status" -ne 0 ]
	[[ "$output" == *"is not the container's root"* ]]
}

@test "a namespace that cannot be joined is named by its place" {
	local i
	# The generated config lists a cgroup namespace only in the unified layout.
	i=$(jq '.linux.namespaces | length' "$BUNDLE/config.json")
	config '.linux.namespaces += [{type: "user", path: "/proc/self/ns/user"}]'
	run oci run "$ID"
	echo "$output"
	refuses "/linux/namespaces/$i/path: cannot join user namespace"
	[ ! -e "$ROOT/$ID" ]
}
