// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dealing.hpp"

namespace holdfast::affinity {

/// The cheapest way to group the GPUs of `start` into as many groups, equal ±1: the best of all
/// where there are few enough, else what swaps and moves of single GPUs lead to. The start wins
/// ties.
[[nodiscard]] Dealing regrouped(const Ground& ground, Dealing start, Effort& effort);

}  // namespace holdfast::affinity
