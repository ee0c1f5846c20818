// SPDX-License-Identifier: Apache-2.0
// What a run cost and what of it was kept: the figures of `holdfast report`. Pure. The formulas
// stand in holdfast-report(1).
#pragma once

#include "holdfast/events/run_state.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace holdfast::events {

/// Of one attempt.
struct AttemptAccount {
  unsigned number{};
  std::uint64_t running_ms{};  ///< all ranks there
  std::uint64_t kept_ms{};     ///< of which the result was used: by the next attempt or as the end
  std::uint64_t lost_ms{};     ///< of which it was not
  std::optional<std::uint64_t> steps_lost;   ///< about; by the pace between its checkpoints
  std::optional<std::uint64_t> recovery_ms;  ///< from its loss to all ranks of the next one running
};

struct Accounts {
  std::uint64_t wall_ms{};  ///< from the first start to the end, or to now
  std::uint64_t running_ms{};
  std::uint64_t kept_ms{};
  std::uint64_t lost_ms{};
  std::uint64_t at_risk_ms{};  ///< of kept_ms: since the newest checkpoint, while the run goes on
  std::optional<std::uint64_t> steps_lost;
  double node_hours{};  ///< of all allocations, spares and waits included
  double node_hours_kept{};
  double node_hours_lost{};       ///< running and thrown away
  std::optional<double> ettr;     ///< kept_ms / wall_ms
  std::optional<double> goodput;  ///< node_hours_kept / node_hours
  std::vector<AttemptAccount> attempts;
};

/// `now_ms` counts while the run has not ended.
[[nodiscard]] Accounts account(const RunState& state, std::int64_t now_ms);

}  // namespace holdfast::events
