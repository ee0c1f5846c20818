// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/edges.hpp"

#include "checkpoint/bytes.hpp"

#include <algorithm>

namespace holdfast::checkpoint {

Result<Edges> read_edges(const Disk& disk,
                         const std::string& path,
                         std::size_t head,
                         std::size_t tail) {
  const auto file = disk.open(path);
  if (!file) return file.error();
  const Slice whole(**file);
  Edges edges{.size = whole.length(), .head = {}, .tail = {}};
  const auto bounded = [&](std::size_t wanted) {
    return static_cast<std::size_t>(std::min<std::uint64_t>(wanted, edges.size));
  };
  auto first = whole.read(0, bounded(head));
  if (!first) return first.error();
  edges.head = std::move(*first);
  if (tail == 0) return edges;
  auto last = whole.read(edges.size - bounded(tail), bounded(tail));
  if (!last) return last.error();
  edges.tail = std::move(*last);
  return edges;
}

}  // namespace holdfast::checkpoint
