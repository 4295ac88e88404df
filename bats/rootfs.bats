#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# runtime-spec config.md "Root", config-linux.md "Rootfs Mount Propagation";
# what a start leaves behind on the host: nothing.
# shellcheck disable=SC2030,SC2031 # a test may change output for itself

load helpers
load container

setup() {
	setup_bundle
}

teardown() {
	teardown_bundle
}

# ---- where it is --------------------------------------------------------------------

@test "a read-only root: nothing on it may be written, the mounts may" {
	prints "ro
dev
shm" 'touch /x 2>/dev/null || echo ro; touch /dev/x && echo dev; touch /dev/shm/x && echo shm'
}

@test "a writable root is the one of the bundle" {
	config '.root.readonly = false'
	works 'echo data >/new'
	[ "$(cat rootfs/new)" = data ]
}

@test "root.path: relative, absolute, unclean, above the bundle" {
	mv rootfs "$TESTDIR/elsewhere"
	echo here >"$TESTDIR/elsewhere/mark"
	for path in ../elsewhere "$TESTDIR/elsewhere" "$TESTDIR//bundle/.././elsewhere/"; do
		config --arg p "$path" '.root.path = $p'
		prints here 'cat /mark'
	done
}

@test "a symlink in the path of the root file system" {
	mv rootfs "$TESTDIR/real"
	ln -s ../real rootfs
	ln -s bundle "$TESTDIR/link"
	config '.process.args = ["cat", "/mark"]'
	echo here >"$TESTDIR/real/mark"
	run oci run -b "$TESTDIR/link" "$ID"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = here ]
}

@test "root.path of the host's root is refused" {
	config '.root.path = "/"'
	refused /root/path "invalid rootfs"
}

@test "the container sees nothing above its root" {
	echo secret >outside
	prints "none
none
same" '
		cat /../outside 2>/dev/null || echo none
		cat /../../outside 2>/dev/null || echo none
		[ "$(stat -c %i /)" = "$(stat -c %i /..)" ] && echo same'
}

@test "rootfs on tmpfs, on overlayfs, and a mount of its own" {
	config '.process.args = ["sh", "-c", "echo up; touch /new; cat /proc/self/mountinfo"] |
		.root.readonly = false'
	run world private '
		mkdir "$TESTDIR/t"
		mount -t tmpfs t "$TESTDIR/t"
		cp -a "$BUNDLE" "$TESTDIR/t/b"
		oci run -b "$TESTDIR/t/b" "$ID"
		[ -e "$TESTDIR/t/b/rootfs/new" ]'
	echo "$output"
	[ "$status" -eq 0 ]
	is_mnt / type tmpfs
	run world private '
		mkdir "$TESTDIR/o" "$TESTDIR/o/u" "$TESTDIR/o/w" "$TESTDIR/o/b" "$TESTDIR/o/b/rootfs"
		cp config.json "$TESTDIR/o/b"
		mount -t overlay o -o lowerdir="$BUNDLE/rootfs,upperdir=$TESTDIR/o/u,workdir=$TESTDIR/o/w" \
			"$TESTDIR/o/b/rootfs"
		oci run -b "$TESTDIR/o/b" "$ID"
		[ -e "$TESTDIR/o/u/new" ]
		[ ! -e "$BUNDLE/rootfs/new" ]'
	echo "$output"
	[ "$status" -eq 0 ]
	is_mnt / type overlay
}

@test "mounts inside the root file system come along" {
	mkdir rootfs/data
	config '.process.args = ["sh", "-c", "cat /data/x; cat /proc/self/mountinfo"]'
	run world private '
		mount -t tmpfs -o noexec d "$BUNDLE/rootfs/data"
		echo sub >"$BUNDLE/rootfs/data/x"
		oci run "$ID"'
	echo "$output"
	[ "${lines[0]}" = sub ]
	is_mnt /data opts rw,noexec,relatime
	has_opts / ro
}

@test "the flags of the mount below the root file system are kept" {
	config '.process.args = ["cat", "/proc/self/mountinfo"]'
	run world private '
		mkdir "$TESTDIR/t"
		mount -t tmpfs -o nosuid,nodev,noatime t "$TESTDIR/t"
		cp -a "$BUNDLE" "$TESTDIR/t/b"
		oci run -b "$TESTDIR/t/b" "$ID"'
	echo "$output"
	[ "$status" -eq 0 ]
	is_mnt / opts ro,nosuid,nodev,noatime
}

@test "a root file system mounted noexec: the error says so" {
	run world private '
		mkdir "$TESTDIR/t"
		mount -t tmpfs -o noexec t "$TESTDIR/t"
		cp -a "$BUNDLE" "$TESTDIR/t/b"
		oci run -b "$TESTDIR/t/b" "$ID"'
	echo "$output"
	[ "$status" -ne 0 ]
	[[ "${lines[-1]}" == *"/bin/true"*"mounted noexec"* ]]
}

# ---- propagation ---------------------------------------------------------------------

# propagation VALUE: of the root file system, "" for none
propagation() {
	config --arg v "$1" 'if $v == "" then del(.linux.rootfsPropagation)
		else .linux.rootfsPropagation = $v end'
}

