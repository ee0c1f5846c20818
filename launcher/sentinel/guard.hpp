// SPDX-License-Identifier: Apache-2.0
// The guard is the parent of a sentinel. It holds the lease: a sentinel that hangs on a stalled
// file system, is stopped, or dies cannot keep ranks alive by it. It touches nothing but /proc, and
// kills every process of every attempt while there is no lease (none yet, or over) and when the
// sentinel is gone.
#pragma once

#include "holdfast/common/result.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace holdfast::sentinel {

/// What a sentinel needs of its guard; tests have one of their own.
class Leash {
 public:
  virtual ~Leash() = default;
  /// Ranks may run until then, by the boot clock.
  virtual void hold_until(std::chrono::milliseconds boot_time) = 0;
  /// How many processes were killed since the last question because the lease was over.
  [[nodiscard]] virtual unsigned killed() = 0;
};

/// The sentinel's end of the line to its guard.
class GuardLine : public Leash {
 public:
  explicit GuardLine(int descriptor) : descriptor_(descriptor) {}
  ~GuardLine() override;
  GuardLine(const GuardLine&) = delete;
  GuardLine& operator=(const GuardLine&) = delete;

  void hold_until(std::chrono::milliseconds boot_time) override;
  [[nodiscard]] unsigned killed() override;

 private:
  int descriptor_;
};

/// Forks: the child gets the line and goes on; the parent becomes the guard, and ends the process
/// as its child ended. A child that ends with 0 was told goodbye, and its ranks are not touched.
[[nodiscard]] Result<int> fork_under_guard(const std::string& job);

/// The guard's work; gives the exit status to end with. Apart from fork_under_guard() for tests.
[[nodiscard]] int guard_child(int child, int line, const std::string& job);

}  // namespace holdfast::sentinel
