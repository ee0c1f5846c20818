#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# `holdfast run` on a live cluster, as an ordinary user: faults at bad moments (at the start, during a save, during a
# recovery), daemons of Slurm that die, memory, disk and time that run out. Default settings, not test settings.

# shellcheck disable=SC2016,SC2154 # what the job's shells expand; what bats and the helpers set
load cluster
load run

setup_file() {
    export SMALL=/run/holdfast-small-$$ # a file system of 2 MB that all nodes see
    CLUSTER_OBSTACLE=$(cluster_obstacle)
    if [ -z "$CLUSTER_OBSTACLE" ]; then
        mkdir -p "$SMALL"
        mount -t tmpfs -o size=2m,mode=1777 tmpfs "$SMALL"
    fi
    run_cluster --nodes 5 --see "$SMALL"
}
teardown_file() {
    cluster_stop
    if mountpoint -q "$SMALL"; then umount "$SMALL"; fi
    [ ! -d "$SMALL" ] || rmdir "$SMALL"
}
setup() { run_begin; }
teardown() {
    run_end
    [ -z "${GROUP:-}" ] || leave_group
}

# What is left in the memory group of a test goes back to the others; then it can be removed.
leave_group() {
    local process
    while read -r process; do echo "$process" >"${GROUP%/*}/cgroup.procs" || true; done <"$GROUP/cgroup.procs"
    rmdir "$GROUP"
}

fault() { # VERB NODE: and when it happened, in ms
    TOUCHED+=("$2")
    WHEN=$(date +%s%3N)
    cluster "$1" "$2"
}

# The batch script waits for the file `go` before it starts the run.
submit_held() { # WORD...
    cat >"$HOST_DIR/held" <<'END'
#!/bin/bash
until [ -e "$1/go" ]; do sleep 0.1; done
exec /shared/job "$@"
END
    chmod 755 "$HOST_DIR/held"
    JOB=$(as_user --env "HOLDFAST=$HOLDFAST" sbatch --parsable --no-kill --requeue --open-mode=append -N5 -D /shared \
        -o "$RUN_DIR/out" "$RUN_DIR/held" "$RUN_DIR" "$@")
}
said() { grep -q "$1" "$HOST_DIR/out"; }
rank_pid() { # NODE: of the rank's process there, by the node's own numbers
    on "$1" bash -c 'for p in /proc/[0-9]*; do
        tr "\0" "\n" <"$p/environ" 2>/dev/null | grep -q "^HOLDFAST_ATTEMPT=" || continue
        tr "\0" " " <"$p/cmdline" | grep -q "/shared/count" && basename "$p" && exit; done; exit 1'
}

@test "run: a node that is dead before its sentinel can be started is left out, and the run begins without it" {
    submit_held --spares 1 srun /shared/count 30 "$RUN_DIR"
    run_until 20 run_job_is "RUNNING"
    fault kill n3
    touch "$HOST_DIR/go"
    WHEN=$(date +%s%3N)
    run_until 40 run_attempt_runs 1
    run_tell_time "dead at the start to running without it" "$WHEN" "$(run_started_ms 1)" 12000
    [ "$(run_hosts 1)" = "n1 n2 n4 n5 " ]
    run_until 40 run_has_ended
    run_ended_well
    run ! run_has_events attempt_started 2
}

@test "run: a node that Slurm took from the job before the run began is left out" {
    submit_held --spares 1 srun /shared/count 30 "$RUN_DIR"
    run_until 20 run_job_is "RUNNING"
    fault kill n2
    wait_until 40 slurm_state_is n2 'down*'
    touch "$HOST_DIR/go"
    run_until 40 run_attempt_runs 1
    [ "$(run_hosts 1)" = "n1 n3 n4 n5 " ]
    run_until 40 run_has_ended
    run_ended_well
}

@test "run: a node that dies while the ranks are being launched is replaced" {
    run_submit -- --spares 1 srun /shared/count 30 "$RUN_DIR"
    run_until 40 run_has_events attempt_started 1
    fault kill n3
    run_until 60 run_has_ended
    run_ended_well
    run_none_outlived
    run -1 grep " attempt [2-9] .* on n3 " "$HOST_DIR/starts"
}

@test "run: a node that dies while a checkpoint is saved costs that checkpoint only" {
    cat >"$HOST_DIR/hook" <<'END'
save() { # slowly, the marker last
    mkdir -p "$dir/ck/step-$step"
    echo "$step" >"$dir/ck/step-$step/data"
    [ "$step" != 10 ] || [ "$HOLDFAST_ATTEMPT" != 1 ] || { touch "$dir/saving"; sleep 20; }
    touch "$dir/ck/step-$step/DONE"
}
END
    run_submit -- --spares 1 srun /shared/count 20 "$RUN_DIR" "$RUN_DIR/hook"
    run_until 40 test -e "$HOST_DIR/saving"
    fault kill n1 # the saving rank's, and the batch host
    run_until 60 run_has_ended
    run_ended_well
    grep -q "attempt 2 rank 0 on n5 from 5" "$HOST_DIR/starts"
}

