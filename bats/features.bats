#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# features: what it says is what happens.

load helpers

setup() {
	setup_bundle
	"$OCIRUN" features >"$TESTDIR/features"
}

teardown() {
	teardown_bundle
}

feature() {
	jq -r "$1" "$TESTDIR/features"
}

# agrees JQ CONFIG: the feature is "true" if and only if the config starts.
agrees() {
	config "$2"
	run oci run "$ID"
	if [ "$(feature "$1")" = true ]; then
		[[ "$output" != *"not supported by this version"* ]]
	else
		[ "$status" -eq 1 ]
		[[ "$output" == *"not supported by this version"* ||
			"$output" == *"built without"* ]]
	fi
}

@test "features is JSON with an indent of four" {
	[ "$(sed -n 2p "$TESTDIR/features")" = '    "ociVersionMin": "1.0.0",' ]
	jq --indent 4 . "$TESTDIR/features" | cmp - "$TESTDIR/features"
	[ "$(feature .ociVersionMax)" = 1.3.0 ]
	[ "$(feature '.hooks | length')" -eq 6 ]
}

@test "features needs no container, no root directory, and takes no argument" {
	run oci features extra
	[ "$status" -eq 1 ]
	[[ "$output" == *"requires exactly 0 argument"* ]]
	run "$OCIRUN" --root "$TESTDIR/nosuch" features
	[ "$status" -eq 0 ]
	[ ! -e "$TESTDIR/nosuch" ]
}

@test "seccomp" {
	agrees .linux.seccomp.enabled \
		'.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
			syscalls: [{names: ["chmod"], action: "SCMP_ACT_ERRNO"}]}'
}

@test "idmap" {
	agrees .linux.mountExtensions.idmap.enabled \
		'.mounts += [{destination: "/mnt", type: "bind", source: "/tmp",
			options: ["bind"],
			uidMappings: [{containerID: 0, hostID: 1000, size: 1}],
			gidMappings: [{containerID: 0, hostID: 1000, size: 1}]}]'
}

@test "intelRdt" {
	agrees .linux.intelRdt.enabled '.linux.intelRdt = {closID: "x"}'
	[ "$(feature '.linux.intelRdt | [.enabled, .schemata, .monitoring] | all')" = true ]
}

@test "netDevices" {
	agrees .linux.netDevices.enabled '.linux.netDevices = {nosuch0: {}}'
}

@test "systemd" {
	run oci --systemd-cgroup run "$ID"
	if [ "$(feature .linux.cgroup.systemd)" = false ]; then
		[ "$status" -eq 1 ]
		[[ "$output" == *"systemd"* ]]
	fi
}

@test "mount options" {
	for option in ro rro nosymfollow rprivate; do
		[ "$(feature ".mountOptions | index(\"$option\") != null")" = true ]
	done
	for option in $(feature '.mountOptions - ["remount", "bind", "rbind", "idmap", "ridmap"] | .[]'); do
		config --arg o "$option" '.mounts |=
			map(select(.destination != "/x")) +
			[{destination: "/x", type: "tmpfs", source: "tmpfs",
				options: [$o]}] | .root.readonly = false'
		run oci run "$ID"
		[ "$status" -eq 0 ] || { echo "$option: $output"; return 1; }
	done
}
