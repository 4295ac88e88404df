#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Root file systems made by an enemy: whatever lies where the runtime makes,
# mounts or opens something, the outcome is the right container or a clear error;
# never a hang, and never a change of anything on the host.
# The shapes are those of CVE-2019-16884, CVE-2019-18837, CVE-2019-19921,
# CVE-2021-30465, CVE-2023-27561, CVE-2023-28642, CVE-2024-21626, CVE-2025-31133,
# CVE-2025-52565, CVE-2025-52881, CVE-2026-41579, CVE-2026-88264, CVE-2026-88265.
# shellcheck disable=SC2086,SC2030,SC2031 # lists of shapes are split

load helpers
load container

setup() {
	setup_bundle
	DECOY=$TESTDIR/decoy
	mkdir -p "$DECOY/pts" "$DECOY/shm" "$DECOY/self/attr" "$DECOY/sys" "$DECOY/fs/cgroup"
	for f in null zero ptmx console tty fd file self/attr/exec passwd; do
		echo "host $f" >"$DECOY/$f"
	done
	chmod 640 "$DECOY/null" "$DECOY/console"
	chown 4321:1234 "$DECOY/file" "$DECOY/console"
	SOCKET=$TESTDIR/socket
	perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0) && bind(S, sockaddr_un(shift)) or die' \
		"$SOCKET"
	LAST=
	BEFORE=$(watched)
}

teardown() {
	rm -rf "$BUNDLE/rootfs/hostile"
	teardown_bundle
}

# What must stay as it is.
watched() {
	snapshot "$DECOY"
	cat /proc/sys/kernel/core_pattern
	stat -c '%n %F %t:%T %a %u:%g' /dev/* 2>/dev/null
	stat -c '%n %a %u:%g' /dev/pts /proc /sys /etc /etc/passwd
}

links='abs rel dangling loop chain fd root1 cwd exe'
others='file fifo socket wrongdev dir missing'

# plant SHAPE PATH: put it at PATH of the root file system; DECOY/$want is what
# links point to.
plant() {
	local shape=$1 path=$BUNDLE/rootfs$2 i
	rm -rf --one-file-system "$path"
	mkdir -p "${path%/*}"
	case $shape in
	abs) ln -s "$DECOY/$want" "$path" ;;
	rel) ln -s "../../../../../../../../../..$DECOY/$want" "$path" ;;
	dangling) ln -s /none/of/this "$path" ;;
	loop) ln -s "${path##*/}" "$path" ;;
	chain)
		mkdir -p "$BUNDLE/rootfs/chain"
		for i in $(seq 39); do
			ln -sfn "c$((i + 1))" "$BUNDLE/rootfs/chain/c$i"
		done
		ln -sfn "$DECOY/$want" "$BUNDLE/rootfs/chain/c40"
		ln -s /chain/c1 "$path"
		;;
	fd) ln -s /proc/self/fd/5 "$path" ;;
	root1) ln -s "/proc/1/root$DECOY/$want" "$path" ;;
	cwd) ln -s "/proc/self/cwd/../../decoy/$want" "$path" ;;
	exe) ln -s /proc/self/exe "$path" ;;
	file) echo image >"$path" ;;
	fifo) mkfifo "$path" ;;
	socket) ln "$SOCKET" "$path" ;;
	wrongdev) mknod "$path" c 1 11 ;;
	dir) mkdir "$path" ;;
	missing) ;;
	esac
}

