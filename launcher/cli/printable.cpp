// SPDX-License-Identifier: Apache-2.0
#include "cli/printable.hpp"

#include <algorithm>
#include <cstddef>

namespace holdfast::cli {

namespace {

bool continues(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U;
}

/// The code point that begins at `at` and its length in bytes; length 0 where the bytes are not
/// UTF-8 (overlong forms, surrogates and cut-off sequences included).
struct CodePoint {
  char32_t value{};
  std::size_t length{};
};

CodePoint code_point_at(std::string_view text, std::size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (first < 0xc2 || first > 0xf4) return {};
  char32_t value = first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if (!continues(text, at + i)) return {};
    value = (value << 6U) | (static_cast<unsigned char>(text[at + i]) & 0x3fU);
  }
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < smallest[length] || value > 0x10ffff || surrogate) return {};
  return {value, length};
}

bool shows(char32_t value) {
  const bool control = value < 0x20 || (value >= 0x7f && value < 0xa0);
  // Direction marks turn the rest of a line round; XML 1.0 forbids the last two of each plane 0.
  const bool turns = (value >= 0x202a && value <= 0x202e) || (value >= 0x2066 && value <= 0x2069);
  const bool line_break = value == 0x2028 || value == 0x2029;
  return !control && !turns && !line_break && value != 0xfffe && value != 0xffff;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = code_point_at(text, at);
    if (point.length != 0 && shows(point.value))
      out += text.substr(at, point.length);
    else
      out += '?';
    at += std::max<std::size_t>(point.length, 1);
  }
  return out;
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U; }));
}

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  const std::size_t have = width_of(text);
  if (have < width) out.append(width - have, ' ');
  return out;
}

}  // namespace holdfast::cli
