# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the parts share their variables
# SPDX-License-Identifier: Apache-2.0
#
# freezer: pausing all processes of a node at once. Sourced by scripts/cluster.
#
# Three ways, the first that the host allows: the freezer of cgroup v1, the freezer of cgroup v2, SIGSTOP to every process
# in the node's process namespace. A group is named in NODE/freezer before it is made. Processes join their node's group
# before they enter it (init.bash and enter_node), so that nothing in a node escapes a pause.

FREEZER_PARENT=holdfast-cluster

freezer_roots() { # mount points of cgroup v1's freezer, then of cgroup v2
    awk '$3 == "cgroup" && $4 ~ /(^|,)freezer(,|$)/ { print 1, $2 } $3 == "cgroup2" { print 2, $2 }' /proc/mounts | sort |
        cut -d' ' -f2-
}

make_freezer() { # NODE
    local root group
    while read -r root; do
        [ -w "$root/cgroup.procs" ] || continue
        group=$root/$FREEZER_PARENT/$NAME/$1
        printf '%s\n' "$group" >"$STATE/nodes/$1/freezer"
        mkdir -p "$group" 2>/dev/null || continue
        if [ -e "$group/freezer.state" ] || [ -e "$group/cgroup.freeze" ]; then return 0; fi
        rmdir "$group" "${group%/*}" "${group%/*/*}" 2>/dev/null || true
    done < <(freezer_roots)
    rm -f "$STATE/nodes/$1/freezer"
}

read_freezer() { # NODE: sets group; fails where the node has none
    group=
    [ -s "$STATE/nodes/$1/freezer" ] && read -r group <"$STATE/nodes/$1/freezer" && [ -d "$group" ]
}

join_freezer() { # NODE: the calling process joins
    local group
    read_freezer "$1" || return 0
    echo "$BASHPID" >"$group/cgroup.procs" || fail_with "$NOT_ENTERED" "could not join $1's group $group"
}

is_frozen() { # GROUP
    if [ -e "$1/freezer.state" ]; then
        [ "$(<"$1/freezer.state")" = FROZEN ]
    else
        grep -qx 'frozen 1' "$1/cgroup.events"
    fi
}

set_frozen() { # GROUP yes|no
    if [ -e "$1/freezer.state" ]; then
        if [ "$2" = yes ]; then echo FROZEN; else echo THAWED; fi >"$1/freezer.state"
    else
        if [ "$2" = yes ]; then echo 1; else echo 0; fi >"$1/cgroup.freeze"
    fi
}

processes_of() { # NODE: ids of all processes in its process namespace
    local entry
    is_alive "$STATE/nodes/$1/init" || return 0
    for entry in /proc/[0-9]*; do
        if [ "$entry/ns/pid" -ef "/proc/$holder_pid/ns/pid" ]; then echo "${entry#/proc/}"; fi
    done
}

is_stopped() { # NODE: every process has got its SIGSTOP; those forked meanwhile get theirs
    local process running=0
    for process in $(processes_of "$1"); do
        read_process "$process" || continue
        [[ $process_state == [TtZX] ]] && continue
        kill -STOP "$process" 2>/dev/null || continue
        running=1
    done
    [ "$running" -eq 0 ]
}

verb_pause() { # NODE
    local group
    need_node "$1"
    need_alive "$1"
    : >"$STATE/nodes/$1/paused"
    if read_freezer "$1"; then
        set_frozen "$group" yes
        wait_for 10 "the processes of $1 to freeze" is_frozen "$group"
    else
        wait_for 10 "the processes of $1 to stop" is_stopped "$1"
    fi
}

verb_resume() { # NODE
    need_node "$1"
    need_alive "$1"
    thaw_node "$1"
}

# Also called before a node is ended: a process in a frozen v1 group does not even die.
thaw_node() { # NODE
    local group process parent
    [ -e "$STATE/nodes/$1/paused" ] || return 0
    if read_freezer "$1"; then
        set_frozen "$group" no
    else
        # nsenter stops itself with its child, but outside of the node.
        for process in $(processes_of "$1"); do
            parent=$(ps -o ppid= -p "$process") || parent=$process
            kill -CONT "$process" "${parent// /}" 2>/dev/null || true
        done
    fi
    rm -f "$STATE/nodes/$1/paused"
}

is_removed() { rmdir "$1" 2>/dev/null || [ ! -d "$1" ]; }

remove_freezers() {
    local node group parent
    for node in $(node_names); do
        read_freezer "$node" || continue
        wait_for 10 "the last process of $node to leave $group" is_removed "$group"
        for parent in "${group%/*}" "${group%/*/*}"; do rmdir "$parent" 2>/dev/null || true; done
    done
}
