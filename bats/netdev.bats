#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# linux.netDevices: runtime-spec config-linux.md "Network Devices". The host's
# side is a network namespace of the test's own with one end of a veth pair.
# shellcheck disable=SC2030,SC2031 # output is of each test

load helpers
load container

setup() {
	setup_bundle
	command -v ip >/dev/null || skip "requires ip (iproute2)"
	unshare -n ip link add probe0 type veth peer name probe1 || skip "requires veth devices"
}

teardown() {
	teardown_bundle
}

# host SCRIPT: in a network namespace of its own with the pair dev0 (the
# container's to be), peer0; ID's container runs SCRIPT's oci.
host() {
	OCIRUN=$OCIRUN ROOT=$ROOT ID=$ID run unshare -n sh -ec '
		ip link set lo up
		ip link add dev0 type veth peer name peer0
		ip link add dev1 type veth peer name peer1
		ip link set peer0 up
		oci() { timeout -k 5 30 "$OCIRUN" --root "$ROOT" "$@"; }
		eval "$1"' host "$1"
	echo "$output"
}

devices() {
	config --argjson d "$1" '.linux.netDevices = $d'
}

script() {
	config --arg s "$1" '.process.args = ["sh", "-c", $s]'
}

see='ip -o link show; ip -o addr show'

@test "a device and its addresses move, it is up, and gone from the host" {
	devices '{"dev0": {}}'
	script "$see"
	host 'ip addr add 10.1.2.3/24 brd 10.1.2.255 dev dev0
		ip addr add 10.9.9.9 peer 10.9.9.1/32 dev dev0
		ip addr add fd00:1::5/64 dev dev0 nodad
		ip link set dev0 address 02:00:00:00:00:42 mtu 1321 up
		oci run "$ID"
		ip -o link show | grep -c " dev0" || true'
	[ "$status" -eq 0 ]
	grep -Eq '^[0-9]+: dev0[@:].*<[^>]*\bUP\b.*mtu 1321 .*02:00:00:00:00:42' <<<"$output"
	grep -q ' dev0 .*inet 10.1.2.3/24 brd 10.1.2.255 scope global dev0' <<<"$output"
	grep -q ' dev0 .*inet 10.9.9.9 peer 10.9.9.1/32 scope global dev0' <<<"$output"
	grep -q ' dev0 .*inet6 fd00:1::5/64 scope global' <<<"$output"
	[ "${lines[-1]}" = 0 ]
}

@test "another name, and a template that the kernel fills in" {
	devices '{"dev0": {"name": "eth0"}, "dev1": {"name": "port%d"}}'
	script "$see"
	host 'ip addr add 10.1.2.3/24 dev dev0
		ip addr add 10.1.3.3/24 dev dev1
		oci run "$ID"'
	[ "$status" -eq 0 ]
	grep -q ' eth0 .*inet 10.1.2.3/24' <<<"$output"
	grep -q ' port0 .*inet 10.1.3.3/24' <<<"$output"
	[ "$(grep -c 'dev[01]:' <<<"$output")" -eq 0 ]
}

@test "what is temporary or means something only here stays behind" {
	devices '{"dev0": {}}'
	script "$see"
	host 'ip link set dev0 up
		ip addr add 10.1.2.3/24 dev dev0
		ip addr add 10.7.7.7/24 dev dev0 scope link
		ip addr add 10.8.8.8/24 dev dev0 valid_lft 500 preferred_lft 500
		oci run "$ID"'
	[ "$status" -eq 0 ]
	grep -q ' dev0 .*inet 10.1.2.3/24' <<<"$output"
	[ "$(grep -c '10.7.7.7\|10.8.8.8' <<<"$output")" -eq 0 ]
}

