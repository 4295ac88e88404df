# SPDX-License-Identifier: Apache-2.0
# fish completion for ocirun

set -l commands create delete events exec features kill list pause ps resume run spec start state update

function __ocirun_ids
    ocirun list --quiet 2>/dev/null
end

complete -c ocirun -f
complete -c ocirun -n "not __fish_seen_subcommand_from $commands" -l debug -d 'Enable debug logging'
complete -c ocirun -n "not __fish_seen_subcommand_from $commands" -l log -r -F -d 'Log file'
complete -c ocirun -n "not __fish_seen_subcommand_from $commands" -l log-format -x -a 'text json' -d 'Log format'
complete -c ocirun -n "not __fish_seen_subcommand_from $commands" -l log-level -x -a 'error warning info debug' -d 'Log level'
complete -c ocirun -n "not __fish_seen_subcommand_from $commands" -l root -x -a '(__fish_complete_directories)' -d 'State directory'
complete -c ocirun -n "not __fish_seen_subcommand_from $commands" -l cgroup-manager -x -a 'cgroupfs systemd disabled' -d 'Who makes cgroups'
complete -c ocirun -n "not __fish_seen_subcommand_from $commands" -l systemd-cgroup -d 'Cgroups made by systemd'
complete -c ocirun -n "not __fish_seen_subcommand_from $commands" -l rootless -x -a 'true false auto' -d 'Tolerate missing cgroup permissions'
complete -c ocirun -n "not __fish_seen_subcommand_from $commands" -s v -l version -d 'Print the version'
complete -c ocirun -s h -l help -d 'Show help'

complete -c ocirun -n __fish_use_subcommand -a create -d 'Make a container'
complete -c ocirun -n __fish_use_subcommand -a delete -d 'Remove a container'
complete -c ocirun -n __fish_use_subcommand -a events -d 'Print statistics'
complete -c ocirun -n __fish_use_subcommand -a exec -d 'Run a further process'
complete -c ocirun -n __fish_use_subcommand -a features -d 'Print what is supported'
complete -c ocirun -n __fish_use_subcommand -a kill -d 'Send a signal'
complete -c ocirun -n __fish_use_subcommand -a list -d 'List containers'
complete -c ocirun -n __fish_use_subcommand -a pause -d 'Freeze a container'
complete -c ocirun -n __fish_use_subcommand -a ps -d 'List its processes'
complete -c ocirun -n __fish_use_subcommand -a resume -d 'Let a paused container go on'
complete -c ocirun -n __fish_use_subcommand -a update -d 'Change limits'
complete -c ocirun -n __fish_use_subcommand -a run -d 'Create, start, wait, delete'
complete -c ocirun -n __fish_use_subcommand -a spec -d 'Write a default config.json'
complete -c ocirun -n __fish_use_subcommand -a start -d 'Start a created container'
complete -c ocirun -n __fish_use_subcommand -a state -d 'Print the state'

complete -c ocirun -n '__fish_seen_subcommand_from delete events exec kill pause ps resume start state update' -a '(__ocirun_ids)'
complete -c ocirun -n '__fish_seen_subcommand_from kill' -a 'HUP INT QUIT KILL USR1 USR2 TERM CONT STOP' -d Signal

for c in create run
    complete -c ocirun -n "__fish_seen_subcommand_from $c" -s b -l bundle -x -a '(__fish_complete_directories)' -d 'Bundle directory'
    complete -c ocirun -n "__fish_seen_subcommand_from $c" -s f -l config -r -F -d 'Name of the config'
    complete -c ocirun -n "__fish_seen_subcommand_from $c" -l no-pivot -d 'Do not use pivot_root'
    complete -c ocirun -n "__fish_seen_subcommand_from $c" -l no-new-keyring -d 'Keep the session keyring'
    complete -c ocirun -n "__fish_seen_subcommand_from $c" -l no-subreaper -d 'Do not become the subreaper'
end
for c in create run exec
    complete -c ocirun -n "__fish_seen_subcommand_from $c" -l console-socket -r -F -d 'Socket that receives the terminal'
    complete -c ocirun -n "__fish_seen_subcommand_from $c" -l pidfd-socket -r -F -d 'Socket that receives a pidfd'
    complete -c ocirun -n "__fish_seen_subcommand_from $c" -l pid-file -r -F -d 'Where to write the pid'
    complete -c ocirun -n "__fish_seen_subcommand_from $c" -l preserve-fds -x -d 'Pass N descriptors'
