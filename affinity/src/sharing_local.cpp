// SPDX-License-Identifier: Apache-2.0
// Mode::local, and more ranks than PUs. Local shares are filled like glasses from below: one unit
// more for every rank that can still get one without taking another rank's last, until none can
// (progressive filling, which is max-min fair).
#include "flow.hpp"
#include "sharing.hpp"

#include <algorithm>
#include <compare>
#include <deque>
#include <optional>

namespace holdfast::affinity {

namespace {

/// Distances compared only after something that counts more.
struct RankedDistance {
  std::int64_t first{};
  std::int64_t distance{};

  friend auto operator<=>(const RankedDistance&, const RankedDistance&) = default;
  friend RankedDistance operator+(RankedDistance a, const RankedDistance& b) {
    return {a.first + b.first, a.distance + b.distance};
  }
  friend RankedDistance operator-(RankedDistance a, const RankedDistance& b) {
    return {a.first - b.first, a.distance - b.distance};
  }
};

/// Ranks of one kind that take units at one distance.
struct Drinker {
  std::size_t kind{};
  std::uint64_t at{};
  std::size_t ranks{};
  std::vector<std::uint64_t> from;
  bool full{};  ///< gets no more
};

class LocalShares {
 public:
  LocalShares(const Ground& ground, const std::vector<RankKind>& kinds)
      : kinds_(kinds), distance_(kind_distances(ground, kinds)) {
    for (const UnitClass& unit_class : ground.classes)
      free_.push_back(unit_class.units.size());
  }

  std::vector<Share> fill() {
    give_each_rank_one();
    for (bool rising = true; rising;) {
      rising = false;
      for (Drinker& drinker : drinkers_) {
        for (std::uint64_t wanted = drinker.ranks; !drinker.full && wanted != 0;) {
          const std::uint64_t got = raise(drinker, wanted);
          wanted -= got;
          drinker.full = got == 0;
          rising = rising || got != 0;
        }
      }
    }
    return collect();
  }

 private:
  [[nodiscard]] std::uint64_t distance(std::size_t unit_class, std::size_t kind) const {
    return distance_[unit_class * kinds_.size() + kind];
  }

  [[nodiscard]] std::uint64_t least_distance(std::size_t kind) const {
    std::uint64_t least = distance(0, kind);
    for (std::size_t c = 1; c < free_.size(); ++c)
      least = std::min(least, distance(c, kind));
    return least;
  }

  /// As many ranks as can get a local unit do; the others go as short a way as they can.
  void give_each_rank_one() {
    std::vector<std::uint64_t> demand;
    for (const RankKind& kind : kinds_)
      demand.push_back(kind.ranks);
    std::vector<RankedDistance> price;
    for (std::size_t c = 0; c < free_.size(); ++c)
      for (std::size_t k = 0; k < kinds_.size(); ++k)
        price.push_back(
            {distance(c, k) != least_distance(k), static_cast<std::int64_t>(distance(c, k))});
    const Transport<RankedDistance> flow(free_, std::move(demand), std::move(price));
    for (std::size_t k = 0; k < kinds_.size(); ++k) {
      const std::size_t first = drinkers_.size();
      for (std::size_t c = 0; c < free_.size(); ++c) {
        if (flow.sent(c, k) == 0) continue;
        Drinker& drinker = drinker_at(first, k, distance(c, k));
        drinker.from[c] += flow.sent(c, k);
        drinker.ranks += flow.sent(c, k);
      }
      // Where one rank of a kind finds no free local unit, none of its equals finds a second one.
      for (std::size_t d = first; d < drinkers_.size(); ++d)
        drinkers_[d].full = drinkers_.size() - first > 1 || drinkers_[d].at != least_distance(k);
    }
    for (const Drinker& drinker : drinkers_)
      for (std::size_t c = 0; c < free_.size(); ++c)
        free_[c] -= drinker.from[c];
  }

  Drinker& drinker_at(std::size_t first, std::size_t kind, std::uint64_t at) {
    for (std::size_t d = first; d < drinkers_.size(); ++d)
      if (drinkers_[d].at == at) return drinkers_[d];
    return drinkers_.emplace_back(
        Drinker{kind, at, 0, std::vector<std::uint64_t>(free_.size()), {}});
  }

  [[nodiscard]] bool may_take(const Drinker& drinker, std::size_t unit_class) const {
    return distance(unit_class, drinker.kind) == drinker.at;
  }

