// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/cost.hpp"
#include "holdfast/affinity/plan.hpp"

#include <cstddef>
#include <vector>

namespace holdfast::affinity {

/// What a plan may use, as the judge reads the grant and the wish: written apart from the planner's
/// reading on purpose.
struct Usable {
  CpuSet granted;                 ///< PUs of the node inside the grant
  CpuSet pus;                     ///< of these, the ones ranks may get
  std::vector<std::size_t> gpus;  ///< indices into the topology
  std::vector<std::size_t> nics;
};

[[nodiscard]] Usable usable_of(const Topology& topology, const Grant& grant, const Wish& wish);

/// Indices of the cores that have one of these PUs.
[[nodiscard]] std::vector<std::size_t> cores_with(const Topology& topology, const CpuSet& pus);

/// Fills in nic_weight and nic_overload.
void judge_nics(const Topology& topology,
                const Usable& usable,
                const std::vector<Placement>& ranks,
                Cost& cost);

}  // namespace holdfast::affinity
