#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# runtime-spec config.md, "Process": user, capabilities, noNewPrivileges, as
# /proc/self/status shows them. Bits: CAP_KILL 5 (0x20), CAP_NET_BIND_SERVICE 10
# (0x400), CAP_NET_RAW 13 (0x2000).

load helpers
load process

setup() {
	setup_bundle
	args cat /proc/self/status
	config '.process.noNewPrivileges = false'
}

teardown() {
	teardown_bundle
}

# caps BND EFF PRM INH AMB: the low 16 bits of the last `run`'s sets, in hex
caps() {
	local set
	for set in CapBnd CapEff CapPrm CapInh CapAmb; do
		is_field "$set" "000000000000$1" || return 1
		shift
	done
}

mixed='.process.capabilities = {
	bounding: ["CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW"],
	permitted: ["CAP_KILL", "CAP_NET_RAW"], effective: ["CAP_KILL"],
	inheritable: ["CAP_NET_RAW"]}'

# ---- ids --------------------------------------------------------------------------

@test "uid and gid: real, effective, saved, file system" {
	config '.process.user = {"uid": 1000, "gid": 1001}'
	run oci run "$ID"
	code 0
	is_field Uid "1000 1000 1000 1000"
	is_field Gid "1001 1001 1001 1001"
}

@test "additional groups, and none of the caller's" {
	config '.process.user = {"uid": 0, "gid": 5}'
	run setpriv --groups 77,78 "$OCIRUN" --root "$ROOT" run "$ID"
	code 0
	is_field Groups ""
	config '.process.user.additionalGids = [30, 10, 20, 4294967294]'
	run oci run "$ID"
	code 0
	is_field Groups "10 20 30 4294967294"
}

@test "ids out of range are errors of the config" {
	config '.process.user.uid = 4294967295'
	run oci run "$ID"
	code 1
	last /process/user/uid 4294967295
	config '.process.user = {"uid": 0, "gid": 4294967296}'
	run oci run "$ID"
	code 1
	last /process/user/gid
	config '.process.user = {"uid": 0, "gid": 0, "additionalGids": [1, -1]}'
	run oci run "$ID"
	code 1
	last /process/user/additionalGids/1
	config '.process.user = {"uid": "root", "gid": 0}'
	run oci run "$ID"
	code 1
	last /process/user/uid "expected" "string"
}

@test "ids that the user namespace does not map" {
	requires userns
	config '.linux.namespaces += [{"type": "user"}] |
		.linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 10}] |
		.linux.gidMappings = [{"containerID": 0, "hostID": 100000, "size": 10}]'
	chown -R 100000:100000 rootfs
	chmod 0711 "$TESTDIR"
	run oci run "$ID"
	code 0
	is_field Uid "0 0 0 0"
	config '.process.user.uid = 10'
	run oci run "$ID"
	code 1
	last "unmapped uid 10"
	config '.process.user = {"uid": 0, "gid": 11}'
	run oci run "$ID"
	code 1
	last "unmapped gid 11"
}

@test "the user owns stdin, stdout and stderr where they are pipes" {
	config '.process.user = {"uid": 1000, "gid": 1000}'
	args sh -c 'echo reopened >/dev/stderr; stat -L -c %u /proc/self/fd/1'
	run oci run "$ID"
	code 0
	# two pipes: which comes first is open
	[ "$(sort <<<"$output")" = $'1000\nreopened' ]
	# but the host's /dev/null stays root's
	oci run "$ID" </dev/null >/dev/null 2>&1
	[ "$(stat -c %u /dev/null)" -eq 0 ]
}

# ---- capabilities -----------------------------------------------------------------

@test "root: execve gives what is bounding or inheritable" {
	config "$mixed"
	run oci run "$ID"
	code 0
	caps 2420 2420 2420 2000 0000
}

@test "root with noNewPrivileges: execve adds nothing" {
	config "$mixed | .process.noNewPrivileges = true"
	run oci run "$ID"
	code 0
	caps 2420 2020 2020 2000 0000
}

@test "another user: execve leaves none" {
	config "$mixed"' | .process.user = {"uid": 1000, "gid": 1000}'
	run oci run "$ID"
	code 0
	caps 2420 0000 0000 2000 0000
}

@test "ambient ones stay for another user" {
	config "$mixed"' | .process.user = {"uid": 1000, "gid": 1000} |
		.process.capabilities.ambient = ["CAP_NET_RAW"]'
	run oci run "$ID"
	code 0
	caps 2420 2000 2000 2000 2000
}

@test "ambient ones that are not inheritable: a warning, not more" {
	config "$mixed"' | .process.user = {"uid": 1000, "gid": 1000} |
		.process.capabilities.ambient = ["CAP_KILL", "CAP_NET_RAW"]'
	run oci run "$ID"
	code 0
	caps 2420 2000 2000 2000 2000
	[[ "$output" == *level=warning*CAP_KILL* ]]
}

