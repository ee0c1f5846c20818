// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>

namespace holdfast {

/// For poll(2): whole milliseconds until `end`, rounded up so that it does not wake before, none
/// when it has passed, an hour at most.
[[nodiscard]] inline int poll_time_until(std::chrono::steady_clock::time_point end) {
  using namespace std::chrono;
  const auto now = steady_clock::now();
  if (end <= now) return 0;
  return static_cast<int>(ceil<milliseconds>(std::min<nanoseconds>(end - now, hours(1))).count());
}

}  // namespace holdfast
