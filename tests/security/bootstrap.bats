#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The way from the parent to init, and errors that must not be lost on it.

# shellcheck disable=SC2030,SC2031,SC2034 # variables of tests, used by attack.bash
load attack

setup() {
	setup_attack
}

teardown() {
	teardown_bundle
}

# cut LENGTH: an argument that arrives shorter than it was
cut() {
	head -c "$1" /dev/zero | tr '\0' a >"$TESTDIR/long"
	config --rawfile l "$TESTDIR/long" '.process.args = ["sh", "-c", "echo length ${#1}", "sh", $l]'
	start
	[[ "$output" != *"length $1"* ]]
}

@test "CVE-2021-43784: lengths beyond 16 bits" {
	proof lengths cut 70000
	proof lengths cut 65536
	run cut 100000
	[ "$status" -ne 0 ]
	# many of them: 4000 variables, 300 arguments of 1000 bytes, 2000 masked paths
	config '.process.env += [range(4000) | "VARIABLE_\(.)=value of this one"] |
		.linux.maskedPaths = [range(2000) | "/none/of/these/\(.)"] |
		.process.args = ["sh", "-c", "env | grep -c ^VARIABLE_; echo $#"] +
			[range(300) | "x" * 1000]'
	start
	[ "$status" -eq 0 ]
	[ "$output" = $'4000\n299' ]
	# and too much of it is the kernel's error, not a cut
	config '.process.env = ["PATH=/bin", "LONG=" + "x" * 200000]'
	start
	echo "$output"
	[ "$status" -ne 0 ]
	[[ "$output" == *"too long"* ]]
}

@test "CVE-2021-43784: mappings of a user namespace that do not fit" {
	requires userns
	map_users
	config '.linux.uidMappings = [range(341) | {containerID: ., hostID: (100000 + .), size: 1}]'
	start
	echo "$output"
	[ "$status" -ne 0 ]
	[[ "$output" == *uidMappings* ]]
}

# fell_through ERRNO: a bind mount failed, and the container runs without
fell_through() {
	: >"$TESTDIR/report"
	program 'cat /data/file 2>/dev/null || echo "nothing there"'
	run timeout -k 5 20 "$HELPER" -p 2 -s move_mount -k "$NTH" -e "$1" -o "$TESTDIR/report" -- \
		"$OCIRUN" --root "$ROOT" run "$ID" </dev/null
	[[ "$output" == *"nothing there"* ]]
}

@test "crun#2262: a mount that the kernel refuses with ELOOP, or another error" {
	find_helper killat
	"$HELPER" -o "$TESTDIR/report" -- true || skip "requires ptrace"
	# after the root and the procfs, one move_mount(2) each
	config '.mounts |= map(select(.destination == "/proc"))'
	add_bind /data "$DECOY"
	NTH=3
	for code in ELOOP EINVAL EBUSY; do
		REFUSED=/mounts/1
		proof mount-errors fell_through $code
	done
}
