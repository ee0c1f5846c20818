// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"
#include "holdfast/health/baseline.hpp"

#include <string>
#include <string_view>

namespace holdfast::health {

[[nodiscard]] std::string to_json(const Baseline& baseline);
[[nodiscard]] Result<Baseline> parse_baseline(std::string_view text);

}  // namespace holdfast::health
