# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the parts share their variables
# SPDX-License-Identifier: Apache-2.0
#
# switch: the networks between the nodes, one or two: network N is a bridge br<N> in a namespace of its own (see
# holder.bash) with a port p<node>-<N> per node. Slurm knows of the first only. Sourced by scripts/cluster. The node makes
# its own ports when it starts (init.bash); the verbs here plug and unplug.

node_address() { # ctl | n1 | n2 ... [NETWORK]
    local number=0
    [ "$1" = ctl ] || number=${1#n}
    printf '10.%d.%d.%d' $((54 + ${2:-1})) $((number / 200)) $((10 + number % 200))
}

network_numbers() { # of the cluster: 1, or 1 and 2
    local count
    count=$(sed -n 's/^NETWORKS=//p' "$STATE/settings")
    seq "${count:-1}"
}

node_addresses() { # NODE: one of each network, with commas
    local network addresses=()
    for network in $(network_numbers); do addresses+=("$(node_address "$1" "$network")"); done
    (IFS=,; printf '%s' "${addresses[*]}")
}

start_switch() {
    mkdir -p "$STATE/switch"
    start_held "$STATE/switch" unshare --net bash "$LIB/holder.bash" "$STATE/switch" "$NETWORKS"
    wait_for 60 "the switch (see $STATE/switch/console)" test -e "$STATE/switch/ready"
}

in_switch() { # CMD...
    is_alive "$STATE/switch/holder" || fail "its switch is gone: use 'down', then 'up'"
    nsenter --net="/proc/$holder_pid/ns/net" "$@"
}

# A dead node's network namespace is taken apart by the kernel some time later; its ports must be gone at once, so that
# the node can be booted again.
remove_ports() { # NODE
    local network
    for network in $(network_numbers); do
        in_switch ip link del "p$1-$network" 2>/dev/null || true # the kernel may have been faster
        rm -f "$STATE/nodes/$1/cut.$network"
    done
}

read_network_words() { # VERB NODE [--network N]: sets networks to those that are meant
    local verb=$1 node=$2 number
    shift 2
    need_node "$node"
    need_alive "$node"
    mapfile -t networks < <(network_numbers)
    case ${1:-} in
        '') return ;;
        --network) number=${2:-}; shift ;;
        --network=*) number=${1#*=} ;;
        *) fail_usage "$verb does not take '$1'; it takes: NODE [--network N]" ;;
    esac
    [[ " ${networks[*]} " == *" $number "* && -n $number ]] ||
        fail_usage "there is no network '$number' here, only: ${networks[*]} ('up --networks 2' makes two)"
    [ $# -le 1 ] || fail_usage "$verb does not take '$2'"
    networks=("$number")
}

# Unplugged from the bridge, not set down: the node keeps its carrier and is told nothing, like behind a dead switch.
verb_cut() { # NODE [--network N]
    local networks network
    read_network_words cut "$@"
    for network in "${networks[@]}"; do
        in_switch ip link set "p$1-$network" nomaster || fail "could not unplug $1 from network $network"
        : >"$STATE/nodes/$1/cut.$network"
    done
}

# Left alone, slurmctld looks at a node that was DOWN again after 10 to 60 s. A slurmd told to read its configuration
# registers at once, as after an admin's reload.
wake_slurmd() { # NODE
    [ "$1" != ctl ] || return 0
    need_alive "$1"
    # shellcheck disable=SC2016 # expanded inside the node
    nsenter --target "$holder_pid" --mount --pid -- \
        sh -c 'test ! -s /run/slurm/slurmd.pid || kill -HUP "$(cat /run/slurm/slurmd.pid)"' 2>/dev/null || true
}

verb_heal() { # NODE [--network N]
    local networks network
    read_network_words heal "$@"
    for network in "${networks[@]}"; do
        in_switch ip link set "p$1-$network" master "br$network" || fail "could not plug $1 into network $network again"
        rm -f "$STATE/nodes/$1/cut.$network"
    done
    [ "${networks[0]}" != 1 ] || wake_slurmd "$1"
}
