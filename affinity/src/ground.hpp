// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/plan.hpp"
#include "resources.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace holdfast::affinity {

/// The smallest thing a rank gets: a core, or one PU where there are more ranks than cores.
struct Unit {
  std::size_t core{};  ///< index into the topology
  CpuSet pus;
};

/// Units that are equally far from every GPU, so that only their number matters to the cost.
struct UnitClass {
  std::vector<unsigned> distance;  ///< half_distance() to each place
  std::vector<std::size_t> units;  ///< indices of units, in compact order
};

/// A node as the sharing of its cores sees it. A place is a locality that one or more usable GPUs
/// have.
struct Ground {
  std::vector<Unit> units;  ///< in compact order
  bool units_are_pus{};
  std::vector<Locality> places;  ///< in compact order, so that neighbours are near each other
  std::vector<std::optional<unsigned>> package_of_place;
  std::vector<std::size_t> place_of;  ///< the place of each usable GPU
  std::vector<UnitClass> classes;     ///< in the order of their first units
};

[[nodiscard]] Ground ground_of(const Topology& topology,
                               const Resources& resources,
                               unsigned ranks);

}  // namespace holdfast::affinity
