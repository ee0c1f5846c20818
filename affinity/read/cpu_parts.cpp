// SPDX-License-Identifier: Apache-2.0
// The CPU side shared by all readers; the rules stand in the header.
#include "cpu_parts.hpp"

#include <algorithm>
#include <map>

namespace holdfast::affinity {

namespace {

/// Which of several sets holds a PU, the smallest where they nest.
class Owners {
 public:
  explicit Owners(std::vector<CpuSet> sets) : sets_(std::move(sets)) {
    std::vector<std::size_t> order(sets_.size());
    for (std::size_t i = 0; i < order.size(); ++i)
      order[i] = i;
    std::ranges::stable_sort(
        order, [this](std::size_t a, std::size_t b) { return sets_[a].size() > sets_[b].size(); });
    for (const std::size_t i : order)
      for (const unsigned pu : sets_[i]) {
        if (owner_.size() <= pu) owner_.resize(pu + 1, none);
        owner_[pu] = i;
      }
  }

  /// The smallest set that holds the first PU, if it holds all of them.
  [[nodiscard]] std::optional<std::size_t> of(const CpuSet& pus) const {
    const unsigned pu = pus.front();
    if (pus.empty() || pu >= owner_.size() || owner_[pu] == none) return std::nullopt;
    if (!sets_[owner_[pu]].includes(pus)) return std::nullopt;
    return owner_[pu];
  }

 private:
  static constexpr std::size_t none = ~std::size_t{0};
  std::vector<CpuSet> sets_;
  std::vector<std::size_t> owner_;
};

/// The given sets cut to `usable`, as sets alone.
template <class Part>
std::vector<CpuSet> cut(const std::vector<Part>& parts, const CpuSet& usable) {
  std::vector<CpuSet> sets;
  sets.reserve(parts.size());
  for (const Part& part : parts)
    sets.push_back(part.pus & usable);
  return sets;
}

/// Adds the packages that matter; gives the new index of each part, none for one left out.
std::vector<std::optional<unsigned>> add_packages(Topology& topology,
                                                  CpuParts& parts,
                                                  const CpuSet& usable) {
  for (const CpuParts::NodePart& node : parts.nodes)
    if (node.package && *node.package < parts.packages.size())
      parts.packages[*node.package].holds_devices = true;
  std::vector<std::optional<unsigned>> index(parts.packages.size());
  CpuSet seen;
  for (std::size_t i = 0; i < parts.packages.size(); ++i) {
    CpuParts::PackagePart& part = parts.packages[i];
    part.pus &= usable;
    if (part.pus.empty() && !part.holds_devices) continue;
    index[i] = static_cast<unsigned>(topology.packages.size());
    seen |= part.pus;
    topology.packages.push_back({part.os_index, part.pus, std::move(part.model)});
  }
  if (const CpuSet rest = usable - seen; !rest.empty()) {
    unsigned os_index = 0;
    for (const Package& package : topology.packages)
      os_index = std::max(os_index, package.os_index + 1);
    topology.packages.push_back({os_index, rest, {}});
  }
  return index;
}

void add_memory(Topology& topology,
                CpuParts& parts,
                const CpuSet& usable,
                const std::vector<std::optional<unsigned>>& package_index) {
  const Owners packages(cut(topology.packages, usable));
  std::ranges::stable_sort(parts.nodes, {}, &CpuParts::NodePart::id);
  std::map<CpuSet, bool> taken;
  for (CpuParts::NodePart& part : parts.nodes) {
    part.pus &= usable;
    MemoryNode node{part.id, {}, std::nullopt, part.bytes, part.gpu_memory};
    if (const auto owner = packages.of(part.pus))
      node.package = static_cast<unsigned>(*owner);
    else if (part.package && *part.package < package_index.size())
      node.package = package_index[*part.package];
    if (!part.gpu_memory && !part.pus.empty() && taken.emplace(part.pus, true).second)
      node.pus = part.pus;
    topology.memory.push_back(std::move(node));
  }
}

void add_cores(Topology& topology, const CpuParts& parts, const CpuSet& usable) {
  const Owners packages(cut(topology.packages, usable));
  const Owners nodes(cut(topology.memory, usable));
  std::vector<CpuSet> caches;
  for (const CpuSet& cache : parts.l3)
    caches.push_back(cache & usable);
  const Owners l3(std::move(caches));
  for (const CpuSet& all : parts.cores) {
    Core core{all & usable, 0, std::nullopt, std::nullopt};
    if (core.pus.empty()) continue;
    core.package = static_cast<unsigned>(packages.of(CpuSet{core.pus.front()}).value_or(0));
    if (const auto node = nodes.of(core.pus)) core.numa = topology.memory[*node].id;
    if (const auto cache = l3.of(core.pus)) core.l3 = static_cast<unsigned>(*cache);
    topology.cores.push_back(std::move(core));
  }
}

/// L3 caches are numbered as their first cores stand, not as the reader met them.
void number_l3(Topology& topology) {
  std::map<unsigned, unsigned> number;
  for (Core& core : topology.cores)
    if (core.l3)
      core.l3 = number.emplace(*core.l3, static_cast<unsigned>(number.size())).first->second;
}

}  // namespace

void add_cpus(Topology& topology, CpuParts parts) {
  CpuSet usable;
  for (const CpuSet& core : parts.cores)
    usable |= core;
  if (parts.usable) usable &= *parts.usable;
  const auto package_index = add_packages(topology, parts, usable);
  add_memory(topology, parts, usable, package_index);
  add_cores(topology, parts, usable);
  normalize(topology);
  number_l3(topology);
}

Locality locality_near(const Topology& topology,
                       const CpuSet& all,
                       const CpuSet& pus,
                       const std::vector<NumaNode>& nodes) {
  Locality near{std::nullopt, pus & all};
  const MemoryNode* smallest = nullptr;
  for (const MemoryNode& node : topology.memory) {
    const bool named = nodes.size() == 1 && node.id == nodes.front();
    if (near.pus.empty() ? !named : node.pus.empty() || !node.pus.includes(near.pus)) continue;
    if (smallest == nullptr || node.pus.size() < smallest->pus.size()) smallest = &node;
  }
  if (smallest != nullptr) {
    near.numa = smallest->id;
    if (near.pus.empty()) near.pus = smallest->pus;
  } else if (near.pus.empty() && nodes.size() == 1) {
    near.numa = nodes.front();
  }
  return near;
}

}  // namespace holdfast::affinity
