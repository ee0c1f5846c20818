// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/plan.hpp"

#include <cstddef>
#include <vector>

namespace holdfast::affinity {

/// Where the memory of a rank with these cores and GPUs should come from: the NUMA nodes its cores
/// are on, and of those the ones nearest to its GPUs, because the memory that matters is the one a
/// GPU copies from. Memory without CPUs (CXL, high-bandwidth) and GPU memory is never chosen.
[[nodiscard]] MemoryPolicy memory_for(const Topology& topology,
                                      const std::vector<std::size_t>& cores,
                                      const std::vector<std::size_t>& gpus);

}  // namespace holdfast::affinity
