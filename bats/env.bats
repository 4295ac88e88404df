#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# runtime-spec config.md, "Process": env and args, and how the program is found.

load helpers
load process

setup() {
	setup_bundle
	# the environment as the program gets it, line by line
	args env
}

teardown() {
	teardown_bundle
}

env_is() {
	local list=[] word
	for word; do
		list=$(jq -c --arg w "$word" '. + [$w]' <<<"$list")
	done
	config --argjson e "$list" '.process.env = $e'
}

# program PATH TEXT: a script of the container that prints the text
program() {
	mkdir -p "rootfs${1%/*}"
	printf '#!/bin/sh\necho %s "$0" "$@"\n' "$2" >"rootfs$1"
	chmod +x "rootfs$1"
}

# ---- env ---------------------------------------------------------------------------

@test "exactly what the config says, and HOME" {
	env_is PATH=/bin A=1 "B=two words" C= D==x "E=ü"
	LEAK=1 run oci run "$ID"
	code 0
	says $'PATH=/bin\nA=1\nB=two words\nC=\nD==x\nE=ü\nHOME=/root'
}

@test "of a name that is there twice the last one counts" {
	env_is PATH=/bin A=1 B=1 A=2 PATH=/bin:/usr/bin A=3
	run oci run "$ID"
	code 0
	says $'B=1\nPATH=/bin:/usr/bin\nA=3\nHOME=/root'
}

@test "HOME: from the container's passwd, for the uid, / without" {
	env_is PATH=/bin
	args sh -c 'echo $HOME'
	run oci run "$ID"
	says /root
	config '.process.user = {"uid": 1000, "gid": 1000}'
	run oci run "$ID"
	says /home/user
	config '.process.user.uid = 1001'
	run oci run "$ID"
	says /
	rm rootfs/etc/passwd
	config '.process.user.uid = 0'
	run oci run "$ID"
	says /
}

@test "HOME: one that is set stays, an empty one is none" {
	args sh -c 'echo $HOME'
	env_is PATH=/bin HOME=/mine
	run oci run "$ID"
	says /mine
	env_is PATH=/bin HOME=
	run oci run "$ID"
	says /root
}

@test "HOME: a passwd that is odd does no harm" {
	env_is PATH=/bin
	args sh -c 'echo $HOME'
	printf 'broken\n:::\nroot:x:zero:0::/bad:/bin/sh\nx:x:0:0::\nroot:x:0:0:::\nr:x:0:0:r:/second:/bin/sh' >rootfs/etc/passwd
	run oci run "$ID"
	code 0
	[[ "$output" == /second || "$output" == / ]]
	rm rootfs/etc/passwd
	mkfifo rootfs/etc/passwd
	SECONDS=0
	run oci run "$ID"
	code 0
	says /
	[ "$SECONDS" -lt 9 ]
	rm rootfs/etc/passwd
	head -c 20000000 /dev/zero >rootfs/etc/passwd
	run oci run "$ID"
	code 0
	says /
}

@test "no env at all" {
	config 'del(.process.env)'
	args /bin/env
	run oci run "$ID"
	code 0
	says HOME=/root
}

@test "entries that are none" {
	for bad in NOEQUAL "" "=x"; do
		env_is PATH=/bin A=1 "$bad"
		run oci run "$ID"
		code 1
		last /process/env/2 "invalid environment variable"
	done
	config '.process.env = ["PATH=/bin", 5]'
	run oci run "$ID"
	code 1
	last /process/env/1 "expected string"
	config '.process.env = ["PATH=/bin", "A=x\u0000y"]'
	run oci run "$ID"
	code 1
	last /process/env/1 "NUL"
}

@test "large: thousands of variables, and more than the kernel takes" {
	config '.process.env += [range(5000) | "V\(.)=value-of-variable-\(.)"]'
	run oci run "$ID"
	code 0
	[ "$(grep -c '^V[0-9]*=value-of-variable-[0-9]*$' <<<"$output")" -eq 5000 ]
	config '.process.env = ["PATH=/bin", "BIG=" + ("x" * 200000)]'
	run oci run "$ID"
	[ "$status" -ne 0 ]
	last "argument list too long"
}

