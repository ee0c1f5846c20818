# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# machine: is this a machine the set-up can work on? Each question fails with one sentence. Sourced after words.bash.

need_root() { # WHY
    [ "$(id -u)" -eq 0 ] || fail "needs root, because $1: run it as root, or with sudo"
}

# The package names are those of Debian 12; elsewhere the list in scripts/packages.txt says what to install by hand.
need_debian() {
    local ID="" VERSION_ID="" PRETTY_NAME="an unknown system"
    # shellcheck disable=SC1091 # a file of the system, not of this tree
    [ ! -r /etc/os-release ] || . /etc/os-release
    [ "$ID-$VERSION_ID" = debian-12 ] ||
        fail "installs packages of Debian 12, and this is $PRETTY_NAME: install what scripts/packages.txt lists by hand, then run it again"
}

need_disk() { # DIRECTORY MEBIBYTES WHAT
    local free
    free=$(df --output=avail -BM "$1" | tail -n 1 | tr -dc '0-9')
    [ "$free" -ge "$2" ] || fail "$3 needs $2 MiB below $1, and $free MiB are free: make room and run it again"
}

# The same tree at another path, as every fresh clone is, finds in the compiler's cache what was compiled before.
export CCACHE_BASEDIR=${root:?} CCACHE_NOHASHDIR=true