  /// How a class was reached: `giver` would move from it to the class before it.
  struct Step {
    std::size_t before{none};
    std::size_t giver{none};
    bool seen{};
  };

  /// Gives up to `wanted` more units to a drinker, moving others to units as near to them; returns
  /// how many.
  std::uint64_t raise(Drinker& drinker, std::uint64_t wanted) {
    std::vector<Step> steps(free_.size());
    std::deque<std::size_t> next;
    for (std::size_t c = 0; c < free_.size(); ++c) {
      if (!may_take(drinker, c)) continue;
      steps[c].seen = true;
      next.push_back(c);
    }
    for (; !next.empty(); next.pop_front()) {
      const std::size_t here = next.front();
      if (free_[here] != 0) return move_along(drinker, wanted, here, steps);
      for (std::size_t d = 0; d < drinkers_.size(); ++d) {
        if (drinkers_[d].from[here] == 0) continue;
        for (std::size_t c = 0; c < free_.size(); ++c) {
          if (steps[c].seen || !may_take(drinkers_[d], c)) continue;
          steps[c] = {here, d, true};
          next.push_back(c);
        }
      }
    }
    return 0;
  }

  std::uint64_t move_along(Drinker& drinker,
                           std::uint64_t wanted,
                           std::size_t end,
                           const std::vector<Step>& steps) {
    std::uint64_t units = std::min(wanted, free_[end]);
    for (std::size_t c = end; steps[c].before != none; c = steps[c].before)
      units = std::min(units, drinkers_[steps[c].giver].from[steps[c].before]);
    free_[end] -= units;
    std::size_t at = end;
    for (; steps[at].before != none; at = steps[at].before) {
      Drinker& giver = drinkers_[steps[at].giver];
      giver.from[at] += units;
      giver.from[steps[at].before] -= units;
    }
    drinker.from[at] += units;
    return units;
  }

  [[nodiscard]] std::vector<Share> collect() const {
    std::vector<Share> shares;
    for (const Drinker& drinker : drinkers_) {
      if (shares.empty() || shares.back().kind != drinker.kind) {
        shares.push_back({drinker.kind, drinker.ranks, drinker.from});
        continue;
      }
      shares.back().ranks += drinker.ranks;
      for (std::size_t c = 0; c < free_.size(); ++c)
        shares.back().from[c] += drinker.from[c];
    }
    return shares;
  }

  static constexpr std::size_t none = SIZE_MAX;

  const std::vector<RankKind>& kinds_;
  std::vector<std::uint64_t> distance_;
  std::vector<std::uint64_t> free_;  ///< units of each class that nobody has
  std::vector<Drinker> drinkers_;
};

}  // namespace

std::vector<Share> share_locally(const Ground& ground, const std::vector<RankKind>& kinds) {
  return LocalShares(ground, kinds).fill();
}

std::vector<Share> share_doubly(const Ground& ground,
                                const std::vector<RankKind>& kinds,
                                Effort& effort) {
  std::uint64_t ranks = 0;
  std::vector<std::uint64_t> demand;
  for (const RankKind& kind : kinds) {
    demand.push_back(kind.ranks);
    ranks += kind.ranks;
  }
  const std::uint64_t rounds = ranks / ground.units.size();
  const auto distance = kind_distances(ground, kinds);
  std::vector<std::uint64_t> supply;
  std::vector<RankedDistance> price;
  for (const bool last_round : {false, true}) {  // the last round begins when the others are full
    for (std::size_t c = 0; c < ground.classes.size(); ++c) {
      supply.push_back(ground.classes[c].units.size() * (last_round ? 1 : rounds));
      for (std::size_t k = 0; k < kinds.size(); ++k)
        price.push_back({last_round, static_cast<std::int64_t>(distance[c * kinds.size() + k])});
    }
  }
  const Transport<RankedDistance> flow(std::move(supply), std::move(demand), std::move(price));
  effort.spend(flow.work());
  std::vector<Share> shares;
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    Share& share = shares.emplace_back(Share{k, kinds[k].ranks, {}});
    for (std::size_t c = 0; c < ground.classes.size(); ++c)
      share.from.push_back(flow.sent(c, k) + flow.sent(c + ground.classes.size(), k));
  }
  return shares;
}

}  // namespace holdfast::affinity
