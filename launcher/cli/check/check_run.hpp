// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/health/actions.hpp"
#include "holdfast/health/check.hpp"
#include "holdfast/health/verdict.hpp"

#include <optional>
#include <string>

namespace holdfast::cli {

/// One run of the checks: what was seen, found and decided.
struct CheckRun {
  health::Facts facts;
  health::Tier tier{health::Tier::periodic};
  health::NodeClass node;
  health::Findings findings;
  health::Verdict verdict{health::Verdict::fit};
  std::optional<health::Decision> decision;  ///< only where it was asked to act
};

}  // namespace holdfast::cli
