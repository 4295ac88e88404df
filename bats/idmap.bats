#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Id-mapped mounts: runtime-spec config.md "Mounts" (idmap, ridmap, uidMappings,
# gidMappings), mount_setattr(2), and crun's option idmap=….

load helpers
load container

setup() {
	setup_bundle
	mkdir -p "$TESTDIR/src/sub"
	for n in 0 1 7; do
		touch "$TESTDIR/src/f$n"
		chown "$n:$((n * 2))" "$TESTDIR/src/f$n"
	done
	find_fs "$TESTDIR/src"
}

teardown() {
	teardown_bundle
}

# Skip where this file system or kernel maps no ids.
find_fs() {
	config --arg s "$1" '.mounts += [{destination: "/probe", type: "none", source: $s,
		options: ["bind"], uidMappings: [{containerID: 0, hostID: 1, size: 1}],
		gidMappings: [{containerID: 0, hostID: 1, size: 1}]}]'
	if ! oci create "$ID" >"$TESTDIR/out" 2>&1 && grep -q MOUNT_ATTR_IDMAP "$TESTDIR/out"; then
		skip "$(cat "$TESTDIR/out")"
	fi
	oci delete "$ID"
	del_mount /probe
}

# map DEST OPTIONS [UIDS GIDS]: a bind of src with mappings A:B:N.
map() {
	config --arg d "$1" --arg s "${src-$TESTDIR/src}" --arg o "$2" --arg u "${3-}" --arg g "${4-${3-}}" '
		def maps: [split(",")[] | split(":") | map(tonumber) |
			{containerID: .[0], hostID: .[1], size: .[2]}];
		.mounts += [{destination: $d, type: "none", source: $s, options: ($o | split(","))} +
			if $u == "" then {} else {uidMappings: ($u | maps), gidMappings: ($g | maps)} end]'
}

other_userns() {
	[ "$(readlink "/proc/$1/ns/user")" != "$(readlink /proc/self/ns/user)" ]
}

owners='stat -c "%n %u:%g"'

@test "own mappings, without a user namespace" {
	map /m bind 0:100000:65536
	map /n bind,ro,idmap 0:1000:2,7:3000:1 0:2000:1,14:4000:1
	prints "/m/f0 100000:100000
/m/f1 100001:100002
/m/f7 100007:100014
/n/f0 1000:2000
/n/f1 1001:65534
/n/f7 3000:4000" "$owners /m/f* /n/f*"
}

@test "before all other mounts: the parent is asked while it makes the network" {
	map /m bind 0:100000:65536
	config '.mounts |= [last] + .[:-1]'
	prints "/m/f1 100001:100002
LOOPBACK,UP" "$owners /m/f1; ip addr show lo | grep -o LOOPBACK,UP"
}

@test "own mappings that give the container's ids, and others, in a user namespace" {
	map_users
	map /same bind 0:100000:65536
	map /other bind 0:100500:100 0:100600:100
	add_bind /plain "$TESTDIR/src"
	prints "/same/f0 0:0
/same/f1 1:2
/same/f7 7:14
/other/f0 500:600
/other/f1 501:602
/other/f7 507:614
/plain/f1 65534:65534" "$owners /same/f* /other/f* /plain/f1"
}

@test "options idmap and ridmap alone: the mapping of the container" {
	map_users
	map /i bind,idmap
	map /r rbind,ridmap
	prints "/i/f7 7:14
/r/f7 7:14" "$owners /i/f7 /r/f7"
}

@test "the mapping of a user namespace that is joined" {
	unshare -U sleep 100 3>&- 4>&- &
	local holder=$!
	wait_for 5 other_userns "$holder"
	echo 0 100000 65536 >"/proc/$holder/uid_map"
	echo 0 100000 65536 >"/proc/$holder/gid_map"
	chown -R 100000:100000 rootfs
	chmod 755 "$TESTDIR" "$BUNDLE"
	add_ns user "/proc/$holder/ns/user"
	config 'del(.linux.uidMappings, .linux.gidMappings)'
	map /i bind,idmap
	prints "/i/f7 7:14" "$owners /i/f7"
	kill "$holder"
}

