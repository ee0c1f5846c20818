// SPDX-License-Identifier: Apache-2.0
#include "recovery/speaker.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::recovery {

namespace {

/// No label stands farther in.
constexpr std::size_t label_within = 160;

/// Digits at the front of `text`, taken off.
std::optional<unsigned> take_number(std::string_view& text) {
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9')
    ++digits;
  const auto number = parse_number<unsigned>(text.substr(0, digits));
  if (number) text.remove_prefix(digits);
  return number;
}

/// "  12: " of srun -l.
std::optional<unsigned> take_srun_label(std::string_view& text, const RankIndex& ranks) {
  std::string_view rest = text;
  while (!rest.empty() && rest.front() == ' ')
    rest.remove_prefix(1);
  const auto rank = take_number(rest);
  if (!rank || !rest.starts_with(':') || !ranks.has(*rank)) return std::nullopt;
  rest.remove_prefix(1);
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  text = rest;
  return rank;
}

/// "[rank3]: " at the front, or "[Rank 3]" somewhere near it.
std::optional<unsigned> take_torch_label(std::string_view& text, const RankIndex& ranks) {
  for (const std::string_view word : {std::string_view("[rank"), std::string_view("[Rank ")}) {
    const std::size_t at = text.substr(0, label_within).find(word);
    if (at == std::string_view::npos) continue;
    std::string_view rest = text.substr(at + word.size());
    const auto rank = take_number(rest);
    if (!rank || !rest.starts_with(']') || !ranks.has(*rank)) continue;
    rest.remove_prefix(1);
    if (at == 0 && rest.starts_with(':')) {
      rest.remove_prefix(1);
      if (rest.starts_with(' ')) rest.remove_prefix(1);
      text = rest;
    }
    return rank;
  }
  return std::nullopt;
}

}  // namespace

RankIndex::RankIndex(std::vector<RankBlock> blocks) : blocks_(std::move(blocks)) {
  std::ranges::stable_sort(blocks_, {}, &RankBlock::first);
  for (const RankBlock& block : blocks_)
    names_.insert(block.node);
}

const RankBlock* RankIndex::block_of(unsigned rank) const {
  const auto after = std::ranges::upper_bound(blocks_, rank, {}, &RankBlock::first);
  if (after == blocks_.begin()) return nullptr;
  const RankBlock& block = *std::prev(after);
  return rank - block.first < block.count ? &block : nullptr;
}

std::string RankIndex::node_of(unsigned rank) const {
  const RankBlock* block = block_of(rank);
  return block == nullptr ? std::string() : block->node;
}

bool RankIndex::is_node(std::string_view name) const { return names_.contains(std::string(name)); }

Speaker RankIndex::speaker_of(const Line& line) const {
  Speaker speaker{.node = line.node, .rank = line.rank, .text = line.text};
  if (const auto rank = take_srun_label(speaker.text, *this); !speaker.rank) speaker.rank = rank;
  if (const auto rank = take_torch_label(speaker.text, *this); !speaker.rank) speaker.rank = rank;
  if (speaker.node.empty() && speaker.rank) speaker.node = node_of(*speaker.rank);
  if (!speaker.node.empty()) return speaker;
  const std::size_t end = speaker.text.substr(0, label_within).find_first_of(":. ");
  if (end == std::string_view::npos || end == 0) return speaker;
  const std::string_view host = speaker.text.substr(0, end);
  if (is_node(host)) speaker.node = host;
  return speaker;
}

}  // namespace holdfast::recovery
