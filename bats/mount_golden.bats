#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a container sees of each kind of mount (mountinfo, stat, statfs): the same
# with the calls of Linux 5.2 and with mount(2), and the same as in runc, where it
# is installed and knows the kind.
# shellcheck disable=SC2016,SC2030,SC2031 # scripts for the container and for worlds

load helpers
load container

# The calls that mount(2) stands in for (tests/helpers/nosys.c).
old=open_tree,move_mount,fsopen,fsconfig,fsmount,fspick,mount_setattr
old=$old,openat2,statx

# Of every mount: path, root, options, propagation without its numbers, type,
# source, super block; then of each argument what stat(2) and statfs(2) say.
look='
awk "{
	prop = \"\"
	for (i = 7; \$i != \"-\"; i++) {
		sub(/:.*/, \"\", \$i)
		if (\$i != \"propagate_from\") prop = prop \" \" \$i
	}
	print \$5, \"root=\" \$4, \$6, \"prop=\" prop, \$(i + 1), \$(i + 2), \$(i + 3)
}" /proc/self/mountinfo
for p; do
	stat -c "%n: %F %a %u:%g %t:%T" $p 2>&1
	case $p in
	/bind*) stat -f -c "%n: %T %s" $p ;;
	*) stat -f -c "%n: %T %s %b %c" $p 2>&1 ;;
	esac
done'

setup() {
	setup_bundle
	find_helper nosys
	mkdir -p "$TESTDIR/src/sub" "$TESTDIR/src/sub2"
	echo hello >"$TESTDIR/src/file"
	mkfifo "$TESTDIR/src/fifo"
	config '.mounts |= map(select(.destination == "/proc")) |
		.linux.maskedPaths = [] | .linux.readonlyPaths = [] | .linux.resources = {}'
	PEER=${RUNC-$(command -v runc || true)}
	SEE=
}

teardown() {
	teardown_bundle
}

# take TO COMMAND...: a run of the container by that runtime, made comparable.
take() {
	local to=$1
	shift
	# what one start makes in it is not there for the next one
	rm -rf --one-file-system rootfs
	cp -a rootfs.clean rootfs
	# every mount of a world of the test's own, nothing of the host's changes; the
	# root file system is one, since runc from 1.2 on cuts the mount that holds it
	# off from the host, and with it the binds of what lies there
	TESTDIR=$TESTDIR ID=$ID timeout -k 5 60 unshare -m --propagation private sh -c '
		mount --bind rootfs rootfs
		mount --make-rshared /
		mount -t tmpfs -o size=1m,mode=755 t "$TESTDIR/src/sub"
		mkdir "$TESTDIR/src/sub/deep"
		mount -t tmpfs -o size=1m,noexec,nosuid deep "$TESTDIR/src/sub2"
		exec "$@" run "$ID"' take "$@" </dev/null >"$to.raw" 2>&1 || {
		echo "${*##*/}: exit status $?"
		cat "$to.raw"
		return 1
	}
	# same order for what is not stacked; the names of this test; what a mount of
	# the image is made of is the host'"'"'s business
	sed "s|$TESTDIR|TESTDIR|g; s|${TESTDIR#/tmp}|TESTDIR|g; s|$ID|ID|g;
		s|,inode64||; s| root=[^ ]*/TESTDIR| root=TESTDIR|" "$to.raw" | sort -s -k 1,1 >"$to"
	[ -s "$to" ]
}

# same [PATH...]: the new calls and the old ones, with stat of the paths.
same() {
	local paths="$*"
	[ -d rootfs.clean ] || cp -a rootfs rootfs.clean
	config --arg s "$look" --arg p "$paths" '.process.args = ["sh", "-c", $s, "look"] + ($p | split(" "))' ||
		return 1
	take "$TESTDIR/new" "$OCIRUN" --root "$ROOT" || return 1
	take "$TESTDIR/old" "$HELPER" "$old" "$OCIRUN" --root "$ROOT" || return 1
	diff -u "$TESTDIR/new" "$TESTDIR/old"
}

# as_runc [PATH...]: and runc, after edits of its answer by the sed script $SEE.
as_runc() {
	same "$@" || return 1
	if [ -z "$PEER" ]; then
		echo "# runc is not installed: not compared ($BATS_TEST_DESCRIPTION)" >&3
		return 0
	fi
	take "$TESTDIR/runc" "$PEER" --root "$ROOT.runc" || return 1
	# "/" is a slave in older ones, private in newer ones and here
	sed "s|^\(/ .* prop=\).*|\1|; $SEE" "$TESTDIR/runc" >"$TESTDIR/runc.seen"
	sed "s|^\(/ .* prop=\).*|\1|; $SEE" "$TESTDIR/new" >"$TESTDIR/new.seen"
	diff -u "$TESTDIR/new.seen" "$TESTDIR/runc.seen"
}

kinds() {
	add_mount /dev tmpfs tmpfs nosuid,strictatime,mode=755,size=65536k
	add_mount /dev/pts devpts devpts nosuid,noexec,newinstance,ptmxmode=0666,mode=0620
	add_mount /dev/shm tmpfs shm nosuid,noexec,nodev,mode=1777,size=65536k
	add_mount /dev/mqueue mqueue mqueue nosuid,noexec,nodev
}

