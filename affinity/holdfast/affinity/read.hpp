// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/topology.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::affinity {

/// This machine: hwloc for packages, caches, NUMA nodes and PUs (no I/O discovery: that reads PCI
/// configuration space, 2.4 ms a function in a VM), our own reader of sysfs for GPUs, NICs and the
/// PCI tree.
struct MachineSource {
  std::filesystem::path root{
      "/"};  ///< `sys` and `proc` are read below it; a test lends a directory
  std::vector<std::string>
      gpu_vendors;  ///< PCI vendor ids (four hex digits) besides 10de, 1002 and 8086
};

/// Changes the environment while libhwloc loads (variables such as HWLOC_XMLFILE would have it
/// describe another machine), so no other thread may run meanwhile. Holds the whole node, PUs
/// outside this process's cgroup too: the grant says what may be used. Devices of which the kernel
/// does not know what they are near are placed by the NCCL file clouds install,
/// var/run/nvidia-topologyd/virtualTopology.xml below the root, where it exists.
[[nodiscard]] Result<Topology> read_machine(const MachineSource& source);

/// A recorded machine: hwloc XML version 1 or 2, an NCCL topology file (NCCL_TOPO_FILE,
/// NCCL_TOPO_DUMP_FILE), or our own JSON
/// (`holdfast topo --json`). The kind is found from the content. Anything else, hostile or not, is
/// one sentence.
[[nodiscard]] Result<Topology> read_topology_file(const std::filesystem::path& file);

/// The same from text already in memory; `origin` names it in messages.
[[nodiscard]] Result<Topology> parse_topology(std::string_view text, std::string_view origin);

/// Moves GPUs and NICs to where an NCCL topology file has them, and says how many it knew. It wins
/// over what the topology has, as NCCL reads its file (NCCL_TOPO_FILE) before it looks around. What
/// the file does not name stays. After a failure the topology is as it was.
[[nodiscard]] Result<std::size_t> add_nccl_locality(const std::filesystem::path& file,
                                                    Topology& topology);

/// GPUs of this machine whose device file (/dev/nvidiaN) this process may not open: the device
/// cgroup, the file's mode or a container keeps it away. None where there is no way to tell.
[[nodiscard]] std::vector<GpuId> read_closed_gpus(const Topology& topology,
                                                  const std::filesystem::path& root);

/// The largest file that is looked at: the biggest recorded machine has 0.5 MB.
inline constexpr std::size_t max_topology_bytes = std::size_t{64} << 20;

/// A topology as JSON and back, without loss: parse_topology(to_json(t)) == t but for `origin`.
[[nodiscard]] std::string to_json(const Topology& topology);

}  // namespace holdfast::affinity
