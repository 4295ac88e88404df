#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# runtime-spec config-linux.md "Devices", "Default Devices", "Dev symbolic links".

load helpers
load container

setup() {
	setup_bundle
}

teardown() {
	teardown_bundle
}

# Every entry of DIR: name, then type and number, link text or just type; mode
# and owner. (busybox has no find -printf.)
list_dev='show() {
	for f in $1/*; do
		if [ -L $f ]; then echo "${f#$1/} -> $(readlink $f)"
		else stat -c "%n %F %t:%T %a %u:%g" $f | sed "s,^$1/,,"
		fi
	done
}
show'

@test "the default nodes and links, exactly, and nothing else" {
	works "$list_dev /dev"
	[ -e /proc/kcore ] || output="core -> /proc/kcore"$'\n'$output
	[ "$output" = "core -> /proc/kcore
fd -> /proc/self/fd
full character special file 1:7 666 0:0
mqueue directory 0:0 1777 0:0
null character special file 1:3 666 0:0
ptmx -> pts/ptmx
pts directory 0:0 755 0:0
random character special file 1:8 666 0:0
shm directory 0:0 1777 0:0
stderr -> /proc/self/fd/2
stdin -> /proc/self/fd/0
stdout -> /proc/self/fd/1
tty character special file 5:0 666 0:0
urandom character special file 1:9 666 0:0
zero character special file 1:5 666 0:0" ]
}

@test "the default devices work" {
	inside 'head -c 3 /dev/zero | wc -c
		head -c 4 /dev/urandom | wc -c
		head -c 5 /dev/random | wc -c
		echo x >/dev/null && cat /dev/null
		echo x 2>/dev/null >/dev/full || echo full
		cat /dev/stdin </proc/self/comm
		echo out >/dev/stdout
		[ -c /dev/pts/ptmx ] && echo ptmx'
	[ "$output" = "3
4
5
full
sh
out
ptmx" ] || [[ "$output" == *"full
cat
out
ptmx" ]]
}

@test "the caller's umask has no say in modes" {
	umask 077
	config '.linux.devices = [{type: "c", path: "/dev/x", major: 1, minor: 3, fileMode: 438}]'
	prints "666 666" 'echo $(stat -c %a /dev/x /dev/null)'
}

@test "devices of the config: types, modes, owners, numbers" {
	config '.linux.devices = [
		{type: "c", path: "/dev/c", major: 10, minor: 229},
		{type: "u", path: "/dev/u", major: 1, minor: 5, fileMode: 384},
		{type: "b", path: "/dev/b", major: 7, minor: 300, fileMode: 416, uid: 12, gid: 34},
		{type: "p", path: "/dev/p", fileMode: 432, uid: 5},
		{type: "c", path: "/dev/typed", major: 1, minor: 3, fileMode: 8630},
		{type: "c", path: "/dev/a/deep/one", major: 4, minor: 1048575, fileMode: 2559}]'
	prints "/dev/c character special file a:e5 666 0:0
/dev/u character special file 1:5 600 0:0
/dev/b block special file 7:12c 640 12:34
/dev/p fifo 0:0 660 5:0
/dev/typed character special file 1:3 666 0:0
/dev/a directory 0:0 755 0:0
/dev/a/deep directory 0:0 755 0:0
/dev/a/deep/one character special file 4:fffff 4777 0:0" '
		stat -c "%n %F %t:%T %a %u:%g" /dev/c /dev/u /dev/b /dev/p /dev/typed /dev/a \
			/dev/a/deep /dev/a/deep/one'
}

@test "device paths that name no device" {
	for path in /dev/../x dev/x / /. ""; do
		config --arg p "$path" '.linux.devices = [{type: "c", path: $p, major: 1, minor: 3}]'
		refused /linux/devices/0/path
	done
}

@test "a device outside of /dev, in a directory that is made for it" {
	config '.linux.devices = [{type: "c", path: "/opt/else/where", major: 1, minor: 3}]'
	works 'stat -c "%F %t:%T %a" /opt/else/where'
	[ "$output" = "character special file 1:3 666" ]
	[ "$(stat -c %a rootfs/opt rootfs/opt/else)" = "755
755" ]
}

@test "a device of the config replaces the default of the same path" {
	config '.linux.devices = [
		{type: "c", path: "/dev/tty", major: 5, minor: 0, fileMode: 384, uid: 9},
		{type: "c", path: "/dev//null", major: 1, minor: 3, fileMode: 420}]'
	prints "600 9
644 0" 'stat -c "%a %u" /dev/tty /dev/null'
}

@test "a mount of the config takes the place of a device" {
	# the old way to a /dev/random that never waits
	add_bind /dev/random /dev/urandom
	add_bind /dev//./full "$TESTDIR/file"
	echo mine >"$TESTDIR/file"
	script='echo $(stat -c "%F %t:%T" /dev/random /dev/zero); cat /dev/full'
	prints "character special file 1:9 character special file 1:5
mine" "$script"
	# as with all devices of the host in the config (docker run --privileged)
	config '.linux.devices = [{type: "c", path: "/dev/random", major: 1, minor: 8},
		{type: "c", path: "/dev/full", major: 1, minor: 7}]'
	prints "character special file 1:9 character special file 1:5
mine" "$script"
	map_users
	prints "character special file 1:9 character special file 1:5
mine" "$script"
}

@test "a mount does not take the place of /dev/null" {
	echo mine >"$TESTDIR/file"
	add_bind /dev/null "$TESTDIR/file"
	prints "character special file 1:3" 'stat -c "%F %t:%T" /dev/null; cat /dev/null'
}

@test "a device entry for /dev/ptmx does not replace the link" {
	config '.linux.devices = [{type: "c", path: "/dev/ptmx", major: 5, minor: 2}]'
	prints pts/ptmx 'readlink /dev/ptmx'
}

@test "the same device twice is one, two devices at one path are refused" {
	config '.linux.devices = [{type: "c", path: "/dev/x", major: 1, minor: 3},
		{type: "c", path: "/dev/x", major: 1, minor: 3}]'
	prints "1:3" 'stat -c %t:%T /dev/x'
	config '.linux.devices[1].minor = 5'
	refused /linux/devices/1
}

@test "an existing node is used if it is the device, refused if it is another" {
	del_mount /dev /dev/pts /dev/shm /dev/mqueue
	mknod -m 600 rootfs/dev/null c 1 3
	chown 7 rootfs/dev/null
	prints "1:3 600 7" 'stat -c "%t:%T %a %u" /dev/null'
	mknod rootfs/dev/x c 1 5
	config '.linux.devices = [{type: "c", path: "/dev/x", major: 1, minor: 3}]'
	refused /linux/devices/0 "/dev/x" "c 1:5" "c 1:3"
	config '.linux.devices[0] = {type: "b", path: "/dev/x", major: 1, minor: 5}'
	refused /linux/devices/0 "c 1:5" "b 1:5"
	config '.linux.devices[0] = {type: "p", path: "/dev/x"}'
	refused /linux/devices/0 "/dev/x"
	rm rootfs/dev/null
	mknod rootfs/dev/null c 1 5
	config '.linux.devices = []'
	refused "/dev/null" "c 1:5" "c 1:3"
	[ "$(stat -c %t:%T rootfs/dev/null)" = 1:5 ]
}

@test "files of an exported image in place of devices are covered, not changed" {
	del_mount /dev /dev/pts /dev/shm /dev/mqueue
	for f in null zero full random urandom tty; do
		: >"rootfs/dev/$f"
	done
	before=$(snapshot rootfs/dev | grep -v '^rootfs/dev d')
	works "$list_dev /dev; cat /proc/self/mountinfo"
	[[ "$output" == *"null character special file 1:3"* ]]
	[[ "$output" == *"tty character special file 5:0"* ]]
	is_mnt /dev/null root /null
	[ "$(snapshot rootfs/dev | grep -v '^rootfs/dev d' | grep -v ' l ')" = "$before" ]
	# but a device that the config names must be made
	config '.linux.devices = [{type: "c", path: "/dev/null", major: 1, minor: 3}]'
	refused /linux/devices/0 "/dev/null" "exists"
}

@test "links that are there stay, /dev/ptmx is replaced" {
	del_mount /dev /dev/mqueue /dev/shm
	ln -s /elsewhere rootfs/dev/fd
	echo x >rootfs/dev/stdin
	echo x >rootfs/dev/ptmx
	prints "/elsewhere
/proc/self/fd/1
pts/ptmx
x" 'for l in fd stdout ptmx; do readlink /dev/$l; done; cat /dev/stdin'
}

@test "a bind mount on /dev is left as it is" {
	mkdir "$TESTDIR/dev"
	mknod "$TESTDIR/dev/null" c 1 3
	mkdir "$TESTDIR/dev/pts"
	before=$(snapshot "$TESTDIR/dev")
	del_mount /dev /dev/shm /dev/mqueue
	config --arg d "$TESTDIR/dev" '.mounts = [{destination: "/dev", type: "none",
		source: $d, options: ["bind"]}] + .mounts'
	prints "null
pts" 'ls /dev'
	[ "$(snapshot "$TESTDIR/dev")" = "$before" ]
}

@test "the host's /dev, bound" {
	del_mount /dev /dev/pts /dev/shm /dev/mqueue
	config '.mounts = [{destination: "/dev", type: "none", source: "/dev",
		options: ["rbind", "rslave", "nosuid"]}] + .mounts'
	before=$(ls -la --time-style=+ /dev)
	prints same '[ "$(stat -c %t:%T /dev/null)" = 1:3 ] && echo same'
	[ "$(ls -la --time-style=+ /dev)" = "$before" ]
}

@test "no /dev mount: what is missing is made in the root file system" {
	del_mount /dev /dev/pts /dev/shm /dev/mqueue
	rmdir rootfs/dev
	works "$list_dev /dev"
	[[ "$output" == *"null character special file 1:3 666 0:0"* ]]
	[ "$(stat -c %a rootfs/dev)" = 755 ]
	[ -c rootfs/dev/urandom ]
	# and a second start finds it there
	works true
}

@test "no /dev mount and a root file system that cannot be written" {
	del_mount /dev /dev/pts /dev/shm /dev/mqueue
	rmdir rootfs/dev
	run world private '
		mount --bind "$BUNDLE/rootfs" "$BUNDLE/rootfs"
		mount -o remount,bind,ro "$BUNDLE/rootfs"
		oci run "$ID"'
	echo "$output"
	[ "$status" -eq 1 ]
	[[ "${lines[-1]}" == *"/dev"*"read-only"* ]]
}

@test "stdin, stdout and stderr on the host's /dev/null become the container's" {
	works true
	config '.process.args = ["sh", "-c", "stat -L -c %d /proc/self/fd/0 /dev/null"]'
	run oci run "$ID" </dev/null
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "${lines[1]}" ]
	[ "${lines[0]}" != "$(stat -c %d /dev/null)" ]
}

@test "with a terminal /dev/console is it, without one there is none" {
	prints none '[ -e /dev/console ] || echo none'
	requires script
	config '.process.terminal = true | .process.args = ["sh", "-c",
		"[ -c /dev/console ] && echo char; stat -c %t:%T /dev/console $(tty); grep /dev/console /proc/self/mountinfo"]'
	run timeout 20 script -qefc "$OCIRUN --root $ROOT run $ID" /dev/null </dev/null
	echo "$output"
	[ "$status" -eq 0 ]
	output=${output//$'\r'/}
	[[ "$output" == *"char
"* ]]
	[[ "$output" == *"88:0
88:0
"* ]]
	is_mnt /dev/console type devpts
	is_mnt /dev/console opts rw,nosuid,noexec,relatime
}
