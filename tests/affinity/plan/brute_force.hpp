// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace holdfast::testing {

/// Distances of a tiny node: [rank][unit], in any unit of length.
using Distances = std::vector<std::vector<double>>;

/// The least sum over the ranks of the mean distance of a rank's units, over every way to give all
/// units to the ranks in shares equal ±1. Every way is looked at (those that lead to the same sizes
/// are looked at together).
[[nodiscard]] double least_full(const Distances& distances);

/// Every fair way to give GPUs to ranks: identity where they are as many, else every rank has a GPU
/// and numbers differ by one at most. [way][rank] is a list of GPUs.
[[nodiscard]] std::vector<std::vector<std::vector<std::size_t>>> fair_dealings(std::size_t gpus,
                                                                               std::size_t ranks);

/// What Mode::local promises, in the order of importance: as few ranks as can be that have no unit
/// at their least distance, these no farther than need be, and then sizes that are max-min fair.
struct LocalPromise {
  std::size_t strangers{};
  double way{};                    ///< how much farther than their least these units are, together
  std::vector<std::size_t> sizes;  ///< ascending

  /// Better than `other`, with distances equal when they differ by rounding only.
  [[nodiscard]] bool beats(const LocalPromise& other) const;
};
[[nodiscard]] LocalPromise best_local(const Distances& distances);
[[nodiscard]] LocalPromise promise_of(const Distances& distances,
                                      const std::vector<std::vector<std::size_t>>& units);

/// The least sum of weights when each column takes one row and no row serves more than `capacity`.
[[nodiscard]] std::vector<std::int64_t> least_assignment(
    const std::vector<std::vector<std::vector<std::int64_t>>>& weights, std::size_t capacity);

}  // namespace holdfast::testing
