#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Users and capabilities.

# shellcheck disable=SC2030,SC2031,SC2034 # variables of tests, used by attack.bash
load attack

setup() {
	setup_attack
}

teardown() {
	teardown_bundle
}

# field NAME: the value of a line of /proc/self/status in $output
field() {
	sed -n "s/^$1:[[:blank:]]*//p" <<<"$output"
}

# root_as USER: exec as USER is exec as root
root_as() {
	joined --user "$1" "$ID" id -u
	[ "$status" -eq 0 ] && [ "${lines[-1]}" = 0 ]
}

user_attack() {
	background || return 1
	root_as "$1"
}

@test "CVE-2016-3697: a name of digits in the image's passwd" {
	echo "1000:x:0:0::/:/bin/sh" >>rootfs/etc/passwd
	echo "nobody:x:0:0::/:/bin/sh" >>rootfs/etc/passwd
	proof numeric-user user_attack 1000
	REFUSED="names are not looked up"
	proof numeric-user user_attack nobody
}

@test "CVE-2026-30892, containerd CVE-2026-46680: numbers that are none" {
	REFUSED="is not a number"
	proof numeric-user user_attack 4294967296
	for user in '' : :2 abc 0x1 -1 99999999999999999999999 1x '1 ' 1:2:3 1: 4294967295; do
		background
		joined --user "$user" "$ID" id -u
		echo "'$user' $status $output"
		# an empty value is no value: the config's user
		if [ -z "$user" ]; then
			[ "$output" = 0 ]
		else
			[ "$status" -ne 0 ]
			[[ "$output" == *"$REFUSED"* ]]
		fi
		oci delete --force "$ID"
	done
}

@test "CVE-2026-30892: the numbers that are, and their groups" {
	background
	for user in 0:0=0:0 1=1:0 1:2=1:2 00042:0007=42:7 4294967294:4294967294=4294967294:4294967294; do
		joined --user "${user%=*}" "$ID" sh -c 'echo $(id -u):$(id -g)'
		echo "$user $output"
		[ "$output" = "${user#*=}" ]
	done
}

# gains_ambient: capabilities that survive execve of a user who has none
gains_ambient() {
	config '.process.user = {uid: 1000, gid: 1000} | .process.noNewPrivileges = false |
		.process.capabilities = {bounding: ["CAP_KILL"], permitted: ["CAP_KILL"],
			effective: ["CAP_KILL"]} | .process.args = ["grep", "Cap", "/proc/self/status"]'
	start
	[[ "$(field CapEff)$(field CapPrm)$(field CapInh)$(field CapAmb)" == *[1-9a-f]* ]]
}

@test "CVE-2016-8867: ambient capabilities that the config does not have" {
	proof ambient-asked gains_ambient
}

inherits() {
	config '.process.capabilities = {bounding: ["CAP_KILL"], permitted: ["CAP_KILL"],
		effective: ["CAP_KILL"], inheritable: []}'
	background || return 1
	joined "$@" "$ID" grep Cap /proc/self/status
	[[ "$(field CapInh)" == *[1-9a-f]* ]]
}

@test "CVE-2022-29162, CVE-2022-24769, CVE-2022-27650: exec --cap and the inheritable set" {
	proof exec-inheritable inherits --cap CAP_SYS_ADMIN
	proof exec-inheritable inherits --cap CAP_KILL --user 1000
	# and what spec writes
	"$OCIRUN" spec --bundle "$TESTDIR"
	[ "$(jq -c '.process.capabilities.inheritable // []' "$TESTDIR/config.json")" = '[]' ]
	[ "$(jq -c '.process.capabilities.ambient // []' "$TESTDIR/config.json")" = '[]' ]
	config '.process.args = ["cat", "/proc/self/status"]'
	start
	[ "$(field CapInh)" = 0000000000000000 ]
}

# gains_caps [ARG...]: a joining process has more than the container's
gains_caps() {
	local inside
	config '.process.capabilities = {bounding: ["CAP_KILL", "CAP_NET_RAW"],
		permitted: ["CAP_KILL", "CAP_NET_RAW"], effective: ["CAP_KILL"]}'
	background || return 1
	inside=$(cat "/proc/$(oci state "$ID" | jq .pid)/status")
	joined "$@" grep Cap /proc/self/status
	[ "$status" -eq 0 ] || return 1
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		[ "$(field $set)" = "$(output=$inside field $set)" ] || return 0
	done
	return 1
}

@test "CVE-2025-27612: a joining process gets the container's five sets" {
	config '.process.noNewPrivileges = true'
	proof exec-caps gains_caps "$ID"
	# the same with a process.json that leaves them out
	jq '{cwd: "/", args: ["/bin/grep", "Cap", "/proc/self/status"], user: {uid: 0, gid: 0},
		noNewPrivileges: true}' -n >"$TESTDIR/process.json"
	from_file() { gains_caps --process "$TESTDIR/process.json" "$ID"; }
	proof exec-caps from_file
}
