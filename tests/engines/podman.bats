#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podman: no daemon; storage, state and configuration of its own.

# shellcheck disable=SC2154 # output, stderr and all are set by expect()
load engine

setup_file() {
	[ -z "$(missing podman conmon)" ] || return 0
	setup_engine
	# Without the user's and the system's configuration.
	printf '%s\n' '[containers]' 'netns="none"' 'pids_limit=0' \
		'default_ulimits=["nofile=1024:1024","nproc=1024:1024"]' \
		'[engine]' 'cgroup_manager="cgroupfs"' \
		'events_logger="file"' "runtime=\"ocirun\"" \
		'runtime_supports_json=["ocirun"]' 'image_copy_tmp_dir="storage"' \
		'[engine.runtimes]' "ocirun=[\"$OCIRUN\"]" \
		'[network]' "network_config_dir=\"$ENGINE/networks\"" >"$ENGINE/containers.conf"
	export CONTAINERS_CONF=$ENGINE/containers.conf TMPDIR=$ENGINE/tmp
	printf '%s\n' '#!/bin/sh' \
		"exec $(command -v podman) --root '$ENGINE/data' --runroot '$ENGINE/run' \\" \
		"	--tmpdir '$ENGINE/tmp' \"\$@\"" \
		>"$ENGINE/bin/podman"
	chmod 755 "$ENGINE/bin/podman"
	hash -r
	podman import -q -c 'CMD ["sh"]' "$ENGINE/image.tar" busybox >/dev/null
}

setup() {
	requires podman conmon
	cd "$ENGINE" || return 1
	C=c$BATS_TEST_NUMBER
}

teardown() {
	[ -n "${ENGINE-}" ] || return 0
	podman pod rm -fa -t 0 >/dev/null
	# its own cleanup of a container that has just ended may be at work still: EBUSY
	podman rm -fa -t 0 >/dev/null || {
		sleep 2
		podman rm -fa -t 0 >/dev/null
	}
}

teardown_file() {
	[ -n "${ENGINE-}" ] || return 0
	podman rmi -fa >/dev/null
	teardown_engine
}

# is CONTAINER TEMPLATE VALUE
is() { [ "$(podman inspect -f "$2" "$1")" = "$3" ]; }
pid_of() { podman inspect -f '{{.State.Pid}}' "$1"; }
# detach ARG...: podman run -d
detach() { expect 0 podman run -d --cgroup-parent "/$MARK" "$@"; }
# The words of a podman run that is removed at its end; the cgroup is where we
# look for what is left.
once=(podman run --rm --cgroup-parent "/${MARK-}")

@test "podman: ocirun is the runtime" {
	says ocirun podman info -f '{{.Host.OCIRuntime.Name}}'
	expect 0 podman info -f '{{.Host.OCIRuntime.Version}}'
	[[ "$output" == ocirun* ]]
	says hello "${once[@]}" busybox echo hello
	detach --name "$C" busybox sleep 100
	is "$C" '{{.OCIRuntime}}' ocirun
	expect 0 "$OCIRUN" state "$(podman inspect -f '{{.Id}}' "$C")"
}

@test "podman run: exit codes of the program and of the engine" {
	expect 0 "${once[@]}" busybox true
	expect 7 "${once[@]}" busybox sh -c 'exit 7'
	fails 127 no-such-program "${once[@]}" busybox no-such-program
	expect 126 "${once[@]}" busybox /etc
	expect 126 "${once[@]}" busybox /etc/passwd
	expect 125 podman run --rm --no-such-option busybox true
}

@test "podman run: standard input, environment, working directory, host name" {
	says word "${once[@]}" -i busybox cat <<<word
	says 'a b' "${once[@]}" -e V='a b' busybox sh -c 'echo "$V"'
	says /etc "${once[@]}" -w /etc busybox pwd
	says box "${once[@]}" --hostname box busybox hostname
}

