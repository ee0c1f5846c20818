#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# The health checks on a live cluster: Prolog, Epilog and HealthCheckProgram are those of scripts/, the GPUs are pretended by
# the fake NVML, which reads what is wrong with them from a file of each node. A second cluster holds jobs whose prolog failed.

# shellcheck disable=SC2016,SC2154 # expanded in the node; set by bats
load cluster

FAKE=tests/support/nvml/new/libnvidia-ml.so.1

setup_file() {
    [ -e "$HOLDFAST_BUILD/$FAKE" ] || return 0
    write_conf nohold_on_prolog_fail "$BATS_FILE_TMPDIR/conf"
    write_conf default_queue_depth=100 "$BATS_FILE_TMPDIR/hold-conf"
    cluster_start --nodes 3 --gpus 2 --see "$HOLDFAST_SOURCE_DIR/scripts" --slurm-conf-extra "$BATS_FILE_TMPDIR/conf"
    [ -z "$CLUSTER_OBSTACLE" ] || return 0
    write_scripts "$CLUSTER_SHARED"
    holding up --nodes 2 --gpus 2 --slurm-conf-extra "$BATS_FILE_TMPDIR/hold-conf" --see "$HOLDFAST_BUILD" --see "$HOLDFAST_SOURCE_DIR/scripts"
    write_scripts "/run/holdfast-cluster/${CLUSTER/check/check-hold}/shared"
}
teardown() { # what the nodes said, for a test that failed
    [ -n "${CLUSTER_OBSTACLE:-}" ] || on n1 bash -c 'cat /tmp/health-check-program.log /var/spool/holdfast/memory.json 2>/dev/null; true'
}
teardown_file() {
    [ -z "${CLUSTER:-}" ] || holding down
    cluster_stop
}
setup() {
    bats_require_minimum_version 1.5.0
    [ -e "$HOLDFAST_BUILD/$FAKE" ] || skip "the fake NVML was not built"
    cluster_needed
    local node
    wait_until 60 nobody_works
    for node in n1 n2 n3; do fresh_node on "$node"; done
    wait_until 60 all_are_made_idle
}

holding() { "$CLUSTER_PROGRAM" --name "${CLUSTER/check/check-hold}" "$@"; }
on_holding() { # NODE CMD...
    local node=$1
    shift
    holding exec "$node" -- "$@"
}

write_conf() { # SCHEDULER-PARAMETERS FILE
    printf '%s\n' Prolog=/shared/prolog Epilog=/shared/epilog HealthCheckProgram=/shared/health-check-program \
        HealthCheckInterval=36000 PrologFlags=Alloc "SchedulerParameters=sched_interval=2,bf_interval=2,$1" >"$2"
}

# What slurm.conf names: the scripts of the house, told where the program is.
write_scripts() { # SHARED-DIRECTORY
    local script
    for script in prolog epilog health-check-program; do
        printf '#!/bin/bash\nexport HOLDFAST=%s HOLDFAST_FAKE_NVML=/etc/holdfast/gpus HOLDFAST_JITTER=0\nexec %s >>/tmp/%s.log 2>&1\n' \
            "$HOLDFAST_BUILD/launcher/cli/holdfast" "$HOLDFAST_SOURCE_DIR/scripts/$script" "$script" >"$1/$script"
        chmod 755 "$1/$script"
    done
}