@test "run: a second node that dies while the first is being replaced is replaced too" {
    run_submit -- --nodes 3 srun /shared/count 60 "$RUN_DIR"
    run_until 40 run_step_is_saved 5
    fault kill n2
    run_until 20 run_has_events node_lost 1
    fault kill n3
    run_until 60 run_has_ended
    run_ended_well
    run_none_outlived
    [ "$(tail -n1 "$HOST_DIR/ends" | grep -c ended)" = 1 ]
    run -1 grep -E " on n[23] " <(tail -n3 "$HOST_DIR/starts")
}

@test "run: more nodes lost than there are spares: the rest is given back, or the run ends with a sentence" {
    run_submit -- --spares 1 --on-exhausted fail srun /shared/count 100 "$RUN_DIR"
    run_until 40 run_step_is_saved 5
    fault kill n2
    fault kill n3
    run_until 60 run_has_ended
    [ "$(run_verdict)" = gave_up ]
    [ "$(run_exit)" -ne 0 ]
    said "gave_up: "
}

@test "run: without spares a lost node puts the job back into the queue without it, and it ends there" {
    run_submit -N3 -- srun /shared/count 60 "$RUN_DIR"
    run_until 40 run_step_is_saved 5
    fault kill n2
    run_until 40 run_has_events requeued 1
    [[ "$(as_user scontrol show job "$JOB")" == *ExcNodeList=n2* ]]
    run_until 90 run_has_events run_started 2
    run_until 60 run_job_is "COMPLETED"
    run_ended_well
    run -1 grep " attempt 2 .* on n2 " "$HOST_DIR/starts"
    grep -q "attempt 2 rank 0 on n[1345] from [1-9]" "$HOST_DIR/starts"
}

@test "run: slurmd may die and come back under its ranks, and the job does not notice" {
    run_submit -- --spares 1 srun /shared/count 120 "$RUN_DIR"
    run_until 40 run_step_is_saved 5
    on n3 bash -c 'kill -9 "$(cat /run/slurm/slurmd.pid)"'
    run_until 40 run_step_is_saved 80
    on n3 slurmd
    run_until 60 run_has_ended
    run_ended_well
    run ! run_has_events attempt_started 2
}

@test "run: a node whose slurmd is gone for so long that Slurm gives it up goes on computing" {
    run_submit -- --spares 1 srun /shared/count 250 "$RUN_DIR"
    run_until 40 run_step_is_saved 5
    TOUCHED+=(n3)
    on n3 bash -c 'kill -9 "$(cat /run/slurm/slurmd.pid)"'
    wait_until 40 slurm_state_is n3 'down*'
    run_until 60 run_has_ended
    run_ended_well
    run_none_outlived
}

@test "run: the step of the sentinels is started again when somebody ends it" {
    run_submit -- --spares 1 srun /shared/count 60 "$RUN_DIR"
    run_until 40 run_step_is_saved 5
    as_user scancel "$JOB.0"
    run_until 60 run_has_ended
    run_ended_well
    run_none_outlived
    run ! run_has_events node_lost 1
}

# The cluster has no task/cgroup: slurmd itself is put into a group with a limit, and its ranks are born there.
@test "run: a rank that the kernel kills for memory is known as that" {
    local all
    all=/sys/fs/cgroup/memory$(sed -n 's|^[0-9]*:memory:||p' /proc/self/cgroup)
    [ -e "$all/cgroup.procs" ] || skip "no memory controller of cgroup v1 here"
    GROUP=$all/holdfast-$$
    mkdir "$GROUP"
    echo $((256 * 1024 * 1024)) >"$GROUP/memory.limit_in_bytes"
    on n2 bash -c "cat /run/slurm/slurmd.pid >$GROUP/cgroup.procs"
    cat >"$HOST_DIR/hook" <<'END'
[ "$SLURM_PROCID" != 1 ] || [ "$step" -lt 12 ] || exec python3 -c 'x = bytearray(1 << 30)'
END
    run_submit -- --spares 1 srun /shared/count 20 "$RUN_DIR" "$RUN_DIR/hook"
    run_until 60 run_has_ended
    [ "$(run_cause)" = out_of_memory ] || { run_tell; return 1; }
    grep '"kind":"loss"' "$HOST_DIR/state/events.jsonl" | grep -q n2
}

