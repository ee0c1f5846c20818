# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# holder: the program that owns the switch, run in a new network namespace as `bash holder.bash DIRECTORY NETWORKS`.
# The bridges live as long as this process, and nothing of them is seen in the host's own network. Whoever wants a port
# on a bridge enters by this process id, and only after DIRECTORY/ready is there: before it the process may still be
# in the host's network namespace.

set -eu
directory=$1 networks=$2

{
    echo 'link set lo up'
    for ((network = 1; network <= networks; network++)); do
        printf 'link add name br%d type bridge forward_delay 0\nlink set br%d up\n' "$network" "$network"
    done
} | ip -batch -
echo ready >"$directory/ready"
exec sleep infinity
