# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# shellcheck disable=SC2086,SC2046 # lists of our own file names are split
# For the checks of this directory. A check looks at the tree LINT_ROOT (default:
# this one), prints TAP, one line per rule, and the offending lines as comments.

lint_dir=$(cd "$(dirname "$0")" && pwd)
# shellcheck disable=SC2034
: "${top_srcdir:=$(cd "$lint_dir/../.." && pwd)}" "${top_builddir:=$top_srcdir/build}"
root=${LINT_ROOT:-$top_srcdir}
cd "$root" || exit 99
LC_ALL=C
export LC_ALL

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
: >"$tmp/tap"

# All C files of the program; arguments restrict to directories.
c_files() {
	[ $# -gt 0 ] || set -- src libnsexec
	find "$@" -name '*.[ch]' 2>/dev/null | sort
}

# verdict OK|NOT NAME [LOG]: one line of TAP, with the lines of LOG below
verdict() {
	n=$(($(grep -c . "$tmp/tap") + 1))
	if [ "$1" = ok ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		[ $# -lt 3 ] || sed 's/^/#   /' "$3"
	fi
	echo "$1" >>"$tmp/tap"
}

# rule NAME: stdin empty is ok; otherwise not ok, with its lines. (At the end of
# a pipe, hence the count is in a file.)
rule() {
	cat >"$tmp/out"
	if [ -s "$tmp/out" ]; then verdict not "$1" "$tmp/out"; else verdict ok "$1"; fi
}

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

finish() {
	echo "1..$(grep -c . "$tmp/tap")"
	if grep -q not "$tmp/tap"; then exit 1; fi
	exit 0
}

# FILE:LINE:TEXT of a regular expression in code (no comments, no strings).
code_grep() {
	pattern=$1
	shift
	for f in "$@"; do
		awk -f "$lint_dir/strip.awk" "$f" | grep -nE -e "$pattern" |
			sed "s|^|$f:|"
	done
}
