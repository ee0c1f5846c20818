// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ground.hpp"
#include "sharing.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace holdfast::affinity {

/// Which GPUs each rank owns, as indices into Resources::gpus, ascending. Rank order follows GPU
/// order.
using Dealing = std::vector<std::vector<std::size_t>>;

/// Fair: every rank has a GPU while there is one, no GPU has more than one rank more than another,
/// and no rank more than one GPU more than another, but see group_gpus(). Among fair dealings the
/// one whose full sharing of cores costs least; among those GPUs that are near each other stay
/// together.
[[nodiscard]] Dealing deal_gpus(const Ground& ground, unsigned ranks, Effort& effort);

/// The kinds of ranks a dealing makes, in the order of their first rank, and the kind of each rank.
struct Kinds {
  std::vector<RankKind> kinds;
  std::vector<std::size_t> kind_of;
};
[[nodiscard]] Kinds kinds_of(const Ground& ground, const Dealing& dealing);

/// The cost of the full sharing a dealing leads to, or of the double one where there are more ranks
/// than units; above `bound` it may be too low.
[[nodiscard]] std::uint64_t dealing_cost(const Ground& ground,
                                         const Dealing& dealing,
                                         std::uint64_t bound,
                                         Effort& effort);

}  // namespace holdfast::affinity
