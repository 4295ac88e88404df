#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# update: new limits in force, remembered, and taken back when one is refused.

load helpers

setup() {
	setup_bundle
	config '.process.args = ["sleep", "1000"]'
}

teardown() {
	teardown_bundle
}

# file CONTROLLER NAME: path of a file in the container's cgroup.
file() {
	echo "$(jq -r --arg c "$1" '.cgroup_paths | .[$c] // .[""]' \
		"$ROOT/$ID/state.json")/$2"
}

# has CONTROLLER NAME VALUE: the file holds the value.
has() {
	local got
	got=$(cat "$(file "$1" "$2")")
	[ "$got" = "$3" ] || { echo "$1 $2: $got, wanted $3"; return 1; }
}

# stored JQ VALUE: what the next update will see.
stored() {
	local got
	got=$(jq -c "$1" "$ROOT/$ID/resources.json")
	[ "$got" = "$2" ] || { echo "stored $1: $got, wanted $2"; return 1; }
}

is_v2() {
	[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]
}

needs() {
	if is_v2; then
		grep -qw "$1" /sys/fs/cgroup/cgroup.controllers ||
			skip "requires the $1 controller"
	else
		[ -d "/sys/fs/cgroup/$1" ] || skip "requires the $1 hierarchy"
	fi
}

# quota QUOTA PERIOD in force, on either version.
quota() {
	if is_v2; then
		has cpu cpu.max "${1/-1/max} $2"
	else
		has cpu cpu.cfs_quota_us "$1" && has cpu cpu.cfs_period_us "$2"
	fi
}

@test "pids limit, option before and after the id; 0 is 1, -1 is max" {
	needs pids
	oci run -d "$ID"
	oci update "$ID" --pids-limit 20
	has pids pids.max 20
	oci update --pids-limit=0 "$ID"
	has pids pids.max 1
	oci update -pids-limit -1 "$ID"
	has pids pids.max max
	stored .pids.limit -1
}

reserved() {
	if is_v2; then
		has memory memory.low "$1"
	else
		is_soft_limit "$(file memory memory.soft_limit_in_bytes)" "$1"
	fi
}

@test "memory: suffixes, memory and swap together, no limit" {
	needs memory
	limit=memory.limit_in_bytes
	is_v2 && limit=memory.max
	oci run -d "$ID"
	unlimited=$(cat "$(file memory $limit)")
	oci update --memory 64M --memory-reservation 32m "$ID"
	has memory $limit 67108864
	reserved 33554432
	oci update --memory 52428800 "$ID"
	has memory $limit 52428800
	reserved 33554432
	if ! is_v2 && [ -e "$(file memory memory.memsw.limit_in_bytes)" ]; then
		oci update --memory 30M --memory-swap 50M "$ID"
		has memory memory.memsw.limit_in_bytes 52428800
		# more memory than there was with swap
		oci update --memory 60M --memory-swap 80M "$ID"
		has memory $limit 62914560
		has memory memory.memsw.limit_in_bytes 83886080
		run oci update --memory 100M "$ID"
		[ "$status" -eq 1 ]
		[[ "$output" == *"memory+swap limit should be >= memory limit"* ]]
		has memory $limit 62914560
	fi
	oci update --memory -1 "$ID"
	has memory $limit "$unlimited"
}

@test "cpu: quota and period are one limit" {
	needs cpu
	# whole percents of a CPU: systemd knows no others
	config '.linux.resources.cpu = {shares: 100, quota: 400000, period: 1000000}'
	oci run -d "$ID"
	quota 400000 1000000
	oci update --cpu-period 800000 "$ID"
	quota 400000 800000
	oci update --cpu-quota 600000 "$ID"
	quota 600000 800000
	# an update of something else forgets nothing
	oci update --cpu-share 200 "$ID"
	quota 600000 800000
	oci update --cpu-period 500000 "$ID"
	quota 600000 500000
	oci update --cpu-quota -1 --cpu-period 100000 "$ID"
	quota -1 100000
	is_v2 || has cpu cpu.shares 200
}

