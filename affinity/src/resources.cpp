// SPDX-License-Identifier: Apache-2.0
// What may be handed out at all. Everything that is left out is told in a note; only a grant that
// cannot be met is a failure.
#include "resources.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <tuple>

namespace holdfast::affinity {

std::size_t Resources::pu_count() const {
  std::size_t count = 0;
  for (const CpuSet& set : pus)
    count += set.size();
  return count;
}

namespace {

/// "PU 4 is", "PUs 4-7 are".
std::string these_pus(const CpuSet& pus) {
  return pus.size() == 1 ? cat("PU ", to_list(pus), " is") : cat("PUs ", to_list(pus), " are");
}

/// Cores that share an L3 stand together, then those of a NUMA node, then those of a package: some
/// machines number PUs across their NUMA nodes, so the PU order alone would scatter a rank.
std::vector<std::size_t> compact_order(const Topology& topology) {
  std::vector<std::size_t> order(topology.cores.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  std::ranges::sort(order, {}, [&](std::size_t i) {
    const Core& core = topology.cores[i];
    return std::tuple(core.package, core.numa, core.l3, core.pus.front());
  });
  return order;
}

CpuSet first_pus(const CpuSet& pus, unsigned count) {
  CpuSet first;
  for (const unsigned pu : pus) {
    if (count-- == 0) break;
    first.insert(pu);
  }
  return first;
}

/// The PUs of the grant that the node has, less those kept for the system.
CpuSet allowed_pus(const Topology& topology,
                   const Grant& grant,
                   const Wish& wish,
                   std::vector<std::string>& notes) {
  const CpuSet all = topology.pus();
  if (grant.pus) {
    const CpuSet unknown = *grant.pus - all;
    if (!unknown.empty()) notes.push_back(cat(these_pus(unknown), " granted but not on this node"));
  }
  CpuSet granted = grant.pus ? *grant.pus & all : all;
  const CpuSet kept = granted & wish.kept_for_system;
  if (kept.empty()) return granted;
  if (kept == granted) {
    notes.push_back(cat(these_pus(kept), " kept for the system but used: nothing else is granted"));
    return granted;
  }
  notes.push_back(cat(these_pus(kept), " left out: kept for the system"));
  return granted - kept;
}

/// A grant or a health verdict may name a whole GPU where the node shows its partitions.
bool names(const GpuId& id, const GpuId& gpu) {
  return id.at == gpu.at && (!id.partition || id.partition == gpu.partition);
}

std::optional<Failure> choose_gpus(const Topology& topology,
                                   const Grant& grant,
                                   const Wish& wish,
                                   Resources& resources) {
  const auto is_named_by = [](const std::vector<GpuId>& ids, const Gpu& gpu) {
    return std::ranges::any_of(ids, [&](const GpuId& id) { return names(id, gpu.id); });
  };
  if (grant.gpus) {
    for (const GpuId& id : *grant.gpus) {
      const auto is_it = [&](const Gpu& gpu) { return names(id, gpu.id); };
      if (std::ranges::none_of(topology.gpus, is_it))
        return Failure{FailureKind::not_found,
                       cat("GPU ", to_text(id), " is granted but not on this node"),
                       "it may have fallen off the bus: leave it out or use another node",
                       {}};
    }
  }
  for (std::size_t i = 0; i < topology.gpus.size(); ++i) {
    const Gpu& gpu = topology.gpus[i];
    if (grant.gpus && !is_named_by(*grant.gpus, gpu)) continue;
    resources.granted_gpus.push_back(i);
    if (is_named_by(wish.without_gpus, gpu))
      resources.notes.push_back(cat("GPU ", i, " (", to_text(gpu.id), ") left out as asked"));
    else
      resources.gpus.push_back(i);
  }
  if (resources.gpus.empty() && !resources.granted_gpus.empty())
    resources.notes.emplace_back("every granted GPU is left out: this plan places CPUs only");
  return std::nullopt;
}

}  // namespace

Result<Resources> resources_of(const Topology& topology, const Grant& grant, const Wish& wish) {
  Resources resources;
  const CpuSet allowed = allowed_pus(topology, grant, wish, resources.notes);
  const unsigned threads = wish.threads_per_core == 0 ? CpuSet::limit : wish.threads_per_core;
  for (const std::size_t i : compact_order(topology)) {
    const CpuSet usable = topology.cores[i].pus & allowed;
    if (usable.empty()) continue;
    resources.cores.push_back(i);
    resources.pus.push_back(first_pus(usable, threads));
  }
  if (resources.cores.empty())
    return Failure{FailureKind::not_found,
                   "none of the granted PUs is on this node",
                   "compare the step's cpuset with `holdfast topo`",
                   {}};
  if (auto failure = choose_gpus(topology, grant, wish, resources)) return *failure;
  return resources;
}

}  // namespace holdfast::affinity
