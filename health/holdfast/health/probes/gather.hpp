// SPDX-License-Identifier: Apache-2.0
// Looks at the node: every probe that could hang runs in a child with a deadline, all at once; what
// they saw comes back as Facts. Starts no program itself. Call it before the process has threads:
// it forks.
#pragma once

#include "holdfast/common/result.hpp"
#include "holdfast/health/facts.hpp"
#include "holdfast/health/kernel_log/cursor.hpp"
#include "holdfast/health/probes/depth.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::health {

struct GatherWish {
  std::filesystem::path root{"/"};  ///< /sys, /proc, /dev, /etc are looked for below it
  std::filesystem::path run_directory{
      "/run/holdfast"};  ///< remembers children left behind; of this boot only
  std::string node;      ///< its name in Slurm; empty: SLURMD_NODENAME, else the host's
  Depth depth{Depth::usual};
  std::chrono::milliseconds deadline{800};  ///< for all probes together
  std::string nvml_library{"libnvidia-ml.so.1"};
  KernelLogCursor cursor;              ///< how far the kernel log was read before
  std::vector<std::string> without;    ///< probes that this tier has no need of
  std::vector<std::string> leave_out;  ///< probes that the site does not want; the facts say so
  std::vector<std::string> services;   ///< to look for beside those that GPU nodes have
  std::vector<std::string> write_to;   ///< directories to write a file to; only when thorough
  /// Prints the service processor's log, one entry a line; empty: it is not asked. Called in a
  /// child.
  std::function<Result<std::string>()> event_log;
  std::vector<std::string> checkpoints;  ///< directories of which the room is looked at
  /// Finds the newest whole checkpoint there: formats are known elsewhere. Called in a child.
  std::function<void(const std::filesystem::path& directory, CheckpointFacts& facts)>
      find_newest_checkpoint;
};

struct Gathered {
  Facts facts;
  KernelLogCursor cursor;  ///< to be kept for the next time
};

[[nodiscard]] Gathered gather(const GatherWish& wish);

}  // namespace holdfast::health
