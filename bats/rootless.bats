#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Containers of an ordinary user: with and without subordinate ids, with and
# without a delegated cgroup, and inside a container that has no privileges
# itself. user_namespaces(7), newuidmap(1), cgroups(7) "Cgroups delegation".

load helpers
load container

USER_ID=12345

setup() {
	setup_bundle
	# the user here has no systemd of his own; systemd.bats has one who does
	requires userns cgroupfs
	command -v setpriv >/dev/null || skip "requires setpriv"
	chmod 755 "$TESTDIR"
	mkdir -m 700 "$TESTDIR/xdg"
	ROOT=$TESTDIR/xdg/ocirun
	chown -R $USER_ID:$USER_ID "$BUNDLE" "$TESTDIR/xdg"
	# the build directory may be closed to others
	cp "$OCIRUN" "$TESTDIR/ocirun"
	rm config.json
	mine spec --rootless
	edit '.process.terminal = false | .process.args = ["true"]'
}

teardown() {
	if [ -n "${DELEGATED-}" ]; then
		oci delete --force "$ID" || true
		find $DELEGATED -depth -type d -exec rmdir {} + || true
	fi
	teardown_bundle
}

# as_user COMMAND...
as_user() {
	setpriv --reuid $USER_ID --regid $USER_ID --clear-groups \
		env HOME=/ USER=bats XDG_RUNTIME_DIR="$TESTDIR/xdg" "$@"
}

mine() {
	as_user "$TESTDIR/ocirun" "$@"
}

# The user's file stays his.
edit() {
	jq "$@" config.json >"$TESTDIR/new" && cat "$TESTDIR/new" >config.json
}

program() {
	edit --arg s "$1" '.process.args = ["sh", "-c", $s]'
}

start() {
	edit '.process.args = ["sleep", "1000"]'
	mine run -d "$ID" >"$TESTDIR/start" 2>&1 || {
		cat "$TESTDIR/start"
		return 1
	}
}

# subordinate ID:FIRST:COUNT COMMAND...: with these subordinate ids, which need
# an account; all in a mount namespace of its own.
subordinate() {
	local ids=$1
	shift
	{ cat /etc/passwd; echo "bats:x:$USER_ID:$USER_ID::/:/bin/sh"; } >"$TESTDIR/passwd"
	echo "$ids" >"$TESTDIR/subid"
	[ -e /etc/subuid ] && [ -e /etc/subgid ] || skip "requires /etc/subuid and /etc/subgid"
	unshare -m --propagation private sh -c '
		d=$1
		shift
		mount --bind "$d/passwd" /etc/passwd
		mount --bind "$d/subid" /etc/subuid
		mount --bind "$d/subid" /etc/subgid
		exec "$@"' sh "$TESTDIR" "$@"
}

map_many() {
	command -v newuidmap >/dev/null || skip "requires newuidmap"
	edit --argjson u $USER_ID '.linux.uidMappings = [
		{containerID: 0, hostID: $u, size: 1},
		{containerID: 1, hostID: 300000, size: 1000}] |
		.linux.gidMappings = .linux.uidMappings'
}

# ---- one id -----------------------------------------------------------------------

@test "spec --rootless runs as it is: root inside, the user outside" {
	program 'id -u; cat /proc/self/uid_map; touch /tmp/x && stat -c %u /tmp/x'
	edit '.root.readonly = false'
	run mine run "$ID"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(awk '{ $1 = $1; print }' <<<"$output")" = "0
0 $USER_ID 1
0" ]
	[ "$(stat -c %u rootfs/tmp/x)" = $USER_ID ]
}

@test "create, state, list, exec, kill, delete; the state is below XDG_RUNTIME_DIR" {
	edit '.process.args = ["sleep", "1000"]'
	mine create "$ID" >"$TESTDIR/out" 2>&1 </dev/null
	[ -d "$TESTDIR/xdg/ocirun/$ID" ]
	[ "$(stat -c %a "$TESTDIR/xdg/ocirun")" = 1700 ]
	mine start "$ID"
	[ "$(mine state "$ID" | jq -r .status)" = running ]
	[ "$(mine list -q)" = "$ID" ]
	run mine exec "$ID" sh -c 'id -u; exit 7'
	[ "$status" -eq 7 ]
	[ "$output" = 0 ]
	run mine exec --user 5 "$ID" id
	[ "$status" -ne 0 ]
	last "/process/user/uid" "unmapped uid 5"
	mine kill "$ID" KILL
	wait_for 5 is_status "$ID" stopped
	mine delete "$ID"
	[ -z "$(mine list -q)" ]
}

