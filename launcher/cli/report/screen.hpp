// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/report/runs.hpp"

#include <span>
#include <string>

namespace holdfast::cli {

/// One run on one screen. `now` tells how long ago things were.
[[nodiscard]] std::string status_screen(const SeenRun& run, std::int64_t now, const Looks& looks);

/// Many runs, a line each.
[[nodiscard]] std::string status_table(std::span<const SeenRun> runs, std::int64_t now);

/// True for a run that should be saying something and does not.
[[nodiscard]] bool is_silent(const SeenRun& run, std::int64_t now);

}  // namespace holdfast::cli
