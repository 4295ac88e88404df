#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# mounts add, mounts remove: of a container that runs, whose processes do what they
# can against it. runtime-spec config.md "Mounts"; mount_namespaces(7), crun(1).
# shellcheck disable=SC2154,SC2016 # status and lines are of `run`; scripts stay as they are

load helpers
load container

setup() {
	setup_bundle
	mkdir "$TESTDIR/src" "$BUNDLE/rootfs/mnt"
	echo content >"$TESTDIR/src/file"
	chmod 755 "$TESTDIR"
	config '.process.args = ["sleep", "1000"] | .root.readonly = false'
}

teardown() {
	[ -z "${PEER-}" ] || umount -l "$PEER" || true
	teardown_bundle
}

start() {
	oci run -d "$ID" >"$TESTDIR/out" 2>&1 || { cat "$TESTDIR/out"; return 1; }
}

in_userns() {
	config '.linux.namespaces |= (map(select(.type != "user")) + [{type: "user"}])
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
	chown -R 100000:100000 "$BUNDLE/rootfs"
}

# list JSON: the file of mounts.
list() {
	jq -n --arg s "$TESTDIR/src" "$1" >"$TESTDIR/mounts.json"
}

add() {
	run oci mounts add "$ID" "$TESTDIR/mounts.json"
	echo "$output"
}

remove() {
	run oci mounts remove "$ID" "$TESTDIR/mounts.json"
	echo "$output"
}

# fails TEXT...: exit status 1, all in the last line.
fails() {
	[ "$status" -eq 1 ] || return 1
	last "$@"
}

infos() {
	run oci exec "$ID" cat /proc/self/mountinfo
}

@test "bind, tmpfs and proc come and go, and the host sees nothing of them" {
	start
	list '[{destination: "/mnt/a", type: "bind", source: $s, options: ["bind", "ro"]},
		{destination: "/mnt/b", type: "tmpfs", source: "tmpfs", options: ["size=1m", "noexec"]},
		{destination: "/mnt/p", type: "proc", source: "proc"}]'
	before=$(wc -l </proc/self/mountinfo)
	add
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$(wc -l </proc/self/mountinfo)" = "$before" ]
	[ "$(oci exec "$ID" cat /mnt/a/file)" = content ]
	run oci exec "$ID" touch /mnt/a/new
	[ "$status" -eq 1 ]
	oci exec "$ID" touch /mnt/b/new
	infos
	has_opts /mnt/b noexec
	[[ "$(mnt /mnt/b super)" == *size=1024k* ]]
	[ "$(oci exec "$ID" cat /mnt/p/1/comm)" = sleep ]
	remove
	[ "$status" -eq 0 ]
	infos
	[[ "$output" != *" /mnt/"* ]]
	[ "$(oci exec "$ID" ls /mnt/a)" = "" ]
	oci delete -f "$ID"
}

@test "a file, on a file that is made; a relative source is below the working directory" {
	start
	list '[{destination: "/mnt/deep/er/file", type: "none", source: "src/file", options: ["bind"]}]'
	cd "$TESTDIR"
	add
	[ "$status" -eq 0 ]
	[ "$(oci exec "$ID" cat /mnt/deep/er/file)" = content ]
	remove
	[ "$status" -eq 0 ]
	[ "$(oci exec "$ID" cat /mnt/deep/er/file)" = "" ]
}

@test "mounts on mounts of the same file, removed in reverse" {
	start
	list '[{destination: "/mnt/a", type: "tmpfs", source: "t"},
		{destination: "/mnt/a/b", type: "tmpfs", source: "t"},
		{destination: "/mnt/a", type: "bind", source: $s, options: ["rbind", "rro"]}]'
	add
	[ "$status" -eq 0 ]
	[ "$(oci exec "$ID" cat /mnt/a/file)" = content ]
	list '[{destination: "/mnt/a"}, {destination: "/mnt/a/b"}, {destination: "/mnt/a"}]'
	remove
	[ "$status" -eq 0 ]
	infos
	[[ "$output" != *" /mnt/"* ]]
}

