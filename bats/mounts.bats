#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# runtime-spec config.md "Mounts", config-linux.md "Default Filesystems".

load helpers
load container

setup() {
	setup_bundle
	mkdir "$TESTDIR/src"
	echo hello >"$TESTDIR/src/file"
}

teardown() {
	teardown_bundle
}

see_mounts='cat /proc/self/mountinfo'

# Skip where an option of the config is one that this version refuses.
known_options() {
	if oci create "$ID" >"$TESTDIR/out" 2>&1; then
		oci delete "$ID"
	elif grep -q "by this version of ocirun yet" "$TESTDIR/out"; then
		skip "$(grep -o "mount option '[^']*' is not supported" "$TESTDIR/out" | head -n 1)"
	fi
}

# ---- the mounts of `ocirun spec` ----------------------------------------------

@test "default mounts: file systems, flags and options" {
	works "$see_mounts"
	is_mnt /proc opts rw,relatime
	is_mnt /proc type proc
	is_mnt /dev opts rw,nosuid
	is_mnt /dev type tmpfs
	is_mnt /dev super rw,size=65536k,mode=755
	is_mnt /dev/pts opts rw,nosuid,noexec,relatime
	is_mnt /dev/pts type devpts
	is_mnt /dev/pts super rw,gid=5,mode=620,ptmxmode=666
	is_mnt /dev/shm opts rw,nosuid,nodev,noexec,relatime
	is_mnt /dev/shm source shm
	is_mnt /dev/shm super rw,size=65536k
	is_mnt /dev/mqueue opts rw,nosuid,nodev,noexec,relatime
	is_mnt /dev/mqueue type mqueue
	is_mnt /sys opts ro,nosuid,nodev,noexec,relatime
	is_mnt /sys type sysfs
	has_opts /sys/fs/cgroup ro nosuid nodev noexec relatime
	has_opts / ro
}

@test "default mounts: modes and owners of their roots" {
	prints "/proc 555 0:0
/sys 555 0:0
/dev 755 0:0
/dev/pts 755 0:0
/dev/shm 1777 0:0
/dev/mqueue 1777 0:0" '
		stat -c "%n %a %u:%g" /proc /sys /dev /dev/pts /dev/shm /dev/mqueue'
}

