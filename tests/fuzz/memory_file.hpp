// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/checkpoint/disk.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace holdfast::checkpoint {

/// A fuzzer's input as an open file. Reading outside of it is what the parsers must never try.
class FuzzFile : public File {
 public:
  FuzzFile(const std::uint8_t* data, std::size_t size)
      : bytes_(std::as_bytes(std::span(data, size))) {
    status_.kind = FileKind::regular;
    status_.size = size;
  }
  [[nodiscard]] const FileStatus& status() const override { return status_; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    if (offset >= bytes_.size()) return std::size_t{0};
    const auto from = bytes_.subspan(static_cast<std::size_t>(offset));
    const std::size_t length = std::min(into.size(), from.size());
    std::memcpy(into.data(), from.data(), length);
    return length;
  }
  Result<std::uint64_t> find_hole() const override { return status_.size; }

 private:
  std::span<const std::byte> bytes_;
  FileStatus status_;
};

}  // namespace holdfast::checkpoint