@test "empty sets" {
	config '.process.capabilities = {}'
	run oci run "$ID"
	code 0
	caps 0000 0000 0000 0000 0000
	# and what that means
	args hostname other
	run oci run "$ID"
	[ "$status" -ne 0 ]
}

@test "without the object root keeps what the runtime has" {
	config 'del(.process.capabilities)'
	run oci run "$ID"
	code 0
	bnd=$(field CapBnd)
	eff=$(field CapEff)
	output=$(cat /proc/self/status)
	[ "$bnd" = "$(field CapBnd)" ]
	[ "$eff" = "$(field CapEff)" ]
	config '.process.user = {"uid": 1000, "gid": 1000}'
	run oci run "$ID"
	is_field CapEff 0000000000000000
	is_field CapPrm 0000000000000000
}

@test "all that there are" {
	caps=$(capsh --decode="$(sed -n 's/^CapEff:\t//p' /proc/self/status)" | sed 's/.*=//' |
		tr ',' '\n' | jq -R 'ascii_upcase' | jq -sc .)
	config --argjson c "$caps" '.process.capabilities = {bounding: $c, effective: $c, permitted: $c}'
	run oci run "$ID"
	code 0
	eff=$(field CapEff)
	output=$(cat /proc/self/status)
	[ "$eff" = "$(field CapEff)" ]
}

@test "unknown names: one warning, the rest counts" {
	config '.process.capabilities = {bounding: ["CAP_KILL", "CAP_NOPE", "cap_net_raw"],
		effective: ["CAP_NOPE"]}'
	run oci run "$ID"
	code 0
	caps 0020 0020 0020 0000 0000
	[ "$(grep -c level=warning <<<"$output")" -eq 1 ]
	[[ "$output" == *"ignoring unknown or unavailable capabilities: [CAP_NOPE cap_net_raw]"* ]]
	[[ "$output" == *"upper-case"* ]]
}

@test "inheritable outside of bounding is an error that names it" {
	config '.process.capabilities = {inheritable: ["CAP_NET_RAW"]}'
	run oci run "$ID"
	code 1
	last /process/capabilities/inheritable CAP_NET_RAW
}

@test "exec has the container's sets" {
	config "$mixed"' | .process.capabilities.ambient = ["CAP_NET_RAW"]'
	sleeper
	run oci exec "$ID" cat /proc/self/status
	caps 2420 2420 2420 2000 2000
	run oci exec --user 1000 "$ID" cat /proc/self/status
	caps 2420 2000 2000 2000 2000
}

@test "a process of another user may not become more" {
	config '.process.user = {"uid": 1000, "gid": 1000} | .process.noNewPrivileges = true'
	rm rootfs/bin/busybox
	cp "$(command -v busybox)" rootfs/bin/busybox
	chmod u+s rootfs/bin/busybox
	args id -u
	run oci run "$ID"
	code 0
	says 1000
	args grep NoNewPrivs /proc/self/status
	run oci run "$ID"
	is_field NoNewPrivs 1
	config '.process.noNewPrivileges = false'
	run oci run "$ID"
	is_field NoNewPrivs 0
	config 'del(.process.noNewPrivileges)'
	run oci run "$ID"
	is_field NoNewPrivs 0
}

# with_securebits BITS ARG...: ocirun as a service with SecureBits= runs it: all
# capabilities are ambient, since root has no others then.
with_securebits() {
	local bits=$1 caps
	shift
	caps=$(capsh --decode="$(sed -n 's/^CapEff:\t//p' /proc/self/status)")
	caps=+$(sed 's/.*=//; s/cap_//g; s/,/,+/g' <<<"$caps")
	setpriv --inh-caps="$caps" --ambient-caps="$caps" --securebits="$bits" \
		"$OCIRUN" --root "$ROOT" "$@"
}

@test "the caller's securebits are not the container's" {
	command -v setpriv >/dev/null && command -v capsh >/dev/null ||
		skip "requires setpriv and capsh"
	config "$mixed"' | .process.capabilities.effective = ["CAP_KILL", "CAP_NET_RAW"]'
	for bits in +noroot +noroot,+no_setuid_fixup +noroot,+no_setuid_fixup,+no_setuid_fixup_locked; do
		run with_securebits "$bits" run "$ID"
		code 0
		caps 2420 2420 2420 2000 0000
	done
	sleeper
	run with_securebits +noroot exec "$ID" cat /proc/self/status
	caps 2420 2420 2420 2000 0000
}

@test "locked securebits that take root's capabilities: no container" {
	command -v setpriv >/dev/null && command -v capsh >/dev/null ||
		skip "requires setpriv and capsh"
	run with_securebits +noroot,+noroot_locked run "$ID"
	echo "$output"
	code 1
	last /process/capabilities "securebits 0x3" "operation not permitted" "locked"
	# of no consequence
	run with_securebits +no_setuid_fixup,+no_setuid_fixup_locked run "$ID"
	code 0
}