# start_it: run the container, at a terminal if the config says so.
start_it() {
	if grep -q '"terminal": true' config.json; then
		run timeout -k 5 30 script -qefc "$OCIRUN --root $ROOT run $ID" /dev/null </dev/null
		output=${output//$'\r'/}
	else
		run timeout -k 5 30 "$OCIRUN" --root "$ROOT" run "$ID" </dev/null
	fi
}

# attack PATH SCRIPT [SHAPE...]: each shape at PATH in turn. If the container
# starts, SCRIPT in it must print "right" and nothing else matters.
attack() {
	local path=$1 script=$2 shape
	shift 2
	[ "$LAST" = "$script" ] || config --arg s "$script" '.process.args = ["sh", "-c", $s]'
	LAST=$script
	[ $# -gt 0 ] || set -- $links $others
	for shape; do
		plant "$shape" "$path"
		start_it
		printf '%-10s %-8s %3s %s\n' "$path" "$shape" "$status" "$(tail -n 1 <<<"$output")"
		[ "$(watched)" = "$BEFORE" ] || {
			echo "the host was changed:"
			diff <(echo "$BEFORE") <(watched)
			return 1
		}
		case $status in
		0) [[ "$output" == *right* ]] || return 1 ;;
		124 | 137) echo "hangs"; return 1 ;;
		*)
			# by the runtime, in words, and nothing is left
			[[ "$output" == *level=error* || "$output" == *ERRO* ]] || return 1
			[[ "$output" != *"died"* ]] || return 1
			[ ! -e "$ROOT/$ID" ]
			;;
		esac
	done
	# do not leave it to the next one
	plant missing "$path"
}

# must START|FAIL PATH SCRIPT SHAPE...: as attack, and the outcome is known.
must() {
	local outcome=$1 path=$2 script=$3 shape
	shift 3
	for shape; do
		attack "$path" "$script" "$shape"
		case $outcome in
		START) [ "$status" -eq 0 ] ;;
		FAIL) [ "$status" -ne 0 ] ;;
		esac || { echo "$path as $shape: exit status $status"; return 1; }
	done
}

no_dev_mounts() {
	del_mount /dev /dev/pts /dev/shm /dev/mqueue
}

proc_right='[ "$(stat -f -c %T /proc)" = proc ] && [ -e /proc/self/attr ] &&
	grep -q "^CapInh:.0000000000000000" /proc/self/status && echo right'
dev_right='[ "$(stat -c %F:%t:%T /dev/null)" = "character special file:1:3" ] &&
	[ "$(stat -c %F:%t:%T /dev/zero)" = "character special file:1:5" ] &&
	echo x >/dev/null && [ -L /dev/fd ] && echo right'

# ---- /proc, /sys ------------------------------------------------------------------------

@test "/proc" {
	want=.
	must FAIL /proc "$proc_right" $links file fifo socket wrongdev
	must START /proc "$proc_right" dir missing
}

@test "/sys" {
	want=.
	must FAIL /sys 'echo right' $links file fifo socket wrongdev
	must START /sys '[ "$(stat -f -c %T /sys)" = sysfs ] && echo right' dir missing
}

@test "a component of the path of a procfs or sysfs" {
	want=.
	del_mount /proc
	add_mount /hostile/x/proc proc proc
	must FAIL /hostile/x 'echo right' $links file fifo
	must FAIL /hostile 'echo right' $links file fifo
	config 'del(.mounts[-1])'
	add_mount /hostile/sys sysfs sysfs ro
	must FAIL /hostile 'echo right' $links file fifo
}

@test "a procfs of the image's own making" {
	del_mount /proc
	mkdir -p rootfs/proc/self/attr rootfs/proc/sys/kernel rootfs/proc/1 rootfs/proc/thread-self
	for f in self/attr/exec self/status self/mountinfo self/oom_score_adj sys/kernel/core_pattern; do
		echo fake >"rootfs/proc/$f"
	done
	ln -s / rootfs/proc/self/root
	fake=$(snapshot rootfs/proc)
	config 'del(.linux.maskedPaths, .linux.readonlyPaths) |
		.process.oomScoreAdj = 500 | .process.args = ["cat", "/proc/self/status"]'
	start_it
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = fake ]
	[ "$(snapshot rootfs/proc)" = "$fake" ]
}

