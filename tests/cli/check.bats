#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# `holdfast check` on saved facts, as a person and a monitor meet it.

# shellcheck disable=SC2154 # output, status, talk and holdfast come from words.bash
load words

setup() {
    bats_require_minimum_version 1.5.0
    printf '[check]\nstate = "%s/state"\n' "$BATS_TEST_TMPDIR" >"$BATS_TEST_TMPDIR/holdfast.toml"
    settings=$BATS_TEST_TMPDIR/holdfast.toml
    fake_nvml=$HOLDFAST_BUILD_DIR/tests/support/nvml/new/libnvidia-ml.so.1
}

facts() { # GPU-MEMBERS: a node with one GPU
    printf '{"holdfast_facts": 1, "node": "n17", "boot_id": "b", "at": 1800000000, "gpus": [{"at": "0000:17:00.0", "vendor": "nvidia", "answer": "answers", %s}]}' \
        "$1" >"$BATS_TEST_TMPDIR/n17.json"
}
check() { told check --settings "$settings" --facts "$BATS_TEST_TMPDIR/n17.json" "$@"; }

@test "check: a healthy GPU is fit" {
    facts '"remap_failed": false'
    check
    ends 0
    [[ $output == "node n17: fit"* ]]
}

@test "check: a sick GPU is unfit, with device, remedy and status 120" {
    facts '"pcie_width": 8, "pcie_width_most": 16'
    check
    ends 120
    [[ $output == *"gpu.pcie_width       GPU 0000:17:00.0: PCIe link has 8 lanes; limit: at least 16"*"-> reboot"* ]]
}

@test "check: what could not be seen is neither good nor bad" {
    facts '"remap_failed": {"unseen": "timed out"}'
    check
    ends 1
    [[ $output == *"unknown  gpu.remap_failed"*"timed out"* ]]
}

@test "check: Nagios, JSON and Prometheus say the same" {
    facts '"pcie_width": 8, "pcie_width_most": 16'
    check --nagios
    ends 2
    [[ $output == "HOLDFAST CRITICAL - node is unfit: gpu.pcie_width GPU 0000:17:00.0 PCIe link has 8 lanes" ]]
    check --json --prometheus "$BATS_TEST_TMPDIR/metrics.prom"
    [[ $output == *'"verdict":"unfit"'* && $output == *'"check":"gpu.pcie_width"'* ]]
    grep -qx 'holdfast_node_verdict 2' "$BATS_TEST_TMPDIR/metrics.prom"
    grep -qx 'holdfast_check_severity{check="gpu.pcie_width",subject="GPU 0000:17:00.0"} 3' "$BATS_TEST_TMPDIR/metrics.prom"
}

@test "check: a monitor is told the worst first, and of settings that cannot be read that nothing is known" {
    facts '"pcie_width": 8, "pcie_width_most": 16, "persistence": false, "temperature_margin_c": 1'
    printf '[check.limit]\n"gpu.temp.margin" = 5\n' >>"$settings"
    check --nagios
    ends 2
    [[ $output == "HOLDFAST CRITICAL - node is unfit: gpu."*"lanes"*"gpu.persistence"* ]]
    printf 'mood = "act"\n' >>"$settings"
    check --nagios
    ends 3
    [[ $output == "HOLDFAST UNKNOWN - $settings: line "* ]]
}

@test "check: a node whose GPUs are gone is of the class that it was of last" {
    export HOLDFAST_NVML_LIBRARY=$fake_nvml HOLDFAST_FAKE_NVML=$BATS_TEST_TMPDIR/gpus
    [ -e "$fake_nvml" ] || skip "no pretended NVML was built"
    printf 'run = "%s/run"\n[class.h100]\ngpu_model = "NVIDIA H100"\ngpus = 8\n' "$BATS_TEST_TMPDIR" >>"$settings"
    echo 'gpus 8' >"$HOLDFAST_FAKE_NVML"
    told check --settings "$settings" --tier periodic --act --json
    [[ $output == *'"class":"h100"'* ]]
    echo 'gpus 0' >"$HOLDFAST_FAKE_NVML"
    told check --settings "$settings" --tier prolog --act --json
    [[ $output == *'"class":"h100"'*'"check":"gpu.count"'* ]]
    told check --settings "$settings" --tier prolog --json
    [[ $output == *'"class":"h100"'*'"check":"gpu.count"'* ]]
}

