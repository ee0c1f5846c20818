#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# `holdfast ckpt` as a person and a batch script meet it: directories with a marker, made by cp and touch.

# shellcheck disable=SC2154 # output, status, talk and holdfast come from words.bash
load words

setup() {
    root=$BATS_TEST_TMPDIR/run/ckpt
    mkdir -p "$root"
}

# save STEP: a checkpoint of two files and its marker, hours old, later steps later
save() {
    mkdir "$root/step-$1"
    head -c 200000 /dev/urandom >"$root/step-$1/weights.bin"
    echo "step $1" >"$root/step-$1/state.txt"
    touch "$root/step-$1/DONE"
    aged "$1"
}

# aged STEP: as if nobody had touched it since
aged() {
    find "$root/step-$1" -type f ! -name DONE -exec touch -d "$((200 - $1)) minutes ago" {} +
    [ ! -e "$root/step-$1/DONE" ] || touch -d "$((199 - $1)) minutes ago" "$root/step-$1/DONE"
    touch -d "$((199 - $1)) minutes ago" "$root/step-$1"
}

ckpt() { # WORD...: with the marker
    told ckpt "$@" --ckpt-marker DONE "$root"
}

@test "ckpt list: an empty directory is a start from the beginning" {
    told ckpt list "$root"
    ends 1 "holdfast: start from the beginning: the checkpoint directory is empty"
}

@test "ckpt list: stars the newest good one and says why the newer one is not" {
    save 10
    save 20
    rm "$root/step-20/DONE"
    aged 20
    ckpt list
    [ "$status" -eq 0 ]
    [[ $output == *"* 10 "*good* ]]
    [[ $output == *"unfinished"*"step-20/DONE is not there"* ]]
}

@test "ckpt list: --json names the chosen one" {
    needs jq jq
    save 10
    ckpt list --json
    [ "$(jq -r .chosen <<<"$output")" = step-10 ]
    [ "$(jq -r .choice <<<"$output")" = resume ]
    [ "$(jq -r '.checkpoints[0].verdict' <<<"$output")" = good ]
}

@test "ckpt latest: prints path, step, environment and arguments" {
    save 10
    ckpt latest
    [ "$output" = "$root/step-10" ]
    ckpt latest --print step
    [ "$output" = 10 ]
    ckpt latest --print env
    eval "$output"
    [ "$HOLDFAST_RESUME_FROM" = "$root/step-10" ] && [ "$HOLDFAST_RESUME_STEP" = 10 ]
    ckpt latest --print args --resume-arg "--load {path} --note 'a b'"
    eval "set -- $output"
    [ "$#" -eq 4 ] && [ "$2" = "$root/step-10" ] && [ "$4" = "a b" ]
}

@test "ckpt latest: fails closed when there are some and none is good" {
    save 10
    rm "$root/step-10/DONE"
    aged 10
    ckpt latest
    [ "$status" -eq 3 ] && [ -z "$output" ]
    [[ $talk == *"do not start"* ]]
}

@test "ckpt latest: takes an older one when the newest may still be written, and waits when told to" {
    save 10
    save 20
    rm "$root/step-20/DONE"
    ckpt latest
    [ "$output" = "$root/step-10" ]
    (touch "$root/step-20/DONE") &
    ckpt latest --wait 2m --quiet 1s
    [ "$output" = "$root/step-20" ]
}

@test "ckpt latest: asks the user's own command" {
    save 10
    save 20
    ckpt latest --ckpt-verify "test {step} -lt 20"
    [ "$output" = "$root/step-10" ]
    [[ $talk == *"step-20"*"test ended with 1"* ]]
}

@test "ckpt: a --ckpt-verify that a checkpoint cannot be put into passes none" {
    save 10
    ckpt latest --ckpt-verify "true {pth}"
    ends 2 "holdfast: ckpt latest: --ckpt-verify: the template has {pth}, which stands for nothing; did you mean {path}? A brace itself is written {{"
    [ -z "$output" ]
    mv "$root/step-10" "$root/last"
    ckpt latest --ckpt-verify "true {step}"
    [ "$status" -eq 3 ] && [ -z "$output" ]
    [[ $talk == *"last: unknown: --ckpt-verify: the template asks for {step}"* ]]
    ckpt latest --ckpt-verify "true {path}"
    [ "$output" = "$root/last" ]
}

