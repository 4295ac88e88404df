# SPDX-License-Identifier: Apache-2.0
# bash completion for ocirun                                -*- shell-script -*-

_ocirun_ids() {
	local root=() i
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--root) root=(--root "${COMP_WORDS[i + 1]}") ;;
		esac
	done
	ocirun "${root[@]}" list --quiet 2>/dev/null
}

_ocirun() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local commands="checkpoint create delete events exec features kill list
		mounts pause ps restore resume run spec start state update"
	local global="--debug --log --log-format --log-level --root
		--cgroup-manager --systemd-cgroup --rootless --criu --strict
		--version --help"
	local criu="--image-path --work-path --tcp-established --ext-unix-sk
		--shell-job --file-locks --lazy-pages --auto-dedup
		--manage-cgroups-mode --network-lock --empty-ns --help"
	local create="--bundle --config --console-socket --pidfd-socket --pid-file
		--no-pivot --no-new-keyring --preserve-fds --no-subreaper --help"
	local update="--resources --memory --memory-reservation --memory-swap
		--cpu-share --cpu-period --cpu-quota --cpu-burst
		--cpu-rt-period --cpu-rt-runtime --cpu-idle --cpuset-cpus
		--cpuset-mems --pids-limit --blkio-weight --l3-cache-schema
		--mem-bw-schema"
	local cmd="" ids=0 i word options signals="HUP INT QUIT KILL USR1 USR2
		TERM CONT STOP TSTP WINCH"

	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		--log | --log-format | --log-level | --root | --cgroup-manager | \
			--rootless | --bundle | -b | --config | --console-socket | \
			--pidfd-socket | --pid-file | --preserve-fds | --process | -p | \
			--cwd | --env | -e | --user | -u | --additional-gids | -g | \
			--cap | -c | --apparmor | --process-label | --cgroup | \
			--format | --file | --interval | --resources | -r | \
			--criu | --image-path | --work-path | --parent-path | \
			--status-fd | --page-server | --manage-cgroups-mode | \
			--network-lock | --empty-ns | --lsm-* | \
			--memory* | --cpu* | --pids-limit | --blkio-weight | \
			--*-schema) ((i++)) ;;
		-*) ;;
		*) if [[ -z $cmd ]]; then cmd=$word; else ((ids++)); fi ;;
		esac
	done

	case $prev in
	--log | --console-socket | --pidfd-socket | --pid-file | --config | \
		--file | --process | -p | --resources | -r | --criu)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--root | --bundle | -b | --cwd | --image-path | --work-path)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	--manage-cgroups-mode) options="soft full strict ignore" ;;
	--network-lock) options="iptables nftables skip" ;;
	--empty-ns) options="network" ;;
	--log-format) options="text json" ;;
	--format) options="table json" ;;
	--log-level) options="error warning info debug" ;;
	--cgroup-manager) options="cgroupfs systemd disabled" ;;
	--rootless) [[ $cmd == spec ]] || options="true false auto" ;;
	--preserve-fds | --env | -e | --user | -u | --additional-gids | -g | \
		--cap | -c | --apparmor | --process-label | --cgroup) return ;;
	esac
	if [[ -z $options && $cur == -* ]]; then
		case $cmd in
		'') options=$global ;;
		checkpoint)
			options="$criu --parent-path --leave-running --pre-dump
				--tcp-skip-in-flight --link-remap --status-fd --page-server"
			;;
		restore)
			options="$criu --bundle --detach --console-socket --pid-file
				--no-subreaper --no-pivot --tcp-close --lsm-profile
				--lsm-mount-context"
			;;
		create) options=$create ;;
		run) options="$create --detach --keep" ;;
		delete) options="--force --regex --help" ;;
		kill) ((ids > 0)) || options="--all --regex --help" ;;
		exec)
			((ids > 0)) || options="--console-socket --pidfd-socket --cwd
				--env --tty --user --additional-gids --process --detach
				--pid-file --process-label --apparmor --no-new-privs --cap
				--preserve-fds --cgroup --ignore-paused --help"
			;;
		list) options="--format --quiet --help" ;;
		ps) ((ids > 0)) || options="--format --help" ;;
		events) options="--interval --stats --help" ;;
		update) options="$update --help" ;;
		spec) options="--bundle --file --rootless --help" ;;
		*) options="--help" ;;
		esac
	elif [[ -z $options ]]; then
		case $cmd:$ids in
		:*) options=$commands ;;
		mounts:0) options="add remove" ;;
		mounts:1) options=$(_ocirun_ids) ;;
		mounts:2)
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return
			;;
		delete:0 | events:0 | exec:0 | kill:0 | pause:0 | ps:0 | \
			resume:0 | start:0 | state:0 | update:0) options=$(_ocirun_ids) ;;
		kill:1) options=$signals ;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
}

complete -F _ocirun ocirun
