// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/health/facts.hpp"
#include "left_behind.hpp"

#include <chrono>
#include <csignal>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::health {

/// One look at a part of the node, to be taken in a child.
struct Look {
  std::string name;
  std::function<void(Facts&)> see;
  unsigned shared{};  ///< looks of one number share a child, in their order; 0 has one of its own
};

struct Seen {
  ProbeRecord record;
  std::optional<Facts> facts;  ///< only when it answered
};

struct ChildRules {
  std::chrono::milliseconds deadline{800};
  std::chrono::milliseconds grace{
      20};                  ///< from the signal that ends a child until it is called stuck
  int end_signal{SIGKILL};  ///< tests send one that a child may ignore
};

/// Takes all looks at once, in children, and waits until all have answered or the deadline has
/// passed. A look that takes long, or whose child dies, holds up no other: those behind it in the
/// same child are given to a new one. A child that cannot be ended (it waits in the kernel) is left
/// behind and remembered; a look of which too many were left behind is not taken. `meanwhile` is
/// what the parent does itself while they look. In order of `looks`.
[[nodiscard]] std::vector<Seen> look_in_children(
    const std::vector<Look>& looks,
    const ChildRules& rules,
    const LeftBehind& left_behind,
    const std::function<void()>& meanwhile = [] {});

}  // namespace holdfast::health
