#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# linux.intelRdt. What needs the hardware is tried on a directory that looks like
# resctrl, which only a build with --enable-faults takes for it (OCIRUN_RESCTRL).

load helpers
load faults

setup() {
	setup_faults
}

teardown() {
	teardown_bundle
}

# refused POINTER TEXT: in this order in the last line.
refused() {
	run oci run "$ID"
	[ "$status" -eq 1 ]
	[[ "${lines[-1]}" == *"$1: "*"${2-}"* ]]
	[ ! -e "$ROOT/$ID" ]
}

without() {
	[ ! -d /sys/fs/resctrl ] || skip "requires a host without resctrl"
}

# imitation: $FS is where resctrl is.
imitation() {
	OCIRUN_UNPROTECT='?' "$OCIRUN" list >/dev/null 2>&1 &&
		skip "requires a build with --enable-faults"
	FS=$TESTDIR/resctrl
	export OCIRUN_RESCTRL=$FS
	mkdir -p "$FS/info/"{L3,MB,L3_MON} "$FS/mon_groups"
	echo fff >"$FS/info/L3/cbm_mask"
	echo 10 >"$FS/info/MB/bandwidth_gran"
	echo llc_occupancy >"$FS/info/L3_MON/mon_features"
	printf '    MB:0=100\n    L3:0=fff\n' >"$FS/schemata"
	: >"$FS/tasks"
}

# An administrator's group.
group() {
	mkdir -p "$FS/$1/mon_groups"
	: >"$FS/$1/tasks"
	printf '    MB:0=100\n    L3:0=%s\n' "$2" >"$FS/$1/schemata"
}

init_pid() {
	oci state "$ID" | jq .pid
}

@test "without resctrl it is refused, with the property, the fact and the way out" {
	without
	config '.linux.intelRdt = {}'
	refused /linux/intelRdt "intelRdt is specified in config, but Intel RDT is not enabled (there is no /sys/fs/resctrl"
	config '.linux.intelRdt = {closID: "/", enableMonitoring: true}'
	refused /linux/intelRdt "intelRdt is specified in config, but Intel RDT is not enabled"
	config '.linux.intelRdt = null'
	oci run -d "$ID" >/dev/null 2>&1
	oci state "$ID" >/dev/null
}

@test "mistakes are found on every host" {
	for id in . .. a/b /a; do
		config --arg id "$id" '.linux.intelRdt = {closID: $id}'
		refused /linux/intelRdt/closID "invalid intelRdt.ClosID"
		[[ "${lines[-1]}" == *"\"$id\\"* ]]
	done
	config '.linux.intelRdt = {memBwSchema: "L3:0=f"}'
	refused /linux/intelRdt/memBwSchema "must be one line that starts with MB:"
	config '.linux.intelRdt = {schemata: ["L2:0=f", "a\nb"]}'
	refused /linux/intelRdt/schemata/1 "must not contain newlines"
	config '.linux.intelRdt = {closID: 1}'
	refused /linux/intelRdt/closID
}

@test "update: neither the host nor the container has it" {
	without
	oci run -d "$ID" >/dev/null 2>&1
	run oci update --l3-cache-schema L3:0=f "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"Intel RDT/CAT: l3 cache schema is not enabled (there is no /sys/fs/resctrl"* ]]
	run oci update --mem-bw-schema MB:0=50 "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"Intel RDT/MBA: memory bandwidth schema is not enabled"* ]]
}

@test "a group of its own: create, exec, events, update, delete" {
	imitation
	config '.linux.intelRdt = {l3CacheSchema: "L3:0=f", memBwSchema: "MB:0=50",
		schemata: ["L2:0=3"], enableMonitoring: true}'
	oci create "$ID" >/dev/null 2>&1
	[ "$(<"$FS/$ID/tasks")" = "$(init_pid)" ]
	[ "$(<"$FS/$ID/mon_groups/$ID/tasks")" = "$(init_pid)" ]
	[ "$(<"$FS/$ID/schemata")" = $'L3:0=f\nMB:0=50\nL2:0=3' ]
	[ "$(jq -r .intel_rdt_path "$ROOT/$ID/state.json")" = "$FS/$ID" ]
	[ "$(jq -r .intel_rdt_mon_path "$ROOT/$ID/state.json")" = "$FS/$ID/mon_groups/$ID" ]
	oci start "$ID"
	oci exec "$ID" true
	[ "$(<"$FS/$ID/tasks")" != "$(init_pid)" ]
	[ "$(<"$FS/$ID/mon_groups/$ID/tasks")" = "$(<"$FS/$ID/tasks")" ]
	oci events --stats "$ID" >"$TESTDIR/events"
	[ "$(jq -c .data.intel_rdt.schemata "$TESTDIR/events")" = '["L3:0=f","MB:0=50","L2:0=3"]' ]
	[ "$(jq -r .data.intel_rdt.l3_cache_info.cbm_mask "$TESTDIR/events")" = fff ]
	oci update --l3-cache-schema L3:0=7 --mem-bw-schema MB:0=20 "$ID"
	[ "$(head -c 15 "$FS/$ID/schemata")" = $'L3:0=7\nMB:0=20' ]
	oci delete --force "$ID"
	[ ! -e "$FS/$ID" ]
	[ -e "$FS/tasks" ]
}