@test "user namespace: a source that its root cannot reach, file systems that are its own" {
	requires userns
	in_userns
	chmod 700 "$TESTDIR/src"
	mkdir -m 755 "$TESTDIR/src/open"
	echo secret >"$TESTDIR/src/open/file"
	start
	list '[{destination: "/mnt/a", type: "bind", source: ($s + "/open"), options: ["bind"]},
		{destination: "/mnt/b", type: "tmpfs", source: "tmpfs", options: ["mode=755"]}]'
	add
	[ "$status" -eq 0 ]
	[ "$(oci exec "$ID" cat /mnt/a/file)" = secret ]
	[ "$(oci exec "$ID" stat -c %u:%g /mnt/b)" = 0:0 ]
	oci exec "$ID" touch /mnt/b/new
	remove
	[ "$status" -eq 0 ]
}

@test "user namespace: the flags of the host's mount stay locked" {
	requires userns
	in_userns
	add_caps SYS_ADMIN
	PEER=$TESTDIR/src
	mount -t tmpfs -o nodev,nosuid,noexec,ro tmpfs "$TESTDIR/src"
	start
	list '[{destination: "/mnt/a", type: "bind", source: $s, options: ["bind"]}]'
	add
	[ "$status" -eq 0 ]
	for flag in dev suid exec rw; do
		run oci exec "$ID" mount -o "remount,bind,$flag" /mnt/a
		echo "$flag: $output"
		[ "$status" -ne 0 ]
	done
}

@test "user namespace: id-mapped" {
	requires userns
	in_userns
	chown 0:0 "$TESTDIR/src/file"
	start
	list '[{destination: "/mnt/a", type: "bind", source: $s, options: ["bind", "idmap"]}]'
	add
	if [ "$status" -ne 0 ] && [[ "$output" == *"does not support id-mapped"* ]]; then
		skip "requires a file system that can be id-mapped"
	fi
	[ "$status" -eq 0 ]
	[ "$(oci exec "$ID" stat -c %u:%g /mnt/a/file)" = 0:0 ]
}

@test "shared on the host: later mounts come in, those of the container do not get out" {
	add_caps SYS_ADMIN
	PEER=$TESTDIR/src
	mount -t tmpfs --make-shared tmpfs "$TESTDIR/src"
	mount --make-shared "$TESTDIR/src"
	mkdir "$TESTDIR/src/host" "$TESTDIR/src/inner"
	start
	list '[{destination: "/mnt/a", type: "bind", source: $s, options: ["rbind"]}]'
	add
	[ "$status" -eq 0 ]
	mount -t tmpfs tmpfs "$TESTDIR/src/host"
	touch "$TESTDIR/src/host/seen"
	oci exec "$ID" test -e /mnt/a/host/seen
	oci exec "$ID" mount -t tmpfs tmpfs /mnt/a/inner
	oci exec "$ID" touch /mnt/a/inner/mine
	[ ! -e "$TESTDIR/src/inner/mine" ]
	umount "$TESTDIR/src/host"
}

@test "created and paused containers" {
	oci create "$ID" >"$TESTDIR/out" 2>&1
	list '[{destination: "/mnt/a", type: "bind", source: $s, options: ["bind"]}]'
	add
	[ "$status" -eq 0 ]
	oci start "$ID"
	[ "$(oci exec "$ID" cat /mnt/a/file)" = content ]
	oci pause "$ID"
	remove
	[ "$status" -eq 0 ]
	add
	[ "$status" -eq 0 ]
	oci resume "$ID"
	[ "$(oci exec "$ID" cat /mnt/a/file)" = content ]
}

