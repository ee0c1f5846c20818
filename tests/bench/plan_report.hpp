// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plan_measure.hpp"

#include <string>
#include <vector>

namespace holdfast::bench {

/// The results with everything that is derived from them.
struct PlanReport {
  std::vector<MachineResult> machines;
  std::vector<std::string> missed;  ///< bars that were missed, a sentence each
  std::size_t maps{};
  std::size_t violations{};
  std::size_t rows{};             ///< machines mpibind was measured on
  std::size_t below_mpibind{};    ///< of these, better by more than rounding
  std::size_t above_reference{};  ///< better mode above the reference by more than rounding:
                                  ///< no bar, the reference may leave cores idle
};

[[nodiscard]] PlanReport report_on(std::vector<MachineResult> machines);

[[nodiscard]] std::string as_text(const PlanReport& report);
[[nodiscard]] std::string as_json(const PlanReport& report);

}  // namespace holdfast::bench
