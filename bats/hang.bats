#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Nothing waits for ever: what cannot go on ends within its deadline and says
# what it waited for. What takes a minute runs with OCIRUN_KILL_SWEEP=full.

load helpers
load faults

setup() {
	setup_faults
}

teardown() {
	thaw_all
	[ ! -d "$ROOT" ] || oci delete --force "$ID"
	# parents in cgroupsPath stay, as they may be others' as well
	rm_above
	teardown_bundle
}

# within SECONDS ARG...: run me ARG; it must end in time. Sets $status, $output.
within() {
	local limit=$1
	shift
	run timeout -k 1 "$limit" "$ME" --root "$ROOT" "$@" 3>&- </dev/null
	if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
		echo "'$*' was not over after $limit s: $output"
		return 1
	fi
}

ok() {
	[ "$status" -eq 0 ] || {
		echo "exit status $status: $output"
		return 1
	}
}

# fails COMMAND...
fails() {
	if "$@"; then
		echo "it works: $*"
		return 1
	fi
}

bundle_runs() {
	me run -d "$ID" >/dev/null 2>&1 </dev/null
}

# ---- frozen -----------------------------------------------------------------

# The directory in which this container can be frozen.
freezer() {
	jq -r '.cgroup_paths | .freezer // .[""]' "$ROOT/$ID/state.json"
}

# freeze DIR, thaw DIR: by hand, on both versions.
freeze() {
	if [ -e "$1/freezer.state" ]; then
		echo FROZEN >"$1/freezer.state"
		wait_for 5 grep -qx FROZEN "$1/freezer.state"
	else
		echo 1 >"$1/cgroup.freeze"
		wait_for 5 grep -qx 'frozen 1' "$1/cgroup.events"
	fi
}

thaw() {
	if [ -e "$1/freezer.state" ]; then
		echo THAWED >"$1/freezer.state"
	else
		echo 0 >"$1/cgroup.freeze"
	fi
}

thaw_all() {
	local d
	[ -n "${ID-}" ] || return 0
	find /sys/fs/cgroup -depth -type d -name "*$ID*" 2>/dev/null | while read -r d; do
		if [ -e "$d/freezer.state" ] || [ -e "$d/cgroup.freeze" ]; then
			thaw "$d"
		fi
	done
}

# A process of the container in a frozen child of its cgroup.
frozen_child() {
	bundle_runs
	me exec -d --pid-file "$TESTDIR/child.pid" "$ID" sleep 1000 >/dev/null 2>&1
	mkdir "$(freezer)/child"
	cat "$TESTDIR/child.pid" >"$(freezer)/child/cgroup.procs"
	freeze "$(freezer)/child"
}

@test "kill KILL: a process in a frozen child cgroup dies with init" {
	frozen_child
	within 5 kill "$ID" KILL
	ok
	wait_for 5 is_status "$ID" stopped
	wait_for 5 is_gone "$(cat "$TESTDIR/child.pid")"
	within 5 delete "$ID"
	ok
	clean
}

@test "delete --force: a process in a frozen child cgroup" {
	frozen_child
	within 5 delete --force "$ID"
	ok
	clean
}

@test "delete --force without a pid namespace: a process in a frozen child cgroup" {
	config '.linux.namespaces |= map(select(.type != "pid"))'
	frozen_child
	within 5 delete --force "$ID"
	ok
	clean
}

@test "frozen by hand: exec says so, kill KILL and delete work" {
	bundle_runs
	freeze "$(freezer)"
	is_status "$ID" paused
	within 5 exec "$ID" true
	refuses "cannot exec in a paused container"
	within 5 kill "$ID" KILL
	ok
	wait_for 5 is_status "$ID" stopped
	within 5 delete "$ID"
	ok
	clean
}

@test "frozen by hand: delete --force" {
	bundle_runs
	freeze "$(freezer)"
	within 5 delete --force "$ID"
	ok
	clean
}

# A container in a cgroup of its own below one that is frozen.
below() {
	config --arg p "/$ID-above/$ID" '.linux.cgroupsPath = $p'
}

