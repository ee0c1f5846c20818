// SPDX-License-Identifier: Apache-2.0
#include "choice.hpp"

#include <algorithm>

namespace holdfast::affinity {

std::size_t ways_to_take(const std::vector<std::size_t>& limits,
                         std::size_t total,
                         std::size_t enough) {
  std::vector<std::size_t> ways(total + 1);
  ways[0] = 1;
  for (const std::size_t limit : limits) {
    std::vector<std::size_t> next(total + 1);
    for (std::size_t taken = 0; taken <= total; ++taken)
      for (std::size_t more = 0; more <= std::min(limit, total - taken); ++more)
        next[taken + more] = std::min(enough, next[taken + more] + ways[taken]);
    ways = std::move(next);
  }
  return ways[total];
}

}  // namespace holdfast::affinity
