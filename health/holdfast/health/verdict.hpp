// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/health/finding.hpp"

#include <span>
#include <string_view>

namespace holdfast::health {

/// Of a node. `undecided`: nothing bad was seen, and something that matters could not be seen.
enum class Verdict { fit, fit_but_watch, unfit, undecided };

[[nodiscard]] Verdict verdict_of(std::span<const Finding> findings);

[[nodiscard]] constexpr std::string_view word_of(Verdict verdict) {
  constexpr std::string_view words[] = {"fit", "fit but watch", "unfit", "undecided"};
  return words[static_cast<std::size_t>(verdict)];
}

}  // namespace holdfast::health