@test "tmpfs: plain, sized, with owner and mode, read-only, over what is there, mpol" {
	mkdir -m 2750 rootfs/has
	add_mount /plain tmpfs tmpfs
	add_mount /has tmpfs tmpfs size=1m
	add_mount /opt tmpfs tmpfs mode=0710,uid=7,gid=8,size=64k,nr_inodes=10
	add_mount /ro tmpfs tmpfs ro,nosuid,nodev,noexec,size=64k
	add_mount /time tmpfs tmpfs noatime,nodiratime,size=64k
	add_mount /strict tmpfs tmpfs strictatime,size=64k
	add_mount /sync tmpfs tmpfs sync,dirsync,size=64k
	add_mount /made/deep tmpfs name size=64k
	# older ones set the mode that is there already afterwards
	SEE='s/^\(.has root=.*\),mode=.*/\1/'
	as_runc /has /opt /ro /time /made /made/deep
}

@test "procfs, sysfs, mqueue, devpts, /dev: as engines write them" {
	kinds
	add_mount /sys sysfs sysfs nosuid,noexec,nodev,ro
	add_mount /proc2 proc proc ro,nosuid,nodev,noexec
	as_runc /proc /sys /dev /dev/pts /dev/pts/ptmx /dev/ptmx /dev/shm /dev/mqueue \
		/dev/null /dev/zero /dev/full /dev/tty /dev/random /dev/urandom
}

@test "the same in the host's network, ipc, uts and pid namespaces" {
	kinds
	add_mount /sys sysfs sysfs nosuid,noexec,nodev
	del_ns network ipc uts pid
	config 'del(.hostname)'
	as_runc /proc /sys /dev/mqueue
}

@test "binds of a directory, file, FIFO, device; targets made, followed, covered" {
	mkdir -p rootfs/var/data
	ln -s /var/data rootfs/slink
	add_mount /bind/dir none "$TESTDIR/src" bind
	add_mount /bind/file none "$TESTDIR/src/file" bind
	add_mount /bind/fifo none "$TESTDIR/src/fifo" bind
	add_mount /bind/null none /dev/null bind
	add_mount /bind/type bind "$TESTDIR/src" bind
	add_mount /slink/below none "$TESTDIR/src" bind
	add_mount /bind/dir none "$TESTDIR/src/sub" bind
	as_runc /bind /bind/dir /bind/file /bind/fifo /bind/null /var/data/below
}

@test "flags of binds" {
	local o i=0
	for o in ro nosuid nodev noexec noatime nodiratime relatime ro,nosuid,nodev,noexec \
		ro,rw noatime,atime strictatime rw suid,dev,exec; do
		add_mount "/bind$((i += 1))" none "$TESTDIR/src/sub" "bind,$o"
		add_mount "/bindr$i" none "$TESTDIR/src" "rbind,$o"
	done
	as_runc /bind1
}

@test "recursive attributes" {
	local o i=0
	for o in rro rnosuid,rnodev rnoexec rexec,rsuid rnoatime rstrictatime rnodiratime \
		rrelatime; do
		add_mount "/bind$((i += 1))" none "$TESTDIR/src" "rbind,$o"
	done
	# they need mount_setattr(2)
	old=${old%,mount_setattr,*},openat2,statx
	as_runc /bind1/sub
}

@test "propagation of mounts" {
	local o i=0
	for o in private slave shared unbindable rprivate rslave rshared runbindable slave,shared; do
		add_mount "/bind$((i += 1))" none "$TESTDIR/src" "rbind,$o"
	done
	add_mount /tmpfs tmpfs tmpfs shared,size=64k
	as_runc /bind1
}

@test "propagation of the root file system" {
	local p
	for p in slave rslave shared rshared private rprivate unbindable; do
		config --arg p "$p" '.linux.rootfsPropagation = $p'
		del_mount /bind
		add_mount /bind none "$TESTDIR/src" rbind
		case $p in
		# runc before 1.2 gives these too early, and makes the mount that holds the
		# root file system private where newer ones make it a slave
		*shared | unbindable | slave) same /bind ;;
		*) as_runc /bind ;;
		esac || { echo "rootfsPropagation $p"; return 1; }
	done
}

@test "remounts: of a bind and of a file system" {
	add_mount /bind none "$TESTDIR/src/sub" bind
	add_mount /bind none "$TESTDIR/src/sub" remount,bind,ro,noexec
	add_mount /t tmpfs tmpfs size=1m
	add_mount /t tmpfs tmpfs remount,ro,size=2m
	as_runc /bind /t
}

@test "tmpcopyup" {
	mkdir -m 1750 rootfs/has
	mkdir rootfs/has/dir
	echo x >rootfs/has/f
	ln -s f rootfs/has/l
	chown 5:6 rootfs/has/f
	chmod 4755 rootfs/has/f
	add_mount /has tmpfs tmpfs tmpcopyup,size=1m
	SEE='s/^\(.has root=.*\),mode=.*/\1/'
	as_runc /has /has/dir /has/f /has/l
}

