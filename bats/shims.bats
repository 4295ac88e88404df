#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The callers of ten years, each with its own command lines: the first
# containerd-shim (early 2016), containerd-shim of containerd 0.2 (Docker 1.11 to
# 17.03), containerd-shim-runc-v2, conmon (podman, CRI-O). Every one takes a
# container through create, start, exec with and without a terminal, resize, kill
# and delete. They know the program as runc.
# shellcheck disable=SC2154 # status, output and lines are of `run`

load helpers
load process
load criu

setup() {
	setup_bundle
	find_ptytool
	RUNC=$TESTDIR/runc
	ln -s "$OCIRUN" "$RUNC"
	LOG=$TESTDIR/log.json
	PIDFILE=$TESTDIR/pid
	SHIM=$TESTDIR/shim
	mkdir "$SHIM"
}

teardown() {
	[ -z "${PTY-}" ] || kill "$PTY" 2>/dev/null || true
	teardown_bundle
}

# ---- what shims have in common --------------------------------------------------------

# The program that tells what terminal it has, before and after a resize; not before
# it is asked, the owner sets the first size while it starts.
terminal_script='test -t 0 && test -t 1 && test -t 2 && echo on-tty
	read x; stty size; read x; stty size; echo "<$x>"; exit 3'
terminal_actions=(size=24x80 expect=on-tty 'send=size\n' 'expect=24 80' size=30x100
	'send=go\n' 'expect=30 100' 'expect=<go>')

# The shim's side of a terminal that it made itself: $SLAVE is its name.
open_pty() {
	"$PTYTOOL" slave "$TESTDIR/slave" "$@" >"$TESTDIR/tty" 2>&1 3>&- &
	PTY=$!
	wait_for 5 test -s "$TESTDIR/slave"
	SLAVE=$(cat "$TESTDIR/slave")
}

# A socket on which the runtime hands the terminal over: $SOCK.
open_socket() {
	SOCK=$TESTDIR/pty.sock
	rm -f "$SOCK"
	"$PTYTOOL" recv "$SOCK" "$@" >"$TESTDIR/tty" 2>&1 3>&- &
	PTY=$!
	wait_for 5 test -S "$SOCK"
}

# All the actions of the terminal were seen.
close_pty() {
	local rc=0
	wait "$PTY" || rc=$?
	PTY=
	[ "$rc" -eq 0 ] || {
		cat "$TESTDIR/tty"
		return 1
	}
}

# quiet COMMAND...: succeeds and says nothing, as callers that parse it need.
quiet() {
	"$@" >"$TESTDIR/said" 2>&1 3>&- </dev/null || {
		echo "failed with $?: $*"
		cat "$TESTDIR/said" "$LOG" 2>/dev/null
		return 1
	}
	[ ! -s "$TESTDIR/said" ] || {
		echo "not silent: $*"
		cat "$TESTDIR/said"
		return 1
	}
}

# The pid file has the number of a live process, digits and nothing else.
read_pid() {
	PID=$(cat "$PIDFILE")
	[[ "$PID" =~ ^[0-9]+$ ]]
	[ "$(wc -c <"$PIDFILE")" -eq "${#PID}" ]
	kill -0 "$PID"
	rm "$PIDFILE"
}

