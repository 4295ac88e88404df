# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What is compared (compare.sh has the words used here). Each function is one case,
# run once for runc and once for ocirun: $R, $ROOT, $B (bundle), $D (scratch) are
# the side's own.
# shellcheck disable=SC2034,SC2153,SC2154 # PIDS is read by normalise(); R, B, D, PID are of compare.sh

# ---- spec, features, version ---------------------------------------------------------

spec_default() {
	mkdir "$D/spec" && cd "$D/spec" && status rt spec
	# runc has ambient ones until 1.1, inheritable ones until 1.0.3 (CVE-2022-24769)
	jq -S 'del(.process.capabilities.ambient, .process.capabilities.inheritable)' config.json
	tail -c 1 config.json | od -c
	head -n 3 config.json
	status rt spec
	rm -r "$D/spec"
}
spec_rootless() {
	mkdir "$D/spec" && cd "$D/spec" && status rt spec --rootless
	jq -S 'del(.process.capabilities.ambient, .process.capabilities.inheritable)' config.json
	rm -r "$D/spec"
}
spec_bundle() {
	mkdir "$D/spec" && status rt spec --bundle "$D/spec"
	ls "$D/spec"
	rm -r "$D/spec"
}

version_shape() {
	rt --version | sed -n -E 's/^(runc version|commit:|spec:) .*/\1/p'
	rt -v | head -n 1 | cut -d ' ' -f 1,2
}

# Everything that runc knows, ocirun knows.
features_missing() {
	"$WORK/runc/bin/runc" features >"$D/theirs" 2>/dev/null || echo '{}' >"$D/theirs"
	"$WORK/ocirun/bin/runc" features >"$D/ours"
	echo "keys:"
	jq -r 'paths | map(if type == "number" then "*" else . end) | join(".")' "$D/theirs" |
		grep -v '^annotations\.' | sort -u >"$D/a"
	jq -r 'paths | map(if type == "number" then "*" else . end) | join(".")' "$D/ours" |
		sort -u >"$D/b"
	comm -23 "$D/a" "$D/b"
	for list in .hooks .mountOptions .linux.namespaces .linux.capabilities \
		.linux.seccomp.actions .linux.seccomp.operators .linux.seccomp.archs \
		.linux.seccomp.knownFlags .linux.seccomp.supportedFlags; do
		echo "$list:"
		jq -r "($list // [])[]" "$D/theirs" | sort >"$D/a"
		jq -r "($list // [])[]" "$D/ours" | sort >"$D/b"
		comm -23 "$D/a" "$D/b"
	done
	# booleans that are true there are true here
	echo "enabled:"
	jq -r 'paths(. == true) as $p | $p | join(".")' "$D/theirs" >"$D/a"
	while read -r p; do
		jq -e --arg p "$p" 'getpath($p / ".") == true' "$D/ours" >/dev/null || echo "$p"
	done <"$D/a"
}
features_shape() {
	rt features >"$D/features"
	echo "exit $?"
	head -n 2 "$D/features" | cut -c 1-20
	tail -n 1 "$D/features"
}

# ---- state, list ----------------------------------------------------------------------

all_states() {
	config '.annotations = {"b": "2", "a": "<&>", "org.example": "x\"y"}'
	created
	PIDS=$PID
	status rt state c1
	rt start c1
	status rt state c1
	rt pause c1
	status rt state c1
	rt resume c1
	rt kill c1 KILL
	wait_status c1 stopped
	status rt state c1
	status rt delete c1
	status rt state c1 2>/dev/null
}

lists() {
	local first
	mkdir -p "$ROOT"
	status rt list
	status rt list --format json
	status rt list -q
	created b2
	first=$PID
	sleeper a1
	PIDS="$first|$PID"
	# the widths of columns depend on the length of pids and paths
	rt list | sed -E 's/ +/ /g'
	rt list --format=json
	rt list -q
	rt list --quiet --format json
	rt list -f json | jq -r '.[].owner'
	gone b2
	gone a1
}

list_widths() {
	created averyveryverylongname
	# a bundle's path is each side's own, and a time stamp loses the zeros at its end
	rt list | head -n 1 | sed -E 's/(BUNDLE|CREATED) +/\1 /g'
	gone averyveryverylongname
}

# ---- ps, events, update -------------------------------------------------------------------

