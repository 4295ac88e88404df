# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the CRI has, of whatever engine: containerd's plugin and CRI-O. CRI_SOCKET is
# where it listens, CRI_STATE the state directory of ocirun that it uses.
# shellcheck disable=SC2154 # expect() sets output

requires_cri_client() {
	/usr/bin/python3 -c 'import grpc' 2>/dev/null || skip "requires python3-grpcio"
}

# cri CALL JSON [FIELD]: one call of the CRI; FIELD of its reply is in $output.
cri() {
	expect 0 /usr/bin/python3 "$BATS_TEST_DIRNAME/cri" "$CRI_SOCKET" "$1" "$2" || return 1
	[ -z "${3-}" ] || output=$(jq -r "$3" <<<"$output")
}

# container POD NAME SCRIPT: created; its id is in $output. Without a network of its
# own, there are no CNI plugins; with a pid namespace of its own, since CRI-O's pause
# program is given an oom_score_adj that takes CAP_SYS_RESOURCE.
container() {
	cri CreateContainer "$(jq -n --arg pod "$1" --arg name "$2" --arg script "$3" \
		--arg image docker.io/library/busybox:latest --argjson config "$config" '{
		pod_sandbox_id: $pod, sandbox_config: $config, config: {
			metadata: { name: $name }, image: { image: $image, user_specified_image: $image },
			command: ["sh", "-c", $script], log_path: ($name + ".log"), linux: {
				resources: { memory_limit_in_bytes: 67108864, cpu_shares: 512 },
				security_context: { namespace_options: { network: 2, pid: 1 } } } } }')" .container_id
}

# init_of ID
init_of() { jq .init_process_pid "$CRI_STATE/$1/state.json"; }
# ended ID CODE
ended() {
	cri ContainerStatus "{\"container_id\": \"$1\"}" '"\(.status.state) \(.status.exit_code)"' &&
		[ "$output" = "2 $2" ]
}

# A pod, its containers, logs, exec, limits, exit codes. CGROUP_PARENT is the pod's.
pod_lives() {
	local pod short long pid id
	config=$(jq -n --arg logs "$ENGINE/logs" --arg cg "$CGROUP_PARENT" '{
		metadata: { name: "p", uid: "u", namespace: "n" }, log_directory: $logs,
		linux: { cgroup_parent: $cg, security_context: { namespace_options: { network: 2, pid: 1 } } } }')
	cri RunPodSandbox "{\"config\": $config, \"runtime_handler\": \"ocirun\"}" .pod_sandbox_id
	pod=$output

	container "$pod" short 'echo out; echo err >&2; exit 7'
	short=$output
	cri StartContainer "{\"container_id\": \"$short\"}"
	wait_for 20 ended "$short" 7
	grep -q ' stdout F out$' "$ENGINE/logs/short.log"
	grep -q ' stderr F err$' "$ENGINE/logs/short.log"

	container "$pod" long 'trap "exit 143" TERM; while :; do sleep 0.1; done'
	long=$output
	cri StartContainer "{\"container_id\": \"$long\"}"
	cri ExecSync "{\"container_id\": \"$long\", \"cmd\": [\"sh\", \"-c\", \"echo said; exit 3\"], \"timeout\": 20}" \
		'"\(.stdout)\(.exit_code)"'
	[ "$output" = $'said\n3' ]
	# it is our program that made it
	jq -e '.ocirun != null' "$CRI_STATE/$long/state.json"
	pid=$(init_of "$long")
	[ "$(cgroup_value memory memory.limit_in_bytes memory.max "$pid")" = 67108864 ]
	cri UpdateContainerResources "{\"container_id\": \"$long\", \"linux\": {\"memory_limit_in_bytes\": 134217728}}"
	[ "$(cgroup_value memory memory.limit_in_bytes memory.max "$pid")" = 134217728 ]
	cri StopContainer "{\"container_id\": \"$long\", \"timeout\": 10}"
	wait_for 20 ended "$long" 143

	for id in "$short" "$long"; do cri RemoveContainer "{\"container_id\": \"$id\"}"; done
	cri StopPodSandbox "{\"pod_sandbox_id\": \"$pod\"}"
	cri RemovePodSandbox "{\"pod_sandbox_id\": \"$pod\"}"
	[ -z "$(find "$CRI_STATE" -name state.json)" ]
}
