// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/environment.hpp"
#include "holdfast/affinity/plan.hpp"
#include "holdfast/affinity/topology.hpp"

#include <string>
#include <vector>

namespace holdfast::cli {

/// A plan and what it was made from, to be shown.
struct PlanView {
  const affinity::Topology& topology;
  const affinity::Grant& grant;
  const affinity::Wish& wish;
  const affinity::Plan& plan;
  std::vector<std::vector<affinity::EnvironmentEdit>> environment;  ///< of each rank
  std::string node;
};

/// One line a rank: GPU, NIC and the path between them, NUMA nodes, cores, PUs.
[[nodiscard]] std::string draw_plan_table(const PlanView& view);

/// The stable form other tools read: holdfast-plan-json(5).
[[nodiscard]] std::string plan_json(const PlanView& view);

/// Every edit of a rank's environment with receiver and reason, as `plan --explain` shows it.
[[nodiscard]] std::string explain_environment(const std::vector<affinity::EnvironmentEdit>& edits);

/// The NUMA nodes the rank's cores lie in, ascending.
[[nodiscard]] CpuSet numa_of(const affinity::Topology& topology, const affinity::Placement& place);

}  // namespace holdfast::cli
