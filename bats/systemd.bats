#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The systemd cgroup driver: units, their properties, their end. Most of it needs a
# machine that systemd has booted: `make check-vm VMFLAGS=bats/systemd.bats`.
# shellcheck disable=SC2154,SC2030,SC2031 # status and output are of bats' `run`

bats_require_minimum_version 1.5.0
load helpers
load container

setup() {
	setup_bundle
	UNIT=ocirun-$ID.scope
	OTHER=
	# where the units are: on v1 the hierarchy of pids stands for all
	TREE=/sys/fs/cgroup
	[ "$(cgroup_layout)" = v2 ] || TREE=/sys/fs/cgroup/pids
}

teardown() {
	[ -z "$OTHER" ] || systemctl stop "$OTHER" 2>/dev/null || true
	teardown_bundle
	[ ! -d /run/systemd/system ] || no_unit
}

# No unit of this test is left.
no_unit() {
	local left
	left=$(systemctl list-units --all --no-legend "*$ID*")
	[ -z "$left" ] || {
		echo "units left behind: $left" >&2
		return 1
	}
}

sd() {
	oci --systemd-cgroup "$@"
}

start() {
	config '.process.args = ["sleep", "1000"]'
	sd run -d "$ID" >"$TESTDIR/start" 2>&1 || {
		cat "$TESTDIR/start"
		return 1
	}
	pid=$(oci state "$ID" | jq .pid)
	dir=$(jq -r '.cgroup_paths | .pids // .[""]' "$ROOT/$ID/state.json")
}

# prop NAME VALUE: of the unit.
prop() {
	local got
	got=$(systemctl show -p "$1" --value "$UNIT")
	[ "$got" = "$2" ] || {
		echo "$1 of $UNIT: got '$got', wanted '$2'"
		return 1
	}
}

# controller NAME: file() looks at its hierarchy.
controller() {
	dir=$(jq -r --arg c "$1" '.cgroup_paths[$c]' "$ROOT/$ID/state.json")
}

# file NAME VALUE: of the cgroup.
file() {
	local got
	got=$(cat "$dir/$1")
	[ "$got" = "$2" ] || {
		echo "$dir/$1: got '$got', wanted '$2'"
		return 1
	}
}

refused_sd() {
	local text
	run timeout -k 5 60 "$OCIRUN" --root "$ROOT" --systemd-cgroup run "$ID"
	echo "$output"
	[ "$status" -ne 0 ] && [ "$status" -lt 124 ]
	for text in "$@"; do
		[[ "${lines[-1]}" == *"$text"* ]]
	done
	[ ! -e "$ROOT/$ID" ]
}

@test "without systemd: a clear error" {
	[ ! -d /run/systemd/system ] || skip "requires a host without systemd"
	refused_sd "systemd not running on this host, cannot use systemd cgroups manager"
}

@test "cgroupsPath that names no unit" {
	config '.linux.cgroupsPath = "/a/b"'
	refused_sd "/linux/cgroupsPath: expected cgroupsPath to be of format" "slice:prefix:name" "for systemd cgroups" /a/b
	config '.linux.cgroupsPath = "a:b:c"'
	refused_sd "/linux/cgroupsPath: invalid slice name 'a'"
	config '.linux.cgroupsPath = "a.slice:b:../c"'
	refused_sd "/linux/cgroupsPath: 'b-../c.scope' cannot be the name of a systemd unit"
}

@test "annotations that run programs or act on others are refused" {
	local name
	for name in ExecStop OnFailure Wants FailureAction PIDs Slice; do
		config --arg k "org.systemd.property.$name" '.annotations = {($k): "true"}'
		refused_sd "/annotations/org.systemd.property.$name" "not allowed"
	done
	config '.annotations = {"org.systemd.property.TimeoutStopSec": "soon"}'
	refused_sd "value parse error"
	# They mean nothing to the other driver.
	[ "${OCIRUN_DRIVER-}" = systemd ] || run -0 oci run "$ID"
}

