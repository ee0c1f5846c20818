// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::sentinel {

/// The file that counts the processes the kernel killed for want of memory in a process's cgroup,
/// by the text of its /proc/PID/cgroup; `root` is where cgroups are mounted. Knows both versions.
[[nodiscard]] std::optional<std::string> memory_events_file(std::string_view cgroups,
                                                            std::string_view root);

/// "oom_kill N" of memory.events (version 2) or memory.oom_control (version 1).
[[nodiscard]] std::optional<unsigned> oom_kills_in(std::string_view text);

/// Counts on from what was there when a cgroup was first seen.
class MemoryEvents {
 public:
  /// A rank runs in this cgroup: its count is watched from now on.
  void watch(int pid);

  struct Kills {
    std::string cgroup;
    unsigned count{};
  };
  /// Where more were killed since the last reading. A cgroup that is gone is forgotten.
  [[nodiscard]] std::vector<Kills> read_new();

 private:
  std::map<std::string, unsigned> counts_;  // by file
};

}  // namespace holdfast::sentinel
