// SPDX-License-Identifier: Apache-2.0
#include "events/bytes_as_text.hpp"

namespace holdfast::events {

namespace {

unsigned char byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

bool continues(std::string_view text, std::size_t at) {
  return at < text.size() && (byte_at(text, at) & 0xC0U) == 0x80U;
}

/// Second bytes are narrower after some first ones: no overlong forms, no surrogates, nothing above
/// U+10FFFF.
bool second_fits(unsigned char first, unsigned char second) {
  switch (first) {
    case 0xE0:
      return second >= 0xA0;
    case 0xED:
      return second <= 0x9F;
    case 0xF0:
      return second >= 0x90;
    case 0xF4:
      return second <= 0x8F;
    default:
      return true;
  }
}

/// U+10FF80 … U+10FFFF: the characters that stand for a byte.
bool stands_for_byte(std::string_view text) {
  return text.size() >= 4 && byte_at(text, 0) == 0xF4 && byte_at(text, 1) == 0x8F &&
         (byte_at(text, 2) == 0xBE || byte_at(text, 2) == 0xBF) && continues(text, 3);
}

void put_for_byte(std::string& out, unsigned char byte) {
  out += "\xF4\x8F";
  out += static_cast<char>(0xBCU | (byte >> 6U));
  out += static_cast<char>(0x80U | (byte & 0x3FU));
}

char byte_behind(std::string_view character) {
  const unsigned high = (byte_at(character, 2) & 3U) << 6U;
  return static_cast<char>(high | (byte_at(character, 3) & 0x3FU));
}

}  // namespace

std::size_t character_length(std::string_view text) {
  if (text.empty()) return 0;
  const unsigned char first = byte_at(text, 0);
  if (first < 0x80) return 1;
  std::size_t length = 0;
  if (first >= 0xC2 && first <= 0xDF) length = 2;
  if (first >= 0xE0 && first <= 0xEF) length = 3;
  if (first >= 0xF0 && first <= 0xF4) length = 4;
  if (length == 0 || text.size() < length || !second_fits(first, byte_at(text, 1))) return 0;
  for (std::size_t at = 1; at < length; ++at)
    if (!continues(text, at)) return 0;
  return length;
}

std::string bytes_as_text(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    std::size_t length = character_length(bytes);
    if (length == 0 || stands_for_byte(bytes)) {
      // One that stands for a byte already is itself spelled byte by byte, or it would come back
      // as something else.
      length = length == 0 ? 1 : 4;
      for (std::size_t at = 0; at < length; ++at)
        put_for_byte(out, byte_at(bytes, at));
    } else {
      out += bytes.substr(0, length);
    }
    bytes.remove_prefix(length);
  }
  return out;
}

std::string text_as_bytes(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const bool byte = stands_for_byte(text);
    if (byte)
      out += byte_behind(text);
    else
      out += text.front();
    text.remove_prefix(byte ? 4 : 1);
  }
  return out;
}

std::string cut_text(std::string_view text, std::size_t most) {
  constexpr std::string_view mark = "…";
  if (text.size() <= most) return std::string(text);
  std::size_t end = most < mark.size() ? 0 : most - mark.size();
  while (end > 0 && continues(text, end))
    --end;
  return std::string(text.substr(0, end)).append(mark);
}

std::string without_controls(std::string_view json) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(json.size());
  for (std::size_t at = 0; at < json.size(); ++at) {
    const auto byte = static_cast<unsigned char>(json[at]);
    const bool c1 =
        byte == 0xC2 && at + 1 < json.size() && static_cast<unsigned char>(json[at + 1]) < 0xA0;
    if (byte != 0x7F && !c1) {
      out += json[at];
      continue;
    }
    const unsigned code = c1 ? static_cast<unsigned char>(json[++at]) : byte;
    out += "\\u00";
    out += digits[code >> 4U];
    out += digits[code & 15U];
  }
  return out;
}

}  // namespace holdfast::events
