// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <ctime>

namespace holdfast::sentinel {

/// The time since the node's boot, its sleep included (CLOCK_BOOTTIME). Leases are measured by it:
/// CLOCK_MONOTONIC stands still while a machine is suspended, and after the thaw a lease that
/// others know to be over would go on. No person can set it, and it never goes back.
[[nodiscard]] inline std::chrono::milliseconds read_boot_clock() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

/// Milliseconds since the Unix epoch, for logs.
[[nodiscard]] inline std::int64_t read_wall_clock() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace holdfast::sentinel