# process_json [FILTER]: what a shim writes for exec.
process_json() {
	jq "{terminal: false, user: {uid: 0, gid: 0}, cwd: \"/\",
		args: [\"sh\", \"-c\", \"echo exec; exit 7\"],
		env: [\"PATH=/bin:/usr/bin\", \"TERM=xterm\"],
		capabilities: .process.capabilities, noNewPrivileges: true} | ${1-.}" \
		config.json >"$SHIM/process.json"
}

terminal_process() {
	process_json ".terminal = true | .args = [\"sh\", \"-c\", $(jq -Rs . <<<"$terminal_script")]"
}

# fifos as every shim gives them to the process: $STDIO/out, $STDIO/err; what comes
# out is in $STDIO/got
open_stdio() {
	STDIO=$(mktemp -d "$TESTDIR/stdio.XXXXXX")
	mkfifo "$STDIO/out" "$STDIO/err"
	{ cat "$STDIO/out" & cat "$STDIO/err" & wait; } >"$STDIO/got" 3>&- &
}

# on_stdio COMMAND...: with them, and nothing to read
on_stdio() {
	"$@" </dev/null >"$STDIO/out" 2>"$STDIO/err" 3>&-
}

# got TEXT: it came out
got() {
	wait_for 5 grep -qxF -- "$1" "$STDIO/got"
}

# ---- containerd-shim of early 2016 -------------------------------------------------------
# runc --id ID start -d --console PATH --pid-file FILE, in the bundle: create and
# start in one.

first() {
	"$RUNC" --root "$ROOT" --id "$ID" "$@"
}

# Its config: one list of capabilities, the names of that time.
first_config() {
	config '.ociVersion = "0.6.0-dev" | .process.capabilities = ["CAP_KILL", "CAP_AUDIT_WRITE"] |
		.linux.resources.oomScoreAdj = 7 | .linux.resources.pids = {limit: 0} |
		.platform = {os: "linux", arch: "amd64"}'
}

@test "shim of early 2016: a container without a terminal" {
	first_config
	args sh -c 'trap "exit 9" TERM; echo started; while :; do sleep 0.1; done'
	open_stdio
	on_stdio first start -d --console "" --pid-file "$PIDFILE"
	read_pid
	[ "$(cat "/proc/$PID/oom_score_adj")" -eq 7 ]
	[ "$(status_of "$ID")" = running ]
	jq '{terminal: false, user: {uid: 0, gid: 0}, cwd: "/", env: ["PATH=/bin"],
		args: ["sh", "-c", "grep CapEff: /proc/self/status; exit 5"],
		capabilities: ["CAP_KILL"]}' -n >"$SHIM/process.json"
	run first exec -d --process "$SHIM/process.json" --console "" --pid-file "$PIDFILE"
	code 0
	run first exec --process "$SHIM/process.json"
	code 5
	[ "$(field CapEff)" = 0000000000000020 ]
	quiet first kill TERM
	wait_for 5 is_gone "$PID"
	got started
	quiet first delete
	[ ! -e "$ROOT/$ID" ]
}

@test "shim of early 2016: terminals by --console, resized by their owner" {
	first_config
	config '.process.terminal = true'
	args sh -c "$terminal_script"
	open_pty "${terminal_actions[@]}"
	quiet first start -d --console "$SLAVE" --pid-file "$PIDFILE"
	close_pty
	wait_for 5 is_status "$ID" stopped
	quiet first delete

	config '.process.terminal = false'
	args sleep 1000
	quiet first start -d --console "" --pid-file "$PIDFILE"
	rm "$TESTDIR/slave"
	terminal_process
	open_pty "${terminal_actions[@]}"
	quiet first exec -d --process "$SHIM/process.json" --console "$SLAVE" --pid-file "$PIDFILE"
	close_pty
	quiet first kill KILL
	wait_for 5 is_status "$ID" stopped
	quiet first delete
}

@test "shim of early 2016: the id behind, the bundle by option" {
	args sleep 1000
	cd /
	quiet "$RUNC" --root "$ROOT" start --bundle "$BUNDLE" --console "" -d \
		--pid-file "$PIDFILE" "$ID"
	read_pid
	[ "$(status_of "$ID")" = running ]
	quiet "$RUNC" --root "$ROOT" kill "$ID" KILL
	wait_for 5 is_status "$ID" stopped
	quiet "$RUNC" --root "$ROOT" delete "$ID"
}

# ---- containerd-shim of containerd 0.2 ------------------------------------------------------

# The shim's own calls; global options first.
v02() {
	"$RUNC" --root "$ROOT" --log "$LOG" --log-format json "$@"
}

# The daemon's, whose stdout and stderr are one.
daemon() {
	run timeout 20 "$RUNC" --root "$ROOT" "$@"
}

