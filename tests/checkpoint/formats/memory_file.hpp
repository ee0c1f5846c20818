// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "checkpoint/bytes.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace holdfast::checkpoint::testing {

/// Bytes as an open file, for parsers that take one.
class MemoryFile : public File {
 public:
  explicit MemoryFile(std::string bytes) : bytes_(std::move(bytes)) {
    status_.kind = FileKind::regular;
    status_.size = bytes_.size();
  }
  [[nodiscard]] const FileStatus& status() const override { return status_; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    if (offset >= bytes_.size()) return std::size_t{0};
    const std::size_t length =
        std::min<std::size_t>(into.size(), bytes_.size() - static_cast<std::size_t>(offset));
    std::memcpy(into.data(), bytes_.data() + offset, length);
    return length;
  }
  Result<std::uint64_t> find_hole() const override { return status_.size; }

 private:
  std::string bytes_;
  FileStatus status_;
};

}  // namespace holdfast::checkpoint::testing
