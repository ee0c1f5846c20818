// SPDX-License-Identifier: Apache-2.0
// GPUs to ranks. As many ranks as GPUs: rank i owns GPU i, because programs call
// set_device(LOCAL_RANK). Otherwise there is a choice, and it is made by what the cores will cost:
// each idea is priced by the full sharing it leads to.
#include "dealing.hpp"

#include "cut.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace holdfast::affinity {

Kinds kinds_of(const Ground& ground, const Dealing& dealing) {
  Kinds all;
  std::map<std::vector<std::size_t>, std::size_t> known;
  for (const auto& gpus : dealing) {
    std::vector<std::size_t> places;
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

namespace {

/// GPU indices place by place, each place in the runtime's order.
std::vector<std::size_t> place_order(const Ground& ground) {
  std::vector<std::size_t> order(ground.place_of.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t gpu) { return ground.place_of[gpu]; });
  return order;
}

/// Rank order follows the order of the ranks' first GPUs.
Dealing in_rank_order(Dealing dealing) {
  for (auto& gpus : dealing)
    std::ranges::sort(gpus);
  std::ranges::sort(dealing);
  return dealing;
}

std::uint64_t price_of(const Ground& ground,
                       const Dealing& dealing,
                       std::uint64_t bound,
                       Effort& effort) {
  return share_in_full(ground, kinds_of(ground, dealing).kinds, bound, effort).cost;
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
    const auto cost = price_of(ground, share_gpus(ground, ranks, more), least, effort);
    least = std::min(least, cost);
    return cost;
  };
  return share_gpus(ground, ranks, Choice(limits, spread, 0, effort, price).counts());
}

/// What is lost when one rank owns GPUs at both places.
unsigned seam_between(const Ground& ground, std::size_t one, std::size_t other) {
  if (one == other) return 0;
  if (ground.package_of_place[one] != ground.package_of_place[other]) return 4;
  return ground.places[one].numa == ground.places[other].numa ? 1 : 2;
}

/// Fewer ranks than GPUs, first idea: neighbours in place order, cut where that parts the fewest
/// that are near each other.
Dealing group_neighbours(const Ground& ground, unsigned ranks) {
  const auto order = place_order(ground);
  std::vector<unsigned> seams;
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    seams.push_back(seam_between(ground, ground.place_of[order[i]], ground.place_of[order[i + 1]]));
  }
  Dealing dealing;
  auto next = order.begin();
  for (const std::size_t size : cut(seams, ranks)) {
    const auto end = next + static_cast<std::ptrdiff_t>(size);
    dealing.emplace_back(next, end);
    next = end;
  }
  return dealing;
}

/// Improves a grouping by swaps and moves of single GPUs while that makes it cheaper.
class Regrouping {
 public:
  Regrouping(const Ground& ground, Dealing start, Effort& effort)
      : ground_(ground), effort_(effort), best_(std::move(start)) {
    least_ = price_of(ground_, best_, UINT64_MAX, effort_);
    while (improve())
      continue;
  }

  [[nodiscard]] Dealing take() && { return std::move(best_); }

 private:
  bool improve() {
    for (std::size_t one = 0; one < best_.size(); ++one)
      for (std::size_t other = 0; other < best_.size(); ++other)
        if (one != other && improve_between(one, other)) return true;
    return false;
  }

  bool improve_between(std::size_t one, std::size_t other) {
    for (std::size_t i = 0; i < best_[one].size(); ++i) {
      if (best_[one].size() > best_[other].size()) {
        Dealing moved = best_;
        moved[other].push_back(moved[one][i]);
        moved[one].erase(moved[one].begin() + static_cast<std::ptrdiff_t>(i));
        if (consider(std::move(moved))) return true;
      }
      for (std::size_t j = 0; one < other && j < best_[other].size(); ++j) {
        if (place(one, i) == place(other, j)) continue;
        Dealing swapped = best_;
        std::swap(swapped[one][i], swapped[other][j]);
        if (consider(std::move(swapped))) return true;
      }
    }
    return false;
  }

  [[nodiscard]] std::size_t place(std::size_t group, std::size_t member) const {
    return ground_.place_of[best_[group][member]];
  }

  bool consider(Dealing candidate) {
    if (least_ == 0 || effort_.is_spent()) return false;
    const std::uint64_t cost = price_of(ground_, candidate, least_, effort_);
    if (cost >= least_) return false;
    least_ = cost;
    best_ = std::move(candidate);
    return true;
  }

  const Ground& ground_;
  Effort& effort_;
  Dealing best_;
  std::uint64_t least_{};
};

}  // namespace

Dealing deal_gpus(const Ground& ground, unsigned ranks, Effort& effort) {
  const std::size_t gpus = ground.place_of.size();
  if (gpus == 0) return Dealing(ranks);
  if (ranks >= gpus) return deal_more_ranks(ground, ranks, effort);
  if (ground.places.size() == 1) return in_rank_order(group_neighbours(ground, ranks));
  return in_rank_order(Regrouping(ground, group_neighbours(ground, ranks), effort).take());
}

}  // namespace holdfast::affinity
