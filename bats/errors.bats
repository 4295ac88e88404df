#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Mistakes of users: each has its own last line that names the config property,
# the object and the cause; exit code as runc's; nothing is left behind.

load helpers

setup() {
	setup_bundle
}

teardown() {
	teardown_bundle
}

# bad EXIT TEXT...: `run` fails with EXIT, all TEXTs are in its last line.
bad() {
	local want=$1 text
	shift
	run oci run "$ID"
	echo "$output"
	[ "$status" -eq "$want" ] || { echo "exit code $status, not $want"; return 1; }
	for text in "$@"; do
		[[ "${lines[-1]}" == *"$text"* ]] || {
			echo "no '$text' in: ${lines[-1]}"
			return 1
		}
	done
	[ ! -e "$ROOT/$ID" ]
}

script() {
	printf "$1" >rootfs/script
	chmod +x rootfs/script
	config '.process.args = ["/script"]'
}

@test "no config.json" {
	rm config.json
	bad 1 "JSON specification file config.json not found"
}

@test "broken JSON names line and column" {
	printf '{\n  "ociVersion": "1.0.0",\n}\n' >config.json
	bad 1 "config.json:3:" "unexpected '}' after ','" "remove the comma"
}

@test "wrong type" {
	config '.process.args = "true"'
	bad 1 "/process/args" "expected array of strings, got string"
}

@test "empty args" {
	config '.process.args = []'
	bad 1 "/process/args" "args must not be empty"
}

@test "relative cwd" {
	config '.process.cwd = "tmp"'
	bad 1 "/process/cwd" "Cwd must be an absolute path"
}

@test "unknown namespace" {
	config '.linux.namespaces += [{"type": "pidd"}]'
	bad 1 "/linux/namespaces/" "pidd" "'pid'"
}

@test "duplicate namespace" {
	config '.linux.namespaces += [{"type": "pid"}]'
	bad 1 "/linux/namespaces/" "duplicated ns"
}

@test "all mistakes are reported, not only the first" {
	config '.process.cwd = "x" | .process.args = [] | .linux.namespaces += [{"type": "foo"}]'
	run oci run "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"/process/cwd"* ]]
	[[ "$output" == *"/process/args"* ]]
	[[ "$output" == *"/linux/namespaces/"* ]]
}

@test "rootfs missing" {
	config '.root.path = "nope"'
	bad 1 "/root/path" "invalid rootfs" "nope" "no such file or directory" \
		"'nope' is relative to the bundle"
}

@test "rootfs is a file" {
	config '.root.path = "config.json"'
	bad 1 "/root/path" "invalid rootfs" "not a directory" "unpacked"
}

@test "program not in PATH" {
	config '.process.args = ["nothere"]'
	bad 1 /process/args/0 'exec: \"nothere\": executable file not found in $PATH' \
		"PATH is '"
}

@test "program missing" {
	config '.process.args = ["/bin/nothere"]'
	bad 1 /process/args/0 "does not exist in the container" \
		'exec: \"/bin/nothere\": stat /bin/nothere: no such file or directory'
}

@test "program not executable" {
	echo x >rootfs/bin/noexec
	config '.process.args = ["/bin/noexec"]'
	bad 1 /process/args/0 'exec: \"/bin/noexec\": permission denied' 0644 "chmod +x"
}

@test "program is a directory" {
	config '.process.args = ["/bin"]'
	bad 1 /process/args/0 'exec: \"/bin\": is a directory' "regular file"
}

@test "script without #!" {
	script 'echo hi\n'
	bad 255 "exec /script: exec format error" "#!" /process/args/0
}

@test "interpreter missing" {
	script '#!/bin/nosh\n'
	bad 255 "exec /script: no such file or directory" "/bin/nosh" /process/args/0
}

@test "CRLF line ends" {
	script '#!/bin/sh\r\necho hi\r\n'
	bad 255 "exec /script: no such file or directory" "CRLF" /process/args/0
}

@test "wrong architecture" {
	script '\177ELF\002\001\001\000\000\000\000\000\000\000\000\000\002\000\267\000\001\000\000\000'
	head -c 200 /dev/zero >>rootfs/script
	bad 255 "exec /script: exec format error" "aarch64" /process/args/0
}

@test "the loader of a dynamic program missing" {
	# the image has no C library
	cp "$(command -v find)" rootfs/script
	config '.process.args = ["/script"]'
	bad 255 "exec /script: no such file or directory" /process/args/0 \
		"its loader '/lib" "does not exist in the container"
}

@test "cwd is a file" {
	config '.process.cwd = "/bin/busybox"'
	bad 1 "/process/cwd" "'/bin/busybox'" "not a directory"
}

@test "cwd missing: it is made" {
	config '.process.cwd = "/new/dir" | .process.args = ["pwd"] | .root.readonly = false'
	run oci run "$ID"
	[ "$status" -eq 0 ]
	[ "$output" = /new/dir ]
}