@test "default unit: ocirun-ID.scope in system.slice" {
	requires systemd
	start
	[ "$dir" = "$TREE/system.slice/$UNIT" ]
	jq -r '.cgroup_paths[]' "$ROOT/$ID/state.json" >"$TESTDIR/paths"
	while read -r path; do
		[[ "$path" == */system.slice/$UNIT ]]
		grep -qx "$pid" "$path/cgroup.procs"
	done <"$TESTDIR/paths"
	prop ControlGroup "/system.slice/$UNIT"
	prop Slice system.slice
	prop Delegate yes
	prop DefaultDependencies no
	prop Description "ocirun container $ID"
	[ "$(jq -r .ocirun.cgroup_unit "$ROOT/$ID/state.json")" = "system:$UNIT" ]
	# What systemd does not pass on is there as well.
	[ "$(cgroup_layout)" = v1 ] ||
		[ "$(cat "$dir/cgroup.controllers")" = "$(cat /sys/fs/cgroup/cgroup.controllers)" ]
	oci delete --force "$ID"
	while read -r path; do
		[ ! -e "$path" ]
	done <"$TESTDIR/paths"
	no_unit
}

@test "called by the name runc: runc-ID.scope" {
	requires systemd
	ln -s "$OCIRUN" "$TESTDIR/runc"
	config '.process.args = ["sleep", "1000"]'
	"$TESTDIR/runc" --root "$ROOT" --systemd-cgroup run -d "$ID" >"$TESTDIR/start" 2>&1
	systemctl is-active "runc-$ID.scope"
}

@test "slice:prefix:name, slices are made and go" {
	requires systemd
	local slice=bats-s$$-b.slice
	config --arg p "$slice:pre:$ID" '.linux.cgroupsPath = $p'
	UNIT=pre-$ID.scope
	start
	[ "$dir" = "$TREE/bats.slice/bats-s$$.slice/$slice/$UNIT" ]
	prop Slice "$slice"
	oci delete --force "$ID"
	[ ! -e "$dir" ]
	OTHER="$slice bats-s$$.slice bats.slice"
}

@test "an id with a + is escaped" {
	requires systemd
	ID=$ID+x
	UNIT="ocirun-${ID%+x}\\x2bx.scope"
	start
	prop ControlGroup "/system.slice/$UNIT"
}

@test "--cgroup-manager systemd is the same, and other commands know it" {
	requires systemd
	config '.process.args = ["sleep", "1000"]'
	oci --cgroup-manager systemd run -d "$ID" >"$TESTDIR/start" 2>&1
	[ "$(systemctl show -p ActiveState --value "$UNIT")" = active ]
	oci kill "$ID" KILL
	wait_for 5 is_status "$ID" stopped
	oci delete "$ID"
	no_unit
}

@test "limits are the same in unit and cgroup" {
	requires systemd cgroup2
	config '.linux.resources += {
		memory: {limit: 33554432, swap: 50331648, reservation: 16777216},
		cpu: {shares: 512, quota: 2000, period: 3000, cpus: "0", mems: "0"},
		pids: {limit: 30}}'
	start
	prop MemoryMax 33554432
	prop MemoryLow 16777216
	prop MemorySwapMax 16777216
	prop CPUWeight 59
	prop CPUQuotaPerSecUSec 670ms
	prop CPUQuotaPeriodUSec 3ms
	prop AllowedCPUs 0
	prop AllowedMemoryNodes 0
	prop TasksMax 30
	file memory.max 33554432
	file memory.low 16777216
	file cpu.weight 59
	file cpu.max "2010 3000"
	file cpuset.cpus 0
	file pids.max 30
	# systemd looks at its units again; nothing changes.
	systemctl daemon-reload
	systemctl set-property --runtime "$UNIT" CPUWeight=60
	file memory.max 33554432
	file cpu.max "2010 3000"
	file pids.max 30
}

@test "cgroup v1: limits are the same in unit and cgroup" {
	requires systemd cgroup1
	config '.linux.resources += {
		memory: {limit: 33554432},
		cpu: {shares: 512, quota: 2000, period: 3000, cpus: "0", mems: "0"},
		pids: {limit: 30}}'
	start
	# again and again: systemd looks at its units, and nothing changes
	for again in "" daemon-reload "set-property --runtime $UNIT CPUShares=512"; do
		[ -z "$again" ] || systemctl $again
		prop MemoryLimit 33554432
		prop CPUShares 512
		prop CPUQuotaPerSecUSec 670ms
		prop CPUQuotaPeriodUSec 3ms
		prop TasksMax 30
		controller memory
		file memory.limit_in_bytes 33554432
		controller cpu
		file cpu.shares 512
		file cpu.cfs_quota_us 2010
		file cpu.cfs_period_us 3000
		controller cpuset
		file cpuset.cpus 0
		file cpuset.mems 0
		controller pids
		file pids.max 30
	done
}

