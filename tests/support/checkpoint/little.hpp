// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace holdfast::checkpoint::testing {

/// A number as sizeof(Number) bytes, lowest first.
template <class Number>
[[nodiscard]] std::string little_bytes(std::uint64_t number) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof(Number); ++i, number >>= 8)
    bytes += static_cast<char>(number & 0xffU);
  return bytes;
}

}  // namespace holdfast::checkpoint::testing
