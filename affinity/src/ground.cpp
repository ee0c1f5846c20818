// SPDX-License-Identifier: Apache-2.0
// Hundreds of cores and dozens of GPUs come down to a few classes and places here; everything after
// works on those, which is what keeps a plan under a millisecond.
#include "ground.hpp"

#include "holdfast/affinity/distance.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace holdfast::affinity {

namespace {

std::vector<Unit> units_of(const Resources& resources, bool single_pus) {
  std::vector<Unit> units;
  for (std::size_t i = 0; i < resources.cores.size(); ++i) {
    if (!single_pus) {
      units.push_back({resources.cores[i], resources.pus[i]});
      continue;
    }
    for (const unsigned pu : resources.pus[i])
      units.push_back({resources.cores[i], CpuSet{pu}});
  }
  return units;
}

void find_places(const Topology& topology, const Resources& resources, Ground& ground) {
  const auto key = [&](const Locality& near) {
    return std::tuple(package_of(topology, near), near.numa, near.pus.front(), near.pus);
  };
  std::map<decltype(key(Locality{})), Locality> sorted;
  for (const std::size_t gpu : resources.gpus) {
    const Locality& place = topology.gpus[gpu].near;
    sorted.emplace(key(place), place);
  }
  for (auto& [_, place] : sorted) {
    ground.package_of_place.push_back(package_of(topology, place));
    ground.places.push_back(std::move(place));
  }
  for (const std::size_t gpu : resources.gpus) {
    const auto at = std::ranges::find(ground.places, topology.gpus[gpu].near);
    ground.place_of.push_back(static_cast<std::size_t>(at - ground.places.begin()));
  }
}

void find_classes(const Topology& topology, Ground& ground) {
  std::map<std::vector<unsigned>, std::size_t> known;
  std::size_t last_core = topology.cores.size();
  std::vector<unsigned> distance(ground.places.size());
  for (std::size_t i = 0; i < ground.units.size(); ++i) {
    if (ground.units[i].core != last_core) {
      last_core = ground.units[i].core;
      for (std::size_t p = 0; p < distance.size(); ++p)
        distance[p] = half_distance(topology, topology.cores[last_core], ground.places[p]);
    }
    const auto [at, is_new] = known.emplace(distance, ground.classes.size());
    if (is_new) ground.classes.push_back({distance, {}});
    ground.classes[at->second].units.push_back(i);
  }
}

}  // namespace

Ground ground_of(const Topology& topology, const Resources& resources, unsigned ranks) {
  Ground ground;
  ground.units_are_pus = ranks > resources.cores.size();
  ground.units = units_of(resources, ground.units_are_pus);
  find_places(topology, resources, ground);
  find_classes(topology, ground);
  return ground;
}

}  // namespace holdfast::affinity
