// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "checkpoint/bytes.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast::checkpoint {

/// Reads numbers and pieces off the front of bytes that may lie about their own lengths. Whatever
/// does not fit in what is left is nothing, and the cursor stays where it was.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }

  template <std::unsigned_integral Number>
  std::optional<Number> take_big() {
    const auto piece = take(sizeof(Number));
    if (!piece) return std::nullopt;
    return big<Number>(as_bytes(*piece));
  }

  template <std::unsigned_integral Number>
  std::optional<Number> take_little() {
    const auto piece = take(sizeof(Number));
    if (!piece) return std::nullopt;
    return little<Number>(as_bytes(*piece));
  }

  /// Seven bits a byte, lowest first, as protocol buffers and LevelDB have it.
  std::optional<std::uint64_t> take_varint();

  std::optional<std::string_view> take(std::uint64_t count);

  /// Up to the next NUL, which is passed over and not part of it.
  std::optional<std::string_view> take_c_string();

 private:
  std::string_view bytes_;
  std::size_t at_{};
};

}  // namespace holdfast::checkpoint
