// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::health {

/// What is used of /proc/PID/stat.
struct ProcessStat {
  std::uint32_t pid{};
  std::string name;         ///< may hold blanks and parentheses
  char state{};             ///< R, S, D, Z, …
  std::uint64_t started{};  ///< clock ticks since the boot
  bool kernel_thread{};
};

[[nodiscard]] std::optional<ProcessStat> parse_process_stat(std::string_view text);

}  // namespace holdfast::health