@test "a tmpfs or a plain directory bound on /proc" {
	mkdir -p "$TESTDIR/fake/self/attr"
	echo fake >"$TESTDIR/fake/self/attr/exec"
	config --arg s "$TESTDIR/fake" '.mounts |= map(if .destination == "/proc" then
		{destination: "/proc", type: "none", source: $s, options: ["bind"]} else . end)'
	refused "not of type proc"
	[ "$(cat "$TESTDIR/fake/self/attr/exec")" = fake ]
}

# ---- /dev --------------------------------------------------------------------------------

@test "/dev, with a tmpfs to be mounted on it" {
	want=.
	attack /dev "$dev_right"
	must FAIL /dev "$dev_right" loop chain fd root1 cwd exe file fifo socket wrongdev
	must START /dev "$dev_right" dir missing
}

@test "/dev, without a mount on it" {
	want=.
	no_dev_mounts
	attack /dev "$dev_right"
	must FAIL /dev "$dev_right" loop chain fd root1 exe file fifo socket wrongdev
}

@test "/dev with a terminal" {
	requires script
	want=.
	config '.process.terminal = true'
	attack /dev "$dev_right"
	del_mount /dev /dev/shm /dev/mqueue
	attack /dev "$dev_right"
}

@test "/dev/null, without a mount on /dev" {
	want=null
	no_dev_mounts
	must FAIL /dev/null "$dev_right" $links fifo socket wrongdev dir
	# an empty file is covered by the device, none is made
	must START /dev/null "$dev_right" file missing
	[ ! -e rootfs/none/of/this ]
}

@test "/dev/zero, without a mount on /dev" {
	want=zero
	no_dev_mounts
	must FAIL /dev/zero "$dev_right" $links fifo socket wrongdev dir
	must START /dev/zero "$dev_right" file missing
}

@test "/dev/null in a directory bound on /dev" {
	want=null
	no_dev_mounts
	rm -rf rootfs/dev
	mkdir "$TESTDIR/dev"
	ln -s "$TESTDIR/dev" rootfs/hostdev
	config --arg d "$TESTDIR/dev" '.mounts = [{destination: "/dev", type: "none",
		source: $d, options: ["bind"]}] + .mounts'
	for shape in $links $others; do
		rm -rf "$TESTDIR/dev/null"
		plant "$shape" /x/null
		[ "$shape" = missing ] || mv rootfs/x/null "$TESTDIR/dev/null"
		# masked files need it
		config '.linux.maskedPaths = ["/etc/passwd"] |
			.process.args = ["sh", "-c", "cat /etc/passwd; echo right"]'
		start_it
		echo "$shape $status $output"
		[ "$status" -ne 0 ] && [ "$status" -lt 124 ]
		[[ "$output" == *"/dev/null is invalid"* ]]
		[ "$(watched)" = "$BEFORE" ]
	done
	grep -q root rootfs/etc/passwd
}

@test "/dev/ptmx" {
	want=ptmx
	del_mount /dev /dev/shm /dev/mqueue
	must START /dev/ptmx '[ "$(readlink /dev/ptmx)" = pts/ptmx ] && echo right' \
		$links file fifo socket wrongdev dir missing
	mkdir -p rootfs/dev/ptmx/full
	start_it
	echo "$output"
	[ "$status" -ne 0 ]
	[[ "$output" == */dev/ptmx* ]]
	[ -d rootfs/dev/ptmx/full ]
	rm -r rootfs/dev/ptmx
}

@test "/dev/fd, /dev/stdin, /dev/core" {
	no_dev_mounts
	for want in fd file console; do
		case $want in fd) p=/dev/fd ;; file) p=/dev/stdin ;; *) p=/dev/core ;; esac
		# the image's own stays, whatever it is; it is never followed
		must START "$p" 'echo right' $links $others
	done
}

