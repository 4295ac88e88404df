#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# --log, --log-format, --debug: what engines read.

load helpers
load process

setup() {
	setup_bundle
	LOG=$TESTDIR/log
}

teardown() {
	teardown_bundle
}

stamp='[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})'

@test "text: time, level, msg on stderr" {
	run oci state nosuch
	code 1
	[[ "$output" =~ ^time=\"$stamp\"\ level=error\ msg=\"container\ does\ not\ exist.*\"$ ]]
	for form in "--log-format text" "--log-format=" "--log /dev/stderr"; do
		# shellcheck disable=SC2086
		run oci $form state nosuch
		code 1
		[[ "${lines[0]}" =~ ^time=\"$stamp\"\ level=error\ msg=\"container\ does ]]
	done
}

@test "text: one line, whatever is in it" {
	run oci state $'a\nb"c\\d\e[31m'
	code 1
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == *'a?b\"c'* ]]
	[[ "$output" != *$'\e'* ]]
}

@test "json: level, msg, time, in this order" {
	run oci --log-format json state nosuch
	code 1
	[ "$(jq -r 'keys_unsorted | join(" ")' <<<"$output")" = "level msg time" ]
	[ "$(jq -r .level <<<"$output")" = error ]
	[[ "$(jq -r .msg <<<"$output")" == "container does not exist"* ]]
	[[ "$(jq -r .time <<<"$output")" =~ ^$stamp$ ]]
	[[ "$output" == '{"level":"error","msg":"'* ]]
}

@test "json: odd text survives" {
	id=$'<&>"\\\n\x01\xff'
	run oci --log-format json state "$id"
	code 1
	[ "${#lines[@]}" -eq 1 ]
	jq . <<<"$output" >/dev/null
	# as Go writes it
	[[ "$output" == *'\u003c\u0026\u003e'* ]]
}

@test "--log: the error goes to the file, and plain to stderr" {
	run oci --log "$LOG" state nosuch
	code 1
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == "container does not exist"* ]]
	[[ "$(cat "$LOG")" =~ ^time=\"$stamp\"\ level=error\ msg=\"container\ does ]]
	# both say the same
	oci --log "$LOG" --log-format json state nosuch 2>"$TESTDIR/stderr" || true
	[ "$(tail -n 1 "$LOG" | jq -r .msg)" = "$(cat "$TESTDIR/stderr")" ]
}

@test "--log appends, mode 0644, and is opened before the bundle is entered" {
	echo before >"$LOG"
	run oci --log "$LOG" state nosuch
	[ "$(head -n 1 "$LOG")" = before ]
	[ "$(wc -l <"$LOG")" -eq 2 ]
	cd "$TESTDIR"
	(umask 022 && run oci --log new state nosuch)
	[ "$(stat -c %a new)" = 644 ]
	cd "$BUNDLE"
	args nothere
	cd "$TESTDIR"
	run oci --log relative run --bundle "$BUNDLE" "$ID"
	code 1
	grep -q nothere relative
	[ ! -e "$BUNDLE/relative" ]
}

@test "--log that cannot be opened" {
	run oci --log /no/dir/log state nosuch
	code 1
	last "/no/dir/log" "no such file or directory"
	run oci --log "$TESTDIR" state nosuch
	code 1
	last "is a directory"
}

@test "--log-format that is none" {
	run oci --log-format xml state nosuch
	code 1
	[ "${#lines[@]}" -eq 1 ]
	last "invalid log-format: xml"
}

@test "usage errors go to the log, too" {
	run oci --log "$LOG" --log-format json state
	code 1
	[[ "$(tail -n 1 "$LOG" | jq -r .msg)" == *'"state" requires exactly 1 argument'* ]]
}

@test "--debug: what init does, step by step; without it nothing" {
	run oci --log "$LOG" run "$ID"
	code 0
	[ ! -s "$LOG" ]
	run oci --debug --log "$LOG" --log-format json run "$ID"
	code 0
	says ""
	jq -e . "$LOG" >/dev/null
	[ "$(jq -r 'select(.level != "debug") | .msg' "$LOG" | wc -l)" -eq 0 ]
	[ "$(jq -r .msg "$LOG" | grep -c 'init step')" -gt 20 ]
	grep -q 'child process in init()' "$LOG"
	: >"$LOG"
	sleeper
	run oci --debug --log "$LOG" exec "$ID" true
	code 0
	grep -q 'level=debug' "$LOG"
	run oci --log-level debug --log "$LOG" exec "$ID" sh -c 'exit 5'
	code 5
	# the lines cost no time of the program
	SECONDS=0
	for _ in 1 2 3 4 5; do
		oci --debug --log "$LOG" exec -d "$ID" sleep 1001 >/dev/null 2>&1
	done
	[ "$SECONDS" -lt 9 ]
}

@test "--log-level error hides warnings" {
	config '.process.argz = 1'
	run oci run "$ID"
	[[ "$output" == *level=warning* ]]
	run oci --log-level error run "$ID"
	code 0
	says ""
}

@test "warnings of the config are in the log, not on stderr" {
	config '.process.argz = 1'
	run oci --log "$LOG" run "$ID"
	code 0
	says ""
	grep -q 'level=warning.*argz' "$LOG"
}

@test "on a terminal: short, coloured" {
	find_ptytool
	run "$PTYTOOL" run -- "$OCIRUN" --root "$ROOT" state nosuch
	code 1
	[[ "$output" == $'\e[31mERRO\e[0m[0000] container does not exist'* ]]
}

@test "a failing exec of the program is said as a program says it, and logged" {
	echo x >rootfs/plain
	chmod +x rootfs/plain
	args /plain
	run oci run "$ID"
	code 255
	[[ "${lines[0]}" == "exec /plain: exec format error"* ]]
	run oci --log "$LOG" run "$ID"
	code 255
	grep -q 'level=error msg="exec /plain: exec format error' "$LOG"
	[[ "$output" == "exec /plain: exec format error"* ]]
}

@test "20 writers at once do not mix their lines" {
	local i
	for ((i = 0; i < 20; i++)); do
		"$OCIRUN" --root "$ROOT" --log "$LOG" --log-format json state nosuch 2>/dev/null 3>&- &
	done
	wait
	[ "$(wc -l <"$LOG")" -eq 20 ]
	[ "$(jq -r .level "$LOG" | grep -c error)" -eq 20 ]
}