@test "shim 0.2: create, start, ps, events, update, pause, exec, kill, delete" {
	requires limits
	args sh -c 'echo started; exec sleep 1000'
	open_stdio
	on_stdio v02 create --bundle "$BUNDLE" --console "" --pid-file "$PIDFILE" "$ID"
	read_pid
	init=$PID
	daemon start "$ID"
	code 0
	says ""
	daemon ps --format=json "$ID"
	[ "$output" = "[$init]" ]
	daemon events --stats "$ID"
	jq -e '.type == "stats" and .data.pids.current == 1' <<<"$output"
	run timeout 20 "$RUNC" --root "$ROOT" update -r - "$ID" \
		<<<'{"blockIO": {"blkioWeight": 0}, "cpu": {"shares": 512}, "memory": {}}'
	code 0
	says ""
	daemon pause "$ID"
	code 0
	daemon state "$ID"
	[ "$(jq -r .status <<<"$output")" = paused ]
	daemon resume "$ID"
	code 0
	process_json
	open_stdio
	on_stdio v02 exec -d --process "$SHIM/process.json" --console "" --pid-file "$PIDFILE" "$ID"
	got exec
	daemon kill "$ID" 15
	code 0
	daemon kill "$ID" 9
	code 0
	wait_for 5 is_gone "$init"
	daemon delete "$ID"
	code 0
	says ""
	[ ! -s "$LOG" ]
}

@test "shim 0.2: terminals by --console" {
	config '.process.terminal = true'
	args sh -c "$terminal_script"
	open_pty "${terminal_actions[@]}"
	quiet v02 create --bundle "$BUNDLE" --console "$SLAVE" --pid-file "$PIDFILE" "$ID"
	read_pid
	daemon start "$ID"
	code 0
	close_pty
	wait_for 5 is_status "$ID" stopped
	daemon delete "$ID"
	code 0

	config '.process.terminal = false'
	args sleep 1000
	quiet v02 create --bundle "$BUNDLE" --console "" --pid-file "$PIDFILE" "$ID"
	daemon start "$ID"
	rm "$TESTDIR/slave"
	terminal_process
	open_pty "${terminal_actions[@]}"
	quiet v02 exec -d --process "$SHIM/process.json" --console "$SLAVE" \
		--pid-file "$PIDFILE" "$ID"
	close_pty
	daemon delete -f "$ID"
	code 0
}

# on_pipes COMMAND...: it has made pipes, from which it copies to the fifos.
on_pipes() {
	STDIO=$(mktemp -d "$TESTDIR/stdio.XXXXXX")
	"$@" </dev/null > >(exec cat >"$STDIO/got" 3>&-) \
		2> >(exec cat >"$STDIO/goterr" 3>&-) 3>&-
}

# The daemon's checkpoint, then its shim's restore: with the directory of the bundle as
# the only word about it, and stdio that is new.
@test "shim 0.2: checkpoint and restore" {
	needs_criu
	[ ! -e /sys/fs/cgroup/cgroup.controllers ] || ! grep -qv ^0:: /proc/self/cgroup ||
		skip "requires that criu sees the cgroups it is in"
	local img=$SHIM/checkpoint
	mkdir "$img"
	config '.root.readonly = false'
	args sh -c 'i=0; while echo n$i; do i=$((i + 1)); echo $i >/tmp/n; sleep 0.1; done'
	on_pipes v02 create --bundle "$BUNDLE" --console "" --pid-file "$PIDFILE" "$ID"
	read_pid
	init=$PID
	daemon start "$ID"
	code 0
	got n3
	run timeout 60 "$RUNC" --root "$ROOT" --criu "$CRIU" checkpoint --image-path "$img" \
		--tcp-established --ext-unix-sk --empty-ns network "$ID"
	echo "$output"
	code 0
	says ""
	wait_for 5 is_gone "$init"
	before=$(cat "$BUNDLE/rootfs/tmp/n")
	daemon delete "$ID"
	[[ "$output" == "" || "$output" == *"does not exist"* ]]

	cd "$BUNDLE"
	on_pipes timeout 60 "$RUNC" --root "$ROOT" --log "$LOG" --log-format json --criu "$CRIU" \
		restore -d --image-path "$img" \
		--work-path "$img/criu.work/restore-2017-02-01T10:11:12.123456789Z" \
		--tcp-established --ext-unix-sk --no-pivot --empty-ns network \
		--pid-file "$PIDFILE" "$ID" || { cat "$LOG"; return 1; }
	[ ! -s "$LOG" ]
	read_pid
	got "n$((before + 3))"
	run grep -qx n0 "$STDIO/got"
	code 1
	daemon state "$ID"
	[ "$(jq -r '"\(.status) \(.pid)"' <<<"$output")" = "running $PID" ]
	process_json
	open_stdio
	on_stdio v02 exec -d --process "$SHIM/process.json" --console "" \
		--pid-file "$SHIM/pid2" "$ID"
	got exec
	daemon kill "$ID" 9
	code 0
	wait_for 5 is_gone "$PID"
	daemon delete "$ID"
	code 0
	says ""
}

