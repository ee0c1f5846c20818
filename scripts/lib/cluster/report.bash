# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the parts share their variables
# SPDX-License-Identifier: Apache-2.0
#
# report: what a cluster says of itself: the verbs status and logs, and the questions to slurmctld that other verbs wait on.
# Sourced by scripts/cluster.

ask_controller() { # CMD...: in ctl, as root; a dead or frozen controller is no answer
    is_alive "$STATE/nodes/ctl/init" && [ ! -e "$STATE/nodes/ctl/paused" ] || return 1
    timeout 5 nsenter --target "$holder_pid" --mount --uts --ipc --net --pid -- \
        env -i PATH="$NODE_PATH" "$@" </dev/null 2>/dev/null
}

# The kernel's table of the node's sockets: port 6817 (1AA1), state listening (0A).
controller_listens() {
    is_alive "$STATE/nodes/ctl/init" && grep -q ':1AA1 00000000:0000 0A ' "/proc/$holder_pid/net/tcp"
}

controller_answers() { ask_controller scontrol ping | grep -q 'is UP'; }

all_nodes_are_idle() {
    local states
    states=$(ask_controller sinfo --noheader --Node --format '%t' | sort -u) && [ "$states" = idle ]
}

all_nodes_are_known() { # those that run, after slurmctld was started again
    local name state
    while read -r name state; do
        [[ $state != unknown* ]] || [ "$(node_state "$name")" != up ] || return 1
    done < <(ask_controller sinfo --noheader --Node --format '%N %T' || true)
}

# A state alone may be from before the node died: the start of the slurmd that slurmctld knows must be the new one.
node_has_registered() { # NODE SINCE
    local facts started
    facts=$(ask_controller scontrol --oneliner show node "$1") || return 1
    [[ $facts =~ SlurmdStartTime=([^ ]+) ]] || return 1
    started=$(date -d "${BASH_REMATCH[1]}" +%s 2>/dev/null) || return 1
    [ "$started" -ge "$2" ] && [[ $facts =~ State=([^ ]+) ]] && [[ ! ${BASH_REMATCH[1]} =~ DOWN|UNKNOWN|NOT_RESP|\* ]]
}

node_state() { # NODE: up, dead, paused, cut, or with one network of two cut: cut-1 or cut-2
    local dir=$STATE/nodes/$1 network cut=() whole=()
    for network in $(network_numbers); do
        if [ -e "$dir/cut.$network" ]; then cut+=("$network"); else whole+=("$network"); fi
    done
    if ! is_alive "$dir/init"; then echo dead
    elif [ -e "$dir/paused" ]; then echo paused
    elif [ ${#whole[@]} -eq 0 ]; then echo cut
    elif [ ${#cut[@]} -gt 0 ]; then echo "cut-${cut[0]}"
    else echo up
    fi
}

verb_status() {
    local form=table node word
    case "${1:-}" in
        '') ;;
        --json) form=json; shift ;;
        *) fail_usage "status does not know '$1'; it knows: --json" ;;
    esac
    no_more_words status "$@"
    need_up
    declare -A slurm=()
    while read -r node word; do slurm[$node]=$word; done \
        < <(ask_controller sinfo --noheader --Node --format '%N %T' || true)
    "print_$form"
}

print_table() {
    local node
    printf 'cluster %s   /shared is %s   /home/pat is %s\n' "$NAME" "$STATE/shared" "$STATE/home"
    printf '%-6s %-14s %-7s %s\n' NODE ADDRESS MACHINE SLURM
    for node in $(node_names); do
        printf '%-6s %-14s %-7s %s\n' "$node" "$(node_addresses "$node")" "$(node_state "$node")" "${slurm[$node]:--}"
    done
}

print_json() {
    local node comma=''
    printf '{"name":"%s","shared":"%s","home":"%s","nodes":[' "$NAME" "$STATE/shared" "$STATE/home"
    for node in $(node_names); do
        printf '%s{"name":"%s","address":"%s","machine":"%s","slurm":"%s"}' "$comma" "$node" "$(node_addresses "$node")" \
            "$(node_state "$node")" "${slurm[$node]:-}"
        comma=,
    done
    printf ']}\n'
}

verb_logs() {
    [ $# -ge 1 ] || fail_usage "logs wants a node: cluster logs NODE [slurmd|slurmctld|munged|console]"
    local node=$1 daemon=${2:-} log
    [ $# -le 2 ] || fail_usage "logs does not take '$3'"
    [ -d "$STATE/nodes/$node" ] || fail_with "$NOT_UP" "has no node '$node'"
    [ -n "$daemon" ] || { daemon=slurmd; [ "$node" != ctl ] || daemon=slurmctld; }
    case $daemon in
        slurmd | slurmctld) log=log/slurm/$daemon.log ;;
        munged) log=log/munge/munged.log ;;
        console) log=console ;;
        *) fail_usage "no log of '$daemon'; there are: slurmd slurmctld munged console" ;;
    esac
    [ -e "$STATE/nodes/$node/$log" ] || fail "$node has no log of $daemon"
    cat "$STATE/nodes/$node/$log"
}
