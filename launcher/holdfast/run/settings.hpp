// SPDX-License-Identifier: Apache-2.0
// What `holdfast run` was asked, as a value that goes into the log's first record and comes back
// out of it: a successor on another node knows nothing else.
#pragma once

#include "holdfast/common/result.hpp"
#include "holdfast/recovery/decide.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::run {

using Milliseconds = std::chrono::milliseconds;

struct Settings {
  std::vector<std::string> command;  ///< "srun", the user's options, the program
  std::string state;                 ///< the state directory, absolute
  std::string directory;             ///< where the user was
  std::optional<unsigned> nodes;
  unsigned spares{};
  bool trims{};  ///< --nodes and --spares are both said: what is left over goes back to Slurm
  std::vector<std::string> checkpoints;  ///< --ckpt
  std::vector<std::string> look;         ///< words for `holdfast ckpt latest`: --ckpt-format …
  bool sums_up{};                        ///< --manifest
  std::string resume_arg;                ///< template; empty: by environment only
  recovery::Policy policy;
  std::optional<int> save_signal;
  Milliseconds save_lead{std::chrono::seconds(120)};
  Milliseconds node_timeout{std::chrono::seconds(5)};
  std::optional<Milliseconds> hang_timeout;  ///< nothing: auto
  bool hang_watch{true};
  Milliseconds check_every{std::chrono::seconds(15)};  ///< each node's health; 0: only after a loss
  bool place{true};         ///< by `holdfast exec` where there is no plugin
  bool explains{};          ///< --explain
  bool submits_again{};     ///< --requeue-by resubmit
  bool program_requeues{};  ///< --requeue-owner program
  Milliseconds launch_timeout{std::chrono::minutes(10)};
  std::uint64_t output_cap{std::uint64_t{256} * 1024 * 1024};  ///< bytes of an attempt's file
};

/// As RunStarted::policy; and back. The command is not among them: RunStarted has it.
[[nodiscard]] std::map<std::string, std::string> to_words(const Settings& settings);
[[nodiscard]] Result<Settings> from_words(const std::map<std::string, std::string>& words,
                                          std::vector<std::string> command,
                                          std::string state);

/// "USR1", "SIGUSR1" or "10".
[[nodiscard]] Result<int> parse_signal(std::string_view text);

}  // namespace holdfast::run
