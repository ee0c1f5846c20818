// SPDX-License-Identifier: Apache-2.0
// Mode::full. For given sizes of the shares the best split is a flow; which ranks get the one unit
// more is a choice on top, because a far unit weighs less in a bigger share. The relaxed flow,
// which counts every unit as in the bigger share, bounds that choice from below and often ends it
// at once.
#include "flow.hpp"
#include "sharing.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

namespace holdfast::affinity {

std::uint64_t distance_scale(const std::vector<RankKind>& kinds) {
  std::uint64_t scale = 1;  // makes the means of kinds with g and with g + 1 GPUs whole
  for (const RankKind& kind : kinds)
    if (!kind.places.empty()) scale = std::lcm(scale, std::uint64_t{kind.places.size()});
  return scale;
}

std::vector<std::uint64_t> kind_distances(const Ground& ground,
                                          const std::vector<RankKind>& kinds) {
  const std::uint64_t scale = distance_scale(kinds);
  std::vector<std::uint64_t> distances(ground.classes.size() * kinds.size());
  for (std::size_t c = 0; c < ground.classes.size(); ++c) {
    for (std::size_t k = 0; k < kinds.size(); ++k) {
      std::uint64_t sum = 0;
      for (const std::size_t place : kinds[k].places)
        sum += ground.classes[c].distance[place];
      if (sum != 0) distances[c * kinds.size() + k] = sum * (scale / kinds[k].places.size());
    }
  }
  return distances;
}

std::vector<std::vector<std::uint64_t>> deal_like_cards(
    const Share& share,
    const std::vector<RankKind>& kinds,
    const std::vector<std::uint64_t>& distances) {
  std::vector<std::size_t> order(share.from.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater{}, [&](std::size_t c) {
    return distances[c * kinds.size() + share.kind];
  });
  const auto cards_before = [&](std::uint64_t cards, std::size_t player) {
    return cards / share.ranks + (player < cards % share.ranks ? 1 : 0);
  };
  std::vector<std::vector<std::uint64_t>> counts(share.ranks,
                                                 std::vector<std::uint64_t>(share.from.size()));
  std::uint64_t dealt = 0;
  for (const std::size_t c : order) {
    const std::uint64_t end = dealt + share.from[c];
    for (std::size_t player = 0; player < share.ranks; ++player)
      counts[player][c] = cards_before(end, player) - cards_before(dealt, player);
    dealt = end;
  }
  return counts;
}

namespace {

/// One search for the best full sharing among ranks of given kinds.
class FullShares {
 public:
  FullShares(const Ground& ground, const std::vector<RankKind>& kinds)
      : kinds_(kinds), distance_(kind_distances(ground, kinds)) {
    std::size_t ranks = 0;
    for (const RankKind& kind : kinds)
      ranks += kind.ranks;
    for (const UnitClass& unit_class : ground.classes)
      supply_.push_back(unit_class.units.size());
    if (ranks == 0) return;  // nobody shares: nothing to divide by
    least_share_ = ground.units.size() / ranks;
    bigger_ = ground.units.size() % ranks;
  }

  FullSharing best(std::uint64_t bound, Effort& effort) {
    if (bigger_ == 0) return split(std::vector<std::size_t>(kinds_.size()), effort);
    std::vector<std::size_t> start(kinds_.size());
    const std::uint64_t floor = relax(start, effort);
    if (floor >= bound) return {floor, {}};
    std::vector<std::size_t> limits;
    for (const RankKind& kind : kinds_)
      limits.push_back(kind.ranks);
    const auto price = [&](const std::vector<std::size_t>& bigger) {
      return split(bigger, effort).cost;
    };
    const Choice choice(limits, start, floor, effort, price);
    return split(choice.counts(), effort);
  }

 private:
  [[nodiscard]] std::uint64_t distance(std::size_t unit_class, std::size_t kind) const {
    return distance_[unit_class * kinds_.size() + kind];
  }