@test "/dev/pts" {
	want=pts
	del_mount /dev /dev/shm /dev/mqueue
	attack /dev/pts '[ "$(stat -c %t:%T /dev/pts/ptmx)" = 5:2 ] && echo right'
	must FAIL /dev/pts 'echo right' loop chain fd root1 exe file fifo socket wrongdev
}

@test "/dev/pts and /dev/ptmx with a terminal" {
	requires script
	config '.process.terminal = true'
	term_right='[ "$(stat -c %t "$(tty)")" = 88 ] && [ "$(stat -c %t:%T /dev/console)" = 88:0 ] && echo right'
	del_mount /dev /dev/shm /dev/mqueue
	want=pts
	attack /dev/pts "$term_right"
	must FAIL /dev/pts "$term_right" loop chain fd root1 exe file fifo socket wrongdev
	must START /dev/pts "$term_right" dir missing
	want=ptmx
	must START /dev/ptmx "$term_right" $links file fifo socket wrongdev dir missing
	# a pts of the image's own: no devpts at all
	no_dev_mounts
	for shape in abs file fifo wrongdev; do
		rm -rf rootfs/dev/pts
		plant "$shape" /dev/pts/ptmx
		start_it
		echo "$output"
		[ "$status" -ne 0 ] && [ "$status" -lt 124 ]
		[[ "$output" == *"/dev/pts/ptmx"* ]]
		[ "$(watched)" = "$BEFORE" ]
	done
}

@test "/dev/console with a terminal, without a mount on /dev, rw and ro" {
	requires script
	want=console
	config '.process.terminal = true'
	del_mount /dev /dev/shm /dev/mqueue
	con_right='[ "$(stat -c %F:%t:%T /dev/console)" = "character special file:88:0" ] && echo right'
	for ro in true false; do
		config --argjson r $ro '.root.readonly = $r'
		must FAIL /dev/console "$con_right" $links dir
		# never opened, only covered
		must START /dev/console "$con_right" file fifo socket wrongdev missing
	done
}

@test "/dev/shm and /dev/mqueue" {
	want=shm
	del_mount /dev /dev/pts /dev/mqueue
	attack /dev/shm '[ "$(stat -f -c %T /dev/shm)" = tmpfs ] && echo right'
	must FAIL /dev/shm 'echo right' loop fd root1 exe file fifo socket wrongdev
	must START /dev/shm '[ "$(stat -f -c %T /dev/shm)" = tmpfs ] && echo right' dir missing
}

@test "/dev/mqueue" {
	want=pts
	del_mount /dev /dev/pts /dev/shm
	attack /dev/mqueue 'grep -q " mqueue " /proc/self/mounts && echo right'
	must FAIL /dev/mqueue 'echo right' loop fd root1 exe file fifo socket wrongdev
	must START /dev/mqueue 'grep -q " /dev/mqueue mqueue " /proc/self/mounts && echo right' dir missing
}

# what /dev, /run and /etc need from an engine: a tmpfs, files bound into them
@test "/run with a tmpfs, and with a file bound below it" {
	local tmp_right='[ "$(stat -f -c %T /run)" = tmpfs ] && echo right'
	want=.
	echo data >"$TESTDIR/data"
	add_mount /run tmpfs tmpfs nosuid,nodev,mode=755
	attack /run "$tmp_right"
	must FAIL /run 'echo right' loop fd root1 exe file fifo socket wrongdev
	must START /run "$tmp_right" dir missing
	del_mount /run
	add_bind /run/secrets/data "$TESTDIR/data"
	attack /run '[ "$(cat /run/secrets/data)" = data ] && echo right'
	must FAIL /run 'echo right' loop fd root1 exe file fifo socket wrongdev
	want=file
	attack /run/secrets '[ "$(cat /run/secrets/data)" = data ] && echo right'
}

