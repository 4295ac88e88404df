#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What the runtime writes to procfs, and what it covers parts of procfs with.

# shellcheck disable=SC2030,SC2031,SC2034 # variables of tests, used by attack.bash
load attack

setup() {
	setup_attack
	config '.linux.sysctl = {"net.ipv4.ip_unprivileged_port_start": "81"}'
	config '.process.args = ["true"]'
}

teardown() {
	teardown_bundle
}

KEY=sys/net/ipv4/ip_unprivileged_port_start

# A directory that looks like a procfs.
fake_proc() {
	mkdir -p "$1/self/attr/apparmor" "$1/self/fd" "$1/$(dirname "$KEY")" "$1/thread-self"
	for f in self/attr/exec self/attr/apparmor/exec $KEY self/status; do
		echo fake >"$1/$f"
	done
}

# written FILE: the runtime's value arrived in FILE
written() {
	local got STDIN=$TESTDIR/empty
	: >"$STDIN"
	start
	got=$(cat "$1")
	echo fake >"$1"
	[ "$got" != fake ]
}

@test "CVE-2019-16884, CVE-2025-54867: something that is no procfs is mounted on /proc" {
	fake_proc "$TESTDIR/fake"
	config --arg s "$TESTDIR/fake" '.mounts |= map(if .destination == "/proc" then
		{destination: "/proc", type: "none", source: $s, options: ["bind"]} else . end)'
	REFUSED="not of type proc"
	proof proc-rules,private-procfs written "$TESTDIR/fake/$KEY"
	[ "$(cat "$TESTDIR/fake/self/attr/exec")" = fake ]
}

@test "CVE-2019-16884: the image brings a procfs of its own" {
	del_mount /proc
	fake_proc rootfs/proc
	config 'del(.linux.maskedPaths, .linux.readonlyPaths)'
	proof private-procfs written "rootfs/proc/$KEY"
}

@test "CVE-2025-52881, CVE-2025-62161, CVE-2025-62596: a file of procfs covered by another" {
	echo fake >"$TESTDIR/decoyfile"
	add_bind "/proc/$KEY" "$TESTDIR/decoyfile"
	REFUSED="inside /proc"
	proof proc-rules,private-procfs written "$TESTDIR/decoyfile"
}

@test "CVE-2025-52881: the same through a link of the image" {
	echo fake >"$TESTDIR/decoyfile"
	mkdir rootfs/hostile
	ln -s "/proc/$KEY" rootfs/hostile/link
	add_bind /hostile/link "$TESTDIR/decoyfile"
	REFUSED="inside /proc"
	proof proc-rules,private-procfs written "$TESTDIR/decoyfile"
}

@test "CVE-2025-54867: a bind over /proc/self/attr" {
	fake_proc "$TESTDIR/fake"
	add_bind /proc/self/attr "$TESTDIR/fake/self/attr"
	REFUSED="inside /proc"
	started() {
		start
		[ "$status" -eq 0 ]
	}
	proof proc-rules started
}

# ---- masks ----------------------------------------------------------------------------

# unmasked: the container has something else than the null device for a mask
unmasked() {
	program '[ -c /etc/secret ] || cat /etc/secret'
	start
	[ "$status" -eq 0 ] && [ -n "$output" ]
}

@test "CVE-2025-31133, CVE-2025-62161: /dev/null is a link, a file or another device" {
	own_dev
	echo secret >rootfs/etc/secret
	config '.linux.maskedPaths = ["/etc/secret"] | .linux.sysctl = {}'
	rm "$DEV/null"
	REFUSED="/dev/null is invalid"
	ln -s /proc/sys/kernel/core_pattern "$DEV/null"
	proof dev-null unmasked
	rm "$DEV/null"
	echo other >"$DEV/null"
	proof dev-null unmasked
	# with these the start fails whether they are looked at or not
	rm "$DEV/null"
	start
	[ "$status" -ne 0 ]
	mknod "$DEV/null" c 1 5
	start
	[ "$status" -ne 0 ]
	[[ "$output" == *"$REFUSED"* ]]
}

# image_stdin: a file of the image became the program's standard input
image_stdin() {
	program 'read line; [ "$line" = "of the image" ]'
	chown 12:34 rootfs/secret
	start
	[ "$status" -eq 0 ] || [ "$(stat -c %u:%g rootfs/secret)" != 12:34 ]
}

@test "CVE-2026-88265: /dev/null for a closed stdin is a link to a file" {
	no_dev_mounts
	echo "of the image" >rootfs/secret
	config '.linux.maskedPaths = [] | .linux.sysctl = {} |
		.process.user = {uid: 1000, gid: 1000}'
	ln -sf /secret rootfs/dev/null
	REFUSED="/dev/null"
	proof device-node,dev-null image_stdin
	# a regular file has the device number 0:0: it is covered
	rm rootfs/dev/null
	cp rootfs/secret rootfs/dev/null
	program '[ "$(stat -L -c %t:%T /proc/self/fd/0)" = 1:3 ]'
	start
	[ "$status" -eq 0 ]
	[ "$(cat rootfs/dev/null)" = "of the image" ]
}
