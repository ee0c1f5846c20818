// SPDX-License-Identifier: Apache-2.0
#include "run/witnesses.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>

namespace holdfast::run {

namespace {

constexpr std::size_t most_witnesses = 3;

}  // namespace

Witnesses::Order Witnesses::ask_about(const std::string& node,
                                      const std::string& own,
                                      const std::vector<std::string>& living) {
  const auto address = address_of_.find(node);
  words_[node] = {};
  if (port_ == 0 || address == address_of_.end()) return {};
  Order order{{}, address->second, port_};
  for (const std::string& one : living)
    if (one != node && one != own && order.witnesses.size() < most_witnesses)
      order.witnesses.push_back(one);
  if (order.witnesses.empty() && std::ranges::count(living, own) != 0 && own != node)
    order.witnesses.push_back(own);
  words_[node].asked = {order.witnesses.begin(), order.witnesses.end()};
  return order;
}

void Witnesses::heard(const std::string& witness, const std::string& address, bool answered) {
  for (auto& [node, words] : words_)
    if (words.asked.contains(witness) && address_of_[node] == address)
      (answered ? words.reached : words.missed).insert(witness);
}

std::string Witnesses::words_on(const std::string& node) const {
  const auto found = words_.find(node);
  if (found == words_.end()) return {};
  const Words& words = found->second;
  const std::size_t spoke = words.reached.size() + words.missed.size();
  if (spoke == 0) return {};
  if (2 * words.reached.size() > spoke)
    return cat(" although ",
               words.reached.size(),
               " of ",
               spoke,
               " other nodes reach its slurmd: its sentinel stands still, or is cut off alone");
  return cat(", and ", words.missed.size(), " of ", spoke, " other nodes do not reach it either");
}

}  // namespace holdfast::run
