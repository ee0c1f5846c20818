// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::health {

/// One node as Slurm has it.
struct FleetNode {
  std::string name;
  bool drained{};      ///< drained or draining
  bool answers{true};  ///< slurmd has registered, and slurmctld hears it
  std::string since;   ///< of the reason: "2026-11-22T23:27:45"
  std::string reason;  ///< empty without one

  friend bool operator==(const FleetNode&, const FleetNode&) = default;
};

/// All nodes, as one `sinfo` tells them.
struct Fleet {
  std::vector<FleetNode> nodes;
  /// The beginning of what counts as one moment, as Slurm writes times; empty: all of time does.
  std::string recently{};

  [[nodiscard]] const FleetNode* find(std::string_view name) const;
  [[nodiscard]] unsigned drained_by_us() const;
  /// Recently: nodes that wait for their parts since last week have no cause in common.
  [[nodiscard]] unsigned drained_for(std::string_view check) const;
};

/// How sinfo is asked: one line a node, the reason last because it may hold any letter.
inline constexpr std::string_view fleet_format = "%N|%T|%H|%E";

/// Reads what `sinfo --noheader --Node --format` with fleet_format prints. A node in several
/// partitions is there once.
[[nodiscard]] Result<Fleet> parse_fleet(std::string_view text);

}  // namespace holdfast::health
