#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# `holdfast run` on a live cluster, as an ordinary user: ranks that die, and what people and Slurm do to a job.

# shellcheck disable=SC2154 # what bats and the helpers set
load cluster
load run

setup_file() {
    run_cluster --nodes 5
}
teardown_file() { cluster_stop; }
setup() { run_begin; }
teardown() { [ -z "${JOB:-}" ] || as_user scancel "$JOB" 2>/dev/null || true; }

# A hook that lets one rank die once, after the first checkpoint, and notes when.
dies_once() { # COMMAND
    cat >"$HOST_DIR/hook" <<END
if [ "\$SLURM_PROCID" = 1 ] && [ "\$step" -ge 8 ] && mkdir "\$dir/died" 2>/dev/null; then
    date +%s%3N >"\$dir/died/when"
    $1
fi
END
}

@test "run: a run without a fault ends as its program does, and srun's line is untouched" {
    run_submit -- --spares 1 srun -l /shared/count 6 "$RUN_DIR"
    run_until 40 run_has_ended
    run_ended_well
    [ "$(run_verdict)" = finished ]
    run_until 10 run_job_is "COMPLETED"
    [ "$(run_hosts 1)" = "n1 n2 n3 n4 " ]
}

@test "run: a rank ended by SIGKILL is running again within a second, from the newest checkpoint" {
    dies_once 'kill -9 $$'
    run_submit -- --spares 1 srun /shared/count 30 "$RUN_DIR" "$RUN_DIR/hook"
    run_until 40 run_attempt_runs 2
    run_tell_time "rank crash to all ranks running" "$(cat "$HOST_DIR/died/when")" "$(run_started_ms 2)" 1000
    run_until 40 run_has_ended
    run_ended_well
    [ "$(run_decision)" = restart ]
    grep -q "attempt 2 rank 1 on n2 from [1-9]" "$HOST_DIR/starts"
    run_none_outlived
}

@test "run: a segmentation fault is started again once, and the node keeps its ranks" {
    dies_once 'kill -SEGV $$'
    run_submit -- --spares 1 srun /shared/count 30 "$RUN_DIR" "$RUN_DIR/hook"
    run_until 60 run_has_ended
    run_ended_well
    [ "$(run_hosts 2)" = "n1 n2 n3 n4 " ]
}

@test "run: the same error at the same place twice ends the run with the program's exit status" {
    cat >"$HOST_DIR/hook" <<'END'
[ "$SLURM_PROCID" != 2 ] || { echo "ValueError: shapes do not match" >&2; exit 7; }
END
    run_submit -- --spares 1 srun /shared/count 30 "$RUN_DIR" "$RUN_DIR/hook"
    run_until 60 run_has_ended
    [ "$(run_cause)" = user_error ]
    [ "$(run_exit)" = 7 ]
    run_has_events attempt_started 2
    run ! run_has_events attempt_started 3
}

@test "run: an error of all ranks at once is known again, however their tracebacks are mixed" {
    printf 'def inner():\n    raise ValueError("shapes do not match")\ndef outer():\n    inner()\nouter()\n' >"$HOST_DIR/fail.py"
    # shellcheck disable=SC2016 # the rank's own shell is to read it
    echo '[ "$step" -lt 3 ] || exec python3 "$dir/fail.py"' >"$HOST_DIR/hook"
    run_submit -- --spares 1 srun /shared/count 30 "$RUN_DIR" "$RUN_DIR/hook"
    run_until 40 run_has_ended
    [ "$(run_verdict)" = gave_up ]
    [ "$(grep -c '"kind":"attempt_started"' "$HOST_DIR/state/events.jsonl")" -eq 2 ] || { run_tell; return 1; }
}

