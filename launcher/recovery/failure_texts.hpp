// SPDX-License-Identifier: Apache-2.0
// What programs, libraries and kernels print when something ends them, and what it means. One
// table; a line is matched against all of it in one pass.
#pragma once

#include "holdfast/recovery/cause.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace holdfast::recovery {

/// How much a text proves.
enum class Weight {
  proof,  ///< needs no other evidence
  root,   ///< names a cause
  weak,   ///< may name a cause, and is printed by programs that are well too
  echo,   ///< says that another rank ended; never names the culprit
  advice  ///< accompanies an error; never evidence
};

struct FailureText {
  std::string_view pattern;  ///< part of a line; '*' stands for anything between two parts
  Cause cause;
  Weight weight;
  /// The node that printed it may be at fault, unless most nodes print it; then the cause is
  /// `everywhere`.
  bool of_the_node;
  Cause everywhere;
  std::string_view means;
};

/// The table has no more rows than this.
inline constexpr std::size_t most_failure_texts = 256;

/// The table; of two rows that match one line the earlier is right.
[[nodiscard]] std::span<const FailureText> failure_texts();

/// The row that matches, or nothing. Only the first 2,048 bytes of a line are looked at.
[[nodiscard]] const FailureText* find_failure_text(std::string_view line);

}  // namespace holdfast::recovery
