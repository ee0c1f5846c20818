// SPDX-License-Identifier: Apache-2.0
// Commands that give Slurm a new job: the same work again, or an errand that puts a pending job
// right. Pure.
#pragma once

#include "holdfast/common/result.hpp"
#include "holdfast/process/child.hpp"

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::slurm {

/// `scontrol write batch_script`: puts the job's script into a file.
[[nodiscard]] process::Command write_script(const std::string& job, const std::string& file);

struct Again {
  std::string script;                ///< where write_script() put it
  unsigned nodes{};                  ///< as many as the first time: the job may have lost some
  std::vector<std::string> exclude;  ///< all nodes it must not get
  bool expedites{};                  ///< ClusterFacts::expedites
};

/// The sbatch line that submits a job again, read from its line of `scontrol -o show job`. What a
/// script says in #SBATCH lines holds again by itself; what was said on sbatch's command line is
/// taken from what Slurm still knows of it. Refused (bad_input) for members of job arrays and of
/// heterogeneous jobs, whose others would not come along.
[[nodiscard]] Result<process::Command> submit_again(std::string_view job_line, const Again& again);

/// A job of one core that waits until `job` is pending and then runs `updates`. For clusters where
/// slurmctld takes no update of a job that lost a node until it is cleaned up, and by then nothing
/// of the job lives that could ask for one.
[[nodiscard]] process::Command errand(std::string_view job_line,
                                      const std::string& job,
                                      std::span<const process::Command> updates);

}  // namespace holdfast::slurm