# root_in WORLD: the mounts of a container started in it.
root_in() {
	config '.process.args = ["cat", "/proc/self/mountinfo"]'
	run world "$1" '
		before=$(cat /proc/self/mountinfo)
		oci run "$ID"
		[ "$(cat /proc/self/mountinfo)" = "$before" ]'
	echo "$output"
	[ "$status" -eq 0 ] || { echo "exit status $status"; return 1; }
}

@test "rootfsPropagation: each value, on a host with private and with shared mounts" {
	for w in private shared; do
		for v in private rprivate; do
			config --arg v "$v" '.linux.rootfsPropagation = $v'
			root_in "$w"
			is_mnt / prop ""
		done
		for v in slave rslave; do
			config --arg v "$v" '.linux.rootfsPropagation = $v'
			root_in "$w"
			[[ "$(mnt / prop)" != *shared* ]]
			[ "$w" = private ] || [[ "$(mnt / prop)" == master:* ]]
		done
		for v in shared rshared; do
			config --arg v "$v" '.linux.rootfsPropagation = $v'
			root_in "$w"
			[[ "$(mnt / prop)" == shared:* ]]
		done
		config '.linux.rootfsPropagation = "rshared"'
		root_in "$w"
		[[ "$(mnt /dev/shm prop)" == shared:* ]]
		for v in unbindable runbindable; do
			config --arg v "$v" '.linux.rootfsPropagation = $v'
			root_in "$w"
			is_mnt / prop unbindable
		done
		config 'del(.linux.rootfsPropagation)'
		root_in "$w"
		[[ "$(mnt / prop)" != *shared* ]]
	done
}

@test "an unknown rootfsPropagation" {
	config '.linux.rootfsPropagation = "sharedd"'
	refused /linux/rootfsPropagation sharedd "'shared'"
}

@test "a bundle on a shared mount below a shared mount" {
	config '.process.args = ["cat", "/proc/self/mountinfo"]'
	for v in slave private shared ""; do
		propagation "$v"
		run world shared '
			mkdir -p "$TESTDIR/t"
			mount -t tmpfs t "$TESTDIR/t"
			cp -a "$BUNDLE" "$TESTDIR/t/b"
			mount --bind "$TESTDIR/t/b/rootfs" "$TESTDIR/t/b/rootfs"
			before=$(cat /proc/self/mountinfo)
			oci run -b "$TESTDIR/t/b" "$ID"
			[ "$(cat /proc/self/mountinfo)" = "$before" ]'
		echo "$v: $output"
		[ "$status" -eq 0 ]
		[[ "$(mnt / prop)" != *shared* ]] || [ "$v" = shared ]
	done
}

# As runc 1.5 has it. Most volumes lie on the mount that holds the bundle, too.
@test "without rootfsPropagation nothing of the bundle's mount follows the host" {
	local follows=
	config '.process.args = ["cat", "/proc/self/mountinfo"] | .mounts += [
		{destination: "/vol", type: "none", source: $d, options: ["bind"]}]' \
		--arg d "$TESTDIR/t/vol"
	mkdir -p rootfs/vol
	for v in "" rprivate slave rslave; do
		propagation "$v"
		run world shared '
			mkdir -p "$TESTDIR/t"
			mount -t tmpfs t "$TESTDIR/t"
			cp -a "$BUNDLE" "$TESTDIR/t/b"
			mkdir "$TESTDIR/t/vol"
			oci run -b "$TESTDIR/t/b" "$ID"'
		echo "$v: $output"
		[ "$status" -eq 0 ]
		case $v in
		*slave) [[ "$(mnt /vol prop)" == master:* ]] && follows+=" $v" ;;
		*) is_mnt /vol prop "" ;;
		esac
	done
	[ "$follows" = " slave rslave" ]
}

@test "no start, exec or delete changes the mounts of the host" {
	config '.process.args = ["sleep", "100"]'
	add_bind /tmp "$TESTDIR"
	for v in rslave rshared rprivate; do
		config --arg v "$v" '.linux.rootfsPropagation = $v'
		run world shared '
			before=$(cat /proc/self/mountinfo)
			same() { [ "$(cat /proc/self/mountinfo)" = "$before" ]; }
			oci create "$ID" >/dev/null 2>&1
			same
			oci start "$ID"
			same
			oci exec "$ID" true
			same
			oci delete -f "$ID"
			same'
		echo "$v: $output"
		[ "$status" -eq 0 ]
	done
}

# ---- other ways in ---------------------------------------------------------------------

@test "--no-pivot: the container's root, and no way to the host's procfs" {
	config '.process.args = ["sh", "-c", "ls /proc/1/comm; cat /mark; cat /proc/self/mountinfo"]'
	echo here >rootfs/mark
	for w in private shared; do
		run world "$w" '
			before=$(cat /proc/self/mountinfo)
			oci run --no-pivot "$ID"
			[ "$(cat /proc/self/mountinfo)" = "$before" ]'
		echo "$output"
		[ "$status" -eq 0 ]
		[ "${lines[1]}" = here ]
		# procfs and sysfs in the namespace: the container's own
		[ "$(grep -c ' - proc ' <<<"$output")" -eq "$(grep -c ' /proc' <<<"$(grep ' - proc ' <<<"$output")")" ]
		[ "$(awk '$4 == "/" && / - proc /' <<<"$output" | wc -l)" -eq 1 ]
		[ "$(awk '$4 == "/" && / - sysfs /' <<<"$output" | wc -l)" -eq 1 ]
	done
}

