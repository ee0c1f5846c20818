// SPDX-License-Identifier: Apache-2.0
#include "nearest.hpp"

#include "holdfast/affinity/distance.hpp"

#include <algorithm>

namespace holdfast::affinity {

std::vector<Locality> distinct_places(const Topology& topology,
                                      const std::vector<std::size_t>& gpus) {
  std::vector<Locality> places;
  for (const std::size_t gpu : gpus)
    if (std::ranges::find(places, topology.gpus[gpu].near) == places.end())
      places.push_back(topology.gpus[gpu].near);
  return places;
}

unsigned nearest_distance(const Topology& topology,
                          const Core& core,
                          const std::vector<Locality>& places) {
  unsigned nearest = places.empty() ? 0 : farthest;
  for (const Locality& place : places) {
    if (nearest == 0) break;
    nearest = std::min(nearest, half_distance(topology, core, place));
  }
  return nearest;
}

}  // namespace holdfast::affinity
