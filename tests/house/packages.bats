#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# The Debian packages: what is in them, what they ask for, that installing enables nothing and
# removing leaves nothing, and that the program in them runs by itself. scripts/test builds them before this.

setup_file() {
    export PACKAGES=$HOLDFAST_BUILD_DIR/packages
    PROGRAM_PACKAGE=$(echo "$PACKAGES"/holdfast_*.deb)
    PLUGIN_PACKAGE=$(echo "$PACKAGES"/slurm-holdfast-plugin_*.deb)
    export PROGRAM_PACKAGE PLUGIN_PACKAGE UNPACKED=$BATS_FILE_TMPDIR/unpacked
    if [ -e "$PROGRAM_PACKAGE" ]; then dpkg-deb -x "$PROGRAM_PACKAGE" "$UNPACKED"; fi
    if [ -e "$PLUGIN_PACKAGE" ]; then dpkg-deb -x "$PLUGIN_PACKAGE" "$UNPACKED"; fi
}

setup() {
    [ -e "$PROGRAM_PACKAGE" ] ||
        skip "no packages in $PACKAGES: cmake --build $HOLDFAST_BUILD_DIR --target packages"
}

contents() { dpkg-deb -c "$1" | awk '{ print $1, $2, $6 }'; }
field() { dpkg-deb -f "$1" "$2"; }

@test "packages: the program's holds program, settings, completion, manual and licence, all of root" {
    run contents "$PROGRAM_PACKAGE"
    [[ $output == *"-rwxr-xr-x root/root ./usr/bin/holdfast"* ]]
    [[ $output == *"-rw-r--r-- root/root ./etc/holdfast/holdfast.toml"* ]]
    [[ $output == *"./usr/share/bash-completion/completions/holdfast"* ]]
    [[ $output == *"./usr/share/man/man1/holdfast.1"* ]]
    [[ $output == *"./usr/share/doc/holdfast/copyright"* ]]
    [[ $output == *"-rwxr-xr-x root/root ./usr/share/doc/holdfast/examples/train.py"* ]]
    [[ $(contents "$PROGRAM_PACKAGE" | grep -v ' root/root ') == "" ]]
}

@test "packages: the settings are a configuration file to dpkg" {
    run dpkg-deb -I "$PROGRAM_PACKAGE" conffiles
    [ "$output" = /etc/holdfast/holdfast.toml ]
}

@test "packages: the plugin's names the Slurm release in its version and asks for that release only" {
    [[ $(field "$PLUGIN_PACKAGE" Version) =~ \+slurm[0-9]{2}\.[0-9]{2}$ ]]
    local release
    release=$(field "$PLUGIN_PACKAGE" Version | sed 's/.*+slurm//')
    [[ $(field "$PLUGIN_PACKAGE" Depends) == *"slurm-wlm-basic-plugins (>= $release)"* ]]
    [[ $(field "$PLUGIN_PACKAGE" Depends) =~ slurm-wlm-basic-plugins\ \(\<\<\ [0-9.]+~\) ]]
}

# Standard input has no line that matches.
lacks() { # PATTERN
    if grep -E "$1"; then return 1; fi
}

@test "packages: installing runs no script and enables nothing" {
    local package
    for package in "$PROGRAM_PACKAGE" "$PLUGIN_PACKAGE"; do
        dpkg-deb --ctrl-tarfile "$package" | tar -t | lacks 'inst$|rm$'
        dpkg-deb -c "$package" | lacks 'systemd|init\.d|plugstack\.conf$|cron'
    done
}

@test "packages: install, remove and purge in a root of their own leave nothing" {
    [ "$(id -u)" -eq 0 ] || skip "dpkg installs as root only"
    local there=$BATS_TEST_TMPDIR/there
    mkdir -p "$there"/var/lib/dpkg/{info,updates}
    : >"$there/var/lib/dpkg/status"
    dpkg --root="$there" --force-depends -i "$PROGRAM_PACKAGE" "$PLUGIN_PACKAGE"
    "$there/usr/bin/holdfast" --version
    dpkg --root="$there" --force-depends -P slurm-holdfast-plugin holdfast
    run find "$there" -path "$there/var" -prune -o -type f -print
    [ -z "$output" ]
}

@test "packages: the program runs from where it was unpacked, and says its version" {
    run "$UNPACKED/usr/bin/holdfast" --version
    [ "$status" -eq 0 ]
    [[ $output == *"$(field "$PROGRAM_PACKAGE" Version)"* ]]
    "$UNPACKED/usr/bin/holdfast" plan --topology "$HOLDFAST_SOURCE_DIR/tests/machines/pretend-8gpu.xml" --ranks 8
}

@test "packages: the static program needs libc's family only; its newest symbol version is told" {
    local needed
    needed=$(readelf -d "$UNPACKED/usr/bin/holdfast" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p')
    echo "# needs: $(tr '\n' ' ' <<<"$needed"); newest symbol version: $(
        objdump -T "$UNPACKED/usr/bin/holdfast" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1)" >&3
    sed -E '/^(libc|libm|libdl|libpthread|librt|ld-linux.*)\.so/d' <<<"$needed" | lacks .
}

# The best of many runs: what the program costs, not what else this machine does.
@test "packages: the program starts in under 5 ms" {
    local i start end best=1000000000
    for i in $(seq 40); do
        start=${EPOCHREALTIME/./}
        "$UNPACKED/usr/bin/holdfast" --version >/dev/null
        end=${EPOCHREALTIME/./}
        if [ $((end - start)) -lt "$best" ]; then best=$((end - start)); fi
    done
    echo "# best of $i starts: $best us, fork and exec included" >&3
    [ "$best" -lt 5000 ]
}
