// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/options.hpp"
#include "cli/verb.hpp"
#include "holdfast/health/keep/job_baselines.hpp"
#include "holdfast/health/keep/memory.hpp"
#include "holdfast/health/keep/settings.hpp"
#include "holdfast/health/probes/gather.hpp"

#include <string>

namespace holdfast::cli {

/// What one run is about, out of options, environment and settings.
struct CheckWish {
  const ParsedOptions& options;
  Caller& caller;
  health::CheckSettings settings;
  health::Tier tier{health::Tier::return_to_service};
  std::string job;
  health::Store store;
  health::JobBaselines jobs;
};

[[nodiscard]] Result<CheckWish> check_wish_of(const ParsedOptions& options, Caller& caller);

/// What is looked at for it, and how.
[[nodiscard]] health::GatherWish gather_wish(const CheckWish& wish);

/// Tells of what could not be kept; the check goes on.
void warn_unless(const Result<void>& done, Caller& caller);

}  // namespace holdfast::cli
