// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/plan.hpp"

#include <string>

namespace holdfast::testing {

/// A plan as a person would note it down, one rank a line:
///   "gpu 2: 16 cores of numa 1, 8 of numa 0; mlx5_2; memory 1"
/// Cores are counted by NUMA node ("of the node" where it has none), in the order of the nodes.
[[nodiscard]] std::string plan_text(const affinity::Topology& topology, const affinity::Plan& plan);

/// The names of the rails, "mlx5_0 mlx5_1".
[[nodiscard]] std::string rails_text(const affinity::Topology& topology,
                                     const affinity::Plan& plan);

}  // namespace holdfast::testing
