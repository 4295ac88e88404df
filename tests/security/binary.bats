#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The program itself, its descriptors and its memory, as a container sees them.

# shellcheck disable=SC2030,SC2031,SC2034 # variables of tests, used by attack.bash
load attack

setup() {
	setup_attack
}

teardown() {
	no_fds
	[ -z "${STOPPED-}" ] || kill -KILL "$STOPPED" 2>/dev/null || true
	teardown_bundle
}

# A copy of the program under attack, which may be destroyed.
own_copy() {
	cp "$OCIRUN" "$TESTDIR/program"
	OCIRUN=$TESTDIR/program
	BEFORE=$(md5sum <"$TESTDIR/program")
}

# ---- the program's file -----------------------------------------------------------------

# overwritten: PID 1 of a created container runs the program. A process of the
# container that may trace it opens /proc/1/exe, waits until it is the user's
# program, and writes to the file.
overwritten() {
	own_copy
	config '.process.args = ["sleep", "1000"]'
	timeout -k 5 20 "$OCIRUN" --root "$ROOT" create "$ID" >"$TESTDIR/out" 2>&1 \
		</dev/null 3>&- || return 1
	rm -f rootfs/tmp/*
	timeout -k 5 20 "$OCIRUN" --root "$ROOT" exec -d "$ID" sh -c '
		exec 9</proc/1/exe && : >/tmp/open
		while [ ! -e /tmp/go ]; do usleep 10000; done
		echo evil >/proc/self/fd/9
		: >/tmp/done' >"$TESTDIR/out" 2>&1 </dev/null 3>&-
	wait_for 10 test -e rootfs/tmp/open || return 1
	timeout -k 5 20 "$OCIRUN" --root "$ROOT" start "$ID" </dev/null 3>&-
	: >rootfs/tmp/go
	wait_for 10 test -e rootfs/tmp/done || return 1
	output="$(head -c 4 "$TESTDIR/program" | od -c | head -n 1)"
	[ "$(md5sum <"$TESTDIR/program")" != "$BEFORE" ]
}

@test "CVE-2019-5736: the container overwrites the program through /proc/1/exe" {
	add_caps SYS_PTRACE
	proof sealed-copy overwritten
}

# through_script: an entry point that is a script of /proc/self/exe
through_script() {
	own_copy
	printf '#!/proc/self/exe\n' >rootfs/bin/entry
	chmod 755 rootfs/bin/entry
	config '.process.args = ["/bin/entry"]'
	# the program, run as an interpreter, has to meet its own file again
	config --arg m "$(stat -c '%d:%i' "$TESTDIR/program")" '.process.args =
		["sh", "-c", "exec 2>&1; /bin/entry; :"]'
	start
	# what init ran from, as seen while it waits
	timeout -k 5 20 "$OCIRUN" --root "$ROOT" create "$ID" >"$TESTDIR/out" 2>&1 \
		</dev/null 3>&- || return 1
	local pid
	pid=$(oci state "$ID" | jq .pid)
	output="init runs from $(readlink "/proc/$pid/exe")"
	[ "$(stat -L -c %d:%i "/proc/$pid/exe")" = "$(stat -c %d:%i "$TESTDIR/program")" ]
}

@test "CVE-2019-5736: what init runs from is not the program's file" {
	proof sealed-copy through_script
}

# shared_pages: a change of the file is seen through /proc/INIT/exe
shared_pages() {
	own_copy
	config '.process.args = ["true"]'
	timeout -k 5 20 "$OCIRUN" --root "$ROOT" create "$ID" >"$TESTDIR/out" 2>&1 \
		</dev/null 3>&- || return 1
	local pid exe
	pid=$(oci state "$ID" | jq .pid)
	exe=/proc/$pid/exe
	# the kernel refuses to write to what is executed: that is the same file
	if ! printf '\x7fEVIL' 2>/dev/null 1<>"$TESTDIR/program"; then
		output="in use"
		return 0
	fi
	output=$(head -c 5 "$exe" | od -c | head -n 1)
	[[ "$output" == *E*V*I*L* ]]
}

@test "page cache of the program's file (Dirty Pipe, CVE-2026-31431): no page is shared" {
	proof sealed-copy shared_pages
	# and nobody can write to the copy
	config '.process.args = ["true"]'
	oci create "$ID" >"$TESTDIR/out" 2>&1 </dev/null 3>&-
	pid=$(oci state "$ID" | jq .pid)
	[[ "$(readlink "/proc/$pid/exe")" == /memfd:* ]]
	perl -MFcntl -e 'open(my $f, "<", shift) or die;
		my $seals = fcntl($f, 1034, 0) or die "no seals: $!";
		# write, grow, shrink, and no more seals
		exit(($seals & 0xf) != 0xf)' "/proc/$pid/exe"
}

# ---- other processes look at it ------------------------------------------------------------

# looked_into PID: a process of the container reads its descriptors
looked_into() {
	joined "$ID" sh -c "readlink /proc/$1/fd/0 && readlink /proc/$1/exe"
	[ "$status" -eq 0 ]
}

# created_seen: PID 1 of a created container has the program's capabilities no
# more, and still its descriptors
created_seen() {
	config '.process.args = ["sleep", "1000"]'
	timeout -k 5 20 "$OCIRUN" --root "$ROOT" create "$ID" >"$TESTDIR/out" 2>&1 \
		</dev/null 3>&- || return 1
	looked_into 1
}

@test "CVE-2016-9962: init of a created container is not open to exec'ed processes" {
	proof not-dumpable created_seen
}

# stopped_exec P CALL: exec in the container, its process number P stopped at CALL:
# zygote, stage, init
stopped_exec() {
	local struck
	: >"$TESTDIR/report"
	timeout -k 5 20 "$HELPER" -p "$1" -s "$2" -k 1 -S -o "$TESTDIR/report" -- \
		"$OCIRUN" --root "$ROOT" exec "$ID" true >"$TESTDIR/out" 2>&1 </dev/null 3>&- &
	wait_for 10 grep -q struck "$TESTDIR/report" || return 1
	read -r _ STOPPED _ < <(grep struck "$TESTDIR/report")
	struck=$STOPPED
	wait_for 5 grep -q '^State:.[tT]' "/proc/$struck/status" || return 1
	# its number in the container
	INSIDE=$(awk '/^NSpid:/ { print $NF }' "/proc/$struck/status")
	output="stopped at $(cat "$TESTDIR/report"), pid $INSIDE in the container"
}

end_stopped() {
	kill -KILL "$STOPPED"
	wait
	STOPPED=
}

exec_seen() {
	local r=0
	background || return 1
	# the capabilities are the container's now, the program is to come
	stopped_exec 3 capset || return 1
	looked_into "$INSIDE" || r=$?
	end_stopped
	return $r
}

@test "CVE-2016-9962: a joining process is not open to the container's" {
	find_helper killat
	"$HELPER" -o "$TESTDIR/report" -- true || skip "requires ptrace"
	proof not-dumpable exec_seen
}

exec_seen_early() {
	local r=0
	background || return 1
	stopped_exec 3 prctl || return 1
	looked_into "$INSIDE" || r=$?
	end_stopped
	return $r
}

@test "bubblewrap CVE-2026-41163: nor from its first instruction on, in a user namespace" {
	requires userns
	find_helper killat
	"$HELPER" -o "$TESTDIR/report" -- true || skip "requires ptrace"
	map_users
	add_caps SYS_PTRACE
	proof not-dumpable exec_seen_early
}

# no_host_fd P CALL: a container that may trace its joining process finds no
# directory and no file of the host among its descriptors
@test "CVE-2016-9962: what a joining process holds, for one who may look" {
	find_helper killat
	"$HELPER" -o "$TESTDIR/report" -- true || skip "requires ptrace"
	add_caps SYS_PTRACE
	many_fds
	for call in prctl setresuid capset; do
		background
		own=$(stat -Lc %d:%i "/proc/$(oci state "$ID" | jq .pid)/root")
		stopped_exec 3 $call
		fds=$(ls -l "/proc/$STOPPED/fd")
		echo "$fds"
		for fd in /proc/"$STOPPED"/fd/*; do
			case $(readlink "$fd") in
			socket:* | pipe:* | anon_inode:* | /dev/null | "$TESTDIR/out") ;;
			# the container's own root, until it is known to be where we are
			/) [ "$(stat -Lc %d:%i "$fd")" = "$own" ] ;;
			*) false "$fd" ;;
			esac
		done
		end_stopped
		oci delete --force "$ID"
	done
}

# ---- descriptors ---------------------------------------------------------------------------

# What the program has open beside the three; the shell uses none itself.
list_fds='for n in $(seq 3 99); do
	[ ! -L /proc/$$/fd/$n ] || echo "$n $(readlink /proc/$$/fd/$n)"; done'

census() {
	program "$list_fds"
	start
	[ -n "$output" ]
}

census_exec() {
	background || return 1
	joined "$ID" sh -c "$list_fds"
	[ -n "$output" ]
}

@test "CVE-2024-21626: descriptors of the caller, 50 directories, and the runtime's" {
	many_fds
	proof close-fds census
	proof close-fds census_exec
}

# All numbers for the program itself; fewer where one that works is enough.
some_fds() {
	if [ "$OCIRUN" = "$NORMAL" ]; then
		seq 3 70
	else
		echo 3 4 5 6 7 8 20 69
	fi
}

# escaped run|exec: a working directory that is a descriptor of the host
escaped() {
	local n
	echo "of the host" >"$TESTDIR/marker"
	config '.process.cwd = "/"'
	[ "$1" = run ] || background || return 1
	for n in $(some_fds); do
		if [ "$1" = run ]; then
			config --arg d "/proc/self/fd/$n" --arg f ".$TESTDIR/marker" \
				'.process.cwd = $d | .process.args = ["cat", $f]'
			start
		else
			joined --cwd "/proc/self/fd/$n" "$ID" cat ".$TESTDIR/marker"
		fi
		[[ "$output" != *"of the host"* ]] || return 0
	done
	return 1
}

@test "CVE-2024-21626: the working directory is a descriptor of the host" {
	many_fds
	proof cwd-check,close-fds,in-root escaped run
	proof cwd-check,close-fds escaped exec
}

@test "CVE-2024-21626, the check itself: a working directory outside is noticed" {
	many_fds
	OCIRUN=$OCIRUN_DEBUG
	background
	export OCIRUN_UNPROTECT=close-fds
	joined --cwd /proc/self/fd/20 "$ID" ls
	unset OCIRUN_UNPROTECT
	echo "$output"
	[ "$status" -ne 0 ]
	[[ "$output" == *"possible container breakout"* ]]
}

# program_of_host: the program is reached through a descriptor
program_of_host() {
	local n
	[ "$1" = run ] || background || return 1
	for n in $(some_fds); do
		local path=/proc/self/fd/$n$BUNDLE/rootfs/bin/busybox
		if [ "$1" = run ]; then
			config --arg p "$path" '.process.args = [$p, "echo", "reached"]'
			start
		else
			joined "$ID" "$path" echo reached
		fi
		[[ "$output" != reached* ]] || return 0
	done
	return 1
}

@test "CVE-2024-21626: the program is reached through a descriptor of the host" {
	many_fds
	proof close-fds program_of_host run
	proof close-fds program_of_host exec
}

# leaked run|exec: --preserve-fds without any to preserve
leaked() {
	local list='for n in 3 4 5; do [ ! -e /proc/self/fd/$n ] || echo leaked; done'
	if [ "$1" = run ]; then
		program "$list"
		start --preserve-fds=3 3>&- 4>&- 5>&- 6>&-
	else
		background || return 1
		joined --preserve-fds=3 "$ID" sh -c "$list" 3>&- 4>&- 5>&- 6>&-
	fi
	[[ "$output" == *leaked* ]]
}

@test "runc#5474: --preserve-fds without any to preserve" {
	REFUSED="preserved-fd 0"
	proof preserve-fds leaked run
	proof preserve-fds leaked exec
}
