// SPDX-License-Identifier: Apache-2.0
#include "recovery/placing.hpp"

#include <algorithm>
#include <functional>

namespace holdfast::recovery {

namespace {

/// The spares that are left, in the order they were given.
class Bench {
 public:
  Bench(const Ground& ground, const std::set<std::string>& out) : ground_(ground) {
    std::set<std::string> taken(ground.in_use.begin(), ground.in_use.end());
    for (const std::string& spare : ground.spares)
      if (!out.contains(spare) && taken.insert(spare).second) spares_.push_back(spare);
    for (const std::string& node : ground.in_use)
      if (!out.contains(node)) leaves_.insert(leaf_of(node));
    leaves_.erase("");
  }

  [[nodiscard]] const std::string& leaf_of(const std::string& node) const {
    static const std::string unknown;
    const auto found = ground_.leaf.find(node);
    return found == ground_.leaf.end() ? unknown : found->second;
  }

  /// The first spare that suits, taken off the bench; empty where none does.
  std::string take(const std::function<bool(const std::string&)>& suits) {
    const auto found = std::ranges::find_if(spares_, suits);
    if (found == spares_.end()) return {};
    std::string spare = *found;
    spares_.erase(found);
    return spare;
  }

  std::string take_under(const std::string& leaf) {
    if (leaf.empty()) return {};
    return take([&](const std::string& spare) { return leaf_of(spare) == leaf; });
  }

  std::string take_any() {
    std::string near = take([&](const std::string& one) { return leaves_.contains(leaf_of(one)); });
    return near.empty() ? take([](const std::string&) { return true; }) : near;
  }

 private:
  const Ground& ground_;
  std::vector<std::string> spares_;
  std::set<std::string> leaves_;  // of the nodes that stay
};

}  // namespace

Placing place(const Ground& ground, const std::set<std::string>& out) {
  Bench bench(ground, out);
  std::vector<std::string> stands(ground.in_use.size());  // who is in each place then
  for (std::size_t at = 0; at < stands.size(); ++at)
    if (!out.contains(ground.in_use[at])) stands[at] = ground.in_use[at];
  // Near spares first for everybody, so that one node's far spare is not another's near one.
  for (std::size_t at = 0; at < stands.size(); ++at)
    if (stands[at].empty()) stands[at] = bench.take_under(bench.leaf_of(ground.in_use[at]));
  for (std::string& node : stands)
    if (node.empty()) node = bench.take_any();

  Placing placing;
  for (std::size_t at = 0; at < stands.size(); ++at) {
    if (stands[at].empty()) {
      placing.dropped.push_back(ground.in_use[at]);
      continue;
    }
    if (stands[at] != ground.in_use[at])
      placing.replaced.emplace_back(ground.in_use[at], stands[at]);
    placing.nodes.push_back(stands[at]);
  }
  while (placing.nodes.size() < ground.wanted) {
    std::string more = bench.take_any();
    if (more.empty()) break;
    placing.nodes.push_back(more);
    placing.added.push_back(std::move(more));
  }
  return placing;
}

}  // namespace holdfast::recovery
