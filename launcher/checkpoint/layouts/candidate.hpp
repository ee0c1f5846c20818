// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/checkpoint/checkpoint.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::checkpoint {

/// A checkpoint that is a directory, of which only the path is known yet.
[[nodiscard]] inline Checkpoint directory_candidate(std::string path, std::string_view format) {
  Checkpoint one;
  one.path = std::move(path);
  one.format = format;
  return one;
}

/// One that is a file, or several side by side.
[[nodiscard]] inline Checkpoint file_candidate(std::string path,
                                               std::string_view format,
                                               std::optional<Time> committed = std::nullopt) {
  Checkpoint one = directory_candidate(std::move(path), format);
  one.is_directory = false;
  one.committed = committed;
  return one;
}

}  // namespace holdfast::checkpoint