@test "bind source missing" {
	config '.mounts += [{"destination": "/x", "source": "/mnt/none-such", "options": ["bind"]}]'
	bad 1 "/mounts/7/source" "/mnt/none-such" "no such file or directory" "on the host"
}

@test "type bind without the option" {
	config '.mounts += [{"destination": "/x", "type": "bind", "source": "/tmp"}]'
	bad 1 "/mounts/7/options" "'bind' or 'rbind'"
}

@test "directory onto a file, file onto a directory" {
	config '.mounts += [{"destination": "/bin/busybox", "source": "/tmp", "options": ["bind"]}]'
	bad 1 "/mounts/7/destination" "source '/tmp' (a directory)" \
		"destination '/bin/busybox' (a regular file)"
	config '.mounts[-1] = {"destination": "/tmp", "source": "/etc/passwd", "options": ["bind"]}'
	bad 1 "/mounts/7/destination" "source '/etc/passwd' (a regular file)" \
		"destination '/tmp' (a directory)"
}

@test "unknown mount option and file system" {
	config '.mounts += [{"destination": "/x", "type": "tmpfs", "source": "tmpfs", "options": ["nosuidd"]}]'
	bad 1 "/mounts/7/options" "nosuidd" "invalid argument"
	[[ "$output" == *"did you mean 'nosuid'?"* ]]
	config '.mounts[-1] = {"destination": "/x", "type": "nosuchfs", "source": "x"}'
	bad 1 "/mounts/7/type" "'nosuchfs'" "no such device"
}

@test "sysctl unknown, not namespaced" {
	config '.linux.sysctl = {"net.ipv4.nope": "1"}'
	bad 1 "/linux/sysctl/net.ipv4.nope" "no such"
	config '.linux.sysctl = {"vm.swappiness": "1"}'
	bad 1 "/linux/sysctl/vm.swappiness" "is not in a separate kernel namespace" "whole host"
	config '.linux.sysctl = {"net.core.somaxconn": "1"} |
		del(.linux.namespaces[] | select(.type == "network"))'
	bad 1 "/linux/sysctl/net.core.somaxconn" "host network namespace" "\"network\\\" is missing"
}

@test "network namespace path missing or of another kind" {
	config '.linux.namespaces |= map(if .type == "network" then .path = "/run/netns/nosuch" else . end)'
	bad 1 "/linux/namespaces/" "/run/netns/nosuch" "no such file or directory"
	config '.linux.namespaces |= map(if .type == "network" then .path = "/proc/self/ns/pid" else . end)'
	bad 1 "/linux/namespaces/" "/proc/self/ns/pid"
}

@test "user namespace without mappings" {
	config '.linux.namespaces += [{"type": "user"}]'
	bad 1 "/linux/namespaces/$(jq '.linux.namespaces | length - 1' config.json)" \
		"user namespaces enabled" "add linux.uidMappings"
}

@test "unknown rlimit" {
	config '.process.rlimits = [{"type": "RLIMIT_FOO", "soft": 1, "hard": 1}]'
	bad 1 "/process/rlimits/0/type" "wrong rlimit value: RLIMIT_FOO" "RLIMIT_NOFILE,"
	config '.process.rlimits[0].type = "RLIMIT_NOFILES"'
	bad 1 "/process/rlimits/0/type" "did you mean 'RLIMIT_NOFILE'?"
}

@test "rlimit above what the caller may" {
	ulimit -n 2000
	capsh --has-p=cap_sys_resource 2>/dev/null && skip "CAP_SYS_RESOURCE allows everything"
	config '.process.rlimits = [{"type": "RLIMIT_NOFILE", "soft": 3000, "hard": 3000}]'
	bad 1 "/process/rlimits/0" "operation not permitted" "CAP_SYS_RESOURCE"
}

@test "hook exits 3, is missing, runs too long" {
	config '.hooks = {"createRuntime": [{"path": "/bin/sh", "args": ["sh", "-c", "echo oops >&2; exit 3"]}]}'
	bad 1 /hooks/createRuntime/0 "error running createRuntime hook #0: exit status 3" "oops"
	config '.hooks = {"createRuntime": [{"path": "/bin/true"}, {"path": "/bin/nohook"}]}'
	bad 1 /hooks/createRuntime/1 "createRuntime hook #1" "/bin/nohook" "no such file or directory"
	config '.hooks = {"createRuntime": [{"path": "/bin/sleep", "args": ["sleep", "100"], "timeout": 1}]}'
	bad 1 /hooks/createRuntime/0 "createRuntime hook #0" "hook ran past specified timeout of 1.0s"
}