@test "run: a module that is not there ends the run at once" {
    cat >"$HOST_DIR/hook" <<'END'
[ "$SLURM_PROCID" != 0 ] || { printf 'Traceback (most recent call last):\nModuleNotFoundError: No module named "torhc"\n' >&2; exit 1; }
END
    run_submit -- --spares 1 srun /shared/count 30 "$RUN_DIR" "$RUN_DIR/hook"
    run_until 60 run_has_ended
    [ "$(run_exit)" = 1 ]
    run ! run_has_events attempt_started 2
}

@test "run: a torn newest checkpoint is passed over for the older one" {
    cat >"$HOST_DIR/hook" <<'END'
if [ "$SLURM_PROCID" = 1 ] && [ -e "$dir/ck/step-10/DONE" ] && mkdir "$dir/died" 2>/dev/null; then
    rm "$dir/ck/step-10/DONE"
    kill -9 $$
fi
END
    run_submit -- --spares 1 srun /shared/count 20 "$RUN_DIR" "$RUN_DIR/hook"
    run_until 60 run_has_ended
    run_ended_well
    grep -q "attempt 2 rank 0 on n1 from 5" "$HOST_DIR/starts"
}

@test "run: scancel stops the run, and nothing is started again" {
    run_submit -- --spares 1 srun /shared/count 400 "$RUN_DIR"
    run_until 40 run_attempt_runs 1
    as_user scancel "$JOB"
    run_until 30 run_job_is "CANCELLED"
    run_until 20 run_has_events loss 1
    run ! run_has_events attempt_started 2
    [ "$(run_cause)" = cancelled ]
}

@test "run: a person's requeue is left to Slurm, and the next start goes on from the checkpoint" {
    run_submit -- --spares 1 srun /shared/count 40 "$RUN_DIR"
    run_until 40 run_step_is_saved 5
    as_user scontrol requeue "$JOB"
    as_user scontrol update "JobId=$JOB" StartTime=now+4
    run_until 60 run_has_events run_started 2
    run_until 60 run_job_is "COMPLETED"
    grep -q "attempt 2 rank 0 on n[1-5] from [1-9]" "$HOST_DIR/starts"
}

@test "run: Slurm's warning makes the ranks save, and the job goes back into the queue and on from there" {
    run_submit --signal=B:USR1@60 -- --spares 1 --save-signal USR1 srun /shared/count 60 "$RUN_DIR"
    run_until 40 run_attempt_runs 1
    as_user scancel --signal=USR1 --batch "$JOB"
    run_until 60 run_has_events save_seen 1
    run_until 60 run_has_events run_started 2
    run_until 60 run_job_is "COMPLETED"
    run_has_events requeued 1
}

@test "run: ctl saves, restarts and swaps a node, for the owner" {
    run_submit -- --spares 1 --save-signal USR1 srun /shared/count 120 "$RUN_DIR"
    run_until 40 run_attempt_runs 1
    run -0 as_user "$HOLDFAST" ctl --state "$RUN_DIR/state" "$JOB" save
    [[ "$output" == *"saved: step "* ]]
    run -0 as_user "$HOLDFAST" ctl --state "$RUN_DIR/state" "$JOB" swap n2
    run_until 40 run_attempt_runs 2
    [ "$(run_hosts 2)" = "n1 n5 n3 n4 " ]
    run -0 as_user "$HOLDFAST" ctl --state "$RUN_DIR/state" "$JOB" stop-after-checkpoint
    run_until 40 run_has_ended
    run_ended_well
    run_none_outlived
}

@test "run: what cannot work is refused in one sentence" {
    run -125 as_user "$HOLDFAST" run srun hostname
    [[ "$output" == *"SLURM_JOB_ID is not set"* ]]
    run -125 as_user --env SLURM_JOB_ID=1 --env SLURM_JOB_NODELIST=n1 "$HOLDFAST" run srun -w n1 hostname
    [[ "$output" == *"-w fixes the nodes"* ]]
    run -125 as_user --env SLURM_JOB_ID=1 --env SLURM_JOB_NODELIST=n1 "$HOLDFAST" run --spares 1 srun hostname
    [[ "$output" == *"leave no node"* ]]
}
