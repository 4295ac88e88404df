#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/differential/compare.sh [FILTER]
# The same commands given to runc and to ocirun (under the name runc); what they
# print, how they exit and what they leave is normalised and compared. TAP on stdout.
#
#   RUNC      the runc to compare with (default: the one in PATH)
#   OCIRUN    the program (default: ocirun of the build directory)
#
# Needs root, runc, jq and busybox; without them all of it is skipped, with the
# reason. A case is one function, run once for each side in a bundle of its own.
#
# What is normalised, and why (normalise() does it, in this order):
#   1. the scratch directory: each side has its own
#   2. time stamps: they are of this moment
#   3. pids, where the case knows them: likewise (last, a year is a number, too)
#   4. the version of the specification: it says which one the program was built for
#   5. runc's frame around an error of the command line, which has its own argv[0]
#   6. nothing else; what a case leaves out it says itself
# Errors are compared with says(): runc's words must be in ours, in order and whole;
# ours may go on with an explanation. A difference that is meant is written down
# where it is, with reason: differs().
set -u

: "${top_builddir:=.}"
: "${OCIRUN:=$top_builddir/ocirun}"
: "${RUNC:=$(command -v runc || true)}"
filter=${1-}

skip_all() {
	echo "1..0 # SKIP $*"
	echo "differential tests SKIPPED: $*" >&2
	exit 0
}
[ "$(id -u)" -eq 0 ] || skip_all "requires root"
[ -x "$RUNC" ] || skip_all "requires runc to compare with: none is installed"
for tool in jq busybox; do
	command -v $tool >/dev/null || skip_all "requires $tool"
done
OCIRUN=$(readlink -f "$OCIRUN")
[ -x "$OCIRUN" ] || skip_all "no program '$OCIRUN': build it first"
"$RUNC" --version 2>/dev/null | grep -q '^runc version' || skip_all "'$RUNC' is no runc"

WORK=$(mktemp -d "${TMPDIR:-/tmp}/ocirun-diff.XXXXXX")
VERSION=$("$RUNC" --version | sed -n 's/^runc version //p')
n=0 failed=0
trap cleanup EXIT

cleanup() {
	local side
	for side in runc ocirun; do
		use $side
		clear
	done
	cd / && rm -rf --one-file-system "$WORK"
}

# Nothing of the side at hand stays.
clear() {
	local dir
	for dir in "$ROOT"/*/; do
		[ ! -d "$dir" ] ||
			"$R" --root "$ROOT" delete --force "$(basename "$dir")" >/dev/null 2>&1
	done
}

# ---- one side --------------------------------------------------------------------------

# use SIDE: $R is its program, $D its directory, with root and bundle
use() {
	D=$WORK/$1
	ROOT=$D/root
	B=$D/bundle
	R=$D/bin/runc
}

make_side() {
	use "$1"
	mkdir -p "$D/bin" "$B/rootfs/bin" "$B/rootfs/proc" "$B/rootfs/sys" "$B/rootfs/dev" \
		"$B/rootfs/tmp" "$B/rootfs/etc"
	ln -s "$2" "$R"
	cp "$(command -v busybox)" "$B/rootfs/bin/busybox"
	for applet in sh sleep true false cat echo id env kill ls; do
		ln -s busybox "$B/rootfs/bin/$applet"
	done
	echo root:x:0:0:root:/root:/bin/sh >"$B/rootfs/etc/passwd"
	# one config for both: what spec writes is compared on its own
	cp "$WORK/config.json" "$B/config.json"
}

rt() {
	timeout -k 5 60 "$R" --root "$ROOT" "$@"
}

config() {
	jq "$@" <"$B/config.json" >"$B/new" && mv "$B/new" "$B/config.json"
}

args() {
	config '.process.args = $ARGS.positional' --args -- "$@"
}

# A container that waits, in the background; its pid is $PID. Either runtime may be
# back a moment before init has become the program.
sleeper() {
	local end=$((SECONDS + 10))
	args sleep 1000
	(cd "$B" && rt run -d --pid-file "$D/pid" "${1-c1}" >/dev/null 2>&1 </dev/null)
	PID=$(cat "$D/pid")
	until [ "$(cat "/proc/$PID/comm" 2>/dev/null)" = sleep ] || [ $SECONDS -ge $end ]; do
		sleep 0.02
	done
}

created() {
	args sleep 1000
	(cd "$B" && rt create --pid-file "$D/pid" "${1-c1}" >/dev/null 2>&1 </dev/null)
	PID=$(cat "$D/pid")
}

wait_status() {
	local end=$((SECONDS + 10))
	while [ $SECONDS -lt $end ]; do
		[ "$(rt state "$1" 2>/dev/null | jq -r .status)" = "$2" ] && return
		sleep 0.05
	done
	echo "never got $2"
}

gone() {
	rt delete --force "${1-c1}" >/dev/null 2>&1
}

# status COMMAND...: its output, then its exit code
status() {
	"$@" </dev/null
	echo "exit $?"
}

normalise() {
	sed -E -e "s#$WORK/(runc|ocirun)#DIR#g" \
		-e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?(Z|[+-][0-9:]{5})/TIME/g' \
		-e "s/\\b(${PIDS:-none})\\b/PID/g" \
		-e 's/("ociVersion": ?")[^"]*/\1VERSION/g' \
		-e 's#^DIR/bin/runc: ##'
}

