#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# runtime-spec config.md, "POSIX-platform Hooks"; runtime.md, "Lifecycle".

load helpers
load process

setup() {
	setup_bundle
	config '.root.readonly = false | .annotations = {"k.e/y": "v <&> \u00fc"}'
	OUT=$TESTDIR/out
	mkdir -m 0777 "$OUT"
	# hook NAME: writes down all it knows, in the container to /tmp. With $$ in
	# /proc it would not find itself: createContainer has the host's /proc.
	cat >"$TESTDIR/hook" <<-'END'
		#!/bin/sh
		PATH=/usr/bin:/bin
		d=OUTDIR
		[ -d "$d" ] || d=/tmp
		cat >"$d/$1.json"
		pwd >"$d/$1.cwd"
		tr '\0' '\n' </proc/self/environ >"$d/$1.env"
		for k in mnt net pid uts ipc; do
			readlink /proc/self/ns/$k
		done >"$d/$1.ns"
		cat /proc/self/status >"$d/$1.status"
		echo "$1" >>"$d/order"
	END
	sed -i "s|OUTDIR|$OUT|" "$TESTDIR/hook"
	chmod +x "$TESTDIR/hook"
	cp "$TESTDIR/hook" rootfs/bin/hook
}

teardown() {
	teardown_bundle
}

KINDS="prestart createRuntime createContainer startContainer poststart poststop"

# hook KIND PATH [ARG...]: append one whose argv[0] is its path
hook() {
	local kind=$1 path=$2 list=[] word
	shift
	for word; do
		list=$(jq -c --arg w "$word" '. + [$w]' <<<"$list")
	done
	config --arg kind "$kind" --arg path "$path" --argjson args "$list" \
		'.hooks[$kind] += [{path: $path, args: $args}]'
}

# One recorder of each kind, named after it.
record_all() {
	local kind path
	for kind in $KINDS; do
		path=$TESTDIR/hook
		[ "$kind" != startContainer ] || path=/bin/hook
		hook "$kind" "$path" "$kind"
	done
}

# shell KIND SCRIPT: a hook that runs a script
shell() {
	hook "$1" /bin/sh -c "$2"
}

collect() {
	cp rootfs/tmp/startContainer.* "$OUT"
}

# fails CODE TEXT...: `run` fails, the texts are in its last line, nothing stays
fails() {
	local want=$1
	shift
	run oci run "$ID"
	code "$want"
	last "$@"
	[ ! -e "$ROOT/$ID" ]
	[ -z "$(find /sys/fs/cgroup -type d -name "*$ID*")" ]
}

@test "the order over a whole life, step by step" {
	record_all
	args sh -c 'echo program >>/tmp/order; sleep 1000'
	oci create "$ID"
	[ "$(flat "$OUT/order")" = "prestart createRuntime createContainer" ]
	[ ! -e rootfs/tmp/order ]
	oci start "$ID"
	[ "$(flat "$OUT/order")" = "prestart createRuntime createContainer poststart" ]
	wait_for 5 grep -q program rootfs/tmp/order
	[ "$(flat rootfs/tmp/order)" = "startContainer program" ]
	oci kill "$ID" KILL
	wait_for 5 is_status "$ID" stopped
	[ "$(tail -n 1 "$OUT/order")" = poststart ]
	oci delete "$ID"
	[ "$(tail -n 1 "$OUT/order")" = poststop ]
}

@test "run runs all of them once" {
	record_all
	oci run "$ID"
	[ "$(flat "$OUT/order")" = \
		"prestart createRuntime createContainer poststart poststop" ]
	[ "$(cat rootfs/tmp/order)" = startContainer ]
}

@test "several of a kind run in their order" {
	local i kind
	for kind in $KINDS; do
		for i in 3 1 2; do
			if [ "$kind" = startContainer ]; then
				hook "$kind" /bin/hook "$kind$i"
			else
				hook "$kind" "$TESTDIR/hook" "$kind$i"
			fi
		done
	done
	oci run "$ID"
	[ "$(flat rootfs/tmp/order)" = \
		"startContainer3 startContainer1 startContainer2" ]
	for kind in prestart createRuntime createContainer poststart poststop; do
		[ "$(grep "^$kind" "$OUT/order" | flat)" = "${kind}3 ${kind}1 ${kind}2" ]
	done
}

