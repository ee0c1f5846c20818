// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/cpu_set.hpp"
#include "holdfast/spank/settings.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::spank {

/// What Slurm tells about this node's part of a step.
struct StepFacts {
  std::string node;                    ///< this node's name, for messages
  std::vector<unsigned> global_ranks;  ///< by local rank
  unsigned world{};                    ///< ranks of the step on all nodes
  unsigned node_rank{};
  unsigned nodes{};
  std::string cores;  ///< Slurm's abstract core numbers of the step; empty: not told
  CpuSet cpus;        ///< PUs slurmstepd may use; empty: not known
};

/// "0-2,8": numbers in their order, runs shortened. Unlike a CPU list it may go down again.
[[nodiscard]] std::string to_runs(std::span<const unsigned> numbers);

/// The question to the program, as spank/README.md has it. Pure.
[[nodiscard]] std::vector<std::string> plan_arguments(const StepFacts& facts,
                                                      const BindWish& wish,
                                                      const std::string& program);

/// The job's environment as the program gets it: without what makes the loader or malloc behave
/// otherwise, and with HOLDFAST_CPU_BIND_IS_USERS where the CPU binding is the user's own. Pure.
[[nodiscard]] std::vector<std::string> plan_environment(std::span<const std::string_view> job,
                                                        bool cpu_bind_is_users);

}  // namespace holdfast::spank
