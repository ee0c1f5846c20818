#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# The plugin and the program on a live cluster. Binding is off unless a step asks, as a site gets it that only installs
# the plugin. Every node is the recorded 8-GPU machine pretend-8gpu (2 packages of 4 cores), played by this machine's few real cores.
# A second cluster asks a program that can be sick.

# shellcheck disable=SC2016,SC2154 # expanded in the step; set by bats
load cluster

setup_file() {
    [ -e "$HOLDFAST_BUILD/spank/spank_holdfast.so" ] || return 0
    export SICK_PROGRAM=$BATS_FILE_TMPDIR/sick
    write_sick_program "$SICK_PROGRAM"
    chmod 755 "$BATS_FILE_TMPDIR" "$BATS_RUN_TMPDIR" # the job's user runs it
    cluster_start --nodes 3 --gpus 8 --shape 2:4:1 --machine "$HOLDFAST_SOURCE_DIR/tests/machines/pretend-8gpu.xml" \
        --plugin "$HOLDFAST_BUILD/spank/spank_holdfast.so" --plugin-args "program=$HOLDFAST_BUILD/launcher/cli/holdfast deadline=20s"
    [ -n "$CLUSTER_OBSTACLE" ] || sick up --nodes 2 --gpus 2 --see "$HOLDFAST_BUILD" --see "$BATS_FILE_TMPDIR" \
        --plugin "$HOLDFAST_BUILD/spank/spank_holdfast.so" --plugin-args "program=$SICK_PROGRAM deadline=700ms default=on"
}
teardown_file() {
    [ -z "${CLUSTER:-}" ] || sick down
    cluster_stop
}
setup() {
    bats_require_minimum_version 1.5.0
    [ -e "$HOLDFAST_BUILD/spank/spank_holdfast.so" ] || skip "the plugin was not built: no slurm/spank.h"
    cluster_needed
    REAL=$(nproc)
}

sick() { "$CLUSTER_PROGRAM" --name "${CLUSTER/-plugin-/-plugin-sick-}" "$@"; }
sick_srun() { # AILMENT WORDS...
    local ailment=$1
    shift
    sick as-user --env "AILMENT=$ailment" -- srun "$@"
}
write_sick_program() { # FILE
    cat >"$1" <<'PROGRAM'
#!/bin/bash
[ "$1" = plan ] || exit 0
case $AILMENT in
    hang) exec tail -f /dev/null ;;
    fail) echo "holdfast: GPU 0000:11:00.0 fell off the bus; drain the node" >&2; exit 121 ;;
    cut) printf 'holdfast-step 1\nrank 0\n' ;;
    far) printf 'holdfast-step 1\nrank 0\ncpus 4000\nrank 1\ncpus 4000\nend\n' ;;
esac
PROGRAM
    chmod 755 "$1"
}
real() { echo $(($1 % REAL)); } # the real CPU that plays PU $1
mask='$(awk "/Cpus_allowed_list/ {print \$2}" /proc/self/status)'

@test "srun shows the options" {
    run -0 as_user srun --help
    [[ $output == *--holdfast-bind=* && $output == *--holdfast-visible=* && $output == *"[holdfast] "* ]]
}

@test "a step that does not ask is left as it is" {
    run -0 --separate-stderr as_user srun -N2 -n4 --gres=gpu:8 env
    [ "$stderr" = "" ]
    [[ $output != *HOLDFAST_* && $output != *MASTER_PORT=* && $output != *LOCAL_RANK=* ]]
}

@test "an unwrapped srun places every rank: own core, GPU and NIC, read back from the kernel" {
    run -0 --separate-stderr as_user srun -N1 -n8 --gres=gpu:8 --holdfast-bind=full bash -c \
        "echo \"rank \$LOCAL_RANK \$HOLDFAST_CPUS \$HOLDFAST_GPUS \$HOLDFAST_NICS $mask\""
    [ "$stderr" = "" ]
    [ "${#lines[@]}" -eq 8 ]
    gpus=(11 21 31 41 91 a1 b1 c1)
    for rank in 0 1 2 3 4 5 6 7; do
        [[ $output == *"rank $rank $rank 0000:${gpus[rank]}:00.0 mlx5_$rank $(real $rank)"* ]]
    done
}

