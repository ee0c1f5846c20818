// SPDX-License-Identifier: Apache-2.0
// The least mean of means has a blind spot: a far core weighs a little less in a share that is one
// core bigger, so the least cost piles all far cores on the bigger shares and leaves some ranks
// with none of their own. Here every core counts the same, which changes the cost by next to
// nothing; then a cheapest split is rarely the only one, and equals exchange units until they are
// even.
#include "evening_out.hpp"

#include "flow.hpp"

#include <algorithm>
#include <numeric>

namespace holdfast::affinity {

namespace {

/// Two shares that could exchange a unit of `near` for one of `far` at no price.
struct Exchange {
  std::size_t loser;   ///< the share that is worse off: it gives a unit of `far`
  std::size_t winner;  ///< gives a unit of `near`
  std::size_t far;
  std::size_t near;
};

class EvenShares {
 public:
  EvenShares(const Ground& ground, const std::vector<RankKind>& kinds, std::vector<Share>& shares)
      : kinds_(kinds.size()), distance_(kind_distances(ground, kinds)), shares_(shares) {}

  void run() {
    constexpr unsigned passes = 8;  // each halves what is left or more; the rest is cosmetic
    for (unsigned pass = 0; pass < passes && improve(); ++pass)
      continue;
  }

 private:
  bool improve() {
    bool improved = false;
    for (std::size_t a = 0; a < shares_.size(); ++a)
      for (std::size_t b = 0; b < shares_.size(); ++b)
        if (a != b && burden(a) * ranks(b) > burden(b) * ranks(a)) improved |= relieve(a, b);
    return improved;
  }

  bool relieve(std::size_t loser, std::size_t winner) {
    bool relieved = false;
    for (std::size_t far = 0; far < shares_[loser].from.size(); ++far) {
      if (shares_[loser].from[far] == 0) continue;
      for (std::size_t near = 0; near < shares_[winner].from.size(); ++near)
        if (shares_[winner].from[near] != 0) relieved |= make({loser, winner, far, near});
    }
    return relieved;
  }

  bool make(const Exchange& exchange) {
    const auto [a, b, far, near] = exchange;
    const std::uint64_t gain = distance(far, a) - distance(near, a);
    const std::uint64_t loss = distance(far, b) - distance(near, b);
    if (distance(far, a) <= distance(near, a) || distance(far, b) <= distance(near, b))
      return false;
    if (gain != loss) return false;
    if (burden(a) * ranks(b) <= burden(b) * ranks(a)) return false;
    const std::uint64_t most =
        (burden(a) * ranks(b) - burden(b) * ranks(a)) / (gain * ranks(b) + loss * ranks(a));
    const std::uint64_t units = std::min({most, shares_[a].from[far], shares_[b].from[near]});
    shares_[a].from[far] -= units;
    shares_[a].from[near] += units;
    shares_[b].from[near] -= units;
    shares_[b].from[far] += units;
    return units != 0;
  }

  [[nodiscard]] std::uint64_t distance(std::size_t unit_class, std::size_t share) const {
    return distance_[unit_class * kinds_ + shares_[share].kind];
  }

  [[nodiscard]] std::uint64_t ranks(std::size_t share) const { return shares_[share].ranks; }

  /// All distances of a share's units together.
  [[nodiscard]] std::uint64_t burden(std::size_t share) const {
    std::uint64_t sum = 0;
    for (std::size_t c = 0; c < shares_[share].from.size(); ++c)
      sum += shares_[share].from[c] * distance(c, share);
    return sum;
  }

  std::size_t kinds_;
  std::vector<std::uint64_t> distance_;
  std::vector<Share>& shares_;
};

/// One share for each kind, as big as `sizes` says, with the least distance of all units together.
std::vector<Share> share_by_total(const Ground& ground,
                                  const std::vector<RankKind>& kinds,
                                  const std::vector<std::uint64_t>& sizes) {
  std::vector<std::uint64_t> supply;
  for (const UnitClass& unit_class : ground.classes)
    supply.push_back(unit_class.units.size());
  const Transport<std::uint64_t> flow(std::move(supply), sizes, kind_distances(ground, kinds));
  std::vector<Share> shares;
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    Share& share = shares.emplace_back(Share{k, kinds[k].ranks, {}});
    for (std::size_t c = 0; c < ground.classes.size(); ++c)
      share.from.push_back(flow.sent(c, k));
  }
  return shares;
}

/// The same scaled cost as FullSharing::cost, of shares that are dealt like cards.
std::uint64_t cost_when_dealt(const std::vector<RankKind>& kinds,
                              const std::vector<std::uint64_t>& distances,
                              const std::vector<Share>& shares,
                              std::uint64_t least_share) {
  std::uint64_t cost = 0;
  for (const Share& share : shares) {
    for (const auto& rank : deal_like_cards(share, kinds, distances)) {
      std::uint64_t units = 0;
      std::uint64_t burden = 0;
      for (std::size_t c = 0; c < rank.size(); ++c) {
        units += rank[c];
        burden += rank[c] * distances[c * kinds.size() + share.kind];
      }
      cost += burden * (2 * least_share + 1 - units);
    }
  }
  return cost;
}

}  // namespace

std::vector<Share> evened_out(const Ground& ground,
                              const std::vector<RankKind>& kinds,
                              FullSharing least) {
  std::uint64_t ranks = 0;
  for (const RankKind& kind : kinds)
    ranks += kind.ranks;
  const bool is_even_already = least.cost == 0 || least.shares.empty() || ranks == 0;
  if (is_even_already) return std::move(least.shares);
  std::vector<std::uint64_t> sizes(kinds.size());
  for (const Share& share : least.shares)
    sizes[share.kind] += std::accumulate(share.from.begin(), share.from.end(), std::uint64_t{0});
  auto even = share_by_total(ground, kinds, sizes);
  EvenShares(ground, kinds, even).run();
  const std::uint64_t least_share = ground.units.size() / ranks;
  const auto cost = cost_when_dealt(kinds, kind_distances(ground, kinds), even, least_share);
  // The cost is the mean over the ranks times 2 (halves) · scale · q(q + 1) · ranks.
  const std::uint64_t tolerance =
      distance_scale(kinds) * least_share * (least_share + 1) * ranks / 10;
  return cost <= least.cost + tolerance ? even : std::move(least.shares);
}

}  // namespace holdfast::affinity
