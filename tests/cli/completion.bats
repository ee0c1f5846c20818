#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Completion for bash: the script is loaded and asked as bash would ask it.

load words

# offered WORD...: what is offered for the last word, one per line, sorted
offered() {
    # shellcheck disable=SC1091 # found at run time
    . "$HOLDFAST_SOURCE_DIR/scripts/completion/holdfast.bash"
    COMP_WORDS=("$holdfast" "$@")
    COMP_CWORD=$#
    COMPREPLY=()
    _holdfast
    printf '%s\n' "${COMPREPLY[@]}" | sort
}

@test "completion: it is registered for holdfast" {
    # shellcheck disable=SC1091
    . "$HOLDFAST_SOURCE_DIR/scripts/completion/holdfast.bash"
    [ "$(complete -p holdfast)" = "complete -F _holdfast holdfast" ]
}

@test "completion: verbs and the program's options" {
    [ "$(offered to)" = topo ]
    [ "$(offered --v)" = --version ]
    [[ $(offered "") == *topo* ]]
}

@test "completion: every option of every verb that its help shows" {
    for verb in $("$holdfast" help --bash-words | grep -v '^--'); do
        shown=$("$holdfast" "$verb" --help | grep -oE '^  --[a-z-]+' | tr -d ' ' | sort)
        # rare options are offered and not shown
        [ -z "$(comm -13 <(offered "$verb" --) <(printf '%s\n' "$shown"))" ]
    done
}

@test "completion: the words of a choice, after a blank and after an equals sign" {
    [ "$(offered plan --mode "")" = $'full\nlocal' ]
    [ "$(offered plan --mode = "lo")" = local ]
    [ "$(offered plan --mode =)" = $'full\nlocal' ]
}

@test "completion: files for an option that takes one, and blanks in their names" {
    cd "$BATS_TEST_TMPDIR"
    touch "my node.xml"
    mkdir folder
    [ "$(offered topo --topology my)" = "my node.xml" ]
    [ "$(offered topo --diff my)" = "my node.xml" ]
}

@test "completion: nothing for a number, nothing for an unknown verb" {
    [ -z "$(offered plan --ranks "")" ]
    [ -z "$(offered nonsense "")" ]
}

@test "completion: the command of exec is a command, then files" {
    cd "$BATS_TEST_TMPDIR"
    touch train.py
    [[ $(offered exec pri) == *printf* ]]
    [[ $(offered exec --mode full --strict -- pri) == *printf* ]]
    [[ $(offered exec --mode = full pri) == *printf* ]]
    [ "$(offered exec python --mode tr)" = train.py ]
    [ "$(offered exec --mode tr)" = "" ]
}

@test "completion: topics of help" {
    [ "$(offered help ex)" = $'exec\nexit-codes' ]
}
