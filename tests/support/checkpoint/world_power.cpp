// SPDX-License-Identifier: Apache-2.0
// What a power cut leaves. Bytes that were not synced may all have arrived, or none, or a beginning
// of them, or some pages of them. Changes of directories arrive in order on a journalling file
// system and in any order per directory on others; the dice say which kind this is.
#include "support/checkpoint/world.hpp"

#include <algorithm>

namespace holdfast::checkpoint::testing {

namespace {

constexpr std::size_t page = 4096;

std::size_t roll(std::mt19937_64& dice, std::size_t end) {
  return end == 0 ? 0 : static_cast<std::size_t>(dice() % end);
}

}  // namespace

void World::forget_bytes(Node& node, std::mt19937_64& dice) {
  switch (roll(dice, 4)) {
    case 0:  // all of it had been written back by chance
      break;
    case 1:  // nothing since the last sync
      node.bytes = node.durable;
      node.holes.clear();
      break;
    case 2:  // the size grew as data arrived, and then no more
      node.bytes.resize(roll(dice, node.bytes.size() + 1));
      break;
    default:  // the full size, and some pages never arrived
      for (std::size_t number = 0; number * page < node.bytes.size(); ++number) {
        if (roll(dice, 2) == 0) continue;
        const std::size_t from = number * page;
        const std::size_t length = std::min(page, node.bytes.size() - from);
        // Over synced bytes the old ones stand; beyond them there is nothing.
        if (from + length <= node.durable.size()) {
          node.bytes.replace(from, length, node.durable, from, length);
        } else {
          node.bytes.replace(from, length, length, '\0');
          node.holes.insert(number);
        }
      }
  }
  node.durable = node.bytes;
  node.clean = true;
}

void World::forget_changes(std::mt19937_64& dice) {
  const bool in_order = roll(dice, 2) == 0;
  std::map<std::uint64_t, std::size_t> kept;  // per directory; 0 is the journal of all
  std::map<std::uint64_t, std::size_t> seen;
  std::map<std::uint64_t, std::size_t> total;
  for (const Change& change : changes_)
    ++total[in_order ? 0 : change.directory];
  for (const auto& [directory, count] : total)
    kept[directory] = roll(dice, count + 1);
  bool together = false;
  for (const Change& change : changes_) {
    const std::uint64_t journal = in_order ? 0 : change.directory;
    const bool keep = together || seen[journal] < kept[journal];
    ++seen[journal];
    if (keep) {
      auto& entries = nodes_.at(change.directory).durable_entries;
      if (change.node)
        entries[change.name] = *change.node;
      else
        entries.erase(change.name);
    }
    together = keep && change.with_next != 0;  // both halves of a rename, or neither
  }
  for (auto& [number, node] : nodes_)
    node.entries = node.durable_entries;
  changes_.clear();
}

void World::lose_power(std::mt19937_64& dice) {
  forget_changes(dice);
  for (auto& [number, node] : nodes_)
    if (node.kind == FileKind::regular && !node.clean) forget_bytes(node, dice);
  live_on();
}

}  // namespace holdfast::checkpoint::testing
