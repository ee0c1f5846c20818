// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/report/runs.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::cli {

/// An attempt a node is blamed for.
struct Blame {
  std::string job;
  unsigned attempt{};
  std::int64_t at_ms{};
  std::string cause;
  std::string why;
};

/// What one run knows of a node.
struct NodeInRun {
  std::string job;
  std::int64_t first_ms{};
  std::size_t attempts{};  ///< it was in
  unsigned losses{};
  std::size_t blamed{};
};

/// What all runs know of it.
struct NodeHistory {
  std::string node;
  std::vector<NodeInRun> runs;  ///< those that had it, heard of last first
  std::vector<Blame> blames;    ///< newest first
};

/// Pure.
[[nodiscard]] NodeHistory history_of_node(std::span<const SeenRun> runs, std::string_view node);

[[nodiscard]] std::string node_history_text(const NodeHistory& history);
[[nodiscard]] std::string node_history_json(const NodeHistory& history);

}  // namespace holdfast::cli
