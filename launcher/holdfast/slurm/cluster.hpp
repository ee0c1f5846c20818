// SPDX-License-Identifier: Apache-2.0
// What has to be known of the cluster itself: which release it is, what it keeps, how it is wired.
// Pure; the commands are run by process::ask().
#pragma once

#include "holdfast/process/child.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace holdfast::slurm {

struct ClusterFacts {
  unsigned year{};              ///< 22 of 22.05.8; 0: not known
  unsigned month{};             ///< 5 of it
  bool accounting{};            ///< slurmdbd or a file knows every job
  std::uint16_t slurmd_port{};  ///< 0: not known, or several
  bool expedites{};             ///< sbatch --requeue=expedite is allowed, from 25.11 on
};

/// Reads `scontrol show config`. What is not there is not known, and counts as absent.
[[nodiscard]] ClusterFacts parse_cluster(std::string_view text);
[[nodiscard]] process::Command show_cluster();

/// Reads `scontrol show topology`: the leaf switch (topology/tree) or the block (topology/block) of
/// each node. Empty where the cluster tells of none.
[[nodiscard]] std::map<std::string, std::string> parse_topology(std::string_view text);
[[nodiscard]] process::Command show_topology();

}  // namespace holdfast::slurm