# A healthy node that remembers nothing, takes jobs, and may drain itself.
fresh_node() { # ON NODE
    "$1" "$2" env "FAKE=$HOLDFAST_BUILD/$FAKE" bash -c '
        mkdir -p /etc/holdfast
        rm -rf /var/spool/holdfast /tmp/*.log
        echo "gpus 2" >/etc/holdfast/gpus
        chmod 666 /etc/holdfast/gpus # a job of a test breaks a GPU while it runs
        printf "[check]\nmode = \"act\"\nnvml = \"%s\"\nstate = \"/var/spool/holdfast\"\nclean_runs = 2\ndeadline = \"3s\"\n" "$FAKE" >/etc/holdfast/holdfast.toml'
}

# Also no epilog of an earlier job, which would look at a node that is fresh already.
nobody_works() { [ -z "$(on ctl squeue -h)$(on ctl sinfo -h -N -o %T | grep -E 'comp|alloc|mix|draining')" ]; }

# A node with a star has not answered Slurm since: it is neither drained nor lifted.
all_are_idle() { [ "$(on ctl sinfo -h -N -o %T | sort -u)" = idle ]; }

# Resume, and not undrain: it also makes slurmctld ask a node now that a failed prolog made it miss. Slurm refuses it of a
# node whose state has changed since it was read; then the next look says what is still to be done.
all_are_made_idle() {
    local node state
    while read -r node state; do
        [ "$state" = idle ] || on ctl scontrol update "nodename=$node" state=resume 2>/dev/null || true
    done < <(on ctl sinfo -h -N -o '%N %T')
    all_are_idle
}

gpu_is() { on "$1" bash -c "printf '%s\n' 'gpus 2' '$2' >/etc/holdfast/gpus"; } # NODE STATEMENT
reason() { on ctl sinfo -h -n "$1" -o %E; } # NODE
look() { on "$1" env SLURMD_NODENAME="$1" /shared/health-check-program; } # NODE: one periodic check
setting() { on "$1" sed -i "s|^$2 = .*|$2 = $3|" /etc/holdfast/holdfast.toml; } # NODE KEY VALUE
batch() { # SBATCH-WORDS...: prints the job's id
    as_user bash -c 'cd /shared && sbatch --parsable -o "job-%j.out" "$@" --wrap "hostname; sleep 0"' sbatch "$@"
}
job_is_over() { [ -z "$(on ctl squeue -h -j "$1" 2>/dev/null)" ]; }

@test "check: a sick GPU stops the job at the prolog, and another node takes it" {
    gpu_is n1 "gpu 1 remap_pending 1"
    gpu_is n2 "gpu 0 lost"
    job=$(batch -N1 --gres=gpu:2)
    wait_until 120 job_is_over "$job"
    [ "$(cat "$CLUSTER_SHARED/job-$job.out")" = n3 ]
    [[ $(reason n1) == "[holdfast:gpu.remap_pending] GPU 0000:"*" a memory row waits for a reset to be remapped" ]]
    [[ $(slurm_state n1) == drained ]]
}

@test "check: our drain is lifted after the repair and two clean looks, not before" {
    gpu_is n1 "gpu 1 remap_pending 1"
    look n1
    [ "$(slurm_state n1)" = drained ]
    look n1
    [ "$(slurm_state n1)" = drained ]
    gpu_is n1 ""
    look n1
    [ "$(slurm_state n1)" = drained ]
    look n1
    wait_until 10 slurm_state_is n1 idle
}

@test "check: a foreign drain is left alone, and so is ours when a person put his words to it" {
    on ctl scontrol update nodename=n1 state=drain reason="bad DIMM"
    look n1 && look n1 && look n1
    [ "$(reason n1)" = "bad DIMM" ]
    gpu_is n2 "gpu 1 remap_pending 1"
    look n2
    on ctl scontrol update nodename=n2 reason="$(reason n2), ticket 4711"
    gpu_is n2 ""
    look n2 && look n2 && look n2
    [ "$(slurm_state n2)" = drained ]
    [[ $(reason n2) == *"ticket 4711" ]]
}

@test "check: never more nodes than the cap are drained, also when all look at the same moment" {
    local node
    for node in n1 n2 n3; do
        setting "$node" mode '"act"\ndrained_at_most = 1'
        gpu_is "$node" "gpu 1 ecc_uncorrected_volatile 3"
    done
    for node in n1 n2 n3; do look "$node" & done
    wait
    on ctl sinfo -h -N -o "%N %T %H %E"
    for node in n1 n2 n3; do on "$node" grep done: /tmp/health-check-program.log; done
    [ "$(on ctl sinfo -h -N -o '%N %T' | grep -c drain)" -eq 1 ]
}

@test "check: observe mode says what it would do and does nothing" {
    setting n1 mode '"observe"'
    gpu_is n1 "gpu 1 remap_pending 1"
    look n1
    [ "$(slurm_state n1)" = idle ]
    on n1 cat /tmp/health-check-program.log
    [[ $(on n1 cat /tmp/health-check-program.log) == *"observe mode: the node would be drained"* ]]
    run -0 as_user srun -w n1 --gres=gpu:2 hostname
    [ "$output" = n1 ]
}

@test "check: a probe that hangs for ever does not hold the prolog beyond its deadline" {
    gpu_is n1 "hang nvmlInit_v2"
    run -0 on n1 env HOLDFAST_FAKE_NVML=/etc/holdfast/gpus bash -c \
        "start=\$(date +%s%N); $HOLDFAST_BUILD/launcher/cli/holdfast check --tier prolog --act; echo \"status \$? took \$(( (\$(date +%s%N) - start) / 1000000 ))\""
    [[ $output == *"unknown  probe"* && $output == *"status 0 took "* ]]
    [ "${output##* }" -lt 2000 ]
    run -0 as_user srun -w n1 --gres=gpu:2 hostname
    [ "$output" = n1 ]
}

# 64 prologs at once on n1: prints how often each exit status was given, and tells their times.
many_prologs() { # WHAT
    run -0 on n1 env HOLDFAST_FAKE_NVML=/etc/holdfast/gpus SLURMD_NODENAME=n1 bash -c "
        for i in {1..64}; do (
            start=\${EPOCHREALTIME/./}
            SLURM_JOB_ID=\$i $HOLDFAST_BUILD/launcher/cli/holdfast check --tier prolog --act --quiet >/dev/null
            echo \$? >/tmp/status.\$i
            echo \$((\${EPOCHREALTIME/./} - start)) >/tmp/took.\$i) & done
        wait; cat /tmp/status.* | sort | uniq -c"
    echo "# 64 prologs of a $1 node at once: $(on n1 bash -c 'cat /tmp/took.* | sort -n' |
        awk '{ t[NR] = $1 / 1000 } END { printf "p50 %.0f ms, p99 %.0f ms, most %.0f ms", t[int(NR / 2)], t[int(NR * 0.99)], t[NR] }')" >&3
}

@test "check: 64 prologs at once all answer, and one drain comes of it" {
    many_prologs healthy
    [ "${output// /}" = 640 ]
    gpu_is n1 "gpu 1 remap_pending 1"
    many_prologs sick
    # One that did not see the GPUs in its second, on a machine this busy, lets its job go on.
    [ "$(awk '$2 == 0 || $2 == 120 { n += $1 } END { print n }' <<<"$output")" = 64 ]
    [ "$(awk '$2 == 120 { n += $1 } END { print n + 0 }' <<<"$output")" -gt 0 ]
    [[ $(reason n1) == "[holdfast:gpu.remap_pending]"* ]]
    # None of them forgot for another that the drain is ours: it is lifted as any.
    gpu_is n1 ""
    look n1
    look n1
    wait_until 10 slurm_state_is n1 idle
}

@test "check: where Slurm holds a job whose prolog failed, it is released and runs elsewhere" {
    fresh_node on_holding n1
    fresh_node on_holding n2
    on_holding n1 bash -c 'printf "%s\n" "gpus 2" "gpu 1 remap_pending 1" >/etc/holdfast/gpus'
    job=$(holding as-user -- bash -c 'cd /shared && sbatch --parsable -N1 --gres=gpu:2 -o job-%j.out --wrap hostname')
    held_job_is_over() { [ -z "$(on_holding ctl squeue -h -j "$job" 2>/dev/null)" ]; }
    wait_until 120 held_job_is_over
    [ "$(cat "/run/holdfast-cluster/${CLUSTER/check/check-hold}/shared/job-$job.out")" = n2 ]
}

@test "check: what a job leaves on a GPU is seen by the epilog" {
    as_user srun -w n1 --gres=gpu:2 true
    wait_until 20 slurm_state_is n1 idle
    as_user srun -w n1 --gres=gpu:1 bash -c 'printf "%s\n" "gpus 2" "gpu 0 process 1 1048576" >/etc/holdfast/gpus'
    drained() { [[ $(reason n1) == "[holdfast:gpu.stale_procs]"* ]]; }
    wait_until 20 drained
}

@test "check: facts of a node are judged elsewhere, and a class learned from it fits it" {
    on n1 env HOLDFAST_FAKE_NVML=/etc/holdfast/gpus "$HOLDFAST_BUILD/launcher/cli/holdfast" check --save-facts /shared/n1.json
    run -0 "$HOLDFAST_BUILD/launcher/cli/holdfast" check --facts "$CLUSTER_SHARED/n1.json" --json
    [[ $output == *'"node":"n1"'* ]]
    run -0 "$HOLDFAST_BUILD/launcher/cli/holdfast" check --facts "$CLUSTER_SHARED/n1.json" --learn pretend
    [[ $output == "[class.pretend]"*"gpus = 2"* ]]
}

@test "check: a user compares the node he is on with another one" {
    run -0 as_user --node n1 --env HOLDFAST_FAKE_NVML=/etc/holdfast/gpus "$HOLDFAST_BUILD/launcher/cli/holdfast" check --diff n2
    [ -z "$output" ]
    on n1 bash -c 'echo "gpus 1" >/etc/holdfast/gpus'
    run -1 as_user --node n1 --env HOLDFAST_FAKE_NVML=/etc/holdfast/gpus "$HOLDFAST_BUILD/launcher/cli/holdfast" check --diff n2
    [ "$output" = "gpus: 1 here, 2 there" ]
}