@test "stdin is the state" {
	record_all
	args sleep 1000
	oci create "$ID"
	pid=$(oci state "$ID" | jq -r .pid)
	oci start "$ID"
	oci delete --force "$ID"
	collect
	local kind want
	for kind in $KINDS; do
		run jq -r '[.ociVersion, .id, .bundle, .annotations["k.e/y"]] | join("|")' "$OUT/$kind.json"
		code 0
		says "1.3.0|$ID|$BUNDLE|v <&> ü"
		# compact: one line
		[ "$(wc -l <"$OUT/$kind.json")" -le 1 ]
		case $kind in
		# prestart is from when create was over before it (runtime-spec 1.0)
		prestart | startContainer) want=created ;;
		createRuntime | createContainer) want=creating ;;
		poststart) want=running ;;
		poststop) want=stopped ;;
		esac
		[ "$(jq -r .status "$OUT/$kind.json")" = "$want" ]
		case $kind in
		createContainer | startContainer) want=1 ;;
		poststop) want=null ;;
		*) want=$pid ;;
		esac
		[ "$(jq -r .pid "$OUT/$kind.json")" = "$want" ]
	done
}

@test "no annotations, no member" {
	config 'del(.annotations)'
	record_all
	oci run "$ID"
	for kind in prestart createContainer poststop; do
		[ "$(jq 'has("annotations")' "$OUT/$kind.json")" = false ]
	done
}

@test "the namespaces that each kind runs in" {
	record_all
	args sleep 1000
	oci create "$ID"
	pid=$(oci state "$ID" | jq -r .pid)
	for k in mnt net pid uts ipc; do
		readlink "/proc/$pid/ns/$k" >>"$TESTDIR/container.ns"
		readlink "/proc/self/ns/$k" >>"$TESTDIR/host.ns"
	done
	oci start "$ID"
	oci delete --force "$ID"
	collect
	for kind in prestart createRuntime poststart poststop; do
		cmp "$OUT/$kind.ns" "$TESTDIR/host.ns"
	done
	cmp "$OUT/startContainer.ns" "$TESTDIR/container.ns"
	cmp "$OUT/createContainer.ns" "$TESTDIR/container.ns"
}

@test "working directories" {
	config '.process.cwd = "/usr/bin"'
	record_all
	# whatever the caller's is
	cd "$TESTDIR"
	oci create --bundle "$BUNDLE" "$ID"
	cd /
	oci start "$ID"
	wait_for 5 is_status "$ID" stopped
	cd /tmp
	oci delete "$ID"
	cd "$BUNDLE"
	collect
	for kind in prestart createRuntime poststart poststop; do
		[ "$(cat "$OUT/$kind.cwd")" = "$BUNDLE" ]
	done
	[ "$(cat "$OUT/createContainer.cwd")" = "$BUNDLE/rootfs" ]
	[ "$(cat "$OUT/startContainer.cwd")" = /usr/bin ]
}

@test "argv: as given, or the path alone" {
	cat >"$TESTDIR/argv" <<-END
		#!/bin/sh
		tr '\0' '|' </proc/\$\$/cmdline >>$OUT/argv
	END
	chmod +x "$TESTDIR/argv"
	hook createRuntime "$TESTDIR/argv" "first arg" ""
	config --arg p "$TESTDIR/argv" '.hooks.createRuntime += [{path: $p}]'
	oci run "$ID"
	# an interpreter hides argv[0] of a script: a program shows it
	[ "$(cat "$OUT/argv")" = "/bin/sh|$TESTDIR/argv|first arg||/bin/sh|$TESTDIR/argv|" ]
	config --arg b "$BUNDLE/rootfs/bin/busybox" --arg o "$OUT/applet" '.hooks = {
		createRuntime: [{path: $b, args: ["touch", $o]}]}'
	oci run "$ID"
	[ -e "$OUT/applet" ]
}