@test "cgroup mounts with and without a cgroup namespace" {
	local opts=nosuid,noexec,nodev,relatime
	add_mount /sys sysfs sysfs nosuid,noexec,nodev,ro
	add_mount /sys/fs/cgroup cgroup cgroup $opts,ro
	# the tmpfs is read-only here, as asked for; runc gives it the mode of its target
	SEE='s|^\(/sys/fs/cgroup root=/\) r[ow],|\1 RW,|; /^.sys.fs.cgroup: directory/d; s/ cgroup systemd / cgroup cgroup /'
	as_runc /sys/fs/cgroup
	add_ns cgroup
	as_runc /sys/fs/cgroup
	del_mount /sys/fs/cgroup
	add_mount /sys/fs/cgroup cgroup cgroup $opts
	as_runc /sys/fs/cgroup
}

@test "cgroup2 mounts with and without a cgroup namespace" {
	grep -q ' - cgroup2 ' /proc/self/mountinfo || skip "requires a cgroup2 mount"
	add_mount /c2 cgroup2 cgroup nosuid,noexec,nodev,ro
	# ours is the host's mount without a namespace: its source is the host's name
	SEE='/^.c2 /s/prop=\( master\)\? cgroup2 cgroup2\?/prop= cgroup2 NAME/'
	as_runc /c2
	add_ns cgroup
	as_runc /c2
}

@test "/dev bound from the host, and a container without a /dev of its own" {
	add_mount /dev none /dev rbind
	same /dev/null /dev/zero
	del_mount /dev
	# runc leaves no mount there either
	as_runc /dev/null /dev/zero /dev/ptmx /dev/fd
}

@test "a read-only root, --no-pivot, masked and read-only paths" {
	kinds
	config '.root.readonly = true | .linux.maskedPaths = ["/proc/keys", "/etc/passwd", "/proc/acpi", "/none"] |
		.linux.readonlyPaths = ["/proc/sys", "/proc/bus", "/none2"]'
	# what masks a directory is one tmpfs here, one for each there
	SEE='/^\/proc\/acpi/d'
	as_runc /proc/keys /etc/passwd / /proc/sys
	config 'del(.linux.maskedPaths, .linux.readonlyPaths)'
	same_with --no-pivot /
}

# same_with OPTION [PATH...]: `same` with an option of run.
same_with() {
	local opt=$1 real=$OCIRUN
	shift
	printf '#!/bin/sh\nwhile [ "$1" != run ]; do set -- "$@" "$1"; shift; done\nshift\nexec "%s" "$2" "$3" run %s "$1"\n' \
		"$real" "$opt" >"$TESTDIR/ocirun"
	chmod +x "$TESTDIR/ocirun"
	OCIRUN=$TESTDIR/ocirun
	same "$@"
	OCIRUN=$real
}

@test "in a user namespace" {
	map_users
	kinds
	add_mount /sys none /sys rbind,nosuid,noexec,nodev,ro
	add_mount /t tmpfs tmpfs mode=0710,uid=7,gid=8,size=64k
	add_mount /bind none "$TESTDIR/src" rbind
	add_mount /bindro none "$TESTDIR/src/sub" bind,ro
	add_mount /bind/file none "$TESTDIR/src/file" bind
	# older ones make mqueue before they are root of the user namespace
	SEE='/^.sys./d; /^.dev.mqueue: directory/d'
	as_runc /proc /dev /dev/pts /dev/shm /dev/mqueue /dev/null /t /bind /bind/file
}

@test "in a user namespace with a sysfs and cgroups of its own" {
	map_users
	add_ns cgroup
	add_mount /sys sysfs sysfs nosuid,noexec,nodev,ro
	add_mount /sys/fs/cgroup cgroup cgroup nosuid,noexec,nodev,ro
	SEE='s|^\(/sys/fs/cgroup root=/\) r[ow],|\1 RW,|; /^.sys.fs.cgroup: directory/d; s/ cgroup systemd / cgroup cgroup /'
	as_runc /sys /sys/fs/cgroup
}

@test "what runc does not know: nosymfollow, symlinks as such, the rest of the flags" {
	ln -s file "$TESTDIR/src/link"
	add_mount /bind1 none "$TESTDIR/src/sub" bind,nosymfollow
	add_mount /bind2 none "$TESTDIR/src/link" bind,copy-symlink
	add_mount /t tmpfs tmpfs lazytime,iversion,silent,size=64k
	add_mount /d tmpfs tmpfs defaults,size=64k
	same /bind1 /bind2 /t /d
}

@test "a recursive attribute that a later one takes back" {
	add_mount /bind1 none "$TESTDIR/src" rbind,rro,rrw
	add_mount /bind2 none "$TESTDIR/src" rbind,rnoexec,rro,rexec
	old=${old%,mount_setattr,*},openat2,statx
	same /bind1 /bind2/sub
	grep -q '^/bind1/sub root=[^ ]* rw,' "$TESTDIR/new"
	grep -q '^/bind2/sub root=[^ ]* ro,relatime' "$TESTDIR/new"
}
