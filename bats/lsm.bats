#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Labels: apparmorProfile of run and exec (runtime-spec config.md), and what a host without
# AppArmor or SELinux says: an error that names the property, never a container without
# the label. selinux.bats has the rest of SELinux.

load helpers
load container
load process

setup() {
	setup_bundle
	config '.root.readonly = false'
	PROFILE=
}

teardown() {
	local p
	for p in $PROFILE; do
		printf 'profile %s { }\n' "$p" | apparmor_parser -R 2>/dev/null || true
	done
	teardown_bundle
}

has_apparmor() {
	[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ]
}
needs_apparmor() {
	has_apparmor || skip "requires AppArmor"
	command -v apparmor_parser >/dev/null || skip "requires apparmor_parser"
}
has_selinux() {
	[ -e /sys/fs/selinux/enforce ]
}

# profile SUFFIX [RULES]: load a profile of this test's; its name in $NAME
profile() {
	NAME=ocirun-$ID-$1
	printf 'profile %s flags=(attach_disconnected,mediate_deleted%s) {
		file, capability, network, mount, umount, signal, ptrace, unix,
		%s
	}\n' "$NAME" "${3-}" "${2-}" | apparmor_parser -r
	PROFILE="$PROFILE $NAME"
}

# confined PROFILE: the last `run` printed it as its own
confined() {
	[ "${lines[-1]}" = "$1" ] || {
		echo "wanted: $1"
		echo "got: $output"
		return 1
	}
}

# ---- AppArmor --------------------------------------------------------------------

@test "apparmorProfile confines the program, and only what it denies fails" {
	needs_apparmor
	profile a 'deny /tmp/denied w,'
	config --arg p "$NAME" '.process.apparmorProfile = $p'
	args sh -c 'echo x >/tmp/allowed && echo allowed; echo x >/tmp/denied || echo denied
		cat /proc/self/attr/current'
	run oci run "$ID"
	code 0
	[[ "$output" == *allowed*denied* ]]
	confined "$NAME (enforce)"
	[ ! -e rootfs/tmp/denied ]
}

@test "apparmorProfile for a user, with no_new_privs, in a user namespace, without capabilities" {
	needs_apparmor
	profile a
	args cat /proc/self/attr/current
	config --arg p "$NAME" '.process.apparmorProfile = $p |
		.process.user = {uid: 1000, gid: 1000} | .process.noNewPrivileges = true'
	run oci run "$ID"
	confined "$NAME (enforce)"
	config '.process.noNewPrivileges = false | .process.capabilities = {}'
	run oci run "$ID"
	confined "$NAME (enforce)"
	map_users
	run oci run "$ID"
	confined "$NAME (enforce)"
	config '.process.user = {uid: 0, gid: 0}'
	run oci run "$ID"
	confined "$NAME (enforce)"
}

@test "apparmorProfile in complain mode, stacked, unconfined" {
	needs_apparmor
	profile c "" ,complain
	local first=$NAME
	args cat /proc/self/attr/current
	config --arg p "$NAME" '.process.apparmorProfile = $p'
	run oci run "$ID"
	confined "$NAME (complain)"
	profile s
	config --arg p "$NAME//&$first" '.process.apparmorProfile = $p'
	run oci run "$ID"
	code 0
	[[ "$output" == *"$NAME"* && "$output" == *"$first"* ]]
	config '.process.apparmorProfile = "unconfined"'
	run oci run "$ID"
	confined unconfined
}

@test "apparmorProfile of create: in force from start on" {
	needs_apparmor
	profile a
	config --arg p "$NAME" '.process.apparmorProfile = $p | .process.args = ["sleep", "1000"]'
	oci create "$ID" >"$TESTDIR/out" 2>&1 </dev/null
	oci start "$ID"
	pid=$(oci state "$ID" | jq .pid)
	[ "$(cat "/proc/$pid/attr/current")" = "$NAME (enforce)" ]
}

@test "exec has the container's profile, or its own" {
	needs_apparmor
	profile a
	local first=$NAME
	config --arg p "$NAME" '.process.apparmorProfile = $p'
	sleeper
	run oci exec "$ID" cat /proc/self/attr/current
	confined "$first (enforce)"
	run oci exec --user 1000 "$ID" cat /proc/self/attr/current
	confined "$first (enforce)"
	profile b
	run oci exec --apparmor "$NAME" "$ID" cat /proc/self/attr/current
	confined "$NAME (enforce)"
	jq --arg p "$NAME" '.process | .apparmorProfile = $p |
		.args = ["cat", "/proc/self/attr/current"]' config.json >"$TESTDIR/process.json"
	run oci exec --process "$TESTDIR/process.json" "$ID"
	confined "$NAME (enforce)"
	# of a process.json without one
	jq 'del(.apparmorProfile)' "$TESTDIR/process.json" >"$TESTDIR/p2.json"
	run oci exec --process "$TESTDIR/p2.json" "$ID"
	confined "$first (enforce)"
}

@test "a profile that is not loaded" {
	needs_apparmor
	config '.process.apparmorProfile = "no-such-profile"'
	refused /process/apparmorProfile no-such-profile "is not loaded"
	config 'del(.process.apparmorProfile)'
	sleeper
	run oci exec --apparmor no-such-profile "$ID" true
	code 255
	last no-such-profile "is not loaded"
}

@test "the profile is in force where the image has a /proc/self/attr of its own" {
	needs_apparmor
	profile a
	config --arg p "$NAME" '.process.apparmorProfile = $p |
		del(.linux.maskedPaths, .linux.readonlyPaths)'
	del_mount /proc
	mkdir -p rootfs/proc/self/attr/apparmor rootfs/proc/thread-self/attr/apparmor
	for f in self/attr/exec self/attr/apparmor/exec thread-self/attr/apparmor/exec; do
		echo fake >"rootfs/proc/$f"
	done
	config '.process.args = ["sleep", "1000"]'
	oci run -d "$ID" >"$TESTDIR/out" 2>&1 </dev/null
	pid=$(oci state "$ID" | jq .pid)
	[ "$(cat "/proc/$pid/attr/current")" = "$NAME (enforce)" ]
	[ "$(cat rootfs/proc/self/attr/exec rootfs/proc/self/attr/apparmor/exec | sort -u)" = fake ]
}

@test "without AppArmor a profile is an error" {
	! has_apparmor || skip "requires a host without AppArmor"
	config '.process.apparmorProfile = "p"'
	refused /process/apparmorProfile "AppArmor is not enabled"
	config 'del(.process.apparmorProfile)'
	sleeper
	run oci exec --apparmor p "$ID" true
	code 255
	last "AppArmor is not enabled"
	# an empty one asks for nothing
	oci delete -f "$ID"
	config '.process.apparmorProfile = ""'
	args true
	oci run "$ID"
}

# ---- SELinux ---------------------------------------------------------------------

@test "without SELinux a label is an error" {
	! has_selinux || skip "requires a host without SELinux"
	config '.process.selinuxLabel = "a:b:c:d"'
	refused /process/selinuxLabel "selinux label is specified in config, but" "disabled"
	config 'del(.process.selinuxLabel) | .linux.mountLabel = "a:b:c:d"'
	refused /linux/mountLabel "selinux is disabled"
	config '.linux.mountLabel = ""'
	args true
	oci run "$ID"
	sleeper
	run oci exec --process-label a:b:c:d "$ID" true
	code 255
	last "selinux label is specified in config, but"
}
