#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Where ocirun stands in for runc: what it is when called by that name, and
# behaviour of runc that callers and their tests have come to rely on.
# shellcheck disable=SC2154,SC2030,SC2031 # status, output and lines are of `run`

load helpers
load container

setup() {
	setup_bundle
	mkdir "$TESTDIR/src"
	echo hello >"$TESTDIR/src/file"
}

teardown() {
	[ -z "${REAL_RUNC-}" ] || "$REAL_RUNC" --root "$ROOT" delete --force "$ID-theirs"
	teardown_bundle
}

# The program under the name that callers know.
runc() {
	[ -e "$TESTDIR/runc" ] || ln -s "$OCIRUN" "$TESTDIR/runc"
	timeout -k 5 30 "$TESTDIR/runc" --root "$ROOT" "$@"
}

says() {
	local text
	for text; do
		[[ "$output" == *"$text"* ]] || {
			echo "no '$text' in: $output"
			return 1
		}
	done
}

# ---- the name -----------------------------------------------------------------

@test "called runc: version, help and default root are runc's" {
	ln -s "$OCIRUN" "$TESTDIR/runc"
	run "$TESTDIR/runc" --version
	[[ "${lines[0]}" =~ ^'runc version '[0-9]+\.[0-9]+\.[0-9]+ ]]
	[[ "${lines[1]}" == commit:* ]]
	[[ "${lines[2]}" =~ ^'spec: '[0-9]+\.[0-9]+\.[0-9]+ ]]
	run "$TESTDIR/runc" -h
	[ "${lines[0]}" = NAME: ]
	says "runc - Open Container Initiative runtime"
	run "$TESTDIR/runc" exec -h
	says "runc exec"
}

@test "called runc: a failing execve is one line and nothing else" {
	printf '#!/no/such/interpreter\n' >rootfs/script
	chmod 755 rootfs/script
	config '.process.args = ["/script"]'
	run runc run "$ID"
	[ "$status" -ne 0 ]
	[ "$output" = "exec /script: no such file or directory" ]
	run oci run "$ID"
	says "exec /script: no such file or directory" "/no/such/interpreter"
}

@test "called runc: its frames are around the error of a mount" {
	add_bind /x "$TESTDIR/none"
	run runc run "$ID"
	[ "$status" -eq 1 ]
	says "runc run failed: unable to start container process: error during container init: error mounting" \
		"no such file or directory" /mounts/
	run runc create "$ID"
	says "runc create failed: "
	run oci run "$ID"
	[[ "$output" != *"runc run failed"* ]]
	says "error mounting"
}

@test "called runc: errors of hooks and of options have the first frame" {
	config '.hooks.createContainer = [{path: "/bin/false"}]'
	run runc run "$ID"
	says "runc run failed: unable to start container process: " \
		"error running createContainer hook #0"
	config 'del(.hooks) | .process.terminal = true'
	run runc create "$ID"
	says "runc create failed: cannot allocate tty"
}

@test "debug log: the words that scripts for runc look for" {
	run oci --debug run "$ID"
	[ "$status" -eq 0 ]
	says level=debug "nsexec container setup" "child process in init()" \
		"init: closing the pipe to signal completion"
	config '.process.args = ["sleep", "1000"]'
	oci run -d "$ID"
	run oci --debug exec "$ID" true
	[ "$status" -eq 0 ]
	says "nsexec container setup" "child process in init()" \
		"setns_init: about to exec"
}

@test "debug log: the CPU affinity of exec, as one number" {
	config '.process.args = ["sleep", "1000"] |
		.process.execCPUAffinity = {initial: "0"}'
	oci run -d "$ID"
	run oci --debug exec "$ID" true
	[ "$status" -eq 0 ]
	[[ "$output" =~ nsexec.*': affinity: 0x1"' ]]
}

@test "called runc, debug log: what init runs from is a sealed copy" {
	run runc --debug run "$ID"
	[ "$status" -eq 0 ]
	says "runc exeseal: using /proc/self/exe clone" \
		"runc exeseal: using overlayfs for sealed /proc/self/exe"
	run oci --debug run "$ID"
	[[ "$output" != *exeseal* ]]
}

# ---- containers that wait for start ----------------------------------------------

@test "a created container ends on SIGTERM, SIGINT, SIGHUP and SIGQUIT" {
	for sig in TERM INT HUP QUIT; do
		oci create "$ID"
		[ "$(status_of "$ID")" = created ]
		oci kill "$ID" "$sig"
		wait_for 5 is_status "$ID" stopped
		oci delete "$ID"
	done
}

@test "what sets a handler for the wait is undone for the program" {
	config '.process.args = ["grep", "SigCgt", "/proc/self/status"]'
	run oci run "$ID"
	[[ "$output" =~ ^SigCgt:[[:space:]]0+$ ]]
}

