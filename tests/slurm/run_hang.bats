#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# `holdfast run` with its default --hang-timeout auto, which looks for ten minutes before it calls a job hung: not among the
# tests of every day. cmake -DHOLDFAST_LONG_TESTS=ON lets ctest run it, bats runs it by itself.

# shellcheck disable=SC2154 # what bats and the helpers set
load cluster
load run

setup_file() { run_cluster --nodes 3 --gpus 0 --shape 1:2:1; }
teardown_file() { cluster_stop; }
setup() { run_begin; }
teardown() { run_end; }

@test "run: a rank that computes for nothing, while the others wait for it, is found out without a word of its user" {
    cp "$BATS_TEST_DIRNAME/spin.py" "$CLUSTER_SHARED/spin.py"
    # shellcheck disable=SC2034 # run_tell and run_end read it
    JOB=$(as_user --env "HOLDFAST=$HOLDFAST" --env OMP_NUM_THREADS=1 sbatch --parsable -N3 -D /shared -o "$RUN_DIR/out" \
        /shared/job "$RUN_DIR" srun --ntasks-per-node=1 python3 /shared/spin.py 60)
    run_until 900 run_has_ended
    run_ended_well
    [ "$(run_cause)" = hang ]
    grep '"kind":"loss"' "$HOST_DIR/state/events.jsonl" | grep -q "1 of 3 ranks use CPU for nothing they did while the job got on"
    grep '"kind":"loss"' "$HOST_DIR/state/events.jsonl"
}