@test "frozen by a cgroup above: exec and create say so" {
	below
	bundle_runs
	up=$(dirname "$(freezer)")
	freeze "$up"
	within 5 exec "$ID" true
	refuses "cannot exec in a frozen container" "a cgroup above its own is frozen"
	config --arg p "/$ID-above/other" '.linux.cgroupsPath = $p'
	within 5 create "$ID-2"
	refuses "unexpectedly frozen" "by a cgroup above it"
	thaw "$up"
	within 5 exec "$ID" true
	ok
}

# cgroup2 kills what is frozen; with v1 a frozen ancestor is not ours to thaw.
@test "frozen by a cgroup above: delete --force" {
	below
	bundle_runs
	up=$(dirname "$(freezer)")
	freeze "$up"
	within 15 delete --force "$ID"
	if [ -e "$up/freezer.state" ]; then
		refuses "container init still running" "frozen cgroup above"
		thaw "$up"
		within 5 delete --force "$ID"
	fi
	ok
}

rm_above() {
	find /sys/fs/cgroup -depth -type d -name "$ID-above" -exec rmdir {} + \
		2>/dev/null || true
}

# ---- hooks ------------------------------------------------------------------

# add_hook KIND: one that sleeps, without timeout. Its name is in processes().
add_hook() {
	config --arg k "$1" --arg n "hook-of-$ID" '.hooks[$k] = [{path: "/bin/sh",
		args: ["sh", "-c", "while :; do sleep 1000; done", $n]}]'
}

hook_runs() {
	pgrep -f "hook-of-$ID" >/dev/null
}


hook_of_create() {
	add_hook "$1"
	"$ME" --root "$ROOT" create "$ID" >"$TESTDIR/create" 2>&1 3>&- &
	wait_for 5 hook_runs
	is_status "$ID" creating
	within 10 delete --force "$ID"
	ok
	[[ "$output" == *"is locked by pid "*"(ocirun)"*"killing it"* ]]
	fails wait $!
	clean
}

@test "a createRuntime hook that sleeps: delete --force from elsewhere" {
	hook_of_create createRuntime
}

@test "a createContainer hook that sleeps: delete --force from elsewhere" {
	hook_of_create createContainer
}

@test "a hook that sleeps: the runtime is killed, and the hook with it" {
	for kind in createRuntime createContainer; do
		add_hook "$kind"
		"$ME" --root "$ROOT" create "$ID" >"$TESTDIR/create" 2>&1 3>&- &
		wait_for 5 hook_runs
		kill -KILL $!
		fails wait $!
		wreck_is_listed
		one_delete
		config 'del(.hooks)'
	done
}

@test "a startContainer hook that sleeps: delete --force from elsewhere" {
	add_hook startContainer
	me create "$ID" >/dev/null 2>&1
	"$ME" --root "$ROOT" start "$ID" >"$TESTDIR/start" 2>&1 3>&- &
	wait_for 5 hook_runs
	within 5 delete --force "$ID"
	ok
	wait $! || true
	clean
}

@test "a poststart hook that sleeps: delete --force from elsewhere" {
	add_hook poststart
	me create "$ID" >/dev/null 2>&1
	"$ME" --root "$ROOT" start "$ID" >"$TESTDIR/start" 2>&1 3>&- &
	wait_for 5 hook_runs
	within 10 delete --force "$ID"
	ok
	fails wait $!
	clean
}

@test "a start that was killed during a startContainer hook is waited for again" {
	config --arg f "/hold" '.hooks.startContainer = [{path: "/bin/sh", args:
		["sh", "-c", "while [ -e /tmp/hold ]; do usleep 10000; done"]}] |
		.root.readonly = false'
	: >rootfs/tmp/hold
	me create "$ID" >/dev/null 2>&1
	"$ME" --root "$ROOT" start "$ID" >"$TESTDIR/start" 2>&1 3>&- &
	sleep 0.3
	kill -KILL $!
	fails wait $!
	is_status "$ID" created
	me start "$ID" >"$TESTDIR/start" 2>&1 &
	sleep 0.2
	rm rootfs/tmp/hold
	wait $!
	is_status "$ID" running
	one_delete
}

@test "a hook may take longer than everything else" {
	[ "${OCIRUN_KILL_SWEEP-}" = full ] ||
		skip "requires OCIRUN_KILL_SWEEP=full: takes a minute"
	config '.hooks.createRuntime = [{path: "/bin/sh",
		args: ["sh", "-c", "sleep 63"]}]'
	timeout 100 "$ME" --root "$ROOT" create "$ID" 3>&-
	me start "$ID"
	is_status "$ID" running
	one_delete
}

