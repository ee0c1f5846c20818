// SPDX-License-Identifier: Apache-2.0
#include "cli/run/earlier.hpp"

#include "holdfast/common/text.hpp"

namespace holdfast::cli {

Result<std::optional<int>> earlier_end(const events::RunState& before,
                                       const JobHere& job,
                                       const std::string& state,
                                       bool resubmitted) {
  const std::optional<int> go_on;
  if (before.starts.empty()) return go_on;
  if (before.job != job.id && !resubmitted)
    return Failure{FailureKind::conflict,
                   cat(state, " holds the run of job ", before.job),
                   "name another directory with --state",
                   {}};
  if (!before.ended || before.requeued) return go_on;
  if (before.job == job.id && before.starts.back().restart == job.restart)
    return Failure{FailureKind::conflict,
                   cat("a run of this job has ended in ", state, " already"),
                   "give each run of a script a directory of its own with --state",
                   {}};
  return std::optional(before.ended->exit);
}

bool is_handed_on(const events::RunState& before, const std::vector<std::string>& command) {
  return before.requeued && before.requeued->how == "sbatch" && before.command == command;
}

}  // namespace holdfast::cli
