#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# runtime-spec config-linux.md "Offset for Time Namespace"; time_namespaces(7).

load helpers
load container

setup() {
	setup_bundle
	requires timens
}

teardown() {
	teardown_bundle
}

uptime_of_host() {
	cut -d . -f 1 /proc/uptime
}

@test "boottime and monotonic are shifted, for the program and for exec" {
	add_ns time
	config '.linux.timeOffsets = {boottime: {secs: 1000000, nanosecs: 5},
			monotonic: {secs: 2000000}} |
		.process.args = ["sleep", "100"]'
	oci run -d "$ID" >/dev/null 2>&1
	run oci exec "$ID" sh -c 'cat /proc/self/timens_offsets; cut -d . -f 1 /proc/uptime'
	echo "$output"
	[[ "${lines[0]}" =~ ^monotonic\ +2000000\ +0$ ]]
	[[ "${lines[1]}" =~ ^boottime\ +1000000\ +5$ ]]
	diff=$((lines[2] - $(uptime_of_host) - 1000000))
	[ "$diff" -ge -3 ] && [ "$diff" -le 3 ]
	# and the first process is in it, not only its children
	pid=$(oci state "$ID" | jq .pid)
	[ "$(readlink "/proc/$pid/ns/time")" = "$(readlink "/proc/$pid/ns/time_for_children")" ]
	[ "$(readlink "/proc/$pid/ns/time")" != "$(readlink /proc/self/ns/time)" ]
}

@test "the first process sees the offset" {
	add_ns time
	config '.linux.timeOffsets = {boottime: {secs: 500000}}'
	works 'cut -d . -f 1 /proc/uptime'
	[ "$output" -ge "$((500000 + $(uptime_of_host) - 5))" ]
}

@test "negative offsets, and one that would go below zero" {
	add_ns time
	config '.linux.timeOffsets = {boottime: {secs: -1}, monotonic: {secs: -1, nanosecs: 999999999}}'
	works 'cat /proc/self/timens_offsets'
	[[ "$output" == *"-1"*999999999* ]]
	config '.linux.timeOffsets = {boottime: {secs: -100000000}}'
	refused /linux/timeOffsets: "boottime -100000000" "negative"
}

@test "a time namespace without offsets" {
	add_ns time
	works 'readlink /proc/self/ns/time'
	[ "$output" != "$(readlink /proc/self/ns/time)" ]
}

@test "joined by path" {
	add_ns time
	config '.linux.timeOffsets = {boottime: {secs: 700000}} | .process.args = ["sleep", "100"]'
	oci run -d "$ID" >/dev/null 2>&1
	pid=$(oci state "$ID" | jq .pid)
	add_ns time "/proc/$pid/ns/time"
	config 'del(.linux.timeOffsets) | .process.args = ["cut", "-d", ".", "-f", "1", "/proc/uptime"]'
	run oci run "$ID-2"
	echo "$output"
	[ "$output" -ge 700000 ]
}

@test "offsets without a time namespace, with a path, of an unknown clock, bad nanoseconds" {
	config '.linux.timeOffsets = {boottime: {secs: 1}}'
	refused /linux/timeOffsets "time namespace"
	add_ns time /proc/self/ns/time
	refused /linux/timeOffsets "path"
	add_ns time
	config '.linux.timeOffsets = {realtime: {secs: 1}}'
	refused /linux/timeOffsets "realtime"
	config '.linux.timeOffsets = {boottime: {secs: 1, nanosecs: 1000000000}}'
	refused /linux/timeOffsets "nanosec"
}

@test "with a user namespace of its own" {
	requires userns
	add_ns time
	map_users
	config '.linux.timeOffsets = {boottime: {secs: 300000}}'
	works 'cut -d . -f 1 /proc/uptime'
	[ "$output" -ge 300000 ]
}
