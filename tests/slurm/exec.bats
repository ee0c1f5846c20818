#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# `holdfast exec` on a live cluster, as an ordinary user, without the plugin. Every node is the recorded 8-GPU machine
# pretend-8gpu (2 packages of 4 cores), played by this machine's few real cores.

# shellcheck disable=SC2016,SC2154 # what the ranks' shells expand; what bats sets
load cluster

setup_file() {
    cluster_start --nodes 2 --gpus 8 --shape 2:4:1 --machine "$HOLDFAST_SOURCE_DIR/tests/machines/pretend-8gpu.xml"
}
teardown_file() { cluster_stop; }
setup() {
    bats_require_minimum_version 1.5.0
    cluster_needed
    HOLDFAST=$HOLDFAST_BUILD/launcher/cli/holdfast
    REAL=$(nproc)
}

real() { echo $(($1 % REAL)); } # the real CPU that plays PU $1

@test "exec: every rank of a full node gets its own core, GPU and NIC, read back from the kernel" {
    run -0 --separate-stderr as_user srun -N1 -n8 --gres=gpu:8 "$HOLDFAST" exec -- bash -c \
        'echo "$LOCAL_RANK $HOLDFAST_CPUS $HOLDFAST_GPUS $HOLDFAST_NICS $(awk "/Cpus_allowed_list/ {print \$2}" /proc/self/status)"'
    [ "$stderr" = "" ]
    [ "${#lines[@]}" -eq 8 ]
    gpus=(11 21 31 41 91 a1 b1 c1)
    for rank in 0 1 2 3 4 5 6 7; do
        [[ "$output" == *"$rank $rank 0000:${gpus[rank]}:00.0 mlx5_$rank $(real $rank)"* ]]
    done
}

@test "exec: two ranks run on two different real cores" {
    [ "$REAL" -ge 2 ] || skip "this machine has one core"
    run -0 as_user srun -N1 -n2 --gres=gpu:8 "$HOLDFAST" exec --cpus 0-1 -- awk '/Cpus_allowed_list/ {print $2}' /proc/self/status
    [ "$(sort <<<"$output" | tr '\n' ' ')" = "0 1 " ]
}

@test "exec: the memory policy is that of the rank's NUMA node" {
    [ -r /proc/self/numa_maps ] || skip "this kernel shows no memory policy"
    run -0 as_user srun -N1 -n2 --gres=gpu:8 "$HOLDFAST" exec -- awk 'NR == 1 {print $2}' /proc/self/numa_maps
    [ "$(sort -u <<<"$output")" = "prefer:0" ]
}

