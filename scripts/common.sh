# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What quickstart and test share: telling the user every command, knowing the
# distribution, installing packages. Sourced; needs $prog and $top.
: "${prog:?}" "${top:?}"

# Say and do. The line can be copied into a terminal.
run() {
	line=
	for word in "$@"; do
		case $word in
		*[!A-Za-z0-9_./:=@%+,-]*) word="'$(printf %s "$word" | sed "s/'/'\\\\''/g")'" ;;
		esac
		line="$line $word"
	done
	printf '\033[1m$%s\033[0m\n' "$line" | plain
	"$@"
}

# No colours unless a person is watching.
plain() {
	if [ -t 1 ]; then cat; else sed 's/\x1b\[[0-9;]*m//g'; fi
}

say() { printf '%s\n' "$*"; }
head_line() { printf '\n\033[1m== %s\033[0m\n' "$*" | plain; }
die() {
	printf '%s: %s\n' "$prog" "$*" >&2
	exit 1
}

# debian fedora alpine arch suse, or the distribution's own name.
os_family() (
	ID=unknown ID_LIKE=
	# shellcheck disable=SC1091
	[ ! -r /etc/os-release ] || . /etc/os-release
	for id in $ID $ID_LIKE; do
		case $id in
		debian | ubuntu) echo debian && exit ;;
		fedora | rhel | centos) echo fedora && exit ;;
		alpine) echo alpine && exit ;;
		arch) echo arch && exit ;;
		suse | opensuse* | sles) echo suse && exit ;;
		esac
	done
	echo "$ID"
)

# The package, on a Debian that has it.
if_known() { apt-cache pkgnames "$1" 2>/dev/null | grep -x "$1"; }

# The packages for what is asked: build, bundle, test, engines.
packages() {
	case $(os_family):$1 in
	debian:vm) echo "debootstrap e2fsprogs qemu-system-x86 cpio kmod xz-utils" \
		"zstd" ;;
	*:vm) echo "debootstrap, mkfs.ext4, qemu-system-x86_64, cpio, modprobe, xz," \
		"zstd" ;;
	debian:musl) echo "musl-tools musl-dev libcap2-bin gcc make" ;;
	debian:bits32) echo "gcc-multilib libcap2-bin gcc make" ;;
	debian:build) echo "gcc make autoconf automake libc6-dev linux-libc-dev" \
		"libyajl-dev libcap-dev libseccomp-dev" \
		"libprotobuf-c-dev protobuf-c-compiler musl-tools" ;;
	debian:bundle) echo "busybox-static mount util-linux" ;;
	# docker's client has a package of its own since Debian 13; netavark calls nft
	debian:engines) echo "docker.io containerd podman buildah conmon catatonit" \
		"golang-github-containers-common tini jq bats procps libcap2-bin" \
		"python3-grpcio iptables nftables" \
		"$(if_known docker-cli)" ;;
	debian:test) echo "bats jq runc clang clang-tidy cppcheck shellcheck codespell" \
		"xz-utils procps python3 libcap2-bin criu iproute2 uidmap" \
		"$(if_known libclang-rt-dev)" ;;
	fedora:build) echo "gcc make autoconf automake glibc-devel kernel-headers" \
		"yajl-devel libcap-devel libseccomp-devel" \
		"protobuf-c-devel protobuf-c-compiler musl-gcc" ;;
	fedora:bundle) echo "busybox util-linux" ;;
	fedora:test) echo "bats jq runc clang clang-tools-extra cppcheck ShellCheck" \
		"codespell libasan libubsan compiler-rt xz procps-ng" ;;
	alpine:build) echo "gcc make autoconf automake musl-dev linux-headers" \
		"yajl-dev yajl-static libcap-dev libcap-static" \
		"libseccomp-dev libseccomp-static" \
		"protobuf-c-dev protobuf-c-compiler" ;;
	alpine:bundle) echo "busybox-static util-linux" ;;
	alpine:test) echo "bats jq runc clang clang-extra-tools compiler-rt cppcheck" \
		"shellcheck bash xz tar procps" ;;
	arch:build) echo "gcc make autoconf automake yajl libcap libseccomp" \
		"protobuf-c musl" ;;
	arch:bundle) echo "busybox util-linux" ;;
	arch:test) echo "bats jq runc clang compiler-rt cppcheck shellcheck codespell" \
		"xz procps-ng" ;;
	suse:build) echo "gcc make autoconf automake glibc-devel" \
		"linux-glibc-devel libyajl-devel libyajl-devel-static" \
		"libcap-devel libseccomp-devel libprotobuf-c-devel protobuf-c" ;;
	suse:bundle) echo "busybox-static util-linux" ;;
	suse:test) echo "bats jq runc clang clang-tools cppcheck ShellCheck" \
		"python3-codespell xz procps" ;;
	*:build) echo "a C compiler (gcc 10 or clang 13), make, autoconf," \
		"automake, and the development files of the C library, the" \
		"kernel, yajl, libcap, libseccomp and protobuf-c; musl-gcc if" \
		"there is one (init starts faster with it)" ;;
	*:bundle) echo "a statically linked busybox, unshare and mount of" \
		"util-linux" ;;
	*:test) echo "bats, jq, runc, clang, clang-tidy, cppcheck, shellcheck," \
		"codespell, xz, GNU tar" ;;
	esac
}