@test "device of an unknown type, bad oomScoreAdj, negative uid" {
	config '.linux.devices = [{"path": "/dev/q", "type": "q"}]'
	bad 1 "/linux/devices/0/type" 'invalid device type \"q\"' "expected"
	config '.linux.devices = [] | .process.oomScoreAdj = 5000'
	bad 1 "/process/oomScoreAdj" "-1000 and 1000" 5000
	config 'del(.process.oomScoreAdj) | .process.user.uid = -1'
	bad 1 "/process/user/uid" "4294967294" "-1"
}

@test "capability that is none: a warning that names it" {
	config '.process.capabilities.bounding += ["CAP_FOO"]'
	run oci run "$ID"
	[ "$status" -eq 0 ]
	[[ "$output" == *"level=warning"*"/process/capabilities"*"[CAP_FOO]"* ]]
}

@test "terminal where there is none" {
	config '.process.terminal = true | .process.args = ["tty"]'
	# run makes one of its own; create has nobody to give it to
	run setsid -w "$OCIRUN" --root "$ROOT" run "$ID" </dev/null
	[ "$status" -eq 0 ]
	[[ "$output" == /dev/pts/0* ]]
	run oci create "$ID" </dev/null
	[ "$status" -eq 1 ]
	last "cannot allocate tty if runc will detach without setting console socket"
}

@test "version of another specification" {
	config '.ociVersion = "9.9.9"'
	bad 1 /ociVersion "9.9.9" "expected 1.x"
}

@test "seccomp: unknown call, bad action" {
	config '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls":
		[{"names": ["nosuchcall"], "action": "SCMP_ACT_ERRNO"}]}'
	run oci run "$ID"
	[ "$status" -eq 0 ]
	config '.linux.seccomp.defaultAction = "SCMP_ALLOW"'
	bad 1 /linux/seccomp/defaultAction "SCMP_ALLOW is not a valid action" "SCMP_ACT_ALLOW"
}

@test "seccomp: what init itself needs" {
	config '.linux.seccomp = {"defaultAction": "SCMP_ACT_KILL_PROCESS"}'
	bad 1 "/linux/seccomp: " "init died (signal 31" "write(2) with kill"
	config '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls":
		[{"names": ["execve"], "action": "SCMP_ACT_ERRNO"}]}'
	bad 255 "operation not permitted" /process/args/0 "seccomp"
}

@test "seccomp: init may do nothing, not even exit" {
	# a sanitizer catches the signal that ends it and would wait for its exit
	requires no_sanitizers
	config '.linux.seccomp = {"defaultAction": "SCMP_ACT_ERRNO"}'
	bad 1 "/linux/seccomp: " "write(2) with errno 1 (EPERM)"
}

@test "memory limit without the controller" {
	requires cgroup2
	! grep -qw memory /sys/fs/cgroup/cgroup.controllers || skip "requires a host without it"
	config '.linux.resources.memory.limit = 100000000'
	bad 1 /linux/resources/memory/limit "controller 'memory'" "/sys/fs/cgroup/cgroup.controllers"
}

@test "labels on a host without AppArmor or SELinux" {
	[ -d /sys/kernel/security/apparmor ] || {
		config '.process.apparmorProfile = "foo"'
		bad 1 /process/apparmorProfile "'foo'" "apparmor not supported"
	}
	config 'del(.process.apparmorProfile)'
	[ -d /sys/fs/selinux ] || {
		config '.process.selinuxLabel = "system_u:system_r:container_t:s0"'
		bad 1 /process/selinuxLabel "selinux is disabled or not supported"
	}
}

@test "id-mapped mounts of what cannot be" {
	local map='[{"containerID": 0, "hostID": 1000, "size": 10}]'
	config --argjson m "$map" '.mounts += [{"destination": "/x", "type": "tmpfs",
		"source": "tmpfs", "uidMappings": $m, "gidMappings": $m}]'
	bad 1 /mounts/7 "id-mapped mounts are only supported for bind-mounts"
	config '.mounts[-1] |= (.type = "bind" | .source = "/proc" | .options = ["bind"])'
	bad 1 /mounts/7/uidMappings "MOUNT_ATTR_IDMAP" "'/proc'" "invalid argument" "does not support"
}

@test "unknown keys are tolerated with a suggestion" {
	config '.process.argz = ["x"] | .linux.namespacess = []'
	run oci run "$ID"
	[ "$status" -eq 0 ]
	[[ "$output" == *"level=warning"*"/process/argz"*"process.args"* ]]
	[[ "$output" == *"level=warning"*"/linux/namespacess"*"linux.namespaces"* ]]
}

@test "the log gets the error, stderr the plain line" {
	config '.process.cwd = "tmp"'
	run oci --log "$TESTDIR/log" --log-format json run "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" != *level=* ]]
	[[ "$output" == *"Cwd must be an absolute path"* ]]
	[ "$(tail -n 1 "$TESTDIR/log" | jq -r .level)" = error ]
	[[ "$(tail -n 1 "$TESTDIR/log" | jq -r .msg)" == *"Cwd must be an absolute path"* ]]
}
