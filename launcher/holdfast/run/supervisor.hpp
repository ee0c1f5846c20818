// SPDX-License-Identifier: Apache-2.0
// Carries out what the machine of a run decides: starts srun, talks to sentinels, writes the log,
// asks Slurm. One thread and its event loop, and two more that write to files.
#pragma once

#include "holdfast/attempt/srun_line.hpp"
#include "holdfast/common/result.hpp"
#include "holdfast/events/log.hpp"
#include "holdfast/events/run_state.hpp"
#include "holdfast/run/settings.hpp"
#include "holdfast/supervise/machine.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace holdfast::run {

/// All a supervisor begins with. The epoch is claimed, and the log is open under it.
struct Beginning {
  Settings settings;
  supervise::Plan plan;
  attempt::SrunLine line;
  events::RunState before;
  events::EventLog log;
  std::uint64_t epoch{};
  std::string host;                         ///< our node, as Slurm calls it
  std::string program;                      ///< path of holdfast, the same on all nodes
  std::optional<std::string> token;         ///< where there is no munge
  std::string witness;                      ///< what sentinels must see in the state directory
  std::optional<std::string> given_master;  ///< MASTER_ADDR of the environment
  bool given_bind{};                        ///< the environment says HOLDFAST_BIND
};

/// Runs until the run has ended or was handed back; the number to exit with.
[[nodiscard]] Result<int> supervise(Beginning beginning);

}  // namespace holdfast::run
