// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "checkpoint/bytes.hpp"

#include <cstdint>

namespace holdfast::checkpoint {

/// What the head of a VELOC file in memory mode says: a number of regions, their sizes, the data.
struct VelocFile {
  std::uint64_t regions{};
  std::uint64_t declared{};  ///< bytes of head and data together
};

/// Reads the head. VELOC writes it after the data, so a save that was interrupted leaves zeros
/// there; `regions` is then 0.
[[nodiscard]] Result<VelocFile> read_veloc_head(const Slice& file);

}  // namespace holdfast::checkpoint