@test "check: a node's name is one, or is refused" {
    told check --settings "$settings" --tier prolog --node $'n\xff'
    ends 2 'holdfast: check: a node cannot be called "n?"; take its name in Slurm: letters, digits, -, _ and dots'
}

@test "check: the program for slurmd checks the node whatever the jitter says" {
    printf '#!/bin/sh\necho "$@" >>%s/calls\n' "$BATS_TEST_TMPDIR" >"$BATS_TEST_TMPDIR/holdfast"
    chmod +x "$BATS_TEST_TMPDIR/holdfast"
    for jitter in 0 00 1; do
        HOLDFAST=$BATS_TEST_TMPDIR/holdfast HOLDFAST_JITTER=$jitter run -0 "$HOLDFAST_SOURCE_DIR/scripts/health-check-program"
        [ "$output" = "" ]
    done
    mkdir "$BATS_TEST_TMPDIR/bin"
    # shellcheck disable=SC2016 # for the inner shell
    printf '#!/bin/sh\necho "slept $1" >>%s/calls\n' "$BATS_TEST_TMPDIR" >"$BATS_TEST_TMPDIR/bin/sleep"
    chmod +x "$BATS_TEST_TMPDIR/bin/sleep"
    for jitter in abc 0.5 -3; do
        PATH=$BATS_TEST_TMPDIR/bin:$PATH HOLDFAST=$BATS_TEST_TMPDIR/holdfast HOLDFAST_JITTER=$jitter \
            run -0 "$HOLDFAST_SOURCE_DIR/scripts/health-check-program"
        [ "$output" = "" ]
    done
    [ "$(grep -c 'check --tier periodic' "$BATS_TEST_TMPDIR/calls")" -eq 6 ]
}

@test "check: the site switches a check off, changes a limit, demands a class" {
    facts '"pcie_width": 8, "pcie_width_most": 16, "temperature_margin_c": 4'
    printf '[check.severity]\n"gpu.pcie_width" = "off"\n' >>"$settings"
    check
    ends 0
    printf '[check.limit]\n"gpu.temp.margin" = 5\n' >>"$settings"
    check --quiet
    ends 120
    [[ $output == *"gpu.temp"*"limit: more than 5"* ]]
    printf '[class.big]\nhosts = "n[10-20]"\ngpus = 8\n' >>"$settings"
    check
    [[ $output == *"gpu.count"*"GPUs that answer: 1; limit: at least 8"*"class big"* ]]
}

@test "check: a probe that the site leaves out does not run, and --explain says so" {
    told check --settings "$settings" --tier prolog --explain
    grep -qE '^probe    gpus +[0-9]+ us' <<<"$output"
    printf 'leave_out = ["gpus", "devices"]\n' >>"$settings"
    told check --settings "$settings" --tier prolog --explain
    [[ $output == *"probe    gpus"*"left out by check.leave_out"* ]]
    run ! grep -E '^probe    (gpus|devices) +[0-9]+ us' <<<"$output"
    told check --settings "$settings" --tier prolog --json
    [[ $output == *'{"name":"devices","answered":false,"why":"left out by check.leave_out"'* ]]
}

@test "check: a setting that is wrong is refused with the line and what was meant" {
    facts '"remap_failed": false'
    printf '[check.severity]\n"gpu.temps" = "off"\n' >>"$settings"
    check
    ends 2 "holdfast: check: $settings: line 4: there is no check gpu.temps; did you mean gpu.temp?; see holdfast.toml(5)"
}

@test "check: two nodes are compared" {
    facts '"model": "NVIDIA H100", "vbios": "96"'
    cp "$BATS_TEST_TMPDIR/n17.json" "$BATS_TEST_TMPDIR/other.json"
    check --diff "$BATS_TEST_TMPDIR/other.json"
    ends 0
    facts '"model": "NVIDIA H100", "vbios": "97"'
    check --diff "$BATS_TEST_TMPDIR/other.json"
    ends 1
    [ "$output" = 'vbios: "97" here, "96" there' ]
}

@test "check: the list has every check with its limits" {
    told check --list
    ends 0
    [[ $output == *"gpu.pcie_width  each GPU has all its PCIe lanes"* && $output == *"limit gpu.temp.margin = 0"* ]]
}

