#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# scripts/format --check on small trees of its own: each rule refuses what breaks it and lets the clean tree pass.

setup() {
    : "${HOLDFAST_SOURCE_DIR:=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}"
    command -v clang-format >/dev/null || skip "clang-format is not installed (scripts/setup check)"
    command -v shellcheck >/dev/null || skip "shellcheck is not installed (scripts/setup check)"
    tree=$BATS_TEST_TMPDIR/tree
    mkdir -p "$tree/common"
    git init -q "$tree"
    cp "$HOLDFAST_SOURCE_DIR/.clang-format" "$tree/"
    printf '// SPDX-License-Identifier: Apache-2.0\nint one() { return 1; }\n' >"$tree/common/one.cpp"
}

check() { run "$HOLDFAST_SOURCE_DIR/scripts/format" --check --root "$tree"; }

refuses() { # WHERE WHAT
    check
    [ "$status" -eq 1 ]
    [[ $output == *"$1"*"$2"* ]]
}

lines_of() { # COUNT LINE
    awk -v count="$1" -v line="$2" 'BEGIN { for (i = 0; i < count; i++) print line }'
}

@test "format: a clean tree passes" {
    check
    [ "$status" -eq 0 ] || { echo "$output" && false; }
}

@test "format: a badly formatted source is named, and without --check it is repaired" {
    printf 'int two( ){return 2;}\n' >>"$tree/common/one.cpp"
    refuses common/one.cpp "not formatted"
    "$HOLDFAST_SOURCE_DIR/scripts/format" --root "$tree"
    check
    [ "$status" -eq 0 ]
}

@test "format: a source without SPDX line is refused" {
    sed -i 1d "$tree/common/one.cpp"
    refuses common/one.cpp:1 "no SPDX line"
}

@test "format: a blank at the end of a line is refused" {
    mkdir "$tree/scripts"
    printf '# SPDX-License-Identifier: Apache-2.0\necho 1 \n' >"$tree/scripts/a.bash"
    refuses scripts/a.bash:2 "blank at the end"
}

@test "format: what the shell checker finds is told" {
    mkdir "$tree/scripts"
    # shellcheck disable=SC2016 # the dollar is for the script, not for here
    printf '#!/bin/bash\n# SPDX-License-Identifier: Apache-2.0\nrm $1\n' >"$tree/scripts/tool"
    refuses scripts/tool:3 SC2086
}

@test "format: a file of 401 lines is refused, one of 400 is not" {
    lines_of 398 "int x();" >>"$tree/common/one.cpp"
    check
    [ "$status" -eq 0 ]
    echo "int x();" >>"$tree/common/one.cpp"
    refuses common/one.cpp:401 "401 lines, at most 400"
}

@test "format: a function of 61 lines is refused, one of 60 is not" {
    { echo "int f() {" && lines_of 57 "  one();" && printf '  return 1;\n}\n'; } >>"$tree/common/one.cpp"
    check
    [ "$status" -eq 0 ] || { echo "$output" && false; }
    sed -i '0,/  one();/s//  one();\n  one();/' "$tree/common/one.cpp"
    refuses common/one.cpp:3 "function of 61 lines"
}

@test "format: a file that git ignores is not looked at" {
    echo "/build/" >"$tree/.gitignore"
    mkdir "$tree/build"
    printf 'int  x;' >"$tree/build/x.cpp"
    check
    [ "$status" -eq 0 ]
}