@test "cpu.idle stays idle" {
	needs cpu
	oci run -d "$ID"
	[ -e "$(file cpu cpu.idle)" ] || skip "requires cpu.idle"
	oci update --cpu-share 200 "$ID"
	for v in 1 0 1; do
		oci update --cpu-idle $v "$ID"
		has cpu cpu.idle $v
	done
	oci update --cpu-period 10000 "$ID"
	has cpu cpu.idle 1
	for v in -1 2 x; do
		run oci update --cpu-idle $v "$ID"
		[ "$status" -eq 1 ]
		has cpu cpu.idle 1
	done
}

@test "cpuset" {
	needs cpuset
	oci run -d "$ID"
	oci update --cpuset-cpus 0 --cpuset-mems 0 "$ID"
	has cpuset cpuset.cpus 0
	has cpuset cpuset.mems 0
}

@test "one refused limit takes back the others" {
	needs pids
	needs cpuset
	config '.linux.resources.pids.limit = 40'
	oci run -d "$ID"
	before=$(cat "$(file cpuset cpuset.cpus)")
	run oci update --pids-limit 7 --cpuset-cpus 4000 "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"/linux/resources/cpu/cpus"* ]]
	has pids pids.max 40
	has cpuset cpuset.cpus "$before"
	[ ! -e "$ROOT/$ID/resources.json" ]
}

@test "--resources from a file and from standard input; unknown keys are warned of" {
	needs pids
	oci run -d "$ID"
	echo '{"pids": {"limit": 30}, "devices": [{"allow": true, "access": "rwm"}],
		"hugepageLimits": null}' >"$TESTDIR/r.json"
	oci update --resources "$TESTDIR/r.json" --pids-limit 99 "$ID"
	has pids pids.max 30
	oci update -r - "$ID" <<<'{"pids": {"limit": 31}}'
	has pids pids.max 31
	run oci update -r - "$ID" <<<'{"pids": {"limit": 32}, "pid": 1}'
	[ "$status" -eq 0 ]
	[[ "$output" == *"/pid: unknown property"* ]]
	has pids pids.max 32
	# the device rules are those of the start
	stored .devices "$(jq -c '.linux.resources.devices |
		map({allow, type: "a", access})' config.json)"
}

@test "--resources that are no resources change nothing" {
	oci run -d "$ID"
	for text in '' '[]' '{"pids": {"limit": "x"}}' '{"cpu": {"idle": 7}}'; do
		run oci update -r - "$ID" <<<"$text"
		[ "$status" -eq 1 ]
	done
	run oci update -r "$TESTDIR/nosuch" "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"no such file"* ]]
	[ ! -e "$ROOT/$ID/resources.json" ]
}

@test "unified: all or nothing, remembered by key" {
	requires cgroup2
	oci run -d "$ID"
	oci update -r - "$ID" <<<'{"unified": {"cgroup.max.depth": "5"}}'
	has "" cgroup.max.depth 5
	run oci update -r - "$ID" \
		<<<'{"unified": {"cgroup.max.depth": "6", "cgroup.max.descendants": "x"}}'
	[ "$status" -eq 1 ]
	[[ "$output" == *"cgroup.max.descendants"* ]]
	has "" cgroup.max.depth 5
	oci update -r - "$ID" <<<'{"unified": {"cgroup.max.descendants": "9"}}'
	stored .unified '{"cgroup.max.depth":"5","cgroup.max.descendants":"9"}'
}

@test "unified on cgroup v1 is refused" {
	requires cgroup1
	oci run -d "$ID"
	run oci update -r - "$ID" <<<'{"unified": {"pids.max": "3"}}'
	[ "$status" -eq 1 ]
	[[ "$output" == *"cannot use unified on cgroup v1"* ]]
}

