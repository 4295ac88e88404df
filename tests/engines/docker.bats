#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# dockerd: a daemon of its own whose default runtime is ocirun.

# shellcheck disable=SC2154 # output, stderr and all are set by expect()
load engine

setup_file() {
	[ -z "$(missing dockerd docker containerd)" ] || return 0
	setup_engine
	export DOCKER_HOST=unix://$ENGINE/sock DOCKER_CONFIG=$ENGINE
	jq -n --arg d "$ENGINE" --arg rt "$OCIRUN" --arg mark "/$MARK" '{
		"data-root": "\($d)/data", "exec-root": "\($d)/exec",
		pidfile: "\($d)/docker.pid", hosts: ["unix://\($d)/sock"],
		"cgroup-parent": $mark, "exec-opts": ["native.cgroupdriver=cgroupfs"],
		bridge: "none", iptables: false, "ip-forward": false, "ip-masq": false,
		"default-runtime": "ocirun", runtimes: { ocirun: { path: $rt } }
	}' >"$ENGINE/daemon.json"
	start_daemon dockerd dockerd --config-file "$ENGINE/daemon.json"
	wait_for 60 docker_answers || { cat "$ENGINE/dockerd.log"; return 1; }
	docker import -c 'CMD ["sh"]' "$ENGINE/image.tar" busybox >/dev/null
}

docker_answers() { docker version >/dev/null 2>&1; }

setup() {
	requires dockerd docker containerd
	C=c$BATS_TEST_NUMBER
}

teardown() {
	[ -n "${ENGINE-}" ] || return 0
	local ids
	ids=$(docker ps -aq)
	# shellcheck disable=SC2086 # one word each
	[ -z "$ids" ] || docker rm -f $ids >/dev/null
}

teardown_file() {
	[ -n "${ENGINE-}" ] || return 0
	stop_daemon dockerd || echo "dockerd did not end"
	teardown_engine
}

# is CONTAINER TEMPLATE VALUE
is() { [ "$(docker inspect -f "$2" "$1")" = "$3" ]; }
pid_of() { docker inspect -f '{{.State.Pid}}' "$1"; }
# detach ARG...: docker run -d
detach() { expect 0 docker run -d "$@"; }

@test "docker: ocirun is the default runtime" {
	says ocirun docker info -f '{{.DefaultRuntime}}'
	says hello docker run --rm busybox echo hello
	detach --name "$C" busybox sleep 100
	is "$C" '{{.HostConfig.Runtime}}' ocirun
	[ -e "/proc/$(pid_of "$C")" ]
}

@test "docker run: exit codes of the program and of the engine" {
	expect 0 docker run --rm busybox true
	expect 7 docker run --rm busybox sh -c 'exit 7'
	fails 127 'no-such-program' docker run --rm busybox no-such-program
	expect 126 docker run --rm busybox /etc
	expect 126 docker run --rm busybox /etc/passwd
	expect 125 docker run --rm --no-such-option busybox true
	expect 125 docker run --rm -m 1k busybox true
	# a mount that cannot be is no program that cannot be run
	expect 125 docker run --rm -v /etc/passwd:/bin busybox true
	expect 125 docker run --rm -v /etc/passwd:/proc/new busybox true
}

@test "docker run: standard input, environment, working directory, host name" {
	says word docker run --rm -i busybox cat <<<word
	says 'a b' docker run --rm -e V='a b' busybox sh -c 'echo "$V"'
	says /new/dir docker run --rm -w /new/dir busybox pwd
	says box docker run --rm --hostname box busybox hostname
}

@test "docker logs: both streams, and followed to the end" {
	detach --name "$C" busybox sh -c 'echo out; echo err >&2; sleep 2; echo end'
	expect 0 docker logs -f "$C"
	[ "$output" = $'out\nend' ]
	[ "$stderr" = err ]
}

@test "docker exec: output, exit codes, user, environment, directory" {
	detach --name "$C" busybox sleep 100
	says here docker exec "$C" echo here
	expect 9 docker exec "$C" sh -c 'exit 9'
	# The code of a program that is not there is 126 or 127, with the engine's age.
	fails 126 no-such-program docker exec "$C" no-such-program ||
		fails 127 no-such-program docker exec "$C" no-such-program
	expect 126 docker exec "$C" /etc/passwd
	says 65534 docker exec -u nobody "$C" id -u
	says v docker exec -e E=v "$C" sh -c 'echo $E'
	says /etc docker exec -w /etc "$C" pwd
	says word docker exec -i "$C" cat <<<word
	expect 0 docker exec -d "$C" touch /made
	wait_for 10 docker exec "$C" test -e /made
}

