# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# run: jobs under `holdfast run` for a bats file, on a cluster that `load cluster` made. Loaded after it.
#
# The program counts steps, one every 0.1 s, saves every fifth (a directory with the marker DONE), and goes on from
# HOLDFAST_RESUME_STEP. Each rank keeps a lease file with its attempt's number; a rank that finds a newer attempt's number
# there while it still runs has outlived its attempt, and says so in the file `outlived`.

# Writes program and batch script; call it from setup_file after cluster_start.
run_setup() {
    cat >"$CLUSTER_SHARED/count" <<'END'
#!/bin/bash
# count STEPS DIR [HOOK]: HOOK is sourced once per step by every rank
steps=$1 dir=$2 hook=${3:-}
mkdir -p "$dir/ck" "$dir/lease"
step=${HOLDFAST_RESUME_STEP:-0}
echo "$HOLDFAST_ATTEMPT" >"$dir/lease/$SLURM_PROCID"
echo "$(date +%s%3N) attempt $HOLDFAST_ATTEMPT rank $SLURM_PROCID on $SLURMD_NODENAME from $step" >>"$dir/starts"
save() {
    mkdir -p "$dir/ck/step-$step"
    echo "$step" >"$dir/ck/step-$step/data"
    touch "$dir/ck/step-$step/DONE"
}
trap 'wants_save=yes' USR1
while [ "$step" -lt "$steps" ]; do
    step=$((step + 1))
    sleep 0.1
    [ -z "$hook" ] || . "$hook"
    [ "$(cat "$dir/lease/$SLURM_PROCID")" -le "$HOLDFAST_ATTEMPT" ] || echo "attempt $HOLDFAST_ATTEMPT rank $SLURM_PROCID" >>"$dir/outlived"
    if [ "$SLURM_PROCID" = 0 ]; then
        if [ $((step % 5)) = 0 ] || [ -n "${wants_save:-}" ]; then save; wants_save=; fi
    fi
done
echo "rank $SLURM_PROCID ended at $step" >>"$dir/ends"
END
    cat >"$CLUSTER_SHARED/job" <<'END'
#!/bin/bash
# job DIR WORDS...: holdfast run with these words
dir=$1
shift
exec "$HOLDFAST" run --ckpt "$dir/ck" --ckpt-marker DONE --state "$dir/state" "$@" # exec: signals for the batch shell reach it
END
    chmod 755 "$CLUSTER_SHARED/count" "$CLUSTER_SHARED/job"
}

# run_cluster WORD...: for setup_file, the cluster of these words with program and batch script in it.
run_cluster() {
    cluster_start "$@"
    [ -n "${CLUSTER_OBSTACLE:-}" ] || run_setup
}

# For setup. TOUCHED names the nodes that the test treats badly.
run_begin() {
    bats_require_minimum_version 1.5.0
    cluster_needed
    export HOLDFAST=$HOLDFAST_BUILD/launcher/cli/holdfast
    run_new
    TOUCHED=()
}

# Nodes that Slurm keeps back for what a test did to them are given back; whether all are free then.
all_idle() {
    local node
    for node in $(as_user sinfo -h -N -o %N | sort -u); do
        on ctl scontrol update "NodeName=$node" State=RESUME 2>/dev/null || true
    done
    [ "$(as_user sinfo -h -N -o %T | sort -u)" = idle ]
}

# For teardown: no job and no node is left as the test made it.
run_end() {
    local node
    [ -z "${CLUSTER_OBSTACLE:-}" ] || return 0
    [ -z "${JOB:-}" ] || as_user scancel "$JOB" 2>/dev/null || true
    for node in "${TOUCHED[@]}"; do
        cluster heal "$node" 2>/dev/null || true
        cluster resume "$node" 2>/dev/null || true
        cluster boot "$node" 2>/dev/null || true
        # shellcheck disable=SC2016 # the node's shell is to read its own file
        on "$node" bash -c 'kill -0 "$(cat /run/slurm/slurmd.pid)" 2>/dev/null || slurmd' || true
    done
    run_until 60 all_idle
}

