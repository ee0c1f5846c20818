#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# `holdfast status`, `report` and `history` as a person meets them, over logs written by hand: as holdfast-events(5) says
# they look, and cut, growing and unreadable ones.

# shellcheck disable=SC2154 # output, status, talk and holdfast come from words.bash
load words

setup() {
    export HOLDFAST_STATE_ROOT=$BATS_TEST_TMPDIR/state TZ=UTC HOME=$BATS_TEST_TMPDIR/home
    unset HOLDFAST_STATE
    log=$HOLDFAST_STATE_ROOT/4711/events.jsonl
    mkdir -p "${log%/*}"
    seq=0
    at=1700000000
}

# event KIND FIELDS [SECONDS]: a line of the log, so long after the last one; FIELDS are JSON without braces
event() {
    seq=$((seq + 1))
    at=$((at + ${3-1}))
    printf '{"v":1,"seq":%d,"epoch":1,"at_ms":%d000,"host":"n1","kind":"%s",%s}\n' "$seq" "$at" "$1" "$2" >>"$log"
}

# a node is lost after the first checkpoint, a spare takes its place
story() {
    event run_started '"job":"4711","restart":0,"nodes":["n1","n2","n3"],"wanted":2,"spares":1,"command":["srun","./a.out"]' 0
    event attempt_started '"attempt":1,"nodes":["n1","n2"],"ranks":[["n1",0,1],["n2",1,1]],"resume":null' 0
    event ranks_running '"attempt":1,"after_ms":1000'
    event checkpoint_seen '"attempt":1,"path":"/ckpt/10","step":10' 100
    event node_lost '"node":"n2","how":"silent","silent_ms":5000' 50
    event loss '"attempt":1,"cause":"node_lost","blamed":["n2"],"why":"n2 is silent","evidence":["no beat"]' 0
    event attempt_started '"attempt":2,"nodes":["n1","n3"],"ranks":[],"resume":{"path":"/ckpt/10","step":10,"format":"dcp"}' 0
    event ranks_running '"attempt":2,"after_ms":1000'
}

@test "status: says what the run does, which nodes it lost, and that nobody has been heard of for long" {
    story
    told status 4711
    ends 0 "holdfast: warning: job 4711 has given no sign of life for a while: its supervisor may be gone; ask squeue"
    [[ $output == "job 4711: running"* ]]
    [[ $output == *"1 lost (n2)"* ]]
    [[ $output == *"2, from step 10, all ranks running since 2023-11-14 22:15:52"* ]]
    [[ $output == *"/ckpt/10, step 10"* ]]
}

@test "status: a run that lives gives a sign in status.json" {
    story
    printf '{"v":1,"at_ms":%s}' "$(date +%s%3N)" >"${log%/*}/status.json"
    told status 4711
    ends 0
    [[ $output == *"last sign "*" s ago"* ]]
}

@test "status: without a job lists all, without any run says so" {
    told status
    ends 1 "holdfast: no run has left anything in $HOLDFAST_STATE_ROOT"
    story
    told status
    [ "$status" -eq 0 ]
    [ "$(wc -l <<<"$output")" -eq 2 ]
    [[ $output == *4711*running*silent* ]]
}

@test "status: a log that is being written is read as far as its last whole line" {
    story
    printf '{"v":1,"seq":99,"epoch":1,"at_ms":1700000' >>"$log"
    told status 4711 --json
    needs jq jq
    [ "$(jq -r .events <<<"$output")" = 8 ]
    [ "$(jq -r .attempt.number <<<"$output")" = 2 ]
}

@test "status: neither a FIFO nor a link nor a directory without rights holds it up" {
    mkfifo "$log"
    told status 4711
    [ "$status" -eq 125 ]
    [[ $talk == *"no regular file"* ]]
    rm "$log"
    ln -s /etc/passwd "$log"
    told status 4711
    [ "$status" -eq 125 ]
    told status 9999
    ends 2 "holdfast: status: there is no run in $HOLDFAST_STATE_ROOT/9999; \`holdfast status\` lists the runs it finds"
}

@test "status: metrics replace the old file" {
    story
    echo old >"$BATS_TEST_TMPDIR/holdfast.prom"
    told status 4711 --prometheus "$BATS_TEST_TMPDIR/holdfast.prom"
    ends 0
    [ -z "$output" ]
    grep -qx 'holdfast_run_nodes_lost{job="4711"} 1' "$BATS_TEST_TMPDIR/holdfast.prom"
    [ "$(find "$BATS_TEST_TMPDIR" -name '*.prom*' | wc -l)" -eq 1 ]
}

@test "report: tells cause, evidence, times and price" {
    story
    event attempt_ended '"attempt":2,"exit":0,"ran_ms":60000' 60
    event run_ended '"exit":0,"verdict":"finished","why":"done"' 0
    told report 4711
    ends 0
    [[ $output == "job 4711: finished, exit 0: done"* ]]
    [[ $output == *"attempt 1: node lost"*"n2 is silent"*"no beat"*"detected after 5.0 s"* ]]
    [[ $output == *"50.0 s of running, about 5 steps"* ]]
    [[ $output == *"ETTR"*"75.5 %"* ]]
}

@test "report: --html and --svg write files that stand alone" {
    story
    told report 4711 --html "$BATS_TEST_TMPDIR/r.html" --svg "$BATS_TEST_TMPDIR/r.svg"
    ends 0
    [ -z "$output" ]
    head -1 "$BATS_TEST_TMPDIR/r.html" | grep -q '<!DOCTYPE html>'
    head -1 "$BATS_TEST_TMPDIR/r.svg" | grep -q '^<svg '
    run grep -cE 'src=|href=|<script|url\(' "$BATS_TEST_TMPDIR/r.html"
    [ "$output" = 0 ]
    told report 4711 --html "$BATS_TEST_TMPDIR/none/r.html"
    [ "$status" -eq 2 ]
}

@test "report: goes on when lines are damaged, and says so" {
    story
    sed -i '3s/ranks_running/ranks_run\xffning/' "$log"
    told report 4711
    [ "$status" -eq 0 ]
    [[ $talk == *"1 line of the event log cannot be understood"* ]]
    [[ $output == *"attempt 1: node lost"* ]]
}

@test "status and report: a log without an event is no run that is starting" {
    : >"$log"
    for verb in status report; do
        told "$verb" 4711
        [ "$status" -eq 2 ]
        [[ $talk == *"holds no event yet"* && $output != *starting* && $output != *1970* ]]
    done
    echo "no JSON at all" >"$log"
    told status 4711
    [ "$status" -eq 2 ]
    [[ $talk == *"holds no event yet: 1 line of it cannot be understood"* ]]
}

@test "history: finds a node in every run under the root" {
    story
    log=$HOLDFAST_STATE_ROOT/4712/events.jsonl
    mkdir "${log%/*}"
    seq=0
    story
    told history n2
    ends 0
    [[ $output == "n2: in 2 runs, fell silent 2 times, blamed for 2 attempts"* ]]
    told history n9
    ends 1 "holdfast: no run in $HOLDFAST_STATE_ROOT had the node n9"
}
