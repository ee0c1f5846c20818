// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/checkpoint/layout.hpp"

namespace holdfast::checkpoint {

/// What is not whole but young may still be written: `unfinished` and `damaged` become `in_flight`
/// (and `good`, where the format could not tell) until its newest file or directory is older than
/// the quiet time. A time further in the future than that is of a clock that cannot be believed,
/// and keeps nobody waiting.
void settle(Judgement& judgement, const Tree& tree, const Context& context);

}  // namespace holdfast::checkpoint