@test "cgroup v1: update, all or nothing, unit and cgroup" {
	requires systemd cgroup1
	config '.linux.resources += {memory: {limit: 33554432}, pids: {limit: 30}}'
	start
	oci update --memory 67108864 --pids-limit 40 --cpu-quota 50000 --cpu-period 100000 --cpu-share 200 "$ID"
	prop MemoryLimit 67108864
	prop TasksMax 40
	prop CPUQuotaPerSecUSec 500ms
	prop CPUShares 200
	file pids.max 40
	controller cpu
	file cpu.cfs_quota_us 50000
	file cpu.shares 200
	controller memory
	file memory.limit_in_bytes 67108864
	run ! oci update --pids-limit 50 --cpuset-cpus 4000 "$ID"
	echo "$output"
	prop TasksMax 40
	controller pids
	file pids.max 40
	oci update --pids-limit -1 --memory -1 "$ID"
	prop TasksMax infinity
	prop MemoryLimit infinity
	file pids.max max
	controller memory
	[ "$(cat "$dir/memory.limit_in_bytes")" -gt $((1 << 60)) ]
}

@test "unified is in unit and cgroup" {
	requires systemd cgroup2
	config '.linux.resources.unified = {
		"memory.max": "41943040", "memory.high": "20971520", "memory.min": "131072",
		"pids.max": "99", "cpu.max": "5000 10000", "cpu.weight": "60",
		"memory.oom.group": "1", "cgroup.max.depth": "3"}'
	start
	prop MemoryMax 41943040
	prop MemoryHigh 20971520
	prop MemoryMin 131072
	prop TasksMax 99
	prop CPUWeight 60
	prop CPUQuotaPerSecUSec 500ms
	prop OOMPolicy kill
	file memory.high 20971520
	file cpu.max "5000 10000"
	file memory.oom.group 1
	file cgroup.max.depth 3
}

@test "update: all or nothing, unit and cgroup" {
	requires systemd cgroup2
	config '.linux.resources += {memory: {limit: 33554432}, pids: {limit: 30}}'
	start
	oci update --memory 67108864 --pids-limit 40 --cpu-quota 50000 --cpu-period 100000 "$ID"
	prop MemoryMax 67108864
	prop TasksMax 40
	prop CPUQuotaPerSecUSec 500ms
	file memory.max 67108864
	file pids.max 40
	file cpu.max "50000 100000"
	run ! oci update --pids-limit 50 --cpuset-cpus 4000 "$ID"
	echo "$output"
	prop TasksMax 40
	file pids.max 40
	oci update --pids-limit -1 --memory -1 "$ID"
	prop TasksMax infinity
	prop MemoryMax infinity
	file memory.max max
}

@test "cpu.idle has no weight, and a weight ends it" {
	requires systemd cgroup2
	[ -e /sys/fs/cgroup/system.slice/cpu.idle ] || skip "requires cpu.idle (Linux 5.15)"
	start
	run -0 oci update --cpu-share 200 --cpu-idle 1 "$ID"
	[[ "$output" == *"unable to apply both"* ]]
	file cpu.idle 1
	oci update --cpu-share 200 "$ID"
	file cpu.idle 0
	file cpu.weight 29
	run -0 oci update -r - "$ID" <<<'{"unified": {"cpu.idle": "1", "cpu.weight": "8"}}'
	[[ "$output" == *"unable to apply both"* ]]
	file cpu.idle 1
	oci update -r - "$ID" <<<'{"unified": {"cpu.weight": "8"}}'
	file cpu.idle 0
	file cpu.weight 8
}

# no_cgroups NAME: none of that name in any hierarchy, nor anything below
no_cgroups() {
	[ -z "$(find /sys/fs/cgroup -type d -name "$1" 2>/dev/null)" ]
}

