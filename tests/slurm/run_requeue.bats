#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# `holdfast run` and what Slurm has to do for it: a state directory that is none, nodes that nobody needs, a job that goes back
# into the queue without its owner's help. On a live cluster that keeps no accounting, as an ordinary user.

# shellcheck disable=SC2030,SC2031,SC2154 # each test is a subshell; what bats and the helpers set
load cluster
load run

setup_file() {
    run_cluster --nodes 5
}
teardown_file() { cluster_stop; }
setup() {
    run_begin
    KILLED=
}
teardown() {
    [ -z "${CLUSTER_OBSTACLE:-}" ] || return 0
    as_user scancel -u pat 2>/dev/null || true
    [ -z "$KILLED" ] || cluster boot "$KILLED" 2>/dev/null || true
    run_until 60 all_idle
}

kill_node() {
    KILLED=$1
    cluster kill "$1"
}
job_has_nodes() { [ "$(as_user squeue -h -j "$JOB" -o %D)" = "$1" ]; }
node_is_down() { slurm_state "$1" | grep -q down; }
words_of_run() { grep -q "$1" "$HOST_DIR/out"; }

@test "run: a state directory of each node's own is refused before anything is started" {
    JOB=$(as_user sbatch --parsable --no-kill -N5 -D /shared -o "$RUN_DIR/out" \
        --wrap "exec $HOLDFAST run --state /tmp/state-$RUN srun /shared/count 5 $RUN_DIR")
    run_until 40 run_job_is "FAILED"
    [ "$(run_job_exit)" = 125 ]
    words_of_run "state_not_shared: the state directory /tmp/state-$RUN is not the same on n"
    [ ! -e "$HOST_DIR/starts" ]
}

@test "run: the directory of another job is refused" {
    run_submit -- srun /shared/count 5 "$RUN_DIR"
    run_until 40 run_job_is "COMPLETED"
    run_submit -- srun /shared/count 5 "$RUN_DIR"
    run_until 40 run_job_is "FAILED"
    [ "$(run_job_exit)" = 125 ]
    words_of_run "holds the run of job"
}

@test "run: nodes beyond those that are needed go back to Slurm, and the run has its spare" {
    run_submit -- --nodes 2 --spares 1 srun /shared/count 80 "$RUN_DIR"
    run_until 40 words_of_run "given back to Slurm: n4,n5"
    run_until 20 job_has_nodes 3
    [ "$(slurm_state n5)" = idle ]
    run_until 40 run_step_is_saved 5
    kill_node n2
    run_until 60 run_has_ended
    run_ended_well
    [ "$(run_hosts 2)" = "n1 n3 " ]
}

@test "run: a job that lost its batch host for good ends COMPLETED without its owner" {
    run_submit -- --spares 1 srun /shared/count 300 "$RUN_DIR"
    run_until 40 run_step_is_saved 5
    kill_node n1
    run_until 60 node_is_down n1
    run_until 90 run_has_ended
    run_ended_well
    run_until 90 run_job_is "COMPLETED"
    [ "$(run_job_exit)" = 0 ]
}

@test "run --requeue-by resubmit: a dead node holds nothing up, and the log goes on in the new job" {
    local first
    run_submit -N2 -- --requeue-by resubmit srun /shared/count 60 "$RUN_DIR"
    run_until 40 run_step_is_saved 5
    first=$JOB
    kill_node n2
    run_until 40 words_of_run "submitted again as job"
    JOB=$(grep -o "submitted again as job [0-9]*" "$HOST_DIR/out" | grep -o "[0-9]*$")
    run_until 60 run_has_ended
    run_ended_well
    run_until 30 run_job_is "COMPLETED"
    [[ $(as_user scontrol -o show job "$JOB") == *ExcNodeList=n2* ]]
    JOB=$first
    [ "$(run_job_exit)" = 123 ]
    run_has_events attempt_started 2
    run_none_outlived
}
