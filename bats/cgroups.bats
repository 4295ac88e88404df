#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# runtime-spec config-linux.md "Control groups": made, entered, limited, removed,
# on v1, on hybrid hosts and on cgroup2.
# shellcheck disable=SC2046,SC2086,SC2030,SC2031 # paths here have no blanks: lists of them are split

load helpers
load container

setup() {
	setup_bundle
	applets mknod
	OTHER=
}

teardown() {
	if [ -n "$OTHER" ]; then
		for dir in $OTHER; do
			[ ! -e "$dir/cgroup.procs" ] || kill -KILL $(cat "$dir/cgroup.procs") 2>/dev/null || true
			wait_for 5 rmdir "$dir" 2>/dev/null || true
		done
	fi
	teardown_bundle
}

start() {
	config '.process.args = ["sleep", "1000"]'
	oci run -d "$ID" >"$TESTDIR/start" 2>&1 || {
		cat "$TESTDIR/start"
		return 1
	}
	pid=$(oci state "$ID" | jq .pid)
}

# Every hierarchy as "NAMES MOUNTPOINT OWN-PATH"; NAMES is - for cgroup2.
hierarchies() {
	local names self mount one
	while IFS=: read -r _ names self; do
		if [ -z "$names" ]; then
			mount=$(awk '/ - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
		else
			# of "cpu,cpuacct" one is enough
			one=${names#name=}
			mount=$(awk -v n="${one%%,*}" '/ - cgroup / {
				split($NF, o, ","); for (i in o) if (o[i] == n || o[i] == "name=" n) { print $5; exit } }' /proc/self/mountinfo)
		fi
		[ -z "$mount" ] || echo "${names:--} $mount ${self%/}"
	done </proc/self/cgroup
}

# dirs PATH: where a cgroupsPath leads in each hierarchy.
dirs() {
	local names mount self
	hierarchies | while read -r names mount self; do
		if [ "${OCIRUN_DRIVER-}" = systemd ]; then
			echo "$mount/system.slice/ocirun-$1.scope"
		elif [ "${1#/}" != "$1" ]; then
			echo "$mount$1"
		elif [ "$names" = - ] && [ "$(cgroup_layout)" = v2 ]; then
			echo "$mount${self%/*}/$1" # beside our own
		else
			echo "$mount$self/$1" # below our own
		fi
	done
}

# ctl CONTROLLER: the directory of $pid in its hierarchy, or nothing.
ctl() {
	local names mount self path
	while read -r names mount self; do
		path=$(awk -F: -v n="${names#-}" '$2 == n { print $3 }' "/proc/$pid/cgroup")
		case ,$names, in
		*,"$1",*) echo "$mount$path" ;;
		,-,) ! grep -qsw "$1" "$mount$path/cgroup.controllers" || echo "$mount$path" ;;
		esac
	done < <(hierarchies) | head -n 1
}

requires_ctl() {
	local names mount self
	while read -r names mount self; do
		case ,$names, in
		*,"$1",*) return 0 ;;
		,-,) ! grep -qsw "$1" "$mount/cgroup.controllers" || return 0 ;;
		esac
	done < <(hierarchies)
	skip "requires the $1 controller"
}

all_have() {
	local dir
	for dir; do
		grep -qx "$pid" "$dir/cgroup.procs" || {
			echo "$pid is not in $dir"
			return 1
		}
	done
}

none_exist() {
	local dir
	for dir; do
		[ ! -e "$dir" ] || {
			echo "$dir exists"
			return 1
		}
	done
}

# ---- directories -------------------------------------------------------------------

@test "without a path: a directory of the container's id in every hierarchy" {
	start
	all_have $(dirs "$ID")
	oci delete -f "$ID"
	none_exist $(dirs "$ID")
}

@test "an absolute and a relative path, several levels deep" {
	requires cgroupfs
	for path in "/$ID" "/$ID/a/b" "$ID" "$ID/a/b" "/$ID//a/./b/"; do
		config --arg p "$path" '.linux.cgroupsPath = $p'
		start
		all_have $(dirs "$(sed 's,//*,/,g; s,/\./,/,g; s,/$,,' <<<"$path")")
		oci delete -f "$ID"
		none_exist $(dirs "$(sed 's,//*,/,g; s,/\./,/,g; s,/$,,' <<<"$path")")
		# what was made above it may stay: it is not ours alone
		for d in $(dirs "${path%%/a/*}"); do
			rmdir "$d/a" "$d" 2>/dev/null || true
		done
		for d in $(dirs "${path%%//a*}"); do
			rmdir "$d/a" "$d" 2>/dev/null || true
		done
	done
}

