// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::sentinel {

/// One rank of an attempt as its node sees it: the process Slurm started, and all it started in
/// turn.
struct RankState {
  unsigned attempt{};
  unsigned rank{};        ///< SLURM_PROCID
  unsigned local_rank{};  ///< SLURM_LOCALID
  int pid{};
  char state{'?'};  ///< of the process Slurm started, as proc(5) writes it: R S D T t Z
  std::chrono::milliseconds cpu{};  ///< used by it and by all it started
  unsigned processes{};             ///< how many these are
  std::uint64_t faults{};           ///< pages the kernel found for them
  std::uint64_t io_bytes{};  ///< they have read and written, up to five seconds ago; 0: unseen
  std::string waits_in{};    ///< the kernel's function that process slept in, if it did

  bool operator==(const RankState&) const = default;
};

/// What a sentinel says of its node each time it says that it lives.
struct Beat {
  std::uint64_t sequence{};
  std::chrono::milliseconds uptime{};  ///< since the node's boot, its sleep included
  double load{};                       ///< the node's load average over a minute
  std::vector<RankState> ranks;        ///< of the watched attempt, by rank
  /// Of the job's GPUs here: how often they were looked at, and the sum of the percents of time in
  /// which their memory was read or written, the mean of all GPUs at each look.
  std::uint64_t gpu_looks{};
  std::uint64_t gpu_memory_busy{};
};

/// One piece of evidence from a node. The text is the node's own, not ours: never a format, never
/// trusted.
struct NodeSign {
  enum class Kind {
    kernel_line,    ///< text: a line of the kernel's log
    out_of_memory,  ///< count: so many processes the kernel killed in a cgroup of the attempt
    rank_gone,      ///< rank, pid: its process is no more; Slurm tells its exit
    lease_ran_out,  ///< count: processes the node killed because nobody acknowledged its beats
    came_late,      ///< count: processes of an ended attempt that came up after it, and were killed
    not_seen,       ///< text: what cannot be read on this node, and why; said once
    broken,         ///< text: what the node's check found, and no rank survives; said once
    unfit,          ///< text: what it found that was not so when the run began; said once
  };
  Kind kind{Kind::kernel_line};
  std::int64_t at_ms{};  ///< milliseconds since the Unix epoch, by the node's clock
  unsigned attempt{};
  std::optional<unsigned> rank = std::nullopt;
  int pid{};
  unsigned count{};
  std::string text;

  bool operator==(const NodeSign&) const = default;
};

}  // namespace holdfast::sentinel
