# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the parts share their variables
# SPDX-License-Identifier: Apache-2.0
#
# switch: the network between the nodes: a bridge br0 in a namespace of its own (see holder.bash), one port p<node> per
# node. Sourced by scripts/cluster. The node makes its own port when it starts (init.bash); the verbs here plug and unplug.

node_address() { # ctl | n1 | n2 ...
    local number=0
    [ "$1" = ctl ] || number=${1#n}
    printf '10.55.%d.%d' $((number / 200)) $((10 + number % 200))
}

start_switch() {
    mkdir -p "$STATE/switch"
    start_held "$STATE/switch" unshare --net bash "$LIB/holder.bash" "$STATE/switch"
    wait_for 60 "the switch (see $STATE/switch/console)" test -e "$STATE/switch/ready"
}

in_switch() { # CMD...
    is_alive "$STATE/switch/holder" || fail "its switch is gone: use 'down', then 'up'"
    nsenter --net="/proc/$holder_pid/ns/net" "$@"
}

# A dead node's network namespace is taken apart by the kernel some time later; its port must be gone at once, so that
# the node can be booted again.
remove_port() { # NODE
    in_switch ip link del "p$1" 2>/dev/null || true # the kernel may have been faster
    rm -f "$STATE/nodes/$1/cut"
}

# Unplugged from the bridge, not set down: the node keeps its carrier and is told nothing, like behind a dead switch.
verb_cut() { # NODE
    need_node "$1"
    need_alive "$1"
    in_switch ip link set "p$1" nomaster || fail "could not unplug $1"
    : >"$STATE/nodes/$1/cut"
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

verb_heal() { # NODE
    need_node "$1"
    need_alive "$1"
    in_switch ip link set "p$1" master br0 || fail "could not plug $1 in again"
    rm -f "$STATE/nodes/$1/cut"
    wake_slurmd "$1"
}
