# shellcheck shell=bash disable=SC2154 # root, logs and step_log belong to the scripts that source this
# SPDX-License-Identifier: Apache-2.0
#
# stages: the stages of scripts/test, each a function that returns its verdict, in the order in which they refuse:
# what is cheap to find out comes first. Sourced after words.bash and report.bash.

fuzz_seconds=${HOLDFAST_FUZZ_SECONDS:-10}
live_labels='slurm'
package_labels='package'

stage_format() { told "$root/scripts/format" --check; }
stage_layers() { told "$root/scripts/check-layers"; }
stage_docs() { told "$root/scripts/check-docs"; }

# Runs as a step, in a shell of its own, so the change of directory is its own.
configure_and_build() { # PRESET TARGET...
    local preset=$1
    shift
    cd "$root" && cmake --preset "$preset" && cmake --build "build/$preset" ${1:+--target "$@"}
}

stage_build() { run_step "building build/dev" configure_and_build dev; }

# Everything that needs no Slurm and no package.
stage_tests() { count_ctest dev -LE "^($live_labels|$package_labels)\$" -j "$(nproc)"; }

# Only what runs our own code in its own process: a sanitized plugin in a real slurmstepd tells nothing new.
stage_asan() {
    run_step "building build/asan" configure_and_build asan &&
        count_ctest asan -L '^(unit|machines|oracle|spank)$' -j "$(nproc)"
}

# A machine that has never looked needs half an hour for all units; it begins with the newest, and remembers what was clean.
stage_lint() { run_step "clang-tidy" "$root/scripts/lint" "${lint_words[@]}"; }

# The fuzz targets are part of build/asan: one build for all that runs under sanitizers.
stage_fuzz() {
    local name verdict broken=0 ran=0
    run_step "building build/asan" configure_and_build asan || return 1
    : >"$logs/fuzzed"
    run_step "fuzz targets, $fuzz_seconds s each" fuzz_all || true
    while read -r name verdict; do
        ran=$((ran + 1))
        [ "$verdict" = ok ] || broken=$((broken + 1))
        [ "$verdict" = ok ] || say "  $name found something: $root/build/asan/tests/fuzz/$name.findings"
    done <"$logs/fuzzed"
    count "$((ran - broken))" "$broken"
    [ "$ran" -gt 0 ] || warn "no fuzz target was built; see tests/fuzz/CMakeLists.txt"
    [ "$ran" -gt 0 ] && [ "$broken" -eq 0 ]
}

# As many at a time as there are cores; each target leaves "NAME VERDICT" in a file, its own words only when it found something.
fuzz_all() {
    local fuzzer
    while IFS= read -r -d '' fuzzer; do
        while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
        fuzz_one "$fuzzer" &
    done < <(find "$root/build/asan/tests/fuzz" -maxdepth 1 -type f -name '*_fuzz' -perm -u+x -print0 | sort -z)
    wait
    if grep -qv ' ok$' "$logs/fuzzed"; then return 1; fi
}

fuzz_one() { # FUZZER
    local name=${1##*/} verdict=ok
    fuzz_once "$1" >"$logs/$name.words" 2>&1 || verdict=broken
    if [ "$verdict" = broken ]; then tail -n 40 "$logs/$name.words"; fi
    printf '%s %s\n' "$name" "$verdict" >>"$logs/fuzzed"
}

# A finding is written below the build directory, and its bytes are the next test case. What lies in tests/fuzz under the
# target's name, words (NAME.dict) or inputs (seeds/NAME), is taken; topologies begin with the recorded machines.
fuzz_once() { # FUZZER
    local name=${1##*/} words=()
    local dictionary=$root/tests/fuzz/${name%_fuzz}.dict seeds=$root/tests/fuzz/seeds/$name found=$1.findings corpus=$1.corpus
    mkdir -p "$found" "$corpus"
    if [ -e "$dictionary" ]; then words+=("-dict=$dictionary"); fi
    if [ "$name" = topology_fuzz ]; then seeds=$root/build/asan/tests/machines; fi
    if [ -d "$seeds" ]; then words+=("$seeds"); fi
    "$1" -max_total_time="$fuzz_seconds" -timeout=10 -rss_limit_mb=2048 -max_len=200000 -artifact_prefix="$found/" \
        "$corpus" "${words[@]}"
}

# The cluster's user is nobody special: he must reach the program. Below /tmp the nodes have a way of their own to it.
user_reaches_tree() {
    [[ $root == /tmp/* ]] || setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$root/build/dev/launcher/cli/holdfast"
}

stage_live() {
    if ! user_reaches_tree; then
        warn "an ordinary user cannot reach $root, so no job can run what is built there: clone to /srv or /home, or open its parents"
        return 1
    fi
    count_ctest dev -L "^($live_labels)\$" -j "$(nproc)"
}
# The planner's bars hold on any machine; what the plugin adds to a launch is only told, for a busy machine misses any bar.
stage_bench() {
    told "$root/build/dev/tests/bench/holdfast-bench" plan --parts 10 &&
        told "$root/tests/bench/launch-cost" --build "$root/build/dev" --pairs 12
}

stage_packages() {
    run_step "making the packages" cmake --build "$root/build/dev" --target packages &&
        count_ctest dev -L "^($package_labels)\$"
}
