// SPDX-License-Identifier: Apache-2.0
// Keeping a program that looks for its newest checkpoint itself away from bad ones. Frameworks find
// checkpoints by loose patterns, so renaming one where it lies makes things worse: it is moved out
// of the directory they scan, on the same file system, with a note of why. Nothing is ever deleted.
#pragma once

#include "holdfast/checkpoint/catalogue.hpp"
#include "holdfast/checkpoint/pointer.hpp"
#include "holdfast/common/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::checkpoint {

enum class QuarantineMode {
  off,    ///< say what is bad
  steer,  ///< touch nothing but a pointer that leads to a bad one
  move,   ///< move the bad ones out as well
};

/// One bad checkpoint on its way out.
struct QuarantineMove {
  std::size_t index{};            ///< in newest_first
  std::vector<std::string> from;  ///< what is moved, under the root
  std::string note;               ///< JSON, kept beside it
};

struct QuarantinePlan {
  std::optional<std::size_t> chosen;  ///< what the program is to find
  std::vector<PointerEdit> pointers;
  std::vector<QuarantineMove> moves;
  std::vector<std::string> stays;  ///< bad ones that are left where they are, and why
};

/// What is to be done. Pure. Moves only what is unfinished or damaged, never what may still be
/// written, and nothing at all while there is no good one to go back to.
[[nodiscard]] QuarantinePlan plan_quarantine(const Catalogue& catalogue,
                                             std::optional<std::size_t> chosen,
                                             std::vector<Pointer> pointers,
                                             QuarantineMode mode,
                                             PointerPolicy policy);

/// <parent of root>/.holdfast-quarantine/<name of root>/<attempt>.
[[nodiscard]] std::string quarantine_directory(const std::string& root, std::string_view attempt);

/// Moves one checkpoint into `directory` and leaves its note there. denied or unsupported (another
/// file system): nothing was moved, and steering is what is left.
Result<void> apply_quarantine_move(const std::string& root,
                                   const std::string& directory,
                                   const QuarantineMove& move);

}  // namespace holdfast::checkpoint
