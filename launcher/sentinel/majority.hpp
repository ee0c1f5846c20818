// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace holdfast::sentinel {

/// Every member has one vote and slurmctld has one, so that two nodes can decide.
[[nodiscard]] constexpr unsigned votes_needed(unsigned members) { return (members + 1) / 2 + 1; }

enum class Majority {
  sure,             ///< the members alone suffice
  with_controller,  ///< if slurmctld agrees
  none,
};

[[nodiscard]] constexpr Majority majority_of(unsigned votes, unsigned members) {
  if (votes >= votes_needed(members)) return Majority::sure;
  return votes + 1 >= votes_needed(members) ? Majority::with_controller : Majority::none;
}

/// The times that keep two supervisors from running ranks at once. All but the first are derived.
///
/// A supervisor that lost its majority stops acknowledging within `fresh`; where its majority hangs
/// on slurmctld it gives `short_lease` only, and within `controller_vote` of the successor's claim
/// it knows of it. A voter was without acknowledgement for the node timeout before it voted. So
/// `after_claim` after the claim no rank runs on a node the successor cannot see.
struct LeaseTerms {
  std::chrono::milliseconds lease;
  std::chrono::milliseconds fresh;            ///< a member counts whose round trip is no older
  std::chrono::milliseconds controller_vote;  ///< how long slurmctld's answer counts
  std::chrono::milliseconds short_lease;
  std::chrono::milliseconds after_claim;
};

[[nodiscard]] LeaseTerms lease_terms(std::chrono::milliseconds beat,
                                     std::chrono::milliseconds node_timeout,
                                     std::chrono::milliseconds lease);

/// Clocks of two nodes that run at different speeds, and the time it takes to kill.
inline constexpr std::chrono::milliseconds fence_margin{300};

}  // namespace holdfast::sentinel
