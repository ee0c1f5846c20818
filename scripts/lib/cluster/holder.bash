# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# holder: the program that owns the switch, run in a new network namespace as `bash holder.bash DIRECTORY`.
# The bridge lives as long as this process, and nothing of it is seen in the host's own network. Whoever wants a port
# on the bridge enters by this process id, and only after DIRECTORY/ready is there: before it the process may still be
# in the host's network namespace.

set -eu
directory=$1

ip -batch - <<'BATCH'
link set lo up
link add name br0 type bridge forward_delay 0
link set br0 up
BATCH
echo ready >"$directory/ready"
exec sleep infinity