@test "/etc/hosts and /etc/resolv.conf, bound by engines" {
	echo data >"$TESTDIR/data"
	add_bind /etc/hosts "$TESTDIR/data"
	want=passwd
	attack /etc/hosts '[ "$(cat /etc/hosts)" = data ] && echo right'
	must START /etc/hosts '[ "$(cat /etc/hosts)" = data ] && echo right' file fifo socket wrongdev missing
	want=.
	attack /etc '[ "$(cat /etc/hosts)" = data ] && echo right'
	must FAIL /etc 'echo right' loop fd root1 exe file fifo socket wrongdev
}

@test "devices of the config" {
	want='file'
	config '.linux.devices = [{type: "c", path: "/opt/dev", major: 1, minor: 5, fileMode: 438}]'
	must FAIL /opt/dev 'echo right' $links file fifo socket wrongdev dir
	must START /opt/dev '[ "$(stat -c %t:%T /opt/dev)" = 1:5 ] && echo right' missing
	want=.
	config '.linux.devices = [{type: "c", path: "/opt/sub/dev", major: 1, minor: 5}]'
	attack /opt/sub '[ "$(stat -c %t:%T /opt/sub/dev)" = 1:5 ] && echo right'
	[ ! -e "$DECOY/dev" ]
}

# ---- mount targets -------------------------------------------------------------------------

@test "the target of a file bind, and of a directory bind" {
	echo data >"$TESTDIR/data"
	mkdir "$TESTDIR/ddata"
	echo data >"$TESTDIR/ddata/f"
	want='file'
	add_bind /hostile/target "$TESTDIR/data"
	attack /hostile/target '[ "$(cat /hostile/target)" = data ] && echo right'
	must START /hostile/target '[ "$(cat /hostile/target)" = data ] && echo right' \
		file fifo socket wrongdev missing
	must FAIL /hostile/target 'echo right' loop fd root1 exe dir
	config 'del(.mounts[-1])'
	want=.
	add_bind /hostile/target "$TESTDIR/ddata"
	attack /hostile/target '[ "$(cat /hostile/target/f)" = data ] && echo right'
	must FAIL /hostile/target 'echo right' loop fd root1 exe file fifo socket wrongdev
}

@test "a directory above a mount target" {
	mkdir "$TESTDIR/ddata"
	echo data >"$TESTDIR/ddata/f"
	want=.
	add_bind /hostile/a/b/target "$TESTDIR/ddata"
	attack /hostile/a '[ "$(cat /hostile/a/b/target/f)" = data ] && echo right'
	attack /hostile '[ "$(cat /hostile/a/b/target/f)" = data ] && echo right'
	[ ! -e "$DECOY/b" ]
	[ ! -e "$DECOY/a" ]
}

@test "the cgroup mount, without a sysfs below it" {
	del_mount /sys
	config '.linux.maskedPaths -= ["/sys/firmware"]'
	want=fs
	attack /sys 'grep -q " cgroup" /proc/self/mounts && echo right'
	attack /sys/fs 'grep -q " cgroup" /proc/self/mounts && echo right'
	want=fs/cgroup
	attack /sys/fs/cgroup 'grep -q " cgroup" /proc/self/mounts && echo right'
	must FAIL /sys/fs/cgroup 'echo right' loop fd root1 exe file fifo socket wrongdev
	[ -z "$(ls "$DECOY/fs/cgroup")" ]
}

@test "a target that leads into the container's procfs" {
	echo data >"$TESTDIR/data"
	ln -s /proc/sys/kernel/core_pattern rootfs/core
	ln -s /proc/self/attr rootfs/attr
	add_bind /core "$TESTDIR/data"
	refused "inside /proc"
	config '.mounts[-1].destination = "/attr/exec"'
	refused "inside /proc"
}