# A directory of its own for this test, and no fault left from another one.
run_new() {
    RUN=$BATS_TEST_NUMBER
    RUN_DIR=/shared/run-$RUN
    HOST_DIR=$CLUSTER_SHARED/run-$RUN
    rm -rf "$HOST_DIR"
    mkdir -m 777 "$HOST_DIR"
}

# run_submit [SBATCH-WORD...] -- WORD...: a job of 5 nodes; its number is in JOB.
run_submit() {
    local sbatch_words=()
    while [ "$1" != -- ]; do
        sbatch_words+=("$1")
        shift
    done
    shift
    JOB=$(as_user --env "HOLDFAST=$HOLDFAST" sbatch --parsable --no-kill --requeue --open-mode=append -N5 -D /shared \
        -o "$RUN_DIR/out" "${sbatch_words[@]}" /shared/job "$RUN_DIR" "$@")
}

# Waits until the command succeeds; fails loudly, with all that is known, after SECONDS.
run_until() { # SECONDS COMMAND...
    local deadline=$(($(date +%s) + $1))
    shift
    until "$@"; do
        if [ "$(date +%s)" -ge "$deadline" ]; then
            echo "not within the deadline: $*"
            run_tell
            return 1
        fi
        sleep 0.1
    done
}

run_tell() {
    cat "$HOST_DIR/out" "$HOST_DIR/starts" 2>/dev/null || true
    cut -c1-300 "$HOST_DIR/state/events.jsonl" 2>/dev/null || true
    as_user scontrol -o show job "$JOB" || true
}

run_has_events() { # KIND COUNT
    local count
    count=$(grep -c "\"kind\":\"$1\"" "$HOST_DIR/state/events.jsonl" 2>/dev/null) || count=0
    [ "$count" -ge "$2" ]
}
run_step_is_saved() { [ -e "$HOST_DIR/ck/step-$1/DONE" ]; }
run_attempt_runs() {
    local count
    count=$(grep -c " attempt $1 " "$HOST_DIR/starts" 2>/dev/null) || count=0
    [ "$count" -ge 4 ]
}
run_has_ended() { run_has_events run_ended 1; }
run_job_is() { [[ " $1 " == *" $(as_user scontrol -o show job "$JOB" | grep -o 'JobState=[A-Z]*' | cut -d= -f2) "* ]]; }

# The last run_ended's exit, and its verdict.
run_exit() { grep '"kind":"run_ended"' "$HOST_DIR/state/events.jsonl" | tail -n1 | grep -o '"exit":[0-9]*' | cut -d: -f2; }
run_job_exit() { as_user scontrol -o show job "$JOB" | grep -o ' ExitCode=[0-9]*' | cut -d= -f2; }
run_verdict() { grep '"kind":"run_ended"' "$HOST_DIR/state/events.jsonl" | tail -n1 | grep -o '"verdict":"[a-z_]*' | cut -d'"' -f4; }
run_cause() { grep '"kind":"loss"' "$HOST_DIR/state/events.jsonl" | tail -n1 | grep -o '"cause":"[a-z_]*' | cut -d'"' -f4; }
run_decision() { grep '"kind":"decided"' "$HOST_DIR/state/events.jsonl" | tail -n1 | grep -o '"decision":"[a-z_]*' | cut -d'"' -f4; }
# Hosts of an attempt's ranks in rank order.
run_hosts() { grep " attempt $1 " "$HOST_DIR/starts" | sort -t' ' -k5n | cut -d' ' -f7 | tr '\n' ' '; }
# When the last rank of an attempt was running, in ms.
run_started_ms() { grep " attempt $1 " "$HOST_DIR/starts" | cut -d' ' -f1 | sort -n | tail -n1; }

run_ended_well() { [ "$(run_exit)" = 0 ] || { run_tell; return 1; }; }

run_none_outlived() {
    [ ! -e "$HOST_DIR/outlived" ] || { cat "$HOST_DIR/outlived"; return 1; }
}

# What a nightly reader wants to know of a fault; the bar is in ms and holds for a quiet machine.
run_tell_time() { # WHAT FROM-MS TO-MS BAR
    echo "# $1: $(($3 - $2)) ms (bar $4 ms and the program's start)" >&3
}
