// SPDX-License-Identifier: Apache-2.0
#include "recovery/fingerprint.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>

namespace holdfast::recovery {

namespace {

constexpr std::size_t longest = 200;
constexpr std::size_t looked_at = 2048;

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }
bool is_hex(char letter) {
  return is_digit(letter) || (letter >= 'a' && letter <= 'f') || (letter >= 'A' && letter <= 'F');
}

/// Letters that may stand in a path.
bool is_path_letter(char letter) {
  return letter == '/' || letter == '.' || letter == '-' || letter == '_' || is_digit(letter) ||
         (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}

/// Where the number that begins at `at` ends; `at` itself when none does.
std::size_t end_of_number(std::string_view text, std::size_t at) {
  if (!is_digit(text[at])) return at;
  const bool hex = text.substr(at).starts_with("0x");
  std::size_t end = hex ? at + 2 : at;
  while (end < text.size() && (hex ? is_hex(text[end]) : is_digit(text[end])))
    ++end;
  return end;
}

}  // namespace

std::string without_chance(std::string_view message) {
  message = trim(message.substr(0, looked_at));
  std::string out;
  for (std::size_t at = 0; at < message.size() && out.size() < longest;) {
    const char letter = message[at];
    if (letter == '/') {
      // Up to the last slash of this path; what follows it is read like any other text.
      std::size_t end = at;
      while (end < message.size() && is_path_letter(message[end]))
        ++end;
      at = message.substr(0, end).rfind('/') + 1;
      continue;
    }
    if (const std::size_t end = end_of_number(message, at); end != at) {
      out += '#';
      at = end;
      continue;
    }
    const bool blank = letter == ' ' || letter == '\t';
    if (!blank || (!out.empty() && out.back() != ' ')) out += blank ? ' ' : letter;
    ++at;
  }
  return out;
}

std::string shortened(std::string_view text, std::size_t bytes) {
  std::string out(trim(text.substr(0, std::max(bytes, looked_at))));
  if (out.size() <= bytes) return out;
  std::size_t end = bytes;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0U) == 0x80U)
    --end;  // not in the middle of a letter
  out.resize(end);
  return out + "...";
}

}  // namespace holdfast::recovery