@test "a volume that two containers share, with links in it" {
	mkdir "$TESTDIR/vol"
	ln -s "$DECOY" "$TESTDIR/vol/abs"
	ln -s ../../../../../../../../../../.."$DECOY" "$TESTDIR/vol/rel"
	ln -s /proc/self/root "$TESTDIR/vol/root"
	mkdir "$TESTDIR/data"
	add_bind /vol "$TESTDIR/vol"
	for l in abs rel; do
		add_bind "/vol/$l/sub" "$TESTDIR/data"
		start_it
		echo "$output"
		[ "$(watched)" = "$BEFORE" ]
		config 'del(.mounts[-1])'
	done
	add_bind /vol/root/sub "$TESTDIR/data"
	refused "procfs"
	[ ! -e "$DECOY/sub" ]
}

# ---- /etc and programs ----------------------------------------------------------------------

@test "/etc and /etc/passwd, read for HOME" {
	home_right='[ "$HOME" = / ] || [ "$HOME" = /root ] && echo right'
	want=.
	must START /etc "$home_right" $links $others
	want=passwd
	echo "root:x:0:0:root:/leaked:/bin/sh" >"$DECOY/passwd"
	BEFORE=$(watched)
	must START /etc/passwd "$home_right" $links $others
	head -c 3000000 /dev/zero | tr '\0' 'a' >rootfs/etc/passwd
	start_it
	[ "$status" -eq 0 ]
}

@test "the working directory" {
	want=.
	config '.process.cwd = "/hostile/cwd"'
	attack /hostile/cwd '[ ! -e file ] && echo right'
	must FAIL /hostile/cwd 'echo right' loop fd root1 cwd exe file fifo socket wrongdev
	for path in /proc/self/fd/{3..20} /proc/1/cwd /proc/self/root/.. /proc/1/root; do
		config --arg p "$path" '.process.cwd = $p'
		start_it
		[ "$status" -ne 0 ] && [ "$status" -lt 124 ]
	done
	# the same from outside with many descriptors open
	for n in $(seq 10 40); do eval "exec $n</"; done
	for path in /proc/self/fd/{3..45}; do
		config --arg p "$path" '.process.cwd = $p | .process.args = ["ls"]'
		start_it
		[ "$status" -ne 0 ] && [ "$status" -lt 124 ] || { echo "$path: $output"; return 1; }
	done
	for n in $(seq 10 40); do eval "exec $n<&-"; done
}

@test "the program through a descriptor of the host" {
	for n in $(seq 10 20); do eval "exec $n</"; done
	for path in /proc/self/fd/{3..25}; do
		config --arg p "$path/bin/busybox" '.process.args = [$p, "echo", "leaked"]'
		start_it
		echo "$path $status $output"
		[ "$status" -eq 1 ] || [ "$status" -eq 255 ]
		[[ "$output" != leaked* ]]
	done
	for n in $(seq 10 20); do eval "exec $n<&-"; done
}

@test "the program: #!/proc/self/exe, a FIFO, a socket, a directory, a loop" {
	sum=$(md5sum <"$OCIRUN")
	printf '#!/proc/self/exe\n' >rootfs/bin/evil
	chmod +x rootfs/bin/evil
	config '.process.args = ["/bin/evil"]'
	start_it
	[ "$status" -ne 124 ]
	[ "$(md5sum <"$OCIRUN")" = "$sum" ]
	want='file'
	config '.process.args = ["/bin/evil"]'
	for shape in $links fifo socket wrongdev dir; do
		plant "$shape" /bin/evil
		config '.process.args = ["/bin/evil"]'
		start_it
		echo "$shape $status $output"
		[ "$status" -ne 0 ] && [ "$status" -ne 124 ] && [ "$status" -ne 137 ]
		[ "$(watched)" = "$BEFORE" ]
	done
}

@test "masked and read-only paths" {
	want='file'
	config '.linux.maskedPaths = ["/hostile/mask"] | .linux.readonlyPaths = ["/hostile/ro"]'
	attack /hostile/mask 'echo right'
	attack /hostile/ro 'echo right'
	must START /hostile/mask '[ -c /hostile/mask ] && [ -z "$(cat /hostile/mask)" ] && echo right' \
		file fifo socket
	# followed on the host these would have been masked there, too
	[ "$(cat "$DECOY/file")" = "host file" ]
}