@test "--no-pivot with rootfsPropagation private is refused" {
	config '.linux.rootfsPropagation = "rprivate"'
	run oci run --no-pivot "$ID"
	[ "$status" -eq 1 ]
	[[ "${lines[-1]}" == */linux/rootfsPropagation*pivot* ]]
}

@test "without a mount namespace: chroot, and the mounts are the caller's" {
	del_ns mount
	config 'del(.linux.maskedPaths, .linux.readonlyPaths) | .mounts = [] | .root.readonly = false |
		.process.args = ["sh", "-c", "ls -d /bin /work /home; cat /mark"]'
	echo here >rootfs/mark
	run world private '
		before=$(cat /proc/self/mountinfo)
		oci run "$ID"
		[ "$(cat /proc/self/mountinfo)" = "$before" ]'
	echo "$output"
	[[ "$output" == */bin*here* ]]
	[[ "$output" != */home$'\n'* ]]
	# nodes made in a root file system that is not ours alone stay there
	[ -c rootfs/dev/null ]
}

# in_chroot SCRIPT: run it with a / that is no mount, but where everything below is.
in_chroot() {
	mkdir "$TESTDIR/new"
	run timeout 60 env OCIRUN="$OCIRUN" ROOT="$ROOT" ID="$ID" unshare -m --propagation private sh -ec '
		for d in /*; do
			if [ -L "$d" ]; then
				cp -d "$d" "$1"
			elif [ -d "$d" ]; then
				mkdir "$1$d"
				mount --rbind "$d" "$1$d"
			fi
		done
		exec chroot "$1" /bin/sh -ec "cd \"\$1\"; $3" sh "$2"' sh "$TESTDIR/new" "$BUNDLE" "$1"
	echo "$output"
}

@test "in a chroot that is no mount point: an error that says so, nothing left" {
	in_chroot '"$OCIRUN" --root "$ROOT" run "$ID"'
	refuses "'/' is not a mount point" "chroot is not enough"
	[ -z "$(ls -A "$ROOT")" ]
}

@test "in a chroot without /proc: an error that says so, nothing left" {
	requires no_sanitizers # LeakSanitizer looks for its threads there
	in_chroot 'umount -l /proc; "$OCIRUN" --root "$ROOT" run "$ID"'
	# which file it misses first is the cgroup driver's affair
	refuses "/proc/" "(is " " mounted"
	[ -z "$(ls -A "$ROOT")" ]
}

@test "without a mount namespace maskedPaths are refused" {
	del_ns mount
	refused "/linux/maskedPaths" "unable to restrict sys entries without a private MNT namespace"
}

@test "a joined mount namespace that cannot be pivoted is an error, not a surprise" {
	config '.process.args = ["sleep", "100"]'
	oci run -d "$ID" >/dev/null 2>&1
	pid=$(oci state "$ID" | jq .pid)
	cp config.json saved.json
	add_ns mount "/proc/$pid/ns/mnt"
	run timeout 30 "$OCIRUN" --root "$ROOT" run "$ID-2"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ "${lines[-1]}" == *"/root/path"*"$BUNDLE/rootfs"*"no such file or directory"* ]]
	cp saved.json config.json
}

@test "a missing working directory is made, 0755, in the container" {
	config '.process.cwd = "/made/by/ocirun" | .root.readonly = false'
	umask 077
	prints "/made/by/ocirun 755" 'echo $(pwd) $(stat -c %a .)'
	[ -d rootfs/made/by/ocirun ]
}

@test "a working directory below a tmpfs, with a read-only root" {
	add_mount /tmp tmpfs tmpfs mode=755
	config '.process.cwd = "/tmp/a/b"'
	prints "/tmp/a/b 755" 'echo $(pwd) $(stat -c %a .)'
	config '.process.cwd = "/not/there"'
	prints "/not/there 755" 'echo $(pwd) $(stat -c %a .)'
}

@test "a working directory that is a file, a loop or leads through procfs" {
	touch rootfs/file
	ln -s loop rootfs/loop
	config '.process.cwd = "/file"'
	refused /process/cwd "not a directory"
	config '.process.cwd = "/file/below"'
	refused /process/cwd "not a directory"
	config '.process.cwd = "/loop"'
	refused /process/cwd "symbolic link"
	config '.process.cwd = "/proc/self/fd/7"'
	refused /process/cwd
	config '.process.cwd = "/proc/self/root/tmp"'
	refused /process/cwd "procfs"
}

@test "the caller's working directory does not matter" {
	config '.process.args = ["true"]'
	mkdir "$TESTDIR/gone"
	cd "$TESTDIR/gone"
	rmdir "$TESTDIR/gone"
	oci run -b "$BUNDLE" "$ID"
}
