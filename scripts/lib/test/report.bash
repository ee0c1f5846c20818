# shellcheck shell=bash disable=SC2154 # root, logs and step_log belong to the scripts that source this
# SPDX-License-Identifier: Apache-2.0
#
# report: runs stages, counts what passed and failed in them, and says it at the end. Sourced after words.bash.

passed=0
failed=0
counted=no            # whether the running stage has counted its own tests
summary=()
minutes=0             # for all stages together; 0: no limit
worth_beginning=20    # no stage is begun with fewer seconds left

count() { # PASSED FAILED
    passed=$((passed + $1))
    failed=$((failed + $2))
    counted=yes
}

# told COMMAND...: for quick checks, whose words are shown as they come.
told() { stream_step "$@"; }

# count_ctest PRESET CTEST-WORD...: ctest's own lines are kept, its tests are counted one by one.
count_ctest() {
    local preset=$1 report status=0 all bad
    shift
    report=$logs/ctest.xml
    rm -f "$report"
    stream_step ctest --test-dir "$root/build/$preset" --output-on-failure --no-tests=ignore --output-junit "$report" "$@" || status=$?
    if [ "$step_cut" = yes ]; then
        count_ctest_so_far "$root/build/$preset/Testing/Temporary/LastTest.log.tmp"
        return "$status"
    fi
    all=$(junit_number tests "$report")
    bad=$(junit_number failures "$report")
    if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1 all=$((all + 1)); fi
    count "$((all - bad))" "$bad"
    return "$status"
}

# What ctest had found when it was cut off: its report is written at the end only, its log as it goes.
count_ctest_so_far() { # LOG
    local ended bad
    ended=$(grep -cE '^Test (Passed|Failed|Timeout)' "$1" 2>/dev/null) || ended=0
    bad=$(grep -cE '^Test (Failed|Timeout)' "$1" 2>/dev/null) || bad=0
    count "$((ended - bad))" "$bad"
}

junit_number() { # ATTRIBUTE FILE
    local number
    number=$(grep -oE -m 1 "$1=\"[0-9]+\"" "$2" 2>/dev/null | head -n 1 | tr -dc '0-9') || true
    printf '%s' "${number:-0}"
}

# What is still left of the time for all, in seconds; 0: it is over. Without a limit there is always more.
seconds_left() {
    [ "$minutes" -gt 0 ] || { echo 86400; return; }
    local left=$((60 * minutes - SECONDS))
    echo $((left > 0 ? left : 0))
}

# stage_in_time NAME FUNCTION: a stage that may be cut off when the time for all is over. That is told and is no failure: it
# says nothing about the code. What it found until then was shown.
stage_in_time() {
    local name=$1
    if [ "$(seconds_left)" -lt "$worth_beginning" ]; then
        summary+=("$name: not begun, the $minutes minutes are over")
        say "${summary[-1]}"
        return 0
    fi
    # shellcheck disable=SC2034 # read by words.bash
    step_until=$((60 * minutes))
    stage "$name" "$2" || true
    # shellcheck disable=SC2034
    step_until=0
}

# stage NAME FUNCTION: a stage that fails does not keep the later ones from telling what they know.
stage() {
    local name=$1 start=$SECONDS verdict=ok
    counted=no step_cut=no
    say "== $name"
    if ! "$2"; then verdict=FAILED; fi
    if [ "$step_cut" = yes ]; then
        verdict="cut off"
        counted=yes
    fi
    if [ "$counted" = no ]; then
        if [ "$verdict" = ok ]; then count 1 0; else count 0 1; fi
    fi
    summary+=("$(printf '%-28s %-7s %4d s' "$name" "$verdict" "$((SECONDS - start))")")
    say "${summary[-1]}"
    [ "$verdict" != FAILED ]
}

tell_summary() {
    say "== summary after $SECONDS s"
    printf '%s\n' "${summary[@]}"
    say "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
