// SPDX-License-Identifier: Apache-2.0
// From findings to deeds: remembers, asks Slurm when the answer matters, decides, carries out.
#pragma once

#include "holdfast/health/actions.hpp"
#include "holdfast/health/keep/memory.hpp"
#include "holdfast/health/keep/settings.hpp"
#include "holdfast/health/keep/slurm.hpp"

#include <span>
#include <string>
#include <vector>

namespace holdfast::health {

struct Occasion {
  Tier tier{Tier::periodic};
  std::string node;  ///< its name in Slurm
  std::string job;   ///< id; empty outside of one
  Overrides overrides{};
};

struct Done {
  Decision decision;
  Findings findings;                  ///< those of this look, and the open faults of earlier ones
  std::vector<std::string> troubles;  ///< what could not be kept or asked, one sentence each
};

/// Everything that goes wrong on the way is told and nothing of it fails the check: a full disk or
/// a controller that is away must not stop a job on a healthy node.
[[nodiscard]] Done act_on(std::span<const Finding> findings,
                          const Facts& facts,
                          const Occasion& occasion,
                          const Policy& policy,
                          const Store& store,
                          const Slurm& slurm);

}  // namespace holdfast::health
