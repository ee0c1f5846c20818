// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "checkpoint/resolve.hpp"
#include "holdfast/checkpoint/disk.hpp"

namespace holdfast::checkpoint {

/// The real file system below one directory. Safe to use from several threads.
class PosixDisk : public Disk {
 public:
  /// `root` is an open directory, `real_path` its path without links.
  PosixDisk(Descriptor root, std::string real_path, bool by_hand = false);

  Result<Listing> list(const std::string& directory, std::size_t most) const override;
  Result<FileStatus> status(const std::string& path) const override;
  Result<std::unique_ptr<File>> open(const std::string& path) const override;
  Result<std::string> read_link(const std::string& path) const override;

 private:
  [[nodiscard]] FileStatus status_of_link(const std::string& path) const;

  Descriptor root_;
  Confine confine_;
};

}  // namespace holdfast::checkpoint