install_command() {
	case $(os_family) in
	debian) echo "apt-get install --no-install-recommends" ;;
	fedora) echo "dnf install" ;;
	alpine) echo "apk add" ;;
	arch) echo "pacman -S --needed" ;;
	suse) echo "zypper install" ;;
	esac
}

have() { command -v "$1" >/dev/null 2>&1; }

# ensure_packages KIND...
# Debian: install what is missing (root) or say how. Elsewhere: name the
# packages if something that we can see is missing.
ensure_packages() {
	want=
	for kind in "$@"; do
		want="$want $(packages "$kind")"
	done
	if [ "$(os_family)" = debian ] && have dpkg-query; then
		todo=
		for p in $want; do
			dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null |
				grep -q '^install ok installed' || todo="$todo $p"
		done
		[ -n "$todo" ] || return 0
		# shellcheck disable=SC2086
		set -- $todo
		if [ "$(id -u)" -ne 0 ]; then
			die "not installed: $*
This needs root:
  sudo apt-get install --no-install-recommends $*
and then ./scripts/$prog again."
		fi
		head_line "Installing $*"
		run apt-get -q update || die "'apt-get update' failed (network? /etc/apt/sources.list?)"
		run env DEBIAN_FRONTEND=noninteractive apt-get -q -y install \
			--no-install-recommends "$@" ||
			die "'apt-get install' failed: see the lines above"
		return 0
	fi
	missing=
	for kind in "$@"; do
		case $kind in
		build) tools="make autoconf automake" ;;
		vm) tools="debootstrap mkfs.ext4 qemu-system-x86_64 cpio modprobe" ;;
		bundle) tools="busybox unshare mount" ;;
		test) tools="bats jq" ;;
		esac
		[ "$kind" != build ] || have cc || have gcc || have clang ||
			missing="$missing cc"
		for t in $tools; do
			have "$t" || missing="$missing $t"
		done
	done
	[ -n "$missing" ] || return 0
	cmd=$(install_command)
	if [ -n "$cmd" ]; then
		[ "$(id -u)" -eq 0 ] || cmd="sudo $cmd"
		die "not found:$missing
Install with
  $cmd$want
and then run ./scripts/$prog again."
	fi
	die "not found:$missing
This distribution ($(os_family)) is not known here. What is needed:
$(for kind in "$@"; do echo "  $(packages "$kind")"; done)"
}

# A chroot without /proc, or whose / is no mount point, cannot hold containers
# (pivot_root(2) gives EINVAL). Start over in a private mount namespace that is
# complete; nothing of it is seen outside and it ends with the script.
ensure_mounts() {
	root_is_mount=no
	if [ -r /proc/self/mountinfo ]; then
		while read -r _ _ _ _ point _; do
			[ "$point" != / ] || root_is_mount=yes
		done </proc/self/mountinfo
	fi
	if [ "$root_is_mount" = yes ] && [ -e /sys/fs/cgroup/. ] &&
		[ -n "$(ls /sys/fs/cgroup 2>/dev/null)" ]; then
		return 0
	fi
	[ -z "${OCIRUN_MOUNTS_DONE-}" ] || return 0
	[ "$(id -u)" -eq 0 ] || return 0
	say "$prog: /proc, /sys or /sys/fs/cgroup is missing, or / is no mount" \
		"point (a chroot?): using a private mount namespace for this run"
	export OCIRUN_MOUNTS_DONE=1
	exec unshare -m --propagation unchanged "$top/scripts/in-mounts" "$0" "$@"
}
