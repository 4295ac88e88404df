#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Files that the user names: config.json, process.json, resources and pid files
# that are no regular files, or that are there already.

load helpers

setup() {
	setup_bundle
	F=$TESTDIR/file
}

teardown() {
	teardown_bundle
}

# quick ARG...: must be over within nine seconds, before any wait of ours is. Sets $status,
# $output, $lines. Through a file: what it starts would hold a pipe.
quick() {
	status=0
	timeout -k 1 9 "$OCIRUN" --root "$ROOT" "$@" </dev/null >"$TESTDIR/out" 2>&1 3>&- ||
		status=$?
	output=$(cat "$TESTDIR/out")
	mapfile -t lines <"$TESTDIR/out"
	echo "$output"
	[ "$status" -lt 124 ] || [ "$status" -eq 255 ]
}

# odd COMMAND...: run it with "$F" as a FIFO, a device, a socket and a directory.
odd() {
	local kind
	for kind in fifo zero socket directory; do
		echo "== $kind"
		rm -rf "$F"
		case $kind in
		fifo) mkfifo "$F" ;;
		zero) mknod "$F" c 1 5 || continue ;;
		socket) perl -MIO::Socket::UNIX -e \
			'IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1) or die' "$F" ;;
		directory) mkdir "$F" ;;
		esac
		quick "$@"
		case $kind in
		directory) refuses "is a directory" ;;
		*) refuses "not a regular file" ;;
		esac
		[ ! -d "$ROOT" ] ||
			[ -z "$(find "$ROOT" -mindepth 1 -maxdepth 1 ! -name "$ID")" ]
	done
}

@test "config.json is no regular file" {
	mv config.json good.json
	F=$BUNDLE/config.json
	for command in "run" "create"; do
		odd "$command" "$ID"
		refuses "config.json"
		[ ! -e "$ROOT/$ID" ]
	done
	rm -rf config.json
	ln -s good.json config.json
	quick run "$ID"
	[ "$status" -eq 0 ]
}

@test "exec --process: no regular file, and a pipe by its descriptor" {
	config '.process.args = ["sleep", "1000"]'
	oci run -d "$ID" >/dev/null 2>&1
	odd exec --process "$F" "$ID"
	refuses "--process"
	jq '.process | .args = ["echo", "from a pipe"]' config.json >good.json
	for name in /dev/stdin /dev/fd/0 /proc/self/fd/0; do
		run bash -c 'cat good.json | timeout 9 "$0" --root "$1" exec --process "$2" "$3"' \
			"$OCIRUN" "$ROOT" "$name" "$ID"
		echo "$output"
		[ "$output" = "from a pipe" ]
	done
	run bash -c 'timeout 9 "$0" --root "$1" exec --process <(cat good.json) "$2"' \
		"$OCIRUN" "$ROOT" "$ID"
	[ "$output" = "from a pipe" ]
}

@test "update --resources: no regular file, and a pipe by its descriptor" {
	config '.process.args = ["sleep", "1000"]'
	oci run -d "$ID" >/dev/null 2>&1
	odd update --resources "$F" "$ID"
	refuses "--resources"
	echo '{"pids": {"limit": 77}}' >good.json
	if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] &&
		! grep -qw pids /sys/fs/cgroup/cgroup.controllers; then
		echo '{}' >good.json
	fi
	for name in - /dev/stdin /dev/fd/0; do
		run bash -c 'cat good.json |
			timeout 5 "$0" --root "$1" update --resources "$2" "$3"' \
			"$OCIRUN" "$ROOT" "$name" "$ID"
		echo "$output"
		[ "$status" -eq 0 ]
	done
	[ "$(oci exec "$ID" sh -c 'echo up')" = up ]
}

# ---- pid files --------------------------------------------------------------

pid_of() {
	oci state "$ID" | jq -r .pid
}

# watch_file FILE: counts in $TESTDIR/bad how often it is not there, or not whole, until
# $TESTDIR/stop exists.
watch_file() {
	timeout 60 perl -e '
		my ($file, $stop, $bad) = (@ARGV, 0);
		until (-e $stop) {
			if (open(my $f, "<", $file)) {
				my $t = <$f> // "";
				$bad++ unless $t =~ /^\d+$/;
			} else { $bad++ }
		}
		print $bad, "\n"' "$1" "$TESTDIR/stop" >"$TESTDIR/bad" 2>&1 3>&- &
}

