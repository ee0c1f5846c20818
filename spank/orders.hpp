// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/handover.hpp"
#include "host.hpp"

#include <atomic>
#include <optional>
#include <string>

namespace holdfast::spank {

/// One flag that every rank of the node sees, although each lives in a process of its own: mapped
/// before they are forked. Where it cannot be mapped, everybody may speak.
class OnceOnNode {
 public:
  OnceOnNode();
  ~OnceOnNode();
  OnceOnNode(const OnceOnNode&) = delete;
  OnceOnNode& operator=(const OnceOnNode&) = delete;

  /// True for the first caller only.
  [[nodiscard]] bool is_first();

 private:
  std::atomic<bool>* spoken_;
};

/// Asks the program where this node's ranks go, as the job's user, within the site's deadline.
[[nodiscard]] Result<affinity::StepOrders> ask_orders(spank_t spank,
                                                      const StepFacts& facts,
                                                      const Site& site,
                                                      const BindWish& wish);

/// Carries out one rank's orders on the calling task. What fails is the answer; what does not
/// depend on it is done all the same, so that a rank that cannot be bound still finds its peers.
[[nodiscard]] std::optional<Failure> apply_orders(spank_t spank,
                                                  const affinity::RankOrders& orders);

}  // namespace holdfast::spank
