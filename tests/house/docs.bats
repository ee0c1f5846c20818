#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # dollars and backquotes are for another shell, or for Markdown
#
# The documents: the check refuses what is wrong on trees of its own; this tree's own examples are run.

setup() {
    : "${HOLDFAST_SOURCE_DIR:=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}"
    tree=$BATS_TEST_TMPDIR/tree
    mkdir -p "$tree/scripts"
    git init -q "$tree"
    touch "$tree/scripts/tool"
    printf '# One\n\nSee [two](TWO.md#a-heading) and `scripts/tool`.\n' >"$tree/ONE.md"
    printf '# Two\n\n## A heading\n' >"$tree/TWO.md"
}

check() { run "$HOLDFAST_SOURCE_DIR/scripts/check-docs" --root "$tree" "$@"; }

refuses() { # WHERE WHAT
    check
    [ "$status" -eq 1 ]
    [[ $output == *"$1"*"$2"* ]]
}

# example COMMAND OUTPUT: one marked example at the end of ONE.md
example() {
    printf '\n<!-- run -->\n```sh\n%s\n```\n\n<!-- prints -->\n```\n%s\n```\n' "$1" "$2" >>"$tree/ONE.md"
}

@test "docs: sound documents pass" {
    check
    [ "$status" -eq 0 ] || { echo "$output" && false; }
}

@test "docs: a link to a missing file is refused" {
    rm "$tree/TWO.md"
    refuses ONE.md:3 "links to TWO.md#a-heading, which is not there"
}

@test "docs: a link to a missing heading is refused" {
    sed -i 's/A heading/Another heading/' "$tree/TWO.md"
    refuses ONE.md:3 "has no such heading"
}

@test "docs: a path of the tree that is not there is refused" {
    rm "$tree/scripts/tool"
    refuses ONE.md:3 "names scripts/tool"
}

@test "docs: a second word for one thing is refused" {
    echo "The NUMA domain." >>"$tree/TWO.md"
    refuses TWO.md:4 'this tree says "NUMA node"'
}

@test "docs: an example that prints what it says passes" {
    example "echo one; echo two" $'one\ntwo'
    check --run "$tree"
    [ "$status" -eq 0 ] || { echo "$output" && false; }
}

@test "docs: an example that prints something else is refused, and so is one that fails" {
    example "echo one" two
    check --run "$tree"
    [ "$status" -eq 1 ]
    [[ $output == *"ONE.md:5: the example prints something else"* ]]
    example "false" ""
    check --run "$tree"
    [[ $output == *"ONE.md:1"?": the example fails"* ]]
}

@test "docs: an example that is not marked is not run" {
    printf '\n```sh\nfalse\n```\n' >>"$tree/ONE.md"
    check --run "$tree"
    [ "$status" -eq 0 ]
}

@test "docs: this tree's documents are sound and its marked examples print what they show" {
    run "$HOLDFAST_SOURCE_DIR/scripts/check-docs" --run "$HOLDFAST_BUILD_DIR"
    [ "$status" -eq 0 ] || { echo "$output" && false; }
}
