#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# CRI-O: a daemon of its own with the configuration of docs/engines.md, by calls of the
# CRI. Debian has no package of it: skipped where there is no `crio` in PATH.

# shellcheck disable=SC2154,SC2030,SC2031 # expect() sets output, stderr and all, for one test
load engine
load cri.bash

setup_file() {
	[ -z "$(missing crio pinns conmon skopeo)" ] || return 0
	setup_engine
	export CRI_SOCKET=$ENGINE/sock CRI_STATE=$ENGINE/state-ocirun
	mkdir -p "$ENGINE/conf.d" "$ENGINE/cni"
	echo '{ "default": [{ "type": "insecureAcceptAnything" }] }' >"$ENGINE/policy.json"
	# as docs/engines.md has it, but for the directories
	cat >"$ENGINE/conf.d/10-ocirun.conf" <<-END
		[crio.runtime]
		default_runtime = "ocirun"

		[crio.runtime.runtimes.ocirun]
		runtime_path = "$OCIRUN"
		runtime_type = "oci"
		runtime_root = "$CRI_STATE"
	END
	cat >"$ENGINE/crio.conf" <<-END
		[crio]
		root = "$ENGINE/storage"
		runroot = "$ENGINE/runroot"
		storage_driver = "vfs"
		log_dir = "$ENGINE/pods"
		version_file = "$ENGINE/version"
		clean_shutdown_file = "$ENGINE/clean"
		[crio.api]
		listen = "$CRI_SOCKET"
		stream_port = "0"
		[crio.runtime]
		cgroup_manager = "cgroupfs"
		conmon_cgroup = "pod"
		disable_hostport_mapping = true
		namespaces_dir = "$ENGINE/ns"
		container_exits_dir = "$ENGINE/exits"
		container_attach_socket_dir = "$ENGINE/attach"
		[crio.image]
		pause_image = "docker.io/library/pause:latest"
		pause_command = ""
		signature_policy = "$ENGINE/policy.json"
		[crio.network]
		network_dir = "$ENGINE/cni"
	END
	load_image busybox
	load_image pause '["sleep", "100000"]'
	start_daemon crio crio --config "$ENGINE/crio.conf" --config-dir "$ENGINE/conf.d"
	wait_for 60 crio_answers || { cat "$ENGINE/crio.log"; return 1; }
}

# load_image NAME [PROGRAM], as for make_archive
load_image() {
	make_archive "$ENGINE/$1.tar" "$@"
	skopeo --policy "$ENGINE/policy.json" copy -q "docker-archive:$ENGINE/$1.tar" \
		"containers-storage:[vfs@$ENGINE/storage+$ENGINE/runroot]docker.io/library/$1:latest"
}

crio_answers() { cri Version '{}' >/dev/null 2>&1; }

setup() {
	requires crio pinns conmon skopeo
	requires_cri_client
}

teardown_file() {
	[ -n "${ENGINE-}" ] || return 0
	stop_daemon crio || echo "crio did not end"
	teardown_engine
}

@test "CRI-O: a pod, its containers, logs, exec, limits, exit codes" {
	export CGROUP_PARENT=/$MARK
	pod_lives
}
