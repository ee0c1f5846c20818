// SPDX-License-Identifier: Apache-2.0
// What a state directory that is not empty means to a `holdfast run` that begins. Pure.
#pragma once

#include "cli/run/asked.hpp"
#include "holdfast/common/result.hpp"
#include "holdfast/events/run_state.hpp"

#include <optional>
#include <string>

namespace holdfast::cli {

/// Nothing: go on from it. A number: the run has ended, and a requeued script has only to say so.
/// Refused (conflict) is the directory of another job, and a second run in one start of the script.
/// `resubmitted`: this job was submitted by holdfast in the place of an earlier one.
[[nodiscard]] Result<std::optional<int>> earlier_end(const events::RunState& before,
                                                     const JobHere& job,
                                                     const std::string& state,
                                                     bool resubmitted);

/// Whether the run in a directory was handed on to a job that is submitted again, and this is its
/// command: then it goes on there, whatever the script calls its state directory now.
[[nodiscard]] bool is_handed_on(const events::RunState& before,
                                const std::vector<std::string>& command);

}  // namespace holdfast::cli
