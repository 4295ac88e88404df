# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Proofs that an attack fails, and that the test would notice if it did not: the
# same attack is run against the program, and against a build with
# --enable-faults with the protections in question switched off
# (OCIRUN_UNPROTECT, src/base/protect.def). There it has to work.
#
# OCIRUN is the program, OCIRUN_DEBUG the other build (`make check-security`
# makes it).
# shellcheck disable=SC2154,SC2034 # status, output and lines are of bats' `run`

load "$BATS_TEST_DIRNAME/../../bats/helpers.bash"
load "$BATS_TEST_DIRNAME/../../bats/container.bash"

: "${OCIRUN_DEBUG:=${OCIRUN%/*}/faults/ocirun}"

setup_attack() {
	[ -x "$OCIRUN_DEBUG" ] || skip "requires OCIRUN_DEBUG, a build with --enable-faults"
	run "$OCIRUN_DEBUG" --version
	if OCIRUN_UNPROTECT=no-such-thing "$OCIRUN_DEBUG" list >/dev/null 2>&1; then
		echo "'$OCIRUN_DEBUG' is no build with --enable-faults" >&2
		return 1
	fi
	NORMAL=$OCIRUN
	setup_bundle
	config '.root.readonly = false'
	DECOY=$TESTDIR/decoy
	mkdir "$DECOY"
	echo "of the host" >"$DECOY/file"
}

# proof NAMES ATTACK [ARG...]: ATTACK succeeds (returns 0) if the enemy got what
# he wants. It must fail with the program and with the debug build, and work
# where the debug build has the protections NAMES switched off. REFUSED, if set,
# is a text that the program must have said.
proof() {
	local off=$1
	shift
	attempt "$NORMAL" "" "$@" && { echo "--- the attack works"; return 1; }
	if [ -n "${REFUSED-}" ] && [[ "$output" != *"$REFUSED"* ]]; then
		echo "--- the program did not say '$REFUSED'"
		return 1
	fi
	attempt "$OCIRUN_DEBUG" "" "$@" && {
		echo "--- the attack works with the debug build, protections on"
		return 1
	}
	still "$off" "$@" || return 1
	attempt "$OCIRUN_DEBUG" "$off" "$@" || {
		echo "--- the attack does not even work without $off: this shows nothing"
		return 1
	}
}

# still A,B ATTACK...: where two protections stand in the way, one is enough.
still() {
	local off=$1 one
	shift
	[[ "$off" == *,* ]] || return 0
	for one in ${off//,/ }; do
		attempt "$OCIRUN_DEBUG" "$one" "$@" && {
			echo "--- the attack works without $one alone"
			return 1
		}
	done
	return 0
}

# attempt PROGRAM OFF ATTACK [ARG...]
attempt() {
	local r=0
	OCIRUN=$1
	export OCIRUN_UNPROTECT=$2
	shift 2
	echo "--- ${OCIRUN##*/} without '$OCIRUN_UNPROTECT': $*"
	output= status=
	"$@" || r=$?
	echo "$output"
	unset OCIRUN_UNPROTECT
	"$NORMAL" --root "$ROOT" delete --force "$ID" 2>/dev/null || true
	OCIRUN=$NORMAL
	return $r
}

# start [ARG...]: run the container to its end; $output, $status.
start() {
	run timeout -k 5 20 "$OCIRUN" --root "$ROOT" run "$@" "$ID" <"${STDIN-/dev/null}"
}

# start_tty: the same at a terminal.
start_tty() {
	run timeout -k 5 20 script -qefc "$OCIRUN --root $ROOT run $ID" /dev/null </dev/null
	output=${output//$'\r'/}
}

# in_tty COMMAND...: from a session that has a terminal.
in_tty() {
	printf -v command '%q ' "$@"
	run timeout -k 5 20 script -qefc "$command" /dev/null </dev/null
	output=${output//$'\r'/}
}

# program SCRIPT: what the container runs.
program() {
	config --arg s "$1" '.process.args = ["sh", "-c", $s]'
}

# background [ARG...]: a container that sleeps, started with all protections: what
# is attacked is the exec that follows.
background() {
	config '.process.args = ["sleep", "1000"]'
	OCIRUN_UNPROTECT='' timeout -k 5 20 "$OCIRUN" --root "$ROOT" run -d "$@" "$ID" \
		>"$TESTDIR/out" 2>&1 </dev/null 3>&- || {
		output=$(cat "$TESTDIR/out")
		return 1
	}
}

# joined ARG...: exec in it.
joined() {
	run timeout -k 5 20 "$OCIRUN" --root "$ROOT" exec "$@" </dev/null
}

no_dev_mounts() {
	del_mount /dev /dev/pts /dev/shm /dev/mqueue
}

# own_dev: /dev is a directory of the test's, with the usual nodes; in $DEV.
own_dev() {
	DEV=$TESTDIR/dev
	mkdir -p "$DEV/pts" "$DEV/shm" "$DEV/mqueue"
	mknod -m 666 "$DEV/null" c 1 3
	mknod -m 666 "$DEV/zero" c 1 5
	del_mount /dev
	config --arg d "$DEV" '.mounts = [{destination: "/dev", type: "none",
		source: $d, options: ["bind"]}] + .mounts'
}

# many_fds: descriptors 20 to 69 are directories of the host.
many_fds() {
	local n
	for n in $(seq 20 69); do eval "exec $n</"; done
}
no_fds() {
	local n
	for n in $(seq 20 69); do eval "exec $n<&-"; done
}
