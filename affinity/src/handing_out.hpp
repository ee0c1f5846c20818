// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dealing.hpp"
#include "ground.hpp"
#include "sharing.hpp"

#include <cstddef>
#include <vector>

namespace holdfast::affinity {

/// Turns shares, which are only numbers, into units: each rank's run is as compact as the shares
/// allow, and ranks that share far units get equally many of them. The units of each rank, in
/// compact order.
[[nodiscard]] std::vector<std::vector<std::size_t>> hand_out(const Topology& topology,
                                                             const Ground& ground,
                                                             const Kinds& kinds,
                                                             std::vector<Share> shares);

}  // namespace holdfast::affinity
