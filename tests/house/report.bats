#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # dollars are for another shell
#
# How scripts/test counts and reports: stages of its own, ctest pretended by a program first on PATH.

setup() {
    bats_require_minimum_version 1.5.0
    : "${HOLDFAST_SOURCE_DIR:=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}"
    bin=$BATS_TEST_TMPDIR/bin
    mkdir -p "$bin"
    export PATH="$bin:$PATH" TMPDIR=$BATS_TEST_TMPDIR
}

# report COMMAND: in a shell that has sourced what scripts/test reports with.
report() {
    run bash -c "set -euo pipefail
        program=tried root=$HOLDFAST_SOURCE_DIR
        . '$HOLDFAST_SOURCE_DIR/scripts/lib/setup/words.bash'
        . '$HOLDFAST_SOURCE_DIR/scripts/lib/test/report.bash'
        . '$HOLDFAST_SOURCE_DIR/scripts/lib/test/stages.bash'
        clean_up_on_leave
        $1" 3>&-
}

# A ctest that writes the report it is asked for and ends as told.
pretend_ctest() { # TESTS FAILURES STATUS
    cat >"$bin/ctest" <<END
#!/bin/bash
while [ "\$1" != --output-junit ]; do shift; done
echo '<testsuite name="x" tests="$1" failures="$2" disabled="0">' >"\$2"
echo "the lines of ctest"
exit $3
END
    chmod +x "$bin/ctest"
}

@test "report: a stage that fails does not keep the next from running, and the whole fails" {
    report 'bad() { echo worse; false; }; good() { true; }; stage one bad || true; stage two good; tell_summary'
    [ "$status" -eq 1 ]
    [[ $output == *"worse"*"== two"* ]]
    [ "${lines[-1]}" = "1 passed, 1 failed" ]
}

@test "report: the tests of ctest are counted one by one and its lines are kept" {
    pretend_ctest 42 2 8
    report 'one() { count_ctest dev; }; stage one one || true; tell_summary'
    [[ $output == *"the lines of ctest"* ]]
    [ "${lines[-1]}" = "40 passed, 2 failed" ]
}

@test "report: a ctest that fails without a failed test is a failure all the same" {
    pretend_ctest 0 0 1
    report 'one() { count_ctest dev; }; stage one one || true; tell_summary'
    [ "${lines[-1]}" = "0 passed, 1 failed" ]
}

@test "report: with all passed the last line says so and the status is 0" {
    pretend_ctest 3 0 0
    report 'one() { count_ctest dev; }; stage one one; tell_summary'
    [ "$status" -eq 0 ]
    [ "${lines[-1]}" = "3 passed, 0 failed" ]
}

@test "report: a stage is cut off when the time for all is over, and that is told and no failure" {
    report 'minutes=1 worth_beginning=1 SECONDS=58
        quiet() { run_step "work without words" sleep 50.125; }; loud() { told sleep 50.125; }
        stage_in_time quiet quiet; SECONDS=58; stage_in_time loud loud; stage_in_time late loud; tell_summary'
    [ "$status" -eq 0 ]
    [[ $output == *"quiet "*" cut off "*"loud "*" cut off "*"late: not begun, the 1 minutes are over"* ]]
    [ "${lines[-1]}" = "0 passed, 0 failed" ]
    run ! pgrep -f "^sleep 50.125$"
}

# A ctest that has written the log it keeps as it goes, and would take long.
pretend_slow_ctest() { # VERDICT...
    local log=$BATS_TEST_TMPDIR/tree/build/asan/Testing/Temporary/LastTest.log.tmp
    mkdir -p "${log%/*}"
    printf 'Test %s.\n' "$@" >"$log"
    printf '#!/bin/bash\nexec sleep 50.375\n' >"$bin/ctest"
    chmod +x "$bin/ctest"
}

@test "report: of a ctest that is cut off, the tests that ended are counted and the one that ran is no failure" {
    pretend_slow_ctest Passed Passed
    report "root=$BATS_TEST_TMPDIR/tree"' minutes=1 worth_beginning=1 SECONDS=58
        one() { count_ctest asan; }; stage_in_time one one; tell_summary'
    [ "$status" -eq 0 ]
    [[ $output == *"one "*" cut off "* ]]
    [ "${lines[-1]}" = "2 passed, 0 failed" ]
}

@test "report: a test that failed before its ctest was cut off is a failure" {
    pretend_slow_ctest Passed Failed
    report "root=$BATS_TEST_TMPDIR/tree"' minutes=1 worth_beginning=1 SECONDS=58
        one() { count_ctest asan; }; stage_in_time one one; tell_summary'
    [ "$status" -eq 1 ]
    [ "${lines[-1]}" = "1 passed, 1 failed" ]
}

@test "report: a stage in time fails as any other" {
    report 'minutes=1; bad() { false; }; stage_in_time one bad; echo "goes on"; tell_summary'
    [ "$status" -eq 1 ]
    [[ $output == *"goes on"* ]]
    [ "${lines[-1]}" = "0 passed, 1 failed" ]
}

@test "report: each fuzz target counts, and one that finds something fails the stage" {
    local fuzzers=$BATS_TEST_TMPDIR/tree/build/asan/tests/fuzz
    mkdir -p "$fuzzers"
    printf '#!/bin/bash\nexit 0\n' >"$fuzzers/good_fuzz"
    printf '#!/bin/bash\nexit 77\n' >"$fuzzers/bad_fuzz"
    chmod +x "$fuzzers"/*
    report "root=$BATS_TEST_TMPDIR/tree"'; configure_and_build() { true; }; stage fuzz stage_fuzz || true; tell_summary'
    [ "$status" -eq 1 ]
    [ "${lines[-1]}" = "1 passed, 1 failed" ]
}
