// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/topology.hpp"

#include <cstddef>
#include <vector>

namespace holdfast::affinity {

inline constexpr unsigned farthest = 4;  ///< the most half_distance() says

/// The different localities of some GPUs: mostly one or two, so that asking how far a core is from
/// the nearest of eight GPUs asks once or twice.
[[nodiscard]] std::vector<Locality> distinct_places(const Topology& topology,
                                                    const std::vector<std::size_t>& gpus);

/// half_distance() from a core to the nearest of these places; 0 where there are none.
[[nodiscard]] unsigned nearest_distance(const Topology& topology,
                                        const Core& core,
                                        const std::vector<Locality>& places);

}  // namespace holdfast::affinity
