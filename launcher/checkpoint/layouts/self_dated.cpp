// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/layouts/self_dated.hpp"

#include <algorithm>

namespace holdfast::checkpoint {

namespace {

/// How many files a survey opens at most. A directory with more checkpoints than that is ordered by
/// time.
constexpr std::size_t most_looks = 256;

}  // namespace

bool date_by_contents(std::vector<Checkpoint>& candidates,
                      const std::function<Dated(const Checkpoint&)>& look) {
  std::ranges::sort(candidates, [](const Checkpoint& a, const Checkpoint& b) {
    return a.committed > b.committed;
  });
  bool recognised = false;
  bool all_dated = candidates.size() <= most_looks;
  std::vector<Checkpoint> kept;
  for (Checkpoint& one : candidates) {
    const Dated dated = kept.size() < most_looks ? look(one) : Dated{};
    if (dated.foreign) continue;
    recognised = recognised || dated.recognised;
    one.step = dated.step;
    all_dated = all_dated && dated.step;
    kept.push_back(std::move(one));
  }
  candidates = std::move(kept);
  if (!all_dated)
    for (Checkpoint& one : candidates)
      one.step.reset();
  return recognised;
}

}  // namespace holdfast::checkpoint
