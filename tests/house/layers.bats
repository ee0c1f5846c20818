#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # dollars and backquotes are for another shell, or for Markdown
#
# The layer check on small trees of its own, made in a temporary directory, with this tree's table.

setup() {
    : "${HOLDFAST_SOURCE_DIR:=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}"
    tree=$BATS_TEST_TMPDIR/tree
    mkdir -p "$tree/common/holdfast/common" "$tree/affinity/src" "$tree/spank"
    git init -q "$tree"
    cp "$HOLDFAST_SOURCE_DIR/ARCHITECTURE.md" "$tree/"
    printf '#include <string>\n' >"$tree/common/holdfast/common/text.hpp"
    printf '#include "holdfast/common/text.hpp"\n#include <vector>\n' >"$tree/affinity/src/plan.cpp"
}

check() { run "$HOLDFAST_SOURCE_DIR/scripts/check-layers" --root "$tree"; }

refuses() { # WHERE WHAT
    check
    [ "$status" -eq 1 ]
    [[ $output == *"$1"* ]]
    [[ $output == *"$2"* ]]
}

@test "layers: a tree that keeps to the table passes" {
    check
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "layers: this tree keeps to its table" {
    run "$HOLDFAST_SOURCE_DIR/scripts/check-layers"
    [ "$status" -eq 0 ] || { echo "$output" && false; }
}

@test "layers: the planner may not include hwloc" {
    printf '#include <hwloc.h>\n' >>"$tree/affinity/src/plan.cpp"
    refuses affinity/src/plan.cpp:3 "room affinity includes <hwloc.h>"
}

@test "layers: the planner may not touch files" {
    printf '#include <fstream>\n' >>"$tree/affinity/src/plan.cpp"
    refuses affinity/src/plan.cpp:3 "room affinity includes <fstream>"
}

@test "layers: the planner may not call the system" {
    printf '#include <unistd.h>\n' >>"$tree/affinity/src/plan.cpp"
    refuses affinity/src/plan.cpp:3 "room affinity includes <unistd.h>"
}

@test "layers: common includes nothing of ours above it" {
    mkdir -p "$tree/affinity/holdfast/affinity"
    printf '#include <vector>\n' >"$tree/affinity/holdfast/affinity/plan.hpp"
    printf '#include "holdfast/affinity/plan.hpp"\n' >>"$tree/common/holdfast/common/text.hpp"
    refuses common/holdfast/common/text.hpp:2 "of room affinity"
}

@test "layers: the plugin includes no JSON and no program options" {
    printf '#include <slurm/spank.h>\n#include <unistd.h>\n#include <boost/json.hpp>\n' >"$tree/spank/hooks.cpp"
    refuses spank/hooks.cpp:3 "<boost/json.hpp>"
    [ "${#lines[@]}" -eq 2 ]
}

@test "layers: the plugin may not include the planner, with blanks before and in the directive neither" {
    mkdir -p "$tree/affinity/holdfast/affinity"
    printf '#include <vector>\n' >"$tree/affinity/holdfast/affinity/plan.hpp"
    printf '  #  include "holdfast/affinity/plan.hpp"\n' >"$tree/spank/hooks.cpp"
    refuses spank/hooks.cpp:1 "of room affinity"
}

@test "layers: an include of a file that is not there is refused" {
    printf '#include "nowhere.hpp"\n' >>"$tree/affinity/src/plan.cpp"
    refuses affinity/src/plan.cpp:3 "is no file of this tree"
}

@test "layers: a link line is held to the table too" {
    cat >"$tree/affinity/CMakeLists.txt" <<'END'
holdfast_library(affinity
  SOURCES src/plan.cpp
  USES holdfast::common holdfast::affinity_read
  HIDDEN holdfast_hwloc)
END
    refuses affinity/CMakeLists.txt:3 "links holdfast::affinity_read"
    [[ $output == *"affinity/CMakeLists.txt:4: room affinity links holdfast_hwloc"* ]]
}

@test "layers: target_link_libraries of the plugin is held to the table" {
    printf 'target_link_libraries(spank_holdfast PRIVATE holdfast_flags -Wl,-z,now\n  Boost::json)\n' >"$tree/spank/CMakeLists.txt"
    refuses spank/CMakeLists.txt:2 "room spank links Boost::json"
}

@test "layers: a source in no room is refused" {
    mkdir -p "$tree/extra"
    printf 'int x;\n' >"$tree/extra/x.cpp"
    refuses extra/x.cpp:1 "lies in no room"
}

@test "layers: a table with a broken row is refused, not read as empty" {
    sed -i 's/^| `health` .*/| `health` | `health\/` |/' "$tree/ARCHITECTURE.md"
    refuses ARCHITECTURE.md: "has 2 cells"
}

@test "layers: a missing table is refused" {
    sed -i '/^<!-- layers -->/d' "$tree/ARCHITECTURE.md"
    refuses ARCHITECTURE.md "no layer table"
}