processes() {
	sleeper
	PIDS=$PID
	rt ps --format json c1
	rt ps -f table c1 | awk '{ print $1, $8, $9 }'
	rt ps c1 -o pid,comm | awk '{ print $1, $2 }'
	rt ps c1 -ef | awk '{ print $1, $8, $9 }'
	status rt ps --format xml c1 2>/dev/null
	rt pause c1
	rt ps -f json c1
	rt resume c1
	gone
}

# Which keys there are; of lists one element, of maps of the kernel's names none.
stats_keys() {
	sleeper
	# which members are left out when they are 0 changes from runc to runc; whether a
	# page is in the cache of a container that sleeps is chance
	rt events --stats c1 | jq -c '{type, id}'
	rt events --stats c1 | jq -r '.data | del(.memory.raw, .memory.cache, .hugetlb, .cpuset.cpus, .cpuset.mems,
		.cpu.usage.percpu, .cpu.usage.percpu_kernel, .cpu.usage.percpu_user, .cpu.psi,
		.memory.psi, .blkio, .network_interfaces) |
		walk(if type == "object" then with_entries(select(.value != 0 and .value != {}))
		else . end) | paths | select(length < 3) | join(".")' | sort
	rt events --stats c1 | wc -l
	gone
}

updates() {
	sleeper
	# where a controller is missing only the exit codes are compared
	status rt update --memory 64m c1 2>/dev/null
	status rt update c1 --pids-limit 20 2>/dev/null
	status rt update --cpu-share 512 --cpu-quota 50000 --cpu-period 100000 c1 2>/dev/null
	echo '{"memory": {"limit": 90000000}}' >"$D/res"
	status rt update -r "$D/res" c1 2>/dev/null
	status rt update --resources - c1 </dev/null 2>/dev/null
	for f in memory/memory.limit_in_bytes pids/pids.max cpu/cpu.shares cpu/cpu.cfs_quota_us; do
		dir=$(sed -n "s#^[0-9]*:\([^:]*,\)\?${f%%/*}\(,[^:]*\)\?:##p" "/proc/$PID/cgroup")
		[ ! -e "/sys/fs/cgroup/${f%%/*}$dir/${f#*/}" ] ||
			echo "$f $(cat "/sys/fs/cgroup/${f%%/*}$dir/${f#*/}")"
	done
	dir=$(sed -n 's/^0:://p' "/proc/$PID/cgroup")
	for f in memory.max pids.max cpu.weight cpu.max; do
		[ ! -e "/sys/fs/cgroup$dir/$f" ] || echo "$f $(cat "/sys/fs/cgroup$dir/$f")"
	done
	gone
}

# ---- processes, exit codes, pid files -----------------------------------------------------

exit_codes() {
	cd "$B" || return
	for what in 'exit 0' 'exit 7' 'exit 255' 'kill -9 $$' 'kill -TERM $$; sleep 5'; do
		args sh -c "trap 'exit 3' TERM; $what"
		status rt run c1
	done
	args sh -c 'echo out; echo err >&2; exit 4'
	rt run c1 2>"$D/err"
	echo "$?: $(cat "$D/err")"
	args cat
	echo input | rt run c1
}

exec_codes() {
	sleeper
	for what in 'exit 0' 'exit 7' 'kill -9 $$' 'kill -TERM $$; sleep 5'; do
		status rt exec c1 sh -c "$what"
	done
	status rt exec -e A=1 -e A=2 c1 sh -c 'echo $A'
	status rt exec --cwd /tmp c1 sh -c pwd
	status rt exec --user 1000:1001 c1 id
	status rt exec -u 5 -g 6 -g 7 c1 id -G
	status rt exec c1 env
	status rt exec --cap CAP_SYS_ADMIN c1 sh -c 'grep -E "Cap(Prm|Eff|Bnd)" /proc/self/status'
	echo input | rt exec c1 cat
	gone
}

exec_dashes() {
	sleeper
	status rt exec c1 -- echo dashes
	gone
}

exec_process() {
	sleeper
	jq -n '{args: ["sh", "-c", "id -u; pwd; echo $X; exit 9"], cwd: "/tmp",
		env: ["PATH=/bin", "X=y"], user: {uid: 3, gid: 4}}' >"$D/process.json"
	status rt exec --process "$D/process.json" c1
	status rt exec -d --pid-file "$D/exec.pid" --process "$D/process.json" c1 >/dev/null
	grep -cE '^[0-9]+$' "$D/exec.pid"
	od -An -c "$D/exec.pid" | tr -d '0-9 '
	gone
}

