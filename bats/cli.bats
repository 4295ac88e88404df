#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The command line: grammar, help, version, counts, exit codes, --root.

load helpers
load process

setup() {
	setup_bundle
	COMMANDS=$("$OCIRUN" --help | sed -n '/^COMMANDS:/,/^$/s/^   \([a-z]*\) .*/\1/p')
}

teardown() {
	teardown_bundle
}

# wrong USAGE-TEXT ARG...: exit 1, "Incorrect Usage" and help on stdout, and the
# text as the last line of stderr
wrong() {
	local text=$1 rc=0
	shift
	"$OCIRUN" "$@" >"$TESTDIR/stdout" 2>"$TESTDIR/stderr" || rc=$?
	[ "$rc" -eq 1 ] || { echo "exit code $rc"; return 1; }
	grep -q "^Incorrect Usage: .*$text" "$TESTDIR/stdout" || {
		cat "$TESTDIR/stdout"
		return 1
	}
	grep -q '^NAME:' "$TESTDIR/stdout"
	[ "$(wc -l <"$TESTDIR/stderr")" -eq 1 ]
	# in the log quotes are escaped
	sed 's/\\"/"/g' "$TESTDIR/stderr" | grep -q "level=error msg=.*$text"
}

# ---- grammar -----------------------------------------------------------------------

@test "options: one dash or two, = or the next word, before or after the id" {
	args sleep 1000
	mkdir "$TESTDIR/cwd"
	cd "$TESTDIR/cwd"
	local form
	for form in "--bundle $BUNDLE --pid-file pid $ID" "-bundle $BUNDLE -pid-file pid $ID" \
		"--bundle=$BUNDLE --pid-file=pid $ID" "-b $BUNDLE -pid-file=pid $ID" \
		"-b=$BUNDLE --pid-file pid -- $ID" "$ID --bundle $BUNDLE --pid-file pid" \
		"--bundle /nonexistent --bundle $BUNDLE $ID --pid-file pid"; do
		rm -f pid
		# shellcheck disable=SC2086
		oci create $form
		[ -s pid ]
		oci delete "$ID" --force
	done
}

@test "switches: =true, =false and what Go takes for them" {
	args sleep 1000
	local v
	for v in "" =true =1 =t =T =TRUE =True; do
		oci run --detach$v "$ID" >/dev/null 2>&1
		oci delete -f$v "$ID"
	done
	for v in =false =0 =f =F =FALSE =False; do
		run oci delete "-force$v" "$ID"
		code 1
	done
	wrong 'invalid boolean value "yes" for -force' --root "$ROOT" delete --force=yes "$ID"
}

@test "an option is its whole name: no abbreviation, no bundle of letters" {
	wrong "flag provided but not defined: -forc" delete --forc x
	wrong "flag provided but not defined: -qf" list -qf json
	wrong "flag provided but not defined: -dt" exec -dt x true
	wrong "flag provided but not defined: -roo" --roo x list
	wrong "flag provided but not defined: --force" delete ---force x
}

@test "what was probably meant" {
	local line
	while IFS='|' read -r line hint; do
		# shellcheck disable=SC2086
		run "$OCIRUN" $line
		[ "$status" -ne 0 ]
		last "$hint"
	done <<-END
		stte x|did you mean 'state'?
		rm x|did you mean 'delete'?
		Run x|did you mean 'run'?
		help creat|did you mean 'create'?
		run --detatch x|did you mean '--detach'?
		exec --enviroment=A=B x|-enviroment
		exec -it x sh|every letter is written apart: -i -t; stdin is passed on without -i
		delete -ff x|every letter is written apart: -f -f
		--log-fromat json list|did you mean '--log-format'?
	END
	run "$OCIRUN" zzzzzz
	code 3
	[[ "$output" != *"did you mean"* ]]
}

