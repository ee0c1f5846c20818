# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # bats and the test files use and set these
#
# Words of the command-line tests. `told` runs holdfast with standard output and standard error apart.

: "${HOLDFAST_SOURCE_DIR:=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}"
: "${HOLDFAST_BUILD_DIR:?name the build directory}"
holdfast=$HOLDFAST_BUILD_DIR/launcher/cli/holdfast
machines=$HOLDFAST_BUILD_DIR/tests/machines

# told WORD...: status, output (standard output) and talk (standard error) of `holdfast WORD...`
told() {
    status=0
    "$holdfast" "$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/talk" || status=$?
    output=$(<"$BATS_TEST_TMPDIR/out")
    talk=$(<"$BATS_TEST_TMPDIR/talk")
}

# ends STATUS [TALK]: the last run ended so and said exactly this on standard error
ends() {
    [ "$status" -eq "$1" ] && [ "$talk" = "${2-}" ] && return 0
    printf 'status %s, not %s\nsaid:   %s\nwanted: %s\nprinted: %s\n' "$status" "$1" "$talk" "${2-}" "${output:0:2000}"
    return 1
}

needs() { # PROGRAM PACKAGE
    command -v "$1" >/dev/null || skip "$1 is not installed (package $2)"
}
