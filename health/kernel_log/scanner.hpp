// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast::health {

/// Reads a line from left to right. A step that does not fit moves nothing.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  /// Goes past `word` when the rest begins with it.
  bool take(std::string_view word);

  /// The text before the next `mark`, going past the mark.
  std::optional<std::string_view> until(std::string_view mark);

  /// A whole number; for base 16 without "0x".
  std::optional<unsigned> number(int base = 10);
  std::optional<std::uint64_t> wide_number(int base = 10);

  /// Letters up to a blank, ',', ')' or the end; may be empty.
  std::string_view word();

  void skip_blanks();

  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace holdfast::health
