#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# `holdfast run` on a live cluster, as an ordinary user: nodes that die, are cut off, freeze; the batch host among them.
# Default settings, not test settings.

# shellcheck disable=SC2154 # what bats and the helpers set
load cluster
load run

setup_file() {
    run_cluster --nodes 5
}
teardown_file() { cluster_stop; }
setup() { run_begin; }
teardown() { run_end; }

fault() { # VERB NODE: and when it happened, in ms
    TOUCHED+=("$2")
    WHEN=$(date +%s%3N)
    cluster "$1" "$2"
}

@test "run: a node that is killed is replaced by the spare, and every other rank keeps its host" {
    run_submit -- --spares 1 srun /shared/count 60 "$RUN_DIR"
    run_until 40 run_step_is_saved 5
    fault kill n3
    run_until 40 run_attempt_runs 2
    run_tell_time "node killed to running on the spare" "$WHEN" "$(run_started_ms 2)" 5000
    [ "$(run_hosts 2)" = "n1 n2 n5 n4 " ]
    run_until 60 run_has_ended
    run_ended_well
    [ "$(run_cause)" = node_lost ]
}

@test "run: a node that is cut off in silence is replaced, and its ranks are dead before new ones start" {
    run_submit -- --spares 1 srun /shared/count 80 "$RUN_DIR"
    run_until 40 run_step_is_saved 5
    fault cut n2
    run_until 40 run_attempt_runs 2
    run_tell_time "silent node death to running on the spare" "$WHEN" "$(run_started_ms 2)" 5000
    cluster heal n2
    run_until 60 run_has_ended
    run_ended_well
    [ "$(run_hosts 2)" = "n1 n5 n3 n4 " ]
    run_none_outlived
}

@test "run: a node that freezes is replaced, and its ranks die when it thaws" {
    run_submit -- --spares 1 srun /shared/count 100 "$RUN_DIR"
    run_until 40 run_step_is_saved 5
    fault pause n4
    run_until 40 run_attempt_runs 2
    cluster resume n4
    run_until 60 run_has_ended
    run_ended_well
    [ "$(run_hosts 2)" = "n1 n2 n3 n5 " ]
}

@test "run: a dead batch host is survived, and the job ends COMPLETED" {
    run_submit -- --spares 1 srun /shared/count 80 "$RUN_DIR"
    run_until 40 run_step_is_saved 5
    fault kill n1
    run_until 40 run_attempt_runs 2
    run_tell_time "batch host death to running" "$WHEN" "$(run_started_ms 2)" 10000
    [ "$(run_hosts 2)" = "n5 n2 n3 n4 " ]
    run_until 60 run_has_ended
    run_ended_well
    run_has_events took_over 1
    run_until 60 run_job_is "COMPLETED"
    [ "$(run_job_exit)" = 0 ]
}

@test "run: a batch host that is cut off goes quiet, and the rest goes on" {
    run_submit -- --spares 1 srun /shared/count 80 "$RUN_DIR"
    run_until 40 run_step_is_saved 5
    fault cut n1
    run_until 40 run_attempt_runs 2
    cluster heal n1
    run_until 60 run_has_ended
    run_ended_well
    run_none_outlived
}

@test "run: two nodes at once and one spare: fewer nodes when that is allowed" {
    run_submit -- --spares 1 --shrink-to 3 srun /shared/count 60 "$RUN_DIR"
    run_until 40 run_step_is_saved 5
    fault kill n2
    fault kill n3
    run_until 60 run_has_ended
    run_ended_well
    [ "$(grep -c " attempt 2 " "$HOST_DIR/starts")" -eq 3 ] || [ "$(grep -c " attempt 3 " "$HOST_DIR/starts")" -eq 3 ]
}

@test "run: slurmctld may go and come back, and the job does not notice" {
    run_submit -- --spares 1 srun /shared/count 80 "$RUN_DIR"
    run_until 40 run_step_is_saved 5
    fault kill ctl
    sleep 4
    cluster boot ctl
    run_until 60 run_has_ended
    run_ended_well
    run ! run_has_events attempt_started 2
}