@test "'..', the root and our own cgroup are refused" {
	requires cgroupfs
	for path in "/../$ID" "../$ID" "/a/../../$ID" "$ID/.." ; do
		config --arg p "$path" '.linux.cgroupsPath = $p'
		refused /linux/cgroupsPath "'..'"
	done
	for path in / . /. // ; do
		config --arg p "$path" '.linux.cgroupsPath = $p'
		refused /linux/cgroupsPath "names no cgroup of its own"
	done
}

@test "the record names every directory that was made" {
	start
	oci state "$ID" >/dev/null
	run jq -r '.. | .cgroup_paths? // empty | to_entries[] | .value' "$ROOT/$ID/state.json"
	echo "$output"
	[ "$(sort -u <<<"$output")" = "$(dirs "$ID" | sort -u)" ]
}

@test "a directory that is there and empty is used, and removed" {
	requires cgroupfs
	config --arg p "/$ID" '.linux.cgroupsPath = $p'
	for d in $(dirs "/$ID"); do mkdir "$d"; done
	start
	all_have $(dirs "/$ID")
	oci delete -f "$ID"
	none_exist $(dirs "/$ID")
}

@test "a directory with processes is refused, they are named and stay" {
	requires cgroupfs
	config --arg p "/$ID" '.linux.cgroupsPath = $p'
	dir=$(dirs "/$ID" | head -n 1)
	mkdir "$dir"
	OTHER=$dir
	sleep 1000 &
	other=$!
	echo "$other" >"$dir/cgroup.procs"
	refused "container's cgroup is not empty: 1 process(es) found" "$other" "sleep"
	kill -0 "$other"
	grep -qx "$other" "$dir/cgroup.procs"
	# nor does delete of that failed id touch it
	oci delete -f "$ID"
	kill -0 "$other"
	kill "$other"
}

@test "processes in a sub-cgroup count too" {
	requires cgroupfs
	config --arg p "/$ID" '.linux.cgroupsPath = $p'
	dir=$(dirs "/$ID" | tail -n 1)
	mkdir -p "$dir/sub"
	OTHER="$dir/sub $dir"
	sleep 1000 &
	other=$!
	echo "$other" >"$dir/sub/cgroup.procs"
	refused "not empty" "$other"
	kill "$other"
}

@test "two containers cannot have the same path" {
	requires cgroupfs
	config --arg p "/$ID" '.linux.cgroupsPath = $p'
	start
	run timeout 30 "$OCIRUN" --root "$ROOT" run "$ID-2"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ "${lines[-1]}" == *"not empty"*"$pid"* ]]
	[ "$(status_of "$ID")" = running ]
	all_have $(dirs "/$ID")
}

@test "a frozen directory is refused" {
	requires cgroupfs
	config --arg p "/$ID" '.linux.cgroupsPath = $p'
	if [ "$(cgroup_layout)" = v1 ]; then
		dir=$(hierarchies | awk '$1 ~ /freezer/ { print $2 }')/$ID
		[ "$dir" != "/$ID" ] || skip "requires the freezer hierarchy"
		mkdir "$dir"
		OTHER=$dir
		echo FROZEN >"$dir/freezer.state"
	else
		dir=$(dirs "/$ID")
		mkdir "$dir"
		OTHER=$dir
		[ -e "$dir/cgroup.freeze" ] || skip "requires cgroup.freeze"
		echo 1 >"$dir/cgroup.freeze"
	fi
	refused "container's cgroup unexpectedly frozen"
	[ -d "$dir" ]
}

@test "delete removes what the container made below its cgroup" {
	if [ "$(cgroup_layout)" = v1 ]; then
		requires_ctl pids
		dir=/sys/fs/cgroup/pids
	else
		dir=/sys/fs/cgroup
	fi
	add_ns cgroup
	config --arg s "mkdir -p $dir/a/b/c $dir/d && echo \$\$ >$dir/a/b/c/cgroup.procs; echo ready; sleep 1000" \
		'.mounts |= map(if .type == "cgroup" then .options -= ["ro"] else . end) |
		.process.args = ["sh", "-c", $s]'
	oci run -d "$ID" >"$TESTDIR/out" 2>&1
	wait_for 5 grep -q ready "$TESTDIR/out"
	[ -n "$(find /sys/fs/cgroup -path "*$ID*/a/b/c" -type d)" ]
	oci delete -f "$ID"
	[ -z "$(find /sys/fs/cgroup -type d -name "*$ID*")" ]
}

@test "delete waits for processes that fork all the time" {
	config '.process.args = ["sh", "-c", "while :; do sleep 0.05 & usleep 3000; done"]'
	oci run -d "$ID" >/dev/null 2>&1
	sleep 0.3
	timeout 20 "$OCIRUN" --root "$ROOT" delete -f "$ID"
	[ -z "$(find /sys/fs/cgroup -type d -name "*$ID*")" ]
}

