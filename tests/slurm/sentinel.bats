#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Sentinels on a live cluster, as an ordinary user, with the default times (a node is lost after 5 s, its ranks are dead
# after 4). sentinel-roster-driver stands in for the supervisor: it says what the roster hears, a line each, the wall
# clock in ms first.

# shellcheck disable=SC2016,SC2154 # what the job's shells expand; what bats sets
load cluster

setup_file() { cluster_start --nodes 3; }
teardown_file() { cluster_stop; }
setup() {
    bats_require_minimum_version 1.5.0
    cluster_needed
    HOLDFAST=$HOLDFAST_BUILD/launcher/cli/holdfast
    DRIVER=$HOLDFAST_BUILD/tests/launcher/sentinel/sentinel-roster-driver
    run_job
}
teardown() {
    [ -z "${CLUSTER_OBSTACLE:-}" ] || return 0
    as_user scancel "$JOB" || true
    [ ! -e "$HERE/events" ] || sed "s/^/# /" "$HERE"/events*
    [ ! -e "$HERE/out" ] || sed "s/^/# /" "$HERE/out"
    for node in n1 n2 n3; do
        slurm_state_is "$node" idle || cluster heal "$node" 2>/dev/null || true
        on "$node" true 2>/dev/null || cluster boot "$node"
    done
    wait_until 60 all_idle
}

all_idle() { [ "$(on ctl sinfo --noheader --format %T | sort -u)" = idle ]; }

# A job over all nodes: the driver on n1, a sentinel on each node, three ranks of attempt 1.
run_job() {
    HERE=$CLUSTER_SHARED/$BATS_TEST_NUMBER
    local inside=/shared/$BATS_TEST_NUMBER
    mkdir -m 0777 "$HERE"
    mkfifo -m 0666 "$HERE/orders"
    cat >"$HERE/successor" <<END
#!/bin/bash
exec >$inside/events2 2>&1
exec "$DRIVER" \$SLURM_JOB_ID \$HOLDFAST_EPOCH $inside/state n1 n2 n3
END
    cat >"$HERE/job" <<END
#!/bin/bash
mkdir -m 0700 $inside/state
"$DRIVER" \$SLURM_JOB_ID 1 $inside/state n1 n2 n3 <>$inside/orders >$inside/events &
until grep -q listening $inside/events; do sleep 0.02; done
places=\$(awk '\$2 == "listening" {print "--supervisor", \$3}' $inside/events)
srun --overlap --no-kill -N3 -n3 --mpi=none --gres=none --mem=0 --cpu-bind=none "$HOLDFAST" sentinel --state $inside/state \$places -- $inside/successor &
until [ "\$(grep -c joined $inside/events)" = 3 ]; do sleep 0.02; done
echo watch 1 >$inside/orders
HOLDFAST_ATTEMPT=1 srun --overlap --no-kill -N3 -n3 --mpi=none --cpu-bind=none sleep 600
wait
END
    chmod 0755 "$HERE/job" "$HERE/successor"
    JOB=$(as_user sbatch --parsable --no-kill --nodes 3 --ntasks 3 --output "$inside/out" "$inside/job")
    wait_until 20 said events "ranks n1 0[RSD]"
    wait_until 20 said events "ranks n2 1[RSD]"
    wait_until 20 said events "ranks n3 2[RSD]"
    # The file of peers, without which nobody could take over.
    wait_until 10 grep -q '"n3":{' "$HERE/state/peers.json"
}

said() { grep -qE "^[0-9]+ $2" "$HERE/$1" 2>/dev/null; } # FILE PATTERN
when() { grep -m1 -E "^[0-9]+ $2" "$HERE/$1" | cut -d' ' -f1; } # FILE PATTERN: in ms
now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }
ranks_run_on() { on "$1" pgrep -x sleep >/dev/null; } # NODE
no_rank_on() { ! ranks_run_on "$1"; }

@test "sentinel: a killed node is lost within the node timeout; the others' ranks live on" {
    local begin
    begin=$(now_ms)
    cluster kill n3
    wait_until 10 said events "lost n3"
    took=$(($(when events "lost n3") - begin))
    echo "# a killed node was lost after $took ms ($(grep -oE 'lost n3 [a-z]+' "$HERE/events"))" >&3
    [ "$took" -le 6000 ]
    sleep 5 # a lease and more
    ranks_run_on n1
    ranks_run_on n2
}

@test "sentinel: on a node that is cut off the ranks die within the lease; healed, it is back and says so" {
    local begin dead
    begin=$(now_ms)
    cluster cut n3
    wait_until 10 no_rank_on n3
    dead=$(($(now_ms) - begin))
    wait_until 10 said events "lost n3 silent"
    took=$(($(when events "lost n3") - begin))
    grep -oE "lost n3.*" "$HERE/events" | sed "s/^/# /" >&3
    echo "# cut off: its ranks were dead after $dead ms, it was lost after $took ms" >&3
    [ "$dead" -le 5000 ]
    [ "$took" -le 6000 ]
    [ "$dead" -le "$took" ]
    cluster heal n3
    wait_until 20 said events "back n3"
    wait_until 5 said events "sign n3 3 rank 0 count 1"
    ranks_run_on n1
}

@test "sentinel: torn down on order, on every node" {
    echo "tear_down 1 1000 n1 n2 n3" >"$HERE/orders"
    for node in n1 n2 n3; do
        wait_until 5 said events "torn_down $node 1 0"
        no_rank_on "$node"
    done
    [ "$(as_user squeue --noheader --job "$JOB" --format %T)" = RUNNING ]
}

@test "sentinel: another user is refused, also root" {
    local place
    place=$(awk '$2 == "listening" {print $3; exit}' "$HERE/events")
    on n2 timeout 3 "$HOLDFAST" sentinel --job "$JOB" --node n2 --supervisor "$place" || true
    wait_until 3 said events "note a connection from .* was refused: the peer is user 0, and this job is user"
    run ! said events "lost"
}

@test "sentinel: the batch host is killed: a successor is elected, and all living sentinels follow it" {
    local begin
    begin=$(now_ms)
    cluster kill n1
    wait_until 20 said events2 "joined n2"
    wait_until 10 said events2 "joined n3"
    took=$(($(when events2 "joined n3") - begin))
    echo "# batch host killed: all sentinels with the successor after $took ms" >&3
    [ "$took" -le 10000 ] # the promise; about 7000 on a quiet machine
    [ -e "$HERE/state/epoch-2" ]
    [ ! -e "$HERE/state/epoch-3" ]
    # Nobody had acknowledged their beats for a lease: no rank lives that the successor does not know of.
    wait_until 5 said events2 "sign n2 3 rank 0 count 1"
    wait_until 5 said events2 "sign n3 3 rank 0 count 1"
    no_rank_on n2
    no_rank_on n3
}