@test "podman logs: both streams, and followed to the end" {
	detach --name "$C" busybox sh -c 'echo out; echo err >&2; sleep 2; echo end'
	expect 0 podman logs -f "$C"
	[ "$output" = $'out\nend' ]
	[ "$stderr" = err ]
}

@test "podman exec: output, exit codes, user, environment, directory" {
	detach --name "$C" busybox sleep 100
	says here podman exec "$C" echo here
	expect 9 podman exec "$C" sh -c 'exit 9'
	fails 127 no-such-program podman exec "$C" no-such-program
	expect 126 podman exec "$C" /etc/passwd
	says 65534 podman exec -u nobody "$C" id -u
	says v podman exec -e E=v "$C" sh -c 'echo $E'
	says /etc podman exec -w /etc "$C" pwd
	says word podman exec -i "$C" cat <<<word
	expect 0 podman exec -d "$C" touch /made
	wait_for 10 podman exec "$C" test -e /made
}

@test "podman run -t, exec -t: a terminal" {
	says /dev/pts/0 "${once[@]}" -t busybox tty
	detach --name "$C" -t busybox sh -c 'tty; sleep 100'
	says /dev/pts/1 podman exec -t "$C" tty
	expect 5 podman exec -t "$C" sh -c 'exit 5'
}

@test "podman stop, kill, wait, start, restart" {
	detach --name "$C" busybox sh -c 'trap "exit 143" TERM; while :; do sleep 0.1; done'
	wait_for 20 catches "$(pid_of "$C")" 15
	expect 0 podman stop -t 20 "$C"
	is "$C" '{{.State.ExitCode}} {{.State.Status}}' '143 exited'
	detach --name "$C-hard" busybox sh -c 'trap "" TERM; while :; do sleep 0.1; done'
	expect 0 podman stop -t 1 "$C-hard"
	is "$C-hard" '{{.State.ExitCode}}' 137
	detach --name "$C-usr" busybox sh -c 'trap "exit 21" USR1; while :; do sleep 0.1; done'
	wait_for 20 catches "$(pid_of "$C-usr")" 10
	expect 0 podman kill -s USR1 "$C-usr"
	says 21 podman wait "$C-usr"
	expect 0 podman start "$C-usr"
	before=$(pid_of "$C-usr")
	expect 0 podman restart -t 0 "$C-usr"
	[ "$(pid_of "$C-usr")" != "$before" ]
	expect 0 podman kill "$C-usr"
	says 137 podman wait "$C-usr"
}

@test "podman pause, unpause: nothing runs in between" {
	detach --name "$C" busybox sh -c 'while :; do echo x; sleep 0.1; done'
	expect 0 podman pause "$C"
	is "$C" '{{.State.Status}}' paused
	sleep 1 # what was written before is on its way
	before=$(podman logs "$C" | wc -l)
	sleep 1
	[ "$(podman logs "$C" | wc -l)" -eq "$before" ]
	expect 0 podman unpause "$C"
	is "$C" '{{.State.Status}}' running
	says in podman exec "$C" echo in
}

@test "podman run -m, --cpus, --pids-limit: the kernel has them; podman update" {
	detach --name "$C" -m 64m --cpus 0.5 --pids-limit 50 busybox sleep 100
	pid=$(pid_of "$C")
	[ "$(cgroup_value memory memory.limit_in_bytes memory.max "$pid")" = 67108864 ]
	[ "$(cgroup_value pids pids.max pids.max "$pid")" = 50 ]
	[[ "$(cgroup_value cpu cpu.cfs_quota_us cpu.max "$pid")" =~ ^50000( |$) ]]
	expect 0 podman update --cpus 0.25 -m 32m "$C"
	[ "$(cgroup_value memory memory.limit_in_bytes memory.max "$pid")" = 33554432 ]
	[[ "$(cgroup_value cpu cpu.cfs_quota_us cpu.max "$pid")" =~ ^25000( |$) ]]
}