@test "shim 0.2: errors in the text of both streams, and in the log" {
	daemon delete nosuch
	code 1
	[[ "$output" == *"does not exist"* ]]
	daemon kill nosuch 9
	[[ "$output" == *"does not exist"* ]]
	config '.process.args = ["nosuchcmd"]'
	run v02 create --bundle "$BUNDLE" --console "" --pid-file "$PIDFILE" "$ID"
	code 1
	jq -e '.level == "error" and (.msg | contains("executable file not found in $PATH"))' \
		<(tail -n 1 "$LOG")
	args true
	quiet "$RUNC" --root "$ROOT" --criu /usr/sbin/criu create --bundle "$BUNDLE" \
		--console "" "$ID"
	daemon start "$ID"
	wait_for 5 is_status "$ID" stopped
	daemon kill "$ID" 9
	code 1
	[[ "$output" == *"container not running"* ]]
	daemon delete "$ID"
	code 0
}

# ---- containerd-shim-runc-v2 --------------------------------------------------------------------

v2() {
	"$RUNC" --root "$ROOT" --log "$LOG" --log-format json "$@"
}

@test "shim-runc-v2: without a terminal" {
	requires limits
	args sh -c 'echo started; exec sleep 1000'
	open_stdio
	on_stdio v2 create --bundle "$BUNDLE" --pid-file "$PIDFILE" "$ID"
	read_pid
	init=$PID
	quiet v2 start "$ID"
	got started
	run v2 ps --format json "$ID"
	[ "$output" = "[$init]" ]
	process_json
	open_stdio
	on_stdio v2 exec --process "$SHIM/process.json" --detach --pid-file "$PIDFILE" "$ID"
	got exec
	run v2 update --resources=- "$ID" <<<'{"pids": {"limit": 50}}'
	code 0
	says ""
	quiet v2 pause "$ID"
	quiet v2 resume "$ID"
	quiet v2 kill "$ID" 15
	quiet v2 kill --all "$ID" 9
	wait_for 5 is_gone "$init"
	quiet v2 kill --all "$ID" 9
	quiet v2 delete "$ID"
	quiet v2 delete --force "$ID"
	[ ! -s "$LOG" ]
}

@test "shim-runc-v2: terminals by --console-socket" {
	config '.process.terminal = true'
	args sh -c "$terminal_script"
	open_socket "${terminal_actions[@]}"
	quiet v2 create --bundle "$BUNDLE" --pid-file "$PIDFILE" --console-socket "$SOCK" "$ID"
	read_pid
	quiet v2 start "$ID"
	close_pty
	wait_for 5 is_status "$ID" stopped
	quiet v2 delete "$ID"

	config '.process.terminal = false'
	args sleep 1000
	quiet v2 create --bundle "$BUNDLE" --pid-file "$PIDFILE" "$ID"
	quiet v2 start "$ID"
	terminal_process
	open_socket "${terminal_actions[@]}"
	quiet v2 exec --process "$SHIM/process.json" --console-socket "$SOCK" --detach \
		--pid-file "$PIDFILE" "$ID"
	close_pty
	quiet v2 delete --force "$ID"
}

