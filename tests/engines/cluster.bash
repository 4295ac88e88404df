# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A Kubernetes of one node, all of it in namespaces of its own: a process with its network,
# its processes and its mounts, where /run, /usr/local/bin, /etc and /var are private. What
# docs/engines.md says is done there as it stands, and nothing of it is left on the host.
# shellcheck disable=SC2154 # expect() sets output

# Where Debian and where everybody else has the CNI plugins.
cni_plugin() {
	local dir
	for dir in /usr/lib/cni /opt/cni/bin; do
		[ ! -x "$dir/$1" ] || { echo "$dir/$1"; return; }
	done
}

# block SECTION LANGUAGE NUMBER: that block of that section of docs/engines.md
block() {
	awk -v section="## $1" -v fence="\`\`\`$2" -v n="$3" '
		/^## / { here = $0 == section }
		/^```$/ { inside = 0 }
		inside
		here && $0 == fence { inside = ++seen == n }' \
		"$BATS_TEST_DIRNAME/../../docs/engines.md" | grep .
}

# The first process of the node. Its parent is unshare(1), whose death is its end.
node_init() {
	set -e
	local dir
	mount --make-rshared /
	for dir in etc usr/local opt var; do
		mkdir -p "/$dir" "$ENGINE/node/$dir/up" "$ENGINE/node/$dir/work"
		mount -t overlay -o "lowerdir=/$dir,upperdir=$ENGINE/node/$dir/up,workdir=$ENGINE/node/$dir/work" node "/$dir"
	done
	# these two cannot be on an overlay
	for dir in containerd kubelet; do
		mkdir -p "/var/lib/$dir" "$ENGINE/node/$dir"
		mount --bind "$ENGINE/node/$dir" "/var/lib/$dir"
	done
	mount -t tmpfs node /run
	ip link set lo up
	ip link add node0 type veth peer name node1
	ip address add 10.88.255.1/24 dev node0
	ip link set node0 up
	ip link set node1 up
	rm -rf /etc/cni/net.d /etc/containerd
	mkdir -p /etc/cni/net.d /etc/containerd /var/log/pods
	cat >/etc/cni/net.d/10-pods.conflist <<-END
		{ "cniVersion": "0.4.0", "name": "pods", "plugins": [ { "type": "ptp",
			"ipam": { "type": "host-local", "subnet": "10.88.0.0/24" } } ] }
	END
	touch "$ENGINE/node.ready"
	# bash reaps what is left to it
	while :; do sleep 1000; done
}

# Makes the programs `node COMMAND...`, as on the node, and `kube ARG...`, its kubectl.
start_node() {
	local holder node_path=/usr/local/bin:${PATH#"$ENGINE/bin:"}
	mkdir "$ENGINE/node"
	unshare -mnp --fork --kill-child --mount-proc --propagation private \
		bash -c "$(declare -f node_init); node_init" >"$ENGINE/node.log" 2>&1 </dev/null 3>&- 4>&- &
	holder=$!
	disown
	echo $holder >"$ENGINE/node.pid"
	wait_for 20 [ -e "$ENGINE/node.ready" ] || { cat "$ENGINE/node.log"; return 1; }
	NODE=$(pgrep -P "$holder")
	export NODE
	printf '#!/bin/sh\nexec nsenter -t %s -m -n -p -- env "PATH=%s" "$@"\n' "$NODE" "$node_path" >"$ENGINE/bin/node"
	printf '#!/bin/sh\nexec node kubectl --kubeconfig %s/kubeconfig "$@"\n' "$ENGINE" >"$ENGINE/bin/kube"
	chmod +x "$ENGINE/bin/node" "$ENGINE/bin/kube"
}

# on_node NAME COMMAND...: a daemon there. The log is ENGINE/NAME.log.
on_node() {
	local name=$1
	shift
	node "$@" >"$ENGINE/$name.log" 2>&1 </dev/null 3>&- 4>&- &
	disown
}

# answers COMMAND...: with success, and soon
answers() { timeout 10 "$@" >/dev/null 2>&1 3>&-; }

# What the kubelet would set for the whole machine has these values for it alone. It has
# a mount namespace of its own, as a changed /proc would be no pattern for a pod's.
kubelet_of_node() {
	local setting
	mount --make-rprivate /proc
	for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
		kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
		echo "${setting#*=}" >"$ENGINE/node/setting"
		cp "$ENGINE/node/setting" "$ENGINE/node/${setting//[\/=]/.}"
		mount --bind "$ENGINE/node/${setting//[\/=]/.}" "/proc/sys/${setting%=*}"
	done
	exec kubelet --config "$ENGINE/kubelet.yaml" --kubeconfig "$ENGINE/kubeconfig" \
		--hostname-override node --node-ip 10.88.255.1
}

# start_cluster: containerd of the node runs, with an image for busybox and for the pause.
start_cluster() {
	local dir
	cat >"$ENGINE/kubeconfig" <<-END
		{ "apiVersion": "v1", "kind": "Config", "current-context": "test",
		  "clusters": [{ "name": "test", "cluster": {
		    "server": "https://127.0.0.1:6443", "insecure-skip-tls-verify": true } }],
		  "users": [{ "name": "test", "user": { "token": "test" } }],
		  "contexts": [{ "name": "test", "context": { "cluster": "test", "user": "test" } }] }
	END
	echo 'test,test,test,"system:masters"' >"$ENGINE/tokens"
	openssl genrsa -out "$ENGINE/accounts.key" 2048 2>/dev/null
	openssl rsa -in "$ENGINE/accounts.key" -pubout -out "$ENGINE/accounts.pub" 2>/dev/null
	on_node etcd etcd --data-dir /run/etcd
	on_node kube-apiserver kube-apiserver --etcd-servers http://127.0.0.1:2379 \
		--cert-dir "$ENGINE/api" --token-auth-file "$ENGINE/tokens" --authorization-mode AlwaysAllow \
		--service-account-issuer https://kubernetes.default --service-account-key-file "$ENGINE/accounts.pub" \
		--service-account-signing-key-file "$ENGINE/accounts.key" --allow-privileged \
		--service-cluster-ip-range 10.96.0.0/24 --advertise-address 10.88.255.1 \
		--kubelet-preferred-address-types InternalIP
	wait_for 120 answers kube get --raw /readyz || return 1
	on_node kube-controller-manager kube-controller-manager --kubeconfig "$ENGINE/kubeconfig" \
		--leader-elect=false --secure-port 0 --root-ca-file "$ENGINE/api/apiserver.crt" \
		--service-account-private-key-file "$ENGINE/accounts.key"
	on_node kube-scheduler kube-scheduler --kubeconfig "$ENGINE/kubeconfig" --leader-elect=false --secure-port 0

	for dir in /sys/fs/cgroup /sys/fs/cgroup/*; do
		[ ! -e "$dir/cgroup.procs" ] || [ -e "$dir/cgroup.events" ] || mkdir -p "$dir/$MARK"
	done
	cat >"$ENGINE/kubelet.yaml" <<-END
		apiVersion: kubelet.config.k8s.io/v1beta1
		kind: KubeletConfiguration
		containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
		authentication: { anonymous: { enabled: true }, webhook: { enabled: false } }
		authorization: { mode: AlwaysAllow }
		cgroupDriver: cgroupfs
		cgroupRoot: /$MARK
		failCgroupV1: false
		failSwapOn: false
		makeIPTablesUtilChains: false
		resolvConf: ""
		clusterDNS: [10.96.0.10]
		podPidsLimit: 200
		imageGCHighThresholdPercent: 100
		evictionHard: { memory.available: 1Mi, nodefs.available: 1Mi, imagefs.available: 1Mi }
	END
	on_node kubelet unshare -m --propagation unchanged bash -c "$(declare -f kubelet_of_node); kubelet_of_node"
	wait_for 120 answers kube wait --for condition=Ready --timeout 5s node/node || return 1
	wait_for 60 answers kube get serviceaccount default
}

# Everything on the node ends with its first process.
stop_node() {
	local pid
	pid=$(cat "$ENGINE/node.pid" 2>/dev/null) || return 0
	kill -KILL "$NODE" "$pid" 2>/dev/null
	wait_for 20 is_gone "$pid" || return 1
	# the kubelet's own, not those of the containers
	find /sys/fs/cgroup -depth -type d -path "*/$MARK/kubepods*" \
		\( -name 'pod*' -o -name besteffort -o -name burstable -o -name kubepods \) -exec rmdir {} + 2>/dev/null
	return 0
}
