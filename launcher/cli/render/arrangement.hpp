// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/topology.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace holdfast::cli {

/// Cores that share one L3 cache (or none that is known), as indices into Topology::cores.
struct CoreGroup {
  std::optional<unsigned> l3;
  std::vector<std::size_t> cores;
};

/// What is drawn inside one frame: cores and the devices near them, as indices into the topology.
struct Place {
  std::vector<CoreGroup> groups;
  std::vector<std::size_t> gpus;
  std::vector<std::size_t> nics;
};

struct MemoryPlace {
  std::size_t node{};  ///< index into Topology::memory
  Place inside;
};

struct PackagePlace {
  std::vector<MemoryPlace> memory;
  Place outside_memory;  ///< near the package, in no NUMA node of it
};

/// A topology as people draw it: every core, memory node and device in exactly one place.
struct Arrangement {
  std::vector<PackagePlace> packages;  ///< as many as Topology::packages
  std::vector<std::size_t> memory;     ///< nodes that belong to no single package
  std::vector<std::size_t> gpus;       ///< near everything, or so far as anyone knows
  std::vector<std::size_t> nics;
};

[[nodiscard]] Arrangement arrange(const affinity::Topology& topology);

}  // namespace holdfast::cli