@test "docker run -t, exec -t: a terminal" {
	says /dev/pts/0 docker run --rm -t busybox tty
	detach --name "$C" -t busybox sh -c 'tty; sleep 100'
	wait_for 10 sh -c "docker logs $C | grep -q pts"
	says "/dev/pts/1" docker exec -t "$C" tty
	expect 5 docker exec -t "$C" sh -c 'exit 5'
	expect 0 script -qec "docker run --rm -it busybox sh -c 'stty size; tty'" /dev/null </dev/null
	[[ "$output" == */dev/pts/0* ]]
}

@test "docker stop: 143 if the program ends itself, 137 if it is killed" {
	detach --name "$C" busybox sh -c 'trap "exit 143" TERM; while :; do sleep 0.1; done'
	wait_for 20 catches "$(pid_of "$C")" 15
	expect 0 docker stop -t 20 "$C"
	is "$C" '{{.State.ExitCode}} {{.State.Status}}' '143 exited'
	detach --name "$C-hard" busybox sh -c 'trap "" TERM; while :; do sleep 0.1; done'
	expect 0 docker stop -t 1 "$C-hard"
	is "$C-hard" '{{.State.ExitCode}}' 137
	detach --name "$C-int" --stop-signal INT busybox \
		sh -c 'trap "exit 33" INT; while :; do sleep 0.1; done'
	wait_for 20 catches "$(pid_of "$C-int")" 2
	expect 0 docker stop -t 20 "$C-int"
	is "$C-int" '{{.State.ExitCode}}' 33
}

@test "docker kill, wait, start again, restart" {
	detach --name "$C" busybox sleep 100
	expect 0 docker kill "$C"
	says 137 docker wait "$C"
	expect 0 docker start "$C"
	is "$C" '{{.State.Running}}' true
	before=$(pid_of "$C")
	expect 0 docker restart -t 0 "$C"
	[ "$(pid_of "$C")" != "$before" ]
	detach --name "$C-usr" busybox sh -c 'trap "exit 21" USR1; while :; do sleep 0.1; done'
	wait_for 20 catches "$(pid_of "$C-usr")" 10
	expect 0 docker kill -s USR1 "$C-usr"
	says 21 docker wait "$C-usr"
	fails 1 'is not running' docker kill "$C-usr"
}

@test "docker pause, unpause: nothing runs in between" {
	detach --name "$C" busybox sh -c 'while :; do echo x; sleep 0.1; done'
	expect 0 docker pause "$C"
	is "$C" '{{.State.Status}}' paused
	sleep 1 # what was written before is on its way
	before=$(docker logs "$C" | wc -l)
	sleep 1
	[ "$(docker logs "$C" | wc -l)" -eq "$before" ]
	fails 1 'paused' docker exec "$C" true
	expect 0 docker unpause "$C"
	is "$C" '{{.State.Status}}' running
	says in docker exec "$C" echo in
	expect 0 docker pause "$C"
	expect 0 docker rm -f "$C"
}

@test "docker run -m, --cpus, --pids-limit: the kernel has them; docker update" {
	detach --name "$C" -m 64m --cpus 0.5 --pids-limit 50 busybox sleep 100
	pid=$(pid_of "$C")
	[ "$(cgroup_value memory memory.limit_in_bytes memory.max "$pid")" = 67108864 ]
	[ "$(cgroup_value pids pids.max pids.max "$pid")" = 50 ]
	[[ "$(cgroup_value cpu cpu.cfs_quota_us cpu.max "$pid")" =~ ^50000( |$) ]]
	expect 0 docker update -m 32m --memory-swap -1 --cpus 0.25 --pids-limit 30 "$C"
	[ "$(cgroup_value memory memory.limit_in_bytes memory.max "$pid")" = 33554432 ]
	[ "$(cgroup_value pids pids.max pids.max "$pid")" = 30 ]
	[[ "$(cgroup_value cpu cpu.cfs_quota_us cpu.max "$pid")" =~ ^25000( |$) ]]
	expect 0 docker update --cpu-shares 512 --cpuset-cpus 0 "$C"
	[ "$(cgroup_value cpuset cpuset.cpus cpuset.cpus "$pid")" = 0 ]
	# The limit of processes holds.
	output=$(docker exec "$C" sh -c 'for i in $(seq 40); do sleep 5 & done' 2>&1) || true
	[[ "$output" == *"fork"* ]]
}

