# shellcheck shell=bash disable=SC2154 # root, build, logs and remembered belong to scripts/lint
# SPDX-License-Identifier: Apache-2.0
#
# units: what clang-tidy looks at, with which flags, and how it is asked. Sourced by scripts/lint and by each of the
# processes it starts, one per batch.

# "flags<TAB>source<TAB>object" of every shipped unit, equal flags together. Taken off the command: the compiler, what
# names the one file, and optimisation and hardening, which change nothing clang-tidy sees but its warnings.
units() {
    jq -r --arg root "$root/" '.[] | select(.file | startswith($root)) | .file |= ltrimstr($root)
        | select(.file | test("^(tests|build)/") | not)
        | (.command | split(" -o ")) as [$call, $rest]
        | ($call | sub("^(\\S*ccache )?\\S+ "; "") | split(" ")
            | map(select(test("^-(O[0-9s]|g|D_FORTIFY_SOURCE=.*|Werror)$") | not)) | join(" ")) as $flags
        | "\($flags)\t\(.file)\t\($rest | split(" ")[0])"' "$build/compile_commands.json" | sort
}

# "object<TAB>part" for each file of this tree that a unit was made of, as the build noted them.
read_parts() {
    ninja -C "$build" -t deps 2>/dev/null | awk -v root="$root/" -v build="$build/" '
        /^[^ ].*: #deps/ { object = $1; sub(/:$/, "", object); next }
        NF { file = $1; if (file !~ /^\//) file = build file; if (index(file, root) == 1) print object "\t" file }'
}

# All that decides what clang-tidy says of a unit, as one number.
key_of() { # FLAGS SOURCE OBJECT
    {
        clang-tidy --version
        printf '%s\n' "${1//"$root/"/}" "$2"
        cat "$root/.clang-tidy" "$root/$2" "$root/scripts/lib/lint/units.bash"
        awk -F'\t' -v object="$3" '$1 == object { print $2 }' "$logs/parts" | sort | while IFS= read -r part; do
            printf '%s\n' "${part#"$root"/}"
            cat "$part"
        done
    } | sha256sum | cut -d' ' -f1
}

tidy() { # FLAGS FILE
    local words
    mapfile -t words < <(xargs printf '%s\n' <<<"$1")
    clang-tidy --quiet --config-file="$root/.clang-tidy" --checks=-bugprone-suspicious-include \
        --header-filter="^$root/([a-z]+/holdfast/|[a-z0-9_/]+[.]cpp)" "$2" -- \
        "${words[@]}" -Wno-unknown-warning-option 2>/dev/null
}

lint_alone() { # FLAGS SOURCE KEY
    local findings
    if findings=$(tidy "$1" "$root/$2"); then
        : >"$remembered/$3"
        return 0
    fi
    findings=${findings//"$root/"/}
    printf '%s\n' "${findings:-$2: clang-tidy failed and says nothing; run scripts/lint $2 with another build}"
    return 1
}

# lint_batch FILE: the flags on its first line, then "source<TAB>key". A clean batch means clean units; else each is asked
# alone, so that what is printed is about one unit, and clean ones are remembered.
lint_batch() {
    local flags source key status=0 joined=$1.cpp
    flags=$(head -n 1 "$1")
    if [ "$(wc -l <"$1")" -gt 2 ]; then
        tail -n +2 "$1" | while IFS=$'\t' read -r source key; do printf '#include "%s"\n' "$root/$source"; done >"$joined"
        if tidy "$flags" "$joined" >/dev/null; then
            tail -n +2 "$1" | while IFS=$'\t' read -r source key; do : >"$remembered/$key"; done
            printf '[clean: %s]\n' "$(tail -n +2 "$1" | cut -f1 | tr '\n' ' ')"
            return 0
        fi
    fi
    while IFS=$'\t' read -r source key; do
        lint_alone "$flags" "$source" "$key" || status=1
    done < <(tail -n +2 "$1")
    return "$status"
}
