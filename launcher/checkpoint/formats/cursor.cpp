// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/formats/cursor.hpp"

namespace holdfast::checkpoint {

std::optional<std::uint64_t> Cursor::take_varint() {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 10 && at_ + i < bytes_.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes_[at_ + i]);
    if (i == 9 && byte > 1) return std::nullopt;  // more than 64 bits
    number |= std::uint64_t{byte & 0x7fU} << (7 * i);
    if (byte < 0x80) {
      at_ += i + 1;
      return number;
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> Cursor::take(std::uint64_t count) {
  if (count > left()) return std::nullopt;
  const auto piece = bytes_.substr(at_, static_cast<std::size_t>(count));
  at_ += piece.size();
  return piece;
}

std::optional<std::string_view> Cursor::take_c_string() {
  const auto end = bytes_.find('\0', at_);
  if (end == std::string_view::npos) return std::nullopt;
  const auto piece = bytes_.substr(at_, end - at_);
  at_ = end + 1;
  return piece;
}

}  // namespace holdfast::checkpoint