@test "shim-runc-v2: what it maps errors by" {
	run v2 kill nosuch 9
	code 1
	[[ "$output" == *"does not exist"* ]]
	args true
	quiet v2 create --bundle "$BUNDLE" --pid-file "$PIDFILE" "$ID"
	quiet v2 start "$ID"
	wait_for 5 is_status "$ID" stopped
	run v2 kill "$ID" 9
	code 1
	[[ "$output" == *"container not running"* ]]
	quiet v2 delete "$ID"
	# every object of the log decodes, the last error is the reason
	[ "$(jq -rs 'map(select(.level == "error"))[-1].msg' "$LOG")" = \
		"container not running: '$ID'" ]
}

@test "shim-runc-v2 of BuildKit: run in the foreground, kept" {
	args sh -c 'echo out; echo err >&2; exit 6'
	run v2 run --bundle "$BUNDLE" --keep "$ID"
	code 6
	[ "$output" = $'out\nerr' ]
	quiet v2 delete "$ID"
}

# ---- conmon --------------------------------------------------------------------------------------

conmon() {
	"$RUNC" --root "$ROOT" --log-format=json --log "$LOG" "$@"
}

# podman and CRI-O themselves.
engine() {
	"$RUNC" --root "$ROOT" "$@"
}

@test "conmon, podman, CRI-O: without a terminal" {
	requires limits
	args sh -c 'echo started; exec sleep 1000'
	open_stdio
	on_stdio conmon create --bundle "$BUNDLE" --pid-file "$PIDFILE" "$ID"
	read_pid
	quiet engine start "$ID"
	run engine state "$ID"
	jq -e --argjson p "$PID" '.status == "running" and .pid == $p' <<<"$output"
	process_json
	open_stdio
	on_stdio conmon exec --pid-file "$PIDFILE" --process "$SHIM/process.json" --detach "$ID"
	got exec
	echo '{"memory": {"limit": 100000000}}' >"$SHIM/resources"
	quiet engine update --resources="$SHIM/resources" "$ID"
	quiet engine pause "$ID"
	quiet engine resume "$ID"
	quiet engine kill "$ID" 15
	quiet engine kill --all "$ID" 9
	wait_for 5 is_gone "$PID"
	quiet engine delete --force "$ID"
	[ ! -s "$LOG" ]
}

@test "conmon: terminals by --console-socket, descriptors by --preserve-fds" {
	config '.process.terminal = true'
	args sh -c "$terminal_script"
	open_socket "${terminal_actions[@]}"
	quiet conmon create --bundle "$BUNDLE" --pid-file "$PIDFILE" --console-socket "$SOCK" "$ID"
	quiet engine start "$ID"
	close_pty
	wait_for 5 is_status "$ID" stopped
	quiet engine delete --force "$ID"

	config '.process.terminal = false'
	args sh -c 'echo passed >&3; exec sleep 1000'
	conmon create --bundle "$BUNDLE" --pid-file "$PIDFILE" --preserve-fds 1 "$ID" \
		</dev/null >/dev/null 2>&1 3>"$TESTDIR/passed"
	quiet engine start "$ID"
	wait_for 5 grep -qx passed "$TESTDIR/passed"
	terminal_process
	open_socket "${terminal_actions[@]}"
	quiet conmon exec --pid-file "$PIDFILE" --process "$SHIM/process.json" --detach \
		--console-socket "$SOCK" "$ID"
	close_pty
	quiet engine delete --force "$ID"
}

@test "conmon: the log of a failure is one JSON object" {
	config '.process.args = ["/etc/passwd"]'
	run conmon create --bundle "$BUNDLE" --pid-file "$PIDFILE" "$ID"
	code 1
	[ "$(wc -l <"$LOG")" -eq 1 ]
	jq -e '.msg | test("permission denied"; "i")' "$LOG"
	: >"$LOG"
	config '.process.args = ["nosuchcmd"]'
	run conmon create --bundle "$BUNDLE" --pid-file "$PIDFILE" "$ID"
	[ "$(wc -l <"$LOG")" -eq 1 ]
	jq -e '.msg | contains("executable file not found in")' "$LOG"
	args sleep 1000
	quiet conmon create --bundle "$BUNDLE" --pid-file "$PIDFILE" "$ID"
	quiet engine kill "$ID" 9
	wait_for 5 is_status "$ID" stopped
	run engine kill "$ID" 9
	[[ "$output" == *"container not running"* ]]
	quiet engine delete "$ID"
}