@test "run removes everything, also after a failure" {
	edit '.process.args = ["/nothing"]'
	run mine run "$ID"
	[ "$status" -ne 0 ]
	last "/nothing"
	[ -z "$(ls -A "$ROOT")" ]
}

@test "a terminal" {
	requires script
	program 'tty; id -u'
	edit '.process.terminal = true'
	run script -qec "setpriv --reuid $USER_ID --regid $USER_ID --clear-groups env XDG_RUNTIME_DIR=$TESTDIR/xdg $TESTDIR/ocirun run $ID" /dev/null </dev/null
	echo "$output"
	[[ "$output" == *"/dev/pts/0"* ]]
}

@test "a config without a user namespace says what is missing" {
	edit 'del(.linux.namespaces[] | select(.type == "user")) |
		del(.linux.uidMappings, .linux.gidMappings)'
	run mine run "$ID"
	[ "$status" -eq 1 ]
	last "rootless container requires user namespaces" "/linux/namespaces" "spec --rootless"
}

@test "additional groups need privileges" {
	edit '.process.user.additionalGids = [0]'
	run mine run "$ID"
	[ "$status" -eq 1 ]
	last "/process/user/additionalGids" "cannot set any additional groups in a rootless container"
}

@test "no XDG_RUNTIME_DIR and no --root: the hint names both" {
	[ ! -w /run/ocirun ] || [ "$(id -u)" = 0 ]
	mkdir -p /run/ocirun
	local mode was
	was=$(stat -c %a /run/ocirun)
	# it may be looked into or not
	for mode in 700 755; do
		chmod $mode /run/ocirun
		run as_user env -u XDG_RUNTIME_DIR "$TESTDIR/ocirun" run "$ID"
		chmod "$was" /run/ocirun
		[ "$status" -eq 1 ]
		last "/run" "permission denied" "XDG_RUNTIME_DIR" "--root"
	done
	mine --root "$TESTDIR/xdg/elsewhere" run "$ID"
	rmdir "$TESTDIR/xdg/elsewhere"
}

# ---- cgroups ----------------------------------------------------------------------

@test "no permission for cgroups: a container that asks for none runs in the caller's" {
	program 'cat /proc/self/cgroup; ls /sys/fs/cgroup | wc -l; echo 1 2>/dev/null >/sys/fs/cgroup/x || echo refused'
	run mine run "$ID"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *refused ]]
	[[ "$output" != *"$ID"* ]]
	start
	run mine ps "$ID"
	[ "$status" -eq 1 ]
	last "has no cgroup"
	run mine pause "$ID"
	[ "$status" -eq 1 ]
	mine delete --force "$ID"
}

@test "no permission for cgroups: a limit is an error that names it" {
	edit '.linux.resources.pids.limit = 20'
	run mine run "$ID"
	[ "$status" -eq 1 ]
	last "/linux/resources/pids/limit" "rootless needs no limits + no cgrouppath when no permission is granted for cgroups"
	edit 'del(.linux.resources.pids) | .linux.cgroupsPath = "/ocirun-nobody/x"'
	run mine run "$ID"
	[ "$status" -eq 1 ]
	last "/linux/cgroupsPath" "permission denied"
}

@test "--rootless=false: no permission for cgroups is an error, also of who asks for none" {
	program 'echo up'
	run mine --rootless=true run "$ID"
	[ "$status" -eq 0 ]
	[ "$output" = up ]
	run mine --rootless=false run "$ID"
	echo "$output"
	[ "$status" -eq 1 ]
	last "unable to apply cgroup configuration" "ermission denied"
	[ -z "$(ls -A "$ROOT")" ]
}

@test "no cgroup and no pid namespace: a warning" {
	edit 'del(.linux.namespaces[] | select(.type == "pid")) |
		(.mounts[] | select(.type == "proc")) |= (.type = "none" |
			.source = "/proc" | .options = ["rbind", "nosuid", "nodev", "noexec"])'
	run mine run "$ID"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *"strongly discouraged"* ]]
	edit '.linux.namespaces += [{type: "pid"}]'
	run mine run "$ID"
	[[ "$output" != *"strongly discouraged"* ]]
}

