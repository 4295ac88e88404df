#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# runtime-spec config-linux.md "Sysctl": only what belongs to a namespace of the
# container.

load helpers
load container

setup() {
	setup_bundle
}

teardown() {
	teardown_bundle
}

@test "sysctls of the network, ipc and uts namespaces are set, the host's are not" {
	before=$(cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax \
		/proc/sys/kernel/shm_rmid_forced /proc/sys/fs/mqueue/msg_max /proc/sys/kernel/domainname)
	config '.linux.sysctl = {
		"net.ipv4.ip_unprivileged_port_start": "77",
		"net/ipv4/ip_forward": "1",
		"kernel.msgmax": "4242",
		"kernel.sem": "100 200 30 40",
		"kernel.shm_rmid_forced": "1",
		"fs.mqueue.msg_max": "17",
		"kernel.domainname": "example.org"}'
	prints "77
1
4242
100	200	30	40
1
17
example.org" 'cd /proc/sys; cat net/ipv4/ip_unprivileged_port_start net/ipv4/ip_forward \
		kernel/msgmax kernel/sem kernel/shm_rmid_forced fs/mqueue/msg_max kernel/domainname'
	[ "$(cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax \
		/proc/sys/kernel/shm_rmid_forced /proc/sys/fs/mqueue/msg_max /proc/sys/kernel/domainname)" = "$before" ]
}

@test "an interface, with a slash where its name has a dot" {
	config '.linux.sysctl = {"net.ipv4.conf.lo.forwarding": "1", "net.ipv6.conf.lo/5.forwarding": "1"}'
	refused "/linux/sysctl/" "net.ipv6.conf.lo/5.forwarding" "net/ipv6/conf/lo.5/forwarding"
	config 'del(.linux.sysctl["net.ipv6.conf.lo/5.forwarding"])'
	prints 1 'cat /proc/sys/net/ipv4/conf/lo/forwarding'
}

@test "set although the container has /proc/sys read-only, or no /proc at all" {
	config '.linux.sysctl = {"net.ipv4.ip_forward": "1"} | .process.args = ["sleep", "100"]'
	del_mount /proc
	config 'del(.linux.maskedPaths)'
	oci run -d "$ID" >/dev/null 2>&1
	pid=$(oci state "$ID" | jq .pid)
	[ "$(nsenter -t "$pid" -n cat /proc/sys/net/ipv4/ip_forward)" = 1 ]
}

@test "a fake /proc/sys in the container catches nothing" {
	mkdir -p "$TESTDIR/fake/sys/net/ipv4"
	echo fake >"$TESTDIR/fake/sys/net/ipv4/ip_forward"
	cp -a "$TESTDIR/fake/." rootfs/proc
	del_mount /proc
	config 'del(.linux.maskedPaths, .linux.readonlyPaths) |
		.linux.sysctl = {"net.ipv4.ip_forward": "1"} | .process.args = ["sleep", "100"]'
	oci run -d "$ID" >/dev/null 2>&1
	pid=$(oci state "$ID" | jq .pid)
	[ "$(nsenter -t "$pid" -n cat /proc/sys/net/ipv4/ip_forward)" = 1 ]
	[ "$(cat rootfs/proc/sys/net/ipv4/ip_forward)" = fake ]
}

@test "of the host: refused before anything is made" {
	for s in vm.swappiness kernel.hostname kernel.core_pattern fs.file-max \
		user.max_user_namespaces kernel/pid_max debug.exception-trace; do
		config --arg s "$s" '.linux.sysctl = {($s): "1"}'
		refused /linux/sysctl/ "$s" 
	done
}

@test "of a namespace that the container does not have: refused" {
	config '.linux.sysctl = {"net.ipv4.ip_forward": "1"}'
	del_ns network
	refused /linux/sysctl/net.ipv4.ip_forward "network namespace"
	del_ns ipc
	config '.linux.sysctl = {"kernel.msgmax": "1"}'
	refused /linux/sysctl/kernel.msgmax "ipc namespace"
	del_ns uts
	config '.linux.sysctl = {"kernel.domainname": "x"} | del(.hostname)'
	refused /linux/sysctl/kernel.domainname "is not in a separate kernel namespace"
}

@test "the host's own namespaces by path are still the host's" {
	before=$(cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax)
	add_ns network /proc/self/ns/net
	add_ns ipc "/proc/$$/ns/ipc"
	config '.linux.sysctl = {"net.ipv4.ip_forward": "1"}'
	refused /linux/sysctl/net.ipv4.ip_forward "not allowed in host network namespace"
	config '.linux.sysctl = {"kernel.msgmax": "1"}'
	refused /linux/sysctl/kernel.msgmax "not allowed in the hosts ipc namespace"
	[ "$(cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax)" = "$before" ]
	config '.linux.sysctl = {}'
	works true
}

@test "in a joined network namespace" {
	unshare -n sleep 100 &
	pid=$!
	wait_for 5 sh -c "[ \$(readlink /proc/$pid/ns/net) != $(readlink /proc/self/ns/net) ]"
	add_ns network "/proc/$pid/ns/net"
	config '.linux.sysctl = {"net.ipv4.ip_forward": "1"}'
	inside 'cat /proc/sys/net/ipv4/ip_forward'
	kill "$pid"
	[ "$output" = 1 ]
}

@test "paths that are no sysctl, unknown ones, bad values" {
	config '.linux.sysctl = {"net.../../../../etc/passwd": "1"}'
	refused /linux/sysctl/
	config '.linux.sysctl = {"net/../kernel/core_pattern": "1"}'
	refused /linux/sysctl/
	config '.linux.sysctl = {"net.ipv4.nope": "1"}'
	refused /linux/sysctl/net.ipv4.nope "no such"
	config '.linux.sysctl = {"kernel.msgmax": "many"}'
	refused /linux/sysctl/kernel.msgmax "invalid argument" "many"
	config '.linux.sysctl = {"net.ipv4.tcp_available_congestion_control": "x"}'
	refused /linux/sysctl/net.ipv4.tcp_available "permission denied"
	config '.linux.sysctl = {"net.ipv4.conf": "x"}'
	refused /linux/sysctl/net.ipv4.conf "directory"
}
