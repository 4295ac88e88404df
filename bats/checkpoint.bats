#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# checkpoint, restore: what comes back is what was there, to the last byte; what
# fails leaves things as they were. CRIU names the program (default: criu); another
# number of rounds: OCIRUN_CR_ROUNDS=3.

load helpers
load container
load criu

setup() {
	setup_bundle
	config '.root.readonly = false'
	IMG=$TESTDIR/img
	WORK=$TESTDIR/work
}

teardown() {
	[ -z "${RECEIVER-}" ] || kill "$RECEIVER" 2>/dev/null || true
	[ -z "${DEVICE-}" ] || ip link del "$DEVICE" 2>/dev/null || true
	[ -z "${NETNS-}" ] || ip netns del "$NETNS"
	teardown_bundle
}

# cr ARG...: ocirun with that criu, bounded. Stdio is the container's, too, and not
# of a kind that criu cannot dump; messages are in cr.log.
cr() {
	# Where v1 hierarchies exist that nobody sees, the container is in their
	# roots, and criu would try to bring the whole tree back.
	if [[ "$1" == checkpoint || "$1" == restore ]] &&
		[ "$(cgroup_layout)" = v2 ] && grep -qv ^0:: /proc/self/cgroup; then
		set -- "$1" --manage-cgroups-mode ignore "${@:2}"
	fi
	# Longer than ocirun waits for a criu that does nothing (120 s), and then says so.
	rm -f "$TESTDIR/cr.log"
	timeout -k 5 200 "$OCIRUN" --root "$ROOT" --criu "$CRIU" \
		--log "$TESTDIR/cr.log" "$@" </dev/null >/dev/null 2>&1 || {
		[ $? -ne 124 ] || late "$1"
		cat "$TESTDIR/cr.log"
		return 1
	}
}

