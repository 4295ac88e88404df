# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What each generated test does; see `conformance.tap`.

# conforms PROGRAM WHY: it ends with 0, with no failed check. Some are races (killsig:
# whether a shell has set its trap; poststart: whose output is first, the program's or
# the hook's), so it has five attempts. With a reason WHY a failure is a skip.
conforms() {
	local log=$BATS_TEST_TMPDIR/log attempt
	cd "$RUNTIME_TOOLS" || return 1
	for attempt in 1 2 3 4 5; do
		attempt "$1" >"$log" 2>&1 && return 0
		case $2 in
		'' | race*) ;;
		*) skip "$2" ;;
		esac
		echo "attempt $attempt:"
		grep -v '^ok ' "$log" | head -n 60
	done
	[ -z "$2" ] || skip "$2"
	return 1
}

# A program without checks of its own tells by an "error" alone. Some make
# containers that share the caller's namespaces and leave their mounts there: in
# namespaces of its own these end with it, and nothing is removed before that.
attempt() {
	local status=0 out
	mkdir "$BUNDLES"
	out=$(TMPDIR=$BUNDLES timeout -k 5 120 \
		unshare -m -u -i --propagation private "$1" 2>&1 3>&-) || status=$?
	printf '%s\nexit status %s\n' "$out" "$status"
	clean_up
	[ "$status" -eq 0 ] || return 1
	! grep -q '^not ok' <<<"$out" || return 1
	grep -q '^ok' <<<"$out" || ! grep -q '^ *"error": ".' <<<"$out"
}

# What a failed program leaves running.
clean_up() {
	local id
	for id in $("$RUNTIME" list -q); do
		"$RUNTIME" delete --force "$id" || true
	done
	! grep -F " $BUNDLES/" /proc/self/mountinfo || return 1
	rm -rf --one-file-system "$BUNDLES"
}
