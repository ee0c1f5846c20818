#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # words.bash sets holdfast, machines, output, talk
#
# The program as a process: help screens, misuse, exit codes, what happens when its output cannot be written.

load words

@test "program: --help fits a terminal of 24 lines and 100 columns" {
    told --help
    ends 0
    [ "$(wc -l <<<"$output")" -le 24 ]
    [ -z "$(awk 'length > 100' <<<"$output")" ]
}

@test "program: the help of every verb fits a screen" {
    for verb in $("$holdfast" help --bash-words | grep -v '^--'); do
        told "$verb" --help
        ends 0
        [ "$(wc -l <<<"$output")" -le 30 ]
        [ -z "$(awk 'length > 100' <<<"$output")" ]
    done
}

@test "program: a missing verb, an unknown verb and an unknown option are one sentence each" {
    told
    # shellcheck disable=SC2016 # the backquotes are said
    ends 2 'holdfast: a verb is missing; `holdfast --help` lists them'
    told topoo
    ends 2 "holdfast: unknown verb topoo; did you mean topo?"
    told topo --topologi x
    ends 2 "holdfast: topo: unknown option --topologi; did you mean --topology?"
    told --hepl
    ends 2 "holdfast: unknown option --hepl; did you mean --help?"
}

@test "program: results go to standard output, talk to standard error" {
    told --version
    ends 0
    [[ $output == "holdfast "* ]]
    told topo --topology /nonexistent/x.xml
    [ -z "$output" ] && [ -n "$talk" ] && [ "$status" -eq 2 ]
}

@test "program: a verb that starts a command reports its own misuse as 125" {
    told exec --explian -- true
    ends 125 "holdfast: exec: unknown option --explian; did you mean --explain?"
}

@test "program: a full disk is noticed" {
    run bash -c "'$holdfast' topo --topology '$machines/hgx-h100.xml' 2>&1 >/dev/full"
    [ "$status" -eq 125 ]
    [ "$output" = "holdfast: standard output cannot be written (No space left on device); the result is incomplete" ]
}

@test "program: a closed standard output is noticed" {
    run bash -c "'$holdfast' --version 2>&1 >&-"
    [ "$status" -eq 125 ]
    [[ $output == *"standard output cannot be written"* ]]
}

@test "program: a result file never lands in a closed standard stream" {
    run bash -c "'$holdfast' topo --topology '$machines/hgx-h100.xml' --svg '$BATS_TEST_TMPDIR/a.svg' >&- 2>&- <&-"
    [ "$status" -eq 0 ]
    grep -q '</svg>' "$BATS_TEST_TMPDIR/a.svg"
}

@test "program: a reader that is gone is noticed where SIGPIPE is ignored" {
    run bash -c "trap '' PIPE; exec 3> >(exec true); wait \$!; exec '$holdfast' --version 2>&1 >&3"
    [ "$status" -eq 125 ]
    [ "$output" = "holdfast: standard output cannot be written (Broken pipe); the result is incomplete" ]
}

@test "program: a reader that leaves ends it quietly otherwise" {
    run bash -c "set -o pipefail; '$holdfast' topo --topology '$machines/dgx-a100-nps4.xml' | head -n 1"
    [ "${#lines[@]}" -eq 1 ]
}

@test "program: a terminal gets colours unless NO_COLOR is set, a pipe gets none" {
    needs script bsdutils
    run script -qec "env TERM=xterm '$holdfast' topo --topology '$machines/hgx-h100.xml'" /dev/null
    [[ $output == *$'\033['* ]]
    run script -qec "env TERM=xterm NO_COLOR=1 '$holdfast' topo --topology '$machines/hgx-h100.xml'" /dev/null
    [[ $output != *$'\033['* ]]
    run script -qec "env TERM=dumb '$holdfast' topo --topology '$machines/hgx-h100.xml'" /dev/null
    [[ $output != *$'\033['* ]]
    TERM=xterm told topo --topology "$machines/hgx-h100.xml"
    [[ $output != *$'\033['* ]]
}

@test "program: it needs nothing but libc, hwloc and expat to start" {
    [ -z "${HOLDFAST_SANITIZE-}" ] || skip "a sanitizer brings libraries"
    allowed='linux-vdso|ld-linux|libc\.so|libm\.so|libhwloc|libexpat|libudev|libdl|libpthread|libcap'
    run bash -c "ldd '$holdfast' | grep -vE '$allowed'"
    [ -z "$output" ] || { echo "$output" && false; }
}

# best_of COMMAND...: the least microseconds of thirty runs, from fork to end
best_of() {
    local best=1000000 before took
    for _ in {1..30}; do
        before=${EPOCHREALTIME/./}
        "$@" >/dev/null
        took=$((${EPOCHREALTIME/./} - before))
        [ "$took" -ge "$best" ] || best=$took
    done
    echo "$best"
}

@test "program: it starts in under 5 ms" {
    [ -z "${HOLDFAST_SANITIZE-}" ] || skip "a sanitizer takes longer"
    nothing=$(best_of /bin/true)
    something=$(best_of "$holdfast" --version)
    echo "# $something µs from fork to end, $nothing µs of them what /bin/true takes" >&3
    [ $((something - nothing)) -lt 5000 ]
}

@test "ctl: a run that is not there is a wrong request, with a remedy" {
    export HOLDFAST_STATE_ROOT=$BATS_TEST_TMPDIR/state
    told ctl 4712 save
    [ "$status" -eq 2 ]
    [[ $talk == *"no run of job 4712 is known in "* && $talk == *"holdfast status"* ]]
    told ctl 4712
    [ "$status" -eq 2 ]
    [[ $talk == *"holdfast: ctl: a job and a word are needed"* ]]
    told decide
    [[ $talk == *"holdfast: decide: a file is needed"* ]]
}