@test "without a pid namespace delete --force ends every process of the cgroup" {
	del_ns pid
	config --arg s "(trap '' TERM HUP; sleep 1007) & (setsid sleep 1007) & sleep 1007" \
		'.process.args = ["sh", "-c", $s]'
	oci run -d "$ID" >/dev/null 2>&1
	dir=$(dirs "$ID" | head -n 1)
	wait_for 5 sh -c "[ \$(wc -l <$dir/cgroup.procs) -ge 3 ]"
	procs=$(cat "$dir/cgroup.procs")
	oci delete -f "$ID"
	for p in $procs; do wait_for 5 is_gone "$p"; done
	none_exist $(dirs "$ID")
}

@test "failing starts leave no cgroup" {
	cp config.json good.json
	config '.process.args = ["/none"]'
	refused /none
	none_exist $(dirs "$ID")
	cp good.json config.json
	add_bind /x /none/such
	refused /none/such
	none_exist $(dirs "$ID")
	cp good.json config.json
	config '.hooks.createRuntime = [{path: "/bin/false"}]'
	refused createRuntime
	none_exist $(dirs "$ID")
	cp good.json config.json
	config '.linux.resources.hugepageLimits = [{pageSize: "3KB", limit: 1}]'
	refused /linux/resources/hugepageLimits
	none_exist $(dirs "$ID")
}

@test "exec is in the same cgroups" {
	start
	oci exec -d --pid-file "$TESTDIR/pid" "$ID" sleep 1000 >/dev/null 2>&1
	first=$pid
	pid=$(cat "$TESTDIR/pid")
	all_have $(dirs "$ID")
	[ "$(cat "/proc/$pid/cgroup")" = "$(cat "/proc/$first/cgroup")" ]
}

# ---- limits --------------------------------------------------------------------------

@test "exec goes where init has gone, also when its first cgroup is gone" {
	requires cgroup2
	local dir
	OTHER=/sys/fs/cgroup/other-$ID
	mkdir "$OTHER"
	del_ns cgroup
	start
	dir=$(dirs "$ID")
	[ -d "$dir" ]
	echo "$pid" >"$OTHER/cgroup.procs"
	# systemd removes its own
	wait_for 10 sh -c '! rmdir "$1" 2>/dev/null; [ ! -e "$1" ]' _ "$dir"
	run oci exec "$ID" cat /proc/self/cgroup
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *"0::/other-$ID" ]]
	oci delete --force "$ID"
	rmdir "$OTHER"
}

@test "pids.limit stops a fork bomb" {
	requires_ctl pids
	config '.linux.resources.pids.limit = 12'
	inside 'i=0
		while [ $i -lt 40 ]; do sleep 2 & i=$((i + 1)); done 2>&1
		true'
	[[ "$output" == *"can't fork"* ]]
	config '.linux.resources.pids.limit = -1'
	start
	[ "$(cat "$(ctl pids)/pids.max")" = max ]
}

@test "a memory hog is killed, and only it" {
	requires_ctl memory
	config '.linux.resources.memory.limit = 33554432'
	inside 'head -c 200000000 /dev/zero | tail >/dev/null; echo survived $?'
	# tail keeps everything that has no newline
	[[ "$output" == *survived* ]]
	[[ "$output" != *"survived 0"* ]]
}

# used: nanoseconds of CPU and of time, in one line.
used() {
	echo "$(oci events --stats "$ID" | jq .data.cpu.usage.total) $(date +%s%N)"
}

@test "a quota of CPU time is what a burner gets" {
	requires_ctl cpu
	local cpu0 cpu1 t0 t1 share
	config '.linux.resources.cpu = {quota: 10000, period: 100000}'
	start
	oci exec -d "$ID" sh -c 'while :; do :; done' 3>&-
	sleep 0.5
	# A loaded machine may give less for a while, and look at the clock late.
	for _ in 1 2 3 4 5; do
		read -r cpu0 t0 <<<"$(used)"
		sleep 3
		read -r cpu1 t1 <<<"$(used)"
		share=$(((cpu1 - cpu0) * 1000 / (t1 - t0)))
		echo "share $share of 1000, 100 wanted"
		[ "$share" -lt 90 ] || [ "$share" -gt 110 ] || return 0
	done
	return 1
}

