// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/report/runs.hpp"

#include <string>

namespace holdfast::cli {

/// The run as a drawing: time to the right, a row for each node, a bar for each attempt on it;
/// checkpoints above, losses where they were. Bounded whatever the log holds: of many nodes those
/// there is something to tell of, of many attempts the newest.
[[nodiscard]] std::string timeline_svg(const SeenRun& run);

}  // namespace holdfast::cli