pid_files() {
	cd "$B" || return
	args sleep 1000
	status rt run -d --pid-file "$D/p" c1 >/dev/null 2>&1
	PIDS=$(cat "$D/p")
	[ "$(cat "$D/p")" = "$(rt state c1 | jq .pid)" ] && echo equal
	od -An -c "$D/p" | tr -d '0-9 '
	stat -c %a "$D/p"
	status rt delete --force c1
	rm -f "$D/p"
}

signals() {
	sleeper
	for s in 0 HUP SIGHUP sighup 10 SIGUSR2; do
		status rt kill c1 $s
	done
	status rt kill c1
	gone
}

lifecycle() {
	created
	status rt start c1
	status rt pause c1
	status rt resume c1
	status rt kill c1 KILL
	wait_status c1 stopped
	status rt delete c1
	status rt delete --force c1
	ls "$ROOT"
}

hooks_state() {
	config --arg d "$D" '.annotations = {k: "v"} | .hooks = ([["createRuntime", $d],
		["poststop", $d]] | map({key: .[0], value: [{path: "/bin/sh", args: ["sh", "-c",
		"cat >\(.[1])/hook-\(.[0])"]}]}) | from_entries)'
	sleeper
	PIDS=$PID
	rt delete --force c1
	for h in createRuntime poststop; do
		jq -S . "$D/hook-$h"
		rm -f "$D/hook-$h"
	done
}

# What the program finds: its environment, limits, capabilities, file system. Of the
# cgroup mounts, which both make from the host's hierarchies, the order differs.
inside() {
	cd "$B" || return
	args sh -c 'env | sort; id; umask; pwd; hostname
		cat /proc/self/limits | grep -E "open files|processes" | sed "s/  */ /g"
		grep -E "^(Cap|NoNewPrivs|Seccomp:|Uid|Gid|Groups)" /proc/self/status
		ls -l /dev | sed "s/  */ /g; s/ [A-Z][a-z][a-z] .*[0-9] / /" | sort
		cut -d " " -f 5,6 /proc/self/mountinfo | grep -v /sys/fs/cgroup; ls /proc/self/fd | wc -l; cat /proc/self/oom_score_adj'
	status rt run c1
}

# ---- mistakes: exit codes and words ----------------------------------------------------------

mistake() {
	eval "mistake_$1() { cd \"\$B\"; $3; }"
	says "mistake: $2" "mistake_$1"
}

# words_since V ID TITLE SCRIPT
words_since() {
	eval "mistake_$2() { cd \"\$B\"; $4; }"
	says_since "$1" "mistake: $3" "mistake_$2"
}

