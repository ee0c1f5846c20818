// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"
#include "holdfast/files/descriptor.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace holdfast::health {

/// Writes beside the file and renames, making its folder if need be: readers meet all or nothing.
[[nodiscard]] Result<void> replace_file(const std::filesystem::path& file,
                                        std::string_view text,
                                        mode_t mode);

/// Renames: readers of `to` meet the old or the new.
[[nodiscard]] Result<void> take_place(const std::filesystem::path& from,
                                      const std::filesystem::path& to);

/// One write at the end.
[[nodiscard]] Result<void> append_file(const std::filesystem::path& file,
                                       std::string_view text,
                                       mode_t mode);

/// Keeps others out who also ask, until it goes; waits for them no longer than `patience`.
class Lock {
 public:
  Lock(const std::filesystem::path& file, std::chrono::milliseconds patience);

 private:
  files::Descriptor file_;
};

void remove_file(const std::filesystem::path& file);

}  // namespace holdfast::health
