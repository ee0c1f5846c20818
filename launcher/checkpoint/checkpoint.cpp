// SPDX-License-Identifier: Apache-2.0
#include "holdfast/checkpoint/checkpoint.hpp"

#include "checkpoint/names.hpp"

#include <algorithm>

namespace holdfast::checkpoint {

std::strong_ordering by_age(const Checkpoint& a, const Checkpoint& b) {
  if (a.step != b.step) return a.step <=> b.step;  // no step sorts before any step
  if (a.committed != b.committed) {
    if (!a.committed || !b.committed) return a.committed.has_value() <=> b.committed.has_value();
    return *a.committed < *b.committed ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  const int order = a.path.compare(b.path);
  return order <=> 0;
}

std::string path_of(const Checkpoint& checkpoint, std::string_view member) {
  if (checkpoint.parts.empty() || member.empty()) return join_path(checkpoint.path, member);
  return join_path(directory_name(checkpoint.path), member);
}

const Condemned* find_condemned(std::span<const Condemned> memory, const Checkpoint& checkpoint) {
  const auto same = [&](const Condemned& one) {
    return one.path == checkpoint.path && one.step == checkpoint.step &&
           (!one.committed || one.committed == checkpoint.committed);
  };
  const auto found = std::ranges::find_if(memory, same);
  return found == memory.end() ? nullptr : &*found;
}

std::string join_path(std::string_view directory, std::string_view name) {
  if (directory.empty()) return std::string(name);
  if (name.empty()) return std::string(directory);
  std::string path(directory);
  path += '/';
  path += name;
  return path;
}

}  // namespace holdfast::checkpoint