@test "limits are written: cpu, memory, pids, cpuset" {
	for c in cpu memory pids cpuset; do requires_ctl $c; done
	config '.linux.resources += {
		memory: {limit: 134217728, reservation: 67108864},
		cpu: {shares: 512, quota: 20000, period: 50000, cpus: "0"},
		pids: {limit: 77}}'
	start
	[ "$(cat "$(ctl pids)/pids.max")" = 77 ]
	if [ "$(cgroup_layout)" = v1 ]; then
		[ "$(cat "$(ctl memory)/memory.limit_in_bytes")" = 134217728 ]
		is_soft_limit "$(ctl memory)/memory.soft_limit_in_bytes" 67108864
		[ "$(cat "$(ctl cpu)/cpu.shares")" = 512 ]
		[ "$(cat "$(ctl cpu)/cpu.cfs_quota_us")" = 20000 ]
		[ "$(cat "$(ctl cpu)/cpu.cfs_period_us")" = 50000 ]
	else
		[ "$(cat "$(ctl memory)/memory.max")" = 134217728 ]
		[ "$(cat "$(ctl memory)/memory.low")" = 67108864 ]
		[ "$(cat "$(ctl cpu)/cpu.max")" = "20000 50000" ]
	fi
	[ "$(cat "$(ctl cpuset)/cpuset.cpus")" = 0 ]
	[ "$(awk '/^Cpus_allowed_list/ { print $2 }' "/proc/$pid/status")" = 0 ]
}

@test "a limit whose controller is missing is refused, its property named" {
	[ "$(cgroup_layout)" = v2 ] || skip "requires a cgroup2 view of /sys/fs/cgroup"
	! grep -qw pids /sys/fs/cgroup/cgroup.controllers || skip "the pids controller is there"
	config '.linux.resources.pids.limit = 12'
	refused /linux/resources/pids "pids" "controller"
}

@test "impossible values: the error names property, value and reason" {
	requires_ctl memory
	requires_ctl cpuset
	config '.linux.resources.memory.limit = 1'
	inside true
	[ "$status" -ne 0 ]
	[[ "${lines[-1]}" == */linux/resources/memory* ]]
	config '.linux.resources.memory = {} | .linux.resources.cpu.cpus = "5000"'
	refused /linux/resources/cpu/cpus "5000"
}

# ---- devices ---------------------------------------------------------------------------

@test "device rules: denied by default, the defaults allowed" {
	add_caps MKNOD SYSLOG
	config '.root.readonly = false | .linux.resources.devices = [{allow: false, access: "rwm"}]'
	inside '
		mknod /dev/null2 c 1 3 && echo x >/dev/null2 && echo null
		mknod /dev/kmsg2 c 1 11 && echo made
		(exec 3</dev/kmsg2) 2>&1 | grep -o "Operation not permitted"
		mknod /dev/loop b 7 0 && echo made
		(exec 3</dev/loop) 2>&1 | grep -o "Operation not permitted"
		echo x >/dev/zero && head -c 1 /dev/full >/dev/null && echo full'
	[ "$output" = "null
made
Operation not permitted
made
Operation not permitted
full" ]
}

@test "no device rules: the defaults and nothing else" {
	local how
	add_caps MKNOD SYSLOG
	for how in 'del(.linux.resources)' '.linux.resources.devices = []'; do
		config ".root.readonly = false | $how"
		inside '
			echo x >/dev/zero && echo zero
			mknod /dev/kmsg2 c 1 11 && echo made
			(exec 3</dev/kmsg2) 2>&1 | grep -o "Operation not permitted"'
		[ "$output" = "zero
made
Operation not permitted" ]
	done
}

@test "device rules: what is allowed may be opened, only as allowed" {
	add_caps MKNOD SYSLOG
	config '.root.readonly = false | .linux.resources.devices = [
		{allow: false, access: "rwm"},
		{allow: true, type: "c", major: 1, minor: 11, access: "r"}]'
	inside '
		mknod /dev/kmsg2 c 1 11
		(exec 3</dev/kmsg2) 2>&1 && echo read
		(exec 3>/dev/kmsg2) 2>&1 | grep -o "Operation not permitted"'
	[ "$output" = "read
Operation not permitted" ]
}

@test "device rules: everything allowed" {
	add_caps MKNOD SYSLOG
	config '.root.readonly = false | .linux.resources.devices = [{allow: true, access: "rwm"}]'
	prints open 'mknod /dev/kmsg2 c 1 11; (exec 3</dev/kmsg2) && echo open'
}

@test "device rules: a mknod may be denied" {
	add_caps MKNOD SYSLOG
	config '.root.readonly = false | .linux.resources.devices = [
		{allow: true, access: "rwm"},
		{allow: false, type: "b", major: 7, access: "m"}]'
	inside 'mknod /dev/loop b 7 0 2>&1; mknod /dev/other b 8 0 && echo other'
	[[ "$output" == *"Operation not permitted"*other ]]
}

@test "device rules hold for exec as well" {
	add_caps MKNOD SYSLOG
	config '.root.readonly = false | .linux.resources.devices = [{allow: false, access: "rwm"}]'
	start
	run oci exec "$ID" sh -c 'mknod /dev/kmsg2 c 1 11; exec 3</dev/kmsg2'
	echo "$output"
	[[ "$output" == *"Operation not permitted"* ]]
}

@test "device rules that are no rules" {
	config '.linux.resources.devices = [{allow: true, type: "p", access: "r"}]'
	refused /linux/resources/devices/0/type
	config '.linux.resources.devices = [{allow: true, type: "c", access: "x"}]'
	refused /linux/resources/devices/0/access
	config '.linux.resources.devices = [{type: "c", access: "rwm"}]'
	refused /linux/resources/devices/0 "allow"
}

# ---- none ----------------------------------------------------------------------------------

@test "--cgroup-manager disabled: no cgroup is made" {
	config '.process.args = ["sleep", "1000"]'
	del_mount /sys/fs/cgroup
	"$OCIRUN" --root "$ROOT" --cgroup-manager disabled run -d "$ID" >"$TESTDIR/out" 2>&1
	pid=$(oci state "$ID" | jq .pid)
	[ "$(cat "/proc/$pid/cgroup")" = "$(cat /proc/self/cgroup)" ]
	none_exist $(dirs "$ID")
	oci exec "$ID" true
	oci delete -f "$ID"
	is_gone "$pid"
}

# As the container sees the mount of the config: its own cgroup is the caller's.
@test "--cgroup-manager disabled: a cgroup mount shows the caller's cgroup" {
	config '.process.args = ["sh", "-c", "grep cgroup /proc/self/mountinfo; ls /sys/fs/cgroup"]'
	run "$OCIRUN" --root "$ROOT" --cgroup-manager disabled run "$ID"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *" /sys/fs/cgroup"*cgroup* ]]
	none_exist $(dirs "$ID")
	if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
		[[ "$output" == *cgroup.procs* ]]
	else
		[[ "$output" == *pids* ]]
	fi
}

