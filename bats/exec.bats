#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# exec: a further process in a container.

load helpers
load process

setup() {
	setup_bundle
}

teardown() {
	teardown_bundle
}

# cgroup_dirs: the directories of the container's cgroup
cgroup_dirs() {
	jq -r '.cgroup_paths[]' "$ROOT/$ID/state.json"
}

# freeze 1|0: by hand, as an administrator might
freeze() {
	local dir
	for dir in $(cgroup_dirs); do
		if [ -e "$dir/cgroup.freeze" ]; then
			echo "$1" >"$dir/cgroup.freeze"
		elif [ -e "$dir/freezer.state" ]; then
			if [ "$1" = 1 ]; then
				echo FROZEN >"$dir/freezer.state"
			else
				echo THAWED >"$dir/freezer.state"
			fi
		fi
	done
}

# fails CODE TEXT... -- EXEC-ARG...: one line on stderr with all the TEXTs
fails() {
	local want=$1 texts=()
	shift
	while [ "$1" != -- ]; do
		texts+=("$1")
		shift
	done
	shift
	run oci exec "$@"
	code "$want"
	[ "${#lines[@]}" -eq 1 ] || {
		echo "not one line: $output"
		return 1
	}
	last "${texts[@]}"
}

@test "the exit code is the program's" {
	sleeper
	local n rc
	for n in 0 1 7 126 127 255; do
		rc=0
		oci exec "$ID" sh -c "exit $n" >"$TESTDIR/out" 2>&1 || rc=$?
		[ "$rc" -eq "$n" ]
		[ ! -s "$TESTDIR/out" ]
	done
}

@test "128 plus the signal that killed the program" {
	sleeper
	run oci exec "$ID" sh -c 'kill -KILL $$'
	code 137
	run oci exec "$ID" sh -c 'kill -TERM $$'
	code 143
}

@test "255 when there is nothing to execute in" {
	fails 255 "container does not exist" nosuch -- nosuch true
	fails 255 "invalid container ID format" a/b "invalid character" -- a/b true
	fails 255 "container id cannot be empty" -- "" true
	args true
	oci create "$ID"
	oci start "$ID"
	wait_for 5 is_status "$ID" stopped
	fails 255 "cannot exec in a stopped container" -- "$ID" true
	oci delete "$ID"
}

@test "255 when there is nothing to execute" {
	sleeper
	fails 255 "exec args cannot be empty" -- "$ID"
	fails 255 'exec: \"nothere\": executable file not found in $PATH' -- "$ID" nothere
	fails 255 'exec: \"/no/where\": stat /no/where: no such file or directory' -- "$ID" /no/where
	fails 255 'exec: \"/etc\": is a directory' -- "$ID" /etc
	fails 255 'exec: \"/etc/passwd\": permission denied' "0644" -- "$ID" /etc/passwd
	fails 255 "executable file not found" -- "$ID" ""
}

@test "255 when execve itself fails, also detached" {
	printf 'echo hi\n' >rootfs/plain
	printf '#!/no/sh\n' >rootfs/script
	chmod +x rootfs/plain rootfs/script
	sleeper
	fails 255 "exec /plain: exec format error" "#!" -- "$ID" /plain
	fails 255 "exec /script: no such file or directory" "/no/sh" -- "$ID" /script
	fails 255 "exec /script: no such file or directory" "/no/sh" -- -d "$ID" /script
}

@test "a failing exec leaves no process behind" {
	sleeper
	local dir
	run oci exec "$ID" nothere
	code 255
	run oci exec --pid-file /no/dir/pid "$ID" sleep 1000
	code 255
	last "cannot write pid file '/no/dir/pid'" "no such file or directory"
	for dir in $(cgroup_dirs); do
		[ "$(wc -l <"$dir/cgroup.procs")" -eq 1 ]
	done
	[ "$(oci exec "$ID" ps | grep -c 'sleep 1000')" -eq 1 ]
}

@test "stdin, stdout and stderr reach the caller's" {
	sleeper
	out=$(printf 'a\nb' | oci exec "$ID" sh -c 'cat; echo err >&2' 2>"$TESTDIR/err")
	[ "$out" = $'a\nb' ]
	[ "$(cat "$TESTDIR/err")" = err ]
	head -c 1000000 /dev/urandom >"$TESTDIR/in"
	oci exec "$ID" cat <"$TESTDIR/in" >"$TESTDIR/out"
	cmp "$TESTDIR/in" "$TESTDIR/out"
	run oci exec "$ID" cat </dev/null
	code 0
	says ""
}