# ---- interrupted ------------------------------------------------------------

# Only in the background. A job of this shell ignores SIGINT: $ME as a terminal would
# start it.
fresh() {
	exec perl -e '$SIG{INT} = $SIG{QUIT} = "DEFAULT"; exec @ARGV or die' "$ME" --root "$ROOT" "$@" \
		>"$TESTDIR/fresh" 2>&1 </dev/null 3>&-
}

# ended_by NAME PID: the background process has died of this signal, quickly, and
# has said so.
ended_by() {
	local r=0 want
	want=$((128 + $(kill -l "$1")))
	timeout 8 tail --pid="$2" -f /dev/null || { echo "still there after 8 s"; return 1; }
	wait "$2" || r=$?
	cat "$TESTDIR/fresh"
	[ $r -eq $want ] || { echo "exit status $r, not $want"; return 1; }
	tail -1 "$TESTDIR/fresh" | grep -q "interrupted by SIG$1"
}

@test "SIGINT or SIGTERM during a hook: the container is undone" {
	for command in run "run -d" create; do
		for kind in createRuntime createContainer startContainer poststart; do
			[[ "$command $kind" != create\ [sp]* ]] || continue
			add_hook "$kind"
			for sig in INT TERM; do
				echo "== $command, $kind, $sig"
				# shellcheck disable=SC2086 # two words
				fresh $command "$ID" &
				wait_for 5 hook_runs
				kill -$sig $!
				ended_by $sig $!
				clean
			done
			config 'del(.hooks)'
		done
	done
}

@test "a signal during a poststop hook of what is undone ends that hook, too" {
	add_hook createRuntime
	config --arg n "hook-of-$ID-post" '.hooks.poststop = [{path: "/bin/sh",
		args: ["sh", "-c", "while :; do sleep 1000; done", $n]}]'
	fresh run "$ID" &
	wait_for 5 hook_runs
	kill -TERM $!
	wait_for 5 pgrep -f "hook-of-$ID-post"
	kill -TERM $!
	ended_by TERM $!
	clean
}

@test "SIGTERM while init is stuck: the container is undone" {
	me run -d "$ID" >/dev/null 2>&1
	k=$(calls -p 2 -- run -d "$ID-2" 2>/dev/null) || true
	me delete --force "$ID"
	me delete --force "$ID-2"
	for part in 4 2; do
		"$KILLAT" -o "$REPORT" -p 2 -S -k $((k * (part - 1) / part)) -- \
			"$ME" --root "$ROOT" run "$ID" >"$TESTDIR/fresh" 2>&1 </dev/null 3>&- &
		wait_for 5 stuck_init
		pid=$(pgrep -f "^$ME --root $ROOT run $ID")
		kill -TERM "$pid"
		wait $! || true
		cat "$TESTDIR/fresh"
		tail -1 "$TESTDIR/fresh" | grep -q "interrupted by SIGTERM: .*state T"
		clean
	done
}

stuck_init() {
	local p
	for p in $(pgrep -f "^$ME init"); do
		[[ "$(cat "/proc/$p/stat")" == *") T "* ]] && return
	done
	return 1
}

@test "a signal that is ignored interrupts nothing" {
	config '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "sleep 1"]}]'
	(trap '' INT HUP; exec "$ME" --root "$ROOT" create "$ID") >"$TESTDIR/fresh" 2>&1 </dev/null 3>&- &
	sleep 0.4
	kill -INT $!
	kill -HUP $!
	wait $!
	is_status "$ID" created
	one_delete
}

@test "signals after the start are the program's" {
	config --arg i "$ID" '.process.args = ["sh", "-c",
		"trap \"exit 7\" TERM; echo up; while :; do sleep 0.1; done", $i]'
	fresh run "$ID" &
	wait_for 5 grep -q up "$TESTDIR/fresh"
	kill -TERM $!
	r=0
	wait $! || r=$?
	[ $r -eq 7 ]
	clean
}

# ---- sockets ----------------------------------------------------------------

