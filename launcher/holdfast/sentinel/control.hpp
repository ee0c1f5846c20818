// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace holdfast::sentinel {

/// What became of a request. As a number in the talk between two releases: what `holdfast ctl` ends
/// with.
enum class Outcome { done = 0, not_now = 1, wrong = 2 };

struct ControlAnswer {
  std::string sentence;
  Outcome outcome{Outcome::done};
};

/// Asks the supervisor of a job, found by `supervisor.json` in the state directory, and waits for
/// its answer: what `holdfast ctl` does. Both sides prove that they are the job's owner.
[[nodiscard]] Result<ControlAnswer> ask_supervisor(const std::string& state,
                                                   const std::string& job,
                                                   const std::optional<std::string>& token,
                                                   const std::string& request,
                                                   std::chrono::milliseconds patience);

/// The shared secret in `token` of the state directory (0600, ours), where the cluster has no
/// munge; nothing where there is no such file. write_token() makes one.
[[nodiscard]] Result<std::optional<std::string>> read_token(const std::string& state);
[[nodiscard]] Result<std::string> write_token(const std::string& state);

/// Whether munge works here: its library is there and its daemon answers.
[[nodiscard]] bool munge_answers();

}  // namespace holdfast::sentinel