@test "every mount of a container is below its root" {
	works "$see_mounts"
	# nothing of the host: each line is the root or one of the config
	while read -r _ _ _ _ dest _; do
		case $dest in
		/ | /proc | /proc/* | /dev | /dev/pts | /dev/shm | /dev/mqueue) ;;
		/sys | /sys/fs/cgroup | /sys/fs/cgroup/* | /sys/firmware) ;;
		*) echo "unexpected mount '$dest'"; return 1 ;;
		esac
	done <<<"$output"
}

@test "a config without mounts" {
	config '.mounts = [] | del(.linux.maskedPaths, .linux.readonlyPaths)'
	works 'ls /proc /sys; echo end'
	[ "$output" = "/proc:

/sys:
end" ]
}

# ---- bind mounts ----------------------------------------------------------------

@test "bind of a directory, a file, a FIFO, a socket and a device" {
	mkfifo "$TESTDIR/fifo"
	python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$TESTDIR/sock"
	add_bind /dir "$TESTDIR/src"
	add_bind /file "$TESTDIR/src/file"
	add_bind /fifo "$TESTDIR/fifo"
	add_bind /sock "$TESTDIR/sock"
	add_bind /dev/kmsg2 /dev/zero
	config '.linux.resources = {}'
	prints 'hello
hello
fifo
socket
character special file' '
		cat /dir/file /file
		stat -c %F /fifo /sock /dev/kmsg2'
}

@test "missing targets are made: directories 0755, files 0644, whatever the umask" {
	umask 077
	add_bind /made/by/us "$TESTDIR/src"
	add_bind /made2/by/file "$TESTDIR/src/file"
	add_mount /made3/tmp tmpfs tmpfs
	add_mount /made4/proc proc proc
	works true
	run stat -c '%n %A %U:%G %s' rootfs/made rootfs/made/by rootfs/made/by/us \
		rootfs/made2/by rootfs/made2/by/file rootfs/made3/tmp rootfs/made4/proc
	echo "$output"
	[ "$(awk '{ print $2, $3 }' <<<"$output" | sort | uniq -c | awk '{ $1 = $1; print }')" = \
		"1 -rw-r--r-- root:root
6 drwxr-xr-x root:root" ]
	[ ! -s rootfs/made2/by/file ]
}

@test "existing targets are left as they are" {
	mkdir -m 700 rootfs/target
	touch rootfs/target/below rootfs/tfile
	chmod 600 rootfs/tfile
	chown 12:34 rootfs/target rootfs/tfile
	before=$(snapshot rootfs/target; snapshot rootfs/tfile)
	add_bind /target "$TESTDIR/src"
	add_bind /tfile "$TESTDIR/src/file"
	prints file 'ls /target'
	[ "$(snapshot rootfs/target; snapshot rootfs/tfile)" = "$before" ]
}

@test "relative sources are relative to the bundle" {
	mkdir data
	echo x >data/x
	add_bind /a data
	add_bind /b ./data/x
	add_bind /c ../src/file
	cd /
	config='.process.args = ["cat", "/a/x", "/b", "/c"]'
	(cd "$BUNDLE" && config "$config")
	run oci run -b "$BUNDLE" "$ID"
	[ "$status" -eq 0 ]
	[ "$output" = "x
x
hello" ]
}

@test "relative destinations are relative to the root" {
	add_bind mnt/rel "$TESTDIR/src"
	works 'cat /mnt/rel/file'
	[[ "${lines[0]}" == *level=warning*"mnt/rel is not absolute"* ]]
	[ "${lines[1]}" = hello ]
}

@test "flags of a bind mount: exactly those asked for" {
	mount -t tmpfs plain "$TESTDIR/src"
	i=0
	while read -r options want; do
		i=$((i + 1))
		add_bind "/m$i" "$TESTDIR/src" "bind,$options"
		wants[i]=$want
		asked[i]=$options
	done <<-'END'
		rw rw,relatime
		ro ro,relatime
		nosuid rw,nosuid,relatime
		nodev rw,nodev,relatime
		noexec rw,noexec,relatime
		noatime rw,noatime
		nodiratime rw,nodiratime,relatime
		strictatime rw
		relatime rw,relatime
		nosymfollow rw,relatime,nosymfollow
		ro,nosuid,nodev,noexec,noatime ro,nosuid,nodev,noexec,noatime
		ro,rw rw,relatime
		rw,ro ro,relatime
		nosuid,suid,noexec,exec,nodev,dev rw,relatime
		noatime,atime rw,relatime
		noatime,relatime rw,relatime
		noatime,strictatime rw
		strictatime,nostrictatime rw,relatime
		nosymfollow,symfollow rw,relatime
		defaults rw,relatime
		defaults,ro,defaults ro,relatime
		sync,dirsync,mand,lazytime,iversion,silent rw,relatime
		async,nomand,nolazytime,noiversion,loud rw,relatime
	END
	inside "$see_mounts"
	umount "$TESTDIR/src"
	[ "$status" -eq 0 ]
	for i in "${!wants[@]}"; do
		is_mnt "/m$i" opts "${wants[i]}" || {
			echo "options ${asked[i]}"
			return 1
		}
	done
}

@test "flags of a bind mount have their effect" {
	config '.linux.resources = {}'
	cp rootfs/bin/busybox "$TESTDIR/src/echo"
	mknod "$TESTDIR/src/zero" c 1 5
	ln -s file "$TESTDIR/src/link"
	for o in ro noexec nodev nosymfollow exec; do
		add_bind "/$o" "$TESTDIR/src" "bind,$o"
	done
	inside 'exec 2>/dev/null
		for d in ro noexec nodev nosymfollow exec; do
			r=$d
			touch /$d/new && r="$r write"
			/$d/echo >/dev/null && r="$r exec"
			head -c 1 /$d/zero >/dev/null && r="$r dev"
			cat /$d/link >/dev/null && r="$r link"
			echo $r
		done'
	[ "$output" = "ro exec dev link
noexec write dev link
nodev write exec link
nosymfollow write exec dev
exec write exec dev link" ]
}

# As mount(8) does: flags are those of the source, or exactly those asked for;
# the access-time mode changes only if one is named.
@test "flags of a bind without options, with some, and with some taken back" {
	add_bind /plain "$TESTDIR/t"
	add_bind /ro "$TESTDIR/t" bind,ro
	add_bind /exec "$TESTDIR/t" bind,exec
	add_bind /none "$TESTDIR/t" bind,suid,dev,exec,atime
	add_bind /relatime "$TESTDIR/t" bind,relatime,nosuid
	config --arg s "$see_mounts" '.process.args = ["sh", "-c", $s]'
	run world private '
		mkdir "$TESTDIR/t"
		mount -t tmpfs -o nosuid,nodev,noexec,noatime t "$TESTDIR/t"
		oci run "$ID"'
	echo "$output"
	[ "$status" -eq 0 ]
	is_mnt /plain opts rw,nosuid,nodev,noexec,noatime
	is_mnt /ro opts ro,noatime
	is_mnt /exec opts rw,noatime
	is_mnt /none opts rw,noatime
	is_mnt /relatime opts rw,nosuid,relatime
}

@test "bind takes one mount, rbind all below; r-options reach all of them" {
	needs_new_calls "mount_setattr(2)"
	add_bind /bind "$TESTDIR/t"
	add_bind /rbind "$TESTDIR/t" rbind
	add_bind /ro "$TESTDIR/t" rbind,ro
	add_bind /rro "$TESTDIR/t" rbind,rro
	add_bind /many "$TESTDIR/t" rbind,rro,rnosuid,rnodev,rnoexec,rnoatime,rnodiratime,rnosymfollow
	add_bind /clear "$TESTDIR/t" rbind,rrw,rexec,rstrictatime
	add_bind /last "$TESTDIR/t" rbind,rro,rrw,rnoexec,rexec
	config --arg s "$see_mounts" '.process.args = ["sh", "-c", $s]'
	run world private '
		mkdir "$TESTDIR/t"
		mount -t tmpfs t "$TESTDIR/t"
		mkdir "$TESTDIR/t/sub" "$TESTDIR/t/sub2"
		mount -t tmpfs -o noexec sub "$TESTDIR/t/sub"
		mount -t tmpfs -o ro sub2 "$TESTDIR/t/sub2"
		oci run "$ID"'
	echo "$output"
	[ "$status" -eq 0 ]
	is_mnt /bind/sub opts ""
	is_mnt /rbind opts rw,relatime
	is_mnt /rbind/sub opts rw,noexec,relatime
	is_mnt /rbind/sub2 opts ro,relatime
	is_mnt /ro opts ro,relatime
	is_mnt /ro/sub opts rw,noexec,relatime
	is_mnt /rro opts ro,relatime
	is_mnt /rro/sub opts ro,noexec,relatime
	is_mnt /many opts ro,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow
	is_mnt /many/sub opts ro,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow
	is_mnt /clear/sub opts rw
	is_mnt /clear/sub2 opts rw
	is_mnt /last/sub opts rw,relatime
	is_mnt /last/sub2 opts rw,relatime
}

@test "the source may be a symlink, copy-symlink and src-nofollow keep it one" {
	ln -s src "$TESTDIR/slink"
	ln -s file "$TESTDIR/src/flink"
	add_bind /dir "$TESTDIR/slink"
	add_bind /file "$TESTDIR/src/flink"
	add_bind /copied "$TESTDIR/src/flink" bind,copy-symlink
	add_bind /nocopy "$TESTDIR/src/file" bind,copy-symlink
	add_bind /link "$TESTDIR/src/flink" bind,src-nofollow,dest-nofollow
	known_options
	prints "hello
hello
file
hello
file" 'cat /dir/file /file; readlink /copied; cat /nocopy; readlink /link'
}

@test "symlinks in the destination stay in the root file system" {
	mkdir -p rootfs/var/data rootfs/deep/er
	ln -s /var/data rootfs/abs
	ln -s ../../../../../var/data rootfs/deep/er/rel
	ln -s /nothere/yet rootfs/dangling
	add_bind /abs/one "$TESTDIR/src"
	add_bind /deep/er/rel/two "$TESTDIR/src"
	add_bind /dangling "$TESTDIR/src"
	prints "hello
hello
hello" 'cat /var/data/one/file /var/data/two/file /nothere/yet/file'
	[ -d rootfs/var/data/one ]
	[ -d rootfs/nothere/yet ]
	[ ! -e /nothere ]
	[ ! -e /var/data/one ]
}

@test "dest-nofollow mounts on the symlink itself" {
	ln -s /var/data rootfs/slink
	ln -s x "$TESTDIR/other"
	add_bind /slink "$TESTDIR/other" bind,src-nofollow,dest-nofollow
	known_options
	prints x 'readlink /slink'
	[ "$(readlink rootfs/slink)" = /var/data ]
}

# ---- order -------------------------------------------------------------------------

@test "later mounts are on top of earlier ones" {
	mkdir "$TESTDIR/one" "$TESTDIR/two"
	echo 1 >"$TESTDIR/one/n"
	echo 2 >"$TESTDIR/two/n"
	add_bind /m "$TESTDIR/one"
	add_bind /m "$TESTDIR/two"
	add_bind /m/n "$TESTDIR/src/file"
	prints hello 'cat /m/n'
	[ "$(cat "$TESTDIR/two/n")" = 2 ]
}

@test "a source in the root file system shows what was mounted there before" {
	mkdir -p "$TESTDIR/src/sub" rootfs/first/sub
	echo deep >"$TESTDIR/src/sub/f"
	add_bind /first "$TESTDIR/src"
	add_bind /second rootfs/first/sub
	add_bind /third "$BUNDLE/rootfs/second/f"
	prints "deep
deep" 'cat /second/f /third'
	[ -d "$TESTDIR/src/sub" ]
}

@test "a source that an earlier mount brings" {
	mkdir "$TESTDIR/src/sub"
	echo deep >"$TESTDIR/src/sub/f"
	add_bind /first "$TESTDIR/src"
	add_bind /second rootfs/first/sub
	prints deep 'cat /second/f'
}

@test "a target that an earlier mount brings" {
	add_mount /t tmpfs tmpfs mode=755
	add_bind /t/deep/dir "$TESTDIR/src"
	prints "hello
755" 'cat /t/deep/dir/file; stat -c %a /t/deep'
	[ ! -e rootfs/t/deep ]
}

@test "a missing target on a read-only mount says so" {
	add_bind /ro "$TESTDIR/src" bind,ro
	add_bind /ro/new "$TESTDIR/src"
	refused "/mounts/8" "/ro/new" "read-only"
	[ ! -e "$TESTDIR/src/new" ]
}

@test "a hundred bind mounts" {
	for i in $(seq 100); do
		mkdir -p "$TESTDIR/many/$i"
	done
	config --arg d "$TESTDIR/many" '.mounts += [range(1; 101) | {
		destination: "/many/\(.)", type: "none", source: "\($d)/\(.)",
		options: ["bind", if . % 2 == 0 then "ro" else "rw" end]}]'
	works "$see_mounts"
	[ "$(grep -c ' /many/' <<<"$output")" -eq 100 ]
	has_opts /many/1 rw
	has_opts /many/100 ro
}

# ---- propagation -------------------------------------------------------------------

@test "propagation options, one by one and in order" {
	for o in private slave shared unbindable rprivate rslave rshared runbindable; do
		add_bind "/$o" "$TESTDIR/t" "rbind,$o"
	done
	add_bind /default "$TESTDIR/t" rbind
	add_bind /both "$TESTDIR/t" rbind,slave,shared
	add_bind /undone "$TESTDIR/t" rbind,rshared,rprivate
	config --arg s "$see_mounts" '.process.args = ["sh", "-c", $s]'
	run world shared '
		mkdir "$TESTDIR/t"
		mount -t tmpfs t "$TESTDIR/t"
		mkdir "$TESTDIR/t/sub"
		mount -t tmpfs sub "$TESTDIR/t/sub"
		oci run "$ID"'
	echo "$output"
	[ "$status" -eq 0 ]
	is_mnt /private prop ""
	is_mnt /rprivate prop ""
	is_mnt /rprivate/sub prop ""
	[[ "$(mnt /private/sub prop)" == master:* ]]
	[[ "$(mnt /default prop)" == master:* ]]
	[[ "$(mnt /slave prop)" == master:* ]]
	[[ "$(mnt /rslave/sub prop)" == master:* ]]
	[[ "$(mnt /shared prop)" == "shared:"*" master:"* ]]
	[[ "$(mnt /shared/sub prop)" == "master:"* ]]
	[[ "$(mnt /rshared/sub prop)" == "shared:"*" master:"* ]]
	[[ "$(mnt /both prop)" == "shared:"*" master:"* ]]
	is_mnt /unbindable prop unbindable
	is_mnt /runbindable/sub prop unbindable
	is_mnt /undone prop ""
	is_mnt /undone/sub prop ""
}

@test "mounts of the host reach a slave and a default mount, not a private one" {
	add_bind /slave "$TESTDIR/t" rbind,rslave
	add_bind /default "$TESTDIR/t" rbind
	add_bind /private "$TESTDIR/t" rbind,rprivate
	config '.process.args = ["sleep", "100"]'
	run world shared '
		mkdir "$TESTDIR/t"
		mount -t tmpfs t "$TESTDIR/t"
		mkdir "$TESTDIR/t/later"
		oci run -d "$ID" >/dev/null 2>&1
		mount -t tmpfs later "$TESTDIR/t/later"
		echo x >"$TESTDIR/t/later/x"
		oci exec "$ID" ls /slave/later /default/later /private/later
		oci delete -f "$ID"'
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = "/default/later:
x

/private/later:

/slave/later:
x" ]
}

@test "mounts in the container reach the host only through a shared mount" {
	config '.root.readonly = false | .linux.rootfsPropagation = "rshared"'
	add_caps SYS_ADMIN
	add_bind /shared "$TESTDIR/t" rbind,rshared
	add_bind /slave "$TESTDIR/t" rbind,rslave
	config '.process.args = ["sh", "-c",
		"mount -t tmpfs a /shared/a; mount -t tmpfs b /slave/b; mount -t tmpfs c /tmp"]'
	run world shared '
		mkdir "$TESTDIR/t"
		mount -t tmpfs t "$TESTDIR/t"
		mkdir "$TESTDIR/t/a" "$TESTDIR/t/b"
		oci run "$ID"
		cat /proc/self/mountinfo'
	echo "$output"
	[ "$status" -eq 0 ]
	is_mnt "$TESTDIR/t/a" source a
	is_mnt "$TESTDIR/t/b" source ""
	is_mnt "$BUNDLE/rootfs/tmp" source ""
}

# ---- tmpfs --------------------------------------------------------------------------

@test "tmpfs: options, and the mode of an existing target" {
	mkdir -m 2750 rootfs/has
	add_mount /new tmpfs tmpfs
	add_mount /has tmpfs tmpfs size=1m
	add_mount /opt tmpfs tmpfs mode=0700,uid=7,gid=8,size=64k,nr_inodes=10
	add_mount /tmp tmpfs tmpfs nosuid,nodev,noexec
	# a kernel without NUMA has no such option
	[ ! -d /sys/devices/system/node ] || add_mount /mpol tmpfs tmpfs mpol=bind:0,size=4096
	works 'stat -c "%n %a %u:%g" /new /has /opt /tmp
		cat /proc/self/mountinfo'
	[ "$(head -n 4 <<<"$output")" = "/new 1777 0:0
/has 2750 0:0
/opt 700 7:8
/tmp 1777 0:0" ]
	is_mnt /opt super rw,size=64k,nr_inodes=10,mode=700,uid=7,gid=8
	is_mnt /tmp opts rw,nosuid,nodev,noexec,relatime
}

@test "a read-only tmpfs turns read-only after mounts were made in it" {
	add_mount /ro tmpfs tmpfs ro,nosuid,mode=755
	add_bind /ro/bin "$TESTDIR/src"
	inside 'cat /ro/bin/file; touch /ro/x 2>&1; cat /proc/self/mountinfo'
	[[ "${lines[0]}" = hello ]]
	[[ "${lines[1]}" == *"Read-only file system" ]]
	is_mnt /ro opts ro,nosuid,relatime
	is_mnt /ro/bin opts "rw,$(stat -fc %T . | grep -q ext && echo relatime || mnt /ro/bin opts | cut -d, -f2-)"
}

@test "a read-only /dev still gets its devices" {
	config '.mounts |= map(if .destination == "/dev" then .options += ["ro"] else . end)'
	works 'ls /dev/null /dev/fd /dev/ptmx; touch /dev/x 2>&1; touch /dev/shm/x && cat /proc/self/mountinfo' ||
		[[ "$output" == *"Read-only"* ]]
	is_mnt /dev opts ro,nosuid
}

@test "tmpcopyup brings the contents along" {
	mkdir -p rootfs/up
	mkdir -m 750 rootfs/up/sub
	chmod 1755 rootfs/up
	echo text >rootfs/up/f
	chmod 646 rootfs/up/f
	chown 11:22 rootfs/up/f rootfs/up/sub
	ln -s f rootfs/up/l
	ln rootfs/up/f rootfs/up/hard
	mkfifo rootfs/up/fifo
	touch -d 2001-02-03T04:05:06Z rootfs/up/f
	add_mount /up tmpfs tmpfs tmpcopyup
	known_options
	prints "/up 1755 0:0 directory
/up/f 646 11:22 regular file
/up/fifo 644 0:0 fifo
/up/l 777 0:0 symbolic link
/up/sub 750 11:22 directory
f text tmpfs
981173106" 'stat -c "%n %a %u:%g %F" /up /up/f /up/fifo /up/l /up/sub
		echo $(readlink /up/l) $(cat /up/l) $(stat -f -c %T /up/sub)
		stat -c %Y /up/f
		echo new >/up/f'
	[ "$(cat rootfs/up/f)" = text ]
}

# ---- other file systems -----------------------------------------------------------

@test "overlay, with options longer than a page of them" {
	for i in $(seq 12); do
		mkdir -p "$TESTDIR/lower-with-quite-a-long-name-$i"
		echo "$i" >"$TESTDIR/lower-with-quite-a-long-name-$i/f$i"
		lower=${lower+$lower:}$TESTDIR/lower-with-quite-a-long-name-$i
	done
	mkdir "$TESTDIR/upper" "$TESTDIR/work"
	[ "${#lower}" -gt 256 ]
	add_mount /ovl overlay overlay "lowerdir=$lower,upperdir=$TESTDIR/upper,workdir=$TESTDIR/work"
	add_mount /small overlay overlay "lowerdir=$TESTDIR/src:$TESTDIR/upper"
	prints "1
12
hello" 'cat /ovl/f1 /ovl/f12 /small/file; echo up >/ovl/new'
	[ "$(cat "$TESTDIR/upper/new")" = up ]
}

@test "remount changes what is there" {
	add_bind /m "$TESTDIR/src"
	add_mount /m none none remount,bind,ro,noexec
	add_mount /dev/shm tmpfs shm remount,size=1m,nosuid,nodev,noexec
	works "$see_mounts"
	has_opts /m ro noexec
	[[ "$(mnt /dev/shm super)" == *size=1024k* ]]
	has_opts /dev/shm nosuid nodev noexec
}

@test "remount of what is no mount says so" {
	mkdir rootfs/plain
	add_mount /plain none none remount,bind,ro
	refused "/mounts/7" "/plain" "invalid argument" "nothing is mounted"
}

@test "two procfs, a read-only one and one with options" {
	add_mount /proc2 proc proc ro,nosuid,nodev,noexec
	add_mount /proc3 proc proc hidepid=2
	works 'cat /proc2/1/comm; cat /proc/self/mountinfo'
	[ "${lines[0]}" = sh ]
	is_mnt /proc2 opts ro,nosuid,nodev,noexec,relatime
	[[ "$(mnt /proc3 super)" == *hidepid=* ]]
}

# ---- /proc ---------------------------------------------------------------------------

@test "files of procfs that are emulated in practice may be covered" {
	for f in cpuinfo diskstats meminfo stat swaps uptime loadavg slabinfo \
		sys/kernel/ns_last_pid; do
		[ ! -e "/proc/$f" ] || {
			add_bind "/proc/$f" "$TESTDIR/src/file" bind,ro
			files="${files-} /proc/$f"
		}
	done
	config 'del(.linux.readonlyPaths)'
	works "cat $files"
	[ "$(sort -u <<<"$output")" = hello ]
}

@test "nothing else inside /proc may be covered, by whatever name" {
	ln -s proc/self rootfs/link
	ln -s /proc rootfs/plink
	for dest in /proc/self/attr/exec /proc/sys/kernel/core_pattern /proc/1 \
		/proc/self /proc/version /proc//./version /tmp/../proc/version \
		/link/status /plink/version /proc/cpuinfo/../version /proc/new /proc/no/such; do
		add_bind "$dest" "$TESTDIR/src/file" bind
		refused "/mounts/7" "inside /proc"
		config 'del(.mounts[-1])'
	done
	add_mount /proc/tty tmpfs tmpfs
	refused "/mounts/7" "inside /proc"
}

@test "only a procfs may be on /proc" {
	config 'del(.linux.maskedPaths, .linux.readonlyPaths)'
	del_mount /proc
	add_bind /proc "$TESTDIR/src"
	refused "/mounts/6" '/proc' "not of type proc"
	config 'del(.mounts[-1])'
	add_mount /proc tmpfs tmpfs
	refused "/mounts/6" '/proc' "not of type proc"
	config 'del(.mounts[-1])'
	add_bind /proc /proc rbind
	works 'cat /proc/self/mountinfo'
	is_mnt /proc type proc
}

# ---- control groups -----------------------------------------------------------------

@test "cgroup mount: the container's own directory in every hierarchy, read-only" {
	works 'cat /proc/self/mountinfo; touch /sys/fs/cgroup/x 2>&1; mkdir /sys/fs/cgroup/*/x 2>&1' || true
	[[ "$output" == *"Read-only file system"* ]]
	[ "$(cgroup_layout)" = v1 ] || {
		is_mnt /sys/fs/cgroup type cgroup2
		return 0
	}
	is_mnt /sys/fs/cgroup type tmpfs
	is_mnt /sys/fs/cgroup super rw,mode=755
	while IFS=: read -r _ names _; do
		[ -n "$names" ] || continue
		names=${names#name=}
		has_opts "/sys/fs/cgroup/$names" ro nosuid nodev noexec
		[[ "$(mnt "/sys/fs/cgroup/$names" root)" == */$ID ]]
	done </proc/self/cgroup
}

@test "cgroup mount with a cgroup namespace: its root is the container's cgroup" {
	add_ns cgroup
	works 'cat /proc/self/cgroup; cat /proc/self/mountinfo; cat /sys/fs/cgroup/*/cgroup.procs /sys/fs/cgroup/cgroup.procs 2>/dev/null | sort -u' || true
	# every line of /proc/self/cgroup ends in ":/"
	[ "$(grep -c '^[0-9]*:[^:]*:/$' <<<"$output")" -eq "$(wc -l </proc/self/cgroup)" ]
	if [ "$(cgroup_layout)" = v2 ]; then
		is_mnt /sys/fs/cgroup type cgroup2
		is_mnt /sys/fs/cgroup root /
	else
		is_mnt /sys/fs/cgroup/pids root /
		is_mnt /sys/fs/cgroup/pids type cgroup
		has_opts /sys/fs/cgroup/pids ro nosuid nodev noexec
	fi
	# our own processes and no others
	[ "${lines[-1]}" -lt 20 ]
}

# the super block options of the host's cgroup2 mount
cgroup2_flags() {
	awk '$0 ~ / - cgroup2 / { print $NF; exit }' /proc/self/mountinfo
}

@test "cgroup2 mount: the tree of cgroup2, also beside v1 hierarchies" {
	local flags
	flags=$(cgroup2_flags)
	[ -n "$flags" ] || skip "requires a cgroup2 mount"
	del_mount /sys/fs/cgroup
	add_mount /sys/fs/cgroup cgroup2 cgroup nosuid,nodev,noexec,ro
	works 'cat /proc/self/mountinfo; cat /proc/self/cgroup; ls /sys/fs/cgroup'
	is_mnt /sys/fs/cgroup type cgroup2
	is_mnt /sys/fs/cgroup root /
	has_opts /sys/fs/cgroup ro nosuid nodev noexec
	grep -qx cgroup.controllers <<<"$output"
	[ "$(mnt /sys/fs/cgroup/pids type)" = "" ]
	# mounting it anew would set the flags of the host's mount
	is_mnt /sys/fs/cgroup super "$flags"
	[ "$(cgroup2_flags)" = "$flags" ]
	add_ns cgroup
	works 'cat /proc/self/mountinfo; ls /sys/fs/cgroup; cat /sys/fs/cgroup/cgroup.procs'
	is_mnt /sys/fs/cgroup type cgroup2
	is_mnt /sys/fs/cgroup root /
	grep -qx cgroup.procs <<<"$output"
	[ "${lines[-1]}" -lt 20 ]
	[ "$(cgroup2_flags)" = "$flags" ]
}

@test "cgroup2 mount in a user namespace, with and without a cgroup namespace" {
	[ -n "$(cgroup2_flags)" ] || skip "requires a cgroup2 mount"
	map_users
	del_mount /sys/fs/cgroup
	add_mount /sys/fs/cgroup cgroup2 cgroup nosuid,nodev,noexec,ro
	works 'cat /proc/self/mountinfo; touch /sys/fs/cgroup/x || true'
	is_mnt /sys/fs/cgroup type cgroup2
	has_opts /sys/fs/cgroup ro
	[[ "$output" == *"Read-only file system"* ]]
	add_ns cgroup
	works 'cat /proc/self/mountinfo; echo $(cat /sys/fs/cgroup/cgroup.procs)'
	is_mnt /sys/fs/cgroup type cgroup2
	is_mnt /sys/fs/cgroup root /
}

@test "a tmpfs with rro turns read-only when what is below it is mounted" {
	needs_new_calls "mount_setattr(2)"
	add_mount /t tmpfs tmpfs rro,rnoexec
	add_mount /t/below tmpfs tmpfs
	config '.mounts |= map(if .destination == "/dev" then .options += ["rro"] else . end)'
	works 'cat /proc/self/mountinfo; stat -c %t:%T /dev/zero'
	has_opts /t ro noexec
	has_opts /t/below rw
	has_opts /dev ro
	[ "${lines[-1]}" = 1:5 ]
}

@test "cgroup mounts: source and recursive attributes" {
	needs_new_calls "mount_setattr(2)"
	config '.mounts |= map(if .type == "cgroup"
		then .options = ["rro", "rnosuid", "rnoexec"] else . end)'
	for ns in 0 1; do
		works 'cat /proc/self/mountinfo'
		dir=/sys/fs/cgroup
		has_opts $dir ro nosuid noexec
		[ "$(cgroup_layout)" = v2 ] || has_opts $dir/pids ro nosuid noexec
		add_ns cgroup
	done
	[ -n "$(cgroup2_flags)" ] || return 0
	del_mount /sys/fs/cgroup
	add_mount /sys/fs/cgroup cgroup2 "a source" rnodev
	works 'cat /proc/self/mountinfo'
	is_mnt /sys/fs/cgroup source 'a\040source'
	has_opts /sys/fs/cgroup nodev
}

