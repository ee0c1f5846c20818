// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/plan.hpp"
#include "holdfast/affinity/topology.hpp"

#include <string>

namespace holdfast::cli {

/// The node as an SVG 1.1 document for a ticket: packages, NUMA nodes, cores, PCI trees with GPUs
/// and NICs. With a plan, everything a rank has bears its number and colour. No script, no font, no
/// picture from elsewhere.
[[nodiscard]] std::string draw_svg(const affinity::Topology& topology, const affinity::Plan* plan);

}  // namespace holdfast::cli
