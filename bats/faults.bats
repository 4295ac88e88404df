#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A runtime killed at any moment: `list` shows what is left and one
# `delete --force` removes it: process, cgroup, mounts, state. A process that the
# runtime makes, killed at any moment: the command fails, says what died, and has
# cleaned up. A system call that fails: the same, or the container is right.
# bats/faults.bash has the harness.

load helpers
load faults

setup() {
	setup_faults
}

teardown() {
	teardown_bundle
}

WHO_DIED='(stage|init)( \(pid [0-9]+\))? (died|is gone)'

# ---- the runtime is killed --------------------------------------------------

kill_create() {
	strike -k "$1" "${strike_opts[@]}" -- create --pid-file "$TESTDIR/pid" "$ID"
	wreck_is_listed && one_delete
}

@test "create: the runtime killed" {
	strike_opts=()
	k=$(calls -- create "$ID")
	me delete --force "$ID"
	rounds kill_create "$k" 30
}

@test "create: the runtime killed right after a call that makes something" {
	for call in mkdir mkdirat openat write renameat mknodat clone3 sendmsg \
		fsetxattr setxattr; do
		strike_opts=(-s "$call")
		k=$(calls -s "$call" -- create "$ID")
		me delete --force "$ID"
		strike_opts+=(-a)
		[ "$k" -eq 0 ] || rounds kill_create "$k" 3
	done
}

@test "create with a second process and without a pid namespace: the runtime killed" {
	strike_opts=()
	config '.linux.namespaces |= map(select(.type != "pid")) + [{type: "time"}]'
	k=$(calls -- create "$ID")
	me delete --force "$ID"
	rounds kill_create "$k" 8
}

@test "create in a new user namespace: the runtime killed" {
	strike_opts=()
	config '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
	chmod 755 "$TESTDIR" "$BUNDLE"
	chown -R 100000:100000 "$BUNDLE/rootfs"
	k=$(calls -- create "$ID") || skip "requires user namespaces"
	me delete --force "$ID"
	rounds kill_create "$k" 8
}

kill_run() {
	strike -k "$1" -- run -d "$ID"
	wreck_is_listed && one_delete
}

@test "run -d: the runtime killed" {
	k=$(calls -- run -d "$ID")
	me delete --force "$ID"
	rounds kill_run "$k" 8
}

kill_start() {
	me create "$ID" && strike -k "$1" -- start "$ID"
	wreck_is_listed || return 1
	# It started or it did not; a second start never hangs.
	case $(status_of "$ID") in
	created) me start "$ID" || return 1 ;;
	running) ! me start "$ID" >/dev/null 2>&1 || return 1 ;;
	*) return 1 ;;
	esac
	wait_for 5 is_status "$ID" running && one_delete
}

@test "start: the runtime killed; the next start works, or says that it runs" {
	me create "$ID"
	k=$(calls -- start "$ID")
	me delete --force "$ID"
	rounds kill_start "$k" 12
}

# 137: the program was it that died.
kill_exec() {
	local r=0
	strike -k "$1" "${strike_opts[@]}" -- exec "${exec_opts[@]}" "$ID" sleep 0.1 ||
		r=$?
	[ $r -eq 0 ] || [ $r -eq 137 ] ||
		tail -1 "$TESTDIR/out" | grep -qE "$WHO_DIED" || {
		echo "exit status $r, does not name who died"
		return 1
	}
	[ "$(status_of "$ID")" = running ] && me exec "$ID" true
}

@test "exec: the runtime or its process killed; the container goes on" {
	me run -d "$ID"
	for how in "0 -d" "1 -d" "0" "1"; do
		read -r p exec_opts <<<"$how"
		strike_opts=(-p "$p")
		exec_opts=(${exec_opts:+"$exec_opts"})
		k=$(calls -p "$p" -- exec "${exec_opts[@]}" "$ID" true)
		rounds kill_exec "$k" 4
	done
	one_delete
}

kill_delete() {
	me run -d "$ID" && strike -k "$1" -- delete --force "$ID"
	wreck_is_listed && one_delete
}

