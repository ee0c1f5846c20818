// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/plan.hpp"

#include <optional>
#include <vector>

namespace holdfast::bench {

/// The least binding cost of equal shares for ranks that have the GPUs of a plan: every size of a
/// share is tried, the cores beyond are left idle, which no plan of ours does. It is how the
/// reference of affinity.md was worked out, so against that number it tells whether our choice of
/// GPUs is as good. None where there are fewer cores than ranks: then nothing is equal.
[[nodiscard]] std::optional<double> equal_shares_cost(const affinity::Topology& topology,
                                                      const std::vector<affinity::Placement>& ranks,
                                                      double oversharing);

}  // namespace holdfast::bench