@test "no descriptor of the caller or the runtime reaches the program" {
	sleeper
	exec 9<"$TESTDIR" 17</
	run oci exec "$ID" ls /proc/self/fd
	exec 9<&- 17<&-
	code 0
	# ls itself opens the directory it lists: descriptor 3
	[ "$(flat <<<"$output")" = "0 1 2 3" ]
}

@test "--preserve-fds passes what is there and refuses what is not" {
	sleeper
	echo hello >"$TESTDIR/f"
	echo there >"$TESTDIR/g"
	run oci exec --preserve-fds 2 "$ID" sh -c 'cat <&3; cat <&4; ls /proc/self/fd' \
		3<"$TESTDIR/f" 4<"$TESTDIR/g" 5<"$TESTDIR"
	code 0
	[ "$(flat <<<"$output")" = "hello there 0 1 2 3 4 5" ]
	run oci exec --preserve-fds 2 "$ID" true 3<"$TESTDIR/f" 4<&-
	code 255
	last "unable to stat preserved-fd 1 (of 2)"
}

@test "signals to the runtime reach the program" {
	sleeper
	"$OCIRUN" --root "$ROOT" exec "$ID" \
		sh -c 'trap "echo got; exit 9" USR1; echo ready; while :; do sleep 0.05; done' \
		>"$TESTDIR/out" 3>&- &
	pid=$!
	wait_for 5 grep -q ready "$TESTDIR/out"
	kill -USR1 "$pid"
	rc=0
	wait "$pid" || rc=$?
	[ "$rc" -eq 9 ]
	grep -q got "$TESTDIR/out"
}

@test "the program starts with no signal blocked or ignored" {
	sleeper
	run sh -c "trap '' HUP USR1 PIPE; exec '$OCIRUN' --root '$ROOT' exec '$ID' grep ^Sig /proc/self/status"
	code 0
	is_field SigBlk 0000000000000000
	is_field SigIgn 0000000000000000
}

# ---- options -------------------------------------------------------------------

@test "--env adds, the last of a name wins" {
	config '.process.env += ["FROM=config", "KEPT=yes"]'
	sleeper
	run oci exec -e FROM=one --env FROM=two -e EMPTY= -e "SP=a b,c=d" "$ID" env
	code 0
	[[ "$output" == *$'\nFROM=two\n'* ]]
	[[ "$output" == *$'KEPT=yes\n'* ]]
	[[ "$output" == *$'EMPTY=\n'* ]]
	[[ "$output" == *"SP=a b,c=d"* ]]
	[ "$(grep -c FROM= <<<"$output")" -eq 1 ]
	fails 255 "--env" "'NOEQ'" "missing '='" -- -e NOEQ "$ID" env
	fails 255 "--env" "'=x'" "missing name" -- -e =x "$ID" env
}

@test "--env PATH is what the program is looked up in" {
	mkdir rootfs/opt
	ln -s /bin/busybox rootfs/opt/uname
	sleeper
	run oci exec "$ID" uname
	code 255
	run oci exec -e PATH=/opt "$ID" uname
	code 0
	says Linux
}

@test "5000 variables" {
	sleeper
	local many=() i
	for ((i = 0; i < 5000; i++)); do
		many+=(-e "V$i=value-of-variable-$i")
	done
	run oci exec "${many[@]}" "$ID" env
	code 0
	[ "$(grep -c '^V[0-9]*=value-of-variable-[0-9]*$' <<<"$output")" -eq 5000 ]
	[[ "$output" == *V4999=value-of-variable-4999* ]]
}

@test "--cwd" {
	config '.process.cwd = "/tmp"'
	sleeper
	run oci exec "$ID" pwd
	says /tmp
	run oci exec --cwd /usr/bin "$ID" pwd
	says /usr/bin
	# unlike the container's own cwd it is not made
	fails 255 "cannot change to the working directory '/new'" "no such file" -- \
		--cwd /new "$ID" pwd
	[ ! -e rootfs/new ]
	fails 255 "Cwd must be an absolute path" "'tmp'" -- --cwd tmp "$ID" pwd
	fails 255 "/bin/busybox" "not a directory" -- --cwd /bin/busybox "$ID" pwd
}