@test "--cgroup-manager disabled: the same with a cgroup namespace" {
	config '.linux.namespaces |= (map(select(.type != "cgroup")) + [{type: "cgroup"}])
		| .process.args = ["sh", "-c", "cat /proc/self/cgroup; find /sys/fs/cgroup -name cgroup.procs -maxdepth 2"]'
	run "$OCIRUN" --root "$ROOT" --cgroup-manager disabled run "$ID"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *:/$'\n'* ]]
	[[ "$output" == */sys/fs/cgroup*/cgroup.procs* ]]
	none_exist $(dirs "$ID")
}

@test "--cgroup-manager disabled: what needs a cgroup is refused" {
	del_mount /sys/fs/cgroup
	config '.linux.resources.pids.limit = 5'
	run "$OCIRUN" --root "$ROOT" --cgroup-manager disabled run "$ID"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ "${lines[-1]}" == */linux/resources/pids*disabled* ]]
}

# ---- --rootless ----------------------------------------------------------------------------

# Hierarchies that nobody may write to.
RDONLY='for h in /sys/fs/cgroup /sys/fs/cgroup/*; do
	[ ! -e "$h/cgroup.procs" ] || { mount --bind "$h" "$h"; mount -o remount,bind,ro "$h"; }
	[ ! -e /sys/fs/cgroup/cgroup.procs ] || break
done;'

@test "--rootless: without permission a config that asks for nothing goes on unless it is false" {
	requires cgroupfs
	config '.linux.resources = {} | .process.args = ["echo", "up"]'
	del_mount /sys/fs/cgroup
	for auto in "" --rootless=auto --rootless= --rootless=true; do
		run world private "$RDONLY oci $auto run \$ID"
		echo "$auto: $output"
		[ "$status" -eq 0 ]
		[ "$output" = up ]
	done
	run world private "$RDONLY oci --rootless=false run \$ID"
	echo "$output"
	[ "$status" -eq 1 ]
	last "unable to apply cgroup configuration" "ead-only file system"
}

@test "--rootless=true: device rules that cannot be enforced are left out, limits are not" {
	requires cgroupfs
	config '.process.args = ["echo", "up"]'
	del_mount /sys/fs/cgroup
	run world private "$RDONLY oci run \$ID"
	echo "$output"
	[ "$status" -eq 1 ]
	last /linux/resources/devices
	run world private "$RDONLY oci --rootless=true run \$ID"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = up ]
	config '.linux.resources.pids.limit = 5'
	run world private "$RDONLY oci --rootless=true run \$ID"
	echo "$output"
	[ "$status" -eq 1 ]
	last /linux/resources/pids/limit "rootless needs no limits"
}