@test "cgroup, sysfs and mqueue are the container's" {
	add_ns cgroup
	start
	list '[{destination: "/mnt/c", type: "cgroup", source: "cgroup", options: ["ro", "nosuid"]},
		{destination: "/mnt/s", type: "sysfs", source: "sysfs", options: ["ro"]},
		{destination: "/mnt/q", type: "mqueue", source: "mqueue"}]'
	add
	[ "$status" -eq 0 ]
	[ "$(oci exec "$ID" ls /mnt/s/class/net)" = lo ]
	[ "$(oci exec "$ID" sh -c 'find /mnt/c -maxdepth 2 -name cgroup.procs | wc -l')" -ge 1 ]
	run oci exec "$ID" sh -c 'mkdir /mnt/c/x'
	[ "$status" -ne 0 ]
}

# ---- a hostile container -------------------------------------------------------------

@test "symbolic links of the container lead nowhere but into it" {
	start
	oci exec "$ID" sh -c 'ln -s /../../../../../.. /mnt/up; ln -s '"$TESTDIR"' /mnt/host;
		ln -s /proc/1/root /mnt/magic; ln -s /proc/self/cwd /mnt/cwd'
	list '[{destination: "/mnt/up/in/a", type: "bind", source: $s, options: ["bind"]},
		{destination: "/mnt/host/b", type: "bind", source: $s, options: ["bind"]}]'
	add
	[ "$status" -eq 0 ]
	[ "$(oci exec "$ID" cat /in/a/file)" = content ]
	[ ! -e /in ]
	[ ! -e "$TESTDIR/b" ]
	for link in magic cwd; do
		list '[{destination: "/mnt/'$link'/x", type: "tmpfs", source: "t"}]'
		add
		fails /mounts/0/destination
	done
}

@test "what protects the container cannot be removed by a link of it" {
	config '.linux.maskedPaths = ["/proc/keys"]'
	start
	list '[{destination: "/mnt/dir/keys", type: "tmpfs", source: "t"}]'
	add
	[ "$status" -eq 0 ]
	oci exec "$ID" sh -c 'mv /mnt /away && ln -s /proc /mnt.d && mkdir /mnt && ln -s /proc /mnt/dir'
	remove
	fails /mounts/0/destination "symbolic link"
	[ "$(oci exec "$ID" cat /proc/keys)" = "" ]
	list '[{destination: "/away/dir/keys", type: "tmpfs", source: "t"}]'
	remove
	[ "$status" -eq 0 ]
}

@test "nothing is mounted inside /proc, also behind a link" {
	start
	oci exec "$ID" ln -s /proc /mnt/p
	for path in /proc/sys/kernel /mnt/p/sys/kernel; do
		list '[{destination: "'$path'", type: "bind", source: $s, options: ["bind"]}]'
		add
		fails "inside /proc" /mounts/0/destination
	done
	list '[{destination: "/proc", type: "tmpfs", source: "t"}]'
	add
	fails "not of type proc"
}

@test "a container that moves its root: it is the one that has it" {
	mkdir "$BUNDLE/rootfs/jail"
	ln -s busybox "$BUNDLE/rootfs/bin/cp"
	ln -s busybox "$BUNDLE/rootfs/bin/chroot"
	add_caps SYS_CHROOT
	config '.process.args = ["sh", "-c", "mkdir -p /jail/bin; cp /bin/busybox /jail/bin/; exec chroot /jail /bin/busybox sleep 1000"]'
	start
	wait_for 5 sh -c 'readlink /proc/'"$(oci state "$ID" | jq .pid)"'/root | grep -q jail'
	list '[{destination: "/../../a", type: "bind", source: $s, options: ["bind"]}]'
	add
	[ "$status" -eq 0 ]
	[ ! -e "$BUNDLE/rootfs/a" ]
	[ -d "$BUNDLE/rootfs/jail/a" ]
}

# ---- all or nothing ------------------------------------------------------------------

# How many mounts are below /mnt of the container.
mounted() {
	oci exec "$ID" grep -c ' /mnt/' /proc/self/mountinfo || true
}

none_mounted() {
	[ "$(mounted)" -eq 0 ]
}