@test "closID: shared, compared, and never removed" {
	imitation
	group gold 3f
	config '.linux.intelRdt = {closID: "silver"}'
	refused /linux/intelRdt/closID "clos dir not accessible"
	config '.linux.intelRdt = {closID: "gold", l3CacheSchema: "L3:0=ff"}'
	refused /linux/intelRdt/l3CacheSchema
	[[ "${lines[-1]}" == *"has 'L3:0=3f', but 'L3:0=ff' is asked for"* ]]
	[ ! -s "$FS/gold/tasks" ]
	config '.linux.intelRdt = {closID: "gold", l3CacheSchema: "L3:0=03F", enableMonitoring: true}'
	oci run -d "$ID" >/dev/null 2>&1
	[ "$(<"$FS/gold/tasks")" = "$(init_pid)" ]
	[ -e "$FS/gold/mon_groups/$ID/tasks" ]
	oci delete --force "$ID"
	[ -e "$FS/gold/schemata" ]
	[ ! -e "$FS/gold/mon_groups/$ID" ]
	config '.linux.intelRdt = {closID: "/"}'
	oci run -d "$ID" >/dev/null 2>&1
	[ "$(<"$FS/tasks")" = "$(init_pid)" ]
	oci delete --force "$ID"
	config '.linux.intelRdt = {closID: "info"}'
	refused /linux/intelRdt/closID "'$FS/info' is no resctrl group"
	config '.linux.intelRdt = {closID: "new", schemata: ["L3:0=1"]}'
	oci run -d "$ID" >/dev/null 2>&1
	oci delete --force "$ID"
	[ "$(<"$FS/new/schemata")" = L3:0=1 ]
}

@test "update needs intelRdt in the config" {
	imitation
	oci run -d "$ID" >/dev/null 2>&1
	run oci update --l3-cache-schema L3:0=f "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"updating a non-existent Intel RDT configuration is not supported"* ]]
}

@test "a start that fails leaves no group" {
	imitation
	for what in '{enableMonitoring: true}' '{closID: "made", schemata: ["L3:0=1"]}'; do
		config ".linux.intelRdt = $what | .process.args = [\"/nosuch\"]"
		run oci run "$ID"
		[ "$status" -ne 0 ]
		[ ! -e "$FS/$ID" ]
		[ ! -e "$FS/made/mon_groups/$ID" ]
	done
}

kill_create() {
	strike -k "$1" "${strike_opts[@]}" -- create "$ID"
	one_delete && groups_are
}

# Nothing but what was there.
groups_are() {
	local left
	left=$(find "$FS" -mindepth 1 -maxdepth 1 -type d ! -name info ! -name mon_groups ! -name gold ! -name '.*')
	left+=$(find "$FS" -path '*mon_groups/*' -name "$ID")
	[ -z "$left" ] || echo "left: $left"
	[ -z "$left" ] && [ -e "$FS/gold/schemata" ]
}

@test "the runtime killed: delete --force removes what was made" {
	imitation
	group gold fff
	for what in '{schemata: ["L3:0=1"], enableMonitoring: true}' \
		'{closID: "gold", l3CacheSchema: "L3:0=fff", enableMonitoring: true}'; do
		config ".linux.intelRdt = $what"
		for call in mkdirat fsetxattr flock write renameat; do
			strike_opts=(-s "$call")
			k=$(calls -s "$call" -- create "$ID")
			me delete --force "$ID"
			groups_are
			strike_opts+=(-a)
			[ "$k" -eq 0 ] || rounds kill_create "$k" 8
		done
	done
}
