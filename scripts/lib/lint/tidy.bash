# shellcheck shell=bash disable=SC2154 # root belongs to scripts/lint
# SPDX-License-Identifier: Apache-2.0
#
# tidy: how clang-tidy is asked. What is remembered of a unit holds as long as this file is the same.

tidy() { # FLAGS FILE
    local words
    mapfile -t words < <(xargs printf '%s\n' <<<"$1")
    clang-tidy --quiet --config-file="$root/.clang-tidy" --checks=-bugprone-suspicious-include \
        --header-filter="^$root/([a-z]+/holdfast/|[a-z0-9_/]+[.]cpp)" "$2" -- \
        "${words[@]}" -Wno-unknown-warning-option 2>/dev/null
}
