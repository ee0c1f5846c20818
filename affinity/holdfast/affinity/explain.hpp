// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/cost.hpp"
#include "holdfast/affinity/distance.hpp"
#include "holdfast/affinity/plan.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace holdfast::affinity {

/// One usable NIC as a GPU sees it. `reason` says why it does not serve the GPU; empty where it
/// does.
struct NicView {
  std::size_t nic{};  ///< index into the topology
  PciPath path{};
  std::string reason;
};

struct GpuView {
  std::size_t gpu{};          ///< index into the topology
  std::vector<NicView> nics;  ///< nearest first
};

/// A rank's cores by their distance from the nearest of its GPUs.
struct CoreCount {
  std::size_t local{};
  std::size_t other_l3{};
  std::size_t other_numa{};
  std::size_t other_package{};
};

struct RankExplanation {
  LocalRank rank;
  CoreCount cores;
  std::vector<GpuView> gpus;
};

/// What `plan --explain` tells, as values.
struct Explanation {
  std::vector<RankExplanation> ranks;
  Cost cost;
};

[[nodiscard]] Explanation explanation_of(const Topology& topology,
                                         const Grant& grant,
                                         const Wish& wish,
                                         const Plan& plan);

/// The same as text for a terminal: each rank with its cores, its GPUs with the NICs there were to
/// choose from, its memory policy; then what was left out; then what the plan costs.
[[nodiscard]] std::string explain(const Topology& topology,
                                  const Grant& grant,
                                  const Wish& wish,
                                  const Plan& plan);

}  // namespace holdfast::affinity
