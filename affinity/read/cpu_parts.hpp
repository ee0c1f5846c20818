// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/topology.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::affinity {

/// The CPU side of a machine as a reader met it: raw sets, not yet cut to the PUs that may be used.
struct CpuParts {
  struct PackagePart {
    unsigned os_index{};
    CpuSet pus;
    std::string model;
    bool holds_devices{};  ///< kept even without a PU, to tell how far its devices are
  };
  struct NodePart {
    NumaNode id;
    CpuSet pus;
    std::uint64_t bytes{};
    bool gpu_memory{};
    std::optional<std::size_t> package;  ///< index into packages, where the tree says so
  };
  std::optional<CpuSet> usable;  ///< none: every PU that is in a core
  std::vector<PackagePart> packages;
  std::vector<NodePart> nodes;
  std::vector<CpuSet> l3;
  std::vector<CpuSet> cores;
};

/// Turns the parts into packages, memory nodes and cores of the topology. Rules that hold for every
/// reader:
/// - a PU that may not be used is left out, and with it a core that has no other;
/// - a machine without packages is one package; cores outside every package make one more;
/// - a core belongs to the smallest NUMA node that holds it; of nodes with equal PUs (memory that
///   the recorder attached to the CPUs nearest it: HBM, CXL) the lowest keeps them, the others are
///   memory without CPUs;
/// - GPU memory never has CPUs of its own.
void add_cpus(Topology& topology, CpuParts parts);

/// The locality of a device that is near `pus` or, where none of those may be used, near the one
/// NUMA node in `nodes`. A node whose CPUs are all outside this view (a cgroup's) is still named:
/// its package tells a core of the same socket from a remote one. `all` is topology.pus().
[[nodiscard]] Locality locality_near(const Topology& topology,
                                     const CpuSet& all,
                                     const CpuSet& pus,
                                     const std::vector<NumaNode>& nodes);

/// Linux has at most 1,024 NUMA nodes (CONFIG_NODES_SHIFT is 10 or less).
inline constexpr unsigned max_numa_nodes = 1024;

}  // namespace holdfast::affinity
