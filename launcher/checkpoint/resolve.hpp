// SPDX-License-Identifier: Apache-2.0
// Opening a path so that it cannot lead out of a directory. The kernel does it in one call where it
// knows openat2(); the walk by hand stands in for older kernels and sandboxes, and for absolute
// links that point back into the root, which the kernel refuses and people make all the time.
#pragma once

#include <string>
#include <utility>

namespace holdfast::checkpoint {

/// An open descriptor that closes itself.
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
  ~Descriptor();
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }

 private:
  int fd_{-1};
};

/// Where paths begin and what they may not leave.
struct Confine {
  int root{-1};
  std::string real_path;  ///< of the root, without links; "" where it is not known
  bool by_hand{};         ///< never ask openat2(): for tests of the walk
};

/// Opens `path` under the root, following links as long as they stay inside. -1 and errno on
/// failure; EXDEV when the path leaves the root, ELOOP when links do not end.
[[nodiscard]] Descriptor open_beneath(const Confine& confine, const std::string& path, int flags);

}  // namespace holdfast::checkpoint
