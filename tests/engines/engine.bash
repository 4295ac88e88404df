# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Real engines with ocirun as their runtime. Each file starts its engine once, on
# directories and sockets of its own below ENGINE; the system's are not touched.
# Images are made from busybox, there is no registry and no network.
#
# The directories of PATH begin with one where `runc` and `crun` are ocirun too:
# an engine that ignores its configuration does not test another program.
# shellcheck disable=SC2034 # what expect() sets is for the tests

# missing PROGRAM|all_capabilities...: prints the first that is not there, if any.
missing() {
	local what
	[ "$(id -u)" = 0 ] || { echo "root"; return; }
	for what in busybox jq "$@"; do
		case $what in
		all_capabilities)
			capsh --has-p=cap_sys_resource 2>/dev/null ||
				{ echo "all capabilities: CAP_SYS_RESOURCE is missing"; return; } ;;
		*) command -v "$what" >/dev/null || { echo "$what"; return; } ;;
		esac
	done
}

# requires PROGRAM|all_capabilities...: skip with the reason. For setup() and tests;
# in setup_file() bats 1.8 takes a skip for a failure.
requires() {
	local why
	why=$(missing "$@")
	[ -z "$why" ] || skip "requires $why"
}

# Call from setup_file, with nothing missing. Sets ENGINE, IMAGE (a directory with a
# root file system and, beside it, IMAGE.tar) and MARK, a name for cgroups.
setup_engine() {
	local name
	: "${OCIRUN:=$BATS_TEST_DIRNAME/../../build/ocirun}"
	OCIRUN=$(readlink -f "$OCIRUN")
	# Not bats' own directory: sockets have at most 107 characters.
	ENGINE=$(mktemp -d /tmp/engine.XXXXXX)
	MARK=${ENGINE##*/}
	MARK=${MARK/./-}
	# Root of a user namespace goes through it.
	chmod 711 "$ENGINE"
	mkdir "$ENGINE/bin" "$ENGINE/tmp"
	for name in runc crun ocirun; do
		ln -s "$OCIRUN" "$ENGINE/bin/$name"
	done
	PATH=$ENGINE/bin:$PATH
	IMAGE=$ENGINE/image/rootfs
	"$BATS_TEST_DIRNAME/../../scripts/make-bundle" --no-terminal "$ENGINE/image"
	mkdir -p "$IMAGE/etc" "$IMAGE/var/tmp"
	tar -C "$IMAGE" -cf "$ENGINE/image.tar" .
	# podman 5 warns of cgroup v1 each time
	PODMAN_IGNORE_CGROUPSV1_WARNING=1
	export OCIRUN ENGINE MARK PATH IMAGE PODMAN_IGNORE_CGROUPSV1_WARNING
}

# make_archive FILE [NAME [PROGRAM]]: the image as `docker save` writes it, for containerd;
# PROGRAM is a list in JSON.
make_archive() {
	local dir=$ENGINE/archive sum
	mkdir -p "$dir"
	cp "$ENGINE/image.tar" "$dir/layer.tar"
	sum=$(sha256sum <"$dir/layer.tar")
	jq -n --arg sum "sha256:${sum%% *}" --arg arch "$(image_arch)" \
		--argjson cmd "${3-[\"sh\"]}" '{
		architecture: $arch, os: "linux",
		config: { Env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], Cmd: $cmd },
		rootfs: { type: "layers", diff_ids: [$sum] }
	}' >"$dir/config.json"
	jq -n --arg name "docker.io/library/${2-busybox}:latest" '[{ Config: "config.json",
		Layers: ["layer.tar"], RepoTags: [$name] }]' >"$dir/manifest.json"
	tar -C "$dir" -cf "$1" manifest.json config.json layer.tar
}

# The architecture as images call it.
image_arch() {
	case $(uname -m) in
	x86_64) echo amd64 ;;
	aarch64) echo arm64 ;;
	i?86) echo 386 ;;
	armv*) echo arm ;;
	*) uname -m ;;
	esac
}

# start_daemon NAME COMMAND...: in a mount namespace of its own, so that none of
# its mounts can stay. The log is ENGINE/NAME.log.
start_daemon() {
	local name=$1
	shift
	unshare -m --propagation slave "$@" >"$ENGINE/$name.log" 2>&1 </dev/null 3>&- 4>&- &
	echo $! >"$ENGINE/$name.pid"
}

# stop_daemon NAME: fails if it takes more than 30 seconds.
stop_daemon() {
	local pid
	pid=$(cat "$ENGINE/$1.pid" 2>/dev/null) || return 0
	kill "$pid" 2>/dev/null || return 0
	wait_for 30 is_gone "$pid" && return 0
	kill -KILL "$pid" 2>/dev/null
	return 1
}