@test "--cwd that only the user may enter, and one he may not" {
	mkdir -m 0700 rootfs/home rootfs/secret
	chown 1000:1000 rootfs/home
	config '.process.capabilities = {}'
	sleeper
	run oci exec --user 1000:1000 --cwd /home "$ID" pwd
	code 0
	says /home
	# entered as root, as execve does not need it: what runc does, too
	run oci exec --user 1000:1000 --cwd /secret "$ID" ls .
	[ "$status" -ne 0 ]
	[[ "${output,,}" == *"permission denied"* ]]
}

@test "--user: numbers only" {
	config '.process.user = {"uid": 5, "gid": 6}'
	sleeper
	run oci exec "$ID" sh -c 'id -u; id -g'
	says $'5\n6'
	run oci exec --user 1000 "$ID" sh -c 'id -u; id -g'
	says $'1000\n6'
	run oci exec -u 1000:1001 "$ID" sh -c 'id -u; id -g'
	says $'1000\n1001'
	run oci exec -u 0:0 "$ID" sh -c 'id -u; id -g'
	says $'0\n0'
	run oci exec -u 4294967294 "$ID" id -u
	says 4294967294
	local bad
	for bad in :1 -1 1x x1 4294967296 4294967295 root 0x10 +1 " 1" 1.0 99999999999999999999; do
		fails 255 "bad uid" "'${bad%%:*}'" -- --user "$bad" "$ID" id
	done
	for bad in 1: 1:-1 1:x 1:2:3 1:4294967296 1:4294967295; do
		fails 255 "bad gid" "'${bad#*:}'" -- --user "$bad" "$ID" id
	done
}

@test "--user decides HOME" {
	sleeper
	run oci exec --user 1000 "$ID" sh -c 'echo $HOME'
	says /home/user
	run oci exec --user 4242 "$ID" sh -c 'echo $HOME'
	says /
	run oci exec --user 1000 -e HOME=/x "$ID" sh -c 'echo $HOME'
	says /x
}

@test "--additional-gids adds to the config's" {
	config '.process.user.additionalGids = [11]'
	sleeper
	run oci exec "$ID" grep Groups /proc/self/status
	[ "$(field Groups)" = 11 ]
	run oci exec -g 12 --additional-gids 13 "$ID" grep Groups /proc/self/status
	[ "$(field Groups)" = "11 12 13" ]
	local bad
	for bad in -1 x 4294967295 4294967296; do
		fails 255 "additional-gids" "'$bad'" -- -g "$bad" "$ID" true
	done
}

@test "--cap adds to bounding, effective and permitted, never to inheritable" {
	# CAP_KILL is bit 5, CAP_NET_RAW bit 13
	config '.process.capabilities = {"bounding": ["CAP_KILL"], "effective": ["CAP_KILL"],
		"permitted": ["CAP_KILL"]}'
	sleeper
	run oci exec --cap CAP_NET_RAW "$ID" cat /proc/self/status
	code 0
	is_field CapInh 0000000000000000
	is_field CapAmb 0000000000000000
	is_field CapPrm 0000000000002020
	is_field CapEff 0000000000002020
	is_field CapBnd 0000000000002020
	run oci exec "$ID" cat /proc/self/status
	is_field CapBnd 0000000000000020
	# as in the config: a warning
	run oci exec --cap CAP_NOPE -c cap_kill "$ID" cat /proc/self/status
	code 0
	is_field CapBnd 0000000000000020
	[ "$(grep -c level=warning <<<"$output")" -eq 1 ]
	[[ "$output" == *"ignoring unknown or unavailable capabilities: [CAP_NOPE cap_kill]"* ]]
}

@test "--cap for another user: in the bounding set, no more" {
	config '.process.capabilities = {}'
	sleeper
	run oci exec --cap CAP_NET_RAW --user 1000 "$ID" cat /proc/self/status
	code 0
	is_field CapInh 0000000000000000
	is_field CapAmb 0000000000000000
	is_field CapBnd 0000000000002000
	is_field CapEff 0000000000000000
}

@test "--cap becomes ambient where the config has it inheritable" {
	config '.process.capabilities = {"bounding": ["CAP_NET_RAW"], "inheritable": ["CAP_NET_RAW"]}'
	sleeper
	run oci exec --cap CAP_NET_RAW --user 1000 "$ID" cat /proc/self/status
	code 0
	is_field CapAmb 0000000000002000
	is_field CapEff 0000000000002000
	run oci exec --cap CAP_KILL --user 1000 "$ID" cat /proc/self/status
	is_field CapAmb 0000000000000000
}

