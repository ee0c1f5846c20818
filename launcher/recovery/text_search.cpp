// SPDX-License-Identifier: Apache-2.0
// One pass over a line for all rows of the table: where no row begins with the pair of letters at
// hand, which is nearly everywhere, the cost is one bit looked up. A row is tried where its first
// part stands for the first time only: if the rest does not follow from there, it follows from
// nowhere later. So a line made to be slow costs at most rows times its length, and that is
// bounded.
#include "recovery/failure_texts.hpp"

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <vector>

namespace holdfast::recovery {

namespace {

constexpr std::size_t looked_at = 2048;
constexpr std::size_t pairs = 65536;

std::size_t pair_of(std::string_view text) {
  return (std::size_t{static_cast<unsigned char>(text[0])} << 8U) |
         static_cast<unsigned char>(text[1]);
}

/// The table sorted by how its rows begin. Every pattern begins with two letters at least.
class Index {
 public:
  explicit Index(std::span<const FailureText> rows) : rows_(rows), begins_(pairs) {
    for (std::size_t row = 0; row < rows.size(); ++row)
      by_pair_.push_back({pair_of(rows[row].pattern), row});
    std::ranges::sort(by_pair_, {}, &Entry::pair);
    for (const Entry& entry : by_pair_)
      begins_[entry.pair] = true;
  }

  [[nodiscard]] const FailureText* find(std::string_view line) const {
    std::bitset<most_failure_texts> tried;
    std::size_t best = rows_.size();
    for (std::size_t at = 0; at + 1 < line.size(); ++at) {
      const std::size_t pair = pair_of(line.substr(at, 2));
      if (!begins_[pair]) continue;
      auto entry = std::ranges::lower_bound(by_pair_, pair, {}, &Entry::pair);
      for (; entry != by_pair_.end() && entry->pair == pair; ++entry)
        if (entry->row < best && !tried[entry->row] &&
            follows(rows_[entry->row].pattern, line.substr(at), entry->row, tried))
          best = entry->row;
    }
    return best == rows_.size() ? nullptr : &rows_[best];
  }

 private:
  struct Entry {
    std::size_t pair;
    std::size_t row;
  };

  /// The whole pattern stands in `text`, its first part at the beginning.
  static bool follows(std::string_view pattern,
                      std::string_view text,
                      std::size_t row,
                      std::bitset<most_failure_texts>& tried) {
    std::size_t star = pattern.find('*');
    if (!text.starts_with(pattern.substr(0, star))) return false;
    tried[row] = true;
    std::size_t at = std::min(star, pattern.size());
    while (star != std::string_view::npos) {
      pattern.remove_prefix(star + 1);
      star = pattern.find('*');
      const std::string_view part = pattern.substr(0, star);
      const std::size_t next = text.find(part, at);
      if (next == std::string_view::npos) return false;
      at = next + part.size();
    }
    return true;
  }

  std::span<const FailureText> rows_;
  std::vector<Entry> by_pair_;
  std::vector<bool> begins_;
};

}  // namespace

const FailureText* find_failure_text(std::string_view line) {
  static const Index index(failure_texts());
  return index.find(line.substr(0, looked_at));
}

}  // namespace holdfast::recovery
