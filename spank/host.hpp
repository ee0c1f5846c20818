// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"
#include "holdfast/spank/request.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Slurm's header has no extern "C" of its own around its callbacks.
extern "C" {
#include <slurm/spank.h>
}

namespace holdfast::spank {

/// One line to who started the step (srun's stderr; from user_init on also out of a step).
void tell_job(std::string_view line);

/// One line to the daemon's log: before user_init nobody else would see it.
void tell_log(std::string_view line);

/// Whether this is a step of ranks, not a batch script, an extern or an interactive step. A step
/// that Slurm does not name is none.
[[nodiscard]] bool is_step_of_ranks(spank_t spank);

/// A variable of the calling process; none when it is not set.
[[nodiscard]] std::optional<std::string> read_own_variable(const char* name);

/// A variable of the job's environment; none when it is not set.
[[nodiscard]] std::optional<std::string> read_job_variable(spank_t spank, const char* name);

/// The job's environment. The texts are Slurm's and live until it changes them.
[[nodiscard]] Result<std::vector<std::string_view>> read_job_environment(spank_t spank);

/// This node's part of the step, in user_init.
[[nodiscard]] Result<StepFacts> read_step_facts(spank_t spank);

/// The name of this node as Slurm has it.
[[nodiscard]] std::string read_node_name();

/// Sets a variable of the calling task and reads it back.
[[nodiscard]] Result<void> apply_variable(spank_t spank,
                                          const std::string& name,
                                          const std::string& value);

/// An item Slurm hands out, or a failure that names it.
template <class Value>
[[nodiscard]] Result<Value> read_item(spank_t spank, spank_item_t item, std::string_view name) {
  Value value{};
  const spank_err_t error = ::spank_get_item(spank, item, &value);
  if (error == ESPANK_SUCCESS) return value;
  return Failure{
      FailureKind::unreadable,
      std::string("Slurm does not tell ").append(name).append(": ").append(::spank_strerror(error)),
      "install the plugin that was built for this Slurm release",
      {}};
}

}  // namespace holdfast::spank
