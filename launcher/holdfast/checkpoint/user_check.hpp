// SPDX-License-Identifier: Apache-2.0
// The user's own word on a checkpoint: a command of his that ends with 0 when it is good.
#pragma once

#include "holdfast/checkpoint/verdict.hpp"
#include "holdfast/common/result.hpp"

#include <chrono>
#include <span>
#include <string>

namespace holdfast::checkpoint {

/// Runs the command, as the user who called us, without a shell and without input, and waits for it
/// at most so long; then its whole process group is killed. Its output is not shown, but the last
/// line of it stands in the sentence. Exit 0 is good, a command that cannot be started or takes too
/// long is unknown, everything else is damaged.
[[nodiscard]] Judgement ask_user_check(std::span<const std::string> command,
                                       std::chrono::milliseconds limit);

}  // namespace holdfast::checkpoint
