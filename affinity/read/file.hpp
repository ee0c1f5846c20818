// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace holdfast::affinity {

/// A file open for reading, closed at the end of its scope. Not std::ifstream: its locale and
/// buffer cost more than the read itself, and a node has hundreds of these files.
class Descriptor {
 public:
  explicit Descriptor(const std::filesystem::path& file);
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();

  [[nodiscard]] int number() const { return number_; }  ///< below 0: errno says why

  /// Up to buffer.size() bytes, 0 at the end; none on failure, errno says why.
  [[nodiscard]] std::optional<std::size_t> read(std::span<char> buffer) const;

 private:
  int number_;
};

/// A whole file of at most max_topology_bytes.
[[nodiscard]] Result<std::string> read_text_file(const std::filesystem::path& file);

}  // namespace holdfast::affinity
