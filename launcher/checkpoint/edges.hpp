// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/checkpoint/disk.hpp"

#include <cstddef>
#include <string>

namespace holdfast::checkpoint {

/// The first and the last bytes of a file, as one open and at most two reads give them.
struct Edges {
  std::uint64_t size{};  ///< as the open file has it, not as it was listed
  std::string head;      ///< shorter than asked for where the file is
  std::string tail;
};

[[nodiscard]] Result<Edges> read_edges(const Disk& disk,
                                       const std::string& path,
                                       std::size_t head,
                                       std::size_t tail);

}  // namespace holdfast::checkpoint