@test "--no-new-privs overrides the config both ways" {
	config '.process.noNewPrivileges = true'
	sleeper
	run oci exec "$ID" cat /proc/self/status
	is_field NoNewPrivs 1
	run oci exec --no-new-privs=false "$ID" cat /proc/self/status
	is_field NoNewPrivs 0
	oci delete -f "$ID"
	config '.process.noNewPrivileges = false'
	sleeper
	run oci exec "$ID" cat /proc/self/status
	is_field NoNewPrivs 0
	run oci exec --no-new-privs "$ID" cat /proc/self/status
	is_field NoNewPrivs 1
}

@test "labels that the host cannot honour are errors" {
	[ ! -d /sys/fs/selinux/initial_contexts ] || skip "requires SELinux to be off"
	sleeper
	fails 255 "selinux label is specified" -- --process-label a:b:c "$ID" true
	[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" != Y ] ||
		skip "requires AppArmor to be off"
	fails 255 "apparmor" "nope" -- --apparmor nope "$ID" true
}

@test "empty option values mean none" {
	sleeper
	run oci exec --user "" --cwd "" --pid-file "" --console-socket "" \
		--process-label "" --apparmor "" "$ID" pwd
	code 0
	says /
}

@test "options end at the id" {
	sleeper
	run oci exec "$ID" echo -t --user 5 --foo
	code 0
	says "-t --user 5 --foo"
	run oci exec "$ID" -- echo x
	code 0
	says x
	fails 255 'exec: \"-t\": executable file not found' "options go before the id" -- "$ID" -t sh
}

# ---- --process ------------------------------------------------------------------

process_json() {
	jq -n "$@" >"$TESTDIR/process.json"
}

@test "--process: the whole object" {
	sleeper
	process_json '{
		args: ["sh", "-c", "id -u; id -g; id -G; pwd; umask; echo $FOO; cat /proc/self/status; ulimit -n; exit 6"],
		cwd: "/tmp", env: ["PATH=/bin", "FOO=bar"],
		user: {uid: 1000, gid: 1001, additionalGids: [7, 8], umask: 63},
		noNewPrivileges: true,
		capabilities: {bounding: ["CAP_KILL"], permitted: ["CAP_KILL"],
			inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"], effective: ["CAP_KILL"]},
		rlimits: [{type: "RLIMIT_NOFILE", soft: 77, hard: 99}]}'
	run oci exec --process "$TESTDIR/process.json" "$ID"
	code 6
	[ "${lines[0]}" = 1000 ]
	[ "${lines[1]}" = 1001 ]
	[ "${lines[2]}" = "1001 7 8" ]
	[ "${lines[3]}" = /tmp ]
	[ "${lines[4]}" = 0077 ]
	[ "${lines[5]}" = bar ]
	is_field NoNewPrivs 1
	is_field CapBnd 0000000000000020
	is_field CapAmb 0000000000000020
	is_field CapEff 0000000000000020
	[ "${lines[-1]}" = 77 ]
}

@test "--process: other options and the config's process do not matter" {
	config '.process.env += ["CONFIG=1"] | .process.cwd = "/usr"'
	sleeper
	process_json '{args: ["sh", "-c", "id -u; pwd; env"], cwd: "/", user: {uid: 0, gid: 0},
		env: ["PATH=/bin", "MY=1"]}'
	run oci exec -p "$TESTDIR/process.json" --user 1000 --cwd /tmp -e OPTION=1 "$ID"
	code 0
	[ "${lines[0]}" = 0 ]
	[ "${lines[1]}" = / ]
	[[ "$output" == *MY=1* ]]
	[[ "$output" != *OPTION=1* ]]
	[[ "$output" != *CONFIG=1* ]]
}

@test "--process: what it lacks comes from the container" {
	config '.process.capabilities = {"bounding": ["CAP_KILL"]}'
	sleeper
	process_json '{args: ["cat", "/proc/self/status"], cwd: "/", user: {uid: 0, gid: 0}, env: ["PATH=/bin"]}'
	run oci exec -p "$TESTDIR/process.json" "$ID"
	code 0
	is_field CapBnd 0000000000000020
	# but noNewPrivileges is a plain boolean: absent is false
	is_field NoNewPrivs 0
}

