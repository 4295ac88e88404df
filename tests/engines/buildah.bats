#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# buildah: no daemon; storage of its own, --isolation oci.

# shellcheck disable=SC2154 # output, stderr and all are set by expect()
load engine

setup_file() {
	[ -z "$(missing buildah)" ] || return 0
	setup_engine
	printf '%s\n' '[containers]' 'netns="none"' \
		'default_ulimits=["nofile=1024:1024","nproc=1024:1024"]' \
		'[engine]' "runtime=\"$OCIRUN\"" >"$ENGINE/containers.conf"
	export CONTAINERS_CONF=$ENGINE/containers.conf TMPDIR=$ENGINE/tmp \
		BUILDAH_RUNTIME=$OCIRUN BUILDAH_ISOLATION=oci
	printf '%s\n' '#!/bin/sh' \
		"exec $(command -v buildah) --root '$ENGINE/data' --runroot '$ENGINE/run' \"\$@\"" \
		>"$ENGINE/bin/buildah"
	chmod 755 "$ENGINE/bin/buildah"
	hash -r
	local c
	c=$(buildah from scratch)
	buildah add -q "$c" "$ENGINE/image.tar" / >/dev/null
	buildah config --cmd sh "$c" 2>/dev/null
	buildah commit -q "$c" localhost/busybox >/dev/null
	buildah rm "$c" >/dev/null
	mkdir -p "$ENGINE/context"
	echo of the context >"$ENGINE/context/file"
}

setup() {
	requires buildah
	C=
}

teardown() {
	[ -n "${ENGINE-}" ] || return 0
	[ -z "$C" ] || buildah rm "$C" >/dev/null
}

teardown_file() {
	[ -n "${ENGINE-}" ] || return 0
	buildah rmi -af >/dev/null
	teardown_engine
}

from() { C=$(buildah from localhost/busybox); }

@test "buildah run: output, exit codes, input, user, directory" {
	from
	says hello buildah run "$C" echo hello
	expect 7 buildah run "$C" sh -c 'exit 7'
	fails 1 no-such-program buildah run "$C" no-such-program
	says word buildah run "$C" cat <<<word
	says '1000 1001' buildah run --user 1000:1001 "$C" sh -c 'echo $(id -u) $(id -g)'
	says /etc buildah run --workingdir /etc "$C" pwd
	says v buildah run -e E=v "$C" sh -c 'echo $E'
	says box buildah run --hostname box "$C" hostname
}

@test "buildah run: a terminal, volumes, capabilities" {
	from
	expect 0 script -qec "buildah run -t $C tty" /dev/null
	[[ "$output" == */dev/pts/* ]]
	says 'of the context' buildah run -v "$ENGINE/context:/v:ro" "$C" cat /v/file
	fails 1 Read-only buildah run -v "$ENGINE/context:/v:ro" "$C" touch /v/new
	expect 0 buildah run --mount type=tmpfs,dst=/t "$C" sh -c 'grep " /t " /proc/mounts'
	expect 0 buildah run --cap-drop CAP_CHOWN "$C" sh -c 'touch /f && ! chown 1 /f'
	says 2 buildah run "$C" awk '/^Seccomp:/ { print $2 }' /proc/self/status
}

@test "buildah bud" {
	printf '%s\n' 'FROM localhost/busybox' 'RUN mkdir /made && echo $(id -u) >/made/id' \
		'COPY file /made/' 'USER 1000' 'RUN ! touch /made/no 2>/dev/null' \
		>"$ENGINE/context/Dockerfile"
	printf '%s\n' 'FROM localhost/busybox' 'RUN exit 4' >"$ENGINE/context/failing"
	expect 0 buildah bud -q --no-cache -t built "$ENGINE/context"
	C=$(buildah from localhost/built)
	says 'of the context' buildah run "$C" cat /made/file
	says 0 buildah run "$C" cat /made/id
	says 1000 buildah run "$C" id -u
	if expect 0 buildah bud -q -f "$ENGINE/context/failing" "$ENGINE/context"; then false; fi
	[[ "$all" == *"exit status 4"* ]]
}

@test "buildah run --userns-uid-map: a user namespace" {
	C=$(buildah from --userns-uid-map 0:100000:65536 --userns-gid-map 0:100000:65536 \
		localhost/busybox)
	says '0 100000 65536' buildah run "$C" awk '{ print $1, $2, $3 }' /proc/self/uid_map
	says 0 buildah run "$C" stat -c %u /etc
}