@test "delete --force: killed, then again" {
	me run -d "$ID"
	k=$(calls -- delete --force "$ID")
	rounds kill_delete "$k" 12
}

kill_kill() {
	me run -d "$ID" && strike -k "$1" -- kill "$ID" KILL
	wreck_is_listed && one_delete
}

@test "kill: killed" {
	me run -d "$ID"
	k=$(calls -- kill "$ID" KILL)
	rounds kill_kill "$k" 5
}

@test "create killed at random moments leaves nothing after delete --force" {
	n=${OCIRUN_KILL_ROUNDS:-40}
	seen=0
	for i in $(seq "$n"); do
		"$ME" --root "$ROOT" create "$ID" >/dev/null 2>&1 3>&- &
		pid=$!
		# 0 to 12 ms: the life of a create
		perl -e 'select(undef, undef, undef, rand(0.012))'
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
		if [ -e "$ROOT/$ID" ]; then
			seen=$((seen + 1))
			wreck_is_listed
		fi
		one_delete
	done
	echo "# $seen of $n were killed half-way" >&3
	[ "$seen" -gt 0 ]
}

# ---- a process that the runtime makes is killed -----------------------------

# Either the command had succeeded by then and the container is there, or it
# says who died and has left nothing.
kill_child() {
	local r=0
	strike -k "$1" "${strike_opts[@]}" -- create "$ID" || r=$?
	if [ $r -eq 0 ]; then
		[ -e "$ROOT/$ID" ] && one_delete
		return
	fi
	[ $r -eq 1 ] || { echo "exit status $r"; return 1; }
	tail -1 "$TESTDIR/out" | grep -qE "$WHO_DIED" || {
		echo "does not name who died"
		return 1
	}
	clean
}

# Process 1 is the zygote, which makes the others.
@test "create: its zygote or its init killed" {
	for p in 1 2; do
		strike_opts=(-p "$p")
		k=$(calls -p "$p" -- create "$ID")
		me delete --force "$ID"
		rounds kill_child "$k" 18
	done
}

@test "create with a stage and an init: either killed" {
	config '.linux.namespaces += [{type: "time"}]'
	for p in 2 3; do
		strike_opts=(-p "$p")
		k=$(calls -p "$p" -- create "$ID")
		me delete --force "$ID"
		rounds kill_child "$k" 10
	done
}

# ---- a system call fails ----------------------------------------------------

# The container is right, or the command failed with a message and left nothing.
# Before main() only the program loader can speak, and where memory is missing
# the process ends on the spot: then it is a wreck as any other.
fail_call() {
	local r=0
	strike -k "$1" "${strike_opts[@]}" -- create "$ID" || r=$?
	case $r in
	0)
		is_status "$ID" created && me start "$ID" &&
			wait_for 5 is_status "$ID" running &&
			me exec "$ID" true && one_delete
		;;
	1)
		[ -s "$TESTDIR/out" ] || { echo "no message"; return 1; }
		clean
		;;
	127 | 134 | 139) one_delete ;;
	*)
		echo "exit status $r"
		return 1
		;;
	esac
}

@test "create: a system call of the runtime fails" {
	k=$(calls -- create "$ID")
	me delete --force "$ID"
	for code in EIO ENOMEM ENOSPC EINTR; do
		strike_opts=(-e "$code")
		rounds fail_call "$k" 5
	done
}

# What may wait or be transferred in part. The loader's own reads are not ours.
@test "an interrupted system call is harmless" {
	for call in read write poll ppoll recvmsg sendmsg flock wait4 waitid \
		connect sendfile; do
		k=$(calls -s "$call" -- create "$ID")
		me delete --force "$ID"
		[ "$k" -gt 0 ] || continue
		for i in $(moments "$k" 2); do
			strike -s "$call" -k "$i" -e EINTR -- create "$ID" || {
				[ $? -eq 127 ] && continue
				echo "EINTR of $call $i:"
				cat "$TESTDIR/out"
				false
			}
			is_status "$ID" created
			one_delete
		done
	done
}

