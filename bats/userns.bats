#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# runtime-spec config-linux.md "User namespace mappings"; user_namespaces(7).
# Container root is host id 100000, which owns the root file system.

load helpers
load container

setup() {
	setup_bundle
	applets mknod
	requires userns
	map_users
	mkdir "$TESTDIR/src"
	echo hello >"$TESTDIR/src/file"
}

teardown() {
	teardown_bundle
}

start() {
	config '.process.args = ["sleep", "1000"]'
	oci run -d "$ID" >"$TESTDIR/start" 2>&1 || {
		cat "$TESTDIR/start"
		return 1
	}
	pid=$(oci state "$ID" | jq .pid)
}

# ---- ids --------------------------------------------------------------------------

@test "the maps, root inside, an ordinary user outside" {
	start
	[ "$(awk '{ print $1, $2, $3 }' "/proc/$pid/uid_map")" = "0 100000 65536" ]
	[ "$(awk '{ print $1, $2, $3 }' "/proc/$pid/gid_map")" = "0 100000 65536" ]
	[ "$(awk '/^Uid:/ { print $2, $3, $4, $5 }' "/proc/$pid/status")" = "100000 100000 100000 100000" ]
	[ "$(awk '/^Gid:/ { print $2, $3, $4, $5 }' "/proc/$pid/status")" = "100000 100000 100000 100000" ]
	run oci exec "$ID" id
	[[ "$output" == "uid=0(root) gid=0"* ]]
}

@test "several lines of maps, in their order" {
	config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000},
			{containerID: 1000, hostID: 5000, size: 1},
			{containerID: 2000, hostID: 200000, size: 10}] |
		.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 10},
			{containerID: 100, hostID: 6000, size: 1}]'
	works 'cat /proc/self/uid_map /proc/self/gid_map'
	[ "$(awk '{ print $1, $2, $3 }' <<<"$output")" = "0 100000 1000
1000 5000 1
2000 200000 10
0 100000 10
100 6000 1" ]
}

@test "files are owned by mapped ids on both sides" {
	config '.root.readonly = false | .process.user = {uid: 1000, gid: 1000, additionalGids: [7]}'
	mkdir rootfs/home
	chown 101000:101000 rootfs/home
	prints "1000:1000 0:0 65534" '
		touch /home/new
		echo $(stat -c %u:%g /home/new /bin/busybox) $(stat -c %u /proc/sys/kernel/core_pattern)'
	[ "$(stat -c %u:%g rootfs/home/new)" = 101000:101000 ]
}

@test "exec: as root, as a user, into all namespaces" {
	start
	run oci exec "$ID" sh -c 'id -u; readlink /proc/self/ns/user; cat /proc/self/uid_map; echo $(cat /proc/self/setgroups)'
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = 0 ]
	[ "${lines[1]}" = "$(readlink "/proc/$pid/ns/user")" ]
	run oci exec -u 1000:1000 "$ID" sh -c 'id -u; id -g; cat /proc/self/uid_map | grep -c 100000'
	[ "$output" = "1000
1000
1" ]
}

@test "unmapped users and groups are refused before anything is made" {
	config '.process.user.uid = 70000'
	refused /process/user/uid "cannot setuid to unmapped uid 70000 in user namespace"
	config '.process.user = {uid: 0, gid: 70000}'
	refused /process/user/gid "cannot setgid to unmapped gid 70000 in user namespace"
	config '.process.user = {uid: 0, gid: 0, additionalGids: [1, 70000]}'
	refused /process/user/additionalGids/1 "70000"
}

