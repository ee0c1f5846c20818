#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# `holdfast run` and the health of its nodes, as an ordinary user: a GPU that breaks under a running job, by the driver's
# word and by the kernel's. GPUs are pretended by the fake NVML, the kernel's log by a file in each node's /dev.

# shellcheck disable=SC2016,SC2154 # expanded in the node; what bats and the helpers set
load cluster
load run

FAKE=tests/support/nvml/new/libnvidia-ml.so.1

setup_file() {
    [ -e "$HOLDFAST_BUILD/$FAKE" ] || return 0
    run_cluster --nodes 5 --gpus 2
}
teardown_file() { cluster_stop; }
setup() {
    [ -e "$HOLDFAST_BUILD/$FAKE" ] || skip "the fake NVML was not built"
    run_begin
    local node
    for node in n1 n2 n3 n4 n5; do healthy "$node"; done
}
teardown() { run_end; }

healthy() { # NODE
    on "$1" env "FAKE=$HOLDFAST_BUILD/$FAKE" bash -c '
        mkdir -p /etc/holdfast
        echo "gpus 2" >/etc/holdfast/gpus
        printf "[check]\nnvml = \"%s\"\n" "$FAKE" >/etc/holdfast/holdfast.toml
        : >/dev/kmsg && chmod 644 /dev/kmsg'
}

gpu_is() { on "$1" bash -c "printf '%s\n' 'gpus 2' '$2' >/etc/holdfast/gpus"; } # NODE STATEMENT

kernel_says() { # NODE LINE: as the kernel itself, now
    on "$1" env "LINE=$2" bash -c '
        read -r uptime _ </proc/uptime
        printf "4,100,%s0000,-;%s\n" "${uptime/./}" "$LINE" >>/dev/kmsg'
}

# A job of four computing nodes and a spare; its sentinels see the pretended GPUs.
submit() { # WORD-FOR-RUN... STEPS
    run_submit --gres=gpu:2 --export=ALL,HOLDFAST_FAKE_NVML=/etc/holdfast/gpus -- --spares 1 "${@:1:$#-1}" \
        srun /shared/count "${!#}" "$RUN_DIR"
}

@test "run: a GPU that its driver has lost stops the attempt, and the spare takes the node's place" {
    submit --check-every 1s 80
    run_until 60 run_step_is_saved 5
    WHEN=$(date +%s%3N)
    gpu_is n3 "gpu 1 lost"
    run_until 60 run_attempt_runs 2
    run_tell_time "GPU lost by the driver to running on the spare" "$WHEN" "$(run_started_ms 2)" 5000
    [ "$(run_hosts 2)" = "n1 n2 n5 n4 " ]
    [ "$(run_cause)" = hardware ]
    run_until 60 run_has_ended
    run_ended_well
    as_user bash -c "$HOLDFAST report --state $RUN_DIR/state" | grep -q hardware
}

@test "run: an Xid 79 in a node's kernel log replaces the node at once" {
    submit 80
    run_until 60 run_step_is_saved 5
    WHEN=$(date +%s%3N)
    kernel_says n2 "NVRM: Xid (PCI:0000:1b:00): 79, pid=4711, name=python, GPU has fallen off the bus."
    run_until 60 run_attempt_runs 2
    run_tell_time "Xid 79 to running on the spare" "$WHEN" "$(run_started_ms 2)" 5000
    [ "$(run_hosts 2)" = "n1 n5 n3 n4 " ]
    [ "$(run_cause)" = hardware ]
    run_until 60 run_has_ended
    run_ended_well
}

@test "run: what the kernel says of another job's GPU, or of a program's own fault, disturbs nobody" {
    submit --check-every 1s 60
    run_until 60 run_step_is_saved 15
    kernel_says n2 "NVRM: Xid (PCI:0000:99:00): 79, pid=4711, name=python, GPU has fallen off the bus."
    kernel_says n2 "NVRM: Xid (PCI:0000:1b:00): 13, pid=4711, name=python, Graphics Exception"
    run_until 60 run_has_ended
    run_ended_well
    [ "$(run_started_ms 1)" ] && run ! run_attempt_runs 2
}

@test "run: after a loss its nodes are looked at before they are used again" {
    submit --check-every off 80
    run_until 60 run_step_is_saved 5
    gpu_is n2 "gpu 0 lost"
    on n2 bash -c 'for p in /proc/[0-9]*; do tr "\0" " " <"$p/cmdline" 2>/dev/null | grep -q "^/bin/bash /shared/count" && kill -9 "${p#/proc/}"; done; true'
    run_until 60 run_attempt_runs 2
    [ "$(run_hosts 2)" = "n1 n5 n3 n4 " ]
    [ "$(run_cause)" = hardware ]
    run_until 60 run_has_ended
    run_ended_well
}
