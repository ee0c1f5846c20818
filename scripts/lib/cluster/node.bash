# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the parts share their variables
# SPDX-License-Identifier: Apache-2.0
#
# node: one pretended machine: starting it, entering it, ending it. Sourced by scripts/cluster.
#
# A node is process 1 of a process namespace (init.bash, begun by unshare) and whatever runs below it. Its disk is
# STATE/nodes/NODE: etc, log and spool outlive a kill, /tmp, /run and /dev do not. Three records tell its life:
# holder (unshare, made first), progress (what process 1 says while it starts), init (process 1, once the node is ready).

node_role() { if [ "$1" = ctl ]; then echo controller; else echo worker; fi; }

start_node() { # NODE [rebooted]: begins it; wait_for_node sees the end
    local dir=$STATE/nodes/$1
    rm -f "$dir/init" "$dir/paused" "$dir"/cut.*
    : >"$dir/progress"
    make_freezer "$1"
    start_held "$dir" unshare --net --uts --ipc --pid --mount --propagation private --fork --kill-child \
        bash "$LIB/init.bash" "$STATE" "$1" "$(node_addresses "$1")" "$(node_role "$1")" "${2:-}"
}

node_has_started() { # NODE
    local dir=$STATE/nodes/$1 word rest pid=
    while read -r word rest; do
        case $word in
            pid) pid=$rest ;;
            failed) fail "$1 did not start: $rest: $(tail -n 3 "$dir/console" | paste -sd' ')" ;;
            ready) record_process "$dir/init" "$pid" && return 0 ;;
        esac
    done <"$dir/progress"
    # The record is written by the child, so it may not be there yet.
    [ ! -e "$dir/holder" ] || is_alive "$dir/holder" || fail "$1 died while it started (see $dir/console)"
    return 1
}

wait_for_node() { wait_for 60 "$1 to start (see $STATE/nodes/$1/console)" node_has_started "$1"; }

node_is_alive() { is_alive "$STATE/nodes/$1/init"; }

need_alive() { # NODE [CODE]
    node_is_alive "$1" || fail_with "${2:-$NOT_UP}" "$1 is not running: 'boot $1' starts it"
}

# Runs in the place of the calling process; nothing but the three standard files is handed in.
enter_node() { # NODE CMD...
    local node=$1
    shift
    need_alive "$node" "$NOT_ENTERED"
    local target=$holder_pid
    # A frozen process does not even answer the SIGTERM of `timeout`: better not to begin.
    [ ! -e "$STATE/nodes/$node/paused" ] || fail_with "$NOT_ENTERED" "$node is paused: 'resume $node' lets it go on"
    join_freezer "$node"
    exec nsenter --target "$target" --mount --uts --ipc --net --pid -- "$@"
}

clean_environment() { # HOME USER: prints NAME=VALUE lines
    printf '%s\n' "PATH=$NODE_PATH" "HOME=$1" "USER=$2" "LOGNAME=$2" SHELL=/bin/bash
    [ -z "${TERM:-}" ] || printf 'TERM=%s\n' "$TERM"
    [ -z "${LANG:-}" ] || printf 'LANG=%s\n' "$LANG"
}

read_enter_words() { # VERB WORDS...: sets node, extra_env, command
    local verb=$1
    shift
    extra_env=() command=()
    while [ $# -gt 0 ]; do
        case $1 in
            --) shift; command=("$@"); break ;;
            --env) [[ $# -ge 2 && $2 == *=* ]] || fail_usage "--env wants NAME=VALUE"; extra_env+=("$2"); shift 2 ;;
            --node) [ $# -ge 2 ] || fail_usage "--node wants a node"; node=$2; shift 2 ;;
            -*) fail_usage "$verb does not know '$1'; known: --env NAME=VALUE, --node NODE, -- CMD" ;;
            *) [[ $verb = exec && -z $node ]] || fail_usage "'$1' is one word too many: put -- before the command"
               node=$1; shift ;;
        esac
    done
    [ -n "$node" ] || fail_usage "exec wants a node: cluster exec NODE -- CMD"
    [ ${#command[@]} -gt 0 ] || fail_usage "$verb wants a command after --"
}

verb_exec() {
    local node='' extra_env command environment
    read_enter_words exec "$@"
    need_node "$node" "$NOT_ENTERED"
    mapfile -t environment < <(clean_environment /root root)
    enter_node "$node" env -i -C / "${environment[@]}" "${extra_env[@]}" "${command[@]}"
}

verb_as_user() {
    local node=ctl extra_env command environment
    read_enter_words as-user "$@"
    need_node "$node" "$NOT_ENTERED"
    mapfile -t environment < <(clean_environment /home/pat pat)
    enter_node "$node" setpriv --reuid pat --regid pat --init-groups --no-new-privs --inh-caps=-all --bounding-set=-all \
        env -i -C /home/pat "${environment[@]}" "${extra_env[@]}" "${command[@]}"
}

verb_kill() { # NODE
    need_node "$1"
    take_lock
    thaw_node "$1"
    end_held "$STATE/nodes/$1"
    rm -f "$STATE/nodes/$1/init"
    remove_ports "$1"
}

verb_boot() { # NODE
    need_node "$1"
    take_lock
    if node_is_alive "$1"; then
        say "$1 is running already"
        return 0
    fi
    end_held "$STATE/nodes/$1"
    remove_ports "$1"
    local since
    since=$(date +%s)
    start_node "$1" rebooted
    wait_for_node "$1"
    drop_lock
    if [ "$(node_state ctl)" != up ]; then
        say "$1 has started; slurmctld is not there to hear of it"
    elif [ "$1" = ctl ]; then
        wait_for 60 "slurmctld to answer" controller_answers
        wait_for 60 "slurmctld to hear from the nodes again" all_nodes_are_known
    else
        wait_for 60 "slurmctld to hear from $1" node_has_registered "$1" "$since"
    fi
}
