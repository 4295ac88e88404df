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
	bad 1 "config.json:3:"
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
	bad 1 "/root/path" "invalid rootfs" "nope" "no such file or directory"
}

@test "rootfs is a file" {
	config '.root.path = "config.json"'
	bad 1 "/root/path" "invalid rootfs" "not a directory"
}

@test "program not in PATH" {
	config '.process.args = ["nothere"]'
	bad 1 'exec: \"nothere\": executable file not found in $PATH'
}

@test "program missing" {
	config '.process.args = ["/bin/nothere"]'
	bad 1 'exec: \"/bin/nothere\": stat /bin/nothere: no such file or directory'
}

@test "program not executable" {
	echo x >rootfs/bin/noexec
	config '.process.args = ["/bin/noexec"]'
	bad 1 'exec: \"/bin/noexec\": permission denied'
}

@test "program is a directory" {
	config '.process.args = ["/bin"]'
	bad 1 'exec: \"/bin\": is a directory'
}

@test "script without #!" {
	script 'echo hi\n'
	bad 255 "exec /script: exec format error" "#!"
}

@test "interpreter missing" {
	script '#!/bin/nosh\n'
	bad 255 "exec /script: no such file or directory" "/bin/nosh"
}

@test "CRLF line ends" {
	script '#!/bin/sh\r\necho hi\r\n'
	bad 255 "exec /script: no such file or directory" "CRLF"
}

@test "wrong architecture" {
	script '\177ELF\002\001\001\000\000\000\000\000\000\000\000\000\002\000\267\000\001\000\000\000'
	head -c 200 /dev/zero >>rootfs/script
	bad 255 "exec /script: exec format error" "aarch64"
}

@test "cwd is a file" {
	config '.process.cwd = "/bin/busybox"'
	bad 1 "/process/cwd" "not a directory"
}

@test "bind source missing" {
	config '.mounts += [{"destination": "/x", "source": "/mnt/none-such", "options": ["bind"]}]'
	bad 1 "/mounts/" "/mnt/none-such" "no such file or directory"
}

@test "type bind without the option" {
	config '.mounts += [{"destination": "/x", "type": "bind", "source": "/tmp"}]'
	bad 1 "/mounts/" "bind" "rbind"
}

@test "directory onto a file, file onto a directory" {
	config '.mounts += [{"destination": "/bin/busybox", "source": "/tmp", "options": ["bind"]}]'
	bad 1 "/mounts/" "directory" "/bin/busybox"
	config '.mounts[-1] = {"destination": "/tmp", "source": "/etc/passwd", "options": ["bind"]}'
	bad 1 "/mounts/" "directory" "/tmp"
}

@test "unknown mount option and file system" {
	config '.mounts += [{"destination": "/x", "type": "tmpfs", "source": "tmpfs", "options": ["nosuidd"]}]'
	bad 1 "/mounts/" "nosuidd"
	config '.mounts[-1] = {"destination": "/x", "type": "nosuchfs", "source": "x"}'
	bad 1 "/mounts/" "nosuchfs"
}

@test "sysctl unknown, not namespaced" {
	config '.linux.sysctl = {"net.ipv4.nope": "1"}'
	bad 1 "/linux/sysctl/net.ipv4.nope" "no such"
	config '.linux.sysctl = {"vm.swappiness": "1"}'
	bad 1 "/linux/sysctl" "vm.swappiness" "is not in a separate kernel namespace"
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
		"user namespaces enabled" "mappings"
}

@test "unknown rlimit" {
	config '.process.rlimits = [{"type": "RLIMIT_FOO", "soft": 1, "hard": 1}]'
	bad 1 "/process/rlimits/0" "RLIMIT_FOO"
}

@test "rlimit above what the caller may" {
	ulimit -n 2000
	capsh --has-p=cap_sys_resource 2>/dev/null && skip "CAP_SYS_RESOURCE allows everything"
	config '.process.rlimits = [{"type": "RLIMIT_NOFILE", "soft": 3000, "hard": 3000}]'
	bad 1 "/process/rlimits/0" "operation not permitted" "CAP_SYS_RESOURCE"
}

@test "hook exits 3, is missing, runs too long" {
	config '.hooks = {"createRuntime": [{"path": "/bin/sh", "args": ["sh", "-c", "echo oops >&2; exit 3"]}]}'
	bad 1 "error running createRuntime hook #0: exit status 3" "oops"
	config '.hooks = {"createRuntime": [{"path": "/bin/true"}, {"path": "/bin/nohook"}]}'
	bad 1 "createRuntime hook #1" "/bin/nohook" "no such file or directory"
	config '.hooks = {"createRuntime": [{"path": "/bin/sleep", "args": ["sleep", "100"], "timeout": 1}]}'
	bad 1 "createRuntime hook #0" "hook ran past specified timeout of 1.0s"
}

@test "device of an unknown type, bad oomScoreAdj, negative uid" {
	config '.linux.devices = [{"path": "/dev/q", "type": "q"}]'
	bad 1 "/linux/devices/0/type"
	config '.linux.devices = [] | .process.oomScoreAdj = 5000'
	bad 1 "/process/oomScoreAdj"
	config 'del(.process.oomScoreAdj) | .process.user.uid = -1'
	bad 1 "/process/user/uid"
}

@test "what is not there yet is an error that names it" {
	config '.linux.intelRdt = {"closID": "x"}'
	bad 1 "/linux/intelRdt"
}

@test "unknown keys are tolerated with a suggestion" {
	config '.process.argz = ["x"]'
	run oci run "$ID"
	[ "$status" -eq 0 ]
	[[ "$output" == *"level=warning"*"/process/argz"*"process.args"* ]]
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
