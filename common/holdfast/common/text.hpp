// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace holdfast {

namespace detail {
inline void put(std::string& out, std::string_view text) { out += text; }
inline void put(std::string& out, char letter) { out += letter; }
template <class Number>
requires(std::integral<Number> && !std::same_as<Number, char> &&
         !std::same_as<Number, bool>) void put(std::string& out, Number number) {
  out += std::to_string(number);
}
}  // namespace detail

/// Joins text and whole numbers: cat("GPU ", address, " has ", n, " ports"). (g++ 12 has no
/// <format>.)
template <class... Parts>
[[nodiscard]] std::string cat(const Parts&... parts) {
  std::string out;
  (detail::put(out, parts), ...);
  return out;
}

[[nodiscard]] std::string_view trim(std::string_view text);

/// Splits at every `separator`; "a,,b" gives three parts, the empty text gives none.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

[[nodiscard]] std::string join(std::span<const std::string> parts, std::string_view separator);

[[nodiscard]] std::string lower(std::string_view text);

/// A fixed number of digits after the point: decimal(0.5, 2) is "0.50".
[[nodiscard]] std::string decimal(double number, int digits);

/// The whole text as a number in `base`, or nothing: no sign tricks, no spaces, no trailing text,
/// no overflow.
template <std::unsigned_integral Number>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text, int base = 10) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, base);
  if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

/// The candidate a typist most likely meant, or nothing when none is close: "did you mean
/// --explain?".
[[nodiscard]] std::optional<std::string> nearest(std::string_view typed,
                                                 std::span<const std::string> candidates);

}  // namespace holdfast
