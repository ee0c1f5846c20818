// SPDX-License-Identifier: Apache-2.0
// Which files a deep look has already read to the end, so that one that was interrupted goes on
// where it stopped. Only good files are remembered: bad ones are looked at again every time.
#pragma once

#include "holdfast/checkpoint/disk.hpp"
#include "holdfast/common/result.hpp"

#include <map>
#include <string>
#include <string_view>

namespace holdfast::checkpoint {

/// The memory of one root, one JSON object a line in <sidecar>/verified.jsonl.
class Verified {
 public:
  /// Empty where there is no such file. Lines that cannot be understood count as not there.
  [[nodiscard]] static Result<Verified> read(const std::string& sidecar);

  /// Whether this very file, by size, time and inode, was found good.
  [[nodiscard]] bool contains(const std::string& path, const FileStatus& status) const;

  Result<void> add(const std::string& path, const FileStatus& status);

 private:
  explicit Verified(std::string file) : file_(std::move(file)) {}

  std::string file_;
  std::map<std::string, std::string, std::less<>> known_;  // path -> what identifies it
};

}  // namespace holdfast::checkpoint