@test "checkBeforeUpdate refuses a limit below what is in use" {
	requires cgroup2
	needs memory
	oci run -d "$ID"
	run oci update -r - "$ID" \
		<<<'{"memory": {"limit": 1024, "checkBeforeUpdate": true}}'
	[ "$status" -eq 1 ]
	[[ "$output" == *"rejecting memory limit"* ]]
	run oci update -r - "$ID" \
		<<<'{"memory": {"limit": 1024, "swap": 2048, "checkBeforeUpdate": true}}'
	[ "$status" -eq 1 ]
	[[ "$output" == *"rejecting memory+swap limit"* ]]
	[ "$(status_of "$ID")" = running ]
}

@test "block io: devices are added and replaced" {
	needs blkio
	f=$(find /sys/block -maxdepth 1 -name '[svn]*' -o -name 'loop0' | head -1)
	[ -n "$f" ] || skip "requires a block device"
	dev=$(cat "$f/dev")
	oci run -d "$ID"
	f=$(file blkio blkio.throttle.read_bps_device)
	[ -e "$f" ] || skip "requires blkio.throttle"
	for rate in 1048576 2097152; do
		oci update -r - "$ID" <<<"{\"blockIO\": {\"throttleReadBpsDevice\": [
			{\"major\": ${dev%:*}, \"minor\": ${dev#*:}, \"rate\": $rate}]}}"
		[ "$(cat "$f")" = "$dev $rate" ]
	done
	stored '.blockIO.throttleReadBpsDevice | length' 1
}

@test "bad values are named" {
	oci run -d "$ID"
	while read -r option value text; do
		run oci update "--$option" "$value" "$ID"
		[ "$status" -eq 1 ]
		[[ "$output" == *"invalid value for $option: $text"* ]]
	done <<-EOT
		memory 3x invalid suffix
		memory -5 invalid size
		memory-swap k invalid size
		memory-reservation 99999999p size out of range
		cpu-share -1 not a number
		cpu-quota 1.5 not a number
		pids-limit ten not a number
		blkio-weight 70000 not from 10
	EOT
	# empty is as good as nothing
	oci update --memory '' --cpu-share '' --cpuset-cpus '' -r '' "$ID"
}

@test "obsolete and unavailable settings" {
	oci run -d "$ID"
	run oci update --kernel-memory 50M --kernel-memory-tcp 5M "$ID"
	[ "$status" -eq 0 ]
	[[ "$output" == *"Kernel memory settings are ignored"* ]]
	run oci update --l3-cache-schema L3:0=f "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"Intel RDT"* ]]
}

@test "a paused container is updated and stays paused" {
	needs pids
	oci run -d "$ID"
	oci pause "$ID"
	oci update --pids-limit 30 "$ID"
	has pids pids.max 30
	[ "$(status_of "$ID")" = paused ]
	oci resume "$ID"
}

@test "a created container is updated" {
	needs pids
	oci create "$ID"
	oci update --pids-limit 30 "$ID"
	has pids pids.max 30
}

@test "updates at the same time lose nothing" {
	needs pids
	needs cpu
	oci run -d "$ID"
	for i in 1 2 3 4 5; do
		oci update --pids-limit $((100 + i)) "$ID" &
		oci update --cpu-share $((200 + i)) "$ID" &
	done
	wait
	stored '.pids.limit >= 101 and .cpu.shares >= 201' true
	has pids pids.max "$(jq .pids.limit "$ROOT/$ID/resources.json")"
}

@test "stopped and unknown containers" {
	config '.process.args = ["true"]'
	oci run --keep "$ID"
	run oci update --pids-limit 5 "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"container not running"* ]]
	run oci update --pids-limit 5 nosuch
	[ "$status" -eq 1 ]
	[[ "$output" == *"container does not exist"* ]]
	run oci update --pids-limit 5
	[ "$status" -eq 1 ]
	[[ "$output" == *"requires exactly 1 argument"* ]]
}