# The process is where the limits are: a cgroup2 directory with processes cannot give
# controllers to children, so nobody may stay in the scope.
@test "run.oci.systemd.subgroup: the container is below the scope, with its limits" {
	requires systemd
	config '.annotations."run.oci.systemd.subgroup" = "container/deep"
		| .linux.resources.pids.limit = 20'
	start
	[[ "$dir" == */"$UNIT"/container/deep ]]
	file cgroup.procs "$pid"
	file pids.max 20
	prop TasksMax 20
	[ -z "$(cat "${dir%/container/deep}/cgroup.procs")" ]
	oci exec "$ID" true
	oci exec -d "$ID" sleep 1000
	[ "$(oci ps -f json "$ID" | jq length)" = 2 ]
	oci pause "$ID"
	is_status "$ID" paused
	oci resume "$ID"
	oci update --pids-limit 30 "$ID"
	file pids.max 30
	prop TasksMax 30
	oci delete -f "$ID"
	# also where systemd does not know the hierarchy
	wait_for 10 no_cgroups "$UNIT"
	no_unit
}

@test "run.oci.systemd.subgroup and delegate-cgroup together" {
	requires systemd cgroup2
	config '.annotations."run.oci.systemd.subgroup" = "container"
		| .annotations."run.oci.delegate-cgroup" = "own"
		| .linux.resources.pids.limit = 20'
	start
	[[ "$dir" == */"$UNIT"/container ]]
	[ "$(cat "$dir/own/cgroup.procs")" = "$pid" ]
	file pids.max 20
	[ "$(cat "$dir/own/pids.max")" = max ]
	[[ " $(cat "$dir/own/cgroup.controllers") " == *" memory "* ]]
	[ "$(oci exec "$ID" sh -c 'cat /proc/self/cgroup')" = 0::/own ]
	oci delete -f "$ID"
	no_unit
}

@test "run.oci.systemd.subgroup: empty is none, .. is refused" {
	config '.annotations."run.oci.systemd.subgroup" = "../x"'
	run sd run "$ID"
	[ "$status" -eq 1 ]
	[[ "${lines[-1]}" == */annotations/run.oci.systemd.subgroup* ]]
	requires systemd
	config '.annotations."run.oci.systemd.subgroup" = ""'
	start
	[[ "$dir" == */"$UNIT" ]]
	oci delete -f "$ID"
}

@test "annotations become properties" {
	requires systemd
	config '.annotations = {
		"org.systemd.property.TimeoutStopSec": "uint32 7",
		"org.systemd.property.CollectMode": "'"'inactive-or-failed'"'",
		"org.systemd.property.After": "['"'basic.target'"']"}'
	start
	prop TimeoutStopUSec 7s
	prop CollectMode inactive-or-failed
	[[ "$(systemctl show -p After --value "$UNIT")" == *basic.target* ]]
}

@test "a property that systemd does not know is named" {
	requires systemd
	config '.annotations = {"org.systemd.property.Nonsense": "true"}'
	refused_sd "unable to start unit '$UNIT'" Nonsense
}

@test "device rules hold, also when systemd has reloaded" {
	requires systemd
	applets mknod
	config '.process.capabilities |= with_entries(.value += ["CAP_MKNOD"]) | .root.readonly = false'
	start
	oci exec "$ID" sh -c 'echo x >/dev/null && mknod /dev/kmsgx c 1 11'
	run ! oci exec "$ID" head -c1 /dev/kmsgx
	echo "$output"
	[[ "$output" == *"not permitted"* ]]
	systemctl daemon-reload
	oci exec "$ID" sh -c 'echo x >/dev/null && head -c1 /dev/zero >/dev/null'
	run ! oci exec "$ID" head -c1 /dev/kmsgx
	echo "$output"
	[[ "$output" == *"not permitted"* ]]
	prop NeedDaemonReload no
}

@test "pause, resume, ps, exec into the unit" {
	requires systemd
	start
	oci pause "$ID"
	is_status "$ID" paused
	if [ "$(cgroup_layout)" = v1 ]; then
		controller freezer
		file freezer.state FROZEN
	else
		file cgroup.freeze 1
	fi
	oci resume "$ID"
	is_status "$ID" running
	oci exec "$ID" cat /proc/self/cgroup >"$TESTDIR/of-exec"
	# the same as init's, whose namespace may have its root there
	diff "/proc/$pid/cgroup" "$TESTDIR/of-exec" || ! grep -v ':/$' "$TESTDIR/of-exec"
	[ "$(oci ps --format json "$ID")" = "[$pid]" ]
	oci pause "$ID"
	oci delete --force "$ID"
	no_unit
}

