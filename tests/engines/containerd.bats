#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# containerd: a daemon of its own, driven by ctr; the CRI plugin by calls of its own.

# shellcheck disable=SC2154,SC2030,SC2031 # expect() sets output, stderr and all, for one test
load engine
load cri.bash

IMG=docker.io/library/busybox:latest
words=(ctr run --runc-binary "${OCIRUN-}" --runc-root "${ENGINE-}/state-ocirun"
	--fifo-dir "${ENGINE-}/fifo")

setup_file() {
	[ -z "$(missing containerd ctr)" ] || return 0
	setup_engine
	export CONTAINERD_ADDRESS=$ENGINE/sock
	cat >"$ENGINE/config.toml" <<-END
		version = 2
		root = "$ENGINE/root"
		state = "$ENGINE/state"
		[grpc]
		  address = "$ENGINE/sock"
		[plugins."io.containerd.grpc.v1.cri"]
		  sandbox_image = "docker.io/library/pause:latest"
		  # less than the daemon's needs CAP_SYS_RESOURCE
		  restrict_oom_score_adj = true
		[plugins."io.containerd.grpc.v1.cri".cni]
		  conf_dir = "$ENGINE/cni"
		[plugins."io.containerd.grpc.v1.cri".containerd]
		  default_runtime_name = "ocirun"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.ocirun]
		  runtime_type = "io.containerd.runc.v2"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.ocirun.options]
		  BinaryName = "$OCIRUN"
		  Root = "$ENGINE/state-ocirun"
	END
	start_daemon containerd containerd --config "$ENGINE/config.toml"
	wait_for 60 containerd_answers || { cat "$ENGINE/containerd.log"; return 1; }
	make_archive "$ENGINE/busybox.tar"
	ctr image import "$ENGINE/busybox.tar" >/dev/null
}

containerd_answers() { ctr version >/dev/null 2>&1; }

setup() {
	requires containerd ctr
	C=c$BATS_TEST_NUMBER
	# The words of a ctr run that removes the container at its end.
	once=("${words[@]}" --cgroup "/$MARK/$C" --rm)
}

teardown() {
	[ -n "${ENGINE-}" ] || return 0
	local id ns
	for ns in default k8s.io; do
		for id in $(ctr -n $ns task ls -q); do
			ctr -n $ns task rm -f "$id" >/dev/null
		done
		for id in $(ctr -n $ns container ls -q); do
			ctr -n $ns container rm "$id" >/dev/null
		done
	done
}

teardown_file() {
	[ -n "${ENGINE-}" ] || return 0
	stop_daemon containerd || echo "containerd did not end"
	teardown_engine
}


# stays ARG... IMG ID COMMAND...
stays() { expect 0 "${words[@]}" --cgroup "/$MARK/$C" -d "$@"; }
pid_of() { ctr task ls | awk -v id="$1" '$1 == id { print $2 }'; }
# is ID STATUS
is() { [ "$(ctr task ls | awk -v id="$1" '$1 == id { print $3 }')" = "$2" ]; }

@test "ctr run: output and exit codes" {
	says hello "${once[@]}" "$IMG" "$C" echo hello
	expect 7 "${once[@]}" "$IMG" "$C" sh -c 'exit 7'
	fails 1 'executable file not found' "${once[@]}" "$IMG" "$C" no-such-program
	fails 1 'permission denied' "${once[@]}" "$IMG" "$C" /etc/passwd
	[ -z "$(find "$ENGINE/state-ocirun" -name state.json)" ]
}

@test "ctr run: environment, directory, mounts, capabilities, user namespace, limits" {
	says v "${once[@]}" --env E=v "$IMG" "$C" sh -c 'echo $E'
	says /etc "${once[@]}" --cwd /etc "$IMG" "$C" pwd
	echo of the host >"$ENGINE/file"
	says 'of the host' "${once[@]}" --mount "type=bind,src=$ENGINE/file,dst=/file,options=rbind:ro" \
		"$IMG" "$C" cat /file
	fails 1 Read-only "${once[@]}" --read-only "$IMG" "$C" touch /x
	says 00000000a80435fb "${once[@]}" --cap-add CAP_NET_ADMIN "$IMG" "$C" \
		awk '/^CapEff/ { print $2 }' /proc/self/status
	says '0 100000 65536' "${once[@]}" --uidmap 0:100000:65536 --gidmap 0:100000:65536 "$IMG" "$C" \
		awk '{ print $1, $2, $3 }' /proc/self/uid_map
	says 2 "${once[@]}" --seccomp "$IMG" "$C" awk '/^Seccomp:/ { print $2 }' /proc/self/status
	fails 1 'not permitted' "${once[@]}" --seccomp "$IMG" "$C" unshare -U true
	stays --memory-limit 67108864 --cpus 0.5 "$IMG" "$C" sleep 100
	pid=$(pid_of "$C")
	[ "$(cgroup_value memory memory.limit_in_bytes memory.max "$pid")" = 67108864 ]
	[[ "$(cgroup_value cpu cpu.cfs_quota_us cpu.max "$pid")" =~ ^50000( |$) ]]
}

