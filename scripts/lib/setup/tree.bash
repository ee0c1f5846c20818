# shellcheck shell=bash disable=SC2154 # `root` is set by the script that sources this
# SPDX-License-Identifier: Apache-2.0
#
# tree: which files of this tree a check looks at: those git tracks and those it would (new, not ignored).
# Sourced after words.bash; works on `root`.

tree_files() { # GLOB...: NUL-separated, relative to the root; files deleted but still tracked are left out
    local file
    git -c safe.directory='*' -C "$root" ls-files -z --cached --others --exclude-standard -- "$@" |
        while IFS= read -r -d '' file; do
            if [ -f "$root/$file" ]; then printf '%s\0' "$file"; fi
        done
}

need_git_tree() {
    git -c safe.directory='*' -C "$root" rev-parse --git-dir >/dev/null 2>&1 ||
        fail "looks at the files git knows, and $root is no git work tree: clone the repository"
}

# Programs named by a check that are not there end it with the way to get them.
need_programs() { # PROGRAM...
    local name missing=()
    for name in "$@"; do
        command -v "$name" >/dev/null || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] || fail "needs ${missing[*]}: run scripts/setup check"
}

cpp_files() { tree_files '*.cpp' '*.hpp' '*.c' '*.h'; }

# Shell files by their name or, without one, by their first line.
shell_files() {
    local file first
    tree_files '*.bash' '*.bats' '*.sh'
    tree_files 'scripts/*' '.ci/*' 'tests/*' | while IFS= read -r -d '' file; do
        case ${file##*/} in *.*) continue ;; esac
        IFS= read -r first <"$root/$file" 2>/dev/null || true
        case $first in '#!'*bash* | '#!/bin/sh'*) printf '%s\0' "$file" ;; esac
    done
}