@test "environment: the hook's own and nothing else" {
	record_all
	config '.hooks |= map_values(map(.env = ["A=1", "B=two words"]))'
	LEAK=1 oci run "$ID"
	collect
	for kind in $KINDS; do
		[ "$(cat "$OUT/$kind.env")" = $'A=1\nB=two words' ]
	done
}

@test "environment: an empty one is one" {
	record_all
	config '.hooks |= map_values(map(.env = []))'
	LEAK=1 oci run "$ID"
	collect
	for kind in $KINDS; do
		[ -z "$(cat "$OUT/$kind.env")" ]
	done
}

@test "environment: without one, the runtime's on the host, the program's in the container" {
	record_all
	config '.process.env += ["PROGRAM=1"]'
	HOST=1 oci run "$ID"
	collect
	for kind in prestart createRuntime poststart poststop; do
		grep -qx HOST=1 "$OUT/$kind.env"
		[ "$(grep -c PROGRAM "$OUT/$kind.env")" -eq 0 ]
	done
	[ -z "$(cat "$OUT/createContainer.env")" ]
	grep -qx PROGRAM=1 "$OUT/startContainer.env"
	[ "$(grep -c HOST= "$OUT/startContainer.env")" -eq 0 ]
}

@test "startContainer hooks have the program's credentials" {
	config '.process.user = {"uid": 1000, "gid": 1001} | .process.noNewPrivileges = true'
	chmod 1777 rootfs/tmp
	record_all
	oci run "$ID"
	collect
	run cat "$OUT/startContainer.status"
	[ "$(field Uid)" = "1000 1000 1000 1000" ]
	is_field NoNewPrivs 1
	run cat "$OUT/createContainer.status"
	[ "$(field Uid)" = "0 0 0 0" ]
}

@test "hooks have no signal blocked or ignored and no descriptor of ours" {
	record_all
	for kind in prestart createContainer poststop; do
		shell "$kind" "ls /proc/self/fd >$OUT/$kind.fds"
	done
	shell startContainer "ls /proc/self/fd >/tmp/fds"
	config '.hooks |= map_values(map(.env = ["PATH=/usr/bin:/bin"]))'
	oci run "$ID" 7<"$TESTDIR"
	collect
	for kind in $KINDS; do
		run cat "$OUT/$kind.status"
		is_field SigBlk 0000000000000000
		is_field SigIgn 0000000000000000
	done
	cp rootfs/tmp/fds "$OUT/startContainer.fds"
	for kind in prestart createContainer startContainer poststop; do
		# ls itself opens the directory it lists
		[ "$(flat "$OUT/$kind.fds")" = "0 1 2 3" ]
	done
}

@test "createRuntime sees the namespaces, not yet the new root" {
	shell createRuntime "pid=\$(sed 's/.*\"pid\":\\([0-9]*\\).*/\\1/'); \
		readlink /proc/\$pid/ns/net >$OUT/net; \
		grep -c ' $BUNDLE/rootfs/proc ' /proc/\$pid/mountinfo >$OUT/mounts; \
		cat /proc/\$pid/cgroup >$OUT/cgroup"
	args sleep 1000
	oci create "$ID"
	pid=$(oci state "$ID" | jq -r .pid)
	[ "$(cat "$OUT/net")" = "$(readlink "/proc/$pid/ns/net")" ]
	[ "$(cat "$OUT/mounts")" -eq 1 ]
	# it is in its cgroup, too
	cmp "$OUT/cgroup" "/proc/$pid/cgroup"
	run grep -c " $BUNDLE/rootfs/proc " "/proc/$pid/mountinfo"
	says 0
}

@test "a createContainer hook may mount: the container sees it" {
	mkdir rootfs/mnt "$TESTDIR/src"
	echo data >"$TESTDIR/src/file"
	shell createContainer "PATH=/usr/sbin:/usr/bin:/sbin:/bin; mount --bind $TESTDIR/src mnt"
	args cat /mnt/file
	run oci run "$ID"
	code 0
	says data
}

