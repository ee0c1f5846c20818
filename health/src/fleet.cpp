// SPDX-License-Identifier: Apache-2.0
#include "holdfast/health/fleet.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/health/actions.hpp"

#include <algorithm>
#include <set>

namespace holdfast::health {

namespace {

bool ours(const FleetNode& node) { return node.drained && !checks_of_reason(node.reason).empty(); }

/// "drained", "draining", with the marks of sinfo behind: "drained*".
bool is_drained(std::string_view state) { return lower(state).starts_with("drain"); }

}  // namespace

const FleetNode* Fleet::find(std::string_view name) const {
  const auto found = std::ranges::find(nodes, name, &FleetNode::name);
  return found == nodes.end() ? nullptr : &*found;
}

unsigned Fleet::drained_by_us() const {
  return static_cast<unsigned>(std::ranges::count_if(nodes, ours));
}

unsigned Fleet::drained_for(std::string_view check) const {
  return static_cast<unsigned>(std::ranges::count_if(nodes, [&](const FleetNode& node) {
    if (!ours(node) || node.since < recently) return false;
    const auto ids = checks_of_reason(node.reason);
    return std::ranges::find(ids, check) != ids.end();
  }));
}

Result<Fleet> parse_fleet(std::string_view text) {
  Fleet fleet;
  std::set<std::string, std::less<>> seen;
  for (const std::string_view line : split(text, '\n')) {
    if (trim(line).empty()) continue;
    const auto first = line.find('|');
    const auto second =
        first == std::string_view::npos ? std::string_view::npos : line.find('|', first + 1);
    const auto third =
        second == std::string_view::npos ? std::string_view::npos : line.find('|', second + 1);
    if (third == std::string_view::npos)
      return Failure{FailureKind::unreadable,
                     cat("sinfo printed \"", line.substr(0, 80), "\", which is no line of a node"),
                     {},
                     {}};
    const std::string_view name = trim(line.substr(0, first));
    if (!seen.emplace(name).second) continue;
    FleetNode& node = fleet.nodes.emplace_back();
    node.name = name;
    const std::string_view state = trim(line.substr(first + 1, second - first - 1));
    node.drained = is_drained(state);
    node.answers = state.find('*') == std::string_view::npos && !lower(state).starts_with("unk");
    node.since = trim(line.substr(second + 1, third - second - 1));
    node.reason = trim(line.substr(third + 1));
    if (node.reason == "none") node.reason.clear();
  }
  return fleet;
}

}  // namespace holdfast::health
