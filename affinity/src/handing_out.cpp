// SPDX-License-Identifier: Apache-2.0
// From numbers to cores. A class is a row of units in compact order; shares take runs from it in
// rank order, ranks take runs from their share's run.
#include "handing_out.hpp"

#include "cut.hpp"

#include <algorithm>
#include <optional>

namespace holdfast::affinity {

namespace {

/// The one class a share takes from, where there is only one.
std::optional<std::size_t> only_class(const Share& share) {
  std::optional<std::size_t> only;
  for (std::size_t c = 0; c < share.from.size(); ++c) {
    if (share.from[c] == 0) continue;
    if (only) return std::nullopt;
    only = c;
  }
  return only;
}

/// The ordinary and the bigger shares of a kind become one where both take from one class only:
/// then cut() may choose who gets the bigger ones.
std::vector<Share> merge(std::vector<Share> shares) {
  std::vector<Share> merged;
  for (Share& share : shares) {
    const auto is_twin = [&](const Share& other) {
      return other.kind == share.kind && only_class(other) &&
             only_class(other) == only_class(share);
    };
    const auto twin = std::ranges::find_if(merged, is_twin);
    if (twin == merged.end()) {
      merged.push_back(std::move(share));
      continue;
    }
    twin->ranks += share.ranks;
    for (std::size_t c = 0; c < share.from.size(); ++c)
      twin->from[c] += share.from[c];
  }
  return merged;
}

class HandingOut {
 public:
  HandingOut(const Topology& topology, const Ground& ground, const Kinds& kinds)
      : topology_(topology),
        ground_(ground),
        kinds_(kinds),
        distance_(kind_distances(ground, kinds.kinds)),
        given_(kinds.kind_of.size()) {}

  std::vector<std::vector<std::size_t>> run(const std::vector<Share>& shares) {
    lay_out(shares);
    for (const auto& [ranks, share] : in_rank_order(shares)) {
      if (const auto only = only_class(share))
        cut_run(ranks, *only, share.from[*only]);
      else
        deal_round(ranks, share);
    }
    for (auto& units : given_)
      std::ranges::sort(units);
    return std::move(given_);
  }

 private:
  struct RanksOfShare {
    std::vector<std::size_t> ranks;
    Share share;
  };

  /// The slots of each class: its units, several times where ranks outnumber units.
  void lay_out(const std::vector<Share>& shares) {
    cursor_.assign(ground_.classes.size(), 0);
    for (std::size_t c = 0; c < ground_.classes.size(); ++c) {
      std::size_t wanted = 0;
      for (const Share& share : shares)
        wanted += share.from[c];
      const auto& units = ground_.classes[c].units;
      std::vector<std::size_t>& slots = slots_.emplace_back(units);
      if (wanted <= units.size()) continue;
      slots.clear();
      for (std::size_t i = 0; i < units.size(); ++i)
        slots.insert(
            slots.end(), wanted / units.size() + (i < wanted % units.size() ? 1 : 0), units[i]);
    }
  }

  /// Says which ranks of its kind have which share, lower ranks first.
  [[nodiscard]] std::vector<RanksOfShare> in_rank_order(const std::vector<Share>& shares) const {
    std::vector<std::vector<std::size_t>> ranks_of(kinds_.kinds.size());
    for (std::size_t rank = 0; rank < kinds_.kind_of.size(); ++rank)
      ranks_of[kinds_.kind_of[rank]].push_back(rank);
    std::vector<std::size_t> taken(kinds_.kinds.size());
    std::vector<RanksOfShare> all;
    for (const Share& share : shares) {
      const auto first =
          ranks_of[share.kind].begin() + static_cast<std::ptrdiff_t>(taken[share.kind]);
      all.push_back({{first, first + static_cast<std::ptrdiff_t>(share.ranks)}, share});
      taken[share.kind] += share.ranks;
    }
    std::ranges::sort(all, {}, [](const RanksOfShare& one) { return one.ranks.front(); });
    return all;
  }

  void take(std::size_t rank, std::size_t unit_class, std::size_t count) {
    for (; count != 0; --count)
      given_[rank].push_back(slots_[unit_class][cursor_[unit_class]++]);
  }

  /// All from one class: a run, cut where the machine has its seams.
  void cut_run(const std::vector<std::size_t>& ranks, std::size_t unit_class, std::size_t total) {
    const std::size_t first = cursor_[unit_class];
    std::vector<unsigned> seams;
    for (std::size_t i = first; i + 1 < first + total; ++i)
      seams.push_back(seam(slots_[unit_class][i], slots_[unit_class][i + 1]));
    const auto sizes = cut(seams, ranks.size());
    for (std::size_t i = 0; i < ranks.size(); ++i)
      take(ranks[i], unit_class, sizes[i]);
  }

  void deal_round(const std::vector<std::size_t>& ranks, const Share& share) {
    const auto counts = deal_like_cards(share, kinds_.kinds, distance_);
    for (std::size_t i = 0; i < ranks.size(); ++i)
      for (std::size_t c = 0; c < share.from.size(); ++c)
        take(ranks[i], c, counts[i][c]);
  }

  [[nodiscard]] unsigned seam(std::size_t one, std::size_t other) const {
    const Core& a = topology_.cores[ground_.units[one].core];
    const Core& b = topology_.cores[ground_.units[other].core];
    if (a.package != b.package) return 1000;
    if (a.numa != b.numa) return 100;
    if (a.l3 != b.l3) return 10;
    return ground_.units_are_pus && ground_.units[one].core != ground_.units[other].core ? 1 : 0;
  }

  const Topology& topology_;
  const Ground& ground_;
  const Kinds& kinds_;
  std::vector<std::uint64_t> distance_;
  std::vector<std::vector<std::size_t>> slots_;
  std::vector<std::size_t> cursor_;
  std::vector<std::vector<std::size_t>> given_;
};

}  // namespace

std::vector<std::vector<std::size_t>> hand_out(const Topology& topology,
                                               const Ground& ground,
                                               const Kinds& kinds,
                                               std::vector<Share> shares) {
  return HandingOut(topology, ground, kinds).run(merge(std::move(shares)));
}

}  // namespace holdfast::affinity
