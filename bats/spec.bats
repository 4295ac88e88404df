#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# spec: the config.json that people and tests start from.

load helpers
load process

setup() {
	setup_bundle
	mkdir "$TESTDIR/new"
	cd "$TESTDIR/new" || return 1
}

teardown() {
	teardown_bundle
}

# is EXPRESSION WANT: of config.json, compact
is() {
	local have
	have=$(jq -c "$1" config.json)
	[ "$have" = "$2" ] || {
		echo "$1 is $have, not $2"
		return 1
	}
}

@test "spec: every property" {
	run "$OCIRUN" spec
	code 0
	says ""
	is keys_unsorted '["ociVersion","process","root","hostname","mounts","linux"]'
	is .ociVersion '"1.3.0"'
	is '.process.terminal' true
	is '.process.user' '{"uid":0,"gid":0}'
	is '.process.args' '["sh"]'
	is '.process.cwd' '"/"'
	is '.process.env' '["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","TERM=xterm"]'
	is '.process.noNewPrivileges' true
	is '.process.rlimits' '[{"type":"RLIMIT_NOFILE","hard":1024,"soft":1024}]'
	for set in bounding effective permitted; do
		is ".process.capabilities.$set" '["CAP_AUDIT_WRITE","CAP_KILL","CAP_NET_BIND_SERVICE"]'
	done
	is '.process.capabilities | has("inheritable") or has("ambient")' false
	is .root '{"path":"rootfs","readonly":true}'
	is '[.mounts[].destination]' '["/proc","/dev","/dev/pts","/dev/shm","/dev/mqueue","/sys","/sys/fs/cgroup"]'
	is '[.mounts[].type]' '["proc","tmpfs","devpts","tmpfs","mqueue","sysfs","cgroup"]'
	is '.mounts[2].options' '["nosuid","noexec","newinstance","ptmxmode=0666","mode=0620","gid=5"]'
	is '.linux.resources' '{"devices":[{"allow":false,"access":"rwm"}]}'
	is '[.linux.namespaces[].type] - ["cgroup"]' '["pid","network","ipc","uts","mount"]'
	is '.linux.maskedPaths | contains(["/proc/kcore","/proc/keys","/sys/firmware"])' true
	is '.linux.readonlyPaths' '["/proc/bus","/proc/fs","/proc/irq","/proc/sys","/proc/sysrq-trigger"]'
}

@test "spec: a cgroup namespace exactly where there is only cgroup2" {
	"$OCIRUN" spec
	if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
		is '[.linux.namespaces[].type] | contains(["cgroup"])' true
	else
		is '[.linux.namespaces[].type] | contains(["cgroup"])' false
	fi
}

@test "spec: tabs, no newline at the end, the caller's umask" {
	(umask 027 && "$OCIRUN" spec)
	[ "$(stat -c %a config.json)" = 640 ]
	[ "$(tail -c 2 config.json)" = $'\n}' ]
	[ "$(tail -c 1 config.json)" = "}" ]
	grep -q $'^\t"ociVersion": "1.3.0",$' config.json
}

@test "spec: an existing file stays as it is" {
	echo mine >config.json
	run "$OCIRUN" spec
	code 1
	last "File config.json exists. Remove it first"
	[ "$(cat config.json)" = mine ]
	rm config.json
	ln -s "$TESTDIR/elsewhere" config.json
	run "$OCIRUN" spec
	code 1
	[ ! -e "$TESTDIR/elsewhere" ]
}

@test "spec --bundle, --file" {
	run "$OCIRUN" spec --bundle "$BUNDLE"
	code 1
	last "File config.json exists"
	mkdir sub
	"$OCIRUN" spec --bundle sub
	[ -s sub/config.json ]
	[ ! -e config.json ]
	"$OCIRUN" spec -b sub --file other.json
	cmp sub/config.json sub/other.json
	run "$OCIRUN" spec --bundle nosuch
	code 1
	last "'nosuch'" "no such file or directory"
}

@test "spec: what it writes runs" {
	rm "$BUNDLE/config.json"
	find_ptytool
	"$OCIRUN" spec --bundle "$BUNDLE"
	cd "$BUNDLE"
	run "$PTYTOOL" run expect='# ' send='hostname; exit 3\r' -- "$OCIRUN" --root "$ROOT" run "$ID"
	code 3
	[[ "$output" == *"$(jq -r .hostname config.json)"* ]]
}

@test "spec --rootless" {
	"$OCIRUN" spec --rootless
	is '[.linux.namespaces[].type] | contains(["user"])' true
	is '[.linux.namespaces[].type] | contains(["network"])' false
	is .linux.uidMappings "[{\"containerID\":0,\"hostID\":$(id -u),\"size\":1}]"
	is .linux.gidMappings "[{\"containerID\":0,\"hostID\":$(id -g),\"size\":1}]"
	is '.linux | has("resources")' false
	is '.mounts[] | select(.destination == "/sys")' \
		'{"destination":"/sys","type":"none","source":"/sys","options":["rbind","nosuid","noexec","nodev","ro"]}'
	is '[.mounts[].options // [] | .[] | select(test("^[ug]id="))]' '[]'
}

@test "spec --rootless as a user: his own ids" {
	command -v setpriv >/dev/null || skip "requires setpriv"
	# a place that he reaches
	dir=$(mktemp -d)
	cp "$OCIRUN" "$dir/ocirun"
	chown -R 1234:1235 "$dir"
	run setpriv --reuid 1234 --regid 1235 --clear-groups sh -c \
		"cd '$dir' && XDG_RUNTIME_DIR= ./ocirun spec --rootless"
	[ ! -e "$dir/config.json" ] || cp "$dir/config.json" .
	rm -r "$dir"
	code 0
	is .linux.uidMappings '[{"containerID":0,"hostID":1234,"size":1}]'
	is .linux.gidMappings '[{"containerID":0,"hostID":1235,"size":1}]'
}