@test "into a namespace that is joined, and with a user namespace" {
	devices '{"dev0": {"name": "eth0"}}'
	script "$see"
	host 'ip addr add 10.1.2.3/24 dev dev0
		unshare -n sleep 100 3>&- 4>&- &
		while [ "$(readlink /proc/$!/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do :; done
		jq --arg p "/proc/$!/ns/net" "(.linux.namespaces[] | select(.type == \"network\")) += {path: \$p}" \
			config.json >c2 && cp config.json c1 && mv c2 config.json
		oci run "$ID"
		nsenter -t $! -n ip -o addr show eth0 | grep -c 10.1.2.3/24
		kill $!'
	[ "$status" -eq 0 ]
	grep -q ' eth0 .*inet 10.1.2.3/24' <<<"$output"
	[ "${lines[-1]}" = 1 ]
	mv c1 config.json
	map_users
	host 'ip addr add 10.1.2.3/24 dev dev0; oci run "$ID"'
	[ "$status" -eq 0 ]
	grep -q ' eth0 .*inet 10.1.2.3/24' <<<"$output"
}

@test "sysctls and hooks find the device in the container" {
	devices '{"dev0": {"name": "eth0"}}'
	printf '#!/bin/sh\nexec nsenter -t "$(jq .pid)" -n ip -o link show eth0 >%s\n' "$TESTDIR/hook.out" \
		>"$TESTDIR/hook"
	chmod +x "$TESTDIR/hook"
	config --arg h "$TESTDIR/hook" '.linux.sysctl = {"net/ipv4/conf/eth0/forwarding": "1"} |
		.hooks.createRuntime = [{path: $h, env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]}]'
	script 'cat /proc/sys/net/ipv4/conf/eth0/forwarding'
	host 'oci run "$ID"'
	[ "$status" -eq 0 ]
	[ "$output" = 1 ]
	grep -q eth0 "$TESTDIR/hook.out"
}

# refusal TEXT... : the last line of the container's start
says() {
	local text
	for text in "$@"; do
		grep -q "level=error.*$text" <<<"$output" || { echo "no '$text'"; return 1; }
	done
	[ ! -e "$ROOT/$ID" ]
}

@test "a device that is not there: nothing is moved, no container is left" {
	devices '{"dev0": {}, "nodev": {}}'
	script true
	host 'ip addr add 10.1.2.3/24 dev dev0; ip link set dev0 up
		oci run "$ID" || true; ip -o addr show dev dev0; ip -o link show dev0'
	says "/linux/netDevices/nodev: " "link not found for interface 'nodev'"
	grep -q '10.1.2.3/24' <<<"$output"
	grep -q 'dev0.*[<,]UP' <<<"$output"
}

@test "a name that is taken: the device stays as it was" {
	devices '{"dev0": {"name": "lo"}}'
	script true
	host 'ip addr add 10.1.2.3/24 dev dev0; ip addr add fd00:1::5/64 dev dev0 nodad
		ip link set dev0 up
		oci run "$ID" || true; ip -o addr show dev dev0; ip -o link show dev0'
	says "/linux/netDevices/dev0: " "file exists" "there is a device 'lo'"
	grep -q '10.1.2.3/24' <<<"$output"
	grep -q 'fd00:1::5/64' <<<"$output"
	grep -q 'dev0.*[<,]UP' <<<"$output"
	devices '{"dev0": {"name": "eth0"}, "dev1": {"name": "eth0"}}'
	host 'oci run "$ID" || true; ip -o link show dev0'
	says "/linux/netDevices/dev1: " "file exists" "there is a device 'eth0'"
	grep -q '^[0-9]*: dev0' <<<"$output"
}

@test "a device that cannot leave, a bad name, no network namespace" {
	devices '{"lo": {"name": "lo2"}}'
	script true
	host 'oci run "$ID" || true; ip -o link show lo'
	says "/linux/netDevices/lo: " "cannot move network device 'lo'" "cannot leave its network namespace"
	grep -q 'lo.*[<,]UP' <<<"$output"
	devices '{"dev0": {"name": "a/b"}}'
	host 'oci run "$ID" || true'
	says "/linux/netDevices/dev0" 'invalid network device name'
	devices '{"dev0": {}}'
	del_ns network
	host 'oci run "$ID" || true'
	says "/linux/netDevices" 'without a NET namespace'
}

@test "features: netDevices and idmap are there" {
	[ "$(oci features | jq -c '[.linux.netDevices.enabled, .linux.mountExtensions.idmap.enabled]')" = "[true,true]" ]
}
