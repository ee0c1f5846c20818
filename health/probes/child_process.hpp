// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/files/descriptor.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <sys/types.h>

namespace holdfast::health {

/// A forked copy of this process with a pipe from it. It lets go of its parent's files and group,
/// and dies with it. Nothing is reaped by itself: wait_until() does.
class ChildProcess {
 public:
  using Clock = std::chrono::steady_clock;

  /// Runs `work` in the child, with the file to answer into; none and errno when there can be none.
  [[nodiscard]] static std::optional<ChildProcess> start(const std::function<void(int)>& work);

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] int answers() const { return answers_.get(); }  ///< read end of its pipe

  void signal(int number) const;

  /// Waits until it has ended; false when it has not by then.
  [[nodiscard]] bool wait_until(Clock::time_point end);

  /// As waitpid() gives it, after it was reaped.
  [[nodiscard]] int status() const { return status_; }

 private:
  bool reap();

  pid_t pid_{-1};
  files::Descriptor answers_;
  bool reaped_{};
  int status_{};
};

}  // namespace holdfast::health
