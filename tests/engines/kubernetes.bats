#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Kubernetes beside containerd, with the configuration, the RuntimeClass and the pod of
# docs/engines.md as they stand there. Debian has packages of etcd and kubectl only:
# skipped where there are no kube-apiserver, kube-controller-manager, kube-scheduler and
# kubelet in PATH or in KUBERNETES_BIN.

# shellcheck disable=SC2154,SC2030,SC2031 # expect() sets output, stderr and all, for one test
load engine
load cluster.bash

programs=(containerd ctr etcd kubectl kube-apiserver kube-controller-manager kube-scheduler
	kubelet ip nsenter openssl runc)

setup_file() {
	PATH=${KUBERNETES_BIN:+$KUBERNETES_BIN:}$PATH
	[ -z "$(missing "${programs[@]}")" ] && [ -n "$(cni_plugin ptp)" ] || return 0
	setup_engine
	start_node
	install_as_documented
	wait_for 60 answers node ctr version || { tail "$ENGINE/containerd.log"; return 1; }
	import busybox docker.io/library/busybox:1.37
	import pause "$(node containerd config default |
		sed -n "s/^ *sandbox\(_image\)\? = ['\"]\(.*\)['\"]/\2/p" | grep pause)" '["sleep", "100000"]'
	start_cluster || { tail -n 30 "$ENGINE"/{etcd,kube*}.log; return 1; }
	block Kubernetes yaml 1 >"$ENGINE/runtimeclass.yaml"
	block Kubernetes yaml 2 >"$ENGINE/pod.yaml"
	kube apply -f "$ENGINE/runtimeclass.yaml"
}

install_as_documented() {
	node cp "$OCIRUN" /usr/local/bin/ocirun
	block Kubernetes toml 1 >"$ENGINE/config.toml"
	missing all_capabilities | grep -q capabilities && cat >>"$ENGINE/config.toml" <<-END
		# less than the daemon's needs CAP_SYS_RESOURCE
		[plugins."io.containerd.grpc.v1.cri"]
		  restrict_oom_score_adj = true
	END
	node cp "$ENGINE/config.toml" /etc/containerd/config.toml
	on_node containerd containerd
}

# import NAME AS [PROGRAM]: an image of make_archive
import() {
	make_archive "$ENGINE/$1.tar" "$1" "${@:3}"
	node ctr -n k8s.io image import "$ENGINE/$1.tar" >/dev/null
	node ctr -n k8s.io image tag "docker.io/library/$1:latest" "$2" >/dev/null
}

setup() {
	PATH=${KUBERNETES_BIN:+$KUBERNETES_BIN:}$PATH
	requires "${programs[@]}"
	[ -n "$(cni_plugin ptp)" ] || skip "requires the CNI plugins"
}

teardown() {
	[ -n "${ENGINE-}" ] || return 0
	[ -n "${BATS_TEST_COMPLETED-}" ] || {
		kube describe pods
		grep -h 'level=\(error\|warning\)' "$ENGINE/containerd.log" | tail -n 5
	}
	kube delete pods --all --grace-period 1 --timeout 60s >/dev/null 2>&1
}

teardown_file() {
	[ -n "${ENGINE-}" ] || return 0
	stop_node || echo "the node did not end"
	teardown_engine
}

# pod NAME: made from the standard input, the rest of its spec. CLASS is its RuntimeClass.
pod() {
	{
		printf 'apiVersion: v1\nkind: Pod\nmetadata: { name: %s }\nspec:\n' "$1"
		printf '  runtimeClassName: %s\n' "${CLASS-ocirun}"
		printf '  terminationGracePeriodSeconds: 5\n'
		sed 's/^/  /'
	} >"$ENGINE/tmp/$1.yaml"
	kube apply -f "$ENGINE/tmp/$1.yaml"
}

# field POD PATH: of the status or the spec
field() { kube get pod "$1" -o "jsonpath={$2}"; }
# has POD PATH VALUE
has() { [ "$(field "$1" "$2")" = "$3" ]; }
# comes POD PATH VALUE: within a minute
comes() {
	wait_for "${KUBERNETES_SECONDS:-60}" has "$@" ||
		{ echo "$1: $2 is '$(field "$1" "$2")', not '$3'"; return 1; }
}
# told POD TEXT: an event says it
told() { kube get events --field-selector "involvedObject.name=$1" -o 'jsonpath={.items[*].message}' | grep -F "$2"; }
# id_of POD: of its first container
id_of() { field "$1" '.status.containerStatuses[0].containerID' | sed 's|.*//||'; }
state_of() { node cat "/run/containerd/runc/k8s.io/$(id_of "$1")/state.json"; }
# limit POD CONTROLLER FILE1 FILE2: as cgroup_value, of the first process of the pod
limit() {
	node bash -c "$(declare -f cgroup_value); cgroup_value $2 $3 $4 $(state_of "$1" | jq .init_process_pid)"
}

