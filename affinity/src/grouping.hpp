// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dealing.hpp"

#include <cstddef>
#include <vector>

namespace holdfast::affinity {

/// Fewer ranks than GPUs: groups of GPUs, as many as ranks, in no particular order. Sizes are equal
/// ±1 and the full sharing of cores costs the least there is; but where that makes a rank own GPUs
/// of two packages, and keeping packages apart leaves no rank with fewer GPUs than the smallest
/// fair share and costs no more than 0.05, packages are kept apart.
[[nodiscard]] Dealing group_gpus(const Ground& ground, unsigned ranks, Effort& effort);

/// GPUs place by place, each place in the runtime's order.
[[nodiscard]] std::vector<std::size_t> place_order(const Ground& ground);

}  // namespace holdfast::affinity
