// SPDX-License-Identifier: Apache-2.0
// What can be told of a checkpoint of any format by comparing names, sizes and times. Pure: values
// in, values out. Layouts call these and turn the answers into findings.
#pragma once

#include "holdfast/checkpoint/layout.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::checkpoint {

/// Rank numbers read from file names, one point per file: (dp, mp), or just (rank).
using Grid = std::set<std::vector<std::uint64_t>>;

/// The first point missing for the grid to be full, 0 to the largest in each dimension; nothing
/// when it is full. Points of unequal dimension are the caller's bug.
[[nodiscard]] std::optional<std::vector<std::uint64_t>> first_gap(const Grid& grid);

/// How many values the grid has in one dimension: largest + 1.
[[nodiscard]] std::uint64_t extent(const Grid& grid, std::size_t dimension);

/// A regular file that was written after the commit marker, which is to be the newest of all. None:
/// nullptr. `marker` and what is no regular file does not count.
[[nodiscard]] const Member* newer_than(const Tree& tree,
                                       std::string_view marker,
                                       std::chrono::nanoseconds slack);

/// A file that has far fewer blocks than bytes. No verdict: compressing file systems do that too.
[[nodiscard]] bool looks_sparse(const FileStatus& status);

/// What a good sibling has and this checkpoint has not, numbers of the step apart.
struct Unlike {
  enum class Kind {
    missing,  ///< the sibling has such a file
    size,     ///< more than a twentieth larger or smaller
  };
  std::string file;  ///< as named in the sibling for `missing`, here for `size`
  Kind kind{Kind::missing};
};

/// Compares names and sizes with those of a good sibling. `step` and `sibling_step` are taken out
/// of the names before.
[[nodiscard]] std::vector<Unlike> unlike_sibling(const Tree& tree,
                                                 std::optional<std::uint64_t> step,
                                                 const Tree& sibling,
                                                 std::optional<std::uint64_t> sibling_step);

}  // namespace holdfast::checkpoint
