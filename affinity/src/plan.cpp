// SPDX-License-Identifier: Apache-2.0
// The planner, in the order in which things are decided: what may be used, which rank owns which
// GPU, how many cores of which class each rank gets, which ones exactly, and then NIC and memory,
// which follow the GPU. Called by the verbs and, through `plan --for-step`, by the plugin once per
// step and node; pure.
#include "holdfast/affinity/plan.hpp"

#include "dealing.hpp"
#include "evening_out.hpp"
#include "ground.hpp"
#include "handing_out.hpp"
#include "holdfast/common/text.hpp"
#include "memory.hpp"
#include "nics.hpp"
#include "resources.hpp"
#include "sharing.hpp"
#include "why.hpp"

#include <algorithm>

namespace holdfast::affinity {

namespace {

std::vector<Share> share(const Ground& ground,
                         const Kinds& kinds,
                         const Wish& wish,
                         Effort& effort) {
  if (wish.local_ranks > ground.units.size()) return share_doubly(ground, kinds.kinds, effort);
  if (wish.mode == Mode::local) return share_locally(ground, kinds.kinds);
  return evened_out(ground, kinds.kinds, share_in_full(ground, kinds.kinds, UINT64_MAX, effort));
}

void place_ranks(const Topology& topology,
                 const Resources& resources,
                 const Wish& wish,
                 Plan& plan) {
  const Ground ground = ground_of(topology, resources, wish.local_ranks);
  Effort effort{trial_steps};
  const Dealing dealing = deal_gpus(ground, wish.local_ranks, effort);
  const Kinds kinds = kinds_of(ground, dealing);
  const auto units = hand_out(topology, ground, kinds, share(ground, kinds, wish, effort));
  for (unsigned rank = 0; rank < wish.local_ranks; ++rank) {
    Placement& placement = plan.ranks.emplace_back();
    placement.rank = LocalRank{rank};
    for (const std::size_t unit : units[rank]) {
      placement.pus |= ground.units[unit].pus;
      placement.cores.push_back(ground.units[unit].core);
    }
    std::ranges::sort(placement.cores);
    // not std::ranges::unique: clang 14, which builds the fuzz targets, cannot compile its subrange
    placement.cores.erase(std::unique(placement.cores.begin(), placement.cores.end()),
                          placement.cores.end());
    for (const std::size_t gpu : dealing[rank])
      placement.gpus.push_back(resources.gpus[gpu]);
    placement.memory = memory_for(topology, placement.cores, placement.gpus);
  }
}

/// NICs of a rank are those of its GPUs; a rank without GPU takes one by its cores.
void give_nics(const Topology& topology, const Wish& wish, Plan& plan) {
  const auto usable = usable_nics(topology, wish.without_nics, plan.notes);
  NicDeal deal = deal_nics(topology, plan.gpus, usable, plan.notes);
  plan.rails = std::move(deal.rails);
  if (plan.gpus.empty()) {
    std::vector<std::vector<std::size_t>> cores;
    for (const Placement& placement : plan.ranks)
      cores.push_back(placement.cores);
    const auto nic_of = deal_nics_to_ranks(topology, cores, usable);
    for (std::size_t rank = 0; rank < nic_of.size(); ++rank)
      plan.ranks[rank].nics = {nic_of[rank]};
    return;
  }
  for (Placement& placement : plan.ranks) {
    for (std::size_t i = 0; i < deal.of_gpu.size(); ++i) {
      const bool is_own = std::ranges::find(placement.gpus, plan.gpus[i]) != placement.gpus.end();
      const bool is_new = std::ranges::find(placement.nics, deal.of_gpu[i]) == placement.nics.end();
      if (is_own && is_new) placement.nics.push_back(deal.of_gpu[i]);
    }
  }
}

std::optional<Failure> unplannable(const Wish& wish) {
  if (wish.local_ranks != 0 && wish.local_ranks <= max_local_ranks) return std::nullopt;
  return Failure{FailureKind::bad_input,
                 cat("a plan for ", wish.local_ranks, " ranks on one node is not possible"),
                 cat("ask for 1 to ", max_local_ranks),
                 {}};
}

}  // namespace

Result<Plan> plan(const Topology& topology, const Grant& grant, const Wish& wish) {
  if (auto failure = unplannable(wish)) return *failure;
  auto resources = resources_of(topology, grant, wish);
  if (!resources) return resources.error();
  Plan plan;
  plan.granted_gpus = resources->granted_gpus;
  plan.gpus = resources->gpus;
  plan.notes = std::move(resources->notes);
  place_ranks(topology, *resources, wish, plan);
  give_nics(topology, wish, plan);
  tell_why(topology, plan);
  return plan;
}

}  // namespace holdfast::affinity
