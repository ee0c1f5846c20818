// SPDX-License-Identifier: Apache-2.0
#include "memory.hpp"

#include "nearest.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace holdfast::affinity {

namespace {

bool is_ordinary(const MemoryNode& node) { return !node.gpu_memory && !node.pus.empty(); }

/// The ordinary memory nearest to a core. A core's own NUMA node may be GPU memory where the kernel
/// shows it with the same CPUs.
std::optional<NumaNode> node_of(const Topology& topology, const Core& core) {
  std::optional<NumaNode> found;
  for (const MemoryNode& node : topology.memory) {
    if (!is_ordinary(node)) continue;
    if (core.numa == node.id) return node.id;
    if (!found && node.pus.includes(core.pus)) found = node.id;
  }
  return found;
}

}  // namespace

MemoryPolicy memory_for(const Topology& topology,
                        const std::vector<std::size_t>& cores,
                        const std::vector<std::size_t>& gpus) {
  if (std::ranges::count_if(topology.memory, is_ordinary) < 2) return {};
  const auto places = distinct_places(topology, gpus);
  std::map<NumaNode, unsigned> distance;  // of each node's nearest core to the nearest GPU
  for (const std::size_t i : cores) {
    const auto node = node_of(topology, topology.cores[i]);
    if (!node) return {};
    const unsigned nearest = nearest_distance(topology, topology.cores[i], places);
    const auto [at, is_new] = distance.emplace(*node, nearest);
    if (!is_new) at->second = std::min(at->second, nearest);
  }
  unsigned least = farthest;
  for (const auto& [_, one] : distance)
    least = std::min(least, one);
  MemoryPolicy policy;
  for (const auto& [node, one] : distance)
    if (one == least) policy.nodes.insert(node.value);
  policy.kind =
      policy.nodes.size() == 1 ? MemoryPolicy::Kind::preferred : MemoryPolicy::Kind::preferred_many;
  return policy;
}

}  // namespace holdfast::affinity
