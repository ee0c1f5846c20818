# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# cluster: a Slurm cluster for a bats file. Loaded with `load cluster` from tests/slurm; a file uses it so:
#
#   setup_file() { cluster_start --nodes 2 --gpus 4; }
#   teardown_file() { cluster_stop; }
#   setup() { cluster_needed; }
#   @test "..." { as_user srun -N2 hostname; }
#
# Only root can make the namespaces, and Slurm may be absent: then every test of the file is skipped with the reason.

CLUSTER_PROGRAM=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../scripts" && pwd)/cluster

cluster_obstacle() { # prints why no cluster can be made here, or nothing
    local program
    [ "$(id -u)" -eq 0 ] || { echo "needs root to make namespaces"; return; }
    for program in slurmctld slurmd srun munged nsenter ip; do
        PATH=/usr/sbin:/usr/bin:/sbin:/bin type -P "$program" >/dev/null || { echo "$program is not installed"; return; }
    done
    unshare --net --pid --mount --uts --ipc --fork true 2>/dev/null || echo "namespaces cannot be made here"
}

# A run that was killed had no chance to clean up: its clusters bear the id of a bats process that is gone.
remove_orphaned_clusters() { # PREFIX
    local state name
    for state in "/run/holdfast-cluster/$1-"*/; do
        name=$(basename "$state")
        if [ -d "$state" ] && [ ! -d "/proc/${name##*-}" ]; then "$CLUSTER_PROGRAM" --name "$name" down || true; fi
    done
}

# Sets and exports CLUSTER (its name), CLUSTER_SHARED (where /shared lies on the host) and CLUSTER_OBSTACLE.
# With HOLDFAST_BUILD set, that directory is seen in the nodes, also when it lies below /tmp.
cluster_start() { # WORDS-FOR-UP...
    local prefix see=()
    CLUSTER_OBSTACLE=$(cluster_obstacle)
    export CLUSTER_OBSTACLE
    [ -z "$CLUSTER_OBSTACLE" ] || return 0
    prefix=bats-$(basename "$BATS_TEST_FILENAME" .bats | tr -c 'a-z0-9\n' -)
    remove_orphaned_clusters "$prefix"
    export CLUSTER=$prefix-$PPID
    export CLUSTER_SHARED=/run/holdfast-cluster/$CLUSTER/shared
    [ -z "${HOLDFAST_BUILD:-}" ] || see=(--see "$HOLDFAST_BUILD")
    cluster up "${see[@]}" "$@"
}

cluster_stop() {
    [ -z "${CLUSTER:-}" ] || cluster down
}

cluster_needed() {
    [ -z "${CLUSTER_OBSTACLE:-}" ] || skip "$CLUSTER_OBSTACLE"
}

cluster() { "$CLUSTER_PROGRAM" --name "$CLUSTER" "$@"; }

on() { # NODE CMD...: as root
    local node=$1
    shift
    cluster exec "$node" -- "$@"
}

as_user() { # [--node NODE] [--env NAME=VALUE]... CMD...
    local words=()
    while [[ ${1:-} == --node || ${1:-} == --env ]]; do
        words+=("$1" "$2")
        shift 2
    done
    cluster as-user "${words[@]}" -- "$@"
}

slurm_state() { on ctl sinfo --noheader --nodes "$1" --format %T; } # NODE

slurm_state_is() { [ "$(slurm_state "$1")" = "$2" ]; } # NODE STATE

wait_until() { # SECONDS CMD...: fails, naming CMD, when it has not succeeded by then
    local seconds=$1 end
    shift
    end=$((SECONDS + seconds))
    until "$@"; do
        if [ "$SECONDS" -ge "$end" ]; then
            echo "waited $seconds s in vain for: $*" >&2
            return 1
        fi
        sleep 0.1
    done
}