end
complete -c ocirun -n '__fish_seen_subcommand_from run exec' -s d -l detach -d 'Do not wait'
complete -c ocirun -n '__fish_seen_subcommand_from run' -l keep -d 'Do not delete at the end'
complete -c ocirun -n '__fish_seen_subcommand_from exec' -s p -l process -r -F -d 'Process object'
complete -c ocirun -n '__fish_seen_subcommand_from exec' -l cwd -x -d 'Working directory'
complete -c ocirun -n '__fish_seen_subcommand_from exec' -s e -l env -x -d 'Environment variable'
complete -c ocirun -n '__fish_seen_subcommand_from exec' -s t -l tty -d 'Give it a terminal'
complete -c ocirun -n '__fish_seen_subcommand_from exec' -s u -l user -x -d 'UID[:GID]'
complete -c ocirun -n '__fish_seen_subcommand_from exec' -s g -l additional-gids -x -d 'Group'
complete -c ocirun -n '__fish_seen_subcommand_from exec' -s c -l cap -x -d 'Add a capability'
complete -c ocirun -n '__fish_seen_subcommand_from exec' -l no-new-privs -d 'Set no_new_privs'
complete -c ocirun -n '__fish_seen_subcommand_from exec' -l apparmor -x -d 'AppArmor profile'
complete -c ocirun -n '__fish_seen_subcommand_from exec' -l process-label -x -d 'SELinux label'
complete -c ocirun -n '__fish_seen_subcommand_from exec' -l cgroup -x -d 'Sub-cgroup'
complete -c ocirun -n '__fish_seen_subcommand_from exec' -l ignore-paused -d 'Also in a paused container'
complete -c ocirun -n '__fish_seen_subcommand_from delete' -s f -l force -d 'Whatever its status'
complete -c ocirun -n '__fish_seen_subcommand_from kill' -s a -l all -d 'Every process'
complete -c ocirun -n '__fish_seen_subcommand_from delete kill' -s r -l regex -d 'All that the expression matches'
complete -c ocirun -n '__fish_seen_subcommand_from list ps' -s f -l format -x -a 'table json' -d Format
complete -c ocirun -n '__fish_seen_subcommand_from list' -s q -l quiet -d 'Ids only'
complete -c ocirun -n '__fish_seen_subcommand_from spec' -s b -l bundle -x -a '(__fish_complete_directories)' -d Directory
complete -c ocirun -n '__fish_seen_subcommand_from spec' -s f -l file -r -F -d 'Name of the file'
complete -c ocirun -n '__fish_seen_subcommand_from spec' -l rootless -d 'For a user without privileges'
complete -c ocirun -n '__fish_seen_subcommand_from events' -l interval -x -d 'Time between two'
complete -c ocirun -n '__fish_seen_subcommand_from events' -l stats -d Once
complete -c ocirun -n '__fish_seen_subcommand_from update' -s r -l resources -r -F -d 'JSON object of limits'
complete -c ocirun -n '__fish_seen_subcommand_from update' -l memory -x -d 'Memory limit'
complete -c ocirun -n '__fish_seen_subcommand_from update' -l memory-reservation -x -d 'Soft limit'
complete -c ocirun -n '__fish_seen_subcommand_from update' -l memory-swap -x -d 'Limit of memory and swap together; -1 is unlimited'
complete -c ocirun -n '__fish_seen_subcommand_from update' -l cpu-share -x -d 'Weight against other cgroups (2 to 262144)'
complete -c ocirun -n '__fish_seen_subcommand_from update' -l cpu-period -x -d 'Length of a CFS period'
complete -c ocirun -n '__fish_seen_subcommand_from update' -l cpu-quota -x -d 'CPU time in a period'
complete -c ocirun -n '__fish_seen_subcommand_from update' -l cpu-burst -x -d 'CPU time that may be saved up for a burst'
complete -c ocirun -n '__fish_seen_subcommand_from update' -l cpu-rt-period -x -d 'Length of a realtime period'
complete -c ocirun -n '__fish_seen_subcommand_from update' -l cpu-rt-runtime -x -d 'Realtime CPU time in a period'
complete -c ocirun -n '__fish_seen_subcommand_from update' -l cpu-idle -x -d '1: run only when nothing else does (SCHED_IDLE)'
complete -c ocirun -n '__fish_seen_subcommand_from update' -l cpuset-cpus -x -d 'CPUs to use, such as 0-3,7'
complete -c ocirun -n '__fish_seen_subcommand_from update' -l cpuset-mems -x -d 'Memory nodes to use'
complete -c ocirun -n '__fish_seen_subcommand_from update' -l pids-limit -x -d 'Number of processes'
complete -c ocirun -n '__fish_seen_subcommand_from update' -l blkio-weight -x -d 'Weight of block I/O (10 to 1000)'
complete -c ocirun -n '__fish_seen_subcommand_from update' -l l3-cache-schema -x -d 'Intel RDT L3 cache schema'
complete -c ocirun -n '__fish_seen_subcommand_from update' -l mem-bw-schema -x -d 'Intel RDT memory bandwidth schema'