@test "docker: OOM is told" {
	expect 137 docker run --name "$C" -m 16m --memory-swap 16m busybox \
		dd if=/dev/zero of=/dev/null bs=200M count=1
	wait_for 10 is "$C" '{{.State.OOMKilled}}' true
	detach --name "$C-no" busybox sleep 100
	expect 0 docker kill "$C-no"
	expect 0 docker wait "$C-no"
	is "$C-no" '{{.State.OOMKilled}}' false
}

@test "docker: the default seccomp profile is in force" {
	says 2 docker run --rm busybox awk '/^Seccomp:/ { print $2 }' /proc/self/status
	fails 1 'not permitted' docker run --rm busybox unshare -U true
	says 0 docker run --rm --security-opt seccomp=unconfined busybox \
		awk '/^Seccomp:/ { print $2 }' /proc/self/status
	echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"}]}' \
		>"$ENGINE/profile.json"
	fails 1 'not permitted' docker run --rm --security-opt seccomp="$ENGINE/profile.json" busybox mkdir /d
}

@test "docker: capabilities, users, no new privileges" {
	says 00000000a80425fb docker run --rm busybox awk '/^CapEff/ { print $2 }' /proc/self/status
	says 0000000000000000 docker run --rm --cap-drop ALL busybox \
		awk '/^CapEff/ { print $2 }' /proc/self/status
	says 0000000000001000 docker run --rm --cap-drop ALL --cap-add NET_ADMIN busybox \
		awk '/^CapEff/ { print $2 }' /proc/self/status
	says '1000 1001 1001 7' docker run --rm -u 1000:1001 --group-add 7 busybox \
		sh -c 'echo $(id -u) $(id -g) $(id -G)'
	says 0000000000000000 docker run --rm -u 1000 busybox \
		awk '/^CapEff/ { print $2 }' /proc/self/status
	says 1 docker run --rm --security-opt no-new-privileges busybox \
		awk '/^NoNewPrivs/ { print $2 }' /proc/self/status
}

@test "docker run, exec --privileged" {
	requires all_capabilities
	expect 0 docker run --rm --privileged busybox \
		sh -c 'mount -t tmpfs t /tmp && ls -d /dev/kmsg && test -w /proc/sys'
	detach --name "$C" busybox sleep 100
	expect 0 docker exec --privileged "$C" grep CapEff /proc/self/status
	[ "$output" = "$(grep CapEff /proc/self/status)" ]
}

@test "docker run --read-only, volumes, tmpfs, masked paths" {
	mkdir -p "$ENGINE/volume"
	echo of the host >"$ENGINE/volume/file"
	fails 1 'Read-only' docker run --rm --read-only busybox touch /x
	expect 0 docker run --rm --read-only --tmpfs /run:size=1m busybox touch /run/x
	says 1024 docker run --rm --tmpfs /run:size=1m,mode=700 busybox \
		awk 'BEGIN { while ("df -k /run" | getline) v = $2; print v }'
	says 'of the host' docker run --rm -v "$ENGINE/volume:/v:ro" busybox cat /v/file
	expect 1 docker run --rm -v "$ENGINE/volume:/v:ro" busybox touch /v/new
	expect 0 docker run --rm -v "$ENGINE/volume:/v" busybox touch /v/new
	[ -e "$ENGINE/volume/new" ]
	expect 0 docker run --rm -v named:/v busybox sh -c 'echo kept >/v/f'
	says kept docker run --rm --mount type=volume,src=named,dst=/v busybox cat /v/f
	expect 0 docker volume rm named
	says '' docker run --rm busybox cat /proc/keys
	fails 1 'Read-only' docker run --rm busybox sh -c 'echo 1 >/proc/sys/kernel/domainname'
}

@test "docker run -v: a volume in the place of a device" {
	says 1:9 docker run --rm -v /dev/urandom:/dev/random busybox stat -c %t:%T /dev/random
}

@test "docker run --init, --ulimit, --sysctl, --shm-size, --device, --ipc, --pid" {
	command -v docker-init >/dev/null || skip "requires docker-init (package tini)"
	expect 0 docker run --rm --init busybox sh -c 'tr "\0" " " </proc/1/cmdline'
	[[ "$output" == *docker-init* ]]
	expect 3 docker run --rm --init busybox sh -c 'exit 3'
	says 123 docker run --rm --ulimit nofile=123:456 busybox sh -c 'ulimit -n'
	says 7 docker run --rm --sysctl net.ipv4.ip_default_ttl=7 busybox \
		cat /proc/sys/net/ipv4/ip_default_ttl
	says 2048 docker run --rm --shm-size 2m busybox \
		awk 'BEGIN { while ("df -k /dev/shm" | getline) v = $2; print v }'
	expect 0 docker run --rm --device /dev/null:/dev/other busybox sh -c 'echo x >/dev/other'
	expect 0 docker run --rm --ipc host --pid host --uts host busybox readlink /proc/self/ns/pid
	[ "$output" = "$(readlink /proc/self/ns/pid)" ]
	detach --name "$C" busybox sleep 100
	says "$(readlink "/proc/$(pid_of "$C")/ns/pid")" \
		docker run --rm --pid "container:$C" --network "container:$C" busybox \
		readlink /proc/self/ns/pid
}