# A directory of each hierarchy that belongs to the user, as an administrator
# delegates it.
delegate() {
	local h dir
	DELEGATED=
	for h in /sys/fs/cgroup /sys/fs/cgroup/*; do
		[ -e "$h/cgroup.procs" ] || continue
		case $h in /sys/fs/cgroup/*) [ ! -e /sys/fs/cgroup/cgroup.procs ] || continue ;; esac
		dir=$h/ocirun-$ID
		mkdir "$dir"
		DELEGATED="$DELEGATED $dir"
		chown $USER_ID "$dir" "$dir/cgroup.procs"
		[ ! -e "$dir/cgroup.subtree_control" ] || chown $USER_ID "$dir/cgroup.subtree_control"
		[ ! -e "$dir/tasks" ] || chown $USER_ID "$dir/tasks"
		if [ -e "$dir/cpuset.cpus" ] && [ -e "$dir/cpuset.sched_load_balance" ]; then
			cat "$h/cpuset.cpus" >"$dir/cpuset.cpus"
			cat "$h/cpuset.mems" >"$dir/cpuset.mems"
		fi
	done
}

@test "a delegated cgroup: limits hold, delete removes it" {
	requires cgroup1
	delegate
	edit --arg p "/ocirun-$ID/c" '.linux.cgroupsPath = $p | .linux.resources.pids.limit = 20'
	start
	[ "$(cat "/sys/fs/cgroup/pids/ocirun-$ID/c/pids.max")" = 20 ]
	[ "$(mine ps -f json "$ID" | jq length)" = 1 ]
	mine pause "$ID"
	[ "$(mine state "$ID" | jq -r .status)" = paused ]
	mine resume "$ID"
	mine exec "$ID" true
	mine update --pids-limit 30 "$ID"
	[ "$(cat "/sys/fs/cgroup/pids/ocirun-$ID/c/pids.max")" = 30 ]
	mine delete --force "$ID"
	[ ! -e "/sys/fs/cgroup/pids/ocirun-$ID/c" ]
}

# ---- subordinate ids ----------------------------------------------------------------

@test "subordinate ids: newuidmap and newgidmap map them" {
	map_many
	program 'id -u; cat /proc/self/uid_map /proc/self/gid_map'
	edit '.process.user = {uid: 5, gid: 6}'
	run subordinate $USER_ID:300000:65536 setpriv --reuid $USER_ID \
		--regid $USER_ID --clear-groups env XDG_RUNTIME_DIR="$TESTDIR/xdg" \
		"$TESTDIR/ocirun" run "$ID"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(awk '{ $1 = $1; print }' <<<"$output")" = "5
0 $USER_ID 1
1 300000 1000
0 $USER_ID 1
1 300000 1000" ]
}

@test "ids that nobody granted are refused, and who has to grant them is said" {
	map_many
	run subordinate 99:300000:65536 setpriv --reuid $USER_ID \
		--regid $USER_ID --clear-groups env XDG_RUNTIME_DIR="$TESTDIR/xdg" \
		"$TESTDIR/ocirun" run "$ID"
	echo "$output"
	[ "$status" -eq 1 ]
	last "/etc/sub" "grants nothing to uid $USER_ID"
	[ -z "$(ls -A "$ROOT")" ]
}

# ---- nested -------------------------------------------------------------------------

@test "inside a container without privileges" {
	cat >"$TESTDIR/nested" <<-'END'
		set -e
		rm -f config.json
		$1 spec --rootless
		jq '.process.terminal = false | .process.args = ["sh", "-c", "cat /proc/self/uid_map"]' config.json >c
		mv c config.json
		$1 run $2
		$1 spec --file plain.json 2>/dev/null || { mv config.json r.json; $1 spec; }
		jq '.process.terminal = false | .process.args = ["sleep", "100"] |
			(.mounts[] | select(.options).options) |= map(select(startswith("gid=") | not))' config.json >c
		mv c config.json
		$1 run -d $2 </dev/null >log 2>&1 || { cat log; exit 1; }
		$1 exec $2 id -u
		$1 delete --force $2
	END
	run as_user unshare -Urmpf --mount-proc sh "$TESTDIR/nested" "$TESTDIR/ocirun" "$ID"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(awk '{ $1 = $1; print }' <<<"${lines[0]}")" = "0 0 1" ]
	[ "${lines[-1]}" = 0 ]
}