@test "a console socket that is none: each says so at once" {
	config '.process.terminal = true'
	mkfifo "$TESTDIR/fifo"
	: >"$TESTDIR/file"
	for path in fifo file bundle missing; do
		within 5 create --console-socket "$TESTDIR/$path" "$ID"
		refuses "cannot connect to --console-socket '$TESTDIR/$path'"
		clean
	done
}

@test "a socket whose owner does not accept: told after ten seconds" {
	config '.process.terminal = true'
	perl -MIO::Socket::UNIX -e '
		$s = IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1) or die;
		for (1 .. 8) {
			$c = IO::Socket::UNIX->new(Type => SOCK_STREAM) or die;
			$c->blocking(0);
			connect($c, pack_sockaddr_un($ARGV[0])) or last;
			push @c, $c;
		}
		open(F, ">", $ARGV[1]); close(F);
		select(undef, undef, undef, 30)' \
		"$TESTDIR/socket" "$TESTDIR/full" 3>&- &
	server=$!
	wait_for 5 [ -e "$TESTDIR/full" ]
	within 15 create --console-socket "$TESTDIR/socket" "$ID"
	kill "$server"
	refuses "cannot connect to --console-socket" "timed out" "does not accept"
	clean
}

# ---- start ------------------------------------------------------------------

@test "exec.fifo removed by hand: start says so, delete works" {
	me create "$ID" >/dev/null 2>&1
	rm "$ROOT/$ID/exec.fifo"
	within 5 start "$ID"
	refuses "exec.fifo was removed"
	within 5 delete --force "$ID"
	ok
	clean
}

@test "a reader of exec.fifo that goes away does not block a start" {
	me create "$ID" >/dev/null 2>&1
	timeout 5 sh -c ': <"$1"' sh "$ROOT/$ID/exec.fifo"
	# It has met init before or after it wrote; the latter is a start.
	sleep 0.2
	within 5 start "$ID"
	[ "$status" -eq 0 ] || refuses "already running"
	is_status "$ID" running
	one_delete
}

@test "init stopped by a signal: start says so, and works after SIGCONT" {
	me create --pid-file "$TESTDIR/pid" "$ID" >/dev/null 2>&1
	kill -STOP "$(cat "$TESTDIR/pid")"
	within 14 start "$ID"
	refuses "container init does not react to start: pid $(cat "$TESTDIR/pid")" \
		"state T" SIGCONT
	is_status "$ID" created
	kill -CONT "$(cat "$TESTDIR/pid")"
	within 5 start "$ID"
	ok
	is_status "$ID" running
	one_delete
}

@test "init stopped by a signal: kill KILL, delete --force" {
	for command in create "run -d"; do
		# shellcheck disable=SC2086 # two words
		me $command --pid-file "$TESTDIR/pid" "$ID" >/dev/null 2>&1
		kill -STOP "$(cat "$TESTDIR/pid")"
		within 5 delete --force "$ID"
		ok
		clean
	done
}

@test "init stopped while it is made: create gives up and says where" {
	[ "${OCIRUN_KILL_SWEEP-}" = full ] ||
		skip "requires OCIRUN_KILL_SWEEP=full: takes a minute"
	k=$(calls -p 2 -- create "$ID")
	me delete --force "$ID"
	fails env_strike -p 2 -S -k $((k / 2)) -- create "$ID"
	cat "$TESTDIR/out"
	grep -q "timed out: parent waited for .* from init (pid .*state T" "$TESTDIR/out"
	clean
}

env_strike() {
	STRIKE_SECONDS=100 strike "$@"
}

# ---- standard streams -------------------------------------------------------

@test "commands with closed standard streams" {
	me create "$ID" <&- >&- 2>&-
	me start "$ID" <&- >&- 2>&-
	is_status "$ID" running
	me exec "$ID" true <&- >&- 2>&-
	me exec -d "$ID" true <&- >&- 2>&-
	me kill "$ID" KILL <&- >&- 2>&-
	wait_for 5 is_status "$ID" stopped
	me delete "$ID" <&- >&- 2>&-
	clean
}