mistakes() {
	mistake state 'state of no container' 'status rt state nosuch'
	mistake start 'start of no container' 'status rt start nosuch'
	mistake kill 'kill of no container' 'status rt kill nosuch KILL'
	mistake delete 'delete of no container' 'status rt delete nosuch'
	mistake deletef 'delete --force of no container' 'status rt delete --force nosuch'
	mistake exec 'exec in no container' 'status rt exec nosuch true'
	mistake pause 'pause of no container' 'status rt pause nosuch'
	mistake resume 'resume of no container' 'status rt resume nosuch'
	mistake ps 'ps of no container' 'status rt ps nosuch'
	mistake update 'update of no container' 'status rt update nosuch'
	mistake twice 'an id that exists' 'created; status rt create c1; gone'
	mistake badid 'an id with a slash' 'status rt create a/b'
	mistake noconfig 'no config.json' 'cd /; status rt create c1'
	mistake nobundle 'a bundle that does not exist' 'status rt create --bundle /no/bundle c1'
	mistake startrunning 'start of a running one' 'sleeper; status rt start c1; gone'
	mistake startstopped 'start of a stopped one' \
		'created; rt kill c1 KILL; wait_status c1 stopped; status rt start c1; gone'
	mistake deleterunning 'delete of a running one' 'sleeper; status rt delete c1; gone'
	mistake killstopped 'kill of a stopped one' \
		'created; rt kill c1 KILL; wait_status c1 stopped; status rt kill c1 TERM; gone'
	mistake execstopped 'exec in a stopped one' \
		'created; rt kill c1 KILL; wait_status c1 stopped; status rt exec c1 true; gone'
	mistake execpaused 'exec in a paused one' \
		'sleeper; rt pause c1; status rt exec c1 true; rt resume c1; gone'
	mistake resumerunning 'resume of a running one' 'sleeper; status rt resume c1; gone'
	mistake pausestopped 'pause of a stopped one' \
		'created; rt kill c1 KILL; wait_status c1 stopped; status rt pause c1; gone'
	mistake signal 'a signal that is none' 'sleeper; status rt kill c1 NOSIG; gone'
	mistake nocmd 'a program that is not in PATH' 'args nosuchcmd; status rt run c1'
	mistake nofile 'a program that does not exist' 'args /no/such/cmd; status rt run c1'
	mistake noexec 'a program that is not executable' 'args /etc/passwd; status rt run c1'
	words_since 1.3 isdir 'a program that is a directory' 'args /etc; status rt run c1'
	mistake execnocmd 'exec: a program that is not in PATH' \
		'sleeper; status rt exec c1 nosuchcmd; gone'
	mistake execnofile 'exec: a program that does not exist' \
		'sleeper; status rt exec c1 /no/such/cmd; gone'
	words_since 1.3 execisdir 'exec: a program that is a directory' 'sleeper; status rt exec c1 /etc; gone'
	words_since 1.4 execnoargs 'exec without a program' 'sleeper; status rt exec c1; gone'
	mistake terminal 'a terminal, detached, without a socket' \
		'config ".process.terminal = true"; status rt create c1'
	mistake socket 'a console socket without a terminal' \
		'status rt create --console-socket /no/sock c1'
	mistake cwd 'no process.cwd' 'config "del(.process.cwd)"; status rt create c1'
	mistake relcwd 'a relative process.cwd' 'config ".process.cwd = \"x\""; status rt create c1'
	mistake noargs 'no process.args' 'config ".process.args = []"; status rt create c1'
	mistake noprocess 'no process' 'config "del(.process)"; status rt create c1'
	mistake noroot 'a root that does not exist' \
		'config ".root.path = \"nosuch\""; status rt create c1'
	words_since 1.3 hookfails 'a hook that fails' \
		'config ".hooks.createRuntime = [{path: \"/bin/false\"}]"; status rt create c1'
	words_since 1.3 hookmissing 'a hook that does not exist' \
		'config ".hooks.createRuntime = [{path: \"/no/hook\"}]"; status rt create c1'
	mistake hostname 'a host name without a namespace' \
		'config "del(.linux.namespaces[] | select(.type == \"uts\"))"; status rt create c1'
	mistake sysctl 'a sysctl of the host' \
		'config ".linux.sysctl = {\"kernel.foo\": \"1\"}"; status rt create c1'
	words_since 1.5 userns 'a user namespace without a mapping' \
		'config ".linux.namespaces += [{type: \"user\"}]"; status rt create c1'
	mistake nsagain 'a namespace that is listed twice' \
		'config ".linux.namespaces += [{type: \"pid\"}]"; status rt create c1'
	mistake logformat 'a log format that is none' 'status rt --log-format xml list'
	mistake listformat 'a list format that is none' 'status rt list --format xml'
	mistake interval 'an interval of 0' 'sleeper; status rt events --interval 0s c1; gone'
	mistake noargument 'no id' 'status rt state 2>&1 | sed -n "/level=/p; /^exit/p"; echo exit'
	mistake unknown 'no such command' 'status rt nosuchcommand 2>&1 | grep -E "level=|exit"'
}

# ---- logs ----------------------------------------------------------------------------------

log_json() {
	status rt --log "$D/log" --log-format json state nosuch 2>/dev/null
	jq -c 'keys' "$D/log"
	jq -r .level "$D/log"
	jq -r .time "$D/log"
	status rt --log "$D/log" --log-format json state nosuch 2>/dev/null
	wc -l <"$D/log"
	stat -c %a "$D/log"
	rm "$D/log"
}
log_text() {
	status rt --log "$D/log" state nosuch 2>/dev/null
	sed -E 's/msg=.*/msg=…/' "$D/log"
	rm "$D/log"
}
# The words of the file and of stderr: one line each.
log_both() {
	rt --log "$D/log" state nosuch 2>&1 | wc -l
	wc -l <"$D/log"
	rt state nosuch 2>&1 | wc -l
	rm "$D/log"
}
help_shape() {
	for c in create run exec kill delete list ps events update spec state; do
		rt "$c" --help | head -n 1
		rt "$c" --help | sed -n '2s/ - .*//p'
		echo "exit $?"
	done
	rt help | head -n 1
	status rt help nosuch 2>/dev/null | tail -n 1
}

