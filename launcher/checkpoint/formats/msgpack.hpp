// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "checkpoint/bytes.hpp"

#include <cstddef>

namespace holdfast::checkpoint {

/// What walking over a msgpack file shows.
struct MsgpackShape {
  std::size_t items{};  ///< values and keys of all depths
  bool placeholders{};  ///< names arrays that Flax keeps in a directory beside it
};

/// Walks over the one value a file consists of, without reading what its strings and arrays hold:
/// cost goes with the number of items, not with bytes. The value must end where the file ends.
[[nodiscard]] Result<MsgpackShape> walk_msgpack(const Slice& file, std::size_t most_items);

}  // namespace holdfast::checkpoint