@test "the root file system's own mount point" {
	local shape
	mv rootfs "$TESTDIR/real"
	config --arg r "$BUNDLE/root" '.root.path = $r'
	want=file
	for shape in $links file fifo socket wrongdev missing; do
		# plant makes it below rootfs: moved from there
		mkdir -p rootfs
		plant "$shape" /root
		[ "$shape" = missing ] || mv -T rootfs/root root
		rm -rf rootfs
		start_it
		echo "$shape $status $output"
		[ "$status" -ne 0 ] && [ "$status" -lt 124 ]
		[[ "$output" == *"/root/path"* || "$output" == *"invalid rootfs"* ]]
		[ ! -e "$ROOT/$ID" ]
		[ "$(watched)" = "$BEFORE" ]
		rm -rf root
	done
	mv "$TESTDIR/real" rootfs
	# a symlink to a directory is taken as the directory, as other runtimes do
	ln -s rootfs root
	config '.process.args = ["true"]'
	start_it
	[ "$status" -eq 0 ]
	config '.root.path = "/"'
	refused /root/path "it is the host's '/'"
}

@test "exec: the same for its working directory and program" {
	config '.process.args = ["sleep", "1000"] | .root.readonly = false'
	oci run -d "$ID" >/dev/null 2>&1
	ln -s /proc/self/fd/4 rootfs/leak
	ln -s loop rootfs/loop
	mkfifo rootfs/bin/fifo
	for cwd in /proc/self/fd/{3..12} /leak /loop /proc/1/root/.. /bin/fifo; do
		run timeout 30 "$OCIRUN" --root "$ROOT" exec --cwd "$cwd" "$ID" ls
		echo "$cwd $status $output"
		[ "$status" -ne 124 ]
		[ "$status" -ne 0 ] || [[ "$cwd" == /proc/1/root/.. && "$output" != *work* ]]
	done
	run timeout 30 "$OCIRUN" --root "$ROOT" exec "$ID" /bin/fifo
	[ "$status" -ne 0 ]
	[ "$status" -ne 124 ]
}

@test "a row of bind mounts: its directory is exchanged for a copy at any moment" {
	find_helper killat -D_GNU_SOURCE
	"$HELPER" -o "$TESTDIR/report" -- true || skip "requires ptrace"
	local row=$BUNDLE/rootfs/row binds=12 k made
	mkdir -p "$TESTDIR/data"
	# no mounts but these: the first call is of the root itself
	config --arg d "$TESTDIR/data" --argjson n $binds '.mounts = [range($n) |
			{destination: "/row/\(.)", type: "bind", source: $d, options: ["bind"]}] |
		.linux.maskedPaths = [] | .linux.readonlyPaths = [] |
		.linux.namespaces = [{type: "mount"}] | del(.hostname)'
	for ((k = 2; k <= binds + 1; k++)); do
		rm -rf "$row" "$row.old"
		for ((made = 0; made < binds; made++)); do mkdir -p "$row/$made"; done
		: >"$TESTDIR/report"
		run timeout -k 5 20 "$HELPER" -p 2 -s move_mount -k $k -o "$TESTDIR/report" \
			-x "mv '$row' '$row.old' && cp -a '$row.old' '$row'" \
			-- "$OCIRUN" --root "$ROOT" run "$ID" </dev/null
		grep -q "^struck .* move_mount" "$TESTDIR/report"
		# the first one that was mounted, or was about to be
		echo "$k $status $output"
		[ "$status" -eq 1 ]
		[[ "$output" == *"/mounts/0: "*"at '/row/0': '/row/0' does not lead to the mount just made"* ]]
	done
	rm -rf "$row" "$row.old"
}
