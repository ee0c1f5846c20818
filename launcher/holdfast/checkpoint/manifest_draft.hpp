// SPDX-License-Identifier: Apache-2.0
// The sums of a manifest that is being made, so that one who was interrupted after hours goes on
// with the file he was at. One line a file in the sidecar; a torn line counts as not there.
#pragma once

#include "holdfast/checkpoint/manifest.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::checkpoint {

class ManifestDraft {
 public:
  /// Empty where there is none yet.
  [[nodiscard]] static Result<ManifestDraft> read(const std::string& sidecar,
                                                  std::string_view checkpoint_path);

  /// The sum of this very file, by size, time and inode, where it was drawn before.
  [[nodiscard]] std::optional<ManifestFile> find(const std::string& path,
                                                 const FileStatus& status) const;

  Result<void> add(const ManifestFile& file);

  /// The manifest is written: what it was made from goes.
  void discard() const;

 private:
  explicit ManifestDraft(std::string file) : file_(std::move(file)) {}

  std::string file_;
  std::map<std::string, ManifestFile, std::less<>> known_;
};

}  // namespace holdfast::checkpoint
