// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace holdfast::spank {

/// A program to be asked, and how long.
struct ChildWish {
  std::vector<std::string> arguments;    ///< the first is the program's path
  std::vector<std::string> environment;  ///< "NAME=VALUE"
  std::chrono::milliseconds deadline{};
  std::size_t max_output{};
};

/// What it said before it ended well.
struct ChildAnswer {
  std::string output;
  std::string complaint;  ///< the first line of its stderr, printable; empty: none
};

/// Runs the program as the calling process' effective user, with nothing of the caller's but that
/// and the umask: own process group, no other descriptors, no way back to root. A program that
/// cannot be started, fails, says too much or is not done at the deadline is killed with all it
/// started and is a failure that carries its own first line where it said one.
[[nodiscard]] Result<ChildAnswer> ask_child(const ChildWish& wish);

}  // namespace holdfast::spank
