// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::affinity {

/// /sys and /proc below a root a test may lend. What is not there is no error: a node without GPU
/// has no GPU directory. Paths are given without the leading slash: "sys/class/net".
class Sysfs {
 public:
  explicit Sysfs(std::filesystem::path root) : root_(std::move(root)) {}

  /// The content of a small file without blanks around it, bytes that are no printable ASCII
  /// replaced by '?'; none when it cannot be read.
  [[nodiscard]] std::optional<std::string> text(const std::string& path) const;

  /// The same as a number: decimal, or hexadecimal after 0x. "-1" is none.
  [[nodiscard]] std::optional<unsigned> number(const std::string& path) const;

  /// Names in a directory in natural order (eth2 before eth10); empty when there is none.
  [[nodiscard]] std::vector<std::string> names(const std::string& path) const;

  [[nodiscard]] bool exists(const std::string& path) const;

  /// Whether this process may open it for reading and writing, by file mode and device cgroup.
  [[nodiscard]] bool may_open(const std::string& path) const;

  /// Where a symbolic link points, as written in it; empty when it is none.
  [[nodiscard]] std::string link(const std::string& path) const;

  [[nodiscard]] const std::filesystem::path& root() const { return root_; }

 private:
  std::filesystem::path root_;
};

}  // namespace holdfast::affinity
