# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the parts share their variables
# SPDX-License-Identifier: Apache-2.0
#
# config: the files below the nodes' /etc, written once per `up` and copied to each node's disk, where they outlive a kill.
# Sourced by scripts/cluster; reads the options that up.bash set.

choose_pat_uid() { # an id neither a user nor a group of the host has
    PAT_UID=20000
    while getent passwd "$PAT_UID" >/dev/null || getent group "$PAT_UID" >/dev/null; do PAT_UID=$((PAT_UID + 1)); done
}

# What init.bash needs to start a node, now and at each later boot.
write_settings() {
    {
        printf 'NODES=%q\nNETWORKS=%q\nGPUS=%q\nPAT_UID=%q\n' "$NODES" "$NETWORKS" "$GPUS" "$PAT_UID"
        printf 'SEE=('
        [ ${#SEE[@]} -eq 0 ] || printf ' %q' "${SEE[@]}"
        printf ' )\n'
    } >"$STATE/settings"
}

# The host's plain files, but with users, names and name lookup of the cluster's own: nothing in a node may ask a
# directory service or a name server of the host.
write_common_etc() { # DIR
    local etc=$1 node
    mkdir -p "$etc"
    find /etc -maxdepth 1 -mindepth 1 ! -type d -exec cp -a -t "$etc" {} +
    rm -f "$etc"/{passwd,group,shadow,gshadow,hosts,hostname,nsswitch.conf,resolv.conf}{,-}
    {
        grep -v '^pat:' /etc/passwd
        printf 'pat:x:%d:%d:a user of the cluster:/home/pat:/bin/bash\n' "$PAT_UID" "$PAT_UID"
    } >"$etc/passwd"
    { grep -v '^pat:' /etc/group; printf 'pat:x:%d:\n' "$PAT_UID"; } >"$etc/group"
    cut -d: -f1 "$etc/passwd" | sed 's/$/:*:19000:0:99999:7:::/' >"$etc/shadow"
    chmod 640 "$etc/shadow"
    {
        echo '127.0.0.1 localhost'
        for node in $(all_nodes); do printf '%s %s\n' "$(node_address "$node")" "$node"; done
    } >"$etc/hosts"
    printf '%s: files\n' passwd group shadow hosts services protocols networks ethers rpc netgroup >"$etc/nsswitch.conf"
    : >"$etc/resolv.conf"
    install -d -o munge -g munge -m 700 "$etc/munge"
    head -c 1024 /dev/urandom >"$etc/munge/munge.key"
    chown munge:munge "$etc/munge/munge.key"
    chmod 400 "$etc/munge/munge.key"
    write_slurm_etc "$etc/slurm"
    mkdir -p "$etc/holdfast"
}

write_slurm_etc() { # DIR
    mkdir -p "$1"
    write_slurm_conf >"$1/slurm.conf"
    printf 'CgroupPlugin=cgroup/v1\n' >"$1/cgroup.conf"
    : >"$1/gres.conf"
    [ "$GPUS" -eq 0 ] || printf 'AutoDetect=off\nName=gpu File=/dev/nvidia%s\n' "$(gpu_numbers)" >"$1/gres.conf"
    [ -z "$TOPOLOGY" ] || cp -L "$TOPOLOGY" "$1/topology.conf"
    : >"$1/plugstack.conf"
    [ -z "$PLUGIN" ] || printf '%s %s %s\n' "$PLUGIN_MODE" "$PLUGIN" "$PLUGIN_ARGS" >"$1/plugstack.conf"
}

gpu_numbers() { if [ "$GPUS" -eq 1 ]; then echo 0; else echo "[0-$((GPUS - 1))]"; fi; }

# Slurm numbers the CPUs from 0; where this process may not use just those (a container's cpuset), binding would fail.
real_cpus_are_plain() { # COUNT
    local allowed
    allowed=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
    [ "$allowed" = "0-$(($1 - 1))" ] || { [ "$1" -eq 1 ] && [ "$allowed" = 0 ]; }
}

# Sets node_shape and task_plugin. With a pretended shape Slurm must not bind: there are no such CPUs.
choose_shape() {
    local sockets=1 cores threads=1
    cores=$(nproc)
    task_plugin=task/none
    if [ -n "$SHAPE" ]; then
        IFS=: read -r sockets cores threads <<<"$SHAPE"
    elif real_cpus_are_plain "$cores"; then
        task_plugin=task/affinity
    fi
    node_shape="Boards=1 SocketsPerBoard=$sockets CoresPerSocket=$cores ThreadsPerCore=$threads"
}

write_slurm_conf() {
    local node_shape task_plugin node gres='' memory
    choose_shape
    [ "$GPUS" -eq 0 ] || gres=" Gres=gpu:$GPUS"
    memory=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)
    cat <<CONF
ClusterName=$NAME
SlurmctldHost=ctl($(node_address ctl))
SlurmUser=slurm
AuthType=auth/munge
# The default of 120 s delays every requeue by 121 s.
AuthInfo=cred_expire=5
StateSaveLocation=/var/spool/slurmctld
SlurmdSpoolDir=/var/spool/slurmd
SlurmctldPidFile=/run/slurm/slurmctld.pid
SlurmdPidFile=/run/slurm/slurmd.pid
SlurmctldLogFile=/var/log/slurm/slurmctld.log
SlurmdLogFile=/var/log/slurm/slurmd.log
SlurmctldDebug=debug
SlurmdDebug=debug
LogTimeFormat=iso8601_ms
ProctrackType=proctrack/linuxproc
TaskPlugin=$task_plugin
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
GresTypes=gpu
PlugStackConfig=/etc/slurm/plugstack.conf
# Failures are seen in seconds, not minutes.
SlurmctldTimeout=30
SlurmdTimeout=10
MessageTimeout=5
TCPTimeout=2
BatchStartTimeout=10
KillWait=3
UnkillableStepTimeout=30
InactiveLimit=0
ReturnToService=2
JobRequeue=1
MinJobAge=300
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,sched_min_interval=100000,bf_interval=2
# slurmctld asks each node itself: a dead node in a tree of nodes delays the answers of healthy ones.
TreeWidth=65533
CONF
    printf 'NodeName=DEFAULT %s RealMemory=%d%s State=UNKNOWN\n' "$node_shape" "$memory" "$gres"
    for node in $(all_nodes); do
        [ "$node" = ctl ] || printf 'NodeName=%s NodeAddr=%s\n' "$node" "$(node_address "$node")"
    done
    echo 'PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP'
    [ -z "$TOPOLOGY" ] || echo 'TopologyPlugin=topology/tree'
    [ -z "$CONF_EXTRA" ] || cat "$CONF_EXTRA"
}

machine_of() { # NODE: the file it pretends to be recorded in, or nothing
    printf '%s' "${MACHINE_OF[$1]:-${MACHINE_OF[all]:-}}"
}

# A node reads its recorded machine as if it were itself, unless its own holdfast.toml says otherwise.
write_holdfast_etc() { # NODE DIR
    local machine name
    [ -z "$ETC_HOLDFAST" ] || cp -RL "$ETC_HOLDFAST/." "$2/"
    machine=$(machine_of "$1")
    if [ "$1" != ctl ] && [ -n "$machine" ]; then
        name=${machine##*/}
        case $name in ?*.*) name=machine.${name##*.} ;; *) name=machine ;; esac
        cp -L "$machine" "$2/$name"
        [ -e "$2/holdfast.toml" ] || printf '[machine]\ntopology = "/etc/holdfast/%s"\nstand_in = true\n' "$name" \
            >"$2/holdfast.toml"
    fi
    chown -R root:root "$2"
    chmod -R u=rwX,go=rX "$2"
}

make_node_disk() { # NODE
    local disk=$STATE/nodes/$1
    mkdir -p "$disk/log" "$disk/spool"
    cp -a "$STATE/etc" "$disk/etc"
    echo "$1" >"$disk/etc/hostname"
    write_holdfast_etc "$1" "$disk/etc/holdfast"
    install -d -o slurm -g slurm -m 755 "$disk/log/slurm"
    install -d -o munge -g munge -m 700 "$disk/log/munge"
    install -d -m 755 "$disk/spool/slurmd"
    if [ "$1" = ctl ]; then install -d -o slurm -g slurm -m 755 "$disk/spool/slurmctld"; fi
}
