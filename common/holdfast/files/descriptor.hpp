// SPDX-License-Identifier: Apache-2.0
// The one class of this tree that owns a descriptor. Header only: the plugin uses it and links
// nothing for it.
#pragma once

#include <unistd.h>
#include <utility>

namespace holdfast::files {

/// An open descriptor that closes itself. Made from what open(), socket() and the like return; one
/// below zero is kept as "not open", errno is the caller's to read before anything else.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }

  /// Closes now. What it returns is of interest after writing only: network file systems tell of a
  /// full disk here.
  int close() { return fd_ < 0 ? 0 : ::close(std::exchange(fd_, -1)); }

 private:
  int fd_{-1};
};

}  // namespace holdfast::files
