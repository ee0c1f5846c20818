// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"
#include "holdfast/sentinel/roster.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::sentinel {

/// What a sentinel is told on its command line; the rest comes from the supervisor's welcome.
struct SentinelSettings {
  std::string job;
  std::string node;                  ///< its own name, as Slurm writes it
  Endpoint supervisor;               ///< all addresses, one connection each
  std::optional<std::string> token;  ///< the shared secret where there is no munge
  std::string state;                 ///< the state directory; empty: no election
  std::vector<std::string>
      successor;  ///< the command a winner of the election starts; may be empty
  /// What tells of this node's health (`holdfast check --tier job --json`); empty: nobody asks.
  std::vector<std::string> check;
  std::chrono::milliseconds check_every{0};  ///< 0: only after a loss
};

/// Runs the node's sentinel until the supervisor says goodbye (0), or until it is told to end by
/// SIGTERM (143). Forks first: the parent is the guard that kills the ranks when the lease is over
/// or the sentinel dies. Call it before any thread is started.
[[nodiscard]] Result<int> run_sentinel(const SentinelSettings& settings);

}  // namespace holdfast::sentinel
