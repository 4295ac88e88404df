# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# For the tests of commands that are killed or meet errors at a chosen moment,
# with tests/helpers/killat.c. OCIRUN_KILL_SWEEP=full strikes at every system
# call, else at some of them, others in each run.

# A bundle whose processes can be told from all others: the program is called by
# a name of this test's, which its init shows as argv[0], and the user's program
# has the id among its arguments.
setup_faults() {
	setup_bundle
	KILLAT=${OCIRUN%/*}/tests/helpers/killat
	[ -x "$KILLAT" ] || KILLAT=$BATS_RUN_TMPDIR/killat
	[ -x "$KILLAT" ] || build_killat || return 1
	"$KILLAT" -o "$TESTDIR/report" -- true || skip "requires ptrace"
	ME=$TESTDIR/ocirun
	ln -s "$OCIRUN" "$ME"
	REPORT=$TESTDIR/report
	config --arg id "$ID" \
		'.process.args = ["sh", "-c", "while :; do sleep 1000; done", $id]'
}

build_killat() {
	: >"$BATS_RUN_TMPDIR/config.h"
	"${CC:-cc}" -std=gnu17 -D_GNU_SOURCE -I"$BATS_RUN_TMPDIR" -o "$KILLAT" \
		"$BATS_TEST_DIRNAME/../tests/helpers/killat.c"
}

# me ARG...: ocirun by the name of this test.
me() {
	timeout -k 5 50 "$ME" --root "$ROOT" "$@" 3>&-
}

# strike OPTION... -- ARG...: me, struck by killat. Output in $TESTDIR/out.
strike() {
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	rm -f "$REPORT"
	timeout -k 5 "${STRIKE_SECONDS-50}" "$KILLAT" -o "$REPORT" "${options[@]}" -- \
		"$ME" --root "$ROOT" "$@" >"$TESTDIR/out" 2>&1 3>&- </dev/null
}

# calls OPTION... -- ARG...: how many system calls there are to strike at.
calls() {
	strike "$@" || {
		echo "the command fails by itself:" >&2
		cat "$TESTDIR/out" >&2
		return 1
	}
	sed -n 's/^count //p' "$REPORT"
}

# moments K [MANY]: which of 1…K to strike at: all, or about MANY (default 20).
moments() {
	local step=1
	if [ "${OCIRUN_KILL_SWEEP-}" != full ]; then
		step=$(($1 / ${2-20}))
		[ $step -gt 0 ] || step=1
	fi
	seq $((1 + RANDOM % step)) $step "$1"
}

# Everything that carries this test's id or directory.
leftovers() {
	find /sys/fs/cgroup -type d -name "*$ID*" 2>/dev/null
	grep -F "$TESTDIR" /proc/self/mountinfo
	[ ! -d "$ROOT" ] || ls -A "$ROOT"
	find "$BUNDLE" -mindepth 1 -maxdepth 1 ! -name config.json ! -name rootfs
	find "$TESTDIR" -name '.pid*'
	processes
}

# Processes of this test: the program under its name, or with the id.
processes() {
	pgrep -a -f -- "$ME|while :.*$ID|hook-of-$ID"
}

# clean: nothing is left, at once or when what was killed has died.
clean() {
	local left i
	for ((i = 0; i < 40; i++)); do
		left=$(leftovers || true)
		[ -n "$left" ] || return 0
		sleep 0.05
	done
	echo "left behind: $left"
	return 1
}

# wreck_is_listed: a state directory that exists is in the list.
wreck_is_listed() {
	local got
	[ -e "$ROOT/$ID" ] || return 0
	got=$(me list -q 2>>"$TESTDIR/out") || return 1
	if [[ $'\n'"$got"$'\n' != *$'\n'"$ID"$'\n'* ]]; then
		echo "not listed; the list is '$got'"
		return 1
	fi
	me list >/dev/null 2>&1
}

# one_delete: a single delete --force takes everything away.
one_delete() {
	local r=0
	me delete --force "$ID" >>"$TESTDIR/out" 2>&1 || r=$?
	[ $r -eq 0 ] || {
		echo "delete --force: exit status $r"
		return 1
	}
	clean
}

# in_round K COMMAND...: one round; a failing one is told, and cleaned up after.
in_round() {
	local k=$1 why
	shift
	why=$("$@") && return
	rounds_failed=$((rounds_failed + 1))
	echo "round $k ($(tail -1 "$REPORT")): $why"
	sed 's/^/    /' "$TESTDIR/out"
	me delete --force "$ID" || true
}

# rounds FUNCTION K [MANY]: FUNCTION at each chosen moment; fails if any of them did.
rounds() {
	local k n=0
	rounds_failed=0
	for k in $(moments "$2" "${3-20}"); do
		n=$((n + 1))
		in_round "$k" "$1" "$k"
		[ $rounds_failed -lt 12 ] || break
	done
	[ "${OCIRUN_KILL_SWEEP-}" != full ] ||
		echo "# $BATS_TEST_DESCRIPTION: $n of $2 moments, $rounds_failed failed" >&3
	[ $rounds_failed -eq 0 ]
}
