#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# plain.sh STEPS DIR: counts. Any program can be kept alive that saves what it needs under a new name, finishes each
# checkpoint with a marker file, and begins where HOLDFAST_RESUME_STEP says; it links nothing and imports nothing.
set -eu
steps=$1 dir=$2
rank=$SLURM_PROCID
step=${HOLDFAST_RESUME_STEP:-0}
sum=0
[ -z "${HOLDFAST_RESUME_FROM:-}" ] || sum=$(<"$HOLDFAST_RESUME_FROM/sum")
wants_save=no
trap 'wants_save=yes' USR1 # from holdfast, before the end of the job's time
echo "rank $rank on $(hostname) starts at step $step"

save() {
    mkdir -p "$dir/step-$step"
    echo "$sum" >"$dir/step-$step/sum"
    touch "$dir/step-$step/DONE" # last: from here on it is a checkpoint
    wants_save=no
}

while [ "$step" -lt "$steps" ]; do
    step=$((step + 1))
    sum=$((sum + step))
    sleep 0.1 & wait $! || true # work; bash hears signals while it waits, not while it sleeps
    [ "$rank" -ne 0 ] || { [ $((step % 20)) -ne 0 ] && [ "$wants_save" = no ]; } || save
done
[ "$rank" -ne 0 ] || save
echo "rank $rank ends at step $step with sum $sum"
