#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# SELinux: selinuxLabel, mountLabel and what has to have which label (runtime-spec
# config.md, config-linux.md; selinux(8)). Needs a policy that knows the types of
# container-selinux; `make check-vm VMFLAGS='--selinux bats/selinux.bats'` has a machine
# with a small one (tests/data/selinux), in enforcing mode.

load helpers
load container
load process

SELINUX=/sys/fs/selinux
PROC=system_u:system_r:container_t:s0
FILE=system_u:object_r:container_file_t:s0

setup() {
	needs_selinux
	find_ptytool
	setup_bundle
	config --arg p "$PROC:c1,c2" --arg f "$FILE:c1,c2" '.root.readonly = false |
		.process.selinuxLabel = $p | .linux.mountLabel = $f'
	label_rootfs
	# the runtime in the domain that a policy has for it
	cp "$OCIRUN" "$TESTDIR/ocirun"
	chcon system_u:object_r:container_runtime_exec_t:s0 "$TESTDIR/ocirun"
	OCIRUN=$TESTDIR/ocirun
}

teardown() {
	teardown_bundle
}

needs_selinux() {
	[ -e $SELINUX/enforce ] || skip "requires SELinux (make check-vm VMFLAGS=--selinux)"
	# the kernel says whether the policy knows a label
	printf %s "$PROC:c1,c2" 2>/dev/null >$SELINUX/context ||
		skip "requires an SELinux policy with container_t"
}

needs_enforcing() {
	[ "$(cat $SELINUX/enforce)" = 1 ] || skip "requires SELinux in enforcing mode"
}

label_rootfs() {
	chcon -R "$FILE" "$BUNDLE/rootfs"
}

# The label of a process, of a file: without the NUL that some kernels add.
label_of() {
	tr -d '\0\n' <"/proc/$1/attr/current"
}
pid_of() {
	oci state "$ID" | jq .pid
}
# seen FILE: its label as the container sees it
seen() {
	stat -L -c %C "/proc/$(pid_of)/root$1"
}

# is WANTED GOT
is() {
	[ "$1" = "$2" ] || {
		echo "wanted '$1', got '$2'"
		return 1
	}
}

# prints_label LABEL ARG...: ocirun with these prints just this
prints_label() {
	local want=$1
	shift
	run timeout -k 5 30 "$OCIRUN" --root "$ROOT" "$@"
	code 0
	is "$want" "$(tr -d '\0\n ' <<<"$output")"
}

background() {
	oci run -d "$ID" </dev/null >"$TESTDIR/out" 2>&1 || {
		cat "$TESTDIR/out"
		return 1
	}
}

@test "selinuxLabel: the program has it, and nothing else stays set" {
	works 'cat /proc/self/attr/current
		for a in exec keycreate sockcreate fscreate; do
			echo "$a: $(cat /proc/self/attr/$a)."
		done'
	is "$PROC:c1,c2exec: .keycreate: .sockcreate: .fscreate: ." \
		"$(tr -d '\0\n' <<<"$output")"
	works 'read -r was </proc/self/attr/prev; echo "$was"'
	[[ "$output" == *:container_runtime_t:* ]]
}

@test "selinuxLabel for a user, without capabilities, in a user namespace, with and without no_new_privs" {
	args cat /proc/self/attr/current
	for nnp in true false; do
		config --argjson n $nnp '.process.noNewPrivileges = $n'
		prints_label "$PROC:c1,c2" run "$ID"
	done
	config '.process.user = {uid: 1000, gid: 1000} | .process.capabilities = {}'
	prints_label "$PROC:c1,c2" run "$ID"
	map_users
	prints_label "$PROC:c1,c2" run "$ID"
	config '.process.user = {uid: 0, gid: 0}'
	prints_label "$PROC:c1,c2" run "$ID"
}

@test "create: in the runtime's domain, executed from its sealed copy; start: in the container's" {
	args sleep 1000
	oci create "$ID" </dev/null >"$TESTDIR/out" 2>&1
	pid=$(pid_of)
	[[ "$(label_of "$pid")" == *:container_runtime_t:* ]]
	# a memfd gets the type that policies name for what the runtime has on tmpfs
	[[ "$(stat -L -c %C "/proc/$pid/exe")" == *:container_runtime_tmpfs_t:* ]]
	oci start "$ID"
	is "$PROC:c1,c2 $FILE" "$(label_of "$pid") $(stat -L -c %C "/proc/$pid/exe")"
}

