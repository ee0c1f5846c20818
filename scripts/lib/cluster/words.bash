# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the parts share their variables
# SPDX-License-Identifier: Apache-2.0
#
# words: what every verb needs to speak and to wait. Sourced by scripts/cluster.

FAILED=1 WRONG_USAGE=2 NOT_UP=3 TOO_LATE=4 NOT_ENTERED=125
NODE_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

say() { printf 'cluster %s: %s\n' "$NAME" "$*"; }

fail_with() { # CODE SENTENCE
    local code=$1
    shift
    printf 'cluster %s: %s\n' "$NAME" "$*" >&2
    exit "$code"
}
fail() { fail_with "$FAILED" "$@"; }
fail_usage() { fail_with "$WRONG_USAGE" "$@"; }

need_root() {
    [ "$(id -u)" -eq 0 ] || fail "needs root, because it makes namespaces and mounts: run it with sudo"
}

need_programs() {
    local program missing=()
    for program in "$@"; do
        PATH=$NODE_PATH type -P "$program" >/dev/null || missing+=("$program")
    done
    [ ${#missing[@]} -eq 0 ] ||
        fail "not installed: ${missing[*]} (Debian: apt-get install slurmctld slurmd slurm-client munge iproute2 procps)"
}

no_more_words() { # VERB WORDS...
    [ $# -eq 1 ] || fail_usage "$1 does not take '$2'"
}

# Two words are near when one begins with the other's first three letters, or holds the same letters in another order.
nearest() { # WORD "KNOWN ...": prints ", did you mean ...?" or nothing
    local word=$1 known
    for known in $2; do
        if [ "${known:0:3}" = "${word:0:3}" ] || [ "$(sorted_letters "$known")" = "$(sorted_letters "$word")" ]; then
            printf ', did you mean %s?' "$known"
            return
        fi
    done
}
sorted_letters() { grep -o . <<<"$1" | sort | tr -d '\n'; }

# A caller's pipe (bats' fd 3, say) held open by a daemon would keep the caller waiting for ever. 255 is bash's own
# hold on this script and is closed by exec anyway.
close_inherited_files() {
    local entry fd
    for entry in "/proc/$BASHPID/fd/"*; do
        fd=${entry##*/}
        if [ "$fd" -gt 2 ] && [ "$fd" -ne 255 ]; then
            eval "exec $fd>&-" 2>/dev/null || true
        fi
    done
}

now_ms() { local t=$EPOCHREALTIME; t=${t/[.,]/}; echo "${t%???}"; }

# Polling is what the kernel leaves to a shell here (processes that are not children, answers of slurmctld); the pause
# only sets how often is asked, never how long is waited.
wait_for() { # SECONDS WHAT CMD...: until CMD succeeds; fails, naming WHAT, when the deadline has passed
    local seconds=$1 what=$2 deadline
    shift 2
    deadline=$(($(now_ms) + seconds * 1000))
    until "$@"; do
        [ "$(now_ms)" -lt "$deadline" ] || fail_with "$TOO_LATE" "waited $seconds s in vain for $what"
        sleep 0.03
    done
}