@test "a program that ends: nothing is left, with and without delete" {
	requires systemd
	sd run "$ID"
	no_unit
	config '.process.args = ["sh", "-c", "exit 3"]'
	run -3 sd run "$ID"
	no_unit
	sd create "$ID" >"$TESTDIR/out" 2>&1
	[ "$(systemctl show -p ActiveState --value "$UNIT")" = active ]
	oci start "$ID"
	wait_for 5 is_status "$ID" stopped
	oci delete "$ID"
}

@test "a failed unit of this name is no obstacle, and goes with the container" {
	requires systemd
	config '.annotations = {
		"org.systemd.property.RuntimeMaxSec": "1",
		"org.systemd.property.TimeoutStopSec": "1"}'
	start
	wait_for 10 is_status "$ID" stopped
	prop ActiveState failed
	# Somebody else's state directory, so that the unit stays for the next.
	oci delete "$ID"
	no_unit
	start
	wait_for 10 is_status "$ID" stopped
	rm -r "${ROOT:?}/$ID"
	prop ActiveState failed
	config 'del(.annotations)'
	start
	prop ActiveState active
}

@test "another's unit of this name is left alone" {
	requires systemd
	systemd-run --quiet --scope --unit "$UNIT" sleep 100 &
	OTHER=$UNIT
	wait_for 10 systemctl is-active --quiet "$UNIT"
	refused_sd "container's cgroup is not empty"
	systemctl is-active "$UNIT"
	# … also if it is not where ours would be.
	systemctl stop "$UNIT"
	wait_for 10 no_unit
	systemd-run --quiet --scope --slice bats$$.slice --unit "$UNIT" sleep 100 &
	wait_for 10 systemctl is-active --quiet "$UNIT"
	refused_sd "unable to start unit '$UNIT'" UnitExists "choose another cgroupsPath"
	systemctl is-active "$UNIT"
	systemctl stop "$UNIT" bats$$.slice
	wait_for 10 no_unit
}

@test "a failing hook: no unit is left" {
	requires systemd
	config '.hooks.createRuntime = [{path: "/bin/false"}]'
	refused_sd createRuntime
	no_unit
}

@test "a runtime that is killed in a hook leaves what delete --force removes" {
	requires systemd
	config '.hooks.createRuntime = [{path: "/bin/sleep", args: ["sleep", "1000"]}]'
	sd create "$ID" >"$TESTDIR/out" 2>&1 &
	wait_for 20 systemctl is-active --quiet "$UNIT"
	[ "$(jq -r .ocirun.cgroup_unit "$ROOT/$ID/state.json")" = "system:$UNIT" ]
	kill -KILL $!
	wait $! || true
	oci delete --force "$ID"
	no_unit
}

@test "the cgroup is the container's user's, if it has a namespace of its own" {
	requires systemd cgroup2
	map_users
	add_ns cgroup
	config '(.mounts[] | select(.destination == "/sys/fs/cgroup") | .options) |= map(select(. != "ro"))'
	start
	[ "$(stat -c %u "$dir" "$dir/cgroup.procs" "$dir/cgroup.subtree_control" | sort -u)" = 100000 ]
	[ "$(stat -c %u "$dir/memory.max")" = 0 ]
	oci exec "$ID" sh -c 'mkdir /sys/fs/cgroup/a && echo 0 >/sys/fs/cgroup/a/cgroup.procs'
}

@test "a bus that does not answer: an error in its time, twice" {
	requires systemd python3
	local begin=$SECONDS
	# It takes connections, and that is all.
	python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(5)
open(sys.argv[1] + ".ready", "w"); time.sleep(200)' \
		"$TESTDIR/bus" &
	server=$!
	wait_for 10 test -e "$TESTDIR/bus.ready"
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$TESTDIR/bus
	refused_sd "no answer from 'unix:path=$TESTDIR/bus'" "waited for"
	[ $((SECONDS - begin)) -lt 45 ]
	unset DBUS_SYSTEM_BUS_ADDRESS
	start
	# The processes go, the record stays until systemd has been told.
	DBUS_SYSTEM_BUS_ADDRESS=unix:path=$TESTDIR/bus run ! oci delete --force "$ID"
	[[ "$output" == *"cannot stop unit '$UNIT': no answer"* ]]
	is_gone "$pid"
	[ -e "$ROOT/$ID/state.json" ]
	oci delete "$ID"
	kill "$server"
}