  /// Columns: the ordinary ranks of each kind, then the bigger ones.
  FullSharing split(const std::vector<std::size_t>& bigger, Effort& effort) const {
    std::vector<Share> columns;
    std::vector<std::uint64_t> demand;
    std::vector<std::uint64_t> weight;
    const auto add = [&](std::size_t kind, std::size_t ranks, std::uint64_t each) {
      if (ranks == 0) return;
      columns.push_back({kind, ranks, {}});
      demand.push_back(ranks * each);
      weight.push_back(2 * least_share_ + 1 - each);  // a unit in a share of n counts 1/n
    };
    for (std::size_t k = 0; k < kinds_.size(); ++k) {
      add(k, bigger[k], least_share_ + 1);
      add(k, kinds_[k].ranks - bigger[k], least_share_);
    }
    std::vector<std::uint64_t> price(supply_.size() * columns.size());
    for (std::size_t c = 0; c < supply_.size(); ++c)
      for (std::size_t i = 0; i < columns.size(); ++i)
        price[c * columns.size() + i] = distance(c, columns[i].kind) * weight[i];
    const Transport<std::uint64_t> flow(supply_, std::move(demand), std::move(price));
    effort.spend(flow.work());
    return collect(flow, std::move(columns));
  }

  FullSharing collect(const Transport<std::uint64_t>& flow, std::vector<Share> columns) const {
    FullSharing sharing{0, std::move(columns)};
    for (std::size_t i = 0; i < sharing.shares.size(); ++i) {
      for (std::size_t c = 0; c < supply_.size(); ++c) {
        sharing.shares[i].from.push_back(flow.sent(c, i));
        sharing.cost += flow.sent(c, i) * flow.cost(c, i);
      }
    }
    return sharing;
  }

  /// A cost no sharing is below, and a first idea of how many ranks of each kind are bigger.
  std::uint64_t relax(std::vector<std::size_t>& bigger, Effort& effort) const {
    const std::size_t kinds = kinds_.size();
    std::uint64_t farthest = 0;
    for (const std::uint64_t d : distance_)
      farthest = std::max(farthest, d);
    // Dearer than any detour, so that the ordinary shares are filled first.
    const std::uint64_t extra = (farthest + 1) * (supply_.size() + 2 * kinds);
    std::vector<std::uint64_t> demand;
    for (const RankKind& kind : kinds_)
      demand.push_back(kind.ranks * least_share_);
    for (const RankKind& kind : kinds_)
      demand.push_back(kind.ranks);
    std::vector<std::uint64_t> price;
    for (std::size_t c = 0; c < supply_.size(); ++c) {
      for (std::size_t k = 0; k < kinds; ++k)
        price.push_back(distance(c, k));
      for (std::size_t k = 0; k < kinds; ++k)
        price.push_back(distance(c, k) + extra);
    }
    const Transport<std::uint64_t> flow(supply_, std::move(demand), std::move(price));
    effort.spend(flow.work());
    std::uint64_t cost = 0;
    for (std::size_t c = 0; c < supply_.size(); ++c) {
      for (std::size_t k = 0; k < kinds; ++k) {
        bigger[k] += flow.sent(c, kinds + k);
        cost += (flow.sent(c, k) + flow.sent(c, kinds + k)) * distance(c, k) * least_share_;
      }
    }
    return cost;
  }

  const std::vector<RankKind>& kinds_;
  std::vector<std::uint64_t> distance_;
  std::vector<std::uint64_t> supply_;
  std::uint64_t least_share_{};
  std::size_t bigger_{};
};

}  // namespace

FullSharing share_in_full(const Ground& ground,
                          const std::vector<RankKind>& kinds,
                          std::uint64_t bound,
                          Effort& effort) {
  return FullShares(ground, kinds).best(bound, effort);
}

}  // namespace holdfast::affinity
