#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Terminals: /dev/console, the pty behind it, and the caller's own.

# shellcheck disable=SC2030,SC2031,SC2034 # variables of tests, used by attack.bash
load attack

setup() {
	requires script
	setup_attack
	config '.process.terminal = true'
}

teardown() {
	teardown_bundle
}

# through_link: the runtime made or mounted something where the link leads
through_link() {
	program '[ -e /tmp/made ] && echo made'
	start_tty
	local r=1
	[[ "$output" != *made* ]] && [ ! -e rootfs/tmp/made ] || r=0
	rm -f rootfs/tmp/made
	return $r
}

@test "CVE-2026-88264: /dev/console of the image is a link" {
	del_mount /dev /dev/shm /dev/mqueue
	mkdir -p rootfs/dev/pts
	REFUSED="symbolic link"
	for link in /tmp/made ../tmp/made /proc/self/root/tmp/made; do
		ln -sf "$link" rootfs/dev/console
		[ "${link%%/self*}" = /proc ] || proof console-target through_link
		start_tty
		[ "$status" -ne 0 ]
		[ ! -e rootfs/tmp/made ]
	done
	# also where the root is read-only
	config '.root.readonly = true'
	ln -sf /tmp/made rootfs/dev/console
	start_tty
	[ "$status" -ne 0 ]
	[ ! -e rootfs/tmp/made ]
}

# other_pty: what is mounted on /dev/console is no terminal
other_pty() {
	program 'rm -f /tmp/seen; cat /dev/console >/tmp/seen 2>&1 </dev/null & i=0
		while [ ! -s /tmp/seen ] && [ $((i += 1)) -le 20 ]; do sleep 0.1; done
		kill $! 2>/dev/null
		grep -q "of the image" /tmp/seen && echo reached'
	start_tty
	[[ "$output" == *reached* ]]
}

@test "CVE-2025-52565, CVE-2025-62596: the name of the terminal is a link" {
	# a devpts elsewhere; /dev/pts is a directory of the enemy's
	del_mount /dev/pts
	add_mount /dev/real devpts devpts newinstance,ptmxmode=0666,mode=0620
	mkdir "$TESTDIR/pts"
	add_bind /dev/pts "$TESTDIR/pts"
	ln -s /dev/real/ptmx "$TESTDIR/pts/ptmx"
	for n in 0 1 2 3; do ln -s /secret "$TESTDIR/pts/$n"; done
	echo "of the image" >rootfs/secret
	REFUSED="/dev/pts/ptmx"
	proof console-pty other_pty
}

@test "CVE-2025-52565: /dev/console is a FIFO, a directory, a device" {
	del_mount /dev /dev/shm /dev/mqueue
	mkdir -p rootfs/dev/pts
	program '[ -c /dev/console ] && echo right'
	for shape in 'mkfifo' 'mkdir' 'touch' 'mknod_null'; do
		rm -rf rootfs/dev/console
		if [ $shape = mknod_null ]; then
			mknod rootfs/dev/console c 1 3
		else
			$shape rootfs/dev/console
		fi
		start_tty
		echo "$shape $status $output"
		[ "$status" -lt 124 ]
		[ "$status" -ne 0 ] || [[ "$output" == *right* ]]
	done
}

# ---- the caller's terminal --------------------------------------------------------------

# shares_tty run|exec: the program has the caller's terminal as its own
shares_tty() {
	# field 7 of stat, after the name: tty_nr
	local script='set -- $(sed "s/.*) //" /proc/$$/stat); echo "tty $5"'
	config '.process.terminal = false'
	if [ "$1" = run ]; then
		program "$script"
		in_tty "$OCIRUN" --root "$ROOT" run "$ID"
	else
		background || return 1
		in_tty "$OCIRUN" --root "$ROOT" exec "$ID" sh -c "$script"
	fi
	[[ "$output" == *tty\ [1-9]* ]]
}

@test "bubblewrap CVE-2017-5226: no controlling terminal is inherited (TIOCSTI)" {
	proof own-session shares_tty run
	proof own-session shares_tty exec
}