@test "run: a program that stands still is found out and started again" {
    run_submit -- --spares 1 --hang-timeout 10s srun /shared/count 40 "$RUN_DIR"
    run_until 40 run_step_is_saved 5
    for node in n1 n2 n3 n4; do on "$node" kill -STOP "$(rank_pid "$node")"; done
    run_until 60 run_attempt_runs 2
    [ "$(run_cause)" = hang ]
    run_until 40 run_has_ended
    run_ended_well
    run_none_outlived
}

# As in a collective that waits for ever: busy, and nothing comes of it.
@test "run: a program that spins without end is found out by the time its user gave" {
    cat >"$HOST_DIR/hook" <<'END'
if [ "$HOLDFAST_ATTEMPT" = 1 ] && [ "$step" -ge 12 ]; then
    [ "$SLURM_PROCID" = 1 ] || exec sleep 600
    while :; do :; done
fi
END
    run_submit -- --spares 1 --hang-timeout 10s srun /shared/count 20 "$RUN_DIR" "$RUN_DIR/hook"
    run_until 60 run_attempt_runs 2
    [ "$(run_cause)" = hang ]
    grep '"kind":"loss"' "$HOST_DIR/state/events.jsonl" | grep -q "use CPU, as a collective does that waits for ever"
    run_until 60 run_has_ended
    run_ended_well
    run_none_outlived
}

@test "run: a full file system of the state directory loses nothing of the job" {
    local state=$SMALL/state-$BATS_TEST_NUMBER
    cat >"$HOST_DIR/hook" <<END
if [ "\$SLURM_PROCID" = 1 ] && [ -e "\$dir/full" ] && mkdir "\$dir/died" 2>/dev/null; then kill -9 \$\$; fi
END
    cat >"$HOST_DIR/small" <<END
#!/bin/bash
exec "\$HOLDFAST" run --ckpt "$RUN_DIR/ck" --ckpt-marker DONE --state "$state" "\$@"
END
    chmod 755 "$HOST_DIR/small"
    JOB=$(as_user --env "HOLDFAST=$HOLDFAST" sbatch --parsable --no-kill --requeue --open-mode=append -N5 -D /shared \
        -o "$RUN_DIR/out" "$RUN_DIR/small" --spares 1 srun /shared/count 60 "$RUN_DIR" "$RUN_DIR/hook")
    run_until 40 run_step_is_saved 5
    dd if=/dev/zero of="$SMALL/fill" bs=64k 2>/dev/null || true
    touch "$HOST_DIR/full"
    run_until 20 said "the event log cannot be written now"
    wait_until 20 run_job_is "RUNNING"
    rm "$SMALL/fill"
    ln -s "$state" "$HOST_DIR/state" # where run_has_ended looks
    run_until 90 run_has_ended
    run_ended_well
    grep -q " attempt [2-9] rank 0 on n1 from [1-9]" "$HOST_DIR/starts"
}

@test "run: when the time is nearly over the ranks save, and the job ends in its next turn" {
    run_submit --time=1 --signal=B:USR1@45 -- --spares 1 --save-signal USR1 srun /shared/count 300 "$RUN_DIR"
    run_until 70 run_has_events save_asked 1
    run_until 20 run_has_events save_seen 1
    run_until 90 run_has_events run_started 2
    run_until 150 run_job_is "COMPLETED"
    run_ended_well
    grep -q "attempt 2 rank 0 on n[1-5] from [1-9]" "$HOST_DIR/starts"
}

@test "run: a supervisor that is killed while its host and the batch script live is succeeded once, and the run ends well" {
    printf '#!/bin/bash\n/shared/job "$@"\nsleep 300\n' >"$HOST_DIR/goes-on"
    chmod 755 "$HOST_DIR/goes-on"
    JOB=$(as_user --env "HOLDFAST=$HOLDFAST" sbatch --parsable --no-kill --requeue --open-mode=append -N5 -D /shared \
        -o "$RUN_DIR/out" "$RUN_DIR/goes-on" "$RUN_DIR" --spares 1 srun /shared/count 80 "$RUN_DIR")
    run_until 40 run_step_is_saved 5
    on n1 pkill -KILL -f "^$HOLDFAST run --ckpt"
    run_until 40 run_attempt_runs 2
    run_until 60 run_has_ended
    run_ended_well
    run_has_events took_over 1
    run ! run_has_events took_over 2
    run ! run_has_events run_started 2
    run ! run_has_events attempt_started 3
    run_none_outlived
    run_job_is RUNNING # its script is still at its own business
}
