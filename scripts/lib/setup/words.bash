# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# words: how the set-up scripts speak, fail, and wait for long commands. Sourced by scripts/{setup,quickstart,test,…};
# they set `program` before. A long command runs in a process group of its own, so that whoever ends the script
# (Ctrl-C, kill, a failure) ends all that the command started: `stop_running_step` is called by `on_leave`.

running_step=""                                # process group of the long command now running
step_status=0                                  # how the last one ended
step_until=0                                   # SECONDS at which steps are cut off; 0: they may take as long as they need
step_cut=no                                    # whether the last one was
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

# Begins COMMAND in the background as a process group of its own (job control does that) and notes the group. Its output
# goes to LOG, or where ours goes if that is empty. A pipe tells its end: a read has a time-out, while `wait` has none, and
# misses a signal that should end it once in a while. The status comes in a file: a read that times out may have taken a
# part of a line away.
begin_step() { # LOG COMMAND...
    local log=$1
    shift
    exec {done_pipe}<>"$logs/done"
    rm -f "$logs/status"
    step_cut=no
    set -m
    (
        trap - EXIT INT TERM HUP
        trap 'printf "%s\n" "$?" >"$logs/status"; echo >&"$done_pipe"' EXIT
        set -e
        [ -z "$log" ] || exec >"$log" 2>&1
        "$@" {done_pipe}>&-
    ) </dev/null &
    running_step=$!
    set +m
}

# await_step COMMAND...: waits for the step that was begun, and calls COMMAND about once a second meanwhile.
await_step() {
    local group=$running_step
    until read -r -t 1 -u "$done_pipe" || [ -s "$logs/status" ]; do
        kill -0 "$group" 2>/dev/null || break
        if [ "$step_until" -gt 0 ] && [ "$SECONDS" -ge "$step_until" ]; then
            step_cut=yes
            stop_running_step
            break
        fi
        "$@"
    done
    exec {done_pipe}>&-
    wait "$group" 2>/dev/null || true
    running_step=""
    step_status=137 # of one that was killed, and could not say it
    if [ "$step_cut" = yes ]; then
        step_status=124
    elif [ -s "$logs/status" ]; then
        read -r step_status <"$logs/status"
    fi
}

# run_step LABEL COMMAND...: runs it with its output in a log, tells how long it takes, returns its status.
# The log lies at "$step_log"; a failing command's last lines are shown.
run_step() {
    local label=$1 start=$SECONDS
    shift
    tell_next=$tell_every
    step_log="$logs/$(tr -c 'a-zA-Z0-9\n' '-' <<<"$label").log"
    begin_step "$step_log" "$@"
    await_step tell_progress "$label" "$step_log" "$start"
    [ ! -t 1 ] || printf '\r\033[K'
    if [ "$step_cut" = yes ]; then
        say "  $label: cut off after $((SECONDS - start)) s"
    elif [ "$step_status" -ne 0 ]; then
        say "  $label: failed after $((SECONDS - start)) s; its last lines:"
        grep -v '^pmstatus:' "$step_log" | tail -n "${HOLDFAST_TAIL:-40}" | sed 's/^/    /' || true
    else
        say "  $label: done in $((SECONDS - start)) s"
    fi
    return "$step_status"
}

# stream_step COMMAND...: its output goes where ours goes; ended with all it started when we are ended.
stream_step() {
    begin_step "" "$@"
    await_step true
    return "$step_status"
}