# A list whose last entry cannot be mounted.
list_failing() {
	list '[{destination: "/mnt/a", type: "tmpfs", source: "ours"},
		{destination: "/mnt/a/b", type: "bind", source: $s, options: ["rbind", "rro"]},
		{destination: "/mnt/f", type: "bind", source: ($s + "/file"), options: ["bind"]},
		{destination: "/mnt/a", type: "tmpfs", source: "ours", options: ["ro"]},
		{destination: "/mnt/g", type: "bind", source: ($s + "/nosuch"), options: ["bind"]}]'
}

@test "add: when one fails, those before it go again" {
	start
	list '[{destination: "/mnt/kept", type: "tmpfs", source: "t"}]'
	add
	[ "$status" -eq 0 ]
	list_failing
	add
	fails /mounts/4/source "o such file"
	[[ "$output" != *"may be left"* ]]
	infos
	[[ "$output" == *" /mnt/kept "* ]]
	[ "$(mounted)" -eq 1 ]
}

@test "add in a user namespace: when one fails, those before it go again" {
	requires userns
	in_userns
	start
	list_failing
	add
	fails /mounts/4/source "o such file"
	[ "$(mounted)" -eq 0 ]
}

@test "add: when one fails, those before it go, also moved or covered by the container" {
	find_helper killat -D_GNU_SOURCE
	add_caps SYS_ADMIN
	start
	list_failing
	oci exec "$ID" mkdir /mnt/away
	local script
	for script in 'mount -t tmpfs own /mnt/a' 'mount -o move /mnt/a /mnt/away'; do
		: >"$TESTDIR/report"
		# while the second one waits to be attached
		"$HELPER" -p 3 -s move_mount -k 2 -o "$TESTDIR/report" \
			-x "'$OCIRUN' --root '$ROOT' exec $ID sh -c '$script'" \
			-- "$OCIRUN" --root "$ROOT" mounts add "$ID" "$TESTDIR/mounts.json" \
			>"$TESTDIR/out" 2>&1 && return 1
		cat "$TESTDIR/out" "$TESTDIR/report"
		grep '^struck .* move_mount' "$TESTDIR/report"
		infos
		[[ "$output" != *" tmpfs ours "* ]]
		[[ "$output" != *"$TESTDIR/src"* ]]
	done
}

@test "add: a runtime that is interrupted or killed leaves no mounts" {
	find_helper killat -D_GNU_SOURCE
	start
	list '[{destination: "/mnt/a", type: "tmpfs", source: "t"},
		{destination: "/mnt/f", type: "bind", source: ($s + "/file"), options: ["bind"]},
		{destination: "/mnt/c", type: "tmpfs", source: "t"}]'
	# a shell's background jobs, such as this test may be of, ignore INT
	local sig
	for sig in INT TERM KILL; do
		: >"$TESTDIR/report"
		# shellcheck disable=SC2016
		"$HELPER" -p 3 -s move_mount -k 3 -o "$TESTDIR/report" \
			-x "kill -$sig \$(cat '$TESTDIR/pid'); sleep 0.2" \
			-- env --default-signal=INT sh -c 'echo $$ >"$0"; exec "$@"' "$TESTDIR/pid" \
			"$OCIRUN" --root "$ROOT" mounts add "$ID" "$TESTDIR/mounts.json" \
			>"$TESTDIR/out" 2>&1 && return 1
		cat "$TESTDIR/out" "$TESTDIR/report"
		grep '^struck .* move_mount' "$TESTDIR/report"
		wait_for 5 none_mounted
	done
	add
	[ "$status" -eq 0 ]
	[ "$(mounted)" -eq 3 ]
}