@test "sockets of systemd: LISTEN_FDS" {
	echo activated >"$TESTDIR/f"
	args sh -c 'echo $LISTEN_FDS $LISTEN_PID $$ $LISTEN_FDNAMES; cat <&3'
	run sh -c "LISTEN_FDS=1 LISTEN_FDNAMES=x LISTEN_PID=\$\$ exec '$OCIRUN' --root '$ROOT' run '$ID' 3<'$TESTDIR/f'"
	code 0
	[ "${lines[0]}" = "1 1 1" ]
	[ "${lines[1]}" = activated ]
	# meant for somebody else
	args sh -c 'echo "<$LISTEN_FDS>"; ls /proc/self/fd'
	LISTEN_FDS=1 LISTEN_PID=1 run oci run "$ID" 3<"$TESTDIR/f"
	code 0
	[ "$(flat <<<"$output")" = "<> 0 1 2 3" ]
}

# ---- args ---------------------------------------------------------------------------

@test "args arrive as they are" {
	cat >rootfs/bin/show <<-'END'
		#!/bin/sh
		for a; do echo "<$a>"; done
	END
	chmod +x rootfs/bin/show
	args show "a b" "" "*" '$HOME' "ü" $'two\nlines' -x
	run oci run "$ID"
	code 0
	says $'<a b>\n<>\n<*>\n<$HOME>\n<ü>\n<two\nlines>\n<-x>'
}

@test "args[0] is found in the PATH of process.env, in order" {
	program /opt/a/prog one
	program /opt/b/prog two
	args prog x
	env_is PATH=/none:/opt/b:/opt/a
	run oci run "$ID"
	says "two /opt/b/prog x"
	env_is PATH=/opt/a:/opt/b
	run oci run "$ID"
	says "one /opt/a/prog x"
	# not the runtime's
	env_is PATH=/bin
	PATH=$PATH:/opt/a run oci run "$ID"
	code 1
	last 'exec: \"prog\": executable file not found in $PATH' "/bin"
}

@test "what is no program is passed over in PATH" {
	program /opt/b/prog two
	mkdir -p rootfs/opt/a/prog rootfs/opt/c
	echo x >rootfs/opt/c/prog
	args prog
	env_is PATH=/opt/a:/opt/c:/opt/b
	run oci run "$ID"
	code 0
	says "two /opt/b/prog"
	env_is PATH=/opt/c
	run oci run "$ID"
	code 1
	last 'exec: \"prog\": executable file not found in $PATH' "/opt/c/prog" "not executable"
}

@test "without PATH no name is found, a path is" {
	config '.process.env = []'
	args true
	run oci run "$ID"
	code 1
	last 'exec: \"true\": executable file not found in $PATH'
	args /bin/true
	run oci run "$ID"
	code 0
	env_is PATH=
	args true
	run oci run "$ID"
	code 1
}

@test "a path with a slash is relative to cwd" {
	program /opt/sub/prog here
	config '.process.cwd = "/opt"'
	args ./sub/prog
	run oci run "$ID"
	code 0
	says "here ./sub/prog"
	args sub/prog
	run oci run "$ID"
	code 0
	args ../opt/sub/prog
	run oci run "$ID"
	code 0
	args ./prog
	run oci run "$ID"
	code 1
	last 'exec: \"./prog\": stat ./prog: no such file or directory'
}

@test "a program that only the user may not reach" {
	program /opt/prog x
	chmod 0700 rootfs/opt
	config '.process.user = {"uid": 1000, "gid": 1000} | .process.capabilities = {}'
	args /opt/prog
	run oci run "$ID"
	code 1
	last "/opt/prog" "permission denied"
}

@test "symbolic links are followed inside the container only" {
	program /opt/prog x
	ln -s /opt/prog rootfs/bin/link
	ln -s "$TESTDIR/host-prog" rootfs/bin/out
	printf '#!/bin/sh\necho outside\n' >"$TESTDIR/host-prog"
	chmod +x "$TESTDIR/host-prog"
	args /bin/link
	run oci run "$ID"
	code 0
	args /bin/out
	run oci run "$ID"
	code 1
	last "/bin/out" "no such file or directory"
	ln -s loop rootfs/bin/loop
	args /bin/loop
	run oci run "$ID"
	code 1
	last "too many levels of symbolic links"
}

@test "a name that is nearly right" {
	args bussybox
	run oci run "$ID"
	code 1
	last 'exec: \"bussybox\"' "busybox'"
}