@test "docker: health checks" {
	detach --name "$C" --health-cmd 'test -e /ok' --health-interval 1s \
		--health-retries 1 busybox sleep 100
	wait_for 20 is "$C" '{{.State.Health.Status}}' unhealthy
	expect 0 docker exec "$C" touch /ok
	wait_for 20 is "$C" '{{.State.Health.Status}}' healthy
}

@test "docker: restart policies" {
	detach --name "$C" --restart on-failure:2 busybox sh -c 'exit 3'
	wait_for 30 is "$C" '{{.RestartCount}} {{.State.Status}} {{.State.ExitCode}}' '2 exited 3'
	detach --name "$C-ok" --restart on-failure:2 busybox true
	expect 0 docker wait "$C-ok"
	sleep 0.5
	is "$C-ok" '{{.RestartCount}}' 0
	detach --name "$C-always" --restart always busybox sleep 100
	kill -KILL "$(pid_of "$C-always")"
	wait_for 30 is "$C-always" '{{.RestartCount}} {{.State.Running}}' '1 true'
}

@test "docker stats, top, events, diff, cp" {
	since=$(date +%s)
	detach --name "$C" -m 64m busybox sh -c 'echo x >/new; sleep 100'
	expect 0 docker stats --no-stream --format '{{.MemUsage}} {{.PIDs}}' "$C"
	[[ "$output" == *"64MiB 1" ]]
	expect 0 docker top "$C"
	[[ "$output" == *PID* && "$output" == *"sleep 100"* ]]
	expect 0 docker top "$C" -o pid,args
	[[ "$output" == *"sleep 100"* ]]
	expect 0 docker diff "$C"
	[[ "$output" == *"A /new"* ]]
	says x docker exec "$C" cat /new
	expect 0 docker cp "$C:/new" "$ENGINE/tmp/copied"
	[ "$(cat "$ENGINE/tmp/copied")" = x ]
	expect 0 docker kill "$C"
	docker wait "$C"
	expect 0 docker events --since "$since" --until "$(($(date +%s) + 1))" \
		--filter "container=$C" --format '{{.Action}}'
	[ "$(grep -cx 'create\|start\|kill\|die' <<<"$output")" -eq 4 ]
}

@test "docker: twenty containers at once" {
	one() {
		local i=$1
		shift
		docker run --name "$C-$i" busybox "$@"
	}
	twenty
}

# builds KIT: with the classic builder (0) or BuildKit (1)
builds() {
	export DOCKER_BUILDKIT=$1
	mkdir -p "$ENGINE/context"
	echo of the context >"$ENGINE/context/file"
	printf '%s\n' 'FROM busybox' 'RUN mkdir /made && echo $(id -u) >/made/id' \
		'COPY file /made/' 'USER 1000' 'RUN ! touch /made/no' \
		'CMD ["cat", "/made/file"]' >"$ENGINE/context/Dockerfile"
	printf '%s\n' 'FROM busybox' 'RUN exit 4' >"$ENGINE/context/failing"
	expect 0 docker build -q --no-cache --network none -t "built$1" "$ENGINE/context"
	says 'of the context' docker run --rm "built$1"
	says 0 docker run --rm "built$1" cat /made/id
	expect 0 docker rmi "built$1"
	if expect 0 docker build -q --network none -f "$ENGINE/context/failing" "$ENGINE/context"; then false; fi
	[[ "$all" == *"exit 4"* ]]
}

@test "docker build: the classic builder" {
	builds 0
}

@test "docker build: BuildKit" {
	docker buildx version >/dev/null 2>&1 || skip "requires docker buildx"
	builds 1
}

@test "docker commit, and start of a stopped container" {
	expect 0 docker run --name "$C" busybox sh -c 'echo saved >/saved; echo again'
	expect 0 docker commit "$C" saved
	says saved docker run --rm saved cat /saved
	expect 0 docker start -a "$C"
	[ "$output" = again ]
	expect 0 docker rmi saved
}