@test "a created container keeps no descriptor that has done its work" {
	config '.linux.maskedPaths = ["/proc/acpi", "/proc/kcore"]'
	oci create "$ID"
	pid=$(oci state "$ID" | jq .pid)
	for fd in "/proc/$pid/fd"/*; do
		[ "${fd##*/}" -gt 2 ] || continue
		case $(readlink "$fd") in
		/ | */exec.fifo | socket:* | pipe:* | anon_inode:*) ;;
		*)
			ls -l "/proc/$pid/fd"
			return 1
			;;
		esac
	done
}

# ---- mounts --------------------------------------------------------------------------

@test "a destination that begins with the path of the root means the rest" {
	add_bind "$BUNDLE/rootfs/there" "$TESTDIR/src"
	prints hello 'cat /there/file'
	[ ! -e "rootfs/$BUNDLE" ]
}

@test "directories made below a set-group-ID one inherit the bit" {
	mkdir rootfs/group
	chgrp 7 rootfs/group
	chmod 2755 rootfs/group
	add_mount /group/a/b tmpfs tmpfs
	works true
	[ "$(stat -c '%a %g' rootfs/group/a)" = "2755 7" ]
	[ "$(stat -c '%a %g' rootfs/group/a/b)" = "2755 7" ]
}

@test "user namespace: a source that only the host's root reaches" {
	requires userns
	map_users
	chmod 700 "$TESTDIR/src"
	mkdir "$TESTDIR/src/deep"
	echo deep >"$TESTDIR/src/deep/file"
	ln -s "$TESTDIR/src/deep" "$TESTDIR/src/link"
	add_bind /dir "$TESTDIR/src/deep"
	add_bind /link "$TESTDIR/src/link"
	add_bind /file "$TESTDIR/src/deep/file"
	prints "deep
deep
deep" 'cat /dir/file /link/file /file'
	add_bind /none "$TESTDIR/src/none"
	refused "/mounts/" "$TESTDIR/src/none" "no such file or directory"
}

@test "user namespace: the flags of the host's mounts are locked" {
	needs_new_calls "mount_setattr(2)"
	requires userns
	map_users
	mkdir -m 700 "$TESTDIR/top"
	mkdir "$TESTDIR/top/ro"
	add_caps SYS_ADMIN
	add_bind /plain "$TESTDIR/top/ro"
	add_bind /more "$TESTDIR/top/ro" bind,noexec
	config --arg s 'mount -o remount,bind,rw /plain && echo WRITABLE
		cat /proc/self/mountinfo' '.process.args = ["sh", "-c", $s]'
	run world shared '
		mount -t tmpfs t "$TESTDIR/top/ro"
		mount -o remount,bind,ro,nosuid "$TESTDIR/top/ro"
		oci run "$ID" 2>/dev/null
		jq ".mounts[-1].options = [\"bind\", \"rw\"]" config.json >c
		mv c config.json
		! oci run "$ID"'
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" != *WRITABLE* ]]
	has_opts /plain ro nosuid
	has_opts /more ro nosuid noexec
	[[ "${lines[-1]}" == *"cannot clear locked flags ro: operation not permitted"* ]]
}

@test "user namespace: nothing that is mounted in the container reaches the host" {
	requires userns
	map_users
	mkdir -m 700 "$TESTDIR/top"
	mkdir -p "$TESTDIR/top/shared/in"
	add_bind /data "$TESTDIR/top/shared" rbind
	add_mount /data/in tmpfs tmpfs
	config '.process.args = ["touch", "/data/in/x"]'
	run world shared '
		mount -t tmpfs t "$TESTDIR/top/shared"
		mkdir "$TESTDIR/top/shared/in"
		mount -t tmpfs t "$TESTDIR/top/shared/in"
		before=$(cat /proc/self/mountinfo)
		oci run "$ID"
		[ "$before" = "$(cat /proc/self/mountinfo)" ]
		[ -z "$(ls "$TESTDIR/top/shared/in")" ]'
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "without a mount namespace: all mounts are below one private mount" {
	del_ns mount
	config '.linux.maskedPaths = [] | .linux.readonlyPaths = []'
	run world shared '
		oci run "$ID"
		awk -v root="$BUNDLE/rootfs" "\$5 == root && /shared:/" /proc/self/mountinfo
		umount -R --lazy "$BUNDLE/rootfs"
		! grep -F "$BUNDLE/rootfs" /proc/self/mountinfo'
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

# ---- exec --cgroup --------------------------------------------------------------------

# cgroup_of NAME: path of `cat /proc/self/cgroup` in $output.
cgroup_of() {
	awk -F: -v name="$1" '{
		n = split($2, names, ",")
		for (i = 1; i <= n; i++)
			if (names[i] == name)
				print $3
	}' <<<"$output"
}

@test "exec --cgroup: sub-cgroups of single controllers" {
	requires cgroup1
	[ -e /sys/fs/cgroup/pids ] && [ -e /sys/fs/cgroup/memory ] ||
		skip "requires the pids and memory hierarchies"
	config '.process.args = ["sleep", "1000"] | del(.linux.namespaces[] |
		select(.type == "cgroup"))'
	oci run -d "$ID"
	pids=$(jq -r .cgroup_paths.pids "$ROOT/$ID/state.json")
	memory=$(jq -r .cgroup_paths.memory "$ROOT/$ID/state.json")
	mkdir "$pids/sub" "$memory/one"
	run oci exec "$ID" cat /proc/self/cgroup
	top=$(cgroup_of pids)
	run oci exec --cgroup pids:sub --cgroup memory:/one "$ID" cat /proc/self/cgroup
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(cgroup_of pids)" = "$top/sub" ]
	[[ "$(cgroup_of memory)" == */one ]]
	[[ "$(cgroup_of devices)" != */sub ]]
	run oci exec --cgroup / "$ID" cat /proc/self/cgroup
	[ "$(cgroup_of pids)" = "$top" ]
	run oci exec --cgroup pids:none "$ID" true
	[ "$status" -eq 255 ]
	says " adding pid " "/none/cgroup.procs': no such file or directory"
}

