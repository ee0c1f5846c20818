// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "choice.hpp"
#include "ground.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace holdfast::affinity {

/// Ranks whose GPUs are at the same places: to the sharing of cores they are all alike.
struct RankKind {
  std::vector<std::size_t> places;  ///< one for each of a rank's GPUs, ascending; none without GPU
  std::size_t ranks{};

  friend bool operator==(const RankKind&, const RankKind&) = default;
};

/// What some ranks of one kind get together.
struct Share {
  std::size_t kind{};
  std::size_t ranks{};
  std::vector<std::uint64_t> from;  ///< units of each class
};

/// Every unit to some rank, shares equal ±1, and the least mean over the ranks of the mean distance
/// of a rank's units.
struct FullSharing {
  std::uint64_t cost{};  ///< that mean, scaled so that it is whole; comparable where ranks and GPUs
                         ///< are as many
  std::vector<Share> shares;
};

/// At most what cost `bound` needs is worked out in detail: above it only `cost` means something.
[[nodiscard]] FullSharing share_in_full(const Ground& ground,
                                        const std::vector<RankKind>& kinds,
                                        std::uint64_t bound,
                                        Effort& effort);

/// Each rank only what is nearest to it, max-min fair. Where that does not go round, the ranks that
/// come off badly get one unit each, the nearest that can be.
[[nodiscard]] std::vector<Share> share_locally(const Ground& ground,
                                               const std::vector<RankKind>& kinds);

/// One unit for each rank where ranks outnumber units: every unit serves equally many ranks ±1.
[[nodiscard]] std::vector<Share> share_doubly(const Ground& ground,
                                              const std::vector<RankKind>& kinds,
                                              Effort& effort);

/// Deals a share to its ranks like cards, the farthest units first and the ranks with one unit more
/// first: equally many of each class ±1, and the far one too many goes where it weighs least.
/// counts[rank][class].
[[nodiscard]] std::vector<std::vector<std::uint64_t>> deal_like_cards(
    const Share& share,
    const std::vector<RankKind>& kinds,
    const std::vector<std::uint64_t>& distances);

/// Mean distance of the units of a class from the GPUs of a kind, scaled by the same whole number
/// for all kinds.
[[nodiscard]] std::vector<std::uint64_t> kind_distances(const Ground& ground,
                                                        const std::vector<RankKind>& kinds);

/// The scale of kind_distances(): what half a unit of distance counts there.
[[nodiscard]] std::uint64_t distance_scale(const std::vector<RankKind>& kinds);

}  // namespace holdfast::affinity
