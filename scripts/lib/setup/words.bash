# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# words: how the set-up scripts speak, fail, and wait for long commands. Sourced by scripts/{setup,quickstart,test,…};
# they set `program` before. A long command runs in a process group of its own, so that whoever ends the script
# (Ctrl-C, kill, a failure) ends all that the command started: `stop_running_step` is called by `on_leave`.

running_step=""                                # process group of the long command now running
logs=""                                        # where the output of long commands is kept
leave_actions=()                               # commands to run when the script ends, last one first
tell_every=${HOLDFAST_TELL_EVERY:-10}          # seconds between two lines of progress where there is no terminal

say() { printf '%s\n' "$*"; }
warn() { printf '%s: %s\n' "${program:?}" "$*" >&2; }

# fail SENTENCE: says it and ends the script; the sentence names the thing and what to do about it.
fail() {
    warn "$*"
    exit 1
}

fail_usage() {
    warn "$* (see ${program} --help)"
    exit 2
}

# on_leave COMMAND...: to be run at the end, however the script ends.
on_leave() {
    leave_actions=("$(printf '%q ' "$@")" "${leave_actions[@]}")
}

leave() {
    local code=$? action
    trap - EXIT
    trap '' INT TERM HUP
    stop_running_step
    for action in "${leave_actions[@]}"; do
        eval "$action" || true
    done
    exit "$code"
}

# Called once by each script: from here on nothing that was started outlives the script.
clean_up_on_leave() {
    trap leave EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
    logs=$(mktemp -d "${TMPDIR:-/tmp}/holdfast-${program##*/}.XXXXXX")
    mkfifo "$logs/done"
    on_leave rm -rf "$logs"
}

# A dead process that nobody has waited for yet still answers to kill -0; the state in /proc tells it apart.
group_lives() { # GROUP
    local file line state group
    for file in /proc/[0-9]*/stat; do
        { read -r line <"$file"; } 2>/dev/null || continue
        read -r state _ group _ <<<"${line##*) }"
        if [ "$group" = "$1" ] && [ "$state" != Z ]; then return 0; fi
    done
    return 1
}

stop_running_step() {
    [ -n "$running_step" ] || return 0
    kill -TERM -- "-$running_step" 2>/dev/null || true
    local deadline=$((SECONDS + 5))
    while group_lives "$running_step" && [ "$SECONDS" -lt "$deadline" ]; do
        read -r -t 0.1 <>"$logs/done" || true
    done
    kill -KILL -- "-$running_step" 2>/dev/null || true
    running_step=""
}

# The last "[done/all]" (ninja) or "NN%" (apt) that the log shows; empty when it shows none.
progress_in() { # LOG
    tail -c 4096 "$1" 2>/dev/null | grep -oE '^\[[0-9]+/[0-9]+\]|^ *[0-9]+/[0-9]+ Test|^pmstatus:[^:]*:[0-9]+' | tail -n 1 |
        sed -E 's/^pmstatus:([^:]*):([0-9]+)/\2 % (\1)/; s/^\[([0-9]+)\/([0-9]+)\]/\1 of \2/; s/ Test$//; s/^ +//'
}

tell_progress() { # LABEL LOG START
    local state line elapsed=$((SECONDS - $3))
    state=$(progress_in "$2") || state=""
    line="  $1: $elapsed s${state:+, $state}"
    if [ -t 1 ]; then
        printf '\r\033[K%s' "$line"
    elif [ "$elapsed" -ge "$tell_next" ]; then
        printf '%s\n' "$line"
        tell_next=$((elapsed + tell_every))
    fi
}

# Begins COMMAND in the background as a process group of its own (job control does that) and notes the group.
begin_step() { # LOG COMMAND...
    local log=$1 done_pipe=$logs/done
    shift
    set -m
    (
        trap - EXIT INT TERM HUP
        trap 'printf "%s\n" "$?" >"$done_pipe"' EXIT
        set -e
        "$@"
    ) </dev/null >"$log" 2>&1 &
    running_step=$!
    set +m
}

# run_step LABEL COMMAND...: runs it with its output in a log, tells how long it takes, returns its status.
# The log lies at "$step_log"; a failing command's last lines are shown.
run_step() {
    local label=$1 start=$SECONDS status="" done_pipe
    shift
    tell_next=$tell_every
    step_log="$logs/$(tr -c 'a-zA-Z0-9\n' '-' <<<"$label").log"
    exec {done_pipe}<>"$logs/done"
    begin_step "$step_log" "$@"
    until read -r -t 1 -u "$done_pipe" status; do
        kill -0 "$running_step" 2>/dev/null || read -r -t 0.2 -u "$done_pipe" status || status=137
        [ -z "$status" ] || break
        tell_progress "$label" "$step_log" "$start"
    done
    exec {done_pipe}>&-
    wait "$running_step" 2>/dev/null || true
    running_step=""
    [ ! -t 1 ] || printf '\r\033[K'
    if [ "$status" -ne 0 ]; then
        say "  $label: failed after $((SECONDS - start)) s; its last lines:"
        grep -v '^pmstatus:' "$step_log" | tail -n "${HOLDFAST_TAIL:-40}" | sed 's/^/    /' || true
        return "$status"
    fi
    say "  $label: done in $((SECONDS - start)) s"
}

# stream_step COMMAND...: its output goes where ours goes; ended with all it started when we are ended.
stream_step() {
    local status=0
    set -m
    ("$@") </dev/null &
    running_step=$!
    set +m
    wait "$running_step" || status=$?
    running_step=""
    return "$status"
}