@test "cgroup mount that may be written" {
	config '.mounts |= map(if .type == "cgroup"
		then .options -= ["ro"] else . end)'
	add_ns cgroup
	if [ "$(cgroup_layout)" = v2 ]; then
		dir=/sys/fs/cgroup
	else
		dir=/sys/fs/cgroup/pids
	fi
	prints made "mkdir $dir/sub && [ -e $dir/sub/cgroup.procs ] && echo made"
}

# ---- mistakes ------------------------------------------------------------------------

@test "a mount over the whole root is refused" {
	for dest in / // /. /tmp/..; do
		add_bind "$dest" "$TESTDIR/src"
		refused "/mounts/7" "on the top of rootfs"
		config 'del(.mounts[-1])'
	done
}

@test "a file system on a file, an unreachable target" {
	touch rootfs/file
	ln -s loop rootfs/loop
	add_mount /file tmpfs tmpfs
	refused "/mounts/7" "/file" "regular file" "directory"
	config 'del(.mounts[-1])'
	add_mount /file/below tmpfs tmpfs
	refused "/mounts/7" "/file/below" "not a directory"
	config 'del(.mounts[-1])'
	add_mount /loop/below tmpfs tmpfs
	refused "/mounts/7" "/loop/below" "symbolic links"
}

@test "options that the file system does not know are named" {
	add_mount /t tmpfs tmpfs nosuid,sizee=1m
	refused "/mounts/7/options" "sizee=1m"
	config '.mounts[-1].options = ["size=lots"]'
	refused "/mounts/7/options" "size=lots"
	config '.mounts[-1].options = ["bind", "size=1m"] | .mounts[-1].source = "/tmp"'
	refused "/mounts/7/options" "bind mounts cannot have any filesystem-specific options applied"
}

@test "a start that fails at its last mount leaves no mount" {
	add_bind /a "$TESTDIR/src"
	add_bind /b "$TESTDIR/src/none"
	run world shared '
		before=$(cat /proc/self/mountinfo)
		! oci run "$ID" 2>/dev/null
		[ "$(cat /proc/self/mountinfo)" = "$before" ]'
	[ "$status" -eq 0 ]
}
