# shellcheck shell=bash disable=SC2154 # root, logs and step_log belong to the scripts that source this
# SPDX-License-Identifier: Apache-2.0
#
# report: runs stages, counts what passed and failed in them, and says it at the end. Sourced after words.bash.

passed=0
failed=0
counted=no            # whether the running stage has counted its own tests
summary=()

count() { # PASSED FAILED
    passed=$((passed + $1))
    failed=$((failed + $2))
    counted=yes
}

# told COMMAND...: for quick checks, whose words are shown as they come.
told() { stream_step "$@"; }

# stream_step COMMAND...: its output goes where ours goes; ended with all it started when we are ended.
stream_step() {
    local status=0
    set -m
    ("$@") </dev/null &
    running_step=$!
    set +m
    wait "$running_step" || status=$?
    running_step=""
    return "$status"
}

# count_ctest PRESET CTEST-WORD...: ctest's own lines are kept, its tests are counted one by one.
count_ctest() {
    local preset=$1 report status=0 all bad
    shift
    report=$logs/ctest.xml
    rm -f "$report"
    stream_step ctest --test-dir "$root/build/$preset" --output-on-failure --no-tests=ignore --output-junit "$report" "$@" || status=$?
    all=$(junit_number tests "$report")
    bad=$(junit_number failures "$report")
    if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1 all=$((all + 1)); fi
    count "$((all - bad))" "$bad"
    return "$status"
}

junit_number() { # ATTRIBUTE FILE
    local number
    number=$(grep -oE -m 1 "$1=\"[0-9]+\"" "$2" 2>/dev/null | head -n 1 | tr -dc '0-9') || true
    printf '%s' "${number:-0}"
}

# stage NAME FUNCTION: a stage that fails does not keep the later ones from telling what they know.
stage() {
    local name=$1 start=$SECONDS verdict=ok
    counted=no
    say "== $name"
    if ! "$2"; then verdict=FAILED; fi
    if [ "$counted" = no ]; then
        if [ "$verdict" = ok ]; then count 1 0; else count 0 1; fi
    fi
    summary+=("$(printf '%-28s %-7s %4d s' "$name" "$verdict" "$((SECONDS - start))")")
    say "${summary[-1]}"
    [ "$verdict" = ok ]
}

tell_summary() {
    say "== summary after $SECONDS s"
    printf '%s\n' "${summary[@]}"
    say "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
