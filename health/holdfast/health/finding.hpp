// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/health/severity.hpp"

#include <string>
#include <vector>

namespace holdfast::health {

/// What one check says of one subject.
struct Finding {
  std::string check;    ///< "gpu.pcie_width": the check's id
  std::string subject;  ///< "GPU 0000:17:00.0", "mlx5_2/1", "/scratch"; empty for the node itself
  Severity severity{Severity::pass};
  Action action{Action::none};
  std::string what;    ///< half a sentence: "PCIe link has 8 lanes"
  std::string limit;   ///< "at least 16"; empty where there is none
  std::string remedy;  ///< what to do; empty when nothing is wrong
  Clears clears{Clears::never};
  std::string part;  ///< the GPU's UUID or the like: history follows the part, not the slot

  friend bool operator==(const Finding&, const Finding&) = default;
};

using Findings = std::vector<Finding>;

}  // namespace holdfast::health