@test "maps that cannot be" {
	cp config.json full.json
	config '.linux.uidMappings = []'
	refused /linux/uidMappings "no mapping found for uid 0"
	cp full.json config.json
	config 'del(.linux.uidMappings, .linux.gidMappings)'
	refused /linux/namespaces "no namespace path to join nor mappings to apply specified"
	cp full.json config.json
	del_ns user
	refused /linux/uidMappings "user namespace isn't enabled"
	cp full.json config.json
	config '.linux.uidMappings += [{containerID: 5, hostID: 900000, size: 1}]'
	refused /linux/uidMappings/1 "overlap"
	cp full.json config.json
	config '.linux.uidMappings[0].size = 0 | .linux.uidMappings += [{containerID: 0, hostID: 1, size: 1}]'
	refused /linux/uidMappings/0/size "at least 1"
	cp full.json config.json
	config '.linux.uidMappings[0].hostID = 4294967290'
	refused /linux/uidMappings/0/size "beyond"
	cp full.json config.json
	config '.linux.uidMappings[0].containerID = 1'
	refused /linux/uidMappings "no mapping found for uid 0"
}

# ---- mounts ------------------------------------------------------------------------

@test "the mounts of the default config, also the devpts with gid 5" {
	works 'cat /proc/self/mountinfo; stat -c "%n %a %u:%g" /dev /dev/shm /dev/mqueue /proc /sys'
	is_mnt /dev/pts type devpts
	has_opts /sys ro nosuid nodev noexec
	has_opts /dev nosuid
	[ "$(tail -n 5 <<<"$output")" = "/dev 755 0:0
/dev/shm 1777 0:0
/dev/mqueue 1777 0:0
/proc 555 65534:65534
/sys 555 65534:65534" ]
}

@test "bind sources that container root may not reach are opened for it" {
	needs_new_calls "open_tree(2)"
	mkdir -m 700 "$TESTDIR/closed"
	mkdir "$TESTDIR/closed/data"
	echo secret >"$TESTDIR/closed/data/file"
	add_bind /data "$TESTDIR/closed/data" rbind
	add_bind /file "$TESTDIR/closed/data/file" bind,ro
	prints "secret
secret
65534" 'cat /data/file /file; stat -c %u /file'
}

@test "sources in the root file system: what an earlier mount brought is seen" {
	mkdir -p "$TESTDIR/src/sub" rootfs/first/sub
	chown -R 100000:100000 rootfs/first
	echo deep >"$TESTDIR/src/sub/f"
	add_bind /first "$TESTDIR/src"
	# there before, but to be covered
	add_bind /second rootfs/first/sub
	# only there once the first mount is
	add_bind /third rootfs/first/sub/f
	prints "deep
deep" 'cat /second/f /third'
}

@test "a missing source is an error that names it" {
	add_bind /x /none/such
	refused /mounts/7/source "/none/such" "no such file or directory"
	config 'del(.mounts[-1])'
	add_bind /x rootfs/none
	refused /mounts/7/source "rootfs/none" "no such file or directory"
}

@test "flags locked by the host stay, options that would clear them are refused" {
	add_bind /t "$TESTDIR/t" bind
	add_bind /ro "$TESTDIR/t" bind,ro
	config '.process.args = ["cat", "/proc/self/mountinfo"]'
	script='
		mkdir "$TESTDIR/t" 2>/dev/null || true
		mount -t tmpfs -o nosuid,nodev,noexec,noatime,mode=755 t "$TESTDIR/t"
		oci run "$ID"'
	run world private "$script"
	echo "$output"
	[ "$status" -eq 0 ]
	is_mnt /t opts rw,nosuid,nodev,noexec,noatime
	is_mnt /ro opts ro,nosuid,nodev,noexec,noatime
}

@test "a root file system with locked flags can be made read-only" {
	config '.process.args = ["cat", "/proc/self/mountinfo"]'
	run world private '
		mkdir "$TESTDIR/t"
		mount -t tmpfs -o nosuid,nodev,noatime,mode=755 t "$TESTDIR/t"
		cp -a "$BUNDLE" "$TESTDIR/t/b"
		oci run -b "$TESTDIR/t/b" "$ID"'
	echo "$output"
	[ "$status" -eq 0 ]
	is_mnt / opts ro,nosuid,nodev,noatime
}

@test "tmpfs with mapped and unmapped owners" {
	add_mount /t tmpfs tmpfs uid=7,gid=8,mode=700
	prints "7:8 700" 'stat -c "%u:%g %a" /t'
	config '.mounts[-1].options = ["uid=70000"]'
	refused /mounts/7/options "uid=70000" "must be mapped"
}

@test "missing targets belong to container root" {
	add_bind /made/dir "$TESTDIR/src"
	add_bind /made/file "$TESTDIR/src/file"
	works true
	[ "$(stat -c '%u:%g %a' rootfs/made rootfs/made/dir rootfs/made/file)" = "100000:100000 755
100000:100000 755
100000:100000 644" ]
}

@test "a root file system that container root may not write" {
	chown -R 0:0 rootfs
	works 'stat -c %u /bin/busybox'
	[ "$output" = 65534 ]
	add_bind /new/target "$TESTDIR/src"
	refused /mounts/7/destination "/new/target" "permission denied"
}

@test "a root file system that container root may not reach" {
	chmod 700 "$TESTDIR"
	refused /root/path "$BUNDLE/rootfs" "permission denied" "searchable"
}

@test "without a network namespace sysfs cannot be mounted, a bind of /sys can" {
	del_ns network
	refused /mounts/5 "sysfs" "network namespace"
	config '.mounts |= map(if .destination == "/sys" then {destination: "/sys", type: "none",
		source: "/sys", options: ["rbind", "nosuid", "noexec", "nodev", "ro"]} else . end)'
	works 'cat /proc/self/mountinfo'
	has_opts /sys ro nosuid noexec nodev
}

