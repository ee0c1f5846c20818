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
  CpuSet cpus;  ///< PUs by OS index; empty: leave the CPU binding alone
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
/// Text holds no control characters: write replaces them by blanks, read refuses them. Read takes
/// the whole text or nothing: an unknown word, a rank or variable that comes twice, an empty CPU
/// list are failures that name the line. Which ranks must be there is the caller's to check.
[[nodiscard]] std::string write_handover(const StepOrders& orders);
[[nodiscard]] Result<StepOrders> read_handover(std::string_view text);

/// More than 4,096 ranks with 200 variables each never take; what is longer is refused.
inline constexpr std::size_t max_handover_bytes = std::size_t{16} << 20;

/// One more than the highest local rank a hand-over can name: as many as a plan may have.
inline constexpr unsigned max_handover_ranks = 4096;

}  // namespace holdfast::affinity