@test "ctr task exec, ps, metrics" {
	stays "$IMG" "$C" sleep 100
	says in ctr task exec --fifo-dir "$ENGINE/fifo" --exec-id e1 "$C" echo in
	expect 5 ctr task exec --fifo-dir "$ENGINE/fifo" --exec-id e2 "$C" sh -c 'exit 5'
	fails 1 'executable file not found' \
		ctr task exec --fifo-dir "$ENGINE/fifo" --exec-id e3 "$C" no-such-program
	expect 0 ctr task ps "$C"
	[[ "$output" == *"$(pid_of "$C")"* ]]
	expect 0 ctr task metrics "$C"
	[[ "$output" == *memory* ]]
}

@test "ctr run -t, task exec -t: a terminal" {
	expect 0 script -qec "$(printf '%q ' "${words[@]}") --cgroup /$MARK/$C --rm -t $IMG $C tty" /dev/null
	[[ "$output" == */dev/pts/0* ]]
	stays "$IMG" "$C" sleep 100
	expect 3 script -qec "ctr task exec -t --fifo-dir $ENGINE/fifo --exec-id e $C sh -c 'tty; exit 3'" /dev/null
	[[ "$output" == */dev/pts/* ]]
}

@test "ctr task pause, resume, kill, removal" {
	stays "$IMG" "$C" sh -c 'trap "exit 33" TERM; while :; do sleep 0.1; done'
	wait_for 20 catches "$(pid_of "$C")" 15
	expect 0 ctr task pause "$C"
	is "$C" PAUSED
	expect 0 ctr task resume "$C"
	is "$C" RUNNING
	expect 0 ctr task kill -s TERM "$C"
	wait_for 10 is "$C" STOPPED
	fails 0 'exit code 33' ctr task rm "$C"
	expect 0 ctr container rm "$C"
	stays "$IMG" "$C" sleep 100
	expect 0 ctr task kill -s KILL "$C"
	wait_for 10 is "$C" STOPPED
	fails 0 'exit code 137' ctr task rm "$C"
}

@test "ctr events: OOM is told" {
	timeout 60 ctr events >"$ENGINE/tmp/events" 2>&1 3>&- &
	local pid=$!
	# it says nothing when it has begun to listen: something must happen
	wait_for 10 sh -c 'ctr namespace label default "test=$$"; grep -q /namespaces/ "$0"' \
		"$ENGINE/tmp/events"
	# the shim begins to listen for OOM after the start: what comes before is lost
	stays --memory-limit 16777216 "$IMG" "$C" \
		sh -c 'sleep 2; dd if=/dev/zero of=/dev/null bs=200M count=1; sleep 100'
	wait_for 20 grep -q /tasks/oom "$ENGINE/tmp/events"
	kill "$pid"
	grep -o '/tasks/[a-z]*' "$ENGINE/tmp/events" | sort -u | tr '\n' ' ' |
		grep '/tasks/create .*/tasks/oom .*/tasks/start'
}

@test "ctr: twenty containers at once" {
	one() {
		local i=$1
		shift
		"${once[@]}" --cgroup "/$MARK/$C-$i" "$IMG" "$C-$i" "$@"
	}
	twenty
}

@test "containerd: the CRI plugin has ocirun as its default" {
	ctr plugin ls | grep -E 'cri +linux/[a-z0-9]+ +ok'
	grep -q 'DefaultRuntimeName:ocirun' "$ENGINE/containerd.log"
}

@test "CRI: a pod, its containers, logs, exec, limits, exit codes" {
	requires_cri_client
	[ -n "$(ctr -n k8s.io image ls -q)" ] || {
		make_archive "$ENGINE/pause.tar" pause '["sleep", "100000"]'
		ctr -n k8s.io image import "$ENGINE/busybox.tar" >/dev/null
		ctr -n k8s.io image import "$ENGINE/pause.tar" >/dev/null
	}
	export CRI_SOCKET=$CONTAINERD_ADDRESS CRI_STATE=$ENGINE/state-ocirun/k8s.io CGROUP_PARENT=/$MARK
	pod_lives
	[ -z "$(ctr -n k8s.io task ls -q)$(ctr -n k8s.io container ls -q)" ]
}