# late COMMAND: it has had its time: where criu was.
late() {
	local log
	echo "$1: not done within 200 s"
	for log in "$IMG"*/dump.log "$IMG"*/restore.log "$WORK"/*.log; do
		[ ! -e "$log" ] || { echo "$log:" && tail -n 30 "$log"; }
	done
}

# fails TEXT... -- ARG...: it must, and say all TEXTs in its last line.
fails() {
	local texts=() text rc=0
	while [ "$1" != -- ]; do
		texts+=("$1")
		shift
	done
	shift
	cr "$@" >/dev/null || rc=$?
	cat "$TESTDIR/cr.log"
	[ "$rc" -ne 0 ] || return 1
	for text in "${texts[@]}"; do
		tail -n 1 "$TESTDIR/cr.log" | sed 's/\\"/"/g' | grep -qF -e "$text" || {
			echo "no '$text'"
			return 1
		}
	done
}

# The program that counts through memory, file, pipe, connection and terminal.
counter() {
	find_helper counter -static
	install -m 755 "$HELPER" "$BUNDLE/rootfs/bin/counter"
	config '.process.args = ["counter", "/tmp/n"]'
	COUNT=$BUNDLE/rootfs/tmp/n
}

# A shell is enough where it only matters that it goes on.
ticker() {
	config '.process.args = ["sh", "-c",
		"i=0; while :; do echo $i; i=$((i+1)); sleep 0.02; done >/tmp/n"]'
	COUNT=$BUNDLE/rootfs/tmp/n
}

run_it() {
	cr run -d "$ID"
	wait_for 10 counts 3
}

# counts N: more than N lines, all of them the right ones.
counts() {
	[ -s "$COUNT" ] && [ "$(wc -l <"$COUNT")" -gt "$1" ] || return 1
	exact
}

# Each number once, in order, from 0 on.
exact() {
	awk '$0 != NR - 1 { print "line " NR ": " $0; exit 1 }' "$COUNT"
}

# It goes on from here.
goes_on() {
	wait_for 10 counts "$(($(wc -l <"$COUNT") + 3))" || {
		tail -n 3 "$COUNT"
		exact
		return 1
	}
}

@test "without criu: a clear error, and nothing happens" {
	built_with_criu
	ticker
	CRIU=$TESTDIR/none
	cr run -d "$ID"
	fails "--criu '$CRIU'" "no such file" -- checkpoint --image-path "$IMG" "$ID"
	CRIU=no-such-criu
	fails 'exec: "no-such-criu": executable file not found in $PATH' -- \
		checkpoint --image-path "$IMG" "$ID"
	fails "executable file not found" -- restore -d --image-path "$IMG" other
	CRIU=/bin/true
	fails "CRIU version check failed" "died without a reply" -- \
		checkpoint --image-path "$IMG" "$ID"
	[ "$(status_of "$ID")" = running ]
	[ ! -e "$ROOT/other" ]
}

@test "values that are wrong are refused before anything else" {
	built_with_criu
	ticker
	CRIU=criu
	cr run -d "$ID"
	fails "manage-cgroups-mode" "hard" -- checkpoint --manage-cgroups-mode hard "$ID"
	fails "network lock" -- checkpoint --network-lock no "$ID"
	fails "--page-server ADDRESS:PORT" -- checkpoint --page-server 1.2.3.4 "$ID"
	fails "--page-server ADDRESS:PORT" -- checkpoint --page-server ::1:99 "$ID"
	fails 'namespace "pid" is not supported' -- checkpoint --empty-ns pid "$ID"
	fails "--parent-path must be relative" -- checkpoint --parent-path /x "$ID"
	fails "--status-fd argument 77" -- checkpoint --status-fd 77 "$ID"
	fails "-status-fd" -- checkpoint --status-fd x "$ID"
	fails "manage-cgroups-mode" -- restore --manage-cgroups-mode x other
	[ "$(status_of "$ID")" = running ]
	[ ! -e checkpoint ]
}

@test "only a running container can be checkpointed" {
	CRIU=criu
	cr create "$ID"
	fails "Container cannot be checkpointed in created state" -- checkpoint "$ID"
	[ "$(status_of "$ID")" = created ]
	cr start "$ID"
	wait_for 5 is_status "$ID" stopped
	fails "Container cannot be checkpointed in stopped state" -- checkpoint "$ID"
	fails "container does not exist" -- checkpoint nobody
}

# Every second round on a copy of the bundle, with another id; the old one is gone.
@test "a counter in memory, file, pipe, TCP and pty goes on exactly, twenty times" {
	needs_criu
	counter
	run_it
	id=$ID bundle=$BUNDLE
	cd "$TESTDIR"
	for ((round = 1; round <= ${OCIRUN_CR_ROUNDS:-20}; round++)); do
		echo "round $round, $(wc -l <"$COUNT") lines"
		cr checkpoint --tcp-established --image-path "$IMG.$round" "$id"
		[ ! -e "$ROOT/$id" ]
		exact
		count=$(wc -l <"$COUNT")
		if ((round % 2 == 0)); then
			cp -a "$bundle" "$TESTDIR/copy.$round"
			rm -rf --one-file-system "$bundle"
			bundle=$TESTDIR/copy.$round id=$ID-$round
			COUNT=$bundle/rootfs/tmp/n
		fi
		cr restore -d --tcp-established --image-path "$IMG.$round" \
			--bundle "$bundle" "$id"
		[ "$(status_of "$id")" = running ]
		goes_on
		[ "$(wc -l <"$COUNT")" -gt "$count" ]
		rm -rf "$IMG.$round"
	done
	# what no round brought back would have ended it
	[ "$(status_of "$id")" = running ]
}

@test "restored on a copy of the bundle, with images elsewhere and another id" {
	needs_criu
	counter
	run_it
	cr checkpoint --tcp-established --image-path "$IMG" --work-path "$WORK" "$ID"
	[ -s "$WORK/dump.log" ]
	[ "$(jq -c '[length, .[0]]' "$IMG/descriptors.json")" = '[3,"/dev/null"]' ]
	mv "$IMG" "$IMG.moved"
	cp -a "$BUNDLE" "$BUNDLE.copy"
	mv "$BUNDLE" "$BUNDLE.gone"
	cd "$TESTDIR"
	cr restore -d --tcp-established --image-path img.moved --bundle bundle.copy \
		--pid-file pid "$ID-b"
	COUNT=$BUNDLE.copy/rootfs/tmp/n
	goes_on
	oci state "$ID-b" | jq -e --arg b "$BUNDLE.copy" --argjson p "$(cat pid)" \
		'.bundle == $b and .pid == $p and .status == "running"'
}

@test "stdio: the pipes of who restores take the place of the old ones" {
	needs_criu
	counter
	cr_pipe() {
		timeout -k 5 60 "$OCIRUN" --root "$ROOT" --criu "$CRIU" "$@" \
			</dev/null 2>/dev/null | cat
	}
	cr_pipe run "$ID" >"$TESTDIR/out.1" &
	wait_for 10 counts 3
	cr checkpoint --tcp-established --image-path "$IMG" "$ID"
	wait
	# in the foreground: until it ends, with its exit status
	(
		set -o pipefail
		cr_pipe restore --tcp-established --image-path "$IMG" "$ID"
	) >"$TESTDIR/out.2" &
	restore=$!
	wait_for 10 is_status "$ID" running
	goes_on
	# ours, which we relay, not the caller's
	[[ "$(readlink "/proc/$(oci state "$ID" | jq .pid)/fd/1")" == pipe:* ]]
	[ "$(readlink "/proc/$(oci state "$ID" | jq .pid)/fd/1")" != \
		"$(readlink "/proc/$(pgrep -f "restore .*$ID" | head -n 1)/fd/1")" ]
	oci kill "$ID" TERM
	rc=0
	wait "$restore" || rc=$?
	[ "$rc" -eq 7 ]
	[ ! -e "$ROOT/$ID" ]
	cat "$TESTDIR/out.1" "$TESTDIR/out.2" >"$TESTDIR/out"
	COUNT=$TESTDIR/out
	exact
}

@test "--leave-running and --pre-dump leave it running" {
	needs_criu
	counter
	run_it
	cr checkpoint --leave-running --tcp-established --image-path "$IMG" "$ID"
	goes_on
	[ "$(status_of "$ID")" = running ]
	if "$CRIU" check --feature mem_dirty_track >/dev/null 2>&1; then
		cr checkpoint --pre-dump --tcp-established --image-path "$IMG.pre" "$ID"
		goes_on
		cr checkpoint --parent-path ../img.pre --tcp-established \
			--image-path "$IMG.post" "$ID"
		[ -L "$IMG.post/parent" ]
		cr restore -d --tcp-established --image-path "$IMG.post" "$ID"
	else
		fails "CRIU is missing features: [MemTrack]" -- checkpoint --pre-dump \
			--image-path "$IMG.pre" "$ID"
	fi
	goes_on
	fails "invalid --parent-path" "no such file" -- checkpoint \
		--parent-path ../none --image-path "$IMG.post" "$ID"
}

@test "a checkpoint that fails says why and where, and it goes on" {
	needs_criu
	counter
	run_it
	fails "criu failed: type DUMP" "Connected TCP socket" \
		"log file: $WORK/dump.log" -- \
		checkpoint --image-path "$IMG" --work-path "$WORK" "$ID"
	[ "$(status_of "$ID")" = running ]
	goes_on
	# one line, for those who read the log as one object
	fails "Connected TCP socket" -- --log-format json \
		checkpoint --image-path "$IMG" "$ID"
	[ "$(wc -l <"$TESTDIR/cr.log")" = 1 ]
	jq -e '.level == "error" and (.msg | contains("dump.log"))' "$TESTDIR/cr.log"
	goes_on
	oci delete --force "$ID"
	ticker
	"$OCIRUN" --root "$ROOT" run -d "$ID" </dev/null >"$TESTDIR/on-the-host" 2>/dev/null
	fails "Can't lookup mount" "a file of the host open" -- \
		checkpoint --image-path "$IMG" "$ID"
	goes_on
}

@test "a restore that fails says why and where, and leaves nothing" {
	needs_criu
	ticker
	config --arg d "$TESTDIR" '.hooks = {poststop: [{path: "/bin/sh",
		args: ["sh", "-c", "echo poststop >>\($d)/hooks"]}]}'
	run_it
	cr checkpoint --image-path "$IMG" "$ID"
	rm -f "$TESTDIR/hooks"
	fails "'$TESTDIR/nothing'" "no such file" -- restore -d --image-path "$TESTDIR/nothing" "$ID"
	mkdir "$TESTDIR/nothing"
	fails "descriptors.json" "not the directory of a finished checkpoint" -- \
		restore -d --image-path "$TESTDIR/nothing" "$ID"
	cp -a "$IMG" "$IMG.bad"
	rm "$IMG.bad"/core-1.img
	fails "criu failed: type RESTORE" "Error (criu/" "log file: $IMG.bad/restore.log" -- \
		restore -d --image-path "$IMG.bad" "$ID"
	[ ! -e "$ROOT/$ID" ]
	assert_clean
	# a hook that fails: its own words, and nothing left
	config '.hooks.createRuntime = [{path: "/bin/sh",
		args: ["sh", "-c", "echo not today >&2; exit 3"]}]'
	fails "error running createRuntime hook #0" "not today" -- \
		restore -d --image-path "$IMG" "$ID"
	[ ! -e "$ROOT/$ID" ]
	[ "$(cat "$TESTDIR/hooks")" = poststop ]
	assert_clean
	config 'del(.hooks)'
	cr restore -d --image-path "$IMG" "$ID"
	goes_on
	fails "already exists" -- restore -d --image-path "$IMG" "$ID"
	goes_on
}

@test "hooks: poststop after checkpoint; prestart, createRuntime before it goes on" {
	needs_criu
	ticker
	config --arg d "$TESTDIR" 'reduce ("prestart", "createRuntime", "createContainer",
		"startContainer", "poststart", "poststop") as $k (.; .hooks[$k] = [{
		path: "/bin/sh", args: ["sh", "-c",
		"read -r s; echo \($k) $s >>\($d)/hooks 2>/dev/null || :"]}])'
	run_it
	rm "$TESTDIR/hooks"
	cr checkpoint --image-path "$IMG" "$ID"
	[ "$(cut -d ' ' -f 1 "$TESTDIR/hooks")" = poststop ]
	cut -d ' ' -f 2- "$TESTDIR/hooks" | jq -e '.status == "stopped"'
	rm "$TESTDIR/hooks"
	cr restore -d --image-path "$IMG" "$ID"
	[ "$(cut -d ' ' -f 1 "$TESTDIR/hooks" | xargs)" = "prestart createRuntime" ]
	pid=$(oci state "$ID" | jq .pid)
	cut -d ' ' -f 2- "$TESTDIR/hooks" | jq -se --argjson p "$pid" --arg id "$ID" \
		'map(.pid == $p and .id == $id) == [true, true] and
		map(.status) == ["created", "creating"]'
	goes_on
}

@test "a restore that is killed in a hook leaves what delete --force removes" {
	needs_criu
	ticker
	run_it
	cr checkpoint --image-path "$IMG" "$ID"
	# the hook's parent is ocirun
	config '.hooks.createRuntime = [{path: "/bin/sh",
		args: ["sh", "-c", "kill -9 $PPID; exec sleep 1"]}]'
	fails -- restore -d --image-path "$IMG" "$ID"
	[ -e "$ROOT/$ID/state.json" ]
	oci delete --force "$ID"
	[ ! -e "$ROOT/$ID" ]
	assert_clean
	config 'del(.hooks)'
	cr restore -d --image-path "$IMG" "$ID"
	goes_on
}

# What it has counted since would not fit to the images.
back_to_images() {
	cp "$TESTDIR/n" "$COUNT"
}

@test "a restore that is killed at any moment leaves what delete --force removes" {
	needs_criu
	ticker
	run_it
	cr checkpoint --image-path "$IMG" "$ID"
	cp "$COUNT" "$TESTDIR/n"
	restore=(--root "$ROOT" --criu "$CRIU" restore -d --image-path "$IMG"
		--manage-cgroups-mode ignore "$ID")
	for ((ms = 20; ms < 500; ms += ${OCIRUN_CR_STEP:-60})); do
		back_to_images
		# in the foreground: else timeout kills itself, too, and returns early
		timeout --foreground -s KILL "0.$(printf %03d "$ms")" "$OCIRUN" \
			"${restore[@]}" </dev/null >/dev/null 2>&1 || true
		echo "after $ms ms"
		timeout 30 "$OCIRUN" --root "$ROOT" delete --force "$ID"
		assert_clean
	done
	# not by time, but at its system calls
	find_helper killat
	"$HELPER" -o "$TESTDIR/report" -- true || skip "requires ptrace"
	back_to_images
	rm "$TESTDIR/report"
	"$HELPER" -o "$TESTDIR/report" -- "$OCIRUN" "${restore[@]}" </dev/null >/dev/null 2>&1
	timeout 30 "$OCIRUN" --root "$ROOT" delete --force "$ID"
	calls=$(sed -n 's/^count //p' "$TESTDIR/report")
	for ((k = 1 + RANDOM % 50; k < calls; k += ${OCIRUN_CR_CALLS:-50})); do
		back_to_images
		timeout 60 "$HELPER" -k "$k" -o "$TESTDIR/report" -- "$OCIRUN" \
			"${restore[@]}" </dev/null >/dev/null 2>&1 || true
		echo "at call $k of $calls: $(tail -n 1 "$TESTDIR/report")"
		timeout 30 "$OCIRUN" --root "$ROOT" delete --force "$ID"
		assert_clean
	done
}

@test "criu that is killed during a restore: an error at once, and nothing is left" {
	needs_criu
	ticker
	run_it
	cr checkpoint --image-path "$IMG" "$ID"
	# the processes that it is making are alive then, and have its end of the socket:
	# of ocirun's children it is the one without a pid namespace
	cat >"$TESTDIR/kill-criu" <<-'EOF'
		#!/bin/sh
		for p in $(pgrep -P $PPID); do
			[ $p = $$ ] || ! awk '/^NSpid:/ { exit NF != 2 }' /proc/$p/status ||
				kill -9 $p
		done
	EOF
	chmod +x "$TESTDIR/kill-criu"
	config --arg p "$TESTDIR/kill-criu" '.hooks.createRuntime = [{path: $p}]'
	begin=$SECONDS
	fails "died without a reply" "restore.log" -- restore -d --image-path "$IMG" "$ID"
	[ $((SECONDS - begin)) -lt 30 ]
	[ ! -e "$ROOT/$ID" ]
	assert_clean
	config 'del(.hooks)'
	cr restore -d --image-path "$IMG" "$ID"
	goes_on
}

@test "in the restored container: exec, update, pause, kill, limits of the config" {
	needs_criu
	ticker
	run_it
	cr checkpoint --image-path "$IMG" "$ID"
	config '.linux.resources.pids = {limit: 77}'
	cr restore -d --image-path "$IMG" "$ID"
	goes_on
	run oci exec "$ID" sh -c 'echo $$; ps | grep -c "sh -c i=0"'
	[ "$status" -eq 0 ]
	find /sys/fs/cgroup -path "*$ID*" -name pids.max -exec cat {} + | grep -qx 77
	oci update --pids-limit 99 "$ID"
	oci pause "$ID"
	[ "$(status_of "$ID")" = paused ]
	# a paused one is dumped as it is
	cr checkpoint --image-path "$IMG.paused" "$ID"
	cr restore -d --image-path "$IMG.paused" "$ID"
	[ "$(status_of "$ID")" = running ]
	goes_on
	oci kill "$ID" KILL
	wait_for 5 is_status "$ID" stopped
}

@test "bind mounts come from the config at restore, through symbolic links too" {
	needs_criu
	ticker
	mkdir "$TESTDIR/a" "$TESTDIR/b" "$TESTDIR/nested"
	echo old >"$TESTDIR/a/file"
	echo new >"$TESTDIR/b/file"
	echo one >"$TESTDIR/single"
	ln -s /real "$BUNDLE/rootfs/link"
	add_bind /link/data "$TESTDIR/a"
	add_bind /link/data/deep/down "$TESTDIR/nested"
	add_bind /etc/single "$TESTDIR/single" bind,ro
	run_it
	cr checkpoint --image-path "$IMG" "$ID"
	config --arg a "$TESTDIR/a" --arg b "$TESTDIR/b" \
		'(.mounts[] | select(.source == $a)).source = $b'
	cr restore -d --image-path "$IMG" "$ID"
	goes_on
	[ "$(oci exec "$ID" cat /real/data/file /etc/single | xargs)" = "new one" ]
	oci exec "$ID" touch /real/data/deep/down/here
	[ -e "$TESTDIR/nested/here" ]
	! oci exec "$ID" touch /etc/single
}

@test "masks, read-only paths and /sys/fs/cgroup are as they were" {
	needs_criu
	ticker
	run_it
	look='for f in /proc/kcore /proc/keys; do [ ! -s $f ] || echo open $f; done
		ls /proc/acpi /proc/scsi 2>/dev/null | wc -l
		cut -d " " -f 5,6 /proc/self/mountinfo | grep -v ^/proc/ | sort
		cut -d " " -f 4,5 /proc/self/mountinfo | grep " /proc/" | sort
		ls /sys/fs/cgroup'
	oci exec "$ID" sh -c "$look" >"$TESTDIR/before"
	cr checkpoint --image-path "$IMG" "$ID"
	cr restore -d --image-path "$IMG" "$ID"
	goes_on
	oci exec "$ID" sh -c "$look" >"$TESTDIR/after"
	diff "$TESTDIR/before" "$TESTDIR/after"
}

@test "a terminal goes to the console socket of who restores" {
	needs_criu
	find_helper ptytool
	config '.process.terminal = true | .process.args = ["sh"]'
	recv() {
		rm -f "$TESTDIR/sock"
		timeout 60 "$HELPER" recv "$TESTDIR/sock" "$@" >"$TESTDIR/typed" 3>&- &
		RECEIVER=$!
		wait_for 5 test -S "$TESTDIR/sock"
	}
	recv 'send=x=before; echo is-$x\r' expect=is-before
	cr run -d --console-socket "$TESTDIR/sock" "$ID"
	wait_for 10 grep -q is-before "$TESTDIR/typed" || wait "$RECEIVER"
	cr checkpoint --image-path "$IMG" "$ID"
	recv 'send=echo still-$x; tty; exit\r' expect=still-before expect=/dev/
	cr restore -d --console-socket "$TESTDIR/sock" --image-path "$IMG" "$ID"
	wait "$RECEIVER" || { cat "$TESTDIR/typed"; return 1; }
}

@test "a network namespace by path is joined again" {
	needs_criu
	command -v ip >/dev/null || skip "requires ip"
	NETNS=oci-$$-$RANDOM
	ip netns add "$NETNS" || { NETNS=; skip "requires ip netns"; }
	ticker
	add_ns network "/var/run/netns/$NETNS"
	run_it
	cr checkpoint --image-path "$IMG" "$ID"
	cr restore -d --image-path "$IMG" "$ID"
	goes_on
	pid=$(oci state "$ID" | jq .pid)
	[ "$(stat -L -c %i "/proc/$pid/ns/net")" = \
		"$(stat -c %i "/var/run/netns/$NETNS")" ]
	cr checkpoint --image-path "$IMG.2" "$ID"
	config '(.linux.namespaces[] | select(.type == "network")).path = "/var/run/netns/none"'
	fails "/linux/namespaces/" "/var/run/netns/none" -- \
		restore -d --image-path "$IMG.2" "$ID"
}

@test "a network device that was moved into that namespace is still there" {
	needs_criu
	command -v ip >/dev/null || skip "requires ip"
	NETNS=oci-$$-$RANDOM
	ip netns add "$NETNS" || { NETNS=; skip "requires ip netns"; }
	DEVICE=od$((RANDOM % 10000))
	ip link add "$DEVICE" mtu 1321 type veth peer name "${DEVICE}p" netns "$NETNS" ||
		skip "requires veth devices"
	ticker
	add_ns network "/var/run/netns/$NETNS"
	config --arg d "$DEVICE" '.linux.netDevices = {($d): {}}'
	run_it
	for _ in 1 2; do
		cr checkpoint --image-path "$IMG" "$ID"
		cr restore -d --image-path "$IMG" "$ID"
		goes_on
		oci exec "$ID" ip link show "$DEVICE" | grep -q 'mtu 1321'
	done
}

@test "criu's own settings: the file that the annotation names" {
	needs_criu
	ticker
	echo "log-file=special.log" >"$TESTDIR/criu.conf"
	config --arg f "$TESTDIR/criu.conf" '.annotations = {"org.criu.config": $f}'
	run_it
	cr checkpoint --image-path "$IMG" --work-path "$WORK" "$ID"
	[ -s "$WORK/special.log" ]
	[ ! -e "$WORK/dump.log" ]
	cr restore -d --image-path "$IMG" "$ID"
	[ -s "$IMG/special.log" ]
	goes_on
}

@test "features tells whether criu is there" {
	key='.annotations["org.opencontainers.runc.checkpoint.enabled"]'
	mkdir "$TESTDIR/bin"
	[ "$(PATH=$TESTDIR/bin "$OCIRUN" features | jq -r "$key")" = false ]
	ln -s /bin/true "$TESTDIR/bin/criu"
	built_with_criu
	[ "$(PATH=$TESTDIR/bin "$OCIRUN" features | jq -r "$key")" = true ]
}