@test "exec --cgroup: what it cannot mean" {
	config '.process.args = ["sleep", "1000"]'
	oci run -d "$ID"
	while IFS='|' read -r first second text; do
		run oci exec --cgroup "$first" ${second:+--cgroup "$second"} "$ID" true
		[ "$status" -eq 255 ] || { echo "'$first' '$second' $status"; return 1; }
		says "exec failed: --cgroup: $text"
	done <<-'END'
		..||bad sub cgroup path '..'
		a/../../b||bad sub cgroup path
		whaaat:/||unknown controller 'whaaat'
		:x||empty controller
		plain|other|'plain' lacks a controller
	END
	[ "$(cgroup_layout)" = v2 ] || [ ! -e /sys/fs/cgroup/pids ] || {
		run oci exec --cgroup pids:a --cgroup pids:b "$ID" true
		says "--cgroup: controller 'pids'" "twice"
	}
}

# ---- others in the same --root ------------------------------------------------

# Two handlers of one containerd share it.
@test "containers of other runtimes in the same --root are left alone" {
	config '.process.args = ["sleep", "1000"]'
	oci run -d "$ID"
	mkdir "$ROOT/with-record" "$ROOT/without" "$ROOT/.hidden"
	echo '{"id":"with-record","init_process_pid":1,"config":{"rootfs":"/"}}' >"$ROOT/with-record/state.json"
	echo '{"pid":1}' >"$ROOT/without/status"
	local before verb
	before=$(find "$ROOT"/with* | sort)
	run oci list -q
	[ "$output" = "$ID" ]
	for verb in state ps pause start "kill --all" delete "delete --force"; do
		# shellcheck disable=SC2086
		run oci $verb with-record
		[ "$status" -eq 1 ] || { echo "$verb: $status"; return 1; }
		says "container 'with-record' was made by another runtime"
	done
	for verb in delete "delete --force"; do
		# shellcheck disable=SC2086
		run oci $verb without
		[ "$status" -eq 1 ]
		says "container 'without' was made by another runtime"
	done
	[ "$(find "$ROOT"/with* | sort)" = "$before" ]
	# what a start of ours left before its record is no other runtime's
	mkdir "$ROOT/died"
	touch "$ROOT/died/.state.json.1-2" "$ROOT/died/config.json"
	mkdir "$ROOT/died/criu-root" "$ROOT/died/notify"
	run oci delete died
	[ ! -e "$ROOT/died" ]
	rm -r "$ROOT"/with* "$ROOT/.hidden"
}

@test "runc and ocirun with the same --root" {
	local real
	real=$(type -P runc) || skip "requires runc"
	[ "$(readlink -f "$real")" != "$(readlink -f "$OCIRUN")" ] || skip "requires another runc"
	REAL_RUNC=$real
	config '.process.args = ["sleep", "1000"]'
	oci run -d "$ID"
	config --arg path "/$ID-theirs" '.linux.cgroupsPath = $path'
	"$real" --root "$ROOT" run -d "$ID-theirs" </dev/null >/dev/null 2>&1 ||
		skip "requires a runc that starts here"
	run "$real" --root "$ROOT" list
	echo "$output"
	[ "$status" -eq 0 ]
	grep -E "^$ID +[0-9]+ +running +$BUNDLE " <<<"$output"
	grep -E "^$ID-theirs +[0-9]+ +running " <<<"$output"
	run oci list
	grep -E "^$ID +[0-9]+ +running " <<<"$output"
	[[ "$output" != *theirs* ]]
	run oci delete --force "$ID-theirs"
	says "was made by another runtime"
	run "$real" --root "$ROOT" state "$ID-theirs"
	[ "$(jq -r .status <<<"$output")" = running ]
}
