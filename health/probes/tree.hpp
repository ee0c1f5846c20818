// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/health/fact.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::health {

/// /sys, /proc, /dev and /etc below a root that a test may lend. Paths are given without the
/// leading slash: "sys/class/net". What is not there is lacking; what is there and cannot be read
/// is unseen, with the kernel's reason.
class Tree {
 public:
  explicit Tree(const std::filesystem::path& root);

  /// A small file without blanks around it, bytes that are no printable ASCII (and no newline or
  /// tab) as '?'.
  [[nodiscard]] Fact<std::string> text(const std::string& path) const;

  /// The same for files like /proc/PID/cmdline or a configuration: up to `most` bytes.
  [[nodiscard]] Fact<std::string> long_text(const std::string& path, std::size_t most) const;

  /// The first bytes of a file as they are; fewer when it is shorter.
  [[nodiscard]] Fact<std::string> raw(const std::string& path, std::size_t most) const;

  /// A small file as a whole number, decimal or after 0x; "-1" is lacking, other text is unseen.
  [[nodiscard]] Fact<std::uint64_t> number(const std::string& path) const;

  /// Names in a directory, sorted with numbers as numbers (mlx5_2 before mlx5_10); lacking when
  /// there is no directory.
  [[nodiscard]] Fact<std::vector<std::string>> names(const std::string& path) const;

  /// Where a symbolic link points, as written in it; empty when it is none.
  [[nodiscard]] std::string link(const std::string& path) const;

  [[nodiscard]] bool exists(const std::string& path) const;

  [[nodiscard]] std::string path_of(const std::string& path) const;

 private:
  std::string root_;  ///< ends with a slash: a std::filesystem::path is taken apart at each "/"
};

/// A whole number from text, decimal or after 0x; `what` names it when there is none.
[[nodiscard]] Fact<std::uint64_t> number_in(std::string_view text, std::string_view what);

/// "400 Gb/sec (4X NDR)" begins with 400; none when it begins with no number.
[[nodiscard]] Fact<std::uint64_t> leading_number(const Fact<std::string>& text);

/// The same fact about something else: passes on why there is none.
template <class To, class From, class Change>
[[nodiscard]] Fact<To> changed(const Fact<From>& fact, Change change) {
  if (!fact.known()) return Fact<To>::missing(fact.gap(), fact.why());
  return Fact<To>(change(*fact));
}

}  // namespace holdfast::health
