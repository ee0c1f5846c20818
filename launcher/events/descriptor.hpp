// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <string>
#include <unistd.h>
#include <utility>

namespace holdfast::events {

/// An open descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { (void)close(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }

  /// Closes now and says how that went: network file systems tell of a full disk here.
  [[nodiscard]] int close() { return fd_ < 0 ? 0 : ::close(std::exchange(fd_, -1)); }

 private:
  int fd_;
};

/// What a failed system call means to who asked for it.
[[nodiscard]] Failure file_failure(std::string what, int error);

/// Syncs a directory, so that names made in it stay.
[[nodiscard]] Result<void> sync_directory(const std::string& directory);

}  // namespace holdfast::events
