# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# For the tests of what a container is like inside: run a script as its program,
# look at its mounts, and worlds (mount namespaces) of the test's own.
# shellcheck disable=SC2154 # status, output and lines are of bats' `run`

# inside SCRIPT: run the container with SCRIPT as its program. Sets $output,
# $status and $lines, like run.
inside() {
	config --arg s "$1" '.process.args = ["sh", "-c", $s]'
	run timeout -k 5 30 "$OCIRUN" --root "$ROOT" run "$ID"
	echo "$output"
}

# works SCRIPT: the same, and it must succeed.
works() {
	inside "$1"
	[ "$status" -eq 0 ] || { echo "exit status $status"; return 1; }
}

# prints TEXT SCRIPT: succeeds and prints exactly TEXT.
prints() {
	works "$2"
	[ "$output" = "$1" ] || { echo "wanted: $1"; return 1; }
}

# refused TEXT...: the start fails, not late and not by a signal; all TEXTs are
# in its last line; nothing is left.
refused() {
	local text
	run timeout -k 5 30 "$OCIRUN" --root "$ROOT" run "$ID"
	echo "$output"
	if [ "$status" -eq 0 ] || [ "$status" -ge 124 ]; then
		echo "exit status $status"
		return 1
	fi
	for text in "$@"; do
		[[ "${lines[-1]}" == *"$text"* ]] || {
			echo "no '$text' in: ${lines[-1]}"
			return 1
		}
	done
	[ ! -e "$ROOT/$ID" ]
}

# add_mount DEST TYPE SOURCE [OPTION,...]: one more entry of mounts.
add_mount() {
	config --arg d "$1" --arg t "$2" --arg s "$3" --arg o "${4-}" '.mounts += [{
		destination: $d, type: $t, source: $s, options: ($o | split(","))}]'
}

# del_mount DEST...: without these entries of mounts.
del_mount() {
	local dest
	for dest; do
		config --arg d "$dest" 'del(.mounts[] | select(.destination == $d))'
	done
}

add_bind() {
	add_mount "$1" none "$2" "${3-bind}"
}

# add_cap CAP...: in every set.
add_caps() {
	local cap
	for cap; do
		config --arg c "CAP_$cap" '.process.capabilities |=
			with_entries(.value += [$c])'
	done
}

# add_ns TYPE [PATH], del_ns TYPE...
add_ns() {
	config --arg t "$1" --arg p "${2-}" '.linux.namespaces |=
		map(select(.type != $t)) + [if $p == "" then {type: $t}
		else {type: $t, path: $p} end]'
}
del_ns() {
	local type
	for type; do
		config --arg t "$type" 'del(.linux.namespaces[] | select(.type == $t))'
	done
}

# mnt PATH FIELD: of the last mount at PATH in the mountinfo that is $output;
# FIELD is root, opts, prop, type, source or super. Nothing if there is none.
mnt() {
	awk -v want="$1" -v field="$2" '$5 == want {
		prop = ""
		for (i = 7; $i != "-"; i++)
			prop = prop (prop == "" ? "" : " ") $i
		v["root"] = $4; v["opts"] = $6; v["prop"] = prop
		v["type"] = $(i + 1); v["source"] = $(i + 2); v["super"] = $(i + 3)
	}
	END { print v[field] }' <<<"$output"
}

# is_mnt PATH FIELD VALUE
is_mnt() {
	local got
	got=$(mnt "$1" "$2")
	[ "$got" = "$3" ] || {
		echo "$2 of the mount '$1': got '$got', wanted '$3'"
		return 1
	}
}

# has_opts PATH OPTION...: all among the options of the mount.
has_opts() {
	local path=$1 got opt
	shift
	got=,$(mnt "$path" opts),
	for opt; do
		[[ "$got" == *,"$opt",* ]] || {
			echo "no option '$opt' of the mount '$path': $got"
			return 1
		}
	done
}

lacks_opts() {
	local path=$1 got opt
	shift
	got=,$(mnt "$path" opts),
	[ "$got" != ,, ] || { echo "no mount '$path'"; return 1; }
	for opt; do
		[[ "$got" != *,"$opt",* ]] || {
			echo "option '$opt' of the mount '$path': $got"
			return 1
		}
	done
}

# world private|shared SCRIPT: run SCRIPT (sh -e) in a mount namespace of its
# own whose mounts are all private, or all shared among themselves as systemd
# leaves them. oci, $OCIRUN, $ROOT, $ID, $TESTDIR and $BUNDLE are there.
world() {
	OCIRUN=$OCIRUN ROOT=$ROOT ID=$ID TESTDIR=$TESTDIR BUNDLE=$BUNDLE \
		unshare -m --propagation private sh -ec '
		mount --make-r"$1" /
		oci() { timeout -k 5 30 "$OCIRUN" --root "$ROOT" "$@"; }
		eval "$2"' world "$1" "$2"
}

# The layout of control groups: v1 (hybrid too) or v2.
cgroup_layout() {
	if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
		echo v2
	else
		echo v1
	fi
}

# A user namespace for the container: ids 0-65535 are 100000 and above.
map_users() {
	add_ns user
	config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
	chmod 755 "$TESTDIR" "$BUNDLE"
	chown -R 100000:100000 "$BUNDLE/rootfs"
}

# snapshot DIR: everything about the files in a tree that a container must not
# change: names, types, modes, owners, inodes, link targets, contents.
snapshot() {
	find "$1" -printf '%p %y %m %U:%G %i %n %s %l %D\n' | sort
	find "$1" -type f -exec md5sum {} + | sort
}

# applets NAME...: more programs of busybox in the root file system.
applets() {
	local name
	for name; do
		ln -sf busybox "$BUNDLE/rootfs/bin/$name"
	done
}

# find_helper NAME [FLAG...]: the program of tests/helpers/NAME.c, its path in $HELPER:
# the one that was built beside ocirun, or one that is built here.
find_helper() {
	HELPER=${OCIRUN%/*}/tests/helpers/$1
	[ ! -x "$HELPER" ] || return 0
	HELPER=$BATS_RUN_TMPDIR/$1
	[ ! -x "$HELPER" ] || return 0
	command -v "${CC:-cc}" >/dev/null || skip "requires a C compiler"
	: >"$BATS_RUN_TMPDIR/config.h"
	"${CC:-cc}" -std=gnu17 -D_GNU_SOURCE -I"$BATS_RUN_TMPDIR" "${@:2}" \
		-o "$HELPER" "$BATS_TEST_DIRNAME/../tests/helpers/$1.c"
}

# Skip where fallback.bats has taken the newer system calls away.
needs_new_calls() {
	[ -z "${OCIRUN_OLD_KERNEL-}" ] || skip "requires $1"
}