@test "ckpt latest: a --ckpt-verify that is not there is told in one sentence, whatever number there is" {
    for step in 10 20 30 40 50 60; do save "$step"; done
    ckpt latest --ckpt-verify "/nowhere/check {path}"
    ends 3 "holdfast: passed over step-60 and 2 older ones: unknown: /nowhere/check is not there: name a program that PATH leads to, or its whole path
holdfast: passed over step-30 and 2 older ones: not looked into: raise the number of candidates to have them judged
holdfast: do not start: none of the 6 newest checkpoints may be used; step-60 and 2 older ones: unknown: /nowhere/check is not there: name a program that PATH leads to, or its whole path; look at them with \`holdfast ckpt explain\`"
}

@test "ckpt latest: a wrong --resume-arg is refused before there is any checkpoint" {
    told ckpt latest --resume-arg "--load '{path}" "$root"
    ends 2 "holdfast: ckpt latest: --resume-arg: the template ends within a quote ': --load '{path}; close it"
}

@test "ckpt verify: a manifest finds the flipped byte that nothing else can" {
    save 10
    told ckpt verify --ckpt-marker DONE --manifest "$root/step-10"
    [ "$status" -eq 0 ]
    [ -e "$BATS_TEST_TMPDIR/run/.holdfast/ckpt/step-10.manifest.json" ]
    told ckpt verify --ckpt-marker DONE --deep "$root/step-10"
    [ "$status" -eq 0 ]
    flip 10 100000
    told ckpt verify --ckpt-marker DONE --deep --again "$root/step-10"
    [ "$status" -eq 1 ]
    [[ $output == *"step-10/weights.bin"* ]]
}

@test "ckpt: what no format knows is judged by the user's own command alone, each directory as it answers" {
    for step in 10 20; do
        mkdir "$root/walkers-$step"
        echo "population $step" >"$root/walkers-$step/data.h5"
        touch -d "1 hour ago" "$root/walkers-$step/data.h5" "$root/walkers-$step"
    done
    told ckpt latest "$root"
    [ "$status" -eq 3 ] && [ -z "$output" ]
    told ckpt latest --ckpt-verify "grep -q population {path}/data.h5" "$root"
    [ "$output" = "$root/walkers-20" ]
    told ckpt latest --ckpt-verify "grep -q 'population 10' {path}/data.h5" "$root"
    [ "$output" = "$root/walkers-10" ]
    told ckpt latest --ckpt-verify "grep -q nothing {path}/data.h5" "$root"
    [ "$status" -eq 3 ] && [ -z "$output" ]
}

# flip STEP OFFSET: a byte of the weights, as a disk forgets it: no time tells of it
flip() {
    local file=$root/step-$1/weights.bin
    touch -r "$file" "$BATS_TEST_TMPDIR/times"
    printf 'X' | dd of="$file" bs=1 seek="$2" conv=notrunc status=none
    touch -r "$BATS_TEST_TMPDIR/times" "$file"
}

@test "ckpt watch: --manifest sums up each in the background, and the flipped byte is found by those sums" {
    save 10
    save 20
    told ckpt watch --manifest --timeout 60s --count 2 --ckpt-marker DONE "$root"
    [ "$status" -eq 0 ]
    [[ $talk == *"summed up step-20, 3 files"* ]] && [[ $talk == *"summed up step-10, 3 files"* ]]
    [ "$(ls "$BATS_TEST_TMPDIR/run/.holdfast/ckpt")" = $'step-10.manifest.json\nstep-20.manifest.json' ]
    flip 20 100000
    ckpt latest
    [ "$output" = "$root/step-20" ]
    ckpt latest --deep
    [ "$output" = "$root/step-10" ]
    [[ $talk == *"step-20/weights.bin is damaged in the file"* ]]
    ckpt latest --deep --sidecar "$BATS_TEST_TMPDIR/elsewhere"
    [ "$output" = "$root/step-10" ]
}

@test "ckpt watch: --manifest goes on with the file an interrupted one was at" {
    save 10
    for i in 1 2 3 4; do # seconds each at the rate below: enough to be killed in the middle, however busy the machine is
        head -c 5000000 /dev/urandom >"$root/step-10/shard-$i.bin"
    done
    aged 10
    local draft=$BATS_TEST_TMPDIR/run/.holdfast/ckpt/step-10.manifest.json.draft tries=0
    "$holdfast" ckpt watch --manifest --rate 1M --ckpt-marker DONE "$root" >/dev/null 2>&1 3>&- &
    local watch=$!
    until grep -qs shard "$draft" || [ "$((++tries))" -gt 600 ]; do sleep 0.05; done
    kill "$watch"
    wait "$watch" || true
    [ -s "$draft" ] && [ ! -e "${draft%.draft}" ]
    sed -i 's/"crc32":"[0-9a-f]*"/"crc32":"feedbeef"/' "$draft"
    told ckpt watch --manifest --timeout 60s --count 1 --ckpt-marker DONE "$root"
    [ "$(jq -r '.files[] | select(.crc32 == "feedbeef") | .path' "${draft%.draft}" | grep -c shard)" -ge 1 ]
    [ "$(jq '.files | length' "${draft%.draft}")" -eq 7 ]
    [ ! -e "$draft" ]
}

@test "ckpt verify: does not read again what it found good" {
    save 10
    told ckpt verify --ckpt-marker DONE --manifest "$root/step-10"
    told ckpt verify --ckpt-marker DONE --deep "$root/step-10"
    grep -q weights.bin "$BATS_TEST_TMPDIR/run/.holdfast/ckpt/verified.jsonl"
    told ckpt verify --ckpt-marker DONE --deep "$root/step-10"
    ends 0 "holdfast: looked at 0 B at 0 B/s; 195.3 KiB needed no reading"
    told ckpt verify --ckpt-marker DONE --deep --again "$root/step-10"
    [[ $talk == "holdfast: looked at 195.3 KiB at "*"/s" ]]
}

@test "ckpt verify: goes on where an interrupted look stopped" {
    save 10
    for i in 1 2 3 4; do
        head -c 5000000 /dev/urandom >"$root/step-10/shard-$i.bin"
    done
    aged 10
    told ckpt verify --ckpt-marker DONE --manifest "$root/step-10"
    local notes=$BATS_TEST_TMPDIR/run/.holdfast/ckpt/verified.jsonl
    "$holdfast" ckpt verify --ckpt-marker DONE --deep --jobs 1 --rate 1M "$root/step-10" 2>"$BATS_TEST_TMPDIR/stopped" 3>&- &
    local deep=$! tries=0
    until grep -qs shard "$notes" || [ "$((++tries))" -gt 600 ]; do sleep 0.05; done
    kill "$deep"
    wait "$deep" || [ "$?" -eq 143 ]
    [[ $(<"$BATS_TEST_TMPDIR/stopped") == *"holdfast: stopped after "*"; the same command goes on with the file it was at" ]]
    told ckpt verify --ckpt-marker DONE --deep "$root/step-10"
    [ "$status" -eq 0 ]
    [[ $talk == *"MiB needed no reading" ]]
}

@test "ckpt explain: tells each file and what to do" {
    save 10
    : >"$root/step-10/weights.bin"
    aged 10
    told ckpt explain --ckpt-marker DONE "$root/step-10"
    [ "$status" -eq 1 ]
    [[ $output == *"damaged"*"weights.bin is empty"* ]]
    [[ $output == *"what to do:"* ]]
}

@test "ckpt explain: says what is not there" {
    save 10
    told ckpt explain --ckpt-marker DONE "$root/step-11"
    ends 2 "holdfast: ckpt explain: step-11 is not there; see what is: holdfast ckpt list $root"
    told ckpt explain "$root/none/step-1"
    ends 2 "holdfast: ckpt explain: the directory $root/none is not there; name a checkpoint that is"
}

# What PyTorch itself writes, as a person asks about it; the bytes are looked at in tests/checkpoint/torch.
@test "ckpt: of the real PyTorch's files the flipped bit is found, and what lacks the optimizer is said to" {
    local real=$HOLDFAST_SOURCE_DIR/tests/checkpoint/torch/real_torch.py
    /usr/bin/python3 "$real" write "$root" 2>/dev/null || skip "PyTorch is not installed (package python3-torch)"
    told ckpt list --quiet 0s "$root"
    [ "$status" -eq 0 ]
    [[ $output == *"700 "*"torch-file  good"*"state.pt"* ]]
    told ckpt verify --deep --quiet 0s "$root/state.pt"
    [ "$status" -eq 0 ]
    printf '\xff' | dd of="$root/state.pt" bs=1 seek=4000 conv=notrunc status=none
    told ckpt verify --deep --again --quiet 0s "$root/state.pt"
    [ "$status" -eq 1 ]
    [[ $output == *"state.pt: damaged"* ]]
    told ckpt explain --quiet 0s "$root/dcp/step-7"
    [[ $output == *"verdict: good [model only]"*"holdfast ckpt latest --model-only"* ]]
    told ckpt latest --quiet 0s "$root/dcp"
    [ "$status" -eq 3 ]
    told ckpt latest --model-only --quiet 0s "$root/dcp"
    [ "$output" = "$root/dcp/step-7" ]
}

@test "ckpt: of the real LAMMPS' restarts the cut one is passed over" {
    needs lmp lammps
    (cd "$root" && OMP_NUM_THREADS=1 lmp -log none -in /dev/stdin >/dev/null) <<'END'
units lj
atom_style atomic
lattice fcc 0.8442
region box block 0 4 0 4 0 4
create_box 1 box
create_atoms 1 box
mass 1 1.0
velocity all create 1.44 87287
pair_style lj/cut 2.5
pair_coeff 1 1 1.0 1.0 2.5
fix 1 all nve
restart 50 run.*.rst
run 120
END
    told ckpt latest --quiet 0s --print args --resume-arg '-v restart {path}' "$root"
    [ "$output" = "-v restart $root/run.100.rst" ]
    truncate -s 5000 "$root/run.100.rst"
    told ckpt latest --quiet 0s "$root"
    [ "$output" = "$root/run.50.rst" ]
    [[ $talk == *"run.100.rst does not end as a finished restart file"* ]]
}

@test "ckpt quarantine: moves the bad one out, keeps a note, deletes nothing" {
    save 10
    save 20
    : >"$root/step-20/weights.bin"
    aged 20
    ckpt quarantine --mode move --attempt 7.1 --dry-run
    [ -d "$root/step-20" ]
    ckpt quarantine --mode move --attempt 7.1
    [ "$status" -eq 0 ]
    [ ! -e "$root/step-20" ]
    [ -e "$BATS_TEST_TMPDIR/run/.holdfast-quarantine/ckpt/7.1/step-20/state.txt" ]
    grep -q "weights.bin is empty" "$BATS_TEST_TMPDIR/run/.holdfast-quarantine/ckpt/7.1/step-20.holdfast.json"
}

@test "ckpt quarantine: refuses while somebody may still be writing" {
    save 10
    save 20
    rm "$root/step-20/DONE"
    ckpt quarantine --mode move
    [ "$status" -eq 125 ]
    [ -d "$root/step-20" ]
    [[ $talk == *"step-20 may still be written"* ]]
}

@test "ckpt watch: prints each as it becomes complete" {
    save 10
    timeout 60 "$holdfast" ckpt watch --count 2 --ckpt-marker DONE --every 1s "$root" >"$BATS_TEST_TMPDIR/seen" &
    watcher=$!
    save 20
    wait "$watcher"
    [[ $(<"$BATS_TEST_TMPDIR/seen") == "step-10: good"*$'\n'"step-20: good"* ]]
}
