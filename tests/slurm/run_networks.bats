#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# `holdfast run` on nodes with two networks under two leaf switches, as an ordinary user: Slurm's network of a node is lost
# for a while and the other one lives; the spare nearest to a dead node is taken. Default settings of holdfast. Slurm is as patient as at a site (SlurmdTimeout): with 10 s it would take
# the node from the job, whatever holdfast thinks of it.
#
# srun and slurmd know the first network only. What they send to each other during the cut is repeated by the kernel
# after it, so ranks go on, their output comes late, and a job ends well that ends after the cut.

# shellcheck disable=SC2016,SC2154 # what the job's shells expand; what bats and the helpers set
load cluster
load run

setup_file() {
    echo 'SlurmdTimeout=120' >"$BATS_FILE_TMPDIR/patient.conf"
    printf '%s\n' 'SwitchName=left Nodes=n[1-2,6]' 'SwitchName=right Nodes=n[3-5]' 'SwitchName=top Switches=left,right' \
        >"$BATS_FILE_TMPDIR/topology.conf"
    run_cluster --nodes 6 --networks 2 --slurm-conf-extra "$BATS_FILE_TMPDIR/patient.conf" \
        --topology "$BATS_FILE_TMPDIR/topology.conf"
}
teardown_file() { cluster_stop; }
setup() {
    run_begin
    # Every rank says at each step that it lives.
    echo 'echo "$step" >"$dir/at.$SLURM_PROCID"' >"$HOST_DIR/hook"
}
teardown() {
    local node
    [ -z "${CLUSTER_OBSTACLE:-}" ] || return 0
    [ -z "${JOB:-}" ] || as_user scancel "$JOB" 2>/dev/null || true
    for node in "${TOUCHED[@]}"; do
        # Not just healed: a slurmd that missed the end of a job is asked about it again a minute later only.
        cluster kill "$node"
        cluster boot "$node"
    done
    run_until 60 all_idle
}

lose() { # NODE [--network N]: and when it happened, in ms
    TOUCHED+=("$1")
    WHEN=$(date +%s%3N)
    cluster cut "$@"
}
answers() { on n2 timeout 2 bash -c "</dev/tcp/$1/6818" 2>/dev/null; } # slurmd, at this address
rank_is_at() { [ "$(cat "$HOST_DIR/at.$1" 2>/dev/null || echo 0)" -ge "$2" ]; } # RANK STEP

# Ten seconds are two node timeouts; nobody may have noticed.
lose_first_network_for_ten_seconds() { # NODE ITS-ADDRESS ITS-RANK
    local rank_at
    lose "$1" --network 1
    sleep 10 # what is waited for is that nothing happens
    run ! answers "$2"
    rank_at=$(cat "$HOST_DIR/at.$3")
    run_until 30 rank_is_at "$3" $((rank_at + 10))
    cluster heal "$1" --network 1
}
nothing_was_lost() {
    local kind
    for kind in node_lost rank_failed loss teardown took_over; do
        if run_has_events "$kind" 1; then
            echo "there is an event $kind"
            run_tell
            return 1
        fi
    done
    run ! run_has_events attempt_started 2
}

@test "run: a node whose first network is gone for 10 s beats over the second, and the job does not notice" {
    run_submit -w 'n[1-5]' -- --spares 1 srun /shared/count 200 "$RUN_DIR" "$RUN_DIR/hook"
    run_until 60 run_step_is_saved 5
    lose_first_network_for_ten_seconds n3 10.55.0.13 2
    run_until 120 run_has_ended
    run_ended_well
    nothing_was_lost
}

@test "run: a batch host whose first network is gone for 10 s gets no successor, and the job ends COMPLETED" {
    run_submit -w 'n[1-5]' -- --spares 1 srun /shared/count 200 "$RUN_DIR" "$RUN_DIR/hook"
    run_until 60 run_step_is_saved 5
    lose_first_network_for_ten_seconds n1 10.55.0.11 0
    run_until 120 run_has_ended
    run_ended_well
    nothing_was_lost
    run_until 60 run_job_is COMPLETED
}

@test "run: a node that loses both networks is replaced by the spare" {
    run_submit -w 'n[1-5]' -- --spares 1 srun /shared/count 100 "$RUN_DIR" "$RUN_DIR/hook"
    run_until 60 run_step_is_saved 5
    lose n3
    run_until 60 run_attempt_runs 2
    run_tell_time "both networks cut to running on the spare" "$WHEN" "$(run_started_ms 2)" 5000
    cluster heal n3
    run_until 120 run_has_ended
    run_ended_well
    [ "$(run_hosts 2)" = "n1 n2 n5 n4 " ]
    [ "$(run_cause)" = node_lost ]
    run_none_outlived
}

@test "run: a node that only Slurm does not reach is replaced as soon as ranks must be started on it" {
    cat >>"$HOST_DIR/hook" <<'HOOK'
if [ "$SLURM_PROCID" = 1 ] && [ -e "$dir/die" ] && mkdir "$dir/died" 2>/dev/null; then kill -9 $$; fi
HOOK
    run_submit -w 'n[1-5]' -- --spares 1 srun /shared/count 300 "$RUN_DIR" "$RUN_DIR/hook"
    run_until 60 run_step_is_saved 5
    lose n3 --network 1
    touch "$HOST_DIR/die"
    run_until 120 grep -q " attempt [2-9] rank 2 on n5 from " "$HOST_DIR/starts"
    [ "$(run_cause)" = launch_failed ]
    run ! run_has_events node_lost 1
    run_until 120 run_has_ended
    run_ended_well
    run_none_outlived
}

# Slurm gives nodes in the order of their numbers, and the last are the spares: n5, then n6.
@test "run: the spare under the leaf switch of the dead node is taken, though another one comes first" {
    run_submit -N6 -- --spares 2 srun /shared/count 100 "$RUN_DIR"
    run_until 60 run_step_is_saved 5
    TOUCHED+=(n2)
    cluster kill n2
    run_until 60 run_attempt_runs 2
    [ "$(run_hosts 1)" = "n1 n2 n3 n4 " ]
    [ "$(run_hosts 2)" = "n1 n6 n3 n4 " ]
    grep '"kind":"decided"' "$HOST_DIR/state/events.jsonl" | grep -q 'n6 stands in for n2'
    run_until 120 run_has_ended
    run_ended_well
}