@test "output of hooks that succeed is not shown" {
	for kind in prestart createRuntime createContainer poststart poststop; do
		shell "$kind" "echo noise; echo more >&2"
	done
	args echo program
	run oci run "$ID"
	code 0
	says program
}

# ---- failures -------------------------------------------------------------------------

@test "failing prestart, createRuntime, createContainer: no container" {
	local kind
	for kind in prestart createRuntime createContainer; do
		config 'del(.hooks)'
		hook "$kind" /bin/true
		shell "$kind" 'echo some output; echo oops >&2; exit 3'
		shell "$kind" "touch $OUT/not-reached"
		hook poststop "$TESTDIR/hook" poststop
		args touch /tmp/program
		fails 1 "error running $kind hook #1: exit status 3" "some output" "oops" \
			"/hooks/$kind/1"
		[ ! -e "$OUT/not-reached" ]
		[ ! -e rootfs/tmp/program ]
		# what was made was undone: that is a deletion
		[ "$(cat "$OUT/order")" = poststop ]
		rm "$OUT/order"
	done
}

@test "failing startContainer: the program does not run" {
	shell startContainer 'echo oops >&2; exit 3'
	args touch /tmp/program
	run oci run "$ID"
	[ "$status" -ne 0 ]
	last "error running startContainer hook #0: exit status 3" oops
	[ ! -e rootfs/tmp/program ]
	[ ! -e "$ROOT/$ID" ]
	oci create "$ID"
	run oci start "$ID"
	[ "$status" -ne 0 ]
	last "error running startContainer hook #0: exit status 3"
	wait_for 5 is_status "$ID" stopped
	[ ! -e rootfs/tmp/program ]
	oci delete "$ID"
}

@test "failing poststart: the container is killed and removed, poststop hooks run" {
	shell poststart 'echo oops >&2; exit 3'
	hook poststop "$TESTDIR/hook" second
	args sleep 1000
	oci create --pid-file "$TESTDIR/pid" "$ID"
	run oci start "$ID"
	code 1
	last "error running poststart hook #0: exit status 3" oops
	is_gone "$(cat "$TESTDIR/pid")"
	[ ! -e "$ROOT/$ID" ]
	grep -qx second "$OUT/order"
	oci delete --force "$ID"
	fails 1 "error running poststart hook #0: exit status 3"
	run oci run -d "$ID"
	code 1
	[ ! -e "$ROOT/$ID" ]
}

@test "failing poststop: a warning, the others still run" {
	shell poststop 'echo oops >&2; exit 3'
	hook poststop "$TESTDIR/hook" second
	args sleep 1000
	oci run -d "$ID" >/dev/null 2>&1
	run oci delete --force "$ID"
	code 0
	last "level=warning" "error running poststop hook #0: exit status 3" oops ignoring
	[ "$(cat "$OUT/order")" = second ]
	[ ! -e "$ROOT/$ID" ]
	args sh -c 'exit 5'
	run oci run "$ID"
	code 5
	last "error running poststop hook #0"
}

@test "hooks that cannot be executed" {
	local kind
	for kind in prestart createContainer startContainer; do
		config 'del(.hooks)'
		hook "$kind" /no/hook
		run oci run "$ID"
		[ "$status" -ne 0 ]
		last "error running $kind hook #0: fork/exec /no/hook: no such file or directory"
	done
	config 'del(.hooks)'
	echo x >"$TESTDIR/plain"
	hook createRuntime "$TESTDIR/plain"
	fails 1 "createRuntime hook #0" "permission denied"
	chmod +x "$TESTDIR/plain"
	fails 1 "createRuntime hook #0" "exec format error" "#!"
	config 'del(.hooks)'
	hook createRuntime "$TESTDIR"
	fails 1 "createRuntime hook #0" "permission denied"
}

@test "a hook path must be absolute" {
	hook createRuntime hook
	fails 1 "/hooks/createRuntime/0/path" "absolute"
}