@test "without a pid or ipc namespace: what is refused says which, a bind works" {
	del_ns ipc
	refused /mounts/ "mqueue" "ipc namespace"
	del_mount /dev/mqueue
	works true
	del_ns pid
	refused /mounts/ "procfs" "pid namespace"
	del_mount /proc
	config '.mounts = [{destination: "/proc", type: "none", source: "/proc", options: ["rbind"]}] + .mounts'
	works 'cat /proc/self/mountinfo'
	is_mnt /proc type proc
}

@test "the control groups of the host are not writable through any mount" {
	works 'grep cgroup /proc/self/mountinfo; mkdir /sys/fs/cgroup/x /sys/fs/cgroup/*/x 2>&1; true'
	while read -r _ _ _ _ _ opts _; do
		[[ "$opts" != ro* && "$opts" == rw,* ]] && return 1
	done < <(grep ' - cgroup' <<<"$output")
	[[ "$output" == *"Read-only"* || "$output" == *"Permission denied"* ]]
}

@test "masks and read-only paths" {
	works 'echo 1 2>/dev/null >/proc/sys/kernel/core_pattern && echo written
		[ ! -e /proc/keys ] || cat /proc/keys
		ls /sys/firmware; echo end'
	[ "$output" = end ]
}

# ---- devices, sysctl, cgroup ------------------------------------------------------------

@test "devices are the host's, bound" {
	works 'for d in null zero full random urandom tty; do
		stat -c "%n %t:%T %a" /dev/$d; grep -q " /dev/$d " /proc/self/mountinfo || echo no mount
	done
	echo x >/dev/null; head -c 2 /dev/zero | wc -c; readlink /dev/ptmx; readlink /dev/fd'
	[ "$output" = "/dev/null 1:3 666
/dev/zero 1:5 666
/dev/full 1:7 666
/dev/random 1:8 666
/dev/urandom 1:9 666
/dev/tty 5:0 666
2
pts/ptmx
/proc/self/fd" ]
}

@test "devices of the config: bound, a FIFO made, one the host lacks refused" {
	config '.linux.devices = [{type: "p", path: "/dev/fifo", fileMode: 420, uid: 3, gid: 4}]'
	prints "fifo 644 3:4" 'stat -c "%F %a %u:%g" /dev/fifo'
	if [ -c /dev/fuse ]; then
		config '.linux.devices = [{type: "c", path: "/dev/fuse", major: 10, minor: 229}]'
		prints a:e5 'stat -c %t:%T /dev/fuse'
		config '.linux.devices[0].minor = 228'
		refused /linux/devices/0 "/dev/fuse" "no device c 10:228"
	fi
	config '.linux.devices = [{type: "c", path: "/dev/none-such", major: 1, minor: 3}]'
	refused /linux/devices/0 "/dev/none-such" "no such file"
}

@test "sysctls, user.* among them" {
	config '.linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.msgmax": "4242",
		"user.max_net_namespaces": "3"}'
	prints "1
4242
3" 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax /proc/sys/user/max_net_namespaces'
}

