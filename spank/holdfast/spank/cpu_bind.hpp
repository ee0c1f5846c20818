// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace holdfast::spank {

/// What srun knew before it read its own options.
struct CpuBindFacts {
  std::optional<std::string> bind;  ///< SLURM_CPU_BIND
  bool inherited{};                 ///< SLURM_CPU_BIND_TYPE was there: an outer step exported both
};

/// Whether the user himself chose a CPU binding (--cpu-bind, SLURM_CPU_BIND): then it stays. Slurm
/// exports its own choice under the same name to every task, and srun started in a task takes that
/// for the user's; only the variable's companions tell the two apart. `srun_options` is srun's
/// command line up to the program. Pure.
[[nodiscard]] bool cpu_bind_is_users(const CpuBindFacts& facts,
                                     std::span<const std::string> srun_options);

}  // namespace holdfast::spank
