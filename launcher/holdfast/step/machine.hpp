// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/environment.hpp"
#include "holdfast/affinity/topology.hpp"
#include "holdfast/common/result.hpp"
#include "holdfast/step/settings.hpp"
#include "holdfast/step/stand_in.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace holdfast::step {

/// The machine a plan is made for, and the one it is carried out on.
struct Machine {
  affinity::Topology topology;
  StandIn stand_in;
  std::string note;     ///< what NCCL_TOPO_FILE changed, one sentence; empty: nothing
  std::string warning;  ///< why it could not be used
};

/// Which machine is meant.
struct MachineWish {
  std::optional<std::filesystem::path> topology;  ///< --topology: this file and no other
  std::filesystem::path root{"/"};                ///< --sysroot: where sys and proc are read
  bool fresh{};                                   ///< read the hardware even if a node map is there
  /// NCCL_TOPO_FILE of the caller: corrects the locality of any machine but a recorded one he named
  std::optional<std::filesystem::path> nccl_topology;
};

/// The NCCL topology file the user set for his ranks, where he did.
[[nodiscard]] std::optional<std::filesystem::path> nccl_topology_of(
    const affinity::Environment& environment);

/// The machine the site or the user means: --topology, else the node map, else the site's recorded
/// machine, else the hardware itself. A broken NCCL_TOPO_FILE is a warning, never a failure.
[[nodiscard]] Result<Machine> read_machine(const Settings& settings, const MachineWish& wish);

/// Reads the machine afresh and keeps it as node map (root, once per boot).
[[nodiscard]] Result<void> write_this_node_map(const Settings& settings,
                                               const std::filesystem::path& file);

}  // namespace holdfast::step