@test "a pid file that exists is replaced in one step" {
	echo -n 1 >"$F"
	watch_file "$F"
	for i in $(seq 20); do
		quick create --pid-file "$F" "$ID"
		[ "$(cat "$F")" = "$(pid_of)" ]
		oci delete --force "$ID"
	done
	: >"$TESTDIR/stop"
	wait
	echo "missing or incomplete: $(cat "$TESTDIR/bad") times"
	[ "$(cat "$TESTDIR/bad")" = 0 ]
	[ -z "$(find "$TESTDIR" -maxdepth 1 -name '.*file*')" ]
}

@test "what a killed runtime left beside a pid file is taken up again" {
	# the state directory is on another file system
	mkdir "$ROOT"
	mount -t tmpfs root "$ROOT"
	echo -n 1 >"$F"
	echo -n 2 >"$TESTDIR/.file.ocirun"
	quick create --pid-file "$F" "$ID"
	[ "$(cat "$F")" = "$(pid_of)" ]
	[ ! -e "$TESTDIR/.file.ocirun" ]
	oci delete --force "$ID"
	umount "$ROOT"
}

@test "a pid file that is a symbolic link: the link is replaced" {
	echo precious >"$TESTDIR/target"
	for to in target dangling; do
		ln -sfn "$TESTDIR/$to" "$F"
		quick create --pid-file "$F" "$ID"
		[ ! -L "$F" ]
		[ "$(cat "$F")" = "$(pid_of)" ]
		oci delete --force "$ID"
	done
	[ "$(cat "$TESTDIR/target")" = precious ]
	[ ! -e "$TESTDIR/dangling" ]
}

@test "a pid file that is a FIFO or a device is written to" {
	mkfifo "$F"
	timeout 10 cat "$F" >"$TESTDIR/got" 3>&- &
	# the reader must be there
	wait_for 5 sh -c 'grep -q "wait_for_partner\|fifo" "/proc/$0/wchan"' $! || sleep 0.3
	quick create --pid-file "$F" "$ID"
	[ "$status" -eq 0 ]
	wait
	[ -p "$F" ]
	[ "$(cat "$TESTDIR/got")" = "$(pid_of)" ]
	oci delete --force "$ID"
	mknod "$TESTDIR/null" c 1 3
	quick create --pid-file "$TESTDIR/null" "$ID"
	[ "$status" -eq 0 ]
	[ -c "$TESTDIR/null" ]
	oci delete --force "$ID"
	for name in /dev/stdout /dev/fd/1 /proc/self/fd/1; do
		quick create --pid-file "$name" "$ID"
		[ "$output" = "$(pid_of)" ]
		oci delete --force "$ID"
	done
	[ -L /dev/stdout ]
}

@test "a pid file that is a FIFO without reader, a socket or a directory" {
	mkfifo "$F"
	quick create --pid-file "$F" "$ID"
	refuses "pid file '$F'" "nobody reads"
	[ ! -e "$ROOT/$ID" ]
	rm "$F"
	mkdir "$F"
	quick create --pid-file "$F" "$ID"
	refuses "pid file '$F'"
	[ ! -e "$ROOT/$ID" ]
}

# ---- a root file system that goes away --------------------------------------

@test "exec when the root file system was deleted says so" {
	config '.process.args = ["sleep", "1000"]'
	mkdir "$TESTDIR/gone"
	mount -t tmpfs gone "$TESTDIR/gone"
	cp -a rootfs "$TESTDIR/gone/"
	config --arg r "$TESTDIR/gone/rootfs" '.root.path = $r'
	oci run -d "$ID" >/dev/null 2>&1
	rm -rf "$TESTDIR/gone/rootfs"
	quick exec "$ID" /bin/busybox true
	umount -l "$TESTDIR/gone"
	refuses "the container's root file system was deleted"
	[[ "$output" != *breakout* ]]
}