@test "unknown options, missing values, numbers that are none" {
	wrong "flag provided but not defined: -foo" --foo
	wrong "flag provided but not defined: -foo" --foo=bar list
	wrong "flag provided but not defined: -foo" state --foo x
	wrong "flag provided but not defined: -foo" delete x --foo
	wrong "flag needs an argument: -root" --root
	wrong "flag needs an argument: -b" run x -b
	wrong 'invalid value "many" for flag -preserve-fds' run --preserve-fds many x
	wrong 'invalid value "-1" for flag -preserve-fds' run --preserve-fds=-1 x
}

@test "-- ends options; kill and exec take everything behind the id as it is" {
	run oci state -- --force
	code 1
	last "container does not exist" "--force"
	run oci -- state nosuch
	code 1
	last "container does not exist"
	run oci kill nosuch -9
	code 1
	last "container does not exist"
	sleeper
	run oci kill "$ID" --all
	code 1
	last "unknown signal" "--all"
	run oci kill --all "$ID" 0
	code 0
}

@test "counts of arguments" {
	local cmd
	for cmd in create run start state delete; do
		wrong "\"$cmd\" requires exactly 1 argument(s)" $cmd
		wrong "\"$cmd\" requires exactly 1 argument(s)" $cmd a b
	done
	for cmd in list spec; do
		wrong "\"$cmd\" requires exactly 0 argument(s)" $cmd a
	done
	wrong '"kill" requires a minimum of 1 argument(s)' kill
	wrong '"kill" requires a maximum of 2 argument(s)' kill a b c
	wrong '"exec" requires a minimum of 1 argument(s)' exec
}

@test "options of old and other callers" {
	mkdir "$ROOT"
	run oci --criu /usr/sbin/criu --log-level debug --cgroup-manager cgroupfs --rootless auto list -q
	code 0
	says ""
	run oci --rootless maybe list
	code 1
	last "--rootless" "maybe"
	run oci --cgroup-manager foo list
	code 1
	last "--cgroup-manager" "foo"
	run oci --log-level foo list
	code 1
	last "invalid log-level: foo"
	run oci run --no-subreaper "$ID"
	code 0
	args sleep 1000
	oci run -d "$ID" >/dev/null 2>&1
	run oci exec --no-subreaper "$ID" true
	code 0
}

@test "--config names another file of the bundle" {
	mv config.json other.json
	run oci run --config other.json "$ID"
	code 0
	run oci run -f nosuch.json "$ID"
	code 1
	last "nosuch.json"
}

# ---- help, version, unknown commands ------------------------------------------------

@test "help: no command, help, h, --help, -h" {
	run "$OCIRUN"
	code 0
	want=$output
	[ "${lines[0]}" = NAME: ]
	[[ "${lines[1]}" == *"ocirun - "* ]]
	for word in help h --help -h -help; do
		run "$OCIRUN" "$word"
		code 0
		says "$want"
	done
	for cmd in create delete exec kill list run spec start state; do
		[[ " $(flat <<<"$COMMANDS") " == *" $cmd "* ]]
	done
}

@test "help of every command" {
	[ "$(wc -l <<<"$COMMANDS")" -ge 9 ]
	local cmd
	for cmd in $COMMANDS; do
		run "$OCIRUN" "$cmd" --help
		code 0
		want=$output
		[ "${lines[0]}" = NAME: ]
		[[ "${lines[1]}" == *"ocirun $cmd"* ]]
		[[ "$output" == *"ocirun $cmd [command options]"* ]]
		for form in "$cmd -h" "$cmd x --help" "help $cmd" "h $cmd"; do
			case $form in
			# what stands behind the id belongs to the program
			"exec x"* | "kill x"* | "ps x"*) continue ;;
			esac
			# shellcheck disable=SC2086
			run "$OCIRUN" $form
			code 0
			says "$want"
		done
	done
}