@test "the RuntimeClass and the pod of the documentation" {
	says ocirun kube get runtimeclass ocirun -o 'jsonpath={.handler}'
	kube apply -f "$ENGINE/pod.yaml"
	comes hello .status.phase Running
	says ocirun kube get pod hello -o 'jsonpath={.spec.runtimeClassName}'
	says hello kube logs hello
	says in kube exec hello -- echo in
	# what the documentation lets one look at
	expect 0 node ocirun --root /run/containerd/runc/k8s.io list -q
	grep -x "$(id_of hello)" <<<"$output"
	state_of hello | jq -e '.ocirun != null'
}

@test "the node tells what ocirun can do" {
	expect 0 kube get node node -o 'jsonpath={.status.runtimeHandlers[?(@.name=="ocirun")].features}'
	jq -e '.recursiveReadOnlyMounts and .userNamespaces' <<<"$output"
}

@test "a pod without a RuntimeClass has the default runtime" {
	CLASS='' pod plain <<-'END'
		containers: [{ name: c, image: busybox:1.37, command: [sleep, "1000"] }]
	END
	comes plain .status.phase Running
	state_of plain | jq -e '.ocirun == null'
}

@test "a handler that the node does not have is an event" {
	sed 's/ocirun/nope/' "$ENGINE/runtimeclass.yaml" >"$ENGINE/tmp/nope.yaml"
	kube apply -f "$ENGINE/tmp/nope.yaml"
	CLASS=nope pod other <<-'END'
		containers: [{ name: c, image: busybox:1.37, command: [sleep, "1000"] }]
	END
	wait_for 30 told other 'no runtime for "nope" is configured'
}

@test "logs, init container, exit codes" {
	pod seven <<-'END'
		restartPolicy: Never
		volumes: [{ name: v, emptyDir: {} }]
		initContainers:
		- { name: first, image: busybox:1.37, command: [sh, -c, "echo made before > /v/file"], volumeMounts: [{ name: v, mountPath: /v }] }
		containers:
		- { name: c, image: busybox:1.37, command: [sh, -c, "cat /v/file; echo of stderr >&2; exit 7"], volumeMounts: [{ name: v, mountPath: /v }] }
	END
	comes seven .status.phase Failed
	has seven '.status.containerStatuses[0].state.terminated.exitCode' 7
	has seven '.status.initContainerStatuses[0].state.terminated.exitCode' 0
	expect 0 kube logs seven
	grep -x 'made before' <<<"$output"
	grep -x 'of stderr' <<<"$output"
}

@test "what cannot be started is said in words" {
	local program text
	for program in no-such-program /etc/passwd; do
		pod start <<-END
			restartPolicy: Never
			containers: [{ name: c, image: busybox:1.37, command: [$program] }]
		END
		comes start '.status.containerStatuses[0].state.terminated.reason' StartError
		text='exec: "no-such-program": executable file not found in $PATH'
		[ $program = no-such-program ] || text='exec: "/etc/passwd": permission denied'
		fails 0 "$text" kube describe pod start
		kube delete pod start --grace-period 1
	done
}

