#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# The jobs of scripts/examples on a live cluster, as an ordinary user, each with something killed in the middle.

# shellcheck disable=SC2154 # what bats and the helpers set
load cluster
load run

setup_file() {
    cluster_start --nodes 5 --gpus 0 --shape 1:2:1
    [ -z "${CLUSTER_OBSTACLE:-}" ] || return 0
    cp -r "$BATS_TEST_DIRNAME/../../scripts/examples" "$CLUSTER_SHARED/examples"
    chmod -R a+rX "$CLUSTER_SHARED/examples"
}
teardown_file() { cluster_stop; }
setup() {
    bats_require_minimum_version 1.5.0
    cluster_needed
}
teardown() {
    [ -z "${JOB:-}" ] || as_user scancel "$JOB" 2>/dev/null || true
    [ -n "${CLUSTER_OBSTACLE:-}" ] || cluster boot n3 2>/dev/null || true
}

# submit DIR [NAME=VALUE...] -- WORD...: a job that keeps all it has in the directory DIR of /shared; sets JOB and HOST_DIR.
submit() {
    local variables=()
    HOST_DIR=$CLUSTER_SHARED/$1
    mkdir -m 777 "$HOST_DIR"
    variables=(--env "HOLDFAST=$HOLDFAST_BUILD/launcher/cli/holdfast")
    # Pretended nodes share the cores: an MPI rank that waits must leave its core to the one it waits for.
    variables+=(--env OMPI_MCA_mpi_yield_when_idle=1 --env OMP_NUM_THREADS=1)
    shift
    while [ "$1" != -- ]; do
        variables+=(--env "$1")
        shift
    done
    shift
    JOB=$(as_user "${variables[@]}" sbatch --parsable -D /shared/examples -o "${HOST_DIR/$CLUSTER_SHARED//shared}/out" "$@")
}

ends_well() {
    run_until 420 run_has_ended
    run_ended_well
}

# An attempt's nodes and the step it went on from, as the log has them.
nodes_of_attempt() {
    jq -r --argjson number "$1" 'select(.kind == "attempt_started" and .attempt == $number) | .nodes | join(" ")' \
        "$HOST_DIR/state/events.jsonl"
}
step_of_attempt() {
    jq -r --argjson number "$1" 'select(.kind == "attempt_started" and .attempt == $number) | .resume.step // 0' \
        "$HOST_DIR/state/events.jsonl"
}

# True at the end too: what comes after tells better than a deadline what is missing.
has_file_or_ended() { [ -e "$1" ] || run_has_ended; }
says() { grep -qsE "$1" "$HOST_DIR/out"; }

# Ends the one process of this name on a node, as if it had crashed.
crash() { on "$1" sh -c "kill -9 \$(pgrep -x $2)"; } # NODE NAME

@test "examples: a PyTorch job that loses a node ends with the same weights, to the last bit, as one that lost none" {
    [ -d /usr/lib/python3/dist-packages/torch ] || skip "python3-torch is not installed"
    submit whole TRAIN_DIR=/shared/whole -- train.sbatch --steps 40
    ends_well
    submit torn TRAIN_DIR=/shared/torn -- train.sbatch --steps 40
    run_until 240 has_file_or_ended "$HOST_DIR/ckpt/step-000015.pt"
    cluster kill n3
    ends_well
    [ "$(nodes_of_attempt 2)" = "n1 n2 n5 n4" ]
    [ "$(step_of_attempt 2)" -ge 15 ]
    [ "$(step_of_attempt 2)" -lt 40 ]
    says "^rank 2 of 4 on n5 starts at step $(step_of_attempt 2)$"
    cmp "$CLUSTER_SHARED/whole/weights.bin" "$HOST_DIR/weights.bin"
}

@test "examples: an MPI program whose rank is killed goes on from its newest restart file" {
    type -P lmp >/dev/null || skip "lammps is not installed"
    submit melt MELT_DIR=/shared/melt -- -N3 lammps.sbatch -var steps 8000
    run_until 240 has_file_or_ended "$HOST_DIR/restart/melt.restart.b" # the second one
    crash n2 lmp
    ends_well
    [ "$(nodes_of_attempt 2)" = "n1 n2" ]
    [ "$(step_of_attempt 2)" -ge 200 ]
    says "^ +$(step_of_attempt 2) "
    says '^ +8000 '
}

@test "examples: a plain program whose rank is killed goes on from its newest checkpoint" {
    submit plain PLAIN_DIR=/shared/plain -- plain.sbatch 60
    run_until 120 has_file_or_ended "$HOST_DIR/ckpt/step-20/DONE"
    crash n2 plain.sh
    ends_well
    [ "$(step_of_attempt 2)" -ge 20 ]
    says "^rank 1 on n2 starts at step $(step_of_attempt 2)$"
    says '^rank 0 ends at step 60 with sum 1830$'
}

@test "examples: Slurm's warning has the plain program save, and it goes on after the requeue" {
    submit warned PLAIN_DIR=/shared/warned -- plain.sbatch 200
    run_until 120 has_file_or_ended "$HOST_DIR/ckpt/step-20/DONE"
    as_user scancel --signal=USR1 --batch "$JOB"
    run_until 120 run_has_events save_seen 1
    run_until 120 run_has_events run_started 2
    ends_well
    says '^rank 0 ends at step 200 with sum 20100$'
}