@test "what the container writes is owned by the id that is mapped back" {
	map_users
	add_caps CHOWN
	map /m bind 0:100000:65536
	chown 0:0 "$TESTDIR/src"
	works 'touch /m/new && mkdir /m/newdir && chown 5:6 /m/new'
	[ "$(stat -c %u:%g "$TESTDIR/src/new")" = 5:6 ]
	[ "$(stat -c %u:%g "$TESTDIR/src/newdir")" = 0:0 ]
}

@test "who is not mapped cannot write" {
	config '.root.readonly = false'
	map /m bind 0:100000:10
	inside 'touch /m/new'
	[ "$status" -ne 0 ]
	[[ "$output" == *"Value too large"* ]]
	[ ! -e "$TESTDIR/src/new" ]
}

@test "rbind: idmap maps the top mount, ridmap all below; bind has none below" {
	map_users
	map /i rbind,idmap
	map /r rbind,ridmap
	map /own rbind 0:100000:65536
	config --arg s "$owners /i/f7 /i/sub/x /r/f7 /r/sub/x /own/sub/x" '.process.args = ["sh", "-c", $s]'
	run world private '
		mount -t tmpfs sub "$TESTDIR/src/sub"
		touch "$TESTDIR/src/sub/x"
		chown 3:4 "$TESTDIR/src/sub/x"
		oci run "$ID"'
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = "/i/f7 7:14
/i/sub/x 65534:65534
/r/f7 7:14
/r/sub/x 3:4
/own/sub/x 65534:65534" ]
	del_ns user
	config 'del(.linux.uidMappings, .linux.gidMappings, .mounts[7:])'
	map /b bind,ridmap 0:5:10
	config --arg s "$owners /b/f0; ls /b/sub" '.process.args = ["sh", "-c", $s]'
	run world private '
		mount -t tmpfs sub "$TESTDIR/src/sub"
		touch "$TESTDIR/src/sub/x"
		oci run "$ID"'
	[ "$output" = "/b/f0 5:5" ]
}

@test "crun's idmap=uids=…;gids=…, absolute and relative to the container" {
	map_users
	map /abs 'bind,idmap=uids=0-100000-5#7-100900-1;gids=0-100000-5#14-100901-1'
	map /rel 'bind,idmap=uids=@0-0-5#@7-50-1;gids=@0-0-100'
	map /rec 'rbind,ridmap=uids=@0-0-100;gids=@0-0-100'
	prints "/abs/f1 1:2
/abs/f7 900:901
/rel/f1 1:2
/rel/f7 50:14
/rec/f7 7:14" "$owners /abs/f1 /abs/f7 /rel/f1 /rel/f7 /rec/f7"
}

@test "crun's idmap=: what is wrong in it is named with its place" {
	local bad
	map_users
	for bad in "uids=0-1" "uids=0-1-2-3;gids=0-0-1" "uids=x-1-2;gids=0-0-1" "users=0-1-2" \
		"uids=0-1-2;uids=0-1-2" "uids=@70000-70000-1;gids=0-0-1" \
		"uids=@0-65530-100;gids=0-0-1" "uids=0-100000-1" ""; do
		map /m "bind,idmap=$bad"
		echo "$bad"
		refused "config.json:" "/mounts/7/"
		del_mount /m
	done
}

@test "files, symlinks to directories, the flags and the propagation of the mount" {
	ln -s src "$TESTDIR/link"
	src=$TESTDIR/link map /d bind,ro,nosuid,nodev,noexec 0:5:10
	src=$TESTDIR/src/f7 map /file bind,shared 0:5:10 0:5:20
	works "$owners /d/f1 /file; cat /proc/self/mountinfo"
	[ "${lines[0]}" = "/d/f1 6:7" ]
	[ "${lines[1]}" = "/file 12:19" ]
	[[ "$(mnt /d opts)" == ro,nosuid,nodev,noexec,*idmapped* ]]
	[[ "$(mnt /file prop)" == shared:* ]]
}

@test "no mount of the container's reaches the host through an id-mapped one" {
	map /m rbind,rslave 0:5:10
	map /p rbind,rprivate 0:6:10
	add_caps SYS_ADMIN
	config --arg s 'mount -t tmpfs x /m/sub && mount -t tmpfs x /p/sub; cat /proc/self/mountinfo' \
		'.process.args = ["sh", "-c", $s]'
	run world shared '
		mount --bind "$TESTDIR/src" "$TESTDIR/src"
		oci run "$ID" >"$TESTDIR/inside"
		grep -c " $TESTDIR/src/sub " /proc/self/mountinfo || true; cat "$TESTDIR/inside"'
	echo "$output"
	[ "${lines[0]}" = 0 ]
	[[ "$(mnt /m prop)" == master:* ]]
	[ "$(mnt /p prop)" = "" ]
	[ "$(mnt /p/sub type)" = tmpfs ]
}