@test "exec: the container's label, --process-label, that of process.json" {
	config '.process.args = ["sleep", "1000"]'
	background
	prints_label "$PROC:c1,c2" exec "$ID" cat /proc/self/attr/current
	prints_label "$PROC:c1,c2" exec --user 1000 "$ID" cat /proc/self/attr/current
	prints_label "$PROC:c3" exec --process-label "$PROC:c3" "$ID" cat /proc/self/attr/current
	jq --arg l "$PROC:c4" '.process | .selinuxLabel = $l |
		.args = ["cat", "/proc/self/attr/current"]' config.json >"$TESTDIR/p.json"
	prints_label "$PROC:c4" exec --process "$TESTDIR/p.json" "$ID"
	jq 'del(.selinuxLabel)' "$TESTDIR/p.json" >"$TESTDIR/p2.json"
	prints_label "$PROC:c1,c2" exec --process "$TESTDIR/p2.json" "$ID"
}

@test "the session keyring has the label of the process" {
	command -v keyctl >/dev/null || skip "requires keyctl"
	config '.process.args = ["sleep", "1000"]'
	# keyring UID: the label of the container's, as its owner sees it
	keyring() {
		setpriv --reuid "$1" --clear-groups bash -c '
			key=$(awk -v name="_ses.$1:" "index(\$0, name) { print \$1 }" /proc/keys)
			keyctl security "0x${key:?no keyring}"' keyring "$ID"
	}
	background
	is "$PROC:c1,c2" "$(keyring 0)"
	oci exec "$ID" true
	is "$PROC:c1,c2" "$(keyring 0)"
	oci delete --force "$ID"
	map_users
	background
	is "$PROC:c1,c2" "$(keyring 100000)"
}

# has_context TYPE PATH: of the mount that the container has there
has_context() {
	is_mnt "$2" type "$1"
	[[ "$(mnt "$2" super)" == *"$OPTION=\"$FILE:c1,c2\""* ]] || {
		echo "no $OPTION at $2: $(mnt "$2" super)"
		return 1
	}
}
no_context() {
	is_mnt "$2" type "$1"
	[[ "$(mnt "$2" super)" != *"$FILE"* ]] || {
		echo "a label at $2: $(mnt "$2" super)"
		return 1
	}
}

@test "mountLabel: new file systems have it, except those that cannot; binds keep theirs" {
	mkdir "$TESTDIR/src" rootfs/masked
	chcon "$FILE:c7" "$TESTDIR/src" rootfs/masked
	add_bind /src "$TESTDIR/src"
	config '.process.args = ["sleep", "1000"] | .linux.maskedPaths += ["/masked"]'
	background
	OPTION=context
	output=$(cat "/proc/$(pid_of)/mountinfo")
	for at in "tmpfs /dev" "devpts /dev/pts" "tmpfs /dev/shm" "tmpfs /masked"; do
		# shellcheck disable=SC2086
		has_context $at
	done
	no_context proc /proc
	no_context sysfs /sys
	# it gives its only instance a label as any other file
	no_context mqueue /dev/mqueue
	is "$FILE:c1,c2" "$(seen /dev/mqueue)"
	is "$FILE:c7" "$(seen /src)"
	is "$FILE:c1,c2 $FILE:c1,c2" "$(seen /dev/shm) $(seen /dev/null)"
	oci exec "$ID" sh -c 'echo x >/dev/shm/x && ! ls /src'
}

@test "mountLabel in a user namespace, and with the calls of old kernels" {
	config '.process.args = ["sleep", "1000"]'
	find_helper nosys
	"$HELPER" open_tree,move_mount,fsopen,mount_setattr "$OCIRUN" --root "$ROOT" run -d "$ID" </dev/null \
		>"$TESTDIR/out" 2>&1 || {
		cat "$TESTDIR/out"
		return 1
	}
	OPTION=context
	output=$(cat "/proc/$(pid_of)/mountinfo")
	has_context tmpfs /dev
	has_context devpts /dev/pts
	oci delete --force "$ID"
	map_users
	background
	output=$(cat "/proc/$(pid_of)/mountinfo")
	has_context tmpfs /dev
	has_context devpts /dev/pts
	is "$FILE:c1,c2" "$(seen /dev/mqueue)"
}

@test "run.oci.mount_context_type: the option that gives the label" {
	mkdir rootfs/masked
	for OPTION in fscontext rootcontext context; do
		config --arg o "$OPTION" '.annotations["run.oci.mount_context_type"] = $o |
			.process.args = ["sleep", "1000"] | .linux.maskedPaths = ["/masked"]'
		background
		output=$(cat "/proc/$(pid_of)/mountinfo")
		has_context tmpfs /dev
		has_context devpts /dev/pts
		has_context tmpfs /masked
		oci delete --force "$ID"
	done
}

