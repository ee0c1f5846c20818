// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/memory_policy.hpp"
#include "holdfast/common/cpu_set.hpp"
#include "holdfast/common/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::affinity {

/// What the plugin carries out for one local rank. Nothing here is decided by the plugin.
struct RankOrders {
  unsigned local_rank{};
  CpuSet
      cpus;  ///< PUs as the kernel of this machine numbers them; empty: leave the CPU binding alone
  MemoryPolicy memory;
  std::vector<std::pair<std::string, std::string>> environment;  ///< set these, overwriting
  std::string why;

  friend bool operator==(const RankOrders&, const RankOrders&) = default;
};

/// The answer of `holdfast plan --for-step` for one node of one step.
struct StepOrders {
  std::vector<std::string> told;  ///< lines for the job's stderr, told once by local rank 0
  std::vector<RankOrders> ranks;

  friend bool operator==(const StepOrders&, const StepOrders&) = default;
};

/// The hand-over as text, one word and its value a line, written and read only here:
///   holdfast-step 1
///   told TEXT
///   rank N
///   cpus LIST
///   memory preferred|preferred-many LIST
///   set NAME=VALUE
///   why TEXT
///   end
/// `rank` begins a rank, the lines after it belong to it. `end` proves that nothing was cut off.
/// Text holds no control characters: write replaces them by blanks, read refuses them.
[[nodiscard]] std::string write_handover(const StepOrders& orders);
[[nodiscard]] Result<StepOrders> read_handover(std::string_view text);

/// More than 4,096 ranks with 200 variables each never take; what is longer is refused unread.
inline constexpr std::size_t max_handover_bytes = std::size_t{16} << 20;

}  // namespace holdfast::affinity
