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
        cat "$root/.clang-tidy" "$root/$2" "$root/scripts/lib/lint/tidy.bash"
        awk -F'\t' -v object="$3" '$1 == object { print $2 }' "$logs/parts" | sort | while IFS= read -r part; do
            printf '%s\n' "${part#"$root"/}"
            cat "$part"
        done
    } | sha256sum | cut -d' ' -f1
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

# Which of the units cannot live in one translation unit with those before them: two hidden functions of one name. Nothing: all
# can. The first always stays; a failure that names none of the others puts the second half aside.
strangers_in() { # FLAGS JOINED UNITS
    local words errors
    mapfile -t words < <(xargs printf '%s\n' <<<"$1")
    errors=$(clang++ -fsyntax-only -ferror-limit=0 -w "${words[@]}" "$2" 2>&1) && return 0
    grep -E ': (fatal )?error: ' <<<"$errors" | cut -d: -f1 | sort -u | while IFS= read -r file; do printf '%s\n' "${file#"$root"/}"; done |
        grep -Fxf <(tail -n +2 "$3" | cut -f1) || tail -n +"$((($(wc -l <"$3") + 1) / 2 + 1))" "$3" | cut -f1
}

# Looks at the units of a file, "source<TAB>key", as one; the file with .cpp behind its name includes them. Those in which it finds something are asked alone, so that what is told
# is not of the joining; the others are clean, unless something was found in a header.
lint_joined() { # FLAGS UNITS
    local source key findings suspects status=0
    if findings=$(tidy "$1" "$2.cpp"); then
        suspects=""
    else
        suspects=$(grep -oE '^[^ :]+[.]cpp:[0-9]+:' <<<"$findings" | cut -d: -f1 | sort -u)
        if [ -z "$suspects" ] || grep -qE '^[^ :]+[.]hpp:[0-9]+:[0-9]+: (error|warning):' <<<"$findings"; then
            suspects=$(cut -f1 "$2")
        fi
        suspects=${suspects//"$root/"/}
    fi
    while IFS=$'\t' read -r source key; do
        if [[ $'\n'$suspects$'\n' == *$'\n'$source$'\n'* ]]; then
            lint_alone "$1" "$source" "$key" || status=1
        else
            : >"$remembered/$key"
        fi
    done <"$2"
    return "$status"
}

# lint_batch FILE: the flags on its first line, then "source<TAB>key".
lint_batch() {
    local flags status=0 round=0 left=$1.left now aside
    flags=$(head -n 1 "$1")
    tail -n +2 "$1" >"$left"
    while [ -s "$left" ]; do
        round=$((round + 1))
        now=$1.$round
        mv "$left" "$now"
        : >"$left"
        while [ "$(wc -l <"$now")" -gt 1 ]; do
            while IFS=$'\t' read -r source _; do printf '#include "%s"\n' "$root/$source"; done <"$now" >"$now.cpp"
            aside=$(strangers_in "$flags" "$now.cpp" "$now")
            [ -n "$aside" ] || break
            awk -F'\t' 'NR == FNR { aside[$1] = 1; next } ($1 in aside)' <(printf '%s\n' "$aside") "$now" >>"$left"
            awk -F'\t' 'NR == FNR { aside[$1] = 1; next } !($1 in aside)' <(printf '%s\n' "$aside") "$now" >"$now.kept"
            mv "$now.kept" "$now"
        done
        if [ "$(wc -l <"$now")" -eq 1 ]; then
            lint_alone "$flags" "$(cut -f1 "$now")" "$(cut -f2 "$now")" || status=1
        else
            lint_joined "$flags" "$now" || status=1
        fi
        printf '[looked at: %s]\n' "$(cut -f1 "$now" | tr '\n' ' ')"
    done
    return "$status"
}