@test "--process: mistakes" {
	sleeper
	fails 255 "--process" "/no/file" "no such file" -- -p /no/file "$ID"
	echo '{"args": ["true"' >"$TESTDIR/process.json"
	fails 255 "process.json:2:" -- -p "$TESTDIR/process.json" "$ID"
	process_json '{args: [], cwd: "/"}'
	fails 255 "args must not be empty" -- -p "$TESTDIR/process.json" "$ID"
	process_json '{args: ["true"], cwd: "tmp"}'
	run oci exec -p "$TESTDIR/process.json" "$ID"
	code 255
	last "Cwd must be an absolute path"
	process_json '{args: ["true"], cwd: "/", user: {uid: "root"}}'
	run oci exec -p "$TESTDIR/process.json" "$ID"
	code 255
	last "/user/uid"
	fails 255 "is a directory" -- -p "$TESTDIR" "$ID"
}

# ---- detached -------------------------------------------------------------------

@test "--detach returns at once, --pid-file names the process on the host" {
	sleeper
	cd "$TESTDIR"
	# the program has our stdout: a pipe would have no end
	oci exec -d --pid-file pid "$ID" sleep 1001 >out 2>&1
	[ ! -s out ]
	pid=$(cat pid)
	[ "$(wc -l <pid)" -eq 0 ]
	[ "$(tr '\0' ' ' <"/proc/$pid/cmdline")" = "sleep 1001 " ]
	# no temporary file is left
	[ "$(find . -maxdepth 1 -type f | sort | flat)" = "./out ./pid" ]
	oci delete -f "$ID"
	is_gone "$pid"
}

@test "--pid-file of a process in the foreground" {
	sleeper
	oci exec --pid-file "$TESTDIR/pid" "$ID" true
	[[ "$(cat "$TESTDIR/pid")" =~ ^[0-9]+$ ]]
	mkdir "$TESTDIR/dir"
	run oci exec --pid-file "$TESTDIR/dir" "$ID" true
	code 255
	last "cannot write pid file" "is a directory"
}

@test "a detached process that ends is not ours to wait for" {
	sleeper
	oci exec -d --pid-file "$TESTDIR/pid" "$ID" true
	pid=$(cat "$TESTDIR/pid")
	wait_for 5 is_gone "$pid"
	[ "$(status_of "$ID")" = running ]
}

@test "--detach: callers see end-of-file when the process ends" {
	sleeper
	out=$(oci exec -d "$ID" sh -c 'sleep 0.3; echo late')
	[ "$out" = late ]
}

# ---- where it runs --------------------------------------------------------------

@test "the namespaces are the container's" {
	sleeper
	local kind init
	init=$(oci state "$ID" | jq -r .pid)
	for kind in pid net ipc uts mnt; do
		[ "$(oci exec "$ID" readlink "/proc/self/ns/$kind")" = "$(readlink "/proc/$init/ns/$kind")" ]
		[ "$(readlink "/proc/$init/ns/$kind")" != "$(readlink "/proc/self/ns/$kind")" ]
	done
	run oci exec "$ID" hostname
	says "$(jq -r .hostname config.json)"
	run oci exec "$ID" cat /proc/1/cmdline
	[[ "$output" == sleep* ]]
}

@test "the cgroup is the container's" {
	sleeper
	init=$(oci state "$ID" | jq -r .pid)
	oci exec -d --pid-file "$TESTDIR/pid" "$ID" sleep 1001
	cmp "/proc/$init/cgroup" "/proc/$(cat "$TESTDIR/pid")/cgroup"
	for dir in $(cgroup_dirs); do
		grep -qx "$(cat "$TESTDIR/pid")" "$dir/cgroup.procs"
	done
}

@test "a user namespace is entered with its root" {
	requires userns
	config '.linux.namespaces += [{"type": "user"}] |
		.linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}] |
		.linux.gidMappings = [{"containerID": 0, "hostID": 200000, "size": 65536}]'
	chown -R 100000:200000 rootfs
	chmod 0711 "$TESTDIR"
	sleeper
	run oci exec "$ID" sh -c 'id -u; id -g'
	says $'0\n0'
	oci exec -d --user 5:6 --pid-file "$TESTDIR/pid" "$ID" sleep 1001
	run cat "/proc/$(cat "$TESTDIR/pid")/status"
	[ "$(field Uid)" = "100005 100005 100005 100005" ]
	[ "$(field Gid)" = "200006 200006 200006 200006" ]
	run oci exec --user 70000 "$ID" true
	code 255
	last "unmapped uid 70000"
}

@test "the root file system and its mounts are the container's" {
	echo secret >"$TESTDIR/host-only"
	sleeper
	run oci exec "$ID" cat "$TESTDIR/host-only"
	[ "$status" -ne 0 ]
	run oci exec "$ID" touch /new
	[ "$status" -ne 0 ]
	[[ "$output" == *"Read-only file system"* ]]
	run oci exec "$ID" sh -c 'echo 1 >/proc/sys/kernel/panic'
	[ "$status" -ne 0 ]
}