@test "--rootless: a word that it does not know is refused" {
	run oci --rootless=maybe run "$ID"
	[ "$status" -eq 1 ]
	last maybe "'true', 'false' or 'auto'"
}

@test "no cgroup file system at all: a start that asks for nothing works" {
	del_mount /sys/fs/cgroup
	config '.linux.resources = {} | .process.args = ["echo", "up"]'
	run world private 'umount -R -l /sys/fs/cgroup; oci run "$ID"'
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = up ]
}

@test "no cgroup file system at all: the default config says what is missing" {
	run world private 'umount -R -l /sys/fs/cgroup; oci run "$ID"'
	echo "$output"
	[ "$status" -eq 1 ]
	[[ "${lines[-1]}" == *cgroup* ]]
	[[ "${lines[-1]}" == */linux/resources/devices* || "${lines[-1]}" == */mounts/6* ]]
	config '.linux.resources.pids.limit = 5'
	run world private 'umount -R -l /sys/fs/cgroup; oci run "$ID"'
	[[ "${lines[-1]}" == */linux/resources/* ]]
	config '.linux.resources = {}'
	config --arg p "/$ID" '.linux.cgroupsPath = $p'
	run world private 'umount -R -l /sys/fs/cgroup; oci run "$ID"'
	[[ "${lines[-1]}" == */linux/cgroupsPath* || "${lines[-1]}" == */mounts/6* ]]
}