# On cgroup v1 conmon 2.1 puts its note into the caller's directory, where podman
# does not look, whatever the runtime.
@test "podman: OOM is noticed" {
	cd "$ENGINE/tmp"
	detach --name "$C" -m 16m --memory-swap 16m busybox \
		sh -c 'dd if=/dev/zero of=/dev/null bs=200M count=1; r=$?; sleep 1; exit $r'
	says 137 podman wait "$C"
	[ -e oom ] || wait_for 10 is "$C" '{{.State.OOMKilled}}' true
}

@test "podman run --uidmap, --userns: user namespaces" {
	says '0 100000 65536' "${once[@]}" --uidmap 0:100000:65536 --gidmap 0:100000:65536 \
		busybox awk '{ print $1, $2, $3 }' /proc/self/uid_map
	detach --name "$C" --uidmap 0:100000:65536 busybox sleep 100
	[ "$(stat -c %u "/proc/$(pid_of "$C")")" = 100000 ]
	says 0 podman exec "$C" id -u
	says '1000 0' podman exec -u 1000 "$C" sh -c 'echo $(id -u) $(stat -c %u /etc)'
	expect 0 podman exec "$C" sh -c 'echo x >/file && test -O /file'
	says hello "${once[@]}" --userns host busybox echo hello
	says 0 "${once[@]}" --userns "container:$C" busybox id -u
}

@test "podman: the default seccomp profile is in force" {
	local profile=/usr/share/containers/seccomp.json
	[ -e $profile ] || skip "requires $profile (package golang-github-containers-common)"
	says 2 "${once[@]}" busybox awk '/^Seccomp:/ { print $2 }' /proc/self/status
	echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"}]}' \
		>"$ENGINE/profile.json"
	fails 1 'not permitted' "${once[@]}" --security-opt seccomp="$ENGINE/profile.json" \
		busybox mkdir /d
	says 0 "${once[@]}" --security-opt seccomp=unconfined busybox \
		awk '/^Seccomp:/ { print $2 }' /proc/self/status
}

@test "podman: capabilities, users, no new privileges" {
	says 0000000000000000 "${once[@]}" --cap-drop ALL busybox \
		awk '/^CapEff/ { print $2 }' /proc/self/status
	says 0000000000001000 "${once[@]}" --cap-drop ALL --cap-add NET_ADMIN busybox \
		awk '/^CapEff/ { print $2 }' /proc/self/status
	says '1000 1001 1001 7' "${once[@]}" -u 1000:1001 --group-add 7 busybox \
		sh -c 'echo $(id -u) $(id -g) $(id -G)'
	says 1 "${once[@]}" --security-opt no-new-privileges busybox \
		awk '/^NoNewPrivs/ { print $2 }' /proc/self/status
}

@test "podman run --privileged" {
	requires all_capabilities
	expect 0 "${once[@]}" --privileged busybox \
		sh -c 'mount -t tmpfs t /tmp && test -w /proc/sys'
}

@test "podman run --read-only, volumes, tmpfs, --init, --ulimit, --sysctl, --device" {
	mkdir -p "$ENGINE/volume"
	echo of the host >"$ENGINE/volume/file"
	fails 1 Read-only "${once[@]}" --read-only busybox touch /x
	expect 0 "${once[@]}" --read-only --tmpfs /run:size=1m busybox touch /run/x
	says 'of the host' "${once[@]}" -v "$ENGINE/volume:/v:ro" busybox cat /v/file
	fails 1 Read-only "${once[@]}" -v "$ENGINE/volume:/v:ro" busybox touch /v/new
	expect 0 "${once[@]}" -v "$ENGINE/volume:/v:rw,rslave" busybox touch /v/new
	expect 0 "${once[@]}" -v named:/v busybox sh -c 'echo kept >/v/f'
	says kept "${once[@]}" -v named:/v busybox cat /v/f
	expect 0 podman volume rm named
	says 123 "${once[@]}" --ulimit nofile=123:456 --ulimit nproc=99 \
		busybox sh -c 'ulimit -n'
	says 7 "${once[@]}" --sysctl net.ipv4.ip_default_ttl=7 busybox \
		cat /proc/sys/net/ipv4/ip_default_ttl
	expect 0 "${once[@]}" --device /dev/null:/dev/other busybox \
		sh -c 'echo x >/dev/other'
	expect 3 "${once[@]}" --init busybox sh -c 'exit 3'
}