@test "a hook killed by a signal" {
	shell createRuntime 'kill -KILL $$'
	fails 1 "error running createRuntime hook #0: signal: killed"
}

@test "much output of a failing hook: its end is shown" {
	shell createRuntime 'i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i + 1)); done; exit 1'
	fails 1 "createRuntime hook #0: exit status 1" "line 4999"
	[ "${#lines[-1]}" -lt 2500 ]
}

# ---- time ---------------------------------------------------------------------------

# tree KIND: a hook that hangs with children, timeout 1; MARK tells ours from
# others' processes
tree() {
	MARK=$((100000 + RANDOM))
	shell "$1" "sleep ${MARK}1 & sleep ${MARK}2 & trap '' TERM; sleep ${MARK}3; sleep ${MARK}4"
	config --arg k "$1" '.hooks[$k][-1].timeout = 1'
}

is_tree_gone() {
	! pgrep -f "^sleep ${MARK}[1234]\$" >/dev/null
}

@test "a timeout kills the hook and all it started" {
	local kind
	for kind in prestart createRuntime createContainer startContainer poststart; do
		config 'del(.hooks)'
		tree "$kind"
		SECONDS=0
		run oci run "$ID"
		[ "$status" -ne 0 ]
		[ "$SECONDS" -lt 9 ]
		last "$kind hook #0: hook ran past specified timeout of 1.0s"
		[ ! -e "$ROOT/$ID" ]
		wait_for 10 is_tree_gone
	done
}

@test "a timeout of poststop is a warning" {
	tree poststop
	run oci run "$ID"
	code 0
	last "poststop hook #0: hook ran past specified timeout of 1.0s"
	wait_for 10 is_tree_gone
}

@test "a hook in time is not hurt by its timeout" {
	shell createRuntime "sleep 0.2; echo done >$OUT/done"
	config '.hooks.createRuntime[0].timeout = 5'
	oci run "$ID"
	[ -s "$OUT/done" ]
}

@test "a timeout must be positive" {
	shell createRuntime true
	config '.hooks.createRuntime[0].timeout = 0'
	fails 1 "/hooks/createRuntime/0/timeout"
	config '.hooks.createRuntime[0].timeout = -1'
	fails 1 "/hooks/createRuntime/0/timeout"
	config '.hooks.createRuntime[0].timeout = "5"'
	fails 1 "/hooks/createRuntime/0/timeout"
}

# ---- stdin and pipes --------------------------------------------------------------------

@test "a hook need not read its stdin, and may close it" {
	# more than a pipe holds
	config '.annotations.big = ("x" * 200000)'
	local kind
	for kind in $KINDS; do
		hook "$kind" /bin/true
		shell "$kind" 'exec <&-; sleep 0.1'
	done
	run oci run "$ID"
	code 0
	says ""
}

@test "a large state arrives whole" {
	config '.annotations.big = ("x" * 200000)'
	record_all
	oci run "$ID"
	collect
	for kind in $KINDS; do
		[ "$(jq '.annotations.big | length' "$OUT/$kind.json")" -eq 200000 ]
	done
}

@test "a background child that holds the pipes does not hold the start" {
	local kind
	for kind in prestart createContainer poststart poststop; do
		shell "$kind" "sleep 30 & echo \$! >>$OUT/pids"
	done
	config '.hooks |= map_values(map(.env = ["PATH=/usr/bin:/bin"]))'
	SECONDS=0
	run oci run "$ID"
	code 0
	[ "$SECONDS" -lt 9 ]
	[ "$(wc -l <"$OUT/pids")" -eq 4 ]
	# shellcheck disable=SC2046 # one word each
	kill $(cat "$OUT/pids")
}

@test "no zombie of a hook is left in the container" {
	shell createContainer true
	shell startContainer true
	args sleep 1000
	oci run -d "$ID" >/dev/null 2>&1
	run oci exec "$ID" ps -o pid,stat,comm
	code 0
	[ "$(grep -c Z <<<"$output")" -eq 0 ]
}
