# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Shared by all bats files: a private state root, a busybox bundle for each
# test, requirements that skip loudly, and a teardown that proves that nothing
# was left behind.

: "${OCIRUN:=$BATS_TEST_DIRNAME/../build/ocirun}"
OCIRUN=$(readlink -f "$OCIRUN")

# make_rootfs DIR: what each test of a file gets a copy of.
make_rootfs() {
	local applet busybox
	busybox=$(command -v busybox) || skip "requires busybox"
	mkdir -p "$1/bin"
	cp "$busybox" "$1/bin/busybox"
	for applet in sh true false cat echo sleep id stat ls mkdir touch ps env \
		hostname mount grep kill head tail tty stty dd rm ln readlink wc \
		test sed awk nice printf sort umount seq cut tr expr ulimit \
		setsid usleep df chmod pwd dirname basename md5sum ip date; do
		ln -s busybox "$1/bin/$applet"
	done
	mkdir -p "$1/"{proc,sys,dev,tmp,etc,root,run,usr/bin}
	chmod 1777 "$1/tmp"
	echo "root:x:0:0:root:/root:/bin/sh" >"$1/etc/passwd"
	echo "user:x:1000:1000:user:/home/user:/bin/sh" >>"$1/etc/passwd"
}

# One directory a test: ROOT (state), BUNDLE (config.json, rootfs).
setup_bundle() {
	requires root
	TESTDIR=$(mktemp -d "${BATS_TMPDIR:-/tmp}/ocirun-bats.XXXXXX")
	ROOT=$TESTDIR/root
	BUNDLE=$TESTDIR/bundle
	# Unique for this test, so that leftovers can be told from others'.
	ID=bats-$$-$BATS_TEST_NUMBER-$RANDOM
	mkdir -p "$BUNDLE"
	[ -d "$BATS_FILE_TMPDIR/rootfs" ] || make_rootfs "$BATS_FILE_TMPDIR/rootfs"
	cp -a "$BATS_FILE_TMPDIR/rootfs" "$BUNDLE/rootfs"
	cd "$BUNDLE" || return 1
	"$OCIRUN" spec
	config '.process.terminal = false | .process.args = ["true"]'
}

# Edit config.json with a jq expression.
config() {
	jq "$@" config.json >config.json.new && mv config.json.new config.json
}

# Run ocirun on the test's own root.
oci() {
	"$OCIRUN" --root "$ROOT" "$@"
}

# Kill and delete everything of this test; fails if something stays.
teardown_bundle() {
	local id left
	[ -n "${TESTDIR-}" ] || return 0
	if [ -d "$ROOT" ]; then
		for id in $(ls "$ROOT"); do
			oci delete --force "$id" || true
		done
	fi
	cd /
	assert_clean || return 1
	rm -rf --one-file-system "$TESTDIR"
}

# No cgroup, mount or process of this test is left.
assert_clean() {
	local left
	# find fails where a directory of somebody else goes while it looks
	left=$(find /sys/fs/cgroup -type d -name "*$ID*" 2>/dev/null || true)
	if [ -n "$left" ]; then
		echo "cgroups left behind: $left" >&2
		find /sys/fs/cgroup -depth -type d -name "*$ID*" -exec rmdir {} + 2>/dev/null
		return 1
	fi
	left=$(grep -F "$TESTDIR" /proc/self/mountinfo || true)
	if [ -n "$left" ]; then
		echo "mounts left behind: $left" >&2
		return 1
	fi
	if [ -d "$ROOT" ] && [ -n "$(ls -A "$ROOT")" ]; then
		echo "state left behind: $(ls -A "$ROOT")" >&2
		return 1
	fi
}

# requires WHAT...: skip with the reason unless all hold.
requires() {
	local what
	for what in "$@"; do
		case $what in
		root) [ "$(id -u)" = 0 ] || skip "requires root" ;;
		jq | busybox | script | python3)
			command -v "$what" >/dev/null || skip "requires $what" ;;
		cgroup2)
			[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] ||
				skip "requires a cgroup2 view of /sys/fs/cgroup" ;;
		cgroup1)
			[ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ] ||
				skip "requires cgroup v1 hierarchies" ;;
		limits)
			[ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ] ||
				[ "$(grep -owE 'cpu|memory|pids' /sys/fs/cgroup/cgroup.controllers | wc -l)" = 3 ] ||
				skip "requires the controllers cpu, memory and pids" ;;
		cgroupfs)
			[ "${OCIRUN_DRIVER-}" != systemd ] ||
				skip "requires the cgroupfs driver" ;;
		systemd)
			[ -d /run/systemd/system ] ||
				skip "requires systemd as init (make check-vm)" ;;
		userns) unshare -U true 2>/dev/null || skip "requires user namespaces" ;;
		timens) [ -e /proc/self/ns/time ] || skip "requires time namespaces" ;;
		no_sanitizers)
			! grep -q __asan_init "$OCIRUN" ||
				skip "requires a build without sanitizers" ;;
		sys_resource)
			capsh --has-p=cap_sys_resource 2>/dev/null ||
				skip "requires CAP_SYS_RESOURCE" ;;
		*)
			echo "unknown requirement '$what'" >&2
			return 1
			;;
		esac
	done
}

# is_gone PID: dead, or a zombie that its new parent has not reaped yet.
is_gone() {
	local stat
	stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
	[[ "${stat##*) }" == [ZX]* ]]
}

# status_of ID: the status word.
status_of() {
	oci state "$1" | jq -r .status
}

# wait_for SECONDS COMMAND...: poll a condition of the test's own making.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# is_soft_limit FILE BYTES: a memory.soft_limit_in_bytes of cgroup v1. Linux 7 takes any
# value and keeps none.
is_soft_limit() {
	[ "$(cat "$1")" != "$2" ] || return 0
	echo 4096 >"$1"
	[ "$(cat "$1")" != 4096 ] || { echo "$1 is not $2"; return 1; }
}

is_status() {
	[ "$(status_of "$1")" = "$2" ]
}

# last TEXT...: each is in the last line of the last `run`.
last() {
	local text
	for text in "$@"; do
		[[ "${lines[-1]}" == *"$text"* ]] || {
			echo "no '$text' in the last line of:"
			echo "$output"
			return 1
		}
	done
}

# refuses TEXT...: the last `run` failed, with each TEXT in its last line.
refuses() {
	[ "$status" -ne 0 ] || { echo "it works"; return 1; }
	last "$@"
}
