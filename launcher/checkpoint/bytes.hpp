// SPDX-License-Identifier: Apache-2.0
// Numbers out of bytes, and ranges of a file as parsers see them. A parser never reads outside the
// slice it was given, and every length it believes was compared with what is left.
#pragma once

#include "holdfast/checkpoint/disk.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace holdfast::checkpoint {

using Bytes = std::span<const std::byte>;

/// The first sizeof(Number) bytes, lowest first. The caller has made sure they are there.
template <std::unsigned_integral Number>
[[nodiscard]] Number little(Bytes bytes) {
  Number number{};
  for (std::size_t i = sizeof(Number); i-- > 0;)
    number =
        static_cast<Number>((std::uint64_t{number} << 8) | std::to_integer<unsigned>(bytes[i]));
  return number;
}

template <std::unsigned_integral Number>
[[nodiscard]] Number big(Bytes bytes) {
  Number number{};
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    number =
        static_cast<Number>((std::uint64_t{number} << 8) | std::to_integer<unsigned>(bytes[i]));
  return number;
}

[[nodiscard]] inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline Bytes as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// The range [base, base + length) of an open file.
class Slice {
 public:
  Slice(const File& file, std::uint64_t base, std::uint64_t length)
      : file_(&file), base_(base), length_(length) {}
  explicit Slice(const File& file) : Slice(file, 0, file.status().size) {}

  [[nodiscard]] const File& file() const { return *file_; }
  [[nodiscard]] std::uint64_t base() const { return base_; }
  [[nodiscard]] std::uint64_t length() const { return length_; }

  /// All of `into`, or a failure: bad_input when the slice or the file is too short for it.
  Result<void> read(std::uint64_t offset, std::span<std::byte> into) const;
  Result<std::string> read(std::uint64_t offset, std::size_t length) const;

 private:
  const File* file_;
  std::uint64_t base_;
  std::uint64_t length_;
};

/// A failure that means "these bytes are not what they claim to be".
[[nodiscard]] Failure torn(std::string what);

/// A failure that means "this may be right and we cannot read it".
[[nodiscard]] Failure unsupported(std::string what);

}  // namespace holdfast::checkpoint