@test "every option of a help text is accepted, with a value where one is shown" {
	local cmd opt
	for cmd in $COMMANDS; do
		"$OCIRUN" "$cmd" --help | sed -n 's/^   \(--[a-z0-9-]*\)\( value\)\{0,1\}.*/\1\2/p' >"$TESTDIR/opts"
		while read -r opt value; do
			[ "$opt" != --help ] || continue
			if [ "$value" = value ]; then
				run "$OCIRUN" "$cmd" "$opt"
				[[ "$output" == *"flag needs an argument: $(printf %s "${opt#-}")"* ]]
			else
				run "$OCIRUN" "$cmd" "$opt=maybe"
				[[ "$output" == *"invalid boolean value \"maybe\" for ${opt#-}"* ]]
			fi
		done <"$TESTDIR/opts"
	done
}

@test "unknown commands and topics: exit 3" {
	for line in foo "help foo" "h foo" init version "--root $ROOT foo"; do
		# shellcheck disable=SC2086
		run "$OCIRUN" $line
		code 3
		[ "${#lines[@]}" -eq 1 ]
		last "No help topic for '${line##* }'"
	done
}

@test "--version: the lines that clients parse" {
	for opt in --version -v -version; do
		run "$OCIRUN" $opt
		code 0
		[[ "${lines[0]}" =~ ^ocirun\ version\ [0-9]+\.[0-9]+ ]]
		[[ "${lines[1]}" == "commit: "?* ]]
		[ "${lines[2]}" = "spec: 1.3.0" ]
	done
}

@test "called runc, it says runc" {
	ln -s "$OCIRUN" "$TESTDIR/runc"
	run "$TESTDIR/runc" --version
	[[ "${lines[0]}" == "runc version "* ]]
	run "$TESTDIR/runc" state --help
	[[ "${lines[1]}" == *"runc state - "* ]]
}

# ---- --root ---------------------------------------------------------------------------

@test "--root may be relative, is made with mode 0700, and is never /" {
	args sleep 1000
	cd "$TESTDIR"
	"$OCIRUN" --root sub/../root/deep run -d --bundle "$BUNDLE" "$ID" >/dev/null 2>&1
	[ "$(stat -c %a root/deep)" = 700 ]
	[ "$(stat -c %a "root/deep/$ID")" = 711 ]
	"$OCIRUN" --root "$TESTDIR/root/deep" delete -f "$ID"
	rmdir root/deep
	for dir in / // /. /tmp/..; do
		run "$OCIRUN" --root $dir list
		code 1
		last "Option --root argument should not be set to /"
	done
	cd /
	run "$OCIRUN" --root= list
	code 1
	last "Option --root argument should not be set to /"
}

@test "--root that is missing: list fails, state says there is no container" {
	run oci list
	code 1
	last "$ROOT" "no such file or directory"
	run oci state "$ID"
	code 1
	last "container does not exist"
	run oci delete -f "$ID"
	code 0
	[ ! -e "$ROOT" ]
	echo file >"$TESTDIR/file"
	run "$OCIRUN" --root "$TESTDIR/file" list
	code 1
	last "$TESTDIR/file" "not a directory"
	run "$OCIRUN" --root "$TESTDIR/file/x" run "$ID"
	code 1
	last "not a directory"
}

@test "containers of two roots know nothing of each other" {
	args sleep 1000
	mkdir "$TESTDIR/other"
	oci run -d "$ID" >/dev/null 2>&1
	run "$OCIRUN" --root "$TESTDIR/other" state "$ID"
	code 1
	run "$OCIRUN" --root "$TESTDIR/other" list -q
	says ""
}

@test "a bundle that is missing, or none" {
	run oci run --bundle /no/bundle "$ID"
	code 1
	last "/no/bundle" "no such file or directory"
	run oci run --bundle "$BUNDLE/config.json" "$ID"
	code 1
	last "not a directory"
	run oci run --bundle "$TESTDIR" "$ID"
	code 1
	last "JSON specification file config.json not found"
}

@test "output that cannot be written is an error" {
	[ -e /dev/full ] || skip "requires /dev/full"
	sleeper
	for cmd in "state $ID" list "list -q" "list -f json"; do
		# shellcheck disable=SC2086
		run sh -c "'$OCIRUN' --root '$ROOT' $cmd >/dev/full"
		code 1
		last "cannot write" "no space left on device"
	done
}