@test "flags of the host's mount are locked in a user namespace" {
	map_users
	add_caps SYS_ADMIN
	map /m bind
	config '.mounts[-1].options += ["idmap"]'
	config --arg s 'mount -o remount,bind,rw /m 2>&1 || cat /proc/self/mountinfo' \
		'.process.args = ["sh", "-c", $s]'
	run world private '
		mount --bind "$TESTDIR/src" "$TESTDIR/src"
		mount -o remount,bind,ro,nodev "$TESTDIR/src"
		oci run "$ID"'
	echo "$output"
	[[ "${lines[0]}" == *denied* || "${lines[0]}" == *permitted* ]]
	has_opts /m ro nodev
}

@test "a source that an earlier mount of the container brings" {
	map_users
	add_bind /first "$TESTDIR/src"
	src=rootfs/first map /second bind,idmap
	prints "/second/f7 7:14" "$owners /second/f7"
}

@test "twenty of them with few descriptors, none stays open" {
	map_users
	for i in $(seq 20); do
		map "/m$i" bind 0:$((100000 + i)):10
	done
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 20, hard: 20}]'
	prints "/m20/f0 20:20
0 1 2 3" "$owners /m20/f0; echo \$(ls /proc/self/fd)"
}

@test "a root file system that is id-mapped itself" {
	find_helper idmount
	map_users
	chown -R 0:0 rootfs
	config '.root.readonly = false'
	add_bind /made/dir "$TESTDIR/src"
	config --arg s 'stat -c "%n %u:%g" / /bin/busybox /made /dev/null && touch /new && echo done' \
		'.process.args = ["sh", "-c", $s]'
	mkdir "$TESTDIR/mapped"
	export HELPER
	run world private '
		"$HELPER" rootfs "$TESTDIR/mapped" 0 100000 65536
		sed -i "s|\"rootfs\"|\"$TESTDIR/mapped\"|" config.json
		oci run "$ID"'
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = "/ 0:0
/bin/busybox 0:0
/made 0:0
/dev/null 65534:65534
done" ]
	[ "$(stat -c %u:%g rootfs/new rootfs/made | sort -u)" = 0:0 ]
}

# ---- what cannot be -----------------------------------------------------------------

@test "a file system that maps no ids" {
	# a directory of procfs on which nothing is mounted
	src=/proc/tty map /m bind 0:100000:10
	refused "/mounts/7/uidMappings" "failed to set MOUNT_ATTR_IDMAP on '/proc/tty'" \
		"invalid argument" "does not support"
	map_users
	del_mount /m
	src=/proc/tty map /m bind,idmap
	refused "/mounts/7/options" MOUNT_ATTR_IDMAP
}

@test "a mount that is id-mapped already" {
	map /m bind 0:100000:10
	src=rootfs/m map /m2 bind 0:200000:10
	refused "/mounts/8/uidMappings" MOUNT_ATTR_IDMAP "operation not permitted" "already"
}

@test "a source that is not there" {
	src=$TESTDIR/none map /m bind 0:100000:10
	refused "/mounts/7/source" "$TESTDIR/none" "no such file"
}

@test "without mappings, with half of them, on other mounts: refused by the rules" {
	map /m bind,idmap
	refused "/mounts/7/options" "must have both uid and gid mappings"
	config '.mounts[7].uidMappings = [{containerID: 0, hostID: 1, size: 1}]'
	refused "/mounts/7/uidMappings" "must have both"
	del_mount /m
	add_mount /t tmpfs tmpfs idmap
	refused "/mounts/7" "only supported for bind-mounts"
}

@test "a kernel without mount_setattr(2)" {
	find_helper nosys
	map /m bind 0:100000:10
	printf '#!/bin/sh\nexec "%s" "%s" "%s" "$@"\n' "$HELPER" mount_setattr "$OCIRUN" >"$TESTDIR/ocirun"
	chmod +x "$TESTDIR/ocirun"
	OCIRUN=$TESTDIR/ocirun
	refused "/mounts/7/uidMappings" "function not implemented" "mount_setattr(2)"
}
