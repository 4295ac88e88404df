#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Older kernels and older seccomp profiles: system calls that are missing one by
# one and all together (tests/helpers/nosys.c). What has a substitute works the
# same, what has none is a clear error; never a hang, never something left.
# shellcheck disable=SC2086,SC2030,SC2031 # options are split; a test may change OCIRUN for itself

load helpers
load container

# The classic mount(2) instead of the calls of Linux 5.2 and 5.12, and more.
old=open_tree,move_mount,fsopen,fsconfig,fsmount,fspick,mount_setattr
old=$old,openat2,close_range,fchmodat2,statmount,listmount,statx

setup() {
	setup_bundle
	find_helper nosys
	cp config.json clean.json
}

teardown() {
	teardown_bundle
}

# nosys [-p] CALLS: from here on ocirun runs without them.
nosys() {
	real=${real-$OCIRUN}
	printf '#!/bin/sh\nexec "%s" %s "%s" "$@"\n' "$HELPER" "$*" "$real" >"$TESTDIR/ocirun"
	chmod +x "$TESTDIR/ocirun"
	OCIRUN=$TESTDIR/ocirun
}

# A container through its life.
life() {
	cp clean.json config.json
	prints "up ro" 'echo x 2>/dev/null >/proc/sys/kernel/core_pattern || ro=ro
		[ -c /dev/null ] && echo up $ro'
	config '.process.args = ["sleep", "1000"]'
	timeout 20 "$OCIRUN" --root "$ROOT" create "$ID" >/dev/null 2>&1
	timeout 20 "$OCIRUN" --root "$ROOT" start "$ID"
	run timeout 20 "$OCIRUN" --root "$ROOT" exec "$ID" sh -c 'echo $$ >/dev/null; hostname'
	[ "$output" = ocirun ]
	timeout 20 "$OCIRUN" --root "$ROOT" kill "$ID" KILL
	wait_for 5 is_status "$ID" stopped
	timeout 20 "$OCIRUN" --root "$ROOT" delete "$ID"
	assert_clean
}

@test "each call that has a substitute, missing alone: ENOSYS" {
	for call in open_tree fsopen mount_setattr openat2 clone3 close_range fchmodat2 \
		statx pidfd_getfd statmount listmount keyctl; do
		echo "$call"
		nosys $call
		life
	done
}

@test "each call that has a substitute, missing alone: EPERM" {
	for call in open_tree mount_setattr openat2 clone3 close_range fchmodat2 statx \
		pidfd_getfd statmount listmount; do
		echo "$call"
		nosys -p $call
		life
	done
}

@test "all of them at once: ENOSYS, and EPERM" {
	nosys $old,clone3,keyctl
	life
	nosys -p $old
	life
}

@test "without one that has no substitute: an error that names it, nothing left" {
	for call in move_mount:attaching fsconfig:proc fsmount:proc \
		memfd_create:memfd execveat:execute prlimit64:limit; do
		for how in "" -p; do
			nosys $how "${call%:*}"
			config '.process.args = ["true"]'
			run timeout 20 "$OCIRUN" --root "$ROOT" run "$ID"
			echo "$how $call $status $output"
			[ "$status" -ne 0 ] && [ "$status" -lt 124 ]
			[[ "${lines[-1]}" == *"${call#*:}"* ]]
			OCIRUN=$real
			timeout 20 "$real" --root "$ROOT" delete -f "$ID"
			assert_clean
		done
	done
}

@test "signals need pidfd_open(2) and pidfd_send_signal(2): kill says so" {
	config '.process.args = ["sleep", "1000"]'
	oci run -d "$ID" >/dev/null 2>&1
	nosys pidfd_send_signal
	run oci kill "$ID" KILL
	refuses "cannot send signal 9" "function not implemented"
	nosys pidfd_open
	run oci kill "$ID" KILL
	refuses "function not implemented"
	OCIRUN=$real
	[ "$(status_of "$ID")" = running ]
}

@test "without pidfd_open(2) a container runs to its end" {
	nosys pidfd_open
	works true
}

@test "device programs of cgroup2 that the kernel refuses" {
	[ "$(cgroup_layout)" = v2 ] || skip "requires a cgroup2 view of /sys/fs/cgroup"
	nosys bpf
	run timeout 20 "$OCIRUN" --root "$ROOT" run "$ID"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ "${lines[-1]}" == */linux/resources/devices* ]]
	config 'del(.linux.resources)'
	works true
}

# again FILE...: these bats files, with an ocirun on an old kernel.
again() {
	local file files=()
	for file; do
		files+=("$BATS_TEST_DIRNAME/$file.bats")
	done
	# a runner of its own: nothing of this one may reach it
	run env -i PATH="$(tr : '\n' <<<"$PATH" | grep -v bats-core | paste -sd :)" HOME="${HOME-/}" TMPDIR="${TMPDIR-/tmp}" \
		OCIRUN="$OCIRUN" OCIRUN_OLD_KERNEL=1 bats --tap "${files[@]}"
	grep -v '^ok ' <<<"$output" || true
	[ "$status" -eq 0 ]
}

@test "mounts.bats with the classic mount(2)" {
	nosys $old
	again mounts
}

@test "masks.bats and dev.bats with the classic mount(2)" {
	nosys $old
	again masks dev
}

@test "userns.bats with the classic mount(2)" {
	nosys $old
	again userns
}

@test "mounts.bats where a seccomp profile answers EPERM" {
	nosys -p $old
	again mounts
}