@test "check: a directory without room for one more checkpoint is told" {
    mkdir -p "$BATS_TEST_TMPDIR/ckpt/step_10"
    # a file of safetensors without tensors: eight bytes of length and the index
    printf '\x02\0\0\0\0\0\0\0{}' >"$BATS_TEST_TMPDIR/ckpt/step_10/model.safetensors"
    touch -d '2 hours ago' "$BATS_TEST_TMPDIR/ckpt/step_10/model.safetensors" "$BATS_TEST_TMPDIR/ckpt/step_10"
    there() { "$holdfast" check --settings "$settings" --ckpt "$BATS_TEST_TMPDIR/ckpt" --json 2>&1 |
        grep -o '{"check":"fs.ckpt_space"[^}]*}'; }
    [[ $(there) == *'"severity":"pass"'* ]]
    printf '[check.limit]\n"fs.ckpt_space.factor" = 1e15\n' >>"$settings"
    [[ $(there) == *'"severity":"watch"'*"step_10 has 0"* ]]
    told check --settings "$settings" --tier prolog --ckpt "$BATS_TEST_TMPDIR/ckpt"
    ends 2 "holdfast: check: --ckpt is looked at here, from time to time; take tier periodic or return-to-service, and no saved facts"
}

@test "check: a user's directory of checkpoints is read with no more than his rights, also by root" {
    [ "$(id -u)" -eq 0 ] || skip "only root could become its owner"
    local place
    place=$(mktemp -d)
    chmod 755 "$place"
    mkdir -p "$place/ckpt/step_10"
    printf '\x02\0\0\0\0\0\0\0{}' >"$place/ckpt/step_10/model.safetensors"
    touch -d '2 hours ago' "$place/ckpt/step_10/model.safetensors" "$place/ckpt/step_10"
    chown -R 65534:65534 "$place/ckpt"
    printf '[check.limit]\n"fs.ckpt_space.factor" = 1e15\n' >>"$settings"
    told check --settings "$settings" --ckpt "$place/ckpt"
    [[ $output == *"fs.ckpt_space"*"step_10 has 0"* ]]
    chown 0:0 "$place/ckpt/step_10/model.safetensors"
    chmod 600 "$place/ckpt/step_10/model.safetensors"
    told check --settings "$settings" --ckpt "$place/ckpt"
    rm -r "$place"
    [[ $output != *"step_10 has"* ]]
}

@test "check: the service processor's log is asked for where the site names a program" {
    printf '#!/bin/sh\necho "1 | Fan 3 | Lower Critical going low"\n' >"$BATS_TEST_TMPDIR/sel"
    chmod +x "$BATS_TEST_TMPDIR/sel"
    sed -i "1a event_log = [\"$BATS_TEST_TMPDIR/sel\"]" "$settings"
    printf '[check.limit]\n"ipmi.sel.entries" = 0\n' >>"$settings"
    told check --settings "$settings" --tier periodic
    [[ $output == *"ipmi.sel"*"entries: 1; the last: 1 | Fan 3 | Lower Critical going low; limit: at most 0"* ]]
    printf '#!/bin/sh\nexit 3\n' >"$BATS_TEST_TMPDIR/sel"
    told check --settings "$settings" --tier periodic
    [[ $output == *"unknown  ipmi.sel"*"failed"* ]]
}

@test "check: saved facts are not acted on" {
    facts '"remap_failed": false'
    check --act
    ends 2 "holdfast: check: saved facts are judged, not acted on; leave --act or --facts out"
    [ ! -e "$BATS_TEST_TMPDIR/state" ]
}

@test "check: beside a running job a node is looked at, not acted on" {
    told check --settings "$settings" --tier job --act
    ends 2 "holdfast: check: beside a running job a node is looked at, not acted on; leave --act out, or take another tier"
    facts '"remap_failed": true'
    check --tier job
    [ "$status" -eq 0 ] # it was so before the job, and the job can live with it
}

@test "check: a variable that holds a job's GPUs up is told, and the node is fit" {
    export SLURM_JOB_ID=7 CUDA_LAUNCH_BLOCKING=1
    told check --settings "$settings" --tier job --root "$BATS_TEST_TMPDIR"
    [ "$status" -eq 0 ]
    [[ $output == *"gpu.env"*"CUDA_LAUNCH_BLOCKING: is set: it makes every kernel wait for the last one"* ]]
}
