// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace holdfast {

/// Reads a duration as people and Slurm write it: "500ms", "2s", "10m", "1h", "2d", plain "90"
/// (seconds) and Slurm's "MM:SS", "HH:MM:SS", "D-HH[:MM[:SS]]". At most ten years.
[[nodiscard]] Result<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace holdfast