@test "limits of control groups hold" {
	[ "$(cgroup_layout)" = v1 ] || grep -qw pids /sys/fs/cgroup/cgroup.controllers ||
		skip "requires the pids controller"
	config '.linux.resources.pids.limit = 5'
	inside 'for i in 1 2 3 4 5 6 7 8; do sleep 5 & done 2>&1; true'
	[[ "$output" == *"can't fork"* || "$output" == *"Resource"* ]]
}

@test "a terminal" {
	requires script
	config '.process.terminal = true | .process.args = ["sh", "-c", "stat -c %u $(tty); echo hi >/dev/tty"]'
	run timeout 20 script -qefc "$OCIRUN --root $ROOT run $ID" /dev/null </dev/null
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *0*hi* ]]
}

@test "a cgroup namespace in the user namespace" {
	add_ns cgroup
	works 'cat /proc/self/cgroup; cat /proc/self/mountinfo'
	[ "$(grep -c '^[0-9]*:[^:]*:/$' <<<"$output")" -eq "$(wc -l </proc/self/cgroup)" ]
}

# ---- joining ------------------------------------------------------------------------------

@test "a user namespace joined by path, its maps are those that count" {
	start
	first=$pid
	add_ns user "/proc/$first/ns/user"
	config 'del(.linux.uidMappings, .linux.gidMappings) |
		.process.args = ["sh", "-c", "id -u; cat /proc/self/uid_map; readlink /proc/self/ns/user"]'
	run oci run "$ID-2"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = 0 ]
	[ "$(awk '{ print $1, $2, $3 }' <<<"${lines[1]}")" = "0 100000 65536" ]
	[ "${lines[2]}" = "$(readlink "/proc/$first/ns/user")" ]
}

@test "all namespaces of a container joined, the user namespace among them" {
	add_ns cgroup
	start
	first=$pid
	for kind in user pid net:network ipc uts cgroup; do
		add_ns "${kind#*:}" "/proc/$first/ns/${kind%:*}"
	done
	config 'del(.linux.uidMappings, .linux.gidMappings, .hostname) |
		.process.args = ["sh", "-c",
		"for k in user pid net ipc uts cgroup; do readlink /proc/self/ns/$k; done"]'
	run oci run "$ID-2"
	echo "$output"
	[ "$status" -eq 0 ]
	for k in user pid net ipc uts cgroup; do readlink "/proc/$first/ns/$k"; done >"$TESTDIR/want"
	[ "$output" = "$(cat "$TESTDIR/want")" ]
}

@test "a new user namespace with the host's network: joined namespaces stay the host's" {
	add_ns network /proc/self/ns/net
	config '.mounts |= map(if .destination == "/sys" then {destination: "/sys", type: "none",
		source: "/sys", options: ["rbind", "ro"]} else . end) | .process.args = ["sleep", "100"]'
	start
	[ "$(readlink "/proc/$pid/ns/net")" = "$(readlink /proc/self/ns/net)" ]
	[ "$(readlink "/proc/$pid/ns/user")" != "$(readlink /proc/self/ns/user)" ]
}

@test "capabilities are those of the user namespace" {
	add_caps SYS_ADMIN MKNOD
	works 'mount -t tmpfs x /tmp && echo mounted
		mknod /tmp/null c 1 3 2>/dev/null || echo no mknod
		hostname changed && hostname'
	[ "$output" = "mounted
no mknod
changed" ]
}
