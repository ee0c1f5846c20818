// SPDX-License-Identifier: Apache-2.0
// Finding the runs that `status`, `report` and `history` are about, and reading them.
#pragma once

#include "cli/verb.hpp"
#include "holdfast/events/run_state.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace holdfast::cli {

/// The two options that say where to look.
inline constexpr std::array options_of_place{
    OptionSpec{.name = "state",
               .takes = Takes::directory,
               .argument = "DIR",
               .help = "the state directory of one run"},
    OptionSpec{.name = "root",
               .takes = Takes::directory,
               .argument = "DIR",
               .help = "where runs keep their state directories"},
};

/// A run as its log tells it.
struct SeenRun {
  std::string directory;
  events::RunState state;
  std::int64_t as_of_ms{};          ///< the run's end, or its last sign of life
  std::vector<std::string> doubts;  ///< sentences: what may be missing from the log
};

/// A supervisor says something at least once a minute; after this long it may be gone.
inline constexpr std::int64_t silence_ms = 300'000;

[[nodiscard]] std::int64_t now_ms();

[[nodiscard]] Result<SeenRun> read_run(const std::string& directory);

/// The state directory that is meant: --state; JOB under the root; HOLDFAST_STATE. Empty: none was
/// named.
[[nodiscard]] Result<std::string> named_directory(const ParsedOptions& options,
                                                  const affinity::Environment& environment);

/// --root, HOLDFAST_STATE_ROOT or .holdfast in the home directory.
[[nodiscard]] Result<std::string> root_of(const ParsedOptions& options,
                                          const affinity::Environment& environment);

/// All runs under a root, those heard of last first. What cannot be read is told in `doubts`.
struct SeenRuns {
  std::vector<SeenRun> runs;
  std::vector<std::string> doubts;
};
[[nodiscard]] Result<SeenRuns> read_runs(const std::string& root);

}  // namespace holdfast::cli