# Through the program that has the other end of the terminal.
on_tty() {
	run timeout 30 "$PTYTOOL" run -- "$OCIRUN" --root "$ROOT" "$@" </dev/null
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "a terminal has mountLabel, with run and exec, and whatever the context type is" {
	for OPTION in context fscontext rootcontext; do
		config --arg o "$OPTION" '.annotations["run.oci.mount_context_type"] = $o |
			.process.terminal = true | .process.args = ["sh", "-c",
			"echo hello >/dev/tty; tty"]'
		on_tty run "$ID"
		[[ "$output" == *hello*/dev/pts/0* ]]
	done
	config '.process.terminal = false | .process.args = ["sleep", "1000"]'
	background
	on_tty exec -t "$ID" sh -c 'echo hello >/dev/tty; cat /proc/self/attr/current'
	[[ "$output" == *hello*"$PROC:c1,c2"* ]]
}

@test "mounts that are added to a running container have mountLabel" {
	config '.process.args = ["sleep", "1000"]'
	background
	echo '[{"destination": "/new", "type": "tmpfs", "source": "tmpfs"}]' >"$TESTDIR/m.json"
	oci mounts add "$ID" "$TESTDIR/m.json"
	OPTION=context
	output=$(cat "/proc/$(pid_of)/mountinfo")
	has_context tmpfs /new
	oci exec "$ID" touch /new/x
}

@test "hooks: those of the runtime in its domain, startContainer as the container" {
	config --arg d "$TESTDIR" '.hooks = {
		createRuntime: [{path: "/bin/sh", args: ["sh", "-c",
			"cat /proc/self/attr/current >\($d)/hook"]}],
		startContainer: [{path: "/bin/sh", args: ["sh", "-c",
			"cat /proc/self/attr/current >/hook"]}]}'
	args true
	oci run "$ID"
	[[ "$(tr -d '\0' <"$TESTDIR/hook")" == *:container_runtime_t:* ]]
	is "$PROC:c1,c2" "$(tr -d '\0\n ' <rootfs/hook)"
}

@test "without labels nothing is labelled" {
	config 'del(.process.selinuxLabel, .linux.mountLabel)'
	works 'cat /proc/self/attr/current; grep context= /proc/mounts || true'
	[[ "$output" == *:container_runtime_t:* && "$output" != *context=* ]]
	config '.process.selinuxLabel = "" | .linux.mountLabel = ""'
	works 'cat /proc/self/attr/current'
	[[ "$output" == *:container_runtime_t:* ]]
}

@test "a label that the policy does not know is an error, and which" {
	args true
	for label in "${PROC/container_t/nosuch_t}" garbage "$PROC:c1,c99999"; do
		config --arg l "$label" '.process.selinuxLabel = $l'
		refused /process/selinuxLabel "'$label'" "policy does not know the label"
		run oci run --no-new-keyring "$ID"
		refuses /process/selinuxLabel "'$label'" "policy does not know the label"
		[ ! -e "$ROOT/$ID" ]
	done
	config --arg l "$PROC" '.process.selinuxLabel = $l | .linux.mountLabel = "no:such:label"'
	refused /linux/mountLabel no:such:label "policy does not know this label"
	config 'del(.linux.mountLabel) | .process.args = ["sleep", "1000"]'
	background
	run oci exec --process-label garbage "$ID" true
	code 255
	last /process/selinuxLabel "'garbage'" "policy does not know the label"
}

@test "a label that the policy does not let the runtime change to: the program does not run" {
	needs_enforcing
	# a type of files is in no role of processes, and a domain of the kernel not ours
	label=$(tr -d '\0\n' </proc/1/attr/current)
	[[ "$label" != *:container_t:* ]]
	config --arg l "$label" '.process.selinuxLabel = $l'
	args touch /ran
	for nnp in true false; do
		config --argjson n $nnp '.process.noNewPrivileges = $n'
		run oci run "$ID"
		[ "$status" -ne 0 ]
		last "exec /bin/touch" "policy" "'$label'"
		[ ! -e rootfs/ran ]
	done
	config --arg l "$PROC" '.process.selinuxLabel = $l | .process.args = ["sleep", "1000"]'
	background
	run oci exec --process-label "$label" "$ID" touch /ran
	[ "$status" -ne 0 ]
	last "exec /bin/touch" "policy" "'$label'"
	[ ! -e rootfs/ran ]
}

@test "enforcing: what the policy denies the container is denied, and only that" {
	needs_enforcing
	for f in mine theirs host; do
		echo "$f" >"rootfs/$f"
	done
	chcon "$FILE:c1,c2" rootfs/mine
	chcon "$FILE:c3,c4" rootfs/theirs
	chcon system_u:object_r:container_runtime_exec_t:s0 rootfs/host
	prints "mine" 'cat /mine; cat /theirs /host 2>/dev/null || true'
	works '! echo x >>/theirs && echo x >>/mine'
}
