// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/render/arrangement.hpp"
#include "cli/render/owners.hpp"
#include "cli/render/picture.hpp"
#include "holdfast/affinity/topology.hpp"

namespace holdfast::cli {

/// The parts draw_svg() puts together, each in a file of its own.

/// Cores as small squares, PUs as their slices, L3 groups framed.
[[nodiscard]] Picture draw_cores(const affinity::Topology& topology,
                                 const Owners& owners,
                                 const std::vector<CoreGroup>& groups);

/// GPUs and NICs as boxes at the ends of their PCI trees: host bridges, switches, lines. Trees
/// stand side by side as far as `width` allows, one below the other where it is 0.
[[nodiscard]] Picture draw_devices(const affinity::Topology& topology,
                                   const Owners& owners,
                                   const std::vector<std::size_t>& gpus,
                                   const std::vector<std::size_t>& nics,
                                   int width);

/// What colours, numbers and frames mean; with a plan, what each rank has. Made for a drawing of
/// that width.
[[nodiscard]] Picture draw_legend(const affinity::Topology& topology,
                                  const Owners& owners,
                                  int width);

}  // namespace holdfast::cli
