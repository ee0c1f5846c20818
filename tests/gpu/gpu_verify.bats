#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# scripts/gpu-verify against the pretended driver; against a real one where there is one.

verify() { "$HOLDFAST_SOURCE_DIR/scripts/gpu-verify" --report "$NVML_REPORT" "$@"; }

node() {
    printf '%s\n' "$@" >"$BATS_TEST_TMPDIR/node"
    export HOLDFAST_FAKE_NVML=$BATS_TEST_TMPDIR/node
}

@test "gpu-verify: a healthy node passes, with values, support and times" {
    node "gpus 2"
    run verify --library "$FAKE_NVML"
    [ "$status" -eq 0 ]
    [[ $output == *'gpus/1/model'*'NVIDIA H100 80GB HBM3'* ]]
    [[ $output == *'gpus/0/retired_pending'*'lacking'* ]]
    [[ $output == *' 0 not seen'* ]]
    [[ $output == *'NVLinks '* ]]
}

@test "gpu-verify: a lost GPU fails" {
    node "gpus 2" "gpu 1 lost"
    run verify --library "$FAKE_NVML"
    [ "$status" -eq 1 ]
    [[ $output == *'gpus/1/answer'*'lost'* ]]
}

@test "gpu-verify: without a driver it says so" {
    run verify --library /nonexistent/libnvidia-ml.so.1
    [ "$status" -eq 2 ]
    [[ $output == *'cannot be opened'* ]]
}

@test "gpu-verify: a driver that hangs does not hold it" {
    node "gpus 1" "hang nvmlInit_v2"
    run verify --library "$FAKE_NVML" --deadline 1
    [ "$status" -eq 124 ]
    [[ $output == *'did not answer within 1 s'* ]]
}

@test "gpu-verify: the real driver answers" {
    [ -e /dev/nvidiactl ] || skip "no NVIDIA GPU here"
    run verify
    [ "$status" -eq 0 ]
}
