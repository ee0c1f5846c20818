// SPDX-License-Identifier: Apache-2.0
// The judge. It looks at placements only, shares no code with the planner but the distances, and is
// kept simple enough to be checked by eye: a fault common to planner and judge would hide itself.
#include "holdfast/affinity/cost.hpp"

#include "holdfast/affinity/distance.hpp"
#include "judging.hpp"

#include <algorithm>
#include <map>

namespace holdfast::affinity {

double Cost::binding() const {
  return 10 * unserved + distance + 0.5 * idle + 0.5 * imbalance + 0.5 * oversharing;
}

double Cost::total() const { return binding() + 0.25 * nic_weight + 0.5 * nic_overload; }

namespace {

double ratio(double part, std::size_t whole) {
  return whole == 0 ? 0 : part / static_cast<double>(whole);
}

/// Mean over the rank's cores and GPUs.
double rank_distance(const Topology& topology,
                     const std::vector<std::size_t>& cores,
                     const std::vector<std::size_t>& gpus) {
  unsigned halves = 0;
  for (const std::size_t core : cores)
    for (const std::size_t gpu : gpus)
      halves += half_distance(topology, topology.cores[core], topology.gpus[gpu].near);
  return ratio(halves / 2.0, cores.size() * gpus.size());
}

void judge_cores(const Topology& topology,
                 const Usable& usable,
                 const std::vector<Placement>& ranks,
                 Cost& cost) {
  std::size_t unserved = 0;
  std::size_t served = 0;
  double distance = 0;
  CpuSet had;
  std::size_t fewest = topology.cores.size();
  std::size_t most = 0;
  for (const Placement& rank : ranks) {
    const auto cores = cores_with(topology, rank.pus);
    had |= rank.pus;
    fewest = std::min(fewest, cores.size());
    most = std::max(most, cores.size());
    const bool lacks_gpu = rank.gpus.empty() && !usable.gpus.empty();
    if (cores.empty() || lacks_gpu) ++unserved;
    if (cores.empty() || rank.gpus.empty()) continue;
    ++served;
    distance += rank_distance(topology, cores, rank.gpus);
  }
  const auto usable_cores = cores_with(topology, usable.pus);
  const auto is_idle = [&](std::size_t core) {
    return !topology.cores[core].pus.intersects(had & usable.pus);
  };
  cost.unserved = ratio(static_cast<double>(unserved), ranks.size());
  cost.distance = ratio(distance, served);
  cost.idle =
      ratio(static_cast<double>(std::ranges::count_if(usable_cores, is_idle)), usable_cores.size());
  cost.imbalance = most == 0 ? 0 : 1 - ratio(static_cast<double>(fewest), most);
}

double oversharing(const Usable& usable, const std::vector<Placement>& ranks) {
  if (usable.gpus.empty()) return 0;
  std::map<std::size_t, std::size_t> users;
  for (const Placement& rank : ranks)
    for (const std::size_t gpu : rank.gpus)
      ++users[gpu];
  const std::size_t fair = (ranks.size() + usable.gpus.size() - 1) / usable.gpus.size();
  std::size_t beyond = 0;
  for (const auto& [_, count] : users)
    beyond += count > fair ? count - fair : 0;
  return ratio(static_cast<double>(beyond), ranks.size());
}

}  // namespace

Cost cost_of(const Topology& topology,
             const Grant& grant,
             const Wish& wish,
             const std::vector<Placement>& ranks) {
  const Usable usable = usable_of(topology, grant, wish);
  Cost cost;
  if (ranks.empty()) return cost;
  judge_cores(topology, usable, ranks, cost);
  cost.oversharing = oversharing(usable, ranks);
  judge_nics(topology, usable, ranks, cost);
  return cost;
}

}  // namespace holdfast::affinity
