// SPDX-License-Identifier: Apache-2.0
// What must never be. Like the cost, judged from placements alone.
#include "holdfast/affinity/cost.hpp"
#include "holdfast/common/text.hpp"
#include "judging.hpp"

#include <algorithm>

namespace holdfast::affinity {

namespace {

bool holds(const std::vector<std::size_t>& all, std::size_t one) {
  return std::ranges::find(all, one) != all.end();
}

void judge_pus(const Topology& topology,
               const Usable& usable,
               const Placement& rank,
               std::vector<std::string>& found) {
  const std::string who = cat("rank ", rank.rank.value);
  if (rank.pus.empty()) found.push_back(cat(who, " has an empty mask"));
  const CpuSet foreign = rank.pus - usable.granted;
  if (!foreign.empty()) found.push_back(cat(who, " has PUs outside the grant: ", to_list(foreign)));
  const CpuSet unasked = (rank.pus & usable.granted) - usable.pus;
  if (!unasked.empty())
    found.push_back(cat(who, " has PUs that were to be left out: ", to_list(unasked)));
  if (rank.cores != cores_with(topology, rank.pus))
    found.push_back(cat(who, " lists other cores than those of its PUs"));
}

void judge_devices(const Topology& topology,
                   const Usable& usable,
                   const Placement& rank,
                   std::vector<std::string>& found) {
  const std::string who = cat("rank ", rank.rank.value);
  if (rank.gpus.empty() && !usable.gpus.empty()) found.push_back(cat(who, " has no GPU"));
  for (const std::size_t gpu : rank.gpus)
    if (gpu >= topology.gpus.size() || !holds(usable.gpus, gpu))
      found.push_back(cat(who, " has GPU ", gpu, ", which is not granted or left out"));
  for (const std::size_t nic : rank.nics)
    if (nic >= topology.nics.size() || !holds(usable.nics, nic))
      found.push_back(cat(who, " has NIC ", nic, ", which is not usable"));
}

/// Ranks share PUs only where there are more ranks than PUs.
void judge_overlap(const Usable& usable,
                   const std::vector<Placement>& ranks,
                   std::vector<std::string>& found) {
  if (ranks.size() > usable.pus.size()) return;
  CpuSet taken;
  for (const Placement& rank : ranks) {
    const CpuSet twice = taken & rank.pus;
    if (!twice.empty())
      found.push_back(
          cat("rank ", rank.rank.value, " shares PUs with a rank before it: ", to_list(twice)));
    taken |= rank.pus;
  }
}

}  // namespace

std::vector<std::string> violations_of(const Topology& topology,
                                       const Grant& grant,
                                       const Wish& wish,
                                       const std::vector<Placement>& ranks) {
  const Usable usable = usable_of(topology, grant, wish);
  std::vector<std::string> found;
  if (ranks.size() != wish.local_ranks)
    found.push_back(cat(ranks.size(), " of ", wish.local_ranks, " ranks are placed"));
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    if (ranks[i].rank.value != i) found.push_back(cat("rank ", i, " is not in its place"));
    judge_pus(topology, usable, ranks[i], found);
    judge_devices(topology, usable, ranks[i], found);
  }
  judge_overlap(usable, ranks, found);
  return found;
}

}  // namespace holdfast::affinity