# Options that runc has for a command and ocirun has not.
options_missing() {
	for c in create run exec kill delete list ps events update spec state pause resume start; do
		"$WORK/runc/bin/runc" $c --help | grep -oE -- '--[a-z][a-z0-9-]+' | sort -u >"$D/a"
		"$WORK/ocirun/bin/runc" $c --help | grep -oE -- '--[a-z][a-z0-9-]+' | sort -u >"$D/b"
		comm -23 "$D/a" "$D/b" | sed "s/^/$c /" | grep -vE -- '--kernel-memory|kill --all'
	done
}

# Foreground stdio without a terminal: what the program sees, who waits for whom.
stdio_kinds() {
	ln -sf busybox "$B/rootfs/bin/readlink"
	ln -sf busybox "$B/rootfs/bin/test"
	args sh -c 'for i in 0 1 2; do test -t $i && echo tty; readlink /proc/self/fd/$i; done'
	(cd "$B" && script -qec "$R --root $ROOT run c1" "$D/typescript" </dev/null >/dev/null)
	grep -oE '^(tty|pipe|/dev/[a-z]*)' "$D/typescript"
	rm "$D/typescript"
}
stdio_ends() {
	local begin
	ln -sf busybox "$B/rootfs/bin/wc"
	ln -sf busybox "$B/rootfs/bin/head"
	cd "$B" || return
	args sh -c 'while :; do echo y || exit 9; done'
	rt run c1 </dev/null 2>/dev/null | head -n 1
	echo "${PIPESTATUS[0]}"
	args sh -c 'wc -c; exit 3'
	head -c 200000 /dev/zero | rt run c1
	echo "exit $?"
	args sh -c 'head -c 500000 /dev/zero; echo e >&2'
	rt run c1 </dev/null 2>"$D/err" | { sleep 0.3; wc -c; }
	cat "$D/err"
	args sh -c 'exec >&- 2>&-; exit 5'
	rt run c1 </dev/null
	echo "exit $?"
	echo old >"$D/file"
	args sh -c 'echo new'
	config '.process.user = {uid: 1000, gid: 1000}'
	rt run c1 </dev/null >>"$D/file"
	stat -c %u "$D/file"
	cat "$D/file"
	rm "$D/file" "$D/err"
	config '.process.user = {uid: 0, gid: 0}'
	sleeper
	begin=$(date +%s)
	rt exec c1 sh -c '(sleep 2; echo late) & echo early; exit 4' </dev/null >"$D/file" 2>&1
	echo "exit $?"
	[ $(($(date +%s) - begin)) -ge 1 ] && echo "waited"
	cat "$D/file"
	rm "$D/file"
	gone
}

cases() {
	same 'spec' spec_default
	same 'spec --rootless' spec_rootless
	same 'spec --bundle' spec_bundle
	same 'version: the lines that are read' version_shape
	same 'features: nothing of runc is missing' features_missing
	same 'features: a document' features_shape
	same 'help: headings and exit codes' help_shape
	same 'help: no option is missing' options_missing
	same 'state in every status' all_states
	same 'list in all formats' lists
	same 'list: widths' list_widths
	same 'ps' processes
	same 'events --stats: keys' stats_keys
	same 'update' updates
	same 'run: exit codes and streams' exit_codes
	same 'exec: exit codes, options' exec_codes
	same 'stdio: what a program sees of it' stdio_kinds
	same 'stdio: ends, files, what is left behind' stdio_ends
	same 'exec --process' exec_process
	differs 'runc until 1.3 takes "--" behind the id for the program, since 1.4 it ends options' \
		'exec: "--" behind the id' exec_dashes
	same 'pid files' pid_files
	same 'kill: names of signals' signals
	same 'a life' lifecycle
	same 'the state that hooks are given' hooks_state
	same 'what the program finds' inside
	same 'log in JSON' log_json
	same 'log as text' log_text
	same 'log and stderr' log_both
	mistakes
}
