// SPDX-License-Identifier: Apache-2.0
// The state directory of a run, seen from the process that becomes its supervisor. Touches files
// and this process's own environment.
#pragma once

#include "holdfast/affinity/environment.hpp"
#include "holdfast/common/result.hpp"
#include "holdfast/events/log.hpp"
#include "holdfast/events/run_state.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace holdfast::cli {

/// --state, else below $HOLDFAST_STATE_ROOT or the home directory; absolute.
[[nodiscard]] Result<std::string> state_of_job(const std::optional<std::string>& said,
                                               const std::string& job,
                                               const affinity::Environment& environment);

struct Home {
  events::RunState before;
  events::EventLog log;
  std::uint64_t epoch{};
};
/// Makes the directory where it is missing, claims the next epoch and opens the log under it.
/// Whoever was elected has `claimed` its epoch already.
[[nodiscard]] Result<Home> open_home(const std::string& state,
                                     const std::string& host,
                                     std::optional<std::uint64_t> claimed);

/// The shared secret of sentinels where munge does not work here; nothing where it does.
[[nodiscard]] Result<std::optional<std::string>> secret_of(const std::string& state);

/// The batch script's environment, for a successor whose own is a sentinel's.
[[nodiscard]] Result<void> keep_environment(const std::string& state,
                                            const affinity::Environment& environment);
/// Takes on what keep_environment() kept, the directory, and the job's output file; the environment
/// it has then.
[[nodiscard]] Result<affinity::Environment> become_batch_script(const std::string& state,
                                                                const std::string& directory,
                                                                const std::string& job);

[[nodiscard]] Result<std::string> own_program();
[[nodiscard]] std::string working_directory();

}  // namespace holdfast::cli
