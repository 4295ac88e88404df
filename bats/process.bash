# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# For the bats files about commands and the process: terminals, and short words
# for what nearly every test does.
# shellcheck disable=SC2154 # status, output and lines are of bats' `run`
# shellcheck disable=SC2119,SC2120 # flat FILE, or in a pipe

# PTYTOOL: the program of tests/helpers/ptytool.c, built beside ocirun, or here.
find_ptytool() {
	[ -z "${PTYTOOL-}" ] || return 0
	PTYTOOL=${OCIRUN%/*}/tests/helpers/ptytool
	[ ! -x "$PTYTOOL" ] || return 0
	PTYTOOL=$BATS_RUN_TMPDIR/ptytool
	[ -x "$PTYTOOL" ] || build_ptytool "$PTYTOOL"
}

build_ptytool() {
	: >"$BATS_RUN_TMPDIR/config.h"
	"${CC:-cc}" -std=gnu17 -D_GNU_SOURCE -I"$BATS_RUN_TMPDIR" -o "$1" \
		"$BATS_TEST_DIRNAME/../tests/helpers/ptytool.c"
}

# args WORD...: set process.args
args() {
	local word list= options=() i=0
	for word; do
		options+=(--arg "w$i" "$word")
		list+=${list:+,}\$w$i
		i=$((i + 1))
	done
	config "${options[@]}" ".process.args = [$list]"
}

# A container that sleeps, running in the background.
sleeper() {
	args sleep 1000
	oci run -d "$@" "$ID"
}

# code N: the last `run` ended with N.
code() {
	[ "$status" -eq "$1" ] || {
		echo "exit code $status, not $1:"
		echo "$output"
		return 1
	}
}

# says TEXT: this is all that the last `run` wrote.
says() {
	[ "$output" = "$1" ] || {
		echo "wanted:"
		echo "$1"
		echo "got:"
		echo "$output"
		return 1
	}
}

# flat [FILE]: its words, or those of stdin, in one line
flat() {
	tr -s '[:space:]' ' ' <"${1-/dev/stdin}" | sed 's/^ //; s/ $//'
}

# field NAME: the words of a line "NAME:<tab>VALUE" of the last `run`
field() {
	sed -n "s/^$1:[[:blank:]]*//p" <<<"$output" | flat
}

# is_field NAME VALUE
is_field() {
	local have
	have=$(field "$1")
	[ "$have" = "$2" ] || {
		echo "$1 is '$have', not '$2'"
		return 1
	}
}
