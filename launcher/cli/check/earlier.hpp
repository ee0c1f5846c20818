// SPDX-License-Identifier: Apache-2.0
// What earlier looks left for this one: counters to compare with, the node's class.
#pragma once

#include "cli/check/wish.hpp"
#include "holdfast/health/baseline.hpp"
#include "holdfast/health/keep/slurm.hpp"

namespace holdfast::cli {

/// The baseline a tier compares with. What grew during a job is known only to the job's own.
struct Baselines {
  health::Baseline before, an_hour_ago, a_day_ago;
};

[[nodiscard]] Baselines baselines_for(const CheckWish& wish);
void keep_baseline(const CheckWish& wish, const health::Facts& facts);

/// The class that fits. A node whose GPUs are gone, or whose driver hangs, no longer shows what its
/// class goes by: then it is of the class that it was of last.
[[nodiscard]] health::NodeClass class_for(const CheckWish& wish,
                                          const health::Facts& facts,
                                          const health::Slurm& slurm);

}  // namespace holdfast::cli
