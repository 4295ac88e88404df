#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Paths in the root file system that lead out of it.

# shellcheck disable=SC2030,SC2031,SC2034 # variables of tests, used by attack.bash
load attack

setup() {
	setup_attack
	config '.process.args = ["true"]'
}

teardown() {
	rm -rf "$BUNDLE/rootfs/hostile"
	teardown_bundle
}

# changed COMMAND...: COMMAND changed something in the decoy.
changed() {
	local before r=1
	before=$(snapshot "$DECOY")
	"$@"
	[ "$(snapshot "$DECOY")" = "$before" ] || r=0
	rm -rf "$DECOY"
	mkdir "$DECOY"
	echo "of the host" | tee "$DECOY/file" >"$DECOY/ptmx"
	return $r
}

@test "CVE-2021-30465: a mount target that leads out through a link" {
	mkdir rootfs/hostile "$TESTDIR/data"
	ln -s "$DECOY" rootfs/hostile/vol
	add_bind /hostile/vol/sub "$TESTDIR/data"
	proof in-root changed start
}

@test "CVE-2024-45310: directories and files made through a link" {
	echo data >"$TESTDIR/data"
	mkdir rootfs/hostile
	ln -s "$DECOY" rootfs/hostile/vol
	add_bind /hostile/vol/made "$TESTDIR/data"
	proof in-root changed start
	config 'del(.mounts[-1])'
	add_mount /hostile/vol/a/b tmpfs tmpfs
	proof in-root changed start
}

@test "CVE-2019-18837: a link as the last component of a target" {
	echo data >"$TESTDIR/data"
	mkdir rootfs/hostile
	add_bind /hostile/last "$TESTDIR/data"
	for link in "$DECOY/new" "../../../../../../../../../../..$DECOY/new"; do
		rm -f rootfs/hostile/last
		ln -s "$link" rootfs/hostile/last
		proof in-root changed start
	done
	# 40 links that end outside
	rm rootfs/hostile/last
	for i in $(seq 38); do ln -s "c$((i + 1))" "rootfs/hostile/c$i"; done
	ln -s "$DECOY/new" rootfs/hostile/c39
	ln -s c1 rootfs/hostile/last
	proof in-root changed start
}

@test "CVE-2026-41579, CVE-2026-47766: /dev of the image is a link" {
	no_dev_mounts
	rm -rf rootfs/dev
	for link in "$DECOY" "../../../../../../../../../..$DECOY"; do
		echo "of the host" >"$DECOY/ptmx"
		ln -sfn "$link" rootfs/dev
		proof in-root changed start
	done
}

@test "CVE-2025-24965: whatever the runtime makes in the root file system" {
	mkdir rootfs/hostile
	# a device, a directory for it, a file system's mount point
	ln -s "$DECOY" rootfs/hostile/etc
	config '.linux.devices = [{type: "c", path: "/hostile/etc/node", major: 1, minor: 5}]'
	proof in-root changed start
	config '.linux.devices = []'
	ln -sfn "$DECOY/console" rootfs/hostile/file
	echo data >"$TESTDIR/data"
	add_bind /hostile/file "$TESTDIR/data"
	proof in-root changed start
}

# ---- exchanged during the start -------------------------------------------------------

calls=openat,openat2,mkdirat,mknodat,open_tree,move_mount,symlinkat,unlinkat,newfstatat

# swap K: at the K-th path of init the enemy exchanges a directory of the volume
# for a link to the decoy.
swap() {
	# renameat2(2) with RENAME_EXCHANGE
	local SWAP="perl -e '\$a = \"$TESTDIR/vol/a\"; \$b = \"$TESTDIR/vol/link\";
		exit syscall(316, -100, \$a, -100, \$b, 2) != 0'"
	rm -rf "$TESTDIR/vol"
	mkdir -p "$TESTDIR/vol/a"
	ln -s "$DECOY" "$TESTDIR/vol/link"
	: >"$TESTDIR/report"
	run timeout -k 5 20 "$HELPER" -p 2 -s $calls -k "$1" -o "$TESTDIR/report" \
		-x "$SWAP" \
		-- "$OCIRUN" --root "$ROOT" run "$ID" </dev/null
}

# swaps: at every path. Fewer with the debug build, which has to fall once only.
swaps() {
	local k n r=1
	swap 0
	n=$(sed -n 's/^count //p' "$TESTDIR/report")
	[ "$n" -gt 10 ] || { echo "only $n calls"; exit 1; }
	for ((k = 1; k <= n; k++)); do
		if changed swap "$k"; then
			echo "struck: $(cat "$TESTDIR/report")"
			r=0
			break
		fi
		"$NORMAL" --root "$ROOT" delete --force "$ID" 2>/dev/null || true
	done
	return $r
}

@test "CVE-2021-30465, CVE-2024-45310: the target is exchanged at any moment of the start" {
	[ "$(uname -m)" = x86_64 ] || skip "requires x86_64 (number of renameat2)"
	find_helper killat
	"$HELPER" -o "$TESTDIR/report" -- true || skip "requires ptrace"
	mkdir -p "$TESTDIR/vol" "$TESTDIR/data"
	# few steps, so that there are few moments
	config '.mounts = [] | .linux.maskedPaths = [] | .linux.readonlyPaths = [] |
		.linux.namespaces = [{type: "mount"}] | del(.hostname)'
	add_bind /vol "$TESTDIR/vol"
	add_bind /vol/a/sub "$TESTDIR/data"
	proof in-root swaps
}

# ---- procfs and sysfs -----------------------------------------------------------------

# elsewhere PATH TYPE: it started, with a file system of TYPE at another PATH
elsewhere() {
	program 'cat /hostile/info 2>/dev/null || cat /proc/self/mounts'
	start
	[ "$status" -eq 0 ]
}

@test "CVE-2019-19921, CVE-2023-27561, CVE-2023-28642, CVE-2025-54867: /proc or /sys is a link" {
	mkdir -p rootfs/hostile/proc rootfs/hostile/vol
	REFUSED="must be mounted on ordinary directory"
	for dir in proc sys; do
		rmdir "rootfs/$dir"
		# in the image, and in a volume of two containers
		for link in /hostile/proc hostile/vol; do
			ln -sfn "$link" "rootfs/$dir"
			proof strict-target elsewhere
		done
		rm "rootfs/$dir"
		mkdir "rootfs/$dir"
	done
}

@test "CVE-2019-19921: a component of the path of a procfs is a link" {
	mkdir -p rootfs/hostile/real/proc
	ln -s real rootfs/hostile/link
	REFUSED="must be mounted on ordinary directory"
	add_mount /hostile/link/proc proc proc
	proof strict-target elsewhere
	config 'del(.mounts[-1])'
	add_mount /hostile/link/sys sysfs sysfs ro
	proof strict-target elsewhere
}
