// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/environment.hpp"

#include <string>
#include <vector>

namespace holdfast::affinity {

/// One variable that says which GPUs a runtime sees, and in which order.
struct GpuVisibility {
  std::string name;
  std::string value;
  std::string receiver;
  std::string reason;
  bool asked{};  ///< asked for by an option or needed for safety: it replaces what is there
};

/// The visibility variables of one rank; empty when nothing needs to be said. Never names a device
/// that is not in the list the rank already has: indices and masks left by Slurm are reordered and
/// cut, not invented.
[[nodiscard]] std::vector<GpuVisibility> gpu_visibility(const Topology& topology,
                                                        const Plan& plan,
                                                        const Placement& place,
                                                        Visible visible,
                                                        const Environment& present);

}  // namespace holdfast::affinity