@test "v1 hierarchies without a cgroup2 tree beside them" {
	[ "$(cgroup_layout)" = v1 ] || skip "requires cgroup v1 hierarchies"
	config '.linux.resources.devices = [{allow: false, access: "rwm"}] |
		.linux.resources.pids.limit = 20 | .process.args = ["sh", "-c",
		"cat /sys/fs/cgroup/pids/pids.max; ls /sys/fs/cgroup; mknod /dev/x c 1 11; exec 3</dev/x"]'
	add_caps MKNOD SYSLOG
	run world private '
		for m in $(awk "/ - cgroup2/ { print \$5 }" /proc/self/mountinfo); do umount "$m"; done
		oci run "$ID"
		find /sys/fs/cgroup -name "*$ID*"'
	echo "$output"
	[ "${lines[0]}" = 20 ]
	[[ "$output" == *"Operation not permitted"* ]]
	[[ "$output" != */sys/fs/cgroup/*$ID* ]]
	none_exist $(dirs "$ID")
}

@test "only the cgroup2 tree of a hybrid host" {
	[ "$(cgroup_layout)" = v1 ] || skip "requires cgroup v1 hierarchies"
	tree=$(awk '/ - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
	[ -n "$tree" ] || skip "requires a cgroup2 tree beside v1"
	del_mount /sys/fs/cgroup
	config '.process.args = ["cat", "/proc/self/cgroup"]'
	run world private '
		for m in $(awk "/ - cgroup / { print \$5 }" /proc/self/mountinfo); do umount "$m"; done
		oci run "$ID"'
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *"0::"*"$ID"* ]]
	none_exist $(dirs "$ID")
}

@test "cgroup file systems that are read-only" {
	requires cgroupfs
	run world private '
		for m in $(awk "/ - cgroup/ { print \$5 }" /proc/self/mountinfo); do
			mount -o remount,bind,ro "$m"
		done
		oci run "$ID"'
	echo "$output"
	[ "$status" -eq 1 ]
	[[ "${lines[-1]}" == *"read-only"* ]]
	del_mount /sys/fs/cgroup
	config '.linux.resources = {} | .process.args = ["echo", "up"]'
	run world private '
		for m in $(awk "/ - cgroup/ { print \$5 }" /proc/self/mountinfo); do
			mount -o remount,bind,ro "$m"
		done
		oci run "$ID"'
	echo "$output"
	[ "$status" -eq 0 ]
}

# ---- cgroup2: what others own ----------------------------------------------------------------

# A controller of this tree, its limit as a config, and the file.
some_limit() {
	local have
	have=$(cat /sys/fs/cgroup/cgroup.controllers)
	case " $have " in
	*' pids '*) CTRL=pids LIMIT='{pids: {limit: 25}}' LIMIT_FILE=pids.max ;;
	*' hugetlb '*) CTRL=hugetlb LIMIT_FILE=hugetlb.2MB.max
		LIMIT='{hugepageLimits: [{pageSize: "2MB", limit: 4194304}]}' ;;
	*) skip "requires the controller pids or hugetlb in cgroup2" ;;
	esac
}

# In a cgroup namespace whose root holds us: nobody delegated controllers to us,
# and those above are out of sight.
nested() {
	local box=/sys/fs/cgroup/box-$ID
	mkdir -p "$box"
	OPT=$1 OCIRUN=$OCIRUN ROOT=$ROOT ID=$ID BOX=$box sh -c '
		echo $$ >"$BOX/cgroup.procs"
		exec unshare -C -m --propagation private sh -ec "
			umount -R -l /sys/fs/cgroup
			mount -t cgroup2 -o $OPT none /sys/fs/cgroup
			oci() { timeout -k 5 30 \"\$OCIRUN\" --root \"\$ROOT\" \"\$@\"; }
			$0"' "$2"
}

@test "cgroup2 in a container without delegation: what is not asked does not fail" {
	requires cgroupfs cgroup2
	OTHER=/sys/fs/cgroup/box-$ID
	del_ns cgroup
	config '.process.args = ["cat", "/proc/self/cgroup"]'
	run nested rw 'oci run $ID; ls -d /sys/fs/cgroup/$ID 2>/dev/null || echo removed'
	echo "$output"
	[[ "$output" == *"0::/$ID"*removed ]]
	# the cgroup that we are in is left as it is, also where it could be made threaded
	[ "$(cat "$OTHER/cgroup.type")" = domain ]
	[ -z "$(cat "$OTHER/cgroup.subtree_control")" ]
	config '.linux.resources = {}'
	run nested rw 'oci run $ID'
	[ "$status" -eq 0 ]
	run nested ro 'oci run $ID'
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *"0::/"* ]]
}

@test "cgroup2 in a container without delegation: what is asked says who is in the way" {
	requires cgroupfs cgroup2
	OTHER=/sys/fs/cgroup/box-$ID
	some_limit
	config ".linux.resources = $LIMIT"
	run nested rw 'oci run $ID'
	echo "$output"
	[ "$status" -eq 1 ]
	last "/linux/resources/" "'$CTRL'" "device or resource busy" "holds processes itself" "sh"
	run nested ro 'oci run $ID'
	echo "$output"
	[ "$status" -eq 1 ]
	last "/linux/resources/" "read-only file system" "'/sys/fs/cgroup' is mounted read-only"
	config '.linux.resources = {}' --arg p "/in/$ID"
	config --arg p "/in/$ID" '.linux.cgroupsPath = $p'
	run nested ro 'oci run $ID'
	[ "$status" -eq 1 ]
	last "/linux/cgroupsPath" "read-only file system"
}

@test "cgroup2: nothing is changed above a delegated subtree" {
	requires cgroupfs cgroup2 python3
	some_limit
	local top=/sys/fs/cgroup/top-$ID
	mkdir -p "$top/mine"
	OTHER="$top/mine $top"
	grep -qw "$CTRL" "$top/cgroup.controllers" || skip "requires $CTRL below the root"
	python3 -c 'import os, sys; os.setxattr(sys.argv[1], "trusted.delegate", b"1")' "$top/mine"
	config --arg p "/top-$ID/mine/c" '.linux.cgroupsPath = $p | .linux.resources = {}'
	start
	[ -z "$(cat "$top/cgroup.subtree_control")" ]
	oci delete --force "$ID"
	config ".linux.resources = $LIMIT"
	run oci run "$ID"
	echo "$output"
	[ "$status" -eq 1 ]
	last /linux/resources/ "'$CTRL' is not available" "'$top/mine' was delegated without it"
	[ -z "$(cat "$top/cgroup.subtree_control")" ]
	# its owner passes it on
	echo "+$CTRL" >"$top/cgroup.subtree_control"
	start
	[ "$(cat "$top/mine/c/$LIMIT_FILE")" -gt 1 ]
	[[ "$(cat "$top/mine/cgroup.subtree_control")" == *"$CTRL"* ]]
	oci delete --force "$ID"
	# without the mark the whole way is ours
	echo "-$CTRL" >"$top/mine/cgroup.subtree_control"
	echo "-$CTRL" >"$top/cgroup.subtree_control"
	python3 -c 'import os, sys; os.removexattr(sys.argv[1], "trusted.delegate")' "$top/mine"
	start
	[[ "$(cat "$top/cgroup.subtree_control")" == *"$CTRL"* ]]
	oci delete --force "$ID"
}

@test "cgroup2: a threaded target, and one below it, is refused" {
	requires cgroupfs cgroup2
	local top=/sys/fs/cgroup/top-$ID
	mkdir -p "$top/threads/below"
	OTHER="$top/threads/below $top/threads $top"
	echo threaded >"$top/threads/cgroup.type"
	config --arg p "/top-$ID" '.linux.cgroupsPath = $p'
	refused /linux/cgroupsPath "'$top'" "in domain threaded mode"
	config --arg p "/top-$ID/threads" '.linux.cgroupsPath = $p'
	refused /linux/cgroupsPath "'$top/threads'" "in threaded mode" "'$top' is the root"
	config --arg p "/top-$ID/threads/below" '.linux.cgroupsPath = $p'
	refused /linux/cgroupsPath "in an invalid state" "'$top' is the root"
	config --arg p "/top-$ID/threads/new" '.linux.cgroupsPath = $p'
	refused /linux/cgroupsPath "in an invalid state" "'$top' is the root"
	[ ! -e "$top/threads/new" ]
	[ -d "$top/threads/below" ]
	# with somebody in it
	sleep 1000 3>&- &
	other=$!
	echo "$other" >"$top/cgroup.procs"
	echo "$other" >"$top/threads/cgroup.threads"
	config --arg p "/top-$ID/threads" '.linux.cgroupsPath = $p'
	refused /linux/cgroupsPath "not empty: 1 process(es)" "$other (sleep)"
	kill -0 "$other"
	kill "$other"
}

@test "what only cgroup v1 has: an error that names property, controller and reason" {
	requires cgroup2
	local row
	for row in 'memory/swappiness|{memory: {swappiness: 5}}|memory' \
		'memory/disableOOMKiller|{memory: {disableOOMKiller: true}}|memory' \
		'memory/kernel|{memory: {kernel: 1000000}}|memory' \
		'cpu/realtimeRuntime|{cpu: {realtimeRuntime: 1000}}|cpu' \
		'blockIO/leafWeight|{blockIO: {leafWeight: 100}}|io' \
		'network/classID|{network: {classID: 5}}|net_cls' \
		'network/priorities/0|{network: {priorities: [{name: "lo", priority: 1}]}}|net_prio'; do
		IFS='|' read -r at res ctrl <<<"$row"
		config ".linux.resources = $res"
		refused "/linux/resources/$at: " "controller '$ctrl'"
		! grep -qw "$ctrl" /sys/fs/cgroup/cgroup.controllers ||
			[[ "${lines[-1]}" == *"cgroup v2 has no equivalent ("* ]]
	done
}

# ---- a joined cgroup namespace -------------------------------------------------------------

# What the container has of control groups, and the options that the host has then. A
# tmpfs gets the next free device number each time.
cgroup_mounts() {
	oci run "$ID" | sed -n 's/^[0-9]* [0-9]* //; s/^[0-9:]* \(.* - tmpfs \)/\1/; /cgroup/p'
	sed -n 's/.* - cgroup2 /host /p' /proc/self/mountinfo
}

@test "joining the host's cgroup namespace: mounts as without one, the host's options stay" {
	del_mount /sys/fs/cgroup
	add_mount /sys/fs/cgroup cgroup cgroup nosuid,noexec,nodev,ro
	[ ! -d /sys/fs/cgroup/unified ] ||
		add_mount /c2 cgroup2 cgroup2 nosuid,noexec,nodev,ro
	mkdir -p "$BUNDLE/rootfs/c2"
	config '.process.args = ["cat", "/proc/self/mountinfo"] |
		.linux.namespaces |= map(select(.type != "cgroup"))'
	without=$(cgroup_mounts)
	config '.linux.namespaces += [{type: "cgroup", path: "/proc/self/ns/cgroup"}]'
	joined=$(cgroup_mounts)
	echo "without: $without"
	echo "joined: $joined"
	[ "$(tail -n 1 <<<"$joined")" = "$(tail -n 1 <<<"$without")" ]
	[ "${joined//$ID/ID}" = "${without//$ID/ID}" ]
}

@test "nsdelegate and other options of the host's cgroup2 outlive every kind of mount" {
	local before where=/sys/fs/cgroup
	[ ! -d /sys/fs/cgroup/unified ] || where=/c2
	mkdir -p "$BUNDLE/rootfs/c2"
	before=$(sed -n 's/.* - cgroup2 [^ ]* //p' /proc/self/mountinfo | head -n 1)
	[[ "$before" == *,* ]] || skip "requires a cgroup2 mount with options such as nsdelegate"
	del_mount /sys/fs/cgroup
	add_mount "$where" cgroup2 cgroup2 nosuid,noexec,nodev
	config --arg w "$where" \
		'.process.args = ["sed", "-n", "s|.* \($w) .* - cgroup2 [^ ]* ||p", "/proc/self/mountinfo"]'
	for ns in '' '{type: "cgroup"}' '{type: "cgroup", path: "/proc/self/ns/cgroup"}'; do
		config ".linux.namespaces |= map(select(.type != \"cgroup\")) + [$ns]"
		run oci run "$ID"
		echo "${ns:-no namespace}: $output"
		[ "$status" -eq 0 ]
		[ "$output" = "$before" ]
		[ "$(sed -n 's/.* - cgroup2 [^ ]* //p' /proc/self/mountinfo | head -n 1)" = "$before" ]
	done
}
