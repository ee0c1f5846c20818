// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/heuristics.hpp"

#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>

namespace holdfast::checkpoint {

std::uint64_t extent(const Grid& grid, std::size_t dimension) {
  std::uint64_t largest = 0;
  for (const auto& point : grid)
    largest = std::max(largest, point[dimension] + 1);
  return largest;
}

std::optional<std::vector<std::uint64_t>> first_gap(const Grid& grid) {
  if (grid.empty()) return std::nullopt;
  const std::size_t dimensions = grid.begin()->size();
  std::vector<std::uint64_t> ends(dimensions);
  for (std::size_t i = 0; i < dimensions; ++i)
    ends[i] = extent(grid, i);
  // The set is ordered like an odometer, so the first point that is not the next reading is the
  // gap. It is found after at most one step per point, however large the numbers are.
  std::vector<std::uint64_t> expected(dimensions, 0);
  for (const auto& point : grid) {
    if (point != expected) return expected;
    for (std::size_t i = dimensions; i-- > 0;) {
      if (++expected[i] < ends[i]) break;
      expected[i] = 0;
    }
  }
  if (std::ranges::all_of(expected, [](std::uint64_t number) { return number == 0; }))
    return std::nullopt;
  return expected;
}

const Member* newer_than(const Tree& tree, Time when, bool (*counts)(std::string_view path)) {
  for (const Member& member : tree.members)
    if (member.status.kind == FileKind::regular && member.status.modified > when &&
        counts(member.path))
      return &member;
  return nullptr;
}

const Member* older_than(const Tree& tree, Time when, bool (*counts)(std::string_view path)) {
  for (const Member& member : tree.members)
    if (member.status.kind == FileKind::regular && member.status.modified < when &&
        counts(member.path))
      return &member;
  return nullptr;
}

bool looks_sparse(const FileStatus& status) {
  // Small files may lie in the inode and own no block at all.
  constexpr std::uint64_t page = 4096;
  return status.kind == FileKind::regular && status.size > page &&
         status.blocks * 512 < status.size;
}

namespace {

enum class Occurrences { first, all };

/// The path with the step, as a whole number, replaced: step 1 is not to be found in "rank_10".
std::string with_step(std::string_view path,
                      std::uint64_t step,
                      std::uint64_t other,
                      Occurrences which) {
  const std::string number = std::to_string(step);
  const std::string replacement = std::to_string(other);
  std::string out;
  bool replaced = false;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find_first_not_of("0123456789", at), path.size());
    if (end == at) {
      out += path[at++];
      continue;
    }
    const std::string_view digits = path.substr(at, end - at);
    const std::string_view bare =
        digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1));
    if (bare != number || (replaced && which == Occurrences::first)) {
      out += digits;
    } else {
      if (replacement.size() < digits.size()) out.append(digits.size() - replacement.size(), '0');
      out += replacement;
      replaced = true;
    }
    at = end;
  }
  return out;
}

}  // namespace

std::string name_in_sibling(std::string_view path,
                            std::optional<std::uint64_t> step,
                            std::optional<std::uint64_t> other) {
  return step && other ? with_step(path, *step, *other, Occurrences::all) : std::string(path);
}

std::vector<std::string> missing_beside(const Tree& tree,
                                        std::optional<std::uint64_t> step,
                                        const Tree& sibling,
                                        std::optional<std::uint64_t> sibling_step) {
  const auto here = [&](const std::string& path) {
    const Member* member = tree.find(path);
    return member != nullptr && member->status.kind == FileKind::regular;
  };
  // A small step may be the number of a rank as well, so every reading of the name counts.
  const auto there = [&](const std::string& path) {
    if (here(path)) return true;
    if (!step || !sibling_step) return false;
    return here(with_step(path, *sibling_step, *step, Occurrences::first)) ||
           here(with_step(path, *sibling_step, *step, Occurrences::all));
  };
  std::vector<std::string> missing;
  for (const Member& member : sibling.members)
    if (member.status.kind == FileKind::regular && !is_bystander(base_name(member.path)) &&
        !there(member.path))
      missing.push_back(member.path);
  return missing;
}

}  // namespace holdfast::checkpoint
