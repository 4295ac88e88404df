#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# runtime-spec config.md, "Process": rlimits, oomScoreAdj.

load helpers
load process

setup() {
	setup_bundle
	args cat /proc/self/limits
	config '.process.rlimits = []'
}

teardown() {
	teardown_bundle
}

# limit TYPE SOFT HARD
limit() {
	config --arg t "$1" ".process.rlimits += [{type: \$t, soft: $2, hard: $3}]"
}

# shows NAME SOFT HARD: the line of /proc/self/limits
shows() {
	local line
	line=$(grep "^$1 " <<<"$output")
	[ "$(flat <<<"${line#"$1"}" | cut -d ' ' -f 1,2)" = "$2 $3" ] || {
		echo "$line, not $2 $3"
		return 1
	}
}

@test "each kind, soft and hard" {
	(ulimit -c unlimited && true) || skip "requires an unlimited core size"
	limit RLIMIT_CPU 1000 2000
	limit RLIMIT_FSIZE 1000000 2000000
	limit RLIMIT_STACK 1000000 2000000
	limit RLIMIT_CORE 0 4096
	limit RLIMIT_RSS 1000 2000
	limit RLIMIT_NPROC 101 202
	limit RLIMIT_NOFILE 303 404
	limit RLIMIT_MEMLOCK 1000 2000
	limit RLIMIT_LOCKS 10 20
	limit RLIMIT_SIGPENDING 11 22
	limit RLIMIT_MSGQUEUE 1000 2000
	limit RLIMIT_NICE 0 0
	limit RLIMIT_RTPRIO 0 0
	limit RLIMIT_RTTIME 1000 2000
	run oci run "$ID"
	code 0
	shows "Max cpu time" 1000 2000
	shows "Max file size" 1000000 2000000
	shows "Max stack size" 1000000 2000000
	shows "Max core file size" 0 4096
	shows "Max resident set" 1000 2000
	shows "Max processes" 101 202
	shows "Max open files" 303 404
	shows "Max locked memory" 1000 2000
	shows "Max file locks" 10 20
	shows "Max pending signals" 11 22
	shows "Max msgqueue size" 1000 2000
	shows "Max nice priority" 0 0
	shows "Max realtime priority" 0 0
	shows "Max realtime timeout" 1000 2000
}

@test "the sizes of the address space and of the data" {
	requires no_sanitizers # init itself would need terabytes
	limit RLIMIT_AS 100000000 200000000
	limit RLIMIT_DATA 100000000 200000000
	run oci run "$ID"
	code 0
	shows "Max data size" 100000000 200000000
	shows "Max address space" 100000000 200000000
}

@test "no limit is 18446744073709551615, exactly" {
	[ "$(ulimit -Hf)" = unlimited ] || skip "requires an unlimited file size"
	limit RLIMIT_FSIZE 18446744073709551615 18446744073709551615
	limit RLIMIT_CPU 9007199254740993 18446744073709551615
	# jq has rounded them
	sed -i 's/1844674407370955[0-9]*/18446744073709551615/; s/900719925474099[0-9]/9007199254740993/' config.json
	run oci run "$ID"
	code 0
	shows "Max file size" unlimited unlimited
	shows "Max cpu time" 9007199254740993 unlimited
}

@test "what is not listed is the caller's" {
	ulimit -Sn 567
	limit RLIMIT_CORE 0 0
	run oci run "$ID"
	code 0
	shows "Max open files" 567 "$(ulimit -Hn)"
	shows "Max core file size" 0 0
}

@test "the limits hold" {
	limit RLIMIT_FSIZE 1000 1000
	args sh -c 'head -c 5000 /dev/zero >/tmp/f; stat -c %s /tmp/f'
	config '.root.readonly = false'
	run oci run "$ID"
	code 0
	# what the shell says of the signal may come before or after
	grep -qx 1000 <<<"$output"
}

@test "another user has them, too" {
	limit RLIMIT_NOFILE 100 200
	config '.process.user = {"uid": 1000, "gid": 1000}'
	run oci run "$ID"
	code 0
	shows "Max open files" 100 200
}

@test "mistakes" {
	limit RLIMIT_NOFILE 100 99
	run oci run "$ID"
	code 1
	last /process/rlimits/0 100 99
	config '.process.rlimits = []'
	limit RLIMIT_NOFILE 1 2
	limit RLIMIT_CORE 1 2
	limit RLIMIT_NOFILE 3 4
	run oci run "$ID"
	code 1
	last /process/rlimits/2 RLIMIT_NOFILE
	for bad in nofile RLIMIT_nofile RLIMIT_ ""; do
		config '.process.rlimits = []'
		limit "$bad" 1 2
		run oci run "$ID"
		code 1
		last /process/rlimits/0/type "wrong rlimit value: $bad"
	done
	for bad in -1 1.5 18446744073709551616 '"10"' null; do
		config '.process.rlimits = [{"type": "RLIMIT_CORE", "soft": 0, "hard": "BAD"}]'
		sed -i "s/\"BAD\"/$bad/" config.json
		run oci run "$ID"
		code 1
		last /process/rlimits/0
	done
	config '.process.rlimits = [{"type": "RLIMIT_CORE", "soft": 0}]'
	run oci run "$ID"
	code 1
	last /process/rlimits/0 hard
}

@test "exec has the container's, or those of process.json" {
	limit RLIMIT_NOFILE 100 200
	sleeper
	run oci exec "$ID" cat /proc/self/limits
	shows "Max open files" 100 200
	jq -n '{args: ["cat", "/proc/self/limits"], cwd: "/", env: ["PATH=/bin"], user: {uid: 0, gid: 0},
		rlimits: [{type: "RLIMIT_CORE", soft: 1, hard: 2}]}' >"$TESTDIR/p.json"
	run oci exec -p "$TESTDIR/p.json" "$ID"
	code 0
	shows "Max core file size" 1 2
	jq -n '{args: ["cat", "/proc/self/limits"], cwd: "/", env: ["PATH=/bin"], user: {uid: 0, gid: 0}}' \
		>"$TESTDIR/p.json"
	run oci exec -p "$TESTDIR/p.json" "$ID"
	code 0
	shows "Max open files" 100 200
}

# ---- oomScoreAdj -------------------------------------------------------------------

@test "oomScoreAdj is set, of exec too, and left alone when absent" {
	args cat /proc/self/oom_score_adj
	config '.process.oomScoreAdj = 500'
	run oci run "$ID"
	code 0
	says 500
	config '.process.oomScoreAdj = 1000'
	run oci run "$ID"
	says 1000
	config 'del(.process.oomScoreAdj)'
	run sh -c "echo 123 >/proc/self/oom_score_adj; '$OCIRUN' --root '$ROOT' run '$ID'"
	code 0
	says 123
	config '.process.oomScoreAdj = 321'
	sleeper
	run oci exec "$ID" cat /proc/self/oom_score_adj
	says 321
}

@test "oomScoreAdj below what the caller may" {
	capsh --has-p=cap_sys_resource 2>/dev/null && skip "CAP_SYS_RESOURCE allows everything"
	args cat /proc/self/oom_score_adj
	config '.process.oomScoreAdj = -1000'
	run oci run "$ID"
	code 1
	last /process/oomScoreAdj -1000 CAP_SYS_RESOURCE
	for bad in 1001 -1001 1.5 '"x"'; do
		config ".process.oomScoreAdj = $bad"
		run oci run "$ID"
		code 1
		last /process/oomScoreAdj
	done
}