# At each of its waits, for long enough that the process that mounts has done all that it
# can without the runtime.
@test "add: a runtime that is interrupted in any wait leaves no mounts" {
	find_helper killat -D_GNU_SOURCE
	start
	list '[{destination: "/mnt/a", type: "tmpfs", source: "t"},
		{destination: "/mnt/c", type: "tmpfs", source: "t"}]'
	local k waits
	# LeakSanitizer cannot trace what is traced
	export ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0
	for ((k = 0; k <= ${waits:-0}; k++)); do
		: >"$TESTDIR/report"
		# shellcheck disable=SC2016
		"$HELPER" -s poll,ppoll -k "$k" -o "$TESTDIR/report" \
			-x "sleep 0.3; kill -TERM \$(cat '$TESTDIR/pid')" \
			-- sh -c 'echo $$ >"$0"; exec "$@"' "$TESTDIR/pid" \
			"$OCIRUN" --root "$ROOT" mounts add "$ID" "$TESTDIR/mounts.json" \
			>"$TESTDIR/out" 2>&1 || [ "$k" -gt 0 ]
		echo "wait $k of ${waits-}: $(cat "$TESTDIR/out" "$TESTDIR/report")"
		if [ "$k" -eq 0 ]; then
			waits=$(sed -n 's/^count //p' "$TESTDIR/report")
			[ "$waits" -ge 3 ]
			oci mounts remove "$ID" "$TESTDIR/mounts.json"
		fi
		# the last wait may be after the mounts are there for good
		[ "$(mounted)" -eq 2 ] && [ ! -s "$TESTDIR/out" ] || wait_for 5 none_mounted
		[ "$(mounted)" -eq 0 ] || oci mounts remove "$ID" "$TESTDIR/mounts.json"
	done
}

# ---- errors --------------------------------------------------------------------------

@test "a container that does not run, or is not there" {
	list '[]'
	add
	fails "container does not exist"
	config '.process.args = ["true"]'
	oci create "$ID" >"$TESTDIR/out" 2>&1
	oci start "$ID"
	wait_for 5 is_status "$ID" stopped
	add
	fails "container not running"
	remove
	fails "container not running"
}

@test "files that are no list of mounts" {
	start
	run oci mounts add "$ID" "$TESTDIR/nosuch"
	fails nosuch "o such file"
	list '{mounts: []}'
	add
	fails /mounts "expected array"
	list '[{type: "tmpfs"}]'
	add
	fails mounts.json:2:3 /mounts/0 destination
	list '[{destination: "/mnt/a", type: "bind", source: $s, options: ["bind", "size=1"]}]'
	add
	fails /mounts/0/options "filesystem-specific"
	list '[{destination: "/", type: "tmpfs", source: "t"}]'
	add
	fails /mounts/0/destination
	list '[{destination: "/mnt", source: "t", options: ["remount", "ro"]}]'
	add
	fails /mounts/0/options remount
	echo '[{' >"$TESTDIR/mounts.json"
	add
	fails mounts.json:
	list '[]'
	add
	[ "$status" -eq 0 ]
	run oci mounts replace "$ID" "$TESTDIR/mounts.json"
	fails replace "'add' nor 'remove'"
	run oci mounts add "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"requires exactly 3 argument(s)"* ]]
}

@test "a missing source, a read-only root, nothing to remove" {
	config '.root.readonly = true'
	start
	list '[{destination: "/mnt", type: "bind", source: ($s + "/nosuch"), options: ["bind"]}]'
	add
	fails /mounts/0/source "o such file"
	list '[{destination: "/newdir", type: "bind", source: $s, options: ["bind"]}]'
	add
	fails /mounts/0/destination "read-only"
	list '[{destination: "/mnt"}]'
	remove
	fails /mounts/0/destination "nothing is mounted there"
	list '[{destination: "/"}]'
	remove
	fails /mounts/0/destination
	list '[{destination: "/proc/.."}]'
	remove
	fails /mounts/0/destination
}

@test "a container without a mount namespace of its own is refused" {
	del_ns mount
	config '.linux.maskedPaths = [] | .linux.readonlyPaths = [] | .mounts = [] | .root.readonly = false'
	list '[{destination: "/mnt/a", type: "bind", source: $s, options: ["bind"]}]'
	run world private 'oci run -d "$ID" >"$TESTDIR/out" 2>&1 </dev/null
		oci mounts add "$ID" "$TESTDIR/mounts.json" || echo "status $?"
		oci delete -f "$ID"'
	echo "$output"
	[[ "$output" == *"no mount namespace"*"status 1"* ]]
}
