#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# runtime-spec config-linux.md "Masked Paths", "Readonly Paths".

load helpers
load container

setup() {
	setup_bundle
	mkdir -p rootfs/data/dir/sub
	echo secret >rootfs/data/file
	echo secret >rootfs/data/dir/sub/file
	config '.root.readonly = false'
}

teardown() {
	teardown_bundle
}

@test "the default masks and read-only paths hold" {
	works '
		for f in /proc/acpi /proc/asound /proc/scsi /sys/firmware; do
			[ ! -d $f ] || [ -z "$(ls $f)" ] || echo "not masked: $f"
		done
		for f in /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list \
			/proc/timer_stats /proc/sched_debug; do
			[ ! -e $f ] || { [ -c $f ] && [ -z "$(cat $f)" ]; } || echo "not masked: $f"
		done
		for d in bus fs irq sys; do
			[ ! -d /proc/$d ] || grep -q " /proc/$d ro," /proc/self/mountinfo || echo "not read-only: $d"
		done
		echo 1 2>/dev/null >/proc/sys/kernel/core_pattern && echo "core_pattern written"
		echo h 2>/dev/null >/proc/sysrq-trigger && echo "sysrq-trigger written"
		mkdir /sys/firmware/x 2>/dev/null && echo "firmware written"
		echo end'
	[ "$output" = end ]
}

@test "a masked file reads empty, a masked directory is empty and read-only" {
	config '.linux.maskedPaths = ["/data/file", "/data/dir"]'
	prints "c
ro
1:3" 'cat /data/file; [ -c /data/file ] && echo c
		ls /data/dir; touch /data/dir/x 2>/dev/null || echo ro
		stat -c %t:%T /data/file'
	[ "$(cat rootfs/data/file)" = secret ]
}

@test "what is masked stays masked for exec" {
	config '.linux.maskedPaths += ["/data"] | .process.args = ["sleep", "100"]'
	oci run -d "$ID" >/dev/null 2>&1
	run oci exec "$ID" sh -c 'for d in /data /proc/acpi; do [ ! -d $d ] || ls -A $d; done'
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run oci exec "$ID" mount -t tmpfs x /mnt
	[ "$status" -ne 0 ]
}

@test "masked directories share one empty tmpfs that can hold nothing" {
	mkdir rootfs/data/two rootfs/data/three
	add_caps SYS_ADMIN
	config '.linux.maskedPaths = ["/data/two", "/data/dir", "/data/three"]'
	works 'cat /proc/self/mountinfo; mount -o remount,rw /data/two; mkdir /data/two/x 2>/dev/null && echo made; true'
	[[ "$output" != *made* ]]
	is_mnt /data/dir type tmpfs
	has_opts /data/three ro
	[ "$(awk '$5 ~ /^\/data\// { print $3 }' <<<"$output" | sort -u | wc -l)" -eq 1 ]
}

@test "paths that do not exist, twice the same, unclean, below a file" {
	config '.linux.maskedPaths = ["/none", "/none/at/all", "/data/file", "/data//file",
			"/data/../data/./file", "/data/file/below"] |
		.linux.readonlyPaths = ["/none", "/data/dir", "/data/dir/", "/data/file/below"]'
	works 'cat /proc/self/mountinfo'
	[ "$(grep -c ' /data/file ' <<<"$output")" -eq 1 ]
	[ "$(grep -c ' /data/dir ' <<<"$output")" -eq 1 ]
}

@test "a path that is or leads through a symlink: its target, inside" {
	ln -s /data/file rootfs/link
	ln -s data rootfs/dlink
	ln -s ../../../../../../../../../etc/passwd rootfs/out
	config '.linux.maskedPaths = ["/link", "/dlink/dir", "/out"]'
	prints "c c" 'cat /data/file /etc/passwd; ls /data/dir
		echo $([ -c /data/file ] && echo c) $([ -c /etc/passwd ] && echo c)'
	grep -q root rootfs/etc/passwd
	grep -q root /etc/passwd
}

@test "a path through a link of procfs is refused" {
	ln -s /proc/self/fd/0 rootfs/fdlink
	config '.linux.maskedPaths = ["/fdlink"]'
	refused /linux/maskedPaths/0 "can't mask path '/fdlink'" "procfs"
	config '.linux.maskedPaths = [] | .linux.readonlyPaths = ["/proc/self/root/data"]'
	refused /linux/readonlyPaths/0 "procfs"
}

@test "read-only paths: files, directories, and nothing beside them" {
	config '.linux.readonlyPaths = ["/data/dir", "/data/file"]'
	prints "ro ro rw" '
		echo x 2>/dev/null >/data/dir/new && a=rw || a=ro
		echo x 2>/dev/null >/data/file && b=rw || b=ro
		echo x 2>/dev/null >/data/new && c=rw || c=ro
		echo $a $b $c'
}

@test "read-only paths keep the other flags of the mount and what is below" {
	mkdir "$TESTDIR/src" rootfs/data/dir/below
	add_bind /data/dir/below "$TESTDIR/src"
	config '.mounts |= map(if .destination == "/proc" then
			.options = ["nosuid", "nodev", "noexec"] else . end) |
		.linux.readonlyPaths += ["/data/dir"]'
	works 'cat /proc/self/mountinfo'
	is_mnt /proc/sys opts ro,nosuid,nodev,noexec,relatime
	has_opts /data/dir ro
	has_opts /data/dir/below rw
}

@test "the root as a read-only path" {
	config '.linux.readonlyPaths = ["/data/..", "/proc/sys"] | .root.readonly = false'
	works 'echo x 2>/dev/null >/new || echo ro; echo x >/dev/shm/new && echo rw; cat /proc/self/mountinfo'
	[ "${lines[0]}" = ro ]
	[ "${lines[1]}" = rw ]
	has_opts / ro
	has_opts /proc/sys ro
}

@test "relative paths are refused" {
	config '.linux.maskedPaths = ["data/file"]'
	refused /linux/maskedPaths/0 "absolute"
	config '.linux.maskedPaths = [] | .linux.readonlyPaths = ["data"]'
	refused /linux/readonlyPaths/0 "absolute"
}

@test "without any masks" {
	config 'del(.linux.maskedPaths, .linux.readonlyPaths)'
	works 'cat /proc/self/mountinfo'
	[ "$(grep -c ' /proc/' <<<"$output")" -eq 0 ]
}

@test "a file is masked by a verified /dev/null only" {
	mkdir "$TESTDIR/dev"
	del_mount /dev /dev/pts /dev/shm /dev/mqueue
	config --arg d "$TESTDIR/dev" '.mounts = [{destination: "/dev", type: "none",
		source: $d, options: ["bind"]}] + .mounts |
		.linux.maskedPaths = ["/data/file"]'
	refused /linux/maskedPaths/0 "/dev/null is invalid"
	: >"$TESTDIR/dev/null"
	refused /linux/maskedPaths/0 "/dev/null is invalid" "1:3"
	rm "$TESTDIR/dev/null"
	mknod "$TESTDIR/dev/null" c 1 5
	refused /linux/maskedPaths/0 "/dev/null is invalid" "1:3"
	rm "$TESTDIR/dev/null"
	ln -s /proc/sys/kernel/core_pattern "$TESTDIR/dev/null"
	refused /linux/maskedPaths/0 "/dev/null is invalid"
	rm "$TESTDIR/dev/null"
	mknod "$TESTDIR/dev/null" c 1 3
	prints c '[ -c /data/file ] && echo c'
}
