# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the parts share their variables
# SPDX-License-Identifier: Apache-2.0
#
# up: the verbs that make and end a whole cluster, and the options of the first. Sourced by scripts/cluster.
#
# Up, in order: the lock; what an earlier, killed `up` left is removed; files; the switch; all nodes at once; the wait
# until Slurm calls every node idle; the file `ready`. Until `ready` is there the next `up` starts over.

UP_OPTIONS="--nodes --gpus --shape --machine --plugin --plugin-args --plugin-mode --etc-holdfast --slurm-conf-extra --see"
UP_OPTIONS+=" --networks --topology"

all_nodes() { local i; echo ctl; for ((i = 1; i <= NODES; i++)); do echo "n$i"; done; }

need_number() { # OPTION VALUE LEAST MOST
    if [[ ! $2 =~ ^(0|[1-9][0-9]{0,4})$ || $2 -lt $3 || $2 -gt $4 ]]; then
        fail_usage "$1 wants a number from $3 to $4, not '$2'"
    fi
}

full_path() { # OPTION FILE: its path from the root, links resolved
    readlink -e -- "$2" || fail_usage "$1: there is no '$2'"
}

read_up_options() {
    NODES=4 NETWORKS=1 GPUS=8 SHAPE='' PLUGIN='' PLUGIN_ARGS='' PLUGIN_MODE=optional ETC_HOLDFAST='' CONF_EXTRA='' SEE=()
    TOPOLOGY=''
    declare -gA MACHINE_OF=()
    local option value path
    while [ $# -gt 0 ]; do
        option=$1
        case " $UP_OPTIONS " in
            *" ${option%%=*} "*) ;;
            *) fail_usage "up does not know '$option'$(nearest "$option" "$UP_OPTIONS"); it knows: $UP_OPTIONS" ;;
        esac
        if [[ $option == *=* ]]; then
            value=${option#*=} option=${option%%=*}
            shift
        else
            [ $# -ge 2 ] || fail_usage "$option wants a value"
            value=$2
            shift 2
        fi
        case $option in
            --nodes) NODES=$value ;;
            --networks) NETWORKS=$value ;;
            --gpus) GPUS=$value ;;
            --shape) SHAPE=$value ;;
            --plugin-args) PLUGIN_ARGS=$value ;;
            --plugin-mode) PLUGIN_MODE=$value ;;
            --machine) read_machine "$value" ;;
            *)
                path=$(full_path "$option" "$value")
                case $option in
                    --plugin) PLUGIN=$path ;;
                    --etc-holdfast) ETC_HOLDFAST=$path ;;
                    --slurm-conf-extra) CONF_EXTRA=$path ;;
                    --topology) TOPOLOGY=$path ;;
                    --see) SEE+=("$path") ;;
                esac
                ;;
        esac
    done
    check_up_options
}

read_machine() { # FILE | NODE=FILE
    local node=all file=$1
    if [[ $1 =~ ^(n[0-9]+)=(.*)$ ]]; then node=${BASH_REMATCH[1]} file=${BASH_REMATCH[2]}; fi
    MACHINE_OF[$node]=$(full_path --machine "$file")
}

check_up_options() {
    local node seen
    need_number --nodes "$NODES" 1 200
    need_number --networks "$NETWORKS" 1 2
    need_number --gpus "$GPUS" 0 64
    [[ -z $SHAPE || $SHAPE =~ ^[1-9][0-9]*:[1-9][0-9]*:[1-9][0-9]*$ ]] ||
        fail_usage "--shape wants SOCKETS:CORES:THREADS, not '$SHAPE'"
    [[ $PLUGIN_MODE =~ ^(optional|required)$ ]] || fail_usage "--plugin-mode is optional or required, not '$PLUGIN_MODE'"
    [ -z "$ETC_HOLDFAST" ] || [ -d "$ETC_HOLDFAST" ] || fail_usage "--etc-holdfast: '$ETC_HOLDFAST' is no directory"
    for node in "${!MACHINE_OF[@]}"; do
        [ "$node" = all ] || [ "${node#n}" -le "$NODES" ] || fail_usage "--machine $node=...: there are only $NODES nodes"
    done
    for seen in "${SEE[@]}"; do
        [ -d "$seen" ] || fail_usage "--see: '$seen' is no directory"
        case $seen in
            / | /tmp | /run | /dev | /proc | /sys | /etc | /home | /var/log | /var/spool)
                fail_usage "--see: the nodes must keep a $seen of their own: name a directory below it" ;;
        esac
    done
    [ -z "$PLUGIN" ] || is_seen_in_nodes "$PLUGIN" ||
        fail_usage "--plugin: the nodes do not see the host's ${PLUGIN%/*}: add --see ${PLUGIN%/*}"
}

is_seen_in_nodes() { # PATH
    local seen
    for seen in "${SEE[@]}"; do [[ $1 != "$seen"/* ]] || return 0; done
    case $1 in
        /tmp/* | /run/* | /dev/* | /proc/* | /sys/* | /var/log/* | /var/spool/* | /shared/* | /home/pat/*) return 1 ;;
    esac
}

verb_up() {
    local begin number
    begin=$(now_ms)
    read_up_options "$@"
    need_programs slurmctld slurmd sinfo munged ip nsenter unshare setpriv pivot_root pgrep flock
    take_lock
    if is_up; then
        say "is up already ($(($(node_names | wc -l) - 1)) nodes); 'down' ends it"
        return 0
    fi
    remove_everything
    trap 'give_up' EXIT
    make_files
    start_switch
    start_node ctl
    wait_for_node ctl
    # A slurmd that finds nobody to register with asks again only a second later.
    wait_for 60 "slurmctld to listen (see 'logs ctl')" controller_listens
    for ((number = 1; number <= NODES; number++)); do start_node "n$number"; done
    for ((number = 1; number <= NODES; number++)); do wait_for_node "n$number"; done
    wait_for 60 "slurmctld to call all $NODES nodes idle (see 'status', 'logs ctl')" all_nodes_are_idle
    : >"$STATE/ready"
    trap - EXIT
    say "$NODES nodes idle after $(($(now_ms) - begin)) ms; /shared is $STATE/shared"
}

# A failed `up` keeps its files for the reader of its sentence but no process.
give_up() {
    local code=$?
    trap - EXIT
    end_all_processes
    exit "$code"
}

make_files() {
    local node
    mkdir -p "$STATE"
    chmod 700 "$STATE"
    choose_pat_uid
    mkdir "$STATE/nodes"
    for node in $(all_nodes); do mkdir "$STATE/nodes/$node"; done
    install -d -m 1777 "$STATE/shared"
    install -d -o "$PAT_UID" -g "$PAT_UID" -m 755 "$STATE/home"
    write_settings
    write_common_etc "$STATE/etc"
    for node in $(all_nodes); do make_node_disk "$node"; done
}

verb_down() {
    [ -d "$STATE" ] || [ -e "$LOCK_FILE" ] || return 0
    take_lock
    remove_everything
    rm -f "$LOCK_FILE"
    rmdir "$CLUSTERS" 2>/dev/null || true
}
