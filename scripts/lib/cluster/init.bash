# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# init: process 1 of a node, run by start_node in new namespaces as
#   bash init.bash STATE NODE ADDRESS[,ADDRESS] controller|worker [rebooted]
# It joins the node's freezer, plugs itself into the switch, builds the node's root directory from the host's, starts the
# daemons, says so in NODE/progress and then collects orphans for the rest of the node's life.
# Order matters: the host's /proc and /sys are needed until the root is exchanged, and the switch is entered by a process
# id of the host.

set -eEu

state=$1 node=$2 addresses=$3 role=$4 rebooted=${5:-}
here=$state/nodes/$node
root=$here/root
GPUS=0 PAT_UID=0 SEE=()
# shellcheck source=/dev/null
. "$state/settings"
read -r switch _ <"$state/switch/holder"

stage="the beginning"
exec 8>>"$here/progress"
trap 'echo "failed while making $stage" >&8; exit 1' ERR

tell_process() { # the id seen by the host, from the host's /proc
    local pid
    read -r pid _ </proc/self/stat
    echo "pid $pid" >&8
}

join_group() {
    local group
    [ ! -s "$here/freezer" ] || { read -r group <"$here/freezer"; echo 0 >"$group/cgroup.procs"; }
}

# A machine keeps its hardware address when it boots; with a new one its neighbours would not find it for a minute.
hardware_address() { # IPV4
    local octets
    IFS=. read -ra octets <<<"$1"
    printf '02:00:%02x:%02x:%02x:%02x' "${octets[@]}"
}

plug_in() {
    local each address number name mac names=(eth0 ib0)
    IFS=, read -ra each <<<"$addresses"
    ip link set lo up
    for ((number = 1; number <= ${#each[@]}; number++)); do
        address=${each[number - 1]} name=${names[number - 1]}
        mac=$(hardware_address "$address")
        ip -batch - <<BATCH
link add $name address $mac type veth peer name p$node-$number netns /proc/$switch/ns/net
address add $address/16 dev $name
link set $name up
BATCH
        nsenter --net="/proc/$switch/ns/net" ip link set "p$node-$number" master "br$number" up
    done
}

field() { # a path as fstab wants it
    local path=${1//\\/\\134}
    path=${path// /\\040}
    printf '%s' "${path//$'\t'/\\011}"
}
bind() { printf '%s %s none %s,X-mount.mkdir 0 0\n' "$(field "$1")" "$(field "$root$2")" "${3:-bind}"; }
fresh() { printf '%s %s %s %s,X-mount.mkdir 0 0\n' "$1" "$(field "$root$2")" "$1" "$3"; }

# Everything of the host but what a machine has for itself. No directory is made on the host for the mount points.
list_mounts() {
    local entry
    for entry in /* /.[!.]*; do
        case $entry in
            /proc | /sys | /dev | /tmp | /run | /etc | /home | /shared) continue ;;
        esac
        if [ -d "$entry" ] && [ ! -L "$entry" ]; then bind "$entry" "$entry" rbind; fi
    done
    fresh proc /proc nosuid,nodev,noexec
    fresh sysfs /sys nosuid,nodev,noexec
    [ ! -d /sys/fs/cgroup ] || bind /sys/fs/cgroup /sys/fs/cgroup rbind
    fresh tmpfs /dev mode=755
    bind /dev/pts /dev/pts
    fresh tmpfs /dev/shm mode=1777,nosuid,nodev
    fresh mqueue /dev/mqueue nosuid,nodev,noexec
    fresh tmpfs /tmp mode=1777,nosuid,nodev
    fresh tmpfs /run mode=755,nosuid,nodev
    bind "$here/log" /var/log
    bind "$here/spool" /var/spool
    bind "$here/etc" /etc
    for entry in /etc/*/; do
        entry=${entry%/}
        case $entry in /etc/slurm | /etc/munge | /etc/holdfast) continue ;; esac
        [ -L "$entry" ] || bind "$entry" "$entry" rbind
    done
    fresh tmpfs /home mode=755
    for entry in /home/*/; do
        entry=${entry%/}
        [ "$entry" = /home/pat ] || [ ! -d "$entry" ] || bind "$entry" "$entry" rbind
    done
    bind "$state/home" /home/pat
    bind "$state/shared" /shared
    for entry in "${SEE[@]}"; do bind "$entry" "$entry" rbind; done
}

build_root() {
    local entry
    mkdir -p "$root"
    mount -t tmpfs -o mode=755 tmpfs "$root"
    for entry in /* /.[!.]*; do
        if [ -L "$entry" ]; then
            cp -P "$entry" "$root/"
        elif [ -f "$entry" ]; then
            : >"$root$entry"
            mount --bind "$entry" "$root$entry"
        fi
    done
    list_mounts >"$here/mounts"
    mount --all --fstab "$here/mounts"
    # Most hosts forbid programs below /run, where these three lie; job scripts and the users' programs are run from them.
    for entry in /shared /home/pat /var/spool; do mount -o remount,bind,nosuid,nodev,exec "$root$entry"; done
}

make_devices() {
    local spec name major minor gpu
    for spec in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0 ptmx:5:2; do
        IFS=: read -r name major minor <<<"$spec"
        mknod -m 666 "$root/dev/$name" c "$major" "$minor"
    done
    ln -s /proc/self/fd "$root/dev/fd"
    ln -s /proc/self/fd/0 "$root/dev/stdin"
    ln -s /proc/self/fd/1 "$root/dev/stdout"
    ln -s /proc/self/fd/2 "$root/dev/stderr"
    [ "$role" = worker ] || return 0
    # Slurm asks for character devices and only looks at their names: null devices do.
    for ((gpu = 0; gpu < GPUS; gpu++)); do mknod -m 666 "$root/dev/nvidia$gpu" c 1 3; done
}

make_run() {
    install -d -o munge -g munge -m 755 "$root/run/munge"
    install -d -o slurm -g slurm -m 755 "$root/run/slurm"
    install -d -m 755 "$root/run/holdfast"
    install -d -o "$PAT_UID" -g "$PAT_UID" -m 700 "$root/run/user/$PAT_UID"
    install -d -m 1777 "$root/run/lock"
}

exchange_root() {
    mkdir "$root/.host"
    cd "$root"
    pivot_root . .host
    cd /
    umount --lazy /.host
    rmdir /.host
}

# Daemons must not hold the progress file, else it would lie on a file system that cannot be unmounted.
daemon() { "$@" </dev/null 8>&-; }

start_daemons() {
    stage="munged"
    daemon setpriv --reuid munge --regid munge --clear-groups munged --num-threads 2 --seed-file /run/munge/seed
    if [ "$role" = controller ]; then
        stage="slurmctld"
        daemon slurmctld
    else
        stage="slurmd"
        daemon slurmd ${rebooted:+-b}
    fi
}

begin_life() {
    stage="its process group"
    tell_process
    join_group
    echo "$node" >/proc/sys/kernel/hostname
    stage="its network"
    plug_in
    stage="its mounts"
    build_root
    stage="its devices"
    make_devices
    stage="its /run"
    make_run
    stage="its root"
    exchange_root
    start_daemons
    echo ready >&8
}

# A pipe nobody writes to: bash collects every ended child, its own or adopted, while it waits in read.
collect_orphans() {
    trap - ERR
    set +eE
    exec 8>&-
    mkfifo -m 600 /run/never
    exec 7<>/run/never
    rm /run/never
    while :; do read -r _ <&7; done
}

main() {
    begin_life
    collect_orphans
}

main
exit