@test "podman run -v: a volume in the place of a device" {
	says 1:9 "${once[@]}" -v /dev/urandom:/dev/random busybox stat -c %t:%T /dev/random
}

@test "podman: health checks" {
	detach --name "$C" --health-cmd 'test -e /ok' --health-interval disable \
		--health-retries 1 busybox sleep 100
	expect 1 podman healthcheck run "$C"
	expect 0 podman exec "$C" touch /ok
	expect 0 podman healthcheck run "$C"
}

@test "podman: restart policies" {
	detach --name "$C" --restart on-failure:2 busybox sh -c 'exit 3'
	wait_for 30 is "$C" '{{.RestartCount}} {{.State.Status}}' '2 exited'
}

@test "podman pod: namespaces are shared, all is stopped and removed together" {
	expect 0 podman pod create --name p --cgroup-parent "/$MARK" --share ipc,net,uts,pid
	pod=$output
	detach --pod p --name "$C-a" busybox sleep 100
	detach --pod p --name "$C-b" busybox sh -c 'while :; do sleep 1; done'
	says "$(readlink "/proc/$(pid_of "$C-a")/ns/net")" podman exec "$C-b" readlink /proc/self/ns/net
	expect 0 podman exec "$C-b" ps
	[[ "$output" == *"sleep 100"* ]]
	expect 0 podman pod pause p
	expect 0 podman pod unpause p
	expect 0 podman pod stop -t 1 p
	expect 0 podman pod start p
	expect 0 podman pod rm -f -t 0 p
	# podman 4.3 removes its cgroup of the pod only where it has a controller.
	find /sys/fs/cgroup -depth -type d -path "*/$MARK/$pod" -exec rmdir {} + 2>/dev/null || true
}

@test "podman stats, top, events, diff, cp, commit" {
	detach --name "$C" -m 64m busybox sh -c 'echo x >/new; sleep 100'
	expect 0 podman stats --no-stream --format '{{.MemUsage}} {{.PIDs}}' "$C"
	[[ "$output" == *"67.11MB 1" ]]
	expect 0 podman top "$C" args
	[[ "$output" == *"sleep 100"* ]]
	wait_for 10 podman exec "$C" test -e /new
	expect 0 podman diff "$C"
	[[ "$output" == *"A /new"* ]]
	expect 0 podman cp "$C:/new" "$ENGINE/tmp/copied"
	[ "$(cat "$ENGINE/tmp/copied")" = x ]
	expect 0 podman commit -q "$C" saved
	says x "${once[@]}" saved cat /new
	expect 0 podman kill "$C"
	expect 0 podman wait "$C"
	expect 0 podman events --stream=false --filter "container=$C" --format '{{.Status}}'
	[ "$(grep -cx 'create\|start\|kill\|died' <<<"$output")" -ge 4 ]
}

@test "podman: twenty containers at once" {
	one() {
		local i=$1
		shift
		podman run --name "$C-$i" --cgroup-parent "/$MARK" busybox "$@"
	}
	twenty
}

@test "podman build" {
	mkdir -p "$ENGINE/context"
	echo of the context >"$ENGINE/context/file"
	printf '%s\n' 'FROM localhost/busybox' 'RUN mkdir /made && echo $(id -u) >/made/id' \
		'COPY file /made/' 'USER 1000' 'RUN ! touch /made/no' \
		'CMD ["cat", "/made/file"]' >"$ENGINE/context/Dockerfile"
	expect 0 podman build --runtime "$OCIRUN" --isolation oci --network none -q -t built "$ENGINE/context"
	says 'of the context' "${once[@]}" built
}