@test "output into a full pipe that nobody reads: delete --force from elsewhere" {
	config '.process.args = ["sh", "-c", "while :; do echo 0123456789; done", "while :"]'
	mkfifo "$TESTDIR/pipe"
	bash -c 'exec 0<"$1"; exec sleep 100' - "$TESTDIR/pipe" 3>&- &
	reader=$!
	"$ME" --root "$ROOT" run "$ID" >"$TESTDIR/pipe" 2>"$TESTDIR/err" 3>&- </dev/null &
	run=$!
	wait_for 5 is_status "$ID" running
	sleep 0.3
	within 5 delete --force "$ID"
	ok
	# as any program at the other end of a pipe, it ends with its reader
	kill "$reader"
	wait_for 5 is_gone "$run"
	fails wait "$run"
	clean
}

@test "output into a full pipe that nobody reads: the run is told to end" {
	config '.process.args = ["sh", "-c", "while :; do echo 0123456789; done", "while :"]'
	mkfifo "$TESTDIR/pipe"
	exec 7<>"$TESTDIR/pipe"
	"$ME" --root "$ROOT" run "$ID" >&7 2>"$TESTDIR/err" 3>&- 7>&- </dev/null &
	run=$!
	wait_for 5 is_status "$ID" running
	sleep 0.3
	within 5 delete --force "$ID"
	ok
	kill -TERM "$run"
	wait_for 5 is_gone "$run"
	fails wait "$run"
	exec 7>&-
	clean
}

# ---- many, and at the same time ---------------------------------------------

@test "many short processes: none hangs, nothing stays" {
	n=50
	[ "${OCIRUN_KILL_SWEEP-}" != full ] || n=1000
	bundle_runs
	for i in $(seq $n); do
		timeout -k 1 10 "$ME" --root "$ROOT" exec "$ID" true 3>&- || {
			echo "exec $i of $n: exit status $?"
			return 1
		}
	done
	[ "$(me ps "$ID" | wc -l)" -le 3 ]
	one_delete
	args true
	for i in $(seq $((n / 3))); do
		timeout -k 1 10 "$ME" --root "$ROOT" run "$ID" 3>&- || {
			echo "run $i: exit status $?"
			return 1
		}
	done
	clean
}

args() {
	config --arg a "$1" '.process.args = [$a]'
}

# both ARG... : the same command twice at once; their statuses in r1 and r2.
both() {
	r1=0 r2=0
	timeout -k 1 15 "$ME" --root "$ROOT" "$@" >"$TESTDIR/1" 2>&1 3>&- &
	local one=$!
	timeout -k 1 15 "$ME" --root "$ROOT" "$@" >"$TESTDIR/2" 2>&1 3>&- &
	local two=$!
	wait $one || r1=$?
	wait $two || r2=$?
}

@test "two deletes, two starts, two creates at once" {
	for i in 1 2 3 4 5; do
		both create "$ID"
		[ $((r1 + r2)) -eq 1 ] || { cat "$TESTDIR/"[12]; return 1; }
		cat "$TESTDIR/"[12] | grep -q "already exists"
		both start "$ID"
		[ $((r1 + r2)) -eq 1 ] || { cat "$TESTDIR/"[12]; return 1; }
		cat "$TESTDIR/"[12] | grep -q "already running"
		both delete --force "$ID"
		[ $((r1 + r2)) -eq 0 ] || { cat "$TESTDIR/"[12]; return 1; }
		clean
	done
}

@test "create and delete --force at once" {
	for i in $(seq 15); do
		timeout -k 1 15 "$ME" --root "$ROOT" create "$ID" >"$TESTDIR/1" 2>&1 3>&- &
		c=$!
		perl -e 'select(undef, undef, undef, rand(0.015))'
		within 10 delete --force "$ID"
		ok
		wait $c || true
		# the delete may have come before the create
		one_delete
	done
}

one_life() {
	local id=$ID-$1 r=0
	{
		me create "$id" && me start "$id" && me exec "$id" true &&
			me state "$id" && me list && me kill "$id" KILL &&
			me delete --force "$id"
	} >"$TESTDIR/life-$1" 2>&1 </dev/null || r=$?
	[ $r -eq 0 ] || { echo "container $1:"; tail -3 "$TESTDIR/life-$1"; }
	return $r
}

@test "twenty containers at once" {
	local pids=() failed=0
	for i in $(seq 20); do
		one_life "$i" &
		pids+=($!)
	done
	for p in "${pids[@]}"; do
		wait "$p" || failed=$((failed + 1))
	done
	[ $failed -eq 0 ]
	clean
}
