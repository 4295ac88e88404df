# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# For tests with criu. CRIU names the program (default: criu).

# Skip, with criu's own reason, unless it works with this kernel.
needs_criu() {
	local log=$BATS_RUN_TMPDIR/criu-check.log why
	: "${CRIU:=criu}"
	CRIU=$(command -v "$CRIU") || skip "requires criu (or CRIU=PATH)"
	built_with_criu
	"$CRIU" check -v1 -o "$log" >/dev/null 2>&1 || {
		why=$(sed -n 's/.*Error (\(.*\)/\1/p' "$log" | head -n 1)
		skip "$(criu_version) does not work with this kernel: $why"
	}
	[ -e "$BATS_FILE_TMPDIR/criu-works" ] || try_criu
}

criu_version() {
	"$CRIU" --version | sed -n 's/Version: /criu /p'
}

# Its check is content with kernels on which it can dump nothing (user-mode Linux):
# a process that does nothing, without ocirun.
try_criu() {
	local dir=$BATS_FILE_TMPDIR/criu-trial why
	mkdir -p "$dir"
	setsid sleep 100 </dev/null >/dev/null 2>&1 3>&- &
	"$CRIU" dump -t $! -D "$dir" -o log >/dev/null 2>&1 || {
		kill $!
		why=$(sed -n 's/.*Error ([^)]*): //p' "$dir/log" | head -n 1)
		skip "$(criu_version) dumps nothing on this kernel: $why"
	}
	: >"$BATS_FILE_TMPDIR/criu-works"
}

built_with_criu() {
	! "$OCIRUN" --root "$ROOT" restore --bundle "$TESTDIR" x 2>&1 |
		grep -q 'without-criu' || skip "built --without-criu"
}
