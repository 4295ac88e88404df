#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Two hundred lives of a container leave nothing on the host. In namespaces of the
# test's own, with empty /run, /tmp and /dev/shm, so that everything that is found
# there is from here: no other program's coming and going is counted.

load helpers

setup() {
	requires cgroupfs # alone: no systemd is in reach there
	setup_bundle
	config '.process.args = ["sleep", "1000"]'
	ROUNDS=${OCIRUN_CENSUS_ROUNDS:-200}
}

teardown() {
	teardown_bundle
}

# alone SCRIPT: run it (bash -e) in new mount, pid and ipc namespaces.
alone() {
	cp "$OCIRUN" "$BUNDLE/ocirun"
	ROOT=/run/census OCIRUN=/mnt/ocirun ID=$ID BUNDLE=$BUNDLE ROUNDS=$ROUNDS \
		timeout 280 unshare -m -p -i -f --mount-proc --propagation private \
		bash -ec '
		mount --bind "$BUNDLE" /mnt
		for d in /run /tmp /dev/shm; do mount -t tmpfs census "$d"; done
		cd /mnt
		oci() { timeout -k 2 20 "$OCIRUN" --root "$ROOT" "$@"; }
		census() {
			echo "processes:"
			# all but this shell and what it runs for the census
			cat /proc/[0-9]*/comm 2>/dev/null | grep -vx "bash\|cat\|grep" || true
			echo "mounts:"; cut -d " " -f 5- /proc/self/mountinfo
			echo "cgroups:"; find /sys/fs/cgroup -type d -name "*$ID*"
			echo "files:"; find /run /tmp /dev/shm -mindepth 1 | sort
			echo "ipc:"; cat /proc/sysvipc/* | wc -l
		}
		eval "$1"' alone "$1" >"$TESTDIR/out" 2>&1 3>&- </dev/null
}

# compare: the two censuses that the script wrote are the same.
compare() {
	diff "$TESTDIR/before" "$TESTDIR/after" || {
		tail -5 "$TESTDIR/out"
		return 1
	}
}

@test "create, start, exec, kill, delete: two hundred times" {
	alone '
		mkdir "$ROOT"
		census >&8
		for i in $(seq "$ROUNDS"); do
			oci create "$ID" >/dev/null
			oci start "$ID"
			[ "$(oci exec "$ID" sh -c "echo /proc/self/fd/*")" = \
				"/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3" ]
			[ "$(ls /proc/$(jq .init_process_pid "$ROOT/$ID/state.json")/fd | wc -l)" = 3 ]
			oci kill "$ID" KILL
			oci delete --force "$ID"
		done
		census >&9' 8>"$TESTDIR/before" 9>"$TESTDIR/after" || { cat "$TESTDIR/out"; false; }
	compare
}

@test "run in the foreground and detached, and starts that fail" {
	alone '
		mkdir "$ROOT"
		jq ".process.args = [\"true\"]" config.json >/run/true.json
		jq ".process.args = [\"/missing\"]" config.json >/run/missing.json
		jq ".hooks.createRuntime = [{path: \"/bin/false\"}]" config.json >/run/hook.json
		cp config.json /run/sleep.json
		census >&8
		for i in $(seq $((ROUNDS / 4))); do
			cp /run/true.json config.json
			oci run "$ID" </dev/null
			for bad in missing hook; do
				cp /run/$bad.json config.json
				! oci run "$ID" </dev/null
				! oci create "$ID" </dev/null
			done
			cp /run/sleep.json config.json
			oci run -d "$ID" >/dev/null
			oci delete --force "$ID"
		done
		census >&9' 8>"$TESTDIR/before" 9>"$TESTDIR/after" || { tail -30 "$TESTDIR/out"; false; }
	compare
}
