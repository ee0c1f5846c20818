// SPDX-License-Identifier: Apache-2.0
#include "equal_shares.hpp"

#include "flow.hpp"
#include "holdfast/affinity/distance.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace holdfast::bench {

namespace {

using affinity::Core;
using affinity::Placement;
using affinity::Topology;

/// Cores as far from every rank's GPUs as each other, and ranks as far from every core: what a flow
/// may not tell apart. Distances are sums of halves, scaled to be whole for any number of GPUs.
struct Classes {
  std::vector<std::uint64_t> cores;  ///< how many there are of each
  std::vector<std::uint64_t> ranks;
  std::vector<std::uint64_t> distance;  ///< by core class, then rank class
  std::uint64_t scale{1};
};

std::uint64_t scaled_distance(const Topology& topology,
                              const Core& core,
                              const std::vector<std::size_t>& gpus,
                              std::uint64_t scale) {
  std::uint64_t halves = 0;
  for (const std::size_t gpu : gpus) {
    const affinity::Locality& near = topology.gpus[gpu].near;
    // The reference takes a GPU none of whose CPUs are in view for near to everything; we know the
    // package of its NUMA node and count that.
    halves += near.pus.empty() ? 0 : affinity::half_distance(topology, core, near);
  }
  return gpus.empty() ? 0 : halves * (scale / gpus.size());
}

Classes classes_of(const Topology& topology, const std::vector<Placement>& ranks) {
  using Row = std::vector<std::uint64_t>;
  Classes classes;
  for (const Placement& rank : ranks)
    if (!rank.gpus.empty())
      classes.scale = std::lcm(classes.scale, std::uint64_t{rank.gpus.size()});
  std::map<Row, std::uint64_t> by_rank;
  for (const Placement& rank : ranks) {
    Row row;
    for (const Core& core : topology.cores)
      row.push_back(scaled_distance(topology, core, rank.gpus, classes.scale));
    ++by_rank[row];
  }
  std::map<Row, std::uint64_t> by_core;
  for (std::size_t core = 0; core < topology.cores.size(); ++core) {
    Row row;
    for (const auto& [distances, _] : by_rank)
      row.push_back(distances[core]);
    ++by_core[row];
  }
  for (const auto& [_, count] : by_rank)
    classes.ranks.push_back(count);
  for (const auto& [row, count] : by_core) {
    classes.cores.push_back(count);
    classes.distance.insert(classes.distance.end(), row.begin(), row.end());
  }
  return classes;
}

/// Mean distance when every rank has `share` cores.
double distance_at(const Classes& classes, std::uint64_t share, std::size_t ranks) {
  auto demand = classes.ranks;
  for (std::uint64_t& count : demand)
    count *= share;
  const affinity::Transport<std::uint64_t> flow(classes.cores, demand, classes.distance);
  std::uint64_t sum = 0;
  for (std::size_t row = 0; row < classes.cores.size(); ++row)
    for (std::size_t column = 0; column < demand.size(); ++column)
      sum += flow.sent(row, column) * flow.cost(row, column);
  const auto halves = static_cast<double>(2 * classes.scale * share * ranks);
  return static_cast<double>(sum) / halves;
}

}  // namespace

std::optional<double> equal_shares_cost(const Topology& topology,
                                        const std::vector<Placement>& ranks,
                                        double oversharing) {
  const std::size_t cores = topology.cores.size();
  if (ranks.empty() || cores < ranks.size()) return std::nullopt;
  const Classes classes = classes_of(topology, ranks);
  std::optional<double> best;
  for (std::size_t share = 1; share * ranks.size() <= cores; ++share) {
    const double used = static_cast<double>(share * ranks.size()) / static_cast<double>(cores);
    const double cost = distance_at(classes, share, ranks.size()) + 0.5 * (1 - used);
    best = std::min(best.value_or(cost), cost);
  }
  return *best + 0.5 * oversharing;
}

}  // namespace holdfast::bench
