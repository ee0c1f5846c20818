// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/recovery/decide.hpp"

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::recovery {

/// The nodes of the next attempt.
struct Placing {
  std::vector<std::string> nodes;                             ///< in rank order
  std::vector<std::pair<std::string, std::string>> replaced;  ///< who is out, who stands in
  std::vector<std::string> dropped;                           ///< out, and nobody stands in
  std::vector<std::string> added;                             ///< where an earlier one had shrunk
};

/// Puts a spare in the place of each node that is out: first one under the same leaf switch, then
/// one under a leaf that the job is on already, then any. Nobody else moves.
[[nodiscard]] Placing place(const Ground& ground, const std::set<std::string>& out);

}  // namespace holdfast::recovery