@test "kubectl exec, cp, attach, a terminal" {
	kube apply -f "$ENGINE/pod.yaml"
	comes hello .status.phase Running
	fails 5 'exit code 5' kube exec hello -- sh -c 'exit 5'
	fails 1 'executable file not found' kube exec hello -- no-such-program
	echo through >"$ENGINE/tmp/in"
	says through kube exec -i hello -- cat <"$ENGINE/tmp/in"
	kube cp "$ENGINE/tmp/in" hello:/tmp/in
	says through kube exec hello -- cat /tmp/in
	expect 3 script -qec "kube exec -it hello -- sh -c 'tty; exit 3'" /dev/null
	[[ "$output" == */dev/pts/* ]]
	one() { kube exec hello -- "${@:2}"; }
	twenty
}

@test "probes: exec, every second" {
	pod probes <<-'END'
		containers:
		- &c
		  name: a
		  image: busybox:1.37
		  command: [sh, -c, "touch /alive; exec sleep 1000"]
		  startupProbe: &p { exec: { command: [sh, -c, "test -e /alive"] }, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 2 }
		  livenessProbe: *p
		  readinessProbe: *p
		- { <<: *c, name: b }
		- { <<: *c, name: d }
		- { <<: *c, name: e }
	END
	comes probes '.status.conditions[?(@.type=="Ready")].status' True
	sleep 10
	has probes '.status.containerStatuses[*].restartCount' '0 0 0 0'
	told probes 'probe failed' && return 1
	kube exec probes -c b -- rm /alive
	comes probes '.status.containerStatuses[*].restartCount' '0 1 0 0'
	told probes 'Liveness probe failed'
	comes probes '.status.conditions[?(@.type=="Ready")].status' True
}

@test "limits: memory, CPU, processes; their change; OOM" {
	pod limits <<-'END'
		containers:
		- name: c
		  image: busybox:1.37
		  command: [sleep, "1000"]
		  resources: { limits: { memory: 64Mi, cpu: 500m }, requests: { memory: 32Mi, cpu: 100m } }
	END
	comes limits .status.phase Running
	[ "$(limit limits memory memory.limit_in_bytes memory.max)" = 67108864 ]
	[[ "$(limit limits cpu cpu.cfs_quota_us cpu.max)" =~ ^50000( |$) ]]
	[ "$(limit limits pids ../pids.max ../pids.max)" = 200 ]
	kube patch pod limits --subresource resize --patch '{ "spec": { "containers": [{ "name": "c",
		"resources": { "limits": { "memory": "96Mi", "cpu": "800m" } } }] } }'
	comes limits '.status.containerStatuses[0].resources.limits.memory' 96Mi
	[ "$(limit limits memory memory.limit_in_bytes memory.max)" = 100663296 ]
	[[ "$(limit limits cpu cpu.cfs_quota_us cpu.max)" =~ ^80000( |$) ]]
	pod oom <<-'END'
		restartPolicy: Never
		containers:
		- name: c
		  image: busybox:1.37
		  command: [dd, if=/dev/zero, of=/dev/null, bs=200M, count=1]
		  resources: { limits: { memory: 32Mi } }
	END
	comes oom '.status.containerStatuses[0].state.terminated.reason' OOMKilled
	has oom '.status.containerStatuses[0].state.terminated.exitCode' 137
}

@test "deletion: preStop, SIGTERM, the grace period" {
	pod ends <<-END
		volumes: [{ name: v, hostPath: { path: $ENGINE/tmp } }]
		containers:
		- name: c
		  image: busybox:1.37
		  command: [sh, -c, "trap 'echo term >> /v/ends; exit' TERM; echo begun >> /v/ends; while :; do sleep 0.1; done"]
		  lifecycle: { preStop: { exec: { command: [sh, -c, "echo before >> /v/ends"] } } }
		  volumeMounts: [{ name: v, mountPath: /v }]
	END
	pod stays <<-'END'
		containers: [{ name: c, image: busybox:1.37, command: [sh, -c, "trap '' TERM; while :; do sleep 0.1; done"] }]
	END
	comes ends .status.phase Running
	comes stays .status.phase Running
	wait_for 10 grep -q begun "$ENGINE/tmp/ends"
	expect 0 kube delete pod ends
	[ "$(xargs <"$ENGINE/tmp/ends")" = 'begun before term' ]
	local begin=$SECONDS
	expect 0 kube delete pod stays
	[ $((SECONDS - begin)) -ge 4 ]
	[ $((SECONDS - begin)) -le 20 ]
}

@test "securityContext: user, capabilities, seccomp, read-only, sysctls" {
	pod tight <<-'END'
		restartPolicy: Never
		securityContext:
		  { runAsUser: 1000, runAsGroup: 1001, fsGroup: 1002, supplementalGroups: [1003], runAsNonRoot: true,
		    seccompProfile: { type: RuntimeDefault }, sysctls: [{ name: kernel.shm_rmid_forced, value: "1" }] }
		volumes: [{ name: v, emptyDir: {} }]
		containers:
		- name: c
		  image: busybox:1.37
		  securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }
		  volumeMounts: [{ name: v, mountPath: /v }]
		  command: [sh, -c, "id -u; id -g; id -G; grep -E '^(CapBnd|CapEff|NoNewPrivs|Seccomp):' /proc/self/status;
		    cat /proc/sys/kernel/shm_rmid_forced; touch /x || echo read-only; touch /v/x && stat -c %g /v/x;
		    unshare -U true || echo refused"]
	END
	comes tight .status.phase Succeeded
	expect 0 kube logs tight
	[ "$(grep -v : <<<"$output" | xargs)" = '1000 1001 1001 1002 1003 1 read-only 1002 refused' ]
	[ "$(grep -E '^[A-Z]' <<<"$output" | xargs)" = \
		'CapEff: 0000000000000000 CapBnd: 0000000000000000 NoNewPrivs: 1 Seccomp: 2' ]
}

@test "a privileged pod; the node's network, processes" {
	pod host <<-'END'
		hostNetwork: true
		hostPID: true
		containers:
		- { name: c, image: busybox:1.37, command: [sleep, "1000"], securityContext: { privileged: true } }
	END
	comes host .status.phase Running
	has host .status.podIP 10.88.255.1
	expect 0 kube exec host -- grep -c node0: /proc/net/dev
	says "$(node cat /proc/1/comm)" kube exec host -- cat /proc/1/comm
	says "$(node sed -n 's/^CapEff:[[:blank:]]*//p' /proc/self/status)" \
		kube exec host -- sed -n 's/^CapEff:[[:blank:]]*//p' /proc/self/status
}

@test "hostUsers: false, a user namespace" {
	pod mapped <<-'END'
		hostUsers: false
		volumes: [{ name: v, emptyDir: {} }]
		containers:
		- { name: c, image: busybox:1.37, command: [sh, -c, "touch /v/x; sleep 1000"], volumeMounts: [{ name: v, mountPath: /v }] }
	END
	comes mapped .status.phase Running
	expect 0 kube exec mapped -- cat /proc/self/uid_map
	[[ $(xargs <<<"$output") =~ ^0\ [1-9][0-9]*\ 65536$ ]]
	says '0 0' kube exec mapped -- stat -c '%u %g' /v/x
}

@test "volumes: subPath, projected, memory, read-only at every depth" {
	kube create configmap words --from-literal one=eins --from-literal two=zwei
	mkdir -p "$ENGINE/tmp/deep"
	pod volumes <<-END
		volumes:
		- { name: v, emptyDir: { medium: Memory, sizeLimit: 1Mi } }
		- { name: words, configMap: { name: words } }
		- { name: deep, hostPath: { path: $ENGINE/tmp } }
		- name: all
		  projected:
		    sources:
		    - serviceAccountToken: { path: token }
		    - downwardAPI: { items: [{ path: name, fieldRef: { fieldPath: metadata.name } }] }
		containers:
		- name: c
		  image: busybox:1.37
		  command: [sleep, "1000"]
		  volumeMounts:
		  - { name: v, mountPath: /v }
		  - { name: v, mountPath: /sub, subPath: a/b }
		  - { name: words, mountPath: /etc/two, subPath: two }
		  - { name: all, mountPath: /all, readOnly: true }
		  - { name: deep, mountPath: /deep, readOnly: true, recursiveReadOnly: Enabled }
	END
	comes volumes .status.phase Running
	says zwei kube exec volumes -- cat /etc/two
	says volumes kube exec volumes -- cat /all/name
	expect 0 kube exec volumes -- test -s /all/token
	expect 0 kube exec volumes -- test -s /var/run/secrets/kubernetes.io/serviceaccount/token
	expect 0 kube exec volumes -- touch /sub/file
	says /v/a/b/file kube exec volumes -- ls /v/a/b/file
	says tmpfs kube exec volumes -- awk '$2 == "/v" { print $3 }' /proc/mounts
	fails 1 Read-only kube exec volumes -- touch /deep/deep/x
}

@test "containers that share their processes, one of them added later" {
	pod shared <<-'END'
		shareProcessNamespace: true
		containers:
		- { name: a, image: busybox:1.37, command: [sleep, "1001"] }
		- { name: b, image: busybox:1.37, command: [sleep, "1002"] }
	END
	comes shared .status.phase Running
	expect 0 kube exec shared -c a -- sh -c 'grep -c sleep.1002 /proc/[0-9]*/cmdline'
	kube debug shared --image busybox:1.37 --container later -- sh -c 'grep -c sleep.1001 /proc/[0-9]*/cmdline && exit 4'
	comes shared '.status.ephemeralContainerStatuses[0].state.terminated.exitCode' 4
}

@test "twenty pods of a job" {
	kube create -f - <<-'END'
		apiVersion: batch/v1
		kind: Job
		metadata: { name: many }
		spec:
		  { parallelism: 10, completions: 20, backoffLimit: 0, template: { spec: { runtimeClassName: ocirun,
		    restartPolicy: Never, containers: [{ name: c, image: busybox:1.37, command: [sh, -c, "echo done"] }] } } }
	END
	kube wait --for condition=Complete --timeout 120s job/many
	kube delete job many
}

@test "nothing is left behind" {
	wait_for 30 sh -c '[ -z "$(kube get pods -o name)" ]'
	wait_for 30 sh -c '[ -z "$(node ctr -n k8s.io task ls -q)" ]'
	[ -z "$(node find /run/containerd/runc/k8s.io -name state.json)" ]
	[ -z "$(find /sys/fs/cgroup -type d -path "*/$MARK/kubepods*/pod*")" ]
}
