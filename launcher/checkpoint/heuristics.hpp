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

/// A regular file for which `counts` holds and that was written after / before `when`; nullptr:
/// none.
[[nodiscard]] const Member* newer_than(const Tree& tree,
                                       Time when,
                                       bool (*counts)(std::string_view path));
[[nodiscard]] const Member* older_than(const Tree& tree,
                                       Time when,
                                       bool (*counts)(std::string_view path));

/// A file that has far fewer blocks than bytes. No verdict: compressing file systems do that too.
[[nodiscard]] bool looks_sparse(const FileStatus& status);

/// The name a file of step `step` would have in a sibling of step `other`.
[[nodiscard]] std::string name_in_sibling(std::string_view path,
                                          std::optional<std::uint64_t> step,
                                          std::optional<std::uint64_t> other);

/// What a good sibling has and this checkpoint has not, named as in the sibling. `step` and
/// `sibling_step` are taken out of the names before; notes and logs do not count.
[[nodiscard]] std::vector<std::string> missing_beside(const Tree& tree,
                                                      std::optional<std::uint64_t> step,
                                                      const Tree& sibling,
                                                      std::optional<std::uint64_t> sibling_step);

}  // namespace holdfast::checkpoint