# ---- comparing -------------------------------------------------------------------------------

result() {
	n=$((n + 1))
	if [ "$1" = ok ]; then
		echo "ok $n - $2"
		return
	fi
	failed=$((failed + 1))
	echo "not ok $n - $2"
	sed 's/^/# /' "$WORK/diff"
}

# both CASE: run it for each side; what it printed is in $WORK/{runc,ocirun}.out
both() {
	local side
	for side in runc ocirun; do
		use $side
		PIDS=
		cp "$WORK/config.json" "$B/config.json"
		(
			"$1" >"$D/out" 2>&1
			normalise <"$D/out" >"$WORK/$side.out"
		)
		clear
	done
}

wanted() {
	[[ "$1" == *"$filter"* ]]
}

# same TITLE CASE: byte for byte
same() {
	wanted "$1" || return 0
	both "$2"
	if diff -u --label runc --label ocirun "$WORK/runc.out" "$WORK/ocirun.out" >"$WORK/diff"; then
		result ok "$1"
	else
		result fail "$1"
	fi
}

# The message of an error, without the form of the log line.
message() {
	sed -n -E -e 's/^time=[^ ]+ level=(error|fatal) msg="?(.*)$/\2/p' "$1" |
		sed -E -e 's/"$//' -e 's/\\n$//' -e 's/\\"/"/g' | tail -n 1
}

# in_order WORDS TEXT: every part of WORDS (between ": ") is in TEXT, in this order
in_order() {
	local part rest=$2
	while IFS= read -r part; do
		[ -n "$part" ] || continue
		case $rest in
		*"$part"*) rest=${rest#*"$part"} ;;
		*) return 1 ;;
		esac
	done <<<"${1//: /$'\n'}"
}

# says TITLE CASE: the exit codes are the same, and ours has runc's words
says() {
	local theirs ours
	wanted "$1" || return 0
	both "$2"
	theirs=$(message "$WORK/runc.out")
	ours=$(message "$WORK/ocirun.out")
	if [ "$(grep '^exit ' "$WORK/runc.out")" = "$(grep '^exit ' "$WORK/ocirun.out")" ] &&
		{ [ -n "$theirs" ] || [ -z "$ours" ]; } && in_order "$theirs" "$ours"; then
		result ok "$1"
		return
	fi
	{
		echo "runc:"
		cat "$WORK/runc.out"
		echo "ocirun:"
		cat "$WORK/ocirun.out"
	} >"$WORK/diff"
	result fail "$1"
}

# differs REASON TITLE CASE: it is meant; but it must still be so, or the reason is old
differs() {
	wanted "$2" || return 0
	both "$3"
	if diff -u --label runc --label ocirun "$WORK/runc.out" "$WORK/ocirun.out" >"$WORK/diff"; then
		echo "# '$2' is no longer different: $1"
	fi
	result ok "$2 (meant: $1)"
}

# says_since V TITLE CASE: the words are those of runc since V, only the exit codes
# are compared with an older one
says_since() {
	if version_at_least "$1"; then
		says "$2" "$3"
		return
	fi
	wanted "$2" || return 0
	both "$3"
	if diff -u <(grep '^exit ' "$WORK/runc.out") <(grep '^exit ' "$WORK/ocirun.out") >"$WORK/diff"; then
		result ok "$2 (exit code; words since runc $1)"
	else
		result fail "$2"
	fi
}

# version_at_least V: of the runc at hand
version_at_least() {
	[ "$(printf '%s\n%s\n' "$1" "$VERSION" | sort -V | head -n 1)" = "$1" ]
}

# ---- the cases -------------------------------------------------------------------------------
# shellcheck source=tests/differential/cases.bash
. "$(dirname "$0")/cases.bash"

(cd "$WORK" && "$RUNC" spec) || skip_all "'$RUNC spec' fails"
jq '.process.terminal = false | .hostname = "h" | del(.process.capabilities.ambient)' "$WORK/config.json" >"$WORK/new" &&
	mv "$WORK/new" "$WORK/config.json"
make_side runc "$(readlink -f "$RUNC")"
make_side ocirun "$OCIRUN"
echo "# runc $VERSION, $("$OCIRUN" --version | head -n 1)"
cases
echo "1..$n"
[ "$failed" -eq 0 ]
