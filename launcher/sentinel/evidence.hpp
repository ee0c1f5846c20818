// SPDX-License-Identifier: Apache-2.0
// What a node can tell of the end of its ranks: the kernel's log, memory limits, ranks that are
// gone. New things are told as they are seen; the youngest are kept, for when somebody asks.
#pragma once

#include "holdfast/sentinel/beat.hpp"
#include "sentinel/kernel_log.hpp"
#include "sentinel/memory_events.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace holdfast::sentinel {

class Evidence {
 public:
  explicit Evidence(const std::string& kernel_log = "/dev/kmsg") : log_(kernel_log) {}

  /// A sign from elsewhere in the sentinel, kept like the others.
  void add(NodeSign sign);

  /// Takes in what the node shows now. `ranks` are those of the watched attempt that run.
  void read_new(std::span<const RankState> ranks);

  /// PCI addresses of the GPUs the job sees; what the kernel says of another GPU is not told. None:
  /// all are told of.
  void set_own_gpus(const std::vector<std::string>& gpus) { own_gpus_ = gpus; }

  /// The process of a rank ended just now. Told once, also when read_new() misses it too.
  void rank_gone(int pid);

  /// What was not told yet, oldest first.
  [[nodiscard]] std::vector<NodeSign> take_untold();

  /// Everything since then that is still kept, told or not.
  [[nodiscard]] std::vector<NodeSign> since(std::int64_t at_ms) const;

 private:
  void read_kernel_log();

  [[nodiscard]] bool is_of_another_gpu(const KernelLine& line) const;

  KernelLog log_;
  MemoryEvents memory_;
  bool obstacle_told_{};
  bool boot_read_{};
  std::vector<std::string> own_gpus_;
  std::map<int, RankState> running_;  // by pid
  std::deque<NodeSign> kept_;
  std::deque<NodeSign> untold_;
};

}  // namespace holdfast::sentinel