# Given whole nodes: of a part, only Slurm knows the cores where no cpuset holds them, and tells nobody but the plugin.
@test "plugin and holdfast exec place alike" {
    whole="-N2 -n8 --ntasks-per-node=4 -c2 --gres=gpu:8"
    shown='env | grep -E "^(RANK|LOCAL_RANK|WORLD_SIZE|MASTER_ADDR|HOLDFAST_(CPUS|GPUS|NICS|WHY)|OMP_|CUDA_|NCCL_|UCX_|FI_)" | sort | tr "\n" " "; echo'
    # shellcheck disable=SC2086 # words
    run -0 as_user srun $whole --holdfast-bind=full bash -c "$shown"
    by_plugin=$(sort <<<"$output")
    [ "$(grep -c LOCAL_RANK=3 <<<"$by_plugin")" -eq 2 ]
    # shellcheck disable=SC2086
    run -0 as_user srun $whole "$HOLDFAST_BUILD/launcher/cli/holdfast" exec -- bash -c "$shown"
    [ "$by_plugin" = "$(sort <<<"$output")" ]
}

@test "launch variables agree over nodes with different numbers of ranks, and the port is one" {
    run -0 as_user srun -N2 -n5 --gres=gpu:8 --holdfast-bind=full bash -c \
        'echo "$RANK $LOCAL_RANK $WORLD_SIZE $LOCAL_WORLD_SIZE $NODE_RANK $MASTER_ADDR $(hostname)"; echo "port $MASTER_PORT"'
    [ "$(grep -v port <<<"$output" | sort)" = "0 0 5 4 0 n1 n1
1 1 5 4 0 n1 n1
2 2 5 4 0 n1 n1
3 3 5 4 0 n1 n1
4 0 5 1 1 n1 n2" ]
    port=$(grep '^port' <<<"$output" | sort -u)
    [[ $port =~ ^port\ [1-9][0-9]{4}$ ]]
}

@test "explain tells every rank's place once" {
    run -0 --separate-stderr as_user srun -N2 -n4 --gres=gpu:8 --holdfast-bind=local,explain true
    [ "$(grep -c '^holdfast: n[12]: rank [0-3] ' <<<"$stderr")" -eq 4 ]
}

@test "--holdfast-visible reorders or cuts the list Slurm gave" {
    seen='echo "$LOCAL_RANK:$CUDA_VISIBLE_DEVICES"'
    run -0 as_user srun -N1 -n2 --gres=gpu:2 --holdfast-bind=full --holdfast-visible=first bash -c "$seen"
    [ "$(sort <<<"$output" | tr '\n' ' ')" = "0:0,1 1:1,0 " ]
    run -0 as_user srun -N1 -n2 --gres=gpu:2 --holdfast-bind=full --holdfast-visible=only bash -c "$seen"
    [ "$(sort <<<"$output" | tr '\n' ' ')" = "0:0 1:1 " ]
}

@test "what the user set stays" {
    run -0 as_user --env OMP_NUM_THREADS=3 --env MASTER_PORT=4711 srun -n1 --gres=gpu:1 --holdfast-bind=full \
        bash -c 'echo $OMP_NUM_THREADS $MASTER_PORT $HOLDFAST_MASTER_PORT'
    [ "$output" = "3 4711" ]
}

@test "a CPU binding the user chose stays, one that an outer step left does not" {
    [ "$REAL" -ge 2 ] || skip "this machine has one core"
    run -0 --separate-stderr as_user srun -N1 -n2 --gres=gpu:8 --holdfast-bind=full --cpu-bind=none bash -c "echo $mask \$LOCAL_RANK"
    [ "$(sort <<<"$output")" = "0-$((REAL - 1)) 0
0-$((REAL - 1)) 1" ]
    run -0 --separate-stderr as_user --env SLURM_CPU_BIND=quiet,mask_cpu:0x1 --env SLURM_CPU_BIND_TYPE=mask_cpu: \
        srun -N1 -n1 --gres=gpu:8 --holdfast-bind=full bash -c 'echo $HOLDFAST_CPU_BIND_IS_USERS'
    [ "$output" = 0 ]
}

@test "sbatch hands the options on to the script's steps, and the script itself is left alone" {
    cat >"$CLUSTER_SHARED/job" <<'JOB'
#!/bin/bash
echo "script ${LOCAL_RANK-untouched}"
srun -n1 bash -c 'echo "inherited $LOCAL_RANK"'
srun -n1 --holdfast-bind=off bash -c 'echo "off ${LOCAL_RANK-untouched}"'
JOB
    run -0 as_user sbatch -W -N1 -n1 --gres=gpu:1 --holdfast-bind=full -o /shared/job.out /shared/job
    [ "$(cat "$CLUSTER_SHARED/job.out")" = "script untouched
inherited 0
off untouched" ]
}

@test "the environment asks too, and a wrong word in it is told and ignored" {
    run -0 --separate-stderr as_user --env HOLDFAST_BIND=full srun -n1 bash -c 'echo $LOCAL_RANK'
    [ "$output" = 0 ]
    run -0 --separate-stderr as_user --env HOLDFAST_BIND=fulll srun -n1 bash -c 'echo ${LOCAL_RANK-none}'
    [ "$output" = none ]
    [ "$(grep -c 'ignoring HOLDFAST_BIND.*did you mean full' <<<"$stderr")" -eq 1 ]
}

@test "a wrong word on the command line ends srun with one sentence" {
    run as_user srun -n1 --holdfast-bind=sideways true
    [ "$status" -ne 0 ]
    [[ $output == *"holdfast: --holdfast-bind: 'sideways' is not one of"* ]]
}

@test "--export=NONE: placed all the same, with a port all ranks agree on" {
    run -0 as_user srun -N2 -n2 --gres=gpu:8 --export=NONE --holdfast-bind=full /bin/bash -c 'echo $MASTER_ADDR $MASTER_PORT $WORLD_SIZE'
    [ "$(sort -u <<<"$output" | wc -l)" -eq 1 ]
    [[ $output =~ n1\ [1-9][0-9]+\ 2 ]]
}

@test "arranged by a host file, the first line's node is where the ranks meet" {
    printf 'n3\nn1\n' >"$CLUSTER_SHARED/hosts"
    chmod 644 "$CLUSTER_SHARED/hosts"
    for arranged in "srun -w /shared/hosts" "SLURM_HOSTFILE=/shared/hosts srun"; do
        run -0 --separate-stderr as_user salloc -Q -N3 -n3 --gres=gpu:8 bash -c \
            "$arranged -n2 -m arbitrary --holdfast-bind=full bash -c 'echo \$RANK \$(hostname) \$MASTER_ADDR'"
        [ "$(sort <<<"$output")" = "0 n3 n3
1 n1 n3" ]
    done
}

@test "two steps of a job at once get two ports" {
    run -0 --separate-stderr as_user salloc -Q -N1 -n2 --gres=gpu:8 bash -c \
        "for i in 1 2; do srun --overlap -n1 --holdfast-bind=full bash -c 'echo \$MASTER_PORT' & done; wait"
    [ "$(sort -u <<<"$output" | wc -l)" -eq 2 ]
}

@test "the port can be bound by rank 0" {
    command -v python3 >/dev/null || skip "python3 is not installed"
    run -0 --separate-stderr as_user srun -N1 -n1 --gres=gpu:1 --holdfast-bind=full python3 -c \
        'import os, socket; s = socket.socket(); s.bind(("", int(os.environ["MASTER_PORT"]))); s.listen(); print("bound")'
    [ "$output" = bound ]
}

@test "a port that somebody listens on, on the ranks' node, is not theirs" {
    command -v python3 >/dev/null || skip "python3 is not installed"
    run -0 as_user salloc --no-shell -w n2 -N1 -n1
    [[ $output =~ job\ allocation\ ([0-9]+) ]]
    step=(srun "--jobid=${BASH_REMATCH[1]}" -n1 --holdfast-bind=full bash -c 'echo $MASTER_PORT')
    # The steps of a job take ports that follow each other, so the third one's is known before.
    run -0 as_user "${step[@]}"
    first=$output
    run -0 as_user "${step[@]}"
    [ "$output" -eq $((first + 1)) ]
    on n2 python3 -c "
import os, signal, socket
listeners = [socket.create_server(('', $first + i)) for i in (2, 3, 4)]
if os.fork() == 0: os.setsid(); os.closerange(0, 3); signal.pause()"
    # On a loaded machine the node may answer too late, and the port is taken unseen: not three times.
    evaded=0
    for i in 2 3 4; do
        run -0 as_user "${step[@]}"
        [ "$output" -eq $((first + i)) ] || evaded=$((evaded + 1))
    done
    [ "$evaded" -gt 0 ]
}

@test "a step on part of the job's nodes meets on its own first node, at one port that is free there" {
    command -v python3 >/dev/null || skip "python3 is not installed"
    run -0 as_user salloc --no-shell -N3 -n3
    [[ $output =~ job\ allocation\ ([0-9]+) ]]
    job=${BASH_REMATCH[1]}
    step=(srun "--jobid=$job" --overlap -N2 -n2 -w 'n[2-3]' --holdfast-bind=full bash -c 'echo $MASTER_ADDR $MASTER_PORT')
    run -0 as_user "${step[@]}"
    [ "${#lines[@]}" -eq 2 ]
    [ "${lines[0]}" = "${lines[1]}" ]
    [[ ${lines[0]} =~ ^n2\ ([1-9][0-9]{4})$ ]]
    first=${BASH_REMATCH[1]}
    # The next steps' ports follow, so they are known before.
    on n2 python3 -c "
import os, signal, socket
listeners = [socket.create_server(('', $first + i)) for i in (1, 2, 3)]
if os.fork() == 0: os.setsid(); os.closerange(0, 3); signal.pause()"
    # On a loaded machine an answer may come too late, and the port is taken unseen: not three times.
    evaded=0
    for i in 1 2 3; do
        run -0 as_user "${step[@]}"
        [ "${lines[0]}" = "${lines[1]}" ]
        [ "${lines[0]}" = "n2 $((first + i))" ] || evaded=$((evaded + 1))
    done
    as_user scancel "$job"
    [ "$evaded" -gt 0 ]
}

@test "the node map is written when slurmd starts, by root, for all to read" {
    for node in n1 n2 n3; do
        run -0 on "$node" stat -c '%U %a' /run/holdfast/node.json
        [ "$output" = "root 644" ]
        run -0 on "$node" cat /proc/sys/kernel/random/boot_id
        run -0 on "$node" grep -c "^holdfast-node-map 1 $output " /run/holdfast/node.json
    done
}

@test "a node map that is gone is written by the next step that is bound, and by no other" {
    on n1 rm /run/holdfast/node.json
    run -0 as_user srun -w n1 -N1 -n1 true
    run ! on n1 test -e /run/holdfast/node.json
    run -0 as_user srun -w n1 -N1 -n1 --holdfast-bind=full true
    run -0 on n1 test -e /run/holdfast/node.json
}

@test "NCCL_TOPO_FILE counts in its user's step only, and a torn one costs a warning a node" {
    printf '<system version="1"><cpu numaid="1"><pci busid="0000:11:00.0" class="0x030200"/></cpu></system>\n' >"$CLUSTER_SHARED/own.xml"
    printf '<system version="1"><cpu' >"$CLUSTER_SHARED/torn.xml"
    chmod 644 "$CLUSTER_SHARED"/*.xml
    run -0 --separate-stderr as_user --env NCCL_TOPO_FILE=/shared/own.xml srun -w n1 -N1 -n2 --gres=gpu:8 --holdfast-bind=explain true
    [[ $stderr == *"n1: NCCL_TOPO_FILE=/shared/own.xml says what 1 of 16 GPUs and NICs are near"* ]]
    run -0 --separate-stderr as_user --env NCCL_TOPO_FILE=/shared/torn.xml srun -w n1 -N1 -n2 --gres=gpu:8 --holdfast-bind=full bash -c 'echo $HOLDFAST_CPUS'
    [ "$(sort <<<"$output" | tr "\n" " ")" = "0 4 " ]
    [ "$(wc -l <<<"$stderr")" -eq 1 ]
    [[ $stderr == *"NCCL_TOPO_FILE is not used for placing ranks: "*torn.xml* ]]
    run -1 on n1 grep -c NCCL_TOPO_FILE /run/holdfast/node.json
}

@test "a program that hangs, fails or stops short: ranks run unbound, one line a node" {
    for ailment in hang fail cut; do
        run -0 --separate-stderr sick_srun "$ailment" -N2 -n4 echo ran
        [ "$(grep -c '^ran$' <<<"$output")" -eq 4 ]
        [ "$(grep -c '^holdfast: ranks on n[12] run unbound: ' <<<"$stderr")" -eq 2 ]
        [ "${#stderr_lines[@]}" -eq 2 ]
    done
}

@test "a hanging program costs no more than its deadline and leaves nothing behind" {
    begin=${EPOCHREALTIME/./}
    run -0 sick_srun hang -N2 -n2 true
    [ $((${EPOCHREALTIME/./} - begin)) -lt 10000000 ]
    for node in n1 n2; do
        run ! sick exec "$node" -- pgrep -f "tail -f /dev/null"
    done
}

@test "a rank whose CPUs are not there runs unbound, told once a node" {
    run -0 --separate-stderr sick_srun far -N2 -n4 echo ran
    [ "${#lines[@]}" -eq 4 ]
    [ "$(grep -c '^holdfast: rank [0-3] on n[12] runs unbound: none of the CPUs 4000 ' <<<"$stderr")" -eq 2 ]
    [ "${#stderr_lines[@]}" -eq 2 ]
}

@test "strict: no rank starts unbound, srun fails, no node is drained" {
    for ailment in hang fail cut far; do
        run -1 --separate-stderr sick_srun "$ailment" -N2 -n4 --holdfast-bind=strict echo ran
        [[ $output != *ran* ]]
        [[ $stderr == *"do not start: "* || $stderr == *"does not start: "* ]]
    done
    run -0 sick exec ctl -- sinfo --noheader --format %T
    [[ $output != *drain* && $output != *down* ]]
}

@test "a sick program does not touch batch scripts or steps that are not bound" {
    run -0 --separate-stderr sick_srun fail -n1 --holdfast-bind=off echo ran
    [ "$output" = ran ]
    [ "$stderr" = "" ]
    run -0 sick as-user --env AILMENT=fail -- sbatch -W -N1 -n1 -o /dev/null --wrap true
}
