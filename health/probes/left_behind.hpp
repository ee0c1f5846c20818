// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace holdfast::health {

/// Children that could not be ended, remembered across runs in a directory of this boot
/// (/run/holdfast/left-behind): one empty file each, "nvml.4711.8123456", the last number being the
/// time the process started, so that another process with its number is not taken for it. Without
/// the directory nothing is remembered, and nothing fails.
class LeftBehind {
 public:
  explicit LeftBehind(std::filesystem::path directory) : directory_(std::move(directory)) {}

  /// How many children of each of these probes still hang; forgets those that have ended.
  [[nodiscard]] std::vector<std::uint64_t> count(const std::vector<std::string_view>& probes) const;

  void remember(std::string_view probe, pid_t child) const;

  /// More than this many of one probe are not added to: a node must not fill up with them.
  static constexpr std::uint64_t most = 2;

 private:
  std::filesystem::path directory_;
};

/// When a process started, in clock ticks since the boot; 0 when there is none.
[[nodiscard]] std::uint64_t started_at(pid_t process);

}  // namespace holdfast::health
