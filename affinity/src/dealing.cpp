// SPDX-License-Identifier: Apache-2.0
// GPUs to ranks. As many ranks as GPUs: rank i owns GPU i, because programs call
// set_device(LOCAL_RANK). Otherwise there is a choice, and it is made by what the cores will cost:
// each idea is priced by the full sharing it leads to.
#include "dealing.hpp"

#include "grouping.hpp"

#include <algorithm>
#include <map>

namespace holdfast::affinity {

Kinds kinds_of(const Ground& ground, const Dealing& dealing) {
  Kinds all;
  std::map<std::vector<std::size_t>, std::size_t> known;
  for (const auto& gpus : dealing) {
    std::vector<std::size_t> places;
    places.reserve(gpus.size());
    for (const std::size_t gpu : gpus)
      places.push_back(ground.place_of[gpu]);
    std::ranges::sort(places);
    const auto [at, is_new] = known.emplace(places, all.kinds.size());
    if (is_new) all.kinds.push_back({std::move(places), 0});
    ++all.kinds[at->second].ranks;
    all.kind_of.push_back(at->second);
  }
  return all;
}

std::uint64_t dealing_cost(const Ground& ground,
                           const Dealing& dealing,
                           std::uint64_t bound,
                           Effort& effort) {
  const auto kinds = kinds_of(ground, dealing).kinds;
  if (dealing.size() <= ground.units.size())
    return share_in_full(ground, kinds, bound, effort).cost;
  const auto distances = kind_distances(ground, kinds);
  std::uint64_t cost = 0;
  for (const Share& share : share_doubly(ground, kinds, effort))
    for (std::size_t c = 0; c < share.from.size(); ++c)
      cost += share.from[c] * distances[c * kinds.size() + share.kind];
  return cost;
}

namespace {

/// Rank order follows the order of the ranks' first GPUs.
Dealing in_rank_order(Dealing dealing) {
  for (auto& gpus : dealing)
    std::ranges::sort(gpus);
  std::ranges::sort(dealing);
  return dealing;
}

/// More ranks than GPUs: `more[place]` GPUs of each place, the first ones, get one rank more.
Dealing share_gpus(const Ground& ground, unsigned ranks, std::vector<std::size_t> more) {
  Dealing dealing;
  for (std::size_t gpu = 0; gpu < ground.place_of.size(); ++gpu) {
    std::size_t users = ranks / ground.place_of.size();
    std::size_t& left = more[ground.place_of[gpu]];
    if (left != 0) {
      --left;
      ++users;
    }
    dealing.insert(dealing.end(), users, {gpu});
  }
  return dealing;
}

Dealing deal_more_ranks(const Ground& ground, unsigned ranks, Effort& effort) {
  const std::size_t gpus = ground.place_of.size();
  const std::size_t rest = ranks % gpus;
  std::vector<std::size_t> spread(ground.places.size());
  if (rest == 0) return share_gpus(ground, ranks, spread);
  std::vector<std::size_t> limits(ground.places.size());
  for (const std::size_t place : ground.place_of)
    ++limits[place];
  // The first idea: the surplus evenly over the places, which stand in compact order.
  const auto order = place_order(ground);
  for (std::size_t i = 0; i < rest; ++i)
    ++spread[ground.place_of[order[i * gpus / rest]]];
  std::uint64_t least = UINT64_MAX;
  const auto price = [&](const std::vector<std::size_t>& more) {
    const auto cost = dealing_cost(ground, share_gpus(ground, ranks, more), least, effort);
    least = std::min(least, cost);
    return cost;
  };
  return share_gpus(ground, ranks, Choice(limits, spread, 0, effort, price).counts());
}

}  // namespace

Dealing deal_gpus(const Ground& ground, unsigned ranks, Effort& effort) {
  const std::size_t gpus = ground.place_of.size();
  if (gpus == 0) return Dealing(ranks);
  if (ranks >= gpus) return deal_more_ranks(ground, ranks, effort);
  return in_rank_order(group_gpus(ground, ranks, effort));
}

}  // namespace holdfast::affinity