# Call from teardown_file, last. Nothing of ours may be left: no process that
# runs the runtime, no cgroup, no mount, nothing below /run.
teardown_engine() {
	local left ret=0
	[ -n "${ENGINE-}" ] || return 0
	left=$(runtime_processes)
	[ -z "$left" ] || { echo "processes left behind: $left"; ret=1; }
	left=$(find /sys/fs/cgroup -mindepth 1 -type d -path "*$MARK/*" 2>/dev/null |
		grep -v '/conmon$')
	[ -z "$left" ] || { echo "cgroups left behind: $left"; ret=1; }
	find /sys/fs/cgroup -depth -type d -path "*/$MARK*" -exec rmdir {} + 2>/dev/null
	left=$(grep -F "$ENGINE" /proc/self/mountinfo)
	[ -z "$left" ] || { echo "mounts left behind: $left"; ret=1; }
	for left in /run/ocirun/* /run/runc/* "$ENGINE"/exec/runtime-*/*/*; do
		[ ! -f "$left/state.json" ] || ! grep -qF "$ENGINE" "$left/state.json" ||
			{ echo "state left behind: $left"; ret=1; }
	done
	[ $ret -eq 0 ] || tail -n 20 "$ENGINE"/*.log 2>/dev/null
	grep -F "$ENGINE" /proc/self/mountinfo | cut -d ' ' -f 5 | sort -r |
		while read -r left; do umount -l "$left"; done
	rm -rf --one-file-system "$ENGINE"
	return $ret
}

# Processes that still run the runtime: its sealed copy and the file.
runtime_processes() {
	local exe
	for exe in /proc/[0-9]*/exe; do
		[ "$(readlink "$exe" 2>/dev/null)" = "$OCIRUN" ] || continue
		tr '\0' ' ' <"${exe%/exe}/cmdline" 2>/dev/null | grep -F "$ENGINE" || true
	done
}

# wait_for SECONDS COMMAND...: poll a condition.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# is_gone PID: dead, or a zombie that nobody has reaped yet.
is_gone() {
	local stat
	stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
	[[ "${stat##*) }" == [ZX]* ]]
}

# catches PID SIGNAL-NUMBER: it has a handler for it by now. The first process of a pid
# namespace does not get a signal that it has none for.
catches() {
	local mask
	mask=$(sed -n 's/^SigCgt:[[:blank:]]*//p' "/proc/$1/status") || return
	[ $((0x$mask >> ($2 - 1) & 1)) -eq 1 ]
}

# expect STATUS COMMAND...: run it (at most 60 seconds), show what it printed,
# and fail unless it ends with STATUS. Sets $output, $stderr and $all, the two.
expect() {
	local want=$1
	shift
	status=0
	timeout -k 5 60 "$@" >"$ENGINE/out" 2>"$ENGINE/err" 3>&- || status=$?
	output=$(tr -d '\r' <"$ENGINE/out")
	stderr=$(cat "$ENGINE/err")
	all=$output$'\n'$stderr
	printf '%s\n' "$all"
	[ "$status" -eq "$want" ] || { echo "exit status $status, not $want: $*"; return 1; }
}

# says TEXT COMMAND...: succeeds and prints exactly TEXT.
says() {
	local text=$1
	shift
	expect 0 "$@" || return 1
	[ "$output" = "$text" ] || { echo "wanted: $text"; return 1; }
}

# fails STATUS TEXT COMMAND...: ends with STATUS, and TEXT is in what it printed.
fails() {
	local want=$1 text=$2
	shift 2
	expect "$want" "$@" || return 1
	[[ "$all" == *"$text"* ]] || { echo "no '$text'"; return 1; }
}

# cgroup_value CONTROLLER FILE1 FILE2 PID: FILE1 of the process's cgroup v1, or
# FILE2 of its cgroup2.
cgroup_value() {
	local path
	path=$(awk -F : -v c="$1" '{ n = split($2, a, ",") }
		{ for (i = 1; i <= n; i++) if (a[i] == c) { print $3 } }' "/proc/$4/cgroup")
	if [ -n "$path" ]; then
		cat "/sys/fs/cgroup/$1$path/$2"
	else
		path=$(sed -n 's/^0:://p' "/proc/$4/cgroup")
		cat "/sys/fs/cgroup$path/$3"
	fi
}

# twenty: what the test calls `one NUMBER PROGRAM...`, twenty times at once; each has
# its own output and exit code.
twenty() {
	local i pids=()
	for i in $(seq 20); do
		one "$i" sh -c "echo $i; exit $i" >"$ENGINE/tmp/$i" \
			2>"$ENGINE/tmp/$i.err" 3>&- &
		pids+=($!)
	done
	for i in $(seq 20); do
		status=0
		wait "${pids[i - 1]}" || status=$?
		cat "$ENGINE/tmp/$i" "$ENGINE/tmp/$i.err"
		[ $status -eq "$i" ]
		[ "$(cat "$ENGINE/tmp/$i")" = "$i" ]
	done
}
