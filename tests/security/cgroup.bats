#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Control groups that are not the container's.

# shellcheck disable=SC2030,SC2031,SC2034 # variables of tests, used by attack.bash
load attack

setup() {
	setup_attack
}

teardown() {
	rmdir /sys/fs/cgroup/*/"outside-$ID" "/sys/fs/cgroup/outside-$ID" 2>/dev/null || true
	teardown_bundle
}

# writable: a mount of a control group that the container may write to
writable() {
	program 'grep " cgroup2\? rw[, ]" /proc/self/mounts'
	start
	[ "$status" -eq 0 ] && [[ "$output" == *cgroup* ]]
}

@test "CVE-2023-25809: without a cgroup namespace the host's groups are read-only" {
	requires userns
	del_ns cgroup
	map_users
	proof cgroup-readonly writable
	# the whole /sys bound, which brings the host's groups along
	del_mount /sys
	config '.mounts = [{destination: "/sys", type: "none", source: "/sys",
		options: ["rbind", "nosuid", "noexec", "nodev", "rro"]}] + .mounts'
	program 'mkdir /sys/fs/cgroup/x /sys/fs/cgroup/*/x 2>/dev/null && echo made
		grep "/sys/fs/cgroup.* rw[, ]" /proc/self/mounts | grep cgroup'
	start
	echo "$output"
	[[ "$output" != *made* && "$output" != *" rw"* ]]
}

# beside: the container runs in a group beside the one named by its path's parent
beside() {
	config --arg p "/inner-$ID/../outside-$ID/c-$ID" '.linux.cgroupsPath = $p'
	config '.process.args = ["cat", "/proc/self/cgroup"]'
	del_ns cgroup
	start
	[ "$status" -eq 0 ] && [[ "$output" == *"/outside-$ID/c-$ID"* ]]
}

@test "GHSA-5g49-rx9x-qfc6: '..' in cgroupsPath" {
	REFUSED="'..'"
	proof cgroup-names beside
}

# past_names FILTER: the config was not refused for the name in it
past_names() {
	config "$1"
	start
	[[ "$output" != *"$REFUSED"* ]]
}

@test "GHSA-5g49-rx9x-qfc6: '..' in names of files: page size and unified" {
	REFUSED="page size"
	proof cgroup-names past_names '.linux.resources = {hugepageLimits:
		[{pageSize: "../../x", limit: 1}]}'
	config 'del(.linux.resources.hugepageLimits)'
	REFUSED="unified resource"
	proof cgroup-names past_names '.linux.resources = {unified: {"../memory.max": "1"}}'
}

@test "GHSA-5g49-rx9x-qfc6: a limit of another group is not changed" {
	requires cgroup2
	mkdir "/sys/fs/cgroup/outside-$ID"
	[ -e "/sys/fs/cgroup/outside-$ID/pids.max" ] || skip "requires the pids controller"
	changes() {
		local now
		config --arg p "/c-$ID" --arg k "../outside-$ID/pids.max" \
			'.linux.cgroupsPath = $p | .linux.resources = {unified: {($k): "7"}}'
		start
		now=$(cat "/sys/fs/cgroup/outside-$ID/pids.max")
		echo max >"/sys/fs/cgroup/outside-$ID/pids.max"
		[ "$now" != max ]
	}
	proof cgroup-names changes
}

# sends_property NAME: an annotation is not refused; without systemd the start ends
# where it would be asked
sends_property() {
	config --arg k "org.systemd.property.$1" '.annotations = {($k): "true"}'
	run timeout -k 5 20 "$OCIRUN" --root "$ROOT" --systemd-cgroup run "$ID" </dev/null
	[[ "$output" != *"not allowed"* ]]
}

@test "CVE-2024-3154: annotations that make systemd run programs" {
	oci features | jq -e '.potentiallyUnsafeConfigAnnotations |
		index("org.systemd.property.")'
	# in a build without systemd there is nothing to be asked
	run sends_property ExecStart
	[[ "$output" != *"without systemd"* ]] || skip "requires a build with systemd"
	config '.linux.cgroupsPath = "system.slice:ocirun:" + "'"$ID"'"'
	REFUSED="not allowed"
	for name in ExecStart ExecStopPost BPFProgram OnFailure Slice DelegateControllers; do
		proof systemd-properties sends_property $name
	done
}
