// SPDX-License-Identifier: Apache-2.0
#include "judging.hpp"

#include <algorithm>

namespace holdfast::affinity {

Usable usable_of(const Topology& topology, const Grant& grant, const Wish& wish) {
  Usable usable;
  usable.granted = topology.pus();
  if (grant.pus) usable.granted &= *grant.pus;
  CpuSet left = usable.granted - wish.kept_for_system;
  if (left.empty()) left = usable.granted;
  for (const Core& core : topology.cores) {
    unsigned taken = 0;
    for (const unsigned pu : core.pus& left)
      if (wish.threads_per_core == 0 || taken++ < wish.threads_per_core) usable.pus.insert(pu);
  }
  const auto lists = [](const std::vector<GpuId>& ids, const GpuId& gpu) {
    return std::ranges::any_of(
        ids, [&](const GpuId& id) { return id == gpu || (id.at == gpu.at && !id.partition); });
  };
  for (std::size_t i = 0; i < topology.gpus.size(); ++i) {
    const GpuId& id = topology.gpus[i].id;
    if ((!grant.gpus || lists(*grant.gpus, id)) && !lists(wish.without_gpus, id))
      usable.gpus.push_back(i);
  }
  std::vector<std::string> notes;
  usable.nics = usable_nics(topology, wish.without_nics, notes);
  return usable;
}

std::vector<std::size_t> cores_with(const Topology& topology, const CpuSet& pus) {
  std::vector<std::size_t> cores;
  for (std::size_t i = 0; i < topology.cores.size(); ++i)
    if (topology.cores[i].pus.intersects(pus)) cores.push_back(i);
  return cores;
}

}  // namespace holdfast::affinity