@test "in a container that is only created" {
	args sleep 1000
	oci create "$ID"
	run oci exec "$ID" sh -c 'echo in; tr "\0" " " </proc/1/cmdline'
	code 0
	[ "${lines[0]}" = in ]
	[[ "${lines[1]}" != sleep* ]]
	[ "$(status_of "$ID")" = created ]
	oci start "$ID"
	wait_for 5 is_status "$ID" running
}

@test "in a paused container: an error, unless --ignore-paused" {
	sleeper
	freeze 1
	wait_for 5 is_status "$ID" paused
	fails 255 "cannot exec in a paused container (use --ignore-paused to override)" -- "$ID" true
	"$OCIRUN" --root "$ROOT" exec --ignore-paused "$ID" echo thawed >"$TESTDIR/out" 3>&- &
	pid=$!
	sleep 0.3
	[ ! -s "$TESTDIR/out" ]
	freeze 0
	wait "$pid"
	grep -q thawed "$TESTDIR/out"
}

@test "config.json of the bundle does not matter any more" {
	sleeper
	rm config.json
	run oci exec "$ID" echo ok
	code 0
	says ok
}

@test "--cgroup: what would leave the container's cgroup is refused" {
	sleeper
	fails 255 "bad sub cgroup path" "'/../..'" -- --cgroup /../.. "$ID" true
	fails 255 "--cgroup" "'a'" -- --cgroup a:b "$ID" true
	run oci exec --cgroup nosuch "$ID" true
	code 255
	last nosuch
}

# ---- many -----------------------------------------------------------------------

# OCIRUN_EXECS=2000 for a long row. In a mount namespace of its own: other tests mount
# and unmount beside this one.
@test "300 in a row leave no descriptor, process, cgroup, mount or file" {
	sleeper
	init=$(oci state "$ID" | jq -r .pid)
	count() {
		find "/proc/$init/fd" | wc -l
		find "$ROOT" | wc -l
		wc -l </proc/self/mountinfo
		wc -l <"/proc/$init/mountinfo"
		local dir
		for dir in $(cgroup_dirs); do
			find "$dir" -type d | wc -l
			wc -l <"$dir/cgroup.procs"
		done
		pgrep -c -f "$OCIRUN.* exec .*$ID" || true
	}
	row() {
		count >"$TESTDIR/before"
		for ((i = 0; i < ${OCIRUN_EXECS:-300}; i++)); do
			oci exec "$ID" true || return
		done
		count >"$TESTDIR/after"
	}
	export ROOT ID TESTDIR OCIRUN init
	export -f row count oci cgroup_dirs
	unshare -m --propagation private bash -c row
	diff "$TESTDIR/before" "$TESTDIR/after"
	[ "$(wc -l <"$TESTDIR/before")" -ge 7 ]
}

@test "20 at once" {
	sleeper
	local pids=() i
	for ((i = 0; i < 20; i++)); do
		"$OCIRUN" --root "$ROOT" exec "$ID" sh -c "exit $i" 3>&- &
		pids+=($!)
	done
	for ((i = 0; i < 20; i++)); do
		rc=0
		wait "${pids[$i]}" || rc=$?
		[ "$rc" -eq "$i" ]
	done
}

@test "the container ends while a process is in it" {
	args sleep 1000
	oci run -d "$ID"
	"$OCIRUN" --root "$ROOT" exec "$ID" sh -c 'echo ready; sleep 1000' >"$TESTDIR/out" 3>&- &
	pid=$!
	wait_for 5 grep -q ready "$TESTDIR/out"
	oci kill "$ID" KILL
	rc=0
	wait "$pid" || rc=$?
	[ "$rc" -eq 137 ]
}

# ---- a lot of it ------------------------------------------------------------------

@test "an environment of thousands of variables" {
	config '.process.env += [range(3000) | "V\(.)=\(. * 7)"]'
	sleeper
	run oci exec "$ID" env
	code 0
	[ "$(grep -c '^V[0-9]*=' <<<"$output")" -eq 3000 ]
	grep -qx V2999=20993 <<<"$output"
	local more=() i
	for ((i = 0; i < 3000; i++)); do
		more+=(-e "W$i=$i")
	done
	run oci exec "${more[@]}" "$ID" env
	code 0
	[ "$(grep -cE '^[VW][0-9]+=' <<<"$output")" -eq 6000 ]
}
