// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/checkpoint/catalogue.hpp"
#include "support/checkpoint/world.hpp"

#include <string>

namespace holdfast::checkpoint::testing {

/// The checkpoint at `path` in a world in which nobody has written for an hour; an empty one that
/// is `unknown` where it is not listed.
[[nodiscard]] inline Listed look(const World& world,
                                 const std::string& path,
                                 Level level = Level::structure,
                                 Wish wish = {}) {
  wish.level = level;
  wish.candidates = 8;
  const auto all = read_catalogue(world, wish, world.now() + std::chrono::hours(1));
  if (all)
    for (const Listed& listed : all->newest_first)
      if (listed.checkpoint.path == path) return listed;
  return {};
}

/// Likewise, with a cut, a flipped byte or other contents instead of what was saved.
inline void change(World& world, const std::string& path, std::size_t at, char to) {
  std::string bytes = world.bytes(path);
  bytes[at] = to;
  world.set_bytes(path, bytes);
}

}  // namespace holdfast::checkpoint::testing
