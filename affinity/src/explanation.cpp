// SPDX-License-Identifier: Apache-2.0
// The values behind `plan --explain`. NICs are dealt again here instead of being carried in every
// plan: the deal is pure, and explaining is rare.
#include "holdfast/affinity/explain.hpp"
#include "holdfast/common/text.hpp"
#include "nearest.hpp"
#include "nics.hpp"

#include <algorithm>
#include <map>

namespace holdfast::affinity {

namespace {

CoreCount count_cores(const Topology& topology, const Placement& rank) {
  CoreCount count;
  const auto places = distinct_places(topology, rank.gpus);
  for (const std::size_t core : rank.cores) {
    const unsigned nearest = nearest_distance(topology, topology.cores[core], places);
    if (nearest == 0)
      ++count.local;
    else if (nearest == 1)
      ++count.other_l3;
    else if (nearest == 2)
      ++count.other_numa;
    else
      ++count.other_package;
  }
  return count;
}

/// The NICs of one plan and whom they serve.
class NicTable {
 public:
  NicTable(const Topology& topology, const Wish& wish, const Plan& plan) : topology_(topology) {
    std::vector<std::string> told_by_the_plan;
    usable_ = usable_nics(topology, wish.without_nics, told_by_the_plan);
    const NicDeal deal = deal_nics(topology, plan.gpus, usable_, told_by_the_plan);
    if (usable_.empty()) return;
    capacity_ = (plan.gpus.size() + usable_.size() - 1) / usable_.size();
    for (std::size_t i = 0; i < deal.of_gpu.size(); ++i) {
      nic_of_[plan.gpus[i]] = deal.of_gpu[i];
      gpus_of_[deal.of_gpu[i]].push_back(plan.gpus[i]);
    }
  }

  [[nodiscard]] GpuView view_of(std::size_t gpu) const {
    GpuView view{gpu, {}};
    for (const std::size_t nic : usable_)
      view.nics.push_back({nic,
                           path_between(topology_, topology_.gpus[gpu], topology_.nics[nic]),
                           reason_against(gpu, nic)});
    std::ranges::stable_sort(view.nics, {}, [&](const NicView& one) {
      return std::pair(weight(gpu, one.nic), !one.reason.empty());
    });
    return view;
  }

 private:
  [[nodiscard]] unsigned weight(std::size_t gpu, std::size_t nic) const {
    return path_weight(topology_, topology_.gpus[gpu], topology_.nics[nic]);
  }

  [[nodiscard]] std::string reason_against(std::size_t gpu, std::size_t nic) const {
    const std::size_t own = nic_of_.at(gpu);
    if (nic == own) return {};
    if (weight(gpu, nic) > weight(gpu, own)) return "farther";
    const std::string nearness = weight(gpu, nic) < weight(gpu, own) ? "nearer" : "as near";
    const auto customers = gpus_of_.find(nic);
    if (customers == gpus_of_.end()) return nearness + ", but later in the order of the NICs";
    std::string served;
    for (const std::size_t other : customers->second)
      served += cat(served.empty() ? "" : ", ", other);
    const bool is_full = customers->second.size() >= capacity_;
    return cat(nearness,
               ", serves GPU ",
               served,
               is_full ? cat(" (at most ", capacity_, " a NIC)") : std::string());
  }

  const Topology& topology_;
  std::vector<std::size_t> usable_;
  std::size_t capacity_{};
  std::map<std::size_t, std::size_t> nic_of_;
  std::map<std::size_t, std::vector<std::size_t>> gpus_of_;
};

}  // namespace

Explanation explanation_of(const Topology& topology,
                           const Grant& grant,
                           const Wish& wish,
                           const Plan& plan) {
  const NicTable table(topology, wish, plan);
  Explanation all;
  for (const Placement& rank : plan.ranks) {
    RankExplanation& one = all.ranks.emplace_back();
    one.rank = rank.rank;
    one.cores = count_cores(topology, rank);
    for (const std::size_t gpu : rank.gpus)
      one.gpus.push_back(table.view_of(gpu));
  }
  all.cost = cost_of(topology, grant, wish, plan.ranks);
  return all;
}

}  // namespace holdfast::affinity
