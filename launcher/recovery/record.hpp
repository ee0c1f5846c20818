// SPDX-License-Identifier: Apache-2.0
// What the attempts so far say: how many came to nothing, what a cause has used of its budget,
// which checkpoints and nodes are out. Pure; used by decide().
#pragma once

#include "holdfast/recovery/decide.hpp"

#include <span>

namespace holdfast::recovery {

/// The attempt saved something beyond what it was started from.
[[nodiscard]] bool made_progress(const Attempt& attempt);

/// The attempts whose losses nothing new was saved in between of: the last that made progress and
/// all after it. Their causes are what budgets count.
[[nodiscard]] std::span<const Attempt> since_progress(const History& history);

/// How many attempts in a row, the last one included, came to nothing by themselves. One that Slurm
/// ended, or that never came to run because of a node, says nothing of the program.
[[nodiscard]] unsigned fruitless(const History& history);

/// How many losses of this cause there were since progress was made.
[[nodiscard]] unsigned used(const History& history, Cause cause);

/// How many losses count as restarts of the job; what Slurm or a person ended does not.
[[nodiscard]] unsigned restarts(const History& history);

/// An earlier attempt since progress that was lost in the same way at the same place.
[[nodiscard]] const Attempt* same_before(const History& history);

/// The pause before the next start after `count` losses of one cause.
[[nodiscard]] std::int64_t wait_after(const Budget& budget, unsigned count);

[[nodiscard]] Budget budget_of(const Policy& policy, Cause cause);

}  // namespace holdfast::recovery
