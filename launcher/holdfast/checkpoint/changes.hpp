// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/checkpoint/checkpoint.hpp"

#include <chrono>
#include <string>

namespace holdfast::checkpoint {

/// Waits for something to change in a directory of checkpoints, by the kernel's word (inotify).
/// Where there is none, and for what other nodes do, the caller's deadline is what wakes him: this
/// only makes it earlier.
class Changes {
 public:
  /// Listens from now on; make it before looking, so that nothing falls between.
  explicit Changes(std::string root);
  Changes(const Changes&) = delete;
  Changes& operator=(const Changes&) = delete;
  ~Changes();

  /// Listens to what happens in an unfinished checkpoint too.
  void add(const Checkpoint& checkpoint);

  /// Until something changed, and then was quiet for a moment; or until the deadline.
  void wait(std::chrono::steady_clock::time_point deadline) const;

 private:
  void listen(const std::string& directory);

  std::string root_;
  int inotify_;
  int left_;  ///< how many more directories may be listened to
};

}  // namespace holdfast::checkpoint
