# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Completion of holdfast for bash. Holds no list of verbs or options: it asks the program that is being typed, so it offers
# what that program has. Installed where bash-completion finds it; needs nothing of bash-completion itself.

# Fills COMPREPLY with those of the words that begin with what was typed.
_holdfast_offer() { # WORDS TYPED
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

_holdfast_offer_files() { # ACTION TYPED
    mapfile -t COMPREPLY < <(compgen -A "$1" -- "$2")
    # Quoting and slashes; outside a completion, as in a test, there is nothing to set.
    compopt -o filenames 2>/dev/null || true
}

# The kind of value an option takes, and its words: a line of `help --bash-words` without the name.
_holdfast_kind() { # LINES OPTION
    local name kind
    while read -r name kind; do
        [ "$name" != "$2" ] || printf '%s\n' "$kind"
    done <<<"$1"
}

_holdfast_offer_value() { # KIND-AND-WORDS TYPED
    case $1 in
        file) _holdfast_offer_files file "$2" ;;
        directory) _holdfast_offer_files directory "$2" ;;
        choice\ *) _holdfast_offer "${1#choice }" "$2" ;;
        *) COMPREPLY=() ;;
    esac
}

# Where the command of `holdfast exec` begins, or nothing while its options are still being typed.
_holdfast_command_at() { # LINES
    local at=2 word
    while [ "$at" -lt "$COMP_CWORD" ]; do
        word=${COMP_WORDS[at]}
        case $word in
            --) printf '%s\n' $((at + 1)) && return ;;
            --*)
                # bash makes three words of "--name=value".
                if [ "${COMP_WORDS[at + 1]-}" = "=" ]; then
                    at=$((at + 2))
                elif [ "$(_holdfast_kind "$1" "$word")" != switch ]; then
                    at=$((at + 1))
                fi
                ;;
            *) printf '%s\n' "$at" && return ;;
        esac
        at=$((at + 1))
    done
    [ "$at" -ne "$COMP_CWORD" ] || [[ ${COMP_WORDS[at]} == -* ]] || printf '%s\n' "$at"
}

_holdfast() {
    local program=${COMP_WORDS[0]} verb=${COMP_WORDS[1]-} typed=${COMP_WORDS[COMP_CWORD]}
    local before=${COMP_WORDS[COMP_CWORD - 1]} lines at
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        _holdfast_offer "$("$program" help --bash-words 2>/dev/null)" "$typed"
        return
    fi
    lines=$("$program" help --bash-words "$verb" 2>/dev/null)
    if [ "$verb" = exec ]; then
        at=$(_holdfast_command_at "$lines")
        if [ -n "$at" ] && [ "$at" -eq "$COMP_CWORD" ]; then
            _holdfast_offer_files command "$typed"
            return
        elif [ -n "$at" ]; then
            _holdfast_offer_files file "$typed"
            return
        fi
    fi
    if [ "$typed" = "=" ]; then
        _holdfast_offer_value "$(_holdfast_kind "$lines" "$before")" ""
    elif [ "$before" = "=" ]; then
        _holdfast_offer_value "$(_holdfast_kind "$lines" "${COMP_WORDS[COMP_CWORD - 2]}")" "$typed"
    elif [[ $before == --* ]] && [ -n "$(_holdfast_kind "$lines" "$before")" ] &&
        [ "$(_holdfast_kind "$lines" "$before")" != switch ]; then
        _holdfast_offer_value "$(_holdfast_kind "$lines" "$before")" "$typed"
    elif [[ $typed == -* ]]; then
        _holdfast_offer "$(cut -d' ' -f1 <<<"$lines")" "$typed"
    elif [ "$verb" = help ]; then
        _holdfast_offer "$("$program" help --bash-words 2>/dev/null | grep -v '^--') exit-codes" "$typed"
    elif [ "$verb" = topo ]; then
        _holdfast_offer_files file "$typed"
    fi
}

complete -F _holdfast holdfast
