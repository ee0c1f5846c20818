// SPDX-License-Identifier: Apache-2.0
// Where each thing is drawn. The text tree and the SVG both start here, so that they agree.
#include "cli/render/arrangement.hpp"

#include <algorithm>

namespace holdfast::cli {

using affinity::Core;
using affinity::Locality;
using affinity::MemoryNode;
using affinity::Topology;

namespace {

/// The memory node a device is drawn in: the one it names, else the smallest that holds its PUs.
std::optional<std::size_t> memory_of(const Topology& topology, const Locality& near) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < topology.memory.size(); ++i) {
    const MemoryNode& node = topology.memory[i];
    if (near.numa == node.id) return i;
    if (near.pus.empty() || !node.pus.includes(near.pus)) continue;
    if (!best || node.pus.size() < topology.memory[*best].pus.size()) best = i;
  }
  return best;
}

std::optional<std::size_t> package_holding(const Topology& topology, const CpuSet& pus) {
  if (pus.empty()) return std::nullopt;
  for (std::size_t i = 0; i < topology.packages.size(); ++i)
    if (topology.packages[i].pus.includes(pus)) return i;
  return std::nullopt;
}

class Arranger {
 public:
  explicit Arranger(const Topology& topology) : topology_(topology) {
    result_.packages.resize(topology.packages.size());
    for (std::size_t i = 0; i < topology.memory.size(); ++i)
      add_memory(i);
    for (std::size_t i = 0; i < topology.cores.size(); ++i)
      add_core(i);
    for (std::size_t i = 0; i < topology.gpus.size(); ++i)
      add_device(&Place::gpus, result_.gpus, topology.gpus[i].near, i);
    for (std::size_t i = 0; i < topology.nics.size(); ++i)
      add_device(&Place::nics, result_.nics, topology.nics[i].near, i);
  }

  Arrangement take() { return std::move(result_); }

 private:
  void add_memory(std::size_t index) {
    const auto package = topology_.memory[index].package;
    if (package && *package < result_.packages.size())
      result_.packages[*package].memory.push_back({index, {}});
    else
      result_.memory.push_back(index);
  }

  Place* place_of_memory(PackagePlace& package, std::size_t index) {
    const auto found = std::ranges::find(package.memory, index, &MemoryPlace::node);
    return found == package.memory.end() ? nullptr : &found->inside;
  }

  void add_core(std::size_t index) {
    const Core& core = topology_.cores[index];
    PackagePlace& package = result_.packages[core.package];
    Place* place = nullptr;
    for (MemoryPlace& memory : package.memory)
      if (core.numa == topology_.memory[memory.node].id) place = &memory.inside;
    if (place == nullptr) place = &package.outside_memory;
    auto& groups = place->groups;
    auto group = std::ranges::find(groups, core.l3, &CoreGroup::l3);
    if (group == groups.end()) group = groups.insert(groups.end(), CoreGroup{core.l3, {}});
    group->cores.push_back(index);
  }

  void add_device(std::vector<std::size_t> Place::*list,
                  std::vector<std::size_t>& anywhere,
                  const Locality& near,
                  std::size_t index) {
    if (const auto memory = memory_of(topology_, near))
      for (PackagePlace& package : result_.packages)
        if (Place* place = place_of_memory(package, *memory)) {
          (place->*list).push_back(index);
          return;
        }
    if (const auto package = package_holding(topology_, near.pus))
      (result_.packages[*package].outside_memory.*list).push_back(index);
    else
      anywhere.push_back(index);
  }

  const Topology& topology_;
  Arrangement result_;
};

}  // namespace

Arrangement arrange(const Topology& topology) { return Arranger(topology).take(); }

}  // namespace holdfast::cli
