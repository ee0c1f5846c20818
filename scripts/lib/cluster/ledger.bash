# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the parts share their variables
# SPDX-License-Identifier: Apache-2.0
#
# ledger: what a cluster has made, so that all of it can be found and undone, also when `up` was killed half-way.
# Sourced by scripts/cluster.
#
# Only processes outlive a verb (namespaces, mounts and links live in them), besides the state directory and freezer
# groups of known names. The order that makes a crash harmless: a verb that makes something holds the cluster's lock;
# each child inherits that lock and lets go of it only after its process id stands in the ledger. So whoever has the
# lock next finds every process that still lives.

CLUSTERS=/run/holdfast-cluster

name_state() { # NAME
    STATE=$CLUSTERS/$1
    LOCK_FILE=$CLUSTERS/$1.lock
}

# The lock file is removed with the cluster; a lock on a file that has lost its name is worth nothing, hence the loop.
take_lock() {
    local tries
    for tries in 1 2 3 4 5 6 7 8 9 10; do
        mkdir -p "$CLUSTERS"
        chmod 711 "$CLUSTERS"
        exec 9>"$LOCK_FILE" || continue
        flock -w 60 9 || fail_with "$TOO_LATE" "waited 60 s in vain for another cluster command on '$NAME' to end"
        [ "/proc/$BASHPID/fd/9" -ef "$LOCK_FILE" ] && return 0
    done
    fail "the lock $LOCK_FILE was taken away $tries times: is another program removing it?"
}

drop_lock() { exec 9>&-; }

read_process() { # PID: sets process_state and process_start; fails if there is no such process
    local stat fields
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    read -ra fields <<<"${stat##*) }"
    process_state=${fields[0]} process_start=${fields[19]}
}

# Process ids are used again, start times and boots are not.
record_process() { # FILE PID
    read_process "$2" || return 1
    printf '%s %s %s\n' "$2" "$process_start" "$(</proc/sys/kernel/random/boot_id)" >"$1.new"
    mv "$1.new" "$1"
}

# Sets holder_pid. A zombie is dead: some hosts' process 1 never collects it.
is_alive() { # FILE
    local start boot
    [ -s "$1" ] || return 1
    read -r holder_pid start boot <"$1" || return 1
    [ "$boot" = "$(</proc/sys/kernel/random/boot_id)" ] || return 1
    read_process "$holder_pid" || return 1
    [ "$process_start" = "$start" ] && [[ $process_state != [ZX] ]]
}

is_gone() { ! is_alive "$1"; }

# Starts CMD in a session of its own, without the caller's environment and files, recorded in DIR/holder.
start_held() { # DIR CMD...
    local dir=$1
    shift
    (
        record_process "$dir/holder" "$BASHPID"
        drop_lock
        exec env -i PATH="$NODE_PATH" LANG=C.UTF-8 setsid "$@"
    ) </dev/null >>"$dir/console" 2>&1 &
    disown
}

# Ends what start_held started and its child, process 1 of a node, with which the kernel ends all else in the node.
# The holder is stopped first, so that it cannot get a child after its children were looked up.
strike_held() { # DIR
    local dir=$1 child children=()
    is_alive "$dir/holder" || return 0
    kill -STOP "$holder_pid" 2>/dev/null || true
    read -ra children < <(pgrep -P "$holder_pid" | tr '\n' ' ') || true
    for child in "${children[@]}"; do
        record_process "$dir/child.$child" "$child" || true
    done
    kill -KILL "${children[@]}" "$holder_pid" 2>/dev/null || true
}

# Struck before waited for: the kernel takes a while for each node, and does several at once.
end_held() { # DIR...
    local dir record
    for dir in "$@"; do strike_held "$dir"; done
    for dir in "$@"; do
        for record in "$dir"/holder "$dir"/child.*; do
            [ -e "$record" ] || continue
            wait_for 15 "process $(cut -d' ' -f1 "$record") of ${dir##*/} to end" is_gone "$record"
            rm -f "$record"
        done
    done
}

node_names() { # those of the cluster, ctl first
    local dir
    [ -d "$STATE/nodes/ctl" ] && echo ctl
    for dir in "$STATE"/nodes/n*; do [ -d "$dir" ] && echo "${dir##*/}"; done | sort -V
}

is_up() { [ -e "$STATE/ready" ] && is_alive "$STATE/switch/holder"; }

need_up() { # [CODE]
    is_up || fail_with "${1:-$NOT_UP}" "is not up: start it with 'cluster --name $NAME up'"
}

need_node() { # NODE [CODE]
    need_up "${2:-$NOT_UP}"
    if [[ ! $1 =~ ^(ctl|n[0-9]+)$ || ! -d $STATE/nodes/$1 ]]; then
        fail_with "${2:-$WRONG_USAGE}" "has no node '$1'; its nodes are: $(node_names | tr '\n' ' ')"
    fi
}

end_all_processes() {
    local node
    for node in $(node_names); do thaw_node "$node"; done
    end_held "$STATE"/nodes/* "$STATE/switch"
}

# Undoes all of it. The caller holds the lock.
remove_everything() {
    [ -d "$STATE" ] || return 0
    rm -f "$STATE/ready"
    end_all_processes
    remove_freezers
    rm -rf --one-file-system "$STATE"
}
