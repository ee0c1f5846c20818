#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # dollars and backquotes are for another shell, or for Markdown
#
# The set-up's parts: what they say and what they leave. Nothing is installed here: apt-get and dpkg-query are pretended,
# first on PATH.

setup() {
    : "${HOLDFAST_SOURCE_DIR:=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}"
    bin=$BATS_TEST_TMPDIR/bin
    mkdir -p "$bin"
    export PATH="$bin:$PATH" BATS_TEST_TMPDIR TMPDIR=$BATS_TEST_TMPDIR
    scripts=$HOLDFAST_SOURCE_DIR/scripts
}

pretend() { # PROGRAM, its text on standard input
    { echo '#!/bin/bash' && cat; } >"$bin/$1"
    chmod +x "$bin/$1"
}

installed() { pretend dpkg-query <<<"case \"\$*\" in *$1*) exit 1 ;; *) echo 'ii ' ;; esac"; }

# What a script of the set-up begins with.
words_of() {
    cat <<END
        set -euo pipefail
        program=tried root=$HOLDFAST_SOURCE_DIR
        . '$scripts/lib/setup/words.bash'
        . '$scripts/lib/setup/machine.bash'
        . '$scripts/lib/setup/packages.bash'
        clean_up_on_leave
END
}

# words COMMAND: runs it in a shell that has sourced the words of the set-up scripts.
words() { run bash -c "$(words_of); $1" 3>&-; }

@test "setup: with everything installed nothing is asked of apt" {
    installed nothing-of-this-name
    pretend apt-get <<<'echo asked >>"$BATS_TEST_TMPDIR/asked"'
    run "$scripts/setup"
    [ "$status" -eq 0 ]
    [[ $output == "packages: all "*" are installed" ]]
    [ ! -e "$BATS_TEST_TMPDIR/asked" ]
}

@test "setup: a package's script that prints something does not fail" {
    pretend apt-get <<'END'
for word; do [[ $word != APT::Status-Fd=* ]] || told_on=${word#*=}; done
echo "pmstatus:some:50:Installing" >&"$told_on"
eval "exec $told_on>&-" # as apt does before it starts dpkg
echo "a package's script prints"
END
    words 'run_step "installing" apt_install some'
    [ "$status" -eq 0 ] || { echo "$output" && false; }
}

@test "setup: --list names what is missing and installs nothing" {
    installed scdoc
    run "$scripts/setup" --list build
    [ "$status" -eq 0 ]
    [ "$output" = scdoc ]
}

@test "setup: an unknown group is refused with the groups there are" {
    run "$scripts/setup" tools
    [ "$status" -eq 2 ]
    [[ $output == *"unknown group or option 'tools'"*"build, cluster, example, test, check"* ]]
}

@test "setup: every package of the list has a group and a reason" {
    run awk '!/^#/ && NF && !($1 ~ /^(build|cluster|example|test|check)$/ && $3 == "#" && NF > 3)' "$scripts/packages.txt"
    [ -z "$output" ]
}

@test "a step: shows the last lines of what failed and returns its status" {
    words 'run_step "the step" bash -c "echo first; echo the reason; exit 7" || echo "status $?"'
    [[ $output == *"the step: failed"*"the reason"*"status 7"* ]]
}

@test "a step: tells its progress while it runs" {
    pretend slow <<<'echo "[3/9] Building"; exec sleep 3'
    HOLDFAST_TELL_EVERY=1 words 'run_step "the build" slow'
    [ "$status" -eq 0 ]
    [[ $output =~ "the build: "[0-9]+" s, 3 of 9" ]]
}

@test "a step: ends with all it started when the script is ended" {
    pretend slow <<<'sleep 600 & echo $! $$ >"$BATS_TEST_TMPDIR/pids"; wait'
    mkfifo "$BATS_TEST_TMPDIR/pids"
    bash -c "$(words_of); run_step 'the build' slow" >/dev/null 3>&- &
    local script=$! pids pid
    read -r -t 20 pids <>"$BATS_TEST_TMPDIR/pids"
    kill -TERM "$script"
    wait "$script" || [ $? -eq 143 ]
    for pid in $pids; do
        [ ! -d "/proc/$pid" ] || grep -q "^State:.*zombie" "/proc/$pid/status"
    done
}

@test "leaving: undoes in the reverse order and keeps the status" {
    words 'on_leave echo first; on_leave echo second; exit 5'
    [ "$status" -eq 5 ]
    [ "${lines[0]}" = second ]
    [ "${lines[1]}" = first ]
}

@test "leaving: the directory of the logs is removed" {
    words 'echo "$logs"; [ -d "$logs" ]'
    [ "$status" -eq 0 ]
    [ ! -e "$output" ]
}

@test "test: an unknown stage is refused with the stages there are" {
    run "$scripts/test" everything
    [ "$status" -eq 2 ]
    [[ $output == *"unknown stage 'everything'"*"format layers docs"* ]]
}

@test "every script says how it is used" {
    local script
    for script in setup test format lint check-layers check-docs quickstart; do
        run "$scripts/$script" --help
        [ "$status" -eq 0 ]
        [[ ${lines[0]} == "usage: $script"* ]] || { echo "$script: ${lines[0]}" && false; }
        [ "${#lines[@]}" -le 24 ]
    done
}