# ---- what others left -------------------------------------------------------

@test "a directory without a record is seen and removed" {
	mkdir -p "$ROOT/$ID"
	[ "$(oci list -q)" = "$ID" ]
	run oci state "$ID"
	[ "$status" -eq 1 ]
	oci delete --force "$ID"
	[ ! -e "$ROOT/$ID" ]
}

@test "an unreadable record does not hide the other containers" {
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

# The record of a wreck names a cgroup that somebody else has made since.
@test "a wreck does not touch another container in the cgroup that it names" {
	other() { "$ME" --root "$ROOT-other" "$@" 3>&-; }
	strike -s sendmsg -k 1 -- create "$ID" || true
	find /sys/fs/cgroup -depth -type d -name "$ID" -exec rmdir {} +
	other run -d "$ID" >/dev/null 2>&1
	me delete --force "$ID"
	[ ! -e "$ROOT/$ID" ]
	[ "$(other state "$ID" | jq -r .status)" = running ]
	other exec "$ID" true
	other delete --force "$ID"
	clean
}

@test "a container that has ended does not touch another in its cgroup" {
	other() { "$ME" --root "$ROOT-other" "$@" 3>&-; }
	config '.linux.namespaces |= map(select(.type != "pid"))'
	me run -d --pid-file "$TESTDIR/pid" "$ID" >/dev/null 2>&1
	kill -KILL "$(cat "$TESTDIR/pid")"
	wait_for 5 is_status "$ID" stopped
	find /sys/fs/cgroup -path "*/$ID/cgroup.procs" -exec cat {} + |
		sort -u | xargs -r kill -KILL
	wait_for 5 rmdir_cgroups
	other run -d "$ID" >/dev/null 2>&1
	me kill "$ID" KILL || true
	me delete --force "$ID"
	other exec "$ID" true
	other delete --force "$ID"
	clean
}

rmdir_cgroups() {
	find /sys/fs/cgroup -depth -type d -name "$ID" -exec rmdir {} + 2>/dev/null
}

@test "a cgroup without the mark keeps its processes" {
	strike -s sendmsg -k 1 -- create "$ID" || true
	find /sys/fs/cgroup -depth -type d -name "$ID" -exec rmdir {} +
	dir=$(jq -r '.cgroup_paths | .freezer // .[""]' "$ROOT/$ID/state.json")
	mkdir "$dir"
	sleep 1000 3>&- &
	echo $! >"$dir/cgroup.procs"
	me delete --force "$ID"
	[ ! -e "$ROOT/$ID" ]
	kill -0 $!
	kill $!
	wait $! || true
	wait_for 5 rmdir "$dir"
}

# The directory is made just before it is marked.
@test "a cgroup made, but not yet marked" {
	strike -s setxattr -k 1 -- create "$ID" || true
	[ -n "$(find /sys/fs/cgroup -type d -name "$ID")" ]
	one_delete
}

@test "a delete that comes before the record waits for the create" {
	# flock(2) is taken right after mkdir(2): hold the runtime behind it
	strike -s flock -k 1 -a -S -- create "$ID" &
	wait_for 5 [ -e "$ROOT/$ID" ]
	me delete --force "$ID" >"$TESTDIR/delete" 2>&1 &
	pid=$(wait_for 5 stopped_one)
	sleep 0.2
	kill -CONT "$(stopped_one)"
	wait
	clean
}

stopped_one() {
	local p
	for p in $(pgrep -f "$ME.* create"); do
		[[ "$(cat "/proc/$p/stat")" == *") T "* ]] && echo "$p" && return
	done
	return 1
}

@test "init killed while it waits for start" {
	oci create --pid-file "$TESTDIR/pid" "$ID"
	kill -KILL "$(cat "$TESTDIR/pid")"
	wait_for 5 is_status "$ID" stopped
	run oci start "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"cannot start a container that has stopped"* ]]
	oci delete "$ID"
}