@test "over the message bus instead of the private socket" {
	requires systemd
	[ -S /run/dbus/system_bus_socket ] || skip "requires a system bus"
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/dbus/system_bus_socket
	start
	prop ActiveState active
	oci update --pids-limit 40 "$ID"
	prop TasksMax 40
	oci delete --force "$ID"
	no_unit
}

@test "many at once" {
	requires systemd
	local i
	config '.process.args = ["sleep", "1000"]'
	for i in 1 2 3 4 5 6 7 8; do
		sd run -d "$ID-$i" >"$TESTDIR/out$i" 2>&1 &
	done
	wait
	cat "$TESTDIR"/out*
	[ "$(oci list -q | wc -l)" = 8 ]
	[ "$(systemctl list-units --no-legend "ocirun-$ID-*" | wc -l)" = 8 ]
	for i in 1 2 3 4 5 6 7 8; do
		oci delete --force "$ID-$i" &
	done
	wait
	no_unit
}

# ---- rootless ----

# as_user COMMAND...: as a user whose systemd runs.
as_user() {
	setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups \
		env -u DBUS_SESSION_BUS_ADDRESS HOME=/tmp \
		XDG_RUNTIME_DIR="/run/user/$USER_ID" "$@"
}

rootless_setup() {
	requires systemd cgroup2
	local bus
	USER_ID=
	for bus in /run/user/*/bus; do
		[ ! -S "$bus" ] || USER_ID=$(stat -c %u "$bus")
		[ "${USER_ID:-0}" = 0 ] || break
	done
	[ "${USER_ID:-0}" != 0 ] || skip "requires a user with a systemd of its own (loginctl enable-linger)"
	chmod 755 "$TESTDIR" "$BUNDLE"
	rm -f config.json
	chown -R "$USER_ID:$USER_ID" "$TESTDIR"
	as_user "$OCIRUN" spec --rootless
	config '.process.terminal = false | .process.args = ["sleep", "1000"]'
	chown "$USER_ID" config.json
}

uoci() {
	as_user timeout -k 5 60 "$OCIRUN" --root "$ROOT" "$@"
}

@test "rootless: a scope of the user's manager, with limits" {
	rootless_setup
	[[ " $(cat "/sys/fs/cgroup/user.slice/user-$USER_ID.slice/user@$USER_ID.service/cgroup.controllers") " == *" memory "* ]] ||
		skip "requires memory to be delegated to user@.service"
	config '.linux.resources = {memory: {limit: 33554432}, pids: {limit: 30}}'
	uoci --systemd-cgroup run -d "$ID" >"$TESTDIR/start" 2>&1 || {
		cat "$TESTDIR/start"
		return 1
	}
	dir=$(jq -r '.cgroup_paths[""]' "$ROOT/$ID/state.json")
	[ "$dir" = "/sys/fs/cgroup/user.slice/user-$USER_ID.slice/user@$USER_ID.service/user.slice/$UNIT" ]
	[ "$(jq -r .ocirun.cgroup_unit "$ROOT/$ID/state.json")" = "user:$UNIT" ]
	file memory.max 33554432
	file pids.max 30
	[ "$(as_user systemctl --user show -p MemoryMax --value "$UNIT")" = 33554432 ]
	# From elsewhere in the tree only systemd can move a process here.
	uoci exec "$ID" sleep 500 &
	wait_for 10 eval '[ "$(wc -l <"$dir/cgroup.procs")" = 2 ]'
	uoci update --pids-limit 40 "$ID"
	file pids.max 40
	uoci pause "$ID"
	uoci resume "$ID"
	uoci delete --force "$ID"
	[ ! -e "$dir" ]
	[ -z "$(as_user systemctl --user list-units --all --no-legend "*$ID*")" ]
}

@test "rootless: no bus of the user's is said so" {
	rootless_setup
	run ! as_user env XDG_RUNTIME_DIR=/nonexistent "$OCIRUN" --root "$ROOT" --systemd-cgroup run "$ID"
	echo "$output"
	[[ "$output" == *"no systemd user bus for uid $USER_ID"*linger* ]]
}
