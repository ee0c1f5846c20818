# shellcheck shell=bash disable=SC2154 # `root` is set by the script that sources this
# SPDX-License-Identifier: Apache-2.0
#
# packages: installs what is missing of scripts/packages.txt, and starts nothing. Sourced after words.bash, machine.bash.
#
# Debian's maintainer scripts of munge start a daemon unless a policy says no. So for the time of the installation, and
# only where the site has no policy of its own, there is one that says no. A policy left behind by a killed run carries
# our mark and is removed by the next.

policy=/usr/sbin/policy-rc.d
policy_mark="# made by holdfast's scripts/setup for the time of an installation"

packages_of() { # GROUP...: names, one per line
    local group
    for group in "$@"; do
        awk -v group="$group" '$1 == group { print $2 }' "$root/scripts/packages.txt"
    done | sort -u
}

# A name counts as there when the package is installed, or an installed one provides it.
missing_of() { # PACKAGE...
    local name
    for name in "$@"; do
        case "$(dpkg-query -W -f='${db:Status-Abbrev}' "$name" 2>/dev/null || true)" in
            ii* | hi*) ;;
            *) printf '%s\n' "$name" ;;
        esac
    done
}

forbid_starting_daemons() {
    if [ -e "$policy" ] && ! grep -qF "$policy_mark" "$policy"; then
        return 0
    fi
    printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" >"$policy"
    chmod 755 "$policy"
    on_leave allow_starting_daemons
}

allow_starting_daemons() {
    if [ -e "$policy" ] && grep -qF "$policy_mark" "$policy"; then rm -f "$policy"; fi
}

# apt closes the file it tells its progress on before it starts dpkg: that must not be standard output, or the first
# package's script that prints something fails. No pseudo-terminal, for a chroot may have none to give.
apt_install() { # PACKAGE...
    DEBIAN_FRONTEND=noninteractive apt-get --assume-yes --no-install-recommends \
        -o APT::Status-Fd=9 -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=120 \
        install "$@" 9>&1
}

# install_packages GROUP...: idempotent; with everything there it needs neither network nor root.
install_packages() {
    local wanted missing
    mapfile -t wanted < <(packages_of "$@")
    mapfile -t missing < <(missing_of "${wanted[@]}")
    if [ ${#missing[@]} -eq 0 ]; then
        say "packages: all ${#wanted[@]} are installed"
        allow_starting_daemons
        return 0
    fi
    need_root "${#missing[@]} packages are to be installed (${missing[*]})"
    need_debian
    need_disk /var/cache 1500 "installing packages"
    say "packages: ${#missing[@]} of ${#wanted[@]} are missing and will be installed: ${missing[*]}"
    forbid_starting_daemons
    run_step "package lists" apt-get -o DPkg::Lock::Timeout=120 update ||
        fail "the package lists cannot be read: is the network there, and do /etc/apt/sources.list* name a mirror that can be reached?"
    run_step "installing ${#missing[@]} packages" apt_install "${missing[@]}" ||
        fail "a package could not be installed, see above: repair with 'apt-get -f install', then run it again"
    allow_starting_daemons
}