@test "exec: launch variables agree over all ranks and nodes" {
    run -0 as_user srun -N2 -n5 --gres=gpu:8 "$HOLDFAST" exec -- bash -c \
        'echo "$RANK $LOCAL_RANK $WORLD_SIZE $LOCAL_WORLD_SIZE $NODE_RANK $GROUP_RANK $MASTER_ADDR $(hostname)"; echo "port $MASTER_PORT" >&2'
    [ "$(grep -v port <<<"$output" | sort)" = "0 0 5 4 0 0 n1 n1
1 1 5 4 0 0 n1 n1
2 2 5 4 0 0 n1 n1
3 3 5 4 0 0 n1 n1
4 0 5 1 1 1 n1 n2" ]
    [ "$(grep -c '^port [0-9]' <<<"$output")" -eq 5 ]
    [ "$(grep '^port' <<<"$output" | sort -u | wc -l)" -eq 1 ]
}

@test "exec: --visible reorders or cuts the list Slurm gave, and leaves it alone by default" {
    seen='echo "$LOCAL_RANK:$CUDA_VISIBLE_DEVICES"'
    run -0 as_user srun -N1 -n2 --gres=gpu:2 "$HOLDFAST" exec -- bash -c "$seen"
    [ "$(sort <<<"$output" | tr '\n' ' ')" = "0:0,1 1:0,1 " ]
    run -0 as_user srun -N1 -n2 --gres=gpu:2 "$HOLDFAST" exec --visible first -- bash -c "$seen"
    [ "$(sort <<<"$output" | tr '\n' ' ')" = "0:0,1 1:1,0 " ]
    run -0 as_user srun -N1 -n2 --gres=gpu:2 "$HOLDFAST" exec --visible only -- bash -c "$seen"
    [ "$(sort <<<"$output" | tr '\n' ' ')" = "0:0 1:1 " ]
}

@test "exec: what the user set stays" {
    run -0 as_user --env OMP_NUM_THREADS=3 --env MASTER_PORT=4711 srun -N1 -n1 --gres=gpu:1 "$HOLDFAST" exec -- \
        bash -c 'echo $OMP_NUM_THREADS $MASTER_PORT'
    [ "$output" = "3 4711" ]
}

@test "exec: a step that asked for no GPU gets none" {
    run -0 as_user srun -N1 -n1 "$HOLDFAST" exec -- bash -c 'echo "gpus <$HOLDFAST_GPUS>"'
    [ "$output" = "gpus <>" ]
}

@test "exec: a granted GPU that cannot be opened is left out, and one sentence a node says so" {
    type -P jq >/dev/null || skip "jq is not installed"
    # The recorded machine, with the numbers of its device files, which only a driver's own files tell.
    "$HOLDFAST" topo --topology "$HOLDFAST_SOURCE_DIR/tests/machines/pretend-8gpu.xml" --json |
        jq '.gpus |= (to_entries | map(.value + {minor: .key}))' >"$CLUSTER_SHARED/minors.json"
    printf '[machine]\ntopology = "/shared/minors.json"\nstand_in = true\n' >"$CLUSTER_SHARED/minors.toml"
    chmod 644 "$CLUSTER_SHARED"/minors.*
    here=(srun -w n1 -N1 -n3 --gres=gpu:4 "$HOLDFAST" exec --config /shared/minors.toml -- bash -c 'echo "$LOCAL_RANK $HOLDFAST_GPUS"')
    on n1 chmod 600 /dev/nvidia2
    run --separate-stderr as_user "${here[@]}"
    on n1 chmod 666 /dev/nvidia2
    [ "$status" -eq 0 ]
    [ "$(sort <<<"$output")" = "0 0000:11:00.0
1 0000:21:00.0
2 0000:41:00.0" ]
    [ "$stderr" = "holdfast: warning: GPU 0000:31:00.0 is granted but cannot be opened; left out" ]
    run -0 --separate-stderr as_user "${here[@]}"
    [ "$stderr" = "" ]
}

@test "exec: a worker of torchrun takes its own place, by LOCAL_RANK" {
    run -0 as_user srun -N1 -n1 -c8 --gres=gpu:8 bash -c "
        for i in 0 1 2 3; do
            TORCHELASTIC_RUN_ID=x RANK=\$i LOCAL_RANK=\$i WORLD_SIZE=4 LOCAL_WORLD_SIZE=4 $HOLDFAST exec -- bash -c 'echo \$LOCAL_RANK \$HOLDFAST_CPUS \$HOLDFAST_GPUS'
        done"
    [ "$output" = "0 0-1 0000:11:00.0,0000:21:00.0
1 2-3 0000:31:00.0,0000:41:00.0
2 4-5 0000:91:00.0,0000:a1:00.0
3 6-7 0000:b1:00.0,0000:c1:00.0" ]
}

@test "exec: an MPI program under --mpi=pmix still runs" {
    type -P mpicc >/dev/null || skip "mpicc is not installed"
    printf '%s\n' '#include <mpi.h>' '#include <stdio.h>' 'int main(void) { int one = 1, all = 0, rank; MPI_Init(0, 0);' \
        'MPI_Comm_rank(MPI_COMM_WORLD, &rank); MPI_Allreduce(&one, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);' \
        'if (rank == 0) printf("%d ranks\n", all); MPI_Finalize(); return 0; }' >"$CLUSTER_SHARED/sum.c"
    mpicc -o "$CLUSTER_SHARED/sum" "$CLUSTER_SHARED/sum.c"
    # Over TCP alone: Debian's Open MPI loses a race of its own for shared memory in one start of 140 on a busy machine, with
    # srun alone too.
    run -0 --separate-stderr as_user --env OMPI_MCA_mpi_yield_when_idle=1 --env OMPI_MCA_btl=self,tcp \
        srun --mpi=pmix -N2 -n4 --gres=gpu:8 "$HOLDFAST" exec --mpi -- /shared/sum
    [ "$output" = "4 ranks" ]
}

@test "exec: the command's exit code passes through, and a missing command is 127" {
    run -7 as_user srun -N1 -n1 "$HOLDFAST" exec -- bash -c 'exit 7'
    run -127 as_user srun -N1 -n1 "$HOLDFAST" exec -- /no/such/program
    [[ "$output" == *"/no/such/program cannot be executed"* ]]
}

@test "exec: a rank that cannot be bound runs unbound and says so once per node; --strict refuses" {
    run -0 --separate-stderr as_user srun -N1 -n2 "$HOLDFAST" exec --topology /no/such/machine.xml -- echo ran
    [ "$output" = "ran
ran" ]
    [ "$(grep -c 'running unbound' <<<"$stderr")" -eq 1 ]
    run -121 as_user srun -N1 -n1 "$HOLDFAST" exec --strict --topology /no/such/machine.xml -- echo ran
}
