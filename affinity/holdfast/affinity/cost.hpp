// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/plan.hpp"

#include <string>
#include <vector>

namespace holdfast::affinity {

/// How good a set of placements is, by any mapper: this judge knows nothing of how they were made.
/// Lower is better.
///   J = 10·unserved + distance + 0.5·idle + 0.5·imbalance + 0.5·oversharing
///   with NICs: + 0.25·nic_weight + 0.5·nic_overload
/// The weights are a choice; they are the ones under which the peers were measured.
struct Cost {
  double unserved{};   ///< share of ranks without PU, or without GPU though the node has one
  double distance{};   ///< mean over ranks of the mean over the rank's cores and GPUs: 0 local, 0.5
                       ///< other L3, 1 other NUMA node, 2 other package
  double idle{};       ///< share of usable cores no rank has
  double imbalance{};  ///< 1 - fewest/most cores per rank
  double oversharing{};   ///< ranks per GPU beyond ceil(R/G), summed over GPUs, by R
  double nic_weight{};    ///< mean over the ranks' GPUs of path_weight() to the NIC that serves it,
                          ///< which is the best of the NICs of its ranks; 8 where they have none
  double nic_overload{};  ///< GPUs per NIC beyond ceil(G/N), summed over NICs, by G

  [[nodiscard]] double binding()
      const;                           ///< J without NICs, comparable with mappers that choose none
  [[nodiscard]] double total() const;  ///< J with NICs
};

[[nodiscard]] Cost cost_of(const Topology& topology,
                           const Grant& grant,
                           const Wish& wish,
                           const std::vector<Placement>& ranks);

/// What must never be: an empty mask, a PU outside the grant or one that was to be left out, a PU
/// given twice while PUs suffice, a rank without a GPU though the node has one, a GPU outside the
/// grant or left out, a NIC that is not usable. One sentence each; empty for a good plan.
[[nodiscard]] std::vector<std::string> violations_of(const Topology& topology,
                                                     const Grant& grant,
                                                     const Wish& wish,
                                                     const std::vector<Placement>& ranks);

}  // namespace holdfast::affinity
